"""Find listed phrases in a text. Pure; shared by the areas and the phrases.

Matching is on whole words. A text is cut into tokens once, plurals are folded, and runs of tokens
are looked up in a table; so "NLP" is never found in "zjunlp", and the cost hardly grows with the
length of the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

# A shorter word that ends in "s" is hardly a plural (gas, bus).
_SHORT = 4

# ASCII classes throughout: without re.ASCII a Chinese character is a \w, and "使用RAG系统" would be
# one word. Addresses go first: "github.com/zjunlp" says nothing about the paper.
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[!-~]+"
    r"|[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}"
    r"|\b(?:[\w-]+\.)+(?:com|org|net|io|ai|cn|edu|dev|app|co)\b(?:/[!-~]*)?",
    re.ASCII,
)
# A word, or a sign that ends a phrase. Spaces, hyphens, quotes and stars are neither: they join.
_TOKEN = re.compile(r"\w+|[^\w\s\-‐‑–'’\"“”`*]", re.ASCII)
_WORD = re.compile(r"\w+", re.ASCII)
# Small words that no phrase begins with in earnest, though "theorem" begins with "the".
_SMALL = frozenset(
    re.findall(
        r"\w+", "a an and are as at be by for from in is it of on or that the this to we with"
    )
)
# What an address holds at the least; only the words around these are looked at closely.
_MARK = re.compile(r"://|www\.|@|\.(?:com|org|net|io|ai|cn|edu|dev|app|co)\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Table:
    """Phrases as joined tokens, with the numbers of whose they are and what they are there.

    ``starts`` is every beginning of every phrase, so that a run of tokens is given up as soon as
    it can become no phrase; ``heads`` are those that a run begins with.
    """

    phrases: Mapping[str, tuple[tuple[int, str], ...]]
    starts: frozenset[str]
    heads: frozenset[str]


class Hit(NamedTuple):
    """A phrase of entry ``number`` found at the tokens ``start`` to ``end``."""

    number: int
    kind: str
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Words:
    """A text without its addresses; its tokens as they stand, and in lower case and singular."""

    text: str
    exact: tuple[str, ...]
    folded: tuple[str, ...]


def without_addresses(text: str) -> str:
    """The text, each address in it turned into a full stop and spaces of the same length."""
    pieces, done = [], 0
    for mark in _MARK.finditer(text):
        if mark.start() < done:
            continue
        start = max(done, text.rfind(" ", 0, mark.start()) + 1)
        end = text.find(" ", mark.end())
        end = len(text) if end < 0 else end
        pieces += [text[done:start], _ADDRESS.sub(_blank, text[start:end])]
        done = end
    return "".join((*pieces, text[done:]))


def _blank(address: re.Match[str]) -> str:
    return ".".ljust(len(address[0]))


def cut(text: str) -> list[str]:
    """The tokens of a text that is without addresses."""
    return _TOKEN.findall(text)


# A paper's texts are read for its areas and again for its phrases.
@lru_cache(maxsize=512)
def read(text: str) -> Words:
    """The words of a text."""
    clean = without_addresses(text)
    exact = tuple(cut(clean))
    return Words(clean, exact, tuple(map(fold, exact)))


def spans(text: str) -> list[tuple[int, int]]:
    """Where the tokens stand in the text."""
    return [found.span() for found in _TOKEN.finditer(text)]


@lru_cache(maxsize=1 << 16)
def fold(token: str) -> str:
    """A token in lower case and singular. Crude, but texts and phrases are folded alike."""
    word = token.lower()
    if token[-1:] == "s" and token[:-1].isupper():
        return word[:-1]  # LMs
    if len(word) < _SHORT or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > _SHORT:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1]


def walk(tokens: Sequence[str], table: Table) -> list[Hit]:
    """Every phrase of the table in the tokens, from every place as far as one can still grow."""
    heads, starts, phrases, length = table.heads, table.starts, table.phrases, len(tokens)
    found: list[Hit] = []
    for start, run in enumerate(tokens):
        if run not in heads:
            continue
        end = start + 1
        while True:
            if run in phrases:
                found += [Hit(number, kind, run, start, end) for number, kind in phrases[run]]
            if end == length:
                break
            run += tokens[end]  # noqa: PLW2901 -- the run grows from its first token
            if run not in starts:
                break
            end += 1
    return found


def matchable(phrase: str) -> bool:
    """Whether a phrase is of words only; any other sign ends a phrase, so it would never be met."""
    tokens = cut(phrase)
    return bool(tokens) and all(_WORD.fullmatch(token) for token in tokens)


def folded_run(phrase: str) -> str:
    """A phrase's tokens, with spaces, as a table has them that matches in any case and number."""
    return " ".join(map(fold, cut(phrase)))


def exact_runs(phrase: str) -> tuple[str, str]:
    """A phrase's tokens, with spaces, for a table that keeps the case: and with a plural's s."""
    joined = " ".join(cut(phrase))
    return joined, joined + "s"


def table_of(rows: Iterable[tuple[str, int, str]]) -> Table:
    """The table from (phrase's tokens with spaces, entry's number, kind); doubles are dropped."""
    phrases: dict[str, tuple[tuple[int, str], ...]] = {}
    firsts = set()
    for spaced, number, kind in rows:
        joined = spaced.replace(" ", "")
        firsts.add(spaced.partition(" ")[0])
        if (number, kind) not in phrases.get(joined, ()):
            phrases[joined] = (*phrases.get(joined, ()), (number, kind))
    starts = {joined[:length] for joined in phrases for length in range(1, len(joined) + 1)}
    return Table(phrases, frozenset(starts), frozenset(starts - (_SMALL - firsts)))


def holds(table: Table, spaced: str) -> bool:
    """Whether the table has the phrase of these tokens."""
    return spaced.replace(" ", "") in table.phrases


# ── reading a list ────────────────────────────────────────────────────────────────────────────


def labels(kind: str, key: str, items: Sequence[Mapping[str, Any]], lines: list[int]) -> list[str]:
    """How a message calls each entry: by its line and name, and by its place where it has none.

    ``lines`` are those on which entries seem to begin; they are left out where they cannot be it.
    """
    known = len(lines) == len(items)
    found = []
    for place, item in enumerate(items):
        name = item.get(key)
        named = isinstance(name, str) and name
        called = f'{kind} "{name}"' if named else f"{kind} number {place + 1}"
        found.append(f"line {lines[place]}, {called}" if known else called)
    return found


def lines_of(text: str, beginning: str) -> list[int]:
    """The numbers of the lines that begin so (a regular expression)."""
    begins = re.compile(r"\s*" + beginning)
    return [number for number, line in enumerate(text.split("\n"), 1) if begins.match(line)]


def unknown_keys(label: str, item: Mapping[str, Any], allowed: set[str]) -> list[str]:
    """A problem for each key that nothing reads: most likely a slip of the pen."""
    return [f'{label}: unknown key "{key}"' for key in item if key not in allowed]


def unknown_at_top(text: str, data: Mapping[str, Any], allowed: set[str]) -> list[str]:
    """The same for the keys of the file itself."""
    return [f'{where_at_top(text, key)}unknown key "{key}"' for key in data if key not in allowed]


def where_at_top(text: str, key: str) -> str:
    """The line on which a key of the file itself seems to stand, as a message begins with it."""
    lines = lines_of(text, rf"\[*\s*[\"']?{re.escape(key)}[\"']?\s*[\].=]")
    return f"line {lines[0]}: " if lines else "the top: "


def check_texts(label: str, item: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """What is wrong with an entry's lists of phrases."""
    problems: list[str] = []
    for key in keys:
        phrases = item.get(key, [])
        if not isinstance(phrases, list) or not all(isinstance(text, str) for text in phrases):
            problems.append(f'{label}: "{key}" must be a list of texts')
        else:
            problems += [
                f'{label}: "{key}" has "{phrase}", which can never match'
                for phrase in phrases
                if not matchable(phrase)
            ]
    return problems
