"""How long a spoken text takes, by estimate. Pure.

Slower than a trained voice on purpose: Mandarin is read at 4.5 to 5.5 syllables a second by news
readers and synthetic voices, English at 2.5 to 3 words; here it is 4.3 and 2.6, and every sentence
has a pause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ribao.aloud.plain import HAN

SYLLABLES = 4.3
"""Chinese characters a second; a letter that is spelled takes as long as one."""
WORDS = 2.6
"""Latin words a second."""
PAUSE = 0.35
"""Seconds behind a sentence."""
BREATH = 0.15
"""Seconds at a comma."""

_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile(rf"[^\W\d_{HAN}]+")
_COMMA = re.compile("[，、；：,;:]")


def estimate(spoken: Iterable[str]) -> float:
    """Return the seconds that sentences for the ear take, pauses and all."""
    seconds = 0.0
    for sentence in spoken:
        words = _LATIN.findall(sentence)
        letters = sum(len(word) == 1 for word in words)
        seconds += (len(_HAN.findall(sentence)) + letters) / SYLLABLES
        seconds += (len(words) - letters) / WORDS
        seconds += len(_COMMA.findall(sentence)) * BREATH + PAUSE
    return seconds
