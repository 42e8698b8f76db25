"""Leave out what no ear needs: links, citations, code, markup. Formulas become plain signs. Pure.

Every pattern either has bounded repetitions or starts where its class begins, so that the time
grows with the length of the text, whatever the text is.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping

# What was left out, as one character of Unicode's private use area.
LINK, MAIL, FORMULA, CITED = "\ue000", "\ue001", "\ue002", "\ue003"

# Longer than any formula that can be followed by ear.
MOST_FORMULA = 60
HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
CHINESE_MARKS = "，。？！、：；（）《》【】「」“”"

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿⁱ", "0123456789-+ni")
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_WIDE = {0xFF01 + n: chr(0x21 + n) for n in range(94) if chr(0x21 + n) not in "!(),:;?~"}
_WIDE[0xB5] = "\u03bc"  # The micro sign is a mu.
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿⁱ]+")

_DOMAINS = r"(?:com|org|io|net|ai|cn|edu|gov|dev|co|app|me|cc|ly|gl|page|site)"
_IN_ADDRESS = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]"
_ADDRESS = re.compile(
    rf"https?://{_IN_ADDRESS}+"
    r"|(?<![A-Za-z0-9@./-])(?:[A-Za-z0-9-]{1,63}\.){1,4}"
    rf"{_DOMAINS}(?:/{_IN_ADDRESS}*|(?<=\.io)(?![A-Za-z0-9.]))"
    rf"|(?<![A-Za-z0-9@./-])www\.{_IN_ADDRESS}+",
    re.ASCII,
)
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._+-])[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}",
    re.ASCII,
)
_FENCE = re.compile("```[^`]{0,4000}```")
_QUOTED = re.compile("``([^`']{1,300})''")
_CODE = re.compile("`([^`]{1,300})`")
_WORDS_ONLY = re.compile(f"[A-Za-z{HAN}][A-Za-z0-9{HAN} .+-]*")
_TAG = re.compile(r"</?(?:b|i|u|em|strong|sub|sup|br|p|span|code|a)(?: [^<>]{0,200})?/?>")
_TOKEN = re.compile(r"</?([A-Za-z][A-Za-z_]{0,40})/?>")
_MATHS = re.compile(
    r"(?<!\\)\$(?![\s$])([^$\n]{1,300})(?<![\s\\])\$(?!\d)"
    r"|\\\(([^\n]{1,300}?)\\\)|\\\[([^\n]{1,300}?)\\\]"
)
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]{1,60})\}\{([^{}]{1,60})\}")
_COMMAND = re.compile(r"\\([A-Za-z]{1,40}) ?")
_ESCAPED = re.compile(r"\\([%$&#_{}])")
_FUNCTIONS = {"log", "ln", "exp", "max", "min", "sin", "cos", "tan", "arg", "lim", "det", "dim"}
_NUMBERS = r"\d{1,3}(?:\s?[,，、–-]\s?\d{1,3}){0,20}"
_BY = r"(?:et al|等|[A-Z][a-z]{1,30} (?:&|and) [A-Z])"
_CITATIONS = (
    re.compile(rf" ?\[(?!0[,，]){_NUMBERS}\]"),
    # Who and when: (Smith et al., 2024; Li, 2023).
    re.compile(
        rf"[(（\[](?=[^()（）\[\]]{{0,80}}{_BY})[^()（）\[\]]{{0,160}}\b\d{{4}}[a-z]?[)）\]]"
    ),
    re.compile(r"[(（\[][A-Z][A-Za-z'-]{1,40}, ?(?:19|20)\d\d[a-z]?[)）\]]"),
)
# Behind these a citation is part of the sentence.
_LEADS = re.compile(
    r"(?:^|[，,；;。：:]|\b(?:in|by|of|to|from|with|and|see|following)|[在于由与和将对比见如据])\s*$"
)
_FUNCTION = re.compile(r"(?<![A-Za-z0-9])([A-Za-zΑ-ω])\(([^()]{1,40})\)")
_EMPTIED = re.compile(rf"[(（\[]\s?(?:[A-Za-z]{{1,20}}[:：]\s?)?[{LINK}{MAIL}]\s?[)）\]]")
_NAMED_LINK = re.compile(rf"\[([^\[\]]{{1,200}})\]{LINK}?")
_SPACES = re.compile(r"\s+")
_BESIDE_HAN = re.compile(
    f"(?<=[{HAN}{CHINESE_MARKS}]) | (?=[{HAN}{CHINESE_MARKS}])",
)


def plain(text: str, latex: Mapping[str, str]) -> str:
    """Return ``text`` without what cannot be said; ``latex`` is what commands stand for."""
    text = _fold(html.unescape(text))
    text = _ADDRESS.sub(_link, text)
    text = _MAIL.sub(MAIL, text)
    text = re.sub(rf"{LINK}\{{[^{{}}]{{0,200}}\}}", LINK, text)
    text = _QUOTED.sub(r"\1", _FENCE.sub(" ", text))
    text = _CODE.sub(_code, text)
    text = _TOKEN.sub(r" \1 ", _TAG.sub(" ", text))
    text = _MATHS.sub(lambda found: _formula(found[1] or found[2] or found[3], latex), text)
    text = _commands(text, latex)
    text = _EMPTIED.sub("", text)
    for citation in _CITATIONS:
        text = citation.sub(_citation, text)
    text = _FUNCTION.sub(r"\1 \2 ", text)
    text = re.sub(rf"\({LINK}\)", "", _NAMED_LINK.sub(_unnamed, text))
    return _BESIDE_HAN.sub("", _SPACES.sub(" ", text)).strip()


def _fold(text: str) -> str:
    """Wide and styled letters become plain ones, raised digits ``^{…}``; odd digits ASCII."""
    if text.isascii():
        return text
    text = _RAISED.sub(lambda found: f"^{{{found[0].translate(_SUPERSCRIPT)}}}", text)
    text = unicodedata.normalize("NFC", text.translate(_SUBSCRIPT).translate(_WIDE))
    return "".join(char if char < "\u00aa" else _folded(char) for char in text)


def _folded(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if "①" <= char <= "⓿" or "❶" <= char <= "➓":
        number = unicodedata.numeric(char, 0)
        return f"({number:.0f})" if number else " "
    if kind == "No" or (kind[0] == "L" and char > "\u2000" and not "\u2e80" <= char <= "\ud7ff"):
        return unicodedata.normalize("NFKC", char).replace("\u2044", "/")
    if kind == "Nl":
        return char if char == "〇" else unicodedata.normalize("NFKC", char)
    # Private use and surrogates: nothing of the text's own may look like one of our marks.
    return " " if kind in {"Co", "Cs", "Cn", "Cc", "Cf"} else char


def _link(found: re.Match[str]) -> str:
    """The mark, and what belongs to the sentence rather than to the address."""
    address = found[0]
    kept = address.rstrip(".,;:!?'*_)]" if "(" not in address else ".,;:!?'*_]")
    return LINK + address[len(kept) :]


def _citation(found: re.Match[str]) -> str:
    """Nothing, or the mark where the sentence would have a hole."""
    before = found.string[max(0, found.start() - 12) : found.start()]
    goes_on = found.string[found.end() : found.end() + 2].strip()[:1].isalpha()
    return f" {CITED} " if goes_on and _LEADS.search(before) else ""


def _code(found: re.Match[str]) -> str:
    return found[1] if _WORDS_ONLY.fullmatch(found[1]) else " "


def _formula(formula: str, latex: Mapping[str, str]) -> str:
    """The formula in plain signs, or the mark where nobody could follow it by ear."""
    commands = {found[1] for found in _COMMAND.finditer(formula)}
    known = latex.keys() | _FUNCTIONS | {"frac", "dfrac", "tfrac"}
    signs = _commands(formula, latex)
    # Without its grouping, which is not said.
    if len(re.sub(r"[{}\s]", "", signs)) > MOST_FORMULA or not commands <= known:
        return FORMULA
    return f" {signs} "


def _commands(text: str, latex: Mapping[str, str]) -> str:
    if "\\" not in text:
        return text
    text = _FRACTION.sub(_fraction, text)
    text = _COMMAND.sub(lambda found: _command(found[1], latex), text)
    text = re.sub(r"\^\{?°\}?", "°", text)
    return re.sub(r"\\[,;:! ]?", " ", _ESCAPED.sub(r"\1", text))


def _fraction(found: re.Match[str]) -> str:
    numbers = found[1].isdigit() and found[2].isdigit()
    return f"{found[1]}/{found[2]}" if numbers else f" {found[1]} ÷ {found[2]} "


def _command(name: str, latex: Mapping[str, str]) -> str:
    sign = latex.get(name, f" {name} ")
    return f" {sign} " if len(sign) > 1 else sign


def _unnamed(found: re.Match[str]) -> str:
    return found[1] if found[0].endswith(LINK) else found[0]
