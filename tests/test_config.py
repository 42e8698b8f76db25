"""Settings: by file and by environment, all problems at once, and no key where it does not belong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from ribao.config import LLMSettings, PriceSettings, Settings, load_settings
from ribao.engines.openai_chat import NO_KEY
from ribao.errors import ConfigError
from ribao.services import find_model, find_named
from ribao.starter import EXAMPLES, settings_table, starter
from ribao.translators import check_budget

SECRET = "sk-0123456789-very-secret"
# Each setting: a value in the file, a different one in the environment, and what each comes to.
GUIDS = ("9b024349-ccf0-5f69-a609-6b82873eab3c", "ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
VALUES = {
    "language": ("en", "zh-Hans", "en", "zh-Hans"),
    "languages": (["en", "ja"], "zh-TW", ("en", "ja"), ("zh-Hant-TW",)),
    "timezone": ("Europe/Berlin", "UTC", "Europe/Berlin", "UTC"),
    "engines": (["deepseek", "local"], "llm, local", ("deepseek", "local"), ("llm", "local")),
    "terms": ("t.csv", "/tmp/t.csv", Path("conf/t.csv"), Path("/tmp/t.csv")),
    "budget": (20, "3.5", 20.0, 3.5),
    "archive.path": ("a.sqlite", "b.sqlite", Path("conf/a.sqlite"), Path("b.sqlite")),
    "output.folder": ("out", "/tmp/o", Path("conf/out"), Path("/tmp/o")),
    "output.pictures": (False, "true", False, True),
    "site.base_url": ("https://a.example/", "http://b.example", "https://a.example", "http://b.example"),
    "site.name": ("日报", "晨报", "日报", "晨报"),
    "huggingface.base_url": ("http://127.0.0.1:1", "http://127.0.0.1:2/", "http://127.0.0.1:1", "http://127.0.0.1:2"),
    "huggingface.timeout": (3, "4.5", 3.0, 4.5),
    "huggingface.first_pause": (0.1, "0.2", 0.1, 0.2),
    "llm.base_url": ("http://localhost:11434/v1", "https://b.example/v1/", "http://localhost:11434/v1", "https://b.example/v1"),
    "llm.api_key": (SECRET, "sk-other", SecretStr(SECRET), SecretStr("sk-other")),
    "llm.model": ("qwen3", "42", "qwen3", "42"),
    "llm.concurrency": (3, "16", 3, 16),
    "llm.timeout": (60, "30", 60.0, 30.0),
    "llm.first_pause": (1, "2", 1.0, 2.0),
    "llm.temperature": (0, "1.5", 0.0, 1.5),
    "engine": ({"mine": {"model": "m"}}, '{"mine": {"model": "n"}}', {"mine": LLMSettings(model="m")}, {"mine": LLMSettings(model="n")}),
    "local.model": ("m/a.gguf", "qwen3", "conf/m/a.gguf", "qwen3"),
    "local.threads": (2, "4", 2, 4),
    "local.timeout": (60, "30", 60.0, 30.0),
    "route.easy": ("a", "b", "a", "b"),
    "route.hard": ("a", "b", "a", "b"),
    "route.above": (3, "4.5", 3.0, 4.5),
    "prices": ({"m": {"input": 1, "output": 2}}, '{"m": {"input": 3, "output": 4}}', {"m": PriceSettings(input=1, output=2)}, {"m": PriceSettings(input=3, output=4)}),
    "check.mends": (0, "5", 0, 5),
    "voice.engine": ("none", "kokoro", "none", "kokoro"),
    "voice.editions": (["brief", "full"], "full", ("brief", "full"), ("full",)),
    "voice.latest": (3, "30", 3, 30),
    "voice.concurrency": (2, "8", 2, 8),
    "voice.timeout": (20, "90", 20.0, 90.0),
    "voice.folder": ("spoken", "/tmp/s", Path("conf/spoken"), Path("/tmp/s")),
    "voice.pronunciations": ({"GRPO": "G R P O"}, '{"GRPO": "gurpo"}', {"GRPO": "G R P O"}, {"GRPO": "gurpo"}),
    "voice.edge_voice": (["zh-CN-YunxiNeural"], "zh-CN-XiaoyiNeural", ("zh-CN-YunxiNeural",), ("zh-CN-XiaoyiNeural",)),
    "voice.kokoro_voice": ("zf_a", "zf_a, zm_b", ("zf_a",), ("zf_a", "zm_b")),
    "voice.base_url": ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1/", "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"),
    "voice.api_key": (SECRET, "sk-other", SecretStr(SECRET), SecretStr("sk-other")),
    "voice.model": ("tts-1", "tts-2", "tts-1", "tts-2"),
    "voice.voice": ("alloy2", "nova, onyx", ("alloy2",), ("nova", "onyx")),
    "weights.folder": ("w", "/tmp/w", Path("conf/w"), Path("/tmp/w")),
    "weights.places": (["folder:w", "hub"], "./a, packages", ("conf/w", "hub"), ("./a", "packages")),
    "podcast.owner": ("A Lab", "B Lab", "A Lab", "B Lab"),
    "podcast.email": ("a@lab.example", "b@lab.example", "a@lab.example", "b@lab.example"),
    "podcast.description": ("每日一听", "速览", "每日一听", "速览"),
    "podcast.guid": (GUIDS[0], GUIDS[1], GUIDS[0], GUIDS[1]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _variable(name: str) -> str:
    return "RIBAO_" + name.upper().replace(".", "__")


def _get(settings: Settings, name: str) -> object:
    value: object = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _file(text: str, path: str = "ribao.toml") -> Path:
    file = Path(path)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def _toml(name: str, value: object) -> str:
    section, _, key = name.rpartition(".")
    if isinstance(value, dict):
        head = f"[{section}]\n" if section else ""
        return f"{head}{key} = {_inline(value)}\n"
    return (
        f"[{section}]\n" if section else ""
    ) + f"{key} = {json.dumps(value, ensure_ascii=False)}\n"


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


def _problems(config: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(config)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return list(caught.value.problems)


# ── where settings come from ──────────────────────────────────────────────────────────────────


def test_every_setting_is_in_this_test():
    assert list(VALUES) == [name for name, *_ in settings_table()]


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_by_file_and_by_environment_which_wins(name, monkeypatch):
    in_file, in_environment, from_file, from_environment = VALUES[name]
    default = _get(load_settings(), name)
    config = _file(_toml(name, in_file), "conf/ribao.toml")
    assert _get(load_settings(config), name) == from_file != from_environment
    monkeypatch.setenv(_variable(name), "")
    assert _get(load_settings(config), name) == from_file
    assert _get(load_settings(), name) == default
    monkeypatch.setenv(_variable(name), in_environment)
    assert _get(load_settings(config), name) == from_environment
    assert _get(load_settings(), name) == from_environment


def test_the_environment_replaces_one_setting_of_a_section_not_the_section(monkeypatch):
    _file('[llm]\nmodel = "m"\nconcurrency = 3\n')
    monkeypatch.setenv("RIBAO_LLM__MODEL", "other")
    assert (load_settings().llm.model, load_settings().llm.concurrency) == ("other", 3)


def test_the_contracts_defaults():
    settings = load_settings()
    assert settings.language == "zh-Hans"
    assert settings.timezone == "Asia/Shanghai"
    assert settings.huggingface.base_url == "https://huggingface.co"
    assert (settings.llm.concurrency, settings.check.mends) == (8, 2)
    assert (settings.voice.engine, settings.voice.editions) == ("auto", ("brief",))
    assert settings.archive.path.name.endswith(".sqlite")


def test_a_file_in_the_working_folder_is_read_unless_another_is_named():
    _file('language = "en"\n')
    other = _file("", "other/my.toml")
    assert load_settings().language == "en"
    assert load_settings(other).language == "zh-Hans"


def test_paths_of_the_file_are_relative_to_it_absolute_and_home_ones_are_not():
    config = _file(
        '[archive]\npath = "~/a.sqlite"\n[output]\nfolder = "/srv/site"\n', "conf/ribao.toml"
    )
    assert load_settings(config).archive.path == Path("~/a.sqlite").expanduser()
    assert load_settings(config).output.folder == Path("/srv/site")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("brief", ("brief",)),
        ("brief,full", ("brief", "full")),
        (" full  brief ", ("full", "brief")),
        ("full, brief", ("full", "brief")),
    ],
)
def test_editions_in_the_environment_are_words(given, expected, monkeypatch):
    monkeypatch.setenv("RIBAO_VOICE__EDITIONS", given)
    assert load_settings().voice.editions == expected


# ── what is wrong ─────────────────────────────────────────────────────────────────────────────

WRONG = {
    "language": "xx-yy-zz", "timezone": "Mars/Olympus", "site.base_url": "ftp://a.example", "site.name": "n" * 41,
    "huggingface.base_url": "huggingface.co", "huggingface.timeout": "0", "huggingface.first_pause": "-1", "llm.base_url": "localhost:8080",
    "llm.api_key": "sk-密钥", "llm.concurrency": "many", "llm.timeout": "inf", "llm.temperature": "9", "check.mends": "-1",
    "voice.engine": "parrot", "voice.editions": "brief,long",
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_in_file_and_environment(name, monkeypatch):
    monkeypatch.setenv(_variable(name), WRONG[name])
    (problem,) = _problems()
    assert problem.startswith(f"{name} ({_variable(name)}): ")
    assert "\n" not in problem


def test_all_that_is_wrong_is_said_at_once(monkeypatch):
    for name, value in WRONG.items():
        monkeypatch.setenv(_variable(name), value)
    _file("colour = 1\n[llm]\nmodell = 2\n[archive]\npath = 7\n")
    problems = _problems()
    named = [re.split(r"[ :]", problem)[0] for problem in problems]
    assert sorted(named) == sorted([*WRONG, "colour", "llm.modell", "archive.path"])
    assert len(set(problems)) == len(problems)


@pytest.mark.parametrize(
    "text", ["lanugage = 'en'", "[llm]\napikey = 'x'", "[colours]\nink = 1", "llm.key.more = 1"]
)
def test_an_unknown_name_is_an_error(text):
    (problem,) = _problems(_file(text + "\n", "x.toml"))
    assert "there is no such setting (x.toml or RIBAO_" in problem


def test_an_unknown_name_of_a_section_in_the_environment_is_an_error_too(monkeypatch):
    monkeypatch.setenv("RIBAO_LLM__MODLE", "x")
    (problem,) = _problems()
    assert problem.startswith("llm.modle: there is no such setting")


@pytest.mark.parametrize("text", ["language = ", "[llm\n", "a = 1\na = 2", 'x = "\n"'])
def test_a_file_that_is_no_toml_is_named(text):
    (problem,) = _problems(_file(text, "x.toml"))
    assert problem.startswith("x.toml: is no TOML: ")


def test_a_file_that_cannot_be_read_is_named():
    Path("latin.toml").write_bytes(b'site.name = "caf\xe9"')
    for name in ("missing.toml", ".", "latin.toml"):
        (problem,) = _problems(Path(name))
        assert problem.startswith(f"{name}: cannot be read (")
        assert "--config" in problem


@pytest.mark.parametrize("text", ["llm = 'x'", "llm = 3", "[[llm]]\nmodel = 'x'", "voice = []"])
def test_a_section_that_is_none_is_named(text):
    (problem,) = _problems(_file(text))
    assert re.match(r"(llm|voice) \(RIBAO_(LLM|VOICE)\): input should be", problem)


@pytest.mark.parametrize("name", ["Mine", "my-own", "my.own", "a b", "my__own", "_a", "1a", ""])
def test_an_engine_has_a_name_that_the_environment_can_say(name):
    (problem,) = _problems(_file(f'[engine."{name}"]\nmodel = "m"'))
    assert problem.startswith(f"engine.{name} (")
    assert "small letters, digits and single underscores" in problem


# ── keys ──────────────────────────────────────────────────────────────────────────────────────

LEAKY = {
    "no string": f"[llm]\napi_key = ['{SECRET}']",
    "in lines": f'[llm]\napi_key = "{SECRET}\\nmore"',
    "not ASCII": f"[llm]\napi_key = '{SECRET}密'",
    "a blank inside": f"[llm]\napi_key = '{SECRET} x'",
    "for a section": f"llm = '{SECRET}'",
    "in a list of sections": f"[[llm]]\napi_key = '{SECRET}'",
    "under a wrong name": f"[llm]\napikey = '{SECRET}'",
    "in a wrong section": f"[lmm]\napi_key = '{SECRET}'",
    "unquoted": f"[llm]\napi_key = {SECRET}",
    "for a table of engines": f"engine = '{SECRET}'",
    "for an engine": f"[engine]\nmine = '{SECRET}'",
    "in an address": f"[engine.mine]\nbase_url = 'https://a.example/v1?key={SECRET}'",
    "behind an address": f"[llm]\nbase_url = 'https://a.example/v1#{SECRET}'",
    "unclosed": f"[llm]\napi_key = '{SECRET}",
}


@pytest.mark.parametrize("case", LEAKY)
def test_no_error_shows_a_key(case):
    problems = " ".join(_problems(_file(LEAKY[case])))
    assert SECRET not in problems
    assert SECRET[:9] not in problems


def test_no_repr_shows_a_key(monkeypatch):
    monkeypatch.setenv("RIBAO_LLM__API_KEY", SECRET)
    settings = load_settings()
    model = find_model(settings.llm, {})
    assert (
        SECRET
        not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {model!r}"
    )
    assert model.api_key.get_secret_value() == SECRET


@pytest.mark.parametrize("given", [f" {SECRET} ", f"{SECRET}\n", f"\t{SECRET}\r\n"])
def test_white_space_around_a_key_is_no_part_of_it(given, monkeypatch):
    monkeypatch.setenv("RIBAO_LLM__API_KEY", given)
    assert load_settings().llm.api_key == SecretStr(SECRET)
    assert find_model(LLMSettings(), {"OPENAI_API_KEY": given}).api_key == SecretStr(SECRET)


def test_an_empty_key_in_the_file_is_none():
    _file('[llm]\napi_key = " "\n')
    assert load_settings().llm.api_key is None
    assert find_model(load_settings().llm, {"DEEPSEEK_API_KEY": "sk-d"}).api_key == SecretStr(
        "sk-d"
    )


DS, OA = {"DEEPSEEK_API_KEY": "sk-d"}, {"OPENAI_API_KEY": "sk-o"}
BOTH = DS | OA
DEEPSEEK, OPENAI, OWN = (
    "https://api.deepseek.com",
    "https://api.openai.com/v1",
    "http://127.0.0.1:8080/v1",
)
CHOICES = {
    # settings, environment: server, key, model
    "DeepSeek's key alone": ({}, DS, (DEEPSEEK, "sk-d", "deepseek-chat")),
    "OpenAI's key alone": ({}, OA, (OPENAI, "sk-o", "gpt-5-mini")),
    "both keys": ({}, BOTH, (DEEPSEEK, "sk-d", "deepseek-chat")),
    "an empty one and the other": ({}, {"DEEPSEEK_API_KEY": " "} | OA, (OPENAI, "sk-o", "gpt-5-mini")),
    "a key and a model": ({"model": "m"}, OA, (OPENAI, "sk-o", "m")),
    "our own key alone": ({"api_key": "sk-x"}, {}, (DEEPSEEK, "sk-x", "deepseek-chat")),
    "our own key wins": ({"api_key": "sk-x"}, BOTH, (DEEPSEEK, "sk-x", "deepseek-chat")),
    "a service by its address": ({"base_url": OPENAI}, BOTH, (OPENAI, "sk-o", "gpt-5-mini")),
    "a service with our own key": ({"base_url": OPENAI, "api_key": "sk-x"}, BOTH, (OPENAI, "sk-x", "gpt-5-mini")),
    "a service with our own key only": ({"base_url": OPENAI, "api_key": "sk-x"}, {}, (OPENAI, "sk-x", "gpt-5-mini")),
    "a service in capitals": ({"base_url": "https://API.DeepSeek.com/v1"}, DS, ("https://API.DeepSeek.com/v1", "sk-d", "deepseek-chat")),
    "another server": ({"base_url": OWN, "model": "m"}, BOTH, (OWN, NO_KEY, "m")),
    "another server with a key": ({"base_url": OWN, "api_key": "sk-x", "model": "m"}, BOTH, (OWN, "sk-x", "m")),
    "a server that looks like one": (
        {"base_url": "https://api.openai.com.evil.example/v1", "model": "m"}, OA, ("https://api.openai.com.evil.example/v1", NO_KEY, "m"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHOICES)
def test_who_is_asked_with_which_key(case):
    given, environment, expected = CHOICES[case]
    model = find_model(LLMSettings(**given), environment)
    assert (model.base_url, model.api_key.get_secret_value(), model.model) == expected


@pytest.mark.parametrize(
    ("given", "environment"),
    [
        ({}, {}),
        ({"model": "m"}, {}),
        ({"base_url": DEEPSEEK}, OA),
        ({"base_url": OPENAI}, DS),
        ({"base_url": OPENAI}, {"OPENAI_API_KEY": ""}),
    ],
)
def test_without_a_key_the_remedy_is_named(given, environment):
    with pytest.raises(
        ConfigError, match=r"llm\.api_key \(RIBAO_LLM__API_KEY\).*DEEPSEEK_API_KEY.*OPENAI_API_KEY"
    ):
        find_model(LLMSettings(**given), environment)


def test_a_well_known_key_that_no_header_can_carry_is_named_but_not_shown():
    with pytest.raises(ConfigError) as caught:
        find_model(LLMSettings(), {"DEEPSEEK_API_KEY": f"{SECRET}密"})
    assert str(caught.value).startswith("DEEPSEEK_API_KEY: ")
    assert SECRET not in str(caught.value)


# ── the file that init writes ─────────────────────────────────────────────────────────────────


def test_the_starter_file_says_what_is_the_case():
    settings = load_settings()
    uncommented = re.sub(r"(?m)^# (\w+ = (?!…))", r"\1", starter())
    assert uncommented.count("\n") == starter().count("\n")
    for text in (starter(), uncommented):
        assert load_settings(_file(text)) == settings


def test_the_starter_file_holds_every_setting():
    for name, variable, default, meaning in settings_table():
        plain = f"# {name.rpartition('.')[2]} = {default or '…'}  # {meaning}"
        table = f"# [{name}.…]  # {meaning}"
        assert (table if name in {"engine", "prices"} else plain) in starter().splitlines()
        assert meaning
        assert variable == _variable(name)


def _examples() -> dict[str, str]:
    """The examples of the starter file, each as the reader would uncomment it: lines or a table."""
    found = {}
    for name, example in EXAMPLES.items():
        section = name.rpartition(".")[0]
        head = f"[{section}]\n" if section else ""
        lines = [example] if example.startswith("[") else example.splitlines()
        found |= {f"{name} {number}": head + line for number, line in enumerate(lines)}
    return found


@pytest.mark.parametrize("name", _examples())
def test_each_example_of_the_starter_file_sets_something(name):
    settings = load_settings(_file(_examples()[name]))
    setting = name.partition(" ")[0]
    assert _get(settings, setting) != _get(load_settings(_file("")), setting)
    for line in EXAMPLES[setting].splitlines():
        assert f"#   {line}".rstrip() in starter().splitlines()


def test_the_starter_files_examples_work_together(monkeypatch):
    whole = re.sub(r"(?m)^#   (?!engines = \[\"(?:local|ollama))", "", starter())
    settings = load_settings(_file(whole))
    assert settings.engines == ("deepseek", "local")
    assert check_budget(settings, {"DEEPSEEK_API_KEY": SECRET}) == "CNY"
    assert find_named("ollama", settings, {}).model == "qwen2.5:14b"
    monkeypatch.setenv("RIBAO_ENGINE__MINE__API_KEY", SECRET)
    mine = find_named("mine", load_settings(_file(whole)), {})
    assert mine.api_key.get_secret_value() == SECRET
