"""Draw the sample issue once; print the seconds of each kind as JSON (for ``make bench``)."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ribao.app import edition_of
from ribao.archive import Archive
from ribao.config import Settings
from ribao.demo import DAY
from ribao.renderers import illustrations


def main(archive_path: Path) -> None:
    """Draw each kind in turn."""
    with Archive.open(archive_path, read_only=True) as archive:
        issue = archive.issue(DAY, "zh-Hans")
        assert issue is not None
        stats = archive.statistics(issue)
        assert stats is not None
    edition = edition_of(Settings(), sample=True)
    files: dict[str, bytes] = {}
    seconds = {}
    for kind in ("numbers", *illustrations.OF_ISSUE):
        started = time.perf_counter()
        if kind == "numbers":
            made, problems = illustrations.draw_numbers(stats, edition)
        else:
            made, problems = illustrations.draw_issue((kind,), issue, stats, edition, files)
        assert not problems
        files |= made
        seconds[kind] = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "bytes": {n: len(b) for n, b in files.items()}}))


main(Path(sys.argv[1]))
