"""Our own tables, beside the engine's, as the newest migration leaves them (`migrations/versions/`; a test compares).

They hold no name, phone or e-mail in clear: people are recognised by fingerprints, what was typed is encrypted.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

REQUESTS = sa.Table(
    "newhire_requests",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("channel", sa.Text),  # where its message stands
    sa.Column("ts", sa.Text),
    sa.Column("state", sa.Text, nullable=False),  # accepted | asked (somebody must agree) | waiting | done
    sa.Column("kind", sa.Text),  # of the outcome
    sa.Column("accepted_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
    sa.Column("content", sa.Text),  # fingerprint of what was typed; null: accepted by 0.1.0
    sa.Column("handle", sa.Text),  # what its buttons carry instead of its id
    sa.Column("person", sa.Text),  # encrypted JSON: what lists show of whom it is for; null: accepted before 0.3.0
    sa.Column("named", sa.Text),  # fingerprint of the person's name: to be found by it, and by nothing recognised
    sa.Column("batch", sa.Text),  # the batch that it is a row of
    sa.Index("newhire_requests_line", "provider", "state", "accepted_at"),
    sa.Index("newhire_requests_handle", "handle", unique=True),
    sa.Index("newhire_requests_newest", "accepted_at"),
    sa.Index("newhire_requests_of", "requester", "accepted_at"),
    sa.Index("newhire_requests_kinds", "provider", "kind", "accepted_at"),
    sa.Index("newhire_requests_named", "named"),
    sa.Index(
        "newhire_requests_rows_under_way",
        "batch",
        sqlite_where=sa.text("batch IS NOT NULL AND state <> 'done'"),
        postgresql_where=sa.text("batch IS NOT NULL AND state <> 'done'"),
    ),
    sa.Index(
        "newhire_requests_under_way",
        "requester",
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    ),
)

FINGERPRINTS = sa.Table(
    "newhire_fingerprints",
    METADATA,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Index("newhire_fingerprints_fingerprint", "fingerprint"),
)

IDEMPOTENCY_KEYS = sa.Table(
    "newhire_idempotency_keys",
    METADATA,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)

PASSWORDS = sa.Table(
    "newhire_passwords",
    METADATA,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("encrypted", sa.Text, nullable=False),
)

CIPHER_SAMPLE = sa.Table(
    "newhire_cipher",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sample", sa.Text, nullable=False),
)

PROVIDERS = sa.Table(
    "newhire_providers",
    METADATA,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("next_at", sa.Float, nullable=False, server_default="0"),  # our own pace: when the next call may go
    sa.Column("blocked_until", sa.Float, nullable=False, server_default="0"),  # the vendor's word: no call before
    sa.Column("day", sa.Integer, nullable=False, server_default="0"),
    sa.Column("calls", sa.Integer, nullable=False, server_default="0"),  # on that day
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # in a row
    sa.Column("failing_since", sa.Float),
    sa.Column("circuit_open", sa.Integer, nullable=False, server_default="0"),
    sa.Column("probe_at", sa.Float, nullable=False, server_default="0"),
)

OUTBOX = sa.Table(
    "newhire_outbox",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text),
    sa.Column("content", sa.Text),  # encrypted; gone once it is told
    sa.Column("version", sa.Integer, nullable=False),  # of the content
    sa.Column("told", sa.Integer, nullable=False, server_default="0"),  # the version that people have read
    sa.Column("holder", sa.Text, nullable=False),  # the process that tells it
    sa.Column("channel", sa.Text),  # where the message stands
    sa.Column("ts", sa.Text),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("newhire_outbox_request", "request_id"),
    sa.Index(
        "newhire_outbox_untold",
        "holder",
        sqlite_where=sa.text("told < version"),
        postgresql_where=sa.text("told < version"),
    ),
)

INCIDENTS = sa.Table(
    "newhire_incidents",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("affected", sa.Integer, nullable=False, server_default="0"),  # requests
    sa.Column("version", sa.Integer, nullable=False),  # of the message about it
    sa.Column("resolved_at", sa.Float),
    # One open incident for a cause, however many processes notice it.
    sa.Index(
        "newhire_incidents_open",
        "provider",
        "cause",
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    ),
)

RECORDS = sa.Table(
    "newhire_records",
    METADATA,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("content", sa.Text, nullable=False),  # encrypted: the request, its outcome, what was done since
    sa.Column("round", sa.Integer, nullable=False, server_default="0"),  # how often something was done since
    sa.Column("drawn", sa.Integer, nullable=False, server_default="0"),  # how often its message was drawn anew
)

ACTIONS = sa.Table(
    "newhire_actions",
    METADATA,
    # One in a round: of people who click at once, one acts.
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("done_at", sa.Float),  # null: under way
    sa.Index(
        "newhire_actions_under_way",
        "at",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    ),
)

FOLLOW_UPS = sa.Table(
    "newhire_follow_ups",
    METADATA,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("step", sa.Integer, nullable=False, server_default="0"),  # how often it was looked up
    sa.Column("due_at", sa.Float, nullable=False),
    sa.Index("newhire_follow_ups_due", "provider", "due_at"),
)

AUDIT = sa.Table(
    "newhire_audit",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),  # a Slack id, "newhire", or "shell:" and a user of the machine
    sa.Column("request_id", sa.Text),
    sa.Column("provider", sa.Text),
    sa.Column("facts", sa.Text),  # encrypted JSON: what may stay
    sa.Column("detail", sa.Text),  # encrypted JSON about a person, phones masked; leaves before the row does
    sa.Index("newhire_audit_at", "at"),
    sa.Index("newhire_audit_request", "request_id"),
    sa.Index(
        "newhire_audit_people",
        "at",
        sqlite_where=sa.text("detail IS NOT NULL"),
        postgresql_where=sa.text("detail IS NOT NULL"),
    ),
)

SAID = sa.Table(
    "newhire_said",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),  # what is said once, by whichever process comes first
    sa.Column("at", sa.Float, nullable=False),
)

BATCHES = sa.Table(
    "newhire_batches",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("handle", sa.Text, nullable=False),  # what its buttons carry instead of its id
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # request.BatchState
    sa.Column("round", sa.Integer, nullable=False, server_default="0"),  # how often its state has changed
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),  # of its message
    sa.Column("drawn_at", sa.Float, nullable=False, server_default="0"),
    sa.Column("changed_at", sa.Float, nullable=False),
    sa.Column("most", sa.Integer),  # so many rows are created and no more; null: all
    sa.Column("mark", sa.Text),  # fingerprint of what was given in: the same file again goes on with the same batch
    sa.Column("content", sa.Text, nullable=False),  # encrypted JSON: who gave it in, how it was understood
    sa.Column("source", sa.Text),  # encrypted: what was given in; gone once it is read
    sa.Index("newhire_batches_handle", "handle", unique=True),
    sa.Index("newhire_batches_state", "state"),
    sa.Index("newhire_batches_mark", "mark"),
)

BATCH_ROWS = sa.Table(
    "newhire_batch_rows",
    METADATA,
    sa.Column("batch_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # from 1 on, in the order of the file
    sa.Column("state", sa.Text, nullable=False),  # request.RowState
    sa.Column("request_id", sa.Text),  # once it is begun
    sa.Column("content", sa.Text),  # encrypted JSON: its cells, what was made of them; null: forgotten
    sa.Index("newhire_batch_rows_state", "batch_id", "state"),
    sa.Index("newhire_batch_rows_request", "request_id"),
)

APPROVALS = sa.Table(
    "newhire_approvals",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("handle", sa.Text, nullable=False),  # what its buttons carry instead of its id
    sa.Column("kind", sa.Text, nullable=False),  # of its subject: request | batch
    sa.Column("subject", sa.Text, nullable=False),  # its id
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # asked | approved | declined | expired
    sa.Column("asked_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", sa.Float),
    sa.Column("acted", sa.Integer, nullable=False, server_default="0"),  # 1: what was decided is done
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),  # of the message that asks
    sa.Column("content", sa.Text, nullable=False),  # encrypted JSON: what is asked, and why it was declined
    sa.Index("newhire_approvals_handle", "handle", unique=True),
    sa.Index("newhire_approvals_subject", "subject"),
    sa.Index(
        "newhire_approvals_open",
        "expires_at",
        sqlite_where=sa.text("acted = 0"),
        postgresql_where=sa.text("acted = 0"),
    ),
)
