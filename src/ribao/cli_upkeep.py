"""The commands that look after an edition: ``status``, ``doctor`` and ``models``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ribao.cli_options import Config, Json, Quiet, complain, print_json, read_settings

if TYPE_CHECKING:
    from ribao.models import ModelStatus


def status(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days back.")] = 7,
    findings: Annotated[
        bool, typer.Option("--findings", help="What the checks found, and how each ended.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Say how the last days stand: fresh, waiting, quiet or failed, and why.

    Examples:

      ribao status

      ribao status --findings           what was found in each text, and how it ended

      ribao status --days 30 --json
    """
    settings = read_settings(context, config)
    from ribao.app import today
    from ribao.archive import Archive
    from ribao.status import last_days

    path = settings.archive.path
    opened = Archive.open(path, read_only=True) if path.exists() else Archive.in_memory()
    with opened as archive:
        languages = (settings.language, *settings.languages)
        found = [
            entry
            for language in languages
            for entry in last_days(archive, language, today(settings), days)
        ]
    if as_json:
        print_json(found)
        return
    told = ""
    for entry in found:
        if len(languages) > 1 and entry.language != told:
            told = entry.language
            print(f"{told}:")
        issue = f"{entry.papers} papers, revision {entry.revision}" if entry.revision else ""
        doubts = [
            (entry.late, "late"),
            (entry.flagged, "flagged"),
            (entry.missing, "untranslated"),
            (entry.drafts, "drafts"),
            (entry.mended, "mended"),
        ]
        more = [f"{count} {word}" for count, word in doubts if count]
        print(
            f"{entry.day}  {entry.state:8}{', '.join(filter(None, [issue, *more, entry.reason]))}"
        )
        for doubt in entry.doubts if findings else ():
            print(f"  {doubt.ended:8}{doubt.paper}  {doubt.check}: {doubt.message}")


def doctor(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server.")] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Look at settings, archive, disk, key, source, model and voice: what works, what to mend.

    Examples:

      ribao doctor

      ribao doctor --offline
    """
    settings = read_settings(context, config)
    from ribao.doctor import examine

    checks = []
    for check in examine(settings, offline=offline):
        checks.append(check)
        if not as_json:
            sign = {"good": "✓", "doubtful": "?", "bad": "✗"}[check.state]
            print(f"{sign} {check.name:9} {check.message}")
    if as_json:
        print_json(checks)
    raise typer.Exit(3 if any(check.state == "bad" for check in checks) else 0)


def models(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Which (default: what the edition uses)."),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch what is not there, from the settings' places.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    config: Config = None,
) -> None:
    """List the weights that voices need, and fetch them; a file's digest decides whether it is one.

    Examples:

      ribao models

      ribao models --fetch

      ribao models kokoro --fetch --json
    """
    settings = read_settings(context, config)
    from ribao.app import now
    from ribao.models import FETCH, check_names, fetch_all, look, used_by, weights_of
    from ribao.terminal import progress_for

    weights = weights_of(settings, now)
    check_names(weights, names or ())
    wanted = names or used_by(settings)
    failures = []
    if fetch:
        with progress_for(quiet=quiet) as progress:
            failures = fetch_all(weights, wanted, progress)
    statuses = look(weights, names or (), used_by(settings))
    if as_json:
        print_json(statuses)
    else:
        _print_models(statuses)
    for failure in failures:
        complain(str(failure))
    lacking = [s for s in statuses if s.name in wanted and s.state != "ready"]
    for status in () if failures else lacking:
        complain(f"{status.name}: fetch it with: {FETCH} {status.name}", kind=status.state)
    raise typer.Exit(1 if failures else 3 if lacking else 0)


def _print_models(statuses: list[ModelStatus]) -> None:
    width = max((len(status.name) for status in statuses), default=0)
    for status in statuses:
        use = "for tests" if status.kind == "test" else "" if status.used else "not used here"
        about = ", ".join(filter(None, [status.purpose, status.licence, use]))
        print(f"{status.name:{width}} {status.state:8} {status.size / 1e6:6.1f} MB  {about}")
        if status.state != "missing":
            print(f"  {status.path}")
