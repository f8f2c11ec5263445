"""Who asked for whom, where and when, and what came of it; and what a request has claimed to do once.

Every method is one short transaction. Times are Unix seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bot.request import Duplicate, MessageRef, Person, Request
from bot.store.audit import NEW_ENTRY, Audit, forget_requests, requested
from bot.store.cipher import Cipher
from bot.store.database import insert_once, is_sqlite, now
from bot.store.tables import (
    ACTIONS,
    APPROVALS,
    CIPHER_SAMPLE,
    FINGERPRINTS,
    FOLLOW_UPS,
    IDEMPOTENCY_KEYS,
    OUTBOX,
    PASSWORDS,
    RECORDS,
    REQUESTS,
)

BEGUN = "announce"
"""The key that every request claims first; what was accepted and never claimed it was never begun."""

DUPLICATE_SECONDS = 86400.0
"""A request that ended well is a duplicate of a new one for so long."""

_DUPLICATE = (
    sa.select(REQUESTS)
    .join(FINGERPRINTS, FINGERPRINTS.c.request_id == REQUESTS.c.id)
    .where(
        FINGERPRINTS.c.fingerprint.in_(sa.bindparam("fingerprints", expanding=True)),
        REQUESTS.c.id != sa.bindparam("request_id"),
        sa.or_(
            REQUESTS.c.state != "done",
            sa.and_(
                REQUESTS.c.kind.in_(("Created", "ActionRequired", "AlreadyExists", "OutcomeUnknown")),
                REQUESTS.c.finished_at > sa.bindparam("since"),
            ),
        ),
    )
    .order_by(REQUESTS.c.accepted_at.desc())
    .limit(1)
)
_TAKEN = (
    sa.select(FINGERPRINTS.c.fingerprint)
    .join(REQUESTS, FINGERPRINTS.c.request_id == REQUESTS.c.id)
    .where(
        FINGERPRINTS.c.fingerprint.in_(sa.bindparam("fingerprints", expanding=True)),
        sa.or_(
            REQUESTS.c.state != "done",
            REQUESTS.c.kind.in_(("Created", "ActionRequired", "AlreadyExists", "OutcomeUnknown", "Conflict")),
        ),
    )
)
_KNOWN = (
    sa.select(FINGERPRINTS.c.fingerprint, REQUESTS)
    .join(REQUESTS, FINGERPRINTS.c.request_id == REQUESTS.c.id)
    .where(
        FINGERPRINTS.c.fingerprint.in_(sa.bindparam("fingerprints", expanding=True)),
        sa.or_(
            REQUESTS.c.state != "done",
            REQUESTS.c.kind.in_(("Created", "ActionRequired", "AlreadyExists", "OutcomeUnknown")),
        ),
    )
    .order_by(REQUESTS.c.accepted_at)
)
_SAME = sa.select(REQUESTS).where(REQUESTS.c.id == sa.bindparam("request_id"))
_UNFINISHED = REQUESTS.c.state != sa.literal_column("'done'")
"""In the words of the partial index `newhire_requests_under_way`: of a bound value no database can tell that it fits."""
_UNDER_WAY = sa.select(sa.func.count()).where(
    # Joined with nothing it is no term for an index: SQLite knows no figures, and would take the index of everything that
    # somebody ever asked for as no worse (https://sqlite.org/optoverview.html: "column = expression").
    REQUESTS.c.requester.concat(sa.literal_column("''")) == sa.bindparam("requester"),
    _UNFINISHED,
)
_NEW, _NEW_FINGERPRINT, _NEW_PASSWORD = sa.insert(REQUESTS), sa.insert(FINGERPRINTS), sa.insert(PASSWORDS)
"""Built once: a person waits for them."""

_ME, _OTHER = IDEMPOTENCY_KEYS.alias("me"), IDEMPOTENCY_KEYS.alias("other")
_AHEAD = (
    sa.select(_OTHER.c.request_id)
    .join(REQUESTS, REQUESTS.c.id == _OTHER.c.request_id)
    .join(FINGERPRINTS, FINGERPRINTS.c.request_id == _OTHER.c.request_id)
    .join(_ME, sa.and_(_ME.c.request_id == sa.bindparam("request_id"), _ME.c.key == _OTHER.c.key))
    .where(
        FINGERPRINTS.c.fingerprint.in_(sa.bindparam("fingerprints", expanding=True)),
        _OTHER.c.key == BEGUN,
        _OTHER.c.request_id != sa.bindparam("request_id"),
        REQUESTS.c.state != "done",
        sa.tuple_(_OTHER.c.at, _OTHER.c.request_id) < sa.tuple_(_ME.c.at, _ME.c.request_id),
    )
    .limit(1)
)
"""Built once: asked before every call."""

OF_A_REQUEST = (FINGERPRINTS, IDEMPOTENCY_KEYS, PASSWORDS, OUTBOX, RECORDS, ACTIONS, FOLLOW_UPS)
"""What leaves with it."""

PERSONS_AT_ONCE = 200
"""Persons that one query looks for; each has a few fingerprints, and SQLite takes 32,766 values."""

Identity = Mapping[str, str]
"""By what a person is recognised at a provider: `NewHire.identity`."""

Written = list[tuple[sa.Insert, list[dict[str, Any]]]]
"""What is written down of a request, table by table; its own row first."""


class Requests:
    """The requests of all providers."""

    def __init__(self, engine: sa.Engine, cipher: Cipher, front: sa.Engine | None = None) -> None:
        """`front` has connections of its own for what a person waits for (`accept`)."""
        self.engine, self.cipher, self.front = engine, cipher, front or engine
        self.audit = Audit(engine, cipher)

    def check_cipher(self) -> None:
        """Raises cipher.Unreadable when what is stored here was encrypted with a key that we do not have."""
        with self.engine.begin() as connection:
            self._open_sample(connection)
            fresh = self.cipher.encrypt("newhire")
            connection.execute(insert_once(self.engine, CIPHER_SAMPLE, id=1, sample=fresh))
            connection.execute(sa.update(CIPHER_SAMPLE).values(sample=fresh))

    def open_sample(self) -> None:
        """The same, and nothing is written."""
        with self.engine.connect() as connection:
            self._open_sample(connection)

    def _open_sample(self, connection: sa.Connection) -> None:
        sample = connection.execute(sa.select(CIPHER_SAMPLE.c.sample)).scalar_one_or_none()
        if sample is not None:
            self.cipher.decrypt(sample)

    # From the form to the end.

    def accept(
        self, request: Request, identity: Identity, password: str | None = None, *, confirmed: str | None = None
    ) -> Duplicate | None:
        """Write a request down. None when this very request is written down now, or was before.

        Otherwise nothing is changed and the duplicate is returned: the newest other request for the same person at the
        same provider that is under way, or ended well in the last day, unless its id is `confirmed`; or, under this
        request's own id, what was written down with other content. One that failed is none: asking again after a failure
        is what people should do.
        """
        fingerprints = self.fingerprints(request.provider, identity)
        rows = self._rows(request, identity, password)
        with self.front.begin() as connection:
            self._lock(connection, fingerprints)
            return _written(connection, request.id, fingerprints, rows, confirmed)

    def accept_all(self, asked: Sequence[tuple[Request, Identity, str | None]]) -> list[Duplicate | None]:
        """The same for each of these (with what is `confirmed`), for whom nobody waits, in one transaction. What is written down
        has claimed BEGUN."""
        made = [
            (one.id, self.fingerprints(one.provider, identity), self._rows(one, identity, None), confirmed)
            for one, identity, confirmed in asked
        ]
        known: list[Duplicate | None] = []
        with self.engine.begin() as connection:
            self._lock(connection, {mark for _, fingerprints, _, _ in made for mark in fingerprints})
            for request_id, fingerprints, rows, confirmed in made:
                known.append(_written(connection, request_id, fingerprints, rows, confirmed))
                if known[-1] is None:
                    connection.execute(self._key(request_id, BEGUN))
        return known

    def taken(self, provider: str, accounts: Iterable[str]) -> set[str]:
        """Those of these accounts that somebody at the provider has, will soon have, or may have, as far as is remembered."""
        of = {found: name for name in accounts for found in self._fingerprint(provider, "account", name.casefold())}
        with self.front.connect() as connection:
            return {of[found] for found in connection.execute(_TAKEN, {"fingerprints": list(of)}).scalars()}

    def known(self, provider: str, identities: Sequence[Identity]) -> list[Duplicate | None]:
        """For each of these persons the newest request at the provider that is under way or gave them an account, however
        long ago it was, as far as is remembered."""
        marks = [set(self.fingerprints(provider, identity)) for identity in identities]
        found: dict[str, Duplicate] = {}
        for first in range(0, len(marks), PERSONS_AT_ONCE):
            wanted = sorted(set().union(*marks[first : first + PERSONS_AT_ONCE]))
            with self.engine.connect() as connection:
                for row in connection.execute(_KNOWN, {"fingerprints": wanted}).mappings():
                    found[row["fingerprint"]] = _duplicate(row)
        return [_newest(found[mark] for mark in theirs if mark in found) for theirs in marks]

    def under_way(self, requester: str) -> int:
        """How many requests of theirs are not done yet."""
        with self.front.connect() as connection:
            return int(connection.execute(_UNDER_WAY, {"requester": requester}).scalar_one())

    def replace(self, request: Request, identity: Identity, password: str | None = None) -> None:
        """Write a request down in place of what stands under its id, which was never begun."""
        rows = self._rows(request, identity, password)
        with self.front.begin() as connection:
            for table in (FINGERPRINTS, PASSWORDS):
                connection.execute(sa.delete(table).where(table.c.request_id == request.id))
            connection.execute(sa.delete(REQUESTS).where(REQUESTS.c.id == request.id))
            for statement, values in rows:
                connection.execute(statement, values)

    def content(self, request: Request) -> str:
        """A fingerprint of what was typed: the same form with another value is another one."""
        typed = "\n".join(f"{name}={request.hire[name]}" for name in sorted(request.hire))
        return self.cipher.fingerprints(f"{request.provider}\n{typed}")[0]

    def named(self, name: str) -> list[str]:
        """Fingerprints of a name as it is looked for, the newest key's first. Never one by which a person is recognised:
        namesakes are no duplicates.
        """
        return self.cipher.fingerprints(f"name\n{' '.join(name.casefold().split())}")

    def claim(self, request_id: str, key: str) -> bool:
        """Claim an idempotency key: something is about to be done once. False when it was claimed before.

        A step of the workflow runs again after a crash: this is how it knows that it may have happened already.
        """
        with self.engine.begin() as connection:
            return bool(connection.execute(self._key(request_id, key)).rowcount == 1)

    def _key(self, request_id: str, key: str) -> sa.TextClause:
        return insert_once(self.engine, IDEMPOTENCY_KEYS, request_id=request_id, key=key, at=now(self.engine))

    def claimed(self, request_id: str) -> list[str]:
        """The keys that a request has claimed so far."""
        query = sa.select(IDEMPOTENCY_KEYS.c.key).where(IDEMPOTENCY_KEYS.c.request_id == request_id)
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def ended(self, request_id: str) -> bool:
        """Whether its outcome is known, told or not."""
        query = sa.select(REQUESTS.c.state, REQUESTS.c.kind).where(REQUESTS.c.id == request_id)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return row is not None and (row[0] == "done" or row[1] is not None)

    def ahead(self, request_id: str, provider: str, identity: Identity) -> bool:
        """Whether a request for the same person at the same provider was begun before this one and is still under way.

        Two at once could both find nobody there, or one fail while the other creates: they go one after the other.
        What was written down and never begun (the person was told "not confirmed") holds nobody up.
        """
        asked = {"request_id": request_id, "fingerprints": self.fingerprints(provider, identity)}
        with self.engine.connect() as connection:
            return connection.execute(_AHEAD, asked).first() is not None

    def password(self, request_id: str) -> str | None:
        """The password that was typed, while it is held. Raises cipher.Unreadable."""
        with self.engine.connect() as connection:
            held = connection.execute(
                sa.select(PASSWORDS.c.encrypted).where(PASSWORDS.c.request_id == request_id)
            ).scalar_one_or_none()
        return None if held is None else self.cipher.decrypt(held)

    def wait(self, request_id: str) -> None:
        """The request stands in the backlog of its provider, until it is done."""
        waiting = sa.update(REQUESTS).where(REQUESTS.c.id == request_id, REQUESTS.c.state == "accepted")
        with self.engine.begin() as connection:
            connection.execute(waiting.values(state="waiting"))

    def backlog(self, provider: str) -> list[str]:
        """Ids of the requests that wait for the provider, the oldest first."""
        query = (
            sa.select(REQUESTS.c.id)
            .where(REQUESTS.c.provider == provider, REQUESTS.c.state == "waiting")
            .order_by(REQUESTS.c.accepted_at, REQUESTS.c.id)
        )
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    # What leaves.

    def forget(self, older_than: float) -> list[str]:
        """Delete what was finished before that time; the ids of those requests."""
        # Accepted before it was finished: by that time an index finds it.
        times = (REQUESTS.c.accepted_at < older_than, REQUESTS.c.finished_at < older_than)
        old = sa.select(REQUESTS.c.id).where(REQUESTS.c.state == "done", *times)
        return self._delete(old.limit(1000))

    def drop_unconfirmed(self, older_than: float, known: Callable[[str], bool]) -> None:
        """Delete what was written down and never begun: the person read "not confirmed" and did not send it again.

        What the engine has (`known`) is none of that: it only waits, as after a stop of some hours.
        """
        begun = sa.exists().where(IDEMPOTENCY_KEYS.c.request_id == REQUESTS.c.id)
        # Plus nothing, as in `_UNDER_WAY`.
        old = REQUESTS.c.accepted_at + sa.literal_column("0.0") < older_than
        stale = sa.select(REQUESTS.c.id).where(_UNFINISHED, REQUESTS.c.state == "accepted", old, ~begun)
        with self.engine.connect() as connection:
            ids = list(connection.execute(stale).scalars())
        lost = [request_id for request_id in ids if not known(request_id)]
        self._delete(sa.select(REQUESTS.c.id).where(REQUESTS.c.id.in_(lost)))

    def _delete(self, which: sa.Select[str]) -> list[str]:
        with self.engine.begin() as connection:
            ids = list(connection.execute(which).scalars())
            delete_requests(connection, ids)
        return ids

    def _rows(self, request: Request, identity: Identity, password: str | None) -> Written:
        """What is written down of a request; made before the lock is taken, which others wait for."""
        row = {
            "id": request.id,
            "provider": request.provider,
            "requester": request.requester,
            "state": "accepted",
            "accepted_at": time.time(),
            "content": self.content(request),
            "handle": request.handle,
            "person": self.cipher.encrypt(Person.of(request).model_dump_json()),
            "named": self.named(str(request.hire.get("name") or ""))[0],
            "batch": request.batch or None,
        }
        rows: Written = [(_NEW, [row])]
        newest = sorted({self._fingerprint(request.provider, key, value)[0] for key, value in identity.items()})
        if newest:
            rows.append((_NEW_FINGERPRINT, [{"request_id": request.id, "fingerprint": one} for one in newest]))
        if password is not None:
            rows.append((_NEW_PASSWORD, [{"request_id": request.id, "encrypted": self.cipher.encrypt(password)}]))
        rows.append((NEW_ENTRY, [self.audit.row(requested(request))]))
        return rows

    def _lock(self, connection: sa.Connection, fingerprints: Iterable[str]) -> None:
        """Two who hand in the same person in the same moment are looked at one after the other."""
        if is_sqlite(self.engine):
            # pysqlite would begin a transaction at the first write only, after both have looked.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        for fingerprint in sorted(fingerprints):
            lock = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"newhire:{fingerprint}", 0)))
            connection.execute(lock)

    def fingerprints(self, provider: str, identity: Identity) -> list[str]:
        """By what a person is recognised there, under every key that is held."""
        return [found for key, value in identity.items() for found in self._fingerprint(provider, key, value)]

    def _fingerprint(self, provider: str, key: str, value: str) -> list[str]:
        return self.cipher.fingerprints(f"{provider}\n{key}\n{value}")


def _written(
    connection: sa.Connection, request_id: str, fingerprints: list[str], rows: Written, confirmed: str | None = None
) -> Duplicate | None:
    """Write it down, unless it is there or somebody else is asked for: `Requests.accept`."""
    same = connection.execute(_SAME, {"request_id": request_id}).mappings().first()
    if same is not None:
        return None if same["content"] in (None, rows[0][1][0]["content"]) else _duplicate(same)
    since = time.time() - DUPLICATE_SECONDS
    looked_for = {"fingerprints": fingerprints, "request_id": request_id, "since": since}
    other = connection.execute(_DUPLICATE, looked_for).mappings().first()
    if other is not None and other["id"] != confirmed:
        return _duplicate(other)
    for statement, values in rows:
        connection.execute(statement, values)
    return None


def delete_requests(connection: sa.Connection, ids: Collection[str]) -> None:
    """Delete these requests with all that is kept of them; of the audit, facts stay."""
    forget_requests(connection, ids)
    connection.execute(sa.delete(APPROVALS).where(APPROVALS.c.subject.in_(ids)))
    for table in OF_A_REQUEST:
        connection.execute(sa.delete(table).where(table.c.request_id.in_(ids)))
    connection.execute(sa.delete(REQUESTS).where(REQUESTS.c.id.in_(ids)))


def _newest(found: Iterable[Duplicate]) -> Duplicate | None:
    return max(found, key=lambda one: one.accepted_at, default=None)


def _duplicate(row: Mapping[Any, Any]) -> Duplicate:
    ref = MessageRef(channel=row["channel"], ts=row["ts"]) if row["channel"] and row["ts"] else None
    return Duplicate(
        id=row["id"], requester=row["requester"], accepted_at=row["accepted_at"], ref=ref, kind=row["kind"]
    )
