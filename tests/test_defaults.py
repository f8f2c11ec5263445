"""What the form is filled in with beforehand: NEWHIRE_DEFAULTS, and every mistake in it in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.defaults import Defaults, _wrong, read
from bot.hire import NewHire
from bot.providers.huawei import HuaweiHire
from bot.providers.tencent import TencentHire
from tests.conftest import tries
from tests.regenerate import DOCS

FORMS: dict[str, type[NewHire]] = {"tencent": TencentHire, "huawei": HuaweiHire}

EVERYTHING = """
provider = "huawei"
result = "me"
job_title = "Engineer"

[tencent]
account_type = 2
invite = false
start_date = 2026-12-01

[huawei]
department = "1"

[channel.C0PEOPLE1]
provider = "tencent"
language = "zh"
job_title = "Recruiter"
department = "7"

[channel.C0PEOPLE1.tencent]
department = "07f4c1966815d251"
"""


def file(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "defaults.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def wrong(tmp_path: Path, text: str | bytes) -> list[str]:
    return read(file(tmp_path, text), FORMS)[1]


def test_the_nearer_default_counts(tmp_path: Path) -> None:
    found, mistakes = read(file(tmp_path, EVERYTHING), FORMS)
    assert mistakes == []
    assert [found.said(key, None) for key in ("provider", "result", "language")] == ["huawei", "me", None]
    assert [found.said(key, "C0PEOPLE1") for key in ("provider", "result", "language")] == ["tencent", "me", "zh"]
    assert found.fields("huawei", None) == {"job_title": "Engineer", "department": "1"}
    assert found.fields("huawei", "C0OTHER01") == {"job_title": "Engineer", "department": "1"}
    assert found.fields("huawei", "C0PEOPLE1") == {"job_title": "Recruiter", "department": "7"}
    assert found.fields("tencent", "C0PEOPLE1") == {
        "job_title": "Recruiter",
        "department": "07f4c1966815d251",
        "account_type": "2",
        "invite": "false",
        "start_date": "2026-12-01",
    }


def test_the_example_is_one() -> None:
    found, mistakes = read(str(DOCS / "defaults.example.toml"), FORMS)
    assert mistakes == []
    assert found.said("provider", "C0123456789") == "huawei"


def test_without_a_file_nothing_is_filled_in() -> None:
    assert Defaults().said("provider", "C1") is None
    assert Defaults().fields("tencent", "C1") == {}


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert wrong(tmp_path, b"\xef\xbb\xbf" + b'provider = "tencent"') == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("provider = 1 2", "names a file that is not TOML: "),
        (b"\xff\xfeprovider", "names a file that is not UTF-8"),
        ('provider = "zoom"', "has provider, which must be huawei or tencent"),
        ('language = "de"', "has language, which must be en or zh"),
        ("result = true", "has result, which must be channel or me"),
        ('deparment = "1"', "has deparment, which no form asks for; there may be account_type, "),
        ('notify = "yes"', "has notify, which must be 0 or 1 at huawei"),
        ("notify = true", "has notify, which must be 0 or 1 at huawei"),
        ('password = "hunter2"', "has password, which is each person's own and can have no default"),
        ('email = "a@example.com"', "has email, which is each person's own and can have no default"),
        ('department = "研发部"', "has department, which tencent's form does not take (Enter the department's ID"),
        ('department = ""', "has department, which tencent's form does not take"),
        ("sort_level = 0", "has sort_level, which huawei's form does not take"),
        ("sort_level = 1.5", "has sort_level, which must be a text, a whole number, a day, or true or false"),
        ('department = ["1"]', "has department, which must be a text, a whole number, a day, or true or false"),
        ('start_date = "soon"', "has start_date, which tencent's form does not take (This isn't a date)"),
        ('[zoom]\ndepartment = "1"', "has [zoom], which is no provider: write huawei or tencent"),
        ('[tencent]\nnotify = "1"', "has [tencent] notify, which no form asks for"),
        ('channel = "C1"', "says channel without an id: write [channel.C0123]"),
        ('[channel.people]\nprovider = "tencent"', "has [channel.people], which is no channel's id"),
        ('[channel]\nC0PEOPLE1 = "tencent"', "has [channel.C0PEOPLE1], which is no channel's id"),
        ('[channel.C1]\nprovider = "zoom"', "has [channel.C1] provider, which must be huawei or tencent"),
        ('[channel.C1.huawei]\nnotify = "2"', "has [channel.C1] [huawei] notify, which must be 0 or 1 at huawei"),
    ],
)
def test_a_mistake_is_a_sentence_that_says_where(tmp_path: Path, text: str | bytes, said: str) -> None:
    found = wrong(tmp_path, text)
    assert found[0].startswith(said)
    assert "hunter2" not in " ".join(found)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = 'provider = "zoom"\nnotify = "x"\n[channel.C1]\nfoo = 1\n[channel.here]\n'
    assert len(wrong(tmp_path, text)) == 4


@pytest.mark.parametrize("name", ["gone.toml", "", "."])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    (said,) = read(str(tmp_path / name), FORMS)[1]
    assert said.startswith("names a file that cannot be read: ")
    assert str(tmp_path) not in said


VALUES = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.dates())


@settings(max_examples=tries(300), deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([field.name for form in FORMS.values() for field in form.fields()]), VALUES, max_size=4
    )
)
def test_what_is_not_complained_about_is_taken_by_the_forms(values: dict[str, object]) -> None:
    defaults = Defaults(values)
    if not list(_wrong(values, {}, FORMS)):
        for key, form in FORMS.items():
            for name, text in defaults.fields(key, None).items():
                if name in {field.name for field in form.fields()}:
                    assert form.mistakes(name, text) == []
