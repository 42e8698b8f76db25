"""Real servers on loopback: Hugging Face's list and a language model, with the faults of real ones.

A fault is a function of the request handler that answers (or breaks) the request itself. Each
server takes a list of faults for its first requests; ``None`` stands for a sound answer.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Fault = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One request; what it is answered is the server's business."""

    protocol_version = "HTTP/1.1"
    server: Loopback

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, body: bytes) -> None:
        self.body = body
        fault = self.server.next_fault(self)
        try:
            (fault or self.server.answer)(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send(
        self, status: int, body: bytes | str, kind: str = "application/json", **headers: str
    ) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)


class Loopback(ThreadingHTTPServer):
    """A server on 127.0.0.1 that notes what it is asked. Use it with ``with``."""

    daemon_threads = True
    # A run begins with as many connections as it has threads.
    request_queue_size = 64

    def __init__(self, faults: Sequence[Fault | None] = ()) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults = list(faults)
        self.requests: list[Handler] = []
        self.lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next_fault(self, handler: Handler) -> Fault | None:
        with self.lock:
            self.requests.append(handler)
            return self.faults.pop(0) if self.faults else None

    def answer(self, handler: Handler) -> None:
        raise NotImplementedError

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class HuggingFaceServer(Loopback):
    """``/api/daily_papers``. ``days`` maps a day to its list, or to the bytes to answer as they are."""

    def __init__(
        self,
        days: Mapping[str, Sequence[Any] | bytes],
        faults: Sequence[Fault | None] = (),
        page_size: int = 100,
    ) -> None:
        super().__init__(faults)
        self.days = dict(days)
        self.page_size = page_size

    def answer(self, handler: Handler) -> None:
        parts = urlsplit(handler.path)
        if parts.path != "/api/daily_papers":
            handler.send(404, '{"error":"no such page"}')
            return
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        listed = self.days.get(query.get("date", ""), [])
        if isinstance(listed, bytes):
            handler.send(200, listed)
            return
        size = min(int(query.get("limit", 50)), self.page_size)
        page = int(query.get("p", 0))
        handler.send(200, json.dumps(listed[page * size : (page + 1) * size]))


class LLMServer(Loopback):
    """``/chat/completions``. ``say`` gives what the model says to one paper; a fault may replace it."""

    def __init__(
        self,
        say: Callable[[str, str], object] | None = None,
        faults: Sequence[Fault | None] = (),
        delay: float = 0.0,
        key: str | None = None,
    ) -> None:
        super().__init__(faults)
        self.say = say or pseudo_translate
        self.delay = delay
        self.key = key
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    def answer(self, handler: Handler) -> None:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self._answer(handler)
        finally:
            with self.lock:
                self.at_once -= 1

    def _answer(self, handler: Handler) -> None:
        if self.key and handler.headers.get("Authorization") != f"Bearer {self.key}":
            handler.send(401, '{"error":{"message":"Incorrect API key provided"}}')
            return
        asked = json.loads(handler.body)
        title, abstract = paper_asked(asked)
        with self.lock:
            self.asked.append(title)
        time.sleep(self.delay)
        said = self.say(title, abstract)
        if isinstance(said, Mapping) and "choices" not in said:
            said = json.dumps(said, ensure_ascii=False)
        handler.send(200, json.dumps(completion(said) if isinstance(said, str) else said))


def completion(text: str, finish: str = "stop", model: str = "loopback-1") -> dict[str, Any]:
    """A chat completion as servers send it."""
    return {
        "id": "c-1",
        "object": "chat.completion",
        "model": model,
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
        ],
        "usage": {"prompt_tokens": 700, "completion_tokens": 400, "total_tokens": 1100},
    }


def paper_asked(asked: Mapping[str, Any]) -> tuple[str, str]:
    """The title and abstract that a request holds."""
    for message in asked["messages"]:
        found = re.search(
            r"<title>\n(.*?)\n</title>\n<abstract>\n(.*?)\n</abstract>\Z",
            message["content"],
            re.DOTALL,
        )
        if message["role"] == "user" and found:
            return found[1], found[2]
    raise AssertionError(f"no paper in {asked}")


HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严"
KEEP = re.compile(r"https?://\S+|\S*[0-9@/\\]\S*|\S*[A-Z]\S*[A-Z]\S*|[^A-Za-z\s]+", re.ASCII)


def pseudo_translate(title: str, abstract: str) -> dict[str, str]:
    """Chinese without sense but with the shape of a faithful translation.

    Numbers, names and links stay, each other word becomes one or two characters that depend on it.
    """
    return {
        "title": _pseudo(title) or "题",
        "abstract": _pseudo(abstract),
        "gist": "提出一种新方法。",
    }


PLAIN = "".join(c for c in HAN if c not in "一二三四五六七八九十百千万亿两半几无不非没未")


def _pseudo(text: str) -> str:
    words = []
    for word in text.split():
        if KEEP.search(word):
            words.append(word)
        else:
            seed = sum(ord(c) * (n + 1) for n, c in enumerate(word))
            count = 1 + (len(word) > 4)
            words.append("".join(PLAIN[(seed + 7 * n) % len(PLAIN)] for n in range(count)))
    return " ".join(words)


# ── faults ────────────────────────────────────────────────────────────────────────────────────


def status(code: int, body: str = '{"error":{"message":"so it is"}}', **headers: str) -> Fault:
    """Answer with a status."""
    return lambda handler: handler.send(code, body, **headers)


def answer_with(body: bytes | str, kind: str = "application/json") -> Fault:
    """Answer 200 with this body."""
    return lambda handler: handler.send(200, body, kind)


def reset(handler: Handler) -> None:
    """Close with a TCP reset."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True
    # Both file objects hold the socket open; only with them gone does the reset go out.
    handler.wfile.close()
    handler.rfile.close()
    handler.connection.close()


def hang(seconds: float) -> Fault:
    """Say nothing for a while, then close."""

    def fault(handler: Handler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return fault


def drip(body: bytes, pause: float) -> Fault:
    """Send a sound body, one byte at a time."""

    def fault(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for byte in body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(pause)

    return fault


def cut(body: bytes) -> Fault:
    """Promise the whole body, send half of it, and close."""

    def fault(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return fault


def paper(paper_id: str = "2601.00001", **facts: Any) -> dict[str, Any]:
    """One entry of a day's list, as Hugging Face gives it."""
    inner = {
        "id": paper_id,
        "title": f"Learning to Test Number {paper_id[-2:]}",
        "summary": (
            "We present a method that learns to test systems with little supervision. It is "
            "trained on public data and compared with strong baselines on several tasks, where "
            "it is faster and more accurate than the best of them."
        ),
        "authors": [{"name": "Ada Tester"}, {"name": "Bo Prüfer"}],
        "publishedAt": "2026-01-10T10:00:00.000Z",
        "upvotes": 7,
        "ai_keywords": ["software testing", "reinforcement learning"],
    }
    inner.update(facts)
    return {"paper": inner, "title": inner.get("title")}
