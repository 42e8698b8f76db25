"""A language model in this process, without any key: a GGUF file, run by xllamacpp (llama.cpp).

The file format is GGUF (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from ribao.completion import error_message, read_completion
from ribao.errors import BusyError, DeniedError, EngineError, RefusedError
from ribao.listing import fold
from ribao.translate import SCHEMA
from ribao.types import Reply, Request

MAGIC = b"GGUF"
FETCH = "fetch weights with: ribao models --fetch qwen2.5-coder-1.5b, or set local.model"
# Tokens. Chinese takes about a fifth of the source's characters; twice that and more is no
# translation. The first number is for the JSON around it, and for the title's and the gist's own.
LEAST_TOKENS, CHARACTERS_A_TOKEN = 256, 2
# Tokens that are read at a time: between two such pieces a question can be broken off.
BATCH = 128
# Where the marks of a chat begin in the vocabularies of Qwen, Llama, Phi, DeepSeek, Gemma, Mistral:
# an abstract that holds one could end the question and begin another.
MARK = re.compile(r"<(?=[|\uff5c]|/?s>|(?:start|end)_of_turn>)|\[(?=/?INST\])")
# Bytes. The address of a socket has room for 103 (macOS) or 107; our own part takes 22.
LONGEST_FOLDER = 80
# Bytes of memory for one of the file: its weights, what the runtime makes of them, its workspace.
# Measured for 4-bit weights of 1.1 GB: 1.9 GB, of which the file's own can be read again.
MEMORY_A_BYTE = 1.5


class Local:
    """Asks a model of this machine; one question at a time, from any number of threads.

    ``path`` is the GGUF file; ``model`` is what the replies say wrote them (the file's name where
    it is empty). ``threads`` is how many compute (0: as many as there are processors), ``context``
    how many tokens question and answer have together, ``timeout`` how many seconds one question
    may take once its turn has come. All is loaded when it is first asked. The same question is
    given the same answer by as many threads, whatever was asked before. Closing is for good.
    """

    price = None

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime],
        model: str = "",
        name: str = "local",
        threads: int = 0,
        context: int = 4096,
        timeout: float = 600.0,
    ) -> None:
        self.name = name
        self.model = model or path.stem
        self._path = path
        self._clock = clock
        self._threads = threads or _processors()
        self._context = context
        self._timeout = timeout
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._server: Any = None

    def ask(self, request: Request) -> Reply:
        """Return the raw reply, a draft.

        Raises ``DeniedError`` where the model cannot be used at all, ``RefusedError`` for a paper
        that is too long for it, ``BusyError`` where the time was not enough or the run is ending.
        """
        with self._turn:
            if self._closing.is_set():
                raise BusyError(request.paper_id, "the run is ending")
            if self._server is None:
                self._server = self._load(request.paper_id)
            body = self._answer(request)
        done = read_completion(body)
        return Reply(
            source=request.source,
            paper_id=request.paper_id,
            digest=request.digest,
            language=request.language,
            asked_at=self._clock(),
            engine=self.name,
            model=self.model,
            prompt=request.prompt,
            finish=done.finish,
            text=done.text,
            body=body,
            input_tokens=done.input_tokens,
            output_tokens=done.output_tokens,
            terms=request.terms,
            route=request.route,
            draft=True,
        )

    def close(self) -> None:
        """Break off what is under way (within a few seconds), and give the memory back."""
        self._closing.set()
        with self._turn:
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _load(self, subject: str) -> Any:
        """Return the running model. All that is wrong with it is wrong for every paper."""
        # Else its threads wait for one another at full speed: beside another busy program that
        # took ten times as long as one thread alone. It is read once, when the library is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            import xllamacpp
        except ImportError as error:
            message = "the engine local is not installed; mend it with: pip install 'ribao[local]'"
            raise DeniedError(subject, message) from error
        self._look(subject)
        try:
            # The runtime will not do without a server. A socket in a folder of our own that is
            # gone at once opens no port, and nobody can find it.
            with tempfile.TemporaryDirectory(prefix="ribao-", dir=_folder()) as folder:
                return xllamacpp.Server(self._parameters(xllamacpp, Path(folder) / "s.sock"))
        except (RuntimeError, MemoryError, OSError) as error:
            message = (
                f"{self._path} cannot be loaded: it is damaged, needs more memory than there is, "
                f"or is of a kind that xllamacpp {xllamacpp.__version__} does not know; {FETCH}"
            )
            raise DeniedError(subject, message) from error

    def _look(self, subject: str) -> None:
        """Refuse what is no GGUF file, and what would take the memory of the whole machine."""
        try:
            with self._path.open("rb") as file:
                magic, size = file.read(len(MAGIC)), os.fstat(file.fileno()).st_size
        except FileNotFoundError as error:
            raise DeniedError(subject, f"{self._path} is not there; {FETCH}") from error
        except OSError as error:
            message = f"{self._path} cannot be read ({error.strerror}); {FETCH}"
            raise DeniedError(subject, message) from error
        if magic != MAGIC:
            raise DeniedError(subject, f"{self._path} is no GGUF file; {FETCH}")
        free = _free_memory()
        if free is not None and free < size * MEMORY_A_BYTE:
            raise DeniedError(
                subject,
                f"{self.model} needs {size * MEMORY_A_BYTE / 1e9:.1f} GB of memory and "
                f"{free / 1e9:.1f} GB are free; end other programs, or set local.model to a "
                "smaller one",
            )

    def _parameters(self, xllamacpp: Any, socket: Path) -> Any:
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self._path)
        parameters.model_alias = {self.model}  # Or the answers would name the path.
        parameters.hostnames = [str(socket)]
        parameters.ui = parameters.warmup = False
        parameters.verbosity = 0
        parameters.n_ctx = self._context
        parameters.n_parallel = 1
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.cache_ram_mib = 0
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = self._threads
        return parameters

    def _answer(self, request: Request) -> str:
        """Return the answer as the body of a chat completion.

        It is put together from the pieces of a stream: only that can be broken off. What differs
        each time (an id, the runtime's own clock) is left out.
        """
        pieces = _Pieces(time.monotonic() + self._timeout, self._closing)
        self._server.handle_chat_completions(self._question(request), pieces)
        if self._closing.is_set():
            raise BusyError(request.paper_id, "the run is ending")
        if pieces.error is not None:
            raise self._failure(request.paper_id, pieces.error)
        if pieces.late or not pieces.finish:
            message = (
                f"{self.model} was not done within {self._timeout:g} s; set local.timeout higher, "
                "or local.model to a smaller one"
            )
            raise BusyError(request.paper_id, message, transient=True)
        said = {"role": "assistant", "content": "".join(pieces.texts)}
        choice = {"index": 0, "message": said, "finish_reason": pieces.finish}
        body = {"object": "chat.completion", "model": self.model, "choices": [choice]}
        return json.dumps({**body, "usage": pieces.usage}, ensure_ascii=False)

    def _question(self, request: Request) -> dict[str, Any]:
        source = next((m.content for m in request.messages if m.role == "user"), "")
        schema = {"name": "translation", "strict": True, "schema": SCHEMA}
        return {
            "messages": [
                {"role": m.role, "content": MARK.sub(r"\g<0> ", m.content)}
                for m in request.messages
            ],
            "response_format": {"type": "json_schema", "json_schema": schema},
            "max_tokens": LEAST_TOKENS + len(source) // CHARACTERS_A_TOKEN,
            "temperature": 0,
            "seed": 1,
            # What is kept of an earlier question saves seconds, but changes the answer's words.
            "cache_prompt": False,
            # Models that can think aloud do so for minutes.
            "chat_template_kwargs": {"enable_thinking": False},
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
        }

    def _failure(self, subject: str, error: Mapping[str, Any]) -> EngineError:
        said = fold(error_message({"error": error})[:400])
        if error.get("type") == "exceed_context_size_error":
            message = f"the paper is too long for {self.model} ({said}); another engine may take it"
            return RefusedError(subject, message)
        return EngineError(subject, f"{self.model}: {said}")


class _Pieces:
    """Takes the pieces of an answer as they come; says True where the rest is not wanted."""

    def __init__(self, deadline: float, closing: threading.Event) -> None:
        self._deadline = deadline
        self._closing = closing
        self.texts: list[str] = []
        self.finish = ""
        self.usage: Mapping[str, Any] = {}
        self.error: Mapping[str, Any] | None = None
        self.late = False

    def __call__(self, piece: Mapping[str, Any]) -> bool:
        self.error = piece.get("error", self.error)
        self.usage = piece.get("usage") or self.usage
        for choice in piece.get("choices", ()):
            self.texts.append(choice["delta"].get("content") or "")
            self.finish = choice["finish_reason"] or self.finish
        # An answer that has come to its end is taken, however late it is.
        self.late = not self.finish and time.monotonic() >= self._deadline
        return self.late or self._closing.is_set()


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _folder() -> str:
    """Return the folder for what is passing, or the usual one where its name is too long."""
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= LONGEST_FOLDER else "/tmp"  # noqa: S108 - below it a folder of our own is made


def _free_memory() -> int | None:
    """Return how many bytes a program can have, None where the system does not say (no Linux).

    https://docs.kernel.org/filesystems/proc.html (MemAvailable)
    """
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    kib = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(kib) * 1024 if kib else None
