"""The commands around an edition: doctor, init, serve, and the demo without a network."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from ribao.config import load_settings
from tests.conftest import DAY, KEY, printed_lines, settings_for
from tests.loopback import status
from tests.voice_servers import EdgeServer, SpeechServer, refuse

# Python reads this when it starts: whatever asks the network, raises.
NO_NETWORK = """
import socket
def refuse(*_, **__):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = socket.getaddrinfo = refuse
"""


# ── doctor ─────────────────────────────────────────────────────────────────────────────────────


def test_doctor_finds_all_well(ribao, servers, tmp_path):
    said = ribao("doctor", env=settings_for(*servers))
    assert said.returncode == 0, said.stdout
    assert [line.split()[:2] for line in printed_lines(said.stdout)] == [
        ["✓", name]
        for name in ("settings", "archive", "output", "disk", "engines", "key", "source", "engine")
    ]
    assert "…cdef" in said.stdout
    assert KEY not in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_doctor_offline_asks_nobody(ribao, servers):
    said = ribao("doctor", "--offline", "--json", env=settings_for(*servers))
    assert said.returncode == 0
    assert {check["state"] for check in json.loads(said.stdout)} == {"good"}
    assert [server.requests for server in servers] == [[], []]


def test_doctor_looks_at_what_each_language_needs(at_once, servers):
    more = {"RIBAO_LANGUAGE": "en", "RIBAO_LANGUAGES": "en zh-Hans ja"}
    found = at_once("doctor", "--json", env=settings_for(*servers, **more))
    assert found.code == 0, found.out
    assert _looked(found)["settings"][1].startswith("language en, zh-Hans, ja, ")
    assert _looked(found)["engine"][0] == "good"
    assert len(servers[1].requests) == 1
    english = at_once("doctor", "--json", env=settings_for(*servers, RIBAO_LANGUAGE="en"))
    assert english.code == 0
    assert not {"engines", "key", "engine"} & set(_looked(english))
    assert len(servers[1].requests) == 1


def test_doctor_names_what_is_wrong_and_the_remedy(ribao, servers, tmp_path):
    (tmp_path / "ribao.sqlite").write_text("no database" * 200)
    (tmp_path / "site").write_text("a file")
    servers[0].faults = [status(500)]
    missing = ribao(
        "doctor",
        "--json",
        env=settings_for(*servers, RIBAO_LLM__API_KEY="", RIBAO_LLM__BASE_URL=""),
    )
    assert missing.returncode == 3
    checks = {check["name"]: check for check in json.loads(missing.stdout)}
    assert [name for name, check in checks.items() if check["state"] == "bad"] == [
        "archive",
        "output",
        "key",
        "source",
    ]
    for name, remedy in {
        "archive": ".recover",
        "output": "output.folder",
        "key": "DEEPSEEK_API_KEY",
        "source": "500",
    }.items():
        assert remedy in checks[name]["message"]
    wrong = ribao(
        "doctor", env=settings_for(*servers, RIBAO_LLM__API_KEY="sk-wrong-0123456789abcdef")
    )
    assert wrong.returncode == 3
    assert "RIBAO_LLM__API_KEY" in wrong.stdout
    assert "sk-wrong" not in wrong.stdout + wrong.stderr


@pytest.mark.parametrize("blanks", ["\n", " \r\n"])
def test_a_key_with_white_space_at_its_end_is_used_without_it(blanks, ribao, servers):
    said = ribao("doctor", env=settings_for(*servers, RIBAO_LLM__API_KEY=KEY + blanks))
    assert said.returncode == 0, said.stdout
    assert servers[1].requests[0].headers["Authorization"] == f"Bearer {KEY}"


# ── doctor: the voice and the podcast ─────────────────────────────────────────────────────────


def _looked(result) -> dict[str, tuple[str, str]]:
    """State and message of each check of ``doctor --json``."""
    return {each["name"]: (each["state"], each["message"]) for each in json.loads(result.out)}


@pytest.fixture
def edge(monkeypatch):
    """Edge's service on loopback; without a fault it speaks."""

    with contextlib.ExitStack() as opened:

        def begin(*faults) -> EdgeServer:
            server = opened.enter_context(EdgeServer(faults))
            monkeypatch.setattr("edge_tts.communicate.WSS_URL", server.url)
            return server

        yield begin


def test_doctor_hears_the_first_voice_that_speaks(at_once, servers, edge):
    server = edge()
    said = at_once("doctor", "--json", env=settings_for(*servers, RIBAO_VOICE__ENGINE="auto"))
    assert said.code == 0
    looked = _looked(said)
    assert looked["voice"] == ("good", "edge:zh-CN-XiaoxiaoNeural speaks")
    assert server.texts == ["论文日报"]
    # The next voice is not needed today; that it is missing is still said.
    assert looked["weights"][0] == "doubtful"


def test_doctor_names_each_voice_that_does_not_speak(at_once, servers, edge):
    edge(*[refuse(403)] * 9)
    said = at_once("doctor", "--json", env=settings_for(*servers, RIBAO_VOICE__ENGINE="auto"))
    assert said.code == 3
    state, message = _looked(said)["voice"]
    assert state == "bad"
    assert "edge:zh-CN-XiaoxiaoNeural: edge answered 403" in message
    assert "kokoro:zf_xiaobei: its weights are missing; fetch them with: ribao models --fetch" in message  # fmt: skip


def test_doctor_says_who_speaks_instead(at_once, servers, edge, weights):
    if not (weights / "kokoro-v1.0.int8.onnx").is_file():
        pytest.skip(f"no weights in {weights}; run: ribao models --fetch")
    edge(*[refuse(403)] * 9)
    env = settings_for(*servers, RIBAO_VOICE__ENGINE="auto", RIBAO_WEIGHTS__FOLDER=str(weights))
    said = at_once("doctor", "--json", env=env)
    assert said.code == 0
    state, message = _looked(said)["voice"]
    assert state == "doubtful"
    assert message.startswith(
        "kokoro:zf_xiaobei speaks; edge:zh-CN-XiaoxiaoNeural: edge answered 403"
    )


@pytest.mark.parametrize(
    ("key", "code", "state", "words"),
    [
        (KEY, 0, "good", "openai:loud/alloy speaks; openai:loud/echo speaks"),
        ("sk-wrong-0123456789abcdef", 3, "bad", "RIBAO_VOICE__API_KEY"),
    ],
)
def test_doctor_tries_the_server_that_speaks(key, code, state, words, at_once, servers):
    with SpeechServer(key=KEY) as server:
        env = settings_for(
            *servers,
            RIBAO_VOICE__ENGINE="openai",
            RIBAO_VOICE__BASE_URL=f"{server.url}/v1",
            RIBAO_VOICE__API_KEY=key,
            RIBAO_VOICE__MODEL="loud",
            RIBAO_VOICE__VOICE="alloy echo",
        )
        said = at_once("doctor", "--json", env=env)
        asked = len(server.requests)
        offline = at_once("doctor", "--json", "--offline", env=env)
        assert len(server.requests) == asked > 0
    assert said.code == code
    looked = _looked(said)
    assert looked["voice"][0] == state
    assert words in looked["voice"][1]
    assert key not in said.out + offline.out
    assert _looked(offline)["voice"] == (
        "good", "not asked: openai:loud/alloy; openai:loud/echo"
    )  # fmt: skip


@pytest.mark.parametrize(("engine", "state"), [("auto", "doubtful"), ("edge", "bad")])
def test_doctor_misses_the_extra_that_speaks(engine, state, at_once, servers, monkeypatch):
    monkeypatch.setitem(sys.modules, "lameenc", None)
    said = at_once("doctor", "--json", env=settings_for(*servers, RIBAO_VOICE__ENGINE=engine))
    assert _looked(said)["voice"] == (
        state, 'nothing is spoken: install "ribao[voice]", or set voice.engine to none'
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "state", "words"),
    [
        ({}, "doubtful", "site.base_url (RIBAO_SITE__BASE_URL)"),
        ({"RIBAO_SITE__BASE_URL": "https://a.example/d/"}, "doubtful", "set podcast.email"),
        (
            {"RIBAO_SITE__BASE_URL": "https://a.example/d/", "RIBAO_PODCAST__EMAIL": "a@b.example"},
            "good",
            "https://a.example/d/podcast.xml for a@b.example",
        ),
    ],
)
def test_doctor_says_what_the_podcast_lacks(more, state, words, at_once, servers):
    env = settings_for(*servers, RIBAO_VOICE__ENGINE="edge", **more)
    said = at_once("doctor", "--json", "--offline", env=env)
    # What directories would like to know is no reason to fail.
    assert said.code == 0
    assert _looked(said)["podcast"][0] == state
    assert words in _looked(said)["podcast"][1]


def test_doctor_misses_the_extra_that_draws_the_cover(at_once, servers, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    env = settings_for(
        *servers, RIBAO_VOICE__ENGINE="edge", RIBAO_SITE__BASE_URL="https://a.example"
    )
    looked = _looked(at_once("doctor", "--json", "--offline", env=env))
    assert looked["podcast"][0] == "doubtful"
    assert "ribao[pictures]" in looked["podcast"][1]


def test_doctor_is_silent_about_a_silent_edition(at_once, servers):
    looked = _looked(at_once("doctor", "--json", "--offline", env=settings_for(*servers)))
    assert looked.keys().isdisjoint({"voice", "podcast", "weights"})


# ── init, serve, demo ─────────────────────────────────────────────────────────────────────────


def test_init_writes_settings_that_work_and_never_over_others(ribao, tmp_path):
    said = ribao("init", "mine")
    assert (said.returncode, said.stdout) == (0, "mine/ribao.toml\n")
    file = tmp_path / "mine" / "ribao.toml"
    text = file.read_text("utf-8")
    assert load_settings(file).language == "zh-Hans"
    again = ribao("init", "mine")
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert file.read_text("utf-8") == text
    file.write_text(re.sub(r"(?m)^# (\w+ = (?!…))", r"\1", text), "utf-8")
    assert (
        ribao(
            "doctor", "--offline", cwd=tmp_path / "mine", env={"DEEPSEEK_API_KEY": KEY}
        ).returncode
        == 0
    )


def test_serve_shows_the_edition_and_ends_quietly(ribao, tmp_path):
    assert ribao("demo").returncode == 0
    words = [sys.executable, "-m", "ribao", "serve", "--port", "0"]
    site = {**os.environ, "RIBAO_OUTPUT__FOLDER": str(tmp_path / "demo" / "site")}
    with subprocess.Popen(
        words, cwd=tmp_path, env=site, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        try:
            address = served.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
            kinds = {
                "": "text/html",
                f"{DAY}/": "text/html",
                f"{DAY}/issue.json": "application/json; charset=utf-8",
                "assets/ribao.css": "text/css",
            }
            for path, kind in kinds.items():
                with urllib.request.urlopen(address + path, timeout=10) as answer:
                    assert answer.headers["Content-Type"].startswith(kind)
                    assert answer.read()
        finally:
            served.send_signal(signal.SIGINT)
            errors = served.communicate(timeout=10)[1]
    assert errors == ""
    assert served.returncode == 0


def test_the_demo_needs_no_network_and_gives_the_same_bytes_twice(ribao, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
    env = {"PYTHONPATH": str(tmp_path)}
    refused = subprocess.run([sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"], env=env, capture_output=True, text=True, check=False)  # fmt: skip
    assert "the network was asked" in refused.stderr
    made = []
    for folder in ("one", "two", "one"):
        said = ribao("demo", "--out", folder, "--json", env=env)
        assert said.returncode == 0, said.stderr
        (day,) = json.loads(said.stdout)["days"]
        assert (day["papers"], day["late"], day["flagged"], day["missing"], day["revision"]) == (
            31,
            3,
            1,
            0,
            2,
        )
        assert all((tmp_path / file).is_file() for file in day["files"])
        files = (tmp_path / folder / "site").rglob("*")
        made.append(
            {
                str(file.relative_to(tmp_path / folder)): file.read_bytes()
                for file in files
                if file.is_file()
            }
        )
    assert made[0] == made[1] == made[2]
    assert "样刊" in made[0][f"site/{DAY}/index.html"].decode()
    assert "样刊" in made[0][f"site/{DAY}/issue.md"].decode()


def test_the_demo_heeds_no_settings(at_once):
    said = at_once("demo", env={"RIBAO_LANGUAGE": "fr", "RIBAO_ARCHIVE__PATH": "/nowhere/x"})
    assert said.code == 0
    assert printed_lines(said.out)[0].startswith(f"{DAY}  published, revision 2: 31 papers, 3 late")
