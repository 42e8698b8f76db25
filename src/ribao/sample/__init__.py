"""The recorded sample day: 2026-01-12's facts with texts of our own, and the days before it.

``history.jsonl.gz`` holds 488 papers of the 30 days from 2025-12-01 that are at hand, as their
lists stood when they were saved. They are imported, never published. They have no abstracts: facts,
keywords, and in the abstract's place the terms of the lists that it holds. ``docs/make_sample.py``
makes it and says why.
"""
