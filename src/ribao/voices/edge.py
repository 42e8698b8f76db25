"""The voices of Microsoft Edge's reading aloud, by the library edge-tts.

An unofficial service without a contract: it may refuse (403), send nothing, or send half of what
it should and say that all is well. Its audio is MP3 at 24 kHz, its times are in ticks of 100 ns
(see the library's ``communicate.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ribao.errors import NoVoiceError, VoiceError
from ribao.listing import fold
from ribao.patient import Patience, patiently
from ribao.speech import Span, Speech
from ribao.voices.boundaries import Boundary, find_spans, letters
from ribao.voices.decoding import decode

if TYPE_CHECKING:
    from ribao.voices.joining import Piece

VOICES: Mapping[str, str] = MappingProxyType(
    {
        "zh-Hans": "zh-CN-XiaoxiaoNeural",
        "zh-Hant": "zh-TW-HsiaoChenNeural",
        "zh-Hant-TW": "zh-TW-HsiaoChenNeural",
        "zh-Hant-HK": "zh-HK-HiuMaanNeural",  # in Cantonese
        "en": "en-US-AriaNeural",
    }
)
TICKS = 10_000_000
# 24 minutes at the service's 48 kbit/s.
MAX_BYTES = 8 * 1024 * 1024
MAX_BOUNDARIES = 20_000
# A word may be reported to end this long (s) after the audio does, and no longer.
BEYOND = 0.1
# As far (s) as reported times may lie from where sound begins and ends, until they are not used.
OFF = 0.5
# How many sentences of a segment are asked for at once where they are asked for one by one.
AT_ONCE = 3


class Edge:
    """Speaks by edge-tts, from any number of threads. ``timeout`` (s) bounds each try whole.

    ``voice`` is one of the service's (``edge-tts --list-voices``), else the language's own;
    ``rate`` is how much faster or slower it speaks than it would (``+10%``).
    """

    def __init__(
        self,
        language: str,
        voice: str | None = None,
        *,
        rate: str = "+0%",
        timeout: float = 90.0,
        patience: Patience | None = None,
    ) -> None:
        self._language = language
        self._voice = voice or VOICES.get(language)
        self._rate = rate
        self._timeout = timeout
        # What fails at once is tried thrice; after a hang there is another voice to be asked.
        self._patience = patience or Patience(tries=3, within=timeout / 2, latest=timeout)

    @property
    def name(self) -> str:
        """The engine, its voice, and the rate where it is not the voice's own."""
        rate = "" if self._rate == "+0%" else self._rate
        return f"edge:{self._voice or '?'}{rate}"

    def speak(self, subject: str, sentences: Sequence[str]) -> Speech:
        """Speak ``sentences`` in one request, which reads best, and time them by its words.

        Where the service's times do not fit text or sound, each sentence is asked for by itself.
        Raises ``VoiceError``, ``NoVoiceError`` without the library or for a language without voice.
        """
        if self._voice is None:
            message = f"edge has no voice for {self._language}; name one with voice.edge_voice"
            raise NoVoiceError(subject, message)
        try:
            import edge_tts  # noqa: F401 - looked for here, used below
            import numpy as np  # noqa: F401
        except ImportError as error:
            message = f"edge needs {error.name}; install ribao[voice]"
            raise NoVoiceError(subject, message) from error
        if not any(letters(sentence) for sentence in sentences):
            raise VoiceError(subject, "there is nothing in it that can be spoken")
        return patiently(lambda: asyncio.run(self._within(subject, sentences)), self._patience)

    async def _within(self, subject: str, sentences: Sequence[str]) -> Speech:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._whole(subject, sentences) or await self._each(subject, sentences)
        except TimeoutError as error:
            message = f"edge did not speak it within {self._timeout:g} s"
            raise VoiceError(subject, message, transient=True) from error

    async def _whole(self, subject: str, sentences: Sequence[str]) -> Speech | None:
        """Speak all at once; None where it is not known when each sentence is heard."""
        # The library cuts what is longer than 4,096 bytes, at a line's end if it finds one.
        rate, samples, boundaries = await self._ask(subject, "\n".join(sentences))
        spans = find_spans(sentences, boundaries)
        if spans is None or not _fits(spans, samples, rate):
            return None
        seconds = len(samples) / 2 / rate
        clipped = tuple(Span(min(span.start, seconds), min(span.end, seconds)) for span in spans)
        return Speech(rate, samples, clipped, self.name)

    async def _each(self, subject: str, sentences: Sequence[str]) -> Speech:
        """Speak each sentence by itself, and measure it."""
        from ribao.voices.joining import Piece, join

        gate = asyncio.Semaphore(AT_ONCE)

        async def one(sentence: str) -> Piece | None:
            if not letters(sentence):
                return None
            async with gate:
                rate, samples, _ = await self._ask(subject, sentence)
            return Piece(rate, samples)

        tasks = [asyncio.ensure_future(one(sentence)) for sentence in sentences]
        try:
            pieces = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return join(subject, pieces, self.name)

    async def _ask(self, subject: str, text: str) -> tuple[int, bytes, list[Boundary]]:
        """Return rate, samples and the service's times of one request."""
        audio = bytearray()
        boundaries: list[Boundary] = []
        async with contextlib.aclosing(self._stream(subject, text)) as chunks:
            async for chunk in chunks:
                if chunk["type"] == "audio":
                    audio += chunk["data"]
                else:
                    boundaries.append(_boundary(subject, chunk))
                if len(audio) > MAX_BYTES or len(boundaries) > MAX_BOUNDARIES:
                    raise VoiceError(subject, f"edge sent more than {MAX_BYTES:,} bytes")
        try:
            rate, samples = decode(bytes(audio), subject)
        except VoiceError as error:
            # Whatever it sent in place of an MP3, the next answer is mostly sound.
            raise _transient(error) from error.__cause__
        seconds = len(samples) / 2 / rate
        if boundaries and boundaries[-1].end > seconds + BEYOND:
            message = f"the audio was cut: {seconds:.1f} s of {boundaries[-1].end:.1f} s"
            raise VoiceError(subject, message, transient=True)
        return rate, samples, boundaries

    async def _stream(self, subject: str, text: str) -> AsyncGenerator[Any, None]:
        """Pass on what edge-tts yields; all that it is known to raise becomes ours.

        It reads the service's messages without looking at their types, so that a strange one
        comes out as any of Python's errors of values.
        """
        import aiohttp
        from edge_tts.exceptions import EdgeTTSException

        try:
            spoken = self._communicate(text)
        except (ValueError, TypeError) as error:
            message = f"edge does not take voice {self._voice} at rate {self._rate} ({error})"
            remedy = "look at voice.edge_voice"
            raise NoVoiceError(subject, f"{message}; {remedy}") from error
        try:
            async with contextlib.aclosing(spoken.stream()) as chunks:
                async for chunk in chunks:
                    yield chunk
            # The library takes a connection that was cut for the end. Only its count of bytes
            # tells, which it sets to nothing at the end of a turn.
            if spoken.state.get("chunk_audio_bytes"):
                raise VoiceError(subject, "edge broke off in mid-stream", transient=True)
        except aiohttp.WSServerHandshakeError as error:
            raise _refused(subject, error.status) from error
        except (EdgeTTSException, aiohttp.ClientError, OSError) as error:
            # Said already; the library's own words hold an object's place in memory.
            raise _failed(subject, error) from None
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            message = f"edge sent what is not its protocol ({type(error).__name__})"
            raise VoiceError(subject, message, transient=True) from error

    def _communicate(self, text: str) -> Any:
        import edge_tts

        assert self._voice is not None  # noqa: S101 - for the type checker; speak looked
        return edge_tts.Communicate(text, self._voice, rate=self._rate, boundary="WordBoundary")


def _boundary(subject: str, chunk: Mapping[str, Any]) -> Boundary:
    """Read one of the service's times."""
    try:
        start = float(chunk["offset"]) / TICKS
        return Boundary(start, start + float(chunk["duration"]) / TICKS, str(chunk["text"]))
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        message = "edge sent a time that is none"
        raise VoiceError(subject, message, transient=True) from error


def _fits(spans: Sequence[Span], samples: bytes, rate: int) -> bool:
    """Tell whether the times begin and end where there is sound."""
    from ribao.voices.joining import sounding

    heard = sounding(samples, rate)
    # Silence is not the times' fault: it is for the judge, and asking thrice would not mend it.
    return heard is None or (
        abs(heard.start - spans[0].start) <= OFF and abs(heard.end - spans[-1].end) <= OFF
    )


def _refused(subject: str, status: int) -> VoiceError:
    """Say what a refused handshake means. The library has mended a wrong clock by then (403)."""
    message = f"edge answered {status}"
    if status == 403:  # noqa: PLR2004 - Forbidden
        remedy = "is edge-tts the newest version, and may this network use the service?"
        return VoiceError(subject, f"{message}: it refuses us; {remedy}")
    again = status in {408, 425, 429} or status >= 500  # noqa: PLR2004 - the 5xx family
    return VoiceError(subject, message, transient=again)


def _failed(subject: str, error: Exception) -> VoiceError:
    """Say what broke while it spoke; a time-out of the socket is an ``OSError`` too."""
    from edge_tts.exceptions import NoAudioReceived, SkewAdjustmentError

    if isinstance(error, SkewAdjustmentError):
        return _refused(subject, 403)
    if isinstance(error, NoAudioReceived):
        return VoiceError(subject, "edge sent no audio", transient=True)
    said = fold(str(getattr(error, "os_error", None) or error)[:200])
    return VoiceError(subject, f"edge broke off ({type(error).__name__}: {said})", transient=True)


def _transient(error: VoiceError) -> VoiceError:
    return type(error)(error.subject, error.message, transient=not isinstance(error, NoVoiceError))
