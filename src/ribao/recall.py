"""How many planted errors the checks find, and what they alarm without one. Pure.

An error counts as found where the check says an error that it does not say of the faithful pair; so
a pair that alarms by itself helps nobody's figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ribao.checks import Pair, check
from ribao.planted import KINDS, REWRITES, Dice, Sample, plant
from ribao.seams import Progress
from ribao.types import Draft, Finding

# Each error is planted so many times in each pair, at other places.
TIMES = 3
SHOWN = 10
AS_IT_IS = "as they are"
_AROUND, _LONGEST = 20, 80


@dataclass(frozen=True, slots=True)
class Missed:
    """A planted error that nobody found: in which pair, what ``was`` there and what is ``now``.

    ``before`` and ``after`` are the words around it.
    """

    id: str
    before: str
    was: str
    now: str
    after: str


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of error: how often it was planted and found, and by which checks.

    ``alarms`` are those of the ``pairs`` with a place for it that have an error before anything
    is planted. ``missed`` are the first ten, each place once.
    """

    kind: str
    planted: int
    found: int
    recall: float | None
    pairs: int
    alarms: int
    checks: dict[str, int]
    missed: tuple[Missed, ...]


@dataclass(frozen=True, slots=True)
class RewriteFigures:
    """Faithful pairs, rewritten in one way: how many there are and how many alarm."""

    rewrite: str
    pairs: int
    alarms: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A pair held to be faithful with errors: a false alarm, unless the pair really is wrong."""

    id: str
    title: str
    rewrite: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PlantedReport:
    """What was planted and found, over all and in each kind, and all that alarmed without it."""

    pairs: int
    passed_over: tuple[str, ...]
    seed: int
    times: int
    planted: int
    found: int
    recall: float | None
    faithful: RewriteFigures
    rewritten: RewriteFigures
    kinds: tuple[KindFigures, ...]
    rewrites: tuple[RewriteFigures, ...]
    alarms: tuple[Alarm, ...]

    @property
    def exit_code(self) -> int:
        """0 where all pairs could be used, whatever was found; else 3."""
        return 3 if self.passed_over else 0


def find_planted(
    samples: Sequence[tuple[str, Sample]],
    dice: Callable[[str], Dice],
    progress: Progress,
    *,
    seed: int,
    passed_over: Sequence[str] = (),
    times: int = TIMES,
) -> PlantedReport:
    """Plant every kind of error in faithful pairs, each with its id, and look what is found.

    ``dice`` gives the chance for a kind by its name.
    """
    known = {sample: errors(sample) for _, sample in samples}
    names = {sample: name for name, sample in samples}
    kinds = []
    progress.step("plant", len(KINDS) + len(REWRITES))
    for kind in KINDS:
        kinds.append(_kind(kind, dice(kind), known, names, times))
        progress.advance()
    rewrites, alarms = [], list(_alarms(AS_IT_IS, known, names, known))
    for name, rewrite in REWRITES.items():
        changed = {new: old for old in known if (new := rewrite(old)) is not None}
        found = {new: errors(new) for new in changed}
        rewrites.append(_share(name, found.values()))
        alarms += _alarms(
            name,
            found,
            {new: names[old] for new, old in changed.items()},
            {new: known[old] for new, old in changed.items()},
        )
        progress.advance()
    planted, caught = sum(each.planted for each in kinds), sum(each.found for each in kinds)
    return PlantedReport(
        pairs=len(known),
        passed_over=tuple(passed_over),
        seed=seed,
        times=times,
        planted=planted,
        found=caught,
        recall=_ratio(caught, planted),
        faithful=_share(AS_IT_IS, known.values()),
        rewritten=_total(rewrites),
        kinds=tuple(kinds),
        rewrites=tuple(rewrites),
        alarms=tuple(alarms),
    )


def errors(sample: Sample) -> tuple[Finding, ...]:
    """Return the errors that the checks find in a pair."""
    draft = Draft(sample.title_zh, sample.abstract_zh, None)
    found = check(Pair(sample.title, sample.abstract, draft, "zh-Hans"))
    return tuple(finding for finding in found if finding.severity == "error")


Found = dict[Sample, tuple[Finding, ...]]


def _kind(kind: str, dice: Dice, known: Found, names: dict[Sample, str], times: int) -> KindFigures:
    spoilt = [each for _ in range(times) for each in plant(list(known), kind, dice)]
    checks: Counter[str] = Counter()
    missed = []
    for old, new in spoilt:
        said = {(finding.check, finding.message) for finding in known[old]}
        fresh = {f.check for f in errors(new) if (f.check, f.message) not in said}
        checks.update(fresh)
        if not fresh:
            missed.append(_missed(names[old], old.abstract_zh, new.abstract_zh))
    places = {old for old, _ in spoilt}
    found = len(spoilt) - len(missed)
    return KindFigures(
        kind=kind,
        planted=len(spoilt),
        found=found,
        recall=_ratio(found, len(spoilt)),
        pairs=len(places),
        alarms=sum(bool(known[old]) for old in places),
        checks=dict(sorted(checks.items(), key=lambda item: (-item[1], item[0]))),
        missed=tuple(dict.fromkeys(missed))[:SHOWN],
    )


def _missed(name: str, old: str, new: str) -> Missed:
    """Show where two texts differ, without what they begin and end with alike."""
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    was, now = old[start : len(old) - end], new[start : len(new) - end]
    after = old[len(old) - end :][:_AROUND]
    return Missed(name, old[max(start - _AROUND, 0) : start], _clip(was), _clip(now), after)


def _alike(one: str, other: str) -> int:
    """How many characters two texts have alike before they differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _alarms(rewrite: str, found: Found, names: dict[Sample, str], before: Found) -> Iterator[Alarm]:
    """Name what alarms; rewritten, only what the pair does not say as it is."""
    for sample, findings in found.items():
        said = set() if rewrite == AS_IT_IS else {f.check for f in before[sample]}
        fresh = tuple(finding for finding in findings if finding.check not in said)
        if fresh:
            yield Alarm(names[sample], sample.title, rewrite, fresh)


def _share(name: str, found: Iterable[tuple[Finding, ...]]) -> RewriteFigures:
    sizes = [len(findings) for findings in found]
    alarms = sum(size > 0 for size in sizes)
    return RewriteFigures(name, len(sizes), alarms, _ratio(alarms, len(sizes)))


def _total(rewrites: Sequence[RewriteFigures]) -> RewriteFigures:
    pairs, alarms = sum(each.pairs for each in rewrites), sum(each.alarms for each in rewrites)
    return RewriteFigures("all rewritten", pairs, alarms, _ratio(alarms, pairs))


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
