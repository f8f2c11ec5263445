"""The words after the command: help, something that is not there yet, or what a form is filled in with. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot import card, characters
from bot.hire import Text

HELP = frozenset(["help", "帮助", "幫助", "?", "？", "-h", "--help"])
STATUS = frozenset(["status", "状态", "狀態", "进度"])
MANY = frozenset(["many", "batch", "bulk", "import", "批量", "批量导入", "导入"])
TEMPLATE = frozenset(["template", "模板"])
RESERVED = frozenset((
    "list", "列表", "history", "历史", "记录",
    "cancel", "取消", "undo", "撤销", "retry", "重试", "settings", "设置", "version", "版本",
))  # fmt: skip
"""Words that people try as commands. None of them is there yet, and a form for a person of that name is no answer."""


MOST_WORDS, MOST_CHARACTERS = 5, 6
"""Of a name in a message; in Chinese characters, two surnames of two (a married woman's) and a given name of two are six."""


@dataclass(frozen=True)
class Help:
    """`help`, whatever stands behind it."""


@dataclass(frozen=True)
class Status:
    """Where requests stand: those for whoever `query` is, or the newest. `mentioned` is a Slack user instead of a query."""

    query: str = ""
    mentioned: str | None = None


@dataclass(frozen=True)
class Many:
    """Many at once."""


@dataclass(frozen=True)
class Template:
    """The file to fill in for many."""


@dataclass(frozen=True)
class NotHere:
    """A word that is kept for later; `word` is one of ours, safe to show."""

    word: str


@dataclass(frozen=True)
class Prefill:
    """Fields by name, the Slack user who is mentioned, and what the provider is called, where that is said."""

    typed: Mapping[str, str] = field(default_factory=dict)
    mentioned: str | None = None
    provider: str = ""


def command(text: str, region: str = "CN") -> Help | Status | Many | Template | NotHere | Prefill:
    """What the words after the command ask for. Only the first `card.LIMIT` characters are looked at."""
    text = text[: card.LIMIT]
    words = characters.clean(text).casefold().strip("`*\"'“”").split()
    word = words[0].rstrip(".,!:。，！：") if words else ""
    if word in HELP:
        return Help()
    if word in STATUS:
        return _status(text)
    if word in MANY and len(words) == 1:
        return Many()
    if word in TEMPLATE and len(words) == 1:
        return Template()
    text, provider = _without_provider(text)
    typed, mentioned = prefill(text, region)
    if word in RESERVED and not mentioned and not typed.keys() & {"phone", "email"}:
        return NotHere(word)
    return Prefill(typed, mentioned, provider)


def _status(text: str) -> Status:
    """What stands behind the word, as people see it and not as Slack marks it up."""
    rest = text.split(maxsplit=1)[1:]
    plain, mentioned = _unmarked(rest[0]) if rest else ("", None)
    return Status(" ".join(characters.clean(plain).strip("`*\"'“”").split()), mentioned)


_LABELS = {
    "name": ("name", "姓名"),
    "account": ("account", "账号"),
    "phone": ("mobile", "手机"),
    "email": ("email", "邮箱"),
    "department": ("department", "部门"),
    "job_title": ("title", "职位"),
    "employee_id": ("employee id", "工号"),
    "start_date": ("start date", "入职日期"),
}
"""What `card` reads back into these fields."""


_PROVIDER = re.compile(r"(?:^|(?<=[;；\n]))\s*(?:provider|平台)\s?[:：]([^;；\n]{1,80})(?:[;；\n]|$)", re.IGNORECASE)


def _without_provider(text: str) -> tuple[str, str]:
    """The text without what the provider is called, and that; only as `as_command` writes it."""
    found = _PROVIDER.search(text)
    return (text[: found.start()] + text[found.end() :], found[1].strip()) if found else (text, "")


def as_command(hire: Mapping[str, object], lang: str, provider: Text) -> str:
    """What was typed as one line to paste again; only what the command reads, and never a password."""
    said = [f"平台: {provider.zh}" if lang == "zh" else f"provider: {provider.en}"]
    said += [
        f"{label[lang == 'zh']}: {' '.join(str(hire[name]).replace('`', ' ').split())}"
        for name, label in _LABELS.items()
        if hire.get(name)
    ]
    return "/newhire " + "; ".join(said)


_MENTION = re.compile(r"<@([UW][A-Z0-9]{1,30})(?:\|[^<>]{0,200})?>")
_CHANNEL = re.compile(r"<[#!][^<>]{0,200}>")
# Every class stops at the next bracket, so many brackets cost no more than few.
_LINK = re.compile(r"<(?:(?:mailto|tel):)?([^|<>]*)(?:\|([^<>]*))?>")


def prefill(text: str, region: str = "CN") -> tuple[dict[str, str], str | None]:
    """Fields by name of what is typed in Slack's mark-up, and the Slack user who is mentioned."""
    rest, mentioned = _unmarked(text[: card.LIMIT])
    return card.read(rest, region), mentioned


def _unmarked(text: str) -> tuple[str, str | None]:
    """The text without Slack's mark-up, and the Slack user who is mentioned in it."""
    mention = _MENTION.search(text)
    rest = _CHANNEL.sub(" ", _MENTION.sub(" ", text))
    return _unescape(_LINK.sub(lambda found: found[2] or found[1], rest)), mention[1] if mention else None


def from_message(text: str, region: str = "CN") -> Prefill:
    """What a message says of somebody. A mention in it is the newcomer only where it says nothing else of a person.

    In `@alice please add 张伟 138...` it is whoever was asked. People write to each other in sentences: an empty name is
    better than one of those.
    """
    typed, mentioned = prefill(text, region)
    if _is_sentence(typed.get("name", "")):
        del typed["name"]
    return Prefill(typed, None if typed.keys() & {"name", "phone", "email"} else mentioned)


def _is_sentence(name: str) -> bool:
    return len(name.split()) > MOST_WORDS or re.search(f"[\u3400-\u9fff]{{{MOST_CHARACTERS + 1}}}", name) is not None


def from_profile(user: Mapping[str, Any], region: str = "CN") -> dict[str, str]:
    """Name, email, title and phone of a Slack user (`users.info`), where they are filled in, cleaned like all else.

    What people write into their name is a card too: the number in `张伟 13800138000` is a phone, not a name.
    """
    profile = user.get("profile") or {}
    named = card.read(str(profile.get("real_name") or user.get("real_name") or ""), region)
    found = {
        "name": named.get("name"),
        "email": characters.fold(str(profile.get("email") or "")),
        "job_title": characters.clean(str(profile.get("title") or "")),
        "phone": card.phone(str(profile.get("phone") or ""), region) or named.get("phone"),
    }
    return {name: text for name, text in found.items() if text}


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
