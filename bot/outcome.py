"""What can come of asking a provider for an account: answers are values, failures are exceptions.

    Outcome
      Created           the account exists and can be used
      ActionRequired    the account exists; a person must still do something (activate it)
      AlreadyExists     somebody has it already; the differences are named
    ProvisionError      the class says who must act
      Rejected          the requester: a value was refused                -> which field, the vendor's words
        Conflict        the requester: the vendor says that person exists -> look, then say whose it is
      NotAuthorised     an admin: our credentials or permission
      NoSeatLeft        an admin: licences used up
      RateLimited       nobody: wait, then go on
      Unreachable       nobody: nothing was sent, repeating is safe
      OutcomeUnknown    nobody yet: it was sent and no clear answer came  -> look before sending again

All of them travel through the database as plain JSON (`to_json`, `from_json`); the vendor's own code and words are always
kept, a secret never.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]


class Account(BaseModel):
    """An account as the vendor reports it. Texts as the vendor wrote them; absent means that it did not say.

    `account` is what the person logs in with, `vendor_id` the vendor's own id (Tencent `uuid`, Huawei `id`),
    `phone` digits with or without country code as the vendor returns it, `country` the vendor's key or calling code.
    `vendor_code`, `vendor_message`, `vendor_time` (as sent) and `request_id` come from the answer's envelope.
    """

    model_config = ConfigDict(frozen=True)

    provider: str
    account: str
    name: str
    vendor_id: str | None = None
    english_name: str | None = None
    phone: str | None = None
    country: str | None = None
    email: str | None = None
    employee_id: str | None = None
    job_title: str | None = None
    department: str | None = None
    department_name: str | None = None
    department_path: str | None = None
    sip_number: str | None = None
    meeting_rooms: tuple[str, ...] = ()
    user_type: int | None = None
    admin_type: int | None = None
    signature: str | None = None
    status: str | None = None
    activation_pending: bool = False
    must_change_password: bool = False
    request_id: str | None = None
    vendor_code: str | None = None
    vendor_message: str | None = None
    vendor_time: str | None = None


class Outcome(BaseModel):
    """The account exists. `kind` tells the three ways apart, in the database too."""

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]
    account: Account

    def to_json(self) -> Json:
        return {"kind": self.kind, **self.model_dump(mode="json")}


class Created(Outcome):
    """The account is there and can be used."""

    kind = "Created"


class ActionRequired(Outcome):
    """Created, and useless until a person activates it."""

    kind = "ActionRequired"


class AlreadyExists(Outcome):
    """Nothing was created: the account was there before. `differences` are field names in which it differs from the form."""

    kind = "AlreadyExists"
    differences: tuple[str, ...] = ()


class ProvisionError(Exception):
    """Base of every failure.

    `provider` is the provider's key, `code` and `words` the vendor's own (None when no vendor spoke), `detail` a short
    technical reason of ours such as "connect timeout". The text never holds a secret: adapters pass vendor words only.
    """

    def __init__(self, provider: str, *, code: str | None = None, words: str | None = None, detail: str = "") -> None:
        self.provider, self.code, self.words, self.detail = provider, code, words, detail
        super().__init__(" ".join(part for part in (provider, code, words, detail) if part))

    def to_json(self) -> Json:
        return {"kind": type(self).__name__, **vars(self)}


class Rejected(ProvisionError):
    """The vendor refused a value. `field` is the form's field when the vendor names one.

    `certain` is False when the code is in no table and the status was a server's fault: then the account is looked up once
    before anybody reads that nothing was created.
    """

    def __init__(
        self,
        provider: str,
        *,
        code: str | None = None,
        words: str | None = None,
        detail: str = "",
        field: str | None = None,
        certain: bool = True,
    ) -> None:
        super().__init__(provider, code=code, words=words, detail=detail)
        self.field, self.certain = field, certain


class Conflict(Rejected):
    """The vendor says that this account, phone or e-mail is taken: it must be looked at before anybody is told."""


class NotAuthorised(ProvisionError):
    """Credentials, permission, clock or contract: the vendor does not let this app do it."""


class NoSeatLeft(ProvisionError):
    """All licences of the enterprise are in use."""


class RateLimited(ProvisionError):
    """Too many calls; nothing was done. `retry_after` in seconds, None when the vendor does not say.

    `reached_vendor` is False when it was our own pace that kept the call back, before anything left.
    """

    def __init__(
        self,
        provider: str,
        *,
        code: str | None = None,
        words: str | None = None,
        detail: str = "",
        retry_after: float | None = None,
        reached_vendor: bool = True,
    ) -> None:
        super().__init__(provider, code=code, words=words, detail=detail)
        self.retry_after, self.reached_vendor = retry_after, reached_vendor


class Unreachable(ProvisionError):
    """Nothing was sent (name not found, no connection, no token): sending again is safe."""


class OutcomeUnknown(ProvisionError):
    """It was sent and no clear answer came: only a look-up can tell."""


_OUTCOMES: dict[str, type[Outcome]] = {kind.kind: kind for kind in (Created, ActionRequired, AlreadyExists)}
_ERRORS: dict[str, type[ProvisionError]] = {
    kind.__name__: kind
    for kind in (Rejected, Conflict, NotAuthorised, NoSeatLeft, RateLimited, Unreachable, OutcomeUnknown)
}


_WAS = {"sure": "certain", "sent": "reached_vendor"}
"""Stored keys of version 0.1.0."""


def from_json(stored: Json) -> Outcome | ProvisionError:
    """The outcome or error that `to_json` wrote. Raises KeyError for a kind that this version does not know."""
    rest = {_WAS.get(key, key): value for key, value in stored.items() if key != "kind"}
    if stored["kind"] in _OUTCOMES:
        return _OUTCOMES[stored["kind"]].model_validate(rest)
    return _ERRORS[stored["kind"]](rest.pop("provider"), **rest)
