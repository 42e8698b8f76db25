"""Whether what was heard can be its text: length, silence, clipping, and an end that is none.

Nothing is recognised here; it is measured. The bounds were set on 44 sentences spoken by Kokoro in
five voices at their own speed: 4.3 to 5.7 syllables a second with their pauses, no pause of 0.4 s
or more, and 15 dB or more below their median level in the last 30 ms, while 82 % of what was cut
anywhere (8,800 times) ends less than 12 dB below it. With the length, 92 % of sentences cut at 10
to 80 % of their length were found, 97 % of those cut in the middle, and no whole one of 78.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ribao.errors import VoiceError
from ribao.speech import Span, Speech

RATES = (8_000, 96_000)
FRAME = 0.01
# Decibels of full scale: what counts as silence, for a frame and for the whole.
SILENT = -50.0
# So long (s) nobody pauses.
STRETCH = 3.0
# The share of samples at full scale from which it is clipped.
FULL = 32767
CLIPPED = 0.001
# Decibels against the median level: the sound has ended below the first; the last 30 ms before
# that are as loud as the second only where it was cut.
ENDED, CUT = -40.0, -12.0
TAIL = 0.03
# So long (s) there is silence behind a sentence; shorter ones are the closures of consonants.
PAUSE = 0.25
# Syllables a second, pauses and all, between which speech can be, by language. Voices set to half
# or to one and a half of their speed are still within.
PACE: Mapping[str, tuple[float, float]] = MappingProxyType({"zh": (2.0, 9.0), "en": (1.8, 9.0)})
ANY_PACE = (1.5, 10.0)
# Seconds by which a sentence may be longer: a breath, a slow beginning.
ALLOWED = 1.0
# A sentence of so many syllables or more may not be so many times faster than most of the others.
LONG, FASTER = 8, 2.0
EDGE = 0.05

# One syllable each: Chinese characters, kana, hangul.
SYLLABIC = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
WORD = re.compile(r"[^\W\d_]+")
VOWELS = re.compile(r"[aeiouyаеёиоуыэюя]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Count:
    """How many syllables a text has, at least and at most: nobody knows how GRPO is read."""

    least: int
    most: int


def judge(subject: str, speech: Speech, sentences: Sequence[str], language: str) -> None:
    """Raise ``VoiceError`` (transient) where ``speech`` cannot be ``sentences`` as they were told.

    ``language`` is that of the text (``zh-Hans``). What passes may still be misread.
    """
    problem = _form(speech, len(sentences)) or _sound(speech, sentences, language)
    if problem:
        raise VoiceError(subject, f"{speech.voice}: {problem}", transient=True)


def syllables(text: str) -> Count:
    """Count the syllables of ``text``: exactly in Chinese, between bounds in other scripts.

    A Latin word has one for each group of vowels, or is spelled; a digit has one to three.
    """
    exact = len(SYLLABIC.findall(text))
    digits = sum(character.isdigit() for character in text)
    counts = [_word(word) for word in WORD.findall(SYLLABIC.sub(" ", text))]
    least, most = sum(c.least for c in counts), sum(c.most for c in counts)
    return Count(exact + digits + least, exact + 3 * digits + most)


def _word(word: str) -> Count:
    # Only W has a name of three syllables.
    spelled = len(word) + 2 * sum(letter in "wW" for letter in word)
    if len(word) == 1:
        return Count(1, spelled)
    plain = unicodedata.normalize("NFD", word)
    groups = len(VOWELS.findall(plain))
    silent = plain[-1:] in "eE" and groups > 1
    most = groups + 1 if word == word.lower() else max(groups + 1, spelled)
    return Count(max(1, groups - silent), most)


def _form(speech: Speech, count: int) -> str:
    """Say what is wrong with rate, samples and spans as such; nothing where all is well."""
    least, most = RATES
    if not least <= speech.rate <= most:
        return f"a rate of {speech.rate} Hz is no speech's"
    if not speech.samples or len(speech.samples) % 2:
        return "it has no whole samples"
    if len(speech.spans) != count:
        return f"{len(speech.spans)} spans for {count} sentences"
    before = 0.0
    for number, span in enumerate(speech.spans, 1):
        if not (math.isfinite(span.start) and math.isfinite(span.end)):
            return f"the time of sentence {number} is not a number"
        if not before - EDGE <= span.start <= span.end <= speech.seconds + EDGE:
            where = f"{span.start:.2f} s to {span.end:.2f} s of {speech.seconds:.2f} s"
            return f"sentence {number} is out of place ({where})"
        before = span.end
    return ""


def _sound(speech: Speech, sentences: Sequence[str], language: str) -> str:
    """Say what is wrong with the sound; nothing where all is well."""
    sound = np.frombuffer(speech.samples, "<i2")
    levels = _levels(sound, speech.rate)
    loud = np.flatnonzero(levels > SILENT)
    if not len(loud) or _level(sound) < SILENT:
        return "it is silent"
    clipped = float(np.mean((sound >= FULL) | (sound <= -FULL)))
    if clipped > CLIPPED:
        return f"it is clipped ({clipped:.1%} of its samples)"
    longest = int(np.max(np.diff(loud), initial=1)) * FRAME
    if longest > STRETCH:
        return f"there are {longest:.1f} s of silence within"
    heard = float(loud[-1] + 1 - loud[0]) * FRAME
    counts = [syllables(sentence) for sentence in sentences]
    return (
        _length(heard, counts, language)
        or _spans(speech.spans, levels, counts)
        or _end(sound, speech.rate, float(np.median(levels[loud[0] : loud[-1] + 1])))
    )


def _length(heard: float, counts: Sequence[Count], language: str) -> str:
    """Say whether ``heard`` seconds, from first sound to last, are too few or too many."""
    slowest, fastest = PACE.get(language.partition("-")[0], ANY_PACE)
    least, most = sum(count.least for count in counts), sum(count.most for count in counts)
    if heard < least / fastest:
        return f"too short: {heard:.1f} s for {least} syllables"
    if heard > most / slowest + ALLOWED * len(counts):
        return f"too long: {heard:.1f} s for {most} syllables"
    return ""


def _spans(spans: Sequence[Span], levels: NDArray[np.float64], counts: Sequence[Count]) -> str:
    """Say which sentence is not heard in its span, or much faster than most of the others."""
    paces = [
        count.least / max(span.end - span.start, FRAME)
        for span, count in zip(spans, counts, strict=True)
    ]
    usual = np.median([p for p, c in zip(paces, counts, strict=True) if c.least >= LONG] or [0.0])
    for number, (span, count, pace) in enumerate(zip(spans, counts, paces, strict=True), 1):
        frames = levels[round(span.start / FRAME) : max(1, round(span.end / FRAME))]
        if count.least and not np.any(frames > SILENT):
            return f"sentence {number} is silent"
        bound = max(FASTER * float(usual), ANY_PACE[1])
        if count.least >= LONG and pace > bound:
            return f"sentence {number} has {count.least} syllables in {span.end - span.start:.1f} s"
    return ""


def _end(sound: NDArray[np.int16], rate: int, median: float) -> str:
    """Say whether speech breaks off: loud until it is over, at the end or before a pause."""
    floor = (FULL + 1) * 10 ** ((median + ENDED) / 20)
    above = np.flatnonzero(np.abs(sound.astype(np.int32)) > floor)
    # The last sample of each stretch of sound; behind the very last one there is nothing.
    ends = above[np.append(np.diff(above) > PAUSE * rate, True)]
    for end in ends:
        tail = sound[max(0, end + 1 - round(TAIL * rate)) : end + 1]
        if _level(tail) > median + CUT:
            return f"it breaks off at {(end + 1) / rate:.1f} s"
    return ""


def _levels(sound: NDArray[np.int16], rate: int) -> NDArray[np.float64]:
    """Return the level of each 10 ms, in decibels of full scale."""
    edges = np.arange(int(len(sound) / (rate * FRAME)) + 1) * (rate * FRAME)
    starts = np.round(edges[:-1]).astype(int)
    if not len(starts):
        return np.full(1, -np.inf)
    power = np.add.reduceat(np.square(sound, dtype=np.float64), starts)
    return _decibels(power / np.diff(np.append(starts, len(sound))))


def _level(sound: NDArray[np.int16]) -> float:
    """Return the level of all of ``sound``, in decibels of full scale."""
    return float(_decibels(np.mean(np.square(sound, dtype=np.float64), keepdims=True))[0])


def _decibels(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mean squares of 16-bit samples as decibels of full scale."""
    return 10 * np.log10(np.maximum(power, 1e-3) / (FULL + 1.0) ** 2)
