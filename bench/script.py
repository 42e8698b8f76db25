"""Write the full script of the references once; print milliseconds a paper (for ``make bench``)."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from tests.made import issue, paper, verdict

from ribao.aloud import Ear, read_lexicon
from ribao.script import estimated_seconds, make_script
from ribao.texts import load_texts
from ribao.types import Issue

RUNS = 5


def measure(corpus: Path) -> dict[str, float]:
    """Milliseconds a paper of both editions, and the estimated minutes of the brief one."""
    ear = read_lexicon((files("ribao") / "aloud" / "lexicon.toml").read_text("utf-8"))
    made = _references(corpus)
    _milliseconds(made, ear, "full")  # Patterns are compiled once a process.
    return {
        "full": statistics.median(_milliseconds(made, ear, "full") for _ in range(RUNS)),
        "brief": statistics.median(_milliseconds(made, ear, "brief") for _ in range(RUNS)),
        "minutes": _minutes(made, ear),
    }


def _references(corpus: Path) -> Issue:
    pairs = json.loads((corpus / "translations_zh.json").read_text("utf-8"))
    papers = [
        (
            paper(each["id"], title=each["title"], abstract=each["abstract"]),
            verdict(each["title_zh"], abstract=each["abstract_zh"], gist=None),
        )
        for each in {each["id"]: each for each in pairs}.values()
    ]
    return replace(issue(*papers), language="zh-Hans")


def _milliseconds(made: Issue, ear: Ear, edition: str) -> float:
    started = time.perf_counter()
    make_script(made, None, edition, load_texts("zh-Hans"), ear, "论文日报")
    return (time.perf_counter() - started) / len(made.papers) * 1000


def _minutes(made: Issue, ear: Ear) -> float:
    script = make_script(made, None, "brief", load_texts("zh-Hans"), ear, "论文日报")
    return estimated_seconds(script.segments) / 60
