"""The settings: every mistake, where each one comes from, and what is probably meant otherwise. Never a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_settings import BaseSettings

from bot.doctor.findings import Finding
from bot.environment import DOTENV, origins
from bot.providers.contract import Provider
from bot.settings import Examined, Settings, variable
from bot.store import opening

MENDING = f"Correct it in {DOTENV} or in the environment; docs/settings.md says what each setting means."
CLOSE = 0.85
"""How alike two names are, of which one is taken for a slip."""


def look(providers: Mapping[str, type[Provider[Any, Any]]], examined: Examined) -> Iterator[Finding]:
    """All that is to be said of them."""
    kinds: list[type[BaseSettings]] = [Settings, *(provider.settings for provider in providers.values())]
    known = {variable(kind, name) for kind in kinds for name in kind.model_fields}
    for sentence in examined.sentences:
        yield Finding("settings", "bad", sentence, MENDING, _about(sentence, known))
    file, environment = origins()
    yield _sources(known, file, environment)
    yield from _differing(known, file, environment)
    yield from _misspelt(known, file, environment)
    if opening.others_read(DOTENV):
        said = f"{DOTENV} can be read by others on this machine."
        yield Finding("settings.file", "warn", said, f"chmod 600 {DOTENV}")
    if examined.settings is not None:
        yield from _idle(examined.settings)


def sources(names: set[str]) -> dict[str, str]:
    """Where each of these settings comes from: the file's name, "environment", or "default"."""
    file, environment = origins()
    return {name: _source(name, file, environment) for name in sorted(names)}


def _source(name: str, file: Mapping[str, str], environment: Mapping[str, str]) -> str:
    return "environment" if name in environment else str(DOTENV) if name in file else "default"


def _about(sentence: str, known: set[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in known if name in sentence.replace(":", " ").replace(",", " ").split()))


def _sources(known: set[str], file: Mapping[str, str], environment: Mapping[str, str]) -> Finding:
    parts = []
    for title in (str(DOTENV), "environment"):
        names = [name for name in sorted(known) if _source(name, file, environment) == title]
        if names:
            parts.append(f"from {title if title == str(DOTENV) else 'the environment'}: {', '.join(names)}")
    rest = len(known - file.keys() - environment.keys())
    said = "; ".join([*parts, f"{rest} others have their defaults"])
    return Finding("settings.sources", "ok", f"{said[:1].upper()}{said[1:]}.")


def _differing(known: set[str], file: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Finding]:
    both = tuple(name for name in sorted(known & file.keys() & environment.keys()) if file[name] != environment[name])
    if both:
        said = f"In {DOTENV} and in the environment, and not the same: {', '.join(both)}. The environment wins."
        yield Finding("settings.differing", "warn", said, "Take each out of one of both.", both)


def _misspelt(known: set[str], file: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Finding]:
    """Names of nobody that look like one of ours."""
    for name in sorted((file.keys() | environment.keys()) - known):
        close = difflib.get_close_matches(name, known, 1, CLOSE)
        if close:
            where = DOTENV if name in file else "the environment"
            said = f"{name} (in {where}) is no setting: nothing reads it."
            yield Finding("settings.misspelt", "warn", said, f"Is {close[0]} meant?", (name, close[0]))


def _idle(settings: Settings) -> Iterator[Finding]:
    """What is set and does nothing."""
    wants = [name for name in ("newhire_digest", "newhire_watch_joins") if getattr(settings, name) == "true"]
    if wants and settings.newhire_admin_channel is None:
        names = tuple(name.upper() for name in wants)
        said = f"{', '.join(names)}: nobody reads it without NEWHIRE_ADMIN_CHANNEL."
        yield Finding("settings.idle", "warn", said, "Set NEWHIRE_ADMIN_CHANNEL, or take the former out.", names)
