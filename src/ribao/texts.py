"""The words of each language: prompts, headings, marks. As data, nothing of it in the code.

The pages' words are gettext catalogues (``texts/<language>.po``), which every translator's tool
opens; a msgid is the name by which the code asks, not English. The prompts are TOML beside them
(``prompts/<language>.toml``). Names of weekdays and months are the Unicode CLDR's, by babel.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ribao.errors import ConfigError
from ribao.grammar import BETWEEN, FORM

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog


class Texts(Mapping[str, str]):
    """The words of one language, by dotted name (``page.late``).

    A name with plural forms gives the last, the general one; ``ribao.grammar.counted`` chooses.
    """

    def __init__(self, language: str, words: Mapping[str, str]) -> None:
        self.language = language
        self._words = dict(words)

    def __getitem__(self, name: str) -> str:
        return self._words[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    @property
    def prompt_digest(self) -> str:
        """Twelve hex digits that change with the prompt's wording: its name in the provenance."""
        wording = "\n".join(self[name] for name in sorted(self) if name.startswith("prompt."))
        return hashlib.sha256(wording.encode()).hexdigest()[:12]


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue of their own."""
    folder = files("ribao") / "texts"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name[:-3] for name in names if name.endswith(".po")))


@cache
def load_texts(language: str) -> Texts:
    """Return the words of ``language``. Raises ``ConfigError`` where there are none."""
    if language not in languages():
        raise ConfigError(f"language: {language!r} is not one of {', '.join(languages())}")
    return Texts(language, {**_prompts(language), **_words(language), **_calendar(language)})


def _words(language: str) -> dict[str, str]:
    """Return what a catalogue says, each plural form under a name of its own."""
    catalogue = _catalogue(language)
    words = {"plural.rule": catalogue.plural_expr}
    for message in catalogue:
        name = message.id if isinstance(message.id, str) else message.id[0]
        if message.pluralizable:
            forms = list(message.string or ())
            words |= {FORM.format(name=name, form=n): text for n, text in enumerate(forms)}
            words[name] = forms[-1]
        elif name:
            words[name] = str(message.string)
    return words


def _catalogue(language: str) -> Catalog:
    from babel.messages.pofile import read_po

    with (files("ribao") / "texts" / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def _prompts(language: str) -> dict[str, str]:
    data = tomllib.loads((files("ribao") / "prompts" / f"{language}.toml").read_text("utf-8"))
    return {f"prompt.{name}": text.strip("\n") for name, text in data.items()}


def _calendar(language: str) -> dict[str, str]:
    """Return the names of weekdays (Monday first) and months."""
    from babel import Locale

    locale = Locale.parse(language, sep="-")
    weekdays, months = locale.days["format"]["wide"], locale.months["format"]["wide"]
    return {
        "page.weekdays": BETWEEN.join(weekdays[n] for n in range(7)),
        "page.months": BETWEEN.join(months[n] for n in range(1, 13)),
    }
