"""The composition root: the only file that knows both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from ribao.archive import Archive, hold
from ribao.casting import studio_of
from ribao.config import Settings, find_model
from ribao.engines.openai_chat import OpenAIChat
from ribao.errors import BadPayloadError, StoreError
from ribao.executors import Threads
from ribao.issue import print_unpublished
from ribao.patient import Patience
from ribao.phrases import Phrases, read_phrases
from ribao.pipeline import SOURCE_LANGUAGE, Parts, run_day
from ribao.plan import Rules, Verdict, original, settle
from ribao.press import Press
from ribao.renderers.edition import Edition
from ribao.renderers.workshop import Workshop
from ribao.report import DayReport, RoundupReport, worst
from ribao.roundup import Span
from ribao.roundup_press import RoundupPress
from ribao.seams import Engine, Progress, Source
from ribao.sources.huggingface import HuggingFace
from ribao.sources.saved import find_files, read_saved
from ribao.texts import load_texts
from ribao.topics import Areas, read_areas
from ribao.types import Issue, IssuePaper, Paper

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


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)


def today(settings: Settings, clock: Clock = now) -> date:
    """Return today's date in the edition's time zone."""
    return clock().astimezone(ZoneInfo(settings.timezone)).date()


@cache
def load_areas() -> Areas:
    """Return the areas that ship with ribao."""
    return read_areas((files("ribao") / "areas.toml").read_text("utf-8"))


@cache
def load_phrases() -> Phrases:
    """Return the phrases that ship with ribao."""
    return read_phrases((files("ribao") / "phrases.toml").read_text("utf-8"))


def edition_of(settings: Settings, *, sample: bool = False) -> Edition:
    """Return what the renderers know of the edition."""
    language = settings.language
    areas = {area.slug: load_areas().name(area.slug, language) for area in load_areas()}
    site = settings.site
    return Edition(language, load_texts(language), areas, site.name, site.base_url, sample)


# ── run ───────────────────────────────────────────────────────────────────────────────────────


def run(
    settings: Settings,
    days: Sequence[date],
    asked: Asked,
    progress: Progress,
    clock: Clock = now,
) -> list[DayReport]:
    """Run each of ``days``, oldest first. Raises ``ConfigError`` and ``StoreError``."""
    with ExitStack() as stack:
        # The engine first: without a key nothing is fetched, written or locked.
        engine = stack.enter_context(_engine(settings, asked.dry, clock))
        command = f"run {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")
        archive = stack.enter_context(_archive(settings, command, asked, progress, clock))
        source = HuggingFace(
            settings.huggingface.base_url,
            clock,
            settings.huggingface.timeout,
            Patience(first_pause=settings.huggingface.first_pause),
        )
        workshop = stack.enter_context(Workshop())
        asked = replace(asked, days=tuple(days))
        make = assemble(settings, archive, source, engine, progress, clock, asked, workshop)
        reports = []
        for day in days:
            reports.append(run_day(day, make))
            if len(days) > 1:
                progress.tell(f"{day}: {reports[-1].state}: {reports[-1].message}")
        if not asked.dry:
            code = worst([report.exit_code for report in reports])
            archive.end_run(code, msgspec.json.encode(reports).decode(), clock())
        return reports


def assemble(
    settings: Settings,
    archive: Archive,
    source: Source,
    engine: Engine | None,
    progress: Progress,
    clock: Clock,
    asked: Asked,
    workshop: Workshop,
    *,
    sample: bool = False,
) -> Parts:
    """Put together what a day is made with."""
    edition = edition_of(settings, sample=sample)
    texts = load_texts(settings.language)
    output = settings.output
    press = Press(archive, edition, output.folder, workshop if output.pictures else None)
    studio = None if asked.dry else studio_of(settings, archive, edition, progress, clock)
    spoken = frozenset(sorted(asked.days)[-settings.voice.latest :])
    return Parts(
        source=source,
        engine=engine,
        archive=archive,
        executor=Threads(settings.llm.concurrency),
        rules=Rules(
            language=settings.language,
            texts=texts,
            prompt=texts.prompt_digest,
            model=engine.model if engine else "",
            mends=settings.check.mends,
            renew_since=clock() if asked.renew else None,
        ),
        areas=load_areas(),
        phrases=load_phrases(),
        clock=clock,
        today=today(settings, clock),
        progress=progress,
        publish=lambda issue: _publish(issue, press, studio if issue.day in spoken else None),
        begin=press.begin,
        dry=asked.dry,
    )


def _publish(issue: Issue, press: Press, studio: Studio | None) -> tuple[list[str], list[str]]:
    """Publish what can be read first; what is heard follows, and its links with it."""
    files, problems = press.write(issue)
    made, lost = studio.speak(issue) if studio is not None else (False, [])
    if made:
        files, problems = press.write(issue)
    return files, [*problems, *lost]


@contextmanager
def _engine(settings: Settings, dry: bool, clock: Clock) -> Iterator[Engine | None]:
    if dry or settings.language == SOURCE_LANGUAGE:
        yield None
        return
    model = find_model(settings.llm)
    with OpenAIChat(
        base_url=model.base_url,
        api_key=model.api_key.get_secret_value(),
        model=model.model,
        clock=clock,
        timeout=settings.llm.timeout,
        temperature=settings.llm.temperature,
        patience=Patience(within=2 * settings.llm.timeout, first_pause=settings.llm.first_pause),
    ) as engine:
        yield engine


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
    """Make the round-up of each week or month. Raises ``StoreError`` and ``RenderError``."""
    path, output = settings.archive.path, settings.output
    if not path.exists():
        raise StoreError(f"{path}: is not there yet; ribao run or ribao import makes it")
    command = f"roundup {' '.join(span.name for span in spans)}"
    edition = edition_of(settings)
    with (
        hold(path, command, wait=wait, clock=clock, tell=progress.tell) as archive,
        Workshop() as workshop,
    ):
        press = Press(archive, edition, output.folder, workshop if output.pictures else None)
        roundups = RoundupPress(
            archive,
            edition,
            output.folder,
            press,
            load_areas(),
            load_phrases(),
            today(settings, clock),
            output.pictures,
        )
        progress.step("roundup", len(spans))
        reports = []
        for span in spans:
            reports.append(roundups.write(span))
            progress.advance()
        code = worst([report.exit_code for report in reports])
        archive.end_run(code, msgspec.json.encode(reports).decode(), clock())
    return reports


# ── import and export ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import."""

    files: int = 0
    days: int = 0
    papers: int = 0
    new_papers: int = 0
    skipped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def import_files(
    settings: Settings,
    paths: Sequence[Path],
    progress: Progress,
    wait: float = 60.0,
    clock: Clock = now,
) -> ImportReport:
    """Read saved answers into the archive: all that can be read, in one transaction."""
    found = list(find_files(paths))
    skipped = [
        f"{path}: holds no *.json file"
        for path in paths
        if path.is_dir() and not list(find_files([path]))
    ]
    problems: list[str] = []
    days: set[date] = set()
    papers = new = read = 0
    with (
        hold(
            settings.archive.path, "import", wait=wait, clock=clock, tell=progress.tell
        ) as archive,
        archive.transaction(),
    ):
        progress.step("import", len(found))
        for path in found:
            progress.advance()
            try:
                page, listed, bad = read_saved(path, clock())
            except BadPayloadError as error:
                skipped.append(f"{error.subject}: {error.message}")
                continue
            # What is known already may be newer than what somebody saved: it stays.
            archive.keep_page(page)
            new += archive.keep_papers(page.day, _without_doubles(listed), clock(), refresh=False)
            papers += len(listed)
            problems += bad
            days.add(page.day)
            read += 1
        report = ImportReport(read, len(days), papers, new, tuple(skipped), tuple(problems))
        code = 3 if skipped or problems else 0
        archive.end_run(code, msgspec.json.encode(report).decode(), clock())
    return report


def _without_doubles(papers: Sequence[Paper]) -> list[Paper]:
    return list({paper.id: paper for paper in papers}.values())


def export(settings: Settings, wait: float = 60.0) -> Iterator[tuple[date, IssuePaper]]:
    """Yield every paper of the archive with its day: as published, else as it would be."""
    with Archive.open(settings.archive.path, wait=wait, read_only=True) as archive:
        for day in archive.listed_days():
            issue = archive.issue(day, settings.language)
            printed = {paper.id: paper for paper in issue.papers} if issue else {}
            for number, paper in enumerate(archive.papers(day), 1):
                if paper.id in printed:
                    yield day, printed[paper.id]
                    continue
                verdict = _unpublished(paper, archive, settings.language)
                yield day, print_unpublished(paper, number, verdict, load_areas())


def _unpublished(paper: Paper, archive: Archive, language: str) -> Verdict:
    if language == SOURCE_LANGUAGE:
        return original(paper)
    return settle(paper, archive.replies(paper, language), language)
