"""A disk that fills while a day is spoken, folders that cannot be written, kill -9 amid the speech."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("lameenc", reason="the extra voice is not installed")

from tests.edition import DAY, Edition, Noting
from tests.loopback import HuggingFaceServer
from tests.spoken import SITE, Speaker, cues, feed, hear, short, sound_of, speaking
from tests.test_bad_input_disk import LIMITED, end, start

PAPERS = 3


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: short(PAPERS)}) as server:
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
    return speaking(tmp_path, source, llm, speaker)


def announced(ours: Edition) -> int:
    """The length of the newest sound, as the podcast tells it."""
    return int(feed(ours, "podcast-brief.xml").entries[0].enclosures[0].length)


def test_a_disk_that_is_full_for_the_tapes_costs_the_sound_and_is_healed_by_room(ours, speaker):
    assert ours.run(RIBAO_VOICE__ENGINE="none").code == 0
    # Room for any text and for the archive, not for the opening's ten seconds.
    result = end(start(ours, "150000", "run", DAY, "--json", code=LIMITED))
    assert result.code == 3, result.err
    (problem,) = result.day["problems"]
    assert "ribao.speech" in problem
    assert "make room, or set voice.folder" in problem
    assert not list(ours.folder.rglob("*.mp3*"))
    assert not list(ours.folder.rglob("*.speech-new"))
    assert "本期没有语音" in ours.text("issue.md")
    kept = len(list((ours.folder / "ribao.speech").iterdir()))
    asked = len(speaker.texts)
    assert ours.run().code == 0
    assert len(hear(sound_of(ours)).chapters) == PAPERS + 2
    # What there was room for is not spoken again.
    assert kept
    assert len(speaker.texts) < 2 * asked


def test_a_disk_that_is_full_for_the_mp3_keeps_the_old_one_whole(ours, source, speaker):
    source.days[DAY] = short(PAPERS + 3)
    assert ours.run(RIBAO_SITE__BASE_URL=SITE).code == 0
    sound, transcript = sound_of(ours).read_bytes(), sound_of(ours, "brief.vtt").read_bytes()
    # Room for any tape, and not for so long an episode.
    source.days[DAY] = short(PAPERS + 4)
    words = (str(len(sound) - 10_000), "run", DAY, "--json")
    result = end(start(ours, *words, code=LIMITED, RIBAO_SITE__BASE_URL=SITE))
    assert result.code == 3, result.err
    (problem,) = result.day["problems"]
    assert f"{DAY}/brief.mp3: cannot be written" in problem
    assert "make room" in problem
    assert result.day["revision"] == 2
    assert sound_of(ours).read_bytes() == sound
    assert sound_of(ours, "brief.vtt").read_bytes() == transcript
    assert announced(ours) == len(sound)
    assert not list(ours.folder.rglob("*.ribao-new"))
    asked = len(speaker.texts)
    assert ours.run(RIBAO_SITE__BASE_URL=SITE).code == 0
    assert len(hear(sound_of(ours)).chapters) == PAPERS + 6
    assert len(speaker.texts) == asked


@pytest.mark.parametrize("name", ["brief.mp3", "brief.vtt", "brief.chapters.json"])
def test_a_file_that_cannot_be_written_leaves_what_was_there(ours, source, speaker, name):
    assert ours.run(RIBAO_SITE__BASE_URL=SITE).code == 0
    before, asked = sound_of(ours, name).read_bytes(), len(speaker.texts)
    source.days[DAY] = short(PAPERS + 1)
    # The kernel's own full disk, in the place where the new file is written.
    sound_of(ours, f"{name}.ribao-new").symlink_to("/dev/full")
    result = ours.run(RIBAO_SITE__BASE_URL=SITE)
    assert result.code == 3
    (problem,) = result.day["problems"]
    assert f"{DAY}/{name}: cannot be written" in problem
    assert sound_of(ours, name).read_bytes() == before
    # Whatever is missing: what is announced is what is there.
    assert announced(ours) == sound_of(ours).stat().st_size
    assert len(speaker.texts) > asked
    asked = len(speaker.texts)
    assert ours.run(RIBAO_SITE__BASE_URL=SITE).code == 0
    assert len(hear(sound_of(ours)).chapters) == PAPERS + 3
    assert cues(sound_of(ours, "brief.vtt"))[-1][1] < hear(sound_of(ours)).seconds
    assert len(speaker.texts) == asked


def test_a_folder_for_tapes_that_is_none_is_said_with_its_setting(ours, tmp_path):
    (tmp_path / "mine").write_text("notes")
    result = ours.run(RIBAO_VOICE__FOLDER=str(tmp_path / "mine"))
    assert result.code == 3
    (problem,) = result.day["problems"]
    assert "voice.folder" in problem
    assert (tmp_path / "mine").read_text() == "notes"
    assert len(ours.papers()) == PAPERS


def test_only_tapes_are_cleared_from_the_folder_of_tapes(ours, tmp_path):
    """The folder is the user's choice, and may hold other things."""
    folder = tmp_path / "shared"
    folder.mkdir()
    for name in ("notes.txt", "old.speech", "abcd1234.speech-new"):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (1_000_000, 1_000_000))
    assert ours.run(RIBAO_VOICE__FOLDER=str(folder)).code == 0
    left = {path.name for path in folder.iterdir()}
    assert "notes.txt" in left
    assert not left & {"old.speech", "abcd1234.speech-new"}
    assert len(left) == 1 + PAPERS + 2


def test_damaged_tapes_are_spoken_again(ours, speaker):
    ours.run()
    asked = len(speaker.texts)
    tapes = sorted((ours.folder / "ribao.speech").iterdir())
    tapes[0].write_bytes(tapes[0].read_bytes()[:5000])
    tapes[1].write_bytes(b"")
    tapes[2].write_bytes(b"\xc0" * 5000)
    sound = sound_of(ours).read_bytes()
    sound_of(ours).unlink()
    assert ours.run().code == 0
    assert sound_of(ours).read_bytes() == sound
    assert asked < len(speaker.texts) < 2 * asked


def test_kill_9_amid_the_speech_is_gone_on_with(ours, speaker, source):
    source.days[DAY] = short(8)
    after = 6

    def slowly(_: str) -> None:
        time.sleep(0.1)

    speaker.spoil = slowly
    env = {"RIBAO_VOICE__CONCURRENCY": "2", "RIBAO_SITE__BASE_URL": SITE}
    process = start(ours, DAY, **env)
    try:
        # So many segments are on tape for certain.
        folder = ours.folder / "ribao.speech"
        until = time.monotonic() + 60
        while len(list(folder.glob("*.speech"))) < after:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        process.kill()
        process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    # The text was out before; no half of a sound is to be seen.
    assert len(ours.papers()) == 8
    assert not sound_of(ours).exists()
    assert "<audio" not in ours.text("index.html")
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("*.speech")}
    speaker.requests.clear()
    speaker.spoil = lambda _: None
    result = ours.run(DAY, "--json", "--wait", "5", **env)
    assert (result.code, result.day["problems"]) == (0, []), result.err
    assert len(hear(sound_of(ours)).chapters) == 10
    # What was on tape is not asked for again; what was under way is.
    assert len(kept) >= after
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())
    assert len(speaker.texts) <= len(cues(sound_of(ours, "brief.vtt"))) - len(kept)


def test_what_a_killed_run_left_is_written_over(ours):
    folder = ours.folder / "site" / DAY
    folder.mkdir(parents=True)
    for name in ("brief.mp3", "brief.vtt", "brief.chapters.json"):
        (folder / f"{name}.ribao-new").write_bytes(b"half a fi")
    assert ours.run().code == 0
    assert not list(ours.folder.rglob("*.ribao-new"))
    assert hear(sound_of(ours)).seconds > 10


def test_with_voice_none_nothing_of_sound_is_imported(ours):
    code = (
        "import sys; from ribao.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "print(*sorted({'numpy', 'lameenc', 'miniaudio', 'onnxruntime', 'edge_tts', 'pypinyin',"
        " 'rjieba'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, "run", DAY, "--quiet"],
        cwd=ours.folder,
        env={**os.environ, **ours.env, "RIBAO_VOICE__ENGINE": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[-1] == ""
