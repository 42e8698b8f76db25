"""What is said and what was heard: scripts, speech, recordings. All frozen.

Times are seconds, sound is 16-bit signed little-endian PCM with one channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

EditionName = Literal["brief", "full"]
Part = Literal["opening", "paper", "more", "closing"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: ``text`` as the transcript shows it, ``spoken`` as a voice is told.

    In ``spoken`` there are only words, and punctuation that makes a pause: numbers, units and
    symbols are written out, acronyms that are spelled stand as single letters ("G R P O").
    """

    text: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Segment:
    """What is spoken in one go, and kept by itself: the opening, one paper, the closing.

    ``key`` is the paper's id, else the part's name. ``title`` is its chapter's; ``url`` is where
    the chapter leads, None where it leads to the issue.
    """

    key: str
    part: Part
    title: str
    url: str | None
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """All that is said in one edition of an issue."""

    day: date
    language: str
    revision: int
    edition: EditionName
    title: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something is heard, in seconds from the beginning."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Speech:
    """A spoken segment: ``samples`` at ``rate`` Hz, one span for each sentence, and who spoke.

    ``voice`` is the engine and its voice (``edge:zh-CN-XiaoxiaoNeural``).
    """

    rate: int
    samples: bytes
    spans: tuple[Span, ...]
    voice: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / 2 / self.rate


@dataclass(frozen=True, slots=True)
class Recorded:
    """A segment with its speech."""

    segment: Segment
    speech: Speech


@dataclass(frozen=True, slots=True)
class Cue:
    """One sentence of the transcript, and when it is heard."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter: ``key`` is the segment's, ``url`` where its title leads."""

    span: Span
    key: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Episode:
    """One spoken edition of an issue as it was made: all that pages and feeds need of it.

    ``bytes`` is the exact size of the MP3. ``lost`` are the papers that could not be spoken.
    """

    day: date
    language: str
    edition: EditionName
    revision: int
    title: str
    bytes: int
    seconds: float
    chapters: tuple[Chapter, ...]
    cues: tuple[Cue, ...]
    voices: tuple[str, ...]
    lost: tuple[str, ...] = ()
