"""A contact card as people paste it, read into fields: by label, the number by Google's matcher, the rest is the name. Pure.

Cards come from WeChat, DingTalk and Outlook, from vCards, spreadsheets and chat: on one line or many, labelled or not, in
Chinese or English. What is read only fills a form in, so it may be wrong, but a name never holds a telephone number. Only
the first `LIMIT` characters are looked at and every pattern is bounded, so the time is linear in the length of the text.
"""

from __future__ import annotations

import datetime as dt
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import phonenumbers
from phonenumbers import PhoneNumberMatcher, PhoneNumberType

from bot import characters
from bot.hire import plain_email

LIMIT = 3000
"""Characters of a card that are read; an Outlook signature has some 500."""
TRIES = 200
"""Candidates that the matcher may try."""
MANY = 20
"""Numbers that are taken out; more are no person's."""
FIRST_YEAR = 2015
"""An earlier day without a label is a birthday."""

MOBILE, PHONE, OFFICE, IGNORED = "mobile", "phone", "office", ""

LABELS = {
    "name": "姓名 名字 名称 中文名 中文姓名 员工姓名 新员工姓名 新员工 新同事 新人入职 新员工入职 联系人 收货人 收件人 氏名 お名前 이름 성명;"
    "name;full name;fn;display name;employee name;employee;new hire;new employee",
    "given": "名;first name;given name;forename",
    "family": "姓 姓氏;last name;family name;surname",
    MOBILE: "手机 手机号 手机号码 手機 手機號碼 移动电话 行動電話 联系手机 個人手機 个人手机 携帯 携帯電話 휴대폰 핸드폰;"
    "celular;cel;móvil;movil;hp;mobile;mobile phone;mobile no;mobile number;cell;cell phone;cellphone;cell no;mob;handy",
    PHONE: "电话 電話 电话号码 联系电话 聯絡電話 联系方式 联络方式 電話番号 전화 전화번호;"
    "phone;phone no;phone number;tel;telephone;tel no;contact;contact no;contact number;call",
    OFFICE: "座机 固话 办公电话 公司电话 总机;office;office phone;work phone;direct;home phone;main;landline",
    "email": "邮箱 郵箱 电子邮箱 电子邮件 電子郵件 電郵 电邮 邮件 邮件地址 邮箱地址 信箱 工作邮箱 个人邮箱 企业邮箱 公司邮箱 メール"
    " メールアドレス 이메일;e mail;e mail address;mail;work e mail",
    "employee_id": "工号 工號 员工号 员工编号 員工編號 职工号 人员编号 社員番号 사번;employee id;employee no;employee number;"
    "emp id;emp no;staff id;staff no;staff number;personnel no;personnel number;badge;badge no",
    "account": "账号 帐号 帳號 用户名 登录名 账户;userid;user id;user name;username;account;login;login name",
    "department": "部门 部門 所属部门 所在部门 부서;department;dept;team;division",
    "job_title": "职位 職位 职务 職務 岗位 岗位名称 职称 職稱 役職 직책 직위;title;job title;position;role;designation",
    "start_date": "入职日期 入職日期 入职时间 入职日 到岗日期 到岗时间 报到日期 報到日期 到职日期 入社日;start date;starting date;"
    "first day;hire date;join date;joining date;date of joining;doj;onboarding date",
    "english_name": "英文名 英文姓名;english name",
    IGNORED: "微信 微信号 微信號 公司 公司名称 单位 地址 住址 公司地址 收货地址 详细地址 所在地区"
    " 传真 傳真 网址 网站 性别 性別 生日 出生日期 出生年月 身份证"
    " 身份证号 身份證 身份证号码 备注 備註 邮编 办公地点 工位 上级 直属上级 汇报对象 护照 护照号;"
    "wechat;wechat id;weixin;qq;line;whatsapp;telegram;company;organization;organisation;org;address;adr;location;fax;web;"
    "website;url;linkedin;gender;sex;birthday;bday;date of birth;dob;id card;passport;passport no;note;notes;remark;remarks;"
    "manager;reports to;zip;begin;end;version;n;rev;uid;photo;prodid;categories;impp;nickname;from;sent;to;cc;subject",
}  # fmt: skip
"""How cards call a field: words without blanks, then `;`-separated ones in Latin letters."""

_FIELDS = {
    re.sub(r"[ _-]", "", label): name
    for name, words in LABELS.items()
    for label in [*words.partition(";")[0].split(), *words.partition(";")[2].split(";")]
}


def called() -> dict[str, str]:
    """What a column of a spreadsheet may be called, and which field that is; "mobile" is one for a phone that is not a desk's."""
    numbers = {MOBILE: "mobile", PHONE: "phone"}
    return {label: numbers.get(name, name) for label, name in _FIELDS.items() if name not in (OFFICE, IGNORED)}


_LETTERS = {"T": PHONE, "M": MOBILE, "P": PHONE, "C": MOBILE, "D": OFFICE, "O": OFFICE, "F": IGNORED, "E": "email"}
"""What one letter stands for in a signature: `M +86 138 0013 8000`."""


def _either(*fields: str, latin: bool) -> str:
    """A pattern for the labels of these fields, the longest first; in Latin ones blank, hyphen and underscore are one."""
    parts = [LABELS[name].partition(";")[2 if latin else 0].split(";" if latin else None) for name in fields]
    labels = sorted((label for part in parts for label in part), key=len, reverse=True)
    return "(?:" + "|".join(label.replace(" ", "[ _-]?") if latin else label for label in labels) + ")"


_NUMBERS = (MOBILE, PHONE, OFFICE)
_HAN = "\u3400-\u9fff"
_WORD = rf"(?:{_either(*LABELS, latin=False)}|(?<![A-Za-z0-9]){_either(*LABELS, latin=True)})"
_ALONE = r"(?<![^\s,;，；、|/(（.:])"
_LABEL = re.compile(
    # 姓名：张伟 | Name (姓名): Zhang Wei | 1. Mobile No.: ... | TEL;TYPE=CELL:... | 姓名 - 张伟
    rf"(?:(?<![^\s,，;；])\d{{1,2}}[.)、] ?)?(?P<a>{_WORD})(?: ?[/(（] ?{_WORD} ?[)）]?)?(?:[.#]|;[^:\s]{{0,80}}(?=:))?"
    rf"(?:[\"']?[ \t]*[:=]|[ \t]+(?:[-–—|]|is)[ \t]|[是为](?=\S))"
    # 姓名 张伟
    rf"|{_ALONE}(?P<b>{_either(*LABELS, latin=False)})(?=\s)"
    # Mobile 138..., Mail a@example.com, Staff No 12; others when they have their line or cell for themselves
    rf"|{_ALONE}(?:(?P<c>{_either(*_NUMBERS, latin=True)})[.#]?(?= +[+(\d])|(?P<d>{_either('email', latin=True)})(?= +\S+@)"
    rf"|(?P<e>{_either('employee_id', latin=True)})[.#]?(?= +[A-Z]{{0,4}}-?\d))"
    rf"|^(?P<f>{_either(*LABELS, latin=True)})[ ]*(?=[\t\n])|^(?P<g>name)(?= )"
    # 手机13800138000, 姓名张伟
    rf"|{_ALONE}(?:(?P<h>{_either(*_NUMBERS, latin=False)})(?=[+(\d])|(?P<i>{_either('email', 'employee_id', latin=False)})(?=[A-Za-z0-9])"
    rf"|(?P<j>姓名|新员工|新同事)(?!入职|报到|信息|资料)(?=[{_HAN}]))"
    # M +86 ..., E: a@example.com; in capitals, for m.li@example.com is an address
    rf"|(?<![A-Za-z0-9])(?-i:(?P<k>[TMPCDOF])(?:[.:] ?(?=[+(\d])| (?=\+))|(?P<l>E):(?= ?\S+@))",
    re.IGNORECASE | re.MULTILINE,
)
_TIDIED = str.maketrans("：＝｜＠．＜＞＋＿", ":=|@.<>+_", "*`")
_NO_CARD = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|(?<=\d)\s?(?:转|轉|分机号?|內線|内线)[:\s]{0,2}\d{1,6}"
    r"|,{2,}\d{1,12}#?"
    r"|[（(]?(?:手机)?(?:微信同号|同微信号?|微信同步)[)）]?",
    re.IGNORECASE,
)
"""Addresses of pages, extensions, and that a number is somebody's WeChat too."""
_BULLET = re.compile(r"^[ \t]*(?:[>•▪◦‣●○·-]+[ \t]|\d{1,2}、)[ \t]*", re.MULTILINE)
_EMAIL = re.compile(
    r"(?:mailto:)?([\w.!#$%&'+/=?^{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})", re.ASCII
)
_ADDRESS = re.compile(r"[^\s@<>(),;，；、]{1,64}@[^\s@<>(),;，；、]{1,255}")
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-/.年] ?(\d{1,2})[-/.月] ?(\d{1,2})(?:日|(?!\d))(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
    r"|(?<![\d/])\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d(?!\d)"
)
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")
_GLUE = re.compile(r"(?:(?<=[a-z])|(?<=[A-Z]{3}))(?=\+?\d{7})|(?<=\d{7})(?=[A-Za-z])")
_RUN = re.compile(r"[+(]?\d[\d ().+/\u2010-\u2015-]{5,60}\d")
_ID = re.compile(r"(?<![A-Za-z0-9_])(?:[A-Za-z]{1,4}-?)?\d{4,}[A-Za-z]?(?![A-Za-z0-9_])")
_PIECE = re.compile(rf"[|\t、；;，]|,(?=\s*,)|(?<=[{_HAN}])\s?[,/\\_–—-]|[,/\\_–—-]\s?(?=[{_HAN}])|\s/\s")
_EMPTY = re.compile(
    r"[(（\[<《「『“\"']\s*(?:备用|家庭|工作|办公|私人|个人|手机|电话|mobile|cell|work|home|office|tel)?[:\s]*[)）\]>》」』”\"']",
    re.IGNORECASE,
)
_COMPANY = re.compile(r"(?:\b(?:ltd|inc|llc|gmbh|corp|co)\.?|公司|集团)$", re.IGNORECASE)
_QUOTED = re.compile(r";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:([!-~]{1,600})", re.IGNORECASE)
_EDGES = " #&{}\t,.，。;；:、!！?？/\\|_=+~-–—\"“”„«»「」『』‘’'<>《》"


@dataclass
class _Found:
    """What has been read so far; of several values for a field the first counts, of several numbers the best."""

    region: str
    fields: dict[str, str] = field(default_factory=dict)
    halves: dict[str, str] = field(default_factory=dict)
    numbers: list[tuple[int, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    free: list[str] = field(default_factory=list)

    def put(self, name: str, text: str) -> None:
        """A name comes trimmed already: it may end with a full stop, as Jr. does."""
        if text := text if name == "name" else text.strip(_EDGES):
            self.fields.setdefault(name, text)


def read(text: str, region: str = "CN") -> dict[str, str]:
    """Texts by field name, of what is on the card; a number without country code is taken to be of the region."""
    found = _Found(region)
    for label, value in _segments(_tidy(text[:LIMIT])):
        _take(found, label, value)
    for line in "\n".join(found.free).split("\n"):
        _unlabelled(found, line)
    if found.numbers:
        found.fields["phone"] = min(found.numbers, key=lambda item: item[0])[1]
    return found.fields


def _unlabelled(found: _Found, line: str) -> None:
    """The first line with letters is the name; a number that stands with it, or alone, is the staff number.

    Not one of another line: that is a postcode.
    """
    found.ids.clear()
    name = _name(_loose(found, line))
    if found.ids and (not name or "name" not in found.fields):
        found.put("employee_id", found.ids[0])
    found.put("name", name)


def phone(text: str, region: str = "CN") -> str:
    """The number in a text that ought to be one, else the text itself, for people to correct."""
    text = characters.clean(text[:LIMIT])
    numbers, _ = _numbers(text, region)
    return numbers[0].text if numbers else text


# --- labels


def _tidy(text: str) -> str:
    """Signs that only decorate are gone, 【label】 is `label:`, and what is full-width is not."""
    text = _QUOTED.sub(lambda match: ":" + quopri.decodestring(match[1]).decode("utf-8", "replace"), text)
    text = characters.clean_lines(text).translate(_TIDIED)
    text = re.sub(r"【([^】\n]{1,12})】:?", r"\n\1:", text)
    return _BULLET.sub("", _NO_CARD.sub(" ", text))


def _segments(text: str) -> Iterator[tuple[str | None, str]]:
    """(field, its text up to the next label) in their order; None is what stands before the first label."""
    if (table := _table(text)) is not None:
        yield from table
        return
    marks = list(_LABEL.finditer(text))
    yield None, text[: marks[0].start()] if marks else text
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=False):
        yield _field(mark), text[mark.end() : end]


def _field(mark: re.Match[str]) -> str:
    if letter := mark["k"] or mark["l"]:
        return _LETTERS[letter]
    label = next(text for text in mark.groups() if text)
    return MOBILE if "cell" in mark[0].casefold() else _known(label) or ""


def _known(label: str) -> str | None:
    return _FIELDS.get(re.sub(r"[ _-]", "", label).casefold())


def _table(text: str) -> list[tuple[str | None, str]] | None:
    """A heading row and the first row under it, as spreadsheets give them."""
    lines = [line for line in text.split("\n") if line.strip(" \t|-:")]
    if len(lines) < 2:
        return None
    heads, cells = (re.split(r"\t|\||,|，| {2,}", line.strip("| ")) for line in lines[:2])
    fields = [_known(head.strip()) for head in heads]
    if len(heads) < 2 or None in fields:
        return None
    return list(zip(fields, cells, strict=False))


def _take(found: _Found, label: str | None, value: str) -> None:
    """A label's value is on its line, or on the next; what is left over there is loose text."""
    if label is None:
        found.free.append(value)
        return
    line, _, after = value.lstrip(" \t\n").partition("\n")
    found.free.append(after)
    match label:
        case "mobile" | "phone" | "office":
            found.free.append(_labelled_number(found, label, line))
        case "email":
            found.free.append(_labelled_email(found, line))
        case "employee_id" | "account":
            word, _, rest = line.strip(_EDGES).partition(" ")
            found.put(label, word)
            found.free.append(rest)
        case "start_date":
            if day := _day(_DATE.search(line) or _COMPACT.search(line)):
                found.put(label, day)
        case "name":
            _unlabelled(found, line)
        case "english_name":
            found.put(label, _name(_loose(found, line)))
        case "department" | "job_title":
            found.put(label, re.split(r"[|\t；;、]", _loose(found, line))[0])
        case "given" | "family":
            _half_a_name(found, label, _name(_loose(found, line)))


def _labelled_number(found: _Found, label: str, line: str) -> str:
    numbers, rest = _numbers(line, found.region)
    if not numbers and any(char.isdigit() for char in line):
        # Not a number, but meant as one: the form will say so on the field.
        numbers, rest = [_Number(characters.number(line).strip(_EDGES.replace("+", ""))[:40], False)], ""
    for one in numbers:
        rank = {MOBILE: 0, PHONE: 1 if one.mobile else 2, OFFICE: 4}[label]
        found.numbers.append((rank, one.text))
    return rest


def _labelled_email(found: _Found, line: str) -> str:
    emails, rest = _emails(line)
    for one in emails:
        found.put("email", one)
    return rest


def _half_a_name(found: _Found, label: str, text: str) -> None:
    found.halves[label] = text
    given, family = found.halves.get("given"), found.halves.get("family")
    if given and family:
        found.put("name", family + given if re.match(f"[{_HAN}]", family) else f"{given} {family}")


# --- what needs no label


def _loose(found: _Found, text: str) -> str:
    """Take addresses, numbers, days and ids out of a line; what is left."""
    emails, text = _emails(text)
    for one in emails:
        found.put("email", one)
    days = list(_DATE.finditer(text))
    numbers, text = _numbers(_DATE.sub(" ", text), found.region)
    found.numbers += [(1 if one.mobile else 3, one.text) for one in numbers]
    for day in filter(None, map(_day, days)):
        if int(day[:4]) >= FIRST_YEAR:
            found.put("start_date", day)
    text = _RUN.sub(lambda match: _mistyped(found, match[0]), text)
    return _ID.sub(lambda match: _identified(found, match[0]), text)


def _emails(text: str) -> tuple[list[str], str]:
    """The addresses in a line, and the line without them."""
    found = [match[1] for match in _EMAIL.finditer(text)]
    text = _EMAIL.sub(" ", text)
    found += [match[0] for match in _ADDRESS.finditer(text)]
    return [plain_email(one) for one in found], _ADDRESS.sub(" ", text)


@dataclass(frozen=True)
class _Number:
    text: str
    mobile: bool


def _numbers(text: str, region: str) -> tuple[list[_Number], str]:
    """The telephone numbers in a line, and the line without them."""
    text, found, rest, at = _GLUE.sub(" ", text), [], "", 0
    for match in islice(PhoneNumberMatcher(text, region, max_tries=TRIES), MANY):
        found.append(_number(match.raw_string, match.number))
        rest, at = rest + text[at : match.start] + " ", match.end
    rest += text[at:]
    # Two numbers with nothing but a blank between them are one to the matcher, and none.
    for run in list(islice(_RUN.finditer(rest), MANY // 4)):
        if (inside := _inside(run[0], region)) is not None:
            found.append(inside[1])
            rest = rest.replace(inside[0], " ", 1)
    return found, rest


def _inside(run: str, region: str) -> tuple[str, _Number] | None:
    """The best number among neighbouring groups of digits, as it stands and as it is read: `20190001 138 0013 8000`."""
    groups = run.split(" ")[:8]
    spans = [" ".join(groups[one:end]) for one in range(len(groups)) for end in range(one + 1, len(groups) + 1)]
    found = [(span, _number(span, number)) for span in spans if (number := _parsed(span, region)) is not None]
    return max(found, key=lambda item: (item[1].mobile, len(item[0])), default=None)


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    if sum(char.isdigit() for char in text) < 7:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _number(raw: str, number: phonenumbers.PhoneNumber) -> _Number:
    mobile = phonenumbers.number_type(number) in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if number.extension:
        number.extension = None
        return _Number(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL), mobile)
    typed = characters.number(raw)
    return _Number(typed if ")" in typed else typed.lstrip("("), mobile)


def _mistyped(found: _Found, run: str) -> str:
    """A telephone number with a slip in it, by its looks: the form says so on the field."""
    groups = re.findall(r"\d+", run)
    if 9 <= sum(map(len, groups)) <= 15 and (run.startswith("+") or max(map(len, groups)) <= 5):
        found.numbers.append((5, characters.number(run)))
        return " "
    return run


def _identified(found: _Found, text: str) -> str:
    """A long number that is no telephone number: a staff number, or a telephone number with a slip; never a name."""
    digits = sum(char.isdigit() for char in text)
    if digits <= 8:
        found.ids.append(text)
    elif digits <= 15 and text.isdigit():
        found.numbers.append((5, text))
    return " "


def _day(match: re.Match[str] | None) -> str | None:
    try:
        return dt.date(*(int(part) for part in match.groups()[:3])).isoformat() if match and match[1] else None
    except ValueError:
        return None


def _name(text: str) -> str:
    """The first piece of a line that has a letter in it."""
    text = _EMPTY.sub(" ", _EMPTY.sub(" ", text))
    pieces = [_whole(piece) for piece in _PIECE.split(text)]
    return next((one for one in pieces if any(map(str.isalpha, one)) and not _COMPANY.search(one)), "")


def _whole(piece: str) -> str:
    """Without what stood round it: quotes, lost brackets, stops; and without digits, should they be a number after all."""
    piece = piece.strip(_EDGES.replace(".", "")).lstrip(".")
    piece = re.sub(rf"(?:(?<=[{_HAN} ])\.+)$", "", piece)
    for one, other in ("()", "（）", "[]"):
        if piece.count(one) != piece.count(other) or piece[:1] + piece[-1:] == one + other:
            piece = piece.replace(one, " ").replace(other, " ")
    piece = " ".join(piece.split())
    if characters.holds_number(piece):
        piece = " ".join(word for word in piece.split() if not any(char.isnumeric() for char in word))
    return "" if characters.holds_number(piece) else piece
