"""What the commands share: options, the settings, and how things are printed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ribao.config import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The settings (default: ./ribao.toml)."),
]
Wait = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for a busy archive.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only what went wrong.")]


def read_settings(context: typer.Context, config: Path | None) -> Settings:
    """Read the settings that the command names, else those that stand before it."""
    from ribao.config import load_settings

    return load_settings(config or context.obj)


def print_json(value: object) -> None:
    """Print a report on stdout."""
    from ribao.export import plain

    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def complain(message: str, kind: str = "error") -> None:
    """Print one line on stderr."""
    print(f"ribao: {kind}: {message}", file=sys.stderr)
