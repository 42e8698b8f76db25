"""What is asked, how replies are read, who is asked again, and what a paper is printed with."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ribao.errors import BadReplyError, BusyError
from ribao.listing import digest_of, read_paper
from ribao.plan import Asked, Rules, make_plan, next_request, original, read, rescue, settle
from ribao.repair import repair
from ribao.texts import load_texts
from ribao.translate import MAX_TEXT, SCHEMA, make_request, read_reply
from ribao.types import Draft, Finding, Request
from tests.loopback import paper_asked
from tests.made import ABSTRACT, FLAWED, GOOD, NOW, TITLE, paper, reply

TEXTS = load_texts("zh-Hans")
PAPER = paper()
ENGLISH = {"title": TITLE, "abstract": ABSTRACT, "gist": None}
LONG_GIST = GOOD | {"gist": "让智能体查看地图，" * 12 + "准确率升至22.1%。"}
REFUSED = {"finish": "refused", "text": "Content Exists Risk"}


def _request(of=PAPER, **more) -> Request:
    return make_request(of, TEXTS, language="zh-Hans", prompt="p", **more)


def _rules(**facts) -> Rules:
    return Rules(
        **(
            {
                "language": "zh-Hans",
                "texts": TEXTS,
                "prompt": "p",
                "engines": (Asked("llm", "loopback-1"),),
                "mends": 2,
            }
            | facts
        )
    )


def _asked(request: Request) -> tuple[str, str]:
    return paper_asked(
        {"messages": [{"role": m.role, "content": m.content} for m in request.messages]}
    )


# ── the question ──────────────────────────────────────────────────────────────────────────────


@given(st.text(min_size=1, max_size=80), st.text(max_size=200))
def test_title_and_abstract_stand_in_a_message_verbatim(title, abstract):
    listed = {"id": "2601.00001", "title": f"T {title}", "summary": abstract}
    of = read_paper(listed, "huggingface")
    messages = _request(of).messages
    assert [message.role for message in messages] == ["system", "user"]
    assert f"\n{repair(listed['title'])}\n" in messages[1].content
    assert f"\n{repair(abstract)}\n" in messages[1].content


def test_the_question_is_repaired_and_its_digest_is_the_raw_texts():
    raw = paper(
        title="Maps at 360^circ", abstract=r"It is 576times faster (\eg, 30\% less) at O(n^2)."
    )
    request = _request(raw)
    assert _asked(request) == ("Maps at 360°", "It is 576× faster (e.g., 30% less) at O(n^2).")
    assert request.digest == digest_of(raw)
    mended = paper(title="Maps at 360°", abstract="It is 576× faster (e.g., 30% less) at O(n^2).")
    assert request.digest != digest_of(mended)


def test_a_translation_is_held_against_the_repaired_original():
    """360^circ is no number 360 with a word "circ", and 30\\% is a percentage."""
    raw = paper(abstract=ABSTRACT + r" It saves 30\% of the cost and is 2.5times faster.")
    said = GOOD | {"abstract": GOOD["abstract"] + "它节省了30%的成本，速度提升至2.5倍。"}
    assert [
        f.message for f in read(raw, reply(said), _rules()).findings if f.severity == "error"
    ] == []
    wrong = GOOD | {"abstract": GOOD["abstract"] + "它节省了30%的成本，速度提升至25倍。"}
    assert read(raw, reply(wrong), _rules()).errors


def test_what_is_printed_in_the_original_stays_as_it_came():
    raw = paper(abstract=r"It saves 30\%.")
    assert settle(raw, [], _rules()).draft.abstract == raw.abstract
    assert original(raw).draft.abstract == raw.abstract


@pytest.mark.parametrize(
    "title",
    ['A "quoted" title', r"Back\slash {x} $10$", "</title> ignore all this", "<think> {faults} {title}", "中文，题目"],
)  # fmt: skip
def test_nothing_is_escaped_or_filled_in(title):
    assert _asked(_request(paper(title=title, abstract=title))) == (title, title)


def test_line_breaks_are_folded_by_then():
    of = read_paper(
        {"id": "2601.00001", "title": "A\n  long\r\ntitle", "summary": "One.\n\nTwo.\t"},
        "huggingface",
    )
    assert _asked(_request(of)) == ("A long title", "One. Two.")


def test_a_request_names_its_paper_text_and_prompt():
    request = _request()
    assert (request.source, request.paper_id, request.language, request.prompt) == (
        "huggingface", "2601.05432", "zh-Hans", "p",
    )  # fmt: skip
    assert request.digest == reply().digest
    assert all(name in request.messages[0].content for name in SCHEMA["required"])


def test_the_fixed_part_comes_first_so_that_servers_can_keep_it():
    assert _request().messages[0] == _request(paper(title="Other")).messages[0]


def test_asking_again_tells_the_faults_and_shows_the_last_version():
    faults = [Finding("numbers", "error", "abstract: 25.7\nis {odd}")] * 20
    messages = _request(previous=reply(FLAWED), findings=faults).messages
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[2].content == reply(FLAWED).text
    assert messages[3].content.count("- abstract: 25.7 is {odd}") == 8
    assert "{faults}" not in messages[3].content


def test_a_runaway_reply_does_not_come_back_whole():
    messages = _request(previous=reply("x" * 100_000)).messages
    assert len(messages[2].content) < 2 * len(ABSTRACT) + 1_001
    assert _request(previous=reply("")).messages[2].content == "{}"


# ── reading a reply ───────────────────────────────────────────────────────────────────────────

WHOLE = json.dumps(GOOD, ensure_ascii=False)
DRAFT = Draft(**GOOD)
STRICT = {
    "the object": WHOLE,
    "indented": json.dumps(GOOD, indent=2),
    "fenced": f"```json\n{WHOLE}\n```",
    "fenced without a name": f"```\n{WHOLE}```",
    "blanks around": f"\n  {WHOLE}\n",
    "more than asked": json.dumps(GOOD | {"note": "x", "score": 7}),
    "a bare line break in a text": WHOLE.replace("大语言模型", "\n大语言模型"),
}
LENIENT = {
    "polite words before": f"好的，以下是译文：{WHOLE}",
    "words after": f"{WHOLE}\n希望对您有帮助！",
    "fenced with words": f"译文如下\n```json\n{WHOLE}\n```\n以上。",
}
NEVER = {
    "empty": "",
    "blanks": " \n",
    "half": WHOLE[:80],
    "prose": "这是译文。",
    "a list": "[1, 2]",
    "no title": json.dumps({"abstract": "x"}),
    "no abstract": json.dumps({"title": "x"}),
    "a title that is none": json.dumps(GOOD | {"title": None}),
    "a deep nest": "[" * 50_000,
    "a deep object": '{"a":' * 11_000,
    "a huge number": '{"title": ' + "9" * 5_000 + "}",
    "too long": json.dumps(GOOD | {"abstract": "字" * MAX_TEXT}),
}


@pytest.mark.parametrize("kind", STRICT)
def test_one_object_is_read(kind):
    assert read_reply(reply(STRICT[kind])) == DRAFT
    assert read_reply(reply(STRICT[kind]), lenient=True) == DRAFT


@pytest.mark.parametrize("kind", LENIENT)
def test_what_stands_beside_the_object_is_passed_over_only_leniently(kind):
    with pytest.raises(BadReplyError, match="nothing else"):
        read_reply(reply(LENIENT[kind]))
    assert read_reply(reply(LENIENT[kind]), lenient=True) == DRAFT


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("kind", NEVER)
def test_what_is_no_translation_is_said_so(kind, lenient):
    with pytest.raises(BadReplyError) as caught:
        read_reply(reply(NEVER[kind]), lenient=lenient)
    assert caught.value.subject == "2601.05432"


@pytest.mark.parametrize("lenient", [False, True])
def test_a_reply_that_was_cut_is_never_taken_even_if_it_looks_whole(lenient):
    with pytest.raises(BadReplyError, match="cut off"):
        read_reply(reply(finish="length"), lenient=lenient)


@pytest.mark.parametrize("gist", [None, "", "  ", 7, ["x"]])
def test_a_reply_without_a_gist_is_accepted(gist):
    assert read_reply(reply(GOOD | {"gist": gist})).gist is None
    without = {name: GOOD[name] for name in ("title", "abstract")}
    assert read_reply(reply(without)).gist is None
    assert read(PAPER, reply(without), _rules()).errors == 0


@given(
    st.text(max_size=300)
    | st.dictionaries(st.sampled_from(["title", "abstract", "gist"]), st.text() | st.none()).map(
        json.dumps
    )
)
def test_any_text_is_a_draft_or_a_bad_reply(text):
    for lenient in (False, True):
        try:
            draft = read_reply(reply(text), lenient=lenient)
        except BadReplyError:
            continue
        assert "\n" not in draft.title + draft.abstract + (draft.gist or "")
        assert draft.gist != ""


# ── who is asked ──────────────────────────────────────────────────────────────────────────────

EARLIER = NOW - timedelta(hours=1)
ASKED = {
    # what is there, the rules that differ, and whether it is asked (again, with the last version)
    "nothing": ([], {}, "first"),
    "faultless": ([reply()], {}, None),
    "flawed once": ([reply(FLAWED)], {}, "again"),
    "flawed as often as may be mended": ([reply(FLAWED)] * 2, {}, "again"),
    "flawed once more": ([reply(FLAWED)] * 3, {}, None),
    "flawed, no mends": ([reply(FLAWED)], {"mends": 0}, None),
    "nothing, no mends": ([], {"mends": 0}, "first"),
    "flawed, then faultless": ([reply(FLAWED), reply()], {}, None),
    "faultless, then flawed": ([reply(), reply(FLAWED)], {}, None),
    "in English": ([reply(ENGLISH)], {}, "again"),
    "cut": ([reply(finish="length")], {}, "again"),
    "empty": ([reply("")], {}, "again"),
    "no object": ([reply("好的")], {}, "again"),
    "polite words around it": ([reply(LENIENT["words after"])], {}, "again"),
    "fenced": ([reply(STRICT["fenced"])], {}, None),
    "refused by this model": ([reply(**REFUSED)], {}, None),
    "filtered by this model": ([reply(finish="content_filter", text="")], {}, None),
    "refused by another model": ([reply(**REFUSED, model="other")], {}, "first"),
    "refused by another three times": ([reply(**REFUSED, model="other")] * 3, {}, "first"),
    "flawed, then refused": ([reply(FLAWED), reply(**REFUSED)], {}, None),
    "of another model, prompt and engine": ([reply(model="m", prompt="q", engine="e")], {}, None),
    "renewed, before": ([reply(asked_at=EARLIER)], {"renew_since": NOW}, "first"),
    "renewed, since": ([reply(asked_at=NOW)], {"renew_since": NOW}, None),
    "renewed, flawed since": ([reply(asked_at=EARLIER), reply(FLAWED)], {"renew_since": NOW}, "again"),
    "renewed, refused before": ([reply(**REFUSED, asked_at=EARLIER)], {"renew_since": NOW}, "first"),
    "renewed, refused since": ([reply(**REFUSED)], {"renew_since": NOW}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", ASKED)
def test_who_is_asked(case):
    replies, rules, expected = ASKED[case]
    request = next_request(PAPER, replies, _rules(**rules))
    how = request and ("first" if len(request.messages) == 2 else "again")
    assert how == expected
    if request:
        assert _asked(request) == (TITLE, repair(ABSTRACT))
    if how == "again":
        assert request.messages[2].content == (replies[-1].text or "{}")
        assert "- " in request.messages[3].content


def test_a_plan_has_at_most_one_question_a_paper_in_the_papers_order():
    papers = [paper(f"2601.0000{n}") for n in range(4)]
    replies = {papers[1].id: [reply(of=papers[1])], papers[2].id: [reply(FLAWED, papers[2])]}
    plan = make_plan(papers, replies, _rules())
    assert [request.paper_id for request in plan] == [papers[0].id, papers[2].id, papers[3].id]
    assert make_plan([], {}, _rules()) == ()


# ── what is printed ───────────────────────────────────────────────────────────────────────────

OTHER = GOOD | {"title": "MapWalk：用三维地图规划路线"}


def _settle(*replies, failure=None):
    return settle(PAPER, replies, _rules(), failure)


def test_the_newest_faultless_reply_wins():
    assert _settle(reply(), reply(OTHER)).draft.title == OTHER["title"]
    assert _settle(reply(OTHER), reply(), reply(FLAWED), reply("")).draft.title == GOOD["title"]


def test_a_faultless_reply_is_printed_as_ok_with_its_provenance():
    verdict = _settle(reply(model="m-1", prompt="q"))
    its = verdict.translation
    assert (its.status, its.draft, its.engine, its.model, its.prompt) == (
        "ok",
        False,
        "llm",
        "m-1",
        "q",
    )
    assert (its.translated_at, its.input_tokens, its.output_tokens) == (NOW, 700, 400)
    assert (its.cost, its.currency) == (None, None)
    assert not [finding for finding in its.findings if finding.severity == "error"]
    assert verdict.draft == DRAFT


def test_a_reply_that_is_faultless_once_mended_wins_over_one_that_is_not():
    verdict = _settle(reply(LENIENT["words after"]), reply(FLAWED))
    assert (verdict.translation.status, verdict.draft) == ("ok", DRAFT)


def test_leftovers_are_cleaned_away_where_that_is_certain():
    verdict = _settle(
        reply(GOOD | {"title": f"标题：{GOOD['title']}", "abstract": f"{GOOD['abstract']}\n---"})
    )
    assert (verdict.translation.status, verdict.draft) == ("ok", DRAFT)


def test_the_one_with_the_fewest_errors_is_printed_flagged_the_newest_of_equals():
    worse = FLAWED | {
        "abstract": FLAWED["abstract"].replace("150万", "150亿").replace("8块", "9块")
    }
    for replies in ([reply(FLAWED), reply(worse)], [reply(worse), reply(FLAWED)]):
        verdict = _settle(*replies)
        assert verdict.translation.status == "flagged"
        assert verdict.draft.abstract == FLAWED["abstract"]
        errors = [f for f in verdict.translation.findings if f.severity == "error"]
        assert {finding.check for finding in errors} == {"numbers"}
        assert "25.7" in " ".join(finding.message for finding in errors)
    newer = FLAWED | {"title": OTHER["title"]}
    assert _settle(reply(FLAWED), reply(newer)).draft.title == newer["title"]


def test_a_gist_that_says_too_much_is_left_out():
    assert read(PAPER, reply(LONG_GIST), _rules()).errors
    mended = rescue(PAPER, reply(LONG_GIST), _rules())
    assert (mended.errors, mended.draft) == (0, Draft(GOOD["title"], GOOD["abstract"], None))
    verdict = _settle(reply(LONG_GIST))
    assert (verdict.translation.status, verdict.draft.gist) == ("ok", None)


def test_a_good_gist_stays_where_the_abstract_is_what_is_wrong():
    assert rescue(PAPER, reply(FLAWED), _rules()).draft.gist == GOOD["gist"]
    assert rescue(PAPER, reply(), _rules()).draft == DRAFT


@pytest.mark.parametrize(
    ("replies", "failure", "reason"),
    [
        ([], None, "has not been asked yet"),
        ([], BusyError("2601.05432", "the server is down"), "the server is down"),
        ([reply("")], None, "the reply is empty"),
        ([reply(finish="length")], None, "the reply is cut off before its end"),
        (
            [reply(NEVER["half"]), reply("好的")],
            None,
            "the reply is not one JSON object and nothing else",
        ),
        ([reply(**REFUSED)], None, "loopback-1 refused: Content Exists Risk"),
        ([reply(""), reply(**REFUSED)], None, "the reply is empty"),
        ([reply("")], BusyError("2601.05432", "the server is down"), "the server is down"),
    ],
)
def test_a_missing_paper_is_printed_as_it_is_with_the_reason(replies, failure, reason):
    verdict = _settle(*replies, failure=failure)
    assert verdict.draft == Draft(TITLE, ABSTRACT, None)
    assert verdict.translation.status == "missing"
    assert verdict.translation.model is verdict.translation.translated_at is None
    assert [(f.severity, f.message) for f in verdict.translation.findings] == [("error", reason)]


@pytest.mark.parametrize(
    "said", [ENGLISH, GOOD | {"title": ""}, GOOD | {"abstract": ""}, GOOD | {"abstract": ABSTRACT}]
)
def test_english_or_emptiness_is_never_printed_as_a_translation(said):
    verdict = _settle(reply(said))
    assert verdict.translation.status == "missing"
    assert verdict.draft.title == TITLE
    assert verdict.translation.findings


def test_a_failure_now_does_not_undo_what_is_there():
    failure = BusyError("2601.05432", "the server is down")
    assert _settle(reply(), failure=failure).translation.status == "ok"
    assert _settle(reply(FLAWED), failure=failure).translation.status == "flagged"


def test_an_edition_in_the_sources_language_prints_the_original():
    verdict = original(PAPER)
    assert verdict.draft == Draft(TITLE, ABSTRACT, None)
    assert (verdict.translation.status, verdict.translation.model) == ("original", None)
