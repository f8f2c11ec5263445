"""`newhire demo`: the pretend world, its page, and the real bot beside it as a process of its own.

The bot is told of the world by nothing but its settings, as it would be told of the real one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import tempfile
import webbrowser
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from bot.sandbox.world import World

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONPATH")
"""What a bot process gets of the surroundings; no token of a real workspace is among it."""

QUICK = {"TENCENT_CALLS_PER_MINUTE": "600", "HUAWEI_CALLS_PER_MINUTE": "600", "NEWHIRE_PATIENCE_MINUTES": "2"}
"""A demo is for people who watch."""

FAILED_STARTS = 3
"""So often in a row the bot may end before it was ever connected; then it will not start the next time either."""


def bot_settings(world: World, folder: Path) -> dict[str, str]:
    """The environment of a bot that lives in this world and keeps its database in `folder`."""
    surroundings = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {
        "NEWHIRE_DATABASE_URL": f"sqlite:///{folder / 'newhire.sqlite'}",
        "NEWHIRE_SECRET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "PYTHONUNBUFFERED": "1",
    }
    return surroundings | own | world.bot_environment()


async def start_bot(
    settings: dict[str, str],
    folder: Path,
    *,
    module: str = "bot",
    options: Sequence[str] = (),
    log: IO[bytes] | None = None,
    stdin: int = asyncio.subprocess.DEVNULL,
) -> asyncio.subprocess.Process:
    """`newhire run` with these options, in a folder without a .env of somebody's. `log` takes what it says; without one, the terminal does."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "run", *options), env=settings, cwd=folder, stdin=stdin, stdout=log, stderr=log
    )


async def demo(port: int, *, open_browser: bool) -> int:
    """Serve until Ctrl-C. Returns the exit code: 2 for a port that is none, the bot's own when it does not start."""
    if not 0 <= port <= 65535:
        print(f"newhire demo: there is no port {port}; they go from 0 (any free one) to 65535.", file=sys.stderr)  # noqa: T201
        return 2
    world = await _started(port)
    try:
        return await _serve(world, open_browser=open_browser)
    finally:
        await world.stop()


async def _started(port: int) -> World:
    world = _small_world()
    try:
        await world.start(port)
    except OSError as problem:
        _say(f"Port {port} cannot be used ({problem.strerror}); another one it is.")
        world = _small_world()
        await world.start()
    return world


def _small_world() -> World:
    """Few seats, so that one can see them go."""
    world = World()
    for vendor in world.vendors.values():
        vendor.seats = 20
    return world


async def _serve(world: World, *, open_browser: bool) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with tempfile.TemporaryDirectory(prefix="newhire-demo-") as folder:
        settings = bot_settings(world, Path(folder)) | QUICK
        bots = asyncio.create_task(_keep_running(world, settings, Path(folder)))
        stop = asyncio.create_task(stopped.wait())
        _say(f"\n  newhire demo: {world.page_url}\n  Nothing leaves this machine. Ctrl-C ends it.\n")
        if open_browser:
            await asyncio.to_thread(webbrowser.open, world.page_url)
        await asyncio.wait({bots, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        bots.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            return await bots
    _say("The demo has ended; nothing of it is left.")
    return 0


async def _keep_running(world: World, settings: dict[str, str], folder: Path) -> int:
    """The bot, started again whenever somebody kills it: that is worth trying in a demo. Returns the exit code of one
    that ended too often before it was connected."""
    failed = 0
    while True:
        connections = world.slack.sockets.opened
        code = await _run_once(settings, folder)
        failed = failed + 1 if world.slack.sockets.opened == connections else 0
        if failed == FAILED_STARTS:
            _say(f"The bot ended {failed} times before it was connected (exit code {code}); why stands above.")
            return code if code > 0 else 1
        _say(f"The bot ended (exit code {code}); it is started again.")
        await asyncio.sleep(1)


async def _run_once(settings: dict[str, str], folder: Path) -> int:
    bot = await start_bot(settings, folder, module="bot.sandbox.tethered", stdin=asyncio.subprocess.PIPE)
    try:
        return await bot.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            bot.terminate()
        await bot.wait()
        raise


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - to the person at the terminal
