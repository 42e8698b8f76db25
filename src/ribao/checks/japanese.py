"""Japanese numerals, written as ``ribao.checks.numerals`` knows them. Pure."""

from __future__ import annotations

import re

_PARTS = str.maketrans({"億": "亿", "両": "两", "％": "%"})
_TENTHS = "〇一二三四五六七八九"
_FIGURE = "[0-9０-９一二三四五六七八九]"
# 割 counts tenths (3割 = 30 %, 8割5分 = 85 %), but not in 割り当て, 割合.
_TENTH = re.compile(
    rf"(?:(?P<from>{_FIGURE})(?P<to>[-~〜～–から]{{1,2}}))?"
    rf"(?P<whole>{_FIGURE})割(?:(?P<rest>{_FIGURE})分)?(?![り合当])"
)
_FRACTION = re.compile(r"([0-9０-９]{1,4})分の([0-9０-９]{1,4})")
_GROUPED = re.compile(r"(?<![0-9０-９，])([0-9０-９]{1,3}(?:，[0-9０-９]{3})+)(?![0-9０-９，])")
_WORDS = {
    "パーセント": "%", "シングル": "单", "ダブル": "双", "デュアル": "双", "トリプル": "三", "ゼロ": "零",
    "ひとつ": "一", "ふたつ": "二", "みっつ": "三", "倍増": "二倍",
}  # fmt: skip
_WORD = re.compile("|".join(_WORDS))


def with_known_numerals(text: str) -> str:
    """Say Japanese ways to write numbers in those that Chinese has too; all else stays.

    >>> with_known_numerals("3割、4分の1、1.5兆、50パーセント、2億")
    '30%、四分之一、1.5万亿、50%、2亿'
    """
    text = _GROUPED.sub(lambda match: match[1].replace("，", ","), text)
    text = _FRACTION.sub(lambda match: f"{_han(match[1])}分之{_han(match[2])}", text)
    text = _WORD.sub(lambda match: _WORDS[match[0]], _TENTH.sub(_per_cent, text))
    return re.sub("(?<=[0-9０-９一二三四五六七八九十百千数])兆", "万亿", text.translate(_PARTS))


def _per_cent(match: re.Match[str]) -> str:
    value = f"{_tenth(match['whole'])}{_tenth(match['rest'] or '0')}%"
    return f"{_tenth(match['from'])}0%{match['to']}{value}" if match["from"] else value


def _tenth(figure: str) -> int:
    return _TENTHS.index(figure) if figure in _TENTHS else int(figure)


def _han(digits: str) -> str:
    """A numeral without units (一〇〇), which is read as a word and not asked for by its digits."""
    return "".join(_TENTHS[int(digit)] for digit in digits)
