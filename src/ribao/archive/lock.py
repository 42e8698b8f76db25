"""One writer at a time: a lock beside the archive, and who holds it."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import filelock

from ribao.archive.database import said_plainly
from ribao.archive.store import Archive
from ribao.errors import StoreError

BROKEN_OFF = 1


@contextmanager
def hold(
    path: Path,
    command: str,
    *,
    wait: float,
    clock: Callable[[], datetime],
    tell: Callable[[str], None],
) -> Iterator[Archive]:
    """Open the archive at ``path`` for writing, alone, and note the run in it.

    The lock is the operating system's: it goes with its process, however that ends. While another
    holds it, ``tell`` says who, and after ``wait`` seconds ``StoreError`` does.
    """
    lock = filelock.FileLock(f"{path}.lock", mode=0o644)
    _acquire(lock, path, wait, tell)
    try:
        with Archive.open(path, wait=wait) as archive:
            archive.begin_run(command, socket.gethostname(), os.getpid(), clock())
            try:
                yield archive
            except BaseException:
                # Best effort: what stopped the run may be the archive itself.
                with contextlib.suppress(StoreError):
                    archive.end_run(BROKEN_OFF, "", clock())
                raise
    finally:
        lock.release()


def _acquire(
    lock: filelock.BaseFileLock, path: Path, wait: float, tell: Callable[[str], None]
) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if wait > 0:
                tell(f"{path} is held by {_holder(path)}; waiting up to {wait:g} s")
            lock.acquire(timeout=wait)
    except filelock.Timeout as error:
        raise StoreError(
            f"{path}: is held by {_holder(path)}; it was waited for {wait:g} s, try again when "
            "that has ended, or wait longer with --wait"
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path}: its folder cannot be written ({error.strerror}); mend its rights or set "
            "archive.path"
        ) from error


def _holder(path: Path) -> str:
    try:
        with said_plainly(str(path)), Archive.open(path, wait=1, read_only=True) as archive:
            run = archive.open_run()
    except StoreError:
        run = None
    if run is None:
        return "another ribao"
    since = f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"ribao {run.command} (process {run.pid} on {run.host}, since {since})"
