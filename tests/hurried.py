"""`newhire run` with less patience: the same bot, with the waits that tests would only sit through cut short.

`python -m tests.hurried run`. None of them is a setting, since no one who runs newhire needs to turn them.
"""

from __future__ import annotations

import sys

import httpx

from bot.__main__ import main
from bot.onboarding import workflow as provision
from bot.providers import contract
from bot.slack import app
from bot.slack import notifier as tell
from bot.store import history

contract.TIMEOUT = httpx.Timeout(0.5)
provision.SETTLE = 0.05
provision.SHORT = 0.3
provision.LOOKS = (0.1, 0.1, 0.1, 0.1)
provision.LONGEST_RETRY = 0.1
provision.SLOW_RETRY = 0.3
provision.ONE_AFTER_THE_OTHER = 0.4
history.PROBE_SECONDS = (0.3, 0.6)
app.AGAIN_SECONDS = 0.3
tell.SOON = tell.SLOW = 0.3

if __name__ == "__main__":
    sys.exit(main())
