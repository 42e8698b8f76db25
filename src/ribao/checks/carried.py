"""Is everything carried over that has to be: links, formulas, terms, names? And nothing new? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ribao.checks.names import COMMON, links, misspelt, names, unknown
from ribao.checks.numerals import read, unmatched
from ribao.checks.pair import Pair
from ribao.checks.sentences import CLOSE, fitting
from ribao.checks.wording import MOST_FINDINGS, found, quote, several
from ribao.formulas import formulas, plain
from ribao.terms import misrendered
from ribao.types import Finding, Severity


def find_links(pair: Pair) -> Iterator[Finding]:
    """Every link of the abstract stands in the translation, and none is new.

    Compared without white space: the source breaks links ("https://github.com/ a/b").
    """
    there, here = (_squeezed(text.lower()) for text in (pair.draft.abstract, pair.original))
    lost = (link for link in links(pair.original_abstract) if there and link not in there)
    yield from several("links", "error", (("links.lost", "abstract", link) for link in lost))
    for where, _, text in pair.texts:
        new = (link for link in links(text) if link not in here)
        yield from several("links", "error", (("links.stranger", where, link) for link in new))


def find_formulas(pair: Pair) -> Iterator[Finding]:
    """Every formula stands in the translation as it is written, white space aside, and none is new.

    One that is only written otherwise (10⁻³ for 10^{-3}, F1 for F_1) reads the same, and one without
    a letter is a number, which another check compares as a value (10^6 is 一百万): notes.
    """
    known = _squeezed(plain(pair.original))
    for where, original, text in pair.texts:
        for formula in list(dict.fromkeys(formulas(text)))[:MOST_FINDINGS]:
            plainly = _squeezed(plain(formula))
            if plainly not in known:
                yield found("formulas", _certainty(plainly), "formulas.stranger", where, formula)
        if where != "gist":
            yield from _lost_formulas(where, original, text)


def _lost_formulas(where: str, original: str, text: str) -> Iterator[Finding]:
    written, reading = _squeezed(text), _squeezed(plain(text))
    lost = [each for each in dict.fromkeys(formulas(original)) if _squeezed(each) not in written]
    for formula in lost[:MOST_FINDINGS]:
        plainly = _squeezed(plain(formula))
        if plainly in reading or ("^" not in formula and _bare(formula) in _bare(text)):
            yield found("formulas", "note", "formulas.rewritten", where, formula)
        else:
            yield found("formulas", _certainty(plainly), "formulas.lost", where, formula)


def _certainty(formula: str) -> Severity:
    return "error" if any(char.isalpha() for char in formula) else "note"


def _bare(text: str) -> str:
    """A text without what lowers a part of a formula."""
    return re.sub(r"[\s_{}$]", "", text)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def find_terms(pair: Pair) -> Iterator[Finding]:
    """No term of the paper's list is said with a word that the list forbids for it."""
    for where, _, text in pair.texts:
        wrong = misrendered(pair.terms, text)
        sentences = (
            ("terms.forbidden", where, word, term.original, term.rendering) for term, word in wrong
        )
        yield from several("terms", "error", sentences)


def find_names(pair: Pair) -> Iterator[Finding]:
    """No name of its own: two unknown ones, or a known one with another number (GPT-5 for GPT-4).

    One unknown word alone may be a term that is better left in English: a note. Nor are the
    original's names left out: of 61 references none lacks two, of a free retelling that is usual.
    """
    yield from _names_lost(pair)
    ours = names("\n".join(text for _, _, text in pair.texts))
    strangers = unknown(ours, pair.original)
    numbered = {_letters(name): name for name in names(pair.original) if re.search("[0-9]", name)}
    sure = (
        len(strangers) > 1
        or sum(name.lower().removesuffix("s") not in COMMON for name in ours) == 2
    )
    for name in strangers[:MOST_FINDINGS]:
        other = numbered.get(_letters(name)) if re.search("[0-9]", name) else None
        where = next((where for where, _, text in pair.texts if name in text), "abstract")
        near, said = misspelt(name, pair.original), quote(name, 40)
        severity: Severity = "error" if sure or other or near else "note"
        if other:
            yield found("names", severity, "names.other", where, said, quote(other, 30))
        else:
            yield found("names", severity, "names.stranger", where, said)
        if near and not other:
            yield found("names", "error", "names.misspelt", where, quote(near, 30), said)


# A word that is all name: "RxR", "DOMINO", "VoE"; no number with a letter (3D), no compound.
_OWN_NAME = re.compile(r"(?=[A-Za-z0-9]*[A-Z][A-Za-z0-9]*[A-Z0-9])[A-Za-z][A-Za-z0-9]{2,30}")


def _names_lost(pair: Pair) -> Iterator[Finding]:
    """The abstract's names that stand nowhere in a translated one."""
    ours = [name for name in names(pair.original_abstract) if _OWN_NAME.fullmatch(name)]
    lost = unknown(ours, f"{pair.draft.title}\n{pair.draft.abstract}") if ours else []
    lost = [name for name in lost if name.lower().removesuffix("s") not in COMMON]
    aligned = fitting(pair) if lost else None
    if aligned is not None:
        severity: Severity = "error" if len(lost) > 1 and aligned.fit >= CLOSE else "note"
        sentences = (("names.lost", "abstract", quote(name, 30)) for name in lost)
        yield from several("names", severity, sentences)


def _letters(name: str) -> str:
    """What is left of a name without its numbers."""
    return re.sub(r"[^a-z]", "", name.lower())


def find_other_paper(pair: Pair) -> Iterator[Finding]:
    """The text belongs to another paper: hardly any number, link or name of this one, but others."""
    text = f"{pair.draft.title}\n{pair.draft.abstract}"
    total, lost = _anchors(pair.original, text)
    if total > 3 and total - lost < 0.15 * total and _anchors(text, pair.original)[1]:
        yield found("other-paper", "error", "other-paper.text", "abstract", total - lost, total)


def _anchors(text: str, other: str) -> tuple[int, int]:
    """How many numbers, links and names a text has, and how many of them the other one lacks."""
    numbers, addresses, squeezed = read(text), links(text), _squeezed(other.lower())
    signs = [name for name in names(text) if len(re.findall(r"[A-Z0-9]", name)) > 1]
    signs = [name for name in signs if name.lower().removesuffix("s") not in COMMON]
    count = len({number.value for number in numbers if number.kind == "digits"})
    lost = len(unmatched(numbers, read(other))) + sum(link not in squeezed for link in addresses)
    return count + len(addresses) + len(signs), lost + len(unknown(signs, other))
