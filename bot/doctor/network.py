"""The way to one host: its name, the proxy, TLS with whoever issued the certificate, and what its clock says."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import http.client
import re
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from cryptography import x509

from bot.doctor.findings import Finding

SECONDS = 6.0
"""For each step."""


@dataclass(frozen=True)
class Peer:
    """Whom newhire speaks to: `name` in findings, `title` for people, `proxy` the URL of what stands between, `trust` its TLS."""

    name: str
    title: str
    url: str
    setting: str
    proxy: str | None
    trust: ssl.SSLContext

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def through(self) -> str:
        """The proxy's host and port: the rest of its address may be a password."""
        return "" if self.proxy is None else shown(self.proxy)


@dataclass(frozen=True)
class Way:
    """`skew`: the seconds by which this machine's clock is ahead, None when it did not say."""

    finding: Finding
    skew: float | None = None

    @property
    def open(self) -> bool:
        return self.finding.mark != "bad"


def shown(url: str) -> str:
    """Host and port of an address, without credentials."""
    return urlsplit(url if "://" in url else f"//{url}").netloc.rpartition("@")[2]


def proxies(peers: Sequence[Peer]) -> Finding:
    """What goes through which proxy."""
    if not any(peer.proxy for peer in peers):
        return Finding("network.proxy", "ok", "No proxy: the environment names none for these hosts.")
    ways = sorted({peer.through for peer in peers})
    said = [
        f"{', '.join(peer.title for peer in peers if peer.through == way)} {f'through {way}' if way else 'directly'}"
        for way in ways
    ]
    return Finding("network.proxy", "ok", f"{'; '.join(said)}.")


def way_to(peer: Peer) -> Way:
    """One HEAD to the host, as newhire's own calls go there."""
    name, proxy = f"{peer.name}.reach", urlsplit(peer.proxy or "")
    if peer.proxy and proxy.scheme != "http":
        said = f"Not looked at: the way to {peer.host} is a {proxy.scheme} proxy, and newhire's own calls must tell."
        return Way(Finding(name, "skipped", said))
    try:
        with contextlib.closing(_connection(peer, peer.trust)) as connection:
            issuer = _issuer(connection)
            before = time.time()
            connection.request("HEAD", _target(peer), headers=_headers(peer, proxy))
            answer = connection.getresponse()
            date = answer.headers.get("Date", "")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Way(_failed(name, peer, error))
    through = f" through {peer.through}" if peer.proxy else ""
    tls = f"; its certificate is issued by {issuer}" if issuer else "; not encrypted"
    said = f"{peer.host} answers{through}{tls}."
    return Way(Finding(name, "ok", said), _skew((before + time.time()) / 2, date))


def _connection(peer: Peer, trust: ssl.SSLContext) -> http.client.HTTPConnection:
    """Connected, and by TLS where the address says so. Raises OSError."""
    parts, proxy = urlsplit(peer.url), urlsplit(peer.proxy or "")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    host, at = (proxy.hostname or "", proxy.port or 80) if peer.proxy else (peer.host, port)
    if secure:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, at, timeout=SECONDS, context=trust)
        if peer.proxy:
            connection.set_tunnel(peer.host, port, headers=_credentials(proxy))
    else:
        connection = http.client.HTTPConnection(host, at, timeout=SECONDS)
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise
    return connection


def _target(peer: Peer) -> str:
    parts = urlsplit(peer.url)
    path = parts.path or "/"
    # Without TLS a proxy is asked for the whole address.
    return (
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}" if peer.proxy and parts.scheme == "http" else path
    )


def _headers(peer: Peer, proxy: SplitResult) -> dict[str, str]:
    plain = urlsplit(peer.url).scheme == "http"
    host = urlsplit(peer.url).netloc.rpartition("@")[2]
    return {"User-Agent": "newhire", "Host": host} | (_credentials(proxy) if peer.proxy and plain else {})


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    words = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(words).decode()}"}


def _issuer(connection: http.client.HTTPConnection) -> str:
    """Who issued the host's certificate, "" where there is none."""
    if not isinstance(connection.sock, ssl.SSLSocket):
        return ""
    der = connection.sock.getpeercert(binary_form=True)
    return _named(x509.load_der_x509_certificate(der).issuer) if der else "somebody unnamed"


def _named(name: x509.Name) -> str:
    for kind in (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            return str(attribute.value)[:80]
    return "somebody unnamed"


def _skew(at: float, date: str) -> float | None:
    """`Date` is cut to whole seconds: half a one is added."""
    try:
        return at - (email.utils.parsedate_to_datetime(date).timestamp() + 0.5)
    except (ValueError, TypeError, OverflowError):
        return None


def _failed(name: str, peer: Peer, error: Exception) -> Finding:
    where = f"the proxy {peer.through}" if peer.proxy else peer.host
    match error:
        case ssl.SSLCertVerificationError():
            issuer = _issued_by(peer)
            said = f"The certificate of {peer.host}, issued by {issuer}, is not trusted here ({error.verify_message})."
            mending = "Where an office opens TLS, put its root certificate into a file and name that in SSL_CERT_FILE."
            return Finding(name, "bad", said, mending, (issuer,))
        case ssl.SSLError():
            why, mending = (
                f"TLS fails ({(error.reason or 'unknown').lower()})",
                f"Look at {peer.setting}, and the proxy.",
            )
        case socket.gaierror():
            why, mending = (
                "its name is not known here",
                f"Look at {peer.setting}, the proxy's name, and this machine's DNS.",
            )
        case ConnectionRefusedError():
            why, mending = "connection refused", f"Look at {peer.setting}, the firewall and the proxy."
        case TimeoutError():
            why, mending = (
                f"no answer in {SECONDS:g} s",
                f"This machine must be let out to {peer.host}: firewall, HTTPS_PROXY.",
            )
        case OSError() if refused := re.search(r"Tunnel connection failed: (\d{3})", str(error)):
            why, mending = (
                f"it refuses ({refused[1]})",
                "Look at the user and password in HTTPS_PROXY, and what the proxy lets out.",
            )
        case _:
            why, mending = (
                "what answers is no web server",
                f"Look at {peer.setting}, and at what stands between here and there.",
            )
    return Finding(name, "bad", f"{peer.host} cannot be reached: {where}: {why}.", mending)


def _issued_by(peer: Peer) -> str:
    """Who issued a certificate that is not trusted: looked at, and nothing is said on that connection."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    try:
        with contextlib.closing(_connection(peer, anybody)) as connection:
            return _issuer(connection)
    except (OSError, http.client.HTTPException, ValueError):
        return "somebody who could not be read"
