"""`newhire forget`: whatever is kept about one person leaves, and nothing of it stays in the file.

A person is found as a second request for them is: by fingerprints. What is not done yet is left alone, for somebody waits for
it. Rows are not all: SQLite's log and its half-empty pages keep what was deleted, so the file is written anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from bot.store.audit import Audit, forget_requests
from bot.store.cipher import Cipher
from bot.store.database import is_sqlite, scrub
from bot.store.homes import outdate_homes
from bot.store.requests import delete_requests
from bot.store.tables import ACTIONS, AUDIT, BATCH_ROWS, FINGERPRINTS, OUTBOX, REQUESTS

Known = tuple[str, str]
"""By what a person may be known: ("phone", "+8613800138000")."""


@dataclass(frozen=True)
class Kept:
    """A request about the person; `words` are what the audit says of it (account, name), where that can be read."""

    id: str
    provider: str
    requester: str
    accepted_at: float
    kind: str | None
    done: bool
    words: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Gone:
    """How much has left, and how many Home tabs may still name the person; `rows` are of lists.

    `rewritten` is False when the database was too busy: what was deleted can still be dug up there.
    """

    requests: int
    entries: int
    runs: int
    rewritten: bool = True
    homes: int = 0
    rows: int = 0


class Runs(Protocol):
    """What the engine has stored of requests."""

    def unfinished(self, request_ids: Collection[str]) -> set[str]: ...
    def sweep(self, known: Callable[[], set[str]]) -> int: ...


class Erasure:
    """One person's data, over all tables."""

    def __init__(self, engine: sa.Engine, cipher: Cipher, runs: Runs) -> None:
        self._engine, self._cipher, self._runs = engine, cipher, runs
        self._audit = Audit(engine, cipher)

    def providers(self) -> list[str]:
        """Those that somebody has asked for an account."""
        with self._engine.connect() as connection:
            return sorted(connection.execute(_PROVIDERS).scalars())

    def find(self, known_by: Iterable[Known], provider: str | None = None) -> list[Kept]:
        """The requests for whoever is known by one of these, and those that share a fingerprint with them; oldest first."""
        providers = [provider] if provider else self.providers()
        with self._engine.connect() as connection:
            known = list(known_by)
            ids = self._by_fingerprint(connection, known, providers)
            ids |= self._by_account(connection, {value for key, value in known if key == "account"}, providers)
            shared = sa.select(FINGERPRINTS.c.fingerprint).where(FINGERPRINTS.c.request_id.in_(ids))
            near = sa.select(FINGERPRINTS.c.request_id).where(FINGERPRINTS.c.fingerprint.in_(shared))
            ids |= set(connection.execute(near).scalars())
            rows = connection.execute(_REQUESTS.where(REQUESTS.c.id.in_(ids))).mappings().all()
        busy = self._runs.unfinished(ids)
        return [self._kept(row, busy) for row in rows]

    def forget(self, request_ids: Collection[str], actor: str, known_by: Iterable[Known] = ()) -> Gone:
        """Delete what is kept of these requests, but for those under way, and note that `actor` did so.

        In lists that were given in a person stands without a request, too: those rows leave by what the requests say of them,
        and by what the person is `known_by`.
        """
        with self._engine.begin() as connection:
            if is_sqlite(self._engine):
                # Nobody may begin to work on one of them in between; PostgreSQL locks the rows.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            free = sa.select(REQUESTS.c.id).where(REQUESTS.c.id.in_(request_ids), _DONE).with_for_update()
            ids = list(connection.execute(free).scalars())
            names, accounts = self._noted(connection, ids, "name"), self._noted(connection, ids, "account")
            self._take_out_of_letters(connection, ids, accounts, names)
            rows = self._take_out_of_lists(connection, ids, self._said(connection, ids, known_by))
            entries = forget_requests(connection, ids)
            delete_requests(connection, ids)
            homes = outdate_homes(connection) if ids else 0
            if ids:
                facts = {"requests": str(len(ids)), "audit_entries": str(entries)}
                self._audit.note("forgotten", actor=actor, facts=facts, connection=connection)
        # After the rows: whoever is killed in between runs it again, and these go with the next sweep.
        runs = self._runs.sweep(self._known_ids)
        return Gone(len(ids), entries, runs, rewritten=rewrite(self._engine), homes=homes, rows=rows)

    def _known_ids(self) -> set[str]:
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(REQUESTS.c.id)).scalars())

    def _by_fingerprint(self, connection: sa.Connection, known: list[Known], providers: list[str]) -> set[str]:
        marks = [
            mark
            for provider in providers
            for key, value in known
            # Those too that were made before there was a key.
            for cipher in (self._cipher, Cipher())
            for mark in cipher.fingerprints(f"{provider}\n{key}\n{value}")
        ]
        query = sa.select(FINGERPRINTS.c.request_id).where(FINGERPRINTS.c.fingerprint.in_(marks))
        return set(connection.execute(query).scalars())

    def _by_account(self, connection: sa.Connection, accounts: set[str], providers: list[str]) -> set[str]:
        """Whom the vendor gave an account of its own choosing, which nobody typed."""
        query = sa.select(AUDIT).where(
            AUDIT.c.detail.is_not(None), AUDIT.c.event == "ended", AUDIT.c.provider.in_(providers)
        )
        rows = (self._audit.noted(row) for row in connection.execute(query).mappings())
        return {
            row.request_id for row in rows if row.request_id and row.detail.get("account", "").casefold() in accounts
        }

    def _kept(self, row: sa.RowMapping, busy: set[str]) -> Kept:
        details = [noted.detail for noted in self._audit.read(request_id=row["id"])]
        words = {name: detail[name] for detail in details for name in ("name", "account") if name in detail}
        return Kept(
            **{name: row[name] for name in _NAMES}, done=bool(row["done"]) and row["id"] not in busy, words=words
        )

    def _take_out_of_letters(
        self, connection: sa.Connection, ids: Collection[str], accounts: set[str], names: set[str]
    ) -> None:
        """A letter that belongs to no request outlives it, and holds until it is told what was typed or who is named."""
        untold = sa.select(OUTBOX.c.id, OUTBOX.c.content).where(
            OUTBOX.c.request_id.is_(None), OUTBOX.c.content.is_not(None)
        )
        for letter_id, stored in connection.execute(untold).all():
            content = json.loads(self._cipher.decrypt(stored))
            without = _without(content, ids, accounts, names)
            if without != content:
                sealed = self._cipher.encrypt(json.dumps(without))
                connection.execute(sa.update(OUTBOX).where(OUTBOX.c.id == letter_id).values(content=sealed))

    def in_lists(self, request_ids: Collection[str], known_by: Iterable[Known]) -> int:
        """How many rows of lists `forget` would take them out of."""
        with self._engine.connect() as connection:
            return len(self._in_lists(connection, request_ids, self._said(connection, request_ids, known_by)))

    def _said(self, connection: sa.Connection, ids: Collection[str], known_by: Iterable[Known]) -> set[str]:
        noted = self._noted(connection, ids, "name") | self._noted(connection, ids, "account")
        return noted | {value for _, value in known_by}

    def _take_out_of_lists(self, connection: sa.Connection, ids: Collection[str], said: Collection[str]) -> int:
        """Of a row of a list only stays that there was one; how many. Those under way are left alone, as their requests are."""
        rows = self._in_lists(connection, ids, said)
        for batch_id, number in rows:
            mine = sa.and_(BATCH_ROWS.c.batch_id == batch_id, BATCH_ROWS.c.number == number)
            connection.execute(sa.update(BATCH_ROWS).where(mine).values(content=None, state="forgotten"))
        return len(rows)

    def _in_lists(
        self, connection: sa.Connection, ids: Collection[str], said: Collection[str]
    ) -> list[tuple[str, int]]:
        """Batch and number of each row about one of these requests, or that says one of these texts."""
        wanted = {_bare(text) for text in said} - {""}
        query = sa.select(BATCH_ROWS).where(
            BATCH_ROWS.c.content.is_not(None),
            sa.or_(BATCH_ROWS.c.request_id.is_(None), BATCH_ROWS.c.request_id.in_(ids)),
        )
        found = []
        for row in connection.execute(query).mappings().all():
            content = json.loads(self._cipher.decrypt(row["content"]))
            texts = [*content["cells"], content["name"], *map(str, content["hire"].values())]
            if row["request_id"] in ids or wanted & {_bare(text) for text in texts}:
                found.append((row["batch_id"], row["number"]))
        return found

    def _noted(self, connection: sa.Connection, ids: Collection[str], what: str) -> set[str]:
        """Accounts, or names, as the audit has them: what was typed, and what the vendor made of it."""
        rows = connection.execute(sa.select(AUDIT).where(AUDIT.c.request_id.in_(ids))).mappings().all()
        return {detail[what] for detail in (self._audit.noted(row).detail for row in rows) if what in detail}


def _bare(text: str) -> str:
    """A text as it is compared: a phone by its last eleven digits, whatever stands between them; all else without case."""
    digits = re.sub(r"\D", "", text)
    plain = " ".join(text.split()).casefold().lstrip("'")
    return digits[-11:] if len(digits) >= 7 and not re.search(r"[a-z@\u3400-\u9fff]", plain) else plain


def _without(
    content: dict[str, Any], ids: Collection[str], accounts: Collection[str], names: Collection[str]
) -> dict[str, Any]:
    """An alert (`relay.AlertContent` as JSON) that no longer tells of these requests, accounts and names."""
    if "crowd" in content:
        people = [one for one in content["crowd"]["people"] if one[1] not in accounts]
        return content | {"crowd": content["crowd"] | {"people": people}}
    request, alert = content.get("request"), dict(content.get("alert") or {})
    if "waiting" in alert:
        alert["waiting"] = [each for each in alert["waiting"] if each.get("account") not in accounts]
    if alert.get("kind") == "joined" and alert.get("name") in names:
        # By their id Slack shows whoever reads it who that is.
        alert["name"] = alert["user"]
    changed = content | ({"alert": alert} if alert else {})
    return changed | ({"request": None} if request and request.get("id") in ids else {})


_BUSY = sa.exists().where(ACTIONS.c.request_id == REQUESTS.c.id, ACTIONS.c.done_at.is_(None))
_DONE = sa.and_(REQUESTS.c.state == "done", ~_BUSY)
_NAMES = ("id", "provider", "requester", "accepted_at", "kind")
_PROVIDERS = sa.select(REQUESTS.c.provider).distinct()
_REQUESTS = sa.select(*(REQUESTS.c[name] for name in _NAMES), sa.case((_DONE, 1), else_=0).label("done")).order_by(
    REQUESTS.c.accepted_at, REQUESTS.c.id
)


def rewrite(engine: sa.Engine) -> bool:
    """Write SQLite's file anew, without what was deleted. False when somebody reads it all the while (30 s).

    `secure_delete` zeroes what a row leaves, but not the copies that stay behind when rows move from page to page: seen with
    SQLite 3.40.1, in one deleted row of a hundred. PostgreSQL does it in its own time (autovacuum).
    """
    if not is_sqlite(engine):
        return True
    try:
        with engine.connect() as connection:
            # The copy that VACUUM makes is a file in the temporary folder otherwise.
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")
            connection.exec_driver_sql("VACUUM")
    except sa.exc.OperationalError:
        return False
    return scrub(engine)
