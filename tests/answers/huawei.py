"""How Huawei Cloud Meeting answers: two generations of the directory, two log-ins; meeting_21_0067, _0306 and _0311."""

from collections.abc import Callable
from dataclasses import replace

import httpx

from bot.outcome import Account, Conflict, NoSeatLeft, NotAuthorised, RateLimited, Rejected
from bot.providers.contract import Seats
from bot.providers.huawei import Huawei, HuaweiSettings
from tests.answers import After, Case, Refusal, Said, configured

MEMBER = {
    "id": "8a8df0a174a1c6680174a26f578b0000",
    "userAccount": "corp-zhangwei",
    "name": "张伟",
    "englishName": "Wei Zhang",
    "phone": "+8613800138000",
    "country": "chinaPR",
    "email": "zhang.wei@example.com",
    "sipNum": "+99111283523475338",
    "vmrList": [{"id": "8a8df0a1", "vmrId": "985712345", "vmrName": "张伟", "vmrMode": 0, "status": 0}],
    "deptCode": "1",
    "deptName": "示例公司",
    "deptNamePath": "示例公司",
    "userType": 2,
    "adminType": 2,
    "signature": "Hello",
    "status": 0,
}
ENVELOPE = {
    "returnCode": "000000000",
    "returnMessage": "Success",
    "achievementTime": "2019-10-12 10:06:48",
    "requestId": "a4c1b0f2",
}
READ = Account(
    provider="huawei",
    account="corp-zhangwei",
    name="张伟",
    vendor_id="8a8df0a174a1c6680174a26f578b0000",
    english_name="Wei Zhang",
    phone="+8613800138000",
    email="zhang.wei@example.com",
    department="1",
    department_name="示例公司",
    department_path="示例公司",
    sip_number="+99111283523475338",
    meeting_rooms=("985712345",),
    status="0",
    state="active",
    must_change_password=True,
)
TOKEN = {"accessToken": "cnr1316vcp2ceIkbfko3z13Y2J8UdioOw0ER4kTK", "validPeriod": 56326, "clientType": 72}
REFUSALS = (
    Refusal("201040001", Conflict, "account"),
    Refusal("201040020", Conflict, "phone"),
    Refusal("201000006", Rejected, "phone"),
    Refusal("201000007", Rejected, "email"),
    Refusal("201049999", NoSeatLeft, words="添加用户数达到上限"),
    Refusal("206010000", NotAuthorised, words="USG_ERR_PASSWORD"),
    Refusal("206010007", NotAuthorised),
    Refusal("206010057", NotAuthorised),
    Refusal("APIGW.0302", NotAuthorised, status=403),
    Refusal("100000429", RateLimited),
    Refusal("000000429", RateLimited),
    Refusal("APIG.0308", RateLimited, words="The throttling threshold has been reached"),
)


PAGING = {"data", "offset", "limit", "count", "pageIndex", "totalCount"}


def of_2019(of: Refusal) -> Said:
    return Said(ENVELOPE | {"returnCode": of.code, "returnMessage": of.words}, of.status or 200)


def current(of: Refusal) -> Said:
    code = of.code if of.code.startswith("APIG") else f"USG.{of.code}"
    return Said({"error_code": code, "error_msg": of.words}, of.status or 400)


def says_nobody(found: object) -> bool:
    """A list without the person; or no list at all, and nothing that says there is one."""
    if not isinstance(found, dict):
        return False
    paging = {"offset", "limit", "count", "pageIndex", "totalCount"} & found.keys()
    none = bool(paging) and not found.get("count") and not found.get("totalCount")
    return none if found.get("data") is None else isinstance(found["data"], list)


def says_nobody_2019(body: object) -> bool:
    """The envelope says that it went well: nothing in it is nobody."""
    if not isinstance(body, dict) or body.get("returnCode") != "000000000":
        return False
    data = body.get("data")
    return data in (None, {}) or says_nobody(data) or (isinstance(data, dict) and data.keys().isdisjoint(PAGING))


def case(api: str, log_in: str) -> Case:
    legacy, refusal = api == "2019", of_2019 if api == "2019" else current
    members = "/rest/usg/datacenter/v1/corp/member" if legacy else "/v1/usg/dcs/corp/member"

    def wrap(data: object) -> Said:
        return Said(ENVELOPE | {"data": data} if legacy else data)

    def search(request: httpx.Request) -> bool:
        return request.url.path in (members, f"{members}/search")

    def standing(state: str) -> Callable[[httpx.Request], Said]:
        def answer(request: httpx.Request) -> Said:
            if request.url.path == "/v1/usg/abs/users/list":
                return Said([{"id": MEMBER["id"], "statusCode": 0 if state == "there" else 2}])
            if search(request):
                return wrap({"offset": 0, "limit": 200, "count": 0, "data": []})
            if state == "absent":
                return refusal(Refusal("201040000", Rejected))
            return wrap(MEMBER if state == "there" else MEMBER | {"id": "another"})

        return answer

    kind = "" if legacy else "?accountType=0"
    sends = {
        "remove": f'POST {members}/delete{kind} ["corp-zhangwei"]',
        "enable": f'PUT {members}/status/0{kind} ["corp-zhangwei"]',
        "disable": f'PUT {members}/status/1{kind} ["corp-zhangwei"]',
    }
    after = After(standing=standing, sends=sends, done=Said(ENVELOPE) if legacy else Said(b""))
    if not legacy:
        count = {"sumCount": 50, "trialCount": 0, "expiredCount": 0, "expiringCount": 5, "usedCount": 48}
        counted = Said({"teSoftCount": count, "roomCount": count | {"sumCount": 0}})
        sends["seats"] = "GET /v1/usg/dcs/corp/resource"
        after = replace(after, counted=counted, seats=(Seats(None, 50, 48, expiring=5),))
    envelope = {"request_id": "a4c1b0f2", "vendor_code": "000000000", "vendor_message": "Success"}
    account = READ.model_copy(update=envelope | {"vendor_time": "2019-10-12 10:06:48"} if legacy else {})
    credentials = {
        "account": {"account": "admin@corp", "password": "Passw0rd!"},
        "app": {"app_id": "fdb8e4699586458bbd10c834872dcc62", "app_key": "aAbBcCdDeEfF00112233445566778899"},
    }
    # The document of 2019 does not say with which status its envelope comes.
    statuses = (401, 200) if legacy else (401,)
    dead = tuple(refusal(Refusal("000000004", NotAuthorised, words="invalid", status=status)) for status in statuses)
    return Case(
        name=f"huawei-{api}-{log_in}",
        provider=Huawei,
        config=configured(HuaweiSettings, api=api, **credentials[log_in]),
        minimal={"name": "张伟", "email": "zhang.wei@example.com"},
        creating=f"POST {members}",
        created=wrap(MEMBER),
        account=account,
        vendor_id=("data", "id") if legacy else ("id",),
        found=lambda request: wrap({"data": [MEMBER], "totalCount": 1}) if search(request) else wrap(MEMBER),
        found_account=account,
        absent=lambda request: wrap({"data": []}) if search(request) else refusal(Refusal("201040000", Rejected)),
        absent_code="201040000",
        says_absent=says_nobody_2019 if legacy else says_nobody,
        after=after,
        refusal=refusal,
        refusals=REFUSALS,
        wrong_clock=Refusal("206010057", NotAuthorised),
        log_in="/v1/usg/acs/auth/account" if log_in == "account" else "/v2/usg/acs/auth/appauth",
        token=wrap(TOKEN),
        token_seconds=56326,
        dead_tokens=dead,
        token_refusals=(
            refusal(Refusal("206010000", NotAuthorised, words="USG_ERR_PASSWORD", status=401)),
            refusal(Refusal("206010007", NotAuthorised, status=412)),
            refusal(Refusal("206010099", NotAuthorised, status=423)),
            refusal(Refusal("206010057", NotAuthorised)),
            *dead,
        ),
    )


CASES = [case(api, log_in) for api in ("2019", "current") for log_in in ("account", "app")]
