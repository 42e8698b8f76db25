"""What is written for a round-up, and when: its files, its pictures, the pages beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from ribao import __version__
from ribao.archive import Archive
from ribao.channels.folder import BESIDE, publish
from ribao.errors import RenderError
from ribao.movement import DayPapers, reduce_day
from ribao.phrases import Phrases
from ribao.press import Press
from ribao.renderers.data import render_json
from ribao.renderers.edition import Edition
from ribao.renderers.illustrations import can_illustrate, draw_numbers
from ribao.renderers.page import stylesheet
from ribao.renderers.roundup import edition_of_kind, render_markdown, render_page
from ribao.report import RoundupReport
from ribao.roundup import (
    DayState,
    Kind,
    Roundup,
    Span,
    compose_roundup,
    pictured,
    reduce_issue,
)
from ribao.topics import Areas
from ribao.types import Artifact, Issue

PICTURES = ("wordcloud.svg", "wordcloud.png", "trend.svg", "trend.png")
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class RoundupPress:
    """Writes the round-ups of an edition into its folder. ``pictures`` tells whether any are drawn.

    ``press`` writes the issues that a round-up leads to where the folder has lost them.
    """

    archive: Archive
    edition: Edition
    folder: Path
    press: Press
    areas: Areas
    phrases: Phrases
    today: date
    pictures: bool = True

    def write(self, span: Span) -> RoundupReport:
        """Compose and write the round-up of a week or a month; say what came of it.

        Raises ``RenderError`` where the folder cannot be written; nothing is changed then.
        """
        days = [day for day in self.archive.issue_days(self.edition.language) if _in(day, span)]
        issues = list(filter(None, (self._issue(day) for day in days)))
        if not issues:
            return RoundupReport(span.name, "empty", self._nothing(span))
        roundup = compose_roundup(
            span,
            issues,
            self._before(span),
            {day: self._gap(day) for day in span.days if day not in days},
            self.areas,
            self.phrases,
            self.today,
        )
        self._refuse_another_language(roundup)
        problems = self._restore(issues)
        pictures, undrawn = self._pictures(roundup, issues[-1])
        names = frozenset(path.rpartition("/")[2] for path in pictures)
        changed = publish(self.folder, [*pictures.values(), *self._texts(roundup, names)])
        # With one missing nothing is noted: all are drawn again next time.
        for path, artifact in () if undrawn else pictures.items():
            inputs, digest = self._inputs(roundup), _digest(artifact.body)
            self.archive.keep_rendering(issues[-1], path, inputs, digest)
        return self._report(roundup, changed, [*problems, *undrawn])

    # ── what it is made from ─────────────────────────────────────────────────────────────────

    def _issue(self, day: date) -> Issue | None:
        return self.archive.issue(day, self.edition.language)

    def _before(self, span: Span) -> list[DayPapers]:
        """The days with papers that the span is held to: as published, else as listed."""
        found = []
        for day in self.archive.listed_days():
            if span.since <= day < span.first:
                issue = self._issue(day)
                if issue is not None:
                    found.append(reduce_issue(issue, self.phrases))
                else:
                    papers = self.archive.papers(day)
                    found.append(reduce_day(day, papers, self.areas, self.phrases))
        return found

    def _gap(self, day: date) -> DayState:
        """Why a day has no issue."""
        if self.archive.papers(day):
            return "unpublished"
        look = self.archive.last_look(day)
        if look is None:
            return "quiet" if day.weekday() >= SATURDAY else "unseen"
        return "quiet" if look.outcome == "empty" else "unseen"

    def _nothing(self, span: Span) -> str:
        until = min(span.last, self.today)
        if span.first > self.today:
            return f"it begins on {span.first}; nothing is published yet"
        return (
            f"nothing was published from {span.first} to {span.last}; make its issues with: "
            f"ribao run --since {span.first} --until {until}"
        )

    # ── what is written ──────────────────────────────────────────────────────────────────────

    def _refuse_another_language(self, roundup: Roundup) -> None:
        there = _read(self.folder / _place(roundup.kind, roundup.name))
        if there is not None and there.language != roundup.language:
            raise RenderError(
                str(self.folder),
                f"holds a round-up of the {there.language} edition; give this one a folder of its "
                "own with output.folder (RIBAO_OUTPUT__FOLDER)",
            )

    def _restore(self, issues: list[Issue]) -> list[str]:
        """Write the issues whose pages the folder has lost: no link may lead nowhere."""
        lost = [i for i in issues if not (self.folder / str(i.day) / "index.html").is_file()]
        return self.press.write(lost[0])[1] if lost else []

    def _pictures(self, roundup: Roundup, last: Issue) -> tuple[dict[str, Artifact], list[str]]:
        """Return each picture by its path: as it stands there, else drawn anew."""
        if not self.pictures or not can_illustrate():
            return {}, []
        known = self.archive.renderings(last, self._inputs(roundup))
        place = _place(roundup.kind, roundup.name)
        there = {
            path: _bytes_of(self.folder / path) for path in known if path.startswith(f"{place}/")
        }
        if there and all(_digest(body) == known[path] for path, body in there.items()):
            return {path: Artifact(path, body) for path, body in there.items()}, []
        own = edition_of_kind(self.edition, roundup.kind)
        files, problems = draw_numbers(pictured(roundup), own)
        made = {f"{place}/{name}": body for name, body in files.items()}
        return (
            {path: Artifact(path, body) for path, body in made.items()},
            [f"{place}: {problem}" for problem in problems],
        )

    def _inputs(self, roundup: Roundup) -> str:
        own = edition_of_kind(self.edition, roundup.kind)
        about = [__version__, roundup.name, own.title, *own.texts.items()]
        return _digest(msgspec.json.encode([pictured(roundup), about]))

    def _texts(self, roundup: Roundup, names: frozenset[str]) -> list[Artifact]:
        place = _place(roundup.kind, roundup.name)
        markdown = render_markdown(roundup, self.edition, names)
        return [
            Artifact(f"{place}/roundup.md", markdown.encode()),
            Artifact(f"{place}/roundup.json", render_json(roundup)),
            *self._pages(roundup, names),
            Artifact("assets/ribao.css", stylesheet()),
        ]

    def _pages(self, roundup: Roundup, names: frozenset[str]) -> list[Artifact]:
        """Return the page, and those of the round-ups beside it: their links may have changed."""
        kind, name = roundup.kind, roundup.name
        there = {path.parent.name for path in self.folder.glob(f"{kind}s/*/roundup.json")}
        kin = sorted({*there, name})
        pages = [self._page(roundup, names, kin)]
        for other in filter(None, _around(name, kin)):
            place = _place(kind, other)
            known = _read(self.folder / place)
            if known is not None and (known.kind, known.name) == (kind, other):
                beside = frozenset(p for p in PICTURES if (self.folder / place / p).is_file())
                pages.append(self._page(known, beside, kin))
        return pages

    def _page(self, roundup: Roundup, names: frozenset[str], kin: Sequence[str]) -> Artifact:
        html = render_page(roundup, self.edition, names, *_around(roundup.name, kin))
        return Artifact(f"{_place(roundup.kind, roundup.name)}/index.html", html.encode())

    def _report(
        self, roundup: Roundup, changed: Sequence[Path], problems: Sequence[str]
    ) -> RoundupReport:
        place = self.folder / _place(roundup.kind, roundup.name)
        files = sorted(path for path in place.iterdir() if not path.name.endswith(BESIDE))
        own = any(path.parent == place for path in changed)
        return RoundupReport(
            name=roundup.name,
            state="published" if own else "unchanged",
            message=f"{roundup.first} to {roundup.last}",
            issues=roundup.issues,
            papers=roundup.count,
            problems=tuple(problems),
            files=tuple(map(str, files)),
        )


def _in(day: date, span: Span) -> bool:
    return span.first <= day <= span.last


def _place(kind: Kind, name: str) -> str:
    return f"{kind}s/{name}"


def _around(name: str, kin: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the names before and after; names of one kind sort as their times do."""
    before = [other for other in kin if other < name]
    after = [other for other in kin if other > name]
    return (before[-1] if before else None), (after[0] if after else None)


def _read(place: Path) -> Roundup | None:
    """Read the round-up that stands in a folder; None where none does, or none of this form."""
    try:
        return msgspec.json.decode((place / "roundup.json").read_bytes(), type=Roundup)
    except (OSError, msgspec.DecodeError):
        return None


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
