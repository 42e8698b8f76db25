"""Read a text in one tongue: find numbers, names, symbols and pauses from left to right. Pure.

What is found where is the same in every language; how it is said is the tongue's business.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from ribao.aloud.ear import Ear
from ribao.aloud.latin import say_name
from ribao.aloud.plain import CITED, FORMULA, HAN, LINK, MAIL, plain
from ribao.aloud.tongue import Moment, Quantity, Tongue

_NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,6}(?!\d)|\d+)(?:\.\d+)?"
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_TAIL = rf"[{_LATIN}0-9]*(?:[-‐‑–_./&@+*·'’][{_LATIN}0-9]+)*(?:\+{{1,3}}|#)?"
_NAME_FROM_DIGIT = re.compile(rf"\d+(?:\.\d+)?[{_LATIN}]{_TAIL}")
_SCALES = "million|billion|trillion|thousand"
_DATE = (
    r"(?P<date>(?P<dy>(?:19|20)\d\d)(?P<ds>[-/.])(?P<dm>1[0-2]|0?[1-9])(?P=ds)"
    r"(?P<dd>[12]\d|3[01]|0?[1-9])(?!\d))"
)
_CLOCK = (
    r"(?P<clock>(?P<ch>[01]\d|2[0-3]|\d(?=:\d\d ?[ap]m)):(?P<cm>[0-5]\d)"
    r"(?::(?P<cs>[0-5]\d))?(?![\d:]))"
)
_FOUND_NUMBERS = (
    _DATE,
    r"(?P<month>(?P<my>(?:19|20)\d\d)-(?P<mm>0[1-9]|1[0-2])(?![\d-]))",
    _CLOCK,
    r"(?P<decade>(?:19|20)\d0)(?:s(?![A-Za-z]))",
    r"(?P<id>\d\d(?:0[1-9]|1[0-2])\.\d{4,5}(?![\d.]))",
    r"(?P<version>\d+(?:\.\d+){2,9})",
    r"(?P<phone>\d{3,4}-\d{3,4}-\d{3,4}(?!\d))",
    rf"(?P<science>(?P<sn>{_NUMBER})[eE](?P<se>[+-]?\d{{1,4}})(?![A-Za-z0-9.]))",
    rf"(?P<product>{_NUMBER}(?: ?[x×*] ?{_NUMBER}){{1,4}})",
    r"(?P<fraction>(?P<fa>\d{1,4})/(?P<fb>\d{1,4})(?![\d/A-Za-z%]))",
    rf"(?P<ratio>{_NUMBER}(?::{_NUMBER}){{1,3}}(?![\d:]))",
    r"(?P<ordinal>(?P<on>\d{1,6})(?:st|nd|rd|th)(?![A-Za-z]))",
)
_POWER = (
    r"(?P<power>\^(?:\{(?P<p1>[-+−]?(?:\d+(?:\.\d+)?|[A-Za-z]{1,3}))\}"
    r"|(?P<p2>[-−]?\d+|[A-Za-z](?![A-Za-z]))))"
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_LIST_MARK = r"(?P<mark>(?<![A-Za-z0-9)\]式图表])[(（](?P<mn>\d{1,2}|[ivx]{1,4})[)）])"
_GREEK = "(?P<greek>[\u0370-\u03ff\u1f00-\u1fff]+)"
# Names of three Greek letters and more are words of their language.
_LEAST_GREEK_WORD = 3
_MOST_PARTS = 1000
# What is written, and which of a tongue's stops it is.
_STOPS = {
    char: n
    for n, chars in enumerate(("。.．", "？?", "！!", "；;", "：:", "，,…—()（）[]【】", "、/"))
    for char in chars
}
# Between two Chinese words these are nothing at all, elsewhere a space.
_SILENT = frozenset('"“”‘’「」『』《》〈〉<>*`{}_|#^\\-‐‑·•')
_NOTHING = "\x00"
# No breath before these where a bracket closes.
_CLOSED = re.compile("[)）](?=[的等中之和与及])")
_WEIGHT = (0, 0, 0, 1, 2, 3, 4)


class Reader:
    """One language's way from what is written to what is said."""

    def __init__(self, ear: Ear, tongue: Tongue) -> None:
        self._ear = ear
        self._tongue = tongue
        words = tongue.words
        units = _any(words.units, end="(?![A-Za-z0-9])")
        suffix = (
            rf" ?(?:%|‰|(?:{_SCALES})(?![A-Za-z])|{units})|[KkMBbT](?![A-Za-z0-9])"
            rf"| ?[x×X](?![A-Za-z0-9×]| ?\d)|\+(?![\d+])"
        )
        self._suffix = re.compile(suffix)
        sign = r"(?:(?<![A-Za-z0-9)\]}%])[-−+±] ?)?"
        quantity = rf"{sign}{_NUMBER}(?:{suffix})?"
        self._quantity = re.compile(rf"(?P<sign>[-−+±]?) ?(?P<n>{_NUMBER})(?P<suffix>{suffix})?")
        currencies = re.escape("".join(words.currencies))
        scale = rf"(?: ?(?:{_SCALES})|[KkMBbT])?(?![A-Za-z])"
        money = rf"(?P<money>[{currencies}] ?{_NUMBER}{scale})"
        numbers = (
            money,
            *_FOUND_NUMBERS[:8],
            rf"(?P<span>{sign}{_NUMBER}(?:{suffix})? ?[-–—~∼～] ?{_NUMBER}(?:{suffix})?(?![-–]\d))",
            *_FOUND_NUMBERS[8:],
            rf"(?P<quantity>{quantity})",
        )
        abbreviations = _any(words.words, end="(?![A-Za-z0-9])")
        self._found = re.compile(
            "|".join(
                (
                    rf"(?P<han>[{HAN}]+)",
                    _LIST_MARK,
                    rf"(?P<word>(?<![A-Za-z0-9])(?:{abbreviations}))",
                    rf"(?P<name>[{_LATIN}]{_TAIL})",
                    rf"(?<!\d)(?:{'|'.join(numbers)})",
                    _POWER,
                    _GREEK,
                    rf"(?P<symbol>{_any(words.symbols)})",
                    r"(?P<other>.)",
                )
            ),
            re.DOTALL,
        )
        own = _any(ear.phrases)
        self._own = re.compile(own) if ear.phrases else None
        # Inside a name.
        self._marks = {
            ".": "点" if tongue.stops[0] == "。" else "point",
            **{sign: words.symbols[sign] for sign in "&@+"},
            "/": tongue.stops[6],
        }
        self._left_out = {
            LINK: words.marks["link"],
            MAIL: words.marks["mail"],
            FORMULA: words.marks["formula"],
            CITED: words.marks["citation"],
        }

    def read(self, text: str) -> str:
        """Return what a voice is told for ``text``: words and stops; empty where there are none."""
        text = plain(text, self._ear.latex)
        if self._own:
            text = self._own.sub(lambda found: self._phrase(found[0]), text)
        text = re.sub(r"约 ?[~∼≈]", "约", re.sub(r"(?<![\w.)])\.(?=\d)", "0.", text))
        said = []
        at = 0
        while at < len(text):
            found = _matched(self._found.match(text, at))
            words, at = self._say(found, text)
            said.append(words)
        return _settle(_CLOSED.sub("", "".join(said)), self._tongue.stops)

    def _say(self, found: re.Match[str], text: str) -> tuple[str, int]:
        """The words for what was found, and where reading goes on."""
        kind = found.lastgroup or "other"
        if kind in {"han", "other"}:
            return self._left_out.get(found[0], found[0]), found.end()
        if kind in {"span", "quantity"}:
            words, end = getattr(self, f"_{kind}_said")(found, text)
            return self._apart(words), end
        say: Callable[[re.Match[str]], str] = getattr(self, f"_{kind}")
        return self._apart(say(found)), found.end()

    def _phrase(self, written: str) -> str:
        said = self._ear.phrases[written]
        return f" {said} " if said.isascii() else said

    def _apart(self, words: str) -> str:
        """Where words are written apart, what was said stands apart from what follows."""
        return words if self._tongue.stops[0] == "。" else f" {words} "

    # ── what is found, and how it is said ─────────────────────────────────────────────────────

    def _mark(self, found: re.Match[str]) -> str:
        written = found["mn"]
        if not written.isdigit():
            if written not in _ROMAN:
                return f" {written} "
            written = str(_ROMAN.index(written) + 1)
        pause = self._tongue.stops[5]
        return f"{pause}{self._tongue.ordinal(written)}{pause}"

    def _word(self, found: re.Match[str]) -> str:
        return self._tongue.words.words[found[0]]

    def _name(self, found: re.Match[str]) -> str:
        return say_name(found[0], self._ear.names, self._marks, self._tongue.inside)

    def _greek(self, found: re.Match[str]) -> str:
        letters = found[0]
        symbols = self._tongue.words.symbols
        if len(letters) >= _LEAST_GREEK_WORD or any(c.lower() not in symbols for c in letters):
            return f" {letters} "
        return " ".join(symbols[char.lower()] for char in letters)

    def _symbol(self, found: re.Match[str]) -> str:
        return self._tongue.words.symbols[found[0]]

    def _power(self, found: re.Match[str]) -> str:
        return self._tongue.power(found["p1"] or found["p2"])

    def _date(self, found: re.Match[str]) -> str:
        return self._tongue.date(Moment(int(found["dy"]), int(found["dm"]), int(found["dd"])))

    def _month(self, found: re.Match[str]) -> str:
        return self._tongue.date(Moment(int(found["my"]), int(found["mm"])))

    def _clock(self, found: re.Match[str]) -> str:
        hour, minute, second = (int(found[name] or 0) for name in ("ch", "cm", "cs"))
        return self._tongue.clock(Moment(hour=hour, minute=minute, second=second))

    def _decade(self, found: re.Match[str]) -> str:
        return self._tongue.decade(found["decade"])

    def _id(self, found: re.Match[str]) -> str:
        return self._tongue.digits(found[0])

    def _phone(self, found: re.Match[str]) -> str:
        return self._tongue.digits(found[0])

    def _version(self, found: re.Match[str]) -> str:
        return self._tongue.inside(found[0])

    def _science(self, found: re.Match[str]) -> str:
        return self._tongue.science(_bare(found["sn"]), found["se"])

    def _product(self, found: re.Match[str]) -> str:
        return self._tongue.product(_numbers(found[0]))

    def _ratio(self, found: re.Match[str]) -> str:
        return self._tongue.ratio(_numbers(found[0]))

    def _ordinal(self, found: re.Match[str]) -> str:
        return self._tongue.ordinal(found["on"])

    def _fraction(self, found: re.Match[str]) -> str:
        above, below = found["fa"], found["fb"]
        if 0 < int(above) < int(below) <= _MOST_PARTS:
            return self._tongue.fraction(above, below)
        return f"{self._tongue.inside(above)}{self._tongue.stops[6]}{self._tongue.inside(below)}"

    def _money(self, found: re.Match[str]) -> str:
        currency = self._tongue.words.currencies[found[0][0]]
        number = _matched(re.search(_NUMBER, found[0]))
        suffix = found[0][number.end() :].strip()
        after = found.string[found.end() : found.end() + 4]
        amount = Quantity("", _bare(number[0]), suffix, "", after)
        return self._tongue.money(amount, currency)

    def _span_said(self, found: re.Match[str], text: str) -> tuple[str, int]:
        """From a to b; only where b is more: otherwise the first number is said by itself."""
        first = self._parse(text, found.start())
        second = _matched(self._quantity.search(text, first[1]))
        last = self._parse(text, second.start("n"))
        hyphen = text[first[1] : second.start("n")].strip() in {"-", "–"}
        grows = float(first[0].number) < float(last[0].number)
        # Llama 3.1-8B: a version and a size.
        version = (
            not first[0].suffix and last[0].suffix in {"B", "b"} and _is_latin(first[0].before)
        )
        if hyphen and (not grows or version or len(first[0].number) > len("1,000,000,000")):
            said, end = self._quantity_said(found, text)
            return f"{said} ", end
        return self._tongue.span(first[0], last[0]), last[1]

    def _quantity_said(self, found: re.Match[str], text: str) -> tuple[str, int]:
        quantity, end = self._parse(text, found.start())
        if not quantity.suffix:
            # 3D, 4o: letters right behind a number make it a name.
            name = _NAME_FROM_DIGIT.match(text, end - len(quantity.number))
            if name and name.end() > end:
                said = say_name(name[0], self._ear.names, self._marks, self._tongue.inside)
                return said, name.end()
        return self._tongue.quantity(quantity), end

    def _parse(self, text: str, at: int) -> tuple[Quantity, int]:
        """The quantity that begins at ``at``, and where it ends."""
        found = _matched(self._quantity.match(text, at))
        suffix = (found["suffix"] or "").strip()
        before = text[max(0, at - 2) : at].rstrip()[-1:]
        quantity = Quantity(
            found["sign"].strip(),
            _bare(found["n"]),
            "x" if suffix in {"x", "×", "X"} else suffix,
            before,
            text[found.end() : found.end() + 24],
            "," in found["n"],
        )
        return quantity, found.end()


def _any(words: Iterable[str], end: str = "") -> str:
    """A pattern for any of ``words``, longest first; ``end`` is for those ending in a letter."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(re.escape(word) + (end if word[-1].isalpha() else "") for word in longest_first)


def _matched(found: re.Match[str] | None) -> re.Match[str]:
    """The match where there always is one: a wider pattern found it, or takes any character."""
    if found is None:
        raise AssertionError("unreachable: what was found is not found again")
    return found


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _bare(number: str) -> str:
    return number.replace(",", "")


def _numbers(text: str) -> list[str]:
    return [_bare(number) for number in re.findall(_NUMBER, text)]


def _settle(said: str, stops: str) -> str:
    """Keep letters and stops only, one stop at a time (the strongest), and single spaces."""
    apart = stops[0] != "。"
    kept = []
    letter = False
    for char in said:
        if char.isalpha() or (letter and _is_accent(char)):
            kept.append(char)
            letter = True
            continue
        letter = letter and char == "'"
        stop = _STOPS.get(char)
        quiet = _NOTHING if char in _SILENT else " "
        kept.append("'" if letter else stops[stop] if stop is not None else quiet)
    text = re.sub("'(?![^\\W\\d_])", " ", "".join(kept))
    text = re.sub(f"(?<=[{HAN}]){_NOTHING}+(?=[{HAN}])", "", text).replace(_NOTHING, " ")
    marks = re.escape(stops)
    text = re.sub(rf"[{marks} ]+", lambda run: _strongest(run[0], stops), text)
    text = re.sub(rf"^[{marks} ]+", "", re.sub(r" +", " ", text))
    if not apart:
        text = re.sub(f"(?<=[{HAN}])(?=[^\\W\\d_{HAN}])|(?<=[^\\W\\d_{HAN}])(?=[{HAN}])", " ", text)
        return text.strip()
    return re.sub(rf"([{marks}])(?=\w)", r"\1 ", text).strip()


def _is_accent(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Mc"} and not (
        "\ufe00" <= char <= "\ufe0f" or "\u20d0" <= char <= "\u20ff"
    )


def _strongest(run: str, stops: str) -> str:
    found = [char for char in run if char != " "]
    return min(found, key=lambda char: _WEIGHT[stops.index(char)]) if found else " "
