"""Files of weights: kept once for all editions of a user, fetched when asked, right by digest.

``Weights.find`` never asks the network. ``Weights.fetch`` tries the places in their order; what
they give is written beside its place, and renamed only if its SHA-256 is the one of the table.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import filelock

from ribao.errors import WeightsError
from ribao.patient import Patience
from ribao.places import MIB, Carried, File, Part, Place, open_place
from ribao.seams import Progress

Kind = Literal["edition", "test"]
State = Literal["ready", "missing", "damaged"]
# A try goes on where the last one broke off; 92 MB within half an hour are 51 kB a second.
PATIENCE = Patience(tries=4, within=1800.0, latest=1800.0)


@dataclass(frozen=True, slots=True)
class Model:
    """What belongs together: one file, or several in a folder of their own."""

    name: str
    purpose: str
    licence: str
    kind: Kind
    files: tuple[File, ...]

    @property
    def path(self) -> str:
        """Where it is below the folder of weights: its one file, or the folder of its files."""
        path = self.files[0].path
        return path if len(self.files) == 1 else path.rpartition("/")[0]

    @property
    def size(self) -> int:
        """All its bytes."""
        return sum(file.size for file in self.files)


def read_models(text: str) -> dict[str, Model]:
    """Return the models of a table in TOML (see ``weights.toml``), by name."""
    return {name: _model(name, entry) for name, entry in tomllib.loads(text).items()}


def load_models() -> dict[str, Model]:
    """Return the models that ribao knows."""
    return read_models((files("ribao") / "weights.toml").read_text("utf-8"))


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    return Model(
        name,
        entry["purpose"],
        entry["licence"],
        entry["kind"],
        tuple(
            File(
                file["path"],
                file["size"],
                file["sha256"],
                {place: file[place] for place in ("release", "hub") if place in file},
                tuple(Carried(*piece) for piece in file.get("packages", ())),
            )
            for file in entry["files"]
        ),
    )


class Weights:
    """The weights in ``folder``; ``places`` are tried in their order (``places.open_place``)."""

    def __init__(
        self,
        folder: Path,
        places: Sequence[str],
        models: Mapping[str, Model],
        *,
        clock: Callable[[], datetime],
        patience: Patience = PATIENCE,
    ) -> None:
        self.folder = folder
        self.places = tuple(places)
        self.models = models
        self._clock = clock
        self._patience = patience

    def find(self, name: str) -> Path | None:
        """Return where the model is, None where it is not there whole and right. Asks nobody."""
        return self.folder / self._model(name).path if self.state(name) == "ready" else None

    def state(self, name: str) -> State:
        """Tell whether the model is there; damaged is what has another size or digest."""
        states = {self._state(file) for file in self._model(name).files}
        return "damaged" if "damaged" in states else "missing" if "missing" in states else "ready"

    def fetch(self, name: str, progress: Progress) -> Path:
        """Return where the model is, fetched where it was not.

        One process fetches, another waits and finds it done. Raises ``WeightsError`` where no place
        has it, with what each of them said.
        """
        model = self._model(name)
        if found := self.find(name):
            return found
        try:
            with self._alone(model, progress):
                self._fetch(model, progress)
        except OSError as error:
            raise WeightsError(
                name,
                f"{self.folder}: cannot be written ({error.strerror}); make room for "
                f"{model.size / 1e6:.0f} MB, mend its rights, or set weights.folder",
            ) from error
        return self.folder / model.path

    def _model(self, name: str) -> Model:
        if name not in self.models:
            known = ", ".join(self.models)
            raise WeightsError(name, f"there are no such weights; there are {known}")
        return self.models[name]

    def _state(self, file: File) -> State:
        path = self.folder / file.path
        try:
            if not path.is_file():
                return "missing"
            right = path.stat().st_size == file.size and known_digest(path) == file.sha256
        except OSError as error:
            raise WeightsError(str(path), f"cannot be read ({error.strerror})") from error
        return "ready" if right else "damaged"

    @contextmanager
    def _alone(self, model: Model, progress: Progress) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.folder / f".{model.name}.lock", mode=0o644)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            progress.tell(f"{model.name}: another ribao is fetching it; waiting")
            try:
                lock.acquire(timeout=self._patience.within)
            except filelock.Timeout as error:
                message = "another ribao is still fetching it; try again when that has ended"
                raise WeightsError(model.name, message, transient=True) from error
        try:
            yield
        finally:
            lock.release()

    def _fetch(self, model: Model, progress: Progress) -> None:
        workspace = self.folder / f".{model.name}.packages"
        places = [
            open_place(entry, workspace, self._clock, self._patience) for entry in self.places
        ]
        try:
            for file in model.files:
                if self._state(file) != "ready":
                    self._from_any(model.name, file, places, progress)
        finally:
            shutil.rmtree(workspace, ignore_errors=True)

    def _from_any(self, name: str, file: File, places: Sequence[Place], progress: Progress) -> None:
        failures = []
        for place in places:
            if not place.has(file):
                continue
            progress.tell(f"{name}: fetching {file.path}, {_megabytes(file)}, from {place.name}")
            progress.step(name, file.size // MIB)
            try:
                self._from(place, file, progress)
            except WeightsError as error:
                cause = f" ({error.__cause__})" if str(error.__cause__ or "") else ""
                failures.append(f"{place.name}: {error.message}{cause}")
            else:
                return
        said = "; ".join(failures) or f"none of {', '.join(self.places)} has it"
        raise WeightsError(
            name,
            f"{file.path} could not be had: {said}. Try again with: ribao models --fetch {name}; "
            "or name another place in weights.places",
        )

    def _from(self, place: Place, file: File, progress: Progress) -> None:
        target = self.folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Part(target.with_name(f"{target.name}.part"), file.size, progress.advance)
        if part.length() > file.size:
            part.remove()
        came = part.length()
        for _ in range(came // MIB):
            progress.advance()
        if came < file.size:
            place.bring(file, part)
        found = digest(part.path)
        if found != file.sha256 and came:
            # What an earlier try had left may have been wrong: once more, from the first byte.
            part.remove()
            place.bring(file, part)
            found = digest(part.path)
        if found != file.sha256:
            part.remove()
            message = f"what came is not the file: SHA-256 {found}, not {file.sha256}; removed"
            raise WeightsError(file.path, message)
        part.path.replace(target)
        _note(target, found)


# ── digests ───────────────────────────────────────────────────────────────────────────────────


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known_digest(path: Path) -> str:
    """Return a file's SHA-256, from the note beside it where size and time are still the same."""
    with contextlib.suppress(OSError, ValueError):
        found, seen = _stamp(path).read_text("ascii").split(" ", 1)
        if seen == _seen(path):
            return found
    found = digest(path)
    _note(path, found)
    return found


def _note(path: Path, found: str) -> None:
    # A folder that cannot be written is as good; it only takes longer.
    with contextlib.suppress(OSError):
        _stamp(path).write_text(f"{found} {_seen(path)}", "ascii")


def _stamp(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked")


def _seen(path: Path) -> str:
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns}"


def _megabytes(file: File) -> str:
    return f"{file.size / 1e6:.1f} MB"
