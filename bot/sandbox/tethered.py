"""`python -m bot.sandbox.tethered run`: the bot, which ends when whoever started it is gone, however it went.

The other end of its standard input is held by the demo alone. When the demo ends without a word (kill -9), that end
closes, and the bot gets the SIGTERM that nobody was left to send.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading


def _end_when_alone() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_when_alone, daemon=True).start()
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
