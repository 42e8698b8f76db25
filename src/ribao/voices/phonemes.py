"""What a voice is told (``Sentence.spoken``) → the phonemes of Kokoro-82M, all in its vocabulary.

Chinese characters by ``phonemes_mandarin``, Latin words by ``english_sounds``. The texts hold
only words and pauses; should a digit or a Greek letter come, it is named, other signs are dropped.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from ribao.voices.english_sounds import EnglishSounds
from ribao.voices.phonemes_mandarin import CHARACTERS, mandarin, sounds

LATIN = re.compile(r"[A-Za-z]+")
PIECE = re.compile(rf"[{CHARACTERS}]+|[A-Za-z]+|[^\s]")
POINT = re.compile(r"(?<=\d)\.(?=\d)")
GREEK = re.compile(r"GREEK .*LETTER(?: FINAL)? (?P<name>[A-Z]+)")
# Where a long sentence is cut, best places first: after a full stop, a comma, a word.
CUTS = (re.compile(r"(?<=[.!?;:…] )"), re.compile(r"(?<=[,—] )"), re.compile(r"(?<= )"))


@cache
def vocabulary() -> dict[str, int]:
    """Give each symbol that Kokoro knows, and its number."""
    text = (files("ribao.voices") / "kokoro_vocabulary.toml").read_text("utf-8")
    symbols: dict[str, int] = tomllib.loads(text)["symbols"]
    return symbols


class Phonemes:
    """Reads sentences: ``pronunciations`` are other spellings for words ("Qwen" → "千问").

    ``espeak`` is the espeak-ng program's path, or None.
    """

    def __init__(
        self, espeak: Path | None = None, pronunciations: Mapping[str, str] | None = None
    ) -> None:
        self._english = EnglishSounds(espeak)
        self._instead = dict(pronunciations or {})
        names = sorted(self._instead, key=lambda name: (-len(name), name))
        self._names = (
            re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, names))})(?![A-Za-z])")
            if names
            else None
        )

    def learn(self, texts: Iterable[str]) -> None:
        """Look up all words of the texts at once, where a program can be asked."""
        self._english.learn(word for text in texts for word in LATIN.findall(self._written(text)))

    def read(self, text: str) -> str:
        """Give the phonemes of a sentence, "" where nothing in it can be said."""
        pauses = sounds()["pauses"]
        parts: list[str] = []
        for piece in PIECE.findall(self._written(text)):
            if piece in pauses:
                # One pause is enough, and none is needed before the first word.
                if parts and parts[-1] not in pauses.values():
                    parts.append(pauses[piece])
            elif said := self._sound(piece):
                parts.append(said)
        if not any(part not in pauses.values() for part in parts):
            return ""
        joined = "".join(p if p in pauses.values() else f" {p}" for p in parts).strip()
        return "".join(symbol for symbol in joined if symbol in vocabulary())

    def _written(self, text: str) -> str:
        """Put the pronunciations in, write digits out, take accents off."""
        plain = unicodedata.normalize("NFKC", text)
        if self._names:
            plain = self._names.sub(lambda found: self._instead[found[0]], plain)
        plain = POINT.sub(sounds()["changing"]["point"], plain)
        written = []
        for sign in plain:
            if sign.isdigit() and (value := unicodedata.digit(sign, -1)) >= 0:
                written.append(sounds()["changing"]["numerals"][value])
            elif greek := GREEK.match(unicodedata.name(sign, "")):
                written.append(f" {greek['name'].lower()} ")
            else:
                letter = unicodedata.normalize("NFD", sign)[0]
                written.append(letter if letter.isascii() and letter.isalpha() else sign)
        return "".join(written)

    def _sound(self, piece: str) -> str:
        if LATIN.fullmatch(piece):
            return self._english.sound(piece)
        return mandarin(piece) if re.match(f"[{CHARACTERS}]", piece) else ""


def cut(phonemes: str, longest: int) -> list[str]:
    """Cut phonemes into pieces of at most ``longest`` symbols, at pauses where there are any."""
    pieces = [phonemes]
    for place in CUTS:
        pieces = [part for piece in pieces for part in _cut_at(place, piece, longest)]
    return [
        piece[start : start + longest].strip()
        for piece in pieces
        for start in range(0, len(piece), longest)
        if piece[start : start + longest].strip()
    ]


def _cut_at(place: re.Pattern[str], piece: str, longest: int) -> list[str]:
    """Cut at these places so that pieces are of like length, as few as will do."""
    if len(piece) <= longest:
        return [piece]
    share = len(piece) / -(-len(piece) // longest)
    made = [""]
    for part in place.split(piece):
        full = len(made[-1]) + len(part) > longest
        if made[-1] and (full or len(made[-1]) + len(part) / 2 > share):
            made.append(part)
        else:
            made[-1] += part
    return made
