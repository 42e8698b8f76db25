"""``issue.json`` and ``stats.json``: an issue and its numbers as data, as documented."""

from __future__ import annotations

import msgspec

from ribao.statistics import Statistics, Totals
from ribao.types import Issue


def render_json(value: Issue | Statistics | Totals) -> bytes:
    """Return an issue or numbers as UTF-8 JSON, two blanks deep, in the order of its types."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
