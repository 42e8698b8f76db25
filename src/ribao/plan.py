"""What is left to ask, and what the replies that are there come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ribao import checks
from ribao.errors import BadReplyError, StepError
from ribao.leftovers import clean
from ribao.repair import repair
from ribao.translate import make_request, read_reply
from ribao.types import Draft, Finding, Paper, Reply, Request, Translation

REFUSALS = frozenset({"refused", "content_filter"})


@dataclass(frozen=True, slots=True)
class Rules:
    """How an edition asks: its language and words, how often, and since when replies count."""

    language: str
    texts: Mapping[str, str]
    prompt: str
    model: str
    mends: int
    renew_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One reply, read and checked; ``draft`` is None where it says nothing that can be used."""

    reply: Reply
    draft: Draft | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many of the findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def printable(self) -> bool:
        """Whether the text may be shown at all, be it with a mark."""
        return self.draft is not None and not any(map(checks.is_fatal, self.findings))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a paper is printed with: its texts (the original's where there are none) and why."""

    draft: Draft
    translation: Translation


def make_plan(
    papers: Iterable[Paper], replies: Mapping[str, Sequence[Reply]], rules: Rules
) -> tuple[Request, ...]:
    """Return what is to be asked now: at most one question a paper.

    A paper with a faultless reply is not asked again, nor one that was asked as often as the
    rules allow, nor one that this very model has refused.
    """
    asked = (next_request(paper, replies.get(paper.id, ()), rules) for paper in papers)
    return tuple(request for request in asked if request is not None)


def next_request(paper: Paper, replies: Sequence[Reply], rules: Rules) -> Request | None:
    """Return the next question for ``paper``, or None where it is done."""
    if rules.renew_since is not None:
        replies = [reply for reply in replies if reply.asked_at >= rules.renew_since]
    if any(reply.finish in REFUSALS and reply.model == rules.model for reply in replies):
        return None
    # Another model's refusal was no answer; it does not use up a try of this one.
    answers = [reply for reply in replies if reply.finish not in REFUSALS]
    if len(answers) > rules.mends:
        return None
    last: Reading | None = None
    for reply in answers:
        last = read(paper, reply, rules.language)
        if last.errors == 0:
            return None
    return make_request(
        paper,
        rules.texts,
        language=rules.language,
        prompt=rules.prompt,
        previous=last.reply if last else None,
        findings=[f for f in last.findings if f.severity == "error"] if last else (),
    )


def read(paper: Paper, reply: Reply, language: str) -> Reading:
    """Read and check one reply as it is."""
    try:
        draft = read_reply(reply)
    except BadReplyError as error:
        return Reading(reply, None, (Finding("reply", "error", error.message),))
    return Reading(reply, draft, _check(paper, draft, language))


def rescue(paper: Paper, reply: Reply, language: str) -> Reading:
    """Read one reply leniently, and mend mechanically what can be mended for certain."""
    try:
        draft = read_reply(reply, lenient=True)
    except BadReplyError as error:
        return Reading(reply, None, (Finding("reply", "error", error.message),))
    draft = clean(draft, repair(paper.title), repair(paper.abstract))
    whole = Reading(reply, draft, _check(paper, draft, language))
    if not whole.errors or draft.gist is None:
        return whole
    # A gist that says too much is left out; title and abstract may be faultless without it.
    draft = replace(draft, gist=None)
    short = Reading(reply, draft, _check(paper, draft, language))
    return short if short.errors < whole.errors else whole


def settle(
    paper: Paper, replies: Sequence[Reply], language: str, failure: StepError | None = None
) -> Verdict:
    """Return what ``paper`` is printed with, from the replies that are there.

    The newest faultless reply wins; then the newest that is faultless once mended; then the one
    with the fewest errors, flagged. Where nothing may be printed the original is, as missing,
    with the reason: ``failure`` (why it could not be asked now) or what was wrong with the last.
    """
    answers = [reply for reply in reversed(replies) if reply.finish not in REFUSALS]
    for reading in (read(paper, reply, language) for reply in answers):
        if reading.draft is not None and reading.errors == 0:
            return _printed(reading)
    rescued = [rescue(paper, reply, language) for reply in answers]
    printable = [reading for reading in rescued if reading.printable]
    if printable:
        return _printed(min(printable, key=lambda reading: reading.errors))
    return _missing(paper, _reasons(rescued, replies, failure))


def original(paper: Paper) -> Verdict:
    """Return ``paper`` as it is, for an edition in the source's own language."""
    return Verdict(Draft(paper.title, paper.abstract, None), Translation("original"))


def _check(paper: Paper, draft: Draft, language: str) -> tuple[Finding, ...]:
    """Hold a text against the source as the engine was given it."""
    original = repair(paper.title), repair(paper.abstract)
    return checks.check(checks.Pair(*original, draft, language))


def _printed(reading: Reading) -> Verdict:
    assert reading.draft is not None  # noqa: S101 - for the type checker; both callers made sure
    reply = reading.reply
    return Verdict(
        reading.draft,
        Translation(
            status="flagged" if reading.errors else "ok",
            engine=reply.engine,
            model=reply.model,
            prompt=reply.prompt,
            translated_at=reply.asked_at,
            findings=reading.findings,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
        ),
    )


def _reasons(
    rescued: Sequence[Reading], replies: Sequence[Reply], failure: StepError | None
) -> tuple[Finding, ...]:
    if failure is not None:
        return (Finding("engine", "error", failure.message),)
    if rescued:
        return tuple(f for f in rescued[0].findings if f.severity == "error")
    if replies:
        last = replies[-1]
        return (Finding("engine", "error", f"{last.model} refused: {last.text[:200]}"),)
    return (Finding("engine", "error", "has not been asked yet"),)


def _missing(paper: Paper, reasons: tuple[Finding, ...]) -> Verdict:
    draft = Draft(paper.title, paper.abstract, None)
    return Verdict(draft, Translation("missing", findings=reasons))
