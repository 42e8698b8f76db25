"""A script is recorded: each segment by itself, kept as it comes, by the first voice that can.

The conductor of the spoken edition, against the seams only.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ribao.errors import NoVoiceError, VoiceError
from ribao.seams import Executor, Progress, Voice
from ribao.speech import Recorded, Script, Segment, Speech

# How often a voice is asked for a segment whose sound is not its text.
TRIES = 2
# So many segments in a row that a voice failed at, and it counts as down for this run.
DOWN_AFTER = 3

Judge = Callable[[str, Speech, Sequence[str]], None]


class Tapes(Protocol):
    """Where speech is kept by the digest of what was said and who spoke."""

    def find(self, digest: str) -> Speech | None:
        """Return what is kept, None where there is nothing that can be read."""

    def keep(self, digest: str, speech: Speech) -> None:
        """Keep a segment's speech. Raises ``RenderError`` where it cannot be written."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Which tape each segment of a script is on, in the order of the script.

    ``lost`` are the keys of segments that no voice could speak; where a paper was lost, a word
    about it stands in its place. ``problems`` says why, one line each; ``notes`` names the voices
    that were out where others spoke for them. ``made`` counts what was spoken now and not found.
    """

    tapes: tuple[tuple[Segment, str], ...]
    lost: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    made: int

    def play(self, tapes: Tapes) -> Iterator[Recorded]:
        """Yield one segment after the other, so that only one is in memory."""
        for segment, digest in self.tapes:
            speech = tapes.find(digest)
            if speech is None:
                raise VoiceError(segment.key, "its recording is gone; run again")
            yield Recorded(segment, speech)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who records, who judges, and where it goes.

    ``voices`` are asked in their order. Where there are ``second`` voices, these are asked first
    for every other paper. ``out`` are those that are down, by name, each with the reason: from one
    script to the next, so that a run waits once for a service that hangs.
    """

    voices: Sequence[Voice]
    judge: Judge
    tapes: Tapes
    executor: Executor
    progress: Progress
    second: Sequence[Voice] = ()
    out: dict[str, VoiceError] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Voice, ...]:
        """Everybody who may be asked."""
        return (*self.voices, *self.second)


def record(script: Script, crew: Crew, pass_over: Callable[[Segment], Segment | None]) -> Recording:
    """Have every segment spoken that is not on tape yet.

    ``pass_over`` gives what is said in place of a segment that is lost, None for nothing.
    """
    speaker = _Speaker(crew, script)
    crew.progress.step(f"{script.day} speak {script.edition}", len(script.segments))
    tapes, failures = _spoken(script.segments, speaker, crew)
    lost = [segment for segment in script.segments if segment.key in failures]
    instead = {segment.key: words for segment in lost if (words := pass_over(segment)) is not None}
    # Where no voice is left there is nobody to say that something is missing either.
    if tapes and instead:
        said, more = _spoken(tuple(instead.values()), speaker, crew)
        tapes |= said
        failures = more | failures
    kept = []
    for segment in script.segments:
        heard = instead.get(segment.key, segment) if segment.key in failures else segment
        if heard.key in tapes:
            kept.append((heard, tapes[heard.key]))
    # In the order in which they are asked: which of them failed first is chance.
    out = tuple(str(crew.out[v.name]) for v in crew.all if v.name in crew.out)
    keys = tuple(segment.key for segment in lost)
    if lost and len(out) == len(crew.all):
        return Recording(tuple(kept), keys, out, (), speaker.made)
    problems = tuple(str(failures[key]) for key in keys)
    # Where all was on tape nobody was missed.
    return Recording(tuple(kept), keys, problems, out if speaker.made else (), speaker.made)


def tape_of(segment: Segment, voice: str, language: str) -> str:
    """Return the digest by which a segment's speech is kept: its words, and who spoke."""
    words = [language, voice, [sentence.spoken for sentence in segment.sentences]]
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()


def _spoken(
    segments: Sequence[Segment], speaker: _Speaker, crew: Crew
) -> tuple[dict[str, str], dict[str, VoiceError]]:
    tapes: dict[str, str] = {}
    failures: dict[str, VoiceError] = {}
    for segment, result in crew.executor(speaker, segments):
        crew.progress.advance()
        if isinstance(result, VoiceError):
            failures[segment.key] = result
        else:
            tapes[segment.key] = result
    return tapes, failures


class _Speaker:
    """Speaks a segment by the first voice that can; a voice that is down is left alone."""

    def __init__(self, crew: Crew, script: Script) -> None:
        self._crew = crew
        self.made = 0
        self._judge = crew.judge
        self._tapes = crew.tapes
        self._language = script.language
        papers = [segment.key for segment in script.segments if segment.part in {"paper", "more"}]
        self._second = frozenset(papers[1::2]) if crew.second else frozenset[str]()
        self._lock = threading.Lock()
        self._failed_in_a_row: dict[str, int] = {}

    def __call__(self, segment: Segment) -> str | VoiceError:
        """Return the tape that the segment is on, else why no voice could speak it."""
        crew = self._crew
        voices = (*crew.second, *crew.voices) if segment.key in self._second else crew.voices
        digests = {v.name: tape_of(segment, v.name, self._language) for v in voices}
        for digest in digests.values():
            if self._tapes.find(digest) is not None:
                return digest
        failure = VoiceError(segment.key, "there is no voice to speak it; look at: ribao doctor")
        for voice in voices:
            if voice.name in crew.out:
                failure = crew.out[voice.name]
                continue
            try:
                speech = self._speak(voice, segment)
            except VoiceError as error:
                failure = error
                self._failed(voice, error)
                continue
            self._succeeded(voice)
            self._tapes.keep(digests[voice.name], speech)
            return digests[voice.name]
        return failure

    def _speak(self, voice: Voice, segment: Segment) -> Speech:
        """Ask again where what was heard is not the text; a voice has its own patience for rest."""
        said = [sentence.spoken for sentence in segment.sentences]
        for tries_left in reversed(range(TRIES)):
            speech = voice.speak(segment.key, said)
            try:
                self._judge(segment.key, speech, said)
            except VoiceError:
                if not tries_left:
                    raise
            else:
                return speech
        raise AssertionError("unreachable: the last try returns or raises")

    def _succeeded(self, voice: Voice) -> None:
        with self._lock:
            self.made += 1
            self._failed_in_a_row[voice.name] = 0

    def _failed(self, voice: Voice, error: VoiceError) -> None:
        """Count failures in a row; a voice that cannot speak at all is out at once."""
        with self._lock:
            in_a_row = self._failed_in_a_row.get(voice.name, 0) + 1
            self._failed_in_a_row[voice.name] = in_a_row
            if isinstance(error, NoVoiceError) or in_a_row >= DOWN_AFTER:
                # Which segment it was is chance, and is of no interest to the others.
                why = type(error)(voice.name, error.message)
                self._crew.out.setdefault(voice.name, why)
