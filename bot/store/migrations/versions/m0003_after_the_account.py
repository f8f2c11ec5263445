"""What happens after the account: records, actions, follow-ups, the audit, and what is said once."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward only: what an older version needs is in the backup."""
    op.add_column("newhire_requests", sa.Column("handle", sa.Text))
    requests = sa.table("newhire_requests", sa.column("id", sa.Text), sa.column("handle", sa.Text))
    connection = op.get_bind()
    for request_id in connection.execute(sa.select(requests.c.id)).scalars().all():
        # As `Request.handle` makes it in this version; written out, for a migration stays what it was.
        handle = hashlib.blake2b(request_id.encode(), key=b"newhire button", digest_size=12).hexdigest()
        connection.execute(sa.update(requests).where(requests.c.id == request_id).values(handle=handle))
    op.create_index("newhire_requests_handle", "newhire_requests", ["handle"], unique=True)
    op.add_column("newhire_requests", sa.Column("person", sa.Text))
    op.add_column("newhire_requests", sa.Column("named", sa.Text))
    op.create_index("newhire_requests_kinds", "newhire_requests", ["provider", "kind", "accepted_at"])
    op.create_index("newhire_requests_named", "newhire_requests", ["named"])
    op.create_index("newhire_requests_newest", "newhire_requests", ["accepted_at"])
    op.create_index("newhire_requests_of", "newhire_requests", ["requester", "accepted_at"])
    op.create_table(
        "newhire_records",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False, server_default="0"),
        sa.Column("drawn", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "newhire_actions",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("done_at", sa.Float),
    )
    under_way = sa.text("done_at IS NULL")
    op.create_index(
        "newhire_actions_under_way", "newhire_actions", ["at"], sqlite_where=under_way, postgresql_where=under_way
    )
    op.create_table(
        "newhire_follow_ups",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", sa.Float, nullable=False),
    )
    op.create_index("newhire_follow_ups_due", "newhire_follow_ups", ["provider", "due_at"])
    op.create_table(
        "newhire_audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("provider", sa.Text),
        sa.Column("facts", sa.Text),
        sa.Column("detail", sa.Text),
    )
    op.create_index("newhire_audit_at", "newhire_audit", ["at"])
    op.create_index("newhire_audit_request", "newhire_audit", ["request_id"])
    people = sa.text("detail IS NOT NULL")
    op.create_index("newhire_audit_people", "newhire_audit", ["at"], sqlite_where=people, postgresql_where=people)
    op.create_table(
        "newhire_said",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
