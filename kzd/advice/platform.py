"""What platforms do to Pods that end, and how Prometheus sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from kzd.advice.facts import DRAIN_SECONDS, Facts
from kzd.advice.said import Advice
from kzd.measurement import sleep_seconds

SUBJECT = "grace periods"


class Cap(NamedTuple):
    """
    A limit of a platform, empty for any: `seconds` are the longest grace period that it honours,
    None where it is no matter of seconds.
    """

    platform: str
    seconds: int | None
    kind: Literal["do", "avoid", "know"]
    text: str
    because: str
    source: str


CAPS = (
    Cap(
        "", 600, "know",
        "The cluster autoscaler ends Pods after 600 s, whatever their grace period, when it "
        "removes a node; `cluster-autoscaler.kubernetes.io/safe-to-evict: \"false\"` keeps it away",
        "`--max-graceful-termination-sec` is 600 by default",
        "kubernetes/autoscaler cluster-autoscaler/FAQ.md",
    ),
    Cap(
        "", None, "know",
        "Karpenter ends Pods by `terminationGracePeriod` of their NodePool: keep it longer than "
        "any grace period",
        "it holds against budgets and `karpenter.sh/do-not-disrupt`; unset, a budget that lets no "
        "Pod go keeps a node for ever",
        "kubernetes-sigs/karpenter#1776",
    ),
    Cap(
        "", None, "do",
        "Drain a node before it is rebooted; don't rely on graceful node shutdown",
        "its Pods are not deleted and their endpoints not marked terminating, so that requests "
        "come on during a preStop sleep; it is off unless `shutdownGracePeriod` is set",
        "KEP-2000; kubernetes/kubernetes#116965",
    ),
    Cap(
        "gke", 15, "know",
        "GKE Spot nodes leave Pods 15 s, or up to 120 s where the node pool asks for it, from "
        "1.35.0-gke.1171000 on",
        "the notice is 30 s, the second half of it for system Pods",
        "GKE: Spot VMs",
    ),
    Cap(
        "gke", 25, "know", "GKE Autopilot leaves Spot Pods 25 s", "it is the longest that it takes",
        "GKE: Run fault-tolerant workloads in Spot Pods",
    ),
    Cap(
        "gke", 600, "know",
        "GKE honours grace periods up to an hour in an upgrade, and up to 10 minutes where it "
        "scales down",
        "these are its own limits",
        "GKE: Extend the run time of Autopilot Pods",
    ),
    Cap(
        "aws", 120, "know", "AWS takes Spot nodes back 2 minutes after its notice",
        "that is the whole notice, and best effort",
        "EC2 User Guide: Spot Instance interruptions",
    ),
    Cap(
        "aws", None, "know",
        "EKS Fargate deletes Pods that it can't evict, budget or not, when it patches the system",
        "an eviction that does not succeed is followed by a deletion",
        "EKS User Guide: Fargate OS patching",
    ),
    Cap(
        "azure", 30, "know",
        "Azure takes Spot nodes back 30 s after its notice", "that is the whole notice",
        "AKS: Spot node pools",
    ),
)  # fmt: skip

PROMETHEUS = Advice(
    "do", "Prometheus",
    "Discover Pods by `role: endpointslice` or `role: pod`, not by `role: endpoints`",
    "the latter drops a Pod at its deletion, while it still serves and drains; the others keep it, "
    "the first with its conditions as labels",
    "prometheus/prometheus#11507",
)  # fmt: skip


def advice(facts: Facts) -> Iterator[Advice]:
    """Limits that cut the grace period that comes of the sleep; all where nothing is known."""
    is_general = facts == Facts()
    sleep = None if facts.seconds is None else _sleep(facts)
    for cap in CAPS:
        is_here = is_general or cap.platform in ("", facts.platform)
        if is_here and (cap.seconds is None or sleep is None):
            yield Advice(cap.kind, SUBJECT, cap.text, cap.because, cap.source)
        elif is_here and sleep is not None and (cap.seconds or 0) < sleep + DRAIN_SECONDS:
            left = max(0, (cap.seconds or 0) - sleep)
            text = f"{cap.text}. After a sleep of {sleep} s an app has {left} s of them"
            yield Advice(cap.kind, SUBJECT, text, cap.because, cap.source)


def _sleep(facts: Facts) -> int:
    seconds = facts.seconds or 0.0
    return sleep_seconds(seconds, facts.margin(seconds))


def prometheus(facts: Facts) -> Iterator[Advice]:
    """The same for all."""
    yield PROMETHEUS
