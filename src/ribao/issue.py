"""Compose a day's issue from its papers and what they are printed with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ribao.plan import Verdict
from ribao.statistics import Statistics
from ribao.stats import summarize
from ribao.topics import Areas, topics_of
from ribao.types import Issue, IssuePaper, Paper


@dataclass(frozen=True, slots=True)
class Past:
    """What was published of this day before: nothing, or its first and its newest revision."""

    first: Issue | None = None
    last: Issue | None = None


def compose(
    day: date,
    language: str,
    papers: Sequence[Paper],
    verdicts: Mapping[str, Verdict],
    areas: Areas,
    past: Past,
    now: datetime,
    measure: Callable[[int], Statistics],
) -> tuple[Issue, Statistics | None]:
    """Return the issue of ``day`` with its numbers; the newest revision where nothing changed.

    A revision is due when papers join or leave, or a text or its mark changes. Votes alone are
    none, so an issue keeps the votes of its revision's moment. ``measure`` gives the numbers of a
    revision; it is asked only where there is a new one, and without one there are none to keep.
    """
    on_time = {paper.id for paper in past.first.papers} if past.first else None
    printed = tuple(
        _print(paper, number, verdicts[paper.id], areas, on_time)
        for number, paper in enumerate(papers, 1)
    )
    if past.last and _shown(past.last.papers) == _shown(printed):
        return past.last, None
    revision = past.last.revision + 1 if past.last else 1
    statistics = measure(revision)
    issue = Issue(
        day=day,
        language=language,
        revision=revision,
        generated_at=now,
        source=papers[0].source if papers else "huggingface",
        papers=printed,
        stats=summarize(statistics),
    )
    return issue, statistics


def print_unpublished(paper: Paper, number: int, verdict: Verdict, areas: Areas) -> IssuePaper:
    """Return ``paper`` in an issue's form though no issue holds it (for ``ribao export``)."""
    return _print(paper, number, verdict, areas, None)


def _print(
    paper: Paper,
    number: int,
    verdict: Verdict,
    areas: Areas,
    on_time: set[str] | None,
) -> IssuePaper:
    return IssuePaper(
        id=paper.id,
        position=number,
        title=verdict.draft.title,
        original_title=paper.title,
        gist=verdict.draft.gist,
        abstract=verdict.draft.abstract,
        original_abstract=paper.abstract,
        authors=paper.authors,
        published_at=paper.published_at,
        upvotes=paper.upvotes,
        topics=topics_of(paper.title, paper.abstract, paper.keywords, areas),
        keywords=paper.keywords,
        late=on_time is not None and paper.id not in on_time,
        withdrawn=False,
        links=paper.links,
        translation=verdict.translation,
    )


def _shown(papers: Sequence[IssuePaper]) -> list[tuple[object, ...]]:
    """What a revision is about: everything in it that a reader would call a change of the text."""
    return [
        (
            paper.id,
            paper.title,
            paper.gist,
            paper.abstract,
            paper.original_title,
            paper.original_abstract,
            paper.withdrawn,
            paper.translation.status,
            paper.translation.draft,
        )
        for paper in papers
    ]
