"""What asking costs, and how far a budget reaches. Pure, but for the lock of the budget."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from ribao.types import Reply, Request

MILLION = 1_000_000
# How many tokens a character can come to: English letters four to a token, here three to be sure;
# any other script one to one.
LATIN = 1 / 3
# An answer is about as long as the paper, in tokens; the rest is for the object around it.
AROUND = 250


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, for a million tokens each. ``cached`` is input that the server kept."""

    input: float
    output: float
    cached: float
    currency: str

    def of(self, input_tokens: float, output_tokens: float, cached_tokens: float = 0) -> float:
        """Return what so many tokens cost; the cached ones are a part of the input."""
        fresh = max(input_tokens - cached_tokens, 0)
        sums = fresh * self.input + cached_tokens * self.cached + output_tokens * self.output
        return sums / MILLION

    def of_reply(self, reply: Reply) -> float | None:
        """Return what a reply cost; None where the server did not count its tokens."""
        if reply.input_tokens is None or reply.output_tokens is None:
            return None
        return self.of(reply.input_tokens, reply.output_tokens, reply.cached_tokens or 0)

    def at_most(self, request: Request) -> float:
        """Return what asking will cost at most, as far as its length tells."""
        said = sum(_tokens(message.content) for message in request.messages)
        longest = max(_tokens(message.content) for message in request.messages)
        return self.of(said, 2 * longest + AROUND)


class Budget:
    """What may still be spent; for any number of threads.

    ``limit`` and ``spent`` are in ``currency``; ``highest`` is the dearest reply so far, so that a
    server which counts more tokens than we do is believed.
    """

    def __init__(
        self, limit: float, currency: str, spent: float = 0.0, highest: float = 0.0
    ) -> None:
        self.limit = limit
        self.currency = currency
        self._spent = spent
        self._reserved = 0.0
        self._highest = highest
        self._lock = threading.Lock()

    @property
    def spent(self) -> float:
        """What was spent so far."""
        return self._spent

    def reserve(self, at_most: float) -> float | None:
        """Set so much aside (or as much as the dearest reply cost); None where it does not fit."""
        with self._lock:
            amount = max(at_most, self._highest)
            if amount > 0 and self._spent + self._reserved + amount > self.limit:
                return None
            self._reserved += amount
            return amount

    def settle(self, reserved: float, cost: float | None) -> None:
        """Give back what was set aside, and count what it cost (unknown: all of it)."""
        with self._lock:
            self._reserved -= reserved
            self._spent += reserved if cost is None else cost
            self._highest = max(self._highest, cost or 0.0)

    def __str__(self) -> str:
        return f"{self._spent:.2f} of {self.limit:g} {self.currency}"


def _tokens(text: str) -> float:
    latin = sum(char.isascii() for char in text)
    return latin * LATIN + (len(text) - latin)
