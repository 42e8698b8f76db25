"""The composition root: the only file that knows both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from ribao.archive import Archive, hold
from ribao.archive.ledger import spent
from ribao.asking import Translator
from ribao.backfill import day_in_wait, in_batches, open_batching, ordered
from ribao.batching import Held
from ribao.casting import studio_of
from ribao.config import Settings
from ribao.editions import Placed, editions_of, elsewhere
from ribao.errors import ConfigError, RenderError, StoreError
from ribao.languages import asked_language
from ribao.money import Budget
from ribao.patient import Patience
from ribao.phrases import Phrases, read_phrases
from ribao.pipeline import SOURCE_LANGUAGE, Parts, run_day
from ribao.plan import Rules
from ribao.press import Press
from ribao.renderers.edition import Edition, Elsewhere
from ribao.renderers.workshop import Workshop
from ribao.report import DayReport, RoundupReport, worst
from ribao.roundup import Span
from ribao.roundup_press import RoundupPress
from ribao.seams import Progress, Source
from ribao.sources.huggingface import HuggingFace
from ribao.sources.remembered import Remembered
from ribao.texts import load_texts
from ribao.topics import Areas, read_areas
from ribao.traditional import Names, to_traditional
from ribao.translators import (
    all_wrong,
    asked_of,
    check_budget,
    load_own_terms,
    open_engines,
    route_of,
    translators_of,
)
from ribao.types import Draft, Issue

if TYPE_CHECKING:
    from ribao.studio import Studio

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a run was called."""

    renew: bool = False
    dry: bool = False
    wait: float = 60.0
    days: tuple[date, ...] = ()
    batch: bool = False
    wait_batch: float = 0.0


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


def today(settings: Settings, clock: Clock = now) -> date:
    """Return today's date in the edition's time zone."""
    return clock().astimezone(ZoneInfo(settings.timezone)).date()


@cache
def load_areas() -> Areas:
    """Return the areas that ship with ribao."""
    return read_areas((files("ribao") / "areas.toml").read_text("utf-8")).renamed(Names)


@cache
def load_phrases() -> Phrases:
    """Return the phrases that ship with ribao."""
    return read_phrases((files("ribao") / "phrases.toml").read_text("utf-8")).renamed(Names)


def edition_of(
    settings: Settings, *, sample: bool = False, others: tuple[Elsewhere, ...] = ()
) -> Edition:
    """Return what the renderers know of the edition."""
    language = settings.language
    areas = {area.slug: load_areas().name(area.slug, language) for area in load_areas()}
    site = settings.site
    return Edition(
        language, load_texts(language), areas, site.name, site.base_url, sample, elsewhere=others
    )


# ── run ───────────────────────────────────────────────────────────────────────────────────────


def run(
    settings: Settings,
    days: Sequence[date],
    asked: Asked,
    progress: Progress,
    clock: Clock = now,
) -> list[DayReport]:
    """Run each of ``days``, oldest first, in each language of the edition.

    Raises ``ConfigError`` and ``StoreError``.
    """
    editions = editions_of(settings)
    asked = replace(asked, days=tuple(days))
    # All that can be wrong with the settings first: nothing is fetched, written or locked then.
    translates = any(e.settings.language != SOURCE_LANGUAGE for e in editions)
    try:
        rules = [rules_of(edition.settings, asked, clock) for edition in editions]
        currency = check_budget(settings) if translates else None
    except ConfigError as error:
        raise all_wrong(error, settings, [edition.settings for edition in editions]) from None
    with ExitStack() as stack:
        command = f"run {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")
        archive = stack.enter_context(_archive(settings, command, asked, progress, clock))
        wanted = translates and not asked.dry
        engines = (
            stack.enter_context(open_engines(settings, clock, memory=archive)) if wanted else []
        )
        budget = _budget(settings, archive, currency, clock)
        batching = open_batching(settings, archive, engines, progress, clock, budget)
        if not asked.dry:
            batching.fetch()
        run = Run(
            archive,
            Remembered(_source(settings, clock)),
            translators_of(settings, engines),
            stack.enter_context(Workshop()),
            progress,
            clock,
            asked,
            budget,
            batching.held(),
        )
        makes = [
            assemble(edition, rule, run, editions)
            for edition, rule in zip(editions, rules, strict=True)
        ]
        if asked.batch:
            makes = in_batches(days, makes, batching, asked.wait_batch)
        reports = []
        for day in days:
            waiting = day_in_wait(day, makes) if asked.batch else None
            reports += [waiting] if waiting else _run_languages(day, makes)
            if len(days) > 1:
                progress.tell(f"{day}: {reports[-1].state}: {reports[-1].message}")
        if not asked.dry:
            code = worst([report.exit_code for report in reports])
            archive.end_run(code, msgspec.json.encode(reports).decode(), clock())
        return reports


def _run_languages(day: date, makes: Sequence[Parts]) -> list[DayReport]:
    """Make a day in each language; then the pages of the first ones can link to the last ones."""
    reports = _counted_once([run_day(day, make) for make in makes])
    if any(report.state == "published" for report in reports):
        for number, make in enumerate(makes[:-1]):
            if reports[number].state != "failed":
                reports[number] = _relinked(day, make, reports[number])
    return reports


def _counted_once(reports: Sequence[DayReport]) -> list[DayReport]:
    """A dry run's questions, each in the first language that asks: zh-Hant is made of zh-Hans."""
    seen: set[str] = set()
    counted = []
    for report in reports:
        asked = asked_language(report.language)
        again = report.to_ask and asked in seen
        seen.add(asked)
        message = f"would ask for nothing of its own: made from {asked}"
        counted.append(replace(report, to_ask=0, message=message) if again else report)
    return counted


def _relinked(day: date, make: Parts, report: DayReport) -> DayReport:
    try:
        make.relink(day)
    except RenderError as error:
        return replace(report, state="failed", message=str(error))
    return report


def _source(settings: Settings, clock: Clock) -> Source:
    own = settings.huggingface
    return HuggingFace(own.base_url, clock, own.timeout, Patience(first_pause=own.first_pause))


def _budget(
    settings: Settings, archive: Archive, currency: str | None, clock: Clock
) -> Budget | None:
    if settings.budget is None or currency is None:
        return None
    month = f"{clock().astimezone(UTC):%Y-%m}"
    paid, dearest = spent(archive, month, currency)
    return Budget(settings.budget, currency, paid + ordered(archive, currency, clock()), dearest)


def rules_of(settings: Settings, asked: Asked, clock: Clock) -> Rules:
    """Return how an edition asks. Raises ``ConfigError`` for engines or terms that are wrong."""
    load_texts(settings.language)  # Traditional Chinese needs a library: it is missed now or never.
    language = asked_language(settings.language)
    texts = load_texts(language)
    return Rules(
        language=language,
        texts=texts,
        prompt=texts.prompt_digest,
        engines=asked_of(settings),
        mends=settings.check.mends,
        terms=load_own_terms(settings),
        route=route_of(settings),
        renew_since=clock() if asked.renew else None,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """What all languages of a run share."""

    archive: Archive
    source: Source
    translators: Sequence[Translator]
    workshop: Workshop
    progress: Progress
    clock: Clock
    asked: Asked
    budget: Budget | None = None
    held: Held = field(default_factory=dict)


def assemble(
    placed: Placed, rules: Rules, run: Run, editions: Sequence[Placed], *, sample: bool = False
) -> Parts:
    """Put together what a day is made with in one language."""
    settings, archive = placed.settings, run.archive
    language, output = settings.language, settings.output
    others = elsewhere(placed, editions, archive.languages())
    edition = edition_of(settings, sample=sample, others=others)
    press = Press(archive, edition, output.folder, run.workshop if output.pictures else None)
    studio = None
    if not run.asked.dry:
        studio = studio_of(settings, archive, edition, run.progress, run.clock)
    spoken = frozenset(sorted(run.asked.days)[-settings.voice.latest :])
    return Parts(
        source=run.source,
        translators=() if language == SOURCE_LANGUAGE else run.translators,
        archive=archive,
        rules=rules,
        language=language,
        areas=load_areas(),
        phrases=load_phrases(),
        clock=run.clock,
        today=today(settings, run.clock),
        progress=run.progress,
        publish=lambda issue: _publish(issue, press, studio if issue.day in spoken else None),
        relink=press.relink,
        begin=press.begin,
        finish=finish_of(language),
        budget=run.budget,
        dry=run.asked.dry,
        held=run.held,
    )


def finish_of(language: str) -> Callable[[Draft], Draft]:
    """Return what is done to a text of the language that was asked for, to have the edition's."""
    if asked_language(language) == language:
        return lambda draft: draft
    return lambda draft: Draft(
        to_traditional(draft.title, language),
        to_traditional(draft.abstract, language),
        to_traditional(draft.gist, language) if draft.gist else None,
    )


def _publish(issue: Issue, press: Press, studio: Studio | None) -> tuple[list[str], list[str]]:
    """Publish what can be read first; what is heard follows, and its links with it."""
    files, problems = press.write(issue)
    made, lost = studio.speak(issue) if studio is not None else (False, [])
    if made:
        files, problems = press.write(issue)
    return files, [*problems, *lost]


@contextmanager
def _archive(
    settings: Settings, command: str, asked: Asked, progress: Progress, clock: Clock
) -> Iterator[Archive]:
    path = settings.archive.path
    if asked.dry:
        # A copy in memory: the very same steps, and nothing is written.
        with Archive.in_memory(path if path.exists() else None, wait=asked.wait) as archive:
            yield archive
    else:
        with hold(path, command, wait=asked.wait, clock=clock, tell=progress.tell) as archive:
            yield archive


# ── round-ups ─────────────────────────────────────────────────────────────────────────────────


def round_up(
    settings: Settings,
    spans: Sequence[Span],
    progress: Progress,
    wait: float = 60.0,
    clock: Clock = now,
) -> list[RoundupReport]:
    """Make the round-up of each week or month, in each language that has issues then.

    Raises ``StoreError`` and ``RenderError``.
    """
    path = settings.archive.path
    if not path.exists():
        raise StoreError(f"{path}: is not there yet; ribao run or ribao import makes it")
    command = f"roundup {' '.join(span.name for span in spans)}"
    editions = editions_of(settings)
    with (
        hold(path, command, wait=wait, clock=clock, tell=progress.tell) as archive,
        Workshop() as workshop,
    ):
        presses = [_roundup_press(each, archive, editions, workshop, clock) for each in editions]
        progress.step("roundup", len(spans))
        reports = []
        for span in spans:
            reports += _round_up(span, presses)
            progress.advance()
        code = worst([report.exit_code for report in reports])
        archive.end_run(code, msgspec.json.encode(reports).decode(), clock())
    return reports


def _round_up(span: Span, presses: Sequence[RoundupPress]) -> list[RoundupReport]:
    """Make one in each language; one without issues is only told of where others have some."""
    reports = [press.write(span) for press in presses]
    made = [report for report in reports if report.state != "empty"]
    if not made:
        return reports[:1]
    for press, report in zip(presses[:-1], reports, strict=False):
        if report.state != "empty":
            press.write(span)  # Now its page can lead to the later languages.
    lacking = [
        f"{press.edition.language}: {report.message}"
        for press, report in zip(presses, reports, strict=True)
        if report.state == "empty"
    ]
    return [replace(made[0], problems=(*made[0].problems, *lacking)), *made[1:]]


def _roundup_press(
    placed: Placed,
    archive: Archive,
    editions: Sequence[Placed],
    workshop: Workshop,
    clock: Clock,
) -> RoundupPress:
    settings, output = placed.settings, placed.settings.output
    edition = edition_of(settings, others=elsewhere(placed, editions, archive.languages()))
    return RoundupPress(
        archive,
        edition,
        output.folder,
        Press(archive, edition, output.folder, workshop if output.pictures else None),
        load_areas(),
        load_phrases(),
        today(settings, clock),
        output.pictures,
    )
