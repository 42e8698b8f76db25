"""Whether what was heard can be its text."""

from __future__ import annotations

import contextlib
import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ribao.errors import VoiceError
from ribao.sound.hearing import judge, syllables
from ribao.speech import Span, Speech
from tests.voice_servers import speak

SENTENCES = (
    "今天我们读一篇关于长文本推理的论文。",
    "它提出的方法比最好的基线快三倍，而且更准确。",
    "代码和模型的权重已经全部公开。",
)
RATE = 24000


def speech_of(sentences=SENTENCES, pace=1.0, rate=RATE):
    spoken = speak(sentences, rate, pace)
    spans = tuple(Span(start, end) for start, end in spoken.spans)
    return Speech(rate, spoken.samples.tobytes(), spans, "loopback:one")


def with_sound(speech, change):
    sound = np.frombuffer(speech.samples, "<i2").copy()
    sound = change(sound)
    return dataclasses.replace(speech, samples=sound.astype("<i2").tobytes())


def problem(speech, sentences=SENTENCES, language="zh-Hans"):
    with pytest.raises(VoiceError) as caught:
        judge("2601.00001", speech, sentences, language)
    assert caught.value.transient
    assert caught.value.subject == "2601.00001"
    return caught.value.message.removeprefix("loopback:one: ")


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 96000])
def test_what_can_be_its_text_passes(rate):
    judge("2601.00001", speech_of(rate=rate), SENTENCES, "zh-Hans")


@pytest.mark.parametrize("pace", [0.6, 1.6])
def test_slow_and_fast_voices_pass(pace):
    judge("2601.00001", speech_of(pace=pace), SENTENCES, "zh-Hans")


@pytest.mark.parametrize("scale", [0.05, 3.0])
def test_soft_and_loud_voices_pass(scale):
    judge(
        "x", with_sound(speech_of(), lambda s: np.clip(s * scale, -32000, 32000)), SENTENCES, "zh"
    )


@pytest.mark.parametrize("language", ["en", "fr", "zh-Hans"])
def test_english_words_pass_in_any_language(language):
    text = ("We present a method that learns faster.", "The code of LoRA and GRPO is open.")
    judge("2601.00001", speech_of(text), text, language)


def test_a_sentence_of_signs_has_a_span_without_length():
    speech = speech_of((SENTENCES[0], SENTENCES[1]))
    spans = (speech.spans[0], Span(speech.spans[0].end, speech.spans[0].end), speech.spans[1])
    judge("x", dataclasses.replace(speech, spans=spans), (SENTENCES[0], "——", SENTENCES[1]), "zh")


def test_silence_around_speech_is_no_fault():
    quiet = np.zeros(RATE * 4, "<i2")
    judge("x", with_sound(speech_of(), lambda s: np.append(s, quiet)), SENTENCES, "zh-Hans")


@pytest.mark.parametrize("rate", [0, -24000, 7999, 96001, 4_000_000_000])
def test_a_rate_that_no_speech_has(rate):
    assert "is no speech's" in problem(dataclasses.replace(speech_of(), rate=rate))


@pytest.mark.parametrize("samples", [b"", b"\0\0\0"])
def test_samples_that_are_not_whole(samples):
    assert problem(dataclasses.replace(speech_of(), samples=samples)) == "it has no whole samples"


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        (lambda s: s[:2], "2 spans for 3 sentences"),
        (lambda s: (*s, s[-1]), "4 spans for 3 sentences"),
        (lambda s: (s[0], Span(math.nan, 3.0), s[2]), "the time of sentence 2 is not a number"),
        (lambda s: (s[0], Span(s[1].start, math.inf), s[2]), "sentence 2 is not a number"),
        (lambda s: (Span(-1.0, 1.0), *s[1:]), "sentence 1 is out of place"),
        (lambda s: (s[1], s[0], s[2]), "sentence 2 is out of place"),
        (lambda s: (s[0], Span(s[1].end, s[1].start), s[2]), "sentence 2 is out of place"),
        (lambda s: (*s[:2], Span(s[2].start, s[2].end + 2)), "sentence 3 is out of place"),
    ],
)
def test_spans_that_are_none(spans, said):
    speech = speech_of()
    assert said in problem(dataclasses.replace(speech, spans=spans(speech.spans)))


def test_silence():
    assert problem(with_sound(speech_of(), lambda s: s * 0)) == "it is silent"
    assert problem(with_sound(speech_of(), lambda s: s * 0.003)) == "it is silent"


def test_a_sentence_that_is_silent():
    spoken = speak((SENTENCES[0], "好。", SENTENCES[2]))
    begin, end = (round(time * RATE) for time in spoken.spans[1])
    spoken.samples[begin - 100 : end + 100] = 0
    spans = tuple(Span(*span) for span in spoken.spans)
    speech = Speech(RATE, spoken.samples.tobytes(), spans, "loopback:one")
    assert problem(speech, (SENTENCES[0], "好。", SENTENCES[2])) == "sentence 2 is silent"


def test_a_long_silence_within():
    cut = round(speech_of().spans[0].end * RATE) + 2400
    speech = with_sound(
        speech_of(), lambda s: np.concatenate([s[:cut], np.zeros(RATE * 3), s[cut:]])
    )
    later = [Span(span.start + 3, span.end + 3) for span in speech.spans[1:]]
    said = problem(dataclasses.replace(speech, spans=(speech.spans[0], *later)))
    assert said in {f"there are {seconds} s of silence within" for seconds in (3.5, 3.6)}


@pytest.mark.parametrize("sign", [1, -1])
def test_clipping(sign):
    assert "it is clipped" in problem(
        with_sound(speech_of(), lambda s: np.clip(s * sign * 8.0, -32768, 32767))
    )


def test_too_short_and_too_long():
    assert "too short" in problem(speech_of(pace=3.0))
    assert "too long" in problem(speech_of(pace=0.25))
    assert "too short" in problem(speech_of(), [sentence * 3 for sentence in SENTENCES])
    assert "too long" in problem(speech_of(), ["好。", "好。", "好。"])


def cut_at(seconds):
    """The sound up to there, with spans that claim no more."""
    speech = with_sound(speech_of(), lambda s: s[: round(seconds * RATE)])
    spans = [Span(min(s.start, seconds), min(s.end, seconds)) for s in speech.spans]
    return dataclasses.replace(speech, spans=tuple(spans))


def test_half_the_sound_is_noticed_wherever_it_is_cut():
    whole = speech_of().spans[-1].end
    for share in np.linspace(0.3, 0.7, 41):
        assert problem(cut_at(whole * share))


def test_an_end_in_mid_word_is_noticed_even_where_the_length_could_be():
    word = speak(SENTENCES).words[-1]
    assert "it breaks off at" in problem(cut_at((word[0] + word[1]) / 2))


def test_a_sentence_that_breaks_off_before_a_pause_is_noticed():
    word = speak(SENTENCES).words[11]
    begin = round((word[0] + word[1]) / 2 * RATE)
    end = round(speech_of().spans[1].start * RATE) - 1000

    def mute(sound):
        sound[begin:end] = 0
        return sound

    assert "it breaks off at" in problem(with_sound(speech_of(), mute))


def test_one_sentence_much_faster_than_the_others_is_noticed():
    slow, fast = speak(SENTENCES[:2], RATE, 0.8), speak(SENTENCES[2:], RATE, 3.2)
    at = len(slow.samples) / RATE
    sound = np.append(slow.samples, fast.samples)
    spans = [Span(*span) for span in slow.spans] + [Span(a + at, b + at) for a, b in fast.spans]
    speech = Speech(RATE, sound.tobytes(), tuple(spans), "loopback:one")
    assert "sentence 3 has 14 syllables in" in problem(speech)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("今天我们读。", 5, 5),
        ("", 0, 0),
        ("——！🎉", 0, 0),
        ("the model", 3, 5),
        ("G R P O", 4, 4),
        ("W", 1, 3),
        ("GRPO", 1, 4),
        ("naïve", 1, 3),
        ("модель", 2, 3),
        ("3 月", 2, 4),
        ("ひらがな", 4, 4),
    ],
)
def test_syllables_are_counted(text, least, most):
    count = syllables(text)
    assert count.least <= count.most
    assert (count.least, count.most) == (least, most)


@given(
    st.binary(max_size=4000),
    st.integers(-1, 100_000),
    st.lists(st.tuples(st.floats(), st.floats()), max_size=3),
    st.lists(st.text(max_size=20), max_size=3),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_heard_is_judged(samples, rate, spans, sentences):
    speech = Speech(rate, samples, tuple(Span(*span) for span in spans), "x")
    with contextlib.suppress(VoiceError):
        judge("x", speech, sentences, "zh-Hans")
