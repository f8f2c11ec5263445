"""A pretend Acme Meet, the vendor of `tests.example_provider`: what a third vendor of the sandbox takes."""

from __future__ import annotations

import uuid

from bot.sandbox.vendors.vendor import FakeVendor, Row
from bot.sandbox.vendors.wire import Answer, Call, Record, Refused, Route, route


class FakeAcme(FakeVendor):
    """`POST /members` creates, `GET /members/{login}` finds; a key that the console gave out lets in."""

    name = "acme"
    title = ("Acme Meet", "极致会议")
    short = ("Acme", "极致")
    key = "acme-made-up-key"

    def routes(self) -> list[Route]:
        return [route("POST", "/members", "create", self._create), route("GET", "/members/{login}", "find", self._get)]

    def authenticate(self, call: Call, kind: str) -> None:
        if call.header("Authorization") != f"Bearer {self.key}":
            raise Refused(Answer(401, {"error": "bad_key"}))

    def refusal(self, call: Call, how: str, options: Record) -> Answer:
        return Answer(429 if how == "429" else 400, {"error": how})

    def too_fast(self, call: Call, what: str) -> Answer:
        return Answer(429, {"error": what})

    def not_found(self, call: Call) -> Answer:
        return Answer(404, {"error": "no_such_path"})

    def row(self, account: Record) -> Row:
        return Row(key=account["id"], name=account["fullName"], account=account["login"], state=("new", "新"))

    def bot_settings(self) -> dict[str, str]:
        return {"ACME_KEY": self.key, "ACME_BASE_URL": self.url}

    def _create(self, call: Call) -> Answer:
        account = {"id": uuid.uuid4().hex, **call.json}
        self.remember(account, account["login"], account["login"])
        return Answer(201, account)

    def _get(self, call: Call) -> Answer:
        found = [account for account in self.accounts if account["login"] == call.args["login"]]
        return Answer(200, found[0]) if found else Answer(404, {"error": "nobody"})
