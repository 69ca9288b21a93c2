"""The probe on the cluster: made, waited for, and removed again whatever happens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kzd.kube_api import ClusterError, KubeApi
from kzd.measure import objects
from kzd.measure.cleanup import remove
from kzd.measure.objects import HEADLESS, NODE_PORT, PORT, RUN, Object, collection
from kzd.measure.plan import NAME, Plan
from kzd.measure.watching import Watching

READY_SECONDS = 300.0
POLL_SECONDS = 0.3
FIRST_WINDOW_SECONDS = 20.0

Tell = Callable[[str], None]


class Probe:
    """The objects of one run in their namespace."""

    def __init__(self, api: KubeApi, plan: Plan, run: str) -> None:
        self.api = api
        self.plan = plan
        self.run = run
        self.namespace = plan.namespace or NAME
        self.window_seconds = plan.window_seconds or FIRST_WINDOW_SECONDS
        self.targets: list[tuple[str, str, bool]] = []
        self._generation = 0

    def make(self) -> None:
        """Create everything; raises ClusterError where something is refused."""
        if not self.plan.namespace:
            privileged = self.plan.is_on_host_network
            self._create("Namespace", objects.namespace(self.run, is_privileged=privileged))
        self._create("ConfigMap", objects.script(self.run))
        made = {
            service["metadata"]["name"]: self._create("Service", service)
            for service in objects.services(self.run, self.plan)
        }
        self.targets = _targets(self.plan, self.namespace, made)
        self._create("Deployment", self._backends())
        if self.plan.observers:
            self._create("Deployment", objects.observers(self.run, self.plan, self.targets))

    def roll(self) -> None:
        """Begin a rolling update; new backends serve on for the window of now."""
        self._generation += 1
        self.api.patch(self._deployment(NAME), {"spec": self._backends()["spec"]})

    def wait_until_ready(self, watching: Watching, names: tuple[str, ...] = (NAME,)) -> None:
        """Wait until all Pods of the Deployments are new and ready; raises ClusterError."""
        end = time.monotonic() + READY_SECONDS
        left = list(names)
        while left:
            left = [name for name in left if not _is_complete(self._status(name))]
            if left and time.monotonic() > end:
                why = self._why(watching, left[0])
                raise ClusterError(
                    f"Deployment/{left[0]} is not ready after {READY_SECONDS:g} s: {why}"
                )
            if left:
                watching.wait(POLL_SECONDS)

    def _status(self, name: str) -> Object:
        found: Object = self.api.get(self._deployment(name))
        for condition in (found.get("status") or {}).get("conditions") or []:
            refused = condition["type"] == "ReplicaFailure" and condition["status"] == "True"
            # A quota won't go away by waiting, and it is the reason that users look for.
            if refused and condition.get("reason") == "FailedCreate":
                raise ClusterError(f"Deployment/{name}: {condition.get('message')}", status=403)
        return found

    def _why(self, watching: Watching, name: str) -> str:
        role = objects.BACKEND if name == NAME else objects.OBSERVER
        pods = watching.of_role(role)
        reasons = [f"Pod {pod.name}: {pod.waits_for}" for pod in pods if pod.waits_for]
        unready = [f"Pod {pod.name} on {pod.node} is not ready" for pod in pods if not pod.is_ready]
        return next(iter([*reasons, *unready]), "no Pod was made")

    def _deployment(self, name: str) -> str:
        return f"{collection('Deployment', self.namespace)}/{name}"

    def _backends(self) -> Object:
        return objects.backends(self.run, self.plan, self.window_seconds, self._generation)

    def _create(self, kind: str, body: Object) -> Any:
        path, name = collection(kind, self.namespace), body["metadata"]["name"]
        try:
            return self.api.create(path, body)
        except ClusterError as error:
            if error.reason == "AlreadyExists":
                return self._own(f"{path}/{name}", kind, name)
            if error.status == 404:
                raise ClusterError(f"namespace {self.namespace} is not there") from None
            raise

    def _own(self, path: str, kind: str, name: str) -> Any:
        """What is there already: ours, where the answer to its creation got lost, else an error."""
        found = self.api.get(path)
        if (found["metadata"].get("labels") or {}).get(RUN) == self.run:
            return found
        raise ClusterError(
            f"{kind}/{name} exists already: another `kzd measure` runs, or one left it "
            "(`kzd measure cleanup`), or it is somebody else's (`--namespace` names another place)"
        )


@contextmanager
def probe(api: KubeApi, plan: Plan, tell: Tell) -> Iterator[tuple[Probe, Watching]]:
    """The probe of a new run with all its Pods ready; removed at the end, also of a failure."""
    made = Probe(api, plan, run_name())
    watching: Watching | None = None
    try:
        made.make()
        watching = Watching(api, made.namespace, made.run)
        names = (NAME, objects.OBSERVERS) if plan.observers else (NAME,)
        made.wait_until_ready(watching, names)
        yield made, watching
    finally:
        tell("cleaning up")
        if watching:
            watching.stop()
        remove(api, made.namespace, made.run)


def run_name() -> str:
    """A name for a run: its time and some letters, good as a label."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(2)


def _is_complete(found: Object) -> bool:
    status, wanted = found.get("status") or {}, found["spec"]["replicas"]
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    is_seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
    return is_seen and all(status.get(name, 0) == wanted for name in counts)


def _targets(plan: Plan, namespace: str, made: dict[str, Object]) -> list[tuple[str, str, bool]]:
    """Where observers in the cluster go: path, URL, and whether they reuse source ports."""
    address = made[NAME]["spec"]["clusterIP"]
    cluster_ip = f"http://[{address}]/" if ":" in address else f"http://{address}/"
    targets = []
    if "cluster-ip" in plan.paths:
        targets += [("cluster-ip", cluster_ip, False), ("cluster-ip", cluster_ip, True)]
    if "headless" in plan.paths:
        targets.append(("headless", f"http://{HEADLESS}.{namespace}.svc:{PORT}/", False))
    if "node-port" in plan.paths:
        port = made[NODE_PORT]["spec"]["ports"][0]["nodePort"]
        targets += [("node-port", f"http://$HOST_IP:{port}/", reused) for reused in (False, True)]
    return targets
