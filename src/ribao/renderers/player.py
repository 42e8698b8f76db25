"""What the page's player shows: each spoken edition with its chapters and its transcript."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ribao.speech import Cue, EditionName, Episode

# The files of each edition begin so: ``issue.mp3``, ``brief.vtt`` ...
STEMS: dict[EditionName, str] = {"brief": "brief", "full": "issue"}


@dataclass(frozen=True, slots=True)
class Passage:
    """A chapter: when it begins (in seconds, and as a clock shows it), and what is said in it."""

    key: str
    title: str
    start: str
    clock: str
    cues: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Player:
    """A spoken edition: its files begin with ``stem``; ``revision`` is the one it was made of."""

    edition: EditionName
    stem: str
    clock: str
    revision: int
    voices: tuple[str, ...]
    passages: tuple[Passage, ...]


def players(episodes: Sequence[Episode]) -> list[Player]:
    """Return what is to be shown of an issue's spoken editions, the short one first."""
    in_order = sorted(episodes, key=lambda episode: list(STEMS).index(episode.edition))
    return [
        Player(
            episode.edition,
            STEMS[episode.edition],
            clock(episode.seconds),
            episode.revision,
            episode.voices,
            tuple(_passages(episode)),
        )
        for episode in in_order
    ]


def where_heard(shown: Sequence[Player]) -> dict[str, tuple[str, str]]:
    """Return where each chapter's key is heard: in the first that has it, its stem and when."""
    heard: dict[str, tuple[str, str]] = {}
    for player in shown:
        for passage in player.passages:
            heard.setdefault(passage.key, (player.stem, passage.start))
    return heard


def clock(seconds: float) -> str:
    """Return a time as players show it: ``4:05``, ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _passages(episode: Episode) -> Iterator[Passage]:
    for chapter in episode.chapters:
        said = [c for c in episode.cues if chapter.span.start <= c.span.start < chapter.span.end]
        begins = chapter.span.start
        yield Passage(
            chapter.key, chapter.title, _at(begins), clock(begins), tuple(map(_timed, said))
        )


def _timed(cue: Cue) -> tuple[str, str]:
    return _at(cue.span.start), cue.text


def _at(seconds: float) -> str:
    """Seconds as a media fragment has them (W3C Media Fragments: ``#t=12.3``)."""
    return f"{seconds:.2f}"
