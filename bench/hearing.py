"""The offline voice: how fast it speaks, and what a recogniser hears; one JSON (``make bench``).

Words are compared as pinyin without tones, for homophones are spelt freely; Latin words are left
out of the count. Needs the dependency group ``hear``, and the weights of the voice and of the
recogniser in a folder: ``python -m bench.hearing [folder]``.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import subprocess
import sys
import time
import wave
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from ribao.aloud import speak
from ribao.aloud.ear import read_lexicon
from ribao.aloud.sentences import sentences
from ribao.speech import Speech
from ribao.voices.kokoro import LONGEST, RATE, VOICES, Kokoro
from ribao.voices.phonemes import cut, vocabulary

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("RIBAO_CORPUS") or ROOT.parent / "shared" / "data")
WEIGHTS = Path.home() / ".cache" / "ribao" / "weights"
MODEL, RECOGNISER = "kokoro-v1.0.int8.onnx", "whisper-base"
LANGUAGE = "zh-Hans"
EAR = read_lexicon((files("ribao.aloud") / "lexicon.toml").read_text("utf-8"))
NUMBER = re.compile(
    r"(?:百分之)?[零两二三四五六七八九十百千万亿][零一二三四五六七八九十百千万亿点]*|一[十百千万亿点][零一二三四五六七八九十百千万亿点]*"
)
CHARACTER = re.compile(r"[一-鿿]")
TOKEN = re.compile(r"[一-鿿]|[A-Za-z]+")
LATIN = "*"


def spoken(text: str) -> list[str]:
    """Sentences as a voice is told them."""
    said = [speak(sentence, LANGUAGE, EAR) for sentence in sentences(text)]
    return [sentence for sentence in said if CHARACTER.search(sentence)]


def syllables(text: str) -> list[str]:
    """Pinyin without tones of a text; a Latin word is ``*``."""
    from pypinyin import Style, lazy_pinyin

    found: list[str] = []
    for part in re.findall(r"[一-鿿]+|[A-Za-z]+", text):
        if CHARACTER.match(part):
            found += lazy_pinyin(part, style=Style.NORMAL)
        elif not found or found[-1] != LATIN:
            found.append(LATIN)
    return found


def align(told: list[str], heard: list[str]) -> tuple[int, list[bool]]:
    """Errors between what was told and heard, and which told syllables were heard.

    Edit distance; a Latin word stands for anything that was heard in its place.
    """
    heard = [syllable for syllable in heard if syllable != LATIN]
    # cost[i][j]: told[:i] against heard[:j].
    cost = [list(range(len(heard) + 1))]
    for i, syllable in enumerate(told):
        free = syllable == LATIN
        line = [cost[i][0] + (0 if free else 1)]
        for j, other in enumerate(heard):
            change = cost[i][j] + (0 if free or syllable == other else 1)
            left_out = cost[i][j + 1] + (0 if free else 1)
            added = line[j] + (0 if free else 1)
            line.append(min(change, left_out, added))
        cost.append(line)
    right = [False] * len(told)
    i, j = len(told), len(heard)
    while i and j:
        if told[i - 1] == LATIN:
            if cost[i][j] == cost[i][j - 1]:
                j -= 1
            else:
                i -= 1
        elif told[i - 1] == heard[j - 1] and cost[i][j] == cost[i - 1][j - 1]:
            right[i - 1] = True
            i, j = i - 1, j - 1
        elif cost[i][j] == cost[i - 1][j - 1] + 1:
            i, j = i - 1, j - 1
        elif cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return cost[-1][-1], right


class Recogniser:
    """Faster-whisper base, without a temperature and without a hint."""

    def __init__(self, folder: Path) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def hear(self, speech: Speech, place: int) -> str:
        """What is heard of one sentence, as ``spoken`` writes it."""
        from faster_whisper import decode_audio

        span = speech.spans[place]
        start, end = (2 * round(second * speech.rate) for second in (span.start, span.end))
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setparams((1, 2, speech.rate, 0, "NONE", ""))
            file.writeframes(speech.samples[start:end])
        buffer.seek(0)
        found, _ = self._model.transcribe(
            decode_audio(buffer, sampling_rate=16000),
            language="zh",
            temperature=0,
            condition_on_previous_text=False,
        )
        return " ".join(speak("".join(part.text for part in found), LANGUAGE, EAR).split())


def number_places(sentence: str) -> list[range]:
    """Where the numbers of a sentence stand among its syllables, but for those in Latin names."""
    places = []
    for found in NUMBER.finditer(sentence):
        around = sentence[: found.start()].rstrip()[-1:] + sentence[found.end() :].lstrip()[:1]
        if re.search(r"[A-Za-z]", around):
            continue
        start = len(syllables(sentence[: found.start()] + "一")) - 1
        places.append(range(start, start + len(found[0])))
    return places


def check(voice: Kokoro, recogniser: Recogniser, texts: list[list[str]]) -> dict[str, object]:
    """Errors and numbers over texts, each a list of sentences."""
    told = wrong = numbers = numbers_right = 0
    worst: list[tuple[int, str, str]] = []
    for text in texts:
        speech = voice.speak("bench", text)
        for place, sentence in enumerate(text):
            heard = recogniser.hear(speech, place)
            said = syllables(sentence)
            errors, right = align(said, syllables(heard))
            told += sum(syllable != LATIN for syllable in said)
            wrong += errors
            worst.append((errors, sentence, heard))
            for number in number_places(sentence):
                numbers += 1
                numbers_right += all(right[i] for i in number)
    worst.sort(key=lambda one: -one[0])
    return {
        "voice": voice.name,
        "syllables": told,
        "heard wrong": wrong / told,
        "numbers": numbers,
        "numbers right": numbers_right / max(1, numbers),
        "worst": worst[:5],
    }


def references() -> list[list[str]]:
    """The Chinese abstracts of the corpus, as they are spoken."""
    data = json.loads((CORPUS / "translations_zh.json").read_text("utf-8"))
    return [spoken(paper["abstract_zh"]) for paper in data]


def speed(model: Path, cores: int) -> dict[str, float]:
    """Seconds of work for a second of speech, ours and the bare model's, in this process."""
    import numpy as np

    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))
    voice = Kokoro(model, cores=cores)
    texts = references()[:3]
    voice.speak("warm", ["预热。"])
    started, worked = time.perf_counter(), time.process_time()
    speeches = [voice.speak("bench", text) for text in texts]
    ours, worked = time.perf_counter() - started, time.process_time() - worked
    seconds = sum(speech.seconds for speech in speeches)
    loaded = voice._loaded  # noqa: SLF001 - the bare model is the point
    assert loaded is not None
    bare, sound = 0.0, 0
    for sentence in texts[0]:
        for piece in cut(loaded.phonemes.read(sentence), LONGEST):
            feed = {
                "tokens": np.array([[0, *(vocabulary()[s] for s in piece), 0]], np.int64),
                "style": loaded._styles[len(piece) - 1][None],  # noqa: SLF001
                "speed": np.ones(1, np.float32),
            }
            started = time.perf_counter()
            sound += len(loaded._session.run(None, feed)[0])  # noqa: SLF001
            bare += time.perf_counter() - started
    return {
        "factor": ours / seconds,
        # Of the processor, which others that use the machine change least.
        "processor": worked / seconds,
        "bare": bare / (sound / RATE),
        "load": os.getloadavg()[0],
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(folder: Path) -> None:
    """Print all figures, or why there are none."""
    if not (folder / MODEL).is_file():
        print(json.dumps({"skipped": f"no {MODEL} in {folder}; run: ribao models --fetch"}))
        return
    figures: dict[str, object] = {}
    for cores in (1, 2):
        words = [sys.executable, "-m", "bench.hearing", str(folder), str(cores)]
        done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT)
        figures[f"{cores} cores"] = json.loads(done.stdout)
    if find_spec("faster_whisper") is None or not (folder / RECOGNISER / "model.bin").is_file():
        figures["skipped"] = f"no recogniser: the group hear, and {RECOGNISER} in {folder}"
    else:
        recogniser = Recogniser(folder / RECOGNISER)
        texts = references()
        # More numbers than ten abstracts hold: the sentences that are richest in them.
        rich = sorted((s for t in texts for s in t), key=lambda s: -len(number_places(s)))[:20]
        first, second = (Kokoro(folder / MODEL, name) for name in VOICES)
        figures["abstracts"] = check(first, recogniser, texts[::6][:10])
        figures["numbers"] = check(first, recogniser, [rich])
        figures["numbers, second voice"] = check(second, recogniser, [rich])
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(speed(Path(sys.argv[1]) / MODEL, int(sys.argv[2]))))
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else WEIGHTS)
