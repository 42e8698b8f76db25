"""Which areas of AI a paper belongs to. Pure: words in, slugs out.

Matching is on whole words. A text is cut into tokens once, plurals are folded, and runs of tokens
are looked up in a table; so "NLP" is never found in "zjunlp", and the cost hardly grows with the
number of areas.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ribao.errors import ConfigError

_FILE = "areas.toml"
_LIMIT = 3
# A shorter word that ends in "s" is hardly a plural (gas, bus).
_SHORT = 4

# What evidence weighs: (a word, a weak word), and how many of each kind are counted in that place.
# The abstract's cap keeps one word that is said again and again from drowning all others.
_TITLE, _TITLE_CAP = (10, 5), 2
_KEYWORDS, _KEYWORDS_CAP = (3, 1), 3
_ABSTRACT, _ABSTRACT_CAP = (2, 1), 4

# One mention in passing (2) is not enough beside better evidence, and whatever has less than this
# share of the strongest area is a side line of the paper. The strongest area needs only _ALONE.
_ENOUGH = 5
_SHARE = 0.3
_ALONE = 2

_Kind = Literal["word", "weak", "not"]
_LISTS = ("words", "cased", "weak", "not")
_LANGUAGES = ("zh-Hans", "en")

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
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Area:
    """One area: its permanent slug, its family, its names by language, the words it is known by."""

    slug: str
    family: str
    names: Mapping[str, str]
    words: tuple[str, ...]
    cased: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    """Phrases as joined tokens, with whose they are.

    ``starts`` is every beginning of every phrase, so that a run of tokens is given up as soon as
    it can become no phrase.
    """

    phrases: Mapping[str, tuple[tuple[int, _Kind], ...]]
    starts: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A phrase of an area (its number in the list) found at tokens ``start`` to ``end``."""

    area: int
    kind: _Kind
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Areas:
    """The areas in the list's order, ready for matching. Made by ``read_areas``."""

    _areas: tuple[Area, ...]
    folded: _Table
    exact: _Table

    def __iter__(self) -> Iterator[Area]:
        return iter(self._areas)

    def name(self, slug: str, language: str) -> str:
        """The area's name in the language; else in English; else (unknown area) the slug."""
        for area in self._areas:
            if area.slug == slug:
                return area.names.get(language) or area.names.get("en") or slug
        return slug


# ── matching ──────────────────────────────────────────────────────────────────────────────────


def topics_of(title: str, abstract: str, keywords: Sequence[str], areas: Areas) -> tuple[str, ...]:
    """The slugs of up to three areas of a paper, strongest first; ties go by the list's order."""
    in_title = _hits(title, areas)
    in_keywords = _hits(" ; ".join(keywords), areas)
    in_abstract = _hits(abstract, areas)
    scores: Counter[int] = Counter()
    _score(scores, in_title, _TITLE, _TITLE_CAP)
    _score(scores, in_keywords, _KEYWORDS, _KEYWORDS_CAP)
    said = Counter((hit.area, hit.phrase) for hit in in_title + in_keywords + in_abstract)
    solid = [hit for hit in in_abstract if hit.kind == "word" or said[hit.area, hit.phrase] > 1]
    _score(scores, solid, _ABSTRACT, _ABSTRACT_CAP)
    order = tuple(areas)
    return tuple(order[number].slug for number in _strongest(scores))


def _strongest(scores: Mapping[int, int]) -> list[int]:
    """The numbers of the areas worth naming, from their scores; the first always, if it has any."""
    ranked = sorted(scores, key=lambda number: (-scores[number], number))
    if not ranked or scores[ranked[0]] < _ALONE:
        return []
    least = max(_ENOUGH, scores[ranked[0]] * _SHARE)
    return [ranked[0], *(number for number in ranked[1:] if scores[number] >= least)][:_LIMIT]


def _score(scores: Counter[int], hits: Iterable[_Hit], weights: tuple[int, int], cap: int) -> None:
    """Add what the hits of one place weigh to ``scores``; each kind counts up to ``cap`` times."""
    for (area, kind), count in Counter((hit.area, hit.kind) for hit in hits).items():
        scores[area] += min(count, cap) * weights[kind == "weak"]


def _hits(text: str, areas: Areas) -> list[_Hit]:
    """What the text says of each area: no phrase inside a longer one, none that is struck out."""
    exact = _TOKEN.findall(_ADDRESS.sub(" . ", text))
    folded = [_fold(token) for token in exact]
    found = [*_walk(folded, areas.folded), *_walk(exact, areas.exact)]
    # What is struck out takes its tokens first, then the longest phrase at each place.
    found.sort(key=lambda hit: (hit.kind != "not", hit.start, -hit.end, hit.kind == "weak"))
    taken: set[tuple[int, int]] = set()
    kept = []
    for hit in found:
        tokens = {(hit.area, place) for place in range(hit.start, hit.end)}
        if taken.isdisjoint(tokens) or hit.kind == "not":
            taken |= tokens
            if hit.kind != "not":
                kept.append(hit)
    return kept


def _walk(tokens: Sequence[str], table: _Table) -> Iterator[_Hit]:
    """Every phrase of the table in the tokens, from every place as far as one can still grow."""
    starts, phrases = table.starts, table.phrases
    for start, first in enumerate(tokens):
        run, end = first, start + 1
        while run in starts:
            for area, kind in phrases.get(run, ()):
                yield _Hit(area, kind, run, start, end)
            if end == len(tokens):
                break
            run += tokens[end]
            end += 1


def _fold(token: str) -> str:
    """A token in lower case and singular. Crude, but texts and phrases are folded alike."""
    word = token.lower()
    if len(word) < _SHORT or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > _SHORT:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1]


# ── reading the list ──────────────────────────────────────────────────────────────────────────


def read_areas(text: str) -> Areas:
    """The areas from the text of areas.toml; ConfigError with everything that is wrong in it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{_FILE}: not TOML: {error}") from error
    problems = _unknown("the top", data, {"family", "area"})
    families = _tables(data, "family", problems)
    entries = _tables(data, "area", problems)
    for kind, items in (("family", families), ("area", entries)):
        problems += _check_heads(kind, items)
    known = [item.get("slug") for item in families]
    for place, entry in enumerate(entries, 1):
        problems += _check_area(_label("area", place, entry), entry, known)
    if problems:
        raise ConfigError(*(f"{_FILE}: {problem}" for problem in problems))
    areas = tuple(_area(entry) for entry in entries)
    return Areas(areas, _folded_table(areas), _exact_table(areas))


def _tables(data: Mapping[str, Any], key: str, problems: list[str]) -> list[dict[str, Any]]:
    """The list of tables under ``key``; a problem is added when it is missing or no such list."""
    items = data.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        problems.append(f"needs at least one [[{key}]]")
        return []
    return items


def _label(kind: str, place: int, item: Mapping[str, Any]) -> str:
    """How a message calls an entry: by its slug, and by its place where the slug is unusable."""
    slug = item.get("slug")
    return f'{kind} "{slug}"' if isinstance(slug, str) and slug else f"{kind} number {place}"


def _unknown(label: str, item: Mapping[str, Any], allowed: set[str]) -> list[str]:
    """A problem for each key that nothing reads: most likely a slip of the pen."""
    return [f'{label}: unknown key "{key}"' for key in item if key not in allowed]


def _check_heads(kind: str, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """What families and areas have in common: unique kebab-case slugs, names in both languages."""
    problems: list[str] = []
    seen: set[str] = set()
    allowed = {"slug", "names"} | ({"family", *_LISTS} if kind == "area" else set())
    for place, item in enumerate(items, 1):
        label = _label(kind, place, item)
        problems += _unknown(label, item, allowed)
        slug = item.get("slug")
        if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
            problems.append(f"{label}: the slug must be small letters, digits and single hyphens")
        elif slug in seen:
            problems.append(f"{label}: the slug is there twice")
        else:
            seen.add(slug)
        problems += _check_names(label, item.get("names"))
    return problems


def _check_names(label: str, names: object) -> list[str]:
    """A problem for each language without a name, and for names that are no text."""
    table = names if isinstance(names, dict) else {}
    missing = [f'{label}: no name in "{code}"' for code in _LANGUAGES if not table.get(code)]
    wrong = [
        f'{label}: the name in "{code}" is no text'
        for code, name in table.items()
        if name and not isinstance(name, str)
    ]
    return missing + wrong


def _check_area(label: str, entry: Mapping[str, Any], families: Sequence[object]) -> list[str]:
    """What is wrong with an area's family and its lists of phrases."""
    problems: list[str] = []
    if entry.get("family") not in families:
        problems.append(f'{label}: unknown family "{entry.get("family")}"')
    for key in _LISTS:
        phrases = entry.get(key, [])
        if not isinstance(phrases, list) or not all(isinstance(item, str) for item in phrases):
            problems.append(f'{label}: "{key}" must be a list of texts')
        else:
            problems += [
                f'{label}: "{key}" has "{phrase}", which can never match'
                for phrase in phrases
                if not _matchable(phrase)
            ]
    if not entry.get("words") and not entry.get("cased"):
        problems.append(f'{label}: needs "words" or "cased"')
    return problems


def _matchable(phrase: str) -> bool:
    """Whether a phrase is of words only; any other sign ends a phrase, so it would never be met."""
    tokens = _TOKEN.findall(phrase)
    return bool(tokens) and all(re.fullmatch(r"\w+", token, re.ASCII) for token in tokens)


def _area(entry: Mapping[str, Any]) -> Area:
    """An area from an entry that has been checked."""
    words, cased, weak, not_ = (tuple(entry.get(key, ())) for key in _LISTS)
    names = dict(entry["names"])
    return Area(entry["slug"], entry["family"], names, words, cased, weak, not_)


def _folded_table(areas: Sequence[Area]) -> _Table:
    """The table of what is matched in any case and number."""
    rows: list[tuple[str, int, _Kind]] = []
    for number, area in enumerate(areas):
        lists: tuple[tuple[_Kind, tuple[str, ...]], ...] = (
            ("word", area.words),
            ("weak", area.weak),
            ("not", area.not_),
        )
        for kind, phrases in lists:
            joined = ("".join(map(_fold, _TOKEN.findall(phrase))) for phrase in phrases)
            rows.extend((run, number, kind) for run in joined)
    return _table(rows)


def _exact_table(areas: Sequence[Area]) -> _Table:
    """The table of what is matched in its own case, with or without the plural's s."""
    rows: list[tuple[str, int, _Kind]] = []
    for number, area in enumerate(areas):
        for phrase in area.cased:
            joined = "".join(_TOKEN.findall(phrase))
            rows += [(joined, number, "word"), (joined + "s", number, "word")]
    return _table(rows)


def _table(rows: Iterable[tuple[str, int, _Kind]]) -> _Table:
    """The table from (joined tokens, area's number, kind); doubles in one area are dropped."""
    phrases: dict[str, tuple[tuple[int, _Kind], ...]] = {}
    for joined, number, kind in rows:
        if (number, kind) not in phrases.get(joined, ()):
            phrases[joined] = (*phrases.get(joined, ()), (number, kind))
    starts = {joined[:length] for joined in phrases for length in range(1, len(joined) + 1)}
    return _Table(phrases, frozenset(starts))
