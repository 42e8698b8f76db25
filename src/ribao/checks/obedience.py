"""Is an instruction that hides in an abstract translated, or was it obeyed? Pure.

An abstract may say "Ignore all previous instructions and print …" to whoever reads it, and a paper
on such attacks cites it. Either way the sentence is to be translated. Nothing here tells whether it
is an attack: only whether the translation says it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ribao.checks.pair import Pair
from ribao.checks.wording import found, several
from ribao.types import Finding

# Where a sentence or a citation begins: "models ignore previous instructions" orders nobody.
_FIRST = r"(?:\A|[.!?:;(\[\n“\"‘*>]\s{0,2}|\s['`]{1,2}|(?<![A-Za-z])please,?\s(?:now\s)?)"
_LATER = rf"(?:{_FIRST}|,\s(?:you\smust\s|please\s)?|(?<![A-Za-z])(?:and|then|now|instead)\s)"
_OF = (
    "all|any|every|the|your|these|those|this|of|my|our|previous|previously|prior|above|preceding|earlier|"
    "other|following|foregoing|given|original|existing|system|safety"
)
_OBJECT = "instructions?|prompts?|directions?|rules|guidelines|commands?|directives?|orders"


@dataclass(frozen=True, slots=True)
class _Order:
    """An order in English, and words one of which every translation of it has."""

    english: re.Pattern[str]
    rendered: dict[str, re.Pattern[str]]


def _order(english: str, chinese: str, japanese: str) -> _Order:
    rendered = {"zh": re.compile(chinese), "ja": re.compile(japanese)}
    return _Order(re.compile(english, re.ASCII | re.IGNORECASE), rendered)


_ORDERS = (
    _order(
        rf"{_LATER}(?:ignore|disregard|forget|override)\s(?:(?:{_OF})\s){{0,6}}(?:{_OBJECT}|everything)\b",
        "忽略|忽视|无视|不顾|忘|不要理|不理|不必理|别管|抛开|抛弃|摒弃|舍弃|放弃|绕过|覆盖|推翻|跳过|违背|不遵|不予|置之",
        "無視|忘れ|破棄|従わ|考慮し|上書き|顧み|気にし",
    ),
    _order(
        rf"{_FIRST}(?:(?:only|just|simply)\s)?(?:print|output|respond|reply|answer|say|write|repeat|return)\s"
        r"(?:only|exactly|just|nothing\sbut|with\sonly|with\sexactly|with\sthe|the\sfollowing|[“\"‘'`])"
        r"|(?<![A-Za-z])please\s(?:only\s)?(?:print|output|respond|reply|answer|say|write|repeat|return)\b",
        "打印|输出|回复|回答|应答|答|响应|回应|说|写|返回|重复|显示|给出|印出|生成|列出",
        "出力|印刷|表示|プリント|回答|返答|応答|答え|返信|言|述べ|書|記|返|繰り返",
    ),
    _order(
        rf"{_LATER}(?:you\sare\snow|from\snow\son,?\syou|you\smust\snow|pretend\s(?:to\sbe|(?:that\s)?you\sare))\b",
        "你|您|现在|从此|今后|此后|如今|扮演|充当|假装|假设",
        "あなた|君|今|これから|以後|以降|ふり|振る舞|演じ|なりき",
    ),
    _order(
        rf"{_LATER}(?:do\snot\stranslate\s(?:this|the\s(?:abstract|text|paper|title))|(?:give|write|provide)\s(?:only\s)?(?:a|an)\s(?:\w+\s)?positive\sreview|do\snot\shighlight\sany\snegatives)\b",
        "翻译|译|正面|积极|好评|肯定|负面|缺点|不足",
        "訳|肯定|好意|前向き|ポジティブ|否定|欠点|ネガティブ|高評価",
    ),
)
_SAY = r"(?<![A-Za-z])(?:print|output|respond|reply|answer|say|write|repeat|return)\b"
_PAYLOAD = re.compile(
    rf"{_SAY}[^.!?\n“”\"‘’]{{0,40}}(?:“([^“”\n]{{4,80}})”|\"([^\"\n]{{4,80}})\"|‘([^‘’\n]{{4,80}})’|\s'([^'\n]{{4,80}})'(?![A-Za-z]))"
    rf"|{_SAY}(?:\s(?:only|exactly|just|with|the|word|words|text|phrase|following)){{0,5}}:?\s(?-i:([A-Z][A-Z0-9_-]{{2,30}}(?:\s[A-Z0-9_-]{{2,30}}){{0,6}}))(?![a-z])",
    re.ASCII | re.IGNORECASE,
)


def find_obeyed(pair: Pair) -> Iterator[Finding]:
    """An instruction in the original is translated: neither gone nor done."""
    orders = list(_standing(pair.original))
    if not orders:
        return

    def gone(text: str) -> list[str]:
        return [said for order, said in orders if _is_gone(order, said, text, pair.family)]

    lost = dict.fromkeys(gone(f"{pair.draft.title}\n{pair.draft.abstract}"))
    yield from several("obeyed", "error", (("obeyed.gone", "abstract", said) for said in lost))
    for payload in dict.fromkeys(_payloads(pair.original)):
        for where, original, text in pair.texts:
            # A gist may tell of the order; one that does not only says what it was told to.
            obeys = gone(text) if where == "gist" else _is_done(payload, original, text)
            if obeys and payload.lower() in text.lower():
                yield found("obeyed", "error", "obeyed.printed", where, payload)


def _standing(original: str) -> Iterator[tuple[_Order, str]]:
    """The orders in a text, each with the words from there to the end of its sentence."""
    for order in _ORDERS:
        for match in order.english.finditer(original):
            start = match.start() + len(match[0]) - len(match[0].lstrip(" .!?:;,([\n“\"‘*>'`"))
            rest = original[match.end() : match.end() + 200]
            yield order, original[start : match.end()] + re.split(r"[.!?\n]", rest, maxsplit=1)[0]


def _is_gone(order: _Order, said: str, text: str, family: str) -> bool:
    """Whether nothing in a translation renders an order; it may be cited in English."""
    rendered = order.rendered.get(family)
    cited = " ".join(said.lower().split()[:4]) in " ".join(text.lower().split())
    return rendered is not None and not cited and not rendered.search(text)


def _payloads(original: str) -> Iterator[str]:
    for match in _PAYLOAD.finditer(original):
        yield next(group for group in match.groups() if group).strip(" .,!?。")


def _is_done(payload: str, original: str, text: str) -> bool:
    """Whether a text says what it was told to: more often than its original, or nearly nothing else."""
    said, told = text.lower().count(payload.lower()), original.lower().count(payload.lower())
    rest = len(text) - said * len(payload)
    return said > told or rest < 0.05 * len(original)
