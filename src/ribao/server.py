"""``ribao serve``: look at an edition's folder in a browser on this machine, and hear it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from ribao.errors import UsageError

# One range of bytes, its last or its first left out. Several, or another unit, are no match.
RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE | re.ASCII)
# Their answer is the library's: whether there is anything to be sent comes before how much.
CONDITIONS = ("If-None-Match", "If-Modified-Since")
CHUNK = 64 * 1024


class _Handler(SimpleHTTPRequestHandler):
    """Files, whole or in one part (RFC 9110, 14): players seek in sound by asking for its parts."""

    protocol_version = "HTTP/1.1"
    # Not left to the machine's own table, which may know nothing of these.
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".css": "text/css; charset=utf-8",
        ".epub": "application/epub+zip",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json; charset=utf-8",
        ".md": "text/markdown; charset=utf-8",
        ".mp3": "audio/mpeg",
        ".svg": "image/svg+xml",
        ".vtt": "text/vtt; charset=utf-8",
        ".xml": "application/xml; charset=utf-8",
    }
    # Where the asked part ends; None for all of a file.
    _end: int | None = None

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal is the operator's."""

    def handle(self) -> None:
        """Answer; a browser that seeks breaks off what it asked for before."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def end_headers(self) -> None:
        """Let the browser ask each time: the folder changes while it is looked at."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Send status and headers; return what comes after them, where it begins."""
        self._end = None
        place = self.translate_path(self.path)
        if "\0" in place:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        found = RANGE.fullmatch(self.headers.get("Range", "")) if self.command == "GET" else None
        if not found or place.endswith("/") or any(name in self.headers for name in CONDITIONS):
            return super().send_head()
        with contextlib.ExitStack() as opened:
            try:
                file = opened.enter_context(Path(place).open("rb"))
            except OSError:
                return super().send_head()
            state = os.fstat(file.fileno())
            changed = self.date_time_string(int(state.st_mtime))
            part = _part(found[1], found[2], state.st_size)
            if part is None or self.headers.get("If-Range", changed) != changed:
                return super().send_head()
            if not part:
                self._refuse(state.st_size)
                return None
            self.send_response(HTTPStatus.PARTIAL_CONTENT)
            self.send_header("Content-Type", self.guess_type(place))
            self.send_header("Content-Range", f"bytes {part[0]}-{part[-1]}/{state.st_size}")
            self.send_header("Content-Length", str(len(part)))
            self.send_header("Last-Modified", changed)
            self.end_headers()
            file.seek(part.start)
            self._end = part.stop
            # From here on it is the caller's, who closes it.
            opened.pop_all()
        return file

    def _refuse(self, size: int) -> None:
        self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        self.send_header("Content-Range", f"bytes */{size}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send the file, or the part of it that was asked for."""
        if self._end is None:
            shutil.copyfileobj(source, outputfile)
            return
        while chunk := source.read(min(CHUNK, self._end - source.tell())):
            outputfile.write(chunk)


def _part(first: str, last: str, size: int) -> range | None:
    """Return which bytes are asked for: none where the file ends before; None for no range."""
    if first:
        if last and int(last) < int(first):
            return None
        return range(int(first), min(int(last) + 1, size) if last else size)
    return range(max(0, size - int(last)), size) if last else None


def make_server(folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server of ``folder``; port 0 takes a free one. Raises ``UsageError``."""
    if not (folder / "index.html").is_file():
        raise UsageError(f"{folder}: there is no edition yet; make one with: ribao run")
    try:
        return ThreadingHTTPServer((host, port), partial(_Handler, directory=str(folder)))
    except OSError as error:
        raise UsageError(
            f"port {port} on {host} cannot be used ({error.strerror}); choose another with --port"
        ) from error
