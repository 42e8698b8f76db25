"""Formulas, terms and the title: what a translation must hold, and what it must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ribao.checks import Pair, check
from ribao.repair import repair
from ribao.types import Finding, Term
from tests.test_checks import ABSTRACT, ABSTRACT_ZH, GOOD, _errors, _with


def _of(pair: Pair, name: str) -> list[Finding]:
    return [finding for finding in check(pair) if finding.check == name]


def _pair(english: str, chinese: str) -> Pair:
    original = repair(f"{ABSTRACT} {english}")
    return replace(_with(abstract=ABSTRACT_ZH + chinese), original_abstract=original)


CARRIED = [  # a sentence with a formula, and its rendering
    ("Its loss is $O(n^2)$ at worst.", "其损失最坏为$O(n^2)$。"),
    ("Its loss is $O( n^2 )$ at worst.", "其损失最坏为$O(n^2)$。"),
    (r"It predicts \( x_0 \) from noise.", r"它由噪声预测\(x_0\)。"),
    ("It beats π_{0.5} by far.", "它远胜π_{0.5}。"),
    ("The error is below 10^{-3} now.", "误差现在低于10^{-3}。"),
    ("It reaches an R^2 close to one.", "其R^2接近一。"),
    (r"A 360^circ view is drawn.", "绘制360°的视图。"),
    (r"It costs $5 a month, and $8 later.", "每月5美元，之后8美元。"),
    ("It is ten times as fast.", "速度是原来的十倍。"),
]


@pytest.mark.parametrize(("english", "chinese"), CARRIED)
def test_a_formula_that_is_carried_over_is_right(english, chinese):
    assert _of(_pair(english, chinese), "formulas") == []


OTHERWISE = [
    ("The error is below 10^{-3} now.", "误差现在低于10⁻³。", "rewritten"),
    ("It reaches an R^2 close to one.", "其R²接近一。", "rewritten"),
    ("It reaches the best F_1 of all.", "其F1为最佳。", "rewritten"),
    ("It sees 10^{6} maps.", "它看过一百万张地图。", "lost"),
]


@pytest.mark.parametrize(("english", "chinese", "kind"), OTHERWISE)
def test_a_formula_that_is_written_otherwise_is_a_note(english, chinese, kind):
    pair = _pair(english, chinese)
    assert [finding.kind for finding in _of(pair, "formulas")] == [f"formulas.{kind}"]
    assert "formulas" not in _errors(pair)


BROKEN = [
    ("Its loss is $O(n^2)$ at worst.", "其损失最坏为二次。", "lost"),
    ("Its loss is $O(n^2)$ at worst.", "其损失最坏为$O(n^3)$。", "lost"),
    ("Its loss is $O(n^2)$ at worst.", "其损失最坏为$O(n^3)$。", "stranger"),
    ("It beats π_{0.5} by far.", "它远胜π_{0.6}。", "lost"),
    ("It reaches an R^2 close to one.", "其R^3接近一。", "stranger"),
    ("Its cost is quadratic.", "其代价为$O(n^2)$。", "stranger"),
]


@pytest.mark.parametrize(("english", "chinese", "kind"), BROKEN)
def test_a_formula_that_is_lost_changed_or_put_in_is_an_error(english, chinese, kind):
    found = _of(_pair(english, chinese), "formulas")
    assert f"formulas.{kind}" in {finding.kind for finding in found if finding.severity == "error"}


def test_a_gist_need_not_hold_a_formula_but_none_of_its_own():
    pair = _pair("Its loss is $O(n^2)$ at worst.", "其损失最坏为$O(n^2)$。")
    assert _of(_with(pair, gist="地图智能体的损失为$O(n^2)$"), "formulas") == []
    [finding] = _of(_with(pair, gist="地图智能体的损失为$O(n^3)$"), "formulas")
    assert (finding.severity, finding.given) == ("error", ("gist", "$O(n^3)$"))


# ── the title ─────────────────────────────────────────────────────────────────────────────────


def test_a_title_that_leaves_the_name_out_is_told_of_it_only():
    (finding,) = _of(_with(title="利用三维地图规划路线"), "title")
    assert (finding.severity, finding.kind) == ("error", "title.name")
    assert finding.given == ("title", "MapWalk")


def test_a_title_that_leads_with_another_name_is_an_error():
    pair = replace(GOOD, original_title="Planning Routes with 3D Maps")
    (finding,) = _of(_with(pair, title="RoadRunner：利用三维地图规划路线"), "title")
    assert finding.given == ("title", "RoadRunner")


@pytest.mark.parametrize(
    ("original", "title"),
    [
        ("MapWalk: Planning Routes with 3D Maps", "利用三维地图规划路线：MapWalk方法"),
        ("Map-Walk 2: Planning Routes with 3D Maps", "MapWalk2：利用三维地图规划路线"),
        ("Maps: Planning Routes with 3D Maps", "地图：利用三维地图规划路线"),
        ("Large Language Models: Planning Routes in 3D", "LLM：在三维中规划路线"),
        ("Planning Routes with 3D Maps: An Agent", "规划路线MapWalk：利用三维地图的智能体"),
    ],
)
def test_a_title_may_have_its_name_elsewhere_or_written_otherwise(original, title):
    assert _of(replace(_with(title=title), original_title=original), "title") == []


# ── names ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("english", "chinese", "severities"),
    [
        ("It wins on RxR and R2R.", "它在RxR和R2R上获胜。", []),
        ("It wins on the USA maps.", "它在美国地图上获胜。", ["note"]),
        ("It heeds the law of the map (LoM).", "它遵守地图法则。", ["note"]),
        ("It wins on RxR and R2R.", "它在这些地图上获胜。", ["error", "error"]),
        ("It is a GPU-based LLM in 3D.", "它是基于显卡的三维语言模型。", []),
    ],
)
def test_names_that_are_left_out(english, chinese, severities):
    told = [each for each in _of(_pair(english, chinese), "names") if each.kind == "names.lost"]
    assert [finding.severity for finding in told] == severities


@pytest.mark.parametrize(
    "title", ["SoundForge：多语言语音合成", "面向说话人克隆的端到端语音合成方法", "语音合成"]
)
def test_another_papers_title_is_found(title):
    assert _errors(_with(GOOD, title=title)) & {"title", "names"}


def test_a_term_that_the_list_forbids_is_an_error():
    term = Term("agent", "智能体", forbidden=("代理",))
    spoilt = _with(GOOD, abstract=ABSTRACT_ZH.replace("智能体", "代理"))
    assert "terms" not in _errors(spoilt)
    [finding] = _of(replace(spoilt, terms=(term,)), "terms")
    assert (finding.severity, finding.given) == ("error", ("abstract", "代理", "agent", "智能体"))
    assert _of(replace(GOOD, terms=(term,)), "terms") == []
