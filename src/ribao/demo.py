"""``ribao demo``: the recorded sample day through the same pipeline, without network or key."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

from ribao.app import Asked, Clock, Run, assemble, rules_of
from ribao.archive import Archive, hold
from ribao.casting import KOKORO, can_record
from ribao.config import Settings
from ribao.editions import editions_of
from ribao.listing import day_inside, digest_of, read_page
from ribao.models import FETCH, weights_of
from ribao.pipeline import run_day
from ribao.renderers.workshop import Workshop
from ribao.report import DayReport
from ribao.seams import Progress
from ribao.sections import ArchiveSettings, OutputSettings, VoiceSettings
from ribao.texts import load_texts
from ribao.types import RawPage, Reply

DAY = date(2026, 1, 12)
# When the days before it were imported.
IMPORTED_AT = datetime(2026, 1, 12, 7, 40, tzinfo=UTC)
# The two looks at the list that are recorded: in the morning, and when the last papers had come.
LOOKS = (
    (datetime(2026, 1, 12, 7, 45, tzinfo=UTC), "listing-1.json"),
    (datetime(2026, 1, 12, 16, 30, tzinfo=UTC), "listing-2.json"),
)
ASKED_AT = datetime(2026, 1, 12, 7, 46, tzinfo=UTC)
MODEL = "sample"
LANGUAGE = "zh-Hans"


def run_demo(folder: Path, progress: Progress, wait: float = 60.0) -> list[DayReport]:
    """Make the sample issue below ``folder``: its first revision, then the one with late papers."""
    settings = Settings.model_construct(
        language=LANGUAGE,
        archive=ArchiveSettings(path=folder / "ribao.sqlite"),
        output=OutputSettings(folder=folder / "site"),
        voice=VoiceSettings(engine="none"),
    )
    settings = _with_voice(settings, progress)
    reports = []
    with (
        Workshop() as workshop,
        hold(
            settings.archive.path,
            "demo",
            wait=wait,
            clock=_stopped_at(LOOKS[0][0]),
            tell=progress.tell,
        ) as archive,
    ):
        _keep_history(archive)
        for moment, name in LOOKS:
            page = RawPage("huggingface", DAY, 0, moment, _read(name))
            _keep_replies(archive, page)
            clock = _stopped_at(moment)
            # Only the last look's revision is spoken: the morning's would be spoken over.
            asked = Asked(days=(DAY,) if name == LOOKS[-1][1] else ())
            rules = rules_of(settings, asked, clock)
            # All replies are recorded: nobody need be asked.
            run = Run(archive, Recorded(page), (), workshop, progress, clock, asked)
            [placed] = editions_of(settings)
            reports.append(run_day(DAY, assemble(placed, rules, run, [placed], sample=True)))
        archive.end_run(0, "[]", LOOKS[-1][0])
    return reports


def _with_voice(settings: Settings, progress: Progress) -> Settings:
    """Let kokoro speak where it is there: it is the one voice that needs no network."""
    spoken = settings.model_copy(update={"voice": VoiceSettings(engine="kokoro")})
    if not can_record():
        progress.tell('the demo stays silent: install "ribao[voice]"')
        return settings
    if weights_of(spoken, _stopped_at(LOOKS[0][0])).find(KOKORO) is None:
        progress.tell(f"the demo stays silent: its voice is missing; fetch it with: {FETCH}")
        return settings
    return spoken


class Recorded:
    """A source that gives one recorded answer."""

    name = "huggingface"

    def __init__(self, page: RawPage) -> None:
        self._page = page

    def fetch(self, day: date) -> tuple[RawPage, ...]:
        """Return the recorded page of ``day``."""
        return (self._page,) if day == self._page.day else ()


def _stopped_at(moment: datetime) -> Clock:
    return lambda: moment


def _keep_history(archive: Archive) -> None:
    """Import the days before the sample day, so that there is something to compare it with."""
    with archive.transaction():
        for line in gzip.decompress(_read("history.jsonl.gz")).splitlines():
            day = date.fromisoformat(day_inside(line) or "")
            page = RawPage("huggingface", day, 0, IMPORTED_AT, line)
            archive.keep_page(page)
            archive.keep_papers(day, read_page(page)[0], IMPORTED_AT, refresh=False)


def _keep_replies(archive: Archive, page: RawPage) -> None:
    """Put the recorded replies where an engine's would be, once."""
    recorded = list(_recorded())
    for paper in read_page(page)[0]:
        if archive.replies(paper, LANGUAGE):
            continue
        for paper_id, text in recorded:
            if paper_id == paper.id:
                archive.keep_reply(_reply(paper_id, digest_of(paper), text))


def _recorded() -> Iterator[tuple[str, str]]:
    for line in _read("replies.jsonl").decode().splitlines():
        data = json.loads(line)
        yield data["id"], json.dumps(data["reply"], ensure_ascii=False)


def _reply(paper_id: str, digest: str, text: str) -> Reply:
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "model": MODEL}
    return Reply(
        source="huggingface",
        paper_id=paper_id,
        digest=digest,
        language=LANGUAGE,
        asked_at=ASKED_AT,
        engine="recorded",
        model=MODEL,
        prompt=load_texts(LANGUAGE).prompt_digest,
        finish="stop",
        text=text,
        body=json.dumps(body, ensure_ascii=False),
    )


def _read(name: str) -> bytes:
    return (files("ribao") / "sample" / name).read_bytes()
