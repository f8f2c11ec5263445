"""Writes what the documents and .env.example take from the code; `make docs` runs it, tests/test_documentation.py holds them to it.

`python -m tests.regenerate` writes the generated parts; `--icon` also draws docs/icon.png from docs/icon.svg, and `--picture`
takes the README's pictures, both in Chromium.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import contextlib
import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from pydantic_settings import BaseSettings

from bot.hire import Field, NewHire
from bot.outcome import ProvisionError
from bot.providers.contract import Provider, ProviderSettings, installed
from bot.settings import Settings, table, variable

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
ENV_EXAMPLE = ROOT / ".env.example"
PICTURE, BUTTONS = DOCS / "picture.png", DOCS / "buttons.png"
ICON, DRAWING = DOCS / "icon.png", DOCS / "icon.svg"
EXAMPLE = ROOT / "tests" / "example_provider.py"
FAULTS = ROOT / "tests" / "test_faults.py"

MADE_UP: Mapping[str, Mapping[str, Any]] = {
    "tencent": {"app_id": "200000001", "secret_id": "made-up", "secret_key": "made-up"},
    "huawei": {"account": "admin", "password": "made-up"},
}
"""Credentials with which a provider can be built; nothing is ever sent with them."""

Kind = type[Provider[Any, Any]]


@functools.cache
def own() -> dict[str, Kind]:
    """The providers of this repository, whatever else is installed."""
    return {key: kind for key, kind in installed().items() if kind.__module__.startswith("bot.")}


def configured(kind: Kind, transport: httpx.BaseTransport | None = None, **settings: Any) -> Provider[Any, Any]:
    """A provider with made-up credentials; without a transport of yours it answers nothing."""
    config: ProviderSettings = kind.settings(_env_file=None, **{**MADE_UP[kind.key], **settings})
    return kind(config, transport=transport or httpx.MockTransport(lambda request: httpx.Response(503)))


# The documents' generated parts.


def generated(path: Path) -> str:
    """A document with its generated part written anew. Raises ValueError for one that has no markers."""
    name, part = path.stem, PARTS[path]()
    text, found = re.subn(
        rf"<!-- {name} -->.*?<!-- /{name} -->",
        lambda _: f"<!-- {name} -->\n{part}\n<!-- /{name} -->",
        path.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    if found != 1:
        raise ValueError(f"{path.name} has {found} parts between <!-- {name} --> markers")
    return text


def settings_section() -> str:
    """One table for newhire itself and one for each provider."""
    parts = [_settings_table("Slack and newhire", Settings)]
    for kind in own().values():
        parts.append(_settings_table(f"{kind.title.en} {kind.title.zh}", kind.settings, _pace(kind)))
    return "\n\n".join(parts)


def _settings_table(title: str, kind: type[BaseSettings], defaults: Mapping[str, str] = MappingProxyType({})) -> str:
    rows = [
        (f"`{name}`", "**needed**" if name in _needed(kind) else f"`{shown}`" if shown else "", meaning)
        for name, default, meaning in table([kind])
        for shown in [default or defaults.get(name)]
    ]
    return _table((title, "default", "meaning"), rows)


def _needed(kind: type[BaseSettings]) -> set[str]:
    return {variable(kind, name) for name, info in kind.model_fields.items() if info.is_required()}


def _pace(kind: Kind) -> dict[str, str]:
    """The default that a setting takes from the provider's declared pace."""
    return {variable(kind.settings, "calls_per_minute"): f"{kind.pace.calls * 60 / kind.pace.seconds:g}"}


def fields_section() -> str:
    """What each provider's form asks, from its model; the names on the wire are read from a request that it makes."""
    parts = []
    for kind in own().values():
        rows = [
            (
                f"`{field.name}`" + (" *" if field.ask.more else ""),
                f"{field.ask.title.en} {field.ask.title.zh}",
                ", ".join(f"`{name}`" for name in on_the_wire(kind, field)),
                "**needed**" if field.required else "",
                what_fits(field),
            )
            for field in kind.form.fields()
        ]
        heading = f"**{kind.title.en} {kind.title.zh}** (\\* behind *More options*)"
        parts.append(f"{heading}\n\n" + _table(("field", "title", "sent as", "", "what fits"), rows))
    return "\n\n".join(parts)


def what_fits(field: Field) -> str:
    """Limits, choices and hint of a field in one English sentence or two."""
    said = []
    if field.ask.choices:
        said.append("One of: " + "; ".join(f"`{choice.value}` {choice.title.en}" for choice in field.ask.choices) + ".")
    elif field.max_length is not None:
        least = f"{field.min_length} to" if field.min_length else "Up to"
        said.append(f"{least} {field.max_length} characters.")
    elif field.minimum is not None:
        said.append(f"{field.minimum} to {field.maximum}.")
    elif field.ask.kind == "date":
        said.append("A date.")
    elif field.ask.kind == "phone":
        said.append("As people write it; without + it is of the country in `NEWHIRE_REGION`.")
    if field.ask.hint:
        said.append(field.ask.hint.en)
    return " ".join(said)


def on_the_wire(kind: Kind, field: Field) -> list[str]:
    """The vendor's names that this field fills: those that change in the request when the field does."""
    if field.ask.wire:
        return [field.ask.wire]
    examples = {item.name: item.ask.example for item in kind.form.fields()}
    other = "+44 7400 123456" if field.required else None
    changed = {name: text for name, text in (examples | {field.name: other}).items() if text}
    one, two = sent(kind, kind.form.model_validate(examples)), sent(kind, kind.form.model_validate(changed))
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def sent(kind: Kind, hire: NewHire) -> dict[str, Any]:
    """The JSON that the provider's creating call puts on the wire for this person."""
    bodies: list[dict[str, Any]] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content or b"{}"))
        return httpx.Response(200, stream=httpx.ByteStream(b'{"accessToken": "made-up", "validPeriod": 3600}'))

    provider = configured(kind, httpx.MockTransport(vendor))
    with contextlib.suppress(ProvisionError):
        provider.create(hire, "made-up")
    provider.close()
    return bodies[-1]


def example_section() -> str:
    """tests/example_provider.py, word for word."""
    return f"```python\n{EXAMPLE.read_text(encoding='utf-8').strip()}\n```"


def faults_section() -> str:
    """A line for each test of tests/test_faults.py whose docstring begins with `FAULT: what happens`."""
    rows = [(said[0], said[2].strip()) for said in (line.partition(":") for line in fault_lines()) if said[1]]
    return _table(("fault", "what happens"), rows)


def fault_lines() -> list[str]:
    """First lines of the docstrings of the tests in tests/test_faults.py, in their order."""
    tests = [node for node in ast.walk(ast.parse(FAULTS.read_text(encoding="utf-8"))) if isinstance(node, _FUNCTIONS)]
    said = [ast.get_docstring(node) for node in tests if node.name.startswith("test_")]
    return [text.splitlines()[0] for text in said if text]


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

PARTS: Mapping[Path, Callable[[], str]] = {
    DOCS / "settings.md": settings_section,
    DOCS / "fields.md": fields_section,
    DOCS / "adding-a-provider.md": example_section,
    DOCS / "faults.md": faults_section,
}
"""The documents that have a generated part; it stands between markers with the document's name."""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# .env.example


INTRODUCTION = """\
# The settings of `newhire run`. Copy this file to .env and fill it in; the environment wins over it, empty means not set.
# Written by `make docs` from the code. What is commented out shows its default.
"""

SECRET_KEY = """\
#
# What it means to leave NEWHIRE_SECRET_KEY empty: whoever can read the database (the file, a backup) can read what people
# typed (names, phone numbers, e-mail addresses) for NEWHIRE_KEEP_DAYS, and a password that somebody typed for as long as
# it is held, which is until the account's outcome is known. newhire says so in its log at every start.
# `newhire key` prints a key. To change it, put the new one in front: new,old.
"""


def env_example() -> str:
    """The text of .env.example."""
    parts = [INTRODUCTION, _env_group("Slack and newhire", Settings)]
    for kind in own().values():
        page = f"# Where the credentials are: {kind.credentials_page}\n" if kind.credentials_page else ""
        head = f"{kind.title.en} {kind.title.zh}: leave its credentials empty if you do not use it"
        parts.append(_env_group(head, kind.settings, page, _pace(kind)))
    return "\n".join(parts)


def _env_group(
    title: str, kind: type[BaseSettings], note: str = "", defaults: Mapping[str, str] = MappingProxyType({})
) -> str:
    lines = [f"# ---- {title}\n{note}"]
    needed = _needed(kind)
    for name, declared, meaning in table([kind]):
        default = declared or defaults.get(name)
        lines.append(f"# {meaning}{' (needed)' if name in needed else ''}")
        if name == "NEWHIRE_SECRET_KEY":
            lines.append(SECRET_KEY.strip())
        lines.append(f"# {name}={default}\n" if default else f"{name}=\n")
    return "\n".join(lines)


# The command.


def draw_icon() -> None:
    """docs/icon.png, 512 x 512, of docs/icon.svg: Slack takes no SVG for an app's icon."""
    from tests.browser import chromium

    async def draw() -> None:
        async with chromium() as browser:
            page = await browser.new_page(viewport={"width": 512, "height": 512})
            await page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{DRAWING.read_text()}")
            await page.screenshot(path=ICON)

    asyncio.run(draw())


def take_pictures() -> None:
    """docs/picture.png and docs/buttons.png, of the demo's page in Chromium."""
    # Here and not above: only this and the icon need a browser.
    from tests import picture

    for path, what in ((PICTURE, picture.RESULT), (BUTTONS, picture.BUTTONS)):
        asyncio.run(picture.take_picture(path, what))


def main() -> None:
    """Write the generated parts and .env.example, and the icon and the pictures if they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--icon", action="store_true", help="also draw docs/icon.png (needs Chromium)")
    parser.add_argument("--picture", action="store_true", help="also take the README's pictures (needs Chromium)")
    chosen = parser.parse_args()
    for path in PARTS:
        path.write_text(generated(path), encoding="utf-8")
    ENV_EXAMPLE.write_text(env_example(), encoding="utf-8")
    if chosen.icon:
        draw_icon()
    if chosen.picture:
        take_pictures()


if __name__ == "__main__":
    main()
