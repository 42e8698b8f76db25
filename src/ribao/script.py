"""What is said in a spoken edition of an issue, word by word. Pure.

``full`` says every title and abstract. ``brief`` stays below its limit whatever the day: the day in
numbers, the hot areas, as many papers by gist as leave room for the titles of all others (but never
fewer than ``LEAST_GISTS``), then titles as long as there is time; what is left out is said.
By gist first: most votes, then papers of a hot area, then the list's order; withdrawn and
untranslated papers only by title. Titles keep the list's order, each as a segment of its own
(``more``), so that every paper that is heard has its chapter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ribao.aloud import Ear, speak
from ribao.aloud.pace import estimate
from ribao.aloud.sentences import sentences as split
from ribao.grammar import in_words, weekday
from ribao.repair import readable
from ribao.speech import EditionName, Part, Script, Segment, Sentence
from ribao.statistics import Movement, Statistics
from ribao.types import Issue, IssuePaper

BRIEF_SECONDS = 270.0
"""What the brief edition may take by estimate: half a minute less than five minutes."""
JINGLE_SECONDS = 12.0
"""Set aside for the jingle at both ends and the tones between the parts."""
GAP_SECONDS = 0.9
"""Set aside for the pause behind a segment."""
LEAST_GISTS = 5
MOST_AREAS = 3
MOST_MOVES = 2
MOST_PAPER_SECONDS = 30.0
"""A gist stops at the sentence that would make its paper longer in the brief edition."""


@dataclass(frozen=True, slots=True)
class _Speaker:
    """What all parts of a script are said with."""

    texts: Mapping[str, str]
    ear: Ear
    masthead: str
    organizations: Mapping[str, str]


def make_script(
    issue: Issue,
    statistics: Statistics | None,
    edition: EditionName,
    texts: Mapping[str, str],
    ear: Ear,
    masthead: str,
    organizations: Mapping[str, str] | None = None,
) -> Script:
    """Return what is said in ``edition`` of ``issue``, in the words of ``texts``.

    ``statistics`` tell what moves, ``ear`` how names are said; ``masthead`` is the paper's name,
    and ``organizations`` are those behind papers, by the paper's id.
    """
    desk = _Desk(issue, edition, _Speaker(texts, ear, masthead, organizations or {}))
    opening = desk.opening(statistics)
    if edition == "full":
        papers, left_out = [desk.in_full(paper) for paper in issue.papers], 0
    else:
        papers, left_out = _brief_papers(desk, opening)
    return Script(
        day=issue.day,
        language=issue.language,
        revision=issue.revision,
        edition=edition,
        title=desk.title,
        segments=(opening, *papers, desk.closing(left_out)),
    )


def passed_over(segment: Segment, texts: Mapping[str, str]) -> Segment | None:
    """Return what is said in place of a paper that no voice could speak; None for other parts.

    Its title is shown but not said: it may be what the voices stumbled over.
    """
    if segment.part not in {"paper", "more"}:
        return None
    shown = texts["voice.passed_over"].format(title=segment.title)
    said = texts["voice.passed_over_said"]
    return replace(segment, sentences=(Sentence(shown, said),))


def estimated_seconds(segments: Iterable[Segment]) -> float:
    """Return how long segments take by estimate, with the pauses between them."""
    return sum(_seconds(segment) for segment in segments)


def _seconds(segment: Segment) -> float:
    return estimate(sentence.spoken for sentence in segment.sentences) + GAP_SECONDS


# ── the brief edition ─────────────────────────────────────────────────────────────────────────


def _brief_papers(desk: _Desk, opening: Segment) -> tuple[list[Segment], int]:
    """The papers that fit, and how many do not."""
    papers = desk.issue.papers
    room = BRIEF_SECONDS - JINGLE_SECONDS - _seconds(opening)
    # The longest closing, and the sentences that lead from part to part.
    room -= _seconds(desk.closing(len(papers))) + _seconds(desk.leads())
    gists = {paper.id: desk.by_gist(paper) for paper in papers}
    titles = {paper.id: desk.by_title(paper) for paper in papers}
    ranked = _ranked(desk.issue)
    count = _gists_that_fit(ranked, papers, gists, titles, room)
    chosen = [gists[paper.id] for paper in ranked[:count]]
    told = {segment.key for segment in chosen}
    room -= estimated_seconds(chosen)
    rest = []
    for paper in papers:
        seconds = _seconds(titles[paper.id])
        if paper.id not in told and seconds <= room:
            rest.append(titles[paper.id])
            room -= seconds
    segments = [
        *_led(chosen, desk.said(desk.texts["voice.top"]) if rest else ()),
        *_led(rest, desk.said(desk.texts["voice.rest"]) if chosen else ()),
    ]
    return segments, len(papers) - len(segments)


def _ranked(issue: Issue) -> list[IssuePaper]:
    """The papers that can be said by gist, the most liked first."""
    hot = {topic.slug for topic in issue.stats.hot_topics[:MOST_AREAS]}
    able = [p for p in issue.papers if not p.withdrawn and p.translation.status != "missing"]
    return sorted(
        able, key=lambda p: (-(p.upvotes or 0), not hot.intersection(p.topics), p.position)
    )


def _gists_that_fit(
    ranked: Sequence[IssuePaper],
    papers: Sequence[IssuePaper],
    gists: Mapping[str, Segment],
    titles: Mapping[str, Segment],
    room: float,
) -> int:
    """How many gists leave room for all other titles; at least a few where they themselves fit."""
    needed = sum(_seconds(titles[paper.id]) for paper in papers)
    alone, count = 0.0, 0
    for number, paper in enumerate(ranked, 1):
        alone += _seconds(gists[paper.id])
        needed += _seconds(gists[paper.id]) - _seconds(titles[paper.id])
        if alone <= room and (needed <= room or number <= LEAST_GISTS):
            count = number
    return count


def _led(segments: Sequence[Segment], lead: Sequence[Sentence]) -> list[Segment]:
    """The segments, the first with the sentence that leads to them."""
    if not segments:
        return []
    first = replace(segments[0], sentences=(*lead, *segments[0].sentences))
    return [first, *segments[1:]]


# ── the parts ─────────────────────────────────────────────────────────────────────────────────


class _Desk:
    """One issue and what its parts are said with."""

    def __init__(self, issue: Issue, edition: EditionName, speaker: _Speaker) -> None:
        self.issue = issue
        self._speaker = speaker
        self.texts = texts = speaker.texts
        self._edition = edition
        self._names = {
            "masthead": speaker.masthead,
            "edition": texts["voice.full"] if edition == "full" else texts["voice.brief"],
            "date": in_words(issue.day, texts),
        }
        self.title = texts["voice.title"].format(**self._names)

    def said(self, words: str, **places: object) -> tuple[Sentence, ...]:
        """Our own words, with their places filled, as sentences."""
        return self._sentences(words.format(**places))

    def opening(self, statistics: Statistics | None) -> Segment:
        """Who speaks, the day, and the day in numbers."""
        sentences = (
            *self.said(
                self.texts["voice.welcome"],
                weekday=weekday(self.issue.day, self.texts),
                **self._names,
            ),
            *self._numbers(statistics),
            *self._hot_areas(statistics),
        )
        return Segment("opening", "opening", self.texts["voice.opening_title"], None, sentences)

    def closing(self, left_out: int) -> Segment:
        """What was left out, where to read, and what machines made."""
        sentences: list[Sentence] = []
        if left_out == 1:
            sentences += self.said(self.texts["voice.skipped_one"])
        elif left_out:
            sentences += self.said(self.texts["voice.skipped"], count=left_out)
        if self.issue.papers:
            full = self._edition == "full"
            sentences += (
                self.said(self.texts["voice.where"])
                if full
                else self.said(self.texts["voice.where_brief"])
            )
        sentences += self.said(self.texts["voice.synthetic"])
        if any(paper.translation.status in {"ok", "flagged"} for paper in self.issue.papers):
            sentences += self.said(self.texts["voice.translated"])
        title = self.texts["voice.closing_title"]
        return Segment("closing", "closing", title, None, tuple(sentences))

    def leads(self) -> Segment:
        """The sentences that lead from part to part (for their length)."""
        sentences = (*self.said(self.texts["voice.top"]), *self.said(self.texts["voice.rest"]))
        return Segment("leads", "more", "", None, sentences)

    def in_full(self, paper: IssuePaper) -> Segment:
        """A paper with its number, title, organisation and abstract."""
        missing = paper.translation.status == "missing"
        words = self.texts["voice.paper_missing"] if missing else self.texts["voice.paper"]
        sentences = [*self._title(paper, words), *self._warnings(paper)]
        if organization := self._speaker.organizations.get(paper.id):
            sentences += self.said(self.texts["voice.organization"], organization=organization)
        if not missing:
            abstract = self._sentences(paper.abstract)
            sentences += abstract or self.said(self.texts["page.no_abstract"])
        return self._segment(paper, "paper", sentences)

    def by_gist(self, paper: IssuePaper) -> Segment:
        """A paper with its title and what is new in it."""
        sentences = [*self._title(paper, "{title}"), *self._warnings(paper)]
        seconds = estimate(sentence.spoken for sentence in sentences)
        for sentence in self._gist(paper):
            seconds += estimate([sentence.spoken])
            if seconds > MOST_PAPER_SECONDS:
                break
            sentences.append(sentence)
        return self._segment(paper, "paper", sentences)

    def by_title(self, paper: IssuePaper) -> Segment:
        """A paper with its title alone."""
        missing = paper.translation.status == "missing"
        words = self.texts["voice.title_missing"] if missing else "{title}"
        return self._segment(paper, "more", [*self._title(paper, words), *self._warnings(paper)])

    def _segment(self, paper: IssuePaper, part: Part, sentences: Iterable[Sentence]) -> Segment:
        url = paper.links.arxiv or paper.links.huggingface
        return Segment(paper.id, part, readable(paper.title), url, tuple(sentences))

    def _title(self, paper: IssuePaper, words: str) -> tuple[Sentence, ...]:
        """The title in a sentence of ours, or that it cannot be said."""
        if not self._speak(paper.title):
            return self.said(self.texts["voice.unspeakable"], position=paper.position)
        line = words.format(position=paper.position, title=paper.title)
        if not line.endswith(tuple(self.texts["voice.ends"])):
            line += self.texts["voice.stop"]
        return self._sentences(line)

    def _gist(self, paper: IssuePaper) -> tuple[Sentence, ...]:
        """The gist; without one the abstract's sentence that says what is new, else its first."""
        if paper.gist and (gist := self._sentences(paper.gist)):
            return gist
        abstract = self._sentences(paper.abstract)
        signs = self.texts["voice.new"].split("|")
        new = (s for s in abstract if any(sign in s.text.lower() for sign in signs))
        first = next(new, abstract[0] if abstract else None)
        return (first,) if first else ()

    def _warnings(self, paper: IssuePaper) -> tuple[Sentence, ...]:
        sentences: list[Sentence] = []
        if paper.withdrawn:
            sentences += self.said(self.texts["voice.this_withdrawn"])
        if paper.late:
            sentences += self.said(self.texts["voice.this_late"])
        if paper.translation.status == "flagged":
            sentences += self.said(self.texts["voice.this_flagged"])
        if paper.translation.draft:
            sentences += self.said(self.texts["voice.this_draft"])
        return tuple(sentences)

    def _numbers(self, statistics: Statistics | None) -> list[Sentence]:
        papers, texts = self.issue.papers, self.texts
        if not papers:
            return list(self.said(self.texts["voice.empty"]))
        several = len(papers) > 1
        sentences = [
            *(
                self.said(self.texts["voice.count"], count=len(papers))
                if several
                else self.said(self.texts["voice.one"])
            )
        ]
        if statistics and statistics.mean:
            sentences += self.said(self.texts["voice.mean"], mean=f"{statistics.mean:.0f}")
        counts = (
            (texts["voice.code"], self.issue.stats.with_code),
            (texts["voice.late"], sum(p.late for p in papers)),
            (texts["voice.flagged"], sum(p.translation.status == "flagged" for p in papers)),
            (texts["voice.drafts"], sum(p.translation.draft for p in papers)),
            (texts["voice.missing"], sum(p.translation.status == "missing" for p in papers)),
            (texts["voice.withdrawn"], sum(p.withdrawn for p in papers)),
        )
        parts = [words.format(count=count) for words, count in counts if count]
        if parts and several:
            sentences += self.said(self.texts["voice.among"], parts=texts["voice.and"].join(parts))
        return sentences

    def _hot_areas(self, statistics: Statistics | None) -> list[Sentence]:
        texts = self.texts
        hot = self.issue.stats.hot_topics[:MOST_AREAS]
        if len(self.issue.papers) <= 1 or not hot:
            return []
        parts = [texts["voice.area"].format(name=topic.name, count=topic.count) for topic in hot]
        sentences = [*self.said(self.texts["voice.hot"], parts=texts["voice.and"].join(parts))]
        if statistics:
            sentences += self._moves(texts["voice.rising"], statistics.rising_areas)
            sentences += self._moves(texts["voice.fading"], statistics.fading_areas)
        return sentences

    def _moves(self, words: str, moves: Sequence[Movement]) -> tuple[Sentence, ...]:
        names = [move.name for move in moves[:MOST_MOVES]]
        return self.said(words, names=self.texts["voice.names"].join(names)) if names else ()

    def _sentences(self, text: str) -> tuple[Sentence, ...]:
        """The sentences of ``text`` that have something to say."""
        spoken = ((each, self._speak(each)) for each in split(text))
        return tuple(Sentence(each, said) for each, said in spoken if said)

    def _speak(self, text: str) -> str:
        return speak(text, self.issue.language, self._speaker.ear)
