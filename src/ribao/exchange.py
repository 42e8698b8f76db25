"""Papers in and out of the archive: saved answers are read, everything is given out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from ribao.app import Asked, Clock, finish_of, load_areas, now, rules_of
from ribao.archive import Archive, hold
from ribao.config import Settings
from ribao.editions import editions_of
from ribao.errors import BadPayloadError
from ribao.issue import print_unpublished
from ribao.pipeline import SOURCE_LANGUAGE
from ribao.plan import original, settle
from ribao.seams import Progress
from ribao.sources.saved import find_files, read_saved
from ribao.types import IssuePaper, Paper


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import."""

    files: int = 0
    days: int = 0
    papers: int = 0
    new_papers: int = 0
    skipped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def import_files(
    settings: Settings,
    paths: Sequence[Path],
    progress: Progress,
    wait: float = 60.0,
    clock: Clock = now,
) -> ImportReport:
    """Read saved answers into the archive: all that can be read, in one transaction."""
    found = list(find_files(paths))
    skipped = [
        f"{path}: holds no *.json file"
        for path in paths
        if path.is_dir() and not list(find_files([path]))
    ]
    problems: list[str] = []
    days: set[date] = set()
    papers = new = read = 0
    with (
        hold(
            settings.archive.path, "import", wait=wait, clock=clock, tell=progress.tell
        ) as archive,
        archive.transaction(),
    ):
        progress.step("import", len(found))
        for path in found:
            progress.advance()
            try:
                page, listed, bad = read_saved(path, clock())
            except BadPayloadError as error:
                skipped.append(f"{error.subject}: {error.message}")
                continue
            # What is known already may be newer than what somebody saved: it stays.
            archive.keep_page(page)
            new += archive.keep_papers(page.day, _without_doubles(listed), clock(), refresh=False)
            papers += len(listed)
            problems += bad
            days.add(page.day)
            read += 1
        report = ImportReport(read, len(days), papers, new, tuple(skipped), tuple(problems))
        code = 3 if skipped or problems else 0
        archive.end_run(code, msgspec.json.encode(report).decode(), clock())
    return report


def _without_doubles(papers: Sequence[Paper]) -> list[Paper]:
    return list({paper.id: paper for paper in papers}.values())


def export(settings: Settings, wait: float = 60.0) -> Iterator[tuple[date, IssuePaper]]:
    """Yield every paper of the archive with its day: as published, else as it would be."""
    settings = editions_of(settings)[0].settings
    language, rules = settings.language, rules_of(settings, Asked(), now)
    finish = finish_of(language)
    with Archive.open(settings.archive.path, wait=wait, read_only=True) as archive:
        for day in archive.listed_days():
            issue = archive.issue(day, language)
            printed = {paper.id: paper for paper in issue.papers} if issue else {}
            for number, paper in enumerate(archive.papers(day), 1):
                if paper.id in printed:
                    yield day, printed[paper.id]
                elif language == SOURCE_LANGUAGE:
                    yield day, print_unpublished(paper, number, original(paper), load_areas())
                else:
                    verdict = settle(paper, archive.replies(paper, rules.language), rules)
                    finished = verdict.finished(finish)
                    yield day, print_unpublished(paper, number, finished, load_areas())
