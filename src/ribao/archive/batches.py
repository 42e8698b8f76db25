"""The batches that were ordered, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ribao.archive.rows import moment, when
from ribao.archive.store import Archive
from ribao.batches import Batch, Question

OPEN = "open"
COLUMNS = (
    "number, engine, base_url, model, created_at, file_id, batch_id, questions, reserved, currency"
)


def keep_batch(archive: Archive, batch: Batch) -> int:
    """Note a batch whose questions are uploaded; return its number."""
    questions = json.dumps([asdict(each) for each in batch.questions])
    sql = f"INSERT INTO batches ({COLUMNS}) VALUES (NULL{', ?' * 9}) RETURNING number"
    values = (
        batch.engine,
        batch.base_url,
        batch.model,
        moment(batch.created_at),
        batch.file_id,
        batch.batch_id,
        questions,
        batch.reserved,
        batch.currency,
    )
    [(number,)] = archive.rows(sql, values)
    return int(number)


def name_batch(archive: Archive, number: int, batch_id: str) -> None:
    """Note the server's name of a batch: now it is known that it was ordered."""
    archive.rows("UPDATE batches SET batch_id = ? WHERE number = ?", (batch_id, number))


def end_batch(
    archive: Archive, number: int, state: str, message: str, lost: Sequence[str] = ()
) -> None:
    """Note how a batch ended, and which of its questions came back without an answer."""
    sql = "UPDATE batches SET state = ?, message = ?, lost = ? WHERE number = ?"
    archive.rows(sql, (state, message, json.dumps(lost), number))


def open_batches(archive: Archive) -> list[Batch]:
    """Return the batches that have not ended, oldest first."""
    sql = f"SELECT {COLUMNS} FROM batches WHERE state = ? ORDER BY number"
    return [_batch(row) for row in archive.rows(sql, (OPEN,))]


def lost_questions(archive: Archive) -> set[str]:
    """Return the ids of all questions that came back from a batch without an answer."""
    sql = "SELECT value FROM batches, json_each(batches.lost)"
    return {value for (value,) in archive.rows(sql)}


def ended_questions(archive: Archive) -> set[str]:
    """Return the ids of all questions whose batch has ended, with an answer or without."""
    sql = """SELECT json_extract(value, '$.id') FROM batches, json_each(batches.questions)
             WHERE state <> ?"""
    return {value for (value,) in archive.rows(sql, (OPEN,))}


def _batch(row: tuple[Any, ...]) -> Batch:
    number, engine, base_url, model, created_at, file_id, batch_id, questions, *money = row
    return Batch(
        number,
        engine,
        base_url,
        model,
        when(created_at),
        file_id,
        batch_id,
        tuple(Question(**each) for each in json.loads(questions)),
        *money,
    )
