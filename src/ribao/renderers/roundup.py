"""A week's or a month's round-up as a page and as Markdown, from the same data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ribao.grammar import counted, in_words
from ribao.renderers import charts, cloud
from ribao.renderers.edition import Edition
from ribao.renderers.markdown import escape
from ribao.renderers.page import Figure, render
from ribao.repair import readable
from ribao.roundup import Kind, Roundup, RoundupArea, RoundupPaper, pictured

HOT = 8
SHARES = 20
_LEAST = 2  # One paper makes no area hot.


def edition_of_kind(edition: Edition, kind: Kind) -> Edition:
    """Return the edition with the words that a picture of a week or a month needs."""
    t = edition.texts
    own = {
        "picture.cloud": t[f"roundup.cloud_{kind}"],
        "picture.trend_today": t["roundup.last_issue"],
    }
    return replace(edition, texts={**t, **own})


def render_page(
    roundup: Roundup,
    edition: Edition,
    names: frozenset[str],
    previous: str | None = None,
    following: str | None = None,
) -> str:
    """Return the page. ``names`` are the pictures beside it.

    ``previous`` and ``following`` are the names of the round-ups of this kind around it.
    """
    status = [paper.translation.status for paper in roundup.papers]
    by_slug = {area.slug: area for area in roundup.areas}
    return render(
        "roundup.html",
        edition,
        root="../../",
        path=f"{roundup.kind}s/{roundup.name}/",
        roundup=roundup,
        name=_name(roundup, edition.texts),
        time=_time(roundup, edition.texts),
        held=_held(roundup, edition.texts),
        hot=_hot(roundup),
        rising=[by_slug[slug] for slug in roundup.rising_areas],
        fading=[by_slug[slug] for slug in roundup.fading_areas],
        flagged=status.count("flagged"),
        missing=status.count("missing"),
        top=_top(roundup),
        groups=list(_groups(roundup, edition)),
        shares=[area for area in roundup.areas if area.count][:SHARES],
        figures=list(_figures(roundup, edition, names)),
        previous=previous,
        next=following,
        percent=_percent,
        marks_of=_marks,
    )


def render_markdown(roundup: Roundup, edition: Edition, names: frozenset[str]) -> str:
    """Return the round-up as CommonMark. ``names`` are the pictures beside it."""
    t = edition.texts
    own = edition_of_kind(edition, roundup.kind).texts
    parts = [
        f"# Hugging Face {roundup.name} {t[f'roundup.{roundup.kind}']}",
        *([f"> {t['page.sample']}"] if edition.sample else []),
        "\n".join(_numbers(roundup, t)),
        f"## {t[f'roundup.top_{roundup.kind}']}",
        t["roundup.top_note"],
        *(_paper(number, paper, edition) for number, paper in enumerate(_top(roundup), 1)),
        f"## {t['roundup.by_area']}",
        *(_group(name, papers, t) for name, papers in _groups(roundup, edition)),
        *([f"## {own['picture.cloud']}\n![{own['picture.cloud']}](wordcloud.png)"]
          if "wordcloud.png" in names else []),
        *([f"## {own['picture.trend']}\n![{own['picture.trend']}](trend.png)"]
          if "trend.png" in names else []),
        f"## {t['roundup.days']}",
        "\n".join(_days(roundup, t)),
        f"## {t['roundup.where']}",
        "- [index.html](index.html)\n- [roundup.json](roundup.json)",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


# ── what both say ─────────────────────────────────────────────────────────────────────────────


def _name(roundup: Roundup, t: Mapping[str, str]) -> str:
    year, _, number = roundup.name.partition("-")
    number = str(int(number.removeprefix("W")))
    return t[f"roundup.name_{roundup.kind}"].format(year=year, number=number)


def _time(roundup: Roundup, t: Mapping[str, str]) -> str:
    first, last = in_words(roundup.first, t), in_words(roundup.last, t)
    return t["roundup.time"].format(first=first, last=last)


def _held(roundup: Roundup, t: Mapping[str, str]) -> str:
    """Say what the shares are held to, and whether anything moved."""
    if all(area.burst is None for area in roundup.areas):
        return t["roundup.no_past"]
    moved = roundup.rising_areas or roundup.fading_areas
    name = f"roundup.{'held' if moved else 'steady'}_{roundup.kind}"
    return counted(name, roundup.issues_before, t).format(issues=roundup.issues_before)


def _hot(roundup: Roundup) -> list[RoundupArea]:
    return [area for area in roundup.areas if area.count >= _LEAST][:HOT]


def _top(roundup: Roundup) -> list[RoundupPaper]:
    by_id = {paper.id: paper for paper in roundup.papers}
    return [by_id[paper_id] for paper_id in roundup.top]


def _groups(roundup: Roundup, edition: Edition) -> Iterator[tuple[str, list[RoundupPaper]]]:
    """Yield each first area, the hottest first, with its papers; those of none come last."""
    found: dict[str | None, list[RoundupPaper]] = {area.slug: [] for area in roundup.areas}
    none: list[RoundupPaper] = []
    for paper in roundup.papers:
        found.get(paper.topics[0] if paper.topics else None, none).append(paper)
    for slug, papers in found.items():
        if papers:
            yield edition.areas.get(slug or "", slug or ""), papers
    if none:
        yield edition.texts["picture.other"], none


def _figures(roundup: Roundup, edition: Edition, names: frozenset[str]) -> Iterator[Figure]:
    own, stats = edition_of_kind(edition, roundup.kind), pictured(roundup)
    if "wordcloud.svg" in names:
        words = cloud.alternative_text(roundup.phrases, own)
        yield Figure("wordcloud", own.texts["picture.cloud"], words)
    chart = charts.trend(stats, own)
    if chart is not None and "trend.svg" in names:
        rows = chart.table.header, chart.table.rows
        yield Figure("trend", chart.title, chart.description, *rows)


def _percent(share: float | None) -> str:
    if share is None:
        return "—"
    said = f"{share:.0%}"
    return "<1%" if said == "0%" and share else said


def _marks(paper: RoundupPaper) -> list[str]:
    """The names of a paper's marks."""
    status = paper.translation.status
    marks = {
        "withdrawn": paper.withdrawn,
        "late": paper.late,
        "flagged": status == "flagged",
        "missing": status == "missing",
        "draft": paper.translation.draft,
    }
    return [name for name, has in marks.items() if has]


# ── the Markdown ──────────────────────────────────────────────────────────────────────────────


def _numbers(roundup: Roundup, t: Mapping[str, str]) -> Iterator[str]:
    colon, comma = t["issue.colon"], t["issue.comma"]
    unit = counted("page.issues_unit", roundup.issues, t)
    yield f"- {_time(roundup, t)}{colon}{roundup.issues} {unit}"
    yield f"- {t['issue.count']}{colon}{roundup.count}"
    hot = comma.join(f"{escape(area.name)} {area.count}" for area in _hot(roundup))
    yield f"- {t['issue.hot']}{colon}{hot or t['issue.none']}"
    by_slug = {area.slug: area for area in roundup.areas}
    for way, slugs in (("rising", roundup.rising_areas), ("fading", roundup.fading_areas)):
        said = [_share(by_slug[slug]) for slug in slugs]
        if said:
            yield f"- {t[f'roundup.{way}']}{colon}{comma.join(said)}"
    yield f"- {_held(roundup, t)}"
    if not roundup.finished:
        yield f"- {t[f'roundup.open_{roundup.kind}']}"


def _share(area: RoundupArea) -> str:
    return f"{escape(area.name)} {_percent(area.share_before)} → {_percent(area.share)}"


def _paper(number: int, paper: RoundupPaper, edition: Edition) -> str:
    t = edition.texts
    places = [
        f"[{t['roundup.position'].format(day=day, position=paper.position)}]({_place(paper, day)})"
        if day == paper.day
        else f"[{day}]({_place(paper, day)})"
        for day in paper.days
    ]
    lines = [f"### {number}. {escape(readable(paper.title))}"]
    if paper.title != paper.original_title:
        lines.append(f"**{t['issue.original_title']}** {escape(readable(paper.original_title))}")
    if marks := _marks(paper):
        lines.append("> " + t["issue.comma"].join(t[f"issue.mark_{mark}"] for mark in marks))
    if paper.gist:
        lines.append(f"**{t['page.gist']}{t['issue.colon']}** {escape(readable(paper.gist))}")
    areas = [escape(edition.areas.get(slug, slug)) for slug in paper.topics]
    about = [t["issue.comma"].join(areas)] * bool(areas)
    if paper.upvotes is not None:
        about.append(f"▲ {paper.upvotes}")
    links = [("HuggingFace", paper.links.huggingface), ("arXiv", paper.links.arxiv)]
    about.append(t["issue.comma"].join(places))
    about += [f"[{name}]({url})" for name, url in links if url]
    return "\n\n".join([*lines, " · ".join(about)])


def _group(name: str, papers: Sequence[RoundupPaper], t: Mapping[str, str]) -> str:
    lines = [f"### {escape(name)} ({len(papers)})", ""]
    for paper in papers:
        marks = "".join(f" · {t[f'issue.mark_{mark}']}" for mark in _marks(paper))
        lines.append(
            f"- [{escape(readable(paper.title))}]({_place(paper, paper.day)}) {paper.day}{marks}"
        )
    return "\n".join(lines)


def _days(roundup: Roundup, t: Mapping[str, str]) -> Iterator[str]:
    colon = t["issue.colon"]
    for day in roundup.days:
        if day.state != "issue":
            yield f"- {day.day}{colon}{t[f'roundup.day_{day.state}']}"
            continue
        said = [f"{day.papers} {counted('page.papers_unit', day.papers, t)}"]
        said += [f"{day.flagged} {t['page.flagged_unit']}"] * bool(day.flagged)
        said += [f"{day.missing} {t['page.missing_unit']}"] * bool(day.missing)
        link = f"[{day.day}](../../{day.day}/index.html)"
        yield f"- {link}{colon}{t['issue.comma'].join(said)}"


def _place(paper: RoundupPaper, day: date) -> str:
    return f"../../{day}/index.html#p-{paper.id}"
