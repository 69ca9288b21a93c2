"""The probe on the cluster: made, waited for, and removed again whatever happens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kzd.cluster_error import ClusterError
from kzd.errors import KzdError
from kzd.kube_api import KubeApi
from kzd.measure import objects
from kzd.measure.cleanup import remove
from kzd.measure.objects import HEADLESS, NODE_PORT, PORT, ROLE, RUN, Object, collection
from kzd.measure.plan import NAME, Plan
from kzd.measure.watching import Watching, is_there

READY_SECONDS = 300.0
TOLD_SECONDS = 10.0
REFUSED_SECONDS = 10.0
"""How long Pods may not be created: a webhook that is being replaced refuses for a moment."""

POLL_SECONDS = 0.3
FIRST_WINDOW_SECONDS = 20.0

Tell = Callable[[str], None]


class Probe:
    """
    The objects of one run in their namespace.

    `may_be_there` says whether any was made, as far as answers tell.
    """

    def __init__(self, api: KubeApi, plan: Plan, run: str, tell: Tell) -> None:
        self.api = api
        self.tell = tell
        self.plan = plan
        self.run = run
        self.namespace = plan.namespace or NAME
        self.window_seconds = plan.window_seconds or FIRST_WINDOW_SECONDS
        self.targets: list[tuple[str, str, bool]] = []
        self.may_be_there = False
        self._generation = 0
        self._refused_since: dict[str, float] = {}

    def make(self) -> None:
        """Create everything; raises ClusterError where something is refused."""
        if not self.plan.namespace:
            privileged = self.plan.is_on_host_network
            self.create("Namespace", objects.namespace(self.run, is_privileged=privileged))
        self.create("ConfigMap", objects.script(self.run))
        made = {
            service["metadata"]["name"]: self.create("Service", service)
            for service in objects.services(self.run, self.plan)
        }
        self.targets = _targets(self.plan, self.namespace, made)
        self.create("Deployment", self._backends())
        if self.plan.observers:
            self.create("Deployment", objects.observers(self.run, self.plan, self.targets))

    def create(self, kind: str, body: Object) -> Object:
        """Create an object of the run; one of before that is still going is waited for."""
        path, name = collection(kind, self.namespace), body["metadata"]["name"]
        was_there, self.may_be_there = self.may_be_there, True
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                made: Object = self.api.create(path, body)
                return made
            except ClusterError as error:
                if error.reason != "AlreadyExists":
                    # Without an answer, or with a server's failure, it may have been made.
                    self.may_be_there = was_there or not 400 <= error.status < 500
                    raise self._explained(error) from None
            found = self.api.find(f"{path}/{name}")
            metadata = (found or {"metadata": {}})["metadata"]
            is_ours = (metadata.get("labels") or {}).get(RUN) == self.run
            if is_ours and not metadata.get("deletionTimestamp"):
                return dict(found)  # only the answer to its creation got lost
            is_going = not found or metadata.get("deletionTimestamp")
            if not is_going or time.monotonic() > end:
                self.may_be_there = was_there
                raise ClusterError(
                    f"{kind}/{name} exists already: another `kzd measure` runs, or one left it "
                    "(`kzd measure cleanup`), or it is somebody else's (`--namespace` names "
                    "another place)"
                )
            time.sleep(POLL_SECONDS)

    def _explained(self, error: ClusterError) -> ClusterError:
        if error.status != 404:
            return error
        return ClusterError(
            f"namespace {self.namespace} is not there; create it, or leave --namespace out"
        )

    def roll(self) -> None:
        """Begin a rolling update; new backends serve on for the window of now."""
        self._generation += 1
        self.api.patch(self._deployment(NAME), {"spec": self._backends()["spec"]})

    def wait_until_ready(self, watching: Watching, names: tuple[str, ...] = (NAME,)) -> None:
        """
        Wait until all Pods of the Deployments are new and ready, and the watch shows just them.

        Raises ClusterError.
        """
        begin = now = time.monotonic()
        left = list(names)
        told = ""
        while left := [name for name in left if not self._is_ready(watching, name, now)]:
            waited = now - begin
            why = self._why(watching, left[0])
            if waited > READY_SECONDS:
                raise ClusterError(
                    f"Deployment/{left[0]} is not ready after {READY_SECONDS:g} s: {why}"
                )
            if waited > TOLD_SECONDS and why != told:
                told = why
                self.tell(f"waiting for Deployment/{left[0]}: {why}")
            watching.wait(POLL_SECONDS)
            now = time.monotonic()

    def _is_ready(self, watching: Watching, name: str, now: float) -> bool:
        found: Object = self.api.get(self._deployment(name))
        self._refuse(name, found, now)
        seen = watching.of_role(_role(name))
        if not _is_complete(found) or not all(pod.is_ready for pod in seen):
            return False
        selector = f"{RUN}={self.run},{ROLE}={_role(name)}"
        listed = self.api.get(collection("Pod", self.namespace), labelSelector=selector)
        there = {item["metadata"]["name"] for item in listed.get("items") or [] if is_there(item)}
        return there == {pod.name for pod in seen} and len(seen) == found["spec"]["replicas"]

    def _refuse(self, name: str, found: Object, now: float) -> None:
        """
        Raise where Pods are not created, and that lasts; `now` is the same for all Deployments.

        A quota won't go away by waiting, and it is the reason that users look for.
        """
        why = _creation_failure(found)
        if not why:
            self._refused_since.pop(name, None)
        elif now - self._refused_since.setdefault(name, now) > REFUSED_SECONDS:
            raise ClusterError(f"Deployment/{name}: {why}", status=403)

    def _why(self, watching: Watching, name: str) -> str:
        pods = watching.of_role(_role(name))
        reasons = [f"Pod {pod.name}: {pod.waits_for}" for pod in pods if pod.waits_for]
        unready = [f"Pod {pod.name} on {pod.node} is not ready" for pod in pods if not pod.is_ready]
        return next(iter([*reasons, *unready]), "no Pod is seen")

    def _deployment(self, name: str) -> str:
        return f"{collection('Deployment', self.namespace)}/{name}"

    def _backends(self) -> Object:
        return objects.backends(self.run, self.plan, self.window_seconds, self._generation)


@contextmanager
def probe(api: KubeApi, plan: Plan, tell: Tell) -> Iterator[tuple[Probe, Watching]]:
    """The probe of a new run with all its Pods ready; removed at the end, also of a failure."""
    made = Probe(api, plan, run_name(), tell)
    watching: Watching | None = None
    failure: KzdError | None = None
    try:
        api.reach()
        made.make()
        watching = Watching(api, made.namespace, made.run)
        watching.wait_for_lists()
        names = (NAME, objects.OBSERVERS) if plan.observers else (NAME,)
        made.wait_until_ready(watching, names)
        yield made, watching
    except KzdError as error:
        failure = error
        raise
    finally:
        if watching:
            watching.stop()
        if made.may_be_there:
            _clean_up(made, tell, failure)


def _clean_up(made: Probe, tell: Tell, failure: KzdError | None) -> None:
    """Remove everything; where that fails after a failure, both are told."""
    tell("cleaning up")
    is_own = not made.plan.namespace
    try:
        try:
            remove(made.api, made.namespace, made.run, with_namespace=is_own)
        except KeyboardInterrupt:
            tell("still cleaning up; another Ctrl-C leaves the rest to `kzd measure cleanup`")
            remove(made.api, made.namespace, made.run, with_namespace=is_own)
            raise
    except ClusterError as error:
        if failure is None:
            raise
        failure.others = (*failure.others, error)


def run_name() -> str:
    """A name for a run: its time and some letters, good as a label."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(2)


def _role(name: str) -> str:
    return objects.BACKEND if name == NAME else objects.OBSERVER


def _creation_failure(found: Object) -> str:
    """Why a Deployment's Pods are not created, in the cluster's words; empty where they are."""
    for condition in (found.get("status") or {}).get("conditions") or []:
        refused = condition["type"] == "ReplicaFailure" and condition["status"] == "True"
        if refused and condition.get("reason") == "FailedCreate":
            return str(condition.get("message") or "Pods can't be created")
    return ""


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
