"""The commands around an edition: doctor, init, serve, and the demo without a network."""

from __future__ import annotations

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
        ["✓", name] for name in ("settings", "archive", "output", "disk", "key", "source", "engine")
    ]
    assert "…cdef" in said.stdout
    assert KEY not in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_doctor_offline_asks_nobody(ribao, servers):
    said = ribao("doctor", "--offline", "--json", env=settings_for(*servers))
    assert said.returncode == 0
    assert {check["state"] for check in json.loads(said.stdout)} == {"good"}
    assert [server.requests for server in servers] == [[], []]


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
