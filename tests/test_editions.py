"""Several languages of one archive: where each stands, who is asked, and how they lead to each other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.edition import DAY, Edition, Noting, call, snapshot, some
from tests.engines import Model, ordered
from tests.loopback import HuggingFaceServer, paper, pseudo_translate

NEXT = "2026-01-13"
# Kana by the letter: Japanese without sense but with the shape of a faithful translation.
KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめも"
LINK = "https://example.org/release/software"


@pytest.fixture
def source():
    facts = {"summary": f"{paper()['paper']['summary']} See {LINK} for more."}
    with HuggingFaceServer({DAY: [paper(**facts), *some(2, 2)], NEXT: some(2, 11)}) as server:
        yield server


def japanese(title: str, abstract: str) -> dict[str, str]:
    """What stands for a Japanese translation: each word becomes some kana."""

    def said(text: str) -> str:
        words = re.sub(r"https?://\S+|[A-Za-z]+", lambda found: _kana(found[0]), text)
        return words.replace(", ", "、").replace(". ", "。").replace(" ", "")

    return {"title": said(title), "abstract": said(abstract), "gist": "新しい手法を提案する。"}


def _kana(word: str) -> str:
    if "://" in word:
        return word
    return "".join(KANA[(ord(char) * 7 + n) % len(KANA)] for n, char in enumerate(word[:4]))


def french(title: str, abstract: str) -> dict[str, str]:
    said = re.sub(r"(?<![/.])\b[a-z]{3,}\b(?![/.:])", lambda word: f"{word[0][:5]}é", abstract)
    return {"title": f"Étude : {title}", "abstract": said, "gist": "Une méthode nouvelle."}


def languages_asked(model: Noting) -> list[str]:
    """In which language each question asks for its answer."""
    systems = [question["messages"][0]["content"] for question in model.questions]
    return [
        "zh" if "简体中文" in each else "ja" if "日本語" in each else "other" for each in systems
    ]


def links_of(page: Path) -> dict[str, Path]:
    """Where a page says it stands in other languages."""
    found = re.findall(
        r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', page.read_text("utf-8")
    )
    return {language: (page.parent / place).resolve() for language, place in found}


def issue(folder: Path, day: str = DAY) -> dict:
    return json.loads((folder / day / "issue.json").read_text("utf-8"))


# ── their places ──────────────────────────────────────────────────────────────────────────────


def test_each_language_has_its_place_and_only_one_is_asked_for(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="zh-Hant,en")
        result = ours.run()
        assert result.code == 0, result.err
        reports = json.loads(result.out)["days"]
        assert [each["language"] for each in reports] == ["zh-Hans", "zh-Hant", "en"]
        assert [each["asked"] for each in reports] == [3, 0, 0]
        assert len(model.questions) == 3
        # The list was fetched once for all of them.
        assert len({handler.path for handler in source.requests}) == len(source.requests)
    site = tmp_path / "site"
    for place, language in (("", "zh-Hans"), ("zh-Hant", "zh-Hant"), ("en", "en")):
        assert issue(site / place)["language"] == language
        for name in ("index.html", f"{DAY}/index.html", f"{DAY}/issue.md", "assets/ribao.css"):
            assert (site / place / name).is_file(), name
        assert f'<html lang="{language}"' in (site / place / DAY / "index.html").read_text("utf-8")
    assert len(ours.rows()["issues"]) == 3
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["ribao.sqlite"]
    before = snapshot(site)
    assert ours.run().code == 0
    assert snapshot(site) == before


def test_traditional_chinese_is_made_of_the_simplified_and_links_stay(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="zh-Hant")
        ours.run()
    site = tmp_path / "site"
    simple, full = issue(site)["papers"][0], issue(site / "zh-Hant")["papers"][0]
    assert simple["abstract"] != full["abstract"]
    assert LINK in simple["abstract"]
    assert LINK in full["abstract"]
    assert full["translation"] == simple["translation"]
    from ribao.traditional import to_traditional

    assert full["abstract"] == to_traditional(simple["abstract"], "zh-Hant")
    assert full["gist"] == "提出一種新方法。"
    assert "原文" in (site / "zh-Hant" / DAY / "index.html").read_text("utf-8")


def test_the_originals_edition_asks_nobody_and_needs_no_key(tmp_path, source):
    ours = Edition(tmp_path, source, None, RIBAO_LANGUAGE="en", RIBAO_LLM__API_KEY="")
    result = ours.run()
    assert (result.code, result.day["asked"]) == (0, 0), result.err
    for entry in ours.issue()["papers"]:
        assert entry["translation"]["status"] == "original"
        assert entry["translation"]["engine"] is None
        assert entry["title"] == entry["original_title"]
        assert entry["gist"] is None


def test_every_language_leads_to_every_other(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="zh-Hant en")
        ours.run()
        ours.run(NEXT, "--json")
    site = (tmp_path / "site").resolve()
    places = {"zh-Hans": site, "zh-Hant": site / "zh-Hant", "en": site / "en"}
    for page in ("index.html", f"{DAY}/index.html", f"{NEXT}/index.html"):
        for language, place in places.items():
            there = links_of(place / page)
            assert there == {
                other: where / page for other, where in places.items() if other != language
            }, (page, language)
            assert all(path.is_file() for path in there.values())


def test_a_second_run_by_environment_goes_into_a_folder_of_its_own(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model)
        assert ours.run().code == 0
        root = snapshot(tmp_path / "site")
        result = ours.run(RIBAO_LANGUAGE="en")
        assert (result.code, result.day["language"]) == (0, "en"), result.err
        site = tmp_path / "site"
        assert issue(site)["language"] == "zh-Hans"
        assert issue(site / "en")["language"] == "en"
        now = snapshot(site)
        assert {name: body for name, body in now.items() if not name.startswith("en/")} == root
        assert links_of(site / "en" / DAY / "index.html") == {
            "zh-Hans": (site / DAY / "index.html").resolve()
        }
        # The next run of the first one leads there, too.
        ours.run()
        assert links_of(site / DAY / "index.html") == {
            "en": (site / "en" / DAY / "index.html").resolve()
        }
        assert issue(site) == json.loads(root[f"{DAY}/issue.json"])
        assert len(model.questions) == 3
        ours.run(NEXT, "--json", RIBAO_LANGUAGE="en")
        assert json.loads((site / "stats.json").read_bytes())["language"] == "zh-Hans"
        assert not (site / NEXT).exists()


@pytest.mark.parametrize(
    "later",
    [
        {"RIBAO_LANGUAGE": "en", "RIBAO_LANGUAGES": "zh-Hans"},
        {"RIBAO_LANGUAGE": "en", "RIBAO_LANGUAGES": "zh-Hant"},
        {"RIBAO_LANGUAGE": "zh-Hant"},
    ],
    ids=["order", "replaced", "alone"],
)
def test_the_root_never_changes_its_language(tmp_path, source, later):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model)
        ours.run()
        for day in (DAY, NEXT):
            result = ours.run(day, "--json", **later)
            assert result.code == 0, result.err
    site = tmp_path / "site"
    assert issue(site)["language"] == "zh-Hans"
    assert json.loads((site / "stats.json").read_bytes())["language"] == "zh-Hans"
    place = site / later["RIBAO_LANGUAGE"]
    assert issue(place, NEXT)["language"] == later["RIBAO_LANGUAGE"]


@pytest.mark.parametrize("given", ["klingon", "zh", "en,de-DE-DE"])
def test_languages_that_cannot_be_are_said_by_name(tmp_path, source, given):
    with Model("only") as model:
        result = ordered(tmp_path, source, model, RIBAO_LANGUAGES=given).run()
    assert (result.code, source.requests, model.questions) == (2, [], [])
    assert "RIBAO_LANGUAGES" in result.err


def test_a_language_that_is_named_twice_is_made_once(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="zh-CN,en,zh-Hans,en")
        result = ours.run()
    assert result.code == 0
    assert [each["language"] for each in json.loads(result.out)["days"]] == ["zh-Hans", "en"]


def test_a_language_that_cannot_be_written_stops_no_other(tmp_path, source):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "en").write_text("in the way", "utf-8")
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="en,zh-Hant")
        result = ours.run()
        states = {each["language"]: each["state"] for each in json.loads(result.out)["days"]}
        assert states == {"zh-Hans": "published", "en": "failed", "zh-Hant": "published"}
        assert result.code == 1
        assert "en" in result.err
        (tmp_path / "site" / "en").unlink()
        assert ours.run().code == 0
    assert issue(tmp_path / "site" / "en")["language"] == "en"


def test_the_address_of_a_language_is_that_of_its_place(tmp_path, source):
    with Model("only") as model:
        ours = ordered(
            tmp_path,
            source,
            model,
            RIBAO_LANGUAGES="en",
            RIBAO_SITE__BASE_URL="https://example.org/daily/",
        )
        assert ours.run().code == 0
    site = tmp_path / "site"
    root, english = ((site / place / DAY / "index.html").read_text("utf-8") for place in ("", "en"))
    assert "https://example.org/daily/en/" not in root
    for address in re.findall(r'"(https://example\.org/daily/[^"]*)"', english):
        assert address.startswith("https://example.org/daily/en/"), address


def test_many_days_lead_to_each_other_in_every_language(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="zh-Hant,en")
        assert ours.run("--since", DAY, "--until", NEXT, "--json").code == 0
    site = (tmp_path / "site").resolve()
    pages = [site / place / day for place in ("", "zh-Hant", "en") for day in (DAY, NEXT)]
    for page in pages:
        there = links_of(page / "index.html")
        assert len(there) == 2
        assert all(path.is_file() for path in there.values())
        html = (page / "index.html").read_text("utf-8")
        for place in re.findall(r'(?:href|src)="([^"#:]+)"', html):
            assert (page / place).exists(), place


# ── what else is made of one archive ──────────────────────────────────────────────────────────


def test_the_archive_is_given_out_in_any_of_its_languages(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="zh-Hant,en")
        ours.run()
        titles = {}
        for language in ("zh-Hans", "zh-Hant", "en", "ja"):
            env = ours.env | {"RIBAO_LANGUAGE": language, "RIBAO_LANGUAGES": ""}
            result = call(tmp_path, env, "export")
            assert result.code == 0, result.err
            papers = [json.loads(line) for line in result.out.splitlines()]
            assert len(papers) == 3
            titles[language] = [each["title"] for each in papers]
        assert titles["zh-Hans"] == [each["title"] for each in issue(tmp_path / "site")["papers"]]
        assert titles["zh-Hant"] == [
            each["title"] for each in issue(tmp_path / "site" / "zh-Hant")["papers"]
        ]
        assert titles["en"] == titles["ja"] == [f"Learning to Test Number 0{n}" for n in (1, 2, 3)]
        assert len(model.questions) == 3


def test_a_round_up_is_made_in_every_language(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGES="zh-Hant,en")
        ours.run()
        result = call(tmp_path, ours.env, "roundup", "2026-W03", "--json")
        assert result.code == 0, result.err
        site = tmp_path / "site"
        for place, language in (("", "zh-Hans"), ("zh-Hant", "zh-Hant"), ("en", "en")):
            page = site / place / "weeks" / "2026-W03" / "index.html"
            assert f'<html lang="{language}"' in page.read_text("utf-8")
        before = snapshot(site)
        assert call(tmp_path, ours.env, "roundup", "2026-W03").code == 0
        assert snapshot(site) == before


def test_a_round_up_passes_over_a_language_that_has_no_issues_yet(tmp_path, source):
    with Model("only") as model:
        ours = ordered(tmp_path, source, model)
        ours.run()
        env = ours.env | {"RIBAO_LANGUAGES": "en"}
        result = call(tmp_path, env, "roundup", "2026-W03")
        assert result.code == 3
        assert "en" in result.err
        assert (tmp_path / "site" / "weeks" / "2026-W03" / "index.html").is_file()
        # By environment alone it goes where its issues are.
        ours.run(RIBAO_LANGUAGE="en")
        env = ours.env | {"RIBAO_LANGUAGE": "en"}
        assert call(tmp_path, env, "roundup", "2026-W03").code == 0
    page = tmp_path / "site" / "en" / "weeks" / "2026-W03" / "index.html"
    assert '<html lang="en"' in page.read_text("utf-8")


# ── other languages ───────────────────────────────────────────────────────────────────────────


def test_a_japanese_edition_beside_a_chinese_one(tmp_path, source):
    def say(title: str, abstract: str) -> dict[str, str]:
        asked = languages_asked(model)
        return (japanese if asked[-1] == "ja" else pseudo_translate)(title, abstract)

    with Model("only", say) as model:
        ours = ordered(
            tmp_path, source, model, RIBAO_LANGUAGES="ja", RIBAO_ENGINE__ONLY__CONCURRENCY="1"
        )
        result = ours.run()
        assert result.code == 0, result.err
        assert languages_asked(model) == ["zh"] * 3 + ["ja"] * 3
        site = tmp_path / "site"
        assert {each["translation"]["status"] for each in issue(site / "ja")["papers"]} == {"ok"}
        html = (site / "ja" / DAY / "index.html").read_text("utf-8")
        assert '<html lang="ja"' in html
        assert ">日本語</a>" in (site / DAY / "index.html").read_text("utf-8")
        # A second run asks nobody, in whichever order.
        assert ours.run().code == 0
        assert ours.run(RIBAO_LANGUAGE="ja", RIBAO_LANGUAGES="").code == 0
        assert len(model.questions) == 6


@pytest.mark.parametrize("kind", ["japanese", "traditional", "English"])
def test_a_reply_in_another_language_is_an_error(tmp_path, source, kind):
    from ribao.traditional import to_traditional

    def say(title: str, abstract: str) -> dict[str, str]:
        if kind == "japanese":
            return japanese(title, abstract)
        if kind == "English":
            return {"title": title, "abstract": abstract, "gist": "A new method."}
        texts = pseudo_translate(title, abstract)
        return {name: to_traditional(text, "zh-Hant") for name, text in texts.items()}

    with Model("only", say) as model:
        ours = ordered(tmp_path, source, model)
        result = ours.run()
    assert result.code == 3
    assert len(model.questions) == 9
    for entry in ours.issue()["papers"]:
        assert entry["translation"]["status"] in {"flagged", "missing"}
        checks = {each["check"] for each in entry["translation"]["findings"]}
        assert checks & {"language", "script", "leftover-language"}, checks


def test_a_language_without_words_of_its_own_speaks_english_around_its_texts(tmp_path, source):
    with Model("only", french) as model:
        ours = ordered(tmp_path, source, model, RIBAO_LANGUAGE="fr")
        result = ours.run()
        assert result.code == 0, result.err
        assert result.day["ok"] == 3
        html = ours.text("index.html")
    assert '<html lang="fr"' in html
    assert "Étude : Learning to Test" in html
    assert "French" in model.questions[0]["messages"][0]["content"]
    assert '<body lang="en"' in html
