"""chrF++ and BLEU through sacrebleu: the figures that papers on translation compare.

chrF++ (Popovic 2017, https://aclanthology.org/W17-4770/) counts runs of 1 to 6 characters and 1 to
2 words; BLEU (Post 2018, https://aclanthology.org/W18-6319/) is taken over Chinese characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ribao.errors import ConfigError
from ribao.evaluate import Score

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF


class Scores:
    """Measures texts against their references. Raises ``ConfigError`` without sacrebleu."""

    def __init__(self) -> None:
        # "force" only keeps it from wondering, on stderr, whether the texts are cut into words.
        try:
            # 0.3 s: for no other command.
            from sacrebleu.metrics.bleu import BLEU
            from sacrebleu.metrics.chrf import CHRF
        except ImportError as error:
            raise ConfigError(
                "evaluate: sacrebleu is not installed; pip install 'ribao[evaluate]'"
            ) from error
        self._chrf: CHRF = CHRF(word_order=2)
        self._corpus: BLEU = BLEU(tokenize="zh", force=True)
        # One short title has no four words in a row: without this its BLEU would be nearly 0.
        self._one: BLEU = BLEU(tokenize="zh", force=True, effective_order=True)

    def __call__(self, texts: Sequence[str], references: Sequence[str]) -> Score:
        """Return how like their references the texts are, as one corpus. None may be missing."""
        bleu = self._one if len(texts) == 1 else self._corpus
        return Score(
            round(self._chrf.corpus_score(texts, [references]).score, 2),
            round(bleu.corpus_score(texts, [references]).score, 2),
        )

    def signatures(self) -> dict[str, str]:
        """Return how each figure was made, in sacrebleu's own words."""
        # It has none before it has measured something.
        self(["a", "b"], ["a", "b"])
        return {
            "chrF++": str(self._chrf.get_signature()),
            "BLEU": str(self._corpus.get_signature()),
        }
