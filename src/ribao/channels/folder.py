"""Write an edition into a folder: beside its place, then renamed, so nobody sees half a file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from ribao.errors import RenderError
from ribao.types import Artifact

BESIDE = ".ribao-new"


def publish(folder: Path, artifacts: Sequence[Artifact]) -> list[Path]:
    """Write what differs from what is there; return those files.

    All of it is written before the first is renamed: where one cannot be written nothing changes.
    Raises ``RenderError`` with the file and the remedy.
    """
    changed = [(folder / a.path, a.body) for a in artifacts if not _same(folder / a.path, a.body)]
    written: list[tuple[Path, Path]] = []
    target = folder
    try:
        for target, body in changed:
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(target.name + BESIDE)
            written.append((beside, target))
            _write(beside, body)
        for beside, target in written:
            beside.replace(target)
    except OSError as error:
        for beside, _ in written:
            _remove(beside)
        raise RenderError(
            str(target),
            f"cannot be written ({error.strerror or error}); make room or mend the folder's "
            "rights, or set output.folder, and run again: nothing need be asked again",
        ) from error
    return [target for _, target in written]


def _write(path: Path, body: bytes) -> None:
    with path.open("wb") as file:
        file.write(body)
        file.flush()
        # Without this a power cut after the rename can leave an empty file.
        os.fsync(file.fileno())


def _same(path: Path, body: bytes) -> bool:
    try:
        return path.read_bytes() == body
    except OSError:
        return False


def _remove(path: Path) -> None:
    # The disk that refused the file may refuse this too; the next run writes over it.
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
