"""Resampling, loudness, jingle: held against mathematics and against ffmpeg."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest

from ribao.sound import jingle
from ribao.sound.loudness import level, loudness, true_peak
from ribao.sound.resample import resample
from tests.speeches import speak

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def sine(hertz: float, rate: int, seconds: float = 2.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype("f4")


def voice(rate: int, loud: float = 0.1, seconds: float = 5.0) -> np.ndarray:
    speech = speak([seconds / 2] * 2, rate=rate, loud=loud)
    return np.frombuffer(speech.samples, "<i2").astype("f4") / 32768


def heard(samples: np.ndarray, rate: int) -> tuple[float, float]:
    """What ffmpeg measures: LUFS and dBTP."""
    source = ["-f", "f32le", "-ar", str(rate), "-ac", "1", "-i", "-"]
    said = subprocess.run(
        [
            "ffmpeg",
            "-hide_banner",
            "-nostats",
            *source,
            "-af",
            "ebur128=peak=true",
            "-f",
            "null",
            "-",
        ],
        input=samples.astype("<f4").tobytes(),
        capture_output=True,
        check=True,
    ).stderr.decode()
    summary = said.split("Summary:")[1]
    found = re.search(r"I:\s+(\S+) LUFS.*Peak:\s+(\S+) dBFS", summary, re.DOTALL)
    return float(found[1]), float(found[2])


# ── resampling ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 48_000, 96_000])
def test_a_sine_stays_that_sine(rate):
    hertz = min(rate, 44_100) * 0.42
    made = resample(sine(hertz, rate), rate, 44_100)
    wanted = sine(hertz, 44_100)
    assert len(made) == len(wanted)
    assert made.dtype == np.float32
    assert np.abs(made - wanted)[2_000:-2_000].max() < 0.5e-4


def test_what_the_lower_rate_cannot_hold_is_gone():
    assert np.abs(resample(sine(30_000, 96_000), 96_000, 44_100)[500:-500]).max() < 1e-4


def test_a_rate_without_a_common_divisor_is_taken_as_near():
    made = resample(sine(1_000, 24_001, 5), 24_001, 44_100)
    assert abs(len(made) / 44_100 - 5) < 0.001
    peaks = np.abs(np.fft.rfft(made * np.hanning(len(made))))
    assert peaks.argmax() * 44_100 / len(made) == pytest.approx(1_000, abs=0.3)


def test_nothing_and_little_are_resampled():
    assert len(resample(np.zeros(0, "f4"), 24_000, 44_100)) == 0
    assert len(resample(np.ones(1, "f4"), 24_000, 44_100)) == 2
    same = sine(440, 44_100)
    assert resample(same, 44_100, 44_100) is same


@pytest.mark.parametrize("rate", [0, -24_000, 3_999, 192_001, 10**9])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match=str(rate)):
        resample(np.ones(10, "f4"), rate, 44_100)


# ── loudness ──────────────────────────────────────────────────────────────────────────────────


@needs_ffmpeg
@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000, 96_000])
def test_loudness_and_peak_are_what_ffmpeg_measures(rate):
    ramp = np.clip(np.arange(2 * rate) / rate * 20, 0, 1).astype("f4")
    faded = [sine(hertz, rate) * ramp * ramp[::-1] for hertz in (60, 997, 3_000)]
    quiet_then_loud = np.concatenate([voice(rate, 0.004), voice(rate, 0.05), voice(rate, 0.2)])
    for samples in (voice(rate), quiet_then_loud, *faded):
        lufs, peak = heard(samples, rate)
        # ffmpeg says one decimal.
        assert loudness(samples, rate) == pytest.approx(lufs, abs=0.1)
        assert true_peak(samples, rate) == pytest.approx(peak, abs=0.25)


def test_a_full_sine_of_997_hz_is_as_loud_as_the_standard_says():
    # BS.1770-4: 0 dB full scale in one channel reads -3.01.
    assert loudness(sine(997, 48_000, 5) * 2, 48_000) == pytest.approx(-3.01, abs=0.02)


def test_the_true_peak_between_two_samples_is_found():
    time = np.arange(48_000)
    samples = np.sin(2 * np.pi * time / 4 + np.pi / 4).astype("f4")
    assert np.abs(samples).max() < 0.71
    assert true_peak(samples, 48_000) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("loud", [0.005, 0.02, 0.3, 2.0])
@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100])
def test_speech_is_made_as_loud_as_it_should_be(rate, loud):
    made = level(voice(rate, loud), rate)
    assert loudness(made, rate) == pytest.approx(-16, abs=0.2)
    assert true_peak(made, rate) <= -1.95


def test_peaks_are_turned_down_without_a_jump():
    samples = voice(24_000, 0.05)
    at = [20_000, 50_000, 50_300, 90_000]
    samples[at] = [0.9, -0.9, 0.9, -0.9]
    made = level(samples, 24_000)
    assert true_peak(made, 24_000) <= -1.95
    assert loudness(made, 24_000) == pytest.approx(-16, abs=0.2)
    # The gain follows slowly: from one sample to the next it changes by less than 1 %.
    sure = np.flatnonzero(np.abs(samples) > 0.01)
    gains = made[sure] / samples[sure]
    near = np.diff(sure) == 1
    assert np.abs(np.diff(gains)[near] / gains[:-1][near]).max() < 0.01
    # It did have to be turned down.
    assert gains.min() < gains.max() / 2


def test_silence_stays_silent_and_hiss_is_not_made_speech():
    assert loudness(np.zeros(44_100, "f4"), 44_100) == -np.inf
    assert true_peak(np.zeros(44_100, "f4"), 44_100) == -np.inf
    assert not level(np.zeros(44_100, "f4"), 44_100).any()
    assert len(level(np.zeros(0, "f4"), 44_100)) == 0
    hiss = np.random.default_rng(1).standard_normal(44_100).astype("f4") * 1e-5
    assert np.array_equal(level(hiss, 44_100), hiss)
    breath = hiss * 50
    gain = np.abs(level(breath, 44_100)).max() / np.abs(breath).max()
    assert gain == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("seconds", [0.01, 0.1, 0.39])
def test_what_is_too_short_to_be_gated_is_one_block(seconds):
    samples = sine(997, 44_100, seconds) * 0.2
    made = level(samples, 44_100)
    assert len(made) == len(samples)
    assert true_peak(made, 44_100) <= -1.95
    if seconds > 0.2:
        assert loudness(made, 44_100) == pytest.approx(-16, abs=0.2)


# ── jingle ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("make", "seconds"), [(jingle.opening, 2.4), (jingle.closing, 2.6), (jingle.tone, 0.5)]
)
def test_the_jingle_is_short_always_the_same_and_ends_in_silence(make, seconds):
    made = make(44_100)
    assert len(made) == round(seconds * 44_100)
    assert np.array_equal(made, make(44_100))
    assert np.abs(made).max() == pytest.approx(0.5, abs=0.01)
    assert abs(made[0]) < 1e-4
    assert np.abs(made[-441:]).max() < 1e-3
