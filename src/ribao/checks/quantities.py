"""Numbers held against each other sentence by sentence, and per cent against times. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ribao.checks.alignment import Alignment, Bead
from ribao.checks.numerals import Number, unmatched

_SIGN = re.compile(
    r"(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)(?:(?P<percent>\s*(?:\\*%|％|per ?cent|percentage))|(?P<times>\s*(?:余|多)?(?:倍|[x×](?![A-Za-z0-9])|[$\\{]*times\b|-?\s?fold)))?"
)


def misplaced(alignment: Alignment) -> Iterator[tuple[str, str]]:
    """Yield numbers that one side of a bead has and the other lacks, as the number and its sentence.

    A number may have moved to the next bead; both must miss it. Values that stand nowhere at all in
    the other text are ``numerals.unmatched``'s to find.
    """
    english = alignment.original_numbers
    chinese = alignment.numbers
    everything = [number for numbers in english for number in numbers]
    lost_everywhere = {
        number.value for number in unmatched(everything, [n for each in chinese for n in each])
    }
    beads = alignment.beads
    for place, bead in enumerate(beads):
        if not bead.original or not bead.translation:
            continue
        near = [bead, *beads[max(place - 1, 0) : place], *beads[place + 1 : place + 2]]
        ours = [number for at in bead.translation for number in chinese[at]]
        theirs = [number for at in bead.original for number in english[at]]
        all_theirs = [number for each in near for at in each.original for number in english[at]]
        all_ours = [number for each in near for at in each.translation for number in chinese[at]]
        nowhere = {number.value for number in unmatched(ours, everything)}
        new = [number for number in unmatched(ours, theirs) if number.value not in nowhere]
        lost = [number for number in unmatched(theirs, ours) if number.value not in lost_everywhere]
        sure_new = unmatched(new, all_theirs)
        sure_lost = unmatched(lost, all_ours)
        # One lost and one new in the same bead: changed, even where the neighbours have the value.
        both = bool(new) and bool(lost) and len(bead.original) == len(bead.translation) == 1
        for number in new if both else sure_new:
            yield number.text, _sentence(alignment, bead, number)
        for number in () if both else sure_lost:
            yield number.text, _sentence(alignment, bead, number)


def _sentence(alignment: Alignment, bead: Bead, number: Number) -> str:
    ours = [alignment.translation[at].text for at in bead.translation]
    return next((text for text in ours if number.text in text), ours[0])


def signs_changed(original: str, translation: str) -> Iterator[str]:
    """Yield numbers that are per cent on one side and times on the other: "50%" is not 50倍.

    >>> list(signs_changed("50% less", "少50倍"))
    ['50倍']
    """
    theirs: dict[str, set[str]] = {}
    for match in _SIGN.finditer(original):
        theirs.setdefault(_value(match), set()).add(_kind(match))
    for match in _SIGN.finditer(translation):
        kind, known = _kind(match), theirs.get(_value(match), set())
        if (kind, known) in (("times", {"percent"}), ("percent", {"times"})):
            yield match[0]


def _value(match: re.Match[str]) -> str:
    whole, _, rest = match["number"].replace(",", "").partition(".")
    return f"{whole}.{rest.rstrip('0')}"


def _kind(match: re.Match[str]) -> str:
    return "percent" if match["percent"] else "times" if match["times"] else ""


_COUNTING = re.compile(r"(?<![A-Za-z0-9.,])[（(]?([0-9]{1,2})[)）]")
_COUNTED = re.compile(r"(?<![A-Za-z0-9.,])\(?(?:[0-9]{1,2}|[ivx]{1,4})\)", re.ASCII)


def miscounted(original: str, translation: str) -> tuple[str, ...]:
    """The items of a list that are counted wrongly: "(1) … (7)" where the original counts to two.

    >>> miscounted("(i) fast (ii) small", "（1）快，（7）小")
    ('(7)',)
    """
    here = [int(number) for number in _COUNTING.findall(translation)]
    there = [int(number) for number in _COUNTING.findall(original)]
    if len(here) < 2 or here == there or not _COUNTED.search(original):
        return ()
    wrong, expected = [], 1
    for number in here:
        if number not in {expected, 1} or (number == 1 != expected and there.count(1) < 2):
            wrong.append(number)
        expected = 2 if number == 1 and there.count(1) > 1 else expected + 1
    return tuple(f"({number})" for number in dict.fromkeys(wrong))
