"""The sentences in which findings are told: in English here, elsewhere in the catalogues. Pure.

A finding has the name of its sentence (``kind``) and the values that it quotes (``given``), so that a
page can tell it in its own language (``finding.<kind>``); the first value is the place, where there
is one: title, abstract or gist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ribao.types import Finding, Severity

SENTENCES: Mapping[str, str] = {
    "empty": "{0}: it is empty, a translation was expected",
    "addition.abstract": "{0}: the original has none, an empty one was expected",
    "addition.sentence": "{0}: the original has nothing like {1}",
    "omission.sentence": "{0}: nothing was found that renders {1}",
    "repetition.sentence": "{0}: said twice: {1}",
    "sense.turned": "{0}: the original says nothing like {1}, or it does and this not: {2}",
    "length": "{0}: it has {1} characters, {2} to {3} were expected",
    "gist.long": "{0}: it has {1} characters, at most {2} were expected",
    "gist.title": "{0}: it says the title again and nothing more",
    "gist.subject": "{0}: the original says {1} of {2} characters, it seems to be about something else",
    "language.foreign": "{0}: it is in another language than the one asked for",
    "language.latin": "{0}: it is mostly in Latin script, not in the language asked for",
    "language.untranslated": "{0}: it is not translated",
    "script.characters": "{0}: characters of another language or script: {1}",
    "leftover-language.stretch": "{0}: left in English: {1}",
    "leftover-language.words": "{0}: words left in English: {1}",
    "leftover-language.half": "{0}: {1} is half a word of English",
    "leftovers.label": "{0}: {1} is a label, not part of the translation",
    "leftovers.politeness": "{0}: {1} is a polite phrase, not part of the translation",
    "leftovers.fence": "{0}: {1} is a code fence, not part of the translation",
    "leftovers.json": "{0}: {1} is JSON, not part of the translation",
    "leftovers.markup": "{0}: {1} is markup, not part of the translation",
    "leftovers.token": "{0}: {1} is a special token, not part of the translation",
    "links.lost": "{0}: the link {1} is missing",
    "links.stranger": "{0}: the link {1} does not stand in the original",
    "formulas.lost": "{0}: the formula {1} of the original is missing",
    "formulas.rewritten": "{0}: the formula {1} of the original is written otherwise",
    "formulas.stranger": "{0}: the formula {1} does not stand in the original",
    "terms.forbidden": "{0}: {1} is a wrong word for {2}, {3} was expected",
    "numbers.lost": "{0}: {1} of the original is missing",
    "numbers.stranger": "{0}: {1} does not stand in the original",
    "numbers.unsaid": "{0}: no {1} was found",
    "numbers.signs": "{0}: {1}: the original has per cent for times, or times for per cent",
    "numbers.counting": "{0}: {1} is not how the original counts",
    "numbers.place": "{0}: {1} does not fit its sentence: {2}",
    "numbers.magnitude": "{0}: no order of magnitude was found for {1}",
    "numbers.bound": "{0}: {1} is not what {2} says",
    "numbers.steps": "{0}: {1} is not what {2} means",
    "names.lost": "{0}: {1} of the original is missing",
    "names.stranger": "{0}: {1} does not stand in the original",
    "names.other": "{0}: {1} does not stand in the original, which has {2}",
    "names.misspelt": "{0}: {1} was expected for {2}",
    "other-paper.text": "{0}: {1} of {2} numbers, links and names of the original were found: it seems to translate another paper",
    "title.subject": "{0}: the original says {1} of {2} characters, it seems to be another paper's",
    "title.name": "{0}: the name {1}, which leads the original's title, is missing",
    "title.stranger": "{0}: it begins with {1}, which does not stand in the original",
    "obeyed.gone": "{0}: the original says {1} to its reader: this is to be translated, not obeyed",
    "obeyed.printed": "{0}: {1} is what the original tells its reader to say: it is to be translated, not obeyed",
    "reply.empty": "the reply is empty",
    "reply.long": "the reply is {0} characters long",
    "reply.cut": "the reply is cut off before its end",
    "reply.not-json": "the reply is not one JSON object and nothing else",
    "reply.no-object": "the reply is JSON, but not an object",
    "reply.no-text": 'the object has no text "{0}"',
    "engine.refused": "{0} refused: {1}",
    "engine.failed": "no engine gave a translation",
    "engine.not-asked": "has not been asked yet",
    "more": "there are more of the same kind",
}

# A check's findings go into a prompt and onto a page: not thousands.
MOST_FINDINGS = 8


def found(check: str, severity: Severity, kind: str, *given: object) -> Finding:
    """A finding whose message is the sentence ``kind`` with these values, each made a short line.

    >>> found("links", "error", "links.lost", "abstract", "a.io/b").message
    'abstract: the link a.io/b is missing'
    """
    values = tuple(quote(str(value)) for value in given)
    return Finding(check, severity, SENTENCES[kind].format(*values), kind, values)


def several(
    check: str, severity: Severity, sentences: Iterable[tuple[object, ...]]
) -> Iterator[Finding]:
    """Findings of one check, each given as its kind and values; after eight only that there are more."""
    for count, (kind, *given) in enumerate(sentences):
        if count == MOST_FINDINGS:
            yield found(check, severity, "more")
            return
        yield found(check, severity, str(kind), *given)


def quote(text: str, most: int = 60) -> str:
    """Foreign text for a message: one line, without control characters, short."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:300]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
