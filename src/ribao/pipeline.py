"""One day's steps in order, against the seams only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal, Protocol

from ribao.asking import (
    Failures,
    Translator,
    one_failure,
    passed_on,
    plan_for,
    replies_to,
    translate,
)
from ribao.batches import Text
from ribao.errors import NotPublishedError, StepError
from ribao.issue import Past, compose
from ribao.listing import digest_of, read_listing
from ribao.money import Budget
from ribao.movement import DayPapers, measure, reduce_day
from ribao.phrases import Phrases
from ribao.plan import Rules, Verdict, original, settle, to_renew
from ribao.report import DayReport, Trouble
from ribao.seams import Progress, Source
from ribao.statistics import Statistics
from ribao.topics import Areas
from ribao.types import Draft, Issue, Look, Outcome, Paper, RawPage, Reply, Translation

SOURCE_LANGUAGE = "en"
# Eight weeks of issues, with room for a day more.
PAST_DAYS = 45


class Keeper(Protocol):
    """What the conductor asks of the archive."""

    def keep_page(self, page: RawPage) -> bool:
        """Keep a raw answer."""

    def keep_papers(self, day: date, papers: Sequence[Paper], seen_at: datetime) -> int:
        """Keep a day's papers; return how many are new."""

    def papers(self, day: date) -> tuple[Paper, ...]:
        """Return a day's papers in their places."""

    def keep_reply(self, reply: Reply) -> None:
        """Keep a reply at once."""

    def replies(self, paper: Paper, language: str) -> tuple[Reply, ...]:
        """Return the replies to a paper's text."""

    def issue(self, day: date, language: str) -> Issue | None:
        """Return an issue's newest revision."""

    def first_issue(self, day: date, language: str) -> Issue | None:
        """Return an issue's first revision."""

    def keep_issue(self, issue: Issue, statistics: Statistics | None = None) -> None:
        """Keep a revision and its numbers, both or neither."""

    def papers_before(self, day: date, days: int) -> list[tuple[date, tuple[Paper, ...]]]:
        """Return the last days before ``day`` that had papers."""

    def keep_look(self, look: Look) -> None:
        """Note that a day's list was looked at."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a day is made with. Without translators nothing is asked; ``dry`` writes nothing.

    ``language`` is the edition's; the rules' is the one that is asked for, and ``finish`` makes the
    former of the latter (traditional characters of simplified ones). What is ``held`` is not asked
    for: its question is under way.
    """

    source: Source
    translators: Sequence[Translator]
    archive: Keeper
    rules: Rules
    language: str
    areas: Areas
    phrases: Phrases
    clock: Callable[[], datetime]
    today: date
    progress: Progress
    publish: Callable[[Issue], tuple[Sequence[str], Sequence[str]]]
    begin: Callable[[Callable[[], Statistics]], None] = lambda _: None
    relink: Callable[[date], None] = lambda _: None
    finish: Callable[[Draft], Draft] = lambda draft: draft
    budget: Budget | None = None
    dry: bool = False
    held: Mapping[Text, StepError] = field(default_factory=dict)
    reduced: dict[tuple[date, int], DayPapers] = field(default_factory=dict)


def run_day(day: date, parts: Parts) -> DayReport:
    """Take one day from the source's list to the finished issue, and say what came of it.

    Raises only what concerns every day alike (the archive); what concerns this day is in the
    report.
    """
    try:
        new, problems = collect(day, parts)
    except NotPublishedError as error:
        return _no_list(day, parts, "waiting", error.message)
    except StepError as error:
        _look(parts, day, "failed", 0, str(error))
        return DayReport(day, "failed", str(error), language=parts.language)
    papers = parts.archive.papers(day)
    if not papers and problems:
        _look(parts, day, "failed", 0, problems[0])
        return DayReport(
            day, "failed", problems[0], problems=tuple(problems), language=parts.language
        )
    if not papers:
        return _no_list(day, parts, *_why_empty(day, parts.today))
    _look(parts, day, "listed", len(papers), "")
    if parts.dry:
        return _planned(day, papers, new, problems, parts)
    return replace(_make_issue(day, papers, problems, parts), new=new)


def _make_issue(day: date, papers: Sequence[Paper], problems: list[str], parts: Parts) -> DayReport:
    """Translate, compose and publish; return what came of it."""
    started = parts.clock()
    parts = _renewing(papers, parts)
    held = held_of(papers, parts)
    to_ask = [paper for paper in papers if paper.id not in held]
    if parts.translators and plan_for(to_ask, parts.rules, parts.archive):
        # Only a day that is asked for comes to new pictures; their numbers need no reply.
        parts.begin(lambda: _measured(day, papers, 0, parts))
    asked, failures = translate(
        to_ask, parts.rules, parts.translators, parts.archive, parts.progress, parts.budget
    )
    failures |= {paper_id: {"batch": error} for paper_id, error in held.items()}
    issue, changed = publishable(day, papers, failures, parts)
    problems += _not_renewed(papers, failures, started, parts)
    report = replace(
        describe(issue, failures), asked=asked, problems=tuple(problems),
        notices=tuple(passed_on(failures, parts.translators)),
        state="published" if changed else "unchanged",
    )  # fmt: skip
    try:
        files, undrawn = parts.publish(issue)
    except StepError as error:
        return replace(report, state="failed", message=str(error))
    return replace(report, files=tuple(files), problems=(*problems, *undrawn))


def _not_renewed(
    papers: Sequence[Paper], failures: Failures, started: datetime, parts: Parts
) -> list[str]:
    """Name the papers that keep an older text though another was asked for.

    A faultless draft that stands in for an engine which still cannot be asked is none of them.
    """
    if parts.language == SOURCE_LANGUAGE:
        return []
    since, renewed = parts.rules.renew_since, parts.rules.renewed
    said = []
    for paper in papers:
        renew = since is not None and (renewed is None or paper.id in renewed)
        printed = _verdict(paper, failures.get(paper.id), parts).translation
        if not _is_older(printed, since or started):
            continue
        if paper.id in failures and (renew or printed.status == "flagged"):
            reason = one_failure(failures[paper.id]).message
        elif renew:
            reason = "no new one was better"
        else:
            continue
        said.append(f"{paper.id}: keeps its older text: {reason}")
    return said


def _is_older(printed: Translation, started: datetime) -> bool:
    return printed.translated_at is not None and printed.translated_at < started


def _look(parts: Parts, day: date, outcome: Outcome, papers: int, message: str) -> None:
    look = Look(parts.source.name, day, parts.clock(), outcome, papers, message)
    parts.archive.keep_look(look)


def collect(day: date, parts: Parts) -> tuple[int, list[str]]:
    """Fetch the day's list and keep it; return how many papers are new, and what is no paper."""
    parts.progress.step(f"{day} collect", 1)
    pages = parts.source.fetch(day)
    for page in pages:
        parts.archive.keep_page(page)
    listing = read_listing(pages)
    new = parts.archive.keep_papers(day, listing.papers, parts.clock())
    parts.progress.advance()
    return new, list(listing.problems)


def held_of(papers: Sequence[Paper], parts: Parts) -> dict[str, StepError]:
    """Return the papers whose question is under way, by their id, and what there is to say."""
    language = parts.rules.language
    keys = {paper.id: (paper.source, paper.id, digest_of(paper), language) for paper in papers}
    return {paper_id: parts.held[key] for paper_id, key in keys.items() if key in parts.held}


def _renewing(papers: Sequence[Paper], parts: Parts) -> Parts:
    """Settle which papers ``--renew`` is about: those whose terms changed, or else all."""
    if parts.rules.renew_since is None or not parts.translators:
        return parts
    renewed = to_renew(papers, replies_to(papers, parts.rules, parts.archive), parts.rules)
    if renewed is not None:
        parts.progress.tell(
            f"renews the {len(renewed)} of {len(papers)} papers whose terms have changed; "
            "for all of them run it once more"
        )
    return replace(parts, rules=replace(parts.rules, renewed=renewed))


def publishable(
    day: date, papers: Sequence[Paper], failures: Failures, parts: Parts
) -> tuple[Issue, bool]:
    """Compose the day's issue and keep its revision; return it, and whether it is a new one."""
    language = parts.language
    past = Past(parts.archive.first_issue(day, language), parts.archive.issue(day, language))
    verdicts = {paper.id: _verdict(paper, failures.get(paper.id), parts) for paper in papers}
    issue, statistics = compose(
        day,
        language,
        papers,
        verdicts,
        parts.areas,
        past,
        parts.clock(),
        lambda revision: _measured(day, papers, revision, parts),
    )
    if statistics is not None:
        parts.archive.keep_issue(issue, statistics)
    return issue, statistics is not None


def _measured(day: date, papers: Sequence[Paper], revision: int, parts: Parts) -> Statistics:
    past = [_reduced(*listed, parts) for listed in parts.archive.papers_before(day, PAST_DAYS)]
    return measure(
        day, papers, past, parts.areas, parts.phrases, language=parts.language, revision=revision
    )


def _reduced(day: date, papers: Sequence[Paper], parts: Parts) -> DayPapers:
    """Reduce a day once a run: years of days look back at the same ones again and again."""
    key = (day, len(papers))
    if key not in parts.reduced:
        parts.reduced[key] = reduce_day(day, papers, parts.areas, parts.phrases)
    return parts.reduced[key]


def _verdict(paper: Paper, failures: Mapping[str, StepError] | None, parts: Parts) -> Verdict:
    if parts.language == SOURCE_LANGUAGE:
        return original(paper)
    replies = parts.archive.replies(paper, parts.rules.language)
    verdict = settle(paper, replies, parts.rules, one_failure(failures) if failures else None)
    return verdict.finished(parts.finish)


def describe(issue: Issue, failures: Failures) -> DayReport:
    """Return the report of an issue as it stands: what is late, flagged, missing, and why.

    An issue that has not changed tells of an older failure; ``failures`` are those of now.
    """
    count = {"ok": 0, "flagged": 0, "missing": 0, "original": 0}
    troubles = []
    for paper in issue.papers:
        status = paper.translation.status
        count[status] += 1
        if status in {"flagged", "missing"}:
            errors = [f.message for f in paper.translation.findings if f.severity == "error"]
            if status == "missing" and paper.id in failures:
                errors = [one_failure(failures[paper.id]).message]
            troubles.append(Trouble(paper.id, status, "; ".join(errors)))
    return DayReport(
        day=issue.day,
        state="published",
        message=f"revision {issue.revision}",
        revision=issue.revision,
        papers=len(issue.papers),
        late=sum(paper.late for paper in issue.papers),
        ok=count["ok"] + count["original"],
        flagged=count["flagged"],
        missing=count["missing"],
        drafts=sum(paper.translation.draft for paper in issue.papers),
        language=issue.language,
        troubles=tuple(troubles),
    )


def _planned(
    day: date, papers: Sequence[Paper], new: int, problems: Sequence[str], parts: Parts
) -> DayReport:
    held = held_of(papers, parts)
    to_ask = (
        0
        if parts.language == SOURCE_LANGUAGE
        else len(plan_for([p for p in papers if p.id not in held], parts.rules, parts.archive))
    )
    message = f"would ask for {to_ask} of {len(papers)} papers"
    return DayReport(
        day,
        "planned",
        message,
        papers=len(papers),
        new=new,
        to_ask=to_ask,
        language=parts.language,
        problems=tuple(problems),
    )


def _no_list(
    day: date, parts: Parts, state: Literal["empty", "waiting"], message: str
) -> DayReport:
    _look(parts, day, state, 0, message)
    return DayReport(day, state, message, language=parts.language)


def _why_empty(day: date, today: date) -> tuple[Literal["empty", "waiting"], str]:
    saturday = 5
    if day.weekday() >= saturday:
        return "empty", "no list: it is a weekend"
    if day >= today:
        return "waiting", "no list yet: not out, or a holiday"
    return "empty", "no list: a holiday, or the source has none for this day"
