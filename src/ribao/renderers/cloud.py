"""The day's keyword cloud: whole phrases, sized by weight, coloured by family, never rotated.

Below the phrases stands what each colour means, for the families that occur.

The layout is our own: each phrase, the heaviest first, takes the free place nearest the middle.
It packs boxes, not glyphs, and every text carries its measured length, so that nothing overlaps or
is cut where a browser lacks the font. No chance is in it: same phrases, same bytes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from ribao.errors import RenderError
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import font_folder, visible
from ribao.renderers.palette import (
    FAMILIES,
    PAPER,
    PICTURE,
    PLAIN,
    SANS_STACK,
    SOFT,
    Tone,
    dark_style,
    family_names,
    ground,
    tone_of,
)
from ribao.statistics import Phrase

if TYPE_CHECKING:
    from PIL import ImageFont

WIDTH, HEIGHT = 1600, 900
# The sans stands behind the serif: it has what the serif lacks.
SERIF, SANS = "RibaoSerif-Bold.otf", "RibaoSans-Bold.otf"
LABEL = "RibaoSans-Regular.otf"
STACK = "'Ribao Serif','Noto Serif SC','Noto Serif CJK SC','Songti SC','Ribao Sans',serif"
MOST = 100
SPOKEN = 10

_CELL = 4  # The layout's grid, in pixels.
_EDGE = 40
_LARGEST, _SMALLEST = 150.0, 15.0
_ENLARGED = 190.0  # The largest when all are made larger together, to use the whole sheet.
_LEAST = 0.24  # Sizes are as the weights are, but never less than this share of the largest.
_ASCENT, _DESCENT = 0.9, 0.2  # The same for all, so that neighbours share their baselines.
_FULL = 0.56  # How much of the sheet the boxes fill: the rest is calm.
_WIDEST = 0.8  # No phrase is wider than this share of the sheet.
_ASIDE, _ABOVE = 0.18, 0.1  # Room around a phrase, in its own size.
_LANDSCAPE = 1.9  # How much nearer sideways is than up or down.
_MEASURED = 200  # The size at which a phrase is measured.
_STEPS = 12  # From paper to ink, at a letter's edge.
_TRIED = 24
# The legend: its letters, its squares, the room behind a square, an item and a row.
_LABEL, _SQUARE, _BEHIND, _APART, _ROW = 34, 24, 13, 44, 54


@dataclass(frozen=True, slots=True)
class _Box:
    """A phrase measured at size 1, from its baseline's start."""

    text: str
    share: float
    tone: Tone
    length: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Placed:
    """A phrase on the sheet: its baseline's start, its size and its length."""

    text: str
    tone: Tone
    size: float
    x: float
    y: float
    length: float


@dataclass(frozen=True, slots=True)
class _Key:
    """A family in the legend: its square's upper left corner and its name's length."""

    name: str
    tone: Tone
    x: int
    y: int
    length: float

    @property
    def start(self) -> tuple[int, int]:
        """Where the name's baseline starts."""
        return self.x + _SQUARE + _BEHIND, self.y + _SQUARE - 1


def cloud_svg(phrases: Sequence[Phrase], edition: Edition) -> str | None:
    """Return the cloud with its words as text; None where there is no phrase."""
    placed, keys = _layout(phrases, edition)
    if not placed:
        return None
    tones = {tone.name: tone for tone in (PAPER, SOFT, *(word.tone for word in placed))}
    words = "\n".join(
        f'<text class="f-{word.tone.name}" fill="{word.tone.light}" x="{word.x:.1f}"'
        f' y="{word.y:.1f}" font-size="{word.size:.1f}" textLength="{word.length:.1f}"'
        f' lengthAdjust="spacingAndGlyphs">{escape(word.text)}</text>'
        for word in placed
    )
    legend = "\n".join(map(_drawn_key, keys))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{PICTURE}" role="img"'
        f' lang={quoteattr(edition.language)} width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}">\n'
        f"<title>{escape(_say(edition, 'picture.cloud'))}</title>\n"
        f"<desc>{escape(visible(alternative_text(phrases, edition)))}</desc>\n"
        f"<style>{dark_style(tones[name] for name in sorted(tones))}</style>\n"
        f"{ground(0, 0, WIDTH, HEIGHT)}\n"
        f'<g class="words" font-family="{STACK}" font-weight="700">\n{words}\n</g>\n'
        f'<g class="legend" font-family="{SANS_STACK}" font-size="{_LABEL}">\n{legend}\n</g>\n'
        "</svg>\n"
    )


def _drawn_key(key: _Key) -> str:
    x, y = key.start
    return (
        f'<rect class="f-{key.tone.name}" fill="{key.tone.light}" x="{key.x}" y="{key.y}"'
        f' width="{_SQUARE}" height="{_SQUARE}"/>'
        f'<text class="f-{SOFT.name}" fill="{SOFT.light}" x="{x}" y="{y}"'
        f' textLength="{key.length:.1f}" lengthAdjust="spacingAndGlyphs">{escape(key.name)}</text>'
    )


def cloud_png(phrases: Sequence[Phrase], edition: Edition) -> bytes | None:
    """Return the same cloud on light paper; None where there is no phrase."""
    placed, keys = _layout(phrases, edition)
    if not placed:
        return None
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER.light)
    draw = ImageDraw.Draw(sheet)
    for word in placed:
        font = _font(_face(word.text), word.size)
        draw.text((word.x, word.y), word.text, fill=word.tone.light, font=font, anchor="ls")
    for key in keys:
        square = (key.x, key.y, key.x + _SQUARE - 1, key.y + _SQUARE - 1)
        draw.rectangle(square, fill=key.tone.light)
        draw.text(key.start, key.name, fill=SOFT.light, font=_font(LABEL, _LABEL), anchor="ls")
    colours = Image.new("P", (1, 1))
    colours.putpalette(_colours(placed))
    body = io.BytesIO()
    sheet.quantize(palette=colours, dither=Image.Dither.NONE).save(body, "PNG", optimize=True)
    return body.getvalue()


def alternative_text(phrases: Sequence[Phrase], edition: Edition) -> str:
    """Say the ten largest phrases, the largest first; nothing where there is none."""
    words = [text for text, _, _ in _ranked(phrases)[:SPOKEN]]
    if not words:
        return ""
    comma = edition.texts["issue.comma"]
    return _say(edition, "picture.cloud_words").format(words=comma.join(words))


def _say(edition: Edition, name: str) -> str:
    return edition.texts[name]


def _colours(placed: Sequence[_Placed]) -> list[int]:
    """Return the paper, each tone and the steps between: a third of the bytes, no difference."""
    paper = _rgb(PAPER.light)
    inks = [_rgb(colour) for colour in sorted({SOFT.light, *(w.tone.light for w in placed)})]
    return [
        *paper,
        *(
            round(ground + (tint - ground) * step / _STEPS)
            for ink in inks
            for step in range(1, _STEPS + 1)
            for ground, tint in zip(paper, ink, strict=True)
        ),
    ]


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


# ── the layout ────────────────────────────────────────────────────────────────────────────────


def _layout(phrases: Sequence[Phrase], edition: Edition) -> tuple[list[_Placed], list[_Key]]:
    """Place every phrase: as large as calm allows, then smaller until all have found a place."""
    boxes = [_box(*item) for item in _ranked(phrases)]
    if not boxes:
        return [], []
    keys = _legend({box.tone for box in boxes}, edition)
    room = min(key.y for key in keys) - _EDGE
    area = sum(_width(box) * _height(box) * box.share**2 for box in boxes)
    size = min(_LARGEST, math.sqrt(_FULL * WIDTH * room / area))
    while True:
        sizes = [_size(box, size) for box in boxes]
        corners = _pack(
            [(_width(box) * em, _height(box) * em) for box, em in zip(boxes, sizes, strict=True)],
            room,
        )
        if len(corners) == len(boxes) or size < _SMALLEST:
            break
        size *= 0.94
    return _centred(boxes, sizes, corners, room), keys


def _legend(tones: set[Tone], edition: Edition) -> list[_Key]:
    """Place the names of the families that occur at the sheet's foot, in rows of like width."""
    names = family_names(edition.language)
    named = [(visible(names[slug]), tone) for slug, tone in FAMILIES.items() if tone in tones]
    if PLAIN in tones:
        named.append((_say(edition, "picture.other"), PLAIN))
    font = _font(LABEL, _LABEL)
    widths = [_SQUARE + _BEHIND + math.ceil(font.getlength(name)) for name, _ in named]
    widest = WIDTH - 2 * _EDGE
    fewest = len(_rows(widths, widest))
    while widest > max(widths) and len(_rows(widths, widest - 10)) == fewest:
        widest -= 10
    keys: list[_Key] = []
    top = HEIGHT - _EDGE - fewest * _ROW + _ROW - _SQUARE
    for row in _rows(widths, widest):
        x = (WIDTH - sum(widths[place] + _APART for place in row) + _APART) // 2
        for place in row:
            keys.append(_Key(*named[place], x, top, font.getlength(named[place][0])))
            x += widths[place] + _APART
        top += _ROW
    return keys


def _rows(widths: Sequence[int], widest: int) -> list[list[int]]:
    """Break items of these widths into rows; each row is the places of its items."""
    rows: list[list[int]] = [[]]
    left = widest
    for place, width in enumerate(widths):
        if width > left and rows[-1]:
            rows.append([])
            left = widest
        rows[-1].append(place)
        left -= width + _APART
    return rows


def _ranked(phrases: Sequence[Phrase]) -> list[tuple[str, float, Tone]]:
    """Return what is drawn, the heaviest first: text, share of the heaviest weight, tone."""
    seen: dict[str, tuple[float, Tone]] = {}
    for phrase in phrases:
        text = visible(" ".join(phrase.word.split()))
        weight = phrase.weight if math.isfinite(phrase.weight) else 0.0
        if text and text not in seen:
            seen[text] = (max(weight, 0.0), tone_of(phrase.family))
    most = max((weight for weight, _ in seen.values()), default=0.0) or 1.0
    ranked = sorted(seen.items(), key=lambda item: -item[1][0])[:MOST]
    return [(text, max(_LEAST, weight / most), tone) for text, (weight, tone) in ranked]


def _box(text: str, share: float, tone: Tone) -> _Box:
    font = _font(_face(text), _MEASURED)
    left, top, right, bottom = (edge / _MEASURED for edge in font.getbbox(text, anchor="ls"))
    return _Box(
        text=text,
        share=share,
        tone=tone,
        length=font.getlength(text) / _MEASURED,
        left=min(0.0, left),
        right=right,
        top=min(-_ASCENT, top),
        bottom=max(_DESCENT, bottom),
    )


def _width(box: _Box) -> float:
    return max(box.length, box.right) - box.left + 2 * _ASIDE


def _height(box: _Box) -> float:
    return box.bottom - box.top + 2 * _ABOVE


def _size(box: _Box, size: float) -> float:
    return min(size * box.share, _WIDEST * WIDTH / _width(box))


def _pack(boxes: Sequence[tuple[float, float]], room: int) -> list[tuple[int, int]]:
    """Return the upper left corners of the boxes, in cells, as far as there is a place for each.

    A row of the sheet is one integer, a bit for each cell: set where a box lies.
    """
    columns, rows = (WIDTH - 2 * _EDGE) // _CELL, (room - _EDGE) // _CELL
    sheet = [0] * rows
    corners: list[tuple[int, int]] = []
    for width, height in boxes:
        wide, high = math.ceil(width / _CELL), math.ceil(height / _CELL)
        corner = _nearest(sheet, columns, wide, high)
        if corner is None:
            break
        bits = ((1 << wide) - 1) << corner[0]
        for row in range(corner[1], corner[1] + high):
            sheet[row] |= bits
        corners.append(corner)
    return corners


def _nearest(sheet: Sequence[int], columns: int, wide: int, high: int) -> tuple[int, int] | None:
    """Return the free corner whose box lies nearest the middle."""
    if wide > columns or high > len(sheet):
        return None
    middle, centre = (columns - wide) // 2, (len(sheet) - high) // 2
    best: tuple[float, int, int] | None = None
    for row in sorted(range(len(sheet) - high + 1), key=lambda row: abs(row - centre)):
        down = float((row - centre) ** 2)
        if best and down >= best[0]:
            break
        column = _free(reduce(or_, sheet[row : row + high]), columns, wide, middle)
        if column is not None:
            far = down + ((column - middle) / _LANDSCAPE) ** 2
            best = min(best or (far, column, row), (far, column, row))
    return best and (best[1], best[2])


def _free(taken: int, columns: int, wide: int, middle: int) -> int | None:
    """Return the column nearest the middle from which ``wide`` cells are free."""
    reach, blocked = 1, taken
    while reach < wide:
        step = min(reach, wide - reach)
        blocked |= blocked >> step
        reach += step
    free = ~blocked & ((1 << (columns - wide + 1)) - 1)
    below = (free & ((1 << (middle + 1)) - 1)).bit_length() - 1
    above = free >> middle
    right = middle + (above & -above).bit_length() - 1 if above else None
    if below < 0 or (right is not None and right - middle < middle - below):
        return right
    return below


def _centred(
    boxes: Sequence[_Box],
    sizes: Sequence[float],
    corners: Sequence[tuple[int, int]],
    room: int,
) -> list[_Placed]:
    """Turn corners into baselines: the whole in the middle, as large as the sheet allows."""
    spans = [
        (x * _CELL, y * _CELL, x * _CELL + _width(box) * em, y * _CELL + _height(box) * em)
        for box, em, (x, y) in zip(boxes, sizes, corners, strict=False)
    ]
    lefts, tops, rights, bottoms = zip(*spans, strict=True)
    wide, high = max(rights) - min(lefts), max(bottoms) - min(tops)
    zoom = min((WIDTH - 2 * _EDGE) / wide, (room - _EDGE) / high, _ENLARGED / max(sizes))
    shift_x = (WIDTH - zoom * (min(lefts) + max(rights))) / 2
    shift_y = (room + _EDGE - zoom * (min(tops) + max(bottoms))) / 2
    return [
        _Placed(
            text=box.text,
            tone=box.tone,
            size=em * zoom,
            x=round((span[0] + (_ASIDE - box.left) * em) * zoom + shift_x, 1),
            y=round((span[1] + (_ABOVE - box.top) * em) * zoom + shift_y, 1),
            length=box.length * em * zoom,
        )
        for box, em, span in zip(boxes, sizes, spans, strict=False)
    ]


@cache
def _font(name: str, size: float) -> ImageFont.FreeTypeFont:
    try:
        from PIL import ImageFont
    except ImportError as error:
        raise RenderError(
            "wordcloud", "pictures need a part that is missing: pip install 'ribao[pictures]'"
        ) from error
    path = str(font_folder() / name)
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _face(text: str) -> str:
    """Return the font that has all of a text: the serif nearly always."""
    return SERIF if all(_drawn(char) for char in text) else SANS


@cache
def _drawn(char: str) -> bool:
    """Tell whether the serif has a character: what it lacks comes out as its box."""
    return bytes(_font(SERIF, _TRIED).getmask(char)) != _no_glyph()


@cache
def _no_glyph() -> bytes:
    return bytes(_font(SERIF, _TRIED).getmask("\U0010ffff"))
