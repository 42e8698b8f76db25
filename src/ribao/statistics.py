"""What ``stats.json`` holds, field by field: a day in numbers against its past. All frozen.

A past issue keeps the numbers of its day: they are kept in the archive with its revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many papers a day had."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class AreaHeat:
    """An area today and over the last weeks.

    ``lift`` is today's share against the past's, None where it cannot be told; ``shares`` is the
    share of papers (0 to 1) in each of the last eight weeks, oldest first, None for a week without
    any paper.
    """

    slug: str
    name: str
    family: str
    count: int
    lift: float | None
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """An area or a phrase that rises or fades.

    ``weeks`` counts its papers in each of the last eight weeks, oldest first; ``burst`` is the
    score by which it is ranked (positive rises, negative fades).
    """

    name: str
    slug: str | None
    weeks: tuple[int, ...]
    burst: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the day: how much it stands out, its family of areas, and its papers' ids."""

    word: str
    weight: float
    family: str | None
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation and how many of the day's papers it stands behind."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class TopicEvidence:
    """An area of a paper, and the words that decided it as they stand in the source's text."""

    slug: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperTopics:
    """A paper of the day by its id: its areas, the strongest first, each with its evidence."""

    id: str
    topics: tuple[TopicEvidence, ...]


@dataclass(frozen=True, slots=True)
class AreaCount:
    """An area and how many papers of all issues belong to it."""

    slug: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Totals:
    """All issues of an edition in numbers, each by its newest revision."""

    language: str
    issues: int
    papers: int
    with_code: int
    days: tuple[DayCount, ...]
    areas: tuple[AreaCount, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """A day in numbers. ``trend`` ends with this day; ``mean`` is that of the days before it.

    ``papers`` is empty in numbers that were kept before evidence was.
    """

    day: date
    language: str
    revision: int
    count: int
    with_code: int
    upvotes: int
    trend: tuple[DayCount, ...]
    mean: float | None
    areas: tuple[AreaHeat, ...]
    rising_areas: tuple[Movement, ...]
    fading_areas: tuple[Movement, ...]
    rising_phrases: tuple[Movement, ...]
    fading_phrases: tuple[Movement, ...]
    organizations: tuple[Organization, ...]
    phrases: tuple[Phrase, ...]
    papers: tuple[PaperTopics, ...] = ()
