"""English words left in a translation, whole or by half; and what may stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ribao.checks import check
from ribao.types import Finding, Term
from tests.test_carried import _pair
from tests.test_checks import ABSTRACT_ZH, GOOD, _with


def _told(english: str, chinese: str, *terms: Term) -> list[Finding]:
    pair = replace(_pair(english, chinese), terms=terms)
    return [finding for finding in check(pair) if finding.check == "leftover-language"]


STAYS = [  # an original's sentence, and a translation that rightly holds Latin letters
    ("It retrieves evidence and plans.", "它检索证据并规划。"),
    ("It counts tokens, logits and prompts.", "它统计token、logit与prompt。"),
    ("It has a kappa of 0.7 and an alpha of 0.8.", "其kappa为0.7，alpha为0.8。"),
    ("It hallucinates and drifts.", "它会产生幻觉（hallucination）和漂移（drift）。"),
    ("It says bring the heavy map.", "它说“bring the heavy map”。"),
    ("See Thinking with Map and Learning from Routes.", "见Thinking with Map和Learning from Routes。"),
    ("It is OpenMaps and RouteKit.", "它是openmaps与routekit。"),
    ("Write to https://maps.org/heavy/load/ now.", "请见https://maps.org/heavy/load/。"),
    ("It is $heavy load$ or x_{heavy}.", "它是$heavy load$或x_{heavy}。"),
    ("Its files are heavy.txt and load/maps.", "其文件是heavy.txt与load/maps。"),
]  # fmt: skip


@pytest.mark.parametrize(("english", "chinese"), STAYS)
def test_what_may_stay_in_latin_letters(english, chinese):
    assert _told(english, chinese) == []


def test_words_left_in_english_are_an_error():
    (finding,) = _told("It adds overhead and moderation.", "它增加 overhead和 moderation。")
    assert finding.severity == "error"
    assert finding.message == "abstract: words left in English: overhead, moderation"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("It adds overhead.", "它增加 overhead。"),
        ("It uses gsplat and nanogpt.", "它使用gsplat与nanogpt。"),
    ],
)
def test_one_word_or_words_that_may_be_names_are_a_note(english, chinese):
    assert [finding.severity for finding in _told(english, chinese)] == ["note"]


def test_a_word_is_told_once_and_of_all_texts():
    pair = _with(title=f"{GOOD.draft.title} overhead", gist="智能体的 overhead与 moderation。")
    told = [finding for finding in check(pair) if finding.check == "leftover-language"]
    assert [finding.given for finding in told] == [("title", "overhead, moderation")]


def test_what_the_papers_terms_keep_may_stay():
    terms = (Term("overhead", "overhead"), Term("moderation", "内容moderation"))
    sentence = "It adds overhead and moderation.", "它增加overhead和内容moderation。"
    assert _told(*sentence, *terms) == []
    assert _told(*sentence)


@pytest.mark.parametrize(
    ("english", "chinese", "half"),
    [
        ("It has programmatic logic.", "它有程序matic逻辑。", "程序matic"),
        ("It has residual-stream maps.", "它有残差-stream地图。", "残差-stream"),
        ("It has a training recipe.", "它有训练_recipe。", "训练_recipe"),
    ],
)
def test_half_a_word_is_an_error(english, chinese, half):
    (finding,) = _told(english, chinese)
    assert (finding.severity, finding.kind) == ("error", "leftover-language.half")
    assert finding.given == ("abstract", half)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("See it at https://maps.org/a now.", "现可在https://maps.org/a查看。"),
        ("It beats wav2vec and the map.", "它优于wav2vec与地图。"),
        ("It tokenizes.", "它进行token化。"),
        ("Its x_rate is high.", "其x_rate很高。"),
    ],
)
def test_a_link_or_name_behind_chinese_is_no_half_word(english, chinese):
    assert not [f for f in _told(english, chinese) if f.kind == "leftover-language.half"]


def test_words_in_what_is_no_translation_are_not_told():
    nonsense = "的一是在不了有和人这中大为上个国以要他时来用 routes, map, agent, score. " * 3
    told = [finding.kind for finding in check(_with(abstract=nonsense))]
    assert "leftover-language.words" not in told
    assert told


def test_a_title_that_is_not_translated_is_told_once():
    pair = replace(
        _with(title="Planning heavy routes and maps"), original_title="Planning heavy routes"
    )
    kinds = [finding.kind for finding in check(pair)]
    assert "language.untranslated" in kinds
    assert "leftover-language.words" not in kinds


def test_in_japanese_too():
    pair = replace(_with(abstract=ABSTRACT_ZH + "overheadと moderationを。"), language="ja")
    told = [finding for finding in check(pair) if finding.kind == "leftover-language.words"]
    assert [finding.severity for finding in told] == ["error"]
