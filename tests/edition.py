"""An edition between two loopback servers: run by its real command line, looked at from outside."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from ribao.cli import main
from tests.conftest import DAY, settings_for
from tests.loopback import Handler, LLMServer, Loopback, paper

KEPT = ("listings", "papers", "replies", "issues")


@dataclass(frozen=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def day(self) -> dict[str, Any]:
        """The (first) day's report; the command was called with --json."""
        return json.loads(self.out)["days"][0]


def call(folder: Path, env: dict[str, str], *words: str) -> Result:
    """Call the command line in this process: its own exit code and output, without the start-up."""
    out, err = io.StringIO(), io.StringIO()
    interrupted = signal.getsignal(signal.SIGINT)  # the command line has its own
    with (
        mock.patch.dict(os.environ, env),
        mock.patch.object(sys, "argv", ["ribao", *words]),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            signal.signal(signal.SIGINT, interrupted)
    return Result(code, out.getvalue(), err.getvalue())


class Edition:
    """A folder, its two servers and its settings."""

    def __init__(self, folder: Path, huggingface: Loopback | str, llm: Loopback | str, **env: str):
        self.folder = folder
        self.env = settings_for(huggingface, llm, **env)

    def run(self, *words: str, **env: str) -> Result:
        return call(self.folder, self.env | env, "run", *(words or (DAY, "--json")))

    @property
    def archive(self) -> Path:
        return self.folder / "ribao.sqlite"

    def files(self) -> dict[str, bytes]:
        """What is published."""
        return snapshot(self.folder / "site")

    def issue(self, day: str = DAY) -> dict[str, Any]:
        return json.loads((self.folder / "site" / day / "issue.json").read_text("utf-8"))

    def papers(self, day: str = DAY) -> dict[str, dict[str, Any]]:
        return {paper["id"]: paper for paper in self.issue(day)["papers"]}

    def text(self, name: str, day: str = DAY) -> str:
        return (self.folder / "site" / day / name).read_text("utf-8")

    def rows(self, *tables: str) -> dict[str, list[Any]]:
        return rows(self.archive, *tables)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(archive: Path, *tables: str) -> dict[str, list[Any]]:
    """Whatever the archive must never lose (or the tables named), read by another program."""
    with contextlib.closing(sqlite3.connect(f"file:{archive}?mode=ro", uri=True)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
            if table != "papers"
            else connection.execute("SELECT day, paper_id, position, title FROM papers").fetchall()
            for table in tables or KEPT
        }


class Noting(LLMServer):
    """A language model that notes each whole question, also those that a fault answers."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.questions: list[dict[str, Any]] = []

    def next_fault(self, handler: Handler):
        with self.lock:
            self.questions.append(json.loads(handler.body))
        return super().next_fault(handler)


def some(count: int, first: int = 1) -> list[dict[str, Any]]:
    """A list of so many papers."""
    return [paper(f"2601.{number:05d}") for number in range(first, first + count)]
