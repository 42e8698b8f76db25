"""What the tests share: a clean environment, the corpus, and ribao as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


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
        "RIBAO_LLM__API_KEY": "sk-test-0123456789abcdef",
        "RIBAO_LLM__MODEL": "loopback-1",
        # Pictures have tests of their own; elsewhere they would only take time.
        "RIBAO_OUTPUT__PICTURES": "false",
    }
    if llm is not None:
        env["RIBAO_LLM__BASE_URL"] = llm if isinstance(llm, str) else f"{llm.url}/v1"
    return env | more
