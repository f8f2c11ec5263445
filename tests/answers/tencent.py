"""How Tencent Meeting answers: /document/product/1095/43675 (create), /43704 (codes); business errors come with HTTP 500."""

from collections.abc import Callable

import httpx

from bot.outcome import (
    Account,
    Conflict,
    NoSeatLeft,
    NotAuthorised,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
)
from bot.providers.contract import Seats
from bot.providers.tencent import Tencent, TencentSettings
from tests.answers import After, Case, Refusal, Said, configured

CREATED = {
    "username": "张伟",
    "userid": "zhangwei",
    "uuid": "WMTn4PzcYQ6Qi9s2hA",
    "phone": "13800138000",
    "email": "zhang.wei@example.com",
}
DEPARTMENT = {
    "department_id": "07f4c1966815d251",
    "department_name": "研发部",
    "department_full_name": "示例公司/研发部",
}
FOUND = CREATED | {
    "area": "86",
    "status": "1",
    "staff_id": "6666",
    "job_title": "Engineer",
    "department_list": [DEPARTMENT],
}


def refusal(of: Refusal) -> Said:
    info = {"error_code": int(of.code), "new_error_code": int(f"200{of.code}"), "message": of.words}
    return Said({"error_info": info}, of.status or 500)


WHO = "operator_id=admin&operator_id_type=1"
OPERATOR = '"operator_id":"admin","operator_id_type":1'
LINK = "https://meeting.tencent.com/corporate-invitation/activation.html?code=12345678"


def standing(state: str) -> Callable[[httpx.Request], Said]:
    """How it answers look-ups while the account is there, absent, or another one has its userid."""

    def answer(request: httpx.Request) -> Said:
        if request.url.path in ("/v1/users/list", "/v1/users/advance/list"):
            return Said({"total_count": 0, "has_remaining": False, "next_pos": 0, "users": []})
        if state == "absent":
            return refusal(Refusal("20001", Rejected, status=400))
        return Said(FOUND if state == "there" else FOUND | {"uuid": "WManother"})

    return answer


COUNTED = {
    "user_count": 12,
    "user_account_details": [
        {"user_account_type": 2, "user_account_count": 100, "user_account_used_count": 10},
        {"user_account_type": 9, "user_account_count": 2, "user_account_used_count": 3},
    ],
    "ai_account_details": [{"ai_account_type": 1, "ai_account_count": 5, "ai_account_used_count": 0}],
}

AFTER = After(
    standing=standing,
    sends={
        "resend": f"PUT /v1/users/zhangwei/invite-activate?{WHO}",
        "link": f'POST /v1/users/invite-activate {{"userid_list":["zhangwei"],{OPERATOR}}}',
        "remove": f"DELETE /v1/users?uuid=WMTn4PzcYQ6Qi9s2hA&{WHO}",
        "enable": f'PUT /v1/users/zhangwei/enable {{"enable":true,{OPERATOR}}}',
        "disable": f'PUT /v1/users/zhangwei/enable {{"enable":false,{OPERATOR}}}',
        "seats": f"GET /v1/users/account/statistics?{WHO}",
    },
    done=Said({}),
    linked=Said({"inactivate_user_list": [{"userid": "zhangwei", "activate_url": LINK}]}),
    link=LINK,
    counted=Said(COUNTED),
    seats=(Seats("2", 100, 10), Seats("9", 2, 3)),
)


CASES = [
    Case(
        name="tencent",
        provider=Tencent,
        config=configured(
            TencentSettings,
            app_id="200000001",
            sdk_id="14072105631",
            secret_id="AKIDEXAMPLE0123456789",
            secret_key="SKEYexample/9876543210",
            operator_id="admin",
        ),
        minimal={"name": "张伟", "account": "zhangwei", "phone": "13800138000"},
        creating="POST /v1/users",
        created=Said(CREATED),
        account=Account(
            provider="tencent",
            account="zhangwei",
            name="张伟",
            vendor_id="WMTn4PzcYQ6Qi9s2hA",
            phone="13800138000",
            email="zhang.wei@example.com",
            activation_pending=True,
            state="not_activated",
            invitation_expires_at=1_800_000_000.0 + 24 * 3600,
        ),
        vendor_id=("userid",),
        found=Said(FOUND),
        found_account=Account(
            provider="tencent",
            account="zhangwei",
            name="张伟",
            vendor_id="WMTn4PzcYQ6Qi9s2hA",
            phone="13800138000",
            email="zhang.wei@example.com",
            employee_id="6666",
            job_title="Engineer",
            department="07f4c1966815d251",
            department_name="研发部",
            department_path="示例公司/研发部",
            status="1",
            state="active",
        ),
        absent=refusal(Refusal("20001", Rejected)),
        absent_code="20001",
        says_absent=lambda body: str(body["error_info"]["error_code"]) == "20001",
        after=AFTER,
        refusal=refusal,
        refusals=(
            Refusal("20002", Conflict, "account", "user already exists"),
            Refusal("41003", Conflict, "phone"),
            Refusal("41002", Conflict, "email"),
            Refusal("40000", Rejected, "phone"),
            Refusal("41001", Rejected, "email"),
            Refusal("20003", Rejected, "account"),
            Refusal("20004", Rejected, words="不允许删除超级管理员"),
            Refusal("20005", Rejected, words="不允许删除超级管理员/企业管理员"),
            Refusal("60005", Rejected, words="用户不存在或处于未激活状态，不支持启用/禁用动作"),
            Refusal("15101", Rejected, words="今天已经向该用户发送过邀请提醒"),
            Refusal("10001", Rejected, status=400),
            Refusal("190004", Rejected, status=400),
            Refusal("156009", NoSeatLeft, words="人数超出上限"),
            Refusal("190303", NotAuthorised, words="UNAUTHORIZED_SECRET"),
            Refusal("200003", NotAuthorised, words="Signature failed"),
            Refusal("20001", NotAuthorised),
            Refusal("10005", NotAuthorised),
            Refusal("50000", NotAuthorised),
            Refusal("50001", NotAuthorised),
            Refusal("9042", NotAuthorised, status=403),
            Refusal("500014", NotAuthorised, status=400),
            Refusal("190443", NotAuthorised),
            Refusal("190439", NotAuthorised),
            Refusal("190440", NotAuthorised),
            Refusal("403", NotAuthorised),
            Refusal("190300", NotAuthorised),
            Refusal("190310", RateLimited),
            Refusal("190311", RateLimited),
            Refusal("190313", RateLimited, status=400),
            Refusal("190301", Unreachable),
            Refusal("10000", OutcomeUnknown),
            Refusal("41", OutcomeUnknown),
            Refusal("5108", OutcomeUnknown),
        ),
        wrong_clock=Refusal("190300", NotAuthorised),
    )
]
