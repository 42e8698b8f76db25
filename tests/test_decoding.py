"""Audio as services send it, decoded."""

from __future__ import annotations

import contextlib
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ribao.errors import VoiceError
from ribao.voices import decoding
from ribao.voices.decoding import decode
from tests.voice_servers import mp3, speak, wav

SPOKEN = speak(["今天我们读一篇论文。"])
LENGTH = len(SPOKEN.samples)


def samples(pcm):
    return np.frombuffer(pcm, "<i2").astype(float)


def level(sound):
    return np.sqrt(np.mean(sound**2))


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000, 96000])
def test_wav_comes_out_as_it_went_in(rate):
    spoken = speak(["论文。"], rate)
    assert decode(wav(spoken.samples, rate), "x") == (rate, spoken.samples.tobytes())


@pytest.mark.parametrize("rate", [16000, 24000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_mp3_comes_out_46_ms_late_at_24_khz_and_as_loud(rate, channels):
    spoken = speak(["今天我们读一篇论文。"], rate)
    got, pcm = decode(mp3(np.repeat(spoken.samples, channels), rate, 64 * channels, channels), "x")
    heard = samples(pcm)
    assert got == rate
    # As much sound, in more samples: an encoder fills its last frame.
    assert np.sum(heard**2) == pytest.approx(np.sum(spoken.samples.astype(float) ** 2), rel=0.1)
    late = np.flatnonzero(abs(heard) > 1500)[0] - np.flatnonzero(abs(spoken.samples) > 1500)[0]
    assert late == pytest.approx(1105, abs=40)


@pytest.mark.parametrize(("channels", "loud"), [(2, 1 / 2), (4, 1 / 4)])
def test_channels_are_mixed_down(channels, loud):
    one = np.zeros((LENGTH, channels), "<i2")
    one[:, 0] = SPOKEN.samples
    _, pcm = decode(wav(one, 24000, channels=channels), "x")
    assert level(samples(pcm)) == pytest.approx(
        loud * level(SPOKEN.samples.astype(float)), rel=0.01
    )


@pytest.mark.parametrize(("kind", "bits", "dtype"), [(1, 8, "u1"), (1, 32, "<i4"), (3, 32, "<f4")])
def test_other_widths_of_wav_become_16_bit(kind, bits, dtype):
    scaled = {
        "u1": SPOKEN.samples / 256 + 128,
        "<i4": SPOKEN.samples.astype(float) * 65536,
        "<f4": SPOKEN.samples / 32768,
    }[dtype].astype(dtype)
    _, pcm = decode(wav(scaled, 24000, bits=bits, kind=kind), "x")
    assert np.abs(samples(pcm) - SPOKEN.samples).max() <= 256


@pytest.mark.parametrize(
    ("ending", "options"), [("flac", ()), ("ogg", ("-c:a", "libvorbis"))], ids=["flac", "vorbis"]
)
def test_flac_and_vorbis(tmp_path, ending, options):
    program = shutil.which("ffmpeg") or pytest.skip("no ffmpeg to make the file with")
    (tmp_path / "a.wav").write_bytes(wav(SPOKEN.samples, 24000))
    command = [program, "-v", "error", "-i", "a.wav", *options, f"b.{ending}"]
    subprocess.run(command, cwd=tmp_path, check=True)
    rate, pcm = decode((tmp_path / f"b.{ending}").read_bytes(), "x")
    assert rate == 24000
    assert len(samples(pcm)) == LENGTH
    assert level(samples(pcm)) == pytest.approx(level(SPOKEN.samples.astype(float)), rel=0.05)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_whose_length_was_not_known_when_it_was_written(size):
    assert decode(wav(SPOKEN.samples, 24000, size=size), "x")[1] == SPOKEN.samples.tobytes()


def test_a_wav_that_was_cut_is_asked_for_again():
    body = wav(SPOKEN.samples, 24000)
    with pytest.raises(VoiceError, match=r"x: the audio was cut: [\d,]+ bytes of [\d,]+") as caught:
        decode(body[: len(body) // 2], "x")
    assert caught.value.transient


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html>" + b"x" * 5000,
        b'{"error": "busy"}',
        b"\x89PNG\r\n" + bytes(3000),
        b"\xff\xd8\xff\xe0" + bytes(3000),
        b"RIFF",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"OggS" + bytes(200),
        b"fLaC" + bytes(200),
        b"ID3" + bytes(200),
        b"\xff\xf3" + bytes(200),
        wav(SPOKEN.samples, 24000, channels=0),
        wav(SPOKEN.samples, 0),
        wav(SPOKEN.samples[:0], 24000),
    ],
)
def test_what_is_no_audio_is_said(body):
    with pytest.raises(
        VoiceError, match=r"x: (not audio that can be read|the audio holds no sound)"
    ):
        decode(body, "x")


def test_a_small_file_of_hours_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_BYTES", 500_000)
    with pytest.raises(VoiceError, match="longer than 500,000 bytes of sound"):
        decode(mp3(np.zeros(24000 * 60, "<i2"), 24000, 8), "x")


@given(
    st.binary(max_size=400), st.sampled_from([b"", b"RIFF", b"ID3", b"\xff\xf3", b"fLaC", b"OggS"])
)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_audio_or_an_error_of_ours(body, begin):
    try:
        rate, pcm = decode(begin + body, "x")
    except VoiceError:
        return
    assert rate > 0
    assert len(pcm) % 2 == 0


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_mp3_is_sound_or_an_error_of_ours(data):
    body = bytearray(mp3(SPOKEN.samples[:12000], 24000))
    for _ in range(data.draw(st.integers(1, 30))):
        body[data.draw(st.integers(2, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(VoiceError):
        decode(bytes(body), "x")
