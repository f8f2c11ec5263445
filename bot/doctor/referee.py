"""Slack itself as the referee of what newhire draws: `blocks.validate`, which needs no scope and shows nobody anything.

https://docs.slack.dev/reference/methods/blocks.validate (2026-11): what it refuses it names by JSON pointers. "Special rate limits
apply", and no page says which: it is waited for as long as Slack asks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.doctor.drawings import Drawing
from bot.doctor.findings import Finding
from bot.slack.errors import TROUBLES, trouble, why

NAME = "slack.blocks"
SECONDS = 600.0
"""All drawings together."""
MOST_WAIT = 60.0
TRIES = 5
MOST_SAID = 5
"""Problems of one drawing that are told."""
REFUSALS = ("invalid_blocks", "invalid_message", "invalid_view")
REPORT = "Report this with the version of newhire: it is no fault of the set-up."


def look(drawings: Sequence[Drawing], web: WebClient, sleep: Callable[[float], None] = time.sleep) -> Iterator[Finding]:
    """What Slack refuses of them, each a finding, and in the end how many it takes."""
    end, taken = time.monotonic() + SECONDS, 0
    for drawing in drawings:
        if time.monotonic() > end:
            said = f"Slack was asked about {taken} of {len(drawings)} drawings in {SECONDS:g} s."
            yield Finding(NAME, "warn", said, "Run it again at another time.")
            return
        try:
            problems = _problems(drawing, web, sleep)
        except TROUBLES as error:
            said = f"Slack could not be asked about {drawing.name}: {why(error, web.base_url, web.proxy)}."
            yield Finding(NAME, "bad", said, "Run `newhire doctor` without --slack-blocks first.")
            return
        if problems:
            yield Finding(
                NAME, "bad", f"Slack refuses the {drawing.name}: {'; '.join(problems)}.", REPORT, (drawing.name,)
            )
        else:
            taken += 1
    yield Finding(NAME, "ok", f"Slack takes {taken} of {len(drawings)} drawings.")


def _problems(drawing: Drawing, web: WebClient, sleep: Callable[[float], None]) -> list[str]:
    """What Slack says is wrong with it. Raises what a call to Slack raises."""
    params = {drawing.kind: json.dumps(drawing.payload, ensure_ascii=False)}
    for left in range(TRIES, 0, -1):
        try:
            web.api_call("blocks.validate", http_verb="POST", json=params)
            return []
        except SlackApiError as error:
            found = trouble(error)
            if found.code in REFUSALS:
                return [_said(each) for each in _errors(error)[:MOST_SAID]] or [str(found.code)]
            if found.code != "ratelimited" or left == 1:
                raise
            sleep(min(found.retry_after or 1.0, MOST_WAIT))
    raise AssertionError("the last try returns or raises")


def _errors(error: SlackApiError) -> list[Any]:
    response: Any = error.response
    found = response.get("errors") if hasattr(response, "get") else None
    return found if isinstance(found, list) else []


def _said(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)[:200]
    return f"{error.get('message') or error.get('code')} at {error.get('pointer') or '/'}"[:300]
