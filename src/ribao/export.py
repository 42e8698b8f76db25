"""Write papers as JSON lines, one JSON list, or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, TextIO

from ribao.renderers.data import plain
from ribao.types import IssuePaper

__all__ = ["COLUMNS", "FORMS", "plain", "write_papers"]

FORMS = ("jsonl", "json", "csv")
COLUMNS = ("day", *IssuePaper.__dataclass_fields__)
# A spreadsheet takes a cell that begins like this for a formula and runs it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_papers(papers: Iterable[tuple[date, IssuePaper]], form: str, out: TextIO) -> None:
    """Write each paper with its ``day`` in one of ``FORMS``, one at a time."""
    rows = ({"day": str(day), **plain(paper)} for day, paper in papers)
    if form == "csv":
        _write_csv(rows, out)
    elif form == "jsonl":
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        _write_list(rows, out)


def _write_list(rows: Iterator[dict[str, Any]], out: TextIO) -> None:
    out.write("[")
    for number, row in enumerate(rows):
        begin = ",\n" if number else "\n"
        out.write(begin + json.dumps(row, ensure_ascii=False))
    out.write("\n]\n")


def _write_csv(rows: Iterator[dict[str, Any]], out: TextIO) -> None:
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> object:
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value
