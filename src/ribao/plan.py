"""What is left to ask, and what the replies that are there come to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from ribao import checks
from ribao.checks.leftovers import clean
from ribao.checks.wording import found
from ribao.difficulty import Route, difficulty
from ribao.errors import BadReplyError, StepError
from ribao.repair import repair
from ribao.terms import Terms, digest, terms_of
from ribao.translate import make_request, read_reply
from ribao.types import Draft, Finding, Paper, Reply, Request, Term, Translation

REFUSALS = frozenset({"refused", "content_filter"})
NO_TERMS = terms_of(())
# The kind of a note that tells how an error ended.
MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Asked:
    """An engine that can be asked: its name in the settings, and its model."""

    name: str
    model: str


@dataclass(frozen=True, slots=True)
class Rules:
    """How an edition asks: its language and words, whom and how often, since when replies count.

    ``language`` is the one that is asked for; ``engines`` are asked first to last. ``renewed`` are
    the papers whose replies count only ``renew_since`` then; None means all of them.
    """

    language: str
    texts: Mapping[str, str]
    prompt: str
    engines: tuple[Asked, ...]
    mends: int
    terms: Terms = NO_TERMS
    route: Route | None = None
    renew_since: datetime | None = None
    renewed: frozenset[str] | None = None


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
    def faultless(self) -> bool:
        """Whether it says all that was asked for, and nothing is wrong with it."""
        return self.draft is not None and self.errors == 0

    @property
    def printable(self) -> bool:
        """Whether the text may be shown at all, be it with a mark."""
        return self.draft is not None and not any(map(checks.is_fatal, self.findings))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a paper is printed with: its texts (the original's where there are none) and why."""

    draft: Draft
    translation: Translation

    def finished(self, finish: Callable[[Draft], Draft]) -> Verdict:
        """The same in the edition's language, where that is made of the one that was asked for."""
        if self.translation.status in {"missing", "original"}:
            return self
        return Verdict(finish(self.draft), self.translation)


# Who could not be asked just now: the names of engines, by the paper's id.
Failed = Mapping[str, Collection[str]]
NOBODY: Failed = {}


def make_plan(
    papers: Iterable[Paper],
    replies: Mapping[str, Sequence[Reply]],
    rules: Rules,
    failed: Failed = NOBODY,
) -> tuple[Request, ...]:
    """Return what is to be asked now: at most one question a paper.

    A paper with a faultless reply is not asked again. Else the first engine is asked that was not
    asked as often as the rules allow, has not refused, and did not fail just now. The draft of a
    small model is good enough only where nobody before it in the order is left to ask.
    """
    asked = (
        next_request(paper, replies.get(paper.id, ()), rules, failed.get(paper.id, ()))
        for paper in papers
    )
    return tuple(request for request in asked if request is not None)


def next_request(
    paper: Paper, replies: Sequence[Reply], rules: Rules, failed: Collection[str] = ()
) -> Request | None:
    """Return the next question for ``paper``, or None where it is done."""
    replies = _counted(paper, replies, rules)
    faultless = [reply for reply in replies if read(paper, reply, rules).faultless]
    if any(not reply.draft for reply in faultless):
        return None
    engines, why = _order(paper, rules)
    for engine in engines:
        own = [reply for reply in replies if reply.engine == engine.name]
        if any(reply in faultless for reply in own):
            return None
        if engine.name in failed or _refused(own, engine) or len(_answers(own)) > rules.mends:
            continue
        return replace(_request(paper, _answers(own), rules, engine), route=why)
    return None


def _order(paper: Paper, rules: Rules) -> tuple[Sequence[Asked], str]:
    """Who is asked first to last, and why: by a route the easy and the hard go different ways."""
    if rules.route is None:
        return rules.engines, ""
    judged = difficulty(paper, rules.route.above)
    first = rules.route.hard if judged.hard else rules.route.easy
    return sorted(rules.engines, key=lambda engine: engine.name != first), judged.reason


def _request(paper: Paper, answers: Sequence[Reply], rules: Rules, engine: Asked) -> Request:
    """The first question to an engine, or the same again with what was wrong with its last text."""
    last = read(paper, answers[-1], rules) if answers else None
    return make_request(
        paper,
        rules.texts,
        language=rules.language,
        prompt=rules.prompt,
        engine=engine.name,
        terms=rules.terms,
        previous=last.reply if last else None,
        findings=[f for f in last.findings if f.severity == "error"] if last else (),
    )


def _counted(paper: Paper, replies: Sequence[Reply], rules: Rules) -> Sequence[Reply]:
    since = rules.renew_since
    if since is None or (rules.renewed is not None and paper.id not in rules.renewed):
        return replies
    return [reply for reply in replies if reply.asked_at >= since]


def _refused(replies: Sequence[Reply], engine: Asked) -> bool:
    """Whether this very model has refused: another one may not."""
    return any(reply.finish in REFUSALS and reply.model == engine.model for reply in replies)


def _answers(replies: Sequence[Reply]) -> list[Reply]:
    """The replies that answer: a refusal of another model does not use up a try of this one."""
    return [reply for reply in replies if reply.finish not in REFUSALS]


def to_renew(
    papers: Iterable[Paper], replies: Mapping[str, Sequence[Reply]], rules: Rules
) -> frozenset[str] | None:
    """Return the papers that ``--renew`` is about: None for all.

    Where terms have changed and the prompt has not, it is about those that hold a changed term. It
    goes by the replies before the renewal: another language may have renewed them just now.
    """
    changed, since = set(), rules.renew_since
    for paper in papers:
        answers = _answers(replies.get(paper.id, ()))
        answers = [reply for reply in answers if since is None or reply.asked_at < since]
        if not answers:
            continue
        if answers[-1].prompt != rules.prompt:
            return None
        if answers[-1].terms != digest(rules.terms.held(paper.title, paper.abstract)):
            changed.add(paper.id)
    return frozenset(changed) or None


def read(paper: Paper, reply: Reply, rules: Rules) -> Reading:
    """Read and check one reply as it is."""
    try:
        draft = read_reply(reply)
    except BadReplyError as error:
        return _unreadable(reply, error)
    return Reading(reply, draft, _check(paper, reply, draft, rules))


def _unreadable(reply: Reply, error: BadReplyError) -> Reading:
    told = Finding("reply", "error", error.message, error.kind, error.given)
    return Reading(reply, None, (told,))


def rescue(paper: Paper, reply: Reply, rules: Rules) -> Reading:
    """Read one reply leniently, and mend mechanically what can be mended for certain."""
    try:
        draft = read_reply(reply, lenient=True)
    except BadReplyError as error:
        return _unreadable(reply, error)
    draft = clean(draft, repair(paper.title), repair(paper.abstract))
    whole = Reading(reply, draft, _check(paper, reply, draft, rules))
    if not whole.errors or draft.gist is None:
        return whole
    # A gist that says too much is left out; title and abstract may be faultless without it.
    draft = replace(draft, gist=None)
    short = Reading(reply, draft, _check(paper, reply, draft, rules))
    return short if short.errors < whole.errors else whole


def settle(
    paper: Paper, replies: Sequence[Reply], rules: Rules, failure: StepError | None = None
) -> Verdict:
    """Return what ``paper`` is printed with, from the replies that are there.

    The newest faultless reply wins; then the newest that is faultless once mended; then the one
    with the fewest errors, flagged. A small model's draft comes after all others of its kind. Where
    nothing may be printed the original is, as missing, with the reason: ``failure`` (why it could
    not be asked now) or what was wrong with the last.
    """
    newest_first = _answers(replies)[::-1]
    answers = sorted(newest_first, key=lambda reply: reply.draft)
    read_as_they_are = [read(paper, reply, rules) for reply in answers]
    for reading in read_as_they_are:
        if reading.faultless:
            return _printed(reading, read_as_they_are)
    rescued = [rescue(paper, reply, rules) for reply in answers]
    printable = [reading for reading in rescued if reading.printable]
    if printable:
        best = min(printable, key=lambda reading: reading.errors)
        return _printed(best, read_as_they_are)
    return _missing(paper, _reasons(rescued, replies, failure))


def original(paper: Paper) -> Verdict:
    """Return ``paper`` as it is, for an edition in the source's own language."""
    return Verdict(Draft(paper.title, paper.abstract, None), Translation("original"))


def _check(paper: Paper, reply: Reply, draft: Draft, rules: Rules) -> tuple[Finding, ...]:
    terms = rules.terms.held(paper.title, paper.abstract)
    if reply.terms != digest(terms):
        # It was asked for with other terms: these are no mistake of its own, and ask nobody again.
        terms = ()
    return _held_against(paper.title, paper.abstract, draft, rules.language, terms)


@lru_cache(maxsize=2048)
def _held_against(
    title: str, abstract: str, draft: Draft, language: str, terms: tuple[Term, ...]
) -> tuple[Finding, ...]:
    """Hold a text against the source as the engine was given it; a run asks more than once."""
    return checks.check(checks.Pair(repair(title), repair(abstract), draft, language, terms))


def _printed(reading: Reading, readings: Sequence[Reading]) -> Verdict:
    assert reading.draft is not None  # noqa: S101 - for the type checker; both callers made sure
    reply = reading.reply
    return Verdict(
        reading.draft,
        Translation(
            status="flagged" if reading.errors else "ok",
            draft=reply.draft,
            engine=reply.engine,
            model=reply.model,
            prompt=reply.prompt,
            translated_at=reply.asked_at,
            findings=(*reading.findings, *_mended(reading, readings)),
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            cost=reply.cost,
            currency=reply.currency,
        ),
    )


def _mended(printed: Reading, readings: Sequence[Reading]) -> Iterator[Finding]:
    """What was wrong with other texts of the paper and is not with the one that is printed."""
    still = {finding.message for finding in printed.findings}
    # Those of the very same reply: they went when it was cleaned.
    cleaned = {f.message for each in readings if each.reply is printed.reply for f in each.findings}
    for reading in sorted(readings, key=lambda each: each.reply.asked_at):
        for finding in reading.findings:
            if finding.severity == "error" and finding.message not in still:
                still.add(finding.message)
                how = "when asked again"
                if finding.message in cleaned:
                    how = "without asking"
                elif reading.reply.engine != printed.reply.engine:
                    how = f"by {printed.reply.engine}"
                message = f"mended {how}: {finding.message}"
                yield Finding(finding.check, "note", message, MENDED, (how, finding.message))


def _reasons(
    rescued: Sequence[Reading], replies: Sequence[Reply], failure: StepError | None
) -> tuple[Finding, ...]:
    if failure is not None:
        # Readers are told that it failed; why it did, with its address, is for the operator.
        return (Finding("engine", "error", failure.message, "engine.failed"),)
    if rescued:
        return tuple(f for f in rescued[0].findings if f.severity == "error")
    if replies:
        last = replies[-1]
        return (found("engine", "error", "engine.refused", last.model, last.text[:200]),)
    return (found("engine", "error", "engine.not-asked"),)


def _missing(paper: Paper, reasons: tuple[Finding, ...]) -> Verdict:
    draft = Draft(paper.title, paper.abstract, None)
    return Verdict(draft, Translation("missing", findings=reasons))
