"""Which languages an edition can have: any that is known, written in one way."""

from __future__ import annotations

import pytest

from ribao.editions import language_in
from ribao.languages import (
    TRADITIONAL,
    asked_language,
    catalogues,
    check_language,
    english_name,
    own_name,
    page_language,
)


@pytest.mark.parametrize(
    ("code", "tidy"),
    [
        ("zh-Hans", "zh-Hans"),
        ("zh_hans", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hant", "zh-Hant"),
        ("zh-tw", "zh-Hant-TW"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("zh-HK", "zh-Hant-HK"),
        ("zh-MO", "zh-Hant-HK"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("fr", "fr"),
        ("pt_br", "pt-BR"),
        ("es-419", "es-419"),
        ("sr-latn", "sr-Latn"),
    ],
)
def test_a_code_is_written_in_one_way(code, tidy):
    assert check_language(code) == tidy
    assert check_language(tidy) == tidy


@pytest.mark.parametrize("language", catalogues())
def test_a_language_with_words_of_its_own_is_known(language):
    assert check_language(language) == language
    assert page_language(language) == language
    assert asked_language(language) == language


@pytest.mark.parametrize("code", ["", " fr", "fr\n", "../en", "en_US_POSIX", "x" * 999, "und"])
def test_what_is_no_code_is_refused_with_examples(code):
    with pytest.raises(
        ValueError, match=r"no code of a language; such are en, .*zh-Hant, fr"
    ) as why:
        check_language(code)
    assert len(str(why.value)) < 160


@pytest.mark.parametrize("code", ["xx", "tlh", "iw"])
def test_a_language_that_nothing_is_known_of_is_refused(code):
    with pytest.raises(ValueError, match=f"'{code}' is not known as a language; known are en, "):
        check_language(code)


@pytest.mark.parametrize("code", ["zh", "ZH"])
def test_chinese_alone_could_be_either(code):
    with pytest.raises(ValueError, match=r"zh-Hans \(simplified\) or zh-Hant \(traditional\)"):
        check_language(code)


@pytest.mark.parametrize("code", ["zh-US", "zh-Latn"])
def test_chinese_of_no_known_place_is_refused_with_those_there_are(code):
    with pytest.raises(ValueError, match="Chinese is zh-Hans, zh-Hant, zh-Hant-HK, zh-Hant-TW"):
        check_language(code)


def test_traditional_chinese_is_asked_as_simplified_and_no_other_language():
    assert {asked_language(code) for code in TRADITIONAL} == {"zh-Hans"}
    assert [asked_language(code) for code in ("en", "ja", "fr")] == ["en", "ja", "fr"]


def test_pages_without_words_of_their_own_speak_english():
    assert [page_language(code) for code in ("fr", "ko", "pt-BR")] == ["en"] * 3
    assert [page_language(code) for code in TRADITIONAL] == list(TRADITIONAL)


def test_each_language_is_called_by_its_own_name():
    codes = ("zh-Hans", "zh-Hant", "zh-Hant-HK", "en", "ja", "fr", "pt-BR")
    assert [own_name(code) for code in codes] == [
        "简体中文",
        "繁體中文",
        "繁體中文（香港）",
        "English",
        "日本語",
        "Français",
        "Português (Brasil)",
    ]
    assert english_name("ja") == "Japanese"


@pytest.mark.parametrize("body", ["", "{", "[]", "[" * 100_000, '{"language": 7}', "\udcff"])
def test_a_folder_whose_totals_cannot_be_read_has_no_language(body, tmp_path):
    assert language_in(tmp_path) is None
    (tmp_path / "stats.json").write_bytes(body.encode("utf-8", "surrogateescape"))
    assert language_in(tmp_path) is None
    (tmp_path / "stats.json").write_text('{"language": "ja"}', "utf-8")
    assert language_in(tmp_path) == "ja"
