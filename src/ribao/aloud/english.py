"""English for the ear: numbers as they are said. Pure; no exceptions on any text."""

from __future__ import annotations

import re

from ribao.aloud.ear import Words
from ribao.aloud.tongue import Moment, Quantity

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_MONTHS = "January February March April May June July August September October November December"
ONES, TENS, MONTHS = _ONES.split(), _TENS.split(), _MONTHS.split()
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
# Longer numbers are read digit by digit.
MOST_DIGITS = 15
_SCALES = {
    "k": "thousand",
    "m": "million",
    "b": "billion",
    "t": "trillion",
    "thousand": "thousand",
    "million": "million",
    "billion": "billion",
    "trillion": "trillion",
}
_POWERS_OF_TWO = frozenset(str(2**n) for n in range(11))
_YEARS = (1900, 2099)
_TEENS = 20


class English:
    """English numbers."""

    stops = ".?!;:,,"

    def __init__(self, words: Words) -> None:
        self.words = words

    def quantity(self, quantity: Quantity) -> str:
        """A number with what stands behind it."""
        sign = {"": "", "+": "plus ", "±": "plus or minus "}.get(quantity.sign, "minus ")
        number, suffix = quantity.number, quantity.suffix
        if suffix in {"%", "‰"}:
            return f"{sign}{cardinal(number)} {'percent' if suffix == '%' else 'per mille'}"
        if suffix == "x":
            return f"{sign}{cardinal(number)} times"
        if suffix == "+":
            return f"more than {cardinal(number)}"
        if suffix.lower() in _SCALES:
            return sign + self._scaled(quantity)
        if suffix:
            return f"{sign}{cardinal(number)} {self._unit(number, suffix)}"
        return sign + self._bare(quantity)

    def span(self, first: Quantity, last: Quantity) -> str:
        """From one number to another; what stands behind both is said once."""
        bare = Quantity(
            first.sign, first.number, "" if first.suffix == last.suffix else first.suffix
        )
        return f"{self.quantity(bare)} to {self.quantity(last)}"

    def inside(self, number: str) -> str:
        """A number in a name: two by two where it has four digits; a version's dots are said."""
        if number.count(".") > 1:
            return " point ".join(_whole(part) for part in number.split("."))
        if len(number) == len("2024") and number.isdigit() and not number.endswith("00"):
            left, right = number[:2], number[2:]
            if left == "20" and right < "10":
                return f"two thousand {_whole(right.lstrip('0'))}"
            return f"{_whole(left)} {'o ' + _whole(right[1]) if right[0] == '0' else _whole(right)}"
        return cardinal(number)

    def digits(self, number: str) -> str:
        """One digit after the other."""
        return " ".join(
            ONES[int(char)] if "0" <= char <= "9" else {".": "point"}.get(char, ",")
            for char in number
        )

    def money(self, quantity: Quantity, currency: str) -> str:
        """An amount and its currency."""
        scale = _SCALES.get(quantity.suffix.lower(), "")
        word = currency.removesuffix("s") if quantity.number == "1" and not scale else currency
        return " ".join(filter(None, (cardinal(quantity.number), scale, word)))

    def fraction(self, above: str, below: str) -> str:
        """One half, three quarters, eight fifteenths."""
        names = {"2": "half", "4": "quarter"}
        name = names.get(below) or ordinal(below)
        plural = {"half": "halves"}.get(name, name + "s")
        return f"{cardinal(above)} {name if above == '1' else plural}"

    def ratio(self, numbers: list[str]) -> str:
        """Three to one."""
        return " to ".join(map(cardinal, numbers))

    def product(self, numbers: list[str]) -> str:
        """So many by so many."""
        return " by ".join(map(cardinal, numbers))

    def power(self, exponent: str) -> str:
        """Squared, cubed, to the minus three."""
        if exponent in {"2", "3"}:
            return "squared" if exponent == "2" else "cubed"
        sign = "minus " if exponent[0] in "-−" else ""
        exponent = exponent.lstrip("+-−")
        said = cardinal(exponent) if re.fullmatch(r"\d+(\.\d+)?", exponent) else exponent
        return f"to the {sign}{said}"

    def science(self, number: str, exponent: str) -> str:
        """One point five times ten to the minus four."""
        sign = "minus " if exponent.startswith("-") else ""
        return f"{cardinal(number)} times ten to the {sign}{cardinal(exponent.lstrip('+-'))}"

    def date(self, moment: Moment) -> str:
        """January twelfth, twenty twenty six."""
        day = f" {ordinal(str(moment.day))}," if moment.day else ""
        return f"{MONTHS[moment.month - 1]}{day} {self.inside(str(moment.year))}"

    def clock(self, moment: Moment) -> str:
        """Ten thirty; ten o five; ten hundred hours are not said."""
        minute = _whole(str(moment.minute))
        minute = "o'clock" if not moment.minute else minute
        minute = f"o {minute}" if 0 < moment.minute < len(ONES[:10]) else minute
        return f"{_whole(str(moment.hour))} {minute}"

    def ordinal(self, number: str) -> str:
        """First, second, third."""
        return ordinal(number)

    def decade(self, year: str) -> str:
        """Nineteen nineties."""
        said = self.inside(year) if not year.endswith("00") else cardinal(year)
        return said[:-1] + "ies" if said.endswith("y") else said + "s"

    def _bare(self, quantity: Quantity) -> str:
        number = quantity.number
        year = _is_year(number) and not re.match(" [a-z]+s ", quantity.after[:20])
        # RTX 4090, but: in 4096 steps.
        named = quantity.before.isupper() and len(number) == len("4090") and number.isdigit()
        if not quantity.grouped and (year or (named and not number.endswith("00"))):
            return self.inside(number)
        return cardinal(number)

    def _unit(self, number: str, suffix: str) -> str:
        unit = self.words.units[suffix]
        first, _, rest = unit.partition(" ")
        one = number == "1" and first.endswith("s")
        return " ".join(filter(None, (first[:-1] if one else first, rest)))

    def _scaled(self, quantity: Quantity) -> str:
        number, suffix = quantity.number, quantity.suffix
        counted = quantity.after.lstrip(" -").lower().startswith(self.words.counted)
        if not counted and (
            suffix in {"B", "b", "T"} or (suffix == "K" and number in _POWERS_OF_TWO)
        ):
            return f"{cardinal(number)} {suffix.upper()}"
        return f"{cardinal(number)} {_SCALES[suffix.lower()]}"


def _is_year(number: str) -> bool:
    return (
        number.isdigit()
        and len(number) == len("2024")
        and _YEARS[0] <= int(number) <= _YEARS[1]
        and not number.endswith("00")
    )


def cardinal(number: str) -> str:
    """Return a written number (digits, at most one dot) in words."""
    whole, dot, part = number.partition(".")
    said = _whole(whole)
    return f"{said} point {' '.join(ONES[int(c)] for c in part)}" if dot and part else said


def ordinal(number: str) -> str:
    """Return the ordinal of a written whole number."""
    *first, last = cardinal(number).split()
    if last in ORDINALS:
        last = ORDINALS[last]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return " ".join([*first, last])


def _whole(number: str) -> str:
    if len(number) > MOST_DIGITS or (number.startswith("0") and len(number) > 1):
        return " ".join(ONES[int(char)] for char in number)
    value = int(number or "0")
    if not value:
        return "zero"
    said = []
    for size, name in (
        (10**12, "trillion"),
        (10**9, "billion"),
        (10**6, "million"),
        (10**3, "thousand"),
        (1, ""),
    ):
        group, value = divmod(value, size)
        if group:
            said += [*_hundreds(group), name]
    return " ".join(filter(None, said))


def _hundreds(value: int) -> list[str]:
    hundreds, value = divmod(value, 100)
    said = [ONES[hundreds], "hundred"] if hundreds else []
    if value >= _TEENS:
        tens, value = divmod(value, 10)
        said.append(TENS[tens - 2])
    return [*said, ONES[value]] if value else said
