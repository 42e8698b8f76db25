"""``ribao models``: the weights that there are, what an edition uses of them, and fetching them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ribao.config import Settings, is_file
from ribao.errors import UsageError, WeightsError
from ribao.seams import Progress
from ribao.services import LOCAL
from ribao.voices.kokoro import LANGUAGES
from ribao.weights import Kind, State, Weights, load_models

FETCH = "ribao models --fetch"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """How one entry of the table stands."""

    name: str
    purpose: str
    licence: str
    kind: Kind
    used: bool
    state: State
    size: int
    path: str


def weights_of(
    settings: Settings,
    clock: Callable[[], datetime],
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> Weights:
    """Return the weights where the settings say, else in the user's cache folder below ``home``.

    The cache folder is XDG_CACHE_HOME where that is an absolute path, else ``~/.cache``:
    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    folder = settings.weights.folder
    if folder is None:
        named = Path(environment.get("XDG_CACHE_HOME", ""))
        cache = named if named.is_absolute() else (home or Path.home()) / ".cache"
        folder = cache / "ribao" / "weights"
    return Weights(folder, settings.weights.places, load_models(), clock=clock)


def used_by(settings: Settings) -> tuple[str, ...]:
    """Return the names of what the edition uses."""
    engine = settings.voice.engine
    spoken = engine == "kokoro" or (engine == "auto" and settings.language in LANGUAGES)
    local = settings.local.model
    asked = LOCAL in settings.engines and not is_file(local)
    return (*(("kokoro",) if spoken else ()), *((local,) if asked else ()))


def check_names(weights: Weights, names: Iterable[str]) -> None:
    """Raise ``UsageError`` for a name that the table does not have."""
    for name in names:
        if name not in weights.models:
            known = ", ".join(weights.models)
            raise UsageError(f"{name}: there are no such weights; there are {known}")


def look(weights: Weights, names: Sequence[str], used: Sequence[str]) -> list[ModelStatus]:
    """Tell how each of ``names`` stands; all of the table where there are none."""
    models = [weights.models[name] for name in names or weights.models]
    return [
        ModelStatus(
            model.name,
            model.purpose,
            model.licence,
            model.kind,
            model.name in used,
            weights.state(model.name),
            model.size,
            str(weights.folder / model.path),
        )
        for model in models
    ]


def fetch_all(weights: Weights, names: Iterable[str], progress: Progress) -> list[WeightsError]:
    """Fetch each of ``names`` that is not there; return what failed."""
    failures = []
    for name in names:
        try:
            weights.fetch(name, progress)
        except WeightsError as error:
            failures.append(error)
    return failures
