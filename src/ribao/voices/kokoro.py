"""The offline voice: Kokoro-82M v1.0 (int8) by ONNX Runtime, on this machine, without a network.

The model takes the numbers of phonemes, a row of the voice's table of styles (one for each length
of text) and a speed, and gives sound at 24 kHz (hexgrad/Kokoro-82M; the export is kokoro-onnx's,
thewh1teagle). It draws no random numbers: the same text is the same sound.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ribao.errors import NoVoiceError, VoiceError
from ribao.speech import Span, Speech

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ribao.voices.phonemes import Phonemes

    Sound = NDArray[np.float32]

RATE = 24_000
LANGUAGES = ("zh-Hans",)
VOICES = ("zf_xiaobei", "zm_yunjian")
STYLES, STYLE = 510, 256  # Rows of a voice's table, one for each count of phonemes; their width.
# The model takes 510 phonemes; shorter pieces need less memory, and keep an even pace.
SPEED = 1.0
LONGEST = 250
PAUSE = 0.35  # Seconds between two sentences,
BREATH = 0.15  # and between the pieces of one.
# What is kept before the first and after the last sound of a piece: the ear wants the breath.
LEAD, TAIL = 0.04, 0.08
FRAME = 240  # Samples, 10 ms: over these the level is taken.
SILENCE = 0.006  # Root mean square, full scale is 1 (-44 dB): speech is 20 dB above it.
PEAK = 0.97


class Kokoro:
    """Speaks Mandarin with one of the voices that come with ribao.

    ``model`` is the file of weights, ``cores`` how many pieces are made at the same time (all
    that this process may use where it is None). ``espeak`` is the espeak-ng program, which knows
    English names better than our rules; ``pronunciations`` are other spellings for words. All is
    loaded when it first speaks. ``speak`` may be called by several threads at once.
    """

    def __init__(
        self,
        model: Path,
        voice: str = VOICES[0],
        *,
        language: str = LANGUAGES[0],
        cores: int | None = None,
        espeak: Path | None = None,
        pronunciations: Mapping[str, str] | None = None,
    ) -> None:
        self._model = model
        self._voice = voice
        self._language = language
        self._cores = cores or _cores()
        self._espeak = espeak
        self._pronunciations = pronunciations
        self._lock = Lock()
        self._loaded: _Loaded | None = None

    @property
    def name(self) -> str:
        """The engine and its voice."""
        return f"kokoro:{self._voice}"

    def speak(self, subject: str, sentences: Sequence[str]) -> Speech:
        """Speak the sentences, with one span for each; one that says nothing has no length.

        Raises ``NoVoiceError`` where a library, the weights, the voice or the language is
        missing, ``VoiceError`` where there is nothing to say or the model fails.
        """
        import numpy as np

        from ribao.voices.phonemes import cut

        loaded = self._ready(subject)
        loaded.phonemes.learn(sentences)
        read = [loaded.phonemes.read(sentence) for sentence in sentences]
        if not any(read):
            raise VoiceError(subject, "there is nothing in its text that can be spoken")
        waiting = [[loaded.begin(piece) for piece in cut(text, LONGEST)] for text in read]
        parts: list[Sound] = []
        spans = []
        length = 0
        for futures in waiting:
            if futures and length:
                parts.append(_silence(PAUSE))
                length += len(parts[-1])
            start = length
            for number, future in enumerate(futures):
                if number:
                    parts.append(_silence(BREATH))
                    length += len(parts[-1])
                parts.append(_finished(subject, future))
                length += len(parts[-1])
            spans.append(Span(start / RATE, length / RATE))
        samples = (np.concatenate(parts) * 32767).round().astype("<i2").tobytes()
        return Speech(RATE, samples, tuple(spans), self.name)

    def _ready(self, subject: str) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load(subject)
            return self._loaded

    def _load(self, subject: str) -> _Loaded:
        if self._language not in LANGUAGES:
            raise NoVoiceError(
                subject,
                f"Kokoro speaks {', '.join(LANGUAGES)} here, not {self._language}; "
                "take another engine for this language (voice.engine)",
            )
        if self._voice not in VOICES:
            raise NoVoiceError(
                subject, f"Kokoro has no voice {self._voice!r}; take one of {', '.join(VOICES)}"
            )
        if not self._model.is_file():
            raise NoVoiceError(
                subject, f"Kokoro's weights are not at {self._model}; run: ribao models --fetch"
            )
        try:
            import onnxruntime
            import pypinyin  # noqa: F401 - both are needed only later, by the phonemes
            import rjieba  # noqa: F401

            from ribao.voices.phonemes import Phonemes
        except ImportError as error:
            raise NoVoiceError(
                subject, 'Kokoro needs its libraries; run: pip install "ribao[voice]"'
            ) from error
        try:
            session = _session(onnxruntime, self._model)
        except Exception as error:  # The library's exceptions have no common root.
            raise NoVoiceError(
                subject,
                f"{self._model} cannot be read as Kokoro's weights; run: ribao models --fetch",
            ) from error
        phonemes = Phonemes(self._espeak, self._pronunciations)
        return _Loaded(session, _styles(self._voice), phonemes, self._cores)


class _Loaded:
    """The model in memory, and the threads that run it: one piece of text on each core."""

    def __init__(self, session: Any, styles: Sound, phonemes: Phonemes, cores: int) -> None:
        self.phonemes = phonemes
        self._session = session
        self._styles = styles
        self._threads = ThreadPoolExecutor(cores, thread_name_prefix="kokoro")

    def begin(self, phonemes: str) -> Future[Sound]:
        return self._threads.submit(self._make, phonemes)

    def _make(self, phonemes: str) -> Sound:
        import numpy as np

        from ribao.voices.phonemes import vocabulary

        numbers = [vocabulary()[symbol] for symbol in phonemes]
        made: Sound = self._session.run(
            None,
            {
                # 0 stands before and after.
                "tokens": np.array([[0, *numbers, 0]], np.int64),
                "style": self._styles[len(numbers) - 1][None],
                "speed": np.array([SPEED], np.float32),
            },
        )[0]
        return trimmed(made)


def _cores() -> int:
    """How many cores this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _session(onnxruntime: Any, model: Path) -> Any:
    options = onnxruntime.SessionOptions()
    # One thread for each run and as many runs as cores: measured faster than two for one run.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _styles(voice: str) -> Sound:
    import numpy as np

    data = (files("ribao.voices") / "kokoro_voices" / f"{voice}.bin").read_bytes()
    return np.frombuffer(data, "<f4").reshape(STYLES, STYLE)


def _finished(subject: str, future: Future[Sound]) -> Sound:
    try:
        made = future.result()
    except Exception as error:  # The library's exceptions have no common root.
        raise VoiceError(subject, "Kokoro's model failed", transient=True) from error
    if not len(made):
        raise VoiceError(subject, "Kokoro's model gave only silence")
    return made


def _silence(seconds: float) -> Sound:
    import numpy as np

    return np.zeros(round(seconds * RATE), np.float32)


def trimmed(sound: Sound) -> Sound:
    """Cut the silence at both ends down to a breath, and bring the peak below full scale.

    What is left begins and ends at zero. Sound without a level above silence comes back empty.
    """
    import numpy as np

    # Broken numbers would be noise at full scale: they count as silence.
    sound = np.nan_to_num(sound.reshape(-1), nan=0.0, posinf=0.0, neginf=0.0)
    whole = len(sound) // FRAME
    level = np.sqrt(np.square(sound[: whole * FRAME].reshape(whole, FRAME)).mean(axis=1))
    loud = np.flatnonzero(level > SILENCE)
    if not len(loud):
        return sound[:0]
    start = max(0, int(loud[0]) * FRAME - round(LEAD * RATE))
    end = min(len(sound), (int(loud[-1]) + 1) * FRAME + round(TAIL * RATE))
    kept: Sound = sound[start:end].astype(np.float32)
    slope = np.linspace(0, 1, FRAME, dtype=np.float32)
    kept[:FRAME] *= slope
    kept[-FRAME:] *= slope[::-1]
    return kept * np.float32(min(1.0, PEAK / float(np.abs(kept).max())))
