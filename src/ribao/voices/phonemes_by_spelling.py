"""English letters → sounds by rules, for names that no list holds.

The rules are data (``english_sounds.toml``, there also their form and its source).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

VOWELS = "aeiouy"
# Where a sound begins that can bear the stress.
STRESSABLE = re.compile(r"[AIOWYaeiouæɑɔɛɜɪʊʌ]")
# Endings before which the stress falls, of the sound that is left without the ending.
DRAWING = re.compile(r"(?:ʃən|ʒən|ʃᵊl|ʃəs|ɪks?|iəns?|iəl|əTi)$")
NEUTRAL = re.compile(r"(?:əɹz?|ɪŋz?|ᵊ[ln]|ən|əs|i|mənt|nəs|ləs|əbᵊl|əli)$")


@dataclass(frozen=True, slots=True)
class Rule:
    """These letters between what must stand before and after have this sound."""

    before: re.Pattern[str]
    letters: str
    after: re.Pattern[str]
    sound: str


def _pattern(context: str, *, before: bool) -> re.Pattern[str]:
    words = {"-": "", "#": "^" if before else "$"}
    plain = words.get(context, context)
    plain = plain.replace("#", "$").replace("V", f"[{VOWELS}]").replace("C", f"[^{VOWELS}]")
    return re.compile(f"(?:{plain})$" if before else plain)


@cache
def rules() -> dict[str, tuple[Rule, ...]]:
    """Give the rules by their first letter, in their order."""
    text = (files("ribao.voices") / "english_sounds.toml").read_text("utf-8")
    found: dict[str, list[Rule]] = {}
    for line in tomllib.loads(text)["spelling"]["rules"].split("\n"):
        if line:
            before, letters, after, sound = line.split()
            # A class of letters that is the rule's own letters would read like them: "[td] [ed]".
            spelled = letters.strip("[]")
            rule = Rule(
                _pattern(before, before=True),
                spelled,
                _pattern(after, before=False),
                "" if sound == "-" else sound,
            )
            found.setdefault(spelled[0], []).append(rule)
    return {letter: tuple(them) for letter, them in found.items()}


def spelling_sound(word: str) -> str:
    """Give the sound of a word of small letters a to z, with one stress where it has a vowel."""
    sounds: list[str] = []
    place = 0
    while place < len(word):
        rule = next((r for r in rules().get(word[place], ()) if _fits(r, word, place)), None)
        sounds.append(rule.sound if rule else "")
        place += len(rule.letters) if rule else 1
    return stressed("".join(sounds))


def _fits(rule: Rule, word: str, place: int) -> bool:
    end = place + len(rule.letters)
    return bool(
        word.startswith(rule.letters, place)
        and rule.before.search(word[:place])
        and rule.after.match(word[end:])
    )


def stressed(sound: str) -> str:
    """Put the stress where English most often has it: before -tion and -ic, else early."""
    if "ˈ" in sound:
        return sound
    ending = DRAWING.search(sound)
    neutral = NEUTRAL.search(sound)
    stem = sound[: (ending or neutral).start()] if ending or neutral else sound  # type: ignore[union-attr]
    places = [found.start() for found in STRESSABLE.finditer(stem)]
    if not places:
        places = [found.start() for found in STRESSABLE.finditer(sound)]
    if not places:
        return sound
    place = places[-1] if ending else places[max(0, len(places) - 3)]
    return f"{sound[:place]}ˈ{sound[place:]}"
