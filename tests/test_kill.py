"""kill -9 at any moment: the next run asks only for what is missing, and no reader sees half a file."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edition import DAY, Edition, Noting, rows, some
from tests.loopback import HuggingFaceServer, hang, status

KILLS = 20
PAPERS = 12
AT_ONCE = 4

# Starting Python takes longer than the run itself. So one process imports everything and becomes
# a run, by fork, as often as it is told to; what is killed is a whole process all the same.
NURSERY = """
import os, sys
import anyio.from_thread, openai, httpx2, apsw, anyio._backends._asyncio
import ribao.app, ribao.sources.huggingface
from ribao.cli import main
from openai.resources.chat import completions
for line in sys.stdin:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(line.rstrip("\\n"))
        quiet = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(quiet, number)
        sys.argv = ["ribao", "run", sys.argv[1]]
        os.close(read)
        code = 1
        try:
            main()
        except SystemExit as end:
            code = end.code
        os._exit(code)
    os.close(write)
    print(child, flush=True)
    os.read(read, 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    os.close(read)
"""


class Nursery:
    """Runs that can be killed."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, DAY],
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def run(self, folder: Path, until: Callable[[], None] | None = None) -> tuple[int, float]:
        """Run in ``folder``; return the exit code (-9 where it was killed) and the seconds.

        It is killed when ``until`` returns.
        """
        self._process.stdin.write(f"{folder}\n")
        pid = int(self._process.stdout.readline())
        began = time.monotonic()
        if until is not None:
            until()
            # A child that has ended is not yet waited for, or is just gone.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self._process.stdout.readline()), time.monotonic() - began

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def visible_files_are_whole(site: Path) -> bool:
    for path in (path for path in site.rglob("*") if path.is_file()):
        if path.suffix == ".json":
            data = json.loads(path.read_text("utf-8"))
            assert path.name != "issue.json" or data["papers"], path
        elif path.suffix == ".html":
            assert path.read_text("utf-8").rstrip().endswith("</html>"), path
        elif path.suffix == ".md":
            assert "## 📱" in path.read_text("utf-8"), path
        elif path.suffix == ".epub":
            with zipfile.ZipFile(path) as book:
                assert book.testzip() is None, path
        else:
            assert path.suffix in {".css", ".js", ".ribao-new"}, path
    return True


def is_sound(archive: Path) -> bool:
    with contextlib.closing(sqlite3.connect(archive)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def nursery():
    made = []

    def make(env):
        made.append(Nursery(env))
        return made[0]

    yield make
    for each in made:
        each.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_run_that_is_killed_at_any_moment_is_gone_on_with(tmp_path, nursery):
    dice = random.Random(20260112)
    with HuggingFaceServer({DAY: some(PAPERS)}) as source, Noting(delay=0.05) as llm:
        fresh, grown = tmp_path / "fresh", tmp_path / "grown"
        fresh.mkdir()
        ours = Edition(
            fresh, source, llm, RIBAO_LLM__CONCURRENCY=str(AT_ONCE), RIBAO_LLM__TIMEOUT="10"
        )
        runs = nursery(ours.env)
        code, _ = runs.run(fresh)
        assert code == 0
        perfect = {entry["id"]: entry["abstract"] for entry in ours.issue()["papers"]}
        # Half of the runs meet an issue of yesterday's state with five papers fewer.
        grown.mkdir()
        source.days[DAY] = some(PAPERS - 5)
        code, _ = runs.run(grown)
        source.days[DAY] = some(PAPERS)
        shutil.rmtree(fresh)
        fresh.mkdir()
        code, whole = runs.run(fresh)
        shutil.rmtree(fresh)
        fresh.mkdir()
        ends = []
        for number in range(KILLS):
            folder = tmp_path / f"run-{number}"
            shutil.copytree(fresh if number % 2 else grown, folder)
            due = PAPERS if number % 2 else 5
            llm.questions.clear()
            code, _ = runs.run(folder, moment(dice, llm, due, whole))
            ends.append(code)
            now = Edition(
                folder,
                source,
                llm,
                **{n: v for n, v in ours.env.items() if n.startswith("RIBAO_LLM")},
            )
            assert visible_files_are_whole(folder / "site")
            result = now.run(DAY, "--json", "--wait", "5")
            assert (result.code, result.day["ok"], result.day["papers"]) == (0, PAPERS, PAPERS), (
                result.err
            )
            assert due <= len(llm.questions) <= due + AT_ONCE, number
            assert {entry["id"]: entry["abstract"] for entry in now.issue()["papers"]} == perfect
            assert result.day["late"] == (0 if number % 2 else 5)
            assert visible_files_are_whole(folder / "site")
            assert not list(folder.rglob("*.ribao-new"))
            assert is_sound(now.archive)
            codes = [row[0] for row in exit_codes(now.archive)]
            assert codes[-1] == 0
            assert None not in codes
    assert set(ends) <= {0, -9}
    assert ends.count(-9) >= KILLS // 2


def moment(dice: random.Random, llm: Noting, due: int, whole: float) -> Callable[[], None]:
    """Any moment, or one amid the questions, or one soon after the last of them."""
    kind = dice.randrange(3)
    questions = (0, dice.randint(1, due), due)[kind]
    pause = dice.uniform(0, (1.05 * whole, 0.05, 0.2)[kind])

    def until() -> None:
        ends = time.monotonic() + 10
        while len(llm.questions) < questions and time.monotonic() < ends:
            time.sleep(0.002)
        time.sleep(pause)

    return until


def exit_codes(archive: Path) -> list[tuple[int]]:
    return [(row[6],) for row in rows(archive, "runs")["runs"]]


def test_a_process_of_its_own_that_is_killed_leaves_no_lock(tmp_path):
    with HuggingFaceServer({DAY: some(PAPERS)}) as source, Noting(delay=0.2) as llm:
        ours = Edition(
            tmp_path, source, llm, RIBAO_LLM__CONCURRENCY=str(AT_ONCE), RIBAO_LLM__TIMEOUT="10"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "ribao", "run", DAY],
            cwd=tmp_path,
            env={**os.environ, **ours.env},
        )
        while len(llm.requests) < AT_ONCE + 2:
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        assert not (tmp_path / "site").exists()
        result = ours.run(DAY, "--json", "--wait", "0")
        assert (result.code, result.day["ok"]) == (0, PAPERS), result.err
        assert result.day["asked"] < PAPERS  # What was answered is not asked again.
        assert len(llm.requests) <= PAPERS + AT_ONCE
    assert exit_codes(ours.archive) == [(-9,), (0,)]


def test_a_run_that_is_interrupted_waits_for_nobody_and_is_gone_on_with(tmp_path):
    faults = [status(500), None, None, None, *[hang(20)] * 50]
    with HuggingFaceServer({DAY: some(PAPERS)}) as source, Noting(faults=faults) as llm:
        ours = Edition(
            tmp_path, source, llm, RIBAO_LLM__CONCURRENCY=str(AT_ONCE), RIBAO_LLM__TIMEOUT="60"
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "ribao", "run", DAY],
            cwd=tmp_path,
            env={**os.environ, **ours.env},
            stderr=subprocess.PIPE,
            text=True,
        )
        while len(llm.requests) < AT_ONCE + 4:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)
        assert process.returncode not in {0, 3}
        assert "Traceback" not in said
        assert "run again" in said
        assert "stamina" not in said
        llm.faults = []
        result = ours.run(DAY, "--json", "--wait", "0")
    assert (result.code, result.day["ok"]) == (0, PAPERS), result.err
    assert result.day["asked"] == PAPERS - 3


def test_what_a_killed_run_left_beside_the_files_does_no_harm(tmp_path):
    with HuggingFaceServer({DAY: some(2)}) as source, Noting() as llm:
        ours = Edition(tmp_path, source, llm)
        for name in (f"{DAY}/index.html", f"{DAY}/issue.md", f"{DAY}/issue.json", "index.html"):
            beside = tmp_path / "site" / f"{name}.ribao-new"
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text("half a fi")
        assert ours.run().code == 0
    assert visible_files_are_whole(tmp_path / "site")
    assert not list(tmp_path.rglob("*.ribao-new"))
    assert len(ours.papers()) == 2
