"""The documents and .env.example say what is there: settings, fields, commands, outcomes, rooms, words, checks, links."""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import io
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import __main__ as command
from bot import outcome
from bot.settings import Settings, load, table
from bot.slack import app as slack
from tests import regenerate
from tests.regenerate import DOCS, ENV_EXAMPLE, README, ROOT, own

BOT = ROOT / "bot"
DECISIONS = DOCS / "decisions"
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
VARIABLES = table([Settings, *(kind.settings for kind in own().values())])
NAMES = {name for name, _, _ in VARIABLES}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PHONY = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
TARGETS = set(PHONY[1].split()) if PHONY else set()

every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
every_record = pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def readme() -> str:
    return text(README)


@pytest.fixture(scope="module")
def env_example() -> str:
    return text(ENV_EXAMPLE)


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


def spans(page: str) -> list[str]:
    """What stands between backticks in a line."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def code(page: str) -> str:
    """What stands in code, in blocks or in lines."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", page, re.DOTALL))


def rows(page: str) -> list[list[str]]:
    """The cells of every table's rows, heads and rules left out."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    rules = {number for number, line in enumerate(lines) if re.fullmatch(r"[| -]+", line)}
    heads = {number - 1 for number in rules}
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for number, line in enumerate(lines)
        if number not in rules | heads
    ]


# --- what every page has in common


def links(page: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def anchors(page: str) -> set[str]:
    """The names that headings get as places to link to."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(path: Path) -> list[str]:
    """The links of a page that lead nowhere inside the repository."""
    found = []
    for link in links(text(path)):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        inside = target.exists() and target.is_relative_to(ROOT.resolve())
        if not inside or (anchor and anchor not in anchors(text(target))):
            found.append(link)
    return found


@every_page
def test_every_link_leads_somewhere(path: Path) -> None:
    assert broken(path) == []


def test_a_link_that_leads_nowhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    page = DOCS / "fields.md"
    said = "# A heading, here\n[a](settings.md) [b](#a-heading-here) [c](gone.md) [d](#gone) [e](http://example.com) [f](/etc)"
    monkeypatch.setitem(globals(), "text", lambda path: said if path == page else path.read_text(encoding="utf-8"))
    assert broken(page) == ["gone.md", "#gone", "http://example.com", "/etc"]


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [README]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(text(page)) if ".md" in link]
        waiting += [target for target in PAGES if target.resolve() in targets]
    assert set(PAGES) - reached == set()


@cache
def files() -> set[str]:
    """Every file that is, or is about to be, in the repository, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:  # not a clone
        hidden = {".git", ".venv", "__pycache__", ".hypothesis"}
        found = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if not hidden & set(path.parts)]
    else:
        found = listed.stdout.decode().split("\0")
    return {name for name in found if (ROOT / name).is_file()}


ROOMS = ("bot/", "tests/", "docs/", ".ci/")
A_FILE = re.compile(r"[\w.-]+\.(py|md|yml|toml|json|png|svg|js|html|css)")


def missing(page: str) -> list[str]:
    """The paths and file names in a page's lines of code that are not there."""
    found = []
    for span in spans(page):
        path = span.partition("::")[0]
        if path.startswith(ROOMS) and not re.search(r"\s", path):
            there = (ROOT / path).exists()
        elif A_FILE.fullmatch(path):
            there = any(name == path or name.endswith(f"/{path}") for name in files())
        else:
            continue
        if not there:
            found.append(path)
    return found


@every_page
def test_every_path_is_there(path: Path) -> None:
    assert missing(text(path)) == []


def test_a_path_that_is_not_there_is_found() -> None:
    said = "`bot/gone.py` `bot/outcome.py` `gone.md` `outcome.py` `docs/gone/` `a.b` `bot.outcome`\n```\n`bot/not/read.py`\n```"
    assert missing(said) == ["bot/gone.py", "gone.md", "docs/gone/"]


@cache
def known_tests() -> dict[str, set[str]]:
    """The names of all test functions, and the files in which each stands."""
    found: dict[str, set[str]] = {}
    for name in sorted(name for name in files() if name.startswith("tests/") and name.endswith(".py")):
        for node in ast.walk(ast.parse(text(ROOT / name))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
                found.setdefault(node.name, set()).add(name)
    return found


def unknown_tests(page: str) -> list[str]:
    """The tests that a page names, with or without a file, and that are not there."""
    found = []
    for span in spans(page):
        file, _, name = span.rpartition("::")
        if re.fullmatch(r"test_\w+", name) and (
            name not in known_tests() or (file and file not in known_tests()[name])
        ):
            found.append(span)
    return found


@every_page
def test_every_test_that_is_named_is_there(path: Path) -> None:
    assert unknown_tests(text(path)) == []


def test_a_test_that_is_not_there_is_found() -> None:
    here = "test_every_test_that_is_named_is_there"
    gone = "test_" + "gone"
    said = f"`{here}` `tests/test_documentation.py::{here}` `tests/test_house.py::{here}` `{gone}`"
    assert unknown_tests(said) == [f"tests/test_house.py::{here}", gone]


@every_page
def test_every_make_target_is_one(path: Path) -> None:
    assert set(re.findall(r"(?:`|^| )make ([a-z]+)", code(text(path)), re.MULTILINE)) - TARGETS == set()


@every_page
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    named = set(re.findall(r"\b(?:NEWHIRE|SLACK|TENCENT|HUAWEI)_[A-Z_]+", text(path)))
    # The former is of the tests; the latter the doctor takes for one run, and no bot has it.
    assert named - NAMES - {"NEWHIRE_REQUIRE_ALL", "SLACK_CONFIG_TOKEN"} == set()


@every_page
def test_every_command_is_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commands(text(path)) - subcommands(monkeypatch) == set()


@every_page
def test_no_line_is_too_long_to_read(path: Path) -> None:
    """But for tables, pictures and Chinese."""
    lines = [line for line in prose(text(path)).splitlines() if not line.startswith(("|", "!")) and line.isascii()]
    assert [line for line in lines if len(line) > 140] == []


# --- generated parts


@pytest.mark.parametrize("path", regenerate.PARTS, ids=lambda path: path.name)
def test_the_generated_part_is_fresh(path: Path) -> None:
    assert regenerate.generated(path) == text(path), "run `make docs`"


def test_the_example_environment_is_fresh(env_example: str) -> None:
    assert regenerate.env_example() == env_example, "run `make docs`"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_setting_has_its_line(env_example: str, name: str) -> None:
    assert len(re.findall(rf"^\| `{name}` \|", text(DOCS / "settings.md"), re.MULTILINE)) == 1
    assert len(re.findall(rf"^(?:# )?{name}=", env_example, re.MULTILINE)) == 1


@pytest.mark.parametrize("kind", own().values(), ids=own())
def test_every_field_has_its_line_with_its_name_on_the_wire(kind: Any) -> None:
    part = text(DOCS / "fields.md").partition(f"**{kind.title.en} {kind.title.zh}** (")[2].partition("\n\n**")[0]
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


def test_the_example_provider_is_the_one_that_is_tested() -> None:
    assert text(regenerate.EXAMPLE).strip() in text(DOCS / "adding-a-provider.md")


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


# --- .env.example


def test_the_example_environment_holds_no_value(env_example: str) -> None:
    assert not [name for name, value in dotenv_values(stream=io.StringIO(env_example)).items() if value]


def test_the_example_environment_filled_in_starts(
    env_example: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is needed filled in, and every default uncommented: it loads, and is what it says without them."""
    for name in NAMES & set(os.environ):
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


@pytest.mark.parametrize("path", [DOCS / "settings.md", DOCS / "security.md", ENV_EXAMPLE], ids=lambda path: path.name)
def test_it_is_said_what_it_means_to_run_without_a_key(path: Path) -> None:
    said = " ".join(text(path).replace("#", "").split())
    assert "whoever can read the database" in said
    assert "password" in said


# --- the README


def test_the_readme_is_short(readme: str) -> None:
    assert len(readme.splitlines()) < 200


def test_the_two_commands_are_in_both_languages(readme: str) -> None:
    chinese = readme.partition("## 简体中文")[2].partition("\n## ")[0]
    for part in (chinese, readme.replace(chinese, "")):
        assert re.findall(r"^make (demo|test)\b", part, re.MULTILINE) == ["demo", "test"]


def test_every_page_for_readers_is_in_the_readmes_list(readme: str) -> None:
    listed = {(ROOT / link).resolve() for link in links(readme.partition("## Read on")[2])}
    wanted = {path for path in PAGES if path.parent != DECISIONS} - {README} | {DECISIONS / "README.md"}
    assert {path.resolve() for path in wanted} - listed == set()


def subcommands(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What `newhire` takes, asked of its own parser."""
    found: set[str] = set()

    def look(self: argparse.ArgumentParser, *_: object) -> None:
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found.update(action.choices)
        raise SystemExit(0)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", look)
    with pytest.raises(SystemExit):
        command.main([])
    return found - {"help"}


def commands(page: str) -> set[str]:
    """The commands of `newhire` that a page names (`/newhire help` is Slack's)."""
    return set(re.findall(r"(?:`|^|bin/)newhire ([a-z]+)", code(page), re.MULTILINE)) - {"help"}


def test_every_command_is_in_the_readme(readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = subcommands(monkeypatch)
    assert there >= {"run", "demo", "key"}
    assert commands(readme) == there


def test_every_make_target_is_in_contributing_and_in_the_makefile() -> None:
    listed = set(re.findall(r"^\| `make ([a-z]+)` \|", text(ROOT / "CONTRIBUTING.md"), re.MULTILINE))
    assert listed == TARGETS == set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_the_page_opens_where_it_is_said(readme: str) -> None:
    source = Path(command.__file__).read_text(encoding="utf-8")
    (port,) = re.findall(r'"--port", .*default=(\d+)', source)
    assert f"http://127.0.0.1:{port}/" in readme
    assert '"--no-browser"' in source


def test_the_shortcut_has_the_name_that_slack_shows(readme: str) -> None:
    manifest = yaml.safe_load(text(ROOT / "manifest.yml"))
    assert f"*{manifest['features']['shortcuts'][0]['name']}*" in readme


def test_the_python_that_is_needed(readme: str) -> None:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    assert project["requires-python"] == ">=3.11"
    assert "Python 3.11 or later" in readme
    assert "Python 3.11 or later" in text(ROOT / "CONTRIBUTING.md")


def test_the_steps_are_numbered_and_name_the_icon(readme: str) -> None:
    part = readme.partition("## From zero to a real workspace")[2].partition("\n## ")[0]
    steps = [int(number) for number in re.findall(r"^(\d+)\. \*\*", part, re.MULTILINE)]
    assert steps == list(range(1, len(steps) + 1))
    assert "(docs/icon.png)" in part


@pytest.mark.parametrize("picture", [regenerate.PICTURE, regenerate.BUTTONS], ids=lambda path: path.name)
def test_the_pictures_are_small_and_shown(readme: str, picture: Path) -> None:
    assert picture.stat().st_size < 150_000
    assert f"](docs/{picture.name})" in readme


def test_the_icon_is_as_slack_wants_it() -> None:
    """Slack takes PNG, JPG and GIF, a square of 512 to 2000 pixels."""
    head = regenerate.ICON.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (512, 512)
    assert 'viewBox="0 0 512 512"' in text(regenerate.DRAWING)
    assert regenerate.ICON.stat().st_size < 150_000


# --- outcomes


def tree() -> set[str]:
    """Every way in which a request can end: the names in the tree at the top of bot/outcome.py, without its two roots."""
    named = re.findall(r"^ {4,8}([A-Z]\w+)\b", outcome.__doc__ or "", re.MULTILINE)
    return {name for name in named if isinstance(getattr(outcome, name, None), type)} - {"Outcome", "ProvisionError"}


def test_every_outcome_has_its_line() -> None:
    said = text(DOCS / "outcomes.md").partition("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", said, re.MULTILINE)) == tree()


def test_every_failure_is_in_the_tree() -> None:
    classes = [each for each in vars(outcome).values() if isinstance(each, type)]
    failures = {each.__name__ for each in classes if issubclass(each, outcome.ProvisionError)} - {"ProvisionError"}
    assert failures < tree()


def classes(path: Path) -> set[str]:
    """The classes that a module defines at its top."""
    return {node.name for node in ast.parse(text(path)).body if isinstance(node, ast.ClassDef)}


def test_every_state_has_its_line() -> None:
    """`State = Clear | Slowed | ...` in decide.py, and the table in outcomes.md."""
    source = text(BOT / "onboarding" / "decide.py")
    (union,) = re.findall(r"^(?:type )?State(?:: TypeAlias)? = (.+)$", source, re.MULTILINE)
    said = text(DOCS / "outcomes.md").partition("## On the way there")[2]
    states = set(re.findall(r"^\| `([A-Z]\w+)` \|", said, re.MULTILINE))
    assert states == set(re.findall(r"\w+", union)) <= classes(BOT / "onboarding" / "decide.py")


def test_how_often_an_account_is_looked_for() -> None:
    from bot.onboarding.policy import Policy

    looks = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 360))
    assert looks in vars(Policy()).values()
    assert "again after 1, 5, 30 minutes and 6 hours" in text(DOCS / "outcomes.md")


# --- how it is built


def rooms() -> Iterator[tuple[str, bool]]:
    """The tree of how-it-is-built.md: each path with a folder's slash, and whether anything is listed below it."""
    block = text(DOCS / "how-it-is-built.md").partition("## The rooms")[2].split("```")[1]
    named = re.findall(r"^( *)(\S+)", block.partition("\n")[2], re.MULTILINE)
    above: list[str] = []
    for number, (indent, name) in enumerate(named):
        above[len(indent) // 2 :] = [name]
        below = number + 1 < len(named) and len(named[number + 1][0]) > len(indent)
        yield "".join(above), below


def test_every_room_that_is_drawn_is_there() -> None:
    gone = [path for path, _ in rooms() if not (ROOT / path).exists() or (ROOT / path).is_dir() != path.endswith("/")]
    assert gone == []


def test_every_module_has_its_line() -> None:
    """By itself, or by a folder of which nothing inside is drawn."""
    drawn = dict(rooms())
    whole = tuple(path for path, below in drawn.items() if path.endswith("/") and not below)
    modules = {name for name in files() if name.startswith("bot/") and name.endswith(".py")}
    modules = {name for name in modules if Path(name).name != "__init__.py"}
    assert sorted(name for name in modules - drawn.keys() if not name.startswith(whole)) == []


# --- words


def test_a_term_of_ours_is_in_the_code_where_the_glossary_says() -> None:
    """Every row names its file; what stands in backticks beside it, or is a class, stands in that file too."""
    gone = []
    for term, meaning, where in rows(text(DOCS / "glossary.md")):
        *names, path = re.findall(r"`([^`]+)`", where)
        names += re.findall(r"`([A-Z]\w+)`", term + meaning)
        source = text(ROOT / path) if (ROOT / path).exists() else ""
        gone += [f"{term}: {name} in {path}" for name in names if not re.search(rf"\b{name}\b", source)]
    assert gone == []


OLD_WORDS = ("desk", "clerk", "clerks", "heir", "leg", "legs", "teller", "provision", "sealed", "blind marks")
"""What 0.1.0 called intake, takeover, run, Notifier, onboarding, encrypted and fingerprints."""


@every_page
def test_no_page_speaks_the_old_words(path: Path) -> None:
    said = prose(text(path)).casefold()
    assert [word for word in OLD_WORDS if re.search(rf"\b{word}\b", said)] == []


# --- decisions


def test_the_records_are_numbered_and_all_in_the_index() -> None:
    assert [path.name[:5] for path in RECORDS] == [f"{number:04}-" for number in range(1, len(RECORDS) + 1)]
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", text(DECISIONS / "README.md"), re.MULTILINE)
    titles = [text(path).partition("\n")[0] for path in RECORDS]
    assert [f"# {number}. {title}" for number, title, _ in listed] == titles
    assert [link for _, _, link in listed] == [path.name for path in RECORDS]


@every_record
def test_a_record_is_dated_and_whole(path: Path) -> None:
    record = text(path)
    (date,) = re.findall(r"^- Date: (\S+)$", record, re.MULTILINE)
    assert dt.date.fromisoformat(date) >= dt.date(2026, 11, 21)
    assert re.search(r"^- Status: (accepted|replaced by \[\d+\]\(\S+\))$", record, re.MULTILINE)
    assert re.findall(r"^## (.+)$", record, re.MULTILINE) == ["Context", "Decision", "Consequences", "Checks"]


@every_record
def test_a_record_is_held_by_checks(path: Path) -> None:
    """Each line of them names a test, a file of tests, or a command; that these are there, other tests say."""
    checks = text(path).partition("## Checks\n")[2].strip().split("\n- ")
    assert [check for check in checks if not re.search(r"`(.*\bmake [a-z]+|(tests/)?test_\S+|\.ci/run)`", check)] == []


def private_names(source: str) -> set[str]:
    """Names with one underscore in front that are used here: attributes, and modules that are imported from."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {*str(node.module).split("."), *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {part for alias in node.names for part in alias.name.split(".")}
    return {name for name in found if re.match(r"_[a-z]", name)}


def defined_names(source: str) -> set[str]:
    """Names that are given a value or a body here."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            found.add(node.attr)
    return found


def test_private_names_are_touched_where_decision_10_says_and_nowhere_else() -> None:
    """Decision 10 has a row for each: the file, and every private name of a library that it uses."""
    sources = {name: text(ROOT / name) for name in files() if name.startswith("bot/") and name.endswith(".py")}
    ours = {name for source in sources.values() for name in defined_names(source)}
    ours.add("_exit")  # os._exit is public
    touched = {name: private_names(source) - ours for name, source in sources.items()}
    (record,) = DECISIONS.glob("0010-*")
    allowed = {where.strip("`"): set(re.findall(r"\b_[a-z]\w+", what)) for _, what, where in rows(text(record))}
    assert {name: names for name, names in touched.items() if names} == allowed


class Deaf:
    """Stands in for the listeners: whatever is asked of it listens to nothing."""

    def __getattr__(self, name: str) -> Any:
        async def listen(**_: object) -> None: ...

        return listen


def test_bolt_still_keeps_the_authorization_where_the_first_command_needs_it() -> None:
    """Asked at the first command, auth.test would be a call of Slack's while somebody's trigger_id runs out."""
    answer = object()
    deaf: Any = Deaf()
    app: AsyncApp = slack.build(AsyncWebClient(token="xoxb-1"), deaf, deaf, deaf, deaf, deaf, deaf, answer)
    held = [vars(middleware).get("auth_test_result") for middleware in app._async_middleware_list]
    assert answer in held


# --- what SECURITY.md and CHANGELOG.md say


def test_every_threat_has_a_test() -> None:
    threats = rows(text(ROOT / "SECURITY.md"))
    assert threats
    assert [threat for threat, _, held in threats if not re.search(r"`test_\w+`", held)] == []


def test_nothing_in_the_code_unpickles() -> None:
    """Who can write to the database must not be able to run code by it."""
    sources = [text(ROOT / name) for name in files() if name.startswith("bot/") and name.endswith(".py")]
    assert not [
        source for source in sources if re.search(r"^\s*(import|from) (pickle|marshal|shelve|dill)", source, re.M)
    ]
    assert re.search(r'"serializer": .*DBOSPortableJSONSerializer\(\)', text(BOT / "engine.py"))


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["version"]
    listed = re.findall(r"^## (\S+) \((.+)\)$", text(ROOT / "CHANGELOG.md"), re.MULTILINE)
    versions = [number for number, _ in listed]
    assert version in versions
    assert versions == sorted(set(versions), key=lambda number: [int(part) for part in number.split(".")], reverse=True)
    released = [when for _, when in listed[1:] if when != "not released"]
    assert [when for when in released if dt.date.fromisoformat(when) < dt.date(2026, 11, 21)] == []
