"""Is this translation faithful? A tuple of small functions that need no model.

An ``error`` flags the paper and lets it be asked again, so a check calls error only what a faithful
translation hardly ever does; what is merely odd is a ``note``. The bounds were measured on 61 + 21
faithful pairs. Texts may be long and hostile: every pattern is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ribao.checks.carried import find_formulas, find_links, find_names, find_other_paper, find_terms
from ribao.checks.counted import find_numbers
from ribao.checks.english import find_leftover_language
from ribao.checks.extent import find_empty, find_gist, find_length
from ribao.checks.leftovers import remains
from ribao.checks.obedience import find_obeyed
from ribao.checks.pair import Pair
from ribao.checks.sentences import (
    find_addition,
    find_omission,
    find_repetition,
    find_sense,
)
from ribao.checks.titles import find_title
from ribao.checks.tongue import find_language, find_script
from ribao.checks.wording import found
from ribao.types import Finding

__all__ = ["CHECKS", "Check", "Pair", "check", "is_fatal"]

Find = Callable[[Pair], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A named check, for these families of languages ("zh" is all of Chinese); without any, for all.

    An error of a ``fatal`` one means: this text must not be printed at all.
    """

    name: str
    find: Find
    families: tuple[str, ...] = ()
    fatal: bool = False


def check(pair: Pair) -> tuple[Finding, ...]:
    """Everything found in the first 20,000 characters of each text; empty for a faithful one."""
    clipped = pair.clipped()
    return tuple(
        finding
        for each in CHECKS
        if not each.families or pair.family in each.families
        for finding in each.find(clipped)
    )


def is_fatal(finding: Finding) -> bool:
    """Whether this finding forbids printing the text (the paper is then ``missing``)."""
    return finding.severity == "error" and finding.check in _FATAL


def find_leftovers(pair: Pair) -> Iterator[Finding]:
    """Nothing of prompt, chat or markup ("---", "标题：", "**", "好的，以下是…") that the original lacks."""
    known = pair.original.lower()
    for where, original, text in pair.texts:
        for name, remain in remains(text, original.lower(), known):
            yield found("leftovers", "error", f"leftovers.{name}", where, remain)


_CHINESE, _HAN = ("zh",), ("zh", "ja")

CHECKS: tuple[Check, ...] = (
    Check("empty", find_empty, fatal=True),
    Check("addition", find_addition),
    Check("language", find_language, fatal=True),
    Check("script", find_script, _HAN),
    Check("leftover-language", find_leftover_language, _HAN),
    Check("length", partial(find_length, extreme=False), _HAN),
    Check("length-extreme", partial(find_length, extreme=True), _HAN, fatal=True),
    Check("gist", find_gist, _HAN),
    Check("leftovers", find_leftovers),
    Check("obeyed", find_obeyed),
    Check("links", find_links),
    Check("formulas", find_formulas),
    Check("terms", find_terms),
    Check("numbers", find_numbers),
    Check("names", find_names, _HAN),
    Check("omission", find_omission, _CHINESE),
    Check("repetition", find_repetition, _HAN),
    Check("sense", find_sense, _CHINESE),
    Check("title", find_title, _HAN),
    Check("other-paper", find_other_paper, _HAN, fatal=True),
)
_FATAL = frozenset(each.name for each in CHECKS if each.fatal)
