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
    ],
)
def test_what_stands_beside_another_object_is_not_turned(english, chinese):
    assert _turned(english, chinese) == []
