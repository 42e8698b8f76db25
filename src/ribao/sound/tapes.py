"""Where speech is kept: one file for each spoken segment, named by the digest of what was said."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from ribao.errors import RenderError
from ribao.speech import Speech

ENDING = ".speech"
# What a tape is called while it is written; a run that is killed may leave one.
BESIDE = ".speech-new"


@dataclass(frozen=True, slots=True)
class Folder:
    """Tapes in a folder. They can be spoken again: the folder may be deleted at any time."""

    path: Path

    def find(self, digest: str) -> Speech | None:
        """Return what is kept, None where there is nothing that can be read."""
        try:
            return msgspec.msgpack.decode(self._place(digest).read_bytes(), type=Speech)
        except (OSError, msgspec.DecodeError):
            return None

    def keep(self, digest: str, speech: Speech) -> None:
        """Keep a segment's speech. Raises ``RenderError`` where it cannot be written."""
        place = self._place(digest)
        beside = None
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self.path, prefix=digest[:8], suffix=BESIDE)
            with open(handle, "wb") as file:  # noqa: PTH123 - a handle, not a path
                file.write(msgspec.msgpack.encode(speech))
            Path(beside).replace(place)
        except OSError as error:
            if beside is not None:
                with contextlib.suppress(OSError):
                    Path(beside).unlink()
            raise RenderError(
                str(place),
                f"cannot be written ({error.strerror or error}); make room, or set voice.folder, "
                "and run again: what was spoken before is kept",
            ) from error

    def clear(self, before: datetime) -> None:
        """Remove what was spoken before a moment: a published issue has its sound already.

        The folder is the user's choice: what is no tape stays.
        """
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(self.path)):
                ours = entry.name.endswith((ENDING, BESIDE)) and entry.is_file()
                if ours and entry.stat().st_mtime < before.timestamp():
                    with contextlib.suppress(OSError):
                        Path(entry.path).unlink()

    def _place(self, digest: str) -> Path:
        return self.path / f"{digest}{ENDING}"
