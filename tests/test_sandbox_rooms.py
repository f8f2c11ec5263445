"""The rooms of the sandbox: who may know whom, and that the page travels with the package."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from bot.sandbox.page.control import FOLDER

ROOT = Path(__file__).parent.parent
SANDBOX = ROOT / "bot" / "sandbox"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in SANDBOX.rglob("*.py")
}
ROOMS = {
    # room: the rooms of the sandbox that it may know
    "block_kit": set(),
    "vendors": set(),
    "slack": {"block_kit"},
    "page": {"slack", "vendors"},
}


def known(module: str) -> set[str]:
    """The modules of the sandbox that a module imports, for types only or not."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return (found & MODULES.keys()) - {module}


def room(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if len(parts) > 3 or ".".join(parts[2:]) in ROOMS else None


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_room_knows_only_the_rooms_below_it(module: str) -> None:
    here = room(module)
    if here is not None:
        assert {other for other in known(module) if room(other) not in {here, *ROOMS[here]}} <= {"bot.sandbox"}


def test_no_module_of_the_sandbox_imports_one_that_imports_it() -> None:
    left = {module: known(module) for module in MODULES}
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    assert left == {}


def test_a_pretend_thing_is_called_so() -> None:
    served = {"FakeSlack", "FakeVendor", "FakeTencent", "FakeHuawei"}
    classes = {
        node.name: module
        for module, path in MODULES.items()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    assert served <= classes.keys()
    assert not {"Slack", "Vendor", "Tencent", "Huawei"} & classes.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_property_only_passes_on_what_another_object_has(module: str) -> None:
    passing = []
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list
        ):
            last = node.body[-1]
            if isinstance(last, ast.Return) and isinstance(last.value, ast.Attribute):
                passing.append(node.name)
    assert passing == []


def test_the_page_travels_with_the_package() -> None:
    """Hatchling takes every file of a package; so the page must lie inside `bot`, and be ignored by nobody."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"] == {"packages": ["bot"]}
    assert FOLDER.is_relative_to(ROOT / "bot")
    assert {path.suffix for path in FOLDER.iterdir() if path.is_file()} == {".py", ".js", ".css", ".html"}
