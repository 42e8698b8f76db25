"""issue.md keeps to the form that its readers know, and no text of a paper can change that form."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ribao.listing import fold
from ribao.plan import original
from ribao.renderers.markdown import escape, render_markdown
from ribao.sources.saved import read_saved
from ribao.types import Finding, HotTopic, Links
from tests.made import GOOD, LINKS, NOW, TITLE, edition, issue, paper, verdict

COMMONMARK = MarkdownIt("commonmark")
# Readers use GitHub's dialect too: there a pipe, a tilde and a bare address can mean something.
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HARMLESS = {"text", "text_special", "softbreak"}


def _markdown(*pairs, **facts) -> str:
    return render_markdown(issue(*pairs), edition(**facts))


# ── the contract's lines ──────────────────────────────────────────────────────────────────────

EXPECTED = f"""\
# Hugging Face 2026-01-12 论文日报

## 📊 今日论文统计
- 总论文数：1
- 热门领域：暂无

## 📝 论文详情

### 1. {GOOD["title"]}

**原文标题：** {TITLE}

**摘要：**
{GOOD["abstract"]}

**论文链接：** [HuggingFace](https://huggingface.co/papers/2601.05432) | [arXiv](https://arxiv.org/abs/2601.05432)

**代码链接：** [GitHub](https://github.com/maps/mapwalk)

---

## 🔍 关键词云图
本期没有关键词云图。

## 📈 近期论文趋势
本期没有趋势图。

## 🎙️ 语音播报
本期没有语音。

## 📱 订阅渠道
- 网页：[本期的网页与数据](index.html)
- 数据：[issue.json](issue.json)
"""


def test_an_issue_line_by_line():
    assert _markdown() == EXPECTED


def test_a_paper_without_code_has_no_code_line():
    of = paper(links=replace(LINKS, code=None))
    assert "代码链接" not in _markdown((of, verdict()))


def test_code_that_is_not_on_github_says_where_it_is():
    of = paper(links=replace(LINKS, code="https://gitlab.com/a/b"))
    assert "**代码链接：** [gitlab.com](https://gitlab.com/a/b)\n" in _markdown((of, verdict()))


def test_a_paper_that_is_not_on_arxiv_has_no_arxiv_link():
    of = paper("talk", links=Links(huggingface="https://huggingface.co/papers/talk"))
    assert "**论文链接：** [HuggingFace](https://huggingface.co/papers/talk)\n" in _markdown(
        (of, verdict())
    )


def test_hot_areas_stand_in_one_line():
    made = issue()
    hot = (HotTopic("a", "大语言模型", 9, None), HotTopic("b", "多模态", 2, None))
    made = replace(made, stats=replace(made.stats, hot_topics=hot))
    assert "- 热门领域：大语言模型、多模态\n" in render_markdown(made, edition())


def test_marks_stand_below_the_original_title():
    flagged = verdict(status="flagged", findings=(Finding("numbers", "error", "x"),))
    made = issue((paper(), flagged), (paper("2601.00002"), original(paper("2601.00002"))))
    late = replace(made, papers=(replace(made.papers[0], late=True), *made.papers[1:]))
    text = render_markdown(late, edition())
    assert f"**原文标题：** {TITLE}\n\n> 晚到、待核对\n\n**摘要：**\n" in text
    assert text.count("\n> ") == 1


@pytest.mark.parametrize(
    ("language", "line"), [("zh-Hans", "**状态：** 已撤回"), ("en", "**Status:** withdrawn")]
)
def test_a_withdrawn_paper_says_so_in_a_line_of_its_own(language, line):
    made = issue((paper(), verdict()), language=language)
    gone = replace(made, papers=(replace(made.papers[0], withdrawn=True),))
    text = render_markdown(gone, edition(language))
    assert f" {TITLE}\n\n{line}\n\n**" in text
    assert text.replace(f"{line}\n\n", "") == render_markdown(made, edition(language))


def test_a_missing_translation_is_marked_and_stands_in_the_original():
    of = paper()
    missing = replace(original(of), translation=verdict(status="missing").translation)
    text = _markdown((of, missing))
    assert f"### 1. {TITLE}\n\n**原文标题：** {TITLE}\n\n> 未翻译\n" in text


def test_no_abstract_is_said_so():
    assert "**摘要：**\n（原文没有摘要。）\n" in _markdown(
        (paper(abstract=""), verdict(abstract=""))
    )


def test_an_issue_without_papers_keeps_its_headings():
    empty = replace(issue(), papers=())
    assert _headings(render_markdown(empty, edition())) == _headings(EXPECTED)
    assert "\n这一天没有论文。\n" in render_markdown(empty, edition())


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"brief.mp3"}, "- 速览：[brief.mp3](brief.mp3)"),
        ({"issue.mp3"}, "- 全文：[issue.mp3](issue.mp3)"),
        (
            {"issue.mp3", "brief.mp3", "brief.vtt", "trend.png"},
            "- 速览：[brief.mp3](brief.mp3)\n- 全文：[issue.mp3](issue.mp3)",
        ),
        ({"brief.vtt", "trend.png"}, "本期没有语音。"),
    ],
)
def test_spoken_editions_are_linked_below_their_heading(files, lines):
    text = render_markdown(issue(), edition(), frozenset(files))
    assert f"\n## 🎙️ 语音播报\n{lines}\n\n## " in text


def test_a_published_edition_links_to_its_address():
    text = _markdown(base_url="https://a.example/daily")
    assert "(https://a.example/daily/2026-01-12/)" in text
    assert "(https://a.example/daily/2026-01-12/issue.json)" in text


def test_a_sample_is_labelled():
    assert "论文日报\n\n> 样刊\n\n## 📊" in _markdown(sample=True)


def test_papers_are_closed_by_a_rule_each():
    text = _markdown(*((paper(f"2601.0000{n}"), verdict()) for n in range(3)))
    assert [token.type for token in COMMONMARK.parse(text)].count("hr") == 3


# ── the seed ──────────────────────────────────────────────────────────────────────────────────


def _headings(text: str) -> list[str]:
    tokens = COMMONMARK.parse(text)
    found = [
        (t.tag, tokens[at + 1].content) for at, t in enumerate(tokens) if t.type == "heading_open"
    ]
    return [words for tag, words in found if tag == "h2"]


def _labels(text: str) -> set[str]:
    return set(re.findall(r"(?m)^\*\*(.+?)\*\*", text))


def test_the_structure_is_the_seeds(corpus):
    path = corpus.parent / "seed" / "2026-01-12_daily_paper.md"
    if not path.is_file():
        pytest.skip(f"no seed issue at {path}")
    seed = path.read_text("utf-8")
    # No paper of the seed has a line for its code.
    ours = _markdown((paper(links=replace(LINKS, code=None)), verdict()))
    assert _headings(ours) == _headings(seed)
    assert _labels(ours) == _labels(seed)
    assert re.search(r"(?m)^# .*Hugging Face 2026-01-12 论文日报$", seed)
    number, title = r"(?m)^### \d+\. \S", r"(?m)^\*\*原文标题：\*\* \S"
    abstract, links = (
        r"(?m)^\*\*摘要：\*\*\n\S",
        r"(?m)^\*\*论文链接：\*\* \[HuggingFace\]\(\S+\) \| \[arXiv\]\(\S+\)$",
    )
    for form in (
        number,
        title,
        abstract,
        links,
        r"(?m)^---$",
        r"(?m)^- 总论文数：\d+$",
        r"(?m)^- 热门领域：\S",
    ):
        assert bool(re.search(form, ours)) == bool(re.search(form, seed)) is True, form


# ── escaping ──────────────────────────────────────────────────────────────────────────────────

NASTY = [
    "<script>alert(1)</script>", "<think>", "a <b> c", "<https://a.example>", "[x](https://a.example)", "![x](y.png)", "[x]: y", "`code`",
    "**bold** *it* _it_ __b__ ~~s~~", "# title", "C# and F #", "title #", "title \\#", "#", "##", "1. one", "1) one", "12345678901. x", "- item", "+ item",
    "* item", "> quote", "---", "***", "===", "= x", "|a|b|", "&amp; &lt; &#60; &copy;", "AT&T", "a\\", "\\*", "\\&", "$x_1$ and $5", "a_b_c",
    "snake_case_ and _x", "中_文_字", "é_a_", "x^2", "https://a.example/a_b_c", "www.a.example", "~", "~~~", "```", "1.", "a  b", "：*x*：", "!", "![",
    "[^1]", "[^1]: note", ":smile:", "<!-- x -->", "<?x?>", "<a@b.example>", "&", "&#", "&#x1F600;", "\\", "]", "10.", "2026. x", "+", "-", "=",
]  # fmt: skip
LINES = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="ab1.)#*_`~[]()<>!&;\\|$+-=> \"'中：é^:/", max_size=25),
    st.lists(st.sampled_from(NASTY), max_size=3).map(" ".join),
    st.lists(st.sampled_from(NASTY), max_size=3).map("".join),
).map(fold)


def _inline(tokens: list[Token]) -> tuple[str, set[str]]:
    """The text of the only inline token, and the types of what is in it."""
    inline = [token for token in tokens if token.type == "inline"]
    children = [child for token in inline for child in token.children or ()]
    return "".join(child.content for child in children), {child.type for child in children}


def _shows(parser: MarkdownIt, markdown: str, blocks: list[str], expected: str) -> None:
    tokens = parser.parse(markdown)
    assert [token.type for token in tokens] == blocks, markdown
    shown, types = _inline(tokens)
    assert types <= HARMLESS, markdown
    assert shown == expected, markdown


HEADING = ["heading_open", "inline", "heading_close"]
PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]


@settings(max_examples=800, deadline=None)
@given(LINES)
@example("title #")
@example("F #")
@example("#")
def test_a_heading_shows_any_text_as_it_is(text):
    _shows(COMMONMARK, f"### 1. {escape(text)}", HEADING, f"1. {text}".rstrip())


@settings(max_examples=800, deadline=None)
@given(LINES.filter(bool))
def test_a_paragraph_shows_any_text_as_it_is(text):
    for parser in (COMMONMARK, GITHUB):
        _shows(parser, escape(text), PARAGRAPH, text)


@pytest.mark.parametrize("text", NASTY)
def test_what_looks_like_markup_is_shown_as_it_is(text):
    text = fold(text)
    for parser in (COMMONMARK, GITHUB):
        _shows(parser, escape(text), PARAGRAPH, text)
        _shows(parser, f"### 1. {escape(text)}", HEADING, f"1. {text}")


@settings(max_examples=300, deadline=None)
@given(LINES, LINES)
def test_a_whole_issue_keeps_its_structure_whatever_its_papers_say(title, abstract):
    of = paper(title=title or "T", abstract=abstract)
    text = _markdown(
        (of, verdict(title or "题", abstract=abstract)), (paper("2601.00002"), verdict())
    )
    plain = _markdown((paper(), verdict()), (paper("2601.00002"), verdict()))
    for parser in (COMMONMARK, GITHUB):
        assert [t.type for t in parser.parse(text)] == [t.type for t in parser.parse(plain)]
    links = [c for t in COMMONMARK.parse(text) for c in t.children or () if c.type == "link_open"]
    assert len(links) == 3 + 3 + 2
    assert not [
        c
        for t in COMMONMARK.parse(text)
        for c in t.children or ()
        if c.type in {"html_inline", "image", "code_inline", "em_open"}
    ]


@given(
    st.sampled_from(
        [
            f"https://a.example/{path}"
            for path in ("x_%28y%29", "a*b*c", "a_b_", "a[1]", "~u/&amp;", "$x")
        ]
    )
)
def test_any_address_that_came_in_stays_one_link(address):
    of = paper(links=replace(LINKS, code=address))
    tokens = COMMONMARK.parse(_markdown((of, verdict())))
    links = [c.attrs["href"] for t in tokens for c in t.children or () if c.type == "link_open"]
    assert len(links) == 5
    assert links[2].replace("&amp;", "&").startswith("https://a.example/")


def test_ordinary_titles_stay_as_they_are(corpus):
    titles = []
    for path in sorted((corpus / "daily_papers").glob("*.json")):
        titles += [each.title for each in read_saved(path, NOW)[1]]
    same = sum(escape(title) == title for title in titles)
    assert same / len(titles) >= 0.95
    assert len(titles) > 100
    for title in titles:
        if escape(title) != title:
            _shows(COMMONMARK, f"### 1. {escape(title)}", HEADING, f"1. {title}")


def test_real_translations_stay_as_they_are(corpus):
    pairs = json.loads((corpus / "translations_zh.json").read_text("utf-8"))
    texts = [
        fold(text)
        for each in pairs
        for text in each.values()
        if isinstance(text, str) and re.search("[\u4e00-\u9fff]", text)
    ]
    assert sum(escape(text) == text for text in texts) / len(texts) >= 0.9
