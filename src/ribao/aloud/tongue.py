"""What a language does with numbers: the seam between reading a text and saying it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ribao.aloud.ear import Words


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is written (without commas), its sign, and what stands behind it.

    ``suffix`` is empty, ``%``, a unit, a scale (``K``, ``million``), ``x`` for times or ``+``.
    ``before`` is the character before it, ``after`` the text behind it. A ``grouped`` number was
    written with commas: it is no year and no name's.
    """

    sign: str
    number: str
    suffix: str
    before: str = ""
    after: str = ""
    grouped: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time of day as numbers; what is not said is zero."""

    year: int = 0
    month: int = 0
    day: int = 0
    hour: int = 0
    minute: int = 0
    second: int = 0


class Tongue(Protocol):
    """How a language says numbers. Every method returns words without any digit."""

    stops: str
    """Its full stop, question and exclamation mark, semicolon, colon, comma, and small pause."""

    @property
    def words(self) -> Words:
        """Its words for symbols, units and abbreviations."""

    def quantity(self, quantity: Quantity) -> str:
        """A number with what stands behind it."""

    def span(self, first: Quantity, last: Quantity) -> str:
        """From one number to another."""

    def inside(self, number: str) -> str:
        """A number in a name or a version."""

    def digits(self, number: str) -> str:
        """One digit after the other."""

    def money(self, quantity: Quantity, currency: str) -> str:
        """An amount; ``currency`` is the word."""

    def fraction(self, above: str, below: str) -> str:
        """A part of a whole."""

    def ratio(self, numbers: list[str]) -> str:
        """So many to so many."""

    def product(self, numbers: list[str]) -> str:
        """So many by so many."""

    def power(self, exponent: str) -> str:
        """What is said behind a base: squared, to the power of n."""

    def science(self, number: str, exponent: str) -> str:
        """A number times ten to a power."""

    def date(self, moment: Moment) -> str:
        """A date; without a day the month."""

    def clock(self, moment: Moment) -> str:
        """A time of day."""

    def ordinal(self, number: str) -> str:
        """First, second, third."""

    def decade(self, year: str) -> str:
        """The nineteen nineties."""
