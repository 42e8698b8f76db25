"""Pictures are made in processes of their own: side by side, and their memory goes with them.

A process reads one job from its standard input and writes the result to its standard output; it
ends with its parent, whose end of the pipe closes however that dies. Jobs and results are pickled:
both ends are ours.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Self

from ribao.renderers.edition import Edition
from ribao.renderers.illustrations import Result, draw_issue, draw_numbers
from ribao.statistics import Statistics
from ribao.types import Artifact, Issue

COMMAND = (sys.executable, "-m", "ribao.renderers.workshop")
SECONDS = 300
JOBS: dict[str, Callable[..., Result]] = {"numbers": draw_numbers, "issue": draw_issue}
# One process each, side by side, so that none needs much memory: cloud and charts, the poster, and
# card and print edition, which wait for the first.
PROCESSES = 3


@dataclass(slots=True)
class Workshop:
    """Where an edition's pictures are made. Use it with ``with``."""

    _ready: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(PROCESSES))
    _begun: tuple[Statistics, Future[Result]] | None = None

    def begin(self, stats: Statistics, edition: Edition) -> None:
        """Draw what shows the numbers alone, and load the rest, while others wait for replies."""
        if self._begun is None:
            self._warm()
            self._begun = stats, self._submit("numbers", stats, edition)

    def illustrate(
        self, issue: Issue, stats: Statistics, edition: Edition
    ) -> tuple[list[Artifact], list[str]]:
        """Make all pictures of an issue; return the files, and what failed, each as one line."""
        numbers = self._numbers(stats, edition)
        self._warm()
        poster = self._submit("issue", ("poster",), issue, stats, edition, {})
        files, problems = numbers.result()
        prints = self._submit("issue", ("card", "print"), issue, stats, edition, files)
        for made, failed in (poster.result(), prints.result()):
            files = files | made
            problems = problems + failed
        place = issue.day.isoformat()
        artifacts = [Artifact(f"{place}/{name}", body) for name, body in files.items()]
        return artifacts, [f"{place}: {problem}" for problem in problems]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that were not needed."""
        for process in self._ready:
            process.communicate()
        self._ready.clear()
        self._threads.shutdown()

    def _numbers(self, stats: Statistics, edition: Edition) -> Future[Result]:
        """Return what was begun if it was for these numbers, whatever revision they came to be."""
        begun, self._begun = self._begun, None
        if begun is not None and replace(begun[0], revision=stats.revision) == stats:
            return begun[1]
        self._warm()
        return self._submit("numbers", stats, edition)

    def _warm(self) -> None:
        while len(self._ready) < PROCESSES:
            self._ready.append(_start())

    def _submit(self, name: str, *arguments: object) -> Future[Result]:
        process = self._ready.pop() if self._ready else _start()
        return self._threads.submit(_run, process, name, arguments)


def _run(process: subprocess.Popen[bytes], name: str, arguments: tuple[object, ...]) -> Result:
    try:
        said, error = process.communicate(pickle.dumps((name, arguments)), timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {}, [f"pictures ({name}): not drawn within {SECONDS} s"]
    if process.returncode != 0:
        last = error.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        return {}, [f"pictures ({name}): drawing ended with {process.returncode}: {last}"]
    result: Result = pickle.loads(said)  # noqa: S301 - written by our own process
    return result


def _start() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603 - ourselves


def main() -> None:
    """Do one job. Without one (the parent closed the pipe) there is nothing to do."""
    job = sys.stdin.buffer.read()
    if job:
        name, arguments = pickle.loads(job)  # noqa: S301 - written by our own parent
        sys.stdout.buffer.write(pickle.dumps(JOBS[name](*arguments)))


if __name__ == "__main__":
    main()
