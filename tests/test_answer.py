"""What is read in an answer: packed or not, with whatever words, with whatever wish to wait. Sources stand beside the rows."""

from __future__ import annotations

import contextlib
import email.utils
import gzip
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.providers.answer import LONGEST_WAIT, MAX_ANSWER, Answer, Unreadable, unpacked
from tests.conftest import tries

NOW = 1_800_000_000.0
PLAIN = json.dumps({"message": "你好" * 400}, ensure_ascii=False).encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


# --- packed


def label(value: str | bytes) -> str:
    """A parameter's part of its test's name: of what gzip has packed only the length, since it holds the time of packing."""
    return value if isinstance(value, str) else f"{len(value)} bytes"


@pytest.mark.parametrize(
    ("codings", "packed"),
    [
        ("", PLAIN),
        ("identity", PLAIN),
        ("gzip", gzip.compress(PLAIN)),
        ("GZIP", gzip.compress(PLAIN)),
        ("x-gzip", gzip.compress(PLAIN)),  # notatallshaw/nab #591: RFC 9110 8.4.1.3 makes it the same
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN, 1)),
        ("deflate", raw_deflate(PLAIN)),  # what servers that read RFC 2616 too fast send
        ("gzip, identity", gzip.compress(PLAIN)),
        ("deflate, gzip", gzip.compress(zlib.compress(PLAIN))),
        ("", gzip.compress(PLAIN)),  # apache/trafficcontrol #1737: errors packed without the label
        ("gzip", PLAIN),  # curl #2368, httrack #515: the label on plain text
        ("gzip", b" \r\n" + PLAIN),
        ("deflate", PLAIN),
        ("br", PLAIN),
        ("UTF-8", PLAIN),
        ("gzip", gzip.compress(PLAIN) + b"\0" * 8),  # padding behind the end
    ],
    ids=label,
)
def test_an_answer_is_unpacked_whatever_its_label_says(codings: str, packed: bytes) -> None:
    assert unpacked(packed, codings).strip() == PLAIN


def test_a_label_on_no_body_at_all_is_no_body() -> None:
    assert unpacked(b"", "gzip") == b""  # zendframework/zend-http #76


@pytest.mark.parametrize(
    ("codings", "packed", "why"),
    [
        ("gzip", gzip.compress(PLAIN)[:-9], "cut off"),
        ("gzip", b"\x1f\x8b\x08\x00", "cut off"),
        ("gzip", b"<html>", "does not unpack"),
        ("gzip", gzip.compress(PLAIN)[:20] + b"\xff" * 40, "unpack|cut off"),
        ("br", b"\x8b\x03\x80", "packed as br"),
        ("zstd", b"\x28\xb5\x2f\xfd", "packed as zstd"),
        ("gzip, gzip, gzip, gzip", b"\x1f\x8b", "too many times"),
    ],
    ids=label,
)
def test_what_does_not_unpack_is_said_in_a_few_words(codings: str, packed: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        unpacked(packed, codings)


@pytest.mark.parametrize("codings", ["gzip", "deflate", "", "gzip, gzip"])
def test_a_bomb_goes_off_small(codings: str) -> None:
    """Ten million zeros in ten thousand bytes: no more than the bound is ever unpacked."""
    bomb = zlib.compress(b"\0" * 10_000_000) if codings == "deflate" else gzip.compress(b"\0" * 10_000_000)
    packed = gzip.compress(bomb) if codings == "gzip, gzip" else bomb
    assert len(packed) < 20_000
    with pytest.raises(Unreadable, match=f"more than {MAX_ANSWER}"):
        unpacked(packed, codings)


def test_an_answer_as_long_as_the_bound_is_read() -> None:
    assert len(unpacked(gzip.compress(b" " * MAX_ANSWER), "gzip")) == MAX_ANSWER


@settings(max_examples=tries(100))
@given(st.binary(max_size=200), st.text(st.sampled_from("gzip, deflate;br\0é"), max_size=20))
def test_any_bytes_under_any_label_are_bytes_or_unreadable(body: bytes, codings: str) -> None:
    with contextlib.suppress(Unreadable):
        assert len(unpacked(body, codings)) <= MAX_ANSWER


# --- waits


def wait(**headers: str) -> float | None:
    answer = Answer(429, {name.replace("_", "-"): value for name, value in headers.items()}, b"", at=NOW)
    return answer.retry_after()


def http_date(seconds: float) -> str:
    return email.utils.formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("0.503", 0.503),  # urllib3 #2861, PostHog #74113: fractions, which RFC 9110 does not have
        ("1m0s", 60.0),  # urllib3 #1822: github.com
        ("1h2m3s", 3600.0),
        ("90s", 90.0),
        (http_date(30), 30.0),
        (http_date(-30), 0.0),
        (str(int(NOW) + 45), 45.0),  # ArjanCodes/moneysnake #24: a Unix moment
        (str(int(NOW + 45) * 1000), 45.0),
        ("7, 12", 12.0),  # two gateways, one header
        ("9" * 15, 3600.0),  # urllib3 #3743
        ("9" * 5000, None),  # notatallshaw/nab #596: past what int() takes
        ("²", None),  # qveris-agent-toolkit #142: isdigit() says yes, int() no
        ("１", None),
        ("1_0", None),
        ("1e3", None),
        ("nan", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),  # anthropic-sdk-python #1827
    ],
)
def test_retry_after_is_read_however_it_is_written(said: str, seconds: float | None) -> None:
    assert wait(retry_after=said) == seconds


@pytest.mark.parametrize("wrong", [-86400.0, 86400.0, 7.0])
def test_a_date_is_read_by_the_vendors_clock_and_not_by_ours(wrong: float) -> None:
    headers = {"date": http_date(wrong), "retry-after": http_date(wrong + 30)}
    assert Answer(429, headers, b"", at=NOW).retry_after() == 30.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after_ms": "1500", "retry_after": "2"}, 1.5),
        ({"x_ogw_ratelimit_reset": "12"}, 12.0),  # Feishu
        ({"ratelimit_reset": "9"}, 9.0),
        ({"ratelimit": '"default";r=0;t=30'}, 30.0),
        ({"ratelimit": "limit=100, remaining=0, reset=5"}, None),
        ({"x_ratelimit_reset": "20"}, 20.0),
        ({"x_ratelimit_reset": str(int(NOW) + 20)}, 20.0),  # GitHub's way
        ({"x_ratelimit_reset": str(int(NOW) - 20)}, 0.0),
        ({"x_ratelimit_reset": "20", "retry_after": "3"}, 3.0),
        ({"x_ratelimit_reset": "999999"}, LONGEST_WAIT),
        ({}, None),
    ],
)
def test_a_wish_to_wait_is_read_wherever_it_stands(headers: dict[str, str], seconds: float | None) -> None:
    assert wait(**headers) == seconds


# --- words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error_info": {"error_code": 1, "message": "不行"}}, "不行"),  # Tencent
        ({"error_code": "USG.1", "error_msg": "no"}, "no"),  # Huawei
        ({"returnCode": "1", "returnDesc": "no"}, "no"),  # Huawei, 2019, another page
        ({"errcode": 40001, "errmsg": "invalid credential"}, "invalid credential"),  # WeCom, DingTalk
        ({"errcode": 88, "sub_code": "60011", "sub_msg": "no right"}, "no right"),
        ({"code": 41001, "msg": "mobile exists", "error": {"log_id": "x"}}, "mobile exists"),  # Feishu
        ({"error": "invalid_client", "error_description": "Unknown client"}, "Unknown client"),  # RFC 6749
        ({"error": "invalid_client"}, "invalid_client"),
        (
            {"error": {"code": 409, "message": "Entity already exists.", "errors": [{"reason": "duplicate"}]}},
            "Entity already exists.",
        ),
        ({"errors": [{"description": "first"}, {"description": "second"}]}, "first"),  # Webex
        ({"errors": [[{"message": "deep"}]]}, "deep"),
        ({"schemas": ["urn:..."], "detail": "uniqueness", "status": "409"}, "uniqueness"),  # SCIM
        ({"type": "about:blank", "title": "Too fast", "detail": "wait a minute"}, "wait a minute"),  # RFC 9457
        ({"message": "", "data": {"message": "inner"}}, "inner"),
        ({"message": 7, "a": None}, None),
        ({}, None),
    ],
)
def test_the_vendors_words_are_found_wherever_vendors_put_them(body: object, words: str | None) -> None:
    assert Answer(400, {}, json.dumps(body).encode()).words() == words


@settings(max_examples=tries(100))
@given(
    st.recursive(
        st.none() | st.text(max_size=9),
        lambda i: st.lists(i) | st.dictionaries(st.sampled_from(["message", "a", "error"]), i),
    )
)
def test_words_are_a_text_of_the_answer_or_none(body: object) -> None:
    # What no database and no message takes (NUL, halves of surrogate pairs) is replaced before it is shown.
    raw = json.dumps(body).replace("\\u0000", "\\ufffd")
    words = Answer(400, {}, raw.encode()).words()
    assert words is None or (words and json.dumps(words) in raw)
