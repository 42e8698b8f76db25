"""A week and a month of issues in one, by worked examples; its page and its Markdown."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from lxml import html
from markdown_it import MarkdownIt

from ribao.app import load_areas, load_phrases
from ribao.errors import UsageError
from ribao.movement import DayPapers, PaperWords
from ribao.renderers.roundup import render_markdown, render_page
from ribao.roundup import (
    Roundup,
    compose_roundup,
    pictured,
    read_span,
    reduce_issue,
    whole_week_before,
)
from ribao.types import Finding, Issue
from tests.made import edition, issue, paper, verdict

WEEK = read_span("2026-W02")  # 5 to 11 January.
MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)
LATER = date(2026, 2, 1)
# Areas by what stands in a title, so that a test can say to which a paper belongs.
PROVER, SAFE, PLAIN = "Theorem Proving in Lean", "Jailbreaks", "On Cats"


def day(which: date, *papers, **facts) -> Issue:
    """An issue of papers, each (id, title, votes) or a whole paper, faultless where none is said."""
    pairs = []
    for each in papers:
        made = paper(each[0], title=each[1], abstract="", keywords=(), upvotes=each[2])
        pairs.append((made, each[3] if len(each) > 3 else verdict(f"题{each[0]}")))
    return issue(*pairs, day=which, **facts)


def compose(*issues: Issue, span=WEEK, before=(), gaps=None, today=LATER) -> Roundup:
    return compose_roundup(span, issues, before, gaps or {}, load_areas(), load_phrases(), today)


def past(days: int, *papers: tuple[str, ...], last: date = WEEK.first) -> list[DayPapers]:
    """So many days before, all with papers of these areas."""
    return [
        DayPapers(last - timedelta(days=n), tuple(PaperWords(topics, ()) for topics in papers))
        for n in range(days, 0, -1)
    ]


# ── the time ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "first", "last", "since"),
    [
        ("2026-W02", "2026-01-05", "2026-01-11", "2025-11-10"),
        ("2026-W01", "2025-12-29", "2026-01-04", "2025-11-03"),
        ("2026-W53", "2026-12-28", "2027-01-03", "2026-11-02"),
        ("2026-01", "2026-01-01", "2026-01-31", "2025-10-01"),
        ("2024-02", "2024-02-01", "2024-02-29", "2023-11-01"),
        ("2026-12", "2026-12-01", "2026-12-31", "2026-09-01"),
    ],
)
def test_a_name_is_its_days_and_the_time_before(name, first, last, since):
    span = read_span(name)
    assert (str(span.first), str(span.last), str(span.since)) == (first, last, since)
    assert [next(iter(span.days)), [*span.days][-1]] == [span.first, span.last]


@pytest.mark.parametrize(
    "name",
    [
        *("2026-W60", "2026-13", "2026-00", "2026-W00", "2025-W53", "2026-1", "2026-w02"),
        *("2026W02", "2026-01-12", "", "2026-W02\n", "٢٠٢٦-01", "0001-01", "0001-W01"),
        *("9999-W52", "0000-01"),
    ],
)
def test_what_is_no_week_and_no_month_is_refused_by_name(name):
    with pytest.raises(UsageError, match="2026-W02") as caught:
        read_span(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("today", "name"),
    [("2026-01-12", "2026-W02"), ("2026-01-11", "2026-W01"), ("2026-01-01", "2025-W52")],
)
def test_the_last_week_that_is_over(today, name):
    assert whole_week_before(date.fromisoformat(today)).name == name


def test_a_week_over_the_turn_of_the_year_holds_days_of_both():
    span = read_span("2026-W01")
    first, last = date(2025, 12, 29), date(2026, 1, 2)
    made = compose(day(first, ("1", PLAIN, 1)), day(last, ("2", PLAIN, 2)), span=span)
    assert [each.day for each in made.days if each.state == "issue"] == [first, last]
    assert (made.issues, made.count, made.top) == (2, 2, ("2", "1"))


# ── papers ────────────────────────────────────────────────────────────────────────────────────


def test_the_papers_with_most_votes_stand_first_and_ten_at_most():
    papers = [(f"{n:02}", PLAIN, n) for n in range(12)]
    made = compose(day(MONDAY, *papers[:6]), day(TUESDAY, *papers[6:]))
    assert made.top == tuple(f"{n:02}" for n in range(11, 1, -1))
    assert [each.id for each in made.papers] == [f"{n:02}" for n in range(12)]


def test_equal_votes_are_ordered_by_hot_area_then_by_day_and_place():
    made = compose(
        day(MONDAY, ("a", PLAIN, 5), ("b", PLAIN, 5), ("c", SAFE, 5)),
        day(TUESDAY, ("d", PROVER, 5), ("e", PROVER, 1), ("f", PLAIN, None), ("g", PLAIN, 0)),
    )
    assert [area.slug for area in made.areas][:2] == ["theorem-proving", "safety"]
    assert made.top == ("d", "c", "a", "b", "e", "g", "f")


def test_a_paper_in_two_issues_counts_once_where_it_had_most_votes():
    twice = ("x", SAFE, 3), ("x", SAFE, 9)
    made = compose(day(MONDAY, twice[0]), day(TUESDAY, ("y", PLAIN, 1), twice[1]))
    assert [(each.id, each.day, each.position, each.upvotes) for each in made.papers] == [
        ("y", TUESDAY, 1, 1),
        ("x", TUESDAY, 2, 9),
    ]
    assert made.papers[1].days == (MONDAY, TUESDAY)
    assert (made.count, made.mean, made.with_code) == (2, 1.5, 2)
    assert next(area.count for area in made.areas if area.slug == "safety") == 1
    equal = compose(day(MONDAY, ("x", SAFE, 3)), day(TUESDAY, ("x", SAFE, 3)))
    assert equal.papers[0].day == MONDAY


def test_what_was_withdrawn_is_listed_and_not_recommended():
    made = day(MONDAY, ("a", PLAIN, 9), ("b", PLAIN, 1))
    made = replace(made, papers=(replace(made.papers[0], withdrawn=True), made.papers[1]))
    found = compose(made)
    assert found.top == ("b",)
    assert found.papers[0].withdrawn
    assert "已撤回" in render_page(found, edition(), frozenset())


# ── days ──────────────────────────────────────────────────────────────────────────────────────


def test_every_day_is_named_with_what_it_lacks():
    flawed = verdict("题", status="flagged")
    lost = verdict("T", status="missing")
    made = compose(
        day(MONDAY, ("a", PLAIN, 1)),
        day(TUESDAY, ("b", PLAIN, 1, flawed), ("c", PLAIN, 1, lost), ("d", PLAIN, 1)),
        gaps={date(2026, 1, 7): "unpublished", date(2026, 1, 10): "quiet"},
    )
    assert [(each.state, each.complete) for each in made.days] == [
        ("issue", True), ("issue", False), ("unpublished", False), ("unseen", False),
        ("unseen", False), ("quiet", True), ("unseen", False),
    ]  # fmt: skip
    assert (made.days[1].flagged, made.days[1].missing, made.days[1].papers) == (1, 1, 3)
    assert made.finished


def test_days_to_come_are_left_out():
    made = compose(day(MONDAY, ("a", PLAIN, 1)), today=TUESDAY)
    assert [each.day for each in made.days] == [MONDAY, TUESDAY]
    assert not made.finished
    assert "本周还没有过完" in render_page(made, edition(), frozenset())
    assert compose(day(MONDAY, ("a", PLAIN, 1)), today=WEEK.last).finished is False


def test_the_moment_is_that_of_the_newest_revision():
    late = datetime(2026, 1, 20, 9, 0, tzinfo=UTC)
    made = compose(day(MONDAY, ("a", PLAIN, 1), now=late), day(TUESDAY, ("b", PLAIN, 1)))
    assert made.generated_at == late


# ── areas ─────────────────────────────────────────────────────────────────────────────────────


def areas_of(made: Roundup) -> dict:
    return {area.slug: area for area in made.areas}


def test_shares_and_lift_are_against_the_time_before():
    # 10 days of 10 papers before, one of each in safety; now 5 of 10 papers.
    before = past(10, ("safety",), *[()] * 9)
    now = [(f"{n}", SAFE if n < 5 else PLAIN, n) for n in range(10)]
    made = compose(day(MONDAY, *now), before=before)
    area = areas_of(made)["safety"]
    assert (area.count, area.share, area.share_before) == (5, 0.5, 0.1)
    assert area.lift == 3.0  # (5 + 1) / (10 · 10 / 100 + 1)
    # Two proportions: 5 of 10 against 10 of 100, 15 of 110 in all.
    share = 15 / 110
    spread = math.sqrt(share * (1 - share) * (1 / 10 + 1 / 100))
    assert area.burst == round((0.5 - 0.1) / spread, 2) == 3.51
    assert (made.rising_areas, made.fading_areas) == (("safety",), ())
    assert (made.issues_before, made.mean_before) == (10, 10.0)


def test_an_area_that_stays_away_fades():
    before = past(10, *[("safety",)] * 4, *[()] * 6)
    made = compose(day(MONDAY, *[(f"{n}", PLAIN, 0) for n in range(20)]), before=before)
    area = areas_of(made)["safety"]
    assert (area.count, area.share_before) == (0, 0.4)
    assert area.burst < -2.33
    assert (made.rising_areas, made.fading_areas) == ((), ("safety",))


@pytest.mark.parametrize(("rose", "before"), [(2, 1), (6, 0)])
def test_a_few_papers_do_not_move_an_area(rose, before):
    # Two papers now, or fewer than ten in both times together, however odd they are.
    held = past(20, *[("safety",)] * before, *[()] * 9)
    now = [(f"{n}", SAFE if n < rose else PLAIN, 0) for n in range(rose + 1)]
    assert compose(day(MONDAY, *now), before=held).rising_areas == ()


def test_with_fewer_than_five_days_before_nothing_is_told():
    now = day(MONDAY, *[(f"{n}", SAFE, 0) for n in range(9)])
    made = compose(now, before=past(4, *[()] * 9))
    area = areas_of(made)["safety"]
    assert (area.lift, area.burst, area.share_before) == (None, None, 0.0)
    assert made.rising_areas == ()
    assert "此前的期数太少" in render_page(made, edition(), frozenset())
    assert areas_of(compose(now))["safety"].share_before is None
    assert areas_of(compose(now, before=past(5, *[()] * 9)))["safety"].lift is not None


def test_what_the_issues_printed_is_counted():
    made = day(MONDAY, ("a", SAFE, 1))
    made = replace(made, papers=(replace(made.papers[0], topics=("theorem-proving",)),))
    assert [area.slug for area in compose(made).areas] == ["theorem-proving"]
    assert reduce_issue(made, load_phrases()).papers[0].topics == ("theorem-proving",)


def test_phrases_are_weighed_against_the_time_before():
    said = [("1", "Reinforcement Learning", 1), ("2", "Reinforcement Learning", 1)]
    made = compose(day(MONDAY, *said[:1]), day(TUESDAY, *said[1:]))
    (phrase,) = made.phrases
    assert (phrase.word, phrase.weight, phrase.papers) == ("强化学习", 2.0, ("1", "2"))


def test_the_trend_of_a_month_is_its_own_and_that_of_a_week_has_the_days_before():
    before = past(40, (), ())
    issues = [day(MONDAY, ("1", PLAIN, 1)), day(TUESDAY, ("2", PLAIN, 1))]
    week = compose(*issues, before=before)
    assert (len(week.trend), week.trend[-1].day, week.trend[0].count) == (30, TUESDAY, 2)
    month = compose(*issues, before=before, span=read_span("2026-01"))
    assert [each.day for each in month.trend] == [MONDAY, TUESDAY]
    assert pictured(week).trend == week.trend


def test_a_month_of_issues_without_papers_can_be_told():
    empty = replace(day(MONDAY, ("1", PLAIN, 1)), papers=())
    made = compose(empty, before=past(9, ("safety",)), span=read_span("2026-01"))
    assert (made.count, made.top, made.rising_areas, made.phrases) == (0, (), (), ())
    assert areas_of(made)["safety"].burst is None
    assert "这一天没有论文" not in render_markdown(made, edition(), frozenset())
    assert html.fromstring(render_page(made, edition(), frozenset())).find(".//article") is None


# ── page and Markdown ─────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=1>', "](javascript:1) [x", "# * _a_ `b` $5 c",
    "{{ t }} {% raw %}", "长" * 400, "Ж😀é\u202e",
]  # fmt: skip


def hostile() -> Roundup:
    papers = [(str(n), title, n, verdict(title, gist=title)) for n, title in enumerate(HOSTILE)]
    return compose(day(MONDAY, *papers))


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_a_hostile_title_is_text_on_the_page(language):
    page = html.fromstring(render_page(hostile(), edition(language), frozenset()))
    titles = [each.text_content() for each in page.findall(".//article//h3")]
    assert titles == HOSTILE[::-1]
    assert page.findall(".//script") == []
    assert all(not each.get("onerror") for each in page.iter() if isinstance(each.tag, str))
    assert all("javascript" not in each.get("href") for each in page.findall(".//a"))


def test_a_hostile_title_is_text_in_markdown():
    tokens = MarkdownIt().parse(render_markdown(hostile(), edition(), frozenset()))
    inline = [child for token in tokens for child in token.children or ()]
    assert all(token.type not in {"html_block", "html_inline"} for token in [*tokens, *inline])
    links = {child.attrs["href"] for child in inline if child.type == "link_open"}
    assert {f"../../2026-01-05/index.html#p-{n}" for n in range(len(HOSTILE))} <= links
    assert not [link for link in links if "script" in link]
    said = "".join(child.content for child in inline if child.type == "text")
    assert all(title in said for title in HOSTILE)


def test_marks_and_places_stand_with_every_paper():
    flawed = verdict(
        "题", status="flagged", findings=(Finding("numbers", "error", "3 is missing"),)
    )
    lost = verdict("Jailbreaks", gist=None, abstract="", status="missing", model=None)
    made = compose(day(MONDAY, ("a", PLAIN, 2, flawed), ("b", SAFE, 1, lost)))
    page = html.fromstring(render_page(made, edition(), frozenset()))
    first, second = page.findall(".//article")
    assert "待核对" in first.text_content()
    assert "3 is missing" in first.text_content()
    assert "未翻译" in second.text_content()
    assert second.find(".//h3").get("lang") == "en"
    places = [each.get("href") for each in page.findall(".//article//h3/a")]
    assert places == ["../../2026-01-05/index.html#p-a", "../../2026-01-05/index.html#p-b"]
    listed = page.find_class("by-area")[0].text_content()
    assert "待核对" in listed
    assert "未翻译" in listed
    text = render_markdown(made, edition(), frozenset())
    assert "> 待核对" in text
    assert "- [Jailbreaks](../../2026-01-05/index.html#p-b) 2026-01-05 · 未翻译" in text


def test_the_page_links_what_stands_beside_it_and_nothing_else():
    made = compose(day(MONDAY, ("a", SAFE, 2)), day(TUESDAY, ("b", SAFE, 1)))
    bare = html.fromstring(render_page(made, edition(), frozenset()))
    assert bare.findall(".//img") == []
    assert bare.xpath("//a[@rel]") == []
    assert "wordcloud" not in render_markdown(made, edition(), frozenset())
    names = frozenset({"wordcloud.svg", "wordcloud.png", "trend.svg", "trend.png"})
    page = html.fromstring(render_page(made, edition(), names, "2026-W01", "2026-W04"))
    assert [each.get("src") for each in page.findall(".//img")] == ["wordcloud.svg", "trend.svg"]
    assert all(each.get("alt") for each in page.findall(".//img"))
    around = [(each.get("rel"), each.get("href")) for each in page.xpath("//a[@rel]")]
    assert around == [("prev", "../2026-W01/index.html"), ("next", "../2026-W04/index.html")]
    assert "![本周关键词](wordcloud.png)" in render_markdown(made, edition(), names)


def test_a_month_in_english():
    made = compose(day(MONDAY, ("a", SAFE, 2), language="en"), span=read_span("2026-01"))
    page = render_page(made, edition("en", base_url="https://x.example"), frozenset())
    assert '<link rel="canonical" href="https://x.example/months/2026-01/">' in page
    assert "Most liked this month" in page
    text = render_markdown(made, edition("en"), frozenset())
    assert text.startswith("# Hugging Face 2026-01 The Month\n")
    assert "Safety" in text
