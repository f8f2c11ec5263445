"""Tables and columns under standard words; the outbox; incidents; a fingerprint of what a form said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

RENAMED = {
    "newhire_marks": ("newhire_fingerprints", {"mark": "fingerprint"}),
    "newhire_sends": ("newhire_idempotency_keys", {"what": "key"}),
    "newhire_passwords": ("newhire_passwords", {"sealed": "encrypted"}),
    "newhire_seal": ("newhire_cipher", {}),
    "newhire_providers": ("newhire_providers", {"aside": "circuit_open"}),
}


def upgrade() -> None:
    """Forward only: what an older version needs is in the backup."""
    for table, (name, columns) in RENAMED.items():
        if name != table:
            op.rename_table(table, name)
        for old, new in columns.items():
            # The same words on both databases; SQLite has them since 3.25.
            op.execute(f"ALTER TABLE {name} RENAME COLUMN {old} TO {new}")
    op.drop_index("newhire_marks_mark", "newhire_fingerprints")
    op.create_index("newhire_fingerprints_fingerprint", "newhire_fingerprints", ["fingerprint"])
    op.add_column("newhire_requests", sa.Column("content", sa.Text))
    op.add_column("newhire_providers", sa.Column("blocked_until", sa.Float, nullable=False, server_default="0"))
    under_way = sa.text("state <> 'done'")
    op.create_index(
        "newhire_requests_under_way",
        "newhire_requests",
        ["requester"],
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    op.create_table(
        "newhire_outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("told", sa.Integer, nullable=False, server_default="0"),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_index("newhire_outbox_request", "newhire_outbox", ["request_id"])
    untold = sa.text("told < version")
    op.create_index("newhire_outbox_untold", "newhire_outbox", ["holder"], sqlite_where=untold, postgresql_where=untold)
    op.create_table(
        "newhire_incidents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("affected", sa.Integer, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("resolved_at", sa.Float),
    )
    unresolved = sa.text("resolved_at IS NULL")
    op.create_index(
        "newhire_incidents_open",
        "newhire_incidents",
        ["provider", "cause"],
        unique=True,
        sqlite_where=unresolved,
        postgresql_where=unresolved,
    )
    # Where the messages of unfinished requests stand, so that they are edited and not posted again.
    op.execute(
        "INSERT INTO newhire_outbox (id, request_id, version, told, holder, channel, ts, created_at) "
        "SELECT id || '/message', id, 1, 1, '', channel, ts, accepted_at FROM newhire_requests "
        "WHERE state <> 'done' AND ts IS NOT NULL"
    )
