"""An engine that cannot be had: it says so to whoever asks, so that the next one takes over."""

from __future__ import annotations

from dataclasses import dataclass

from ribao.errors import NoEngineError
from ribao.money import Price
from ribao.types import Reply, Request


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands for an engine without its key or weights; ``reason`` says what to do about it."""

    name: str
    reason: str
    model: str = ""
    price: Price | None = None

    def ask(self, request: Request) -> Reply:
        """Raise ``NoEngineError`` with the reason."""
        raise NoEngineError(request.paper_id, self.reason)
