"""How vendors answer: one module per vendor, and all that tests/test_every_provider.py has to know about it.

A module holds `CASES`: one per way in which the provider can be set up. What is said here is literal, as the vendor's page
says it; nothing is computed from the provider, or a mistake would prove itself right.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from unittest import mock

import httpx

from bot.hire import NewHire
from bot.outcome import Account, ProvisionError
from bot.providers.contract import Provider, ProviderSettings, Seats

S = TypeVar("S", bound=ProviderSettings)


@dataclass(frozen=True)
class Said:
    """One answer of a vendor: its body as JSON or as bytes, its HTTP status, its headers."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()

    def response(self) -> httpx.Response:
        # As a stream: a Response made of `content` counts as read, and a provider reads at most a million bytes itself.
        kind = {} if isinstance(self.body, bytes) else {"Content-Type": "application/json"}
        return httpx.Response(self.status, headers=kind | dict(self.headers), stream=httpx.ByteStream(self.content))


Answering = Said | Callable[[httpx.Request], Said]
"""An answer, or one that depends on what was asked."""

Saying = Answering | Exception
"""The same, or none: the exception of the transport."""


@dataclass(frozen=True)
class Refusal:
    """A code of the vendor and what it must mean for a creating call. `status` None: as the vendor usually sends it."""

    code: str
    error: type[ProvisionError]
    field: str | None = None
    words: str = "not like this 不行"
    status: int | None = None


@dataclass(frozen=True, kw_only=True)
class After:
    """What a vendor says once the account exists. `standing` is how it answers look-ups while the account is "there",
    "absent", or "another" one has its name; `sends` the one call that does it, as "METHOD /path?query body", by the ability
    ("enable" and "disable" for `switch`); `done` the answer to a change that went well."""

    standing: Callable[[str], Callable[[httpx.Request], Said]]
    sends: Mapping[str, str]
    done: Said
    linked: Said = Said()
    link: str = ""
    counted: Said = Said()
    seats: tuple[Seats, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to set up a provider. `creating` is the creating call as "POST /path"; `created` its answer, to a person
    filled in with every example and to one with the `minimal` fields; `vendor_id` where in it the vendor's id stands."""

    name: str
    provider: type[Provider[Any, Any]]
    config: ProviderSettings
    minimal: Mapping[str, str]
    creating: str
    created: Said
    account: Account
    vendor_id: tuple[str, ...]
    found: Answering
    found_account: Account
    after: After
    absent: Saying
    absent_code: str
    says_absent: Callable[[Any], bool]  # over the JSON of an answer: is it the vendor's word for "there is nobody"?
    refusal: Callable[[Refusal], Said]
    refusals: tuple[Refusal, ...]
    wrong_clock: Refusal | None = None
    log_in: str = ""  # the path of the log-in, for a vendor that has one
    token: Said = Said()
    token_seconds: float = 0.0
    dead_tokens: tuple[Said, ...] = ()
    token_refusals: tuple[Said, ...] = ()

    def hire(self, **typed: str) -> NewHire:
        hire: NewHire = self.provider.form.model_validate(typed, context={"region": "CN"})
        return hire

    @cached_property
    def filled(self) -> NewHire:
        return self.hire(**{asked.name: asked.ask.example for asked in self.provider.form.fields()})

    @cached_property
    def fewest(self) -> NewHire:
        return self.hire(**self.minimal)

    def refuse(self, error: type[ProvisionError]) -> Refusal:
        """The first refusal that means `error`."""
        return next(refusal for refusal in self.refusals if refusal.error is error)


def configured(kind: type[S], **values: Any) -> S:
    """A provider's settings from `values` alone, whatever this machine's environment holds."""
    with mock.patch.dict(os.environ, clear=True):
        return kind(_env_file=None, **values)


def cases() -> list[Case]:
    """Those of every module here."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return [case for module in modules for case in module.CASES]
