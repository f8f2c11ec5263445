"""The house rules: what each room may touch, how big it may be, and what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in BOT.rglob("*.py")
}
HALL = sorted(name for name in MODULES if not name.startswith("bot.sandbox"))
SANDBOX = sorted(MODULES.keys() - set(HALL))
SHARED = {f"bot.providers.{name}" for name in ("contract", "transport", "answer", "token_cache")}
"""What all providers are written with."""
PROVIDERS = [name for name in HALL if name.startswith("bot.providers.") and name not in SHARED]
SLACK = [name for name in HALL if name.startswith("bot.slack")]
ONBOARDING = [name for name in HALL if name.startswith("bot.onboarding.")]
DOCTOR = [name for name in HALL if name.startswith("bot.doctor.")]
TERMINAL = [name for name in HALL if name.startswith("bot.terminal")]
STORE = [name for name in HALL if name.startswith("bot.store.")]


@cache
def imports(module: str) -> set[str]:
    """Full names of what a module imports, wherever in it; `from a import b` is both `a` and `a.b`."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def uses(module: str, *packages: str) -> set[str]:
    """Of what a module imports, what is one of these packages or inside it."""
    return {name for name in imports(module) if any(f"{name}.".startswith(f"{package}.") for package in packages)}


def own(module: str) -> set[str]:
    """The modules of this repository that a module imports."""
    return {name for name in imports(module) if name in MODULES} - {
        "bot",
        "bot.slack",
        "bot.doctor",
        "bot.providers",
        "bot.onboarding",
        "bot.store",
    }


# --- imports run one way


def test_outcomes_know_nobody() -> None:
    assert own("bot.outcome") == set()


def test_characters_know_nobody() -> None:
    assert own("bot.characters") == set()


def test_the_hire_knows_nobody() -> None:
    assert own("bot.hire") <= {"bot.outcome", "bot.characters"}


def test_a_card_knows_only_what_is_asked_about_a_person() -> None:
    """Files will be read through it too: neither Slack nor a vendor is in it."""
    assert own("bot.card") <= {"bot.hire", "bot.characters"}


def test_what_helps_to_fill_in_the_form_knows_no_slack_and_no_vendor() -> None:
    assert own("bot.pinyin") == set()
    assert own("bot.proposal") <= {"bot.hire", "bot.characters", "bot.pinyin"}
    assert own("bot.defaults") <= {"bot.hire"}


def test_what_travels_of_many_knows_what_travels_of_one() -> None:
    assert own("bot.batch") <= {"bot.hire", "bot.outcome", "bot.request"}


@pytest.mark.parametrize("module", [name for name in HALL if name.startswith("bot.spreadsheet")])
def test_reading_files_of_people_is_pure(module: str) -> None:
    """No Slack, no database, no vendor, no network."""
    assert not uses(module, "slack_sdk", "slack_bolt", "httpx", "aiohttp", "sqlalchemy", "dbos", "logging")
    assert all(
        name.startswith("bot.spreadsheet") or name in ("bot.batch", "bot.card", "bot.hire") for name in own(module)
    )


def test_the_contract_knows_hires_and_outcomes() -> None:
    assert own("bot.providers.contract") <= {
        "bot.outcome",
        "bot.hire",
        "bot.providers.transport",
        "bot.providers.answer",
    }


def test_bytes_answers_and_tokens_know_no_vendor_and_no_account() -> None:
    assert own("bot.providers.transport") <= {"bot.providers.answer"}
    assert own("bot.providers.answer") == own("bot.providers.token_cache") == set()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_knows_the_contract_and_no_other_provider(provider: str) -> None:
    forms = {name for name in PROVIDERS if name == f"{provider}_form"}
    """A form that makes its provider's file too long to read has a file of its own beside it."""
    assert own(provider) - forms <= {"bot.outcome", "bot.hire", "bot.providers.contract", "bot.providers.token_cache"}


@pytest.mark.parametrize("provider", [*PROVIDERS, *sorted(SHARED)])
def test_providers_know_no_slack_and_no_database(provider: str) -> None:
    assert not uses(provider, "slack_sdk", "slack_bolt", "bot.slack", "sqlalchemy", "psycopg", "sqlite3", "dbos")


@pytest.mark.parametrize("module", ONBOARDING)
def test_the_use_case_knows_no_slack_and_no_http(module: str) -> None:
    assert not uses(module, "slack_sdk", "slack_bolt", "bot.slack", "httpx", "aiohttp", "dbos", "bot.engine")
    assert not uses(module, "bot.providers")


def test_deciding_knows_outcomes_and_nothing_else() -> None:
    """No clock, no chance, no log, no I/O: what is decided follows from what is handed in."""
    assert own("bot.onboarding.decide") == {"bot.outcome"}
    packages = {name.split(".")[0] for name in imports("bot.onboarding.decide")}
    assert packages == {"__future__", "dataclasses", "typing", "bot"}


def test_only_the_workflow_decides() -> None:
    """`upgrade` reads what an interrupted run had decided; it decides nothing."""
    knowing = {module for module in MODULES if uses(module, "bot.onboarding.decide")}
    assert knowing == {"bot.onboarding.workflow", "bot.onboarding.upgrade"}
    assert "decide" not in names_from("bot.onboarding.upgrade", "bot.onboarding.decide")


def names_from(module: str, source: str) -> set[str]:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == source)
    return {alias.name for node in found for alias in node.names}


@pytest.mark.parametrize("module", ["bot.outcome", "bot.request", "bot.slack.notifier", *ONBOARDING])
def test_what_travels_is_typed(module: str) -> None:
    """No dict of anything in a signature where a story is told."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        arguments = [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]
        signature = [argument.annotation for argument in arguments] + [node.returns]
        said = " ".join(ast.unparse(annotation) for annotation in signature if annotation is not None)
        assert not re.search(r"\bJson\b|dict\[str, Any\]", said), f"{module}: {node.name}: {said}"


@pytest.mark.parametrize("module", ["bot.engine", *STORE])
def test_what_is_stored_knows_neither_slack_nor_vendors(module: str) -> None:
    assert not uses(module, "slack_sdk", "slack_bolt", "bot.slack", "httpx", "bot.providers")


@pytest.mark.parametrize("module", STORE)
def test_the_store_knows_requests_and_no_use_case(module: str) -> None:
    assert not uses(module, "bot.onboarding", "bot.engine", "bot.intake", "dbos")


def test_the_engine_is_behind_its_seam() -> None:
    """What newhire does durably it does through `bot.engine`, and that uses public names of DBOS only."""
    assert {module for module in MODULES if uses(module, "dbos")} == {"bot.engine"}
    public = set(__import__("dbos").__all__)
    assert names_from("bot.engine", "dbos") <= public
    assert uses("bot.engine", "dbos") <= {"dbos", *(f"dbos.{name}" for name in public)}


@pytest.mark.parametrize("module", SLACK)
def test_the_slack_room_names_no_provider(module: str) -> None:
    # A file is fetched from an address that Slack gives, and by none of its methods.
    others = ("bot.providers",) if module == "bot.slack.files" else ("bot.providers", "httpx")
    assert not uses(module, *others)
    text = MODULES[module].read_text(encoding="utf-8").casefold()
    assert not [name for name in ("tencent", "huawei", "腾讯", "华为") if name in text]


@pytest.mark.parametrize("module", SLACK)
def test_the_slack_room_knows_no_database(module: str) -> None:
    assert not uses(module, "sqlalchemy", "psycopg", "sqlite3", "dbos", "bot.engine", "bot.store", "bot.settings")


@pytest.mark.parametrize(
    "module",
    [
        "bot.characters",
        "bot.card",
        "bot.pinyin",
        "bot.proposal",
        "bot.defaults",
        "bot.slack.form",
        "bot.slack.prefill",
        "bot.slack.messages",
        "bot.slack.batch_messages",
        "bot.slack.words",
    ],
)
def test_what_is_pure_talks_to_nobody(module: str) -> None:
    assert not uses(module, "slack_sdk", "slack_bolt", "aiohttp", "asyncio", "logging")


@pytest.mark.parametrize("module", SANDBOX)
def test_the_sandbox_shares_no_code_with_what_it_tests(module: str) -> None:
    """A mistake made once must not prove itself right."""
    assert not {name for name in own(module) if not f"{name}.".startswith("bot.sandbox.")}
    assert not uses(module, "slack_sdk", "slack_bolt", "httpx", "pydantic", "dbos", "sqlalchemy", "phonenumbers")


def test_only_the_command_knows_the_sandbox() -> None:
    assert {module for module in HALL if uses(module, "bot.sandbox")} <= {"bot.__main__"}


def test_only_the_service_ties_the_rooms_together() -> None:
    both = {module for module in HALL if uses(module, "bot.slack") and uses(module, "bot.providers", "bot.engine")}
    assert both == {"bot.service"}


def test_the_command_line_parses_calls_and_prints_and_knows_the_service_alone() -> None:
    commands = {f"bot.terminal.{name}" for name in ("many", "one", "options", "run")}
    doctor = {"bot.doctor.examination", "bot.doctor.report"}
    assert own("bot.__main__") - {"bot.terminal"} == commands | doctor | {
        "bot.service", "bot.shell", "bot.onboarding.policy", "bot.sandbox.demo"
    }  # fmt: skip
    assert {module for module in MODULES if uses(module, "bot.shell")} == {"bot.__main__"}
    assert not uses("bot.shell", "bot.service", "bot.slack", "bot.providers", "bot.onboarding")
    started = {"bot.__main__", "bot.terminal.many", "bot.terminal.one", "bot.terminal.run"}
    assert {module for module in HALL if uses(module, "bot.service")} == started
    assert {module for module in HALL if uses(module, "bot.terminal")} == {"bot.__main__", *TERMINAL} - {
        "bot.terminal", "bot.terminal.screen", "bot.terminal.result"
    }  # fmt: skip


@pytest.mark.parametrize("module", [name for name in HALL if name.startswith("bot.terminal")])
def test_commands_create_accounts_through_the_service_and_ask_no_vendor_by_themselves(module: str) -> None:
    assert not uses(module, "slack_sdk", "slack_bolt", "httpx", "dbos", "sqlalchemy", "bot.engine")
    # Which fields a form has is no secret of a vendor's.
    assert not uses(module, "bot.providers") or module == "bot.terminal.options"


@pytest.mark.parametrize("module", DOCTOR)
def test_the_doctor_looks_and_does_nothing(module: str) -> None:
    """It knows neither use case nor engine, and who asks Slack asks no vendor: the rooms are tied together elsewhere too."""
    assert not uses(module, "bot.service", "bot.shell", "bot.onboarding", "bot.engine", "bot.intake", "dbos")
    rooms = {"bot.slack": uses(module, "bot.slack"), "bot.providers": uses(module, "bot.providers")}
    rooms["bot.store"] = uses(module, "bot.store") - {"bot.store", "bot.store.opening"}
    assert sum(map(bool, rooms.values())) <= 1, rooms


def test_the_doctor_is_asked_by_the_command_and_at_the_start() -> None:
    assert {name for name in HALL if name not in DOCTOR and uses(name, "bot.doctor")} == {"bot.__main__", "bot.service"}
    assert {name for name in DOCTOR if uses(name, "rich")} == {"bot.doctor.report"}


def test_the_log_knows_nobody_but_the_mask() -> None:
    assert own("bot.logs") == {"bot.hire"}


# --- size and words


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc", "base"}
    assert not {path for path in BOT.rglob("*") if path.stem in drawers}


@pytest.mark.parametrize("path", sorted(BOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 650


@pytest.mark.parametrize("module", HALL)
def test_what_is_public_says_what_it_is(module: str) -> None:
    text = MODULES[module].read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not text.strip()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", HALL)
def test_nothing_is_printed_into_the_dark(module: str) -> None:
    """People at a terminal are spoken to by the command alone; everything else goes through the log."""
    calls = (
        node for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    )
    printed = [call for call in calls if getattr(call.func, "id", "") == "print"]
    assert not printed or module == "bot.__main__"


# --- what no file may hold


def tracked() -> Iterator[Path]:
    """Every text file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:  # not a clone
        hidden = {".git", ".venv", "__pycache__", ".hypothesis"}
        paths = [path for path in ROOT.rglob("*") if not hidden & set(path.parts)]
    else:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    for path in paths:
        if path.is_file() and b"\0" not in path.read_bytes()[:8000]:
            yield path


def holding(pattern: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    places = "|".join("/" + place + "/" for place in ("tmp", "work", "root", "home/[a-z]+", "Users/[A-Za-z]+"))
    assert holding(rf"(?<![\w.*}}-])({places})") == []


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the business of whoever installs them."""
    registries = (
        "py" + "pi.org",
        "python" + "hosted",
        "npm" + "js.org",
        "npm" + "js.com",
        "--index" + "-url",
        "mirrors?\\.",
    )
    assert holding("|".join(registries)) == []


def test_no_file_holds_a_real_looking_secret() -> None:
    """Slack's bot tokens have three groups of digits and letters; a private key says that it is one."""
    assert holding("xox" + r"b-\d{9,}-\d{9,}-[A-Za-z0-9]{20,}") == []
    assert holding("BEGIN [A-Z ]*PRIVATE" + " KEY") == []
