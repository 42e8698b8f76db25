"""``issue.json``: the issue as data, as the contract documents it."""

from __future__ import annotations

import msgspec

from ribao.types import Issue


def render_json(issue: Issue) -> bytes:
    """Return the issue as UTF-8 JSON, two blanks deep, in the order of its types."""
    return msgspec.json.format(msgspec.json.encode(issue), indent=2) + b"\n"
