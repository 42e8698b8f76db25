"""An episode: jingle, speech, pauses and jingle again, made equally loud and streamed to disk."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ribao.errors import RenderError
from ribao.sound import jingle
from ribao.sound.loudness import level
from ribao.sound.mp3 import DELAY, RATE, Encoder
from ribao.sound.resample import Samples, resample
from ribao.sound.tags import Tag, render_tag
from ribao.speech import Chapter, Cue, Episode, Recorded, Script, Segment, Span, Speech

BESIDE = ".ribao-new"

# Silences in seconds: after the jingle, between two segments, and around the tone where another
# part begins. Each is long enough to be heard, and found, as a pause.
AFTER_JINGLE, BETWEEN, AROUND_TONE, BEFORE_JINGLE = 0.3, 0.9, 0.45, 0.6
# What is this much softer than a segment's loudest moment is silence at its ends. A little of it
# stays: the first consonant is soft, and a player that jumps may land a frame late.
_SOFTER, _MOMENT = 10 ** (-50 / 20), 0.01
_LEFT_BEFORE, _LEFT_AFTER, _FADE = 0.06, 0.12, 0.005
_JINGLE_LUFS, _TONE_LUFS = -17.0, -27.0
# The length's digits, which are not known when the tag's place is kept.
_SPARE = 64


@dataclass(frozen=True, slots=True)
class Label:
    """What an episode says of itself beside its script.

    ``link`` is the issue's page. ``cover`` is a JPEG or PNG. ``lost`` are the ids of papers that
    could not be spoken.
    """

    artist: str
    album: str
    comment: str = ""
    link: str | None = None
    cover: bytes | None = None
    lost: tuple[str, ...] = ()


def overhead(segments: int, parts: int) -> float:
    """Return the seconds that are not speech in an episode of ``segments``, with jingles.

    ``parts`` is how many different parts follow one another (opening, papers, closing: 3).
    """
    tones = max(0, parts - 1)
    pauses = max(0, segments - 1 - tones) * BETWEEN + tones * (len(_tone()) / RATE)
    jingles = (len(_jingle("opening")) + len(_jingle("closing"))) / RATE
    return AFTER_JINGLE + BEFORE_JINGLE + pauses + jingles


def mix(script: Script, recorded: Iterable[Recorded], path: Path, label: Label) -> Episode:
    """Write the episode to ``path`` as MP3 and return what was made.

    ``recorded`` are segments of ``script`` in their order; one that is left out has no chapter.
    Each is let go before the next is asked for. Chapters cover the whole, one after the other; a
    chapter's title and link are those of the script's segment of the same key. All times are of the
    decoded sound. The file appears when it is complete; the one that was there stays until then.

    Raises ``RenderError`` where nothing was recorded, where the file cannot be written, and for a
    segment whose rate is none; ``ValueError`` for a cover that is none, and for a segment that the
    script does not have.
    """
    tag = Tag(
        title=script.title,
        artist=label.artist,
        album=label.album,
        day=script.day,
        language=script.language,
        comment=label.comment,
        link=label.link,
        cover=label.cover,
    )
    expected = [Chapter(Span(0, 0), s.key, s.title, s.url) for s in script.segments]
    room = len(render_tag(tag, expected, 0)) + _SPARE
    beside = path.with_name(path.name + BESIDE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(bytes(room))
            mixed = _stream(script, recorded, path, file)
            file.seek(0)
            file.write(render_tag(tag, mixed.chapters, mixed.seconds, room))
            size = file.seek(0, io.SEEK_END)
            file.flush()
            # Without this a power cut after the rename can leave an empty file.
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        # The disk that refused the file may refuse this too; the next run writes over it.
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise RenderError(
            str(path),
            f"cannot be written ({error.strerror or error}); make room or mend the folder's "
            "rights, or set output.folder, and run again: what was spoken is kept",
        ) from error
    return Episode(
        day=script.day,
        language=script.language,
        edition=script.edition,
        revision=script.revision,
        title=script.title,
        bytes=size,
        seconds=mixed.seconds,
        chapters=tuple(mixed.chapters),
        cues=tuple(mixed.cues),
        voices=tuple(mixed.voices),
        lost=label.lost,
    )


@dataclass(slots=True)
class _Mixed:
    """What has been put together so far. ``starts`` are the chapters without their ends."""

    starts: list[tuple[float, Segment]] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    # In the order in which they are first heard.
    voices: dict[str, None] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def chapters(self) -> list[Chapter]:
        """From one start to the next, the first from the beginning, the last to the end."""
        starts = [0.0, *(start for start, _ in self.starts[1:]), self.seconds]
        return [
            Chapter(Span(starts[i], starts[i + 1]), segment.key, segment.title, segment.url)
            for i, (_, segment) in enumerate(self.starts)
        ]


def _stream(script: Script, recorded: Iterable[Recorded], path: Path, file: BinaryIO) -> _Mixed:
    """Encode all of it into ``file``."""
    of_script = {segment.key: segment for segment in script.segments}
    mixed = _Mixed()
    before: Segment | None = None
    with Encoder(file) as encoder:
        for each in recorded:
            segment = of_script.get(each.segment.key)
            if segment is None:
                raise ValueError(f"{each.segment.key} is no segment of the script")
            encoder.write(_lead_in(before, segment))
            start = encoder.samples / RATE + DELAY
            samples, spans = _prepare(each.segment, each.speech)
            encoder.write(samples)
            mixed.starts.append((start, segment))
            mixed.voices[each.speech.voice] = None
            mixed.cues += [
                Cue(Span(start + span.start, start + span.end), sentence.text)
                for span, sentence in zip(spans, each.segment.sentences, strict=True)
            ]
            before = segment
            # Only one segment is in memory while the next is recorded.
            del each, samples
        if before is None:
            raise RenderError(str(path), "nothing was recorded, so there is no episode")
        encoder.write(_silence(BEFORE_JINGLE))
        encoder.write(_jingle("closing"))
        mixed.seconds = encoder.finish()
    return mixed


def _lead_in(before: Segment | None, segment: Segment) -> Samples:
    """Return what is heard before a segment's speech."""
    if before is None:
        return np.concatenate([_jingle("opening"), _silence(AFTER_JINGLE)])
    return _silence(BETWEEN) if before.part == segment.part else _tone()


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


@lru_cache
def _jingle(which: str) -> Samples:
    made = jingle.opening(RATE) if which == "opening" else jingle.closing(RATE)
    return level(made, RATE, _JINGLE_LUFS)


@lru_cache
def _tone() -> Samples:
    sound = level(jingle.tone(RATE), RATE, _TONE_LUFS)
    return np.concatenate([_silence(AROUND_TONE), sound, _silence(AROUND_TONE)])


def _prepare(segment: Segment, speech: Speech) -> tuple[Samples, list[Span]]:
    """Return a segment's sound as it goes into the mix, and where its sentences are in it."""
    raw = np.frombuffer(speech.samples, dtype="<i2", count=len(speech.samples) // 2)
    first, last = _ends(raw, speech.rate)
    samples = raw[first:last] * np.float32(1 / 32768)
    # Resampling changes neither loudness nor true peak: level at the lower rate, which is quicker.
    lower = min(speech.rate, RATE)
    try:
        samples = resample(level(resample(samples, speech.rate, lower), lower), lower, RATE)
    except ValueError as error:
        raise RenderError(segment.key, "its sound cannot be used; have it spoken anew") from error
    fade = min(round(_FADE * RATE), len(samples) // 2)
    if fade:
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        samples[:fade] *= ramp
        samples[-fade:] *= ramp[::-1]
    cut, length = first / speech.rate, (last - first) / speech.rate
    return samples, [_within(span, cut, length) for span in speech.spans]


def _within(span: Span, cut: float, length: float) -> Span:
    start = min(max(span.start - cut, 0.0), length)
    return Span(start, min(max(span.end - cut, start), length))


def _ends(raw: npt.NDArray[np.int16], rate: int) -> tuple[int, int]:
    """Return where sound begins and ends, with a little air. Silence stays whole."""
    moment = max(1, round(_MOMENT * rate))
    whole = len(raw) // moment * moment
    each = np.abs(raw[:whole].reshape(-1, moment).astype(np.int32)).max(axis=1)
    loud = np.flatnonzero(each > each.max(initial=0) * _SOFTER)
    if not len(loud):
        return 0, len(raw)
    first = int(loud[0]) * moment - round(_LEFT_BEFORE * rate)
    last = (int(loud[-1]) + 1) * moment + round(_LEFT_AFTER * rate)
    # What is left after the last whole moment is too short to be judged: it stays with its sound.
    return max(first, 0), min(last, len(raw))
