"""Whatever shape a day's list has, each paper of it is read, bounded and folded; nothing else raises."""

from __future__ import annotations

import ast
import json
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ribao.errors import BadPayloadError
from ribao.listing import (
    MAX_ABSTRACT,
    MAX_ADDRESS,
    MAX_AUTHORS,
    MAX_ITEM_LITERAL,
    MAX_KEYWORDS,
    MAX_TITLE,
    MAX_WORD,
    day_inside,
    digest_of,
    fold,
    read_items,
    read_listing,
    read_page,
    read_paper,
    web_address,
)
from ribao.sources.saved import read_saved
from ribao.types import Links, RawPage
from tests.loopback import paper as entry

DAY = date(2026, 1, 12)
NOW = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)


def _page(body: object, page: int = 0) -> RawPage:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RawPage("huggingface", DAY, page, NOW, data)


def _read(facts: object):
    return read_paper(facts, "huggingface")


# ── shapes ────────────────────────────────────────────────────────────────────────────────────

ONE = entry("2601.00001", githubRepo="https://github.com/a/b", projectPage="https://a.example/")
SHAPES = {
    "the API's": [ONE],
    "bare papers": [ONE["paper"]],
    "repr strings": [repr(ONE)],
    "repr of a bare paper": [repr(ONE["paper"])],
    "wrapped as data": {"status": "ok", "data": [ONE]},
    "wrapped as papers": {"papers": [ONE]},
    "wrapped as dailyPapers": {"dailyPapers": [ONE["paper"]]},
    "wrapped repr strings": {"status": 200, "data": [repr(ONE)]},
    "with a BOM": b"\xef\xbb\xbf" + json.dumps([ONE]).encode(),
    "not ASCII": json.dumps([ONE], ensure_ascii=False).encode(),
    "UTF-16": json.dumps([ONE], ensure_ascii=False).encode("utf-16"),
    "in lines": json.dumps([ONE], indent=2).encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_paper(shape):
    papers, problems = read_page(_page(SHAPES[shape]))
    assert problems == []
    (paper,) = papers
    assert paper.id == "2601.00001"
    assert paper.title == "Learning to Test Number 01"
    assert paper.abstract.startswith("We present a method")
    assert paper.authors == ("Ada Tester", "Bo Prüfer")
    assert paper.published_at == datetime(2026, 1, 10, 10, 0, tzinfo=UTC)
    assert paper.upvotes == 7
    assert paper.keywords == ("software testing", "reinforcement learning")
    assert paper.links == Links(
        huggingface="https://huggingface.co/papers/2601.00001",
        arxiv="https://arxiv.org/abs/2601.00001",
        pdf="https://arxiv.org/pdf/2601.00001",
        code="https://github.com/a/b",
        project="https://a.example/",
    )


def test_facts_of_the_entry_stand_in_for_those_of_the_paper():
    paper = _read(
        {
            "paper": {"id": "2601.00001", "title": None, "summary": ""},
            "title": "T",
            "summary": "S",
            "publishedAt": "2026-01-11T00:00:00+08:00",
        }
    )
    assert (paper.title, paper.abstract) == ("T", "S")
    assert paper.published_at == datetime(2026, 1, 10, 16, 0, tzinfo=UTC)


BROKEN = {
    "nothing": b"",
    "blanks": b" \n ",
    "half": json.dumps([ONE]).encode()[:100],
    "a page": b"<!DOCTYPE html><html>Bad Gateway</html>",
    "latin-1": json.dumps([ONE], ensure_ascii=False).encode("latin-1"),
    "an object": b'{"error": "down"}',
    "null": b"null",
    "a number": b"17",
    "data that is none": b'{"data": null}',
    "a deep nest": b"[" * 200_000,
    "a huge number": b"[" + b"9" * 5_000 + b"]",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_list_is_said_so_and_may_be_asked_again(kind):
    with pytest.raises(BadPayloadError) as caught:
        read_items(BROKEN[kind], "2026-01-12 page 0")
    assert caught.value.transient
    assert caught.value.subject == "2026-01-12 page 0"
    assert len(str(caught.value)) < 300
    assert day_inside(BROKEN[kind]) is None


def test_a_literal_that_is_no_literal_is_not_run(tmp_path):
    mark = tmp_path / "mark"
    with pytest.raises(ValueError, match="no Python literal"):
        _read(f"__import__('pathlib').Path({str(mark)!r}).touch()")
    assert not mark.exists()


@pytest.mark.parametrize(
    "text",
    ["{'id': ", "(" * 50_000, "{[]: 1}", "-" * 5_000 + "1", "\0", "x" * (MAX_ITEM_LITERAL + 1)],
)
def test_a_broken_literal_is_a_problem_of_its_own(text):
    papers, problems = read_page(_page([text, ONE]))
    assert [paper.id for paper in papers] == ["2601.00001"]
    assert len(problems) == 1
    assert problems[0].startswith("2026-01-12: entry 1 of the list's page 0 is passed over: it is")


@pytest.mark.parametrize(
    "bad", [None, 7, True, [], {}, {"paper": None}, {"paper": {"id": "2601.00009"}}, "x"]
)
def test_an_entry_that_is_no_paper_costs_no_other(bad):
    listing = read_listing([_page([entry("2601.00001"), bad, entry("2601.00002")])])
    assert [paper.id for paper in listing.papers] == ["2601.00001", "2601.00002"]
    assert len(listing.problems) == 1


def test_a_double_keeps_its_place_and_takes_its_newest_facts():
    first = _page([entry("2601.00001", upvotes=1), entry("2601.00002")])
    again = _page([entry("2601.00003"), entry("2601.00001", upvotes=9)], page=1)
    papers = read_listing([first, again]).papers
    assert [paper.id for paper in papers] == ["2601.00001", "2601.00002", "2601.00003"]
    assert papers[0].upvotes == 9


# ── bounds and folding ────────────────────────────────────────────────────────────────────────


def test_texts_are_folded_onto_one_line():
    assert fold(" a\r\n\tb\u00a0\u2028c\u200b\x00\x1b d\ufeff ") == "a b c d"
    assert fold("\ud800 x") == "\ufffd x"
    assert fold("e\u0301 \U0001f600 中文　字") == "e\u0301 \U0001f600 中文 字"


def test_every_fact_is_bounded_and_cut_visibly():
    paper = _read(
        entry(
            title="t" * 5_000,
            summary="s" * 90_000,
            authors=[{"name": "n" * 900}] * 9_000,
            ai_keywords=["k" * 900] * 900,
            githubRepo="https://a.example/" + "x" * MAX_ADDRESS,
        )
    )
    assert len(paper.title) == MAX_TITLE
    assert len(paper.abstract) == MAX_ABSTRACT
    assert paper.title.endswith("…")
    assert len(paper.authors) == MAX_AUTHORS
    assert len(paper.authors[0]) == len(paper.keywords[0]) == MAX_WORD
    assert len(paper.keywords) == MAX_KEYWORDS
    assert paper.links.code is None


def test_three_thousand_authors_are_all_kept():
    paper = _read(entry(authors=[{"name": f"Author {n}"} for n in range(3_000)]))
    assert len(paper.authors) == 3_000


@pytest.mark.parametrize(
    ("facts", "name", "expected"),
    [
        ({"authors": None}, "authors", ()),
        (
            {"authors": ["A", {"name": " B\n C "}, {"name": None}, {}, 7, ""]},
            "authors",
            ("A", "B C"),
        ),
        ({"summary": None}, "abstract", ""),
        ({"upvotes": -1}, "upvotes", None),
        ({"upvotes": True}, "upvotes", None),
        ({"upvotes": 3.0}, "upvotes", 3),
        ({"upvotes": float("nan")}, "upvotes", None),
        ({"upvotes": "12"}, "upvotes", None),
        ({"upvotes": 10**30}, "upvotes", None),
        ({"ai_keywords": "one, two"}, "keywords", ()),
        ({"publishedAt": "soon"}, "published_at", None),
        ({"publishedAt": 1_700_000_000}, "published_at", None),
        ({"publishedAt": "0001-01-01T00:00:00+14:00"}, "published_at", None),
        ({"publishedAt": "2026-01-10"}, "published_at", datetime(2026, 1, 10, tzinfo=UTC)),
        (
            {"publishedAt": "2026-01-10T01:00:00+08:00"},
            "published_at",
            datetime(2026, 1, 9, 17, tzinfo=UTC),
        ),
    ],
)
def test_odd_facts_cost_only_themselves(facts, name, expected):
    paper = _read(entry(**facts))
    assert getattr(paper, name) == expected
    assert paper.title


# ── ids and links ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("paper_id", ["2601.00001", "2601.00001v2", "0704.0001", " 2601.00001 "])
def test_ids(paper_id):
    assert _read(entry(paper_id)).id == paper_id.strip()


def test_an_id_that_is_not_arxivs_says_whose_it_is():
    read = _read(entry("acl-2024.long-17"))
    assert read.id == "huggingface-acl-2024.long-17"
    assert read.links.huggingface == "https://huggingface.co/papers/acl-2024.long-17"
    assert read.links.arxiv is None


@pytest.mark.parametrize(
    "paper_id",
    [
        "", " ", "../../etc/passwd", "a..b", "a/b", ".hidden", "-x", "a b", "a\nb", "文", "a<b", "x" * 101, None, 2601.1, ["a"], {},
    ],
)  # fmt: skip
def test_what_is_no_id_never_comes_near_a_file_name(paper_id):
    with pytest.raises(ValueError, match=r"its id .* is none"):
        _read({"paper": {"id": paper_id, "title": "T"}})


def test_only_arxiv_ids_have_arxiv_links():
    links = _read(entry("some-paper")).links
    assert links.huggingface == "https://huggingface.co/papers/some-paper"
    assert links.arxiv is links.pdf is None


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/a/b", "http://a.example", "HTTPS://A.example/x?y=1&z#f", "https://例子.example/页", "http://127.0.0.1:80/",
    ],
)  # fmt: skip
def test_web_addresses_pass(address):
    assert web_address(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a.example/", "//a.example/x", "a.example", "https://", "https:///x", "https://user:pass@a.example/", "https://a.example/ b", 'https://a.example/"x', "https://a.example/<x", "https://a.example/\nx", "https://[::1", "https://a.example/`x`", "https://a.example/\\x", "https://a.example/\ud800", "https://a.example/\u200bx", "https://a.example/\u202ex", "", None, 7, ["https://a.example"],
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_does_not(address):
    assert web_address(address) is None


def test_brackets_in_an_address_cannot_end_a_markdown_link():
    assert web_address("https://a.example/x_(y)") == "https://a.example/x_%28y%29"


def test_the_digest_is_of_title_and_abstract_alone():
    one, voted = _read(entry()), _read(entry(upvotes=99, authors=[]))
    assert digest_of(one) == digest_of(voted) != digest_of(_read(entry(title="Other")))
    assert len(digest_of(one)) == 64


# ── properties ────────────────────────────────────────────────────────────────────────────────

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(
        [
            "2601.00001",
            "https://a.example/",
            "2026-01-10T10:00:00Z",
            "{'id': 'a', 'title': 'b'}",
            "\ud800",
            "[" * 500,
        ]
    )
)
NAMES = st.sampled_from([
    "paper", "id", "title", "summary", "authors", "name", "publishedAt", "upvotes", "ai_keywords", "githubRepo", "projectPage",
])  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
@example({"id": 10**5_000, "title": "T"})
@example(
    {
        "id": "2601.00001",
        "title": "T",
        "githubRepo": "https://a\u2100.example",
        "projectPage": "http://[",
    }
)
def test_an_entry_is_a_paper_or_a_value_error(value):
    try:
        paper = _read(value)
    except ValueError as error:
        problem = str(error)
    else:
        problem = ""
        assert paper.title == fold(paper.title) != ""
        assert paper.abstract == fold(paper.abstract)
        # All of it can be kept and printed: no surrogate is left.
        f"{paper}".encode()
        msgspec.json.encode(paper)
    assert "\n" not in problem
    assert len(problem) < 300


@pytest.mark.parametrize("name", ["id", "title", "authors", "githubRepo"])
def test_a_deep_nest_is_no_harm(name):
    nest: list = []
    for _ in range(100_000):
        nest = [nest]
    papers, problems = [], []
    try:
        papers.append(_read(entry("2601.00001")["paper"] | {name: nest}))
    except ValueError as error:
        problems.append(str(error))
    assert bool(papers) == (name in {"authors", "githubRepo"})
    assert problems in ([], ["its id (list) is none"], ["2601.00001 has no title"])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_list_or_a_bad_payload(body):
    try:
        papers, problems = read_page(_page(body))
    except BadPayloadError:
        return
    assert all(problem.startswith("2026-01-12: entry ") for problem in problems)
    assert len(papers) + len(problems) == len(read_items(body, ""))


# ── the real days ─────────────────────────────────────────────────────────────────────────────


def test_not_one_paper_of_the_corpus_is_lost(corpus):
    total = 0
    for path in sorted((corpus / "daily_papers").glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        items = data["data"] if isinstance(data, dict) else data
        items = [ast.literal_eval(item) if isinstance(item, str) else item for item in items]
        expected = [item["paper"]["id"] for item in items]
        page, papers, problems = read_saved(path, NOW)
        assert problems == []
        assert str(page.day) == path.stem
        assert [paper.id for paper in papers] == expected, path.name
        assert all(paper.title for paper in papers)
        assert all(paper.links.arxiv for paper in papers)
        for paper, item in zip(papers, items, strict=True):
            assert paper.title == " ".join((item["paper"].get("title") or item["title"]).split())
            assert len(paper.authors) == len(item["paper"]["authors"])
        total += len(papers)
    if len(list((corpus / "daily_papers").glob("*.json"))) == 474:
        assert total == 7_865
    assert total
