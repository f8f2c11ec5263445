"""The README and .env.example say what the code does: settings, fields, commands, outcomes, links."""

from __future__ import annotations

import argparse
import io
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from bot import __main__ as command
from bot import outcome, provision
from bot.settings import Settings, load, table
from tests import regenerate
from tests.regenerate import ENV_EXAMPLE, README, ROOT, own

VARIABLES = table([Settings, *(kind.settings for kind in own().values())])
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())


@pytest.fixture(scope="module")
def readme() -> str:
    return README.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def env_example() -> str:
    return ENV_EXAMPLE.read_text(encoding="utf-8")


def code(text: str) -> str:
    """What stands in code, in blocks or in lines."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


# --- generated parts


def test_the_generated_parts_of_the_readme_are_fresh(readme: str) -> None:
    assert regenerate.readme(readme) == readme, "run `make docs`"


def test_the_example_environment_is_fresh(env_example: str) -> None:
    assert regenerate.env_example() == env_example, "run `make docs`"


@pytest.mark.parametrize("name", [name for name, _, _ in VARIABLES])
def test_every_setting_has_its_line(readme: str, env_example: str, name: str) -> None:
    assert len(re.findall(rf"^\| `{name}` \|", readme, re.MULTILINE)) == 1
    assert len(re.findall(rf"^(?:# )?{name}=", env_example, re.MULTILINE)) == 1


def test_no_setting_is_promised_that_is_not_there(readme: str) -> None:
    promised = set(re.findall(r"\b(?:NEWHIRE|SLACK|TENCENT|HUAWEI)_[A-Z_]+", readme))
    assert promised - {name for name, _, _ in VARIABLES} == {"NEWHIRE_REQUIRE_ALL"}  # of the tests


@pytest.mark.parametrize("kind", own().values(), ids=own())
def test_every_field_has_its_line_with_its_name_on_the_wire(readme: str, kind: Any) -> None:
    part = readme.partition(f"**{kind.title.en} {kind.title.zh}** (")[2].partition("\n\n**")[0]
    for field in kind.form.fields():
        (line,) = re.findall(rf"^\| `{field.name}`(?: \*)? \|.*$", part, re.MULTILINE)
        assert f"| {field.ask.title.en} {field.ask.title.zh} |" in line
        assert all(f"`{name}`" in line for name in regenerate.on_the_wire(kind, field))
        assert ("**needed**" in line) is field.required


@pytest.mark.parametrize(
    ("provider", "field", "wire"),
    [
        ("tencent", "name", ["username"]),
        ("tencent", "phone", ["area", "phone"]),
        ("tencent", "start_date", ["entry_time"]),
        ("tencent", "department", ["department_list"]),
        ("huawei", "phone", ["country", "phone"]),
        ("huawei", "password", ["pwd"]),
        ("huawei", "room_device", ["function.enableRoom"]),
    ],
)
def test_the_names_on_the_wire_are_those_of_a_request(provider: str, field: str, wire: list[str]) -> None:
    kind = own()[provider]
    assert regenerate.on_the_wire(kind, next(item for item in kind.form.fields() if item.name == field)) == wire


def test_the_example_provider_is_the_one_that_is_tested(readme: str) -> None:
    assert regenerate.EXAMPLE.read_text(encoding="utf-8").strip() in readme


# --- .env.example


def test_the_example_environment_holds_no_value(env_example: str) -> None:
    assert not [name for name, value in dotenv_values(stream=io.StringIO(env_example)).items() if value]


def test_the_example_environment_filled_in_starts(
    env_example: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is needed filled in, and every default uncommented: it loads, and is what it says without them."""
    for name in list(os.environ):
        if name in {variable for variable, _, _ in VARIABLES}:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    given = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "TENCENT_APP_ID": "200000001",
        "TENCENT_SECRET_ID": "AKID",
        "TENCENT_SECRET_KEY": "sk",
        "HUAWEI_ACCOUNT": "admin",
        "HUAWEI_PASSWORD": "hw",
    }
    filled = env_example
    for name, value in given.items():
        filled = filled.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    Path(".env").write_text(filled, encoding="utf-8")
    settings, providers = load(own())
    assert set(providers) == set(own())
    Path(".env").write_text(re.sub(r"^# ([A-Z]+_[A-Z_]+=)", r"\1", filled, flags=re.MULTILINE), encoding="utf-8")
    defaults, _ = load(own())
    assert defaults == settings


@pytest.mark.parametrize("path", [README, ENV_EXAMPLE], ids=lambda path: path.name)
def test_it_is_said_what_it_means_to_run_without_a_key(path: Path) -> None:
    said = " ".join(path.read_text(encoding="utf-8").replace("#", "").split())
    assert "whoever can read the database" in said
    assert "password" in said


# --- commands


def subcommands(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What `newhire` takes, asked of its own parser."""
    found: set[str] = set()

    def look(self: argparse.ArgumentParser, *_: object) -> None:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found.update(action.choices)
        raise SystemExit(0)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", look)
    with pytest.raises(SystemExit):
        command.main([])
    return found


def test_every_command_is_mentioned_and_no_other(readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = subcommands(monkeypatch)
    assert there >= {"run", "demo", "key"}
    mentioned = set(re.findall(r"(?:`|^|/)newhire ([a-z]+)", code(readme), re.MULTILINE)) - {"help"}
    assert mentioned == there


def test_every_make_target_is_mentioned_and_no_other(readme: str) -> None:
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", code(readme), re.MULTILINE)) == TARGETS


def test_every_make_target_is_there() -> None:
    assert set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)) == TARGETS


def test_the_page_opens_where_it_is_said(readme: str) -> None:
    source = Path(command.__file__).read_text(encoding="utf-8")
    (port,) = re.findall(r'"--port", type=int, default=(\d+)', source)
    assert f"http://127.0.0.1:{port}/" in readme
    assert '"--no-browser"' in source


def test_the_shortcut_has_the_name_that_slack_shows(readme: str) -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    assert f"*{manifest['features']['shortcuts'][0]['name']}*" in readme


def test_the_python_that_is_needed(readme: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or later" in readme


# --- outcomes


def kinds() -> set[str]:
    """Every way in which a request can end."""
    classes = [each for each in vars(outcome).values() if isinstance(each, type)]
    bases = {outcome.Outcome, outcome.ProvisionError}
    return {each.__name__ for each in classes if issubclass(each, tuple(bases))} - {base.__name__ for base in bases}


def test_every_outcome_has_its_line(readme: str) -> None:
    section = readme.partition("## What comes of it")[2].partition("### ")[0]
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", section, re.MULTILINE)) == kinds()


def test_how_often_an_account_is_looked_for(readme: str) -> None:
    assert [seconds / 60 for seconds in provision.LOOKS] == [1, 5, 30, 360]
    assert "again after 1, 5, 30 minutes and 6 hours" in readme


# --- links


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", text)


def test_every_link_to_a_file_leads_to_one(readme: str) -> None:
    files = [link for link in links(readme) if not link.startswith(("http", "#"))]
    assert files
    assert [link for link in files if not (ROOT / link).exists()] == []


def test_every_link_into_the_page_leads_to_a_heading(readme: str) -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", readme, re.MULTILINE)
    }
    assert [link for link in links(readme) if link.startswith("#") and link[1:] not in headings] == []


def test_the_picture_is_small() -> None:
    assert regenerate.PICTURE.stat().st_size < 150_000


# --- what the README claims about the faults


def test_a_line_of_the_fault_table_is_the_first_line_of_a_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "test_faults.py"
    path.write_text(
        'async def test_one():\n    """429: it waits.\n\n    More."""\n\n\ndef helper():\n    """No: not this."""\n\n\n'
        'def test_two(provider):\n    """Cut before and after | creating: it looks first: then sends."""\n'
    )
    monkeypatch.setattr(regenerate, "FAULTS", path)
    assert regenerate.faults_section().splitlines()[2:] == [
        "| 429 | it waits. |",
        "| Cut before and after \\| creating | it looks first: then sends. |",
    ]
