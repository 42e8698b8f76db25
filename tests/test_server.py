"""``ribao serve``: files whole and in parts, as players ask for them, by a client on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path

import pytest

from ribao.errors import UsageError
from ribao.server import make_server

SOUND = bytes(n * 7 % 251 for n in range(300_000))
SIZE = len(SOUND)
LONG_AGO = 1_700_000_000


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>all</title>")
    day = tmp_path / "2026-01-12"
    day.mkdir()
    (day / "index.html").write_text("<!doctype html><title>day</title>")
    (day / "brief.mp3").write_bytes(SOUND)
    (day / "empty.mp3").write_bytes(b"")
    for name in ("brief.vtt", "issue.md", "issue.json", "podcast.xml", "player.js", "issue.epub"):
        (day / name).write_text("日")
    return tmp_path


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    server = make_server(folder, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def ask(folder):
    """Ask for a path; what comes is the status, the headers and the body."""
    with serving(folder) as port, closing(HTTPConnection("127.0.0.1", port, timeout=10)) as client:

        def one(path: str, method: str = "GET", **headers: str):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            client.request(method, path, headers=named)
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()

        yield one


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-100", 100, 100),
        ("bytes=299000-", 299_000, SIZE - 1),
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=-500", SIZE - 500, SIZE - 1),
        ("bytes=-999999999", 0, SIZE - 1),
        ("bytes=70000-999999999999", 70_000, SIZE - 1),
        ("BYTES=5-9", 5, 9),
    ],
)
def test_a_part_is_sent_as_it_is_asked_for(asked, first, last, ask):
    status, headers, body = ask("/2026-01-12/brief.mp3", Range=asked)
    assert status == 206
    assert headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert headers["Content-Type"] == "audio/mpeg"
    assert headers["Last-Modified"]
    assert body == SOUND[first : last + 1]


@pytest.mark.parametrize(
    "asked", [f"bytes={SIZE}-", "bytes=999999999999-1999999999999", "bytes=-0"]
)
def test_what_lies_behind_the_end_is_refused_with_the_length(asked, ask):
    status, headers, body = ask("/2026-01-12/brief.mp3", Range=asked)
    assert (status, headers["Content-Range"], body) == (416, f"bytes */{SIZE}", b"")
    assert ask("/2026-01-12/empty.mp3", Range="bytes=0-")[0] == 416


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,5-9", "bytes=9-5", "bytes=-", "bytes=a-b", "bytes", "lines=0-5", "bytes=" + "9" * 5_000 + "-", "bytes=٣-٥"],
)  # fmt: skip
def test_what_is_no_single_range_gets_the_whole(asked, ask):
    status, headers, body = ask("/2026-01-12/brief.mp3", Range=asked.encode().decode("latin-1"))
    assert (status, body) == (200, SOUND)
    assert "Content-Range" not in headers


def test_a_file_that_changed_is_sent_whole(ask, folder):
    path = "/2026-01-12/brief.mp3"
    changed = ask(path)[1]["Last-Modified"]
    assert ask(path, Range="bytes=0-9", If_Range=changed)[0] == 206
    for other in (formatdate(LONG_AGO, usegmt=True), '"tag"', "nonsense"):
        status, _, body = ask(path, Range="bytes=0-9", If_Range=other)
        assert (status, body) == (200, SOUND)


def test_what_the_client_has_already_is_not_sent_again(ask):
    path = "/2026-01-12/brief.mp3"
    changed = ask(path)[1]["Last-Modified"]
    status, _, body = ask(path, Range="bytes=0-9", If_Modified_Since=changed)
    assert (status, body) == (304, b"")


def test_head_gives_the_headers_of_the_whole(ask):
    for more in ({}, {"Range": "bytes=0-9"}):
        status, headers, body = ask("/2026-01-12/brief.mp3", "HEAD", **more)
        assert (status, body) == (200, b"")
        assert headers["Content-Length"] == str(SIZE)
        assert headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("brief.mp3", "audio/mpeg"),
        ("brief.vtt", "text/vtt; charset=utf-8"),
        ("issue.json", "application/json; charset=utf-8"),
        ("issue.md", "text/markdown; charset=utf-8"),
        ("podcast.xml", "application/xml; charset=utf-8"),
        ("player.js", "text/javascript; charset=utf-8"),
        ("issue.epub", "application/epub+zip"),
        ("brief.mp3?again=1.txt", "audio/mpeg"),
        ("", "text/html; charset=utf-8"),
    ],
)
def test_each_kind_of_file_says_what_it_is(name, kind, ask):
    status, headers, _ = ask(f"/2026-01-12/{name}")
    assert (status, headers["Content-Type"]) == (200, kind)
    assert ask(f"/2026-01-12/{name}", Range="bytes=0-0")[1]["Content-Type"] == kind


@pytest.mark.parametrize(
    "path", ["/2026-01-12/none.mp3", "/2026-01-12/brief.mp3/", "/../../../etc/passwd", "/%00", "/2026-01-12/brief.mp3%00"]
)  # fmt: skip
def test_what_is_not_there_is_not_there_in_parts_either(path, ask):
    assert ask(path, Range="bytes=0-9")[0] == 404


def test_a_folder_leads_to_its_page_in_parts_too(ask):
    assert ask("/2026-01-12", Range="bytes=0-9")[0] == 301
    assert ask("/2026-01-12/", Range="bytes=0-9")[0] == 200


def test_one_connection_serves_one_part_after_another(ask):
    for first in range(0, SIZE, 60_000):
        body = ask("/2026-01-12/brief.mp3", Range=f"bytes={first}-{first + 59_999}")[2]
        assert body == SOUND[first : first + 60_000]
    assert ask("/2026-01-12/brief.mp3")[2] == SOUND


def test_a_player_that_breaks_off_makes_no_noise(folder, capfd):
    (folder / "2026-01-12" / "brief.mp3").write_bytes(SOUND * 60)
    with serving(folder) as port:
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(
                    b"GET /2026-01-12/brief.mp3 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\n\r\n"
                )
                assert client.recv(100).startswith(b"HTTP/1.1 206")
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as after:
            after.request("GET", "/index.html")
            assert after.getresponse().read()
    assert capfd.readouterr().err == ""


def test_a_folder_without_an_edition_and_a_port_in_use_are_told(folder, tmp_path_factory):
    with pytest.raises(UsageError, match="ribao run"):
        make_server(tmp_path_factory.mktemp("none"), "127.0.0.1", 0)
    with serving(folder) as port, pytest.raises(UsageError, match="--port"):
        make_server(folder, "127.0.0.1", port)
