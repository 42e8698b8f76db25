"""What a voice, its weights and a day's texts can do to us: each costs its own sound and no more."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("lameenc", reason="the extra voice is not installed")

from ribao.archive import Archive
from ribao.casting import studio_of
from ribao.config import Settings
from ribao.terminal import Silent
from tests import made
from tests.edition import DAY, Edition, Noting
from tests.loopback import Handler, HuggingFaceServer, answer_with, hang, paper, reset, status
from tests.spoken import Speaker, cues, hear, short, sound_of, speaking
from tests.voice_servers import speak, wav

RATE = 24_000
SYMBOLS = "→ ∑∑∑ ✦✦ ≠≠≠ ***"
PAGE = "<!doctype html><title>Wartung</title><h1>502 Bad Gateway</h1>"
KOKORO = "kokoro-v1.0.int8.onnx"


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: short(3)}) as server:
        yield server


@pytest.fixture
def llm():
    with Noting() as server:
        yield server


@pytest.fixture
def speaker():
    with Speaker() as server:
        yield server


@pytest.fixture
def ours(tmp_path, source, llm, speaker) -> Edition:
    return speaking(tmp_path, source, llm, speaker, RIBAO_VOICE__TIMEOUT="1")


# ── what a server may answer ──────────────────────────────────────────────────────────────────


def silence(handler: Handler) -> None:
    handler.send(200, wav(np.zeros(RATE * 2, "<i2"), RATE), "audio/wav")


def half(handler: Handler) -> None:
    """Half of what it should say, in a file that is sound."""
    samples = speak([json.loads(handler.body)["input"]], RATE).samples
    handler.send(200, wav(samples[: len(samples) // 2], RATE), "audio/wav")


def noise(handler: Handler) -> None:
    """All at full scale."""
    square = np.where(np.arange(RATE * 2) % 100 < 50, 32767, -32768).astype("<i2")
    handler.send(200, wav(square, RATE), "audio/wav")


def cut_file(handler: Handler) -> None:
    """A file that promises more than there is."""
    samples = speak([json.loads(handler.body)["input"]], RATE).samples
    handler.send(200, wav(samples, RATE)[: len(samples)], "audio/wav")


FAULTS = {
    "silence": (silence, "with silence"),
    "half": (half, "too short|breaks off|cut"),
    "clipped": (noise, "clipped"),
    "cut file": (cut_file, "was cut"),
    "page": (answer_with(PAGE, "text/html"), "no audio"),
    "nothing": (answer_with(b"", "audio/wav"), "nothing at all"),
    "error": (status(500, "<h1>so it is</h1>"), "answered 500"),
    "hang": (hang(1.5), "within 0.5 s"),
    "reset": (reset, "connection"),
    "no key": (status(401), "RIBAO_VOICE__API_KEY"),
}


@pytest.mark.parametrize(("fault", "said"), FAULTS.values(), ids=FAULTS)
def test_a_voice_that_is_no_use_costs_the_sound_and_nothing_else(ours, speaker, fault, said):
    speaker.spoil = lambda _: fault
    result = ours.run(RIBAO_VOICE__TIMEOUT="0.5")
    assert result.code == 3
    (problem,) = result.day["problems"]  # One reason, not one for each paper.
    assert problem.startswith(f"{DAY} brief: speak: ")
    assert re.search(said, problem), problem
    assert "Traceback" not in result.err
    assert len(ours.papers()) == 3
    assert "本期没有语音" in ours.text("issue.md")
    assert not list(ours.folder.rglob("*.mp3*"))


def test_a_voice_that_was_out_is_asked_again_by_the_next_run(ours, speaker):
    speaker.spoil = lambda _: status(503)
    assert ours.run().code == 3
    speaker.spoil = lambda _: None
    assert ours.run().code == 0
    assert len(hear(sound_of(ours)).chapters) == 5


@pytest.mark.parametrize("name", ["silence", "half", "page", "reset"])
def test_what_goes_wrong_once_is_asked_again_and_nobody_notices(ours, speaker, name):
    speaker.faults = [FAULTS[name][0]]
    result = ours.run(RIBAO_VOICE__TIMEOUT="10")
    assert (result.code, result.day["problems"]) == (0, []), result.err
    assert len(hear(sound_of(ours)).chapters) == 5


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (48_000, 2)])
def test_another_rate_of_samples_is_only_another_rate(ours, speaker, rate, channels):
    speaker.rate, speaker.channels = rate, channels
    assert ours.run(RIBAO_VOICE__TIMEOUT="10").code == 0
    heard = hear(sound_of(ours))
    assert heard.rate == 44_100
    last = cues(sound_of(ours, "brief.vtt"))[-1]
    assert last[1] < heard.seconds < last[1] + 5


@pytest.mark.parametrize("rate", [0, 4_000_000])
def test_a_rate_that_is_none_is_said(ours, speaker, rate):
    body = wav(speak(["一二三四五六七八九十。"], RATE).samples, rate)
    speaker.spoil = lambda _: answer_with(body, "audio/wav")
    result = ours.run()
    assert result.code == 3
    assert result.day["problems"]
    assert "Traceback" not in result.err


# ── a paper that cannot be spoken ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("edition", ["brief", "full"])
def test_a_paper_that_cannot_be_spoken_is_passed_over_with_a_word(ours, speaker, llm, edition):
    env = {"RIBAO_VOICE__EDITIONS": edition}
    stem = "brief" if edition == "brief" else "issue"
    llm.say = lambda title, _: {
        "title": f"地图{title.split()[1]}",
        "abstract": "这里有一张地图。",
        "gist": "地图。",
    }
    speaker.spoil = lambda text: status(400) if "winding" in text.lower() else None
    result = ours.run(**env)
    assert result.code == 3
    (problem,) = result.day["problems"]
    assert problem.startswith(f"{DAY} {edition}: speak: 2601.00002: ")
    said = [text for *_, text in cues(sound_of(ours, f"{stem}.vtt"))]
    assert "《地图winding》本期未能播报，请看网页。" in said
    assert "这一篇本期未能播报，请看网页。" in speaker.texts
    chapters = [title for _, _, title, _ in hear(sound_of(ours, f"{stem}.mp3")).chapters]
    assert chapters == ["开场", "地图narrow", "地图winding", "地图golden", "结语"]
    # It is tried at each run: alone, while it fails and when it works again.
    speaker.requests.clear()
    assert ours.run(**env).code == 3
    rest = "地图。" if edition == "brief" else "这里有一张地图。"
    assert {text for text in speaker.texts if "winding" not in text.lower()} <= {rest}
    before = len(speaker.texts)
    speaker.spoil = lambda _: None
    result = ours.run(**env)
    assert (result.code, result.day["problems"]) == (0, []), result.err
    assert len(speaker.texts) - before == 2
    assert "未能播报" not in sound_of(ours, f"{stem}.vtt").read_text("utf-8")
    assert ours.run(**env).code == 0
    assert len(speaker.texts) - before == 2


def test_a_paper_that_is_heard_by_title_only_is_passed_over_with_a_word_too(ours, speaker, llm):
    llm.say = lambda *_: "no translation"
    speaker.spoil = lambda text: status(400) if "winding" in text.lower() else None
    lost = [problem for problem in ours.run().day["problems"] if "speak" in problem]
    assert len(lost) == 1
    said = [text for *_, text in cues(sound_of(ours, "brief.vtt"))]
    assert "《Drawing winding Maps》本期未能播报，请看网页。" in said
    assert len(hear(sound_of(ours)).chapters) == 5


# ── texts ─────────────────────────────────────────────────────────────────────────────────────

TEXTS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "emoji": (
        "Streets 🚀火箭👩‍🔬模型🔥 and maps",
        lambda said: "火箭" in said and "🚀" not in said,
    ),
    "Cyrillic": ("Streets Привет мир and maps", lambda said: "Привет" in said),
    "traditional": ("Streets 我們提出強化學習 and maps", lambda said: "強化學習" in said),
    "bidi": (
        "Streets 我们\u202e提出\u202c\u200b一种\ufeff方法 and maps",
        lambda said: "方法" in said and not re.search("[\u202c\u202e\u200b\ufeff]", said),
    ),
    "markup": ("Streets 5<7&amp;8 [1] and maps", lambda said: not re.search("[<&\\[]", said)),
}


@pytest.mark.parametrize(("text", "is_said"), TEXTS.values(), ids=TEXTS)
def test_any_text_is_spoken_or_left_out_and_no_paper_with_it(ours, source, speaker, text, is_said):
    source.days[DAY] = [short(1)[0], paper("2601.00002", title="A Map", summary=f"{text}.")]
    result = ours.run(RIBAO_VOICE__EDITIONS="full", RIBAO_VOICE__TIMEOUT="10")
    assert [problem for problem in result.day["problems"] if "speak" in problem] == []
    assert ours.papers()["2601.00002"]["translation"]["status"] in {"ok", "flagged"}
    heard = hear(sound_of(ours, "issue.mp3"))
    assert len(heard.chapters) == 4
    assert cues(sound_of(ours, "issue.vtt"))[-1][1] < heard.seconds
    said = "".join(speaker.texts)
    assert is_said(said), said


def test_three_thousand_characters_without_a_full_stop_are_spoken_in_breaths(ours, source, speaker):
    dice = random.Random(1)
    words = ["".join(dice.choices("abcdefghijklmnop", k=7)) for _ in range(1600)]
    source.days[DAY] = [paper("2601.00001", title="A Map", summary=" ".join(words))]
    result = ours.run(RIBAO_VOICE__EDITIONS="full", RIBAO_VOICE__TIMEOUT="30")
    assert result.day["problems"] == []
    said = max((each["abstract"] for each in ours.issue()["papers"]), key=len).replace(" ", "")
    assert len(said) >= 3_000
    assert "。" not in said
    assert said in "".join(text.replace(" ", "") for *_, text in cues(sound_of(ours, "issue.vtt")))
    assert max(map(len, speaker.texts)) <= 240
    assert hear(sound_of(ours, "issue.mp3")).seconds > 500


def test_a_paper_of_symbols_alone_is_told_by_its_number(ours, source, speaker):
    symbols = paper("2601.00002", title=SYMBOLS, summary=f"{SYMBOLS}\n{SYMBOLS}")
    source.days[DAY] = [short(1)[0], symbols]
    for edition, stem in (("brief", "brief"), ("full", "issue")):
        result = ours.run(RIBAO_LANGUAGE="en", RIBAO_VOICE__EDITIONS=edition)
        assert (result.code, result.day["problems"]) == (0, []), result.err
        assert len(hear(sound_of(ours, f"{stem}.mp3")).chapters) == 4
    assert not any(sign in text for text in speaker.texts for sign in "→∑✦≠*")


def test_an_issue_without_papers_says_that_there_are_none(tmp_path, speaker, monkeypatch):
    monkeypatch.setenv("RIBAO_VOICE__ENGINE", "openai")
    monkeypatch.setenv("RIBAO_VOICE__BASE_URL", f"{speaker.url}/v1")
    monkeypatch.setenv("RIBAO_VOICE__EDITIONS", "brief,full")
    monkeypatch.setenv("RIBAO_VOICE__FOLDER", str(tmp_path / "tapes"))
    monkeypatch.setenv("RIBAO_OUTPUT__FOLDER", str(tmp_path / "site"))
    empty = replace(made.issue(), papers=())
    with Archive.in_memory() as archive:
        archive.keep_issue(empty)
        studio = studio_of(Settings(), archive, made.edition(), Silent(), lambda: made.NOW)
        assert studio is not None
        assert studio.speak(empty) == (True, [])
        assert studio.speak(empty) == (False, [])
    for stem in ("brief", "issue"):
        chapters = hear(tmp_path / "site" / DAY / f"{stem}.mp3").chapters
        assert [title for _, _, title, _ in chapters] == ["开场", "结语"]
        said = [text for *_, text in cues(tmp_path / "site" / DAY / f"{stem}.vtt")]
        assert "这一天没有论文。" in said


# ── weights ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "body", "state"),
    [
        (KOKORO, b"not a model" * 1000, "damaged"),
        (KOKORO, b"", "damaged"),
        (f"{KOKORO}.part", b"half a model" * 1000, "missing"),
        (None, b"", "missing"),
    ],
    ids=["damaged", "empty", "half", "none"],
)
def test_weights_that_are_no_use_are_said_with_the_remedy(ours, tmp_path, name, body, state):
    folder = tmp_path / "weights"
    folder.mkdir()
    if name:
        (folder / name).write_bytes(body)
    # No place is asked for them while an issue is made: that is for `ribao models`.
    env = {
        "RIBAO_VOICE__ENGINE": "kokoro",
        "RIBAO_WEIGHTS__FOLDER": str(folder),
        "RIBAO_WEIGHTS__PLACES": str(tmp_path / "nothing"),
    }
    result = ours.run(**env)
    assert result.code == 3
    (problem,) = result.day["problems"]
    assert f"its weights are {state}; fetch them with: ribao models --fetch" in problem
    assert "Traceback" not in result.err
    assert len(ours.papers()) == 3
    if name:
        assert (folder / name).read_bytes() == body


def test_a_voice_that_is_none_is_said_with_those_that_are(ours, weights):
    if not (weights / KOKORO).is_file():
        pytest.skip(f"no weights in {weights}; run: ribao models --fetch")
    env = {
        "RIBAO_VOICE__ENGINE": "kokoro",
        "RIBAO_VOICE__KOKORO_VOICE": "no_one",
        "RIBAO_WEIGHTS__FOLDER": str(weights),
    }
    result = ours.run(**env)
    assert result.code == 3
    assert "zf_xiaobei" in result.day["problems"][0]


def test_a_voice_that_dies_on_the_way_leaves_no_torso(ours, speaker):
    """Players fetch an episode once: without its end, and half its papers, it is none."""
    asked, dead = [], answer_with(PAGE, "text/html")
    speaker.spoil = lambda text: (asked.append(text), None if len(asked) < 8 else dead)[1]
    run = ours.run(DAY)
    assert run.code == 3
    assert not (ours.folder / "site" / DAY / "brief.mp3").exists()
    assert (ours.folder / "site" / DAY / "index.html").exists()
    speaker.spoil = lambda _: None
    assert ours.run(DAY).code == 0
    assert (ours.folder / "site" / DAY / "brief.mp3").exists()
