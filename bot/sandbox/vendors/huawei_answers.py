"""How Huawei Cloud Meeting answers and refuses, in the envelope of 2019 and without one."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass
from typing import Any

from bot.sandbox.vendors.wire import Answer, Call, Record, Refused

LEGACY = "/rest/usg/datacenter/v1"
CURRENT = "/v1/usg/dcs"
SUCCESS = "000000000"

# Numbers with a source are documented or seen in the field; no stored page shows those for a bad parameter, for the
# quota and for the gateway's missing permission, so these are ours, next to their documented neighbours.
TOKEN_INVALID = "000000004"  # noqa: S105 - an error code
BAD_PARAMETER = "201000001"
COUNTRY_CODE_WRONG = "201000006"
EMAIL_EMPTY = "201000007"
USER_UNKNOWN = "201040000"
ACCOUNT_EXISTS = "201040001"
QUOTA = "201040019"
CONTACT_EXISTS = "201040020"
DEPARTMENT_UNKNOWN = "201030000"
WRONG_PASSWORD = "206010000"  # noqa: S105 - an error code
SIGNATURE_EXPIRED = "206010057"


@dataclass
class Token:
    """What a log-in gave out; times in Unix seconds. `administrator` False may log in and nothing else."""

    access: str
    refresh: str
    client_type: int
    expires_at: float
    refresh_expires_at: float
    administrator: bool = True


def is_legacy(call: Call) -> bool:
    """The 2019 generation: its own paths, and the log-in by PUT, whichever path that takes."""
    todays = call.path.startswith(CURRENT) or call.path == "/v1/usg/acs/token"
    return call.path.startswith(LEGACY) or (call.method == "PUT" and not todays)


def generation(call: Call) -> str:
    """Whose path this is: "2019" or "current"."""
    return "2019" if call.path.startswith(LEGACY) else "current"


def access_token(call: Call) -> str:
    """The token in the header of the generation that is spoken, "" without one."""
    if not is_legacy(call):
        return call.header("X-Access-Token")
    scheme, _, encoded = call.header("Authorization").partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def success(call: Call, data: Any) -> Answer:
    """HTTP 200 with the data, in the envelope where there is one."""
    return Answer(200, _envelope(call, SUCCESS, "", data)) if is_legacy(call) else Answer(200, data)


def _envelope(call: Call, code: str, message: str, data: Any = None) -> Record:
    return {
        "returnCode": code,
        "returnMessage": message,
        "achievementTime": 12,
        "requestId": call.header("X-Request-Id") or uuid.uuid4().hex,
        "data": data,
    }


def error(call: Call, code: str, message: str, status: int = 400) -> Answer:
    """A refusal as the generation writes it: the one of 2019 with HTTP 200."""
    if not is_legacy(call):
        return Answer(status, {"error_code": f"USG.{code}", "error_msg": message})
    return Answer(status if status in (401, 403) else 200, _envelope(call, code, message))


def refuse(call: Call, code: str, message: str, status: int = 400) -> Refused:
    """The exception with which a call is refused."""
    return Refused(error(call, code, message, status))


def unauthorised(call: Call) -> Answer:
    """What a dead token gets."""
    return error(call, TOKEN_INVALID, "The token is invalid or has expired 鉴权失败", 401)


def forbidden() -> Answer:
    """The gateway's answer, which knows no envelope."""
    return Answer(403, {"error_code": "APIGW.0302", "error_msg": "The user is not allowed to access the API"})


def throttled(seconds: object) -> Answer:
    """The gateway's answer to one call too many."""
    says = "The throttling threshold has been reached: policy user over ratelimit, limit:100, time:1 minute"
    headers = {"Retry-After": str(seconds), "X-APIG-Ratelimit-Api": "remain:0,limit:100,time:1 minute"}
    return Answer(429, {"error_code": "APIG.0308", "error_msg": says}, headers)


def body_of(call: Call) -> Record:
    """The body, which must be a JSON object."""
    if not isinstance(call.json, dict):
        raise refuse(call, BAD_PARAMETER, "Invalid parameter 参数错误: the body must be a JSON object")
    return call.json


def count(call: Call, name: str, default: int) -> int:
    """A whole number in the query."""
    given = call.query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}", given):
        raise refuse(call, BAD_PARAMETER, f"Invalid parameter 参数错误: {name}")
    return int(given)


def bent_data(data: Any, how: str) -> Record | None:
    """What a look-up says, with what only is shown in other types, or left out; None for what cannot be bent so."""
    if not isinstance(data, dict):
        return None
    if how == "find_no_data":
        is_empty = data.get("data") == []
        return {name: value for name, value in data.items() if name != "data"} if is_empty else None
    bend = {"find_odd": _odd, "find_sparse": _sparse}[how]
    if data.get("data"):
        return data | {"data": [bend(user) for user in data["data"]]}
    return bend(data) if "userAccount" in data else None


def _odd(user: Record) -> Record:
    """Whatever only is shown in another type than the document's."""
    odd = {"vmrList": None, "sipNum": 991112442, "deptName": ["研发部"], "deptNamePath": None, "title": 5}
    return user | odd | {"corp": user["deptCode"], "function": "none", "status": str(user["status"])}


def _sparse(user: Record) -> Record:
    """Who it is, and nothing else."""
    return {
        name: user[name] for name in ("id", "userAccount", "name", "phone", "email", "thirdAccount") if name in user
    }
