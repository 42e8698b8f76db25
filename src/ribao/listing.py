"""Read a day's list: every shape that Hugging Face's answers ever had, and saved ones.

Seen in two and a half years: a list of ``{"paper": {...}, ...}``; the same with ``repr()`` strings
of Python dictionaries for items; and one file wrapped as ``{"status": ..., "data": [...]}``.
All of it is data from outside: read, bounded, folded, never evaluated.
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from ribao.errors import BadPayloadError
from ribao.types import Links, Listing, Paper, RawPage

# Far above what was ever seen (titles 250, abstracts 3,000, 1,200 authors), far below what hurts.
MAX_TITLE = 1_000
MAX_ABSTRACT = 20_000
MAX_AUTHORS = 5_000
MAX_KEYWORDS = 50
MAX_WORD = 200
MAX_ADDRESS = 2_000
MAX_ITEM_LITERAL = 1_000_000

ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}(?:v\d+)?", re.ASCII)
PAPER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
# Line breaks, tabs, no-break and zero-width characters, and what no XML or JSON reader likes.
SPACE = re.compile("[\\s\x00-\x20\x7f-\xa0\u200b-\u200d\u2028\u2029\u2060\ufeff\ufffe\uffff]+")
SURROGATE = re.compile("[\ud800-\udfff]")
# No address needs these unescaped; in Markdown, HTML or a header they would end it early or hide.
NO_ADDRESS = re.compile(
    "[<>\"'`\\\\^{|}\\s\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def fold(text: str) -> str:
    """Return ``text`` on one line: white space and control characters folded to single spaces."""
    return SPACE.sub(" ", SURROGATE.sub("\ufffd", text)).strip()


def digest_of(paper: Paper) -> str:
    """Return the digest (SHA-256, hex) of the text that is translated: title and abstract."""
    return hashlib.sha256(f"{paper.title}\n{paper.abstract}".encode()).hexdigest()


def read_items(body: bytes, subject: str) -> list[object]:
    """Return the entries of one answer or saved file, not yet read.

    Raises ``BadPayloadError`` (transient: a cut answer may come whole next time) where ``body``
    is not JSON or none of the known shapes.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        begin = fold(body[:60].decode("utf-8", "replace"))
        message = f"is not JSON (it begins with {begin!r})" if begin else "is empty"
        raise BadPayloadError(subject, message, transient=True) from error
    if isinstance(data, dict):
        data = next((data[k] for k in ("data", "papers", "dailyPapers") if k in data), data)
    if not isinstance(data, list):
        kind = "an object" if isinstance(data, dict) else repr(data)[:40]
        raise BadPayloadError(
            subject, f"holds {kind} where a list of papers is expected", transient=True
        )
    return data


def day_inside(body: bytes) -> str | None:
    """Return the ``date`` that a wrapped file says of itself, if it does."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = data.get("date") if isinstance(data, dict) else None
    return found if isinstance(found, str) else None


def read_listing(pages: Iterable[RawPage]) -> Listing:
    """Read raw pages, oldest first, into one list without doubles.

    A paper that stands in several pages keeps its first place and takes its newest facts.
    An entry that is no paper becomes a problem; it never costs the others.
    """
    papers: dict[str, Paper] = {}
    problems: list[str] = []
    for page in pages:
        found, bad = read_page(page)
        papers |= {paper.id: paper for paper in found}
        problems += bad
    return Listing(tuple(papers.values()), tuple(dict.fromkeys(problems)))


def read_page(page: RawPage) -> tuple[list[Paper], list[str]]:
    """Read one raw page into its papers (doubles and all) and its problems."""
    papers: list[Paper] = []
    problems: list[str] = []
    subject = f"{page.day} page {page.page}"
    for number, item in enumerate(read_items(page.body, subject), 1):
        try:
            papers.append(read_paper(item, page.source))
        except ValueError as error:
            where = f"{page.day}: entry {number} of the list's page {page.page}"
            problems.append(f"{where} is passed over: {error}")
    return papers, problems


def read_paper(item: object, source: str) -> Paper:
    """Read one entry. Raises ``ValueError`` with the reason where it is no paper."""
    entry = _entry(item)
    inner = entry.get("paper", entry)
    if not isinstance(inner, Mapping):
        raise ValueError("it holds no paper")
    own_id = _id(inner.get("id"))
    # Permalinks are for ever: an id that is not arXiv's says whose it is.
    paper_id = own_id if ARXIV_ID.fullmatch(own_id) else f"{source}-{own_id}"
    title = _text(inner.get("title"), MAX_TITLE) or _text(entry.get("title"), MAX_TITLE)
    if not title:
        raise ValueError(f"{paper_id} has no title")
    return Paper(
        source=source,
        id=paper_id,
        title=title,
        abstract=_text(inner.get("summary"), MAX_ABSTRACT)
        or _text(entry.get("summary"), MAX_ABSTRACT),
        authors=tuple(_authors(inner.get("authors"))),
        published_at=_moment(inner.get("publishedAt")) or _moment(entry.get("publishedAt")),
        upvotes=_count(inner.get("upvotes")),
        keywords=tuple(_words(inner.get("ai_keywords"))),
        links=_links(own_id, inner),
        organization=_organization(inner) or _organization(entry),
    )


def _entry(item: object) -> Mapping[str, Any]:
    if isinstance(item, str):
        item = _literal(item)
    if not isinstance(item, Mapping):
        raise ValueError(f"it is {type(item).__name__}, not an object")
    return item


def _literal(text: str) -> object:
    """Read a ``repr()`` string. ``literal_eval`` builds constants only; it runs nothing."""
    if len(text) > MAX_ITEM_LITERAL:
        raise ValueError(f"it is a string of {len(text):,} characters")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        raise ValueError("it is a string that holds no Python literal") from error


def _id(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    # The id becomes a file name and part of addresses: nothing else may come through.
    if not PAPER_ID.fullmatch(text) or ".." in text:
        # Only a text is shown: the repr of a deep nest or a huge number raises errors of its own.
        shown = repr(value[:60]) if isinstance(value, str) else type(value).__name__
        raise ValueError(f"its id ({shown}) is none")
    return text


def _text(value: object, most: int) -> str:
    """Fold a text, and cut one beyond all measure visibly."""
    if not isinstance(value, str):
        return ""
    folded = fold(value[: 4 * most])
    return folded if len(folded) <= most else folded[: most - 1] + "…"


def _authors(value: object) -> Iterator[str]:
    for author in _sequence(value)[:MAX_AUTHORS]:
        name = author.get("name") if isinstance(author, Mapping) else author
        if text := _text(name, MAX_WORD):
            yield text


def _words(value: object) -> Iterator[str]:
    for word in _sequence(value)[:MAX_KEYWORDS]:
        if text := _text(word, MAX_WORD):
            yield text


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _count(value: object) -> int | None:
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 10**12 else None


def _moment(value: object) -> datetime | None:
    """Read an ISO 8601 moment; one without a zone is UTC, as the API's always were."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _organization(entry: Mapping[str, Any]) -> str | None:
    """Read the organisation's name as people write it, else its handle."""
    value = entry.get("organization")
    if not isinstance(value, Mapping):
        return None
    names = (_text(value.get(name), MAX_WORD) for name in ("fullname", "name"))
    return next(filter(None, names), None)


def _links(paper_id: str, inner: Mapping[str, Any]) -> Links:
    on_arxiv = ARXIV_ID.fullmatch(paper_id) is not None
    safe = quote(paper_id)
    return Links(
        huggingface=f"https://huggingface.co/papers/{safe}",
        arxiv=f"https://arxiv.org/abs/{safe}" if on_arxiv else None,
        pdf=f"https://arxiv.org/pdf/{safe}" if on_arxiv else None,
        code=web_address(inner.get("githubRepo")),
        project=web_address(inner.get("projectPage")),
    )


def web_address(value: object) -> str | None:
    """Return ``value`` where it is a plain http(s) address that can stand in any output."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS:
        return None
    text = value.strip()
    if NO_ADDRESS.search(text):
        return None
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not named:
        return None
    return text.replace("(", "%28").replace(")", "%29")
