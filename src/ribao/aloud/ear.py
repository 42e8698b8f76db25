"""How names, units and symbols are said: the lexicon as values. Pure; its text is handed in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

LATIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9&#'./+·-]*", re.ASCII)


@dataclass(frozen=True, eq=False, slots=True)
class Words:
    """One language's words, by what is written.

    ``marks`` stand for what is left out (link, mail, formula), ``words`` are abbreviations.
    ``counted`` are words before which a number is a count, ``measures`` the Chinese ones that
    make "two" another word.
    """

    marks: Mapping[str, str]
    words: Mapping[str, str]
    symbols: Mapping[str, str]
    units: Mapping[str, str]
    currencies: Mapping[str, str]
    counted: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Ear:
    """How everything is said that is not plain words of a language.

    ``names`` are Latin names, each with the words it is said with; ``phrases`` are an edition's
    own pronunciations of anything else; ``latex`` is what LaTeX commands stand for.
    """

    names: Mapping[str, str]
    chinese: Words
    english: Words
    latex: Mapping[str, str]
    phrases: Mapping[str, str]

    def taught(self, pronunciations: Mapping[str, str]) -> Ear:
        """Return an ear that also knows ``pronunciations``: they win over the lexicon."""
        own = {written.strip(): said for written, said in pronunciations.items() if written.strip()}
        names = {written: said for written, said in own.items() if LATIN_NAME.fullmatch(written)}
        phrases = {written: said for written, said in own.items() if written not in names}
        return replace(self, names={**self.names, **names}, phrases={**self.phrases, **phrases})


def read_lexicon(text: str) -> Ear:
    """Return the ear that ``lexicon.toml`` describes."""
    data = tomllib.loads(text)
    names = data["names"]
    return Ear(
        names={
            **{name: " ".join(name) for name in names["spelled"].split()},
            **{name: name for name in names["words"].split()},
            **names["said"],
        },
        chinese=_words(data["chinese"]),
        english=_words(data["english"]),
        latex=data["latex"],
        phrases={},
    )


def _words(table: Mapping[str, Any]) -> Words:
    kinds = ("marks", "words", "symbols", "units", "currencies")
    return Words(
        **{kind: table[kind] for kind in kinds},
        counted=tuple(table["counted"]),
        measures=tuple(table["measures"]),
    )
