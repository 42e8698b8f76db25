"""A week or a month of issues in one: what mattered, and which areas moved. Pure.

A week is ISO 8601's (Monday to Sunday, ``2026-W02``) and stands against the eight before it, a
month against the three before it. The formulas are those of a day (docs/statistics.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from ribao.errors import UsageError
from ribao.movement import (
    BURST,
    ISSUES,
    LEAST_ISSUES,
    LEAST_PAPERS,
    MOST_MOVEMENTS,
    RECENT_SUPPORT,
    SUPPORT,
    WEEKS,
    DayPapers,
    Tally,
    burst_of,
    heat_of,
    lift_of,
    reduce_decided,
    tally,
    weigh_phrases,
)
from ribao.phrases import Phrases
from ribao.statistics import DayCount, Phrase, Statistics
from ribao.topics import Area, Areas
from ribao.types import Issue, IssuePaper, Links, Paper, Translation

Kind = Literal["week", "month"]
DayState = Literal["issue", "quiet", "unpublished", "unseen"]

MONTHS = 3
TOP = 10
_NAME = re.compile(r"(\d{4})-(?:W(\d{2})|(\d{2}))", re.ASCII)


# ── the time ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Span:
    """A week or a month by its name; ``since`` is the first day of the time that it is held to."""

    name: str
    kind: Kind
    first: date
    last: date
    since: date

    @property
    def days(self) -> Iterator[date]:
        """Its days, oldest first."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


def read_span(name: str) -> Span:
    """Read ``2026-W02`` or ``2026-01``. Raises ``UsageError`` where there is no such time."""
    found = _NAME.fullmatch(name)
    try:
        if found and found[2]:
            return _week(name, int(found[1]), int(found[2]))
        if found:
            return _month(name, int(found[1]), int(found[3]))
    except (ValueError, OverflowError):
        pass  # No such week or month, or one at the calendar's edge.
    raise UsageError(
        f"{name!r} is no week and no month; write a week as 2026-W02 (to W52 or W53), a month as "
        "2026-01"
    )


def whole_week_before(today: date) -> Span:
    """Return the last week that was over before ``today``."""
    year, week, _ = (today - timedelta(weeks=1)).isocalendar()
    return read_span(f"{year:04}-W{week:02}")


def _week(name: str, year: int, week: int) -> Span:
    first = date.fromisocalendar(year, week, 1)
    before = first - timedelta(weeks=WEEKS)
    return Span(name, "week", first, first + timedelta(days=6), before)


def _month(name: str, year: int, month: int) -> Span:
    first = date(year, month, 1)
    before = year * 12 + month - 1 - MONTHS
    after = (first + timedelta(days=31)).replace(day=1)
    since = date(before // 12, before % 12 + 1, 1)
    return Span(name, "month", first, after - timedelta(days=1), since)


# ── what roundup.json holds, field by field ───────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RoundupDay:
    """A day of the round-up's time: with an issue, or without and why."""

    day: date
    state: DayState
    complete: bool
    revision: int | None = None
    papers: int = 0
    flagged: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class RoundupArea:
    """An area in the round-up's time and in the time before it."""

    slug: str
    name: str
    family: str
    count: int
    share: float
    share_before: float | None
    lift: float | None
    burst: float | None


@dataclass(frozen=True, slots=True)
class RoundupPaper:
    """A paper of the round-up, once, as the issue ``day`` has it at ``position``."""

    id: str
    day: date
    position: int
    days: tuple[date, ...]
    title: str
    original_title: str
    gist: str | None
    upvotes: int | None
    topics: tuple[str, ...]
    late: bool
    withdrawn: bool
    links: Links
    translation: Translation


@dataclass(frozen=True, slots=True)
class Roundup:
    """A week or a month of issues in one language."""

    name: str
    kind: Kind
    language: str
    first: date
    last: date
    finished: bool
    generated_at: datetime
    issues: int
    issues_before: int
    mean: float
    mean_before: float | None
    count: int
    with_code: int
    days: tuple[RoundupDay, ...]
    areas: tuple[RoundupArea, ...]
    rising_areas: tuple[str, ...]
    fading_areas: tuple[str, ...]
    top: tuple[str, ...]
    papers: tuple[RoundupPaper, ...]
    trend: tuple[DayCount, ...]
    phrases: tuple[Phrase, ...]


# ── compose ───────────────────────────────────────────────────────────────────────────────────


def compose_roundup(
    span: Span,
    issues: Sequence[Issue],
    before: Sequence[DayPapers],
    gaps: Mapping[date, DayState],
    areas: Areas,
    phrases: Phrases,
    today: date,
) -> Roundup:
    """Return the round-up of ``issues``: one or more, one language, all of the span, oldest first.

    ``before`` are the days with papers from ``span.since`` to the span; ``gaps`` says why a day has
    no issue. Days after ``today`` are left out.
    """
    language = issues[0].language
    printed = _once(issues)
    sources = [_source(issue, paper) for issue, paper in printed]
    now = reduce_decided(span.last, sources, [paper.topics for _, paper in printed], phrases)
    past = tally(before)
    held = _areas(tally([now]), past, areas, language)
    days = tuple(_days(span, issues, gaps, today))
    return Roundup(
        name=span.name,
        kind=span.kind,
        language=language,
        first=span.first,
        last=span.last,
        finished=span.last < today,
        generated_at=max(issue.generated_at for issue in issues),
        issues=len(issues),
        issues_before=past.issues,
        mean=round(sum(len(issue.papers) for issue in issues) / len(issues), 2),
        mean_before=round(past.papers / past.issues, 2) if past.issues else None,
        count=len(printed),
        with_code=sum(paper.links.code is not None for _, paper in printed),
        days=days,
        areas=held,
        rising_areas=_moved(held, past, rising=True),
        fading_areas=_moved(held, past, rising=False),
        top=_top(printed, held),
        papers=tuple(_paper(issue, paper, issues) for issue, paper in printed),
        trend=_trend(span, issues, before),
        phrases=weigh_phrases(sources, now, past, phrases, language, areas),
    )


def reduce_issue(issue: Issue, phrases: Phrases) -> DayPapers:
    """Return an issue's papers reduced to their areas, as it printed them, and their phrases."""
    sources = [_source(issue, paper) for paper in issue.papers]
    return reduce_decided(issue.day, sources, [paper.topics for paper in issue.papers], phrases)


def pictured(roundup: Roundup) -> Statistics:
    """Return what the cloud and the chart are drawn from, in the form of a day's numbers."""
    return Statistics(
        day=roundup.trend[-1].day,
        language=roundup.language,
        revision=0,
        count=roundup.count,
        with_code=roundup.with_code,
        upvotes=0,
        trend=roundup.trend,
        mean=roundup.mean_before,
        areas=(),
        rising_areas=(),
        fading_areas=(),
        rising_phrases=(),
        fading_phrases=(),
        organizations=(),
        phrases=roundup.phrases,
    )


def _once(issues: Sequence[Issue]) -> list[tuple[Issue, IssuePaper]]:
    """Each paper once, where it had most votes (where that is a draw, first), in its place."""
    best: dict[str, tuple[Issue, IssuePaper]] = {}
    for issue in issues:
        for paper in issue.papers:
            if paper.id not in best or _votes(paper) > _votes(best[paper.id][1]):
                best[paper.id] = issue, paper
    return sorted(best.values(), key=lambda found: (found[0].day, found[1].position))


def _votes(paper: IssuePaper) -> int:
    return -1 if paper.upvotes is None else paper.upvotes


def _source(issue: Issue, paper: IssuePaper) -> Paper:
    """The paper as its authors wrote it: phrases are looked for in the original's text."""
    return Paper(
        issue.source,
        paper.id,
        paper.original_title,
        paper.original_abstract,
        keywords=paper.keywords,
    )


def _paper(issue: Issue, paper: IssuePaper, issues: Sequence[Issue]) -> RoundupPaper:
    return RoundupPaper(
        id=paper.id,
        day=issue.day,
        position=paper.position,
        days=tuple(each.day for each in issues if any(p.id == paper.id for p in each.papers)),
        title=paper.title,
        original_title=paper.original_title,
        gist=paper.gist,
        upvotes=paper.upvotes,
        topics=paper.topics,
        late=paper.late,
        withdrawn=paper.withdrawn,
        links=paper.links,
        translation=paper.translation,
    )


def _top(
    printed: Iterable[tuple[Issue, IssuePaper]], areas: Sequence[RoundupArea]
) -> tuple[str, ...]:
    """The papers with most votes; of equal ones that of the hotter area, then the earlier.

    None that was withdrawn: it is not to be recommended.
    """
    heat = {area.slug: place for place, area in enumerate(areas)}

    def key(found: tuple[Issue, IssuePaper]) -> tuple[int, int, date, int]:
        issue, paper = found
        hottest = min((heat.get(slug, len(heat)) for slug in paper.topics), default=len(heat))
        return -_votes(paper), hottest, issue.day, paper.position

    ranked = sorted((found for found in printed if not found[1].withdrawn), key=key)
    return tuple(paper.id for _, paper in ranked[:TOP])


def _days(
    span: Span, issues: Iterable[Issue], gaps: Mapping[date, DayState], today: date
) -> Iterator[RoundupDay]:
    by_day = {issue.day: issue for issue in issues}
    for day in span.days:
        if day in by_day:
            issue = by_day[day]
            status = [paper.translation.status for paper in issue.papers]
            flagged, missing = status.count("flagged"), status.count("missing")
            whole = not flagged and not missing
            count = len(issue.papers)
            yield RoundupDay(day, "issue", whole, issue.revision, count, flagged, missing)
        elif day <= today:
            state = gaps.get(day, "unseen")
            yield RoundupDay(day, state, complete=state == "quiet")


def _trend(
    span: Span, issues: Iterable[Issue], before: Sequence[DayPapers]
) -> tuple[DayCount, ...]:
    """The papers of each day: a month's own; a week's, and of the issues before it."""
    own = [DayCount(issue.day, len(issue.papers)) for issue in issues]
    if span.kind == "month":
        return tuple(own)
    return tuple([*(DayCount(day.day, len(day.papers)) for day in before), *own][-ISSUES:])


# ── areas ─────────────────────────────────────────────────────────────────────────────────────


def _areas(now: Tally, past: Tally, areas: Areas, language: str) -> tuple[RoundupArea, ...]:
    """Every area of this time or of the time before, the hottest first."""
    found = [
        _area(area, areas.name(area.slug, language), now, past)
        for area in areas
        if now.areas[area.slug] or past.areas[area.slug]
    ]

    def key(area: RoundupArea) -> tuple[bool, float, int, str]:
        heat = heat_of(area.count, area.lift)
        return area.count < LEAST_PAPERS, -heat, -area.count, area.slug

    return tuple(sorted(found, key=key))


def _area(area: Area, name: str, now: Tally, past: Tally) -> RoundupArea:
    count, before = now.areas[area.slug], past.areas[area.slug]
    lift = lift_of(count, now.papers, before, past)
    told = past.issues >= LEAST_ISSUES and now.papers > 0
    return RoundupArea(
        slug=area.slug,
        name=name,
        family=area.family,
        count=count,
        share=round(count / now.papers, 4) if now.papers else 0.0,
        share_before=round(before / past.papers, 4) if past.papers else None,
        lift=None if lift is None else round(lift, 2),
        # Of two times the test for a trend is the one for a difference of two proportions.
        burst=burst_of((before, count), (past.papers, now.papers)) if told else None,
    )


def _moved(areas: Iterable[RoundupArea], past: Tally, *, rising: bool) -> tuple[str, ...]:
    """The areas whose share differs most surely from before: those that rose, or that fell."""
    sign = 1 if rising else -1
    found = []
    for area in areas:
        before = past.areas[area.slug]
        support = area.count if rising else before
        enough = support >= RECENT_SUPPORT and area.count + before >= SUPPORT
        if enough and area.burst is not None and sign * area.burst >= BURST:
            found.append((-sign * area.burst, area.slug))
    return tuple(slug for _, slug in sorted(found)[:MOST_MOVEMENTS])
