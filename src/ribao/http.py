"""What both HTTP clients share: our name, bounds of size, and reading ``Retry-After``."""

from __future__ import annotations

import email.utils
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from ribao import __version__

USER_AGENT = f"ribao/{__version__} (daily paper newsletter)"


class TooLargeError(Exception):
    """The body passed its bound."""


async def read_bounded(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """Read a body of at most ``most`` bytes. Raises ``TooLargeError`` beyond that."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise TooLargeError(f"is larger than {most:,} bytes")
    return bytes(body)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read ``Retry-After``: the seconds to wait from ``now``, given as seconds or as a date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())
