"""The fonts that ship: what they hold, and what is done with the characters that they lack."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import unicodedata

import pytest

from ribao.errors import BadPayloadError
from ribao.renderers.fonts import covered, font_folder, visible
from ribao.sources.saved import find_files, read_saved
from tests.conftest import ROOT
from tests.made import NOW

SANS = ("RibaoSans-Regular.otf", "RibaoSans-Bold.otf")
FONTS = (*SANS, "RibaoSerif-Bold.otf", "RibaoSerif-Italic.ttf")


def table(font: bytes, tag: bytes) -> bytes:
    (count,) = struct.unpack(">H", font[4:6])
    for place in range(12, 12 + 16 * count, 16):
        name, _, offset, length = struct.unpack(">4sIII", font[place : place + 16])
        if name == tag:
            return font[offset : offset + length]
    raise AssertionError(f"no table {tag!r}")


def characters(font: bytes) -> set[int]:
    """What the font's widest character map holds: read by hand, so that no library is needed."""
    cmap = table(font, b"cmap")
    found: set[int] = set()
    for place in range(4, 4 + 8 * struct.unpack(">H", cmap[2:4])[0], 8):
        (offset,) = struct.unpack(">I", cmap[place + 4 : place + 8])
        kind, *_ = struct.unpack(">H", cmap[offset : offset + 2])
        if kind == 12:
            (groups,) = struct.unpack(">I", cmap[offset + 12 : offset + 16])
            for group in range(offset + 16, offset + 16 + 12 * groups, 12):
                first, last, _ = struct.unpack(">III", cmap[group : group + 12])
                found.update(range(first, last + 1))
        elif kind == 4:
            (twice,) = struct.unpack(">H", cmap[offset + 6 : offset + 8])
            ends = struct.unpack(f">{twice // 2}H", cmap[offset + 14 : offset + 14 + twice])
            begin = offset + 16 + twice
            starts = struct.unpack(f">{twice // 2}H", cmap[begin : begin + twice])
            for first, last in zip(starts, ends, strict=True):
                found.update(range(first, last + 1))
    return found - {0xFFFF}


def names(font: bytes) -> dict[int, str]:
    """The font's names in English, by number."""
    name = table(font, b"name")
    count, begin = struct.unpack(">HH", name[2:6])
    found = {}
    for place in range(6, 6 + 12 * count, 12):
        platform, _, language, number, length, offset = struct.unpack(
            ">6H", name[place : place + 12]
        )
        if (platform, language) == (3, 0x409):
            text = name[begin + offset : begin + offset + length]
            found[number] = text.decode("utf-16-be")
    return found


def read(file: str) -> bytes:
    return (font_folder() / file).read_bytes()


def lacking(text: str) -> set[str]:
    return {char for char in text if ord(char) not in covered()}


def test_every_character_of_the_corpus_can_be_seen(corpus):
    text = set()
    for path in find_files([corpus / "daily_papers"]):
        try:
            _, papers, _ = read_saved(path, NOW)
        except BadPayloadError:  # a day without papers
            continue
        for paper in papers:
            text.update(paper.title, paper.abstract)
    for pair in json.loads((corpus / "translations_zh.json").read_text("utf-8")):
        text.update(pair["title_zh"], pair["abstract_zh"])
    assert len(text) > 1000
    unseen = lacking("".join(text))
    assert all(not lacking(visible(char)) for char in unseen)
    # All but line breaks stand in the fonts themselves.
    assert {char for char in unseen if char not in "\n\r\t"} == set()


def test_the_ranges_say_what_the_fonts_hold():
    regular, bold = (characters(read(file)) for file in SANS)
    assert covered() == regular & bold
    serif = characters(read("RibaoSerif-Bold.otf"))
    assert len(covered() - serif) < 400  # these are drawn from the sans
    assert not [c for c in covered() - serif if "CJK" in unicodedata.name(chr(c), "")]


@pytest.mark.parametrize(
    "text",
    [
        "论文日报，“引号”——……《》〔〕「」、；：？！",
        "ABC xyz 0123456789 #$\\<@*_[]\"'`~",
        "Łukasz Żółć Čačić Şükrü Ğ ı İ Đ ő ű",
        "Ελληνικά αβγδεζηθικλμνξοπρστυφχψω",
        "Привет ёЁ їє Ґ",
        "≤ ≥ ≠ ≈ ± × ÷ ∑ ∏ ∫ ∂ ∇ ∈ ∀ ∃ ⌈ ⌉ ⋅ ∘ ℝ ℓ → ← ↦ ⇒ ▲ ▼ ■ □ ● ★ ✓ x² x₀ ⁻¹ € £ ¥ ① Ⅳ",
    ],
)
def test_what_papers_are_written_in_is_there(text):
    assert lacking(text) == set()
    assert visible(text) == text


@pytest.mark.parametrize("file", FONTS)
def test_names_licence_and_size(file):
    font = read(file)
    said = names(font)
    assert said[1] in {"Ribao Sans", "Ribao Serif"}
    assert not any("Source" in said[number] or "Noto" in said[number] for number in (1, 4, 6))
    assert "SIL Open Font License" in said[13]
    assert len(font) < 4_000_000
    licence = (font_folder() / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert file in licence


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\tb\nc\r\nd", "a b c d"),
        ("zero\x00 width\u200b, \u202eturned\ufeff", "zero width, turned"),
        ("🤗", "〔U+1F917〕"),
        ("👨\u200d👩\u200d👧 ok", "〔U+1F468 U+1F469 U+1F467〕 ok"),
        ("❤️", "❤"),
        ("𝐀𝛼ﬁ", "Aαfi"),
        ("cafe\u0301 ṩ", "café s"),
        ("✅ 👉", "√ →"),
        ("한", "〔U+D55C〕"),
        ("\ud800", "〔U+D800〕"),
        ("\ue000", "〔U+E000〕"),
        ("", ""),
    ],
)
def test_what_no_font_has_is_said_in_what_it_has(text, seen):
    assert visible(text) == seen
    assert lacking(visible(text)) == set()


def test_whatever_comes_no_box_is_drawn():
    for first in range(0, 0x110000, 0x400):
        text = "".join(map(chr, range(first, first + 0x400)))
        assert lacking(visible(text)) == set()


# ── drawing with these fonts alone ────────────────────────────────────────────────────────────

# As a system user has it: no home, nowhere to keep a cache; /dev/null refuses root too.
HOMELESS = {
    "HOME": "/dev/null",
    "XDG_CACHE_HOME": "/dev/null/cache",
    "FONTCONFIG_FILE": "/dev/null",
}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/etc/fonts", "/var/cache/fontconfig")
BARE = " && ".join(
    (
        *(f"{{ ! [ -d {place} ] || mount -t tmpfs none {place}; }}" for place in FONT_FOLDERS),
        'exec "$@"',
    )
)


def digests(*before: str, **env: str) -> str:
    """What the pictures of a made day come to in a process of its own."""
    command = [*before, sys.executable, "-m", "tests.drawing"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def usual() -> str:
    said = digests()
    assert {line.partition(".")[2] for line in said.splitlines()} == {"png", "svg", "pdf"}
    return said


@pytest.mark.skipif(os.name != "posix", reason="needs /dev/null")
def test_without_a_home_or_a_cache_the_same_bytes_are_drawn(usual):
    assert digests(**HOMELESS) == usual


def test_on_a_machine_without_fonts_the_same_bytes_are_drawn(usual):
    bare = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", BARE, "sh")
    if sys.platform != "linux" or subprocess.run((*bare, "true"), check=False).returncode:
        pytest.skip("folders of fonts can be hidden only where Linux lets us mount")
    assert digests(*bare, **HOMELESS) == usual
