"""The page's JavaScript, as far as it can be judged without a browser: it parses, its modules fit together one way, and
every sentence and icon that it asks for is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.sandbox.page.control import FOLDER
from tests.conftest import require

SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.js"))}
IMPORT = re.compile(r'^import (?:\{(?P<names>[^}]*)\} from )?"(?P<path>[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)

every_script = pytest.mark.parametrize("name", SCRIPTS)


def code(text: str) -> str:
    """A script without its comments. Enough for this page: none of its strings holds what looks like one."""
    return re.sub(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*", "", text, flags=re.DOTALL)


def imports(name: str) -> dict[str, list[str]]:
    """{file: names} of what a script imports."""
    found: dict[str, list[str]] = {}
    for match in IMPORT.finditer(SCRIPTS[name]):
        names = [part.strip() for part in (match["names"] or "").split(",") if part.strip()]
        found.setdefault(match["path"].removeprefix("./"), []).extend(names)
    return found


def used(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w$.]){re.escape(word)}(?![\w$])", text.replace("...", " ")) is not None


@pytest.mark.slow
@every_script
def test_it_parses_as_a_module(name: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    require(node, "node is not installed (Debian: apt-get install nodejs)")
    assert node is not None
    # By this ending Node takes it for a module, whatever version it is.
    module = tmp_path / f"{Path(name).stem}.mjs"
    module.write_text(SCRIPTS[name], encoding="utf-8")
    checked = subprocess.run([node, "--check", module], capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stderr


@every_script
def test_every_import_is_written_so_that_it_can_be_read(name: str) -> None:
    """One statement a file, names in braces: what these tests, and people, can follow."""
    statements = re.findall(r"^import\b[^;]*;", code(SCRIPTS[name]), re.MULTILINE)
    assert [one for one in statements if not IMPORT.fullmatch(one)] == []
    assert " as " not in "".join(statements)
    assert not re.search(r"\bimport\(|\brequire\(|\beval\(|innerHTML|document\.write", code(SCRIPTS[name]))


@every_script
def test_every_import_is_there(name: str) -> None:
    for path, names in imports(name).items():
        assert path in SCRIPTS, f"{name} imports {path}"
        missing = set(names) - set(EXPORT.findall(SCRIPTS[path]))
        assert not missing, f"{name} imports {missing} of {path}"


@every_script
def test_every_import_is_used(name: str) -> None:
    rest = IMPORT.sub("", code(SCRIPTS[name]))
    assert [word for names in imports(name).values() for word in names if not used(word, rest)] == []


def test_every_export_is_imported_somewhere() -> None:
    wanted = {(path, word) for name in SCRIPTS for path, names in imports(name).items() for word in names}
    offered = {(name, word) for name, text in SCRIPTS.items() for word in EXPORT.findall(text)}
    assert offered - wanted == set()


def test_no_script_lies_beside_the_page() -> None:
    reached, waiting = set(), ["app.js"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imports(name)
    assert reached == set(SCRIPTS)


def test_imports_run_one_way() -> None:
    left = {name: set(imports(name)) for name in SCRIPTS}
    while free := [name for name, needs in left.items() if not needs]:
        left = {name: needs - set(free) for name, needs in left.items() if name not in free}
    assert left == {}, "these import each other"


@every_script
def test_every_function_and_constant_is_used(name: str) -> None:
    text = code(SCRIPTS[name])
    declared = re.findall(r"^(?:export )?(?:async )?(?:function|const|let) (\w+)", text, re.MULTILINE)
    exported = set(EXPORT.findall(text))
    unused = [word for word in declared if word not in exported and len(re.findall(rf"\b{word}\b", text)) < 2]
    assert unused == []


def sentences(language: str) -> dict[str, str]:
    """{name: what stands there} of one language of words.js."""
    body = re.search(rf"^const {language} = \{{\n(.*?)^\}};", SCRIPTS["words.js"], re.MULTILINE | re.DOTALL)
    assert body is not None
    return dict(re.findall(r"^  (\w+): ((?:.|\n    )+?),$", body[1], re.MULTILINE))


def test_every_sentence_is_in_both_languages_and_of_one_kind() -> None:
    english, chinese = sentences("ENGLISH"), sentences("CHINESE")
    assert len(english) > 80
    assert english.keys() == chinese.keys()
    for name, text in english.items():
        kinds = [re.match(r'\((.*?)\) =>|["\[]', one) for one in (text, chinese[name])]
        assert all(kinds), name
        assert len({kind[1] for kind in kinds if kind}) == 1, f"{name} takes other values in Chinese"


def test_every_sentence_that_is_asked_for_is_there_and_no_other() -> None:
    asked = set()
    for text in SCRIPTS.values():
        calls = re.findall(r"\bt\(((?:[^()]|\([^()]*\))*)", code(text))
        asked |= {word for call in calls for word in re.findall(r'"(\w+)"', call)}
    there = {name for name in sentences("ENGLISH") if not name.startswith("role_")}
    listed = {"account", "contact", "department"}  # the heads of a table, in a list
    assert asked - there == set()
    assert there - asked - listed == set()


def test_every_icon_that_is_asked_for_is_there() -> None:
    drawn = set(re.findall(r"^  (\w+): \[", SCRIPTS["icons.js"], re.MULTILINE))
    for name, text in SCRIPTS.items():
        calls = re.findall(r"\bicon\(((?:[^()]|\([^()]*\))*)\)", code(text))
        names = {word for call in calls for word in re.findall(r'"(\w+)"', call)}
        assert names - drawn - {"twist"} == set(), name


def test_every_sign_that_the_bot_puts_before_a_sentence_is_drawn() -> None:
    """Where no emoji font is installed an undrawn sign is an empty box."""
    drawn = set(re.findall(r'^  "?([^\w\s"]+|ℹ️)"?: \[', SCRIPTS["emoji-art.js"], re.MULTILINE))
    rooms = [path.read_text(encoding="utf-8") for path in (FOLDER.parent.parent / "slack").glob("*.py")]
    put = set(re.findall("(?:[\u2300-\u23ff\u2600-\u27bf\U0001f000-\U0001faff]|ℹ)\ufe0f?", "".join(rooms)))
    assert len(put) >= 7
    assert put - drawn == set()


@every_script
def test_no_vendor_is_named(name: str) -> None:
    """A new vendor appears in the page by the snapshot alone."""
    assert not re.search(r"tencent|huawei|腾讯|华为", SCRIPTS[name], re.IGNORECASE)
