"""A day in sound from end to end: `ribao run`, a voice on loopback, and what others read of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from itertools import pairwise

import pytest

pytest.importorskip("lameenc", reason="the extra voice is not installed")

from ribao import casting
from ribao.renderers import illustrations
from tests.edition import DAY, Edition, Noting, some
from tests.loopback import HuggingFaceServer, paper, pseudo_translate
from tests.spoken import SITE, Speaker, cues, feed, hear, short, sound_of, speaking, stamps
from tests.voice_servers import EdgeServer, refuse

DAYS = {"2026-01-07": some(1, 21), "2026-01-08": some(1, 31), "2026-01-09": some(1, 41)}
ARXIV = [f"https://arxiv.org/abs/2601.0000{number}" for number in (1, 2, 3)]


@pytest.fixture
def source():
    with HuggingFaceServer({DAY: short(3)} | DAYS) as server:
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


def edge_at(monkeypatch, server: EdgeServer) -> None:
    monkeypatch.setattr("edge_tts.communicate.WSS_URL", server.url)


def silent_machine(monkeypatch) -> None:
    """As if the extra ``voice`` was not installed."""
    monkeypatch.setattr(casting, "find_spec", lambda _: None)


# ── what a day has ────────────────────────────────────────────────────────────────────────────


def test_a_day_is_heard_jumped_through_and_read_along(ours, speaker):
    result = ours.run(RIBAO_VOICE__EDITIONS="brief,full", RIBAO_SITE__BASE_URL=SITE)
    assert (result.code, result.day["problems"]) == (0, []), result.err
    titles = [each["title"] for each in ours.issue()["papers"]]
    folder = ours.folder / "site" / DAY
    for stem in ("brief", "issue"):
        heard = hear(folder / f"{stem}.mp3")
        assert (heard.rate, heard.channels, heard.kilobits) == (44_100, 1, 96)
        assert heard.has_cover
        assert [title for _, _, title, _ in heard.chapters] == ["开场", *titles, "结语"]
        page = f"{SITE}/{DAY}/"
        assert [link for *_, link in heard.chapters] == [page, *ARXIV, page]
        assert heard.chapters[0][0] == 0
        assert all(a[1] == b[0] for a, b in pairwise(heard.chapters))
        assert heard.chapters[-1][1] == pytest.approx(heard.seconds, abs=0.05)
        listed = json.loads((folder / f"{stem}.chapters.json").read_text("utf-8"))
        assert listed["version"] == "1.2.0"
        assert [(each["startTime"], each["title"]) for each in listed["chapters"]] == [
            (pytest.approx(start, abs=0.001), title) for start, _, title, _ in heard.chapters
        ]
        said = cues(folder / f"{stem}.vtt")
        assert all(a[0] < a[1] <= b[0] for a, b in pairwise(said))
        assert said[-1][1] < heard.seconds
        # Each paper's first sentence is heard where its chapter begins.
        for (start, _, title, _), words in zip(heard.chapters[1:-1], titles, strict=True):
            first = next(cue for cue in said if cue[0] >= start)
            assert first[0] - start < 0.3
            assert title == words
            assert words in first[2]
    # The longer edition says the abstracts as well.
    assert len(cues(folder / "issue.vtt")) > len(cues(folder / "brief.vtt"))
    html, markdown = ours.text("index.html"), ours.text("issue.md")
    assert re.findall(r'<audio controls [^>]*src="([^"]+)"', html) == ["brief.mp3", "issue.mp3"]
    assert (
        "## 🎙️ 语音播报\n- 速览：[brief.mp3](brief.mp3)\n- 全文：[issue.mp3](issue.mp3)" in markdown
    )
    assert {"Authorization", "authorization"}.isdisjoint(speaker.requests[0].headers)


def test_the_podcast_leads_to_what_is_there(ours):
    ours.run(RIBAO_VOICE__EDITIONS="brief,full", RIBAO_SITE__BASE_URL=SITE)
    assert 'type="application/rss+xml"' in ours.text("index.html")
    assert '<a href="../podcast.xml">' in ours.text("index.html")
    for name, stem, kind in (
        ("podcast.xml", "issue", "full"),
        ("podcast-brief.xml", "brief", "brief"),
    ):
        (episode,) = feed(ours, name).entries
        file = sound_of(ours, f"{stem}.mp3")
        (enclosure,) = episode.enclosures
        assert enclosure.href == f"{SITE}/{DAY}/{stem}.mp3"
        assert enclosure.type == "audio/mpeg"
        assert int(enclosure.length) == file.stat().st_size
        assert abs(int(episode.itunes_duration) - hear(file).seconds) <= 1
        assert episode.id == f"ribao:zh-Hans:{DAY}:{kind}"
        assert "00:00 开场" in episode.summary
    # All that they lead to is there.
    site = ours.folder / "site"
    for name in ("podcast.xml", "podcast-brief.xml"):
        addresses = {
            part.split('"')[0] for part in (site / name).read_text("utf-8").split(f'"{SITE}/')[1:]
        }
        assert {"assets/cover.png", f"{DAY}/"} < addresses
        assert all((site / each).exists() for each in addresses), addresses


def test_ffprobe_finds_length_and_chapters(ours):
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    ours.run()
    words = ["ffprobe", "-v", "error", "-of", "json", "-show_chapters", "-show_format"]
    said = subprocess.run([*words, sound_of(ours)], capture_output=True, check=True)
    read, heard = json.loads(said.stdout), hear(sound_of(ours))
    assert float(read["format"]["duration"]) == pytest.approx(heard.seconds, abs=0.1)
    assert [(float(each["start_time"]), each["tags"]["title"]) for each in read["chapters"]] == [
        (pytest.approx(start, abs=0.001), title) for start, _, title, _ in heard.chapters
    ]


# ── what is made again, and what is not ───────────────────────────────────────────────────────


def test_a_second_run_asks_nobody_and_touches_nothing(ours, speaker):
    ours.run(RIBAO_SITE__BASE_URL=SITE)
    before, asked = stamps(ours.folder / "site"), len(speaker.texts)
    for words in ((DAY, "--json"), (DAY, "--json", "--renew")):
        result = ours.run(*words, RIBAO_SITE__BASE_URL=SITE)
        # A translation that comes out the same is the same issue.
        assert (result.code, result.day["state"]) == (0, "unchanged"), result.err
        assert stamps(ours.folder / "site") == before
    shutil.rmtree(ours.folder / "ribao.speech")
    assert ours.run(RIBAO_SITE__BASE_URL=SITE).code == 0
    assert stamps(ours.folder / "site") == before
    assert len(speaker.texts) == asked


def test_a_late_paper_is_spoken_alone_and_is_the_same_episode(ours, source, speaker):
    env = {"RIBAO_VOICE__EDITIONS": "brief,full", "RIBAO_SITE__BASE_URL": SITE}
    ours.run(**env)
    first, old = set(speaker.texts), feed(ours, "podcast.xml").entries[0]
    speaker.requests.clear()
    source.days[DAY] = short(4)
    result = ours.run(**env)
    assert (result.code, result.day["revision"]) == (0, 2), result.err
    anew, again = set(speaker.texts) - first, set(speaker.texts) & first
    # The opening is spoken as a whole, for it has the day's numbers.
    assert all("论文日报" in text or text == "提出一种新方法。" for text in again), again
    assert "本期共四篇论文。" in anew
    assert len(anew - {"本期共四篇论文。"}) <= 9, anew
    assert len(hear(sound_of(ours)).chapters) == 6
    new = feed(ours, "podcast.xml").entries[0]
    assert (new.id, new.published) == (old.id, old.published)
    assert int(new.enclosures[0].length) == sound_of(ours, "issue.mp3").stat().st_size
    assert new.enclosures[0].length != old.enclosures[0].length


def test_of_a_paper_that_is_edited_only_itself_is_spoken(ours, source, speaker):
    env = {"RIBAO_VOICE__EDITIONS": "full"}
    ours.run(**env)
    first = set(speaker.texts)
    speaker.requests.clear()
    source.days[DAY][1]["paper"]["summary"] = "We look at maps. They help robots to find a way."
    result = ours.run(**env)
    assert (result.code, result.day["revision"], result.day["asked"]) == (0, 2, 1), result.err
    # A paper is spoken in one go, with its title.
    assert len(speaker.texts) == 3
    assert [text for text in speaker.texts if text in first] == [
        f"第二篇，{ours.issue()['papers'][1]['title'].replace(' ', '')}。"
    ]


def test_a_translation_that_is_renewed_is_spoken_anew(ours, llm, speaker):
    ours.run()
    asked = len(speaker.texts)
    llm.say = lambda title, abstract: pseudo_translate(title, abstract) | {"gist": "换一种说法。"}
    assert ours.run(DAY, "--json", "--renew").day["revision"] == 2
    assert speaker.texts[asked:].count("换一种说法。") == 3
    assert "换一种说法。" in {text for *_, text in cues(sound_of(ours, "brief.vtt"))}


def test_what_is_lost_is_made_again_from_the_tapes(ours, speaker):
    env = {"RIBAO_SITE__BASE_URL": SITE}
    ours.run(**env)
    before, asked = ours.files(), len(speaker.texts)
    site = ours.folder / "site"
    lost = (
        "brief.mp3",
        "brief.vtt",
        "brief.chapters.json",
        "../assets/cover.png",
        "../podcast.xml",
    )
    for name in lost:
        (site / DAY / name).unlink()
        assert ours.run(**env).code == 0
        assert ours.files() == before, name
    (site / DAY / "brief.mp3").write_bytes(b"ID3 of another program")
    shutil.rmtree(site / "assets")
    assert ours.run(**env).code == 0
    assert ours.files() == before
    shutil.rmtree(site)
    assert ours.run(**env).code == 0
    assert ours.files() == before
    assert len(speaker.texts) == asked


# ── what is spoken, and what is not ───────────────────────────────────────────────────────────


def test_of_many_days_only_the_newest_are_spoken(ours):
    result = ours.run(
        "--since", "2026-01-07", "--until", DAY, RIBAO_VOICE__LATEST="2", RIBAO_SITE__BASE_URL=SITE
    )
    assert result.code == 0, result.err
    # The weekend between them has no list, and counts as any day that was named.
    site = ours.folder / "site"
    spoken = sorted(path.parent.name for path in site.rglob("brief.mp3"))
    assert spoken == [DAY]
    assert sorted(path.name for path in site.iterdir() if path.name[0] == "2") == [*DAYS, DAY]
    assert "本期没有语音" in ours.text("issue.md", "2026-01-09")
    assert ours.run("2026-01-09", RIBAO_SITE__BASE_URL=SITE).code == 0
    listed = [each.id for each in feed(ours, "podcast-brief.xml").entries]
    assert listed == [f"ribao:zh-Hans:{day}:brief" for day in (DAY, "2026-01-09")]


def test_without_a_voice_nothing_is_asked_and_what_was_spoken_stays(ours, speaker):
    result = ours.run(RIBAO_VOICE__ENGINE="none")
    assert (result.code, result.err) == (0, "")
    assert "<audio" not in ours.text("index.html")
    assert speaker.texts == []
    ours.run()
    sound, asked = sound_of(ours).read_bytes(), len(speaker.texts)
    ours.run(RIBAO_VOICE__ENGINE="none")
    assert sound_of(ours).read_bytes() == sound
    assert 'src="brief.mp3"' in ours.text("index.html")
    assert len(speaker.texts) == asked


def test_without_the_extra_the_issue_is_out_and_a_word_says_how_to_hear_it(
    ours, speaker, monkeypatch
):
    silent_machine(monkeypatch)
    result = ours.run()
    assert (result.code, result.day["problems"]) == (0, [])
    assert result.err.count('install "ribao[voice]"') == 1
    assert "本期没有语音" in ours.text("issue.md")
    assert speaker.texts == []


def test_without_an_address_there_is_no_podcast_and_a_word_says_so(ours):
    result = ours.run()
    assert (result.code, result.day["problems"]) == (0, [])
    assert "site.base_url" in result.err
    assert not list((ours.folder / "site").glob("*.xml"))
    # Where nothing is new there is nothing to say.
    assert ours.run().err == ""


def test_without_the_extra_for_pictures_there_is_sound_without_a_cover(ours, monkeypatch):
    monkeypatch.setattr(illustrations, "LIBRARIES", ("no_such_library",))

    # To the import system None says that there is no such module.
    monkeypatch.setitem(sys.modules, "typst", None)
    assert ours.run().code == 0
    assert not hear(sound_of(ours)).has_cover
    result = ours.run(RIBAO_SITE__BASE_URL=SITE)
    monkeypatch.undo()
    # A directory takes no podcast without one: that is said, and the feed is there.
    assert result.code == 3
    (problem,) = result.day["problems"]
    assert "pip install 'ribao[pictures]'" in problem
    assert len(feed(ours, "podcast-brief.xml").entries) == 1


def test_a_dry_run_speaks_nothing(ours, speaker):
    assert ours.run(DAY, "--dry-run").code == 0
    assert speaker.texts == []


# ── the voices in their order ─────────────────────────────────────────────────────────────────


def test_edge_speaks_where_it_can(ours, monkeypatch):
    with EdgeServer() as server:
        edge_at(monkeypatch, server)
        result = ours.run(RIBAO_VOICE__ENGINE="auto")
    assert (result.code, result.day["problems"]) == (0, []), result.err
    assert all("zh-CN, XiaoxiaoNeural" in voice for voice in server.voices)
    assert len(server.texts) == 5
    assert "edge:zh-CN-XiaoxiaoNeural" in ours.text("index.html")
    assert len(cues(sound_of(ours, "brief.vtt"))) == sum(len(t.splitlines()) for t in server.texts)


def test_where_edge_is_down_and_no_weights_are_there_the_issue_says_how_to_mend_it(
    ours, tmp_path, monkeypatch
):
    with EdgeServer([refuse(403)] * 20) as server:
        edge_at(monkeypatch, server)
        result = ours.run(RIBAO_VOICE__ENGINE="auto")
    assert result.code == 3
    assert "Traceback" not in result.err
    edge, kokoro = result.day["problems"]
    assert "edge answered 403" in edge
    assert "ribao models --fetch" in kokoro
    assert len(ours.papers()) == 3
    assert not list(tmp_path.rglob("*.mp3"))
    with EdgeServer() as server:
        edge_at(monkeypatch, server)
        assert ours.run(RIBAO_VOICE__ENGINE="auto").code == 0
    assert len(hear(sound_of(ours)).chapters) == 5


def test_where_edge_is_down_kokoro_speaks_and_that_is_told(ours, source, weights, monkeypatch):
    if not (weights / "kokoro-v1.0.int8.onnx").is_file():
        pytest.skip(f"no weights in {weights}; run: ribao models --fetch")
    source.days[DAY] = [paper("2601.00001", title="Learning Maps")]
    env = {"RIBAO_VOICE__ENGINE": "auto", "RIBAO_WEIGHTS__FOLDER": str(weights)}
    with EdgeServer([refuse(403)] * 20) as server:
        edge_at(monkeypatch, server)
        result = ours.run(**env)
        asked = server.connections
        assert (result.code, result.day["problems"]) == (0, []), result.err
        assert "edge answered 403" in result.err
        assert ours.run(**env).code == 0
        # What is on tape needs no voice: nobody is asked again, up or down.
        assert server.connections == asked
    heard, said = hear(sound_of(ours)), cues(sound_of(ours, "brief.vtt"))
    assert len(heard.chapters) == 3
    assert said[-1][1] < heard.seconds < said[-1][1] + 5
    assert "kokoro:zf_xiaobei" in ours.text("index.html")
