"""Any server that speaks OpenAI's chat completions (DeepSeek, Qwen, OpenAI, Ollama, vLLM ...)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from ribao.completion import error_message, is_refusal, read_completion
from ribao.errors import BusyError, DeniedError, EngineError, RefusedError
from ribao.http import TooLargeError, bound, read_bounded, retry_after
from ribao.listing import fold
from ribao.money import Price
from ribao.patient import Patience, patiently
from ribao.translate import SCHEMA
from ribao.types import Reply, Request, Takes

if TYPE_CHECKING:
    import httpx2
    import openai
    from anyio.from_thread import BlockingPortal

    # Makes a call of the SDK whose answer is read as it comes.
    Call = Callable[[openai.AsyncOpenAI], AbstractAsyncContextManager[Any]]

MAX_BYTES = 4 * 1024 * 1024
SHORTEST_KEY, SHORTEST_SECRET = 12, 4
# What is sent where a server wants no key.
NO_KEY = "none-needed"
# What a server's no may be about: then the request is made again without it, once for all.
OPTIONAL: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "response_format",
        re.compile(r"response_format|json[_ ]schema|json[_ ]object|structured", re.IGNORECASE),
    ),
    ("temperature", re.compile(r"temperature", re.IGNORECASE)),
)
DENIED = {
    401: "the key is wrong or missing",
    402: "the account is out of money",
    403: "access denied",
}


class OpenAIChat:
    """Asks one model, from any number of threads. ``timeout`` (seconds) bounds each try whole.

    ``takes`` is what the server was found to take before.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        *,
        base_url: str,
        api_key: str,
        model: str,
        clock: Callable[[], datetime],
        name: str = "llm",
        price: Price | None = None,
        takes: Takes | None = None,
        timeout: float = 90.0,
        temperature: float | None = 0.2,
        patience: Patience | None = None,
    ) -> None:
        self.name = name
        self.base_url = base_url
        self.model = model
        self.price = price
        self._api_key = api_key
        self._clock = clock
        self._timeout = timeout
        self.patience = patience or Patience(within=2 * timeout)
        self._lock = threading.Lock()
        self._portal_context: AbstractContextManager[BlockingPortal] | None = None
        self._portal: BlockingPortal | None = None
        self._client: openai.AsyncOpenAI | None = None
        known = takes or _guess(base_url)
        self._formats = _formats(known.format)
        self._options: dict[str, Any] = {}
        if self._formats:
            self._options["response_format"] = self._formats.pop(0)
        if temperature is not None and known.temperature:
            self._options["temperature"] = temperature
        # Where none is wanted, nothing new is found out about it.
        self._takes_temperature = known.temperature if temperature is None else None
        self._answered = False
        self._closed = False

    @property
    def takes(self) -> Takes | None:
        """What the server was found to take; None where it has not answered yet."""
        if not self._answered:
            return None
        form = self._options.get("response_format", {}).get("type", "")
        takes_temperature = self._takes_temperature
        return Takes(
            form, "temperature" in self._options if takes_temperature is None else takes_temperature
        )

    def ask(self, request: Request) -> Reply:
        """Return the raw reply. A refusal for its content is a reply too: it is an answer.

        Raises ``DeniedError`` where nobody else need be asked, ``BusyError`` where patience ended,
        ``RefusedError`` for any other no.
        """
        self._open(request.paper_id)
        return patiently(lambda: self._try(request), self.patience)

    def close(self) -> None:
        """End the background loop and its connections."""
        with self._lock:
            self._closed = True
            if self._portal is not None and self._client is not None:
                self._portal.call(self._client.close)
                # What is still under way (after Ctrl-C) is broken off, not waited for.
                self._portal.call(self._portal.stop, True)
            if self._portal_context is not None:
                self._portal_context.__exit__(None, None, None)
            self._portal = self._portal_context = self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, subject: str) -> None:
        """Start the loop and the client. Here and not earlier: the SDK takes 0.5 s to import."""
        with self._lock:
            if self._closed:  # by Ctrl-C, while this one waited for its turn
                raise BusyError(subject, "the run is ending")
            if self._client is not None:
                return
            import openai
            from anyio.from_thread import start_blocking_portal

            self._portal_context = start_blocking_portal()
            self._portal = self._portal_context.__enter__()
            self._client = openai.AsyncOpenAI(
                base_url=self.base_url,
                api_key=self._api_key,
                max_retries=0,
                timeout=self._timeout,
                # The SDK reads the body of an error whole, whatever its size.
                http_client=openai.DefaultAsyncHttpxClient(
                    event_hooks={"response": [_bound_errors]}
                ),
            )

    def _try(self, request: Request) -> Reply:
        """Ask once; leave out for good what the server says it does not know."""
        while True:
            options = dict(self._options)
            status, headers, body = self._post(request, options)
            body = self._without_key(body)
            if status == 200:  # noqa: PLR2004 - OK
                return self._read(request, body)
            said = self._without_any_key(self._without_key(_said(body)))
            if status in {400, 422} and self._without(options, said):
                continue
            if is_refusal(status, said):
                return self._reply(request, "refused", said, self._without_any_key(body))
            wait = retry_after(headers, self._clock())
            raise self._failure(request.paper_id, status, said, wait)

    def question(self, request: Request, options: Mapping[str, Any] | None = None) -> Any:
        """Return the body that asks; ``options`` are otherwise those that the server takes."""
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        chosen = self._options if options is None else options
        return {"model": self.model, "messages": messages, **chosen}

    def call(self, subject: str, make: Call, most: int = MAX_BYTES, within: float = 0.0) -> str:
        """Make any other call of the same server, once, and return the body of its answer.

        The body has at most ``most`` bytes, and the key is masked in it; all is over in ``within``
        seconds (else in the timeout). Raises as ``ask`` does; ``RefusedError`` for what is not
        there, too.
        """
        self._open(subject)
        status, headers, body = self._send(subject, make, most, within or self._timeout)
        if 200 <= status < 300:  # noqa: PLR2004 - the 2xx family
            return self._without_key(body)
        said = self._without_any_key(self._without_key(_said(body)))
        if status == 404:  # noqa: PLR2004 - Not Found
            raise RefusedError(subject, f"{self._place()} answered 404: {said}")
        raise self._failure(subject, status, said, retry_after(headers, self._clock()))

    def _post(self, request: Request, options: dict[str, Any]) -> tuple[int, httpx2.Headers, str]:
        asked = self.question(request, options)
        return self._send(
            request.paper_id,
            lambda client: client.chat.completions.with_streaming_response.create(**asked),
            MAX_BYTES,
            self._timeout,
        )

    def _send(
        self, subject: str, make: Call, most: int, within: float
    ) -> tuple[int, httpx2.Headers, str]:
        """Return status, headers and body of one answer; all that can break becomes ours."""
        import openai

        if self._portal is None:
            raise BusyError(subject, "the run is ending")
        try:
            answer: tuple[int, httpx2.Headers, str] = self._portal.call(
                self._receive, make, most, within
            )
        except TimeoutError as error:
            message = f"no whole answer from {self._place()} within {within:g} s"
            raise BusyError(subject, message, transient=True) from error
        except TooLargeError as error:
            raise EngineError(subject, f"the answer of {self._place()} {error}") from error
        except openai.APIStatusError as error:
            return error.status_code, error.response.headers, error.response.text
        except openai.APIConnectionError as error:
            message = f"{self._place()} cannot be reached"
            raise BusyError(subject, message, transient=True) from (error.__cause__ or error)
        except openai.OpenAIError as error:
            raise EngineError(subject, f"{self._place()}: {error}") from error
        except Exception as error:
            # The SDK lets the HTTP client's errors through while a body is read.
            if type(error).__module__.partition(".")[0] not in {"httpx2", "httpcore2", "anyio"}:
                raise
            message = f"the answer of {self._place()} broke off ({type(error).__name__})"
            raise BusyError(subject, message, transient=True) from error
        return answer

    def _without_key(self, text: str) -> str:
        """Some servers say the key again. What is shorter than a key (``ollama``) is a word."""
        return text.replace(self._api_key, "***") if len(self._api_key) >= SHORTEST_KEY else text

    def _without_any_key(self, text: str) -> str:
        """In a server's error even a short key is masked: nothing of a translation can be hurt."""
        if self._api_key == NO_KEY or len(self._api_key) < SHORTEST_SECRET:
            return text
        alone = rf"(?<![A-Za-z0-9]){re.escape(self._api_key)}(?![A-Za-z0-9])"
        return re.sub(alone, "***", text)

    async def _receive(
        self, make: Call, most: int, within: float
    ) -> tuple[int, httpx2.Headers, str]:
        import anyio

        assert self._client is not None  # noqa: S101 - for the type checker; _open made it
        with anyio.fail_after(within):
            async with make(self._client) as answer:
                body = await read_bounded(answer.iter_bytes(), most)
                return answer.status_code, answer.headers, body.decode("utf-8", "replace")

    def _read(self, request: Request, body: str) -> Reply:
        try:
            done = read_completion(body)
        except ValueError as error:
            message = f"{self._place()} answered 200 with no chat completion ({fold(body[:80])})"
            raise BusyError(request.paper_id, message, transient=True) from error
        self._answered = True
        reply = self._reply(request, done.finish, done.text, body, done.model)
        reply = replace(
            reply,
            input_tokens=done.input_tokens,
            output_tokens=done.output_tokens,
            cached_tokens=done.cached_tokens,
        )
        cost = self.price.of_reply(reply) if self.price else None
        if self.price is None or cost is None:
            return reply
        return replace(reply, cost=cost, currency=self.price.currency)

    def _reply(
        self, request: Request, finish: str, text: str, body: str, model: str | None = None
    ) -> Reply:
        return Reply(
            source=request.source,
            paper_id=request.paper_id,
            digest=request.digest,
            language=request.language,
            asked_at=self._clock(),
            engine=self.name,
            # A refusal is kept under the name that was asked: it holds for that one only.
            model=self.model
            if finish in {"refused", "content_filter"}
            else self._without_key(model or self.model),
            prompt=request.prompt,
            finish=finish,
            text=self._without_key(text),
            body=body,
            terms=request.terms,
            route=request.route,
        )

    def _without(self, options: dict[str, Any], said: str) -> bool:
        """Give up what the server says it does not take; return whether to ask again."""
        for name, about in OPTIONAL:
            if name not in options or not about.search(said):
                continue
            with self._lock:
                # Another thread may have learnt it meanwhile.
                if self._options.get(name) == options[name]:
                    self._options.pop(name)
                    if name == "response_format" and self._formats:
                        self._options[name] = self._formats.pop(0)
            return True
        return False

    def _failure(self, subject: str, status: int, said: str, wait: float | None) -> EngineError:
        message = f"{self._place()} answered {status}: {said}"
        if status in DENIED:
            return DeniedError(subject, f"{DENIED[status]} ({message}); {self._remedy(status)}")
        if status == 404:  # noqa: PLR2004 - Not Found
            table = self._table()
            return DeniedError(subject, f"{message}; look at {table}.base_url and {table}.model")
        if status == 429 and "insufficient_quota" in said:  # noqa: PLR2004 - Too Many Requests
            return DeniedError(subject, f"{message}; top up the account")
        if status in {408, 409, 425, 429} or status >= 500:  # noqa: PLR2004 - the 5xx family
            return BusyError(subject, message, transient=True, retry_after=wait)
        return RefusedError(subject, message)

    def _remedy(self, status: int) -> str:
        if status == 402:  # noqa: PLR2004 - Payment Required
            return "top it up"
        variable = self._table().replace(".", "__").upper()
        return f"set RIBAO_{variable}__API_KEY to a key of this service"

    def _table(self) -> str:
        """The table of the settings that tells of this engine."""
        return "llm" if self.name == "llm" else f"engine.{self.name}"

    def _place(self) -> str:
        return f"{self.model} at {self.base_url}"


async def _bound_errors(response: httpx2.Response) -> None:
    """Bound what the SDK reads by itself; the rest has bounds of its own."""
    if not response.is_success:
        await bound(response)


def _guess(base_url: str) -> Takes:
    """What a server takes that has not been asked yet. DeepSeek is known not to take schemas."""
    return Takes("json_object" if "api.deepseek.com" in base_url else "json_schema")


def _formats(best: str) -> list[dict[str, Any]]:
    """The answer formats to try, best first, from ``best`` on; none where it is none of them."""
    schema = {"name": "translation", "strict": True, "schema": SCHEMA}
    formats: list[dict[str, Any]] = [
        {"type": "json_schema", "json_schema": schema},
        {"type": "json_object"},
    ]
    names = [form["type"] for form in formats]
    return formats[names.index(best) :] if best in names else []


def _said(body: str) -> str:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    return fold((error_message(data) or body)[:400])
