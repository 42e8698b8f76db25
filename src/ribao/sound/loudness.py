"""How loud sound is, by ITU-R BS.1770-4, and making it as loud as it should be.

All works on short blocks of 1/640 s: their weighted energy (64 of them are the 100 ms by which the
gating blocks move) and their true peak. A gain that changes slowly scales both, so that the right
gain is found on the blocks alone and the samples are touched once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ribao.sound.resample import Samples, multiply

Values = npt.NDArray[np.float64]

TARGET, CEILING = -16.0, -2.0
SILENT = -70.0
# What is softer than this is a breath or hiss: more gain would make noise of it.
MOST_GAIN = 40.0

_HOP = 64
_STEPS = 4
_RELATIVE = -10.0
# The filter has died down to 1e-9 after this many hops, and an FFT is this many hops long.
_TAIL, _LENGTH = 1, 8
# The limiter looks so many blocks ahead and behind (19 ms): longer than the period of a low voice,
# so that it follows the voice's loudness and leaves the waveform alone.
_AHEAD = 12
# What the limiter takes away in loudness is given back, up to 12 dB, in at most so
# many steps, until it is this near.
_BACK, _ROUNDS, _NEAR = 10 ** (12 / 20), 16, 0.02
# Between two samples sound rises by up to 3 dB (measured on speech), and the gain may still change
# by 1 dB: blocks whose highest sample stays this far below the ceiling are not looked at closely.
_RISE = 10 ** (4 / 20)
_NEIGHBOURS = 16
_OVERSAMPLED = 4


def loudness(samples: Samples, rate: int) -> float:
    """Return the integrated loudness of mono ``samples`` in LUFS, ``-inf`` for silence.

    Sound shorter than one gating block (400 ms), for which the standard has no answer, is taken as
    one block.
    """
    block = _block(rate)
    return _integrate(_energies(samples, rate, block), len(samples) / block)


def true_peak(samples: Samples, rate: int) -> float:
    """Return the highest true peak, 4 times oversampled, in dBTP, ``-inf`` for silence."""
    peaks = _peaks(samples, _block(rate), 0.0)
    return _decibels(float(peaks.max(initial=0.0)))


def level(samples: Samples, rate: int, target: float = TARGET, ceiling: float = CEILING) -> Samples:
    """Return mono ``samples`` at ``target`` LUFS, with no true peak above ``ceiling`` dBTP.

    A limiter that looks ahead turns down what would stand above. Silence stays as it is, and
    nothing is raised by more than 40 dB.
    """
    if not len(samples):
        return samples
    block = _block(rate)
    energies = _energies(samples, rate, block)
    wanted = _Wanted(target, 10 ** (ceiling / 20), len(samples) / block)
    # First with the samples' own peaks, for a good guess at how much closer is close enough.
    gain, _ = _settle(energies, _peaks(samples, block, np.inf), wanted)
    peaks = _peaks(samples, block, wanted.top / gain / _RISE)
    gain, edges = _settle(energies, peaks, wanted)
    return _apply(samples, edges * gain, block)


class _Wanted(NamedTuple):
    """Loudness in LUFS, highest amplitude, and for how many blocks."""

    target: float
    top: float
    blocks: float


def _settle(energies: Values, peaks: Values, wanted: _Wanted) -> tuple[float, Values]:
    """Return the gain, and the limiter's at the edges of blocks."""
    now = _integrate(energies, wanted.blocks)
    if now <= SILENT:
        return 1.0, _limit(peaks, wanted.top)
    gain = 10 ** (min(wanted.target - now, MOST_GAIN) / 20)
    most = min(gain * _BACK, 10 ** (MOST_GAIN / 20))
    edges = _limit(peaks * gain, wanted.top)
    for _ in range(_ROUNDS):
        limited = energies * (gain * (edges[:-1] + edges[1:]) / 2) ** 2
        short = wanted.target - _integrate(limited, wanted.blocks)
        if short < _NEAR or gain >= most:
            break
        gain = min(gain * 10 ** (short / 20), most)
        edges = _limit(peaks * gain, wanted.top)
    return gain, edges


def _block(rate: int) -> int:
    return round(rate / 10 / _HOP)


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude)) if amplitude > 0 else -np.inf


def _energies(samples: Samples, rate: int, block: int) -> Values:
    """Return the K-weighted energy of each block (the sum of squares over its length)."""
    hop = block * _HOP
    size, step = _LENGTH * hop, (_LENGTH - _TAIL) * hop
    response = _response(rate, size)
    rows = -(-len(samples) // step)
    padded = np.zeros(_TAIL * hop + rows * step, dtype=np.float32)
    padded[_TAIL * hop : _TAIL * hop + len(samples)] = samples
    found = np.empty((rows, step // block))
    for row in range(rows):
        weighted = np.fft.irfft(np.fft.rfft(padded[row * step :][:size]) * response, size)
        # The beginning is wrapped around: the part of the last window that dies down there.
        parts = weighted[_TAIL * hop :].reshape(-1, block)
        found[row] = np.einsum("ij,ij->i", parts, parts)
    return found.reshape(-1)[: -(-len(samples) // block)] / block


def _integrate(energies: Values, blocks: float) -> float:
    """Gate and average (BS.1770-4, annex 1). ``blocks`` is the length with its fraction."""
    hops = int(blocks) // _HOP
    if hops < _STEPS:
        gated = np.array([energies.sum() / max(blocks, 1.0)])
    else:
        each = energies[: hops * _HOP].reshape(hops, _HOP).mean(axis=1)
        gated = np.convolve(each, np.full(_STEPS, 1 / _STEPS), "valid")
    gated = gated[gated > _power(SILENT)]
    if not len(gated):
        return -np.inf
    gated = gated[gated > gated.mean() * 10 ** (_RELATIVE / 10)]
    return float(-0.691 + 10 * np.log10(gated.mean()))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


@lru_cache(maxsize=4)
def _response(rate: int, size: int) -> npt.NDArray[np.complex64]:
    """Return what K weighting does to each frequency of an FFT of ``size``.

    The standard gives coefficients for 48 kHz only. They are those of two analogue filters, a shelf
    and a high pass, carried over by the bilinear transform, here to any rate.
    """
    unit = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    shelf, shelf_q, gain = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196, 1.5848647
    low, low_q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    middle = gain**0.4996667741545416
    response = _biquad(
        unit,
        (gain + middle * shelf / shelf_q + shelf**2, 2 * (shelf**2 - gain)),
        gain - middle * shelf / shelf_q + shelf**2,
        (1 + shelf / shelf_q + shelf**2, 2 * (shelf**2 - 1), 1 - shelf / shelf_q + shelf**2),
    )
    below = (1 + low / low_q + low**2, 2 * (low**2 - 1), 1 - low / low_q + low**2)
    # The standard's second filter has 1, -2, 1 above, not divided by what stands first below.
    response *= _biquad(unit, (below[0], -2 * below[0]), below[0], below)
    return response.astype(np.complex64)


def _biquad(
    unit: npt.NDArray[np.complex128],
    first: tuple[float, float],
    last: float,
    below: tuple[float, float, float],
) -> npt.NDArray[np.complex128]:
    above = first[0] + first[1] * unit + last * unit**2
    response: npt.NDArray[np.complex128] = above / (below[0] + below[1] * unit + below[2] * unit**2)
    return response


def _peaks(samples: Samples, block: int, enough: float) -> Values:
    """Return each block's true peak; where no sample is above ``enough`` its highest sample."""
    blocks = -(-len(samples) // block)
    padded = np.zeros(blocks * block + 2 * _NEIGHBOURS, dtype=np.float32)
    padded[_NEIGHBOURS : _NEIGHBOURS + len(samples)] = samples
    inner = padded[_NEIGHBOURS : _NEIGHBOURS + blocks * block].reshape(blocks, block)
    peaks = np.maximum(inner.max(axis=1, initial=0), -inner.min(axis=1, initial=0))
    windows = np.lib.stride_tricks.sliding_window_view(padded, block + 2 * _NEIGHBOURS)[::block]
    close = np.flatnonzero(peaks > enough)
    for first in range(0, len(close), 8192):
        part = close[first : first + 8192]
        between = multiply(windows[part], _between(block))
        highest = np.maximum(between.max(axis=1), -between.min(axis=1))
        peaks[part] = np.maximum(peaks[part], highest)
    found: Values = peaks.astype(np.float64)
    return found


@lru_cache(maxsize=4)
def _between(block: int) -> Samples:
    """Return the matrix that makes the three samples between each two of a block."""
    inputs = np.arange(block + 2 * _NEIGHBOURS)[:, None] - _NEIGHBOURS
    steps = np.arange(block * _OVERSAMPLED)
    outputs = steps[steps % _OVERSAMPLED != 0][None, :] / _OVERSAMPLED
    distance = inputs - outputs
    window = np.cos(np.pi * np.clip(distance / (2 * _NEIGHBOURS), -0.5, 0.5)) ** 2
    matrix = np.sinc(distance) * window
    matrix /= matrix.sum(axis=0)
    weights: Samples = matrix.astype(np.float32)
    return weights


def _limit(peaks: Values, top: float) -> Values:
    """Return the gain at the edges of blocks that keeps every peak at or below ``top``.

    The lowest gain that is needed in the neighbourhood, smoothed over the same neighbourhood: each
    mean is then of gains that all are low enough. Between two edges the gain is a straight line.
    """
    needed = np.ones(len(peaks) + 2 + 4 * _AHEAD)
    inner = slice(1 + 2 * _AHEAD, 1 + 2 * _AHEAD + len(peaks))
    needed[inner] = top / np.maximum(peaks, top)
    if needed.min() == 1.0:
        return np.ones(len(peaks) + 1)
    at_edges = np.minimum(needed[:-1], needed[1:])
    width = 2 * _AHEAD + 1
    shape = np.hanning(width + 2)[1:-1]
    smoothed: Values = np.convolve(_lowest(at_edges, width), shape / shape.sum(), "valid")
    return smoothed


def _lowest(values: Values, width: int) -> Values:
    """Return the least of each ``width`` neighbours, by windows that double."""
    reach = 1
    while 2 * reach <= width:
        values = np.minimum(values[:-reach], values[reach:])
        reach *= 2
    rest = width - reach
    least: Values = np.minimum(values[: len(values) - rest], values[rest:])
    return least


def _apply(samples: Samples, edges: Values, block: int) -> Samples:
    if (edges == edges[0]).all():
        return np.multiply(samples, np.float32(edges[0]), dtype=np.float32)
    whole = np.zeros(((len(edges) - 1), block), dtype=np.float32)
    whole.reshape(-1)[: len(samples)] = samples
    ramp = np.arange(block, dtype=np.float32) / block
    start = edges[:-1].astype(np.float32)[:, None]
    rise = np.diff(edges).astype(np.float32)[:, None]
    whole *= start + rise * ramp
    return whole.reshape(-1)[: len(samples)]
