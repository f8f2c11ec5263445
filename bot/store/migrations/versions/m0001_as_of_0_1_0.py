"""The tables as version 0.1.0 made them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Forward only: what an older version needs is in the backup."""
    op.create_table(
        "newhire_requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("accepted_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float),
    )
    op.create_index("newhire_requests_line", "newhire_requests", ["provider", "state", "accepted_at"])
    op.create_table(
        "newhire_marks",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("mark", sa.Text, primary_key=True),
    )
    op.create_index("newhire_marks_mark", "newhire_marks", ["mark"])
    op.create_table(
        "newhire_sends",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "newhire_passwords",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    op.create_table(
        "newhire_seal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sample", sa.Text, nullable=False),
    )
    op.create_table(
        "newhire_providers",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("next_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("day", sa.Integer, nullable=False, server_default="0"),
        sa.Column("calls", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failing_since", sa.Float),
        sa.Column("aside", sa.Integer, nullable=False, server_default="0"),
        sa.Column("probe_at", sa.Float, nullable=False, server_default="0"),
    )
