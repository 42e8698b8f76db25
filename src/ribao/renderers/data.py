"""``issue.json``, ``stats.json`` and ``roundup.json``: the values as data, as documented."""

from __future__ import annotations

from typing import Any

import msgspec

from ribao.roundup import Roundup
from ribao.statistics import Statistics, Totals
from ribao.types import Finding, Issue

# What a finding is in the contract. The rest, by which the pages tell it in their own language, is
# kept in the archive only.
_FINDING = ("check", "severity", "message")
_WHOLE = set(Finding.__dataclass_fields__)


def render_json(value: Issue | Statistics | Totals | Roundup) -> bytes:
    """Return the value as UTF-8 JSON, two blanks deep, in the order of its types."""
    data = plain(value) if isinstance(value, Issue | Roundup) else value
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"


def plain(value: object) -> Any:
    """Return our frozen types as the dictionaries and lists that JSON knows."""
    return _contract(msgspec.to_builtins(value, str_keys=True))


def _contract(data: Any) -> Any:
    if isinstance(data, dict):
        names = _FINDING if data.keys() == _WHOLE else data
        return {name: _contract(data[name]) for name in names}
    if isinstance(data, list | tuple):
        return [_contract(each) for each in data]
    return data
