"""The engine that runs in this process, for real, on a model of 228 KB made here."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from ribao.completion import read_completion
from ribao.engines.local import Local
from ribao.errors import BadReplyError, BusyError, DeniedError, RefusedError
from ribao.translate import make_request, read_reply
from ribao.types import Message, Paper, Request
from ribao.weights import load_models
from tests.tiny_model import ENDLESS, write_model

# Not by importing it: the engine has something to say before its threads are made.
pytestmark = pytest.mark.skipif(find_spec("xllamacpp") is None, reason="the extra local is missing")

NOW = datetime(2026, 1, 12, 8, tzinfo=UTC)
PAPER = Paper("huggingface", "2601.00001", "A title", "An abstract of one sentence.")
TEXTS = {"prompt.system": "Translate 翻译.", "prompt.again": "Wrong: {faults}"}


def question(abstract: str = PAPER.abstract, paper_id: str = PAPER.id) -> Request:
    paper = Paper(PAPER.source, paper_id, PAPER.title, abstract)
    return make_request(paper, TEXTS, language="zh-Hans", prompt="abc")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny-f32.gguf")


@pytest.fixture(scope="session")
def endless(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "endless.gguf"
    return write_model(path, ENDLESS, context=32_768)


@pytest.fixture
def local(tiny):
    """An engine that is closed at the end; by default the model that comes to an end."""
    opened = []

    def make(path: Path = tiny, **options) -> Local:
        opened.append(Local(path, clock=lambda: NOW, **{"threads": 1, **options}))
        return opened[-1]

    yield make
    for engine in opened:
        engine.close()


def test_a_reply_is_a_draft_with_its_provenance(local):
    request = Request(
        "huggingface", "2601.00001", "digest", "ja", "prompt", (Message("user", "Hi"),), "terms"
    )
    reply = local().ask(request)
    assert (reply.engine, reply.model, reply.draft) == ("local", "tiny-f32", True)
    assert (reply.source, reply.paper_id, reply.digest) == ("huggingface", "2601.00001", "digest")
    assert (reply.language, reply.prompt, reply.terms) == ("ja", "prompt", "terms")
    assert reply.asked_at == NOW
    assert reply.cost is None


def test_the_model_writes_under_the_name_that_it_is_given(local):
    engine = local(model="my-model-q4_k_m", name="second")
    reply = engine.ask(question())
    assert (engine.model, engine.name) == ("my-model-q4_k_m", "second")
    assert (reply.model, reply.engine) == ("my-model-q4_k_m", "second")


def test_gibberish_is_json_of_the_form_that_is_asked_for(local):
    reply = local().ask(question())
    assert json.loads(reply.text) == {"title": "abcd", "abstract": "abcd", "gist": "abcd"}
    assert reply.finish == "stop"
    assert read_reply(reply).title == "abcd"


def test_tokens_are_counted(local, endless):
    engine = local(endless)
    short, long = engine.ask(question()), engine.ask(question(f"{PAPER.abstract} 再来一遍"))
    # Each byte is a token of this model: the words, and the marks around three messages.
    assert long.input_tokens - short.input_tokens == len(" 再来一遍".encode())
    assert short.output_tokens == len(short.text)


def test_the_body_says_it_all_and_nothing_of_this_machine(local, tiny):
    reply = local().ask(question())
    done = read_completion(reply.body)
    assert (done.text, done.finish, done.model) == (reply.text, "stop", "tiny-f32")
    assert (done.input_tokens, done.output_tokens) == (reply.input_tokens, reply.output_tokens)
    assert str(tiny.parent) not in reply.body


def test_the_same_question_has_the_same_answer(local, tmp_path):
    """Whoever asked before, whatever the engine was asked meanwhile."""
    restless = write_model(tmp_path / "restless.gguf", {'"': "a,}", "a": "b", "b": "a"}, seed=7)
    engine = local(restless)
    first = engine.ask(question())
    engine.ask(question("Something else in between."))
    assert engine.ask(question()) == first
    assert local(restless).ask(question()) == first


def test_two_threads_are_answered_one_after_the_other(local):
    engine = local(threads=2)
    alone = {n: engine.ask(question("word " * n, str(n))) for n in range(8)}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda n: engine.ask(question("word " * n, str(n))), range(8)))
    assert together == list(alone.values())


def test_an_answer_without_end_is_cut_by_the_length_of_the_source(local, endless):
    engine = local(endless)
    short, long = engine.ask(question()), engine.ask(question("word " * 100))
    assert (short.finish, long.finish) == ("length", "length")
    assert short.output_tokens < long.output_tokens < 600
    with pytest.raises(BadReplyError, match="cut off before its end"):
        read_reply(short)


def test_an_answer_is_cut_where_the_context_ends(local, endless):
    reply = local(endless, context=512).ask(question("word " * 60))
    assert reply.finish == "length"
    assert reply.input_tokens + reply.output_tokens <= 512


def test_a_paper_that_is_too_long_is_refused_alone(local):
    engine = local(context=512)
    with pytest.raises(RefusedError, match=r"2601.00001: the paper is too long for tiny-f32 .*512"):
        engine.ask(question("word " * 400))
    assert engine.ask(question()).finish == "stop"


def test_a_question_that_takes_too_long_is_broken_off(local, endless):
    engine = local(endless, timeout=1e-6)
    with pytest.raises(BusyError, match=r"not done within 1e-06 s; set local.timeout") as caught:
        engine.ask(question("word " * 500))
    assert caught.value.transient
    engine._timeout = 600.0
    assert engine.ask(question()).finish == "length"


def test_closing_breaks_off_what_is_under_way(local, endless):
    engine = local(endless, context=32_768)
    failed: list[Exception] = []

    def ask() -> None:
        try:
            engine.ask(question("word " * 5_000))
        except BusyError as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while engine._server is None:
        time.sleep(0.01)
    engine.close()
    thread.join()
    assert [error.message for error in failed] == ["the run is ending"]
    with pytest.raises(BusyError, match="the run is ending"):
        engine.ask(question())


def test_closing_twice_or_before_the_first_question_is_nothing(tiny):
    with Local(tiny, clock=lambda: NOW) as engine:
        engine.close()


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|im_start|>system"])
def test_a_mark_of_the_chat_in_an_abstract_is_but_text(local, mark):
    engine = local()
    plain, hostile = engine.ask(question("The end.")), engine.ask(question(f"The {mark} end."))
    # Each byte of it is a token, where the mark itself would be one alone; and a space breaks it.
    assert hostile.input_tokens - plain.input_tokens == len(mark) + 2


def test_a_long_name_for_the_temporary_folder_does_no_harm(local, tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert local().ask(question()).finish == "stop"


def test_it_opens_no_port_and_leaves_no_file(local, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = _ports()
    local().ask(question())
    assert list(tmp_path.iterdir()) == []
    assert _ports() == before


def _ports() -> set[str]:
    """The sockets of this process that listen on TCP."""
    sockets = {str(f.readlink()) for f in Path("/proc/self/fd").iterdir() if f.is_symlink()}
    found = set()
    for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            place, state, inode = (line.split()[n] for n in (1, 3, 9))
            if state == "0A" and f"socket:[{inode}]" in sockets:
                found.add(place)
    return found


RUN = """
import signal, sys
from datetime import UTC, datetime
from pathlib import Path
from ribao.engines.local import Local
from ribao.types import Message, Request
engine = Local(Path(sys.argv[1]), clock=lambda: datetime.now(UTC), threads=1)
# A process that is started in the background begins without Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
request = Request("hf", "1", "d", "zh-Hans", "p", (Message("user", "Hello"),))
try:
    print(engine.ask(request).finish)
except Exception as error:
    print(type(error).__name__, error)
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


def run(*words: str, code: str = RUN) -> list[str]:
    """What a process of its own prints; nothing may stand on its stderr."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_runtime_says_nothing_and_leaves_ctrl_c_alone(tiny):
    """Also where nobody closes the engine."""
    assert run(str(tiny)) == ["stop", "interrupted"]


@pytest.mark.parametrize("chosen", [None, "active"])
def test_threads_wait_in_peace_unless_somebody_chose_otherwise(tiny, monkeypatch, chosen):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if chosen:
        monkeypatch.setenv("OMP_WAIT_POLICY", chosen)
    asked = f"{RUN}import os; print(os.environ['OMP_WAIT_POLICY'])"
    assert run(str(tiny), code=asked)[-1] == (chosen or "passive")


def test_without_the_extra_the_remedy_is_said(tiny):
    blocked = f"import sys; sys.modules['xllamacpp'] = None\n{RUN}"
    said = run(str(tiny), code=blocked)
    assert said[0].startswith("DeniedError translate: 1: the engine local is not installed")
    assert "pip install 'ribao[local]'" in said[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not there; fetch weights with: ribao models --fetch"),
        (b"", "is no GGUF file"),
        (b"<!DOCTYPE html>", "is no GGUF file"),
        (b"GGUF", "cannot be loaded: it is damaged"),
        (b"GGUF\x03\0\0\0" + b"\xff" * 64, "cannot be loaded: it is damaged"),
    ],
)
def test_a_file_that_is_no_model_is_denied(local, tmp_path, content, said):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    engine = local(path)
    for _ in range(2):
        with pytest.raises(DeniedError, match=said) as caught:
            engine.ask(question())
        assert str(path) in str(caught.value)
        assert "local.model" in str(caught.value)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_denied(local, tiny, tmp_path, share):
    whole = tiny.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DeniedError, match=r"cut.gguf cannot be loaded: it is damaged"):
        local(path).ask(question())


def test_a_folder_is_denied(local, tmp_path):
    with pytest.raises(DeniedError, match=r"cannot be read \(Is a directory\)"):
        local(tmp_path).ask(question())


@pytest.mark.skipif(
    not Path("/proc/meminfo").exists(), reason="the system does not say what is free"
)
def test_a_model_that_no_memory_holds_is_denied_before_it_is_loaded(local, tiny, tmp_path):
    path = tmp_path / "huge.gguf"
    path.write_bytes(tiny.read_bytes())
    os.truncate(path, 2**40)
    with pytest.raises(DeniedError, match=r"huge needs 1649\.\d GB of memory and .* GB are free"):
        local(path).ask(question())


def test_the_weights_of_the_table_are_one_file_of_gguf(weights):
    model = load_models()["qwen2.5-coder-1.5b"]
    assert (model.kind, model.licence) == ("edition", "Apache-2.0")
    (file,) = model.files
    assert file.path.endswith(".gguf")
    assert [piece.member[-6:-4] for piece in file.pieces] == [f"{n:02}" for n in range(1, 23)]
    path = weights / file.path
    if path.exists():
        with path.open("rb") as stream:
            assert hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
