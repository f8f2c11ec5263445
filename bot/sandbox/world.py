"""The whole pretend outside world in one process: Slack and both vendors, each on its own port of 127.0.0.1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.control import answered
from bot.sandbox.huawei import Huawei
from bot.sandbox.slack import Slack
from bot.sandbox.tencent import Tencent
from bot.sandbox.vendor import Vendor

Json = dict[str, Any]

ADMIN_CHANNEL = "C0ADMINS1"
SHOWN = 50  # exchanges with a vendor in a snapshot


class World:
    """Slack and the vendors, started and stopped together; the page shows all of them.

    Give vendors of your own to have them configured otherwise."""

    def __init__(
        self, slack: Slack | None = None, tencent: Tencent | None = None, huawei: Huawei | None = None
    ) -> None:
        self.slack = slack or Slack()
        self.tencent = tencent or Tencent()
        self.huawei = huawei or Huawei()

    @property
    def vendors(self) -> dict[str, Vendor]:
        return {vendor.name: vendor for vendor in (self.tencent, self.huawei)}

    @property
    def page_url(self) -> str:
        """Where a browser sees the workspace."""
        return f"{self.slack.url}/"

    async def start(self, port: int = 0) -> None:
        """Starts everything; `port` is the page's and Slack's, 0 picks a free one. Raises OSError if it is taken."""
        for vendor in self.vendors.values():
            vendor.on_change = self.slack.changed
        self.slack.control.parts["vendors"] = self._shown
        self.slack.routes += [
            web.post("/_/vendors/{vendor}/fail", self._for_vendor(_fail)),
            web.post("/_/vendors/{vendor}/reset", self._for_vendor(_reset)),
        ]
        try:
            await self.slack.start(port)
            for vendor in self.vendors.values():
                await vendor.start()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        await self.slack.stop()
        for vendor in self.vendors.values():
            await vendor.stop()

    def bot_environment(self) -> dict[str, str]:
        """The settings that point a bot at this world, and nothing else."""
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": f"{self.slack.url}/api/",
            "NEWHIRE_ADMIN_CHANNEL": ADMIN_CHANNEL,
            "NEWHIRE_ALLOWED": "",
            "NEWHIRE_REGION": "CN",
            "TENCENT_APP_ID": self.tencent.app_id,
            "TENCENT_SDK_ID": self.tencent.sdk_id,
            "TENCENT_SECRET_ID": self.tencent.secret_id,
            "TENCENT_SECRET_KEY": self.tencent.secret_key,
            "TENCENT_OPERATOR_ID": self.tencent.operator_id,
            "TENCENT_BASE_URL": self.tencent.url,
            "HUAWEI_ACCOUNT": self.huawei.account,
            "HUAWEI_PASSWORD": self.huawei.password,
            "HUAWEI_BASE_URL": self.huawei.url,
        }

    def _shown(self) -> Json:
        return {
            name: {
                "title": vendor.title,
                "accounts": vendor.accounts,
                "requests": vendor.requests[-SHOWN:],
                "failures": vendor.failures,
                "seats": vendor.seats,
            }
            for name, vendor in self.vendors.items()
        }

    def _for_vendor(
        self, act: Callable[[Vendor, Json], None]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            vendor = self.vendors.get(request.match_info["vendor"])

            async def on_it(body: Json) -> Json:
                if vendor is None:
                    raise LookupError("There is no such vendor.")
                act(vendor, body)
                self.slack.changed()
                return {}

            return await answered(on_it)(request)

        return handle


def _fail(vendor: Vendor, body: Json) -> None:
    options = {key: value for key, value in body.items() if key not in ("how", "times")}
    vendor.fail(body["how"], int(body.get("times", 1)), **options)


def _reset(vendor: Vendor, body: Json) -> None:
    vendor.reset()
