"""Many at once: batches with their rows, and who approved what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward only: what an older version needs is in the backup."""
    op.add_column("newhire_requests", sa.Column("batch", sa.Text))
    under_way = sa.text("batch IS NOT NULL AND state <> 'done'")
    op.create_index(
        "newhire_requests_rows_under_way",
        "newhire_requests",
        ["batch"],
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    done = sa.text("batch IS NOT NULL AND state = 'done'")
    op.create_index(
        "newhire_requests_rows_done", "newhire_requests", ["batch", "kind"], sqlite_where=done, postgresql_where=done
    )
    op.create_table(
        "newhire_batches",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("drawn_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("most", sa.Integer),
        sa.Column("mark", sa.Text),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
    )
    op.create_index("newhire_batches_handle", "newhire_batches", ["handle"], unique=True)
    op.create_index("newhire_batches_state", "newhire_batches", ["state"])
    op.create_index("newhire_batches_mark", "newhire_batches", ["mark"])
    op.create_table(
        "newhire_batch_rows",
        sa.Column("batch_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("content", sa.Text),
    )
    op.create_index("newhire_batch_rows_state", "newhire_batch_rows", ["batch_id", "state", "number"])
    op.create_index("newhire_batch_rows_request", "newhire_batch_rows", ["request_id"])
    op.create_table(
        "newhire_approvals",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.Float),
        sa.Column("acted", sa.Integer, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("newhire_approvals_handle", "newhire_approvals", ["handle"], unique=True)
    op.create_index("newhire_approvals_subject", "newhire_approvals", ["subject"])
    not_acted = sa.text("acted = 0")
    op.create_index(
        "newhire_approvals_open",
        "newhire_approvals",
        ["expires_at"],
        sqlite_where=not_acted,
        postgresql_where=not_acted,
    )
