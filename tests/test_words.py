"""Every sentence that people read is there in English and in Chinese, says the same in both, and is used."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hire import Field, Text
from bot.providers.contract import Provider
from bot.slack.words import WORDS, ago, language, long, say
from tests.regenerate import own

BOT = Path(__file__).parent.parent / "bot"
HAN = re.compile("[\u3400-\u9fff]")

PROVIDERS = own()
FIELDS = [
    pytest.param(field, id=f"{key}.{field.name}") for key, kind in PROVIDERS.items() for field in kind.form.fields()
]


def braces(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def every_sentence() -> Iterator[tuple[str, Text]]:
    """The words, the fields' own, the providers' own."""
    yield from WORDS.items()
    for key, kind in PROVIDERS.items():
        yield f"{key}.title", kind.title
        for code, meaning in kind.codes.items():
            if meaning.advice:
                yield f"{key}.{code}", meaning.advice
        if kind.to_do:
            yield f"{key}.to_do", kind.to_do
        for field in kind.form.fields():
            yield f"{key}.{field.name}.title", field.ask.title
            for choice in field.ask.choices:
                yield f"{key}.{field.name}.{choice.value}", choice.title
            if field.ask.hint:
                yield f"{key}.{field.name}.hint", field.ask.hint


def test_neither_language_lacks_a_sentence() -> None:
    assert [name for name, text in every_sentence() if not (text.en.strip() and text.zh.strip())] == []


def test_english_sentences_are_english() -> None:
    # The console of that vendor is Chinese only: the permission's name there is what one has to look for.
    english = {name: text.en.replace("管理企业用户", "") for name, text in every_sentence()}
    # “” are English quotation marks too.
    assert [name for name, said in english.items() if HAN.search(said) or re.search("[，。；：！？、（）]", said)] == []


def test_chinese_sentences_are_chinese() -> None:
    # A sentence that is nothing but what is filled in has no language.
    chinese = {name: re.sub(r"\{\w+\}", "", text.zh) for name, text in every_sentence()}
    assert [name for name, said in chinese.items() if re.search("[A-Za-z]", said) and not HAN.search(said)] == []


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_fill_in_the_same(key: str) -> None:
    assert braces(WORDS[key].en) == braces(WORDS[key].zh)


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


@pytest.mark.parametrize("key", WORDS)
def test_slacks_marks_stand_apart_from_chinese(key: str) -> None:
    """Beside a Chinese character or a full-width sign Slack shows `*` itself and not bold (github.com/seratch/ChatGPT-in-Slack/pull/121)."""
    said = WORDS[key].zh
    for brace in ("account", "group", "answer", "query"):
        said = said.replace(f"{{{brace}}}", "`x`")
    for marked in re.finditer(r"\*[^*]+\*|`[^`]+`", said):
        around = said[max(marked.start() - 1, 0) : marked.start()] + said[marked.end() : marked.end() + 1]
        assert not any(_wide(char) for char in around), said


@given(seconds=st.floats(0, 1e9), lang=st.sampled_from(["en", "zh"]))
def test_no_length_of_time_is_nothing_at_all(seconds: float, lang: str) -> None:
    said = long(lang, seconds)
    assert re.match("[1-9]", said)
    assert not re.match("1 [a-z]+s$", said)


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_can_be_said(key: str) -> None:
    filled = {name: f"<{name}>" for name in braces(WORDS[key].en)}
    for lang in ("en", "zh"):
        sentence = say(lang, key, **filled)
        assert "{" not in sentence
        assert all(value in sentence for value in filled.values())


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_says_what_is_wanted_in_both_languages(field: Field) -> None:
    """A title always; and a hint, choices, an example to look at, or a title that says it all and a limit."""
    ask = field.ask
    assert ask.hint or ask.choices or ask.placeholder or ask.kind == "date" or field.max_length
    for text in (ask.title, ask.hint, ask.placeholder):
        assert text is None or (text.en.strip() and text.zh.strip())


@pytest.mark.parametrize("kind", PROVIDERS.values(), ids=PROVIDERS)
def test_two_fields_of_a_form_never_have_the_same_title(kind: type[Provider[Any, Any]]) -> None:
    titles = [field.ask.title for field in kind.form.fields()]
    assert len({title.en for title in titles}) == len({title.zh for title in titles}) == len(titles)


def strings_of_the_bot() -> tuple[set[str], set[str]]:
    """Whole constants and class names; and the beginnings of those that are put together (`f"act.{kind}"`)."""
    whole, beginnings = set(), set()
    for path in BOT.rglob("*.py"):
        if "sandbox" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.name == "words.py":
            # A key in the table is no use of it.
            tree.body = [node for node in tree.body if not isinstance(node, ast.AnnAssign)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                beginnings.add(str(node.values[0].value))
            elif isinstance(node, ast.ClassDef):
                whole.add(node.name)
    return whole, beginnings | {text for text in whole if text.endswith(".")}


PYDANTICS = {
    "missing",
    "string_too_short",
    "string_too_long",
    "too_short",
    "too_long",
    "greater_than_equal",
    "less_than_equal",
    "int_parsing",
    "int_type",
}
"""Types of pydantic's errors that have a sentence; https://docs.pydantic.dev/latest/errors/validation_errors/"""


def test_slack_makes_bold_what_is_meant_to_be() -> None:
    """Stars beside a letter, a Chinese one too, stay stars. What is filled in may begin or end with one."""
    for key, text in WORDS.items():
        for said in (text.en, text.zh):
            assert re.findall(r"(?<=[\w}])\*[^*\s][^*\n]*\*|\*[^*\n]*[^*\s]\*(?=[\w{])", said) == [], key


def test_every_sentence_is_used() -> None:
    whole, beginnings = strings_of_the_bot()
    endings = whole | PYDANTICS
    unused = [
        key
        for key in WORDS
        if key not in whole
        and not any(key.startswith(start) and key.removeprefix(start) in endings for start in beginnings)
    ]
    assert unused == []


def test_every_sentence_that_is_asked_for_is_there() -> None:
    asked = set()
    for path in (BOT / "slack").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "say":
                asked |= {item.value for item in node.args if isinstance(item, ast.Constant)}
    assert asked - {"en", "zh"} - WORDS.keys() == set()


@pytest.mark.parametrize(
    ("locale", "spoken"),
    [("zh-CN", "zh"), ("zh-TW", "zh"), ("ZH-hans", "zh"), ("en-US", "en"), ("de-DE", "en"), ("", "en"), (None, "en")],
)
def test_people_read_the_language_of_their_slack(locale: str | None, spoken: str) -> None:
    assert language(locale) == spoken


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "just now", "刚刚"),
        (59, "just now", "刚刚"),
        (60, "1 minute ago", "1 分钟前"),
        (240, "4 minutes ago", "4 分钟前"),
        (7140, "119 minutes ago", "119 分钟前"),
        (7200, "2 hours ago", "2 小时前"),
        (172799, "47 hours ago", "47 小时前"),
        (172800, "2 days ago", "2 天前"),
    ],
)
def test_how_long_ago(seconds: float, en: str, zh: str) -> None:
    assert (ago("en", seconds), ago("zh", seconds)) == (en, zh)
