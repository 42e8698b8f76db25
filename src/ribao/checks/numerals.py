"""What can be compared between two languages: numbers read as values; links and Latin names.

One reader serves both languages: "456 billion" and "4560亿" are the same value, and so are "4k" and
"4,000", "threefold" and "三倍". Nothing here knows what a faithful translation is.

A number is of one of three kinds:

- ``digits``: written in digits and standing free ("22.1%", "8 GPUs", "25-50", "150万"). It has to be
  found on the other side.
- ``word``: a number word ("twenty", "第一", "一半"). It may explain a number of the other side, but is
  too often no count at all ("one of them", 一般) to be asked for.
- ``inside``: digits within a name or a list's own counting ("GPT-4", "Qwen2.5-72B", "(1)"), which may
  explain a number of the other side as well.

Every pattern is linear: texts may be long and hostile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import zip_longest
from math import prod
from typing import Literal

from ribao.checks.names import without_links

Kind = Literal["digits", "word", "inside"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, its value, and what else it may rightly be called.

    ``also`` holds further readings: "3-5 million" makes the 3 also three million; "500m" may be
    metres or millions; "half" is 0.5 and 50 (per cent).
    """

    text: str
    value: Fraction
    kind: Kind
    also: frozenset[Fraction] = frozenset()
    scale: Fraction = Fraction(1)
    start: int = 0
    end: int = 0

    @property
    def readings(self) -> frozenset[Fraction]:
        """The value and all else that it may be."""
        return self.also | {self.value}


def read(text: str) -> tuple[Number, ...]:
    """Every number of an English or Chinese text, in the order of its kind.

    >>> [str(number.value) for number in read("1.5 million hours on 8 GPUs")]
    ['1500000', '8']
    >>> [str(number.value) for number in read("在150万小时数据上")]
    ['1500000']
    """
    return _kept(text) if len(text) <= _KEPT else _read(text)


# A text that is kept is short: a hostile one holds thousands of numbers.
_KEPT = 2000


@lru_cache(maxsize=64)
def _kept(text: str) -> tuple[Number, ...]:
    return _read(text)


def _read(text: str) -> tuple[Number, ...]:
    text = without_links(text.translate(_NARROW).replace("{,}", ","))
    digits = _carry_scales(text, _join_parts(_digits(text)))
    # The million of "5 million" has been read; by itself it would explain a million elsewhere.
    rest = _DIGITS.sub(" ", text)
    return (*digits, *_english_words(rest.lower()), *_months(text), *_chinese_words(rest))


def unmatched(
    numbers: Iterable[Number], there: Iterable[Number], kind: Kind = "digits"
) -> tuple[Number, ...]:
    """The numbers of a kind none of whose readings stands there, each value once.

    >>> [number.text for number in unmatched(read("22.1% of 4k"), read("4,000中的21.2%"))]
    ['22.1%']
    """
    known = frozenset(reading for number in there for reading in number.readings)
    once = {number.value: number for number in reversed(tuple(numbers)) if number.kind == kind}
    return tuple(number for number in reversed(once.values()) if not number.readings & known)


# ── digits ────────────────────────────────────────────────────────────────────────────────────

# Full-width forms become narrow ones, place by place. The full-width comma stays: it ends a clause,
# and "在3，000" would otherwise be as often a list as a thousand.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if code != 0xFF0C}

# More digits than this are no count of anything (an identifier, an attack) and are not read.
_LONGEST = 30

_SCALES = {
    "k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12, "m": 10**6, "b": 10**9,
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}

_DIGITS = re.compile(
    r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})++(?![0-9])(?:\.[0-9]++)?"
    r"|[0-9]++(?:\.[0-9]++)*+|(?<![0-9A-Za-z.])\.[0-9]++)"
    r"(?:\^\{?(?P<power>-?[0-9]{1,2})\}?(?![0-9])|(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))?"
    r"(?P<percent>\\?%)?"
    r"(?:(?P<gap>[ -]?)(?P<scale>hundred|thousand|million|billion|trillion|[kKMBTmb])(?![A-Za-z0-9])"
    r"|\+? ?[多余]?(?P<unit>[十百千万亿]{1,4})(?!分))?",
    re.ASCII,
)
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
# 千 before these is a unit of its own (3千米 is 3 km as well as 3000 m).
_KILO = "米克瓦赫卡字伏比帕焦"


def _digits(text: str) -> Iterator[Number]:
    """Numbers in digits, left to right.

    "Qwen2.5-72B": what follows a number inside a name by a hyphen is inside that name too.
    """
    inside_until = -1
    for match in _DIGITS.finditer(text):
        written = match["number"]
        if len(written) > _LONGEST:
            continue
        inside = _is_inside(text, match.start(), inside_until) or written.count(".") > 1
        if inside:
            inside_until = match.end()
        kind: Kind = "inside" if inside or _is_counting(text, match) else "digits"
        plain, scale, also = _values(text, match)
        if inside and 15 <= plain < 50:
            also |= {2000 + plain}  # AIME24 is AIME 2024
        yield Number(match[0].strip(), plain * scale, kind, also, scale, match.start(), match.end())


def _is_inside(text: str, start: int, inside_until: int) -> bool:
    """Whether digits belong to a name: a letter before them, with or without a hyphen between.

    "GPT-4", "H100", "top-1", "x^2" yes; "1280x720" and "≥4" no.
    """
    last, first = text[start - 1 : start], text[max(start - 2, 0) : start - 1]
    if last in {"x", "X"} and first.isdecimal():
        return False
    if last == "{":
        return first in {"^", "_"}
    if last and last in "-./@":
        return inside_until == start - 1 or (last != "/" and _is_letter(first))
    return _is_letter(last) or last in {"_", "^"}


def _is_letter(char: str) -> bool:
    """Whether this is a Latin letter ("" is none)."""
    return char.isascii() and char.isalpha()


def _is_counting(text: str, match: re.Match[str]) -> bool:
    """Whether this only counts the items of a list: "(1) simple (2) fast", "1) simple".

    Translators add and drop these freely.
    """
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return after == ")" and len(match[0]) < 3 and (before in {"(", ""} or not before.isalnum())


def _values(text: str, match: re.Match[str]) -> tuple[Fraction, Fraction, frozenset[Fraction]]:
    """A number without its scale, the scale, and the other readings of the two together."""
    written = match["number"].replace(",", "")
    plain = Fraction(written if written.count(".") < 2 else written.partition(".")[0])
    following = text[match.end() : match.end() + 1]
    if raised := match["power"] or match["raised"]:
        power = int(raised.translate(_RAISED))
        also = frozenset({plain, Fraction(abs(power))})
        return plain, Fraction(10) ** (power - 1) if plain == 10 else Fraction(1), also
    if sign := match["scale"]:
        scale = Fraction(_SCALES[sign])
        unsure = sign in {"m", "b"} or (len(sign) == 1 and match["gap"])
        return (
            (plain, Fraction(1), frozenset({plain * scale}))
            if unsure
            else (plain, scale, frozenset())
        )
    if units := match["unit"]:
        metric = units == "千" and following and following in _KILO
        return plain, _product(units), frozenset({plain} if metric else ())
    if following == "s" and plain >= 1000:  # "the 1990s" is 20世纪90年代
        return plain, Fraction(1), frozenset({plain % 100, Fraction(plain // 100 + 1)})
    return plain, Fraction(1), frozenset()


def _product(units: str) -> Fraction:
    """Multiply Chinese units: 千万 is a thousand times ten thousand."""
    return Fraction(prod(_UNITS[unit] for unit in units))


def _join_parts(numbers: Iterable[Number]) -> list[Number]:
    """Make one of "1亿2000万": parts that touch, each with a unit, the greater first."""
    joined: list[Number] = []
    for number in numbers:
        last = joined[-1] if joined else None
        if (
            last
            and last.end == number.start
            and last.scale > number.scale
            and last.text[-1] in _UNITS
        ):
            text, value = last.text + number.text, last.value + number.value
            joined[-1] = replace(last, text=text, value=value, scale=number.scale, end=number.end)
        else:
            joined.append(number)
    return joined


_RANGE = frozenset(
    ("-", " - ", "–", "—", "~", "/", " to ", " and ", " or ", "到", "至", "或", "和", "、")
)


def _carry_scales(text: str, numbers: list[Number]) -> Iterator[Number]:
    """Let "3-5 million" and "3到5万" mean both ends: the scale stands at the last one only."""
    for number, following in zip_longest(numbers, numbers[1:]):
        if following and following.scale != 1 and text[number.end : following.start] in _RANGE:
            yield replace(number, also=number.also | {number.value * following.scale})
        else:
            yield number


# ── English words ─────────────────────────────────────────────────────────────────────────────

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_CARDINALS = {word: value for value, word in enumerate(_SMALL)} | {
    word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)
}
_MAGNITUDES = {word: value for word, value in _SCALES.items() if len(word) > 1}
_OTHERS: dict[str, tuple[int | Fraction, ...]] = {
    "first": (1,), "second": (2,), "third": (3,), "fourth": (4,), "fifth": (5,), "sixth": (6,),
    "seventh": (7,), "eighth": (8,), "ninth": (9,), "tenth": (10,), "twentieth": (20,),
    "once": (1,), "single": (1,), "twice": (2,), "thrice": (3,), "both": (2,),
    "pair": (2,), "pairs": (2,), "dual": (2,), "double": (2,), "doubles": (2,), "doubling": (2,),
    "doubled": (2,), "triple": (3,), "triples": (3,), "tripling": (3,), "tripled": (3,),
    "quadruple": (4,), "quadratic": (2,), "cubic": (3,), "quarter": (Fraction(1, 4), 25, 4),
    "quarters": (Fraction(1, 4), 25, 75, 4), "half": (Fraction(1, 2), 50, 2),
    "halves": (Fraction(1, 2), 50, 2), "halving": (Fraction(1, 2), 50, 2),
    "halved": (Fraction(1, 2), 50, 2), "thirds": (3,), "dozen": (12, 10), "decade": (1, 10),
    "decades": (1, 10), "century": (1, 100), "order": (1, 10), "orders": (1, 10, 100, 1000),
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH = re.compile(rf"(?<![A-Za-z])({'|'.join(_MONTHS)})(?=,? [0-9])", re.ASCII)
_WORD = "|".join(sorted(_CARDINALS, key=len, reverse=True))
_SCALE_WORD = "|".join(_MAGNITUDES)
_SPELT = re.compile(
    rf"(?<![a-z0-9])(?:(?:{_WORD}|{_SCALE_WORD})(?=[^a-z]|fold|$)(?:[ -]and[ -]|[ -])?+)++",
    re.ASCII,
)
_SINGLE = re.compile(
    rf"(?<![a-z])(?:{'|'.join(sorted(_OTHERS, key=len, reverse=True))})(?![a-z])", re.ASCII
)


def _english_words(lower: str) -> Iterator[Number]:
    """Number words: "twenty-five", "two hundred", "million", "threefold", "half", "third"."""
    for match in _SPELT.finditer(lower):
        words = [word for word in re.split(r"[ -]", match[0]) if word and word != "and"]
        each = frozenset(Fraction(_CARDINALS.get(word, _MAGNITUDES.get(word, 0))) for word in words)
        yield Number(match[0].strip(" -"), _spelt_value(words), "word", each)
    for match in _SINGLE.finditer(lower):
        yield _word(match[0], _OTHERS[match[0]])


def _months(text: str) -> Iterator[Number]:
    """The months of dates: "January 8, 2025" is 2025年1月8日; a "may" without a day is none."""
    for match in _MONTH.finditer(text):
        yield _word(match[0], (_MONTHS.index(match[0]) + 1,))


def _word(text: str, readings: tuple[int | Fraction, ...]) -> Number:
    """A number word with its value first among its readings."""
    first, *others = map(Fraction, readings)
    return Number(text, first, "word", frozenset(others))


def _spelt_value(words: list[str]) -> Fraction:
    """Add up number words: two hundred thousand and five is 200,005."""
    total = part = 0
    for word in words[:_LONGEST]:
        if word in _CARDINALS:
            part += _CARDINALS[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        else:
            total, part = total + max(part, 1) * _MAGNITUDES[word], 0
    return Fraction(total + part)


# ── Chinese words ─────────────────────────────────────────────────────────────────────────────

_HAN_DIGITS = {"零": 0, "〇": 0, "两": 2} | {
    char: value for value, char in enumerate("〇一二三四五六七八九")
}
_HAN = re.compile(r"([零〇一二两三四五六七八九十百千万亿]++)(?:点([零〇一二三四五六七八九]++))?")
_HAN_OTHERS: dict[str, tuple[int | Fraction, ...]] = {
    "半": (Fraction(1, 2), 50, 2), "双": (2,), "俩": (2,), "首": (1,), "单": (1,), "数量级": (10, 100, 1000),
    "世纪": (100,), "一倍": (2,), "翻倍": (2,), "加倍": (2,), "成倍": (2,), "翻番": (2,), "平方": (2,),
    "立方": (3,), "完全": (100,), "全部": (100,),
}  # fmt: skip
_HAN_SINGLE = re.compile("|".join(_HAN_OTHERS))


def _chinese_words(text: str) -> Iterator[Number]:
    """Number words: 二十, 四千五百六十亿, 三点五, 二〇二五, 第一, 一半; in 三四个 each by itself."""
    for match in _HAN.finditer(text):
        if len(match[0]) > _LONGEST:
            continue
        whole, rest = match[1], match[2]
        value = Fraction(han_value(whole))
        also: frozenset[Fraction] = frozenset()
        if rest:
            value += Fraction("0." + "".join(str(_HAN_DIGITS[char]) for char in rest))
        elif all(char in _HAN_DIGITS for char in whole):
            also = frozenset(Fraction(_HAN_DIGITS[char]) for char in whole)
        yield Number(match[0], value, "word", also)
    for match in _HAN_SINGLE.finditer(text):
        yield _word(match[0], _HAN_OTHERS[match[0]])


def han_value(numeral: str) -> int:
    """The value of a Chinese numeral; without units its digits stand side by side (二〇二五).

    >>> han_value("四千五百六十亿"), han_value("十二"), han_value("二〇二五")
    (456000000000, 12, 2025)
    """
    if all(char in _HAN_DIGITS for char in numeral):
        return int("".join(str(_HAN_DIGITS[char]) for char in numeral[:_LONGEST]) or "0")
    total = section = digit = 0
    for char in numeral[:_LONGEST]:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif char == "亿":
            # 万亿: what came before 亿 as a whole is counted in hundred millions.
            total, section, digit = (total + section + digit or 1) * 10**8, 0, 0
        elif char == "万":
            high, low = divmod(total, 10**8)
            total = high * 10**8 + (low + section + digit or 1) * 10**4
            section, digit = 0, 0
        else:
            section, digit = section + (digit or 1) * _UNITS[char], 0
    return total + section + digit
