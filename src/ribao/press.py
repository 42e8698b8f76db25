"""What is written for an issue, and when: its files, its pictures, the pages that link to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec

from ribao import __version__
from ribao.archive import Archive
from ribao.channels.folder import BESIDE, publish
from ribao.errors import RenderError
from ribao.renderers import charts, cloud, epub
from ribao.renderers.data import render_json
from ribao.renderers.edition import Edition
from ribao.renderers.illustrations import can_illustrate
from ribao.renderers.markdown import render_markdown
from ribao.renderers.page import Figure, Neighbours, render_index, render_issue, script, stylesheet
from ribao.renderers.player import STEMS
from ribao.renderers.podcast import FEEDS
from ribao.renderers.workshop import Workshop
from ribao.speech import Episode
from ribao.statistics import Statistics
from ribao.types import Artifact, Issue

TEXTS = ("index.html", "issue.md", "issue.json")


@dataclass(frozen=True, slots=True)
class Press:
    """Writes the issues of an edition into its folder; without a workshop, without pictures."""

    archive: Archive
    edition: Edition
    folder: Path
    workshop: Workshop | None

    def begin(self, measure: Callable[[], Statistics]) -> None:
        """Begin with the pictures of a day's numbers, while others wait for the language model."""
        if self.workshop is not None and can_illustrate():
            self.workshop.begin(measure(), self.edition)

    def write(self, issue: Issue) -> tuple[list[str], list[str]]:
        """Write an issue, the pages beside it and the list of all; return its files and problems.

        Pictures are made once a revision; they are made again only where they are missing. Raises
        ``RenderError`` where the folder cannot be written; nothing is changed then.
        """
        self._refuse_another_language(issue)
        problems = self._write(issue)
        for day in self.archive.issue_days(issue.language):
            # A folder that was lost or is new gets all of its issues: no link may lead nowhere.
            other = None if self._has(day) else self.archive.issue(day, issue.language)
            problems += self._write(other) if other is not None else []
        place = self.folder / str(issue.day)
        there = {path for path in place.iterdir() if not path.name.endswith(BESIDE)}
        texts = [place / name for name in TEXTS]
        written = [*texts, *sorted(there.difference(texts))]
        return [str(path) for path in written], problems

    def relink(self, day: date) -> None:
        """Write a day's page and the list of all anew: what they link to has changed."""
        issue = self.archive.issue(day, self.edition.language)
        if issue is None:
            return
        days = self.archive.issue_days(issue.language)
        index = Artifact("index.html", self._index(issue.language).encode())
        publish(self.folder, [self._page_beside(issue, days), index])

    def _refuse_another_language(self, issue: Issue) -> None:
        """Two editions in one folder would overwrite each other, day by day, without a word."""
        path = self.folder / str(issue.day) / "issue.json"
        try:
            language = msgspec.json.decode(path.read_bytes()).get("language")
        except (OSError, msgspec.DecodeError, AttributeError):
            return  # Nothing there, or nothing that is an edition's: it is written anew.
        if language != issue.language:
            raise RenderError(
                str(path),
                f"belongs to the {language} edition; give this one a folder of its own with "
                "output.folder (RIBAO_OUTPUT__FOLDER)",
            )

    def _has(self, day: date) -> bool:
        return all((self.folder / str(day) / name).is_file() for name in TEXTS)

    def _write(self, issue: Issue) -> list[str]:
        stats = self.archive.statistics(issue)
        pictures, problems = self._pictures(issue, stats)
        names = frozenset({epub.NAME, *(path.rpartition("/")[2] for path in pictures)})
        names |= {f"{STEMS[episode.edition]}.mp3" for episode in self._episodes(issue)}
        days = self.archive.issue_days(issue.language)
        around = _neighbours(issue.day, days)
        beside = [self.archive.issue(day, issue.language) for day in around if day is not None]
        artifacts = [
            *(artifact for artifact in pictures.values() if artifact is not None),
            *self._book(issue, stats, pictures),
            Artifact(f"{issue.day}/issue.md", render_markdown(issue, self.edition, names).encode()),
            Artifact(f"{issue.day}/issue.json", render_json(issue)),
            *([Artifact(f"{issue.day}/stats.json", render_json(stats))] if stats else []),
            self._page(issue, stats, names, days),
            *(self._page_beside(each, days) for each in beside if each is not None),
            Artifact("index.html", self._index(issue.language).encode()),
            Artifact("stats.json", self._totals(issue.language)),
            Artifact("assets/ribao.css", stylesheet()),
            Artifact("assets/player.js", script()),
        ]
        publish(self.folder, artifacts)
        self._note(issue, stats, pictures, complete=not problems)
        return problems

    # ── pictures ─────────────────────────────────────────────────────────────────────────────

    def _pictures(
        self, issue: Issue, stats: Statistics | None
    ) -> tuple[dict[str, Artifact | None], list[str]]:
        """Return each picture's path with what is to be written, None where it is there already."""
        if stats is None or self.workshop is None or not can_illustrate():
            return {}, []
        known = self.archive.renderings(issue, self._inputs(issue, stats))
        if known and all(_digest_of(self.folder / path) == known[path] for path in known):
            return dict.fromkeys(known), []
        made, problems = self.workshop.illustrate(issue, stats, self.edition)
        return {artifact.path: artifact for artifact in made}, problems

    def _book(
        self, issue: Issue, stats: Statistics | None, pictures: dict[str, Artifact | None]
    ) -> list[Artifact]:
        """Return the issue as a book with its pictures; nothing where that is there already."""
        path = f"{issue.day}/{epub.NAME}"
        shown = {}
        for name in epub.PICTURES:
            place = f"{issue.day}/{name}"
            if place in pictures:
                made = pictures[place]
                shown[name] = made.body if made else (self.folder / place).read_bytes()
        # Its own inputs: a book alone must not pass for pictures that were drawn.
        parts = [self._inputs(issue, stats), *map(_digest, shown.values()), epub.NAME]
        inputs = _digest("\n".join(parts).encode())
        known = self.archive.renderings(issue, inputs).get(path)
        if known is not None and known == _digest_of(self.folder / path):
            return []
        book = Artifact(path, epub.render_epub(issue, stats, self.edition, shown))
        self.archive.keep_rendering(issue, path, inputs, _digest(book.body))
        return [book]

    def _note(
        self,
        issue: Issue,
        stats: Statistics | None,
        pictures: dict[str, Artifact | None],
        *,
        complete: bool,
    ) -> None:
        if stats is None:
            return
        # With one missing all are made again next time: the inputs are not what was asked for.
        inputs = self._inputs(issue, stats) if complete else f"{_shown(issue, stats)} incomplete"
        for path, artifact in pictures.items():
            if artifact is not None:
                self.archive.keep_rendering(issue, path, inputs, _digest(artifact.body))

    def _inputs(self, issue: Issue, stats: Statistics | None) -> str:
        edition = self.edition
        own = [__version__, edition.title, edition.base_url, edition.sample, *edition.texts.items()]
        return f"{_shown(issue, stats)} {_digest(msgspec.json.encode(own))}"

    # ── pages ────────────────────────────────────────────────────────────────────────────────

    def _page(
        self, issue: Issue, stats: Statistics | None, names: frozenset[str], days: Sequence[date]
    ) -> Artifact:
        figures = _figures(stats, self.edition, names) if stats else []
        around = Neighbours(*_neighbours(issue.day, days))
        episodes = self._episodes(issue)
        html = render_issue(issue, self._edition(), around, stats, figures, names, episodes)
        return Artifact(f"{issue.day}/index.html", html.encode())

    def _page_beside(self, issue: Issue, days: Sequence[date]) -> Artifact:
        """Return the page of an issue that is there already: only its links can have changed."""
        stats = self.archive.statistics(issue)
        place = self.folder / str(issue.day)
        # Whatever the edition is called by now, and whichever version of ours drew them.
        known = self.archive.renderings(issue, _shown(issue, stats)) if stats else {}
        names = (epub.NAME, *(path.rpartition("/")[2] for path in known))
        return self._page(issue, stats, frozenset(n for n in names if (place / n).exists()), days)

    def _episodes(self, issue: Issue) -> list[Episode]:
        """Return the issue's spoken editions whose sound is there."""
        kept = [each.episode for each in self.archive.episodes(issue.language, issue.day)]
        place = self.folder / str(issue.day)
        return [each for each in kept if (place / f"{STEMS[each.edition]}.mp3").is_file()]

    def _edition(self) -> Edition:
        """Return the edition as pages show it: with a podcast where its feed is there."""
        return replace(self.edition, podcast=(self.folder / FEEDS["full"]).is_file())

    def _totals(self, language: str) -> bytes:
        return render_json(self.archive.totals(language, self.edition.areas))

    def _index(self, language: str) -> str:
        return render_index(self.archive.entries(language), self._edition())


def _figures(stats: Statistics, edition: Edition, names: frozenset[str]) -> list[Figure]:
    """Return the figures of the page: what is drawn, in words, and as a table."""
    found = []
    if "wordcloud.svg" in names:
        words = cloud.alternative_text(stats.phrases, edition)
        found.append(Figure("wordcloud", edition.texts["picture.cloud"], words))
    for draw in (charts.trend, charts.area_shares, charts.rising):
        chart = draw(stats, edition)
        if chart is not None and f"{chart.name}.svg" in names:
            rows = chart.table.header, chart.table.rows
            note = edition.texts["page.rising_note"] if chart.name == "rising" else ""
            found.append(Figure(chart.name, chart.title, chart.description, *rows, note))
    return found


def _shown(issue: Issue, stats: Statistics | None) -> str:
    """Return the digest of what the pictures of an issue's revision show."""
    return _digest(b"\n".join(msgspec.json.encode(part) for part in (issue, stats)))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _digest_of(path: Path) -> str | None:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None


def _neighbours(day: date, days: Sequence[date]) -> tuple[date | None, date | None]:
    before = [other for other in days if other < day]
    after = [other for other in days if other > day]
    return (before[-1] if before else None), (after[0] if after else None)
