"""What stands around a word of a bead: which English is rendered by which Chinese clause. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ribao.checks.alignment import Alignment

# How many English words count as beside one, and how many must be sure to tell of a clause.
_BESIDE, _ENOUGH = 5, 2
_CLAUSE = re.compile(r"[^，。；：！？,;!?\n]++[，。；：！？,;!?\n]*+")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9]*+(?:'[a-z]+)?|[0-9][0-9.,]*+|[,;:.()]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Around:
    """A bead with the places of its English words and Chinese clauses."""

    alignment: Alignment
    english: str
    # The same with the neighbours' where the bead is not one to one: its borders are less sure.
    wide: str
    plain: bool
    start: int
    chinese: str
    clauses: tuple[tuple[int, int], ...]
    # For each English token: where it begins and ends, and the clauses that render it.
    tokens: tuple[tuple[int, int, frozenset[int]], ...]
    # For each English token the characters of this bead that render it.
    places: tuple[int, ...]

    def beside(self, start: int, end: int) -> str:
        """The English within five words of those that render some characters, or nothing."""
        wanted = (1 << end) - (1 << start)
        at = [place for place, mask in enumerate(self.places) if mask & wanted]
        return " … ".join(
            self.english[
                self.tokens[max(each - _BESIDE, 0)][0] : self.tokens[
                    min(each + _BESIDE, len(self.tokens) - 1)
                ][1]
            ]
            for each in at[:8]
        )

    def rendering(self, start: int, end: int, among: frozenset[int]) -> list[int]:
        """The English words, of some, that two or more of these characters render."""
        wanted = (1 << end) - (1 << start) if end > start else 0
        return [at for at in among if (self.places[at] & wanted).bit_count() > 1]

    def spoken(self, end: int) -> str:
        """The Chinese around what renders the four known words after a place: eight characters."""
        following = [
            mask
            for (first, _, _), mask in zip(self.tokens, self.places, strict=True)
            if first >= end and mask
        ]
        return " … ".join(
            self.alignment.text[max(at - 8, self.start) : at + 8]
            for mask in following[:4]
            for at in _ones(mask)[:6]
        )

    def window(self, clause: int) -> str:
        """The English that one clause renders, generously: up to three words on either side."""
        sure = (
            [at for at, (_, _, where) in enumerate(self.tokens) if where == {clause}]
            if self.plain
            else []
        )
        likely = [at for at, (_, _, where) in enumerate(self.tokens) if clause in where]
        if len(sure) < _ENOUGH:
            return self.wide
        first, last = min(sure), max(sure)
        # Words that stand in several clauses widen it only where they are near.
        first = min([at for at in likely if at >= first - 3] + [first])
        last = max([at for at in likely if at <= last + 3] + [last])
        return self.english[
            self.tokens[max(first - 4, 0)][0] : self.tokens[min(last + 4, len(self.tokens) - 1)][1]
        ]

    def rendered(self, start: int, end: int) -> str:
        """The Chinese clauses that render what stands around a place of the English."""
        places = [
            at for at, (first, last, _) in enumerate(self.tokens) if first < end and last > start
        ]
        if not places:
            return self.chinese
        following = [
            self.tokens[at][2]
            for at in range(places[-1] + 1, min(places[-1] + 7, len(self.tokens)))
        ]
        before = [self.tokens[at][2] for at in range(max(places[0] - 4, 0), places[0])]
        sure = [where for where in following if len(where) == 1] + [
            where for where in before if len(where) == 1
        ]
        if len(sure) < _ENOUGH:
            return self.chinese
        clauses = sorted(set().union(*sure))
        first, last = self.clauses[max(clauses[0] - 1, 0)][0], self.clauses[clauses[-1]][1]
        return self.chinese[first - self.start : last - self.start]


def surroundings(alignment: Alignment, place: int) -> Around:
    """The bead at a place, which has sentences on both sides, with the places of its words."""
    beads = alignment.beads
    bead = beads[place]
    plain = len(bead.original) == len(bead.translation) == 1
    near = [bead] if plain else beads[max(place - 1, 0) : place + 2]
    wide = " ".join(alignment.original[at].text for each in near for at in each.original)
    english = " ".join(alignment.original[at].text for at in bead.original)
    start = alignment.translation[bead.translation.start].start
    chinese = alignment.text[start : alignment.translation[bead.translation.stop - 1].end]
    clauses = tuple(
        (start + match.start(), start + match.end()) for match in _CLAUSE.finditer(chinese)
    )
    masks = [(1 << end) - (1 << first) for first, end in clauses]
    tokens, places = [], []
    whole = (1 << (start + len(chinese))) - (1 << start)
    for match in _TOKEN.finditer(english):
        place = (alignment.place(match[0].removesuffix("'s")) or 0) if match[0][0].isalpha() else 0
        where = frozenset(at for at, mask in enumerate(masks) if mask & place)
        tokens.append((match.start(), match.end(), where))
        places.append(place & whole)
    return Around(
        alignment, english, wide, plain, start, chinese, clauses, tuple(tokens), tuple(places)
    )


def _ones(mask: int) -> list[int]:
    """The places where runs of set bits begin."""
    firsts = mask & ~(mask << 1)
    found = []
    while firsts:
        low = firsts & -firsts
        found.append(low.bit_length() - 1)
        firsts ^= low
    return found
