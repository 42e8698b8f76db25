"""Errors are planted where they are said to be, and rewriting leaves a pair faithful."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ribao.checks import Pair, check
from ribao.planted import KINDS, REWRITES, Sample, plant
from ribao.types import Draft

ONE = Sample(
    "MapWalk: Planning Routes",
    "Existing agents rarely look at a map. We propose MapWalk, an agent trained on 20,000 routes"
    " without human labels. On RouteBench, it outperforms GPT-4o and improves accuracy by 22.1%."
    " Code is available at https://github.com/maps/mapwalk.",
    "MapWalk：规划路线",
    "现有智能体很少查看地图。我们提出了MapWalk，这是一种使用20000条路线训练、没有人类标签的智能体。"
    "在RouteBench上，它优于GPT-4o，准确率提高了22.1%。代码可在https://github.com/maps/mapwalk获取。",
)
OTHER = Sample(
    "SoundForge",
    "Speech synthesis needs many recordings. We present SoundForge, which clones voices quickly.",
    "SoundForge",
    "语音合成需要大量录音才能得到自然的声音。我们介绍了SoundForge，它可以迅速克隆任何人的声音。",
)


def _spoilt(kind: str, seed: int = 0) -> str:
    pairs = list(plant([ONE, OTHER], kind, random.Random(seed)))
    return next(spoilt.abstract_zh for sample, spoilt in pairs if sample is ONE)


def _errors(sample: Sample) -> set[str]:
    draft = Draft(sample.title_zh, sample.abstract_zh, None)
    found = check(Pair(sample.title, sample.abstract, draft, "zh-Hans"))
    return {finding.check for finding in found if finding.severity == "error"}


def test_the_pairs_are_faithful():
    assert _errors(ONE) == set()


EXAMPLES = {
    "decimal": "提高了221%",
    "percent": "提高了22.1倍",
    "last dropped": "准确率提高了22.1%。",
    "negation out": "、有人类标签",
    "another paper": OTHER.abstract_zh,
}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_what_is_planted(kind):
    assert EXAMPLES[kind] in _spoilt(kind)
    assert EXAMPLES[kind] not in ONE.abstract_zh or kind == "last dropped"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_changes_the_abstract_and_the_same_dice_change_it_alike(kind):
    assert _spoilt(kind) != ONE.abstract_zh
    assert _spoilt(kind) == _spoilt(kind)


SENSE = {"negation in", "negation out", "comparison"}  # Not every one of these can be seen.


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_found(kind):
    found = [bool(_errors(replace(ONE, abstract_zh=_spoilt(kind, seed)))) for seed in range(4)]
    assert any(found) if kind in SENSE else all(found)


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_no_place_for_an_error_is_passed_over(kind):
    assert list(plant([Sample("A", "", "甲", "")], kind, random.Random(0))) in (
        [],
        [(Sample("A", "", "甲", ""), Sample("A", "", "甲", _only(kind)))],
    )


def _only(kind: str) -> str:
    """What is planted in an empty text: leftovers need no place."""
    pairs = list(plant([Sample("A", "", "甲", "")], kind, random.Random(0)))
    return pairs[0][1].abstract_zh if kind == "leftovers" and pairs else "nothing"


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewritten_pair_is_faithful_still(name):
    rewritten = REWRITES[name](ONE)
    assert rewritten is None or (rewritten != ONE and _errors(rewritten) == set())


def test_an_unknown_kind_is_an_error():
    with pytest.raises(KeyError):
        list(plant([ONE], "typo", random.Random(0)))
