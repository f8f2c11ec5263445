"""Every field reaches the vendor under its name and JSON type, as the two API documents and their successors have them.

The tables are literal: what stands here was written from the vendors' pages, nothing is computed from the adapters.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import httpx
import phonenumbers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot import characters
from bot.hire import Field, NewHire
from bot.outcome import NoSeatLeft, ProvisionError, RateLimited, Rejected, Unreachable
from bot.providers.contract import Provider
from bot.providers.huawei import Huawei, HuaweiHire, HuaweiSettings
from bot.providers.tencent import Tencent, TencentHire, TencentSettings
from tests.answers import Said, configured, huawei, tencent
from tests.conftest import tries
from tests.example_provider import AcmeHire

Row = tuple[str, str, dict[str, Any]]

TENCENT: list[Row] = [
    ("name", "李娜", {"username": "李娜"}),
    ("account", "lina", {"userid": "lina"}),
    ("account", "li.na@example.com", {"userid": "li.na@example.com"}),
    ("phone", "139 0013 9000", {"area": "86", "phone": "13900139000"}),
    ("phone", "+44 7400 123456", {"area": "44", "phone": "7400123456"}),
    ("email", "zhang.wei@example.com", {"email": "zhang.wei@example.com"}),
    ("employee_id", "0066", {"staff_id": "0066"}),
    ("job_title", "高级工程师", {"job_title": "高级工程师"}),
    ("start_date", "2026-12-01", {"entry_time": 1796054400}),
    ("department", "07f4c1966815d251", {"department_list": ["07f4c1966815d251"]}),
    ("account_type", "2", {"user_account_type": 2}),
    ("account_type", "9", {"user_account_type": 9}),
    ("invite", "true", {"auto_invite": True}),
    ("invite", "false", {"auto_invite": False}),
]
TENCENT_FEWEST = {"name": "张伟", "account": "zhangwei", "phone": "13800138000"}
TENCENT_BODY = {"username": "张伟", "userid": "zhangwei", "area": "86", "phone": "13800138000"}

HUAWEI: list[Row] = [
    ("name", "李娜", {"name": "李娜"}),
    ("english_name", "Na Li", {"englishName": "Na Li"}),
    ("phone", "138 0013 8000", {"phone": "+8613800138000", "country": "chinaPR"}),
    ("phone", "+44 7400 123456", {"phone": "+447400123456", "country": "UK"}),
    ("email", "li.na@example.com", {"email": "li.na@example.com"}),
    ("account", "corp-lina_1@x", {"account": "corp-lina_1@x"}),
    ("department", "D100", {"deptCode": "D100"}),
    ("password", "Welcome-2026", {"pwd": "Welcome-2026"}),
    ("signature", "你好 Hello", {"signature": "你好 Hello"}),
    ("disabled", "1", {"status": 1}),
    ("disabled", "0", {"status": 0}),
    ("room_device", "true", {"function": {"enableRoom": True}}),
    ("room_device", "false", {"function": {"enableRoom": False}}),
    ("notify", "0", {"sendNotify": "0"}),
    ("notify", "1", {"sendNotify": "1"}),
    ("sort_level", "1", {"sortLevel": 1}),
    ("sort_level", "10000", {"sortLevel": 10000}),
    ("hide_phone", "true", {"hidePhone": True}),
    ("hide_phone", "false", {"hidePhone": False}),
]
HUAWEI_2019: list[Row] = [
    *HUAWEI,
    ("member_id", "hr-4711", {"id": "hr-4711"}),
    ("meeting_room", "985712345", {"vmrId": "985712345"}),
]
HUAWEI_FEWEST = {"name": "张伟", "email": "zhang.wei@example.com"}
HUAWEI_BODY = {"name": "张伟", "email": "zhang.wei@example.com"}


class Recorder(httpx.BaseTransport):
    """Keeps what was sent; answers log-ins, creating calls and the rest with what the test gives it, else badly."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.requests = list(answers), list[httpx.Request]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else {}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(answer).encode()))


def tencent_with(wire: Recorder, **settings: Any) -> Tencent:
    credentials = {"app_id": "200000001", "secret_id": "AKIDEXAMPLE", "secret_key": "SKEYexample"}
    return Tencent(configured(TencentSettings, **credentials | settings), transport=wire)


def huawei_with(wire: Recorder, **settings: Any) -> Huawei:
    return Huawei(configured(HuaweiSettings, account="admin@corp", password="Passw0rd!", **settings), transport=wire)


def created(provider: Provider[Any, Any], wire: Recorder, typed: dict[str, str], region: str = "CN") -> dict[str, Any]:
    """The body of the creating call for what was typed, as it left."""
    hire = provider.form.model_validate(typed, context={"region": region})
    with pytest.raises(Exception, match="the answer does not read"):
        provider.create(hire, "V0REQUEST1")
    body: dict[str, Any] = json.loads(wire.requests[-1].content)
    return body


def tencent_body(typed: dict[str, str], region: str = "CN", **settings: Any) -> dict[str, Any]:
    wire = Recorder()
    return created(tencent_with(wire, **settings), wire, typed, region)


def huawei_body(typed: dict[str, str], api: str = "2019", region: str = "CN") -> dict[str, Any]:
    wire = Recorder(huawei.TOKEN, huawei.ENVELOPE | {"data": {}} if api == "2019" else {})
    return created(huawei_with(wire, api=api), wire, typed, region)


def exactly(body: dict[str, Any]) -> str:
    """JSON tells 1 from true and "1", Python's == does not."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


# --- the table


@pytest.mark.parametrize(("field", "typed", "sent"), TENCENT)
def test_a_field_reaches_tencent(field: str, typed: str, sent: dict[str, Any]) -> None:
    assert exactly(tencent_body(TENCENT_FEWEST | {field: typed})) == exactly(TENCENT_BODY | sent)


@pytest.mark.parametrize(("field", "typed", "sent"), HUAWEI_2019)
def test_a_field_reaches_huawei_in_2019s_generation(field: str, typed: str, sent: dict[str, Any]) -> None:
    expected = HUAWEI_BODY | {"id": "V0REQUEST1"} | sent
    assert exactly(huawei_body(HUAWEI_FEWEST | {field: typed})) == exactly(expected)


@pytest.mark.parametrize(("field", "typed", "sent"), HUAWEI)
def test_a_field_reaches_huawei_in_the_current_generation(field: str, typed: str, sent: dict[str, Any]) -> None:
    assert exactly(huawei_body(HUAWEI_FEWEST | {field: typed}, "current")) == exactly(HUAWEI_BODY | sent)


def test_the_tables_name_every_field_of_both_forms_and_no_other() -> None:
    assert {row[0] for row in TENCENT} == {field.name for field in TencentHire.fields()}
    assert {row[0] for row in HUAWEI_2019} == {field.name for field in HuaweiHire.fields()}


def test_all_fields_together_reach_each_vendor_in_one_body() -> None:
    for rows, body_of, fewest in ((TENCENT, tencent_body, TENCENT_BODY), (HUAWEI_2019, huawei_body, HUAWEI_BODY)):
        typed, expected = {}, dict(fewest)
        for field, text, sent in rows:
            typed[field] = text
            expected |= sent
        assert exactly(body_of(typed)) == exactly(expected)


def test_what_is_left_empty_is_not_sent() -> None:
    blanks = {"email": "", "department": "  ", "job_title": "\t", "start_date": "", "invite": "", "account_type": " "}
    assert tencent_body(TENCENT_FEWEST | blanks) == TENCENT_BODY
    blanks = {field: " " for field, _, _ in HUAWEI_2019 if field not in HUAWEI_FEWEST}
    assert huawei_body(HUAWEI_FEWEST | blanks) == HUAWEI_BODY | {"id": "V0REQUEST1"}


def test_a_blank_is_no_answer_to_a_required_field() -> None:
    for blank in ("", "  ", "\u3000"):
        with pytest.raises(ValidationError) as caught:
            TencentHire.model_validate(TENCENT_FEWEST | {"name": blank})
        assert [item["loc"] for item in caught.value.errors()] == [("name",)]


def test_what_was_typed_around_a_value_is_not_sent() -> None:
    assert tencent_body({"name": " 张伟 ", "account": " zhangwei\n", "phone": " 138-0013-8000 "}) == TENCENT_BODY


# --- Tencent's own


def test_tencents_operator_goes_along_only_when_it_is_set() -> None:
    body = tencent_body(TENCENT_FEWEST, operator_id="admin")
    assert exactly(body) == exactly(TENCENT_BODY | {"operator_id": "admin", "operator_id_type": 1})
    for operator, query in ((None, b""), ("admin", b"?operator_id=admin&operator_id_type=1")):
        wire = Recorder(tencent.FOUND)
        tencent_with(wire, operator_id=operator).find(TencentHire.model_validate(TENCENT_FEWEST), "V0")
        assert wire.requests[0].url.raw_path == b"/v1/users/zhangwei" + query


@pytest.mark.parametrize("day", ["2026-12-01", "2024-02-29", "1999-12-31", "2038-01-20"])
def test_the_first_day_begins_at_midnight_in_beijing(day: str) -> None:
    moment = dt.datetime.fromtimestamp(tencent_body(TENCENT_FEWEST | {"start_date": day})["entry_time"], dt.UTC)
    assert (moment + dt.timedelta(hours=8)).isoformat() == f"{day}T00:00:00+00:00"


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("", ["2", "1", "9", "3", "8", "4", "5", "6", "7"]),
        ("9,2", ["2", "9"]),
        ("2；9", ["2", "9"]),
        ("9", ["9"]),
    ],
)
def test_the_form_offers_the_licence_types_of_ones_edition_and_none_is_needed(setting: str, values: list[str]) -> None:
    fields = {field.name: field for field in tencent_with(Recorder(), licence_types=setting).fields()}
    assert [choice.value for choice in fields["account_type"].ask.choices] == values
    assert not fields["account_type"].required
    others = [field for field in Tencent.form.fields() if field.name != "account_type"]
    assert [fields[field.name] for field in others] == others


# --- Huawei's own


def test_huaweis_id_is_the_request_unless_somebody_typed_one_and_never_too_long() -> None:
    assert huawei_body(HUAWEI_FEWEST)["id"] == "V0REQUEST1"
    wire = Recorder(huawei.TOKEN)
    with pytest.raises(Exception, match="without a return code"):
        huawei_with(wire).create(HuaweiHire.model_validate(HUAWEI_FEWEST), "V" * 100)
    assert json.loads(wire.requests[-1].content)["id"] == "V" * 64


def test_the_current_generation_neither_asks_for_nor_sends_what_it_no_longer_takes() -> None:
    provider = huawei_with(Recorder(), api="current")
    assert provider.hidden == {"member_id", "meeting_room"}
    assert {field.name for field in provider.fields()} == {row[0] for row in HUAWEI}
    assert huawei_body(HUAWEI_FEWEST | {"member_id": "x", "meeting_room": "9"}, "current") == HUAWEI_BODY
    assert {field.name for field in huawei_with(Recorder()).fields()} == {row[0] for row in HUAWEI_2019}


@pytest.mark.parametrize(
    ("api", "settings", "log_in", "create", "search"),
    [
        (
            "2019",
            {},
            "POST /v1/usg/acs/auth/account",
            "POST /rest/usg/datacenter/v1/corp/member",
            'POST /rest/usg/datacenter/v1/corp/member/search {"condition": "zhang.wei@example.com", "pageIndex": 1, "pageSize": 20}',
        ),
        (
            "current",
            {"auth_path": "/v1/elsewhere"},
            "POST /v1/elsewhere",
            "POST /v1/usg/dcs/corp/member",
            "GET /v1/usg/dcs/corp/member?offset=0&limit=20&searchKey=zhang.wei%40example.com ",
        ),
    ],
)
def test_huaweis_calls_go_where_its_pages_say(
    api: str, settings: dict[str, str], log_in: str, create: str, search: str
) -> None:
    rows = {"data": [], "totalCount": 0}
    wire = Recorder(huawei.TOKEN, {}, huawei.ENVELOPE | {"data": rows} if api == "2019" else rows)
    provider, hire = huawei_with(wire, api=api, **settings), HuaweiHire.model_validate(HUAWEI_FEWEST)
    with pytest.raises(Exception, match=r"return code|does not read"):
        provider.create(hire, "V0")
    assert provider.find(hire, "V0") is None
    sent = [f"{request.method} {request.url.raw_path.decode()}" for request in wire.requests]
    assert sent[:2] == [log_in, create]
    assert f"{sent[2]} {wire.requests[2].content.decode()}" == search


def found(*rows: dict[str, Any], **typed: str) -> Any:
    """What a search that answers `rows` makes of a person."""
    wire = Recorder(huawei.TOKEN, {"data": list(rows)}, {"data": list(rows)})
    hire = HuaweiHire.model_validate({"name": "张伟"} | typed)
    return huawei_with(wire, api="current").find(hire, "V0")


@pytest.mark.parametrize("phone", ["+8613800138000", "8613800138000", "13800138000"])
def test_a_person_is_known_by_the_phone_however_the_vendor_writes_it(phone: str) -> None:
    assert found(huawei.MEMBER | {"phone": phone}, phone="138 0013 8000")


def test_a_person_is_known_by_the_e_mail_in_whatever_case() -> None:
    assert found(huawei.MEMBER | {"email": "Zhang.Wei@Example.com"}, email="zhang.wei@example.com")


def test_a_row_that_only_resembles_the_person_is_somebody_else() -> None:
    others = [huawei.MEMBER | {"phone": phone} for phone in ("+86138001380001", "+4413800138000", "", None)]
    assert found(*others, phone="138 0013 8000") is None
    others = [huawei.MEMBER | {"email": mail} for mail in ("xzhang.wei@example.com", "zhang.wei@example.com.cn", None)]
    assert found(*others, email="zhang.wei@example.com") is None


def test_a_search_that_is_cut_off_does_not_read_as_absent() -> None:
    others = [huawei.MEMBER | {"email": f"{number}zhang.wei@example.com"} for number in range(20)]
    with pytest.raises(Unreachable, match="more people than it shows"):
        found(*others, email="zhang.wei@example.com")
    assert found(*others[1:], huawei.MEMBER, email="zhang.wei@example.com")


def searched(api: str, **data: Any) -> Any:
    """What a search makes of a person whose rows come in this object."""
    answer = data if api == "current" else huawei.ENVELOPE | {"data": data}
    wire = Recorder(huawei.TOKEN, answer)
    return huawei_with(wire, api=api).find(HuaweiHire.model_validate(HUAWEI_FEWEST), "V0")


@pytest.mark.parametrize(
    ("api", "data"),
    [
        ("current", {"offset": 0, "limit": 20, "count": 0}),
        ("current", {"offset": 0, "limit": 20, "count": 0, "data": None}),
        ("current", {"offset": 0, "limit": 20}),
        ("2019", {"pageIndex": 1, "totalCount": 0}),
        ("2019", {"pageIndex": 1, "totalCount": 0, "data": None}),
        ("2019", {}),
    ],
)
def test_a_search_without_rows_has_found_nobody(api: str, data: dict[str, Any]) -> None:
    assert searched(api, **data) is None


def test_an_envelope_without_anything_in_it_has_found_nobody() -> None:
    for envelope in (huawei.ENVELOPE, huawei.ENVELOPE | {"data": None}):
        wire = Recorder(huawei.TOKEN, envelope)
        assert huawei_with(wire).find(HuaweiHire.model_validate(HUAWEI_FEWEST), "V0") is None


@pytest.mark.parametrize("api", ["current", "2019"])
@pytest.mark.parametrize(
    "data",
    [
        {"count": 3, "totalCount": 3},
        {"count": 0, "totalCount": 0, "data": "none"},
        {"count": 0, "totalCount": 0, "data": {}},
        {"count": {}, "totalCount": {}},
        {"count": 2, "totalCount": 2, "data": []},
        {"count": 1, "totalCount": 1, "data": [{"name": "张伟"}]},
        {"count": 1, "totalCount": 1, "data": [None]},
    ],
)
def test_a_search_that_does_not_say_whom_it_found_is_not_nobody(api: str, data: dict[str, Any]) -> None:
    with pytest.raises(Unreachable):
        searched(api, **data)


def test_a_row_that_reads_in_part_is_the_person_all_the_same() -> None:
    row = huawei.MEMBER | {"vmrList": "none", "userType": {}, "deptName": ["a"], "name": None}
    account = found(row, email="zhang.wei@example.com")
    assert (account.account, account.name, account.department_path) == ("corp-zhangwei", "张伟", "示例公司")


def test_huaweis_gateway_says_how_long_to_wait_once_nothing_remains() -> None:
    for said, seconds in (
        ("remain:0,limit:100,time:1 minute", 60.0),
        ("remain:0,limit:200,time:1 second", 1.0),
        ("remain:0,limit:9,time:1 day", 3600.0),
        ("remain:7,limit:100,time:1 minute", None),
        ("nonsense", None),
    ):
        headers = {"X-APIG-Ratelimit-Api": said}
        answers = [Said(huawei.TOKEN), Said({}, 429, headers)]
        vendor = httpx.MockTransport(lambda _, answers=answers: answers.pop(0).response())
        config = configured(HuaweiSettings, account="admin@corp", password="Passw0rd!", api="current")
        with pytest.raises(RateLimited) as caught:
            Huawei(config, transport=vendor).find(HuaweiHire.model_validate(HUAWEI_FEWEST), "V0")
        assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("添加用户数达到上限", NoSeatLeft),
        ("The number of users registered free of charge has reached the upper limit", NoSeatLeft),
        ("请求次数达到上限", Rejected),
        ("The quota of departments is used up", Rejected),
    ],
)
def test_an_unknown_code_with_the_portals_words_for_no_more_users_is_no_seat(
    words: str, error: type[ProvisionError]
) -> None:
    wire = Recorder(huawei.TOKEN, huawei.ENVELOPE | {"returnCode": "209999999", "returnMessage": words})
    with pytest.raises(error) as caught:
        huawei_with(wire).create(HuaweiHire.model_validate(HUAWEI_FEWEST), "V0")
    assert (type(caught.value), caught.value.words) == (error, words)


# --- phones

PHONES = [
    # typed, Tencent's area and phone, Huawei's phone and country
    ("138 0013 8000", "86", "13800138000", "+8613800138000", "chinaPR"),
    ("+86 (138) 0013-8000", "86", "13800138000", "+8613800138000", "chinaPR"),
    ("0044 7400 123456", "44", "7400123456", "+447400123456", "UK"),
    ("+44 7400 123456", "44", "7400123456", "+447400123456", "UK"),
    ("+1 212 736 5000", "1", "2127365000", "+12127365000", "usa"),
    ("+1 416 967 1111", "1", "4169671111", "+14169671111", "canada"),
    ("+1 876 210 1234", "1", "8762101234", "+18762101234", "jamaica"),
    ("+7 912 345 67 89", "7", "9123456789", "+79123456789", "russia"),
    ("+7 701 234 5678", "7", "7012345678", "+77012345678", "kazakhstan"),
    ("+852 5123 4567", "852", "51234567", "+85251234567", "chinaHKG"),
    ("+853 6612 3456", "853", "66123456", "+85366123456", "chinaOMA"),
    ("+886 912 345 678", "886", "912345678", "+886912345678", "chinaTPE"),
    ("+49 151 23456789", "49", "15123456789", "+4915123456789", "germany"),
    ("+39 06 1234 5678", "39", "0612345678", "+390612345678", "italy"),
    ("＋８６ １３８００１３８０００", "86", "13800138000", "+8613800138000", "chinaPR"),
]


@pytest.mark.parametrize(("typed", "area", "digits", "e164", "country"), PHONES)
def test_a_phone_is_split_for_tencent_and_whole_with_its_country_for_huawei(
    typed: str, area: str, digits: str, e164: str, country: str
) -> None:
    body = tencent_body(TENCENT_FEWEST | {"phone": typed})
    assert (body["area"], body["phone"]) == (area, digits)
    for api in ("2019", "current"):
        body = huawei_body({"name": "张伟", "phone": typed}, api)
        assert (body["phone"], body["country"]) == (e164, country)


@pytest.mark.parametrize("typed", ["12345", "００８６", "+999 1", "none", "+", "1" * 300])
def test_what_is_no_phone_number_is_refused_on_its_field(typed: str) -> None:
    for form, fewest in ((TencentHire, TENCENT_FEWEST), (HuaweiHire, HUAWEI_FEWEST)):
        with pytest.raises(ValidationError) as caught:
            form.model_validate(fewest | {"phone": typed}, context={"region": "CN"})
        assert [item["loc"] for item in caught.value.errors()] == [("phone",)]


@pytest.mark.parametrize("typed", ["+53 5 1234567", "+98 912 345 6789", "+44 1481 960194", "+800 1234 5678"])
def test_a_country_that_huawei_has_no_key_for_is_refused_on_the_phone_and_goes_to_tencent(typed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HuaweiHire.model_validate(HUAWEI_FEWEST | {"phone": typed})
    (item,) = caught.value.errors()
    assert item["loc"] == ("phone",)
    assert typed.split()[0] in str(item["ctx"]["en"])
    assert typed.split()[0] in str(item["ctx"]["zh"])
    assert tencent_body(TENCENT_FEWEST | {"phone": typed})["area"] == typed.split()[0][1:]


def test_a_number_without_a_country_is_of_the_region_that_is_set() -> None:
    body = tencent_body(TENCENT_FEWEST | {"phone": "0151 23456789"}, region="DE")
    assert (body["area"], body["phone"]) == ("49", "15123456789")
    assert huawei_body({"name": "Max", "phone": "212 736 5000"}, region="US")["country"] == "usa"


def test_the_table_of_countries_is_whole() -> None:
    text = (files("bot.providers") / "huawei_countries.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    assert len(rows) >= 160
    assert len({row["region"] for row in rows}) == len({row["country"] for row in rows}) == len(rows)
    keys = {(row["country"], row["calling_code"], row["region"]) for row in rows}
    assert keys >= {
        ("chinaPR", "86", "CN"),
        ("chinaHKG", "852", "HK"),
        ("chinaOMA", "853", "MO"),
        ("chinaTPE", "886", "TW"),
        ("usa", "1", "US"),
        ("canada", "1", "CA"),
        ("russia", "7", "RU"),
        ("kazakhstan", "7", "KZ"),
        ("UK", "44", "GB"),
        ("GB", "245", "GW"),
        ("BVl", "1284", "VG"),
        ("CZ", "420", "CZ"),
        ("columbia", "57", "CO"),
        ("southKorea", "82", "KR"),
        ("saudiArabia", "966", "SA"),
        ("uae", "971", "AE"),
    }
    for row in rows:
        assert re.fullmatch("[A-Z]{2}", row["region"])
        assert row["calling_code"].startswith(str(phonenumbers.country_code_for_region(row["region"]))), row


# --- whatever a person types

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A slow machine is no failure."""

FORMS: list[type[NewHire]] = [TencentHire, HuaweiHire, AcmeHire]
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)

NUMBERS = [
    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    and phonenumbers.is_valid_number(number)
]
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="&<>/()'\""), min_size=1)
ACCOUNTS = st.from_regex(r"[a-z][a-z0-9_-]{0,30}(@[a-z0-9]{1,5})?", fullmatch=True)
PASSWORDS = st.from_regex(r"[a-z][0-9A-Z!#]{7,31}", fullmatch=True).filter(lambda text: not text.islower())


def values(field: Field) -> st.SearchStrategy[str]:
    """Fitting texts for one field."""
    if field.ask.choices:
        return st.sampled_from([choice.value for choice in field.ask.choices])
    if field.name == "account":
        return ACCOUNTS
    if field.name == "department":
        return st.from_regex("[0-9a-f]{1,32}", fullmatch=True)
    by_kind: dict[str, st.SearchStrategy[str]] = {
        "phone": st.sampled_from([number for number in NUMBERS if has_key(number)]),
        "email": st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9._+'-]{0,19}@[a-z0-9-]{1,9}(\.[a-z]{2,5}){1,2}", fullmatch=True),
        "date": st.dates().map(str),
        "number": st.integers(field.minimum, field.maximum).map(str),
        "secret": PASSWORDS,
        "text": WORDS.map(lambda text: characters.clean(text)[: field.max_length]).filter(fits),
    }
    return by_kind[field.ask.kind]


def fits(text: str) -> bool:
    return bool(characters.clean(text)) and not characters.holds_number(text)


@cache
def has_key(number: str) -> bool:
    try:
        HuaweiHire.model_validate({"name": "张伟", "phone": number})
    except ValidationError:
        return False
    return True


def people(form: type[NewHire]) -> st.SearchStrategy[dict[str, str]]:
    """Texts that fit the form, some of the optional ones left out."""
    fields = list(form.fields())
    needed = {field.name: values(field) for field in fields if field.required or field.name == "email"}
    return st.fixed_dictionaries(
        needed, optional={field.name: values(field) for field in fields if field.name not in needed}
    )


@every_form
def test_a_person_comes_back_from_json_as_the_same_person(form: type[NewHire]) -> None:
    @settings(CALM, max_examples=tries(30))
    @given(people(form), st.sampled_from(["CN", "DE", "US"]))
    def promise(typed: dict[str, str], region: str) -> None:
        hire = form.model_validate(typed, context={"region": region})
        text = json.dumps(hire.typed(), allow_nan=False)
        again = form.model_validate(json.loads(text), context={"region": "FR"})
        assert again == hire.model_copy(update=dict.fromkeys(form.secrets()))
        assert again.typed() == hire.typed()
        assert not set(hire.typed()) & form.secrets()
        assert not set(hire.typed()) - set(typed)
        json.dumps(hire.wire()).encode()

    promise()


def test_every_valid_number_of_the_world_comes_back_from_json_as_the_same_number() -> None:
    assert len(NUMBERS) > 400
    for number in NUMBERS:
        hire = TencentHire.model_validate(TENCENT_FEWEST | {"phone": number})
        again = TencentHire.model_validate(json.loads(json.dumps(hire.typed())), context={"region": "DE"})
        assert again.phone == hire.phone
        assert hire.phone.e164 == f"+{hire.phone.calling_code}{hire.phone.digits}" == number


@settings(CALM, max_examples=tries(200))
@given(
    st.text(st.characters(), max_size=40)
    | st.text("0123456789+-() .extwp;=*#", max_size=30)
    | st.from_regex(r"\+?[0-9]{5,16}(;ext=[0-9]{1,8}|x[0-9]{1,5})?", fullmatch=True),
    st.sampled_from(["CN", "US", "RU", "IT", "AR"]),
)
def test_whatever_is_typed_as_a_phone_is_a_number_or_a_sentence(typed: str, region: str) -> None:
    hire, complaints = validated(TencentHire, TENCENT_FEWEST | {"phone": typed}, region)
    assert complaints <= {"phone"}
    assert hire is None or TencentHire.model_validate(hire.typed()).typed() == hire.typed()


def validated(form: type[NewHire], typed: dict[str, Any], region: str = "CN") -> tuple[NewHire | None, set[str]]:
    """The person, or the fields that have a complaint; nothing else can come of it."""
    try:
        return form.model_validate(typed, context={"region": region}), set()
    except ValidationError as error:
        fields = {str((item["loc"] or (item["ctx"]["field"],))[0]) for item in error.errors()}
        return None, fields or {"nothing said"}


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=60)
    | st.sampled_from(
        ["", " ", "\x00", "9" * 500, "x" * 5000, "\ud800", "💥" * 41, "2026-13-45", "=1+1", "<!channel>"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@every_form
def test_whatever_is_typed_is_a_person_that_can_be_sent_or_a_list_of_complaints(form: type[NewHire]) -> None:
    fields = [field.name for field in form.fields()]

    @settings(CALM, max_examples=tries(40))
    @given(people(form), st.dictionaries(st.sampled_from(fields), ANYTHING, max_size=4))
    def promise(typed: dict[str, str], spoilt: dict[str, Any]) -> None:
        hire, complaints = validated(form, typed | spoilt)
        assert complaints <= spoilt.keys() | {"phone", "password"}
        if hire is not None:
            json.dumps(hire.wire(), allow_nan=False, ensure_ascii=False).encode()
            assert form.model_validate(hire.typed()).typed() == hire.typed()

    promise()


def test_all_problems_come_at_once_those_of_several_fields_together_too() -> None:
    typed = {
        "name": "A<B>",
        "account": "12345",
        "sort_level": "0",
        "disabled": "7",
        "notify": "maybe",
        "signature": "x" * 129,
        "password": "54321",
        "nobody_asked": "1",
    }
    with pytest.raises(ValidationError) as caught:
        HuaweiHire.model_validate(typed)
    places = [item["loc"] or (item["ctx"]["field"],) for item in caught.value.errors()]
    assert sorted(places) == sorted([*((name,) for name in typed), ("phone",), ("password",)])
    assert "54321" not in str(caught.value)
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        "short-1",
        "x" * 33,
        "onlysmall",
        "12345678",
        "Passwort-für-dich",
        "Pass word 1",
        "corp-zhangwei",
        "iewgnahz-proc",
    ],
)
def test_a_password_that_huawei_would_refuse_is_refused_on_its_field(password: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HuaweiHire.model_validate(HUAWEI_FEWEST | {"account": "corp-zhangwei", "password": password})
    assert {(item["loc"] or (item["ctx"]["field"],))[0] for item in caught.value.errors()} == {"password"}
    assert password not in str(caught.value)


@pytest.mark.parametrize("account", ["张伟", "zhang wei", "12345", "a@b.c", "wei@example.com", "x" * 65, "a/b"])
def test_an_account_that_huawei_would_refuse_is_refused_on_its_field(account: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HuaweiHire.model_validate(HUAWEI_FEWEST | {"account": account})
    assert [item["loc"] for item in caught.value.errors()] == [("account",)]


@pytest.mark.parametrize("account", ["张伟", "zhang伟", "é" * 21, "x" * 41])
def test_a_userid_that_tencent_would_refuse_is_refused_on_its_field(account: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TencentHire.model_validate(TENCENT_FEWEST | {"account": account})
    assert [item["loc"] for item in caught.value.errors()] == [("account",)]
