"""What accepting costs alone: ten forms at a time over the real intake and engine, with 200 requests under way.

`make bench` runs it in a process of its own and reads the milliseconds that it prints as JSON. The requests under way wait
for a vendor that takes 50 ms and a pace of 300 calls a minute, as `newhire run` would.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from typing import Any

from cryptography.fernet import Fernet

from bot.engine import Engine
from bot.intake import Intake
from bot.onboarding.workflow import Provision, Request
from bot.outcome import Account
from bot.providers.tencent import TencentHire
from bot.store.cipher import Cipher
from bot.store.history import History, database

BUSY, ROUNDS, AT_ONCE = 200, 30, 10
GAP = 0.25


class SlowVendor:
    form = TencentHire

    def __init__(self, history: History, engine: Engine) -> None:
        self._history, self._engine = history, engine

    def create(self, hire: TencentHire, request_id: str) -> Account:
        self._engine.sleep(self._history.turn("tencent", GAP, None, 20.0) or 0.0)
        time.sleep(0.05)
        return Account(provider="tencent", account=hire.account, name=hire.name)

    def find(self, hire: TencentHire, request_id: str) -> Account | None:
        return None


class NobodyListens:
    """People who are told at once: Slack's part is measured elsewhere."""

    def announce(self, request: Request) -> dict[str, Any]:
        return {"channel": "C1", "ts": request.id}

    def progress(self, request: Request, place: Any, note: Any) -> Any:
        return place

    def result(self, request: Request, place: Any, outcome: Any) -> Any:
        return place

    def admins(self, request: Request | None, notice: Any) -> None:
        return None


def person(number: int) -> tuple[Request, TencentHire]:
    typed = {"name": f"Zhang {number}", "account": f"zhang{number}", "phone": f"+86139{number:08}"}
    hire = TencentHire.model_validate(typed, context={"region": "CN"})
    request = Request(
        id=f"V{number}", provider="tencent", hire=hire.typed(), requester="U1", channel="C1", accepted_at=time.time()
    )
    return request, hire


async def main() -> None:
    url = f"sqlite:///{tempfile.mkdtemp()}/newhire.sqlite"
    cipher = Cipher([Fernet.generate_key().decode()])
    tables = database(url)
    history, engine = History(tables, cipher, front=database(url)), Engine(url, tables, cipher, ["tencent"])
    provision = Provision({"tencent": SlowVendor(history, engine)}, history, NobodyListens(), engine)
    intake = Intake(history, engine)
    engine.claim()
    history.create(["tencent"])
    await asyncio.to_thread(engine.start, provision.leg)
    samples: list[float] = []

    async def accept(number: int) -> None:
        request, hire = person(number)
        before = time.perf_counter()
        await intake.accept(request, hire)
        samples.append((time.perf_counter() - before) * 1000)

    for start in range(0, BUSY + ROUNDS * AT_ONCE, AT_ONCE):
        await asyncio.gather(*(accept(number) for number in range(start, start + AT_ONCE)))
        # Ten people who send at the same moment, then ten others: not one crowd that never draws breath.
        await asyncio.sleep(0.1)
    print(json.dumps(samples[BUSY:]), flush=True)  # noqa: T201 - the command's output
    await asyncio.to_thread(engine.stop, 0)


if __name__ == "__main__":
    asyncio.run(main())
    sys.exit(0)
