"""A voice for tests: it hums each syllable, so that length, pauses and silence are known."""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Callable, Sequence

from ribao.errors import VoiceError
from ribao.speech import Span, Speech

RATE = 24_000
SYLLABLE = 0.2
PAUSE = 0.4


def hum(sentences: Sequence[str], voice: str = "hum:a", rate: int = RATE) -> Speech:
    """Speak: a fifth of a second for each character, and a pause behind each sentence."""
    samples: list[int] = []
    spans = []
    for sentence in sentences:
        start = len(samples) / rate
        count = round(max(1, sum(char.isalnum() for char in sentence)) * SYLLABLE * rate)
        for n in range(count):
            swell = 0.55 + 0.45 * math.sin(2 * math.pi * n / rate / SYLLABLE)
            samples.append(round(9_000 * swell * math.sin(2 * math.pi * 180 * n / rate)))
        spans.append(Span(start, len(samples) / rate))
        samples += [0] * round(PAUSE * rate)
    return Speech(rate, struct.pack(f"<{len(samples)}h", *samples), tuple(spans), voice)


class Hummer:
    """A voice that hums; ``fault`` may raise for what it is asked, or answer in its place."""

    def __init__(
        self,
        name: str = "hum:a",
        fault: Callable[[str, Sequence[str]], Speech | None] = lambda *_: None,
    ) -> None:
        self.name = name
        self.asked: list[str] = []
        self._fault = fault
        self._lock = threading.Lock()

    def speak(self, subject: str, sentences: Sequence[str]) -> Speech:
        """Hum ``sentences``."""
        with self._lock:
            self.asked.append(subject)
        return self._fault(subject, sentences) or hum(sentences, self.name)


def mute(subject: str, _: Sequence[str]) -> Speech | None:
    """Fail at every segment, as a service that is down does."""
    raise VoiceError(subject, "the service is down", transient=True)
