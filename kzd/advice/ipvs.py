"""IPVS' sysctls: which values are right for which kernel, and which of them kube-proxy sets."""

from __future__ import annotations

from collections.abc import Iterator

from kzd.advice.facts import Facts, Kernel
from kzd.advice.said import Advice

SUBJECT = "IPVS' sysctls"
FIRST_SERIES, FIXED_SERIES = (4, 1), (5, 9)
LEAVES_IT = 22
"""The kube-proxy that leaves `conn_reuse_mode` as it is from kernel 5.9 on."""

REUSE = (
    "with `conn_reuse_mode` 0 a new connection from a port that was used in the last two minutes "
    "goes where the old one went, even to a Pod of weight 0 that is gone"
)
ISSUE, FIX = "kubernetes/kubernetes#81775", "Linux commit c95c07836fa4"


def advice(facts: Facts) -> Iterator[Advice]:
    """The rows of the table that fit, all of them where the kernel is not known."""
    if facts.mode != "ipvs" and facts != Facts():
        return
    yield from [_row(facts.kernel, facts.kube_proxy)] if facts.kernel else TABLE.values()
    yield _set_by_kube_proxy(facts.kernel, facts.kube_proxy)
    yield from NEVER


def _row(kernel: Kernel, kube_proxy: int | None) -> Advice:
    if kernel.series >= FIXED_SERIES and kube_proxy is not None and kube_proxy < LEAVES_IT:
        return Advice(
            "do", SUBJECT,
            f"Upgrade kube-proxy to 1.22 or later, which leaves `conn_reuse_mode` at 1 on kernel "
            f"{kernel.release}",
            f"older ones set 0, and {REUSE}",
            "kubernetes/kubernetes#102122",
        )  # fmt: skip
    leads_away = kernel.leads_away
    if kernel.series < FIRST_SERIES:
        return TABLE["before 4.1"]
    if kernel.series >= FIXED_SERIES:  # 1 is right there, whatever the number hides
        return TABLE["either" if leads_away else "5.9"]
    if leads_away is None:
        return _hidden(kernel)
    return TABLE["stable" if leads_away else "4.1 to 5.8"]


def _hidden(kernel: Kernel) -> Advice:
    return Advice(
        "do", SUBJECT,
        f"Find out with {kernel.look} whether kernel {kernel.release} has `ipvs: Fix reuse "
        "connection if RS weight is 0`. With it leave the sysctls to kube-proxy; without it no "
        "value is right, so leave IPVS or take a newer kernel",
        f"the number hides what was ported back; kube-proxy goes by it and sets 0, and {REUSE}, "
        "unless that change is in",
        f"{ISSUE}; {FIX}",
    )  # fmt: skip


TABLE = {
    "before 4.1": Advice(
        "do", SUBJECT, "Before kernel 4.1: leave IPVS, for iptables or a newer kernel",
        "there is no `conn_reuse_mode`, and a port that is used again always leads where it led",
        "kubernetes/kubernetes pkg/proxy/ipvs/proxier.go",
    ),
    "4.1 to 5.8": Advice(
        "do", SUBJECT,
        "Kernels 4.1 to 5.8, without the later fix: leave IPVS, for iptables or a newer kernel, "
        "since no value of `conn_reuse_mode` is right",
        f"{REUSE}; with 1 and `conntrack` 1 the first SYN from such a port is dropped, which costs "
        "a second",
        f"{ISSUE}, #70747",
    ),
    "stable": Advice(
        "know", SUBJECT,
        "Kernels 4.14.257, 4.19.219, 5.4.163 and later of these series: leave the sysctls as "
        "kube-proxy sets them, `conn_reuse_mode` 0 and `expire_nodest_conn` 1",
        "with both, these kernels lead a port that is used again away from a Pod of weight 0",
        FIX,
    ),
    "5.9": Advice(
        "do", SUBJECT,
        "Kernels from 5.9 on: leave `net.ipv4.vs.conn_reuse_mode` at 1, the kernel's default, and "
        "see that no sysctl.d sets 0",
        f"kube-proxy from 1.22 on does not touch it there; {REUSE}, unless the kernel is 5.10.83, "
        "5.15.6, 5.16 or later",
        f"kubernetes/kubernetes#102122; {ISSUE}",
    ),
    "either": Advice(
        "know", SUBJECT,
        "Kernels 5.10.83, 5.15.6, 5.16 and later: `conn_reuse_mode` 1, the kernel's default, is "
        "right, and 0 is too, with `expire_nodest_conn` 1",
        "both lead a port that is used again away from a Pod of weight 0",
        FIX,
    ),
}  # fmt: skip
"""By kernel, from the oldest to the newest."""


def _set_by_kube_proxy(kernel: Kernel | None, kube_proxy: int | None) -> Advice:
    leaves = kube_proxy is None or kube_proxy >= LEAVES_IT
    if kernel is None:
        reuse = ", and `conn_reuse_mode` to 0 on kernels 4.1 to 5.8, by their number"
    elif kernel.series < FIRST_SERIES or (kernel.series >= FIXED_SERIES and leaves):
        reuse = "; `conn_reuse_mode` it leaves alone on this kernel"
    else:
        reuse = ", and `conn_reuse_mode` to 0 on this kernel, by its number"
    return Advice(
        "know", SUBJECT,
        "kube-proxy sets `net.ipv4.vs.conntrack`, `expire_nodest_conn` and "
        f"`expire_quiescent_template` to 1 whenever it starts{reuse}",
        "what sysctl.d says of them is overwritten",
        "kubernetes/kubernetes pkg/proxy/ipvs/proxier.go",
    )  # fmt: skip


NEVER = (
    Advice(
        "avoid", SUBJECT, "`net.ipv4.vs.conntrack` 0 under kube-proxy",
        "kube-proxy relies on connection tracking, and sets 1 when it starts",
        "kubernetes/kubernetes pkg/proxy/ipvs/proxier.go",
    ),
    Advice(
        "avoid", SUBJECT, "`conn_reuse_old_conntrack`",
        "it is a patch of single vendors; other kernels do not have it",
        "Linux commit f0a5e4d7a594, which took its place",
    ),
)  # fmt: skip
