"""Values made for tests: papers, replies and issues with sound facts, any of which can be replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from ribao.app import load_areas, load_phrases
from ribao.issue import Past, compose
from ribao.listing import digest_of
from ribao.movement import measure
from ribao.plan import Verdict
from ribao.renderers.edition import Edition
from ribao.statistics import Statistics
from ribao.texts import load_texts
from ribao.types import Draft, Issue, Links, Paper, Reply, Translation

DAY = date(2026, 1, 12)
NOW = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
TITLE = "MapWalk: Planning Routes with 3D Maps"
ABSTRACT = (
    "Large language models (LLMs) rarely look at a map. We introduce MapWalk, a two-stage agent trained on"
    " 1.5 million routes in 43 cities. On RouteBench, MapWalk raises accuracy from 8.0\\% to 22.1\\%, three"
    " times the score of GPT-4o, and needs only 8 GPUs. Code is available at https://github.com/maps/mapwalk."
)
GOOD = {
    "title": "MapWalk：利用三维地图规划路线",
    "abstract": (
        "大语言模型（LLM）很少查看地图。我们提出了MapWalk，这是一种两阶段智能体，使用43个城市的150万条路线训练。"
        "在RouteBench上，MapWalk将准确率从8.0%提升至22.1%，是GPT-4o得分的三倍，且仅需8块GPU。"
        "代码见https://github.com/maps/mapwalk。"
    ),
    "gist": "让智能体查看地图，准确率升至22.1%。",
}
FLAWED = GOOD | {"abstract": GOOD["abstract"].replace("22.1%", "25.7%")}
LINKS = Links(
    "https://huggingface.co/papers/2601.05432",
    "https://arxiv.org/abs/2601.05432",
    "https://arxiv.org/pdf/2601.05432",
    "https://github.com/maps/mapwalk",
    "https://maps.example/mapwalk",
)


def paper(paper_id: str = "2601.05432", **facts: Any) -> Paper:
    """A paper with every fact."""
    made = Paper(
        source="huggingface",
        id=paper_id,
        title=TITLE,
        abstract=ABSTRACT,
        authors=("Ada Tester", "Bo Prüfer"),
        published_at=datetime(2026, 1, 10, 10, 0, tzinfo=UTC),
        upvotes=7,
        keywords=("large language models", "route planning"),
        links=LINKS,
    )
    return replace(made, **facts)


def reply(said: object = None, of: Paper | None = None, **facts: Any) -> Reply:
    """A reply to ``of``; ``said`` is its text, or what stands in it as JSON (default: faultless)."""
    of = of or paper()
    text = (
        said
        if isinstance(said, str)
        else json.dumps(GOOD if said is None else said, ensure_ascii=False)
    )
    made = Reply(
        source=of.source,
        paper_id=of.id,
        digest=digest_of(of),
        language="zh-Hans",
        asked_at=NOW,
        engine="llm",
        model="loopback-1",
        prompt="0123456789ab",
        finish="stop",
        text=text,
        body=json.dumps({"choices": [{"message": {"content": text}}]}),
        input_tokens=700,
        output_tokens=400,
    )
    return replace(made, **facts)


def verdict(title: str = GOOD["title"], **facts: Any) -> Verdict:
    """What a paper is printed with; ``gist`` and ``abstract`` replace its texts, the rest its facts."""
    texts = {name: facts.pop(name, GOOD[name]) for name in ("abstract", "gist")}
    made = Translation(
        "ok", False, "llm", "loopback-1", "0123456789ab", NOW, (), 700, 400, None, None
    )
    return Verdict(Draft(title, **texts), replace(made, **facts))


def measured(papers: Sequence[Paper], language: str = "zh-Hans") -> Callable[[int], Statistics]:
    """The numbers of a day without a past."""
    return lambda revision: measure(
        DAY, papers, (), load_areas(), load_phrases(), language=language, revision=revision
    )


def issue(*pairs: tuple[Paper, Verdict], past: Past | None = None, **facts: Any) -> Issue:
    """An issue of these papers; of one faultless paper where there are none named."""
    pairs = pairs or ((paper(), verdict()),)
    papers = [each for each, _ in pairs]
    verdicts = {each.id: its for each, its in pairs}
    language = facts.pop("language", "zh-Hans")
    now = facts.pop("now", NOW)
    made, _ = compose(
        DAY,
        language,
        papers,
        verdicts,
        load_areas(),
        past or Past(),
        now,
        measured(papers, language),
    )
    return replace(made, **facts) if facts else made


def edition(language: str = "zh-Hans", **facts: Any) -> Edition:
    """An edition as the composition root makes it."""
    areas = {area.slug: load_areas().name(area.slug, language) for area in load_areas()}
    return Edition(language, load_texts(language), areas, **facts)
