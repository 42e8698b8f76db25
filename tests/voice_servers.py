"""Voices on loopback: Edge's reading aloud over a WebSocket, and OpenAI's ``/audio/speech``.

What they speak is speech-like: a burst of harmonics for each syllable, and known pauses.
"""

from __future__ import annotations

import asyncio
import json
import re
import struct
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import unescape

import lameenc
import numpy as np
from aiohttp import web

from tests.loopback import Fault, Handler, Loopback

SYLLABLE, GAP, PAUSE, BEFORE, AFTER = 0.16, 0.04, 0.5, 0.15, 0.6
WORD = re.compile(r"[\u4e00-\u9fff]|[A-Za-z0-9']+")
TICKS = 10_000_000


@dataclass(frozen=True)
class Spoken:
    """Speech-like sound with what is known of it: when each word and each sentence is heard."""

    rate: int
    samples: np.ndarray
    words: tuple[tuple[float, float, str], ...]
    spans: tuple[tuple[float, float], ...]


def speak(sentences: Sequence[str], rate: int = 24000, pace: float = 1.0) -> Spoken:
    """Make a burst for each syllable, and a pause after each sentence."""
    parts = [np.zeros(round(BEFORE * rate))]
    gap = np.zeros(round(GAP / pace * rate))
    words, spans = [], []
    at = BEFORE
    for number, sentence in enumerate(sentences):
        begin = at
        said = WORD.findall(sentence)
        for place, word in enumerate(said):
            start = at
            for left in reversed(range(1 if len(word) < 4 else len(word) // 3)):
                last = left == 0 and place == len(said) - 1
                parts += [_burst(len(words), rate, SYLLABLE / pace, last=last), gap]
                at = sum(map(len, parts)) / rate
            words.append((start, at - GAP / pace, word))
        spans.append((begin, at - GAP / pace))
        parts.append(np.zeros(round((PAUSE if number < len(sentences) - 1 else AFTER) * rate)))
        at = sum(map(len, parts)) / rate
    sound = (np.concatenate(parts) * 32767).astype("<i2")
    return Spoken(rate, sound, tuple(words), tuple(spans))


def _burst(number: int, rate: int, seconds: float, *, last: bool) -> np.ndarray:
    """One syllable; the last of a sentence dies away, as a vowel does."""
    time = np.arange(round(seconds * rate)) / rate
    pitch = 180 + 40 * np.sin(number)
    tone = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12))
    fall = np.exp(-np.maximum(0, time - seconds / 4) * 9 / seconds) if last else 1
    return 0.2 * tone * np.minimum(1, np.minimum(time, seconds - time) / 0.02) * fall


def mp3(samples: np.ndarray, rate: int, kbps: int = 48, channels: int = 1) -> bytes:
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(kbps)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(channels)
    encoder.set_quality(7)
    encoder.silence()
    return bytes(encoder.encode(samples.astype("<i2").tobytes()) + encoder.flush())


def wav(
    samples: np.ndarray,
    rate: int,
    *,
    channels: int = 1,
    bits: int = 16,
    kind: int = 1,
    size: int | None = None,
) -> bytes:
    """A WAV; ``kind`` 3 is float; ``size`` is what its header says of the data's."""
    data = samples.tobytes()
    size = len(data) if size is None else size
    frame = channels * bits // 8
    form = struct.pack("<IHHIIHH", 16, kind, channels, rate, rate * frame, frame, bits)
    head = b"RIFF" + struct.pack("<I", (36 + size) & 0xFFFFFFFF) + b"WAVEfmt " + form
    return head + b"data" + struct.pack("<I", size) + data


# ── Edge ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Turn:
    """What Edge answers to one text: audio, metadata as it stands in a message, and the end."""

    audio: bytes
    metadata: tuple[str, ...]
    end: bool = True


Answer = Callable[[str], Turn]
Refusal = Callable[[web.Request], Awaitable[web.StreamResponse]]


def told(kind: str, start: float, end: float, text: str) -> str:
    """One time as Edge reports it."""
    data = {
        "Offset": round(start * TICKS),
        "Duration": round((end - start) * TICKS),
        "text": {"Text": text, "Length": len(text), "BoundaryType": kind},
    }
    return json.dumps({"Metadata": [{"Type": kind, "Data": data}]}, ensure_ascii=False)


def sound_turn(text: str, rate: int = 24000) -> Turn:
    """What a sound service says to a text of one sentence a line."""
    spoken = speak(text.splitlines(), rate)
    metadata = tuple(told("WordBoundary", *word) for word in spoken.words)
    return Turn(mp3(spoken.samples, spoken.rate), metadata)


class EdgeServer:
    """Edge's side of the WebSocket, in a thread of its own. Use it with ``with``.

    Each of ``faults`` is for one connection: an ``Answer``, or a ``Refusal`` of the handshake;
    ``None`` stands for a sound answer, which is also what all later ones get.
    """

    def __init__(self, faults: Sequence[Answer | Refusal | None] = (), answer: Answer = sound_turn):
        self.faults = list(faults)
        self.answer = answer
        self.texts: list[str] = []
        self.voices: list[str] = []
        self.configs: list[str] = []
        self.connections = self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def url(self) -> str:
        """What stands in the library for the service's own address."""
        return f"ws://127.0.0.1:{self.port}/edge/v1?TrustedClientToken=loopback"

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        app = web.Application()
        app.router.add_get("/edge/v1", self._connection)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _connection(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and asyncio.iscoroutinefunction(fault):
            return await fault(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._talk(request, fault or self.answer)
        finally:
            self.at_once -= 1

    async def _talk(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self.configs.append(_body(await socket.receive_str(), "speech.config"))
        ssml = _body(await socket.receive_str(), "ssml")
        text = unescape(re.search(r"<prosody[^>]*>(.*)</prosody>", ssml, re.DOTALL)[1])
        self.texts.append(text)
        self.voices.append(re.search(r"<voice name='([^']*)'", ssml)[1])
        turn = await asyncio.to_thread(answer, text)
        await socket.send_str(_message("turn.start", "{}"))
        await socket.send_str(_message("response", "{}"))
        for one in turn.metadata:
            await socket.send_str(_message("audio.metadata", one))
        for at in range(0, len(turn.audio), 4096):
            await socket.send_bytes(_binary(turn.audio[at : at + 4096]))
        if not turn.end:
            request.transport.abort()
            return socket
        if turn.audio:
            await socket.send_bytes(_binary(b""))
        await socket.send_str(_message("turn.end", "{}"))
        await socket.close()
        return socket


def _message(path: str, body: str) -> str:
    kind = "application/json; charset=utf-8"
    return f"X-RequestId:0123456789abcdef\r\nContent-Type:{kind}\r\nPath:{path}\r\n\r\n{body}"


def _binary(data: bytes) -> bytes:
    kind = b"Content-Type:audio/mpeg\r\n" if data else b""
    head = b"X-RequestId:0123456789abcdef\r\n" + kind + b"X-StreamId:1\r\nPath:audio\r\n"
    return struct.pack(">H", len(head)) + head + data


def _body(message: str, path: str) -> str:
    head, _, body = message.partition("\r\n\r\n")
    assert f"Path:{path}" in head.splitlines(), head
    return body


def refuse(status: int, body: str = "no", **headers: str) -> Refusal:
    """Refuse the handshake with a status, as plain HTTP."""

    async def fault(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, headers=headers, content_type="text/html")

    return fault


async def say_nothing(request: web.Request) -> web.StreamResponse:
    """Take the texts and never answer."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for _ in socket:
        pass
    return socket


def half(text: str) -> Turn:
    """Half of the audio, all of the metadata, and a normal end."""
    turn = sound_turn(text)
    return replace(turn, audio=turn.audio[: len(turn.audio) // 288 * 144])


def instead(**changes: object) -> Answer:
    """A sound turn with something else in it."""
    return lambda text: replace(sound_turn(text), **changes)


# ── OpenAI ────────────────────────────────────────────────────────────────────────────────────


class SpeechServer(Loopback):
    """``POST /v1/audio/speech``, as WAV or MP3, with faults."""

    def __init__(
        self,
        faults: Sequence[Fault | None] = (),
        *,
        key: str | None = None,
        only_mp3: bool = False,
        rate: int = 24000,
        channels: int = 1,
    ) -> None:
        super().__init__(faults)
        self.key, self.only_mp3, self.rate, self.channels = key, only_mp3, rate, channels

    @property
    def asked(self) -> list[dict[str, object]]:
        return [json.loads(request.body) for request in self.requests]

    def answer(self, handler: Handler) -> None:
        if handler.path != "/v1/audio/speech":
            handler.send(404, '{"error":{"message":"no such page"}}')
            return
        if self.key and handler.headers.get("Authorization") != f"Bearer {self.key}":
            handler.send(401, '{"error":{"message":"Incorrect API key provided"}}')
            return
        asked = json.loads(handler.body)
        spoken = speak([asked["input"]], self.rate, asked.get("speed", 1.0))
        samples = np.repeat(spoken.samples, self.channels)
        if asked["response_format"] == "mp3":
            handler.send(200, mp3(samples, self.rate, 64, self.channels), "audio/mpeg")
        elif self.only_mp3:
            message = "response_format wav is not supported, only mp3"
            handler.send(400, json.dumps({"error": {"message": message}}))
        else:
            handler.send(200, wav(samples, self.rate, channels=self.channels), "audio/wav")
