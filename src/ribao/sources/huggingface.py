"""Hugging Face's Daily Papers: ``GET {base}/api/daily_papers?date=D&limit=100&p=N``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import anyio
import httpx2

from ribao.errors import NotPublishedError, SourceError
from ribao.http import USER_AGENT, TooLargeError, read_bounded, retry_after
from ribao.listing import fold, read_items, read_page
from ribao.patient import Patience, patiently
from ribao.types import RawPage

PATIENCE = Patience()
PAGE_SIZE = 100
MAX_PAGES = 30
MAX_BYTES = 32 * 1024 * 1024
TRANSIENT = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """The list of one day, page by page, as received. ``timeout`` bounds each try whole."""

    base_url: str
    clock: Callable[[], datetime]
    timeout: float = 20.0
    patience: Patience = PATIENCE
    name: str = "huggingface"

    def fetch(self, day: date) -> tuple[RawPage, ...]:
        """Return the raw pages of ``day``; none where its list is empty.

        Pages are asked for until one brings no paper that an earlier one had not, since a server
        may give fewer to a page than it was asked for, or give one page for ever.
        Raises ``NotPublishedError`` for a day that has not begun where the source is, and
        ``SourceError`` where the list cannot be had whole.
        """
        pages: list[RawPage] = []
        seen: set[str] = set()
        for number in range(MAX_PAGES):
            page = self._patiently(day, number)
            ids = {paper.id for paper in read_page(page)[0]}
            # A page without one readable paper is kept for what it says, but not twice.
            again = ids <= seen if ids else page.body == pages[-1].body if pages else False
            if again or not read_items(page.body, str(day)):
                return tuple(pages)
            pages.append(page)
            seen |= ids
            if sum(len(each.body) for each in pages) > MAX_BYTES:
                raise SourceError(str(day), f"the list is larger than {MAX_BYTES:,} bytes")
        raise SourceError(str(day), f"the list does not end: {MAX_PAGES} pages and still more")

    def _patiently(self, day: date, number: int) -> RawPage:
        try:
            return patiently(lambda: self._page(day, number), self.patience)
        except SourceError as error:
            if not error.transient:
                raise
            message = f"{error.message}; run ribao again later"
            raise SourceError(error.subject, message, transient=True) from error.__cause__

    def _page(self, day: date, number: int) -> RawPage:
        body = anyio.run(self._get, day, number)
        page = RawPage(self.name, day, number, self.clock(), body)
        read_items(body, f"{day} page {number}")  # A cut or foreign answer is asked for again.
        return page

    async def _get(self, day: date, number: int) -> bytes:
        subject = str(day)
        url = f"{self.base_url.rstrip('/')}/api/daily_papers"
        params = {"date": day.isoformat(), "limit": str(PAGE_SIZE), "p": str(number)}
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
        try:
            # The bound holds for all of it: looking up, connecting, a slow drip of headers or body.
            with anyio.fail_after(self.timeout):
                async with (
                    httpx2.AsyncClient(headers=headers, timeout=self.timeout) as client,
                    client.stream("GET", url, params=params, follow_redirects=True) as answer,
                ):
                    body = await read_bounded(answer.aiter_bytes(), MAX_BYTES)
        except TimeoutError as error:
            message = f"no whole answer from {self.base_url} within {self.timeout:g} s"
            raise SourceError(subject, message, transient=True) from error
        except TooLargeError as error:
            raise SourceError(subject, f"the answer {error}") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            message = f"the connection to {self.base_url} failed ({type(error).__name__})"
            raise SourceError(subject, message, transient=True) from error
        except (httpx2.InvalidURL, httpx2.TooManyRedirects) as error:
            raise SourceError(subject, f"huggingface.base_url {self.base_url} is no use") from error
        self._check(answer, body, day)
        return body

    def _check(self, answer: httpx2.Response, body: bytes, day: date) -> None:
        status = answer.status_code
        if status == httpx2.codes.OK:
            return
        said = fold(body[:200].decode("utf-8", "replace"))
        message = f"{self.base_url} answered {status}" + (f": {said}" if said else "")
        # At 07:00 in Shanghai the source, which counts in UTC, still calls the day a future one.
        if status in {400, 404} and day > self.clock().date():
            raise NotPublishedError(str(day), f"not yet out ({message})")
        if status not in TRANSIENT and status < 500:  # noqa: PLR2004 - the 5xx family
            raise SourceError(str(day), f"{message}; look at huggingface.base_url")
        wait = retry_after(answer.headers, self.clock())
        raise SourceError(str(day), message, transient=True, retry_after=wait)
