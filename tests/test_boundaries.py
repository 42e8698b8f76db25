"""A service's times laid along our text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ribao.speech import Span
from ribao.voices.boundaries import Boundary, find_spans

SENTENCES = ["我们提出 LoRA，一种方法。", "它快三倍！"]


def spoken(*words, step=0.5):
    return [Boundary(n * step, n * step + step - 0.1, word) for n, word in enumerate(words)]


def test_a_sentence_is_heard_from_its_first_word_to_its_last():
    words = spoken("我们", "提出", "LoRA", "一种", "方法", "它", "快", "三倍")
    assert find_spans(SENTENCES, words) == (Span(0.0, 2.4), Span(2.5, 3.9))


@pytest.mark.parametrize(
    "words",
    [
        ("我们提出ｌｏｒａ", "，", "一种方法。", "它快", "三倍！"),
        ("我们", "提出", "一种", "方法", "它", "快", "三倍"),
        ("我们", "提出", "low rank", "一种", "方法", "它", "快", "三倍"),
        ("们", "提出", "LoRA", "一种", "方", "它", "快", "三倍"),
    ],
    ids=["other widths and signs", "a word left out", "a word put otherwise", "a letter missing"],
)
def test_what_is_reported_otherwise_in_the_middle_does_no_harm(words):
    spans = find_spans(SENTENCES, spoken(*words))
    assert spans is not None
    at = len(words) - next(n for n, word in enumerate(reversed(words), 1) if word.startswith("它"))
    assert spans[0].start == 0.0
    assert spans[1].start == at * 0.5
    assert spans[1].end == pytest.approx(len(words) * 0.5 - 0.1)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("我们", "提出", "LoRA", "一种", "方法"),
        ("我们", "提出", "LoRA", "一种", "方法", "它", "快"),
        ("提出", "LoRA", "一种", "方法", "它", "快", "三倍"),
        ("我们提出LoRA一种方法它快三倍",),
        ("我们", "提出", "LoRA", "一种", "方法它", "快", "三倍"),
        ("完全", "不同", "的", "话"),
    ],
    ids=["nothing", "one", "end", "beginning", "all in one", "over the border", "another text"],
)
def test_what_does_not_tell_when_each_sentence_is_heard_is_not_used(words):
    assert find_spans(SENTENCES, spoken(*words)) is None


@pytest.mark.parametrize(
    ("start", "end"), [(math.nan, 1.0), (1.0, math.inf), (-5.0, 1.0), (1.0, 0.2), (0.2, 9.0)]
)
def test_times_that_are_none_are_not_used(start, end):
    boundaries = [Boundary(start, end, "我们提出LoRA一种方法"), Boundary(3.0, 4.0, "它快三倍")]
    assert find_spans(SENTENCES, boundaries) is None


def test_a_word_that_comes_twice_is_found_in_its_place():
    sentences = ["模型好。", "模型快。", "模型小。"]
    words = spoken("模型", "好", "模型", "快", "模型", "小")
    spans = find_spans(sentences, words)
    assert [span.start for span in spans or ()] == [0.0, 1.0, 2.0]


@given(st.lists(st.text("模型快好abc 。，", min_size=1, max_size=12), max_size=6), st.randoms())
@settings(max_examples=300, deadline=None)
def test_spans_are_in_order_whatever_is_reported(sentences, random):
    text = "".join(sentences)
    words = [text[n : n + random.randint(1, 4)] for n in range(0, len(text), random.randint(1, 3))]
    spans = find_spans(sentences, spoken(*words))
    if spans is not None:
        assert len(spans) == len(sentences)
        times = [time for span in spans for time in (span.start, span.end)]
        assert times == sorted(times)
