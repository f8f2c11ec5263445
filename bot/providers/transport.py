"""The way to one vendor: bytes there and back, bounded in time and size, through the proxy that this machine is told to use.

Knows HTTP and neither accounts nor vendors. It is built on httpcore, the part of httpx below its client: the deadline for a
whole call needs httpcore's network backend, which httpx does not pass through, and the client's conveniences (redirects,
cookies, its log line with every URL) are unwanted here.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import importlib
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, cast
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from bot.providers.answer import MAX_ANSWER, Answer, Unreadable, unpacked

TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=10.0, pool=5.0)
"""Seconds for each address tried, each read, each write, and for a free connection."""

TOTAL_SECONDS = 30.0
"""One call, from connecting to the last byte, however often it begins again."""

IDLE_SECONDS = 3.0
"""A connection is kept so long after an answer. Servers close theirs after 5 s and more (Node, Apache 5, nginx 75): ours goes
first, since what is sent on one that is just being closed may or may not have been read."""

_LEGAL = "/%:?&=[]@!$'()*+,;~"
"""What stays as it is in a path and query, besides letters, digits and `_.-`."""

_ALWAYS = [(b"User-Agent", b"newhire"), (b"Accept", b"*/*"), (b"Accept-Encoding", b"identity")]


class WireError(Exception):
    """Base of what can go wrong between here and a vendor. The text is short, and quotes nothing that was sent.

    `stale` says that the connection was a kept one, and died before a byte of an answer came.
    """

    stale = False


class NothingSent(WireError):
    """The vendor has had no whole request: repeating it is safe."""


class Unsendable(NothingSent):
    """A header holds characters that HTTP cannot carry."""


class NoAnswer(WireError):
    """It was sent, and no whole answer came."""


class Network(Protocol):
    """What carries one request: httpcore's pools, or a transport that a test hands in."""

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send it; the response's stream is still to be read and closed. Raises httpcore's exceptions."""

    def close(self) -> None:
        """Close what is open."""


class Wire:
    """The way to the host of `base_url`. One for all threads.

    `timeout` bounds each part of a call and `total_seconds` the whole. Without a `transport`, the environment's proxy
    settings hold (`proxy_for`), connections are kept for IDLE_SECONDS, and TLS trusts what httpx trusts (SSL_CERT_FILE).
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        total_seconds: float = TOTAL_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        self._scheme, self._host, self._port = parts.scheme.encode(), _host(parts.hostname or ""), parts.port
        self._prefix = quote(parts.path.rstrip("/"), safe=_LEGAL)
        name = b"[%b]" % self._host if b":" in self._host else self._host
        self._authority = name if self._port is None else b"%b:%d" % (name, self._port)
        self._extensions = {"timeout": timeout.as_dict()}
        self.timeout, self.total_seconds = timeout, total_seconds
        self._injected = transport is not None
        self._kept, self._fresh, self._via = (
            (_Injected(transport), _Injected(transport), "") if transport else _networks(base_url)
        )

    def uri(self, path: str) -> str:
        """The request URI, path and query, exactly as `exchange` sends it: what signatures are made over."""
        return self._prefix + quote(path, safe=_LEGAL)

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes = b"", *, repeatable: bool
    ) -> Answer:
        """One request and its answer, read to its end and unpacked.

        `repeatable` says that a request can go out again when the kept connection that it went out on was dead. Any
        request can, when it was not even written there. Raises Unsendable, NothingSent or NoAnswer.
        """
        request = self._request(method, path, headers, content)
        with _deadline(self.total_seconds):
            try:
                return self._once(self._kept, request)
            except WireError as error:
                if not (error.stale and (repeatable or isinstance(error, NothingSent))):
                    raise
            return self._once(self._fresh, request)

    def close(self) -> None:
        """Close the connections."""
        self._kept.close()
        self._fresh.close()

    def _request(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> httpcore.Request:
        target = self.uri(path).encode("ascii")
        url = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target)
        try:
            given = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        except UnicodeError:
            raise Unsendable("a header that no HTTP can carry") from None
        length = [(b"Content-Length", b"%d" % len(content))] if content or method in ("POST", "PUT", "PATCH") else []
        every = [(b"Host", self._authority), *_ALWAYS, *given, *length]
        return httpcore.Request(method, url, headers=every, content=content, extensions=self._extensions)

    def _once(self, network: Network, request: httpcore.Request) -> Answer:
        _call.opened = _call.written = _call.heard = False
        try:
            response = network.handle_request(request)
            with contextlib.closing(response):
                headers = httpx.Headers(response.headers)
                body = _read(response.stream)
            return Answer(response.status, headers, unpacked(body, headers.get("content-encoding", "")))
        except httpcore.LocalProtocolError:
            # Raised while the headers are put together, before a byte has left.
            raise Unsendable("a header that no HTTP can carry") from None
        except Unreadable as error:
            raise NoAnswer(str(error)) from None
        except _FAILURES as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> WireError:
        unsent = isinstance(error, _UNSENT) or not (self._injected or _call.written)
        via = f"proxy {self._via}: " if self._via and not _call.written else ""
        failure = (NothingSent if unsent else NoAnswer)(via + _reason(error))
        failure.stale = isinstance(error, _DEAD) and not (self._injected or _call.opened or _call.heard)
        return failure


_DEAD = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)
_UNSENT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.UnsupportedProtocol,
    httpcore.ProxyError,  # it would not let us through
)
_FAILURES = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, *_UNSENT)


def _read(stream: Any) -> bytes:
    body = bytearray()
    for chunk in stream:
        body += chunk
        if len(body) > MAX_ANSWER:
            raise Unreadable(f"an answer of more than {MAX_ANSWER} bytes")
    return bytes(body)


def _host(name: str) -> bytes:
    """As it is looked up and written into `Host`: an international name in its ASCII form."""
    return httpx.URL(f"http://[{name}]" if ":" in name else f"http://{name}").raw_host if name else b""


# --- proxies


def proxy_for(base_url: str) -> str | None:
    """The URL of the proxy that the environment names for `base_url`; None to connect directly.

    HTTPS_PROXY or HTTP_PROXY by the address's scheme, else ALL_PROXY; a value without a scheme is an HTTP proxy, as for curl
    (httpx #1082). NO_PROXY lists hosts, which hold for their subdomains (`example.com`, `.example.com`, `*.example.com`),
    addresses, networks (`10.0.0.0/8`), or `*`. Small letters win over capitals.
    """
    parts, known = urlsplit(base_url), getproxies()
    proxy = (known.get(parts.scheme) or known.get("all") or "").strip()
    if not proxy or _bypassed(parts.hostname or "", parts.port, known.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _bypassed(host: str, port: int | None, listed: str) -> bool:
    if not listed:
        return bool(proxy_bypass(host))  # what macOS and Windows keep elsewhere
    return any(_covers(entry.lower(), host.lower(), port) for entry in listed.replace(",", " ").split())


def _covers(entry: str, host: str, port: int | None) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:  # a name, on one side or the other
        pass
    name, _, at = entry.partition(":")
    name = name.removeprefix("*").lstrip(".")
    return (host == name or host.endswith(f".{name}") or entry == "*") and at in ("", str(port))


def _networks(base_url: str) -> tuple[Network, Network, str]:
    """What keeps its connections, what opens a fresh one for each request, and the proxy's host and port if there is one."""
    url, context = proxy_for(base_url), _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    try:
        proxy, via = (None, "") if url is None else _proxy(url, context)
    except (ValueError, ImportError, httpx.InvalidURL):
        # Said at each call, where it can be told. The address itself can hold a password.
        nowhere = _Nowhere()
        return nowhere, nowhere, ""
    return _pool(proxy, context, keep=True), _pool(proxy, context, keep=False), via


@functools.cache
def _trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    """One for every provider: to read the certificates of all authorities takes 20 ms and most of a megabyte.

    The arguments are what httpx reads from the environment here.
    """
    return httpx.create_ssl_context()


def _proxy(url: str, context: ssl.SSLContext) -> tuple[httpcore.Proxy, str]:
    """The proxy at `url`, and how people know it: host and port, without the password that may stand before them."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https", "socks5", "socks5h"):
        raise ValueError("no kind of proxy that is known here")
    if parts.scheme.startswith("socks"):
        importlib.import_module("socksio")  # which httpcore would miss only in the middle of a call
    who = (unquote(parts.username).encode(), unquote(parts.password or "").encode()) if parts.username else None
    at = httpcore.URL(scheme=parts.scheme, host=_host(parts.hostname), port=parts.port, target=b"/")
    tls = context if parts.scheme == "https" else None
    return httpcore.Proxy(at, auth=who, ssl_context=tls), f"{parts.hostname}:{at.origin.port}"


def _pool(proxy: httpcore.Proxy | None, context: ssl.SSLContext, *, keep: bool) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=context,
        proxy=proxy,
        max_connections=100,
        max_keepalive_connections=20 if keep else 0,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=_Backend(),
    )


class _Nowhere:
    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        raise httpcore.ProxyError(_UNUSABLE)

    def close(self) -> None: ...


_UNUSABLE = "the proxy that the environment names cannot be used: an http:// or https:// address is needed"


class _Injected:
    """A transport of httpx's in the place of httpcore's pool: how tests pretend to be a vendor."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        at, stream = request.url, cast("Iterable[bytes]", request.stream)
        url = httpx.URL(scheme=at.scheme.decode(), host=at.host.decode(), port=at.port, raw_path=at.target)
        content = b"".join(stream)
        with _as_httpcore():
            given = httpx.Request(request.method.decode(), url, headers=request.headers, content=content)
            response = self._transport.handle_request(given)
        return httpcore.Response(response.status_code, headers=response.headers.raw, content=_Stream(response))

    def close(self) -> None:
        self._transport.close()


class _Stream:
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpcore():
            yield from self._response.iter_raw()

    def close(self) -> None:
        self._response.close()


@contextlib.contextmanager
def _as_httpcore() -> Iterator[None]:
    """httpx names its exceptions as httpcore does."""
    try:
        yield
    except httpx.TransportError as error:
        raise getattr(httpcore, type(error).__name__, httpcore.NetworkError)(str(error)) from error


# --- reasons


def _reason(error: Exception) -> str:
    """What went wrong in a few words of ours: texts of libraries can quote what was sent."""
    for cause in _causes(error):
        match cause:
            case httpcore.ProxyError():
                # "407 Proxy Authentication Required": the number is the proxy's, the rest may be anybody's.
                refused = f"it refuses ({str(cause)[:3]})" if str(cause)[:3].isdigit() else "it refuses"
                return _UNUSABLE if str(cause) == _UNUSABLE else refused
            case socket.gaierror():
                return "name not found"
            case ssl.SSLCertVerificationError():
                return f"certificate not trusted ({_plain(cause.verify_message)})"
            case ssl.SSLError():
                return f"TLS failed ({_plain(cause.reason or 'no reason given')})"
            case OSError() if cause.errno in _SAID:
                return _SAID[cause.errno]
    if isinstance(error, httpcore.RemoteProtocolError) and "without sending a response" in str(error):
        return "connection closed without an answer"
    return "".join(f" {char.lower()}" if char.isupper() else char for char in type(error).__name__).strip()


_SAID = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "no route to the host",
}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what is behind it; httpcore hands the cause on as the argument."""
    while error is not None:
        yield error
        inner = error.args[0] if error.args else None
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__


def _plain(text: str) -> str:
    """OpenSSL's own words: `certificate has expired`, `WRONG_VERSION_NUMBER`."""
    return text.partition(", certificate is not valid")[0].replace("_", " ").lower()[:60]


# --- the deadline
#
# Timeouts bound each read, not their sum, so a peer that drips a byte every ten seconds would hold a worker for hours.
# httpcore's network backend is where every byte passes; it also sees whether the request was written at all.


class _Call(threading.local):
    """The call that this thread is in: when it must end, and how far it has come."""

    end: float | None = None
    opened = written = heard = False


_call = _Call()


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    _call.end = time.monotonic() + seconds
    try:
        yield
    finally:
        _call.end = None


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    if _call.end is None:
        return timeout
    left = _call.end - time.monotonic()
    if left <= 0:
        raise late("the whole call took too long")
    return left if timeout is None else min(timeout, left)


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        _call.heard = _call.heard or bool(data and _call.written)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))
        # A request whose head did not get out whole is none. What is said to a proxy first is not the request yet.
        if buffer and not buffer.startswith(b"CONNECT "):
            _call.written = True

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Each address of the host in turn, within the deadline: Python's own loop gives each the whole time anew."""
        _call.opened = True
        failed: Exception = httpcore.ConnectError("no address")
        for address in _addresses(host, port):
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                return _BoundedStream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the latter for a label that is too long
        raise httpcore.ConnectError(socket.gaierror(socket.EAI_NONAME, "name not found")) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
