"""How many things are done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def serial(function: Callable[[A], B], items: Iterable[A]) -> Iterator[tuple[A, B]]:
    """Apply ``function`` to one item after the other."""
    for item in items:
        yield item, function(item)


@dataclass(frozen=True, slots=True)
class Threads:
    """Apply a function to ``count`` items at once, in threads of this process."""

    count: int

    def __call__(self, function: Callable[[A], B], items: Iterable[A]) -> Iterator[tuple[A, B]]:
        """Yield each item with its result as soon as it is there.

        The next item begins when a result was taken: what is not yet in the consumer's hands, and
        lost if we are killed, is never more than ``count`` results.
        """
        waiting = iter(items)
        pool = ThreadPoolExecutor(self.count, thread_name_prefix="ribao")
        begun = {pool.submit(function, item): item for item in islice(waiting, self.count)}
        try:
            while begun:
                done, _ = wait(begun, return_when=FIRST_COMPLETED)
                for future in done:
                    yield begun.pop(future), future.result()
                    begun |= {pool.submit(function, item): item for item in islice(waiting, 1)}
        finally:
            # Where the consumer stops early (Ctrl-C), nobody waits for what is under way.
            pool.shutdown(wait=False, cancel_futures=True)
