"""Write ``docs/reference.md`` from the code: ``python docs/make_reference.py [--check]``.

Commands, settings, fields, tables, checks and areas are read from where they are defined. What the
code cannot say of itself (the meaning of a field) stands here, and a field without one is an error.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
import tomllib
import types
import typing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer

from ribao import cli, evaluate, recall, report, statistics
from ribao import types as nouns
from ribao.archive.ledger import Usage
from ribao.archive.schema import MIGRATIONS
from ribao.checks import CHECKS
from ribao.doctor import Check as DoctorCheck
from ribao.exchange import ImportReport
from ribao.export import COLUMNS, plain
from ribao.languages import TRADITIONAL, catalogues, english_name
from ribao.models import ModelStatus
from ribao.roundup import DayState, Roundup, RoundupArea, RoundupDay, RoundupPaper
from ribao.services import ALONE, SERVICES
from ribao.starter import prices_table, settings_table
from ribao.status import DayStatus, Doubt
from ribao.status import Ending as DoubtEnding
from ribao.texts import load_texts
from ribao.translators import Saving

PLACE = Path(__file__).with_name("reference.md")

HEAD = """\
# Reference

<!-- Made from the code by docs/make_reference.py. Change the code, then: make reference -->

Everything that ribao has, by name. How to use it stands in the [tutorial](tutorial.md) and the
[guide](guide.md); why it is so in the [design](design.md).

- [Commands](#commands) · [Exit codes](#exit-codes) · [Settings](#settings)
- [Files that are written](#files-that-are-written) · [issue.json](#issuejson) ·
  [stats.json](#statsjson) · [roundup.json](#roundupjson) · [Reports of --json](#reports-of---json)
- [The archive's tables](#the-archives-tables) · [Checks](#checks) · [Prompts](#prompts) ·
  [Areas](#areas) · [Phrases](#phrases)
"""

EXIT_CODES = """\
| code | means |
|---|---|
| 0 | Done. A day without a list (a weekend, a holiday, not yet out) is done too. |
| 1 | Failed. What was published stays as it was. |
| 2 | Wrong usage or wrong settings. Nothing was asked or written. |
| 3 | Done, but something is flagged, untranslated or passed over; the report names it. |
| 130 | Stopped with Ctrl-C. What was answered is kept. |

Over several days the worst wins: 1, then 3. `ribao doctor` ends with 3 where something does not
work. Data goes to stdout, everything else to stderr. Progress bars are shown only on a terminal.
"""

FILES = """\
Below `output.folder`; a day's folder is named `YYYY-MM-DD`. A further language of `languages` has
all of this below a folder of its own: `en/YYYY-MM-DD/index.html`.

| file | is |
|---|---|
| `index.html` | the list of all issues, newest first |
| `stats.json` | all issues in numbers |
| `assets/ribao.css` | the one stylesheet of all pages |
| `assets/player.js` | the one script of the pages: the player |
| `assets/cover.png` | the podcast's cover, 3000×3000 |
| `podcast.xml` | the podcast: 全文 where it is made, else 速览 |
| `podcast-brief.xml` | the podcast of 速览 alone |
| `YYYY-MM-DD/index.html` | the day's page |
| `YYYY-MM-DD/issue.md` | the issue as Markdown |
| `YYYY-MM-DD/issue.json` | the issue as data |
| `YYYY-MM-DD/stats.json` | the day in numbers, against its past |
| `YYYY-MM-DD/wordcloud.svg` | the day's phrases, as text |
| `YYYY-MM-DD/wordcloud.png` | the same, 1600×900 |
| `YYYY-MM-DD/trend.svg` | papers of the last 30 issues with the mean of seven |
| `YYYY-MM-DD/trend.png` | the same at twice the size |
| `YYYY-MM-DD/shares.svg` | the six largest areas' shares over eight weeks |
| `YYYY-MM-DD/shares.png` | the same at twice the size |
| `YYYY-MM-DD/rising.svg` | up to six phrases that rise, over eight weeks |
| `YYYY-MM-DD/rising.png` | the same at twice the size |
| `YYYY-MM-DD/poster.png` | the whole issue, 1080 pixels wide |
| `YYYY-MM-DD/card.png` | 1200×630, for links |
| `YYYY-MM-DD/issue.pdf` | the print edition: A4, tagged (PDF/UA-1), fonts embedded |
| `YYYY-MM-DD/issue.epub` | the issue as a book (EPUB 3.3) |
| `YYYY-MM-DD/brief.mp3` | 速览, at most five minutes: 44.1 kHz, mono, 96 kbit/s, −16 LUFS |
| `YYYY-MM-DD/brief.vtt` | its transcript, a cue for each sentence |
| `YYYY-MM-DD/brief.chapters.json` | its chapters (Podcasting 2.0, 1.2) |
| `YYYY-MM-DD/issue.mp3` | 全文, every title and abstract |
| `YYYY-MM-DD/issue.vtt` | its transcript |
| `YYYY-MM-DD/issue.chapters.json` | its chapters |
| `weeks/YYYY-Www/index.html` | the round-up of an ISO week |
| `weeks/YYYY-Www/roundup.md` | the same as Markdown |
| `weeks/YYYY-Www/roundup.json` | the same as data |
| `weeks/YYYY-Www/wordcloud.svg` | the week's phrases, weighed against the time before |
| `weeks/YYYY-Www/wordcloud.png` | the same, 1600×900 |
| `weeks/YYYY-Www/trend.svg` | papers of the 30 issues to its end; of a month its own days |
| `weeks/YYYY-Www/trend.png` | the same at twice the size |

A month's round-up has the same files in `months/YYYY-MM/`; both are made by `ribao roundup` alone.
Pictures and PDF need the extra `pictures`. There is no cloud without phrases; `shares` needs papers
in two of the eight weeks, `rising` something that rises. Sound needs the extra `voice` and a voice;
feeds and cover need `site.base_url` besides. Names, sizes and formats are permanent.

Beside them, at `archive.path`: `ribao.sqlite`, the archive, and `ribao.sqlite.lock`, which the one
writing run holds. While the archive is open SQLite keeps `ribao.sqlite-wal` and `ribao.sqlite-shm`
beside it. `ribao.speech` holds what was spoken in the last days, a file a segment; without it all
of that is spoken again when an issue changes.

Each file is written beside its place and renamed. A file whose bytes would be the same is not
touched.
"""

MEANINGS = {
    "Issue.day": "the day of the list",
    "Issue.language": "the edition's language",
    "Issue.revision": "from 1; rises when papers join or a text or its mark changes, not for votes",
    "Issue.generated_at": "the moment of this revision",
    "Issue.source": "the source's name",
    "Issue.papers": "in the order of the list; late ones at the end",
    "Issue.stats": "the day in numbers",
    "IssuePaper.id": "the source's id: arXiv's, where there is one",
    "IssuePaper.position": "its place in the issue, from 1; it never changes",
    "IssuePaper.title": "in the edition's language",
    "IssuePaper.original_title": "as the source has it, white space folded",
    "IssuePaper.gist": "one sentence: what is new",
    "IssuePaper.abstract": "in the edition's language",
    "IssuePaper.original_abstract": "as the source has it, white space folded",
    "IssuePaper.authors": "names, in their order",
    "IssuePaper.published_at": "when the paper was published",
    "IssuePaper.upvotes": "votes at the moment of the revision",
    "IssuePaper.topics": "slugs of up to three areas, strongest first",
    "IssuePaper.keywords": "the source's keywords",
    "IssuePaper.late": "joined after the issue's first revision",
    "IssuePaper.withdrawn": "was withdrawn (always false so far)",
    "IssuePaper.links": "where it can be found",
    "IssuePaper.translation": "where the text comes from and how far it can be trusted",
    "Links.huggingface": "its page at Hugging Face",
    "Links.arxiv": "its page at arXiv",
    "Links.pdf": "its PDF at arXiv",
    "Links.code": "its code, as the source names it",
    "Links.project": "its own page, as the source names it",
    "Translation.status": "see below",
    "Translation.draft": "made by a small model on this machine",
    "Translation.engine": "which engine was used, by its name in the settings",
    "Translation.model": "which model answered, by its own word",
    "Translation.prompt": "digest of the prompt's wording",
    "Translation.translated_at": "when it was asked",
    "Translation.findings": "what the checks found in the printed text, what was mended before, or "
    "why there is none",
    "Translation.input_tokens": "tokens of the question, as the server counted them",
    "Translation.output_tokens": "tokens of the answer, likewise",
    "Translation.cost": "what this reply cost by the price list of its day; null without a price",
    "Translation.currency": "of the cost, in three letters",
    "Finding.check": "the check's name, `engine` or `reply`",
    "Finding.severity": "an error flags the paper; a note does not",
    "Finding.message": "what was found, in English",
    "Stats.count": "how many papers",
    "Stats.with_code": "how many of them link to code",
    "Stats.hot_topics": "areas with two papers or more, hottest first, at most eight",
    "Stats.keywords": "the day's phrases, heaviest first, at most forty",
    "HotTopic.slug": "the area's permanent name",
    "HotTopic.name": "its name in the edition's language",
    "HotTopic.count": "how many of the day's papers belong to it",
    "HotTopic.lift": "how many times as often as in the last 30 issues; null with fewer than five",
    "KeywordWeight.word": "the phrase in the edition's language; names stay as they are",
    "KeywordWeight.weight": "papers that say it, times how far it stands out",
    "Statistics.day": "the day of the list",
    "Statistics.language": "the edition's language",
    "Statistics.revision": "the issue's revision that these numbers belong to",
    "Statistics.count": "how many papers",
    "Statistics.with_code": "how many of them link to code",
    "Statistics.upvotes": "all votes at the moment of the revision",
    "Statistics.trend": "the last 30 days that had papers, oldest first; this day is the last",
    "Statistics.mean": "papers a day in `trend`, without this day; null where it is the first",
    "Statistics.areas": "all areas of the day and of the eight weeks, the hottest first",
    "Statistics.rising_areas": "strongest first, at most six",
    "Statistics.fading_areas": "strongest first, at most six",
    "Statistics.rising_phrases": "strongest first, at most six",
    "Statistics.fading_phrases": "strongest first, at most six",
    "Statistics.organizations": "as the source names them, most papers first",
    "Statistics.phrases": "the day's phrases, heaviest first, at most sixty",
    "Statistics.papers": "the day's papers in the issue's order; empty in older revisions",
    "PaperTopics.id": "as in `issue.json`",
    "PaperTopics.topics": "its areas, the strongest first",
    "TopicEvidence.slug": "the area's permanent name",
    "TopicEvidence.evidence": "at most six, title first, then keywords, then abstract",
    "Totals.language": "the edition's language",
    "Totals.issues": "how many issues",
    "Totals.papers": "how many papers they have",
    "Totals.with_code": "how many of them link to code",
    "Totals.days": "each issue's day, oldest first",
    "Totals.areas": "the areas of all papers, largest first",
    "AreaCount.slug": "the area's permanent name",
    "AreaCount.name": "its name in the edition's language",
    "AreaCount.count": "how many papers belong to it",
    "DayCount.day": "the day",
    "DayCount.count": "its papers",
    "AreaHeat.slug": "the area's permanent name",
    "AreaHeat.name": "its name in the edition's language",
    "AreaHeat.family": "the family's slug",
    "AreaHeat.count": "how many of the day's papers belong to it; may be 0",
    "AreaHeat.lift": "as in HotTopic",
    "AreaHeat.shares": "its share of the papers (0 to 1), eight weeks, oldest first; null for a "
    "week without any paper",
    "Movement.name": "the area or phrase in the edition's language",
    "Movement.slug": "the area's slug; null for a phrase",
    "Movement.weeks": "its papers, eight weeks, oldest first",
    "Movement.burst": "standard deviations by which its share climbs; negative where it fades",
    "Phrase.word": "the phrase in the edition's language; names stay as they are",
    "Phrase.weight": "papers that say it, times how far it stands out",
    "Phrase.family": "the slug of its family of areas; null where none is known",
    "Phrase.papers": "the ids of the day's papers that say it",
    "Organization.name": "its name",
    "Organization.count": "how many of the day's papers name it",
    "Roundup.name": "the ISO week or the month",
    "Roundup.kind": "what it rounds up",
    "Roundup.language": "the edition's language",
    "Roundup.first": "its first day",
    "Roundup.last": "its last day",
    "Roundup.finished": "whether its last day was over when it was made",
    "Roundup.generated_at": "the moment of its issues' newest revision",
    "Roundup.issues": "how many issues",
    "Roundup.issues_before": "how many days with papers the time before has: eight weeks, or three "
    "months",
    "Roundup.mean": "papers an issue",
    "Roundup.mean_before": "papers a day in the time before; null where it had none",
    "Roundup.count": "how many papers, each counted once",
    "Roundup.with_code": "how many of them link to code",
    "Roundup.days": "each of its days, oldest first; none after today",
    "Roundup.areas": "all areas of this time and the time before, the hottest first",
    "Roundup.rising_areas": "slugs, the surest first, at most six",
    "Roundup.fading_areas": "slugs, the surest first, at most six",
    "Roundup.top": "the ids of the ten papers with most votes; of equal ones the hotter area's, "
    "then the earlier; none that was withdrawn",
    "Roundup.papers": "all papers by day and position, each once: as the issue has it in which it "
    "had most votes",
    "Roundup.trend": "a week's: the 30 days with papers to its end; a month's: its own",
    "Roundup.phrases": "heaviest first, at most sixty",
    "RoundupDay.day": "the day",
    "RoundupDay.state": "see below",
    "RoundupDay.complete": "an issue with nothing flagged or missing, or a day without a list",
    "RoundupDay.revision": "the issue's revision; null without an issue",
    "RoundupDay.papers": "papers in the issue",
    "RoundupDay.flagged": "papers printed with a mark",
    "RoundupDay.missing": "papers printed in their own language",
    "RoundupArea.slug": "the area's permanent name",
    "RoundupArea.name": "its name in the edition's language",
    "RoundupArea.family": "the family's slug",
    "RoundupArea.count": "its papers; may be 0",
    "RoundupArea.share": "its share of the papers (0 to 1)",
    "RoundupArea.share_before": "its share in the time before; null where that had no papers",
    "RoundupArea.lift": "how many times as often as in the time before, smoothed as a day's is; "
    "null with fewer than five days",
    "RoundupArea.burst": "standard deviations between both shares; null with fewer than five days",
    "RoundupPaper.id": "as in `issue.json`",
    "RoundupPaper.day": "the issue from which it is taken",
    "RoundupPaper.position": "its place in that issue",
    "RoundupPaper.days": "every issue of this time that has it",
    "RoundupPaper.title": "in the edition's language",
    "RoundupPaper.original_title": "as the source has it, white space folded",
    "RoundupPaper.gist": "one sentence: what is new",
    "RoundupPaper.upvotes": "votes as they stand in that issue",
    "RoundupPaper.topics": "slugs of up to three areas, strongest first",
    "RoundupPaper.late": "as in `issue.json`",
    "RoundupPaper.withdrawn": "as in `issue.json`",
    "RoundupPaper.links": "as in `issue.json`",
    "RoundupPaper.translation": "as in `issue.json`",
    "RoundupReport.name": "the ISO week or the month",
    "RoundupReport.state": "empty: nothing was published in that time",
    "RoundupReport.message": "its time, or what to do",
    "RoundupReport.issues": "how many issues",
    "RoundupReport.papers": "how many papers, each counted once",
    "RoundupReport.problems": "pictures that could not be made, and why",
    "RoundupReport.files": "the round-up's files, whether they changed or not",
    "DayReport.day": "the day",
    "DayReport.state": "see below",
    "DayReport.message": "the state in words",
    "DayReport.revision": "the issue's revision, where there is an issue",
    "DayReport.papers": "papers in the issue",
    "DayReport.new": "papers that the archive did not have before",
    "DayReport.late": "papers marked late",
    "DayReport.asked": "questions put to the language model",
    "DayReport.to_ask": "questions that a dry run would put first, or that wait for a batch",
    "DayReport.ok": "papers without an error, originals included",
    "DayReport.flagged": "papers printed with a mark",
    "DayReport.missing": "papers printed in their own language",
    "DayReport.drafts": "papers printed with a small model's draft",
    "DayReport.language": "the edition's language",
    "DayReport.troubles": "each flagged or missing paper, and why",
    "DayReport.problems": "entries that are no paper, pictures that could not be made, engines "
    "that another took over from, and why",
    "DayReport.notices": "what the operator should know though nothing is missing",
    "DayReport.files": "the issue's files, whether they changed or not",
    "Trouble.paper": "the paper's id",
    "Trouble.status": "`flagged` or `missing`",
    "Trouble.message": "what was found, or why there is no translation",
    "ImportReport.files": "files that were read",
    "ImportReport.days": "days that they belong to",
    "ImportReport.papers": "papers that they hold",
    "ImportReport.new_papers": "papers that the archive did not have",
    "ImportReport.skipped": "files that are no list, and why",
    "ImportReport.problems": "entries that are no paper, and why",
    "DayStatus.day": "the day",
    "DayStatus.state": "fresh, waiting, quiet or failed",
    "DayStatus.reason": "why",
    "DayStatus.revision": "the issue's revision, where there is one",
    "DayStatus.language": "the edition's language",
    "DayStatus.papers": "papers in the issue",
    "DayStatus.late": "papers marked late",
    "DayStatus.flagged": "papers printed with a mark",
    "DayStatus.missing": "papers printed in their own language",
    "DayStatus.drafts": "papers printed with a small model's draft",
    "DayStatus.mended": "papers whose errors are gone, because they were asked for again",
    "DayStatus.doubts": "every finding of the day, papers in their order",
    "Doubt.paper": "the paper's id",
    "Doubt.check": "the check's name, `engine` or `reply`",
    "Doubt.ended": "see below",
    "Doubt.message": "what was found, in English",
    "Usage.month": "`YYYY-MM`, in UTC",
    "Usage.engine": "the engine's name in the settings",
    "Usage.model": "the model, by its own word",
    "Usage.language": "the language that was asked for",
    "Usage.replies": "how many answers, refusals included",
    "Usage.papers": "papers that they are about",
    "Usage.input_tokens": "tokens of the questions, as the server counted them",
    "Usage.cached_tokens": "those of them that the server had kept",
    "Usage.output_tokens": "tokens of the answers",
    "Usage.cost": "by the price list of each one's day; null where none had a price",
    "Usage.currency": "of the cost, in three letters",
    "Usage.unpriced": "answers without a cost: no price, or nobody counted the tokens",
    "Saving.month": "`YYYY-MM`, in UTC",
    "Saving.engine": "the cheap engine",
    "Saving.papers": "easy papers that it was asked for",
    "Saving.cost": "what it took for them",
    "Saving.otherwise": "the same tokens by the strong engine's price of today",
    "Saving.currency": "of both",
    "Evaluation.pairs": "pairs that were asked for",
    "Evaluation.passed_over": "entries of the file that are no pair, and why",
    "Evaluation.language": "the language that was asked for",
    "Evaluation.prompt": "digest of the prompt's wording",
    "Evaluation.evaluated_at": "when it was done",
    "Evaluation.metrics": "how chrF++ and BLEU were made, in sacrebleu's own words",
    "Evaluation.engines": "in the order in which they were named",
    "EngineFigures.engine": "its name in the settings",
    "EngineFigures.model": "the model, by its own word",
    "EngineFigures.draft": "whether it is a small model, whose texts are drafts",
    "EngineFigures.papers": "papers that it was asked for",
    "EngineFigures.translated": "answered with a title and an abstract",
    "EngineFigures.unreadable": "answered with something else, or cut",
    "EngineFigures.refused": "refused",
    "EngineFigures.failed": "not answered at all",
    "EngineFigures.flagged": "of the translated ones those with an error",
    "EngineFigures.title_score": "of all translated titles, as one text",
    "EngineFigures.abstract_score": "of all translated abstracts, as one text",
    "EngineFigures.input_tokens": "tokens of the questions; null where one was not counted",
    "EngineFigures.cached_tokens": "those of them that the server had kept, likewise",
    "EngineFigures.output_tokens": "tokens of the answers, likewise",
    "EngineFigures.cost": "what all of it cost; null without a price",
    "EngineFigures.currency": "of the cost, in three letters",
    "EngineFigures.seconds": "the median of a paper's",
    "EngineFigures.failure": "why a paper was not answered, the first reason",
    "EngineFigures.checks": "what each check found",
    "EngineFigures.each": "paper by paper",
    "CheckFigures.check": "the check's name",
    "CheckFigures.errors": "its errors",
    "CheckFigures.notes": "its notes",
    "CheckFigures.papers": "papers with an error of it",
    "PaperFigures.id": "the pair's id",
    "PaperFigures.outcome": "what came of it",
    "PaperFigures.title": "as it was translated",
    "PaperFigures.abstract": "as it was translated",
    "PaperFigures.gist": "as it was written",
    "PaperFigures.title_score": "against the reference",
    "PaperFigures.abstract_score": "against the reference",
    "PaperFigures.findings": "what the checks found",
    "PaperFigures.message": "why there is no translation",
    "PaperFigures.seconds": "from question to answer",
    "PaperFigures.input_tokens": "tokens of the question",
    "PaperFigures.cached_tokens": "those of them that the server had kept",
    "PaperFigures.output_tokens": "tokens of the answer",
    "PaperFigures.cost": "what it cost",
    "PaperFigures.currency": "of the cost, in three letters",
    "Score.chrf": "chrF++, 0 to 100",
    "Score.bleu": "BLEU over Chinese characters, 0 to 100",
    "PlantedReport.pairs": "pairs that errors were planted in",
    "PlantedReport.passed_over": "entries of the file that are no pair, and why",
    "PlantedReport.seed": "where chance began; the same one makes the same errors",
    "PlantedReport.times": "how often each kind was planted in each pair",
    "PlantedReport.planted": "errors that were planted",
    "PlantedReport.found": "errors that a check found",
    "PlantedReport.recall": "found of planted, 0 to 1",
    "PlantedReport.faithful": "the pairs as they are",
    "PlantedReport.rewritten": "the pairs rewritten in all ways",
    "PlantedReport.kinds": "each kind of error",
    "PlantedReport.rewrites": "each way of rewriting without an error",
    "PlantedReport.alarms": "faithful pairs with an error: false alarms, unless the pair is wrong",
    "KindFigures.kind": "the kind's name",
    "KindFigures.planted": "errors of this kind",
    "KindFigures.found": "those that a check found",
    "KindFigures.recall": "found of planted, 0 to 1",
    "KindFigures.pairs": "pairs that had a place for it",
    "KindFigures.alarms": "of them those that alarm before anything is planted",
    "KindFigures.checks": "which checks found how many",
    "KindFigures.missed": "the first ten that nobody found",
    "Missed.id": "the pair's id",
    "Missed.before": "the words before it",
    "Missed.was": "what stood there",
    "Missed.now": "what stands there now",
    "Missed.after": "the words after it",
    "RewriteFigures.rewrite": "the way of rewriting",
    "RewriteFigures.pairs": "pairs that it changes",
    "RewriteFigures.alarms": "of them those with an error",
    "RewriteFigures.share": "the same, 0 to 1",
    "Alarm.id": "the pair's id",
    "Alarm.title": "its title",
    "Alarm.rewrite": "how it was rewritten",
    "Alarm.findings": "what was found",
    "Check.name": "what was looked at",
    "Check.state": "good, doubtful or bad",
    "Check.message": "what was seen, and how to mend it",
    "ModelStatus.name": "its name in the table",
    "ModelStatus.purpose": "what it is for",
    "ModelStatus.licence": "its licence, as SPDX names it",
    "ModelStatus.kind": "whether an edition may use it, or only a test",
    "ModelStatus.used": "whether this edition uses it",
    "ModelStatus.state": "damaged: of another size or digest than the table says",
    "ModelStatus.size": "in bytes, when it is whole",
    "ModelStatus.path": "where it is, or would be",
}

STATUSES = {
    "ok": "no error is left; there may be notes",
    "flagged": "printed although at least one error is left, and marked",
    "missing": "none could be had, or it was refused; title and abstract are the original's",
    "original": "the edition's language is the source's: nothing is translated",
}
STATES = {
    "published": "the issue is new, or has a new revision",
    "unchanged": "the issue stands as it was",
    "empty": "the day has no list: a weekend, a holiday, or none at the source",
    "waiting": "today's list is not out yet",
    "failed": "the list could not be had, or a file could not be written",
    "planned": "a dry run: nothing was asked or written",
}

ENDINGS = {
    "flagged": "it stands in the text that is printed, which is marked",
    "missing": "it is the reason why there is no translation",
    "mended": "an error that is gone: the text was asked for again, or another engine took over",
    "noted": "a note: odd, and not surely wrong",
}

DAYS = {
    "issue": "there is an issue",
    "quiet": "the day has no list, or is a weekend that was not looked at",
    "unpublished": "there is a list in the archive, and no issue",
    "unseen": "not looked at, or the list could not be had",
}


class Unexplained(Exception):  # noqa: N818 - it says what is wrong
    """A field has no meaning here, or a meaning has no field."""


def reference() -> str:
    """Return the whole page."""
    parts = [
        HEAD,
        *_section("Commands", _commands()),
        *_section("Exit codes", [EXIT_CODES]),
        *_section("Settings", _settings()),
        *_section("Files that are written", [FILES]),
        *_section("issue.json", _issue_fields()),
        *_section("stats.json", _stats_fields()),
        *_section("roundup.json", _roundup_fields()),
        *_section("Reports of --json", _report_fields()),
        *_section("The archive's tables", _tables()),
        *_section("Checks", _checks()),
        *_section("Prompts", _prompts()),
        *_section("Areas", _areas()),
        *_section("Phrases", _phrases()),
    ]
    _all_used()
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _section(title: str, parts: Iterable[str]) -> list[str]:
    return [f"## {title}", *parts]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _say(words: str) -> str:
    """Return a paragraph, wrapped as the other pages are."""
    return textwrap.fill(
        " ".join(words.split()), 100, break_long_words=False, break_on_hyphens=False
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


# Typer's own options, in words that do not change with its version.
COMPLETION = {
    "install_completion": "Install completion for the current shell.",
    "show_completion": "Print completion for the current shell.",
}

# ── commands ──────────────────────────────────────────────────────────────────────────────────


def _commands() -> Iterator[str]:
    group: Any = typer.main.get_command(cli.app)
    yield "Every option that stands before a command belongs to ribao itself."
    yield _help_of("ribao", group, "ribao [OPTIONS] COMMAND [ARGS]…")
    for name, command in group.commands.items():
        usage = " ".join(["ribao", name, "[OPTIONS]", *_arguments(command)])
        yield _help_of(f"ribao {name}", command, usage)


def _arguments(command: Any) -> Iterator[str]:
    for param in command.params:
        if param.param_type_name == "argument":
            yield _argument(param)


def _argument(param: Any) -> str:
    name = (param.metavar or param.name.upper()).strip("[]….") + "…" * (param.nargs == -1)
    return name if param.required else f"[{name}]"


def _help_of(title: str, command: Any, usage: str) -> str:
    words = inspect.cleandoc(command.help or "").partition("Examples:")
    about, examples = " ".join(words[0].split()), words[2]
    rows = [_parameter(param) for param in command.params]
    rows.append(("`--help`, `-h`", "", "Show the help and exit."))
    table = _table(("argument or option", "default", "does"), [row for row in rows if row])
    shown = "\n".join(_example(line) for line in examples.splitlines() if line.strip())
    code = f"\n```sh\n{shown}\n```\n" if shown else ""
    return f"### {title}\n\n{about}\n\n`{usage}`\n{code}\n{table}"


def _example(line: str) -> str:
    command, _, comment = re.sub(r"\s{2,}", "\t", line.strip()).partition("\t")
    return f"{command:<40}  # {comment}" if comment else command


def _parameter(param: Any) -> tuple[str, str, str]:
    if param.param_type_name == "argument":
        return _code(_argument(param)), "", param.help or ""
    kind = "N" if isinstance(param.default, int) else "TEXT"
    value = "" if param.is_flag else f" {param.metavar or kind}"
    names = ", ".join(_code(f"{name}{value}") for name in (*param.opts, *param.secondary_opts))
    default = "" if param.is_flag or param.default is None else str(param.default)
    return names, _code(default), COMPLETION.get(param.name, param.help or "")


# ── settings ──────────────────────────────────────────────────────────────────────────────────


def _settings() -> Iterator[str]:
    yield _say("""
        In `ribao.toml` in the working folder, or in the file that `--config` names; each by
        environment too, which wins. `ribao init` writes a file with all of them. Paths in the file
        are relative to the file, all others to the working folder.
    """)
    rows = [
        (_code(name), _code(variable), _code(default), meaning)
        for name, variable, default, meaning in settings_table()
    ]
    yield _table(("setting", "variable", "default", "meaning"), rows)
    yield _say("""
        `[engine.NAME]` has the settings of `[llm]` for another server; NAME is yours, or that of
        a service below. By environment: `RIBAO_ENGINE__MINE__BASE_URL`. `[prices."MODEL"]` says
        what a model costs, for a million tokens:
    """)
    yield _table(
        ("key", "default", "meaning"), [(_code(n), _code(d), m) for n, d, m in prices_table()]
    )
    alone = " or ".join(_code(service.key or "") for service in ALONE)
    yield _say(f"""
        Services that `engines` knows by their names. A key goes only to its own service. {alone}
        is enough for the default, `llm`, too.
    """)
    known = [
        (_code(s.name), _code(s.key or ""), _code(s.base_url), _code(s.model or ""))
        for s in SERVICES
    ]
    yield _table(("engine", "its key", "server", "model where none is set"), known)
    own, made = ", ".join(map(_code, catalogues())), ", ".join(map(_code, TRADITIONAL))
    yield _say(f"""
        Languages with words of their own: {own}; {made} are made from `zh-Hans` (extra `hant`).
        Any other that the Unicode CLDR knows (`fr`, `pt-BR`) has its papers translated, on pages
        that speak English.
    """)


# ── fields ────────────────────────────────────────────────────────────────────────────────────

_used: set[str] = set()
# A finding's other fields, by which the pages tell it in their language, are in the archive only.
PRINTED: dict[type, set[str]] = {nouns.Finding: set(plain(nouns.Finding("", "note", "")))}


def _fields(kind: type, *, more: Sequence[Sequence[str]] = ()) -> str:
    hints = typing.get_type_hints(kind)
    rows = [
        (_code(field.name), _type(hints[field.name]), _meaning(kind, field.name))
        for field in fields(kind)
        if field.name in PRINTED.get(kind, {field.name})
    ]
    return _table(("key", "type", "meaning"), [*rows, *more])


def _meaning(kind: type, name: str) -> str:
    key = f"{kind.__name__}.{name}"
    if key not in MEANINGS:
        raise Unexplained(f"docs/make_reference.py: say what {key} means")
    _used.add(key)
    return MEANINGS[key]


def _all_used() -> None:
    if left := MEANINGS.keys() - _used:
        raise Unexplained(f"docs/make_reference.py: there is no {', '.join(sorted(left))}")


SIMPLE = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    date: "day",
    datetime: "moment",
    type(None): "null",
}


def _type(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if origin in {types.UnionType, typing.Union}:
        return " or ".join(map(_type, arguments))
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin in {dict, Mapping}:
        return f"object of {_type(arguments[1])}"
    if origin is typing.Literal:
        return ", ".join(map(_code, arguments))
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("``", "`")


def _issue_fields() -> Iterator[str]:
    yield _say(f"""
        A day is `YYYY-MM-DD`, a moment ISO 8601 in UTC. What is absent is null; no key is ever
        missing. `ribao export` prints the keys of a paper with its `day` before them:
        {", ".join(map(_code, COLUMNS))}.
    """)
    kinds = (
        nouns.Issue,
        nouns.IssuePaper,
        nouns.Links,
        nouns.Translation,
        nouns.Finding,
        nouns.Stats,
        nouns.HotTopic,
        nouns.KeywordWeight,
    )
    for kind in kinds:
        yield f"### {kind.__name__}\n\n{_first_line(kind)}\n\n{_fields(kind)}"
        if kind is nouns.Translation:
            yield _values("status", typing.get_args(nouns.Status), STATUSES)


def _stats_fields() -> Iterator[str]:
    yield _say("""
        A day against its past: an object of the kind Statistics, kept with the revision and never
        reckoned anew. A week is seven days; the last of the eight ends with the day. The formulas
        and how far to trust them stand in [A day in numbers](statistics.md). The `stats.json`
        beside the list of all issues is of the kind Totals and written with every run.
    """)
    kinds = [
        kind
        for kind in vars(statistics).values()
        if is_dataclass(kind) and kind.__module__ == statistics.__name__
    ]
    for kind in reversed(kinds):
        yield f"### {kind.__name__}\n\n{_first_line(kind)}\n\n{_fields(kind)}"


def _roundup_fields() -> Iterator[str]:
    yield _say("""
        A week or a month of issues: an object of the kind Roundup, with DayCount and Phrase as in
        stats.json, Links and Translation as in issue.json. Each issue counts by its newest
        revision. A week is ISO 8601's and stands against the eight before it, a month against the
        three before it; formulas as in [A day in numbers](statistics.md).
    """)
    for kind in (Roundup, RoundupDay, RoundupArea, RoundupPaper):
        yield f"### {kind.__name__}\n\n{_first_line(kind)}\n\n{_fields(kind)}"
        if kind is RoundupDay:
            yield _values("state", typing.get_args(DayState), DAYS)


def _values(name: str, values: Sequence[str], meanings: dict[str, str]) -> str:
    if set(values) != set(meanings):
        raise Unexplained(f"docs/make_reference.py: {name} is one of {', '.join(values)}")
    return _table((name, "means"), [(_code(value), meanings[value]) for value in values])


def _report_fields() -> Iterator[str]:
    yield _say("""
        `ribao run --json` and `ribao demo --json` print an object with `exit_code` and `days`: a
        list with one DayReport a day and language.
    """)
    own = [(_code("exit_code"), "integer", "this day's exit code")]
    day = report.DayReport
    yield f"### DayReport\n\n{_first_line(day)}\n\n{_fields(day, more=own)}"
    yield _values("state", typing.get_args(report.State), STATES)
    yield f"### Trouble\n\n{_first_line(report.Trouble)}\n\n{_fields(report.Trouble)}"
    for kind, command in (
        (
            report.RoundupReport,
            (
                "`ribao roundup --json` prints an object with `exit_code` and `roundups`: a list "
                "of these, each with its own `exit_code`."
            ),
        ),
        (ImportReport, "`ribao import --json` prints one."),
        (DayStatus, "`ribao status --json` prints a list of these, newest day first."),
        (Doubt, ""),
        (
            Usage,
            "`ribao cost --json` prints an object with `usage`, a list of these, and `routes`.",
        ),
        (Saving, "`routes` is a list of these."),
        (DoctorCheck, "`ribao doctor --json` prints a list of these."),
        (ModelStatus, "`ribao models --json` prints a list of these."),
    ):
        yield f"### {kind.__name__}\n\n{_first_line(kind)} {command}\n\n{_fields(kind)}"
        if kind is Doubt:
            yield _values("ended", typing.get_args(DoubtEnding), ENDINGS)
    yield _say("""
        `ribao evaluate --json` prints an object with `exit_code` and the fields of Evaluation;
        with `--planted` those of PlantedReport. What is not known is null.
    """)
    for kind in (
        evaluate.Evaluation,
        evaluate.EngineFigures,
        evaluate.CheckFigures,
        evaluate.PaperFigures,
        evaluate.Score,
        recall.PlantedReport,
        recall.KindFigures,
        recall.Missed,
        recall.RewriteFigures,
        recall.Alarm,
    ):
        yield f"### {kind.__name__}\n\n{_first_line(kind)}\n\n{_fields(kind)}"


# ── the archive ───────────────────────────────────────────────────────────────────────────────

STATEMENT = re.compile(
    r"((?:^[ ]*--[^\n]*\n)*)^[ ]*CREATE TABLE (\w+) \(\n(.*?)^[ ]*\) STRICT",
    re.MULTILINE | re.DOTALL,
)
ADDED = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+) ([A-Z]+(?: NOT NULL)?)")
COLUMNS_ADDED = {
    "replies.cached_tokens": "those of the input that the server had kept",
    "replies.cost": "by the price list of the day",
    "replies.currency": "of the cost, in three letters",
    "replies.terms": "digest of the paper's terms in the prompt; empty: none",
    "replies.draft": "1: made by a small model on this machine",
    "replies.route": "why this engine was asked first: easy or hard, by what; empty: in its turn",
}
COLUMN = re.compile(
    r"^\s+([a-z_]+)\s+([A-Z]+(?: [A-Z]+)*?)(?: DEFAULT '[^']*')?\s*,?\s*(?:--\s*(.*))?$"
)


def _tables() -> Iterator[str]:
    yield _say("""
        One SQLite file of plain tables; five useful queries stand in the
        [guide](guide.md#what-is-in-the-archive). `listings` and `replies` cannot be had again,
        `issues` and `statistics` are what was published, `looks` and `runs` tell what was done;
        `papers` is derived from `listings`, `renderings` and `episodes` from the files, `servers`
        is found out again. Days are `YYYY-MM-DD`, moments ISO 8601 in UTC, lists JSON. In the body
        of an issue a finding has `kind` and `given` besides, by which pages tell it in their own
        language.
    """)
    added = _added()
    for migration in MIGRATIONS:
        for comment, name, body in STATEMENT.findall(migration):
            about = " ".join(comment.replace("--", " ").split())
            rows = [
                (_code(found[1]), found[2].lower(), found[3] or "")
                for line in body.splitlines()
                if (found := COLUMN.match(line))
            ]
            for column, kind in added.pop(name, ()):
                rows.append((_code(column), kind.lower(), _added_meaning(name, column)))
            yield f"### {name}\n\n{about}\n\n{_table(('column', 'type', 'holds'), rows)}"


def _added() -> dict[str, list[tuple[str, str]]]:
    """Columns that a later migration added, by their table."""
    found: dict[str, list[tuple[str, str]]] = {}
    for migration in MIGRATIONS:
        for table, column, kind in ADDED.findall(migration):
            found.setdefault(table, []).append((column, kind))
    return found


def _added_meaning(table: str, column: str) -> str:
    key = f"{table}.{column}"
    if key not in COLUMNS_ADDED:
        raise Unexplained(f"docs/make_reference.py: say what {key} means")
    return COLUMNS_ADDED[key]


# ── checks, prompts, areas ────────────────────────────────────────────────────────────────────


def _checks() -> Iterator[str]:
    yield _say("""
        Each translation is read by these. An error lets the paper be asked again, and flags it
        where one is left. An error of a *fatal* check forbids printing: the paper is then
        `missing`. A check *for Chinese* or *for Chinese, Japanese* is silent in other languages.
    """)
    rows = []
    for check in CHECKS:
        find = check.find.func if isinstance(check.find, partial) else check.find
        about = " ".join((inspect.getdoc(find) or "").split("\n\n")[0].split())
        known = ", ".join(english_name(family) for family in check.families)
        marks = ["fatal"] * check.fatal + [f"for {known}"] * bool(known)
        rows.append((_code(check.name), ", ".join(marks), about))
    yield _table(("check", "", "what it asks"), rows)
    yield _say("""
        Two more names stand in findings: `reply` (the reply is no JSON object with title and
        abstract, or was cut) and `engine` (the model could not be asked, or refused).
    """)


def _prompts() -> Iterator[str]:
    yield _say("""
        A prompt's digest is its name in the provenance of a translation. It changes with the
        wording; that alone asks nobody again.
    """)
    rows = [(_code(name), _code(load_texts(name).prompt_digest)) for name in catalogues()]
    yield _table(("language", "digest"), rows)


def _areas() -> Iterator[str]:
    data = tomllib.loads((files("ribao") / "areas.toml").read_text("utf-8"))
    names = {family["slug"]: family["names"] for family in data["family"]}
    yield _say(f"""
        {len(data["area"])} areas in {len(names)} families. A paper belongs to up to three, by whole
        words in its title, keywords and abstract. Slugs are permanent.
    """)
    rows = []
    for area in data["area"]:
        own, family = area["names"], " · ".join(names[area["family"]].values())
        rows.append((_code(area["slug"]), own["zh-Hans"], own["en"], family))
    yield _table(("slug", "zh-Hans", "en", "family"), rows)


def _phrases() -> Iterator[str]:
    data = tomllib.loads((files("ribao") / "phrases.toml").read_text("utf-8"))
    count = Counter(phrase["family"] for phrase in data["phrase"])
    yield _say(f"""
        {len(data["phrase"])} phrases, each in one of the families of the areas;
        of two at one place the longer counts. Beside them count names of models and methods, which
        are told by their inner capitals or digits, except {len(data["plain"])} words that say
        nothing (GPU, GitHub).
    """)
    families = tomllib.loads((files("ribao") / "areas.toml").read_text("utf-8"))["family"]
    rows = [
        (_code(slug), family["names"]["zh-Hans"], family["names"]["en"], str(count.pop(slug)))
        for family in families
        for slug in [family["slug"]]
    ]
    if count:
        raise Unexplained(f"phrases.toml: families that areas.toml lacks: {', '.join(count)}")
    yield _table(("family", "zh-Hans", "en", "phrases"), rows)


def main(words: Sequence[str]) -> int:
    """Write the page, or with ``--check`` tell whether it is fresh."""
    page = reference()
    if "--check" in words:
        fresh = PLACE.exists() and PLACE.read_text("utf-8") == page
        if not fresh:
            print("docs/reference.md is stale: make reference", file=sys.stderr)
        return int(not fresh)
    PLACE.write_text(page, "utf-8")
    print(PLACE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
