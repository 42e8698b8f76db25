"""How a day stands against its past: heat, what rises and fades, the phrases that are its own.

Pure. Everything is measured from the days before; a later day changes nothing. The formulas and
where they come from are in docs/statistics.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict

from ribao.phrases import Phrases, phrases_of_day
from ribao.statistics import (
    AreaHeat,
    DayCount,
    Movement,
    Organization,
    PaperTopics,
    Phrase,
    Statistics,
    TopicEvidence,
)
from ribao.topics import Areas, evidence_of, topics_of
from ribao.types import Paper

# The past of lifts and weights: so many issues, and not fewer than that many.
ISSUES = 30
LEAST_ISSUES = 5
# One paper is never hot.
LEAST_PAPERS = 2
# So much of the expected is added to what is seen and to what was expected.
PRIOR = 1.0

WEEKS = 8
# What moves needs so many of these weeks with papers, so many papers of its own in all, so many of
# them in the last two weeks (rising) or in those before (fading), and so strong a score.
LEAST_WEEKS = 4
SUPPORT = 10
RECENT_WEEKS = 2
RECENT_SUPPORT = 3
BURST = 2.33
MOST_MOVEMENTS = 6

MOST_PHRASES = 60
# A phrase of the day is at most so many times as much worth as a usual one, and at least.
MOST_WEIGHT = 4.0
LEAST_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class PaperWords:
    """A paper of the past, reduced to what is counted."""

    topics: tuple[str, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayPapers:
    """A day of the past and its papers. ``reduce_day`` makes it."""

    day: date
    papers: tuple[PaperWords, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """In how many papers of some days each area or phrase stood. ``tally`` makes it."""

    issues: int
    papers: int
    areas: Counter[str]
    phrases: Counter[str]


def reduce_day(day: date, papers: Sequence[Paper], areas: Areas, phrases: Phrases) -> DayPapers:
    """A day's papers, reduced to their areas and phrases: what the archive should keep of them."""
    topics = [topics_of(paper.title, paper.abstract, paper.keywords, areas) for paper in papers]
    return reduce_decided(day, papers, topics, phrases)


def reduce_decided(
    day: date, papers: Sequence[Paper], topics: Sequence[tuple[str, ...]], phrases: Phrases
) -> DayPapers:
    """The same where each paper's areas are known already."""
    said = phrases_of_day(papers, phrases)
    return DayPapers(day, tuple(PaperWords(*both) for both in zip(topics, said, strict=True)))


def measure(
    today: date,
    papers: Sequence[Paper],
    past: Sequence[DayPapers],
    areas: Areas,
    phrases: Phrases,
    *,
    language: str,
    revision: int,
) -> Statistics:
    """The day in numbers. Of ``past`` only the days before ``today`` that had papers count."""
    before = sorted((day for day in past if day.day < today and day.papers), key=lambda d: d.day)
    decided = [_decided(paper, areas) for paper in papers]
    topics = [tuple(topic.slug for topic in paper.topics) for paper in decided]
    reduced, recent = reduce_decided(today, papers, topics, phrases), tally(before[-ISSUES:])
    weeks = _weeks(today, [*before, reduced])
    trend = tuple(DayCount(d.day, len(d.papers)) for d in [*before[1 - ISSUES :], reduced])
    return Statistics(
        day=today,
        language=language,
        revision=revision,
        count=len(papers),
        with_code=sum(paper.links.code is not None for paper in papers),
        upvotes=sum(paper.upvotes or 0 for paper in papers),
        trend=trend,
        mean=_mean([day.count for day in trend[:-1]]),
        areas=_areas(reduced, recent, weeks, areas, language),
        **_moved(weeks, areas, phrases, language),
        organizations=_organizations(papers),
        phrases=weigh_phrases(papers, reduced, recent, phrases, language, areas),
        papers=tuple(decided),
    )


def _decided(paper: Paper, areas: Areas) -> PaperTopics:
    """The areas of a paper of the day, with the words that decided."""
    found = evidence_of(paper.title, paper.abstract, paper.keywords, areas)
    return PaperTopics(paper.id, tuple(TopicEvidence(each.slug, each.words) for each in found))


def hot_areas(areas: Iterable[AreaHeat], most: int = MOST_MOVEMENTS) -> tuple[AreaHeat, ...]:
    """The first areas of ``Statistics.areas`` that more than one paper of the day belongs to."""
    return tuple(area for area in areas if area.count >= LEAST_PAPERS)[:most]


def _mean(counts: Sequence[int]) -> float | None:
    return round(sum(counts) / len(counts), 2) if counts else None


def tally(days: Sequence[DayPapers]) -> Tally:
    """Count the areas and phrases of all papers of these days."""
    found = [paper for day in days for paper in day.papers]
    return Tally(
        len(days),
        len(found),
        Counter(slug for paper in found for slug in paper.topics),
        Counter(word for paper in found for word in paper.phrases),
    )


def lift_of(count: int, papers: int, before: int, past: Tally) -> float | None:
    """How many times as often as expected from the past; None where the past is too short."""
    if past.issues < LEAST_ISSUES:
        return None
    expected = papers * before / past.papers
    return (count + PRIOR) / (expected + PRIOR)


def heat_of(count: int, lift: float | None) -> float:
    """What ranks an area: the mean, by multiplying, of its papers and of its papers times lift."""
    return count * math.sqrt(lift if lift is not None else 1.0)


# ── areas ─────────────────────────────────────────────────────────────────────────────────────


def _areas(
    today: DayPapers,
    past: Tally,
    weeks: Sequence[Sequence[PaperWords]],
    areas: Areas,
    language: str,
) -> tuple[AreaHeat, ...]:
    """Every area of the day or of its last weeks, the hottest first; none today come last."""
    counts = Counter(slug for paper in today.papers for slug in paper.topics)
    by_week = [Counter(slug for paper in week for slug in paper.topics) for week in weeks]
    found = []
    for area in areas:
        count = counts[area.slug]
        shares = tuple(
            round(seen[area.slug] / len(week), 4) if week else None
            for seen, week in zip(by_week, weeks, strict=True)
        )
        if count or any(shares):
            lift = lift_of(count, len(today.papers), past.areas[area.slug], past)
            heat = AreaHeat(
                area.slug,
                areas.name(area.slug, language),
                area.family,
                count,
                None if lift is None else round(lift, 2),
                shares,
            )
            found.append((count < LEAST_PAPERS, -heat_of(count, lift), -count, area.slug, heat))
    return tuple(entry[-1] for entry in sorted(found, key=lambda entry: entry[:-1]))


# ── what rises and fades ──────────────────────────────────────────────────────────────────────


def _weeks(today: date, days: Iterable[DayPapers]) -> list[list[PaperWords]]:
    """The papers of the last weeks, oldest first; each has seven days, the last ends today.

    Not calendar weeks: on a Monday the last of those would be one day beside seven whole weeks.
    """
    first = today - timedelta(weeks=WEEKS) + timedelta(days=1)
    weeks: list[list[PaperWords]] = [[] for _ in range(WEEKS)]
    for day in days:
        place = (day.day - first).days // 7
        if 0 <= place < WEEKS:
            weeks[place].extend(day.papers)
    return weeks


class _Moved(TypedDict):
    rising_areas: tuple[Movement, ...]
    fading_areas: tuple[Movement, ...]
    rising_phrases: tuple[Movement, ...]
    fading_phrases: tuple[Movement, ...]


def _moved(
    weeks: Sequence[Sequence[PaperWords]], areas: Areas, phrases: Phrases, language: str
) -> _Moved:
    """The areas and the phrases that moved most."""
    by_area = _movements(
        weeks, lambda paper: paper.topics, lambda slug: (areas.name(slug, language), slug)
    )
    by_phrase = _movements(
        weeks, lambda paper: paper.phrases, lambda word: (phrases.shown(word, language), None)
    )
    return _Moved(
        rising_areas=_best(by_area, rising=True),
        fading_areas=_best(by_area, rising=False),
        rising_phrases=_best(by_phrase, rising=True),
        fading_phrases=_best(by_phrase, rising=False),
    )


def _movements(
    weeks: Sequence[Sequence[PaperWords]],
    words_of: Callable[[PaperWords], Iterable[str]],
    name_of: Callable[[str], tuple[str, str | None]],
) -> list[Movement]:
    """All that is said often enough to be judged, with its burst."""
    sizes = [len(week) for week in weeks]
    if sum(map(bool, sizes)) < LEAST_WEEKS:
        return []
    counts = [Counter(word for paper in week for word in words_of(paper)) for week in weeks]
    found = []
    for word in sorted(set().union(*counts)):
        seen = tuple(week[word] for week in counts)
        if sum(seen) >= SUPPORT:
            found.append(Movement(*name_of(word), seen, burst_of(seen, sizes)))
    return found


def burst_of(seen: Sequence[int], sizes: Sequence[int]) -> float:
    """How surely the share of papers climbs from week to week, in standard deviations.

    The test for a trend in proportions of Cochran (1954) and Armitage (1955).
    """
    papers = sum(sizes)
    share = sum(seen) / papers
    centre = sum(week * size for week, size in enumerate(sizes)) / papers
    excess = [hits - size * share for hits, size in zip(seen, sizes, strict=True)]
    pull = sum((week - centre) * more for week, more in enumerate(excess))
    spread = sum(size * (week - centre) ** 2 for week, size in enumerate(sizes))
    variance = share * (1 - share) * spread
    return round(pull / math.sqrt(variance), 2) if variance > 0 else 0.0


def _best(found: Iterable[Movement], *, rising: bool) -> tuple[Movement, ...]:
    """The strongest that rise, or that fade."""
    sign = 1 if rising else -1
    ranked = sorted(found, key=lambda moved: (-sign * moved.burst, moved.name))
    return tuple(
        moved
        for moved in ranked
        if sign * moved.burst >= BURST
        and sum(moved.weeks[-RECENT_WEEKS:] if rising else moved.weeks[:-RECENT_WEEKS])
        >= RECENT_SUPPORT
    )[:MOST_MOVEMENTS]


# ── phrases and organisations of the day ──────────────────────────────────────────────────────


def weigh_phrases(
    papers: Sequence[Paper],
    today: DayPapers,
    past: Tally,
    phrases: Phrases,
    language: str,
    areas: Areas,
) -> tuple[Phrase, ...]:
    """The phrases of the day by weight: how many papers, times how much more than usual."""
    ids: dict[str, list[int]] = {}
    for place, paper in enumerate(today.papers):
        for word in paper.phrases:
            ids.setdefault(word, []).append(place)
    families = {area.slug: area.family for area in areas}
    found = []
    for word, places in ids.items():
        lift = lift_of(len(places), len(papers), past.phrases[word], past)
        family = phrases.family(word) or _family([today.papers[p] for p in places], families)
        shown = phrases.shown(word, language)
        weight = round(_weight(len(places), lift), 2)
        found.append(Phrase(shown, weight, family, tuple(papers[p].id for p in places)))
    return tuple(sorted(found, key=lambda f: (-f.weight, -len(f.papers), f.word)))[:MOST_PHRASES]


def _weight(count: int, lift: float | None) -> float:
    if lift is None:
        return float(count)
    return count * min(MOST_WEIGHT, max(LEAST_WEIGHT, 1 + 2 * math.log2(lift)))


def _family(papers: Iterable[PaperWords], families: Mapping[str, str]) -> str | None:
    """The family that most of a name's papers belong to by their first area."""
    counts = Counter(families[paper.topics[0]] for paper in papers if paper.topics)
    return min(counts, key=lambda family: (-counts[family], family)) if counts else None


def _organizations(papers: Iterable[Paper]) -> tuple[Organization, ...]:
    counts = Counter(paper.organization for paper in papers if paper.organization)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Organization(name, count) for name, count in ranked)
