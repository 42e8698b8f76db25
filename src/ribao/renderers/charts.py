"""The charts of an issue: each a Vega-Lite specification from which SVG and PNG are drawn.

Bars in the rule's colour and today in vermilion; labels stand at what they name, so that no legend
is needed and nothing is told by colour alone. No browser, no network.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any
from xml.etree import ElementTree as ET

from ribao.grammar import counted, in_words
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import SANS, visible
from ribao.renderers.palette import (
    INK,
    PAPER,
    PICTURE,
    RED,
    RULE,
    SOFT,
    Tone,
    dark_style,
    ground,
    picture,
    vega,
)
from ribao.statistics import Statistics

_TEXT, _SMALL, _LINE = 16, 15, 20  # To be read on a phone, at 0.6 of that;
# where the picture is enlarged, its words are not.
_ROOMY = f"@media (min-width:680px){{.{PICTURE} text{{font-size:13px}}}}"
_SHEET, _MARGIN = 600, 24  # A chart's width where no label needs more; a PNG's margin.
_WIDE, _HIGH = 500, 140  # The trend's plot.
_SLOTS = 30  # A young archive does not get fat bars.
_MEAN_OF = 7
_APART, _LOWEST = 20, 9  # Two labels at the trend's right end; a label above the base line.
_DATES = 5  # Below the trend, at most.
_PANELS, _ACROSS, _LEAST_WEEKS = 6, 3, 2
_PANEL_WIDE, _PANEL_HIGH = 144, 56
_LETTERS = 11.5  # On a line of a panel's name, in wide letters.
_NARROW = 0.62  # A Latin letter's width, of a wide one's.

_LAST = [{"filter": "datum.last"}]
_LAST_IN_RED = {"condition": {"test": "datum.last", "value": RED.light}, "value": RULE.light}
_Series = Sequence[tuple[str, Sequence[float | None]]]


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a chart, for those who do not see it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its Vega-Lite specification, and the same in words and as a table."""

    name: str
    spec: dict[str, Any]
    title: str
    description: str
    table: Table
    language: str


def _percent(share: float) -> str:
    said = f"{share:.0%}"
    return "<1%" if said == "0%" and share else said


def _whole(count: float) -> str:
    return f"{count:.0f}"


@dataclass(frozen=True, slots=True)
class _Kind:
    """What small charts are of: their name, what each is, how it is drawn and how a figure is said.

    ``padding`` is the room beside the first and the last week, in weeks.
    """

    name: str
    column: str
    marks: tuple[dict[str, Any], ...]
    figure: Callable[[float], str]
    padding: float

    def said(self, value: float | None) -> str:
        """Return a figure in words; nothing for a week that is not known."""
        return "" if value is None else self.figure(value)


_SHARES = _Kind(
    name="shares",
    column="column_area",
    marks=(
        {"mark": {"type": "area", "color": RULE.light, "opacity": 1}},
        {"mark": {"type": "line", "color": INK.light, "strokeWidth": 1.5}},
        {"mark": {"type": "circle", "color": RED.light, "size": 44, "opacity": 1}}
        | {"transform": _LAST},
    ),
    figure=_percent,
    padding=0,
)
_RISING = _Kind(
    name="rising",
    column="column_word",
    marks=({"mark": "bar", "encoding": {"color": _LAST_IN_RED}},),
    figure=_whole,
    padding=0.1,
)


def trend(stats: Statistics, edition: Edition) -> Chart | None:
    """Return the papers of each issue, today's in vermilion, with the mean of seven issues."""
    if not stats.trend:
        return None
    say = _Words(edition)
    counts = [day.count for day in stats.trend]
    means = [
        fmean(counts[end - _MEAN_OF : end]) if end >= _MEAN_OF else None
        for end in range(1, len(counts) + 1)
    ]
    days = [day.day.isoformat() for day in stats.trend]
    rows = tuple(
        (day, str(count), "" if mean is None else f"{mean:.1f}")
        for day, count, mean in zip(days, counts, means, strict=True)
    )
    first, last = say.date(stats.trend[0].day), say.date(stats.trend[-1].day)
    name = (
        "trend_first" if len(days) == 1 else "trend_few" if means[-1] is None else "trend_caption"
    )
    header = (say("column_date"), say("column_papers"), say("column_mean"))
    return Chart(
        name="trend",
        spec=_trend_spec(days, counts, means, say) | _caption(say(name, first=first, last=last)),
        title=say("trend"),
        description=_trend_said(stats, say),
        table=Table(header, rows),
        language=edition.language,
    )


def area_shares(stats: Statistics, edition: Edition) -> Chart | None:
    """Return the six largest areas' shares of each week's papers, a small chart for each."""
    known = [area for area in stats.areas if any(area.shares)]
    known.sort(key=lambda area: (-sum(filter(None, area.shares)), -area.count, area.slug))
    series = [(area.name, area.shares) for area in known[:_PANELS]]
    return _panels(_SHARES, series, stats, _Words(edition))


def rising(stats: Statistics, edition: Edition) -> Chart | None:
    """Return the weekly counts of the phrases that rise most, a small chart for each."""
    series = [(phrase.name, phrase.weeks) for phrase in stats.rising_phrases if any(phrase.weeks)]
    return _panels(_RISING, series[:_PANELS], stats, _Words(edition))


def to_svg(chart: Chart) -> str:
    """Return the chart as SVG: its words are text, its colours follow light and dark."""
    root = _drawn(chart)
    style = ET.Element("style")
    style.text = dark_style((PAPER, INK, SOFT, RULE, RED)) + _ROOMY
    root.insert(2, style)
    wide, high = (int(root.attrib[side]) for side in ("width", "height"))
    root.insert(3, ET.fromstring(ground(0, 0, wide, high)))  # noqa: S314 - our own
    return ET.tostring(root, encoding="unicode") + "\n"


def to_png(chart: Chart) -> bytes:
    """Return the chart on light paper with a margin, at twice its size."""
    root = _drawn(chart)
    wide, high = (int(root.attrib[side]) + 2 * _MARGIN for side in ("width", "height"))
    sheet = {"x": str(-_MARGIN), "y": str(-_MARGIN), "width": str(wide), "height": str(high)}
    root.attrib |= {"width": str(wide), "height": str(high)}
    root.set("viewBox", " ".join(sheet.values()))
    root.insert(2, ET.Element("rect", sheet, fill=PAPER.light))
    body: bytes = vega().svg_to_png(ET.tostring(root, encoding="unicode"), scale=2)
    return body


def _drawn(chart: Chart) -> ET.Element:
    said = (visible(chart.title), visible(chart.description))
    root = picture(chart.name, chart.spec, said, chart.language)
    wide, high = max(float(root.attrib["width"]), _SHEET), float(root.attrib["height"])
    root.attrib |= {"width": f"{wide:.0f}", "height": f"{high:.0f}"}
    root.set("viewBox", f"0 0 {wide:.0f} {high:.0f}")
    return root


# ── the specifications ────────────────────────────────────────────────────────────────────────


def _trend_spec(
    days: Sequence[str], counts: Sequence[int], means: Sequence[float | None], say: _Words
) -> dict[str, Any]:
    rows = [
        {"day": day, "count": count, "mean": mean, "last": day == days[-1]}
        for day, count, mean in zip(days, counts, means, strict=True)
    ]
    empty = [f"-{slot}" for slot in range(_SLOTS - len(days), 0, -1)]
    step = max(_MEAN_OF, -(-len(days) // (_DATES - 1)))
    dates = {"values": list(days[::-1][::step]), "labelExpr": "slice(datum.label, 5)"}
    scale = {"domain": [*empty, *days], "paddingInner": 0.2, "paddingOuter": 0.1}
    most = max(*counts, 1)
    x = {"field": "day", "type": "ordinal", "scale": scale, "axis": dates}
    y = {"type": "quantitative", "axis": None, "scale": {"domain": [0, most]}}
    layers = [
        {"mark": "bar", "encoding": {"x": x, "y": {"field": "count"} | y, "color": _LAST_IN_RED}},
        {
            "transform": [{"filter": "isValid(datum.mean)"}],
            "mark": {"type": "line", "color": INK.light, "strokeWidth": 1.25},
            "encoding": {"x": x, "y": {"field": "mean"} | y},
        },
        *_trend_labels(counts, means, most, say),
    ]
    plot = {"width": _WIDE, "height": _HIGH, "layer": layers}
    return {**_common(), "data": {"values": rows}, **plot}


def _trend_labels(
    counts: Sequence[int], means: Sequence[float | None], most: int, say: _Words
) -> Iterator[dict[str, Any]]:
    """Yield what stands at the right end, each at its height and apart, and the highest count."""
    at = min(_HIGH * (1 - counts[-1] / most), _HIGH - _LOWEST)
    label = _label(say("trend_today", count=counts[-1]), RED, bold=True)
    if means[-1] is not None:
        line = _HIGH * (1 - means[-1] / most)
        near = max(0.0, _APART - abs(at - line))
        at, line = (at - near, line) if at <= line else (at, line - near)
        mean = _label(say("trend_mean", mean=f"{means[-1]:.1f}"), SOFT)
        yield _at(mean, x=_WIDE + 8, y=line)
    yield _at(label, x=_WIDE + 8, y=at)
    if max(counts) > counts[-1]:
        highest = _label(str(max(counts)), SOFT)
        slot = max(_SLOTS, len(counts)) - len(counts) + counts.index(max(counts)) + 0.5
        place = _WIDE * slot / max(_SLOTS, len(counts))
        yield _at(highest | {"align": "center"}, x=place, y=-9)


def _panels(kind: _Kind, counted: _Series, stats: Statistics, say: _Words) -> Chart | None:
    """Return small charts on one scale, each with its name above and its last figure beside.

    A week without any paper is a gap, not a nought; where only one week is known, nothing moves.
    """
    weeks = max((len(values) for _, values in counted), default=0)
    known = _known(stats, weeks)
    if sum(known) < _LEAST_WEEKS or not known[-1]:
        return None
    series = [
        (
            word,
            [value if was else None for value, was in zip(_to(values, weeks), known, strict=True)],
        )
        for word, values in counted
    ]
    first = known.index(True)
    words = [
        say(f"{kind.name}_one", word=word, then=kind.said(values[first]), now=kind.said(values[-1]))
        for word, values in series
    ]
    ago = [say("week_ago", weeks=week) for week in range(weeks - 1, 0, -1)]
    rows = tuple((word, *map(kind.said, values)) for word, values in series)
    last = say.date(stats.day)
    said = {"last": last, "weeks": weeks - 1 - first, "words": say.comma.join(words)}
    caption = say(f"{kind.name}_caption", last=last) + say("one_scale") * (len(series) > 1)
    if not all(known[first:]):
        caption += say("gap")
    return Chart(
        name=kind.name,
        spec=_panels_spec(kind, series) | _caption(caption),
        title=say(kind.name),
        description=say(f"{kind.name}_said", **said),
        table=Table((say(kind.column), *ago, say("week_now")), rows),
        language=say.language,
    )


def _to(values: Sequence[float | None], weeks: int) -> list[float | None]:
    """Return as many weeks as others have; the oldest are not known."""
    return [*[None] * (weeks - len(values)), *values]


def _known(stats: Statistics, weeks: int) -> list[bool]:
    """Tell of each week whether it had papers: then some area had a share of them."""
    shares = [_to(area.shares, weeks)[-weeks:] for area in stats.areas if area.shares]
    return [any(share[week] for share in shares) or not shares for week in range(weeks)]


def _panels_spec(kind: _Kind, series: _Series) -> dict[str, Any]:
    names = [_folded(visible(word)) for word, _ in series]
    lines = max(name.count("\n") + 1 for name in names)
    weeks = len(series[0][1])
    most = max(value or 0 for _, values in series for value in values)
    rows = [
        {"panel": place, "name": name, "week": week, "value": value, "label": kind.said(value)}
        | {"last": week == weeks - 1}
        for place, (name, (_, values)) in enumerate(zip(names, series, strict=True))
        for week, value in enumerate(values)
    ]
    scale = {"domain": list(range(weeks)), "padding": kind.padding}
    x = {"field": "week", "type": "ordinal", "axis": None, "scale": scale}
    y = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": [0, most]}}
    base = {"x": {"value": 0}, "x2": {"value": _PANEL_WIDE}, "y": {"value": _PANEL_HIGH}}
    figures = {"x": {"value": _PANEL_WIDE + 7}, "y": y, "text": {"field": "label"}}
    above = {"x": {"value": 0}, "y": {"value": -lines * _LINE - 8}, "text": {"field": "name"}}
    title = _label("", INK, bold=True) | {"baseline": "top", "lineBreak": "\n"}
    layers = [
        {"transform": _LAST, "mark": {"type": "rule", "color": RULE.light}, "encoding": base},
        *({**mark, "encoding": {"x": x, "y": y} | mark.get("encoding", {})} for mark in kind.marks),
        {"transform": _LAST, "mark": _label("", RED, bold=True), "encoding": figures},
        {"transform": _LAST, "mark": title, "encoding": above},
    ]
    header = {"labelExpr": "''", "labelFontSize": 0, "title": None}
    return {
        **_common(),
        "data": {"values": rows},
        "facet": {"field": "panel", "type": "ordinal", "header": header},
        "columns": _ACROSS,
        "bounds": "flush",
        "spacing": {"row": lines * _LINE + 34, "column": 56},
        "spec": {"width": _PANEL_WIDE, "height": _PANEL_HIGH, "layer": layers},
    }


def _common() -> dict[str, Any]:
    axis = {"labelColor": SOFT.light, "labelFontSize": _SMALL, "labelPadding": 6}
    line = {"domainColor": RULE.light, "ticks": False, "labelAngle": 0, "title": None}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": None,
        "padding": {"left": 0, "right": 0, "top": 2, "bottom": 4},
        "config": {
            "aria": False,
            "font": SANS,
            "view": {"stroke": None},
            "axis": axis | line,
        },
    }


def _caption(text: str) -> dict[str, Any]:
    font = {"fontSize": _SMALL, "fontWeight": "normal", "color": SOFT.light}
    return {"title": {"text": text, "orient": "bottom", "anchor": "start", "offset": 14} | font}


def _label(text: str, tone: Tone, *, bold: bool = False) -> dict[str, Any]:
    mark = {"type": "text", "text": text, "align": "left", "baseline": "middle"}
    weight = "bold" if bold else "normal"
    return mark | {"color": tone.light, "fontSize": _TEXT, "fontWeight": weight}


def _at(mark: Mapping[str, Any], x: float, y: float) -> dict[str, Any]:
    """Return a layer of one mark at a place."""
    place = {"x": {"value": round(x, 1)}, "y": {"value": round(y, 1)}}
    return {"data": {"values": [{}]}, "mark": {**mark}, "encoding": place}


def _folded(name: str) -> str:
    """Break a long name into lines: between words, and anywhere between wide letters."""
    lines, room = [""], _LETTERS
    for piece in re.findall(r"[!-~]+|.", " ".join(name.split())):
        width = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else _NARROW for c in piece)
        if width > room and lines[-1]:
            lines.append("")
            room = _LETTERS
        if piece != " " or lines[-1]:
            lines[-1] += piece
            room -= width
    return "\n".join(line.rstrip() for line in lines)


# ── the words ─────────────────────────────────────────────────────────────────────────────────


class _Words:
    """An edition's words for charts."""

    def __init__(self, edition: Edition) -> None:
        self._texts = edition.texts
        self.language = edition.language
        self.comma = edition.texts["issue.comma"]

    def __call__(self, name: str, **values: object) -> str:
        text = self._texts[f"picture.{name}"]
        return text.format(**values) if values else text

    def counted(self, name: str, count: int, **values: object) -> str:
        """Return words in the form that goes with ``count``, filled in."""
        return counted(f"picture.{name}", count, self._texts).format(count=count, **values)

    def date(self, day: date) -> str:
        """Return a day as the pages write it."""
        return in_words(day, self._texts)


def _trend_said(stats: Statistics, say: _Words) -> str:
    *before, today = stats.trend
    said = say.counted("trend_said", today.count, last=say.date(today.day))
    if not before:
        return said
    most = max(before, key=lambda day: day.count)
    return said + say(
        "trend_said_before",
        issues=len(before),
        mean=f"{fmean(day.count for day in before):.1f}",
        most=most.count,
        day=say.date(most.day),
    )
