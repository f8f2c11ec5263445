"""What `newhire run` is made of, in the order in which it starts and stops. The one place that knows everybody."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import itertools
import logging
import os
import signal
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
import httpx
import psycopg
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot import logs, starting
from bot.batch import Row, RowState
from bot.batch_reader import BatchReader
from bot.engine import RESTARTED, Engine, Interrupted, Stored
from bot.intake import Approving, Clicks, Intake, Licences, Looks, Many
from bot.onboarding.actions import Actions
from bot.onboarding.approvals import Approvals, Rules
from bot.onboarding.batches import BatchRuns
from bot.onboarding.digest import Digests
from bot.onboarding.follow_up import FollowUp
from bot.onboarding.incidents import Incidents
from bot.onboarding.lists import Lists
from bot.onboarding.policy import Policy
from bot.onboarding.relay import Relay
from bot.onboarding.seats import SeatCounts
from bot.onboarding.upgrade import begin_anew
from bot.onboarding.workflow import Checkpoint, Workflow
from bot.outcome import RateLimited
from bot.providers.contract import Provider, ProviderSettings
from bot.request import Act, GroupGone, Record, Request
from bot.settings import Misconfigured, Settings
from bot.slack import app as slack
from bot.slack import errors, form
from bot.slack.approvals import ApprovalButtons
from bot.slack.batches import BatchDoor
from bot.slack.buttons import Buttons
from bot.slack.home import Home
from bot.slack.joins import Joins
from bot.slack.listeners import Listeners
from bot.slack.notifier import Notifier
from bot.slack.permission import Permission
from bot.slack.proxy import proxy_for
from bot.slack.seats import line
from bot.slack.status import StatusList
from bot.starting import CannotStart
from bot.store import limits, opening
from bot.store.approvals import Approvals as StoredApprovals
from bot.store.approvals import StoredApproval
from bot.store.batches import Batches
from bot.store.cipher import Cipher
from bot.store.database import database, scrub
from bot.store.follow_ups import FollowUps
from bot.store.homes import Homes
from bot.store.incidents import Incidents as StoredIncidents
from bot.store.limits import CircuitBreaker, RateLimiter
from bot.store.lock import BOT
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.overview import Overview
from bot.store.records import Records
from bot.store.requests import Requests
from bot.store.said import Said

log = logging.getLogger(__name__)

HANG_UP_SECONDS = 2.0
RELAY_SECONDS = 1.0
FINISH_SECONDS = 13.0
REDRAW_SECONDS = 10.0
STOP_SECONDS = 18.0
"""From the signal to the end: goodbye to Slack, then the time for what runs; within the 20 s that the README promises."""

HOUSEKEEPING_SECONDS = 3600.0
DAILY_ROOM = 0.95

__all__ = ["Bot", "CannotStart", "at_the_shell", "run"]

T = TypeVar("T")
Configured = Mapping[str, Provider[Any, Any]]


def run(policy: Policy | None = None, *, restored: bool = False) -> int:
    """`newhire run`, from the environment or `.env`: until a signal comes. The exit code. Raises CannotStart.

    `restored`: the database is an older backup; what was under way in it is looked up before anything is sent.
    """
    known = starting.configured()
    starting.warn(known.settings)
    with starting.in_sentences(known.settings):
        return asyncio.run(_run(Bot(*known, policy or Policy(), restored=restored)))


@contextlib.contextmanager
def at_the_shell(policy: Policy | None = None) -> Iterator[Bot]:
    """What a command that creates accounts is made of; nothing of it is started. Raises CannotStart, also for what fails
    inside.
    """
    known = starting.configured(slack=False)
    logging.getLogger().setLevel(logging.WARNING)
    # That the admins have no channel is no news to whoever is at the shell.
    logging.getLogger(Notifier.__module__).setLevel(logging.ERROR)
    with starting.in_sentences(known.settings):
        bot = Bot(*known, policy or Policy())
        try:
            yield bot
        finally:
            bot.stop_engine()


class Bot:
    """Everything that runs, made but not started."""

    def __init__(
        self,
        settings: Settings,
        providers: Mapping[str, type[Provider[Any, Any]]],
        config: Mapping[str, ProviderSettings],
        policy: Policy,
        *,
        restored: bool = False,
    ) -> None:
        # A process that has replaced itself is not restored a second time.
        self.restored = restored and RESTARTED not in os.environ
        url = settings.newhire_database_url
        self.settings = settings
        self.policy = replace(
            policy,
            patience=timedelta(minutes=settings.newhire_patience_minutes),
            give_up=timedelta(hours=settings.newhire_give_up_hours),
            undo=timedelta(minutes=settings.newhire_undo_minutes),
            follow_up=tuple(timedelta(days=days) for days in settings.follow_up_days),
        )
        self.cipher = Cipher(settings.secret_keys)
        self.database = database(url)
        self.requests = Requests(self.database, self.cipher, front=database(url))
        self.limiter = RateLimiter(self.database)
        self.engine = Engine(url, self.database, self.cipher, config)
        self.outbox = Outbox(self.database, self.cipher, self.engine.me)
        self.providers: Configured = {
            key: providers[key](config[key], turn=self._turn(key, providers[key]), timeout=self._timeout())
            for key in config
        }
        self.home: Home | None = None
        self.redraw: Callable[[str], bool] = lambda user: False
        self.homes = Homes(self.database)
        self.notifier = self._notifier()
        give_up, silent = self.policy.give_up, not settings.speaks
        self.relay = Relay(self.outbox, self.notifier, give_up, self._changed, self._row_ended, silent=silent)
        self.stored_incidents = StoredIncidents(self.database)
        self.records = Records(self.database, self.cipher, self.outbox)
        follow_ups = FollowUps(self.database, self.records)
        self.actions = Actions(
            self.providers, self.requests, self.records, follow_ups, self.relay, self.engine, self.policy
        )
        self.follow_up = FollowUp(
            self.providers, self.records, follow_ups, self.relay, self.actions.standing, self.policy
        )
        self.said = Said(self.database, self.outbox)
        self.seats = SeatCounts(self.providers, self.said, self.relay, settings.newhire_few_seats, self.policy)
        self.digests = Digests(self.providers, self.records, self.seats, self.said, self.relay)
        breaker = self._breaker()
        self.incidents = Incidents(self.stored_incidents, self.relay)
        self.batches = Batches(self.database, self.cipher, self.outbox)
        stored = StoredApprovals(self.database, self.cipher, self.outbox)
        rules = Rules(settings.approval, {key: provider.licence for key, provider in self.providers.items()})
        self.approvals = Approvals(stored, self.relay, self.policy, rules)
        self.batch_runs = BatchRuns(
            self.providers,
            self.batches,
            self.requests,
            self.records,
            breaker,
            self.seats,
            self.relay,
            self.engine,
            self._reader(),
            self.policy,
            self.approvals,
        )
        self.approvals.carry_out, self.approvals.decided = self._decided, self.batch_runs.wake
        self.workflow = Workflow(
            self.providers,
            self.requests,
            self.limiter,
            breaker,
            self.relay,
            self.incidents,
            self.engine,
            self.policy,
            approvals=self.approvals,
        )

    def _notifier(self) -> Notifier:
        client = WebClient(
            token=self.settings.slack_bot_token.get_secret_value(),
            base_url=_slash(self.settings.slack_api_url),
            timeout=max(1, round(self.policy.slack_timeout.total_seconds())),
            retry_handlers=[],
            # Without one, each call reads the certificates of all authorities anew: 20 ms.
            ssl=ssl.create_default_context(),
        )
        client.proxy = proxy_for(client.base_url)
        settings = self.settings
        return Notifier(
            client,
            self.providers,
            settings.newhire_admin_channel,
            self.policy,
            settings.newhire_admin_language,
            results=self.results,
        )

    def _reader(self) -> BatchReader:
        return BatchReader(
            self.providers,
            self.notifier.files.fetch,
            form.problems,
            lambda provider, names: self.requests.taken(provider, names),
            self.settings.newhire_account_pattern or "",
        )

    def results(self, batch_id: str) -> Iterator[tuple[Row, RowState, str | None, Record | None]]:
        """The rows of a batch with what came of each, some hundred at a time."""
        rows = self.batches.rows(batch_id)
        while part := list(itertools.islice(rows, 200)):
            known = self.records.all_of([each.request_id for each in part if each.request_id])
            for each in part:
                found = known.get(each.request_id or "")
                yield each.row, each.state, each.kind, found.record if found else None

    def _timeout(self) -> httpx.Timeout:
        read = self.policy.vendor_read.total_seconds()
        return httpx.Timeout(read, connect=min(5.0, read), write=min(10.0, read), pool=min(5.0, read))

    def _breaker(self) -> CircuitBreaker:
        policy = self.policy
        return CircuitBreaker(self.database, policy.failures_before_open, policy.shortest_probe, policy.longest_probe)

    def start_engine(self) -> None:
        """Claim the database and take up what was left unfinished. Blocks; raises what the database raises."""
        self.claim()
        self.work()
        self.restored = False
        self.actions.take_up()
        threading.Thread(target=self._housekeeping, name="newhire-housekeeping", daemon=True).start()
        threading.Thread(target=self._watch, name="newhire-watch", daemon=True).start()

    def claim(self, command: str = BOT) -> None:
        """Nobody else on this file, and the database as this version wants it. Raises AlreadyRunning, and what the database
        raises.
        """
        try:
            opening.make_private(self.settings.newhire_database_url)
            self.engine.claim(command)
        except OSError as error:
            why = opening.why(self.settings.newhire_database_url, error)
            raise Misconfigured([f"NEWHIRE_DATABASE_URL does not work: {why}."]) from None
        migrate(self.database)
        limits.register(self.database, self.providers)
        self.requests.check_cipher()

    def beside(self) -> None:
        """Instead of `claim`, where somebody else is at work on this file. Raises cipher.Unreadable."""
        self.requests.open_sample()
        limits.register(self.database, self.providers)

    def work(self) -> None:
        """After `claim`: requests that were accepted go on, and so does what is many. What people press is not looked at."""
        self.relay.start()
        self.engine.start(
            self._run, self._begin_anew, self.relay.take_over, self.outbox.holders, restored=self.restored
        )
        threading.Thread(target=self._run_batches, name="newhire-batches", daemon=True).start()

    def listeners(self, workspace: str) -> tuple[Listeners, Buttons, StatusList, Home, BatchDoor, ApprovalButtons]:
        """What answers people; `workspace` is its address, as auth.test says."""
        intake = Intake(self.requests, self.engine)
        clicks, address = Clicks(self.actions, intake), _slash(workspace)
        permission = Permission(self.settings.allowed, on_trouble=self._group_gone)
        region = self.settings.newhire_region
        looks = Looks(*self._lists())
        statuses = StatusList(looks, self.providers, permission, workspace=address)
        self.home = Home(
            looks, self.providers, permission, self.policy, workspace=address, seats=self._licences_at_hand
        )
        many = Many(self.batch_runs, intake, self.notifier.template)
        batches = BatchDoor(self.providers, many, permission, region)
        listeners = Listeners(
            self.providers,
            intake,
            permission,
            region,
            workspace=address,
            clicks=clicks,
            statuses=statuses,
            defaults=self.settings.defaults,
            pattern=self.settings.newhire_account_pattern or "",
            result=self.settings.newhire_result,
            seats=Licences(self.seats),
            batches=batches,
        )
        buttons = Buttons(self.providers, clicks, listeners, permission, workspace=address)
        approvers = Permission(self.settings.approvers, on_trouble=self._group_gone)
        approving = ApprovalButtons(Approving(self.approvals, intake), approvers)
        return listeners, buttons, statuses, self.home, batches, approving

    def _licences_at_hand(self, provider: str, lang: str) -> str | None:
        """As they were counted last; nobody is asked."""
        counted = self.seats.last(provider)
        return line(self.providers[provider].fields(), counted, lang) if counted else None

    def _lists(self) -> tuple[Lists, Homes]:
        """Over connections of their own: the others are for requests."""
        apart = database(self.settings.newhire_database_url)
        overview = Overview(apart, self.requests, list(self.providers))
        records = Records(apart, self.cipher, self.outbox)
        return Lists(overview, records, self.actions, self.settings.newhire_region), Homes(apart)

    def _row_ended(self, batch_id: str) -> None:
        self.batch_runs.ended(batch_id)

    def _decided(self, approval: StoredApproval) -> bool:
        """An approver has decided, or nobody has; told again after a crash, it changes nothing.

        A request carries it out itself, and its next run stands far in the future.
        """
        asked = approval.asked
        if asked.request is not None:
            self.engine.wake([approval.subject])
            return self.requests.ended(approval.subject)
        if asked.state == "approved":
            self.batch_runs.approved(approval.subject, asked.decided_by)
        elif asked.state in ("declined", "expired"):
            self.batch_runs.refused(approval.subject, asked.decided_by, asked.reason, expired=asked.state == "expired")
        return True

    def _changed(self, requester: str) -> None:
        if self.home is not None:
            self.home.changed(requester)

    def joins(self) -> Joins | None:
        """Who tells of people who join Slack, where that is wanted."""
        wanted = self.settings.newhire_watch_joins == "true" and self.settings.newhire_admin_channel
        return Joins(self.relay.alert) if wanted else None

    def _group_gone(self, group: str, code: str) -> None:
        """From the event loop, which must not wait for the database."""
        key, alert = f"group/{group}/{code}/{time.time():.0f}", GroupGone(group=group)
        threading.Thread(target=self.relay.alert, args=(key, alert), name="newhire-alert", daemon=True).start()

    def stop_engine(self) -> None:
        """What runs gets its time; the rest is left to the next start."""
        self.batch_runs.wake()
        self.relay.stop(RELAY_SECONDS)
        self.engine.stop(FINISH_SECONDS)
        for provider in self.providers.values():
            provider.close()

    def check_set_up(self) -> None:
        """The brief checks of `newhire doctor`. They, and what they load, come when the bot is ready: nobody waits for them."""
        from bot.doctor import at_start

        try:
            at_start.check(self.settings, self.providers, self.incidents.set_up)
        except SQLAlchemyError as error:
            log.warning("not all was looked at: the database does not work (%s)", type(error).__name__)
        except Interrupted:
            return

    def _run(self, request: Request, stored: Stored) -> None:
        with logs.about(request.id):
            if "action" in stored:
                self.actions.run(request, Act.model_validate(stored))
            else:
                self.workflow.run(request, Checkpoint.model_validate(stored))

    def _begin_anew(self, request: Request, stored: Stored) -> Checkpoint | Act | None:
        if "action" in stored:
            return Act.model_validate(stored)
        return begin_anew(self.requests, request, stored, restored=self.restored)

    def _turn(self, key: str, provider: type[Provider[Any, Any]]) -> Callable[[float], None]:
        daily = provider.pace.daily and int(provider.pace.daily * DAILY_ROOM)
        longest = self.policy.longest_turn.total_seconds()

        def turn(gap: float) -> None:
            wait = self.limiter.turn(key, gap, daily, longest)
            if wait is None:
                raise RateLimited(key, detail="our own pace", retry_after=longest, reached_vendor=False)
            if wait > 0:
                self.engine.sleep(wait)

        return turn

    def _watch(self) -> None:
        """What newhire does by itself, now and then, about accounts that are there."""
        counted_at = float("-inf")
        while True:
            try:
                self.follow_up.look()
                for user in self.homes.outdated():
                    if self.redraw(user):
                        self.homes.redrawn(user)
                if time.monotonic() - counted_at > self.policy.seats_look.total_seconds():
                    counted_at = time.monotonic()
                    self.seats.look()
                if self.settings.newhire_digest == "true" and self.settings.newhire_admin_channel:
                    self.digests.look()
            except Interrupted:
                return
            except SQLAlchemyError as error:
                log.warning("nothing was looked up: the database does not work (%s)", type(error).__name__)
            except Exception:
                log.exception("a look at what was created failed; it is tried again")
            if self.engine.stopping.wait(self.policy.follow_up_look.total_seconds()):
                return

    def _run_batches(self) -> None:
        """Reads, begins and shows what is many."""
        while not self.engine.stopping.is_set():
            try:
                self.approvals.look()
                self.batch_runs.look()
            except Interrupted:
                return
            except SQLAlchemyError as error:
                log.warning("no batch goes on: the database does not work (%s)", type(error).__name__)
            except Exception:
                log.exception("a batch does not go on; it is tried again")
            self.batch_runs.wait(self.policy.batch_look.total_seconds())

    def _housekeeping(self) -> None:
        """Now and every hour: what is finished and old leaves the database, and what nobody confirmed."""
        while True:
            try:
                old = time.time() - self.settings.newhire_keep_days * 86400
                self.requests.audit.housekeep(self.settings.newhire_keep_days, self.settings.newhire_audit_days)
                self.engine.forget(self.requests.forget(old))
                self.outbox.forget(old)
                self.batches.forget(old)
                self.approvals.stored.forget(old)
                self.stored_incidents.forget(old)
                self.requests.drop_unconfirmed(time.time() - HOUSEKEEPING_SECONDS, self.engine.knows)
                scrub(self.database)
            except Exception:
                log.exception("housekeeping failed; it is tried again in an hour")
            if self.engine.stopping.wait(HOUSEKEEPING_SECONDS):
                return


async def _run(bot: Bot) -> int:
    """Serve until SIGTERM or SIGINT; a second one stops at once. The exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_or_die, stop)
    await asyncio.to_thread(_start_engine, bot)
    try:
        # Given a session, slack_sdk does not apply its own `timeout`: a Slack that accepts and is silent would take 300 s.
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=bot.policy.slack_timeout.total_seconds())
        ) as session:
            await _serve(bot, session, stop)
    finally:
        # Nothing new comes in any more; what runs gets its time.
        await asyncio.to_thread(bot.stop_engine)
        log.info("stopped")
    return 0


def _start_engine(bot: Bot) -> None:
    """Start it; a process that has just replaced itself waits for its database, which was there a moment ago."""
    while True:
        try:
            return bot.start_engine()
        except (SQLAlchemyError, psycopg.Error):
            if not os.environ.get(RESTARTED):
                raise
            log.warning("the database is not back yet; trying again in a second")
            time.sleep(1)


async def _serve(bot: Bot, session: aiohttp.ClientSession, stop: asyncio.Event) -> None:
    settings = bot.settings
    web = slack.client(settings.slack_bot_token.get_secret_value(), _slash(settings.slack_api_url), session)
    again = bot.policy.slack_again.total_seconds()
    auth = await _first(_insist(web.auth_test, BOT_TOKEN, web, again), stop)
    if auth is None:
        return
    app = slack.build(web, *bot.listeners(auth.get("url") or "https://slack.com/"), auth, bot.joins())
    handler = slack.socket(app, settings.slack_app_token.get_secret_value(), bot.policy)
    try:
        if await _first(_insist(lambda: _connect(handler), APP_TOKEN, web, again), stop) is None:
            return
        # What is loaded by now stays: the collector need not walk through it while somebody waits for a form.
        gc.collect()
        gc.freeze()
        titles = ", ".join(each.title.en for each in bot.providers.values())
        log.info("ready: /newhire in %s for %s", auth.get("team"), titles)
        watching = _keep_homes(bot, web, auth.get("team_id"))
        threading.Thread(target=bot.check_set_up, name="newhire-check", daemon=True).start()
        await stop.wait()
        watching.cancel()
    finally:
        await _hang_up(handler)


def _keep_homes(bot: Bot, web: AsyncWebClient, team: str | None) -> asyncio.Task[None]:
    """From now on Home tabs are drawn anew when another process changes something, or somebody at the shell forgets a person."""
    home, loop = bot.home, asyncio.get_running_loop()
    if home is None:
        raise AssertionError("after the listeners")

    def redraw(user: str) -> bool:
        try:
            drawn = asyncio.run_coroutine_threadsafe(home.redraw(user, web, team), loop)
            return drawn.result(REDRAW_SECONDS)
        except (TimeoutError, concurrent.futures.CancelledError, RuntimeError):
            return False

    bot.redraw = redraw
    return asyncio.create_task(home.watch_others())


BOT_TOKEN = "SLACK_BOT_TOKEN is refused by Slack ({code}): copy it again from OAuth & Permissions."  # noqa: S105 - a sentence
APP_TOKEN = "SLACK_APP_TOKEN is refused by Slack ({code}): it needs the scope connections:write (Basic Information)."  # noqa: S105 - a sentence


async def _insist(ask: Callable[[], Awaitable[T]], refused: str, web: AsyncWebClient, again: float) -> T:
    """Ask again and again while Slack is out of reach. Raises Misconfigured for a token that is refused."""
    while True:
        try:
            return await ask()
        except errors.TROUBLES as error:
            code = errors.trouble(error).code
            if code in errors.REFUSED_TOKEN:
                raise Misconfigured([refused.format(code=code)]) from None
            log.warning("%s; trying again in %g s", errors.why(error, web.base_url, web.proxy), again)
        await asyncio.sleep(again)


async def _connect(handler: Any) -> bool:
    """Socket Mode. Asked for its address here once: the client itself would ask with a refused token for ever."""
    answer = await handler.client.web_client.apps_connections_open(app_token=handler.client.app_token)
    handler.client.wss_uri = answer["url"]
    await handler.connect_async()
    return True


async def _hang_up(handler: Any) -> None:
    """Say goodbye to Slack, which may be too frozen to hear it."""
    try:
        await asyncio.wait_for(handler.close_async(), HANG_UP_SECONDS)
    except errors.TROUBLES as error:
        log.warning("no goodbye from Slack: %s", type(error).__name__)


async def _first(work: Any, stop: asyncio.Event) -> Any:
    """The work's result, or None if newhire is to stop before it comes."""
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        return None
    return task.result()


def _stop_or_die(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(130)
    log.info("stopping: no new work; a second signal stops at once")
    # Whatever hangs (Slack, the disk, a vendor), who sent the signal waits no longer: the next start takes up the rest.
    last = threading.Timer(STOP_SECONDS, _give_up)
    last.daemon = True
    last.start()
    stop.set()


def _give_up() -> None:
    log.warning("something hangs; ended without it, what is unfinished goes on at the next start")
    logging.shutdown()
    os._exit(0)


def _slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"
