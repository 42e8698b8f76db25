"""All kinds of pictures of one made day, and their digests: run as a program, in any environment."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ribao.renderers.illustrations import OF_ISSUE, Files, draw_issue, draw_numbers
from ribao.statistics import Statistics
from ribao.types import HotTopic
from tests.test_charts import STATS
from tests.test_cloud import HOSTILE, WORDS, phrases
from tests.test_typeset import EDITION, issue


def draw(count: int, stats: Statistics = STATS) -> tuple[Files, list[str]]:
    """Draw all pictures of a day of so many papers; return them, and what failed."""
    day = issue(*(f"第{n}篇：«Привет» λ 🤗 大语言模型" for n in range(1, count + 1)))
    hot = HotTopic("agents", "智能体", 1, 1.8)
    day = replace(day, stats=replace(day.stats, hot_topics=(hot,) if count else ()))
    files, problems = draw_numbers(stats, EDITION)
    made, failed = draw_issue(tuple(OF_ISSUE), day, stats, EDITION, files)
    return files | made, problems + failed


def main() -> None:
    """Print the digest of each picture."""
    files, problems = draw(3, replace(STATS, phrases=tuple(phrases([*WORDS, *HOSTILE]))))
    assert not problems
    for name, body in sorted(files.items()):
        print(hashlib.sha256(body).hexdigest(), name)


if __name__ == "__main__":
    main()
