"""Who is to get an account: what every provider asks about a person, declared once.

A provider's form is a pydantic model whose fields carry an `Ask`: title and hint in both languages, the kind of input,
the name on the vendor's wire. From that one declaration come the form field, its limits, its errors, the wire name and
the masking. Nothing here knows Slack or a vendor.

Whatever the door (form, command, profile, file), what people typed is cleaned and judged here: see `NewHire`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Self

import phonenumbers
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from bot import characters

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


def choosing(fields: Sequence[Field], values: Collection[str | None]) -> Field | None:
    """The field whose choices have the most of these values; None where none has any."""
    many = {field: sum(choice.value in values for choice in field.ask.choices) for field in fields}
    best = max(fields, key=lambda field: many[field], default=None)
    return best if best is not None and many[best] else None


def choice_titles(field: Field | None) -> dict[str, Text]:
    """What the choices of a field are called, by their values; nothing for no field."""
    return {choice.value: choice.title for choice in field.ask.choices} if field else {}


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
    """A number as people type it; without a country code it is taken to be of the region in the context ("CN").

    phonenumbers.parse *extracts* a number: it reads letters as a keypad's digits and drops what looks like an extension.
    Both would make it somebody else's number, so only what has nothing of that reaches it.
    """
    if isinstance(typed, Phone):
        return typed
    text = characters.number(str(typed)).strip(_AROUND_A_NUMBER) if isinstance(typed, str | int) else ""
    region = (info.context or {}).get("region", "CN")
    _only_a_number(text)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise _no_number() from error
    if not phonenumbers.is_valid_number(number):
        country = f"+{number.country_code}"
        raise problem(
            f"There is no such number under {country}. Check the digits, or start with + and another country code.",
            f"{country} 下没有这样的号码。请检查数字；其他国家或地区的号码请以 + 和国际区号开头。",
        )
    if _are_two(text, region):
        raise problem("There are two numbers here. Enter just one.", "这里有两个号码，请只填一个。")
    return Phone(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        str(number.country_code),
        phonenumbers.national_significant_number(number),
        phonenumbers.region_code_for_number(number),
    )


_AROUND_A_NUMBER = " '\"“”‘’。.，、；"
"""Of a spreadsheet (`'13800138000`) or a sentence."""


def _no_number() -> PydanticCustomError:
    return problem(
        "This isn't a phone number. Write it like 138 0013 8000, or with a country code, like +44 7400 123456.",
        "这不是电话号码。请写成 138 0013 8000，或加国际区号，如 +44 7400 123456。",
    )


_EXTENSION = re.compile(
    r"\d\s*(?:;?\s*ext(?:ension|n)?[.:=]?|[x#*,;~]|转|轉|分机|內線|内线)[\s.:=]*\d{1,7}#?$", re.IGNORECASE
)


def _only_a_number(text: str) -> None:
    """Refuse letters, extensions and anything else that is no part of a number, by name."""
    if _EXTENSION.search(text):
        raise problem("Leave out the extension: enter the direct number.", "请去掉分机号，填写直拨号码。")
    if letter := next((char for char in text if char.isalpha()), None):
        raise problem(
            f"“{letter}” isn't a digit. A phone number has digits only (0 and 1, not O and l).",
            f"“{letter}”不是数字。电话号码只能含数字（是 0 和 1，不是字母 O 和 l）。",
        )
    if not re.fullmatch(r"[0-9+()\[\]./ -]+", text):
        raise _no_number()


def _are_two(text: str, region: str) -> bool:
    """Whether both sides of a blank or slash are numbers. Where length varies (Germany), two read as one long one."""
    gaps = re.finditer(r"[ /]+(?=[0+])", text)
    return any(_is_valid(text[: gap.start()], region) and _is_valid(text[gap.end() :], region) for gap in gaps)


def _is_valid(text: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


_BEFORE_AN_ADDRESS = re.compile(r"(?:mailto:|[\s<(\[\"'“”‘’«»])+", re.IGNORECASE)
_AFTER_AN_ADDRESS = " >)]\"'“”‘’«».,;:!"


def plain_email(text: str) -> str:
    """An address without what stands round it where it was copied: `<a@example.com>`, `mailto:`, a full stop."""
    text = characters.fold(text).replace("。", ".")
    before = _BEFORE_AN_ADDRESS.match(text)
    return text[before.end() if before else 0 :].rstrip(_AFTER_AN_ADDRESS)


def parse_email(typed: object) -> object:
    """Only what can be no address is refused here: the vendor knows the rest better."""
    text = plain_email(str(typed))
    name, at, host = text.rpartition("@")
    whole = at and name and "." in host.strip(".") and ".." not in host
    if not whole or re.search(r"[\s,;<>()@\ufffd]", name + host):
        raise problem("This isn't an email address.", "这不是邮箱地址。")
    if (letter := characters.look_alike(text)) and re.search("[A-Za-z]", text):
        raise problem(
            f"{_called(letter).en} only looks like an English letter. Type the address again.",
            f"{_called(letter).zh}只是形似英文字母，请重新输入邮箱。",
        )
    return text


def judge_account(typed: str) -> str:
    """An account is visible ASCII at every vendor: a letter that only looks like one of those is refused by name."""
    for char in typed:
        if char.isspace():
            raise problem("No spaces here.", "这里不能有空格。")
        if _is_chinese(char):
            raise problem("No Chinese characters here. Use pinyin or a staff ID.", "这里不能用汉字，请用拼音或工号。")
        if not char.isascii():
            raise problem(
                f"{_called(char).en} can't be in an account. Type it again with plain English letters and digits.",
                f"账号不能含有{_called(char).zh}，请改用英文字母和数字。",
            )
    return typed


def judge_department(typed: str) -> str:
    """Vendors know a department by an opaque id; the name, which people have at hand, is refused by them later."""
    if not typed.isascii():
        raise problem(
            "Enter the department's ID or code from the admin console, not its name.",
            "请填写管理后台中的部门 ID 或编码，不是部门名称。",
        )
    return typed


def judge_name(typed: str) -> str:
    """A name is read by everybody in the channel: it holds no telephone number."""
    if characters.holds_number(typed):
        raise problem(
            "There is a phone number or an ID in the name. Others will see it, so leave it out.",
            "姓名中含有电话号码或编号。姓名会公开显示，请删除。",
        )
    return typed


def parse_date(typed: object) -> object:
    """A day as Slack's date picker writes it, YYYY-MM-DD."""
    try:
        return typed if isinstance(typed, dt.date) else dt.date.fromisoformat(str(typed))
    except ValueError as error:
        raise problem("This isn't a date.", "这不是日期。") from error


PhoneNumber = Annotated[Phone, BeforeValidator(parse_phone), PlainSerializer(lambda phone: phone.e164, return_type=str)]
Email = Annotated[str, BeforeValidator(parse_email)]
Date = Annotated[dt.date, BeforeValidator(parse_date)]
DepartmentId = Annotated[str, AfterValidator(judge_department)]

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
    title=Text("Email", "邮箱"),
    kind="email",
    placeholder=Text("zhang.wei@example.com", "zhang.wei@example.com"),
    example="zhang.wei@example.com",
)


class NewHire(BaseModel):
    """The person, as every provider's form extends it. Validate with `context={"region": "CN"}` for typed phone numbers.

    Every text is cleaned before it is looked at, by its kind: what cannot be seen goes, and what is then empty is missing.
    `name` and `account` are judged here for every provider, before the provider's own rules.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, NAME]

    @field_validator("name", "english_name", mode="before", check_fields=False)
    @classmethod
    def _no_number_in_a_name(cls, typed: object) -> object:
        return judge_name(typed) if isinstance(typed, str) else typed

    @field_validator("account", mode="before", check_fields=False)
    @classmethod
    def _visible_account(cls, typed: object) -> object:
        return judge_account(typed) if isinstance(typed, str) else typed

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
            typed = {name: value for name, value in cls._cleaned(typed).items() if not _blank(value)}
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
    def _cleaned(cls, typed: Mapping[str, Any]) -> dict[str, Any]:
        asked = {field.name: field for field in cls.fields()}
        return {
            name: _clean(asked[name], value) if name in asked and isinstance(value, str) else value
            for name, value in typed.items()
        }

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

    @classmethod
    def mistakes(cls, field: str, typed: str) -> list[ErrorDetails]:
        """What is wrong with this value of one field, whatever the rest of the form holds; empty when it is taken."""
        try:
            cls.model_validate({field: typed})
        except ValidationError as error:
            return [
                item for item in error.errors() if field in (*item["loc"][:1], (item.get("ctx") or {}).get("field"))
            ]
        return []

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


def known_by(text: str, region: str) -> list[tuple[str, str]]:
    """What an account, phone or e-mail that somebody types may be in `NewHire.identity`: each reading that is possible."""
    found = [("account", characters.fold(text).casefold())]
    for key, adapter in _READINGS.items():
        with contextlib.suppress(ValidationError):
            found.append((key, _plain(adapter.validate_python(text, context={"region": region})).casefold()))
    return found


_READINGS: dict[str, TypeAdapter[Any]] = {"phone": TypeAdapter(PhoneNumber), "email": TypeAdapter(Email)}


def mask_phone(number: str) -> str:
    """`13800138000` -> `138****8000`: enough to recognise one's own number, not enough to dial it."""
    return f"{number[:-8]}****{number[-4:]}" if len(number) >= 10 else f"****{number[-2:]}"


def _again(item: ErrorDetails) -> InitErrorDetails:
    """One line of a ValidationError, fit to build another from."""
    context = item.get("ctx") or {}
    kind: Any = PydanticCustomError("say", "{en}", context) if item["type"] == "say" else item["type"]
    return {"type": kind, "loc": item["loc"], "input": None, "ctx": context}


def _clean(field: Field, typed: str) -> str:
    """What was typed into a field, by its kind. A password is taken as it is: whoever set it will type it so again."""
    if field.ask.kind == "secret":
        return typed
    if field.name == "account" or field.ask.kind in ("choice", "date", "number"):
        return characters.fold(typed)
    return characters.clean(typed)


def _called(char: str) -> Text:
    """A character that people cannot tell from another, by its name."""
    name, code = unicodedata.name(char, ""), f"U+{ord(char):04X}"
    script = {"CYRILLIC": "西里尔字母 ", "GREEK": "希腊字母 "}.get(name.partition(" ")[0], "")
    return Text(f"“{char}” ({f'{name.capitalize()}, ' if name else ''}{code})", f"“{char}”（{script}{code}）")


def _is_chinese(char: str) -> bool:
    return unicodedata.name(char, "").startswith("CJK ")


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
