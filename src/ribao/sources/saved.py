"""Saved answers: files and folders in any of the shapes that the list ever had."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from ribao.errors import BadPayloadError
from ribao.listing import day_inside, read_items, read_page
from ribao.types import Paper, RawPage

MAX_BYTES = 64 * 1024 * 1024
DAY = re.compile(r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)", re.ASCII)


def find_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files to read: each file named, and each ``*.json`` below a folder, in order."""
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*.json") if found.is_file())
        else:
            yield path


def read_saved(path: Path, read_at: datetime) -> tuple[RawPage, list[Paper], list[str]]:
    """Read one saved answer: the raw page, its papers, and the entries that are none.

    Its day is the one in the file's name, else the one that the file says of itself.
    Raises ``BadPayloadError`` where it is no list of papers or its day cannot be told.
    """
    body = _read_bytes(path)
    read_items(body, str(path))
    page = RawPage("huggingface", _day(path, body), 0, read_at, body)
    papers, problems = read_page(page)
    if problems and not papers:
        raise BadPayloadError(str(path), f"holds no paper ({problems[0]})")
    return page, papers, [f"{path}: {problem}" for problem in problems]


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise BadPayloadError(str(path), "is not there" if not path.exists() else "is no file")
        if (size := path.stat().st_size) > MAX_BYTES:
            raise BadPayloadError(str(path), f"holds {size:,} bytes, more than {MAX_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise BadPayloadError(str(path), "cannot be read") from error


def _day(path: Path, body: bytes) -> date:
    for text in (path.stem, day_inside(body) or ""):
        if found := DAY.search(text):
            try:
                return date(*(int(part) for part in found.groups()))
            except ValueError:
                continue
    raise BadPayloadError(str(path), "its day cannot be told: name the file YYYY-MM-DD.json")
