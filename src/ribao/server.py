"""``ribao serve``: look at an edition's folder in a browser on this machine."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ribao.errors import UsageError


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".md": "text/markdown; charset=utf-8",
        ".json": "application/json; charset=utf-8",
    }

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal is the operator's."""

    def end_headers(self) -> None:
        """Let the browser ask each time: the folder changes while it is looked at."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


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
