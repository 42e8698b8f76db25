"""Questions that are ordered in batches: under way, back in any shape, and killed at any point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ribao.archive import Archive
from ribao.batches import Batch, portions, question_of, read_results
from ribao.money import Price
from ribao.types import Message, Request
from tests.batch_server import BatchServer, fault_of, result, titles
from tests.conftest import DAY, KEY
from tests.edition import Edition, rows
from tests.engines import flawed, run_at
from tests.loopback import HuggingFaceServer, completion, paper, pseudo_translate, reset, status

TUESDAY = "2026-01-13"
SPAN = ("--since", DAY, "--until", TUESDAY, "--batch")
NOW = datetime(2026, 1, 20, 8, 0, tzinfo=UTC)
WORDS = [
    "alpha",
    "bravo",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "jetty",
    "koala",
    "larch",
    "mango",
]


def listed(first: int, count: int) -> list[dict]:
    """Papers that each say something else: a text that crosses over to another one is seen."""
    return [
        paper(
            f"2601.{n:05d}",
            title=f"The {WORDS[n - 1]} method",
            summary=f"We study how a {WORDS[n - 1]} is found among many others. It is compared with "
            f"the {WORDS[-n]} of strong baselines on several tasks, where it is the best of them.",
        )
        for n in range(first, first + count)
    ]


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: listed(1, 3), TUESDAY: listed(4, 3)}) as server:
        yield server


@pytest.fixture
def llm():
    with BatchServer(key=KEY) as server:
        yield server


@pytest.fixture
def ours(tmp_path, source, llm):
    made = Edition(tmp_path, source, llm, RIBAO_LLM__CONCURRENCY="1")
    # It is known what the server takes: the first question of all is asked directly otherwise.
    with Archive.open(made.archive) as archive:
        archive._write(
            "INSERT INTO servers VALUES (?, ?, ?, ?, ?)",
            (f"{llm.url}/v1", "loopback-1", "json_object", 1, datetime.now(UTC).isoformat()),
        )
    return made


def told(days: tuple[str, ...], edition: Edition) -> dict[str, str]:
    """Every published text, by its paper."""
    return {i: p["abstract"] for day in days for i, p in edition.papers(day).items()}


def expected() -> dict[str, str]:
    inner = [each["paper"] for each in listed(1, 6)]
    return {p["id"]: pseudo_translate(p["title"], p["summary"])["abstract"] for p in inner}


def batches(edition: Edition) -> list[dict]:
    names = ("number", "engine", "base_url", "model", "created_at", "file_id", "batch_id")
    names += ("questions", "reserved", "currency", "state", "message", "lost")
    return [
        dict(zip(names, row, strict=True)) for row in rows(edition.archive, "batches")["batches"]
    ]


# ── as it should be ───────────────────────────────────────────────────────────────────────────


def test_days_are_ordered_waited_for_and_published(ours, llm):
    llm.looks = 2
    first = ours.run(*SPAN, "--json")
    assert first.code == 3
    days = json.loads(first.out)["days"]
    assert [day["state"] for day in days] == ["waiting", "waiting"]
    assert [day["to_ask"] for day in days] == [3, 3]
    assert "batch_1 (6 questions of loopback-1) is under way; run again" in days[0]["message"]
    assert not (ours.folder / "site").exists()
    second = ours.run(*SPAN)
    assert second.code == 3
    assert "is under way" in second.out
    assert ours.run(*SPAN).code == 3
    last = ours.run(*SPAN)
    assert last.code == 0, last.err
    assert told((DAY, TUESDAY), ours) == expected()
    # One file, one batch, and nobody was asked directly.
    assert (llm.routes["upload"], llm.routes["order"], llm.routes["chat"]) == (1, 1, 0)
    assert (batches(ours)[0]["state"], batches(ours)[0]["batch_id"]) == ("completed", "batch_1")
    # It is over: nothing is looked at any more.
    looked = llm.routes["look"]
    assert ours.run(*SPAN).code == 0
    assert (llm.routes["look"], llm.routes["upload"], llm.routes["chat"]) == (looked, 1, 0)


def test_a_file_of_questions_is_as_the_services_want_it(ours, llm):
    ours.run(*SPAN)
    lines = llm.ordered
    assert len({line["custom_id"] for line in lines}) == len(lines) == 6
    for line in lines:
        assert set(line) == {"custom_id", "method", "url", "body"}
        assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
        assert len(line["custom_id"]) <= 64
        assert line["body"]["model"] == "loopback-1"
        assert line["body"]["response_format"] == {"type": "json_object"}
        assert line["body"]["temperature"] == 0.2
    assert sorted(titles(lines)) == sorted(each["paper"]["title"] for each in listed(1, 6))


def test_a_run_that_may_wait_does_it_all(ours, llm):
    llm.looks = 3
    result = ours.run(*SPAN, "--wait-batch", "30")
    assert result.code == 0, result.err
    assert told((DAY, TUESDAY), ours) == expected()
    assert llm.routes["look"] == 4


def test_a_server_that_is_new_is_tried_out_with_one_question(tmp_path, source, llm):
    def picky(handler):
        if "json_schema" in handler.body.decode():
            handler.send(400, '{"error":{"message":"response_format json_schema is unknown"}}')
            return True
        return False

    llm.before["chat"] = [picky]
    fresh = Edition(tmp_path, source, llm)
    assert fresh.run(*SPAN, "--wait-batch", "30").code == 0
    assert (llm.routes["chat"], len(llm.ordered)) == (2, 5)
    assert {line["body"]["response_format"]["type"] for line in llm.ordered} == {"json_object"}
    assert told((DAY, TUESDAY), fresh) == expected()


def test_what_is_flawed_is_ordered_again_with_what_was_wrong(ours, llm):
    said = []

    def at_first(title, abstract):
        said.append(title)
        first = said.count(title) == 1
        return (flawed if first and "alpha" not in title else pseudo_translate)(title, abstract)

    llm.say = at_first
    result = ours.run(*SPAN, "--wait-batch", "30")
    assert result.code == 0, result.err
    assert told((DAY, TUESDAY), ours) == expected()
    assert [len(llm.lines(batch)) for batch in llm.batches.values()] == [6, 5]
    assert "99.9" in json.dumps(llm.ordered[-1]["body"]["messages"])
    assert llm.routes["chat"] == 0


def test_languages_that_are_asked_for_alike_share_one_question(ours, llm):
    pytest.importorskip("opencc")
    languages = {"RIBAO_LANGUAGES": "zh-Hant,ja"}
    assert ours.run(*SPAN, **languages).code == 3
    asked = [(q["paper_id"], q["language"]) for q in json.loads(batches(ours)[0]["questions"])]
    assert len(asked) == len(set(asked)) == 12
    assert {language for _, language in asked} == {"zh-Hans", "ja"}


# ── killed ────────────────────────────────────────────────────────────────────────────────────

POINTS = {
    "the file has arrived": ("done", "upload", 0),
    "the file is noted": ("before", "order", 0),
    "the batch is ordered": ("done", "order", 0),
    "it is looked at": ("before", "look", 0),
    "it has ended": ("done", "look", 1),
    "the answers are being read": ("before", "content", 0),
    "half of the answers are read": ("before", "content", 1),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_is_killed_orders_nothing_twice_and_loses_nothing(ours, llm, point):
    when, route, after = POINTS[point]
    llm.looks = 1
    llm.finish = lambda lines: (
        [llm.answered(line) for line in lines[1:]],
        [fault_of(500, "so it is")(lines[0])],
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "ribao", "run", *SPAN, "--wait-batch", "60"],
        cwd=ours.folder,
        env={**os.environ, **ours.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def kill(_):
        process.kill()
        process.wait(20)
        return False

    getattr(llm, when)[route] = [*[lambda _: False] * after, kill]
    assert process.wait(60) == -signal.SIGKILL
    getattr(llm, when).clear()
    assert not (ours.folder / "site").exists()
    result = ours.run(*SPAN, "--wait-batch", "60")
    assert result.code == 0, result.err
    assert told((DAY, TUESDAY), ours) == expected()
    # A file costs nothing; a batch does. What came back with an error is asked directly, once.
    assert len(llm.batches) == 1
    assert llm.routes["upload"] == (2 if point == "the file has arrived" else 1)
    assert len(rows(ours.archive, "replies")["replies"]) == 6
    assert llm.routes["chat"] == 1
    assert [batch["state"] for batch in batches(ours)] == ["completed"]


def test_a_batch_that_was_ordered_unheard_is_found_among_many(ours, llm):
    ours.run(*SPAN)
    for n in range(5):
        llm.batches[f"other-{n}"] = llm.batches["batch_1"] | {
            "id": f"other-{n}",
            "input_file_id": f"file-{n + 100}",
        }
    with Archive.open(ours.archive) as archive:
        archive._write("UPDATE batches SET batch_id = NULL", ())
    assert ours.run(*SPAN).code == 3
    assert (llm.routes["order"], llm.routes["list"]) == (1, 3)
    assert batches(ours)[0]["batch_id"] == "batch_1"
    assert ours.run(*SPAN).code == 0
    assert (llm.routes["order"], llm.routes["list"]) == (1, 3)


def test_an_order_whose_answer_is_lost_is_not_made_again(ours, llm):
    llm.done["order"] = [reset, reset]
    assert ours.run(*SPAN, "--wait-batch", "30").code == 0
    assert (llm.routes["order"], len(llm.batches)) == (1, 1)


def test_an_order_that_did_not_arrive_is_made_again(ours, llm):
    llm.before["order"] = [status(503), reset]
    assert ours.run(*SPAN, "--wait-batch", "30").code == 0
    assert (llm.routes["order"], len(llm.batches)) == (3, 1)
    assert told((DAY, TUESDAY), ours) == expected()


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


# ── others meanwhile ──────────────────────────────────────────────────────────────────────────


def test_a_usual_run_asks_nobody_for_what_is_under_way_and_fetches_what_is_done(ours, llm, source):
    llm.looks = 1
    ours.run(*SPAN)
    source.days[DAY] = listed(1, 3) + listed(7, 1)
    meanwhile = ours.run(DAY, "--json")
    assert meanwhile.code == 3
    assert llm.asked == ["The grove method"]
    assert (meanwhile.day["missing"], meanwhile.day["ok"]) == (3, 1)
    assert "batch_1 (6 questions of loopback-1) is under way" in meanwhile.err
    assert ours.run(DAY, "--dry-run", "--json").day["to_ask"] == 0
    after = ours.run(DAY, "--json")
    assert (after.code, after.day["ok"], after.day["asked"]) == (0, 4, 0)
    # What the same batch brought for the other day waits in the archive.
    assert ours.run(TUESDAY, "--json").day["asked"] == 0
    assert llm.asked == ["The grove method"]


def test_after_three_days_nobody_waits_any_longer(ours, llm):
    llm.looks = 10**6
    reports, _ = run_at(ours, NOW, batch=True)
    assert [each.exit_code for each in reports] == [3]
    reports, _ = run_at(ours, NOW + timedelta(days=2, hours=23))
    assert (reports[0].missing, llm.asked) == (3, [])
    reports, said = run_at(ours, NOW + timedelta(days=3, minutes=1))
    assert (reports[0].ok, len(llm.asked)) == (3, 3)
    assert any("given up" in line for line in said)
    assert "within three days" in batches(ours)[0]["message"]


def test_a_batch_of_an_engine_that_is_gone_is_told_and_given_up(ours, llm, tmp_path, source):
    run_at(ours, NOW, batch=True)
    with BatchServer() as other:
        moved = Edition(tmp_path, source, other)
        reports, said = run_at(moved, NOW + timedelta(hours=1))
        assert (reports[0].missing, other.asked) == (3, [])
        assert any("llm is not to be had by the settings" in line for line in said)
        reports, _ = run_at(moved, NOW + timedelta(days=4))
        assert (reports[0].ok, len(other.asked)) == (3, 3)
        # And no key has gone to a server that is not its own.
        assert all("look" not in each.path for each in other.requests)


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
