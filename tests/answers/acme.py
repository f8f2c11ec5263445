"""How Acme Meet answers. It exists nowhere: see tests/example_provider.py."""

from bot.outcome import Account, Conflict, NoSeatLeft, NotAuthorised, RateLimited, Rejected
from tests.answers import Case, Refusal, Said, configured
from tests.example_provider import Acme, AcmeSettings

MEMBER = Said({"id": "m-4711", "login": "wei", "fullName": "张伟", "mail": "zhang.wei@example.com"}, status=201)
ACCOUNT = Account(provider="acme", account="wei", vendor_id="m-4711", name="张伟", email="zhang.wei@example.com")


def refusal(of: Refusal) -> Said:
    return Said({"error": of.code, "message": of.words}, of.status or 422)


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
