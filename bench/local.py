"""The engine `local` on a real day: seconds and tokens a paper, and what the check finds.

``python -m bench.local [--papers 10] [--day 2026-05-29] [--mends 2] [--save FILE]``; nothing here
passes or fails. The weights: ``ribao models --fetch qwen2.5-coder-1.5b``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from ribao.config import Settings
from ribao.engines.local import Local
from ribao.listing import read_listing
from ribao.models import weights_of
from ribao.plan import Asked, Reading, Rules, next_request, read
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
    with Local(path, clock=_clock) as engine:
        asked = (Asked(engine.name, engine.model),)
        texts = load_texts(LANGUAGE)
        rules = Rules(
            LANGUAGE,
            texts,
            texts.prompt_digest,
            asked,
            int(options.get("--mends", "2")),
            load_terms(LANGUAGE),
        )
        print(f"{engine.model}, {day}, {len(papers)} papers")
        print(f"{'paper':<12} {'try':>3} {'s':>6} {'in':>5} {'out':>5}  findings")
        rows = [row for paper in papers for row in translated(paper, engine, rules)]
    _sum(rows)
    if "--save" in options:
        Path(options["--save"]).write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


def translated(paper: Paper, engine: Local, rules: Rules) -> list[dict[str, object]]:
    """Ask as an edition does: again with the findings, until there are none or often enough."""
    replies: list[Reply] = []
    rows = []
    while request := next_request(paper, replies, rules):
        began = time.perf_counter()
        replies.append(engine.ask(request))
        seconds = time.perf_counter() - began
        rows.append(_row(paper, len(replies), seconds, read(paper, replies[-1], rules)))
    return rows


def _row(paper: Paper, number: int, seconds: float, reading: Reading) -> dict[str, object]:
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
