"""The languages of one archive: each is an edition with its own place below the output folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ribao.config import Settings
from ribao.languages import asked_language, own_name
from ribao.renderers.edition import Elsewhere

TOTALS = "stats.json"


@dataclass(frozen=True, slots=True)
class Placed:
    """One language's settings: its folder and address are already those of its place.

    ``path`` is its place below ``root``, the output folder: empty, or ``en/``.
    """

    settings: Settings
    path: str
    root: Path


def editions_of(settings: Settings) -> list[Placed]:
    """Return the edition of each language; the first one stands at the root.

    The root never changes its language, for its addresses are for ever: where another one stands
    there already, the first one goes into a folder of its own, too.
    """
    languages = dict.fromkeys((settings.language, *settings.languages))
    first = language_in(settings.output.folder) or settings.language
    return [_placed(settings, each, "" if each == first else f"{each}/") for each in languages]


def language_in(folder: Path) -> str | None:
    """Return the language of the edition that stands in a folder, if there is one."""
    try:
        language = json.loads((folder / TOTALS).read_bytes()).get("language")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return language if isinstance(language, str) else None


def elsewhere(
    placed: Placed, editions: Sequence[Placed], languages: Sequence[str]
) -> tuple[Elsewhere, ...]:
    """Return where the same issues stand in other languages, seen from one language's place.

    ``editions`` are those of the settings, ``languages`` all that the archive has issues in.
    """
    up = "../" if placed.path else ""
    at_root = language_in(placed.root)
    paths = {each: "" if each == at_root else f"{each}/" for each in languages}
    paths |= {edition.settings.language: edition.path for edition in editions}
    paths.pop(placed.settings.language, None)
    return tuple(
        Elsewhere(language, own_name(language), up + path, placed.root / path)
        for language, path in sorted(paths.items())
    )


def _placed(settings: Settings, language: str, path: str) -> Placed:
    """The settings of one language: everything below its own place."""
    output, site = settings.output, settings.site
    if path:
        output = output.model_copy(update={"folder": output.folder / path})
        if site.base_url:
            site = site.model_copy(update={"base_url": f"{site.base_url}/{path.rstrip('/')}"})
    own = {
        "language": language,
        "languages": (),
        "output": output,
        "site": site,
        "terms": _terms(settings, language),
    }
    return Placed(settings.model_copy(update=own), path, settings.output.folder)


def _terms(settings: Settings, language: str) -> Path | None:
    """Return the file of a language's own terms: ``terms.ja.csv`` beside ``terms.csv``.

    ``terms.csv`` itself is the first language's: its renderings are no words of another one.
    """
    own, asked = settings.terms, asked_language(language)
    if own is None:
        return None
    beside = own.with_suffix(f".{asked}{own.suffix}")
    if beside.is_file():
        return beside
    return own if asked == asked_language(settings.language) else None
