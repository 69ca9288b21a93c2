"""
Send requests to a Pod only once it can answer them.

Without a readiness probe a Pod counts as ready as soon as its process runs, and a rollout takes
old Pods away before new ones listen.  Each container that serves a traffic port gets one, from
evidence in this order: the configuration; the handler of its own startup or liveness probe, with
headers, scheme and timeout, every 10 s at most and with 3 failures; else a TCP connection to the
port that the Service targets.  That proves listening and not readiness, but it is safe: the
Service says that something listens there.

Left alone: containers with a readiness probe; workloads that serve nothing; UDP and SCTP;
handlers with a `host`; init containers and native sidecars; Pods of a mesh whose proxy answers
for the app (Linkerd, Istio without `rewriteAppHTTPProbers`); MySQL, which counts connections
that end before the handshake; single workloads of several containers that don't declare the
port.  Never an `exec`, never an HTTP path that nobody named, never a liveness probe.
Unsafe when: it is a StatefulSet, whose rollout sticks at a wrong probe and whose Pods may need
each other before they are ready; when the container or the port is not unique; or when nobody
declares the port, and its Service has no cluster IP, so that clients choose the port, or selects
other workloads too.
Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.mesh import is_of_a_mesh
from kzd.cluster.probe import READINESS, TCP_SOCKET
from kzd.cluster.probe_evidence import Evidence, configured, evidence_for
from kzd.cluster.probe_target import Target, is_settled, out_of_reach, targets
from kzd.cluster.resource import Workload
from kzd.edit import Edit, FieldPath, Finding, Safety
from kzd.transform import OptionSet, option, transform

STICKS = "a StatefulSet's rollout sticks at a wrong one, and its Pods may need each other first"


class Options(OptionSet):
    """What the container answers, where its owner knows it."""

    path: str | None = option(None, "The HTTP path that answers once the container can serve.")
    port: str | None = option(
        None, "The name or number of the port to ask, in quotes; unset, the one that serves."
    )
    scheme: str = option("HTTP", "The scheme for `path`.", choices=("HTTP", "HTTPS"))


@transform(
    after=("exec-readiness", "probe-port", "same-probes"),
    writes=("spec.template.spec.containers[].readinessProbe",),
)
def readiness_probe(
    workload: Workload, options: Options, cluster: ClusterView
) -> Iterator[Edit | Finding]:
    """Set a readiness probe on each container that serves."""
    role = cluster.role(workload)
    if not role.serves:
        yield from _unused(workload, options, role.why)
        return
    found = [item for item in targets(workload, cluster) if not is_of_a_mesh(item.container)]
    asked = _configured(workload, options, found)
    if asked and workload.get(asked.path) is None:
        yield asked
    if isinstance(asked, Finding):
        return
    for target in found:
        field = (*target.container.path, READINESS)
        if not (asked and asked.path == field) and not is_settled(workload, target):
            yield _by_evidence(workload, field, target, cluster)
    for field, why in out_of_reach(workload, cluster):
        yield Finding(field, why)


def _said(options: Options) -> tuple[str, bool]:
    """Where path or port were said, and whether of single workloads."""
    name = "path" if options.source_of("path") else "port"
    return options.source_of(name), options.is_specific(name)


def _unused(workload: Workload, options: Options, why: str) -> Iterator[Finding]:
    source, is_meant = _said(options)
    if is_meant:
        message = f"is not set, though configured ({source}): {why}"
        yield Finding((*workload.pod("containers", 0), READINESS), message)


def _configured(workload: Workload, options: Options, found: list[Target]) -> Edit | Finding | None:
    if not (options.path or options.port):
        return None
    source, is_meant = _said(options)
    answer = configured(
        workload, found, path=options.path, port=options.port, scheme=options.scheme
    )
    if isinstance(answer, str):
        first = (*workload.pod("containers", 0), READINESS)
        return Finding(first, f"{answer} ({source})", "warning")
    container, evidence = answer
    doubt = STICKS if workload.kind == "StatefulSet" and not is_meant else ""
    return _edit((*container.path, READINESS), evidence, doubt, source)


def _by_evidence(
    workload: Workload, field: FieldPath, target: Target, cluster: ClusterView
) -> Edit | Finding:
    evidence = evidence_for(workload, target, cluster)
    if evidence.veto:
        is_better = TCP_SOCKET not in evidence.value
        return Finding(field, evidence.veto, proposed=evidence.value if is_better else None)
    return _edit(field, evidence, STICKS if workload.kind == "StatefulSet" else target.doubt)


def _edit(field: FieldPath, evidence: Evidence, doubt: str, source: str = "") -> Edit:
    because = f"{evidence.because}; {doubt}" if doubt else evidence.because
    safety: Safety = "unsafe" if doubt else "safe"
    return Edit(field, evidence.value, because, evidence.arithmetic, source, safety)
