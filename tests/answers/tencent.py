"""How Tencent Meeting answers: /document/product/1095/43675 (create), /43704 (codes); business errors come with HTTP 500."""

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
from bot.providers.tencent import Tencent, TencentSettings
from tests.answers import Case, Refusal, Said, configured

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
