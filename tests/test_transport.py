"""The way to a vendor, on real sockets of this machine: through proxies and around them, kept connections, reasons, bounds.

Sources of what other people ran into stand beside the tests.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import logging
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from bot.providers import transport
from bot.providers.answer import Answer
from bot.providers.transport import NoAnswer, NothingSent, Unsendable, Wire, WireError, proxy_for
from tests.certificates import self_signed, serving

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"ok": 1}'

Behave = Callable[[socket.socket, bytes], bool]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Server:
    """A listener on this machine; `behave` gets each request's head and says whether the connection goes on."""

    def __init__(self, behave: Behave, tls: ssl.SSLContext | None = None) -> None:
        self.behave, self.tls = behave, tls
        self.heads: list[bytes] = []
        self.connections = 0
        self.hung_up = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(10)
        with plain, contextlib.suppress(OSError):
            connection = self.tls.wrap_socket(plain, server_side=True) if self.tls else plain
            with connection:
                while head := request_head(connection):
                    self.heads.append(head)
                    if not self.behave(connection, head):
                        break
        self.hung_up.set()


def request_head(connection: socket.socket) -> bytes:
    """One request, read to its end: its head; b"" when there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more or more[:1] == b"\x16":  # a TLS greeting where none is expected
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < sum(lengths):
        body += connection.recv(65536)
    return head


def well(connection: socket.socket, head: bytes) -> bool:
    connection.sendall(OK)
    return True


def tunnel(connection: socket.socket, head: bytes) -> bool:
    """A CONNECT proxy, whatever the name, to this machine's port of that number."""
    method, target, _ = head.split(b"\r\n")[0].split(b" ")
    assert method == b"CONNECT"
    there = socket.create_connection(("127.0.0.1", int(target.rpartition(b":")[2])), 10)
    with there:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        other = {connection: there, there: connection}
        while True:
            for ready in select.select(list(other), [], [], 10)[0]:
                data = ready.recv(65536)
                if not data:
                    return False
                other[ready].sendall(data)


@contextlib.contextmanager
def wire(address: str, **options: Any) -> Iterator[Wire]:
    way = Wire(address, **options)
    try:
        yield way
    finally:
        way.close()


def get(way: Wire, path: str = "/v1?a=b") -> Answer:
    return way.exchange("GET", path, {"X-Key": "s3cret"}, repeatable=True)


def post(way: Wire) -> Answer:
    return way.exchange("POST", "/v1", {"X-Key": "s3cret"}, b"{}", repeatable=False)


def failure(call: Callable[[], object]) -> WireError:
    with pytest.raises(WireError) as caught:
        call()
    assert "s3cret" not in repr(caught.value)
    return caught.value


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS for `localhost` that newhire trusts."""
    certificate, both = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return serving(both)


# --- proxies


def test_a_proxy_is_the_only_way_out_and_the_name_is_looked_up_there(
    trusted: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, both = self_signed(tmp_path, name="api.vendor.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(well, serving(both)) as vendor, Server(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with wire(f"https://api.vendor.example:{vendor.port}") as way:  # a name that only the proxy knows
            assert get(way).json() == post(way).json() == {"ok": 1}
        assert [head.split(b"\r\n")[0] for head in proxy.heads] == [
            f"CONNECT api.vendor.example:{vendor.port} HTTP/1.1".encode()
        ]
    assert b"s3cret" not in b"".join(proxy.heads)
    assert len(vendor.heads) == 2


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_each_variable_that_names_a_proxy_is_honoured(
    variable: str, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(well, trusted) as vendor, Server(tunnel) as proxy:
        monkeypatch.setenv(variable, f"127.0.0.1:{proxy.port}")  # without a scheme: encode/httpx #806, #1082
        with wire(f"https://localhost:{vendor.port}") as way:
            get(way)
    assert len(proxy.heads) == 1


def test_a_proxy_passes_plain_http_on() -> None:
    with Server(well) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        with wire("http://vendor.example/prefix") as way:
            get(way)
    assert proxy.heads[0].startswith(b"GET http://vendor.example/prefix/v1?a=b HTTP/1.1\r\n")


def test_no_proxy_goes_around(trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(well, trusted) as vendor, Server(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "other.example, localhost")
        with wire(f"https://localhost:{vendor.port}") as way:
            get(way)
    assert (len(vendor.heads), proxy.connections) == (1, 0)


def test_who_asks_the_proxy_says_who_it_is_and_nobody_else_hears_it(
    trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(well, trusted) as vendor, Server(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://j%40ne:p%C3%A4ss@127.0.0.1:{proxy.port}")
        with wire(f"https://localhost:{vendor.port}") as way:
            get(way)
    said = base64.b64encode("j@ne:päss".encode())
    assert b"Proxy-Authorization: Basic " + said in proxy.heads[0]
    assert b"authorization" not in vendor.heads[0].lower()


@pytest.mark.parametrize("status", [407, 403, 502, 503, 504])
def test_a_proxy_that_refuses_has_let_nothing_through(
    status: int, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IBM/python-sdk-core #31 (407), vsphere-automation-sdk-python #226 (504): no doubt about a create that never left."""

    def refuse(connection: socket.socket, head: bytes) -> bool:
        connection.sendall(f"HTTP/1.1 {status} s3cret reason\r\nContent-Length: 0\r\n\r\n".encode())
        return False

    with Server(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass1234@127.0.0.1:{proxy.port}")
        with wire("https://vendor.example") as way:
            error = failure(lambda: post(way))
    assert isinstance(error, NothingSent)
    assert str(error) == f"proxy 127.0.0.1:{proxy.port}: it refuses ({status})"


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection, head: False,
        lambda connection, head: bool(connection.sendall(b"SSH-2.0\r\n\r\n")),
        lambda connection, head: bool(connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nno TLS here")),
    ],
)
def test_a_proxy_that_breaks_off_has_let_nothing_through(behave: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(behave) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with wire("https://vendor.example") as way:
            error = failure(lambda: post(way))
    assert isinstance(error, NothingSent)
    assert str(error).startswith(f"proxy 127.0.0.1:{proxy.port}: ")


@pytest.mark.parametrize(
    "address", ["socks5://127.0.0.1:1", "socks://127.0.0.1:1", "http://", "http://x:y:z", "ftp://a"]
)
def test_a_proxy_that_cannot_be_used_is_a_sentence_and_no_traceback(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """danielgatis/rembg #855, xullexer/PYDNS-Scanner #8: desktops set ALL_PROXY=socks://..., and programs do not start."""
    monkeypatch.setenv("ALL_PROXY", address)
    with wire("https://vendor.example") as way:
        error = failure(lambda: post(way))
    assert isinstance(error, NothingSent)
    assert "proxy that the environment names cannot be used" in str(error)


def test_the_deadline_holds_behind_a_proxy_too(trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def drip(connection: socket.socket, head: bytes) -> bool:
        while not over.wait(0.005):
            connection.sendall(b"H")
        return False

    with Server(drip, trusted) as vendor, Server(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with wire(f"https://localhost:{vendor.port}", total_seconds=0.3) as way:
            error = failure(lambda: get(way))
        over.set()
    assert isinstance(error, NoAnswer)
    assert str(error) == "read timeout"


@pytest.mark.parametrize(
    ("listed", "around"),
    [
        ("api.vendor.example", True),
        ("vendor.example", True),
        (".vendor.example", True),
        ("*.vendor.example", True),
        ("VENDOR.Example", True),
        ("*", True),
        ("a, b,*", True),
        ("a b api.vendor.example", True),
        ("api.vendor.example:443", True),
        ("api.vendor.example:80", False),
        ("dor.example", False),
        ("example.com", False),
        ("api.vendor.example.com", False),
        ("10.0.0.0/8", False),
        ("::1/128, fe80::/10", False),  # wecode-ai/Wegent #3556: httpx dies of it
        (",,", False),
    ],
)
def test_no_proxy_lists_names(listed: str, around: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", listed)
    assert proxy_for("https://api.vendor.example:443") == (None if around else "http://proxy:3128")


@pytest.mark.parametrize(
    ("address", "listed", "around"),
    [
        # curl #9773, psf/requests #4871, NousResearch/hermes-agent #59667: a network is silently ignored
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "192.168.0.0/16,10.1.2.3", True),
        ("10.1.2.3", "10.1.2.9/24", True),
        ("10.1.2.3", "11.0.0.0/8", False),
        ("10.1.2.3", "10.0.0.0/99", False),
        ("127.0.0.1", "localhost", False),
        ("[::1]", "::1", True),
        ("[fd00::5]", "[fd00::]/8", False),
        ("[fd00::5]", "fd00::/8", True),
    ],
)
def test_no_proxy_lists_addresses_and_networks(
    address: str, listed: str, around: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", listed)
    assert (proxy_for(f"http://{address}:8080") is None) == around


def test_the_scheme_of_the_address_chooses_the_proxy_and_small_letters_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://all:1")
    monkeypatch.setenv("HTTP_PROXY", "http://plain:1")
    assert proxy_for("https://vendor.example") == "http://all:1"
    assert proxy_for("http://vendor.example") == "http://plain:1"
    monkeypatch.setenv("https_proxy", " https://small:1 ")
    monkeypatch.setenv("HTTPS_PROXY", "http://capital:1")
    assert proxy_for("https://vendor.example") == "https://small:1"
    monkeypatch.delenv("https_proxy")
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert proxy_for("https://vendor.example") == "http://all:1"


# --- kept connections


def test_a_connection_is_kept_for_the_next_call() -> None:
    with Server(well) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        for _ in range(5):
            get(way)
            post(way)
        assert (vendor.connections, len(vendor.heads)) == (1, 10)


def test_a_connection_is_kept_for_a_few_seconds_only() -> None:
    assert 0 < transport.IDLE_SECONDS < 5


def leave_after(answers: int) -> Behave:
    """Answers so many requests on a connection, reads one more, and leaves without a word."""
    served: dict[socket.socket, int] = {}

    def behave(connection: socket.socket, head: bytes) -> bool:
        served[connection] = served.get(connection, 0) + 1
        return served[connection] <= answers and well(connection, head)

    return behave


def test_a_look_up_that_dies_on_a_kept_connection_is_asked_again_on_a_fresh_one() -> None:
    """encode/httpx #1478, urllib3 #1911, pydantic/httpx2 #29: the server closes just as it is asked."""
    with Server(leave_after(1)) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        assert get(way).status == get(way).status == 200
        assert (vendor.connections, len(vendor.heads)) == (2, 3)


def test_a_look_up_that_dies_on_a_fresh_connection_is_not_asked_again() -> None:
    with Server(leave_after(0)) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        assert isinstance(failure(lambda: get(way)), NoAnswer)
        assert len(vendor.heads) == 1


def test_a_look_up_that_dies_twice_is_not_asked_a_third_time() -> None:
    def behave(connection: socket.socket, head: bytes) -> bool:
        return len(vendor.heads) == 1 and well(connection, head)

    with Server(behave) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        get(way)
        assert isinstance(failure(lambda: get(way)), NoAnswer)
        assert len(vendor.heads) == 3


def test_a_create_that_dies_on_a_kept_connection_may_have_been_read() -> None:
    with Server(leave_after(1)) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        get(way)
        assert isinstance(failure(lambda: post(way)), NoAnswer)
        assert len(vendor.heads) == 2


def test_a_create_goes_out_on_a_fresh_connection_when_the_kept_one_was_closed_before() -> None:
    def behave(connection: socket.socket, head: bytes) -> bool:
        well(connection, head)
        return False

    with Server(behave) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        for _ in range(3):
            post(way)
            assert vendor.hung_up.wait(10)
            vendor.hung_up.clear()
        assert (vendor.connections, len(vendor.heads)) == (3, 3)


def test_a_create_that_was_not_even_written_is_sent_on_a_fresh_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(well) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        post(way)
        broken, whole = iter([True]), transport._BoundedStream.write

        def write(self: Any, buffer: bytes, timeout: float | None = None) -> None:
            if next(broken, False):
                self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            whole(self, buffer, timeout)

        monkeypatch.setattr(transport._BoundedStream, "write", write)
        assert post(way).status == 200
        assert (vendor.connections, len(vendor.heads)) == (2, 2)


def test_an_answer_that_breaks_off_on_a_kept_connection_is_no_reason_to_ask_again() -> None:
    def behave(connection: socket.socket, head: bytes) -> bool:
        if len(vendor.heads) == 1:
            return well(connection, head)
        connection.sendall(OK[:-3])
        return False

    with Server(behave) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        get(way)
        assert isinstance(failure(lambda: get(way)), NoAnswer)
        assert len(vendor.heads) == 2


def test_a_look_up_that_is_not_answered_is_not_asked_again() -> None:
    over = threading.Event()

    def behave(connection: socket.socket, head: bytes) -> bool:
        return well(connection, head) if len(vendor.heads) == 1 else over.wait(10) and False

    with (
        Server(behave) as vendor,
        wire(f"http://127.0.0.1:{vendor.port}", timeout=httpx.Timeout(5, read=0.1)) as way,
    ):
        get(way)
        assert str(failure(lambda: get(way))) == "read timeout"
        over.set()
        assert len(vendor.heads) == 2


def test_asking_again_has_no_more_time_than_asking() -> None:
    over = threading.Event()

    def behave(connection: socket.socket, head: bytes) -> bool:
        match len(vendor.heads):
            case 1:
                return well(connection, head)
            case 2:
                return False
        while not over.wait(0.005):
            connection.sendall(b"H")
        return False

    with Server(behave) as vendor, wire(f"http://127.0.0.1:{vendor.port}", total_seconds=0.3) as way:
        get(way)
        assert str(failure(lambda: get(way))) == "read timeout"
        over.set()
        assert len(vendor.heads) == 3


def test_a_kept_connection_serves_both_of_two_threads_one_after_the_other_and_never_at_once() -> None:
    with Server(well) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        threads = [threading.Thread(target=lambda: [get(way) for _ in range(20)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(vendor.heads) == 80
        assert vendor.connections <= 4


# --- reasons


def test_a_certificate_that_is_not_trusted_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """huaweicloud-sdk-python-v3 #17: "unable to get local issuer certificate" behind a company's proxy."""
    expired, both = self_signed(tmp_path, days=0)
    with Server(well, serving(both)) as vendor, wire(f"https://localhost:{vendor.port}") as way:
        error = failure(lambda: post(way))
        assert isinstance(error, NothingSent)
        assert str(error) == "certificate not trusted (self-signed certificate)"
    monkeypatch.setenv("SSL_CERT_FILE", str(expired))
    with Server(well, serving(both)) as vendor, wire(f"https://localhost:{vendor.port}") as way:
        assert str(failure(lambda: post(way))) == "certificate not trusted (certificate has expired)"
    certificate, both = self_signed(tmp_path, name="elsewhere.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(well, serving(both)) as vendor, wire(f"https://localhost:{vendor.port}") as way:
        assert str(failure(lambda: post(way))) == "certificate not trusted (hostname mismatch)"


def test_names_refusals_and_tls_are_three_reasons() -> None:
    with Server(well) as vendor:
        for address, reason in (
            ("http://vendor.invalid", "name not found"),
            (f"https://127.0.0.1:{vendor.port}", "TLS failed ("),
        ):
            with wire(address) as way:
                error = failure(partial(post, way))
                assert isinstance(error, NothingSent)
                assert str(error).startswith(reason)
    with wire(f"http://127.0.0.1:{vendor.port}") as way:  # nobody listens there any more
        assert str(failure(lambda: post(way))) == "connection refused"


def test_a_name_with_more_than_one_address_is_tried_at_each_within_one_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """urllib3 #2055, psf/requests #5773: the connect timeout begins anew with each address."""
    tried: list[tuple[str, float]] = []

    def slow(self: Any, host: str, port: int, timeout: float | None = None, *rest: Any) -> Any:
        tried.append((host, timeout or 0.0))
        transport._call.end = (transport._call.end or 0.0) - (timeout or 0.0)  # as if it had taken all its time
        raise httpcore.ConnectTimeout("timed out")

    addresses = [(2, 1, 6, "", (f"192.0.2.{number}", 443)) for number in range(1, 21)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", slow)
    with wire("https://vendor.example") as way:
        error = failure(lambda: post(way))
    assert isinstance(error, NothingSent)
    assert str(error) == "connect timeout"
    assert sum(seconds for _, seconds in tried) <= transport.TOTAL_SECONDS
    assert len(tried) == 6


def test_the_second_address_serves_when_the_first_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(well) as vendor:
        found = [(2, 1, 6, "", (host, vendor.port)) for host in ("127.0.0.9", "127.0.0.1")]
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *rest, **more: found if host == "vendor.example" else real(host, *rest, **more),
        )
        with wire(f"http://vendor.example:{vendor.port}") as way:
            assert get(way).status == 200


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "xn--a.example"])
def test_a_name_that_cannot_exist_is_not_found(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def strict(name: str, *_: Any, **__: Any) -> Any:
        raise UnicodeError("label empty or too long")

    monkeypatch.setattr(socket, "getaddrinfo", strict)
    with contextlib.suppress(httpx.InvalidURL), wire(f"http://{host}") as way:
        assert str(failure(lambda: post(way))) == "name not found"


def test_a_header_that_cannot_be_sent_is_known_before_anything_leaves() -> None:
    with Server(well) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        for value in ("two\nlines", "密钥", "a\rb", "nul\0"):
            with pytest.raises(Unsendable):
                way.exchange("POST", "/v1", {"X-Key": value}, b"{}", repeatable=False)
        assert vendor.heads == []


# --- what is sent


def test_a_request_is_what_was_asked_for() -> None:
    with Server(well) as vendor, wire(f"http://127.0.0.1:{vendor.port}/gate/") as way:
        get(way)
        post(way)
        port = str(vendor.port).encode()
    assert vendor.heads[0].split(b"\r\n") == [
        b"GET /gate/v1?a=b HTTP/1.1",
        b"Host: 127.0.0.1:" + port,
        b"User-Agent: newhire",
        b"Accept: */*",
        b"Accept-Encoding: identity",
        b"X-Key: s3cret",
    ]
    assert vendor.heads[1].startswith(b"POST /gate/v1 HTTP/1.1\r\n")
    assert vendor.heads[1].endswith(b"\r\nContent-Length: 2")


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/v1/users/li%20na?x=%E5%BC%A0&y=a+b", "/v1/users/li%20na?x=%E5%BC%A0&y=a+b"),
        ("/v1/张 伟#x", "/v1/%E5%BC%A0%20%E4%BC%9F%23x"),
        ("/a@b.c;d=1,2!$'()*~[]", "/a@b.c;d=1,2!$'()*~[]"),
        ("/a\r\nX-Evil: 1", "/a%0D%0AX-Evil:%201"),
    ],
)
def test_the_signed_uri_is_the_one_that_is_sent(path: str, sent: str) -> None:
    with Server(well) as vendor, wire(f"http://127.0.0.1:{vendor.port}/p") as way:
        assert way.uri(path) == f"/p{sent}"
        get(way, path)
    assert vendor.heads[0].split(b" ")[1].decode() == f"/p{sent}"


def test_a_secret_in_the_query_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """WeCom and DingTalk want their token there; httpx's client writes every URL into the log."""
    caplog.set_level(logging.DEBUG)
    path = "/cgi-bin/user/get?access_token=s3cret-token"
    with Server(leave_after(1)) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        get(way, path)
        error = failure(lambda: way.exchange("POST", path, {}, b"{}", repeatable=False))
    assert isinstance(error, NoAnswer)
    assert b"s3cret-token" in vendor.heads[0]
    assert "s3cret-token" not in caplog.text + repr(error)


# --- what comes back


def test_an_answer_that_a_gateway_packed_is_read() -> None:
    packed = gzip.compress(b'{"ok": 1}')

    def behave(connection: socket.socket, head: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed))
        connection.sendall(packed)
        return True

    with Server(behave) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        assert get(way).json() == post(way).json() == {"ok": 1}


def test_a_bomb_is_no_answer() -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)

    def behave(connection: socket.socket, head: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb))
        connection.sendall(bomb)
        return True

    with Server(behave) as vendor, wire(f"http://127.0.0.1:{vendor.port}") as way:
        assert str(failure(lambda: get(way))) == "an answer of more than 1000000 bytes"
