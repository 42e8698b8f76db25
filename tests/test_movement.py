"""A day against planted histories: what rises, what is hot, what a later day must not change."""

from __future__ import annotations

import time
from datetime import date, timedelta
from importlib.resources import files

import pytest

from ribao.listing import read_page
from ribao.movement import DayPapers, PaperWords, hot_areas, measure, reduce_day
from ribao.phrases import read_phrases
from ribao.topics import read_areas
from ribao.types import Links, Paper, RawPage

AREAS = read_areas(files("ribao").joinpath("areas.toml").read_text(encoding="utf-8"))
PHRASES = read_phrases(files("ribao").joinpath("phrases.toml").read_text(encoding="utf-8"))
TODAY = date(2026, 5, 29)  # a Friday
CODE = Links(code="https://example.com/code")


def paper(number: int, title: str, **more) -> Paper:
    return Paper("huggingface", f"2605.{number:05}", title, "", **more)


def history(per_day, days: int = 40, last: date = TODAY) -> list[DayPapers]:
    """Work days before ``last``, ten papers each; ``per_day(week)`` gives the words of some."""
    found, day = [], last
    while len(found) < days:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            week = 7 - (last - timedelta(days=last.weekday()) - day + timedelta(days=6)).days // 7
            words = per_day(week)[:10]
            papers = [PaperWords((), words_of) for words_of in words]
            found.append(DayPapers(day, (*papers, *[PaperWords((), ())] * (10 - len(papers)))))
    return found


def run(papers, past=(), **more):
    options = {"language": "zh-Hans", "revision": 1, **more}
    return measure(TODAY, papers, past, AREAS, PHRASES, **options)


# ── rising and fading ─────────────────────────────────────────────────────────────────────────


def steps(phrase: str, before: int, now: int):
    return lambda week: [(phrase,)] * (now if week >= 6 else before)


def test_a_phrase_that_triples_rises() -> None:
    found = run(
        [paper(1, "GRPO"), paper(2, "GRPO"), paper(3, "GRPO")], history(steps("GRPO", 1, 3))
    )
    assert [moved.name for moved in found.rising_phrases] == ["GRPO"]
    moved = found.rising_phrases[0]
    assert moved.weeks == (5, 5, 5, 5, 5, 5, 15, 15)
    assert moved.burst > 3
    assert moved.slug is None
    assert found.fading_phrases == ()


def test_a_phrase_that_falls_to_a_third_fades() -> None:
    found = run([paper(1, "GRPO")], history(steps("GRPO", 3, 1)))
    assert [moved.name for moved in found.fading_phrases] == ["GRPO"]
    assert found.fading_phrases[0].burst < -2.5
    assert found.rising_phrases == ()


def test_a_steady_phrase_neither_rises_nor_fades() -> None:
    found = run([paper(1, "GRPO"), paper(2, "GRPO")], history(steps("GRPO", 2, 2)))
    assert found.rising_phrases == found.fading_phrases == ()


def test_a_few_papers_do_not_rise() -> None:
    found = run([paper(n, "GRPO") for n in range(5)], history(steps("LoRA", 2, 2)))
    assert "GRPO" not in {moved.name for moved in found.rising_phrases}


def test_no_more_than_six_rise() -> None:
    many = tuple(f"Name{n}" for n in range(9))
    past = history(lambda week: [many] * (6 if week >= 6 else 1))
    assert len(run([], past).rising_phrases) == 6


def test_an_area_that_triples_rises_with_its_name() -> None:
    past = [
        DayPapers(day.day, tuple(PaperWords(("safety",) * bool(p.phrases), ()) for p in day.papers))
        for day in history(steps("x", 1, 4))
    ]
    (moved,) = run([paper(1, "Nothing")], past).rising_areas
    assert (moved.slug, moved.name) == ("safety", "安全与越狱")


# ── hot areas ─────────────────────────────────────────────────────────────────────────────────


def test_one_paper_is_never_hot() -> None:
    found = run([paper(1, "Theorem Proving in Lean")], history(steps("x", 1, 1)))
    assert [(area.slug, area.count) for area in found.areas] == [("theorem-proving", 1)]
    assert hot_areas(found.areas) == ()


def test_the_lift_is_smoothed_and_needs_five_issues() -> None:
    papers = [paper(1, "Theorem Proving"), paper(2, "Theorem Prover"), paper(3, "On Cats")]
    past = history(steps("x", 0, 0), days=5)
    assert run(papers, past[1:]).areas[0].lift is None
    (area,) = hot_areas(run(papers, past).areas)
    assert area.slug == "theorem-proving"
    assert area.lift == 3.0  # (2 + 1) / (0 + 1)
    assert area.shares[-1] == round(2 / (3 + 10 * 4), 4)


def test_size_and_lift_both_make_heat() -> None:
    usual = PaperWords(("safety",), ())
    past = [DayPapers(day.day, (usual,) * 5 + day.papers[5:]) for day in history(steps("x", 0, 0))]
    papers = [paper(n, "Jailbreaks") for n in range(3)] + [paper(9, "Theorem Proving")] * 2
    assert [area.slug for area in hot_areas(run(papers, past).areas)] == [
        "theorem-proving",
        "safety",
    ]


# ── the past ──────────────────────────────────────────────────────────────────────────────────


def test_later_days_and_today_itself_change_nothing() -> None:
    papers = [paper(1, "GRPO"), paper(2, "GRPO for LLM agents")]
    past = history(steps("GRPO", 1, 3))
    later = [
        DayPapers(TODAY + timedelta(days=n), (PaperWords(("safety",), ("GRPO",)),) * 9)
        for n in range(9)
    ]
    assert run(papers, [*later, *past]) == run(papers, past) == run(papers, past[::-1])


def test_the_trend_ends_today_and_its_mean_is_of_the_days_before() -> None:
    empty = DayPapers(TODAY - timedelta(days=6), ())
    found = run([paper(1, "LLM")], [*history(steps("x", 1, 1)), empty])
    assert len(found.trend) == 30
    assert (found.trend[-1].day, found.trend[-1].count) == (TODAY, 1)
    assert all(day.count for day in found.trend)
    assert found.mean == 10.0


# ── phrases of the day ────────────────────────────────────────────────────────────────────────


def test_what_is_usual_weighs_less_than_what_is_the_days_own() -> None:
    past = history(lambda _: [("AI agent",)] * 5)
    papers = [paper(n, "AI agents") for n in range(5)] + [paper(n, "On GRPO") for n in range(5, 8)]
    own, usual = run(papers, past).phrases
    assert (own.word, own.papers, own.family) == (
        "GRPO",
        ("2605.00005", "2605.00006", "2605.00007"),
        "training",
    )
    assert (usual.word, len(usual.papers)) == ("智能体", 5)
    assert own.weight > usual.weight


def test_a_name_takes_the_family_of_its_papers() -> None:
    papers = [
        paper(1, "Jailbreaking SWEeter"),
        paper(2, "A red team for SWEeter"),
        paper(3, "Cats"),
    ]
    found = {phrase.word: phrase for phrase in run(papers).phrases}
    assert found["SWEeter"].family == "trust"


# ── small and large days ──────────────────────────────────────────────────────────────────────


def test_the_first_issue_of_an_empty_archive() -> None:
    papers = [paper(1, "GRPO for LLMs"), paper(2, "LLMs", upvotes=7, links=CODE)]
    found = run(papers)
    assert {phrase.word: phrase.weight for phrase in found.phrases} == {
        "大语言模型": 2.0,
        "GRPO": 1.0,
    }
    assert all(area.lift is None for area in found.areas)
    assert found.mean is None
    assert len(found.trend) == 1
    assert (found.rising_areas, found.fading_areas) == ((), ())
    assert (found.rising_phrases, found.fading_phrases) == ((), ())
    assert (found.count, found.with_code, found.upvotes) == (2, 1, 7)


@pytest.mark.parametrize("count", [0, 1, 100])
@pytest.mark.parametrize("past", [(), history(steps("GRPO", 1, 3))])
def test_days_of_any_size(count: int, past) -> None:
    found = run([paper(n, f"LLM agents and Method{n % 40}X") for n in range(count)], past)
    assert found.count == count == found.trend[-1].count
    assert len(found.phrases) <= 60
    shares = [share for area in found.areas for share in area.shares if share is not None]
    assert all(0 <= share <= 1 for share in shares)


def test_a_week_without_papers_has_no_share_and_one_without_the_area_has_none_of_it() -> None:
    words = ("large-language-models",)
    old = DayPapers(TODAY - timedelta(weeks=2), (PaperWords(words, ()),) * 3)
    bare = DayPapers(TODAY - timedelta(weeks=1), (PaperWords((), ()),) * 3)
    found = run([paper(1, "Large language models")], [old, bare])
    (area,) = [area for area in found.areas if area.slug == words[0]]
    assert area.shares == (None, None, None, None, None, 1.0, 0.0, 1.0)


def test_each_paper_has_its_areas_with_the_words_that_decided() -> None:
    papers = [paper(1, "Large language models", keywords=("LLMs",)), paper(2, "Nothing")]
    first, second = run(papers).papers
    (topic,) = first.topics
    assert (first.id, topic.slug) == ("2605.00001", "large-language-models")
    assert topic.evidence == ("Large language models", "LLMs")
    assert (second.id, second.topics) == ("2605.00002", ())


def test_organisations_by_count_then_name() -> None:
    names = ("B", "A", None, "B", "C")
    found = run([paper(n, "x", organization=name) for n, name in enumerate(names)])
    assert [(one.name, one.count) for one in found.organizations] == [("B", 2), ("A", 1), ("C", 1)]


# ── real days ─────────────────────────────────────────────────────────────────────────────────


def real(corpus, last: str, days: int) -> list[tuple[date, list[Paper]]]:
    paths = sorted(corpus.glob("daily_papers/*.json"))
    paths = [path for path in paths if path.stem <= last][-days:]
    found = []
    for path in paths:
        day = date.fromisoformat(path.stem)
        page = RawPage("huggingface", day, 0, None, path.read_bytes())
        found.append((day, read_page(page)[0]))
    return found


def test_deepseek_r1_rises_in_february_2025(corpus) -> None:
    *before, (day, papers) = real(corpus, "2025-02-20", 41)
    past = [reduce_day(*one, AREAS, PHRASES) for one in before]
    found = measure(day, papers, past, AREAS, PHRASES, language="en", revision=1)
    assert "DeepSeek-R1" in {moved.name for moved in found.rising_phrases}


def test_forty_days_are_measured_in_time(corpus) -> None:
    days = [(day, (papers * 3)[:20]) for day, papers in real(corpus, "2026-05-28", 41) if papers]
    start = time.process_time()
    past = [reduce_day(*one, AREAS, PHRASES) for one in days[:-1]]
    measure(*days[-1], past, AREAS, PHRASES, language="zh-Hans", revision=1)
    taken = time.process_time() - start
    print(f"{len(days)} days of 20 papers: {taken:.2f} s")
    assert taken < 2  # 0.4 s on the machine of docs/benchmarks.md; a busy one may be slower
