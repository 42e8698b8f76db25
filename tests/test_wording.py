"""Findings are told by a sentence and the values it quotes, in each language of the pages."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from ribao.checks.wording import MOST_FINDINGS, SENTENCES, found, quote, several
from ribao.languages import catalogues
from ribao.renderers.page import Neighbours, render_issue
from ribao.texts import load_texts
from ribao.types import Finding
from tests.made import edition, issue, paper, verdict

SOURCE = Path(__file__).parent.parent / "src" / "ribao"


def _places(sentence: str) -> list[int]:
    return [int(name) for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_place_of_a_sentence_is_filled_once(kind):
    places = _places(SENTENCES[kind])
    assert sorted(places) == list(range(len(places)))
    # The template counts braces to see whether there are values enough.
    assert SENTENCES[kind].count("{") == len(places)


@pytest.mark.parametrize("language", catalogues())
def test_every_sentence_stands_in_every_catalogue(language):
    texts = load_texts(language)
    said = {name: text for name, text in texts.items() if name.startswith("finding.")}
    assert said.keys() == {f"finding.{kind}" for kind in SENTENCES}
    for kind, sentence in SENTENCES.items():
        assert sorted(_places(said[f"finding.{kind}"])) == sorted(_places(sentence)), kind


def test_the_english_catalogue_says_what_the_message_says():
    assert {kind: load_texts("en")[f"finding.{kind}"] for kind in SENTENCES} == SENTENCES


def test_every_sentence_is_said_somewhere():
    source = "".join(
        path.read_text("utf-8") for path in SOURCE.rglob("*.py") if path.stem != "wording"
    )
    kinds = set(re.findall(r'"([a-z-]+(?:\.[a-z-]+)?)"', source + '"more"'))
    parts = {kind for kind in SENTENCES if kind.startswith(("leftovers.", "language."))}
    parts |= {f"{name}.sentence" for name in ("addition", "omission", "repetition")}
    ours = {kind for kind in SENTENCES if not kind.startswith(("reply.", "engine."))}
    assert ours <= kinds | parts


def test_values_are_made_short_lines():
    finding = found("links", "error", "links.lost", "abstract", "a\n\x00b" + "c" * 90)
    assert finding.given == ("abstract", "a b" + "c" * 56 + "…")
    assert finding.message == f"abstract: the link {finding.given[1]} is missing"
    assert quote("{0} {x}") == "{0} {x}"
    assert "{9}" in found("links", "error", "links.lost", "abstract", "{9}").message


def test_findings_end_with_a_word_that_there_are_more():
    made = list(several("links", "note", (("links.lost", "title", n) for n in range(10**9))))
    assert len(made) == MOST_FINDINGS + 1
    assert made[-1] == Finding("links", "note", SENTENCES["more"], "more")


# ── on the page ───────────────────────────────────────────────────────────────────────────────


def _told(finding: Finding, language: str = "zh-Hans") -> str:
    pair = paper(), verdict(status="flagged", findings=(finding,))
    page = render_issue(issue(pair, language=language), edition(language), Neighbours())
    listed = re.search(r'<details class="mark flagged">.*?<ul><li>(.*?)</li>', page, re.DOTALL)
    assert listed
    return re.sub(r"\s*\n\s*", "", listed[1])


def test_a_finding_is_told_in_the_pages_language():
    assert _told(found("numbers", "error", "numbers.stranger", "abstract", "84.0%")) == (
        "数字不符：摘要：原文没有“84.0%”这个数"
    )


def test_what_a_finding_quotes_is_escaped():
    told = _told(found("links", "error", "links.stranger", "gist", "<b>{0}&"))
    assert told == "链接不符：要点：原文没有链接 &lt;b&gt;{0}&amp;"


@pytest.mark.parametrize(
    "finding",
    [
        Finding("numbers", "error", "in English & <b>"),
        Finding("numbers", "error", "in English & <b>", "of.the.future", ("abstract",)),
        Finding("numbers", "error", "in English & <b>", "numbers.stranger", ("abstract",)),
        Finding("numbers", "error", "in English & <b>", "numbers.stranger"),
    ],
)
def test_what_the_catalogue_cannot_tell_is_told_in_english(finding):
    assert _told(finding).endswith(
        '<span lang="en" xml:lang="en">in English &amp; &lt;b&gt;</span>'
    )
