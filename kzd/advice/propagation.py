"""What a measured propagation usually means, by its path and by what it is beside others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kzd.advice.facts import Facts
from kzd.advice.said import Advice

SUBJECT = "the propagation"
LARGE_SECONDS = 5.0
"""Five times what rolling updates show where kube-proxy has its defaults: 1 s of minSyncPeriod."""

SYNC_SECONDS = (27.0, 33.0)
"""What may be kube-proxy's syncPeriod, 30 s by default."""

CONNTRACK_SECONDS = 120

LOOK = (
    "`kubeproxy_sync_proxy_rules_duration_seconds` of each node (slow syncs), kube-proxy's "
    "minSyncPeriod, and `workqueue_queue_duration_seconds{name=\"endpoint_slice\"}` of "
    "kube-controller-manager (a backlog)"
)  # fmt: skip


class Outside(NamedTuple):
    """What a path's propagation consists of, and where that is written."""

    text: str
    because: str
    source: str


BY_KUBE_PROXY = ("cluster-ip", "node-port", "ingress", "mesh")
"""Paths where the news travels inside the cluster alone, and arrives in seconds."""

PATHS = {
    "headless": Outside(
        "Most of it usually is DNS: lower `ttl` and `cache` in CoreDNS' configuration, and let "
        "clients open new connections now and then (a maximum connection age, with gRPC)",
        "clients keep the addresses that they were told; the usual Corefile says `ttl 30` and "
        "`cache 30`",
        "coredns.io/plugins/kubernetes",
    ),
    "node-local": Outside(
        "Most of it usually is the load balancer's check of the node: shorten its interval or its "
        "number of failures, and keep the Pod ready during its preStop hook",
        "the balancer drops a node once `healthCheckNodePort`, which counts ready Pods of that "
        "node, has failed several times; until then kube-proxy uses those that are ending",
        "kubernetes/kubernetes pkg/proxy/topology.go",
    ),
    "aws-alb-ip": Outside(
        "Most of it usually is the load balancer. `deregistration_delay`, 300 s by default, is "
        "for open connections; don't sleep that long",
        "a controller deregisters the target, and requests come for seconds after that",
        "kubernetes-sigs/aws-load-balancer-controller#1064",
    ),
    "aws-nlb": Outside(
        "Most of it usually is the load balancer, which goes on sending for a minute and more",
        "published is a sleep of 100 s, against 25 s for an ALB",
        "kubernetes/kops#11256",
    ),
    "gke-neg": Outside(
        "Most of it usually is the load balancer: the sleep has to cover the backend's drain time "
        "and some latency, in every container of the Pod",
        "a Pod that goes before its endpoint is drained answers with 502 and 503",
        "GKE: Troubleshoot load balancing",
    ),
    "azure-agic": Outside(
        "Most of it usually is the gateway, which drains connections for 30 s",
        "published are a sleep of 90 s and a grace period of 101 s",
        "AGIC: Minimize downtime during deployments",
    ),
}  # fmt: skip


def advice(facts: Facts) -> Iterator[Advice]:
    """What to look at, the most telling first."""
    if facts.seconds is None:
        if facts.mode != "ebpf":
            yield BLIND
        return
    yield from _reused(facts)
    if facts.path in PATHS:
        yield Advice("know", f"{SUBJECT} over {facts.path}", *PATHS[facts.path])
    elif facts.path in BY_KUBE_PROXY:
        yield from _in_cluster(facts)
    yield AGAIN


def _reused(facts: Facts) -> Iterator[Advice]:
    """Few ports beyond the margin: a sleep that fits all other clients is too short for these."""
    fresh, reused = facts.seconds, facts.reused_seconds
    if fresh is None or reused is None or reused <= fresh + facts.margin(fresh):
        return
    seen = f"an observer with few ports reached the Pod for {reused:g} s, others for {fresh:g} s"
    if facts.mode == "ipvs":
        yield Advice(
            "do", f"{SUBJECT}: port reuse",
            "Cure the cause, below at IPVS' sysctls, instead of a longer sleep: clients that "
            "open many connections use the same ports again, and are led to Pods that are gone",
            seen, "kubernetes/kubernetes#81775",
        )  # fmt: skip
        return
    yield Advice(
        "do", f"{SUBJECT}: port reuse",
        "Let clients that open many connections keep them open, or give them more ports "
        "(`net.ipv4.ip_local_port_range`), instead of a longer sleep",
        f"{seen}; conntrack keeps a connection without an answer for {CONNTRACK_SECONDS} s "
        "(`nf_conntrack_tcp_timeout_syn_sent`), and leads the next one from that port to the same "
        "Pod",
        "Linux Documentation/networking/nf_conntrack-sysctl.rst",
    )  # fmt: skip


def _in_cluster(facts: Facts) -> Iterator[Advice]:
    seconds, single = facts.seconds or 0.0, facts.single_seconds
    waits = single is not None and seconds > single + facts.margin(single)
    if waits and facts.mode != "ebpf":
        yield Advice(
            "do", f"{SUBJECT} over {facts.path}: minSyncPeriod",
            "Lower kube-proxy's minSyncPeriod to its default, 1 s, or take it out of the "
            "configuration",
            f"rolling updates take {seconds:g} s, most lone deletions {single:g} s: kube-proxy has "
            "just written the rules for the new Pod, and waits out minSyncPeriod before the next",
            "kubernetes.io: Virtual IPs and Service Proxies, minSyncPeriod",
        )  # fmt: skip
    if SYNC_SECONDS[0] <= seconds <= SYNC_SECONDS[1] and facts.mode != "ebpf":
        yield Advice(
            "do", f"{SUBJECT} over {facts.path}: syncPeriod",
            "Look for syncs of kube-proxy that fail: "
            "`kubeproxy_sync_proxy_rules_iptables_restore_failures_total`, and its log",
            f"{seconds:g} s is about its syncPeriod, 30 s by default, after which it tries again "
            "what has failed",
            "kubernetes/kubernetes pkg/proxy/iptables/proxier.go",
        )  # fmt: skip
    elif seconds > LARGE_SECONDS and not waits:
        yield Advice(
            "do", f"{SUBJECT} over {facts.path}",
            f"Look for the cause before you sleep it out: {_look(facts)}",
            f"{seconds:g} s is long inside a cluster: kube-proxy with its defaults needs about 1 s",
            "kubernetes.io: Virtual IPs and Service Proxies, minSyncPeriod",
        )  # fmt: skip


def _look(facts: Facts) -> str:
    if facts.mode == "ebpf":
        return "the log and the metrics of what does kube-proxy's work, on the slowest node"
    found = LOOK
    if facts.path in ("ingress", "mesh"):
        found += f"; measure `cluster-ip` beside it: the rest is of the {facts.path} itself"
    return found


BLIND = Advice(
    "avoid", SUBJECT,
    "Reading it from `kubeproxy_network_programming_duration_seconds`; `kzd measure` measures it",
    "that metric starts when a Pod's Ready condition has changed; a deletion changes none, and "
    "gives no sample",
    "kubernetes/endpointslice trigger_time_tracker.go",
)  # fmt: skip

AGAIN = Advice(
    "know", SUBJECT,
    "Measure again after a change of kube-proxy's mode, after an upgrade, and when nodes or "
    "Services have doubled",
    "what was measured holds for the cluster as it was",
    "kzd measure",
)  # fmt: skip
