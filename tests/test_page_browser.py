"""The pages in a real browser: they fit, can be read, and ask nothing of the network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ribao.archive import Archive
from ribao.plan import original
from ribao.press import Press
from ribao.statistics import PaperTopics, TopicEvidence
from ribao.types import Finding, HotTopic, Issue, KeywordWeight
from tests.made import NOW, edition, issue, measured, paper, verdict

pytestmark = [
    pytest.mark.browser,
    # Playwright leaves its event loop's socket to the interpreter's end.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = (360, 400, 768, 1280)
PAGES = ("2026-01-12/index.html", "index.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if path is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


def _hostile() -> Issue:
    """An issue of everything that is too long, and of every mark."""
    long_word = "Donaudampfschifffahrtsgesellschaftskapitaenspatent" * 6
    address = f"https://a.example/{'path/' * 60}?{'q=1&' * 30}"
    findings = (
        Finding("numbers", "error", f"abstract: {long_word}"),
        Finding("reply", "error", address),
    )
    titles = ["题" * 400, "W" * 400, "x-" * 200, "标题" + "é" * 398]
    of = [
        paper(
            f"2601.0000{n}",
            title="T" * 400,
            abstract=f"{long_word} {address} {'_' * 900}",
            authors=tuple(f"Author{'n' * 190} {m}" for m in range(3_000)),
            keywords=("k" * 200, "long " * 40),
            upvotes=999_999_999_999,
        )
        for n in range(len(titles))
    ]
    verdicts = [
        verdict(
            titles[0], abstract="字" * 5_000, gist="要" * 200, status="flagged", findings=findings
        ),
        verdict(
            titles[1], abstract=f"{long_word}{address}", gist=long_word, draft=True, model="m" * 200
        ),
        replace(
            original(of[2]), translation=verdict(status="missing", findings=findings).translation
        ),
        verdict(titles[3], abstract="⟨" * 900, gist=None),
    ]
    made = issue(*zip(of, verdicts, strict=True))
    hot = tuple(HotTopic(f"h{n}", "领" * 40, 99, None) for n in range(8))
    words = tuple(KeywordWeight("k" * 200, 9.0 - n) for n in range(8))
    papers = tuple(
        replace(each, late=True, topics=("t" * 80, "large-language-models")) for each in made.papers
    )
    return replace(
        made, papers=papers, stats=replace(made.stats, hot_topics=hot, keywords=words), revision=1
    )


def _write(folder: Path, made: Issue, **facts) -> Path:
    with Archive.in_memory() as archive:
        evidence = tuple(
            PaperTopics(each.id, tuple(TopicEvidence(t, ("k" * 80, "3D")) for t in each.topics))
            for each in made.papers
        )
        archive.keep_issue(made, replace(measured([paper()])(1), papers=evidence))
        before = replace(made, day=made.day.replace(day=9), generated_at=NOW)
        archive.keep_issue(before)
        Press(archive, edition(**facts), folder, workshop=None).write(made)
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Path:
    return _write(tmp_path_factory.mktemp("hostile"), _hostile(), sample=True)


@pytest.fixture(scope="module")
def named(tmp_path_factory) -> Path:
    # The longest name that the settings take.
    return _write(tmp_path_factory.mktemp("named"), issue(), name="W" * 40)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory) -> Path:
    flagged = verdict(status="flagged", findings=(Finding("numbers", "error", "25.7"),))
    missing = replace(
        original(paper()),
        translation=verdict(status="missing", findings=flagged.translation.findings).translation,
    )
    pairs = [
        (paper(f"2601.0000{n}"), its)
        for n, its in enumerate((flagged, missing, verdict(draft=True), verdict()))
    ]
    made = issue(*pairs)
    last = replace(made.papers[3], late=True, withdrawn=True)
    made = replace(made, papers=(*made.papers[:3], last))
    return _write(tmp_path_factory.mktemp("ordinary"), made, sample=True)


@pytest.fixture
def look(browser) -> Iterator:
    """Open a page; in the end, see that it complained of nothing and asked nobody."""
    contexts, complaints, asked = [], [], []

    def open_page(path: Path, width: int = 1280, scheme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert asked
    assert [url for url in asked if not url.startswith(("file://", "data:"))] == []


TOO_WIDE = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const found = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > wide + 1)
    .map(e => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)} > ${wide}`);
  return [`${document.documentElement.scrollWidth} > ${wide}`, ...new Set(found)];
}"""


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("site", ["hostile", "named", "ordinary"])
def test_nothing_is_wider_than_the_screen(site, path, look, request):
    page = look(request.getfixturevalue(site) / path)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("innerWidth") == width
        assert page.evaluate(TOO_WIDE) == [], width


@pytest.mark.parametrize("width", [360, 1280])
def test_no_text_is_cut_off_or_covered(width, look, hostile):
    page = look(hostile / PAGES[0], width)
    for part in ("article h2", ".authors", ".abstract", ".gist", ".areas"):
        assert page.evaluate(
            "part => [...document.querySelectorAll(part)].every(e => e.scrollWidth <= e.clientWidth + 1 || getComputedStyle(e).display == 'inline')", part
        )  # fmt: skip


CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const read = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = rgb => rgb.slice(0, 3).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = read(getComputedStyle(e).backgroundColor); if (c[3] == 255) return c; }
    return [255, 255, 255, 255]; };
  const found = {};
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), ink = read(style.color), behind = ground(e);
    const pair = [light(ink), light(behind)].sort((a, b) => b - a);
    let opacity = 1; for (let p = e; p; p = p.parentElement) opacity *= getComputedStyle(p).opacity;
    found[`${e.tagName.toLowerCase()}.${e.className} ${ink} on ${behind} at ${opacity}`] = (pair[0] + 0.05) / (pair[1] + 0.05);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_text_can_be_read(scheme, path, look, ordinary):
    page = look(ordinary / path, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 5
    assert {
        name: ratio
        for name, ratio in contrasts.items()
        if ratio < 4.5 or not name.endswith(" at 1")
    } == {}


def test_light_and_dark_differ_and_follow_the_system(look, ordinary):
    seen = {}
    for scheme in ("light", "dark"):
        page = look(ordinary / PAGES[0], scheme=scheme)
        colours = "[document.documentElement, document.querySelector('h2'), document.querySelector('.number'), document.querySelector('.soft, .authors')]"
        seen[scheme] = page.evaluate(
            f"{colours}.map(e => getComputedStyle(e).color + getComputedStyle(e).backgroundColor)"
        )
    assert all(light != dark for light, dark in zip(seen["light"], seen["dark"], strict=True))


@pytest.mark.parametrize(("width", "touch"), [(1280, False), (400, True)])
def test_marks_open_on_a_click(width, touch, look, ordinary):
    page = look(ordinary / PAGES[0], width)
    for kind in ("withdrawn", "late", "flagged", "missing", "draft"):
        mark = page.locator(f"details.mark.{kind}")
        assert not mark.locator("p").is_visible()
        mark.locator("summary").click()
        assert mark.locator("p").is_visible()
        assert mark.locator("p").inner_text().strip()
        mark.locator("summary").click()
        assert not mark.locator("p").is_visible()


def test_marks_open_by_keyboard_in_the_order_of_the_page(look, ordinary):
    page = look(ordinary / PAGES[0])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box["width"] > 10
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('details.mark.flagged > summary')"):
            break
    focus = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert focus != "none"
    page.keyboard.press("Enter")
    assert page.locator("details.mark.flagged p").is_visible()
    page.keyboard.press("Space")
    assert not page.locator("details.mark.flagged p").is_visible()


def test_the_words_that_decided_open_by_touch_and_by_keyboard(look, ordinary):
    page = look(ordinary / PAGES[0], 400)
    areas = page.locator("details.areas").first
    assert not areas.locator("li").first.is_visible()
    areas.locator("summary").click()
    assert areas.locator("li").first.inner_text().endswith("、3D")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.matches('details.areas > summary')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    assert not areas.locator("li").first.is_visible()
    page.keyboard.press("Space")
    assert areas.locator("li").first.is_visible()


def test_the_original_opens_below_the_translation(look, ordinary):
    page = look(ordinary / PAGES[0])
    compare = page.locator("details.compare").first
    compare.locator("summary").click()
    assert compare.locator("p").is_visible()
    assert compare.locator("p").get_attribute("lang") == "en"


def test_the_contents_lead_to_the_papers(look, ordinary):
    page = look(ordinary / PAGES[0])
    page.locator(".contents a").last.click()
    assert page.evaluate("location.hash") == "#p-2601.00003"
    assert page.evaluate("document.querySelector(':target').tagName") == "ARTICLE"


def test_one_can_go_from_the_list_to_an_issue_and_to_its_neighbour(look, ordinary):
    page = look(ordinary / PAGES[1])
    page.locator("main a").first.click()
    assert page.url.endswith("/2026-01-12/index.html")
    page.locator("nav a[rel=prev]").click()
    assert page.url.endswith("/2026-01-09/index.html")
