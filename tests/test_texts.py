"""Every language has the same words with the same places to fill, and the code uses no other."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from ribao.checks import CHECKS
from ribao.errors import ConfigError
from ribao.grammar import counted, in_words, weekday
from ribao.texts import languages, load_texts

SOURCE = Path(__file__).parent.parent / "src" / "ribao"
# t["page.late"], texts['x.y'], t["issue.mark_" ~ kind], t[f"issue.mark_{...}"], t.get("check." ~ ...)
# And, where words go with a count: "page.upvotes"|counted(...), counted(f"page.{...}") in the code.
USED = re.compile(
    r"\b(?:_?(?:t|texts)(?:\[|\.get\()|counted\()\s*f?[\"']([a-z_]+\.[a-z_-]*)(\{|[\"']\s*~)?"
    r"|[\"']([a-z]+\.[a-z_]+)[\"']\|counted"
)
FORM = re.compile(r"(.+)\[\d\]")
# Filled in by replace(), since a reply's faults may hold braces.
REPLACED = {"prompt.again": {"faults"}}
PROMPTS = ("prompt.system", "prompt.again")


def _used() -> Iterator[tuple[str, bool, str]]:
    """Each name (or beginning of one) that the code and the templates ask for, and where."""
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in {".py", ".html", ".xhtml", ".opf"}:
            for found in USED.finditer(path.read_text("utf-8")):
                yield found[1] or found[3], bool(found[2]), path.name


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _names(language: str) -> set[str]:
    """The names of a language's words, plural forms left out: each language has its own."""
    return {name for name in load_texts(language) if not FORM.fullmatch(name)}


def test_there_are_chinese_and_english():
    assert set(languages()) >= {"zh-Hans", "en"}


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_words(language):
    assert _names(language) == _names("zh-Hans")
    assert all(text.strip() for text in load_texts(language).values())


@pytest.mark.parametrize("language", languages())
def test_the_same_places_are_filled_in_every_language(language):
    for name, text in load_texts(language).items():
        if name == "prompt.system":
            continue  # Nothing is filled in: its braces are JSON's.
        whole = FORM.sub(r"\1", name)
        expected = REPLACED.get(whole) or _places(load_texts("zh-Hans")[whole])
        assert _places(text) == expected, name


@pytest.mark.parametrize("language", languages())
def test_every_line_but_the_prompts_is_one_line(language):
    assert all(
        "\n" not in text for name, text in load_texts(language).items() if name not in PROMPTS
    )


# ── catalogues ────────────────────────────────────────────────────────────────────────────────


def _catalogue(language: str):
    with (SOURCE / "texts" / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


@pytest.mark.parametrize("language", languages())
def test_a_catalogue_is_a_gettext_file_of_its_language(language):
    catalogue = _catalogue(language)
    assert str(catalogue.locale) == language.replace("-", "_")
    assert not any(message.fuzzy for message in catalogue if message.id)
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", languages())
def test_words_that_count_have_the_forms_of_their_language(language):
    forms = Locale.parse(language, sep="-").plural_form.tags | {"other"}
    catalogue = _catalogue(language)
    assert catalogue.num_plurals == len(forms)
    counted = [message for message in catalogue if isinstance(message.id, tuple)]
    assert counted
    for message in counted:
        assert message.id[0] == message.id[1]
        assert len(message.string) == len(forms)
        assert len(set(message.string)) == len(forms), message.id


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_a_translator_sees_the_english_beside_each_name(language):
    english = load_texts("en")
    for message in _catalogue(language):
        name = message.id[0] if isinstance(message.id, tuple) else message.id
        if name:
            assert " ".join(message.auto_comments).strip() == english[name].strip(), name


def test_every_word_that_is_used_exists():
    words = set(load_texts("zh-Hans"))
    used = list(_used())
    assert len(used) > 60
    for name, is_beginning, where in used:
        if is_beginning:
            assert any(word.startswith(name) for word in words), f"{where}: {name}…"
        else:
            assert name in words, f"{where}: {name}"


def test_no_word_stands_unused():
    used = {name for name, is_beginning, _ in _used() if not is_beginning}
    beginnings = tuple(name for name, is_beginning, _ in _used() if is_beginning)
    assert [
        word
        for word in load_texts("zh-Hans")
        if word not in used and not word.startswith(beginnings)
    ] == []


@pytest.mark.parametrize("language", languages())
def test_every_check_has_a_name_for_readers(language):
    names = {f"check.{check.name}" for check in CHECKS} | {"check.engine", "check.reply"}
    assert {word for word in load_texts(language) if word.startswith("check.")} == names


@pytest.mark.parametrize("language", languages())
def test_there_are_seven_weekdays_and_the_date_can_be_written(language):
    texts = load_texts(language)
    assert len(set(texts["page.weekdays"].split("|"))) == 7
    assert len(set(texts["page.months"].split("|"))) == 12
    written = in_words(date(2026, 1, 12), texts)
    assert [int(number) for number in re.findall(r"\d+", written)] == [2026, 1, 12]


def test_weekdays_and_counts_are_said_as_the_language_says_them():
    chinese, english = load_texts("zh-Hans"), load_texts("en")
    assert weekday(date(2026, 1, 12), chinese) == "星期一"
    assert weekday(date(2026, 1, 18), english) == "Sunday"
    assert [counted("page.papers_unit", n, english) for n in (0, 1, 2)] == [
        "papers",
        "paper",
        "papers",
    ]
    assert counted("page.papers_unit", 1, chinese) == "篇论文"
    assert counted("page.upvotes", 0.5, english) == "upvotes"
    assert counted("page.name", 1, english) == "Paper Daily"


@pytest.mark.parametrize("language", languages())
def test_the_prompt_asks_for_the_three_texts_as_material(language):
    prompt = load_texts(language)["prompt.system"]
    assert all(word in prompt for word in ('"title"', '"abstract"', '"gist"', "JSON"))


def test_the_prompts_digest_changes_with_its_wording_only():
    assert re.fullmatch("[0-9a-f]{12}", load_texts("zh-Hans").prompt_digest)
    assert load_texts("zh-Hans").prompt_digest != load_texts("en").prompt_digest
    assert load_texts("zh-Hans").prompt_digest == load_texts("zh-Hans").prompt_digest


@pytest.mark.parametrize("language", ["", "zh", "fr", "../zh-Hans"])
def test_a_language_that_is_not_there_is_wrong_settings(language):
    with pytest.raises(ConfigError, match="is not one of en, zh-Hans"):
        load_texts(language)
