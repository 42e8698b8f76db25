"""The pages are sound HTML whatever a paper says: escaped, marked, linked, without scripts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ribao.listing import fold
from ribao.plan import original
from ribao.renderers.maths import ELEMENTS, as_html
from ribao.renderers.page import Figure, Neighbours, render_index, render_issue, script, stylesheet
from ribao.renderers.player import Passage, clock, players, where_heard
from ribao.repair import repair
from ribao.speech import Chapter, Cue, EditionName, Episode, Span
from ribao.statistics import PaperTopics, Statistics, TopicEvidence
from ribao.types import Entry, Finding, Issue
from tests.made import ABSTRACT, DAY, GOOD, TITLE, edition, issue, measured, paper, verdict

VOID = {"meta", "link", "br", "hr", "img", "input"}
AREA = "3d-generation-reconstruction"  # That of the made paper.
BEFORE, AFTER = date(2026, 1, 9), date(2026, 1, 13)


class Page(HTMLParser):
    """Every element with its attributes and text; raises where tags are not nested rightly."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"double attribute in {tag}: {attrs}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append((tuple(self._open), data))

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.elements if t == tag and attributes.items() <= a.items()]

    def text(self, tag: str | None = None) -> str:
        return fold("".join(text for where, text in self.texts if tag is None or tag in where))


def _page(*pairs, made: Issue | None = None, around: Neighbours | None = None, **facts) -> Page:
    language = facts.pop("language", "zh-Hans")
    made = made or issue(*pairs, language=language)
    beside = {
        name: facts.pop(name)
        for name in ("stats", "figures", "pictures", "episodes")
        if name in facts
    }
    shown = edition(language, **facts)
    return Page(render_issue(made, shown, around or Neighbours(), **beside))


def _numbers(*topics: TopicEvidence) -> Statistics:
    """The day's numbers, with these areas of its one paper."""
    numbers = measured([paper()])(1)
    return replace(numbers, papers=(PaperTopics(paper().id, topics),)) if topics else numbers


# ── what stands on the page ───────────────────────────────────────────────────────────────────


def test_a_page_holds_the_papers_and_their_facts():
    page = _page(
        (paper(), verdict()),
        (paper("2601.00002", links=replace(paper().links, code=None)), verdict()),
    )
    text = page.text("body")
    for words in (
        GOOD["title"],
        GOOD["gist"],
        TITLE,
        repair(ABSTRACT),
        "Ada Tester、Bo Prüfer",
        "2026 年 1 月 12 日",
    ):
        assert fold(words) in text
    assert [a["id"] for a in page.all("article")] == ["p-2601.05432", "p-2601.00002"]
    assert "2篇论文" in text
    assert "1篇有代码" in text
    assert "译：loopback-1 · 01-12" in text
    addresses = [a.get("href") for a in page.all("a")]
    assert {"https://huggingface.co/papers/2601.05432", "https://github.com/maps/mapwalk"} <= set(
        addresses
    )
    assert all(page.all(tag) for tag in ("main", "h1", "nav", "header", "footer"))


def test_an_abstract_has_its_paragraph_and_no_other_text_is_lost():
    page = _page((paper(abstract=""), verdict(abstract="", gist=None)))
    assert "原文没有摘要。" in page.text("article")
    assert page.all("details") == []


def test_many_authors_are_counted():
    of = paper(authors=tuple(f"Author {n}" for n in range(3_000)))
    assert "Author 0、Author 1、Author 2、Author 3 等 3000 人" in _page((of, verdict())).text(
        "article"
    )
    assert "作者不详" in _page((paper(authors=()), verdict())).text("article")


def test_a_sample_is_labelled():
    assert "样刊" in _page(sample=True).text("header")
    assert "样刊" not in _page().text("header")


def test_the_edition_can_have_its_own_name():
    page = _page(name="晨报 & <Co>")
    assert "晨报 & <Co>" in page.text("header")
    assert "2026-01-12 · 晨报 & <Co>" in page.text("title")


@pytest.mark.parametrize(
    ("kind", "word", "why"),
    [
        ("withdrawn", "已撤回", "请勿再引用"),
        ("late", "晚到", "首次发布之后"),
        ("flagged", "待核对", "numbers: 25.7 & <b>"),
        ("missing", "未翻译", "the server is down"),
        ("draft", "机器草稿", "小模型"),
    ],
)
def test_a_mark_explains_itself(kind, word, why):
    findings = (
        Finding(
            "numbers" if kind == "flagged" else "engine",
            "error",
            "numbers: 25.7 & <b>" if kind == "flagged" else "the server is down",
        ),
        Finding("names", "note", "only for the operator"),
    )
    facts = {
        "flagged": {"status": "flagged", "findings": findings},
        "missing": {"status": "missing", "findings": findings},
        "draft": {"draft": True},
    }
    made = issue((paper(), verdict(**facts.get(kind, {}))))
    of = {"late": kind == "late", "withdrawn": kind == "withdrawn"}
    made = replace(made, papers=(replace(made.papers[0], **of),))
    page = _page(made=made)
    assert len(page.all("details", **{"class": f"mark {kind}"})) == 1
    assert word in page.text("summary")
    assert fold(why) in page.text("details")
    assert "only for the operator" not in page.text()
    unmarked = _page()
    assert word not in unmarked.text("article")


def test_the_words_that_decided_an_area_stand_behind_it():
    page = _page(stats=_numbers(TopicEvidence(AREA, ("3D", "3D Maps"))))
    assert len(page.all("details", **{"class": "areas"})) == 1
    assert f"{edition().areas[AREA]}：3D、3D Maps" in page.text("details")
    assert page.all("span", title="3D、3D Maps")
    assert len(page.all("span", lang="en")) == 2
    assert TopicEvidence(AREA, ("3D",)) in _numbers().papers[0].topics


@pytest.mark.parametrize("stats", [None, replace(measured([paper()])(1), papers=())])
def test_areas_without_evidence_are_named_all_the_same(stats):
    page = _page(stats=stats)
    assert edition().areas[AREA] in page.text("article")
    assert page.all("details", **{"class": "areas"}) == []


@pytest.mark.parametrize(
    "words", ['"><script>x</script>', "' onfocus=x", "<b>", "&lt;", "{{ 7*7 }}"]
)
def test_evidence_is_escaped_in_attribute_and_text(words):
    page = _page(stats=_numbers(TopicEvidence(AREA, (words,))))
    assert len(page.all("span", title=words)) == 1
    assert f"：{words}" in page.text("details")
    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert not [a for _, a in page.elements if any(name.startswith("on") for name in a)]


def test_what_can_be_passed_on_is_linked_where_it_is():
    files = {"poster.png": "长图", "card.png": "分享卡片", "issue.pdf": "PDF 报纸版"}
    page = _page(pictures=frozenset(files))
    links = [a["href"] for a in page.all("a")]
    assert [each for each in links if each in files] == list(files)
    assert all(name in page.text("nav") for name in files.values())
    only = _page(pictures=frozenset({"card.png", "trend.png"}))
    assert [a["href"] for a in only.all("a") if a["href"] in files] == ["card.png"]
    assert "分享与打印" not in _page().text()


def test_a_figures_note_stands_below_it():
    drawn = Figure("rising", "上升", "说明", note="只是 <线索>")
    page = _page(figures=(drawn, Figure("trend", "趋势", "说明")))
    assert "只是 <线索>" in page.text("figure")
    assert len(page.all("p", **{"class": "note"})) == 1


def test_the_numbers_are_linked_where_there_are_any():
    assert len(_page(stats=_numbers()).all("a", href="stats.json")) == 1
    assert _page().all("a", href="stats.json") == []


def test_no_mark_on_what_is_sure():
    assert [a for a in _page().all("details") if "mark" in (a["class"] or "")] == []


# ── the spoken editions ───────────────────────────────────────────────────────────────────────


def _episode(name: EditionName = "brief", **facts) -> Episode:
    """An opening and one paper; the paper's two sentences begin on whole seconds but one."""
    chapters = (
        Chapter(Span(0, 12.3456), "opening", "开场", None),
        Chapter(Span(12.3456, 65), paper().id, "地图 <b>", None),
    )
    cues = tuple(
        Cue(Span(start, start + 2), text)
        for start, text in ((0.5, "早上好。"), (12.3456, "第一句 <i>。"), (20, "第二句。"))
    )
    made = Episode(
        DAY, "zh-Hans", name, 1, "速览", 9, 65.4, chapters, cues, ("kokoro:zf_xiaobei", "edge:<x>")
    )
    return replace(made, **facts)


def test_a_player_has_its_chapters_with_what_is_said_in_each():
    shown = players([_episode("full", seconds=3_723), _episode()])
    assert [(each.edition, each.stem, each.clock) for each in shown] == [
        ("brief", "brief", "1:05"),
        ("full", "issue", "1:02:03"),
    ]
    assert shown[0].passages == (
        Passage("opening", "开场", "0.00", "0:00", (("0.50", "早上好。"),)),
        Passage(
            paper().id, "地图 <b>", "12.35", "0:12",
            (("12.35", "第一句 <i>。"), ("20.00", "第二句。")),
        ),
    )  # fmt: skip
    assert players([]) == []


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (59.99, "0:59"), (60, "1:00"), (3_600, "1:00:00")]
)
def test_a_time_stands_as_players_show_it(seconds, shown):
    assert clock(seconds) == shown


def test_a_paper_is_heard_in_the_first_edition_that_has_it():
    only = Chapter(Span(40, 65), "2601.00002", "另一篇", None)
    full = _episode("full", chapters=(*_episode().chapters, only))
    heard = where_heard(players([full, _episode()]))
    assert heard[paper().id] == ("brief", "12.35")
    assert heard["2601.00002"] == ("issue", "40.00")
    assert where_heard([]) == {}


def test_each_spoken_edition_has_its_player():
    page = _page(episodes=[_episode("full"), _episode()])
    assert [a["src"] for a in page.all("audio")] == ["brief.mp3", "issue.mp3"]
    assert all("controls" in a and a["preload"] == "none" for a in page.all("audio"))
    links = [a["href"] for a in page.all("a") if "data-at" in a]
    # Two chapters and three sentences of each, and "listen" beside the paper.
    assert len(links) == 2 * (2 + 3) + 1
    assert links.count("brief.mp3#t=12.35") == 3
    assert links[-1] == "brief.mp3#t=12.35"
    assert {"brief.vtt", "issue.vtt"} <= {a["href"] for a in page.all("a")}
    assert [a["src"] for a in page.all("script")] == ["../assets/player.js"]
    text = page.text("section")
    assert "地图 <b>" in text
    assert "第一句 <i>。" in text
    assert "kokoro:zf_xiaobei、edge:<x>" in text
    assert {tag for tag, _ in page.elements} <= ALLOWED | SPEAKING


def test_sound_of_an_earlier_revision_says_so():
    made = issue(revision=2)
    assert "第 1 版" in _page(made=made, episodes=[_episode()]).text("h3")
    assert "第" not in _page(made=made, episodes=[_episode(revision=2)]).text("h3")


def test_a_paper_that_is_not_spoken_has_no_sound():
    page = _page(episodes=[_episode(chapters=_episode().chapters[:1])])
    assert [a for a in page.all("a") if a["href"].endswith("#t=12.35")] == []
    assert "听" not in page.text("article")


def test_a_silent_issue_has_neither_player_nor_script():
    page = _page()
    assert page.all("audio") == page.all("script") == []
    assert "听" not in page.text("body")


def test_the_players_script_is_small_and_asks_nobody():
    assert len(script()) <= 6 * 1024
    assert not re.search(rb"https?:|fetch\(|XMLHttp|innerHTML|eval|import", script())


# ── languages ─────────────────────────────────────────────────────────────────────────────────


def test_every_text_says_its_language():
    page = _page()
    assert page.all("html") == [{"lang": "zh-Hans"}]
    assert page.all("p", **{"class": "original-title"})[0]["lang"] == "en"
    assert "lang" not in page.all("p", **{"class": "abstract"})[0]
    missing = _page(
        (paper(), replace(original(paper()), translation=verdict(status="missing").translation))
    )
    assert missing.all("p", **{"class": "abstract"})[0]["lang"] == "en"
    assert missing.all("h2", lang="en")
    assert missing.all("p", **{"class": "original-title"}) == []


def test_an_english_edition_is_english_throughout():
    page = _page((paper(), original(paper())), language="en")
    assert page.all("html") == [{"lang": "en"}]
    assert page.text("article").count(TITLE) == 1
    assert not re.search("[\u4e00-\u9fff]", page.text())


# ── links ─────────────────────────────────────────────────────────────────────────────────────


def test_neighbours_are_linked_where_there_are_any():
    page = _page(around=Neighbours(BEFORE, AFTER))
    for tag in ("a", "link"):
        assert page.all(tag, rel="prev")[0]["href"] == "../2026-01-09/index.html"
        assert page.all(tag, rel="next")[0]["href"] == "../2026-01-13/index.html"
    alone = _page()
    assert not [a for _, a in alone.elements if a.get("rel") in {"prev", "next"}]


def test_the_canonical_address_needs_an_address():
    assert (
        _page(base_url="https://a.example/d").all("link", rel="canonical")[0]["href"]
        == "https://a.example/d/2026-01-12/"
    )
    assert _page().all("link", rel="canonical") == []
    index = Page(render_index((), edition(base_url="https://a.example/d")))
    assert index.all("link", rel="canonical")[0]["href"] == "https://a.example/d/"


def test_the_other_forms_are_linked():
    page = _page()
    assert page.all("link", rel="alternate", type="text/markdown")[0]["href"] == "issue.md"
    assert page.all("link", rel="alternate", type="application/json")[0]["href"] == "issue.json"


def _assert_links_resolve(folder: Path) -> int:
    pages = {path: Page(path.read_text("utf-8")) for path in folder.rglob("*.html")}
    count = 0
    for path, page in pages.items():
        ids = [a["id"] for _, a in page.elements if a.get("id")]
        assert len(set(ids)) == len(ids), path
        for _, attributes in page.elements:
            address = attributes.get("href") or attributes.get("src")
            if address is None or re.match(r"(https?|data):", address):
                continue
            file, fragment = urldefrag(address)
            target = (path.parent / file).resolve() if file else path
            assert target.is_file(), f"{path}: {address}"
            if fragment:
                assert pages[target].all("main", id=fragment) or pages[target].all(
                    "article", id=fragment
                ), address
            count += 1
    return count


def test_every_link_of_the_demo_leads_to_a_file(ribao, tmp_path):
    assert ribao("demo").returncode == 0
    assert _assert_links_resolve(tmp_path / "demo" / "site") > 40


# ── the list of all issues ────────────────────────────────────────────────────────────────────


def test_the_list_of_issues_is_newest_first_by_month():
    entries = [
        Entry(date(2025, 12, 31), 1, 9, ("A",), ("甲",)),
        Entry(DAY, 2, 31, ("<b>", "C"), ("乙", "丙")),
        Entry(BEFORE, 1, 5, (), ()),
    ]
    page = Page(render_index(entries, edition()))
    assert [a["datetime"] for a in page.all("time")] == ["2026-01-12", "2026-01-09", "2025-12-31"]
    assert [a["href"] for a in page.all("a") if re.match(r"\d", a["href"])][1:] == [
        f"{day}/index.html" for day in (DAY, BEFORE, "2025-12-31")
    ]
    text = page.text("main")
    assert text.index("2026-01") < text.index("2025-12")
    assert "<b>" in text
    assert "乙、丙" in text
    assert "还没有日报。" in Page(render_index((), edition())).text("main")


# ── escaping ──────────────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "<script>alert(1)</script>", "<think>", "</p></article></main>", "<img src=x onerror=alert(1)>", "\u0022'><svg onload=alert(1)>", "{{ 7*7 }}",
    "{% raw %}", "&lt;b&gt; &amp;", "<!-- x", "]]>", "javascript:alert(1)", 'https://a.example/"onclick=x', "https://a.example/<b>", "$x<y$", "\\&",
    "https://a.example/x)。", "https://user:pw@a.example/", "http://[::1", "`x`", "\u200b", "👩‍🔬",
]  # fmt: skip
ALLOWED = {
    "html", "head", "meta", "title", "link", "body", "a", "header", "p", "b", "nav", "div", "h1", "h2", "time", "span", "section", "ul", "ol", "li",
    "main", "article", "details", "summary", "i", "aside", "footer",
    # Formulas, and raised parts of names.
    *ELEMENTS, "sup", "sub",
}  # fmt: skip
# What a page has more where it is spoken.
SPEAKING = {"script", "h3", "audio", "button", "kbd", "label", "select", "option"}
ANY = st.one_of(
    st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=3).map(" ".join)
).map(fold)


@settings(max_examples=150, deadline=None)
@given(ANY, ANY, ANY)
def test_no_text_becomes_markup(title, abstract, name):
    of = paper(
        title=title or "T", abstract=abstract, authors=(name or "A",), keywords=(name or "k",)
    )
    findings = (Finding("numbers", "error", abstract),)
    page = _page(
        (
            of,
            verdict(
                title or "题",
                abstract=abstract,
                gist=name or None,
                status="flagged",
                findings=findings,
            ),
        )
    )
    plain = _page((paper(keywords=("k",)), verdict(status="flagged", findings=findings)))
    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert len(page.all("article")) == 1
    assert len(page.all("h2")) <= len(plain.all("h2"))
    text = page.text("article")
    assert _shown(title) in text
    assert re.sub(r"\s", "", _shown(abstract)) in re.sub(r"\s", "", text)
    for _, attributes in page.elements:
        assert not [each for each in attributes if each.startswith("on") or each == "style"]
        for address in (attributes.get("href"), attributes.get("src")):
            assert address is None or re.match(r"https?://|data:,$|#|[\w./-]+$", address), address


@pytest.mark.parametrize("words", HOSTILE)
def test_the_list_of_issues_escapes_too(words):
    page = Page(render_index([Entry(DAY, 1, 1, (words,), (words,))], edition(name=words)))
    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert _shown(words) in page.text("main")


def _shown(words: str) -> str:
    """What a reader sees of a text: formulas without their marks."""
    return fold(as_html(words).striptags()) if "$" in words else repair(words)


def test_there_is_no_script_no_frame_and_nothing_from_elsewhere():
    for html in (
        render_issue(issue(), edition(), Neighbours()),
        render_index([Entry(DAY, 1, 1, (), ())], edition()),
    ):
        page = Page(html)
        assert {tag for tag, _ in page.elements} <= ALLOWED
        loaded = [a["href"] for a in page.all("link") if a.get("rel") in {"stylesheet", "icon"}]
        assert all(re.fullmatch(r"(\.\./)?assets/ribao\.css|data:,", address) for address in loaded)
    assert not re.search(rb"@import|url\(|https?:", stylesheet())


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("代码见https://github.com/a/b。", ["https://github.com/a/b"]),
        (
            "See (https://a.example/x), and https://b.example.",
            ["https://a.example/x", "https://b.example"],
        ),
        ("https://en.wikipedia.org/wiki/A_(b)", ["https://en.wikipedia.org/wiki/A_(b)"]),
        ("javascript:alert(1) ftp://a.example https:// https://user:pw@a.example", []),
    ],
)
def test_addresses_in_an_abstract_are_links(text, addresses):
    page = _page((paper(abstract=text), verdict(abstract=text)))
    assert [a["href"] for a in page.all("a", **{"class": "address"})] == 2 * addresses
    assert fold(text) in page.text("article")
