"""How English words of AI papers are said in Chinese: reading ``vocabulary.toml``. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ribao.errors import ConfigError

# Longer ones first: "ies" before "es" before "s". What is taken away, and what is put there.
_ENDINGS = (
    ("ies", "y"), ("ied", "y"), ("ily", "y"), ("es", "e"), ("ed", "e"), ("ing", "e"), ("s", ""), ("es", ""),
    ("ed", ""), ("ing", ""), ("ly", ""), ("ally", ""), ("er", ""), ("er", "e"),
)  # fmt: skip
_DOUBLED = ("ed", "ing", "er")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """English words, in small letters, with their Chinese renderings."""

    words: Mapping[str, tuple[str, ...]]

    def renderings(self, word: str) -> tuple[str, ...]:
        """How a word is said in Chinese; empty for one that the list does not know.

        >>> vocabulary().renderings("planning")[:2]
        ('规划', '计划')
        """
        return next((found for form in _forms(word) if (found := self.words.get(form))), ())


def _forms(word: str) -> Iterator[str]:
    """A word itself, then without its endings: "planning" is "plan"."""
    yield word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            yield stem + instead
            if ending in _DOUBLED and stem[-1] == stem[-2]:
                yield stem[:-1]


def read_vocabulary(text: str) -> Vocabulary:
    """Read a list in TOML. Raises ``ConfigError`` with the line that cannot be used."""
    try:
        table = tomllib.loads(text).get("words")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"vocabulary: not TOML: {error}") from error
    if not isinstance(table, dict):
        raise ConfigError("vocabulary: a table [words] is needed")
    words: dict[str, tuple[str, ...]] = {}
    for group, renderings in table.items():
        if not isinstance(renderings, str) or not renderings.split() or not group.split():
            raise ConfigError(
                f'vocabulary: {group!r}: give its renderings as one text, "模型 建模"'
            )
        for word in group.lower().split():
            if word in words:
                raise ConfigError(f"vocabulary: {word!r} stands in two lines; put them together")
            words[word] = tuple(dict.fromkeys(renderings.split()))
    return Vocabulary(words)


@cache
def vocabulary() -> Vocabulary:
    """The project's own list, read once."""
    return read_vocabulary((files("ribao.checks") / "vocabulary.toml").read_text("utf-8"))
