"""What a renderer knows of its edition beside the issue itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition's words, the names of the areas by slug, its own name and its address.

    ``sample`` labels the recorded day of the demo; ``podcast`` tells whether there is a feed to
    subscribe to.
    """

    language: str
    texts: Mapping[str, str]
    areas: Mapping[str, str]
    name: str | None = None
    base_url: str | None = None
    sample: bool = False
    podcast: bool = False

    @property
    def title(self) -> str:
        """The masthead's name."""
        return self.name or self.texts["page.name"]
