"""The whole pretend outside world in one process: Slack and the vendors, each on its own port of 127.0.0.1."""

from __future__ import annotations

from collections.abc import Iterable

from bot.sandbox.page.control import Control
from bot.sandbox.slack.server import FakeSlack
from bot.sandbox.vendors.huawei import FakeHuawei
from bot.sandbox.vendors.tencent import FakeTencent
from bot.sandbox.vendors.vendor import FakeVendor

ADMIN_CHANNEL = "C0ADMINS1"


class World:
    """Slack and the vendors, started and stopped together, and the page that shows all of them.

    Give vendors of your own to have them configured otherwise, and `others` to have more of them."""

    def __init__(
        self,
        slack: FakeSlack | None = None,
        tencent: FakeTencent | None = None,
        huawei: FakeHuawei | None = None,
        others: Iterable[FakeVendor] = (),
    ) -> None:
        self.slack = slack or FakeSlack()
        self.tencent = tencent or FakeTencent()
        self.huawei = huawei or FakeHuawei()
        self.vendors: dict[str, FakeVendor] = {vendor.name: vendor for vendor in (self.tencent, self.huawei, *others)}
        self.control = Control(self.slack, self.vendors)
        self.slack.routes += self.control.routes()
        self.slack.on_change = self.control.changed
        for vendor in self.vendors.values():
            vendor.on_change = self.slack.changed

    @property
    def page_url(self) -> str:
        """Where a browser sees the workspace."""
        return f"{self.slack.url}/"

    async def start(self, port: int = 0) -> None:
        """Starts everything; `port` is the page's and Slack's, 0 picks a free one. Raises OSError if it is taken."""
        try:
            await self.slack.start(port)
            for vendor in self.vendors.values():
                await vendor.start()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends every connection; what was sent and created stays readable."""
        await self.control.stop()
        await self.slack.stop()
        for vendor in self.vendors.values():
            await vendor.stop()

    def bot_environment(self) -> dict[str, str]:
        """The settings that point a bot at this world, and nothing else."""
        settings = {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": f"{self.slack.url}/api/",
            "NEWHIRE_ADMIN_CHANNEL": ADMIN_CHANNEL,
            "NEWHIRE_ALLOWED": "",
            "NEWHIRE_REGION": "CN",
        }
        for vendor in self.vendors.values():
            settings |= vendor.bot_settings()
        return settings
