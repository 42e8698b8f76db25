"""Poster, share card and newspaper: set by typst, with the fonts of the package and no others.

What a paper says reaches typst as data (JSON), never as source: ``#``, ``$`` or ``[`` in a title
are characters like any other. Nothing here asks for the time or for chance: an issue gives the
same bytes wherever it is set.
"""

from __future__ import annotations

import importlib
import io
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

from ribao.errors import RenderError
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import font_folder, visible
from ribao.renderers.palette import without_ground
from ribao.renderers.typst.sheet import COLOURS, sheet_of
from ribao.statistics import Statistics
from ribao.types import Issue

# A point of the sheet is a pixel of the picture.
PIXELS = 72.0
STANDARD = "ua-1"
# The colours of a picture, as steps from paper to each ink: at most sixteen are four bits a pixel,
# and each step more costs bytes without being seen.
STEPS = {"ink": 5, "red": 3, "green": 2, "amber": 2}
# What a poster weighs, by the size of its text: bytes for each Chinese character, each other one,
# and each paper; fitted to posters of real days, for 20 papers and more right to 6 %. The limit is
# that of 31 papers.
WEIGHTS = {
    30: (132, 47, 12_500),
    28: (121, 43, 12_750),
    26: (112, 39, 12_900),
    24: (100, 35, 13_150),
}
LIMIT, LIMITED = 2_400_000, 31
FIRST_WIDE = 0x2E80
# The marks of newspaper.typ, and its measures in points: where columns begin on all pages but the
# first, what is kept free above the foot, and what is right of the middle.
MARKS = ("front", "start", "paper", "end", "foot")
TOP, CLEARANCE, MIDDLE = 59.5, 9.0, 297.6
# Lines cannot be halved, and a title stays with its paper: columns need that much more to fit.
SPARE = (8, 30, 60, 110)
PICTURES = {"wordcloud.svg": "cloud", "trend.svg": "trend"}

_Marks = dict[str, list[dict[str, float]]]


# ── what is made ──────────────────────────────────────────────────────────────────────────────


def poster(issue: Issue, stats: Statistics | None, edition: Edition, url: str | None) -> bytes:
    """Return the poster: a PNG 1080 pixels wide, as tall as the day is rich; nothing is cut.

    ``url`` is the issue's address, shown as a QR code. Up to 31 papers of usual length weigh at
    most 2.5 MB. A hundred are about 100,000 pixels high and weigh 6.5 MB: browsers show that, yet
    some programs that pass pictures on take no more than 65,535 pixels. Raises ``RenderError``.
    """
    inputs = {"qr": _qr(url, issue)} if url else {}
    data = sheet_of(issue, stats, edition, url)
    data["size"] = _size(issue)
    sheet = _Sheet("poster", issue, data, inputs)
    return _picture(sheet.pictures(), issue)


def card(issue: Issue, stats: Statistics | None, edition: Edition) -> bytes:
    """Return the card that a link shows: a PNG of 1200 by 630 pixels. Raises ``RenderError``."""
    sheet = _Sheet("card", issue, sheet_of(issue, stats, edition), {})
    return _picture(sheet.pictures(), issue)


def newspaper(
    issue: Issue, stats: Statistics | None, edition: Edition, pictures: Mapping[str, bytes]
) -> bytes:
    """Return the print edition: a tagged PDF, A4, in two columns. Raises ``RenderError``.

    ``pictures`` may hold the cloud and the chart: ``wordcloud.svg``, ``trend.svg``.
    """
    drawn = {
        PICTURES[name]: without_ground(svg.decode())
        for name, svg in pictures.items()
        if name in PICTURES
    }
    url = f"{edition.base_url}/{issue.day}/" if edition.base_url else None
    data = sheet_of(issue, stats, edition, url)
    data["alternatives"] = {name: _alternative(svg) or name for name, svg in drawn.items()}
    sheet = _Sheet("newspaper", issue, data, drawn)
    return sheet.pdf(_fitted(sheet) | {"stretch": "yes"})


# ── typst ─────────────────────────────────────────────────────────────────────────────────────


class _Sheet:
    """One of the ``*.typ`` files with an issue's data, ready to be set."""

    def __init__(
        self, name: str, issue: Issue, data: Mapping[str, Any], inputs: Mapping[str, str]
    ) -> None:
        self.issue = issue
        self._name = name
        self._inputs = {"data": json.dumps(data, ensure_ascii=False), **inputs}
        self._typst = _library("typst", issue)

    def pictures(self) -> list[bytes]:
        """Return each page as a PNG."""
        made = self._do({}, lambda typst: typst.compile(format="png", ppi=PIXELS))
        return made if isinstance(made, list) else [made]

    def pdf(self, settings: Mapping[str, str]) -> bytes:
        """Return the whole as a PDF that screen readers can read."""
        moment = int(self.issue.generated_at.timestamp())
        made: bytes = self._do(
            settings,
            lambda typst: typst.compile(format="pdf", pdf_standards=[STANDARD], timestamp=moment),
        )
        return made

    def marks(self, settings: Mapping[str, str]) -> _Marks:
        """Return where the marks came to stand; lengths are in points."""
        said = self._do(
            settings,
            lambda typst: {name: typst.query(f"<{name}>", field="value") for name in MARKS},
        )
        return {name: [_points(mark) for mark in json.loads(said[name])] for name in MARKS}

    def _do(self, settings: Mapping[str, str], work: Callable[[Any], Any]) -> Any:
        folder = Path(str(files("ribao.renderers") / "typst"))
        try:
            return work(
                self._typst.Compiler(
                    folder / f"{self._name}.typ",
                    root=folder,
                    font_paths=_fonts(self._typst),
                    ignore_system_fonts=True,
                    sys_inputs={**self._inputs, **settings},
                )
            )
        except self._typst.TypstError as error:
            said = "; ".join([error.message, *error.hints])
            raise RenderError(str(self.issue.day), f"{self._name} cannot be set: {said}") from error


def _points(mark: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(str(value).removesuffix("pt")) for key, value in mark.items()}


@cache
def _fonts(typst: Any) -> Any:
    """Return the package's fonts and no others: neither the machine's nor typst's own."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_folder())],
    )


def _library(name: str, issue: Issue) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise RenderError(
            str(issue.day), f"{package} is not installed: pip install 'ribao[pictures]'"
        ) from error


# ── the newspaper's last page ─────────────────────────────────────────────────────────────────


def _fitted(sheet: _Sheet) -> dict[str, str]:
    """Return the settings with which front and last page come out well.

    typst fills the first column before the second. So the newspaper is set, the last page looked
    at, and set again with that much room kept free below that both columns end together; where
    that was too much and a page were added, with less.
    """
    settings: dict[str, str] = {}
    marks = sheet.marks(settings)
    if (front := marks["front"][0])["height"] > front["space"]:
        settings["long"] = "yes"
        marks = sheet.marks(settings)
    if not marks["paper"]:
        return settings
    settings, marks = _saved(sheet, settings, marks)
    page = marks["end"][0]["page"]
    first = [number for number, mark in enumerate(marks["paper"]) if mark["page"] == page]
    for room in _rooms(marks):
        tried = {**settings, "anchor": str(first[0] if first else -1), "room": str(room)}
        after = sheet.marks(tried)
        if after["end"][0]["page"] == after["foot"][0]["page"] == page:
            return tried
    return settings


def _saved(sheet: _Sheet, settings: dict[str, str], marks: _Marks) -> tuple[dict[str, str], _Marks]:
    """Set everything a little tighter where that saves a last page that is nearly empty."""
    last = marks["end"][0]
    if last["page"] > 1 and last["x"] < MIDDLE:
        tight = {**settings, "tight": "yes"}
        closer = sheet.marks(tight)
        if closer["end"][0]["page"] < last["page"]:
            return tight, closer
    return settings, marks


def _rooms(marks: _Marks) -> Iterator[int]:
    """Yield how much room may be kept free below the last page's columns, the most first."""
    start, last, foot = (marks[name][0] for name in ("start", "end", "foot"))
    if foot["page"] != last["page"]:
        return
    top = start["y"] if start["page"] == last["page"] else TOP
    height = foot["y"] - CLEARANCE - top
    filled = last["y"] - top + (height if last["x"] > MIDDLE else 0)
    for spare in SPARE:
        room = int(height - filled / 2 - spare)
        if room > 0:
            yield room


# ── pictures ──────────────────────────────────────────────────────────────────────────────────


def _size(issue: Issue) -> int:
    """Return the largest size of text with which the poster can still be passed on."""
    text = "".join(p.title + (p.gist or "") + p.abstract for p in issue.papers)
    wide = sum(ord(char) >= FIRST_WIDE for char in text)
    limit = LIMIT * max(1.0, len(issue.papers) / LIMITED)
    for size, (a_wide, a_narrow, a_paper) in WEIGHTS.items():
        weight = a_wide * wide + a_narrow * (len(text) - wide) + a_paper * len(issue.papers)
        if weight <= limit:
            return size
    return min(WEIGHTS)


def _picture(strips: Sequence[bytes], issue: Issue) -> bytes:
    """Join strips, one below the other, as one PNG of sixteen colours.

    One strip after the other is unpacked and packed again: a poster of a hundred papers is 110
    million pixels, which are never there all at once.
    """
    image = _library("PIL.Image", issue)
    palette = image.new("P", (1, 1))
    palette.putpalette(_palette())
    sizes = [struct.unpack(">II", strip[16:24]) for strip in strips]
    wide, high = sizes[0][0], sum(size[1] for size in sizes)
    packer = zlib.compressobj(6)
    body = b"".join(packer.compress(_rows(image, strip, palette)) for strip in strips)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 4, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes(_palette())),
            _chunk(b"IDAT", body + packer.flush()),
            _chunk(b"IEND", b""),
        )
    )


def _rows(image: Any, strip: bytes, palette: Any) -> bytes:
    """Return a strip's rows as PNG wants them: unfiltered (0), two pixels to a byte."""
    with image.open(io.BytesIO(strip)) as opened:
        drawn = opened.convert("RGB").quantize(palette=palette, dither=image.Dither.NONE)
    pixels = drawn.tobytes("raw", "P;4")
    row = (drawn.width + 1) // 2
    return b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row))


def _chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG (ISO/IEC 15948, 5.3): length, kind, body, check sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@cache
def _palette() -> list[int]:
    """Return paper, each ink, and the steps between that smooth the edges of letters."""
    paper = _rgb(COLOURS["paper"])
    return [
        *paper,
        *(
            round(ground + (tint - ground) * step / steps)
            for name, steps in STEPS.items()
            for step in range(1, steps + 1)
            for ground, tint in zip(paper, _rgb(COLOURS[name]), strict=True)
        ),
    ]


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def _qr(url: str, issue: Issue) -> str:
    """Return the address as a QR code: an SVG without ground, in the poster's ink."""
    body = io.BytesIO()
    code = _library("segno", issue).make(url, error="m", micro=False)
    code.save(body, kind="svg", border=0, dark=COLOURS["ink"], xmldecl=False)
    return body.getvalue().decode()


def _alternative(svg: str) -> str:
    """Return what a picture says of itself in words."""
    found = re.search(r"<desc\b[^>]*>(.*?)</desc>", svg, re.DOTALL)
    return visible(unescape(found[1]).strip()) if found else ""
