"""Brings the tables to what this version needs, at every start, under a lock: several processes may start at once."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from bot.store.database import is_sqlite

NEWEST = "0002"
"""The migration that this version needs; a test holds it against `migrations/versions/`."""

VERSION_TABLE = "newhire_migrations"


class NewerDatabase(Exception):
    """The database belongs to a newer version of newhire."""


def migrate(engine: sa.Engine) -> None:
    """Run the migrations that are missing. Raises NewerDatabase, or the database's own error."""
    with engine.begin() as connection:
        _lock(connection, sqlite=is_sqlite(engine))
        current = _current(connection)
        if current == NEWEST:
            return
        # Not at the top: at most starts there is nothing to do, and Alembic takes a fifth of a second to load.
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        if current is None and sa.inspect(connection).has_table("newhire_requests"):
            # Version 0.1.0 made its tables without migrations.
            command.stamp(config, "0001")
        elif current is not None and current not in {
            each.revision for each in ScriptDirectory.from_config(config).walk_revisions()
        }:
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
    version = connection.execute(sa.text(f"select version_num from {VERSION_TABLE}")).scalar_one_or_none()  # noqa: S608 - ours
    return None if version is None else str(version)
