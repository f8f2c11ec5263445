"""What a provider is, and everything that is the same for all of them.

A provider declares facts (its form, its settings, its codes, its pace, its abilities), three calls, and those of its
abilities; this module does the rest: it turns whatever can go wrong on the wire, or in an answer, into one of the outcomes of
`bot.outcome`. How bytes travel is `transport`, how an answer is read `answer`, how a token is kept `token_cache`; a provider
needs to import none of them but the last. A provider is found through the entry-point group `newhire.providers`, so a package
outside this one can bring its own: one file, in this order.

    the vendor's page and its surprises   (the module's docstring)
    the form, the settings                (what people fill in; what the environment must hold)
    the class: codes                      (each with the vendor's words; where they stand, and when that was read)
               create, find, check
               look, look_many, resend, link, remove, switch, seats: those that it declares
               private _send, _sign
    the vendor's answers                  (pydantic models: what is required decides, what is optional is only shown)
"""

from __future__ import annotations

import logging
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from typing import Annotated, Any, ClassVar, Generic, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.hire import Field as Asked
from bot.hire import NewHire, Text
from bot.outcome import (
    Account,
    Conflict,
    NotAuthorised,
    OutcomeUnknown,
    ProvisionError,
    RateLimited,
    Rejected,
    Unreachable,
)
from bot.providers.answer import LONGEST_WAIT, LONGEST_WORDS, MAX_ANSWER, Answer
from bot.providers.transport import TIMEOUT, TOTAL_SECONDS, NoAnswer, NothingSent, Unsendable, Wire

__all__ = [
    "LONGEST_WAIT",
    "MAX_ANSWER",
    "ROOM",
    "TIMEOUT",
    "TOTAL_SECONDS",
    "Ability",
    "Answer",
    "Exam",
    "Meaning",
    "Pace",
    "Provider",
    "ProviderSettings",
    "Seats",
    "UnknownProvider",
    "Url",
    "choices_of",
    "from_environment",
    "installed",
    "listed",
]

log = logging.getLogger(__name__)

H = TypeVar("H", bound=NewHire)
S = TypeVar("S", bound="ProviderSettings")
A = TypeVar("A", bound=BaseModel)

ROOM = 0.8
"""Share of the vendor's limit that is used: clocks differ, and other programs call too."""

LONGEST_CODE = 40
"""Characters of a vendor's code that are kept."""

_SECRET_PARAMETER = re.compile(r"(?i)\b([a-z_-]*(?:token|secret|signature|password|passwd|pwd|key))=[^&\s\"'<>]+")


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(httpx.URL(text).raw_host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        good = False
    if not good:
        raise ValueError("is not a URL like https://example.com")
    return text


Url = Annotated[str, AfterValidator(_url)]


def listed(text: str) -> list[str]:
    """The items of a setting that is a list; people separate them by commas of either width, semicolons or blanks."""
    return [item for item in re.split(r"[,，、;；\s]+", text) if item]


def choices_of(form: type[NewHire], field: str) -> AfterValidator:
    """For a setting that lists those choices of a form's field, by their values, which an edition has (see `offered`)."""
    (choices,) = (declared.ask.choices for declared in form.fields() if declared.name == field)
    known = {choice.value for choice in choices}

    def check(text: str) -> str:
        items = listed(text)
        wrong = [place for place, item in enumerate(items, 1) if item not in known]
        if wrong or (text and not items):
            which = f" (number {wrong[0]} is none of them)" if len(items) > 1 else ""
            there = "; ".join(f"{choice.value} = {choice.title.en}" for choice in choices)
            raise ValueError(f"must list one or more of these, comma-separated{which}: {there}")
        return text

    return AfterValidator(check)


class GivenSettings(BaseSettings):
    """Typed settings that are handed in: pydantic's own reader of `.env` fills in the `${...}` of a password."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What `bot.settings` has read, and nothing else."""
        return (init_settings,)


class ProviderSettings(GivenSettings):
    """What every provider's settings have; a subclass sets `env_prefix` by `from_environment` and adds its credentials.

    A field without a default, or with None for one, is a credential: with one of them set the provider is used, and all of
    them are plain ASCII.
    """

    base_url: Url
    calls_per_minute: int | None = Field(None, description="Calls a minute that the vendor allows this app", gt=0)


def from_environment(prefix: str) -> SettingsConfigDict:
    """The settings are the environment's variables with this prefix, or those of `.env`; an empty variable is none."""
    return SettingsConfigDict(env_prefix=prefix, extra="ignore")


@dataclass(frozen=True)
class Pace:
    """How many calls the vendor allows: `calls` in `seconds`, and `daily` in a day (None: it does not say)."""

    calls: int
    seconds: float = 60.0
    daily: int | None = None


@dataclass(frozen=True)
class Meaning:
    """What a vendor's code means: the error to raise, the form's field it is about, what whoever must act should do."""

    error: type[ProvisionError]
    field: str | None = None
    advice: Text | None = None


Ability = Literal["look", "resend", "link", "remove", "switch", "seats"]
"""A call that comes after `create`, and that not every vendor has."""


@dataclass(frozen=True)
class Seats:
    """Licences of one kind: how many there are, how many are used, how many of them will soon expire.

    `kind` is a value of the form's choice of a licence; None stands for all licences together.
    """

    kind: str | None
    total: int
    used: int
    expiring: int = 0

    @property
    def free(self) -> int:
        """How many more accounts fit; never below zero, though some vendors let an enterprise use more than it has."""
        return max(self.total - self.used, 0)


@dataclass(frozen=True)
class Exam:
    """What a provider has found out about its own set-up (`Provider.examine`).

    `good` is None for what no answer tells. `said` is a sentence, `mending` what somebody must do about it.
    """

    name: str
    good: bool | None
    said: str
    mending: str = ""


class Provider(ABC, Generic[H, S]):
    """One vendor. A subclass is one file: the form, the settings, this class. One instance serves all threads.

    Class attributes
      key               the provider's name in the database and in settings: for ever
      title             what people read
      form              a NewHire: every field with the vendor's name for it
      settings          a ProviderSettings: the credentials
      pace              how often the vendor may be asked
      codes             vendor code -> Meaning. A code that is not here is unknown (`meaning` gives None): it is shown as the
                        vendor wrote it, blamed on nobody's field, and the admins hear of it
      abilities         which of the calls after `create` this vendor (in this configuration) has; what it lacks is said in
                        a comment in its file, with the page that was read
      follow_up         whether a person has to activate an account before it can be used
      invitation_hours  for how many hours an invitation is counted on, once it was sent; 0 without one
      link_hours        for how many hours a `link` is good; 0 without the ability
      to_do             what a person must do once the account exists, if anything
      credentials_page  where an admin finds the credentials
      hidden            fields that this configuration of the vendor does not take
      offered           field -> the setting that lists its choices (`choices_of`): the form offers only those, or all of
                        them where the setting is empty
      licence           the field by which the kind of licence is chosen, where there are several

    `config` is checked settings. `transport` replaces the network (tests), `clock` gives Unix seconds. `turn` is called
    before every call on the wire with the seconds that lie between two calls, and may block or raise RateLimited: the pace
    that all processes share. `timeout` bounds the parts of a call, `total_seconds` the whole of it; None means as in
    `transport`.
    """

    key: ClassVar[str]
    title: ClassVar[Text]
    form: ClassVar[type[NewHire]]
    settings: ClassVar[type[ProviderSettings]]
    pace: ClassVar[Pace]
    codes: ClassVar[Mapping[str, Meaning]]
    abilities: frozenset[Ability] = frozenset()
    follow_up: bool = False
    invitation_hours: ClassVar[int] = 0
    link_hours: ClassVar[int] = 0
    to_do: ClassVar[Text | None] = None
    credentials_page: ClassVar[str] = ""
    hidden: frozenset[str] = frozenset()
    offered: ClassVar[Mapping[str, str]] = {}
    licence: ClassVar[str | None] = None

    def __init__(
        self,
        config: S,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        turn: Callable[[float], None] = lambda gap: None,
        timeout: httpx.Timeout | None = None,
        total_seconds: float | None = None,
    ) -> None:
        self.config, self.clock, self._turn = config, clock, turn
        limit = config.calls_per_minute
        self.gap = (60.0 / limit if limit else self.pace.seconds / self.pace.calls) / ROOM
        self._wire = Wire(
            config.base_url,
            transport=transport,
            timeout=timeout or TIMEOUT,
            total_seconds=total_seconds or TOTAL_SECONDS,
        )

    @abstractmethod
    def create(self, hire: H, request_id: str) -> Account:
        """Create the account: exactly one send of the creating call.

        `request_id` is the same for every send of one request; a vendor that can remember it is given it.
        Raises any ProvisionError; OutcomeUnknown when the creating call was sent and its result is not clear, and never
        for a call before it (a token, a look-up): those raise Unreachable.
        """

    @abstractmethod
    def find(self, hire: H, request_id: str) -> Account | None:
        """The account that this person has at the vendor, or None when the vendor says that there is none.

        Absent and refused are different things: a refusal raises, or a second account would be made. Raises any
        ProvisionError but OutcomeUnknown. Where a look-up has a price (WeCom blocks those by phone for a day after too
        many misses), look by what the vendor forgives first.
        """

    @abstractmethod
    def check(self) -> None:
        """Prove the credentials with one harmless call. Raises NotAuthorised, Unreachable or RateLimited."""

    def examine(self) -> Iterator[Exam]:
        """What can be found out without creating or changing anything; it ends where the rest would only repeat a failure.

        A vendor whose answers tell more (which credential, whose right is missing) says so in its own.
        """
        found = self.exam("credentials", self.check)
        yield found
        if found.good and "seats" in self.abilities:
            yield self.seats_exam(self.seats)

    # What comes after `create`: each raises NotImplementedError unless it is in `abilities`.

    def look(self, account: Account) -> Account | None:
        """The account as it is now, with its `state`; None when the vendor says that it is gone.

        It is looked for by its identifier. What stands there with another `vendor_id` is another account, and then this one
        is gone too; an account whose `vendor_id` is not known is whatever stands there. Raises any ProvisionError but
        OutcomeUnknown: absent and refused are different things.
        """
        self._lacks("look")

    def look_many(self, accounts: Sequence[Account]) -> list[Account | None]:
        """`look` for each, in this order; in fewer calls where the vendor has one for many. Raises as `look`, for all."""
        return [self.look(account) for account in accounts]

    def everybody(self, calls: int) -> list[Account] | None:
        """All accounts of the enterprise, if so many calls (1 or more) show them; None where they do not, or nothing does.

        Raises any ProvisionError but OutcomeUnknown.
        """
        return None

    def resend(self, account: Account) -> None:
        """Send the invitation to activate the account once more: exactly one send.

        Raises any ProvisionError; Rejected when the vendor has sent one already and sends no more for now.
        """
        self._lacks("resend")

    def link(self, account: Account) -> str:
        """A new https address at which the person activates the account, good for `link_hours`. It is a secret.

        Raises any ProvisionError but OutcomeUnknown: a link that nobody has seen does nothing.
        """
        self._lacks("link")

    def remove(self, account: Account) -> None:
        """Remove exactly this account; that it is absent already is success.

        It is looked at first. Raises Conflict when what stands there has another `vendor_id` than the account that was
        created, or when that is not known; any other ProvisionError as it comes.
        """
        self._lacks("remove")

    def switch(self, account: Account, *, active: bool) -> None:
        """Enable or disable the account. Raises any ProvisionError."""
        self._lacks("switch")

    def seats(self) -> tuple[Seats, ...]:
        """How many licences there are, by kind. Raises any ProvisionError but OutcomeUnknown."""
        self._lacks("seats")

    def fields(self) -> list[Asked]:
        """What the form asks: all that the model declares, less what this configuration of the vendor does not take."""
        return [self._narrowed(declared) for declared in self.form.fields() if declared.name not in self.hidden]

    def _narrowed(self, declared: Asked) -> Asked:
        """The field with only the choices that the settings list."""
        setting = self.offered.get(declared.name)
        values = listed(getattr(self.config, setting)) if setting else []
        if not values:
            return declared
        choices = tuple(choice for choice in declared.ask.choices if choice.value in values)
        return replace(declared, ask=replace(declared.ask, choices=choices))

    def meaning(self, code: str | None) -> Meaning | None:
        """The row of `codes` for a code as the vendor writes it.

        None for a code that the table does not know: a Rejected with such a code is the vendor's refusal for a reason that
        newhire cannot name. Also None for None, when no vendor spoke.
        """
        return self.codes.get(code or "")

    def advice(self, code: str | None) -> Text | None:
        """What to do about a vendor's code, where this provider knows more than the error's class says."""
        meaning = self.meaning(code)
        return meaning.advice if meaning else None

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _lacks(self, ability: Ability) -> NoReturn:
        raise NotImplementedError(f"{self.key} does not declare the ability {ability!r}")

    # What adapters are written with.

    def exam(self, name: str, ask: Callable[[], object], well: str = "the vendor takes them") -> Exam:
        """What comes of asking: `well`, or why not in the vendor's words with what to do about it."""
        try:
            ask()
        except ProvisionError as error:
            return self.failed(name, error)
        return Exam(name, True, well)

    def failed(self, name: str, error: ProvisionError) -> Exam:
        """A failure as what it says about the set-up."""
        said = " ".join(part for part in (error.code, error.words, error.detail) if part) or error.kind
        advice = self.advice(error.code)
        if isinstance(error, RateLimited):
            return Exam(name, None, f"the vendor limits calls now: {said}", "Ask again in a minute.")
        if isinstance(error, Unreachable | OutcomeUnknown) and error.code is None:
            return Exam(
                name, False, f"no answer that can be read: {said}", f"Look at the way to {self.config.base_url}."
            )
        where = f"Look at {self.credentials_page}." if self.credentials_page else "Ask the vendor what this code means."
        return Exam(name, False, f"refused: {said}", advice.en if advice else where)

    def seats_exam(self, count: Callable[[], Sequence[Seats]]) -> Exam:
        """Whether an account still fits."""
        try:
            counted = count()
        except ProvisionError as error:
            return replace(self.failed("seats", error), good=None)
        said = ", ".join(
            f"{each.free} of {each.total} free" + (f" (type {each.kind})" if each.kind else "") for each in counted
        )
        if counted and not any(each.free for each in counted):
            return Exam(
                "seats", False, f"no licence is free: {said}", "Free a licence or buy more in the vendor's console."
            )
        return Exam("seats", True, said or "the vendor counts none")

    def same(self, account: Account, found: Account | None) -> Account | None:
        """`found`, unless it is another account that stands in the place of `account`: then None."""
        if found is None or None in (account.vendor_id, found.vendor_id):
            return found
        return found if found.vendor_id == account.vendor_id else None

    def exactly(self, account: Account, found: Account) -> str:
        """The vendor's id of `account`, which `found` is beyond doubt. Raises Conflict for another, and when nobody can tell."""
        if account.vendor_id is None or found.vendor_id is None:
            raise Conflict(
                self.key, detail="nobody can tell whether this is the account that was created: it has no id"
            )
        if found.vendor_id != account.vendor_id:
            raise self.another()
        return found.vendor_id

    def another(self) -> Conflict:
        """The error for an account that is to be changed when another one stands in its place."""
        return Conflict(self.key, detail="another account stands in its place: it has another id")

    def gone(self) -> Rejected:
        """The error for an account that is to be changed and is not there any more."""
        return Rejected(self.key, detail="the account is not there any more")

    def call(
        self, method: str, path: str, *, content: bytes = b"", headers: Mapping[str, str], mutates: bool = False
    ) -> Answer:
        """One exchange over HTTP: `path` with its query, already quoted; `content` the exact bytes of the body.

        `mutates` says that the vendor may have done something once the bytes have left. A call that does not is asked again
        by itself when the kept connection that it went out on was dead.

        Raises Unreachable (nothing done), RateLimited (429), NotAuthorised (credentials that cannot be sent), or
        OutcomeUnknown (only when `mutates`).
        """
        self._turn(self.gap)
        try:
            answer = self._wire.exchange(method, path, headers, content, repeatable=not mutates)
        except Unsendable:
            detail = "a credential holds characters that no HTTP header can carry"
            raise NotAuthorised(self.key, detail=detail) from None
        except NothingSent as error:
            raise Unreachable(self.key, detail=str(error)) from None
        except NoAnswer as error:
            raise self.unclear(str(error), mutates=mutates) from None
        if answer.status == 429:
            raise self._rate_limited("429", self.words(answer), answer)
        return answer

    def uri(self, path: str) -> str:
        """The request URI (path and query) exactly as `call` sends it: what signatures are made over.

        Where a vendor wants a secret in the query, this holds it: never log it.
        """
        return self._wire.uri(path)

    def words(self, answer: Answer) -> str | None:
        """What the vendor says in its answer, without the secrets that it may quote; None when it says nothing."""
        found = answer.words()
        return found and self._masked(found)

    def wait(self, answer: Answer) -> float | None:
        """Seconds that the vendor asks to wait, None when it does not say. A vendor with a header of its own adds it here."""
        return answer.retry_after()

    def _rate_limited(self, code: str, words: str | None, answer: Answer) -> RateLimited:
        wait = self.wait(answer)
        retry_after = None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)
        return RateLimited(self.key, code=code, words=words, retry_after=retry_after)

    def unclear(
        self, detail: str, *, mutates: bool, code: str | None = None, words: str | None = None
    ) -> ProvisionError:
        """The error for an answer that says nothing reliable: unknown after a change, harmless otherwise."""
        return (OutcomeUnknown if mutates else Unreachable)(self.key, code=code, words=words, detail=detail)

    def refused(self, code: object, words: object, answer: Answer, *, mutates: bool) -> ProvisionError:
        """The error that a vendor's code stands for. `words` are the vendor's; without them they are looked for.

        A code that is in no table is not guessed at: a Rejected without a field, whose `meaning` is None. HTTP 401 and 403
        say whose matter it is whatever the code. `certain` is False where the vendor may have done the work all the same.
        """
        said, words = str(code)[:LONGEST_CODE], self._masked(str(words or answer.words() or ""))
        meaning = self.meaning(said)
        if meaning is None and answer.status in (401, 403):
            return NotAuthorised(self.key, code=said, words=words)
        if meaning is None:
            # A server's fault under an unknown code may have come after the work: the caller looks before it tells.
            return Rejected(self.key, code=said, words=words, certain=not mutates or answer.status < 500)
        if issubclass(meaning.error, Rejected):
            return meaning.error(self.key, code=said, words=words, field=meaning.field)
        if meaning.error is OutcomeUnknown:
            return self.unclear("the vendor reports a fault of its own", mutates=mutates, code=said, words=words)
        if meaning.error is RateLimited:
            return self._rate_limited(said, words, answer)
        return meaning.error(self.key, code=said, words=words, detail=self._clock_detail(meaning, answer))

    def parse(self, model: type[A], data: object, *, mutates: bool, strict: bool = False) -> A:
        """The vendor's data as a typed answer.

        What `model` requires decides, and must be right: else it is unclear. What it has a default for is only shown: when
        that does not read it is left out, and the log names it (never its value). `strict`: all of it decides.
        """
        try:
            return model.model_validate(data)
        except ValidationError as error:
            wrong = {str(item["loc"][0]) if item["loc"] else "" for item in error.errors(include_input=False)}
        shown = set() if strict else {name for name, field in model.model_fields.items() if not field.is_required()}
        if not isinstance(data, dict) or not wrong <= shown:
            lacking = ", ".join(sorted(wrong - shown)) or "it is no object"
            raise self.unclear(f"the answer does not read: {lacking}", mutates=mutates)
        log.warning("%s: left out of the answer, since it does not read: %s", self.key, ", ".join(sorted(wrong)))
        return self.parse(model, {name: value for name, value in data.items() if name not in wrong}, mutates=mutates)

    def done(self, answer: Answer) -> bool:
        """Whether a change went well without a word: HTTP 200 with no body, or none but `{}`."""
        return answer.status == 200 and answer.body.strip() in (b"", b"{}")

    def json(self, answer: Answer, *, mutates: bool) -> dict[str, Any]:
        """The answer's JSON object; anything else is unclear."""
        try:
            return answer.json()
        except ValueError:
            kind = answer.headers.get("content-type", "no type")[:80]
            raise self.unclear(f"HTTP {answer.status} without a JSON object ({kind})", mutates=mutates) from None

    def _masked(self, text: str) -> str:
        """Vendors quote what they were sent: `invalid credential, access_token=...`."""
        for value in vars(self.config).values():
            if isinstance(value, SecretStr) and len(value.get_secret_value()) > 3:
                text = text.replace(value.get_secret_value(), "***")
        return _SECRET_PARAMETER.sub(r"\1=***", text)[:LONGEST_WORDS]

    def _clock_detail(self, meaning: Meaning, answer: Answer) -> str:
        skew = answer.clock_skew()
        if meaning.error is not NotAuthorised or skew is None or abs(skew) < 60:
            return ""
        return f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the vendor's"


class UnknownProvider(Exception):
    """An installed provider could not be loaded; the text names it and says why."""


def installed() -> dict[str, type[Provider[Any, Any]]]:
    """Every provider of the entry-point group `newhire.providers`, by key, sorted by the entry point's name.

    The order means nothing: which one the form offers first is a setting, and no package becomes everybody's default by how
    it is called. Raises UnknownProvider for one that does not import, is no complete Provider, or claims a key that another has.
    """
    found: dict[str, type[Provider[Any, Any]]] = {}
    for entry in sorted(entry_points(group="newhire.providers"), key=lambda entry: entry.name):
        try:
            provider = entry.load()
        except Exception as error:
            raise UnknownProvider(f"The provider {entry.name!r} ({entry.value}) does not import: {error}") from error
        if not (isinstance(provider, type) and issubclass(provider, Provider)):
            raise UnknownProvider(f"The provider {entry.name!r} ({entry.value}) is not a Provider.")
        if lacking := _lacking(provider):
            raise UnknownProvider(f"The provider {entry.name!r} ({entry.value}) lacks {', '.join(lacking)}.")
        other = found.setdefault(provider.key, provider)
        if other is not provider:
            raise UnknownProvider(f"Two providers claim the key {provider.key!r}: {other} and {provider}.")
    return found


def _lacking(provider: type[Provider[Any, Any]]) -> list[str]:
    facts = ("key", "title", "form", "settings", "pace", "codes")
    lacking = [fact for fact in facts if not hasattr(provider, fact)] + sorted(provider.__abstractmethods__)
    return lacking + sorted(name for name in provider.abilities if getattr(provider, name) is getattr(Provider, name))
