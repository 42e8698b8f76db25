"""An edition that is spoken by a server on loopback, and how other programs read what was made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import feedparser
import mutagen.mp3

from tests.edition import DAY, Edition
from tests.loopback import Fault, Handler, LLMServer, Loopback, paper
from tests.voice_servers import SpeechServer

SITE = "https://papers.example/daily"
TIMES = re.compile(r"(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})\n(.+)")


WORDS = ("narrow", "winding", "golden", "ancient", "crowded", "silent", "mountain", "harbour")


def short(count: int) -> list[dict[str, Any]]:
    """A list of so many papers, none of whose sentences is another's."""
    return [
        paper(
            f"2601.{number:05d}",
            title=f"Drawing {word} Maps",
            summary=f"We draw maps of {word} streets. They lead robots through {word} towns.",
        )
        for number, word in enumerate(WORDS[:count], 1)
    ]


class Speaker(SpeechServer):
    """A server that speaks; ``spoil`` may give a fault for the text that it is asked for."""

    def __init__(
        self, spoil: Callable[[str], Fault | None] = lambda _: None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.spoil = spoil

    @property
    def texts(self) -> list[str]:
        """All that it was asked to say."""
        with self.lock:
            return [json.loads(request.body)["input"] for request in self.requests]

    def handle_error(self, *_: object) -> None:
        """Nothing: that a client left, or was sent away, is what the tests are about."""

    def answer(self, handler: Handler) -> None:
        fault = self.spoil(json.loads(handler.body)["input"])
        (fault or super().answer)(handler)


def speaking(
    folder: Path, source: Loopback, llm: LLMServer, speaker: Loopback, **env: str
) -> Edition:
    """An edition whose voice is ``speaker``."""
    voice = {
        "RIBAO_VOICE__ENGINE": "openai",
        "RIBAO_VOICE__BASE_URL": f"{speaker.url}/v1",
        "RIBAO_VOICE__TIMEOUT": "10",
    }
    return Edition(folder, source, llm, **voice | env)


@dataclass(frozen=True)
class Heard:
    """An MP3 as mutagen reads it. Chapters are (start, end, title, link), in seconds."""

    seconds: float
    rate: int
    channels: int
    kilobits: int
    title: str
    has_cover: bool
    chapters: list[tuple[float, float, str, str]]


def hear(path: Path) -> Heard:
    sound = mutagen.mp3.MP3(path)
    tags = sound.tags
    order = tags["CTOC:toc"].child_element_ids
    chapters = []
    for frame in (tags[f"CHAP:{each}"] for each in order):
        link = next((f.url for f in frame.sub_frames.values() if f.FrameID == "WXXX"), "")
        span = frame.start_time / 1000, frame.end_time / 1000
        chapters.append((*span, str(frame.sub_frames["TIT2"]), link))
    return Heard(
        sound.info.length,
        sound.info.sample_rate,
        sound.info.channels,
        sound.info.bitrate // 1000,
        str(tags["TIT2"]),
        bool(tags.getall("APIC")),
        chapters,
    )


def cues(path: Path) -> list[tuple[float, float, str]]:
    """A transcript's sentences: from when to when, and the words."""
    found = []
    for h, m, s, hh, mm, ss, text in TIMES.findall(path.read_text("utf-8")):
        start = int(h) * 3600 + int(m) * 60 + float(s)
        found.append((start, int(hh) * 3600 + int(mm) * 60 + float(ss), text))
    return found


def feed(ours: Edition, name: str) -> feedparser.FeedParserDict:
    parsed = feedparser.parse((ours.folder / "site" / name).read_bytes())
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def stamps(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder, with the time it was last written and its bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def sound_of(ours: Edition, name: str = "brief.mp3", day: str = DAY) -> Path:
    return ours.folder / "site" / day / name
