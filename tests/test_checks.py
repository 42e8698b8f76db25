"""Faithful pairs are left in peace; each kind of mistake is found."""

from __future__ import annotations

import json
import os
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.checks import CHECKS, Pair, check, is_fatal
from ribao.checks.leftovers import clean
from ribao.checks.wording import found
from ribao.types import Draft, Finding

TITLE = "MapWalk: Planning Routes with 3D Maps"
ABSTRACT = (
    "Large language models (LLMs) rarely look at a map. We introduce MapWalk, a two-stage agent trained on"
    " 1.5 million routes in 43 cities. On RouteBench, MapWalk raises accuracy from 8.0\\% to 22.1\\%, three"
    " times the score of GPT-4o, and needs only 8 GPUs. Code is available at https://github.com/maps/mapwalk."
)
TITLE_ZH = "MapWalk：利用三维地图规划路线"
ABSTRACT_ZH = (
    "大语言模型（LLM）很少查看地图。我们提出了MapWalk，这是一种两阶段智能体，使用43个城市的150万条路线训练。"
    "在RouteBench上，MapWalk将准确率从8.0%提升至22.1%，是GPT-4o得分的三倍，且仅需8块GPU。"
    "代码见https://github.com/maps/mapwalk。"
)
GOOD = Pair(
    TITLE, ABSTRACT, Draft(TITLE_ZH, ABSTRACT_ZH, "让智能体查看地图，准确率升至22.1%。"), "zh-Hans"
)


def _with(pair: Pair = GOOD, **texts: str | None) -> Pair:
    return replace(pair, draft=replace(pair.draft, **texts))


def _errors(pair: Pair) -> set[str]:
    return {finding.check for finding in check(pair) if finding.severity == "error"}


def _messages(pair: Pair) -> list[str]:
    return [finding.message for finding in check(pair)]


def _title(original: str, translation: str) -> Pair:
    return replace(_with(title=translation), original_title=original)


def test_a_faithful_pair_has_no_findings():
    assert check(GOOD) == ()


def test_an_original_without_abstract_expects_none():
    assert check(Pair("A Map", "", Draft("地图", "", None), "zh-Hans")) == ()
    assert _errors(Pair("A Map", " ", Draft("地图", "我们提出了地图。", None), "zh-Hans")) == {
        "addition"
    }


FAITHFUL_TITLES = [
    ("GPT-4o", "GPT-4o"),
    ("Mamba", "Mamba"),
    ("SAM2 3D", "SAM2 3D"),
    ("Qwen2.5 Technical Report", "Qwen2.5技术报告"),
    ("1-Dimensional Tokens", "一维词元"),
    ("Part 3: The Journey", "第三部分：旅程"),
    ("Training on Ascend NPUs", "在昇腾NPU上训练"),
    ("Title: How to Name Papers", "标题：如何给论文命名"),
    ("<think> Once", "<think>一次"),
]


@pytest.mark.parametrize(("original", "translation"), FAITHFUL_TITLES)
def test_faithful_titles(original, translation):
    assert _errors(_title(original, translation)) == set()


BROKEN_TITLES = [
    ("Qwen2.5 Technical Report", "Qwen2.5 Technical Report", "language"),
    ("Maps for All", "すべての人のための地図を", "language"),
    ("Maps for All", "모두를 위한 지도", "language"),
    ("Maps for All", "面向所有人的地圖", "script"),
    ("Maps for All", "", "empty"),
    ("Maps for All", "标题：面向所有人的地图", "leftovers"),
    ("Maps for All", "**面向所有人的地图**", "leftovers"),
    ("7 Maps for All", "面向所有人的9张地图", "numbers"),
    ("Maps for All", "面向所有人的地图" * 20, "length-extreme"),
]


@pytest.mark.parametrize(("original", "translation", "name"), BROKEN_TITLES)
def test_broken_titles(original, translation, name):
    assert name in _errors(_title(original, translation))


SENTENCE = "Code is available at https://github.com/maps/mapwalk."
BROKEN_ABSTRACTS = [
    ("empty", lambda _: " "),
    ("language", lambda _: ABSTRACT),
    ("language", lambda _: "私たちは地図を見るエージェントを提案します。" * 6),
    ("script", lambda text: text.replace("我们", "我們")),
    ("script", lambda text: text.replace("的得分", "の得分").replace("得分的", "得分の")),
    (
        "leftover-language",
        lambda text: text.replace("大语言模型（LLM）很少查看地图。", ABSTRACT[:140]),
    ),
    ("length", lambda text: text[:55]),
    ("length", lambda text: text * 2),
    ("length-extreme", lambda text: text[:12]),
    ("length-extreme", lambda text: text * 12),
    ("length-extreme", lambda _: "图" * 100_000),
    ("leftovers", lambda text: f"{text}\n\n---"),
    ("leftovers", lambda text: f"摘要：{text}"),
    ("leftovers", lambda text: f"好的，以下是翻译：\n{text}"),
    ("leftovers", lambda text: f"{text}\n希望对您有帮助！"),
    ("leftovers", lambda text: f"{text}如果您有其他需要，请随时告诉我。"),
    ("leftovers", lambda text: f"Here is the translation:\n{text}"),
    ("leftovers", lambda text: '{"title": "地图", "abstract": "' + text),
    ("leftovers", lambda text: f"```json\n{text}\n```"),
    ("leftovers", lambda text: text.replace("MapWalk", "**MapWalk**")),
    ("leftovers", lambda text: text.replace("。", "。<br>")),
    ("leftovers", lambda text: f"{text}<|im_end|>"),
    ("leftovers", lambda text: f"<think>我先翻译。</think>{text}"),
    ("links", lambda text: text.replace("/maps/mapwalk", "/maps")),
    ("links", lambda text: text.replace("https://github.com/maps/mapwalk", "GitHub")),
    ("links", lambda text: f"{text}主页：mapwalk.github.io"),
    ("numbers", lambda text: text.replace("22.1%", "21.2%")),
    ("numbers", lambda text: text.replace("150万", "15万")),
    ("numbers", lambda text: text.replace("43个城市", "许多城市")),
    ("numbers", lambda text: text.replace("8块", "8块80GB的")),
    (
        "names",
        lambda text: text.replace("MapWalk", "RoadRunner").replace("RouteBench", "TripBench"),
    ),
    ("names", lambda text: text.replace("GPT-4o", "GPT-5o")),
]


@pytest.mark.parametrize(("name", "spoil"), BROKEN_ABSTRACTS)
def test_broken_abstracts(name, spoil):
    pair = _with(abstract=spoil(ABSTRACT_ZH))
    assert pair != GOOD
    assert name in _errors(pair)


RIGHT = [  # traps: an original's sentence and a right translation of it
    ("It uses 4k steps.", "它使用4,000步。"),
    ("It sees 11M images.", "它看了1100万张图像。"),
    ("Hundreds of billions of words.", "数千亿个词。"),
    ("Stage 1 plans, Stage 2 walks.", "第一阶段规划，第二阶段行走。"),
    ("It is a 3D map with 360° views.", "这是具有360度视图的三维地图。"),
    ("It moves by 1px.", "它移动一个像素。"),
    ("It is subquadratic, O(n^2) at worst.", "它是次二次的，最坏为O(n^2)。"),
    ("It uses 25-50\\% of Qwen2.5-72B.", "它使用Qwen2.5-72B的25%到50%。"),
    ("It renders 1280x720 videos.", "它渲染1280×720的视频。"),
    ("It holds 456 billion parameters.", "它有4560亿个参数。"),
    ("It is written as ID^2.", "它写作ID^2。"),
    ("It answers questions about language.", "它完成QA与NLP任务。"),
    ("It is a graphics card with attention.", "它是带GPU的Transformer。"),
    ("It uses chain-of-thought.", "它使用思维链（CoT）。"),
    ("It beats Claude-3.5-Sonnet and Llama 3.1 8B.", "它优于Claude 3.5 Sonnet和Llama-3.1-8B。"),
    ("It compares LMMs.", "它比较LMM。"),
    ("It says <p> and &lt; and **bold**.", "它说<p>与&lt;和**粗体**。"),
    ("Write to maps@city.edu .", "请写信至maps@city.edu。"),
    ("Code: https://github.com/ a/b .", "代码：https://github.com/a/b。"),
    ("See http://maps.org/ (demo).", "见 https://maps.org（演示）。"),
    ("We hope that it helps researchers.", "希望这项工作对研究者有所帮助。"),
    ("It is shown in (i) one and (ii) two.", "见（1）其一与（2）其二。"),
    (
        "The prompt is in English.",
        "提示为“let us think about the map step by step before we walk”。",
    ),
    ("The words are shown.", "展示了约翰・史密斯的词。"),
]


@pytest.mark.parametrize(("english", "chinese"), RIGHT)
def test_right_although_it_looks_wrong(english, chinese):
    pair = replace(_with(abstract=ABSTRACT_ZH + chinese), original_abstract=f"{ABSTRACT} {english}")
    assert check(pair) == ()


def test_one_unknown_word_is_a_note_only():
    pair = _with(abstract=ABSTRACT_ZH.replace("智能体", "基于Softmax的智能体"))
    assert [finding for finding in check(pair) if finding.check == "names"] == [
        found("names", "note", "names.stranger", "abstract", "Softmax")
    ]


def test_plural_folding_does_not_swallow_another_acronym():
    pair = replace(GOOD, original_title="LMMs", draft=replace(GOOD.draft, title="LMs模型"))
    assert "title: LMs does not stand in the original" in _messages(pair)


@pytest.mark.parametrize(("name", "wrong"), [("MapWalk", "MapWolk"), ("RouteBench", "RouteBenc")])
def test_a_name_with_a_wrong_letter_is_an_error(name, wrong):
    pair = _with(abstract=ABSTRACT_ZH.replace(name, wrong, 1))
    assert f"abstract: {name} was expected for {wrong}" in _messages(pair)
    assert "names" in _errors(pair)


MORE_BROKEN = [
    ("omission", lambda text: text.replace("大语言模型（LLM）很少查看地图。", "")),
    ("omission", lambda text: text.replace("在RouteBench上，MapWalk将准确率从8.0%提升至22.1%，是GPT-4o得分的三倍，且仅需8块GPU。", "")),
    ("addition", lambda text: text + "语音合成的音色由说话人自行录制。"),
    ("repetition", lambda text: text + "大语言模型（LLM）很少查看地图。"),
    ("numbers", lambda text: text.replace("22.1%", "22.1倍")),
    ("sense", lambda text: text.replace("我们提出了", "我们没有提出")),
    ("leftovers", lambda text: text + "（注：以上为机器翻译。）"),
    ("leftovers", lambda text: "作为AI语言模型，我将为您翻译。" + text),
    ("leftovers", lambda text: f"<abstract>{text}</abstract>"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil"), MORE_BROKEN)
def test_more_broken_abstracts(name, spoil):
    pair = _with(abstract=spoil(ABSTRACT_ZH))
    assert pair != GOOD
    assert name in _errors(pair)


def test_unmatched_number_words_are_notes_only():
    pair = _with(abstract=ABSTRACT_ZH.replace("的三倍", "的数倍"))
    assert check(pair) == (found("numbers", "note", "numbers.unsaid", "abstract", "three"),)


@pytest.mark.parametrize(
    ("gist", "name"),
    [
        ("图" * 61, "gist"),
        ("An agent that looks at maps", "gist"),
        ("准确率升至99%", "numbers"),
        ("见https://maps.org", "links"),
        ("总结：**地图**", "leftovers"),
        ("语音合成系统克隆任意说话人的音色与口音", "gist"),
        ("MapWalk: 利用三维地图规划路线。", "gist"),
    ],
)
def test_broken_gists(gist, name):
    assert name in _errors(_with(gist=gist))


@pytest.mark.parametrize("gist", [None, "", "图" * 60])
def test_a_gist_may_be_absent(gist):
    assert check(_with(gist=gist)) == ()


def test_a_number_that_is_lost_is_told_once():
    kinds = [f.kind for f in check(_with(abstract=ABSTRACT_ZH.replace("22.1%", ""), gist=None))]
    assert kinds.count("numbers.lost") == 1
    assert "numbers.place" not in kinds


def test_another_papers_text_is_fatal():
    other = (
        "我们提出了SoundForge，一个在12种语言、9000小时语音上训练的合成模型。在VoiceArena上，它的得分为67.3，"
        "超过了StyleTTS2与Tacotron，延迟仅为40毫秒。模型见https://sound.org/forge，可供研究者免费使用与修改。"
    )
    findings = check(_with(title="SoundForge：多语言语音合成", abstract=other, gist=None))
    assert "other-paper" in {finding.check for finding in findings if is_fatal(finding)}


def test_only_errors_of_fatal_checks_are_fatal():
    assert {each.name for each in CHECKS if each.fatal} == {
        "empty",
        "language",
        "length-extreme",
        "other-paper",
    }
    assert is_fatal(Finding("empty", "error", ""))
    assert not is_fatal(Finding("empty", "note", ""))
    assert not is_fatal(Finding("numbers", "error", ""))


def test_messages_say_what_and_where_and_stay_short():
    pair = _with(abstract=ABSTRACT_ZH.replace("22.1%", "21.2%") + "<br\x07" + "长" * 90 + ">")
    assert "abstract: 22.1\\% of the original is missing" in _messages(pair)
    assert all(len(message) < 160 and message.isprintable() for message in _messages(pair))


def test_findings_are_not_thousands():
    numbers = "、".join(str(number) for number in range(100, 300))
    found = [
        finding
        for finding in check(_with(abstract=ABSTRACT_ZH + numbers))
        if finding.check == "numbers"
    ]
    assert len(found) == 9
    assert found[-1].message == "there are more of the same kind"


def test_other_languages_are_checked_for_remains_and_links_only():
    pair = replace(GOOD, language="de", draft=Draft("Karten", f"{ABSTRACT}\n---", None))
    assert _errors(pair) == {"leftovers"}
    traditional = _title("Maps for All", "面向所有人的地圖")
    assert "script" not in _errors(replace(traditional, language="zh-Hant"))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("地图", "地图"),
        ("  地图\n", "地图"),
        ("标题：地图", "地图"),
        ("**标题：** 地图", "地图"),
        ("# 地图", "地图"),
        ("Abstract: 地图。", "地图。"),
        ("好的，以下是翻译：\n标题：地图", "地图"),
        ("以下是该摘要的中文翻译：地图。", "地图。"),
        ("Here is the Chinese translation:\n\n地图。", "地图。"),
        ("```json\n地图\n```", "地图"),
        ("地图。\n\n---", "地图。"),
        ("---\n地图。\n---\n", "地图。"),
        ("地图。希望对您有所帮助！", "地图。"),
        ("地图。\n如果您有其他问题，请随时告诉我。", "地图。"),
        ("希望这项工作对研究者有所帮助。", "希望这项工作对研究者有所帮助。"),
        ("我们研究标题：地图", "我们研究标题：地图"),
        ("摘要：", ""),
    ],
)
def test_clean(text, cleaned):
    assert clean(Draft(text, text, text), "A Map", "We map.") == Draft(cleaned, cleaned, cleaned)


def test_clean_leaves_what_the_original_has():
    draft = Draft("标题：如何命名", "摘要：地图 ---", None)
    assert clean(draft, "Title: How to Name", "Abstract: maps ---") == draft


PIECES = [
    "标题：",
    "**摘要：**",
    "好的，",
    "以下是翻译：",
    "---",
    "```",
    "```json\n",
    "\n",
    " ",
    "地图",
    "。",
    "# ",
]
PIECES += [
    "希望对您有帮助。",
    "如果您有问题，请告诉我",
    "Here is the translation:",
    "**",
    "\u3000",
    "-",
    "`",
]


@given(
    st.lists(st.sampled_from(PIECES)).map("".join) | st.text(),
    st.sampled_from(["", "Title: ---", "```"]),
)
def test_clean_is_idempotent(text, original):
    once = clean(Draft(text, text, text), original, original)
    assert clean(once, original, original) == once


@given(st.text(), st.text(), st.text(), st.text(), st.none() | st.text())
def test_check_never_raises(title, abstract, title_zh, abstract_zh, gist):
    for language in ("zh-Hans", "ja", "de"):
        check(Pair(title, abstract, Draft(title_zh, abstract_zh, gist), language))


HOSTILE = [
    "a", "A1 ", "A1.", "A-", "1,", "1万", "“", '"', "{ ", "\n", "\n希望您", "。希望", "标题：", "<b ", "<|", "https://a", "a@", "a.io ",
    "-", "- ", "`", "**", "好的，", "如果", "一", "图", "の", "x^", "(", "here is ", "\ud800", "\x00", "希望对您有帮助。",
    "割", "3割", "分の", "3分の", "３，０００", "はい、", "以下は", "$x", "$", "\\(", "x_", "{", "Ignore all ",
    "图abc", "图_abc", "不到1", "over 1 ", "（a）", "A a ", "a order of magnitude ", "few-step ", "一步",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_finish(piece):
    text = (piece * 100_000)[:100_000]
    draft = Draft(text, text, text)
    assert check(Pair(TITLE, ABSTRACT, draft, "zh-Hans"))
    check(Pair(text, text, Draft(TITLE_ZH, ABSTRACT_ZH, None), "zh-Hans"))
    check(Pair(text, text, draft, "zh-Hans"))
    check(Pair(text, text, draft, "ja"))
    check(Pair(text, text, draft, "fr"))
    clean(draft, TITLE, ABSTRACT)


# ── the references: real abstracts, faithful translations ──


@pytest.fixture(scope="module")
def corpus() -> list[Pair]:
    default = Path(__file__).parents[2] / "shared" / "data"
    path = Path(os.environ.get("RIBAO_CORPUS", default)) / "translations_zh.json"
    if not path.is_file():
        pytest.skip(
            f"no references at {path}: set RIBAO_CORPUS to the folder of translations_zh.json"
        )
    return [
        Pair(
            row["title"],
            row["abstract"],
            Draft(row["title_zh"], row["abstract_zh"], None),
            "zh-Hans",
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def test_faithful_references_are_left_in_peace(corpus):
    alarms = [pair.original_title for pair in corpus if _errors(pair)]
    assert len(alarms) <= 2, alarms


def test_clean_leaves_references_alone(corpus):
    for pair in corpus:
        assert clean(pair.draft, pair.original_title, pair.original_abstract) == pair.draft


FREE = r"(?<![A-Za-z0-9.,@^_(\-/])[0-9][0-9.,]*[0-9](?![0-9A-Za-z)])"


def _change_digit(pair: Pair, dice: random.Random) -> str | None:
    text = re.sub(r"https?://[!-~]+", lambda match: "#" * len(match[0]), pair.draft.abstract)
    spots = list(re.finditer(FREE, text))
    if not spots:
        return None
    at = dice.choice([spot.end() - 1 for spot in spots])
    digit = dice.choice([each for each in "123456789" if each != text[at]])
    return pair.draft.abstract[:at] + digit + pair.draft.abstract[at + 1 :]


def _change_magnitude(pair: Pair, dice: random.Random) -> str | None:
    text = pair.draft.abstract
    spots = list(re.finditer(r"(?<=[0-9])[万亿]", text))
    if not spots:
        return None
    spot = dice.choice(spots)
    return text[: spot.start()] + {"万": "亿", "亿": "万"}[spot[0]] + text[spot.end() :]


def _cut_link(pair: Pair, dice: random.Random) -> str | None:
    text = pair.draft.abstract
    spots = list(re.finditer(r"https?://[A-Za-z0-9._/-]*[A-Za-z0-9]", text))
    if not spots:
        return None
    spot = dice.choice(spots)
    end = dice.randrange(spot.start() + 8, spot.end() - 1)
    return text[:end] + text[spot.end() :]


def _two_names(pair: Pair, dice: random.Random) -> str:
    names = dice.sample(["ZetaFlow", "QuillNet-7B", "Orbitron", "VexBench", "Hypernova", "PLMQ"], 2)
    stops = [match.end() for match in re.finditer("。", pair.draft.abstract)]
    at = dice.choice(stops)
    return f"{pair.draft.abstract[:at]}{names[0]}优于{names[1]}。{pair.draft.abstract[at:]}"


def _leave_english(pair: Pair, dice: random.Random) -> str | None:
    english = [
        each for each in re.split(r"(?<=[.!?]) ", pair.original_abstract) if len(each.split()) > 9
    ]
    chinese = re.split("(?<=。)", pair.draft.abstract)
    at = dice.randrange(len(chinese))
    chinese[at] = dice.choice(english)
    return "".join(chinese)


def _add_remains(pair: Pair, dice: random.Random) -> str:
    before, after = dice.choice(
        [
            ("", "\n\n---"), ("摘要：", ""), ("**摘要：**", ""), ("好的，以下是翻译：", ""), ("", "希望对您有帮助。"),
            ("```json\n", "\n```"), ('{"abstract": "', '"}'), ("Here is the translation:\n", ""), ("", "<br>"),
            ("以下是翻译后的内容，译文如下：", ""), ("## ", ""), ("", "\n如果您有任何问题，请随时告诉我。"),
        ]
    )  # fmt: skip
    return before + pair.draft.abstract + after


PLANTED = [_change_digit, _change_magnitude, _cut_link, _two_names, _leave_english, _add_remains]


@pytest.mark.parametrize("spoil", PLANTED)
def test_planted_errors_are_found(corpus, spoil):
    dice = random.Random(f"ribao {spoil.__name__}")
    found = []
    for pair in corpus * 3:
        spoilt = spoil(pair, dice)
        if spoilt is not None:
            found.append(bool(_errors(_with(pair, abstract=spoilt))))
    share = sum(found) / len(found)
    print(f"{spoil.__name__}: {sum(found)} of {len(found)}")
    assert share >= 0.9


def test_another_papers_abstract_is_found(corpus):
    pairs = [(pair, other) for pair in corpus for other in corpus if pair is not other]
    swapped = [check(_with(pair, abstract=other.draft.abstract)) for pair, other in pairs[::7]]
    errors = sum(any(finding.severity == "error" for finding in findings) for findings in swapped)
    print(f"another paper's abstract: {errors} of {len(swapped)}")
    assert errors >= 0.9 * len(swapped)
