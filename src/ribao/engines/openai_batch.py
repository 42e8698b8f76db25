"""The batch interface of a server that speaks OpenAI's chat completions: files, orders, results.

Files: POST /files, GET /files/{id}/content; batches: POST /batches, GET /batches and /batches/{id}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ribao.batches import ENDPOINT, Standing, read_standing
from ribao.engines.openai_chat import OpenAIChat
from ribao.errors import BusyError
from ribao.listing import fold
from ribao.money import Price
from ribao.patient import patiently
from ribao.types import Reply, Request

if TYPE_CHECKING:
    from ribao.engines.openai_chat import Call

# The results of a thousand questions are some 5 MB, and a file is sent in one go.
MOST_RESULTS = 128 * 1024 * 1024
FILE_SECONDS = 300.0
# How far back the server's list is read for a batch that was perhaps ordered: so many pages.
PAGES, PAGE = 10, 100
# Who speaks the same, but has no batches.
HOSTS = frozenset({"api.deepseek.com", "openrouter.ai"})
NAMES = frozenset({"ollama", "vllm", "llamacpp"})


def has_batches(chat: OpenAIChat) -> bool:
    """Tell whether a server may have the interface: all but those that are known not to."""
    return chat.name not in NAMES and urlsplit(chat.base_url).hostname not in HOSTS


class OpenAIBatches:
    """Orders batches of one server, with its key, and fetches what came of them.

    All raise ``BusyError`` where trying again later may help, ``DeniedError`` for a key or an
    account, ``RefusedError`` where this very file or batch is not taken, or is not there.
    """

    def __init__(self, chat: OpenAIChat) -> None:
        self._chat = chat
        self.name, self.base_url, self.model = chat.name, chat.base_url, chat.model

    @property
    def price(self) -> Price | None:
        """What the model costs when it is asked directly."""
        return self._chat.price

    @property
    def tried(self) -> bool:
        """Whether the server has answered a question by now, so that it is known what it takes."""
        return self._chat.takes is not None

    @property
    def first_pause(self) -> float:
        """Seconds before it is looked again; then doubled."""
        return self._chat.patience.first_pause

    def question(self, request: Request) -> Mapping[str, Any]:
        """Return the body that asks, in the form that the server takes."""
        body: Mapping[str, Any] = self._chat.question(request)
        return body

    def ask(self, request: Request) -> Reply:
        """Ask one question directly: it is found out then what the server takes."""
        return self._chat.ask(request)

    def upload(self, name: str, body: bytes) -> str:
        """Upload a file of questions; return the server's name for it."""

        def make(client: Any) -> Any:
            file = (name, body, "application/jsonl")
            return client.files.with_streaming_response.create(file=file, purpose="batch")

        def attempt() -> str:
            uploaded = self._json(name, make, FILE_SECONDS)
            # A file has an id as a batch has.
            return self._standing(name, uploaded).id

        return patiently(attempt, self._chat.patience)

    def order(self, file_id: str, *, fresh: bool) -> Standing:
        """Order the batch of an uploaded file, unless it is known to have been.

        An order that broke off may have arrived: before it is made again, and where the file is
        not ``fresh``, the server's list is looked through for it.
        """
        tried = not fresh

        def attempt() -> Standing:
            nonlocal tried
            known = self._find(file_id) if tried else None
            tried = True
            return known or self._order(file_id)

        return patiently(attempt, self._chat.patience)

    def look(self, batch_id: str) -> Standing:
        """Return how a batch stands."""

        def make(client: Any) -> Any:
            return client.batches.with_streaming_response.retrieve(batch_id)

        return patiently(
            lambda: self._standing(batch_id, self._json(batch_id, make)), self._chat.patience
        )

    def read(self, file_id: str) -> str:
        """Return a file of results whole."""

        def make(client: Any) -> Any:
            return client.files.with_streaming_response.content(file_id)

        return patiently(
            lambda: self._chat.call(file_id, make, MOST_RESULTS, FILE_SECONDS), self._chat.patience
        )

    def _order(self, file_id: str) -> Standing:
        def make(client: Any) -> Any:
            return client.batches.with_streaming_response.create(
                input_file_id=file_id, endpoint=ENDPOINT, completion_window="24h"
            )

        return self._standing(file_id, self._json(file_id, make))

    def _find(self, file_id: str) -> Standing | None:
        """Look for the batch of a file among the newest of the server."""
        more: dict[str, Any] = {}
        for _ in range(PAGES):

            def make(client: Any, more: dict[str, Any] = more) -> Any:
                return client.batches.with_streaming_response.list(limit=PAGE, **more)

            page = self._json(file_id, make)
            listed = page.get("data") if isinstance(page, Mapping) else None
            if not isinstance(listed, list):
                raise self._senseless(file_id, page)
            for each in listed:
                if isinstance(each, Mapping) and each.get("input_file_id") == file_id:
                    return self._standing(file_id, each)
            last = page.get("last_id") or (listed[-1].get("id") if listed else None)
            if not page.get("has_more") or not isinstance(last, str):
                return None
            more = {"after": last}
        return None

    def _json(self, subject: str, make: Call, within: float = 0.0) -> Any:
        body = self._chat.call(subject, make, within=within)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._senseless(subject, body) from error

    def _standing(self, subject: str, data: object) -> Standing:
        try:
            return read_standing(data)
        except ValueError as error:
            raise self._senseless(subject, data) from error

    def _senseless(self, subject: str, said: object) -> BusyError:
        message = f"{self.base_url} answered 200 with no file or batch ({fold(str(said)[:80])})"
        return BusyError(subject, message, transient=True)
