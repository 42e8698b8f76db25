"""All that is drawn or set for an issue: cloud, charts, poster, card, print edition.

They are made of the extra ``pictures``. Without it an issue has none, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec

from ribao.errors import RenderError
from ribao.renderers import charts, cloud, typeset
from ribao.renderers.edition import Edition
from ribao.statistics import Statistics
from ribao.types import Issue

LIBRARIES = ("PIL", "segno", "typst", "vl_convert")


def can_illustrate() -> bool:
    """Tell whether the extra ``pictures`` is installed."""
    return all(find_spec(name) is not None for name in LIBRARIES)


def draw(
    kinds: Sequence[str],
    issue: Issue,
    stats: Statistics,
    edition: Edition,
    files: Mapping[str, bytes],
) -> tuple[dict[str, bytes], list[str]]:
    """Make some kinds of pictures; ``files`` are those made before, by name.

    Returns the new files by name, and a line for each kind that failed: one never costs another.
    """
    made: dict[str, bytes] = {}
    problems: list[str] = []
    for kind in kinds:
        try:
            made |= dict(MAKERS[kind](issue, stats, edition, {**files, **made}))
        except RenderError as error:
            problems.append(str(error))
    return made, problems


Maker = Callable[[Issue, Statistics, Edition, dict[str, bytes]], Iterator[tuple[str, bytes]]]


def _cloud(
    _issue: Issue, stats: Statistics, edition: Edition, _: dict[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    svg, png = cloud.cloud_svg(stats.phrases, edition), cloud.cloud_png(stats.phrases, edition)
    if svg is not None and png is not None:
        yield "wordcloud.svg", svg.encode()
        yield "wordcloud.png", png


def _charts(
    _issue: Issue, stats: Statistics, edition: Edition, _: dict[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    for draw in (charts.trend, charts.area_shares, charts.rising):
        chart = draw(stats, edition)
        if chart is not None:
            yield f"{chart.name}.svg", charts.to_svg(chart).encode()
            yield f"{chart.name}.png", charts.to_png(chart)


def _poster(
    issue: Issue, stats: Statistics, edition: Edition, _: dict[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    url = f"{edition.base_url}/{issue.day}/" if edition.base_url else None
    yield "poster.png", typeset.poster(issue, stats, edition, url)


def _card(
    issue: Issue, stats: Statistics, edition: Edition, _: dict[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    yield "card.png", typeset.card(issue, stats, edition)


def _print(
    issue: Issue, stats: Statistics, edition: Edition, files: dict[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    yield "issue.pdf", typeset.newspaper(issue, stats, edition, files)


MAKERS: dict[str, Maker] = {
    "cloud": _cloud,
    "charts": _charts,
    "poster": _poster,
    "card": _card,
    "print": _print,
}
