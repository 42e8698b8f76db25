"""A day's list that grows and changes: what joins, what is asked, and what stays as it was."""

from __future__ import annotations

import pytest

from tests.edition import DAY, Edition, Noting, some
from tests.loopback import HuggingFaceServer, paper


@pytest.fixture
def llm():
    with Noting() as server:
        yield server


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: some(3)}) as server:
        yield server


@pytest.fixture
def ours(tmp_path, source, llm) -> Edition:
    return Edition(tmp_path, source, llm)


def test_a_list_that_grows_makes_revisions_and_marks_what_is_late(source, llm, ours):
    everything = some(31)
    # What joins stands at the front, as the most voted does at Hugging Face.
    for revision, count, new in ((1, 21, 21), (2, 27, 6), (3, 31, 4)):
        source.days[DAY] = [*everything[21:count][::-1], *everything[:21]]
        result = ours.run()
        assert result.code == 0, result.err
        assert (result.day["revision"], result.day["papers"]) == (revision, count)
        assert (result.day["new"], result.day["asked"], result.day["late"]) == (
            new,
            new,
            count - 21,
        )
        papers = ours.issue()["papers"]
        assert [entry["late"] for entry in papers] == [False] * 21 + [True] * (count - 21)
        assert [entry["position"] for entry in papers] == list(range(1, count + 1))
        assert [entry["id"] for entry in papers[:21]] == [e["paper"]["id"] for e in everything[:21]]
        assert ours.text("issue.md").count("晚到") == count - 21
        before = ours.files()
        again = ours.run()
        assert (again.code, again.day["asked"], again.day["state"]) == (0, 0, "unchanged")
        assert ours.files() == before
    assert len(llm.requests) == 31
    assert len({entry["id"] for entry in ours.issue()["papers"]}) == 31


def test_the_places_of_those_that_were_there_never_change(source, llm, ours):
    ours.run()
    order = [entry["id"] for entry in ours.issue()["papers"]]
    source.days[DAY] = [*some(2, first=4), *reversed(some(3))]
    ours.run()
    now = [entry["id"] for entry in ours.issue()["papers"]]
    assert now[:3] == order
    assert sorted(now[3:]) == ["2601.00004", "2601.00005"]


def test_votes_alone_change_nothing_that_is_published(source, llm, ours):
    ours.run()
    files = ours.files()
    source.days[DAY] = [paper(f"2601.{n:05d}", upvotes=900 + n) for n in (1, 2, 3)]
    result = ours.run()
    assert (result.code, result.day["state"], result.day["revision"]) == (0, "unchanged", 1)
    assert ours.files() == files
    # The next revision has them.
    source.days[DAY].append(paper("2601.00004"))
    assert ours.run().day["revision"] == 2
    assert [entry["upvotes"] for entry in ours.issue()["papers"]] == [901, 902, 903, 7]
    assert len(llm.requests) == 4


def test_a_changed_text_is_asked_again_and_makes_a_revision(source, llm, ours):
    ours.run()
    changed = paper("2601.00002")
    changed["paper"]["summary"] += " This sentence is new and says something else about the system."
    source.days[DAY] = [*some(1), changed, *some(1, first=3)]
    result = ours.run()
    assert (result.code, result.day["revision"], result.day["asked"], result.day["late"]) == (
        0,
        2,
        1,
        0,
    )
    assert ours.papers()["2601.00002"]["original_abstract"].endswith("about the system.")
    assert len(llm.requests) == 4
    # Back to the old text: its reply is still there.
    source.days[DAY] = some(3)
    result = ours.run()
    assert (result.code, result.day["revision"], result.day["asked"]) == (0, 3, 0)
    assert len(llm.requests) == 4


def test_white_space_alone_is_no_change(source, llm, ours):
    ours.run()
    files = ours.files()
    source.days[DAY] = [
        paper(f"2601.{n:05d}", summary="\n " + paper()["paper"]["summary"].replace(" ", "\n  "))
        for n in (1, 2, 3)
    ]
    assert ours.run().day["asked"] == 0
    assert ours.files() == files


def test_a_paper_that_the_list_drops_stays_in_the_issue(source, llm, ours):
    ours.run()
    files = ours.files()
    source.days[DAY] = some(1)
    assert ours.run().code == 0
    assert ours.files() == files


def test_a_list_that_is_suddenly_empty_loses_nothing(source, llm, ours):
    ours.run()
    files, kept = ours.files(), ours.rows()
    source.days[DAY] = []
    result = ours.run()
    assert result.code == 0, result.err
    assert ours.files() == files
    assert ours.rows() == kept


def test_files_that_were_lost_are_made_again_without_asking(source, llm, ours):
    ours.run()
    files = ours.files()
    for name in ("index.html", "issue.md", "issue.json"):
        (ours.folder / "site" / DAY / name).unlink()
    (ours.folder / "site" / "index.html").write_text("half")
    assert ours.run().code == 0
    assert ours.files() == files
    assert len(llm.requests) == 3


def test_a_new_day_changes_no_issue_but_the_links_to_it(source, llm, ours):
    ours.run()
    files = ours.files()
    source.days["2026-01-13"] = some(2, first=8)
    assert ours.run("2026-01-13").code == 0
    now = ours.files()
    assert [name for name in files if now[name] != files[name]] == [
        f"{DAY}/index.html",
        "index.html",
        "stats.json",
    ]


def test_over_several_days_the_worst_code_wins_and_each_day_is_made(source, llm, ours):
    source.days |= {
        "2026-01-13": some(2, first=4),
        "2026-01-14": some(2, first=6),
        "2026-01-15": [None, *some(1)],
    }
    source.days["2026-01-13"] = b"<html>"
    days = ("--since", DAY, "--until", "2026-01-15")
    result = ours.run(*days)
    assert result.code == 1
    assert "2026-01-13" in result.err
    made = sorted(path.name for path in (ours.folder / "site").iterdir() if path.name[:2] == "20")
    assert made == [DAY, "2026-01-14", "2026-01-15"]
    source.days["2026-01-13"] = some(2, first=4)
    assert ours.run(*days).code == 3
    source.days["2026-01-15"] = some(1)
    assert ours.run(*days).code == 0
    assert len(llm.requests) == 7  # 2601.00001 stands on two days and is asked once
