"""Huawei Cloud Meeting 华为云会议: the form and the settings of `huawei`.

https://support.huaweicloud.com/api-meeting/meeting_21_0067.html (add a user), meeting_21_0109.html (the keys of countries).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from bot.hire import EMAIL, NAME, PHONE, Ask, Choice, DepartmentId, Email, NewHire, Phone, PhoneNumber, Text, problem
from bot.providers.contract import ProviderSettings, Url, from_environment

with (files("bot.providers") / "huawei_countries.tsv").open(encoding="utf-8") as table:
    COUNTRIES = {row["region"]: row["country"] for row in csv.DictReader(table, delimiter="\t")}
    """ISO 3166 region of a number -> the vendor's key; the vendor's own spellings, `BVl` and `columbia` included."""

_SPECIAL = "`~!@#$%^&*()-_=+|[{}];:\",'<.>/?"


def _name(typed: str) -> str:
    if found := sorted(set(typed) & set("&<>/()'\"")):
        raise problem(
            f"A name at Huawei Cloud Meeting can't have {' '.join(found)} in it.",
            f"华为云会议的姓名不能含有 {' '.join(found)}。",
        )
    return typed


def _account(typed: str) -> str:
    if not all(char.isascii() and (char.isalnum() or char in "_-.@") for char in typed):
        raise problem("Use only letters, digits and _ - . @ here.", "只能用字母、数字和 _ - . @。")
    if typed.isdigit():
        raise problem("Add at least one letter.", "请至少包含一个字母。")
    if "." in typed.partition("@")[2]:
        raise problem(
            "There can't be a dot after the @: an email address doesn't work here.",
            "@ 后面不能有点，这里不能填邮箱地址。",
        )
    return typed


def _password(secret: SecretStr | None) -> SecretStr | None:
    typed = secret.get_secret_value() if secret else "Aa"
    kinds = [
        any(test(char) for char in typed) for test in (str.islower, str.isupper, str.isdigit, _SPECIAL.__contains__)
    ]
    if not all(char.isascii() and (char.isalnum() or char in _SPECIAL) for char in typed) or sum(kinds) < 2:
        raise problem(
            f"Use at least two of: lowercase, uppercase, digits, symbols ({_SPECIAL}), and nothing else.",
            f"至少包含两类：小写字母、大写字母、数字、符号（{_SPECIAL}），且不含其他字符。",
        )
    return secret


def _phone(phone: Phone | None) -> Phone | None:
    if phone is not None and phone.region not in COUNTRIES:
        raise problem(
            f"Huawei Cloud Meeting doesn't serve numbers of this country (+{phone.calling_code}).",
            f"华为云会议不支持该国家或地区的号码（+{phone.calling_code}）。",
        )
    return phone


_YES_NO = (Choice("true", Text("Yes", "是")), Choice("false", Text("No", "否")))


class HuaweiHire(NewHire):
    """The form: every field of the corporate directory's "add user"."""

    name: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_name), NAME.on_wire("name")]
    phone: Annotated[
        PhoneNumber | None,
        AfterValidator(_phone),
        PHONE.on_wire("", hint=Text("Enter a phone number or an email address.", "电话和邮箱至少填一项。")),
    ] = None
    email: Annotated[
        Email | None,
        Field(max_length=255),
        EMAIL.on_wire("email", hint=Text("Enter a phone number or an email address.", "电话和邮箱至少填一项。")),
    ] = None
    account: Annotated[
        str | None,
        Field(max_length=64),
        AfterValidator(lambda typed: typed if typed is None else _account(typed)),
        Ask(
            wire="account",
            title=Text("Account", "账号"),
            hint=Text(
                "Letters, digits, _ - . @; unique in all of Huawei Cloud Meeting. Leave empty to have one generated.",
                "字母、数字、_ - . @；在整个华为云会议中唯一。留空则自动生成。",
            ),
            placeholder=Text("corp-zhangwei", "corp-zhangwei"),
            example="corp-zhangwei",
        ),
    ] = None
    department: Annotated[
        DepartmentId | None,
        Field(max_length=32),
        Ask(
            wire="deptCode",
            title=Text("Department code", "部门编码"),
            hint=Text(
                "The code, not the name. Leave empty for the root department (1).",
                "请填写部门编码，不是名称。留空则为根部门（1）。",
            ),
            example="1",
        ),
    ] = None
    english_name: Annotated[
        str | None,
        Field(max_length=64),
        Ask(wire="englishName", title=Text("English name", "英文名"), more=True, example="Wei Zhang"),
    ] = None
    notify: Annotated[
        Literal["0", "1"] | None,
        Ask(
            wire="sendNotify",
            title=Text("Notify by email or SMS", "邮件/短信通知本人"),
            kind="choice",
            choices=(Choice("1", Text("Yes", "是")), Choice("0", Text("No", "否"))),
            more=True,
            example="1",
        ),
    ] = None
    signature: Annotated[
        str | None,
        Field(max_length=128),
        Ask(wire="signature", title=Text("Signature", "签名"), more=True, example="Hello"),
    ] = None
    meeting_room: Annotated[
        str | None,
        Field(max_length=32),
        Ask(
            wire="vmrId", title=Text("Cloud meeting room (vmrId)", "云会议室（vmrId）"), more=True, example="985712345"
        ),
    ] = None
    room_device: Annotated[
        bool | None,
        Ask(
            wire="function.enableRoom",
            title=Text("Can use room devices", "可使用会议室终端"),
            kind="choice",
            choices=_YES_NO,
            more=True,
            example="true",
        ),
    ] = None
    hide_phone: Annotated[
        bool | None,
        Ask(
            wire="hidePhone",
            title=Text("Hide the phone number", "隐藏手机号"),
            kind="choice",
            choices=_YES_NO,
            more=True,
            example="true",
        ),
    ] = None
    sort_level: Annotated[
        int | None,
        Field(ge=1, le=10000),
        Ask(
            wire="sortLevel",
            title=Text("Directory order", "通讯录排序"),
            kind="number",
            hint=Text("1 comes first, 10000 last.", "1 排最前，10000 排最后。"),
            more=True,
            example="100",
        ),
    ] = None
    disabled: Annotated[
        int | None,
        Field(ge=0, le=1),
        Ask(
            wire="status",
            title=Text("Account status", "账号状态"),
            kind="choice",
            choices=(
                Choice("0", Text("Active", "启用")),
                Choice("1", Text("Disabled", "停用")),
            ),
            more=True,
            example="0",
        ),
    ] = None
    member_id: Annotated[
        str | None,
        Field(max_length=64),
        Ask(
            wire="id",
            title=Text("HR system ID", "HR 系统 ID"),
            hint=Text("Leave empty and newhire sends its request ID.", "留空则由 newhire 填入申请编号。"),
            more=True,
            example="hr-4711",
        ),
    ] = None
    password: Annotated[
        SecretStr | None,
        Field(min_length=8, max_length=32),
        AfterValidator(_password),
        Ask(
            title=Text("First password", "初始密码"),
            kind="secret",
            hint=Text(
                "Leave empty and Huawei sends one. Otherwise 8–32 characters, changed at first sign-in.",
                "建议留空，由华为云会议生成并通知本人；自填则为 8–32 个字符，首次登录须修改。",
            ),
            more=True,
            example="Welcome-2026",
        ),
    ] = None

    @classmethod
    def together(cls, typed: Mapping[str, Any]) -> Iterator[PydanticCustomError]:
        if not typed.get("phone") and not typed.get("email"):
            yield problem("Enter a phone number or an email address.", "电话和邮箱至少填一项。", field="phone")
        account, password = str(typed.get("account") or ""), str(typed.get("password") or "")
        if account and password in (account, account[::-1]):
            yield problem(
                "The password can't be the account name, forwards or backwards.",
                "密码不能与账号相同，也不能是其倒序。",
                field="password",
            )


class HuaweiSettings(ProviderSettings):
    """What the environment must hold: account and password, or App ID and key (https://meeting.huaweicloud.com, 应用管理)."""

    model_config = from_environment("HUAWEI_")

    account: str | None = Field(None, description="An administrator's account, to sign in with a password")
    password: SecretStr | None = Field(None, description="That administrator's password")
    app_id: str | None = Field(
        None, description="The App ID, to sign in without a person's account; it wins over HUAWEI_ACCOUNT"
    )
    app_key: SecretStr | None = Field(None, description="The App ID's key")
    corp_id: str | None = Field(None, description="The enterprise, only when the App ID serves several")
    user_id: str | None = Field(None, description="The administrator to act as; empty means the default one")
    api: Literal["2019", "current"] = Field("2019", description="Which generation of the API to speak")
    auth_path: str = Field("/v1/usg/acs/auth/account", description="Where account and password sign in", pattern="^/")
    base_url: Url = Field("https://api.meeting.huaweicloud.com", description="Where the API is")

    @model_validator(mode="after")
    def _one_log_in(self) -> HuaweiSettings:
        for one, other in (("account", "password"), ("app_id", "app_key")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                missing, given = (one, other) if getattr(self, one) is None else (other, one)
                raise ValueError(f"HUAWEI_{missing.upper()} is missing: it belongs to HUAWEI_{given.upper()}.")
        if self.account is None and self.app_id is None:
            raise ValueError(
                "Huawei Cloud Meeting needs HUAWEI_ACCOUNT and HUAWEI_PASSWORD, or HUAWEI_APP_ID and HUAWEI_APP_KEY."
            )
        return self
