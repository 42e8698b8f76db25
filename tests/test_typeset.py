"""Poster, card and newspaper: whole, the same each time, and untouched by what titles hold."""

from __future__ import annotations

import importlib
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from functools import cache

import pypdf
import pytest
from PIL import Image

from ribao.errors import RenderError
from ribao.renderers import typeset
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import visible
from ribao.renderers.illustrations import OF_ISSUE, draw_issue, draw_numbers
from ribao.repair import readable
from ribao.statistics import DayCount, Movement, Phrase, Statistics
from ribao.texts import load_texts
from ribao.types import (
    HotTopic,
    Issue,
    IssuePaper,
    Links,
    Stats,
    Translation,
)
from tests import made
from tests.conftest import ROOT

URL = "https://daily.example/2026-01-12/"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90"><title>t</title>'
    b"<desc>\xe5\x85\xb3\xe9\x94\xae\xe8\xaf\x8d &amp; more</desc>"
    b'<text x="10" y="50" font-family="Ribao Sans" font-size="20">SVGWORD</text></svg>'
)
MOVEMENT = Movement("上升短语", None, (0, 0, 0, 1, 1, 2, 3, 5), 2.0)
STATISTICS = Statistics(
    made.DAY, "zh-Hans", 1, 1, 1, 7, (DayCount(date(2026, 1, 12), 1),), None, (), (), (),
    (MOVEMENT,), (), (), (),
)  # fmt: skip
HOSTILE = (
    '#panic("no") $x^2$ \\frac <label> @cite *bold* _it_ [a](b) "q" `code` //c /*d*/ ~ -- ---',
    "= heading",
    "- list",
    "#let x = 1",
    "1. number",
    "\\",
    "#",
    "*",
    "]",
    '"',
    "${",
    '"; #import "x',
)


def paper(number: int, title: str, **facts) -> IssuePaper:
    whole = IssuePaper(
        id=f"2601.{number:05d}",
        position=number,
        title=title,
        original_title=made.TITLE,
        gist=made.GOOD["gist"],
        abstract=f"{made.GOOD['abstract'] * 3}第{number}篇完。",
        original_abstract=made.ABSTRACT,
        authors=("Ada Tester", "Bo Prüfer"),
        published_at=made.NOW,
        upvotes=7,
        topics=("agents",),
        keywords=(),
        late=False,
        withdrawn=False,
        links=made.LINKS,
        translation=Translation("ok", model="loopback-1", translated_at=made.NOW),
    )
    return replace(whole, **facts)


def issue(*titles: str, count: int = 0, **facts) -> Issue:
    """An issue with these titles, or so many papers of sound length."""
    titles = titles or tuple(f"第{n}篇：利用三维地图规划路线的智能体" for n in range(1, count + 1))
    papers = tuple(paper(n, title, **facts) for n, title in enumerate(titles, 1))
    stats = Stats(len(papers), len(papers), (), ())
    return Issue(made.DAY, "zh-Hans", 1, made.NOW, "huggingface", papers, stats)


def edition(language: str = "zh-Hans", **facts) -> Edition:
    areas = {"agents": "智能体" if language == "zh-Hans" else "Agents"}
    return Edition(language, load_texts(language), areas, **facts)


EDITION = edition(base_url="https://daily.example")


def change(of, **facts):
    """The issue with its first paper changed."""
    return replace(of, papers=(replace(of.papers[0], **facts), *of.papers[1:]))


@cache
def full():
    """An issue of 31 papers, set: shared by the tests that only look at it."""
    day = issue(count=31)
    hot = tuple(
        HotTopic(f"t{n}", f"领域{n}", 9 - n, lift) for n, lift in enumerate((1.8, 0.5, 1.0))
    )
    day = replace(day, stats=replace(day.stats, hot_topics=hot))
    pictures = {"wordcloud.svg": SVG, "trend.svg": SVG}
    return day, typeset.newspaper(day, STATISTICS, EDITION, pictures)


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def text(pdf: bytes) -> str:
    """All that the PDF says, without running heads and the blanks that setting it brings."""
    said = plain("".join(page.extract_text() for page in read(pdf).pages))
    return re.sub("论文日报2026年1月12日第[0-9]+页", "", said)


def plain(said: str) -> str:
    return re.sub(r"[\s\u00a0\u200b]+", "", said)


def opened(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return picture


# ── the newspaper ─────────────────────────────────────────────────────────────────────────────


def test_the_newspaper_says_everything():
    day, pdf = full()
    said = text(pdf)
    for paper in day.papers:
        for part in (paper.title, paper.original_title, paper.gist, paper.abstract):
            assert plain(part) in said
    assert "领域01.8" not in said  # the sign stands between count and lift
    assert "▲1.8×" in said
    assert "▼0.5×" in said
    assert "上升短语" in said
    assert said.count("SVGWORD") == 2
    assert plain("标题与摘要由语言模型翻译") in said


def test_the_newspaper_is_tagged_titled_and_outlined():
    day, pdf = full()
    reader = read(pdf)
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "zh-CN"
    assert reader.metadata.title == "论文日报 2026-01-12"
    assert reader.metadata.creation_date == day.generated_at
    assert "pdfuaid" in reader.xmp_metadata.stream.get_data().decode()
    heads = [entry for entry in reader.outline if not isinstance(entry, list)]
    assert [head.title for head in heads][-1] == EDITION.texts["issue.heading_papers"]
    below = reader.outline[-1]
    assert len(below) == len(day.papers)
    assert all(plain(p.title) in plain(e.title) for p, e in zip(day.papers, below, strict=True))


def test_pictures_have_their_words():
    _, pdf = full()
    found = [
        element["/Alt"]
        for element in (ref.get_object() for ref in objects(read(pdf)))
        if isinstance(element, dict) and "/Alt" in element
    ]
    assert found == ["关键词 & more"] * 2


def objects(reader: pypdf.PdfReader):
    for number in range(1, len(reader.xref_objStm) + len(reader.xref.get(0, {})) + 1):
        yield pypdf.generic.IndirectObject(number, 0, reader)


def test_all_fonts_are_ours_and_inside():
    _, pdf = full()
    names = set()
    for page in read(pdf).pages:
        for font in page["/Resources"]["/Font"].values():
            (inner,) = font["/DescendantFonts"]
            described = inner["/FontDescriptor"]
            names.add(font["/BaseFont"].partition("+")[2])
            assert "/FontFile3" in described or "/FontFile2" in described
    assert names
    assert all(name.startswith(("RibaoSans", "RibaoSerif")) for name in names)


def test_links_can_be_clicked_on():
    _, pdf = full()
    reader = read(pdf)
    actions = [
        annotation.get_object()["/A"]["/URI"]
        for page in reader.pages
        for annotation in page.get("/Annots", [])
        if "/A" in annotation.get_object() and "/URI" in annotation.get_object()["/A"]
    ]
    for link in (*made.LINKS.__class__.__slots__,):
        assert actions.count(getattr(made.LINKS, link)) >= 31
    assert f"{EDITION.base_url}/2026-01-12/" in actions


def test_pages_are_a4_with_running_heads_and_true_numbers_in_the_contents():
    day, pdf = full()
    reader = read(pdf)
    pages = reader.pages
    assert {(round(p.mediabox.width), round(p.mediabox.height)) for p in pages} == {(595, 842)}
    for number, page in enumerate(pages[1:], 2):
        assert f"第{number}页" in plain(page.extract_text())
    front = plain(pages[0].extract_text())
    for paper, entry in zip(day.papers, reader.outline[-1], strict=True):
        number = reader.get_destination_page_number(entry) + 1
        assert plain(paper.title) in plain(pages[number - 1].extract_text())
        assert f"{plain(paper.title)}{number}" in front


def lowest(page: pypdf.PageObject) -> list[float]:
    """Where the texts of both columns end, above the foot."""
    ends = [842.0, 842.0]

    def note(said, _, matrix, *more):
        if said.strip() and matrix[5] > 90:
            column = int(matrix[4] > 297)
            ends[column] = min(ends[column], matrix[5])

    page.extract_text(visitor_text=note)
    return ends


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 21, 31])
def test_the_last_page_has_no_empty_column(count):
    left, right = lowest(read(typeset.newspaper(issue(count=count), None, EDITION, {})).pages[-1])
    assert abs(left - right) < 160


# ── posters and cards ─────────────────────────────────────────────────────────────────────────


def test_poster_and_card_have_their_sizes():
    day, _ = full()
    poster = typeset.poster(day, STATISTICS, EDITION, URL)
    picture = opened(poster)
    assert picture.width == 1080
    assert picture.height > 31 * 400
    assert len(poster) <= 2_500_000
    card = typeset.card(day, STATISTICS, EDITION)
    assert opened(card).size == (1200, 630)
    assert len(card) < 200_000


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_a_poster_of_real_abstracts_can_be_passed_on(corpus, language):
    pairs = json.loads((corpus / "translations_zh.json").read_text("utf-8"))[:31]
    which = "_zh" if language == "zh-Hans" else ""
    papers = tuple(
        paper(n, pair[f"title{which}"], abstract=pair[f"abstract{which}"])
        for n, pair in enumerate(pairs, 1)
    )
    day = replace(issue(count=1), language=language, papers=papers)
    assert len(typeset.poster(day, None, edition(language), URL)) <= 2_500_000


def test_a_poster_grows_with_each_text():
    day = issue(count=1)
    height = opened(typeset.poster(day, None, EDITION, None)).height
    taller = change(day, abstract=day.papers[0].abstract + "多一句话。" * 40)
    assert opened(typeset.poster(taller, None, EDITION, None)).height > height + 200
    with_code = opened(typeset.poster(day, None, EDITION, URL))
    assert with_code.height > height


def test_the_poster_is_drawn_on_paper_in_ink_and_one_red():
    picture = opened(typeset.poster(issue(count=1), None, EDITION, None)).convert("RGB")
    colours = {colour for _, colour in picture.getcolors(1000)}
    assert len(colours) <= 16
    assert {(0xFB, 0xF9, 0xF4), (0x1D, 0x1B, 0x18), (0xA9, 0x2B, 0x20)} <= colours


# ── for all of them ───────────────────────────────────────────────────────────────────────────


def test_the_same_day_gives_the_same_bytes():
    day, pdf = full()
    assert (
        typeset.newspaper(day, STATISTICS, EDITION, {"wordcloud.svg": SVG, "trend.svg": SVG}) == pdf
    )
    few = issue(count=3)
    assert typeset.poster(few, None, EDITION, URL) == typeset.poster(few, None, EDITION, URL)
    assert typeset.card(few, None, EDITION) == typeset.card(few, None, EDITION)


@pytest.mark.parametrize(
    "day",
    [
        issue(),
        issue(count=1),
        issue("无" * 400, "X" * 400, "A_long-title " * 31),
        issue(*HOSTILE),
        issue(*HOSTILE, withdrawn=True, translation=Translation("missing")),
        issue("Исследование больших языковых моделей", "表情 🤗👨\u200d👩\u200d👧\x00\u202e", ""),
        change(issue(count=2), abstract="这是一句很长的话。" * 2200),
        change(issue(count=2), abstract="z" * 20_000),
        change(issue(count=2), abstract="", original_abstract="", gist=None),
        change(issue(count=2), authors=(), upvotes=None, topics=(), links=Links()),
        change(issue(count=2), authors=tuple(f"Author Number{n}" for n in range(3000))),
        change(issue(count=2), authors=("N" * 300,)),
        change(issue(count=2), links=Links(code="https://x.example/" + "q" * 5000)),
        change(issue(count=2), abstract="见 https://example.org/" + "a/b-c_d" * 200 + " 完"),
    ],
)
def test_nothing_is_too_much(day):
    assert opened(typeset.card(day, None, EDITION)).size == (1200, 630)
    assert opened(typeset.poster(day, None, EDITION, URL)).width == 1080
    said = text(typeset.newspaper(day, None, EDITION, {}))
    for paper in day.papers:
        assert plain(visible(readable(paper.title))) in said
        assert plain(visible(readable(paper.abstract)))[-40:] in said
    if not day.papers:
        assert plain(EDITION.texts["page.no_papers"]) in said


def test_a_hundred_papers_have_a_front_of_their_own():
    day = issue(count=100)
    pdf = read(typeset.newspaper(day, None, EDITION, {}))
    front = plain(pdf.pages[0].extract_text() + pdf.pages[1].extract_text())
    assert all(plain(paper.title) in front for paper in day.papers)
    assert len(pdf.outline[-1]) == 100


def test_a_poster_of_a_hundred_papers_is_whole_and_needs_little_memory():
    # Linux says in kB what a process took at most; ru_maxrss would be that of its parent.
    script = (
        "import struct; from pathlib import Path; from tests.test_typeset import *;"
        "png = typeset.poster(issue(count=100), None, EDITION, URL);"
        "status = Path('/proc/self/status');"
        "said = status.read_text() if status.exists() else 'VmHWM: 0';"
        "print(*struct.unpack('>II', png[16:24]), len(png), said.split('VmHWM:')[1].split()[0])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wide, high, size, memory = map(int, done.stdout.split())
    assert wide == 1080
    assert high > 100 * 400
    assert size < 8_000_000
    assert memory < 500_000


@pytest.mark.parametrize("count", [0, 1])
def test_the_first_issue_of_an_empty_archive_has_its_pictures(count):
    first = replace(STATISTICS, count=count, trend=(DayCount(made.DAY, count),), rising_phrases=())
    phrases = (Phrase("大语言模型", 3.0, "language", ()),) if count else ()
    files, problems = draw_numbers(replace(first, phrases=phrases), EDITION)
    day = issue(count=count)
    prints, failed = draw_issue(tuple(OF_ISSUE), day, first, EDITION, files)
    assert problems == failed == []
    assert {*prints} == {"poster.png", "card.png", "issue.pdf"}
    assert "trend.svg" in files
    assert ("wordcloud.svg" in files) == bool(count)
    assert opened(prints["card.png"]).size == (1200, 630)


def test_an_english_edition():
    own = {"abstract": made.ABSTRACT, "gist": None, "translation": Translation("original")}
    day = replace(issue(made.TITLE, **own), language="en")
    pdf = typeset.newspaper(day, None, edition("en"), {})
    assert read(pdf).trailer["/Root"]["/Lang"].startswith("en")
    assert plain("As published") in text(pdf)
    # Words are divided at the ends of lines.
    assert plain(readable(made.ABSTRACT)).replace("-", "") in text(pdf).replace("-", "")
    assert opened(typeset.poster(day, None, edition("en"), URL)).width == 1080


def test_the_print_edition_is_white():
    """Pictures bring the paper of the pages, which is not white."""
    ground_of = b'<rect class="f-paper" fill="#00ff00" x="0" y="0" width="160" height="90"/>'
    with_ground = SVG.replace(b"<text", ground_of + b"<text")
    day = issue(count=1)
    pdfs = [
        typeset.newspaper(day, None, EDITION, {"wordcloud.svg": svg}) for svg in (SVG, with_ground)
    ]
    assert pdfs[0] == pdfs[1]


@pytest.mark.parametrize("missing", ["typst", "PIL.Image", "segno"])
def test_without_a_library_the_remedy_is_named(monkeypatch, missing):
    real = importlib.import_module

    def absent(name, *more):
        if name == missing:
            raise ModuleNotFoundError(name)
        return real(name, *more)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(RenderError, match=r"pip install 'ribao\[pictures\]'"):
        typeset.poster(issue(count=1), None, EDITION, URL)
