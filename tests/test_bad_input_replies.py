"""What a language model can say instead of a translation, and what is printed then."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.edition import DAY, Edition, Noting, some
from tests.loopback import HuggingFaceServer, completion, paper, paper_asked, pseudo_translate
from tests.test_bad_input_engine import is_untranslated

# The second of three papers; it has numbers, names and a link by which it can be told from others.
ODD = paper(
    "2601.00002",
    title="FooNet: Training 7B Models on 128 GPUs",
    summary=(
        "We present FooNet, which trains models of 7B parameters on 128 GPUs in 36 hours. It reaches "
        "82.5% on MMLU and 61.3% on GSM8K, 4.2 points above LLaMA-2, with 1500 samples. Code "
        "is at https://github.com/foo/foonet and the data of all 12 tasks will be released soon."
    ),
)
TITLE = ODD["paper"]["title"]


def good(title: str, abstract: str) -> dict[str, str]:
    return pseudo_translate(title, abstract)


def as_json(draft: dict) -> str:
    return json.dumps(draft, ensure_ascii=False)


def changed(**how):
    """A good reply in which some of the texts are changed."""

    def say(title, abstract):
        draft = good(title, abstract)
        return as_json(draft | {name: change(draft[name]) for name, change in how.items()})

    return say


def wrapped(before: str, after: str):
    return lambda title, abstract: before + as_json(good(title, abstract)) + after


def in_turn(replies: list):
    return lambda title, abstract: (replies.pop(0))(title, abstract)  # noqa: PLW0108 - a new one each time


def english(title, abstract):
    return {"title": title, "abstract": abstract, "gist": "A new method."}


OTHER_ABSTRACT = (
    "We study 14 planners on the 96 mazes of BarBench, and BarPlan finds 57.9% of all exits in 23 "
    "minutes on 2 CPUs, 8.8 points above A-Star; see https://github.com/bar/barplan for all of it, "
    "and the 310 pages of the appendix for the 45 proofs."
)


def another_paper(title, abstract):
    return pseudo_translate("BarPlan: Planning in 96 Mazes", OTHER_ABSTRACT)


NEVER = {  # Nothing of it may be printed.
    "empty": lambda *_: "",
    "blank": lambda *_: " \n\n ",
    "nonsense": lambda *_: "asdf qwer zxcv",
    "chat": lambda *_: "好的，请问您想翻译哪一篇论文？",
    "a list": lambda *_: '["标题", "摘要"]',
    "a number": lambda *_: "42",
    "no abstract": lambda *_: as_json({"title": "题"}),
    "numbers for texts": lambda *_: '{"title": 1, "abstract": null, "gist": []}',
    "empty texts": lambda *_: as_json({"title": "", "abstract": "", "gist": ""}),
    "english": english,
    "english words in another form": lambda t, a: english(t.upper(), a.upper()),
    "100,000 characters": lambda *_: "译" * 100_000,
    "an abstract of 100,000 characters": lambda t, a: good(t, a) | {"abstract": "译" * 100_000},
    "a title of 5,000 characters": lambda t, a: good(t, a) | {"title": "译" * 5_000},
    "cut": lambda t, a: completion(as_json(good(t, a))[:-60], finish="length"),
    "cut, but whole": lambda t, a: completion(as_json(good(t, a)), finish="length"),
    "a deep hole": lambda *_: '{"title":' * 20_000,
    "only brackets": lambda *_: "}{",
}
FLAGGED = {  # It may be printed, but never as good.
    "another paper": another_paper,
    "wrong numbers": changed(
        abstract=lambda text: text.replace("82.5%", "92.5%").replace("128", "256")
    ),
    "no link": changed(abstract=lambda text: text.replace("https://github.com/foo/foonet", "")),
    "half of it": changed(abstract=lambda text: text[: len(text) // 2]),
    "leftovers amid the text": changed(
        abstract=lambda text: f"{text[:40]}\n---\n**摘要：**{text[40:]}"
    ),
    "half a character": changed(abstract=lambda text: text + "\ud83d"),
}
RESCUED = {  # After it was asked again in vain, it is mended mechanically and for certain.
    "chat around it": wrapped("好的，以下是翻译：\n\n", "\n\n希望对您有帮助！"),
    "a fence and chat": wrapped("当然可以。\n```json\n", "\n```\n如需调整请告诉我。"),
    "a label": changed(title=lambda text: f"标题：{text}"),
    "a label in bold": changed(abstract=lambda text: f"**摘要：**{text}"),
    "an opening": changed(abstract=lambda text: f"好的，以下是翻译：{text}"),
    "a closing": changed(abstract=lambda text: f"{text}。希望对您有帮助！"),
    "a rule": changed(abstract=lambda text: f"{text}\n---"),
    "a long gist": changed(gist=lambda _: "提出一种全新的方法，" * 10),
    "an English gist": changed(gist=lambda _: "A new method for all of us."),
}
FINE = {  # Odd, but right: nobody is asked again.
    "a fence": wrapped("```json\n", "\n```"),
    "a bare fence": wrapped("```\n", "\n```\n"),
    "blanks around it": wrapped("\n\n  ", "\n"),
    "more than asked for": lambda t, a: as_json(good(t, a) | {"notes": ["x"], "score": 1}),
    "no gist": lambda t, a: as_json({n: text for n, text in good(t, a).items() if n != "gist"}),
    "a null gist": lambda t, a: as_json(good(t, a) | {"gist": None}),
    "bare line breaks": changed(abstract=lambda text: f"{text[:40]}\n{text[40:]}"),
    "no finish reason": lambda t, a: completion(as_json(good(t, a)), finish=None),
    "no usage": lambda t, a: {
        n: v for n, v in completion(as_json(good(t, a))).items() if n != "usage"
    },
}


class Scene:
    """Three papers; the model says ``say`` to the odd one and translates the others well."""

    def __init__(self, tmp_path, source, llm, say):
        llm.say = lambda title, abstract: (say if title == TITLE else good)(title, abstract)
        self.llm = llm
        self.ours = Edition(tmp_path, source, llm)

    def run(self, *words, **env):
        result = self.ours.run(*words, **env)
        others = [entry for entry in self.ours.papers().values() if entry["id"] != "2601.00002"]
        assert [entry["translation"]["status"] for entry in others] == ["ok", "ok"]
        return result

    @property
    def odd(self):
        return self.ours.papers()["2601.00002"]

    @property
    def asked(self) -> Counter[str]:
        return Counter(paper_asked(question)[0] for question in self.llm.questions)


@pytest.fixture
def scene(tmp_path):
    one, _, three = some(3)
    with HuggingFaceServer({DAY: [one, ODD, three]}) as source, Noting() as llm:
        yield lambda say: Scene(tmp_path, source, llm, say)


def others_were_asked_once(asked: Counter[str]) -> bool:
    return [count for title, count in asked.items() if title != TITLE] == [1, 1]


def nothing_changes_in_a_second_run(now: Scene, code: int) -> None:
    files, before = now.ours.files(), len(now.llm.requests)
    assert now.run().code == code
    assert now.ours.files() == files
    assert len(now.llm.requests) == before


@pytest.mark.parametrize("say", NEVER.values(), ids=NEVER)
def test_what_is_no_translation_is_asked_again_and_never_printed(scene, say):
    now = scene(say)
    result = now.run()
    assert result.code == 3
    assert now.asked[TITLE] == 3
    assert others_were_asked_once(now.asked)
    assert is_untranslated(now.odd)
    assert "2601.00002" in result.err
    assert now.ours.text("issue.md").count("未翻译") == 1
    assert max(len(json.dumps(question)) for question in now.llm.questions) < 20_000
    nothing_changes_in_a_second_run(now, 3)


@pytest.mark.parametrize("say", FLAGGED.values(), ids=FLAGGED)
def test_what_is_doubtful_is_asked_again_and_then_marked(scene, say):
    now = scene(say)
    result = now.run()
    assert result.code == 3
    assert now.asked[TITLE] == 3
    assert others_were_asked_once(now.asked)
    assert now.odd["translation"]["status"] in {"flagged", "missing"}
    assert any(finding["severity"] == "error" for finding in now.odd["translation"]["findings"])
    assert "2601.00002" in result.err
    page = now.ours.text("issue.md")
    assert page.count("待核对") + page.count("未翻译") == 1
    nothing_changes_in_a_second_run(now, 3)


@pytest.mark.parametrize("say", RESCUED.values(), ids=RESCUED)
def test_what_can_be_mended_for_certain_is_asked_again_then_mended(scene, say):
    now = scene(say)
    result = now.run()
    assert now.asked[TITLE] == 3
    assert others_were_asked_once(now.asked)
    faultless = good(TITLE, ODD["paper"]["summary"])
    assert now.odd["title"] == faultless["title"]
    assert now.odd["abstract"].rstrip("。") == faultless["abstract"].rstrip("。")
    assert now.odd["gist"] in {faultless["gist"], None}
    assert (result.code, now.odd["translation"]["status"]) == (0, "ok"), result.err
    nothing_changes_in_a_second_run(now, 0)


@pytest.mark.parametrize("say", FINE.values(), ids=FINE)
def test_what_is_merely_odd_is_taken_at_once(scene, say):
    now = scene(say)
    result = now.run()
    assert (result.code, now.asked[TITLE]) == (0, 1), result.err
    assert now.odd["translation"]["status"] == "ok"
    assert "\n" not in now.odd["abstract"]


# ── asking again ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mends", [0, 1, 3])
def test_a_paper_is_asked_no_more_often_than_the_settings_say(scene, mends):
    now = scene(english)
    result = now.run(RIBAO_CHECK__MENDS=str(mends))
    assert result.code == 3
    assert now.asked[TITLE] == 1 + mends
    assert others_were_asked_once(now.asked)
    # A run that may ask more goes on where the last one stopped.
    now.run(RIBAO_CHECK__MENDS="4")
    assert now.asked[TITLE] == 5
    assert others_were_asked_once(now.asked)


def test_what_was_wrong_is_said_when_asked_again(scene):
    now = scene(changed(abstract=lambda text: text.replace("82.5%", "92.5%")))
    now.run()
    first, second, third = [q["messages"] for q in now.llm.questions if paper_asked(q)[0] == TITLE]
    assert [message["role"] for message in first] == ["system", "user"]
    assert second[:2] == third[:2] == first
    assert "92.5%" in second[2]["content"]
    assert [message["role"] for message in second[2:]] == ["assistant", "user"]
    told = second[3]["content"]
    findings = now.odd["translation"]["findings"]
    assert findings
    assert all(finding["message"] in told for finding in findings if finding["severity"] == "error")
    assert {finding["check"] for finding in findings} & {"numbers"}


def test_a_better_second_reply_is_taken_and_nothing_more_is_asked(scene):
    replies = [english, changed(abstract=lambda text: text.replace("82.5%", "")), good]
    now = scene(in_turn(replies))
    result = now.run()
    assert (result.code, now.asked[TITLE]) == (0, 3), result.err
    assert now.odd["translation"]["status"] == "ok"
    nothing_changes_in_a_second_run(now, 0)


def test_the_best_of_several_doubtful_replies_is_printed(scene):
    link = "https://github.com/foo/foonet"
    replies = [
        english,
        changed(abstract=lambda text: text.replace("82.5%", "92.5%")),
        changed(
            abstract=lambda text: (
                text.replace("82.5%", "92.5%").replace("61.3%", "1.3%").replace(link, "")
            )
        ),
    ]
    now = scene(in_turn(replies))
    assert now.run().code == 3
    assert now.odd["translation"]["status"] == "flagged"
    assert link in now.odd["abstract"]
    assert "61.3%" in now.odd["abstract"]


def test_a_refusal_with_200_is_no_translation_and_is_not_asked_again(scene):
    refusal = completion("", finish="content_filter")
    refusal["choices"][0]["message"]["refusal"] = "I cannot translate this."
    now = scene(lambda *_: refusal)
    result = now.run()
    assert (result.code, now.asked[TITLE]) == (3, 1)
    assert is_untranslated(now.odd)
    assert "I cannot translate this" in result.err
    nothing_changes_in_a_second_run(now, 3)
