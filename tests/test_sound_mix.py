"""Episodes as they are read back: by ffprobe, ffmpeg, mutagen and a decoder."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import miniaudio
import mutagen.id3
import mutagen.mp3
import numpy as np
import pytest
from PIL import Image

from ribao.errors import RenderError, VoiceError
from ribao.sound.mix import BESIDE, Label, mix, overhead
from ribao.sound.tags import Tag, render_tag
from ribao.speech import Chapter, Recorded, Sentence, Span, Speech
from tests.speeches import DAY, episode_of, script, segment, speak

LINK = "https://example.org/2026-01-12/"
needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None,
    reason="ffmpeg and ffprobe are not installed",
)


def picture(kind: str) -> bytes:
    body = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(body, kind)
    return body.getvalue()


@pytest.fixture(scope="module")
def cover() -> bytes:
    return picture("JPEG")


@pytest.fixture(scope="module")
def label(cover) -> Label:
    return Label("日报编辑部", "日报 速览", "十二篇论文", LINK, cover, ("2601.09999",))


@pytest.fixture(scope="module")
def made(tmp_path_factory, label):
    """Ten segments of very different loudness."""
    path = tmp_path_factory.mktemp("mix") / "2026-01-12" / "brief.mp3"
    of, recorded = episode_of(10)
    return path, of, recorded, mix(of, iter(recorded), path, label)


def decode(path: Path) -> np.ndarray:
    sound = miniaudio.decode_file(str(path), nchannels=1, sample_rate=44_100)
    return np.frombuffer(sound.samples, "<i2").astype("f4") / 32768


def measured(path: Path, start: float = 0, seconds: float = 1e6) -> tuple[float, float]:
    part = ["-ss", str(start), "-t", str(seconds)]
    said = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostats", *part, "-i", path, "-map", "0:a",
         "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True, check=True,
    ).stderr.decode()  # fmt: skip
    found = re.search(r"I:\s+(\S+) LUFS.*Peak:\s+(\S+) dBFS", said.split("Summary:")[1], re.DOTALL)
    return float(found[1]), float(found[2])


def sounds(samples: np.ndarray, least: float = 0.35) -> list[tuple[float, float]]:
    """From when to when something is heard, parted by pauses of ``least`` seconds."""
    moment = 441
    each = np.abs(samples[: len(samples) // moment * moment].reshape(-1, moment)).max(axis=1)
    loud = np.flatnonzero(each > 0.004)
    gaps = np.flatnonzero(np.diff(loud) > least * 100)
    starts = [loud[0], *loud[gaps + 1]]
    ends = [*loud[gaps], loud[-1]]
    return [(s / 100, (e + 1) / 100) for s, e in zip(starts, ends, strict=True)]


# ── what was written ──────────────────────────────────────────────────────────────────────────


def test_the_episode_says_what_the_file_is(made):
    path, of, recorded, episode = made
    assert path.stat().st_size == episode.bytes
    assert episode.seconds == pytest.approx(len(decode(path)) / 44_100, abs=0.001)
    assert (episode.day, episode.edition, episode.title) == (DAY, "brief", of.title)
    assert episode.voices == ("test:24000",)
    assert episode.lost == ("2601.09999",)
    assert [c.key for c in episode.chapters] == [s.key for s in of.segments]
    assert episode.chapters[0].span.start == 0
    assert episode.chapters[-1].span.end == episode.seconds
    assert all(a.span.end == b.span.start for a, b in pairwise(episode.chapters))
    wanted = [sentence.text for each in recorded for sentence in each.segment.sentences]
    assert [cue.text for cue in episode.cues] == wanted
    assert all(a.span.end <= b.span.start for a, b in pairwise(episode.cues))
    assert [p.name for p in path.parent.iterdir()] == ["brief.mp3"]


def test_times_are_those_of_the_decoded_sound(made):
    path, _, _, episode = made
    heard = sounds(decode(path))
    # Jingle, two sentences a segment, two tones, jingle.
    assert len(heard) == 2 + 2 * 10 + 2
    for cue in episode.cues:
        start, end = min(heard, key=lambda span: abs(span[0] - cue.span.start))
        assert cue.span.start == pytest.approx(start, abs=0.06)
        assert cue.span.end == pytest.approx(end, abs=0.06)
    for chapter in episode.chapters[1:]:
        nearest = min(heard, key=lambda span: abs(span[0] - chapter.span.start))
        # A little before its first sound, never after.
        assert 0 <= nearest[0] - chapter.span.start < 0.1
    assert abs(heard[-1][1] - episode.seconds) < 1.0


@needs_ffmpeg
def test_ffmpeg_hears_it_even_and_as_loud_as_it_should_be(made):
    path, _, _, episode = made
    lufs, peak = measured(path)
    assert lufs == pytest.approx(-16, abs=0.5)
    assert peak <= -1
    spoken = [
        measured(path, c.span.start, c.span.end - c.span.start)[0] for c in episode.chapters[1:-1]
    ]
    assert spoken == pytest.approx([-16] * 8, abs=0.35)


@needs_ffmpeg
def test_ffprobe_reads_length_and_chapters(made):
    path, _, _, episode = made
    said = json.loads(
        subprocess.run(
            [
                "ffprobe",
                "-v",
                "error",
                "-of",
                "json",
                "-show_chapters",
                "-show_format",
                "-show_streams",
                path,
            ],
            capture_output=True,
            check=True,
        ).stdout
    )
    assert float(said["format"]["duration"]) == pytest.approx(episode.seconds, abs=0.03)
    sound = said["streams"][0]
    assert (sound["codec_name"], sound["sample_rate"], sound["channels"]) == ("mp3", "44100", 1)
    assert sound["bit_rate"] == "96000"
    assert said["streams"][1]["codec_name"] == "mjpeg"
    assert said["format"]["tags"]["title"] == episode.title
    assert said["format"]["tags"]["date"].startswith("2026")
    found = [
        (float(c["start_time"]), float(c["end_time"]), c["tags"]["title"]) for c in said["chapters"]
    ]
    for (start, end, title), chapter in zip(found, episode.chapters, strict=True):
        assert (start, end) == pytest.approx((chapter.span.start, chapter.span.end), abs=0.001)
        assert title == chapter.title


def test_mutagen_reads_the_tag(made, cover):
    path, _, _, episode = made
    tags = mutagen.id3.ID3(path, translate=False)
    assert tags.version == (2, 3, 0)
    assert str(tags["TIT2"]) == episode.title
    assert (str(tags["TPE1"]), str(tags["TALB"])) == ("日报编辑部", "日报 速览")
    assert (str(tags["TYER"]), str(tags["TDAT"])) == ("2026", "1201")
    assert int(str(tags["TLEN"])) == round(episode.seconds * 1000)
    assert str(tags["TCON"]) == "Podcast"
    assert tags["WOAF"].url == LINK
    assert tags.getall("COMM")[0].text == ["十二篇论文"]
    assert tags.getall("COMM")[0].lang == "zho"
    shown = tags.getall("APIC")[0]
    assert (shown.data, shown.mime, shown.type) == (cover, "image/jpeg", 3)
    contents = tags.getall("CTOC")[0]
    assert contents.flags == 3
    chapters = [tags[f"CHAP:{name}"] for name in contents.child_element_ids]
    for read, chapter in zip(chapters, episode.chapters, strict=True):
        assert read.start_time == round(chapter.span.start * 1000)
        assert read.end_time == round(chapter.span.end * 1000)
        assert str(read.sub_frames["TIT2"]) == chapter.title
        assert read.sub_frames.getall("WXXX")[0].url == (chapter.url or LINK)
    info = mutagen.mp3.MP3(path).info
    assert info.length == pytest.approx(episode.seconds, abs=0.03)
    assert (info.bitrate, info.sample_rate, info.channels) == (96_000, 44_100, 1)


def test_the_same_again_gives_the_same_bytes(made, tmp_path, label):
    path, of, recorded, episode = made
    again = tmp_path / "brief.mp3"
    assert mix(of, recorded, again, label) == episode
    assert again.read_bytes() == path.read_bytes()


def test_what_is_not_speech_is_known_beforehand(made):
    _, _, recorded, episode = made
    # 0.3 s at each end and the last pause were silent; 0.18 s of them stay.
    spoken = sum(each.speech.seconds - 0.6 - 0.5 + 0.18 for each in recorded)
    assert episode.seconds == pytest.approx(overhead(10, 3) + spoken, abs=0.3)


# ── odd speech ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000])
def test_any_rate_is_mixed(tmp_path, rate):
    only = segment("opening", 2)
    speech = speak([1.5, 2.0], rate=rate)
    episode = mix(script([only]), [Recorded(only, speech)], tmp_path / "a.mp3", Label("a", "b"))
    heard = sounds(decode(tmp_path / "a.mp3"))
    assert len(heard) == 4
    for cue, (start, end) in zip(episode.cues, heard[1:3], strict=True):
        assert (cue.span.start, cue.span.end) == pytest.approx((start, end), abs=0.06)


@pytest.mark.parametrize(
    "samples",
    [b"", b"\x00", b"\x01\x00", bytes(24_000), b"\xff\x7f\x00\x80" * 50, b"\xff\x7f" * 24_000],
    ids=["nothing", "half a sample", "one sample", "silence", "two milliseconds", "a constant"],
)
def test_hardly_any_sound_makes_an_episode_all_the_same(tmp_path, samples):
    odd, after = segment("opening"), segment("closing")
    speech = Speech(24_000, samples, (Span(0, 9),), "test:odd")
    recorded = [Recorded(odd, speech), Recorded(after, speak([1.0]))]
    episode = mix(script([odd, after]), recorded, tmp_path / "a.mp3", Label("a", "b"))
    sound = decode(tmp_path / "a.mp3")
    assert np.abs(sound).max() < 0.9
    first, last = episode.cues
    assert 0 <= first.span.start <= first.span.end <= last.span.start
    assert first.span.end - first.span.start <= max(1.0, len(samples) / 48_000)
    assert any(abs(start - last.span.start) < 0.1 for start, _ in sounds(sound))


@pytest.mark.parametrize("rate", [0, 100, 10**7])
def test_a_rate_that_is_none_names_the_segment(tmp_path, rate):
    only = segment("2601.00001")
    recorded = [Recorded(only, Speech(rate, bytes(1_000), (Span(0, 1),), "test:odd"))]
    with pytest.raises(RenderError, match=r"2601\.00001.*spoken anew"):
        mix(script([only]), recorded, tmp_path / "a.mp3", Label("a", "b"))
    assert list(tmp_path.iterdir()) == []


def test_a_sentence_of_3000_characters_is_one_cue(tmp_path):
    only = replace(segment("opening"), sentences=(Sentence("字" * 3_000, "字"),))
    speech = speak([60.0])
    episode = mix(script([only]), [Recorded(only, speech)], tmp_path / "a.mp3", Label("a", "b"))
    assert [cue.text for cue in episode.cues] == ["字" * 3_000]
    span = episode.cues[0].span
    assert span.end - span.start == pytest.approx(60, abs=0.2)


def test_nothing_recorded_is_no_episode_and_the_old_one_stays(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"old")
    with pytest.raises(RenderError, match=r"a\.mp3: nothing was recorded"):
        mix(script([segment("opening")]), [], path, Label("a", "b"))
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp3"]
    assert path.read_bytes() == b"old"


def test_a_segment_that_is_left_out_has_no_chapter(tmp_path):
    segments = [segment(key) for key in ("opening", "2601.00001", "2601.00002")]
    recorded = [Recorded(segments[i], speak([1.0])) for i in (0, 2)]
    episode = mix(script(segments), recorded, tmp_path / "a.mp3", Label("a", "b"))
    assert [c.key for c in episode.chapters] == ["opening", "2601.00002"]
    tags = mutagen.id3.ID3(tmp_path / "a.mp3")
    assert len(tags.getall("CHAP")) == 2
    assert len(decode(tmp_path / "a.mp3")) == round(episode.seconds * 44_100)


def test_a_segment_of_another_script_is_a_mistake(tmp_path):
    recorded = [Recorded(segment("other"), speak([1.0]))]
    with pytest.raises(ValueError, match="other"):
        mix(script([segment("opening")]), recorded, tmp_path / "a.mp3", Label("a", "b"))


def test_a_voice_that_fails_on_the_way_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"old")
    of, recorded = episode_of(3)

    def speaking():
        yield recorded[0]
        raise VoiceError("2601.00000", "went away")

    with pytest.raises(VoiceError):
        mix(of, speaking(), path, Label("a", "b"))
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.mp3", b"old")]


# ── disks ─────────────────────────────────────────────────────────────────────────────────────

LIMITED = """
import resource, signal, sys
from pathlib import Path
from ribao.errors import RenderError
from ribao.sound.mix import Label, mix
from tests.speeches import episode_of
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = int(sys.argv[2])
of, recorded = episode_of(8)
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    mix(of, recorded, Path(sys.argv[1]), Label("a", "b"))
except RenderError as error:
    print(error)
    raise SystemExit(1)
"""


@pytest.mark.parametrize("size", [0, 900, 40_000, 300_000])
def test_a_disk_that_fills_half_way_leaves_the_old_file(tmp_path, size):
    path = tmp_path / "brief.mp3"
    path.write_bytes(b"old")
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, path, str(size)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    assert "brief.mp3" in run.stdout
    assert "make room" in run.stdout
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("brief.mp3", b"old")]


def test_the_kernels_own_full_disk_is_said_so(tmp_path):
    path = tmp_path / "brief.mp3"
    beside = path.with_name(path.name + BESIDE)
    beside.symlink_to("/dev/full")
    of, recorded = episode_of(3)
    with pytest.raises(RenderError, match=r"brief\.mp3: cannot be written \(No space left"):
        mix(of, recorded, path, Label("a", "b"))
    assert list(tmp_path.iterdir()) == []
    assert mix(of, recorded, path, Label("a", "b")).bytes == path.stat().st_size


def test_a_folder_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "day").write_text("mine")
    of, recorded = episode_of(3)
    with pytest.raises(RenderError, match=r"output\.folder"):
        mix(of, recorded, tmp_path / "day" / "brief.mp3", Label("a", "b"))
    assert (tmp_path / "day").read_text() == "mine"


# ── tags ──────────────────────────────────────────────────────────────────────────────────────

TAG = Tag("标题", "a", "b", DAY, "en", "c", LINK, None)


def read(body: bytes, folder: Path) -> mutagen.id3.ID3:
    (folder / "tag.mp3").write_bytes(body)
    return mutagen.id3.ID3(folder / "tag.mp3", translate=False)


def chapters(count: int, title: str = "t", url: str | None = None) -> list[Chapter]:
    return [Chapter(Span(i, i + 1), f"k{i}", title, url) for i in range(count)]


def test_a_hundred_chapters_in_one_episode(tmp_path):
    of, recorded = episode_of(102, seconds=0.6)
    episode = mix(of, recorded, tmp_path / "a.mp3", Label("a", "b"))
    tags = mutagen.id3.ID3(tmp_path / "a.mp3")
    assert len(tags.getall("CHAP")) == len(tags.getall("CTOC")[0].child_element_ids) == 102
    assert len(episode.cues) == 204


def test_more_chapters_than_a_table_holds(tmp_path):
    tags = read(render_tag(TAG, chapters(300), 300), tmp_path)
    assert len(tags.getall("CHAP")) == 300
    assert tags.getall("CTOC")[0].child_element_ids == [f"chapter{i}" for i in range(255)]


def test_a_tag_fits_the_room_that_was_kept_for_it(tmp_path):
    empty = [replace(c, span=Span(0, 0)) for c in chapters(5)]
    room = len(render_tag(TAG, empty, 0)) + 64
    made = render_tag(TAG, chapters(5), 36_000, room)
    assert len(made) == room
    assert read(made, tmp_path)["TLEN"].text == ["36000000"]
    with pytest.raises(ValueError, match="no place"):
        render_tag(TAG, chapters(6), 0, 100)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("a\x00b\nc", "a b c"),
        ("\ud83d half", "? half"),
        ("👩‍🔬 繁體 Кириллица", "👩‍🔬 繁體 Кириллица"),
        ("长" * 5_000, "长" * 1_000),
        ("", "k0"),
    ],
    ids=["control", "half a pair", "emoji", "long", "none"],
)
def test_a_title_is_data(tmp_path, title, shown):
    tags = read(render_tag(TAG, chapters(1, title), 1), tmp_path)
    assert str(tags["CHAP:chapter0"].sub_frames["TIT2"]) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a?b=c%20d#e", "https://example.org/a?b=c%20d#e"),
        ("https://example.org/论文 1\x00", "https://example.org/%E8%AE%BA%E6%96%87%201%00"),
        ("javascript:alert(1)", LINK),
        ("https://example.org/" + "a" * 9_000, LINK),
        (None, LINK),
    ],
    ids=["plain", "escaped", "script", "long", "none"],
)
def test_a_link_is_data(tmp_path, url, shown):
    tags = read(render_tag(TAG, chapters(1, "t", url), 1), tmp_path)
    assert tags["CHAP:chapter0"].sub_frames.getall("WXXX")[0].url == shown


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_cover_is_a_picture(tmp_path, kind, mime):
    body = picture(kind)
    shown = read(render_tag(replace(TAG, cover=body), [], 1), tmp_path).getall("APIC")[0]
    assert (shown.mime, shown.data) == (mime, body)


@pytest.mark.parametrize("body", [b"", b"<svg/>", b"\xff\xd8\xff" + bytes(17 * 1024 * 1024)])
def test_what_is_no_cover_is_refused(body):
    with pytest.raises(ValueError, match="cover"):
        render_tag(replace(TAG, cover=body), [], 1)
