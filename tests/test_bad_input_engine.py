"""What a language model can do to us: real faults of a real server, and what becomes of the issue."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.edition import DAY, Edition, Noting, snapshot, some
from tests.loopback import (
    HuggingFaceServer,
    answer_with,
    completion,
    cut,
    drip,
    hang,
    paper,
    paper_asked,
    pseudo_translate,
    reset,
    status,
)

KEY = "sk-test-0123456789abcdef"
REPLY = json.dumps(completion("{}")).encode()
HTML = "<!doctype html><html><body>Bad gateway</body></html>"
TRANSIENT = {
    "429": status(429),
    "500": status(500, "the server had an error"),
    "529": status(529, HTML, kind="text/html"),
    "reset": reset,
    "hang": hang(0.6),
    "drip": drip(REPLY, 0.02),
    "cut by its length": cut(REPLY),
    "half a JSON": answer_with(REPLY[: len(REPLY) // 2]),
    "an HTML page": answer_with(HTML, "text/html"),
    "an error with 200": answer_with('{"error":{"message":"upstream overloaded","code":500}}'),
    "no choices": answer_with('{"choices":[]}'),
    "null": answer_with("null"),
    "nothing": answer_with(""),
}


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: some(3)}) as server:
        yield server


def edition(tmp_path: Path, source, llm, **env: str) -> Edition:
    return Edition(
        tmp_path,
        source,
        llm,
        **{"RIBAO_LLM__TIMEOUT": "0.3", "RIBAO_LLM__FIRST_PAUSE": "0.005"} | env,
    )


def counts(llm: Noting) -> Counter[str]:
    """How often each paper was asked, by its title."""
    return Counter(paper_asked(question)[0] for question in llm.questions)


def is_untranslated(entry: dict) -> bool:
    return (
        entry["translation"]["status"] == "missing"
        and entry["title"] == entry["original_title"]
        and entry["abstract"] == entry["original_abstract"]
        and entry["gist"] is None
        and any(finding["severity"] == "error" for finding in entry["translation"]["findings"])
    )


# ── the account ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (401, "RIBAO_LLM__API_KEY"),
        (402, "top it up"),
        (403, "RIBAO_LLM__API_KEY"),
        (404, "llm.model"),
    ],
)
def test_a_denial_stops_the_asking_and_is_healed_by_the_next_run(tmp_path, code, remedy):
    with (
        HuggingFaceServer({DAY: some(12)}) as source,
        Noting(faults=[status(code, '{"error":{"message":"no such thing"}}')] * 50) as llm,
    ):
        ours = edition(tmp_path, source, llm, RIBAO_LLM__CONCURRENCY="4", RIBAO_LLM__TIMEOUT="5")
        result = ours.run()
        assert result.code == 3
        assert 1 <= len(llm.requests) <= 4
        assert result.err.count("stopped asking") == 1
        assert remedy in result.err
        assert str(code) in result.err
        papers = ours.papers()
        assert len(papers) == 12
        assert all(map(is_untranslated, papers.values()))
        assert all(identifier in result.err for identifier in papers)
        assert ours.text("issue.md").count("未翻译") == 12
        assert ours.text("index.html").count("未翻译") >= 12
        again = ours.run()
        assert (again.code, again.day["state"], again.day["revision"]) == (3, "unchanged", 1)
        llm.faults, llm.questions = [], []
        result = ours.run()
        assert (result.code, result.day["revision"], result.day["late"]) == (0, 2, 0)
        assert set(counts(llm).values()) == {1}
        assert len(llm.questions) == 12
        files = ours.files()
        assert ours.run().day["asked"] == 0
    assert ours.files() == files


def test_the_right_key_is_what_heals_a_wrong_one(tmp_path, source):
    with Noting(key=KEY) as llm:
        ours = edition(tmp_path, source, llm)
        assert ours.run(RIBAO_LLM__API_KEY="sk-wrong-wrong-wrong").code == 3
        assert ours.run().code == 0


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\u200b钥匙", f"{KEY}\x01"], ids=ascii)
def test_a_key_that_no_header_can_hold_is_said_so_without_showing_it(tmp_path, source, key):
    with Noting(key=KEY) as llm:
        ours = edition(tmp_path, source, llm, RIBAO_LLM__API_KEY=key)
        result = ours.run()
    assert result.code in ({0} if key.strip() == KEY else {2, 3})
    assert KEY not in result.out + result.err
    assert result.code == 0 or "RIBAO_LLM__API_KEY" in result.err


# ── one paper that it will not translate ──────────────────────────────────────────────────────


def test_a_content_filter_is_asked_once_for_its_paper_and_never_again(tmp_path, source):
    def risk(handler):
        if "Number 02" not in handler.body.decode():
            handler.server.answer(handler)
        else:
            handler.send(
                400, '{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}'
            )

    with Noting(faults=[risk] * 50) as llm:
        ours = edition(tmp_path, source, llm)
        result = ours.run()
        assert result.code == 3
        assert counts(llm) == {f"Learning to Test Number 0{n}": 1 for n in (1, 2, 3)}
        papers = ours.papers()
        assert [p["translation"]["status"] for p in papers.values()] == ["ok", "missing", "ok"]
        assert is_untranslated(papers["2601.00002"])
        assert "2601.00002" in result.err
        assert "Content Exists Risk" in result.err
        files = ours.files()
        assert ours.run().code == 3
        assert len(llm.questions) == 3
        assert ours.files() == files
        llm.faults = []
        result = ours.run(RIBAO_LLM__MODEL="loopback-2")
        assert (result.code, result.day["asked"], result.day["revision"]) == (0, 1, 2)
        assert ours.papers()["2601.00002"]["translation"]["status"] == "ok"


def test_any_other_no_to_one_paper_costs_no_other_and_is_asked_again_next_time(tmp_path, source):
    def no(handler):
        if "Number 02" in handler.body.decode():
            handler.send(400, '{"error":{"message":"maximum context length is 9 tokens"}}')
        else:
            handler.server.answer(handler)

    with Noting(faults=[no] * 3) as llm:
        ours = edition(tmp_path, source, llm)
        result = ours.run()
        assert (result.code, len(llm.questions)) == (3, 3)
        assert "2601.00002" in result.err
        assert "maximum context length" in result.err
        assert (ours.run().code, len(llm.questions)) == (0, 4)


@pytest.mark.parametrize(
    "taken", ["json_schema", "json_object", "text only", "no temperature", "nothing"]
)
def test_what_a_server_does_not_take_is_left_out(tmp_path, source, taken):
    def picky(handler):
        question = json.loads(handler.body)
        form = question.get("response_format", {}).get("type")
        if form == "json_schema" and taken in {"json_object", "text only", "nothing"}:
            handler.send(
                400, '{"error":{"message":"This response_format type is unavailable now"}}'
            )
        elif form == "json_object" and taken in {"text only", "nothing"}:
            handler.send(422, '{"error":"response_format: extra fields not permitted"}')
        elif "temperature" in question and taken in {"no temperature", "nothing"}:
            handler.send(
                400, '{"error":{"message":"Unsupported value: temperature","param":"temperature"}}'
            )
        else:
            handler.server.answer(handler)

    more = {"json_schema": 0, "json_object": 1, "text only": 2, "no temperature": 1, "nothing": 3}[
        taken
    ]
    with Noting(faults=[picky] * 50) as llm:
        ours = edition(tmp_path, source, llm, RIBAO_LLM__CONCURRENCY="1")
        result = ours.run()
        assert (result.code, result.day["ok"]) == (0, 3), result.err
        assert len(llm.questions) == 3 + more  # learnt once, not for each paper
        last = llm.questions[-1]
    form = {
        "json_schema": "json_schema",
        "no temperature": "json_schema",
        "json_object": "json_object",
    }
    assert last.get("response_format", {}).get("type") == form.get(taken)
    assert ("temperature" in last) == (taken not in {"no temperature", "nothing"})
    assert last["model"] == "loopback-1"
    assert not last.get("stream")


def test_eight_at_once_learn_it_together(tmp_path):
    def picky(handler):
        if "response_format" in json.loads(handler.body):
            handler.send(400, '{"error":{"message":"response_format is not supported"}}')
        else:
            handler.server.answer(handler)

    with HuggingFaceServer({DAY: some(20)}) as source, Noting(faults=[picky] * 99) as llm:
        result = edition(tmp_path, source, llm, RIBAO_LLM__TIMEOUT="5").run()
    assert (result.code, result.day["ok"]) == (0, 20), result.err
    assert 22 <= len(llm.questions) <= 20 + 2 * 8


# ── faults that pass, and faults that stay ────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_a_transient_fault_costs_no_paper_and_an_outage_is_healed_by_the_next_run(
    tmp_path, source, fault
):
    with Noting(faults=[fault] * 40) as llm:
        ours = edition(tmp_path, source, llm, RIBAO_LLM__CONCURRENCY="2")
        result = ours.run()
        assert (result.code, result.day["missing"]) == (3, 3)
        assert max(counts(llm).values()) <= 6
        assert all(map(is_untranslated, ours.papers().values()))
        assert all(identifier in result.err for identifier in ours.papers())
        # Now it comes once or twice only.
        llm.faults, llm.questions = [fault, None, fault], []
        result = ours.run()
        assert (result.code, result.day["ok"], result.day["late"]) == (0, 3, 0), result.err
        assert result.day["revision"] == 2
        assert len(llm.questions) == 5
        assert ours.run().day["asked"] == 0


@pytest.mark.parametrize("moment", ["seconds", "date"])
def test_retry_after_is_honoured(tmp_path, source, moment):
    def busy(handler):
        when = datetime.now(UTC) + timedelta(seconds=2)
        said = "1" if moment == "seconds" else format_datetime(when, usegmt=True)
        handler.send(429, '{"error":{"message":"slow down"}}', Retry_After=said)

    began = time.monotonic()
    with Noting(faults=[busy]) as llm:
        result = edition(tmp_path, source, llm, RIBAO_LLM__TIMEOUT="5").run()
    assert (result.code, len(llm.requests)) == (0, 4), result.err
    assert time.monotonic() - began >= 0.95


def test_a_dead_server_stops_the_asking_early(tmp_path):
    with Noting() as gone:
        url = f"{gone.url}/v1"
    with HuggingFaceServer({DAY: some(12)}) as source, Noting() as llm:
        ours = edition(tmp_path, source, llm, RIBAO_LLM__CONCURRENCY="2")
        result = ours.run(RIBAO_LLM__BASE_URL=url)
        assert (result.code, result.day["missing"], len(ours.papers())) == (3, 12, 12)
        assert result.day["asked"] <= 4
        assert "stopped asking" in result.err
        assert url in result.err
        result = ours.run()
        assert (result.code, result.day["revision"], result.day["late"]) == (0, 2, 0)
        assert len(llm.requests) == 12


# ── the key ───────────────────────────────────────────────────────────────────────────────────

ECHO = f"Incorrect API key provided: {KEY}. You can find it elsewhere."
ECHOES = {
    "401": status(401, json.dumps({"error": {"message": ECHO}})),
    "400": status(400, json.dumps({"error": {"message": ECHO}})),
    "content": status(400, json.dumps({"error": {"message": f"Content Exists Risk {KEY}"}})),
    "500": status(500, ECHO),
    "an error with 200": answer_with(json.dumps({"error": ECHO})),
    "an HTML page": answer_with(f"<p>{KEY}</p>", "text/html"),
    "a reply": answer_with(
        json.dumps(completion(f'{{"title": "{KEY}", "abstract": "{KEY} 的摘要"}}'))
    ),
    "a model": answer_with(json.dumps(completion("{}", model=KEY))),
    "an escaped model": answer_with(
        json.dumps(completion("{}", model=KEY)).replace("sk-", "\\u0073k\\u002d")
    ),
    "escaped": answer_with(
        json.dumps(completion(f"Bearer {KEY}")).replace("sk-", "\\u0073k\\u002d")
    ),
}


@pytest.mark.parametrize("fault", ECHOES.values(), ids=ECHOES)
def test_a_key_that_is_echoed_is_shown_and_kept_nowhere(tmp_path, source, fault):
    with Noting(faults=[fault] * 40) as llm:
        ours = edition(tmp_path, source, llm)
        shown = [ours.run(), ours.run(DAY)]
    assert shown[0].code == 3
    for result in shown:
        assert KEY not in result.out + result.err
    for name, body in snapshot(tmp_path).items():
        assert KEY.encode() not in body, name


# ── how often, how many, and not at all ───────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 5])
def test_as_many_are_asked_at_once_as_the_settings_say(tmp_path, count):
    with HuggingFaceServer({DAY: some(10)}) as source, Noting(delay=0.08) as llm:
        ours = edition(
            tmp_path, source, llm, RIBAO_LLM__CONCURRENCY=str(count), RIBAO_LLM__TIMEOUT="5"
        )
        assert ours.run().code == 0
        assert llm.most_at_once == count
        assert len(llm.requests) == 10


def test_renew_asks_all_again_and_loses_nothing_when_that_fails(tmp_path, source):
    with Noting() as llm:
        ours = edition(tmp_path, source, llm)
        ours.run()
        files = ours.files()
        llm.faults = [status(401)] * 20
        ours.run(DAY, "--renew", "--json")
        assert ours.files() == files
        llm.faults, llm.questions = [], []
        result = ours.run(DAY, "--renew", "--json")
        assert (result.code, result.day["asked"], result.day["revision"]) == (0, 3, 1)
        assert ours.files() == files  # the same was said again
        llm.say = lambda title, abstract: {
            **pseudo_translate(title, abstract),
            "gist": "另一种说法。",
        }
        result = ours.run(DAY, "--renew", "--json")
        assert (result.code, result.day["asked"], result.day["revision"]) == (0, 3, 2)
        assert {entry["gist"] for entry in ours.papers().values()} == {"另一种说法。"}
        assert ours.run().day["asked"] == 0
    assert len(ours.rows()["replies"]) == 9


def test_dry_run_asks_and_writes_nothing(tmp_path, source):
    with Noting() as llm:
        ours = edition(tmp_path, source, llm)
        result = ours.run(DAY, "--dry-run", "--json")
        assert (result.code, result.day["to_ask"], result.day["state"]) == (0, 3, "planned")
        assert snapshot(tmp_path) == {}
        assert list(tmp_path.iterdir()) == []
        assert llm.requests == []
        ours.run()
        before = snapshot(tmp_path)
        source.days[DAY] = [*some(4), paper("2601.00009")]
        result = ours.run(DAY, "--dry-run", "--json", "--renew")
        assert (result.code, result.day["to_ask"], result.day["new"]) == (0, 5, 2)
        result = ours.run(DAY, "--dry-run", "--json")
        assert (result.code, result.day["to_ask"], result.day["new"]) == (0, 2, 2)
        assert snapshot(tmp_path) == before
        assert len(llm.requests) == 3
