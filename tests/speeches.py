"""Made-up speech: noise shaped like a voice, in sentences with pauses between them."""

from __future__ import annotations

from datetime import date

import numpy as np

from ribao.speech import Recorded, Script, Segment, Sentence, Span, Speech

DAY = date(2026, 1, 12)


def speak(
    lengths: list[float],
    *,
    rate: int = 24_000,
    loud: float = 0.1,
    seed: int = 1,
    pause: float = 0.5,
    ends: float = 0.3,
) -> Speech:
    """Speech of sentences as long as ``lengths``, with silence of ``ends`` seconds around it."""
    random = np.random.default_rng(seed)
    parts, spans, at = [np.zeros(round(ends * rate))], [], ends
    for length in lengths:
        count = round(length * rate)
        time = np.arange(count) / rate
        noise = np.convolve(random.standard_normal(count), np.hanning(9) / 4.5, "same")
        buzz = np.sign(np.sin(2 * np.pi * 130 * time)) * 0.6
        syllables = 0.25 + 0.75 * np.abs(np.sin(2 * np.pi * 2.2 * time))
        parts.append((noise + buzz) * syllables * loud)
        spans.append(Span(at, at + length))
        parts.append(np.zeros(round(pause * rate)))
        at += count / rate + pause
    parts.append(np.zeros(round(ends * rate)))
    samples = np.clip(np.concatenate(parts) * 32767, -32768, 32767).astype("<i2")
    return Speech(rate, samples.tobytes(), tuple(spans), f"test:{rate}")


def segment(key: str, sentences: int = 1, title: str | None = None) -> Segment:
    part = key if key in {"opening", "closing"} else "paper"
    return Segment(
        key=key,
        part=part,
        title=f"标题 {key}" if title is None else title,
        url=f"https://example.org/papers/{key}" if part == "paper" else None,
        sentences=tuple(Sentence(f"{key} 的第 {i + 1} 句。", "一") for i in range(sentences)),
    )


def script(segments: list[Segment]) -> Script:
    title = "Hugging Face 2026-01-12 速览"
    return Script(DAY, "zh-Hans", 1, "brief", title, tuple(segments))


def episode_of(count: int, *, seconds: float = 3.0) -> tuple[Script, list[Recorded]]:
    """An opening, papers and a closing, each of another loudness, two sentences each."""
    keys = ["opening", *(f"2601.{i:05}" for i in range(count - 2)), "closing"]
    segments = [segment(key, 2) for key in keys]
    louds = (0.3, 0.02, 0.1, 0.005, 0.2)
    recorded = [
        Recorded(each, speak([seconds / 2] * 2, loud=louds[i % 5], seed=i))
        for i, each in enumerate(segments)
    ]
    return script(segments), recorded
