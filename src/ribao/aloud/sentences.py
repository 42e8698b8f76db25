"""Cut a text into sentences that a voice can say in one breath or two. Pure.

Nothing is lost: joined again, the sentences are the text but for white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ribao.aloud.plain import HAN

# How much one sentence may hold: a Chinese character weighs 1, a Latin word 2.
MOST_WEIGHT = 120
_WORD_WEIGHT = 2
# A row without a space is cut so long: no word is longer.
_MOST_RUN = 60

_CLOSERS = "”’」』）)】》\"'"
_END = re.compile(
    rf"[。！？；…]+[{_CLOSERS}]*|[!?;]+[{_CLOSERS}]*(?=\s|$)|\.+[{_CLOSERS}]*(?=\s|$)"
)
_SHORT_FORM = (
    r"e\.g|i\.e|et al|Figs?|Eqs?|Secs?|Tab|Refs?|vs|cf|resp|approx|Dr|Mr|Mrs|Ms|Prof|St|Nos?|[Vv]ol"
    r"|pp|ca|w\.r\.t|a\.k\.a|U\.S|[A-Z]"
)
_SHORT_FORMS = re.compile(rf"(?:^|[\s(（\[{HAN}])(?:{_SHORT_FORM})$")
# Within these a full stop or a semicolon ends nothing.
_KEPT = re.compile(
    r"https?://[!-~]+(?<![.,;:!?)])|\$[^$\n]{1,300}\$|\([^()]{1,300}\)|（[^（）]{1,300}）|\[[^\[\]]{1,300}\]|\{[^{}]{1,300}\}"
)
_COMMAS = re.compile(rf"[，、：—,:;](?:(?<=[，、：—])|(?=\s))[{_CLOSERS}]*")
_LOOK_BACK = 12
_RUNS = re.compile(rf"[{HAN}]|[^\s{HAN}]{{1,{_MOST_RUN}}}|\s+")
_WEIGHED = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['’-][^\W_{HAN}]+)*")


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of ``text``, none heavier than ``MOST_WEIGHT``, none empty."""
    found: list[str] = []
    for whole in _whole(text):
        if weight(whole) <= MOST_WEIGHT:
            found.append(whole)
        else:
            found += _packed(_cut(whole, _COMMAS))
    return tuple(found)


def weight(text: str) -> int:
    """Return how much there is to say: Chinese characters, and twice the number of other words."""
    return sum(
        1
        if len(word) == 1 and re.match(f"[{HAN}]", word)
        else _WORD_WEIGHT * -(-len(word) // _MOST_RUN)
        for word in _WEIGHED.findall(text)
    )


def _whole(text: str) -> Iterator[str]:
    kept = [found.span() for found in _KEPT.finditer(text)]
    start = inside = 0
    for end in _END.finditer(text):
        while inside < len(kept) and kept[inside][1] <= end.start():
            inside += 1
        within = inside < len(kept) and kept[inside][0] < end.start()
        if within or (end[0][0] == "." and not _ends(text, end)):
            continue
        if sentence := text[start : end.end()].strip():
            yield sentence
        start = end.end()
    if rest := text[start:].strip():
        yield rest


def _ends(text: str, stop: re.Match[str]) -> bool:
    """Whether an ASCII full stop ends its sentence, or only a short form ("et al.", "Fig.")."""
    before = text[max(0, stop.start() - _LOOK_BACK) : stop.start()]
    following = text[stop.end() : stop.end() + 3].lstrip()
    # A small letter goes on; a sentence begins with anything else.
    return not _SHORT_FORMS.search(before) and not following[:1].islower()


def _cut(text: str, at: re.Pattern[str]) -> Iterator[str]:
    start = 0
    for found in at.finditer(text):
        yield text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield text[start:]


def _packed(parts: Iterable[str]) -> list[str]:
    """Join the parts again as long as they stay light enough; cut those that never were."""
    packed: list[str] = []
    room = 0
    for part in parts:
        heavy = weight(part)
        if heavy > MOST_WEIGHT and len(runs := _RUNS.findall(part)) > 1:
            packed += _packed(runs)
            room = 0
        elif heavy <= room:
            packed[-1] += part
            room -= heavy
        else:
            packed.append(part)
            room = MOST_WEIGHT - heavy
    return [stripped for part in packed if (stripped := part.strip())]
