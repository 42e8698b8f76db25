"""Segments are spoken one by one, kept, tried again, given to the next voice, passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from ribao.errors import NoVoiceError, RenderError, VoiceError
from ribao.executors import Threads
from ribao.recording import Crew, Recording, record, tape_of
from ribao.sound.tapes import Folder
from ribao.speech import Script, Segment, Sentence
from tests.fakes import Hummer, hum, mute

QUIET = SimpleNamespace(step=lambda *_: None, advance=lambda: None, tell=lambda _: None)


def _segment(key: str, *said: str) -> Segment:
    words = said or (f"{key}的第一句。", "第二句。")
    return Segment(key, "paper", key, None, tuple(Sentence(word, word) for word in words))


def _script(*keys: str) -> Script:
    return Script(date(2026, 1, 12), "zh-Hans", 1, "brief", "速览", tuple(map(_segment, keys)))


def _fits(subject, speech, sentences) -> None:
    if speech.seconds < 0.2 * sum(len(sentence) - 1 for sentence in sentences):
        raise VoiceError(subject, "too short", transient=True)


def _record(tapes: Folder, script: Script, *voices: Hummer, threads: int = 1) -> Recording:
    crew = Crew(voices, _fits, tapes, Threads(threads), QUIET)
    return record(script, crew, lambda lost: replace(lost, sentences=(Sentence("略。", "略。"),)))


@pytest.fixture
def tapes(tmp_path):
    return Folder(tmp_path / "tapes")


def test_segments_come_in_the_order_of_the_script_and_play_back_as_they_were_spoken(tapes):
    script = _script("opening", "a", "b", "closing")
    recording = _record(tapes, script, Hummer(), threads=4)
    played = list(recording.play(tapes))
    assert [each.segment for each in played] == list(script.segments)
    assert [each.speech for each in played] == [
        hum([sentence.spoken for sentence in segment.sentences]) for segment in script.segments
    ]
    assert (recording.lost, recording.problems, recording.made) == ((), (), 4)


def test_a_second_recording_asks_nobody_and_an_edited_paper_only_for_itself(tapes):
    script = _script("a", "b", "c")
    _record(tapes, script, Hummer())
    again = Hummer()
    assert _record(tapes, script, again).made == 0
    edited = replace(
        script, segments=(script.segments[0], _segment("b", "改过的一句。"), script.segments[2])
    )
    assert _record(tapes, edited, again).made == 1
    assert again.asked == ["b"]


def test_what_is_printed_may_change_without_being_spoken_again(tapes):
    script = _script("a")
    _record(tapes, script, Hummer())
    printed = replace(
        script.segments[0],
        title="另一个标题",
        sentences=tuple(
            Sentence("10%", sentence.spoken) for sentence in script.segments[0].sentences
        ),
    )
    again = Hummer()
    recording = _record(tapes, replace(script, segments=(printed,)), again)
    assert again.asked == []
    assert [each.segment for each in recording.play(tapes)] == [printed]


def test_a_speech_that_is_not_its_text_is_asked_for_again(tapes):
    once = iter([hum(["嗯。"])])
    voice = Hummer(fault=lambda *_: next(once, None))
    recording = _record(tapes, _script("a"), voice)
    assert voice.asked == ["a", "a"]
    assert recording.problems == ()


def test_a_voice_that_never_says_the_text_gives_way_to_the_next(tapes):
    bad = Hummer("hum:bad", lambda *_: hum(["嗯。"]))
    recording = _record(tapes, _script("a"), bad, Hummer("hum:good"))
    assert bad.asked == ["a", "a"]
    assert [each.speech.voice for each in recording.play(tapes)] == ["hum:good"]
    assert (recording.lost, recording.problems) == ((), ())


def test_a_service_that_is_down_is_left_alone_and_that_is_said(tapes):
    down = Hummer("hum:down", mute)
    recording = _record(tapes, _script(*"abcdef"), down, Hummer("hum:here"))
    assert down.asked == ["a", "b", "c"]
    assert len(list(recording.play(tapes))) == 6
    assert (recording.lost, recording.problems) == ((), ())
    assert recording.notes == ("speak: hum:down: the service is down",)


def test_a_service_that_is_down_is_down_for_the_next_script_too(tapes):
    down, here = Hummer("hum:down", mute), Hummer("hum:here")
    crew = Crew((down, here), _fits, tapes, Threads(1), QUIET)
    record(_script(*"abc"), crew, lambda _: None)
    asked = list(down.asked)
    again = record(_script(*"def"), crew, lambda _: None)
    assert down.asked == asked == ["a", "b", "c"]
    assert (again.made, again.problems) == (3, ())
    assert again.notes == ("speak: hum:down: the service is down",)
    # What is on tape misses nobody.
    assert record(_script(*"abc"), crew, lambda _: None).notes == ()


def test_a_voice_that_cannot_be_used_is_asked_once(tapes):
    def missing(subject, _):
        raise NoVoiceError(subject, "its weights are missing; ribao models --fetch")

    absent = Hummer("hum:absent", missing)
    recording = _record(tapes, _script("a", "b"), absent, Hummer("hum:here"))
    assert absent.asked == ["a"]
    assert recording.problems == ()
    assert recording.notes == ("speak: hum:absent: its weights are missing; ribao models --fetch",)


def test_a_paper_that_nobody_can_speak_is_passed_over_with_a_word(tapes):
    def hoarse(subject, sentences):
        if len(sentences) > 1 and subject == "b":
            raise VoiceError(subject, "cannot be spoken")

    recording = _record(tapes, _script("a", "b", "c"), Hummer(fault=hoarse))
    said = [each.segment.sentences[0].spoken for each in recording.play(tapes)]
    assert said == ["a的第一句。", "略。", "c的第一句。"]
    assert recording.lost == ("b",)
    assert recording.problems == ("speak: b: cannot be spoken",)


def test_without_any_voice_there_is_no_recording_and_one_reason_for_each(tapes):
    recording = _record(tapes, _script(*"abcdef"), Hummer("hum:x", mute), Hummer("hum:y", mute))
    assert recording.tapes == ()
    assert len(recording.problems) == 2
    assert recording.lost == tuple("abcdef")


def test_a_second_voice_takes_turns_and_the_first_speaks_for_it_where_it_cannot(tapes):
    script = _script("a", "b", "c", "d")
    spoken = {}
    for name, fault in (("works", lambda *_: None), ("fails", mute)):
        second = Hummer(f"hum:second-{name}", fault)
        crew = Crew([Hummer("hum:first")], _fits, tapes, Threads(1), QUIET, [second])
        recording = record(script, crew, lambda _: None)
        spoken[name] = [each.speech.voice for each in recording.play(tapes)]
        assert recording.problems == ()
    assert spoken["works"] == ["hum:first", "hum:second-works"] * 2
    assert spoken["fails"] == ["hum:first"] * 4


def test_a_damaged_tape_is_spoken_again(tapes):
    script = _script("a")
    _record(tapes, script, Hummer())
    tape = tapes.path / f"{tape_of(script.segments[0], 'hum:a', 'zh-Hans')}.speech"
    tape.write_bytes(tape.read_bytes()[:100])
    again = Hummer()
    assert _record(tapes, script, again).made == 1


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path):
    (tmp_path / "tapes").write_text("not a folder")
    with pytest.raises(RenderError, match=r"make room, or set voice\.folder"):
        _record(Folder(tmp_path / "tapes"), _script("a"), Hummer())


def test_old_tapes_are_cleared_and_new_ones_stay(tapes):
    import os
    from datetime import UTC, datetime

    _record(tapes, _script("a", "b"), Hummer())
    old, new = sorted(tapes.path.iterdir())
    os.utime(old, (1_000_000, 1_000_000))
    tapes.clear(datetime(2020, 1, 1, tzinfo=UTC))
    assert list(tapes.path.iterdir()) == [new]
