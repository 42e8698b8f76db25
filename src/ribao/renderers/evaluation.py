"""What `ribao evaluate` found, as plain tables and as an HTML file that stands alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import jinja2

from ribao.evaluate import (
    CheckFigures,
    EngineFigures,
    Evaluation,
    Reference,
    Score,
    worst_papers,
)
from ribao.recall import PlantedReport, RewriteFigures

NONE = "–"
# A model calls itself what it likes.
_WIDEST = 40
TEN = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A table of short texts; the first column names the row. ``note`` says how to read it.

    ``kind`` is for the stylesheet.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    kind: str = ""


def as_text(tables: Iterable[Table]) -> str:
    """Return tables for a terminal: aligned, without control characters, and nothing but text."""
    return "\n\n".join("\n".join(_lines(table)) for table in tables if table.rows)


def one_line(text: str, most: int = _WIDEST) -> str:
    """Return foreign text so that it can do nothing to a terminal: printable, short, one line."""
    line = "".join(char if char.isprintable() else " " for char in text[: 4 * most])
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _lines(table: Table) -> Iterable[str]:
    rows = [tuple(map(one_line, row)) for row in (table.header, *table.rows)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first = row[0] + " " * (widths[0] - _width(row[0]))
        rest = [" " * (wide - _width(cell)) + cell for wide, cell in zip(widths, row, strict=True)]
        yield "  ".join([first, *rest[1:]]).rstrip()


def _width(text: str) -> int:
    """How many columns a text takes on a terminal (Unicode Standard Annex 11)."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


# ── engines ───────────────────────────────────────────────────────────────────────────────────


def engine_tables(report: Evaluation) -> tuple[Table, Table]:
    """Return the engines side by side: their figures, and what each check found."""
    header = ("", *(engine.engine for engine in report.engines))
    figures = [(name, *cells) for name, *cells in _figures(report.engines)]
    return (
        Table("Engines", header, tuple(figures)),
        Table(
            "Findings",
            ("errors / notes", *header[1:]),
            tuple(_checks(report.engines)),
            "An error flags the paper; a note is shown to the operator only.",
        ),
    )


def _figures(engines: Sequence[EngineFigures]) -> Iterable[tuple[str, ...]]:
    yield "model", *(engine.model for engine in engines)
    yield "state", *map(_state, engines)
    yield "translated", *(f"{engine.translated} of {engine.papers}" for engine in engines)
    yield "unreadable", *(str(engine.unreadable) for engine in engines)
    yield "refused", *(str(engine.refused) for engine in engines)
    yield "flagged", *(_part(engine.flagged, engine.translated) for engine in engines)
    for where in ("abstract", "title"):
        scores: list[Score | None] = [getattr(engine, f"{where}_score") for engine in engines]
        yield f"chrF++ {where}", *(NONE if one is None else f"{one.chrf:.1f}" for one in scores)
        yield f"BLEU {where}", *(NONE if one is None else f"{one.bleu:.1f}" for one in scores)
    yield "tokens in", *(_count(engine.input_tokens) for engine in engines)
    yield "of them cached", *(_count(engine.cached_tokens) for engine in engines)
    yield "tokens out", *(_count(engine.output_tokens) for engine in engines)
    yield "cost", *map(_cost, engines)
    yield "seconds a paper", *(_number(engine.seconds) for engine in engines)


def _state(engine: EngineFigures) -> str:
    if engine.failed == engine.papers:
        return "down"
    return f"{engine.failed} not answered" if engine.failed else "all answered"


def _checks(engines: Sequence[EngineFigures]) -> Iterable[tuple[str, ...]]:
    found: list[dict[str, CheckFigures]] = [
        {check.check: check for check in engine.checks} for engine in engines
    ]
    names = dict.fromkeys(check.check for engine in engines for check in engine.checks)
    for name in names:
        cells = zip(engines, (each.get(name) for each in found), strict=True)
        yield name, *(_found(one) if engine.translated else NONE for engine, one in cells)


def _found(check: CheckFigures | None) -> str:
    return f"{check.errors} / {check.notes}" if check else "0 / 0"


def _part(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else NONE


def _count(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}" if value < TEN else f"{value:.0f}"


def _cost(engine: EngineFigures) -> str:
    return NONE if engine.cost is None else f"{engine.cost:.4f} {engine.currency or ''}".rstrip()


def render_evaluation(report: Evaluation, references: Sequence[Reference]) -> str:
    """Return the report as one HTML file: the tables, and the ten worst papers with all texts."""
    return _render(
        title=f"{report.pairs} papers, {len(report.engines)} engine"
        + ("s" if len(report.engines) != 1 else ""),
        facts=[
            f"asked once each, in {report.language}, prompt {report.prompt}",
            f"{report.evaluated_at:%Y-%m-%d %H:%M} UTC",
            # With blanks a narrow screen can break it.
            *(f"{name}: {how.replace('|', ' ')}" for name, how in report.metrics.items()),
        ],
        report=report,
        tables=engine_tables(report),
        troubles=[f"{each.engine}: {each.failure}" for each in report.engines if each.failure],
        worst=worst_papers(references, report.engines),
        alarms=(),
        missed=(),
    )


# ── planted errors ────────────────────────────────────────────────────────────────────────────


def planted_tables(report: PlantedReport) -> tuple[Table, Table]:
    """Return what was found of what was planted, and what alarmed without it."""
    kinds = [
        (
            each.kind,
            str(each.planted),
            str(each.found),
            _share(each.recall),
            f"{each.alarms} of {each.pairs}",
            ", ".join(list(each.checks)[:3]),
        )
        for each in report.kinds
    ]
    alarms = f"{report.faithful.alarms} of {report.faithful.pairs}"
    total = ("all", str(report.planted), str(report.found), _share(report.recall), alarms, "")
    faithful = (report.faithful, *report.rewrites, report.rewritten)
    return (
        Table(
            "Planted errors",
            ("planted", "errors", "found", "recall", "false alarms", "mostly by"),
            (*kinds, total),
            f"Each planted {report.times} times a pair where there is a place for it, seed "
            f"{report.seed}. Found: the checks say an error that they do not say of the faithful "
            "pair. False alarms: pairs of this kind with an error before anything was planted.",
            "planted words",
        ),
        Table(
            "Faithful pairs",
            ("faithful pairs", "pairs", "alarms", "share"),
            tuple(map(_alarmed, faithful)),
            "As they are, and rewritten so that they stay faithful: each alarm is a false one, "
            "unless the pair really is wrong.",
            "planted",
        ),
    )


def _alarmed(each: RewriteFigures) -> tuple[str, ...]:
    return each.rewrite, str(each.pairs), str(each.alarms), _share(each.share)


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def render_planted(report: PlantedReport) -> str:
    """Return the report as one HTML file: the tables, each alarm, and the first errors missed."""
    return _render(
        title=f"Errors planted in {report.pairs} pairs",
        facts=[f"{report.planted:,} errors of {len(report.kinds)} kinds, seed {report.seed}"],
        report=report,
        tables=planted_tables(report),
        troubles=[],
        worst=(),
        alarms=report.alarms,
        missed=[each for each in report.kinds if each.missed],
    )


# ── the page ──────────────────────────────────────────────────────────────────────────────────


def _render(**values: object) -> str:
    return _environment().get_template("evaluation.html").render(**values)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _template(name: str) -> str:
    return (files("ribao.renderers") / "templates" / name).read_text("utf-8")
