"""Which areas of AI a paper belongs to, and by which words. Pure: words in, slugs out.

How phrases are found in a text is told in ``ribao.matching``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ribao import matching
from ribao.errors import ConfigError
from ribao.matching import Hit, Table, Words

_FILE = "areas.toml"
_LIMIT = 3
# So many of the words that decided are shown for an area, and so many characters of each.
_SHOWN = 6
_LONGEST = 80

# What evidence weighs: (a word, a weak word), and how many of each kind are counted in that place.
# The abstract's cap keeps one word that is said again and again from drowning all others.
_TITLE, _TITLE_CAP = (10, 5), 2
_KEYWORDS, _KEYWORDS_CAP = (3, 1), 3
_ABSTRACT, _ABSTRACT_CAP = (2, 1), 4

# One mention in passing (2) is not enough beside better evidence, and whatever has less than this
# share of the strongest area is a side line of the paper. The strongest area needs only _ALONE.
_ENOUGH = 7
_SHARE = 0.3
_ALONE = 2

_Kind = Literal["word", "weak", "not"]
_LISTS = ("words", "cased", "weak", "not")
_LANGUAGES = ("zh-Hans", "en")

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Area:
    """One area: its permanent slug, its family, its names by language, the words it is known by.

    Families are no areas, and name no parent: the tree is two deep and can have no cycle.
    """

    slug: str
    family: str
    names: Mapping[str, str]
    words: tuple[str, ...]
    cased: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """An area of a paper, and the words that decided it as they stand in the paper."""

    slug: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Areas:
    """The areas in the list's order, ready for matching. Made by ``read_areas``."""

    _areas: tuple[Area, ...]
    folded: Table
    exact: Table
    _families: Mapping[str, Mapping[str, str]]

    def __iter__(self) -> Iterator[Area]:
        return iter(self._areas)

    def name(self, slug: str, language: str) -> str:
        """The area's name in the language; else in English; else (unknown area) the slug."""
        for area in self._areas:
            if area.slug == slug:
                return area.names.get(language) or area.names.get("en") or slug
        return slug

    def renamed(self, names: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Areas:
        """The same areas and families with other names, each table made from the one before."""
        areas = tuple(replace(area, names=names(area.names)) for area in self._areas)
        families = {slug: names(own) for slug, own in self._families.items()}
        return replace(self, _areas=areas, _families=families)

    def families(self, language: str) -> dict[str, str]:
        """The families' names in the language, else in English, by slug in the list's order."""
        return {
            slug: names.get(language) or names.get("en") or slug
            for slug, names in self._families.items()
        }


# ── matching ──────────────────────────────────────────────────────────────────────────────────


def topics_of(title: str, abstract: str, keywords: Sequence[str], areas: Areas) -> tuple[str, ...]:
    """The slugs of up to three areas of a paper, strongest first; ties go by the list's order."""
    scores, _, _ = _weigh(title, abstract, keywords, areas)
    order = tuple(areas)
    return tuple(order[number].slug for number in _strongest(scores))


def evidence_of(
    title: str, abstract: str, keywords: Sequence[str], areas: Areas
) -> tuple[Evidence, ...]:
    """The areas of ``topics_of``, each with the words that decided, the weightiest place first."""
    scores, texts, places = _weigh(title, abstract, keywords, areas)
    order = tuple(areas)
    spans = [matching.spans(text.text) for text in texts]
    found = []
    for number in _strongest(scores):
        words: dict[str, str] = {}
        for text, places_of, hits in zip(texts, spans, places, strict=True):
            for hit in hits:
                if hit.number == number:
                    start, end = places_of[hit.start][0], places_of[hit.end - 1][1]
                    words.setdefault(hit.phrase, text.text[start:end][:_LONGEST])
        found.append(Evidence(order[number].slug, tuple(words.values())[:_SHOWN]))
    return tuple(found)


def _weigh(
    title: str, abstract: str, keywords: Sequence[str], areas: Areas
) -> tuple[dict[int, int], list[Words], tuple[list[Hit], ...]]:
    """Each area's score; and the texts, title first, with the hits in each that counted."""
    texts = [matching.read(text) for text in (title, " ; ".join(keywords), abstract)]
    in_title, in_keywords, in_abstract = places = tuple(_hits(text, areas) for text in texts)
    said: dict[tuple[int, str], int] = {}
    for hits in places:
        for hit in hits:
            key = hit.number, hit.phrase
            said[key] = said.get(key, 0) + 1
    solid = [hit for hit in in_abstract if hit.kind == "word" or said[hit.number, hit.phrase] > 1]
    scores: dict[int, int] = {}
    _score(scores, in_title, _TITLE, _TITLE_CAP)
    _score(scores, in_keywords, _KEYWORDS, _KEYWORDS_CAP)
    _score(scores, solid, _ABSTRACT, _ABSTRACT_CAP)
    return scores, texts, (in_title, in_keywords, solid)


def _strongest(scores: Mapping[int, int]) -> list[int]:
    """The numbers of the areas worth naming, from their scores; the first always, if it has any."""
    ranked = sorted(scores, key=lambda number: (-scores[number], number))
    if not ranked or scores[ranked[0]] < _ALONE:
        return []
    least = max(_ENOUGH, scores[ranked[0]] * _SHARE)
    return [ranked[0], *(number for number in ranked[1:] if scores[number] >= least)][:_LIMIT]


def _score(scores: dict[int, int], hits: Sequence[Hit], weights: tuple[int, int], cap: int) -> None:
    """Add what the hits of one place weigh to ``scores``; each kind counts up to ``cap`` times."""
    counts: dict[tuple[int, bool], int] = {}
    for hit in hits:
        key = hit.number, hit.kind == "weak"
        counted = counts.get(key, 0)
        if counted < cap:
            counts[key] = counted + 1
            scores[hit.number] = scores.get(hit.number, 0) + weights[key[1]]


def _hits(text: Words, areas: Areas) -> list[Hit]:
    """What the text says of each area: no phrase inside a longer one, none that is struck out."""
    found = [*matching.walk(text.folded, areas.folded), *matching.walk(text.exact, areas.exact)]
    if len(found) > 1:
        found.sort(key=_rank)
    taken: dict[int, set[int]] = {}
    kept = []
    for hit in found:
        tokens = range(hit.start, hit.end)
        mine = taken.setdefault(hit.number, set())
        if hit.kind == "not":
            mine.update(tokens)
        elif mine.isdisjoint(tokens):
            mine.update(tokens)
            kept.append(hit)
    return kept


def _rank(hit: Hit) -> tuple[bool, int, int, bool]:
    """What is struck out takes its tokens first, then the longest phrase at each place."""
    return hit.kind != "not", hit.start, -hit.end, hit.kind == "weak"


# ── reading the list ──────────────────────────────────────────────────────────────────────────


def read_areas(text: str) -> Areas:
    """The areas from the text of areas.toml; ConfigError with everything that is wrong in it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{_FILE}: not TOML: {error}") from error
    problems = matching.unknown_at_top(text, data, {"family", "area"})
    families = _tables(text, data, "family", problems)
    entries = _tables(text, data, "area", problems)
    called = {
        kind: matching.labels(
            kind, "slug", items, matching.lines_of(text, rf"\[\[\s*{kind}\s*\]\]")
        )
        for kind, items in (("family", families), ("area", entries))
    }
    problems += _check_heads(families, called["family"], set())
    problems += _check_heads(entries, called["area"], {"family", *_LISTS})
    known = [item.get("slug") for item in families]
    for label, entry in zip(called["area"], entries, strict=True):
        problems += _check_area(label, entry, known)
    if problems:
        raise ConfigError(*(f"{_FILE}: {problem}" for problem in problems))
    areas = tuple(_area(entry) for entry in entries)
    named = {item["slug"]: dict(item["names"]) for item in families}
    return Areas(areas, _folded_table(areas), _exact_table(areas), named)


def _tables(
    text: str, data: Mapping[str, Any], key: str, problems: list[str]
) -> list[dict[str, Any]]:
    """The list of tables under ``key``; a problem is added when it is missing or no such list."""
    items = data.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        where = matching.where_at_top(text, key) if key in data else ""
        problems.append(f"{where}needs at least one [[{key}]]")
        return []
    return items


def _check_heads(
    items: Sequence[Mapping[str, Any]], labels: Sequence[str], further: set[str]
) -> list[str]:
    """What families and areas have in common: unique kebab-case slugs, names in both languages."""
    problems: list[str] = []
    seen: dict[str, str] = {}
    for label, item in zip(labels, items, strict=True):
        problems += matching.unknown_keys(label, item, {"slug", "names", *further})
        slug = item.get("slug")
        if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
            problems.append(f"{label}: the slug must be small letters, digits and single hyphens")
        elif slug in seen:
            problems.append(f"{label}: the slug is there twice, first at {seen[slug]}")
        else:
            seen[slug] = label
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
    """What is wrong with an area's family, its lists of phrases, and what these strike out."""
    problems: list[str] = []
    if entry.get("family") not in families:
        problems.append(f'{label}: unknown family "{entry.get("family")}"')
    wrong = matching.check_texts(label, entry, _LISTS)
    problems += wrong or _struck_out(label, entry)
    if not entry.get("words") and not entry.get("cased"):
        problems.append(f'{label}: needs "words" or "cased"')
    return problems


def _struck_out(label: str, entry: Mapping[str, Any]) -> list[str]:
    """A problem for each phrase that the area's own exclusions keep from ever counting."""
    excluded = {matching.folded_run(phrase): phrase for phrase in entry.get("not", ())}
    problems = []
    for key in ("words", "cased", "weak"):
        for phrase in entry.get(key, ()):
            run = f" {matching.folded_run(phrase)} "
            by = next((said for inner, said in excluded.items() if f" {inner} " in run), None)
            if by is not None:
                problems.append(f'{label}: "not" has "{by}", which strikes out its own "{phrase}"')
    return problems


def _area(entry: Mapping[str, Any]) -> Area:
    """An area from an entry that has been checked."""
    words, cased, weak, not_ = (tuple(entry.get(key, ())) for key in _LISTS)
    names = dict(entry["names"])
    return Area(entry["slug"], entry["family"], names, words, cased, weak, not_)


def _folded_table(areas: Sequence[Area]) -> Table:
    """The table of what is matched in any case and number."""
    rows: list[tuple[str, int, str]] = []
    for number, area in enumerate(areas):
        lists: tuple[tuple[_Kind, tuple[str, ...]], ...] = (
            ("word", area.words),
            ("weak", area.weak),
            ("not", area.not_),
        )
        for kind, phrases in lists:
            rows.extend((matching.folded_run(phrase), number, kind) for phrase in phrases)
    return matching.table_of(rows)


def _exact_table(areas: Sequence[Area]) -> Table:
    """The table of what is matched in its own case, with or without the plural's s."""
    return matching.table_of(
        (run, number, "word")
        for number, area in enumerate(areas)
        for phrase in area.cased
        for run in matching.exact_runs(phrase)
    )
