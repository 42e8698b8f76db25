"""What a prompt, a chat or a page's markup leaves in a translation, and taking it away. Pure.

Texts may be long and hostile: every pattern is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ribao.types import Draft

_LABEL = (
    r"(?:\*\*|#{1,6} ?)?(?:(?:中文|论文|原文|翻译后的?|译文)?(?:标题|题目|摘要|译文|翻译|中文|要点)|一句话(?:总结|概括)"
    r"|(?:論文の?)?(?:タイトル|題名|表題|要旨|概要|要約|抄録|訳文|和訳|(?:日本語)?翻?訳|一行要約)"
    r"|(?:chinese |japanese )?(?:title|abstract|summary|gist|translation))(?:\*\*)? ?[：:](?:\*\*)?"
)
# Where the original begins like this, a label is its translation.
_LABELLED = ("title", "headline", "overview", "abstract", "summar", "translat", "gist", "tl;dr")
_OPENING = (
    r"好的[，,。！!]|(?:好的|当然(?:可以)?|没问题)?[，,。！! ]{0,2}(?:以下|下面|这)(?:就)?是[^：:。\n]{0,30}"
    r"(?:翻译|译文|中文版)[^：:。\n]{0,12}[：:]|(?:翻译|译文|中文翻译)(?:结果)?如下[：:]"
    r"|(?:はい[、。]|承知(?:いた)?しました[。、！]|了解しました[。、！])[^。：:\n]{0,30}(?:訳|ました|ます)[^。：:\n]{0,10}[。：:]"
    r"|以下(?:は|に|が)[^。：:\n]{0,30}訳[^。：:\n]{0,20}[。：:]"
    r"|(?:(?:sure|certainly|of course|okay)[,.!] ?)?here(?:'s|’s| is) [^:\n]{0,40}(?:translat|chinese|japanese)[^:\n]{0,40}:"
)
_CLOSING = (
    r"(?:希望[^。！!？?\n]{0,16}[您你][^。！!？?\n]{0,12}(?:帮助|有用|满意|需要|要求)[^。！!？?\n]{0,4}"
    r"|如(?:果|有|需)[^。！!？?\n]{0,24}(?:请随时|请告诉我|随时告诉|请告知|请联系我)[^。！!？?\n]{0,16}"
    r"|(?:お役に立て|ご参考に(?:なれば|して)|ご不明な?点|ご質問)[^。！\n]{0,40}(?:幸い|ください|下さい|嬉しい|まで)[^。！\n]{0,8}"
    r"|(?:i hope this|let me know)[^.!\n]{0,80})[。！!.~]?"
)
_TAG = r"</?(?:br|p|b|i|u|a|div|span|strong|em|sub|sup|h[1-6]|[uo]l|li|table|t[rd]|pre|code|think|title|abstract|gist|summary|translation|user|system|assistant)\b[^<>]{0,100}>"
_REMAINS = {
    name: re.compile(pattern, re.ASCII | re.IGNORECASE)
    for name, pattern in {
        "label": rf"(?:\A|(?<=\n))[ \t]{{0,8}}{_LABEL}",
        "politeness": rf"\A(?:{_OPENING})|(?:(?<=[。！!.\n])|\A){_CLOSING}(?=\s*+\Z|\n)|译者注"
        r"|以下是(?:中文)?(?:翻译|译文)|希望对[您你]有(?:所)?帮助|(?:翻译|译文)如下|here is the translation"
        r"|(?:[（(]|(?<=[。！!.\n])|\A)注[：:]|(?:以上|本文|本译文)(?:译文|内容)?(?:为|由|是)[^。，]{0,6}(?:机器|AI|人工智能)翻译"
        r"|\A作为[^，。]{0,4}(?:AI|人工智能|语言)[^，。]{0,6}[，,]我[将会可来能]|我(?:将|会|来)为您|仅供参考[。）)]*\s*\Z"
        r"|以下は[^。\n]{0,20}(?:日本語訳|和訳|翻訳)です|機械翻訳による|訳者注|訳注[：:]|申し訳(?:ございません|ありません)"
        r"|as an ai language model|\A(?:抱歉，我(?:无法|不能)|i(?:'m| am) sorry, but|作为[^，]{0,6}AI[^，]{0,6}，我(?!们))",
        "fence": "```",
        "json": r'\{\s*+"|"\s*+:\s*+"|"(?:title|abstract|gist)"',
        "markup": rf"-{{3,}}|\*\*|##|{_TAG}|&(?:amp|lt|gt|nbsp|quot|#[0-9]{{1,5}});|\]\(http",
        "token": r"<\|[^|<>]{0,30}\|>|\[/?INST\]|\ufffd",
    }.items()
}


def remains(text: str, original: str, known: str) -> Iterator[tuple[str, str]]:
    """Yield what remains in ``text``, one of a kind, as the kind's name (``wording``'s) and the words.

    ``original`` is what ``text`` translates and ``known`` all of the original, both in small
    letters: what they hold themselves may stand.
    """
    for name, pattern in _REMAINS.items():
        if name == "label" and original.startswith(_LABELLED):
            continue
        for match in pattern.finditer(text):
            if match[0].strip().lower() not in known:
                yield name, match[0]
                break


_ANY_CASE = re.ASCII | re.IGNORECASE
_BEFORE = re.compile(
    rf"[\s\u3000]+|```[a-z]*+\n?|-{{3,}}+|#{{1,6}} |{_OPENING}|{_LABEL}", _ANY_CASE
)
_AFTER = re.compile(rf"(?:[\s\u3000]++|```|-{{3,}}+|(?<=[。！!.\n]){_CLOSING})\Z", _ANY_CASE)


def clean(draft: Draft, original_title: str, original_abstract: str) -> Draft:
    """Take away what is certainly no part of a translation, and not the original's; idempotent.

    Labels, polite words, fences and rules at either end: "好的，以下是翻译：标题：地图" is 地图.
    """
    known = f"{original_title}\n{original_abstract}".lower()
    return Draft(
        _cleaned(draft.title, original_title.lower(), known),
        _cleaned(draft.abstract, original_abstract.lower(), known),
        None if draft.gist is None else _cleaned(draft.gist, known, known),
    )


def _cleaned(text: str, original: str, known: str) -> str:
    """One text, until nothing more can be taken away. Only its ends move: no copies on the way."""

    def is_own(match: re.Match[str]) -> bool:
        found = match[0].strip().lower()
        return bool(found) and (
            found in known or (found[-1] in ":：*" and original.startswith(_LABELLED))
        )

    start, end, before = 0, len(text), -1
    while end - start != before:
        before = end - start
        head = _BEFORE.match(text, start, end)
        start = head.end() if head and not is_own(head) else start
        # A polite sentence is short, so the end is all that need be searched.
        tail = _AFTER.search(text, max(start, end - 140), end)
        end = tail.start() if tail and not is_own(tail) else end
    return text[start:end]
