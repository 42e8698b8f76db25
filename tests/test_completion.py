"""What the body of a chat completion says, whatever a server puts there."""

from __future__ import annotations

import json

import pytest

from ribao.completion import read_completion


def body(**more: object) -> str:
    choice = {"message": {"content": "{}"}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "model": "m", **more})


def test_the_name_of_a_model_can_be_shown_anywhere():
    done = read_completion(body(model="a\x1b[2J\x00b\nc " + "x" * 9_000))
    assert done.model.startswith("a [2J b c x")
    assert done.model.isprintable()
    assert len(done.model) <= 200
    assert read_completion(body(model="\x1b\n")).model is None


def test_how_it_ended_can_be_shown_anywhere():
    choice = {"message": {"content": "{}"}, "finish_reason": "st\x1bop\n" + "x" * 99}
    finish = read_completion(body(choices=[choice])).finish
    assert finish.isprintable()
    assert len(finish) <= 40


@pytest.mark.parametrize(("cached", "believed"), [(0, 0), (600, 600), (601, None), (10**8, None)])
def test_no_more_is_cached_than_was_sent(cached, believed):
    openai = {"prompt_tokens": 600, "prompt_tokens_details": {"cached_tokens": cached}}
    deepseek = {"prompt_tokens": 600, "prompt_cache_hit_tokens": cached}
    for usage in (openai, deepseek):
        assert read_completion(body(usage=usage)).cached_tokens == believed
