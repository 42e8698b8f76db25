"""The engine `local` on a real day: seconds and tokens a paper, and what the check finds.

``python -m bench.local [--papers 10] [--day 2026-05-29] [--mends 2] [--threads 0] [--save FILE]``;
nothing here passes or fails. The weights: ``ribao models --fetch qwen2.5-coder-1.5b``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from ribao.config import Settings
from ribao.engines.local import Local
from ribao.listing import read_listing
from ribao.models import weights_of
from ribao.plan import Asked, Reading, Rules, make_plan, read
from ribao.terms import load_terms
from ribao.texts import load_texts
from ribao.types import Paper, RawPage, Reply

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("RIBAO_CORPUS") or ROOT.parent / "shared" / "data")
LANGUAGE = "zh-Hans"
WEIGHTS = "qwen2.5-coder-1.5b"


def papers_of(day: str, count: int) -> tuple[Paper, ...]:
    """The first papers of a day of the corpus."""
    body = (CORPUS / "daily_papers" / f"{day}.json").read_bytes()
    page = RawPage("huggingface", date.fromisoformat(day), 0, _clock(), body)
    return read_listing([page]).papers[:count]


def main(words: list[str]) -> None:
    options = dict(zip(words[::2], words[1::2], strict=True))
    day = options.get("--day", max(path.stem for path in (CORPUS / "daily_papers").glob("*.json")))
    papers = papers_of(day, int(options.get("--papers", "10")))
    weights = weights_of(Settings(), _clock)
    path = weights.find(WEIGHTS)
    if path is None:
        sys.exit(f"{WEIGHTS} is {weights.state(WEIGHTS)}; ribao models --fetch {WEIGHTS}")
    with Local(path, clock=_clock, threads=int(options.get("--threads", "0"))) as engine:
        texts, asked = load_texts(LANGUAGE), (Asked(engine.name, engine.model),)
        mends, terms = int(options.get("--mends", "2")), load_terms(LANGUAGE)
        rules = Rules(LANGUAGE, texts, texts.prompt_digest, asked, mends, terms)
        print(f"{engine.model}, {day}, {len(papers)} papers")
        print(f"{'paper':<12} {'try':>3} {'s':>6} {'in':>5} {'out':>5}  findings")
        rows = []
        for row in translated(papers, engine, rules):
            rows.append(row)
            if "--save" in options:
                saved = json.dumps(rows, ensure_ascii=False, indent=1)
                Path(options["--save"]).write_text(saved, "utf-8")
    _sum(rows)


def translated(papers: Sequence[Paper], engine: Local, rules: Rules) -> Iterator[dict]:
    """Ask as an edition does: each paper once, then those with errors again, with the findings."""
    replies: dict[str, list[Reply]] = {paper.id: [] for paper in papers}
    by_id = {paper.id: paper for paper in papers}
    while plan := make_plan(papers, replies, rules):
        for request in plan:
            paper, own = by_id[request.paper_id], replies[request.paper_id]
            began = time.perf_counter()
            own.append(engine.ask(request))
            seconds = time.perf_counter() - began
            yield _row(paper, len(own), seconds, read(paper, own[-1], rules))


def _row(paper: Paper, number: int, seconds: float, reading: Reading) -> dict:
    reply, draft = reading.reply, reading.draft
    tokens = f"{reply.input_tokens:>5} {reply.output_tokens:>5}"
    print(f"{paper.id:<12} {number:>3} {seconds:>6.1f} {tokens}  {reading.errors} errors")
    for found in reading.findings:
        print(f"    {found.severity} {found.check}: {found.message}")
    return {
        "id": paper.id,
        "try": number,
        "seconds": round(seconds, 1),
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "finish": reply.finish,
        "original_title": paper.title,
        "original_abstract": paper.abstract,
        "title": draft.title if draft else None,
        "abstract": draft.abstract if draft else None,
        "gist": draft.gist if draft else None,
        "text": reply.text,
        "errors": reading.errors,
        "findings": [f"{f.severity} {f.check}: {f.message}" for f in reading.findings],
    }


def _sum(rows: list[dict]) -> None:
    """The means over first askings, and over papers with all their askings."""
    first = [row for row in rows if row["try"] == 1]
    for name in ("seconds", "input_tokens", "output_tokens"):
        mean = sum(row[name] for row in first) / len(first)
        print(f"{name}: {mean:.1f} a first question, {sum(row[name] for row in rows):.0f} in all")
    last = {row["id"]: row for row in rows}.values()
    print(f"questions: {len(rows)} for {len(first)} papers")
    print(
        f"without errors at first: {sum(not row['errors'] for row in first)}, in the end: ", end=""
    )
    print(sum(not row["errors"] for row in last))


def _clock() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(sys.argv[1:])
