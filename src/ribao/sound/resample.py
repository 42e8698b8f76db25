"""Sound at one rate made sound at another: a windowed sinc, as one matrix product.

With ``out / in = up / down`` in lowest terms, every ``up`` samples that come out are the same
linear function of the ``down`` samples that go in and their neighbours. So the filter is a matrix,
made once for each pair of rates, and resampling is its product with overlapping windows of the
input.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

LOWEST, HIGHEST = 4_000, 192_000
# Zero crossings of the sinc on each side, and the Kaiser window's shape: 80 dB down in the stop
# band (Kaiser 1974), the pass band ends at 0.92 of the lower rate's half.
_CROSSINGS = 32
_BETA = 8.0
_EDGE = 0.955
# A pair of rates without a common divisor is taken as the nearest simple ratio: the pitch is then
# wrong by less than a millionth.
_SIMPLEST = 640
# So many windows are multiplied at once: a few megabytes.
_AT_ONCE = 8_192
_UNSPREAD = 262_144


def resample(samples: Samples, rate: int, target: int) -> Samples:
    """Return mono ``samples`` of ``rate`` Hz at ``target`` Hz.

    The result begins when the input does and is as long, rounded up to a sample. Beyond its ends
    the sound is taken to be silent. Raises ``ValueError`` for a rate that no sound has.
    """
    for each in (rate, target):
        if not LOWEST <= each <= HIGHEST:
            raise ValueError(f"{each} Hz is no rate of sound: {LOWEST} to {HIGHEST} are")
    if rate == target or not len(samples):
        return samples
    ratio = Fraction(target, rate).limit_denominator(_SIMPLEST)
    up, down = ratio.numerator, ratio.denominator
    # A ratio such as 2:1 would make a tiny matrix and very many windows.
    times = max(1, 128 // down)
    matrix, before = _filter(up * times, down * times)
    return _apply(samples, matrix, before, down * times)[: -(-len(samples) * up // down)]


def _apply(samples: Samples, matrix: Samples, before: int, step: int) -> Samples:
    width, made = matrix.shape
    blocks = -(-len(samples) // step)
    padded = np.zeros((blocks - 1) * step + width, dtype=np.float32)
    padded[before : before + len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[::step]
    result = np.empty((blocks, made), dtype=np.float32)
    for first in range(0, blocks, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        # The copy is what lets the product run in the fast routine: it takes no overlapping rows.
        result[part] = multiply(np.ascontiguousarray(windows[part]), matrix)
    return result.reshape(-1)


def multiply(rows: Samples, matrix: Samples) -> Samples:
    """Return ``rows @ matrix``, made of products that are too small to be spread over threads.

    With the encoder at work and a busy machine, threads that wait for one another made the whole
    product five times slower (measured with OpenBLAS, which spreads what is larger than this).
    """
    few = max(1, _UNSPREAD // matrix.size)
    whole = len(rows) // few * few
    result = np.empty((len(rows), matrix.shape[1]), dtype=np.float32)
    stacked = rows[:whole].reshape(-1, few, rows.shape[1])
    np.matmul(stacked, matrix, out=result[:whole].reshape(-1, few, matrix.shape[1]))
    np.matmul(rows[whole:], matrix, out=result[whole:])
    return result


@lru_cache(maxsize=8)
def _filter(up: int, down: int) -> tuple[Samples, int]:
    """Return the matrix (inputs, outputs) and how many inputs lie before the first output."""
    cutoff = _EDGE * min(1.0, up / down)
    half = int(np.ceil(_CROSSINGS / cutoff))
    inputs = np.arange(-half, down + half, dtype=np.float64)[:, None]
    outputs = np.arange(up, dtype=np.float64)[None, :] * (down / up)
    distance = inputs - outputs
    inside = np.clip(1.0 - (distance / half) ** 2, 0.0, None)
    window = np.i0(_BETA * np.sqrt(inside)) / np.i0(_BETA) * (np.abs(distance) <= half)
    matrix = cutoff * np.sinc(cutoff * distance) * window
    # Each output's weights add up to one: no ripple on a constant.
    matrix /= matrix.sum(axis=0)
    return matrix.astype(np.float32), half
