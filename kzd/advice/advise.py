"""All advice for the facts that are known, the most important first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from kzd.advice import ipvs, kube_proxy, platform, propagation
from kzd.advice.facts import Facts
from kzd.advice.said import Advice


class Reading(NamedTuple):
    """
    How to come to know a fact: its option, what shows it, and what it decides.

    `modes` are those in which it matters.
    """

    option: str
    command: str
    decides: str
    source: str
    modes: tuple[str | None, ...] = (None, "iptables", "ipvs")


READINGS = {
    "mode": Reading(
        "--kube-proxy-mode",
        "`curl -s localhost:10249/proxyMode` on a node",
        "it decides what a large value means, and whether IPVS' sysctls matter",
        "kubernetes/kubernetes cmd/kube-proxy/app/server.go",
    ),
    "kernel": Reading(
        "--kernel",
        "`uname -r` on each node, or `kubectl get nodes -o wide`; the oldest counts",
        "it decides between nftables and iptables, and which of IPVS' sysctls are right",
        "kubernetes.io: Linux Kernel Version Requirements",
    ),
    "kube_proxy": Reading(
        "--kubernetes-version",
        "`kubectl get nodes`: kube-proxy goes with the kubelet; the oldest counts",
        "it decides whether nftables is GA, and whether iptables writes changes only",
        "KEP-3866; KEP-3453",
        (None, "iptables", "ipvs", "nftables"),
    ),
    "services": Reading(
        "--services",
        "`kubectl get services -A --no-headers | wc -l`",
        "in the modes iptables and IPVS an update costs more the more there are",
        "kubernetes.io: Virtual IPs and Service Proxies",
    ),
}
"""By the field of Facts."""


def unknown(facts: Facts) -> Iterator[Advice]:
    """What would decide more, and how to read it."""
    for name, reading in READINGS.items():
        if getattr(facts, name) is None and facts.mode in reading.modes:
            yield Advice(
                "do", f"what is not known: {reading.option}", f"Read it with {reading.command}",
                reading.decides, reading.source,
            )  # fmt: skip


SECTIONS: tuple[Callable[[Facts], Iterator[Advice]], ...] = (
    propagation.advice,
    kube_proxy.advice,
    ipvs.advice,
    unknown,
    platform.prometheus,
    platform.advice,
)


def advise(*facts: Facts) -> list[Advice]:
    """What the facts of one or more paths make worth saying, each once."""
    found = (advice for section in SECTIONS for item in facts for advice in section(item))
    return list(dict.fromkeys(found))
