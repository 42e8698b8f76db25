"""The podcast: its feeds and its cover in the edition's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ribao.archive import Archive
from ribao.channels.folder import publish
from ribao.renderers.cover import draw_cover
from ribao.renderers.edition import Edition
from ribao.renderers.player import STEMS
from ribao.renderers.podcast import (
    COVER,
    FEEDS,
    NEWEST,
    Spoken,
    choose,
    describe,
    render_podcast,
    summary_of,
)
from ribao.speech import EditionName
from ribao.types import Artifact


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Writes the podcast of an edition. What is said of it is the settings'."""

    archive: Archive
    edition: Edition
    folder: Path
    owner: str | None = None
    email: str | None = None
    description: str | None = None
    guid: str | None = None

    def write(self, *, anew: bool) -> list[Path]:
        """Write feeds and cover where they are missing, or ``anew``. Return what changed.

        Raises ``RenderError`` where the edition has no address, or the folder cannot be written.
        """
        if not anew and all((self.folder / path).is_file() for path in (FEEDS["full"], COVER)):
            return []
        spoken = self._spoken()
        artifacts = [
            Artifact(path, self._feed(name, chosen))
            for name, path in FEEDS.items()
            if (chosen := choose(spoken, name))
        ]
        changed = publish(self.folder, artifacts)
        # The feeds first: they are out also where no cover can be drawn.
        if artifacts and (anew or not (self.folder / COVER).is_file()):
            changed += publish(self.folder, [Artifact(COVER, draw_cover(self.edition))])
        return changed

    def _feed(self, name: EditionName, spoken: Sequence[Spoken]) -> bytes:
        podcast = describe(
            self.edition,
            name,
            owner=self.owner,
            email=self.email,
            description=self.description,
            guid=self.guid if name == "full" else None,
        )
        return render_podcast(spoken, podcast, self.edition.texts)

    def _spoken(self) -> list[Spoken]:
        """Return the newest days' episodes whose sound is there, each with its issue in a line."""
        found = []
        language = self.edition.language
        for kept in self.archive.episodes(language)[-2 * NEWEST :]:
            episode = kept.episode
            sound = self.folder / str(episode.day) / f"{STEMS[episode.edition]}.mp3"
            first = self.archive.first_issue(episode.day, language)
            newest = self.archive.issue(episode.day, language)
            if first is not None and newest is not None and sound.is_file():
                summary = summary_of(newest, self.edition.texts)
                found.append(Spoken(episode, first.generated_at, summary))
        return found
