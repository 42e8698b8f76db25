"""What comes back of a batch: in any order, in part, broken, for somebody else, or not at all."""

# ruff: noqa: F811 - a fixture is an argument by its own name

from __future__ import annotations

import json

import pytest

from ribao.archive import Archive
from ribao.batches import Batch, portions, question_of, read_results
from ribao.money import Price
from ribao.types import Message, Request
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
from tests.batch_server import fault_of, result, titles
from tests.conftest import DAY
from tests.edition import rows
from tests.loopback import completion, reset, status

# ── back in any shape ─────────────────────────────────────────────────────────────────────────


def test_results_in_any_order_with_lines_missing_doubled_strange_and_broken(ours, llm):
    def shuffled(lines):
        one, two, three, _, *rest = [llm.answered(line) for line in lines]
        stranger = one | {"custom_id": "f" * 40}
        nobody = {key: value for key, value in two.items() if key != "custom_id"}
        impostor = result(one["custom_id"], 200, completion("Nothing of the kind."))
        broken = json.dumps(three)[:90].encode()
        odd = [b"[1, 2]", b"null", b"\xff\xfe\x00", b"", b"[" * 9_999, b'{"custom_id": ["x"]}']
        # The fourth is missing, and the third is cut off.
        return [*reversed(rest), stranger, two, nobody, broken, *odd, one, impostor], []

    llm.finish = shuffled
    ordered = ours.run(*SPAN)
    assert ordered.code == 3
    back = ours.run(*SPAN, "--json")
    assert back.code == 0, back.err
    assert told((DAY, TUESDAY), ours) == expected()
    # The two that came back without an answer are asked directly, and once only.
    assert llm.routes["chat"] == 2
    assert sorted(llm.asked) == sorted(titles(llm.ordered)[2:4])
    assert "4 answers, 2 questions without one" in back.err
    assert len(rows(ours.archive, "replies")["replies"]) == 6


def test_a_content_filter_refuses_and_a_fault_is_asked_as_usual(ours, llm):
    def finish(lines):
        filtered = fault_of(400, "Output data may contain inappropriate content.")
        faults = [filtered(lines[0]), fault_of(503, "overloaded")(lines[1])]
        expired = {
            "custom_id": lines[2]["custom_id"],
            "response": None,
            "error": {"code": "batch_expired", "message": "not in time"},
        }
        return [llm.answered(line) for line in lines[3:]], [*faults, expired]

    llm.finish = finish
    ours.run(*SPAN)
    back = ours.run(*SPAN, "--json")
    assert back.code == 3
    assert sorted(llm.asked) == sorted(titles(llm.ordered)[1:3])
    refused = next(
        p for p in ours.papers().values() if p["original_title"] == titles(llm.ordered)[0]
    )
    assert refused["translation"]["status"] == "missing"
    assert "refused" in refused["translation"]["findings"][0]["message"]
    assert {i for i, p in ours.papers().items() if p["translation"]["status"] == "ok"} == {
        "2601.00002",
        "2601.00003",
    }


def test_an_abstract_that_changed_meanwhile_gets_no_translation_of_the_older_one(ours, llm, source):
    ours.run(*SPAN)
    changed = listed(1, 3)
    changed[0]["paper"]["summary"] += " A second version says more about the matter."
    source.days[DAY] = changed
    result = ours.run(*SPAN)
    assert result.code == 0, result.err
    assert llm.asked == ["The alpha method"]
    assert "second version" in ours.papers()["2601.00001"]["original_abstract"]
    assert told((DAY,), ours)["2601.00001"] != expected()["2601.00001"]


@pytest.mark.parametrize("how", ["failed", "cancelled", "nothing came", "all lines err"])
def test_a_batch_that_brings_nothing_is_ordered_again_or_asked_without_it(ours, llm, how):
    llm.status = how if how in {"failed", "cancelled"} else "completed"
    llm.errors = {"data": [{"code": "token_limit_exceeded", "message": "Enqueued token limit"}]}
    err = how == "all lines err"
    llm.finish = lambda lines: ([], [fault_of(500, "down")(each) for each in lines] if err else [])
    ours.run(*SPAN)
    back = ours.run(*SPAN)
    # Nothing is asked directly at the full price; it is said, and ordered again.
    assert (back.code, llm.routes["chat"]) == (3, 0)
    assert "6 questions without one (token_limit" in back.err or "Enqueued token limit" in back.err
    assert (llm.routes["order"], batches(ours)[1]["state"]) == (2, "open")
    llm.batches["batch_2"]["status"] = "cancelled"
    # A run without --batch asks as usual.
    assert ours.run("--since", DAY, "--until", TUESDAY).code == 0
    assert llm.routes["chat"] == 6
    assert told((DAY, TUESDAY), ours) == expected()


def test_a_run_that_waits_orders_nothing_over_and_over(ours, llm):
    llm.status, llm.finish = "failed", lambda _: ([], [])
    result = ours.run(*SPAN, "--wait-batch", "30", "--json")
    assert result.code == 3
    assert llm.routes["order"] == 1
    assert "its batch brought no answer" in result.day["message"]
    assert "not ordered: 6 papers" in result.err


def test_what_was_answered_before_a_batch_expired_is_kept(ours, llm):
    llm.status = "expired"
    llm.finish = lambda lines: ([llm.answered(line) for line in lines[:4]], [])
    ours.run(*SPAN)
    back = ours.run(*SPAN)
    assert back.code == 3
    assert (len(llm.lines(llm.batches["batch_2"])), llm.routes["chat"]) == (2, 0)
    # A day that has all of its texts waits for nobody.
    done = {day for day in (DAY, TUESDAY) if (ours.folder / "site" / day).exists()}
    assert done == {DAY}
    llm.status, llm.finish = "completed", llm.all_answered
    assert ours.run(*SPAN).code == 0
    assert told((DAY, TUESDAY), ours) == expected()


def test_results_larger_than_any_single_answer_are_read(ours, llm):
    def large(lines):
        padding = {"padding": "x" * 2_000_000}
        return [llm.answered(line) | padding for line in lines], []

    llm.finish = large
    ours.run(*SPAN)
    result = ours.run(*SPAN)
    assert result.code == 0, result.err


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        ("look", status(500)),
        ("look", status(401)),
        ("look", status(200, "<html>")),
        ("look", status(200, '{"id": "../files", "status": "completed"}')),
        ("content", status(503)),
        ("content", reset),
    ],
)
def test_a_server_in_trouble_is_come_back_to(ours, llm, route, fault):
    ours.run(*SPAN)
    llm.before[route] = [fault] * 50
    troubled = ours.run(*SPAN, RIBAO_LLM__TIMEOUT="0.5")
    assert troubled.code == 3
    assert batches(ours)[0]["state"] == "open"
    assert (llm.routes["order"], llm.routes["chat"]) == (1, 0)
    llm.before[route] = []
    assert ours.run(*SPAN).code == 0
    assert told((DAY, TUESDAY), ours) == expected()


# ── lines and portions ────────────────────────────────────────────────────────────────────────


def request(number: int, text: str = "?") -> Request:
    said = (Message("system", "s"), Message("user", text))
    return Request(
        "huggingface", f"2601.{number:05d}", f"d{number}", "zh-Hans", "p", said, "t", "llm"
    )


def test_a_question_is_named_by_all_that_its_answer_depends_on():
    names = {question_of(request(1), "m").id, question_of(request(1), "n").id}
    names |= {question_of(request(1, "!"), "m").id, question_of(request(2), "m").id}
    assert len(names) == 4
    assert question_of(request(1), "m") == question_of(request(1), "m")


def test_files_are_neither_too_long_nor_too_large():
    lines = [(question_of(request(n), "m"), bytes(10)) for n in range(1, 11)]
    assert [len(each) for each in portions(lines, 4, 1_000)] == [4, 4, 2]
    assert [len(each) for each in portions(lines, 100, 35)] == [3, 3, 3, 1]
    assert [len(each) for each in portions(lines, 100, 5)] == [1] * 10
    assert [each for portion in portions(lines, 3, 1_000) for each in portion] == lines
    assert list(portions([])) == []


def made(count: int) -> Batch:
    questions = tuple(question_of(request(n), "m") for n in range(1, count + 1))
    return Batch(1, "llm", "http://s", "m", NOW, "f", "b", questions)


def line(question, text: str = "text", **more) -> str:
    return json.dumps(result(question.id, 200, completion(text) | more), ensure_ascii=False)


def test_a_reply_belongs_to_its_question_and_costs_its_part():
    batch = made(3)
    first, second, third = batch.questions
    price = Price(1000, 2000, 1000, "CNY").part(0.5)
    texts = [line(third, "three") + "\r\n\n" + line(first, "one\u2028still one"), ""]
    found = read_results(texts, batch, price)
    assert {key: reply.text for key, reply in found.replies.items()} == {
        third.id: "three",
        first.id: "one\u2028still one",
    }
    assert found.lost == (second.id,)
    reply = found.replies[first.id]
    assert (reply.paper_id, reply.digest, reply.terms) == ("2601.00001", "d1", "t")
    assert (reply.cost, reply.currency, reply.asked_at) == (0.75, "CNY", NOW)
    assert json.loads(reply.body)["choices"][0]["message"]["content"] == "one\u2028still one"


@pytest.mark.parametrize(
    "odd",
    [
        "{}",
        "[]",
        "7",
        "nul",
        '{"custom_id": null}',
        '{"custom_id": {"a": 1}}',
        '{"custom_id": "' + "0" * 40 + '"}',
        "1" * 5_000,
        "[" * 100_000,
    ],
)
def test_a_line_that_is_none_belongs_to_nobody(odd):
    batch = made(1)
    found = read_results([f"{odd}\n{line(batch.questions[0])}\n{odd}"], batch, None)
    assert (len(found.replies), found.lost, found.strange) == (1, (), 2)


@pytest.mark.parametrize(
    "response",
    [
        None,
        [],
        "text",
        {"status_code": 200},
        {"status_code": 200, "body": []},
        {"status_code": 200, "body": {"choices": []}},
        {"status_code": 200, "body": {"error": {"message": "no"}}},
        {"status_code": "200", "body": completion("text")},
        {"status_code": True, "body": None},
        {"status_code": 429, "body": {"error": "slow"}},
    ],
)
def test_a_line_without_an_answer_is_no_reply(response):
    batch = made(1)
    text = json.dumps({"custom_id": batch.questions[0].id, "response": response, "error": 5})
    found = read_results([text], batch, None)
    assert (found.replies, found.lost, found.strange) == ({}, (batch.questions[0].id,), 0)
    assert found.reason


def test_half_a_character_can_be_kept():
    batch = made(1)
    text = json.dumps(result(batch.questions[0].id, 200, completion("a \ud800 b")))
    reply = read_results([text], batch, None).replies[batch.questions[0].id]
    assert reply.text == "a � b"
    assert json.loads(reply.body.encode())["id"] == "c-1"
    with Archive.in_memory() as archive:
        archive.keep_reply(reply)
