"""Every wait, limit and patience of newhire in one frozen object; tests pass another one (`tests/hurried.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Policy:
    """How long newhire waits, for what, and when it gives up. The defaults are what `newhire run` uses."""

    # One request.
    patience: timedelta = 15 * MINUTE
    """After so long without an outcome people read what happens next, and the admins hear of it."""
    first_word: timedelta = 15 * SECOND
    """After so long "creating ..." is replaced by why it takes longer."""
    nudge: timedelta = MINUTE
    """Who waited longer than this for the last word is told of it with a mention: an edit reaches nobody."""
    give_up: timedelta = 24 * HOUR
    """After so long it ends, whatever is known by then."""
    on_a_thread: timedelta = 5 * SECOND
    """A longer wait ends the run: nobody holds a thread while a provider sleeps."""
    settle: timedelta = 2 * SECOND
    """Between a send without an answer and the first look: the vendor may still be at work."""
    turn: timedelta = 6 * SECOND
    """How often a request looks whether the one before it, for the same person, has ended."""
    longest_backoff: timedelta = MINUTE
    """Waits grow by doubling from a second up to this."""
    late_retry: timedelta = 10 * MINUTE
    """And after the patience is used up this is the shortest."""
    quick_looks: tuple[timedelta, ...] = (2 * SECOND, 4 * SECOND, 5 * SECOND)
    """While the look-up itself does not work: the first waits, without a word to anybody."""
    slow_looks: tuple[timedelta, ...] = (MINUTE, 5 * MINUTE, 30 * MINUTE, 6 * HOUR)
    """And the later ones, each told; the last is repeated until `give_up`."""

    # After the account.
    undo: timedelta = 30 * MINUTE
    """For so long what a request has made can be removed again by a button."""
    act_again: tuple[timedelta, ...] = (2 * SECOND, 5 * SECOND, 10 * SECOND)
    """What a button does is tried again after these waits, where nothing was sent; then whoever pressed it is told."""

    # Many at once.
    batch_look: timedelta = SECOND
    """How often newhire sees whether there is something to do for a batch, beside when one of its rows ends."""
    batch_together: timedelta = SECOND / 10
    """After one has ended newhire waits so long for others, and gives out as many together."""
    batch_draws: timedelta = 3 * SECOND
    """Between two edits of its message: Slack takes about 50 a minute of one app (Tier 3)."""
    batch_expires: timedelta = 24 * HOUR
    """What nobody has decided upon after so long is not done; who is there, and who has seats, was looked up then."""
    batch_lost: timedelta = 30 * SECOND
    """How often it looks for rows that a process gave out and died; and at once when it starts."""
    batch_waits: timedelta = HOUR
    """So long newhire tries to get a file from Slack."""

    bot_away: timedelta = MINUTE
    """When the bot that did a command's work on its file is gone for so long, the command does it; else it would keep the bot
    from being started again."""

    # Who looks at newhire's Home tab.
    home_open: timedelta = 10 * MINUTE
    """For so long after it was opened it is drawn anew when something changes; Slack does not say when it is left,"""
    home_again: timedelta = 5 * SECOND
    """and for one person no sooner than so long after the last time."""

    # Until the account is used.
    follow_up: tuple[timedelta, ...] = (24 * HOUR, 72 * HOUR, 168 * HOUR)
    """An account that somebody has to activate is looked up so long after it was made."""
    follow_up_look: timedelta = MINUTE
    """How often newhire sees whether one is due,"""
    follow_up_again: timedelta = 10 * MINUTE
    """and after how long it is due again when the vendor did not answer."""

    # Licences.
    seats_kept: timedelta = 5 * MINUTE
    """So long a count of free licences is good,"""
    seats_again: timedelta = MINUTE
    """after so long a vendor is asked again that did not say,"""
    seats_look: timedelta = HOUR
    """and so often it is asked when nobody opens a form."""

    # A provider, for all requests.
    failures_before_open: int = 5
    """Calls in a row without an answer after which the circuit opens."""
    shortest_probe: timedelta = 5 * SECOND
    longest_probe: timedelta = MINUTE
    """How long an open circuit lets nothing through before one call may try: at first, and at most."""
    longest_turn: timedelta = 20 * SECOND
    """A thread waits no longer for its turn on a provider's wire: the request waits without a thread."""

    # Vendors' and Slack's answers.
    vendor_read: timedelta = 20 * SECOND
    slack_timeout: timedelta = 10 * SECOND
    """A call to Slack, from looking the name up to the last byte; where a person waits for it, less."""
    slack_again: timedelta = 5 * SECOND
    """Until another try, when Slack does not say: of a passing trouble,"""
    slack_broken: timedelta = MINUTE
    """of one that somebody must mend,"""
    slack_reconnect: timedelta = 3 * SECOND
    """and of the connection itself."""

    def look_wait(self, looks: int) -> timedelta:
        """The wait after so many look-ups in a row that did not work (1 or more)."""
        schedule = (*self.quick_looks, *self.slow_looks)
        return schedule[min(looks, len(schedule)) - 1]
