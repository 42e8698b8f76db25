"""The ``ribao.toml`` that ``ribao init`` writes: every setting explained, from the settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ribao.config import FILE, PREFIX, Settings
from ribao.errors import UsageError

HEAD = """\
# The settings of this edition. What is commented out has the value shown.
# Each can be set by environment too, which wins: RIBAO_LLM__MODEL sets llm.model.
# Keys belong into the environment, not into this file: RIBAO_LLM__API_KEY, DEEPSEEK_API_KEY
# or OPENAI_API_KEY. Look whether all is well with: ribao doctor
"""


def starter() -> str:
    """Return a commented ``ribao.toml``."""
    return "\n".join([HEAD, *_lines(Settings, "")]) + "\n"


def write_starter(folder: Path) -> Path:
    """Write ``ribao.toml`` into ``folder``. Raises ``UsageError`` where there is one already."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(starter())
    except FileExistsError as error:
        raise UsageError(
            f"{path}: is there already; move it away or choose another folder"
        ) from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error
    return path


def settings_table() -> Iterator[tuple[str, str, str, str]]:
    """Yield name, variable, default and meaning of every setting."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            for inner, info in type(field.default).model_fields.items():
                variable = f"{PREFIX}{name}__{inner}".upper()
                yield f"{name}.{inner}", variable, _toml(info.default), info.description or ""
        else:
            yield name, f"{PREFIX}{name}".upper(), _toml(field.default), field.description or ""


def _lines(model: type[BaseModel], indent: str) -> Iterator[str]:
    plain = {n: f for n, f in model.model_fields.items() if not isinstance(f.default, BaseModel)}
    for name, field in plain.items():
        yield from _setting(name, field)
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            section = type(field.default)
            yield ""
            yield f"# {(section.__doc__ or '').strip().splitlines()[0]}"
            yield f"[{name}]"
            yield from _lines(section, indent)


def _setting(name: str, field: FieldInfo) -> Iterator[str]:
    yield f"# {name} = {_toml(field.default) or '…'}  # {field.description}"


def _toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return json.dumps(list(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + "}"
    return json.dumps(str(value) if isinstance(value, Path) else value)
