"""Put engines to the test: the edition's own questions, and what is made of the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ribao.app import Asked, rules_of
from ribao.config import Settings
from ribao.errors import UsageError
from ribao.evaluate import Evaluation, Reference, ask_all, figures_of
from ribao.scores import Scores
from ribao.seams import Progress
from ribao.translators import open_engines, translators_of, with_engines

Clock = Callable[[], datetime]


def evaluate(
    settings: Settings,
    references: Sequence[Reference],
    names: Sequence[str],
    progress: Progress,
    clock: Clock,
    watch: Callable[[], float],
    passed_over: Sequence[str] = (),
) -> Evaluation:
    """Ask each engine once for each paper, one engine after the other; the archive stays as it is.

    ``names`` are engines as the settings name them (none: those of the edition); ``watch`` gives
    seconds. Nothing of it counts against the budget. Raises ``ConfigError`` where sacrebleu is
    missing or a name means nothing, ``UsageError`` where the edition is not in Chinese.
    """
    scores = Scores()
    settings = _in_chinese(settings)
    chosen = tuple(dict.fromkeys(names)) or settings.engines
    settings = with_engines(settings, chosen).model_copy(update={"budget": None})
    rules = rules_of(settings, Asked(), clock)
    with open_engines(settings, clock) as engines:
        figures = []
        for translator in translators_of(settings, engines):
            answers = ask_all(references, translator, rules, watch, progress)
            figures.append(figures_of(translator.engine, references, answers, rules, scores))
    return Evaluation(
        pairs=len(references),
        passed_over=tuple(passed_over),
        language=rules.language,
        prompt=rules.prompt,
        evaluated_at=clock(),
        metrics=scores.signatures(),
        engines=tuple(figures),
    )


def _in_chinese(settings: Settings) -> Settings:
    """Return the settings of the edition's first Chinese language: the references are in it."""
    for language in (settings.language, *settings.languages):
        if language.startswith("zh"):
            return settings.model_copy(update={"language": language, "languages": ()})
    raise UsageError(
        f"evaluate: the references are in Chinese, the edition is in {settings.language}; "
        "set RIBAO_LANGUAGE=zh-Hans for this command"
    )
