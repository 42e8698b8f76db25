"""Any server that speaks OpenAI's text to speech: ``POST {base_url}/audio/speech``.

Such a server says nothing about when a word is heard, so each sentence is a request of its own:
then its length is measured, the cue is exact, and a failure costs one sentence. Prices go by the
text, not by the request; what is lost is a little of the melody from sentence to sentence.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from ribao.completion import error_message
from ribao.errors import NoVoiceError, VoiceError
from ribao.http import USER_AGENT, TooLargeError, read_bounded, retry_after
from ribao.listing import fold
from ribao.patient import Patience, patiently
from ribao.speech import Speech
from ribao.voices.boundaries import letters
from ribao.voices.decoding import decode

if TYPE_CHECKING:
    import httpx2

    from ribao.voices.joining import Piece

# Ten minutes of WAV at 44.1 kHz; the answer is one sentence.
MAX_BYTES = 50 * 1024 * 1024
SHORTEST_KEY = 4
# Best first: a WAV begins where its sound does, but some servers make nothing but MP3.
FORMATS = ("wav", "mp3")
FORMAT = re.compile(r"response_format|\bwav\b|format", re.IGNORECASE)
REFUSED = {
    401: "the key is wrong or missing; set RIBAO_VOICE__API_KEY to a key of this service",
    402: "the account is out of money; top it up",
    403: "access denied; set RIBAO_VOICE__API_KEY to a key of this service",
    404: "look at voice.base_url and voice.model",
    405: "look at voice.base_url",
}
MOVED = frozenset({301, 302, 303, 307, 308})


class OpenAISpeech:
    """Speaks by one model and voice of a server, from any number of threads.

    ``timeout`` (s) bounds each request whole; at most ``concurrency`` are under way at once, over
    all segments. ``speed`` is a factor; 1 is not sent, for not every server knows it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        model: str,
        voice: str,
        clock: Callable[[], datetime],
        speed: float = 1.0,
        timeout: float = 60.0,
        concurrency: int = 4,
        patience: Patience | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/audio/speech"
        self._place = f"{model} at {base_url}"
        self._api_key = api_key or ""
        self._model = model
        self._voice = voice
        self._speed = speed
        self._clock = clock
        self._timeout = timeout
        self._concurrency = concurrency
        self._gate = threading.BoundedSemaphore(concurrency)
        # What fails at once is tried again; after a hang there is another voice to be asked.
        self._patience = patience or Patience(tries=4, within=timeout / 2, latest=timeout)
        self._formats: tuple[str, ...] = FORMATS

    @property
    def name(self) -> str:
        """The engine, its model and voice, and the speed where it is not the voice's own."""
        speed = "" if self._speed == 1 else f"@{self._speed:g}"
        return f"openai:{self._model}/{self._voice}{speed}"

    def speak(self, subject: str, sentences: Sequence[str]) -> Speech:
        """Speak each sentence by itself, a few at once, and join them by pauses.

        Raises ``VoiceError``; ``NoVoiceError`` where the key, the address or the model is wrong.
        """
        try:
            from ribao.voices.joining import join
        except ImportError as error:
            message = f"the voice of a server needs {error.name}; install ribao[voice]"
            raise NoVoiceError(subject, message) from error
        if not any(letters(sentence) for sentence in sentences):
            raise VoiceError(subject, "there is nothing in it that can be spoken")
        with ThreadPoolExecutor(min(len(sentences), self._concurrency)) as threads:
            futures = [threads.submit(self._piece, subject, sentence) for sentence in sentences]
            try:
                pieces = [future.result() for future in futures]
            finally:
                threads.shutdown(wait=False, cancel_futures=True)
        return join(subject, pieces, self.name)

    def _piece(self, subject: str, sentence: str) -> Piece | None:
        """Speak one sentence; None for one of which nothing can be said."""
        from ribao.voices.joining import Piece, sounding

        def ask() -> Piece:
            rate, samples = self._try(subject, sentence)
            if sounding(samples, rate) is None:
                message = f"{self._place} answered with silence"
                raise VoiceError(subject, message, transient=True)
            return Piece(rate, samples)

        return patiently(ask, self._patience) if letters(sentence) else None

    def _try(self, subject: str, sentence: str) -> tuple[int, bytes]:
        """Ask once; in the second format, once for all, where the server refuses the first."""
        while True:
            formats = self._formats
            with self._gate:
                status, headers, body = self._post(subject, sentence, formats[0])
            if status == 200:  # noqa: PLR2004 - OK
                return self._read(subject, body)
            said = self._said(body)
            if status in {400, 415, 422} and formats[1:] and FORMAT.search(said):
                self._formats = formats[1:]
                continue
            raise self._failure(subject, status, said, retry_after(headers, self._clock()))

    def _post(self, subject: str, sentence: str, kind: str) -> tuple[int, httpx2.Headers, bytes]:
        """Return status, headers and body of one answer; all that can break becomes ours."""
        import anyio
        import httpx2

        asked: dict[str, object] = {
            "model": self._model,
            "voice": self._voice,
            "input": sentence,
            "response_format": kind,
        }
        if self._speed != 1:
            asked["speed"] = self._speed
        try:
            return anyio.run(self._request, asked)
        except TimeoutError as error:
            message = f"no whole answer from {self._place} within {self._timeout:g} s"
            raise VoiceError(subject, message, transient=True) from error
        except TooLargeError as error:
            raise VoiceError(subject, f"the answer of {self._place} {error}") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            message = f"the connection to {self._place} failed ({type(error).__name__})"
            raise VoiceError(subject, message, transient=True) from error
        except httpx2.InvalidURL as error:
            raise NoVoiceError(subject, f"voice.base_url is no use ({self._url})") from error

    async def _request(self, asked: dict[str, object]) -> tuple[int, httpx2.Headers, bytes]:
        import anyio
        import httpx2

        headers = {"User-Agent": USER_AGENT}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        # The bound holds for all of it: looking up, connecting, a slow drip of headers or body.
        with anyio.fail_after(self._timeout):
            async with (
                httpx2.AsyncClient(headers=headers, timeout=self._timeout) as client,
                client.stream("POST", self._url, json=asked) as answer,
            ):
                body = await read_bounded(answer.aiter_bytes(), MAX_BYTES)
                return answer.status_code, answer.headers, body

    def _read(self, subject: str, body: bytes) -> tuple[int, bytes]:
        """Decode an answer. A page or an error in place of audio may be gone the next time."""
        try:
            return decode(body, subject)
        except NoVoiceError:
            raise
        except VoiceError as error:
            text = body.lstrip()[:1] in {b"{", b"[", b"<"}
            what = f"no audio: {self._said(body)[:100]}" if text else error.message
            message = f"{self._place} answered 200 with {what}"
            raise VoiceError(subject, message, transient=True) from error.__cause__

    def _said(self, body: bytes) -> str:
        """Return what an error says, without the key, which some servers say again."""
        text = self._without_key(body.decode("utf-8", "replace"))
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            data = None
        return fold((error_message(data) or text)[:400])

    def _without_key(self, text: str) -> str:
        """Mask the key where it stands by itself; what is shorter than a key is a word."""
        if len(self._api_key) < SHORTEST_KEY:
            return text
        alone = rf"(?<![A-Za-z0-9]){re.escape(self._api_key)}(?![A-Za-z0-9])"
        return re.sub(alone, "***", text)

    def _failure(self, subject: str, status: int, said: str, wait: float | None) -> VoiceError:
        message = f"{self._place} answered {status}: {said}"
        if status in REFUSED:
            return NoVoiceError(subject, f"{message} ({REFUSED[status]})")
        if status in MOVED:
            return NoVoiceError(subject, f"{message} (it has moved; look at voice.base_url)")
        if status == 429 and "insufficient_quota" in said:  # noqa: PLR2004 - Too Many Requests
            return NoVoiceError(subject, f"{message} (top up the account)")
        again = status in {408, 409, 425, 429} or status >= 500  # noqa: PLR2004 - the 5xx family
        return VoiceError(subject, message, transient=again, retry_after=wait)
