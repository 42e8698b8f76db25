"""How good and how faithful the answers of engines are, held against references. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import fmean, median
from typing import Literal, TypeVar

from ribao.asking import Translator, translate
from ribao.listing import fold
from ribao.plan import REFUSALS, Asked, Rules, read
from ribao.seams import Engine, Progress
from ribao.types import Finding, Paper, Reply, Request

Number = TypeVar("Number", int, float)
Outcome = Literal["translated", "unreadable", "refused", "failed"]

SOURCE = "pairs"
TEXTS = ("id", "title", "abstract", "title_zh", "abstract_zh")
# A text of a pair, in characters: what is longer is no abstract.
LONGEST = 60_000
WORST = 10


# ── references ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper, and the title and abstract of a translation that is known to be good."""

    paper: Paper
    title: str
    abstract: str


def read_references(data: object) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """Read a list of pairs; return those that can be used, and what is wrong with each other one.

    An entry is an object with the texts ``id``, ``title``, ``abstract``, ``title_zh`` and
    ``abstract_zh``; whatever else it has is left alone. Raises ``ValueError`` where ``data`` is no
    list.
    """
    if not isinstance(data, list):
        raise ValueError("is no list of pairs")
    found: dict[str, Reference] = {}
    problems = []
    for number, entry in enumerate(data, 1):
        try:
            reference = _reference(entry)
            if reference.paper.id in found:
                raise ValueError(f"{reference.paper.id} is there already")
        except ValueError as error:
            problems.append(f"pair {number}: {error}")
        else:
            found[reference.paper.id] = reference
    return tuple(found.values()), tuple(problems)


def _reference(entry: object) -> Reference:
    if not isinstance(entry, Mapping):
        raise ValueError("is no object")
    texts = {}
    for name in TEXTS:
        value = entry.get(name)
        if not isinstance(value, str) or not (text := fold(value)):
            raise ValueError(f'has no text "{name}"')
        if len(text) > LONGEST:
            raise ValueError(f'"{name}" is {len(text):,} characters long')
        texts[name] = text
    paper = Paper(SOURCE, texts["id"][:80], texts["title"], texts["abstract"])
    return Reference(paper, texts["title_zh"], texts["abstract_zh"])


# ── asking ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question: a reply after so many seconds, or why there is none."""

    reply: Reply | None
    seconds: float | None = None
    failure: str = ""


def ask_all(
    references: Sequence[Reference],
    translator: Translator,
    rules: Rules,
    watch: Callable[[], float],
    progress: Progress,
) -> dict[str, Answer]:
    """Ask one engine once for each paper, as a run does; return what came of it by the paper's id.

    ``watch`` gives seconds; what is measured is one call of the engine, with its own retries.
    Nothing is kept but in memory.
    """
    engine = _Timed(translator.engine, watch)
    rules = rules_for(translator.engine, rules)
    replies = _Memory({})
    translator = replace(translator, engine=engine)
    papers = [one.paper for one in references]
    _, failures = translate(papers, rules, [translator], replies, progress)
    answers = {}
    for paper in papers:
        reply = replies.kept.get(paper.id)
        failure = failures.get(paper.id, {}).get(engine.name)
        why = str(failure or "was not asked")
        answers[paper.id] = Answer(reply, engine.seconds.get(paper.id), "" if reply else why)
    return answers


def rules_for(engine: Engine, rules: Rules) -> Rules:
    """Return the rules by which this engine alone is asked, once: its first answer is measured."""
    asked = (Asked(engine.name, engine.model),)
    return replace(rules, engines=asked, mends=0, renew_since=None, renewed=None)


class _Timed:
    """An engine, and how many seconds it took for each paper that it answered."""

    def __init__(self, engine: Engine, watch: Callable[[], float]) -> None:
        self._engine = engine
        self._watch = watch
        self.name = engine.name
        self.model = engine.model
        self.price = engine.price
        self.seconds: dict[str, float] = {}

    def ask(self, request: Request) -> Reply:
        """Ask, with a watch in hand."""
        started = self._watch()
        reply = self._engine.ask(request)
        self.seconds[request.paper_id] = self._watch() - started
        return reply


@dataclass(frozen=True, slots=True)
class _Memory:
    """Holds replies for as long as one engine is asked, where a run has its archive."""

    kept: dict[str, Reply]

    def keep_reply(self, reply: Reply) -> None:
        """Keep a reply."""
        self.kept[reply.paper_id] = reply

    def replies(self, paper: Paper, language: str) -> tuple[Reply, ...]:  # noqa: ARG002 - one only
        """Return the reply to a paper, if there is one."""
        return (self.kept[paper.id],) if paper.id in self.kept else ()


# ── figures ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Score:
    """How like its reference a text is: chrF++ and BLEU, 0 to 100."""

    chrf: float
    bleu: float


Measure = Callable[[Sequence[str], Sequence[str]], Score]


@dataclass(frozen=True, slots=True)
class PaperFigures:
    """One paper by one engine. Texts and scores are null where there is no translation.

    ``message`` says why there is none.
    """

    id: str
    outcome: Outcome
    title: str | None = None
    abstract: str | None = None
    gist: str | None = None
    title_score: Score | None = None
    abstract_score: Score | None = None
    findings: tuple[Finding, ...] = ()
    message: str = ""
    seconds: float | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    currency: str | None = None

    @property
    def errors(self) -> int:
        """How many errors were found; what cannot be read is one."""
        found = sum(finding.severity == "error" for finding in self.findings)
        return found + (self.outcome == "unreadable")


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What one check found: errors, notes, and in how many papers an error."""

    check: str
    errors: int
    notes: int
    papers: int


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """All papers by one engine. Scores are those of the papers that it translated.

    ``seconds`` is the median of a paper's, ``failure`` the first reason why it could not be asked.
    A sum is null where a part of it is not known.
    """

    engine: str
    model: str
    draft: bool
    papers: int
    translated: int
    unreadable: int
    refused: int
    failed: int
    flagged: int
    title_score: Score | None
    abstract_score: Score | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cost: float | None
    currency: str | None
    seconds: float | None
    failure: str | None
    checks: tuple[CheckFigures, ...]
    each: tuple[PaperFigures, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Several engines side by side; ``metrics`` are the signatures of the scores."""

    pairs: int
    passed_over: tuple[str, ...]
    language: str
    prompt: str
    evaluated_at: datetime
    metrics: Mapping[str, str]
    engines: tuple[EngineFigures, ...]

    @property
    def exit_code(self) -> int:
        """0 where every pair was answered by every engine, whatever the checks found; else 3."""
        return 3 if self.passed_over or any(engine.failed for engine in self.engines) else 0


def figures_of(
    engine: Engine,
    references: Sequence[Reference],
    answers: Mapping[str, Answer],
    rules: Rules,
    measure: Measure,
) -> EngineFigures:
    """Return what one engine's answers come to, read and checked as a run does."""
    each = [_paper(one, answers[one.paper.id], rules, measure) for one in references]
    outcomes = Counter(paper.outcome for paper in each)
    replies = [answer.reply for answer in answers.values() if answer.reply is not None]
    answered = [reply for reply in replies if reply.finish not in REFUSALS]
    billed = [reply for reply in replies if reply.input_tokens is not None]
    failures = [paper.message for paper in each if paper.outcome == "failed"]
    currencies = {reply.currency for reply in billed}
    times = [paper.seconds for paper in each if paper.seconds is not None]
    title, abstract = _corpus(references, each, measure)
    return EngineFigures(
        engine=engine.name,
        model=", ".join(sorted({reply.model for reply in answered})) or engine.model,
        draft=any(reply.draft for reply in replies),
        papers=len(each),
        translated=outcomes["translated"],
        unreadable=outcomes["unreadable"],
        refused=outcomes["refused"],
        failed=outcomes["failed"],
        flagged=sum(paper.outcome == "translated" and paper.errors > 0 for paper in each),
        title_score=title,
        abstract_score=abstract,
        input_tokens=_sum(reply.input_tokens for reply in billed),
        cached_tokens=_sum(reply.cached_tokens for reply in billed),
        output_tokens=_sum(reply.output_tokens for reply in billed),
        cost=_sum(reply.cost for reply in billed) if len(currencies) == 1 else None,
        currency=currencies.pop() if len(currencies) == 1 else None,
        seconds=round(median(times), 2) if times else None,
        failure=failures[0] if failures else None,
        checks=tuple(_by_check(each)),
        each=tuple(each),
    )


def _paper(one: Reference, answer: Answer, rules: Rules, measure: Measure) -> PaperFigures:
    reply = answer.reply
    if reply is None:
        return PaperFigures(one.paper.id, "failed", message=answer.failure)
    figures = PaperFigures(
        one.paper.id,
        "refused",
        message=fold(reply.text[:200]),
        seconds=None if answer.seconds is None else round(answer.seconds, 3),
        input_tokens=reply.input_tokens,
        cached_tokens=reply.cached_tokens,
        output_tokens=reply.output_tokens,
        cost=reply.cost,
        currency=reply.currency,
    )
    if reply.finish in REFUSALS:
        return figures
    reading = read(one.paper, reply, rules)
    draft = reading.draft
    if draft is None:
        why = "; ".join(finding.message for finding in reading.findings)
        return replace(figures, outcome="unreadable", message=why)
    return replace(
        figures,
        outcome="translated",
        message="",
        title=draft.title,
        abstract=draft.abstract,
        gist=draft.gist,
        title_score=measure([draft.title], [one.title]),
        abstract_score=measure([draft.abstract], [one.abstract]),
        findings=reading.findings,
    )


def _corpus(
    references: Sequence[Reference], each: Sequence[PaperFigures], measure: Measure
) -> tuple[Score | None, Score | None]:
    there = [
        (one, paper) for one, paper in zip(references, each, strict=True) if paper.abstract_score
    ]
    if not there:
        return None, None
    return (
        measure([paper.title or "" for _, paper in there], [one.title for one, _ in there]),
        measure([paper.abstract or "" for _, paper in there], [one.abstract for one, _ in there]),
    )


def _by_check(each: Iterable[PaperFigures]) -> Iterable[CheckFigures]:
    """What each check found, the most errors first."""
    count: Counter[tuple[str, str]] = Counter()
    for paper in each:
        count.update((finding.check, finding.severity) for finding in paper.findings)
        wrong = {finding.check for finding in paper.findings if finding.severity == "error"}
        count.update((check, "papers") for check in wrong)
    names = {check for check, _ in count}
    found = (
        CheckFigures(name, count[name, "error"], count[name, "note"], count[name, "papers"])
        for name in names
    )
    return sorted(found, key=lambda check: (-check.errors, -check.notes, check.check))


def _sum(values: Iterable[Number | None]) -> Number | None:
    """The sum, or None where one is not known, or there is none."""
    all_of_them = list(values)
    known = [value for value in all_of_them if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(all_of_them) else None


@dataclass(frozen=True, slots=True)
class Worst:
    """A paper with its reference, and what each engine made of it."""

    reference: Reference
    answers: tuple[tuple[str, PaperFigures], ...]


def worst_papers(
    references: Sequence[Reference], engines: Sequence[EngineFigures], most: int = WORST
) -> tuple[Worst, ...]:
    """Return the papers with the most errors over all engines, then those least like the reference.

    Papers that no engine answered are left out: nothing can be seen of them.
    """
    found = []
    for at, reference in enumerate(references):
        answers = [(engine.engine, engine.each[at]) for engine in engines]
        answers = [(name, paper) for name, paper in answers if paper.outcome != "failed"]
        if answers:
            found.append(Worst(reference, tuple(answers)))
    return tuple(sorted(found, key=_badness)[:most])


def _badness(worst: Worst) -> tuple[float, float]:
    papers = [paper for _, paper in worst.answers]
    likeness = [paper.abstract_score.chrf if paper.abstract_score else 0.0 for paper in papers]
    return -sum(paper.errors for paper in papers), fmean(likeness)
