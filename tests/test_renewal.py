"""When a paper is asked for again: its terms changed and a renewal is wanted, or its text did."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.edition import DAY, Edition, Noting, call, some
from tests.engines import Model, ordered
from tests.loopback import HuggingFaceServer, Loopback, paper, pseudo_translate, status
from tests.test_engines import small  # noqa: F401 - a fixture is asked for by its name

# ── terms ─────────────────────────────────────────────────────────────────────────────────────

HEADER = "term,rendering,forms,forbidden\n"


@pytest.fixture
def papers():
    listed = [
        paper(summary="We study a flux grommet that learns on its own from very few examples."),
        paper(
            "2601.00002",
            summary="We study reinforcement learning for systems that learn on their own.",
        ),
        paper("2601.00003", summary="We study a plain thing that has no name at all in our field."),
    ]
    with HuggingFaceServer({DAY: listed}) as server:
        yield server


def with_terms(folder: Path, source: Loopback, model: Model, lines: str) -> Edition:
    (folder / "terms.csv").write_text(HEADER + lines, "utf-8")
    (folder / "ribao.toml").write_text('terms = "terms.csv"\n', "utf-8")
    return ordered(folder, source, model)


def told(model: Noting) -> dict[str, str]:
    """The terms in each question, by the number in the paper's title."""
    found = {}
    for question in model.questions:
        said = question["messages"][1]["content"]
        terms = re.search(r"<terms>\n(.*?)\n</terms>", said, re.DOTALL)
        number = re.search(r"Number (\d+)", said)
        assert number
        found[number[1]] = terms[1] if terms else ""
    return found


def test_an_editions_terms_add_and_override_and_go_only_where_they_belong(tmp_path, papers):
    with Model("only") as model:
        ours = with_terms(
            tmp_path, papers, model, "flux grommet,通量扣环,,\nreinforcement learning,强化学,,\n"
        )
        assert ours.run().code == 0
        terms = told(model)
    assert "flux grommet=通量扣环" in terms["01"].splitlines()
    assert "reinforcement learning=强化学" in terms["02"].splitlines()
    assert "强化学习" not in terms["02"]
    assert "grommet" not in terms["02"] + terms["03"]
    assert terms["03"] == ""


def test_a_renewal_for_two_languages_asks_once(tmp_path, papers):
    with Model("only") as model:
        ours = with_terms(tmp_path, papers, model, "flux grommet,通量扣环,,\n")
        ours.env |= {"RIBAO_LANGUAGES": "zh-Hant"}
        ours.run()
        assert len(model.questions) == 3
        model.forget()
        with_terms(tmp_path, papers, model, "flux grommet,磁通垫圈,,\n")
        assert ours.run(DAY, "--renew", "--json").code == 0
        assert told(model) == {"01": "flux grommet=磁通垫圈"}
        model.forget()
        assert ours.run(DAY, "--renew", "--json").code == 0
        assert len(model.questions) == 3


def test_each_language_has_terms_of_its_own(tmp_path, papers):
    with Model("only") as model:
        ours = with_terms(tmp_path, papers, model, "flux grommet,通量扣环,,\n")
        ours.env |= {"RIBAO_LANGUAGES": "zh-Hant,ja", "RIBAO_CHECK__MENDS": "0"}
        ours.run()
        told_ja = [q for q in model.questions if "日本語" in q["messages"][0]["content"]]
        assert (len(model.questions), len(told_ja)) == (6, 3)
        assert not any("通量扣环" in q["messages"][1]["content"] for q in told_ja)
        (tmp_path / "terms.ja.csv").write_text(f"{HEADER}flux grommet,フラックス座金,,\n", "utf-8")
        model.forget()
        ours.run(DAY, "--renew", "--json", RIBAO_LANGUAGE="ja", RIBAO_LANGUAGES="")
        assert "flux grommet=フラックス座金" in told(model)["01"].splitlines()
        assert call(tmp_path, ours.env | {"RIBAO_LANGUAGE": "ja"}, "export").code == 0
        (tmp_path / "terms.ja.csv").write_text(f"{HEADER}no rendering,,,\n", "utf-8")
        result = ours.run()
        assert result.code == 2
        assert "terms.ja.csv: line 2: " in result.err


def test_a_changed_term_asks_nobody_but_with_renew_its_own_papers(tmp_path, papers):
    with Model("only") as model:
        with_terms(tmp_path, papers, model, "flux grommet,通量扣环,,\n").run()
        model.forget()
        ours = with_terms(tmp_path, papers, model, "flux grommet,磁通垫圈,,\n")
        result = ours.run()
        assert (result.code, result.day["asked"], model.questions) == (0, 0, [])
        result = ours.run(DAY, "--renew", "--json")
        assert (result.code, result.day["asked"]) == (0, 1)
        assert told(model) == {"01": "flux grommet=磁通垫圈"}
        assert "renews the 1 of 3 papers" in result.err
        assert ours.run().day["asked"] == 0
        model.forget()
        assert ours.run(DAY, "--renew", "--json").day["asked"] == 3
        # Neither does a term that no paper holds ask anybody.
        model.forget()
        ours = with_terms(tmp_path, papers, model, "flux grommet,磁通垫圈,,\nsprocket,链轮,,\n")
        assert ours.run().day["asked"] == 0


def test_a_forbidden_rendering_is_an_error_and_mended(tmp_path, papers):
    def say(title: str, abstract: str) -> dict[str, str]:
        text = pseudo_translate(title, abstract)
        first = len(model.questions) == 1
        return text | {"abstract": ("磁流圈" if first else "通量扣环") + text["abstract"]}

    papers.days[DAY] = papers.days[DAY][:1]
    with Model("only", say) as model:
        ours = with_terms(tmp_path, papers, model, "flux grommet,通量扣环,,磁流圈\n")
        result = ours.run()
        assert (result.code, len(model.questions)) == (0, 2), result.err
        assert "磁流圈" in model.questions[1]["messages"][-1]["content"]
        [note] = ours.issue()["papers"][0]["translation"]["findings"]
    assert (note["check"], note["severity"]) == ("terms", "note")
    assert "磁流圈" in note["message"]


def test_a_bad_list_of_terms_is_said_line_by_line_before_anything_is_done(tmp_path, papers):
    bad = "flux grommet,通量扣环,,\nflux grommets,磁通垫圈,,\nno rendering,,,\ntwo,cells\n"
    with Model("only") as model:
        result = with_terms(tmp_path, papers, model, bad).run()
    assert (result.code, papers.requests, model.questions) == (2, [], [])
    for line in (3, 4, 5):
        assert f"terms.csv: line {line}: " in result.err
    assert not (tmp_path / "ribao.sqlite").exists()
    ours = ordered(tmp_path, papers, model, RIBAO_TERMS=str(tmp_path / "nowhere.csv"))
    result = ours.run()
    assert result.code == 2
    assert "RIBAO_TERMS" in result.err
    (tmp_path / "endless.csv").write_bytes(b"\xe5" * 9_000_000)
    ours.env["RIBAO_TERMS"] = str(tmp_path / "endless.csv")
    assert "is larger than 8,388,608 bytes" in ours.run().err


def test_all_that_is_wrong_is_said_at_once(tmp_path, papers):
    with Model("only") as model:
        ours = with_terms(tmp_path, papers, model, "two,cells\n")
    ours.env |= {"RIBAO_ENGINES": "nobody only", "RIBAO_BUDGET": "1"}
    (tmp_path / "terms.ja.csv").write_text("no list", "utf-8")
    result = ours.run(RIBAO_LANGUAGES="ja")
    assert result.code == 2
    for wrong in ("'nobody' is none of", "terms.csv: line 2: 2 cells", "terms.ja.csv: line 1: "):
        assert result.err.count(wrong) == 1, result.err
    assert papers.requests == []


# ── texts that change upstream ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("changed", ["summary", "title"])
def test_a_second_version_is_asked_for_again_and_replaces_the_first(tmp_path, changed):
    news = {"summary": "The second version reaches 88.1% on a new task.", "title": "Version Two"}
    facts = {"title": "Version One", "summary": "The first version reaches 77.7% on a new task."}
    first = [*some(1), paper("2601.00002", **facts), *some(1, 3)]
    with HuggingFaceServer({DAY: first}) as source, Model("only") as model:
        ours = ordered(tmp_path, source, model)
        ours.run()
        old = ours.papers()["2601.00002"]
        model.forget()
        source.days[DAY] = [
            *some(1),
            paper("2601.00002", **facts | {changed: news[changed]}),
            *some(1, 3),
        ]
        result = ours.run()
        assert (result.code, result.day["asked"], result.day["revision"]) == (0, 1, 2)
        assert result.day["late"] == 0
        new = ours.papers()["2601.00002"]
        key = {"summary": "abstract", "title": "title"}[changed]
        assert new[f"original_{key}"] == news[changed]
        assert old[key] not in ours.text("index.html") + ours.text("issue.md")
        assert new[key] in ours.text("issue.md")
        assert ours.papers()["2601.00001"]["translation"]["status"] == "ok"
        assert ours.run().day["asked"] == 0
        # Both answers stay in the archive, and the first comes back with its text.
        model.forget()
        source.days[DAY] = first
        result = ours.run()
        assert (result.day["asked"], result.day["revision"]) == (0, 3)
        assert ours.papers()["2601.00002"][key] == old[key]


def test_a_second_version_that_cannot_be_translated_shows_no_old_text(tmp_path):
    with HuggingFaceServer({DAY: some(2)}) as source, Model("only") as model:
        ours = ordered(tmp_path, source, model)
        ours.run()
        old = ours.papers()["2601.00002"]
        source.days[DAY] = [*some(1), paper("2601.00002", title="Version Two")]
        model.forget(*[status(402)] * 9)
        result = ours.run()
    assert (result.code, result.day["revision"], result.day["missing"]) == (3, 2, 1)
    entry = ours.papers()["2601.00002"]
    assert (entry["title"], entry["translation"]["status"]) == ("Version Two", "missing")
    assert old["title"] not in ours.text("index.html")


# ── drafts ────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_for_an_engine_without_a_key_is_no_trouble_the_second_time_either(
    tmp_path,
    papers,
    small,  # noqa: F811 - a fixture is an argument by its own name
):
    ours = Edition(tmp_path, papers, None, RIBAO_LLM__API_KEY="", RIBAO_ENGINES="llm,local")
    first, second = ours.run(), ours.run()
    assert (first.code, first.day["drafts"], len(small.asked)) == (0, 3, 3)
    assert (second.code, second.day["state"], second.day["problems"]) == (0, "unchanged", [])
    assert len(small.asked) == 3
    # Who wants them anew is told that they are not.
    renewed = ours.run(DAY, "--json", "--renew", RIBAO_ENGINES="llm")
    assert renewed.code == 3
    assert all("keeps its older text" in line for line in renewed.day["problems"])
    assert len(renewed.day["problems"]) == 3
