"""Errors planted in the references: how many are found, and what is alarmed without one.

``python -m bench.planted [--show KIND]``; nothing here passes or fails.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

from ribao.checks import Pair, check
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
