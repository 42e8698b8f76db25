"""Sound to MP3, piece by piece: 44.1 kHz, mono, 96 kbit/s, always the same bytes.

The encoder works in a thread of its own, so that the next piece is mixed meanwhile (it lets go of
the interpreter). No frame of remarks (Xing, LAME) is written: at a constant rate every player knows
the length and finds each second without.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Self

import lameenc
import numpy as np

from ribao.sound.resample import Samples

RATE, KILOBITS = 44_100, 96
# Decoded sound comes this much later: the encoder's own 576 samples and a decoder's 529 (LAME's
# technical FAQ; measured with two decoders).
DELAY = 1105 / RATE

_FRAME = 1152
# From 2 (best) to 7 (fastest). At 96 kbit/s one channel has bits to spare.
_QUALITY = 7
# LAME makes sound softer by this where it is told a constant rate (measured: 0.9500 at every
# frequency), which is given back.
_SCALE = 32767 / 0.95
# So many pieces wait for the encoder, of so many samples: a few megabytes.
_WAITING, _PIECE = 4, RATE * 10


class Encoder:
    """Encodes into an open file. ``samples`` is how much has been written so far."""

    def __init__(self, file: BinaryIO) -> None:
        self.samples = 0
        self._file = file
        self._bytes = 0
        self._lame = lameenc.Encoder()
        self._lame.silence()
        self._lame.set_in_sample_rate(RATE)
        self._lame.set_out_sample_rate(RATE)
        self._lame.set_channels(1)
        self._lame.set_bit_rate(KILOBITS)
        self._lame.set_quality(_QUALITY)
        self._thread = ThreadPoolExecutor(1, "mp3")
        self._pieces: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def write(self, samples: Samples) -> None:
        """Encode mono ``samples`` between -1 and 1. Raises ``OSError``, also of earlier pieces."""
        self.samples += len(samples)
        for first in range(0, len(samples), _PIECE):
            while len(self._pieces) >= _WAITING:
                self._pieces.popleft().result()
            piece = samples[first : first + _PIECE]
            self._pieces.append(self._thread.submit(self._encode, piece))

    def finish(self) -> float:
        """Write what is left; return how many seconds a decoder makes of it. Raises ``OSError``."""
        while self._pieces:
            self._pieces.popleft().result()
        if self.samples:
            self._keep(bytes(self._lame.flush()))
        # Frames have 313 or 314 bytes, so that the mean comes out even.
        frames = round(self._bytes * 8 * RATE / (KILOBITS * 1000 * _FRAME))
        return frames * _FRAME / RATE

    def _encode(self, piece: Samples) -> None:
        whole = np.clip(np.rint(piece * np.float32(_SCALE)), -32768, 32767).astype("<i2")
        self._keep(bytes(self._lame.encode(whole.tobytes())))

    def _keep(self, body: bytes) -> None:
        self._bytes += len(body)
        self._file.write(body)
