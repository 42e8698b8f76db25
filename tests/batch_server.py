"""A language model with a batch interface on loopback, as OpenAI's and DashScope's are."""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Fault, Handler, LLMServer, completion, paper_asked

Lines = Sequence[Mapping[str, Any] | bytes]
# What becomes of the lines of a batch: those of the output file, and those of the error file.
Finish = Callable[[list[dict[str, Any]]], tuple[Lines, Lines]]


class BatchServer(LLMServer):
    """``looks`` is how often a batch is looked at before it has ended, as ``status`` says.

    ``before`` and ``done`` hold what happens when the request of a route (``upload``, ``order``,
    ``list``, ``look``, ``content``, ``chat``) arrives, and when it is done but not yet answered: a
    fault answers in its place, anything else only happens.
    """

    def __init__(self, looks: int = 0, finish: Finish | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.looks, self.finish, self.status = looks, finish or self.all_answered, "completed"
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.routes: Counter[str] = Counter()
        self.before: dict[str, list[Fault]] = {}
        self.done: dict[str, list[Fault]] = {}
        self.errors: object = None

    def answer(self, handler: Handler) -> None:
        if self.key and handler.headers.get("Authorization") != f"Bearer {self.key}":
            handler.send(401, json.dumps({"error": {"message": f"bad key {self.key}"}}))
            return
        parts = urlsplit(handler.path)
        path, query = parts.path.removeprefix("/v1"), parse_qs(parts.query)
        route, act = self._route(handler, path, query)
        with self.lock:
            self.routes[route] += 1
            first = self.before.get(route, [])
            fault = first.pop(0) if first else None
        if fault is not None and fault(handler) is not False:
            return
        if route == "chat":
            super().answer(handler)
            return
        with self.lock:
            said = act()
            last = self.done.get(route, [])
            fault = last.pop(0) if last else None
        if fault is not None and fault(handler) is not False:
            return
        if said is None:
            handler.send(404, '{"error":{"message":"no such thing"}}')
        else:
            handler.send(200, said if isinstance(said, bytes) else json.dumps(said))

    def _route(self, handler: Handler, path: str, query: Mapping[str, list[str]]):
        _, *names = path.split("/")
        match handler.command, *names:
            case "POST", "files":
                return "upload", lambda: self._upload(handler)
            case "GET", "files", name, "content":
                return "content", lambda: self.files.get(name)
            case "POST", "batches":
                return "order", lambda: self._order(json.loads(handler.body))
            case "GET", "batches":
                return "list", lambda: self._list(query)
            case "GET", "batches", name:
                return "look", lambda: self._look(name)
        return "chat", lambda: None

    # ── files and batches ────────────────────────────────────────────────────────────────────

    def _upload(self, handler: Handler) -> dict[str, Any]:
        head = f"Content-Type: {handler.headers['Content-Type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + handler.body)
        parts = {
            part.get_param("name", header="content-disposition"): part for part in form.iter_parts()
        }
        assert parts["purpose"].get_payload(decode=True) == b"batch"
        assert parts["file"].get_filename().endswith(".jsonl")
        body = re.split(rb"\r?\n\r?\n", parts["file"].as_bytes(), maxsplit=1)[1]
        name = self.keep(parts["file"].get_payload(decode=True) or body)
        return {"id": name, "object": "file", "purpose": "batch", "status": "processed"}

    def keep(self, body: bytes) -> str:
        """Keep a file; return its name."""
        name = f"file-{len(self.files) + 1}"
        self.files[name] = body
        return name

    def _order(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        assert asked["endpoint"] == "/v1/chat/completions"
        assert asked["completion_window"] == "24h"
        if asked["input_file_id"] not in self.files:
            return None
        batch = {
            "id": f"batch_{len(self.batches) + 1}",
            "object": "batch",
            "input_file_id": asked["input_file_id"],
            "status": "validating",
            "errors": None,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "looks": self.looks,
        }
        self.batches[batch["id"]] = batch
        return batch

    def _list(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        newest = list(self.batches.values())[::-1]
        if after := query.get("after"):
            names = [batch["id"] for batch in newest]
            newest = newest[names.index(after[0]) + 1 :]
        page = newest[:2]  # a short page, so that there is more than one
        last = page[-1]["id"] if page else None
        more = len(newest) > len(page)
        return {"object": "list", "data": page, "last_id": last, "has_more": more}

    def _look(self, name: str) -> dict[str, Any] | None:
        batch = self.batches.get(name)
        if batch is None or batch["status"] not in {"validating", "in_progress"}:
            return batch
        if batch["looks"] > 0:
            batch["looks"] -= 1
            batch["status"] = "in_progress"
            return batch
        batch["status"], batch["errors"] = self.status, self.errors
        output, errors = self.finish(self.lines(batch))
        for place, lines in (("output_file_id", output), ("error_file_id", errors)):
            text = b"\n".join(
                each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines
            )
            batch[place] = self.keep(text + b"\n") if lines else None
        return batch

    def lines(self, batch: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The questions of a batch."""
        body = self.files[batch["input_file_id"]]
        return [json.loads(line) for line in body.decode().splitlines()]

    # ── results ──────────────────────────────────────────────────────────────────────────────

    def answered(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """The line of the output file that answers a question."""
        said = self.say(*paper_asked(line["body"]))
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        return result(line["custom_id"], 200, completion(text))

    def all_answered(self, lines: list[dict[str, Any]]) -> tuple[Lines, Lines]:
        """Each question is answered."""
        return [self.answered(line) for line in lines], []

    @property
    def ordered(self) -> list[dict[str, Any]]:
        """All the questions that were ordered, oldest first."""
        return [line for batch in self.batches.values() for line in self.lines(batch)]


def result(custom_id: str, status: int, body: object, error: object = None) -> dict[str, Any]:
    """A line of a file of results."""
    response = {"status_code": status, "request_id": "r-1", "body": body}
    return {"id": "b-1", "custom_id": custom_id, "response": response, "error": error}


def fault_of(status: int, message: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A line of the error file, for a question."""
    return lambda line: result(line["custom_id"], status, {"error": {"message": message}})


def titles(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """The titles of the papers that lines ask for."""
    return [paper_asked(line["body"])[0] for line in lines]
