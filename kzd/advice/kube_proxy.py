"""Which mode of kube-proxy: by kernel, version and number of Services."""

from __future__ import annotations

from collections.abc import Iterator

from kzd.advice.facts import Facts
from kzd.advice.said import Advice

SUBJECT = "kube-proxy's mode"
NFTABLES_SERIES = (5, 13)
NFTABLES_GA, NFTABLES_DEFAULT = 33, 40
PARTIAL_SYNC, PARTIAL_SYNC_GA = 27, 28
IPVS_DEPRECATED, IPVS_OFF, IPVS_REMOVED = 35, 40, 43
IPVS_FASTER = 37
SYNC_KEPS = "KEP-3453; KEP-3866"
MANY_SERVICES = 1000
"""From here on Amazon calls the mode iptables a problem: EKS best practices, large clusters."""

NFTABLES_NEEDS = (
    "it needs kernel 5.13, kube-proxy 1.33, `nft` 1.0.1 on the nodes and a CNI that copes "
    "(Amazon's VPC CNI from 1.23.0), and serves no NodePorts on localhost"
)
NFTABLES_COST = "with nftables an update costs what has changed, not what exists"


def advice(facts: Facts) -> Iterator[Advice]:
    """The mode to use, and what is wrong with the one in use."""
    if facts.mode == "ebpf":
        yield Advice(
            "know", SUBJECT,
            "Nothing here is about modes and sysctls of kube-proxy: another program does its work. "
            "Measure it as any other",
            "an eBPF data plane gives terminating endpoints no new connections, but the news has "
            "to reach each node there, too",
            "cilium/cilium#32815",
        )  # fmt: skip
        return
    if facts.mode == "ipvs":
        yield _deprecated(facts.kube_proxy)
    yield from _mode(facts)
    yield from _slow(facts)
    if facts.mode == "iptables" and NFTABLES_DEFAULT > (facts.kube_proxy or 0) >= 37:
        yield Advice(
            "do", SUBJECT,
            "Write `mode: iptables` into kube-proxy's configuration, where it is meant",
            "the default is planned to become nftables in 1.40",
            "KEP-5343; kubernetes/kubernetes#139777",
        )  # fmt: skip


def hindrances(facts: Facts) -> list[str]:
    """What is known to keep nftables away."""
    found = []
    if facts.kernel and facts.kernel.series < NFTABLES_SERIES:
        found.append(f"kernel {facts.kernel.release} is older than 5.13, which nftables needs")
    if facts.kube_proxy is not None and facts.kube_proxy < NFTABLES_GA:
        found.append(f"nftables is not GA in kube-proxy 1.{facts.kube_proxy}; it is from 1.33 on")
    return found


def _mode(facts: Facts) -> Iterator[Advice]:
    hindered = hindrances(facts)
    if facts.mode == "nftables":
        yield from _nftables(facts, hindered)
    elif hindered:
        yield _iptables(facts, "; ".join(hindered))
    elif facts.mode == "iptables" and (facts.services or 0) < MANY_SERVICES:
        yield _iptables_for_now(facts)
    else:
        text = "Switch kube-proxy to nftables" if facts.mode else "Run kube-proxy with nftables"
        text += f": {NFTABLES_NEEDS}"
        if not (facts.kernel and facts.kube_proxy):
            text += ". Without these take iptables, best from kube-proxy 1.28 on"
        yield Advice("do", SUBJECT, text, NFTABLES_COST, "KEP-3866")


def _nftables(facts: Facts, hindered: list[str]) -> Iterator[Advice]:
    if facts.kernel and facts.kernel.series < NFTABLES_SERIES:
        yield Advice(
            "avoid", SUBJECT,
            f"nftables on kernel {facts.kernel.release}: take a newer kernel, or iptables",
            "kube-proxy asks for 5.13, since older systems come with an `nft` older than 1.0.1, "
            "which can't read what kube-proxy writes",
            "kubernetes/kubernetes#122743",
        )  # fmt: skip
    elif hindered:
        yield Advice(
            "avoid", SUBJECT, "nftables, until kube-proxy is 1.33: alpha from 1.29, beta from 1.31",
            hindered[0], "KEP-3866",
        )  # fmt: skip
    else:
        yield Advice(
            "know", SUBJECT, "nftables is the right mode; keep it", NFTABLES_COST,
            "KEP-3866",
        )  # fmt: skip


def _iptables(facts: Facts, why: str) -> Advice:
    version = facts.kube_proxy
    if version is not None and version < PARTIAL_SYNC:
        text = "Upgrade kube-proxy to 1.28 or later; the mode iptables is right for it then"
        why += "; and before 1.27 each update in mode iptables writes the rules of all Services"
    elif facts.mode == "iptables":
        return Advice("know", SUBJECT, "iptables is the right mode here; keep it", why, SYNC_KEPS)
    else:
        text = "Switch kube-proxy to iptables" if facts.mode else "Run kube-proxy with iptables"
        text += "" if (version or PARTIAL_SYNC_GA) >= PARTIAL_SYNC_GA else ", best from 1.28 on"
    return Advice("do", SUBJECT, text, why, SYNC_KEPS)


def _iptables_for_now(facts: Facts) -> Advice:
    known = "" if facts.services is None else f", with {facts.services} Services"
    return Advice(
        "know", SUBJECT,
        f"iptables does{known}. From about {MANY_SERVICES:,} Services on prefer nftables: "
        f"{NFTABLES_NEEDS}",
        "from 1.27 on iptables writes only what has changed, but still looks at all Services; "
        f"{NFTABLES_COST}",
        f"{SYNC_KEPS}; EKS best practices, large clusters",
    )  # fmt: skip


def _deprecated(version: int | None) -> Advice:
    plan = "planned are: off by default in 1.40, removed in 1.43"
    if version is not None and version >= IPVS_REMOVED:
        text = "IPVS: it is planned to be removed in 1.43"
    elif version is not None and version >= IPVS_OFF:
        text = "IPVS: from 1.40 on it is planned to need the feature gate `KubeProxyIPVS`"
    elif version is not None and version < IPVS_DEPRECATED:
        text = f"IPVS: it is deprecated from 1.35 on; {plan}"
    else:
        text = f"IPVS: it is deprecated; {plan}"
    return Advice(
        "avoid", SUBJECT, text,
        "Kubernetes lacks people who know its code, and asks its users to move to nftables",
        "KEP-5495",
    )  # fmt: skip


def _slow(facts: Facts) -> Iterator[Advice]:
    version, services = facts.kube_proxy, facts.services or 0
    look = "look at `kubeproxy_sync_proxy_rules_duration_seconds`"
    if services >= MANY_SERVICES and facts.mode == "iptables":
        yield Advice(
            "know", SUBJECT, f"With {services:,} Services a sync may take seconds; {look}",
            "in mode iptables it looks at all Services, whatever has changed", SYNC_KEPS,
        )  # fmt: skip
    if services >= MANY_SERVICES and facts.mode == "ipvs" and (version or 0) < IPVS_FASTER:
        yield Advice(
            "know", SUBJECT, f"With {services:,} Services a sync may take tens of seconds; {look}",
            "IPVS' own syncs did so with many Services until 1.37",
            "kubernetes/kubernetes#138927",
        )  # fmt: skip
    if facts.mode == "ipvs" and version in (34, 35):
        yield Advice(
            "do", SUBJECT, f"Take the newest patch release of kube-proxy 1.{version}",
            "1.34 stopped checking IPVS' rules regularly; later patch releases of 1.34 and 1.35 "
            "do it again",
            "kubernetes/kubernetes#135631",
        )  # fmt: skip
