"""Texts of papers as they are shown: repaired, with formulas as MathML or in plain characters.

The library builds a tree of elements; only elements and attributes that are listed here come out
of it, every text in it is escaped, and only LaTeX that ``ribao.formulas`` has let through goes in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

from markupsafe import Markup

from ribao.formulas import Piece, pieces, plain, tex_of
from ribao.repair import readable, repair
from ribao.types import Issue

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# MathML Core (https://www.w3.org/TR/mathml-core/), as far as the LaTeX that is let in needs it.
ELEMENTS = frozenset(
    [
        *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac"),
        *("msqrt", "mover", "munder", "munderover"),
    ]
)
ATTRIBUTES = {"stretchy": re.compile("true|false"), "width": re.compile(r"[0-9.]{1,6}em")}
MOST_ELEMENTS = 400


def as_html(text: str, between: Callable[[str], Markup] = Markup.escape) -> Markup:
    """Return a text, repaired, with its formulas as MathML.

    ``between`` makes HTML of what stands between formulas; by default it is only escaped.
    """
    return Markup().join(_parts(text, between))


def readable_issue(issue: Issue) -> Issue:
    """Return an issue with the texts of its papers as ``readable`` has them."""
    papers = tuple(
        replace(
            paper,
            title=readable(paper.title),
            original_title=readable(paper.original_title),
            gist=None if paper.gist is None else readable(paper.gist),
            abstract=readable(paper.abstract),
            original_abstract=readable(paper.original_abstract),
        )
        for paper in issue.papers
    )
    return replace(issue, papers=papers)


def _parts(text: str, between: Callable[[str], Markup]) -> Iterator[Markup]:
    waiting = ""
    for piece in pieces(repair(text)):
        if piece.kind in {"text", "address"}:
            waiting += piece.source
            continue
        yield between(waiting)
        waiting = ""
        yield _part(piece)
    yield between(waiting)


def _part(piece: Piece) -> Markup:
    if piece.kind == "raised":
        return Markup("<sup>{}</sup>").format(piece.inner)
    if piece.kind == "lowered":
        return Markup("<sub>{}</sub>").format(piece.inner)
    return mathml(tex_of(piece)) or Markup.escape(plain(piece.source))


def mathml(tex: str) -> Markup | None:
    """Return a formula as MathML; None where it cannot be had."""
    # A tenth of a second, which only days with formulas need to spend.
    from latex2mathml.converter import Converter

    try:
        tree = Converter().convert_to_element(tex)
    # Its errors have no common ancestor, and a parser may trip over what nobody foresaw.
    except Exception:  # noqa: BLE001
        return None
    elements = list(tree.iter())
    if len(elements) > MOST_ELEMENTS or not ELEMENTS.issuperset(each.tag for each in elements):
        return None
    # What it does not understand it may leave out: never a figure.
    figures = "".join(unescape(each.text or "") for each in elements)
    if _figures(figures) != _figures(tex):
        return None
    return _element(tree)


def _figures(text: str) -> list[str]:
    return sorted(re.findall(r"[0-9%]", text))


def _element(element: Element) -> Markup:
    """Write an element anew: the library's own writing does not escape."""
    attributes = Markup().join(
        Markup(' {}="{}"').format(name, value)
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and ATTRIBUTES[name].fullmatch(value)
    )
    inside = Markup().join(map(_element, element))
    # Its texts are written as references ("&#x0002B;").
    said = Markup.escape(unescape(element.text or ""))
    return Markup("<{0}{1}>{2}{3}</{0}>").format(element.tag, attributes, said, inside)
