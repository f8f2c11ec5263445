"""What the form is filled in with before anybody types: NEWHIRE_DEFAULTS, a TOML file for the workspace and its channels.

    provider = "tencent"            # for the workspace
    [tencent]
    account_type = "2"              # in this provider's form only
    [channel.C0PEOPLE1]             # for what is asked in that channel
    department = "07f4c1966815d251"
    [channel.C0PEOPLE1.huawei]
    department = "1"

The nearer one counts: channel before workspace, and there the provider's own before what is for all.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.hire import NewHire

Forms = Mapping[str, type[NewHire]]
"""What each provider asks, by the provider's key."""
Table = Mapping[str, Any]

PERSONAL = frozenset(("name", "english_name", "account", "phone", "email", "employee_id", "member_id"))
"""What is somebody's own: a default of it would be another person's."""
OURS = {"provider": (), "language": ("en", "zh"), "result": ("channel", "me")}
"""Keys beside the forms' fields, and what they may say."""


@dataclass(frozen=True)
class Defaults:
    """Checked defaults. `channel` is a Slack id, None where there is none (a shortcut)."""

    workspace: Table = field(default_factory=dict)
    channels: Mapping[str, Table] = field(default_factory=dict)

    def said(self, key: str, channel: str | None) -> str | None:
        """What is said of the provider, the language of what is posted, or where the result goes."""
        return next((str(table[key]) for table in reversed(self._tables(channel)) if key in table), None)

    def fields(self, provider: str, channel: str | None) -> dict[str, str]:
        """What is typed beforehand, by field; more than that provider asks for."""
        found: dict[str, str] = {}
        for table in self._tables(channel):
            for each in (table, table.get(provider, {})):
                found |= {key: _typed(value) for key, value in each.items() if not isinstance(value, dict)}
        return {key: text for key, text in found.items() if key not in OURS}

    def _tables(self, channel: str | None) -> list[Table]:
        return [self.workspace, self.channels.get(channel or "", {})]


def read(file: str, forms: Forms) -> tuple[Defaults, list[str]]:
    """The defaults in a file, and what is wrong with them: sentences that go on after the setting's name."""
    try:
        tables = tomllib.loads(Path(file).read_bytes().decode("utf-8-sig"))
    except OSError as error:
        return Defaults(), [f"names a file that cannot be read: {_lower(error.strerror or 'it is no file')}"]
    except UnicodeDecodeError:
        return Defaults(), ["names a file that is not UTF-8"]
    except tomllib.TOMLDecodeError as error:
        return Defaults(), [f"names a file that is not TOML: {_lower(str(error))}"]
    channels = tables.pop("channel", {})
    return Defaults(tables, channels), list(_wrong(tables, channels, forms))


def _wrong(workspace: Table, channels: object, forms: Forms) -> Iterator[str]:
    yield from _wrong_table(workspace, "", forms)
    if not isinstance(channels, dict):
        yield "says channel without an id: write [channel.C0123]"
        return
    for channel, table in channels.items():
        if not re.fullmatch("[CGD][A-Z0-9]+", channel) or not isinstance(table, dict):
            yield f"has [channel.{channel}], which is no channel's id (C..., at the end of the channel's details in Slack)"
        else:
            yield from _wrong_table(table, f"[channel.{channel}] ", forms)


def _wrong_table(table: Table, where: str, forms: Forms) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            if key in forms:
                yield from _wrong_values(value, f"{where}[{key}] ", {key: forms[key]})
            else:
                yield f"has {where}[{key}], which is no provider: write {_either(forms)}"
        elif key in OURS:
            allowed = OURS[key] or sorted(forms)
            if value not in allowed:
                yield f"has {where}{key}, which must be {_either(allowed)}"
        else:
            yield from _wrong_values({key: value}, where, forms)


def _wrong_values(values: Table, where: str, forms: Forms) -> Iterator[str]:
    for key, value in values.items():
        asking = {name: form for name, form in forms.items() if key in _asked(form)}
        if not asking:
            yield f"has {where}{key}, which no form asks for; there {_may_be(forms)}"
        elif key in PERSONAL or any(key in form.secrets() for form in asking.values()):
            yield f"has {where}{key}, which is each person's own and can have no default"
        elif isinstance(value, list | dict | float | dt.datetime | dt.time):
            yield f"has {where}{key}, which must be a text, a whole number, a day, or true or false"
        else:
            yield from _refused(key, _typed(value), where, asking)


def _refused(key: str, text: str, where: str, asking: Forms) -> Iterator[str]:
    for provider, form in asking.items():
        choices = [choice.value for item in form.fields() if item.name == key for choice in item.ask.choices]
        mistakes = form.mistakes(key, text)
        if choices and text not in choices:
            yield f"has {where}{key}, which must be {_either(choices)} at {provider}"
        elif mistakes or not text.strip():
            said = (mistakes[0].get("ctx") or {}).get("en") if mistakes else None
            yield f"has {where}{key}, which {provider}'s form does not take" + (
                f" ({said.rstrip('.')})" if said else ""
            )


def _asked(form: type[NewHire]) -> dict[str, bool]:
    return {item.name: item.required for item in form.fields()}


def _may_be(forms: Forms) -> str:
    names = {name for form in forms.values() for name in _asked(form)} - PERSONAL
    secrets = {name for form in forms.values() for name in form.secrets()}
    return "may be " + ", ".join(sorted({*OURS, *names} - secrets))


def _either(words: Any) -> str:
    return " or ".join(sorted(words))


def _typed(value: object) -> str:
    """A value of TOML as somebody would type it into the form."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
