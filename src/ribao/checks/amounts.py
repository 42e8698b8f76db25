"""Amounts said in words: orders of magnitude, "about" and "over", "few-step". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ribao.checks.alignment import Alignment
from ribao.checks.numerals import Number, read

Wrong = Iterator[tuple[str, ...]]

_ANY = re.ASCII | re.IGNORECASE
_ORDERS = re.compile(
    r"(?:(?<![a-z0-9])(?P<count>[a-z]{1,12}|[0-9]{1,2})[ -](?:full )?)?orders?[ -]of[ -](?:a )?magnitudes?",
    _ANY,
)
_COUNTS = {
    "one": 1,
    "an": 1,
    "a": 1,
    "single": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
}
_TIMES = (
    "十倍|10余?倍|[1-9][0-9]余?倍",
    "百倍|[1-9][0-9]{2}余?倍",
    "千倍|[1-9][0-9]{3}余?倍|[1-9],[0-9]{3}余?倍",
    "万倍|[1-9][0-9]{4}余?倍",
)
_ANY_TIMES = re.compile("[十百千万]余?倍|[0-9]{2}余?倍|指数|几何级")
# The level itself, or how it is said otherwise: 数量级, 量级, 数个量级.
_LEVEL = re.compile("量级")

# How a number is bounded: nothing, from above, from below, or neither. A pair: English, Chinese.
_ENGLISH = re.compile(
    r"(?<![a-z])(?:(?P<about>around|about|approximately|roughly|circa)"
    r"|(?P<over>(?<!no )more than|over|exceeding|upwards of|at least|(?<!not )above|greater than)"
    r"|(?P<under>less than|fewer than|under|below|(?<!not )nearly|almost|close to|at most|no more than))"
    r"\s+[$\\~]{0,3}(?=[0-9])",
    _ANY,
)
_CHINESE = re.compile(
    "(?:(?P<under>不到|不足|少于|未满|低于|小于)|(?P<over>超过|多于|高于|大于))(?:约|了)?\\s?(?=[0-9一二两三四五六七八九十百千万])"
)
# How far a number may reach, and how many of one sentence are held against each other.
_REACH, _MOST = 24, 20

_FEW_STEP = re.compile(r"(?<![a-z-])few-steps?(?![a-z])", _ANY)
_STEP = re.compile(r"(?<!few-)(?<!few )(?<![a-z])steps?(?![a-z])|(?<![a-z])single|one-", _ANY)
_ONE_STEP = re.compile("(?<![进下这每第上])一步(?!步|骤|到位)|单步")
_FEW = re.compile("[少几数干限多][量数个]?步|步数")


def amounts(alignment: Alignment) -> Wrong:
    """Yield amounts said as something else, each once: how it is told, and the words of both sides."""
    yield from dict.fromkeys(_wrong(alignment))


def _wrong(alignment: Alignment) -> Wrong:
    for bead in alignment.beads:
        if bead.original and bead.translation:
            english = " ".join(alignment.original[at].text for at in bead.original)
            chinese = "".join(alignment.translation[at].text for at in bead.translation)
            yield from _magnitudes(english, chinese)
            yield from _bounds(english, chinese)
            yield from _steps(english, chinese)


def _magnitudes(english: str, chinese: str) -> Wrong:
    """A level is a level: "two orders of magnitude" are 两个数量级 or 百倍, never 两倍."""
    for match in _ORDERS.finditer(english):
        power = _COUNTS.get((match["count"] or "").lower(), 0)
        times = re.compile(_TIMES[power - 1]) if 0 < power <= len(_TIMES) else _ANY_TIMES
        if not _LEVEL.search(chinese) and not times.search(chinese):
            yield "numbers.magnitude", "abstract", match[0]


def _bounds(english: str, chinese: str) -> Wrong:
    """A bound stays one: "around 1k" is not 不到1000, nor is "over 1k"; "less than 1k" not 超过1000."""
    bounded = list(islice(_CHINESE.finditer(chinese), _MOST))
    if not bounded:
        return
    theirs = [
        (match, _number(english, match.end()))
        for match in islice(_ENGLISH.finditer(english), _MOST)
    ]
    for match in bounded:
        ours = _number(chinese, match.end())
        said = [each for each in theirs if ours and each[1] and ours.readings & each[1].readings]
        # The same number may stand there twice.
        if ours and said and all(bound.lastgroup != match.lastgroup for bound, _ in said):
            bound, there = said[0]
            words = bound[0] + (there.text if there else "")
            yield "numbers.bound", "abstract", match[0] + ours.text, words


def _number(text: str, start: int) -> Number | None:
    """The number that begins at a place of a text."""
    rest = text[start : start + _REACH]
    return next((number for number in read(rest) if rest.startswith(number.text)), None)


def _steps(english: str, chinese: str) -> Wrong:
    """Few are not one: "few-step" is 少步, not 一步."""
    few, one = _FEW_STEP.search(english), _ONE_STEP.search(chinese)
    if few and one and not _STEP.search(english) and not _FEW.search(chinese):
        yield "numbers.steps", "abstract", one[0], few[0]
