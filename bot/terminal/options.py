"""The options of `newhire create`: one for each field of a provider's form."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.hire import Field
from bot.providers.contract import UnknownProvider, installed
from bot.terminal.run import Cannot


@dataclass(frozen=True)
class Given:
    """What was typed behind `newhire create`: by field, whether a link to activate the account is wanted, and of which region
    phone numbers are that have no country code (None: the setting's).
    """

    provider: str
    typed: Mapping[str, str]
    link: bool = False
    region: str | None = None


def read(provider: str | None, arguments: Sequence[str]) -> Given:
    """What was typed behind the provider. Ends the process for --help, and for an option that is none. Raises Cannot."""
    try:
        known = installed()
    except UnknownProvider as problem:
        raise Cannot(str(problem)) from None
    if provider is None or provider not in known:
        raise Cannot(
            f"Say which provider first, {' or '.join(sorted(known))}: newhire create --provider {min(known, default='')} "
            "--help lists what it takes."
        )
    kind = known[provider]
    parser = argparse.ArgumentParser(
        prog=f"newhire create --provider {provider}",
        description=f"One account at {kind.title.en}. A password cannot be given here: others on this machine could read it.",
        allow_abbrev=False,
    )
    parser.add_argument("--link", action="store_true", help="print a link to activate the account: a secret")
    parser.add_argument("--region", metavar="CN", help="country of phone numbers without a country code")
    asked = [field for field in kind.form.fields() if field.ask.kind != "secret"]
    for field in asked:
        parser.add_argument(option(field), dest=field.name, metavar="TEXT", help=_help(field))
    chosen = vars(parser.parse_args(list(arguments)))
    typed = {field.name: chosen[field.name] for field in asked if chosen[field.name]}
    return Given(provider, typed, chosen["link"], chosen["region"])


def option(field: Field) -> str:
    """`english_name` -> `--english-name`."""
    return f"--{field.name.replace('_', '-')}"


def _help(field: Field) -> str:
    # An account that is needed and not given is proposed.
    needed = "" if not field.required else " (proposed when left out)" if field.name == "account" else " (needed)"
    said = [f"{field.ask.title.en}{needed}"]
    if field.ask.hint:
        said.append(field.ask.hint.en)
    if field.ask.choices:
        said.append(f"{', '.join(f'{choice.value} ({choice.title.en})' for choice in field.ask.choices)}")
    # argparse fills in what stands behind a per cent sign.
    return ". ".join(part.rstrip(".") for part in said).replace("%", "%%")
