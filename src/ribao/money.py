"""What asking costs, and how far a budget reaches. Pure, but for the lock of the budget."""

from __future__ import annotations

import threading
from collections.abc import Mapping
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
        if not reply.input_tokens or reply.output_tokens is None:
            return None
        return self.of(reply.input_tokens, reply.output_tokens, reply.cached_tokens or 0)

    def part(self, of: float) -> Price:
        """Return the same price, of which only a part has to be paid."""
        return Price(self.input * of, self.output * of, self.cached * of, self.currency)

    def at_most(self, request: Request) -> float:
        """Return what asking will cost at most, as far as its length tells."""
        said = sum(_tokens(message.content) for message in request.messages)
        longest = max(_tokens(message.content) for message in request.messages)
        return self.of(said, 2 * longest + AROUND)


class Budget:
    """What may still be spent; for any number of threads.

    ``limit`` and ``spent`` are in ``currency``; ``dearest`` is the dearest reply of each engine so
    far, by its name, so that a server which counts more tokens than we do is believed.
    """

    def __init__(
        self,
        limit: float,
        currency: str,
        spent: float = 0.0,
        dearest: Mapping[str, float] | None = None,
    ) -> None:
        self.limit = limit
        self.currency = currency
        self._spent = spent
        self._reserved: list[float] = []
        self._dearest = dict(dearest or {})
        self._changed = threading.Condition()

    @property
    def spent(self) -> float:
        """What was spent so far."""
        return self._spent

    def reserve(self, engine: str, at_most: float) -> float | None:
        """Set so much aside (or what the engine's dearest reply cost); None where it does not fit.

        Where it may fit once others have settled, it waits for them: each ``reserve`` must be
        followed by ``settle``, come what may.
        """
        with self._changed:
            while not self._fits(amount := max(at_most, self._dearest.get(engine, 0.0))):
                if not self._reserved or self._spent + amount > self.limit:
                    return None
                self._changed.wait()
            self._reserved.append(amount)
            return amount

    def _fits(self, amount: float) -> bool:
        return amount <= 0 or self._spent + sum(self._reserved) + amount <= self.limit

    def settle(self, engine: str, reserved: float, cost: float | None) -> None:
        """Give back what was set aside, and count what it cost (unknown: all of it)."""
        with self._changed:
            self._reserved.remove(reserved)
            self._spent += reserved if cost is None else cost
            self._dearest[engine] = max(self._dearest.get(engine, 0.0), cost or 0.0)
            self._changed.notify_all()

    def order(self, engine: str, at_most: float) -> float | None:
        """Count what is ordered for later as spent already; None where it does not fit.

        It waits for nobody: an order may be under way for longer than a run.
        """
        with self._changed:
            amount = max(at_most, self._dearest.get(engine, 0.0))
            if not self._fits(amount):
                return None
            self._spent += amount
            return amount

    def correct(self, engine: str, ordered: float, cost: float | None) -> None:
        """Count what an order has cost in the end (unknown: as much as was counted)."""
        with self._changed:
            if cost is not None:
                self._spent += cost - ordered
                self._dearest[engine] = max(self._dearest.get(engine, 0.0), cost)
            self._changed.notify_all()

    def __str__(self) -> str:
        return f"{self._spent:.4g} of {self.limit:g} {self.currency}"


def _tokens(text: str) -> float:
    latin = sum(char.isascii() for char in text)
    return latin * LATIN + (len(text) - latin)
