"""The docs say what is so: fresh, complete, and every command in them is one."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sqlite3
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path

import apsw
import pytest
import typer

from ribao import cli, statistics
from ribao.archive import Archive
from ribao.archive.schema import MIGRATIONS
from ribao.checks import CHECKS
from ribao.config import Settings
from ribao.demo import DAY, LANGUAGE, run_demo
from ribao.export import plain
from ribao.phrases import read_phrases
from ribao.renderers.illustrations import can_illustrate
from ribao.sections import LLMSettings
from ribao.services import SERVICES
from ribao.starter import prices_table, settings_table
from ribao.statistics import Statistics
from ribao.terminal import Silent
from ribao.texts import load_texts
from ribao.topics import read_areas
from ribao.types import Issue, IssuePaper
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
REFERENCE = ROOT / "docs" / "reference.md"
TWINS = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in ("tutorial", "guide", "trust", "terms", "statistics")
    ),
]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
OPERATORS = {"&&", "||", "|", ";", "&", ">", ">>", "<"}
ASSIGNED = re.compile(r"[A-Z_]+=.*", re.DOTALL)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, *kinds: str) -> list[str]:
    found = BLOCK.findall(page.read_text("utf-8"))
    return [body for _, kind, body in found if kind in kinds]


# ── the reference ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def make_reference():
    spec = importlib.util.spec_from_file_location(
        "make_reference", ROOT / "docs" / "make_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> str:
    return REFERENCE.read_text("utf-8")


def test_the_reference_is_fresh(make_reference):
    assert make_reference.main(["--check"]) == 0, "run: make reference"


def test_check_tells_a_stale_reference(make_reference, tmp_path, monkeypatch, capsys):
    stale = tmp_path / "reference.md"
    monkeypatch.setattr(make_reference, "PLACE", stale)
    assert make_reference.main(["--check"]) == 1
    stale.write_text("# Reference\n")
    assert make_reference.main(["--check"]) == 1
    assert "make reference" in capsys.readouterr().err
    assert make_reference.main([]) == 0
    assert make_reference.main(["--check"]) == 0


def test_a_field_without_a_meaning_is_an_error(make_reference, monkeypatch):
    monkeypatch.delitem(make_reference.MEANINGS, "Issue.day")
    with pytest.raises(make_reference.Unexplained, match=r"Issue\.day"):
        make_reference.reference()


def test_a_meaning_without_a_field_is_an_error(make_reference, monkeypatch):
    monkeypatch.setitem(make_reference.MEANINGS, "Issue.colour", "red")
    with pytest.raises(make_reference.Unexplained, match=r"Issue\.colour"):
        make_reference.reference()


def test_every_command_and_option_is_in_the_reference(reference):
    for name, command in commands().items():
        section = reference.split(f"### {name}\n")[1].split("\n## ")[0].split("\n### ")[0]
        for param in command.params:
            for option in param.opts if param.param_type_name == "option" else ():
                assert f"`{option}" in section, (name, option)
            if param.param_type_name == "argument":
                assert param.metavar.strip("[]….") in section, (name, param.name)


def test_every_setting_is_in_the_reference(reference):
    for name, variable, _, meaning in settings_table():
        assert f"| `{name}` | `{variable}` |" in reference
        assert meaning, f"{name} has no description"
    for service in SERVICES:
        key = f"`{service.key}`" if service.key else ""
        assert f"| `{service.name}` | {key} | `{service.base_url}` |" in reference
    for name, *_ in prices_table():
        assert f"| `{name}` |" in reference


def test_every_table_and_column_is_in_the_reference(reference):
    database = apsw.Connection(":memory:")
    for migration in MIGRATIONS:
        database.execute(migration)
    tables = [
        row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type='table'")
    ]
    assert len(tables) > 5
    for table in tables:
        section = reference.split(f"### {table}\n")[1].split("\n##")[0]
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == columns


def test_every_check_and_area_is_in_the_reference(reference):
    for check in CHECKS:
        assert re.search(rf"^\| `{check.name}` \| [\w, ]* ?\| \S", reference, re.MULTILINE), (
            check.name
        )
    for area in read_areas((ROOT / "src" / "ribao" / "areas.toml").read_text("utf-8")):
        assert f"| `{area.slug}` | {area.names['zh-Hans']} | {area.names['en']} |" in reference


def test_the_phrases_are_counted_in_the_reference(reference):
    listed = list(read_phrases((ROOT / "src" / "ribao" / "phrases.toml").read_text("utf-8")))
    section = reference.split("## Phrases\n")[1]
    counts = dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", section, re.MULTILINE))
    assert counts == {
        family: str(count) for family, count in Counter(each.family for each in listed).items()
    }
    for page in ("README.md", "README.zh.md", "docs/statistics.md", "docs/statistics.zh.md"):
        assert str(len(listed)) in (ROOT / page).read_text("utf-8"), page


def test_every_key_of_an_issue_and_its_numbers_is_in_the_reference(reference):
    numbers = [
        kind
        for kind in vars(statistics).values()
        if is_dataclass(kind) and kind.__module__ == statistics.__name__
    ]
    assert Statistics in numbers
    for kind in (Issue, IssuePaper, *numbers):
        section = reference.split(f"### {kind.__name__}\n")[1].split("\n##")[0]
        keys = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert keys == list(kind.__dataclass_fields__)


SPOKEN = {
    "assets/cover.png", "podcast.xml", "podcast-brief.xml",
    *(f"YYYY-MM-DD/{stem}{end}" for stem in ("brief", "issue") for end in (".mp3", ".vtt", ".chapters.json")),
}  # fmt: skip

ROUNDUP = {
    f"weeks/YYYY-Www/{name}" for name in (
        "index.html", "roundup.md", "roundup.json", "wordcloud.svg", "wordcloud.png", "trend.svg", "trend.png",
    )
}  # fmt: skip


def test_the_files_that_are_written_are_in_the_reference(reference, demo):
    section = reference.split("## Files that are written\n")[1].split("\n## ")[0]
    written = {
        re.sub(r"\d{4}-\d\d-\d\d", "YYYY-MM-DD", path.relative_to(demo / "site").as_posix())
        for path in (demo / "site").rglob("*")
        if path.is_file()
    }
    listed = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    assert can_illustrate()
    # Here is no voice, and nothing is rounded up; what these leave behind is looked at where there
    # is a voice (test_studio) and a round-up (test_cli_roundup).
    assert listed - written == SPOKEN | ROUNDUP
    assert written <= listed


# ── commands in the docs ──────────────────────────────────────────────────────────────────────


def commands() -> dict:
    group = typer.main.get_command(cli.app)
    return {"ribao": group} | {f"ribao {name}": c for name, c in group.commands.items()}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def shell_lines(page: Path) -> Iterator[str]:
    """What a reader would type, without prompts and output."""
    for body in blocks(page, "sh"):
        yield from body.replace("\\\n", " ").splitlines()
    for body in blocks(page, "console"):
        yield from (line[2:] for line in body.splitlines() if line.startswith("$ "))
    for body in blocks(page, "crontab"):
        yield from (line.split(maxsplit=5)[5].replace("\\%", "%") for line in body.splitlines())


def calls(line: str) -> Iterator[list[str]]:
    """The commands of a line, each as its words; redirections and assignments left out."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.wordchars += "…%$*+"
    lexer.whitespace_split = True
    words, target = [], False
    for token in [*lexer, ";"]:
        if token in {">", ">>", "<"}:
            target = True
        elif token in OPERATORS:
            yield words
            words, target = [], False
        elif target:
            target = False
        elif words or not ASSIGNED.fullmatch(token):
            words.append(token)


def problem(words: list[str]) -> str | None:
    """Why this is no command of ours, or None where it is one (or is somebody else's)."""
    if words[:1] == ["make"]:
        return None if set(words[1:]) <= make_targets() else f"no such target: {words}"
    if words[:1] != ["ribao"]:
        return None
    group = typer.main.get_command(cli.app)
    try:
        with group.make_context("ribao", words[1:]) as context:
            rest = [*getattr(context, "_protected_args", ()), *context.args]
            name, command, left = group.resolve_command(context, rest)
            command.make_context(name, left, parent=context)
    except typer.Exit:
        return None  # --version and --help end here
    except Exception as error:  # noqa: BLE001 - where click's errors live depends on typer's version
        return f"{words}: {type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_in_the_docs_is_one(page):
    found = [words for line in shell_lines(page) for words in calls(line)]
    assert [said for words in found if (said := problem(words))] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_named_in_a_sentence_is_one(page):
    spans = re.findall(r"`(ribao|make) ([a-z]+)\b[^`\n]*`", page.read_text("utf-8"))
    known = {("make", target) for target in make_targets()} | {tuple(n.split()) for n in commands()}
    assert set(spans) <= known


def test_commands_are_found_and_wrong_ones_are_told():
    line = (
        'cd x && A=1 ribao run --since "$(date -d yesterday +%F)" >> log | ribao export # comment'
    )
    ours = [words for words in calls(line) if words[:1] == ["ribao"]]
    assert ours == [["ribao", "run", "--since", "$(date -d yesterday +%F)"], ["ribao", "export"]]
    assert not problem(ours[0])
    for wrong in ("ribao rum", "ribao run --sinc x", "ribao run a b", "ribao import", "make tea"):
        assert problem(wrong.split()), wrong
    in_docs = [w for page in PAGES for line in shell_lines(page) for w in calls(line)]
    assert sum(words[:1] == ["ribao"] for words in in_docs) > 50


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_settings_in_the_docs_are_valid(page, monkeypatch):
    known = {variable for _, variable, _, _ in settings_table()} | {"RIBAO_CORPUS"}
    known |= {f"RIBAO_ENGINE__MINE__{name}".upper() for name in LLMSettings.model_fields}
    assert set(re.findall(r"\bRIBAO_[A-Z_]+\b", page.read_text("utf-8"))) <= known
    for body in blocks(page, "toml"):
        Settings(**tomllib.loads(body))


# ── the archive's queries ─────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    run_demo(folder, Silent())
    return folder


def test_the_five_queries_of_the_guide_run_on_the_demos_archive(demo):
    queries = blocks(ROOT / "docs" / "guide.md", "sql")
    assert len(queries) == 5
    assert blocks(ROOT / "docs" / "guide.zh.md", "sql") == queries
    with apsw.Connection(str(demo / "ribao.sqlite"), flags=apsw.SQLITE_OPEN_READONLY) as database:
        with_code, doubtful, tokens, late, replies = (
            database.execute(query).fetchall() for query in queries
        )
    issue = plain_issue(demo)
    assert len(with_code) == issue["stats"]["with_code"]
    flagged = [p["id"] for p in issue["papers"] if p["translation"]["status"] == "flagged"]
    assert flagged
    assert {row[1] for row in doubtful} == set(flagged)
    assert tokens[0][:2] == ("2026-01", "sample")
    assert late[0][2] == sum(paper["late"] for paper in issue["papers"]) == 3
    assert len(replies) > 1


def test_the_queries_run_with_the_sqlite_that_python_brings(demo):
    if sqlite3.sqlite_version_info < (3, 37):
        return  # the guide says which version it takes
    database = sqlite3.connect(f"file:{demo / 'ribao.sqlite'}?mode=ro", uri=True)
    try:
        for query in blocks(ROOT / "docs" / "guide.md", "sql"):
            assert database.execute(query).fetchall()
    finally:
        database.close()


def plain_issue(demo: Path) -> dict:
    with Archive.open(demo / "ribao.sqlite", read_only=True) as archive:
        return plain(archive.issue(DAY, LANGUAGE))


# ── pages ─────────────────────────────────────────────────────────────────────────────────────


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_within_the_docs_leads_somewhere(page):
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]*`", "", text)
    for written, image in LINK.findall(text):
        target, _, anchor = (written or image).partition("#")
        if target.startswith(("http://", "https://")):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{named(page)}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{named(page)}: {target}#{anchor}"


@pytest.mark.parametrize("page", TWINS, ids=named)
def test_a_page_and_its_chinese_twin_have_the_same_parts(page):
    twin = page.with_suffix(".zh.md")

    def shape(of: Path) -> list[str]:
        return re.findall(r"^(#{1,6}) |^```(\w+)$", of.read_text("utf-8"), re.MULTILINE)

    assert shape(page) == shape(twin)


@pytest.mark.parametrize("page", [page.with_suffix(".zh.md") for page in TWINS], ids=named)
def test_chinese_pages_use_full_width_punctuation(page):
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]*`|\]\([^)]*\)|<[^>]*>", "", text)
    assert re.findall(r".{0,8}[\u4e00-\u9fff][,;:!?()](?!\w).{0,8}", text) == []


FINDINGS = [
    ("numbers", "numbers.lost", ("7,500",)), ("numbers", "numbers.stranger", ("7.5万",)),
    ("omission", "omission.sentence", ("…",)), ("sense", "sense.turned", ("…", "…")),
]  # fmt: skip


@pytest.mark.parametrize("name", ["trust.md", "trust.zh.md"])
def test_the_page_for_readers_quotes_marks_and_findings_as_the_pages_tell_them(name):
    text, words = (ROOT / "docs" / name).read_text("utf-8"), load_texts("zh-Hans")
    for mark in ("flagged", "missing", "draft"):
        assert f"| {words[f'issue.mark_{mark}']}" in text
    for check, kind, given in FINDINGS:
        told = words[f"finding.{kind}"].format(words["where.abstract"], *given)
        assert f"| {words[f'check.{check}']}：{told} |" in text
    assert words["voice.this_flagged"].rstrip("。") in text


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_shows_the_result_and_the_two_commands_first(name):
    text = (ROOT / name).read_text("utf-8")
    picture, demo, test = (text.index(w) for w in ("docs/pictures/", "make demo", "make test"))
    assert picture < demo < test < text.index("\n## ")


def test_pictures_are_small():
    pictures = list((ROOT / "docs" / "pictures").glob("*.png"))
    assert pictures
    assert all(picture.stat().st_size < 300_000 for picture in pictures)
