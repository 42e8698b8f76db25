"""What a run did, day by day: for people one line each, for programs JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

State = Literal["published", "unchanged", "empty", "waiting", "failed", "planned"]

DONE, FAILED, USAGE, INCOMPLETE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """A paper that is not as it should be, and why."""

    paper: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class DayReport:
    """What came of one day. ``asked`` counts the questions that were answered or failed.

    A day that is waiting waits for its list, or for the answers to ``to_ask`` ordered questions.
    """

    day: date
    state: State
    message: str
    revision: int | None = None
    papers: int = 0
    new: int = 0
    late: int = 0
    asked: int = 0
    to_ask: int = 0
    ok: int = 0
    flagged: int = 0
    missing: int = 0
    drafts: int = 0
    language: str = ""
    troubles: tuple[Trouble, ...] = ()
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 done, 1 failed, 3 done but something is missing or flagged."""
        if self.state == "failed":
            return FAILED
        ordered = self.state == "waiting" and self.to_ask
        return INCOMPLETE if self.flagged or self.missing or self.problems or ordered else DONE


@dataclass(frozen=True, slots=True)
class RoundupReport:
    """What came of a round-up."""

    name: str
    state: Literal["published", "unchanged", "empty"]
    message: str
    issues: int = 0
    papers: int = 0
    problems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 done, 1 nothing to round up, 3 done but without something."""
        if self.state == "empty":
            return FAILED
        return INCOMPLETE if self.problems else DONE


def worst(codes: Sequence[int]) -> int:
    """Return the code of several days together: a failure wins, then what is incomplete."""
    return next((code for code in (FAILED, INCOMPLETE) if code in codes), DONE)
