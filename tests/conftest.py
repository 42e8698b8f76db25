"""What the tests share: a clean environment, the corpus, and ribao as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import HuggingFaceServer, LLMServer, paper

ROOT = Path(__file__).parent.parent
DAY = "2026-01-12"  # A Monday.
KEY = "sk-test-0123456789abcdef"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    """No key, setting or proxy of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("RIBAO_") and name != "RIBAO_CORPUS":
            monkeypatch.delenv(name)
    for name in (
        "DEEPSEEK_API_KEY",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "http_proxy",
        "HTTP_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="session", autouse=True)
def weights(tmp_path_factory) -> Path:
    """The folder of the machine's weights, whatever is in it. Who does not ask finds none.

    A demo that speaks takes a minute: it is to be silent wherever it is run in passing.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    return Path(os.environ.get("RIBAO_WEIGHTS__FOLDER") or Path(cache) / "ribao" / "weights")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The real days and references, where they are."""
    folder = Path(os.environ.get("RIBAO_CORPUS") or ROOT.parent / "shared" / "data")
    if not (folder / "daily_papers").is_dir():
        pytest.skip(f"no corpus at {folder}; name it with RIBAO_CORPUS")
    return folder


@pytest.fixture
def ribao(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ribao as a user does: a process of its own, in an empty folder."""

    def run(*words: str, env: dict[str, str] | None = None, timeout: float = 60, **options):
        return subprocess.run(
            [sys.executable, "-m", "ribao", *words],
            cwd=options.pop("cwd", tmp_path),
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **options,
        )

    return run


@pytest.fixture
def at_once(tmp_path):
    """The same command line without the start-up of a process, for what is looked at in passing."""
    from tests.edition import call  # which needs this file

    return lambda *words, env=None: call(tmp_path, env or {}, *words)


@pytest.fixture
def servers() -> Iterator[tuple[HuggingFaceServer, LLMServer]]:
    """A source with two papers on DAY and one on the next, and a language model with KEY."""
    with (
        HuggingFaceServer({DAY: two_papers(), "2026-01-13": [paper("2601.00003")]}) as huggingface,
        LLMServer(key=KEY) as llm,
    ):
        yield huggingface, llm


def two_papers() -> list[dict[str, Any]]:
    """A day's list: a plain paper, and one with a formula for a title and with code."""
    return [
        paper("2601.00001"),
        paper("2601.00002", title='=HYPERLINK("x")', githubRepo="https://github.com/a/b"),
    ]


def printed_lines(text: str) -> list[str]:
    """What a command printed, without empty lines."""
    return [line for line in text.splitlines() if line.strip()]


def settings_for(huggingface, llm=None, **more: str) -> dict[str, str]:
    """The environment for an edition between two loopback servers, with short pauses."""
    env = {
        "RIBAO_HUGGINGFACE__BASE_URL": huggingface
        if isinstance(huggingface, str)
        else huggingface.url,
        "RIBAO_HUGGINGFACE__FIRST_PAUSE": "0.02",
        "RIBAO_HUGGINGFACE__TIMEOUT": "2",
        "RIBAO_LLM__FIRST_PAUSE": "0.02",
        "RIBAO_LLM__TIMEOUT": "5",
        "RIBAO_LLM__API_KEY": KEY,
        "RIBAO_LLM__MODEL": "loopback-1",
        # Pictures have tests of their own; elsewhere they would only take time.
        "RIBAO_OUTPUT__PICTURES": "false",
        # So has the spoken edition; its default would ask a service on the internet.
        "RIBAO_VOICE__ENGINE": "none",
    }
    if llm is not None:
        env["RIBAO_LLM__BASE_URL"] = llm if isinstance(llm, str) else f"{llm.url}/v1"
    return env | more
