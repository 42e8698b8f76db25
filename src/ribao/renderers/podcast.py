"""The podcast feeds: RSS 2.0 with the words of Apple (itunes) and of Podcasting 2.0 (podcast).

Their rules: https://help.apple.com/itc/podcasts_connect/#/itcb54353390 and
https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md.
Nothing here asks for the time: the same episodes give the same bytes.
"""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from html import escape

from ribao.errors import RenderError
from ribao.listing import web_address
from ribao.renderers.edition import Edition
from ribao.renderers.player import STEMS
from ribao.speech import Chapter, EditionName, Episode
from ribao.types import Issue

# The feed's file, and the cover's, below the edition's address.
FEEDS: dict[EditionName, str] = {"full": "podcast.xml", "brief": "podcast-brief.xml"}
COVER = "assets/cover.png"
NEWEST = 300
# What Apple keeps of a description, in bytes of UTF-8.
LONGEST_DESCRIPTION = 4000
NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "xmlns:podcast": "https://podcastindex.org/namespace/1.0",
}
# Of Podcasting 2.0, for the guid of a feed.
GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
# Where RSS has a name of its own for a language.
LANGUAGES = {
    "zh-Hans": "zh-CN",
    "zh-Hant": "zh-TW",
    "zh-Hant-TW": "zh-TW",
    "zh-Hant-HK": "zh-HK",
}
# Episodes are numbered by their day, from this one on; no day can change another's number.
DAY_ONE = date(2023, 1, 1)
# What XML 1.0 has no place for (2.2, Char).
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Podcast:
    """What a feed says of itself. ``url`` is its own address, ``site`` the edition's, with a slash.

    ``guid`` names the podcast for ever (see ``guid_of``), ``cover`` is a picture's address.
    """

    url: str
    site: str
    guid: str
    title: str
    description: str
    language: str
    author: str
    cover: str
    owner: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """An episode, when its issue first came out (in UTC), and the day in one line."""

    episode: Episode
    published_at: datetime
    summary: str


# ── what goes into a feed ─────────────────────────────────────────────────────────────────────


def describe(
    edition: Edition,
    name: EditionName,
    *,
    owner: str | None = None,
    email: str | None = None,
    description: str | None = None,
    guid: str | None = None,
) -> Podcast:
    """Return what the feed ``name`` of an edition says of itself.

    Raises ``RenderError`` where the edition has no address: players do not follow relative links.
    """
    if edition.base_url is None:
        raise RenderError(
            FEEDS[name],
            "a podcast needs the site's address: set site.base_url (RIBAO_SITE__BASE_URL)",
        )
    t, site = edition.texts, f"{edition.base_url.rstrip('/')}/"
    url = f"{site}{FEEDS[name]}"
    title = edition.title if name == "full" else t["podcast.brief"].format(name=edition.title)
    return Podcast(
        url=url,
        site=site,
        guid=guid or guid_of(url),
        title=title,
        description=description or t[f"podcast.about_{name}"],
        language=edition.language,
        author=owner or edition.title,
        cover=f"{site}{COVER}",
        owner=owner,
        email=email,
    )


def guid_of(url: str) -> str:
    """Return a feed's ``podcast:guid``: UUIDv5 of its address without scheme and last slashes.

    >>> guid_of("https://podnews.net/rss")
    '9b024349-ccf0-5f69-a609-6b82873eab3c'
    """
    return str(uuid.uuid5(GUIDS, re.sub(r"\A[a-z]+://", "", url, flags=re.IGNORECASE).rstrip("/")))


def summary_of(issue: Issue, texts: Mapping[str, str]) -> str:
    """Return an issue in one line: how many papers, and the hot areas."""
    if not issue.papers:
        return texts["issue.no_papers"]
    count = issue.stats.count
    if not issue.stats.hot_topics:
        return texts["podcast.summary_short"].format(count=count)
    areas = texts["issue.comma"].join(topic.name for topic in issue.stats.hot_topics)
    return texts["podcast.summary"].format(count=count, areas=areas)


def choose(spoken: Sequence[Spoken], name: EditionName) -> list[Spoken]:
    """Return what the feed ``name`` carries; ``full`` has a day's brief where there is no more."""
    best: dict[date, Spoken] = {}
    for each in spoken:
        if each.episode.edition == name:
            best[each.episode.day] = each
        elif name == "full":
            best.setdefault(each.episode.day, each)
    return list(best.values())


# ── the feed ──────────────────────────────────────────────────────────────────────────────────


def render_podcast(spoken: Sequence[Spoken], podcast: Podcast, texts: Mapping[str, str]) -> bytes:
    """Return the feed as UTF-8: the newest days' episodes, the newest first."""
    newest = sorted(spoken, key=lambda each: (each.episode.day, each.episode.edition), reverse=True)
    shown = newest[:NEWEST]
    root = ET.Element("rss", {"version": "2.0", **NAMESPACES})
    channel = ET.SubElement(root, "channel")
    _describe(channel, podcast)
    if shown:
        _add(channel, "lastBuildDate", _moment(max(each.published_at for each in shown)))
    for each in shown:
        _item(ET.SubElement(channel, "item"), each, podcast, texts)
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _describe(channel: ET.Element, podcast: Podcast) -> None:
    link = {"href": podcast.url, "rel": "self", "type": "application/rss+xml"}
    _add(channel, "atom:link", None, **link)
    _add(channel, "title", podcast.title)
    _add(channel, "link", podcast.site)
    _add(channel, "language", _language(podcast.language))
    _add(channel, "description", _bounded(podcast.description))
    _add(channel, "generator", "ribao")
    _add(channel, "itunes:author", podcast.author)
    _add(channel, "itunes:type", "episodic")
    _add(channel, "itunes:explicit", "false")
    _add(channel, "itunes:image", None, href=podcast.cover)
    _add(channel, "itunes:category", None, text="Technology")
    _add(
        _add(channel, "itunes:category", None, text="News"),
        "itunes:category",
        None,
        text="Tech News",
    )
    if podcast.owner or podcast.email:
        owner = _add(channel, "itunes:owner", None)
        _add(owner, "itunes:name", podcast.owner or podcast.author)
        if podcast.email:
            _add(owner, "itunes:email", podcast.email)
    _add(channel, "podcast:guid", podcast.guid)
    # Nobody may take the feed over to another host without asking.
    asked = {"owner": podcast.email} if podcast.email else {}
    _add(channel, "podcast:locked", "yes", **asked)


def _item(item: ET.Element, spoken: Spoken, podcast: Podcast, texts: Mapping[str, str]) -> None:
    episode = spoken.episode
    page = f"{podcast.site}{episode.day}/"
    file = f"{page}{STEMS[episode.edition]}"
    _add(item, "title", episode.title)
    _add(item, "link", page)
    _add(item, "guid", _guid(episode), isPermaLink="false")
    _add(item, "pubDate", _moment(spoken.published_at))
    sound = {"url": f"{file}.mp3", "length": str(episode.bytes), "type": "audio/mpeg"}
    _add(item, "enclosure", None, **sound)
    _add(item, "description", _plain_notes(spoken, page, texts))
    _add(item, "content:encoded", _notes(spoken, page, texts))
    _add(item, "itunes:duration", str(max(1, round(episode.seconds))))
    if (number := (episode.day - DAY_ONE).days + 1) > 0:
        _add(item, "itunes:episode", str(number))
    _add(item, "itunes:episodeType", "full")
    said = {"url": f"{file}.vtt", "type": "text/vtt", "language": _language(episode.language)}
    _add(item, "podcast:transcript", None, **said)
    jumps = {"url": f"{file}.chapters.json", "type": "application/json+chapters"}
    _add(item, "podcast:chapters", None, **jumps)


def _guid(episode: Episode) -> str:
    """Name an episode for ever: neither a revision nor another address of the site changes it."""
    return f"ribao:{episode.language}:{episode.day}:{episode.edition}"


def _moment(moment: datetime) -> str:
    """A moment as RSS has it, in UTC (RFC 2822)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _language(language: str) -> str:
    return LANGUAGES.get(language, language)


def _add(parent: ET.Element, tag: str, text: str | None, /, **attributes: str) -> ET.Element:
    clean = {name: FORBIDDEN.sub("", value) for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, clean)
    element.text = None if text is None else FORBIDDEN.sub("", text)
    return element


# ── show notes ────────────────────────────────────────────────────────────────────────────────


def _plain_notes(spoken: Spoken, page: str, texts: Mapping[str, str]) -> str:
    """Return the notes as lines, with as many chapters as there is room for."""
    head = [spoken.summary, *_lost(spoken.episode, texts), ""]
    foot = ["", texts["podcast.page"].format(url=page), texts["podcast.made"]]
    chapters = [" ".join(_line(each)) for each in spoken.episode.chapters]
    room = LONGEST_DESCRIPTION - _size([*head, "…", *foot])
    shown = len(chapters)
    while shown and _size(chapters[:shown]) > room:
        shown -= 1
    more = ["…"] if shown < len(chapters) else []
    return _bounded("\n".join([*head, *chapters[:shown], *more, *foot]))


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode(errors="replace")) + 1 for line in lines)


def _bounded(text: str) -> str:
    """Cut a text where Apple would, but never inside a character."""
    if len(text.encode(errors="replace")) <= LONGEST_DESCRIPTION:
        return text
    return text.encode(errors="replace")[: LONGEST_DESCRIPTION - 3].decode(errors="ignore") + "…"


def _notes(spoken: Spoken, page: str, texts: Mapping[str, str]) -> str:
    """Return the notes as HTML: paragraphs, a list and links are all that players know."""
    episode = spoken.episode
    lines = "".join(f"<li>{_linked(chapter, page)}</li>" for chapter in episode.chapters)
    address = f'<a href="{escape(page)}">{escape(page)}</a>'
    said = [
        *(escape(line) for line in (spoken.summary, *_lost(episode, texts))),
        f"<ul>{lines}</ul>" if lines else "",
        escape(texts["podcast.page"]).format(url=address),
        escape(texts["podcast.made"]),
    ]
    return "\n".join(each if each.startswith("<ul>") else f"<p>{each}</p>" for each in said if each)


def _linked(chapter: Chapter, page: str) -> str:
    clock, title = _line(chapter)
    return f'{clock} <a href="{escape(web_address(chapter.url) or page)}">{escape(title)}</a>'


def _line(chapter: Chapter) -> tuple[str, str]:
    """Return when a chapter begins and its title, which stays on its line."""
    return _clock(chapter.span.start), " ".join(chapter.title.split())


def _lost(episode: Episode, texts: Mapping[str, str]) -> list[str]:
    """Say that papers are missing, where some are."""
    return [texts["podcast.lost"].format(count=len(episode.lost))] if episode.lost else []


def _clock(seconds: float) -> str:
    """Return a time as players find it in notes: ``04:05``, ``1:02:03``. Never after the moment."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
