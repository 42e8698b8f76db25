"""Open the SQLite file, bring it to our schema, and turn its errors into ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path

import apsw
import msgspec

from ribao.archive.schema import APPLICATION_ID, MIGRATIONS
from ribao.errors import StoreError

# Kept small: the default would let a day's pages pile up beside the file.
CACHE_KIB = 8_000
# What SQLite sees of damage, and what only shows when a long text is read.
DAMAGE = (
    apsw.NotADBError,
    apsw.CorruptError,
    UnicodeDecodeError,
    JSONDecodeError,
    msgspec.DecodeError,
)


@contextmanager
def said_plainly(path: str) -> Iterator[None]:
    """Turn what SQLite raises into a ``StoreError`` with the file's name and the remedy."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        who = _who_locks(Path(path))
        raise StoreError(
            f"{path}: is locked by {who}; try again later, or longer with --wait"
        ) from error
    except DAMAGE as error:
        raise StoreError(
            f"{path}: is damaged or no archive ({error}); move it away and bring a copy back, or "
            f"save what can be read with: sqlite3 {path} .recover | sqlite3 rescued.sqlite"
        ) from error
    except apsw.FullError as error:
        raise StoreError(f"{path}: the disk is full; make room and run again") from error
    except apsw.ReadOnlyError as error:
        raise StoreError(
            f"{path}: cannot be written; mend its rights or set archive.path"
        ) from error
    except apsw.CantOpenError as error:
        raise StoreError(f"{path}: cannot be opened; look at its folder and its rights") from error
    except apsw.IOError as error:
        raise StoreError(
            f"{path}: reading or writing failed ({error}); is the disk full or gone?"
        ) from error
    except apsw.Error as error:
        raise StoreError(f"{path}: {type(error).__name__}: {error}") from error


def open_database(path: str, wait: float, *, read_only: bool = False) -> apsw.Connection:
    """Open ``path`` (made if absent) at our schema; wait up to ``wait`` seconds for a lock.

    Raises ``StoreError`` where it is another program's, newer than this ribao, or unusable.
    """
    # One that could not write would leave two files beside the archive when it closes.
    flags = apsw.SQLITE_OPEN_READWRITE | (0 if read_only else apsw.SQLITE_OPEN_CREATE)
    with said_plainly(path):
        connection = apsw.Connection(path, flags=flags)
        try:
            connection.set_busy_timeout(int(wait * 1000))
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            _check(connection, path)
            if read_only:
                connection.execute("PRAGMA query_only = ON")
            else:
                # Before anything is written: 70 MB take 0.02 s. What is damaged stays as it is.
                if (found := connection.execute("PRAGMA quick_check(1)").get) != "ok":
                    raise apsw.CorruptError(found)
                # Readers go on while one writes; a kill at any moment leaves a whole file.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def schema_version(connection: apsw.Connection) -> int:
    """Return how many migrations the file has had."""
    return int(connection.pragma("user_version"))


def _check(connection: apsw.Connection, path: str) -> None:
    version = schema_version(connection)
    owner = connection.pragma("application_id")
    empty = not connection.execute("SELECT count(*) FROM sqlite_schema").get
    if owner != APPLICATION_ID and not (empty and version == 0):
        raise StoreError(
            f"{path}: is a database of another program; set archive.path to a file of ours"
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path}: was written by a newer ribao (schema {version}, this one knows "
            f"{len(MIGRATIONS)}); upgrade with: pip install --upgrade ribao"
        )


def migrate(connection: apsw.Connection) -> None:
    """Bring the file to our schema, whole or not at all."""
    if schema_version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Looked at again inside: another run may have done it while we waited for the lock.
        for migration in MIGRATIONS[schema_version(connection) :]:
            connection.execute(migration)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _who_locks(path: Path) -> str:
    """Name the process that locks ``path``, where the system (Linux) tells."""
    try:
        inodes = {p.stat().st_ino for p in path.parent.glob(f"{path.name}*")}
        for line in Path("/proc/locks").read_text().splitlines():
            words = line.split()
            # Not who waits ("->") or reads, nor ourselves.
            if words[1] == "->" or words[3] != "WRITE" or words[4] == str(os.getpid()):
                continue
            pid, inode = words[4], int(words[5].rsplit(":", 1)[1])
            if inode in inodes:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                return f"{name} (process {pid})"
    except (OSError, ValueError, IndexError):
        pass
    return "another program"
