"""The phrases: whole words, the longest first; names; the list sound."""

from __future__ import annotations

from importlib.resources import files

import pytest

from ribao.errors import ConfigError
from ribao.phrases import FAMILIES, phrases_of, phrases_of_day, read_phrases
from ribao.topics import read_areas
from ribao.types import Paper

TEXT = files("ribao").joinpath("phrases.toml").read_text(encoding="utf-8")
PHRASES = read_phrases(TEXT)

LM = '  { en = "language model", zh-Hans = "语言模型", family = "language", also = ["LM"] },\n'
LLM = '  { en = "large language model", zh-Hans = "大语言模型", family = "language", also = ["LLM"] },\n'
RAG = '  { en = "RAG", zh-Hans = "RAG", family = "language", cased = ["RAG"] },\n'


def listed(*lines: str) -> str:
    return 'plain = ["GPU", "stage"]\nphrase = [\n' + "".join(lines) + "]\n"


SMALL = read_phrases(listed(LM, LLM, RAG))


def small(title: str = "", abstract: str = "", *keywords: str) -> tuple[str, ...]:
    return phrases_of(title, abstract, keywords, SMALL)


def paper(number: int, title: str, abstract: str = "", keywords: tuple[str, ...] = ()) -> Paper:
    return Paper("huggingface", f"2601.{number:05}", title, abstract, keywords=keywords)


# ── finding ───────────────────────────────────────────────────────────────────────────────────


def test_the_longest_phrase_counts_alone() -> None:
    assert small("Large Language Models") == ("large language model",)
    assert small("A language model and large language models") == (
        "language model",
        "large language model",
    )


@pytest.mark.parametrize(
    "text", ["LLMs", "llm", "large-language-models", "使用LLM系统", "Large\nLANGUAGE model".lower()]
)
def test_case_plural_and_hyphen_are_folded_and_each_comes_once(text: str) -> None:
    assert small(text, text, text) == ("large language model",)


def test_nothing_is_found_inside_a_word_or_an_address() -> None:
    assert small("VLLMs almost", "See https://llm.org/LLM and a rag.") == ()


def test_cased_phrases_keep_their_case() -> None:
    assert small("", "RAGs") == ("RAG",)
    assert small("", "Rags and rag") == ()


def test_a_phrase_does_not_cross_a_stop() -> None:
    assert small("", "So large. Language, model.") == ()


# ── names ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("GRPO", "GRPO"),
        ("Qwen3-8B", "Qwen3"),
        ("Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL"),
        ("AlphaFold-based", "AlphaFold"),
        ("GANs", "GAN"),
        ("Llama-3.1", "Llama-3.1"),
        ("ToMAgent", "ToMAgent"),
    ],
)
def test_a_name_of_the_keywords_counts(word: str, name: str) -> None:
    assert small("", "", word) == (name,)


@pytest.mark.parametrize(
    "word",
    [
        *("We", "State-of-the-Art", "Multi-Agent", "LLM-based", "LLMs", "GPU", "GPUs", "Stage-1"),
        *("human-AI", "576times", "R1", "256x256", r"\mathcalX", "a.b", "2025", ""),
    ],
)
def test_other_words_are_no_names(word: str) -> None:
    assert [name for name in small("", "", word) if name != "large language model"] == []


def test_a_name_that_is_in_no_keywords_needs_two_papers_of_the_day() -> None:
    alone = [paper(1, "GRPO again"), paper(2, "Nothing")]
    assert phrases_of_day(alone, SMALL) == ((), ())
    both = [paper(1, "GRPO again"), paper(2, "More of it", "GRPO helps GRPO.")]
    assert phrases_of_day(both, SMALL) == (("GRPO",), ("GRPO",))
    own = [paper(1, "On SWEeter", keywords=("SWEeter",)), paper(2, "LLMs")]
    assert phrases_of_day(own, SMALL) == (("SWEeter",), ("large language model",))
    assert phrases_of_day([], SMALL) == ()


def test_shown_and_family() -> None:
    assert SMALL.shown("language model", "zh-Hans") == "语言模型"
    assert SMALL.shown("language model", "ja") == "language model"
    assert SMALL.shown("GRPO", "zh-Hans") == "GRPO"
    assert SMALL.family("language model") == "language"
    assert SMALL.family("GRPO") is None


# ── the list ──────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_long_and_its_families_are_those_of_the_areas() -> None:
    assert len(list(PHRASES)) >= 450
    areas = read_areas(files("ribao").joinpath("areas.toml").read_text(encoding="utf-8"))
    assert {area.family for area in areas} == set(FAMILIES)
    assert {phrase.family for phrase in PHRASES} == set(FAMILIES)


def test_every_phrase_and_alias_is_found_as_itself() -> None:
    for phrase in PHRASES:
        for text in (phrase.en, *phrase.also, *phrase.cased):
            assert phrases_of(text, "", (), PHRASES) == (phrase.en,), text


def test_chinese_names_are_unique_and_say_something() -> None:
    names = [PHRASES.shown(phrase.en, "zh-Hans") for phrase in PHRASES]
    assert len(set(names)) == len(names)
    nothing = {"model", "method", "framework", "performance", "state of the art", "benchmark"}
    assert not nothing & {phrase.en.lower() for phrase in PHRASES}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (listed(LM, LM), 'line 4, phrase "language model": "languagemodel" is there twice'),
        (listed(LM, LLM.replace("LLM", "LMs")), '"lm" is there twice, first in "language model"'),
        (listed(LM.replace(', zh-Hans = "语言模型"', "")), 'no name in "zh-Hans"'),
        (listed(LM.replace('en = "language model", ', "")), "line 3, phrase number 1"),
        (
            listed(LM, LLM.replace("large", "large.*")),
            'line 4, phrase "large.* language model": "en"',
        ),
        (
            listed(LM, LLM.replace("family", "parent")),
            'line 4, phrase "large language model": unknown',
        ),
        ("[[phrase]]\nalso = []\n", "line 1, phrase number 1: no name"),
        ("plain = []\nphrase = {}\n", 'line 2: needs a list of tables "phrase"'),
        ('title = "x"\n' + listed(LM), 'line 1: unknown key "title"'),
        (listed(LM.replace('"language",', '"tongues",')), 'unknown family "tongues"'),
        (listed(LM.replace('"LM"', '"L/M"')), '"also" has "L/M", which can never match'),
        (listed(LM.replace('["LM"]', '"LM"')), '"also" must be a list of texts'),
        (listed(LM.replace("also", "oops")), 'unknown key "oops"'),
        (listed(LM.replace("also", 'ja = " ", also')), 'phrase "language model": no name in "ja"'),
        (listed(LM.replace("language model", "FLUX.1")), '"en" can never match'),
        ("phrase = []\n", 'needs a list of tables "phrase"'),
        (listed(LM).replace('["GPU", "stage"]', "3"), 'line 1: "plain" must be a list of texts'),
        (listed(LM) + "= 3", "not TOML: Invalid statement (at line 5, column 1)"),
    ],
)
def test_a_bad_list_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_phrases(text)
    assert says in str(caught.value)
    assert all(problem.startswith("phrases.toml: ") for problem in caught.value.problems)
