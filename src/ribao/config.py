"""The settings: ``ribao.toml`` and the environment, checked as a whole before anything is done."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ribao.errors import ConfigError
from ribao.languages import check_language
from ribao.sections import (
    ArchiveSettings,
    CheckSettings,
    HuggingFaceSettings,
    LLMSettings,
    LocalSettings,
    OutputSettings,
    PodcastSettings,
    PriceSettings,
    RouteSettings,
    SiteSettings,
    VoiceSettings,
    WeightsSettings,
    engine_name,
    is_folder,
    words,
    zone,
)

FILE = "ribao.toml"
PREFIX = "RIBAO_"
# Settings that are paths: in the file they are relative to the file.
PATHS = (("archive", "path"), ("output", "folder"), ("voice", "folder"), ("weights", "folder"))


class Settings(BaseSettings):
    """All settings of an edition."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    language: Annotated[str, AfterValidator(check_language)] = Field(
        "zh-Hans", description="the edition's language"
    )
    languages: Annotated[
        tuple[Annotated[str, AfterValidator(check_language)], ...],
        NoDecode,
        BeforeValidator(words),
    ] = Field((), description="further languages, each in a folder of its own below the first")
    timezone: Annotated[str, AfterValidator(zone)] = Field(
        "Asia/Shanghai", description="the time zone in which it is today"
    )
    engines: Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)] = Field(
        ("llm",),
        min_length=1,
        description=(
            "who translates, first to last: `llm`, `local`, a service (`deepseek`, `openai`, "
            "`qwen`, `openrouter`, `ollama`, `vllm`, `llamacpp`), or the name of an `[engine.…]`"
        ),
    )
    terms: Path | None = Field(
        None, description="the edition's own terms, a CSV file that adds to ribao's and overrides"
    )
    budget: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="what may be spent on translation in a calendar month (UTC)",
    )
    archive: ArchiveSettings = ArchiveSettings()
    output: OutputSettings = OutputSettings()
    site: SiteSettings = SiteSettings()
    huggingface: HuggingFaceSettings = HuggingFaceSettings()
    llm: LLMSettings = LLMSettings()
    engine: dict[Annotated[str, AfterValidator(engine_name)], LLMSettings] = Field(
        {}, description="further servers by a name of yours, each with the settings of `[llm]`"
    )
    local: LocalSettings = LocalSettings()
    route: RouteSettings = RouteSettings()
    prices: dict[str, PriceSettings] = Field({}, description="what each model costs, by its name")
    check: CheckSettings = CheckSettings()
    voice: VoiceSettings = VoiceSettings()
    weights: WeightsSettings = WeightsSettings()
    podcast: PodcastSettings = PodcastSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file (whose values come as arguments)."""
        return env_settings, init_settings


def load_settings(config: Path | None = None) -> Settings:
    """Read ``config`` (else ``ribao.toml`` in the working folder, if there is one) and RIBAO_*.

    Paths in the file are relative to the file; those in the environment to the working folder.
    Raises ``ConfigError`` with all that is wrong at once.
    """
    path = config or Path(FILE)
    data = _read_file(path) if config is not None or path.exists() else {}
    problems = sorted(_unknown_variables(os.environ))
    try:
        settings = Settings(**data)
    except ValidationError as error:
        problems += [_problem(e, path) for e in error.errors(include_url=False)]
    except SettingsError as error:
        problems.append(f"{PREFIX}…: {error}")
    if problems:
        # From nothing: a chained error would hold the input, and with it a key.
        raise ConfigError(*problems) from None
    return settings


def _read_file(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot be read ({error}); name another with --config"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from error
    if isinstance(terms := data.get("terms"), str):
        data["terms"] = _below(path.parent, terms)
    for section, name in PATHS:
        table = data.setdefault(section, {})
        if isinstance(table, dict):
            given = table.get(name, getattr(Settings.model_fields[section].default, name))
            if isinstance(given, str | Path):
                table[name] = _below(path.parent, given)
    local = data.get("local")
    if isinstance(local, dict) and isinstance(model := local.get("model"), str) and is_file(model):
        local["model"] = _below(path.parent, model)
    weights = data["weights"]
    if isinstance(weights, dict) and isinstance(places := weights.get("places"), list):
        weights["places"] = [_place_below(path.parent, place) for place in places]
    return data


def is_file(model: str) -> bool:
    """Tell whether `local.model` is the path of a file and not the name of weights."""
    return model.endswith(".gguf") or "/" in model


def _below(folder: Path, given: str | Path) -> str:
    return str(folder / Path(given).expanduser())


def _place_below(folder: Path, place: object) -> object:
    if isinstance(place, str) and is_folder(place):
        return _below(folder, place.removeprefix("folder:"))
    return place


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """Name each RIBAO_SECTION__NAME whose section there is not: a typing error would go unseen."""
    sections = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for variable in environment:
        section, found, _ = variable.partition("__")
        if found and variable.startswith(PREFIX) and section not in sections:
            yield f"{variable}: there is no such setting; look at: ribao init"
        elif not found and variable.startswith(tuple(f"{section}_" for section in sections)):
            yield f"{variable}: there is no such setting; sections end with two underscores"


def _problem(error: Mapping[str, Any], path: Path) -> str:
    """One line: the setting's name in the file and in the environment, and what is wrong."""
    # "[key]" is pydantic's own word for a table's name.
    where = [part for part in error["loc"] if isinstance(part, str) and part != "[key]"]
    name = ".".join(where)
    variable = PREFIX + "__".join(part.upper() for part in where)
    if not re.fullmatch(r"[A-Z0-9_]+", variable):
        # No shell can set a variable with a model's name in it; the whole table can be, as JSON.
        variable = PREFIX + where[0].upper()
    if error["type"] == "extra_forbidden":
        return f"{name}: there is no such setting ({path} or {variable})"
    message = str(error["msg"]).removeprefix("Value error, ")
    # Neither a key nor a section's whole content, which may hold one, is ever shown.
    whole = error["type"].startswith(("model", "dict"))
    hidden = "key" in name or whole or bool(set("@?#") & set(str(error["input"])))
    given = "" if hidden else f", not {str(error['input'])[:60]!r}"
    return f"{name} ({variable}): {message[:1].lower()}{message[1:]}{given}"
