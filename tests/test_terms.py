"""The bilingual lists of terms: reading them, finding them in papers, and what is said of them."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from ribao.errors import ConfigError
from ribao.sources.saved import find_files, read_saved
from ribao.terms import (
    LONGEST,
    MOST,
    MOST_TERMS,
    MOST_VALUES,
    Terms,
    digest,
    lines,
    load_terms,
    misrendered,
    read_terms,
)
from ribao.texts import load_texts
from tests.made import NOW

HEADER = "term,rendering,forms,forbidden\n"
LISTS = sorted(file.name for file in (files("ribao") / "termlists").iterdir())
# The reference of this paper says an electrical transformer; it is wrong, and found.
WRONG = {("2501.07730", "Transformer", "变压器")}


def listed(*rows: str) -> Terms:
    return read_terms(HEADER + "\n".join(rows), "terms.csv")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_terms(text, "terms.csv")
    assert all(problem.startswith("terms.csv: line ") for problem in caught.value.problems)
    return [problem.removeprefix("terms.csv: ") for problem in caught.value.problems]


def found(terms: Terms, title: str, abstract: str = "") -> list[str]:
    return [term.original for term in terms.held(title, abstract)]


LANGUAGE = listed(
    "large language model,大语言模型,LLM,",
    "language model,语言模型,LM,",
    "retrieval-augmented generation,检索增强生成,RAG,",
    "reinforcement learning,强化学习,RL | deep reinforcement learning,加固学习",
    "fine-tuning,微调,finetuning | fine-tune,",
    "chain of thought,思维链,CoT,",
    "token,词元,,代币",
    "text-to-SQL,文本转 SQL,,",
)


# ── finding ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A Large Language Model", ["large language model"]),
        ("large-language models", ["large language model"]),
        ("a language model and a large language model", ["large language model", "language model"]),
        ("LLMs, LLM-based and (LLM)", ["large language model"]),
        ("使用RAG系统", ["retrieval-augmented generation"]),
        ("a rag doll and a fragment of RAGs", ["retrieval-augmented generation"]),
        ("a rag doll, dragged", []),
        ("rl and lm and llm and cot", []),
        ("Cot for a child", []),
        ("CoTs", ["chain of thought"]),
        ("Chain-of-Thought", ["chain of thought"]),
        ("deep reinforcement learning", ["reinforcement learning"]),
        ("finetuning; fine tuning; Fine-Tuning; fine-tune", ["fine-tuning"]),
        ("tokens", ["token"]),
        ("betoken, tokenised", []),
        ("see https://rag.example.org/RAG/token and mail token@example.org", []),
        ("Text-to-SQL", ["text-to-SQL"]),
        ("text to sql", ["text-to-SQL"]),
        ("language. Model", []),
        ("", []),
        ("大语言模型", []),
    ],
)
def test_terms_are_found_as_words_and_the_longest_counts(text, expected):
    assert found(LANGUAGE, text) == expected
    assert found(LANGUAGE, "", text) == expected


def test_a_term_within_a_longer_one_does_not_count_wherever_it_stands():
    terms = listed("a b,x,,", "b c d,y,,", "d,z,,")
    assert found(terms, "a b c d") == ["b c d"]
    assert found(terms, "a b, d") == ["a b", "d"]


def test_those_that_help_most_come_first():
    terms = listed(
        "short,短,,",
        "a longer one,长,,",
        "often,常,,",
        "early,早,,",
        "in title,题,,",
        "wrong,错,,坏",
    )
    abstract = "often early often; wrong, short, and a longer one"
    order = ["in title", "wrong", "a longer one", "often", "early", "short"]
    assert found(terms, "in title", abstract) == order
    assert found(terms, "In titles", f"{abstract}, and in title") == order


def test_a_prompt_gets_so_many_terms_and_the_check_all():
    names = [f"term {letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    terms = listed(*(f"{name},词,," for name in names))
    abstract = "; ".join(names)
    assert [term.original for term in terms.of("", abstract)] == names[:MOST]
    assert found(terms, "", abstract) == names


def test_what_is_only_abbreviated_stays_and_is_checked_all_the_same():
    assert LANGUAGE.of("LLMs by RL", "LM") == ()
    assert len(LANGUAGE.held("LLMs by RL", "LM")) == 3
    spelt = LANGUAGE.of("LLMs by RL", "Large language models (LLMs)")
    assert [term.original for term in spelt] == ["large language model"]


def test_an_abbreviation_that_is_a_term_of_its_own_goes_into_the_prompt():
    assert [term.rendering for term in listed("LLM,大模型,,").of("LLMs", "")] == ["大模型"]


def test_the_same_terms_whatever_the_order_of_the_list():
    rows = ("alpha beta,甲,AB,", "gamma,乙,,坏", "delta,丙,,")
    text = "delta gamma alpha-betas AB"
    assert listed(*rows).held("", text) == listed(*reversed(rows)).held("", text)


# ── overriding ────────────────────────────────────────────────────────────────────────────────


def test_an_own_list_adds_and_overrides_by_term_and_form():
    own = listed("Tokens,标记,,词元", "large language model,大模型,,", "new thing,新事物,,")
    merged = LANGUAGE.merged(own)
    said = {term.original: term.rendering for term in merged.entries}
    assert said["Tokens"] == "标记"
    assert "token" not in said
    assert said["large language model"] == "大模型"
    assert said["new thing"] == "新事物"
    assert said["language model"] == "语言模型"
    # What the replaced entry forbade or knew as a form is gone with it.
    assert found(merged, "LLM") == []
    assert list(misrendered(merged.held("token", ""), "代币")) == []


def test_an_own_term_that_was_a_form_is_taken_out_of_it():
    merged = LANGUAGE.merged(listed("RL,强化学习（RL）,,", "one more,又,chain-of-thoughts,"))
    assert found(merged, "RL for reinforcement learning") == ["reinforcement learning", "RL"]
    assert found(merged, "chain of thought") == ["one more"]
    assert len(merged.entries) == len(LANGUAGE.entries) + 1


def test_an_empty_list_changes_nothing():
    empty = read_terms(HEADER, "terms.csv")
    assert LANGUAGE.merged(empty) == LANGUAGE
    assert empty.merged(LANGUAGE) == LANGUAGE
    assert empty.of("large language model", "") == ()


# ── what is said ──────────────────────────────────────────────────────────────────────────────


def test_the_lines_of_a_prompt():
    terms = listed(
        "token,词元,,代币 | 信物", "Transformer,Transformer,,", "world model,世界模型,WM,"
    )
    assert lines(terms.entries) == "token=词元≠代币\nTransformer=Transformer\nworld model=世界模型"
    assert lines(()) == ""


def test_the_digest_is_that_of_what_the_terms_ask_for():
    first = listed("token,词元,,").entries
    assert digest(()) == ""
    assert len(digest(first)) == 12
    assert int(digest(first), 16) >= 0
    assert digest(first) == digest(listed("token,词元,tok,").entries)
    assert digest(first) != digest(listed("token,标记,,").entries)
    assert digest(first) != digest(listed("token,词元,,代币").entries)
    assert digest(listed("token,词元,,代币").entries) != digest(
        listed("token,词元,,代币|信物").entries
    )


@pytest.mark.parametrize(
    ("row", "text", "expected"),
    [
        ("token,词元,,代币 | 令牌币", "每个代币和代币", ["代币"]),
        ("token,词元,,代币 | 令牌币", "令牌币与代币", ["代币", "令牌币"]),
        ("token,词元,,代币", "每个词元", []),
        # A part of the right rendering is none.
        ("surrogate model,代理模型,,代理", "代理模型", []),
        ("surrogate model,代理模型,,代理", "代理模型是代理", ["代理"]),
        ("Transformer,Transformer,,transformer | former", "Transformer", []),
        ("Transformer,Transformer,,transformer", "transformers", []),
        ("Transformer,Transformer,,transformer", "用transformer做", ["transformer"]),
        ("C,丙,,甲.乙", "甲x乙", []),
    ],
)
def test_forbidden_renderings_are_found(row, text, expected):
    terms = listed(row).entries
    assert [wrong for _, wrong in misrendered(terms, text)] == expected
    assert all(term is terms[0] for term, _ in misrendered(terms, text))


def test_another_terms_rendering_excuses_what_is_a_part_of_it():
    terms = listed("Transformer,Transformer,,变压器", "power transformer,电力变压器,,")
    assert list(misrendered(terms.held("power transformers", ""), "电力变压器")) == []
    both = terms.held("Transformers for power transformers", "")
    assert list(misrendered(both, "用于电力变压器的Transformer")) == []
    assert [wrong for _, wrong in misrendered(both, "用于电力变压器的变压器")] == ["变压器"]


# ── bad lists ─────────────────────────────────────────────────────────────────────────────────


def test_every_bad_line_is_named_at_once_with_its_number():
    text = "\n".join(
        [
            "# a comment",
            HEADER.strip(),
            "",
            "token,词元,,",
            "three,cells,only",
            "five,cells,are,too,many",
            "empty,,,",
            ",空,,",
            "same,词,,词",
            "Tokens,标记,,",
            "TOKEN,标记,,",
            '"open,开,,',
            "invisible\u200b,看不见,,",
            "two,甲 | 乙,,",
            "词元,token,,",
            f"long,{'长' * (LONGEST + 1)},,",
            f"many,多,{' | '.join(f'w{n}' for n in range(MOST_VALUES + 1))},",
        ]
    )
    said = problems(text)
    assert [problem.split(":")[0] for problem in said] == [
        f"line {number}" for number in (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
    ]
    for problem, part in zip(
        said,
        (
            '3 cells instead of 4 (term, rendering, forms, forbidden); set several values in a cell apart by " | "',
            "5 cells instead of 4",
            'no rendering; fill in the cell "rendering", with the term again if it is to stay',
            'no term; fill in the cell "term"',
            '"词" is the rendering and forbidden; take it out of one',
            '"Tokens" stands in line 4 too',
            '"TOKEN" stands in line 4 too',
            "a stray quotation mark; close it",
            "an invisible character (U+200B); delete it",
            '"甲 | 乙" is more than one rendering; leave one',
            '"词元" can never be found in a paper',
            f"is longer than {LONGEST} characters; shorten it",
            f"more than {MOST_VALUES} values in a cell",
        ),
        strict=True,
    ):
        assert part in problem


def test_a_form_that_belongs_to_two_terms_is_named_with_both_lines():
    said = problems(HEADER + "language model,语言模型,LM,\nlearning machine,学习机,LMs,\nlm,语,,\n")
    assert said == [
        'line 3: "LMs" stands in line 2 too; take it out of one of them',
        'line 4: "lm" stands in line 2 too; take it out of one of them',
    ]


def test_a_form_that_repeats_its_own_term_does_no_harm():
    assert found(listed("pre-training,预训练,pretraining | Pre-Training,"), "pretraining") == [
        "pre-training"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n# nothing\n",
        "token,词元,,\n",
        "term;rendering;forms;forbidden\ntoken;词元;;\n",
        "term\trendering\tforms\tforbidden\n",
        "term,rendering\ntoken,词元\n",
        "rendering,term,forms,forbidden\n",
        "PK\x03\x04\x14\x00",
        "<!DOCTYPE html>",
    ],
)
def test_a_file_that_is_no_list_says_what_its_first_line_must_be(text):
    (said,) = problems(text)
    assert 'the first line must be "term,rendering,forms,forbidden", with commas between' in said


def test_a_list_without_end_is_refused():
    rows = "".join(f"t{number},词,,\n" for number in range(MOST_TERMS + 1))
    assert problems(HEADER + rows) == [
        f"line {MOST_TERMS + 2}: is term {MOST_TERMS + 1:,}; leave out the rest"
    ]


def test_what_a_spreadsheet_writes_is_read():
    text = (
        '\ufeffTerm,Rendering,Forms,Forbidden,\r\n"# a comment, quoted",,,,\r\n,,,,\r\n'
        '"chain of thought", 思维链 ,CoT|  long CoT ||,"思想之链 | 思""链",,\r\n'
    )
    (term,) = read_terms(text, "terms.csv").entries
    assert term.forms == ("CoT", "long CoT")
    assert term.rendering == "思维链"
    assert term.forbidden == ("思想之链", '思"链')


# ── the project's own lists ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LISTS)
def test_every_list_reads_is_in_order_and_says_no_wrong_word(name):
    entries = load_terms(name.removesuffix(".csv")).entries
    order = [term.original.casefold() for term in entries]
    assert order == sorted(order)
    rendered = {term.rendering: term.original for term in entries}
    for term in entries:
        for wrong in term.forbidden:
            assert wrong not in rendered, f"{wrong} is right for {rendered.get(wrong)}"
        assert list(misrendered([term], term.rendering)) == []


def test_how_many_terms_there_are():
    chinese = load_terms("zh-Hans").entries
    assert len(chinese) >= 400
    assert sum(1 for term in chinese if term.forbidden) >= 250
    assert sum(1 for term in chinese if term.forms) >= 200
    assert len(load_terms("ja").entries) >= 120


def test_the_well_known_wrong_renderings_are_forbidden():
    wrong = {
        ("token", "代币"), ("Transformer", "变压器"), ("prompt", "提示符"), ("agent", "特工"),
        ("agent", "代理人"), ("ground truth", "地面真相"), ("state of the art", "艺术状态"),
        ("zero-shot", "零射击"), ("few-shot", "少射击"), ("chain of thought", "思想之链"),
    }  # fmt: skip
    said = {(t.original, word) for t in load_terms("zh-Hans").entries for word in t.forbidden}
    assert wrong <= said


@pytest.mark.parametrize(
    "language", ["en", "fr", "zh-Hant", "../zh-Hans", "", "zh_Hans", "zh-Hans.csv"]
)
def test_a_language_without_a_list_has_no_terms(language):
    assert load_terms(language).entries == ()


def test_no_reference_holds_a_forbidden_rendering_but_the_one_that_is_wrong(corpus):
    terms = load_terms("zh-Hans")
    rows = json.loads((corpus / "translations_zh.json").read_text("utf-8"))
    alarms = {
        (row["id"], term.original, wrong)
        for row in rows
        for term, wrong in misrendered(
            terms.held(row["title"], row["abstract"]), f"{row['title_zh']}\n{row['abstract_zh']}"
        )
    }
    assert alarms <= WRONG


def test_most_papers_hold_terms_and_their_lines_stay_short(corpus):
    terms = load_terms("zh-Hans")
    path = next(find_files([corpus / "daily_papers" / "2025-06-17.json"]))
    held = [terms.of(paper.title, paper.abstract) for paper in read_saved(path, NOW)[1]]
    assert sum(1 for some in held if some) > len(held) * 0.9
    assert all(len(lines(some)) < 50 * MOST for some in held)


def test_the_prompt_says_what_the_signs_of_the_lines_mean():
    prompt = load_texts("zh-Hans")["prompt.system"]
    assert "<terms>" in prompt
    assert "≠" in prompt
