"""What people paste, as characters: the invisible goes, the same becomes the same, and what somebody's script needs stays."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.characters import BLANK, clean, clean_lines, fold, holds_number, look_alike, number
from tests.conftest import tries

UNSEEN = [
    "\u200b", "\u200e", "\u200f", "\u202a", "\u202c", "\u202d", "\u202e", "\u2060", "\u2066", "\u2069", "\ufeff", "\u00ad",
    "\u061c", "\u180e", "\u200c", "\u200d", "\x00", "\x07", "\x1b", "\x7f", "\x9f", "\ud800", "\u034f", "\ufe0f",
    "\U000e0041", "\U000e0100",
]  # fmt: skip


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_what_cannot_be_seen_is_not_kept(unseen: str) -> None:
    assert clean(f"Zhang{unseen} Wei{unseen}") == "Zhang Wei"
    assert fold(f"{unseen}zhang{unseen}wei") == "zhangwei"
    assert number(f"{unseen}138{unseen}0013 8000{unseen}") == "1380013 8000"


@pytest.mark.parametrize("blank", [*sorted(BLANK), *UNSEEN, "\u3000", "\xa0", "\u0301", " \t\n"], ids=ascii)
def test_what_shows_nothing_is_nothing(blank: str) -> None:
    assert clean(blank * 3) == fold(blank * 3) == number(blank * 3) == ""


@pytest.mark.parametrize(
    "name",
    [
        "张伟",
        "O’Brien",
        "José Ñandú",
        "买买提·吐尔逊",
        "می‌خواهم",  # Persian needs ZWNJ between letters that join
        "ක්‍රිෂාන්",  # Sinhala needs ZWJ after the virama
        "അനില്‍",  # Malayalam's old chillu ends with it
        "Mia 👩‍💻",
        "🧑🏽‍🚀 Ada",
        "❤️‍🔥",
        "🏳️‍🌈",
        "1️⃣",
        "葛\U000e0100城",  # the variant of 葛 that the family writes
        "ᠮᠣᠩᠭᠤᠯ\u180eᠠ",
        "김민준",
        "渡邉　さくら".replace("　", " "),
        "محمد",
        "𠮷野家",
        "Zhang 第2",
    ],
)
def test_what_a_script_or_an_emoji_needs_stays(name: str) -> None:
    assert clean(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Ｚｈａｎｇ　Ｗｅｉ", "Zhang Wei"),
        ("Jose\u0301", "José"),
        ("\u1112\u1161\u11ab", "한"),  # as macOS writes Hangul in file names
        ("ﾀﾅｶ ﾊﾅｺ ｶﾞ", "タナカ ハナコ ガ"),
        ("⾼⽂", "高文"),  # Kangxi radicals, as PDF files give them
        ("⻩⻢⻰", "黄马龙"),
        ("Griﬃn", "Griffin"),
        ("张\xa0\t伟\r\n", "张 伟"),
        ("你好，（世界）", "你好，（世界）"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴"),
    ],
)
def test_what_is_the_same_becomes_the_same(typed: str, same: str) -> None:
    assert clean(typed) == same


def test_an_account_and_an_address_are_folded_further_than_a_name() -> None:
    assert fold("ｚｈａｎｇ．ｗｅｉ＠ｅｘａｍｐｌｅ．ｃｏｍ") == "zhang.wei@example.com"
    assert fold("𝐳𝐡𝐚𝐧𝐠") == "zhang"


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("＋８６　１３８－００１３－８０００", "+86 138-0013-8000"),
        ("138\u20110013\u20138000", "138-0013-8000"),
        ("（010）6552\u22129988", "(010)6552-9988"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("1380013800²", "1380013800²"),  # a footnote's mark is no digit
        ("①③⑧", "①③⑧"),
        ("138 OO13", "138 OO13"),
    ],
)
def test_a_number_is_written_in_ascii(typed: str, plain: str) -> None:
    assert number(typed) == plain


def test_lines_and_cells_stay_apart() -> None:
    assert clean_lines("姓名\u200b\t手机\r\n张伟 \t138\u202d\n\n") == "姓名\t手机\n张伟\t138"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("张伟 138 0013 8000", True),
        ("Wei 1.2.3.4.5.6.7", True),
        ("1 2 3\u200b 4-5 (6) 7", True),
        ("１３８００１３８０００", True),
        ("一三八〇〇一三八〇〇〇", True),
        ("①②③④⑤⑥⑦", True),
        ("123456", False),
        ("123 x 4567", False),
        ("张伟 2", False),
        ("X Æ A-12", False),
        ("陆伍一", False),
    ],
)
def test_a_number_is_seen_whatever_is_between_its_digits(text: str, held: bool) -> None:
    assert holds_number(text) is held


def test_letters_that_are_taken_for_others_are_found() -> None:
    assert look_alike("zhаng") == "а"
    assert look_alike("ωei") == "ω"
    assert look_alike("zhang-müller.张") is None


@settings(max_examples=tries(500), deadline=None)
@example("\u200d\u200d")
@example("👩\u200d\u200b\u200d💻")
@example("\u0300\u200b\u0301")
@example("\u1160\u1161")
@given(
    st.text(st.characters(), max_size=40)
    | st.text(st.sampled_from([*UNSEEN, *BLANK, "👩", "a", "ක", "්", "م", "́", " "]))
)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    for way in (clean, clean_lines, fold, number):
        done = way(text)
        assert way(done) == done
        assert "\u202e" not in done
        json.dumps(done, ensure_ascii=False).encode()
    assert len(clean(text)) <= len(text) * 18  # what NFKC may make of one character
