"""Who is to get an account: what every provider asks about a person, declared once.

A provider's form is a pydantic model whose fields carry an `Ask`: title and hint in both languages, the kind of input,
the name on the vendor's wire. From that one declaration come the form field, its limits, its errors, the wire name and
the masking. Nothing here knows Slack or a vendor.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

import phonenumbers
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Kind = Literal["text", "email", "phone", "date", "choice", "number", "secret"]


class Text(NamedTuple):
    """One sentence in both languages that newhire speaks."""

    en: str
    zh: str


class Choice(NamedTuple):
    """One option of a field: `value` as it is stored (the model turns it into the vendor's type)."""

    value: str
    title: Text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """How a person is asked for one field.

    `wire` is the vendor's name for it ("a.b" nests, "" means that the adapter places it by hand); `more` hides it behind
    *More options*; `example` fills it in the tests and the README.
    """

    title: Text
    wire: str = ""
    kind: Kind = "text"
    hint: Text | None = None
    placeholder: Text | None = None
    choices: tuple[Choice, ...] = ()
    more: bool = False
    example: str = ""

    def on_wire(self, wire: str, **changes: Any) -> Ask:
        """The same question under a vendor's name, with what that vendor wants said differently."""
        return dataclasses.replace(self, wire=wire, **changes)


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """A declared field: its name (= Slack block_id = CSV column), its `Ask`, its limits in characters, or as a number."""

    name: str
    ask: Ask
    required: bool
    min_length: int | None
    max_length: int | None
    minimum: int | None = None
    maximum: int | None = None


def problem(en: str, zh: str, *, field: str | None = None) -> PydanticCustomError:
    """A validator's complaint in words for people, in both languages; `field` when it is about the model as a whole."""
    return PydanticCustomError("say", "{en}", {"en": en, "zh": zh, "field": field})


class Phone(NamedTuple):
    """A telephone number: E.164 text, calling code and national digits, and the region (ISO 3166) it belongs to."""

    e164: str
    calling_code: str
    digits: str
    region: str | None


def parse_phone(typed: object, info: ValidationInfo) -> Phone:
    """A number as people type it; without a country code it is taken to be of the region in the context ("CN")."""
    if isinstance(typed, Phone):
        return typed
    region = (info.context or {}).get("region", "CN")
    try:
        number = phonenumbers.parse(str(typed), region)
    except phonenumbers.NumberParseException as error:
        raise problem(
            "This does not read as a phone number. Write it like 138 0013 8000, or +44 7400 123456 with a country code.",
            "无法识别这个电话号码。请写成 138 0013 8000，或带国家码：+44 7400 123456。",
        ) from error
    if not phonenumbers.is_valid_number(number):
        country = f"+{number.country_code}"
        raise problem(
            f"There is no such number under {country}. Check the digits, or start with + and another country code.",
            f"{country} 下没有这样的号码。请检查数字，或用 + 加其他国家码开头。",
        )
    return Phone(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        str(number.country_code),
        phonenumbers.national_significant_number(number),
        phonenumbers.region_code_for_number(number),
    )


def parse_email(typed: object) -> object:
    """Only what can be no address is refused here: the vendor knows the rest better."""
    text = str(typed)
    name, at, host = text.rpartition("@")
    if not (at and name and "." in host.strip(".")) or any(char.isspace() for char in text):
        raise problem("This is not an e-mail address.", "这不是一个电子邮件地址。")
    return text


def parse_date(typed: object) -> object:
    """A day as Slack's date picker writes it, YYYY-MM-DD."""
    try:
        return typed if isinstance(typed, dt.date) else dt.date.fromisoformat(str(typed))
    except ValueError as error:
        raise problem("This is not a date.", "这不是一个日期。") from error


PhoneNumber = Annotated[Phone, BeforeValidator(parse_phone), PlainSerializer(lambda phone: phone.e164, return_type=str)]
Email = Annotated[str, BeforeValidator(parse_email)]
Date = Annotated[dt.date, BeforeValidator(parse_date)]

NAME = Ask(
    title=Text("Full name", "姓名"),
    placeholder=Text("Zhang Wei", "张伟"),
    example="张伟",
)
PHONE = Ask(
    title=Text("Phone", "电话"),
    kind="phone",
    placeholder=Text("138 0013 8000 or +44 7400 123456", "138 0013 8000 或 +44 7400 123456"),
    example="138 0013 8000",
)
EMAIL = Ask(
    title=Text("E-mail", "电子邮件"),
    kind="email",
    placeholder=Text("zhang.wei@example.com", "zhang.wei@example.com"),
    example="zhang.wei@example.com",
)


class NewHire(BaseModel):
    """The person, as every provider's form extends it. Validate with `context={"region": "CN"}` for typed phone numbers."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid", hide_input_in_errors=True)

    name: str

    @classmethod
    def together(cls, typed: Mapping[str, Any]) -> Iterator[PydanticCustomError]:
        """Problems of several fields together, over what was typed; each `problem` names the field it is shown on."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, typed: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Field problems and those of several fields in one error: people want to read all of them at once.

        A blank is no value: an optional field that is left empty never reaches a vendor.
        """
        details: list[InitErrorDetails] = []
        hire = None
        if isinstance(typed, Mapping):
            typed = {name: value for name, value in typed.items() if not _blank(value)}
        try:
            hire = handler(typed)
        except ValidationError as error:
            details = [_again(item) for item in error.errors()]
        if isinstance(typed, Mapping):
            details += [{"type": found, "loc": (), "input": None} for found in cls.together(typed)]
        if details or hire is None:
            raise ValidationError.from_exception_data(cls.__name__, details, hide_input=True)
        return hire

    @classmethod
    @functools.cache
    def fields(cls) -> tuple[Field, ...]:
        """The form's fields, in the order of their declaration."""
        return tuple(cls._declared())

    @classmethod
    def _declared(cls) -> Iterator[Field]:
        for name, info in cls.model_fields.items():
            limits = {
                limit: next((getattr(item, attribute) for item in info.metadata if isinstance(item, kind)), None)
                for limit, attribute, kind in (
                    ("min_length", "min_length", MinLen),
                    ("max_length", "max_length", MaxLen),
                    ("minimum", "ge", Ge),
                    ("maximum", "le", Le),
                )
            }
            yield Field(name, _one(info, Ask), info.is_required(), **limits)

    @classmethod
    def secrets(cls) -> frozenset[str]:
        """Names of the fields that no message, log line or stored request may hold."""
        return frozenset(field.name for field in cls.fields() if field.ask.kind == "secret")

    def typed(self) -> dict[str, Any]:
        """What was filled in, as portable JSON that validates to the same person again; secrets are left out."""
        return self.model_dump(mode="json", exclude_none=True, exclude=set(self.secrets()))

    def wire(self) -> dict[str, Any]:
        """The fields as JSON under their vendor names, nested where the name has dots; what was left empty is not there.

        A secret is not there either: the adapter puts it in its place by hand.
        """
        body: dict[str, Any] = {}
        plain = self.typed()
        for field in type(self).fields():
            if field.ask.wire and field.name in plain:
                _place(body, field.ask.wire, plain[field.name])
        return body

    def identity(self) -> Mapping[str, str]:
        """By what the person can be recognised at the provider: account, phone (E.164) and e-mail, where given."""
        found = {key: getattr(self, key, None) for key in ("account", "phone", "email")}
        return {key: _plain(value).casefold() for key, value in found.items() if value is not None}


def mask_phone(number: str) -> str:
    """`13800138000` -> `138****8000`: enough to recognise one's own number, not enough to dial it."""
    return f"{number[:-8]}****{number[-4:]}" if len(number) >= 10 else f"****{number[-2:]}"


def _again(item: ErrorDetails) -> InitErrorDetails:
    """One line of a ValidationError, fit to build another from."""
    context = item.get("ctx") or {}
    kind: Any = PydanticCustomError("say", "{en}", context) if item["type"] == "say" else item["type"]
    return {"type": kind, "loc": item["loc"], "input": None, "ctx": context}


def _blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _plain(value: object) -> str:
    return value.e164 if isinstance(value, Phone) else str(value)


def _place(body: dict[str, Any], path: str, value: object) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[leaf] = value


def _one(info: FieldInfo, kind: type[Ask]) -> Ask:
    return next(item for item in info.metadata if isinstance(item, kind))
