"""Links and names in a text: what a translation must carry over as it is. Pure."""

from __future__ import annotations

import re

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
