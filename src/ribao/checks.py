"""Is this translation faithful? A tuple of small functions that need no model.

An ``error`` flags the paper and lets it be asked again, so a check calls error only what a faithful
translation hardly ever does; what is merely odd is a ``note``. The bounds were measured on 61 + 21
faithful pairs. Texts may be long and hostile: every pattern is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ribao.numerals import links, names, read, unmatched, vocabulary, without_links
from ribao.types import Draft, Finding, Severity


@dataclass(frozen=True, slots=True)
class Pair:
    """An original and its translation; ``language`` is the translation's ("zh-Hans")."""

    original_title: str
    original_abstract: str
    draft: Draft
    language: str

    @property
    def original(self) -> str:
        """The whole original."""
        return f"{self.original_title}\n{self.original_abstract}"

    @property
    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """The translated texts that are there: where each stands, what it translates, and itself."""
        texts = (
            ("title", self.original_title, self.draft.title),
            ("abstract", self.original_abstract, self.draft.abstract),
            ("gist", self.original, self.draft.gist or ""),
        )
        return tuple(each for each in texts if each[2].strip())


Find = Callable[[Pair], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A named check. An error of a ``fatal`` one means: this text must not be printed at all."""

    name: str
    find: Find
    fatal: bool = False


_LONGEST, _MOST_FINDINGS = 20_000, 8


def check(pair: Pair) -> tuple[Finding, ...]:
    """Everything found in the first 20,000 characters of each text; empty for a faithful one."""
    draft = pair.draft
    clipped = Pair(
        pair.original_title[:_LONGEST],
        pair.original_abstract[:_LONGEST],
        Draft(draft.title[:_LONGEST], draft.abstract[:_LONGEST], draft.gist and draft.gist[:_LONGEST]),
        pair.language,
    )
    return tuple(finding for each in CHECKS for finding in each.find(clipped))


def is_fatal(finding: Finding) -> bool:
    """Whether this finding forbids printing the text (the paper is then ``missing``)."""
    return finding.severity == "error" and finding.check in _FATAL


def _in_chinese(find: Find) -> Find:
    """Let a check that knows only Chinese be silent about other languages."""
    return lambda pair: find(pair) if pair.language.startswith("zh") else ()


def _findings(name: str, messages: Iterable[str], severity: Severity = "error") -> Iterator[Finding]:
    """Findings of one check, but not thousands: they go into a prompt and onto a page."""
    for count, message in enumerate(messages):
        if count == _MOST_FINDINGS:
            yield Finding(name, severity, "there are more of the same kind")
            return
        yield Finding(name, severity, message)


def _quote(text: str, most: int = 60) -> str:
    """Foreign text for a message: one line, without control characters, short."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:300]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _find_empty(pair: Pair) -> Iterator[Finding]:
    """A title is always there; an abstract is where the original has one,"""
    if not pair.draft.title.strip():
        yield Finding("empty", "error", "title: it is empty, a translated title was expected")
    if pair.original_abstract.strip() and not pair.draft.abstract.strip():
        yield Finding("empty", "error", "abstract: it is empty, a translated abstract was expected")


def _find_addition(pair: Pair) -> Iterator[Finding]:
    """An original without an abstract gets none."""
    if pair.draft.abstract.strip() and not pair.original_abstract.strip():
        yield Finding("addition", "error", "abstract: the original has none, an empty one was expected")


def _bounds(where: str, original: str, text: str) -> tuple[float, float]:
    """The fewest and most characters of a faithful Chinese text; names and links stay as they are.

    Measured for the rest, in characters for one of the original: abstracts 0.24 to 0.34, titles 0.19 to 0.51.
    """
    kept = min(sum("!" <= char <= "~" for char in text), len(original))
    rest = len(original) - kept
    short = where == "title" or len(original) < 200
    low, high, less, more = (0.1, 0.75, 3, 10) if short else (0.18, 0.42, 0, 0)
    return kept + low * rest - less, kept + high * rest + more


def _find_length(pair: Pair, extreme: bool) -> Iterator[Finding]:
    """Too short or too long: something was left out or added; extreme: no translation at all."""
    for where, original, text in pair.texts:
        low, high = _bounds(where, original, text)
        size = sum(not char.isspace() for char in text)
        if where == "gist" or not original.strip() or low <= size <= high:
            continue
        if (size > 3 * high or size < low / 3) == extreme:
            message = f"{where}: it has {size} characters, {low:.0f} to {high:.0f} were expected"
            yield Finding("length-extreme" if extreme else "length", "error", message)


def _find_gist(pair: Pair) -> Iterator[Finding]:
    """A gist is one short Chinese sentence: at most 60 characters."""
    gist = (pair.draft.gist or "").strip()
    if len(gist) > 60:
        yield Finding("gist", "error", f"gist: it has {len(gist)} characters, at most 60 were expected")
    if gist and not _HAN.search(gist):
        yield Finding("gist", "error", "gist: it is not in Chinese")


_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Kana (without ・ and ー, which stand in Chinese too), Hangul, Cyrillic, Hebrew to Devanagari, Thai.
_FOREIGN = re.compile(
    r"[\u3041-\u3096\u30a1-\u30fa\u1100-\u11ff\u3131-\u318e\uac00-\ud7af\u0400-\u052f\u0590-\u097f\u0e00-\u0e7f]"
)


def _find_language(pair: Pair) -> Iterator[Finding]:
    """Title and abstract are in Chinese; "GPT-4o" alone may stay, "Qwen2.5 Technical Report" may not.

    Faithful abstracts are Han in 70 % of their letters or more, names included.
    """
    for where, original, text in pair.texts[:2]:
        han, latin = len(_HAN.findall(text)), len(re.findall("[A-Za-z]", without_links(text)))
        foreign = sum(char not in original for char in _FOREIGN.findall(text))
        if foreign > 2 and foreign > 0.05 * (han + latin + foreign):
            yield Finding("language", "error", f"{where}: it is in another language, not in Chinese")
        elif where == "abstract" and han < 0.3 * (han + latin):
            yield Finding("language", "error", "abstract: it is mostly in Latin script, not in Chinese")
        elif where == "title" and not han and not _is_name(original):
            yield Finding("language", "error", "title: it is not translated into Chinese")


def _is_name(title: str) -> bool:
    """Whether a title is nothing but a name: "GPT-4o", "Mamba", "Qwen2.5-VL"."""
    words = title.split()
    return len(words) < 2 or all(len(re.findall(r"[A-Z0-9]", word)) > 1 for word in words)


def _find_script(pair: Pair) -> Iterator[Finding]:
    """Simplified characters only: 學 is outside GB2312; and no letter of another language."""
    for where, original, text in pair.texts:
        wrong = _FOREIGN.findall(text)
        if not pair.language.startswith("zh-Hant"):
            # 昇 stands outside GB2312, but 昇腾 (Ascend) and 昇思 (MindSpore) are written with it.
            han = _HAN.findall(re.sub("昇(?=[腾思])", "", text))
            wrong += [char for char in han if not char.encode("gb2312", "ignore")]
        if wrong := [char for char in dict.fromkeys(wrong) if char not in original]:
            yield Finding("script", "error", f"{where}: not simplified Chinese: {''.join(wrong[:10])}")


_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\uffef]+")
_CITED = re.compile(r"“[^“”]{0,300}”|「[^「」]{0,300}」|《[^《》]{0,300}》|\"[^\"]{0,300}\"")
_ENGLISH = re.compile(r"[A-Za-z]+(?:[-'’][A-Za-z]+)*")


def _find_leftover_language(pair: Pair) -> Iterator[Finding]:
    """No stretch of English is left: eight words in a row, half of them small (names are not)."""
    for where, _, text in pair.texts:
        for stretch in _CJK.split(_CITED.sub("。", without_links(text))):
            words = _ENGLISH.findall(stretch)
            if len(words) >= 8 and sum(map(str.islower, words)) >= len(words) / 2:
                yield Finding("leftover-language", "error", f"{where}: left in English: {_quote(stretch)}")
                break


_LABEL = (
    r"(?:\*\*|#{1,6} ?)?(?:(?:中文|论文|原文|翻译后的?|译文)?(?:标题|题目|摘要|译文|翻译)|一句话(?:总结|概括)"
    r"|(?:chinese )?(?:title|abstract|summary|gist|translation))(?:\*\*)? ?[：:](?:\*\*)?"
)
# Where the original begins like this, a label is its translation.
_LABELLED = ("title", "headline", "abstract", "summar", "translat", "gist", "tl;dr")
_OPENING = (
    r"好的[，,。！!]|(?:好的|当然(?:可以)?|没问题)?[，,。！! ]{0,2}(?:以下|下面|这)(?:就)?是[^：:。\n]{0,30}"
    r"(?:翻译|译文|中文版)[^：:。\n]{0,12}[：:]|(?:翻译|译文|中文翻译)(?:结果)?如下[：:]"
    r"|(?:(?:sure|certainly|of course|okay)[,.!] ?)?here(?:'s|’s| is) [^:\n]{0,40}(?:translat|chinese)[^:\n]{0,40}:"
)
_CLOSING = (
    r"(?:希望[^。！!？?\n]{0,16}[您你][^。！!？?\n]{0,12}(?:帮助|有用|满意|需要|要求)[^。！!？?\n]{0,4}"
    r"|如(?:果|有|需)[^。！!？?\n]{0,24}(?:请随时|请告诉我|随时告诉|请告知|请联系我)[^。！!？?\n]{0,16}"
    r"|(?:i hope this|let me know)[^.!\n]{0,80})[。！!.~]?"
)
_TAG = r"</?(?:br|p|b|i|u|a|div|span|strong|em|sub|sup|h[1-6]|[uo]l|li|table|t[rd]|pre|code|think)\b[^<>]{0,100}>"
_REMAINS = {
    name: re.compile(pattern, re.ASCII | re.IGNORECASE)
    for name, pattern in {
        "a label": rf"(?:\A|(?<=\n))[ \t]{{0,8}}{_LABEL}",
        "a polite phrase": rf"\A(?:{_OPENING})|(?:(?<=[。！!\n])|\A){_CLOSING}(?=\s*+\Z|\n)|译者注"
        r"|以下是(?:中文)?(?:翻译|译文)|希望对[您你]有(?:所)?帮助|(?:翻译|译文)如下|here is the translation"
        r"|as an ai language model|\A(?:抱歉，我(?:无法|不能)|i(?:'m| am) sorry, but|作为[^，]{0,6}AI[^，]{0,6}，我(?!们))",
        "a code fence": "```",
        "JSON": r'\{\s*+"|"\s*+:\s*+"|"(?:title|abstract|gist)"',
        "markup": rf"-{{3,}}|\*\*|##|{_TAG}|&(?:amp|lt|gt|nbsp|quot|#[0-9]{{1,5}});|\]\(http",
        "a special token": r"<\|[^|<>]{0,30}\|>|\[/?INST\]|\ufffd",
    }.items()
}


def _find_leftovers(pair: Pair) -> Iterator[Finding]:
    """Nothing of prompt, chat or markup ("---", "标题：", "**", "好的，以下是…") that the original lacks."""
    known = pair.original.lower()
    for where, original, text in pair.texts:
        for name, pattern in _REMAINS.items():
            found = (match[0] for match in pattern.finditer(text))
            own = name == "a label" and original.lower().startswith(_LABELLED)
            if remain := next((one for one in found if not own and one.strip().lower() not in known), None):
                message = f"{where}: {_quote(remain)} is {name}, not part of the translation"
                yield Finding("leftovers", "error", message)


_ANY_CASE = re.ASCII | re.IGNORECASE
_BEFORE = re.compile(rf"[\s\u3000]+|```[a-z]*+\n?|-{{3,}}+|#{{1,6}} |{_OPENING}|{_LABEL}", _ANY_CASE)
_AFTER = re.compile(rf"(?:[\s\u3000]++|```|-{{3,}}+|(?<=[。！!\n]){_CLOSING})\Z", _ANY_CASE)


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
        return bool(found) and (found in known or (found[-1] in ":：*" and original.startswith(_LABELLED)))

    start, end, before = 0, len(text), -1
    while end - start != before:
        before = end - start
        head = _BEFORE.match(text, start, end)
        start = head.end() if head and not is_own(head) else start
        # A polite sentence is short, so the end is all that need be searched.
        tail = _AFTER.search(text, max(start, end - 140), end)
        end = tail.start() if tail and not is_own(tail) else end
    return text[start:end]


def _find_links(pair: Pair) -> Iterator[Finding]:
    """Every link of the abstract stands in the translation, and none is new.

    Compared without white space: the source breaks links ("https://github.com/ a/b").
    """
    there, here = ("".join(text.lower().split()) for text in (pair.draft.abstract, pair.original))
    lost = (link for link in links(pair.original_abstract) if there and link not in there)
    yield from _findings("links", (f"abstract: the link {_quote(link)} is missing" for link in lost))
    for where, _, text in pair.texts:
        new = (link for link in links(text) if link not in here)
        messages = (f"{where}: the link {_quote(link)} does not stand in the original" for link in new)
        yield from _findings("links", messages)


def _find_numbers(pair: Pair) -> Iterator[Finding]:
    """The same numbers on both sides, as values: "1.5 million" is 150万, "half" may be 50 %.

    A gist need not hold every number, but none of its own.
    """
    for where, original, text in pair.texts:
        there, here = read(original), read(text)
        lost = unmatched(there, here) if where != "gist" else ()
        messages = [f"{where}: {_quote(number.text)} of the original is missing" for number in lost]
        new = unmatched(here, there)
        messages += [f"{where}: {_quote(number.text)} does not stand in the original" for number in new]
        yield from _findings("numbers", messages)
        if where == "abstract":
            unsaid = (number.text for number in unmatched(there, here, "word") if number.value > 2)
            yield from _findings("numbers", (f"abstract: no {_quote(word)} was found" for word in unsaid), "note")


# Words that a translator rightly writes in Latin letters though the original spells them out.
_COMMON = frozenset(
    (
        "agent", "ai", "api", "asr", "cot", "cpu", "cv", "dl", "face", "github", "gpu", "gui", "html", "hugging",
        "huggingface", "id", "json", "llm", "lmm", "lvlm", "ml", "mllm", "moe", "nlp", "npu", "ocr", "pdf", "qa",
        "rag", "rl", "rlhf", "sft", "slm", "sota", "token", "tpu", "transformer", "tts", "ui", "url", "vla", "vlm",
        "vqa", "web",
    )
)  # fmt: skip


def _unknown(found: Iterable[str], text: str) -> list[str]:
    """The names that stand nowhere in a text: as a whole, in plural, in parts, or as initials."""
    known = vocabulary(text) | _COMMON
    # Chain-of-thought explains CoT.
    initials = "".join(re.findall(r"(?<![A-Za-z0-9])[A-Za-z]", text)).lower()

    def stands(word: str) -> bool:
        return not known.isdisjoint((word, f"{word}s", word.removesuffix("s")))

    def is_known(name: str) -> bool:
        parts = re.findall(r"[a-z0-9]+", name.lower())
        joined = "".join(parts)
        if stands(joined) or (len(joined.removesuffix("s")) > 2 and joined.removesuffix("s") in initials):
            return True
        # "Qwen2.5-Instruct" from "Qwen2.5-72B-Instruct"; a bare number only behind its own word.
        pairs = zip(("", *parts), parts, strict=False)
        return all(stands(last + part if part.isdigit() else part) or part == "s" for last, part in pairs)

    return [name for name in found if not is_known(name)]


def _find_names(pair: Pair) -> Iterator[Finding]:
    """No name of its own: two unknown ones, or a known one with another number (GPT-5 for GPT-4).

    One unknown word alone may be a term that is better left in English: a note.
    """
    ours = names("\n".join(text for _, _, text in pair.texts))
    unknown = _unknown(ours, pair.original)
    numbered = {_letters(name): name for name in names(pair.original) if re.search("[0-9]", name)}
    sure = len(unknown) > 1 or sum(name.lower().removesuffix("s") not in _COMMON for name in ours) == 2
    for name in unknown[: _MOST_FINDINGS]:
        other = numbered.get(_letters(name)) if re.search("[0-9]", name) else None
        where = next((where for where, _, text in pair.texts if name in text), "abstract")
        message = f"{where}: {_quote(name, 40)} does not stand in the original"
        message += f", which has {_quote(other, 30)}" if other else ""
        yield Finding("names", "error" if sure or other else "note", message)


def _letters(name: str) -> str:
    """What is left of a name without its numbers."""
    return re.sub(r"[^a-z]", "", name.lower())


def _anchors(text: str, other: str) -> tuple[int, int]:
    """How many numbers, links and names a text has, and how many of them the other one lacks."""
    numbers, addresses, squeezed = read(text), links(text), "".join(other.lower().split())
    signs = [name for name in names(text) if len(re.findall(r"[A-Z0-9]", name)) > 1]
    signs = [name for name in signs if name.lower().removesuffix("s") not in _COMMON]
    count = len({number.value for number in numbers if number.kind == "digits"})
    lost = len(unmatched(numbers, read(other))) + sum(link not in squeezed for link in addresses)
    return count + len(addresses) + len(signs), lost + len(_unknown(signs, other))


def _find_other_paper(pair: Pair) -> Iterator[Finding]:
    """The text belongs to another paper: hardly any number, link or name of this one, but others."""
    text = f"{pair.draft.title}\n{pair.draft.abstract}"
    total, lost = _anchors(pair.original, text)
    if total > 3 and total - lost < 0.15 * total and _anchors(text, pair.original)[1]:
        message = f"abstract: {total - lost} of {total} numbers, links and names of the original were found"
        yield Finding("other-paper", "error", f"{message}: it seems to translate another paper")


CHECKS: tuple[Check, ...] = (
    Check("empty", _find_empty, fatal=True),
    Check("addition", _find_addition),
    Check("language", _in_chinese(_find_language), fatal=True),
    Check("script", _in_chinese(_find_script)),
    Check("leftover-language", _in_chinese(_find_leftover_language)),
    Check("length", _in_chinese(partial(_find_length, extreme=False))),
    Check("length-extreme", _in_chinese(partial(_find_length, extreme=True)), fatal=True),
    Check("gist", _in_chinese(_find_gist)),
    Check("leftovers", _find_leftovers),
    Check("links", _find_links),
    Check("numbers", _in_chinese(_find_numbers)),
    Check("names", _in_chinese(_find_names)),
    Check("other-paper", _in_chinese(_find_other_paper), fatal=True),
)
_FATAL = frozenset(each.name for each in CHECKS if each.fatal)
