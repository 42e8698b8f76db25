"""Whatever is written: only words and stops are spoken, no exception, in time that grows linearly."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.aloud import read_lexicon, speak
from ribao.aloud.pace import estimate
from ribao.aloud.sentences import MOST_WEIGHT, sentences, weight
from ribao.listing import read_listing
from ribao.sources.saved import find_files, read_saved

EAR = read_lexicon((files("ribao") / "aloud" / "lexicon.toml").read_text("utf-8"))
STOPS = {"zh-Hans": " '，。？！、：；", "en": " ',.?!:;"}
# What patterns stumble over: brackets that never close, numbers without end, rows of signs.
ROWS = [
    *"，9([$-`+A @^~'\"\u0301",
    "1.", "a.", "1/", "^{", "\\a", "1-", "1x", "x×", "1,000", "模型", "1:", "a@", "a-.", "AE", "<a",
    "(et al ", "&amp", "1 - ", "1e", "~1", "''", "``", "`a", "https://", "$1", "et al. ", "。", ". A",
]  # fmt: skip


def check(text: str, language: str) -> str:
    spoken = speak(text, language, EAR)
    wrong = [
        char
        for char in spoken
        if not char.isalpha()
        and char not in STOPS[language]
        and unicodedata.category(char) not in {"Mn", "Mc"}
    ]
    assert not wrong, (text, spoken)
    assert not any(char.isdigit() or char.isdecimal() for char in spoken), (text, spoken)
    # Where there is a stop there are words before it.
    assert not spoken or spoken[0] not in STOPS[language], (text, spoken)
    return spoken


def check_split(text: str) -> None:
    found = sentences(text)
    assert all(each == each.strip() and each for each in found)
    assert all(weight(each) <= MOST_WEIGHT for each in found)
    assert re.sub(r"\s", "", "".join(found)) == re.sub(r"\s", "", text)


@pytest.mark.parametrize("language", STOPS)
def test_every_text_of_the_corpus_becomes_words(corpus, language):
    pairs = json.loads((corpus / "translations_zh.json").read_text("utf-8"))
    assert len(pairs) > 50
    for pair in pairs:
        for name in ("title", "title_zh", "abstract", "abstract_zh"):
            check_split(pair[name])
            for sentence in sentences(pair[name]):
                assert check(sentence, language), sentence


def test_every_english_abstract_of_the_corpus_becomes_words(corpus):
    now = datetime(2026, 1, 12, tzinfo=UTC)
    seen = set()
    for path in find_files([corpus / "daily_papers"]):
        page = read_saved(path, now)[0]
        seen |= {f"{p.title}. {p.abstract}" for p in read_listing([page]).papers}
    assert len(seen) > 5000
    for number, text in enumerate(sorted(seen)):
        check(text, "en")
        # A title that is not translated is spoken by the Chinese voice.
        if number % 10 == 0:
            check(text, "zh-Hans")


@given(st.text(max_size=300))
def test_any_text_becomes_words(text):
    check_split(text)
    for language in STOPS:
        check(text, language)


@given(st.text(alphabet="0123456789.,-–~%x×/:$^_{}()[]eEkKMBab的年个 \\+±", max_size=80))
def test_any_row_of_numbers_and_signs_becomes_words(text):
    for language in STOPS:
        check(text, language)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_anything_is_cut_and_said(row):
    text = (row * 3000)[:3000]
    check_split(text)
    for language in STOPS:
        check(text, language)


@pytest.mark.parametrize("text", ["", "😀😀", "$$$", "---", "。。。", "(", "[12]", "\u200b", "**"])
def test_only_symbols_say_nothing(text):
    assert speak(text, "zh-Hans", EAR) == ""
    assert speak(text, "en", EAR) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一句。两句！三句？", ["一句。", "两句！", "三句？"]),
        ("准确率为3.5，好。", ["准确率为3.5，好。"]),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        ("分号；也算。", ["分号；", "也算。"]),
        ("We use e.g. GPT-4. It works.", ["We use e.g. GPT-4.", "It works."]),
        ("Smith et al. Show it in Fig. 3. Good.", ["Smith et al. Show it in Fig. 3.", "Good."]),
        ("Version 2.5 is out. See https://a.b/c?d. Yes!", None),
        ("In (a; b. C) we go. Next.", ["In (a; b. C) we go.", "Next."]),
        ("“Done.” We left.", ["“Done.”", "We left."]),
        ("  ", []),
        ("没有句号", ["没有句号"]),
    ],
)
def test_sentences_end_where_they_end(text, expected):
    if expected is None:
        expected = ["Version 2.5 is out.", "See https://a.b/c?d.", "Yes!"]
    assert list(sentences(text)) == expected


def test_a_long_sentence_is_cut_at_its_commas_then_anywhere():
    with_commas = "，".join(["这是一段没有句号的话"] * 300)
    assert all(each.endswith("，") for each in sentences(with_commas)[:-1])
    without = sentences("字" * 3000)
    assert [len(each) for each in without] == [MOST_WEIGHT] * 25
    assert all(len(each.split()) <= 60 for each in sentences("word " * 3000))


def test_the_estimate_counts_syllables_words_and_pauses():
    assert estimate([]) == 0
    assert 9 < estimate(["字" * 43]) < 11
    assert 9 < estimate(["word " * 26]) < 11
    assert estimate(["你好，世界。"]) > estimate(["你好世界"])
