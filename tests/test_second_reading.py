"""What a second reading found, so that it does not come back."""

from __future__ import annotations

import json

import pytest

from tests.edition import Edition
from tests.loopback import HuggingFaceServer, LLMServer, completion, paper, pseudo_translate, status

DAY = "2026-01-12"
DAYS = {DAY: [paper(f"2601.{n:05d}") for n in range(4)]}


@pytest.fixture
def source():
    with HuggingFaceServer(DAYS) as server:
        yield server


def test_a_gateways_403_about_one_papers_content_stops_nobody_else(source, tmp_path):
    body = '{"error":{"message":"Your input was flagged by moderation"}}'
    with LLMServer(faults=[status(403, body)]) as llm:
        edition = Edition(tmp_path, source, llm, RIBAO_LLM__CONCURRENCY="1")
        first = edition.run()
        assert (first.code, first.day["ok"], first.day["missing"]) == (3, 3, 1)
        asked = len(llm.requests)
        assert edition.run().code == 3
        # A refusal is an answer: this model is not asked for that paper again.
        assert len(llm.requests) == asked


def test_a_short_key_that_a_server_repeats_is_not_published(source, tmp_path):
    body = '{"error":{"message":"Incorrect key provided: sk-secret"}}'
    with LLMServer(faults=[status(401, body)] * 9) as llm:
        result = Edition(tmp_path, source, llm, RIBAO_LLM__API_KEY="sk-secret").run()
    assert result.code == 3
    assert "sk-secret" not in result.out + result.err
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"sk-secret" not in path.read_bytes(), path


def test_a_model_that_thinks_aloud_is_understood_at_once(source, tmp_path):
    def say(title, abstract):
        answer = json.dumps(pseudo_translate(title, abstract), ensure_ascii=False)
        return completion(f"<think>\nA {{brace}} first.\n</think>\n\n{answer}")

    with LLMServer(say) as llm:
        assert Edition(tmp_path, source, llm).run().code == 0
        assert len(llm.asked) == 4


def test_a_list_of_editions_may_be_json(source, tmp_path):
    with LLMServer() as llm:
        edition = Edition(tmp_path, source, llm, RIBAO_VOICE__EDITIONS='["brief","full"]')
        assert edition.run().code == 0


def test_a_slip_in_a_variables_name_is_told(source, tmp_path):
    with LLMServer() as llm:
        result = Edition(tmp_path, source, llm, RIBAO_LLM_MODEL="x").run()
        assert (result.code, len(llm.requests)) == (2, 0)
    assert "RIBAO_LLM_MODEL" in result.err
