"""Which voices an edition has, by its settings, and the studio in which they speak."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ribao.aloud import Ear, can_say, read_lexicon
from ribao.archive import Archive
from ribao.broadcast import Broadcast
from ribao.config import Settings
from ribao.errors import WeightsError
from ribao.executors import Threads
from ribao.languages import english_name
from ribao.models import FETCH, weights_of
from ribao.renderers.edition import Edition
from ribao.renderers.illustrations import can_illustrate
from ribao.seams import Progress, Voice
from ribao.sections import VoiceSettings
from ribao.voices.absent import Absent
from ribao.voices.edge import Edge
from ribao.voices.kokoro import VOICES, Kokoro
from ribao.voices.openai_speech import OpenAISpeech

if TYPE_CHECKING:
    from ribao.studio import Studio

Clock = Callable[[], datetime]
# Without these nothing can be heard, judged or mixed.
LIBRARIES = ("lameenc", "miniaudio", "numpy")
KOKORO = "kokoro"


def can_record() -> bool:
    """Tell whether the extra ``voice`` is installed."""
    return all(find_spec(name) is not None for name in LIBRARIES)


def studio_of(
    settings: Settings, archive: Archive, edition: Edition, progress: Progress, clock: Clock
) -> Studio | None:
    """Return the edition's studio, None where there is to be none, or there can be none."""
    voice = settings.voice
    if voice.engine == "none":
        return None
    if not can_say(settings.language):
        name = english_name(settings.language)
        progress.tell(f"nothing is spoken: there is no spoken form of {name} yet")
        return None
    if not can_record():
        progress.tell('nothing is spoken: install "ribao[voice]", or set voice.engine to none')
        return None
    from ribao.recording import Crew
    from ribao.renderers.cover import draw_thumbnail
    from ribao.sound.hearing import judge
    from ribao.sound.tapes import Folder
    from ribao.studio import Studio

    tapes = Folder(voice.folder or settings.archive.path.with_suffix(".speech"))
    at_once = max(voice.concurrency, os.cpu_count() or 1)
    crew = Crew(
        voices_of(settings, clock),
        partial(judge, language=settings.language),
        tapes,
        Threads(at_once),
        progress,
        voices_of(settings, clock, turn=1),
    )
    return Studio(
        archive=archive,
        edition=edition,
        folder=settings.output.folder,
        editions=voice.editions,
        crew=crew,
        tapes=tapes,
        ear=load_ear().taught(voice.pronunciations),
        broadcast=Broadcast(
            archive,
            edition,
            settings.output.folder,
            settings.podcast.owner,
            settings.podcast.email,
            settings.podcast.description,
            settings.podcast.guid,
        ),
        # Sound needs no picture: without the other extra it has none.
        cover=partial(draw_thumbnail, edition) if can_illustrate() else lambda: None,
        clock=clock,
    )


def voices_of(settings: Settings, clock: Clock, turn: int = 0) -> tuple[Voice, ...]:
    """Return who is asked to speak, in this order; ``turn`` 1 is the second voices', if any."""
    voice = settings.voice
    engines = ("edge", "kokoro") if voice.engine == "auto" else (voice.engine,)
    found: list[Voice] = []
    for engine in engines:
        if engine == "edge" and (name := _name(voice.edge_voice, turn)) is not None:
            found.append(Edge(settings.language, name or None, timeout=voice.timeout))
        if engine == "kokoro" and (name := _name(voice.kokoro_voice, turn)) is not None:
            found.append(_kokoro(settings, name or VOICES[0], clock))
        if engine == "openai" and (name := _name(voice.voice, turn)) is not None:
            found.append(_openai(voice, name, clock))
    return tuple(found)


def _name(names: Sequence[str], turn: int) -> str | None:
    """Return whose turn it is: empty for the engine's own voice, None where there is no such."""
    own = names or ("",)
    return own[turn] if turn < len(own) else None


@cache
def load_ear() -> Ear:
    """Return how names, units and symbols are said, as it ships with ribao."""
    return read_lexicon((files("ribao") / "aloud" / "lexicon.toml").read_text("utf-8"))


def _kokoro(settings: Settings, name: str, clock: Clock) -> Voice:
    weights = weights_of(settings, clock)
    try:
        model = weights.find(KOKORO)
    except WeightsError as error:
        return Absent(f"kokoro:{name}", error.message)
    if model is None:
        state = weights.state(KOKORO)
        return Absent(f"kokoro:{name}", f"its weights are {state}; fetch them with: {FETCH}")
    program = shutil.which("espeak-ng")
    espeak = Path(program) if program else None
    return Kokoro(model, name, language=settings.language, espeak=espeak)


def _openai(voice: VoiceSettings, name: str, clock: Clock) -> Voice:
    return OpenAISpeech(
        base_url=voice.base_url,
        api_key=voice.api_key.get_secret_value() if voice.api_key else None,
        model=voice.model,
        voice=name,
        clock=clock,
        timeout=voice.timeout,
        concurrency=voice.concurrency,
    )
