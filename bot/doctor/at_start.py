"""The brief checks at the start of a bot, once it is connected: in the log, and to the admins as one incident. They stop nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.doctor.examination import at_start
from bot.doctor.findings import Finding
from bot.doctor.providers import credentials
from bot.providers.contract import Provider
from bot.request import Trouble
from bot.settings import Settings

log = logging.getLogger(__name__)

UNHEARD = "slack.admin_channel"
"""Of this the admins cannot be told, and nobody else is."""

CREDENTIALS = "providers.credentials"


def check(
    settings: Settings, running: Mapping[str, Provider[Any, Any]], tell: Callable[[Sequence[Trouble]], None]
) -> None:
    """`tell` hears what must be mended; nothing, when everything was looked at and is well. The log masks what is said there.

    `running`: the bot's own providers, which keep to its pace. Raises what that raises.
    """
    known = credentials(running)
    found = at_start(settings, str)
    wrong = [each for each in found if each.mark in ("bad", "warn")]
    for finding in wrong:
        level = logging.ERROR if finding.mark == "bad" else logging.WARNING
        log.log(level, "%s: %s %s", finding.name, finding.said, finding.mending)
    refusing = tuple(key for key, well in known.items() if well is False)
    whole = None not in known.values() and all(each.mark != "skipped" and _is_one(each) for each in found)
    if whole and not wrong and not refusing:
        log.info("the set-up is well (`newhire doctor` looks closer)")
    if settings.newhire_admin_channel is None or any(each.name == UNHEARD and each in wrong for each in found):
        return
    troubles = [Trouble(name=each.name, what=each.what) for each in wrong if each.mark == "bad" and _is_one(each)]
    if refusing:
        troubles.append(Trouble(name=CREDENTIALS, what=refusing))
    if troubles or whole:
        tell(troubles)


def _is_one(finding: Finding) -> bool:
    """A check's own finding, and not that a whole room of them could not be looked at."""
    return "." in finding.name
