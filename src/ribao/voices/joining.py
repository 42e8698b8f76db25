"""Sentences that were spoken one by one, made one speech: exact spans, since each is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ribao.errors import VoiceError
from ribao.speech import Span, Speech

# Between two sentences, as newsreaders leave it.
PAUSE = 0.4
# Kept on both sides of what sounds: consonants begin and vowels end below any threshold.
MARGIN = 0.06
FRAME = 0.01
# What counts as sound: above -50 dB of full scale.
FLOOR = 32768 * 10 ** (-50 / 20)


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence as it came: its rate in Hz, and 16-bit mono samples; none for one of symbols."""

    rate: int
    samples: bytes


def sounding(samples: bytes, rate: int) -> Span | None:
    """Say from when to when, in seconds, there is sound (frames of 10 ms); None for silence."""
    size = max(1, int(rate * FRAME))
    sound = np.frombuffer(samples, "<i2")
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    loud = np.flatnonzero(_levels(frames) > FLOOR)
    if not len(loud):
        return None
    return Span(float(loud[0]) * size / rate, float(loud[-1] + 1) * size / rate)


def join(subject: str, pieces: Sequence[Piece | None], voice: str) -> Speech:
    """Join sentences by a pause, each without the silence around it.

    A sentence of which nothing can be said (None) has a span without length where it would be.
    Raises ``VoiceError`` for silence, or where the sentences do not have one rate.
    """
    rates = {piece.rate for piece in pieces if piece}
    if len(rates) != 1:
        message = f"its sentences came at {sorted(rates)} Hz" if rates else "nothing was spoken"
        raise VoiceError(subject, message, transient=bool(rates))
    rate = rates.pop()
    pause = bytes(2 * round(PAUSE * rate))
    sound = bytearray()
    spans: list[Span] = []
    for piece in pieces:
        if piece is None:
            spans.append(Span(len(sound) / 2 / rate, len(sound) / 2 / rate))
            continue
        if sound:
            sound += pause
        begin = len(sound) / 2 / rate
        part, span = _trimmed(subject, piece)
        sound += part
        spans.append(Span(begin + span.start, begin + span.end))
    return Speech(rate, bytes(sound), tuple(spans), voice)


def _trimmed(subject: str, piece: Piece) -> tuple[bytes, Span]:
    """Cut the silence around a sentence, and say where in the rest it is heard."""
    heard = sounding(piece.samples, piece.rate)
    if heard is None:
        raise VoiceError(subject, "a sentence came as silence", transient=True)
    first = max(0, round((heard.start - MARGIN) * piece.rate))
    last = min(len(piece.samples) // 2, round((heard.end + MARGIN) * piece.rate))
    begin = first / piece.rate
    return piece.samples[2 * first : 2 * last], Span(heard.start - begin, heard.end - begin)


def _levels(frames: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return the root mean square of each row."""
    squares: NDArray[np.float64] = np.mean(np.square(frames, dtype=np.float64), axis=1)
    return np.sqrt(squares)
