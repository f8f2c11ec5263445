"""The vendors' own SDKs create users in the sandbox: it speaks the vendors' protocol, and not only ours."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkmeeting.v1 import (
    AddUserDTO,
    AddUserRequest,
    AddUserResponse,
    BatchDeleteUsersRequest,
    BatchShowUserDetailsRequest,
    BatchUpdateUserStatusRequest,
    MeetingClient,
    ModUserDTO,
    SearchUsersRequest,
    ShowCorpResourceRequest,
    ShowUserDetailRequest,
    ShowUserRequestDTO,
    UpdateUserRequest,
    UserFunctionDTO,
)
from huaweicloudsdkmeeting.v1.meeting_credentials import AuthTypeEnum, MeetingCredentials, TenantSceneEnum
from wemeet_openapi import Client as WemeetClient
from wemeet_openapi.core import xhttp
from wemeet_openapi.core.authenticator import JWTAuthenticator
from wemeet_openapi.core.constants import DEFAULT_SERIALIZER
from wemeet_openapi.core.exception import ClientException, ServiceException
from wemeet_openapi.service.user_manager import api as wemeet
from wemeet_openapi.service.user_manager.model import (
    V1UsersDeleteTransferPostRequest,
    V1UsersInviteActivatePostRequest,
    V1UsersPostRequest,
    V1UsersUseridEnablePutRequest,
    V1UsersUseridPutRequest,
)

from bot.sandbox.vendors.huawei import FakeHuawei, app_signature, basic
from bot.sandbox.vendors.tencent import FakeTencent, signature
from bot.sandbox.vendors.vendor import FakeVendor
from tests.certificates import self_signed, serving


@contextmanager
def served(vendor: FakeVendor, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """The vendor on a loop of its own, since the SDKs block the thread that calls them."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(vendor.start(tls=tls), loop).result(5)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(vendor.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


# --- Tencent: wemeet-openapi-sdk-python


@contextmanager
def wemeet_users(vendor: FakeTencent, **credentials: str) -> Iterator[Any]:
    session = requests.Session()
    host = vendor.url.removeprefix("http://")
    client = WemeetClient(
        **{
            "app_id": vendor.app_id,
            "sdk_id": vendor.sdk_id,
            "secret_id": vendor.secret_id,
            "secret_key": vendor.secret_key,
        }
        | credentials,
        clt=xhttp.Client(host, "http", session, DEFAULT_SERIALIZER),
    )
    with session:
        yield client.user_manager_api


def signed() -> dict[str, Any]:
    """A fresh authenticator for each call: a used one keeps its nonce and its signature."""
    return {"authenticator_options": [JWTAuthenticator().options_build()]}


def zhang_san(**more: Any) -> Any:
    person = {"userid": "zhangsan", "username": "张三", "phone": "13800138000", "operator_id": "admin"}
    return wemeet.ApiV1UsersPostRequest(body=V1UsersPostRequest(**(person | {"operator_id_type": 1} | more)))


@pytest.fixture
def tencent_vendor() -> Iterator[FakeTencent]:
    vendor = FakeTencent()
    with served(vendor):
        yield vendor


def test_tencents_sdk_creates_and_finds_a_user(tencent_vendor: FakeTencent) -> None:
    department = next(iter(tencent_vendor.departments))
    with wemeet_users(tencent_vendor) as users:
        created = users.v1_users_post(
            zhang_san(
                email="zhangsan@example.com",
                area="86",
                staff_id="6666",
                job_title="develop",
                entry_time=1628495795,
                department_list=[department],
                user_account_type=2,
                auto_invite=True,
            ),
            **signed(),
        )
        asked = wemeet.ApiV1UsersUseridGetRequest(userid="zhangsan", operator_id="admin", operator_id_type="1")
        found = users.v1_users_userid_get(asked, **signed())
    assert (created.data.userid, created.data.username, created.data.phone) == ("zhangsan", "张三", "13800138000")
    assert (found.data.status, found.data.staff_id, found.data.entry_time) == ("3", "6666", 1628495795)
    assert found.data.department_list[0].department_id == department
    assert [entry["key"] for entry in tencent_vendor.created] == ["zhangsan"]


def test_tencents_sdk_lists_users_and_reads_the_seats(tencent_vendor: FakeTencent) -> None:
    who = {"operator_id": "admin", "operator_id_type": "1"}
    with wemeet_users(tencent_vendor) as users:
        users.v1_users_post(zhang_san(), **signed())
        listed = users.v1_users_list_get(wemeet.ApiV1UsersListGetRequest(page="1", page_size="10", **who), **signed())
        asked = wemeet.ApiV1UsersAdvanceListGetRequest(pos="0", size="10", status="3", **who)
        waiting = users.v1_users_advance_list_get(asked, **signed())
        asked = wemeet.ApiV1UsersAccountStatisticsGetRequest(**who)
        seats = users.v1_users_account_statistics_get(asked, **signed())
    assert [user.userid for user in listed.data.users] == ["admin", "zhangsan"]
    assert [user.userid for user in waiting.data.users] == ["zhangsan"]
    assert seats.data.user_count == 1


BY = {"operator_id": "admin", "operator_id_type": 1}
ASKED_BY = {"operator_id": "admin", "operator_id_type": "1"}


def code_of(call: Any, asked: Any) -> int | None:
    """The vendor's code for a call of Tencent's SDK; None when it went well."""
    try:
        call(asked, **signed())
    except ServiceException as refused:
        return int(refused.error_info.error_code)
    except ClientException as misread:
        # The SDK does not take an empty body for the success that it is.
        if "http status code: 200" not in str(misread):
            raise
    return None


def test_tencents_sdk_invites_gives_links_and_switches(tencent_vendor: FakeTencent) -> None:
    invitation = wemeet.ApiV1UsersUseridInviteActivatePutRequest(userid="zhangsan", **ASKED_BY)
    links = V1UsersInviteActivatePostRequest(userid_list=["zhangsan", "nobody"], **BY)

    def enable(on: bool) -> Any:
        body = V1UsersUseridEnablePutRequest(enable=on, **BY)
        return wemeet.ApiV1UsersUseridEnablePutRequest(userid="zhangsan", body=body)

    with wemeet_users(tencent_vendor) as users:
        users.v1_users_post(zhang_san(auto_invite=False), **signed())
        invite, switch = users.v1_users_userid_invite_activate_put, users.v1_users_userid_enable_put
        assert [code_of(invite, invitation) for _ in range(2)] == [None, 15101]
        assert code_of(switch, enable(False)) == 60005
        given = users.v1_users_invite_activate_post(
            wemeet.ApiV1UsersInviteActivatePostRequest(body=links), **signed()
        ).data.inactivate_user_list
        assert [link.userid for link in given] == ["zhangsan"]
        tencent_vendor.follow(given[0].activate_url)
        assert [code_of(switch, enable(on)) for on in (False, True)] == [None, None]
        assert code_of(invite, invitation) == 20003
    assert [account["status"] for account in tencent_vendor.accounts] == ["1"]


def test_tencents_sdk_updates_deletes_and_hands_over(tencent_vendor: FakeTencent) -> None:
    renamed = V1UsersUseridPutRequest(username="张三丰", **BY)
    assets = V1UsersDeleteTransferPostRequest(to_operator_id="zhangsan", to_operator_id_type=1, **BY)
    with wemeet_users(tencent_vendor) as users:
        users.v1_users_post(zhang_san(), **signed())
        update = wemeet.ApiV1UsersUseridPutRequest(userid="zhangsan", body=renamed)
        assert code_of(users.v1_users_userid_put, update) is None
        uuid_ = tencent_vendor.accounts[0]["uuid"]
        found = users.v1_users_get(wemeet.ApiV1UsersGetRequest(uuid=uuid_, **ASKED_BY), **signed())
        assert (found.data.userid, found.data.username, found.data.uuid) == ("zhangsan", "张三丰", uuid_)
        transfer = wemeet.ApiV1UsersDeleteTransferPostRequest(body=assets)
        assert code_of(users.v1_users_delete_transfer_post, transfer) == 10001
        deletion = wemeet.ApiV1UsersDeleteRequest(uuid=uuid_, **ASKED_BY)
        assert [code_of(users.v1_users_delete, deletion) for _ in range(2)] == [None, 20001]
        assert code_of(users.v1_users_delete_transfer_post, transfer) is None
        users.v1_users_post(zhang_san(), **signed())
        deletion = wemeet.ApiV1UsersUseridDeleteRequest(userid="zhangsan", **ASKED_BY)
        assert code_of(users.v1_users_userid_delete, deletion) is None
    assert tencent_vendor.accounts == []


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({"secret_key": "another"}, 200003),
        ({"secret_id": "another"}, 190303),
        ({"app_id": "another"}, 190303),
        ({"sdk_id": "another"}, 190303),
    ],
)
def test_tencents_sdk_with_a_wrong_credential_is_refused(
    tencent_vendor: FakeTencent, credentials: dict[str, str], code: int
) -> None:
    with wemeet_users(tencent_vendor, **credentials) as users, pytest.raises(ServiceException) as refused:
        users.v1_users_post(zhang_san(), **signed())
    assert refused.value.error_info.error_code == code
    assert not tencent_vendor.accounts


def test_tencents_sdk_is_caught_when_it_reuses_its_authenticator(tencent_vendor: FakeTencent) -> None:
    once = {"authenticator_options": [JWTAuthenticator().options_build()]}
    with wemeet_users(tencent_vendor) as users:
        users.v1_users_post(zhang_san(), **once)
        with pytest.raises(ServiceException, match="190301"):
            users.v1_users_post(zhang_san(userid="lisi", phone="13800138001"), **once)
    assert len(tencent_vendor.created) == 1


KEYS = ("AKIDEXAMPLE0123456789", "SKEYexample/9876543210")
MOMENT = ("1792281607", "1700000000")
T1_BODY = (
    '{"area":"86","auto_invite":true,"department_list":["07f4c1966815d251"],"email":"zhangsan@example.com",'
    '"entry_time":1628495795,"job_title":"develop","operator_id":"admin","operator_id_type":1,"phone":"13800138000",'
    '"staff_id":"6666","user_account_type":2,"userid":"zhangsan","username":"张三"}'
).encode()
T2_BODY = '{"username":"张三","userid":"zhangsan","phone":"13800138000"}'.encode()
T1 = "Yjc2ZGEyYzM0ZDU3ZTBjMTRjMThlYzVmNWNhZjdhOTVjZjY5MTdiYTQ0MWUyNzQ4Yzg5ODJiZWQzNTBkOWVkZQ=="
T2 = "NGNhY2Y3NWJhYzA5NmM5M2Q1ZTVlYTAwMTZkNDcxNjg3ZGViZjAwOGQ0MzM5NzU5NWY5NjVjYmI4NDI0MmVjMA=="
T3 = "M2MwOGY2MWJmOTUzYjBlZDg5MjkxMjhhNzk2ZDI0MWNlODZkMmJmYWY5NmZjYzA3YWNhMzEwODU4ZmM4Y2NkYw=="
T3_URI = "/v1/users/zhangsan?operator_id=admin+1&operator_id_type=1"


@pytest.mark.parametrize(
    ("method", "uri", "body", "right"),
    [
        pytest.param("POST", "/v1/users", T1_BODY, T1, id="T1"),
        pytest.param("POST", "/v1/users", T2_BODY, T2, id="T2"),
        pytest.param("GET", T3_URI, b"", T3, id="T3"),
    ],
)
def test_the_sandboxs_tencent_signature_equals_the_sdks_vectors(method: str, uri: str, body: bytes, right: str) -> None:
    assert signature(*KEYS, method, *MOMENT, uri, body) == right


REFORMATTED = "YmE2YTQ5ZjU1NzBhYjJjODRhMDhkYjE0MTVlNmNjNmVkMTA3NTI5YjNjMDM3Yzk4YWFiZDgzNzRmNzg5MTJmNg=="
RAW_DIGEST = "TKz3W6wJbJPV5eoAFtRxaH3r8AjUM5dZX5Zcu4QkLsA="
NO_THIRD_NEWLINE = "MDUxYzFlOTU2YzM5NzE2Yzc2NjQ2ZmE0Zjk5ZjJjM2FjZDRlZDM1YmQ0YzAyNTZlYWE4NzQ3YzI4YWE3OTQ3ZA=="


@pytest.mark.parametrize(
    ("method", "uri", "body", "sent", "code"),
    [
        pytest.param("POST", "/v1/users", T2_BODY, T2, None, id="T2"),
        pytest.param("POST", "/v1/users", T2_BODY, REFORMATTED, 200003, id="body written anew"),
        pytest.param("POST", "/v1/users", T2_BODY, RAW_DIGEST, 200003, id="digest not as hex"),
        # Signed right: what is refused is the made-up operator, not the signature.
        pytest.param("GET", T3_URI, b"", T3, 20001, id="T3"),
        pytest.param("GET", T3_URI, b"", NO_THIRD_NEWLINE, 200003, id="third newline missing"),
    ],
)
def test_the_vectors_over_the_wire(method: str, uri: str, body: bytes, sent: str, code: int | None) -> None:
    moment = 1700000100.0
    vendor = FakeTencent(secret_id=KEYS[0], secret_key=KEYS[1], operator_required=False, clock=lambda: moment)
    headers = {
        "Content-Type": "application/json",
        "AppId": vendor.app_id,
        "SdkId": vendor.sdk_id,
        "X-TC-Key": KEYS[0],
        "X-TC-Nonce": MOMENT[0],
        "X-TC-Timestamp": MOMENT[1],
        "X-TC-Signature": sent,
    }
    with served(vendor), requests.request(method, vendor.url + uri, data=body, headers=headers, timeout=5) as answer:
        assert answer.json().get("error_info", {}).get("error_code") == code
    assert len(vendor.created) == (1 if sent == T2 else 0)


# --- Huawei: huaweicloudsdkmeeting


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A throw-away certificate for 127.0.0.1, since the SDK logs in over https and nothing else."""
    authority, both = self_signed(tmp_path_factory.mktemp("tls"))
    return authority, serving(both)


@contextmanager
def huawei_client(
    vendor: FakeHuawei, credentials: MeetingCredentials, certificate: Path | None = None
) -> Iterator[Any]:
    config = HttpConfig(ssl_ca_cert=str(certificate) if certificate else None, timeout=(5, 5))
    client = (
        MeetingClient.new_builder()
        .with_http_config(config)
        .with_credentials(credentials)
        .with_endpoint(vendor.url)
        .build()
    )
    try:
        yield client
    finally:
        client.get_http_client().executor.shutdown()
        client.get_http_client().close()


def by_account(vendor: FakeHuawei, password: str | None = None) -> MeetingCredentials:
    return MeetingCredentials(vendor.account, password or vendor.password)


def by_app(vendor: FakeHuawei, scene: TenantSceneEnum = TenantSceneEnum.SINGLE_TENANT) -> MeetingCredentials:
    credentials = MeetingCredentials().with_auth_type_enum(AuthTypeEnum.APP_ID).with_tenant_scene_enum(scene)
    return credentials.with_app_id(vendor.app_id).with_app_key(vendor.app_key).with_user_id("")


def add_zhang_san(client: Any) -> AddUserResponse:
    person = AddUserDTO(
        name="张三",
        english_name="Zhang San",
        account="zhangsan@corp",
        third_account="third-1",
        phone="+8613800138000",
        country="chinaPR",
        email="zhangsan@example.com",
        pwd="Secret-1234",
        dept_code="D100",
        signature="hello",
        title="Engineer",
        desc="new",
        status=0,
        function=UserFunctionDTO(enable_room=True),
        send_notify="0",
        sort_level=7,
        hide_phone=True,
    )
    return client.add_user(AddUserRequest(body=person))


@pytest.mark.parametrize("way", [by_account, by_app])
def test_huaweis_sdk_logs_in_creates_and_finds_a_user(way: Any, certificate: tuple[Path, ssl.SSLContext]) -> None:
    vendor = FakeHuawei()
    with served(vendor, certificate[1]), huawei_client(vendor, way(vendor), certificate[0]) as client:
        created = add_zhang_san(client)
        found = client.show_user_detail(ShowUserDetailRequest(account="zhangsan@corp", account_type=0))
        by_third = client.show_user_detail(ShowUserDetailRequest(account="third-1", account_type=1))
        searched = client.search_users(SearchUsersRequest(search_key="13800138000"))
        client.batch_delete_users(BatchDeleteUsersRequest(account_type=0, body=["zhangsan@corp"]))
        with pytest.raises(ClientRequestException, match=r"USG\.201040000"):
            client.show_user_detail(ShowUserDetailRequest(account="zhangsan@corp"))
    assert (created.user_account, created.dept_name_path.split("/")[1]) == ("zhangsan@corp", "研发部 Engineering")
    assert created.vmr_list[0].vmr_id
    assert found.to_json_object() == by_third.to_json_object() == created.to_json_object()
    assert (found.title, found.sort_level, found.hide_phone, found.function.enable_room) == ("Engineer", 7, True, True)
    assert (searched.count, searched.data[0].user_account) == (1, "zhangsan@corp")
    assert (vendor.logins, len(vendor.created), vendor.accounts) == (1, 1, [])


def test_huaweis_sdk_asks_for_many_switches_updates_and_counts(certificate: tuple[Path, ssl.SSLContext]) -> None:
    vendor = FakeHuawei(seats=9, expiring=2)
    with served(vendor, certificate[1]), huawei_client(vendor, by_account(vendor), certificate[0]) as client:
        created = add_zhang_san(client)

        def details(kind: str, *ids: str) -> list[tuple[str, int]]:
            asked = [ShowUserRequestDTO(id=each) for each in ids]
            rows = client.batch_show_user_details(BatchShowUserDetailsRequest(id_type=kind, body=asked)).body
            return [(row.id, row.status_code) for row in rows]

        assert details("USER_ID", created.id, "nobody") == [(created.id, 0), ("nobody", 2)]
        assert details("THIRD_ACCOUNT", "third-1") == [(created.id, 0)]
        vendor.unseen.add(created.id)
        assert details("USER_ID", created.id) == [(created.id, 3)]
        vendor.unseen.clear()
        asked = BatchUpdateUserStatusRequest(value=1, account_type=0, body=["zhangsan@corp"])
        client.batch_update_user_status(asked)
        disabled = client.search_users(SearchUsersRequest(status=1))
        updated = client.update_user(
            UpdateUserRequest(account="zhangsan@corp", account_type=0, body=ModUserDTO(name="张三丰"))
        )
        seats = client.show_corp_resource(ShowCorpResourceRequest()).te_soft_count
    assert [row.id for row in disabled.data] == [created.id]
    assert (updated.name, updated.dept_code) == ("张三丰", "1")  # no department said: moved to the root
    assert (seats.sum_count, seats.used_count, seats.expiring_count) == (9, 1, 2)


def test_huaweis_sdk_serves_several_enterprises(certificate: tuple[Path, ssl.SSLContext]) -> None:
    vendor = FakeHuawei(several_enterprises=True)
    credentials = by_app(vendor, TenantSceneEnum.MULTI_TENANT).with_corp_id(vendor.corp_id)
    with served(vendor, certificate[1]), huawei_client(vendor, credentials, certificate[0]) as client:
        add_zhang_san(client)
    assert len(vendor.accounts) == 1


def test_huaweis_sdk_with_a_wrong_password_is_refused(certificate: tuple[Path, ssl.SSLContext]) -> None:
    vendor = FakeHuawei()
    with (
        served(vendor, certificate[1]),
        huawei_client(vendor, by_account(vendor, "wrong"), certificate[0]) as client,
        pytest.raises(ClientRequestException, match=r"USG\.206010000") as refused,
    ):
        add_zhang_san(client)
    assert refused.value.status_code == 401
    assert (vendor.logins, vendor.accounts) == (0, [])


def test_huaweis_sdk_keeps_a_dead_token_and_is_refused() -> None:
    """Over plain http, with the token preset: the SDK's own log-in knows https only."""
    vendor = FakeHuawei()
    credentials = by_account(vendor)
    with served(vendor), huawei_client(vendor, credentials) as client:
        headers = {"Authorization": basic(f"{vendor.account}:{vendor.password}")}
        body: dict[str, Any] = {"account": vendor.account, "clientType": 72}
        with requests.post(f"{vendor.url}/v1/usg/acs/auth/account", json=body, headers=headers, timeout=5) as answer:
            credentials._token, credentials._last_token_date = answer.json()["accessToken"], datetime.datetime.now()
        add_zhang_san(client)
        vendor.revoke_tokens()
        with pytest.raises(ClientRequestException, match=r"USG\.000000004"):
            client.show_user_detail(ShowUserDetailRequest(account="zhangsan@corp"))


APP = ("fdb8e4699586458bbd10c834872dcc62", "aAbBcCdDeEfF00112233445566778899")
EXPIRES, NONCE = 1700000600, "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("corp", "user", "right"),
    [
        pytest.param(None, "", "ce7222bcb3d7d94201a2c1a12b7b0674b992a8da286a94f1e27b737524ca0aae", id="H1"),
        pytest.param(None, "admin01", "1bc5d7b6b882a06d129b537dfa5ac13b2ea3ce47083caf5a0671d5812b2d99b6", id="H2"),
        pytest.param("807077033", "", "f1e3587ec1d06d7f2fcac1587f44355cf8f3b93c035c22a34fb646642f3d8f3b", id="H3"),
        pytest.param(
            "807077033", "admin01", "afa1cc01bcd638b229fd2d5dff52bcb2999d52f32315caf4064a157116c0edfd", id="H4"
        ),
        pytest.param("", "", "92ed48be2c632dc3c6680b7689996e5abb76e61aa014d832139a950374743e55", id="H5"),
    ],
)
def test_the_app_signature_equals_the_sdks_and_the_vectors(corp: str | None, user: str, right: str) -> None:
    scene = TenantSceneEnum.SINGLE_TENANT if corp is None else TenantSceneEnum.MULTI_TENANT
    credentials = MeetingCredentials().with_app_id(APP[0]).with_app_key(APP[1]).with_tenant_scene_enum(scene)
    sdks = credentials.with_corp_id(corp).with_user_id(user)._sign_hmac256(EXPIRES, NONCE)
    assert app_signature(*APP, user, EXPIRES, NONCE, corp) == sdks.lower() == right


def test_the_basic_headers_equal_the_vectors() -> None:
    assert basic("admin@corp:Passw0rd!") == "Basic YWRtaW5AY29ycDpQYXNzdzByZCE="
    token = "cnr1316vcp2ceIkbfko3z13Y2J8UdioOw0ER4kTK"
    assert basic(token) == "Basic Y25yMTMxNnZjcDJjZUlrYmZrbzN6MTNZMko4VWRpb093MEVSNGtUSw=="
