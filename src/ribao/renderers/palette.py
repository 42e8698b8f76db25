"""The pictures' colours, for light and for dark, and how a drawn chart is given them.

A picture's colours stand in its attributes for light and in a style for dark, so that it is right
where no style is read (print, posters) and follows the reader's scheme where one is. The families'
tones keep 4.5:1 to both papers and stay apart for protan and deutan eyes; yet nothing is
told by colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

from ribao.errors import RenderError
from ribao.renderers.fonts import font_folder
from ribao.topics import read_areas
from ribao.traditional import Names

# The class of every picture's root: its style reaches no further where a page takes it in.
PICTURE = "ribao-picture"
SANS_STACK = (
    "'Ribao Sans','Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
)
_SVG = "http://www.w3.org/2000/svg"
# What Vega notes on its marks; of use to Vega alone.
_NOTES = ("class", "role", "aria-hidden", "aria-roledescription", "aria-label", "pointer-events")


@dataclass(frozen=True, slots=True)
class Tone:
    """One colour by its name, on light and on dark paper."""

    name: str
    light: str
    dark: str


PAPER = Tone("paper", "#fbf9f4", "#171614")
INK = Tone("ink", "#1d1b18", "#ebe6dc")
SOFT = Tone("soft", "#5f5a52", "#a59d90")
RULE = Tone("rule", "#ddd6c8", "#37332c")
RED = Tone("red", "#a92b20", "#ff9180")

_GROUND = re.compile(rf'<(?:\w+:)?rect class="f-{PAPER.name}"[^>]*/>\n?')
_NAMES = {tone.light: tone.name for tone in (PAPER, INK, SOFT, RULE, RED)}

# What belongs to no family.
PLAIN = Tone("plain", "#5f5a52", "#8b8478")
FAMILIES = {
    "agents": RED,
    "language": INK,
    "multimodal": Tone("indigo", "#5a69ab", "#8ba8ef"),
    "vision": Tone("green", "#2f7d52", "#93cfa2"),
    "generation": Tone("plum", "#8f5089", "#eaa9ea"),
    "embodied": Tone("amber", "#9a6500", "#e9c76b"),
    "training": Tone("teal", "#004246", "#4fb9b3"),
    "systems": Tone("violet", "#47386f", "#957fc4"),
    "trust": Tone("olive", "#455c00", "#d3ee9a"),
    "science": Tone("brown", "#5a2408", "#c98449"),
}


def tone_of(family: str | None) -> Tone:
    """Return the tone of a family of areas."""
    return FAMILIES.get(family or "", PLAIN)


@cache
def family_names(language: str) -> dict[str, str]:
    """Return the names of the families of areas by slug, for legends."""
    areas = read_areas((files("ribao") / "areas.toml").read_text("utf-8"))
    return areas.renamed(Names).families(language)


def ground(left: int, top: int, width: int, height: int) -> str:
    """Return a picture's paper as an SVG element.

    A scheme says how dark the reader's pages are, yet not what lies below this picture: a file
    opened alone has a white ground, and so may have a dark reader's other pages.
    """
    return (
        f'<rect class="f-{PAPER.name}" fill="{PAPER.light}" x="{left}" y="{top}"'
        f' width="{width}" height="{height}"/>'
    )


def without_ground(svg: str) -> str:
    """Return a picture to be laid on another paper: the print edition is white."""
    return _GROUND.sub("", svg)


def dark_style(tones: Iterable[Tone]) -> str:
    """Return the style by which a picture's classes ``f-…`` and ``s-…`` follow a dark scheme."""
    rules = "".join(
        f".{PICTURE} .f-{tone.name}{{fill:{tone.dark}}}"
        f".{PICTURE} .s-{tone.name}{{stroke:{tone.dark}}}"
        for tone in tones
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def picture(name: str, spec: dict[str, Any], said: tuple[str, str], language: str) -> ET.Element:
    """Draw a Vega-Lite specification: colours classed, with a title and a description."""
    try:
        drawn = vega().vegalite_to_svg(spec, allowed_base_urls=[])
    except ValueError as error:
        raise RenderError(name, "the chart could not be drawn") from error
    ET.register_namespace("", _SVG)
    root = ET.fromstring(drawn)  # noqa: S314 - our own specification, drawn by our own library
    for element in list(root.iter()):
        _classed(element)
    root.attrib.pop("version", None)
    root.attrib |= {"class": PICTURE, "role": "img", "lang": language}
    for place, (tag, text) in enumerate(zip(("title", "desc"), said, strict=True)):
        words = ET.Element(tag)
        words.text = text
        root.insert(place, words)
    return root


@cache
def vega() -> ModuleType:
    """Return the drawing library, with our fonts made known to it."""
    try:
        import vl_convert
    except ImportError as error:
        raise RenderError(
            "charts", "pictures need a part that is missing: pip install 'ribao[pictures]'"
        ) from error
    vl_convert.register_font_directory(str(font_folder()))
    return vl_convert


def _classed(element: ET.Element) -> None:
    """Class an element's colours; take Vega's notes and its empty shapes off it."""
    for note in _NOTES:
        element.attrib.pop(note, None)
    for child in [*element]:
        unseen = child.tag == f"{{{_SVG}}}path" and not {"fill", "stroke"} & child.attrib.keys()
        if unseen or (child.tag == f"{{{_SVG}}}text" and not "".join(child.itertext())):
            element.remove(child)
    classes = [
        f"{kind[0]}-{_NAMES[element.attrib[kind]]}"
        for kind in ("fill", "stroke")
        if element.attrib.get(kind) in _NAMES
    ]
    if classes:
        element.set("class", " ".join(classes))
    if "font-family" in element.attrib:
        element.set("font-family", SANS_STACK)
