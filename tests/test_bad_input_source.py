"""What a source can do to us: real faults of a real server, and what becomes of the day."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from ribao import app
from ribao.config import load_settings
from ribao.report import worst
from ribao.terminal import Silent
from tests.edition import DAY, Edition, snapshot, some
from tests.loopback import (
    HuggingFaceServer,
    LLMServer,
    answer_with,
    cut,
    drip,
    hang,
    reset,
    status,
)

LIST = json.dumps(some(3)).encode()
HTML = "<!doctype html><html><body>Too many requests</body></html>"
TRANSIENT = {
    "500": status(500),
    "502 in HTML": status(502, HTML, kind="text/html"),
    "reset": reset,
    "hang": hang(0.6),
    "drip": drip(LIST, 0.02),
    "cut by its length": cut(LIST),
    "half a JSON": answer_with(LIST[: len(LIST) // 2]),
    "an HTML page": answer_with(HTML, "text/html"),
    "null": answer_with("null"),
    "nothing": answer_with(""),
    "an error with 200": answer_with('{"error": "try later"}'),
    "no UTF-8": answer_with(b'["\xff\xfe"]'),
    "a deep hole": answer_with("[" * 200_000),
}


@pytest.fixture
def llm():
    with LLMServer() as server:
        yield server


def edition(tmp_path: Path, source, llm, **env: str) -> Edition:
    short = {"RIBAO_HUGGINGFACE__TIMEOUT": "0.3", "RIBAO_HUGGINGFACE__FIRST_PAUSE": "0.005"}
    return Edition(tmp_path, source, llm, **short | env)


# ── faults that pass, and faults that stay ────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_a_fault_that_passes_costs_nothing_and_an_outage_leaves_the_issue_as_it_was(
    tmp_path, llm, fault
):
    # In the middle of the list too: page 0, then page 1, which is empty.
    with HuggingFaceServer({DAY: some(3)}, faults=[fault, fault, None, fault]) as source:
        ours = edition(tmp_path, source, llm)
        result = ours.run()
        assert (result.code, result.day["papers"], result.day["ok"]) == (0, 3, 3), result.err
        assert len(source.requests) == 5
        files, kept = ours.files(), ours.rows()
        source.faults = [fault] * 20
        began = time.monotonic()
        result = ours.run()
        tries = len(source.requests) - 5
    assert result.code == 1
    assert 5 <= tries <= 8
    assert time.monotonic() - began < 20
    assert DAY in result.err
    assert "again later" in result.err  # the remedy
    assert result.day["state"] == "failed"
    assert ours.files() == files
    assert ours.rows() == kept
    assert len(llm.requests) == 3


@pytest.mark.parametrize("moment", ["seconds", "date"])
def test_retry_after_is_honoured(tmp_path, llm, moment):
    def busy(handler):
        when = datetime.now(UTC) + timedelta(seconds=2)
        said = "1" if moment == "seconds" else format_datetime(when, usegmt=True)
        handler.send(429, '{"error":"slow down"}', Retry_After=said)

    began = time.monotonic()
    with HuggingFaceServer({DAY: some(2)}, faults=[busy]) as source:
        result = edition(tmp_path, source, llm).run()
    assert result.code == 0, result.err
    assert len(source.requests) == 3
    assert time.monotonic() - began >= 0.95


@pytest.mark.parametrize(
    "said",
    [
        "soon",
        "-1",
        "1e9",
        "Mon, 99 Foo 2026",
        "Mon, 12 Jan 2026 00:00:00 -99999999999999",
        "²",
        "",
        "0",
    ],
)
def test_a_senseless_retry_after_is_no_reason_to_fail(tmp_path, llm, said):
    fault = status(429, Retry_After=said)
    if said == "²":
        fault = status(429, Retry_After="\xb2")
    with HuggingFaceServer({DAY: some(2)}, faults=[fault] * 2) as source:
        result = edition(tmp_path, source, llm).run()
    assert result.code == 0, result.err
    assert len(source.requests) == 4


def test_a_server_that_wants_us_back_in_an_hour_is_not_waited_for(tmp_path, llm):
    began = time.monotonic()
    with HuggingFaceServer({}, faults=[status(429, Retry_After="3600")] * 20) as source:
        result = edition(tmp_path, source, llm).run()
    assert result.code == 1
    assert time.monotonic() - began < 20
    assert "again later" in result.err


def test_429_for_ever_ends_with_at_least_five_tries(tmp_path, llm):
    with HuggingFaceServer({}, faults=[status(429, Retry_After="0")] * 20) as source:
        result = edition(tmp_path, source, llm).run()
    assert result.code == 1
    assert 5 <= len(source.requests) <= 8
    assert "429" in result.err
    assert not (tmp_path / "site").exists()


def test_no_server_at_all(tmp_path, llm):
    with HuggingFaceServer({}) as source:
        url = source.url
    result = edition(tmp_path, url, llm).run()
    assert result.code == 1
    assert DAY in result.err
    assert url in result.err
    assert llm.requests == []


@pytest.mark.parametrize("code", [401, 403, 404, 410, 400])
def test_other_refusals_are_final_and_asked_once(tmp_path, llm, code):
    with HuggingFaceServer({}, faults=[status(code)] * 9) as source:
        result = edition(tmp_path, source, llm).run()
    assert result.code == 1
    assert len(source.requests) == 1
    assert DAY in result.err
    assert str(code) in result.err
    assert "huggingface.base_url" in result.err  # where to look
    assert llm.requests == []


@pytest.mark.parametrize("sized", [True, False], ids=["with a length", "endless"])
def test_an_enormous_answer_is_not_read_to_its_end(tmp_path, llm, sized):
    sent = 0

    def enormous(handler):
        nonlocal sent
        handler.send_response(200)
        if sized:
            handler.send_header("Content-Length", str(200 * 2**20))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        handler.wfile.write(b"[")
        for _ in range(200):
            handler.wfile.write(b" " * 2**20)
            sent += 1

    with HuggingFaceServer({}, faults=[enormous] * 9) as source:
        result = Edition(tmp_path, source, llm, RIBAO_HUGGINGFACE__TIMEOUT="20").run()
        assert len(source.requests) == 1
    assert result.code == 1
    assert "is larger than" in result.err
    assert 32 <= sent < 60
    assert not (tmp_path / "site").exists()


# ── days without a list, and days that are none ───────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "said"),
    [("2026-01-12", "holiday"), ("2026-01-10", "weekend")],
    ids=["weekday", "weekend"],
)
def test_an_empty_list_is_said_so_and_is_no_failure(tmp_path, llm, day, said):
    with HuggingFaceServer({}) as source:
        ours = edition(tmp_path, source, llm)
        result = ours.run(day)
        assert len(source.requests) == 1
    assert result.code == 0
    assert day in result.out
    assert said in result.out
    assert llm.requests == []
    assert not (tmp_path / "site").exists()
    assert [row[4] for row in ours.rows("looks")["looks"]] == ["empty"]


@pytest.mark.parametrize("code", [400, 404])
def test_a_day_that_has_not_begun_at_the_source_is_not_yet_out(tmp_path, llm, code, monkeypatch):
    # 07:30 in Shanghai on the 13th is 23:30 UTC on the 12th.
    moment = datetime(2026, 1, 12, 23, 30, tzinfo=UTC)
    with HuggingFaceServer(
        {}, faults=[status(code, '{"error":"date is in the future"}')] * 9
    ) as source:
        for name, value in edition(tmp_path, source, llm).env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        settings = load_settings()
        day = app.today(settings, lambda: moment)
        reports = app.run(settings, [day], app.Asked(), Silent(), lambda: moment)
        assert len(source.requests) == 1
    assert day == date(2026, 1, 13)
    assert worst([report.exit_code for report in reports]) == 0
    assert reports[0].state == "waiting"
    assert "not yet out" in reports[0].message
    assert llm.requests == []


TOMORROWS = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()


@pytest.mark.parametrize(
    "words",
    [
        (TOMORROWS,),
        ("9999-12-31",),
        ("2026-13-01",),
        ("2026-02-30",),
        ("20260112",),
        ("2026-W03-1",),
        ("12.01.2026",),
        ("heute",),
        ("",),
        ("２０２６-01-12",),
        ("../2026-01-12",),
        ("--since", "2026-01-13", "--until", "2026-01-12"),
        ("--since", "2026-01-12", "--until", TOMORROWS),
        ("--until", "2026-01-12"),
        ("2026-01-12", "--since", "2026-01-12"),
        ("2026-01-12", "2026-01-13"),
        ("2026-01-12", "--wait", "-1"),
    ],
    ids=" ".join,
)
def test_a_senseless_day_is_wrong_usage_and_nothing_is_asked_or_written(tmp_path, llm, words):
    with HuggingFaceServer({DAY: some(1)}) as source:
        result = edition(tmp_path, source, llm).run(*words)
        assert source.requests == []
    assert result.code == 2
    assert result.err.strip()
    assert snapshot(tmp_path) == {}
