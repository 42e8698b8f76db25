"""The command line: parse, call, print. Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ribao import __version__
from ribao.cli_cost import cost
from ribao.cli_evaluate import evaluate
from ribao.cli_options import Config, Json, Quiet, Wait, complain, print_json, read_settings
from ribao.cli_roundup import roundup
from ribao.cli_upkeep import doctor, models, status
from ribao.errors import ConfigError, RibaoError, UsageError

if TYPE_CHECKING:
    from ribao.report import DayReport

# Of so many papers with the same trouble each is named.
NAMED = 3
# Nothing heavy is imported here: each command imports what it needs, so that --help is quick.
app = typer.Typer(
    name="ribao",
    no_args_is_help=True,
    # Plain help: rich would take longer than all the rest of it.
    rich_markup_mode=None,
    # Tracebacks with local variables would print keys.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; end with the contract's exit code."""
    # typer answers a KeyboardInterrupt without a word; this one reaches us.
    signal.signal(signal.SIGINT, _stop)
    try:
        app()
    except ConfigError as error:
        for problem in error.problems:
            complain(problem)
        sys.exit(2)
    except UsageError as error:
        complain(str(error))
        sys.exit(2)
    except RibaoError as error:
        complain(str(error))
        sys.exit(1)
    except _StoppedError:
        complain("stopped; what was answered is kept, run again to go on")
        sys.stdout.flush()
        # Threads that are still speaking would be waited for; all that matters is closed by now.
        os._exit(130)


class _StoppedError(BaseException):
    """Ctrl-C. No ``Exception``, so that nothing on the way takes it for a failure."""


def _stop(*_: object) -> NoReturn:
    raise _StoppedError


def _version(value: bool) -> None:
    if value:
        print(f"ribao {__version__}")
        raise typer.Exit


@app.callback(
    epilog="First steps: ribao demo · ribao init · ribao doctor · ribao run",
)
def root(
    context: typer.Context,
    config: Config = None,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Name and version.")
    ] = False,
) -> None:
    """The daily newsletter of new AI papers, in Chinese: collected, translated, checked, published.

    Examples:

      ribao demo                        a sample issue, without network or key

      ribao run                         today's issue

      ribao run 2026-01-12 --json       one day, with a report for programs

      ribao run --since 2026-01-05 --until 2026-01-09
    """
    context.obj = config


@app.command()
def run(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Argument(metavar="DAY", help="YYYY-MM-DD (default: today).")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="The first of several days.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="The last of them (default: today).")
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Ask again for what was answered.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Collect, say what would be asked, ask and write nothing."),
    ] = False,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Order the answers in batches: cheaper, and within a day."),
    ] = False,
    wait_batch: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the batches.")
    ] = 0.0,
    as_json: Json = False,
    quiet: Quiet = False,
    wait: Wait = 60.0,
    config: Config = None,
) -> None:
    """Make a day's issue: collect, translate, check, compose, render, deliver.

    Examples:

      ribao run                         today, in the edition's time zone

      ribao run 2026-01-12              one day

      ribao run --since 2026-01-05      several days, oldest first

      ribao run 2026-01-12 --dry-run    what would be asked

      ribao run --since 2025-01-01 --until 2025-12-31 --batch
    """
    _check_batch(batch=batch, wait=wait_batch, other=renew or dry_run)
    settings = read_settings(context, config)
    from ribao.app import Asked, today
    from ribao.app import run as run_days
    from ribao.report import worst

    days = _days(day, since, until, today(settings))
    from ribao.terminal import progress_for

    asked = Asked(renew, dry_run, wait, batch=batch, wait_batch=wait_batch)
    with progress_for(quiet=quiet) as progress:
        reports = run_days(settings, days, asked, progress)
    code = worst([report.exit_code for report in reports])
    _print_reports(reports, code, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to put it.")] = Path("demo"),
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make the recorded sample issue: no network, no key.

    Examples:

      ribao demo

      ribao demo --out /tmp/sample
    """
    from ribao.demo import run_demo
    from ribao.terminal import progress_for

    with progress_for(quiet=quiet) as progress:
        reports = run_demo(out, progress)
    # The sample holds one flagged paper on purpose: that is what it is to show.
    failed = any(report.exit_code == 1 for report in reports)
    _print_reports(reports[-1:], int(failed), as_json=as_json, sample=True)
    raise typer.Exit(int(failed))


# A command that stands in a file of its own, in the place that --help gives it.
app.command()(roundup)


@app.command("import")
def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files or folders.")],
    as_json: Json = False,
    quiet: Quiet = False,
    wait: Wait = 60.0,
    config: Config = None,
) -> None:
    """Read saved API answers into the archive.

    Examples:

      ribao import daily_papers/

      ribao import 2026-01-12.json 2026-01-13.json
    """
    settings = read_settings(context, config)
    if not any(path.exists() for path in paths):
        raise UsageError(f"{paths[0]}: is not there")
    from ribao.exchange import import_files
    from ribao.terminal import progress_for

    with progress_for(quiet=quiet) as progress:
        report = import_files(settings, paths, progress, wait)
    for line in (*report.skipped, *report.problems):
        complain(line, kind="skipped")
    if as_json:
        print_json(report)
    else:
        print(
            f"{report.files} files, {report.days} days, {report.papers} papers "
            f"({report.new_papers} new), {len(report.skipped)} skipped"
        )
    raise typer.Exit(3 if report.skipped or report.problems else 0)


@app.command()
def export(
    context: typer.Context,
    form: Annotated[
        str, typer.Option("--format", metavar="jsonl|json|csv", help="The form.")
    ] = "jsonl",
    wait: Wait = 60.0,
    config: Config = None,
) -> None:
    """Print every paper of the archive, published or only imported.

    Examples:

      ribao export > papers.jsonl

      ribao export --format csv > papers.csv
    """
    settings = read_settings(context, config)
    from ribao.export import FORMS, write_papers

    if form not in FORMS:
        raise UsageError(f"--format: {form!r} is not one of {', '.join(FORMS)}")
    from ribao.exchange import export as export_papers

    write_papers(export_papers(settings, wait), form, sys.stdout)


# Commands that stand in a file of their own, in the place that --help gives them.
app.command()(status)
app.command()(cost)
app.command()(evaluate)
app.command()(doctor)
app.command()(models)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where.")] = Path(),
) -> None:
    """Write a ribao.toml with every setting explained.

    Examples:

      ribao init

      ribao init my-edition
    """
    from ribao.starter import write_starter

    print(write_starter(folder))


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 8000,
    config: Config = None,
) -> None:
    """Look at the edition in a browser on this machine.

    Examples:

      ribao serve

      ribao serve --port 8080
    """
    settings = read_settings(context, config)
    from ribao.server import make_server

    with make_server(settings.output.folder, host, port) as server:
        print(f"http://{host}:{server.server_port}/", flush=True)
        # Ctrl-C is how one stops looking: nothing has gone wrong.
        with contextlib.suppress(_StoppedError):
            server.serve_forever()


# ── what the commands share ───────────────────────────────────────────────────────────────────


def _check_batch(*, batch: bool, wait: float, other: bool) -> None:
    if batch and other:
        raise UsageError("--batch goes with neither --renew nor --dry-run")
    if wait and not batch:
        raise UsageError("--wait-batch goes with --batch")


def _days(day: str | None, since: str | None, until: str | None, today: date) -> list[date]:
    if day is not None and (since or until):
        raise UsageError("run takes either DAY or --since and --until, not both")
    if until and not since:
        raise UsageError("--until goes with --since")
    first = _day(since or day, today, "--since" if since else "DAY")
    last = _day(until, today, "--until") if since else first
    if first > last:
        raise UsageError(f"--since {first} is after --until {last}")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _day(text: str | None, today: date, name: str) -> date:
    if text is None:
        return today
    try:
        # Nothing but YYYY-MM-DD: fromisoformat alone would take 20260112 and 2026-W03 too.
        day = date.fromisoformat(text) if len(text) == len("YYYY-MM-DD") else None
    except ValueError:
        day = None
    if day is None or text != day.isoformat():
        raise UsageError(f"{name}: {text!r} is no day; write it as YYYY-MM-DD")
    if day > today:
        raise UsageError(f"{name}: {day} is in the future (today is {today})")
    return day


def _troubles(report: DayReport) -> Iterator[tuple[str, str]]:
    """Yield each trouble's kind and line; what holds for many papers alike is said once."""
    alike: dict[tuple[str, str], list[str]] = {}
    for trouble in report.troubles:
        reason = trouble.message.replace("not asked: ", "")
        alike.setdefault((trouble.status, reason), []).append(trouble.paper)
    for (kind, reason), papers in alike.items():
        if len(papers) > NAMED:
            yield kind, f"{len(papers)} papers ({', '.join(papers)}): {reason}"
        else:
            yield from ((kind, f"{paper}: {reason}") for paper in papers)


def _print_reports(
    reports: list[DayReport], code: int, *, as_json: bool, sample: bool = False
) -> None:
    for report in reports:
        for kind, line in () if sample else _troubles(report):
            complain(line, kind=kind)
        for notice in report.notices:
            complain(notice, kind="note")
        for problem in report.problems:
            complain(problem, kind="passed over")
        if report.state == "failed":
            complain(report.message)
    if as_json:
        from ribao.export import plain

        days = [{**plain(report), "exit_code": report.exit_code} for report in reports]
        print(json.dumps({"exit_code": code, "days": days}, ensure_ascii=False, indent=2))
        return
    several = len({report.language for report in reports}) > 1
    for report in reports:
        language = f" ({report.language})" if several else ""
        print(_summary(report, language))
        for file in report.files:
            print(f"  {file}")


def _summary(report: DayReport, language: str) -> str:
    if report.revision is None:
        return f"{report.day}{language}  {report.state}: {report.message}"
    counts = [
        (report.papers, "papers"),
        (report.late, "late"),
        (report.asked, "asked"),
        (report.flagged, "flagged"),
        (report.missing, "untranslated"),
        (report.drafts, "drafts"),
    ]
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"{report.day}{language}  {report.state}, revision {report.revision}: {said}"
