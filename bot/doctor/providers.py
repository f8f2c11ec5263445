"""What each provider finds out about its own set-up, as findings."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from bot.doctor.findings import Finding, Mark
from bot.doctor.network import Peer
from bot.outcome import NotAuthorised, ProvisionError
from bot.providers.contract import Exam, Provider, ProviderSettings
from bot.providers.transport import proxy_for

log = logging.getLogger(__name__)

SECONDS = 8.0
"""For a whole call."""
TIMEOUT = httpx.Timeout(SECONDS, connect=5.0)


def peer(kind: type[Provider[Any, Any]], config: ProviderSettings) -> Peer:
    """Where it lives."""
    setting = f"{kind.settings.model_config.get('env_prefix') or ''}BASE_URL"
    url = config.base_url
    return Peer(kind.key, kind.title.en, url, setting, proxy_for(url), httpx.create_ssl_context())


def look(kind: type[Provider[Any, Any]], config: ProviderSettings) -> Iterator[Finding]:
    """What it says of itself. Nothing at the vendor is created or changed."""
    with contextlib.closing(kind(config, timeout=TIMEOUT, total_seconds=SECONDS)) as provider:
        for exam in provider.examine():
            yield _finding(kind, exam)


def credentials(running: Mapping[str, Provider[Any, Any]]) -> dict[str, bool | None]:
    """Say in the log at start, and not first to a person, that a provider does not let us in; None: it could not be asked."""
    return {key: _let_in(provider) for key, provider in running.items()}


def _let_in(provider: Provider[Any, Any]) -> bool | None:
    title = provider.title.en
    try:
        provider.check()
    except NotAuthorised as error:
        advice = provider.advice(error.code)
        log.error("%s refuses the credentials (%s %s). %s", title, error.code, error.words, advice.en if advice else "")
        return False
    except ProvisionError as error:
        log.warning("%s could not be asked (%s)", title, error)
        return None
    log.info("%s: the credentials work", title)
    return True


def _finding(kind: type[Provider[Any, Any]], exam: Exam) -> Finding:
    mark: Mark = "ok" if exam.good else "skipped" if exam.good is None else "bad"
    # Without departments accounts are created all the same.
    if mark == "bad" and exam.name == "departments":
        mark = "warn"
    said = f"{kind.title.en}: {exam.said.rstrip('.')}."
    return Finding(f"{kind.key}.{exam.name}", mark, said, exam.mending, (kind.key,))
