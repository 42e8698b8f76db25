"""The spoken editions: what is said, in which order, and how long it takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.aloud import read_lexicon, speak
from ribao.script import BRIEF_SECONDS, estimated_seconds, make_script, passed_over
from ribao.statistics import Movement
from ribao.texts import load_texts
from ribao.types import HotTopic, Issue, IssuePaper, Links, Translation
from tests.made import issue, measured, paper

EAR = read_lexicon((files("ribao") / "aloud" / "lexicon.toml").read_text("utf-8"))
NAMES = {"zh-Hans": "论文日报", "en": "Paper Daily"}


def printed(position: int, **facts) -> IssuePaper:
    made = IssuePaper(
        id=f"2601.{position:05}",
        position=position,
        title=f"第{position}号方法：用三维地图规划路线的大语言模型智能体",
        original_title=f"Method {position}",
        gist=f"让智能体查看地图，准确率从8.0%升至{position}.1%，超过GPT-4o。",
        abstract="大语言模型（LLM）很少查看地图。我们提出MapWalk，准确率提升至22.1%。代码见https://a.org/b。",
        original_abstract="We walk.",
        authors=(),
        published_at=None,
        upvotes=None,
        topics=(),
        keywords=(),
        late=False,
        withdrawn=False,
        links=Links("https://huggingface.co/papers/1", f"https://arxiv.org/abs/{position}"),
        translation=Translation("ok"),
    )
    return replace(made, **facts)


def issue_of(*papers: IssuePaper, **facts) -> Issue:
    base = issue()
    stats = replace(base.stats, count=len(papers), with_code=0, hot_topics=())
    return replace(base, papers=papers, **{"stats": stats, **facts})


def script_of(made, edition="brief", statistics=None, language="zh-Hans", **more):
    texts = load_texts(language)
    return make_script(made, statistics, edition, texts, EAR, NAMES[language], **more)


def said(segment) -> str:
    return "|".join(sentence.spoken for sentence in segment.sentences)


def shown(segment) -> str:
    return "".join(sentence.text for sentence in segment.sentences)


# ── the brief edition ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 10, 31, 50, 100])
@pytest.mark.parametrize("language", NAMES)
def test_the_brief_edition_never_takes_five_minutes(count, language):
    papers = [printed(n, upvotes=n % 7) for n in range(1, count + 1)]
    script = script_of(issue_of(*papers, language=language), language=language)
    assert estimated_seconds(script.segments) <= BRIEF_SECONDS
    heard = {s.key for s in script.segments if s.part in {"paper", "more"}}
    assert len(heard) == len(script.segments) - 2
    left_out = count - len(heard)
    assert left_out == 0 if count <= 10 else left_out > 0
    if left_out:
        assert speak(str(left_out), language, EAR) in said(script.segments[-1]).lower()
    assert sum(s.part == "paper" for s in script.segments) >= min(count, 5)


@pytest.mark.parametrize("length", [1, 10, 100, 1000, 3000])
def test_long_titles_and_gists_do_not_make_it_longer(length):
    papers = [printed(n, title="长" * length, gist="要点，" * length) for n in range(1, 41)]
    script = script_of(issue_of(*papers))
    assert estimated_seconds(script.segments) <= BRIEF_SECONDS
    heard = len(script.segments) - 2
    assert heard == 40 or f"另有{40 - heard}篇" in shown(script.segments[-1])


def test_every_paper_is_heard_by_gist_on_a_short_day():
    script = script_of(issue_of(*(printed(n) for n in range(1, 9))))
    assert [s.part for s in script.segments] == ["opening", *["paper"] * 8, "closing"]
    assert "先说" not in said(script.segments[1])


def test_votes_come_first_then_hot_areas_then_the_lists_order():
    papers = [printed(1), printed(2, topics=("agents",)), printed(3, upvotes=9), printed(4)]
    made = issue_of(*papers)
    hot = (HotTopic("agents", "智能体", 2, None),)
    made = replace(made, stats=replace(made.stats, hot_topics=hot))
    keys = [s.key[-1] for s in script_of(made).segments[1:-1]]
    assert keys == ["3", "2", "1", "4"]


def test_titles_keep_the_lists_order_and_each_has_its_chapter():
    papers = [printed(n, upvotes=n) for n in range(1, 26)]
    segments = script_of(issue_of(*papers)).segments
    titles = [s for s in segments if s.part == "more"]
    assert [s.key for s in titles] == sorted(s.key for s in titles)
    assert len(titles) > 10
    assert titles[0].url == "https://arxiv.org/abs/1"
    assert said(titles[0]).startswith("再听其余论文的标题。|")
    assert said(segments[1]).startswith("先说最受关注的几篇。|第二十五号方法")


def test_a_withdrawn_or_untranslated_paper_is_heard_by_title_only():
    papers = [
        printed(1, upvotes=99, withdrawn=True),
        printed(2, upvotes=98, title="MapWalk", translation=Translation("missing"), gist=None),
        printed(3),
    ]
    segments = script_of(issue_of(*papers)).segments
    assert [(s.key[-1], s.part) for s in segments[1:-1]] == [
        ("3", "paper"),
        ("1", "more"),
        ("2", "more"),
    ]
    assert "这一篇已撤回，请勿引用。" in said(segments[2])
    assert said(segments[3]) == "这一篇未翻译，原题是：Map Walk。"


def test_without_a_gist_the_sentence_that_says_what_is_new_is_heard():
    segment = script_of(issue_of(printed(1, gist=None))).segments[1]
    assert segment.sentences[-1].spoken == "我们提出 Map Walk，准确率提升至百分之二十二点一。"
    segment = script_of(issue_of(printed(1, gist=None, abstract=""))).segments[1]
    assert len(segment.sentences) == 1


# ── the full edition ──────────────────────────────────────────────────────────────────────────


def test_the_draft_of_a_small_model_is_called_one():
    papers = [printed(1), printed(2, translation=Translation("flagged", draft=True))]
    script = script_of(issue_of(*papers), "full")
    assert "一篇译文存疑，一篇是机器草稿" in said(script.segments[0])
    assert "|这一篇译文存疑，请对照原文。|这一篇的译文是机器草稿。|" in said(script.segments[2])
    assert "草稿" not in said(script.segments[1])


def test_the_full_edition_says_every_title_and_abstract():
    papers = [printed(1, late=True), printed(2, translation=Translation("flagged"))]
    script = script_of(issue_of(*papers), "full", organizations={"2601.00002": "OpenAI"})
    assert [s.key for s in script.segments] == ["opening", "2601.00001", "2601.00002", "closing"]
    assert said(script.segments[1]) == (
        "第一篇，第一号方法：用三维地图规划路线的大语言模型智能体。|这一篇晚到。|"
        "大语言模型，L L M，很少查看地图。|我们提出 Map Walk，准确率提升至百分之二十二点一。|代码见文中网址。"
    )
    assert "这一篇译文存疑，请对照原文。|来自 Open A I。|" in said(script.segments[2])
    # What is shown is what is printed.
    assert "代码见https://a.org/b。" in shown(script.segments[1])
    assert script.segments[1].title == papers[0].title
    assert script.segments[1].url == "https://arxiv.org/abs/1"


def test_a_paper_without_a_translation_is_said_in_its_own_words_without_the_abstract():
    missing = printed(
        3, title="Walking Maps?", abstract="We walk.", translation=Translation("missing")
    )
    segment = script_of(issue_of(missing), "full").segments[1]
    assert said(segment) == "第三篇，未翻译，原题是：Walking Maps?".replace("?", "？")


def test_a_title_of_symbols_only_is_told_by_its_position():
    segment = script_of(issue_of(printed(7, title="😀 $$$", abstract="***")), "full").segments[1]
    assert said(segment) == "第七篇的标题无法念出，请看网页。|原文没有摘要。"
    assert segment.title == "😀 $$$"


def test_without_arxiv_a_chapter_leads_to_hugging_face():
    links = Links(huggingface="https://huggingface.co/papers/9")
    segment = script_of(issue_of(printed(9, links=links)), "full").segments[1]
    assert segment.url == links.huggingface


def test_three_thousand_characters_without_a_stop_are_cut():
    segment = script_of(issue_of(printed(1, abstract="字" * 3000)), "full").segments[1]
    assert max(len(sentence.spoken) for sentence in segment.sentences) <= 130
    assert len(segment.sentences) >= 25


# ── opening and closing ───────────────────────────────────────────────────────────────────────


def test_the_opening_tells_the_day_in_numbers():
    papers = [
        printed(1, late=True),
        printed(2, translation=Translation("flagged")),
        printed(3, translation=Translation("missing")),
        printed(4),
    ]
    made = issue_of(*papers)
    hot = (HotTopic("agents", "智能体", 3, 2.0), HotTopic("rl", "强化学习", 2, None))
    made = replace(made, stats=replace(made.stats, with_code=2, hot_topics=hot))
    assert said(script_of(made).segments[0]) == (
        "这里是论文日报速览，二零二六年一月十二日，星期一。|本期共四篇论文。|"
        "其中，两篇有代码，一篇晚到，一篇译文存疑，一篇未翻译。|热门领域：智能体有三篇，强化学习有两篇。"
    )


def test_what_moves_is_told_only_where_it_moves():
    made = issue_of(printed(1), printed(2))
    hot = (HotTopic("agents", "智能体", 2, 2.0),)
    made = replace(made, stats=replace(made.stats, hot_topics=hot))
    still = measured([paper("1"), paper("2")])(1)
    assert "相比" not in said(script_of(made, statistics=still).segments[0])
    up = tuple(Movement(name, name, (0, 3), 2.0) for name in ("具身智能", "世界模型", "语音"))
    down = (Movement("扩散模型", "diffusion", (3, 0), -2.0),)
    moved = replace(still, rising_areas=up, fading_areas=down, mean=28.4)
    opening = said(script_of(made, statistics=moved).segments[0])
    assert "此前平均每期二十八篇。" in opening
    assert (
        "与前几周相比，这些领域在升温：具身智能、世界模型。|这些领域在回落：扩散模型。" in opening
    )


@pytest.mark.parametrize("edition", ["brief", "full"])
@pytest.mark.parametrize("language", NAMES)
def test_an_issue_without_papers_says_so(edition, language):
    script = script_of(issue_of(language=language), edition, language=language)
    assert [s.part for s in script.segments] == ["opening", "closing"]
    assert script.segments[0].sentences[-1].text == load_texts(language)["voice.empty"]
    assert "译" not in said(script.segments[1])


def test_the_closing_names_the_machines():
    translated = said(script_of(issue_of(printed(1))).segments[-1])
    assert translated.endswith("播音是合成的语音。|译文由机器翻译，请以原文为准。")
    original = printed(1, translation=Translation("original"))
    script = script_of(issue_of(original, language="en"), language="en")
    assert said(script.segments[-1]).endswith("The voice was synthetic.")


def test_the_script_names_its_issue_and_edition():
    made = issue_of(printed(1), revision=3)
    script = script_of(made, "full")
    assert (script.day, script.language, script.revision) == (date(2026, 1, 12), "zh-Hans", 3)
    assert script.title == "论文日报全文，2026 年 1 月 12 日"
    assert script.edition == "full"


def test_a_lost_paper_is_passed_over_with_a_simple_word():
    segment = script_of(issue_of(printed(3)), "full").segments[1]
    instead = passed_over(segment, load_texts("zh-Hans"))
    assert instead is not None
    assert instead.sentences[0].spoken == "这一篇本期未能播报，请看网页。"
    assert segment.title in instead.sentences[0].text
    assert (instead.key, instead.title, instead.url) == (segment.key, segment.title, segment.url)
    opening = script_of(issue_of(printed(3)), "full").segments[0]
    assert passed_over(opening, load_texts("zh-Hans")) is None


@given(
    st.lists(
        st.tuples(st.text(max_size=60), st.text(max_size=200), st.none() | st.text(max_size=80)),
        max_size=12,
    ),
    st.sampled_from(["brief", "full"]),
)
def test_any_issue_has_a_script(texts, edition):
    papers = [
        printed(n, title=title, abstract=abstract, gist=gist)
        for n, (title, abstract, gist) in enumerate(texts, 1)
    ]
    made = issue_of(*papers)
    script = script_of(made, edition)
    assert script == script_of(made, edition)
    assert all(s.sentences and all(each.spoken for each in s.sentences) for s in script.segments)
    if edition == "full":
        assert [s.key for s in script.segments[1:-1]] == [p.id for p in papers]
