"""Questions that are ordered in batches: under way, killed at any point, others meanwhile."""

# ruff: noqa: F811 - a fixture is an argument by its own name

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta

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
from tests.batch_server import BatchServer, fault_of, titles
from tests.conftest import DAY
from tests.edition import Edition, rows
from tests.engines import flawed, run_at
from tests.loopback import pseudo_translate, reset, status

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


def test_what_stays_flawed_is_ordered_as_often_as_the_settings_say(ours, llm):
    llm.say = flawed
    result = ours.run(*SPAN, "--wait-batch", "30", "--json")
    assert (result.code, result.day["state"], result.day["flagged"]) == (3, "published", 3)
    assert [len(llm.lines(batch)) for batch in llm.batches.values()] == [6, 6, 6]
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
        assert any("its engine is not to be had by the settings" in line for line in said)
        reports, _ = run_at(moved, NOW + timedelta(days=4))
        assert (reports[0].ok, len(other.asked)) == (3, 3)
        # And no key has gone to a server that is not its own.
        assert all("look" not in each.path for each in other.requests)


def test_a_server_in_trouble_is_asked_once_a_run_and_not_for_each_batch(ours, llm):
    llm.looks = 9
    for day in (DAY, TUESDAY):
        ours.run(day, "--batch")
    before = llm.routes["look"]
    llm.before["look"] = [status(401)] * 9
    troubled = ours.run(DAY, "--json")
    assert (troubled.code, troubled.day["missing"]) == (3, 3)
    assert llm.routes["look"] == before + 1
    assert "batch_1" in troubled.err
    assert "its server was in trouble" in troubled.err
