"""The `newhire` command: `run` the bot, `demo` it in a pretend world, make a `key`. Parses, calls, prints."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

from cryptography.fernet import Fernet

from bot import service
from bot.onboarding.policy import Policy


def command_run(policy: Policy | None = None) -> int:
    """Start the bot from the environment and `.env`."""
    try:
        code = service.run(policy)
    except service.CannotStart as problem:
        print(f"newhire cannot start:\n{problem}", file=sys.stderr)  # noqa: T201 - to the person at the terminal
        return 2
    # What runs has had its time. A thread that hangs on a database that is gone would keep the process for ever.
    logging.shutdown()
    os._exit(code)


def command_demo(port: int, browser: bool) -> int:
    """The pretend world, its page, and the real bot beside it."""
    from bot.sandbox.demo import demo

    return asyncio.run(demo(port, open_browser=browser))


def main(arguments: list[str] | None = None, policy: Policy | None = None) -> int:
    """The command line; the exit code. `policy` is for tests: how long the bot waits is no setting."""
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
        return command_run(policy)
    if chosen.command == "demo":
        return command_demo(chosen.port, not chosen.no_browser)
    print(Fernet.generate_key().decode())  # noqa: T201 - the command's output
    return 0


if __name__ == "__main__":
    sys.exit(main())
