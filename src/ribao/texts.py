"""The words of each language: prompts, headings, marks. As data, nothing of it in the code.

The pages' words are gettext catalogues (``texts/<language>.po``), which every translator's tool
opens; a msgid is the name by which the code asks, not English. The prompts are TOML beside them
(``prompts/<language>.toml``). Names of weekdays and months, and the dates of languages without a
catalogue, are the Unicode CLDR's, by babel.
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
from ribao.languages import (
    SIMPLIFIED,
    TRADITIONAL,
    asked_language,
    check_language,
    english_name,
    locale_of,
    own_name,
    page_language,
)
from ribao.traditional import to_traditional

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


@cache
def load_texts(language: str) -> Texts:
    """Return the words of ``language``, as ``ribao.languages.check_language`` writes it.

    Traditional Chinese is made from the simplified (its prompts are the simplified's own, in which
    the engine is asked); a language without a catalogue has English words, with its own dates, and
    a general prompt that names it. Raises ``ConfigError`` where nothing is known of it.
    """
    try:
        if language != check_language(language):
            raise ValueError(f"{language!r} is written {check_language(language)}")
    except ValueError as error:
        raise ConfigError(f"language: {error}") from error
    words = _words(page_language(language))
    calendar = _calendar(language)
    if page_language(language) != language:
        del words["page.date"]
    return Texts(language, {**_prompts(asked_language(language)), **calendar, **words})


def _words(language: str) -> dict[str, str]:
    """Return what a catalogue says, each plural form under a name of its own."""
    if language in TRADITIONAL:
        simplified = _words(SIMPLIFIED)
        return {name: to_traditional(text, language) for name, text in simplified.items()}
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
    folder = files("ribao") / "prompts"
    own = folder / f"{language}.toml"
    data = tomllib.loads((own if own.is_file() else folder / "any.toml").read_text("utf-8"))
    # By replace(), since a prompt holds braces of its own: JSON's.
    named = {"{language}": english_name(language), "{own}": own_name(language)}
    prompts = {}
    for name, text in data.items():
        for place, said in named.items():
            text = text.replace(place, said)  # noqa: PLW2901 - filled in place by place
        prompts[f"prompt.{name}"] = text.strip("\n")
    return prompts


# The parts of a date in babel's patterns (``%(d)s %(MMMM)s %(y)s``), as grammar.in_words fills them
# in; the era, which a few languages say, is left out.
_PARTS = {
    "y": "{year}",
    "M": "{month}",
    "MMM": "{month_name}",
    "MMMM": "{month_name}",
    "d": "{day}",
    "dd": "{day:0>2}",
    "G": "",
}


def _calendar(language: str) -> dict[str, str]:
    """Return the names of weekdays (Monday first) and months, and how a date is written."""
    locale = locale_of(language)
    weekdays, months = locale.days["format"]["wide"], locale.months["format"]["wide"]
    return {
        "page.weekdays": BETWEEN.join(weekdays[n] for n in range(7)),
        "page.months": BETWEEN.join(months[n] for n in range(1, 13)),
        "page.date": " ".join((locale.date_formats["long"].format % _PARTS).split()),
    }
