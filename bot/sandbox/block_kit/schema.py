"""The grammar that Block Kit's rules are written in: small checks that combine, worded as Slack words its refusals.

A check takes a value and its JSON pointer and yields one line per problem, `sentence [json-pointer:/blocks/0/label]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any, str], Iterator[str]]
Rule = Callable[[dict[str, Any], str], Iterator[str]]


def problem(sentence: str, at: str) -> str:
    return f"{sentence} [json-pointer:{at}]"


def string(most: int | None = None, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must provide a string", at)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", at)
        elif most is not None and len(value) > most:
            yield problem(f"must be less than {most + 1} characters", at)

    return check


def matching(pattern: str, sentence: str) -> Check:
    """A string of a certain form, like a date."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must provide a string", at)
        elif not re.fullmatch(pattern, value):
            yield problem(sentence, at)

    return check


def boolean(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield problem("must provide a boolean", at)


def integer(least: int, most: int | None = None) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield problem("must provide an integer", at)
        elif value < least:
            yield problem(f"must be greater than {least - 1}", at)
        elif most is not None and value > most:
            yield problem(f"must be less than {most + 1}", at)

    return check


def one_of(*words: str) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in words:
            yield problem("must be a valid enum value", at)

    return check


def anything(value: Any, at: str) -> Iterator[str]:
    yield from ()


def items(check_one: Check, most: int | None = None, least: int = 1) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must provide an array", at)
            return
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", at)
        if most is not None and len(value) > most:
            yield problem(f"no more than {most} items allowed", at)
        for index, item in enumerate(value):
            yield from check_one(item, f"{at}/{index}")

    return check


def obj(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *rules: Rule) -> Check:
    """An object with these keys and no others. `rules` look at the whole of it, once its parts are right."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", at)
            return
        problems = [problem(f"missing required field: {key}", at) for key in required if key not in value]
        problems += [problem(f"invalid additional property: {key}", at) for key in value if key not in known]
        for key, check_part in known.items():
            if key in value:
                problems += check_part(value[key], f"{at}/{key}")
        for rule in rules if not problems else ():
            problems += rule(value, at)
        yield from problems

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which check applies."""

    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", at)
        elif "type" not in value:
            yield problem("missing required field: type", at)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            yield problem(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            yield from kinds[value["type"]](value, at)

    return check


def with_type(
    kind: str, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *rules: Rule
) -> Check:
    return obj({"type": one_of(kind), **required}, optional, *rules)


def either(one: str, other: str) -> Rule:
    """Exactly one of two keys."""

    def rule(value: dict[str, Any], at: str) -> Iterator[str]:
        if one not in value and other not in value:
            yield problem(f"must define either `{one}` or `{other}`", _of_the_whole(value, at))
        elif one in value and other in value:
            yield problem(f"cannot define both `{one}` and `{other}`", _of_the_whole(value, at))

    return rule


def at_least_one(*keys: str) -> Rule:
    def rule(value: dict[str, Any], at: str) -> Iterator[str]:
        if not any(value.get(key) for key in keys):
            choice = " or ".join(f"`{key}`" for key in keys)
            yield problem(f"must define either {choice}", _of_the_whole(value, at))

    return rule


def _of_the_whole(value: dict[str, Any], at: str) -> str:
    # Slack points at the type when it means the whole object.
    return f"{at}/type" if "type" in value else at


def plain(most: int = 3000) -> Check:
    """A `plain_text` object."""
    return typed({"plain_text": with_type("plain_text", {"text": string(most)}, {"emoji": boolean})})


def text(most: int = 3000) -> Check:
    """A text object of either type."""
    return typed(
        {
            "plain_text": with_type("plain_text", {"text": string(most)}, {"emoji": boolean}),
            "mrkdwn": with_type("mrkdwn", {"text": string(most)}, {"verbatim": boolean}),
        }
    )
