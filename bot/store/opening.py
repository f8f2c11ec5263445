"""What may be wrong with the database before anything is in it: its file, who else reads it, and the words for it."""

from __future__ import annotations

import errno
import sqlite3
import stat
from pathlib import Path

import sqlalchemy as sa

PARTS = ("", "-wal", "-shm", "-journal", ".lock")
"""The files of one SQLite database, by what is added to its name."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def file_of(url: str) -> Path | None:
    """The file of `sqlite:///FILE`; None for a server."""
    name = sa.make_url(url).database if url.startswith("sqlite") else None
    return Path(name) if name else None


def make_private(url: str) -> None:
    """Take what an older start left readable from everybody but its owner. Raises OSError."""
    file = file_of(url)
    for part in PARTS if file else ():
        existing = Path(f"{file}{part}")
        if others_read(existing):
            existing.chmod(existing.stat().st_mode & ~OTHERS)


def others_read(file: Path) -> bool:
    """Whether somebody besides its owner may read or write this file."""
    return file.is_file() and bool(file.stat().st_mode & (OTHERS & ~(stat.S_IXGRP | stat.S_IXOTH)))


def why(url: str, error: Exception) -> str:
    """The reason in a few words, for `NEWHIRE_DATABASE_URL does not work: ...`."""
    file = file_of(url)
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return "the file's name is too long"
    if file is not None and not file.parent.is_dir():
        return f"there is no folder {file.parent.absolute()}"
    if file is not None and file.is_dir():
        return f"{file} is a folder, and should be a file"
    if isinstance(error, OSError):
        return f"{file}: {error.strerror}" if file else str(error.strerror)
    cause = getattr(error, "orig", None) or error
    reason = (str(cause).splitlines() or [type(cause).__name__])[0].rstrip(".")
    if isinstance(cause, sqlite3.DatabaseError) and ("not a database" in reason or "malformed" in reason):
        return f"{file} is no SQLite database, or is damaged ({reason}); restore a backup, or name another file"
    return reason
