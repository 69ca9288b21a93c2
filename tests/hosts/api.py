"""A Kubernetes API server that remembers: enough of one for `helm install` and `helm upgrade`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from ruamel.yaml import YAML

from tests.hosts import openapi
from tests.hosts.protobuf import MAGIC, secret
from tests.serving import served

MAXIMUM_BYTES = 4 * 1024 * 1024

KINDS = {
    "v1": {"configmaps": "ConfigMap", "secrets": "Secret", "services": "Service", "pods": "Pod"},
    "apps/v1": {"deployments": "Deployment"},
    "batch/v1": {"jobs": "Job"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
}
"""What it serves: the kinds of each version by their names in paths."""

VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
READS = ("GET", "HEAD")


class Request(NamedTuple):
    """A request that came in: its method, its path without the query, the object in its body."""

    method: str
    path: str
    body: Any


def kubeconfig(address: str) -> str:
    """A kubeconfig that leads to a server."""
    return (
        "apiVersion: v1\nkind: Config\ncurrent-context: fake\n"
        f"clusters: [{{name: fake, cluster: {{server: '{address}'}}}}]\n"
        "contexts: [{name: fake, context: {cluster: fake, user: nobody}}]\n"
        "users: [{name: nobody, user: {}}]\n"
    )


class Api:
    """What came in, and the objects that are there, by their paths."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.objects: dict[str, Any] = {}
        self.address = ""
        self.lock = Lock()

    @property
    def kubeconfig(self) -> str:
        """A kubeconfig that leads here."""
        return kubeconfig(self.address)

    def writes(self) -> list[Request]:
        """The requests that change something."""
        return [item for item in self.requests if item.method not in READS]

    def object(self, resource: str, name: str) -> Any:
        """The object of a name, such as `deployments` and `web`; None without one."""
        end = f"/{resource}/{name}"
        return next((value for path, value in self.objects.items() if path.endswith(end)), None)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """The status and the object that a request is answered with."""
        with self.lock:
            self.requests.append(Request(method, path, body))
            found = _discovery(path) if method == "GET" else None
            if found is not None:
                return 200, found
            if method == "POST":
                path = f"{path}/{body['metadata']['name']}"
                if path in self.objects:
                    return 409, _status(409, "AlreadyExists")
            elif method == "GET" and path.rsplit("/", 1)[-1] in _resources():
                return 200, self._list(path, query)
            elif path not in self.objects and not _is_apply(method, query):
                return 404, _status(404, "NotFound")
            return self._changed(method, path, body)

    def _changed(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "DELETE":
            return 200, self.objects.pop(path)
        if method == "PATCH":
            self.objects[path] = merged(self.objects.get(path), body)
        elif method in ("POST", "PUT"):
            self.objects[path] = merged(None, body)
        return 201 if method == "POST" else 200, self.objects[path]

    def _list(self, path: str, query: dict[str, list[str]]) -> Any:
        name = path.rsplit("/", 1)[-1]
        wanted = dict(
            term.split("=", 1)
            for term in query.get("labelSelector", [""])[0].split(",")
            if "=" in term
        )
        items = [
            value
            for at, value in self.objects.items()
            if at.rsplit("/", 1)[0] == path
            and wanted.items() <= value["metadata"].get("labels", {}).items()
        ]
        kind = next(kinds[name] for kinds in KINDS.values() if name in kinds)
        return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {}, "items": items}


def merged(old: Any, new: Any) -> Any:
    """A strategic merge patch applied: mappings by their keys, lists of named things by name."""
    if isinstance(new, list) and isinstance(old, list) and _are_named([*old, *new]):
        by_name = {item["name"]: item for item in old}
        changed = {item["name"]: merged(by_name.get(item["name"]), item) for item in new}
        return list((by_name | changed).values())
    if not isinstance(new, dict):
        return new
    kept = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            kept.pop(key, None)
        elif not key.startswith("$"):
            kept[key] = merged(kept.get(key), value)
    return kept


def _are_named(items: list[Any]) -> bool:
    return all(isinstance(item, dict) and "name" in item for item in items)


def _is_apply(method: str, query: dict[str, list[str]]) -> bool:
    """Whether it is a server-side apply, which creates what is not there."""
    return method == "PATCH" and "fieldManager" in query


def _resources() -> set[str]:
    return {name for kinds in KINDS.values() for name in kinds}


def _status(code: int, reason: str) -> Any:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": reason,
        "code": code,
    }


def _discovery(path: str) -> Any:
    """What clients ask about the server itself; None for other paths."""
    groups = [version for version in KINDS if "/" in version]
    whole = {
        "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [
                {
                    "name": version.split("/")[0],
                    "versions": [{"groupVersion": version, "version": version.split("/")[1]}],
                }
                for version in groups
            ],
        },
        "/openapi/v3": openapi.index(KINDS),
    }
    if path in whole:
        return whole[path]
    root = path.removeprefix("/openapi/v3")
    version = root.removeprefix("/apis/").removeprefix("/api/")
    if version not in KINDS:
        return None
    if root != path:
        return openapi.schema(version, KINDS[version])
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": [
            {"name": name, "kind": kind, "namespaced": True, "verbs": VERBS}
            for name, kind in KINDS[version].items()
        ],
    }


@contextmanager
def serving() -> Iterator[Api]:
    """A server on a free port of this machine, until the end of the block."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAXIMUM_BYTES:
                raise ValueError(f"a body of {length} bytes")
            data = self.rfile.read(length)
            at = urlsplit(self.path)
            body = _body(data)
            code, answer = api.answer(self.command, at.path, parse_qs(at.query), body)
            sent = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, *_: Any) -> None:
            pass

    with served(Handler) as api.address:
        yield api


def _body(data: bytes) -> Any:
    """The object in a body: JSON, the YAML of a server-side apply, or a Secret in protobuf."""
    if not data:
        return None
    if data.startswith(MAGIC):
        return secret(data)
    return YAML(typ="safe").load(data)
