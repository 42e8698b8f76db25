"""Which sentences of a translation render which of the original: beads of one to four. Pure.

Sentences are brought together by what they share: the renderings of the original's words
(``ribao.checks.vocabulary``), names in Latin letters and numbers as values, in the manner of W. Gale and K. Church,
"A Program for Aligning Sentences in Bilingual Corpora" (1993), whose lengths are the tie-breaker here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log

from ribao.checks.names import COMMON
from ribao.checks.numerals import Number, read
from ribao.checks.vocabulary import Vocabulary, vocabulary

# More sentences than this are no abstract; aligning them would only cost time.
_MOST = 60
# A sentence of English ends before a capital, a digit or a link; 。！？；end one of Chinese.
_ENGLISH_END = re.compile(
    r"(?<=[.!?;])(?<!e\.g\.)(?<!i\.e\.)(?<!et al\.)(?<!vs\.)(?<!etc\.)[\"')\]]?\s+(?=[A-Z0-9(\"'`$\\]|http|[a-z]{1,3}[A-Z])|;\s+",
    re.ASCII,
)
_CHINESE_END = re.compile(
    r"(?<=[。！？；])[”’」』）)\"']*+|(?<=[\u4e00-\u9fff）)][!?;])|(?<=[\u4e00-\u9fff）)]\.)(?=\s|\Z|[\u4e00-\u9fff])|\n++"
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*+(?:[-'][A-Za-z0-9]+)*+", re.ASCII)
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*+", re.ASCII)
_HAN = re.compile(r"[\u3400-\u9fff]")
_CITED = re.compile(r"“[^“”]{0,300}”|「[^「」]{0,300}」|《[^《》]{0,300}》|\"[^\"]{0,300}\"")
# Characters that hold a Chinese sentence together and render no word of the original.
_FUNCTION = frozenset(
    "的了在是和与及其等这该我们它他个种将对为以而于并或从中上下来有也都之所着过被把由向至到使得就更最不进行一"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and where it stands in its text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Bead:
    """Sentences that belong together, by their places; one side may be empty."""

    original: range
    translation: range


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the original, and where it is rendered: sentences and characters as bit masks."""

    text: str
    weight: float
    sentences: int
    characters: int


def split_english(text: str) -> list[Sentence]:
    """The sentences of an English text; a semicolon ends one.

    >>> [each.text for each in split_english("It uses e.g. maps. It walks.")]
    ['It uses e.g. maps.', 'It walks.']
    """
    return list(_pieces(text, [match.start() for match in _ENGLISH_END.finditer(text)]))


def split_chinese(text: str) -> list[Sentence]:
    """The sentences of a Chinese text; a semicolon ends one.

    >>> [each.text for each in split_chinese("它看地图；它走3.5公里。很好")]
    ['它看地图；', '它走3.5公里。', '很好']
    """
    return list(_pieces(text, [match.end() for match in _CHINESE_END.finditer(text)]))


def _pieces(text: str, cuts: Sequence[int]) -> Iterator[Sentence]:
    """Cut a text; what holds no letter and no digit goes with the piece before it, or nowhere."""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        if any(char.isalnum() for char in text[start:end]):
            yield Sentence(text[start:end].strip(), start, end)


@dataclass(frozen=True, eq=False)
class Alignment:
    """An original's sentences, a translation's, and the beads that join them.

    Each is equal to itself only, so that what is found of one can be kept (``omissions.faults``).
    """

    original: tuple[Sentence, ...]
    translation: tuple[Sentence, ...]
    text: str
    known: Vocabulary

    # ── what is rendered where ──

    @cached_property
    def words(self) -> tuple[tuple[Word, ...], ...]:
        """The words of each sentence of the original that the list knows or that stand in the text."""
        sentences = []
        for sentence, numbers in zip(self.original, self.original_numbers, strict=True):
            parts = [
                part for match in _WORD.finditer(sentence.text) for part in self.parts(match[0])
            ]
            places = ((part, self.place(part)) for part in parts)
            words = [
                self._weighed(part, self._sentences_of(at), at)
                for part, at in places
                if at is not None
            ]
            words += [
                self._weighed(n.text, *self._counted(n)) for n in numbers if n.kind == "digits"
            ]
            sentences.append(tuple(dict.fromkeys(words)))
        return tuple(sentences)

    def parts(self, word: str) -> list[str]:
        """A word, or what is within its hyphens where the whole is not known."""
        if "-" not in word or self.known.renderings(word.lower()):
            return [word]
        return word.split("-")

    def place(self, word: str) -> int | None:
        """The characters that render a word, as a bit mask; None if that cannot be told."""
        if word not in self._places:
            self._places[word] = self._find(word.lower())
        return self._places[word]

    @cached_property
    def _places(self) -> dict[str, int | None]:
        return {}

    def _find(self, word: str) -> int | None:
        renderings = self.known.renderings(word)
        latin = self._latin.get(word) or self._latin.get(word.removesuffix("s"))
        if not renderings and latin is None:
            return None
        characters = latin or 0
        for rendering in renderings:
            at = self.text.find(rendering)
            while at >= 0:
                characters |= ((1 << len(rendering)) - 1) << at
                at = self.text.find(rendering, at + 1)
        return characters

    @cached_property
    def _latin(self) -> dict[str, int]:
        """The words in Latin letters of the translation, and their characters."""
        found: dict[str, int] = {}
        for match in _LATIN.finditer(self.text):
            mask = ((1 << len(match[0])) - 1) << match.start()
            for form in {match[0].lower(), match[0].lower().removesuffix("s")}:
                found[form] = found.get(form, 0) | mask
        return found

    @cached_property
    def original_numbers(self) -> tuple[tuple[Number, ...], ...]:
        """The numbers of each sentence of the original."""
        return tuple(read(each.text) for each in self.original)

    @cached_property
    def numbers(self) -> tuple[tuple[Number, ...], ...]:
        """The numbers of each sentence of the translation."""
        return tuple(read(each.text) for each in self.translation)

    def _counted(self, number: Number) -> tuple[int, int]:
        """Where a number of the original stands."""
        mask = 0
        for at, numbers in enumerate(self.numbers):
            if any(number.readings & each.readings for each in numbers):
                mask |= 1 << at
        return mask, 0

    @cached_property
    def masks(self) -> tuple[int, ...]:
        """The characters of each sentence of the translation."""
        return tuple((1 << each.end) - (1 << each.start) for each in self.translation)

    @cached_property
    def content(self) -> int:
        """The characters that should be explained by the original."""
        mask = 0
        for match in _HAN.finditer(self.text):
            if match[0] not in _FUNCTION:
                mask |= 1 << match.start()
        # A Latin word counts as one: what is cited in English is not explained by its letters.
        for match in _LATIN.finditer(_CITED.sub(lambda cited: " " * len(cited[0]), self.text)):
            if match[0].lower() not in COMMON:
                mask |= 1 << match.start()
        return mask

    def _sentences_of(self, characters: int) -> int:
        return sum(1 << at for at, mask in enumerate(self.masks) if mask & characters)

    def _weighed(self, word: str, sentences: int, characters: int) -> Word:
        """A word that is rendered everywhere tells little of where its sentence is."""
        common = sentences.bit_count()
        return Word(word, log(1 + len(self.translation) / max(common, 1)), sentences, characters)

    # ── the beads ──

    def covered(self, at: int, translation: range) -> tuple[float, float]:
        """The weight of an original sentence's words, and of those that are rendered there."""
        where = (1 << translation.stop) - (1 << translation.start)
        whole, words = self._weights[at]
        return whole, sum([weight for weight, sentences in words if sentences & where])

    @cached_property
    def _weights(self) -> tuple[tuple[float, tuple[tuple[float, int], ...]], ...]:
        """Of each original sentence all weight, and each word's weight and sentences."""
        return tuple(
            (sum(word.weight for word in words), tuple((w.weight, w.sentences) for w in words))
            for words in self.words
        )

    @cached_property
    def fit(self) -> float:
        """The share of the original's words that are rendered anywhere: 0.89 or more if faithful.

        0.69 in free retellings, 0.64 and less in other papers' texts; 1 where nothing is known.
        """
        everywhere = range(len(self.translation))
        both = [self.covered(at, everywhere) for at in range(len(self.original))]
        return (
            sum(found for _, found in both) / (sum(whole for whole, _ in both) or 1.0)
            if any(both)
            else 1.0
        )

    def explained(self, at: int, original: range) -> tuple[int, int]:
        """The characters of a translated sentence that count, and those that the original explains."""
        counted = self._counting[at]
        known = 0
        for place in original:
            known |= self._explained_by[place]
        return counted.bit_count(), (counted & known).bit_count()

    @cached_property
    def _counting(self) -> tuple[int, ...]:
        """The characters of each translated sentence that count."""
        return tuple(mask & self.content for mask in self.masks)

    @cached_property
    def shared(self) -> tuple[int, int]:
        """The characters of the translation that the original explains anywhere, and all that count."""
        everything = range(len(self.original))
        both = [self.explained(at, everything) for at in range(len(self.translation))]
        return sum(known for _, known in both), sum(count for count, _ in both)

    @cached_property
    def _explained_by(self) -> tuple[int, ...]:
        masks = []
        for words in self.words:
            mask = 0
            for word in words:
                mask |= word.characters
            masks.append(mask)
        return tuple(masks)

    @cached_property
    def beads(self) -> tuple[Bead, ...]:
        """The best way to join all sentences, in their order."""
        rows, columns = len(self.original), len(self.translation)
        best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
        for i in range(rows + 1):
            for j in range(columns + 1):
                options = [
                    (best[i - a, j - b][0] + self._score(range(i - a, i), range(j - b, j)), (a, b))
                    for a, b in _SHAPES
                    if i >= a and j >= b
                ]
                if options:
                    best[i, j] = max(options)
        beads = []
        at = (rows, columns)
        while at != (0, 0):
            a, b = best[at][1]
            beads.append(Bead(range(at[0] - a, at[0]), range(at[1] - b, at[1])))
            at = (at[0] - a, at[1] - b)
        return tuple(reversed(beads))

    def _score(self, original: range, translation: range) -> float:
        """How well these belong together; what stands alone scores a fixed loss."""
        if not original or not translation:
            return -_ALONE
        total = -_SHAPES[len(original), len(translation)]
        for at in original:
            whole, found = self.covered(at, translation)
            total += found - _RENDERED * whole
        for at in translation:
            count, known = self.explained(at, original)
            total += _CHARACTER * (known - _EXPLAINED * count)
        return total


# How many sentences may be joined, and what that costs beside one to one.
_SHAPES = {
    (1, 1): 0.0, (1, 0): 0.0, (0, 1): 0.0, (1, 2): 0.4, (2, 1): 0.6, (2, 2): 4.0, (1, 3): 1.0, (3, 1): 1.5, (1, 4): 2.0,
}  # fmt: skip
_ALONE, _RENDERED, _CHARACTER, _EXPLAINED = 1.0, 0.6, 0.3, 0.55


@lru_cache(maxsize=4)
def align(original: str, translation: str) -> Alignment | None:
    """Join an English abstract's sentences to a Chinese one's; None where there are too many."""
    english, chinese = split_english(original), split_chinese(translation)
    if (
        max(len(english), len(chinese)) > _MOST
        or len(translation) > 8_000
        or len(original) > 16_000
    ):
        return None
    return Alignment(tuple(english), tuple(chinese), translation, vocabulary())
