"""English words that a Chinese or Japanese translation was left with. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ribao.checks.names import COMMON, names, without_links
from ribao.checks.pair import Pair
from ribao.checks.vocabulary import vocabulary
from ribao.checks.wording import MOST_FINDINGS, found
from ribao.formulas import GREEK, formulas
from ribao.types import Finding, Severity

CITED = re.compile(
    r"“[^“”]{0,300}”|「[^「」]{0,300}」|『[^『』]{0,300}』|《[^《》]{0,300}》|\"[^\"]{0,300}\""
)
# "幻觉（hallucination）" explains the Chinese.
_BRACKETED = re.compile(r"[（(][^（()）\u2e80-\u9fff]{0,200}[)）]")
# Small words within a name: "Thinking with Map".
_NAMED = re.compile(r"[A-Z][A-Za-z0-9]{0,30}(?: [a-z]{1,12}){1,2} [A-Z][A-Za-z0-9]{0,30}")
_STRETCH = re.compile(r"[A-Za-z]+(?:[-'’][A-Za-z]+)*")
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\uffef]+")
# A word in small letters that is no part of a name, path, formula or command.
_WORD = re.compile(
    r"(?<![A-Za-z0-9_\\/.@^$'’&+{-])[a-z]{4,}(?:-[a-z]{2,})*+(?![A-Za-z0-9_/@^$({&+-]|\.[A-Za-z0-9])",
    re.ASCII,
)
_MIXED = re.compile(
    r"(?<=[\u3400-\u9fff])(?P<joint>[-_]?)(?P<word>[a-z]{3,30})(?![A-Za-z0-9_/.@-])"
)
# What may stay in small letters in a text that is otherwise translated.
_KEPT = (
    COMMON
    | frozenset(name.lower() for name in GREEK)
    | frozenset(("bandit", "dropout", "epoch", "logit", "prompt", "rollout", "softmax", "tanh"))
)
_INFLECTED = re.compile(
    r"[a-z]{2,}(?:ing|ed|ly|tion|tions|ment|ments|ity|ness|ous|ive|able|ible|ism|less)"
)
# One word may be a name in small letters or one that the field does not translate.
_SURE = 2
# More than these are not looked for in the original.
_MOST = 40


def find_leftover_language(pair: Pair) -> Iterator[Finding]:
    """No English is left: no stretch of eight words, no two words in small letters, no half of one.

    Of a stretch half the words are small (names are not). One word alone, or words that are not
    certainly English, may be names: a note. What stands in quotes or explains in brackets may stay,
    and so may what the paper's terms keep. Of 61 references none has two such words.
    """
    seen: dict[str, str] = {}
    halves: dict[str, str] = {}
    for where, original, text in pair.texts:
        plain = CITED.sub("。", without_links(text))
        if stretch := next(_stretches(plain), ""):
            yield found("leftover-language", "error", "leftover-language.stretch", where, stretch)
        elif where != "title" or _CJK.search(plain):
            for word in _words(plain, pair):
                seen.setdefault(word, where)
        for half, word in _halves(plain, original.lower()):
            seen.pop(word, None)
            halves.setdefault(half, where)
    for half, where in list(halves.items())[:MOST_FINDINGS]:
        yield found("leftover-language", "error", "leftover-language.half", where, half)
    if seen and _is_translated(pair):
        sure = len(seen) >= _SURE and any(map(_is_english, seen))
        severity: Severity = "error" if sure else "note"
        said = ", ".join(list(seen)[:8])
        where = next(iter(seen.values()))
        yield found("leftover-language", severity, "leftover-language.words", where, said)


def _stretches(text: str) -> Iterator[str]:
    for stretch in _CJK.split(text):
        words = _STRETCH.findall(stretch)
        if len(words) >= 8 and sum(map(str.islower, words)) >= len(words) / 2:
            yield stretch


def _words(text: str, pair: Pair) -> Iterator[str]:
    """The English words of a text, each once."""
    for formula in dict.fromkeys(formulas(text)):
        text = text.replace(formula, " ")
    kept = {word for term in pair.terms for word in _STRETCH.findall(term.rendering.lower())}
    # "openomni" is OpenOmni.
    kept |= {name.lower() for name in names(pair.original) if not name[1:].islower()}
    for word in dict.fromkeys(_WORD.findall(_NAMED.sub(" ", _BRACKETED.sub(" ", text)))):
        forms = {word, word.removesuffix("s")}
        if forms.isdisjoint(kept) and forms.isdisjoint(_KEPT):
            yield word


def _is_translated(pair: Pair) -> bool:
    """Whether half of the abstract's known words are rendered in Chinese; of 61 references 0.88.

    Where they are not, words in it are the least that is wrong. Of Japanese nothing is known.
    """
    if pair.family != "zh":
        return True
    lists = (
        [own for own in vocabulary().renderings(word) if not own.isascii()]
        for word in set(re.findall("[a-z]+", pair.original_abstract.lower()))
    )
    known = [own for own in lists if own]
    said = sum(any(each in pair.draft.abstract for each in own) for own in known)
    return said >= len(known) / 2


def _is_english(word: str) -> bool:
    """Whether this is a word of the language, not a name in small letters ("openomni")."""
    known = vocabulary()
    return any(
        known.renderings(part) or _INFLECTED.fullmatch(part) for part in (word, *word.split("-"))
    )


def _halves(text: str, original: str) -> Iterator[tuple[str, str]]:
    """Words half translated: 程序matic, 残差-stream, 训练_recipe; with two characters before, and alone."""
    for match in islice(_MIXED.finditer(text), _MOST):
        word = re.escape(match["word"])
        tail = re.search(rf"[a-z]{word}(?![a-z])", original)
        whole = re.search(rf"(?<![a-z]){word}", original)
        if whole if match["joint"] else tail and not whole:
            yield text[max(match.start() - 2, 0) : match.end()], match["word"]
