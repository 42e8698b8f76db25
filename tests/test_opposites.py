"""What is turned round is one too many on one side and one too few on the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.checks.opposites import balance, contradicted, denied
from ribao.checks.vocabulary import vocabulary


def _denied(english: str, chinese: str) -> list[str]:
    return list(denied(english, chinese, vocabulary().renderings))


@pytest.mark.parametrize(
    ("english", "chinese", "word"),
    [
        # One negation too many, though another negative stands beside it.
        ("Unlike limited models, it supports videos.", "与有限的模型不同，它不支持视频。", "不"),
        ("It reveals that models perform poorly.", "这并未表明模型表现不佳。", "未"),
        ("It enables the ill-posed task.", "它不能完成不适定的任务。", "不"),
        ("It uses tensors.", "它不利用张量。", "不"),
        # A denial too few, though the next one is rendered.
        ("It works without labels or without masks.", "它有标签，没有掩码也能工作。", "without"),
        ("The claim remains unexamined.", "该说法是否成立尚得到验证。", "unexamined"),
        ("It is beyond the reach of models.", "模型能够做到。", "beyond the reach"),
        # "not only" without its 不.
        ("It not only walks but also runs.", "它仅会走，还会跑。", "not only"),
    ],
)
def test_a_negation_that_does_not_come_out_even(english, chinese, word):
    assert word in _denied(english, chinese)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Unlike limited models, it supports videos.", "与有限的模型不同，它支持视频。"),
        ("The gains may not survive.", "收益未必还在。"),
        ("It is impossible.", "这是不可能的。"),
        ("It is inefficient and unintuitive.", "它效率低下且不直观。"),
        ("Previously unexplored roles of nonlinearities.", "非线性先前未被探索的作用。"),
        ("The domain remains under-explored.", "该领域仍未得到充分探索。"),
        ("It not only walks but also runs.", "它不仅会走，还会跑。"),
        ("It not only walks but also runs.", "它既会走，也会跑。"),
        ("It uses 1 token instead of 576.", "它使用1个词元（而非576个）。"),
        ("It grows continuously at different speeds.", "它以不同的速度不断增长。"),
        ("Whether it can walk is unclear.", "它能否行走尚不清楚。"),
    ],
)
def test_a_faithful_negation_comes_out_even(english, chinese):
    assert _denied(english, chinese) == []


@pytest.mark.parametrize(
    ("english", "chinese", "word"),
    [
        ("It reduces costs and improves quality.", "它提高了成本并提高了质量。", "提高"),
        ("It beats outcome-only baselines.", "它劣于只看结果的基线。", "劣于"),
        ("The set becomes smaller and better.", "训练集更小也更差。", "更小"),
        ("Progress is hindered by high costs.", "高昂成本促进了进展。", "促进"),
        ("We enlarge the receptive field.", "我们缩小了感受野。", "缩小"),
    ],
)
def test_a_direction_turned_round_tips_the_scales(english, chinese, word):
    assert balance(english, chinese).turned == word


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("It reduces costs and improves quality.", "它降低了成本并提高了质量。"),
        ("It cuts the gap to state-of-the-art models.", "它缩小了与最先进模型的差距。"),
        ("Deployment is bottlenecked by growing histories.", "部署受限于增长的历史记录。"),
        ("Reinforcement learning of large language models.", "大语言模型的强化学习。"),
        ("It takes over 10x fewer steps.", "它减少了超过10倍的步数。"),
        ("Noise makes it worse.", "噪声使情况更糟。"),
    ],
)
def test_faithful_directions_come_out_even(english, chinese):
    assert balance(english, chinese).turned == ""


def test_a_word_that_renders_one_of_its_direction_is_not_turned():
    english, chinese = "Poor models enhance it within a limited length.", "为了增强它，长度有限。"
    assert balance(english, chinese).rising == "增强"
    known = {"enhance": ["增强"]}
    assert balance(english, chinese, lambda word: known.get(word, ())).rising == ""
    assert balance(english, f"{chinese}增强", lambda word: known.get(word, ())).rising == "增强"


def test_one_side_alone_is_only_doubtful():
    scales = balance("Inference needs substantial memory.", "推理的内存开销显著增加。")
    assert scales.turned == ""
    assert (scales.doubtful("up"), scales.doubtful("down")) == (True, False)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("准确率从58.8%降低到90.0%", ["从58.8%降低到90.0%"]),
        ("延迟从40ms增加到10ms", ["从40ms增加到10ms"]),
        ("延迟从40ms降低到10ms", []),
        ("FVD从99.5提升至88.6", []),  # Better is lower there.
        ("从2小时缩短到30分钟", []),  # Units differ.
    ],
)
def test_a_step_goes_where_it_says(text, steps):
    assert list(contradicted(text)) == steps


@given(st.text(), st.text())
def test_any_texts_can_be_weighed(english, chinese):
    assert all(isinstance(word, str) for word in _denied(english, chinese))
    assert balance(english, chinese).turned in {*chinese.split(), ""} or chinese
    assert balance(english, english).turned == ""
