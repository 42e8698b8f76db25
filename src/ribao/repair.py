r"""Give an original back what its way here took from it, where that is certain. Pure.

Hugging Face takes ``$`` and often ``\`` from what authors wrote in LaTeX: "576times", ``360^circ``,
``\%``. Each rule below says what it mends, with real examples; none touches an address or a
formula that is still whole, and the raw text is kept elsewhere. Macros of a paper's own
(``\ours``) stay: nobody here knows what they stood for. Every pattern is linear.
"""

from __future__ import annotations

from dataclasses import dataclass

from ribao import remnants
from ribao.formulas import pieces, plain
from ribao.listing import fold

# Rules feed one another ("{\em \%}"): this many rounds are enough for all that was ever seen.
MAX_ROUNDS = 8
MAX_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule: what it mends and why that is certain, and examples as (before, after).

    A ``whole`` rule sees addresses and formulas, too; the others only what is between them.
    """

    name: str
    doc: str
    mend: remnants.Mend
    examples: tuple[tuple[str, str], ...]
    whole: bool = False


def repair(text: str) -> str:
    r"""Return ``text`` repaired, white space folded; idempotent, and nearly always ``text`` itself.

    A text beyond all measure, or one whose remains are nested beyond it, is only folded.

    >>> repair("a 576times ratio with 30\% less")
    'a 576× ratio with 30% less'
    """
    folded = fold(text)
    if len(folded) > MAX_TEXT:
        return folded
    mended = folded
    for _ in range(MAX_ROUNDS):
        before = mended
        mended = fold(_between(_applied(before, whole=True)))
        if mended == before:
            return mended
    return folded


def readable(text: str) -> str:
    """Return ``text`` repaired, its formulas in plain characters: for where there is no markup.

    >>> readable("an O(n^2) loss below 10^{-3}")
    'an O(n²) loss below 10⁻³'
    """
    return plain(repair(text))


def _applied(text: str, *, whole: bool) -> str:
    for rule in RULES:
        if rule.whole == whole:
            text = rule.mend(text)
    return text


def _between(text: str) -> str:
    """Apply the rules that are not for addresses and formulas to what is between them."""
    mended: list[str] = []
    waiting: list[str] = []
    for piece in pieces(text):
        if piece.kind == "address" or (piece.kind == "formula" and piece.source[0] in "$\\"):
            mended += [_applied("".join(waiting), whole=False), piece.source]
            waiting.clear()
        else:
            waiting.append(piece.source)
    return "".join([*mended, _applied("".join(waiting), whole=False)])


# ── the rules, in their order ─────────────────────────────────────────────────────────────────

RULES: tuple[Rule, ...] = (
    Rule(
        "links",
        r"``\url{…}``, ``\href{…}{…}`` and what is left of it: the address behind its words.",
        remnants.links,
        (
            (
                r"available at \url{https://huggingface.co/lelapa}.",
                "available at https://huggingface.co/lelapa.",
            ),
            (
                "https://github.com/wenyudu/MIGU{this https URL}.",
                "https://github.com/wenyudu/MIGU.",
            ),
            (
                "We https://github.com/openai/preparedness{open-source our code} to",
                "We open-source our code (https://github.com/openai/preparedness) to",
            ),
        ),
        whole=True,
    ),
    Rule(
        "html",
        "Entities, breaks, raised and lowered parts (of 7,865 entries none had one; other sources "
        "do). Every other tag is text: <think>, <a href=…>, <picture of a man>.",
        remnants.html,
        (("Q&amp;A", "Q&A"), ("x<sup>2</sup>", "x^{2}"), ("one<br/>two", "one two")),
        whole=True,
    ),
    Rule(
        "escapes",
        r"``\%``, ``\&``, ``\_``, ``\#``, ``\$``: the stroke only kept them from TeX.",
        remnants.escapes,
        (
            (r"with 40\% accuracy", "with 40% accuracy"),
            (r"NeRF captioning and Q\&A", "NeRF captioning and Q&A"),
            (r"lowest cost (\$0.34)", "lowest cost ($0.34)"),
            (
                r"https://huggingface.co/alexgambashidze/SDXL\_NCP-DPO\_v0.1",
                "https://huggingface.co/alexgambashidze/SDXL_NCP-DPO_v0.1",
            ),
        ),
        whole=True,
    ),
    Rule(
        "lone signs",
        "A sign alone between dollars, be it beside a number (Hugging Face takes the dollars and "
        "leaves what «times» and «about» mend; other sources keep them).",
        remnants.lone_signs,
        ((r"$\sim$20%", "~20%"), (r"3.5$\times$ faster", "3.5× faster"), (r"$\leq 4$B", "≤4B")),
        whole=True,
    ),
    Rule(
        "accents",
        "Accents written beside their letters.",
        remnants.accents,
        (
            (r"na\"{\i}vely running", "naïvely running"),
            (r"Fr\'echet Inception Distance", "Fréchet Inception Distance"),
            (r"It\^o density estimator", "Itô density estimator"),
            (r"an object\'s potential", "an object's potential"),
        ),
    ),
    Rule(
        "abbreviations",
        "The usual macros for e.g., i.e., etc.",
        remnants.abbreviations,
        (
            (r"(\eg, ControlNet, T2I-Adapter)", "(e.g., ControlNet, T2I-Adapter)"),
            (r"(\ie, multilingual LLMs)", "(i.e., multilingual LLMs)"),
            (
                r"enhancement and translation, \etc. However",
                "enhancement and translation, etc. However",
            ),
        ),
    ),
    Rule(
        "money",
        r"``\$1`` lost its dollar, as all formulas did; ``\3)`` is a list's number.",
        remnants.money,
        (
            (r"valued at \1 million USD", "valued at $1 million USD"),
            (r"for less than \0.1.", "for less than $0.1."),
            (r"a training cost of \81", "a training cost of $81"),
        ),
    ),
    Rule(
        "styles",
        "Bold, italic and coloured words are words.",
        remnants.styles,
        (
            (
                r"a distinct \textit{local perception} phenomenon",
                "a distinct local perception phenomenon",
            ),
            (r"scaling a {\it Shallow UNet},", "scaling a Shallow UNet,"),
            ("via texttt{D}ual-texttt{H}ead texttt{O}ptimization", "via Dual-Head Optimization"),
            (
                "teal{Contest-level programming} and teal{Mathematics}",
                "Contest-level programming and Mathematics",
            ),
        ),
    ),
    Rule(
        "alphabets",
        "Calligraphic and bold letters are letters.",
        remnants.alphabets,
        (
            ("a rate of mathcal{O}(T^{-1/3})", "a rate of O(T^{-1/3})"),
            ("employing boldsymbol v-prediction", "employing v-prediction"),
            ("boldsymbolπ-StepNFT", "π-StepNFT"),
        ),
    ),
    Rule(
        "letters",
        "Braces around single letters of a word, once set in bold.",
        remnants.letters,
        (
            ("balancing {S}ignal {P}reservation", "balancing Signal Preservation"),
            ("Le{a}rner", "Learner"),
            ("brea{K}ing", "breaKing"),
        ),
    ),
    Rule(
        "degrees",
        "A small circle raised behind a number.",
        remnants.degrees,
        (
            ("full-360^{circ} coverage", "full-360° coverage"),
            ("360^circ videos", "360° videos"),
            (r"360{\deg} unbounded scenes", "360° unbounded scenes"),
        ),
    ),
    Rule(
        "times",
        "A multiplication sign that lost its stroke; «times» as a word stays.",
        remnants.times,
        (
            ("compression ratio of 576times,", "compression ratio of 576×,"),
            ("(409 steps) ImageNet 256times256", "(409 steps) ImageNet 256×256"),
            ("a resolution of (4096 times 2048)", "a resolution of (4096 × 2048)"),
            ("KV cache by Rtimes.", "KV cache by R×."),
            ("5 times the size of previous", "5 times the size of previous"),
        ),
    ),
    Rule(
        "about",
        r"``\sim`` before a number; sim2real and simulators stay.",
        remnants.about,
        (
            ("using only sim20% of", "using only ~20% of"),
            ("acceleration of {sim}20%", "acceleration of ~20%"),
            ("1.04sim2.2times faster", "1.04~2.2times faster"),
            ("sim2real transfer", "sim2real transfer"),
        ),
    ),
    Rule(
        "arrows",
        "Arrows, with their stroke or without.",
        remnants.arrows,
        (
            ("Paris rightarrow France", "Paris → France"),
            ("sequential SFTrightarrowDPO settings", "sequential SFT→DPO settings"),
            ("achieved +20.86%uparrow", "achieved +20.86%↑"),
        ),
    ),
    Rule(
        "names",
        "Other signs without their stroke, where no word is so written.",
        remnants.names,
        (
            ("(leq100 examples)", "(≤100 examples)"),
            ("RobotArena infty:", "RobotArena ∞:"),
            ("OpenVLA, pi_0, and pi_0-FAST", "OpenVLA, π_0, and π_0-FAST"),
            ("binary (pm1) layers", "binary (±1) layers"),
            ("O(N^2 cdot T)", "O(N^2 · T)"),
        ),
    ),
    Rule(
        "commands",
        "Signs with their stroke outside formulas.",
        remnants.commands,
        (
            (r"({\Delta}{\Delta}G)", "(ΔΔG)"),
            (r"and density {\sigma},", "and density σ,"),
            (r"retaining \textgreater 96%", "retaining > 96%"),
        ),
    ),
    Rule(
        "braces",
        "Braces that only kept a sign's spacing.",
        remnants.braces,
        (
            ("a set of 14{,}056 problems", "a set of 14,056 problems"),
            ("(r{=}{-}0.13)", "(r=-0.13)"),
            ("a (1{+}1) evolutionary loop", "a (1+1) evolutionary loop"),
        ),
    ),
    Rule(
        "ties",
        "A tie is a space; before a number alone it says about, and stays.",
        remnants.ties,
        (
            ("Large Language Models~(LLMs)", "Large Language Models (LLMs)"),
            ("two NVIDIA RTX~3090 GPUs", "two NVIDIA RTX 3090 GPUs"),
            ("0.8~ms latency", "0.8 ms latency"),
            ("60%~70% accuracy", "60%~70% accuracy"),
        ),
    ),
    Rule(
        "quotes",
        "TeX's quotation marks.",
        remnants.quotes,
        (
            ("the term ``memory'' encompasses", "the term “memory” encompasses"),
            ('a ``soft-positive" image', "a “soft-positive” image"),
            ("already exhibit ''Aha moment'', while", "already exhibit “Aha moment”, while"),
        ),
    ),
    Rule(
        "spaces",
        r"``\,``, ``\;`` and a stroke before a space.",
        remnants.spaces,
        (
            (r"1.5\,TB host RAM", "1.5 TB host RAM"),
            (r"300\,k high-quality", "300 k high-quality"),
            (r"vs.\ 9.67", "vs.  9.67"),
        ),
    ),
)
