"""The podcast's cover: as directories ask for it, whole with any name, the same each time."""

from __future__ import annotations

import importlib
import io
from functools import cache

import pytest
from PIL import Image, ImageChops, ImageStat

from ribao.errors import RenderError
from ribao.renderers import cover
from ribao.renderers.cover import draw_cover, draw_thumbnail
from ribao.renderers.edition import Edition
from ribao.texts import load_texts

PAPER, INK, RED = (0xFB, 0xF9, 0xF4), (0x1D, 0x1B, 0x18), (0xA9, 0x2B, 0x20)
NAMES = (
    None,
    "A",
    "AI日报",
    "我的 Hugging Face 论文早报",
    "机器学习与自然语言处理组内每日论文早报",
    "Daily Papers in Machine Learning, Berlin",
    "W" * 40,
    "论" * 40,
    '#panic("x") $x^2$ \\ <b> @cite "; #let [',
    "日报 🤗\x00\u202e",
    "（Understanding）人工智能论文日报",
    "   ",
)


def edition(language: str = "zh-Hans", **facts) -> Edition:
    return Edition(language, load_texts(language), {}, **facts)


@cache
def drawn(language: str = "zh-Hans", name: str | None = None, *, sample: bool = False):
    """The cover as a picture, and its bytes."""
    body = draw_cover(edition(language, name=name, sample=sample))
    picture = Image.open(io.BytesIO(body))
    picture.load()
    return picture, body


def inked(picture: Image.Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int] | None:
    """The box of all that has exactly this colour."""
    bands = [
        band.point([255 * (value == wanted) for value in range(256)])
        for band, wanted in zip(picture.convert("RGB").split(), colour, strict=True)
    ]
    mask = Image.merge("RGB", bands).convert("L").point([0] * 255 + [255])
    return mask.getbbox()


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_cover_is_as_directories_ask_for_it(language, name):
    picture, body = drawn(language, name)
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (3000, 3000))
    assert "transparency" not in picture.info
    assert len(body) <= 500_000
    assert picture.getpixel((0, 0)) == PAPER


@pytest.mark.parametrize("name", [name for name in NAMES if name != "   "])
def test_the_name_stands_whole_above_the_rule(name):
    picture, _ = drawn("zh-Hans", name)
    rule_top = next(y for y in range(1900, 2200) if picture.getpixel((225, y)) == INK)
    left, top, right, bottom = inked(picture.crop((0, 0, 3000, rule_top)), INK)
    assert min(left, 3000 - right) >= 210
    assert top >= 150
    assert bottom <= rule_top - 20
    assert right - left > 500  # and large


def test_the_sound_is_the_one_thing_in_red():
    picture, _ = drawn()
    left, top, right, bottom = inked(picture, RED)
    assert (left, 3000 - right) == (220, 220)
    assert 2200 < top < bottom < 2750


def test_the_sample_says_so():
    _, top, right, _ = inked(drawn(sample=True)[0], RED)
    assert top < 200
    assert right > 2800


def test_names_and_languages_differ():
    bodies = {drawn(language, name)[1] for language in ("zh-Hans", "en") for name in NAMES[:4]}
    assert len(bodies) == 8


def test_the_same_edition_gives_the_same_bytes():
    again = edition()
    assert draw_cover(again) == drawn()[1]
    assert draw_thumbnail(again) == draw_thumbnail(again)


@pytest.mark.parametrize("name", NAMES)
def test_a_thumbnail_is_small_enough_for_every_mp3(name):
    body = draw_thumbnail(edition(name=name))
    picture = Image.open(io.BytesIO(body))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (600, 600))
    assert len(body) <= 60_000


def test_the_thumbnail_shows_the_cover():
    small = Image.open(io.BytesIO(draw_thumbnail(edition())))
    large = drawn()[0].resize((600, 600), Image.Resampling.LANCZOS)
    difference = ImageChops.difference(small, large).convert("L")
    assert ImageStat.Stat(difference).mean[0] < 3


def test_the_name_can_be_read_in_a_list():
    """At 55 pixels strokes and ground of the name are still far apart."""
    picture = drawn()[0].resize((55, 55), Image.Resampling.LANCZOS).convert("L")
    darkest, lightest = picture.crop((8, 4, 47, 36)).getextrema()
    assert darkest < 60
    assert lightest > 240


@pytest.mark.parametrize("missing", ["typst", "PIL"])
def test_a_library_that_is_missing_is_named_with_the_remedy(monkeypatch, missing):
    found = importlib.import_module

    def without(name):
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(name)
        return found(name)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(RenderError, match=rf"cover: {missing} .*pip install 'ribao\[pictures\]'"):
        draw_cover(edition())


def test_what_cannot_be_set_is_said(monkeypatch):
    monkeypatch.setattr(cover, "COLOURS", {})
    with pytest.raises(RenderError, match=r"cover: cannot be set: .*ink"):
        draw_cover(edition("en"))
