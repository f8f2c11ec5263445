"""The way out to Slack: the environment's proxy, unless NO_PROXY says that there is none on this way."""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit


def proxy_for(url: str) -> str | None:
    """The proxy between here and `url` (http, https, ws, wss), None for the direct way.

    slack_sdk takes HTTPS_PROXY, else HTTP_PROXY, for every address, and does not look at NO_PROXY.
    """
    host = urlsplit(url).hostname
    if not host or urllib.request.proxy_bypass_environment(host):  # type: ignore[attr-defined] # typeshed lacks it
        return None
    proxies = urllib.request.getproxies_environment()
    found = proxies.get("https") or proxies.get("http")
    return found if found is None or "://" in found else f"http://{found}"
