"""The fonts that ship with ribao: where they are, what they hold, and what to do with the rest.

Pictures and the PDF are drawn with these alone: an installed font cannot be relied on. A character
that they lack would come out as a box, so ``visible`` says it in characters that they have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

SANS = "Ribao Sans"
SERIF = "Ribao Serif"

# What is said in other characters where the fonts lack it; the rest is tried by Unicode's own
# decompositions (a ligature is its letters, a bold x is an x) and else named by its number.
SAID = {
    "\u2028": " ",
    "\u2029": " ",
    "⁃": "-",
    "⸺": "——",
    "✅": "√",
    "❌": "×",
    "❎": "×",
    "➕": "+",
    "➖": "-",
    "➗": "÷",
    "\U0001f449": "→",
}
# Which of two drawings of the character before is meant; it draws nothing itself.
VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
END_OF_CYRILLIC = 0x530
BLANK = re.compile(r"[\t\n\r\v\f\u0085]+")


def font_folder() -> Path:
    """Return the folder of the fonts; a package of ours is always unpacked."""
    return Path(str(files("ribao") / "fonts"))


@cache
def covered() -> frozenset[int]:
    """Return the characters that both weights of Ribao Sans have.

    Set Ribao Sans behind Ribao Serif: what the serif lacks of them is then drawn from the sans.
    """
    codes: set[int] = set()
    for word in (font_folder() / "coverage.txt").read_text("ascii").split():
        first, _, last = word.partition("-")
        codes.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(codes)


def can_write(texts: Mapping[str, str]) -> bool:
    """Tell whether the fonts have the letters of a language, by its names of weekdays and months.

    They have Latin, Greek, Cyrillic, Chinese and Japanese ones; Arabic, Korean, Thai and others
    would come out as numbers of characters.
    """
    names = texts["page.weekdays"] + texts["page.months"]
    return covered().issuperset(ord(char) for char in names if char.isalpha())


def visible(text: str) -> str:
    """Return ``text`` in characters that the fonts have; nearly always that is the text itself.

    Line breaks become blanks, control characters go, and what has no likeness is named by its
    number: 〔U+1F600〕. Several in a row share a bracket.
    """
    if covered().issuperset(map(ord, text)) and not _marked(text):
        return text
    said = "".join(_said(char) for char in unicodedata.normalize("NFC", BLANK.sub(" ", text)))
    return said.replace("〕〔", " ")


def _marked(text: str) -> bool:
    """Tell whether a text has letters and their accents apart, or marks that draw nothing."""
    return not text.isascii() and any(
        unicodedata.combining(char) or unicodedata.category(char) == "Cf" for char in text
    )


def _said(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in {"Cc", "Cf"} or VARIANTS.match(char):
        return ""
    if ord(char) in covered():
        return char
    if char in SAID:
        return SAID[char]
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and covered().issuperset(map(ord, plain)):
        return plain
    return _without_marks(char) or f"〔U+{ord(char):04X}〕"


def _without_marks(char: str) -> str:
    """Return a Latin, Greek or Cyrillic letter without the accents that the fonts lack."""
    base = unicodedata.normalize("NFD", char)[0]
    return base if base != char and ord(base) < END_OF_CYRILLIC else ""
