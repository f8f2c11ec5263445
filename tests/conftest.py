"""What tests stand on: a pretend world, the real bot beside it as its own process, and a private PostgreSQL server.

`world` and `bot` live as long as a module's event loop, since a bot takes a second to start. A module that uses them says
`pytestmark = pytest.mark.asyncio(loop_scope="module")`, and gives every person of every test a name of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet
from hypothesis import settings

from bot.sandbox.demo import bot_settings, start_bot
from bot.sandbox.world import World

ROOT = Path(__file__).parents[1]

FAST = {
    # The vendors' pace is a test of its own; elsewhere it is only waiting.
    "TENCENT_CALLS_PER_MINUTE": "60000",
    "HUAWEI_CALLS_PER_MINUTE": "60000",
    # The same for every process of a test: the next one must open what the last one sealed.
    "NEWHIRE_SECRET_KEY": Fernet.generate_key().decode(),
}


MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_PROCESS_")}
"""What tells a process that it is measured too: nothing, unless pytest runs with --cov."""

CHECK = "check"
# The same examples each time: in the fast loop, what turns red is what was changed.
settings.register_profile(CHECK, max_examples=10, derandomize=True)
settings.register_profile("same", derandomize=True)


def tries(many: int) -> int:
    """How many a property tries that wants more or fewer than the profile's: a twentieth of them in `make check`."""
    return max(many // 20, 5) if settings.get_current_profile_name() == CHECK else many


BOTH_DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
"""What a fixture is parametrised with whose tests hold on either; the second asks for `postgres_url`."""

STARTERS = {"running_bot", "another_bot", "postgres"}
"""Fixtures that start a process: whatever uses one of them is slow."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not STARTERS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


def require(condition: object, reason: str) -> None:
    """Skip the test without `condition`, or fail it where everything must be there (NEWHIRE_REQUIRE_ALL=1)."""
    if condition:
        return
    if os.environ.get("NEWHIRE_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


# --- the bot ----------------------------------------------------------------------------------------------------------


@dataclass
class Bot:
    """A running `newhire run`, the world that it is connected to, and what it has written to its log."""

    world: World
    folder: Path
    settings: dict[str, str]
    process: asyncio.subprocess.Process
    _read: int = field(default=0, repr=False)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def fresh_log(self) -> str:
        """What was written since the last call."""
        text = self.log
        fresh, self._read = text[self._read :], len(text)
        return fresh

    async def ready(self) -> None:
        """Until it is connected. Fails with its log when it ends instead."""
        ended = asyncio.ensure_future(self.process.wait())
        connected = asyncio.ensure_future(self.world.slack.until(lambda s: s.sockets.usable, timeout=60))
        await asyncio.wait({ended, connected}, return_when=asyncio.FIRST_COMPLETED)
        if not connected.done():
            connected.cancel()
            pytest.fail(f"the bot ended with {ended.result()}:\n{self.log}")
        connected.result()
        ended.cancel()

    async def stop(self, how: signal.Signals = signal.SIGTERM, within: float = 30) -> int:
        """Ends it, and returns its exit code. Fails when it does not end."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        try:
            return await asyncio.wait_for(self.process.wait(), within)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            pytest.fail(f"the bot did not end:\n{self.log[-2000:]}")

    def check_log(self, text: str) -> None:
        """No traceback and no secret in what it has written."""
        assert "Traceback" not in text, text
        for name, secret in self.settings.items():
            if any(mark in name for mark in ("TOKEN", "SECRET", "PASSWORD")):
                assert secret not in text, f"{name} is in the log"


async def begin(
    world: World, folder: Path, *, module: str = "bot", options: Sequence[str] = (), **settings: str
) -> Bot:
    """A bot of this world, connected. A setting that is "" is not set. `module` is what runs: tests.hurried waits less."""
    environment = bot_settings(world, folder) | FAST | MEASURED | {"PYTHONPATH": str(ROOT)} | settings
    environment = {name: value for name, value in environment.items() if value}
    with (folder / "log").open("ab") as log:
        process = await start_bot(environment, folder, module=module, options=options, log=log)
    bot = Bot(world, folder, environment, process)
    try:
        await bot.ready()
    except BaseException:
        await bot.stop(signal.SIGKILL)
        raise
    return bot


def tidy(world: World) -> None:
    """The world as it was at first, but for its connections."""
    for vendor in world.vendors.values():
        vendor.reset()
    fresh, slack = World().slack.workspace, world.slack
    for now, then in (
        (slack.users, fresh.users),
        (slack.channels, fresh.channels),
        (slack.workspace.groups, fresh.groups),
    ):
        now.clear()
        now.update(then)
    for forgotten in (slack.messages, slack.views, slack.calls, slack.failures, slack.notifications):
        forgotten.clear()
    slack.scopes = None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """A started world, the module's own."""
    started = World()
    await started.start()
    yield started
    await started.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running_bot(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    bot = await begin(world, tmp_path_factory.mktemp("bot"))
    yield bot
    assert await bot.stop() == 0
    bot.check_log(bot.fresh_log())


@pytest.fixture
def bot(running_bot: Bot) -> Iterator[Bot]:
    """The module's bot, in a tidied world; afterwards its log holds no traceback and no secret."""
    tidy(running_bot.world)
    yield running_bot
    running_bot.check_log(running_bot.fresh_log())


@pytest_asyncio.fixture(loop_scope="module")
async def another_bot(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Bot]]]:
    """Starts bots with settings of their own (as `begin`), each in a world of its own unless one is given."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(world: World | None = None, *, module: str = "bot", **settings: str) -> Bot:
            if world is None:
                world = World()
                await world.start()
                stack.push_async_callback(world.stop)
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            bot = await begin(world, folder, module=module, **settings)
            stack.push_async_callback(bot.stop)
            bots.append(bot)
            return bot

        bots: list[Bot] = []
        yield make
        for bot in bots:
            assert await bot.stop() in (0, -signal.SIGKILL)
            bot.check_log(bot.log)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


class PostgreSQL:
    """A private server from Debian's binaries: on 127.0.0.1 only, with its data in a folder that goes with it.

    The same address for as long as it lives, over `restart` too. Without fsync: what it has confirmed survives its own
    crash (`restart("immediate")`), though not the machine's.
    """

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._folder = binaries, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = count(1)
        # PostgreSQL does not run as root.
        self._user = "postgres" if os.getuid() == 0 else None
        self.port = _port_to_come_back_to()

    def url(self, database: str) -> str:
        return f"postgresql://newhire@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        if self._user:
            shutil.chown(self._folder, self._user)
        data = str(self._folder / "data")
        self._run(
            "initdb", "-D", data, "-U", "newhire", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        ).check_returncode()

    def start(self) -> None:
        """Blocks until it takes connections."""
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "max_connections": "200",
            "timezone": "UTC",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port), *arguments]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **self._as_user())
        self._wait_until_up()

    def stop(self, how: str = "fast") -> None:
        """ "fast" ends every session politely, "immediate" is a crash."""
        if self._process is not None:
            self._process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[how])
            self._process.wait(30)
            self._process = None

    def restart(self, how: str = "fast") -> None:
        self.stop(how)
        self.start()

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test{next(self._databases)}"
        self.execute(f"create database {name} template template0")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.execute(f"drop database if exists {url.rpartition('/')[2]} with (force)")

    def execute(self, statement: str) -> None:
        """One statement as the superuser, outside any test's database."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [str(self._binaries / program), *arguments]
        return subprocess.run(command, capture_output=True, cwd=self._folder, check=False, **self._as_user())

    def _as_user(self) -> dict[str, Any]:
        return {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                threading.Event().wait(0.05)
            else:
                return


def _port_to_come_back_to() -> int:
    """A free port below those that Linux hands out by itself (32768 and up): while the server is stopped, no connection
    of the other worker's tests gets it."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


def _postgresql_binaries() -> Path | None:
    on_path = shutil.which("postgres")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A running PostgreSQL server; `restart()` it, `stop()` and `start()` it."""
    binaries = _postgresql_binaries()
    require(binaries, "PostgreSQL is not installed (Debian: apt-get install postgresql)")
    assert binaries is not None
    # Not pytest's folder: only its owner may enter that one, and the server is somebody else.
    with tempfile.TemporaryDirectory(prefix="newhire-pg-", ignore_cleanup_errors=True) as folder:
        server = PostgreSQL(binaries, Path(folder))
        server.create()
        server.start()
        yield server
        server.stop()


@pytest.fixture
def postgres_url(postgres: PostgreSQL) -> Iterator[str]:
    """An empty database of one test, as NEWHIRE_DATABASE_URL takes it."""
    url = postgres.new_database()
    yield url
    postgres.drop(url)
