"""The nouns, all frozen. What ``issue.json`` holds is here field by field, in its order.

A day is a ``date``; a moment is an aware ``datetime`` in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Severity = Literal["error", "note"]
Status = Literal["ok", "flagged", "missing", "original"]


# ── what comes from a source ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RawPage:
    """One answer of a source, byte for byte: never changed, kept for ever."""

    source: str
    day: date
    page: int
    fetched_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Links:
    """Where a paper can be found. Only http(s) addresses come this far."""

    huggingface: str | None = None
    arxiv: str | None = None
    pdf: str | None = None
    code: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as a day's list had it; white space folded."""

    source: str
    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    upvotes: int | None = None
    keywords: tuple[str, ...] = ()
    links: Links = Links()
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What one or several raw pages say, in their order, without doubles.

    ``problems`` are the entries that could not be read, each as one line.
    """

    papers: tuple[Paper, ...]
    problems: tuple[str, ...] = ()


Outcome = Literal["listed", "empty", "waiting", "failed"]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a day's list, and what came of it."""

    source: str
    day: date
    looked_at: datetime
    outcome: Outcome
    papers: int
    message: str


# ── what is asked of an engine, and what it says ──────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Term:
    """How one term is to be said: in the original, in the translation, and how it must not be.

    ``forms`` are further ways to write it in the original (plural, abbreviation). A ``rendering``
    equal to ``original`` means: it stays as it is.
    """

    original: str
    rendering: str
    forms: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One paper's question: to whom it belongs, who is asked, and what is said.

    ``prompt`` is the digest of the wording, ``terms`` that of the paper's terms in it (empty
    where there are none): both are provenance. ``engine`` is the name in the settings, ``route``
    why it is this one, where papers are shared out by how hard they are.
    """

    source: str
    paper_id: str
    digest: str
    language: str
    prompt: str
    messages: tuple[Message, ...]
    terms: str = ""
    engine: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, kept raw and for ever.

    It belongs to its paper, the digest of the source's text and the language; engine, model,
    prompt and terms are its provenance. ``finish`` is the engine's own word for how it ended;
    ``refused`` is ours for a content filter that answered with an error. ``body`` is the answer as
    received. ``cached_tokens`` are those of the input that the server had kept; ``cost`` is by the
    price of that day. A ``draft`` is the work of a small model.
    """

    source: str
    paper_id: str
    digest: str
    language: str
    asked_at: datetime
    engine: str
    model: str
    prompt: str
    finish: str
    text: str
    body: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None
    currency: str | None = None
    terms: str = ""
    draft: bool = False
    route: str = ""


@dataclass(frozen=True, slots=True)
class Takes:
    """What a server takes of a request: found out once, and remembered.

    ``format`` is the best answer format that it knows (``json_schema``, ``json_object`` or none).
    """

    format: str = "json_schema"
    temperature: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reply says: the three texts, not yet judged."""

    title: str
    abstract: str
    gist: str | None


# ── what an issue holds (issue.json, field by field) ──────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. An error flags the paper; a note is for the operator only.

    ``message`` says it in English. ``kind`` names the same sentence in the catalogues of the pages
    (``finding.<kind>``), and ``given`` are the values that it quotes.
    """

    check: str
    severity: Severity
    message: str
    kind: str = ""
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """Where a text comes from and how far it can be trusted."""

    status: Status
    draft: bool = False
    engine: str | None = None
    model: str | None = None
    prompt: str | None = None
    translated_at: datetime | None = None
    findings: tuple[Finding, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class IssuePaper:
    """One paper of an issue, in the edition's language."""

    id: str
    position: int
    title: str
    original_title: str
    gist: str | None
    abstract: str
    original_abstract: str
    authors: tuple[str, ...]
    published_at: datetime | None
    upvotes: int | None
    topics: tuple[str, ...]
    keywords: tuple[str, ...]
    late: bool
    withdrawn: bool
    links: Links
    translation: Translation


@dataclass(frozen=True, slots=True)
class HotTopic:
    """An area and how many of the day's papers belong to it; ``lift`` is against its past."""

    slug: str
    name: str
    count: int
    lift: float | None


@dataclass(frozen=True, slots=True)
class KeywordWeight:
    """A word of the day and its weight."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class Stats:
    """A day in numbers."""

    count: int
    with_code: int
    hot_topics: tuple[HotTopic, ...]
    keywords: tuple[KeywordWeight, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """One day in one language: the one value from which everything is rendered."""

    day: date
    language: str
    revision: int
    generated_at: datetime
    source: str
    papers: tuple[IssuePaper, ...]
    stats: Stats


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of an edition: its place below the output folder (``a/b.html``), and its bytes."""

    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue in the list of all issues: its day, size, first titles and hot areas."""

    day: date
    revision: int
    count: int
    titles: tuple[str, ...]
    hot: tuple[str, ...]
