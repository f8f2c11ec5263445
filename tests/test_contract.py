"""How a provider comes in: through an entry point, complete, one a key; and what the contract does for every one of them."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import httpx
import pytest

from bot.outcome import NotAuthorised, Rejected
from bot.providers import contract
from bot.providers.contract import Provider, ProviderSettings, UnknownProvider, installed
from bot.providers.huawei import Huawei
from bot.providers.tencent import Tencent
from tests.answers import Said, acme, cases, configured
from tests.example_provider import Acme, AcmeHire, AcmeSettings

ROOT = Path(__file__).parents[1]
EXAMPLE = "tests.example_provider:Acme"


class Unfinished(Provider[AcmeHire, AcmeSettings]):
    """Says what it is called, and nothing else."""

    key = "unfinished"

    def check(self) -> None: ...


class Another(Acme):
    """Claims the key of the one it was copied from."""


def install(monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    """What packages declare, in place of what is installed here."""
    declared = [EntryPoint(name, value, "newhire.providers") for name, value in entries.items()]
    monkeypatch.setattr(contract, "entry_points", lambda group: declared if group == "newhire.providers" else [])


# --- coming in


def test_both_providers_are_installed_through_the_entry_points() -> None:
    assert installed().items() >= {"tencent": Tencent, "huawei": Huawei}.items()


def test_a_package_outside_brings_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, huawei="bot.providers.huawei:Huawei", acme=EXAMPLE)
    assert installed() == {"huawei": Huawei, "acme": Acme}


@pytest.mark.parametrize(
    "value", ["no_such_package:Acme", "tests.example_provider:NoSuchClass", "tests.answers.broken:X"]
)
def test_a_provider_that_does_not_import_stops_with_its_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    install(monkeypatch, acme=EXAMPLE, other=value)
    with pytest.raises(UnknownProvider, match=f"'other'.*{re.escape(value)}.*does not import: .+"):
        installed()


@pytest.mark.parametrize("value", ["tests.example_provider:AcmeHire", "json:dumps", "json:__name__"])
def test_what_is_no_provider_stops_with_its_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    install(monkeypatch, other=value)
    with pytest.raises(UnknownProvider, match=f"'other'.*{re.escape(value)}.*is not a Provider"):
        installed()


def test_an_unfinished_provider_stops_with_its_name_and_all_that_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, other="tests.test_contract:Unfinished")
    with pytest.raises(UnknownProvider, match=r"'other'.*lacks title, form, settings, pace, codes, create, find"):
        installed()


def test_they_come_sorted_by_name_whatever_the_order_of_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tencent="bot.providers.tencent:Tencent", acme=EXAMPLE, huawei="bot.providers.huawei:Huawei")
    assert list(installed()) == ["acme", "huawei", "tencent"]


def test_two_providers_that_claim_one_key_stop_with_both_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, acme=EXAMPLE, other="tests.test_contract:Another")
    with pytest.raises(UnknownProvider, match=r"'acme'.*Acme.*Another|'acme'.*Another.*Acme"):
        installed()


def test_one_provider_declared_twice_is_one_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, acme=EXAMPLE, again=EXAMPLE)
    assert installed() == {"acme": Acme}


# --- the example


def test_the_example_is_one_short_file_and_takes_part_in_the_suite() -> None:
    lines = (ROOT / "tests/example_provider.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 80
    assert "acme" in {case.name for case in cases()}


def test_nothing_else_knows_the_example() -> None:
    places = [*ROOT.glob("bot/**/*.py"), ROOT / "tests/test_every_provider.py", ROOT / "tests/answers/__init__.py"]
    assert not [place for place in places if "acme" in place.read_text(encoding="utf-8").lower()]


# --- what the contract does


def acme_with(said: Said, **settings: object) -> Acme:
    config = configured(AcmeSettings, **{"key": "acme-key-0123456789"} | settings)
    return Acme(config, transport=httpx.MockTransport(lambda _: said.response()))


@pytest.mark.parametrize("key", ["schlüssel", "密钥", "\N{KEY}"])
def test_a_credential_that_no_header_can_carry_is_the_admins_matter(key: str) -> None:
    hire = AcmeHire(name="Wei", account="wei")
    provider = acme_with(acme.MEMBER, key=key)
    calls: list[Callable[[], object]] = [
        provider.check,
        lambda: provider.create(hire, "V0"),
        lambda: provider.find(hire, "V0"),
    ]
    for call in calls:
        with pytest.raises(NotAuthorised, match="credential") as caught:
            call()
        assert key not in str(caught.value)


def test_a_credential_of_two_lines_is_the_admins_matter() -> None:
    # The HTTP library finds it after connecting and before sending.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        provider = Acme(configured(AcmeSettings, key="two\nlines", base_url=address))
        with pytest.raises(NotAuthorised, match="credential") as caught:
            provider.create(AcmeHire(name="Wei", account="wei"), "V0")
        assert "lines" not in str(caught.value)
        provider.close()


def test_how_long_a_call_may_take_is_the_callers_to_say() -> None:
    config = configured(AcmeSettings, key="k" * 20)
    provider = Acme(config, timeout=httpx.Timeout(0.5), total_seconds=2.0)
    assert (provider._wire.timeout, provider._wire.total_seconds) == (httpx.Timeout(0.5), 2.0)
    usual = Acme(config)
    assert (usual._wire.timeout, usual._wire.total_seconds) == (contract.TIMEOUT, contract.TOTAL_SECONDS)


def test_the_pace_leaves_room_below_the_vendors_limit_and_a_setting_overrules_it() -> None:
    assert acme_with(acme.MEMBER).gap == 60 / 60 / 0.8
    assert acme_with(acme.MEMBER, calls_per_minute=600).gap == 60 / 600 / 0.8


def test_every_call_waits_its_turn_before_anything_leaves() -> None:
    order: list[object] = []

    def answer(request: httpx.Request) -> httpx.Response:
        order.append(request.method)
        return acme.MEMBER.response()

    provider = Acme(
        configured(AcmeSettings, key="k" * 20),
        transport=httpx.MockTransport(answer),
        turn=lambda gap: order.append(gap),
    )
    provider.create(AcmeHire(name="Wei", account="wei"), "V0")
    provider.check()
    assert order == [1.25, "POST", 1.25, "GET"]


def test_an_answer_that_is_not_plain_text_in_json_is_made_so() -> None:
    said = Said(json.dumps({"error": "bad_\ud800mail", "message": "a\u0000b\udfff"}).encode(), 422)
    with pytest.raises(Rejected) as caught:
        acme_with(said).check()
    assert (caught.value.code, caught.value.words) == ("bad_\N{REPLACEMENT CHARACTER}mail", "a\ufffdb\ufffd")


def test_advice_is_the_providers_own_and_none_for_a_code_that_it_does_not_know() -> None:
    provider = acme_with(acme.MEMBER)
    advice = provider.advice("bad_key")
    assert advice is not None
    assert "ACME_KEY" in advice.en
    assert provider.advice("no_such_code") is None
    assert provider.advice(None) is None


@pytest.mark.parametrize(
    "address",
    [
        "api.example.com",
        "ftp://example.com",
        "https://",
        "/v1",
        "https://a:b:c",
        "https://[1",
        "http://x:99999",
    ],
)
def test_an_address_that_is_no_url_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is not a URL"):
        configured(AcmeSettings, key="k", base_url=address)
    assert issubclass(AcmeSettings, ProviderSettings)


class Boastful(Acme):
    """Declares what it has no method for."""

    abilities = frozenset[contract.Ability]({"look", "resend", "seats"})


def test_an_ability_without_its_method_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, other="tests.test_contract:Boastful")
    with pytest.raises(UnknownProvider, match="lacks resend, seats"):
        installed()


def test_free_seats_are_never_fewer_than_none() -> None:
    assert [contract.Seats(None, 50, used).free for used in (0, 48, 50, 53)] == [50, 2, 0, 0]
