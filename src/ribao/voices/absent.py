"""A voice that cannot be used here, and says why, so that another is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ribao.errors import NoVoiceError
from ribao.speech import Speech


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands for a voice; ``message`` is why it is not there, with the remedy."""

    name: str
    message: str

    def speak(self, subject: str, sentences: Sequence[str]) -> Speech:  # noqa: ARG002 - the seam's
        """Raise ``NoVoiceError``."""
        raise NoVoiceError(self.name, self.message)
