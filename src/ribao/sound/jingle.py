"""The jingle, and the tone between the parts of an episode: made of sines, always the same.

Struck bars, as of a glockenspiel: partials of a bar that is free at both ends, each dying away the
faster the higher it is. The melody keeps to five notes (D, E, F sharp, A, B): it rises at the
beginning, and comes home at the end.
"""

from __future__ import annotations

import numpy as np

from ribao.sound.resample import Samples

# (when in seconds, how high in Hz, how strong)
_OPENING = (
    (0.00, 293.66, 0.7),  # D4 carries the whole
    (0.00, 587.33, 1.0),  # D5
    (0.24, 739.99, 0.8),  # F sharp 5
    (0.48, 880.00, 0.9),  # A5
    (0.96, 1174.66, 0.8),  # D6
    (0.96, 440.00, 0.5),  # A4
)
_CLOSING = (
    (0.00, 880.00, 0.9),
    (0.24, 739.99, 0.8),
    (0.48, 659.25, 0.8),  # E5
    (0.96, 587.33, 1.0),
    (0.96, 293.66, 0.7),
)
_TONE = ((0.00, 880.00, 0.8), (0.12, 1174.66, 0.6))
# Partials: (times the note, how strong, seconds until 60 dB lower). The second is tuned to two
# octaves, as makers of bars do; the third is a free bar's own (Fletcher and Rossing, chapter 19).
_PARTIALS = ((1.0, 1.0, 2.2), (2.0, 0.12, 1.2), (4.0, 0.18, 0.5), (9.2, 0.03, 0.12))
_ATTACK = 0.004


def opening(rate: int) -> Samples:
    """Return the jingle at the beginning, 2.4 s of mono at ``rate`` Hz, below 1."""
    return _strike(_OPENING, 2.4, rate)


def closing(rate: int) -> Samples:
    """Return the jingle at the end, 2.6 s of mono at ``rate`` Hz, below 1."""
    return _strike(_CLOSING, 2.6, rate)


def tone(rate: int) -> Samples:
    """Return the tone between parts, 0.5 s of mono at ``rate`` Hz, below 1."""
    return _strike(_TONE, 0.5, rate)


def _strike(notes: tuple[tuple[float, float, float], ...], seconds: float, rate: int) -> Samples:
    length = round(seconds * rate)
    sound = np.zeros(length)
    for begins, hertz, strength in notes:
        first = round(begins * rate)
        time = np.arange(length - first) / rate
        rises = np.clip(time / _ATTACK, 0, 1)
        for times, share, dies in _PARTIALS:
            # A short sound has to be over in time.
            falls = np.exp(-np.log(1000) * time / min(dies, seconds * 0.9))
            wave = np.sin(2 * np.pi * hertz * times * time)
            sound[first:] += strength * share * rises * falls * wave
    # To nothing at the very end, without a click.
    fade = round(length * 0.3)
    sound[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    samples: Samples = (sound * (0.5 / np.abs(sound).max())).astype(np.float32)
    return samples
