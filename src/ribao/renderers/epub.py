"""``issue.epub``: an issue as a book, by EPUB 3.3 (https://www.w3.org/TR/epub-33/).

Each paper is a document of its own, so that a reader's contents, chapters and bookmarks are papers.
Nothing here asks for the time or for chance: the same issue gives the same bytes.
"""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import quote, urlsplit

from ribao.listing import web_address
from ribao.renderers import charts, cloud
from ribao.renderers.edition import Edition
from ribao.renderers.maths import readable_issue
from ribao.renderers.page import render
from ribao.statistics import Statistics
from ribao.types import Issue, Links

NAME = "issue.epub"
# The pictures that a book shows where they are there: its cover, and the figures of its first page.
COVER, CLOUD, TREND = "card.png", "wordcloud.png", "trend.png"
PICTURES = (COVER, CLOUD, TREND)
# E-readers know the names that say a country, not those that say a script.
LANGUAGES = {
    "zh-Hans": "zh-CN",
    "zh-Hant": "zh-TW",
    "zh-Hant-TW": "zh-TW",
    "zh-Hant-HK": "zh-HK",
}
# The same letters are drawn otherwise from place to place; other languages take the reader's own.
SERIFS = {
    "zh-CN": ("Noto Serif SC", "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "STSong"),
    "zh-TW": ("Noto Serif TC", "Noto Serif CJK TC", "Source Han Serif TC", "Songti TC", "PMingLiU"),
    "zh-HK": ("Noto Serif HK", "Noto Serif CJK HK", "Source Han Serif HC", "Songti TC", "PMingLiU"),
    "ja": ("Noto Serif JP", "Noto Serif CJK JP", "Hiragino Mincho ProN", "Yu Mincho", "YuMincho"),
}
# What XML 1.0 has no place for (2.2, Char), and what Unicode keeps from interchange.
FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010fffd]"
)
# A host that is valid in an address as it stands; others would need a table of Unicode's.
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?")
NO_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
# What a zip file's clock can tell (in years).
FIRST_YEAR, LAST_YEAR = 1980, 2107
CONTAINER = """\
<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="EPUB/content.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the book: its file, and what it shows in words."""

    file: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the book: its file, which is its name in the package too, and its title."""

    file: str
    title: str

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.file.partition(".")[0]


def render_epub(
    issue: Issue, stats: Statistics | None, edition: Edition, pictures: Mapping[str, bytes]
) -> bytes:
    """Return an issue as an EPUB book.

    ``pictures`` are files by name; the book takes those of ``PICTURES`` that are there, cloud and
    trend only with the numbers that say in words what they show.
    """
    book = _Book(issue, stats, edition, pictures)
    moment = issue.generated_at.astimezone(UTC)
    year = min(max(moment.year, FIRST_YEAR), LAST_YEAR)
    stamp = (year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path, content in book.files():
            entry = zipfile.ZipInfo(path, stamp)
            entry.create_system = 3  # Otherwise it would tell where it was made.
            entry.external_attr = 0o644 << 16
            # The first file must be readable as it stands (4.2); pictures are packed already.
            packed = path != "mimetype" and not path.endswith(".png")
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(entry, content)
    return body.getvalue()


class _Book:
    """The files of a book."""

    def __init__(
        self,
        issue: Issue,
        stats: Statistics | None,
        edition: Edition,
        pictures: Mapping[str, bytes],
    ) -> None:
        t = edition.texts
        # E-readers draw formulas so differently that plain characters serve better.
        self._issue, self._edition = readable_issue(issue), edition
        self._title = f"{edition.title} {issue.day}"
        self._figures = [each for each in _figures(stats, edition) if each.file in pictures]
        shown = {COVER, *(figure.file for figure in self._figures)}
        self._pictures = {name: pictures[name] for name in PICTURES if name in shown & {*pictures}}
        self._papers = [
            Document(f"paper-{place:03}.xhtml", f"{paper.position}. {paper.title}")
            for place, paper in enumerate(self._issue.papers, 1)
        ]
        self._front = Document("front.xhtml", t["issue.heading_stats"])
        self._contents = Document("nav.xhtml", t["page.contents"])
        self._about = Document("about.xhtml", t["book.about"])

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield each file's path in the book and its bytes, the one that must be first first."""
        yield "mimetype", b"application/epub+zip"
        yield "META-INF/container.xml", CONTAINER.encode()
        cover = Document("cover.xhtml", self._title)
        spine = [cover, self._front, self._contents, *self._papers, self._about]
        yield "EPUB/content.opf", self._package(spine)
        yield "EPUB/book.css", self._render("book.css")
        for document in (cover, self._front, self._about):
            yield f"EPUB/{document.file}", self._render(document.file, document)
        listed = [self._front, *self._papers, self._about]
        begin = self._papers[0] if self._papers else self._front
        yield (
            "EPUB/nav.xhtml",
            self._render("nav.xhtml", self._contents, listed=listed, cover=cover, begin=begin),
        )
        for document, paper in zip(self._papers, self._issue.papers, strict=True):
            links = _links(paper.links, self._edition)
            content = self._render("paper.xhtml", document, paper=paper, links=links)
            yield f"EPUB/{document.file}", content
        for name, body in self._pictures.items():
            yield f"EPUB/{name}", body

    def _package(self, spine: list[Document]) -> bytes:
        return self._render(
            "content.opf",
            title=self._title,
            identifier=_identifier(self._issue, self._edition),
            modified=f"{self._issue.generated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            spine=spine,
            # A shelf shows a picture or nothing: the cloud is better than nothing.
            cover=next((name for name in (COVER, CLOUD) if name in self._pictures), None),
        )

    def _render(self, template: str, document: Document | None = None, **values: object) -> bytes:
        issue, edition = self._issue, self._edition
        base_url = edition.base_url
        language = LANGUAGES.get(edition.language, edition.language)
        text = render(
            f"epub/{template}",
            edition,
            issue=issue,
            language=language,
            serifs=SERIFS.get(language, ()),
            document=document,
            figures=self._figures,
            pictures=self._pictures,
            place=_address(f"{base_url}/{issue.day}/") if base_url else None,
            **values,
        )
        return FORBIDDEN.sub("", text).encode()


def _figures(stats: Statistics | None, edition: Edition) -> Iterator[Picture]:
    """Yield the figures that there may be, with the same in words."""
    if stats is None:
        return
    words = cloud.alternative_text(stats.phrases, edition)
    if words:
        yield Picture(CLOUD, edition.texts["picture.cloud"], words)
    chart = charts.trend(stats, edition)
    if chart is not None:
        yield Picture(TREND, chart.title, chart.description)


def _identifier(issue: Issue, edition: Edition) -> str:
    """Return the name that all revisions of an issue share, and no other issue has."""
    place = edition.base_url or edition.title
    name = f"{place}/{edition.language}/{issue.day}"
    # Edition names are the user's own: what cannot be encoded is no reason to fail.
    return uuid.uuid5(uuid.NAMESPACE_URL, FORBIDDEN.sub("", name)).urn


def _links(links: Links, edition: Edition) -> list[tuple[str, str]]:
    """Return the name and address of each link that can stand in a book."""
    t = edition.texts
    named = (
        ("Hugging Face", links.huggingface),
        ("arXiv", links.arxiv),
        (t["page.pdf"], links.pdf),
        (t["page.code"], links.code),
        (t["page.project"], links.project),
    )
    found = ((name, _address(address)) for name, address in named)
    return [(name, address) for name, address in found if address is not None]


def _address(address: str | None) -> str | None:
    """Return an http(s) address as a valid URL, which EPUB demands; None where it is none."""
    plain = web_address(address)
    if plain is None:
        return None
    parts = urlsplit(plain)
    if HOST.fullmatch(parts.netloc) is None:
        return None
    path, query, fragment = (
        quote(NO_ESCAPE.sub("%25", part), safe="/%:@!$&'()*+,;=~?")
        for part in (parts.path, parts.query, parts.fragment)
    )
    return parts._replace(path=path, query=query, fragment=fragment).geturl()
