"""The `newhire` command: `run` the bot, `demo` it in a pretend world, make a `key`. The only file that knows everybody."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import psycopg
from cryptography.fernet import Fernet
from pydantic_settings import BaseSettings
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot import settings as configuration
from bot.engine import RESTARTED, AlreadyRunning, Engine, Interrupted
from bot.intake import Intake
from bot.onboarding.workflow import Patience, Provision
from bot.outcome import NotAuthorised, ProvisionError, RateLimited
from bot.providers.contract import Provider, ProviderSettings, UnknownProvider, installed
from bot.settings import Misconfigured, Settings
from bot.slack import app as slack
from bot.slack.listeners import Listeners
from bot.slack.notifier import Notifier
from bot.slack.permission import Permission
from bot.store.cipher import Cipher, Unreadable
from bot.store.history import History, database

log = logging.getLogger("newhire")

LONGEST_TURN = 20.0
"""Seconds that a thread waits for its turn at a provider; beyond that the request waits without a thread."""

HOUSEKEEPING_SECONDS = 3600.0
DAILY_ROOM = 0.95

Configured = Mapping[str, Provider[Any, Any]]


class Bot:
    """Everything that `newhire run` starts, in the order in which it starts and the reverse in which it stops."""

    def __init__(
        self,
        settings: Settings,
        providers: Mapping[str, type[Provider[Any, Any]]],
        config: Mapping[str, ProviderSettings],
    ) -> None:
        self.settings = settings
        self.cipher = Cipher(settings.secret_keys)
        self.database = database(settings.newhire_database_url)
        self.history = History(self.database, self.cipher, front=database(settings.newhire_database_url))
        self.engine = Engine(settings.newhire_database_url, self.database, self.cipher, config)
        self.providers: Configured = {
            key: providers[key](config[key], turn=self._turn(key, providers[key])) for key in config
        }
        sync = WebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=_slash(settings.slack_api_url),
            timeout=10,
            retry_handlers=[],
        )
        notifier = Notifier(
            sync, self.providers, settings.newhire_admin_channel, hours=round(settings.newhire_give_up_hours)
        )
        patience = Patience(minutes=settings.newhire_patience_minutes * 60, hours=settings.newhire_give_up_hours * 3600)
        self.provision = Provision(self.providers, self.history, notifier, self.engine, patience)

    def start_engine(self) -> None:
        """Claim the database and take up what was left unfinished. Blocks; raises what the database raises."""
        try:
            self.engine.claim()
        except OSError as error:
            raise Misconfigured([f"NEWHIRE_DATABASE_URL does not work: {error.filename}: {error.strerror}."]) from None
        self.history.create(self.providers)
        self.history.check_cipher()
        self.engine.start(self.provision.leg)
        threading.Thread(target=self._housekeeping, name="newhire-housekeeping", daemon=True).start()

    def stop_engine(self) -> None:
        self.engine.stop()
        for provider in self.providers.values():
            provider.close()

    def check_credentials(self) -> None:
        """Say in the log at start, and not first to a person, that a provider does not let us in."""
        for provider in self.providers.values():
            try:
                provider.check()
                log.info("%s: the credentials work", provider.title.en)
            except NotAuthorised as error:
                advice = provider.advice(error.code)
                log.error(
                    "%s refuses the credentials (%s %s). %s",
                    provider.title.en,
                    error.code,
                    error.words,
                    advice.en if advice else "",
                )
            except ProvisionError as error:
                log.warning("%s could not be asked (%s)", provider.title.en, error)
            except Interrupted:
                return

    def _turn(self, key: str, provider: type[Provider[Any, Any]]) -> Callable[[float], None]:
        daily = provider.pace.daily and int(provider.pace.daily * DAILY_ROOM)

        def turn(gap: float) -> None:
            wait = self.history.turn(key, gap, daily, LONGEST_TURN)
            if wait is None:
                raise RateLimited(key, detail="our own pace", retry_after=LONGEST_TURN, reached_vendor=False)
            if wait > 0:
                self.engine.sleep(wait)

        return turn

    def _housekeeping(self) -> None:
        """Now and every hour: what is finished and old leaves the database, and what nobody confirmed."""
        while True:
            try:
                old = self.history.forget(time.time() - self.settings.newhire_keep_days * 86400)
                self.engine.forget(old)
                self.history.drop_unconfirmed(time.time() - HOUSEKEEPING_SECONDS)
                self.history.scrub()
            except Exception:
                log.exception("housekeeping failed; it is tried again in an hour")
            if self.engine.stopping.wait(HOUSEKEEPING_SECONDS):
                return


async def run(bot: Bot) -> int:
    """Serve until SIGTERM or SIGINT; a second one stops at once. The exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_or_die, stop)
    await asyncio.to_thread(_start_engine, bot)
    try:
        async with aiohttp.ClientSession() as session:
            return await _serve(bot, session, stop)
    finally:
        # Nothing new comes in any more; what runs gets its time.
        await asyncio.to_thread(bot.stop_engine)
        log.info("stopped")


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


async def _serve(bot: Bot, session: aiohttp.ClientSession, stop: asyncio.Event) -> int:
    settings = bot.settings
    web = slack.client(settings.slack_bot_token.get_secret_value(), _slash(settings.slack_api_url), session)
    auth = await _first(_who_am_i(web), stop)
    if auth is None:
        return 0
    listeners = Listeners(
        bot.providers,
        Intake(bot.history, bot.engine),
        Permission(settings.allowed),
        settings.newhire_region,
        workspace=_slash(auth.get("url") or "https://slack.com/"),
    )
    handler = slack.socket(slack.build(web, listeners, auth), settings.slack_app_token.get_secret_value())
    try:
        if await _first(_connect(handler), stop) is None:
            return 0
        # What is loaded by now stays: the collector need not walk through it while somebody waits for a form.
        gc.collect()
        gc.freeze()
        log.info(
            "ready: /newhire in %s for %s",
            auth.get("team"),
            ", ".join(each.title.en for each in bot.providers.values()),
        )
        threading.Thread(target=bot.check_credentials, name="newhire-check", daemon=True).start()
        await stop.wait()
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
    return 0


async def _who_am_i(web: AsyncWebClient) -> Any:
    """auth.test, again and again while Slack is out of reach. Raises Misconfigured for a token that is refused."""
    while True:
        try:
            return await web.auth_test()
        except SlackApiError as error:
            code = str(error.response.get("error"))
            if code in ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"):
                raise Misconfigured(
                    [f"SLACK_BOT_TOKEN is refused by Slack ({code}): copy it again from OAuth & Permissions."]
                ) from None
            log.warning("Slack says %s; trying again in 5 s", code)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("Slack cannot be reached (%s); trying again in 5 s", type(error).__name__)
        await asyncio.sleep(5)


async def _connect(handler: Any) -> bool:
    """Socket Mode, again and again while Slack is out of reach. Raises Misconfigured for a token that is refused."""
    while True:
        try:
            # Asked here once: the client itself would ask with a refused token for ever.
            answer = await handler.client.web_client.apps_connections_open(app_token=handler.client.app_token)
            handler.client.wss_uri = answer["url"]
            await handler.connect_async()
            return True
        except SlackApiError as error:
            code = str(error.response.get("error"))
            if code in ("invalid_auth", "not_authed", "not_allowed_token_type", "missing_scope"):
                sentence = f"SLACK_APP_TOKEN is refused by Slack ({code}): it needs the scope connections:write (Basic Information)."
                raise Misconfigured([sentence]) from None
            log.warning("Slack says %s; trying again in 5 s", code)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("Slack cannot be reached (%s); trying again in 5 s", type(error).__name__)
        await asyncio.sleep(5)


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
    stop.set()


def _slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"


class _NoSecrets(logging.Filter):
    """No token or password reaches the log, whoever writes the line."""

    def __init__(self, secrets: set[str]) -> None:
        super().__init__()
        self._secrets = {secret for secret in secrets if len(secret) >= 6}

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        for secret in self._secrets:
            text = text.replace(secret, "••••")
            record.exc_text = record.exc_text and record.exc_text.replace(secret, "••••")
        record.msg, record.args = text, None
        return True


def _secrets(*models: BaseSettings) -> set[str]:
    values = (getattr(model, name) for model in models for name in type(model).model_fields)
    return {value.get_secret_value() for value in values if hasattr(value, "get_secret_value")}


def _log_to_stderr(secrets: set[str]) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handler.addFilter(_NoSecrets(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("httpx", "slack_sdk", "slack_bolt", "aiohttp.access", "dbos"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def command_run() -> int:
    """Start the bot from the environment and `.env`."""
    try:
        providers = installed()
        settings, config = configuration.load(providers)
        _log_to_stderr(_secrets(settings, *config.values()))
        bot = Bot(settings, providers, config)
        if not bot.cipher.on:
            log.warning(
                "NEWHIRE_SECRET_KEY is not set: what people type, passwords included until they are sent, "
                "can be read in the database. `newhire key` prints a key."
            )
        code = asyncio.run(run(bot))
        # What runs has had its time. A thread that hangs on a database that is gone would keep the process for ever.
        logging.shutdown()
        os._exit(code)
    except (Misconfigured, UnknownProvider, AlreadyRunning, Unreadable) as problem:
        print(f"newhire cannot start:\n{problem}", file=sys.stderr)  # noqa: T201 - to the person at the terminal
        return 2
    except (SQLAlchemyError, psycopg.Error) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        print(f"newhire cannot start:\nNEWHIRE_DATABASE_URL does not work: {reason}", file=sys.stderr)  # noqa: T201
        return 2


def command_demo(port: int, browser: bool) -> int:
    """The pretend world, its page, and the real bot beside it."""
    from bot.sandbox.demo import demo

    return asyncio.run(demo(port, open_browser=browser))


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(
        prog="newhire", description="Type /newhire in Slack; the new colleague has an account."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the bot; settings from the environment or .env")
    demo = commands.add_parser("demo", help="try it without any account: a pretend Slack and pretend vendors in a page")
    demo.add_argument("--port", type=int, default=8765, help="where the page is (0: any free port)")
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")
    commands.add_parser("key", help="print a new key for NEWHIRE_SECRET_KEY")
    chosen = parser.parse_args(arguments)
    if chosen.command == "run":
        return command_run()
    if chosen.command == "demo":
        return command_demo(chosen.port, not chosen.no_browser)
    print(Fernet.generate_key().decode())  # noqa: T201 - the command's output
    return 0


if __name__ == "__main__":
    sys.exit(main())
