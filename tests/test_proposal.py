"""An account for somebody: what people are called, what their account is proposed to be, and that no form refuses it."""

from __future__ import annotations

import re

import pypinyin
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import characters, pinyin
from bot.hire import NewHire
from bot.proposal import PLACES, candidates, check_pattern, choose, is_proposed
from bot.providers.huawei import HuaweiHire
from bot.providers.tencent import TencentHire
from tests.conftest import tries
from tests.example_provider import AcmeHire

FORMS: dict[str, type[NewHire]] = {"tencent": TencentHire, "huawei": HuaweiHire, "acme": AcmeHire}

each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def proposed(pattern: str = "", form: type[NewHire] = TencentHire, taken: set[str] | None = None, **typed: str) -> str:
    """What is proposed, "" for nothing."""
    return choose(form, candidates(form, typed, pattern), taken or set()) or ""


# --- of what it is made


@each_form
def test_the_email_counts_first_then_the_name(form: type[NewHire]) -> None:
    assert proposed(form=form, name="张伟", email="Wei.Zhang+hr@example.com") == "wei.zhang"
    assert proposed(form=form, name="张伟") == "zhangwei"
    assert proposed(form=form, name="John Smith") == "johnsmith"
    assert proposed(form=form, phone="13800138000") == ""


@pytest.mark.parametrize(
    "email", ["13800138000@qq.com", "123456@qq.com", "张伟@example.com", "@example.com", "a", "+x@y.cn"]
)
def test_an_email_that_says_no_name_is_passed_over(email: str) -> None:
    """An account is read by the whole channel: it is no telephone number."""
    assert proposed(name="张伟", email=email) == "zhangwei"


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("单田芳", "shantianfang"),
        ("單田芳", "shantianfang"),
        ("曾国藩", "zengguofan"),
        ("仇英", "qiuying"),
        ("解缙", "xiejin"),
        ("区楚良", "ouchuliang"),
        ("區楚良", "ouchuliang"),
        ("尉迟恭", "yuchigong"),
        ("尉遲恭", "yuchigong"),
        ("欧阳锋", "ouyangfeng"),
        ("万俟卨", "moqixie"),
        ("查良镛", "zhaliangyong"),
        ("朴树", "piaoshu"),
        ("翟天临", "zhaitianlin"),
        ("华罗庚", "hualuogeng"),
        ("沈从文", "shencongwen"),
        # Not a surname there: its other reading.
        ("陈单", "chendan"),
        ("李曾", "liceng"),
        ("吕布", "lvbu"),
        ("王", "wang"),
        ("张 伟", "zhangwei"),
        ("买买提·吐尔逊", "maimaitituerxun"),
        # In two scripts, or with another name beside it.
        ("张伟 David", "zhangwei"),
        ("张伟（小张）", "zhangwei"),
        ("李 Jack", "lijack"),
    ],
)
def test_a_chinese_name_is_read_as_its_bearer_says_it(name: str, account: str) -> None:
    assert proposed(name=name) == account


@pytest.mark.parametrize(
    ("name", "account", "dotted"),
    [
        ("Conan O'Brien", "conanobrien", "conan.obrien"),
        ("Conan O’Brien", "conanobrien", "conan.obrien"),
        ("O’Brien, Conan", "conanobrien", "conan.obrien"),
        ("Jean-Luc Picard", "jeanlucpicard", "jeanluc.picard"),
        ("Robert Downey Jr.", "robertdowney", "robert.downey"),
        ("Robert Downey, Jr.", "robertdowney", "robert.downey"),
        ("Dr. Mary Smith, PhD", "marysmith", "mary.smith"),
        ("Madonna", "madonna", "madonna"),
        ("Dr.", "dr", "dr"),
        ("Łukasz Müller", "lukaszmuller", "lukasz.muller"),
        ("Björk Guðmundsdóttir", "bjorkgudmundsdottir", "bjork.gudmundsdottir"),
        ("Nguyễn Văn Đức", "nguyenvanduc", "nguyen.duc"),
        ("Robert (Bob) Smith", "robertsmith", "robert.smith"),
        ('Dwayne "The Rock" Johnson', "dwaynejohnson", "dwayne.johnson"),
        ("Mia 🦄", "mia", "mia"),
        ("Jennifer 8. Lee", "jennifer8lee", "jennifer.lee"),
        ("X Æ A-12", "xaea12", "x.a12"),
    ],
)
def test_a_latin_name_loses_what_is_no_letter(name: str, account: str, dotted: str) -> None:
    assert proposed(name=name) == account
    assert proposed("{first}.{last}", name=name) == dotted


@pytest.mark.parametrize(
    "name", ["김민준", "محمد علي", "田中 たろう", "Иван Петров", "𠮷", "张𪜀", "·", "🦄", "-", ",", "Li 김"]
)
def test_half_a_name_is_no_proposal(name: str) -> None:
    """What nobody knows how to write in Latin letters is left to the person."""
    assert proposed(name=name) == ""


REPORTED = [
    ("茜查", "qiancha"),  # mozillazg/python-pinyin 297: 查 is a surname only where it stands first
    ("曾老大", "zenglaoda"),  # hotoo/pinyin 312, stuxuhai/jpinyin 11: ceng
    ("乐嘉", "yuejia"),  # overtrue/pinyin 164: le, and qu for 区
    ("仇三哥", "qiusange"),  # houbb/pinyin 13, onestraw/qiming 3: chou
    ("覃辉", "qinhui"),  # zh-lx/pinyin-pro 136: tan
    ("陳大羽", "chendayu"),  # faker-js/faker 1554: hexadecimal
    ("Ærøskøbing", "aeroskobing"),  # scirate/scirate 309, where a Chinese name left nothing
    ("Carl-Erik", "carlerik"),  # JabbR/JabbR 963: a blank in the account
    ("James O'Beirne", "jamesobeirne"),  # keybase/keybase-issues 339, learningequality/kolibri 12647
    ("José García", "josegarcia"),  # openedx/openedx-platform 36056: no suggestion at all
    ("Özgür García-Iglesias", "ozgurgarciaiglesias"),  # alan-turing-institute/data-safe-haven 2320: Ö, two surnames
    ("Sukarno", "sukarno"),  # zorn96/ms_active_directory 77: a crash without a surname
]


@pytest.mark.parametrize(("name", "account"), REPORTED)
def test_what_others_tripped_over_is_an_account(name: str, account: str) -> None:
    assert proposed(name=name) == account


# --- the pattern


@pytest.mark.parametrize(
    ("pattern", "account"),
    [
        ("{pinyin}", "zhangwei"),
        ("{first}.{last}", "wei.zhang"),
        ("{last}_{first}", "zhang_wei"),
        ("{employee_id}", "A10086"),
        ("{email_local}", "zw"),
        ("corp-{pinyin}", "corp-zhangwei"),
        ("{pinyin}-{employee_id}", "zhangwei-A10086"),
    ],
)
def test_the_admins_pattern_comes_before_all(pattern: str, account: str) -> None:
    assert check_pattern(pattern) == pattern
    assert proposed(pattern, name="张伟", email="zw@example.com", employee_id="A10086") == account


@pytest.mark.parametrize("pattern", ["{employee_id}", "{first}.{last}", "{pinyin}.{employee_id}"])
def test_a_pattern_that_cannot_be_filled_gives_way(pattern: str) -> None:
    assert proposed(pattern, name="Madonna") == "madonna"


def test_what_the_form_refuses_gives_way_too() -> None:
    """A number alone is no account there."""
    assert proposed("{employee_id}", HuaweiHire, name="张伟", employee_id="10086") == "zhangwei"
    assert proposed("{employee_id}", TencentHire, name="张伟", employee_id="10086") == "10086"


@pytest.mark.parametrize(
    "pattern", ["{pinyin", "}", "zhang", "{name}", "{}", "{pinyin!r}", "{pinyin:>9}", "张{pinyin}", "{pinyin} x"]
)
def test_a_pattern_that_is_none_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"like \{first\}\.\{last\}|may hold letters"):
        check_pattern(pattern)


def test_what_the_vendor_generates_is_proposed_by_a_pattern_alone() -> None:
    """There an account is unique among all customers: `zhangwei` is taken."""
    assert is_proposed(TencentHire, "")
    assert not is_proposed(HuaweiHire, "")
    assert is_proposed(HuaweiHire, "corp-{pinyin}")


# --- one that is free


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert proposed(name="张伟", taken={"zhangwei"}) == "zhangwei2"
    assert proposed(name="张伟", taken={"zhangwei", "zhangwei2"}) == "zhangwei3"
    # 100862 would be another staff number.
    assert proposed("{employee_id}", employee_id="10086", taken={"10086"}) == "10086-2"
    everything = set(candidates(TencentHire, {"name": "张伟"}))
    assert proposed(name="张伟", taken=everything) == ""


@each_form
def test_a_long_name_is_cut_and_so_is_one_with_a_number(form: type[NewHire]) -> None:
    limit = next(field.max_length for field in form.fields() if field.name == "account")
    assert limit is not None
    first, second, *_ = candidates(
        form, {"name": "Pablo Diego José Francisco de Paula Juan Nepomuceno María de los Remedios Picasso"}
    )
    assert len(first) == len(second) == limit
    assert second == first[:-1] + "2"


# --- whatever people are called

PIECES = [
    "张",
    "伟",
    "欧阳",
    "单",
    "·",
    " ",
    ",",
    "Jr.",
    "Dr.",
    "O’",
    "-",
    "Müller",
    "김",
    "🦄",
    "(",
    ")",
    "𠮷",
    "a",
    "İ",
    "ǅ",
]
NAMES = st.text(st.characters(), max_size=60) | st.lists(st.sampled_from([*PIECES, "13800138000"]), max_size=12).map(
    "".join
)
EMAILS = st.text(max_size=40) | st.emails() | st.tuples(NAMES, st.just("@example.com")).map("".join)
PATTERNS = st.sampled_from(
    ["", *(f"{{{place}}}" for place in PLACES), "{first}.{last}", "x_{pinyin}@y", "a{employee_id}"]
)


@settings(max_examples=tries(500), deadline=None)
@example("İ", "İ@example.com", "", "", 0)
@given(NAMES, EMAILS, st.text(max_size=20), PATTERNS, st.integers(0, 3))
def test_any_name_and_address_get_an_account_that_every_form_takes_or_none(
    name: str, email: str, staff: str, pattern: str, many: int
) -> None:
    typed = {"name": name, "email": email, "employee_id": staff}
    for form in FORMS.values():
        names = candidates(form, typed, pattern)
        taken = set(names[:many])
        found = choose(form, names, taken)
        if found is not None:
            assert found not in taken
            assert form.mistakes("account", found) == []
            assert re.fullmatch(r"[A-Za-z0-9_.@-]+", found)
            if "{employee_id}" not in pattern:
                assert not characters.holds_number(found)


@settings(max_examples=tries(300), deadline=None)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=4))
def test_every_chinese_name_has_an_account(name: str) -> None:
    assert re.fullmatch("[a-z]+", proposed(name=name))


# --- surnames


def test_no_surname_stands_here_that_the_library_reads_right() -> None:
    assert [name for name, reading in pinyin.SURNAMES.items() if pypinyin.lazy_pinyin(name) == [reading]] == []


def test_surnames_are_such() -> None:
    assert all(len(name) == 1 for name in pinyin.SURNAMES)
    assert all(len(name) == 2 for name in pinyin.COMPOUND)
    assert all(re.fullmatch("[a-z]{2,10}", reading) for reading in {**pinyin.SURNAMES, **pinyin.COMPOUND}.values())
    assert pinyin.parts("欧阳锋") == ("feng", "ouyang", "ouyangfeng")
    assert pinyin.parts("欧阳") == ("yang", "ou", "ouyang")
