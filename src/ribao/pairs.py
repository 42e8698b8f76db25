"""A file of pairs (papers with a translation known to be good): read, and errors planted in it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

from ribao.errors import UsageError
from ribao.evaluate import Reference, read_references
from ribao.planted import Sample
from ribao.recall import PlantedReport, find_planted
from ribao.repair import repair
from ribao.seams import Progress

FORM = '[{"id", "title", "abstract", "title_zh", "abstract_zh"}, …]'
MAX_BYTES = 64 * 1024 * 1024
SEED = 1


def read_pairs(
    path: Path, limit: int | None = None, seed: int | None = None
) -> tuple[tuple[Reference, ...], tuple[str, ...]]:
    """Read a file of pairs: those that can be used, and what is wrong with the others.

    Of more than ``limit`` the first are taken, or with a ``seed`` some by chance. Raises
    ``UsageError`` where there is none to use.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UsageError(f"{path}: has {size / 1e6:,.0f} MB, {MAX_BYTES / 1e6:,.0f} at most")
        references, problems = read_references(json.loads(path.read_text("utf-8-sig")))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "is no JSON"
        raise UsageError(f"{path}: {reason}; it must be a list: {FORM}") from error
    if not references:
        first = f" ({problems[0]})" if problems else ""
        raise UsageError(f"{path}: holds no pair that can be used{first}; its form is {FORM}")
    if limit is not None and limit < len(references):
        if seed is not None:
            drawn = random.Random(f"ribao pairs {seed}").sample(range(len(references)), limit)  # noqa: S311 - a draw, no secret
            references = tuple(references[at] for at in sorted(drawn))
        references = references[:limit]
    return references, problems


def plant_errors(
    references: Sequence[Reference],
    seed: int | None,
    progress: Progress,
    passed_over: Sequence[str] = (),
) -> PlantedReport:
    """Plant errors in the pairs and look what the checks find. Asks nobody."""
    seed = SEED if seed is None else seed
    return find_planted(
        [(one.paper.id, _sample(one)) for one in references],
        lambda kind: random.Random(f"ribao planted {seed} {kind}"),  # noqa: S311 - no secret
        progress,
        seed=seed,
        passed_over=passed_over,
    )


def _sample(one: Reference) -> Sample:
    """Take a pair as the checks are given it: with the original repaired."""
    return Sample(repair(one.paper.title), repair(one.paper.abstract), one.title, one.abstract)
