"""``ribao run --batch``: the questions of many days are ordered together, and cost less."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime

from ribao.archive import Archive
from ribao.archive.batches import open_batches
from ribao.asking import plan_for
from ribao.batching import Batching, counts
from ribao.config import Settings
from ribao.engines.openai_batch import OpenAIBatches, has_batches
from ribao.engines.openai_chat import OpenAIChat
from ribao.errors import ConfigError, StepError
from ribao.money import Budget, Price
from ribao.pipeline import Parts, collect, held_of
from ribao.plan import Asked
from ribao.report import DayReport
from ribao.seams import Engine, Progress
from ribao.translators import price_of
from ribao.types import Request


def open_batching(
    settings: Settings,
    archive: Archive,
    engines: Sequence[Engine],
    progress: Progress,
    clock: Callable[[], datetime],
    budget: Budget | None,
) -> Batching:
    """Return the batches of an archive, with the engines that have the interface."""
    servers = [
        OpenAIBatches(engine)
        for engine in engines
        if isinstance(engine, OpenAIChat) and has_batches(engine)
    ]

    def price(model: str) -> Price | None:
        whole = price_of(settings, model)
        return whole.part(settings.prices[model].batch) if whole else None

    return Batching(archive, servers, progress, clock, price=price, budget=budget)


def ordered(archive: Archive, currency: str, now: datetime) -> float:
    """Return what the batches that are under way may cost of this month's budget."""
    return sum(each.reserved for each in open_batches(archive) if counts(each, currency, now))


def in_batches(
    days: Sequence[date], makes: Sequence[Parts], batching: Batching, wait: float
) -> list[Parts]:
    """Order what is to be asked for ``days``, and wait up to ``wait`` seconds for the answers.

    Returns what the days are made with: with the texts that have to wait, and why. Raises
    ``ConfigError`` where no engine has the interface.
    """
    asking = [make for make in makes if make.translators]
    if not asking:
        return list(makes)
    server = batching.first
    if server is None:
        raise ConfigError(
            "--batch: none of the engines (RIBAO_ENGINES) that can be had has a batch interface; "
            "openai and qwen have one; or run without --batch"
        )
    for day in days:
        # What is wrong with a day's list is told when its turn comes.
        with suppress(StepError):
            if not asking[0].archive.papers(day):
                collect(day, asking[0])

    def due() -> Iterator[Request]:
        for make in asking:
            only = (Asked(server.name, server.model),)
            rules = replace(make.rules, engines=only, route=None)
            for day in days:
                yield from plan_for(make.archive.papers(day), rules, make.archive)

    held = batching.order(server, due, wait)
    return [replace(make, held=held) for make in makes]


def day_in_wait(day: date, makes: Sequence[Parts]) -> DayReport | None:
    """Return the report of a day that waits for a batch; None where it waits for nothing."""
    papers = makes[0].archive.papers(day)
    for make in makes:
        if held := held_of(papers, make):
            reason = next(iter(held.values())).message
            return DayReport(
                day,
                "waiting",
                reason,
                papers=len(papers),
                to_ask=len(held),
                language=make.language,
            )
    return None
