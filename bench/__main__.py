"""``make bench``: the figures of docs/benchmarks.md, with ratios. Nothing here passes or fails.

All servers are on loopback. The corpus is found as the tests find it (RIBAO_CORPUS). Single parts:
``python -m bench pictures mix``.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.conftest import settings_for
from tests.loopback import HuggingFaceServer, LLMServer

from bench import planted, script, terms
from ribao import checks
from ribao.app import load_areas
from ribao.listing import read_listing
from ribao.sources.saved import find_files, read_saved
from ribao.topics import topics_of
from ribao.types import Draft

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("RIBAO_CORPUS") or ROOT.parent / "shared" / "data")
SAMPLE = ROOT / "src" / "ribao" / "sample" / "listing-2.json"
DAY = "2026-01-12"
DELAY, CONCURRENCY, REFERENCE = 1.5, 8, 145.0
RUNS = 5


@dataclass(frozen=True)
class Measured:
    """One process: seconds by the wall clock, peak memory in MB, exit code."""

    seconds: float
    megabytes: float
    code: int


def measure(*words: str, env: dict[str, str], cwd: str) -> Measured:
    """Run ribao once and take the kernel's own account of it."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ribao", *words],
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(time.perf_counter() - started, usage.ru_maxrss / 1024, process.returncode)


def row(what: str, figure: str, bound: str, ratio: float | None = None) -> None:
    """Print one figure beside its bound."""
    shown = f"{ratio:.2f} of it" if ratio is not None else ""
    print(f"{what:58} {figure:>16}   {bound:24} {shown}", flush=True)


def bench_day(*, pictures: bool) -> None:
    """31 papers, a model of 1.5 s on loopback, eight at once; then the same day again."""
    listed = json.loads(SAMPLE.read_text("utf-8"))
    floor = math.ceil(len(listed) / CONCURRENCY) * DELAY
    first, second, requests, again = [], [], [], []
    for _ in range(3):
        with (
            HuggingFaceServer({DAY: listed}) as hf,
            LLMServer(delay=DELAY) as llm,
            tempfile.TemporaryDirectory() as folder,
        ):
            env = settings_for(
                hf,
                llm,
                RIBAO_LLM__CONCURRENCY=str(CONCURRENCY),
                RIBAO_OUTPUT__PICTURES=str(pictures).lower(),
            )
            first.append(measure("run", DAY, env=env, cwd=folder))
            requests.append(len(llm.asked))
            second.append(measure("run", DAY, env=env, cwd=folder))
            again.append(len(llm.asked) - requests[-1])
    what = "with pictures" if pictures else "in words"
    seconds = statistics.median(m.seconds for m in first)
    bound = 15 if pictures else 9
    row(
        f"run, {len(listed)} papers {what}, model of {DELAY} s, {CONCURRENCY} at once",
        f"{seconds:.2f} s",
        f"at most {bound} s" + (" (9 and 6)" if pictures else ""),
        seconds / bound,
    )
    row("  against the floor", f"{floor:.1f} s", "the model's own time", seconds / floor)
    what = "  against the reference, one after the other"
    row(what, f"{REFERENCE:.0f} s", "its own figure", seconds / REFERENCE)
    row("  questions to the model", str(max(requests)), "")
    row("  exit code", str(first[-1].code), "")
    memory = max(m.megabytes for m in first)
    row("  peak memory of one process", f"{memory:.0f} MB", "at most 250 MB", memory / 250)
    seconds = statistics.median(m.seconds for m in second)
    row("the same day again", f"{seconds:.2f} s", "at most 1.5 s", seconds / 1.5)
    row("  questions to the model", str(max(again)), "0")


def bench_help() -> None:
    """``ribao --help``."""
    seconds = statistics.median(measure("--help", env={}, cwd=".").seconds for _ in range(RUNS))
    row("ribao --help", f"{seconds:.2f} s", "at most 0.25 s", seconds / 0.25)


def bench_import() -> None:
    """A quarter, a half and all of the corpus, and the exponent of the growth."""
    files = sorted((CORPUS / "daily_papers").glob("*.json"))
    points: list[tuple[float, float]] = []
    for share in (0.25, 0.5, 1.0):
        # Every n-th file, so that each part has days of all years.
        chosen = files[:: round(1 / share)]
        size = sum(path.stat().st_size for path in chosen)
        runs = []
        for _ in range(3):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(measure("import", *map(str, chosen), env={}, cwd=folder))
        seconds = statistics.median(m.seconds for m in runs)
        points.append((size, seconds))
        bound = ("at most 6 s", seconds / 6) if share == 1.0 else ("", None)
        row(f"import of {len(chosen)} files, {size / 1e6:.0f} MB", f"{seconds:.2f} s", *bound)
    (small, quick), (large, slow) = points[0], points[-1]
    exponent = math.log(slow / quick) / math.log(large / small)
    row("  exponent of its growth", f"{exponent:.2f}", "1 is linear")
    row("  peak memory", f"{max(m.megabytes for m in runs):.0f} MB", "")


def bench_core() -> None:
    """The pure parts over real texts: reading, areas, checks."""
    now = datetime.now(UTC)
    started = time.perf_counter()
    pages = [read_saved(path, now)[0] for path in find_files([CORPUS / "daily_papers"])]
    papers = [paper for page in pages for paper in read_listing([page]).papers]
    row(f"reading {len(papers)} papers", f"{time.perf_counter() - started:.2f} s", "")
    areas = load_areas()
    started = time.perf_counter()
    found = [topics_of(p.title, p.abstract, p.keywords, areas) for p in papers]
    row(f"areas of {len(papers)} papers", f"{time.perf_counter() - started:.2f} s", "at most 10 s")
    row(
        "  papers with an area",
        f"{100 * sum(map(bool, found)) / len(found):.1f} %",
        "at least 95 %",
    )
    pairs = json.loads((CORPUS / "translations_zh.json").read_text("utf-8"))
    started = time.perf_counter()
    alarms = sum(map(_has_error, pairs))
    each = (time.perf_counter() - started) / len(pairs) * 1000
    row(
        f"checks of {len(pairs)} faithful pairs, each", f"{each:.1f} ms", "at most 20 ms", each / 20
    )
    row("  pairs with an error", str(alarms), "at most 1")


def _has_error(pair: dict[str, str]) -> bool:
    draft = Draft(pair["title_zh"], pair["abstract_zh"], None)
    found = checks.check(checks.Pair(pair["title"], pair["abstract"], draft, "zh-Hans"))
    return any(finding.severity == "error" for finding in found)


def bench_pictures() -> None:
    """The pictures and the print edition of the sample's 31 papers, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        measure("demo", "--out", folder, env={"XDG_CACHE_HOME": folder}, cwd=folder)
        command = [sys.executable, "-m", "bench.pictures", f"{folder}/ribao.sqlite"]
        said, megabytes = figures_of(command)
    total = sum(said["seconds"].values())
    row("all pictures and the PDF of 31 papers", f"{total:.2f} s", "at most 6 s", total / 6)
    for name, seconds in said["seconds"].items():
        bound = ("at most 1.5 s", seconds / 1.5) if name == "print" else ("", None)
        row(f"  {name}", f"{seconds:.2f} s", *bound)
    row("  peak memory", f"{megabytes:.0f} MB", "at most 500 MB", megabytes / 500)
    poster = said["bytes"]["poster.png"] / 1e6
    row("  poster.png", f"{poster:.2f} MB", "at most 2.5 MB", poster / 2.5)


def figures_of(command: list[str]) -> tuple[dict[str, Any], float]:
    """Return the JSON that a process of its own prints, and its peak memory in MB."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = json.loads(process.stdout.read())
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return said, usage.ru_maxrss / 1024


def bench_mix() -> None:
    """Mixing and encoding ten minutes of speech."""
    said, _ = figures_of([sys.executable, "-m", "bench.sound"])
    speed = said["times"]
    row("mixing and encoding 10 minutes", f"{speed:.0f} × real time", "at least 150", speed / 150)
    row("  peak memory", f"{said['megabytes']:.0f} MB", "")


def bench_script() -> None:
    """The script of the references, a paper."""
    said = script.measure(CORPUS)
    row("script in full, a paper", f"{said['full']:.1f} ms", "at most 5 ms", said["full"] / 5)
    row("script in brief, a paper", f"{said['brief']:.1f} ms", "at most 5 ms", said["brief"] / 5)


def bench_voice() -> None:
    """The offline voice: a brief edition as a whole, its speed, and what a recogniser hears."""
    with tempfile.TemporaryDirectory() as folder:
        measure("demo", "--out", folder, env={"XDG_CACHE_HOME": folder}, cwd=folder)
        said, megabytes = figures_of([sys.executable, "-m", "bench.brief", folder])
    minutes, spoken = said["seconds"] / 60, said["spoken"] / 60
    what = "速览 of 31 papers, from text to MP3"
    row(what, f"{minutes:.2f} min", "at most 3 min", minutes / 3)
    row("  its length", f"{spoken:.2f} min", "at most 5 min", spoken / 5)
    row("  peak memory", f"{megabytes:.0f} MB", "at most 1200 MB", megabytes / 1200)
    heard, _ = figures_of([sys.executable, "-m", "bench.hearing"])
    for cores, bound in (("1 cores", 0.85), ("2 cores", 0.5)):
        if cores in heard:
            speed = heard[cores]
            factor, bare = speed["factor"], speed["bare"]
            what = f"kokoro, real-time factor on {cores[0]} (bare model {bare:.2f})"
            row(what, f"{factor:.2f}", f"at most {bound}", factor / bound)
    if "skipped" in heard:
        print(f"left out: {heard['skipped']}")
    for name in ("abstracts", "numbers", "numbers, second voice"):
        if name in heard:
            row(f"heard by a recogniser: {name}", json.dumps(heard[name], ensure_ascii=False), "")


PARTS: dict[str, Callable[[], None]] = {
    "help": bench_help,
    "words": partial(bench_day, pictures=False),
    "day": partial(bench_day, pictures=True),
    "pictures": bench_pictures,
    "mix": bench_mix,
    "voice": bench_voice,
    "import": bench_import,
    "core": bench_core,
    "script": bench_script,
    "planted": partial(planted.main, []),
    "terms": partial(terms.main, []),
}
# These measure real texts.
OF_CORPUS = {"import", "core", "script", "planted", "terms"}


def main(names: Sequence[str]) -> None:
    """Print the figures of the named parts, else all."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}")
    for name in names or PARTS:
        if name in OF_CORPUS and not (CORPUS / "daily_papers").is_dir():
            print(f"{name}: no corpus at {CORPUS}; name it with RIBAO_CORPUS")
            continue
        PARTS[name]()


main(sys.argv[1:])
