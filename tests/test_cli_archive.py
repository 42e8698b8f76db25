"""What comes in and goes out by the command line: import, export, status."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import DAY, printed_lines, settings_for, two_papers
from tests.loopback import HuggingFaceServer, LLMServer, paper, status
from tests.test_issue_stats import PAPER

TODAY = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


# ── import and export ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def saved(tmp_path) -> Path:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / f"{DAY}.json").write_text(json.dumps(two_papers()), "utf-8")
    (folder / "2026-01-13.json").write_text(
        json.dumps([repr(paper("2601.00003")), paper("2601.00004")["paper"]]), "utf-8"
    )
    return folder


def test_import_takes_files_and_folders_and_twice_is_once(ribao, at_once, saved):
    said = ribao("import", "saved", f"saved/{DAY}.json", "--json")
    report = json.loads(said.stdout)
    assert said.returncode == 0, said.stderr
    assert (report["days"], report["new_papers"], report["skipped"], report["problems"]) == (
        2,
        4,
        [],
        [],
    )
    exported = at_once("export").out
    again = at_once("import", "saved")
    assert (again.code, again.out) == (0, "2 files, 2 days, 4 papers (0 new), 0 skipped\n")
    assert at_once("export").out == exported


def test_a_file_that_is_no_list_is_named_and_the_rest_goes_in(ribao, saved):
    (saved / "2026-01-14.json").write_text("<html>", "utf-8")
    (saved / "notes.json").write_text("[]", "utf-8")
    (saved / "2026-01-15.json").write_text(json.dumps([None, paper("2601.00005")]), "utf-8")
    said = ribao("import", "saved")
    assert said.returncode == 3
    assert said.stdout == "3 files, 3 days, 5 papers (5 new), 2 skipped\n"
    assert len(printed_lines(said.stderr)) == 3
    for name in (
        "2026-01-14.json: is not JSON",
        "notes.json: its day cannot be told",
        "2026-01-15.json: ",
    ):
        assert name in said.stderr


def test_export_gives_every_paper_published_or_only_imported(ribao, at_once, saved, servers):
    assert at_once("import", "saved").code == 0
    assert at_once("run", DAY, env=settings_for(*servers)).code == 0
    rows = [json.loads(line) for line in printed_lines(ribao("export").stdout)]
    assert [(row["day"], row["id"], row["position"], row["translation"]["status"]) for row in rows] == [
        (DAY, "2601.00001", 1, "ok"), (DAY, "2601.00002", 2, "ok"),
        ("2026-01-13", "2601.00003", 1, "missing"), ("2026-01-13", "2601.00004", 2, "missing"),
    ]  # fmt: skip
    assert all(list(row) == ["day", *PAPER] for row in rows)
    assert json.loads(at_once("export", "--format", "json").out) == rows


def test_csv_reads_back_and_no_cell_is_a_formula(ribao, at_once, saved):
    at_once("import", "saved")
    said = ribao("export", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(said.stdout)))
    rows = [json.loads(line) for line in printed_lines(at_once("export").out)]
    assert len(table) == len(rows) == 4
    assert table[1]["original_title"] == '\'=HYPERLINK("x")'
    for cells, row in zip(table, rows, strict=True):
        assert json.loads(cells["links"]) == row["links"]
        assert json.loads(cells["authors"]) == row["authors"]
        assert cells["original_abstract"] == row["original_abstract"]
        assert not [cell for cell in cells.values() if cell.startswith(("=", "+", "-", "@"))]


def test_an_empty_archive_exports_nothing_and_a_missing_one_is_named(at_once, tmp_path):
    missing = at_once("export")
    assert (missing.code, missing.out) == (1, "")
    assert "ribao.sqlite" in missing.err
    (tmp_path / "empty").mkdir()
    assert at_once("import", "empty").code == 3
    assert at_once("export").out == ""
    assert json.loads(at_once("export", "--format", "json").out) == []
    (columns,) = csv.reader(io.StringIO(at_once("export", "--format", "csv").out))
    assert columns == ["day", *PAPER]


# ── status ────────────────────────────────────────────────────────────────────────────────────


def test_status_says_how_the_last_days_stand(ribao, at_once):
    yesterday = TODAY - timedelta(days=1)
    with HuggingFaceServer({str(TODAY): two_papers()}) as huggingface, LLMServer() as llm:
        env = settings_for(huggingface, llm)
        assert at_once("run", str(TODAY), env=env).code == 0
        assert json.loads(ribao("status", "--json").stdout)[0]["state"] == "fresh"
        huggingface.faults = [status(403), status(403)]
        assert at_once("run", str(yesterday), env=env).code == 1
        assert at_once("run", str(TODAY), env=env).code == 1
    days = json.loads(at_once("status", "--days", "3", "--json").out)
    assert [day["day"] for day in days] == [str(TODAY - timedelta(days=n)) for n in range(3)]
    assert [day["state"] for day in days[:2]] == ["failed", "failed"]
    assert days[2]["state"] in {"waiting", "quiet"}
    assert (days[0]["papers"], days[0]["revision"]) == (2, 1)
    assert "the issue stands" in days[0]["reason"]
    assert all("403" in day["reason"] for day in days[:2])
    lines = printed_lines(ribao("status").stdout)
    assert len(lines) == 7
    assert lines[0].startswith(f"{TODAY}  failed")


def test_status_before_the_first_run(ribao, tmp_path):
    said = ribao("status", "--days", "2")
    assert (said.returncode, len(printed_lines(said.stdout))) == (0, 2)
    assert list(tmp_path.iterdir()) == []
