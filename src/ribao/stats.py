"""The part of a day's numbers that ``issue.json`` holds. Pure."""

from __future__ import annotations

from ribao.movement import hot_areas
from ribao.statistics import Statistics
from ribao.types import HotTopic, KeywordWeight, Stats

MOST_TOPICS = 8
MOST_KEYWORDS = 40


def summarize(statistics: Statistics) -> Stats:
    """Return the counts, the hottest areas and the heaviest phrases."""
    hot = hot_areas(statistics.areas, MOST_TOPICS)
    return Stats(
        count=statistics.count,
        with_code=statistics.with_code,
        hot_topics=tuple(HotTopic(a.slug, a.name, a.count, a.lift) for a in hot),
        keywords=tuple(
            KeywordWeight(phrase.word, phrase.weight)
            for phrase in statistics.phrases[:MOST_KEYWORDS]
        ),
    )
