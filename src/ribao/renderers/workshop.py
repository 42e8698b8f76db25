"""Pictures are made in processes of their own: side by side, and their memory goes with them.

A process reads one job from its standard input and writes the result to its standard output; it
ends with its parent, whose end of the pipe closes however that dies. Jobs and results are pickled:
both ends are ours.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ribao.renderers.edition import Edition
from ribao.renderers.illustrations import draw
from ribao.statistics import Statistics
from ribao.types import Artifact, Issue

COMMAND = (sys.executable, "-m", "ribao.renderers.workshop")
SECONDS = 300
# Side by side; the print edition holds the cloud and the trend, so it comes after them.
FIRST, THEN = (("cloud", "charts"), ("poster",)), ("card", "print")

Result = tuple[dict[str, bytes], list[str]]


@dataclass(slots=True)
class Workshop:
    """Where an edition's pictures are made."""

    _ready: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def warm(self) -> None:
        """Start processes ahead, so that they load their libraries while others wait."""
        while len(self._ready) <= len(FIRST):
            self._ready.append(_start())

    def close(self) -> None:
        """End the processes that were not needed."""
        for process in self._ready:
            process.communicate()
        self._ready.clear()

    def illustrate(
        self, issue: Issue, stats: Statistics, edition: Edition
    ) -> tuple[list[Artifact], list[str]]:
        """Make all pictures of an issue; return the files, and what failed, each as one line."""
        self.warm()
        files: dict[str, bytes] = {}
        problems: list[str] = []
        with ThreadPoolExecutor(len(FIRST)) as threads:
            first = [
                threads.submit(self._make, kinds, issue, stats, edition, {}) for kinds in FIRST
            ]
            for result in first:
                made, failed = result.result()
                files |= made
                problems += failed
        made, failed = self._make(THEN, issue, stats, edition, files)
        files |= made
        artifacts = [Artifact(f"{issue.day}/{name}", body) for name, body in files.items()]
        return artifacts, problems + failed

    def _make(
        self,
        kinds: tuple[str, ...],
        issue: Issue,
        stats: Statistics,
        edition: Edition,
        files: Mapping[str, bytes],
    ) -> Result:
        process = self._ready.pop()
        job = pickle.dumps((kinds, issue, stats, edition, dict(files)))
        subject = f"{issue.day}: {', '.join(kinds)}"
        try:
            said, error = process.communicate(job, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return {}, [f"render: {subject}: not drawn within {SECONDS} s"]
        if process.returncode != 0:
            last = error.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
            return {}, [f"render: {subject}: drawing ended with {process.returncode}: {last}"]
        result: Result = pickle.loads(said)  # noqa: S301 - written by our own process
        return result


def _start() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603 - ourselves


def main() -> None:
    """Do one job. Without one (the parent closed the pipe) there is nothing to do."""
    job = sys.stdin.buffer.read()
    if job:
        sys.stdout.buffer.write(pickle.dumps(draw(*pickle.loads(job))))  # noqa: S301 - as above


if __name__ == "__main__":
    main()
