"""Over the wire: what browsers and curl send, and what they must not be able to do."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from tests.support.gateways import Told, an_api, answering, yes

from gatefleet.contract.entities import ApiKind
from gatefleet.local.gateway.emulator import MAX_BODY
from gatefleet.local.gateways import WAITING_AUTHORIZERS, Gateways
from gatefleet.local.runtime_api import Answer


@contextmanager
def gateway(
    kind: ApiKind = ApiKind.HTTP, *routes: str, told: Told | None = None, url: str | None = None
) -> Iterator[str]:
    """The address of one gateway; routes are public unless `told` answers for them."""
    api = an_api(kind, *routes) if told else an_api(kind, public=routes)
    running = Gateways({api.gateway: api}, {api.gateway: told or answering(yes())}, url_of=lambda _backend: url)
    running.start()
    try:
        yield running.addresses[api.gateway]
    finally:
        running.stop()


@pytest.fixture
def echo() -> Iterator[str]:
    with gateway(ApiKind.HTTP, "ANY /{path+}") as address:
        yield address


def connect(address: str) -> http.client.HTTPConnection:
    where = urlsplit(address)
    return http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)


def call(
    address: str, method: str, path: str, body: Any = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = connect(address)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def raw(address: str, sent: bytes) -> bytes:
    """Send bytes as they are; gives all that comes back until the gateway hangs up."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname or "", where.port), timeout=30) as wire:
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def test_a_connection_takes_one_request_after_the_other(echo: str) -> None:
    connection = connect(echo)
    for number in range(3):
        connection.request("POST", f"/{number}", b"x" * number)
        answer = json.loads(connection.getresponse().read())
        assert (answer["path"], answer["body_bytes"]) == (f"/{number}", number)
    connection.close()


def test_pipelined_requests_are_answered_in_their_order(echo: str) -> None:
    one = b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n"
    got = raw(echo, one % 1 + one % 2)
    assert got.index(b'"path": "/1"') < got.index(b'"path": "/2"')


def test_many_clients_are_answered_at_once(echo: str) -> None:
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda number: call(echo, "GET", f"/{number}")[0].status, range(100)))
    assert statuses == [200] * 100


def test_head_gets_the_head_of_an_answer_and_no_body(echo: str) -> None:
    response, body = call(echo, "HEAD", "/a")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["content-length"]) > 0
    assert response.headers["content-type"] == "application/json"


def test_every_answer_names_its_request_and_the_time(echo: str) -> None:
    with gateway(ApiKind.REST, "GET /a") as rest:
        for address, name in ((echo, "apigw-requestid"), (rest, "x-amzn-requestid")):
            response, _ = call(address, "GET", "/a")
            assert response.headers[name]
            assert response.headers["date"].endswith(" GMT")


def test_a_chunked_body_is_counted_and_a_client_that_asks_whether_to_send_is_told_to(echo: str) -> None:
    response, body = call(echo, "POST", "/a", iter([b"abc", b"de"]))
    assert (response.status, json.loads(body)["body_bytes"]) == (200, 5)
    head = b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    got = raw(echo, head + b"abc")
    assert b'"body_bytes": 3' in got


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "in chunks"])
def test_a_body_above_api_gateways_limit_is_413_and_the_client_gets_to_read_it(echo: str, chunked: bool) -> None:
    chunk = b"x" * (MAX_BODY // 8)
    body = iter([chunk] * 9) if chunked else b"x" * (MAX_BODY + 1)
    response, content = call(echo, "POST", "/a", body)
    assert (response.status, json.loads(content)) == (413, {"message": "Request Entity Too Large"})
    assert call(echo, "POST", "/a", b"x" * MAX_BODY)[0].status == 200


def test_a_head_that_is_too_large_is_431_and_what_is_no_http_is_400(echo: str) -> None:
    large = raw(echo, b"GET /a HTTP/1.1\r\nhost: x\r\na: " + b"x" * 20_000 + b"\r\n\r\n")
    assert large.startswith(b"HTTP/1.1 431 ")
    for nonsense in (
        b"\x16\x03\x01\x02",
        b"GET /a HTTP/1.1\r\n\r\n",
        b"GET a HTTP/1.1\r\nhost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
    ):
        assert raw(echo, nonsense + b"\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert call(echo, "GET", "/a")[0].status == 200


@pytest.mark.parametrize(
    "framing",
    [
        b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
        b"content-length: 3\r\ncontent-length: 30\r\n\r\nabcGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
        b"content-length: +3\r\n\r\nabc",
        b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_body_framed_in_two_ways_smuggles_no_second_request(echo: str, framing: bytes) -> None:
    got = raw(echo, b"POST /a HTTP/1.1\r\nhost: x\r\n" + framing)
    assert b"smuggled" not in got


def test_the_absolute_form_of_a_target_is_its_path(echo: str) -> None:
    got = raw(echo, b"GET http://x/a/b?c=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert b'"path": "/a/b"' in got


def test_header_names_reach_a_rest_authorizer_as_written_and_an_http_one_in_lower_case() -> None:
    told = answering(yes())
    for kind, member in ((ApiKind.REST, "multiValueHeaders"), (ApiKind.HTTP, "headers")):
        with gateway(kind, "GET /a", told=told) as address:
            raw(address, b"GET /a HTTP/1.1\r\nHost: x\r\nX-Trace-ID: 7\r\nconnection: close\r\n\r\n")
        names = set(told.events[-1][member])
        assert ("X-Trace-ID" in names, "x-trace-id" in names) == (kind is ApiKind.REST, kind is ApiKind.HTTP)


class Recorder(BaseHTTPRequestHandler):
    """A backend that remembers what it was sent, and answers as its path says."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, str, dict[str, str], bytes]]] = []
    go_on: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if "/breaks" in self.path:
            self.connection.close()
            return
        self.send_response(201)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Access-Control-Allow-Origin", "https://elsewhere.example.com")
        self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Connection", "x-hop")
        self.send_header("X-Hop", "1")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(b"first")
        if "/slowly" in self.path:
            self.go_on.wait(30)
        self._chunk(b"second")
        self._chunk(b"")

    def do_GET(self) -> None:
        self.do_POST()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def recorder() -> Iterator[str]:
    Recorder.seen.clear()
    Recorder.go_on.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/base"
        server.shutdown()


def test_a_backend_at_a_url_gets_the_request_without_what_belongs_to_one_connection(recorder: str) -> None:
    told = answering(yes(client_id="shop", scopes="orders:read", revision="1/1"))
    with gateway(ApiKind.HTTP, "POST /orders/{id}", told=told, url=recorder) as address:
        response, body = call(
            address,
            "POST",
            "/orders/a%20b?c=1",
            b"content",
            Authorization="Bearer t",
            Connection="keep-alive, x-hop",
            **{"x-hop": "1", "x-gatefleet-client-id": "admin"},
        )
    assert (response.status, body) == (201, b"firstsecond")
    ((method, path, headers, content),) = Recorder.seen
    assert (method, path, content) == ("POST", "/base/orders/a%20b?c=1", b"content")
    assert headers["authorization"] == "Bearer t"
    assert headers["x-gatefleet-client-id"] == "shop"
    assert headers["host"] == urlsplit(recorder).netloc
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert "x-hop" not in headers
    assert "x-hop" not in response.headers


def test_a_chunked_request_goes_on_in_chunks(recorder: str) -> None:
    with gateway(ApiKind.HTTP, "POST /a", url=recorder) as address:
        response, _ = call(address, "POST", "/a", iter([b"ab", b"c"]))
    assert (response.status, Recorder.seen[0][3]) == (201, b"abc")


def test_an_answer_is_passed_on_while_it_comes(recorder: str) -> None:
    with gateway(ApiKind.HTTP, "GET /slowly", url=recorder) as address:
        connection = connect(address)
        connection.request("GET", "/slowly")
        response = connection.getresponse()
        assert response.read(5) == b"first"
        Recorder.go_on.set()
        assert response.read() == b"second"
        connection.close()


@pytest.mark.parametrize(
    ("kind", "challenge"), [(ApiKind.HTTP, "www-authenticate"), (ApiKind.REST, "x-amzn-remapped-www-authenticate")]
)
def test_only_a_rest_api_renames_a_backends_challenge(recorder: str, kind: ApiKind, challenge: str) -> None:
    with gateway(kind, "GET /a", url=recorder) as address:
        response, _ = call(address, "GET", "/a")
    assert response.headers[challenge] == "Basic"


@pytest.mark.parametrize(("kind", "status"), [(ApiKind.HTTP, 503), (ApiKind.REST, 504)])
@pytest.mark.parametrize("path", ["/gone", "/breaks"])
def test_a_backend_that_does_not_answer_is_the_gateways_error(
    recorder: str, kind: ApiKind, status: int, path: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    url = nobody if path == "/gone" else recorder
    with gateway(kind, f"GET {path}", url=url) as address:
        assert call(address, "GET", path)[0].status == status


def test_a_client_that_hangs_up_while_the_authorizer_thinks_takes_nobody_with_it() -> None:
    asked, answer = threading.Event(), threading.Event()

    def think(_event: Any) -> Answer:
        asked.set()
        answer.wait(30)
        return Answer("r", json.dumps(yes()).encode(), 0.0)

    with gateway(ApiKind.HTTP, "GET /a", told=Told(think)) as address:
        connection = connect(address)
        connection.request("GET", "/a")
        asked.wait(30)
        connection.close()
        answer.set()
        assert call(address, "GET", "/a")[0].status == 200


def test_a_gateway_whose_authorizer_hangs_holds_up_no_other() -> None:
    answer = threading.Event()

    def think(_event: Any) -> Answer:
        answer.wait(30)
        return Answer("r", json.dumps(yes()).encode(), 0.0)

    apis = {name: an_api(ApiKind.HTTP, "GET /a", gateway=name) for name in ("orders/slow", "orders/quick")}
    running = Gateways(apis, {"orders/slow": Told(think), "orders/quick": answering(yes())})
    running.start()
    try:
        with ThreadPoolExecutor(WAITING_AUTHORIZERS + 1) as pool:
            slow = [
                pool.submit(call, running.addresses["orders/slow"], "GET", "/a") for _ in range(WAITING_AUTHORIZERS + 1)
            ]
            assert call(running.addresses["orders/quick"], "GET", "/a")[0].status == 200
            assert not any(one.done() for one in slow)
            answer.set()
            assert [one.result()[0].status for one in slow] == [200] * len(slow)
    finally:
        running.stop()


def test_stopping_frees_the_port_though_clients_keep_their_connections() -> None:
    with gateway(ApiKind.HTTP, "GET /a") as address:
        connection = connect(address)
        connection.request("GET", "/a")
        connection.getresponse().read()
    with gateway(ApiKind.HTTP, "GET /a") as again:
        assert again == address
    connection.close()
