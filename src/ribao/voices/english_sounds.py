"""English words and names → Kokoro's phonemes.

Asked in this order: our own list, the parts of a CamelCase name, the ``espeak-ng`` program where
one is handed in, rules of spelling, and the names of the letters as the last way.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

from ribao.voices.phonemes_by_spelling import spelling_sound

PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A plural of letters: GPUs, LLMs. (CamelCase takes the last capital with what follows.)
LETTERS = re.compile(r"([A-Z]{2,})s")
VOWELS = re.compile(r"[aeiouy]", re.IGNORECASE)
LONGEST_WORD = 40  # Longer ones are no words: they are spelled by rules in any case.
WORDS_AT_ONCE = 500
PATIENCE = 10.0  # Seconds: espeak-ng needs 0.05 for a hundred words.
ACRONYM = 3  # Capitals up to so many inside a name are spelled: OpenAI, MetaGPT.


@cache
def tables() -> dict[str, dict[str, str]]:
    """Give the lists of words and letters, and the sounds of espeak-ng as Kokoro writes them."""
    raw: dict[str, Any] = tomllib.loads(
        (files("ribao.voices") / "english_sounds.toml").read_text("utf-8")
    )
    pairs = {
        name: dict(line.split(" ", 1) for line in raw[name].split("\n") if line)
        for name in ("letters", "words")
    }
    return {**pairs, "espeak": raw["espeak"]}


class EnglishSounds:
    """Knows the sounds of English words. ``espeak`` is the program's path, or None."""

    def __init__(self, espeak: Path | None = None) -> None:
        self._espeak = espeak
        self._heard: dict[str, str] = {}
        self._lock = Lock()

    def learn(self, words: Iterable[str]) -> None:
        """Ask espeak-ng for all words at once that our list does not know. Never raises."""
        if self._espeak is None:
            return
        parts = {part.lower() for word in words for part in self._parts(word)}
        with self._lock:
            unknown = sorted(
                part
                for part in parts
                if part not in self._heard and self._listed(part) is None and len(part) > 1
            )[:WORDS_AT_ONCE]
            if unknown:
                self._heard |= ask_espeak(self._espeak, unknown)

    def sound(self, word: str) -> str:
        """Give the phonemes of one word of letters a to z; several parts have blanks between."""
        listed = self._listed(word.lower())
        if listed is not None:
            return listed
        return " ".join(self._part(part, alone=part == word) for part in self._parts(word))

    def _parts(self, word: str) -> list[str]:
        if self._listed(word.lower()) is not None:
            return [word]
        if plural := LETTERS.fullmatch(word):
            return [*plural[1], "s"]
        return PARTS.findall(word)

    def _part(self, part: str, *, alone: bool) -> str:
        small = part.lower()
        listed = self._listed(small)
        if listed is not None:
            return listed
        spelled = part.isupper() and not alone and len(part) <= ACRONYM
        if spelled or not VOWELS.search(part) or len(part) > LONGEST_WORD:
            return " ".join(tables()["letters"][letter] for letter in small)
        return self._heard.get(small) or spelling_sound(small)

    def _listed(self, small: str) -> str | None:
        """Look a word up, or the word that it is the plural of."""
        if len(small) == 1:
            return tables()["letters"][small]
        words = tables()["words"]
        if small in words:
            return words[small]
        one = words.get(small[:-1]) if small.endswith("s") else None
        return one + plural_sound(one) if one else None


def plural_sound(one: str) -> str:
    """Give the sound of the plural's s after a sound."""
    if one[-1] in "szʃʒʧʤ":
        return "ᵻz"
    return "s" if one[-1] in "ptkfθ" else "z"


def ask_espeak(program: Path, words: list[str]) -> dict[str, str]:
    """Give the phonemes of small words of letters by the espeak-ng program.

    Nothing comes back where the program fails, hangs or says another number of words: its sounds
    are better than the rules', never needed. ``--ipa=3`` as in espeak-ng's own manual page.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a program of the settings, letters on its input
            [program, "-q", "--ipa=3", "-v", "en-us", "--stdin"],
            # A full stop after each word, or the words would be one sentence.
            input="".join(f"{word}.\n" for word in words),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if len(said) != len(words):
        return {}
    return {word: from_espeak(sound) for word, sound in zip(words, said, strict=True)}


@cache
def _espeak_sounds() -> re.Pattern[str]:
    known = sorted(tables()["espeak"], key=lambda sound: (-len(sound), sound))
    return re.compile("|".join(map(re.escape, known)))


def from_espeak(sound: str) -> str:
    """Write espeak-ng's phonemes as Kokoro's."""
    plain = sound.replace("\u200d", "").replace("_", "")
    ours = tables()["espeak"]
    written = _espeak_sounds().sub(lambda found: ours[found[0]], plain)
    # Its r-coloured vowel before an r is one r for Kokoro.
    return written.replace("ː", "").replace("ɹɹ", "ɹ")
