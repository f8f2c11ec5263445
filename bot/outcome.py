"""What can come of asking a provider for an account: answers are values, failures are exceptions.

    Outcome
      Created           the account exists and can be used
      ActionRequired    the account exists; a person must still do something (activate it)
      AlreadyExists     somebody has it already; the differences are named
      Declined          nobody agreed to it, so nothing was asked of the provider
    ProvisionError      the class says who must act
      Rejected          the requester: a value was refused                -> which field, the vendor's words
        Conflict        the requester: the vendor says that person exists -> look, then say whose it is
      NotAuthorised     an admin: our credentials or permission
      NoSeatLeft        an admin: licences used up
      RateLimited       nobody: wait, then go on
      Unreachable       nobody: nothing was sent, repeating is safe
      OutcomeUnknown    nobody yet: it was sent and no clear answer came  -> look before sending again

Between the rooms and through the database both travel as one discriminated union, `Outcome`: an exception becomes the value
`Failure` (`ProvisionError.failure`). The vendor's own code and words are always kept, a secret never.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

AccountState = Literal["unknown", "active", "not_activated", "disabled", "gone"]
"""Whether the account can be used. `gone`: the vendor still shows it, and it was cancelled."""


class Account(BaseModel):
    """An account as the vendor reports it. Texts as the vendor wrote them; absent means that it did not say.

    `account` is what the person signs in with, `vendor_id` the vendor's own id (Tencent `uuid`, Huawei `id`),
    `phone` digits with or without country code as the vendor returns it. `state` is what the vendor says of it now,
    `invitation_expires_at` (Unix seconds) until when the invitation to activate it can be taken up, where that is known.

    Kept for the audit, and shown to nobody: `english_name`, `job_title` and `status` as the vendor has them, and the answer's
    envelope `request_id` (which Huawei's support asks for), `vendor_code`, `vendor_message`, `vendor_time` (as sent).
    """

    model_config = ConfigDict(frozen=True)

    provider: str
    account: str
    name: str
    vendor_id: str | None = None
    phone: str | None = None
    email: str | None = None
    employee_id: str | None = None
    department: str | None = None
    department_name: str | None = None
    department_path: str | None = None
    sip_number: str | None = None
    meeting_rooms: tuple[str, ...] = ()
    activation_pending: bool = False
    state: AccountState = "unknown"
    invitation_expires_at: float | None = None
    must_change_password: bool = False
    english_name: str | None = None
    job_title: str | None = None
    status: str | None = None
    request_id: str | None = None
    vendor_code: str | None = None
    vendor_message: str | None = None
    vendor_time: str | None = None


class _Success(BaseModel):
    """The account exists."""

    model_config = ConfigDict(frozen=True)

    account: Account


class Created(_Success):
    """The account is there and can be used."""

    kind: Literal["Created"] = "Created"


class ActionRequired(_Success):
    """Created, and useless until a person activates it."""

    kind: Literal["ActionRequired"] = "ActionRequired"


class AlreadyExists(_Success):
    """Nothing was created: the account was there before. `differences` are field names in which it differs from the form."""

    kind: Literal["AlreadyExists"] = "AlreadyExists"
    differences: tuple[str, ...] = ()


class Declined(BaseModel):
    """Nothing was asked of the provider: an approver said no, nobody decided in time, or whoever asked has cancelled it.

    `by` is the Slack id of whoever decided ("" where nobody did), `by_name` what they are called, `reason` what they wrote.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["Declined"] = "Declined"
    why: Literal["declined", "expired", "withdrawn"]
    by: str = ""
    by_name: str = ""
    reason: str = ""


FailureKind = Literal[
    "Rejected", "Conflict", "NotAuthorised", "NoSeatLeft", "RateLimited", "Unreachable", "OutcomeUnknown"
]


class Failure(BaseModel):
    """A ProvisionError as a value: what was said (`code` and `words` of the vendor, `detail` of ours), and what follows.

    `field` is the form's field when the vendor names one. `certain` is False when an account may exist all the same.
    `retry_after` is in seconds. `reached_vendor` is False when the call was kept back before anything left.
    """

    model_config = ConfigDict(frozen=True)

    kind: FailureKind
    provider: str
    code: str | None = None
    words: str | None = None
    detail: str = ""
    field: str | None = None
    certain: bool = True
    retry_after: float | None = None
    reached_vendor: bool = True

    @model_validator(mode="before")
    @classmethod
    def _names_of_0_1_0(cls, stored: Any) -> Any:
        was = {"sure": "certain", "sent": "reached_vendor"}
        return {was.get(key, key): value for key, value in stored.items()} if isinstance(stored, dict) else stored


Outcome = Annotated[Created | ActionRequired | AlreadyExists | Declined | Failure, Field(discriminator="kind")]
OUTCOME: TypeAdapter[Created | ActionRequired | AlreadyExists | Declined | Failure] = TypeAdapter(Outcome)
"""Reads and writes an outcome, stored by this version or an older one."""


def success(account: Account) -> Created | ActionRequired:
    """That this account was made: usable at once, or once a person has activated it."""
    return ActionRequired(account=account) if account.activation_pending else Created(account=account)


def account_of(outcome: Created | ActionRequired | AlreadyExists | Declined | Failure) -> Account | None:
    """The person's account; None for none, and for somebody else's, of which nobody is shown anything."""
    if isinstance(outcome, Failure | Declined) or (isinstance(outcome, AlreadyExists) and outcome.differences):
        return None
    return outcome.account


class ProvisionError(Exception):
    """Base of every failure.

    `provider` is the provider's key, `code` and `words` the vendor's own (None when no vendor spoke), `detail` a short
    technical reason of ours such as "connect timeout". The text never holds a secret: adapters pass vendor words only.
    """

    kind: ClassVar[FailureKind]

    def __init__(self, provider: str, *, code: str | None = None, words: str | None = None, detail: str = "") -> None:
        self.provider, self.code, self.words, self.detail = provider, code, words, detail
        super().__init__(" ".join(part for part in (provider, code, words, detail) if part))

    @property
    def failure(self) -> Failure:
        """The same as a value, which travels."""
        return Failure(kind=self.kind, **vars(self))


class Rejected(ProvisionError):
    """The vendor refused a value. `field` is the form's field when the vendor names one.

    `certain` is False when the code is in no table and the status was a server's fault: then the account is looked up once
    before anybody reads that nothing was created.
    """

    kind: ClassVar[FailureKind] = "Rejected"

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

    kind: ClassVar[FailureKind] = "Conflict"


class NotAuthorised(ProvisionError):
    """Credentials, permission, clock or contract: the vendor does not let this app do it."""

    kind: ClassVar[FailureKind] = "NotAuthorised"


class NoSeatLeft(ProvisionError):
    """All licences of the enterprise are in use."""

    kind: ClassVar[FailureKind] = "NoSeatLeft"


class RateLimited(ProvisionError):
    """Too many calls; nothing was done. `retry_after` in seconds, None when the vendor does not say.

    `reached_vendor` is False when it was our own pace that kept the call back, before anything left.
    """

    kind: ClassVar[FailureKind] = "RateLimited"

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

    kind: ClassVar[FailureKind] = "Unreachable"


class OutcomeUnknown(ProvisionError):
    """It was sent and no clear answer came: only a look-up can tell."""

    kind: ClassVar[FailureKind] = "OutcomeUnknown"
