"""Errors planted in the references: how many are found, and what is alarmed without one.

``python -m bench.planted [--show KIND] [--pairs FILE]``, and ``--folds K`` for the thresholds: each
is varied by itself, and chosen without a fold of the pairs. Nothing here passes or fails.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

from ribao.checks import Pair, check, omissions, polarity, sentences
from ribao.planted import KINDS, REWRITES, Sample, plant
from ribao.types import Draft

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("RIBAO_CORPUS") or ROOT.parent / "shared" / "data")
SEED, TIMES = "ribao planted 1", 3
SENSE = ("negation in", "negation out", "comparison")


def references(path: Path = CORPUS / "translations_zh.json") -> list[Sample]:
    """The faithful pairs."""
    rows = json.loads(path.read_text("utf-8"))
    return [Sample(r["title"], r["abstract"], r["title_zh"], r["abstract_zh"]) for r in rows]


def errors(sample: Sample, *, notes: bool = False) -> list[str]:
    """The messages of the errors found."""
    draft = Draft(sample.title_zh, sample.abstract_zh, None)
    found = check(Pair(sample.title, sample.abstract, draft, "zh-Hans"))
    return [f"{f.check}: {f.message}" for f in found if notes or f.severity == "error"]


def recall(samples: list[Sample], kind: str, times: int = TIMES) -> list[tuple[Sample, Sample]]:
    """Every sample with an error of a kind planted, several times over."""
    dice = random.Random(f"{SEED} {kind}")
    return [each for _ in range(times) for each in plant(samples, kind, dice)]


def main(words: list[str]) -> None:
    options = dict(zip(words[::2], words[1::2], strict=True))
    samples = references(Path(options["--pairs"])) if "--pairs" in options else references()
    shown = options.get("--show")
    if "--folds" in options:
        folds(samples, int(options["--folds"]))
        return
    planted(samples, shown)
    faithful(samples, shown)
    started = time.process_time()
    for sample in samples:
        errors(sample)
    print(f"{(time.process_time() - started) / len(samples) * 1000:.1f} ms a paper")


def planted(samples: list[Sample], shown: str | None) -> None:
    """Print what is found of what was planted."""
    total = Counter()
    print(f"{'planted':<16} {'found':>6} {'of':>5} {'recall':>7}")
    for kind in KINDS:
        spoilt = recall(samples, kind)
        missed = [pair for pair in spoilt if not errors(pair[1])]
        found = len(spoilt) - len(missed)
        total.update(found=found, of=len(spoilt))
        print(f"{kind:<16} {found:>6} {len(spoilt):>5} {found / len(spoilt):>7.3f}")
        if kind == shown:
            _show(missed)
    print(
        f"{'all':<16} {total['found']:>6} {total['of']:>5} {total['found'] / total['of']:>7.3f}\n"
    )


def faithful(samples: list[Sample], shown: str | None) -> None:
    """Print what is alarmed though nothing was planted, as it is and rewritten."""
    total = Counter()
    print(f"{'faithful':<16} {'alarms':>6} {'of':>5}")
    for name, rewrite in {"as they are": lambda sample: sample, **REWRITES}.items():
        changed = [new for new in map(rewrite, samples) if new is not None]
        alarmed = [new for new in changed if errors(new)]
        if name != "as they are":
            total.update(alarms=len(alarmed), of=len(changed))
        print(f"{name:<16} {len(alarmed):>6} {len(changed):>5}")
        if shown in {name, "alarms"}:
            for sample in alarmed:
                print("   ", sample.title[:50], *errors(sample), sep="\n        ")
    share = total["alarms"] / total["of"]
    print(f"{'all rewritten':<16} {total['alarms']:>6} {total['of']:>5} {share:>7.3f}\n")


SENTENCES = ("dropped", "last dropped", "added")
# Each threshold with the values tried, the one in use among them, and the kinds that it decides.
THRESHOLDS = (
    (polarity, "_REACH", (1, 2, 3, 4, 6, 8), SENSE),
    (polarity, "_NEARER", (-2, 0, 1, 2, 4), SENSE),
    (polarity, "_OBJECT", (3, 4, 5, 6, 8, 12), SENSE),
    (sentences, "CLOSE", (0.8, 0.85, 0.88, 0.92, 0.95), SENSE),
    (omissions, "_ALONE", (0.5, 0.65, 0.75, 0.85, 0.95), SENTENCES),
    (omissions, "_JOINED", (0.3, 0.4, 0.5, 0.6, 0.7), SENTENCES),
    (omissions, "_PAIRED", (0.2, 0.3, 0.4, 0.5, 0.6), SENTENCES),
    (omissions, "_FEW", (2, 4, 6, 8), SENTENCES),
)


def folds(samples: list[Sample], count: int) -> None:
    """Print what each value of each threshold finds and alarms, and a choice without a fold."""
    fold = {sample.abstract: at % count for at, sample in enumerate(samples)}
    print(f"{'threshold':<10} {'value':>6} {'found':>6} {'of':>5} {'alarms':>7}")
    for module, name, values, kinds in THRESHOLDS:
        used = getattr(module, name)
        tried = {}
        for value in values:
            setattr(module, name, value)
            tried[value] = [_fold(samples, fold, kinds, at) for at in range(count)]
            found, of, alarms = map(sum, zip(*tried[value], strict=True))
            mark = " *" if value == used else ""
            print(f"{name:<10} {value:>6} {found:>6} {of:>5} {alarms:>7}{mark}")
        setattr(module, name, used)
        held = [tried[_chosen(tried, at, used)][at] for at in range(count)]
        found, of, alarms = map(sum, zip(*held, strict=True))
        print(f"{name:<10} {'held':>6} {found:>6} {of:>5} {alarms:>7}   {found / of:.3f}\n")


def _fold(
    samples: list[Sample], fold: dict[str, int], kinds: tuple[str, ...], at: int
) -> tuple[int, int, int]:
    """Of one fold: the errors found, those planted, and the alarms without one."""
    spoilt = [pair for kind in kinds for pair in recall(samples, kind)]
    spoilt = [pair for pair in spoilt if fold[pair[0].abstract] == at]
    own = [sample for sample in samples if fold[sample.abstract] == at]
    rewrites = [new for name in ("merged", "split") for new in map(REWRITES[name], own) if new]
    found = sum(bool(errors(pair[1])) for pair in spoilt)
    return found, len(spoilt), sum(bool(errors(sample)) for sample in (*own, *rewrites))


def _chosen(tried: dict[float, list[tuple[int, int, int]]], held: int, used: float) -> float:
    """The value with the fewest alarms on the other folds; among these, with the most found."""

    def worth(value: float) -> tuple[int, int, bool]:
        rest = [each for at, each in enumerate(tried[value]) if at != held]
        return -sum(each[2] for each in rest), sum(each[0] for each in rest), value == used

    return max(tried, key=worth)


def _show(missed: list[tuple[Sample, Sample]]) -> None:
    """What was missed, with its place."""
    for sample, spoilt in missed[:40]:
        old, new = sample.abstract_zh, spoilt.abstract_zh
        pairs = zip(old, new, strict=False)
        same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
        before, after = new[max(same - 25, 0) : same], new[same : same + 30]
        print(f"    …{before}|{after}… was {old[same : same + 12]}")


if __name__ == "__main__":
    main(sys.argv[1:])
