r"""Formulas in running text: where they are, and how they read in plain characters. Pure.

Certain are ``$…$`` that is no money, ``\(…\)``, a variable or number with raised or lowered parts
(``R^2``, ``10^{-3}``, ``π_{0.5}``), and such parts of a name (``A^2Search``). All else is text.
Texts may be long and hostile: every pattern is linear, and what a formula may hold is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


def _table(pairs: str) -> dict[str, str]:
    words = pairs.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# LaTeX's names for what Unicode has a character for.
GREEK = _table(
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ "
    "lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ "
    "omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω ell ℓ"
)
ARROWS = _table(
    "leftrightarrow ↔ Leftrightarrow ⇔ rightarrow → Rightarrow ⇒ longrightarrow → leftarrow ← "
    "uparrow ↑ downarrow ↓"
)
SYMBOLS = {
    **GREEK,
    **ARROWS,
    **_table(
        "times × pm ± cdot · leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠ approx ≈ sim ~ simeq ≃ equiv ≡ "
        "propto ∝ infty ∞ partial ∂ nabla ∇ in ∈ subset ⊂ cup ∪ cap ∩ sum ∑ prod ∏ int ∫ "
        "forall ∀ exists ∃ ll ≪ gg ≫ langle ⟨ rangle ⟩ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ "
        "ldots … dots … cdots … ast * star ⋆ otimes ⊗ oplus ⊕ to → mapsto ↦ mid | deg °"
    ),
}
# What else a formula may hold; a command that is not listed makes it text.
FUNCTIONS = _set("log exp ln min max sin cos tan arg sup inf lim det dim Pr")
ALPHABETS = _set(
    "mathcal mathbb mathbf mathrm mathit mathsf mathtt mathfrak boldsymbol text textbf textit "
    "textrm operatorname"
)
STRUCTURES = _set("frac sqrt left right bar hat tilde vec overline circ top quad")
COMMANDS = frozenset(SYMBOLS) | FUNCTIONS | ALPHABETS | STRUCTURES

# Only characters that the fonts of the package have, too.
RAISED = dict(zip("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ", strict=True))
LOWERED = dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))

MAX_FORMULA = 300
MAX_DEPTH = 8
MAX_FORMULAS = 200

_PART = r"(?:\{[^{}\\$]{1,24}\}|[-−]?\d{1,9}(?:\.\d{1,9})?(?!\d)|[A-Za-z*+](?![A-Za-z0-9]))"
_VARIABLE = rf"(?:[A-Za-zα-ωΑ-Ωℓ∇]|\d{{1,9}}(?:[.,]\d{{1,9}})?)(?:[_^]{_PART}){{1,3}}"
ADDRESS = r"https?://[^\s<>{}\u2e80-\uffef]+|www\.[^\s<>{}\u2e80-\uffef]+"
_FOUND = re.compile(
    rf"(?P<address>{ADDRESS})"
    r"|\\\$"
    rf"|\$\$(?P<display>[^$]{{1,{MAX_FORMULA}}})\$\$"
    rf"|\$(?P<inline>(?!\s)[^$]{{1,{MAX_FORMULA}}}(?<![\s\\]))\$(?!\d)"
    rf"|\\\((?P<round>[^$]{{1,{MAX_FORMULA}}}?)\\\)"
    r"|(?<![A-Za-z0-9])(?P<order>[OΘΩ]\((?=[^()]{0,40}[\^_])(?![^()]{0,40}[A-Za-z]{2})"
    r"[^()$\\]{1,40}\))"
    rf"|(?<![A-Za-z0-9_^\\./@-])(?P<variable>{_VARIABLE})(?![A-Za-z0-9_^{{\\/]|\.[a-z])"
    r"|(?<=[A-Za-z0-9)\]}%])\^(?P<raised>\{[^{}^_\\$]{1,24}\}|\(-?\d{1,9}\)|\d{1,9}|[k*+](?![\w{]))"
    r"|(?<=[A-Za-z0-9)\]}])_(?P<lowered>\{[^{}^_\\$]{1,24}\})"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_MATHS = re.compile(
    r"\\[A-Za-z,;]|[\^_=<>+×≤≥≈∈→|]|\A[A-Za-zα-ωΑ-Ω]['′*]?\Z|\A[A-Za-z]\([^()]*\)\Z"
    r"|\A[-+]?\d[\d.,]*\s?\\?%?\Z"
)
_WORDS = re.compile(r"(?<![A-Za-z\\{])[A-Za-z]{3,}")

Kind = Literal["text", "address", "formula", "raised", "lowered"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text: ``source`` as it was written, ``inner`` without its marks."""

    kind: Kind
    source: str
    inner: str


def pieces(text: str) -> Iterator[Piece]:
    """Yield a text in its pieces, in order; together their sources are the text.

    Beyond 200 formulas the rest is text.
    """
    end = count = at = 0
    while found := _FOUND.search(text, at):
        piece = _piece(found)
        if piece is None:
            # "$5, but $x$": the second dollar closes nothing, it opens. LaTeX that is refused is
            # refused whole.
            at = found.end() if "\\" in found[0] else found.start() + 1
            continue
        at = found.end()
        if found.start() > end:
            yield _plain_text(text[end : found.start()])
        yield piece
        end = found.end()
        count += piece.kind != "address"
        if count == MAX_FORMULAS:
            break
    if end < len(text):
        yield _plain_text(text[end:])


def formulas(text: str) -> tuple[str, ...]:
    """Return the formulas of a text as they are written, in order.

    >>> formulas("from $5 to $8 at $O(n^2)$, with an error of 10^{-3}")
    ('$O(n^2)$', '10^{-3}')
    """
    return tuple(piece.source for piece in pieces(text) if piece.kind == "formula")


def plain(text: str) -> str:
    """Return a text with its formulas in plain characters, as far as there are any.

    >>> plain("$10^{-3}$ of R^2 by A^2Search and G_{stack}")
    '10⁻³ of R² by A²Search and G_stack'
    """
    return "".join(_plain(piece) for piece in pieces(text))


def tex_of(piece: Piece) -> str:
    r"""Return a formula as LaTeX that means what was meant.

    One without marks of its own gets its braces: ``10^-4`` is ``10^{-4}``. Names that lost their
    stroke get it back, words are set as words (``G_{stack}``), fancy letters as letters.
    """
    tex = piece.inner
    if piece.source == tex:
        tex = _SCRIPT.sub(lambda m: f"{m[1]}{{{m[2].strip('{}')}}}", tex)
    # An open per cent sign would make a comment of the rest.
    tex = re.sub(r"\\?%", r"\\text{%}", _FANCY.sub("", tex))
    tex = "".join(f"\\{_STROKED[char]} " if char in _STROKED else char for char in tex)
    return _WORD.sub(_named, tex)


_STROKED = {
    SYMBOLS[name]: name for name in sorted(_set("times cdot leq geq neq approx rightarrow"))
}
_FANCY = re.compile(r"\\(?:mathcal|mathfrak|mathtt|mathsf|mathit|boldsymbol)(?![A-Za-z])")
_WORD = re.compile(
    r"\\(?:text\w*|mathrm|mathbf|operatorname)\s*\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]{3,}(?:\s+[A-Za-z]{2,})*"
    r"|(?<=_\{)[A-Za-z]{2}(?=\})"
)


def _named(found: re.Match[str]) -> str:
    words = found[0]
    if words[0] == "\\":
        return words
    said = ""
    for word in words.split():
        if word in FUNCTIONS or (word in SYMBOLS and word not in _ALSO_ENGLISH):
            said += f"\\{word} "
        else:
            # Between words there is a space, which TeX would not set.
            said += f"\\text{{{word}}}" if not said.endswith("}") else f"\\ \\text{{{word}}}"
    return said


_ALSO_ENGLISH = _set("in to mid star")


def _plain_text(text: str) -> Piece:
    return Piece("text", text, text)


def _piece(found: re.Match[str]) -> Piece | None:
    kind = found.lastgroup
    if kind is None:
        return None
    inner = found[kind].strip()
    if kind == "address":
        return Piece("address", found[0], found[0])
    if kind in {"raised", "lowered"}:
        part = inner[1:-1] if inner[0] in "{(" else inner
        return Piece("raised" if kind == "raised" else "lowered", found[0], part)
    if kind in {"display", "inline", "round"} and not _is_formula(inner, money=kind == "inline"):
        return None
    return Piece("formula", found[0], inner)


def _is_formula(tex: str, *, money: bool) -> bool:
    """Whether what stands between two marks is maths that can be shown."""
    depth = deepest = 0
    for char in tex:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
        if depth < 0:
            return False
    if depth or deepest > MAX_DEPTH or not COMMANDS.issuperset(_COMMAND.findall(tex)):
        return False
    # "$5 a month, x = 3 and 7$" is money twice.
    if money and tex[0].isdigit() and _WORDS.search(tex):
        return False
    return not money or _MATHS.search(tex) is not None


def _plain(piece: Piece) -> str:
    if piece.kind == "raised":
        return _script("^", piece.inner)
    if piece.kind == "lowered":
        return _script("_", piece.inner)
    return _readable(piece.inner) if piece.kind == "formula" else piece.source


_FRACTION = re.compile(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_NAMED = re.compile(rf"\\(?:{'|'.join(sorted(ALPHABETS))})\b\s*(?:\{{([^{{}}]*)\}})?")
_SCRIPT = re.compile(rf"([_^])({_PART})")
_INNERMOST = re.compile(rf"([_^])(\{{[^{{}}]{{0,{MAX_FORMULA}}}\}}|{_PART})")
_ACCENT = re.compile(r"\\(?:bar|hat|tilde|vec|overline)\b\s*")


def _readable(tex: str) -> str:
    """Say a formula in plain characters; what has none keeps its marks."""
    tex = _WORD.sub(_named, tex)
    for _ in range(MAX_DEPTH):
        before = tex
        tex = _NAMED.sub(lambda m: m[1] or "", tex)
        tex = _FRACTION.sub(lambda m: f"{_grouped(m[1])}/{_grouped(m[2])}", tex)
        tex = _ROOT.sub(lambda m: f"√{_grouped(m[1])}", tex)
        if tex == before:
            break
    tex = re.sub(r"\^\{?\\circ\b\}?", "°", tex)
    tex = re.sub(r"\\[,;:!>\s]|\\(?:left|right|quad)(?![a-z])", " ", tex)
    tex = re.sub(r"\s+(?=[_^])", "", _ACCENT.sub("", tex))
    tex = _COMMAND.sub(lambda m: SYMBOLS.get(m[1], m[1]), tex)
    for _ in range(MAX_DEPTH):
        tex = _INNERMOST.sub(lambda m: _script(m[1], m[2].strip("{}")), tex)
    tex = re.sub(r"(?<!\\)[{}]", "", tex).replace("\\", "")
    return re.sub(r"\s+", " ", tex).strip()


def _grouped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\\?\w+", text) else f"({text})"


def _script(mark: str, inner: str) -> str:
    characters = RAISED if mark == "^" else LOWERED
    if inner and all(char in characters for char in inner):
        return "".join(characters[char] for char in inner)
    simple = re.fullmatch(r"[\w.*+]+", inner) is not None
    return f"{mark}{inner}" if simple else f"{mark}({inner})"
