"""The podcast feeds, read back by a feed reader and an XML parser, and held against the rules."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from html import unescape

import feedparser
import pytest
from lxml import etree, html
from PIL import Image

from ribao.errors import RenderError
from ribao.renderers.cover import draw_cover
from ribao.renderers.edition import Edition
from ribao.renderers.podcast import (
    COVER,
    FEEDS,
    NEWEST,
    Podcast,
    Spoken,
    choose,
    describe,
    guid_of,
    render_podcast,
    summary_of,
)
from ribao.speech import Chapter, Cue, Episode, Span
from ribao.texts import load_texts
from ribao.types import HotTopic, Issue, IssuePaper, Links, Stats, Translation

DAY = date(2026, 1, 12)
MOMENT = datetime(2026, 1, 12, 8, 30, 5, tzinfo=UTC)
SITE = "https://daily.example/papers"
NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}
HOSTILE = (
    '<script>alert("1")</script>',
    "]]> & &amp; <![CDATA[ <!-- -->",
    'a" onclick="x',
    "null \x00 bell \x07 escape \x1b end \ufffe \uffff lone \ud800 .",
    "{url} {0} %s",
    "🤗 Привет 數學 e\u0301",
)


def edition(language: str = "zh-Hans", **facts) -> Edition:
    return Edition(language, load_texts(language), {}, **{"base_url": SITE, **facts})


def chapters(*titles: str, length: float = 95.4) -> tuple[Chapter, ...]:
    return tuple(
        Chapter(
            Span(n * length, (n + 1) * length),
            f"2601.{n:05d}",
            title,
            f"https://huggingface.co/papers/2601.{n:05d}",
        )
        for n, title in enumerate(titles)
    )


def episode(day: date = DAY, name: str = "full", **facts) -> Episode:
    made = Episode(
        day=day,
        language="zh-Hans",
        edition=name,
        revision=1,
        title=f"论文日报全文，{day}",
        bytes=12_345_678,
        seconds=1028.64,
        chapters=chapters("开场", "MapWalk：利用三维地图规划路线", "第二篇"),
        cues=(Cue(Span(0, 3), "您好。"),),
        voices=("edge:zh-CN-XiaoxiaoNeural",),
    )
    return replace(made, **facts)


def spoken(day: date = DAY, name: str = "full", at: datetime | None = None, **facts) -> Spoken:
    """An episode of an issue that came out in the morning of its day."""
    moment = at or MOMENT + (day - DAY)
    return Spoken(episode(day, name, **facts), moment, "论文 2 篇；热门领域：智能体。")


def feed(*episodes: Spoken, of: Podcast | None = None, language: str = "zh-Hans") -> bytes:
    podcast = of or describe(edition(language), "full", owner="编辑部", email="desk@daily.example")
    return render_podcast(episodes, podcast, load_texts(language))


def channel(body: bytes):
    root = etree.fromstring(body)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    return root.find("channel")


def text(node, path: str) -> str | None:
    return node.findtext(path, namespaces=NS)


def read(body: bytes) -> feedparser.FeedParserDict:
    found = feedparser.parse(body)
    assert not found.bozo, found.get("bozo_exception")
    return found


# ── the podcast itself ────────────────────────────────────────────────────────────────────────


def test_a_feed_reader_reads_the_podcast():
    found = read(feed(spoken())).feed
    assert found.title == "论文日报"
    assert found.link == f"{SITE}/"
    assert found.language == "zh-CN"
    assert found.author == "编辑部"
    assert found.publisher_detail == {"name": "编辑部", "email": "desk@daily.example"}
    assert found.image.href == f"{SITE}/assets/cover.png"
    assert [tag.term for tag in found.tags] == ["Technology", "News", "Tech News"]
    assert found.itunes_type == "episodic"
    assert {"rel": "self", "href": f"{SITE}/podcast.xml", "type": "application/rss+xml"} in [
        dict(link) for link in found.links
    ]


def test_the_channel_keeps_apples_rules():
    """https://help.apple.com/itc/podcasts_connect: what a show must have, and how it is written."""
    show = channel(feed(spoken()))
    for required in ("title", "link", "language", "description", "itunes:explicit"):
        assert text(show, required), required
    assert text(show, "itunes:explicit") == "false"  # neither "no" nor "clean"
    assert show.find("itunes:image", NS).get("href").endswith((".jpg", ".png"))
    outer = show.findall("itunes:category", NS)
    assert [each.get("text") for each in outer] == ["Technology", "News"]
    assert [each.get("text") for each in outer[1]] == ["Tech News"]
    assert len(text(show, "description").encode()) <= 4000


def test_the_cover_keeps_apples_rules():
    podcast = describe(edition(), "full")
    assert podcast.cover == f"{SITE}/{COVER}"
    cover = Image.open(io.BytesIO(draw_cover(edition())))
    assert COVER.endswith(cover.format.lower())
    assert cover.mode == "RGB"
    assert cover.width == cover.height
    assert 1400 <= cover.width <= 3000


@pytest.mark.parametrize(
    ("url", "guid"),
    [
        # The first two stand in the specification of podcast:guid.
        ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
        ("https://podnews.net/rss", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
        ("http://podnews.net/rss///", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
    ],
)
def test_the_podcasts_guid_is_made_of_its_address(url, guid):
    assert guid_of(url) == guid


def test_both_feeds_are_podcasts_of_their_own():
    shows = {name: channel(feed(spoken(), of=describe(edition(), name))) for name in FEEDS}
    assert text(shows["brief"], "title") == "论文日报 · 速览"
    for path in ("title", "description", "podcast:guid"):
        assert text(shows["full"], path) != text(shows["brief"], path)
    selves = {show.find("atom:link", NS).get("href") for show in shows.values()}
    assert selves == {f"{SITE}/podcast.xml", f"{SITE}/podcast-brief.xml"}
    for show in shows.values():
        assert text(show, "podcast:guid") == guid_of(show.find("atom:link", NS).get("href"))


def test_the_owner_may_be_missing():
    show = channel(feed(spoken(), of=describe(edition(), "full")))
    assert show.find("itunes:owner", NS) is None
    assert text(show, "itunes:author") == "论文日报"
    assert text(show, "podcast:locked") == "yes"
    assert dict(show.find("podcast:locked", NS).attrib) == {}


@pytest.mark.parametrize(
    ("owner", "email", "said"),
    [
        ("Ada", None, ["Ada", None]),
        (None, "ada@daily.example", ["论文日报", "ada@daily.example"]),
        ("Ada", "ada@daily.example", ["Ada", "ada@daily.example"]),
    ],
)
def test_half_an_owner_is_one(owner, email, said):
    show = channel(feed(of=describe(edition(), "full", owner=owner, email=email)))
    found = show.find("itunes:owner", NS)
    assert [text(found, "itunes:name"), text(found, "itunes:email")] == said
    assert show.find("podcast:locked", NS).get("owner") == email


def test_the_settings_describe_it():
    assert describe(edition(), "full", description="我们的播客").description == "我们的播客"
    assert describe(edition(name="晨读"), "brief").title == "晨读 · 速览"
    long = describe(edition(), "full", description="长" * 3000)
    said = text(channel(feed(of=long)), "description")
    assert said.endswith("长…")
    assert 3990 < len(said.encode()) <= 4000


def test_without_an_address_it_is_said_how_to_give_one():
    with pytest.raises(RenderError, match=r"podcast-brief\.xml: .*set site\.base_url"):
        describe(edition(base_url=None), "brief")


def test_a_podcast_without_episodes_is_one():
    body = feed()
    assert read(body).entries == []
    assert channel(body).find("lastBuildDate") is None


# ── episodes ──────────────────────────────────────────────────────────────────────────────────


def test_a_feed_reader_reads_an_episode():
    (found,) = read(feed(spoken())).entries
    assert found.title == "论文日报全文，2026-01-12"
    assert found.link == f"{SITE}/2026-01-12/"
    assert found.id == "ribao:zh-Hans:2026-01-12:full"
    assert found.guidislink is False
    assert datetime(*found.published_parsed[:6], tzinfo=UTC) == MOMENT
    assert [dict(each) for each in found.enclosures] == [
        {
            "href": f"{SITE}/2026-01-12/issue.mp3",
            "length": "12345678",
            "type": "audio/mpeg",
        }
    ]
    assert found.itunes_duration == "1029"
    assert found.itunes_episode == "1108"
    assert found.itunes_episodetype == "full"
    assert found.summary.startswith("论文 2 篇；热门领域：智能体。")


def test_an_episode_has_its_transcript_and_chapters():
    item = channel(feed(spoken(name="brief"))).find("item")
    assert dict(item.find("podcast:transcript", NS).attrib) == {
        "url": f"{SITE}/2026-01-12/brief.vtt",
        "type": "text/vtt",
        "language": "zh-CN",
    }
    assert dict(item.find("podcast:chapters", NS).attrib) == {
        "url": f"{SITE}/2026-01-12/brief.chapters.json",
        "type": "application/json+chapters",
    }
    assert item.find("enclosure").get("url") == f"{SITE}/2026-01-12/brief.mp3"


def test_a_revision_is_the_same_episode():
    """Listeners have heard it; a new length, title or address must not make it new for them."""
    moved = describe(edition(base_url="https://elsewhere.example"), "full")
    first = channel(feed(spoken())).find("item")
    later = spoken(revision=3, bytes=99, seconds=9.0, title="改过的题目")
    second = channel(feed(later, of=moved)).find("item")
    for same in ("guid", "pubDate", "itunes:episode"):
        assert text(first, same) == text(second, same)
    assert second.find("enclosure").get("length") == "99"


def test_every_episode_has_a_guid_of_its_own():
    days = [DAY, DAY + timedelta(1)]
    every = [spoken(day, name, language=la) for day in days for name in FEEDS for la in ("en", "x")]
    items = channel(feed(*every)).findall("item")
    assert len({text(item, "guid") for item in items}) == 8
    assert {item.find("guid").get("isPermaLink") for item in items} == {"false"}


def test_an_older_day_that_comes_later_changes_no_number():
    before = channel(feed(spoken(DAY), spoken(DAY + timedelta(4))))
    after = channel(feed(spoken(DAY + timedelta(2)), spoken(DAY), spoken(DAY + timedelta(4))))
    numbers = [
        {text(item, "guid"): int(text(item, "itunes:episode")) for item in show.findall("item")}
        for show in (before, after)
    ]
    assert numbers[0].items() < numbers[1].items()
    assert list(numbers[1].values()) == [1112, 1110, 1108]


def test_a_number_is_above_zero_or_there_is_none():
    numbers = [
        text(channel(feed(spoken(day))).find("item"), "itunes:episode")
        for day in (date(2022, 12, 31), date(2023, 1, 1), date(2023, 5, 4))
    ]
    assert numbers == [None, "1", "124"]


def test_the_newest_stands_first_and_its_moment_dates_the_feed():
    days = [DAY + timedelta(n) for n in (3, 0, 5, 1)]
    show = channel(feed(*(spoken(day) for day in days)))
    moments = [parsedate_to_datetime(text(item, "pubDate")) for item in show.findall("item")]
    assert moments == sorted(moments, reverse=True)
    assert parsedate_to_datetime(text(show, "lastBuildDate")) == moments[0]
    filled_in = spoken(DAY - timedelta(9), at=MOMENT + timedelta(30))
    late = channel(feed(*(spoken(day) for day in days), filled_in))
    assert parsedate_to_datetime(text(late, "lastBuildDate")) == filled_in.published_at
    assert text(late.findall("item")[-1], "guid").split(":")[2] == "2026-01-03"


def test_only_so_many_are_listed():
    every = [spoken(DAY + timedelta(n)) for n in range(NEWEST + 20)]
    items = channel(feed(*every)).findall("item")
    assert len(items) == NEWEST == 300
    assert text(items[0], "guid") == f"ribao:zh-Hans:{every[-1].episode.day}:full"


def test_the_order_in_which_they_come_changes_no_byte():
    every = [spoken(DAY + timedelta(n), name) for n in range(5) for name in FEEDS]
    assert feed(*every) == feed(*reversed(every)) == feed(*every)


def test_a_moment_is_in_utc():
    east = MOMENT.astimezone(timezone(timedelta(hours=8)))
    assert text(channel(feed(spoken(at=east))), "item/pubDate") == "Mon, 12 Jan 2026 08:30:05 GMT"


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "1"), (59.5, "60"), (3725.4, "3725")])
def test_a_duration_is_in_whole_seconds(seconds, said):
    item = channel(feed(spoken(seconds=seconds))).find("item")
    assert text(item, "itunes:duration") == said


# ── which episodes ────────────────────────────────────────────────────────────────────────────


def test_the_feeds_carry_full_where_it_is_made_and_brief():
    both, only_brief, only_full = (DAY + timedelta(n) for n in range(3))
    every = [
        spoken(both, "brief"),
        spoken(both, "full"),
        spoken(only_brief, "brief"),
        spoken(only_full, "full"),
    ]
    for order in (every, every[::-1]):
        chosen = {
            name: {(each.episode.day, each.episode.edition) for each in choose(order, name)}
            for name in FEEDS
        }
        assert chosen == {
            "full": {(both, "full"), (only_brief, "brief"), (only_full, "full")},
            "brief": {(both, "brief"), (only_brief, "brief")},
        }


def test_a_brief_is_the_same_episode_in_both_feeds():
    items = [channel(feed(spoken(name="brief"), of=describe(edition(), name))) for name in FEEDS]
    assert len({text(show, "item/guid") for show in items}) == 1


# ── show notes ────────────────────────────────────────────────────────────────────────────────


def notes(item):
    """The notes as HTML, parsed."""
    return html.fragment_fromstring(text(item, "content:encoded"), create_parent="div")


def test_notes_say_where_each_chapter_begins():
    item = channel(feed(spoken())).find("item")
    plain = text(item, "description").split("\n")
    assert "00:00 开场" in plain
    assert "01:35 MapWalk：利用三维地图规划路线" in plain
    assert "03:10 第二篇" in plain
    lines = notes(item).findall(".//li")
    assert [line.text_content() for line in lines] == [each for each in plain if each[2:3] == ":"]
    assert [line.find("a").get("href") for line in lines] == [
        f"https://huggingface.co/papers/2601.{n:05d}" for n in range(3)
    ]


def test_an_hour_has_a_place_of_its_own():
    titles = [f"第{n}篇" for n in range(5)]
    long = spoken(chapters=chapters(*titles, length=1199.99), seconds=6000.0)
    lines = notes(channel(feed(long)).find("item")).findall(".//li")
    assert [line.text_content().split()[0] for line in lines] == [
        "00:00", "19:59", "39:59", "59:59", "1:19:59",
    ]  # fmt: skip


def test_notes_are_paragraphs_a_list_and_links():
    item = channel(feed(spoken())).find("item")
    assert {node.tag for node in notes(item).iter()} == {"div", "p", "ul", "li", "a"}
    assert f"{SITE}/2026-01-12/" in text(item, "description")
    assert f'<a href="{SITE}/2026-01-12/">' in text(item, "content:encoded")
    for said in (text(item, "description"), text(item, "content:encoded")):
        assert "由合成语音朗读" in said


def test_what_could_not_be_spoken_is_said():
    item = channel(feed(spoken(lost=("2601.00001", "2601.00009")))).find("item")
    for path in ("description", "content:encoded"):
        assert "其中 2 篇未能播出" in text(item, path)
        assert "未能播出" not in text(channel(feed(spoken())), f"item/{path}")


def test_a_long_day_keeps_whole_lines_and_its_end():
    titles = [f"第{n}篇：" + "利用三维地图规划路线的智能体" * 4 for n in range(120)]
    item = channel(feed(spoken(chapters=chapters(*titles)))).find("item")
    plain = text(item, "description")
    assert 3700 < len(plain.encode()) <= 4000
    lines = plain.split("\n")
    shown = [line for line in lines if re.match(r"\d", line)]
    assert [line.split(" ", 1)[1] for line in shown] == titles[: len(shown)]
    assert lines[2 + len(shown)] == "…"
    assert lines[-1] == load_texts("zh-Hans")["podcast.made"]
    assert len(notes(item).findall(".//li")) == 120


def test_a_chapter_is_one_line():
    item = channel(feed(spoken(chapters=chapters("一\n00:07 二\u2028 三")))).find("item")
    assert "00:00 一 00:07 二 三" in text(item, "description").split("\n")


def test_an_episode_without_chapters_has_notes():
    item = channel(feed(spoken(chapters=()))).find("item")
    assert notes(item).find(".//ul") is None
    assert "…" not in text(item, "description")


# ── what comes from outside ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_is_nothing_but_text(title):
    one = replace(spoken(title=title, chapters=chapters(title)), summary=title)
    podcast = describe(edition(), "full", owner=title, description=title)
    body = feed(one, of=replace(podcast, title=title))
    show = channel(body)
    clean = re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", "", title)
    for path in ("title", "description", "itunes:author", "itunes:owner/itunes:name", "item/title"):
        assert text(show, path) == clean
    item = show.find("item")
    assert {node.tag for node in notes(item).iter()} == {"div", "p", "ul", "li", "a"}
    assert notes(item).find(".//li").text_content() == f"00:00 {clean}"
    assert f"00:00 {clean}" in text(item, "description").split("\n")
    assert read(body).entries[0].title == unescape(clean) or "<" in clean


@pytest.mark.parametrize(
    "url",
    [None, "javascript:alert(1)", "data:text/html,x", "/here", 'https://x.example/"><b>', ""],
)
def test_a_chapter_leads_to_the_web_or_to_the_issue(url):
    one = replace(chapters("题")[0], url=url)
    (link,) = notes(channel(feed(spoken(chapters=(one,)))).find("item")).findall(".//li/a")
    assert link.get("href") == f"{SITE}/2026-01-12/"


def test_addresses_are_escaped():
    one = replace(chapters("题")[0], url="https://x.example/?a=1&lt=2")
    (link,) = notes(channel(feed(spoken(chapters=(one,)))).find("item")).findall(".//li/a")
    assert link.get("href") == "https://x.example/?a=1&lt=2"


# ── languages, and the day in a line ──────────────────────────────────────────────────────────


def test_an_english_podcast_is_english():
    made = spoken(language="en", title="Paper Daily", chapters=chapters("Opening"))
    one = replace(made, summary=summary_of(issue(2), load_texts("en")))
    podcast = describe(edition("en"), "brief", owner="Ada")
    body = feed(one, of=podcast, language="en")
    assert not re.search("[\u2e80-\u9fff]", body.decode())
    found = read(body)
    assert found.feed.language == "en"
    assert found.feed.title == "Paper Daily · In brief"
    assert "synthetic voice" in found.entries[0].summary
    item = channel(body).find("item")
    assert item.find("podcast:transcript", NS).get("language") == "en"
    assert text(item, "guid") == "ribao:en:2026-01-12:full"


def issue(count: int, *areas: str, language: str = "zh-Hans") -> Issue:
    papers = tuple(
        IssuePaper(
            f"2601.{n:05d}", n, "题", "T", None, "", "", (), None, None, (), (), False, False,
            Links(), Translation("ok"),
        )
        for n in range(1, count + 1)
    )  # fmt: skip
    hot = tuple(HotTopic(f"a{n}", name, 3, None) for n, name in enumerate(areas))
    return Issue(DAY, language, 1, MOMENT, "huggingface", papers, Stats(count, 0, hot, ()))


@pytest.mark.parametrize(
    ("language", "day", "said"),
    [
        ("zh-Hans", issue(31, "智能体", "推理"), "论文 31 篇；热门领域：智能体、推理。"),
        ("zh-Hans", issue(2), "论文 2 篇。"),
        ("zh-Hans", issue(0), "这一天没有论文。"),
        ("en", issue(1, "Agents"), "Papers: 1. Hot areas: Agents."),
        ("en", issue(0), "There are no papers on this day."),
    ],
)
def test_a_day_in_one_line(language, day, said):
    assert summary_of(day, load_texts(language)) == said
