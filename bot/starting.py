"""What comes before anything of newhire starts: the settings, the log, and the sentences for what keeps it from starting."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from bot import logs, settings
from bot.environment import DOTENV
from bot.providers.contract import Provider, ProviderSettings, UnknownProvider, installed
from bot.settings import Misconfigured, Settings
from bot.store import opening
from bot.store.cipher import Unreadable
from bot.store.lock import AlreadyRunning
from bot.store.migrate import NewerDatabase

log = logging.getLogger(__name__)

M_ARENA_MAX = -8
"""From glibc's malloc.h."""


class CannotStart(Exception):
    """What stops the start, in sentences for the person at the terminal."""


class Known(NamedTuple):
    """The settings, the providers that are installed, and the settings of those that are used."""

    settings: Settings
    providers: Mapping[str, type[Provider[Any, Any]]]
    config: Mapping[str, ProviderSettings]


def configured(*, slack: bool = True) -> Known:
    """The environment and `.env`, read; the log is begun. Without `slack` its tokens need not be set. Raises CannotStart."""
    # The database, its log and the lock hold what people typed: nobody else on this machine reads them, whatever the umask.
    os.umask(0o077)
    _share_arenas()
    try:
        providers = installed()
        found, config = settings.load(providers, slack=slack)
    except (Misconfigured, UnknownProvider) as problem:
        raise CannotStart(str(problem)) from None
    logs.start(settings.secrets(found, *config.values()), found.newhire_log)
    return Known(found, providers, config)


@contextlib.contextmanager
def in_sentences(known: Settings) -> Iterator[None]:
    """What the settings or the database keep newhire from, as CannotStart."""
    try:
        yield
    except (Misconfigured, AlreadyRunning, NewerDatabase, Unreadable) as problem:
        raise CannotStart(str(problem)) from None
    except (SQLAlchemyError, psycopg.Error, sqlite3.Error) as error:
        why = logs.Masked(settings.secrets(known)).mask(opening.why(known.newhire_database_url, error))
        raise CannotStart(f"NEWHIRE_DATABASE_URL does not work: {why}.") from None


def warn(known: Settings) -> None:
    """What works, and should be otherwise."""
    if not known.secret_keys:
        log.warning(
            "NEWHIRE_SECRET_KEY is not set: what people type, passwords included until they are sent, "
            "can be read in the database. `newhire key` prints a key."
        )
    if known.newhire_watch_joins == "true":
        log.warning(
            "NEWHIRE_WATCH_JOINS: Slack tells who joins only an app that is subscribed to the event team_join "
            "(add it to bot_events in the app's manifest)"
        )
    wants = [name for name in ("digest", "watch_joins") if getattr(known, f"newhire_{name}") == "true"]
    if wants and known.newhire_admin_channel is None:
        names = ", ".join(f"NEWHIRE_{name.upper()}" for name in wants)
        log.warning("%s: nobody reads it without NEWHIRE_ADMIN_CHANNEL", names)
    if opening.others_read(DOTENV):
        log.warning("%s can be read by others on this machine: chmod 600 %s", DOTENV, DOTENV)


def _share_arenas() -> None:
    """glibc gives up to eight heaps to each core's threads, and what is free in one is not free to the others.

    Two for all threads: 6 MB less after 500 requests, and no slower under the GIL (measured). Elsewhere than on glibc nothing.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)
