"""The command ``roundup``: a week or a month of issues in one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from ribao.cli_options import Config, Json, Quiet, Wait, complain, read_settings

if TYPE_CHECKING:
    from ribao.report import RoundupReport


def roundup(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TIME", help="Weeks as 2026-W02, months as 2026-01 (default: the last week)."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    wait: Wait = 60.0,
    config: Config = None,
) -> None:
    """Round up the issues of a week or a month: what mattered, which areas moved. Asks nobody.

    Examples:

      ribao roundup                     the last week that is over

      ribao roundup 2026-W02

      ribao roundup 2026-01 2026-02     two months
    """
    settings = read_settings(context, config)
    from ribao.roundup import read_span, whole_week_before

    spans = [read_span(name) for name in dict.fromkeys(names or ())]
    from ribao.app import round_up, today
    from ribao.report import worst
    from ribao.terminal import progress_for

    spans = sorted(spans or [whole_week_before(today(settings))], key=lambda span: span.first)
    with progress_for(quiet=quiet) as progress:
        reports = round_up(settings, spans, progress, wait)
    code = worst([report.exit_code for report in reports])
    _print(reports, code, as_json=as_json)
    raise typer.Exit(code)


def _print(reports: list[RoundupReport], code: int, *, as_json: bool) -> None:
    for report in reports:
        for problem in report.problems:
            complain(problem, kind="passed over")
        if report.state == "empty":
            complain(f"{report.name}: {report.message}")
    if as_json:
        from ribao.export import plain

        rounds = [{**plain(report), "exit_code": report.exit_code} for report in reports]
        print(json.dumps({"exit_code": code, "roundups": rounds}, ensure_ascii=False, indent=2))
        return
    for report in reports:
        if report.state != "empty":
            print(f"{report.name}  {report.state}: {report.issues} issues, {report.papers} papers")
        for file in report.files:
            print(f"  {file}")
