"""Mandarin for the ear: numbers as they are said. Pure; no exceptions on any text.

Decided, where speakers differ: a bare "7B" is seven "B" (a model's size) unless parameters or
tokens follow (then seven billion); "32K" with a power of two stays "K" (a context or a
resolution), other thousands are counted; four digits right behind a name are read one by one
("RTX 4090", "ICLR 2025"); 2 is 两 before a measure word, 千, 万 and 亿, otherwise 二.
"""

from __future__ import annotations

import re
from decimal import Decimal

from ribao.aloud.ear import Words
from ribao.aloud.tongue import Moment, Quantity

DIGITS = "零一二三四五六七八九"
# Longer numbers are read digit by digit.
MOST_DIGITS = 16
_SCALES = {
    "k": 10**3,
    "m": 10**6,
    "b": 10**9,
    "t": 10**12,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_POWERS_OF_TWO = frozenset(str(2**n) for n in range(11))
_YEARS = (1900, 2099)
_YEAR_FOLLOWS = re.compile("年(?!来|多|间|以上|以来的)")
_NAME_NUMBER = 4
_DECADE = 10
_ROUND = 1000


class Chinese:
    """Mandarin's numbers."""

    stops = "。？！；：，、"

    def __init__(self, words: Words) -> None:
        self.words = words

    def quantity(self, quantity: Quantity) -> str:
        """A number with what stands behind it."""
        sign = self._sign(quantity)
        number, suffix = quantity.number, quantity.suffix
        if suffix in {"%", "‰"}:
            whole = "百分之" if suffix == "%" else "千分之"
            return sign + whole + cardinal(number)
        if suffix == "x":
            return sign + self._counted(number, quantity.before) + "倍"
        if suffix == "+":
            return cardinal(number) + ("多" if number.endswith("0") else "以上")
        if suffix.lower() in _SCALES:
            return sign + self._scaled(quantity)
        if suffix:
            unit = self.words.units[suffix]
            said = self._counted(number, "") if unit.startswith(self.words.measures) else ""
            return sign + (said or cardinal(number)) + unit
        return sign + self._bare(quantity)

    def span(self, first: Quantity, last: Quantity) -> str:
        """From one number to another; percents and scales are said twice, units once."""
        suffix = last.suffix
        if not suffix and _is_year(first.number) and _is_year(last.number):
            return f"{self.digits(first.number)}到{self.digits(last.number)}"
        if first.suffix == suffix or not (suffix in {"%", "‰"} or suffix.lower() in _SCALES):
            said = self.quantity(first)
        else:
            said = self.quantity(Quantity(first.sign, first.number, suffix, "", last.after))
        return f"{said}到{self.quantity(last)}"

    def inside(self, number: str) -> str:
        """A number in a name: 四零九零, but 一千; a version's dots are said."""
        if number.count(".") > 1:
            return "点".join(_whole(part) for part in number.split("."))
        if len(number) == _NAME_NUMBER and not number.endswith("00"):
            return self.digits(number)
        return cardinal(number)

    def digits(self, number: str) -> str:
        """One digit after the other; anything between them is a pause in the breath."""
        return "".join(
            DIGITS[int(char)] if "0" <= char <= "9" else {".": "点"}.get(char, "，")
            for char in number
        )

    def money(self, quantity: Quantity, currency: str) -> str:
        """An amount and its currency."""
        suffix = quantity.suffix if quantity.suffix.lower() in _SCALES else ""
        if suffix:
            said = _expanded(quantity.number, suffix)
        elif quantity.after.startswith(("万", "亿", "千", "百")):
            return cardinal(quantity.number)
        else:
            said = self._counted(quantity.number, "")
        return said + currency

    def fraction(self, above: str, below: str) -> str:
        """二分之一."""
        return f"{cardinal(below)}分之{cardinal(above)}"

    def ratio(self, numbers: list[str]) -> str:
        """三比一."""
        return "比".join(map(cardinal, numbers))

    def product(self, numbers: list[str]) -> str:
        """一千二百八十乘七百二十."""
        return "乘".join(map(cardinal, numbers))

    def power(self, exponent: str) -> str:
        """的平方, 的立方, 的负三次方, 的 n 次方."""
        if exponent in {"2", "3"}:
            return "的平方" if exponent == "2" else "的立方"
        sign = "负" if exponent[0] in "-−" else ""
        exponent = exponent.lstrip("+-−")
        said = cardinal(exponent) if re.fullmatch(r"\d+(\.\d+)?", exponent) else f" {exponent} "
        return f"的{sign}{said}次方"

    def science(self, number: str, exponent: str) -> str:
        """一点五乘十的负四次方."""
        ten = "十的" + ("负" if exponent.startswith("-") else "")
        power = f"{ten}{cardinal(exponent.lstrip('+-'))}次方"
        return power if number == "1" else f"{cardinal(number)}乘{power}"

    def date(self, moment: Moment) -> str:
        """二零二四年五月一日."""
        day = f"{_whole(str(moment.day))}日" if moment.day else ""
        return f"{self.digits(str(moment.year))}年{_whole(str(moment.month))}月{day}"

    def clock(self, moment: Moment) -> str:
        """十点三十分; 十点整."""
        hour = "两" if moment.hour == 2 else _whole(str(moment.hour))  # noqa: PLR2004
        if not moment.minute and not moment.second:
            return f"{hour}点整" if moment.hour else "零点"
        lead = "零" if moment.minute < _DECADE and moment.minute else ""
        second = f"{_whole(str(moment.second))}秒" if moment.second else ""
        return f"{hour}点{lead}{_whole(str(moment.minute))}分{second}"

    def ordinal(self, number: str) -> str:
        """第一."""
        return "第" + _whole(number)

    def decade(self, year: str) -> str:
        """一九九零年代."""
        return self.digits(year) + "年代"

    def _sign(self, quantity: Quantity) -> str:
        if quantity.sign == "±":
            return "正负"
        if quantity.sign == "+":
            # Behind Chinese words the rise is already said: higher by +4.5 %.
            return "" if re.match("[\u4e00-\u9fff]", quantity.before) else "加"
        return "负" if quantity.sign else ""

    def _counted(self, number: str, before: str) -> str:
        return "两" if number == "2" and before != "第" else cardinal(number)

    def _bare(self, quantity: Quantity) -> str:
        number, after = quantity.number, quantity.after.lstrip(" ")
        measured = after.startswith(self.words.measures)
        if len(number) == _NAME_NUMBER and number.isdigit() and not quantity.grouped:
            if _is_year(number) and _YEAR_FOLLOWS.match(after):
                return self.digits(number)
            named = quantity.before.isascii() and quantity.before.isalpha()
            plain = measured or after.startswith(("万", "亿"))
            if named and not plain and not number.endswith("00"):
                return self.digits(number)
            if _is_year(number) and int(number) % _ROUND and not re.match("[\u4e00-\u9fff]", after):
                return self.digits(number)
        if number == "2" and after.startswith(("万", "亿", "千")):
            return "两"
        return self._counted(number, quantity.before) if measured else cardinal(number)

    def _scaled(self, quantity: Quantity) -> str:
        number, suffix = quantity.number, quantity.suffix
        after = quantity.after.lstrip(" -").lower()
        counted = after.startswith(self.words.counted)
        if not counted and (
            suffix in {"B", "b", "T"} or (suffix == "K" and number in _POWERS_OF_TWO)
        ):
            return f"{cardinal(number)} {suffix.upper()} "
        return _expanded(number, suffix)


def _is_year(number: str) -> bool:
    return (
        number.isdigit() and len(number) == _NAME_NUMBER and _YEARS[0] <= int(number) <= _YEARS[1]
    )


def _expanded(number: str, suffix: str) -> str:
    """The number times its scale: 1.5M is 一百五十万."""
    if len(number) > MOST_DIGITS:
        return cardinal(number)
    value = Decimal(number) * _SCALES[suffix.lower()]
    return cardinal(f"{value.normalize():f}")


def cardinal(number: str) -> str:
    """Return a written number (digits, at most one dot) as it is counted: 三点五, 两千零一."""
    whole, dot, part = number.partition(".")
    said = _whole(whole)
    return said + ("点" + "".join(DIGITS[int(char)] for char in part) if dot and part else "")


def _whole(number: str) -> str:
    if len(number) > MOST_DIGITS or (number.startswith("0") and len(number) > 1):
        return "".join(DIGITS[int(char)] for char in number)
    return _grouped(int(number or "0"))


def _grouped(value: int) -> str:
    """By ten thousands: 亿, 万 and the rest."""
    if value == 0:
        return "零"
    said, gap = "", False
    for size, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group, value = divmod(value, size)
        if not group:
            gap = gap or bool(said)
            continue
        if said and (gap or group < _ROUND):
            said += "零"
        two = group == 2 and name and not said  # noqa: PLR2004
        said += ("两" if two else _section(group, first=not said)) + name
        gap = False
    return said


def _section(value: int, *, first: bool) -> str:
    """A number below ten thousand (more only before 亿); ``first`` where nothing stands before."""
    if value >= 10**4:
        return _grouped(value)
    said, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if not digit:
            gap = bool(said)
            continue
        word = DIGITS[digit]
        if digit == 2 and (name == "千" or (name == "百" and not said and first)):  # noqa: PLR2004
            word = "两"
        if name == "十" and digit == 1 and not said and first:
            word = ""
        said += ("零" if gap else "") + word + name
        gap = False
    return said
