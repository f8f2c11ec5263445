"""`newhire run` with less patience: the same bot, with the waits that tests would only sit through cut short.

`python -m tests.hurried run`. None of them is a setting, since no one who runs newhire needs to turn them.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from bot.__main__ import main
from bot.onboarding.policy import Policy

TENTH = timedelta(seconds=0.1)

HURRIED = Policy(
    settle=TENTH / 2,
    on_a_thread=3 * TENTH,
    turn=4 * TENTH,
    longest_backoff=TENTH,
    late_retry=3 * TENTH,
    quick_looks=(TENTH, TENTH, TENTH),
    slow_looks=(TENTH,),
    shortest_probe=3 * TENTH,
    longest_probe=6 * TENTH,
    act_again=(TENTH, TENTH),
    home_again=TENTH,
    batch_look=TENTH,
    batch_draws=3 * TENTH,
    bot_away=5 * TENTH,
    follow_up_look=TENTH,
    seats_kept=TENTH / 100,
    seats_again=TENTH,
    seats_look=5 * TENTH,
    follow_up_again=3 * TENTH,
    vendor_read=5 * TENTH,
    slack_timeout=20 * TENTH,
    slack_again=TENTH,
    slack_broken=3 * TENTH,
    slack_reconnect=TENTH / 4,
)

if __name__ == "__main__":
    sys.exit(main(policy=HURRIED))
