"""Days that are hard to draw and set: none, one or a hundred papers, and titles of every kind."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import markdown_it
import pytest
from PIL import Image
from pypdf import PdfReader

from ribao.formulas import formulas
from ribao.listing import fold
from ribao.repair import readable
from ribao.texts import load_texts
from tests.edition import DAY, Edition, some
from tests.loopback import HuggingFaceServer, LLMServer, paper, pseudo_translate
from tests.test_page import Page

TITLES = {
    "400 letters": "W" * 400,
    "400 characters in words": ("A very long title about agents " * 13)[:400],
    "Cyrillic": "Обучение языковых моделей с подкреплением",
    "emoji": "Agents 🤖 that plan 👩‍🔬 and rest 🏝️",
    "typesetting's markup": "#let x = 1; $E$ \\alpha <label> @ref *bold* _soft_ `raw`",
    "typesetting's code": '#panic("x") #import "/etc/passwd" [x] // no /* comment',
    "a heading": "= No heading - no list + none",
    "every sign": "#`$\\<@*_`>&\"'~^{}[]()|!%",
    "right to left": "نماذج اللغة الكبيرة",
    "no font has it": "Reading 𓀀𓀁 and \ue000 signs",
}


def entry(number: int, title: str) -> dict:
    return paper(f"2601.{number:05d}", title=title, summary=f"We study {title} with care.")


LISTED = [
    *(entry(number, title) for number, title in enumerate(TITLES.values(), 1)),
    paper("2601.00100", title="A Paper Without Abstract", summary=None),
]


def say(title: str, abstract: str) -> dict[str, str]:
    """A translation whose title holds the original's, whatever that is."""
    return {**pseudo_translate(title, abstract), "title": f"论文 {title}"}


def run(folder: Path, listed: list, pictures: str, language: str = "zh-Hans"):
    """A day's edition, and what its run came to."""
    more = {"RIBAO_OUTPUT__PICTURES": pictures, "RIBAO_LANGUAGE": language}
    with HuggingFaceServer({DAY: listed}) as source, LLMServer(say) as llm:
        ours = Edition(folder, source, llm, **more)
        return ours, ours.run()


def not_had(entry: dict) -> bool:
    return entry["translation"]["status"] == "missing"


def numbers(ours: Edition) -> dict:
    return json.loads(ours.text("stats.json"))


def headings(markdown: str) -> list[str]:
    """Each heading as a reader sees it."""
    tokens = markdown_it.MarkdownIt("commonmark").parse(markdown)
    return [
        "".join(child.content for child in token.children or ())
        for before, token in pairwise(tokens)
        if before.type == "heading_open"
    ]


# ── few papers and many ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 100])
def test_the_first_issue_of_an_empty_archive(count, tmp_path):
    ours, result = run(tmp_path, some(count), "false")
    assert result.code == 0, result.err
    issue, stats = ours.issue(), numbers(ours)
    assert [each["position"] for each in issue["papers"]] == list(range(1, count + 1))
    assert issue["stats"]["count"] == stats["count"] == len(stats["papers"]) == count
    assert stats["mean"] is None
    assert stats["rising_phrases"] == stats["fading_areas"] == []
    # No week before had a paper: its share is unknown, not nought.
    assert all(area["lift"] is None for area in stats["areas"])
    assert all(area["shares"][:-1] == [None] * 7 for area in stats["areas"])
    assert all(area["shares"][-1] > 0 for area in stats["areas"])
    assert len(Page(ours.text("index.html")).all("article")) == count
    assert len(headings(ours.text("issue.md"))) == count + 7


@pytest.mark.parametrize("pictures", ["false", "true"])
def test_a_day_without_papers_writes_nothing(pictures, tmp_path):
    _, result = run(tmp_path, [], pictures)
    assert (result.code, result.day["state"], result.err) == (0, "empty", "")
    assert not (tmp_path / "site").exists()


# ── titles of every kind ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_every_title_is_printed_as_it_is(language, tmp_path):
    ours, result = run(tmp_path, LISTED, "false", language)
    # What is nearly all signs or names has no Chinese translation: it is printed as it came.
    missing = {each["id"] for each in ours.issue()["papers"] if not_had(each)}
    assert result.code == (3 if missing else 0), result.err
    assert missing == (set() if language == "en" else {"2601.00001", "2601.00005", "2601.00006"})
    papers = list(ours.papers().values())
    assert [each["original_title"] for each in papers[:-1]] == list(map(fold, TITLES.values()))
    before = "" if language == "en" else "论文 "
    assert [each["title"] for each in papers[:-1]] == [
        each["original_title"] if not_had(each) else before + each["original_title"]
        for each in papers[:-1]
    ]
    assert (papers[-1]["abstract"], papers[-1]["original_abstract"]) == ("", "")

    page = Page(ours.text("index.html"))
    titles = [fold(text) for where, text in page.texts if where[-2:] == ("header", "h2")]
    # A formula is set as one; every other title stands in one piece, as it came.
    whole = [readable(each["title"]) for each in papers if not formulas(each["title"])]
    assert len(whole) >= len(papers) - 1
    assert [title for title in titles if title in whole] == whole
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "label", "iframe", "img"})
    assert load_texts(language)["page.no_abstract"] in page.text("article")

    markdown = ours.text("issue.md")
    assert headings(markdown)[3:-4] == [
        f"{number}. {readable(each['title'])}" for number, each in enumerate(papers, 1)
    ]
    lines = markdown.splitlines()
    t = load_texts(language)
    for line in (f"**{t['issue.abstract']}**", "---"):
        assert lines.count(line) == len(papers)
    for beginning in ("### ", f"**{t['issue.original_title']}** ", f"**{t['issue.links']}** [Hug"):
        assert sum(line.startswith(beginning) for line in lines) == len(papers)
    assert t["issue.no_abstract"] in lines


def test_a_day_of_such_titles_is_drawn_and_set_whole(tmp_path):
    ours, result = run(tmp_path, LISTED, "true")
    assert (result.code, result.day["problems"], result.day["missing"]) == (3, [], 3), result.err
    folder = ours.folder / "site" / DAY
    for name in ("wordcloud.svg", "trend.svg"):
        assert ET.parse(folder / name).getroot().tag.endswith("svg")
    for name in ("wordcloud.png", "trend.png", "poster.png", "card.png"):
        with Image.open(folder / name) as picture:
            picture.verify()
    with Image.open(folder / "poster.png") as poster, Image.open(folder / "card.png") as card:
        assert (poster.width, card.size) == (1080, (1200, 630))
    with (folder / "issue.pdf").open("rb") as file:
        text = "".join("".join(page.extract_text().split()) for page in PdfReader(file).pages)
    for title in ("Обучение языковых моделей", TITLES["typesetting's markup"], '#panic("x")'):
        assert "".join(readable(title).split()) in text
    page = Page(ours.text("index.html"))
    beside = {path.name for path in folder.iterdir()}
    assert {a["src"] for a in page.all("img")} <= beside
    assert {"poster.png", "card.png", "issue.pdf"} <= {a["href"] for a in page.all("a")} & beside
