"""A day in numbers. Pure; every figure can be traced to the papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ribao.types import HotTopic, IssuePaper, KeywordWeight, Stats

MOST_TOPICS = 8
MOST_KEYWORDS = 40
# An area that one paper belongs to is not hot.
LEAST_PAPERS = 2


def count_day(papers: Sequence[IssuePaper], name_of: Callable[[str], str]) -> Stats:
    """Count a day's papers. ``name_of`` gives an area's name in the edition's language.

    A keyword's weight is the number of papers that carry it.
    """
    return Stats(
        count=len(papers),
        with_code=sum(paper.links.code is not None for paper in papers),
        hot_topics=_hot_topics(papers, name_of),
        keywords=_keywords(papers),
    )


def _hot_topics(
    papers: Sequence[IssuePaper], name_of: Callable[[str], str]
) -> tuple[HotTopic, ...]:
    counts = Counter(slug for paper in papers for slug in paper.topics)
    return tuple(
        HotTopic(slug, name_of(slug), count, None)
        for slug, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count >= LEAST_PAPERS
    )[:MOST_TOPICS]


def _keywords(papers: Sequence[IssuePaper]) -> tuple[KeywordWeight, ...]:
    """Count keywords without regard to case; the form that is seen most often is shown."""
    forms: dict[str, Counter[str]] = {}
    for paper in papers:
        # A paper counts once for a word, in however many forms it has it.
        words = {word.casefold(): word for word in reversed(paper.keywords)}
        for folded, word in words.items():
            forms.setdefault(folded, Counter())[word] += 1
    weighed = sorted(forms.items(), key=lambda item: (-item[1].total(), item[0]))
    return tuple(
        KeywordWeight(counter.most_common(1)[0][0], float(counter.total()))
        for _, counter in weighed[:MOST_KEYWORDS]
    )
