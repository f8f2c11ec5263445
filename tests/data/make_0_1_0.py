"""Makes the databases that `tests/test_upgrade.py` opens: version 0.1.0 itself writes them, and is killed in the middle.

From the root of a checkout of version 0.1.0 (commit 5727814), with PostgreSQL's server and `pg_dump` installed:

    PYTHONPATH=. python THIS/FOLDER/make_0_1_0.py THIS/FOLDER

It starts that version's own bot in that version's own sandbox, hands in a form for every stage of a request's life at both
providers, brings each to its stage, ends the bot with SIGKILL, and stores three databases (SQLite with a key and without,
PostgreSQL without) and beside each a JSON file: what the vendors and Slack hold at that moment, and how each request must
end. Two minutes for each; afterwards the longest wait in them lasts another five minutes, so test them later than that.

`python -m make_0_1_0 run` is the bot of 0.1.0 that stands still where its table of holds says so: what it has written by
then is what 0.1.0 writes. Three patiences are longer than in real life, so that everything is still at its stage when it
is killed: a waiting run waits at least five minutes, a hanging call hangs for ever, a probe comes after a minute.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KEY = urlsafe_b64encode(b"newhire-test-key-not-a-secret-00").decode()
PASSWORD = "Welcome-at-upgrade-1"
HOLD = 300.0
VENDORS = ("tencent", "huawei")
HELD = ("posted", "announced", "hanging-absent", "hanging-created", "answered", "told", "written-down", "elsewhere")
WORKERS = len(HELD) + 1
"""As many as stand still at each provider at the end, `started` being the last: what is enqueued then is never begun."""

CREATED, EXISTS, REFUSED = "✅☑", "ℹ", "⚠"

Json = dict[str, Any]


# --- the bot of 0.1.0 that stands still -------------------------------------------------------------------------------


def stage_of(name: str) -> str:
    """`Hanging Created Huawei` -> `hanging-created`."""
    return name.lower().replace(" ", "-").rpartition("-")[0]


def stand_still(name: str) -> None:
    logging.getLogger("newhire").warning("held: %s", name)
    threading.Event().wait()


def run() -> int:
    """`newhire run` of 0.1.0 with its holds."""
    import httpx

    from bot import engine, history, provision
    from bot.__main__ import main
    from bot.providers import contract
    from bot.slack import tell

    contract.TIMEOUT, contract.TOTAL_SECONDS = httpx.Timeout(36000.0), 36000.0
    engine.WORKERS = dict.fromkeys(engine.WORKERS, WORKERS)
    engine.AGAIN_SECONDS = (HOLD, HOLD)
    history.PROBE_SECONDS = (60.0, 60.0)
    names: dict[str, str] = {}

    def before(kind: type, method: str, stage: str, name_of: Callable[..., str]) -> None:
        """Stand still before `method` when the request is of that stage."""
        original = getattr(kind, method)

        def held(self: Any, *args: Any, **options: Any) -> Any:
            if stage_of(name := name_of(*args)) == stage:
                stand_still(name)
            return original(self, *args, **options)

        setattr(kind, method, held)

    def of_request(request: Any, *_: object) -> str:
        names[request.id] = request.hire["name"]
        return names[request.id]

    before(provision.Provision, "_announce", "started", of_request)
    before(provision.Provision, "_note_place", "posted", of_request)
    before(provision.Provision, "_attempt", "announced", of_request)
    before(provision.Provision, "_tell", "answered", of_request)
    before(history.History, "finish", "told", lambda request_id, _kind: names[request_id])
    before(engine.Engine, "accept", "never-begun", lambda request, *_: str(request["hire"]["name"]))

    finish, attempt = history.History.finish, provision.Provision._attempt
    admins, later = tell.Teller.admins, engine.Engine.later
    failed: set[str] = set()

    def finish_and_stand_still(self: Any, request_id: str, kind: str) -> None:
        finish(self, request_id, kind)
        if stage_of(names[request_id]) == "written-down":
            stand_still(names[request_id])

    def fail_once(self: Any, request: Any, progress: Any) -> Any:
        if stage_of(request.hire["name"]) == "failed-run" and request.id not in failed:
            failed.add(request.id)
            raise RuntimeError("a fault of ours")
        return attempt(self, request, progress)

    def no_admins(self: Any, request: Any, notice: Json) -> None:
        if request is not None and stage_of(request.hire["name"]) == "admins-untold":
            raise provision.TryLater(tell.SOON)
        admins(self, request, notice)

    def much_later(self: Any, request: Json, progress: Json, seconds: float) -> None:
        later(self, request, progress, max(seconds, HOLD))

    history.History.finish = finish_and_stand_still
    provision.Provision._attempt = fail_once
    tell.Teller.admins = no_admins
    engine.Engine.later = much_later
    return main()


# --- bringing requests to their stages --------------------------------------------------------------------------------


@dataclass
class Made:
    """One request: as it was typed, where it is said to stand, how it must end, and its id."""

    id: str
    name: str
    account: str
    provider: str
    stage: str
    ends: str
    """What its last word starts with; "" when there must be none."""
    created: int
    """How many accounts it has in the end: those that its own send made or makes."""
    requester: str
    channel: str
    """Where its last word must be read."""
    password: bool
    finished: bool


@dataclass
class Maker:
    """A world of 0.1.0 with its bot, and what has been handed in there."""

    world: Any
    bot: Any
    database: str
    made: list[Made] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    async def hand_in(
        self,
        stage: str,
        provider: str,
        ends: str = CREATED,
        *,
        created: int = 1,
        like: str | None = None,
        password: bool = False,
        finished: bool = False,
        confirmed: bool = True,
        asked: str = "",
    ) -> Made:
        """Send the form; `like` is the stage whose account it asks for again, `asked` an unusual way of asking."""
        from tests.people import ALICE, LINA, PEOPLE, QUIET, Person

        name = f"{stage} {provider}".replace("-", " ").title()
        typed = {
            "name": name,
            "account": f"{like or stage}-{provider}",
            "phone": f"139 0014 {next(self.numbers):04d}",
            "email": f"{stage}-{provider}@example.com",
        } | ({"password": PASSWORD} if password else {})
        asker = Person(self.world, LINA if asked == "shortcut" else ALICE)
        in_ = QUIET if asked == "outside" else PEOPLE
        form = await (asker.uses_shortcut() if asked == "shortcut" else asker.opens(in_=in_))
        if provider != VENDORS[0]:
            await form.choose(provider)
        if password:
            await form.press_more()
        await form.submit(**typed)
        if like:
            await form.submit(**typed)  # once more: yes, although somebody has asked for this person
        assert form.is_open is not confirmed, form.words
        made = Made(
            form.id, name, typed["account"], provider, stage, ends, created, asker.user,
            asker.direct if asked else in_, password, finished,
        )  # fmt: skip
        self.made.append(made)
        return made

    async def finished(self, *args: Any, **options: Any) -> None:
        made = await self.hand_in(*args, **options, finished=True)
        await self.until(f"{made.name} is done", lambda: self.ask(made, "newhire_requests", "id", "state") == ["done"])

    async def held(self, *args: Any, **options: Any) -> None:
        made = await self.hand_in(*args, **options)
        await self.until(f"{made.name} is held", lambda: f"held: {made.name}" in self.bot.log)

    async def hanging(self, how: str, stage: str, provider: str, **options: Any) -> None:
        vendor = self.world.vendors[provider]
        vendor.fail(how)
        made = await self.hand_in(stage, provider, **options)
        hangs = [one["id"] for one in vendor.requests if one["answer"] == "(no answer yet)"]
        await self.until(
            f"{made.name} hangs",
            lambda: [one["id"] for one in vendor.requests if one["answer"] == "(no answer yet)"] != hangs,
        )

    async def waiting(self, *args: Any, status: str = "DELAYED", **options: Any) -> None:
        await self.waits(await self.hand_in(*args, **options), status)

    async def waits(self, made: Made, status: str = "DELAYED") -> None:
        await self.until(f"{made.name} is {status}", lambda: status in self.runs(made))

    def runs(self, made: Made) -> list[Any]:
        return self.ask(made, "dbos.workflow_status", "workflow_uuid", "status")

    def ask(self, made: Made, table: str, key: str, column: str) -> list[Any]:
        """A column of the rows that are about a request."""
        return [row[0] for row in rows(self.database, f"select {column} from {table} where {key} like '{made.id}%'")]

    async def until(self, what: str, true: Callable[[], bool], timeout: float = 60.0) -> None:  # noqa: ASYNC109
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not true():
            if loop.time() > end:
                raise TimeoutError(f"not reached: {what}\n{self.bot.log[-5000:]}")
            await asyncio.sleep(0.05)


async def every_stage(maker: Maker) -> None:
    """The order matters: what slows or closes a provider comes after what must get through to it."""
    world = maker.world
    for provider in VENDORS:
        await maker.finished("created", provider, password=provider == "huawei")
        world.vendors[provider].fail("duplicate_phone")
        await maker.finished("rejected", provider, REFUSED, created=0)
        await maker.finished("existing", provider, EXISTS, created=0, like="created")

    unknown = []
    for provider, how, stage in (("tencent", "cut_after", "unknown-created"), ("huawei", "cut", "unknown-absent")):
        world.vendors[provider].fail(how)
        world.vendors[provider].fail("find_refused", times=50)
        unknown.append(await maker.hand_in(stage, provider))
    for made in unknown:
        await maker.waits(made)
        world.vendors[made.provider].fail("")

    for provider in VENDORS:
        world.slack.fail("chat.update", "503")
        await maker.waiting("untold", provider)
        await maker.waiting("admins-untold", provider)
        await maker.waiting("failed-run", provider)
        await refused_and_the_look_fails(maker, provider)

    for provider in VENDORS:
        secret = provider == "huawei"
        await maker.held("posted", provider)
        await maker.held("announced", provider, password=secret)
        await maker.hanging("hang", "hanging-absent", provider, password=secret)
        await maker.hanging("hang_after", "hanging-created", provider, password=secret)
        await maker.waiting("behind", provider, EXISTS, created=0, like="hanging-created")
        await maker.held("answered", provider)
        await maker.held("told", provider)
        await maker.held("written-down", provider)
        await maker.hanging("hang", "elsewhere", provider, asked="shortcut" if secret else "outside")

    world.tencent.fail("429", retry_after=int(HOLD))
    await maker.waiting("slowed", "tencent")
    await maker.waiting("own-pace", "tencent")
    world.huawei.fail("token_500", times=50)
    await maker.waiting("unreachable", "huawei")
    await maker.waiting("in-line", "huawei", password=True)
    await maker.waiting("further-in-line", "huawei")

    for provider in VENDORS:
        secret = provider == "huawei"
        await maker.held("started", provider, password=secret)
        await maker.waiting("enqueued", provider, status="ENQUEUED", password=secret)
        await maker.hand_in("never-begun", provider, "", created=0, confirmed=False, password=secret)


async def refused_and_the_look_fails(maker: Maker, provider: str) -> None:
    vendor = maker.world.vendors[provider]
    vendor.fail("duplicate_phone")
    vendor.fail("find_500", times=50)
    made = await maker.hand_in("refused", provider, REFUSED, created=0)
    # Another's answer in between, or five silent look-ups would open the circuit.
    await maker.until(
        "two look-ups have failed",
        lambda: sum(one["answer"] == "Internal Server Error" for one in vendor.requests) >= 2,
    )
    await maker.finished("meanwhile", provider)
    await maker.waits(made)
    vendor.fail("")


# --- storing ----------------------------------------------------------------------------------------------------------


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    if database.startswith("sqlite"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
            return connection.execute(query.replace("dbos.", "")).fetchall()
    import psycopg

    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


def expected(maker: Maker) -> Json:
    """What `test_upgrade.py` needs beside the database."""
    slack = maker.world.slack
    places = {row[0]: row[1:] for row in rows(maker.database, "select id, channel, ts from newhire_requests")}
    shown = [
        {"channel": channel, "ts": message["ts"], "text": message["text"]}
        for channel, messages in slack.messages.items()
        for message in messages
        if message["user"] == "U0BOT0001" and "ephemeral_for" not in message
    ]
    requests = []
    for made in maker.made:
        channel, ts = places[made.id]
        requests.append(vars(made) | {"message": {"channel": channel, "ts": ts} if ts else None})
    vendors = {
        vendor.name: {"accounts": vendor.accounts, "created": vendor.created} for vendor in maker.world.vendors.values()
    }
    return {"requests": requests, "slack": shown, "vendors": vendors}


def store(database: str, target: Path) -> None:
    """The database file, its log written back into it, or the SQL that makes it again; gzipped, always the same bytes."""
    if database.startswith("sqlite"):
        path = database.removeprefix("sqlite:///")
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        content, ending = Path(path).read_bytes(), ".sqlite.gz"
    else:
        command = ["pg_dump", "--no-owner", "--no-privileges", "--rows-per-insert=100", database]
        dump = subprocess.run(command, check=True, capture_output=True).stdout
        # psql's own commands, which newer versions of pg_dump write: the test needs no psql.
        content, ending = re.sub(rb"(?m)^\\(un)?restrict .*\n", b"", dump), ".sql.gz"
    target.with_name(target.name + ending).write_bytes(gzip.compress(content, mtime=0))


async def make(target: Path, database: str, folder: Path, key: str) -> None:
    from bot.sandbox.world import World
    from tests.conftest import ROOT, begin

    world = World()
    await world.start()
    bot = await begin(
        world,
        folder,
        module=Path(__file__).stem,
        NEWHIRE_DATABASE_URL=database,
        NEWHIRE_SECRET_KEY=key,
        PYTHONPATH=f"{ROOT}{os.pathsep}{HERE}",
    )
    maker = Maker(world, bot, database)
    try:
        await every_stage(maker)
    finally:
        await bot.stop(signal.SIGKILL)
    found = expected(maker)
    await world.stop()
    store(database, target)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    target.with_name(target.name + ".json").write_text(text + "\n", encoding="utf-8")
    for made in maker.made:
        print_runs(maker, made)


def print_runs(maker: Maker, made: Made) -> None:
    """What each stage is in DBOS's tables, to read."""
    runs = rows(
        maker.database,
        "select s.workflow_uuid, s.status, s.queue_name, s.executor_id, s.application_version, s.recovery_attempts, "
        "s.started_at_epoch_ms is not null, s.owner_xid is not null, s.delay_until_epoch_ms is not null "
        f"from dbos.workflow_status s where s.workflow_uuid like '{made.id}%' order by s.created_at",
    )
    state = rows(maker.database, f"select state, kind, ts is not null from newhire_requests where id = '{made.id}'")
    sends = rows(maker.database, f"select what from newhire_sends where request_id = '{made.id}' order by at")
    print(f"{made.stage}-{made.provider}: {state} {[row[0] for row in sends]}")
    for run in runs:
        steps = rows(
            maker.database,
            f"select function_name from dbos.operation_outputs where workflow_uuid = '{run[0]}' order by function_id",
        )
        print("   ", *run, [step[0] for step in steps])


async def main(target: Path) -> None:
    from tests.conftest import PostgreSQL, _postgresql_binaries

    with tempfile.TemporaryDirectory(prefix="newhire-pg-", ignore_cleanup_errors=True) as name:
        for kind, key in (("sqlite_sealed", KEY), ("sqlite_plain", "")):
            folder = Path(tempfile.mkdtemp())
            await make(target / f"0_1_0_{kind}", f"sqlite:///{folder / 'newhire.sqlite'}", folder, key)
        binaries = _postgresql_binaries()
        assert binaries is not None
        server = PostgreSQL(binaries, Path(name))
        server.create()
        server.start()
        try:
            await make(target / "0_1_0_postgresql", server.new_database(), Path(tempfile.mkdtemp()), "")
        finally:
            server.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["run"]:
        sys.exit(run())
    asyncio.run(main(Path(sys.argv[1])))
