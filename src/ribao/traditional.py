"""Traditional Chinese from the simplified, by OpenCC (extra ``hant``): characters and phrases.

Links, formulas and everything in Latin letters stay as they are. What OpenCC makes wrong of texts
about AI is put right by ``traditional.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ribao.errors import ConfigError
from ribao.formulas import pieces
from ribao.languages import SIMPLIFIED

REMEDY = "traditional Chinese needs OpenCC, which is not here: pip install 'ribao[hant]'"
# OpenCC's own names for what is made of the simplified, and our corrections of it. Without a place
# it is Taiwan's, where most of the readers are.
_WAYS = {
    "zh-Hant": ("s2twp", "taiwan"),
    "zh-Hant-TW": ("s2twp", "taiwan"),
    "zh-Hant-HK": ("s2hk", "hongkong"),
}
_QUOTES = str.maketrans("“”", "「」")
# Not the apostrophe of “the authors’ own”: an inner quotation opens and closes.
_INNER = re.compile(r"(?<![A-Za-z])‘([^‘’]{1,200})’(?![A-Za-z])")


def to_traditional(text: str, language: str) -> str:
    """Return a simplified Chinese text as it is written in Taiwan or Hong Kong.

    ``language`` is ``zh-Hant``, ``zh-Hant-TW`` or ``zh-Hant-HK``. Quotation marks become 「」.
    Raises ``ConfigError`` with the remedy where OpenCC is not installed.
    """
    convert = _converter(language)
    if text.isascii():
        return text
    return "".join(
        convert(piece.source) if piece.kind == "text" else piece.source for piece in pieces(text)
    )


class Names(Mapping[str, str]):
    """A thing's names by language, the traditional ones made from the simplified when asked for.

    For ``Areas.renamed`` and ``Phrases.renamed``. Only the asking needs OpenCC.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __getitem__(self, language: str) -> str:
        if language in self._names or language not in _WAYS:
            return self._names[language]
        return to_traditional(self._names[SIMPLIFIED], language)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class _Converter:
    """OpenCC, with our own phrases before it."""

    opencc: Callable[[str], str]
    phrases: dict[str, str]
    pattern: re.Pattern[str]

    def __call__(self, text: str) -> str:
        done, end = [], 0
        for found in self.pattern.finditer(text):
            done += [self.opencc(text[end : found.start()]), self.phrases[found[0]]]
            end = found.end()
        return _quoted("".join([*done, self.opencc(text[end:])]))


def _quoted(text: str) -> str:
    return _INNER.sub(r"『\1』", text).translate(_QUOTES)


@cache
def _converter(language: str) -> _Converter:
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise ConfigError(f"language: {language}: {REMEDY}") from error
    way, place = _WAYS[language]
    data = tomllib.loads((files("ribao") / "traditional.toml").read_text("utf-8"))
    phrases = {**data["both"], **data[place]}
    # The longest first: a regular expression takes the first that fits.
    longest = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return _Converter(OpenCC(way).convert, phrases, re.compile("|".join(map(re.escape, longest))))
