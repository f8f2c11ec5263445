"""What each provider finds out about its own set-up, as findings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx

from bot.doctor.findings import Finding, Mark
from bot.doctor.network import Peer
from bot.providers.contract import Exam, Provider, ProviderSettings
from bot.providers.transport import proxy_for

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


def _finding(kind: type[Provider[Any, Any]], exam: Exam) -> Finding:
    mark: Mark = "ok" if exam.good else "skipped" if exam.good is None else "bad"
    # Without departments accounts are created all the same.
    if mark == "bad" and exam.name == "departments":
        mark = "warn"
    said = f"{kind.title.en}: {exam.said.rstrip('.')}."
    return Finding(f"{kind.key}.{exam.name}", mark, said, exam.mending, (kind.key,))
