"""The words of each language: prompts, headings, marks. One TOML file a language, as data."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ribao.errors import ConfigError


class Texts(Mapping[str, str]):
    """The words of one language, by dotted name (``page.late``)."""

    def __init__(self, language: str, words: Mapping[str, str]) -> None:
        self.language = language
        self._words = dict(words)

    def __getitem__(self, name: str) -> str:
        return self._words[name]

    def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204 - Mapping's own
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    @property
    def prompt_digest(self) -> str:
        """Twelve hex digits that change with the prompt's wording: its name in the provenance."""
        wording = "\n".join(self[name] for name in sorted(self) if name.startswith("prompt."))
        return hashlib.sha256(wording.encode()).hexdigest()[:12]


def languages() -> tuple[str, ...]:
    """Return the languages that an edition can have."""
    folder = files("ribao") / "texts"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name[:-5] for name in names if name.endswith(".toml")))


@cache
def load_texts(language: str) -> Texts:
    """Return the words of ``language``. Raises ``ConfigError`` where there are none."""
    if language not in languages():
        raise ConfigError(f"language: {language!r} is not one of {', '.join(languages())}")
    data = tomllib.loads((files("ribao") / "texts" / f"{language}.toml").read_text("utf-8"))
    return Texts(
        language,
        {
            f"{section}.{name}": text.strip("\n")
            for section, words in data.items()
            for name, text in words.items()
        },
    )
