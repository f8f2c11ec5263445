"""What a provider is, and everything that is the same for all of them.

A provider declares facts (its form, its settings, its codes, its pace) and three calls; this module does the rest: it
sends bytes, bounds time and size, and turns whatever can go wrong on the wire into one of the outcomes of `bot.outcome`.
A provider is found through the entry-point group `newhire.providers`, so a package outside this one can bring its own.
"""

from __future__ import annotations

import email.utils
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from importlib.metadata import entry_points
from typing import Annotated, Any, ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

import httpcore
import httpx
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.hire import Field as Asked
from bot.hire import NewHire, Text
from bot.outcome import (
    Account,
    NotAuthorised,
    OutcomeUnknown,
    ProvisionError,
    RateLimited,
    Rejected,
    Unreachable,
)

H = TypeVar("H", bound=NewHire)
S = TypeVar("S", bound="ProviderSettings")
A = TypeVar("A", bound=BaseModel)

MAX_ANSWER = 1_000_000
"""Bytes of an answer that are read; vendors send a few thousand."""

DEEPEST = 50
"""Levels to which an answer's JSON may nest; vendors use five."""

TOTAL_SECONDS = 30.0
"""One call, from looking the name up to the last byte."""

LONGEST_WAIT = 3600.0
"""Seconds of a Retry-After that are believed."""

ROOM = 0.8
"""Share of the vendor's limit that is used: clocks differ, and other programs call too."""

TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=10.0, pool=5.0)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not a URL like https://example.com")
    return text


Url = Annotated[str, AfterValidator(_url)]


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


@dataclass(frozen=True)
class Answer:
    """One answer, read to its end: HTTP status, headers, body bytes, and when it came (Unix seconds)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float = made_by(default_factory=time.time)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ValueError when it is anything else."""
        try:
            parsed = _clean(json.loads(self.body))
        except RecursionError as error:
            raise ValueError(str(error)) from error
        if not isinstance(parsed, dict):
            raise ValueError(f"a JSON {type(parsed).__name__} where an object was due")  # noqa: TRY004 - one error for callers
        return parsed

    def clock_skew(self) -> float | None:
        """Seconds by which this machine's clock is ahead of the vendor's `Date` header; None without one."""
        try:
            return self.at - email.utils.parsedate_to_datetime(self.headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError, OverflowError):
            return None

    def retry_after(self) -> float | None:
        """Seconds that the `Retry-After` header asks for (a number or a date), at most an hour; None without one."""
        value = self.headers.get("retry-after", "")
        try:
            seconds = (
                float(value) if value[:1].isdigit() else email.utils.parsedate_to_datetime(value).timestamp() - self.at
            )
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(seconds, 0.0), LONGEST_WAIT)


class Provider(ABC, Generic[H, S]):
    """One vendor. A subclass is one file: the form, the settings, this class.

    Class attributes: `key` (stored, so for ever), `title`, `form`, `settings`, `pace`, `codes` (vendor code -> Meaning),
    `to_do` (what a person must do once the account exists, if anything), `hidden` (fields that this configuration does not
    take). One instance serves all threads.

    `turn` is called before every call on the wire, with the seconds that lie between two calls, and may block or raise
    RateLimited: the pace that all processes share.
    """

    key: ClassVar[str]
    title: ClassVar[Text]
    form: ClassVar[type[NewHire]]
    settings: ClassVar[type[ProviderSettings]]
    pace: ClassVar[Pace]
    codes: ClassVar[Mapping[str, Meaning]]
    to_do: ClassVar[Text | None] = None
    credentials_page: ClassVar[str] = ""
    hidden: frozenset[str] = frozenset()

    def __init__(
        self,
        config: S,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        turn: Callable[[float], None] = lambda gap: None,
    ) -> None:
        self.config, self.clock, self._turn = config, clock, turn
        limit = config.calls_per_minute
        self.gap = (60.0 / limit if limit else self.pace.seconds / self.pace.calls) / ROOM
        self._client = httpx.Client(
            base_url=config.base_url,
            transport=transport or _BoundedTransport(),
            timeout=TIMEOUT,
            headers={"User-Agent": "newhire", "Accept-Encoding": "identity"},
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

        Absent and refused are different things: a refusal raises, or a second account would be made.
        """

    @abstractmethod
    def check(self) -> None:
        """Prove the credentials with one harmless call. Raises NotAuthorised, Unreachable or RateLimited."""

    def fields(self) -> list[Asked]:
        """What the form asks: all that the model declares, less what this configuration of the vendor does not take."""
        return [declared for declared in self.form.fields() if declared.name not in self.hidden]

    def meaning(self, code: str) -> Meaning | None:
        """The row of `codes` for a code as the vendor writes it."""
        return self.codes.get(code)

    def advice(self, code: str | None) -> Text | None:
        """What to do about a vendor's code, where this provider knows more than the error's class says."""
        meaning = self.meaning(code or "")
        return meaning.advice if meaning else None

    def close(self) -> None:
        self._client.close()

    # What adapters are written with.

    def call(
        self, method: str, path: str, *, content: bytes = b"", headers: Mapping[str, str], mutates: bool = False
    ) -> Answer:
        """One exchange over HTTP. `mutates` says that the vendor may have done something once the bytes have left.

        Raises Unreachable (nothing done), RateLimited (429), NotAuthorised (credentials that cannot be sent), or
        OutcomeUnknown (only when `mutates`).
        """
        self._turn(self.gap)
        try:
            with (
                _deadline(TOTAL_SECONDS),
                self._client.stream(method, path, content=content, headers=headers) as response,
            ):
                answer = Answer(response.status_code, response.headers, _read(response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise Unreachable(self.key, detail=_reason(error)) from None
        except (UnicodeError, httpx.LocalProtocolError):
            # Raised while the headers are written, before a byte has left.
            raise NotAuthorised(
                self.key, detail="a credential holds characters that no HTTP header can carry"
            ) from None
        except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError, _TooLong) as error:
            raise self.unclear(_reason(error), mutates=mutates) from None
        if answer.status == 429:
            raise RateLimited(self.key, code="429", words=self._words(answer), retry_after=answer.retry_after())
        return answer

    def uri(self, path: str) -> str:
        """The request URI (path and query) exactly as `call` sends it: what signatures are made over."""
        return self._client.build_request("GET", path).url.raw_path.decode("ascii")

    def unclear(
        self, detail: str, *, mutates: bool, code: str | None = None, words: str | None = None
    ) -> ProvisionError:
        """The error for an answer that says nothing reliable: unknown after a change, harmless otherwise."""
        return (OutcomeUnknown if mutates else Unreachable)(self.key, code=code, words=words, detail=detail)

    def refused(self, code: str, words: str, answer: Answer, *, mutates: bool) -> ProvisionError:
        """The error that a vendor's code stands for. A code that is in no table is shown, not guessed."""
        meaning = self.meaning(code)
        if meaning is None:
            # A server's fault under an unknown code may have come after the work: the caller looks before it tells.
            return Rejected(self.key, code=code, words=words, certain=not mutates or answer.status < 500)
        if issubclass(meaning.error, Rejected):
            return meaning.error(self.key, code=code, words=words, field=meaning.field)
        if meaning.error is OutcomeUnknown:
            return self.unclear("the vendor reports a fault of its own", mutates=mutates, code=code, words=words)
        if meaning.error is RateLimited:
            return RateLimited(self.key, code=code, words=words, retry_after=answer.retry_after())
        return meaning.error(self.key, code=code, words=words, detail=self._clock_detail(meaning, answer))

    def parse(self, model: type[A], data: object, *, mutates: bool) -> A:
        """The vendor's data as a typed answer; what does not fit is unclear, never half-read."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            lacking = ", ".join(sorted({".".join(map(str, item["loc"])) for item in error.errors()}))
            raise self.unclear(f"the answer does not read: {lacking}", mutates=mutates) from None

    def json(self, answer: Answer, *, mutates: bool) -> dict[str, Any]:
        """The answer's JSON object; anything else is unclear."""
        try:
            return answer.json()
        except ValueError:
            kind = answer.headers.get("content-type", "no type")[:80]
            raise self.unclear(f"HTTP {answer.status} without a JSON object ({kind})", mutates=mutates) from None

    def _words(self, answer: Answer) -> str | None:
        try:
            found = _deep_words(answer.json())
        except ValueError:
            return None
        return found[:500] if found else None

    def _clock_detail(self, meaning: Meaning, answer: Answer) -> str:
        skew = answer.clock_skew()
        if meaning.error is not NotAuthorised or skew is None or abs(skew) < 60:
            return ""
        return f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the vendor's"


class UnknownProvider(Exception):
    """An installed provider could not be loaded; the text names it and says why."""


def installed() -> dict[str, type[Provider[Any, Any]]]:
    """Every provider of the entry-point group `newhire.providers`, by key, the last name first.

    Raises UnknownProvider for one that does not import, is no complete Provider, or claims a key that another has.
    """
    found: dict[str, type[Provider[Any, Any]]] = {}
    for entry in sorted(entry_points(group="newhire.providers"), key=lambda entry: entry.name, reverse=True):
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
    return [fact for fact in facts if not hasattr(provider, fact)] + sorted(provider.__abstractmethods__)


def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise _TooLong(f"an answer of more than {MAX_ANSWER} bytes")
    return bytes(body)


def _reason(error: Exception) -> str:
    """`ReadTimeout` -> `read timeout`: the class only, since texts of HTTP libraries can quote what was sent."""
    name = type(error).__name__.lstrip("_")
    return "".join(f" {char.lower()}" if char.isupper() else char for char in name).strip()


def _deep_words(data: object) -> str | None:
    """The first text under a key that vendors put their words under."""
    if not isinstance(data, dict):
        return None
    for key in ("message", "error_msg", "returnMessage", "msg"):
        if isinstance(data.get(key), str) and data[key]:
            return str(data[key])
    return next((words for value in data.values() if (words := _deep_words(value))), None)


def _clean(value: Any, depth: int = 0) -> Any:
    """Lone surrogates and NUL can be written in JSON but not in every database, nor in a Slack message."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return (
            value.encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
            .replace("\0", "\N{REPLACEMENT CHARACTER}")
        )
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item, depth + 1) for key, item in value.items()}
    return value


class _TooLong(Exception):
    """More bytes than any honest answer has."""


# A deadline for the whole call: httpx bounds each read, not their sum, so a peer that drips a byte every ten seconds would
# hold a worker for hours. httpcore's network backend is where every read passes.

_ends = threading.local()


class _deadline:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        _ends.at = time.monotonic() + self.seconds

    def __exit__(self, *exception: object) -> None:
        _ends.at = None


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    end = getattr(_ends, "at", None)
    if end is None:
        return timeout
    left: float = end - time.monotonic()
    if left <= 0:
        raise late("the whole call took too long")
    return left if timeout is None else min(timeout, left)


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        return _BoundedStream(
            self._stream.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _BoundedBackend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(super().connect_tcp(host, port, left, local_address, socket_options))


class _BoundedTransport(httpx.HTTPTransport):
    def __init__(self) -> None:
        # A connection for each call. A kept one can have died unseen, and then nobody knows whether the vendor read what was
        # sent on it; at the vendors' pace of a few calls a second the handshake costs nothing.
        super().__init__(retries=0, limits=httpx.Limits(max_keepalive_connections=0))
        # httpx does not pass httpcore's `network_backend` through, so it is set on the pool that it made.
        self._pool._network_backend = _BoundedBackend()
