"""What the fields of Tencent Meeting's calls about users may hold, and how it refuses those that hold something else.

https://cloud.tencent.com/document/product/1095/43675 (create), /43676 (update), /104847 (assets)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.sandbox.vendors.wire import Answer, Call, Field, Record, Refused, flag, text, whole

_NO_PERMISSION = {9042}
_BAD_REQUEST = {10001, 190004, 20001, 40000, 41001, 500014}

ACCOUNT_TYPES = range(1, 10)

CREATING: dict[str, Field] = {
    "username": text(1),
    "userid": text(1),
    "phone": text(1),
    "area": Field(str, lambda value: bool(re.fullmatch(r"[1-9]\d{0,3}", value)), 'country code without "+"'),
    "email": text(0),
    "staff_id": text(0),
    "job_title": text(0, 96),
    "entry_time": whole(0),
    "department_list": Field(list, lambda value: len(value) <= 1, "list of one department id (only one)"),
    "auto_invite": flag(),
    "user_account_type": whole(min(ACCOUNT_TYPES), max(ACCOUNT_TYPES)),
    "is_voov": whole(0, 1),
    "add_on_largemeeting": whole(0, 3),
    "add_on_webinar": whole(0, 8),
    "operator_id": text(1),
    "operator_id_type": whole(1, 2),
}

# `userid` is in the SDK and not on the page.
_KEPT = {"userid", "auto_invite"}
UPDATING: dict[str, Field] = {name: rule for name, rule in CREATING.items() if name not in _KEPT} | {
    "avatar_url": text(0)
}

_BY_USERID_ALONE = {"area", "user_account_type", "is_voov", "add_on_largemeeting", "add_on_webinar"}
UPDATING_BY_UUID: dict[str, Field] = {name: rule for name, rule in UPDATING.items() if name not in _BY_USERID_ALONE}


def _one_of(*values: str) -> Field:
    return Field(str, lambda value: value in values, f"one of {', '.join(values)}, as a string")


TRANSFERRING: dict[str, Field] = {
    "to_operator_id": text(1),
    "to_operator_id_type": whole(1, 1),
    "data_process": _one_of("1", "2"),
    "transfer_data": _one_of("0", "1", "2"),
    "receiver_id": text(1),
    "receiver_id_type": whole(1, 1),
    "operator_id": text(1),
    "operator_id_type": whole(1, 2),
}
ENABLING: dict[str, Field] = {"enable": flag(), "operator_id": text(1), "operator_id_type": whole(1, 2)}
LINKING: dict[str, Field] = {
    "userid_list": Field(
        list,
        lambda value: 1 <= len(value) <= 100 and all(isinstance(each, str) and each for each in value),
        "list of 1-100 userids",
    ),
    "operator_id": text(1),
    "operator_id_type": whole(1, 2),
}


def error(code: int, message: str) -> Answer:
    """Tencent's error body, with the HTTP status that belongs to the code."""
    status = 403 if code in _NO_PERMISSION else 400 if code in _BAD_REQUEST else 500
    # The newer number is the old one, six digits wide, behind a prefix: 190303 -> 200190303.
    info = {"error_code": code, "new_error_code": int(f"200{code:06d}"), "message": message}
    return Answer(status, {"error_info": info})


def refuse(code: int, message: str) -> Refused:
    """The exception with which a call is refused."""
    return Refused(error(code, message))


def check(body: Record, fields: Mapping[str, Field], required: tuple[str, ...] = ()) -> None:
    """Refuses a body that lacks what is required, or holds a field that is unknown, of another type, or out of bounds."""
    for name in required:
        if body.get(name) in (None, ""):
            raise refuse(10001, f"参数错误: {name} 必填")
    for name, value in body.items():
        rule = fields.get(name)
        if rule is None:
            raise refuse(190004, f"参数错误: 未知参数 {name}")
        if not rule.has_kind(value):
            raise refuse(190004, f"参数类型错误: {name} 应为 {rule.says}")
        if not rule.fits(value):
            raise refuse(10001, f"参数错误: {name} 应为 {rule.says}")


def number(call: Call, name: str, default: int | None, least: int, most: int | None) -> int:
    """A whole number in the query; `default` None: it must be there."""
    given = call.query.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", given) or int(given) < least or (most is not None and int(given) > most):
        raise refuse(190004, f"参数错误: {name} 应为 {least}-{most or ''}")
    return int(given)
