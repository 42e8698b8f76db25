"""What stands on a sheet: an issue as plain data for typst, every string in visible characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from ribao.grammar import counted, in_words, weekday
from ribao.listing import web_address
from ribao.renderers.edition import Edition
from ribao.renderers.fonts import visible
from ribao.renderers.maths import readable_issue
from ribao.renderers.page import ADDRESS
from ribao.renderers.palette import INK, PAPER, RED, RULE, SOFT
from ribao.statistics import Statistics
from ribao.types import HotTopic, Issue, IssuePaper

GREEN, AMBER = "#2f6b3c", "#8a5a00"
COLOURS = {
    "ink": INK.light,
    "paper": PAPER.light,
    "soft": SOFT.light,
    "rule": RULE.light,
    "red": RED.light,
    "green": GREEN,
    "amber": AMBER,
}
SHOWN_AUTHORS = 4
SHOWN_RISING = 6
LONGEST_ADDRESS = 2000  # No browser takes more, nor does a PDF.
# A run of signs without a place to break is given some, or it would leave its column: behind the
# joints of an address or of a name in camel case, and inside what is longer still.
RUN = re.compile(r"[!-~\u00a0-\u052f]{19,}")
JOINT = re.compile(r"(?<=[^:/]/)(?!/)|(?<=[_\-?&=,;|+])|(?<=[a-z])(?=[A-Z])")
LONGEST_PIECE, PIECE = 24, 8
NO_BREAK = "\u00a0"
ZERO_WIDTH = "\u200b"
REGIONS = {"zh-Hans": "cn", "zh-Hant": "tw", "zh-Hant-TW": "tw", "zh-Hant-HK": "hk"}
CARD_TITLE = 130  # In narrow letters; a Chinese character is as wide as two.

# Within these bounds an area is as it always was.
FALLING, RISING = 0.85, 1.15


def sheet_of(
    issue: Issue, stats: Statistics | None, edition: Edition, url: str | None = None
) -> dict[str, Any]:
    """Return all that any of the sheets says."""
    t = edition.texts
    issue = readable_issue(issue)
    lang, region = _language(edition.language)
    numbered = t["page.revision"].format(revision=issue.revision) if issue.revision > 1 else ""
    said: dict[str, Any] = _seen(
        {
            "colours": COLOURS,
            "language": edition.language,
            "lang": lang,
            "region": region,
            "name": edition.title,
            "document": f"{edition.title} {issue.day}",
            "sample": t["page.sample"] if edition.sample else None,
            "date": in_words(issue.day, t),
            "weekday": weekday(issue.day, t),
            "issue": numbered,
            "source": t["page.source"],
            "moment": _moment(issue),
            "url": url,
            "figures": _figures(issue, t),
            "hot": [_topic(topic) for topic in issue.stats.hot_topics],
            "rising": [move.name for move in stats.rising_phrases[:SHOWN_RISING]] if stats else [],
            "papers": [_paper(paper, edition) for paper in issue.papers],
            "titles": [_card_title(paper, edition) for paper in issue.papers[:2]],
            "notes": _notes(issue, edition),
            "words": {
                "hot": t["page.hot"],
                "contents": t["page.contents"],
                "papers": t["issue.heading_papers"],
                "cloud": t["page.keywords"],
                "trend": t["issue.heading_trend"],
                "no-papers": t["page.no_papers"],
                "no-abstract": t["page.no_abstract"],
                "rising": t["picture.rising"],
                "rising-note": t["page.rising_note"],
                "against": t["picture.against"] if _moved(issue) else "",
                "scan": t["picture.scan"],
                "page": t["picture.page"],
            },
        }
    )
    return said


def breakable(text: str) -> str:
    """Return ``text`` with places to break inside what has none: addresses, endless names."""
    return RUN.sub(lambda run: ZERO_WIDTH.join(_pieces(run[0])), text)


def _pieces(run: str) -> Iterator[str]:
    for part in JOINT.split(run):
        step = PIECE if len(part) > LONGEST_PIECE else LONGEST_PIECE
        yield from (part[at : at + step] for at in range(0, len(part), step))


def _seen(value: Any, name: str = "") -> Any:
    """Make every string in ``value`` visible and breakable; addresses stay what they are."""
    if isinstance(value, str):
        return value if name == "url" else breakable(visible(value))
    if isinstance(value, dict):
        return {inner: _seen(each, inner) for inner, each in value.items()}
    if isinstance(value, list):
        return [_seen(inner) for inner in value]
    return value


def _language(language: str) -> tuple[str, str | None]:
    """Return typst's language and region."""
    return language.partition("-")[0].lower(), REGIONS.get(language)


def _moment(issue: Issue) -> dict[str, int]:
    at = issue.generated_at
    return {
        "year": at.year,
        "month": at.month,
        "day": at.day,
        "hour": at.hour,
        "minute": at.minute,
        "second": at.second,
    }


def _figures(issue: Issue, t: Mapping[str, str]) -> list[dict[str, Any]]:
    """The day in numbers: papers and code always, the rest where there is any."""
    papers = issue.papers
    status = [paper.translation.status for paper in papers]
    counts = {
        "late": sum(paper.late for paper in papers),
        "flagged": status.count("flagged"),
        "missing": status.count("missing"),
    }
    shown = {"papers": issue.stats.count, "code": issue.stats.with_code}
    shown |= {name: count for name, count in counts.items() if count}
    return [
        {
            "count": count,
            "said": counted(f"page.{name}_unit", count, t),
            "doubt": name in {"flagged", "missing"},
        }
        for name, count in shown.items()
    ]


def _topic(topic: HotTopic) -> dict[str, Any]:
    return {"name": topic.name, "count": topic.count, "lift": _lift(topic.lift)}


def _lift(lift: float | None) -> dict[str, str] | None:
    if lift is None:
        return None
    if FALLING < lift < RISING:
        return {"way": "even", "said": "—"}
    return {"way": "up" if lift > 1 else "down", "said": f"{lift:.1f}×"}


def _moved(issue: Issue) -> bool:
    """Tell whether any sign of movement stands on the sheet, which must then be explained."""
    return any(topic.lift is not None for topic in issue.stats.hot_topics)


def _foreign(paper: IssuePaper, edition: Edition) -> bool:
    """Tell whether the paper is printed in English in an edition of another language."""
    return paper.translation.status in {"missing", "original"} and edition.language != "en"


def _paper(paper: IssuePaper, edition: Edition) -> dict[str, Any]:
    t = edition.texts
    own = paper.translation.status in {"missing", "original"}
    areas = [edition.areas.get(slug, slug) for slug in paper.topics]
    comma = t["issue.comma"].strip()
    votes = [] if paper.upvotes is None else [f"▲ {paper.upvotes}"]
    links = _links(paper, t)
    made = t["page.not_translated"] if own else _made(paper, t)
    return {
        "position": paper.position,
        "title": paper.title,
        "foreign": _foreign(paper, edition),
        "marks": [{"kind": kind, "said": t[f"issue.mark_{kind}"]} for kind in _marks(paper)],
        "original": None if own else paper.original_title,
        **_authors(paper, t),
        "doubts": list(_doubts(paper, t)),
        "gist": paper.gist,
        "abstract": list(_segments(paper.abstract)),
        "areas": [name + comma for name in areas[:-1]] + areas[-1:],
        "links": links,
        "votes": votes,
        "made": made,
        "line": [*areas, *votes, *_number(paper), *([made] if made else [])],
    }


def _marks(paper: IssuePaper) -> Iterator[str]:
    if paper.withdrawn:
        yield "withdrawn"
    if paper.late:
        yield "late"
    if paper.translation.status in {"flagged", "missing"}:
        yield paper.translation.status
    if paper.translation.draft:
        yield "draft"


def _authors(paper: IssuePaper, t: Mapping[str, str]) -> dict[str, Any]:
    """Name up to four authors, and say how many there are where there are more."""
    names = list(paper.authors[:SHOWN_AUTHORS])
    if not names:
        return {"authors": [t["page.no_authors"]], "more": ""}
    joined = [name + t["issue.comma"].strip() for name in names[:-1]] + names[-1:]
    if len(paper.authors) == len(names):
        return {"authors": joined, "more": ""}
    # "等 6 人" stays on one line.
    _, _, more = t["page.authors"].partition("{names}")
    more = more.format(count=len(paper.authors)).replace(" ", NO_BREAK)
    return {"authors": joined, "more": more}


def _doubts(paper: IssuePaper, t: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Say why a paper is marked: paper cannot be clicked on."""
    if paper.withdrawn:
        yield {"kind": "withdrawn", "said": t["page.withdrawn_why"]}
    status = paper.translation.status
    if status not in {"flagged", "missing"}:
        return
    errors = [found for found in paper.translation.findings if found.severity == "error"]
    kinds = dict.fromkeys(t.get(f"check.{found.check}", found.check) for found in errors)
    why = t[f"page.{status}_why"]
    said = why + t["issue.comma"].join(kinds) if kinds else why.rstrip(": ：")
    yield {"kind": status, "said": said}


def _made(paper: IssuePaper, t: Mapping[str, str]) -> str:
    made = paper.translation
    if made.model is None and made.engine is None:
        return ""
    day = f"{made.translated_at:%m-%d}" if made.translated_at else ""
    said = t["page.translated"].format(model=made.model or made.engine or "", date=day)
    return said.rstrip(" ·")


def _links(paper: IssuePaper, t: Mapping[str, str]) -> list[dict[str, str]]:
    """What can be clicked on; the paper's number is also of use on paper."""
    links = paper.links
    named = (
        ("HF", links.huggingface),
        (f"arXiv:{paper.id}", links.arxiv),
        (t["page.pdf"], links.pdf),
        (t["page.code"], links.code),
        (t["page.project"], links.project),
    )
    return [
        {"said": said, "url": url} for said, url in named if url and len(url) <= LONGEST_ADDRESS
    ]


def _number(paper: IssuePaper) -> list[str]:
    return [f"arXiv:{paper.id}"] if paper.links.arxiv else []


def _segments(text: str) -> Iterator[dict[str, str | None]]:
    """Cut a text into what is an address and what is none."""
    end = 0
    for found in ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?'*")
        if address.endswith(")") and "(" not in address:
            address = address.rstrip(").,;:!?")
        if web_address(address) is None or len(address) > LONGEST_ADDRESS:
            continue
        if found.start() > end:
            yield {"said": text[end : found.start()], "url": None}
        end = found.start() + len(address)
        yield {"said": address, "url": address}
    if text[end:]:
        yield {"said": text[end:], "url": None}


def _card_title(paper: IssuePaper, edition: Edition) -> dict[str, Any]:
    """Cut a title that no card can hold; nearly none is."""
    said, width = "", 0
    for char in paper.title:
        width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if width > CARD_TITLE:
            said = said.rstrip() + "…"
            break
        said += char
    return {"said": said, "foreign": _foreign(paper, edition)}


def _notes(issue: Issue, edition: Edition) -> list[str]:
    """Where all this comes from: the lines at the foot of a sheet."""
    t = edition.texts
    at = f"{issue.generated_at:%Y-%m-%d %H:%M} UTC"
    lines = [t["page.sample_made"]] if edition.sample else [t["page.made"]]
    return [*lines, f"{edition.title} · {t['page.source']} · {at}"]
