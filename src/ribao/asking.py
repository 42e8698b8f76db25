"""Ask the engines: many papers at once, one engine after the other, within a budget."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ribao.errors import BusyError, DeniedError, EngineError, NoEngineError, StepError
from ribao.money import Budget
from ribao.plan import Rules, make_plan
from ribao.seams import Engine, Executor, Progress
from ribao.types import Paper, Reply, Request

# So many papers in a row for which patience ended, and the engine counts as down.
DOWN_AFTER = 3
# What went wrong, by the paper's id and the engine's name.
Failures = dict[str, dict[str, StepError]]


class Replies(Protocol):
    """What is asked of the archive here."""

    def keep_reply(self, reply: Reply) -> None:
        """Keep a reply at once."""

    def replies(self, paper: Paper, language: str) -> tuple[Reply, ...]:
        """Return the replies to a paper's text."""


@dataclass(frozen=True, slots=True)
class Translator:
    """An engine, and how its questions are asked: how many at once."""

    engine: Engine
    executor: Executor


def translate(
    papers: Sequence[Paper],
    rules: Rules,
    translators: Sequence[Translator],
    archive: Replies,
    progress: Progress,
    budget: Budget | None = None,
) -> tuple[int, Failures]:
    """Ask until each paper has a faultless reply, or all engines were asked enough, or failed.

    Each reply is kept as it comes, so that a run that is killed loses nothing. Returns how many
    questions were asked, and what went wrong.
    """
    askers = {each.engine.name: _Asker(each, budget) for each in translators}
    failures: Failures = {}
    while askers and (plan := plan_for(papers, rules, archive, failures)):
        progress.step("translate", len(plan))
        for name, asker in askers.items():
            own = [request for request in plan if request.engine == name]
            for request, result in asker.ask_all(own):
                progress.advance()
                if isinstance(result, StepError):
                    failures.setdefault(request.paper_id, {})[name] = result
                else:
                    archive.keep_reply(result)
    for name, asker in askers.items():
        if asker.stopped is not None:
            progress.tell(f"stopped asking {name}: {asker.stopped}")
    return sum(asker.asked for asker in askers.values()), failures


def plan_for(
    papers: Sequence[Paper], rules: Rules, archive: Replies, failures: Failures | None = None
) -> tuple[Request, ...]:
    """Return what is to be asked now, from the replies that the archive has."""
    return make_plan(papers, replies_to(papers, rules, archive), rules, failures or {})


def replies_to(
    papers: Sequence[Paper], rules: Rules, archive: Replies
) -> dict[str, tuple[Reply, ...]]:
    """Return the replies that there are, by the paper's id."""
    return {paper.id: archive.replies(paper, rules.language) for paper in papers}


def one_failure(by_engine: Mapping[str, StepError]) -> StepError:
    """Return one failure for a paper that several engines failed at."""
    errors = list(by_engine.values())
    if len(errors) == 1:
        return errors[0]
    said = "; ".join(f"{name}: {error.message}" for name, error in by_engine.items())
    return EngineError(errors[0].subject, said)


def passed_on(failures: Failures, translators: Sequence[Translator]) -> list[str]:
    """Name each engine that failed where another one took over: the operator should know."""
    problems = []
    for name in [each.engine.name for each in translators][:-1]:
        failed = [by_engine[name] for by_engine in failures.values() if name in by_engine]
        if failed:
            problems.append(f"{name}: {failed[0].message} ({len(failed)} papers went on to others)")
    return problems


class _Asker:
    """Asks one engine, and stops for good once it is clear that asking on is no use."""

    def __init__(self, translator: Translator, budget: Budget | None) -> None:
        self._engine = translator.engine
        self._executor = translator.executor
        self._budget = budget if translator.engine.price else None
        self._lock = threading.Lock()
        self._busy_in_a_row = 0
        self.asked = 0
        self.stopped: EngineError | None = None

    def ask_all(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply | EngineError]]:
        """Ask many at once. With a budget the longest first and alone: it tells what one costs."""
        price = self._engine.price
        if self._budget is not None and price is not None and not self.asked:
            requests = sorted(requests, key=price.at_most, reverse=True)
            yield from self._executor(self._ask, requests[:1])
            requests = requests[1:]
        yield from self._executor(self._ask, requests)

    def _ask(self, request: Request) -> Reply | EngineError:
        if self.stopped is not None:
            return _same_for(self.stopped, request)
        if self._budget is None or self._engine.price is None:
            return self._ask_now(request)
        reserved = self._budget.reserve(self._engine.name, self._engine.price.at_most(request))
        if reserved is None:
            self.stopped = self.stopped or used_up(request, self._budget)
            return self.stopped
        cost: float | None = 0.0
        try:
            result = self._ask_now(request)
            if isinstance(result, Reply) and result.finish != "refused":
                if result.cost is None:
                    # Nobody counted its tokens: it costs what it may have cost, in later runs too.
                    result = replace(result, cost=reserved, currency=self._budget.currency)
                cost = result.cost
        finally:
            self._budget.settle(self._engine.name, reserved, cost)
        return result

    def _ask_now(self, request: Request) -> Reply | EngineError:
        if self.stopped is not None:  # while it waited for the budget
            return _same_for(self.stopped, request)
        try:
            reply = self._engine.ask(request)
        except EngineError as error:
            self._failed(error)
            return error
        with self._lock:
            self.asked += 1
            self._busy_in_a_row = 0
        return reply

    def _failed(self, error: EngineError) -> None:
        with self._lock:
            self.asked += not isinstance(error, NoEngineError)
            busy = isinstance(error, BusyError)
            self._busy_in_a_row = self._busy_in_a_row + 1 if busy else 0
            if isinstance(error, DeniedError) or self._busy_in_a_row >= DOWN_AFTER:
                self.stopped = self.stopped or error


def used_up(request: Request, budget: Budget) -> DeniedError:
    """Say that a question does not fit into the budget any more."""
    message = (
        f"the month's budget is used up ({budget}); raise budget (RIBAO_BUDGET), or go on next "
        "month: what was answered is kept"
    )
    return DeniedError(request.paper_id, message)


def _same_for(error: EngineError, request: Request) -> EngineError:
    return type(error)(request.paper_id, f"not asked: {error.message}")
