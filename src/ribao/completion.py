"""Read the body of an OpenAI-compatible chat completion. Pure: kept bodies can be read anew."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTENT = re.compile(
    r"content.{0,20}(risk|filter|policy)|moderation|sensitive|inappropriate|unsafe|safety"
    r"|\u654f\u611f|\u8fdd\u89c4|\u5b89\u5168",  # sensitive, against the rules, safety
    re.IGNORECASE | re.DOTALL,
)
FLAGGED = re.compile(
    r"moderation|flagged|content.{0,20}(risk|filter|policy)", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Completion:
    """What a chat completion says: the text, how it ended, who wrote it, and the tokens used."""

    text: str
    finish: str
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None


def read_completion(body: str) -> Completion:
    """Read ``body``. Raises ``ValueError`` where it is no chat completion (cut, HTML, an error)."""
    try:
        data = json.loads(body, strict=False)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(data, Mapping):
        raise ValueError("it is no object")
    if error_said := error_message(data):
        raise ValueError(f"it is an error: {error_said}")
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise ValueError("it has no choices")
    finish = _word(choice.get("finish_reason"), 40) or "stop"
    refusal = _text(message.get("refusal"))
    model = _word(data.get("model"), 200) or None
    usage = data.get("usage")
    tokens = usage if isinstance(usage, Mapping) else {}
    return Completion(
        text=refusal or _text(message.get("content")),
        finish="content_filter" if refusal else finish,
        model=model,
        input_tokens=_count(tokens.get("prompt_tokens")),
        output_tokens=_count(tokens.get("completion_tokens")),
        cached_tokens=_cached(tokens),
    )


def _cached(usage: Mapping[str, Any]) -> int | None:
    """How much of the input the server had kept: in OpenAI's word for it, else in DeepSeek's."""
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, Mapping) else None
    cached = cached if cached is not None else _count(usage.get("prompt_cache_hit_tokens"))
    # More than the whole input is no part of it: then all of it counts as fresh.
    return cached if (cached or 0) <= (_count(usage.get("prompt_tokens")) or 0) else None


def error_message(data: object) -> str:
    """Return what an error body says, in any of the shapes that servers use; else an empty text."""
    error = data.get("error") if isinstance(data, Mapping) else None
    if isinstance(error, Mapping):
        said = [_text(error.get(name)) for name in ("message", "code", "param", "type")]
        return " · ".join(word for word in said if word)
    return _text(error)


def is_refusal(status: int, said: str) -> bool:
    """Tell whether a no is about this paper's content. Some gateways say it with 403."""
    pattern = {400: CONTENT, 422: CONTENT, 403: FLAGGED, 451: FLAGGED}.get(status)
    return pattern is not None and pattern.search(said) is not None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    # Half of a character, which JSON can hold: no file and no database could.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _word(value: Any, most: int) -> str:
    """Return a name on one line, without control characters: it is shown on a terminal, too."""
    text = _text(value)[:most]
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _count(value: Any) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9
    return value if good else None
