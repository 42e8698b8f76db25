"""When a sentence is heard, by what a service says of its words: text found again in text.

A service reports words or sentences of its own cutting. Both are laid along our text by their
letters alone; punctuation and width do not matter, and what cannot be found is passed over.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ribao.speech import Span

# How many letters may lie between two reported words: a sign that is spoken but not reported.
SLACK = 12
# How many letters of a sentence's beginning or end may go unreported: about 0.2 s.
LOOSE = 1
# A service may report that a word begins this long (s) before the last one ends.
OVERLAP = 0.1


@dataclass(frozen=True, slots=True)
class Boundary:
    """What a service says: ``text`` is heard from ``start`` to ``end``, in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A boundary laid along the text: letters ``first`` to ``last`` (exclusive) of all."""

    first: int
    last: int
    boundary: Boundary


def letters(text: str) -> str:
    """Return what is left of ``text`` when only letters and digits count, whatever their width."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def find_spans(sentences: Sequence[str], boundaries: Sequence[Boundary]) -> tuple[Span, ...] | None:
    """Return one span for each sentence, in order; None where the boundaries do not tell.

    A sentence without letters has a span without length, where the one before it ends.
    """
    if not _plausible(boundaries):
        return None
    parts = [letters(sentence) for sentence in sentences]
    found = _lay("".join(parts), boundaries)
    spans: list[Span] = []
    begin = 0
    for part in parts:
        end = begin + len(part)
        before = spans[-1].end if spans else 0.0
        span = _span(found, begin, end) if part else Span(before, before)
        if span is None or span.start < before - OVERLAP:
            return None
        start = max(before, span.start)
        spans.append(Span(start, max(start, span.end)))
        begin = end
    return tuple(spans)


def _plausible(boundaries: Sequence[Boundary]) -> bool:
    """Tell whether the times are numbers that go forward."""
    times = [time for boundary in boundaries for time in (boundary.start, boundary.end)]
    ordered = all(a <= b + OVERLAP for a, b in itertools.pairwise(times))
    return bool(times) and all(math.isfinite(time) for time in times) and times[0] >= 0 and ordered


def _lay(text: str, boundaries: Sequence[Boundary]) -> list[_Found]:
    """Find each boundary's letters in ``text``, each behind the one before."""
    found: list[_Found] = []
    at = 0
    for boundary in boundaries:
        word = letters(boundary.text)
        first = text.find(word, at, at + len(word) + SLACK) if word else -1
        if first >= 0:
            at = first + len(word)
            found.append(_Found(first, at, boundary))
    return found


def _span(found: Sequence[_Found], begin: int, end: int) -> Span | None:
    """Return when letters ``begin`` to ``end`` are heard, None where that is not known."""
    inside = [one for one in found if begin <= one.first < end]
    if not inside or inside[0].first > begin + LOOSE or not end - LOOSE <= inside[-1].last <= end:
        return None
    return Span(inside[0].boundary.start, inside[-1].boundary.end)
