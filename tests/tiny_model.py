"""A language model of a few hundred kilobytes, made here, that the real runtime accepts.

A llama of one layer whose attention and feed-forward part add nothing: what it says next depends
on the last byte alone. ``CHAIN`` says how, best first, so a test knows whether it comes to an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, INNER = 64, 2, 32
# A text begins with a, goes on to d and ends; what JSON wants between two texts comes second.
CHAIN = {'"': "a,}", "a": "b", "b": "c", "c": "d", "d": '"', "{": '"', ":": '"', ",": '"', " ": '"'}
# This one never ends a text.
ENDLESS = {**CHAIN, "d": "a"}
SPECIAL = ("<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_model(
    path: Path, chain: Mapping[str, str] = CHAIN, *, context: int = 8192, seed: int = 1
) -> Path:
    """Write the model with random vectors for its bytes; ``chain`` is by characters of ASCII."""
    words = [_letter(byte) for byte in range(256)] + list(SPECIAL)
    dice = np.random.default_rng(seed)
    vectors = dice.choice([-1.0, 1.0], (len(words), WIDTH)).astype(np.float32)
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, context)
    _vocabulary(writer, words)
    writer.add_tensor("token_embd.weight", vectors)
    writer.add_tensor("output.weight", _output(vectors, chain))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    _layer(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: gguf.GGUFWriter, context: int) -> None:
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-6)


def _vocabulary(writer: gguf.GGUFWriter, words: list[str]) -> None:
    """Every byte is a word, none is joined to another."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(words)
    control = [word in SPECIAL for word in words]
    writer.add_token_types(
        [gguf.TokenType.CONTROL if c else gguf.TokenType.NORMAL for c in control]
    )
    # The runtime wants at least one pair to join; this one never stands in a text.
    writer.add_token_merges([f"{_letter(0)} {_letter(0)}"])
    writer.add_bos_token_id(words.index(SPECIAL[0]))
    writer.add_eos_token_id(words.index(SPECIAL[1]))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def _output(vectors: np.ndarray, chain: Mapping[str, str]) -> np.ndarray:
    """What follows a byte looks like it: the first as much as can be, the next ones less."""
    output = np.zeros_like(vectors)
    for before, following in chain.items():
        for place, after in enumerate(following):
            output[ord(after)] += vectors[ord(before)] / (place + 1)
    return output


def _layer(writer: gguf.GGUFWriter) -> None:
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", np.ones(WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((WIDTH, WIDTH), np.float32))
    for name in ("ffn_gate", "ffn_up"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((INNER, WIDTH), np.float32))
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((WIDTH, INNER), np.float32))


def _letter(byte: int) -> str:
    """Return the character that stands for a byte in vocabularies of GPT-2's kind."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    unseen = [b for b in range(256) if b not in seen]
    return chr(byte) if byte in seen else chr(256 + unseen.index(byte))
