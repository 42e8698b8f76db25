"""Make the sample's history. Run by hand; neither ribao nor its tests need it.

    python docs/make_sample.py ../shared/data

The argument is a folder with the source's answers as ``daily_papers/YYYY-MM-DD.json``. Of those of
the eight weeks before the sample day, facts are kept: the day, and each paper's id, title, date,
votes, address of its code and keywords. No abstract is: in its place stand the terms that ribao
itself finds in it, sorted, each by itself and as often as it counts. So the sample day is compared
with papers that are read as it is; from titles and keywords alone, papers have fewer areas, and
every lift comes out too high. Run it anew when ``areas.toml`` or ``phrases.toml`` have changed.

Written to ``src/ribao/sample/history.jsonl.gz``: a line a day, each in one of the shapes that
``ribao import`` reads. The same inputs and the same zlib give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ribao import matching
from ribao.app import load_areas, load_phrases, now
from ribao.demo import DAY
from ribao.movement import WEEKS
from ribao.phrases import phrases_of, phrases_of_day
from ribao.sources.saved import read_saved
from ribao.topics import topics_of
from ribao.types import Paper

OUT = Path(__file__).parent.parent / "src" / "ribao" / "sample" / "history.jsonl.gz"
FIRST = DAY - timedelta(weeks=WEEKS) + timedelta(days=1)
# No place counts more words of a kind (ribao.topics).
MOST = 4


def facts_of_day(day: date, papers: Sequence[Paper]) -> str:
    """Return a day's line."""
    said = phrases_of_day(papers, load_phrases())
    facts = [facts_of(*both) for both in zip(papers, said, strict=True)]
    return json.dumps({"date": str(day), "papers": facts}, ensure_ascii=False)


def facts_of(paper: Paper, said: Sequence[str]) -> dict[str, Any]:
    """Return what is kept of a paper, as the source names it; ``said`` are its phrases that day."""
    facts = {
        "id": paper.id,
        "title": paper.title,
        "publishedAt": f"{paper.published_at:%Y-%m-%d}" if paper.published_at else None,
        "upvotes": paper.upvotes,
        "githubRepo": paper.links.code,
        "ai_keywords": paper.keywords,
        "summary": "; ".join(terms_of(paper, said)),
    }
    return {key: value for key, value in facts.items() if value not in (None, "", ())}


def terms_of(paper: Paper, said: Sequence[str]) -> list[str]:
    """Return the terms of the abstract, sorted: those of the lists, and names that count."""
    terms = Counter(listed(paper.abstract))
    elsewhere = " ; ".join((paper.title, *paper.keywords, *terms))
    terms.update(
        name for name in said if load_phrases().family(name) is None and name not in elsewhere
    )
    each = (term for term, count in terms.items() for _ in range(min(count, MOST)))
    return sorted(each, key=lambda term: (term.lower(), term))


def listed(text: str) -> Iterator[str]:
    """Yield each run of words that areas or phrases match; those that overlap are one."""
    words = matching.read(text)
    hits = [
        hit
        for lists in (load_areas(), load_phrases())
        for tokens, table in ((words.folded, lists.folded), (words.exact, lists.exact))
        for hit in matching.walk(tokens, table)
    ]
    places = matching.spans(words.text)
    runs: list[tuple[int, int]] = []
    for start, end in sorted((hit.start, hit.end) for hit in hits):
        if runs and start < runs[-1][1]:
            runs[-1] = runs[-1][0], max(end, runs[-1][1])
        else:
            runs.append((start, end))
    for start, end in runs:
        run = words.text[places[start][0] : places[end - 1][1]]
        # What an area strikes out ("our code is available") says nothing by itself.
        if topics_of(run, "", (), load_areas()) or phrases_of(run, "", (), load_phrases()):
            yield run


def main() -> None:
    """Write the history of the sample day."""
    parser = argparse.ArgumentParser(description="Make the sample's history.")
    parser.add_argument("corpus", type=Path, help="a folder that holds daily_papers/")
    folder = parser.parse_args().corpus / "daily_papers"
    lines = []
    for path in sorted(folder.glob("????-??-??.json")):
        if FIRST <= (day := date.fromisoformat(path.stem)) < DAY:
            _, papers, _ = read_saved(path, now())
            unique = list({paper.id: paper for paper in papers}.values())
            lines.append(facts_of_day(day, unique) + "\n")
    OUT.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    print(f"{OUT.name}: {len(lines)} days, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
