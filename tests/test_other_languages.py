"""What holds for Japanese, and for languages that nothing is known of; and Chinese that is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.checks import CHECKS, Pair, check, is_fatal
from ribao.checks.japanese import with_known_numerals
from ribao.checks.numerals import read
from ribao.types import Draft, Finding
from tests.test_checks import ABSTRACT, ABSTRACT_ZH, GOOD, TITLE, TITLE_ZH

TITLE_JA = "MapWalk：三次元地図による経路計画"
ABSTRACT_JA = (
    "大規模言語モデル（LLM）が地図を参照することはほとんどない。本研究では、43都市の150万件の経路で訓練した二段階の"
    "エージェントMapWalkを提案する。RouteBenchにおいて、MapWalkは正解率を8.0％から22.1％へと高め、GPT-4oの3倍の"
    "スコアを達成し、必要なGPUはわずか8基である。コードはhttps://github.com/maps/mapwalkで公開している。"
)
JA = Pair(
    TITLE,
    ABSTRACT,
    Draft(TITLE_JA, ABSTRACT_JA, "地図を見るエージェントで正解率を22.1％に向上。"),
    "ja",
)


def _errors(pair: Pair) -> set[str]:
    return {finding.check for finding in check(pair) if finding.severity == "error"}


def _with(pair: Pair = JA, **texts: str | None) -> Pair:
    return replace(pair, draft=replace(pair.draft, **texts))


def test_a_faithful_japanese_pair_has_no_findings():
    assert check(JA) == ()
    assert check(_with(abstract=ABSTRACT_JA.replace("。", "．").replace("、", "，"))) == ()
    polite = ABSTRACT_JA.replace("はほとんどない", "はほとんどありません").replace(
        "提案する", "提案します"
    )
    assert check(_with(abstract=polite)) == ()


RIGHT = [  # an English sentence, and its Japanese
    ("It sees 456 billion words.", "4560億語を参照する。"),
    ("It sees 15 million images.", "1500万枚の画像を参照する。"),
    ("It sees 1.5 trillion tokens.", "1.5兆トークンを参照する。"),
    ("It sees 1,000 maps.", "１，０００枚の地図を参照する。"),
    ("It saves 30\\% of the time.", "時間の3割を節約する。"),
    ("It saves 85\\% of the time.", "時間を八割五分節約する。"),
    ("It saves 20-30\\% of the time.", "時間を2〜3割節約する。"),
    ("It saves 12.5\\% of the time.", "時間を12.5パーセント節約する。"),
    ("It needs half of the memory.", "必要なメモリは半分である。"),
    ("It needs half of the memory.", "必要なメモリは2分の1である。"),
    ("It needs a third of the memory.", "必要なメモリは三分の一である。"),
    ("It needs a quarter of the memory.", "必要なメモリは4分の1である。"),
    ("It has three stages and five parts.", "三つの段階と5つの部分からなる。"),
    ("It is a threefold gain.", "3倍の向上である。"),
    ("It sees 123 million 45 thousand.", "1億2300万と4万5千を参照する。"),
    ("Its loss is $O(n^2)$ at worst.", "損失は最悪で$O(n^2)$である。"),
    ("It uses dual encoders.", "デュアルエンコーダを用いる。"),
    ("It assigns roles in 2 ways.", "役割を2通りに割り当てる。"),
]


@pytest.mark.parametrize(("english", "japanese"), RIGHT)
def test_right_in_japanese(english, japanese):
    pair = replace(
        _with(abstract=ABSTRACT_JA + japanese), original_abstract=f"{ABSTRACT} {english}"
    )
    assert check(pair) == ()


BROKEN = [
    ("empty", lambda _: ""),
    ("language", lambda _: ABSTRACT),
    ("language", lambda _: ABSTRACT_ZH),
    ("script", lambda _: ABSTRACT_ZH),
    ("script", lambda text: text.replace("提案する", "提案する们")),
    ("script", lambda text: text.replace("経路で", "经路で")),
    ("language", lambda _: "우리는 지도를 보는 에이전트를 제안한다. " * 8),
    ("leftover-language", lambda text: text.replace("本研究では、", ABSTRACT[:120])),
    ("length", lambda text: text[:60]),
    ("length", lambda text: text * 2),
    ("length-extreme", lambda text: text[:12]),
    ("numbers", lambda text: text.replace("22.1", "21.2")),
    ("numbers", lambda text: text.replace("150万", "15万")),
    ("numbers", lambda text: text.replace("150万", "150億")),
    ("numbers", lambda text: text.replace("22.1％", "22.1倍")),
    ("numbers", lambda text: text.replace("43都市", "多くの都市")),
    ("links", lambda text: text.replace("/mapwalk", "/map")),
    ("names", lambda text: text.replace("MapWalk", "MapWolk", 1)),
    ("repetition", lambda text: text + "大規模言語モデル（LLM）が地図を参照することはほとんどない。"),
    ("leftovers", lambda text: f"**{text}**"),
    ("leftovers", lambda text: f"概要：{text}"),
    ("leftovers", lambda text: f"以下は要旨の日本語訳です：\n{text}"),
    ("leftovers", lambda text: f"はい、翻訳いたします。\n{text}"),
    ("leftovers", lambda text: f"{text}\nお役に立てれば幸いです。"),
    ("leftovers", lambda text: f"{text}（注：機械翻訳による。）"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil"), BROKEN)
def test_broken_in_japanese(name, spoil):
    assert name in _errors(_with(abstract=spoil(ABSTRACT_JA)))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("", "empty"),
        (TITLE, "language"),
        ("지도를 보는 에이전트", "language"),
        ("MapWalk：利用三维地图规划路线", "script"),
        ("タイトル：三次元地図", "leftovers"),
        (ABSTRACT_JA, "length-extreme"),
    ],
)
def test_broken_japanese_titles(title, name):
    assert name in _errors(_with(title=title))


@pytest.mark.parametrize(
    ("gist", "name"),
    [
        ("図" * 61, "gist"),
        ("An agent with maps", "gist"),
        ("正解率は99％", "numbers"),
        ("利用地图们", "script"),
    ],
)
def test_broken_japanese_gists(gist, name):
    assert name in _errors(_with(gist=gist))


def test_a_formula_must_stand_in_japanese():
    pair = replace(JA, original_abstract=f"{ABSTRACT} It is $O(n^2)$.")
    assert "formulas" in _errors(_with(pair, abstract=f"{ABSTRACT_JA}最悪で二次である。"))


def test_what_knows_only_chinese_is_silent_about_japanese():
    chinese = {each.name for each in CHECKS if each.families == ("zh",)}
    assert chinese == {"omission", "sense"}
    assert "omission" not in _errors(_with(abstract=ABSTRACT_JA.split("。", 1)[1]))


@pytest.mark.parametrize(
    ("japanese", "value"),
    [
        ("3割", 30),
        ("8割5分", 85),
        ("2億5000万", 250_000_000),
        ("1.5兆", 1_500_000_000_000),
        ("四千五百六十億", 456_000_000_000),
    ],
)
def test_japanese_numerals(japanese, value):
    assert [number.value for number in read(with_known_numerals(japanese))] == [value]


@given(st.text(alphabet="3５三割分の，,0１億兆万パーセント倍両〜から役割合 ") | st.text())
def test_reading_japanese_never_raises(text):
    read(with_known_numerals(text))


# ── languages that nothing is known of ────────────────────────────────────────────────────────

ABSTRACT_DE = (
    "Große Sprachmodelle (LLMs) sehen selten auf eine Karte. Wir stellen MapWalk vor, einen zweistufigen Agenten,"
    " der auf 1,5 Millionen Strecken in 43 Städten trainiert wurde. Auf RouteBench hebt MapWalk die Genauigkeit von"
    " 8,0 % auf 22,1 %, das Dreifache von GPT-4o, und braucht nur 8 GPUs. Der Code steht unter"
    " https://github.com/maps/mapwalk."
)
DE = Pair(
    TITLE,
    ABSTRACT,
    Draft("MapWalk: Wege planen mit 3D-Karten", ABSTRACT_DE, "Ein Agent liest Karten." * 4),
    "de",
)


def _of(pair: Pair, name: str) -> list[Finding]:
    return [finding for finding in check(pair) if finding.check == name]


def test_a_faithful_german_pair_has_no_findings():
    assert check(DE) == ()


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("empty", lambda _: " "),
        ("language", lambda _: ABSTRACT),
        ("language", lambda _: ABSTRACT.upper().replace(" ", "\n")),
        ("links", lambda text: text.replace("/mapwalk", "")),
        ("leftovers", lambda text: f"{text}\n---"),
    ],
)
def test_broken_in_a_language_that_nothing_is_known_of(name, spoil):
    assert name in _errors(_with(DE, abstract=spoil(ABSTRACT_DE)))


def test_numbers_are_notes_where_the_number_words_are_not_known():
    spoilt = _with(DE, abstract=ABSTRACT_DE.replace("22,1", "21,2"))
    assert {finding.given for finding in _of(spoilt, "numbers")} == {
        ("abstract", "22.1"),
        ("abstract", "21,2"),
    }
    assert _errors(spoilt) == set()


def test_a_short_title_may_stay_in_a_latin_language():
    assert (
        check(_with(replace(DE, original_title="Mamba Transformer"), title="Mamba Transformer"))
        == ()
    )
    assert "language" in _errors(_with(DE, title=TITLE))


@pytest.mark.parametrize("language", ["fr", "ko", "pt-BR", "xx", ""])
def test_no_check_of_another_family_speaks(language):
    silent = {each.name for each in CHECKS if each.families}
    pair = replace(
        DE, language=language, draft=Draft("지도", "지도를 보는 " * 900 + "們の", "图" * 99)
    )
    assert not silent & {finding.check for finding in check(pair)}


# ── Chinese that is none, and texts in the wrong place ────────────────────────────────────────

TRADITIONAL = (
    "大型語言模型（LLM）很少查看地圖。我們提出了MapWalk，這是一種兩階段智能體，使用43個城市的150萬條路線訓練。"
    "在RouteBench上，MapWalk將準確率從8.0%提升至22.1%，是GPT-4o得分的三倍，且僅需8塊GPU。"
    "代碼見https://github.com/maps/mapwalk。"
)


def test_traditional_characters_are_no_simplified_chinese():
    assert "script" in _errors(_with(GOOD, abstract=TRADITIONAL))
    assert "script" in _errors(_with(GOOD, title="利用三維地圖規劃路線"))


def test_japanese_is_no_chinese():
    findings = check(_with(GOOD, title=TITLE_JA, abstract=ABSTRACT_JA))
    assert {finding.check for finding in findings if is_fatal(finding)} >= {"language"}


def test_title_and_abstract_swapped_are_found():
    swapped = check(_with(GOOD, title=ABSTRACT_ZH, abstract=TITLE_ZH))
    assert {finding.given[0] for finding in swapped if is_fatal(finding)} == {"title", "abstract"}
    assert {"length-extreme"} <= {finding.check for finding in swapped}
