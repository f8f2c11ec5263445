"""Lists of requests and the health of providers: read only, a page at a time, each page by an index.

However many requests there are, a page costs as many rows as it shows. Times are Unix seconds.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.request import Cause, Health, MessageRef, Person, State, Wanted
from bot.store.requests import Requests
from bot.store.tables import FINGERPRINTS, INCIDENTS, REQUESTS

_ROW = REQUESTS.c

WELL = ("Created", "AlreadyExists", "Removed")
BY_PROVIDER = ("NotAuthorised", "NoSeatLeft", "RateLimited", "Unreachable", "OutcomeUnknown")
"""Failures that say something of the provider, and not of what was typed."""
KINDS: Mapping[State, tuple[str | None, ...]] = {
    "open": (None,),
    "to_activate": ("ActionRequired",),
    "done": WELL,
    "failed": ("Rejected", "Conflict", "Declined", *BY_PROVIDER),
}
EVERY = tuple(itertools.chain(*KINDS.values()))

MOST_WAITING = 1000
"""More are not counted."""

_OF = _ROW.provider == sa.bindparam("provider")
_NEWEST = (
    sa.select(sa.func.coalesce(_ROW.finished_at, _ROW.accepted_at))
    .where(_OF, _ROW.kind == sa.bindparam("kind"))
    .order_by(_ROW.accepted_at.desc())
    .limit(1)
)
_WAITING = sa.select(sa.func.count()).select_from(
    sa.select(_ROW.id).where(_OF, _ROW.state == "waiting").limit(MOST_WAITING).subquery()
)
_OPEN = sa.select(INCIDENTS.c.cause, INCIDENTS.c.since).where(
    INCIDENTS.c.provider == sa.bindparam("provider"), INCIDENTS.c.resolved_at.is_(None)
)
"""Built once: a Home tab asks them two dozen times, and building took most of that time."""


@dataclass(frozen=True)
class Row:
    """One request as it stands in the table; `kind` is None while it is under way, `sealed` what `Overview.person` opens."""

    id: str
    handle: str
    provider: str
    requester: str
    sealed: str | None
    accepted_at: float
    waits: bool
    asked: bool
    kind: str | None
    ref: MessageRef | None


@dataclass(frozen=True)
class Page:
    """Rows, newest first, and whether there are others before and behind."""

    rows: tuple[Row, ...]
    newer: bool
    older: bool


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: beyond this request, `back` towards the newer ones."""

    back: bool
    at: float
    handle: str

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """None for the newest, and for what is no cursor."""
        way, _, rest = text.partition(":")
        at, _, handle = rest.partition(":")
        try:
            return cls(way == "newer", float(at), handle) if way in ("newer", "older") else None
        except ValueError:
            return None

    @staticmethod
    def beyond(row: Row, way: str) -> str:
        """The cursor for the rows `newer` or `older` than that one."""
        return f"{way}:{row.accepted_at!r}:{row.handle}"


class Overview:
    """`engine` has connections of its own: who looks at a list keeps no request waiting."""

    def __init__(self, engine: sa.Engine, requests: Requests, providers: Sequence[str]) -> None:
        self._engine, self._requests, self._providers = engine, requests, providers

    def page(self, wanted: Wanted) -> Page:
        """Newest first."""
        cursor = Cursor.read(wanted.cursor)
        return self._page(self.query(wanted, cursor), cursor, wanted.many)

    def _page(self, query: sa.Select[tuple[object, ...]], cursor: Cursor | None, many: int) -> Page:
        with self._engine.connect() as connection:
            found = connection.execute(query).mappings().all()
        rows = [self._row(row) for row in found[:many]]
        more = len(found) > many
        if cursor is None:
            return Page(tuple(rows), newer=False, older=more)
        if cursor.back:
            return Page(tuple(reversed(rows)), newer=more, older=True)
        return Page(tuple(rows), newer=True, older=more)

    def find(self, known: Iterable[tuple[str, str]], name: str, wanted: Wanted) -> Page:
        """For whoever is known by one of these (key and value as in `NewHire.identity`) or by that name, newest first."""
        identities = [
            mark for key, value in known for provider in self._providers for mark in self._marks(provider, key, value)
        ]
        by_identity = sa.select(FINGERPRINTS.c.request_id).where(FINGERPRINTS.c.fingerprint.in_(identities))
        by_name = sa.select(_ROW.id).where(_ROW.named.in_(self._requests.named(name)))
        query = sa.select(REQUESTS).where(_ROW.id.in_(sa.union_all(by_identity, by_name)))
        if wanted.requester is not None:
            query = query.where(_ROW.requester == wanted.requester)
        cursor = Cursor.read(wanted.cursor)
        return self._page(_beyond(query, cursor, wanted.many), cursor, wanted.many)

    def query(self, wanted: Wanted, cursor: Cursor | None) -> sa.Select[tuple[object, ...]]:
        """One row more than wanted, so that it is known whether there are others."""
        if wanted.requester is not None:
            return _beyond(sa.select(REQUESTS).where(_ROW.requester == wanted.requester), cursor, wanted.many)
        if wanted.state is None and wanted.provider is None:
            return _beyond(sa.select(REQUESTS), cursor, wanted.many)
        providers = [wanted.provider] if wanted.provider else self._providers
        kinds = KINDS[wanted.state] if wanted.state else EVERY
        # Each by its index, and the best of them: one condition over all would read all that do not fit.
        parts = [
            _beyond(sa.select(REQUESTS).where(_ROW.provider == provider, _is(kind)), cursor, wanted.many).subquery()
            for provider in providers
            for kind in kinds
        ]
        every = sa.union_all(*(sa.select(part) for part in parts)).subquery()
        newest_first = cursor is None or not cursor.back
        order = [every.c.accepted_at, every.c.handle]
        ordered = [column.desc() if newest_first else column.asc() for column in order]
        return sa.select(every).order_by(*ordered).limit(wanted.many + 1)

    def health(self) -> list[Health]:
        """Of each provider, in their order."""
        with self._engine.connect() as connection:
            return [self._health(connection, provider) for provider in self._providers]

    def _health(self, connection: sa.Connection, provider: str) -> Health:
        of = {"provider": provider}
        causes: list[tuple[Cause, float]] = [(row[0], row[1]) for row in connection.execute(_OPEN, of)]
        return Health(
            provider=provider,
            succeeded_at=self._last(connection, provider, (*WELL, "ActionRequired")),
            failed_at=self._last(connection, provider, BY_PROVIDER),
            waiting=connection.execute(_WAITING, of).scalar_one(),
            troubles=tuple(sorted(causes, key=lambda trouble: trouble[1])),
        )

    @staticmethod
    def _last(connection: sa.Connection, provider: str, kinds: Iterable[str]) -> float | None:
        """When the newest request that came to one of these ended."""
        newest = [
            connection.execute(_NEWEST, {"provider": provider, "kind": kind}).scalar_one_or_none() for kind in kinds
        ]
        return max((at for at in newest if at is not None), default=None)

    def _marks(self, provider: str, key: str, value: str) -> list[str]:
        return self._requests.fingerprints(provider, {key: value})

    def person(self, row: Row) -> Person:
        """Whom it is for, as it was typed. Raises cipher.Unreadable."""
        return Person.model_validate_json(self._requests.cipher.decrypt(row.sealed)) if row.sealed else Person()

    @staticmethod
    def _row(row: sa.RowMapping) -> Row:
        return Row(
            id=row["id"],
            handle=row["handle"] or "",
            provider=row["provider"],
            requester=row["requester"],
            sealed=row["person"],
            accepted_at=row["accepted_at"],
            waits=row["state"] == "waiting",
            asked=row["state"] == "asked",
            kind=row["kind"],
            ref=MessageRef(channel=row["channel"], ts=row["ts"]) if row["channel"] and row["ts"] else None,
        )


def _is(kind: str | None) -> sa.ColumnElement[bool]:
    return _ROW.kind.is_(None) if kind is None else _ROW.kind == kind


def _beyond(query: sa.Select[tuple[object, ...]], cursor: Cursor | None, many: int) -> sa.Select[tuple[object, ...]]:
    """That page of it, and one row more; towards the newer ones the nearest first."""
    ordered = (_ROW.accepted_at, _ROW.handle)
    if cursor is None:
        return query.order_by(*(column.desc() for column in ordered)).limit(many + 1)
    # The time by itself as well: by that the index is entered at the place, and not read from its end.
    place, at = sa.tuple_(sa.literal(cursor.at, sa.Float), sa.literal(cursor.handle)), sa.literal(cursor.at, sa.Float)
    if cursor.back:
        return query.where(_ROW.accepted_at >= at, sa.tuple_(*ordered) > place).order_by(*ordered).limit(many + 1)
    older = query.where(_ROW.accepted_at <= at, sa.tuple_(*ordered) < place)
    return older.order_by(*(column.desc() for column in ordered)).limit(many + 1)
