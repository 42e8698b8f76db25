"""``ribao roundup`` by its real command line: what it writes, what it leaves, how it ends."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import filelock
import pytest
from lxml import html

from ribao.errors import RenderError
from ribao.renderers import charts
from ribao.renderers.illustrations import can_illustrate
from tests.conftest import KEY
from tests.edition import Edition, Result, call
from tests.loopback import HuggingFaceServer, LLMServer, paper, pseudo_translate

WEEK = "weeks/2026-W02"
TEXTS = {"index.html", "roundup.md", "roundup.json"}
PICTURES = {f"{name}.{kind}" for name in ("wordcloud", "trend") for kind in ("svg", "png")}


def listed(day: int, count: int = 2, first_votes: int = 5) -> list[dict]:
    """A day's list with its own ids; the first paper is also on the next day's."""
    ids = [f"2601.{day:02}{n:03}" for n in range(count)]
    papers = [paper(each, upvotes=first_votes - n) for n, each in enumerate(ids)]
    return [*papers, paper("2601.00001", upvotes=day)] if day in {6, 7} else papers


def say(title: str, abstract: str) -> object:
    return "no JSON" if title.endswith("01") else pseudo_translate(title, abstract)


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Edition:
    """An edition with issues on 5, 6, 7 and 12 January; 9 January was only imported."""
    folder = tmp_path_factory.mktemp("edition")
    days = {f"2026-01-{day:02}": listed(day) for day in (5, 6, 7, 12)}
    with HuggingFaceServer(days) as huggingface, LLMServer(say, key=KEY) as llm:
        edition = Edition(folder, huggingface, llm)
        for day in (5, 6, 7, 10, 12):
            assert edition.run(f"2026-01-{day:02}").code in {0, 3}
        saved = folder / "2026-01-09.json"
        saved.write_text(json.dumps(listed(9)))
        assert call(folder, edition.env, "import", saved.name).code == 0
    # From here on no server answers: a round-up asks nobody.
    return edition


@pytest.fixture
def own(published, tmp_path) -> Edition:
    """A copy of the edition, which a test may change."""
    folder = tmp_path / "own"
    shutil.copytree(published.folder, folder)
    edition = Edition(folder, "http://127.0.0.1:9", "http://127.0.0.1:9/v1")
    edition.env.update(published.env)
    return edition


def roundup(edition: Edition, *words: str, **env: str) -> Result:
    return call(edition.folder, edition.env | env, "roundup", *words)


def data(edition: Edition, place: str = WEEK) -> dict:
    return json.loads((edition.folder / "site" / place / "roundup.json").read_text("utf-8"))


def touched(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_week_stands_at_its_place_with_what_the_issues_say(own):
    said = roundup(own, "2026-W02")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("2026-W02  published: 3 issues, 7 papers\n")
    assert {path.name for path in (own.folder / "site" / WEEK).iterdir()} == TEXTS
    made = data(own)
    assert (made["name"], made["kind"], made["first"], made["last"]) == (
        "2026-W02", "week", "2026-01-05", "2026-01-11",
    )  # fmt: skip
    assert [(day["state"], day["complete"]) for day in made["days"]] == [
        ("issue", False), ("issue", False), ("issue", False), ("unseen", False),
        ("unpublished", False), ("quiet", True), ("quiet", True),
    ]  # fmt: skip
    papers = {each["id"]: each for each in made["papers"]}
    assert len(papers) == 7
    twice = papers["2601.00001"]
    assert (twice["day"], twice["days"], twice["upvotes"]) == (
        "2026-01-07", ["2026-01-06", "2026-01-07"], 7,
    )  # fmt: skip
    assert made["top"][0] == "2601.00001"
    assert papers["2601.05001"]["translation"]["status"] == "missing"


def test_every_link_of_the_page_leads_to_something_that_is_there(own):
    assert roundup(own, "2026-W02", "2026-W03").code == 0
    place = own.folder / "site" / WEEK
    page = html.fromstring((place / "index.html").read_text("utf-8"))
    found = [href for href in page.xpath("//a/@href") if not href.startswith("http")]
    assert len(found) > 20
    for href in found:
        target, _, anchor = href.partition("#")
        path = (place / target).resolve() if target else place / "index.html"
        assert path.is_file(), href
        if anchor:
            assert f'id="{anchor}"' in path.read_text("utf-8"), href


def test_a_second_call_touches_nothing_and_another_folder_gets_the_same_bytes(own):
    assert roundup(own, "2026-W02", "2026-01").code == 0
    first, times = own.files(), touched(own.folder / "site")
    said = roundup(own, "2026-W02", "2026-01", "--json")
    assert [each["state"] for each in json.loads(said.out)["roundups"]] == ["unchanged"] * 2
    assert touched(own.folder / "site") == times
    assert roundup(own, "2026-01", RIBAO_OUTPUT__FOLDER="other").code == 0
    assert roundup(own, "2026-W02", RIBAO_OUTPUT__FOLDER="other").code == 0
    for name in (f"{place}/{text}" for place in (WEEK, "months/2026-01") for text in TEXTS):
        assert (own.folder / "other" / name).read_bytes() == first[name], name


def test_an_issue_that_the_folder_lost_comes_back(own):
    (own.folder / "site" / "2026-01-06" / "index.html").unlink()
    assert roundup(own, "2026-W02").code == 0
    assert (own.folder / "site" / "2026-01-06" / "index.html").is_file()


def test_round_ups_of_one_kind_lead_to_one_another(own):
    assert roundup(own, "2026-W03").code == 0
    third = own.folder / "site" / "weeks" / "2026-W03" / "index.html"
    assert b'rel="prev"' not in third.read_bytes()
    assert roundup(own, "2026-W02").code == 0
    assert b'rel="prev" href="../2026-W02/index.html"' in third.read_bytes()
    second = own.folder / "site" / WEEK / "index.html"
    assert b'rel="next" href="../2026-W03/index.html"' in second.read_bytes()
    # One that cannot be read is left alone.
    (third.parent / "roundup.json").write_text('{"name": 7}')
    before = third.read_bytes()
    assert roundup(own, "2026-W02").code == 0
    assert third.read_bytes() == before


def test_the_report_as_json(own):
    said = roundup(own, "2026-W02", "--json", "--quiet")
    report = json.loads(said.out)
    assert report["exit_code"] == said.code == 0
    (one,) = report["roundups"]
    assert (one["name"], one["state"], one["issues"], one["papers"]) == (
        "2026-W02",
        "published",
        3,
        7,
    )
    assert {Path(file).name for file in one["files"]} == TEXTS
    assert (one["problems"], one["exit_code"]) == ([], 0)


def test_a_time_without_issues_ends_with_1_and_says_what_to_do(own):
    said = roundup(own, "2025-W40", "2026-W02")
    assert said.code == 1
    assert "nothing was published from 2025-09-29 to 2025-10-05" in said.err
    assert "ribao run --since 2025-09-29 --until 2025-10-05" in said.err
    # The other one is made all the same.
    assert (own.folder / "site" / WEEK).is_dir()
    assert not (own.folder / "site" / "weeks" / "2025-W40").exists()
    assert "nothing is published yet" in roundup(own, "2998-01").err


def test_the_default_is_the_last_week_that_is_over(own):
    said = roundup(own, "--json")
    (one,) = json.loads(said.out)["roundups"]
    assert (said.code, one["state"]) == (1, "empty")
    assert "-W" in one["name"]


@pytest.mark.parametrize("name", ["2026-W60", "2026-13", "2026-01-12", "../x"])
def test_a_bad_name_ends_with_2_before_anything_is_written(own, name):
    before = touched(own.folder)
    said = roundup(own, "2026-W02", name)
    assert (said.code, said.out) == (2, "")
    assert repr(name) in said.err
    assert touched(own.folder) == before


def test_without_an_archive_nothing_is_made(tmp_path):
    said = call(tmp_path, {}, "roundup", "2026-W02")
    assert (said.code, said.out) == (1, "")
    assert "ribao run or ribao import makes it" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_busy_archive_is_waited_for(own):
    with filelock.FileLock(f"{own.archive}.lock"):
        said = roundup(own, "2026-W02", "--wait", "0")
    assert said.code == 1
    assert "is held by" in said.err
    assert roundup(own, "2026-W02").code == 0
    with sqlite3.connect(own.archive) as database:
        (command, code) = database.execute(
            "SELECT command, exit_code FROM runs ORDER BY run_id DESC LIMIT 1"
        ).fetchone()
    database.close()
    assert (command, code) == ("roundup 2026-W02", 0)


def test_the_folder_of_another_language_is_refused(own):
    assert roundup(own, "2026-W02").code == 0
    path = own.folder / "site" / WEEK / "roundup.json"
    path.write_text(path.read_text("utf-8").replace('"language": "zh-Hans"', '"language": "en"'))
    before = own.files()
    said = roundup(own, "2026-W02")
    assert said.code == 1
    assert "output.folder" in said.err
    assert own.files() == before


def test_a_changed_issue_changes_the_round_up(own):
    assert roundup(own, "2026-W02").code == 0
    with sqlite3.connect(own.archive) as database:
        database.execute(
            "INSERT INTO issues SELECT day, language, 2, generated_at, replace(body, "
            "'2601.07000', '2601.07999') FROM issues WHERE day = '2026-01-07'"
        )
    database.close()
    assert json.loads(roundup(own, "2026-W02", "--json").out)["roundups"][0]["state"] == "published"
    assert "2601.07999" in {each["id"] for each in data(own)["papers"]}


@pytest.mark.skipif(not can_illustrate(), reason="needs the extra pictures")
def test_pictures_are_drawn_once_and_again_where_they_are_lost_or_damaged(own):
    shown = {"RIBAO_OUTPUT__PICTURES": "true"}
    # The issues' own pictures are no matter here.
    assert roundup(own, "2026-W02", **shown).code == 0
    place = own.folder / "site" / WEEK
    assert {path.name for path in place.iterdir()} == TEXTS | PICTURES
    first, times = own.files(), touched(place)
    assert "本周关键词" in first[f"{WEEK}/wordcloud.svg"].decode()
    said = roundup(own, "2026-W02", "--json", **shown)
    assert json.loads(said.out)["roundups"][0]["state"] == "unchanged"
    assert touched(place) == times
    (place / "trend.png").write_bytes(b"half")
    (place / "wordcloud.svg").unlink()
    assert roundup(own, "2026-W02", **shown).code == 0
    assert own.files() == first
    page = html.fromstring(first[f"{WEEK}/index.html"].decode())
    assert page.xpath("//img/@src") == ["wordcloud.svg", "trend.svg"]


@pytest.mark.skipif(not can_illustrate(), reason="needs the extra pictures")
def test_what_was_drawn_from_the_same_is_taken_as_it_stands(own):
    shown = {"RIBAO_OUTPUT__PICTURES": "true"}
    assert roundup(own, "2026-W02", **shown).code == 0
    # As if it had been drawn so: only drawing anew would change it.
    picture = own.folder / "site" / WEEK / "trend.png"
    picture.write_bytes(b"as it was drawn")
    with sqlite3.connect(own.archive) as database:
        database.execute(
            "UPDATE renderings SET digest = ? WHERE path = ?",
            (hashlib.sha256(b"as it was drawn").hexdigest(), f"{WEEK}/trend.png"),
        )
    database.close()
    assert roundup(own, "2026-W02", **shown).code == 0
    assert picture.read_bytes() == b"as it was drawn"


@pytest.mark.skipif(not can_illustrate(), reason="needs the extra pictures")
def test_a_picture_that_failed_is_told_and_tried_again(own, monkeypatch):
    shown = {"RIBAO_OUTPUT__PICTURES": "true"}
    place = own.folder / "site" / WEEK

    def fail(_: object) -> bytes:
        raise RenderError("trend", "the chart could not be drawn")

    with monkeypatch.context() as broken:
        broken.setattr(charts, "to_png", fail)
        said = roundup(own, "2026-W02", **shown)
    assert said.code == 3
    assert f"{WEEK}: render: trend: the chart could not be drawn" in said.err
    assert {path.name for path in place.iterdir()} == TEXTS | {"wordcloud.svg", "wordcloud.png"}
    assert roundup(own, "2026-W02", **shown).code == 0
    assert {path.name for path in place.iterdir()} == TEXTS | PICTURES
