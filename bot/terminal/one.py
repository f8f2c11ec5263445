"""`newhire create`: one account, from the shell. A list of one row, so that it survives what lists survive."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from bot import service
from bot.batch import Batch
from bot.onboarding.policy import Policy
from bot.outcome import Account, AlreadyExists, Failure, ProvisionError, account_of
from bot.request import Record
from bot.service import Bot
from bot.slack.batch_messages import Offer, reason
from bot.slack.words import say as words
from bot.store.batches import StoredRow
from bot.terminal.many import GOOD, SOME_FAILED, list_of, mark_of, offered, source_of
from bot.terminal.options import Given
from bot.terminal.run import Cannot, Run, Signals, Stopped
from bot.terminal.screen import Lines, Say, shown, visible


def run(given: Given, say: Say, policy: Policy | None = None) -> int:
    """The exit code. Raises Cannot and service.CannotStart: nothing was begun."""
    with Signals() as signals, service.at_the_shell(policy) as bot:
        offer = offered(bot, given.provider)
        running = Run(bot, "create", offer.title.en, signals, Lines(lambda line: None))
        content = _content(given.typed)
        batch = list_of(bot, offer, given.region)
        running.begin()
        try:
            row = _row(running, batch, content)
        except Stopped:
            running.pause()
            say("Interrupted. The same command goes on, and says what came of it.")
            return signals.code
        return _told(bot, offer, row, batch.region, say, link=given.link)


def _content(typed: Mapping[str, str]) -> bytes:
    """A table of one row; on one line each, as a form's field is."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([list(typed), [" ".join(text.split()) for text in typed.values()]])
    return out.getvalue().encode("utf-8", "replace")


def _row(running: Run, batch: Batch, content: bytes) -> StoredRow:
    """The one row, once nothing more comes of it. Raises Stopped and Cannot."""
    stored = running.give_in(batch, source_of(content), mark_of(running.bot, batch, content))
    tally = running.bot.batches.tally(running.id)
    if tally.begun or tally.ready:
        running.to_the_end()
        running.settle()
    elif stored.state == "shown":
        running.press("cancel", stored)
    row = next(iter(running.bot.batches.rows(running.id)), None)
    if row is None:
        raise Cannot("Nobody can be recognised in what was given.")
    return row


def _told(bot: Bot, offer: Offer, row: StoredRow, region: str, say: Say, *, link: bool) -> int:
    if row.state == "wrong":
        raise Cannot(
            "\n".join(f"{each.field.en}: {each.said.en}" if each.field else each.said.en for each in row.row.problems)
        )
    stored = bot.records.get(row.request_id) if row.request_id else None
    if stored is None:
        return _known(bot, offer, row, region, say)
    account, outcome = account_of(stored.record.outcome), stored.record.outcome
    if account is None:
        say(shown(_why_not(offer, row, stored.record)))
        return SOME_FAILED
    if isinstance(outcome, AlreadyExists):
        say(f"There was an account at {offer.title.en} already; its details match.")
    return _say_account(bot, account, say, link=link)


def _why_not(offer: Offer, row: StoredRow, record: Record) -> str:
    if isinstance(record.outcome, Failure):
        said = reason("en", row.state, (), None, record.outcome, record.outcome.kind, offer.advice)
        return f"No account was created: {said}" if record.outcome.kind != "OutcomeUnknown" else f"Not known: {said}"
    return "No account was created: one is there already with other details. It may be somebody else's."


def _known(bot: Bot, offer: Offer, row: StoredRow, region: str, say: Say) -> int:
    """newhire knows this person from before."""
    if row.state != "there":
        say(f"Requested already; what comes of that request is not known yet. ({words('en', f'row.{row.state}')})")
        return SOME_FAILED
    hire = bot.providers[offer.key].form.model_validate(row.row.hire, context={"region": region})
    (before,) = bot.requests.known(offer.key, [hire.identity()])
    stored = bot.records.get(before.id) if before else None
    account = stored.record.account if stored else None
    say(f"{shown(row.row.name)} has an account at {offer.title.en} already.")
    return GOOD if account is None else _say_account(bot, account, say, link=False)


def _say_account(bot: Bot, account: Account, say: Say, *, link: bool) -> int:
    """As `name: value`, for scripts; a telephone number is not among it."""
    for line in _lines(account):
        say(visible(line))
    provider = bot.providers[account.provider]
    if provider.to_do and (account.activation_pending or account.must_change_password):
        say(f"next step: {provider.to_do.en}")
    if not link:
        return GOOD
    if "link" not in provider.abilities or not account.activation_pending:
        say("activation link: none is needed, or to be had")
        return GOOD
    try:
        say(f"activation link: {provider.link(account)}")
    except ProvisionError as error:
        say(shown(f"activation link: could not be had ({error.kind})"))
        return SOME_FAILED
    return GOOD


def _lines(account: Account) -> Iterator[str]:
    yield f"provider: {account.provider}"
    yield f"account: {account.account}"
    yield f"name: {account.name}"
    if account.vendor_id:
        yield f"id: {account.vendor_id}"
    if account.email:
        yield f"email: {account.email}"
    yield f"state: {words('en', 'state.ActionRequired' if account.activation_pending else 'state.Created')}"
