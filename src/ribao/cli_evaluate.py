"""The command ``evaluate``: how good an engine's translations are, and what the checks find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ribao.cli_options import Config, Json, Quiet, complain, read_settings
from ribao.errors import RenderError, UsageError

if TYPE_CHECKING:
    from ribao.config import Settings
    from ribao.evaluate import Evaluation
    from ribao.recall import PlantedReport


def evaluate(
    context: typer.Context,
    pairs: Annotated[
        Path | None, typer.Argument(metavar="PAIRS.json", help="Papers with a good translation.")
    ] = None,
    engines: Annotated[
        list[str] | None,
        typer.Option(
            "--engine", metavar="NAME", help="Who is asked (default: all that the edition uses)."
        ),
    ] = None,
    planted: Annotated[
        bool, typer.Option("--planted", help="Ask nobody: plant errors, look what is found.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only N pairs, the first ones.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Another draw: of --limit's pairs, of planted errors."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report to be read, too.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    config: Config = None,
) -> None:
    """Measure an engine's translations: likeness, findings, tokens, cost, seconds.

    Examples:

      ribao evaluate pairs.json              the edition's engines side by side

      ribao evaluate pairs.json --engine deepseek --engine local

      ribao evaluate pairs.json --limit 5 --html report.html

      ribao evaluate --planted pairs.json    what is found of planted errors

    PAIRS.json is a list: [{"id", "title", "abstract", "title_zh", "abstract_zh"}, ...]. Each paper
    is asked for once; the archive stays as it is.
    """
    if pairs is None:
        from ribao.pairs import FORM

        raise UsageError(f"PAIRS.json is missing: papers with a good translation, {FORM}")
    if planted and engines:
        raise UsageError("--planted asks nobody: leave out --engine")
    _check_place(html)
    report: Evaluation | PlantedReport
    if planted:
        report, text, page = _plant(pairs, limit, seed, quiet=quiet)
    else:
        settings = read_settings(context, config)
        report, text, page = _ask(settings, pairs, engines or [], limit, seed, quiet=quiet)
    for problem in report.passed_over:
        complain(f"{pairs}: {problem}", kind="passed over")
    if as_json:
        from ribao.export import plain

        whole = {"exit_code": report.exit_code, **plain(report)}
        print(json.dumps(whole, ensure_ascii=False, indent=2))
    else:
        print(text)
    if html is not None:
        _write(html, page)
    raise typer.Exit(report.exit_code)


def _ask(
    settings: Settings,
    pairs: Path,
    engines: list[str],
    limit: int | None,
    seed: int | None,
    *,
    quiet: bool,
) -> tuple[Evaluation, str, str]:
    """Ask the engines; return the report, and the same for a terminal and as a page."""
    import time

    from ribao.app import now
    from ribao.pairs import read_pairs
    from ribao.renderers.evaluation import as_text, engine_tables, one_line, render_evaluation
    from ribao.terminal import progress_for
    from ribao.trial import evaluate

    references, problems = read_pairs(pairs, limit, seed)
    with progress_for(quiet=quiet) as progress:
        report = evaluate(
            settings, references, engines, progress, now, time.monotonic, passed_over=problems
        )
    for engine in report.engines:
        if engine.failure:
            complain(f"{engine.engine}: {one_line(engine.failure, 300)}")
    head = f"{report.pairs} papers, prompt {report.prompt}\n\n"
    return report, head + as_text(engine_tables(report)), render_evaluation(report, references)


def _plant(
    pairs: Path, limit: int | None, seed: int | None, *, quiet: bool
) -> tuple[PlantedReport, str, str]:
    """Plant errors; return the report, and the same for a terminal and as a page."""
    from ribao.pairs import plant_errors, read_pairs
    from ribao.renderers.evaluation import as_text, one_line, planted_tables, render_planted
    from ribao.terminal import progress_for

    references, problems = read_pairs(pairs, limit, seed)
    with progress_for(quiet=quiet) as progress:
        report = plant_errors(references, seed, progress, problems)
    lines = [f"{report.pairs} pairs, seed {report.seed}\n", as_text(planted_tables(report))]
    if report.alarms:
        lines.append("\nFaithful pairs that alarm (one that really is wrong is no false alarm):")
    for alarm in report.alarms:
        lines.append(one_line(f"{alarm.id} {alarm.rewrite}: {alarm.title}", 100))
        lines += ["  " + one_line(f"{each.check}: {each.message}", 200) for each in alarm.findings]
    return report, "\n".join(lines), render_planted(report)


def _check_place(html: Path | None) -> None:
    """Say before anybody is asked, and paid, that the report would have no place."""
    if html is not None and (html.is_dir() or not html.absolute().parent.is_dir()):
        raise UsageError(f"--html {html}: must be a file in a folder that is there")


def _write(html: Path, page: str) -> None:
    from ribao.channels.folder import publish
    from ribao.types import Artifact

    try:
        publish(html.absolute().parent, [Artifact(html.name, page.encode())])
    except RenderError as error:
        raise RenderError(
            str(html), "cannot be written; name another place with --html"
        ) from error.__cause__
