"""What a run sees of its Pods and endpoints: two watches that go on whatever becomes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import Any

from kzd.cluster_error import ClusterError
from kzd.kube_api import KubeApi
from kzd.measure.objects import BACKEND, OBSERVER, ROLE, RUN, Object, collection
from kzd.measure.plan import NAME

FATAL = (401, 403)
PAUSE_SECONDS = 0.2


class Seen:
    """
    One Pod as the watch shows it.

    `deleted_at` is when its deletion was first seen and `terminating_at` when its endpoint was
    seen terminating, in seconds since the epoch on this machine's clock; 0 where not.  `report`
    is what it wrote when it ended, and `is_gone` says that it was removed, or ended without that.
    `waits_for` says why it does not run.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.node = ""
        self.role = ""
        self.is_ready = False
        self.is_gone = False
        self.deleted_at = 0.0
        self.terminating_at = 0.0
        self.report: Any = None
        self.waits_for = ""


class Watching:
    """The Pods of a run by name; `changed` is notified at every event."""

    def __init__(self, api: KubeApi, namespace: str, run: str) -> None:
        self.pods: dict[str, Seen] = {}
        self.changed = Condition()
        self._api = api
        self._failure: ClusterError | None = None
        self._is_over = False
        slices = f"kubernetes.io/service-name={NAME}"
        watches = (
            (collection("Pod", namespace), f"{RUN}={run}", self._see_pod),
            (collection("EndpointSlice", namespace), slices, self._see_slice),
        )
        self._unlisted = {path for path, *_ in watches}
        for watch in watches:
            Thread(target=self._follow, args=watch, daemon=True).start()

    def stop(self) -> None:
        """See nothing more; what was seen stays."""
        self._is_over = True

    def wait_for_lists(self) -> None:
        """Wait until all that was there at the beginning is seen; raises as `wait` does."""
        with self.changed:
            self.changed.wait_for(lambda: self._failure or not self._unlisted)
        self._raise()

    def wait(self, seconds: float) -> None:
        """Wait for an event or so long; raises ClusterError where nothing can be seen any more."""
        with self.changed:
            self.changed.wait(seconds)
        self._raise()

    def pause(self, seconds: float) -> None:
        """Wait so long, whatever happens; raises as `wait` does."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.wait(left)

    def of_role(self, role: str) -> list[Seen]:
        """The Pods of a role that are there and not being deleted."""
        with self.changed:
            return [
                pod
                for pod in self.pods.values()
                if pod.role == role and not pod.deleted_at and not pod.is_gone
            ]

    def backends(self) -> list[Seen]:
        """The backends that are not being deleted."""
        return self.of_role(BACKEND)

    def observers(self) -> list[Seen]:
        """The observers that are not being deleted."""
        return self.of_role(OBSERVER)

    def _follow(self, path: str, selector: str, see: Callable[[str, Object], None]) -> None:
        try:
            self._follow_on(path, selector, see)
        except ClusterError as error:
            self._fail(error)
        except Exception as error:  # or the run would wait for events that nobody reads
            self._fail(ClusterError(f"the watch of {path} can't be read: {error!r}"))

    def _follow_on(self, path: str, selector: str, see: Callable[[str, Object], None]) -> None:
        while not self._is_over:
            # Where this fails, it was tried again and again by then.
            listed = self._api.get(path, labelSelector=selector)
            try:
                self._watch(path, selector, see, listed)
            except ClusterError as error:
                if error.status in FATAL:
                    raise
            time.sleep(PAUSE_SECONDS)

    def _raise(self) -> None:
        if self._failure:
            raise self._failure

    def _fail(self, error: ClusterError) -> None:
        with self.changed:
            self._failure = error
            self.changed.notify_all()

    def _watch(
        self, path: str, selector: str, see: Callable[[str, Object], None], listed: Object
    ) -> None:
        items = listed.get("items") or []
        self._forget(path, {item["metadata"]["name"] for item in items})
        for item in items:
            self._tell(see, "LISTED", item)
        with self.changed:
            self._unlisted.discard(path)
            self.changed.notify_all()
        version = listed["metadata"]["resourceVersion"]
        while not self._is_over:
            for event in self._api.watch(path, version, labelSelector=selector):
                version = event.object["metadata"]["resourceVersion"]
                if event.type != "BOOKMARK":
                    self._tell(see, event.type, event.object)
                if self._is_over:
                    return

    def _tell(self, see: Callable[[str, Object], None], kind: str, item: Object) -> None:
        with self.changed:
            see(kind, item)
            self.changed.notify_all()

    def _forget(self, path: str, names: set[str]) -> None:
        """Pods that went while nobody looked are gone."""
        if path.endswith("/pods"):
            with self.changed:
                for name, pod in self.pods.items():
                    pod.is_gone |= name not in names

    def _see_pod(self, kind: str, item: Object) -> None:
        now = time.time()
        metadata, status = item["metadata"], item.get("status") or {}
        pod = self.pods.setdefault(metadata["name"], Seen(metadata["name"]))
        pod.role = metadata["labels"].get(ROLE, "")
        pod.node = item["spec"].get("nodeName") or pod.node
        pod.is_gone = kind == "DELETED" or _has_ended(item)
        # A deletion that a list shows may be old: when it came, nobody saw.
        if metadata.get("deletionTimestamp") and not pod.deleted_at:
            pod.deleted_at = now if kind != "LISTED" else -1.0
        conditions = {item["type"]: item for item in status.get("conditions") or []}
        pod.is_ready = conditions.get("Ready", {}).get("status") == "True"
        # Beside it may run what a mesh or a platform puts into every Pod.
        containers = {each["name"]: each for each in status.get("containerStatuses") or []}
        state = containers.get(pod.role, {}).get("state") or {}
        pod.waits_for = _reason(conditions, state)
        message = (state.get("terminated") or {}).get("message")
        if message and pod.report is None:
            pod.report = _parsed(message)

    def _see_slice(self, kind: str, item: Object) -> None:
        now = time.time()
        for endpoint in item.get("endpoints") or []:
            name = (endpoint.get("targetRef") or {}).get("name")
            if name and (endpoint.get("conditions") or {}).get("terminating"):
                pod = self.pods.setdefault(name, Seen(name))
                pod.terminating_at = pod.terminating_at or (-1.0 if kind == "LISTED" else now)


def is_there(item: Object) -> bool:
    """Whether a Pod, as the API shows it, is neither deleted nor has ended, as evicted ones."""
    return not item["metadata"].get("deletionTimestamp") and not _has_ended(item)


def _has_ended(item: Object) -> bool:
    return (item.get("status") or {}).get("phase") in ("Failed", "Succeeded")


def _reason(conditions: dict[str, Object], state: Object) -> str:
    """Why a Pod does not run, in the cluster's own words; empty where it does."""
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return str(scheduled.get("message") or scheduled.get("reason") or "not scheduled")
    waiting = state.get("waiting") or {}
    if waiting.get("reason") in (None, "ContainerCreating", "PodInitializing"):
        return ""
    return f"{waiting['reason']} {waiting.get('message') or ''}".strip()


def _parsed(message: str) -> Any:
    """A report; an empty one where it is cut, or another program's."""
    try:
        report = json.loads(message)
    except ValueError:
        return {}
    return report if isinstance(report, dict) and "noticed" in report else {}
