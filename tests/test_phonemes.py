"""What Kokoro is told: syllables, tones, English words, robustness."""

from __future__ import annotations

import json
import re
import shutil
import stat
from importlib.resources import files
from pathlib import Path

import pytest

from ribao.voices.english_sounds import EnglishSounds, ask_espeak, from_espeak, tables
from ribao.voices.phonemes import Phonemes, cut, vocabulary
from ribao.voices.phonemes_by_spelling import rules, spelling_sound
from ribao.voices.phonemes_mandarin import mandarin, syllable_sound

pytest.importorskip("pypinyin", reason="the extra voice is not installed")
pytest.importorskip("rjieba", reason="the extra voice is not installed")

SYLLABLES = [
    line.split()
    for line in (Path(__file__).parent / "golden" / "syllables.txt").read_text("utf-8").splitlines()
]


def test_every_syllable_has_its_sound_and_kokoro_knows_it():
    assert len(SYLLABLES) > 400
    for pinyin, *expected in SYLLABLES:
        made = [syllable_sound(pinyin, tone) for tone in (1, 2, 3, 4, 5)]
        assert made == expected
        assert all(symbol in vocabulary() for sound in made for symbol in sound)


@pytest.mark.parametrize(
    ("pinyin", "tone", "sound"),
    [
        ("zhong", 1, "ꭧʊ→ŋ"),
        ("shi", 4, "ʂɨ↘"),
        ("lve", 4, "lɥe↘"),
        ("ju", 3, "ʨy↓"),
        ("xue", 2, "ɕɥe↗"),
        ("wei", 4, "wei↘"),
        ("liu", 2, "ljou↗"),
        ("bo", 1, "pwo→"),
        ("er", 2, "ɚ↗"),
        ("de", 5, "tɤ"),
        ("brr", 1, ""),
    ],
)
def test_a_syllable(pinyin, tone, sound):
    assert syllable_sound(pinyin, tone) == sound


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("你好", "ni↗xau↓"),  # a low tone before a low tone rises
        ("展览馆", "ꭧa↗nla↗nkwa↓n"),
        ("一个", "i↗kɤ↘"),
        ("一种", "i↘ꭧʊ↓ŋ"),
        ("唯一", "wei↗i→"),
        ("第一次", "ti↘i→ʦʰɨ↘"),
        ("不对", "pu↗ twei↘"),
        ("百分之二十一点五", "pai↓fə→nꭧɨ→ ɚ↘ʂɨ↗i→tjɛ↗nu↓"),  # not "a little"
        ("有效地提升", "jou↓ɕjau↘ tɤ tʰi↗ʂə→ŋ"),
        ("银行行为", "i↗nxa↗ŋ ɕi↗ŋwei↗"),
        ("為什麼", "wei↘ ʂə↗nmɤ"),
    ],
)
def test_tones_change_and_words_are_told_apart(text, sound):
    assert mandarin(text) == sound


@pytest.mark.parametrize(
    ("word", "sound"),
    [
        ("Transformer", "tɹænsfˈɔɹməɹ"),
        ("TRANSFORMER", "tɹænsfˈɔɹməɹ"),
        ("tokens", "tˈOkᵊnz"),
        ("datasets", "dˈATəsˌɛts"),
        ("G", "ʤˈi"),
        ("MagicFace", "mˈæʤɪk fˈAs"),
        ("MetaRL", "mˈɛTə ˈɑɹ ˈɛl"),
        ("GPUs", "ʤˈi pˈi jˈu ˈɛs"),
        ("RLHF", "ˈɑɹ ˈɛl ˈAʧ ˈɛf"),  # nobody can say it as a word
        ("scrmbld", "ˈɛs sˈi ˈɑɹ ˈɛm bˈi ˈɛl dˈi"),
    ],
)
def test_an_english_word(word, sound):
    assert EnglishSounds().sound(word) == sound


@pytest.mark.parametrize(
    ("word", "sound"),
    [
        ("nation", "nˈAʃən"),
        ("make", "mˈAk"),
        ("city", "sˈɪti"),
        ("page", "pˈAʤ"),
        ("phone", "fˈOn"),
        ("checked", "ʧˈɛkt"),
        ("knight", "nˈIt"),
        ("shaking", "ʃˈAkɪŋ"),
        ("picture", "pˈɪkʧəɹ"),
        ("quick", "kwˈɪk"),
    ],
)
def test_letters_to_sounds(word, sound):
    assert spelling_sound(word) == sound


def test_our_list_and_our_rules_hold_only_sounds_that_kokoro_knows():
    known = set(vocabulary())
    assert len(tables()["words"]) >= 600
    assert len(tables()["letters"]) == 26
    for word, sound in (tables()["words"] | tables()["letters"]).items():
        assert word == word.lower()
        assert set(sound) <= known, word
    assert set("".join(rule.sound for them in rules().values() for rule in them)) <= known
    assert set("".join(tables()["espeak"].values())) <= known
    text = (files("ribao.voices") / "english_sounds.toml").read_text("utf-8")
    words = re.findall(r"^([a-z]+) ", text, re.MULTILINE)
    assert len(words) == len(set(words)), "a word stands twice"


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("我们提出 LoRA，很快。", "wo↓mən tʰi↗ꭧʰu→ lˈɔɹə, xə↓nkʰwai↘."),
        ("，，好？！", "xau↓?"),
        ("3.5 α", "sa→ntjɛ↗nu↓ ˈælfə"),
        ("naïve", "nˈAv"),
        ("Привет☃️🎉", ""),
        ("，。！", ""),
        ("", ""),
        ("㐀", "ʨʰjou→"),
    ],
)
def test_a_sentence(text, sound):
    assert Phonemes().read(text) == sound


def test_an_edition_has_its_own_pronunciations():
    phonemes = Phonemes(pronunciations={"Qwen": "千问", "GRPO": "G R P O"})
    assert phonemes.read("Qwen 和 GRPO") == "ʨʰjɛ→nwə↘n xɤ↗ ʤˈi ˈɑɹ pˈi ˈO"
    assert phonemes.read("Qwenty") != phonemes.read("Qwen")


def test_all_references_can_be_said(corpus):
    data = json.loads((corpus / "translations_zh.json").read_text("utf-8"))
    english = EnglishSounds()
    phonemes = Phonemes()
    for paper in data:
        text = f"{paper['title_zh']}。{paper['abstract_zh']}"
        assert set(phonemes.read(text)) <= set(vocabulary())
        for word in re.findall(r"[A-Za-z]+", text + paper["title"]):
            sound = english.sound(word)
            assert sound, word
            assert set(sound) <= set(vocabulary()), word


def test_a_long_text_is_cut_at_pauses_first():
    text = "wo↓mən, " * 30 + "xau↓. " + "ni↗xau↓ " * 30
    pieces = cut(text, 100)
    assert all(0 < len(piece) <= 100 for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert any(piece.endswith("xau↓.") for piece in pieces)
    assert cut("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]
    assert cut("a, b", 10) == ["a, b"]


def espeak_that_says(folder: Path, text: str) -> Path:
    program = folder / "espeak"
    program.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.mark.parametrize("says", ["exit 3", "echo one", "cat /dev/zero | head -c 9999"])
def test_a_program_that_fails_or_says_something_else_is_not_listened_to(tmp_path, says):
    assert ask_espeak(espeak_that_says(tmp_path, says), ["kokoro", "other"]) == {}
    assert ask_espeak(tmp_path / "absent", ["kokoro"]) == {}


def test_the_program_is_asked_once_for_all_words_that_the_list_does_not_know(tmp_path):
    program = espeak_that_says(tmp_path, f"cat >> {tmp_path}/asked; echo 'kˈeɪ'; echo 'zˈuː'")
    phonemes = Phonemes(program)
    for _ in range(2):
        phonemes.learn(["Kokoro 和 LoRA", "Zuzu"])
    assert phonemes.read("Kokoro, Zuzu") == "kˈA, zˈu"
    assert (tmp_path / "asked").read_text("utf-8") == "kokoro.\nzuzu.\n"


def test_the_real_program_where_it_is():
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed")
    heard = ask_espeak(Path(program), ["module", "kokoro", "the"])
    assert heard["module"] == "mˈɑʤul"
    assert all(set(sound) <= set(vocabulary()) for sound in heard.values())


def test_sounds_of_the_program_as_kokoro_writes_them():
    assert from_espeak("tɹænsfˈoː\u200dɹmɚ") == "tɹænsfˈɔɹməɹ"
    assert from_espeak("bˈʌʔn̩") == "bˈʌtᵊn"
