"""The fake cluster over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from urllib3 import HTTPResponse, Timeout
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from tests.fake_cluster import Call, FakeCluster, Object, refusal
from tests.serving import served

PATH = re.compile(
    r"/(?:api/v1|apis/[^/]+/v[^/]+)(?:/namespaces/(?P<namespace>[^/]+)(?=/.))?"
    r"/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>log|scale|proxy)(?P<rest>/.*)?)?)?"
)
VERBS = {"POST": "create", "PATCH": "patch", "DELETE": "delete"}
MERGE_PATCH = "application/merge-patch+json"


def call_of(method: str, path: str, query: dict[str, str]) -> Call | None:
    """A request in the words of RBAC, None where it is about no resource."""
    found = PATH.fullmatch(path)
    if not found:
        return None
    resource, name = found["resource"], found["name"] or ""
    verb = VERBS.get(method) or ("watch" if "watch" in query else "get" if name else "list")
    end = len(path) if not name else found.start("name") - 1
    resource += f"/{found['sub']}" if found["sub"] else ""
    return Call(verb, resource, found["namespace"] or "", name, path[:end])


Answer = tuple[int, bytes]


def respond(
    cluster: FakeCluster, method: str, target: str, data: bytes, kind: str
) -> Answer | Iterator[Object] | None:
    """The answer to a request: a status and bytes, the events of a watch, None to cut it off."""
    at = urlsplit(target)
    query = dict(parse_qsl(at.query))
    call = call_of(method, at.path, query)
    if call is None:
        found = {"gitVersion": "v1.34.4"}
        return _sent((200, found) if at.path == "/version" else refusal(404, "NotFound", ""))
    fault = cluster.fault(call)
    if fault and not fault.is_after:
        refused = refusal(fault.status, fault.reason, fault.message)
        return _sent(refused) if fault.status else None
    if call.verb == "watch":
        return cluster.events(call, query)
    assert call.verb != "patch" or kind == MERGE_PATCH
    with cluster.lock:
        answer = _answered(cluster, call, query, json.loads(data) if data else None)
    return None if fault else answer


def _answered(cluster: FakeCluster, call: Call, query: dict[str, str], body: Any) -> Answer:
    if call.resource == "pods/proxy":
        status, text = cluster.nodes.proxied(call.path)
        return status, text.encode()
    if call.resource == "pods/log":
        pod = cluster.objects.get(call.path)
        if pod is None:
            return _sent(refusal(404, "NotFound", f'pods "{call.name}" not found'))
        return 200, cluster.nodes.log(pod).encode()
    return _sent(cluster.answer(call, query, body))


def _sent(answer: tuple[int, Any]) -> Answer:
    return answer[0], json.dumps(answer[1]).encode()


class Handler(BaseHTTPRequestHandler):
    """HTTP for one cluster, which a subclass names."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True
    cluster: FakeCluster

    def handle_any(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type", "")
        answer = respond(self.cluster, self.command, self.path, data, kind)
        if answer is None:
            self.close_connection = True
        elif isinstance(answer, tuple):
            status, sent = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)
        else:
            self._stream(answer)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_: Any) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.cluster.now().timestamp())

    def _stream(self, events: Iterator[Object]) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for event in events:
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        except OSError:  # nobody watches any more
            return


class Pool:
    """A client's transport to a cluster without sockets, where a test has thousands of calls."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster

    def request(
        self, method: str, url: str, *, headers: dict[str, str], body: str | None, timeout: Timeout,
        **_: Any,
    ) -> HTTPResponse:  # fmt: skip
        target = url.removeprefix(self._cluster.address)
        kind = headers.get("Content-Type", "")
        answer = respond(self._cluster, method, target, (body or "").encode(), kind)
        late, self._cluster.late_seconds = self._cluster.late_seconds, 0.0
        if late > float(timeout.read_timeout or 0):
            raise ReadTimeoutError(None, url, "Read timed out.")  # type: ignore[arg-type]
        if not isinstance(answer, tuple):
            raise ProtocolError("Connection aborted.")
        date = format_datetime(self._cluster.now(), usegmt=True)
        return HTTPResponse(BytesIO(answer[1]), {"Date": date}, answer[0], preload_content=False)


class Server(ThreadingHTTPServer):
    """Clients come and go here as they like, many at once."""

    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def serving(nodes: Callable[[Any], Any]) -> Iterator[FakeCluster]:
    """A cluster on a free port of this machine, until the end of the block."""
    made = FakeCluster(nodes)
    handler = type("OfOneCluster", (Handler,), {"cluster": made})
    with served(handler, Server) as made.address:
        try:
            yield made
        finally:
            with made.lock:
                made.is_over = True
                made.changed.notify_all()
