"""Edge's voices through edge-tts itself, against a service on loopback that speaks its protocol."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from ribao.errors import NoVoiceError, VoiceError
from ribao.patient import Patience
from ribao.sound.hearing import judge
from ribao.voices.edge import Edge
from tests.voice_servers import (
    EdgeServer,
    Turn,
    half,
    instead,
    mp3,
    refuse,
    say_nothing,
    sound_turn,
    speak,
    told,
)

edge_tts = pytest.importorskip("edge_tts")

SENTENCES = (
    "今天我们读一篇关于长文本推理的论文。",
    "它提出的方法叫作 Long Reader，比基线快三倍。",
    "代码已经公开。",
)
ONCE = Patience(tries=1)


def edge(monkeypatch, server, **options):
    monkeypatch.setattr("edge_tts.communicate.WSS_URL", server.url)
    return Edge(options.pop("language", "zh-Hans"), **{"timeout": 10.0, "patience": ONCE} | options)


def assert_close(speech, sentences=SENTENCES):
    """Each span is within 0.3 s of where its sentence sounds, found by the pauses."""
    sound = np.abs(np.frombuffer(speech.samples, "<i2").astype(float))
    size = speech.rate // 100
    loud = sound[: len(sound) // size * size].reshape(-1, size).max(axis=1) > 300
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud, [0]])))
    starts, ends = edges[::2] / 100, edges[1::2] / 100
    long = np.flatnonzero(starts[1:] - ends[:-1] > 0.25)
    heard = list(zip([starts[0], *starts[long + 1]], [*ends[long], ends[-1]], strict=True))
    assert len(heard) == len(speech.spans) == len(sentences)
    for span, (start, end) in zip(speech.spans, heard, strict=True):
        assert abs(span.start - start) < 0.3
        assert abs(span.end - end) < 0.3
    assert all(a.end <= b.start for a, b in zip(speech.spans, speech.spans[1:], strict=False))


def test_a_segment_is_one_request_and_its_sentences_are_timed_by_words(monkeypatch):
    with EdgeServer() as server:
        speech = edge(monkeypatch, server).speak("2601.00001", SENTENCES)
    assert server.texts == ["\n".join(SENTENCES)]
    assert "XiaoxiaoNeural" in server.voices[0]
    metadata = json.loads(server.configs[0])["context"]["synthesis"]["audio"]["metadataoptions"]
    assert metadata["wordBoundaryEnabled"] == "true"
    assert speech.rate == 24000
    assert speech.voice == "edge:zh-CN-XiaoxiaoNeural"
    assert_close(speech)


def test_times_of_sentences_serve_as_well(monkeypatch):
    def answer(text):
        spoken = speak(text.splitlines())
        metadata = tuple(
            told("SentenceBoundary", *span, sentence.replace(" ", ""))
            for span, sentence in zip(spoken.spans, SENTENCES, strict=True)
        )
        return Turn(mp3(spoken.samples, 24000), metadata)

    with EdgeServer(answer=answer) as server:
        speech = edge(monkeypatch, server).speak("2601.00001", SENTENCES)
    assert server.connections == 1
    assert_close(speech)


def scaled(text):
    """Times as they would be if it spoke half as fast."""
    turn = sound_turn(text)
    spoken = speak(text.splitlines())
    words = [told("WordBoundary", a / 2, b / 2, word) for a, b, word in spoken.words]
    return Turn(turn.audio, tuple(words))


@pytest.mark.parametrize(
    "answer",
    [
        instead(metadata=()),
        instead(metadata=(told("SentenceBoundary", 0.1, 9.0, "".join(SENTENCES)),)),
        instead(metadata=(told("WordBoundary", 0.1, 0.5, "完全不同"),)),
        scaled,
    ],
    ids=["none", "one for all", "another text", "half as fast"],
)
def test_times_that_do_not_fit_are_not_used_but_each_sentence_measured(monkeypatch, answer):
    with EdgeServer([answer]) as server:
        speech = edge(monkeypatch, server).speak("2601.00001", SENTENCES)
    assert sorted(server.texts[1:]) == sorted(SENTENCES)
    assert server.most_at_once <= 3
    assert_close(speech)


def test_a_long_segment_is_timed_over_the_library_s_own_cut(monkeypatch):
    sentences = [f"{'这是很长的一句话' * 9}。" for _ in range(24)]
    with EdgeServer() as server:
        speech = edge(monkeypatch, server, timeout=30.0).speak("2601.00001", sentences)
    assert len(server.texts) == 2
    assert len(speech.spans) == 24
    step = np.diff([span.start for span in speech.spans])
    # Where it was cut there is the silence of an end and of a beginning.
    assert step.max() - step.min() < 0.6


def test_signs_that_cannot_be_spoken_have_no_time_and_text_is_escaped(monkeypatch):
    with EdgeServer() as server:
        voice = edge(monkeypatch, server)
        speech = voice.speak("2601.00001", ["先读 A & B <这句>。", "——！", "再读这句。"])
        assert server.texts[0].startswith("先读 A & B <这句>。")
        assert speech.spans[1].start == speech.spans[1].end == speech.spans[0].end
        with pytest.raises(VoiceError, match=r"speak: 2601\.00002: there is nothing"):
            voice.speak("2601.00002", ["——！", "🎉"])
        assert server.connections == 1


def test_it_speaks_several_at_once_from_threads(monkeypatch):
    meet = threading.Barrier(4)

    def answer(text):
        meet.wait(10)
        return sound_turn(text)

    with EdgeServer(answer=answer) as server, ThreadPoolExecutor(4) as threads:
        voice = edge(monkeypatch, server)
        spoken = list(threads.map(lambda n: voice.speak(str(n), SENTENCES[: n % 3 + 1]), range(4)))
    assert [len(speech.spans) for speech in spoken] == [1, 2, 3, 1]
    assert server.most_at_once == 4


def cut(text):
    """Half of audio and metadata, and no end."""
    turn = half(text)
    return replace(turn, metadata=turn.metadata[: len(turn.metadata) // 2], end=False)


GARBAGE = '{"Metadata": [{"Type": "WordBoundary", "Data": {"Offset": "soon"}}]}'
ENDLESS = told("WordBoundary", 0.1, 0.5, "今天").replace("1000000", "NaN")

FAULTS = {
    "no audio": (instead(audio=b"", metadata=()), "edge sent no audio", True),
    "cut in mid-stream": (cut, "edge broke off in mid-stream", True),
    "half with a normal end": (half, r"the audio was cut: \d+\.\d s of", True),
    "HTML as audio": (instead(audio=b"<!DOCTYPE html><p>busy"), "not audio", True),
    "HTML in place of the socket": (refuse(200, "<html>"), "edge answered 200", False),
    "garbage for metadata": (instead(metadata=("{",)), "not its protocol", True),
    "strange metadata": (instead(metadata=(GARBAGE,)), "not its protocol", True),
    "metadata that is a list": (instead(metadata=("[]",)), "not its protocol", True),
    "unknown metadata": (instead(metadata=('{"Metadata":[{"Type":"New"}]}',)), "broke off", True),
    "busy": (refuse(503), "edge answered 503", True),
    "too many": (refuse(429), "edge answered 429", True),
    "gone": (refuse(404), "edge answered 404", False),
    "403 without a date": (refuse(403, Date="?"), "edge answered 403: it refuses us", False),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_known_failure_is_said_and_told_whether_to_ask_again(monkeypatch, fault):
    answer, said, transient = FAULTS[fault]
    with EdgeServer([answer]) as server:
        voice = edge(monkeypatch, server)
        with pytest.raises(VoiceError, match=said) as caught:
            voice.speak("2601.00001", SENTENCES)
        assert type(caught.value) is VoiceError
        assert caught.value.transient is transient
        assert caught.value.subject == "2601.00001"
        # The next one is spoken as if nothing had been.
        assert len(voice.speak("2601.00002", SENTENCES).spans) == 3


def test_403_by_a_wrong_clock_is_mended_by_the_library_and_one_for_good_is_final(monkeypatch):
    monkeypatch.setattr("edge_tts.drm.DRM.clock_skew_seconds", 0.0)
    with EdgeServer([refuse(403), None, refuse(403), refuse(403)]) as server:
        voice = edge(monkeypatch, server, patience=Patience(first_pause=0.01))
        assert_close(voice.speak("2601.00001", SENTENCES))
        with pytest.raises(VoiceError, match="edge answered 403: it refuses us") as caught:
            voice.speak("2601.00001", SENTENCES)
        assert not caught.value.transient
        assert server.connections == 4


def test_what_may_pass_is_asked_again(monkeypatch):
    with EdgeServer([instead(audio=b"", metadata=()), refuse(503), None]) as server:
        voice = edge(monkeypatch, server, patience=Patience(tries=3, first_pause=0.01))
        assert_close(voice.speak("2601.00001", SENTENCES))
        assert server.connections == 3


def test_a_service_that_hangs_is_left_in_time(monkeypatch):
    with EdgeServer([say_nothing]) as server:
        voice = edge(monkeypatch, server, timeout=0.3)
        with pytest.raises(VoiceError, match=r"did not speak it within 0\.3 s") as caught:
            voice.speak("2601.00001", SENTENCES)
        assert caught.value.transient


def test_a_service_that_is_not_there(monkeypatch):
    with EdgeServer() as server:
        voice = edge(monkeypatch, server)
    with pytest.raises(VoiceError, match="edge broke off") as caught:
        voice.speak("2601.00001", SENTENCES)
    assert caught.value.transient
    # No run's words are another's: an object's place in memory is not said.
    assert " at 0x" not in str(caught.value)


def test_times_that_are_no_numbers_are_not_used(monkeypatch):
    assert "NaN" in ENDLESS
    with EdgeServer([instead(metadata=(ENDLESS,))]) as server:
        assert_close(edge(monkeypatch, server).speak("2601.00001", SENTENCES))
        assert server.connections == 4


def test_another_rate_of_samples_is_told_as_it_is(monkeypatch):
    with EdgeServer(answer=lambda text: sound_turn(text, 16000)) as server:
        speech = edge(monkeypatch, server).speak("2601.00001", SENTENCES)
    assert speech.rate == 16000
    assert_close(speech)


def test_silence_is_handed_on_for_the_judge(monkeypatch):
    with EdgeServer([instead(audio=mp3(np.zeros(24000 * 20, "<i2"), 24000))]) as server:
        speech = edge(monkeypatch, server).speak("2601.00001", SENTENCES)
        assert server.connections == 1
    assert not np.frombuffer(speech.samples, "<i2").any()


def test_what_it_speaks_passes_the_judge_and_what_is_always_cut_does_not(monkeypatch):
    def cut_and_untimed(text):
        return replace(half(text), metadata=())

    with EdgeServer() as server:
        speech = edge(monkeypatch, server).speak("2601.00001", SENTENCES)
        judge("2601.00001", speech, SENTENCES, "zh-Hans")
    with EdgeServer(answer=cut_and_untimed) as server:
        speech = edge(monkeypatch, server).speak("2601.00001", SENTENCES)
        with pytest.raises(VoiceError, match=r"breaks off|too short|has"):
            judge("2601.00001", speech, SENTENCES, "zh-Hans")


def test_each_language_has_its_voice_and_another_can_be_named(monkeypatch):
    assert Edge("en").name == "edge:en-US-AriaNeural"
    assert Edge("zh-Hans", "zh-CN-YunxiNeural", rate="+10%").name == "edge:zh-CN-YunxiNeural+10%"
    with pytest.raises(NoVoiceError, match="edge has no voice for tlh; name one with voice"):
        Edge("tlh").speak("2601.00001", SENTENCES)
    with EdgeServer() as server:
        voice = edge(monkeypatch, server, language="en")
        assert_close(voice.speak("a", ["Good morning.", "Here it is."]), (1, 2))
        assert "AriaNeural" in server.voices[0]


@pytest.mark.parametrize("options", [{"voice": "Aria"}, {"rate": "fast"}])
def test_a_voice_or_a_rate_that_is_none_is_said_with_its_setting(options):
    with pytest.raises(NoVoiceError, match=r"look at voice\.edge_voice"):
        Edge("en", patience=ONCE, **options).speak("2601.00001", SENTENCES)
