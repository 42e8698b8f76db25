"""The sample: one issue, compared with the true days before it."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from ribao.app import load_areas, load_phrases
from ribao.archive import Archive
from ribao.demo import DAY, LANGUAGE, run_demo
from ribao.movement import WEEKS, reduce_day
from ribao.sources.saved import read_saved
from ribao.terminal import Silent
from tests.conftest import ROOT

HISTORY = ROOT / "src" / "ribao" / "sample" / "history.jsonl.gz"
FACTS = {"id", "title", "publishedAt", "upvotes", "githubRepo", "ai_keywords", "summary"}
# Monday to Friday from 2025-12-01, as the source's lists were saved.
COUNTS = (
    *(23, 28, 26, 14, 26),
    *(14, 18, 10, 14, 16),
    *(12, 22, 25, 23, 25),
    *(16, 17, 12, 13, 6),
    *(13, 20, 4, 15, 3),
    *(11, 16, 16, 11, 19),
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    run_demo(folder, Silent())
    return folder


@pytest.fixture(scope="module")
def stats(demo) -> dict:
    return json.loads((demo / "site" / str(DAY) / "stats.json").read_text("utf-8"))


def history() -> dict[date, list[dict]]:
    lines = gzip.decompress(HISTORY.read_bytes()).decode().splitlines()
    days = [json.loads(line) for line in lines]
    return {date.fromisoformat(day["date"]): day["papers"] for day in days}


def test_the_trend_has_the_counts_of_the_true_days(stats):
    days = [DAY - timedelta(days=back) for back in range(42, 0, -1)]
    workdays = [str(day) for day in days if day.isoweekday() <= 5]
    before = list(zip(workdays, COUNTS, strict=True))
    assert [(day["day"], day["count"]) for day in stats["trend"]] == [*before[1:], (str(DAY), 31)]
    assert stats["mean"] == round(sum(COUNTS[1:]) / len(COUNTS[1:]), 2)


def test_there_is_a_past_to_compare_with(stats):
    assert all(area["lift"] is not None for area in stats["areas"] if area["count"])
    assert all(
        len(word["weeks"]) == WEEKS and any(word["weeks"][:-1]) for word in stats["rising_phrases"]
    )
    assert stats["rising_phrases"]


def test_every_chart_is_made_and_stands_in_the_page(demo):
    place = demo / "site" / str(DAY)
    page = (place / "index.html").read_text("utf-8")
    for name in ("wordcloud", "trend", "shares", "rising"):
        assert (place / f"{name}.png").stat().st_size > 1_000
        assert "<text" in (place / f"{name}.svg").read_text("utf-8")
        assert f"{name}.svg" in page


def test_the_days_before_are_imported_and_not_published(demo):
    with Archive.open(demo / "ribao.sqlite", read_only=True) as archive:
        assert archive.issue_days(LANGUAGE) == [DAY]
        assert archive.listed_days() == [*history(), DAY]
        assert len(archive.entries(LANGUAGE)) == 1
    folders = [path.name for path in (demo / "site").iterdir() if path.is_dir()]
    assert sorted(folders) == [str(DAY), "assets"]


def test_status_and_export_work_on_its_archive(demo, ribao):
    env = {"RIBAO_ARCHIVE__PATH": str(demo / "ribao.sqlite")}
    assert ribao("status", env=env).returncode == 0
    said = ribao("export", env=env)
    assert said.returncode == 0, said.stderr
    rows = [json.loads(line) for line in said.stdout.splitlines()]
    published = [row for row in rows if row["translation"]["status"] != "missing"]
    assert len(rows) == sum(COUNTS) + 31
    assert {row["day"] for row in published} == {str(DAY)}
    assert sum(bool(row["topics"]) for row in rows) > 0.99 * len(rows)


def test_the_history_is_small_and_holds_facts_and_terms_but_no_sentence():
    assert HISTORY.stat().st_size <= 150_000
    papers = [paper for day in history().values() for paper in day]
    assert len(papers) == sum(COUNTS)
    assert all(paper.keys() <= FACTS and paper["title"] for paper in papers)
    for paper in papers:
        terms = paper.get("summary", "").split("; ")
        assert terms == sorted(terms, key=lambda term: (term.lower(), term)), paper["id"]
        # The longest: "reinforcement learning with verifiable rewards".
        assert all(len(term.split()) <= 6 and len(term) <= 50 for term in terms), paper["id"]
        assert not any(term.endswith((".", "!", "?")) for term in terms), paper["id"]


def test_its_papers_have_the_areas_and_phrases_that_their_abstracts_give(corpus, demo):
    """Where this fails, the lists have changed: run docs/make_sample.py anew."""
    papers = alike = 0
    with Archive.open(demo / "ribao.sqlite", read_only=True) as archive:
        for day in history():
            path = corpus / "daily_papers" / f"{day}.json"
            whole = read_saved(path, archive.pages("huggingface", day)[0].fetched_at)[1]
            kept = archive.papers(day)
            facts = [
                [(p.id, p.title, p.upvotes, p.keywords) for p in some] for some in (whole, kept)
            ]
            assert facts[0] == facts[1]
            pair = [reduce_day(day, some, load_areas(), load_phrases()) for some in (whole, kept)]
            for one, other in zip(pair[0].papers, pair[1].papers, strict=True):
                papers += 1
                alike += set(one.topics) == set(other.topics) and set(one.phrases) == set(
                    other.phrases
                )
    assert alike >= 0.98 * papers
