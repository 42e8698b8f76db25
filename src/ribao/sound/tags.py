"""What an MP3 says of itself: ID3v2.3 with chapters.

Formats: id3.org "ID3 tag version 2.3.0" and "ID3v2 Chapter Frame Addendum 1.0". Version 2.3 because
players and Windows read it everywhere. All text is UTF-16 with a byte order mark, cut to a bounded
length and free of control characters; links are http(s) and ASCII or they are left out.
"""

from __future__ import annotations

import struct
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import category

from ribao.speech import Chapter

# A table of contents counts its entries in one byte. Further chapters are in the file all the same.
MOST_ENTRIES = 255
LONGEST_TEXT = 1_000
LARGEST_COVER = 16 * 1024 * 1024

_LATIN, _UTF16 = b"\x00", b"\x01"
_TOP_AND_ORDERED = 0x03
_FRONT_COVER = 3
_NO_OFFSET = 0xFFFFFFFF
_LANGUAGES = {"en": b"eng", "zh": b"zho"}
_IMAGES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True, slots=True)
class Tag:
    """What is said of an episode. ``link`` is its page; ``cover`` is a JPEG or PNG."""

    title: str
    artist: str
    album: str
    day: date
    language: str
    comment: str
    link: str | None
    cover: bytes | None


def render_tag(
    tag: Tag, chapters: Sequence[Chapter], seconds: float, room: int | None = None
) -> bytes:
    """Return the tag, padded with zeros to ``room`` bytes where that is given.

    A chapter without a link of its own leads to the tag's. The size depends on the texts alone, but
    for the digits of the length. Raises ``ValueError`` for a cover that is none or too large, and
    where the room is too small.
    """
    frames = [
        _text(b"TIT2", tag.title),
        _text(b"TPE1", tag.artist),
        _text(b"TALB", tag.album),
        _figures(b"TYER", f"{tag.day.year:04}"),
        _figures(b"TDAT", f"{tag.day.day:02}{tag.day.month:02}"),
        _figures(b"TLEN", str(_milliseconds(seconds))),
        _text(b"TCON", "Podcast"),
        _link(b"WOAF", tag.link),
        _comment(tag),
        _contents(chapters),
        *(_chapter(number, chapter, tag.link) for number, chapter in enumerate(chapters)),
        _picture(tag.cover),
    ]
    body = b"".join(frames)
    if room is not None:
        if len(body) + 10 > room:
            raise ValueError(f"a tag of {len(body) + 10} bytes has no place in {room}")
        body = body.ljust(room - 10, b"\x00")
    return b"ID3\x03\x00\x00" + _seven_bits(len(body)) + body


def _seven_bits(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">IH", len(body), 0) + body


def _wide(text: str) -> bytes:
    # A zero would end the text early; half of a surrogate pair cannot be written.
    clean = "".join(" " if category(c) == "Cc" else c for c in text[:LONGEST_TEXT])
    return b"\xff\xfe" + clean.encode("utf-16-le", "replace")


def _text(name: bytes, text: str) -> bytes:
    return _frame(name, _UTF16 + _wide(text)) if text else b""


def _figures(name: bytes, text: str) -> bytes:
    return _frame(name, _LATIN + text.encode("ascii"))


def _comment(tag: Tag) -> bytes:
    if not tag.comment:
        return b""
    language = _LANGUAGES.get(tag.language.partition("-")[0], b"und")
    return _frame(b"COMM", _UTF16 + language + _wide("") + b"\x00\x00" + _wide(tag.comment))


def _address(url: str | None) -> bytes:
    """Return an http(s) address in ASCII, nothing for any other."""
    if url is None or not url.lower().startswith(("http://", "https://")):
        return b""
    # Everything that an address may hold stays, "%" too; the rest is escaped.
    safe = urllib.parse.quote(url, safe="!#$%&'()*+,/:;=?@[]~", errors="replace")
    return safe.encode("ascii") if len(safe) <= 2 * LONGEST_TEXT else b""


def _link(name: bytes, url: str | None) -> bytes:
    address = _address(url)
    return _frame(name, address) if address else b""


def _contents(chapters: Sequence[Chapter]) -> bytes:
    if not chapters:
        return b""
    entries = [_element(number) for number in range(min(len(chapters), MOST_ENTRIES))]
    head = b"toc\x00" + bytes((_TOP_AND_ORDERED, len(entries)))
    return _frame(b"CTOC", head + b"".join(entries))


def _element(number: int) -> bytes:
    return f"chapter{number}".encode("ascii") + b"\x00"


def _chapter(number: int, chapter: Chapter, link: str | None) -> bytes:
    address = _address(chapter.url) or _address(link)
    times = struct.pack(
        ">4I",
        _milliseconds(chapter.span.start),
        _milliseconds(chapter.span.end),
        _NO_OFFSET,
        _NO_OFFSET,
    )
    inner = _text(b"TIT2", chapter.title or chapter.key)
    if address:
        # A described link: encoding, no description, address.
        inner += _frame(b"WXXX", _LATIN + b"\x00" + address)
    return _frame(b"CHAP", _element(number) + times + inner)


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _picture(cover: bytes | None) -> bytes:
    if cover is None:
        return b""
    kind = next((kind for magic, kind in _IMAGES.items() if cover.startswith(magic)), None)
    if kind is None:
        raise ValueError("a cover must be a JPEG or a PNG")
    if len(cover) > LARGEST_COVER:
        raise ValueError(f"a cover of {len(cover)} bytes is too large: {LARGEST_COVER} are allowed")
    head = _LATIN + kind.encode("ascii") + b"\x00" + bytes((_FRONT_COVER,)) + b"\x00"
    return _frame(b"APIC", head + cover)
