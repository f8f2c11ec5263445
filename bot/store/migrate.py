"""Brings the tables to what this version needs, at every start, under a lock: several processes may start at once."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from bot.store.database import is_sqlite
from bot.store.tables import METADATA

NEWEST = "0004"
"""The migration that this version needs; a test holds it against `migrations/versions/`."""

VERSION_TABLE = "newhire_migrations"
_VERSION = sa.Table(VERSION_TABLE, sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True))
"""As Alembic makes it."""


class NewerDatabase(Exception):
    """The database belongs to a newer version of newhire."""


def migrate(engine: sa.Engine) -> None:
    """Run the migrations that are missing. Raises NewerDatabase, or the database's own error."""
    with engine.begin() as connection:
        _lock(connection, sqlite=is_sqlite(engine))
        current = _current(connection)
        if current == NEWEST:
            return
        if current is None and not sa.inspect(connection).has_table("newhire_requests"):
            # A new database needs no history, and Alembic takes a fifth of a second and ten megabytes to load.
            METADATA.create_all(connection)
            _VERSION.create(connection)
            connection.execute(_VERSION.insert().values(version_num=NEWEST))
            return
        _upgrade(connection, current)


def is_current(engine: sa.Engine) -> bool:
    """Whether the tables are those of this version, as `migrate` leaves them."""
    return version_of(engine) == NEWEST


def version_of(engine: sa.Engine) -> str | None:
    """The newest migration that the tables have seen; None for tables of 0.1.0, and where there are none."""
    with engine.connect() as connection:
        return _current(connection)


def _upgrade(connection: sa.Connection, current: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    if current is None:
        # Version 0.1.0 made its tables without migrations.
        command.stamp(config, "0001")
    elif current not in known:
        raise NewerDatabase(
            "This database was used by a newer version of newhire, which this one does not understand. "
            "Run that version again, or give this one a database of its own (NEWHIRE_DATABASE_URL)."
        )
    command.upgrade(config, "head")


def _lock(connection: sa.Connection, *, sqlite: bool) -> None:
    if sqlite:
        # pysqlite would begin no transaction for DDL.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.text("select pg_advisory_xact_lock(hashtextextended('newhire:tables', 0))"))


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.execute(sa.select(_VERSION.c.version_num)).scalar_one_or_none()
    return None if version is None else str(version)
