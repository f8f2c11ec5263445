"""The environment, or `.env`, as typed settings. What is wrong stops the start: one sentence per mistake, all at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import unquote

import phonenumbers
from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.providers.contract import Provider, ProviderSettings, Url


class Misconfigured(Exception):
    """The start cannot go on; `sentences` say which settings are wrong and how to mend them."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


def _token(prefix: str, kind: str, where: str) -> AfterValidator:
    def check(token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith(prefix):
            raise ValueError(f"must be {kind}, which starts with {prefix} ({where})")
        return token

    return AfterValidator(check)


def _ids(text: str) -> str:
    items = _split(text)
    wrong = [
        place for place, item in enumerate(items, 1) if item[0] not in "UWS" or not re.fullmatch("[A-Z0-9]+", item)
    ]
    if wrong:
        which = f"; number {wrong[0]} is neither" if len(items) > 1 else ""
        raise ValueError(f"must list user ids (U...) and user-group ids (S...), comma-separated{which}")
    return text


def _channel(text: str) -> str:
    if text[0] not in "CGD" or not text.isalnum():
        raise ValueError("must be a channel's id (C..., at the end of the channel's details in Slack), not its name")
    return text


def _database(text: str) -> str:
    if text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        return text
    raise ValueError("must start with sqlite:/// or postgresql://")


def _region(text: str) -> str:
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("must be a two-letter country like CN or DE, in capitals")
    return text


def _keys(secret: SecretStr) -> SecretStr:
    for key in _split(secret.get_secret_value()):
        try:
            Fernet(key)
        except ValueError:
            raise ValueError("must hold Fernet keys, comma-separated; `newhire key` prints a new one") from None
    return secret


class Settings(BaseSettings):
    """What newhire itself needs; each provider brings its own settings (`providers.contract.Provider.settings`)."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    slack_bot_token: Annotated[SecretStr, _token("xoxb-", "the bot token", "OAuth & Permissions page")] = Field(
        description="Bot token of the Slack app (OAuth & Permissions)"
    )
    slack_app_token: Annotated[SecretStr, _token("xapp-", "the app-level token", "Basic Information page")] = Field(
        description="App-level token with connections:write (Basic Information)"
    )
    slack_api_url: Url = Field("https://slack.com/api/", description="Slack's Web API")
    newhire_admin_channel: Annotated[str, AfterValidator(_channel)] | None = Field(
        None, description="Id of the channel where admins are told; the bot must be in it"
    )
    newhire_allowed: Annotated[str, AfterValidator(_ids)] = Field(
        "",
        description="User and user-group ids that may ask, comma-separated; empty: the workspace's admins and owners",
    )
    newhire_database_url: Annotated[str, AfterValidator(_database)] = Field(
        "sqlite:///newhire.sqlite", description="Where requests are kept: sqlite:///FILE or postgresql://..."
    )
    newhire_secret_key: Annotated[SecretStr, AfterValidator(_keys)] | None = Field(
        None, description="Fernet keys for what is stored, newest first, comma-separated (`newhire key` makes one)"
    )
    newhire_region: Annotated[str, AfterValidator(_region)] = Field(
        "CN", description="Country of phone numbers that are typed without a country code"
    )
    newhire_patience_minutes: float = Field(
        15,
        gt=0,
        allow_inf_nan=False,
        description="After so long without an outcome people read what happens next, and the admins hear of it",
    )
    newhire_give_up_hours: float = Field(
        24, gt=0, allow_inf_nan=False, description="After so long newhire gives up and says so"
    )
    newhire_keep_days: float = Field(
        30, gt=0, allow_inf_nan=False, description="Finished requests leave the database after so many days"
    )

    newhire_log: Literal["text", "json"] = Field("text", description="How the log is written to stderr")

    @property
    def allowed(self) -> list[str]:
        return _split(self.newhire_allowed)

    @property
    def secret_keys(self) -> list[str]:
        return _split(self.newhire_secret_key.get_secret_value()) if self.newhire_secret_key else []


Providers = Mapping[str, type[Provider[Any, Any]]]


def load(providers: Providers) -> tuple[Settings, dict[str, ProviderSettings]]:
    """The settings, and those of each provider whose credentials are set. Raises Misconfigured with every mistake."""
    sentences: list[str] = []
    settings: Settings | None = None
    try:
        settings = Settings()
    except ValidationError as error:
        sentences += _sentences(error, Settings)
    configured: dict[str, ProviderSettings] = {}
    for key, provider in providers.items():
        if not given(provider.settings):
            continue
        try:
            configured[key] = provider.settings()
        except ValidationError as error:
            sentences += _sentences(error, provider.settings)
    if not configured and not any(given(provider.settings) for provider in providers.values()):
        names = " or ".join(provider.title.en for provider in providers.values())
        sentences.append(f"No provider is configured: set the credentials of {names} (see .env.example).")
    if sentences or settings is None:
        raise Misconfigured(sentences)
    return settings, configured


def given(kind: type[BaseSettings]) -> set[str]:
    """Names of the credentials that are set: fields without a default, or with None for one."""
    here = _environment()
    prefix = str(kind.model_config.get("env_prefix") or "")
    return {
        name
        for name, info in kind.model_fields.items()
        if (info.is_required() or info.default is None)
        and name not in ProviderSettings.model_fields
        and here.get((prefix + name).upper())
    }


def secrets(*models: BaseSettings) -> set[str]:
    """Every secret among these settings, and the password in the database's address: what no log may show."""
    values = [getattr(model, name) for model in models for name in type(model).model_fields]
    found = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    for model in models:
        if isinstance(model, Settings):
            found |= set(model.secret_keys)
            found |= _passwords(model.newhire_database_url)
    return found


def _passwords(url: str) -> set[str]:
    """The password of an address as it stands there and as it is meant; `@` in it is often left as it is."""
    before, _, _ = url.partition("://")[2].rpartition("@")
    password = before.partition(":")[2]
    return {password, unquote(password)} - {""}


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


def _environment() -> dict[str, str]:
    file = dotenv_values(".env") if Path(".env").exists() else {}
    given = [*file.items(), *os.environ.items()]
    return {name.upper(): value for name, value in given if value}


def _sentences(error: ValidationError, kind: type[BaseSettings]) -> list[str]:
    there = sorted(variable(kind, name) for name in given(kind))
    found = []
    for item in error.errors():
        if not item["loc"]:
            found.append(str(item["msg"]).removeprefix("Value error, "))
            continue
        field = str(item["loc"][0])
        name, meaning = variable(kind, field), kind.model_fields[field].description or ""
        if item["type"] == "missing":
            because = (
                f", though {', '.join(there)} {'is' if len(there) == 1 else 'are'}"
                if there and kind is not Settings
                else ""
            )
            found.append(f"{name} is not set{because}. It is: {meaning}.")
        else:
            found.append(f"{name} {_why(item)}. It is: {meaning}.")
    return found


def _why(item: Any) -> str:
    """pydantic's message without pydantic's words; the value is never shown, it may be a secret."""
    message = str(item["msg"])
    if message.startswith("Value error, "):
        return message.removeprefix("Value error, ")
    if item["type"] == "string_pattern_mismatch":
        return "does not look right" + (": it is a number" if "\\d" in message else "")
    if item["type"] == "literal_error":
        return f"must be {item['ctx']['expected']}"
    return f"does not fit: {message[:1].lower()}{message[1:]}"


def _split(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
