"""Is a translation in the language asked for, and in its characters? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ribao.checks.names import without_links
from ribao.checks.pair import Pair
from ribao.checks.wording import found
from ribao.types import Finding

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Without ・ and ー, which stand in Chinese too.
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
# Hangul, Cyrillic, Hebrew to Devanagari, Thai.
_FOREIGN = re.compile(
    r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7af\u0400-\u052f\u0590-\u097f\u0e00-\u0e7f]"
)


def find_language(pair: Pair) -> Iterator[Finding]:
    """Title and abstract are in the language asked for, or at least not the original again.

    "GPT-4o" alone may stay, "Qwen2.5 Technical Report" may not. Faithful Chinese abstracts are Han
    in 70 % of their letters or more, names included.
    """
    for where, original, text in pair.texts[:2]:
        if where == "gist":
            continue
        if pair.family not in {"zh", "ja"}:
            kind = _same(where, original, text)
        else:
            kind = _not_in_han(where, original, text, japanese=pair.family == "ja")
        if kind:
            yield found("language", "error", f"language.{kind}", where)


def _same(where: str, original: str, text: str) -> str:
    """What tells in any language: the text is the original's. A short title may be names alone."""
    words = original.lower().split()
    least = 5 if where == "title" else 4
    return "untranslated" if len(words) >= least and text.lower().split() == words else ""


def _not_in_han(where: str, original: str, text: str, *, japanese: bool) -> str:
    """What is wrong with a text that should be in Chinese or Japanese; empty for nothing.

    Japanese prose is half in kana; a title may do without.
    """
    han, kana = len(HAN.findall(text)), len(_KANA.findall(text))
    latin = len(re.findall("[A-Za-z]", without_links(text)))
    signs = _FOREIGN.findall(text) + ([] if japanese else _KANA.findall(text))
    foreign = sum(char not in original for char in signs)
    own = han + kana if japanese else han
    if foreign > 2 and foreign > 0.05 * (own + latin + foreign):
        return "foreign"
    if where == "abstract" and own < 0.3 * (own + latin):
        return "latin"
    if where == "abstract" and japanese and kana < 0.15 * own:
        return "foreign"
    return "untranslated" if where == "title" and not own and not _is_name(original) else ""


def _is_name(title: str) -> bool:
    """Whether a title is nothing but a name: "GPT-4o", "Mamba", "Qwen2.5-VL"."""
    words = title.split()
    return len(words) < 2 or all(len(re.findall(r"[A-Z0-9]", word)) > 1 for word in words)


def find_script(pair: Pair) -> Iterator[Finding]:
    """No letter of another language, and no character that only another one's writing has.

    學 is outside GB2312, so it is not simplified Chinese; 们 is outside the Japanese sets.
    """
    for where, original, text in pair.texts:
        wrong = _FOREIGN.findall(text)
        if pair.family == "ja":
            wrong += [char for char in HAN.findall(text) if not char.encode("cp932", "ignore")]
        else:
            wrong += _KANA.findall(text)
        if pair.family == "zh" and not pair.language.startswith("zh-Hant"):
            # 昇 stands outside GB2312, but 昇腾 (Ascend) and 昇思 (MindSpore) are written with it.
            han = HAN.findall(re.sub("昇(?=[腾思])", "", text))
            wrong += [char for char in han if not char.encode("gb2312", "ignore")]
        if wrong := [char for char in dict.fromkeys(wrong) if char not in original]:
            yield found("script", "error", "script.characters", where, "".join(wrong[:10]))
