"""How many things are done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
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
        """Yield each item with its result as soon as it is there."""
        pool = ThreadPoolExecutor(self.count, thread_name_prefix="ribao")
        futures = {pool.submit(function, item): item for item in items}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            # Where the consumer stops early, what has not begun is not begun.
            pool.shutdown(cancel_futures=True)
