"""What asking has cost, month by month: read from the replies of the archive."""

from __future__ import annotations

from dataclasses import dataclass

from ribao.archive.store import Archive


@dataclass(frozen=True, slots=True)
class Usage:
    """What one model of one engine was asked in a month (UTC), and what that cost.

    ``unpriced`` replies have no cost: their model had no price then, or nobody counted the tokens.
    """

    month: str
    engine: str
    model: str
    language: str
    replies: int
    papers: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None
    currency: str | None
    unpriced: int


def usage(archive: Archive, month: str | None = None) -> list[Usage]:
    """Return what was asked in ``month`` (``2026-01``), or ever: by month, engine and model."""
    sql = """SELECT substr(asked_at, 1, 7), engine, model, language, count(*),
                    count(DISTINCT source || ' ' || paper_id), total(input_tokens),
                    total(cached_tokens), total(output_tokens), sum(cost), currency,
                    sum(cost IS NULL)
             FROM replies WHERE asked_at >= ?1 AND asked_at < ?1 || '~'
             GROUP BY 1, engine, model, language, currency ORDER BY 1, 2, 3, 4, currency"""
    return [
        Usage(*row[:6], *map(int, row[6:9]), *row[9:]) for row in archive.rows(sql, (month or "",))
    ]


def spent(archive: Archive, month: str, currency: str) -> tuple[float, dict[str, float]]:
    """Return what was spent in ``month``, and on the dearest reply of each engine."""
    sql = """SELECT engine, total(cost), max(cost) FROM replies
             WHERE asked_at >= ?1 AND asked_at < ?1 || '~' AND currency = ?2 GROUP BY engine"""
    rows = archive.rows(sql, (month, currency))
    return sum(row[1] for row in rows), {engine: dearest for engine, _, dearest in rows}


@dataclass(frozen=True, slots=True)
class Routed:
    """What the route of a month sent where: an engine's easy or hard papers, and their tokens."""

    month: str
    engine: str
    kind: str
    papers: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None
    currency: str | None


def routed(archive: Archive, month: str | None = None) -> list[Routed]:
    """Return what was sent where by how hard it is, by month, engine and kind (easy, hard)."""
    sql = """SELECT substr(asked_at, 1, 7), engine, substr(route, 1, 4),
                    count(DISTINCT source || ' ' || paper_id), total(input_tokens),
                    total(cached_tokens), total(output_tokens), sum(cost), currency
             FROM replies WHERE route <> '' AND asked_at >= ?1 AND asked_at < ?1 || '~'
             GROUP BY 1, engine, 3, currency ORDER BY 1, 2, 3, currency"""
    return [
        Routed(*row[:4], *map(int, row[4:7]), *row[7:]) for row in archive.rows(sql, (month or "",))
    ]
