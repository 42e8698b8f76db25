"""The transcript and the chapters as players read them; text from outside is data."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from ribao.renderers.transcript import render_chapters, render_vtt
from ribao.speech import Chapter, Cue, Episode, Span
from tests.speeches import DAY

TIMES = re.compile(r"(\d\d+):(\d\d):(\d\d\.\d{3}) --> (\d\d+):(\d\d):(\d\d\.\d{3})")
EPISODE = Episode(
    DAY, "zh-Hans", "brief", 1, "速览", 1, 30.0,
    (
        Chapter(Span(0, 4.12345), "opening", "开场", None),
        Chapter(Span(4.12345, 30), "2601.00001", "标题", "https://example.org/1"),
    ),
    (), (),
)  # fmt: skip


def blocks(text: str) -> list[list[str]]:
    """Cues as a player finds them: by empty lines."""
    assert text.startswith("WEBVTT\n\n")
    return [block.splitlines() for block in text.strip().split("\n\n")[1:]]


def test_a_transcript_has_a_cue_for_each_sentence():
    text = render_vtt(
        [Cue(Span(0.5, 2), "第一句。"), Cue(Span(3661.0014, 36_000.9996), "第二句。")]
    )
    assert text == (
        "WEBVTT\n\n1\n00:00:00.500 --> 00:00:02.000\n第一句。\n\n"
        "2\n01:01:01.001 --> 10:00:01.000\n第二句。\n"
    )
    assert render_vtt([]) == "WEBVTT\n"


@pytest.mark.parametrize(
    "text",
    [
        "a --> b",
        "1\n\n2\n00:00:00.000 --> 00:00:09.000\nmine",
        "<b>x</b> & <script>alert(1)</script> &amp; <00:00:01.000>",
        "a\r\rb\x00c\u2028d\u0085e",
        "NOTE this",
        "half a pair \ud83d",
        "👩‍🔬 Ünï Кириллица 繁體",
        "句" * 3_000,
    ],
)
def test_a_sentence_is_data(text):
    made = render_vtt([Cue(Span(0, 1), text), Cue(Span(1, 2), "after")])
    made.encode("utf-8")
    first, second = blocks(made)
    assert (first[0], first[1]) == ("1", "00:00:00.000 --> 00:00:01.000")
    assert len(first) == 3
    assert not re.search(r"[<>\x00]|-->|&(?!amp;|lt;|gt;)", first[2])
    assert second == ["2", "00:00:01.000 --> 00:00:02.000", "after"]


def test_a_family_of_emoji_stays_together():
    assert "👩‍🔬" in render_vtt([Cue(Span(0, 1), "👩‍🔬")])


def test_sentences_without_words_are_left_out_and_no_cue_lasts_no_time():
    made = blocks(render_vtt([Cue(Span(1, 1), "a"), Cue(Span(1, 2), " \n"), Cue(Span(2, 1), "b")]))
    assert [block[0] for block in made] == ["1", "2"]
    for block in made:
        found = TIMES.fullmatch(block[1])
        start, end = float(found[3]), float(found[6])
        assert end > start


def test_chapters_are_podcasting_2():
    made = json.loads(render_chapters(EPISODE, podcast="日报", link="https://example.org/day/"))
    assert made == {
        "version": "1.2.0",
        "title": "速览",
        "podcastName": "日报",
        "chapters": [
            {
                "startTime": 0,
                "endTime": 4.123,
                "title": "开场",
                "toc": True,
                "url": "https://example.org/day/",
            },
            {
                "startTime": 4.123,
                "endTime": 30,
                "title": "标题",
                "toc": True,
                "url": "https://example.org/1",
            },
        ],
    }
    assert render_chapters(EPISODE) == render_chapters(EPISODE)


def test_chapters_link_only_where_a_browser_may_go():
    odd = Chapter(Span(0, 1), "k", " \n\x00", "javascript:alert(1)")
    made = json.loads(render_chapters(replace(EPISODE, chapters=(odd,)), link="file:///etc/passwd"))
    assert made["chapters"] == [{"startTime": 0, "endTime": 1, "title": "k", "toc": True}]
    assert "podcastName" not in made
