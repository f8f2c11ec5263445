"""What a call costs in CPU beside the vendors' own SDKs, over local TLS with connections kept on both sides.

`python -m tests.bench_adapter` prints it; `make bench` can call `adapter_cpu`. The peer is a process of its own, so that the
time measured is the client's alone. Nothing here is asserted.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkmeeting.v1 import MeetingClient, ShowUserDetailRequest
from huaweicloudsdkmeeting.v1.meeting_credentials import MeetingCredentials
from wemeet_openapi import Client as WemeetClient
from wemeet_openapi.core import xhttp
from wemeet_openapi.core.authenticator import JWTAuthenticator
from wemeet_openapi.core.constants import DEFAULT_SERIALIZER
from wemeet_openapi.service.user_manager import api as wemeet

from bot.providers.huawei import Huawei, HuaweiSettings
from bot.providers.tencent import Tencent, TencentSettings
from tests.answers import configured, huawei, tencent
from tests.certificates import self_signed, serving

CALLS = 300
ROUNDS = 5

Call = Callable[[], object]


@dataclass(frozen=True)
class Cost:
    """CPU of one look-up in microseconds, ours and the SDK's, with so many threads at once."""

    vendor: str
    threads: int
    ours: float
    sdk: float

    @property
    def ratio(self) -> float:
        """Ours in times of the SDK's: 1 is as much, less is better."""
        return self.ours / self.sdk


def adapter_cpu(calls: int = CALLS, rounds: int = ROUNDS) -> list[Cost]:
    """One look-up of a user, medians over `rounds` of `calls` calls, the two sides in turn."""
    costs = []
    with tempfile.TemporaryDirectory() as folder, peer(Path(folder)) as (port, certificate):
        sides = {"Tencent": tencents(port, certificate), "Huawei": huaweis(port, certificate)}
        for (vendor, (ours, sdk)), threads in itertools.product(sides.items(), (1, 16)):
            samples = [(spent(ours, calls, threads), spent(sdk, calls, threads)) for _ in range(rounds + 1)]
            mine, theirs = (statistics.median(side) for side in zip(*samples[1:], strict=True))
            costs.append(Cost(vendor, threads, mine, theirs))
    return costs


def spent(call: Call, calls: int, threads: int) -> float:
    """Microseconds of CPU that one call took, in this process and all its threads."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: call(), range(threads)))  # connect
        before = time.process_time()
        list(pool.map(lambda _: call(), range(calls)))
        return (time.process_time() - before) / calls * 1e6


def tencents(port: int, certificate: str) -> tuple[Call, Call]:
    """The same look-up by us and by wemeet-openapi-sdk-python."""
    keys = {"app_id": "200000001", "sdk_id": "14072105631", "secret_id": "AKIDEXAMPLE", "secret_key": "SKEYexample"}
    config = configured(TencentSettings, **keys, operator_id="admin", base_url=f"https://localhost:{port}")
    with mock.patch.dict(os.environ, {"SSL_CERT_FILE": certificate}):
        ours = Tencent(config)
    hire = Tencent.form.model_validate({"name": "张伟", "account": "zhangwei", "phone": "13800138000"})
    session = requests.Session()
    session.verify = certificate
    session.mount("https://", requests.adapters.HTTPAdapter(pool_connections=20, pool_maxsize=20))
    sdk = WemeetClient(**keys, clt=xhttp.Client(f"localhost:{port}", "https", session, DEFAULT_SERIALIZER))

    def theirs() -> object:
        asked = wemeet.ApiV1UsersUseridGetRequest(userid="zhangwei", operator_id="admin", operator_id_type="1")
        # A fresh authenticator for each call: a used one keeps its nonce and its signature.
        signed = {"authenticator_options": [JWTAuthenticator().options_build()]}
        return sdk.user_manager_api.v1_users_userid_get(asked, **signed).data.userid

    return lambda: ours.find(hire, "V0"), theirs


def huaweis(port: int, certificate: str) -> tuple[Call, Call]:
    """The same look-up by us and by huaweicloudsdkmeeting."""
    address = f"https://localhost:{port}"
    account = {"account": "admin@corp", "password": "Passw0rd!"}
    with mock.patch.dict(os.environ, {"SSL_CERT_FILE": certificate}):
        ours = Huawei(configured(HuaweiSettings, **account, api="current", base_url=address))
    hire = Huawei.form.model_validate({"name": "张伟", "account": "corp-zhangwei", "email": "zhang.wei@example.com"})
    config = HttpConfig(ssl_ca_cert=certificate, timeout=(5, 5))
    client = (
        MeetingClient.new_builder().with_http_config(config).with_credentials(MeetingCredentials(*account.values()))
    )
    sdk = client.with_endpoint(address).build()
    return lambda: ours.find(hire, "V0"), lambda: sdk.show_user_detail(ShowUserDetailRequest(account="corp-zhangwei"))


# --- the peer


@contextmanager
def peer(folder: Path) -> Iterator[tuple[int, str]]:
    """A TLS server in a process of its own that answers every call well: its port and its certificate's file."""
    certificate, both = self_signed(folder)
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, str(both)))
    process.start()
    try:
        yield here.recv(), str(certificate)
    finally:
        process.terminate()
        process.join(10)


def serve(pipe: Any, both: str) -> None:
    """Answers by path, for ever."""
    asyncio.run(_serve(pipe, both))


async def _serve(pipe: Any, both: str) -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=serving(Path(both)))
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    await reader.readexactly(int(line[15:]))
            writer.write(_said(head))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _said(head: bytes) -> bytes:
    token = huawei.TOKEN | {"expireTime": int(time.time()) + 56326}
    said = token if b"/auth/" in head else tencent.FOUND if b" /v1/users/" in head else huawei.MEMBER
    body = json.dumps(said, ensure_ascii=False).encode()
    # As many headers as the vendors' samples show.
    return (
        f"HTTP/1.1 200 OK\r\nDate: Wed, 25 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\nServer: api-gateway\r\n"
        f"X-Request-Id: f78b007ec2dabf1498620131c7bc19e0\r\nCache-Control: no-cache\r\n\r\n"
    ).encode() + body


if __name__ == "__main__":
    for cost in adapter_cpu():
        line = f"{cost.vendor}, {cost.threads} threads: {cost.ours:.0f} us, the SDK {cost.sdk:.0f} us, {cost.ratio:.2f} times"
        print(line, flush=True)  # noqa: T201 - the command's output
