"""Is a translation there, and is it as long as it should be? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ribao.checks.alignment import align
from ribao.checks.pair import Pair
from ribao.checks.tongue import HAN
from ribao.checks.wording import found
from ribao.types import Finding

LONGEST_GIST = 60

# The fewest and most characters for one of the original, besides what stays in Latin letters: of an
# abstract, and of a short text with so many characters of grace. Measured on the references for
# Chinese (abstracts 0.24 to 0.34, titles 0.19 to 0.51); Japanese takes about 0.45.
_ABSTRACT = {"zh": (0.18, 0.42), "ja": (0.25, 0.8)}
_SHORT = {"zh": (0.1, 0.75, 3, 10), "ja": (0.12, 1.2, 3, 15)}


def find_empty(pair: Pair) -> Iterator[Finding]:
    """A title is always there; an abstract is where the original has one."""
    if not pair.draft.title.strip():
        yield found("empty", "error", "empty", "title")
    if pair.original_abstract.strip() and not pair.draft.abstract.strip():
        yield found("empty", "error", "empty", "abstract")


def find_length(pair: Pair, *, extreme: bool) -> Iterator[Finding]:
    """Too short or too long: something was left out or added; extreme: no translation at all."""
    name = "length-extreme" if extreme else "length"
    for where, original, text in pair.texts:
        low, high = _bounds(where, original, text, pair.family)
        size = sum(not char.isspace() for char in text)
        if where == "gist" or not original.strip() or low <= size <= high:
            continue
        if (size > 3 * high or size < low / 3) == extreme:
            yield found(name, "error", "length", where, size, f"{low:.0f}", f"{high:.0f}")


def _bounds(where: str, original: str, text: str, family: str) -> tuple[float, float]:
    """The fewest and most characters of a faithful text; names and links stay as they are."""
    kept = min(sum("!" <= char <= "~" for char in text), len(original))
    rest = len(original) - kept
    short = where == "title" or len(original) < 200
    low, high, less, more = _SHORT[family] if short else (*_ABSTRACT[family], 0, 0)
    return kept + low * rest - less, kept + high * rest + more


def find_gist(pair: Pair) -> Iterator[Finding]:
    """A gist is one short sentence, at most 60 characters, about what the original says; not the title again.

    Of a Chinese gist's words 0.35 or more are in its original, of another paper's 0.17 at the median.
    """
    gist = (pair.draft.gist or "").strip()
    if len(gist) > LONGEST_GIST:
        yield found("gist", "error", "gist.long", "gist", len(gist), LONGEST_GIST)
    if pair.original_abstract.strip() and _letters(gist) == _letters(pair.draft.title) != "":
        yield found("gist", "error", "gist.title", "gist")
    kana = pair.family == "ja" and any("\u3041" <= char <= "\u30fa" for char in gist)
    if gist and not kana and not HAN.search(gist):
        yield found("gist", "error", "language.foreign", "gist")
    if pair.family == "zh" and gist and (aligned := align(pair.original, gist)) is not None:
        known, count = aligned.shared
        if count >= 10 and known < 0.2 * count:
            yield found("gist", "error", "gist.subject", "gist", known, count)


def _letters(text: str) -> str:
    """A text without spaces and punctuation."""
    return "".join(char for char in text.lower() if char.isalnum())
