"""Many questions in one file: what a batch interface is sent, and what its results say. Pure.

The form is OpenAI's (platform.openai.com/docs/guides/batch), which others share: one JSON object a
line; the answers come in any order, and are told apart by ``custom_id`` alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ribao.completion import error_message, is_refusal, read_completion
from ribao.listing import fold
from ribao.money import Price
from ribao.types import Reply, Request

ENDPOINT = "/v1/chat/completions"
# Of a file; the services take fifty times as many, but what is lost with one is asked anew.
MOST_QUESTIONS = 1_000
MOST_BYTES = 16 * 1024 * 1024
REFUSED = frozenset({"refused", "content_filter"})
# Whatever else a service calls its states: the batch is under way then.
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})

# A paper's text in a language: its source, id and digest, and the language that is asked for.
Text = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What must be known of a question when its answer comes; ``id`` is its ``custom_id``."""

    id: str
    source: str
    paper_id: str
    digest: str
    language: str
    prompt: str
    terms: str

    @property
    def text(self) -> Text:
        """Which text it is about."""
        return self.source, self.paper_id, self.digest, self.language


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions that were uploaded as one file.

    ``file_id`` and ``batch_id`` are the server's names; without the latter it is not known whether
    the batch was ordered. ``reserved`` is what it may cost at most, in ``currency``.
    """

    number: int
    engine: str
    base_url: str
    model: str
    created_at: datetime
    file_id: str
    batch_id: str | None
    questions: tuple[Question, ...]
    reserved: float = 0.0
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a batch stands, as its server says; ``output`` and ``errors`` are its files."""

    id: str
    status: str
    output: str | None
    errors: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Results:
    """What came of a batch: the replies by their question, and the questions without one.

    ``reason`` is what was said about the first of the latter. ``strange`` counts the lines that
    belong to no question, or to one that is answered already, or cannot be read.
    """

    replies: Mapping[str, Reply]
    lost: tuple[str, ...]
    reason: str
    strange: int


def question_of(request: Request, model: str) -> Question:
    """Return a question with its name: a digest of all that its answer depends on.

    The same paper in other words, in another language, for another model or asked again with what
    was wrong before is another question.
    """
    told = [[message.role, message.content] for message in request.messages]
    about = (request.source, request.paper_id, request.digest, request.language)
    more = (request.prompt, request.terms)
    whole = json.dumps([*about, *more, request.engine, model, told])
    # The services take 64 characters.
    return Question(hashlib.sha256(whole.encode()).hexdigest()[:40], *about, *more)


def line_of(question: Question, body: Mapping[str, Any]) -> bytes:
    """Return the line that asks a question; ``body`` is that of a chat completion."""
    asked = {"custom_id": question.id, "method": "POST", "url": ENDPOINT, "body": body}
    return json.dumps(asked, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def portions(
    lines: Iterable[tuple[Question, bytes]],
    most: int = MOST_QUESTIONS,
    most_bytes: int = MOST_BYTES,
) -> Iterator[list[tuple[Question, bytes]]]:
    """Divide lines into files that are not too long and not too large."""
    portion: list[tuple[Question, bytes]] = []
    size = 0
    for question, line in lines:
        if portion and (len(portion) >= most or size + len(line) > most_bytes):
            yield portion
            portion, size = [], 0
        portion.append((question, line))
        size += len(line)
    if portion:
        yield portion


def read_standing(data: object) -> Standing:
    """Read how a batch stands. Raises ``ValueError`` where it is no batch."""
    if not isinstance(data, Mapping) or not _name(data.get("id")):
        raise ValueError("it is no batch")
    return Standing(
        id=_name(data["id"]) or "",
        status=str(data.get("status"))[:40],
        output=_name(data.get("output_file_id")),
        errors=_name(data.get("error_file_id")),
        message=_errors(data.get("errors")),
    )


def read_results(texts: Sequence[str], batch: Batch, price: Price | None) -> Results:
    """Read the files of results. A reply costs what its batch's ``price`` says.

    Nothing is believed but the ``custom_id``: a line with one that this batch has not belongs to
    nobody. Of several lines with the same one the first that answers counts.
    """
    questions = {question.id: question for question in batch.questions}
    replies: dict[str, Reply] = {}
    reason = ""
    strange = 0
    # Not splitlines: it would part a line at characters that JSON leaves as they are.
    for line in (line for text in texts for line in text.split("\n") if line.strip()):
        entry = _object(line)
        question = questions.get(str(entry.get("custom_id")))
        if question is None or question.id in replies:
            strange += 1
            continue
        read = _read(entry, question, batch)
        if isinstance(read, Reply):
            replies[question.id] = _priced(read, price)
        else:
            reason = reason or read
    lost = tuple(each for each in questions if each not in replies)
    return Results(replies, lost, reason, strange)


def _read(entry: Mapping[str, Any], question: Question, batch: Batch) -> Reply | str:
    """Read one line: its reply, or what was said instead of one."""
    response = entry.get("response")
    response = response if isinstance(response, Mapping) else {}
    status, body = response.get("status_code"), response.get("body")
    if status == 200:  # noqa: PLR2004 - OK
        try:
            return _completed(question, batch, _written(body))
        except ValueError as error:
            return f"no chat completion: {error}"
    said = fold((error_message(body) or error_message(entry) or f"status {status}")[:400])
    if isinstance(status, int) and is_refusal(status, said):
        return _reply(question, batch, "refused", said, _written(body))
    return said


def _completed(question: Question, batch: Batch, body: str) -> Reply:
    done = read_completion(body)
    reply = _reply(question, batch, done.finish, done.text, body)
    return replace(
        reply,
        # A refusal is kept under the name that was asked: it holds for that one only.
        model=batch.model if done.finish in REFUSED else done.model or batch.model,
        input_tokens=done.input_tokens,
        output_tokens=done.output_tokens,
        cached_tokens=done.cached_tokens,
    )


def _reply(question: Question, batch: Batch, finish: str, text: str, body: str) -> Reply:
    return Reply(
        source=question.source,
        paper_id=question.paper_id,
        digest=question.digest,
        language=question.language,
        # When it was asked: what was renewed since is newer, and the month is that of the order.
        asked_at=batch.created_at,
        engine=batch.engine,
        model=batch.model,
        prompt=question.prompt,
        finish=finish,
        text=text,
        body=body,
        terms=question.terms,
    )


def _priced(reply: Reply, price: Price | None) -> Reply:
    cost = price.of_reply(reply) if price else None
    if price is None or cost is None:
        return reply
    return replace(reply, cost=cost, currency=price.currency)


def _object(line: str) -> Mapping[str, Any]:
    try:
        data = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, Mapping) else {}


def _written(body: object) -> str:
    """Write a body as it was received; half a character, which JSON can hold, stays an escape."""
    text = json.dumps(body, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()


def _name(value: object) -> str | None:
    """Return a server's name for something, if it is one: it becomes a part of an address."""
    if not isinstance(value, str) or not 0 < len(value) <= 200:  # noqa: PLR2004 - for sure
        return None
    plain = value.replace("-", "").replace("_", "").replace(".", "")
    return value if plain.isascii() and plain.isalnum() else None


def _errors(errors: object) -> str:
    listed = errors.get("data") if isinstance(errors, Mapping) else None
    said = [error_message({"error": each}) for each in listed] if isinstance(listed, list) else []
    return fold("; ".join(word for word in said[:3] if word)[:400])
