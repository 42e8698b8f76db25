"""Negatives and directions counted on both sides of a bead: what was turned round is missing. Pure.

A faithful translation renders each negative of the original once, and each word of direction by
one of its own direction. So a negation put in is one too many; a comparison turned round is one too
many of its new direction and one too few of its old one. An English word that is rendered without a
negation ("limited" by 有限) explains no other word. The words are in ``opposites.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

Renderings = Callable[[str], Sequence[str]]

_LISTS = tomllib.loads((files("ribao.checks") / "opposites.toml").read_text("utf-8"))


def _one_of(words: str, *, ends: bool = True) -> str:
    """A pattern for one of some words; where ``ends``, "+" at an end stands for any ending."""
    each = (re.sub(r"(?<!\])\+$", "[a-z]*", word) if ends else word for word in words.split())
    return "|".join(each)


def _english(words: str, border: str = "a-z") -> re.Pattern[str]:
    return re.compile(
        rf"(?<![{border}])(?:{_one_of(words)})(?![{border}])", re.IGNORECASE | re.ASCII
    )


def _chinese(words: str) -> re.Pattern[str]:
    return re.compile(_one_of(words, ends=False))


# ── negatives ─────────────────────────────────────────────────────────────────────────────────

_WORDS = _LISTS["negatives"]
_EMPTY, _COMPOUND, _NEGATION = map(
    _chinese, (_WORDS["empty"], _WORDS["compound"], _WORDS["chinese"])
)
_NEGATIVE, _DENIAL = _english(_WORDS["english"]), _english(_WORDS["denial"], "a-z-")
_DERIVED = re.compile(_one_of(_WORDS["derived"], ends=False), re.IGNORECASE | re.ASCII)
_DENYING, _ALSO = _chinese(_WORDS["denying"]), _chinese(_WORDS["also"])
_RENDERED = tuple(
    (re.compile(english, re.IGNORECASE | re.ASCII), re.compile(chinese))
    for english, chinese in _LISTS["rendered"].items()
)
_OVERLOOKED = (re.compile("overlook|neglect|ignor", re.IGNORECASE), re.compile("忽[略视]"))
_NEGATING = re.compile("[不没无未非]")
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|simply|solely)\b", re.IGNORECASE)
_ONLY = re.compile(r"(?<!not )\b(?:only|just|merely|solely|sole|single|mere)\b", re.IGNORECASE)
_MERELY = re.compile("仅|只(?!要)")


def denied(english: str, chinese: str, renderings: Renderings) -> Iterator[str]:
    """Yield a negation that is one too many, and an English denial that is not rendered.

    ``renderings`` gives a word's usual ones (``vocabulary.Vocabulary.renderings``).

    >>> list(denied("It can walk.", "它不能走。", lambda word: ()))
    ['不']
    >>> list(denied("It cannot walk.", "它能走。", lambda word: ()))
    ['cannot']
    """
    bare = _EMPTY.sub("＊", chinese)
    compounds = len(_COMPOUND.findall(bare))
    bare = _COMPOUND.sub("＊", bare)
    negatives = _NEGATIVE.findall(english)
    free = [word for word in negatives if not _otherwise(word, chinese, renderings)]
    derived = sum(_DERIVED.fullmatch(word) is not None for word in free)
    negations = _NEGATION.findall(bare)
    if len(negations) > len(free) - min(derived, compounds):
        yield negations[-1]
    yield from _unrendered(english, bare, compounds - _compounded(negatives))
    only = _NOT_ONLY.search(english)
    if only and not _ALSO.search(chinese) and _MERELY.search(chinese) and not _ONLY.search(english):
        yield only[0]


def _otherwise(word: str, chinese: str, renderings: Renderings) -> bool:
    """Whether a negative is rendered by a word that denies nothing."""
    for english, own in _RENDERED:
        if english.fullmatch(word):
            return own.search(chinese) is not None
    return _DERIVED.fullmatch(word) is None and any(
        len(each) > 1 and not _NEGATING.search(each) and each in chinese
        for each in renderings(word.lower())
    )


def _compounded(negatives: Sequence[str]) -> int:
    """How many negatives are rendered by a compound and are no denials themselves."""
    return sum(bool(_DERIVED.fullmatch(word)) and not _DENIAL.fullmatch(word) for word in negatives)


def _unrendered(english: str, bare: str, spare: int) -> Iterator[str]:
    """A denial for which the Chinese has no word left; ``spare`` compounds may render one too."""
    denials = _DENIAL.findall(english)
    # "Left unexplored" may be 忽略, unless that renders "overlooked".
    overlooked = max(len(_OVERLOOKED[1].findall(bare)) - len(_OVERLOOKED[0].findall(english)), 0)
    if len(denials) > len(_DENYING.findall(bare)) + max(spare, 0) + overlooked:
        yield denials[-1]


# ── directions ────────────────────────────────────────────────────────────────────────────────

_WORDS = _LISTS["directions"]
_NO_ENGLISH = re.compile(_one_of(_WORDS["no_english"], ends=False), re.IGNORECASE | re.ASCII)
_NO_CHINESE = _chinese(_WORDS["no_chinese"])
RISING, FALLING = _english(_WORDS["rising"]), _english(_WORDS["falling"])
_DIRECTED, SURELY = (
    re.compile(
        f"(?P<down>{_one_of(_WORDS[f'{kind}down'], ends=False)})"
        f"|(?P<up>{_one_of(_WORDS[f'{kind}up'], ends=False)})"
    )
    for kind in ("", "surely_")
)


@dataclass(frozen=True, slots=True)
class Balance:
    """How many words of a direction the Chinese has more than the English; a sure one of each."""

    up: int
    down: int
    rising: str
    falling: str

    @property
    def turned(self) -> str:
        """A word of a direction that is one too many where the other is one too few, or ""."""
        if self.down > 0 > self.up:
            return self.falling
        return self.rising if self.up > 0 > self.down else ""

    def doubtful(self, direction: str) -> bool:
        """Whether a word of a direction ("up", "down") may be turned: one side is uneven."""
        more, fewer = (self.up, self.down) if direction == "up" else (self.down, self.up)
        return more >= 0 >= fewer and more != fewer


def _unknown(_: str) -> Sequence[str]:
    return ()


def balance(english: str, chinese: str, renderings: Renderings = _unknown) -> Balance:
    """Weigh the words of direction of two texts against each other.

    A sure word that is a usual rendering of one of the same direction is not turned round.

    >>> balance("It improves accuracy.", "它降低了准确率。").turned
    '降低'
    """
    english, chinese = _NO_ENGLISH.sub("＊", english), _NO_CHINESE.sub("＊", chinese)
    words: dict[str, list[str]] = {"up": [], "down": []}
    for match in _DIRECTED.finditer(chinese):
        words[match.lastgroup or ""].append(match[0])
    up, down = RISING.findall(english), FALLING.findall(english)
    return Balance(
        len(words["up"]) - len(up),
        len(words["down"]) - len(down),
        _unexplained(words["up"], up, renderings),
        _unexplained(words["down"], down, renderings),
    )


def _unexplained(words: list[str], english: list[str], renderings: Renderings) -> str:
    """The first sure word that stands there oftener than words that it usually renders, or ""."""
    said = Counter(own for word in english for own in renderings(word.lower()))
    sure = (word for word in words if SURELY.match(word) and words.count(word) > said[word])
    return next(sure, "")


_STEP = re.compile(
    r"从(?:约|近)?(?P<first>[0-9]+(?:\.[0-9]+)?)(?P<unit>[^\s，。；0-9]{0,3})"
    r"(?P<word>增加|增长|上升|降低|减少|下降|减小|降|减|缩短|缩小)[到至为](?:约|近)?"
    r"(?P<last>[0-9]+(?:\.[0-9]+)?)(?P=unit)"
)


def contradicted(chinese: str) -> Iterator[str]:
    """Yield steps that go the other way than they say.

    One may improve downwards ("FVD从99提升至88"): only of growing and falling is it certain.

    >>> list(contradicted("从58%降低到90%，从58%增加到90%"))
    ['从58%降低到90%']
    """
    for match in _STEP.finditer(chinese):
        if (float(match["last"]) > float(match["first"])) != (match["word"][0] in "增上"):
            yield match[0]
