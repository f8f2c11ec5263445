"""Acme Meet, an imaginary vendor: a complete provider in one file (`POST /members`, a key that the console gives out)."""

import json
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, Field, SecretStr

from bot.hire import EMAIL, NAME, PHONE, Ask, Email, NewHire, PhoneNumber, Text
from bot.outcome import Account, Conflict, NoSeatLeft, NotAuthorised, RateLimited, Rejected
from bot.providers.contract import Ability, Meaning, Pace, Provider, ProviderSettings, Url, from_environment


class AcmeHire(NewHire):
    """The form. `on_wire` names the vendor's field; a dot nests."""

    name: Annotated[str, Field(min_length=1, max_length=80), NAME.on_wire("fullName")]
    account: Annotated[str, Field(max_length=40), Ask(wire="login", title=Text("Account", "账号"), example="wei")]
    email: Annotated[Email | None, EMAIL.on_wire("contact.mail")] = None
    phone: Annotated[PhoneNumber | None, PHONE.on_wire("contact.mobile", more=True)] = None


class AcmeSettings(ProviderSettings):
    """ACME_KEY and, if need be, ACME_BASE_URL."""

    model_config = from_environment("ACME_")
    key: SecretStr = Field(description="The API key from the console's page *Integrations*")
    base_url: Url = Field("https://api.acme.example", description="Where the API is")


class _Member(BaseModel):
    """What is required decides; what has a default is only shown, and is left out when it does not read."""

    id: str = Field(min_length=1)
    login: str
    fullName: str | None = None
    mail: str | None = None


class Acme(Provider[AcmeHire, AcmeSettings]):
    """What it does, what its codes mean, and how fast it may be asked."""

    key, title = "acme", Text("Acme Meet", "Acme 会议")
    form, settings = AcmeHire, AcmeSettings
    pace = Pace(calls=60, seconds=60)
    abilities = frozenset[Ability]({"look", "remove"})  # it neither invites nor disables anybody (the page *Members*)
    codes = {  # noqa: RUF012 - annotated in Provider
        "login_taken": Meaning(Conflict, "account"),
        "bad_mail": Meaning(Rejected, "email"),
        "bad_key": Meaning(NotAuthorised, advice=Text("Check ACME_KEY.", "请检查 ACME_KEY。")),
        "no_seats": Meaning(NoSeatLeft),
        "slow_down": Meaning(RateLimited),
    }

    def create(self, hire: AcmeHire, request_id: str) -> Account:
        created = self._account(self._send("POST", "/members", hire.wire(), mutates=True), hire.name, mutates=True)
        if created.account != hire.account:
            raise self.unclear("the answer is about somebody else", mutates=True)
        return created

    def find(self, hire: AcmeHire, request_id: str) -> Account | None:
        return self._standing(hire.account, hire.name)

    def check(self) -> None:
        self._send("GET", "/members?limit=1")

    def look(self, account: Account) -> Account | None:
        return self.same(account, self._standing(account.account, account.name))

    def remove(self, account: Account) -> None:
        if (found := self._standing(account.account, account.name)) is not None:
            self._send("DELETE", f"/members/{self.exactly(account, found)}", mutates=True)

    def _standing(self, login: str, name: str) -> Account | None:
        try:
            found = self._account(self._send("GET", f"/members/{quote(login, safe='')}"), name)
        except Rejected as refusal:
            if refusal.code == "no_such_member":  # the vendor's word for absent; any other refusal goes up
                return None
            raise
        if found.account != login:
            raise self.unclear("the answer is about somebody else", mutates=False)
        return found

    def _account(self, data: dict[str, Any], name: str, *, mutates: bool = False) -> Account:
        member = self.parse(_Member, data, mutates=mutates)
        known = {"account": member.login, "vendor_id": member.id, "name": member.fullName or name}
        return Account(provider=self.key, email=member.mail, state="active", **known)

    def _send(self, method: str, path: str, body: Any = None, *, mutates: bool = False) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.config.key.get_secret_value()}", "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body else b""
        answer = self.call(method, path, content=content, headers=headers, mutates=mutates)
        if mutates and self.done(answer):
            return {}
        data = self.json(answer, mutates=mutates)
        if code := data.get("error"):
            raise self.refused(code, data.get("message"), answer, mutates=mutates)
        if answer.status not in (200, 201):
            raise self.unclear(f"HTTP {answer.status}", mutates=mutates)
        return data
