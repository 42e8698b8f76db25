"""Easy papers to the cheap engine and hard ones to the strong one: why, and what it saves."""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, closing

import pytest

from ribao.config import load_settings
from ribao.difficulty import Route, difficulty
from ribao.errors import ConfigError
from ribao.plan import Asked, Rules, next_request
from ribao.services import check_names
from ribao.texts import load_texts
from tests.conftest import DAY, KEY, settings_for
from tests.edition import call
from tests.loopback import HuggingFaceServer, LLMServer
from tests.loopback import paper as entry
from tests.made import FLAWED, paper, reply

EASY = paper(title="Machines that read maps", abstract="We show that machines can read maps.")
HARD = paper(
    abstract="Trained on 456,000,000 tokens and 35,000 images, it scores 81.2, 77.5, 90.1 and 12.4 "
    "on four tasks, in 3 of 5 runs, at $O(n^2)$ and $x_1$ for 1,200,000 users in 2026."
)


@pytest.mark.parametrize(("of", "hard"), [(EASY, False), (HARD, True)])
def test_what_is_hard_and_why(of, hard):
    judged = difficulty(of, 6)
    assert judged.hard is hard
    assert judged.reason.startswith(f"{'hard' if hard else 'easy'} {judged.points:.1f}: ")
    assert difficulty(of, judged.points).hard is False
    assert difficulty(of, judged.points - 0.01).hard is True


def test_the_heaviest_trait_is_named_first():
    assert difficulty(HARD, 6).reason.split(": ")[1].startswith("numbers ")
    assert difficulty(EASY, 6).reason.endswith("nothing")


@pytest.mark.parametrize("text", ["", " ", "。" * 500, "9" * 20_000, "$" * 999])
def test_odd_texts_are_judged_too(text):
    assert difficulty(paper(abstract=text), 6).points >= 0


def _rules(route=None) -> Rules:
    engines = (Asked("strong", "s"), Asked("cheap", "c"), Asked("third", "t"))
    return Rules("zh-Hans", load_texts("zh-Hans"), "p", engines, 0, route=route)


def test_who_is_asked_first_and_who_then():
    route = Route("cheap", "strong", 6)
    for of, names in ((EASY, ["cheap", "strong", "third"]), (HARD, ["strong", "cheap", "third"])):
        replies = []
        for name in names:
            request = next_request(of, replies, _rules(route))
            assert (request.engine, request.route) == (name, difficulty(of, 6).reason)
            replies.append(reply(FLAWED, of, engine=name))
        assert next_request(of, replies, _rules(route)) is None
    assert (next_request(EASY, [], _rules()).engine, next_request(EASY, [], _rules()).route) == (
        "strong",
        "",
    )


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({"RIBAO_ROUTE__EASY": "llm"}, ["route.hard"]),
        ({"RIBAO_ROUTE__EASY": "ollama", "RIBAO_ROUTE__HARD": "openai"}, ["route.easy", "route.hard"]),
    ],
)  # fmt: skip
def test_a_route_needs_two_engines_that_are_asked(env, names, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        check_names(load_settings())
    assert [problem.split()[0] for problem in caught.value.problems] == names


def test_a_day_is_shared_out_the_reason_kept_and_the_saving_shown(tmp_path):
    listed = [
        entry("2601.00001", summary=EASY.abstract),
        entry("2601.00002", summary=HARD.abstract),
    ]
    with ExitStack() as stack:
        huggingface = stack.enter_context(HuggingFaceServer({DAY: listed}))
        cheap, strong = (stack.enter_context(LLMServer()) for _ in range(2))
        prices = {"c": {"input": 1, "output": 2}, "s": {"input": 10, "output": 20}}
        env = settings_for(
            huggingface,
            RIBAO_ENGINES="cheap strong",
            RIBAO_ENGINE__CHEAP__BASE_URL=f"{cheap.url}/v1",
            RIBAO_ENGINE__CHEAP__MODEL="c",
            RIBAO_ENGINE__STRONG__BASE_URL=f"{strong.url}/v1",
            RIBAO_ENGINE__STRONG__MODEL="s",
            RIBAO_ROUTE__EASY="cheap",
            RIBAO_ROUTE__HARD="strong",
            RIBAO_PRICES=json.dumps(prices),
        )
        assert call(tmp_path, env, "run", DAY).code == 0
        assert [len(cheap.asked), len(strong.asked)] == [1, 1]
        shown = call(tmp_path, env, "cost").out
        [saving] = json.loads(call(tmp_path, env, "cost", "--json").out)["routes"]
    assert saving["papers"] == 1
    assert saving["otherwise"] == pytest.approx(10 * saving["cost"])
    assert "1 easy papers by cheap" in shown
    assert "saved" in shown
    with closing(sqlite3.connect(tmp_path / "ribao.sqlite")) as archive:
        kept = dict(archive.execute("SELECT paper_id, route FROM replies"))
    assert kept["2601.00001"].startswith("easy ")
    assert kept["2601.00002"].startswith("hard ")


def test_one_engine_of_a_route_can_be_tried_alone(tmp_path, servers):
    pair = {
        "id": "1",
        "title": "Maps",
        "abstract": "A map.",
        "title_zh": "地图",
        "abstract_zh": "图。",
    }
    (tmp_path / "pairs.json").write_text(json.dumps([pair]), "utf-8")
    env = settings_for(
        *servers,
        RIBAO_ENGINES="llm mine",
        RIBAO_ENGINE__MINE__BASE_URL=f"{servers[1].url}/v1",
        RIBAO_ENGINE__MINE__MODEL="m",
        RIBAO_ENGINE__MINE__API_KEY=KEY,
        RIBAO_ROUTE__EASY="llm",
        RIBAO_ROUTE__HARD="mine",
        RIBAO_VOICE__ENGINE="none",
    )
    tried = call(tmp_path, env, "evaluate", "pairs.json", "--engine", "mine")
    assert tried.code == 0, tried.err
    doctor = call(tmp_path, env, "doctor", "--json")
    engines = {c["message"]: c["state"] for c in json.loads(doctor.out) if c["name"] == "engine"}
    assert list(engines.values()) == ["good", "good"], engines
