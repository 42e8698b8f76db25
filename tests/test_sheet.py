"""What a sheet says beside the papers' own words: marks, signs, places to break."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ribao.renderers import typeset
from ribao.renderers.typst.sheet import breakable, sheet_of
from ribao.types import Finding, HotTopic, Translation
from tests import made
from tests.test_typeset import EDITION, change, edition, full, issue, opened, plain, read, text


def test_what_is_uncertain_is_marked_with_its_reason():
    found = (Finding("numbers", "error", "25.7 for 22.1"),)
    flagged = Translation("flagged", draft=True, model="m", findings=found)
    said = text(typeset.newspaper(issue("标题", late=True, translation=flagged), None, EDITION, {}))
    t = EDITION.texts
    for mark in ("late", "flagged", "draft"):
        assert t[f"issue.mark_{mark}"] in said
    assert t["check.numbers"] in said
    missing = issue("Title", translation=Translation("missing"))
    assert t["issue.mark_missing"] in text(typeset.newspaper(missing, None, EDITION, {}))


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_a_withdrawn_paper_says_so_with_the_reason(language):
    day = issue("标题", withdrawn=True)
    own = edition(language)
    said = text(typeset.newspaper(day, None, own, {}))
    assert plain(own.texts["issue.mark_withdrawn"]) in said
    assert plain(own.texts["page.withdrawn_why"]).replace("-", "") in said.replace("-", "")
    sound, marked = (opened(typeset.poster(each, None, own, None)) for each in (issue("标题"), day))
    assert marked.height > sound.height


def test_both_reasons_stand_where_a_withdrawn_paper_is_also_flagged():
    flagged = Translation("flagged", findings=(Finding("numbers", "error", "25.7 for 22.1"),))
    (said,) = sheet_of(issue("标题", withdrawn=True, translation=flagged), None, EDITION)["papers"]
    assert [mark["kind"] for mark in said["marks"]] == ["withdrawn", "flagged"]
    assert [doubt["kind"] for doubt in said["doubts"]] == ["withdrawn", "flagged"]


def test_the_signs_of_movement_are_explained_where_they_stand():
    assert plain(EDITION.texts["picture.against"]) in text(full()[1])
    first = issue(count=1)
    still = HotTopic("agents", "智能体", 1, None)
    first = replace(first, stats=replace(first.stats, hot_topics=(still,)))
    assert plain(EDITION.texts["picture.against"]) not in text(
        typeset.newspaper(first, None, EDITION, {})
    )


@pytest.mark.parametrize(
    ("lift", "way"), [(0.4, "down"), (0.86, "even"), (1.0, "even"), (1.14, "even"), (1.2, "up")]
)
def test_what_is_nearly_as_always_is_not_said_to_move(lift, way):
    day = issue(count=1)
    day = replace(day, stats=replace(day.stats, hot_topics=(HotTopic("a", "甲", 2, lift),)))
    assert sheet_of(day, None, EDITION)["hot"][0]["lift"]["way"] == way


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "MMFormalizer：面向真实场景的多模态自动形式化方法",
            ["MMFormalizer：", "面向真实场景的多模态自动形式化方法"],
        ),
        (
            "模型已死；模型永存！一个现代生成对抗网络的基线",
            ["模型已死；模型永存！", "一个现代生成对抗网络的基线"],
        ),
        ("面向安全与伦理的人工智能的法律对齐的研", ["面向安全与伦理的人", "工智能的法律对齐的研"]),
    ],
)
def test_titles_are_broken_where_they_read_well(title, lines):
    (page,) = read(typeset.newspaper(issue(title), None, EDITION, {})).pages
    said = [line.replace(" ", "") for line in page.extract_text().splitlines()]
    at = next(n for n, line in enumerate(said) if line.endswith(lines[0]))
    assert said[at + 1] == lines[1]
    assert said[at] in (lines[0], f"1{lines[0]}")


def test_the_sample_says_that_it_is_one():
    sample = edition(sample=True)
    said = text(typeset.newspaper(issue(count=1), None, sample, {}))
    assert sample.texts["page.sample"] in said
    assert plain(sample.texts["page.sample_made"]) in said


# ── what is laid on a sheet ───────────────────────────────────────────────────────────────────


def test_every_string_of_a_sheet_can_be_seen():
    day = change(issue("🤗"), authors=("😀 Ada",), gist="ﬁ\x00")
    sheet = sheet_of(day, None, edition(name="日报🤗"))
    (paper,) = sheet["papers"]
    assert paper["title"] == "〔U+1F917〕"
    assert paper["authors"] == ["〔U+1F600〕 Ada"]
    assert paper["gist"] == "fi"
    assert sheet["name"] == "日报〔U+1F917〕"


@pytest.mark.parametrize(
    ("said", "longest"),
    [("https://github.com/maps/mapwalk-the-second_version", 24), ("x" * 400, 8), ("Ж" * 90, 8)],
)
def test_what_has_no_place_to_break_is_given_some(said, longest):
    broken = breakable(said)
    assert broken.replace("\u200b", "") == said
    assert max(map(len, broken.split("\u200b"))) <= longest
    assert "https:\u200b" not in broken


def test_ordinary_words_are_left_alone():
    for said in (made.TITLE, made.GOOD["abstract"].split("https")[0], "state-of-the-art"):
        assert breakable(said) == said
