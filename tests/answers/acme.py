"""How Acme Meet answers. It exists nowhere: see tests/example_provider.py."""

from collections.abc import Callable

import httpx

from bot.outcome import Account, Conflict, NoSeatLeft, NotAuthorised, RateLimited, Rejected
from tests.answers import After, Case, Refusal, Said, configured
from tests.example_provider import Acme, AcmeSettings

MEMBER = Said({"id": "m-4711", "login": "wei", "fullName": "张伟", "mail": "zhang.wei@example.com"}, status=201)
ACCOUNT = Account(
    provider="acme", account="wei", vendor_id="m-4711", name="张伟", email="zhang.wei@example.com", state="active"
)


def refusal(of: Refusal) -> Said:
    return Said({"error": of.code, "message": of.words}, of.status or 422)


def standing(state: str) -> Callable[[httpx.Request], Said]:
    """How it answers look-ups while the account is there, absent, or another one has its name."""
    member = {"there": MEMBER, "another": Said(MEMBER.body | {"id": "m-4712"}, status=200)}
    return lambda request: member.get(state) or refusal(Refusal("no_such_member", Rejected, status=404))


CASES = [
    Case(
        name="acme",
        provider=Acme,
        config=configured(AcmeSettings, key="acme-key-0123456789"),
        minimal={"name": "张伟", "account": "wei"},
        creating="POST /members",
        created=MEMBER,
        account=ACCOUNT,
        vendor_id=("id",),
        found=MEMBER,
        found_account=ACCOUNT,
        absent=refusal(Refusal("no_such_member", Rejected, status=404)),
        absent_code="no_such_member",
        says_absent=lambda body: body["error"] == "no_such_member",
        after=After(standing=standing, sends={"remove": "DELETE /members/m-4711"}, done=Said(b"")),
        refusal=refusal,
        refusals=(
            Refusal("login_taken", Conflict, "account"),
            Refusal("bad_mail", Rejected, "email"),
            Refusal("bad_key", NotAuthorised, status=401),
            Refusal("no_seats", NoSeatLeft),
            Refusal("slow_down", RateLimited),
        ),
    )
]
