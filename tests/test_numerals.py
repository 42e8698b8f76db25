"""Numbers as values, in both languages."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.checks.names import links, without_links
from ribao.checks.numerals import han_value, read, unmatched


def _lost(original: str, translation: str) -> list[str]:
    return [number.text for number in unmatched(read(original), read(translation))]


def _new(original: str, translation: str) -> list[str]:
    return _lost(translation, original)


SAME = [
    ("1,024 tokens", "1024个词元"),
    ("over 10,000 frames", "超过1万帧"),
    ("1.5 million clips", "150万个片段"),
    ("1.5M clips", "1.5百万个片段"),
    ("11M to 40M pairs", "从1100万到4000万对"),
    ("456 billion parameters", "4560亿参数"),
    ("456 billion parameters", "四千五百六十亿参数"),
    ("a 7B model", "70亿参数的模型"),
    ("120 million records", "1亿2000万条记录"),
    ("10k videos", "1万个视频"),
    ("over 4k steps", "超过4,000个步骤"),
    ("35k", "35000"),
    ("22.1\\%", "22.1%"),
    ("20 percent", "百分之二十"),
    ("20% of it", "百分之二十"),
    ("8.0%", "8%"),
    ("3x faster", "快三倍"),
    ("2times faster", "快两倍"),
    ("threefold, 3 times", "3倍"),
    ("twenty tasks", "20个任务"),
    ("two hundred thousand", "20万"),
    ("twenty-five", "25"),
    ("25-50\\% of it", "其中的25%至50%"),
    ("3-5 million", "300万到500万"),
    ("1 to 2 billion", "10亿至20亿"),
    ("2D and 3D", "二维和三维"),
    ("Stage 1 and Stage 2", "第一阶段和第二阶段"),
    ("the 1990s", "20世纪90年代"),
    ("January 8, 2025", "2025年1月8日"),
    ("360^{circ} views", "360度视图"),
    ("1280x720", "1280×720"),
    ("1280×720", "1280x720"),
    ("10^6 samples", "100万个样本"),
    ("10^6 samples", "10⁶个样本"),
    ("reduce it by 50%", "减少一半"),
    ("half", "50%"),
    ("double", "2倍"),
    ("3 km", "3千米"),
    ("10{,}000", "１０,０００"),
    ("(1) fast (2) small", "首先快，其次小"),
    ("AIME24", "AIME 2024"),
    ("a score of .5", "得分为0.5"),
    ("hundreds of billions of words", "数千亿个词"),
    ("GPT-4 and Qwen2.5-72B", "两个模型"),
    ("an order of magnitude", "10倍"),
]


@pytest.mark.parametrize(("original", "translation"), SAME)
def test_same_values(original, translation):
    assert _lost(original, translation) == []
    assert _new(original, translation) == []


DIFFERENT = [
    ("456 billion parameters", "456亿参数", ["456 billion"], ["456亿"]),
    ("22.1%", "21.2%", ["22.1%"], ["21.2%"]),
    ("576 tokens", "词元", ["576"], []),
    ("tokens", "576个词元", [], ["576"]),
    ("1.5 million", "15万", ["1.5 million"], ["15万"]),
    ("25-50 of them", "由Qwen2.5-72B生成", ["25", "50"], []),
    ("1000 of them", "百分之二十", ["1000"], []),
    ("10,000 of them", "200万", ["10,000"], ["200万"]),
    ("it may take 8 days", "需要5天", ["8"], ["5"]),
]


@pytest.mark.parametrize(("original", "translation", "lost", "new"), DIFFERENT)
def test_different_values(original, translation, lost, new):
    assert _lost(original, translation) == lost
    assert _new(original, translation) == new


@pytest.mark.parametrize(
    "text",
    [
        "GPT-4",
        "Qwen2.5-72B",
        "H100",
        "LLaVA-v1.5",
        "top-1",
        "x^2",
        "x^{2}",
        "(1)",
        "1) fast",
        "v1.2.3",
    ],
)
def test_digits_of_names_and_lists_are_no_counts(text):
    assert [number for number in read(text) if number.kind == "digits"] == []


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("两千", 2000), ("二〇二五", 2025),
        ("三万", 30_000), ("千万", 10**7), ("一亿", 10**8), ("万亿", 10**12), ("四千五百六十亿", 456 * 10**9),
        ("一亿二千万", 120_000_000), ("", 0),
    ],
)  # fmt: skip
def test_chinese_numerals(numeral, value):
    assert han_value(numeral) == value


def _han(value: int) -> str:
    """Write a whole number in Chinese, as a reader would."""
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if value >= size:
            high, low = divmod(value, size)
            gap = "零" if 0 < low < size // 10 else ""
            return _han(high) + unit + gap + (_han(low) if low else "")
    return "零一二三四五六七八九"[value]


@given(st.integers(0, 10**12))
def test_chinese_numerals_round_trip(value):
    assert han_value(_han(value)) == value
    assert value in {number.value for number in read(_han(value)) if number.kind == "word"}


@given(st.integers(0, 10**12))
def test_thousands_are_read_as_plain_digits(value):
    assert {number.value for number in read(f"about {value:,} of them")} == {Fraction(value)}


@given(st.text())
def test_any_text_can_be_read_and_matches_itself(text):
    assert unmatched(read(text), read(text)) == ()


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1,111",
        "1.1.",
        "1,",
        "1-",
        "1亿1万",
        "万",
        "零点",
        "one ",
        "one-",
        "10^",
        "^{",
        "https://",
        "a@",
        "a.",
        "(1",
        "(",
        ")",
    ],
)
def test_hostile_texts_finish(piece):
    text = (piece * 100_000)[:100_000]
    read(text)
    links(text)


def test_absurdly_long_numbers_are_not_read():
    assert read("9" * 5000) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("见https://github.com/A/b。", ("github.com/a/b",)),
        ("(https://a.io/b(c))", ("a.io/b(c)",)),
        ("https://a.io/b）", ("a.io/b",)),
        ("项目页面：MMFormalizer.github.io", ("mmformalizer.github.io",)),
        ("www.x.org/ and http://x.org", ("x.org",)),
        ("写信至 li@x.edu.cn，", ("li@x.edu.cn",)),
        ("my\\_repo: https://x.io/my\\_repo", ("x.io/my_repo",)),
        ("e.g. i.e. 3.5 GPT-4.5 learning.AI Node.js and/or", ()),
        ("[here](https://a.io/b)", ("a.io/b",)),
    ],
)
def test_links(text, found):
    assert links(text) == found


def test_numbers_in_links_are_not_read():
    assert without_links("见https://a.io/v2 吧") == "见  吧"
    assert [number.text for number in read("https://arxiv.org/abs/2501.00001 8")] == ["8"]
