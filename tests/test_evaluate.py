"""``ribao evaluate``: engines held against references, and errors planted in faithful pairs."""

from __future__ import annotations

import itertools
import json
import random
import sys

import pytest
from lxml import html

from ribao.asking import Translator
from ribao.evaluate import Reference, Score, ask_all, figures_of, read_references, worst_papers
from ribao.executors import serial
from ribao.pairs import read_pairs
from ribao.plan import Rules
from ribao.planted import KINDS, REWRITES, Sample
from ribao.recall import find_planted
from ribao.renderers.evaluation import Table, as_text
from ribao.scores import Scores
from ribao.terminal import Silent
from ribao.types import Paper, Reply
from tests.conftest import DAY, KEY
from tests.edition import Edition, Noting, Result, call
from tests.loopback import HuggingFaceServer, LLMServer, completion, paper, status

PAIRS = [
    {
        "id": "2601.00001",
        "title": "MapWalk: Planning Routes",
        "abstract": "Existing agents rarely look at a map. We propose MapWalk, an agent trained on "
        "20,000 routes without human labels. On RouteBench, it outperforms GPT-4o and improves "
        "accuracy by 22.1%. Code is available at https://github.com/maps/mapwalk.",
        "title_zh": "MapWalk：规划路线",
        "abstract_zh": "现有智能体很少查看地图。我们提出了MapWalk，这是一种使用20000条路线训练、没有人类标签的智能体。"
        "在RouteBench上，它优于GPT-4o，准确率提高了22.1%。代码可在https://github.com/maps/mapwalk获取。",
    },
    {
        "id": "2601.00002",
        "title": "SoundForge: Cloning Voices",
        "abstract": "Speech synthesis needs many recordings. We present SoundForge, which clones "
        "voices quickly. It needs 30 seconds of speech.",
        "title_zh": "SoundForge：克隆声音",
        "abstract_zh": "语音合成需要大量录音。我们介绍了SoundForge，它可以迅速克隆声音。它需要30秒的语音。",
    },
    {
        "id": "2601.00003",
        "title": "LeafCount: Counting Leaves",
        "abstract": "Counting leaves by hand is slow. We introduce LeafCount, a dataset of 450 "
        "images. Models trained on it count leaves with an error of 3.5%.",
        "title_zh": "LeafCount：数叶子",
        "abstract_zh": "人工数叶子很慢。我们介绍了LeafCount，这是一个包含450张图像的数据集。在其上训练的模型数叶子的误差为3.5%。",
    },
]
BY_TITLE = {pair["title"]: pair for pair in PAIRS}


def faithful(title: str, _: str) -> dict[str, str]:
    """The reference itself."""
    pair = BY_TITLE[title]
    return {"title": pair["title_zh"], "abstract": pair["abstract_zh"], "gist": "提出一种方法。"}


def unfaithful(title: str, abstract: str) -> object:
    """One paper with a number changed, one that is no JSON, one refused."""
    if title.startswith("MapWalk"):
        said = faithful(title, abstract)
        return said | {"abstract": said["abstract"].replace("22.1", "27.1")}
    return "I would rather not." if title.startswith("Sound") else completion("", "content_filter")


@pytest.fixture
def pairs(tmp_path):
    file = tmp_path / "pairs.json"
    file.write_text(json.dumps(PAIRS), "utf-8")
    return file


def evaluate(folder, *words: str, engines: dict[str, str], more: str = "", **env: str) -> Result:
    """Run the command with these servers as the edition's engines, in this order."""
    tables = "".join(
        f'[engine.{name}]\nbase_url = "{url}/v1"\nmodel = "{name}-1"\napi_key = "{KEY}"\n'
        "first_pause = 0.02\ntimeout = 5.0\n"
        for name, url in engines.items()
    )
    settings = f"engines = {json.dumps(list(engines))}\n{tables}{more}"
    (folder / "ribao.toml").write_text(settings, "utf-8")
    return call(folder, env, "evaluate", *words)


# ── engines ───────────────────────────────────────────────────────────────────────────────────


def test_two_engines_side_by_side(tmp_path, pairs):
    with LLMServer(faithful) as one, LLMServer(unfaithful) as two:
        engines = {"good": one.url, "poor": two.url}
        result = evaluate(tmp_path, "pairs.json", "--json", engines=engines)
    report = json.loads(result.out)
    # What the checks find is what is measured: it is no failure.
    assert result.code == report["exit_code"] == 0, result.err
    good, poor = report["engines"]
    assert (good["engine"], good["translated"], good["flagged"]) == ("good", 3, 0)
    assert good["abstract_score"] == {"chrf": 100.0, "bleu": 100.0}
    assert (good["input_tokens"], good["output_tokens"]) == (2100, 1200)
    assert good["seconds"] >= 0
    assert (good["cost"], good["currency"]) == (None, None)
    outcomes = [poor[name] for name in ("translated", "unreadable", "refused", "failed", "flagged")]
    assert outcomes == [1, 1, 1, 0, 1]
    assert poor["abstract_score"]["chrf"] < 100
    (numbers,) = [each for each in poor["checks"] if each["check"] == "numbers"]
    assert numbers["errors"] > 0
    assert numbers["papers"] == 1
    assert [each["outcome"] for each in poor["each"]] == ["translated", "unreadable", "refused"]
    assert not (tmp_path / "ribao.sqlite").exists()
    assert not (tmp_path / "site").exists()


def test_what_it_cost(tmp_path, pairs):
    prices = '[prices."good-1"]\ninput = 2.0\noutput = 8.0\ncurrency = "CNY"\n'
    with LLMServer(faithful) as llm:
        words = ("pairs.json", "--json", "--limit", "2")
        result = evaluate(tmp_path, *words, engines={"good": llm.url}, more=prices)
    (engine,) = json.loads(result.out)["engines"]
    assert engine["cost"] == pytest.approx(2 * (700 * 2 + 400 * 8) / 1e6)
    assert engine["currency"] == "CNY"
    assert engine["papers"] == 2


def test_the_budget_of_the_month_is_not_asked(tmp_path, pairs):
    with LLMServer(faithful) as llm:
        settings = (
            f'engines = ["llm"]\nbudget = 0.0\n[llm]\nbase_url = "{llm.url}/v1"\nmodel = "m"\n'
        )
        (tmp_path / "ribao.toml").write_text(settings, "utf-8")
        result = call(tmp_path, {}, "evaluate", "pairs.json")
    assert result.code == 0, result.err


def test_the_question_is_that_of_a_run(tmp_path, pairs):
    listed = [paper("2601.00001", title=PAIRS[0]["title"], summary=PAIRS[0]["abstract"])]
    with HuggingFaceServer({DAY: listed}) as huggingface, Noting(faithful, key=KEY) as llm:
        edition = Edition(tmp_path, huggingface, llm)
        assert edition.run().code == 0
        assert call(tmp_path, edition.env, "evaluate", "pairs.json", "--limit", "1").code == 0
    run, trial = llm.questions
    assert trial == run


def test_an_engine_that_is_down_says_so_in_its_column(tmp_path, pairs):
    with LLMServer(faithful) as llm:
        engines = {"gone": "http://127.0.0.1:9", "good": llm.url}
        result = evaluate(tmp_path, "pairs.json", engines=engines)
    assert result.code == 3
    lines = {line.split()[0]: line.split()[1:] for line in result.out.splitlines() if line.split()}
    assert lines["state"] == ["down", "all", "answered"]
    assert lines["translated"] == ["0", "of", "3", "3", "of", "3"]
    assert "gone: " in result.err
    assert "cannot be reached" in result.err


def test_an_engine_without_a_key_costs_only_its_column(tmp_path, pairs):
    with LLMServer(faithful) as llm:
        words = ("pairs.json", "--engine", "deepseek", "--engine", "good", "--json")
        result = evaluate(tmp_path, *words, engines={"good": llm.url})
    deepseek, good = json.loads(result.out)["engines"]
    assert (result.code, deepseek["failed"], good["translated"]) == (3, 3, 3)
    assert "DEEPSEEK_API_KEY" in deepseek["failure"]
    assert "DEEPSEEK_API_KEY" in result.err


def test_an_engine_that_denies_is_asked_once(tmp_path, pairs):
    with LLMServer(faithful, faults=[status(402)] * 9) as llm:
        more = "concurrency = 1\n"
        result = evaluate(tmp_path, "pairs.json", "--json", engines={"poor": llm.url}, more=more)
        asked = len(llm.requests)
    (engine,) = json.loads(result.out)["engines"]
    assert (result.code, asked, engine["failed"]) == (3, 1, 3)
    assert "out of money" in engine["failure"]


def test_one_failure_costs_one_paper(tmp_path, pairs):
    with LLMServer(faithful, faults=[status(418)]) as llm:
        words = ("pairs.json", "--json")
        result = evaluate(tmp_path, *words, engines={"good": llm.url}, more="concurrency = 1\n")
    (engine,) = json.loads(result.out)["engines"]
    assert (result.code, engine["failed"], engine["translated"]) == (3, 1, 2)
    assert engine["each"][0]["outcome"] == "failed"
    assert engine["abstract_score"]["chrf"] == 100.0


def test_only_the_engines_that_are_named(tmp_path, pairs):
    with LLMServer(faithful) as one, LLMServer(faithful) as two:
        engines = {"first": one.url, "second": two.url}
        words = ("pairs.json", "--engine", "second", "--engine", "second", "--json")
        result = evaluate(tmp_path, *words, engines=engines)
        assert len(one.requests) == 0
    assert [each["engine"] for each in json.loads(result.out)["engines"]] == ["second"]


def test_a_name_that_means_nothing(tmp_path, pairs):
    with LLMServer(faithful) as llm:
        result = evaluate(tmp_path, "pairs.json", "--engine", "nobody", engines={"a": llm.url})
        assert len(llm.requests) == 0
    assert result.code == 2
    assert "nobody" in result.err


def test_an_edition_without_chinese(tmp_path, pairs):
    result = evaluate(
        tmp_path, "pairs.json", engines={"a": "http://127.0.0.1:9"}, RIBAO_LANGUAGE="en"
    )
    assert result.code == 2
    assert "RIBAO_LANGUAGE=zh-Hans" in result.err


def test_without_sacrebleu_nobody_is_asked(tmp_path, pairs, monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    with LLMServer(faithful) as llm:
        result = evaluate(tmp_path, "pairs.json", engines={"a": llm.url})
        assert len(llm.requests) == 0
    assert result.code == 2
    assert "pip install 'ribao[evaluate]'" in result.err


# ── the report as a page ──────────────────────────────────────────────────────────────────────


def test_the_page_shows_the_worst_with_all_their_texts(tmp_path, pairs):
    with LLMServer(faithful) as one, LLMServer(unfaithful) as two:
        engines = {"good": one.url, "poor": two.url}
        result = evaluate(tmp_path, "pairs.json", "--html", "report.html", engines=engines)
    assert result.code == 0, result.err
    page = html.fromstring((tmp_path / "report.html").read_bytes())
    assert page.xpath("//article/h3/text()")[0] == PAIRS[0]["title"]
    worst = page.xpath("//article")[0].text_content()
    for text in (
        PAIRS[0]["abstract"],
        PAIRS[0]["abstract_zh"],
        "提高了27.1%",
        "27.1% does not stand",
    ):
        assert text in worst
    cells = page.xpath("//tr[th='numbers']/td/text()")
    assert cells[0] == "0 / 0"
    assert int(cells[1].split()[0]) > 0
    assert page.xpath("//script") == []
    assert page.xpath("//@src | //link[not(@rel='icon')]") == []


def test_hostile_texts_are_text_on_the_page_and_the_terminal(tmp_path, pairs):
    evil = "<script>alert(1)</script>\x1b[2J"

    def say(title: str, abstract: str) -> object:
        said = json.dumps(faithful(title, abstract) | {"title": evil})
        return completion(said, model=f"m{evil}")

    with LLMServer(say) as llm:
        words = ("pairs.json", "--html", "report.html")
        result = evaluate(tmp_path, *words, engines={"a": llm.url})
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in result.out
    assert "m<script>" in result.out


@pytest.mark.parametrize("place", ["nowhere/report.html", "."])
def test_a_page_without_a_place_is_told_before_anybody_is_asked(tmp_path, pairs, place):
    with LLMServer(faithful) as llm:
        result = evaluate(tmp_path, "pairs.json", "--html", place, engines={"a": llm.url})
        assert len(llm.requests) == 0
    assert result.code == 2
    assert "--html" in result.err


# ── bad pairs ─────────────────────────────────────────────────────────────────────────────────


def test_one_bad_pair_never_costs_the_report(tmp_path):
    bad = [{**PAIRS[0], "abstract_zh": " "}, PAIRS[1], 7, PAIRS[1], {**PAIRS[2], "date": 3}]
    (tmp_path / "pairs.json").write_text(json.dumps(bad))
    with LLMServer(faithful) as llm:
        result = evaluate(tmp_path, "pairs.json", "--json", engines={"a": llm.url})
    report = json.loads(result.out)
    assert (result.code, report["pairs"], report["engines"][0]["translated"]) == (3, 2, 2)
    assert report["passed_over"] == [
        'pair 1: has no text "abstract_zh"',
        "pair 3: is no object",
        "pair 4: 2601.00002 is there already",
    ]
    assert all(problem in result.err for problem in report["passed_over"])


@pytest.mark.parametrize("planted", [(), ("--planted",)])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", "must be a list"),
        (b"[]", "holds no pair"),
        (b'[{"id": "x"}]', 'has no text "title"'),
        (b"[" * 100_000, "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        (None, "cannot be read"),
    ],
)
def test_a_wrong_file_is_wrong_usage(tmp_path, at_once, planted, body, said):
    if body is not None:
        (tmp_path / "pairs.json").write_bytes(body)
    result = at_once("evaluate", "pairs.json", *planted)
    assert (result.code, result.out) == (2, "")
    assert "pairs.json: " in result.err
    assert said in result.err


def test_without_a_file_the_form_is_named(at_once):
    for words in (("evaluate",), ("evaluate", "--planted")):
        result = at_once(*words)
        assert result.code == 2
        assert '"abstract_zh"' in result.err


def test_planted_asks_nobody(at_once, pairs):
    result = at_once("evaluate", "--planted", "pairs.json", "--engine", "llm")
    assert result.code == 2
    assert "--engine" in result.err


def test_a_limit_takes_the_first_and_a_seed_draws(tmp_path):
    many = [{**PAIRS[0], "id": str(number)} for number in range(40)]
    file = tmp_path / "pairs.json"
    file.write_text(json.dumps(many))

    def ids(*draw: int) -> list[str]:
        return [one.paper.id for one in read_pairs(file, *draw)[0]]

    assert ids(3) == ["0", "1", "2"]
    assert ids(10, 1) == ids(10, 1) != ids(10, 2)
    assert len(set(ids(10, 1))) == 10
    assert len(ids(99)) == 40


# ── the parts ─────────────────────────────────────────────────────────────────────────────────


def test_scores_are_those_of_sacrebleu():
    scores = Scores()
    assert scores(["甲乙丙丁戊"], ["甲乙丙丁戊"]) == Score(100.0, 100.0)
    assert scores(["", "甲"], ["甲乙丙", "乙"]) == Score(0.0, 0.0)
    near = scores(["我们提出了一种新的方法。"], ["我们提出了一种方法。"])
    assert 40 < near.bleu < 100
    assert 40 < near.chrf < 100
    assert "tok:zh" in scores.signatures()["BLEU"]
    assert "nw:2" in scores.signatures()["chrF++"]


def test_scores_have_signatures_before_anything_is_measured():
    assert set(Scores().signatures()) == {"BLEU", "chrF++"}


class Slow:
    """An engine that answers after one second more for each paper, by the watch."""

    name, model, price = "slow", "slow-1", None

    def ask(self, request) -> Reply:
        said = json.dumps(faithful(BY_ID[request.paper_id]["title"], ""))
        return _reply(request, said)


BY_ID = {pair["id"]: pair for pair in PAIRS}


def _reply(request, text: str) -> Reply:
    from ribao.app import now

    return Reply(
        request.source,
        request.paper_id,
        request.digest,
        request.language,
        now(),
        "slow",
        "slow-1",
        request.prompt,
        "stop",
        text,
        "",
    )


RULES = Rules("zh-Hans", {"prompt.system": "Translate."}, "p", (), 2)


def test_seconds_are_those_of_the_call():
    references, _ = read_references(PAIRS)
    # Before and after each call: the first takes 1 s, the second 2 s, the third 6 s.
    watch = iter([0.0, 1.0, 10.0, 12.0, 20.0, 26.0])
    translator = Translator(Slow(), serial)
    answers = ask_all(references, translator, RULES, lambda: next(watch), Silent())
    assert [answers[one.paper.id].seconds for one in references] == [1.0, 2.0, 6.0]
    figures = figures_of(Slow(), references, answers, RULES, lambda *_: Score(1, 2))
    assert figures.seconds == 2.0
    # Nobody said how many tokens there were: nothing is made of nothing.
    assert (figures.input_tokens, figures.cost, figures.currency) == (None, None, None)


def test_the_worst_are_those_with_errors_then_those_unlike_their_reference():
    references, _ = read_references(PAIRS)
    chances = itertools.cycle([Score(50, 1), Score(60, 1), Score(50, 1), Score(30, 1)])
    answers = ask_all(references, Translator(Slow(), serial), RULES, lambda: 0.0, Silent())
    wrong = Reference(Paper("pairs", "x", "T", "It costs 7 dollars."), "题", "它售价7美元。")
    measured = iter([50, 60, 50, 30, 50, 40])
    figures = figures_of(
        Slow(),
        references,
        answers,
        RULES,
        lambda texts, _: Score(next(measured, 0), 0) if len(texts) == 1 else next(chances),
    )
    worst = worst_papers(references, [figures])
    assert [each.reference.paper.id for each in worst] == ["2601.00002", "2601.00003", "2601.00001"]
    assert worst_papers(references, [figures], 1) == worst[:1]
    assert worst_papers([wrong], []) == ()


def test_a_table_is_aligned_by_what_is_seen():
    table = Table("", ("a", "bb"), (("万\x07", "1"), ("abc", "22")))
    assert as_text([table]).splitlines() == ["a    bb", "万    1", "abc  22"]


# ── planted errors ────────────────────────────────────────────────────────────────────────────


def test_planted_errors_are_counted(tmp_path, at_once, pairs):
    result = at_once("evaluate", "--planted", "pairs.json", "--json", "--html", "report.html")
    report = json.loads(result.out)
    assert result.code == report["exit_code"] == 0
    kinds = {each["kind"]: each for each in report["kinds"]}
    assert set(kinds) == set(KINDS)
    assert kinds["decimal"]["planted"] == kinds["decimal"]["found"] == 6
    assert kinds["link"]["checks"]["links"] == 3
    assert report["found"] == sum(each["found"] for each in kinds.values())
    assert report["recall"] > 0.9
    assert report["faithful"] == {"rewrite": "as they are", "pairs": 3, "alarms": 0, "share": 0.0}
    assert {each["rewrite"] for each in report["rewrites"]} == set(REWRITES)
    page = html.fromstring((tmp_path / "report.html").read_bytes())
    assert page.xpath("//tr[th='decimal']/td/text()")[:3] == ["6", "6", "100.0%"]


def test_the_same_seed_plants_the_same(at_once, pairs):
    first, second, other = (
        at_once("evaluate", "--planted", "pairs.json", "--json", "--seed", seed)
        for seed in ("1", "1", "2")
    )
    assert first == second
    assert first.out != other.out
    assert first.out == at_once("evaluate", "--planted", "pairs.json", "--json").out


def test_a_pair_that_is_wrong_is_shown_and_helps_no_figure(tmp_path, at_once):
    wrong = PAIRS[0]["abstract_zh"].replace("22.1", "35.9")
    (tmp_path / "pairs.json").write_text(json.dumps([{**PAIRS[0], "abstract_zh": wrong}]))
    result = at_once("evaluate", "--planted", "pairs.json", "--html", "report.html")
    assert result.code == 0
    assert "2601.00001 as they are: MapWalk: Planning Routes" in result.out
    assert "35.9% does not stand in the original" in result.out
    assert "35.9% does not stand" in (tmp_path / "report.html").read_text("utf-8")


def test_what_was_said_before_anything_was_planted_is_not_found():
    title, text = "A Title of Some Words", "It costs 7 dollars. It works well. It is small."
    sample = Sample(title, text, "一个有些词的题目", "它售价9美元。它运行良好。它很小。")
    report = find_planted([("x", sample)], random.Random, Silent(), seed=1, times=1)
    (last,) = [each for each in report.kinds if each.kind == "negation in"]
    assert (last.planted, last.recall) == (0, None)
    assert report.faithful.alarms == 1
    assert (report.alarms[0].id, report.alarms[0].rewrite) == ("x", "as they are")


def test_planted_errors_in_real_pairs(at_once, corpus):
    words = ("evaluate", "--planted", str(corpus / "translations_zh.json"), "--limit", "4")
    result = at_once(*words, "--seed", "5", "--json")
    report = json.loads(result.out)
    assert result.code == 0
    assert report["pairs"] == 4
    assert report["recall"] >= 0.9
    assert report["faithful"]["alarms"] == 0
