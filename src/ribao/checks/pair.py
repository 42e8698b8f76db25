"""What a check is given: an original and its translation. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ribao.types import Draft, Term

_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Pair:
    """An original and its translation; ``language`` is the translation's ("zh-Hans").

    ``terms`` are those of the paper: what their list forbids must not stand in the translation.
    """

    original_title: str
    original_abstract: str
    draft: Draft
    language: str
    terms: tuple[Term, ...] = ()

    @property
    def original(self) -> str:
        """The whole original."""
        return f"{self.original_title}\n{self.original_abstract}"

    @property
    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """The texts that are there: where each stands, what it translates, and itself."""
        texts = (
            ("title", self.original_title, self.draft.title),
            ("abstract", self.original_abstract, self.draft.abstract),
            ("gist", self.original, self.draft.gist or ""),
        )
        return tuple(each for each in texts if each[2].strip())

    @property
    def family(self) -> str:
        """The language without its script: "zh" of "zh-Hans"."""
        return self.language.partition("-")[0]

    def clipped(self) -> Pair:
        """The first 20,000 characters of each text: what may be held against each other."""
        title, abstract, gist = self.draft.title, self.draft.abstract, self.draft.gist
        draft = Draft(title[:_LONGEST], abstract[:_LONGEST], gist and gist[:_LONGEST])
        return replace(
            self,
            original_title=self.original_title[:_LONGEST],
            original_abstract=self.original_abstract[:_LONGEST],
            draft=draft,
        )
