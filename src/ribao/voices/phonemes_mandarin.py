"""Chinese characters → the phonemes that Kokoro was taught for Mandarin.

Words are found by rjieba, their pinyin by pypinyin; sounds, tones and exceptions are data
(``phonemes_mandarin.toml``). Tone changes after Y. R. Chao, *A Grammar of Spoken Chinese* (1968),
section 1.3.4: third tones, 一 and 不.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

SYLLABLE = re.compile(r"([a-zê]+)([1-5])")
INITIAL = re.compile(r"[zcs]h|[bpmfdtnlgkhjqxrzcs]")
BUZZING = ("zh", "ch", "sh", "r", "z", "c", "s")
HIGH, RISING, LOW, FALLING = 1, 2, 3, 4
# Traditional and rare characters too; pypinyin knows most of them.
CHARACTERS = r"〇㐀-䶿一-鿿豈-﫿𠀀-𳎯"


@cache
def sounds() -> dict[str, Any]:
    """The tables of Mandarin."""
    return tomllib.loads((files("ribao.voices") / "phonemes_mandarin.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Syllable:
    """A character with its pinyin without tone, its tone (5 is none), and where its word begins."""

    character: str
    pinyin: str
    tone: int
    first: bool


def syllable_sound(pinyin: str, tone: int) -> str:
    """Give the phonemes of one syllable (``lve``, 4 → lɥe↘), "" where there is no such syllable."""
    tables = sounds()
    mark = tables["tones"][str(tone)]
    if pinyin in tables["whole"]:
        return str(tables["whole"][pinyin]).replace("0", mark)
    found = INITIAL.match(pinyin)
    initial = found[0] if found else ""
    final = pinyin[len(initial) :]
    if initial in {"j", "q", "x"} and final.startswith("u"):
        final = "v" + final[1:]
    elif initial in {"b", "p", "m", "f", "l"} and final == "o":
        final = "uo"
    elif initial in BUZZING and final == "i":
        final = "buzzed"
    final = tables["spelled"].get(final, final)
    if final not in tables["finals"]:
        return ""
    return str(tables["initials"].get(initial, "") + tables["finals"][final].replace("0", mark))


def mandarin(text: str) -> str:
    """Give the phonemes of Chinese characters without punctuation, a blank between words."""
    syllables = _third_tones(_one_and_not(_syllables(text)))
    parts = []
    for syllable in syllables:
        sound = syllable_sound(syllable.pinyin, syllable.tone)
        parts.append(" " + sound if syllable.first else sound)
    return " ".join("".join(parts).split())


@cache
def _number() -> re.Pattern[str]:
    """Find numbers in Chinese characters: word lists cut them in the wrong places."""
    change = sounds()["changing"]
    numerals = change["digits"] + change["powers"]
    point, twice = change["point"], change["one"] * 2
    return re.compile(
        rf"((?!{twice}(?![{numerals}]))[{numerals}]{{2,}}(?:{point}[{numerals}]+)?"
        rf"|[{numerals}]{point}[{numerals}]+)"
    )


def _words(text: str) -> list[str]:
    import rjieba

    words: list[str] = []
    number = _number()
    for part in number.split(text):
        words += [part] if number.fullmatch(part) else rjieba.cut(part)
    return words


def _syllables(text: str) -> list[Syllable]:
    from pypinyin import Style, lazy_pinyin

    number = _number()
    found = []
    for word in _words(text):
        if word in sounds()["readings"]:
            spelled = sounds()["readings"][word].split()
        else:
            # A number is read digit by digit, else 一点 would be read as "a little".
            phrase = list(word) if number.fullmatch(word) else word
            spelled = lazy_pinyin(phrase, style=Style.TONE3, neutral_tone_with_five=True)
        if len(spelled) != len(word):
            continue
        for place, (character, pinyin) in enumerate(zip(word, spelled, strict=True)):
            # A character that pypinyin does not know comes back as it is.
            if matched := SYLLABLE.fullmatch(pinyin):
                found.append(Syllable(character, matched[1], int(matched[2]), first=place == 0))
    return found


def _one_and_not(syllables: list[Syllable]) -> list[Syllable]:
    """一 and 不 rise before a falling tone; 一 falls before the others, but not as a numeral."""
    change = sounds()["changing"]
    changed = list(syllables)
    for place, (here, after) in enumerate(pairwise(syllables)):
        before = syllables[place - 1].character if place else ""
        if here.character == change["not"] and after.tone == FALLING:
            changed[place] = replace(here, tone=RISING)
        elif here.character == change["one"]:
            numeral = before and before in change["digits"] + change["ordinal"] + change["point"]
            numeral = numeral or after.character in change["digits"]
            numeral = numeral or (after.character == change["point"] and not after.first)
            if numeral and after.character not in change["powers"]:
                changed[place] = replace(here, tone=HIGH)
            elif not after.first or here.first:
                changed[place] = replace(here, tone=RISING if after.tone == FALLING else FALLING)
    return changed


def _third_tones(syllables: list[Syllable]) -> list[Syllable]:
    """Within a word, and after a word of one syllable, a low tone before a low tone rises."""
    changed = list(syllables)
    for place in range(len(syllables) - 2, -1, -1):
        here, after = syllables[place], syllables[place + 1]
        if here.tone == after.tone == LOW and (here.first or not after.first):
            alone = after.first
            # Of three low tones in a word the first two rise; across words only the nearest one.
            if not alone or changed[place + 1].tone == LOW:
                changed[place] = replace(here, tone=RISING)
    return changed
