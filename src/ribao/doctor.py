"""``ribao doctor``: what works of an edition, and how to mend what does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from ribao.app import Asked, Clock, now, rules_of, today
from ribao.archive import Archive
from ribao.casting import can_record, voices_of
from ribao.config import Settings
from ribao.engines.absent import Absent
from ribao.engines.openai_chat import NO_KEY
from ribao.errors import RibaoError, VoiceError
from ribao.languages import asked_language
from ribao.models import FETCH, used_by, weights_of
from ribao.patient import Patience
from ribao.pipeline import SOURCE_LANGUAGE
from ribao.renderers.illustrations import can_illustrate
from ribao.renderers.podcast import FEEDS
from ribao.seams import Voice
from ribao.services import LOCAL, check_names, find_named
from ribao.sources.huggingface import HuggingFace
from ribao.texts import load_texts
from ribao.translate import make_request, read_reply
from ribao.translators import check_budget, open_engines
from ribao.types import Paper

State = Literal["good", "doubtful", "bad"]
ONCE = Patience(tries=1)
ROOMY = 500 * 1024 * 1024
SHOWN_OF_KEY = 4
# Seconds that a service has to speak its few words: whoever looks does not wait a minute.
BRIEFLY = 10.0
# Asked as a paper is, so that the answer's form is tried too.
QUESTION = Paper(
    "doctor", "doctor", "Machines That Read Maps", "We show that machines can read maps."
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    message: str


def examine(settings: Settings, *, offline: bool = False, clock: Clock = now) -> Iterator[Check]:
    """Look at each part of the edition. Asks source, model and voice one small question each."""
    languages = tuple(dict.fromkeys((settings.language, *settings.languages)))
    named = f"language {', '.join(languages)}"
    yield Check("settings", "good", f"{named}, today is {today(settings, clock)}")
    yield _said("archive", lambda: _archive(settings.archive.path))
    yield _said("output", lambda: _folder(settings.output.folder, "output.folder"))
    yield _said("disk", lambda: _disk(settings.output.folder))
    for name in used_by(settings):
        yield _said("weights", partial(_weights, settings, name, clock))
    speaks = settings.voice.engine != "none"
    if speaks:
        yield _said("podcast", lambda: _podcast(settings))
    asked = [each for each in languages if each != SOURCE_LANGUAGE]
    if asked:
        yield _said("engines", lambda: _names(settings, asked))
        for name in settings.engines:
            yield _said("key", partial(_key, settings, name))
    if not offline:
        yield _said("source", lambda: _source(settings, clock))
    if asked and not offline:
        for name in settings.engines:
            yield _said("engine", partial(_engine, settings, clock, name, asked[0]))
    if speaks:
        yield _said("voice", lambda: _voices(settings, clock, offline=offline))


def _said(name: str, look: Callable[[], tuple[State, str]]) -> Check:
    try:
        state, message = look()
    except (RibaoError, OSError) as error:
        return Check(name, "bad", str(error))
    return Check(name, state, message)


def _archive(path: Path) -> tuple[State, str]:
    if not path.exists():
        state, message = _folder(path.parent, "archive.path")
        return (state, message) if state == "bad" else (state, f"{path}: the first run makes it")
    with Archive.open(path, wait=1, read_only=True) as archive:
        days = len(archive.listed_days())
    return "good", f"{path}: {days} days, {path.stat().st_size / 1e6:.1f} MB"


def _folder(path: Path, setting: str) -> tuple[State, str]:
    place = _there(path)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return "bad", f"{place}: cannot be written; mend its rights or set {setting}"
    return "good", f"{path}: can be written"


def _disk(path: Path) -> tuple[State, str]:
    free = shutil.disk_usage(_there(path)).free
    message = f"{free / 1e9:.1f} GB free"
    return ("good", message) if free > ROOMY else ("doubtful", f"{message}; make room")


def _weights(settings: Settings, name: str, clock: Clock) -> tuple[State, str]:
    weights = weights_of(settings, clock)
    if found := weights.find(name):
        return "good", f"{name}: {found}"
    message = f"{name} is {weights.state(name)} in {weights.folder}; fetch it with: {FETCH} {name}"
    # Where another voice stands before it, the edition may well be spoken all the same.
    return ("bad" if settings.voice.engine == name else "doubtful"), message


def _podcast(settings: Settings) -> tuple[State, str]:
    if settings.site.base_url is None:
        where = "the address at which the folder is published"
        return "doubtful", f"no feed; set site.base_url (RIBAO_SITE__BASE_URL) to {where}"
    feed = f"{settings.site.base_url}/{FEEDS['full']}"
    if not can_illustrate():
        return "doubtful", f'{feed} has no cover; install "ribao[pictures]"'
    if settings.podcast.email is None:
        return "doubtful", f"{feed}; directories ask who answers for it: set podcast.email"
    return "good", f"{feed} for {settings.podcast.email}"


def _there(path: Path) -> Path:
    path = path.absolute()
    return next(place for place in (path, *path.parents) if place.exists())


def _names(settings: Settings, languages: Sequence[str]) -> tuple[State, str]:
    check_names(settings)
    currency = check_budget(settings)
    for language in languages:  # The terms are read, and what the language needs is there.
        rules_of(settings.model_copy(update={"language": language}), Asked(), now)
    budget = f", at most {settings.budget:g} {currency} a month" if currency else ""
    return "good", f"{', then '.join(settings.engines)}{budget}"


def _key(settings: Settings, name: str) -> tuple[State, str]:
    if name == LOCAL:
        return "good", f"{name}: needs no key"
    model = find_named(name, settings)
    key = model.api_key.get_secret_value()
    # Enough to tell two keys apart, and never all of a short one.
    shown = f"…{key[-SHOWN_OF_KEY:]}" if len(key) > 4 * SHOWN_OF_KEY else "set"
    shown = "none" if key == NO_KEY else shown
    return "good", f"{name}: {model.model} at {model.base_url}, key {shown}"


def _source(settings: Settings, clock: Clock) -> tuple[State, str]:
    source = HuggingFace(settings.huggingface.base_url, clock, settings.huggingface.timeout, ONCE)
    day = today(settings, clock) - timedelta(days=1)
    pages = source.fetch(day)
    said = f"{sum(len(page.body) for page in pages):,} bytes" if pages else "no papers"
    return "good", f"{settings.huggingface.base_url} answers: {said} for {day}"


def _engine(settings: Settings, clock: Clock, name: str, language: str) -> tuple[State, str]:
    language = asked_language(language)
    texts = load_texts(language)
    request = make_request(QUESTION, texts, language=language, prompt=texts.prompt_digest)
    with open_engines(settings, clock, [name], patience=ONCE) as [engine]:
        if isinstance(engine, Absent):
            # Said by the key already where that is missing.
            return ("bad" if name == LOCAL else "doubtful"), f"{name}: not asked: {engine.reason}"
        reply = engine.ask(request)
    read_reply(reply)
    return "good", f"{name}: {reply.model} answers ({reply.finish})"


def _voices(settings: Settings, clock: Clock, *, offline: bool) -> tuple[State, str]:
    if not can_record():
        # Who has named no engine may well want no sound.
        state: State = "doubtful" if settings.voice.engine == "auto" else "bad"
        return state, 'nothing is spoken: install "ribao[voice]", or set voice.engine to none'
    voice = settings.voice
    brief = voice.model_copy(update={"timeout": min(voice.timeout, BRIEFLY)})
    settings = settings.model_copy(update={"voice": brief})
    # The second are those that take turns with the first, where any are named.
    crews = [crew for turn in (0, 1) if (crew := voices_of(settings, clock, turn))]
    if offline:
        names = (", then ".join(voice.name for voice in crew) for crew in crews)
        return "good", f"not asked: {'; '.join(names)}"
    words = load_texts(settings.language)["page.name"]
    looks = [_speaks(crew, words) for crew in crews]
    worst = next(each for each in ("bad", "doubtful", "good") if each in dict(looks))
    return worst, "; ".join(message for _, message in looks)


def _speaks(crew: tuple[Voice, ...], words: str) -> tuple[State, str]:
    """Ask as a run does: who is named first, then the next, until one speaks."""
    problems: list[str] = []
    for voice in crew:
        try:
            voice.speak("doctor", (words,))
        except VoiceError as error:
            problems.append(f"{voice.name}: {error.message}")
        else:
            message = "; ".join([f"{voice.name} speaks", *problems])
            return ("doubtful" if problems else "good"), message
    return "bad", "; ".join(problems)
