"""The log: one line an event, the request's id, and neither secrets nor full phone numbers, whoever writes the line."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.logs import HIDDEN, Masked, about, mask_phones
from tests.conftest import ROOT

SECRET = 'p@ss w/ö"rd'


def line(message: object, *arguments: object, style: logs.Style = "text", error: BaseException | None = None) -> str:
    """What one event looks like on stderr."""
    record = logging.LogRecord(
        "bot.place", logging.WARNING, "place.py", 1, message, arguments, (type(error), error, None) if error else None
    )
    Masked([SECRET]).filter(record)
    formatter = logs._Json() if style == "json" else logs._Text()
    return formatter.format(record)


# --- phone numbers


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("手机号13800138000已存在", "手机号138****8000已存在"),
        ("the number +8613800138000 is taken.", "the number +86138****8000 is taken."),
        ("+86 138 0013 8000", "+86138****8000"),
        ("138-0013-8000", "138****8000"),
        ("138.0013.8000.", "138****8000."),
        ("138\u20110013\u20118000", "138****8000"),
        ("(010) 6552-9988 or", "010****9988 or"),
        ("+49 (0)171 1234567", "+49017****4567"),
        ("phone=65529988&area=852", "phone=****88&area=852"),
        ("电话：6552 9988", "电话：****88"),
        ("{'phone': '13800138000', 'area': '86'}", "{'phone': '138****8000', 'area': '86'}"),
        ("+65 6552 9988", "+65****9988"),
        ("008613800138000", "0086138****8000"),
        ("账号 zhangwei13800138000", "账号 zhangwei138****8000"),
        ("１３８００１３８０００", "１３８****８０００"),
        ("a13800138000, b13900139000", "a138****8000, b139****9000"),
    ],
)
def test_phone_numbers_are_masked_however_they_are_written(said: str, shown: str) -> None:
    assert mask_phones(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "request V0123456789 began",
        "request V0123ABC~3! is tried again",
        "U0ALICE01 in C0ADMINS1, team T0123456789",
        "message 1732525000.123456 cannot be edited",
        "trigger 398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c is old",
        "workflow 12345678-1234-4123-8123-123456789012 and 4f1c2a34-90ab-4cde-8f01-23456789abcd",
        "since 2026-11-25 09:08:12 and 2026-11-25T09:08:12.123456+00:00",
        "at 1732525000123 ms",
        "code 201040001, then 000000004, then 41",
        "app 200000001",
        "Connect call failed ('127.0.0.1', 54321)",
        "<object at 0x7f1234567890>",
        "HTTP 503 after 30.0 s; trying again in 5 s",
        "200000 calls a day, 100 a minute",
    ],
)
def test_ids_times_and_codes_stay_legible(said: str) -> None:
    assert mask_phones(said) == said


@given(before=st.text(max_size=20), number=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), after=st.text(max_size=20))
def test_no_mobile_number_survives_among_any_text(before: str, number: str, after: str) -> None:
    text = f"{before} {number} {after}"
    assert number not in mask_phones(text)
    assert number not in line("%s", text)


def test_a_long_text_is_masked_in_no_time() -> None:
    """Linear: a megabyte of digits, hex or gaps (a vendor's answer) must not hold the thread that logs it."""
    for piece in ("1", "a1", "1.", "1 ", "(", "phone", "12345678-"):
        mask_phones(piece * (200_000 // len(piece)))


# --- secrets


@pytest.mark.parametrize("way", [str, quote, lambda text: quote(text, safe=""), lambda text: json.dumps(text)[1:-1]])
def test_a_secret_is_hidden_however_it_is_spelt(way: object) -> None:
    assert callable(way)
    shown = line("GET /token?key=%s", way(SECRET))
    assert shown.endswith(f"GET /token?key={HIDDEN}")


def test_a_secret_is_hidden_in_a_traceback_and_its_causes() -> None:
    try:
        try:
            int(f"{SECRET} of 13800138000")
        except ValueError as inner:
            raise RuntimeError("outer") from inner
    except RuntimeError as error:
        shown = line("failed", error=error)
    assert "RuntimeError: outer" in shown
    assert SECRET not in shown
    assert "13800138000" not in shown


def test_one_secret_inside_another_leaves_no_rest() -> None:
    filtered = Masked(["secret", "secret-and-more"])
    assert filtered.mask("secret-and-more") == HIDDEN


def test_what_is_no_secret_by_its_length_hides_nothing() -> None:
    assert Masked(["a", ""]).mask("a cat") == "a cat"


# --- lines


def test_an_event_is_one_line_whatever_a_vendor_says() -> None:
    assert "\n" not in line("the vendor says %s", "x\r\n2026-11-25 09:08:12 INFO bot: all is well")


def test_a_request_is_named_on_every_line_of_its_run() -> None:
    with about("V0123"):
        shown = line("it waits")
    assert shown.endswith("bot.place: it waits [V0123]")
    assert line("it waits").endswith("it waits")


def test_a_request_that_the_line_names_already_is_not_named_twice() -> None:
    with about("V0123"):
        assert line("request %s waits", "V0123").endswith("request V0123 waits")


def test_json_holds_what_a_collector_wants() -> None:
    request = str(uuid.uuid4())
    with about(request):
        said = json.loads(line("手机 %s\n", "13800138000", style="json", error=ValueError(SECRET)))
    assert set(said) == {"time", "level", "logger", "message", "request", "error"}
    assert said["request"] == request
    assert said["message"] == "手机 138****8000\\n"
    assert (said["level"], said["logger"]) == ("warning", "bot.place")
    assert said["error"] == f"ValueError: {HIDDEN}"
    assert "request" not in json.loads(line("x", style="json"))


def test_a_line_whose_arguments_do_not_fit_harms_nobody() -> None:
    assert "%d of them" in line("%d of them", "many")


@pytest.mark.slow
@pytest.mark.parametrize("style", ["text", "json"])
def test_what_nobody_caught_is_masked_too(style: str) -> None:
    """Python's own traceback of a thread or of the process would go past the filter."""
    program = f"""
import threading
from bot import logs
logs.start(["hunter2-hunter2"], {style!r})
def fail(): raise ValueError("hunter2-hunter2 in a thread")
thread = threading.Thread(target=fail); thread.start(); thread.join()
raise ValueError("hunter2-hunter2 at the end")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "hunter2" not in ended.stderr
    assert ended.stderr.count(f"ValueError: {HIDDEN}") == 2
