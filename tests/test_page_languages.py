"""Issues in languages other than simplified Chinese and English: pages, books, pictures."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from ribao.casting import studio_of
from ribao.config import Settings
from ribao.languages import TRADITIONAL, catalogues
from ribao.renderers.epub import render_epub
from ribao.renderers.fonts import can_write, covered, visible
from ribao.renderers.illustrations import OF_ISSUE, draw_issue, draw_numbers
from ribao.renderers.page import Neighbours, render_index, render_issue, stylesheet
from ribao.renderers.palette import family_names
from ribao.texts import load_texts
from ribao.types import Entry
from tests.made import NOW, edition, issue, measured, paper, verdict

FRENCH = {
    "title": "Une méthode simple",
    "abstract": "Nous proposons une méthode.",
    "gist": "Une méthode.",
}
JIS_LEVEL_1 = range(0xB0, 0xD0)


def _html(language: str, texts: dict[str, str] = FRENCH) -> str:
    made = issue((paper(), verdict(**texts)), language=language)
    return render_issue(made, edition(language), Neighbours())


def _missing(language: str) -> str:
    done = verdict("A title")
    done = replace(done, translation=replace(done.translation, status="missing"))
    return render_issue(issue((paper(), done), language=language), edition(language), Neighbours())


@pytest.mark.parametrize("language", [*catalogues(), *TRADITIONAL])
def test_a_page_with_words_of_its_own_is_in_one_language(language):
    html = _html(language)
    assert f'<html lang="{language}">' in html
    assert "<body>" in html
    # In the English edition only the originals are marked, as in every other.
    assert language == "en" or f'lang="{language}"' not in html.split("<body>")[1]


def test_a_page_with_english_words_says_which_parts_are_which():
    html = _html("fr")
    assert '<html lang="fr">' in html
    assert '<body lang="en">' in html
    assert '<h1 lang="fr"><time datetime="2026-01-12">12 janvier 2026</time>' in html
    assert '<h2 lang="fr">Une méthode simple</h2>' in html
    assert '<span lang="fr">Une méthode.</span>' in html
    assert '<p class="abstract" lang="fr">Nous proposons une méthode.</p>' in html
    assert '<p class="original-title" lang="en">' in html


def test_an_original_is_english_in_every_edition():
    assert '<h2 lang="en">A title</h2>' in _missing("fr")
    assert '<h2 lang="en">A title</h2>' in _missing("ja")
    assert "<h2>A title</h2>" in _missing("en")


def test_a_language_from_right_to_left_says_so():
    html = _html("ar")
    assert '<html lang="ar">' in html
    assert '<p class="abstract" lang="ar" dir="rtl">' in html
    assert 'dir="rtl"' not in _html("fr")


def test_the_list_of_issues_has_the_dates_of_the_language():
    made = issue((paper(), verdict(**FRENCH)), language="fr")
    entry = Entry(made.day, 1, 1, ("Une méthode simple",), ("Agents",))
    html = render_index([entry], edition("fr"))
    assert '<time datetime="2026-01-12" lang="fr">12 janvier 2026</time>' in html
    assert '<span class="titles" lang="fr">' in html
    assert "<b>1</b> paper<" in html


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hant-HK", "ja"])
def test_letters_are_drawn_as_the_language_draws_them(language):
    assert f":root:lang({language}) " in stylesheet().decode()


@pytest.mark.parametrize(
    ("language", "known", "serif"),
    [
        ("zh-Hant", "zh-TW", "Noto Serif TC"),
        ("zh-Hant-HK", "zh-HK", "Noto Serif HK"),
        ("ja", "ja", "Noto Serif JP"),
    ],
)
def test_a_book_is_in_the_language_that_readers_know(language, known, serif):
    made = issue((paper(), verdict(**FRENCH)), language=language)
    book = render_epub(made, None, edition(language), {})
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        package = opened.read("EPUB/content.opf").decode()
        style = opened.read("EPUB/book.css").decode()
    assert f"<dc:language>{known}</dc:language>" in package
    assert f'font-family: "{serif}", ' in style


@pytest.mark.parametrize("language", [*catalogues(), *TRADITIONAL])
def test_the_fonts_have_every_word_of_the_pages(language):
    words = "".join(load_texts(language).values())
    assert visible(words.replace("\n", "")) == words.replace("\n", "")


def test_the_fonts_have_the_common_letters_of_japanese():
    common = {
        ord(char)
        for row in JIS_LEVEL_1
        for cell in range(0xA1, 0xFF)
        for char in bytes((row, cell)).decode("euc_jp", "ignore")
    }
    assert len(common) == 2965
    assert common <= covered()


@pytest.mark.parametrize(
    ("language", "can"),
    [("fr", True), ("vi", True), ("ru", True), ("ko", False), ("ar", False), ("th", False)],
)
def test_the_fonts_have_the_letters_of_some_languages(language, can):
    assert can_write(load_texts(language)) is can


def test_no_picture_is_made_of_numbers_of_characters():
    papers, own = [paper()], edition("ko")
    stats = measured(papers, "ko")(1)
    made = issue((papers[0], verdict("제목", abstract="초록", gist=None)), language="ko")
    files, problems = draw_numbers(stats, own)
    more, further = draw_issue(list(OF_ISSUE), made, stats, own, files)
    assert (files, more, further) == ({}, {}, [])
    assert len(problems) == 1
    assert "none are made in ko" in problems[0]
    assert "output.pictures = false" in problems[0]


@pytest.mark.parametrize("language", ["ja", "zh-Hant", "fr"])
def test_other_languages_have_all_their_pictures(language):
    papers, own = [paper()], edition(language)
    stats = measured(papers, language)(1)
    made = issue((papers[0], verdict(**FRENCH)), language=language)
    files, problems = draw_numbers(stats, own)
    more, further = draw_issue(list(OF_ISSUE), made, stats, own, files)
    assert problems + further == []
    assert {"card.png", "poster.png", "issue.pdf"} <= set(more)


def test_the_families_in_a_picture_are_named_in_traditional_letters():
    assert family_names("zh-Hant")["language"] == "語言與推理"
    assert family_names("ja")["language"] == "言語と推論"


@pytest.mark.parametrize("language", ["ja", "fr"])
def test_a_language_that_cannot_be_said_is_left_unspoken_with_a_reason(language, tmp_path):
    settings = Settings(language=language, archive={"path": tmp_path / "a.sqlite"})
    told = Told()
    assert studio_of(settings, None, edition(language), told, lambda: NOW) is None
    name = {"ja": "Japanese", "fr": "French"}[language]
    assert told.lines == [f"nothing is spoken: there is no spoken form of {name} yet"]


class Told:
    """Progress that is kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, line: str) -> None:
        self.lines.append(line)
