"""The charts: figures that are true, words that are text, no reach to the outside."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest
from lxml import etree
from PIL import Image, ImageFont

from ribao.errors import RenderError
from ribao.renderers import palette
from ribao.renderers.charts import area_shares, rising, to_png, to_svg, trend
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import covered, font_folder, visible
from ribao.statistics import AreaHeat, DayCount, Movement, Statistics
from ribao.texts import load_texts

SVG = "{http://www.w3.org/2000/svg}"
ZH = Edition("zh-Hans", load_texts("zh-Hans"), {})
EN = Edition("en", load_texts("en"), {})
DAY = date(2026, 1, 12)
COUNTS = [20, 25, 18, 31, 22, 19, 27, 24, 23, 30, 21]
SHARES = (0.1, 0.12, 0.08, 0.2, 0.15, 0.1, 0.22, 0.29)
HOSTILE = [
    "<script>&\"'</script>",
    "🤖 机器人",
    "Привет",
    "]]> --> <!--",
    "x\x00y\nz",
    "datum.last",
]
LONG = "把拉丁字母与中文混排在一起的四十个字的关键词 with Latin words and 中文 mixed again"
ALL = (trend, area_shares, rising)


def days(counts) -> tuple[DayCount, ...]:
    first = DAY - timedelta(len(counts) - 1)
    return tuple(DayCount(first + timedelta(place), count) for place, count in enumerate(counts))


def areas(count: int) -> tuple[AreaHeat, ...]:
    return tuple(
        AreaHeat(
            f"area-{place}",
            f"领域{place}",
            "agents",
            9 - place,
            None,
            tuple(share / (place + 1) for share in SHARES),
        )
        for place in range(count)
    )


def words(*names: str) -> tuple[Movement, ...]:
    return tuple(
        Movement(name, None, (0, 1, 0, 2, 3, 5, 8, 10 + place), 3.0)
        for place, name in enumerate(names)
    )


STATS = Statistics(
    day=DAY,
    language="zh-Hans",
    revision=1,
    count=COUNTS[-1],
    with_code=3,
    upvotes=99,
    trend=days(COUNTS),
    mean=23.9,
    areas=areas(8),
    rising_areas=(),
    fading_areas=(),
    rising_phrases=words("强化学习", "GRPO", "世界模型", "KV 缓存", "量化", "思维链", "幻觉"),
    fading_phrases=(),
    organizations=(),
    phrases=(),
)


def _run(script: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def written(svg: str) -> list[str]:
    return [text.text or "" for text in etree.fromstring(svg.encode()).iter(f"{SVG}text")]


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("edition", [ZH, EN], ids=lambda edition: edition.language)
def test_an_svg_says_what_it_is_follows_the_scheme_and_reaches_nowhere(make, edition):
    chart = make(STATS, edition)
    svg = to_svg(chart)
    root = etree.fromstring(svg.encode())
    assert root.get("role") == "img"
    assert root.get("lang") == edition.language
    assert root.findtext(f"{SVG}title") == chart.title
    assert root.findtext(f"{SVG}desc") == chart.description
    style = root.findtext(f"{SVG}style")
    assert "prefers-color-scheme:dark" in style
    for element in root.iter():
        for kind in ("fill", "stroke"):
            if element.get(kind, "none") != "none":
                name = next(c for c in element.get("class").split() if c.startswith(kind[0]))
                assert f".{name}{{{kind}:" in style
    assert root.xpath("//*[@id]") == []  # two pictures on a page have nothing in common
    assert not re.search(r"<script|href|url\(|@import|@font-face|<image|\son\w+=", svg)
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert '"url"' not in json.dumps(chart.spec)
    assert covered().issuperset(map(ord, "".join(written(svg))))


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("edition", [ZH, EN], ids=lambda edition: edition.language)
def test_the_picture_brings_its_own_paper_and_every_caption_fits_on_it(make, edition):
    root = etree.fromstring(to_svg(make(STATS, edition)).encode())
    first = next(element for element in root if element.tag in {f"{SVG}rect", f"{SVG}g"})
    assert first.get("class") == "f-paper"
    assert [first.get(side) for side in ("width", "height")] == [
        root.get(side) for side in ("width", "height")
    ]
    for text in root.iter(f"{SVG}text"):
        size = float(text.get("font-size").removesuffix("px"))
        font = ImageFont.truetype(str(font_folder() / "RibaoSans-Regular.otf"), size)
        assert font.getlength(text.text or "") <= float(root.get("width"))


@pytest.mark.parametrize("make", ALL)
def test_the_png_is_the_svg_with_a_margin_at_twice_its_size(make):
    chart = make(STATS, ZH)
    root = etree.fromstring(to_svg(chart).encode())
    picture = Image.open(io.BytesIO(to_png(chart))).convert("RGB")
    assert picture.size == tuple(2 * (int(root.get(side)) + 48) for side in ("width", "height"))
    for corner in ((0, 0), (picture.width - 1, picture.height - 1)):
        assert picture.getpixel(corner) == (0xFB, 0xF9, 0xF4)
    colours = {colour for _, colour in picture.getcolors(1 << 20)}
    assert (0xA9, 0x2B, 0x20) in colours
    assert (0xDD, 0xD6, 0xC8) in colours


def test_the_trend_holds_each_issue_and_the_mean_of_seven():
    chart = trend(STATS, ZH)
    assert [row[:2] for row in chart.table.rows] == [
        (day.day.isoformat(), str(day.count)) for day in STATS.trend
    ]
    assert [row[2] for row in chart.table.rows[:6]] == [""] * 6
    assert chart.table.rows[6][2] == f"{sum(COUNTS[:7]) / 7:.1f}"
    assert chart.table.rows[-1][2] == f"{sum(COUNTS[-7:]) / 7:.1f}"
    values = chart.spec["data"]["values"]
    assert [value["count"] for value in values] == COUNTS
    assert [value["last"] for value in values] == [False] * 10 + [True]
    assert "本期 21" in written(to_svg(chart))
    assert "31" in written(to_svg(chart))
    assert "2026 年 1 月 12 日有 21 篇论文" in chart.description
    assert "此前 10 期平均 23.9 篇，最多 31 篇（2026 年 1 月 5 日）" in chart.description


def test_the_first_issue_has_today_and_nothing_else():
    first = replace(STATS, trend=days([12]), mean=None, areas=(), rising_phrases=())
    chart = trend(first, ZH)
    assert chart.table.rows == (("2026-01-12", "12", ""),)
    assert chart.description == "2026 年 1 月 12 日有 12 篇论文。"
    assert written(to_svg(chart)) == ["01-12", "本期 12", "每期篇数；2026 年 1 月 12 日是第一期"]
    assert area_shares(first, ZH) is None
    assert rising(first, ZH) is None


@pytest.mark.parametrize("counts", [[0], [0, 0], [5] * 6, [5, 0] * 20, list(range(90)), [3000, 1]])
def test_any_history_can_be_drawn(counts):
    chart = trend(replace(STATS, trend=days(counts)), ZH)
    assert f"本期 {counts[-1]}" in written(to_svg(chart))
    mean = [text for text in written(to_svg(chart)) if text.startswith("均值")]
    assert len(mean) == (len(counts) >= 7)
    assert ("七期均线" in "".join(written(to_svg(chart)))) == (len(counts) >= 7)


def test_no_issue_no_trend():
    assert trend(replace(STATS, trend=()), ZH) is None


def test_the_shares_are_those_of_the_six_largest_areas():
    chart = area_shares(STATS, ZH)
    assert [row[0] for row in chart.table.rows] == [f"领域{place}" for place in range(6)]
    assert chart.table.rows[0] == ("领域0", *(f"{share:.0%}" for share in SHARES))
    assert chart.table.header == ("领域", *(f"{week} 周前" for week in range(7, 0, -1)), "本周")
    assert "领域0 29%（10%）、领域1 14%（5%）" in chart.description
    shown = written(to_svg(chart))
    assert {"领域0", "29%", "领域5"} <= set(shown)
    assert "领域6" not in shown
    values = [row["value"] for row in chart.spec["data"]["values"] if row["panel"] == 1]
    assert values == [share / 2 for share in SHARES]


def test_a_tiny_share_is_not_said_to_be_none():
    tiny = replace(STATS.areas[0], shares=(0.0, 0.004, 0.0, 0.2, 0.1, 0.1, 0.1, 0.001))
    chart = area_shares(replace(STATS, areas=(tiny, STATS.areas[1])), ZH)
    assert chart.table.rows[1][1:3] == ("0%", "<1%")
    assert chart.table.rows[1][-1] == "<1%"


def test_areas_without_a_past_are_not_drawn():
    empty = replace(STATS.areas[0], shares=())
    none = replace(STATS.areas[0], shares=(0.0,) * 8)
    assert area_shares(replace(STATS, areas=(empty, none)), ZH) is None


def test_rising_words_have_their_eight_weeks():
    chart = rising(STATS, ZH)
    assert len(chart.table.rows) == 6
    assert chart.table.rows[1] == ("GRPO", "0", "1", "0", "2", "3", "5", "8", "11")
    assert "强化学习 0→10、GRPO 0→11" in chart.description
    assert {"强化学习", "GRPO", "15"} <= set(written(to_svg(chart)))


def test_hostile_words_are_words():
    chart = rising(replace(STATS, rising_phrases=words(*HOSTILE)), ZH)
    shown = "".join(written(to_svg(chart)))
    for word in HOSTILE:
        assert visible(word).replace(" ", "") in shown.replace(" ", "")
    assert [row[0] for row in chart.table.rows] == HOSTILE
    assert to_png(chart).startswith(b"\x89PNG")


def test_long_names_are_broken_not_cut():
    names = [LONG, "Reinforcement learning with verifiable rewards", "x" * 80]
    svg = to_svg(rising(replace(STATS, rising_phrases=words(*names)), ZH))
    shown = "".join(
        "".join(text.itertext()) for text in etree.fromstring(svg.encode()).iter(f"{SVG}text")
    )
    for name in names:
        assert name.replace(" ", "") in shown.replace(" ", "")


def test_a_short_history_of_weeks():
    short = (Movement("新词", None, (2, 5), 1.0), Movement("旧词", None, (1, 2, 3), 1.0))
    chart = rising(replace(STATS, rising_phrases=short), ZH)
    assert chart.table.rows == (("新词", "", "2", "5"), ("旧词", "1", "2", "3"))
    assert chart.table.header == ("关键词", "2 周前", "1 周前", "本周")
    assert to_svg(chart)


@pytest.mark.parametrize("unknown", [None, 0.0])
def test_a_week_without_papers_is_a_gap_not_a_nought(unknown):
    """Numbers of before said 0 of every area in such a week."""
    known = (False, False, True, True, False, True, True, True)
    shares = tuple(0.2 if was else unknown for was in known)
    other = (unknown, unknown, 0.1, 0.1, unknown, 0.1, 0.1, 0.0)
    with_gaps = replace(
        STATS,
        areas=(replace(STATS.areas[0], shares=shares), replace(STATS.areas[1], shares=other)),
        rising_phrases=(Movement("新词", None, (0, 0, 0, 1, 0, 2, 3, 5), 2.0),),
    )
    chart = area_shares(with_gaps, ZH)
    assert chart.table.rows[0][1:] == ("", "", "20%", "20%", "", "20%", "20%", "20%")
    assert chart.table.rows[1][-1] == "0%"
    assert "括号里是 5 周前：领域0 20%（20%）、领域1 0%（10%）" in chart.description
    moved = rising(with_gaps, ZH)
    assert moved.table.rows == (("新词", "", "", "0", "1", "", "2", "3", "5"),)
    assert "5 周前与本周" in moved.description
    assert "新词 0→5" in moved.description
    gap = ZH.texts["picture.gap"]
    assert any(gap in said for said in written(to_svg(chart)))
    assert any(gap in said for said in written(to_svg(moved)))
    whole = replace(STATS, areas=areas(2))
    assert not any(gap in said for said in written(to_svg(area_shares(whole, ZH))))


def test_one_week_alone_moves_nowhere():
    first = replace(STATS.areas[0], shares=(0.0,) * 7 + (0.3,))
    assert area_shares(replace(STATS, areas=(first,)), ZH) is None
    assert rising(replace(STATS, areas=(first,)), ZH) is None


def test_same_figures_same_bytes_in_another_process():
    script = (
        "import hashlib;from tests.test_charts import *;"
        "print(hashlib.sha256(b''.join(to_svg(make(STATS,ZH)).encode()+to_png(make(STATS,ZH))"
        "for make in ALL)).hexdigest())"
    )
    other = _run(script)
    own = b"".join(to_svg(make(STATS, ZH)).encode() + to_png(make(STATS, ZH)) for make in ALL)
    assert other.stdout.strip() == hashlib.sha256(own).hexdigest(), other.stderr


def test_without_the_library_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    palette.vega.cache_clear()
    with pytest.raises(RenderError, match=r"pip install 'ribao\[pictures\]'"):
        to_svg(trend(STATS, ZH))


def test_a_chart_that_cannot_be_drawn_is_named():
    broken = replace(trend(STATS, ZH), spec={"mark": "nonsense"})
    with pytest.raises(RenderError, match="trend"):
        to_svg(broken)
