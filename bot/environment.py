"""What the environment and `.env` say: read once, as it is written, and cleaned of what comes along when people paste.

Secrets come with the line break of the file that they were in (Kubernetes), with the quotes of a file that nobody unquotes
(`docker run --env-file`), with the byte-order mark of an editor. All of that goes; nothing is filled in (`${...}` stays).
"""

from __future__ import annotations

import io
import os
import pwd
import re
import unicodedata
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from bot import characters

DOTENV = Path(".env")

CURLY = "“”‘’„‚«»「」『』＂＇"


@dataclass(frozen=True)
class Environment:
    """`values` by upper-case name, without those that are empty; `mistakes`, a sentence by the name that it is about."""

    values: Mapping[str, str]
    mistakes: dict[str, str] = field(default_factory=dict)


def read(names: Set[str], file: Path = DOTENV, environ: Mapping[str, str] = os.environ) -> Environment:
    """The environment over the file. What is wrong is said of these names only: others share the file and the machine."""
    mistakes: dict[str, str] = {}
    written = _from_file(file, names, mistakes)
    values = {name: text for name, text in (written | _exported(environ)).items() if text}
    for name in sorted(names & values.keys()):
        if fault := _fault(values[name]):
            mistakes[name] = f"{name} {fault}."
    return Environment(values, mistakes)


def origins(file: Path = DOTENV, environ: Mapping[str, str] = os.environ) -> tuple[dict[str, str], dict[str, str]]:
    """What the file says and what the environment says, each by name, without those that are empty: the latter wins."""
    return _from_file(file, frozenset(), {}), _exported(environ)


def user() -> str:
    """Who is at the shell, and who became that by sudo."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER")
    return name + (f" ({characters.clean(before)})" if before else "")


def not_ascii(text: str) -> str | None:
    """`holds ... as character 5`, for what must be plain letters, digits and signs; None when it is. Never the text."""
    for place, char in enumerate(text, 1):
        if not char.isascii():
            return f"holds {_kind(char)} as character {place} of {len(text)}"
    return None


def _exported(environ: Mapping[str, str]) -> dict[str, str]:
    return _filled({name.upper(): _unquoted(_trimmed(text)) for name, text in environ.items()})


def _from_file(file: Path, names: Set[str], mistakes: dict[str, str]) -> dict[str, str]:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return {}
    except IsADirectoryError:
        # What Docker makes of a mounted file that is not there.
        mistakes[str(file)] = f"{file} is a folder, and should be a file."
        return {}
    except OSError as error:
        mistakes[str(file)] = f"{file} cannot be read: {error.strerror}."
        return {}
    text, wrong = _decoded(raw)
    if wrong:
        mistakes[str(file)] = f"Save {file} as UTF-8: {wrong}."
    bindings = list(parse_stream(io.StringIO(text)))
    for binding in bindings:
        mistakes.update(_unreadable(file, binding, names))
    return _filled({str(item.key).upper(): _trimmed(item.value or "") for item in bindings if item.key})


def _decoded(raw: bytes) -> tuple[str, str | None]:
    """The text, and what is wrong with its encoding; it is read on all the same, to find the other mistakes too."""
    # PowerShell 5's `>` and Notepad's "Unicode". Without a mark every other byte is a zero; a single zero is only a slip.
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), "it is UTF-16 now"
    if raw.count(0) > len(raw) // 4:
        return raw.decode("utf-16-le" if raw[1:2] == b"\0" else "utf-16-be", "replace"), "it is UTF-16 now"
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return raw.decode("gb18030", "replace"), f"line {line} is in another encoding, like GBK"


def _unreadable(file: Path, binding: Binding, names: Set[str]) -> Iterator[tuple[str, str]]:
    """A line about one of these names that is no `NAME=value`."""
    if not binding.error and (binding.key is None or binding.value is not None):
        return
    text = binding.original.string
    line = binding.original.line + len(text) - len(text.lstrip("\r\n"))
    for name in sorted(names & set(re.findall(r"\w+", text.upper()))):
        why = "a quote that is not closed, or something behind it" if _quotes(text) else "write NAME=value"
        yield name, f"{name} cannot be read (line {line} of {file}): {why}."


def _quotes(text: str) -> bool:
    return "=" in text and any(quote in text for quote in "'\"")


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if text}


def _trimmed(text: str) -> str:
    """Without blanks, line breaks and invisible characters at its ends."""
    start, end = 0, len(text)
    while start < end and _blank(text[start]):
        start += 1
    while end > start and _blank(text[end - 1]):
        end -= 1
    return text[start:end]


def _unquoted(text: str) -> str:
    """Without one pair of straight quotes round it: in `.env` they are gone by now, Docker's --env-file leaves them."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return _trimmed(text[1:-1]) if quoted else text


def _blank(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf")


def _fault(text: str) -> str | None:
    if text[0] in CURLY and text[-1] in CURLY:
        return f"stands in curly quotes ({text[0]} {text[-1]}): use straight ones, or none"
    for place, char in enumerate(text, 1):
        if char in "\r\n":
            return f"holds a line break after character {place - 1}: it must be one line"
        if unicodedata.category(char) in ("Cc", "Cs"):
            return f"holds {_kind(char)} as character {place} of {len(text)}"
    return None


def _kind(char: str) -> str:
    """What sort of character it is, and not which: it may be part of a secret."""
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    if category == "Cs":
        return "a byte that is not UTF-8"
    if category in ("Cc", "Cf"):
        return f"an invisible character (U+{ord(char):04X})"
    if category == "Zs":
        return "a space that is not a plain one"
    if name.startswith("FULLWIDTH"):
        return "a full-width character (type it again with the Chinese keyboard off)"
    if category == "Pd":
        return "a dash that is not a plain hyphen"
    if char in CURLY:
        return "a curly quote"
    script = "Chinese" if name.startswith("CJK") else name.split(" ")[0].capitalize()
    return f"a {script} character" if category.startswith("L") else "a sign that is not plain ASCII"
