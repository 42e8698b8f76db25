"""Is every sentence rendered, once, in its sense, and none put in? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ribao.checks.alignment import Alignment, align
from ribao.checks.omissions import faults
from ribao.checks.pair import Pair
from ribao.checks.polarity import turned
from ribao.checks.wording import found, quote, several
from ribao.types import Finding

# Below this share of words the list does not know the subject, or nothing here is a translation of
# it: what the sentences share says nothing then.
_FITTING, CLOSE = 0.7, 0.85


def fitting(pair: Pair) -> Alignment | None:
    """The abstract's sentences and those that render them; None where they cannot be brought together."""
    if pair.family != "zh":
        return None
    aligned = align(pair.original_abstract, pair.draft.abstract)
    return aligned if aligned is not None and aligned.fit >= _FITTING else None


def find_addition(pair: Pair) -> Iterator[Finding]:
    """An original without an abstract gets none, and no sentence is put in."""
    if pair.draft.abstract.strip() and not pair.original_abstract.strip():
        yield found("addition", "error", "addition.abstract", "abstract")
    else:
        yield from _faults(pair, "addition")


def find_omission(pair: Pair) -> Iterator[Finding]:
    """Every sentence is rendered, the last one too: found by the words that the sentences share."""
    return _faults(pair, "omission")


def find_repetition(pair: Pair) -> Iterator[Finding]:
    """No sentence is said twice, unless the original repeats itself."""
    if pair.family == "zh":
        yield from _faults(pair, "repetition")
    elif not _repeated(re.split(r"(?<=[.!?])\s+", pair.original_abstract.lower())):
        again = _repeated(re.split(r"(?<=[。！？!?])|\n", pair.draft.abstract))
        sentences = (("repetition.sentence", "abstract", text) for text in again)
        yield from several("repetition", "error", sentences)


def find_sense(pair: Pair) -> Iterator[Finding]:
    """No negation is put in or left out, and no comparison turned round.

    A free retelling says "denser" as 密度更高 and more of that kind: there it is a note only.
    """
    aligned = fitting(pair)
    if aligned is not None:
        sentences = (
            ("sense.turned", "abstract", quote(word, 20), text) for word, text in turned(aligned)
        )
        yield from several("sense", "error" if aligned.fit >= CLOSE else "note", sentences)


def _faults(pair: Pair, kind: str) -> Iterator[Finding]:
    aligned = fitting(pair)
    for name, severity, text in faults(aligned) if aligned else ():
        if name == kind:
            yield found(name, severity, f"{name}.sentence", "abstract", text)


def _repeated(sentences: list[str]) -> list[str]:
    """The sentences of ten characters or more that stand there a second time, word for word."""
    seen: set[str] = set()
    again = []
    for sentence in sentences:
        bare = "".join(char for char in sentence if char.isalnum())
        if len(bare) >= 10 and bare in seen:
            again.append(sentence.strip())
        seen.add(bare)
    return again
