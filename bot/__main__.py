"""The `newhire` command: `run` the bot, have it looked at by the `doctor`, `demo` it, `import` a file of people or `create` one,
make a `key`, read the `history`, `forget` somebody. Parses, calls, prints.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gc
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from bot.onboarding.policy import Policy

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended (128 + SIGINT)."""

EXAMPLES = """\
examples:
  newhire demo                          try it: a pretend Slack in a page, no account needed
  newhire demo --port 0 --no-browser    the same on any free port, and open the page yourself
  newhire key                           a new key for NEWHIRE_SECRET_KEY
  newhire run                           the bot; copy .env.example to .env and fill it in first
  newhire doctor                        what of the set-up works, what does not, and how it is mended (--json: for machines)
  newhire import july.xlsx --provider tencent --dry-run
                                        a file of people: what would be created, and what must be corrected first
  newhire create --provider tencent --name "Zhang Wei" --account zhangwei --phone 13800138000
                                        one account, for scripts
  newhire history --since 2026-11-01    who asked for whom since then, and what came of it (--csv: for a spreadsheet)
  newhire forget zhang.wei@example.com  take a person out of the database
"""


def command_run(policy: Policy | None = None, *, restored: bool = False) -> int:
    """Start the bot from the environment and `.env`."""
    # Imports make a million objects that stay: the collector would walk through them again and again, a tenth of the start.
    gc.disable()
    from bot import service

    gc.freeze()
    gc.enable()
    try:
        code = service.run(policy, restored=restored)
    except service.CannotStart as problem:
        print(f"newhire cannot start:\n{problem}", file=sys.stderr)  # noqa: T201 - to the person at the terminal
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    # What runs has had its time. A thread that hangs on a database that is gone would keep the process for ever.
    logging.shutdown()
    os._exit(code)


def command_demo(port: int, browser: bool) -> int:
    """The pretend world, its page, and the real bot beside it."""
    from bot.sandbox.demo import demo

    try:
        code = asyncio.run(demo(port, open_browser=browser))
    except KeyboardInterrupt:
        code = 0
    if code == 0:
        print("newhire demo: ended; nothing of it is left.")  # noqa: T201 - the command's output
    return code


def command_doctor(as_json: bool, slack_blocks: bool) -> int:
    """What of the set-up works; 1 when something must be mended."""
    # Libraries have words of their own for what is found here, and would say them between the lines.
    logging.getLogger().addHandler(logging.NullHandler())
    # SQLite makes files beside the database when it opens it.
    os.umask(0o077)
    from bot.doctor import report
    from bot.doctor.examination import everything, referee

    examined = referee() if slack_blocks else everything()
    found = examined.findings
    if as_json:
        said = [report.as_json(found, examined.sources, healthy=examined.healthy)]
    elif sys.stdout.isatty():
        said = [report.table(found, shutil.get_terminal_size().columns), report.summary(found)]
    else:
        said = [*report.lines(found), report.summary(found)]
    print(*said, sep="\n")  # noqa: T201 - the command's output
    return 0 if examined.healthy else 1


def command_history(since: dt.datetime | None, until: dt.datetime | None, as_csv: bool) -> int:
    """The audit, the newest last."""
    from bot import shell

    try:
        for line in shell.history(since, until, as_csv=as_csv):
            print(line)  # noqa: T201 - the command's output
    except shell.Cannot as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - to the person at the terminal
        return 2
    except BrokenPipeError:
        # Whoever reads it (head, less) has seen enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def command_forget(who: str, provider: str | None, yes: bool) -> int:
    """Take a person out of the database."""
    if not (yes or sys.stdin.isatty()):
        print("Add --yes: there is no terminal to ask at.", file=sys.stderr)  # noqa: T201 - to whoever wrote the script
        return 2
    from bot import shell

    try:
        said = shell.forget(who, provider, lambda question: yes or input(f"{question} [y/N] ").strip().lower() == "y")
    except shell.Cannot as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - to the person at the terminal
        return 2
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED
    print(*said.lines, sep="\n")  # noqa: T201 - the command's output
    return said.code


def command_import(chosen: argparse.Namespace, again: list[str], policy: Policy | None) -> int:
    """A file of people, in a process of its own or by the bot that runs on the same file."""

    def create() -> int:
        from bot.terminal import many

        wanted = many.Wanted(
            file=chosen.file,
            provider=chosen.provider,
            again=shlex.join(["newhire", *again]),
            dry_run=chosen.dry_run,
            only=chosen.only,
            columns=tuple(chosen.column),
            values=tuple(chosen.value),
            region=chosen.region,
        )
        return many.run(wanted, _print, policy)

    return _to_its_end(create)


def command_create(chosen: argparse.Namespace, rest: list[str], policy: Policy | None) -> int:
    """One account."""

    def create() -> int:
        from bot.terminal import one, options

        return one.run(options.read(chosen.provider, rest), _print, policy)

    return _to_its_end(create)


def _to_its_end(command: Callable[[], int]) -> int:
    """Its exit code, with a sentence where it could not begin. The process ends here once something was started."""
    try:
        from bot.service import CannotStart
        from bot.terminal.run import Cannot, Stopped

        try:
            code = command()
        except (Cannot, CannotStart) as problem:
            print(problem, file=sys.stderr)  # noqa: T201 - to the person at the terminal
            code = 2
        except Stopped:
            code = INTERRUPTED
    except KeyboardInterrupt:
        # Before anything of it was begun.
        code = INTERRUPTED
    # As in `command_run`: a thread that hangs keeps nobody.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


def main(arguments: list[str] | None = None, policy: Policy | None = None) -> int:
    """The command line; the exit code. `policy` is for tests: how long the bot waits is no setting."""
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.command == "create":
        return command_create(chosen, rest, policy)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if chosen.command == "run":
        return command_run(policy, restored=chosen.restored)
    if chosen.command == "demo":
        return command_demo(chosen.port, not chosen.no_browser)
    if chosen.command == "import":
        return command_import(chosen, sys.argv[1:] if arguments is None else arguments, policy)
    if chosen.command == "key":
        from cryptography.fernet import Fernet

        print(Fernet.generate_key().decode())  # noqa: T201 - the command's output
        return 0
    if chosen.command == "doctor":
        return command_doctor(chosen.json, chosen.slack_blocks)
    if chosen.command == "history":
        return command_history(chosen.since, chosen.until, chosen.csv)
    if chosen.command == "forget":
        return command_forget(chosen.who, chosen.provider, chosen.yes)
    parser.print_help()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="newhire",
        description="Type /newhire in Slack; the new colleague has an account.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"newhire {version('newhire')}")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    run = commands.add_parser("run", help="run the bot; settings from the environment or .env")
    run.add_argument(
        "--restored", action="store_true", help="the database is an older backup: look before anything in it is sent"
    )
    demo = commands.add_parser("demo", help="try it without any account: a pretend Slack and pretend vendors in a page")
    demo.add_argument("--port", type=_port, default=8765, help="where the page is (0: any free port; default: 8765)")
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")
    many = commands.add_parser(
        "import",
        help="create accounts for a file of people (Excel or CSV)",
        description="Creates an account for every row of a file, and writes the result of every row beside it. Ctrl-C pauses, "
        "and the same command goes on. Exit code 0: every row ended well; 1: some did not; 2: nothing could start.",
    )
    many.add_argument("file", metavar="FILE", type=Path, help="its first row says what stands in which column")
    many.add_argument("--provider", required=True, help="where, like tencent")
    many.add_argument("--dry-run", action="store_true", help="show what would be created, and create nothing")
    many.add_argument("--only", type=_number, metavar="N", help="only the first N; the same command again: the next N")
    many.add_argument("--region", metavar="CN", help="country of phone numbers without a country code")
    many.add_argument("--column", type=_pair, action="append", default=[], metavar="FIELD=HEADER", help="what a column is, "
        "like phone=手机; none=HEADER: not used. Once for each")  # fmt: skip
    many.add_argument("--value", type=_pair, action="append", default=[], metavar="FIELD=TEXT", help="what stands for all "
        "rows that say nothing of it, like department=1024")  # fmt: skip
    create = commands.add_parser(
        "create", help="create one account; --provider first, then --help lists what it takes", add_help=False,
        allow_abbrev=False,
    )  # fmt: skip
    create.add_argument("--provider", help="where, like tencent")
    commands.add_parser("key", help="print a new key for NEWHIRE_SECRET_KEY")
    doctor = commands.add_parser("doctor", help="what of the set-up works, what does not, and how it is mended")
    doctor.add_argument("--json", action="store_true", help="for machines")
    doctor.add_argument(
        "--slack-blocks",
        action="store_true",
        help="have Slack check everything that newhire can draw, and nothing else",
    )
    history = commands.add_parser("history", help="the audit: who asked for whom, when, and what came of it")
    history.add_argument("--since", type=_day, metavar="DAY", help="from this day on, like 2026-11-01 (UTC)")
    history.add_argument("--until", type=_end_of_day, metavar="DAY", help="up to the end of this day")
    history.add_argument("--csv", action="store_true", help="for a spreadsheet; formulas in it do nothing")
    forget = commands.add_parser("forget", help="delete everything that is kept about a person, and say what it was")
    forget.add_argument("who", metavar="ACCOUNT|PHONE|EMAIL", help="by which the person is known")
    forget.add_argument("--provider", help="only what was asked of this one, like tencent")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    commands.add_parser("help", help="print this")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65536):
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535, like 8765 (0: any free port)")
    return int(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text)):
        raise argparse.ArgumentTypeError("must be a number from 1 on, like 5")
    return int(text)


def _pair(text: str) -> tuple[str, str]:
    field, equals, said = (part.strip() for part in text.partition("="))
    if not (field and equals and said):
        raise argparse.ArgumentTypeError("must be two things with = between them, like phone=手机")
    return field, said


def _day(text: str) -> dt.datetime:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day, like 2026-11-01") from None


def _end_of_day(text: str) -> dt.datetime:
    # Not midnight of the next day: there is none after the last that a calendar has.
    return _day(text).replace(hour=23, minute=59, second=59, microsecond=999999)


if __name__ == "__main__":
    sys.exit(main())
