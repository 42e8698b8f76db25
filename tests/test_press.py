"""What is written beside an issue: its pictures and numbers, made once a revision."""

from __future__ import annotations

import contextlib
import html
import json
import shutil
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ribao.app import edition_of
from ribao.archive import Archive
from ribao.config import Settings
from ribao.errors import RenderError
from ribao.press import Press
from ribao.renderers import illustrations, workshop
from tests.edition import Edition
from tests.loopback import HuggingFaceServer, LLMServer, paper
from tests.made import DAY, measured, verdict
from tests.made import edition as made_edition
from tests.made import issue as made_issue
from tests.made import paper as made_paper

DAYS = {
    f"2026-01-{day:02}": [paper(f"26{day:02}.{n:05d}") for n in range(3)] for day in range(5, 10)
}
PICTURES = {
    "wordcloud.svg", "wordcloud.png", "trend.svg", "trend.png", "poster.png", "card.png", "issue.pdf",
}  # fmt: skip


@pytest.fixture
def edition(tmp_path):
    with HuggingFaceServer(DAYS) as source, LLMServer() as llm:
        yield Edition(tmp_path, source, llm, RIBAO_OUTPUT__PICTURES="true")


def _made(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_a_day_has_its_pictures_and_its_numbers(edition, tmp_path):
    assert edition.run("2026-01-05").code == 0
    folder = tmp_path / "site" / "2026-01-05"
    assert {path.name for path in folder.iterdir()} >= PICTURES | {"stats.json"}
    markdown = (folder / "issue.md").read_text("utf-8")
    assert "![关键词云图](wordcloud.png)" in markdown
    assert "![论文趋势](trend.png)" in markdown
    page = (folder / "index.html").read_text("utf-8")
    assert 'src="wordcloud.svg"' in page
    assert 'src="trend.svg"' in page
    stats = json.loads((folder / "stats.json").read_text("utf-8"))
    assert (stats["count"], stats["with_code"], stats["revision"]) == (3, 0, 1)
    assert stats["trend"] == [{"day": "2026-01-05", "count": 3}]


def test_a_second_run_draws_nothing_and_a_lost_picture_comes_back_the_same(edition, tmp_path):
    edition.run("2026-01-05")
    folder = tmp_path / "site" / "2026-01-05"
    before = _made(folder)
    cloud = (folder / "wordcloud.png").read_bytes()
    edition.run("2026-01-05")
    assert _made(folder) == before
    (folder / "wordcloud.png").unlink()
    edition.run("2026-01-05")
    assert (folder / "wordcloud.png").read_bytes() == cloud


def test_a_past_issue_keeps_the_numbers_and_pictures_of_its_day(edition, tmp_path):
    edition.run("2026-01-07")
    folder = tmp_path / "site" / "2026-01-07"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    edition.run("2026-01-06")
    edition.run("2026-01-08")
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    changed = {name for name in before if before[name] != after[name]}
    # Only its links to the issues beside it.
    assert changed == {"index.html"}


def test_the_trend_counts_the_days_before(edition, tmp_path):
    edition.run("--since", "2026-01-05", "--until", "2026-01-09")
    text = (tmp_path / "site" / "2026-01-09" / "stats.json").read_text("utf-8")
    assert [entry["count"] for entry in json.loads(text)["trend"]] == [3] * 5


def test_without_the_extra_the_issue_says_that_it_has_no_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(illustrations, "LIBRARIES", ("no_such_library",))
    with HuggingFaceServer(DAYS) as source, LLMServer() as llm:
        assert (
            Edition(tmp_path, source, llm, RIBAO_OUTPUT__PICTURES="true").run("2026-01-05").code
            == 0
        )
    folder = tmp_path / "site" / "2026-01-05"
    assert not PICTURES & {path.name for path in folder.iterdir()}
    markdown = (folder / "issue.md").read_text("utf-8")
    assert "## 🔍 关键词云图\n本期没有关键词云图。" in markdown
    assert "<img" not in (folder / "index.html").read_text("utf-8")


def test_a_picture_that_fails_costs_neither_the_others_nor_the_issue(monkeypatch):
    def fail(*_):
        raise RenderError("poster.png", "cannot be set: try it again")
        yield

    monkeypatch.setitem(illustrations.OF_ISSUE, "poster", fail)
    papers = [made_paper()]
    parts = (made_issue((papers[0], verdict())), measured(papers)(1), made_edition())
    numbers, none = illustrations.draw_numbers(*parts[1:])
    files, problems = illustrations.draw_issue(tuple(illustrations.OF_ISSUE), *parts, numbers)
    assert none == []
    assert PICTURES - set(files) - set(numbers) == {"poster.png"}
    assert problems == ["render: poster.png: cannot be set: try it again"]


def test_a_process_that_dies_is_told_and_the_issue_comes_out(edition, tmp_path, monkeypatch):
    command = (sys.executable, "-c", "raise SystemExit('no memory left')")
    monkeypatch.setattr(workshop, "COMMAND", command)
    result = edition.run("2026-01-05")
    assert result.code == 3
    assert "no memory left" in result.err
    folder = tmp_path / "site" / "2026-01-05"
    assert {path.name for path in folder.iterdir()} == {
        "index.html", "issue.md", "issue.json", "stats.json", "issue.epub",
    }  # fmt: skip
    monkeypatch.undo()


def test_a_picture_that_was_not_drawn_is_tried_again_by_the_next_run(
    edition, tmp_path, monkeypatch
):
    drawn = workshop._run

    def without_poster(process, name, arguments):
        if name == "issue" and "poster" in arguments[0]:
            process.communicate()
            return {}, ["pictures (issue): drawing ended with -9"]
        return drawn(process, name, arguments)

    monkeypatch.setattr(workshop, "_run", without_poster)
    folder = tmp_path / "site" / "2026-01-05"
    for _ in range(2):
        result = edition.run("2026-01-05", "--json")
        assert (result.code, result.day["problems"]) == (
            3, ["2026-01-05: pictures (issue): drawing ended with -9"],
        )  # fmt: skip
        assert not (folder / "poster.png").exists()
    monkeypatch.undo()
    again = edition.run("2026-01-05", "--json")
    assert (again.code, again.day["problems"]) == (0, [])
    assert (folder / "poster.png").exists()
    before = _made(folder)
    assert edition.run("2026-01-05").code == 0
    assert _made(folder) == before


def test_an_edition_that_is_renamed_keeps_the_pictures_of_the_page_before(edition, tmp_path):
    edition.run("2026-01-05")
    page = tmp_path / "site" / "2026-01-05" / "index.html"
    assert 'src="trend.svg"' in page.read_text("utf-8")
    edition.run("2026-01-06", RIBAO_SITE__NAME="Another Name")
    assert 'href="../2026-01-06/index.html"' in page.read_text("utf-8")
    for name in ("wordcloud.svg", "trend.svg"):
        assert f'src="{name}"' in page.read_text("utf-8")


def test_a_lost_folder_gets_all_its_issues_back(edition, tmp_path):
    edition.run("--since", "2026-01-05", "--until", "2026-01-07")
    before = {p: p.read_bytes() for p in (tmp_path / "site").rglob("*") if p.is_file()}
    shutil.rmtree(tmp_path / "site")
    edition.run("2026-01-06")
    assert {p: p.read_bytes() for p in (tmp_path / "site").rglob("*") if p.is_file()} == before


def test_an_issue_without_numbers_has_no_pictures(tmp_path, monkeypatch):
    """One from an archive that knew no statistics yet."""
    monkeypatch.setenv("RIBAO_OUTPUT__FOLDER", str(tmp_path / "site"))
    with Archive.in_memory() as archive:
        old = made_issue((made_paper(), verdict()))
        archive.keep_issue(old)
        press = Press(archive, edition_of(Settings()), tmp_path / "site", workshop.Workshop())
        files, problems = press.write(old)
    assert problems == []
    texts = {"index.html", "issue.md", "issue.json", "issue.epub"}
    assert {Path(file).name for file in files} == texts


def test_each_papers_areas_have_their_evidence_kept_with_the_revision(edition, tmp_path):
    edition.run("2026-01-05", RIBAO_OUTPUT__PICTURES="false")
    folder = tmp_path / "site" / "2026-01-05"
    stats = json.loads((folder / "stats.json").read_text("utf-8"))
    issue = json.loads((folder / "issue.json").read_text("utf-8"))
    assert [
        {"id": each["id"], "topics": [topic["slug"] for topic in each["topics"]]}
        for each in stats["papers"]
    ] == [{"id": each["id"], "topics": each["topics"]} for each in issue["papers"]]
    words = {word for p in stats["papers"] for topic in p["topics"] for word in topic["evidence"]}
    assert words
    text = " ".join(
        " ".join((each["original_title"], each["original_abstract"], *each["keywords"]))
        for each in issue["papers"]
    )
    assert all(word in text for word in words)
    page = (folder / "index.html").read_text("utf-8")
    assert all(f">{html.escape(word)}</span>" in page for word in words)
    # A rebuilt page says the same as the first.
    shutil.rmtree(tmp_path / "site")
    edition.run("2026-01-06", RIBAO_OUTPUT__PICTURES="false")
    assert json.loads((folder / "stats.json").read_text("utf-8")) == stats
    assert page.count('class="areas"') == (folder / "index.html").read_text().count('class="areas"')


def test_numbers_that_were_kept_before_evidence_was_are_still_read(tmp_path):
    papers = [made_paper()]
    issue, numbers = made_issue((papers[0], verdict())), measured(papers)(1)
    with Archive.open(tmp_path / "ribao.sqlite") as archive:
        archive.keep_issue(issue, numbers)
    with contextlib.closing(sqlite3.connect(tmp_path / "ribao.sqlite")) as connection, connection:
        connection.execute("UPDATE statistics SET body = json_remove(body, '$.papers')")
    with Archive.open(tmp_path / "ribao.sqlite") as archive:
        assert archive.statistics(issue) == replace(numbers, papers=())
        Press(archive, made_edition(), tmp_path / "site", workshop=None).write(issue)
    folder = tmp_path / "site" / str(DAY)
    assert json.loads((folder / "stats.json").read_text("utf-8"))["papers"] == []
    assert '<details class="areas">' not in (folder / "index.html").read_text("utf-8")


def test_a_revision_and_its_numbers_are_kept_together_or_not_at_all():
    with Archive.in_memory() as archive:
        papers = [made_paper()]
        issue, numbers = made_issue((papers[0], verdict())), measured(papers)(1)
        archive.keep_issue(issue, numbers)
        assert archive.statistics(issue) == numbers
        with pytest.raises(Exception, match="UNIQUE"):
            archive.keep_issue(issue, measured(papers)(2))
        assert archive.issue_days("zh-Hans") == [DAY]


def test_the_archive_has_its_numbers_too(edition, tmp_path):
    edition.run("--since", "2026-01-05", "--until", "2026-01-07")
    data = json.loads((tmp_path / "site" / "stats.json").read_text("utf-8"))
    assert (data["issues"], data["papers"], data["with_code"]) == (3, 9, 0)
    assert data["days"] == [{"day": f"2026-01-0{n}", "count": 3} for n in (5, 6, 7)]
    assert all(area["count"] <= 9 for area in data["areas"])
    assert data["areas"] == sorted(data["areas"], key=lambda a: (-a["count"], a["slug"]))
