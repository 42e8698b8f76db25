"""Speak the sample issue's 速览 once by kokoro; print the figures as JSON (for ``make bench``)."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from ribao.app import edition_of
from ribao.archive import Archive
from ribao.casting import studio_of
from ribao.config import Settings
from ribao.demo import DAY, LANGUAGE
from ribao.sections import ArchiveSettings, OutputSettings, VoiceSettings

QUIET = SimpleNamespace(step=lambda *_: None, advance=lambda: None, tell=lambda _: None)


def main(folder: Path) -> None:
    """From the text to the MP3, in the folder of a silent demo."""
    settings = Settings.model_construct(
        language=LANGUAGE,
        archive=ArchiveSettings(path=folder / "ribao.sqlite"),
        output=OutputSettings(folder=folder / "site"),
        voice=VoiceSettings(engine="kokoro"),
    )
    with Archive.open(settings.archive.path) as archive:
        issue = archive.issue(DAY, LANGUAGE)
        assert issue is not None
        edition = edition_of(settings, sample=True)
        started = time.perf_counter()
        studio = studio_of(settings, archive, edition, QUIET, lambda: datetime.now(UTC))
        assert studio is not None
        made, problems = studio.speak(issue)
        seconds = time.perf_counter() - started
        assert made, problems
        episode = archive.episodes(LANGUAGE, DAY)[0].episode
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"seconds": seconds, "spoken": episode.seconds, "megabytes": megabytes}
    print(json.dumps(figures | {"lost": len(episode.lost)}))


main(Path(sys.argv[1]))
