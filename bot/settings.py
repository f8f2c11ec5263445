"""The environment, or `.env`, as typed settings. What is wrong stops the start: one sentence per mistake, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import unquote

import phonenumbers
import sqlalchemy as sa
from annotated_types import Ge, Gt, Le, Lt
from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, SecretStr, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import defaults
from bot.defaults import Defaults
from bot.environment import Environment, not_ascii, read
from bot.proposal import check_pattern
from bot.providers.contract import GivenSettings, Provider, ProviderSettings, Url, listed

S = TypeVar("S", bound=BaseSettings)

FIRST = "tencent"
"""The provider that the form offers first unless NEWHIRE_PROVIDER says otherwise."""

FILES = ("newhire_database_url",)
"""Addresses that may name a file, and files may have any name."""


class Misconfigured(Exception):
    """The start cannot go on; `sentences` say which settings are wrong and how to mend them."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


def _token(prefix: str, kind: str, where: str) -> AfterValidator:
    def check(token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith(prefix):
            raise ValueError(f"must be {kind}, which starts with {prefix} ({where} page)")
        if " " in token.get_secret_value():
            raise ValueError(f"must be {kind} alone: there is a space in it")
        return token

    return AfterValidator(check)


def _ids(text: str) -> str:
    items = listed(text)
    wrong = [
        place for place, item in enumerate(items, 1) if item[0] not in "UWS" or not re.fullmatch("[A-Z0-9]+", item)
    ]
    if wrong:
        which = f"; number {wrong[0]} is neither" if len(items) > 1 else ""
        raise ValueError(f"must list user IDs (U...) and user-group IDs (S...), comma-separated{which}")
    return text


def _channel(text: str) -> str:
    if not re.fullmatch("[CGD][A-Z0-9]+", text):
        raise ValueError("must be a channel's ID (C..., at the end of the channel's details in Slack), not its name")
    return text


PASSWORD_ADVICE = "in a password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25"  # noqa: S105 - advice


def _database(text: str) -> str:
    if text.startswith("sqlite:"):
        return _sqlite(text)
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    try:
        port = sa.make_url(text).port
    except (sa.exc.ArgumentError, ValueError):
        port = 0
    if _cut_short(text) or (port is not None and not 0 < port < 65536):
        raise ValueError(f"must look like postgresql://user:password@host:5432/newhire; {PASSWORD_ADVICE}")
    return text


def _cut_short(url: str) -> bool:
    """Whether its password holds what ends a password: the rest would be taken for the host, and shown in the error."""
    where = url.partition("://")[2].partition("?")[0]
    return "@" in where.partition("/")[2] or where.count("@") > 1 or bool(re.search("%(?![0-9A-Fa-f]{2})", where))


def _sqlite(text: str) -> str:
    file = text.removeprefix("sqlite:///")
    if not text.startswith("sqlite:///") or not file.strip() or ":memory:" in file:
        raise ValueError("must name a file, like sqlite:///newhire.sqlite: what is only in memory would be lost")
    if "?" in file or "%00" in file:
        raise ValueError("must be sqlite:/// and a file's name, and nothing behind it")
    return text


def _region(text: str) -> str:
    if text.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("must be a two-letter country, like CN or DE")
    return text.upper()


def _days(text: str) -> str:
    try:
        days = _numbers(text)
    except ValueError:
        days = [0.0]
    if any(not 0 < day <= LONGEST_FOLLOW_UP for day in days) or days != sorted(set(days)):
        raise ValueError(
            f"must list numbers of days, like 1,3,7, each larger than the one before, up to {LONGEST_FOLLOW_UP}, or be never"
        )
    return text


def _numbers(text: str) -> list[float]:
    return [] if text == "never" else [float(item) for item in listed(text)]


def _approval(text: str) -> str:
    words = listed(text)
    odd = [word for word in words if word.startswith("bulk") and not re.fullmatch("bulk:[1-9][0-9]{0,4}", word)]
    if not words or odd or ("never" in words and len(words) > 1):
        raise ValueError(
            "must be never, always, or what needs approval, comma-separated: bulk: and from how many people on, like bulk:50; "
            "a provider; a provider: and a licence type"
        )
    return text


LONGEST_FOLLOW_UP = 365


def _keys(secret: SecretStr) -> SecretStr:
    for key in listed(secret.get_secret_value()):
        try:
            Fernet(key)
        except ValueError:
            raise ValueError("must hold Fernet keys, comma-separated; `newhire key` prints a new one") from None
    return secret


Lower = BeforeValidator(lambda text: text.lower() if isinstance(text, str) else text)


class Settings(GivenSettings):
    """What newhire itself needs; each provider brings its own settings (`providers.contract.Provider.settings`)."""

    model_config = SettingsConfigDict(extra="ignore")

    slack_bot_token: Annotated[SecretStr, _token("xoxb-", "the bot token", "OAuth & Permissions")] = Field(
        description="The bot token (OAuth & Permissions)"
    )
    slack_app_token: Annotated[SecretStr, _token("xapp-", "the app-level token", "Basic Information")] = Field(
        description="The app-level token with connections:write (Basic Information)"
    )
    slack_api_url: Url = Field("https://slack.com/api/", description="Where Slack's Web API is")
    newhire_provider: Annotated[str, Lower] | None = Field(
        None, description=f"Key of the provider that the form offers first; without it {FIRST}, or the first by name"
    )
    newhire_admin_channel: Annotated[str, AfterValidator(_channel)] | None = Field(
        None, description="ID of the channel where admins are told; the bot must be in it"
    )
    newhire_admin_language: Annotated[Literal["en", "zh"], Lower] = Field(
        "en", description="Language of the admin channel"
    )
    newhire_allowed: Annotated[str, AfterValidator(_ids)] = Field(
        "",
        description="IDs of the users and user groups who may use /newhire, comma-separated; empty: workspace admins and owners",
    )
    newhire_database_url: Annotated[str, AfterValidator(_database)] = Field(
        "sqlite:///newhire.sqlite", description="Where requests are kept: sqlite:///FILE or postgresql://..."
    )
    newhire_secret_key: Annotated[SecretStr, AfterValidator(_keys)] | None = Field(
        None, description="Keys for what is stored (Fernet), newest first, comma-separated (`newhire key` makes one)"
    )
    newhire_region: Annotated[str, AfterValidator(_region)] = Field(
        "CN", description="Country of phone numbers that are typed without a country code"
    )
    newhire_account_pattern: Annotated[str, AfterValidator(check_pattern)] | None = Field(
        None,
        description="How a proposed account is made, of {pinyin}, {first}, {last}, {employee_id} and {email_local}, like "
        "{first}.{last}; without it, or where one is not known: what the email starts with, else the name",
    )
    newhire_defaults: str = Field(
        "", description="TOML file with what the form is filled in with, for the workspace and its channels"
    )
    newhire_result: Annotated[Literal["channel", "me"], Lower] = Field(
        "channel",
        description="Where the result goes unless the form says otherwise, the channel or the requester alone",
    )
    newhire_patience_minutes: float = Field(
        15,
        gt=0,
        allow_inf_nan=False,
        description="After so long without a result people are told what happens next, and so are the admins",
    )
    newhire_give_up_hours: float = Field(
        24, gt=0, allow_inf_nan=False, description="After so long newhire gives up and says so"
    )
    newhire_keep_days: float = Field(
        30, gt=0, allow_inf_nan=False, description="Finished requests leave the database after so many days"
    )
    newhire_undo_minutes: float = Field(
        30,
        ge=0,
        allow_inf_nan=False,
        description="For so long an account that was just created can be removed again with a button; 0 never offers it",
    )
    newhire_follow_up_days: Annotated[str, Lower, AfterValidator(_days)] = Field(
        "1,3,7",
        description="An account that has to be activated is looked up after so many days, and the requester reminded; "
        "comma-separated, or never",
    )
    newhire_few_seats: int = Field(
        5, ge=0, description="When no more licences than this are free, the admins hear of it and the form says so"
    )
    newhire_digest: Annotated[Literal["true", "false"], Lower] = Field(
        "false", description="Whether the admin channel reads on Mondays what the week came to"
    )
    newhire_watch_joins: Annotated[Literal["true", "false"], Lower] = Field(
        "false",
        description="Whether the admin channel reads who has joined Slack, with a button to create their account; "
        "the app must be subscribed to the event team_join (add it to bot_events in manifest.yml)",
    )
    newhire_audit_days: float = Field(
        400,
        gt=0,
        allow_inf_nan=False,
        description="Who asked when, and what came of it, stays in the audit for so many days, without the person",
    )
    newhire_approval: Annotated[str, Lower, AfterValidator(_approval)] = Field(
        "bulk:50",
        description="What somebody else must approve before it is created, comma-separated: bulk:50 (lists of so many people "
        "or more), a provider, a provider's licence type (tencent:1, see docs/fields.md), always, or never; it is asked in "
        "NEWHIRE_ADMIN_CHANNEL",
    )
    newhire_approvers: Annotated[str, AfterValidator(_ids)] = Field(
        "",
        description="IDs of the users and user groups who may approve, comma-separated; empty: workspace admins and owners",
    )
    newhire_log: Annotated[Literal["text", "json"], Lower] = Field(
        "text", description="How the log is written to stderr"
    )

    _defaults: Defaults = PrivateAttr(default_factory=Defaults)

    @property
    def defaults(self) -> Defaults:
        """What NEWHIRE_DEFAULTS holds."""
        return self._defaults

    @property
    def allowed(self) -> list[str]:
        return listed(self.newhire_allowed)

    @property
    def approvers(self) -> list[str]:
        return listed(self.newhire_approvers)

    @property
    def approval(self) -> list[str]:
        """The words of NEWHIRE_APPROVAL (`onboarding.approvals.Rules`); none where nobody can be asked."""
        words = listed(self.newhire_approval)
        return [] if words == ["never"] or self.newhire_admin_channel is None else words

    @property
    def follow_up_days(self) -> list[float]:
        return _numbers(self.newhire_follow_up_days)

    @property
    def speaks(self) -> bool:
        """Whether there is a way to Slack."""
        return self.slack_bot_token.get_secret_value() != STAND_IN["SLACK_BOT_TOKEN"]

    @property
    def secret_keys(self) -> list[str]:
        return listed(self.newhire_secret_key.get_secret_value()) if self.newhire_secret_key else []


STAND_IN = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}
"""Tokens are needed, and not by every command: there any will do."""

Providers = Mapping[str, type[Provider[Any, Any]]]


@dataclass(frozen=True)
class Examined:
    """The settings as far as they are right, and a sentence for each mistake. `settings` is None when nothing can be made of them;
    `wrong` are the variables that a mistake is about, which are left out of them."""

    settings: Settings | None
    configured: dict[str, ProviderSettings]
    sentences: list[str]
    wrong: frozenset[str] = frozenset()


def load(providers: Providers, *, slack: bool = True) -> tuple[Settings, dict[str, ProviderSettings]]:
    """The settings, and those of each provider whose credentials are set, the one that is offered first in front.

    Without `slack` its tokens need not be set. Raises Misconfigured with every mistake.
    """
    examined = examine(providers, slack=slack)
    if examined.sentences or examined.settings is None:
        raise Misconfigured(examined.sentences)
    return examined.settings, examined.configured


def examine(providers: Providers, *, slack: bool = True) -> Examined:
    """The same without raising: what is right can be looked at though something else is wrong."""
    kinds: list[type[BaseSettings]] = [Settings, *(provider.settings for provider in providers.values())]
    here = read({variable(kind, name) for kind in kinds for name in kind.model_fields})
    if not slack:
        here = Environment({**STAND_IN, **here.values}, here.mistakes)
    used = {key: provider for key, provider in sorted(providers.items()) if given(provider.settings, here)}
    settings, wrong = _built(Settings, here)
    sentences = [*here.mistakes.values(), *_about_tokens(here, wrong), *_about_providers(providers, used, here)]
    sentences += _about_approval(providers, settings) if settings else []
    filled_in, wrong = _defaults(used or providers, here)
    sentences += wrong
    configured: dict[str, ProviderSettings] = {}
    for key in _offered(used, here):
        found, wrong = _built(used[key].settings, here)
        sentences += wrong
        if found is not None:
            configured[key] = found
    about = frozenset(name for said in sentences for name in re.findall(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", said))
    if settings is None:
        right = {name: text for name, text in here.values.items() if name not in about}
        settings, _ = _built(Settings, Environment(right))
    if settings is not None:
        settings._defaults = filled_in
    return Examined(settings, configured, sentences, about)


def _defaults(providers: Providers, here: Environment) -> tuple[Defaults, list[str]]:
    """The file of NEWHIRE_DEFAULTS, held against the forms of these providers."""
    file = here.values.get("NEWHIRE_DEFAULTS")
    if file is None or "NEWHIRE_DEFAULTS" in here.mistakes:
        return Defaults(), []
    found, wrong = defaults.read(file, {key: provider.form for key, provider in providers.items()})
    return found, [f"NEWHIRE_DEFAULTS {why}." for why in wrong]


@dataclass(frozen=True)
class Storage:
    """What the commands need that only read or clean the database."""

    url: str
    keys: list[str]
    region: str


def load_storage() -> Storage:
    """The settings of the database alone, whatever the others are. Raises Misconfigured with every mistake in them."""
    names = ("newhire_database_url", "newhire_secret_key", "newhire_region")
    here = read({variable(Settings, name) for name in names})
    given_here = {variable(Settings, name): here.values.get(variable(Settings, name), "") for name in names}
    values = {name: value for name, value in given_here.items() if value} | STAND_IN
    settings, wrong = _built(Settings, Environment(values, here.mistakes))
    sentences = [*here.mistakes.values(), *wrong]
    if sentences or settings is None:
        raise Misconfigured(sentences)
    return Storage(settings.newhire_database_url, settings.secret_keys, settings.newhire_region)


def _offered(used: Providers, here: Environment) -> list[str]:
    first = here.values.get("NEWHIRE_PROVIDER", FIRST).lower()
    return sorted(used, key=lambda key: (key != first, key))


def _about_providers(providers: Providers, used: Providers, here: Environment) -> list[str]:
    first = here.values.get("NEWHIRE_PROVIDER", "").lower()
    if first and first not in providers:
        return [f"NEWHIRE_PROVIDER must be the key of a provider: {' or '.join(sorted(providers))}."]
    if not used:
        names = " or ".join(provider.title.en for provider in providers.values())
        return [f"No provider is configured: set the credentials of {names} (see .env.example)."]
    if first and first not in used:
        return [f"NEWHIRE_PROVIDER is {first}, but its credentials are not set."]
    return []


def _about_approval(providers: Providers, settings: Settings) -> list[str]:
    """Rules that nothing could ever meet, or that nobody could be asked by."""
    name, words = "NEWHIRE_APPROVAL", listed(settings.newhire_approval)
    for word in (word for word in words if word not in ("never", "always") and not word.startswith("bulk:")):
        key, colon, licence = word.partition(":")
        if key not in providers:
            return [f"{name} names a provider that there is not; there are {', '.join(sorted(providers))}."]
        choices = _licences(providers[key])
        if colon and licence not in choices:
            there = "; ".join(f"{value} = {title}" for value, title in choices.items())
            return [
                f"{name}: {key} has no such licence type; "
                + (f"its types are {there}." if there else "it has only one.")
            ]
    if words not in (["never"], ["bulk:50"]) and settings.newhire_admin_channel is None:
        return [f"{name} needs NEWHIRE_ADMIN_CHANNEL, where approval is asked for; set it, or set {name}=never."]
    return []


def _licences(provider: type[Provider[Any, Any]]) -> dict[str, str]:
    """Its licence types: value -> what it is called."""
    fields = (declared for declared in provider.form.fields() if declared.name == provider.licence)
    return {choice.value: choice.title.en for declared in fields for choice in declared.ask.choices}


def _about_tokens(here: Environment, sentences: list[str]) -> list[str]:
    """Both tokens in the other's place are one mistake."""
    bot, app = (here.values.get(name, "") for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"))
    if not (bot.startswith("xapp-") and app.startswith("xoxb-")):
        return sentences
    swapped = (
        "SLACK_BOT_TOKEN and SLACK_APP_TOKEN: these two are swapped. "
        "The bot token starts with xoxb-, the app-level token with xapp-."
    )
    return [swapped, *(said for said in sentences if not said.startswith(("SLACK_BOT_TOKEN ", "SLACK_APP_TOKEN ")))]


def secrets(*models: BaseSettings) -> set[str]:
    """Every secret among these settings, and the password in the database's address: what no log may show."""
    values = [getattr(model, name) for model in models for name in type(model).model_fields]
    found = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    for model in models:
        if isinstance(model, Settings):
            found |= set(model.secret_keys)
            found |= secrets_of(model.newhire_database_url)
    return found


def secrets_of(url: str) -> set[str]:
    """The password of an address, as it stands there and as it is meant."""
    before, _, _ = url.partition("://")[2].rpartition("@")
    password = before.partition(":")[2]
    return {password, unquote(password)} - {""}


def given(kind: type[BaseSettings], here: Environment) -> set[str]:
    """Names of the credentials that are set: fields without a default, or with None for one."""
    return {name for name in _credentials(kind) if variable(kind, name) in here.values}


def _credentials(kind: type[BaseSettings]) -> set[str]:
    return {
        name
        for name, info in kind.model_fields.items()
        if (info.is_required() or info.default is None) and name not in ProviderSettings.model_fields
    }


def variable(kind: type[BaseSettings], field: str) -> str:
    """The environment variable of a field."""
    return (str(kind.model_config.get("env_prefix") or "") + field).upper()


def table(kinds: list[type[BaseSettings]]) -> list[tuple[str, str, str]]:
    """Every setting as (variable, default, meaning), for the README and .env.example; tests hold those against it."""
    return [
        (
            variable(kind, name),
            ""
            if info.is_required() or info.default in (None, "")
            else f"{info.default:g}"
            if isinstance(info.default, float | int)
            else str(info.default),
            _meaning(info),
        )
        for kind in kinds
        # What every provider has comes after what only this one has.
        for name, info in sorted(kind.model_fields.items(), key=lambda item: item[0] in ProviderSettings.model_fields)
    ]


def _meaning(info: FieldInfo) -> str:
    choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    return f"{info.description}: {' or '.join(choices)}" if choices else str(info.description)


# What is wrong, in sentences. A value is never shown: it may be a secret in the wrong place.


def _built(kind: type[S], here: Environment) -> tuple[S | None, list[str]]:
    """The settings of this kind, or a sentence for each mistake in them that `here` does not know of yet."""
    values = {
        name: here.values[variable(kind, name)] for name in kind.model_fields if variable(kind, name) in here.values
    }
    odd = {name: why for name in _plain(kind) & values.keys() if (why := not_ascii(values[name]))}
    odd |= {
        name: "must be the address alone: there is a space in it"
        for name in _addresses(kind) & values.keys()
        if " " in values[name]
    }
    found, errors = _validated(kind, values)
    wrong = {str(item["loc"][0]): _sentence(item, kind, here) for item in errors if item["loc"]}
    wrong |= {name: f"{variable(kind, name)} {why}." for name, why in odd.items()}
    about_all = [item for item in errors if not item["loc"]] or _beyond(kind, values, wrong)
    known = {name for name in wrong if variable(kind, name) in here.mistakes}
    sentences = [wrong[name] for name in kind.model_fields if name in wrong.keys() - known]
    return (found if not wrong else None), sentences + [_message(item) for item in about_all]


def _plain(kind: type[BaseSettings]) -> set[str]:
    """Fields that go into headers, signatures and host names, where nothing but ASCII works."""
    return _credentials(kind) | _addresses(kind)


def _addresses(kind: type[BaseSettings]) -> set[str]:
    return {name for name in kind.model_fields if name.endswith("_url") and name not in FILES}


def _validated(kind: type[S], values: Mapping[str, Any]) -> tuple[S | None, list[ErrorDetails]]:
    try:
        return kind(**values), []
    except ValidationError as error:
        return None, error.errors(include_url=False, include_input=False)


def _beyond(kind: type[BaseSettings], values: Mapping[str, Any], wrong: Iterable[str]) -> list[ErrorDetails]:
    """What a provider's own check (half a log-in) has to say, which pydantic does not ask while a field is wrong."""
    if not wrong:
        return []
    anything: dict[str, Any] = dict.fromkeys(wrong, (Any, None))
    lenient = create_model(kind.__name__, __base__=kind, **anything)
    try:
        return [item for item in _validated(lenient, values)[1] if not item["loc"]]
    except Exception:  # noqa: BLE001 - the check was handed what its fields do not promise, and may fail as it likes
        return []


def _sentence(item: ErrorDetails, kind: type[BaseSettings], here: Environment) -> str:
    field = str(item["loc"][0])
    name, info = variable(kind, field), kind.model_fields[field]
    if item["type"] == "value_error":
        return f"{name} {_message(item)}."
    why = _missing(kind, here) if item["type"] == "missing" else _why(item, name, info)
    meaning = str(info.description or "").replace(" (", ", ").replace(")", "")
    return f"{name} {why} ({_lower(meaning)})." if meaning else f"{name} {why}."


def _missing(kind: type[BaseSettings], here: Environment) -> str:
    there = sorted(variable(kind, name) for name in given(kind, here)) if kind is not Settings else []
    return "is not set" + (f", though {', '.join(there)} {'is' if len(there) == 1 else 'are'}" if there else "")


def _why(item: ErrorDetails, name: str, info: FieldInfo) -> str:
    """In our words; pydantic's are for programmers."""
    kind, context = item["type"], item.get("ctx") or {}
    if kind.startswith(("int_", "float_", "finite_", "greater_", "less_", "decimal_")):
        return _number(name, info)
    if kind.startswith("bool_"):
        return "must be true or false"
    if kind in ("literal_error", "enum"):
        return f"must be {str(context['expected']).replace(chr(39), '')}"
    if kind == "string_pattern_mismatch":
        return "must be digits only" if "\\d" in str(context["pattern"]) else "does not look right"
    return "is not what it should be"


def _number(name: str, info: FieldInfo) -> str:
    """`must be a number of minutes, like 15`."""
    unit = name.rpartition("_")[2].lower()
    whole = "whole " if "int" in str(info.annotation) else ""
    limits = {Gt: "above {gt}", Ge: "of at least {ge}", Lt: "below {lt}", Le: "of at most {le}"}
    bounds = [
        limits[type(limit)].format(
            **{type(limit).__name__.lower(): f"{getattr(limit, type(limit).__name__.lower()):g}"}
        )
        for limit in info.metadata
        if type(limit) in limits
    ]
    said = f"must be a {whole}number" + (f" of {unit}" if unit in ("minutes", "hours", "days", "seconds") else "")
    like = f", like {info.default:g}" if isinstance(info.default, int | float) else ""
    return f"{said} {' and '.join(bounds)}".rstrip() + like


def _message(item: ErrorDetails) -> str:
    return str(item["msg"]).removeprefix("Value error, ")


def _lower(text: str) -> str:
    """As it goes on in a sentence: `The bot token` -> `the bot token`; `API key` and `Slack's` stay."""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first.isalpha() and first[1:] == first[1:].lower() else text
