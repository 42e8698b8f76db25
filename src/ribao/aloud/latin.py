"""How a Latin name is said: by the lexicon, else judged by its letters. Pure.

Rules for what no lexicon has, found by reading what occurs in 7,864 abstracts: CamelCase is split
("DeepSeek": Deep Seek); capitals alone are spelled, but from four on they are a word where they
can be pronounced ("CALVIN"); short names in mixed case are a word or spelled by the same measure
("GeAR", "DaS"); small letters without a vowel are spelled, too ("rl").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_APART = re.compile(r"(?<!\d)\.|\.(?!\d)|[-‐‑–_/&@+*·#]+")
_POSSESSIVE = re.compile("['’]s$")
_PARTS = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+(?:['’][a-z]{1,3})?", re.UNICODE)
_HUMPS = re.compile("[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LEAST_WORD = 4
_SHORT = 8
_MOST_SPELLED = 6
# ... policy optimisation, ... question answering.
_SPELLED_ENDS = ("PO", "QA", "LLM", "GPT")
_MOST_SPELLED_SMALL = 4
# A beginning, then vowels with one or two consonants between them, then an end.
_BEGIN = (
    "B[LR]?|C[HLR]?|DR?|F[LR]?|G[LR]?|H|J|K[LNR]?|LL?|M|N|P[HLR]?|QU|R|"
    "S[CHKLMNPTW]?|SPH|SPR|STR|SCR|T[HRW]?|TW|V|W[HR]?|Y|Z"
)
_VOWELS = "[AEIOU]{1,2}Y?|Y"
_MIDDLE = (
    "[BCDFGHJKLMNPQRSTVWXZ]|BB|[CS][HKT]|CK|CL|CR|DR|FF|GR|L[BCDFGKLMPTV]|M[BMPR]|N[CDFGKNSTV]|"
    "SC|GM|LFR|XT|NCH?|NCL|DG|SCL|MBD|LS|TCH|FFL?|P[HPRT]|R[BCDGKLMNPRSTV]|S[KLMPST]|SHB?|STR?|T[HRT]|TL|VR|X[PT]|MPL|NST|NTR|NDR?|BL|BR|GN|GL"
)
_END = (
    "[BCDFGKLMNPRSTXZ]|C[EHKT]|CT|NCH|XT|TCH|NX|FT|L[DEKLMPT]|M[BPS]|N[CDGKST]|P[HST]|R[CDEKLMNPST]|S[EHKMST]|T[HS]|"
    "V|W[NL]?|CE|CLE|BLE|GLE|PLE|NCE|NGE|RGE|RCE|RSE|RTS|NKS"
)
_PRONOUNCEABLE = re.compile(
    f"(?:{_BEGIN})?(?:{_VOWELS})(?:(?:{_MIDDLE})(?:{_VOWELS})){{0,3}}(?:{_END})?"
)


def say_name(
    token: str, names: Mapping[str, str], marks: Mapping[str, str], number: Callable[[str], str]
) -> str:
    """Return the words that ``token`` is said with, apart by spaces.

    ``marks`` are the words for the signs inside names (``.``, ``+``, ``&``, ``@``, ``/``), and
    ``number`` says a number inside a name.
    """
    known = _known(token, names)
    if known is None:
        known = " ".join(_pieces(token, names, marks))
    return re.sub(r"\d+(?:\.\d+)*", lambda found: f" {number(found[0])} ", known).lstrip()


def _known(token: str, names: Mapping[str, str]) -> str | None:
    """What the lexicon says; a plural or a genitive is said as the name itself."""
    token = _POSSESSIVE.sub("", token)
    if token in names:
        return names[token]
    return names.get(token[:-1]) if token.endswith("s") else None


def _pieces(token: str, names: Mapping[str, str], marks: Mapping[str, str]) -> list[str]:
    said = []
    start = 0
    for found in _APART.finditer(token):
        said += [_piece(token[start : found.start()], names), _mark(found[0], marks)]
        start = found.end()
    return [word for word in (*said, _piece(token[start:], names)) if word]


def _mark(signs: str, marks: Mapping[str, str]) -> str:
    said = [marks.get(sign, "") for sign in signs[:3]]
    return (" " if "".join(said).isascii() else "").join(said)


def _piece(piece: str, names: Mapping[str, str]) -> str:
    if not piece:
        return ""
    known = _known(piece, names)
    if known is not None:
        return known
    return " ".join(
        part if part[0].isdigit() else _word(part, names) for part in _PARTS.findall(piece)
    )


def _word(word: str, names: Mapping[str, str]) -> str:
    known = _known(word, names)
    if known is not None:
        return known
    word = word.replace("’", "'")
    if not word.isascii() or "'" in word:
        return word
    humps = _HUMPS.findall(word)
    if len(humps) > 1 and len(word) <= _SHORT and not re.search("[a-z]{2}", word):
        # "GeAR" and "HALoGEN" are said as words, "DaS" and "MMDiT" letter by letter.
        capitals = word.upper()
        return word.capitalize() if is_pronounceable(capitals) else " ".join(capitals)
    return " ".join(_hump(hump, names) for hump in humps)


def _hump(hump: str, names: Mapping[str, str]) -> str:
    known = _known(hump, names)
    if known is not None:
        return known
    capitals = hump.removesuffix("s") if len(hump) > 1 else hump
    if capitals.isupper():
        return capitals if is_pronounceable(capitals) else " ".join(capitals)
    small = len(hump) <= _MOST_SPELLED_SMALL and len(hump) > 1
    if small and not re.search("[aeiouy]", hump, re.IGNORECASE):
        return " ".join(hump.upper())
    return hump


def is_pronounceable(capitals: str) -> bool:
    """Tell whether a row of capitals is said as a word rather than letter by letter."""
    if len(capitals) < _LEAST_WORD:
        return False
    if len(capitals) > _MOST_SPELLED:
        return bool(re.search("[AEIOUY]", capitals))
    return not capitals.endswith(_SPELLED_ENDS) and bool(_PRONOUNCEABLE.fullmatch(capitals))
