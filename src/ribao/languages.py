"""Which languages an edition can have, and what each is called.

Some have words of their own for the pages (``texts/<language>.po``); traditional Chinese is made
from the simplified; any other that the Unicode CLDR knows (by babel) has translated papers on pages
that speak English. Codes are BCP 47's: ``zh-Hans``, ``fr``, ``pt-BR``.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

SIMPLIFIED = "zh-Hans"
TRADITIONAL = ("zh-Hant", "zh-Hant-HK", "zh-Hant-TW")
FALLBACK = "en"
"""What the pages speak where there are no words in the edition's language."""

# Chinese by place, as systems and browsers call it, and as we do.
_PLACES = {
    "zh-CN": SIMPLIFIED,
    "zh-SG": SIMPLIFIED,
    "zh-Hans-CN": SIMPLIFIED,
    "zh-Hans-SG": SIMPLIFIED,
    "zh-TW": "zh-Hant-TW",
    "zh-HK": "zh-Hant-HK",
    "zh-MO": "zh-Hant-HK",
    "zh-Hant-MO": "zh-Hant-HK",
}
_OWN_NAMES = {
    SIMPLIFIED: "简体中文",
    "zh-Hant": "繁體中文",
    "zh-Hant-HK": "繁體中文（香港）",
    "zh-Hant-TW": "繁體中文（台灣）",
}
_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?")
# Codes for what is no language: several of them, an unknown one, none.
_NONE = frozenset({"mul", "und", "zxx", "mis", "root"})


@cache
def catalogues() -> tuple[str, ...]:
    """Return the languages that have a catalogue of their own."""
    names = (entry.name for entry in (files("ribao") / "texts").iterdir())
    return tuple(sorted(name[:-3] for name in names if name.endswith(".po")))


def check_language(code: str) -> str:
    """Return the one way to write a language's code. Raises ``ValueError``, with the remedy.

    >>> check_language("PT_br"), check_language("zh-TW"), check_language("en-GB")
    ('pt-BR', 'zh-Hant-TW', 'en')
    """
    if not _CODE.fullmatch(code) or code.lower() in _NONE:
        raise ValueError(f"{code[:40]!r} is no code of a language; such are {_examples()}")
    language, *rest = re.split("[-_]", code)
    parts = [part.title() if len(part) == len("Hans") else part.upper() for part in rest]
    tidy = "-".join([language.lower(), *parts])
    if tidy == "zh":
        raise ValueError("'zh' can be zh-Hans (simplified) or zh-Hant (traditional): name one")
    tidy = _PLACES.get(tidy, tidy)
    if tidy in _OWN_NAMES:
        return tidy
    if language.lower() == "zh":
        raise ValueError(f"{code!r} is not known; Chinese is {', '.join(_OWN_NAMES)}")
    # A language with words of its own has one edition for all places.
    if language.lower() in catalogues():
        return language.lower()
    return _known(code, tidy)


def _known(code: str, tidy: str) -> str:
    from babel import UnknownLocaleError

    try:
        locale = locale_of(tidy)
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"{code!r} is not known as a language; known are {_examples()}") from error
    return str(locale).replace("_", "-")


def _examples() -> str:
    return ", ".join([*catalogues(), TRADITIONAL[0], "fr", "de", "pt-BR"])


def asked_language(code: str) -> str:
    """Return the language in which the engine is asked: for traditional Chinese the simplified."""
    return SIMPLIFIED if code in TRADITIONAL else code


def page_language(code: str) -> str:
    """Return the language of the pages' own words: the edition's, or English where it has none."""
    return code if code in catalogues() or code in TRADITIONAL else FALLBACK


def own_name(code: str) -> str:
    """Return what a language calls itself, for a list of them: 简体中文, 日本語, Français."""
    if code in _OWN_NAMES:
        return _OWN_NAMES[code]
    name = locale_of(code).get_display_name() or code
    return name[:1].upper() + name[1:]


def english_name(code: str) -> str:
    """Return a language's English name: Japanese, Portuguese (Brazil)."""
    return locale_of(code).get_display_name("en") or code


def locale_of(code: str) -> Locale:
    """Return babel's knowledge of a language. Raises ``UnknownLocaleError``."""
    from babel import Locale

    return Locale.parse(code, sep="-", resolve_likely_subtags=False)
