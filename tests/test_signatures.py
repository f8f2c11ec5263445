"""Signatures equal the vectors: Tencent's made by the vendor's own SDK 1.0.10, Huawei's by huaweicloudsdkmeeting 3.1.219.

The vectors are literals, and what goes over the wire is checked with code of this file, not of the adapters.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from bot.providers.huawei import Huawei, HuaweiSettings, app_signature
from bot.providers.tencent import Tencent, TencentSettings, signature
from tests.answers import configured, huawei, tencent

KEY_ID, KEY = "AKIDEXAMPLE0123456789", "SKEYexample/9876543210"
NONCE, TIME = "1792281607", "1700000000"

T1_BODY = (
    '{"area":"86","auto_invite":true,"department_list":["07f4c1966815d251"],"email":"zhangsan@example.com",'
    '"entry_time":1628495795,"job_title":"develop","operator_id":"admin","operator_id_type":1,"phone":"13800138000",'
    '"staff_id":"6666","user_account_type":2,"userid":"zhangsan","username":"张三"}'
)
T2_BODY = '{"username":"张三","userid":"zhangsan","phone":"13800138000"}'
T3_URI = "/v1/users/zhangsan?operator_id=admin+1&operator_id_type=1"

T1 = "Yjc2ZGEyYzM0ZDU3ZTBjMTRjMThlYzVmNWNhZjdhOTVjZjY5MTdiYTQ0MWUyNzQ4Yzg5ODJiZWQzNTBkOWVkZQ=="
T2 = "NGNhY2Y3NWJhYzA5NmM5M2Q1ZTVlYTAwMTZkNDcxNjg3ZGViZjAwOGQ0MzM5NzU5NWY5NjVjYmI4NDI0MmVjMA=="
T3 = "M2MwOGY2MWJmOTUzYjBlZDg5MjkxMjhhNzk2ZDI0MWNlODZkMmJmYWY5NmZjYzA3YWNhMzEwODU4ZmM4Y2NkYw=="


def tencents(method: str, uri: str, body: str) -> str:
    return signature(KEY_ID, KEY, method, NONCE, TIME, uri, body.encode())


@pytest.mark.parametrize(
    ("method", "uri", "body", "expected"),
    [("POST", "/v1/users", T1_BODY, T1), ("POST", "/v1/users", T2_BODY, T2), ("GET", T3_URI, "", T3)],
    ids=["T1", "T2", "T3"],
)
def test_tencents_signature_equals_the_vector(method: str, uri: str, body: str, expected: str) -> None:
    assert tencents(method, uri, body) == expected
    assert len(expected) == 88


def test_the_vectors_bodies_are_those_that_were_signed() -> None:
    assert (len(T1_BODY.encode()), len(T2_BODY.encode())) == (293, 63)


def test_what_wrong_code_would_sign_is_something_else() -> None:
    head = f"X-TC-Key={KEY_ID}&X-TC-Nonce={NONCE}&X-TC-Timestamp={TIME}"
    without_third_newline = independent(f"GET\n{head}\n{T3_URI}".encode())
    written_again = independent(f"POST\n{head}\n/v1/users\n{json.dumps(json.loads(T2_BODY))}".encode())
    raw = base64.b64encode(hmac.digest(KEY.encode(), f"POST\n{head}\n/v1/users\n{T2_BODY}".encode(), "sha256"))
    wrong = {
        "MDUxYzFlOTU2YzM5NzE2Yzc2NjQ2ZmE0Zjk5ZjJjM2FjZDRlZDM1YmQ0YzAyNTZlYWE4NzQ3YzI4YWE3OTQ3ZA==",
        "YmE2YTQ5ZjU1NzBhYjJjODRhMDhkYjE0MTVlNmNjNmVkMTA3NTI5YjNjMDM3Yzk4YWFiZDgzNzRmNzg5MTJmNg==",
        "TKz3W6wJbJPV5eoAFtRxaH3r8AjUM5dZX5Zcu4QkLsA=",
    }
    assert {without_third_newline, written_again, raw.decode()} == wrong
    assert wrong.isdisjoint({tencents("GET", T3_URI, ""), tencents("POST", "/v1/users", T2_BODY)})


def independent(message: bytes, key: str = KEY) -> str:
    """The vendor's recipe once more: base64 of the hex text."""
    return base64.b64encode(hmac.new(key.encode(), message, hashlib.sha256).hexdigest().encode()).decode()


class Recorder(httpx.BaseTransport):
    """Keeps what was sent, as bytes, and answers it well."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies, self.requests = list(bodies), list[httpx.Request]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        body = self.bodies[min(len(self.requests), len(self.bodies)) - 1]
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(body).encode()))


def tencent_sends(account: str, **changed: Any) -> list[httpx.Request]:
    """A creating call and a look-up, as they leave."""
    settings: dict[str, Any] = {"app_id": "200000001", "secret_id": KEY_ID, "secret_key": KEY} | changed
    wire = Recorder(tencent.CREATED | {"userid": account})
    provider = Tencent(configured(TencentSettings, **settings), transport=wire, clock=lambda: 1_700_000_000.9)
    hire = Tencent.form.model_validate({"name": "张三 Ünïcode 😀", "account": "any", "phone": "13800138000"})
    hire = hire.model_copy(update={"account": account})  # what no form takes is quoted none the less
    provider.create(hire, "V0REQUEST1")
    provider.find(hire, "V0REQUEST1")
    return wire.requests


@pytest.mark.parametrize("account", ["zhangsan", "a/b?c=d#e", "50%41", "wei zhang+1@example.com", "a&b;c", "ñandú"])
@pytest.mark.parametrize("base_url", ["https://api.meeting.qq.com", "http://127.0.0.1:9/behind/a/proxy/"])
def test_tencent_gets_the_signature_of_the_very_bytes_that_are_sent(account: str, base_url: str) -> None:
    for request in tencent_sends(account, base_url=base_url, operator_id="admin 1"):
        headers = request.headers
        head = "&".join(f"{name}={headers[name]}" for name in ("X-TC-Key", "X-TC-Nonce", "X-TC-Timestamp"))
        message = f"{request.method}\n{head}\n".encode() + request.url.raw_path + b"\n" + request.content
        assert headers["X-TC-Signature"] == independent(message)
        assert headers["X-TC-Timestamp"] == TIME


def test_a_name_in_chinese_leaves_as_utf_8_and_the_look_up_as_the_vector_has_it() -> None:
    create, find = tencent_sends("zhangsan", operator_id="admin 1")
    assert "张三 Ünïcode 😀".encode() in create.content
    assert find.url.raw_path.decode() == T3_URI


def test_tencents_headers_are_those_of_its_page() -> None:
    create, _ = tencent_sends("zhangsan", sdk_id="14072105631")
    sent = {name.decode(): value.decode() for name, value in create.headers.raw}
    plain = {"Content-Type": "application/json", "X-TC-Key": KEY_ID, "AppId": "200000001", "SdkId": "14072105631"}
    assert sent.items() >= (plain | {"X-TC-Registered": "1", "X-TC-Timestamp": TIME}).items()
    assert int(sent["X-TC-Nonce"]) > 0


def test_an_sdk_id_that_was_not_assigned_is_not_sent() -> None:
    assert all("SdkId" not in request.headers for request in tencent_sends("zhangsan"))


def test_every_send_is_signed_afresh() -> None:
    requests = [request for _ in range(20) for request in tencent_sends("zhangsan")]
    assert len({request.headers["X-TC-Nonce"] for request in requests}) == 40
    assert len({request.headers["X-TC-Signature"] for request in requests}) == 40


# --- Huawei

APP, APP_KEY = "fdb8e4699586458bbd10c834872dcc62", "aAbBcCdDeEfF00112233445566778899"
EXPIRES, APP_NONCE = 1_700_000_600, "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("user", "corp", "expected"),
    [
        ("", None, "ce7222bcb3d7d94201a2c1a12b7b0674b992a8da286a94f1e27b737524ca0aae"),
        ("admin01", None, "1bc5d7b6b882a06d129b537dfa5ac13b2ea3ce47083caf5a0671d5812b2d99b6"),
        ("", "807077033", "f1e3587ec1d06d7f2fcac1587f44355cf8f3b93c035c22a34fb646642f3d8f3b"),
        ("admin01", "807077033", "afa1cc01bcd638b229fd2d5dff52bcb2999d52f32315caf4064a157116c0edfd"),
        ("", "", "92ed48be2c632dc3c6680b7689996e5abb76e61aa014d832139a950374743e55"),
    ],
    ids=["H1", "H2", "H3", "H4", "H5"],
)
def test_huaweis_signature_equals_the_vector(user: str, corp: str | None, expected: str) -> None:
    assert app_signature(APP, APP_KEY, EXPIRES, APP_NONCE, user, corp) == expected


def huawei_sends(*bodies: Any, **settings: Any) -> list[httpx.Request]:
    """A log-in and a creating call, as they leave."""
    wire = Recorder(*bodies)
    provider = Huawei(configured(HuaweiSettings, **settings), transport=wire, clock=lambda: 1_700_000_000.0)
    provider.create(Huawei.form.model_validate({"name": "张三", "email": "z@example.com"}), "V0REQUEST1")
    return wire.requests


PLAIN = (huawei.TOKEN, huawei.MEMBER)
WRAPPED = (huawei.TOKEN, huawei.ENVELOPE | {"data": huawei.MEMBER})
ADMIN = {"account": "admin@corp", "password": "Passw0rd!"}


def test_the_log_in_with_a_password_is_basic_and_of_the_type_for_programs() -> None:
    log_in, _ = huawei_sends(*WRAPPED, **ADMIN)
    assert (log_in.method, log_in.url.path) == ("POST", "/v1/usg/acs/auth/account")
    assert log_in.headers["Authorization"] == "Basic YWRtaW5AY29ycDpQYXNzdzByZCE="
    assert json.loads(log_in.content) == {"account": "admin@corp", "clientType": 72}


def test_the_log_in_path_is_a_setting_and_that_of_2019_is_a_put() -> None:
    log_in, _ = huawei_sends(*WRAPPED, **ADMIN, auth_path="/rest/usg/sso/v1/auth/account")
    assert (log_in.method, log_in.url.path) == ("PUT", "/rest/usg/sso/v1/auth/account")
    assert log_in.headers["Authorization"] == "Basic YWRtaW5AY29ycDpQYXNzdzByZCE="


def test_the_token_of_2019_travels_as_basic_as_in_the_documents_sample() -> None:
    _, create = huawei_sends(*WRAPPED, **ADMIN)
    assert create.headers["Authorization"] == "Basic Y25yMTMxNnZjcDJjZUlrYmZrbzN6MTNZMko4VWRpb093MEVSNGtUSw=="
    assert "X-Access-Token" not in create.headers


def test_the_current_token_travels_as_it_is() -> None:
    _, create = huawei_sends(*PLAIN, **ADMIN, api="current")
    assert create.headers["X-Access-Token"] == "cnr1316vcp2ceIkbfko3z13Y2J8UdioOw0ER4kTK"
    assert "Authorization" not in create.headers


@pytest.mark.parametrize(("user", "corp"), [(None, None), ("admin01", None), (None, "807077033"), ("admin01", "8070")])
def test_the_log_in_with_an_app_id_is_signed_and_names_a_company_only_when_it_is_set(
    user: str | None, corp: str | None
) -> None:
    log_in, _ = huawei_sends(*WRAPPED, app_id=APP, app_key=APP_KEY, user_id=user, corp_id=corp)
    body = json.loads(log_in.content)
    signed = ":".join([APP, *([corp] if corp else []), user or "", str(body["expireTime"]), body["nonce"]])
    expected = hmac.new(APP_KEY.encode(), signed.encode(), hashlib.sha256).hexdigest()
    access = "ZmRiOGU0Njk5NTg2NDU4YmJkMTBjODM0ODcyZGNjNjI="
    assert log_in.headers["Authorization"] == f"HMAC-SHA256 signature={expected},access={access}"
    assert log_in.headers["X-Token-Type"] == "LongTicket"
    assert (log_in.method, log_in.url.path) == ("POST", "/v2/usg/acs/auth/appauth")
    assert 32 <= len(body.pop("nonce")) <= 64
    fixed = {"appId": APP, "userId": user or "", "clientType": 72, "expireTime": 1_700_000_600}
    assert body == fixed | ({"corpId": corp} if corp else {})


def test_every_log_in_has_a_nonce_of_its_own() -> None:
    nonces = {json.loads(huawei_sends(*WRAPPED, app_id=APP, app_key=APP_KEY)[0].content)["nonce"] for _ in range(20)}
    assert len(nonces) == 20
