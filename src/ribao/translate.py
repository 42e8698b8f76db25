"""What is said to a language model, and what its reply says. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from ribao.checks.wording import found
from ribao.errors import BadReplyError
from ribao.listing import digest_of, fold
from ribao.repair import repair
from ribao.terms import Terms, digest, lines
from ribao.types import Draft, Finding, Message, Paper, Reply, Request

# A reply in which the object is wrapped in a code fence says nothing beside it.
FENCE = re.compile(r"\A```[a-zA-Z]*\s*(\{.*\})\s*```\Z", re.DOTALL)
THOUGHT = re.compile(r"\A<think>.*?</think>\s*", re.DOTALL)
# What a reply may hold at most; a longer one is not a translation of an abstract.
MAX_TEXT = 60_000
MAX_FINDINGS = 8

SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("title", "abstract", "gist")},
    "required": ["title", "abstract", "gist"],
    "additionalProperties": False,
}


def make_request(
    paper: Paper,
    texts: Mapping[str, str],
    *,
    language: str,
    prompt: str,
    engine: str = "",
    terms: Terms | None = None,
    previous: Reply | None = None,
    findings: Sequence[Finding] = (),
) -> Request:
    """Return the question for one paper, or the same again with what was wrong before.

    Title and abstract stand in a message verbatim, but repaired; the digest is that of the raw
    text, so that a better repair asks nobody again. The fixed part comes first, so that servers
    can keep it; of the terms only those that the paper holds are named.
    """
    title, abstract = repair(paper.title), repair(paper.abstract)
    texts_of = paper.title, paper.abstract
    told = terms.of(*texts_of) if terms else ()
    question = f"<title>\n{title}\n</title>\n<abstract>\n{abstract}\n</abstract>"
    if told:
        question = f"<terms>\n{lines(told)}\n</terms>\n{question}"
    messages = [Message("system", texts["prompt.system"]), Message("user", question)]
    if previous is not None:
        # Without bounds a runaway reply would come back as a runaway bill.
        said = previous.text[: 2 * len(paper.abstract) + 1_000]
        faults = "\n".join(f"- {fold(f.message)}" for f in findings[:MAX_FINDINGS])
        messages.append(Message("assistant", said or "{}"))
        messages.append(Message("user", texts["prompt.again"].replace("{faults}", faults)))
    return Request(
        paper.source,
        paper.id,
        digest_of(paper),
        language,
        prompt,
        tuple(messages),
        digest(terms.held(*texts_of)) if terms else "",
        engine,
    )


def read_reply(reply: Reply, *, lenient: bool = False) -> Draft:
    """Read what a reply says.

    Strictly, a reply is one JSON object with ``title`` and ``abstract`` and nothing beside it;
    leniently, the object may stand between other words. Raises ``BadReplyError`` with the reason
    in words that can be told to the model.
    """
    text = reply.text.strip()
    if not text:
        raise _bad(reply, "reply.empty")
    if len(text) > MAX_TEXT:
        raise _bad(reply, "reply.long", f"{len(text):,}")
    if reply.finish == "length":
        raise _bad(reply, "reply.cut")
    # A model that thinks aloud does so before its answer; that is no part of it.
    text = THOUGHT.sub("", text, count=1)
    fenced = FENCE.match(text)
    text = fenced[1] if fenced else text
    if lenient:
        text = text[max(text.find("{"), 0) : text.rfind("}") + 1]
    return _draft(reply, text)


def _draft(reply: Reply, text: str) -> Draft:
    try:
        # strict=False: many models put a bare line break into a JSON string.
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise _bad(reply, "reply.not-json") from error
    if not isinstance(data, dict):
        raise _bad(reply, "reply.no-object")
    for name in ("title", "abstract"):
        if not isinstance(data.get(name), str):
            raise _bad(reply, "reply.no-text", name)
    gist = data.get("gist")
    return Draft(
        title=fold(data["title"]),
        abstract=fold(data["abstract"]),
        gist=(fold(gist) or None) if isinstance(gist, str) else None,
    )


def _bad(reply: Reply, kind: str, *given: str) -> BadReplyError:
    told = found("reply", "error", kind, *given)
    return BadReplyError(reply.paper_id, told.message, kind=told.kind, given=told.given)
