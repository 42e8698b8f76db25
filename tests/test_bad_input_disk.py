"""What a disk and other programs can do to us: real limits of the kernel, real locks, real damage."""

from __future__ import annotations

import contextlib
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.edition import DAY, Edition, Noting, Result, rows, snapshot, some
from tests.loopback import HuggingFaceServer

COUNT = 12

# What is done to a process before it becomes ribao.
LIMITED = """
import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
os.execv(sys.executable, [sys.executable, "-m", "ribao", *sys.argv[1:]])
"""
WITHOUT_ROOTS_RIGHTS = """
import ctypes, os, sys
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24
if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
    raise SystemExit("cannot give up root's right to write everywhere")
os.execv(sys.executable, [sys.executable, "-m", "ribao", *sys.argv[1:]])
"""


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: some(COUNT)}) as server:
        yield server


@pytest.fixture
def llm():
    with Noting() as server:
        yield server


@pytest.fixture
def ours(tmp_path, source, llm) -> Edition:
    folder = tmp_path / "edition"
    folder.mkdir()
    return Edition(folder, source, llm, RIBAO_LLM__TIMEOUT="10")


def start(ours: Edition, *words: str, code: str = "", **env: str) -> subprocess.Popen[str]:
    """Begin ``ribao run`` as a process of its own, after ``code``."""
    command = ["-c", code] if code else ["-m", "ribao", "run"]
    return subprocess.Popen(
        [sys.executable, *command, *words],
        cwd=ours.folder,
        env={**os.environ, **ours.env, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return Result(process.returncode, out, err)


def whole(folder: Path) -> bool:
    """Whether all that a reader can see of an edition is complete."""
    bodies = [(path, path.read_text("utf-8")) for path in folder.rglob("*.html")]
    return all(body.rstrip().endswith("</html>") for _, body in bodies)


# ── a full disk ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [0, 3_000, 40_000, 90_000])
def test_a_full_disk_fails_and_room_heals_it(ours, llm, size):
    result = end(start(ours, str(size), "run", DAY, "--json", code=LIMITED))
    asked = len(llm.requests)
    assert result.code == 1, result.err
    assert "ribao.sqlite" in result.err
    assert "full" in result.err
    assert whole(ours.folder)
    result = ours.run()
    assert (result.code, result.day["ok"]) == (0, COUNT), result.err
    # What was answered and could be kept is not asked again; what was in flight may be.
    kept = COUNT - result.day["asked"]
    assert asked - kept <= 8
    assert rows_are_sound(ours)


@pytest.mark.parametrize("room", [0, 8_000, 40_000])
def test_a_disk_that_is_full_later_keeps_the_issue_that_was_there(ours, source, llm, room):
    assert ours.run().code == 0
    files = ours.files()
    source.days[DAY] = some(COUNT + 6)
    # Nothing of the archive may grow by more than this; what is there stays as it is.
    size = room or 1
    result = end(start(ours, str(size), "run", DAY, "--json", code=LIMITED))
    assert result.code == 1, result.err
    assert "ribao.sqlite" in result.err
    assert ours.files() == files
    result = ours.run()
    assert (result.code, result.day["late"]) == (0, 6), result.err
    assert rows_are_sound(ours)


def test_a_full_disk_below_the_output_leaves_the_old_issue_whole(ours, source, llm):
    assert ours.run().code == 0
    files = ours.files()
    source.days[DAY] = some(COUNT + 1)
    # The kernel's own full disk, in the place where the new file is written.
    beside = ours.folder / "site" / DAY / "issue.json.ribao-new"
    beside.symlink_to("/dev/full")
    result = ours.run()
    assert result.code == 1
    assert "issue.json" in result.err
    assert "make room" in result.err
    assert ours.files() == files
    result = ours.run()
    assert (result.code, result.day["asked"], result.day["revision"]) == (0, 0, 2)
    assert ours.issue()["revision"] == 2
    assert len(llm.requests) == COUNT + 1


# ── folders that cannot be written ────────────────────────────────────────────────────────────


def test_a_read_only_output_folder_costs_no_reply(ours, llm):
    site = ours.folder / "site"
    site.mkdir(mode=0o555)
    result = end(start(ours, "run", DAY, "--json", code=WITHOUT_ROOTS_RIGHTS))
    assert result.code == 1
    assert DAY in result.err
    assert "output.folder" in result.err  # the remedy
    assert "Permission denied" in result.err
    assert list(site.iterdir()) == []
    site.chmod(0o755)
    result = ours.run()
    assert (result.code, result.day["asked"], len(llm.requests)) == (0, 0, COUNT)
    # An issue that is there stays as it was.
    files = ours.files()
    (site / DAY / "issue.md").unlink()
    (site / DAY).chmod(0o555)
    result = end(start(ours, "run", DAY, "--json", code=WITHOUT_ROOTS_RIGHTS))
    (site / DAY).chmod(0o755)
    assert result.code == 1
    assert ours.files() == {name: body for name, body in files.items() if name != f"{DAY}/issue.md"}


def test_an_output_folder_that_is_a_file_is_left_alone(ours, llm):
    (ours.folder / "site").write_text("mine")
    result = ours.run()
    assert result.code == 1
    assert "output.folder" in result.err
    assert (ours.folder / "site").read_text() == "mine"
    (ours.folder / "site").unlink()
    assert ours.run().code == 0
    assert len(llm.requests) == COUNT


def test_a_read_only_archive_folder_is_said_so_before_anything_is_asked(ours, source, llm):
    locked = ours.folder / "locked"
    locked.mkdir(mode=0o555)
    env = {"RIBAO_ARCHIVE__PATH": str(locked / "ribao.sqlite")}
    result = end(start(ours, "run", DAY, code=WITHOUT_ROOTS_RIGHTS, **env))
    locked.chmod(0o755)
    assert result.code == 1
    assert "archive.path" in result.err
    assert source.requests == llm.requests == []


@pytest.mark.parametrize("kind", ["folder", "below a file"])
def test_an_archive_path_that_is_none_is_said_so(ours, source, llm, kind):
    place = ours.folder / "place"
    place.mkdir() if kind == "folder" else place.write_text("mine")
    path = place if kind == "folder" else place / "ribao.sqlite"
    result = ours.run(RIBAO_ARCHIVE__PATH=str(path))
    assert result.code == 1
    assert str(path) in result.err
    assert source.requests == llm.requests == []
    assert place.is_dir() or place.read_text() == "mine"


# ── locks ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_an_archive_that_another_program_locks_is_waited_for_and_named(ours, source, llm, mode):
    assert ours.run().code == 0
    files, asked = ours.files(), len(source.requests)
    with contextlib.closing(sqlite3.connect(ours.archive, isolation_level=None)) as other:
        other.execute(mode)
        began = time.monotonic()
        result = end(start(ours, DAY, "--wait", "0.5"))
        assert time.monotonic() - began >= 0.5
        kept = ours.rows()
        assert result.code == 1
        assert str(ours.archive.name) in result.err
        assert "--wait" in result.err
        if Path("/proc/locks").exists():
            assert f"process {os.getpid()}" in result.err
        waiting = start(ours, DAY, "--json", "--wait", "30")
        time.sleep(1)
        other.execute("ROLLBACK")
        result = end(waiting)
    assert (result.code, result.day["asked"]) == (0, 0), result.err
    assert len(source.requests) == asked + 2
    assert (ours.files(), ours.rows()) == (files, kept)


def test_two_runs_at_once_ask_once(ours, llm):
    llm.delay = 0.3
    first = start(ours, DAY, "--json", RIBAO_LLM__CONCURRENCY="4")
    while not llm.requests:
        assert first.poll() is None
        time.sleep(0.01)
    impatient = ours.run(DAY, "--wait", "0.2")
    assert impatient.code == 1
    assert f"process {first.pid}" in impatient.err
    assert f"run {DAY}" in impatient.err
    second = ours.run(DAY, "--json", "--wait", "30")
    first = end(first)
    assert first.code == second.code == 0
    assert (first.day["asked"], second.day["asked"]) == (COUNT, 0)
    assert "waiting" in second.err
    assert len(llm.requests) == COUNT
    assert rows_are_sound(ours)


# ── damage, and files that are not ours ───────────────────────────────────────────────────────


def rows_are_sound(ours: Edition) -> bool:
    with contextlib.closing(sqlite3.connect(ours.archive)) as archive:
        return archive.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 // 4096 * 4096])


def overwrite_its_head(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xa5" * 4096)


def overwrite_its_schema(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * 3996)


def become(sql: str):
    def change(path: Path) -> None:
        with contextlib.closing(sqlite3.connect(path)) as archive:
            archive.executescript(sql)
            archive.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    return change


def another_programs(path: Path) -> None:
    path.unlink()
    become(
        "PRAGMA journal_mode = WAL; CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('a')"
    )(path)


UNUSABLE = {
    "garbage": (
        lambda path: path.write_bytes(random.Random(1).randbytes(20_000)),
        "damaged or no archive",
    ),
    "text": (lambda path: path.write_text("my notes\n" * 900), "damaged or no archive"),
    "cut in half": (cut_in_half, "damaged"),
    "no head": (overwrite_its_head, "damaged"),
    "no schema": (overwrite_its_schema, "damaged"),
    "newer": (become("PRAGMA user_version = 99"), "newer ribao"),
    "another program's": (another_programs, "another program"),
    "another application's": (become("PRAGMA application_id = 7"), "another program"),
}


@pytest.mark.parametrize(("change", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_archive_that_cannot_be_used_is_left_as_it_is(ours, source, llm, change, said):
    assert ours.run().code == 0
    change(ours.archive)
    before, asked = snapshot(ours.folder), len(source.requests)
    for words in ((DAY, "--json"), (DAY, "--dry-run")):
        result = ours.run(*words)
        assert result.code == 1
        assert "ribao.sqlite" in result.err
        assert said in result.err
        assert re.search("move it away|upgrade with|archive.path", result.err)  # the remedy
        assert snapshot(ours.folder) == before
    assert (len(source.requests), len(llm.requests)) == (asked, COUNT)


def test_damage_anywhere_is_said_plainly_and_never_made_worse(ours, llm):
    """Every other page of the archive in turn is lost: no crash, no lost issue, and no reply is lost."""
    assert ours.run().code == 0
    sound, files = ours.archive.read_bytes(), ours.files()
    replies = rows(ours.archive, "replies")
    noise = random.Random(2).randbytes(4096)
    pages = range(2, len(sound) // 4096 + 1)
    untouched = []
    for page in pages[::2]:
        at = (page - 1) * 4096
        damaged = sound[:at] + noise + sound[at + 4096 :]
        ours.archive.write_bytes(damaged)
        for name in ("ribao.sqlite-wal", "ribao.sqlite-shm"):
            (ours.folder / name).unlink(missing_ok=True)
        before = len(llm.requests)
        result = ours.run()
        assert result.code in {0, 1}, (page, result.err)
        if result.code == 1:
            assert "ribao.sqlite: is damaged" in result.err, page
            untouched.append(ours.archive.read_bytes() == damaged)
        assert ours.files() == files, page
        assert len(llm.requests) == before, page
    assert all(untouched)
    assert len(untouched) > 5
    ours.archive.write_bytes(sound)
    assert rows(ours.archive, "replies") == replies
    assert ours.run().code == 0
