"""Is the title this paper's? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ribao.checks.alignment import align
from ribao.checks.names import COMMON, names, unknown
from ribao.checks.pair import Pair
from ribao.checks.sentences import fitting
from ribao.checks.wording import found
from ribao.types import Finding

_LEAD = re.compile(r"([A-Za-z][\w.+-]{0,30}[A-Z0-9][\w.+-]{0,30})\s?:")
# Without the Chinese letters that \w takes in.
_TRANSLATED_LEAD = re.compile(r"([A-Za-z][\w.+^-]{1,40})\s?[：:]", re.ASCII)


def find_title(pair: Pair) -> Iterator[Finding]:
    """The title is this paper's: its name leads the original's, and the original explains the rest.

    Of 61 faithful titles 0.57 or more is explained, of another paper's 0.29 at the median.
    """
    named = tuple(_names(pair))
    yield from named
    if not named and not _name_is_kept(pair) and fitting(pair):
        yield from _subject(pair)


def _subject(pair: Pair) -> Iterator[Finding]:
    """Whether the original explains the title's characters."""
    other_name = _leading_name(pair) is not None or bool(
        unknown(_latin(pair.draft.title), pair.original)
    )
    # The title alone is soon read, and explains most titles.
    for original in (pair.original_title, pair.original):
        aligned = align(original, pair.draft.title)
        known, count = aligned.shared if aligned else (0, 0)
        least = 0.45 if other_name else 0.35 if count >= 8 else 0
        if known >= least * count:
            return
    yield found("title", "error", "title.subject", "title", known, count)


def _names(pair: Pair) -> Iterator[Finding]:
    """The name that leads the original's title stands in the translation's, and no new one leads it."""
    name, title = _leading_name(pair), pair.draft.title
    if name and title.strip() and _squeezed(name) not in _squeezed(title):
        yield found("title", "error", "title.name", "title", name)
    lead = _TRANSLATED_LEAD.match(title)
    # "Large Language Models: …" may be "LLM：…".
    if lead and lead[1].lower() not in pair.original.lower() and unknown([lead[1]], pair.original):
        yield found("title", "error", "title.stranger", "title", lead[1])


def _squeezed(text: str) -> str:
    """A text without what translators write otherwise in names."""
    return re.sub(r"[\s_-]", "", text.lower())


def _name_is_kept(pair: Pair) -> bool:
    """Whether the translation has the name that the original's title begins with: it is its own."""
    name = _leading_name(pair)
    return name is not None and name.lower() in pair.draft.title.lower()


def _leading_name(pair: Pair) -> str | None:
    """The name that the original's title begins with ("MapWalk: …")."""
    lead = _LEAD.match(pair.original_title)
    return lead[1] if lead else None


def _latin(title: str) -> list[str]:
    return [name for name in names(title) if name.lower().removesuffix("s") not in COMMON]
