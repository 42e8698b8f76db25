"""A source that is asked once for each day, however many languages want its list."""

from __future__ import annotations

from datetime import date

from ribao.errors import SourceError
from ribao.seams import Source
from ribao.types import RawPage


class Remembered:
    """Asks another source, and says again what it said: pages, or why there are none."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last: tuple[date, tuple[RawPage, ...] | SourceError] | None = None

    @property
    def name(self) -> str:
        """The name of the source that is asked."""
        return self._source.name

    def fetch(self, day: date) -> tuple[RawPage, ...]:
        """Return the day's raw pages. Raises ``SourceError`` as the source did."""
        if self._last is None or self._last[0] != day:
            self._last = day, self._ask(day)
        said = self._last[1]
        if isinstance(said, SourceError):
            raise said
        return said

    def _ask(self, day: date) -> tuple[RawPage, ...] | SourceError:
        try:
            return self._source.fetch(day)
        except SourceError as error:
            return error
