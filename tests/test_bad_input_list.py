"""What a day's list can hold, be it wrong or hostile, and what becomes of its papers."""

from __future__ import annotations

import json
from pathlib import Path

import markdown_it
import pytest

from ribao.repair import repair
from tests.edition import DAY, Edition, snapshot, some
from tests.loopback import HuggingFaceServer, LLMServer, paper, pseudo_translate


@pytest.fixture
def llm():
    with LLMServer() as server:
        yield server


def test_entries_that_are_no_papers_are_named_and_cost_no_other(tmp_path, llm):
    bad = [
        None,
        {"paper": None},
        "a string",
        "",
        7,
        [],
        {},
        {"paper": {"id": "2601.09999"}},
        {"paper": {"title": "x"}},
    ]
    listed = [*some(1), *bad, *some(1, first=2)]
    with HuggingFaceServer({DAY: listed}) as source:
        ours = Edition(tmp_path, source, llm)
        result = ours.run()
    assert result.code == 3
    assert list(ours.papers()) == ["2601.00001", "2601.00002"]
    assert len(llm.requests) == 2
    for number in range(2, len(bad) + 2):
        assert f"{DAY}: entry {number} of the list" in result.err
    assert "2601.09999" in result.err


def test_bad_entries_of_later_pages_are_named_too(tmp_path, llm):
    listed = [*some(2), None, None, *some(2, first=3)]
    with HuggingFaceServer({DAY: listed}, page_size=2) as source:
        ours = Edition(tmp_path, source, llm)
        result = ours.run()
    assert result.code == 3
    assert len(ours.papers()) == 4
    assert len(result.day["problems"]) == 2


def test_bad_entries_in_the_same_place_of_two_pages_are_both_named(tmp_path, llm):
    listed = [*some(1), None, *some(1, first=2), None]
    with HuggingFaceServer({DAY: listed}, page_size=2) as source:
        result = Edition(tmp_path, source, llm).run()
    assert result.code == 3
    assert len(result.day["problems"]) == 2


def test_a_list_of_nothing_but_rubbish_is_a_failure_that_shows_it(tmp_path, llm):
    with HuggingFaceServer({DAY: [None, {"paper": None}]}) as source:
        result = Edition(tmp_path, source, llm).run()
    assert result.code == 1
    assert f"{DAY}: entry 1 of the list" in result.err
    assert llm.requests == []
    assert not (tmp_path / "site").exists()


def test_papers_without_authors_without_abstract_and_with_three_thousand_authors(tmp_path, llm):
    crowd = [{"name": f"Author {number}"} for number in range(3_000)]
    listed = [
        paper("2601.00001", authors=None),
        paper("2601.00002", summary=None),
        paper("2601.00003", authors=crowd),
        paper("2601.00004", authors=[None, {"name": None}, {}, "Eva", {"name": " Bo\nTester "}]),
        paper("2601.00005", upvotes="many", publishedAt="yesterday", ai_keywords="none"),
    ]
    with HuggingFaceServer({DAY: listed}) as source:
        ours = Edition(tmp_path, source, llm)
        result = ours.run()
    assert (result.code, result.day["ok"]) == (0, 5), result.err
    papers = ours.papers()
    assert papers["2601.00001"]["authors"] == []
    assert papers["2601.00002"]["abstract"] == papers["2601.00002"]["original_abstract"] == ""
    assert len(papers["2601.00003"]["authors"]) == 3_000
    assert papers["2601.00004"]["authors"] == ["Eva", "Bo Tester"]
    assert papers["2601.00005"]["upvotes"] is papers["2601.00005"]["published_at"] is None
    page = ours.text("index.html")
    assert "3000" in page
    assert "Author 2999" not in page
    assert page.rstrip().endswith("</html>")


HOSTILE = {
    "script": "<script>alert(1)</script> Attacks",
    "image": 'A "><img src=x onerror=alert(1)> Title',
    "formula": "Learning $E=mc^2$ and $\\alpha$ Fast",
    "ampersand": "Search \\& Rescue &amp; &lt;b&gt; Work",
    "think": "The <think> Token and </think> Its End",
    "breaks": "Line\r\n\r\n## Heading\u2028and\u2029more\tin\x0bone\x00Title",
    "markdown": "# One [link](javascript:alert(1)) `code` **bold** ![x](y) --- | table",
    "braces": "{{ 7 * 7 }} {% raw %} ${HOME} %s Templates",
    "end": "]]> --> </title></style></textarea> Closing",
    "bidi": "Text \u202e reversed \ud83d half",
}


def test_hostile_titles_are_shown_as_they_are_and_do_nothing(tmp_path):
    listed = [
        paper(
            f"2601.{n:05d}",
            title=title,
            authors=[{"name": title}],
            summary=f"We study {title} with care.",
        )
        for n, title in enumerate(HOSTILE.values(), 1)
    ]
    asked = {}

    def say(title, abstract):
        asked[title] = abstract
        return {**pseudo_translate(title, abstract), "title": f"论文 {title}"}

    with HuggingFaceServer({DAY: listed}) as source, LLMServer(say) as llm:
        ours = Edition(tmp_path, source, llm)
        result = ours.run()
    assert result.code in {0, 3}, result.err
    papers = list(ours.papers().values())
    assert len(papers) == len(HOSTILE)
    for paper_, title in zip(papers, HOSTILE.values(), strict=True):
        folded = " ".join(title.replace("\x00", " ").replace("\ud83d", "\ufffd").split())
        assert paper_["original_title"] == folded
        assert repair(folded) in asked  # verbatim in the question
        assert "\n" not in paper_["title"] + paper_["abstract"]
    rendered = markdown_it.MarkdownIt("commonmark").render(ours.text("issue.md"))
    for made in (
        ours.text("index.html"),
        rendered,
        (tmp_path / "site/index.html").read_text("utf-8"),
    ):
        for sign in (
            "<script>alert",
            "<img src=x",
            "<think",
            'href="javascript:',
            "<b>",
            "</textarea",
        ):
            assert sign not in made.replace("<li><b>", "").replace('"><b>', "")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made
    headings = [line for line in ours.text("issue.md").splitlines() if line.startswith("#")]
    assert [line.split(" ")[0] for line in headings] == [
        "#",
        "##",
        "##",
        *["###"] * len(HOSTILE),
        *["##"] * 4,
    ]
    assert "{{ 7 * 7 }}" in ours.text("index.html")


def test_only_web_addresses_become_links(tmp_path, llm):
    bad = [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil",
        "ftp://a/b",
        'https://a/"><script>',
        "https://a b/",
        7,
    ]
    listed = [
        paper(f"2601.{n:05d}", githubRepo=link, projectPage=link) for n, link in enumerate(bad, 1)
    ]
    listed.append(paper("2601.00100", githubRepo="https://github.com/a/b"))
    with HuggingFaceServer({DAY: listed}) as source:
        ours = Edition(tmp_path, source, llm)
        assert ours.run().code == 0
    papers = ours.papers()
    assert [p["links"]["code"] for p in papers.values()] == [None] * len(bad) + [
        "https://github.com/a/b"
    ]
    everything = b"".join(ours.files().values()).decode("utf-8", "replace")
    assert "javascript:" not in everything
    assert "data:text" not in everything


def test_ids_that_are_paths_write_nothing_anywhere(tmp_path, llm):
    bad = [
        "../../evil",
        "/etc/passwd",
        "a/b",
        "..",
        ".",
        "a\x00b",
        "x" * 200,
        "",
        None,
        5,
        {"id": 1},
        "２６",
    ]
    listed = [
        *(
            paper(identifier, title="Evil")
            if isinstance(identifier, str)
            else {"paper": {"id": identifier, "title": "Evil"}}
            for identifier in bad
        ),
        *some(1),
    ]
    folder = tmp_path / "inner" / "edition"
    folder.mkdir(parents=True)
    with HuggingFaceServer({DAY: listed}) as source:
        ours = Edition(folder, source, llm)
        result = ours.run()
    assert result.code == 3
    assert result.err.count("passed over") >= len(bad)
    assert list(ours.papers()) == ["2601.00001"]
    assert all(Path(name).parts[:2] == ("inner", "edition") for name in snapshot(tmp_path))
    assert b"Evil" not in b"".join(ours.files().values())


@pytest.mark.parametrize("size", [100, 2], ids=["in one page", "in two pages"])
def test_the_same_paper_twice_stands_once_with_its_newest_facts(tmp_path, llm, size):
    listed = [*some(2), paper("2601.00001", upvotes=99), *some(1, first=3)]
    with HuggingFaceServer({DAY: listed}, page_size=size) as source:
        ours = Edition(tmp_path, source, llm)
        assert ours.run().code == 0
    assert list(ours.papers()) == ["2601.00001", "2601.00002", "2601.00003"]
    assert ours.papers()["2601.00001"]["upvotes"] == 99
    assert len(llm.requests) == 3


def test_a_server_that_gives_twenty_to_a_page_loses_nothing(tmp_path, llm):
    with HuggingFaceServer({DAY: some(45)}, page_size=20) as source:
        ours = Edition(tmp_path, source, llm)
        assert ours.run().code == 0
        asked = [handler.path for handler in source.requests]
    assert len(ours.papers()) == 45
    assert len(source.requests) == 4
    assert asked


def test_a_server_that_knows_no_pages_is_asked_twice(tmp_path, llm):
    with HuggingFaceServer({DAY: json.dumps(some(3)).encode()}) as source:
        ours = Edition(tmp_path, source, llm)
        assert ours.run().code == 0
        assert len(source.requests) == 2
    assert len(ours.papers()) == 3


def test_a_list_without_end_is_a_failure_and_bounded(tmp_path, llm):
    class Endless(HuggingFaceServer):
        def answer(self, handler):
            handler.send(200, json.dumps([paper(f"2601.{len(self.requests):05d}")]))

    with Endless({}) as source:
        result = Edition(tmp_path, source, llm).run()
        assert len(source.requests) <= 30
    assert result.code == 1
    assert "does not end" in result.err
    assert llm.requests == []


def test_a_list_that_is_enormous_only_as_a_whole_is_bounded_too(tmp_path, llm):
    class Heavy(HuggingFaceServer):
        def answer(self, handler):
            entry = paper(f"2601.{len(self.requests):05d}", padding="x" * 9 * 2**20)
            handler.send(200, json.dumps([entry]))

    with Heavy({}) as source:
        result = Edition(tmp_path, source, llm, RIBAO_HUGGINGFACE__TIMEOUT="20").run()
        assert len(source.requests) == 4
    assert result.code == 1
    assert "is larger than" in result.err
    assert llm.requests == []
