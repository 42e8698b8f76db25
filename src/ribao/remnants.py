r"""What LaTeX and HTML leave in a text on its way, and what it stood for. Pure.

Each name here is a function from a text to the same text without one kind of remnant; ``repair``
says of each why it is certain, with examples. Every pattern is linear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html import unescape

from ribao.formulas import ARROWS, GREEK, SYMBOLS

Mend = Callable[[str], str]


def _sub(pattern: str, to: str | Callable[[re.Match[str]], str]) -> Mend:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(to, text)


def _chain(*mends: Mend) -> Mend:
    def mend(text: str) -> str:
        for each in mends:
            text = each(text)
        return text

    return mend


# ── links ─────────────────────────────────────────────────────────────────────────────────────

_HERE = re.compile(
    r"(?:this |the |our )?(?:here|https? ?url|url|link|code|demo|dataset|project|github"
    r"|hugging ?face|web ?page|web ?site|home ?page|youtube"
    r"|project(?:'s)? (?:web)?(?:page|site|home ?page)|anonymous-repository)\.?",
    re.IGNORECASE,
)


def _anchored(found: re.Match[str]) -> str:
    r"""``\href{address}{words}`` came as ``address{words}``; words that only repeat it go."""
    address, words = found[1], found[2].strip()
    bare = re.sub(r"\Ahttps?://|[./]+\Z|\\", "", words)
    said = address.rstrip("/")
    if not words or bare.lower() in said.lower() or _HERE.fullmatch(words):
        return address
    return f"{words} ({address})"


links = _chain(
    _sub(r"\\href\{([^\s{}]{1,500})\}\s?\{([^{}]{0,200})\}", r"\1{\2}"),
    _sub(
        r"(?<=\w)([.,;]?)\\url\{\s{0,2}([^\s{}]{1,500})\s{0,2}\}",
        lambda m: f"{m[1]} {m[2]}",
    ),
    _sub(r"\\url\{\s{0,2}([^\s{}]{1,500})\s{0,2}\}", r"\1"),
    _sub(r"(https?://[^\s{}<>]{1,500})\s?\{([^{}]{0,200})\}", _anchored),
)


# ── accents, escapes, abbreviations ───────────────────────────────────────────────────────────

_MARKS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303"}
_ACCENT = re.compile(r"\\(['`^\"~])\s?(?:\{\\?([A-Za-z])\}|\\([ij])(?![A-Za-z])|([A-Za-z]))")
_QUOTE = re.compile(r"\\\"(?![A-Za-z{\\])")


def accents(text: str) -> str:
    r"""Compose ``\"u`` and its like; where strokes keep quotation marks, those stay."""
    if "\\" not in text:
        return text
    # An escaped quotation mark that no letter follows says that the others quote, too.
    quotes = _QUOTE.search(text) is not None
    text = re.sub(r"(?<=[A-Za-z0-9])\\'(?=s\b)", "'", text)

    def accented(found: re.Match[str]) -> str:
        letter = found[2] or found[3] or found[4]
        composed = unicodedata.normalize("NFC", letter + _MARKS[found[1]])
        return found[0] if len(composed) > 1 or (quotes and found[1] == '"') else composed

    return _ACCENT.sub(accented, text)


_LATIN = {"eg": "e.g.", "ie": "i.e.", "etc": "etc.", "vs": "vs.", "etal": "et al.", "cf": "cf."}
abbreviations = _sub(rf"\\({'|'.join(_LATIN)})(?![A-Za-z])\.?", lambda m: _LATIN[m[1]])


# ── styles and alphabets ──────────────────────────────────────────────────────────────────────

_STYLED = "textbf|textit|texttt|textsc|textrm|textsf|textsl|emph|underline"
_COLOURS = "teal|orange|red|blue|green|purple|cyan|magenta"
styles = _chain(
    _sub(rf"(?:\\|(?<![A-Za-z\\]))(?:{_STYLED})\s?\{{([^{{}}]{{0,2000}})\}}", r"\1"),
    _sub(rf"(?<![A-Za-z\\])(?:text|{_COLOURS})\{{([^{{}}]{{0,500}})\}}", r"\1"),
    _sub(r"\{(?:\\(?:em|it|bf|sc|tt|sl)|bf|tt)(?![A-Za-z])\s?([^{}]{0,2000})\}", r"\1"),
)
alphabets = _chain(
    _sub(r"\\?math(?:cal|bb|bf|rm|it|sf|frak)\s?\{([A-Za-z0-9]{1,20})\}", r"\1"),
    _sub(r"\\?(?:mathcal|mathbb|mathfrak)\s?([A-Z])(?![A-Za-z])", r"\1"),
    _sub(r"\\?boldsymbol\s?(?:\{([^{}]{1,20})\})?", r"\1"),
)
letters = _chain(
    # What is in the braces of a command is its own.
    _sub(
        r"\\[A-Za-z]{1,30}\{|(?<=[a-z])\{([A-Za-zÀ-ÿ]{1,4})\}(?=[a-z]|\b)",
        lambda m: m[1] or m[0],
    ),
    _sub(r"(?<![\w\\^}])\{([A-Z])\}(?=[a-z_])", r"\1"),
)


# ── signs ─────────────────────────────────────────────────────────────────────────────────────

degrees = _sub(
    r"(?<=\d)\s?(?:\^\{?\\?circ\}?|\{\^?\\?(?:circ|deg)\}|\\deg)(?:(?=times)|(?![A-Za-z]))", "°"
)
times = _chain(
    _sub(r"\{\\?times\}|\\times(?![A-Za-z])", "×"),
    _sub(r"(?<=[\d°])times(?=\d|sim\d)", "×"),
    _sub(r"(?<=[\d°]) ?times ?(?=\d)(?!\d+'s)", " × "),
    _sub(r"(?<=\d)times(?![a-z])", "×"),
    _sub(r"(?<![A-Za-z])([A-Z])times(?![A-Za-z])", r"\1×"),
    _sub(r"(?<![A-Za-z])([A-Z]) times ([A-Z])(?![A-Za-z])", r"\1 × \2"),
    _sub(r"\{([A-Za-z0-9]) ?times ?([A-Za-z0-9])\}", r"{\1×\2}"),
)
about = _chain(
    _sub(r"\{\\?sim\}|\\sim(?![A-Za-z])", "~"),
    _sub(r"(?<![A-Za-z/.@_-])sim!?(?=\d)(?!\d[A-Za-z]{2})(?!2[\s\")])(?!\d+-)", "~"),
    _sub(r"(?<![A-Za-z/.@_-])sim(?=\d[\d.,]*times)", "~"),
    _sub(r"(?<=[(\d])sim (?=\d)|(?<=only )sim (?=\d)", "~"),
)
arrows = _sub(
    rf"\\?(?<!over)(?<!hook)(?<![xn])({'|'.join(ARROWS)})(?![a-z])", lambda m: ARROWS[m[1]]
)
# Words that no language has: without their stroke they are still LaTeX's names.
_BARE = "leq|geq|neq|infty|nabla|propto|varepsilon|lceil|rceil|lfloor|rfloor|langle|rangle"
names = _chain(
    _sub(rf"(?<![A-Za-z\\/._@-])({_BARE})(?![A-Za-z_/.]\w)", lambda m: SYMBOLS[m[1]]),
    _sub(r"\{\\?approx\}|(?<=[^A-Za-z\\/._@\s(-])approx (?=\d)", "≈"),
    _sub(r"(?<![A-Za-z\\/._@-])approx (?=\d)", "≈ "),
    _sub(r"(?<![A-Za-z\\/._@-]) ?cdot (?=\w)", " · "),
    _sub(r"(?<=\()pm(?=1\))|(?<=\d)pm(?=\d+\.\d)", "±"),
    _sub(
        rf"(?<![A-Za-z\\/._@-])({'|'.join(GREEK)})(?=[_^](?:\{{|\d))(?![_^]\d+[A-Za-z])",
        lambda m: GREEK[m[1]],
    ),
)
commands = _chain(
    _sub(
        rf"\{{\\({'|'.join(SYMBOLS)})\}}|\\({'|'.join(SYMBOLS)})(?![A-Za-z])",
        lambda m: SYMBOLS[m[1] or m[2]],
    ),
    _sub(r"\\textgreater(?![A-Za-z])", ">"),
    _sub(r"\\textless(?![A-Za-z])", "<"),
    _sub(r"\\(LaTeX|TeX)(?![A-Za-z])", r"\1"),
)
ties = _chain(
    _sub(r"~[a-z]{2,20}(?:19|20)\d\d[a-z][a-z0-9]{1,30}(?![A-Za-z0-9])", ""),
    _sub(r"(?<=[A-Za-z.,:;)}])~(?=[A-Za-z(\\]|\s|\Z)", " "),
    _sub(r"(?<=[0-9)}%])~(?=[A-Za-z(])", " "),
    _sub(r"(?<![A-Za-z])([A-Za-z-]{0,20}[A-Z][A-Za-z]{2,20})~(?=\d+(?:\.\d+)?(?![\d%xK]))", r"\1 "),
)
quotes = _chain(
    _sub(r"(?<!`)``(?![`\s])([^`]{1,300}?)(?:''|\")", r"“\1”"),
    _sub(r"(?<![\w'\^)])''(?=\w)([^'`\"]{1,120}?)(?<=[\w.,!?])''(?![\w'])", r"“\1”"),
)
_SIGN = "times|sim|pm|approx|leq|le|geq|ge|rightarrow|to|infty|deg|uparrow|downarrow"

# ── the rest ──────────────────────────────────────────────────────────────────────────────────

html = _chain(
    _sub(r"&(?:amp|lt|gt|quot|apos|nbsp|#39|#34);", lambda m: unescape(m[0])),
    _sub(r"<br ?/?>", " "),
    _sub(r"<sup>([^<>{}]{1,24})</sup>", r"^{\1}"),
    _sub(r"<sub>([^<>{}]{1,24})</sub>", r"_{\1}"),
    _sub(r"<(i|b|em|strong)>([^<>]{1,500})</\1>", r"\2"),
)
escapes = _sub(r"\\([%&_#]|\$(?=\d|[A-Z][a-z]))", r"\1")
lone_signs = _sub(
    rf"\$\s?([\d.,]{{0,20}})\s?\{{?\\({_SIGN})\}}?\s?([\d.,]{{0,20}}\\?%?)\s?\$",
    lambda m: f"{m[1]}{SYMBOLS[m[2]]}{m[3]}",
)
money = _sub(r"(?<=[\s(~])\\(?=\d)(?!\d+\))", "$")
braces = _sub(r"(?<![\^_])\{([,=+<>-])\}", r"\1")
spaces = _sub(r"\\[,;:!]|\\(?=\s)", " ")
