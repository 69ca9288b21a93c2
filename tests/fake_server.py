"""The fake cluster over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fake_cluster import Call, FakeCluster, Fault, Object, refusal

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


class Handler(BaseHTTPRequestHandler):
    """HTTP for one cluster, which a subclass names."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True
    cluster: FakeCluster

    def handle_any(self) -> None:
        at = urlsplit(self.path)
        query = dict(parse_qsl(at.query))
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = call_of(self.command, at.path, query)
        if call is None:
            found = {"gitVersion": "v1.34.4"}
            self._send(*((200, found) if at.path == "/version" else refusal(404, "NotFound", "")))
            return
        fault = self.cluster.fault(call)
        if fault is None or fault.is_after:
            self._answer(call, query, json.loads(data) if data else None, fault)
        elif fault.status:
            self._send(*refusal(fault.status, fault.reason, fault.message))
        else:
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_: Any) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.cluster.now().timestamp())

    def _answer(self, call: Call, query: dict[str, str], body: Any, fault: Fault | None) -> None:
        if call.verb == "watch":
            self._stream(self.cluster.events(call, query))
            return
        if call.verb == "patch":
            assert self.headers["Content-Type"] == MERGE_PATCH
        if call.resource == "pods/log":
            self._log(call)
            return
        if call.resource == "pods/proxy":
            with self.cluster.lock:
                status, text = self.cluster.nodes.proxied(call.path)
            self._write(status, text.encode())
            return
        with self.cluster.lock:
            status, answer = self.cluster.answer(call, query, body)
            sent = json.dumps(answer).encode()
        if fault:
            self.close_connection = True
        else:
            self._write(status, sent)

    def _log(self, call: Call) -> None:
        with self.cluster.lock:
            pod = self.cluster.objects.get(call.path)
            lines = self.cluster.nodes.log(pod) if pod else ""
        if pod:
            self._write(200, lines.encode())
        else:
            self._send(*refusal(404, "NotFound", f'pods "{call.name}" not found'))

    def _send(self, status: int, answer: Any) -> None:
        self._write(status, json.dumps(answer).encode())

    def _write(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

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


class Server(ThreadingHTTPServer):
    """Clients come and go here as they like."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def serving(nodes: Callable[[Any], Any]) -> Iterator[FakeCluster]:
    """A cluster on a free port of this machine, until the end of the block."""
    made = FakeCluster(nodes)
    handler = type("OfOneCluster", (Handler,), {"cluster": made})
    with Server(("127.0.0.1", 0), handler) as server:
        made.address = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            with made.lock:
                made.is_over = True
                made.changed.notify_all()
            server.shutdown()
            thread.join()
