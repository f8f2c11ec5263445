"""What people type and paste behind the command: cards become the right fields, words that are commands are answered."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberMatcher

from bot import card, characters
from bot.providers.contract import installed
from bot.slack.prefill import (
    Help,
    Many,
    NotHere,
    Prefill,
    Status,
    Template,
    as_command,
    command,
    from_message,
    from_profile,
    prefill,
)
from tests.conftest import tries

ZHANG = {"name": "张伟", "phone": "13800138000"}
FULL = ZHANG | {
    "email": "z@example.com",
    "employee_id": "20190001",
    "department": "研发部",
    "job_title": "工程师",
    "start_date": "2026-12-01",
}

WORDS = [
    ("", {}),
    ("zhang.wei@example.com", {"email": "zhang.wei@example.com"}),
    ("<mailto:zhang.wei@example.com|zhang.wei@example.com>", {"email": "zhang.wei@example.com"}),
    ("<mailto:zhang.wei@example.com>", {"email": "zhang.wei@example.com"}),
    ("+86 138 0013 8000", {"phone": "+86 138 0013 8000"}),
    ("<tel:+8613800138000|+86 138 0013 8000>", {"phone": "+86 138 0013 8000"}),
    ("<tel:13800138000>", {"phone": "13800138000"}),
    ("(010) 6552-9988 张伟", {"phone": "(010) 6552-9988", "name": "张伟"}),
    ("Zhang Wei", {"name": "Zhang Wei"}),
    ("张伟 13800138000 z@example.com", ZHANG | {"email": "z@example.com"}),
    ("z@example.com 张伟 13800138000", ZHANG | {"email": "z@example.com"}),
    ("13800138000, z@example.com, 张伟", ZHANG | {"email": "z@example.com"}),
    ("张伟，z@example.com；13800138000", ZHANG | {"email": "z@example.com"}),
    ("Zhang <mailto:a@example.com|a@example.com> Wei", {"name": "Zhang Wei", "email": "a@example.com"}),
    ("13800138000@qq.com", {"email": "13800138000@qq.com"}),
    ("Smith &amp; Sons", {"name": "Smith & Sons"}),
    ("O&amp;G 张伟 &lt;3", {"name": "O&G 张伟 <3"}),
    ("r&amp;d@example.com", {"email": "r&d@example.com"}),
    ("<http://wei.example|wei.example>", {"name": "wei.example"}),
    ("Zhang Wei 7", {"name": "Zhang Wei 7"}),
    ("张伟 <#C123|general> <!here>", {"name": "张伟"}),
]
"""In Slack's mark-up, as a command's text arrives with `should_escape`."""

CARDS = [
    # A2: as mail programs copy it
    ("李雷 <li.lei@example.com>", {"name": "李雷", "email": "li.lei@example.com"}),
    ("李雷 &lt;<mailto:li.lei@example.com|li.lei@example.com>&gt;", {"name": "李雷", "email": "li.lei@example.com"}),
    ('"Zhang, Wei" <z@example.com>', {"name": "Zhang, Wei", "email": "z@example.com"}),
    ("“Zhang Wei” <z@example.com>;", {"name": "Zhang Wei", "email": "z@example.com"}),
    ("A Li <a@example.com>; B Wu <b@example.com>", {"name": "A Li", "email": "a@example.com"}),
    # A3: labels, on one line and on many
    ("姓名：张伟 手机：13800138000 邮箱：z@example.com", ZHANG | {"email": "z@example.com"}),
    ("姓名:张伟,手机:13800138000", ZHANG),
    ("姓名：张伟\n手机：13800138000\n邮箱：z@example.com\n部门：研发部\n职位：工程师\n工号：20190001\n入职日期：2026年12月1日", FULL),
    ("姓名张伟 手机13800138000 工号20190001 邮箱z@example.com", ZHANG | {"email": "z@example.com", "employee_id": "20190001"}),
    ("姓名 张伟 部门 研发部 电话 13800138000", ZHANG | {"department": "研发部"}),
    ("【姓名】张伟【手机】13800138000【部门】研发部", ZHANG | {"department": "研发部"}),
    ("*姓名：* 张伟 *手机：* `13800138000`", ZHANG),
    ("1. 姓名：张伟 2. 手机：13800138000", ZHANG),
    ("1、姓名：张伟\n2、手机：13800138000", ZHANG),
    ("• 姓名 - 张伟\n• 手机 - 13800138000", ZHANG),
    ("姓名\n张伟\n手机\n13800138000", ZHANG),
    ("姓名/Name：张伟 手机（Mobile）：13800138000", ZHANG),
    ("新同事张伟，手机13800138000", ZHANG),
    ("张伟手机：13800138000", ZHANG),
    ("职位：部门经理 姓名：张伟", {"name": "张伟", "job_title": "部门经理"}),
    ("姓名：张伟 手机：13800138000 微信：zw13900139000", ZHANG),
    ("手机：13800138000（微信同号）\n张伟", ZHANG),
    (
        "Name: Zhang Wei, Mobile: 13800138000, Title: VP, Dept: R&amp;D, Staff No.: A-17",
        ZHANG | {"name": "Zhang Wei", "job_title": "VP", "department": "R&D", "employee_id": "A-17"},
    ),
    ("Employee ID 10086 Cell 13800138000 E-mail z@example.com", {"employee_id": "10086", "phone": "13800138000", "email": "z@example.com"}),
    ("First name: Wei\nLast name: Zhang", {"name": "Wei Zhang"}),
    ("姓：张 名：伟", {"name": "张伟"}),
    ("User name: zhangwei\nName: Zhang Wei", {"account": "zhangwei", "name": "Zhang Wei"}),
    # A3: without labels
    ("工号 10086 13800138000", {"employee_id": "10086", "phone": "13800138000"}),
    ("20190001 张伟 13800138000", ZHANG | {"employee_id": "20190001"}),
    ("20190001 138 0013 8000 张伟", {"employee_id": "20190001", "phone": "138 0013 8000", "name": "张伟"}),
    ("张伟(13800138000)", ZHANG),
    ("张伟（13800138000）。", ZHANG),
    ("张伟13800138000", ZHANG),
    ("ZhangWei13800138000", {"name": "ZhangWei", "phone": "13800138000"}),
    ("张伟 138\u20130013\u20138000", ZHANG | {"phone": "138-0013-8000"}),
    ("张伟 138\u20110013\u20118000", ZHANG | {"phone": "138-0013-8000"}),
    ("张伟 13800138000 2026-12-01", ZHANG | {"start_date": "2026-12-01"}),
    ("张伟 13800138000 1990/1/2", ZHANG),
    ("“张伟” 13800138000。", ZHANG),
    ("张伟/研发部/13800138000", ZHANG),
    ("张伟 13800138000 110101199003074578", ZHANG),
    ("张伟\t13800138000\tz@example.com\t研发部", ZHANG | {"email": "z@example.com"}),
    ("姓名\t手机\t邮箱\n张伟\t13800138000\tz@example.com", ZHANG | {"email": "z@example.com"}),
    ("| 姓名 | 手机 |\n|---|---|\n| 张伟 | 13800138000 |", ZHANG),
    ("ｚ＠ｅｘａｍｐｌｅ．ｃｏｍ １３８００１３８０００ 张伟", ZHANG | {"email": "z@example.com"}),
    ("\u202d138 0013 8000\u202c 张\u200b伟", {"phone": "138 0013 8000", "name": "张伟"}),
    # A number of more than one kind, and a number with a slip in it: the form says so on the field
    ("电话：010-65529988 转 8001 手机：13800138000 张伟", ZHANG),
    ("Fax: +86 10 6552 9988\nTel: 010-65529988\nMobile: 13800138000", {"phone": "13800138000"}),
    ("+1 212 736 5000 ext. 12 Ann", {"phone": "+1 212-736-5000", "name": "Ann"}),
    ("手机：138 OO13 8OOO", {"phone": "138 OO13 8OOO"}),
    ("张伟 1380013800", {"name": "张伟", "phone": "1380013800"}),
    (
        "Zhang Wei\nSenior Engineer | R&amp;D\nExample Co., Ltd.\nT +86 10 6552 9988  M +86 138 0013 8000\n"
        "<mailto:z@example.com|z@example.com>\n<http://www.example.com|www.example.com>",
        {"name": "Zhang Wei", "phone": "+86 138 0013 8000", "email": "z@example.com"},
    ),
    (
        "BEGIN:VCARD\nVERSION:3.0\nN:Zhang;Wei;;;\nFN:Zhang Wei\nTEL;TYPE=WORK,VOICE:+86 10 6552 9988\n"
        "TEL;TYPE=CELL:+86 138 0013 8000\nEMAIL;TYPE=INTERNET:z@example.com\nORG:Example;R&amp;D\nTITLE:Engineer\nEND:VCARD",
        {"name": "Zhang Wei", "phone": "+86 138 0013 8000", "email": "z@example.com", "job_title": "Engineer"},
    ),
    ("John O’Brien Jr. +1 212 736 5000", {"name": "John O’Brien Jr.", "phone": "+1 212 736 5000"}),
    ("买买提·吐尔逊 13800138000", {"name": "买买提·吐尔逊", "phone": "13800138000"}),
    ("一三八〇〇一三八〇〇〇", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "typed"), WORDS + CARDS)
def test_the_words_after_the_command_fill_in_what_they_are(text: str, typed: dict[str, str]) -> None:
    assert prefill(text) == (typed, None)


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("(02) 2736-5000 王小明", "TW", "(02) 2736-5000"),
        ("0912-345-678 王小明", "TW", "0912-345-678"),
        ("陳大文 5123 4567", "HK", "5123 4567"),
        ("(212) 736-5000 Ann", "US", "(212) 736-5000"),
        ("0151 23456789 Max", "DE", "0151 23456789"),
    ],
)
def test_a_number_without_a_country_is_of_the_region_that_is_set(text: str, region: str, phone: str) -> None:
    assert prefill(text, region)[0]["phone"] == phone


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("<@U0NEWBIE1>", {}),
        ("<@U0NEWBIE1|zhangwei>", {}),
        ("<@W0NEWBIE1> 13800138000", {"phone": "13800138000"}),
        ("Zhang Wei <@U0NEWBIE1|zhangwei>", {"name": "Zhang Wei"}),
    ],
)
def test_somebody_who_is_mentioned_is_known_by_their_id(text: str, typed: dict[str, str]) -> None:
    found, mentioned = prefill(text)
    assert found == typed
    assert mentioned in ("U0NEWBIE1", "W0NEWBIE1")


REPORTED = [
    # google/libphonenumber 1302, 708; catamphetamine/libphonenumber-js 252, 403
    ("070 123 45 67 (Axel)", "SE", {"phone": "070 123 45 67", "name": "Axel"}),
    ("03.05.1987 Max 0151 23456789", "DE", {"phone": "0151 23456789", "name": "Max"}),
    ("(213) 373-4253 (foo)", "US", {"phone": "(213) 373-4253", "name": "foo"}),
    ("+12127365000,,9988776#,,654321# Ann", "US", {"phone": "+12127365000", "name": "Ann"}),
    # nhoizey/vscode-gremlins 204: WhatsApp copies numbers with isolates; this one has a slip in it, too
    ("\u202a\u2068+972 50-123-4567\u2069 דוד", "IL", {"phone": "+972 50-123-4567", "name": "דוד"}),
    # microsoft/botframework-sdk 377; mathew-fleisch/bashbot 48
    ("blah@blah.com|blah@blah.com|blah@blah.com", "CN", {"email": "blah@blah.com"}),
    ("“Zhang Wei” ‘z@example.com’", "CN", {"name": "Zhang Wei", "email": "z@example.com"}),
    # wzc570738205/smartParsePro 1, 5, 27; ldwonday/zh-address-parse 88
    ("收货人: 杨艳\n手机号码: 13682222221\n所在地区: 广东省深圳市\n详细地址: 格水村", "CN", {"name": "杨艳", "phone": "13682222221"}),
    ("马云，陕西省西安市雁塔区高新四路 13593464918", "CN", {"name": "马云", "phone": "13593464918"}),
    ("刘国良 13593464918 211381198512096810", "CN", {"name": "刘国良", "phone": "13593464918"}),
    ("200801000001，Mary，13688888888，济源市888号", "CN", {"name": "Mary", "phone": "13688888888"}),
    # mynameisvinn/EmailParser; achaphiv/business-card-parser
    ("Joe Smith | Strategy\n111 Market St.| San Francisco, CA 94103\nM: 212.736.5000| joe@foobar.com", "US",
     {"name": "Joe Smith", "phone": "212.736.5000", "email": "joe@foobar.com"}),
    ("ASYMMETRIK LTD\nMike Smith\n(410)555-1234\nmsmith@asymmetrik.com", "US",
     {"name": "Mike Smith", "phone": "(410)555-1234", "email": "msmith@asymmetrik.com"}),
    ("Arthur Wilson\nABC Technologies\nArlington, VA 22209\nTel: +1 (703) 555-1259\nFax: +1 (703) 555-1200", "US",
     {"name": "Arthur Wilson", "phone": "+1 (703) 555-1259"}),
    # cloud.tencent.com/developer/article/1948152: radicals of a PDF file
    ("⽹⻜ 13800138000", "CN", {"name": "网飞", "phone": "13800138000"}),
    # vCards of Android (2.1), of RFC 6350 (4.0), of Apple
    ("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0=E4=BC=9F\nTEL;CELL:13800138000", "CN", ZHANG),
    ('FN:Gump\nTEL;VALUE=uri;TYPE="voice,home":tel:+1-212-736-5000', "US", {"name": "Gump", "phone": "+1-212-736-5000"}),
    ("item1.TEL;type=pref:13800138000\nFN:张伟", "CN", ZHANG),
    # People
    ("김민준 010-1234-5678", "KR", {"name": "김민준", "phone": "010-1234-5678"}),
    ("田中　太郎 t..a@docomo.ne.jp", "JP", {"name": "田中 太郎", "email": "t..a@docomo.ne.jp"}),
    ("محمد ٠١٠٠١٢٣٤٥٦٧", "EG", {"name": "محمد", "phone": "01001234567"}),
    ("Mia 🦄 13800138000", "CN", {"name": "Mia 🦄", "phone": "13800138000"}),
    ("Jennifer 8. Lee 13800138000", "CN", {"name": "Jennifer 8. Lee", "phone": "13800138000"}),
    ("m.smith@example.com M Smith", "CN", {"name": "M Smith", "email": "m.smith@example.com"}),
    ("手机号码为13800138000，姓名是张伟", "CN", ZHANG),
    ("电话/微信：13800138000（备用13900139000） 张伟", "CN", ZHANG),
    ("name=张伟&amp;phone=13800138000", "CN", ZHANG),
    ('{"name": "张伟", "phone": "13800138000"}', "CN", ZHANG),
    ("Móvil: +34 612 34 56 78 José", "ES", {"name": "José", "phone": "+34 612 34 56 78"}),
]  # fmt: skip
"""From public reports about tools that read such texts, and from phones and people there are."""


@pytest.mark.parametrize(("text", "region", "typed"), REPORTED)
def test_what_others_tripped_over_is_read(text: str, region: str, typed: dict[str, str]) -> None:
    assert prefill(text, region)[0] == typed


# --- a Slack profile


def test_a_profile_fills_in_what_is_in_it() -> None:
    user = {
        "real_name": "Zhang",
        "profile": {"real_name": "Zhang Wei", "email": "z@example.com", "title": "", "phone": None},
    }
    assert from_profile(user) == {"name": "Zhang Wei", "email": "z@example.com"}
    assert from_profile({"real_name": "Zhang"}) == {"name": "Zhang"}
    assert from_profile({}) == {}


def test_a_profile_is_cleaned_like_all_else() -> None:
    profile = {"real_name": "张\u200b伟 138 0013 8000", "title": "\u202eEngineer\u202c", "email": "ｚ＠example.com"}
    assert from_profile({"profile": profile}) == {
        "name": "张伟",
        "phone": "138 0013 8000",
        "job_title": "Engineer",
        "email": "z@example.com",
    }
    assert from_profile({"profile": {"phone": "m: +86 138 0013 8000 (WeChat)"}}) == {"phone": "+86 138 0013 8000"}
    assert from_profile({"profile": {"phone": "ask me"}}) == {"phone": "ask me"}


# --- commands


@pytest.mark.parametrize(
    "text",
    ["help", "Help", "HELP!", "帮助", "help me", "help status 张伟", "?", "？", "--help", " \u200bhelp ", "`help`"],
)
def test_help_with_anything_behind_it_is_help(text: str) -> None:
    assert command(text) == Help()


@pytest.mark.parametrize("text", ["many", "Many", "批量", "import"])
def test_many_is_the_form_for_many(text: str) -> None:
    assert command(text) == Many()


@pytest.mark.parametrize("text", ["template", "模板"])
def test_the_template_is_asked_for(text: str) -> None:
    assert command(text) == Template()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("list!", "list"),
        ("取消 张伟", "取消"),
    ],
)
def test_a_word_that_is_no_command_yet_is_nobodys_name(text: str, word: str) -> None:
    assert command(text) == NotHere(word)


@pytest.mark.parametrize(
    ("text", "query", "mentioned"),
    [
        ("status", "", None),
        ("  Status!  ", "", None),
        ("状态", "", None),
        ("狀態", "", None),
        ("进度　张伟", "张伟", None),
        ("status Zhang  Wei", "Zhang Wei", None),
        ("status `zhang.wei`", "zhang.wei", None),
        ("status <tel:13800138000|138 0013 8000>", "138 0013 8000", None),
        ("status <mailto:z.wei@example.com|z.wei@example.com>", "z.wei@example.com", None),
        ("status A &amp; B", "A & B", None),
        ("status <@U0ALICE01|alice>", "", "U0ALICE01"),
    ],
)
def test_status_asks_for_the_newest_or_for_somebody(text: str, query: str, mentioned: str | None) -> None:
    assert command(text) == Status(query, mentioned)


@given(st.text(max_size=80))
def test_whatever_stands_behind_status_is_looked_for_and_opens_no_form(text: str) -> None:
    assert isinstance(command(f"status {text}"), Status)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("name: Many", {"name": "Many"}),
        ("姓名：状态", {"name": "状态"}),
        ("Many Singh <many@example.com>", {"name": "Many Singh", "email": "many@example.com"}),
        ("Franz List", {"name": "Franz List"}),
        ("helpful", {"name": "helpful"}),
        ("", {}),
    ],
)
def test_a_person_may_have_such_a_name(text: str, typed: dict[str, str]) -> None:
    assert command(text) == Prefill(typed)


def test_a_mention_is_never_a_command() -> None:
    assert command("<@U0NEWBIE1> status") == Prefill({"name": "status"}, "U0NEWBIE1")


# --- messages


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("姓名：张伟\n手机：138 0013 8000", Prefill({"name": "张伟", "phone": "138 0013 8000"})),
        # Who is asked for it is not the newcomer.
        ("<@U0ALICE01> 姓名：张伟", Prefill({"name": "张伟"})),
        ("<@U0ALICE01> <mailto:w@example.com|w@example.com>", Prefill({"email": "w@example.com"})),
        ("<@U0NEWBIE1>", Prefill({}, "U0NEWBIE1")),
        # No command: somebody may be called so.
        ("help", Prefill({"name": "help"})),
        ("", Prefill()),
        ("新同事入职\n姓名：张伟", Prefill({"name": "张伟"})),
        ("新员工信息\n姓名 张伟", Prefill({"name": "张伟"})),
        ("麻烦给新来的张伟开个账号 13800138000", Prefill({"phone": "13800138000"})),
        ("Hi team please open one for Zhang Wei w@example.com", Prefill({"email": "w@example.com"})),
        ("姓名：买买提·吐尔逊", Prefill({"name": "买买提·吐尔逊"})),
        ("*张伟* &lt;w@example.com&gt;", Prefill({"name": "张伟", "email": "w@example.com"})),
    ],
)
def test_a_message_is_read_like_a_command_and_is_none(text: str, wanted: Prefill) -> None:
    assert from_message(text) == wanted


# --- whatever people paste

PIECES = [
    "姓名",
    "手机：",
    "Name:",
    "\n",
    "\t",
    " ",
    "：",
    "13800138000",
    "138 0013",
    "8000",
    "+86",
    "张伟",
    "<",
    ">",
    "@",
    "(",
    "）",
]
PIECES += [
    "z@example.com",
    "、",
    "20190001",
    "2026-12-01",
    "一二三",
    "①",
    "\u200b",
    "\ud800",
    "TEL;",
    "【",
    "】",
    "|",
    "٣",
    "M ",
    "Wei",
]
ANYTHING = st.text(st.characters(), max_size=200) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
FIELDS = {*FULL, "account", "english_name"}


@settings(max_examples=tries(500), deadline=None)
@example("1 2 3\n4 5 6 7", "CN")
@example("手机：" + "9" * 400, "CN")
@example("姓名：一三八〇〇一三八〇〇〇", "CN")
@given(ANYTHING, st.sampled_from(["CN", "US", "DE", "HK", "TW"]))
def test_no_text_breaks_it_and_no_name_holds_a_number(text: str, region: str) -> None:
    typed, _ = prefill(text, region)
    assert typed.keys() <= FIELDS
    assert all(typed.values())
    for name in ("name", "english_name"):
        assert not characters.holds_number(typed.get(name, ""))
    again = characters.clean(typed.get("name", ""))
    assert again == typed.get("name", "")
    command(text, region)
    from_profile({"profile": {"real_name": text, "phone": text, "title": text, "email": text}}, region)


LABELLED: dict[str, list[str]] = {
    "name": ["姓名", "名字", "Name", "Full name", "员工姓名", "FN"],
    "phone": ["手机", "手机号码", "电话", "联系电话", "Mobile", "Phone", "Tel.", "Cell phone", "TEL;TYPE=CELL"],
    "email": ["邮箱", "电子邮箱", "Email", "E-mail", "e-mail address", "Mail"],
    "employee_id": ["工号", "员工编号", "Employee ID", "Staff No.", "staff_no"],
    "department": ["部门", "所属部门", "Dept", "Department"],
    "job_title": ["职位", "岗位", "Title", "Job title"],
    "start_date": ["入职日期", "入职时间", "Start date", "Joining date"],
}
VALUES: dict[str, list[str]] = {
    "name": ["张伟", "Zhang Wei", "买买提·吐尔逊", "O’Brien", "李 雷", "김민준", "محمد علي", "X Æ A-12"],
    "phone": ["13800138000", "138 0013 8000", "+86 138-0013-8000", "+44 7400 123456", "(010) 6552-9988"],
    "email": [
        "z@example.com",
        "zhang.wei+1@mail.example.co.uk",
        "13800138000@qq.com",
        "m.smith@example.com",
        "E.Li@example.com",
    ],
    "employee_id": ["20190001", "A10086", "007", "EMP-42"],
    "department": ["研发部", "R&D", "Human Resources"],
    "job_title": ["工程师", "部门经理", "Senior Engineer"],
    "start_date": ["2026-12-01", "2026-11-25"],
}


@settings(max_examples=tries(500), deadline=None)
@given(st.data())
def test_a_card_is_read_whatever_its_labels_order_and_separators(data: st.DataObject) -> None:
    fields = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, unique=True))
    person = {name: data.draw(st.sampled_from(VALUES[name])) for name in fields}
    colon = data.draw(st.sampled_from(["：", ":", ": ", " : ", " = "]))
    between = data.draw(st.sampled_from(["\n", "\r\n", " ", "，", "; ", "\t", "、", "\n\n", " | "]))
    labels = (data.draw(st.sampled_from(LABELLED[name])) for name in person)
    lines = (label + (":" if ";" in label else colon) for label in labels)  # a vCard has nothing but a colon
    text = between.join(line + value for line, value in zip(lines, person.values(), strict=True))
    assert card.read(text) == person


def test_only_the_beginning_of_a_long_text_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    def matcher(text: str, region: str, **limits: Any) -> PhoneNumberMatcher:
        looked_at.append(len(text))
        return PhoneNumberMatcher(text, region, **limits)

    monkeypatch.setattr(card, "PhoneNumberMatcher", matcher)
    for piece in ("x", "1 ", "@a.", "<", "手机：1", "\n1", "张"):
        looked_at.clear()
        command(piece * 40_000)
        card.read(piece * 40_000)
        from_profile({"profile": {"real_name": piece * 40_000, "phone": piece * 40_000}})
        # A glued number is parted by a blank: at most one for each seven characters.
        assert sum(looked_at) <= 4 * card.LIMIT * 8 // 7


def test_a_card_at_the_limit_takes_no_more_candidates_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = 0

    def count(text: str, region: str) -> None:
        nonlocal parsed
        parsed += 1

    monkeypatch.setattr(card, "_parsed", count)
    rng = random.Random(7)
    card.read("".join(rng.choice("0123456789 ") for _ in range(card.LIMIT)))
    assert 0 < parsed <= card.MANY * 36


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("key", ["tencent", "huawei"])
def test_a_copied_command_names_the_provider_and_nothing_else_is_lost(lang: str, key: str) -> None:
    title = installed()[key].title
    hire = {"name": "Zhang Wei", "account": "zhangwei", "email": "zhang.wei@example.com"}
    read = command(as_command(hire, lang, title).removeprefix("/newhire "))
    assert isinstance(read, Prefill)
    assert read.provider == (title.zh if lang == "zh" else title.en)
    assert read.typed == hire


@pytest.mark.parametrize("text", ["provider manager: Zhang Wei", "name: Zhang Wei; cloud provider", "平台部 张伟"])
def test_a_person_of_a_platform_is_no_provider(text: str) -> None:
    read = command(text)
    assert isinstance(read, Prefill)
    assert read.provider == ""
