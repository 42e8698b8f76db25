"""How our values stand in the archive's rows: moments as text in UTC, lists and links as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from ribao.listing import digest_of
from ribao.types import Links, Paper, Reply

PAPER = (
    "source, paper_id, title, abstract, authors, published_at, upvotes, keywords, links, "
    "organization"
)
REPLY = tuple(Reply.__dataclass_fields__)


def some(values: str) -> tuple[str, ...]:
    """Read a JSON list of words, without the empty ones."""
    return tuple(value for value in json.loads(values) if value)


def facts_of(paper: Paper) -> tuple[Any, ...]:
    """Return the columns of a paper that its source can change, in the order of the table."""
    return (
        paper.title,
        paper.abstract,
        json.dumps(paper.authors, ensure_ascii=False),
        moment(paper.published_at) if paper.published_at else None,
        paper.upvotes,
        json.dumps(paper.keywords, ensure_ascii=False),
        msgspec.json.encode(paper.links).decode(),
        paper.organization,
        digest_of(paper),
    )


def paper_from(row: tuple[Any, ...]) -> Paper:
    """Read a paper from the columns ``PAPER``."""
    (
        source,
        paper_id,
        title,
        abstract,
        authors,
        published,
        upvotes,
        keywords,
        links,
        organization,
    ) = row
    return Paper(
        source=source,
        id=paper_id,
        title=title,
        abstract=abstract,
        authors=tuple(json.loads(authors)),
        published_at=when(published) if published else None,
        upvotes=upvotes,
        keywords=tuple(json.loads(keywords)),
        links=msgspec.json.decode(links, type=Links),
        organization=organization,
    )


def row_of(reply: Reply) -> tuple[Any, ...]:
    """Return the columns ``REPLY`` of a reply."""
    values = [getattr(reply, name) for name in REPLY]
    return tuple(moment(v) if isinstance(v, datetime) else v for v in values)


def reply_from(row: tuple[Any, ...]) -> Reply:
    """Read a reply from the columns ``REPLY``."""
    values = dict(zip(REPLY, row, strict=True))
    values["asked_at"] = when(values["asked_at"])
    values["draft"] = bool(values["draft"])
    return Reply(**values)


def moment(value: datetime) -> str:
    """Write a moment."""
    return value.astimezone(UTC).isoformat()


def when(value: str) -> datetime:
    """Read a moment."""
    return datetime.fromisoformat(value).astimezone(UTC)
