"""The source's repair: every rule by its examples, and over the whole corpus."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.listing import fold
from ribao.repair import MAX_TEXT, RULES, repair
from ribao.sources.saved import read_saved

NOW = datetime(2026, 1, 12, tzinfo=UTC)

EXAMPLES = [
    pytest.param(rule, before, after, id=f"{rule.name}: {before[:30]}")
    for rule in RULES
    for before, after in rule.examples
]


@pytest.mark.parametrize(("rule", "before", "after"), EXAMPLES)
def test_each_rule_does_what_its_examples_say(rule, before, after):
    assert rule.mend(before) == after
    # The others leave that as it is, or go on with it; twice is as good as once.
    assert repair(repair(before)) == repair(before)


def test_each_rule_has_a_name_of_its_own_its_reason_and_three_examples():
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.doc
        assert sum(before != after for before, after in rule.examples) >= 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("compression by up to 576times, and 15timessim50times", "compression by up to 576×, and 15×~50×"),
        ("full FoV (360^circtimes180^circ)", "full FoV (360°×180°)"),
        (r"(\eg, 1.2{sim}1.3times end-to-end speedup)", "(e.g., 1.2~1.3× end-to-end speedup)"),
        (r"Spain's ``Bolet\'{\i}n Oficial del Estado''", "Spain's “Boletín Oficial del Estado”"),
        ("R^textbf{2AI}: Towards", "R^2AI: Towards"),
        (r"\textit{boldsymbolπ-StepNFT}", "π-StepNFT"),
        (r"at~\url{https://huggingface.co/LLaMAX/.} are", "at https://huggingface.co/LLaMAX/. are"),
        (r"https://insta360-research-team.github.io/DAP_website/ {https://insta360-research-team.github.io/DAP\_website/}",
         "https://insta360-research-team.github.io/DAP_website/"),
        (r"achieves \( O(n^3) \) and 30\%", r"achieves \( O(n^3) \) and 30%"),
        ("two\n lines\t and a\u200bblank", "two lines and a blank"),
        ("&amp;amp;lt;", "<"),
    ],
)  # fmt: skip
def test_rules_work_together(before, after):
    assert repair(before) == after
    assert repair(after) == after


UNTOUCHED = [
    # Words and names that only look like remnants.
    "It sometimes runs 5 times, three times as fast; at times, 10 times larger and 2 to 3 times bigger.",
    "sim2real and Sim-to-Real transfer in simulators; simCLR, sim-to-real; SimPO at 2024.",
    "an approximate approximation, approx. 35K programs, the draft-based-approx-llm",
    "alpha blending, beta-DPO, tau-bench, Delta-IRIS, PixArt-alpha, phi-4 and Raspberry Pi 5, lambda=1",
    "at 5 pm 10 students; PM2.5; a Pi_net; outlier_gap and mean_attack_rate",
    "~70 systems, 60%~70% accuracy, 1.5~2.8 and 1M~4M tokens",
    # Text, though it looks like markup.
    'inside <think> and </think>, a <picture of a man>, <a href="https://a.example">, <EOS>, <uint D>, <subject, object, predicate>',
    "weights in {-1, 0, 1}, the prompt {Original question prompt}, \\ours and \\method",
    "we ask \"what\", the model's 'yes', f''(x), ```code``` and 5' 3''",
    # Money.
    "at a cost of only $25, $1.5M to $2M, 4$ per hour, <$10, ($65), 1$: Cheap",
    # Formulas that are whole, and names with raised parts.
    "R^2, O(n^2), 10^{-3}, G_{stack}, A^2Search, $\\frac{a}{b} \\times 3$ and \\(x \\leq y\\)",
    "https://a.example/~user/x_1?b=2times3&c=%5B and https://a.example/3times",
    'C:\\new\\table and a \\"quoted\\" word',
    "",
]  # fmt: skip


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_not_certain_stays(text):
    assert repair(text) == text


@given(st.text(max_size=300))
def test_any_text_is_repaired_once_and_for_all(text):
    assert repair(repair(text)) == repair(text)


PARTS = [
    "times", "sim", "^", "_", "{", "}", "$", "\\", "\\%", "circ", "textbf{", "\\url{", "https://a.b/", "~", "``",
    "''", "2", "0.5", "R", "x", " ", "(", ")", '\\"', "u", "&amp;", "<sup>", "</sup>", "\\times", "pi_", "leq",
    "rightarrow", "mathcal", "\\em ", "\\(", "\\)", "approx ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=60).map("".join))
def test_remnants_in_any_order_are_repaired_once_and_for_all(text):
    assert repair(repair(text)) == repair(text)


@pytest.mark.parametrize(
    "text",
    [
        "\\textbf{" * 2_000 + "x" + "}" * 2_000,
        "{" * 20_000,
        "$" * 20_000,
        "``" * 10_000,
        "https://a.b/{" * 2_000,
        "\\(" * 10_000,
        "3times" * 3_000,
        "O(" * 10_000,
        "x^" * 10_000,
        "a" * (MAX_TEXT + 1) + "2times",
        "&amp;" * 2 + "amp;" * 10_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_texts_are_repaired_or_left_and_nothing_hangs(text):
    mended = repair(text)
    assert repair(mended) == mended
    assert len(mended) <= 2 * len(text)


def test_what_is_nested_beyond_all_measure_is_only_folded():
    text = "\\textbf{" * 50 + "x" + "}" * 50 + "  y"
    assert repair(text) == fold(text)


def test_the_corpus_is_repaired_once_and_mostly_left_alone(corpus):
    count = changed = 0
    for path in sorted((corpus / "daily_papers").glob("*.json"))[::4]:
        for paper in read_saved(path, NOW)[1]:
            for text in (paper.title, paper.abstract):
                mended = repair(text)
                assert repair(mended) == mended
                count += 1
                changed += mended != text
    assert 0.03 < changed / count < 0.12
