"""An episode to be read: the transcript (WebVTT) and the chapters (Podcasting 2.0, JSON).

Formats: W3C "WebVTT: The Web Video Text Tracks Format"; podcastindex.org "JSON Chapters Format",
version 1.2. Both carry text from outside: it is escaped, and stands on one line.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from unicodedata import category

from ribao.speech import Cue, Episode

_SHORTEST = 0.001


def render_vtt(cues: Iterable[Cue]) -> str:
    """Return the transcript: one cue for each sentence, numbered from 1.

    A sentence without words is left out. A cue that lasts no time lasts a millisecond, since the
    format allows no other.
    """
    parts = ["WEBVTT\n"]
    for cue in cues:
        text = _one_line(cue.text)
        if not text:
            continue
        start = max(0.0, cue.span.start)
        end = max(cue.span.end, start + _SHORTEST)
        # Escaped, ">" can make no arrow, and a sentence no tag.
        parts.append(
            f"{len(parts)}\n{_time(start)} --> {_time(end)}\n{html.escape(text, quote=False)}\n"
        )
    return "\n".join(parts)


def render_chapters(episode: Episode, *, podcast: str = "", link: str | None = None) -> bytes:
    """Return the chapters as JSON (``application/json+chapters``).

    ``podcast`` is the podcast's name. A chapter without a link of its own leads to ``link``, the
    issue's page; only http(s) is linked.
    """
    chapters = []
    for chapter in episode.chapters:
        each: dict[str, object] = {
            "startTime": round(chapter.span.start, 3),
            "endTime": round(chapter.span.end, 3),
            "title": _one_line(chapter.title) or chapter.key,
            "toc": True,
        }
        url = next((url for url in (chapter.url, link) if _is_link(url)), None)
        if url:
            each["url"] = url
        chapters.append(each)
    document: dict[str, object] = {"version": "1.2.0", "title": _one_line(episode.title)}
    if podcast:
        document["podcastName"] = _one_line(podcast)
    document["chapters"] = chapters
    written = json.dumps(document, ensure_ascii=False, indent=1)
    return written.encode("utf-8", "replace") + b"\n"


def _is_link(url: str | None) -> bool:
    return url is not None and url.lower().startswith(("http://", "https://"))


def _one_line(text: str) -> str:
    """Fold white space and leave out control characters; an empty line would end a cue."""
    clean = "".join(" " if category(c) in {"Cc", "Cs"} else c for c in text)
    return " ".join(clean.split())


def _time(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
