"""What a translation leaves out, adds or says twice, sentence by sentence. Pure.

Bounds measured on the 61 references and 21 pairs of another translator: a faithful sentence has 0.62
or more of its words rendered (median 0.95), and no faithful sentence stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ribao.checks.alignment import Alignment, Bead, Sentence
from ribao.types import Severity

Fault = tuple[str, Severity, str]
# Weights of words and numbers of characters above which a sentence says enough to be missed.
_FEW, _SEVERAL = 4, 10
# Below these shares of known words a sentence is missing: one that stands alone (it may be rendered
# elsewhere), one of several in a bead, one that has a partner.
_ALONE, _JOINED, _PAIRED = 0.75, 0.5, 0.4


@lru_cache(maxsize=2)
def faults(alignment: Alignment) -> tuple[Fault, ...]:
    """What is wrong: "omission", "addition" or "repetition", how surely, and the sentence.

    Kept, because three checks ask for it.
    """
    return tuple(_faults(alignment))


def _faults(alignment: Alignment) -> Iterator[Fault]:
    beads = alignment.beads
    twice = dict(_repeated(alignment))
    for place, bead in enumerate(beads):
        near = [
            each
            for each in (beads[place - 1] if place else None, *beads[place + 1 : place + 2])
            if each
        ]
        yield from _left_out(alignment, bead, near)
        yield from _added(alignment, bead, near, twice)
    for again in sorted(twice):
        yield "repetition", "error", alignment.translation[again].text


def _left_out(alignment: Alignment, bead: Bead, near: list[Bead]) -> Iterator[Fault]:
    around = _joined([each.translation for each in (bead, *near)])
    # A free rendering shares few words: where an unknown sentence stands beside, it may be that one.
    doubtful = any(not each.original for each in near)
    for at in bead.original:
        whole, found = alignment.covered(at, bead.translation or around)
        share = found / whole if whole else 1.0
        alone = not bead.translation
        sure = (
            not doubtful and share < _ALONE
            if alone
            else share < (_JOINED if len(bead.original) > 1 else _PAIRED)
        )
        if sure and whole > _FEW:
            yield "omission", "error", alignment.original[at].text
        elif (alone or share < 0.55) and whole > _SEVERAL:
            yield "omission", "note", alignment.original[at].text


def _added(
    alignment: Alignment, bead: Bead, near: list[Bead], twice: dict[int, int]
) -> Iterator[Fault]:
    around = _joined([each.original for each in (bead, *near)])
    doubtful = any(not each.translation for each in near)
    for at in bead.translation:
        count, known = alignment.explained(at, bead.original or around)
        share = known / count if count else 1.0
        alone = not bead.original
        sure = (
            not doubtful and share < _ALONE if alone else share < 0.1 and len(bead.translation) > 1
        )
        if at in twice:
            continue
        if sure and count > _FEW:
            yield "addition", "error", alignment.translation[at].text
        elif (alone or share < 0.3) and count > _SEVERAL:
            yield "addition", "note", alignment.translation[at].text


def _joined(ranges: list[range]) -> range:
    return range(min(each.start for each in ranges), max(each.stop for each in ranges))


def _repeated(alignment: Alignment) -> Iterator[tuple[int, int]]:
    """Sentences that say again what an earlier one says, though the original does not repeat itself."""
    ours = [_pairs(each) for each in alignment.translation]
    theirs = [frozenset(each.text.lower().split()) for each in alignment.original]
    if any(_alike(a, b) > 0.7 for at, a in enumerate(theirs) for b in theirs[:at]):
        return
    for at, pairs in enumerate(ours):
        if len(pairs) < 6:
            continue
        same = next((before for before in range(at) if _alike(pairs, ours[before]) > 0.75), None)
        if same is not None:
            yield at, same


def _pairs(sentence: Sentence) -> frozenset[str]:
    """Each two neighbouring characters of a sentence."""
    text = "".join(char for char in sentence.text if char.isalnum())
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of what either has that both have (Jaccard)."""
    return len(one & other) / (len(one | other) or 1)
