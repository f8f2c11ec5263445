"""`blocks.validate`: Slack's own checker as a method, here with the sandbox's.

https://docs.slack.dev/reference/methods/blocks.validate (2026-11): exactly one of `blocks`, `message` and `view`; what is wrong is
an array of pointer, code, message and constraint. Of a constraint only its `type` is imitated, where it is an enum.
"""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.block_kit import check_home, check_message, check_view
from bot.sandbox.slack.workspace import Refused

Json = dict[str, Any]

_LINE = re.compile(r"(?P<message>.*) \[json-pointer:(?P<pointer>[^\]]*)\]", re.DOTALL)


def validated(arguments: Json) -> Json:
    """Nothing, if Slack takes it. Raises Refused: invalid_blocks, invalid_message or invalid_view, with `errors`."""
    given = [name for name in ("blocks", "message", "view") if arguments.get(name) not in (None, "")]
    if len(given) != 1:
        said = "must provide exactly one of `blocks`, `view`, or `message`"
        raise Refused("invalid_arguments", response_metadata={"messages": [said]})
    (what,) = given
    if problems := _problems(what, arguments[what]):
        raise Refused(f"invalid_{what}", errors=[_error(one) for one in problems])
    return {}


def _problems(what: str, value: Any) -> list[str]:
    if what == "blocks":
        return [problem.replace("[json-pointer:/blocks", "[json-pointer:") for problem in check_message(value)]
    if not isinstance(value, dict):
        return ["must provide an object [json-pointer:]"]
    if what == "message":
        return check_message(value.get("blocks"), value.get("text"))
    return check_home(value) if value.get("type") == "home" else check_view(value)


def _error(line: str) -> Json:
    found = _LINE.fullmatch(line)
    message, pointer = (found["message"], found["pointer"]) if found else (line, "")
    error: Json = {"pointer": pointer, "code": "failed_constraint", "message": message}
    return error | ({"constraint": {"type": "enum"}} if "unsupported type" in message or "enum" in message else {})
