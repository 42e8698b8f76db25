"""What the archive keeps and gives back. The tables are described in ``schema.py``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Self

import apsw
import msgspec

from ribao.archive.database import migrate, open_database, said_plainly, schema_version
from ribao.archive.rows import (
    PAPER,
    REPLY,
    facts_of,
    moment,
    paper_from,
    reply_from,
    row_of,
    some,
    when,
)
from ribao.archive.schema import MIGRATIONS
from ribao.errors import StoreError
from ribao.listing import digest_of
from ribao.speech import EditionName, Episode
from ribao.statistics import AreaCount, DayCount, Statistics, Totals
from ribao.types import Entry, Issue, Look, Paper, RawPage, Reply, Takes

KILLED = -9


@dataclass(frozen=True, slots=True)
class Run:
    """One command that wrote to the archive."""

    command: str
    host: str
    pid: int
    started_at: datetime
    ended_at: datetime | None
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class KeptEpisode:
    """A spoken edition, with the SHA-256 of all that it was made from and of its MP3."""

    episode: Episode
    inputs: str
    digest: str


class Archive:
    """The archive of an edition. Use it with ``with``, from one thread."""

    def __init__(self, connection: apsw.Connection, path: str) -> None:
        self._connection = connection
        self.path = path
        self._run: int | None = None

    @classmethod
    def open(cls, path: Path, *, wait: float = 60.0, read_only: bool = False) -> Archive:
        """Open the file at ``path``. Raises ``StoreError`` where it cannot be used."""
        if read_only and not path.exists():
            raise StoreError(f"{path}: is not there yet; ribao run or ribao import makes it")
        connection = open_database(str(path), wait, read_only=read_only)
        archive = cls(connection, str(path))
        if read_only and schema_version(connection) < len(MIGRATIONS):
            # An older file is read through a copy that has our tables; it stays as it is.
            with archive:
                return cls.in_memory().take_over(archive)
        return archive

    @classmethod
    def in_memory(cls, copy_of: Path | None = None, *, wait: float = 60.0) -> Archive:
        """Return an archive that is never written: empty, or a copy of the file at ``copy_of``."""
        copy = cls(open_database(":memory:", wait), ":memory:")
        if copy_of is not None:
            with cls.open(copy_of, wait=wait, read_only=True) as original:
                copy.take_over(original)
        return copy

    def take_over(self, other: Archive) -> Self:
        """Become a copy of ``other``, at our schema."""
        with self._guard():
            with self._connection.backup("main", other._connection, "main") as backup:
                backup.step()
            migrate(self._connection)
        return self

    def close(self) -> None:
        """Close the file; what was kept is on the disk."""
        with self._guard():
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that happens inside, or nothing of it."""
        with self._guard(), self._connection:
            yield

    def _guard(self) -> AbstractContextManager[None]:
        return said_plainly(self.path)

    def _write(self, sql: str, values: tuple[Any, ...]) -> int:
        with self._guard():
            self._connection.execute(sql, values)
            return self._connection.changes()

    def _read(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._guard():
            return self._connection.execute(sql, values).fetchall()

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a question that stands in a file of its own beside this one."""
        return self._read(sql, values)

    # ── listings and papers ──────────────────────────────────────────────────────────────────

    def keep_page(self, page: RawPage) -> bool:
        """Keep a raw answer for ever; return False where the very same is there already."""
        sql = """INSERT INTO listings (source, day, page, fetched_at, digest, body)
                 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
        digest = hashlib.sha256(page.body).hexdigest()
        try:
            body: str | bytes = page.body.decode()
        except UnicodeDecodeError:
            body = page.body
        return (
            self._write(
                sql, (page.source, str(page.day), page.page, moment(page.fetched_at), digest, body)
            )
            > 0
        )

    def pages(self, source: str, day: date) -> list[RawPage]:
        """Return the raw answers for ``day``, oldest first."""
        rows = self._read(
            "SELECT page, fetched_at, body FROM listings WHERE source = ? AND day = ? "
            "ORDER BY fetched_at, page, listing_id",
            (source, str(day)),
        )
        return [
            RawPage(source, day, page, when(at), b if isinstance(b, bytes) else b.encode())
            for page, at, b in rows
        ]

    def keep_papers(
        self, day: date, papers: Iterable[Paper], seen_at: datetime, *, refresh: bool = True
    ) -> int:
        """Add a day's papers behind those that are there; return how many are new.

        ``refresh`` gives those that are there their newest facts. Places never change.
        """
        row = self._read("SELECT coalesce(max(position), 0) FROM papers WHERE day = ?", (str(day),))
        known = {paper.id for paper in self.papers(day)}
        position = row[0][0]
        new = 0
        for paper in papers:
            if paper.id not in known:
                new += 1
                self._insert_paper(day, paper, position + new, seen_at)
            elif refresh:
                self._refresh_paper(day, paper, seen_at)
        return new

    def _insert_paper(self, day: date, paper: Paper, position: int, seen_at: datetime) -> None:
        sql = f"INSERT INTO papers VALUES ({', '.join('?' * 15)})"
        seen = moment(seen_at)
        key = (str(day), paper.source, paper.id, position)
        self._write(sql, (*key, *facts_of(paper), seen, seen))

    def _refresh_paper(self, day: date, paper: Paper, seen_at: datetime) -> None:
        sql = """UPDATE papers SET title = ?, abstract = ?, authors = ?, published_at = ?,
                 upvotes = ?, keywords = ?, links = ?, organization = ?, digest = ?,
                 last_seen_at = ?
                 WHERE day = ? AND source = ? AND paper_id = ?"""
        key = (str(day), paper.source, paper.id)
        self._write(sql, (*facts_of(paper), moment(seen_at), *key))

    def papers(self, day: date) -> tuple[Paper, ...]:
        """Return the papers of ``day`` in their places."""
        sql = f"SELECT {PAPER} FROM papers WHERE day = ? ORDER BY position"
        rows = self._read(sql, (str(day),))
        with self._guard():
            return tuple(map(paper_from, rows))

    def papers_before(self, day: date, days: int) -> list[tuple[date, tuple[Paper, ...]]]:
        """Return the last ``days`` days before ``day`` that had papers, oldest first."""
        sql = "SELECT DISTINCT day FROM papers WHERE day < ? ORDER BY day DESC LIMIT ?"
        found = sorted(date.fromisoformat(row[0]) for row in self._read(sql, (str(day), days)))
        return [(each, self.papers(each)) for each in found]

    def listed_days(self) -> list[date]:
        """Return every day that has papers, oldest first."""
        rows = self._read("SELECT DISTINCT day FROM papers ORDER BY day")
        return [date.fromisoformat(day) for (day,) in rows]

    # ── replies ──────────────────────────────────────────────────────────────────────────────

    def keep_reply(self, reply: Reply) -> None:
        """Keep a reply for ever, at once."""
        places = ", ".join("?" * len(REPLY))
        self._write(f"INSERT INTO replies ({', '.join(REPLY)}) VALUES ({places})", row_of(reply))

    def replies(self, paper: Paper, language: str) -> tuple[Reply, ...]:
        """Return the replies to ``paper``'s text as it is now, oldest first."""
        sql = f"""SELECT {", ".join(REPLY)} FROM replies
                  WHERE paper_id = ? AND source = ? AND digest = ? AND language = ?
                  ORDER BY reply_id"""
        rows = self._read(sql, (paper.id, paper.source, digest_of(paper), language))
        return tuple(reply_from(row) for row in rows)

    def keep_server(self, base_url: str, model: str, takes: Takes, now: datetime) -> None:
        """Remember what a server was found to take."""
        sql = "REPLACE INTO servers VALUES (?, ?, ?, ?, ?)"
        self._write(sql, (base_url, model, takes.format, takes.temperature, moment(now)))

    def server(self, base_url: str, model: str, since: datetime) -> Takes | None:
        """Return what a server was found to take, where that is not older than ``since``."""
        sql = """SELECT format, temperature FROM servers
                 WHERE base_url = ? AND model = ? AND found_at >= ?"""
        for form, temperature in self._read(sql, (base_url, model, moment(since))):
            return Takes(form, bool(temperature))
        return None

    # ── issues ───────────────────────────────────────────────────────────────────────────────

    def keep_issue(self, issue: Issue, statistics: Statistics | None = None) -> None:
        """Keep a revision as it is published, and its numbers: both or neither."""
        key = (str(issue.day), issue.language, issue.revision)
        body = msgspec.json.encode(issue).decode()
        with self.transaction():
            values = (*key, moment(issue.generated_at), body)
            self._write("INSERT INTO issues VALUES (?, ?, ?, ?, ?)", values)
            if statistics is not None:
                numbers = msgspec.json.encode(statistics).decode()
                self._write("INSERT INTO statistics VALUES (?, ?, ?, ?)", (*key, numbers))

    def issue(self, day: date, language: str) -> Issue | None:
        """Return the newest revision of an issue."""
        return self._issue(day, language, "DESC")

    def first_issue(self, day: date, language: str) -> Issue | None:
        """Return the first revision of an issue: what joined after it is late."""
        return self._issue(day, language, "ASC")

    def _issue(self, day: date, language: str, order: Literal["ASC", "DESC"]) -> Issue | None:
        sql = f"""SELECT body FROM issues WHERE day = ? AND language = ?
                  ORDER BY revision {order} LIMIT 1"""
        rows = self._read(sql, (str(day), language))
        with self._guard():
            return msgspec.json.decode(rows[0][0], type=Issue) if rows else None

    def statistics(self, issue: Issue) -> Statistics | None:
        """Return the numbers of an issue's revision."""
        rows = self._read(
            "SELECT body FROM statistics WHERE day = ? AND language = ? AND revision = ?",
            (str(issue.day), issue.language, issue.revision),
        )
        with self._guard():
            return msgspec.json.decode(rows[0][0], type=Statistics) if rows else None

    def keep_rendering(self, issue: Issue, path: str, inputs: str, digest: str) -> None:
        """Note that a file was made from these inputs."""
        sql = "INSERT OR REPLACE INTO renderings VALUES (?, ?, ?, ?, ?)"
        self._write(sql, (str(issue.day), issue.language, path, inputs, digest))

    def renderings(self, issue: Issue, inputs: str) -> dict[str, str]:
        """Return the digest of each file of the issue whose inputs begin with these, by path."""
        sql = """SELECT path, digest FROM renderings WHERE day = ? AND language = ?
                 AND substr(inputs, 1, length(?3)) = ?3"""
        return dict(self._read(sql, (str(issue.day), issue.language, inputs)))

    def issue_days(self, language: str) -> list[date]:
        """Return the days that have an issue, oldest first."""
        sql = "SELECT DISTINCT day FROM issues WHERE language = ? ORDER BY day"
        return [date.fromisoformat(day) for (day,) in self._read(sql, (language,))]

    def languages(self) -> list[str]:
        """Return the languages that have issues."""
        return [language for (language,) in self._read("SELECT DISTINCT language FROM issues")]

    def entries(self, language: str) -> list[Entry]:
        """Return what the list of all issues says of each, oldest first."""
        sql = """SELECT day, revision,
                        json_extract(body, '$.stats.count'),
                        json_extract(body, '$.stats.hot_topics[0].name',
                            '$.stats.hot_topics[1].name', '$.stats.hot_topics[2].name',
                            '$.stats.hot_topics[3].name'),
                        json_extract(body, '$.papers[0].title', '$.papers[1].title',
                            '$.papers[2].title')
                 FROM issues AS i WHERE language = ? AND revision =
                     (SELECT max(revision) FROM issues WHERE day = i.day AND language = i.language)
                 ORDER BY day"""
        return [
            Entry(date.fromisoformat(day), revision, count, some(titles), some(hot))
            for day, revision, count, hot, titles in self._read(sql, (language,))
        ]

    def totals(self, language: str, names: Mapping[str, str]) -> Totals:
        """Count over the newest revision of every issue; ``names`` gives the areas' by slug."""
        newest = """FROM issues AS i{} WHERE language = ? AND revision = (
                    SELECT max(revision) FROM issues WHERE day = i.day AND language = i.language)"""
        days = self._read(
            "SELECT day, json_extract(body, '$.stats.count'), json_extract(body, "
            f"'$.stats.with_code') {newest.format('')} ORDER BY day",
            (language,),
        )
        papers = ", json_each(i.body, '$.papers') AS p, json_each(p.value, '$.topics') AS t"
        areas = self._read(
            f"SELECT t.value, count(*) {newest.format(papers)} GROUP BY 1 ORDER BY 2 DESC, 1",
            (language,),
        )
        return Totals(
            language,
            issues=len(days),
            papers=sum(count for _, count, _ in days),
            with_code=sum(code for *_, code in days),
            days=tuple(DayCount(date.fromisoformat(day), count) for day, count, _ in days),
            areas=tuple(AreaCount(slug, names.get(slug, slug), count) for slug, count in areas),
        )

    # ── what is spoken ───────────────────────────────────────────────────────────────────────

    def keep_episode(self, episode: Episode, inputs: str, digest: str) -> None:
        """Note a spoken edition that was made; the digests are as in ``KeptEpisode``."""
        sql = "REPLACE INTO episodes VALUES (?, ?, ?, ?, ?, ?)"
        body = msgspec.json.encode(episode).decode()
        key = (str(episode.day), episode.language, episode.edition)
        self._write(sql, (*key, inputs, digest, body))

    def episodes(
        self, language: str, day: date | None = None, edition: EditionName | None = None
    ) -> list[KeptEpisode]:
        """Return what was spoken, oldest first: of one day, in one edition, or all."""
        sql = """SELECT body, inputs, digest FROM episodes WHERE language = ?
                 AND day = coalesce(?, day) AND edition = coalesce(?, edition)
                 ORDER BY day, edition"""
        rows = self._read(sql, (language, str(day) if day else None, edition))
        return [
            KeptEpisode(msgspec.json.decode(body, type=Episode), inputs, digest)
            for body, inputs, digest in rows
        ]

    # ── looks and runs ───────────────────────────────────────────────────────────────────────

    def keep_look(self, look: Look) -> None:
        """Note that a day's list was looked at."""
        sql = """INSERT INTO looks (source, day, looked_at, outcome, papers, message)
                 VALUES (?, ?, ?, ?, ?, ?)"""
        at = moment(look.looked_at)
        self._write(sql, (look.source, str(look.day), at, look.outcome, look.papers, look.message))

    def last_look(self, day: date) -> Look | None:
        """Return the newest look at ``day``."""
        sql = """SELECT source, looked_at, outcome, papers, message FROM looks
                 WHERE day = ? ORDER BY look_id DESC LIMIT 1"""
        for source, at, outcome, papers, message in self._read(sql, (str(day),)):
            return Look(source, day, when(at), outcome, papers, message)
        return None

    def begin_run(self, command: str, host: str, pid: int, now: datetime) -> None:
        """Note that a run begins. One without an end that was here before was killed."""
        sql = "UPDATE runs SET ended_at = ?, exit_code = ? WHERE ended_at IS NULL"
        self._write(sql, (moment(now), KILLED))
        sql = "INSERT INTO runs (command, host, pid, started_at) VALUES (?, ?, ?, ?)"
        self._write(sql, (command, host, pid, moment(now)))
        with self._guard():
            self._run = self._connection.last_insert_rowid()

    def end_run(self, exit_code: int, report: str, now: datetime) -> None:
        """Note how the run that began ended."""
        sql = "UPDATE runs SET ended_at = ?, exit_code = ?, report = ? WHERE run_id = ?"
        self._write(sql, (moment(now), exit_code, report, self._run))

    def open_run(self) -> Run | None:
        """Return the run that has not ended, if there is one."""
        sql = """SELECT command, host, pid, started_at FROM runs WHERE ended_at IS NULL
                 ORDER BY run_id DESC LIMIT 1"""
        for command, host, pid, started in self._read(sql):
            return Run(command, host, pid, when(started), None, None)
        return None
