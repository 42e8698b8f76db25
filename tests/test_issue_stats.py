"""When a revision is due, what is late, what is counted, and what issue.json holds, key by key."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.app import load_areas
from ribao.checks.wording import found
from ribao.issue import Past, compose, print_unpublished
from ribao.plan import original
from ribao.renderers.data import render_json
from ribao.statistics import AreaHeat, Phrase
from ribao.stats import MOST_KEYWORDS, summarize
from ribao.types import Finding, HotTopic, Issue, KeywordWeight, Links
from tests.made import ABSTRACT, DAY, GOOD, NOW, TITLE, issue, measured, paper, verdict

LATER = NOW + timedelta(hours=5)
ONE, TWO, THREE = (paper(f"2601.0000{n}") for n in (1, 2, 3))
BOTH = ((ONE, verdict()), (TWO, verdict()))


def _then(*pairs, first=None, last=None) -> Issue:
    """The issue of a second look."""
    first = first or issue(*BOTH)
    return issue(*pairs, past=Past(first, last or first), now=LATER)


# ── revisions ─────────────────────────────────────────────────────────────────────────────────


def test_the_first_issue_is_revision_1_and_nothing_in_it_is_late():
    made = issue(*BOTH)
    assert (made.day, made.language, made.revision, made.generated_at, made.source) == (
        DAY,
        "zh-Hans",
        1,
        NOW,
        "huggingface",
    )
    assert [(each.id, each.position, each.late) for each in made.papers] == [
        ("2601.00001", 1, False),
        ("2601.00002", 2, False),
    ]


def test_the_same_again_is_the_same_issue():
    first = issue(*BOTH)
    assert _then(*BOTH, first=first) is first


def test_votes_alone_are_no_revision():
    first = issue(*BOTH)
    voted = tuple((replace(each, upvotes=99), its) for each, its in BOTH)
    assert _then(*voted, first=first) is first


def _with_verdict(**facts):
    return ((ONE, verdict(**facts)), BOTH[1])


def _with_paper(**facts):
    return ((replace(ONE, **facts), verdict()), BOTH[1])


NO_CHANGE = {
    "votes": _with_paper(upvotes=99),
    "no votes": _with_paper(upvotes=None),
    "what a question cost": _with_verdict(input_tokens=1, output_tokens=2),
}
CHANGE = {
    "one joins": (*BOTH, (THREE, verdict())),
    "one leaves": BOTH[:1],
    "one leaves and one joins": (BOTH[0], (THREE, verdict())),
    "a title": _with_verdict(title="另一个题目"),
    "an abstract": _with_verdict(abstract="另一段摘要。"),
    "a gist": _with_verdict(gist=None),
    "the original title": _with_paper(title="Other"),
    "the original abstract": _with_paper(abstract="Other."),
    "a mark": _with_verdict(status="flagged", findings=(Finding("numbers", "error", "x"),)),
    "a translation that is lost": ((ONE, original(ONE)), BOTH[1]),
}


@pytest.mark.parametrize("case", NO_CHANGE)
def test_no_revision_is_due(case):
    first = issue(*BOTH)
    assert _then(*NO_CHANGE[case], first=first) is first


@pytest.mark.parametrize("case", CHANGE)
def test_a_revision_is_due(case):
    first = issue(*BOTH)
    made = _then(*CHANGE[case], first=first)
    assert (made.revision, made.generated_at) == (2, LATER)
    assert [each.id for each in made.papers] == [each.id for each, _ in CHANGE[case]]
    assert [each.position for each in made.papers] == list(range(1, len(made.papers) + 1))
    assert made.stats.count == len(made.papers)


def test_what_joined_after_the_first_revision_is_late_for_ever():
    first = issue(BOTH[0])
    second = _then(*BOTH, first=first)
    third = _then(*BOTH, (THREE, verdict()), first=first, last=second)
    assert [each.late for each in first.papers] == [False]
    assert [each.late for each in second.papers] == [False, True]
    assert (third.revision, [each.late for each in third.papers]) == (3, [False, True, True])
    changed = _then((ONE, verdict("改")), *BOTH[1:], first=first, last=third)
    assert (changed.revision, [each.late for each in changed.papers]) == (4, [False, True])


def test_what_was_there_first_and_comes_back_is_not_late():
    first = issue(*BOTH)
    without = _then(BOTH[0], first=first)
    assert [each.late for each in _then(*BOTH, first=first, last=without).papers] == [False, False]


def test_a_revision_takes_the_newest_votes():
    voted = replace(ONE, upvotes=99)
    made = _then((voted, verdict()), BOTH[1], (THREE, verdict()))
    assert made.papers[0].upvotes == 99


def test_an_unpublished_paper_is_never_late():
    assert not print_unpublished(ONE, 1, verdict(), load_areas()).late


# ── figures ───────────────────────────────────────────────────────────────────────────────────


def _heat(slug: str, count: int, lift: float | None = None) -> AreaHeat:
    return AreaHeat(slug, slug.upper(), "family", count, lift, (0.0,) * 8)


def test_the_issue_holds_the_hottest_areas_and_the_heaviest_phrases():
    numbers = measured([ONE, TWO])(1)
    heats = (_heat("a", 3, 1.5), _heat("b", 2), _heat("c", 1, 9.0))
    phrases = tuple(Phrase(f"w{n:03}", 90.0 - n, None, ()) for n in range(90))
    stats = summarize(replace(numbers, areas=heats, phrases=phrases))
    # One paper is never hot, whatever its lift.
    assert stats.hot_topics == (HotTopic("a", "A", 3, 1.5), HotTopic("b", "B", 2, None))
    assert stats.keywords[0] == KeywordWeight("w000", 90.0)
    assert len(stats.keywords) == MOST_KEYWORDS


def test_the_counts_are_those_of_the_papers():
    bare = replace(TWO, links=replace(TWO.links, code=None))
    stats = summarize(measured([ONE, bare])(1))
    assert (stats.count, stats.with_code) == (2, 1)


def test_an_empty_day_counts_nothing():
    stats = summarize(measured([])(1))
    assert (stats.count, stats.with_code, stats.hot_topics, stats.keywords) == (0, 0, (), ())


def test_numbers_are_taken_only_for_a_new_revision():
    first = issue(*BOTH)
    papers, verdicts = [ONE, TWO], {each.id: its for each, its in BOTH}

    def never(revision):
        raise AssertionError(f"revision {revision} was measured")

    past = Past(first, first)
    assert compose(DAY, "zh-Hans", papers, verdicts, load_areas(), past, LATER, never) == (
        first,
        None,
    )


def test_areas_and_their_names_come_from_the_papers_words():
    named = issue(*((paper(f"2601.0000{n}"), verdict()) for n in range(2))).stats.hot_topics
    english = issue(
        *((paper(f"2601.0000{n}"), verdict()) for n in range(2)), language="en"
    ).stats.hot_topics
    assert [topic.slug for topic in named] == [topic.slug for topic in english] != []
    slugs = {area.slug for area in load_areas()}
    assert {topic.slug for topic in named} <= slugs
    assert named[0].name == load_areas().name(named[0].slug, "zh-Hans") != english[0].name


# ── issue.json ────────────────────────────────────────────────────────────────────────────────

# As the contract documents them, in its order.
ISSUE = ["day", "language", "revision", "generated_at", "source", "papers", "stats"]
PAPER = [
    "id", "position", "title", "original_title", "gist", "abstract", "original_abstract", "authors", "published_at", "upvotes",
    "topics", "keywords", "late", "withdrawn", "links", "translation",
]  # fmt: skip
LINKS = ["huggingface", "arxiv", "pdf", "code", "project"]
TRANSLATION = [
    "status", "draft", "engine", "model", "prompt", "translated_at", "findings", "input_tokens", "output_tokens", "cost", "currency",
]  # fmt: skip
FINDING = ["check", "severity", "message"]
STATS = ["count", "with_code", "hot_topics", "keywords"]
TOPIC = ["slug", "name", "count", "lift"]
KEYWORD = ["word", "weight"]

FLAGGED = verdict(
    status="flagged", findings=(Finding("numbers", "error", "25.7"), Finding("names", "note", "x"))
)
BARE = paper(
    "bare", abstract="", authors=(), published_at=None, upvotes=None, keywords=(), links=Links()
)
FULL = issue((ONE, verdict()), (TWO, FLAGGED), (BARE, original(BARE)))


def _json(made: Issue) -> dict:
    return json.loads(render_json(made))


def test_issue_json_has_the_contracts_keys_in_its_order():
    data = _json(FULL)
    assert list(data) == ISSUE
    for each in data["papers"]:
        assert list(each) == PAPER
        assert list(each["links"]) == LINKS
        assert list(each["translation"]) == TRANSLATION
    assert [list(each) for each in data["papers"][1]["translation"]["findings"]] == [
        FINDING,
        FINDING,
    ]
    assert list(data["stats"]) == STATS
    assert (
        [list(each) for each in data["stats"]["hot_topics"]]
        == [TOPIC] * len(FULL.stats.hot_topics)
        != []
    )
    words = data["stats"]["keywords"]
    assert [list(each) for each in words] == [KEYWORD] * len(words) != []


def test_issue_json_says_what_the_contract_says():
    data = _json(FULL)
    assert {name: data[name] for name in ISSUE[:5]} == {
        "day": "2026-01-12", "language": "zh-Hans", "revision": 1, "generated_at": "2026-01-12T08:00:00Z", "source": "huggingface",
    }  # fmt: skip
    first = data["papers"][0]
    assert first["title"] == GOOD["title"]
    assert (first["original_title"], first["original_abstract"]) == (TITLE, ABSTRACT)
    assert first["authors"] == ["Ada Tester", "Bo Prüfer"]
    assert first["published_at"] == "2026-01-10T10:00:00Z"
    assert (first["late"], first["withdrawn"], first["translation"]["draft"]) == (
        False,
        False,
        False,
    )
    assert first["translation"]["status"] == "ok"
    assert first["translation"]["translated_at"] == "2026-01-12T08:00:00Z"
    assert data["papers"][1]["translation"]["findings"] == [
        {"check": "numbers", "severity": "error", "message": "25.7"},
        {"check": "names", "severity": "note", "message": "x"},
    ]
    assert data["stats"]["hot_topics"][0]["lift"] is None


def test_how_a_finding_is_told_on_pages_is_no_part_of_issue_json():
    told = found("numbers", "error", "numbers.lost", "abstract", "25.7")
    data = _json(issue((ONE, verdict(status="flagged", findings=(told,)))))
    assert data["papers"][0]["translation"]["findings"] == [
        {"check": "numbers", "severity": "error", "message": told.message}
    ]


def test_what_is_absent_is_null_and_never_a_missing_key():
    bare = _json(FULL)["papers"][2]
    assert [name for name in PAPER if bare[name] is None] == ["gist", "published_at", "upvotes"]
    assert bare["links"] == dict.fromkeys(LINKS)
    filled = {name: value for name, value in bare["translation"].items() if value is not None}
    assert filled == {"status": "original", "draft": False, "findings": []}
    assert (bare["authors"], bare["keywords"], bare["abstract"]) == ([], [], "")


def test_issue_json_is_utf_8_without_escapes_and_ends_its_last_line():
    body = render_json(FULL)
    assert GOOD["title"].encode() in body
    assert body.endswith(b"\n}\n")
    assert body == render_json(FULL)


def test_an_issue_survives_its_json():
    assert msgspec.json.decode(render_json(FULL), type=Issue) == FULL


MOMENTS = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


@given(
    TEXT,
    TEXT,
    st.none() | TEXT,
    st.none() | MOMENTS,
    st.none() | st.integers(0, 10**12 - 1),
    st.lists(TEXT, max_size=4),
)
def test_any_text_survives_issue_json(title, abstract, gist, published, votes, names):
    of = paper(abstract=abstract, authors=tuple(names), published_at=published, upvotes=votes)
    made = issue((of, verdict(title, abstract=abstract, gist=gist)), now=published or NOW)
    assert msgspec.json.decode(render_json(made), type=Issue) == made


def test_an_issue_without_papers_is_one_too():
    made, _ = compose(
        date(2026, 1, 13), "en", (), {}, load_areas(), Past(), NOW, measured((), "en")
    )
    assert list(_json(made)) == ISSUE
    assert (made.papers, made.stats.count, made.source) == ((), 0, "huggingface")
