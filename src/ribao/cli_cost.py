"""The command ``cost``: what translating has cost, month by month, engine by engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from ribao.cli_options import Config, Json, complain, print_json, read_settings
from ribao.errors import UsageError

if TYPE_CHECKING:
    from ribao.archive.ledger import Usage

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)


def cost(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Argument(metavar="MONTH", help="YYYY-MM (default: all months).")
    ] = None,
    only: Annotated[
        bool, typer.Option("--month", help="Only MONTH, or this month where none is named.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Say what translating has cost: tokens and money, by month (UTC), engine and model.

    Examples:

      ribao cost                        every month

      ribao cost --month                this month, and what is left of the budget

      ribao cost --month 2026-01 --json
    """
    settings = read_settings(context, config)
    if month is not None and not MONTH.fullmatch(month):
        raise UsageError(f"MONTH: {month!r} is no month; write it as YYYY-MM")
    from ribao.app import now
    from ribao.archive import Archive
    from ribao.archive.ledger import routed, usage
    from ribao.translators import savings_of

    this_month = f"{now():%Y-%m}"
    if only and month is None:
        month = this_month
    path = settings.archive.path
    opened = Archive.open(path, read_only=True) if path.exists() else Archive.in_memory()
    with opened as archive:
        found = usage(archive, month)
        savings = savings_of(settings, routed(archive, month))
    if as_json:
        print_json({"usage": found, "routes": savings})
    else:
        _print(found, month)
        for saving in savings:
            print(saving)
        if settings.budget is not None and month in {None, this_month}:
            currencies = {price.currency for price in settings.prices.values()}
            print(_left(found, settings.budget, this_month, currencies))
    for model in dict.fromkeys(line.model for line in found if line.unpriced and line.input_tokens):
        if settings.prices and model not in settings.prices:
            complain(f'{model}: has no price; add [prices."{model}"]', kind="unpriced")


def _print(found: list[Usage], month: str | None) -> None:
    if not found:
        print(f"{month or 'ever'}: nobody was asked")
        return
    rows = [
        (
            line.month,
            line.engine,
            line.model,
            line.language,
            f"{line.papers:,} papers",
            f"{line.replies:,} replies",
            f"{line.input_tokens:,} in ({line.cached_tokens:,} cached)",
            f"{line.output_tokens:,} out",
            "no price" if line.cost is None else f"{line.cost:.4f} {line.currency}",
        )
        for line in found
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    sums: dict[tuple[str, str], float] = {}
    for line in found:
        if line.cost is not None:
            key = line.month, line.currency or ""
            sums[key] = sums.get(key, 0.0) + line.cost
    for (each, currency), total in sums.items():
        print(f"{each}  in all  {total:.4f} {currency}")


def _left(found: list[Usage], budget: float, month: str, currencies: set[str]) -> str:
    """What is left; costs in a currency that the price list has given up are not counted."""
    own = [line for line in found if line.month == month and line.currency in currencies]
    spent = sum(line.cost or 0.0 for line in own)
    return f"{month}  budget  {spent:.4f} of {budget:g}, {max(budget - spent, 0):.4f} left"
