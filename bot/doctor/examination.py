"""Everything that is looked at, side by side: who speaks to different hosts does not wait for another."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_settings import BaseSettings

from bot.doctor import database, machine, manifest, network, providers, slack
from bot.doctor import settings as about_settings
from bot.doctor.findings import SECONDS, Check, Finding, gather
from bot.doctor.network import Peer, Way, way_to
from bot.logs import Masked
from bot.providers.contract import Provider, ProviderSettings, UnknownProvider, installed
from bot.settings import Examined, Misconfigured, Settings, examine, load_storage, secrets, variable

UNSET = "Not looked at: the settings that it needs are missing or wrong."


@dataclass(frozen=True)
class Examination:
    """What was found, and by variable where each setting comes from."""

    findings: tuple[Finding, ...]
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Nothing must be mended."""
        return not any(finding.mark == "bad" for finding in self.findings)


def everything(seconds: float = SECONDS) -> Examination:
    """All checks, in at most so many seconds."""
    try:
        installed_ = installed()
    except UnknownProvider as problem:
        said = Finding("providers", "bad", str(problem), "Mend or uninstall the package that brings it.")
        return Examination((said,))
    examined = examine(installed_)
    hidden = secrets(*filter(None, [examined.settings, *examined.configured.values()]))
    mask = Masked(hidden | _secret(os.environ.get(manifest.VARIABLE))).mask
    found = [*about_settings.look(installed_, examined), *gather(_checks(installed_, examined), seconds)]
    kinds: list[type[BaseSettings]] = [Settings, *(kind.settings for kind in installed_.values())]
    names = {variable(kind, name) for kind in kinds for name in kind.model_fields}
    return Examination(tuple(each.cleaned(mask) for each in found), about_settings.sources(names))


def referee() -> Examination:
    """What Slack itself says of everything that newhire can draw, with the providers that are configured."""
    # All that can be drawn takes a second to load, and is drawn here alone.
    from bot.doctor import drawings
    from bot.doctor import referee as referees

    kinds = installed()
    examined = examine(kinds)
    if examined.settings is None or not examined.configured:
        sentences = examined.sentences or [UNSET]
        return Examination(tuple(Finding("settings", "bad", each, about_settings.MENDING) for each in sentences))
    mask = Masked(secrets(examined.settings, *examined.configured.values())).mask
    drawn = {key: kinds[key](config) for key, config in examined.configured.items()}
    peer = slack_peer(examined.settings)
    web = slack.client(examined.settings.slack_bot_token.get_secret_value(), peer.url, peer.trust)
    found = list(referees.look(drawings.everything(drawn), web))
    for provider in drawn.values():
        provider.close()
    return Examination(tuple(each.cleaned(mask) for each in found))


def _secret(text: str | None) -> set[str]:
    return {text} if text else set()


def _checks(kinds: Mapping[str, type[Provider[Any, Any]]], examined: Examined) -> dict[str, Check]:
    settings, clocks = examined.settings, _Clocks()
    hosts: dict[str, tuple[Peer, Check]] = {}
    if settings is not None:
        peer = slack_peer(settings)
        hosts["slack"] = peer, _slack(settings, examined.wrong, peer)
    for key, config in examined.configured.items():
        hosts[key] = providers.peer(kinds[key], config), _provider(kinds[key], config)
    peers = [peer for peer, _ in hosts.values()]
    clocks.expect({peer.title for peer in peers})
    unset: dict[str, Check] = {"slack": lambda: iter([Finding("slack", "skipped", UNSET)])}
    return {
        "machine": machine.versions,
        "machine.clock": clocks.finding,
        "network": lambda: iter([network.proxies(peers)]),
        **({} if "slack" in hosts else unset),
        **{name: _host(peer, clocks, check) for name, (peer, check) in hosts.items()},
        "database": _database(examined),
    }


def slack_peer(settings: Settings) -> Peer:
    """Where Slack is."""
    url = settings.slack_api_url
    return Peer("slack", "Slack", url, "SLACK_API_URL", slack.way_out(url), ssl.create_default_context())


def _host(peer: Peer, clocks: _Clocks, then: Check) -> Check:
    """The way to it first: without one, the rest would only say so again."""

    def check() -> Iterator[Finding]:
        way = Way(Finding(f"{peer.name}.reach", "skipped", ""))
        try:
            way = way_to(peer)
        finally:
            clocks.heard(peer.title, way.skew)
        yield way.finding
        if way.open:
            yield from then()

    return check


NEEDS = {
    "slack.admin_channel": "NEWHIRE_ADMIN_CHANNEL",
    "slack.allowed": "NEWHIRE_ALLOWED",
    "slack.approvers": "NEWHIRE_APPROVERS",
}
"""The setting that a check is about: where that is wrong, it was looked at without."""


def _slack(settings: Settings, wrong: frozenset[str], peer: Peer) -> Check:
    def check() -> Iterator[Finding]:
        wanted = wanted_of(settings, running=database.running(settings.newhire_database_url))
        for finding in slack.look(wanted, peer):
            yield Finding(finding.name, "skipped", UNSET) if NEEDS.get(finding.name) in wrong else finding
        web = slack.client(os.environ.get(manifest.VARIABLE, "").strip(), peer.url, peer.trust)
        joins = settings.newhire_watch_joins == "true"
        yield manifest.look(wanted.app_token, web, joins=joins)

    return check


def wanted_of(settings: Settings, *, running: bool) -> slack.Wanted:
    """What the settings say of Slack."""
    return slack.Wanted(
        settings.slack_bot_token.get_secret_value(),
        settings.slack_app_token.get_secret_value(),
        settings.newhire_admin_channel,
        settings.allowed,
        settings.approvers,
        running,
    )


def _provider(kind: type[Provider[Any, Any]], config: ProviderSettings) -> Check:
    return lambda: providers.look(kind, config)


def _database(examined: Examined) -> Check:
    settings = examined.settings
    keys = None if "NEWHIRE_SECRET_KEY" in examined.wrong else settings.secret_keys if settings else None
    if settings is not None and "NEWHIRE_DATABASE_URL" not in examined.wrong:
        stored = database.Stored(settings.newhire_database_url, keys, settings.newhire_give_up_hours)
        return lambda: database.look(stored)
    try:
        storage = load_storage()
    except Misconfigured:
        return lambda: iter([Finding("database", "skipped", UNSET)])
    alone = database.Stored(storage.url, storage.keys)
    return lambda: database.look(alone)


class _Clocks:
    """What each host's clock says, once all have said it or could not be asked."""

    def __init__(self) -> None:
        self._skews: dict[str, float] = {}
        self._lock, self._all = threading.Condition(), 0
        self._heard: set[str] = set()
        self._expected: set[str] = set()

    def expect(self, titles: set[str]) -> None:
        self._expected = titles

    def heard(self, title: str, skew: float | None) -> None:
        with self._lock:
            self._heard.add(title)
            if skew is not None:
                self._skews[title] = skew
            self._lock.notify_all()

    def finding(self) -> Iterator[Finding]:
        with self._lock:
            self._lock.wait_for(lambda: self._heard >= self._expected, 2.5 * network.SECONDS)
            yield machine.clock(self._skews)


def at_start(settings: Settings, mask: Callable[[str], str]) -> list[Finding]:
    """What a bot that is connected already finds of its own set-up: the brief checks."""
    checks: dict[str, Check] = {
        "slack": lambda: iter(slack.brief(wanted_of(settings, running=True), settings.slack_api_url)),
        "database": lambda: database.brief(settings.newhire_database_url),
    }
    return [each.cleaned(mask) for each in gather(checks)]
