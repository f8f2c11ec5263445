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
from collections.abc import Callable, Sequence
from typing import Any

from cryptography.fernet import Fernet

from bot.batch import BatchFiles, BatchUpdate
from bot.engine import Engine
from bot.intake import Intake
from bot.onboarding.incidents import Incidents
from bot.onboarding.policy import Policy
from bot.onboarding.relay import Relay
from bot.onboarding.upgrade import begin_anew
from bot.onboarding.workflow import Checkpoint, Workflow
from bot.outcome import Account
from bot.providers.tencent import Tencent, TencentHire
from bot.request import Alert, ManyWaiting, MessageRef, Nudge, Reminder, Request, Update, Whisper
from bot.store import limits
from bot.store.cipher import Cipher
from bot.store.database import database
from bot.store.incidents import Incidents as StoredIncidents
from bot.store.limits import CircuitBreaker, RateLimiter
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from bot.store.requests import Requests

BUSY, ROUNDS, AT_ONCE = 200, 30, 10
GAP = 0.25


class SlowVendor:
    form = TencentHire
    abilities = Tencent.abilities

    def __init__(self, limiter: RateLimiter, engine: Engine) -> None:
        self._limiter, self._engine = limiter, engine

    def create(self, hire: TencentHire, request_id: str) -> Account:
        self._engine.sleep(self._limiter.turn("tencent", GAP, None, 20.0) or 0.0)
        time.sleep(0.05)
        return Account(provider="tencent", account=hire.account, name=hire.name)

    def find(self, hire: TencentHire, request_id: str) -> Account | None:
        return None


class NobodyListens:
    """People who are told at once: Slack's part is measured elsewhere."""

    def tell(self, request: Request, ref: MessageRef | None, update: Update | Nudge) -> MessageRef:
        return ref or MessageRef(channel="C1", ts=request.id)

    def alert(self, request: Request | None, ref: MessageRef | None, alert: Alert) -> None:
        return None

    def batch(self, ref: MessageRef | None, update: BatchUpdate) -> MessageRef | None:
        raise NotImplementedError

    def attach(self, ref: MessageRef, files: BatchFiles, sent: Callable[[Sequence[str]], None]) -> None:
        raise NotImplementedError

    def remind(self, request: Request, ref: MessageRef | None, reminder: Reminder | ManyWaiting) -> None:
        return None

    def whisper(self, request: Request, whisper: Whisper) -> None:
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
    tables, policy = database(url), Policy()
    requests, limiter = Requests(tables, cipher, front=database(url)), RateLimiter(tables)
    engine = Engine(url, tables, cipher, ["tencent"])
    outbox = Outbox(tables, cipher, engine.me)
    relay = Relay(outbox, NobodyListens(), policy.give_up)
    breaker = CircuitBreaker(tables, policy.failures_before_open, policy.shortest_probe, policy.longest_probe)
    vendors = {"tencent": SlowVendor(limiter, engine)}
    incidents = Incidents(StoredIncidents(tables), relay)
    workflow = Workflow(vendors, requests, limiter, breaker, relay, incidents, engine, policy)
    intake = Intake(requests, engine)

    def run(request: Request, stored: Any) -> None:
        workflow.run(request, Checkpoint.model_validate(stored))

    def start() -> None:
        engine.claim()
        migrate(tables)
        limits.register(tables, vendors)
        engine.start(run, lambda key, stored: begin_anew(requests, key, stored), relay.take_over, outbox.holders)

    await asyncio.to_thread(start)
    samples: list[float] = []

    async def accept(number: int) -> None:
        request, hire = person(number)
        before = time.perf_counter()
        await intake.accept(request, hire)
        samples.append((time.perf_counter() - before) * 1000)

    for first in range(0, BUSY + ROUNDS * AT_ONCE, AT_ONCE):
        await asyncio.gather(*(accept(number) for number in range(first, first + AT_ONCE)))
        # Ten people who send at the same moment, then ten others: not one crowd that never draws breath.
        await asyncio.sleep(0.1)
    print(json.dumps(samples[BUSY:]), flush=True)  # noqa: T201 - the command's output
    await asyncio.to_thread(engine.stop, 0)


if __name__ == "__main__":
    asyncio.run(main())
    sys.exit(0)
