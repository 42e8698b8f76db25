"""The archive: one SQLite file that anyone can open."""

from ribao.archive.lock import hold
from ribao.archive.store import Archive

__all__ = ["Archive", "hold"]
