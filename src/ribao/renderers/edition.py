"""What a renderer knows of its edition beside the issue itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same issues in another language: its name in itself, and where it stands.

    ``path`` leads there from the root of the edition that links to it; ``folder`` is the place.
    """

    language: str
    name: str
    path: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition's words, the names of the areas by slug, its own name and its address.

    ``sample`` labels the recorded day of the demo; ``podcast`` tells whether there is a feed to
    subscribe to; ``elsewhere`` are the other languages of the same archive.
    """

    language: str
    texts: Mapping[str, str]
    areas: Mapping[str, str]
    name: str | None = None
    base_url: str | None = None
    sample: bool = False
    podcast: bool = False
    elsewhere: tuple[Elsewhere, ...] = ()

    def translations(self, page: str) -> list[Elsewhere]:
        """Return the other languages in which ``page`` (``2026-01-12/index.html``) is there."""
        return [other for other in self.elsewhere if (other.folder / page).is_file()]

    @property
    def title(self) -> str:
        """The masthead's name."""
        return self.name or self.texts["page.name"]
