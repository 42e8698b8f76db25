"""How hard a paper is to translate faithfully, by what small models get wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from ribao.checks.alignment import split_english
from ribao.checks.names import names
from ribao.checks.numerals import read
from ribao.formulas import formulas
from ribao.repair import repair
from ribao.types import Paper

# What counts as much, and how much of it is one point. Half of the small model's errors in
# docs/benchmarks.md were numbers and magnitudes, then names, then what stood late in a long text.
_LARGE = 10_000


@dataclass(frozen=True, slots=True)
class Route:
    """Which engine is asked first for an easy paper, which for a hard one, and what is hard."""

    easy: str
    hard: str
    above: float


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Whether a paper is hard, and why: the traits that made it so, the heaviest first."""

    hard: bool
    points: float
    reason: str


def difficulty(paper: Paper, above: float) -> Difficulty:
    """Judge a paper: hard where its points are more than ``above``.

    One point each: a formula, three numbers, a number above 10,000 (its magnitude must be turned
    into 万 and 亿), eight names, a sentence of more than 45 words, 500 characters beyond 1,000.
    """
    abstract = repair(paper.abstract)
    text = f"{repair(paper.title)}\n{abstract}"
    numbers = read(text)
    long = [each for each in split_english(abstract) if len(each.text.split()) > 45]  # noqa: PLR2004
    traits = [
        (float(len(formulas(text))), "formulas"),
        (len(numbers) / 3, "numbers"),
        (float(sum(number.value >= _LARGE for number in numbers)), "large numbers"),
        (len(set(names(text))) / 8, "names"),
        (float(len(long)), "long sentences"),
        (max(len(abstract) - 1_000, 0) / 500, "length"),
    ]
    points = sum(count for count, _ in traits)
    heaviest = sorted((trait for trait in traits if trait[0] >= 0.5), reverse=True)  # noqa: PLR2004
    said = ", ".join(f"{name} {count:.1f}" for count, name in islice(heaviest, 3))
    hard = points > above
    return Difficulty(
        hard, points, f"{'hard' if hard else 'easy'} {points:.1f}: {said or 'nothing'}"
    )
