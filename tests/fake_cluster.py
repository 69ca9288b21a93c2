"""
A Kubernetes API server in this process: objects, watches, and faults on demand.

What the rest of a cluster would do is told to it: `tests.measure.fake_nodes`,
`tests.retire.workloads`.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Condition, RLock
from typing import Any, NamedTuple

from tests.hosts.api import kubeconfig

Object = dict[str, Any]


class Call(NamedTuple):
    """A request in the words of RBAC; `collection` is the path that its objects have in common."""

    verb: str
    resource: str
    namespace: str
    name: str
    collection: str

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.name}"


class Fault(NamedTuple):
    """
    What becomes of calls: a status, 0 for a connection that is cut.

    `is_after` lets the call have its effect, so that only its answer is lost.
    """

    verb: str
    resource: str
    status: int
    reason: str
    message: str
    is_after: bool
    name: str

    def fits(self, call: Call) -> bool:
        pairs = ((self.verb, call.verb), (self.resource, call.resource), (self.name, call.name))
        return all(wanted in ("*", is_) for wanted, is_ in pairs)


class FakeCluster:
    """
    Objects by their paths; each change gets a version, which watches go on from.

    `nodes` makes what controllers and kubelets do.  The clock is `ahead` of this machine's, in
    seconds; the answer to the next call takes `late_seconds`.  Kinds that are `absent` are not
    known here.
    """

    def __init__(self, nodes: Callable[[Any], Any]) -> None:
        self.ahead = 0.0
        self.late_seconds = 0.0
        self.absent: set[str] = set()
        self.address = ""
        self.objects: dict[str, Object] = {}
        self.calls: list[Call] = []
        self.foreign: set[str] = set()
        self.lock = RLock()
        self.changed = Condition(self.lock)
        self.is_over = False
        self._changes: list[tuple[str, str, Object]] = []
        self._faults: list[tuple[Fault, list[int]]] = []
        self._forgotten = self._version = 0
        self._uid = 0
        self._broken = 0
        self._hooks: list[tuple[str, str, Callable[[], Any], list[int]]] = []
        self._at: dict[int, Callable[[], Any]] = {}
        self.nodes = nodes(self)
        self._before = set(self.objects)

    @property
    def kubeconfig(self) -> str:
        """A kubeconfig that leads here."""
        return kubeconfig(self.address)

    def now(self) -> datetime:
        """The time by its own clock."""
        return datetime.fromtimestamp(time.time() + self.ahead, UTC)

    # --- what tests do to it

    def fail(
        self, verb: str, resource: str, status: int, *, times: int | None = None, reason: str = "",
        message: str = "on purpose", is_after: bool = False, name: str = "*",
    ) -> None:  # fmt: skip
        """Make these calls fail, so many times or for good; `*` stands for any."""
        fault = Fault(verb, resource, status, reason, message, is_after, name)
        with self.lock:
            self._faults.append((fault, [-1 if times is None else times]))

    def forbid(self, verb: str, resource: str) -> None:
        """Take a permission away, in the words of the API."""
        message = (
            f'{resource} is forbidden: User "nobody" cannot {verb} resource "{resource}" '
            f'in API group "" in the namespace "shop"'
        )
        self.fail(verb, resource, 403, reason="Forbidden", message=message)

    def mend(self) -> None:
        """Nothing fails from now on."""
        with self.lock:
            self._faults = []

    def on(self, verb: str, resource: str, action: Callable[[], Any], nth: int = 1) -> None:
        """Do something before such a call is answered for the nth time."""
        with self.lock:
            self._hooks.append((verb, resource, action, [nth]))

    def fail_at(self, number: int, status: int, *, times: int | None = 1, **how: Any) -> None:
        """Make the call of this number fail, and those after it, so many times or for good."""
        self.at(number, lambda: self.fail("*", "*", status, times=times, **how))

    def at(self, number: int, action: Callable[[], Any]) -> None:
        """Do something before the call of this number is answered, whatever it is."""
        with self.lock:
            self._at[number] = action

    def put_foreign(self, path: str, **labels: str) -> None:
        """An object of somebody else, which has to stay."""
        self.put(path, {"metadata": {"labels": labels}, "spec": {}})
        self.foreign.add(path)

    def left(self) -> list[str]:
        """The objects that a run left behind."""
        with self.lock:
            assert self._before | self.foreign <= set(self.objects), "not its own to remove"
            return sorted(set(self.objects) - self._before - self.foreign)

    def break_watches(self, *, is_expired: bool = False) -> None:
        """End all watches in the middle; `is_expired` where their versions are known no more."""
        with self.lock:
            self._broken += 1
            if is_expired:
                self._forgotten = self._version
            self.changed.notify_all()

    def put(self, path: str, given: Object) -> Object:
        """Create an object, or change the one that is there."""
        with self.lock:
            old = self.objects.get(path)
            metadata = given.setdefault("metadata", {})
            metadata.setdefault("name", path.rsplit("/", 1)[1])
            if old is None:
                self._uid += 1
                metadata |= {"uid": f"uid-{self._uid}", "generation": 1}
                metadata.setdefault("creationTimestamp", f"{self.now():%Y-%m-%dT%H:%M:%SZ}")
            self.objects[path] = given
            return self._tell("MODIFIED" if old else "ADDED", path, given)

    def drop(self, path: str) -> None:
        """Remove an object, and what it owns or holds."""
        with self.lock:
            gone = self.objects.pop(path, None)
            if gone is None:
                return
            self._tell("DELETED", path, gone)
            uid, inside = gone["metadata"]["uid"], path.removeprefix("/api/v1") + "/"
            for other, item in list(self.objects.items()):
                owners = item["metadata"].get("ownerReferences", [])
                if inside in other or any(owner["uid"] == uid for owner in owners):
                    self.drop(other)

    def collection(self, path: str, selector: str = "") -> list[Object]:
        """The objects of a collection; `selector` as in `labelSelector`."""
        with self.lock:
            found = [item for at, item in self.objects.items() if at.rsplit("/", 1)[0] == path]
            return [item for item in found if _fits(item, selector)]

    def _tell(self, kind: str, path: str, item: Object) -> Object:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        told = copy.deepcopy(item)
        self._changes.append((kind, path.rsplit("/", 1)[0], told))
        self.changed.notify_all()
        return told

    # --- what it answers

    def fault(self, call: Call) -> Fault | None:
        """The fault that a call meets, after all that happens before it."""
        with self.lock:
            self.calls.append(call)
            if action := self._at.pop(len(self.calls), None):
                action()
            for verb, resource, hook, left in self._hooks:
                if (verb, resource) == (call.verb, call.resource):
                    left[0] -= 1
                    if not left[0]:
                        hook()
            for fault, left in self._faults:
                if left[0] and fault.fits(call):
                    left[0] -= 1
                    return fault
        return None

    def answer(self, call: Call, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """The status and the object that a call other than a watch is answered with."""
        with self.lock:
            namespace = f"/api/v1/namespaces/{call.namespace}"
            if call.resource in self.absent:
                return refusal(404, "NotFound", "the server could not find the requested resource")
            if call.verb == "create":
                return self._create(call, body, namespace)
            if call.verb == "list":
                return 200, self._list(call, query)
            if call.path not in self.objects:
                return refusal(404, "NotFound", f'{call.resource} "{call.name}" not found')
            if call.verb == "patch":
                return self._patch(call, body)
            if call.verb == "delete":
                return self._delete(call, body or {})
            return 200, self.objects[call.path]

    def _create(self, call: Call, body: Object, namespace: str) -> tuple[int, Any]:
        path = f"{call.collection}/{body['metadata']['name']}"
        if call.namespace and namespace not in self.objects:
            return refusal(404, "NotFound", f'namespaces "{call.namespace}" not found')
        if path in self.objects:
            name = body["metadata"]["name"]
            return refusal(409, "AlreadyExists", f'{call.resource} "{name}" already exists')
        made = self.put(path, body)
        self.nodes.created(call.resource, path)
        return 201, self.objects.get(path, made)

    def _list(self, call: Call, query: dict[str, str]) -> Object:
        if call.namespace or call.resource in ("namespaces", "nodes"):
            items = self.collection(call.collection, query.get("labelSelector", ""))
        else:
            end = re.compile(rf"/{call.resource}/[^/]+")
            items = [item for path, item in self.objects.items() if end.search(path)]
        return {"items": items, "metadata": {"resourceVersion": str(self._version)}}

    def _patch(self, call: Call, body: Object) -> tuple[int, Any]:
        old = self.objects[call.path]
        version = body.get("metadata", {}).get("resourceVersion")
        if version and version != old["metadata"]["resourceVersion"]:
            return refusal(409, "Conflict", "the object has been modified")
        if call.resource.endswith("/scale"):
            body = {"spec": {"replicas": body["spec"]["replicas"]}}
        new = merged(old, body)
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] += 1
        self.put(call.path, new)
        self.nodes.patched(call.resource.partition("/")[0], call.path, old)
        return 200, self.objects[call.path]

    def _delete(self, call: Call, options: Object) -> tuple[int, Any]:
        item = self.objects[call.path]
        wanted = options.get("preconditions") or {}
        if any(item["metadata"][field] != value for field, value in wanted.items()):
            return refusal(409, "Conflict", f"the precondition is not met: {wanted}")
        if call.resource == "pods":
            self.nodes.end(call.path, options.get("gracePeriodSeconds"))
        else:
            self.drop(call.path)
            self.nodes.deleted(call.resource, call.path, item)
        return 200, item

    def events(self, call: Call, query: dict[str, str]) -> Iterator[Object]:
        """The events of a watch, an error where its version is known no more."""
        version = int(query["resourceVersion"])
        with self.lock:
            broken = self._broken
            if version < self._forgotten:
                _, status = refusal(410, "Expired", "too old resource version")
                yield {"type": "ERROR", "object": status}
                return
        while True:
            with self.lock:
                while not self.is_over and broken == self._broken and version >= self._version:
                    self.changed.wait(5)
                if self.is_over or broken != self._broken:
                    return
                news = self._changes[version:]
                version = self._version
            for kind, collection, item in news:
                if collection == call.collection and _fits(item, query.get("labelSelector", "")):
                    yield {"type": kind, "object": item}


def _fits(item: Object, selector: str) -> bool:
    labels = item["metadata"].get("labels") or {}
    terms = [term.partition("=") for term in selector.split(",") if term]
    return all(labels.get(key) == value if sign else key in labels for key, sign, value in terms)


def merged(old: Any, new: Any) -> Any:
    """A JSON merge patch applied (RFC 7386)."""
    if not isinstance(new, dict):
        return new
    kept = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = merged(kept.get(key), value)
    return copy.deepcopy(kept)


def refusal(code: int, reason: str, message: str) -> tuple[int, Object]:
    """An error as the API says it."""
    status = {"kind": "Status", "status": "Failure", "code": code}
    return code, status | {"reason": reason, "message": message}
