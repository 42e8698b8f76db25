"""All that is drawn or set for an issue: cloud, charts, poster, card, print edition.

They are made of the extra ``pictures``. Without it an issue has none, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec

from ribao.errors import RenderError
from ribao.renderers import charts, cloud, typeset
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import can_write
from ribao.statistics import Statistics
from ribao.types import Issue

LACKING = (
    "the fonts that ship with ribao have no letters for it; set output.pictures = false to hear "
    "no more of this"
)
LIBRARIES = ("PIL", "segno", "typst", "vl_convert")


def can_illustrate() -> bool:
    """Tell whether the extra ``pictures`` is installed."""
    return all(find_spec(name) is not None for name in LIBRARIES)


Files = dict[str, bytes]
Result = tuple[Files, list[str]]


def draw_numbers(stats: Statistics, edition: Edition) -> Result:
    """Make what shows the numbers alone: cloud and charts.

    Returns the files by name, and a line for each that failed: one never costs another. None are
    made for a language whose letters the fonts lack.
    """
    if not can_write(edition.texts):
        return {}, [str(RenderError("pictures", f"none are made in {edition.language}: {LACKING}"))]
    return _collect(make(stats, edition) for make in OF_NUMBERS.values())


def draw_issue(
    kinds: Sequence[str], issue: Issue, stats: Statistics, edition: Edition, files: Files
) -> Result:
    """Make what holds the papers (``poster``, ``card``, ``print``); the last shows ``files``."""
    if not can_write(edition.texts):
        return {}, []  # Said once, with the numbers.
    return _collect(OF_ISSUE[kind](issue, stats, edition, files) for kind in kinds)


def _collect(makings: Iterable[Iterator[tuple[str, bytes]]]) -> Result:
    made: Files = {}
    problems: list[str] = []
    for making in makings:
        try:
            made |= dict(making)
        except RenderError as error:
            problems.append(str(error))
    return made, problems


def _cloud(stats: Statistics, edition: Edition) -> Iterator[tuple[str, bytes]]:
    svg, png = cloud.cloud_svg(stats.phrases, edition), cloud.cloud_png(stats.phrases, edition)
    if svg is not None and png is not None:
        yield "wordcloud.svg", svg.encode()
        yield "wordcloud.png", png


def _chart(
    draw: Callable[[Statistics, Edition], charts.Chart | None], stats: Statistics, edition: Edition
) -> Iterator[tuple[str, bytes]]:
    chart = draw(stats, edition)
    if chart is not None:
        yield f"{chart.name}.svg", charts.to_svg(chart).encode()
        yield f"{chart.name}.png", charts.to_png(chart)


def _poster(
    issue: Issue, stats: Statistics, edition: Edition, _: Files
) -> Iterator[tuple[str, bytes]]:
    url = f"{edition.base_url}/{issue.day}/" if edition.base_url else None
    yield "poster.png", typeset.poster(issue, stats, edition, url)


def _card(
    issue: Issue, stats: Statistics, edition: Edition, _: Files
) -> Iterator[tuple[str, bytes]]:
    yield "card.png", typeset.card(issue, stats, edition)


def _print(
    issue: Issue, stats: Statistics, edition: Edition, files: Files
) -> Iterator[tuple[str, bytes]]:
    yield "issue.pdf", typeset.newspaper(issue, stats, edition, files)


OF_NUMBERS: dict[str, Callable[[Statistics, Edition], Iterator[tuple[str, bytes]]]] = {
    "cloud": _cloud,
    "trend": partial(_chart, charts.trend),
    "shares": partial(_chart, charts.area_shares),
    "rising": partial(_chart, charts.rising),
}
OF_ISSUE: dict[str, Callable[[Issue, Statistics, Edition, Files], Iterator[tuple[str, bytes]]]] = {
    "poster": _poster,
    "card": _card,
    "print": _print,
}
