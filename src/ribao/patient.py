"""The one retry policy: what is transient is asked again, with growing pauses and within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina
import stamina.instrumentation

from ribao.errors import StepError

T = TypeVar("T")

# Left alone, stamina would log each retry to stderr; what went wrong is in the error at the end.
stamina.instrumentation.set_on_retry_hooks([])


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long (in seconds) something is tried.

    A failure later than ``within`` seconds after the beginning is final. As it stands that leaves
    room for five tries that each hang for 20 s, and all is over within two minutes. A server that
    names a time to wait is waited for until ``latest``.
    """

    tries: int = 6
    within: float = 99.0
    latest: float = 118.0
    first_pause: float = 0.5
    longest_pause: float = 15.0


def patiently(ask: Callable[[], T], patience: Patience) -> T:
    """Call ``ask`` until it answers, for as long as its failures are transient.

    A server that says how long to wait (``Retry-After``) is waited for that long, if that still
    fits. Raises the last ``StepError`` where patience ends, and any other exception at once.
    """
    started = time.monotonic()

    def pause(error: Exception) -> bool | float:
        if not isinstance(error, StepError) or not error.transient:
            return False
        if error.retry_after is None:
            return True
        left = max(patience.within, patience.latest) - (time.monotonic() - started)
        # Never sooner than asked, and not at all where the answer would come too late.
        return max(error.retry_after, 0.05) if error.retry_after < left else False

    for attempt in stamina.retry_context(
        on=pause,
        attempts=patience.tries,
        timeout=patience.within,
        wait_initial=patience.first_pause,
        wait_max=patience.longest_pause,
        wait_jitter=patience.first_pause / 2,
    ):
        with attempt:
            return ask()
    raise AssertionError("unreachable: the last attempt returns or raises")
