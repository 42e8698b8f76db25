"""``issue.md``: the form that readers and scripts of the newsletter know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ribao.renderers.edition import Edition
from ribao.renderers.maths import readable_issue
from ribao.types import Issue, IssuePaper

# What would be markup somewhere in a line. An underscore inside a word is none and stays, so that
# names and addresses remain as they are; "<" and "&" are escaped as HTML, as Markdown allows.
MARKUP = re.compile(
    r"[\\`*\[\]$~|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|[<>]|&(?=#?\w{1,32};)", re.ASCII
)
# What would be markup at the beginning of a line only.
AT_START = re.compile(r"\A(?:[#+=>-]|\d{1,9}(?=[.)](?:\s|\Z)))", re.ASCII)
# What would close a heading, and vanish, at the end of its line only.
AT_END = re.compile(r"(?<=\s)#+\Z")
ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def escape(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, wherever in a line it stands.

    What needs no escaping stays untouched: nearly all titles come out as they went in.
    """
    text = MARKUP.sub(lambda m: ENTITIES.get(m[0], "\\" + m[0]), text)
    text = AT_END.sub(r"\\\g<0>", text)
    start = AT_START.match(text)
    if start is None:
        return text
    if start[0].isdigit():
        return f"{start[0]}\\{text[start.end() :]}"
    return "\\" + text


def render_markdown(issue: Issue, edition: Edition, pictures: frozenset[str] = frozenset()) -> str:
    """Return the issue as CommonMark, with the sections, order and headings of the contract.

    ``pictures`` are the names of the pictures, prints and sounds that stand beside the file.
    """
    t = edition.texts
    issue = readable_issue(issue)
    names = [escape(topic.name) for topic in issue.stats.hot_topics]
    hot = t["issue.comma"].join(names) or t["issue.none"]
    colon = t["issue.colon"]
    count = f"- {t['issue.count']}{colon}{issue.stats.count}"
    parts = [
        f"# Hugging Face {issue.day} {t['issue.title']}",
        f"## 📊 {t['issue.heading_stats']}\n{count}\n- {t['issue.hot']}{colon}{hot}",
        f"## 📝 {t['issue.heading_papers']}",
        *(_paper(paper, t) for paper in issue.papers),
        *([] if issue.papers else [t["issue.no_papers"]]),
        f"## 🔍 {t['issue.heading_cloud']}\n{_picture('wordcloud.png', 'cloud', pictures, t)}",
        f"## 📈 {t['issue.heading_trend']}\n{_picture('trend.png', 'trend', pictures, t)}",
        f"## 🎙️ {t['issue.heading_voice']}\n{_voice(pictures, t)}",
        f"## 📱 {t['issue.heading_subscribe']}\n{_subscribe(issue, edition, pictures)}",
    ]
    if edition.sample:
        parts.insert(1, f"> {t['page.sample']}")
    return "\n\n".join(parts) + "\n"


def _paper(paper: IssuePaper, t: Mapping[str, str]) -> str:
    original = f"**{t['issue.original_title']}** {escape(paper.original_title)}"
    abstract = escape(paper.abstract) if paper.abstract else t["issue.no_abstract"]
    lines = [f"### {paper.position}. {escape(paper.title)}", original]
    if paper.withdrawn:
        lines.append(f"**{t['issue.state']}** {t['issue.mark_withdrawn']}")
    if marks := _marks(paper, t):
        lines.append("> " + t["issue.comma"].join(marks))
    lines += [f"**{t['issue.abstract']}**\n{abstract}", _links(paper, t)]
    if paper.links.code:
        lines.append(f"**{t['issue.code']}** [{_host(paper.links.code)}]({paper.links.code})")
    return "\n\n".join([*lines, "---"])


def _marks(paper: IssuePaper, t: Mapping[str, str]) -> list[str]:
    marks = []
    if paper.late:
        marks.append(t["issue.mark_late"])
    if paper.translation.status in {"flagged", "missing"}:
        marks.append(t[f"issue.mark_{paper.translation.status}"])
    if paper.translation.draft:
        marks.append(t["issue.mark_draft"])
    return marks


def _links(paper: IssuePaper, t: Mapping[str, str]) -> str:
    links = [("HuggingFace", paper.links.huggingface), ("arXiv", paper.links.arxiv)]
    shown = " | ".join(f"[{name}]({url})" for name, url in links if url)
    return f"**{t['issue.links']}** {shown}"


def _host(url: str) -> str:
    host = urlsplit(url).hostname or ""
    return "GitHub" if host in {"github.com", "www.github.com"} else escape(host)


def _picture(file: str, name: str, pictures: frozenset[str], t: Mapping[str, str]) -> str:
    """Link a picture, or say that there is none."""
    return f"![{t[f'issue.{name}_alt']}]({file})" if file in pictures else t[f"issue.no_{name}"]


def _voice(files: frozenset[str], t: Mapping[str, str]) -> str:
    """Link each spoken edition, or say that there is none."""
    editions = (("brief", "brief.mp3"), ("full", "issue.mp3"))
    spoken = [(name, file) for name, file in editions if file in files]
    colon = t["issue.colon"]
    lines = [f"- {t[f'issue.listen_{name}']}{colon}[{file}]({file})" for name, file in spoken]
    return "\n".join(lines) or t["issue.no_voice"]


def _subscribe(issue: Issue, edition: Edition, pictures: frozenset[str]) -> str:
    t = edition.texts
    place = f"{edition.base_url}/{issue.day}/" if edition.base_url else ""
    links = [("subscribe", t["issue.subscribe_here"], place or "index.html")]
    links += [("pdf", t["issue.pdf_here"], f"{place}issue.pdf")] * ("issue.pdf" in pictures)
    links += [("epub", t["issue.epub_here"], f"{place}issue.epub")] * ("issue.epub" in pictures)
    links += [("poster", t["issue.poster_here"], f"{place}poster.png")] * ("poster.png" in pictures)
    links.append(("data", "issue.json", f"{place}issue.json"))
    colon = t["issue.colon"]
    return "\n".join(f"- {t[f'issue.{name}']}{colon}[{text}]({url})" for name, text, url in links)
