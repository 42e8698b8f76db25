"""The command line as a user meets it: real processes, real servers, the contract's exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ribao import __version__
from tests.conftest import DAY, KEY, printed_lines, settings_for, two_papers
from tests.loopback import HuggingFaceServer, LLMServer, status

COMMANDS = ("run", "demo", "import", "export", "status", "doctor", "init", "serve")


# ── help, version, wrong usage ────────────────────────────────────────────────────────────────


def test_help_comes_with_examples_first(ribao):
    said = ribao("--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.index("Examples:") < said.stdout.index("Options")
    assert all(re.search(rf"(?m)^\W+{command} ", said.stdout) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_commands_help_has_examples(command, ribao):
    said = ribao(command, "--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.index("Examples:") < said.stdout.index("Options")
    assert f"ribao {command}" in said.stdout.partition("Examples:")[2]


def test_version_is_name_and_version(ribao):
    said = ribao("--version")
    assert (said.returncode, said.stdout, said.stderr) == (0, f"ribao {__version__}\n", "")


WRONG = {
    "no such command": (["walk"], "walk"),
    "no such option": (["run", "--fast"], "--fast"),
    "a nonsense day": (["run", "yesterday"], "yesterday"),
    "a day that is none": (["run", "2026-02-30"], "2026-02-30"),
    "a day in another form": (["run", "20260112"], "YYYY-MM-DD"),
    "a week": (["run", "2026-W03-1"], "YYYY-MM-DD"),
    "the future": (["run", "2126-01-12"], "is in the future"),
    "a day and a span": (["run", DAY, "--since", DAY], "not both"),
    "an end without a beginning": (["run", "--until", DAY], "--since"),
    "an end before the beginning": (["run", "--since", "2026-01-13", "--until", DAY], "is after"),
    "no such form": (["export", "--format", "xml"], "jsonl, json, csv"),
    "no such file": (["import", "nowhere"], "nowhere"),
    "no such settings": (["--config", "nowhere.toml", "run", DAY], "nowhere.toml"),
    "nothing to serve": (["serve"], "ribao run"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_2_says_why_and_writes_nothing(case, at_once, tmp_path):
    words, expected = WRONG[case]
    said = at_once(*words)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_all_named_before_anything_is_asked(ribao, servers, tmp_path):
    env = settings_for(
        *servers, RIBAO_TIMEZONE="Mars", RIBAO_CHECK__MENDS="many", RIBAO_LLM__API_KEY=f"{KEY}密"
    )
    said = ribao("run", DAY, env=env)
    assert said.returncode == 2
    assert [re.findall(r"RIBAO_\w+", line) for line in printed_lines(said.stderr)] == [
        ["RIBAO_TIMEZONE"], ["RIBAO_LLM__API_KEY"], ["RIBAO_CHECK__MENDS"],
    ]  # fmt: skip
    assert KEY not in said.stderr
    assert [server.requests for server in servers] == [[], []]
    assert list(tmp_path.iterdir()) == []


# ── run ───────────────────────────────────────────────────────────────────────────────────────


def test_run_makes_an_issue_and_a_second_run_asks_nobody(ribao, servers, tmp_path):
    said = ribao("run", DAY, env=settings_for(*servers))
    assert said.returncode == 0, said.stderr
    first, *files = printed_lines(said.stdout)
    assert first == f"{DAY}  published, revision 1: 2 papers, 2 asked"
    names = ["index.html", "issue.md", "issue.json", "issue.epub", "stats.json"]
    assert [Path(file.strip()).name for file in files] == names
    assert all((tmp_path / file.strip()).is_file() for file in files)
    made = {file: file.read_bytes() for file in (tmp_path / "site").rglob("*") if file.is_file()}
    again = ribao("run", DAY, env=settings_for(*servers))
    assert (again.returncode, printed_lines(again.stdout)[0]) == (
        0,
        f"{DAY}  unchanged, revision 1: 2 papers",
    )
    assert len(servers[1].asked) == 2
    assert {
        file: file.read_bytes() for file in (tmp_path / "site").rglob("*") if file.is_file()
    } == made
    agents = {request.headers["User-Agent"] for request in servers[0].requests}
    assert all(agent.startswith("ribao/") for agent in agents)


def test_json_is_all_that_stands_on_stdout(ribao, servers):
    said = ribao(
        "run", "--since", DAY, "--until", "2026-01-14", "--json", env=settings_for(*servers)
    )
    report = json.loads(said.stdout)
    assert said.returncode == report["exit_code"] == 0
    assert [(day["day"], day["state"], day["papers"]) for day in report["days"]] == [
        (DAY, "published", 2), ("2026-01-13", "published", 1), ("2026-01-14", "empty", 0),
    ]  # fmt: skip
    assert said.stderr
    quiet = ribao("run", DAY, "--json", "--quiet", env=settings_for(*servers))
    assert (json.loads(quiet.stdout)["exit_code"], quiet.stderr) == (0, "")


def test_a_flagged_paper_is_3_and_named(ribao):
    def flawed(title, abstract):
        return {
            "title": "学会测试系统",
            "abstract": "我们提出一种方法，在少量监督下学会测试系统，用99个数据集训练，并与强基线比较，更快也更准确。",
            "gist": None,
        }

    with HuggingFaceServer({DAY: two_papers()[:1]}) as huggingface, LLMServer(flawed) as llm:
        said = ribao("run", DAY, env=settings_for(huggingface, llm, RIBAO_CHECK__MENDS="0"))
        assert said.returncode == 3, said.stderr
        assert "ribao: flagged: 2601.00001: " in said.stderr
        assert "99" in said.stderr
        assert "1 flagged" in said.stdout


def test_an_outage_is_1_and_leaves_the_issue_as_it_was(ribao, at_once, servers, tmp_path):
    env = settings_for(*servers)
    assert at_once("run", DAY, env=env).code == 0
    before = (tmp_path / "site" / DAY / "issue.json").read_bytes()
    servers[0].faults = [status(503)] * 20
    said = ribao(
        "run",
        "--since",
        DAY,
        "--until",
        "2026-01-13",
        "--json",
        env=env | {"RIBAO_HUGGINGFACE__FIRST_PAUSE": "0.01"},
    )
    assert said.returncode == json.loads(said.stdout)["exit_code"] == 1
    assert "503" in said.stderr
    assert (tmp_path / "site" / DAY / "issue.json").read_bytes() == before


def test_a_dry_run_asks_no_model_and_writes_nothing(ribao, servers, tmp_path):
    said = ribao("run", DAY, "--dry-run", "--json", env=settings_for(*servers))
    (day,) = json.loads(said.stdout)["days"]
    assert (said.returncode, day["state"], day["to_ask"]) == (0, "planned", 2)
    assert servers[1].requests == []
    assert list(tmp_path.iterdir()) == []


def test_renew_asks_again(at_once, servers):
    env = settings_for(*servers)
    at_once("run", DAY, env=env)
    assert at_once("run", DAY, "--renew", "--json", env=env).day["asked"] == 2
    assert len(servers[1].asked) == 4


def test_an_english_edition_asks_no_model_and_needs_no_key(ribao, servers, tmp_path):
    env = settings_for(
        servers[0], RIBAO_LANGUAGE="en", RIBAO_LLM__API_KEY="", RIBAO_LLM__BASE_URL=servers[1].url
    )
    said = ribao("run", DAY, env=env)
    assert said.returncode == 0, said.stderr
    issue = json.loads((tmp_path / "site" / DAY / "issue.json").read_text("utf-8"))
    assert issue["language"] == "en"
    assert {each["translation"]["status"] for each in issue["papers"]} == {"original"}
    assert [each["title"] for each in issue["papers"]] == [
        each["original_title"] for each in issue["papers"]
    ]
    assert servers[1].requests == []
    assert ribao("doctor", env=env).returncode == 0
    assert servers[1].requests == []
