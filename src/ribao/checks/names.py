"""Links and names in a text: what a translation must carry over as it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_LINK = re.compile(
    r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]++"
    r"|(?<![A-Za-z0-9._%+@/-])[A-Za-z0-9][A-Za-z0-9._%+-]*+(?:@[A-Za-z0-9.-]++)?(?:/[A-Za-z0-9._~:/?#&=%+-]*+)?",
    re.ASCII | re.IGNORECASE,
)
# Ends that make a link of a name with dots; small letters only ("learning.AI" lacks a space).
_DOMAINS = frozenset(
    (
        "com", "org", "net", "io", "ai", "dev", "edu", "gov", "app", "co", "cn", "me", "info", "xyz", "site",
        "page", "tech", "cc", "uk", "de", "fr", "jp", "kr", "eu", "gg",
    )
)  # fmt: skip


def links(text: str) -> tuple[str, ...]:
    """Web and mail addresses, without scheme, case and the punctuation behind them, each once.

    >>> links("代码见https://GitHub.com/a/b。主页：MMFormalizer.github.io")
    ('github.com/a/b', 'mmformalizer.github.io')
    """
    found = (_link(match[0]) for match in _LINK.finditer(text.replace("\\_", "_")))
    return tuple(dict.fromkeys(link for link in found if link))


def _link(written: str) -> str:
    """One address as it is compared; empty for a word that is none ("e.g.", "and/or")."""
    if "." not in written and "://" not in written:
        return ""
    body = re.sub(r"\A(?:https?://)?(?:www\.)?", "", written, flags=re.IGNORECASE)
    host = re.split(r"[/?#]", body, maxsplit=1)[0].rstrip(".").rpartition("@")[2]
    if "://" not in written and (
        host[:1] == "." or host.rpartition(".")[2] not in _DOMAINS or "." not in host
    ):
        return ""
    depth = 0
    for at, char in enumerate(body):
        depth += (char == "(") - (char == ")")
        if depth < 0:  # "(see https://a.io/b)": the bracket is not the link's
            body = body[:at]
            break
    return body.rstrip(".,;:!?'*/_~").lower()


@lru_cache(maxsize=16)
def without_links(text: str) -> str:
    """A text with a space for each link: what stands in a link is no number, name or word."""
    return _LINK.sub(lambda match: " " if _link(match[0]) else match[0], text.replace("\\_", "_"))


_NAME = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]*+(?:[-_.'+&/@^][A-Za-z0-9]++)*+", re.ASCII)


def names(text: str) -> list[str]:
    """Latin words with a capital or a digit, each once: "GPT-4o", "RLHF", "Gaussian"."""
    found = dict.fromkeys(_NAME.findall(without_links(text)))
    return [name for name in found if len(name) > 1 and re.search("[A-Z0-9]", name)]


def vocabulary(text: str) -> frozenset[str]:
    """Words in small letters and up to five of them joined: "GPT-4", "GPT 4" and "GPT4" are gpt4."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(
        "".join(words[at : at + size]) for size in range(1, 6) for at in range(len(words))
    )


# Words that a translator rightly writes in Latin letters though the original spells them out.
COMMON = frozenset(
    (
        "agent", "ai", "api", "asr", "cot", "cpu", "cv", "dl", "face", "github", "gpu", "gui", "html", "hugging",
        "huggingface", "id", "json", "llm", "lmm", "lvlm", "ml", "mllm", "moe", "nlp", "npu", "ocr", "pdf", "qa",
        "rag", "rl", "rlhf", "sft", "slm", "sota", "token", "tpu", "transformer", "tts", "ui", "url", "vla", "vlm",
        "vqa", "web",
    )
)  # fmt: skip


def unknown(found: Iterable[str], text: str) -> list[str]:
    """The names that stand nowhere in a text: as a whole, in plural, in parts, or as initials.

    >>> unknown(["GPT-4", "LLaVE"], "LLaVA and GPT 4")
    ['LLaVE']
    """
    known = vocabulary(text) | COMMON
    # Chain-of-thought explains CoT.
    initials = "".join(re.findall(r"(?<![A-Za-z0-9])[A-Za-z]", text)).lower()

    def stands(word: str) -> bool:
        return not known.isdisjoint((word, f"{word}s", word.removesuffix("s")))

    def is_known(name: str) -> bool:
        parts = re.findall(r"[a-z0-9]+", name.lower())
        joined = "".join(parts)
        if stands(joined) or (
            len(joined.removesuffix("s")) > 2 and joined.removesuffix("s") in initials
        ):
            return True
        # "Qwen2.5-Instruct" from "Qwen2.5-72B-Instruct"; a bare number only behind its own word.
        pairs = zip(("", *parts), parts, strict=False)
        return all(
            stands(last + part if part.isdigit() else part) or part == "s" for last, part in pairs
        )

    return [name for name in found if not is_known(name)]


def misspelt(name: str, text: str) -> str | None:
    """The word of a text that an unknown name differs from by one letter; None if there is none.

    >>> misspelt("LLaVE", "LLaVA and GPT-4"), misspelt("Softmax", "LLaVA and GPT-4")
    ('LLaVA', None)
    """
    return next((word for word in _words(text) if _one_off(name.lower(), word.lower())), None)


def _words(text: str) -> tuple[str, ...]:
    """Names and plain words of three letters or more, names first."""
    found = [*names(text), *re.findall(r"[A-Za-z0-9]{3,}", text)]
    return tuple(dict.fromkeys(word for word in found if len(word) > 2))


def _one_off(one: str, other: str) -> bool:
    """Whether two words differ by one letter: changed, lost or put in; a plural is no difference."""
    if one == other or abs(len(one) - len(other)) > 1 or f"{one}s" == other or one == f"{other}s":
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, other_rest = one[start:], other[start:]
    return rest[1:] in {other_rest, other_rest[1:]} or rest == other_rest[1:]
