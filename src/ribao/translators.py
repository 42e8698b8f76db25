"""Which engines translate, by the settings, in their order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from ribao.archive.ledger import Routed
from ribao.asking import Translator
from ribao.config import Settings, is_file
from ribao.difficulty import Route
from ribao.engines.absent import Absent
from ribao.engines.local import Local
from ribao.engines.openai_chat import OpenAIChat
from ribao.errors import ConfigError
from ribao.executors import Threads
from ribao.languages import asked_language
from ribao.models import FETCH, weights_of
from ribao.money import Price
from ribao.patient import Patience
from ribao.plan import Asked
from ribao.seams import Engine
from ribao.sections import LLMSettings, RouteSettings
from ribao.services import LLM, LOCAL, check_names, find_named
from ribao.terms import Terms, load_terms, read_terms
from ribao.texts import load_texts
from ribao.types import Takes

Clock = Callable[[], datetime]
# After this a server is asked anew what it takes: it may have learnt more.
REMEMBERED = timedelta(days=30)
# Bytes that are read of an editor's terms: 20,000 of them take a quarter of it.
MOST_OF_TERMS = 8 * 1024 * 1024


class Memory(Protocol):
    """Where it is remembered what a server takes."""

    def keep_server(self, base_url: str, model: str, takes: Takes, now: datetime) -> None:
        """Remember what a server was found to take."""

    def server(self, base_url: str, model: str, since: datetime) -> Takes | None:
        """Return what a server was found to take, where that is not older than ``since``."""


def asked_of(settings: Settings, environment: Mapping[str, str] = os.environ) -> tuple[Asked, ...]:
    """Return the name and the model of each engine in its order, whether it can be had or not.

    Raises ``ConfigError`` for names that mean nothing.
    """
    check_names(settings)
    return tuple(Asked(name, _model(name, settings, environment)) for name in settings.engines)


def route_of(settings: Settings) -> Route | None:
    """Return how papers are shared out, where they are; ``check_names`` knows of the names."""
    route = settings.route
    if route.easy is None or route.hard is None:
        return None
    return Route(route.easy, route.hard, route.above)


def _model(name: str, settings: Settings, environment: Mapping[str, str]) -> str:
    if name == LOCAL:
        return Path(settings.local.model).stem
    try:
        return find_named(name, settings, environment).model
    except ConfigError:
        return ""


def with_engines(settings: Settings, names: Sequence[str]) -> Settings:
    """Return the settings with these engines alone; a route may need others, so there is none."""
    return settings.model_copy(update={"engines": tuple(names), "route": RouteSettings()})


@contextmanager
def open_engines(
    settings: Settings,
    clock: Clock,
    names: Sequence[str] | None = None,
    memory: Memory | None = None,
    patience: Patience | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[list[Engine]]:
    """Open the engines ``names`` (else those of the settings), and close them in the end.

    One that cannot be had (no key, no weights) is there too and says so when it is asked: the next
    one takes over. ``memory`` is told in the end what each server was found to take; ``patience``
    is for those who do not want that of the settings. Raises ``ConfigError`` for names that mean
    nothing.
    """
    chosen = settings if names is None else with_engines(settings, names)
    check_names(chosen)
    check_budget(chosen, environment)
    with ExitStack() as stack:
        engines: list[Engine] = []
        for name in chosen.engines:
            try:
                engine = _open(name, chosen, clock, memory, patience, environment)
            except ConfigError as error:
                engines.append(Absent(name, "; ".join(error.problems)))
                continue
            stack.callback(engine.close)
            if isinstance(engine, OpenAIChat):
                stack.callback(_remember, engine, memory, clock)
            engines.append(engine)
        yield engines


def translators_of(settings: Settings, engines: Sequence[Engine]) -> list[Translator]:
    """Return the engines with how many of their questions are asked at once."""
    return [
        Translator(engine, Threads(_table(engine.name, settings).concurrency)) for engine in engines
    ]


def _open(
    name: str,
    settings: Settings,
    clock: Clock,
    memory: Memory | None,
    patience: Patience | None,
    environment: Mapping[str, str],
) -> OpenAIChat | Local:
    if name == LOCAL:
        return _local(settings, clock)
    found = find_named(name, settings, environment)
    table = _table(name, settings)
    since = clock() - REMEMBERED
    return OpenAIChat(
        base_url=found.base_url,
        api_key=found.api_key.get_secret_value(),
        model=found.model,
        clock=clock,
        name=name,
        price=price_of(settings, found.model),
        takes=memory.server(found.base_url, found.model, since) if memory else None,
        timeout=table.timeout,
        temperature=table.temperature,
        patience=patience or Patience(within=2 * table.timeout, first_pause=table.first_pause),
    )


def _remember(engine: OpenAIChat, memory: Memory | None, clock: Clock) -> None:
    """Tell ``memory`` what is new. What it knows keeps its age, or it would never be forgotten."""
    if memory is None or engine.takes is None:
        return
    if memory.server(engine.base_url, engine.model, clock() - REMEMBERED) != engine.takes:
        memory.keep_server(engine.base_url, engine.model, engine.takes, clock())


def _local(settings: Settings, clock: Clock) -> Local:
    """The model in the process: from the path of a file, or from weights that are there."""
    own = settings.local
    path = Path(own.model) if is_file(own.model) else _weights(own.model, settings, clock)
    return Local(path, clock=clock, threads=own.threads, timeout=own.timeout)


def _weights(name: str, settings: Settings, clock: Clock) -> Path:
    weights = weights_of(settings, clock)
    if name not in weights.models:
        raise ConfigError(
            f"local.model (RIBAO_LOCAL__MODEL): {name!r} is neither the path of a .gguf file nor "
            f"one of {', '.join(weights.models)}"
        )
    path = weights.find(name)
    if path is None:
        raise ConfigError(
            f"local: {name} is {weights.state(name)} in {weights.folder}; fetch it with: "
            f"{FETCH} {name}"
        )
    return path


def _table(name: str, settings: Settings) -> LLMSettings:
    if name == LOCAL:
        return LLMSettings(concurrency=1)
    return settings.llm if name == LLM else settings.engine.get(name, LLMSettings())


# ── money ─────────────────────────────────────────────────────────────────────────────────────


def price_of(settings: Settings, model: str) -> Price | None:
    """Return what a model costs by the settings' price list, if it stands there."""
    price = settings.prices.get(model)
    if price is None:
        return None
    cached = price.input if price.cached is None else price.cached
    return Price(price.input, price.output, cached, price.currency)


def check_budget(settings: Settings, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the currency of the budget, if there is one.

    Raises ``ConfigError`` where a model has no price, or the prices are in several currencies: no
    budget could be kept then.
    """
    if settings.budget is None:
        return None
    problems, currencies = [], set()
    for asked in asked_of(settings, environment):
        price = price_of(settings, asked.model)
        if asked.name == LOCAL or not asked.model:
            continue
        if price is None:
            problems.append(
                f'budget: {asked.model} ({asked.name}) has no price; add [prices."{asked.model}"] '
                "with input and output (0 where it costs nothing)"
            )
        else:
            currencies.add(price.currency)
    if len(currencies) > 1:
        named = ", ".join(sorted(currencies))
        problems.append(f"budget: the prices of the engines are in {named}; give them in one")
    if problems:
        raise ConfigError(*problems)
    return currencies.pop() if currencies else "CNY"


@dataclass(frozen=True, slots=True)
class Saving:
    """What the route saved in a month: easy papers at the cheap engine, and at the strong one.

    ``otherwise`` is what the same tokens cost by the strong one's price; None without a price.
    """

    month: str
    engine: str
    papers: int
    cost: float | None
    otherwise: float | None
    currency: str | None

    def __str__(self) -> str:
        said = f"{self.month}  route  {self.papers:,} easy papers by {self.engine}"
        if self.cost is None or self.otherwise is None:
            return f"{said}: what that saved is unknown without both prices"
        saved = self.otherwise - self.cost
        return (
            f"{said}: {self.cost:.4f} for {self.otherwise:.4f} {self.currency}, {saved:.4f} saved"
        )


def savings_of(settings: Settings, routed: Sequence[Routed]) -> list[Saving]:
    """Return what the route saved, month by month."""
    route = route_of(settings)
    if route is None:
        return []
    strong = _model(route.hard, settings, os.environ)
    price = price_of(settings, strong)
    currency = price.currency if price is not None else None
    found = []
    for each in routed:
        if (each.engine, each.kind) != (route.easy, "easy"):
            continue
        same = price is not None and each.currency in {price.currency, None}
        tokens = each.input_tokens, each.output_tokens, each.cached_tokens
        otherwise = price.of(*tokens) if price is not None and same else None
        # An engine of one's own machine costs nothing.
        cost = 0.0 if each.engine == LOCAL else each.cost
        found.append(Saving(each.month, each.engine, each.papers, cost, otherwise, currency))
    return found


# ── what an edition asks with ─────────────────────────────────────────────────────────────────


def load_own_terms(settings: Settings) -> Terms:
    """Return the terms of the edition: ribao's own list, with the editor's on top of it.

    Raises ``ConfigError`` with every line that cannot be used.
    """
    terms = load_terms(asked_language(settings.language))
    if settings.terms is None:
        return terms
    where = f"terms (RIBAO_TERMS): {settings.terms}"
    try:
        with settings.terms.open("rb") as file:
            body = file.read(MOST_OF_TERMS + 1)
        if len(body) > MOST_OF_TERMS:
            raise ConfigError(f"{where}: is larger than {MOST_OF_TERMS:,} bytes: no list of terms")
        text = body.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: cannot be read: {error}") from error
    return terms.merged(read_terms(text, str(settings.terms)))


def all_wrong(first: ConfigError, settings: Settings, editions: Sequence[Settings]) -> ConfigError:
    """All that is wrong with engines, budget, languages and terms, where something is."""
    looks: list[Callable[[], object]] = [
        partial(asked_of, settings),
        partial(check_budget, settings),
    ]
    for own in editions:
        looks += [partial(load_texts, own.language), partial(load_own_terms, own)]
    problems = dict.fromkeys(first.problems)
    for look in looks:
        try:
            look()
        except ConfigError as error:
            problems |= dict.fromkeys(error.problems)
    return ConfigError(*problems)
