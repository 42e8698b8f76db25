"""The ``ribao.toml`` that ``ribao init`` writes: every setting explained, from the settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ribao.config import FILE, PREFIX, Settings
from ribao.errors import UsageError
from ribao.sections import PriceSettings

HEAD = """\
# The settings of this edition. What is commented out has the value shown; lines that begin with
# "#   " are examples. Each setting can be given by environment too, which wins:
# RIBAO_LLM__MODEL sets llm.model.
# Keys belong into the environment, not into this file: DEEPSEEK_API_KEY, OPENAI_API_KEY,
# RIBAO_LLM__API_KEY. Look whether all is well with: ribao doctor
"""

# What stands below a setting, to be made one's own. The figures are made up: prices change.
EXAMPLES = {
    "languages": 'languages = ["zh-Hant", "en", "ja"]   # below site/zh-Hant, site/en, site/ja',
    "engines": """\
engines = ["deepseek", "local"]   # the second is asked where the first fails or errs
engines = ["local"]               # no key; needs ribao[local], and: ribao models --fetch
engines = ["ollama"]              # its model stands in [engine.ollama], below""",
    "terms": 'terms = "terms.csv"           # for Japanese terms.ja.csv, and so on, beside it',
    "budget": "budget = 30   # in the currency of the prices below; every model needs its price",
    "engine": """\
[engine.ollama]
model = "qwen2.5:14b"
concurrency = 1
timeout = 600

[engine.mine]                     # then: engines = ["mine"]; its key: RIBAO_ENGINE__MINE__API_KEY
base_url = "https://llm.example.org/v1"
model = "a-model"
""",
    "prices": """\
[prices."deepseek-chat"]          # for a million tokens; look them up, these are made up
input = 1.0
cached = 0.1
output = 2.0
currency = "CNY"
""",
    "voice.pronunciations": 'pronunciations = { Qwen = "千问" }',
}


def starter() -> str:
    """Return a commented ``ribao.toml``."""
    return "\n".join([HEAD, *_settings(Settings, ""), *_tables()]) + "\n"


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


def prices_table() -> Iterator[tuple[str, str, str]]:
    """Yield name, default and meaning of each key of ``[prices."MODEL"]``."""
    for name, field in PriceSettings.model_fields.items():
        default = "" if field.is_required() else _toml(field.default)
        yield name, default, field.description or ""


def _settings(model: type[BaseModel], above: str) -> Iterator[str]:
    """The settings of a table (or of none) that are no table themselves."""
    for name, field in model.model_fields.items():
        if not (isinstance(field.default, BaseModel) or _is_named(field)):
            yield f"# {name} = {_toml(field.default) or '…'}  # {field.description}"
            yield from _example(f"{above}{name}")


def _tables() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            section = type(field.default)
            yield ""
            yield f"# {(section.__doc__ or '').strip().splitlines()[0]}"
            yield f"[{name}]"
            yield from _settings(section, f"{name}.")
        elif _is_named(field):
            yield ""
            yield f"# [{name}.…]  # {field.description}"
            yield from _example(name)


def _example(name: str) -> Iterator[str]:
    for line in EXAMPLES.get(name, "").splitlines():
        yield f"#   {line}".rstrip()


def _is_named(field: FieldInfo) -> bool:
    """Whether it is a table of tables, each with a name of the editor's."""
    kinds = get_args(field.annotation)
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds)


def _toml(value: Any) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, tuple):
        return json.dumps(list(value))
    return json.dumps(str(value) if isinstance(value, Path) else value)
