"""From what is written to what is said, in Chinese and English. Pure; the lexicon is handed in."""

from __future__ import annotations

from functools import lru_cache

from ribao.aloud.chinese import Chinese
from ribao.aloud.ear import Ear, read_lexicon
from ribao.aloud.english import English
from ribao.aloud.reader import Reader

__all__ = ["Ear", "can_say", "read_lexicon", "speak"]


def can_say(language: str) -> bool:
    """Tell whether a text can be made ready for a voice: a Chinese or an English one can."""
    return language.partition("-")[0] in {"zh", "en"}


def speak(text: str, language: str, ear: Ear) -> str:
    """Return what a voice is told for ``text`` in ``language`` (``zh-…``, otherwise English).

    There are only words and stops in it, no digit and no sign; it is empty where nothing can be
    said. The time it takes grows with the length of the text.
    """
    return _reader(ear, language.startswith("zh")).read(text)


@lru_cache(maxsize=8)
def _reader(ear: Ear, chinese: bool) -> Reader:
    return Reader(ear, Chinese(ear.chinese) if chinese else English(ear.english))
