"""Which server, key and model are meant: the settings, the well-known services, their keys."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from ribao.config import Settings
from ribao.engines.openai_chat import NO_KEY
from ribao.errors import ConfigError
from ribao.sections import LLMSettings, clean_key

LLM, LOCAL = "llm", "local"


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is known by its name. ``key`` is the variable that its key stands in.

    Without a ``key`` it wants none; without a ``model`` the settings have to name one.
    """

    name: str
    base_url: str
    model: str | None
    key: str | None

    @property
    def host(self) -> str | None:
        """The host that its key may be sent to."""
        return urlsplit(self.base_url).hostname


SERVICES = (
    Service("deepseek", "https://api.deepseek.com", "deepseek-chat", "DEEPSEEK_API_KEY"),
    Service("openai", "https://api.openai.com/v1", "gpt-5-mini", "OPENAI_API_KEY"),
    Service(
        "qwen",
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
        "qwen-plus",
        "DASHSCOPE_API_KEY",
    ),
    Service("openrouter", "https://openrouter.ai/api/v1", None, "OPENROUTER_API_KEY"),
    Service("ollama", "http://localhost:11434/v1", None, None),
    Service("vllm", "http://localhost:8000/v1", None, None),
    Service("llamacpp", "http://localhost:8080/v1", "local", None),
)
# Those whose key alone is enough to start, without a word in the settings.
ALONE = SERVICES[:2]


@dataclass(frozen=True, slots=True)
class Model:
    """Who is asked: resolved from the settings and the well-known keys."""

    base_url: str
    api_key: SecretStr
    model: str


def find_model(llm: LLMSettings, environment: Mapping[str, str] = os.environ) -> Model:
    """Tell which server, key and model ``[llm]`` means.

    A well-known key goes only to the service that it belongs to. Raises ``ConfigError`` where no
    key is to be had.
    """
    host = urlsplit(llm.base_url).hostname if llm.base_url else None
    services = [service for service in ALONE if host in {None, service.host}]
    for service in services:
        if key := llm.api_key or _known_key(service, environment):
            return Model(llm.base_url or service.base_url, key, llm.model or service.model or "")
    if services or llm.base_url is None:
        raise ConfigError(
            "llm.api_key (RIBAO_LLM__API_KEY): no key for a language model; set it, or "
            "DEEPSEEK_API_KEY, or OPENAI_API_KEY (try it without one: ribao demo, or "
            "RIBAO_ENGINES=local)"
        )
    return Model(llm.base_url, llm.api_key or SecretStr(NO_KEY), llm.model or "deepseek-chat")


def find_named(name: str, settings: Settings, environment: Mapping[str, str] = os.environ) -> Model:
    """Tell which server, key and model the engine ``name`` of ``engines`` means.

    Raises ``ConfigError`` with all that is missing.
    """
    if name == LLM:
        return find_model(settings.llm, environment)
    table, service = settings.engine.get(name, LLMSettings()), _service(name)
    base_url, model, problems = _server(name, settings)
    key = table.api_key
    if service and service.key and key is None:
        own = urlsplit(base_url or "").hostname == service.host
        key = _known_key(service, environment) if own else SecretStr(NO_KEY)
        if key is None:
            problems.append(
                f"engine.{name}.api_key (RIBAO_ENGINE__{name.upper()}__API_KEY): no key for "
                f"{name}; set it, or {service.key}"
            )
    if problems:
        raise ConfigError(*problems)
    return Model(base_url, key or SecretStr(NO_KEY), model)


def _service(name: str) -> Service | None:
    return next((each for each in SERVICES if each.name == name), None)


def _server(name: str, settings: Settings) -> tuple[str, str, list[str]]:
    """The address and the model of an engine by its name, and which of them is missing."""
    table, service = settings.engine.get(name, LLMSettings()), _service(name)
    where, variable = f"engine.{name}", f"RIBAO_ENGINE__{name.upper()}"
    base_url = table.base_url or (service.base_url if service else None)
    model = table.model or (service.model if service else None)
    problems = []
    if base_url is None:
        problems.append(f"{where}.base_url ({variable}__BASE_URL): which server is {name}?")
    if model is None:
        problems.append(f"{where}.model ({variable}__MODEL): which model of {name}?")
    return base_url or "", model or "", problems


def check_names(settings: Settings) -> None:
    """Raise ``ConfigError`` for each name in ``engines`` that means nothing, or stands twice.

    Nor can one be asked of which nobody says where it is, or which model is meant.
    """
    known = [LLM, LOCAL, *(service.name for service in SERVICES), *settings.engine]
    problems = [
        f"engines (RIBAO_ENGINES): {name[:40]!r} is none of {', '.join(dict.fromkeys(known))}"
        for name in dict.fromkeys(settings.engines)
        if name not in known
    ]
    for name in dict.fromkeys(settings.engines):
        if name in known and name not in {LLM, LOCAL}:
            problems += _server(name, settings)[2]
    twice = [name for name in dict.fromkeys(settings.engines) if settings.engines.count(name) > 1]
    problems += [f"engines (RIBAO_ENGINES): {name!r} stands there twice" for name in twice]
    reserved = [name for name in settings.engine if name in {LLM, LOCAL}]
    problems += [f"engine.{name}: this one has its own table, [{name}]" for name in reserved]
    problems += _route_problems(settings)
    if problems:
        raise ConfigError(*problems)


def _route_problems(settings: Settings) -> Iterator[str]:
    """What is wrong with the route: it takes two engines that are asked."""
    route = settings.route
    if route.easy is None and route.hard is None:
        return
    for side, name in (("easy", route.easy), ("hard", route.hard)):
        if name not in settings.engines:
            given = f"{name!r} is not one of" if name else "which of"
            yield (
                f"route.{side} (RIBAO_ROUTE__{side.upper()}): {given} engines "
                f"({', '.join(settings.engines)})"
            )


def _known_key(service: Service, environment: Mapping[str, str]) -> SecretStr | None:
    if service.key is None:
        return None
    try:
        key = clean_key(environment.get(service.key, ""))
    except ValueError as error:
        raise ConfigError(f"{service.key}: {error}") from None
    return SecretStr(key) if isinstance(key, str) else None
