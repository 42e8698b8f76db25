"""The keyword cloud: whole phrases as text, nothing overlapping, the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import itertools
import math
import re
import subprocess
import sys

import pytest
from lxml import etree
from PIL import Image

from ribao.errors import RenderError
from ribao.renderers import cloud
from ribao.renderers.cloud import alternative_text, cloud_png, cloud_svg
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import covered, visible
from ribao.renderers.palette import FAMILIES, PAPER, PLAIN, without_ground
from ribao.statistics import Phrase
from ribao.texts import load_texts

SVG = "{http://www.w3.org/2000/svg}"
ZH = Edition("zh-Hans", load_texts("zh-Hans"), {})
EN = Edition("en", load_texts("en"), {})
WORDS = ["大语言模型", "强化学习", "GRPO", "扩散模型", "视频生成", "世界模型", "思维链", "智能体"]
WORDS += ["多模态检索", "Qwen3-VL", "量化", "幻觉"]
LONG = "把拉丁字母与中文混排在一起的四十个字的关键词 with Latin words and 中文 mixed again"
HOSTILE = [
    "<script>alert(1)</script>",
    "a & b",
    "\"quoted\" 'words'",
    "]]>",
    "Привет мир",
    "🤖 机器人",
    "x\x00y\n z",
    "ɛ-greedy",
    "λ → ∞",
]


def phrases(words, weights=None) -> list[Phrase]:
    families = [*FAMILIES, None, "nobody's"]
    return [
        Phrase(
            word, weights[place] if weights else 20.0 - place, families[place % len(families)], ()
        )
        for place, word in enumerate(words)
    ]


def texts(svg: str) -> list[etree._Element]:
    """The phrases; what the colours mean stands below them."""
    return etree.fromstring(svg.encode()).findall(f"{SVG}g[@class='words']/{SVG}text")


def legend(svg: str) -> list[etree._Element]:
    return [*etree.fromstring(svg.encode()).find(f"{SVG}g[@class='legend']")]


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    found = []
    for text in texts(svg):
        x, y, size, length = (
            float(text.get(name)) for name in ("x", "y", "font-size", "textLength")
        )
        found.append((x, y - 0.88 * size, x + length, y + 0.12 * size))
    return found


def test_every_phrase_stands_whole_in_the_svg_largest_first():
    svg = cloud_svg(phrases(WORDS), ZH)
    assert [text.text for text in texts(svg)] == WORDS
    sizes = [float(text.get("font-size")) for text in texts(svg)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] / sizes[-1] == pytest.approx(20 / 9, rel=0.01)


def test_the_svg_says_what_it_is_and_follows_the_scheme_without_reaching_out():
    svg = cloud_svg(phrases(WORDS), ZH)
    root = etree.fromstring(svg.encode())
    assert root.get("role") == "img"
    assert root.get("lang") == "zh-Hans"
    assert root.findtext(f"{SVG}title") == "今日关键词"
    assert root.findtext(f"{SVG}desc") == alternative_text(phrases(WORDS), ZH)
    assert "prefers-color-scheme:dark" in root.findtext(f"{SVG}style")
    for drawn in (*root.iter(f"{SVG}text"), *root.iter(f"{SVG}rect")):
        assert f".{drawn.get('class')}{{fill:" in root.findtext(f"{SVG}style")
    assert not re.search(r"<script|href|url\(|@import|@font-face|on\w+=|<image", svg)
    assert svg.replace("http://www.w3.org/2000/svg", "").count("http") == 0


def test_the_picture_brings_its_own_paper():
    """A dark reader's browser shows a file that is opened alone on white."""
    root = etree.fromstring(cloud_svg(phrases(WORDS), ZH).encode())
    first = next(root.iter(f"{SVG}rect", f"{SVG}text"))
    assert first.get("class") == "f-paper"
    assert [float(first.get(name)) for name in ("x", "y", "width", "height")] == [0, 0, 1600, 900]
    assert "<rect" not in without_ground(cloud_svg(phrases(WORDS), ZH)).partition("legend")[0]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("zh-Hans", ["智能体", "多模态", "其他"]),
        ("en", ["Agents", "Multimodality", "Other"]),
    ],
)
def test_the_legend_names_the_families_that_occur(language, names):
    drawn = [
        Phrase("x", 3.0, "multimodal", ()),
        Phrase("y", 2.0, "agents", ()),
        Phrase("z", 1.0, None, ()),
    ]
    parts = legend(cloud_svg(drawn, Edition(language, load_texts(language), {})))
    assert [part.text for part in parts[1::2]] == names
    tones = [FAMILIES["agents"], FAMILIES["multimodal"], PLAIN]
    assert [part.get("fill") for part in parts[::2]] == [tone.light for tone in tones]


@pytest.mark.parametrize("edition", [ZH, EN], ids=["zh-Hans", "en"])
def test_the_whole_legend_stands_below_the_phrases(edition):
    svg = cloud_svg(phrases([f"{word}{n}" for n in range(4) for word in WORDS]), edition)
    parts = legend(svg)
    assert len(parts) == 2 * (len(FAMILIES) + 1)
    lowest = max(bottom for _, _, _, bottom in boxes(svg))
    for square, name in zip(parts[::2], parts[1::2], strict=True):
        assert float(square.get("y")) > lowest
        assert float(square.get("x")) >= 0
        assert float(name.get("x")) + float(name.get("textLength")) <= cloud.WIDTH
        assert float(name.get("y")) < cloud.HEIGHT


@pytest.mark.parametrize("count", [1, 2, 7, 40, 100])
def test_nothing_overlaps_and_nothing_is_cut(count):
    many = [f"{WORDS[place % len(WORDS)]} {place}" for place in range(count)]
    for weights in (None, [1.0] * count, [100 / (1 + place) for place in range(count)]):
        svg = cloud_svg(phrases(many, weights), ZH)
        found = boxes(svg)
        assert len(found) == count
        for left, top, right, bottom in found:
            assert left >= 0
            assert top >= 0
            assert right <= cloud.WIDTH
            assert bottom <= cloud.HEIGHT
        for one, other in itertools.combinations(found, 2):
            assert (
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            )


def test_long_phrases_stay_whole_and_on_the_sheet():
    words = [LONG, *(f"{LONG[place:]}{place}" for place in range(9))]
    svg = cloud_svg(phrases(words), ZH)
    assert [text.text for text in texts(svg)] == words
    assert all(left >= 0 and right <= cloud.WIDTH for left, _, right, _ in boxes(svg))


def test_hostile_words_are_words():
    svg = cloud_svg(phrases(HOSTILE), ZH)
    assert [text.text for text in texts(svg)] == [visible(" ".join(w.split())) for w in HOSTILE]
    assert Image.open(io.BytesIO(cloud_png(phrases(HOSTILE), ZH))).size == (1600, 900)


def test_no_box_is_drawn():
    drawn = "".join(text.text for text in texts(cloud_svg(phrases([*WORDS, *HOSTILE]), ZH)))
    assert covered().issuperset(map(ord, drawn))
    assert cloud._face("大语言模型 GRPO Привет λ") == cloud.SERIF
    assert cloud._face("ɛ-greedy") == cloud.SANS


@pytest.mark.parametrize("nothing", [[], [Phrase("", 1.0, None, ())], [Phrase(" \n", 1, None, ())]])
def test_no_phrase_no_picture(nothing):
    assert cloud_svg(nothing, ZH) is None
    assert cloud_png(nothing, ZH) is None
    assert alternative_text(nothing, ZH) == ""


def test_odd_weights_do_no_harm():
    weights = [math.nan, math.inf, -1.0, 0.0]
    assert len(boxes(cloud_svg(phrases(WORDS[:4], weights), ZH))) == 4


def test_a_phrase_that_is_there_twice_stands_once():
    assert len(boxes(cloud_svg(phrases(["GRPO", "GRPO", " GRPO "]), ZH))) == 1


def test_the_alternative_text_says_the_ten_largest():
    said = alternative_text(phrases(WORDS), ZH)
    assert said == f"关键词云图，从大到小：{'、'.join(WORDS[:10])}。"
    assert "GRPO, " in alternative_text(phrases(WORDS), EN)
    assert cloud_svg(phrases(WORDS), EN).count("Today's keywords") == 1


def test_the_png_is_the_same_layout_on_paper():
    picture = Image.open(io.BytesIO(cloud_png(phrases(WORDS), ZH))).convert("RGB")
    paper = tuple(bytes.fromhex(PAPER.light[1:]))
    assert picture.size == (1600, 900)
    assert picture.getpixel((0, 0)) == paper
    for left, top, right, bottom in boxes(cloud_svg(phrases(WORDS), ZH)):
        room = 0.12 * (bottom - top)
        box = tuple(round(edge) for edge in (left - room, top - room, right + room, bottom + room))
        part = picture.crop(box)
        assert len(part.getcolors(10_000)) > 2  # something is written there,
        picture.paste(paper, box)
    top = min(float(part.get("y")) for part in legend(cloud_svg(phrases(WORDS), ZH))[::2]) - 8
    assert len(picture.crop((0, int(top), 1600, 900)).getcolors(10_000)) > len(FAMILIES)
    picture.paste(paper, (0, int(top), 1600, 900))
    assert [colour for _, colour in picture.getcolors(10_000)] == [paper]  # and nowhere else


def test_same_phrases_same_bytes_in_another_process():
    script = (
        "import hashlib;from tests.test_cloud import *;"
        "print(hashlib.sha256(cloud_svg(phrases(WORDS),ZH).encode()+cloud_png(phrases(WORDS),ZH))"
        ".hexdigest())"
    )
    command = [sys.executable, "-c", script]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    own = hashlib.sha256(cloud_svg(phrases(WORDS), ZH).encode() + cloud_png(phrases(WORDS), ZH))
    assert other.stdout.strip() == own.hexdigest(), other.stderr


def test_without_the_library_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    cloud._font.cache_clear()
    with pytest.raises(RenderError, match=r"pip install 'ribao\[pictures\]'"):
        cloud_svg(phrases(WORDS), ZH)


# ── the colours ───────────────────────────────────────────────────────────────────────────────


def linear(colour: str) -> list[float]:
    return [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in bytes.fromhex(colour[1:]))
    ]


def contrast(one: str, other: str) -> float:
    light = [
        sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True))
        for c in (one, other)
    ]
    return (max(light) + 0.05) / (min(light) + 0.05)


# Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB.
EYES = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def seen(colour: str, eye: str) -> tuple[float, ...]:
    """A colour as an eye sees it, in Oklab."""
    r, g, b = (
        max(0.0, sum(a * c for a, c in zip(row, linear(colour), strict=True))) for row in EYES[eye]
    )
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_families_are_legible_and_apart_for_every_eye(scheme):
    colours = [getattr(tone, scheme) for tone in (*FAMILIES.values(), PLAIN)]
    assert all(contrast(colour, getattr(PAPER, scheme)) >= 4.5 for colour in colours)
    for eye in EYES:
        for one, other in itertools.combinations(colours, 2):
            # 0.02 is what is just noticed.
            assert math.dist(seen(one, eye), seen(other, eye)) > 0.04, (one, other, eye)
