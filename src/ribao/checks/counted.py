"""Are the numbers the original's, and where it has them? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ribao.checks.amounts import amounts
from ribao.checks.japanese import with_known_numerals
from ribao.checks.numerals import Number, read, unmatched
from ribao.checks.pair import Pair
from ribao.checks.quantities import miscounted, misplaced, signs_changed
from ribao.checks.sentences import fitting
from ribao.checks.wording import several
from ribao.types import Finding

Sentences = Iterator[tuple[str, ...]]


def find_numbers(pair: Pair) -> Iterator[Finding]:
    """The same numbers on both sides, as values: "1.5 million" is 150万, "half" may be 50 %.

    A gist need not hold every number, but none of its own. Of a language whose number words are not
    known only the digits are compared, as a note.
    """
    for where, original, text in pair.texts:
        if pair.family not in {"zh", "ja"}:
            yield from several("numbers", "note", _digits_lost(where, original, text))
            continue
        said = with_known_numerals(text) if pair.family == "ja" else text
        there, here = read(original), read(said)
        yield from several("numbers", "error", _lost_and_new(where, there, here))
        if where == "abstract":
            yield from several("numbers", "note", _unsaid(there, here))
            yield from several("numbers", "error", _moved(pair, said))


def _lost_and_new(where: str, there: Sequence[Number], here: Sequence[Number]) -> Sentences:
    for number in unmatched(there, here) if where != "gist" else ():
        yield "numbers.lost", where, number.text
    for number in unmatched(here, there):
        yield "numbers.stranger", where, number.text


def _unsaid(there: Sequence[Number], here: Sequence[Number]) -> Sentences:
    """Number words that nothing renders; "one" and "two" are often no counts."""
    for number in unmatched(there, here, "word"):
        if number.value > 2:
            yield "numbers.unsaid", "abstract", number.text


def _moved(pair: Pair, text: str) -> Sentences:
    """Numbers that are there, but not where the original has them or as what they are in it."""
    for sign in signs_changed(pair.original_abstract, text):
        yield "numbers.signs", "abstract", sign
    for item in miscounted(pair.original_abstract, text):
        yield "numbers.counting", "abstract", item
    aligned = fitting(pair)
    if aligned is not None:
        for number, sentence in misplaced(aligned):
            yield "numbers.place", "abstract", number, sentence
        yield from amounts(aligned)


# Digits with points, commas or narrow spaces between them, however a language sets them.
_DIGITS = re.compile(r"(?<![A-Za-z0-9])[0-9]++(?:[.,\u00a0\u202f' ][0-9]++)*+", re.ASCII)


def _digits_lost(where: str, original: str, text: str) -> Sentences:
    """Numbers in digits that one side has and the other lacks: 1,234.5 and 1.234,5 are the same."""
    there, here = _digits(original), _digits(text)
    for bare in there if where != "gist" else ():
        if bare not in here:
            yield "numbers.lost", where, there[bare]
    for bare in here:
        if bare not in there:
            yield "numbers.stranger", where, here[bare]


def _digits(text: str) -> dict[str, str]:
    return {re.sub("[^0-9]", "", match[0]): match[0] for match in _DIGITS.finditer(text)}
