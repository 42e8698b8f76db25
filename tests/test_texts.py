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
from ribao.checks.wording import SENTENCES
from ribao.errors import ConfigError
from ribao.grammar import counted, in_words, weekday
from ribao.languages import TRADITIONAL, catalogues
from ribao.texts import load_texts

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
    assert set(catalogues()) >= {"zh-Hans", "en"}


@pytest.mark.parametrize("language", catalogues())
def test_every_language_has_the_same_words(language):
    assert _names(language) == _names("zh-Hans")
    assert all(text.strip() for text in load_texts(language).values())


@pytest.mark.parametrize("language", catalogues())
def test_the_same_places_are_filled_in_every_language(language):
    for name, text in load_texts(language).items():
        if name == "prompt.system":
            continue  # Nothing is filled in: its braces are JSON's.
        whole = FORM.sub(r"\1", name)
        expected = REPLACED.get(whole) or _places(load_texts("zh-Hans")[whole])
        assert _places(text) == expected, name


@pytest.mark.parametrize("language", catalogues())
def test_every_line_but_the_prompts_is_one_line(language):
    assert all(
        "\n" not in text for name, text in load_texts(language).items() if name not in PROMPTS
    )


# ── catalogues ────────────────────────────────────────────────────────────────────────────────


def _catalogue(language: str):
    with (SOURCE / "texts" / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


@pytest.mark.parametrize("language", catalogues())
def test_a_catalogue_is_a_gettext_file_of_its_language(language):
    catalogue = _catalogue(language)
    assert str(catalogue.locale) == language.replace("-", "_")
    assert not any(message.fuzzy for message in catalogue if message.id)
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", catalogues())
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


@pytest.mark.parametrize("language", [name for name in catalogues() if name != "en"])
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


@pytest.mark.parametrize("language", catalogues())
def test_every_check_has_a_name_for_readers(language):
    names = {f"check.{check.name}" for check in CHECKS} | {"check.engine", "check.reply"}
    assert {word for word in load_texts(language) if word.startswith("check.")} == names


@pytest.mark.parametrize("language", catalogues())
def test_every_finding_can_be_told_with_all_that_it_quotes(language):
    texts = load_texts(language)
    told_of = {name: text for name, text in texts.items() if name.startswith("finding.")}
    assert set(told_of) == {f"finding.{kind}" for kind in SENTENCES}
    for kind, sentence in SENTENCES.items():
        assert _places(texts[f"finding.{kind}"]) == _places(sentence), kind
    if language == "en":
        assert told_of == {f"finding.{kind}": sentence for kind, sentence in SENTENCES.items()}


@pytest.mark.parametrize("language", catalogues())
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


@pytest.mark.parametrize("language", catalogues())
def test_the_prompt_asks_for_the_three_texts_as_material(language):
    prompt = load_texts(language)["prompt.system"]
    assert all(word in prompt for word in ('"title"', '"abstract"', '"gist"', "JSON"))


def test_the_prompts_digest_changes_with_its_wording_only():
    assert re.fullmatch("[0-9a-f]{12}", load_texts("zh-Hans").prompt_digest)
    assert load_texts("zh-Hans").prompt_digest != load_texts("en").prompt_digest
    assert load_texts("zh-Hans").prompt_digest == load_texts("zh-Hans").prompt_digest


# ── languages without a catalogue ─────────────────────────────────────────────────────────────


def test_a_language_without_words_has_english_ones_with_its_own_dates():
    french = load_texts("fr")
    assert french["page.late_unit"] == load_texts("en")["page.late_unit"]
    assert counted("page.papers_unit", 1, french) == "paper"
    assert in_words(date(2026, 1, 12), french) == "12 janvier 2026"
    assert weekday(date(2026, 1, 12), french) == "lundi"
    assert weekday(date(2026, 1, 12), load_texts("vi")) == "Thứ Hai"
    assert in_words(date(2026, 1, 2), load_texts("th")) == "2 มกราคม 2026"


def test_a_language_without_a_prompt_is_named_in_the_general_one():
    prompt = load_texts("pt-BR")["prompt.system"]
    assert "in Portuguese (Brazil) (Português (Brasil))" in prompt
    assert not re.search(r"\{(language|own)\}", prompt)
    assert all(word in prompt for word in ('"title"', '"abstract"', '"gist"', "JSON"))
    assert load_texts("fr").prompt_digest != load_texts("pt-BR").prompt_digest


@pytest.mark.parametrize("language", TRADITIONAL)
def test_traditional_words_are_the_simplified_converted_and_so_asked(language):
    simplified, traditional = load_texts("zh-Hans"), load_texts(language)
    assert set(traditional) == set(simplified)
    assert traditional.prompt_digest == simplified.prompt_digest
    assert traditional["prompt.system"] == simplified["prompt.system"]
    assert traditional["page.late_why"].startswith("這篇論文在本期首次")
    assert traditional["check.links"] == "連結不符"
    assert traditional["roundup.name_week"] == "{year} 年第 {number} 週"
    assert "「待核對」" in traditional["page.sample_made"]
    for name, text in traditional.items():
        if not name.startswith("prompt."):
            assert _places(text) == _places(simplified[name]), name


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("", "no code of a language"),
        ("zh", r"zh-Hans \(simplified\) or zh-Hant"),
        ("../zh-Hans", "no code of a language"),
        ("xx", "not known as a language"),
        ("zh-TW", "is written zh-Hant-TW"),
    ],
)
def test_a_language_that_is_not_there_is_wrong_settings(language, why):
    with pytest.raises(ConfigError, match=f"language: .*{why}"):
        load_texts(language)
