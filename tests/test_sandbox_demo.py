"""`newhire demo` when something is in its way: a port, a bot that does not start, its own sudden end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.sandbox import demo as demo_module
from bot.sandbox.demo import FAILED_STARTS, KEPT, demo
from tests.conftest import MEASURED, ROOT

SURROUNDINGS = {name: os.environ[name] for name in KEPT if name in os.environ} | MEASURED | {"PYTHONPATH": str(ROOT)}


@pytest.mark.slow
@pytest.mark.parametrize("port", [99999, 65536, -1])
def test_a_port_that_is_none_is_one_sentence(tmp_path: Path, port: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port)],
        env=SURROUNDINGS, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "must be a number from 0 to 65535" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
async def test_a_bot_that_never_starts_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its own sentence stands on the terminal; the demo ends with its exit code instead of trying for ever."""
    surroundings = demo_module.bot_settings
    monkeypatch.setattr(
        demo_module, "bot_settings", lambda *where: surroundings(*where) | {"NEWHIRE_REGION": "nowhere"}
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    async with asyncio.timeout(60):
        assert await demo(0, open_browser=False) == 2
    shown = capfd.readouterr()
    assert shown.err.count("newhire cannot start:") == FAILED_STARTS
    assert "NEWHIRE_REGION" in shown.err
    assert f"The bot ended {FAILED_STARTS} times before it was connected (exit code 2)" in shown.out
    assert "Traceback" not in shown.err + shown.out


@pytest.mark.slow
def test_a_demo_that_is_killed_takes_its_bot_along(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", "0"],
        env=SURROUNDINGS | {"TMPDIR": str(tmp_path)}, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        next(line for line in process.stdout if "ready: /newhire" in line)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        # The bot holds the other end of this pipe: it closes when the bot is gone.
        process.stdout.read()
        assert _gone(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        process.stdout.close()


def _gone(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)  # whoever adopts the bot has still to take leave of it
    return False
