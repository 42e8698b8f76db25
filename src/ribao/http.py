"""What both HTTP clients share: our name, bounds of size, and reading ``Retry-After``."""

from __future__ import annotations

import email.utils
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import httpx2

from ribao import __version__

MAX_RAW_BYTES = 4 * 1024 * 1024
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


class _Bounded(httpx2.AsyncByteStream):
    """A stream that breaks off beyond its bound."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_RAW_BYTES:
                raise TooLargeError(f"is larger than {MAX_RAW_BYTES:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bound(response: httpx2.Response) -> None:
    """Bound what is read of ``response``, by whomever (an event hook of a client)."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read ``Retry-After``: the seconds to wait from ``now``, given as seconds or as a date."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())
