"""The offline voice: what is spoken, its lengths, and what happens where something is missing."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest

from ribao.errors import NoVoiceError, VoiceError

np = pytest.importorskip("numpy", reason="the extra voice is not installed")
pytest.importorskip("onnxruntime", reason="the extra voice is not installed")

from ribao.voices.kokoro import FRAME, PAUSE, RATE, STYLE, STYLES, VOICES, Kokoro, trimmed  # noqa: E402

# Read at import: tests themselves see no setting of the machine.
WEIGHTS = Path(os.environ.get("RIBAO_WEIGHTS") or Path.home() / ".cache" / "ribao" / "weights")
RECOGNISER = Path(os.environ.get("RIBAO_WHISPER") or WEIGHTS / "whisper-base")
MODEL = WEIGHTS / "kokoro-v1.0.int8.onnx"
SENTENCES = ("今天有三十一篇论文。", "我们提出一种新方法，准确率达到百分之九十五点三。")


@pytest.fixture(scope="module")
def voice():
    if not MODEL.is_file():
        pytest.skip(f"no weights at {MODEL}; run: ribao models --fetch")
    return Kokoro(MODEL)


@pytest.fixture(scope="module")
def speech(voice):
    return voice.speak("2601.00001", SENTENCES)


def levels(samples: bytes) -> np.ndarray:
    sound = np.frombuffer(samples, "<i2").astype(float) / 32768
    whole = len(sound) // FRAME
    return np.sqrt(np.square(sound[: whole * FRAME].reshape(whole, FRAME)).mean(axis=1))


def test_each_sentence_is_heard_in_its_span(speech):
    assert speech.rate == RATE
    assert speech.voice == f"kokoro:{VOICES[0]}"
    first, second = speech.spans
    assert first.start == 0
    assert second.start - first.end == pytest.approx(PAUSE, abs=1e-4)
    assert second.end == pytest.approx(speech.seconds, abs=1e-4)
    level = levels(speech.samples)
    frame = FRAME / RATE
    loud = level > 0.01
    for span in speech.spans:
        inside = np.flatnonzero(loud[round(span.start / frame) : round(span.end / frame)]) * frame
        assert inside[0] < 0.15  # sound begins and ends where the span says
        assert span.end - span.start - inside[-1] < 0.2
    assert not loud[round(first.end / frame) + 1 : round(second.start / frame) - 1].any()


def test_it_is_loud_enough_and_not_clipped(speech):
    sound = np.frombuffer(speech.samples, "<i2")
    assert np.abs(sound.astype(int)).max() < 32_700
    assert levels(speech.samples).max() > 0.05
    # Between four and nine syllables a second, pauses and all: 31 of them here.
    assert 3 < speech.seconds < 12


def test_threads_hear_the_same_bytes(voice, speech):
    with ThreadPoolExecutor(3) as threads:
        again = list(threads.map(lambda n: voice.speak(str(n), SENTENCES), range(3)))
    assert {one.samples for one in again} == {speech.samples}
    assert {one.spans for one in again} == {speech.spans}


def test_one_core_or_two_make_the_same_sound(speech):
    assert Kokoro(MODEL, cores=1).speak("x", SENTENCES).samples == speech.samples


def test_the_second_voice_sounds_otherwise(speech):
    other = Kokoro(MODEL, VOICES[1]).speak("x", SENTENCES)
    assert other.voice == f"kokoro:{VOICES[1]}"
    assert other.samples != speech.samples


def test_a_sentence_of_symbols_has_no_length_among_others(voice):
    speech = voice.speak("x", ["★☆", "你好。", "…", "再见。"])
    lengths = [span.end - span.start for span in speech.spans]
    assert lengths[0] == lengths[2] == 0
    assert min(lengths[1], lengths[3]) > 0.2


@pytest.mark.parametrize("sentences", [[], [""], ["★☆", "Привет"]])
def test_nothing_to_say_is_an_error(voice, sentences):
    with pytest.raises(VoiceError, match=r"2601\.00001.*nothing.*can be spoken") as caught:
        voice.speak("2601.00001", sentences)
    assert not isinstance(caught.value, NoVoiceError)


def test_a_long_text_without_a_stop_is_spoken_in_pieces(voice):
    speech = voice.speak("x", ["模型" * 100 + "Transformer"])
    assert speech.seconds > 20
    assert len(speech.spans) == 1


def test_missing_weights_are_said_with_the_remedy(tmp_path):
    with pytest.raises(NoVoiceError, match=r"absent\.onnx.*ribao models --fetch"):
        Kokoro(tmp_path / "absent.onnx").speak("x", SENTENCES)


def test_damaged_weights_are_said_with_the_remedy(tmp_path):
    (tmp_path / "half.onnx").write_bytes(b"\x08\x09half of it")
    with pytest.raises(NoVoiceError, match=r"half\.onnx cannot be read.*ribao models --fetch"):
        Kokoro(tmp_path / "half.onnx").speak("x", SENTENCES)


def test_another_language_and_another_voice_are_refused(tmp_path):
    with pytest.raises(NoVoiceError, match=r"speaks zh-Hans here, not en"):
        Kokoro(tmp_path, language="en").speak("x", ["Hello."])
    with pytest.raises(NoVoiceError, match=f"'af_heart'; take one of {VOICES[0]}"):
        Kokoro(tmp_path, "af_heart").speak("x", SENTENCES)


def test_a_missing_library_is_said_with_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "model.onnx").write_bytes(b"")
    # Python's own mark for a module that is not to be found.
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(NoVoiceError, match=r'pip install "ribao\[voice\]"'):
        Kokoro(tmp_path / "model.onnx").speak("x", SENTENCES)


def test_the_voices_come_with_the_package_and_their_licence():
    folder = files("ribao.voices") / "kokoro_voices"
    for name in VOICES:
        assert len((folder / f"{name}.bin").read_bytes()) == STYLES * STYLE * 4
        assert name in (folder / "NOTICE").read_text("utf-8")
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")


def test_silence_is_cut_at_both_ends_and_peaks_stay_below_full_scale():
    tone = 1.4 * np.sin(np.arange(RATE) / 10).astype(np.float32)
    silence = np.zeros(RATE, np.float32)
    made = trimmed(np.concatenate([silence, tone, silence]))
    assert 1.1 < len(made) / RATE < 1.14
    assert np.abs(made).max() == pytest.approx(0.97, abs=0.01)
    assert made[0] == made[-1] == 0
    assert not len(trimmed(silence))
    assert not len(trimmed(np.full(RATE, np.nan, np.float32)))


def test_a_recogniser_hears_what_was_said(speech):
    if not (RECOGNISER / "model.bin").is_file():
        pytest.skip(f"no recogniser at {RECOGNISER}; name it with RIBAO_WHISPER")
    pytest.importorskip("faster_whisper", reason="the group hear is not installed")
    from bench.hearing import LATIN, Recogniser, align, number_places, syllables

    recogniser = Recogniser(RECOGNISER)
    for place, sentence in enumerate(SENTENCES):
        told = syllables(sentence)
        assert LATIN not in told
        wrong, right = align(told, syllables(recogniser.hear(speech, place)))
        assert wrong <= 1
        assert all(right[i] for number in number_places(sentence) for i in number)
