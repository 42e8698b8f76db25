"""Progress on a terminal, and nothing but messages elsewhere. All of it on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from ribao.seams import Progress


class Silent:
    """Says nothing; what went wrong is in the report."""

    def step(self, name: str, total: int) -> None:
        """Say nothing."""

    def advance(self) -> None:
        """Say nothing."""

    def tell(self, message: str) -> None:
        """Say nothing."""


class Lines(Silent):
    """Where there is no terminal: only what must be read."""

    def tell(self, message: str) -> None:
        """Print one line."""
        print(f"ribao: {message}", file=sys.stderr, flush=True)


class Bar(Silent):
    """One bar a step."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def step(self, name: str, total: int) -> None:
        """Begin a bar of ``total`` parts."""
        self._task = self._bars.add_task(name, total=total)

    def advance(self) -> None:
        """Move the bar on by one."""
        if self._task is not None:
            self._bars.advance(self._task)

    def tell(self, message: str) -> None:
        """Print one line above the bars, as it is: no markup of rich's in it."""
        self._bars.console.print(f"ribao: {message}", markup=False, highlight=False)


@contextmanager
def progress_for(*, quiet: bool) -> Iterator[Progress]:
    """Give the progress that fits where stderr goes. A bar only on a terminal."""
    if quiet:
        yield Silent()
    elif not sys.stderr.isatty():
        yield Lines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=Console(stderr=True)) as bars:
            yield Bar(bars)
