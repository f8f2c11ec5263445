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
from pathlib import Path
from typing import IO

from bot.sandbox.world import World

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
"""What a bot process gets of the surroundings; no token of a real workspace is among it."""

QUICK = {"TENCENT_CALLS_PER_MINUTE": "600", "HUAWEI_CALLS_PER_MINUTE": "600", "NEWHIRE_PATIENCE_MINUTES": "2"}
"""A demo is for people who watch."""


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
    settings: dict[str, str], folder: Path, *, module: str = "bot", log: IO[bytes] | None = None
) -> asyncio.subprocess.Process:
    """`newhire run`, in a folder without a .env of somebody's. `log` takes what it says; without one, the terminal does."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "run"),
        env=settings,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


async def demo(port: int, *, open_browser: bool) -> int:
    """Serve until Ctrl-C. Returns the exit code."""
    world = _small_world()
    try:
        await world.start(port)
    except OSError:
        _say(f"Port {port} is taken; another one it is.")
        world = _small_world()
        await world.start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory(prefix="newhire-demo-") as folder:
        bots = asyncio.create_task(_keep_running(bot_settings(world, Path(folder)) | QUICK, Path(folder)))
        _say(f"\n  newhire demo: {world.page_url}\n  Nothing leaves this machine. Ctrl-C ends it.\n")
        if open_browser:
            await asyncio.to_thread(webbrowser.open, world.page_url)
        await stop.wait()
        bots.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await bots
    await world.stop()
    return 0


def _small_world() -> World:
    """Few seats, so that one can see them go."""
    world = World()
    for vendor in world.vendors.values():
        vendor.seats = 20
    return world


async def _keep_running(settings: dict[str, str], folder: Path) -> None:
    """The bot, started again whenever somebody kills it: that is worth trying in a demo."""
    while True:
        bot = await start_bot(settings, folder)
        try:
            await bot.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                bot.terminate()
            await bot.wait()
            raise
        _say(f"The bot ended (exit code {bot.returncode}); it is started again.")
        await asyncio.sleep(1)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - to the person at the terminal
