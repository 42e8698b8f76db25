"""What is kept comes back as it was, in one file that plain SQLite reads."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ribao.archive import Archive, hold
from ribao.archive.schema import APPLICATION_ID, MIGRATIONS
from ribao.archive.store import KILLED
from ribao.errors import StoreError
from ribao.issue import Past
from ribao.listing import digest_of, read_listing
from ribao.sources.saved import read_saved
from ribao.types import Entry, Links, Look, RawPage
from tests.loopback import paper as entry
from tests.made import DAY, NOW, issue, paper, reply, verdict

LATER = NOW + timedelta(hours=5)
TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ribao.sqlite"


@pytest.fixture
def archive(path):
    with Archive.open(path) as opened:
        yield opened


def _page(body: bytes, page: int = 0, at: datetime = NOW, day: date = DAY) -> RawPage:
    return RawPage("huggingface", day, page, at, body)


def _listed(*entries) -> bytes:
    return json.dumps(entries).encode()


# ── raw answers ───────────────────────────────────────────────────────────────────────────────

BODIES = {
    "JSON": _listed(entry()),
    "Chinese": '["中文 😀"]'.encode(),
    "a BOM": b"\xef\xbb\xbf[]",
    "latin-1": '["caf\xe9"]'.encode("latin-1"),
    "UTF-16": '["中"]'.encode("utf-16"),
    "noughts": b'["\x00\x00"]\x00',
    "empty": b"",
    "every byte": bytes(range(256)),
    "a surrogate": b'["\xed\xa0\x80"]',
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_raw_answer_comes_back_byte_for_byte(kind, archive, path):
    assert archive.keep_page(_page(BODIES[kind]))
    assert archive.pages("huggingface", DAY) == [_page(BODIES[kind])]
    with Archive.open(path, read_only=True) as again:
        assert again.pages("huggingface", DAY)[0].body == BODIES[kind]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_come_back(body):
    with Archive.in_memory() as archive:
        archive.keep_page(_page(body))
        assert [page.body for page in archive.pages("huggingface", DAY)] == [body]


def test_the_same_answer_is_kept_once_a_changed_one_beside_it(archive):
    assert archive.keep_page(_page(b"[1]"))
    assert not archive.keep_page(_page(b"[1]", at=LATER))
    assert archive.keep_page(_page(b"[2]", at=LATER))
    assert archive.keep_page(_page(b"[1]", page=1))
    assert archive.keep_page(_page(b"[1]", day=TOMORROW))
    assert [page.body for page in archive.pages("huggingface", DAY)] == [b"[1]", b"[1]", b"[2]"]
    assert archive.pages("arxiv", DAY) == []


# ── papers ────────────────────────────────────────────────────────────────────────────────────

BARE = paper(
    "bare", abstract="", authors=(), published_at=None, upvotes=None, keywords=(), links=Links()
)


def test_papers_come_back_whole(archive):
    papers = (
        paper(),
        BARE,
        paper(
            "2601.00003", title='中文 "quoted" \\ 😀', authors=tuple(f"A {n}" for n in range(3_000))
        ),
    )
    assert archive.keep_papers(DAY, papers, NOW) == 3
    assert archive.papers(DAY) == papers
    assert archive.papers(TOMORROW) == ()
    assert archive.listed_days() == [DAY]


def test_places_never_change_and_new_papers_come_behind(archive):
    one, two, three = (paper(f"2601.0000{n}") for n in (1, 2, 3))
    archive.keep_papers(DAY, (two, one), NOW)
    assert archive.keep_papers(DAY, (three, one, two), LATER) == 1
    assert [each.id for each in archive.papers(DAY)] == [two.id, one.id, three.id]
    assert archive.keep_papers(DAY, (), LATER) == 0
    assert len(archive.papers(DAY)) == 3


def test_newer_facts_replace_older_ones_only_where_they_are_newer(archive, path):
    archive.keep_papers(DAY, (paper(),), NOW)
    archive.keep_papers(DAY, (paper(upvotes=99, title="New"),), LATER)
    assert archive.papers(DAY) == (paper(upvotes=99, title="New"),)
    archive.keep_papers(DAY, (paper(upvotes=1),), LATER, refresh=False)
    assert archive.papers(DAY)[0].upvotes == 99
    with closing(sqlite3.connect(path)) as plain:
        seen = plain.execute("SELECT first_seen_at, last_seen_at, digest FROM papers").fetchone()
    assert seen == (NOW.isoformat(), LATER.isoformat(), digest_of(paper(title="New")))


def test_a_paper_may_come_back_on_another_day(archive):
    assert archive.keep_papers(DAY, (paper(),), NOW) == 1
    assert archive.keep_papers(TOMORROW, (paper(),), LATER) == 1
    assert archive.papers(DAY) == archive.papers(TOMORROW)


def test_papers_are_what_the_listings_say_when_read_anew(archive):
    looks = [
        (NOW, _listed(entry("2601.00001"), entry("2601.00002"))),
        (
            LATER,
            _listed(entry("2601.00003"), entry("2601.00001", upvotes=50, summary="New words.")),
        ),
    ]
    for moment, body in looks:
        archive.keep_page(_page(body, at=moment))
        archive.keep_papers(DAY, read_listing([_page(body)]).papers, moment)
    assert archive.papers(DAY) == read_listing(archive.pages("huggingface", DAY)).papers


def test_the_real_days_come_back_whole(corpus, archive):
    with archive.transaction():
        for path in sorted((corpus / "daily_papers").glob("*.json"))[::20]:
            page, papers, _ = read_saved(path, NOW)
            archive.keep_page(page)
            archive.keep_papers(page.day, papers, NOW)
            assert archive.papers(page.day) == tuple(papers)
            assert archive.pages("huggingface", page.day) == [page]
            assert read_listing(archive.pages("huggingface", page.day)).papers == tuple(papers)


# ── replies ───────────────────────────────────────────────────────────────────────────────────


def test_replies_come_back_in_their_order(archive):
    kept = [
        reply(text, model=f"m{n}") for n, text in enumerate(("", "{}", "中\x00文", "x" * 100_000))
    ]
    kept.append(reply(input_tokens=None, output_tokens=None, finish="refused"))
    for each in kept:
        archive.keep_reply(each)
    assert archive.replies(paper(), "zh-Hans") == tuple(kept)


def test_a_reply_belongs_to_its_paper_text_and_language(archive):
    archive.keep_reply(reply())
    assert archive.replies(paper(upvotes=1, authors=()), "zh-Hans") == (reply(),)
    assert archive.replies(paper(title="Changed"), "zh-Hans") == ()
    assert archive.replies(paper("2601.00002"), "zh-Hans") == ()
    assert archive.replies(replace(paper(), source="arxiv"), "zh-Hans") == ()
    assert archive.replies(paper(), "en") == ()


def test_the_same_reply_twice_is_two_answers(archive):
    archive.keep_reply(reply())
    archive.keep_reply(reply())
    assert len(archive.replies(paper(), "zh-Hans")) == 2


def test_moments_are_kept_in_utc(archive):
    beijing = datetime(2026, 1, 12, 16, 0, 0, 123456, timezone(timedelta(hours=8)))
    archive.keep_reply(reply(asked_at=beijing))
    (kept,) = archive.replies(paper(), "zh-Hans")
    assert kept.asked_at == beijing
    assert kept.asked_at.tzinfo is UTC


# ── issues ────────────────────────────────────────────────────────────────────────────────────


def test_revisions_are_all_kept_and_the_newest_is_given(archive, path):
    first = issue((paper(), verdict()))
    second = issue((paper(), verdict()), (BARE, verdict("晚")), past=Past(first, first), now=LATER)
    assert archive.issue(DAY, "zh-Hans") is archive.first_issue(DAY, "zh-Hans") is None
    archive.keep_issue(first)
    archive.keep_issue(second)
    archive.keep_issue(issue(language="en"))
    assert archive.issue(DAY, "zh-Hans") == second
    assert archive.first_issue(DAY, "zh-Hans") == first
    assert archive.issue(TOMORROW, "zh-Hans") is None
    assert archive.issue_days("zh-Hans") == [DAY]
    with closing(sqlite3.connect(path)) as plain:
        rows = plain.execute(
            "SELECT language, revision, generated_at FROM issues ORDER BY 1, 2"
        ).fetchall()
    assert rows == [
        ("en", 1, NOW.isoformat()),
        ("zh-Hans", 1, NOW.isoformat()),
        ("zh-Hans", 2, LATER.isoformat()),
    ]


def test_a_revision_is_never_replaced(archive):
    archive.keep_issue(issue())
    with pytest.raises(StoreError):
        archive.keep_issue(issue((paper(), verdict("改"))))
    assert archive.issue(DAY, "zh-Hans") == issue()


def test_entries_say_what_the_list_of_issues_needs(archive):
    five = issue(*((paper(f"2601.0000{n}"), verdict(f'题目 "{n}"')) for n in range(5)))
    archive.keep_issue(five)
    archive.keep_issue(
        replace(issue(), day=TOMORROW, papers=(), stats=replace(five.stats, count=0, hot_topics=()))
    )
    hot = tuple(topic.name for topic in five.stats.hot_topics)
    assert archive.entries("zh-Hans") == [
        Entry(DAY, 1, 5, ('题目 "0"', '题目 "1"', '题目 "2"'), hot[:4]),
        Entry(TOMORROW, 1, 0, (), ()),
    ]
    assert archive.entries("en") == []


# ── looks and runs ────────────────────────────────────────────────────────────────────────────


def test_the_newest_look_is_given(archive):
    assert archive.last_look(DAY) is None
    looks = [
        Look("huggingface", DAY, at, outcome, n, f"因 {n}")
        for n, (at, outcome) in enumerate([(NOW, "failed"), (LATER, "listed")])
    ]
    for look in looks:
        archive.keep_look(look)
    assert archive.last_look(DAY) == looks[-1]
    assert archive.last_look(TOMORROW) is None


def test_a_run_is_open_until_it_ends_and_one_that_never_ends_was_killed(archive, path):
    archive.begin_run("run 2026-01-12", "host", 41, NOW)
    open_run = archive.open_run()
    assert (open_run.command, open_run.host, open_run.pid, open_run.started_at) == (
        "run 2026-01-12",
        "host",
        41,
        NOW,
    )
    archive.begin_run("import", "host", 42, LATER)
    assert archive.open_run().pid == 42
    archive.end_run(3, '{"days": []}', LATER)
    assert archive.open_run() is None
    with closing(sqlite3.connect(path)) as plain:
        rows = plain.execute(
            "SELECT pid, exit_code, report, ended_at FROM runs ORDER BY run_id"
        ).fetchall()
    assert rows == [
        (41, KILLED, None, LATER.isoformat()),
        (42, 3, '{"days": []}', LATER.isoformat()),
    ]


# ── the file ──────────────────────────────────────────────────────────────────────────────────


def test_no_migration_was_changed():
    pinned = (
        "356f81f22c8fe9fab9bfce593f32e9f32a03329d2ce9137c5b2b3f671771ed77",
        "18c5f315f45a935451c6d9a0b5b81bec34aafc030edcff9c33b7fc0ca28c7a65",
        "21de55f49b9210d4395e450ad91fe7e54d2fb677db49004ee870fd3d62b643af",
        "49d792d6ed3f20288e2bbd29d6efe2d4c1724d95c8008d3436b72ed15b64c1d7",
        "887fef902e932d4bbdbaa7061c872df72f9d890ce60c371ed0bcbf25344018e4",
    )
    assert len(pinned) == len(MIGRATIONS), "pin the digest of each new migration here"
    assert tuple(hashlib.sha256(each.encode()).hexdigest() for each in MIGRATIONS) == pinned


def test_plain_sqlite_reads_all_of_it(archive, path):
    archive.keep_page(_page(_listed(entry())))
    archive.keep_papers(DAY, (paper(),), NOW)
    archive.keep_reply(reply())
    archive.keep_issue(issue())
    archive.close()
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert plain.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert plain.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        tables = {
            row[0] for row in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        assert tables >= {"listings", "papers", "replies", "issues", "looks", "runs"}
        # Lists and issues are JSON, moments and days are text: plain SQL is enough.
        assert plain.execute("SELECT value FROM papers, json_each(authors)").fetchall() == [
            ("Ada Tester",),
            ("Bo Prüfer",),
        ]
        assert plain.execute(
            "SELECT json_extract(body, '$[0].paper.id') FROM listings"
        ).fetchone() == ("2601.00001",)
        assert plain.execute(
            "SELECT body ->> '$.papers[0].translation.status' FROM issues"
        ).fetchone() == ("ok",)
        assert plain.execute(
            "SELECT count(*) FROM papers JOIN replies USING (source, paper_id, digest)"
        ).fetchone() == (1,)


def test_the_tables_hold_every_field_of_the_types(archive, path):
    with closing(sqlite3.connect(path)) as plain:
        columns = {
            table: [row[1] for row in plain.execute(f"PRAGMA table_info({table})")]
            for table in ("replies", "papers", "looks")
        }
    assert sorted(columns["replies"]) == sorted(
        ["reply_id", *(field.name for field in fields(reply()))]
    )
    assert set(columns["papers"]) >= {field.name for field in fields(paper())} - {"id"}
    assert set(columns["looks"]) >= {field.name for field in fields(Look)}


def test_an_archive_in_memory_is_a_copy_that_leaves_the_file_alone(archive, path):
    archive.keep_papers(DAY, (paper(),), NOW)
    archive.keep_reply(reply())
    archive.close()
    before = path.read_bytes()
    with Archive.in_memory(path) as copy:
        assert copy.papers(DAY) == (paper(),)
        assert copy.replies(paper(), "zh-Hans") == (reply(),)
        copy.keep_papers(DAY, (BARE,), LATER)
        copy.keep_issue(issue())
        assert len(copy.papers(DAY)) == 2
    assert path.read_bytes() == before
    with Archive.in_memory() as empty:
        assert empty.listed_days() == []


def test_read_only_reads_and_never_writes(archive, path):
    archive.keep_papers(DAY, (paper(),), NOW)
    with Archive.open(path, read_only=True) as reader:
        assert reader.papers(DAY) == (paper(),)
        with pytest.raises(StoreError, match="cannot be written"):
            reader.keep_papers(DAY, (BARE,), NOW)
    assert archive.papers(DAY) == (paper(),)


def test_read_only_makes_no_file(tmp_path):
    with pytest.raises(StoreError, match="is not there yet"):
        Archive.open(tmp_path / "none.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_transaction_keeps_all_or_nothing(archive):
    half_done = (paper(), None)
    with pytest.raises(AttributeError), archive.transaction():
        archive.keep_papers(DAY, half_done, NOW)
    assert archive.listed_days() == []
    with archive.transaction():
        archive.keep_papers(DAY, (paper(),), NOW)
    assert archive.listed_days() == [DAY]


def _hold(path, command, wait=0.0):
    return hold(path, command, wait=wait, clock=lambda: NOW, tell=lambda _: None)


def test_holding_notes_the_run_and_lets_go(path):
    with _hold(path, "import") as held:
        assert held.open_run().command == "import"
        second = _hold(path, "run")
        with pytest.raises(StoreError, match=r"is held by ribao import \(process \d+ on "):
            second.__enter__()
    with _hold(path, "run") as held:
        assert held.open_run().command == "run"
