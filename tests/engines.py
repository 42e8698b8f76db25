"""Several language models and one edition that asks them in their order."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from ribao import app
from ribao.app import Asked
from ribao.config import load_settings
from tests.edition import DAY, Edition, Noting
from tests.loopback import (
    Fault,
    Handler,
    Loopback,
    completion,
    paper_asked,
    pseudo_translate,
    status,
)

Say = Callable[[str, str], Mapping[str, Any]]
NO_MONEY = status(402, '{"error":{"message":"Insufficient Balance"}}')


class Model(Noting):
    """A language model that answers under its own name. ``usage`` are the tokens that it counts."""

    def __init__(
        self, name: str, say: Say = pseudo_translate, usage: Any = None, **more: Any
    ) -> None:
        super().__init__(self._completion, **more)
        self.name, self.texts, self.usage = name, say, usage

    def _completion(self, title: str, abstract: str) -> dict[str, Any]:
        text = json.dumps(self.texts(title, abstract), ensure_ascii=False)
        answer = completion(text, model=self.name)
        usage = self.usage(title, abstract) if callable(self.usage) else self.usage
        return answer | ({"usage": usage} if usage is not None else {})

    @property
    def counts(self) -> Counter[str]:
        """How often each paper was asked for, by its title."""
        return Counter(paper_asked(question)[0] for question in self.questions)

    def forget(self, *faults: Fault | None) -> None:
        """Begin to note anew, with other faults."""
        self.questions, self.faults = [], list(faults)


def ordered(folder: Path, source: Loopback, *models: Model, **env: str) -> Edition:
    """An edition that asks ``models`` in this order, each under its own name."""
    settings = {"RIBAO_ENGINES": ",".join(model.name for model in models)}
    for model in models:
        table = f"RIBAO_ENGINE__{model.name.upper()}__"
        settings |= {
            f"{table}BASE_URL": f"{model.url}/v1",
            f"{table}MODEL": model.name,
            f"{table}TIMEOUT": "10",
            f"{table}FIRST_PAUSE": "0.005",
        }
    return Edition(folder, source, models[0], **settings | env)


def run_at(ours: Edition, moment: datetime, day: str = DAY, **more: Any) -> tuple[Any, list[str]]:
    """Run a day at a moment of the test's own; return its reports, and what the operator reads."""
    told = Telling()
    with mock.patch.dict(os.environ, ours.env), contextlib.chdir(ours.folder):
        asked = Asked(**more)
        reports = app.run(
            load_settings(), [date.fromisoformat(day)], asked, told, clock=lambda: moment
        )
    return reports, told.said


class Telling:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def step(self, name: str, total: int) -> None:
        pass

    def advance(self) -> None:
        pass

    def tell(self, message: str) -> None:
        self.said.append(message)


def after(count: int, fault: Fault) -> list[Fault | None]:
    """So many sound answers, and the fault for ever after."""
    return [*[None] * count, *[fault] * 400]


def only(word: str, fault: Fault) -> list[Fault | None]:
    """The fault for each question that holds ``word``."""

    def of_those(handler: Handler) -> None:
        (fault if word in handler.body.decode() else handler.server.answer)(handler)

    return [of_those] * 400


def flawed(title: str, abstract: str) -> dict[str, str]:
    """A translation that gives a figure of its own."""
    text = pseudo_translate(title, abstract)
    return text | {"abstract": f"{text['abstract']} 准确率达 99.9%。"}
