"""Traditional Chinese from the simplified: words and letters, and nothing of what is in Latin."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao import traditional
from ribao.errors import ConfigError
from ribao.languages import TRADITIONAL
from ribao.phrases import read_phrases
from ribao.topics import read_areas
from ribao.traditional import Names, to_traditional

LIST = Path(traditional.__file__).with_name("traditional.toml")


@pytest.mark.parametrize(
    ("simplified", "taiwan", "hong_kong"),
    [
        ("软件", "軟體", "軟件"),
        ("信息", "資訊", "資訊"),
        ("视频", "影片", "影片"),
        ("网络", "網路", "網絡"),
        ("算法", "演算法", "演算法"),
        ("该数据集成为基准", "該資料集成為基準", "該數據集成為基準"),
        ("对象检测", "物件檢測", "對象檢測"),
        ("这里里面", "這裡裡面", "這裏裏面"),
    ],
)
def test_words_are_those_of_the_place(simplified, taiwan, hong_kong):
    assert to_traditional(simplified, "zh-Hant") == taiwan
    assert to_traditional(simplified, "zh-Hant-TW") == taiwan
    assert to_traditional(simplified, "zh-Hant-HK") == hong_kong


@pytest.mark.parametrize(
    ("simplified", "wanted"),
    [
        ("参数高效微调", "參數高效微調"),
        ("损失函数具有局部收敛保证", "損失函數具有局部收斂保證"),
        ("扩展语言模型", "擴展語言模型"),
        ("新视图合成", "新視圖合成"),
        ("循环神经网络的激活", "循環神經網路的激活"),
        ("细胞类型", "細胞類型"),
        ("多任务学习", "多任務學習"),
        ("高质量的概率质量", "高品質的機率質量"),
        ("数据收集成本", "資料收集成本"),
        ("合成数据与大数据集", "合成資料與大資料集"),
        ("研究了如何扩展，阐明了这种联系", "研究了如何擴展，闡明了這種聯繫"),
        ("大多采用，并为此；合并为一", "大多採用，並為此；合併為一"),
        ("更复杂", "更複雜"),
        ("推导出", "推導出"),
        ("以对象为中心；研究对象", "以物件為中心；研究對象"),
    ],
)
def test_what_opencc_makes_wrong_of_papers_is_put_right(simplified, wanted):
    assert to_traditional(simplified, "zh-Hant") == wanted


@pytest.mark.parametrize(
    ("simplified", "wanted"),
    [
        ("只需三只：只有", "只需三隻：只有"),
        ("之后的皇后", "之後的皇后"),
        ("方面与面条", "方面與麵條"),
        ("干预、干净、骨干", "干預、乾淨、骨幹"),
        ("发展与头发", "發展與頭髮"),
        ("系统、关系、联系", "系統、關係、聯繫"),
        ("公里、里程碑、这里", "公里、里程碑、這裡"),
    ],
)
def test_letters_that_have_two_ways_take_the_right_one(simplified, wanted):
    assert to_traditional(simplified, "zh-Hant") == wanted


def test_quotation_marks_are_the_traditional_ones():
    assert to_traditional("“文档内‘推理’”", "zh-Hant") == "「文件內『推理』」"
    assert to_traditional("the authors’ 数据", "zh-Hant") == "the authors’ 資料"


@pytest.mark.parametrize("language", TRADITIONAL)
@pytest.mark.parametrize(
    "kept",
    [
        "https://example.org/a_b?c=1",
        "$x_{\\text{训练}}^2$",
        "\\(O(n^2)\\)",
        "10^{-3}",
        "REINFORCE++",
        "a@example.org",
        "4,000 / 67.3%",
        "“",
    ],
)
def test_links_formulas_and_latin_stay_as_they_are(kept, language):
    said = to_traditional(f"数据 {kept} 网络", language)
    kept = "「" if kept == "“" else kept
    assert said.split(" ", 1)[1].rsplit(" ", 1)[0] == kept


def test_english_is_not_touched():
    text = "Open “quotes”, formulas $x$ and the authors’ own"
    assert to_traditional("plain ASCII", "zh-Hant") == "plain ASCII"
    assert to_traditional(text, "zh-Hant") == text.translate(str.maketrans("“”", "「」"))


@pytest.mark.parametrize(("table", "way"), [("taiwan", "s2twp"), ("hongkong", "s2hk")])
def test_a_correction_says_something_else_than_opencc_or_guards_against_another(table, way):
    from opencc import OpenCC

    data = tomllib.loads(LIST.read_text("utf-8"))
    known = {**data["both"], **data[table]}
    assert [
        simplified
        for simplified, wanted in data[table].items()
        if OpenCC(way).convert(simplified) == wanted
        and not any(other in simplified for other in known if other != simplified)
    ] == []


@pytest.mark.parametrize("language", TRADITIONAL)
def test_without_opencc_the_remedy_is_told(language, monkeypatch):
    traditional._converter.cache_clear()
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(ConfigError, match=rf"language: {language}: .*pip install 'ribao\[hant\]'"):
        to_traditional("数据", language)
    traditional._converter.cache_clear()


def test_areas_and_phrases_are_named_in_traditional_letters():
    areas = read_areas((LIST.parent / "areas.toml").read_text("utf-8")).renamed(Names)
    phrases = read_phrases((LIST.parent / "phrases.toml").read_text("utf-8")).renamed(Names)
    assert areas.name("video-understanding", "zh-Hant") == "影片理解"
    assert areas.name("video-understanding", "zh-Hans") == "视频理解"
    assert areas.name("video-understanding", "ja") == "動画理解"
    assert areas.name("video-understanding", "fr") == "Video understanding"
    assert areas.families("zh-Hant-HK")["agents"] == "智能體"
    assert phrases.shown("reward function", "zh-Hant") == "獎勵函數"
    assert phrases.shown("reward function", "ja") == "報酬関数"
    assert phrases.shown("reward function", "fr") == "reward function"
    assert phrases.shown("GRPO", "zh-Hant") == "GRPO"


@given(st.text(alphabet=st.sampled_from("数据“”‘’$x{}^_集成为了如 \\()a1。"), max_size=60))
def test_any_text_is_converted_and_none_gets_lost(text):
    said = to_traditional(text, "zh-Hant")
    assert sum(char.isascii() for char in said) == sum(char.isascii() for char in text)
