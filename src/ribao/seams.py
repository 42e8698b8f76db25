"""The seams: what the conductor asks of the outside. Each has more than one implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol, TypeVar

from ribao.money import Price
from ribao.speech import Speech
from ribao.types import RawPage, Reply, Request

A = TypeVar("A")
B = TypeVar("B")


class Source(Protocol):
    """Where a day's list comes from."""

    @property
    def name(self) -> str:
        """The source's name in the archive."""

    def fetch(self, day: date) -> tuple[RawPage, ...]:
        """Return the day's raw pages, none for an empty list. Raises ``SourceError``."""


class Engine(Protocol):
    """Who translates."""

    @property
    def name(self) -> str:
        """Its name in the settings: whose tries are counted, and part of the provenance."""

    @property
    def price(self) -> Price | None:
        """What it costs; None where that is not known, or where it costs nothing."""

    @property
    def model(self) -> str:
        """The model that is asked: a refusal is final only for the model that refused."""

    def ask(self, request: Request) -> Reply:
        """Return the raw reply. Raises ``EngineError``; a content filter's no is a reply."""


class Voice(Protocol):
    """Who speaks."""

    @property
    def name(self) -> str:
        """The engine and its voice (``kokoro:zf_xiaobei``): part of what a recording is kept by."""

    def speak(self, subject: str, sentences: Sequence[str]) -> Speech:
        """Speak sentences as one segment, with one span for each. Raises ``VoiceError``.

        ``subject`` names the segment in errors. What was heard is not yet judged.
        """


class Executor(Protocol):
    """How one function is applied to many items: here, in threads, on a cluster."""

    def __call__(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[tuple[A, B]]:
        """Yield each item with its result as it comes, in any order."""


class Progress(Protocol):
    """Who is told how far a run has come."""

    def step(self, name: str, total: int) -> None:
        """A step with ``total`` parts begins."""

    def advance(self) -> None:
        """One part is done."""

    def tell(self, message: str) -> None:
        """Something that the operator should read now."""
