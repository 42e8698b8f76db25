"""Audio as services send it, decoded by miniaudio: MP3, WAV, FLAC and Ogg Vorbis.

An MP3 begins late: its encoder and decoder delay the sound by 1,105 samples (LAME's 576 and the
decoder's 529), 46 ms at 24 kHz, which is left as it is: a service's times are of the sound before
it was encoded, and cues may be 0.3 s off.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from ribao.errors import NoVoiceError, VoiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

# 23 minutes at 48 kHz, 46 at 24 kHz: several times the longest paper, and a bound of memory.
MAX_BYTES = 128 * 1024 * 1024
WAV_HEADER = 12
# A WAV that was written while it was spoken cannot know its length, and says so in these ways.
UNKNOWN_LENGTH = 0x7FFF_0000


def decode(body: bytes, subject: str) -> tuple[int, bytes]:
    """Return the rate in Hz and 16-bit little-endian mono samples of ``body``.

    More channels are mixed down; the rate stays as it is. Raises ``VoiceError`` for what is no
    audio, for more than ``MAX_BYTES`` of sound, and (transient) for a WAV that was cut;
    ``NoVoiceError`` where miniaudio is not installed.
    """
    try:
        import miniaudio
    except ImportError as error:
        message = "decoding needs miniaudio; install ribao[voice]"
        raise NoVoiceError(subject, message) from error
    if body[:4] == b"RIFF":
        body = _known_length(body, subject)
    try:
        info = _read_info(miniaudio, body)
        pcm = bytearray()
        for chunk in _stream(miniaudio, body, info.sample_rate):
            pcm += chunk
            if len(pcm) > MAX_BYTES:
                raise VoiceError(subject, f"the audio is longer than {MAX_BYTES:,} bytes of sound")
    except miniaudio.MiniaudioError as error:
        raise VoiceError(subject, f"not audio that can be read ({_begin(body)})") from error
    if not pcm:
        raise VoiceError(subject, "the audio holds no sound", transient=True)
    return info.sample_rate, bytes(pcm)


def _read_info(miniaudio: Any, body: bytes) -> Any:
    """Tell format and rate. By the first bytes: an MP3 decoder would look for one in anything."""
    if body[:4] == b"RIFF":
        return miniaudio.wav_get_info(body)
    if body[:4] == b"fLaC":
        return miniaudio.flac_get_info(body)
    if body[:4] == b"OggS":
        return miniaudio.vorbis_get_info(body)
    # An ID3 tag, or the eleven set bits that begin a frame (ISO/IEC 11172-3, 2.4.2.3).
    if body[:3] == b"ID3" or (body[:1] == b"\xff" and body[1:2] >= b"\xe0"):
        return miniaudio.mp3_get_info(body)
    raise miniaudio.DecodeError("none of the known beginnings")


def _stream(miniaudio: Any, body: bytes, rate: int) -> Iterator[bytes]:
    """Decode piece by piece, so that a small file of hours of silence does not fill the memory."""
    kind = miniaudio.SampleFormat.SIGNED16
    for chunk in miniaudio.stream_memory(body, kind, 1, rate, frames_to_read=16384):
        yield chunk.tobytes()


def _known_length(body: bytes, subject: str) -> bytes:
    """Return a WAV whose data chunk has the length that is there, if its own was left open.

    Raises ``VoiceError`` (transient) where the header promises more than there is.
    """
    at = WAV_HEADER
    while at + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, at)
        if name == b"data":
            there = len(body) - at - 8
            if size == 0 or size >= UNKNOWN_LENGTH:
                return body[: at + 4] + struct.pack("<I", there) + body[at + 8 :]
            if size > there:
                message = f"the audio was cut: {there:,} bytes of {size:,}"
                raise VoiceError(subject, message, transient=True)
            return body
        at += 8 + size + size % 2
    return body


def _begin(body: bytes) -> str:
    """Say how a body begins, for an error."""
    return f"{len(body):,} bytes that begin with {body[:24]!r}" if body else "nothing at all"
