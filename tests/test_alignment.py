"""Sentences are joined by what they share; what is left out, put in or turned round is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.checks.alignment import align, split_chinese, split_english
from ribao.checks.omissions import faults
from ribao.checks.polarity import turned
from ribao.checks.quantities import miscounted, misplaced, signs_changed
from ribao.checks.vocabulary import read_vocabulary, vocabulary
from ribao.errors import ConfigError

ENGLISH = (
    "Existing agents rarely look at a map. We propose MapWalk, which improves accuracy by 5% and"
    " reduces latency by 7%. It is trained without human labels. Experiments on 3 benchmarks show"
    " that it outperforms strong baselines."
)
CHINESE = (
    "现有智能体很少查看地图。我们提出了MapWalk，它将准确率提高5%，并将延迟降低7%。"
    "它的训练无需人类标签。在3个基准上的实验表明，它优于强大的基线。"
)


def _shapes(english: str, chinese: str) -> list[tuple[int, int]]:
    aligned = align(english, chinese)
    assert aligned is not None
    return [(len(bead.original), len(bead.translation)) for bead in aligned.beads]


def _faults(chinese: str) -> list[tuple[str, str]]:
    aligned = align(ENGLISH, chinese)
    assert aligned is not None
    return [(name, severity) for name, severity, _ in faults(aligned)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We use e.g. maps. It walks.", 2),
        ("See Smith et al. (2024) for more.", 1),
        ("It gains 3.5 points. rStar-Math leads.", 2),
        ("It walks; it runs.", 2),
        ("", 0),
        ("...", 0),
    ],
)
def test_english_sentences(text, sentences):
    assert len(split_english(text)) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("它走。它跑", 2),
        ("它走3.5公里；它跑！", 2),
        ("他说“走。”然后跑。", 2),
        ("", 0),
        ("。。", 0),
    ],
)
def test_chinese_sentences(text, sentences):
    assert len(split_chinese(text)) == sentences


def test_sentences_are_joined_one_to_one():
    assert _shapes(ENGLISH, CHINESE) == [(1, 1)] * 4
    assert _faults(CHINESE) == []


def test_joined_and_cut_sentences_are_no_omission():
    merged = CHINESE.replace("地图。", "地图，").replace("基准上的实验表明，", "基准上的实验表明。")
    assert _shapes(ENGLISH, merged) == [(2, 1), (1, 1), (1, 2)]
    assert _faults(merged) == []


@pytest.mark.parametrize("at", range(4))
def test_a_dropped_sentence_is_seen(at):
    sentences = [each.text for each in split_chinese(CHINESE)]
    assert ("omission", "error") in _faults("".join(sentences[:at] + sentences[at + 1 :]))


def test_an_added_and_a_repeated_sentence_are_seen():
    assert ("addition", "error") in _faults(CHINESE + "语音合成的音色由说话人自行录制。")
    assert _faults(CHINESE + "它的训练无需人类标签。") == [("repetition", "error")]


def test_too_many_sentences_are_not_aligned():
    assert align("It walks. " * 61, CHINESE) is None
    assert align(ENGLISH, "图" * 9000) is None


@given(st.text(), st.text())
def test_any_texts_can_be_aligned(english, chinese):
    aligned = align(english, chinese)
    assert aligned is not None
    assert sum(len(bead.original) for bead in aligned.beads) == len(aligned.original)
    assert sum(len(bead.translation) for bead in aligned.beads) == len(aligned.translation)
    list(faults(aligned)), list(turned(aligned)), list(misplaced(aligned))


def _turned(chinese: str, english: str = ENGLISH) -> list[str]:
    aligned = align(english, chinese)
    assert aligned is not None
    return [word for word, _ in turned(aligned)]


def test_a_faithful_text_turns_nothing():
    assert _turned(CHINESE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("优于", "劣于"),
        ("准确率提高5%", "准确率降低5%"),
        ("无需人类标签", "需要人类标签"),
        ("实验表明", "实验并未表明"),
        ("我们提出了", "我们没有提出"),
    ],
)
def test_a_turned_sentence_is_seen(old, new):
    assert old in CHINESE
    assert _turned(CHINESE.replace(old, new))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("The signal is too subtle for agents.", "该信号过于微妙，智能体难以察觉。"),
        ("The task is ill-posed and unclear.", "该任务不适定，且尚不明确。"),
        ("It handles different and unseen tasks.", "它能处理不同的、未见过的任务。"),
        ("Training is expensive.", "训练成本较高。"),
        ("It not only improves speed but also accuracy.", "它既提高了速度，也提高了准确率。"),
    ],
)
def test_what_is_said_otherwise_is_not_turned(english, chinese):
    assert _turned(chinese, english) == []


@pytest.mark.parametrize(
    ("original", "translation", "changed"),
    [
        ("by 50% and 3x", "50倍和3倍", ["50倍"]),
        ("3x faster", "快3%", ["3%"]),
        ("50\\% less", "减少50％", []),
        ("50 percent", "50%", []),
        ("by 50", "50%", []),
    ],
)
def test_per_cent_is_not_times(original, translation, changed):
    assert list(signs_changed(original, translation)) == changed


def test_numbers_stand_in_their_sentences():
    exchanged = CHINESE.replace("提高5%", "提高3%").replace("在3个", "在5个")
    aligned = align(ENGLISH, exchanged)
    assert aligned is not None
    assert {number for number, _ in misplaced(aligned)} == {"3%", "5"}


def test_items_are_counted_as_the_original_counts_them():
    assert miscounted("(1) fast (2) small", "（1）快，（7）小") == ("(7)",)
    assert miscounted("(1) fast (2) small", "（1）快，（1）小") == ("(1)",)
    assert miscounted("(1) fast (2) small", "快而小") == ()
    assert miscounted("fast, small", "（1）快，（2）小") == ()


def test_words_are_found_without_their_endings():
    known = vocabulary()
    assert "规划" in known.renderings("planning")
    assert known.renderings("Studies".lower()) == known.renderings("study")
    assert known.renderings("qwertyuiop") == ()
    assert len(known.words) > 2000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "not TOML"),
        ("a = 1", r"\[words\]"),
        ('[words]\n"map" = ""', "'map'"),
        ('[words]\n"map" = 3', "'map'"),
        ('[words]\n"map" = "地图"\n"chart map" = "图"', "two lines"),
    ],
)
def test_a_bad_line_of_the_list_is_named(text, message):
    with pytest.raises(ConfigError, match=message):
        read_vocabulary(text)
