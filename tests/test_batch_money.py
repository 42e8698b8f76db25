"""What batches cost, and what cannot be ordered."""

# ruff: noqa: F811 - a fixture is an argument by its own name

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ribao.archive import Archive
from tests.batch_edition import (  # noqa: F401 - fixtures are asked for by their names
    NOW,
    SPAN,
    TUESDAY,
    batches,
    expected,
    listed,
    llm,
    ours,
    source,
    told,
)
from tests.batch_server import BatchServer
from tests.conftest import DAY, KEY
from tests.edition import Edition
from tests.engines import run_at
from tests.loopback import status

# ── money ─────────────────────────────────────────────────────────────────────────────────────

PRICED = {
    "RIBAO_PRICES": json.dumps({"loopback-1": {"input": 1000.0, "output": 2000.0}}),
}
# 700 tokens in, 400 out: 1.5 when asked directly.


def test_a_question_in_a_batch_costs_half(ours, llm):
    assert ours.run(*SPAN, "--wait-batch", "30", **PRICED).code == 0
    costs = [paper["translation"]["cost"] for paper in ours.papers().values()]
    assert costs == pytest.approx([0.75] * 3)
    own = {"RIBAO_PRICES": PRICED["RIBAO_PRICES"].replace("2000.0", '2000.0, "batch": 0.25')}
    with BatchServer(key=KEY) as other:
        elsewhere = Edition(ours.folder / "other", ours.env["RIBAO_HUGGINGFACE__BASE_URL"], other)
        elsewhere.folder.mkdir()
        assert elsewhere.run(DAY, "--wait-batch", "30", "--batch", **own).code == 0
        costs = [paper["translation"]["cost"] for paper in elsewhere.papers().values()]
        assert sorted(costs) == pytest.approx([0.375, 0.375, 1.5])


def test_an_order_beyond_the_budget_is_not_made(ours, llm):
    budget = PRICED | {"RIBAO_BUDGET": "2"}
    first = ours.run(*SPAN, "--json", **budget)
    assert first.code == 3
    ordered = len(llm.ordered)
    assert 0 < ordered < 6
    assert "budget" in first.err
    reserved = batches(ours)[0]["reserved"]
    assert 0 < reserved <= 2
    # What is under way counts: nothing more fits, neither in a batch nor without one.
    again = ours.run("2026-01-13", **budget | {"RIBAO_BUDGET": str(reserved + 0.01)})
    assert again.code == 3
    # It has come back by now, and what it cost in truth leaves room or not; never is it passed.
    with Archive.open(ours.archive, read_only=True) as archive:
        [(spent,)] = archive.rows("SELECT total(cost) FROM replies")
    assert llm.routes["order"] == 1
    assert spent <= 0.75 * ordered + 1e-9


def test_what_is_ordered_counts_until_it_is_back(ours, llm):
    llm.looks = 10**6
    budget = PRICED | {"RIBAO_BUDGET": "30"}
    ours.run(DAY, "--batch", **budget)
    reserved = batches(ours)[0]["reserved"]
    tight = PRICED | {"RIBAO_BUDGET": str(reserved + 0.2)}
    result = ours.run(TUESDAY, "--json", **tight)
    assert (result.code, llm.routes["chat"]) == (3, 0)
    assert "budget is used up" in result.err


def test_what_was_ordered_last_month_is_not_paid_from_this_one(ours, llm):
    llm.looks = 1
    ours.env |= PRICED | {"RIBAO_BUDGET": "30"}
    run_at(ours, datetime(2026, 1, 31, 23, 0, tzinfo=UTC), batch=True)
    february = datetime(2026, 2, 1, 1, 0, tzinfo=UTC)
    # All of it would be used up: each of three, at 1.5 and more.
    ours.env["RIBAO_BUDGET"] = "7"
    reports, _ = run_at(ours, february, TUESDAY)
    assert (reports[0].ok, len(llm.asked)) == (3, 3)
    reports, _ = run_at(ours, february)
    with Archive.open(ours.archive, read_only=True) as archive:
        months = archive.rows("SELECT substr(asked_at, 1, 7), total(cost) FROM replies GROUP BY 1")
    assert reports[0].ok == 3
    assert months == [("2026-01", pytest.approx(2.25)), ("2026-02", pytest.approx(4.5))]


# ── what cannot be ────────────────────────────────────────────────────────────────────────────


def test_a_server_without_the_interface_says_so_and_shows_no_key(ours, llm):
    llm.before["upload"] = [status(404, json.dumps({"error": {"message": f"no {KEY}"}}))] * 9
    result = ours.run(*SPAN)
    assert result.code == 3
    assert "answered 404" in result.err
    assert "without --batch" in result.err
    assert KEY not in result.err + result.out
    assert batches(ours) == []


def test_a_refused_order_is_told_and_ends(ours, llm):
    said = json.dumps({"error": {"message": "The model does not support batches"}})
    llm.before["order"] = [status(400, said)] * 9
    result = ours.run(*SPAN, "--json")
    assert result.code == 3
    assert "does not support batches" in result.err
    assert [each["state"] for each in batches(ours)] == ["failed"]
    assert ours.run("--since", DAY, "--until", TUESDAY).code == 0


def test_no_engine_with_the_interface_and_options_that_do_not_go_together(ours, llm):
    nobody = ours.run(*SPAN, RIBAO_ENGINES="ollama", RIBAO_ENGINE__OLLAMA__MODEL="m")
    assert nobody.code == 2
    assert "none of the engines" in nobody.err
    for words in (("--batch", "--renew"), ("--batch", "--dry-run"), ("--wait-batch", "5")):
        assert ours.run(DAY, *words).code == 2
    assert llm.requests == []
