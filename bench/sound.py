"""Mix and encode ten minutes of speech once; print figures as JSON (for ``make bench``)."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tests.speeches import script, segment, speak

from ribao.sound.loudness import level, loudness, true_peak
from ribao.sound.mix import Label, mix
from ribao.sound.mp3 import Encoder
from ribao.sound.resample import Samples, resample
from ribao.speech import Recorded, Speech

SECONDS, SEGMENTS, RATE = 600, 20, 24_000
EACH = SECONDS / SEGMENTS


def megabytes() -> float:
    """Peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def encode(samples: Samples, path: Path) -> None:
    with path.open("wb") as file, Encoder(file) as encoder:
        encoder.write(samples)
        encoder.finish()


def parts(speech: Speech, folder: Path) -> dict[str, float]:
    """Seconds that each part takes for ten minutes."""
    seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        seconds[name] = (time.perf_counter() - started) * SEGMENTS

    raw = np.frombuffer(speech.samples, "<i2") * np.float32(1 / 32768)
    with timed("resampling, 24 to 44.1 kHz"):
        samples = resample(raw, RATE, 44_100)
    with timed("loudness, 44.1 kHz"):
        loudness(samples, 44_100)
    with timed("true peak, 44.1 kHz"):
        true_peak(samples, 44_100)
    with timed("levelling, 24 kHz"):
        level(raw, RATE)
    with timed("encoding"):
        encode(samples, folder / "part.mp3")
    return seconds


def main(folder: Path) -> None:
    """Mix speech of five loudnesses; then take each part by itself."""
    keys = ["opening", *(f"2601.{i:05}" for i in range(SEGMENTS - 2)), "closing"]
    segments = [segment(key, 5) for key in keys]
    speeches = [
        speak([EACH / 5 - 0.5] * 5, rate=RATE, loud=loud, seed=i)
        for i, loud in enumerate((0.3, 0.02, 0.1, 0.005, 0.2))
    ]
    # What is made once in a process, and the filters, are not what is measured.
    warm = Recorded(segments[0], speak([1.0] * 5, rate=RATE))
    mix(script(segments[:1]), [warm], folder / "warm.mp3", Label("a", "b"))
    before = megabytes()
    recorded = [Recorded(each, speeches[i % 5]) for i, each in enumerate(segments)]
    started, worked = time.perf_counter(), time.process_time()
    episode = mix(script(segments), recorded, folder / "sound.mp3", Label("a", "b"))
    wall, cpu = time.perf_counter() - started, time.process_time() - worked
    print(
        json.dumps(
            {
                "sound": episode.seconds,
                "seconds": wall,
                "cpu": cpu,
                "times": episode.seconds / wall,
                "megabytes": megabytes(),
                "megabytes_more": megabytes() - before,
                "parts": parts(speeches[0], folder),
            }
        )
    )


if len(sys.argv) > 1:
    main(Path(sys.argv[1]))
else:
    with tempfile.TemporaryDirectory() as folder_of_its_own:
        main(Path(folder_of_its_own))
