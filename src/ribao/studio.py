"""The spoken edition of an issue: script, recording, mix, transcript; made once, then known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ribao import __version__
from ribao.aloud import Ear
from ribao.archive import Archive
from ribao.broadcast import Broadcast
from ribao.channels.folder import publish
from ribao.errors import StepError
from ribao.recording import Crew, Recording, record
from ribao.renderers.edition import Edition
from ribao.renderers.player import STEMS
from ribao.renderers.transcript import render_chapters, render_vtt
from ribao.script import make_script, passed_over
from ribao.sound.mix import Label, mix
from ribao.sound.tapes import Folder
from ribao.speech import EditionName, Episode, Script
from ribao.types import Artifact, Issue

# A late paper comes within days; then nothing of an issue is spoken again.
TAPES_KEPT = timedelta(days=4)
# What an episode cannot be without.
ENDS = frozenset({"opening", "closing"})
# Seconds that the brief edition may take; the script keeps to it by estimate.
BRIEF = 300


@dataclass(frozen=True, slots=True)
class Studio:
    """Speaks the issues of an edition into its folder."""

    archive: Archive
    edition: Edition
    folder: Path
    editions: tuple[EditionName, ...]
    crew: Crew
    tapes: Folder
    ear: Ear
    broadcast: Broadcast
    cover: Callable[[], bytes | None]
    clock: Callable[[], datetime]

    def speak(self, issue: Issue) -> tuple[bool, list[str]]:
        """Speak an issue in each edition in which it is not spoken yet.

        Returns whether anything was made, and what is missing, each as one line. Never raises for
        the sound alone: the issue is out without it.
        """
        made, problems = False, []
        for name in self.editions:
            try:
                new, lost = self._speak(issue, name)
            except StepError as error:
                new, lost = False, [str(error)]
            made = made or new
            problems += [f"{issue.day} {name}: {problem}" for problem in lost]
        self.tapes.clear(self.clock() - TAPES_KEPT)
        written, failed = self._broadcast(anew=made)
        return made or written, problems + failed

    def _broadcast(self, *, anew: bool) -> tuple[bool, list[str]]:
        if self.edition.base_url is None:
            if anew:
                self.crew.progress.tell("no podcast feed: that needs site.base_url")
            return False, []
        try:
            return bool(self.broadcast.write(anew=anew)), []
        except StepError as error:
            return False, [str(error)]

    def _speak(self, issue: Issue, name: EditionName) -> tuple[bool, list[str]]:
        stats = self.archive.statistics(issue)
        texts = self.edition.texts
        script = make_script(issue, stats, name, texts, self.ear, self.edition.title)
        inputs = self._inputs(script)
        path = self.folder / str(issue.day) / f"{STEMS[name]}.mp3"
        known = self.archive.episodes(issue.language, issue.day, name)
        if known and known[0].inputs == inputs and known[0].digest == digest_of(path):
            # What is read along is made of what is known: one that was lost comes back.
            return bool(self._transcribe(script, known[0].episode)), []
        recording = record(script, self.crew, lambda segment: passed_over(segment, texts))
        for note in recording.notes:
            self.crew.progress.tell(note)
        if not recording.tapes or ENDS.intersection(recording.lost):
            # Voices failed on the way: players fetch an episode once, and a torso is none.
            return False, list(recording.problems)
        cover, problems = self._cover()
        episode = self._mix(script, recording, path, cover)
        # With something lost it is made again next time: the inputs are not what was asked for.
        done = f"incomplete {inputs}" if recording.lost or problems else inputs
        # Noted before the rest is written: page and feed must go by the sound that is there.
        self.archive.keep_episode(episode, done, digest_of(path) or "")
        problems += recording.problems
        if name == "brief" and episode.seconds > BRIEF:
            problems.append(f"is {episode.seconds / 60:.1f} minutes long; take a quicker voice")
        try:
            self._transcribe(script, episode)
        except StepError as error:
            problems.append(str(error))
        return True, problems

    def _cover(self) -> tuple[bytes | None, list[str]]:
        """Return the picture that each MP3 carries, and what is wrong with it: sound needs none."""
        try:
            return self.cover(), []
        except StepError as error:
            return None, [str(error)]

    def _mix(
        self, script: Script, recording: Recording, path: Path, cover: bytes | None
    ) -> Episode:
        label = Label(
            artist=self.edition.title,
            album=self.edition.title,
            link=self._address(script),
            cover=cover,
            lost=recording.lost,
        )
        return mix(script, recording.play(self.tapes), path, label)

    def _transcribe(self, script: Script, episode: Episode) -> list[Path]:
        """Write what an episode has beside its sound; return what changed."""
        place = f"{script.day}/{STEMS[script.edition]}"
        link = self._address(script)
        chapters = render_chapters(episode, podcast=self.edition.title, link=link)
        return publish(
            self.folder,
            [
                Artifact(f"{place}.vtt", render_vtt(episode.cues).encode()),
                Artifact(f"{place}.chapters.json", chapters),
            ],
        )

    def _address(self, script: Script) -> str | None:
        return f"{self.edition.base_url}/{script.day}/" if self.edition.base_url else None

    def _inputs(self, script: Script) -> str:
        names = [voice.name for voice in self.crew.all]
        own = [__version__, names, self.edition.title, self._address(script)]
        parts = (msgspec.json.encode(part) for part in (script, own))
        return hashlib.sha256(b"\n".join(parts)).hexdigest()


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file, None where it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
