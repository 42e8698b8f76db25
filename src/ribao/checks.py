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

from ribao.alignment import align
from ribao.leftovers import remains
from ribao.names import COMMON, links, misspelt, names, unknown, without_links
from ribao.numerals import read, unmatched
from ribao.omissions import faults
from ribao.polarity import turned
from ribao.quantities import miscounted, misplaced, signs_changed
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
        Draft(
            draft.title[:_LONGEST], draft.abstract[:_LONGEST], draft.gist and draft.gist[:_LONGEST]
        ),
        pair.language,
    )
    return tuple(finding for each in CHECKS for finding in each.find(clipped))


def is_fatal(finding: Finding) -> bool:
    """Whether this finding forbids printing the text (the paper is then ``missing``)."""
    return finding.severity == "error" and finding.check in _FATAL


def _in_chinese(find: Find) -> Find:
    """Let a check that knows only Chinese be silent about other languages."""
    return lambda pair: find(pair) if pair.language.startswith("zh") else ()


def _findings(
    name: str, messages: Iterable[str], severity: Severity = "error"
) -> Iterator[Finding]:
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
    """A title is always there; an abstract is where the original has one."""
    if not pair.draft.title.strip():
        yield Finding("empty", "error", "title: it is empty, a translated title was expected")
    if pair.original_abstract.strip() and not pair.draft.abstract.strip():
        yield Finding("empty", "error", "abstract: it is empty, a translated abstract was expected")


def _find_addition(pair: Pair) -> Iterator[Finding]:
    """An original without an abstract gets none, and no sentence is put in."""
    if pair.draft.abstract.strip() and not pair.original_abstract.strip():
        yield Finding(
            "addition", "error", "abstract: the original has none, an empty one was expected"
        )
    elif pair.language.startswith("zh"):
        yield from _sentences(pair, "addition", "the original has nothing like")


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
    """A gist is one short Chinese sentence, at most 60 characters, about what the original says.

    Of a gist's words 0.35 or more are in its original, of another paper's 0.17 at the median.
    """
    gist = (pair.draft.gist or "").strip()
    if len(gist) > 60:
        yield Finding(
            "gist", "error", f"gist: it has {len(gist)} characters, at most 60 were expected"
        )
    if gist and not _HAN.search(gist):
        yield Finding("gist", "error", "gist: it is not in Chinese")
    if gist and (aligned := align(pair.original, gist)) is not None:
        known, count = aligned.shared
        if count >= 10 and known < 0.2 * count:
            message = f"gist: the original says {known} of {count} characters, it seems to be about something else"
            yield Finding("gist", "error", message)


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
            yield Finding(
                "language", "error", f"{where}: it is in another language, not in Chinese"
            )
        elif where == "abstract" and han < 0.3 * (han + latin):
            yield Finding(
                "language", "error", "abstract: it is mostly in Latin script, not in Chinese"
            )
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
            yield Finding(
                "script", "error", f"{where}: not simplified Chinese: {''.join(wrong[:10])}"
            )


_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\uffef]+")
_CITED = re.compile(r"“[^“”]{0,300}”|「[^「」]{0,300}」|《[^《》]{0,300}》|\"[^\"]{0,300}\"")
_ENGLISH = re.compile(r"[A-Za-z]+(?:[-'’][A-Za-z]+)*")


def _find_leftover_language(pair: Pair) -> Iterator[Finding]:
    """No stretch of English is left: eight words in a row, half of them small (names are not)."""
    for where, _, text in pair.texts:
        for stretch in _CJK.split(_CITED.sub("。", without_links(text))):
            words = _ENGLISH.findall(stretch)
            if len(words) >= 8 and sum(map(str.islower, words)) >= len(words) / 2:
                yield Finding(
                    "leftover-language", "error", f"{where}: left in English: {_quote(stretch)}"
                )
                break


def _find_leftovers(pair: Pair) -> Iterator[Finding]:
    """Nothing of prompt, chat or markup ("---", "标题：", "**", "好的，以下是…") that the original lacks."""
    known = pair.original.lower()
    for where, original, text in pair.texts:
        for name, remain in remains(text, original.lower(), known):
            message = f"{where}: {_quote(remain)} is {name}, not part of the translation"
            yield Finding("leftovers", "error", message)


def _find_links(pair: Pair) -> Iterator[Finding]:
    """Every link of the abstract stands in the translation, and none is new.

    Compared without white space: the source breaks links ("https://github.com/ a/b").
    """
    there, here = ("".join(text.lower().split()) for text in (pair.draft.abstract, pair.original))
    lost = (link for link in links(pair.original_abstract) if there and link not in there)
    yield from _findings(
        "links", (f"abstract: the link {_quote(link)} is missing" for link in lost)
    )
    for where, _, text in pair.texts:
        new = (link for link in links(text) if link not in here)
        messages = (
            f"{where}: the link {_quote(link)} does not stand in the original" for link in new
        )
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
        messages += [
            f"{where}: {_quote(number.text)} does not stand in the original" for number in new
        ]
        yield from _findings("numbers", messages)
        if where == "abstract":
            unsaid = (number.text for number in unmatched(there, here, "word") if number.value > 2)
            yield from _findings(
                "numbers", (f"abstract: no {_quote(word)} was found" for word in unsaid), "note"
            )
            yield from _findings("numbers", _moved(pair))


def _moved(pair: Pair) -> Iterator[str]:
    """Numbers that are in the text, but not where the original has them or as what they are there."""
    for text in signs_changed(pair.original_abstract, pair.draft.abstract):
        yield f"abstract: {_quote(text)}: the original has per cent for times, or times for per cent"
    for text in miscounted(pair.original_abstract, pair.draft.abstract):
        yield f"abstract: {_quote(text)} is not how the original counts"
    aligned = align(pair.original_abstract, pair.draft.abstract)
    if aligned is not None and aligned.fit >= _FITTING:
        for number, sentence in misplaced(aligned):
            yield f"abstract: {_quote(number)} does not fit its sentence: {_quote(sentence)}"


def _find_names(pair: Pair) -> Iterator[Finding]:
    """No name of its own: two unknown ones, or a known one with another number (GPT-5 for GPT-4).

    One unknown word alone may be a term that is better left in English: a note.
    """
    ours = names("\n".join(text for _, _, text in pair.texts))
    strangers = unknown(ours, pair.original)
    numbered = {_letters(name): name for name in names(pair.original) if re.search("[0-9]", name)}
    sure = (
        len(strangers) > 1
        or sum(name.lower().removesuffix("s") not in COMMON for name in ours) == 2
    )
    for name in strangers[:_MOST_FINDINGS]:
        other = numbered.get(_letters(name)) if re.search("[0-9]", name) else None
        where = next((where for where, _, text in pair.texts if name in text), "abstract")
        message = f"{where}: {_quote(name, 40)} does not stand in the original"
        message += f", which has {_quote(other, 30)}" if other else ""
        near = misspelt(name, pair.original)
        yield Finding("names", "error" if sure or other or near else "note", message)
        if near and not other:
            message = f"{where}: {_quote(near, 30)} was expected for {_quote(name, 40)}"
            yield Finding("names", "error", message)


# Below this share of words the list does not know the subject, or nothing here is a translation of
# it: what the sentences share says nothing then.
_FITTING, _CLOSE = 0.7, 0.85


def _sentences(pair: Pair, kind: str, said: str) -> Iterator[Finding]:
    aligned = align(pair.original_abstract, pair.draft.abstract)
    if aligned is not None and aligned.fit >= _FITTING:
        for name, severity, text in faults(aligned):
            if name == kind:
                yield Finding(name, severity, f"abstract: {said} {_quote(text)}")


def _find_omission(pair: Pair) -> Iterator[Finding]:
    """Every sentence is rendered, the last one too: found by the words that the sentences share."""
    return _sentences(pair, "omission", "nothing was found that renders")


def _find_repetition(pair: Pair) -> Iterator[Finding]:
    """No sentence is said twice, unless the original repeats itself."""
    return _sentences(pair, "repetition", "said twice:")


def _find_sense(pair: Pair) -> Iterator[Finding]:
    """No negation is put in or left out, and no comparison turned round.

    A free retelling says "denser" as 密度更高 and more of that kind: there it is a note only.
    """
    aligned = align(pair.original_abstract, pair.draft.abstract)
    if aligned is None or aligned.fit < _FITTING:
        return
    messages = (
        f"abstract: the original says nothing like {_quote(word, 20)}, or it does and this not: {_quote(text)}"
        for word, text in turned(aligned)
    )
    yield from _findings("sense", messages, "error" if aligned.fit >= _CLOSE else "note")


def _letters(name: str) -> str:
    """What is left of a name without its numbers."""
    return re.sub(r"[^a-z]", "", name.lower())


def _anchors(text: str, other: str) -> tuple[int, int]:
    """How many numbers, links and names a text has, and how many of them the other one lacks."""
    numbers, addresses, squeezed = read(text), links(text), "".join(other.lower().split())
    signs = [name for name in names(text) if len(re.findall(r"[A-Z0-9]", name)) > 1]
    signs = [name for name in signs if name.lower().removesuffix("s") not in COMMON]
    count = len({number.value for number in numbers if number.kind == "digits"})
    lost = len(unmatched(numbers, read(other))) + sum(link not in squeezed for link in addresses)
    return count + len(addresses) + len(signs), lost + len(unknown(signs, other))


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
    Check("omission", _in_chinese(_find_omission)),
    Check("repetition", _in_chinese(_find_repetition)),
    Check("sense", _in_chinese(_find_sense)),
    Check("other-paper", _in_chinese(_find_other_paper), fatal=True),
)
_FATAL = frozenset(each.name for each in CHECKS if each.fatal)
