"""The player in a real browser, over our own server: it plays, seeks, follows, and is plain without."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from ribao.archive import Archive
from ribao.press import Press
from ribao.renderers.player import STEMS
from ribao.renderers.transcript import render_vtt
from ribao.repair import readable
from ribao.server import make_server
from ribao.sound.mix import Label, mix
from ribao.speech import EditionName, Episode, Recorded, Sentence
from tests.made import DAY, edition, issue, measured, paper, verdict
from tests.speeches import script, segment, speak
from tests.test_page_browser import ARGUMENTS, CONTRASTS, TOO_WIDE

pytestmark = [
    pytest.mark.browser,
    # Playwright leaves its event loop's socket to the interpreter's end.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
IDS = tuple(f"2601.{n:05}" for n in range(8))
# The short edition leaves the last paper out.
SPOKEN: dict[EditionName, tuple[str, ...]] = {"brief": IDS[:-1], "full": IDS}
HOSTILE = (
    "</a></li></ol><script>document.title='gone'</script><img src=x onerror=alert(1)>&lt;b&gt;"
)
DARING = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *DARING])
        yield opened
        opened.close()


def _spoken(name: EditionName, path: Path, words: str) -> Episode:
    segments = [segment(key, 2) for key in ("opening", *SPOKEN[name], "closing")]
    if words:
        said = (Sentence(words, "a"), Sentence(words * 9, "a"))
        segments = [replace(each, title=words, sentences=said) for each in segments]
    spoken = replace(script(segments), edition=name)
    recorded = [Recorded(each, speak([1.5, 1.5], seed=n)) for n, each in enumerate(segments)]
    return mix(spoken, recorded, path, Label("论文日报", "论文日报"))


def _write(folder: Path, *names: EditionName, words: str = "") -> Path:
    made = issue(*((paper(each), verdict()) for each in IDS))
    with Archive.in_memory() as archive:
        archive.keep_issue(made, measured([paper()])(1))
        for name in names:
            place = folder / str(DAY) / f"{STEMS[name]}.mp3"
            episode = _spoken(name, place, words)
            place.with_suffix(".vtt").write_text(render_vtt(episode.cues), "utf-8")
            archive.keep_episode(episode, "inputs", "digest")
        Press(archive, edition(), folder, workshop=None).write(made)
    return folder


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = make_server(folder, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{DAY}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Iterator[str]:
    with _served(_write(tmp_path_factory.mktemp("alone"), "brief")) as address:
        yield address


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> Iterator[str]:
    with _served(_write(tmp_path_factory.mktemp("both"), "full", "brief")) as address:
        yield address


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Iterator[str]:
    with _served(_write(tmp_path_factory.mktemp("hostile"), "brief", words=HOSTILE)) as address:
        yield address


@pytest.fixture
def look(browser) -> Iterator[Callable[..., Page]]:
    """Open a page; in the end, see that it complained of nothing and asked nobody else."""
    contexts, complaints, asked = [], [], []

    def open_page(address: str, width: int = 1280, **more: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:"))] == []


def _audio(page: Page, number: int = 0) -> Callable[[str], object]:
    """Ask an audio element for something."""
    return lambda what: page.locator("audio").nth(number).evaluate(f"audio => audio.{what}")


def _until(page: Page, what: str, number: int = 0) -> None:
    """Wait until something is so of an audio element, ``a``."""
    page.wait_for_function(
        f"() => {{ const a = document.querySelectorAll('audio')[{number}]; return {what}; }}"
    )


def _at(link: Locator) -> float:
    return float(link.get_attribute("data-at"))


def _chapters(page: Page, number: int = 0) -> Locator:
    return page.locator(".player").nth(number).locator(".chapters a")


def _sentences(page: Page, number: int = 0) -> Locator:
    return page.locator(".player").nth(number).locator(".transcript a")


def _unfold(page: Page, what: str, number: int = 0) -> None:
    details = page.locator(".player").nth(number).locator(f"details.{what}")
    if details.get_attribute("open") is None:
        details.locator("summary").click()


# ── playing and seeking ───────────────────────────────────────────────────────────────────────


def test_it_plays_what_was_written_and_loads_nothing_before(look, alone):
    page = look(alone)
    assert _audio(page)("readyState") == 0
    assert _audio(page)("preload") == "none"
    _audio(page)("play()")
    _until(page, "a.currentTime > 0.3")
    # Nine chapters of some four seconds each.
    assert 30 < _audio(page)("duration") < 60
    assert _audio(page)("error") is None


def test_a_chapter_is_played_on_a_click_though_nothing_was_loaded(look, alone):
    page = look(alone)
    chapter = _chapters(page).nth(5)
    chapter.click()
    _until(page, f"!a.paused && a.currentTime > {_at(chapter) + 0.1}")
    assert _audio(page)("currentTime") < _at(chapter) + 3
    assert chapter.get_attribute("aria-current") == "true"
    assert page.locator(".now").inner_text() == "标题 2601.00004"
    assert page.url == alone


def test_sound_far_away_is_sought_by_parts(look, alone):
    page = look(alone)
    with page.expect_response(lambda answer: answer.url.endswith(".mp3")) as answered:
        _chapters(page).last.click()
    assert answered.value.status == 206
    _until(page, f"a.currentTime > {_at(_chapters(page).last)}")


def test_the_sentence_that_is_heard_is_marked_and_kept_in_sight(look, alone):
    page = look(alone, 400)
    _unfold(page, "transcript")
    _sentences(page).first.click()
    _until(page, "document.querySelector('.transcript [aria-current]') && !a.paused")
    first = page.locator(".transcript [aria-current]").inner_text()
    _until(page, f"document.querySelector('.transcript [aria-current]').textContent != {first!r}")
    assert page.locator(".transcript [aria-current]").count() == 1
    scrolled = page.evaluate("scrollY")
    _audio(page)("pause()")
    _audio(page)(f"currentTime = {_at(_sentences(page).last) + 0.2}")
    _until(page, "document.querySelector('.transcript p:last-of-type [aria-current]')")
    box = page.locator(".transcript .box").bounding_box()
    marked = page.locator(".transcript [aria-current]").bounding_box()
    assert box["y"] <= marked["y"]
    assert marked["y"] + marked["height"] <= box["y"] + box["height"] + 1
    assert page.locator(".transcript .box").evaluate("box => box.scrollTop") > 0
    # The page itself stays where the reader has it.
    assert page.evaluate("scrollY") == scrolled


def test_the_marked_sentence_is_the_one_of_the_time(look, alone):
    page = look(alone)
    _unfold(page, "transcript")
    times = [_at(each) for each in _sentences(page).all()]
    assert times == sorted(times)
    _audio(page)("play()")
    _until(page, "a.readyState > 2")
    _audio(page)("pause()")
    for number in (0, 3, 8, len(times) - 1):
        _audio(page)(f"currentTime = {times[number] + 0.1}")
        marked = _sentences(page).nth(number)
        page.wait_for_function("e => e.hasAttribute('aria-current')", arg=marked.element_handle())
        assert page.locator(".transcript [aria-current]").count() == 1


def test_a_sentence_is_played_on_a_click(look, alone):
    page = look(alone)
    _unfold(page, "transcript")
    sentence = _sentences(page).nth(4)
    sentence.click()
    _until(page, f"!a.paused && a.currentTime > {_at(sentence)}")
    assert _audio(page)("currentTime") < _at(sentence) + 3


def test_a_click_with_control_is_the_browsers(look, alone):
    page = look(alone)
    with page.context.expect_page() as opened:
        _chapters(page).nth(2).click(modifiers=["Control"])
    assert f"brief.mp3#t={_chapters(page).nth(2).get_attribute('data-at')}" in opened.value.url
    assert _audio(page)("paused")


def test_buttons_step_from_chapter_to_chapter(look, alone):
    page = look(alone)
    after, before = page.locator("[data-step='1']"), page.locator("[data-step='-1']")
    times = [_at(each) for each in _chapters(page).all()]
    after.click()
    assert _audio(page)("currentTime") == pytest.approx(times[1], abs=0.02)
    assert _audio(page)("paused")
    after.click()
    before.click()
    before.click()
    assert _audio(page)("currentTime") == pytest.approx(times[0], abs=0.02)
    before.click()
    assert _audio(page)("currentTime") == pytest.approx(times[0], abs=0.02)
    for _ in range(len(times) + 3):
        after.click()
    assert _audio(page)("currentTime") == pytest.approx(times[-1], abs=0.02)
    # What was chosen before anything was loaded is where it begins.
    _audio(page)("play()")
    _until(page, f"a.currentTime > {times[-1]} + 0.05")


# ── speed ─────────────────────────────────────────────────────────────────────────────────────


def test_the_speed_holds_for_both_and_is_remembered(look, both):
    page = look(both)
    page.locator("select").first.select_option("1.5")
    assert [_audio(page, n)("playbackRate") for n in (0, 1)] == [1.5, 1.5]
    page.reload()
    assert page.locator("select").nth(1).input_value() == "1.5"
    _chapters(page).first.evaluate("link => link.click()")
    _until(page, "a.currentTime > 0.2")
    assert _audio(page)("playbackRate") == 1.5


@pytest.mark.parametrize("kept", ["quick", "0", "99", "<b>"])
def test_a_speed_that_is_none_is_the_ordinary_one(kept, look, alone):
    page = look(alone)
    page.evaluate("kept => localStorage.setItem('ribao-speed', kept)", kept)
    page.reload()
    assert page.locator("select").input_value() == "1"
    assert _audio(page)("playbackRate") == 1


def test_it_works_where_nothing_may_be_remembered(browser, alone):
    with browser.new_context() as context:
        context.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }})"
        )
        page = context.new_page()
        page.goto(alone)
        page.locator("select").select_option("2")
        assert _audio(page)("playbackRate") == 2


# ── keys ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", [".chapters a", ".transcript .box", ".transcript a"])
def test_keys_play_skip_and_step(where, look, alone):
    page = look(alone)
    _unfold(page, where.split()[0][1:])
    page.locator(where).first.focus()
    scrolled = page.evaluate("scrollY")
    page.keyboard.press("Space")
    _until(page, "!a.paused && a.currentTime > 0")
    page.keyboard.press("Space")
    _until(page, "a.paused")
    at = _audio(page)("currentTime")
    page.keyboard.press("ArrowRight")
    assert _audio(page)("currentTime") == pytest.approx(at + 10, abs=0.02)
    page.keyboard.press("ArrowLeft")
    assert _audio(page)("currentTime") == pytest.approx(at, abs=0.02)
    page.keyboard.press("ArrowLeft")
    assert _audio(page)("currentTime") == 0
    page.keyboard.press("]")
    page.keyboard.press("]")
    assert _audio(page)("currentTime") == pytest.approx(_at(_chapters(page).nth(2)), abs=0.02)
    page.keyboard.press("[")
    assert _audio(page)("currentTime") == pytest.approx(_at(_chapters(page).nth(1)), abs=0.02)
    assert page.evaluate("scrollY") == scrolled


def test_what_has_keys_of_its_own_keeps_them(look, alone):
    page = look(alone)
    page.locator("[data-step='1']").focus()
    page.keyboard.press("Space")
    assert _audio(page)("currentTime") == pytest.approx(_at(_chapters(page).nth(1)), abs=0.02)
    assert _audio(page)("paused")
    page.keyboard.press("]")
    assert _audio(page)("currentTime") == pytest.approx(_at(_chapters(page).nth(2)), abs=0.02)
    page.locator(".transcript summary").focus()
    page.keyboard.press("Space")
    assert page.locator(".transcript .box").is_visible()
    assert _audio(page)("paused")
    at = _audio(page)("currentTime")
    page.locator("select").focus()
    page.keyboard.press("ArrowRight")
    assert _audio(page)("currentTime") == at
    page.locator(".transcript .box").focus()
    page.keyboard.press("Control+]")
    assert _audio(page)("currentTime") == at


def test_all_of_it_is_reached_by_tab_and_says_its_keys(look, alone):
    page = look(alone, 400)
    page.locator(".transcript").evaluate("details => details.open = true")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('.player') && document.activeElement.localName + '.' + document.activeElement.className"))  # fmt: skip
    assert {"audio.", "button.", "select.", "summary.", "div.box", "a."} <= reached
    keys = page.locator(".transcript .box").get_attribute("aria-keyshortcuts")
    assert keys == "Space ArrowLeft ArrowRight [ ]"
    assert page.locator("button[aria-keyshortcuts='[']").inner_text().endswith("上一章")


# ── two editions, and the papers ──────────────────────────────────────────────────────────────


def test_one_edition_is_silent_while_the_other_plays(look, both):
    page = look(both)
    _unfold(page, "chapters")
    _unfold(page, "chapters", 1)
    _chapters(page).nth(1).click()
    _until(page, "!a.paused && a.currentTime > 0")
    _chapters(page, 1).nth(3).click()
    _until(page, "!a.paused && a.currentTime > 0", 1)
    assert _audio(page)("paused")
    _chapters(page).nth(2).click()
    _until(page, "a.paused", 1)
    _until(page, "!a.paused")


def test_listen_beside_a_paper_plays_it_and_stays_at_hand(look, both):
    page = look(both)
    links = page.locator("article .links a[data-at]")
    assert links.all_inner_texts() == ["听"] * len(IDS)
    links.nth(4).click()
    chapter = _chapters(page).nth(5)
    assert _at(links.nth(4)) == _at(chapter)
    _until(page, f"!a.paused && a.currentTime > {_at(chapter)}")
    page.wait_for_selector(".player.away.started")
    box = page.locator("audio").first.bounding_box()
    assert 0 <= box["y"] < box["y"] + box["height"] <= 900
    # The short edition leaves the last paper out, so the long one reads it.
    links.last.click()
    _until(page, f"!a.paused && a.currentTime > {_at(links.last)}", 1)
    assert _audio(page)("paused")
    assert page.locator(".player.started").count() == 1
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_selector(".player.started:not(.away)")
    assert page.locator("audio").nth(1).evaluate("a => getComputedStyle(a).position") == "static"


# ── without a script, narrow, dark ────────────────────────────────────────────────────────────


def test_without_a_script_there_is_plain_audio_and_links_into_it(look, both):
    page = look(both, java_script_enabled=False)
    for number, stem in enumerate(("brief", "issue")):
        player = page.locator(".player").nth(number)
        assert player.locator("audio[controls]").is_visible()
        assert player.locator("audio").get_attribute("src") == f"{stem}.mp3"
        assert not player.locator(".controls").is_visible()
        player.locator(".chapters summary").click()
        link = player.locator(".chapters a").nth(2)
        assert link.is_visible()
        assert link.get_attribute("href") == f"{stem}.mp3#t={link.get_attribute('data-at')}"
        assert (
            player.locator(".transcript a")
            .nth(2)
            .get_attribute("href")
            .startswith(f"{stem}.mp3#t=")
        )
    page.locator(".chapters a").nth(2).click()
    page.wait_for_url("**/brief.mp3#t=*")


@pytest.mark.parametrize("site", ["alone", "both", "hostile"])
def test_nothing_is_wider_than_the_screen(site, look, request):
    page = look(request.getfixturevalue(site), 400)
    page.locator("article .links a[data-at]").nth(4).click()
    page.wait_for_selector(".player.away.started")
    for what in ("chapters", "transcript"):
        _unfold(page, what)
        for width in (360, 400, 901, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(TOO_WIDE) == [], (width, what)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", ["chapters", "transcript"])
def test_every_text_of_it_can_be_read(what, scheme, look, alone):
    page = look(alone, color_scheme=scheme)
    _unfold(page, what)
    page.locator(f".{what} a").nth(1).click()
    page.wait_for_selector(f".{what} [aria-current]")
    page.mouse.move(0, 0)
    contrasts = page.evaluate(CONTRASTS.replace('"body *"', '".player *"'))
    assert len(contrasts) > 5
    assert {name: ratio for name, ratio in contrasts.items() if ratio < 4.5} == {}
    marked = page.locator(f".{what} [aria-current]").evaluate("e => getComputedStyle(e).backgroundColor + getComputedStyle(e).color")  # fmt: skip
    plain = page.locator(f".{what} a:not([aria-current])").first.evaluate("e => getComputedStyle(e).backgroundColor + getComputedStyle(e).color")  # fmt: skip
    assert marked != plain


def test_on_a_phone_it_is_small_and_beside_it_there_is_room_for_chapters(look, alone):
    phone = look(alone, 400)
    assert phone.locator(".listen").bounding_box()["height"] < 270
    assert not phone.locator(".chapters .box").is_visible()
    wide = look(alone, 1280)
    assert wide.locator(".chapters .box").is_visible()
    assert wide.locator(".chapters .box").bounding_box()["x"] > 600
    assert wide.locator(".listen").bounding_box()["height"] < 330


def test_nothing_moves_for_who_wants_no_motion(look, alone):
    page = look(alone, reduced_motion="reduce")
    moving = "e => getComputedStyle(e)"
    for each in ("html", ".transcript .box", ".chapters .box", "audio"):
        part = page.locator(each)
        assert part.evaluate(f"e => ({moving})(e).scrollBehavior") == "auto"
        assert part.evaluate(f"e => ({moving})(e).transitionDuration") == "0s"


def test_titles_and_sentences_stay_text(look, hostile):
    page = look(hostile)
    assert page.title() != "gone"
    assert page.locator(".player script, .player img").count() == 0
    assert _chapters(page).nth(1).locator("span").inner_text() == readable(HOSTILE)
    _unfold(page, "transcript")
    _sentences(page).nth(2).click()
    _until(page, "a.currentTime > 0.1 && document.querySelector('.now').textContent")
    assert page.locator(".now").inner_text() == readable(HOSTILE)
    assert page.locator(".now *").count() == 0
