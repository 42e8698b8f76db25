"""What asking costs: provenance, the price list and the budget."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.edition import DAY, Edition, call, some
from tests.engines import Model, flawed, only, ordered, run_at
from tests.loopback import HuggingFaceServer, paper, status

PRICES = """
[prices.first]
input = 2
output = 8
cached = 0.5
currency = "CNY"

[prices.free]
input = 0
output = 0
"""
OPENAI = {
    "prompt_tokens": 1000,
    "completion_tokens": 500,
    "total_tokens": 1500,
    "prompt_tokens_details": {"cached_tokens": 600},
}
DEEPSEEK = {
    "prompt_tokens": 1000,
    "completion_tokens": 500,
    "total_tokens": 1500,
    "prompt_cache_hit_tokens": 600,
    "prompt_cache_miss_tokens": 400,
}
# 400 fresh, 600 kept, 500 written.
COST = (400 * 2 + 600 * 0.5 + 500 * 8) / 1e6
JANUARY = datetime(2026, 1, 12, 8, tzinfo=UTC)


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: some(8), "2026-01-13": some(8, 11)}) as server:
        yield server


def priced(folder, source, *models: Model, prices: str = PRICES, **env: str) -> Edition:
    (folder / "ribao.toml").write_text(prices, "utf-8")
    return ordered(folder, source, *models, **env)


def cost(ours: Edition, *words: str) -> list[dict[str, Any]]:
    result = call(ours.folder, ours.env, "cost", "--json", *words)
    assert result.code == 0, result.err
    return json.loads(result.out)["usage"]


def spent(ours: Edition) -> float:
    return sum(line["cost"] or 0 for line in cost(ours))


# ── what a text cost ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("usage", [OPENAI, DEEPSEEK], ids=["openai", "deepseek"])
def test_cached_input_is_counted_at_its_own_price(tmp_path, source, usage):
    with Model("first", usage=usage) as model:
        ours = priced(tmp_path, source, model)
        assert ours.run().code == 0
    for entry in ours.papers().values():
        told = entry["translation"]
        assert told["cost"] == pytest.approx(COST)
        assert (told["currency"], told["input_tokens"], told["output_tokens"]) == ("CNY", 1000, 500)
        assert (told["engine"], told["model"], told["draft"]) == ("first", "first", False)
        assert len(told["prompt"]) == 12
        assert told["translated_at"].endswith("Z")
    [line] = cost(ours)
    month = f"{datetime.now(UTC):%Y-%m}"
    assert line == {
        "month": month,
        "engine": "first",
        "model": "first",
        "language": "zh-Hans",
        "replies": 8,
        "papers": 8,
        "input_tokens": 8000,
        "cached_tokens": 4800,
        "output_tokens": 4000,
        "cost": pytest.approx(8 * COST),
        "currency": "CNY",
        "unpriced": 0,
    }
    assert cost(ours, "--month") == cost(ours, month) == cost(ours, "--month", month) == [line]
    assert cost(ours, "2020-01") == []
    shown = call(tmp_path, ours.env, "cost", "--month").out
    assert "8,000 in (4,800 cached)" in shown
    assert f"{8 * COST:.4f} CNY" in shown
    html = re.sub(r"<[^>]+>", "", ours.text("index.html"))
    assert html.count(f"译：first · {datetime.now(UTC):%m-%d}") == 8


def test_what_was_asked_in_vain_costs_as_well(tmp_path):
    with (
        HuggingFaceServer({DAY: some(1)}) as source,
        Model("first", flawed, usage=OPENAI) as first,
        Model("free", usage=OPENAI) as free,
    ):
        ours = priced(tmp_path, source, first, free)
        assert ours.run().code == 0
        first_line, free_line = cost(ours)
    assert (first_line["replies"], first_line["papers"]) == (3, 1)
    assert first_line["cost"] == pytest.approx(3 * COST)
    assert (free_line["replies"], free_line["cost"]) == (1, 0)
    assert ours.papers()["2601.00001"]["translation"]["cost"] == 0


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": "many"}, [7]], ids=str)
def test_a_reply_whose_tokens_nobody_counted_has_no_cost(tmp_path, source, usage):
    with Model("first") as model:
        model.usage = {} if usage is None else usage
        ours = priced(tmp_path, source, model)
        assert ours.run().code == 0
    entry = ours.papers()["2601.00001"]["translation"]
    assert (entry["cost"], entry["currency"], entry["input_tokens"]) == (None, None, None)
    [line] = cost(ours)
    assert (line["cost"], line["unpriced"]) == (None, 8)


def test_a_model_without_a_price_costs_nothing_known_and_that_is_said(tmp_path, source):
    with Model("other") as model:
        ours = priced(tmp_path, source, model)
        assert ours.run().code == 0
        assert ours.papers()["2601.00001"]["translation"]["cost"] is None
        result = call(tmp_path, ours.env, "cost")
    assert (result.code, cost(ours)[0]["cost"]) == (0, None)
    assert "no price" in result.out
    assert 'add [prices."other"]' in result.err


@pytest.mark.parametrize("month", ["2026-13", "26-01", "january", "2026-1"])
def test_a_month_that_is_none_is_wrong_usage(tmp_path, source, month):
    with Model("first") as model:
        result = call(tmp_path, priced(tmp_path, source, model).env, "cost", month)
    assert result.code == 2
    assert month in result.err


# ── the budget ────────────────────────────────────────────────────────────────────────────────


def long_and_short() -> list[dict[str, Any]]:
    """A short paper first, then ever longer ones."""
    sentence = "We test a system on many tasks and compare it with all that was there before. "
    return [paper(f"2601.{n:05d}", summary=(sentence * n).strip()) for n in range(1, 21)]


def by_length(factor: float) -> Callable[[str, str], Mapping[str, int]]:
    """A server that counts so many tokens for each character, and some for the prompt."""

    def usage(title: str, abstract: str) -> Mapping[str, int]:
        count = 400 + round(factor * len(abstract))
        return {"prompt_tokens": count, "completion_tokens": count}

    return usage


@pytest.mark.parametrize(
    ("factor", "concurrency"), [(0.2, "8"), (2, "1"), (2, "8"), (20, "8"), (200, "8")]
)
def test_asking_stops_before_the_budget_is_passed(tmp_path, factor, concurrency):
    # About a third of what the day would cost.
    tokens = [400 + factor * len(each["paper"]["summary"]) for each in long_and_short()]
    limit = sum(tokens) * 10 / 1e6 / 3
    with (
        HuggingFaceServer({DAY: long_and_short()}) as source,
        Model("first", usage=by_length(factor), delay=0.01) as model,
    ):
        ours = priced(
            tmp_path,
            source,
            model,
            RIBAO_BUDGET=f"{limit:.6f}",
            RIBAO_ENGINE__FIRST__CONCURRENCY=concurrency,
        )
        result = ours.run()
        assert result.code == 3
        assert "the month's budget is used up" in result.err
        assert "RIBAO_BUDGET" in result.err
        assert 0 < spent(ours) <= limit
        report = result.day
        assert report["ok"] == len(model.questions) == len(ours.rows()["replies"]) > 0
        assert report["missing"] == 20 - report["ok"]
        # And again: what is left does not reach for those that are left either.
        before = spent(ours)
        again = ours.run()
        assert again.code == 3
        assert before <= spent(ours) <= limit
        # With more of it the rest is done.
        model.forget()
        result = ours.run(RIBAO_BUDGET=f"{limit * 10:.6f}")
        assert (result.code, result.day["ok"]) == (0, 20), result.err
        assert len({question["messages"][1]["content"] for question in model.questions}) == len(
            model.questions
        )


def test_a_budget_of_nothing_asks_nobody_who_costs_something(tmp_path, source):
    with Model("first") as first, Model("free") as free:
        ours = priced(tmp_path, source, first, free, RIBAO_BUDGET="0")
        result = ours.run()
        assert (first.questions, len(free.questions)) == ([], 8)
        assert result.day["ok"] == 8
        assert "the month's budget is used up (0 of 0 CNY)" in result.err


def test_the_free_engine_takes_over_where_the_budget_ends(tmp_path, source):
    with Model("first", usage=OPENAI) as first, Model("free", usage=OPENAI) as free:
        ours = priced(tmp_path, source, first, free, RIBAO_BUDGET=str(4.5 * COST))
        result = ours.run()
        assert result.day["ok"] == 8
        assert len(first.questions) + len(free.questions) == 8
        assert 1 <= len(first.questions) <= 4
        assert spent(ours) <= 4.5 * COST
        assert "used up" in result.err


def test_a_new_month_begins_at_nothing(tmp_path):
    days = {f"2026-01-{day}": some(2, 10 * day) for day in (12, 13, 14)}
    with HuggingFaceServer(days) as source, Model("first", usage=OPENAI) as model:
        ours = priced(tmp_path, source, model, RIBAO_BUDGET=str(2.5 * COST))
        [report], _ = run_at(ours, JANUARY, "2026-01-12")
        assert report.ok == 2
        [report], told = run_at(ours, datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "2026-01-13")
        assert (report.ok, report.exit_code) == (0, 3)
        assert any("used up" in line for line in told)
        # In Shanghai it is February for eight hours already: a month is one of UTC.
        [report], _ = run_at(ours, datetime(2026, 2, 1, 0, 1, tzinfo=UTC), "2026-01-13")
        assert (report.ok, report.exit_code) == (2, 0)
        [report], _ = run_at(ours, datetime(2026, 2, 2, tzinfo=UTC), "2026-01-14")
        assert (report.ok, report.exit_code) == (0, 3)
    assert [(line["month"], line["replies"]) for line in cost(ours)] == [
        ("2026-01", 2),
        ("2026-02", 2),
    ]


def test_a_budget_needs_prices(tmp_path, source):
    with Model("other") as other, Model("first") as first:
        ours = priced(tmp_path, source, first, other, RIBAO_BUDGET="1")
        result = ours.run()
        assert result.code == 2
        assert 'budget: other (other) has no price; add [prices."other"]' in result.err
        assert first.questions == other.questions == source.requests == []
        assert not ours.archive.exists()
        dollars = PRICES + '[prices.other]\ninput = 1\noutput = 1\ncurrency = "USD"\n'
        result = priced(tmp_path, source, first, other, prices=dollars, RIBAO_BUDGET="1").run()
        assert result.code == 2
        assert "CNY, USD" in result.err


def test_what_is_left_of_the_budget_is_shown(tmp_path, source):
    with Model("first", usage=OPENAI) as model:
        ours = priced(tmp_path, source, model, RIBAO_BUDGET="1")
        ours.run()
        shown = call(tmp_path, ours.env, "cost", "--month").out
    assert f"budget  {8 * COST:.4f} of 1, {1 - 8 * COST:.4f} left" in shown


def test_a_question_that_fails_is_not_counted(tmp_path, source):
    with Model("first", usage=OPENAI, faults=only("Number 03", status(400))) as model:
        ours = priced(tmp_path, source, model, RIBAO_BUDGET=str(9 * COST))
        result = ours.run()
    assert (result.day["ok"], result.day["missing"]) == (7, 1)
    assert spent(ours) == pytest.approx(7 * COST)
