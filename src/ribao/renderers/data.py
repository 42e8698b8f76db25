"""``issue.json``, ``stats.json`` and ``roundup.json``: the values as data, as documented."""

from __future__ import annotations

import msgspec

from ribao.roundup import Roundup
from ribao.statistics import Statistics, Totals
from ribao.types import Issue


def render_json(value: Issue | Statistics | Totals | Roundup) -> bytes:
    """Return the value as UTF-8 JSON, two blanks deep, in the order of its types."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
