"""A sentence turned round is seen where its objects are; faithful ones are left in peace."""

from __future__ import annotations

import pytest

from ribao.checks.alignment import align
from ribao.checks.polarity import turned

ENGLISH = (
    "By joining these parts, the method achieves improved model quality alongside memory efficiency."
    " It works without labels. Our agents find more papers and reduce training costs by 7%."
)
CHINESE = (
    "通过连接这些部分，该方法在提高模型质量的同时实现了内存效率。它无需标签即可工作。"
    "我们的智能体找到更多论文，并将训练成本降低7%。"
)


def _turned(english: str, chinese: str) -> list[str]:
    aligned = align(english, chinese)
    assert aligned is not None
    return [word for word, _ in turned(aligned)]


def test_a_faithful_text_turns_nothing():
    assert _turned(ENGLISH, CHINESE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("提高模型质量", "降低模型质量"),
        ("训练成本降低", "训练成本提高"),
        ("更多论文", "更少论文"),
        ("无需标签", "需要标签"),
        ("实现了内存效率", "未能实现内存效率"),
        ("连接这些部分", "不连接这些部分"),
    ],
)
def test_what_is_turned_round_is_seen(old, new):
    assert old in CHINESE
    assert _turned(ENGLISH, CHINESE.replace(old, new))


def test_joined_sentences_are_weighed_with_their_neighbours():
    merged = CHINESE.replace("效率。", "效率，")
    assert _turned(ENGLISH, merged) == []
    assert _turned(ENGLISH, merged.replace("无需标签", "需要标签"))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        # A possessive is the word itself: 能力 of the VLM, not the limited length, is enhanced.
        ("To enhance VLM's ability within a limited length.", "为了增强VLM在有限长度内的能力。"),
        # What follows an adjective is its noun, though the list does not know it.
        ("All LLMs underperform in playing optimal poker.", "所有LLMs在玩最优扑克时表现不佳。"),
        ("It has fewer parameters and greater efficiency.", "它参数更少、效率更高。"),
        ("It cuts the steps by over 10x.", "它减少了超过10倍的步数。"),
        # The 未 is the "un-" of a word whose rest the list knows.
        (
            "It reads structurally diverse sources, from unstructured text to graphs.",
            "它读取结构多样的来源，从未结构化的文本到图。",
        ),
        # "Up to", with a space before the number; a name; what is left unexplored is passed over.
        ("It learns the concepts of up to 50 effects.", "它学习最多 50 种效果的概念。"),
        ("It scores 80 on RoboTwin-Easy/Hard and wins.", "它在RoboTwin-Easy/Hard上得80分并获胜。"),
        ("Studies leave its dynamics largely unexplored.", "研究忽略了它的动态。"),
    ],
)
def test_what_stands_beside_another_object_is_not_turned(english, chinese):
    assert _turned(english, chinese) == []


def test_one_word_is_told_once_though_found_in_several_ways():
    english = "Studies rely on evaluations, leaving its dynamics largely unexplored."
    assert _turned(english, "研究依赖评估，探讨了它的动态。") == ["unexplored"]


def test_hard_is_no_name_where_a_sentence_begins():
    assert _turned("Hard tasks are hard. It walks.", "任务简单。它行走。")
