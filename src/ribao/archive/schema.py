"""The tables, as migrations that are only ever added to.

``listings`` and ``replies`` are what cannot be had again; ``issues`` and ``statistics`` are what
was published, and ``looks`` and ``runs`` what was done and when. ``papers`` is derived from
``listings``, ``renderings`` and ``episodes`` from the files.
Days are ``YYYY-MM-DD``, moments ISO 8601 in UTC, lists JSON.
"""

from __future__ import annotations

# "riba" in ASCII: tells our file from any other program's.
APPLICATION_ID = 0x72696261

MIGRATIONS: tuple[str, ...] = (
    """
    -- Every answer of a source, as received (text where it is UTF-8, else bytes).
    CREATE TABLE listings (
        listing_id  INTEGER PRIMARY KEY,
        source      TEXT NOT NULL,
        day         TEXT NOT NULL,
        page        INTEGER NOT NULL,
        fetched_at  TEXT NOT NULL,
        digest      TEXT NOT NULL,           -- SHA-256 of body
        body        ANY NOT NULL,
        UNIQUE (source, day, page, digest)
    ) STRICT;

    -- Each paper of each day's list, with its newest facts. Derived from listings.
    CREATE TABLE papers (
        day           TEXT NOT NULL,
        source        TEXT NOT NULL,
        paper_id      TEXT NOT NULL,
        position      INTEGER NOT NULL,      -- its place in the list when it was first seen
        title         TEXT NOT NULL,
        abstract      TEXT NOT NULL,
        authors       TEXT NOT NULL,         -- JSON list of names
        published_at  TEXT,
        upvotes       INTEGER,
        keywords      TEXT NOT NULL,         -- JSON list of words
        links         TEXT NOT NULL,         -- JSON object
        organization  TEXT,
        digest        TEXT NOT NULL,         -- SHA-256 of title and abstract
        first_seen_at TEXT NOT NULL,
        last_seen_at  TEXT NOT NULL,
        PRIMARY KEY (day, source, paper_id)
    ) STRICT;
    CREATE INDEX papers_by_id ON papers (paper_id);

    -- Every answer of a language model, as received. It belongs to paper, digest and language.
    CREATE TABLE replies (
        reply_id      INTEGER PRIMARY KEY,
        source        TEXT NOT NULL,
        paper_id      TEXT NOT NULL,
        digest        TEXT NOT NULL,
        language      TEXT NOT NULL,
        asked_at      TEXT NOT NULL,
        engine        TEXT NOT NULL,
        model         TEXT NOT NULL,
        prompt        TEXT NOT NULL,         -- digest of the prompt's wording
        finish        TEXT NOT NULL,         -- stop, length, content_filter, refused ...
        text          TEXT NOT NULL,         -- what it said
        input_tokens  INTEGER,
        output_tokens INTEGER,
        body          TEXT NOT NULL          -- the whole answer
    ) STRICT;
    CREATE INDEX replies_by_paper ON replies (paper_id, source, digest, language);

    -- What was published: each revision of each issue, whole, as issue.json has it.
    CREATE TABLE issues (
        day           TEXT NOT NULL,
        language      TEXT NOT NULL,
        revision      INTEGER NOT NULL,
        generated_at  TEXT NOT NULL,
        body          TEXT NOT NULL,
        PRIMARY KEY (day, language, revision)
    ) STRICT;

    -- Each look at a day's list: listed, empty, waiting or failed, and why.
    CREATE TABLE looks (
        look_id   INTEGER PRIMARY KEY,
        source    TEXT NOT NULL,
        day       TEXT NOT NULL,
        looked_at TEXT NOT NULL,
        outcome   TEXT NOT NULL,
        papers    INTEGER NOT NULL,
        message   TEXT NOT NULL
    ) STRICT;
    CREATE INDEX looks_by_day ON looks (day);

    -- Each command that wrote here: while it has no end, it holds the archive (or was killed).
    CREATE TABLE runs (
        run_id     INTEGER PRIMARY KEY,
        command    TEXT NOT NULL,
        host       TEXT NOT NULL,
        pid        INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        ended_at   TEXT,
        exit_code  INTEGER,
        report     TEXT                      -- JSON, as --json prints it
    ) STRICT;
    """,
    """
    -- The numbers of each revision of each issue, as stats.json has them.
    CREATE TABLE statistics (
        day           TEXT NOT NULL,
        language      TEXT NOT NULL,
        revision      INTEGER NOT NULL,
        body          TEXT NOT NULL,
        PRIMARY KEY (day, language, revision)
    ) STRICT;

    -- Each picture and print edition that was made, so that none is made twice. Derived.
    CREATE TABLE renderings (
        day           TEXT NOT NULL,
        language      TEXT NOT NULL,
        path          TEXT NOT NULL,         -- below the output folder
        inputs        TEXT NOT NULL,         -- SHA-256 of all that it was made from
        digest        TEXT NOT NULL,         -- SHA-256 of the file
        PRIMARY KEY (day, language, path)
    ) STRICT;
    """,
    """
    -- Each spoken edition that was made: what pages and feeds must know of its MP3. Derived.
    CREATE TABLE episodes (
        day           TEXT NOT NULL,
        language      TEXT NOT NULL,
        edition       TEXT NOT NULL,         -- brief or full
        inputs        TEXT NOT NULL,         -- SHA-256 of all that it was made from
        digest        TEXT NOT NULL,         -- SHA-256 of the MP3
        body          TEXT NOT NULL,         -- JSON: length, chapters, transcript, voices
        PRIMARY KEY (day, language, edition)
    ) STRICT;
    """,
    """
    -- What a reply cost by the prices of its day, what of its input the server had kept, the digest
    -- of the terms in its prompt, whether it is the draft of a small model, and why this engine was
    -- asked (where papers are shared out by how hard they are).
    ALTER TABLE replies ADD COLUMN cached_tokens INTEGER;
    ALTER TABLE replies ADD COLUMN cost REAL;
    ALTER TABLE replies ADD COLUMN currency TEXT;
    ALTER TABLE replies ADD COLUMN terms TEXT NOT NULL DEFAULT '';
    ALTER TABLE replies ADD COLUMN draft INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE replies ADD COLUMN route TEXT NOT NULL DEFAULT '';
    -- Engines are called as the settings call them.
    UPDATE replies SET engine = 'llm' WHERE engine = 'openai_chat';
    CREATE INDEX replies_by_moment ON replies (asked_at);

    -- What a server was found to take of a request.
    CREATE TABLE servers (
        base_url    TEXT NOT NULL,
        model       TEXT NOT NULL,
        format      TEXT NOT NULL,           -- json_schema, json_object or empty
        temperature INTEGER NOT NULL,        -- whether it takes one
        found_at    TEXT NOT NULL,
        PRIMARY KEY (base_url, model)
    ) STRICT;
    """,
    """
    -- The questions that were ordered in batches, and what became of them.
    CREATE TABLE batches (
        number      INTEGER PRIMARY KEY,
        engine      TEXT NOT NULL,
        base_url    TEXT NOT NULL,
        model       TEXT NOT NULL,
        created_at  TEXT NOT NULL,
        file_id     TEXT NOT NULL,           -- the uploaded questions, by the server's name
        batch_id    TEXT,                    -- likewise; NULL: it may have been ordered, or not
        questions   TEXT NOT NULL,           -- JSON list: id, paper_id, digest, language ...
        reserved    REAL NOT NULL,           -- what it costs at most
        currency    TEXT,
        state       TEXT NOT NULL DEFAULT 'open', -- completed, failed, expired, cancelled, given up
        message     TEXT NOT NULL DEFAULT '',
        lost        TEXT NOT NULL DEFAULT '[]' -- JSON list: ids of those that are asked directly
    ) STRICT;
    """,
)
