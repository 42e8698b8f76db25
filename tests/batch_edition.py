"""Two days of an edition whose language model has a batch interface: its fixtures."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ribao.archive import Archive
from tests.batch_server import BatchServer
from tests.conftest import DAY, KEY
from tests.edition import Edition, rows
from tests.loopback import HuggingFaceServer, paper, pseudo_translate

TUESDAY = "2026-01-13"
SPAN = ("--since", DAY, "--until", TUESDAY, "--batch")
NOW = datetime(2026, 1, 20, 8, 0, tzinfo=UTC)
WORDS = [
    "alpha",
    "bravo",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "jetty",
    "koala",
    "larch",
    "mango",
]


def listed(first: int, count: int) -> list[dict]:
    """Papers that each say something else: a text that crosses over to another one is seen."""
    return [
        paper(
            f"2601.{n:05d}",
            title=f"The {WORDS[n - 1]} method",
            summary=f"We study how a {WORDS[n - 1]} is found among many others. It is compared with "
            f"the {WORDS[-n]} of strong baselines on several tasks, where it is the best of them.",
        )
        for n in range(first, first + count)
    ]


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: listed(1, 3), TUESDAY: listed(4, 3)}) as server:
        yield server


@pytest.fixture
def llm():
    with BatchServer(key=KEY) as server:
        yield server


@pytest.fixture
def ours(tmp_path, source, llm):
    made = Edition(tmp_path, source, llm, RIBAO_LLM__CONCURRENCY="1")
    # It is known what the server takes: the first question of all is asked directly otherwise.
    with Archive.open(made.archive) as archive:
        archive._write(
            "INSERT INTO servers VALUES (?, ?, ?, ?, ?)",
            (f"{llm.url}/v1", "loopback-1", "json_object", 1, datetime.now(UTC).isoformat()),
        )
    return made


def told(days: tuple[str, ...], edition: Edition) -> dict[str, str]:
    """Every published text, by its paper."""
    return {i: p["abstract"] for day in days for i, p in edition.papers(day).items()}


def expected() -> dict[str, str]:
    inner = [each["paper"] for each in listed(1, 6)]
    return {p["id"]: pseudo_translate(p["title"], p["summary"])["abstract"] for p in inner}


def batches(edition: Edition) -> list[dict]:
    names = ("number", "engine", "base_url", "model", "created_at", "file_id", "batch_id")
    names += ("questions", "reserved", "currency", "state", "message", "lost")
    return [
        dict(zip(names, row, strict=True)) for row in rows(edition.archive, "batches")["batches"]
    ]
