"""The bilingual list of terms: which of them a paper holds, and how they are to be said. Pure.

A list is CSV with the columns ``term,rendering,forms,forbidden``: how the original says it, how the
translation does, further ways to write it in the original, and words that are no translation of it.
Several values in one cell are set apart by ``|``. A rendering equal to the term means that it stays
as it is; an empty one is a mistake, for a forgotten cell looks the same. Lines that begin with
``#`` and empty ones say nothing.

Terms are found as areas are (``ribao.matching``): whole words, in any case, number and with or
without hyphens. A single word with two capitals (LLM, RAG, CoT) is found only so; an "s" may follow.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from ribao import matching
from ribao.errors import ConfigError
from ribao.matching import Hit, Table
from ribao.types import Term

COLUMNS = ("term", "rendering", "forms", "forbidden")
# So many terms of a paper go into its prompt: each one costs money with every paper.
MOST = 10
# What a cell's value and a cell's list may hold; more is a slip of the pen or no list of terms.
LONGEST, MOST_VALUES, MOST_TERMS = 80, 30, 20_000

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_CAPITALS = re.compile(r"[^ -]*[A-Z][^ -]*[A-Z][^ -]*")


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a list, ready for matching. Made by ``read_terms`` or ``terms_of``."""

    entries: tuple[Term, ...]
    folded: Table
    exact: Table

    def of(self, title: str, abstract: str) -> tuple[Term, ...]:
        """The terms of one paper that go into its prompt, at most ``MOST``.

        Those that help most come first: in the title, often said wrongly (it has forbidden
        renderings), long, frequent. What a paper only writes as an abbreviation is left out:
        abbreviations stay.
        """
        return tuple(term for term, spelt in self._ranked(title, abstract) if spelt)[:MOST]

    def held(self, title: str, abstract: str) -> tuple[Term, ...]:
        """Every term of one paper, those only abbreviated too, in the same order."""
        return tuple(term for term, _ in self._ranked(title, abstract))

    def merged(self, other: Terms) -> Terms:
        """This list with another on top of it.

        An entry whose term the other list has, as a term or as a form, is replaced by that one;
        of the rest, those forms go that the other list has.
        """
        claimed = {_key(way) for term in other.entries for way in _ways(term)}
        kept = (
            replace(term, forms=tuple(form for form in term.forms if _key(form) not in claimed))
            for term in self.entries
            if _key(term.original) not in claimed
        )
        return terms_of((*kept, *other.entries))

    def _ranked(self, title: str, abstract: str) -> list[tuple[Term, bool]]:
        """Every term of a paper, and whether it stands there in full, the most helpful first."""
        above = self._hits(title)
        hits = [*above, *self._hits(abstract)]
        count = Counter(hit.number for hit in hits)
        titled = {hit.number for hit in above}
        spelt = {hit.number for hit in hits if hit.kind == "full"}

        def rank(number: int) -> tuple[bool, bool, int, int, str]:
            term = self.entries[number]
            length = len(term.original)
            return number not in titled, not term.forbidden, -length, -count[number], term.original

        return [(self.entries[number], number in spelt) for number in sorted(count, key=rank)]

    def _hits(self, text: str) -> list[Hit]:
        """The terms in a text, none within a longer one: the first where two are as long."""
        words = matching.read(text)
        found = matching.walk(words.folded, self.folded)
        found += matching.walk(words.exact, self.exact)
        found.sort(key=lambda hit: (hit.start - hit.end, hit.start, hit.number))
        taken: set[int] = set()
        kept = []
        for hit in found:
            places = range(hit.start, hit.end)
            if taken.isdisjoint(places):
                taken.update(places)
                kept.append(hit)
        return kept


def terms_of(entries: Iterable[Term]) -> Terms:
    """The list of these entries, which must not claim a term or form twice."""
    listed = tuple(entries)
    folded, exact = [], []
    for number, term in enumerate(listed):
        for way in _ways(term):
            if not _CAPITALS.fullmatch(way):
                folded.append((matching.folded_run(way), number, "full"))
            else:
                kind = "full" if way == term.original else "short"
                exact += [(run, number, kind) for run in matching.exact_runs(way)]
    return Terms(listed, matching.table_of(folded), matching.table_of(exact))


@cache
def load_terms(language: str) -> Terms:
    """The project's own list for a language (``zh-Hans``); an empty one where there is none."""
    if not _LANGUAGE.fullmatch(language):
        return terms_of(())
    name = f"{language}.csv"
    file = files("ribao") / "termlists" / name
    return read_terms(file.read_text("utf-8"), name) if file.is_file() else terms_of(())


# ── what is said of terms, and what was said instead ──────────────────────────────────────────


def lines(terms: Sequence[Term]) -> str:
    """The terms as they stand in a prompt, one a line, each with the first wrong word for it."""
    return "\n".join(
        f"{term.original}={term.rendering}" + (f"≠{term.forbidden[0]}" if term.forbidden else "")
        for term in terms
    )


def digest(terms: Sequence[Term]) -> str:
    """Twelve hex digits of how these terms are to be said and not to be; empty for none."""
    said = "\n".join("\t".join((t.original, t.rendering, *t.forbidden)) for t in terms)
    return hashlib.sha256(said.encode()).hexdigest()[:12] if terms else ""


def misrendered(terms: Sequence[Term], text: str) -> Iterator[tuple[Term, str]]:
    """Each forbidden rendering of these terms that stands in a translation, once.

    One that is only a part of the right rendering of any of the terms is none.
    """
    right = [
        found.span()
        for rendering in dict.fromkeys(term.rendering for term in terms)
        for found in _standing(rendering, text)
    ]
    for term in terms:
        for wrong in term.forbidden:
            for found in _standing(wrong, text):
                if not any(a <= found.start() and found.end() <= b for a, b in right):
                    yield term, wrong
                    break


def _standing(word: str, text: str) -> Iterator[re.Match[str]]:
    """Where a word stands; one in Latin letters is not found within another."""
    if word not in text:
        return iter(())
    before = r"(?<![A-Za-z0-9])" if word[0].isascii() else ""
    after = r"(?![A-Za-z0-9])" if word[-1].isascii() else ""
    return re.finditer(before + re.escape(word) + after, text)


# ── reading a list ────────────────────────────────────────────────────────────────────────────


def read_terms(text: str, where: str) -> Terms:
    """The terms of a list in CSV; ``where`` is its name in messages.

    Raises ``ConfigError`` with every line that cannot be used, and how to mend it.
    """
    written = _lines(text)
    number, first = next(written, (1, ""))
    if tuple(cell.lower() for cell in _cells(first)[0]) != COLUMNS:
        wanted = f'the first line must be "{",".join(COLUMNS)}", with commas between'
        raise ConfigError(f"{where}: line {number}: {wanted}")
    problems: list[tuple[int, str]] = []
    rows: list[tuple[int, Term]] = []
    for number, line in written:
        cells, wrong = _cells(line)
        if not wrong:
            term = _term(cells)
            wrong = _check(term)
            rows.append((number, term))
        problems += [(number, what) for what in wrong]
    if len(rows) > MOST_TERMS:
        problems.append((rows[MOST_TERMS][0], f"is term {MOST_TERMS + 1:,}; leave out the rest"))
    problems += _doubles(rows)
    if problems:
        problems.sort(key=lambda problem: problem[0])
        raise ConfigError(*(f"{where}: line {number}: {what}" for number, what in problems))
    return terms_of(term for _, term in rows)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        row = line.removesuffix("\r")
        # A spreadsheet puts a comment that holds a comma between quotation marks.
        if row.strip(" ,\t") and not row.lstrip(' "').startswith("#"):
            yield number, row


def _cells(row: str) -> tuple[list[str], list[str]]:
    """The cells of a line, and what is wrong with the line as such."""
    if control := _CONTROL.search(row.replace("\t", " ")):
        return [], [f"an invisible character (U+{ord(control[0]):04X}); delete it"]
    try:
        cells = [cell.strip() for cell in next(csv.reader([row], strict=True))]
    except csv.Error:
        return [], ["a stray quotation mark; close it, or leave it out"]
    while len(cells) > len(COLUMNS) and not cells[-1]:
        cells.pop()  # what a spreadsheet leaves behind
    if len(cells) != len(COLUMNS):
        wanted = f"{len(COLUMNS)} ({', '.join(COLUMNS)})"
        apart = 'set several values in a cell apart by " | ", and keep empty cells'
        return [], [f"{len(cells)} cells instead of {wanted}; {apart}"]
    return cells, []


def _term(cells: Sequence[str]) -> Term:
    forms, forbidden = (
        [v for value in cell.split("|") if (v := value.strip())] for cell in cells[2:]
    )
    return Term(cells[0], cells[1], tuple(forms), tuple(forbidden))


def _check(term: Term) -> list[str]:
    """What is wrong with one entry by itself."""
    problems = []
    for name, cell in (("term", term.original), ("rendering", term.rendering)):
        if not cell:
            same = ", with the term again if it is to stay as it is" if name == "rendering" else ""
            problems.append(f'no {name}; fill in the cell "{name}"{same}')
        elif "|" in cell:
            problems.append(f'"{cell}" is more than one {name}; leave one')
    problems += [
        f'"{way}" can never be found in a paper; use letters, digits, spaces and hyphens only'
        for way in _ways(term)
        if way and "|" not in way and not matching.matchable(way)
    ]
    problems += [
        f'"{value[:20]}…" is longer than {LONGEST} characters; shorten it'
        for value in (*_ways(term), term.rendering, *term.forbidden)
        if len(value) > LONGEST
    ]
    if max(len(term.forms), len(term.forbidden)) > MOST_VALUES:
        problems.append(f"more than {MOST_VALUES} values in a cell; leave out the rare ones")
    if term.rendering in term.forbidden:
        problems.append(f'"{term.rendering}" is the rendering and forbidden; take it out of one')
    return problems


def _doubles(rows: Sequence[tuple[int, Term]]) -> Iterator[tuple[int, str]]:
    """What two lines claim, by the number of the later one."""
    first: dict[str, int] = {}
    for number, term in rows:
        for way in _ways(term):
            key = _key(way)
            other = first.setdefault(key, number) if key else number
            if other != number:
                yield number, f'"{way}" stands in line {other} too; take it out of one of them'


def _ways(term: Term) -> tuple[str, ...]:
    """All ways to write a term in the original."""
    return (term.original, *term.forms)


def _key(way: str) -> str:
    """What two ways to write a term have in common that differ in case, number or hyphens only."""
    return matching.folded_run(way).replace(" ", "")
