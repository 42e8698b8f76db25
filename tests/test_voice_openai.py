"""A voice behind OpenAI's ``/audio/speech``, against a server on loopback with its faults."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pytest

from ribao.errors import NoVoiceError, VoiceError
from ribao.patient import Patience
from ribao.sound.hearing import judge
from ribao.voices.openai_speech import OpenAISpeech
from tests.loopback import answer_with, cut, drip, hang, reset, status
from tests.voice_servers import SpeechServer, mp3, speak, wav

KEY = "sk-voice-0123456789abcdef"
NOW = datetime(2026, 1, 12, 8, tzinfo=UTC)
SENTENCES = ("今天我们读一篇论文。", "它提出的方法叫作 Long Reader。", "代码已经公开。")
ONCE = Patience(tries=1)


def voice_of(server, **options):
    given = {
        "base_url": f"{server.url}/v1",
        "api_key": KEY,
        "model": "tts-1",
        "voice": "alloy",
        "clock": lambda: NOW,
        "timeout": 10.0,
        "patience": ONCE,
    }
    return OpenAISpeech(**given | options)


def failure(fault, **options):
    with SpeechServer([fault], key=KEY) as server:
        with pytest.raises(VoiceError) as caught:
            voice_of(server, **options).speak("2601.00001", SENTENCES[:1])
        assert len(server.requests) == 1
    assert caught.value.subject == "2601.00001"
    assert KEY not in f"{caught.value} {caught.value!r}"
    return caught.value


def test_each_sentence_is_a_request_and_is_heard_exactly_in_its_span():
    with SpeechServer(key=KEY) as server:
        speech = voice_of(server).speak("2601.00001", SENTENCES)
    assert sorted(asked["input"] for asked in server.asked) == sorted(SENTENCES)
    assert server.asked[0] == {
        "model": "tts-1",
        "voice": "alloy",
        "input": server.asked[0]["input"],
        "response_format": "wav",
    }
    assert (speech.rate, speech.voice) == (24000, "openai:tts-1/alloy")
    sound = np.frombuffer(speech.samples, "<i2")
    for span, sentence in zip(speech.spans, SENTENCES, strict=True):
        ((start, end),) = speak([sentence]).spans
        assert span.end - span.start == pytest.approx(end - start, abs=0.08)
        assert np.abs(sound[round(span.start * 24000) :][:480]).max() > 200
    # Nothing is heard between two sentences, and the pause is the same everywhere.
    pauses = [b.start - a.end for a, b in zip(speech.spans, speech.spans[1:], strict=False)]
    assert pauses == pytest.approx([0.52, 0.52], abs=0.02)
    quiet = sound[
        round(speech.spans[0].end * 24000) + 480 : round(speech.spans[1].start * 24000) - 480
    ]
    assert np.abs(quiet).max() < 150


def test_what_it_speaks_passes_the_judge_and_half_of_a_sentence_does_not():
    whole = speak(SENTENCES[2:])
    part = mp3(whole.samples[: len(whole.samples) // 2], 24000)
    with SpeechServer([answer_with(part, "audio/mpeg")]) as server:
        voice = voice_of(server)
        with pytest.raises(VoiceError, match=r"breaks off|too short"):
            judge("x", voice.speak("x", SENTENCES[2:]), SENTENCES[2:], "zh-Hans")
        judge("x", voice.speak("x", SENTENCES), SENTENCES, "zh-Hans")


def test_a_sentence_of_signs_is_not_asked_for():
    with SpeechServer() as server:
        speech = voice_of(server).speak("2601.00001", ["先读这句。", "——！", "再读这句。"])
        with pytest.raises(VoiceError, match="there is nothing in it"):
            voice_of(server).speak("2601.00002", ["……"])
    assert len(server.requests) == 2
    assert speech.spans[1].start == speech.spans[1].end


def test_a_server_that_only_makes_mp3_is_asked_for_wav_no_more():
    with SpeechServer(only_mp3=True) as server:
        voice = voice_of(server, concurrency=1)
        speech = voice.speak("2601.00001", SENTENCES)
    assert [asked["response_format"] for asked in server.asked] == ["wav", "mp3", "mp3", "mp3"]
    assert len(speech.spans) == 3


def test_stereo_at_48_khz_is_mixed_down_and_keeps_its_rate():
    with SpeechServer(rate=48000, channels=2) as server:
        speech = voice_of(server).speak("2601.00001", SENTENCES)
    assert speech.rate == 48000
    assert speech.seconds == pytest.approx(speech.spans[-1].end + 0.06, abs=0.02)


def test_sentences_at_several_rates_are_no_speech():
    other = answer_with(wav(speak(SENTENCES[:1], 16000).samples, 16000), "audio/wav")
    with (
        SpeechServer([other]) as server,
        pytest.raises(VoiceError, match=r"came at \[16000, 24000\] Hz") as caught,
    ):
        voice_of(server).speak("2601.00001", SENTENCES)
    assert caught.value.transient


def test_speed_is_sent_where_it_is_set_and_no_key_where_there_is_none():
    with SpeechServer() as server:
        voice = voice_of(server, speed=1.25, api_key=None)
        assert voice.name == "openai:tts-1/alloy@1.25"
        voice.speak("2601.00001", SENTENCES[:1])
    assert server.asked[0]["speed"] == 1.25
    assert "Authorization" not in server.requests[0].headers


def test_no_more_requests_than_allowed_are_under_way_over_all_segments():
    at_once, most = [], []

    def slow(handler):
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.05)
        at_once.pop()
        handler.server.answer(handler)

    with SpeechServer([slow] * 12) as server, ThreadPoolExecutor(4) as threads:
        voice = voice_of(server, concurrency=2)
        list(threads.map(lambda n: voice.speak(str(n), SENTENCES), range(4)))
    assert len(server.requests) == 12
    assert max(most) == 2


SILENCE = wav(np.zeros(24000, "<i2"), 24000)
HALF_WAV = wav(speak(SENTENCES[:1]).samples, 24000)[:20_000]


@pytest.mark.parametrize(
    ("fault", "said", "transient"),
    [
        (status(500), "answered 500: so it is", True),
        (status(503, "busy"), "answered 503: busy", True),
        (status(400, '{"error":{"message":"voice not found"}}'), "voice not found", False),
        (status(413, "too long"), "answered 413: too long", False),
        (answer_with("<html>busy</html>", "text/html"), "answered 200 with no audio: <html>", True),
        (answer_with(json.dumps({"error": f"bad key {KEY}"})), r"no audio: bad key \*\*\*", True),
        (answer_with(b"", "audio/wav"), "answered 200 with not audio", True),
        (answer_with(b"\x00\x01" * 500, "audio/wav"), "answered 200 with not audio", True),
        (answer_with(HALF_WAV, "audio/wav"), r"the audio was cut: 19,956 bytes of", True),
        (answer_with(SILENCE, "audio/wav"), "answered with silence", True),
        (cut(HALF_WAV), r"the connection to tts-1 at http://\S+ failed", True),
        (reset, "the connection to", True),
    ],
)
def test_a_failure_is_said_and_told_whether_to_ask_again(fault, said, transient):
    error = failure(fault)
    assert type(error) is VoiceError
    assert error.transient is transient
    with pytest.raises(VoiceError, match=said):
        raise error


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            status(401, json.dumps({"error": {"message": f"no such key: {KEY}"}})),
            "RIBAO_VOICE__API",
        ),
        (status(402), "top it up"),
        (status(403), "access denied"),
        (status(404), "look at voice.base_url and voice.model"),
        (status(307, "", Location="https://example.org/"), "has moved; look at voice.base_url"),
        (status(429, '{"error":{"code":"insufficient_quota"}}'), "top up the account"),
    ],
)
def test_what_no_other_sentence_would_change_ends_the_voice(fault, said):
    error = failure(fault)
    assert isinstance(error, NoVoiceError)
    assert said in str(error)


@pytest.mark.parametrize("fault", [hang(5.0), drip(SILENCE, 0.05)])
def test_what_takes_too_long_is_left_in_time(fault):
    error = failure(fault, timeout=1.5)
    assert "no whole answer from tts-1 at http://127.0.0.1" in str(error)
    assert error.transient


def test_an_answer_without_end_is_left(monkeypatch):
    monkeypatch.setattr("ribao.voices.openai_speech.MAX_BYTES", 10_000)
    error = failure(None)
    assert "is larger than 10,000 bytes" in str(error)


def test_retry_after_is_handed_on_and_waited_for():
    error = failure(status(429, "slow down", Retry_After="7"))
    assert (error.transient, error.retry_after) == (True, 7.0)
    with SpeechServer([status(429, "slow down", Retry_After="0"), reset], key=KEY) as server:
        patience = Patience(tries=3, first_pause=0.01)
        voice = voice_of(server, patience=patience, concurrency=1)
        assert len(voice.speak("2601.00001", SENTENCES).spans) == 3
    # One sentence was asked for three times, the others once.
    assert len(server.requests) == 5


def test_a_failed_sentence_ends_the_segment_without_asking_for_all_others():
    with SpeechServer([status(401)] * 40) as server:
        with pytest.raises(NoVoiceError):
            voice_of(server, concurrency=1).speak("2601.00001", SENTENCES * 10)
        assert len(server.requests) < 10


def test_an_address_that_is_none():
    with SpeechServer() as server:
        voice = voice_of(server, base_url="http://a b\0c")
    with pytest.raises(NoVoiceError, match=r"voice\.base_url is no use"):
        voice.speak("2601.00001", SENTENCES)


def test_mp3_by_mistake_is_read_as_what_it_is():
    body = mp3(speak(SENTENCES[:1]).samples, 24000)
    with SpeechServer([answer_with(body, "audio/wav")]) as server:
        assert voice_of(server).speak("2601.00001", SENTENCES[:1]).rate == 24000
