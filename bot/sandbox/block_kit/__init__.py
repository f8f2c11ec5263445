"""Block Kit: what Slack takes (`check_view`, `check_home`, `check_message`), and what it adds to blocks that it keeps."""

from bot.sandbox.block_kit.checks import check_home, check_message, check_view

__all__ = ["check_home", "check_message", "check_view"]
