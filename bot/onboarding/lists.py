"""Where requests stand, as lists show it: what the store has of them, with the buttons that each of them has now."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.hire import known_by
from bot.onboarding.actions import Actions
from bot.onboarding.offers import standing_under_way
from bot.outcome import account_of
from bot.request import Health, Listed, Listing, Person, Wanted
from bot.store.overview import Cursor, Overview, Page, Row
from bot.store.records import Records, Stored


class Lists:
    """Read only, and a page at a time. `region` is that of phone numbers without a country code."""

    def __init__(
        self,
        overview: Overview,
        records: Records,
        actions: Actions,
        region: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`records` reads by the connections of `overview`, not by those that requests need."""
        self._overview, self._records, self._actions = overview, records, actions
        self._region, self._clock = region, clock

    def page(self, wanted: Wanted) -> Listing:
        """A page of requests, newest first."""
        return self._listing(self._overview.page(wanted))

    def find(self, text: str, wanted: Wanted) -> Listing:
        """A page of the requests for whoever has that name, account, phone or e-mail, newest first."""
        return self._listing(self._overview.find(known_by(text, self._region), text, wanted))

    def health(self) -> list[Health]:
        """Of each provider."""
        return self._overview.health()

    def _listing(self, page: Page) -> Listing:
        stored = self._records.all_of([row.id for row in page.rows])
        rows = tuple(self._listed(row, stored.get(row.id)) for row in page.rows)
        newer = Cursor.beyond(page.rows[0], "newer") if page.newer and page.rows else None
        older = Cursor.beyond(page.rows[-1], "older") if page.older and page.rows else None
        return Listing(rows=rows, newer=newer, older=older)

    def _listed(self, row: Row, stored: Stored | None) -> Listed:
        common = {
            "handle": row.handle,
            "provider": row.provider,
            "requester": row.requester,
            "accepted_at": row.accepted_at,
            "waits": row.waits,
            "asked": row.asked,
            "ref": row.ref,
        }
        if stored is None:
            # Ended before version 0.3.0, it has no record and nothing is offered.
            under_way = row.kind is None and not row.asked
            offers = standing_under_way(self._clock() - row.accepted_at) if under_way else None
            person = self._overview.person(row)
            return Listed.model_validate(
                common | {"person": person, "kind": row.kind, **({"standing": offers} if offers else {})}
            )
        # It holds whom it is for as well: of ended requests, which are nearly all, one text is opened and not two.
        record = stored.record
        known = {
            "person": Person.of(record.request),
            "kind": row.kind or record.outcome.kind,
            "account": record.account or account_of(record.outcome),
            "standing": self._actions.standing(stored),
        }
        return Listed.model_validate(common | known)
