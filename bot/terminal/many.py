"""`newhire import`: a file of people, from the shell. The same list as one that is given in in Slack; nobody is told there."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phonenumbers import SUPPORTED_REGIONS

from bot import service
from bot.batch import Batch, BatchState, BatchUpdate, Sample, Tally
from bot.environment import user
from bot.onboarding.batches import DOUBTFUL, Unreadable
from bot.onboarding.policy import Policy
from bot.outcome import AlreadyExists
from bot.request import SHELL
from bot.service import Bot
from bot.slack.batch_messages import Offer, reason, result_rows, tally_line
from bot.slack.words import long
from bot.spreadsheet.columns import FAMILY, GIVEN, IGNORED, Names
from bot.spreadsheet.sheet import MOST_BYTES, TOO_BIG
from bot.store.batches import StoredBatch
from bot.terminal import result
from bot.terminal.run import Cannot, Run, Signals, Stopped
from bot.terminal.screen import Say, Screen, screen, table

GOOD, SOME_FAILED, NOTHING_STARTED = 0, 1, 2
"""Exit codes: every row ended well; some did not; nothing could start."""

SHOWN_COLUMNS = 12
NOT_USED = "none"
"""What stands for no field behind --column."""


@dataclass(frozen=True)
class Wanted:
    """What was typed behind `newhire import`. `columns` and `values` are pairs of what stands before and behind the `=`.

    `again` is the whole command, as it can be typed again.
    """

    file: Path
    provider: str
    again: str
    dry_run: bool = False
    only: int | None = None
    columns: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    region: str | None = None


def run(wanted: Wanted, say: Say, policy: Policy | None = None) -> int:
    """The exit code. Raises Cannot and service.CannotStart: nothing was begun."""
    content = _content(wanted)
    shows = screen(say)
    with Signals() as signals, service.at_the_shell(policy) as bot:
        offer = offered(bot, wanted.provider)
        batch = _batch(bot, offer, wanted)
        running = Run(bot, "import", offer.title.en, signals, shows)
        if wanted.dry_run:
            running.claim()
            bot.seats.fetch(offer.key, tell=False)
            return _rehearse(bot, batch, content, offer, shows)
        running.begin()
        try:
            return _carry_out(running, batch, content, offer, wanted)
        except Stopped:
            return _stopped(running, wanted)


def offered(bot: Bot, provider: str) -> Offer:
    """The provider that was named. Raises Cannot."""
    if provider not in bot.providers:
        raise Cannot(f"--provider must be one that is set up: {' or '.join(sorted(bot.providers))}.")
    return bot.providers[provider]


def list_of(bot: Bot, offer: Offer, region: str | None, **more: object) -> Batch:
    """A list that whoever is at the shell gives in; phone numbers without a country code are of that region, or of the
    setting's. Raises Cannot.
    """
    name, region = user(), (region or bot.settings.newhire_region).upper()
    if region not in SUPPORTED_REGIONS:
        raise Cannot("--region must be a two-letter country, like CN or DE.")
    return Batch.model_validate(
        {
            "id": f"S{secrets.token_hex(8).upper()}",
            "provider": offer.key,
            "region": region,
            "requester": f"{SHELL}{name}",
            "requester_name": name,
            "given_at": time.time(),
            **more,
        }
    )


def mark_of(bot: Bot, batch: Batch, content: bytes) -> str:
    """A fingerprint of what is given in: the same command finds it again."""
    said = [batch.provider, batch.region, hashlib.sha256(content).hexdigest(), batch.called, batch.values]
    return bot.cipher.fingerprints(f"given in at the shell\n{json.dumps(said, sort_keys=True)}")[0]


def source_of(content: bytes) -> str:
    """The file itself, and not where it is: whoever reads it may be somebody else on this machine."""
    return base64.b64encode(content).decode()


# What was typed.


def _content(wanted: Wanted) -> bytes:
    file = wanted.file
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise Cannot(f"{file} cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise Cannot(TOO_BIG.en)
    if not (wanted.dry_run or os.access(file.absolute().parent, os.W_OK)):
        raise Cannot(f"The result could not be written beside {file}: {file.absolute().parent} is read-only for you.")
    return content


def _batch(bot: Bot, offer: Offer, wanted: Wanted) -> Batch:
    names = Names(offer.fields())
    called = {header: IGNORED if field == NOT_USED else _field(offer, names, field) for field, header in wanted.columns}
    values = {_field(offer, names, field): text for field, text in wanted.values}
    # A file's name may be bytes that are no text.
    name = wanted.file.name.encode("utf-8", "replace").decode()[:100]
    return list_of(bot, offer, wanted.region, name=name, called=called, values=values)


def _field(offer: Offer, names: Names, said: str) -> str:
    found = names.field(said)
    if found is None:
        fields = ", ".join(field.name for field in offer.fields() if field.ask.kind != "secret")
        raise Cannot(f"{offer.title.en} has no field “{said}”. There are: {fields}.")
    return found


# Nothing is created.


def _rehearse(bot: Bot, batch: Batch, content: bytes, offer: Offer, shows: Screen) -> int:
    try:
        update = bot.batch_runs.preview(batch, source_of(content))
    except Unreadable as why:
        raise Cannot(why.said.en) from None
    _show(shows, update, offer)
    shows.say("Nothing was created.")
    if _must_look(update.batch):
        raise Cannot(CHECK)
    return _code(update.tally)


CHECK = (
    "Not clear which column is what: say so with --column FIELD=HEADER, once for each, like --column phone=手机 "
    "(--column none=HEADER: not used)."
)


def _must_look(batch: Batch) -> bool:
    """As in Slack: where it is not clear what the columns are, nothing is created before somebody has said so."""
    return batch.unsure and not batch.called


# It is created.


def _carry_out(running: Run, batch: Batch, content: bytes, offer: Offer, wanted: Wanted) -> int:
    bot, shows = running.bot, running.screen
    mark = mark_of(bot, batch, content)
    before = bot.batches.by_mark(mark, batch.requester)
    stored = running.give_in(batch, source_of(content), mark)
    if running.id != batch.id:
        shows.say("This was given in before: it goes on.")
    bot.seats.fetch(offer.key, tell=False)
    update = bot.batch_runs.update(stored)
    if stored.state == "shown":
        _show(shows, update, offer)
    if _must_look(update.batch) and not update.tally.begun:
        running.press("cancel", stored)
        raise Cannot(CHECK)
    if not update.tally.begun and not update.tally.ready:
        running.press("cancel", stored)
        shows.say("There is nothing to create.")
        # Killed while the bot went on: what came of that says more than that all of them are there now.
        of = before if before and before.state == "ended" else stored
        written = _write(running, of, content, offer, wanted, keep=True)
        return _code(update.tally) if written else SOME_FAILED
    stored = running.to_the_end(wanted.only)
    running.settle()
    return _told(running, stored, content, offer, wanted)


def _told(running: Run, stored: StoredBatch, content: bytes, offer: Offer, wanted: Wanted) -> int:
    bot, shows = running.bot, running.screen
    update = bot.batch_runs.update(stored)
    tally = update.tally
    left = tally.ready if stored.state == "shown" else 0
    shows.say(f"{_HEADS.get(stored.state, 'Done')}: {tally_line('en', tally) or 'nothing'}.")
    for line in _rows(update, offer) if stored.state in ("ended", "stopped") else ():
        shows.say(line)
    others = sum(
        isinstance(record.outcome, AlreadyExists) and bool(record.outcome.differences)
        for *_, record in bot.results(stored.batch.id)
        if record is not None
    )
    if others:
        shows.say(f"Of those that were there already, {others} have other details: they may be somebody else's.")
    if left:
        shows.say(f"{left} are left. For them, without --only: the same command again.")
    _hint(bot, running, shows)
    written = _write(running, stored, content, offer, wanted)
    if not written or stored.state not in ("ended", "shown") or others:
        return SOME_FAILED
    return _code(tally)


def _write(
    running: Run, stored: StoredBatch, content: bytes, offer: Offer, wanted: Wanted, *, keep: bool = False
) -> bool:
    """The result file; `keep` one of the same people that is there. Whether that worked."""
    rows = list(result_rows(stored.batch, running.bot.results(stored.batch.id), offer))
    try:
        path = result.write(wanted.file, content, rows, keep=keep)
    except OSError as error:
        running.screen.say(f"The result could not be written beside {wanted.file}: {error.strerror}.")
        return False
    running.screen.say(f"The result of every row: {path}", exact=True)
    return True


_HEADS: Mapping[BatchState, str] = {"paused": "Paused", "stopped": "Stopped by somebody else", "shown": "Done so far"}


def _hint(bot: Bot, running: Run, shows: Screen) -> None:
    if running.working and bot.settings.newhire_admin_channel and not bot.settings.speaks:
        shows.say(
            "The admin channel reads of it when a bot next runs on this database: SLACK_BOT_TOKEN is not set here."
        )


def _stopped(running: Run, wanted: Wanted) -> int:
    paused = running.pause()
    shows = running.screen
    if paused:
        tally = running.bot.batches.tally(running.id)
        shows.say(f"Paused: {tally_line('en', tally.model_copy(update={'left': tally.ready}))}.")
        if tally.under_way:
            shows.say(f"{tally.under_way} were begun: they come to their end with the bot, or when it goes on.")
    else:
        shows.say("Nothing more is begun.")
    shows.say("To go on, the same command:")
    shows.say(f"  {wanted.again}", exact=True)
    return running.signals.code


def _code(tally: Tally) -> int:
    """2 where there was nobody to create, and nobody is there or under way."""
    well = tally.created + tally.to_activate + tally.existing + tally.there
    badly = tally.wrong + tally.twice + tally.requested + tally.failed + tally.unknown + tally.left + tally.under_way
    if not badly:
        return GOOD if well or tally.ready else NOTHING_STARTED
    return SOME_FAILED if well or tally.begun or tally.ready or tally.requested else NOTHING_STARTED


# What is shown of it.


def _show(shows: Screen, update: BatchUpdate, offer: Offer) -> None:
    batch, tally = update.batch, update.tally
    shows.say(f"{batch.name}, {_many(tally.rows, 'row')}, for {offer.title.en}. {tally_line('en', tally)}.")
    titles = {GIVEN: "First name", FAMILY: "Last name"} | {field.name: field.ask.title.en for field in offer.fields()}
    pairs = [
        f"{header[:40]} → {titles[name]}"
        for header, name in zip(batch.header, batch.understood, strict=False)
        if name in titles
    ]
    if pairs:
        shows.say(f"Read as: {', '.join(pairs[:SHOWN_COLUMNS])}")
    for note in batch.notes:
        shows.say(note.en)
    for line in _rows(update, offer):
        shows.say(line)
    if tally.ready and update.seconds:
        shows.say(f"Takes about {long('en', update.seconds)} at the pace that {offer.title.en} allows.")
    if update.seats_left is not None and tally.ready:
        short = " Not enough." if update.seats_left < tally.ready else ""
        shows.say(f"Licences: {tally.ready} needed, {update.seats_left} left.{short}")


def _rows(update: BatchUpdate, offer: Offer) -> Iterator[str]:
    """The rows worth a look: what must be corrected or did not work."""
    shown = [one for one in update.samples if one.state in (*DOUBTFUL, "begun")]
    if shown:
        yield from table(("Row", "Person", "Account", "What to know"), [_cells(one, offer) for one in shown])
    if shown and update.more:
        yield f"And {update.more} more."


def _cells(one: Sample, offer: Offer) -> Sequence[str]:
    said = reason("en", one.state, one.problems, one.twin, one.failure, one.kind, offer.advice)
    return str(one.line), one.name or "–", one.account or "–", said


def _many(number: int, one: str) -> str:
    return f"{number} {one if number == 1 else one + 's'}"
