"""How the last days stand: fresh, waiting, quiet or failed, and why. Read from the archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from ribao.archive import Archive
from ribao.plan import MENDED
from ribao.types import IssuePaper, Look

Ending = Literal["flagged", "missing", "mended", "noted"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a check found in a paper's text, and how it ended."""

    paper: str
    check: str
    ended: Ending
    message: str


@dataclass(frozen=True, slots=True)
class DayStatus:
    """One day as it stands. ``mended`` counts the papers whose errors are gone."""

    day: date
    state: str
    reason: str
    revision: int | None = None
    papers: int = 0
    late: int = 0
    flagged: int = 0
    missing: int = 0
    drafts: int = 0
    mended: int = 0
    doubts: tuple[Doubt, ...] = ()
    language: str = ""


def last_days(archive: Archive, language: str, today: date, count: int) -> list[DayStatus]:
    """Return the last ``count`` days, newest first."""
    days = [today - timedelta(days=back) for back in range(count)]
    return [replace(_status(archive, language, day, today), language=language) for day in days]


def _status(archive: Archive, language: str, day: date, today: date) -> DayStatus:
    look = archive.last_look(day)
    issue = archive.issue(day, language)
    if issue is None:
        return DayStatus(day, *_without_issue(day, today, look))
    failed = look is not None and look.outcome == "failed"
    status = [paper.translation.status for paper in issue.papers]
    doubts = tuple(doubt for paper in issue.papers for doubt in _doubts(paper))
    return DayStatus(
        day=day,
        state="failed" if failed else "fresh",
        reason=f"the last look failed, the issue stands: {look.message}" if failed and look else "",
        revision=issue.revision,
        papers=len(issue.papers),
        late=sum(paper.late for paper in issue.papers),
        flagged=status.count("flagged"),
        missing=status.count("missing"),
        drafts=sum(paper.translation.draft for paper in issue.papers),
        mended=len({doubt.paper for doubt in doubts if doubt.ended == "mended"}),
        doubts=doubts,
    )


def _doubts(paper: IssuePaper) -> Iterator[Doubt]:
    status = paper.translation.status
    for finding in paper.translation.findings:
        ended: Ending = "mended" if finding.kind == MENDED else "noted"
        if finding.severity == "error":
            ended = "missing" if status == "missing" else "flagged"
        yield Doubt(paper.id, finding.check, ended, finding.message)


def _without_issue(day: date, today: date, look: Look | None) -> tuple[str, str]:
    saturday = 5
    if look is None:
        if day.weekday() >= saturday:
            return "quiet", "a weekend; not looked at"
        return "waiting", f"not looked at yet; ribao run {day}"
    if look.outcome == "failed":
        return "failed", f"{look.message} (since {look.looked_at:%Y-%m-%d %H:%M} UTC)"
    if look.outcome == "listed":
        return "failed", f"{look.papers} papers were listed, but no issue was made; ribao run {day}"
    return ("waiting" if look.outcome == "waiting" and day >= today else "quiet"), look.message
