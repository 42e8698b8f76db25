"""Which phrases of AI a paper holds: listed ones, with names by language, and names. Pure.

A listed phrase is found as areas are (``ribao.matching``); of two at one place the longer counts,
so that "large language model" is not also "language model". A name is a word that shows by its
inner capitals or digits that it is one (GRPO, LoRA, Qwen3) and that no list needs to know.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ribao import matching
from ribao.errors import ConfigError
from ribao.matching import Hit, Table, Words
from ribao.types import Paper

FAMILIES = (
    "agents",
    "language",
    "multimodal",
    "vision",
    "generation",
    "embodied",
    "training",
    "systems",
    "trust",
    "science",
)
# A name that is in no keywords must stand in so many papers of the day.
COMMON = 2

_FILE = "phrases.toml"
_LANGUAGES = ("zh-Hans",)
# A phrase may have a name in these; else the English one is shown.
_MORE_LANGUAGES = ("ja",)
_LISTS = ("also", "cased")
_SHORTEST = 3

# A word with its hyphens and points, not within another and no remains of TeX.
_WORD = re.compile(r"(?<![\w\\.-])[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*", re.ASCII)
# What a name is followed by when one of its sizes or kinds is meant: Qwen3-8B, LLM-based.
_TAIL = re.compile(r"(?:-(?:\d+(?:\.\d+)?[BMKbmk]|A\d+B|Instruct|Base|Chat|Preview|[a-z]+))+$")
_PLURAL = re.compile(r"(?<=[A-Z])s$")
_INNER = re.compile(r"[A-Za-z0-9][A-Z]")
_NUMBERED = re.compile(r"([A-Z][A-Za-z]*)[-.]?\d")


@dataclass(frozen=True, slots=True)
class Listed:
    """One phrase of the list: its canonical form, its names by language, its family."""

    en: str
    names: Mapping[str, str]
    family: str
    also: tuple[str, ...] = ()
    cased: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases in the list's order, ready for matching. Made by ``read_phrases``.

    ``plain`` are words that look like names and say nothing (GPU, GitHub, PSNR).
    """

    _listed: Mapping[str, Listed]
    order: tuple[str, ...]
    plain: frozenset[str]
    folded: Table
    exact: Table

    def __iter__(self) -> Iterator[Listed]:
        return iter(self._listed.values())

    def shown(self, phrase: str, language: str) -> str:
        """The phrase in the language; names, and what has no name in it, stay as they are."""
        listed = self._listed.get(phrase)
        return listed.names.get(language, phrase) if listed else phrase

    def renamed(self, names: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Phrases:
        """The same phrases with other names, each table made from the one before."""
        listed = {en: replace(one, names=names(one.names)) for en, one in self._listed.items()}
        return replace(self, _listed=listed)

    def family(self, phrase: str) -> str | None:
        """The phrase's family of areas; None for a name that is not listed."""
        listed = self._listed.get(phrase)
        return listed.family if listed else None


# ── finding ───────────────────────────────────────────────────────────────────────────────────


def phrases_of(
    title: str,
    abstract: str,
    keywords: Sequence[str],
    phrases: Phrases,
    common: Collection[str] = (),
) -> tuple[str, ...]:
    """Each phrase of the paper once, in the order of title, keywords, abstract.

    Listed ones come first, in their canonical form; then the names that its keywords hold, and of
    the others those that are ``common`` (see ``phrases_of_day``).
    """
    return _read(title, abstract, keywords, phrases).phrases(common)


def phrases_of_day(papers: Sequence[Paper], phrases: Phrases) -> tuple[tuple[str, ...], ...]:
    """The phrases of each paper of a day; a name counts that at least two of its papers say."""
    found = [_read(paper.title, paper.abstract, paper.keywords, phrases) for paper in papers]
    said = Counter(name for one in found for name in one.names)
    common = {name for name, count in said.items() if count >= COMMON}
    return tuple(one.phrases(common) for one in found)


@dataclass(frozen=True, slots=True)
class _Found:
    """The listed phrases of a paper, its names, and those of them that its keywords hold."""

    listed: tuple[str, ...]
    names: tuple[str, ...]
    own: frozenset[str]

    def phrases(self, common: Collection[str]) -> tuple[str, ...]:
        names = (name for name in self.names if name in self.own or name in common)
        return (*self.listed, *names)


def _read(title: str, abstract: str, keywords: Sequence[str], phrases: Phrases) -> _Found:
    texts = [matching.read(text) for text in (title, " ; ".join(keywords), abstract)]
    names = [_names_in(text.text, phrases) for text in texts]
    return _Found(
        tuple(dict.fromkeys(phrase for text in texts for phrase in _listed_in(text, phrases))),
        tuple(dict.fromkeys(name for some in names for name in some)),
        frozenset(names[1]),
    )


def _listed_in(text: Words, phrases: Phrases) -> list[str]:
    """The listed phrases of a text in its order, none that overlaps a longer one."""
    folded = matching.walk(text.folded, phrases.folded)
    found = [*folded, *matching.walk(text.exact, phrases.exact)]
    found.sort(key=lambda hit: (hit.start - hit.end, hit.start))
    taken: set[int] = set()
    kept: list[Hit] = []
    for hit in found:
        places = range(hit.start, hit.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(hit)
    kept.sort(key=lambda hit: hit.start)
    return [phrases.order[hit.number] for hit in kept]


def _names_in(text: str, phrases: Phrases) -> list[str]:
    """The names of a text in its order that are neither listed nor plain, doubles and all."""
    # Most words are all in small letters and never looked at.
    capital = " ".join([word for word in text.split() if not word.islower()])
    names = (_name(word) for word in _WORD.findall(capital))
    return [
        name
        for name, stem in names
        if name
        and name not in phrases.plain
        and (not stem or stem not in phrases.plain)
        and not matching.holds(phrases.folded, matching.folded_run(name))
        and not matching.holds(phrases.exact, matching.exact_runs(name)[0])
    ]


@lru_cache(maxsize=1 << 15)
def _name(word: str) -> tuple[str, str]:
    """The name that a word is, without size and plural, or nothing where it looks like none.

    And where only a number makes it a name, what the number follows, in small letters.
    """
    name = _PLURAL.sub("", _TAIL.sub("", word))
    parts = re.split(r"[-.]", name)
    if len(name) < _SHORTEST or parts[0].islower():
        return "", ""
    if any(_INNER.search(part) for part in parts):
        return name, ""
    numbered = _NUMBERED.match(name)
    return (name, numbered[1].lower()) if numbered else ("", "")


# ── reading the list ──────────────────────────────────────────────────────────────────────────


def read_phrases(text: str) -> Phrases:
    """The phrases from the text of phrases.toml; ConfigError with everything that is wrong."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{_FILE}: not TOML: {error}") from error
    problems = matching.unknown_at_top(text, data, {"phrase", "plain"})
    items = data.get("phrase")
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) for i in items):
        where = matching.where_at_top(text, "phrase") if "phrase" in data else ""
        problems.append(f'{where}needs a list of tables "phrase"')
        items = []
    lines = matching.lines_of(text, r"(?:\{|\[\[\s*phrase\s*\]\])")
    labels = matching.labels("phrase", "en", items, lines)
    for label, item in zip(labels, items, strict=True):
        problems += _check(label, item)
    plain = data.get("plain", [])
    if not isinstance(plain, list) or not all(isinstance(word, str) for word in plain):
        problems.append(f'{matching.where_at_top(text, "plain")}"plain" must be a list of texts')
    if not problems:
        problems += _doubles([_entry(item) for item in items], labels)
    if problems:
        raise ConfigError(*(f"{_FILE}: {problem}" for problem in problems))
    return _phrases([_entry(item) for item in items], frozenset(plain))


def _check(label: str, item: Mapping[str, Any]) -> list[str]:
    """What is wrong with one entry by itself."""
    problems = matching.unknown_keys(
        label, item, {"en", "family", *_LANGUAGES, *_MORE_LANGUAGES, *_LISTS}
    )
    for key in ("en", *_LANGUAGES):
        name = item.get(key)
        if not isinstance(name, str) or not name.strip():
            problems.append(f'{label}: no name in "{key}"')
        elif key == "en" and not matching.matchable(name):
            problems.append(f'{label}: "en" can never match')
    for key in _MORE_LANGUAGES:
        if key in item and not (isinstance(item[key], str) and item[key].strip()):
            problems.append(f'{label}: no name in "{key}"')
    if item.get("family") not in FAMILIES:
        problems.append(f'{label}: unknown family "{item.get("family")}"')
    return problems + matching.check_texts(label, item, _LISTS)


def _entry(item: Mapping[str, Any]) -> Listed:
    """A phrase from an entry that has been checked."""
    codes = ("en", *_LANGUAGES, *_MORE_LANGUAGES)
    names = {code: item[code] for code in codes if code in item}
    return Listed(item["en"], names, item["family"], *(tuple(item.get(key, ())) for key in _LISTS))


def _runs(listed: Listed) -> tuple[set[str], set[str]]:
    """What an entry is matched by: in any case and number, and in its own case only."""
    loose = listed.also if listed.en in listed.cased else (listed.en, *listed.also)
    exact = {run for phrase in listed.cased for run in matching.exact_runs(phrase)}
    return {matching.folded_run(phrase) for phrase in loose}, exact


def _doubles(entries: Sequence[Listed], labels: Sequence[str]) -> list[str]:
    """A problem for each way of writing that two entries claim."""
    problems: list[str] = []
    owner: dict[str, str] = {}
    for label, entry in zip(labels, entries, strict=True):
        loose, exact = _runs(entry)
        runs = loose | {matching.folded_run(phrase) for phrase in exact}
        for run in sorted({run.replace(" ", "") for run in runs}):
            if run in owner:
                problems.append(f'{label}: "{run}" is there twice, first in "{owner[run]}"')
            owner.setdefault(run, entry.en)
    return problems


def _phrases(entries: Sequence[Listed], plain: frozenset[str]) -> Phrases:
    runs = [_runs(entry) for entry in entries]
    return Phrases(
        {entry.en: entry for entry in entries},
        tuple(entry.en for entry in entries),
        plain,
        matching.table_of(
            (r, n, "word") for n, (loose, _) in enumerate(runs) for r in sorted(loose)
        ),
        matching.table_of(
            (r, n, "word") for n, (_, exact) in enumerate(runs) for r in sorted(exact)
        ),
    )
