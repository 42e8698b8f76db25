"""The pages: an issue and the list of all issues. From the data, never from the Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from ribao.grammar import counted, in_words, weekday
from ribao.languages import locale_of, page_language
from ribao.listing import web_address
from ribao.renderers.edition import Edition
from ribao.renderers.maths import as_html
from ribao.renderers.player import players, where_heard
from ribao.speech import Episode
from ribao.statistics import Statistics
from ribao.types import Entry, Issue, IssuePaper

# ASCII only: an address inside Chinese ends where the Chinese begins.
ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
SOURCE = "en"
"""The language in which papers are published."""
SHOWN_AUTHORS = 4
SHOWN_KEYWORDS = 24
# How large a keyword is set: by its share of the largest weight.
SIZES = ((0.75, 5), (0.5, 4), (0.34, 3), (0.2, 2))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The issues before and after, where there are any."""

    previous: date | None = None
    next: date | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of the issue: its file's name, and the same in words and as a table.

    ``note`` says how far it can be trusted.
    """

    name: str
    title: str
    description: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""


def render_issue(
    issue: Issue,
    edition: Edition,
    neighbours: Neighbours,
    stats: Statistics | None = None,
    figures: Sequence[Figure] = (),
    pictures: frozenset[str] = frozenset(),
    episodes: Sequence[Episode] = (),
) -> str:
    """Return the page of one issue. ``pictures`` are the files that stand beside it.

    ``episodes`` are its spoken editions.

    ``stats`` has the words that decided each paper's areas; without it none are shown.
    """
    spoken = players(episodes)
    return render(
        "issue.html",
        edition,
        root="../",
        path=f"{issue.day}/",
        day=issue.day,
        issue=issue,
        keywords=_sized_keywords(issue),
        late=sum(paper.late for paper in issue.papers),
        flagged=sum(paper.translation.status == "flagged" for paper in issue.papers),
        missing=sum(paper.translation.status == "missing" for paper in issue.papers),
        drafts=sum(paper.translation.draft for paper in issue.papers),
        neighbours=neighbours,
        evidence=_evidence(stats),
        numbers=stats is not None,
        figures=figures,
        pictures=pictures,
        players=spoken,
        listen=where_heard(spoken),
    )


def render_index(entries: Sequence[Entry], edition: Edition) -> str:
    """Return the list of all issues, newest first."""
    newest_first = sorted(entries, key=lambda entry: entry.day, reverse=True)
    months: dict[tuple[int, int], list[Entry]] = {}
    for entry in newest_first:
        months.setdefault((entry.day.year, entry.day.month), []).append(entry)
    latest = newest_first[0].day if newest_first else None
    count = len(entries)
    return render("index.html", edition, root="", path="", day=latest, months=months, count=count)


def stylesheet() -> bytes:
    """Return the one stylesheet of all pages."""
    return _template("style.css").encode()


def script() -> bytes:
    """Return the one script of the pages: the player's."""
    return _template("player.js").encode()


def _evidence(stats: Statistics | None) -> dict[str, dict[str, tuple[str, ...]]]:
    """The words that decided each area, by the paper's id and the area's slug."""
    return {
        paper.id: {topic.slug: topic.evidence for topic in paper.topics if topic.evidence}
        for paper in (stats.papers if stats else ())
    }


def render(template: str, edition: Edition, **values: object) -> str:
    """Return a template of ours filled in; whatever it is given is escaped."""
    words = page_language(edition.language)
    mixed = words != edition.language
    return (
        _environment()
        .get_template(template)
        .render(
            edition=edition,
            t=edition.texts,
            # A page says of each part in which language it is, where that is not the page's own.
            words_lang=_lang(words) if mixed else "",
            text_lang=_lang(edition.language) if mixed else "",
            original_lang=_lang(SOURCE) if edition.language != SOURCE else "",
            **values,
        )
    )


def _lang(language: str) -> Markup:
    """Return the attributes of an element in a language, and in which direction it runs."""
    right_to_left = locale_of(language).text_direction == "rtl"
    direction = Markup(' dir="rtl"') if right_to_left else Markup()
    return Markup(' lang="{}"').format(language) + direction


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["date"] = in_words
    environment.filters["weekday"] = weekday
    environment.filters["counted"] = counted
    environment.filters["minute"] = _minute
    environment.filters["authors"] = _authors
    environment.filters["shown"] = as_html
    environment.filters["linked"] = lambda text: as_html(text, _linked)
    return environment


def _template(name: str) -> str:
    return (files("ribao.renderers") / "templates" / name).read_text("utf-8")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _authors(paper: IssuePaper, edition: Edition) -> str:
    """Name up to four authors, and say how many there are where there are more."""
    t = edition.texts
    names = t["issue.comma"].join(paper.authors[:SHOWN_AUTHORS])
    if len(paper.authors) <= SHOWN_AUTHORS:
        return names or t["page.no_authors"]
    return t["page.authors"].format(names=names, count=len(paper.authors))


def _linked(text: str) -> Markup:
    """Escape a text and make its http(s) addresses links."""
    return Markup().join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    end = 0
    for found in ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?'*")
        if address.endswith(")") and "(" not in address:
            address = address.rstrip(").,;:!?")
        if web_address(address) is None:
            continue
        yield Markup.escape(text[end : found.start()])
        yield Markup('<a class="address" href="{0}">{0}</a>').format(address)
        end = found.start() + len(address)
    yield Markup.escape(text[end:])


def _sized_keywords(issue: Issue) -> list[tuple[str, int]]:
    words = issue.stats.keywords[:SHOWN_KEYWORDS]
    most = max((word.weight for word in words), default=1.0)
    sized = [
        (word.word, next((size for share, size in SIZES if word.weight >= share * most), 1))
        for word in words
    ]
    return sorted(sized, key=lambda item: item[0].casefold())
