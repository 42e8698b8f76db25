"""Amounts in words: orders of magnitude, what is about and what is over, few steps and one."""

from __future__ import annotations

import pytest

from ribao.checks import check
from ribao.types import Finding
from tests.test_carried import _pair

KINDS = {"numbers.magnitude", "numbers.bound", "numbers.steps"}


def _told(english: str, chinese: str) -> list[Finding]:
    return [finding for finding in check(_pair(english, chinese)) if finding.kind in KINDS]


RIGHT = [
    ("It is faster by two orders of magnitude.", "它快了两个数量级。"),
    ("It is faster by two orders of magnitude.", "它快了上百倍。"),
    ("It is faster by two orders of magnitude.", "它快了100倍。"),
    ("It is an order of magnitude faster.", "它的速度快了十倍。"),
    ("It is several orders of magnitude faster.", "它的速度快了数千倍。"),
    ("It uses around 1k samples.", "它使用约1000个样本。"),
    ("It uses around 1k samples.", "它使用近1000个样本。"),
    ("It uses over 10k samples.", "它使用超过1万个样本。"),
    ("It uses less than 10k samples.", "它使用不到1万个样本。"),
    ("It uses nearly 10k samples.", "它使用不到1万个样本。"),
    ("It uses 10k samples.", "它使用超过1万个样本。"),
    ("It sees around 1k maps and less than 1k routes.", "它看约1000张地图和不到1000条路线。"),
    ("It is a few-step agent.", "它是少步智能体。"),
    ("It is a few-step agent, further trained.", "它是少步智能体，并进一步训练。"),
    ("It turns a few-step agent into a one-step agent.", "它把几步智能体变成一步智能体。"),
    ("A few-step agent is a step towards maps.", "这种智能体向地图迈出一步。"),
]


@pytest.mark.parametrize(("english", "chinese"), RIGHT)
def test_an_amount_that_is_said_rightly(english, chinese):
    assert _told(english, chinese) == []


WRONG = [
    ("It is faster by two orders of magnitude.", "它快了两倍。", ("two orders of magnitude",)),
    ("It is faster by two orders of magnitude.", "它快了十倍。", ("two orders of magnitude",)),
    ("It is an order-of-magnitude faster.", "它的速度快了一倍。", ("an order-of-magnitude",)),
    ("It is several orders of magnitude faster.", "它快得多。", ("several orders of magnitude",)),
    ("It uses only around 1k samples.", "它仅使用不到1000个样本。", ("不到1000", "around 1k")),
    ("It uses about 1,000 samples.", "它使用超过1000个样本。", ("超过1000", "about 1,000")),
    ("It uses more than 1,000 samples.", "它使用不足1000个样本。", ("不足1000", "more than 1,000")),
    ("It uses less than 10k samples.", "它使用超过1万个样本。", ("超过1万", "less than 10k")),
    ("It is a few-step agent.", "它是一步智能体。", ("一步", "few-step")),
    ("It is a few-step agent.", "它是单步智能体。", ("单步", "few-step")),
]


@pytest.mark.parametrize(("english", "chinese", "told"), WRONG)
def test_an_amount_that_is_said_as_another(english, chinese, told):
    (finding,) = _told(english, chinese)
    assert (finding.severity, finding.given) == ("error", ("abstract", *told))


def test_an_amount_is_told_once():
    told = _told("A few-step agent. A few-step map.", "一步智能体。一步地图。")
    assert [finding.kind for finding in told] == ["numbers.steps"]
