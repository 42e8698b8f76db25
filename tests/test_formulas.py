"""Formulas: found where they are certain, shown as MathML or in plain characters, never as markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from ribao.formulas import MAX_FORMULAS, formulas, pieces, plain, tex_of
from ribao.renderers.epub import render_epub
from ribao.renderers.markdown import render_markdown
from ribao.renderers.maths import ATTRIBUTES, ELEMENTS, as_html, mathml, readable_issue
from ribao.renderers.page import Neighbours, render_index, render_issue
from ribao.renderers.typst.sheet import sheet_of
from ribao.repair import readable
from ribao.types import Entry
from tests.conftest import DAY as DAY_NAME
from tests.conftest import KEY
from tests.edition import Edition, Noting
from tests.loopback import HuggingFaceServer, paper_asked
from tests.loopback import paper as listed
from tests.made import DAY, edition, issue, paper, verdict

FOUND = {
    "a loss of $10^{-3}$ at \\( O(n^3) \\) time": (["$10^{-3}$", "\\( O(n^3) \\)"], "a loss of 10⁻³ at O(n³) time"),
    "$\\frac{a}{b+1} \\leq \\sqrt{x_1}$": (["$\\frac{a}{b+1} \\leq \\sqrt{x_1}$"], "a/(b+1) ≤ √x₁"),
    "R^2 and 2^{128}, at 10^-4": (["R^2", "2^{128}", "10^-4"], "R² and 2¹²⁸, at 10⁻⁴"),
    "π_0, π_{0.5} and the J_{G}^* of G_{stack}": (["π_0", "π_{0.5}", "J_{G}^*", "G_{stack}"], "π₀, π_0.5 and the J_G^* of G_stack"),
    "from quadratic (O(N^2 · T)) to d^{-1}": (["O(N^2 · T)", "d^{-1}"], "from quadratic (O(N² · T)) to d⁻¹"),
    # A raised part of a name is none, but is raised.
    "A^2Search, UniF^2ace, DR^{3}-Eval, HumanEval^{+}, (IA)^3": ([], "A²Search, UniF²ace, DR³-Eval, HumanEval⁺, (IA)³"),
    "pass^k on SelfCap_{LR}": ([], "pass^k on SelfCap_LR"),
    # Money, names of code and addresses are none.
    "from $5 to $8, $1.5M … $2M, 4$ per hour, <$10 and \\$3": ([], "from $5 to $8, $1.5M … $2M, 4$ per hour, <$10 and \\$3"),
    "$5 a month, x = 3 and 7$ more": ([], "$5 a month, x = 3 and 7$ more"),
    "$specialist and generalist$": ([], "$specialist and generalist$"),
    "outlier_gap, mean_attack_rate, ai_parse_document, a/x_1, C_T.py_2": ([], None),
    "https://a.example/x^2_y?a=$b$ and www.a.example/R^2": ([], None),
    "^_^ [^1] ^ _ $ $$ \\( {}": ([], None),
    "for $5, but $x^2$, and $7和$\\sum_i x_i$": (["$x^2$", "$\\sum_i x_i$"], "for $5, but x², and $7和∑_i x_i"),
    # What it cannot be sure to show stays as it is.
    "$x \\input{/etc/passwd}$ $\\def\\a{\\a\\a} x^2$": ([], None),
    "$x = {a$ and $}{ = 1$": ([], None),
    "在$O(n^2)$内，误差为10^{-3}，价格$5至$8": (["$O(n^2)$", "10^{-3}"], "在O(n²)内，误差为10⁻³，价格$5至$8"),
}  # fmt: skip


@pytest.mark.parametrize("text", FOUND)
def test_formulas_are_found_and_said_plainly(text):
    found, said = FOUND[text]
    assert list(formulas(text)) == found
    assert plain(text) == (text if said is None else said)


@given(st.text(alphabet="$\\(){}^_x2 \u03c0a.~%<&é中-+=", max_size=80))
def test_the_pieces_are_the_text(text):
    assert "".join(piece.source for piece in pieces(text)) == text


@given(st.text(alphabet="$\\(){}^_x2 frac<>&\"'=%", max_size=60))
def test_whatever_comes_is_sound_and_escaped(text):
    page = str(as_html(text))
    tree = etree.fromstring(f"<p>{page}</p>")
    assert {each.tag for each in tree.iter()} <= ELEMENTS | {"p", "sup", "sub"}
    assert {name for each in tree.iter() for name in each.attrib} <= ATTRIBUTES.keys()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$x^2$", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("10^-4", "<msup><mn>10</mn><mrow><mo>−</mo><mn>4</mn></mrow></msup>"),
        ("π_{0.5}", "<msub><mi>π</mi><mrow><mn>0.5</mn></mrow></msub>"),
        ("G_{stack}", "<mtext>stack</mtext>"),
        ("$\\frac{a}{b}$", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        ("$\\lceil log_2 N rceil$", "<mi>log</mi>"),
        ("A^2Search", "A<sup>2</sup>Search"),
        ("SelfCap_{LR}", "SelfCap<sub>LR</sub>"),
        ("a 576times ratio", "a 576× ratio"),
        ("$\\text{<script>alert(1)</script>} < 3$", "<mtext>&lt;script&gt;alert(1)&lt;/script&gt;</mtext>"),
        ("<think> & <b>", "&lt;think&gt; &amp; &lt;b&gt;"),
        # What the library would leave out, or does not know, is said in characters.
        ("$x = 50\\%$", "x = 50%"),
        ("$x \\input{a}$", "$x \\input{a}$"),
    ],
)  # fmt: skip
def test_formulas_are_mathml_and_the_rest_is_escaped(text, said):
    assert said in as_html(text)
    assert "<script" not in as_html(text)


HOSTILE = {
    "nested": "$" + "{" * 140 + "x" + "}" * 140 + "$",
    "raised again and again": "$" + "x^{" * 9 + "x" + "}" * 9 + "$",
    "macros that grow": "$\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}\\a$",
    "open fractions": "$\\frac" * 2_000 + "$",
    "one of 10,000 characters": "$x=" + "a+" * 5_000 + "$",
    "thousands": "$x^2$ " * 2_000,
    "scripts": "x" + "^{2}_{3}" * 2_000,
    "brackets": "\\(" * 5_000 + "x" + "\\)" * 5_000,
    "unfinished": "$\\left(\\left( x_1$ $x^$ $_$ $\\frac{a}$ $\\sqrt$ $\\begin{matrix}x_1$",
    "arrays": "$\\begin{array}{" + "c" * 200 + "} x_1 \\end{array}$",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_latex_is_shown_as_it_can_be_and_bounded(name):
    text = HOSTILE[name]
    page = str(as_html(text))
    html.fromstring(f"<p>{page}</p>")
    assert len(page) < 100 * len(text)
    assert page.count("<math") <= MAX_FORMULAS
    assert len(readable(text)) <= 2 * len(text)


def test_a_formula_beyond_all_measure_is_none():
    assert mathml("x+" * 2_000) is None
    assert mathml("\\frac{") is None
    assert mathml("x^2") is not None


def test_latex_is_given_what_it_means():
    found = {piece.source: tex_of(piece) for piece in pieces("10^-4 R^{m×n} $P(it is) = rceil$")}
    assert found["10^-4"] == "10^{-4}"
    assert found["R^{m×n}"] == "R^{m\\times n}"
    assert "\\rceil" in found["$P(it is) = rceil$"]


# ── where they are shown ──────────────────────────────────────────────────────────────────────

RAW = paper(
    title="TRC^{2}: Maps at O(n^2) and 360^circ",
    abstract="It is 576times faster (30\\% less) at $10^{-3}$ for $5. See https://a.example/x_1/ab^2c.",
)
SAID = verdict(
    "TRC^{2}：$O(n^2)$ 的360°地图",
    abstract="它快576×，误差为$10^{-3}$，价格为$5，见https://a.example/x_1/ab^2c。",
    gist="误差降至10^{-3}。",
)
PLAIN = ("TRC²", "O(n²)", "10⁻³", "$5", "360°")
REST = ("^{", "$10", "n^2", "circ", "576times", "\\%")


def _without_links(text: str) -> str:
    return text.replace("https://a.example/x_1/ab^2c", "").replace("\\", "")


def test_a_page_shows_mathml_in_both_languages_and_addresses_stay():
    page = html.fromstring(render_issue(issue((RAW, SAID)), edition(), Neighbours()))
    article = page.find(".//article")
    for place in (
        "header/h2",
        "header/p[@class='original-title']",
        "p[@class='abstract']",
        "p[@class='gist']",
        "details/p",
    ):
        assert article.xpath(f".//{place}//math"), place
    assert [a.get("href") for a in article.xpath(".//a[@class='address']")] == [
        "https://a.example/x_1/ab^2c"
    ] * 2 or [a.get("href") for a in article.xpath(".//a[@class='address']")] == [
        "https://a.example/x_1/ab"
    ] * 2
    assert page.xpath("//nav[@class='contents']//math")
    text = _without_links(article.text_content())
    assert not [rest for rest in REST if rest in text]
    assert "576×" in text
    assert "$5" in text


def test_the_list_of_issues_shows_them_too():
    page = html.fromstring(render_index([Entry(DAY, 1, 1, ("在 $O(n^2)$ 内",), ())], edition()))
    assert page.xpath("//span[@class='titles']//math")


def _sheet() -> str:
    return str(sheet_of(issue((RAW, SAID)), None, edition()))


@pytest.mark.parametrize(
    "text",
    [lambda: render_markdown(issue((RAW, SAID)), edition()), _sheet],
    ids=["Markdown", "poster, card and print edition"],
)
def test_elsewhere_they_are_plain_characters(text):
    said = _without_links(text())
    assert [words for words in PLAIN if words in said] == list(PLAIN)
    assert not [rest for rest in REST if rest in said]


def test_a_book_has_plain_characters():
    import io
    import zipfile

    body = render_epub(issue((RAW, SAID)), None, edition(), {})
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        said = _without_links(book.read("EPUB/paper-001.xhtml").decode())
    assert [words for words in PLAIN if words in said] == list(PLAIN)
    assert not [rest for rest in REST if rest in said]


def test_an_issue_without_any_is_the_same():
    made = issue((paper(abstract="Plain."), verdict()))
    assert readable_issue(made) == made


# ── the whole way ─────────────────────────────────────────────────────────────────────────────


def test_the_raw_text_is_kept_the_repaired_one_asked_and_shown(tmp_path):
    title, abstract = "Maps at  360^circ", "It is 576times faster (\\eg, 30\\% less),\nat O(n^2)."
    folded = {
        "original_title": "Maps at 360^circ",
        "original_abstract": abstract.replace("\n", " "),
    }
    entry = listed("2601.00001", title=title, summary=abstract)
    with HuggingFaceServer({DAY_NAME: [entry]}) as source, Noting(key=KEY) as llm:
        running = Edition(tmp_path, source, llm)
        assert running.run().code in {0, 3}
        assert paper_asked(llm.questions[0]) == (
            "Maps at 360°",
            "It is 576× faster (e.g., 30% less), at O(n^2).",
        )
        made = running.papers()["2601.00001"]
        assert {name: made[name] for name in folded} == folded
        asked = len(llm.asked)
        page = running.text("index.html")
        assert "576× faster" in page
        assert "576times" not in page
        # The digest is the raw text's: nobody is asked again.
        running.run()
        assert len(llm.asked) == asked
