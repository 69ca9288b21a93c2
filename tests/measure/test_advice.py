"""Advice as tables: facts, and what they make worth saying."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from kzd.advice import ipvs, kube_proxy, platform, propagation
from kzd.advice.advise import advise
from kzd.advice.facts import (
    MODES,
    PLATFORMS,
    STABLE,
    Facts,
    Kernel,
    facts_of,
    kernel_of,
    minor_of,
    platform_of,
)
from kzd.advice.said import KINDS
from kzd.measure.tally import Figures, Observer, plain
from kzd.measurement import MEASURED, Measurement
from kzd.option_value import Unfit
from kzd.settings import PATHS

HIDDEN = "hidden"
KERNELS = {
    "3.10.0-1160.el7.x86_64": "before 4.1",
    "4.0.9": "before 4.1",
    "4.1.0": "4.1 to 5.8",
    "4.13.16": "4.1 to 5.8",
    "4.14.256": "4.1 to 5.8",
    "4.14.257": "stable",
    "4.14.355-276.618.amzn2.x86_64": "stable",
    "4.18.0": "4.1 to 5.8",
    "4.18.0-553.el8_10.x86_64": HIDDEN,
    "4.19.218": "4.1 to 5.8",
    "4.19.219": "stable",
    "5.3.18-150300.59.93-default": HIDDEN,
    "5.4.0-150-generic": HIDDEN,
    "5.4.17-2136.330.7.el8uek.x86_64": HIDDEN,
    "5.4.162": "4.1 to 5.8",
    "5.4.163+": "stable",
    "5.8.18": "4.1 to 5.8",
    "5.9.0": "5.9",
    "5.9.16": "5.9",
    "5.10.0-28-amd64": "5.9",
    "5.10.82": "5.9",
    "5.10.83": "either",
    "5.10.225-213.878.amzn2.x86_64": "either",
    "5.13.19": "5.9",
    "5.14.0-427.13.1.el9_4.x86_64": "5.9",
    "5.15.0-91-generic": "5.9",
    "5.15.5": "5.9",
    "5.15.6": "either",
    "5.16.0": "either",
    "6.6.97+": "either",
    "6.8.0-1021-aws": "either",
    "6.18.5": "either",
}


@pytest.mark.parametrize("release", KERNELS)
def test_the_row_of_a_kernel(release: str) -> None:
    found, *_ = ipvs.advice(Facts(kernel_of(release), 34, "ipvs"))

    if KERNELS[release] == HIDDEN:
        assert "Find out with" in found.text
        assert release in found.text
    else:
        assert found == ipvs.TABLE[KERNELS[release]]


def test_every_row_is_of_some_kernel() -> None:
    assert {*KERNELS.values()} == {*ipvs.TABLE, HIDDEN}
    starts = [f"{major}.{minor}.{patch}" for (major, minor), patch in STABLE.items()]
    assert all(any(release.startswith(start) for release in KERNELS) for start in starts)


@pytest.mark.parametrize(
    ("release", "kube_proxy", "said"),
    [
        ("5.15.6", 21, "Upgrade kube-proxy to 1.22"),
        ("5.15.6", 22, "Kernels 5.10.83"),
        ("5.4.163", 21, "Kernels 4.14.257"),
    ],
)
def test_an_old_kube_proxy_spoils_a_new_kernel(release: str, kube_proxy: int, said: str) -> None:
    found, *_ = ipvs.advice(Facts(kernel_of(release), kube_proxy, "ipvs"))

    assert found.text.startswith(said)


@pytest.mark.parametrize(
    ("release", "kube_proxy", "said"),
    [
        ("3.10.0", 34, "`conn_reuse_mode` it leaves alone"),
        ("4.18.0-553.el8_10.x86_64", 34, "`conn_reuse_mode` to 0 on this kernel"),
        ("5.8.18", 34, "`conn_reuse_mode` to 0 on this kernel"),
        ("5.9.0", 34, "`conn_reuse_mode` it leaves alone"),
        ("5.9.0", None, "`conn_reuse_mode` it leaves alone"),
        ("5.9.0", 21, "`conn_reuse_mode` to 0 on this kernel"),
        (None, 34, "`conn_reuse_mode` to 0 on kernels 4.1 to 5.8"),
    ],
)
def test_what_kube_proxy_sets(release: str | None, kube_proxy: int | None, said: str) -> None:
    facts = Facts(kernel_of(release) if release else None, kube_proxy, "ipvs")
    found = [item for item in ipvs.advice(facts) if item.text.startswith("kube-proxy sets")]

    assert [said in item.text for item in found] == [True]
    assert all("`net.ipv4.vs.conntrack`, `expire_nodest_conn`" in item.text for item in found)


@pytest.mark.parametrize("kernel", [None, "4.18.0-553.el8_10.x86_64", "5.4.1", "6.8.0"])
def test_what_is_never_to_be_set(kernel: str | None) -> None:
    facts = Facts(kernel_of(kernel) if kernel else None, 34, "ipvs")
    every = list(ipvs.advice(facts))

    assert every[-2:] == list(ipvs.NEVER)
    assert not any("conn_reuse_old_conntrack" in item.text for item in every[:-1])


@pytest.mark.parametrize("mode", ["iptables", "nftables", "ebpf", None])
def test_other_modes_have_no_sysctls_of_ipvs(mode: str | None) -> None:
    assert list(ipvs.advice(Facts(kernel_of("4.18.0"), 34, mode))) == []


def test_of_an_unknown_kernel_all_rows_are_told() -> None:
    for facts in (Facts(mode="ipvs"), Facts()):
        assert list(ipvs.advice(facts))[: len(ipvs.TABLE)] == list(ipvs.TABLE.values())


OLD, RED_HAT_8, NEW = "5.10.0-28-amd64", "4.18.0-553.el8_10.x86_64", "6.8.0-45-generic"


@pytest.mark.parametrize(
    ("kernel", "version", "mode", "services", "said"),
    [
        (NEW, 34, "nftables", 5000, ["know: nftables is the right mode"]),
        (None, None, "nftables", None, ["know: nftables is the right mode"]),
        (NEW, 31, "nftables", None, ["avoid: nftables, until"]),
        (OLD, 34, "nftables", None, ["avoid: nftables on kernel 5.10.0-28"]),
        (RED_HAT_8, 40, "nftables", None, ["avoid: nftables on kernel 4.18.0"]),
        (NEW, 34, "iptables", None, ["know: iptables does."]),
        (NEW, 34, "iptables", 999, ["know: iptables does, with 999 Services"]),
        (NEW, 34, "iptables", 1000, ["do: Switch kube-proxy to nftables", "know: With 1,000"]),
        (NEW, 37, "iptables", 12, ["know: iptables does", "do: Write `mode: iptables`"]),
        (NEW, 40, "iptables", 12, ["know: iptables does"]),
        (NEW, 31, "iptables", 12, ["know: iptables is the right mode here"]),
        (NEW, 28, "iptables", 12, ["know: iptables is the right mode here"]),
        (NEW, 26, "iptables", 12, ["do: Upgrade kube-proxy to 1.28"]),
        (OLD, 34, "iptables", 12, ["know: iptables is the right mode here"]),
        (OLD, None, "iptables", None, ["know: iptables is the right mode here"]),
        (None, None, "iptables", None, ["know: iptables does."]),
        (
            NEW,
            28,
            "ipvs",
            12,
            ["avoid: IPVS: it is deprecated from", "do: Switch kube-proxy to ip"],
        ),
        (NEW, 27, "ipvs", 12, ["avoid: IPVS: it is", "do: Switch kube-proxy to iptables, best"]),
        (
            NEW,
            33,
            "ipvs",
            12,
            ["avoid: IPVS: it is deprecated from", "do: Switch kube-proxy to nf"],
        ),
        (NEW, 34, "ipvs", 12, ["avoid: IPVS", "do: Switch", "do: Take the newest patch release"]),
        (
            NEW,
            35,
            "ipvs",
            12,
            ["avoid: IPVS: it is deprecated;", "do: Switch", "do: Take the newe"],
        ),
        (NEW, 36, "ipvs", 5000, ["avoid: IPVS", "do: Switch", "know: With 5,000 Services a sync"]),
        (NEW, 37, "ipvs", 5000, ["avoid: IPVS: it is deprecated;", "do: Switch kube-proxy to nft"]),
        (NEW, 40, "ipvs", 12, ["avoid: IPVS: from 1.40 on it is planned to need", "do: Switch"]),
        (NEW, 43, "ipvs", 12, ["avoid: IPVS: it is planned to be removed", "do: Switch"]),
        (RED_HAT_8, 34, "ipvs", 12, ["avoid", "do: Switch kube-proxy to iptables", "do: Take"]),
        (
            None,
            None,
            "ipvs",
            None,
            ["avoid: IPVS: it is deprecated;", "do: Switch kube-proxy to n"],
        ),
        (NEW, 34, None, None, ["do: Run kube-proxy with nftables"]),
        (OLD, 34, None, None, ["do: Run kube-proxy with iptables"]),
        (None, None, None, None, ["do: Run kube-proxy with nftables"]),
        (OLD, 34, "ebpf", 5000, ["know: Nothing here is about modes"]),
    ],
)
def test_the_mode(
    kernel: str | None, version: int | None, mode: str | None, services: int | None, said: list[str]
) -> None:
    facts = Facts(kernel_of(kernel) if kernel else None, version, mode, services)
    found = [f"{item.kind}: {item.text}" for item in kube_proxy.advice(facts)]

    assert len(found) == len(said), found
    for text, beginning in zip(found, said, strict=True):
        assert text.startswith(beginning)


def test_what_is_not_known_is_no_reason() -> None:
    """Conditions are told as such where a fact is missing, and never taken for granted."""
    (whole,) = kube_proxy.advice(Facts(kernel_of(NEW), 34))
    for part in (Facts(kernel_of(NEW)), Facts(kube_proxy=34), Facts()):
        (found,) = kube_proxy.advice(part)
        assert (
            found.text == f"{whole.text}. Without these take iptables, best from kube-proxy 1.28 on"
        )


def test_a_red_hat_kernel_goes_by_its_number() -> None:
    assert len(kube_proxy.hindrances(Facts(kernel_of(RED_HAT_8), 34))) == 1
    assert kube_proxy.hindrances(Facts(kernel_of("5.14.0-427.13.1.el9_4.x86_64"), 34)) == []


IN = {"path": "cluster-ip", "mode": "iptables"}


@pytest.mark.parametrize(
    ("facts", "subjects"),
    [
        ({}, ["the propagation"]),
        ({"mode": "ebpf"}, []),
        ({**IN, "seconds": 1.0}, []),
        ({**IN, "seconds": 5.0}, []),
        ({**IN, "seconds": 5.1}, ["the propagation over cluster-ip"]),
        ({**IN, "seconds": 5.1, "path": "url"}, []),
        # A sleep for 1.0 s is 2 s: what few ports add within is no matter.
        ({**IN, "seconds": 1.0, "reused_seconds": 2.0}, []),
        ({**IN, "seconds": 1.0, "reused_seconds": 2.1}, ["the propagation: port reuse"]),
        ({**IN, "seconds": 1.0, "reused_seconds": 2.1, "resolution_seconds": 1.5}, []),
        ({**IN, "seconds": 0.9, "single_seconds": 0.05}, []),
        ({**IN, "seconds": 10.0, "single_seconds": 0.05}, ["… over cluster-ip: minSyncPeriod"]),
        ({**IN, "seconds": 10.0, "single_seconds": 9.5}, ["the propagation over cluster-ip"]),
        ({**IN, "mode": "ebpf", "seconds": 10.0, "single_seconds": 1.0}, []),
        ({**IN, "seconds": 30.2}, ["… over cluster-ip: syncPeriod"]),
        ({**IN, "seconds": 40.0}, ["the propagation over cluster-ip"]),
        ({**IN, "mode": "ebpf", "seconds": 30.0}, ["the propagation over cluster-ip"]),
        ({"path": "headless", "seconds": 30.0}, ["the propagation over headless"]),
        ({"path": "aws-nlb", "seconds": 90.0}, ["the propagation over aws-nlb"]),
    ],
)
def test_what_a_value_means(facts: dict[str, Any], subjects: list[str]) -> None:
    found = [item for item in propagation.advice(Facts(**facts)) if item != propagation.AGAIN]
    wanted = [subject.replace("…", propagation.SUBJECT) for subject in subjects]

    assert [item.subject for item in found] == wanted


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("ipvs", "below at IPVS' sysctls"),
        ("iptables", "nf_conntrack_tcp_timeout_syn_sent"),
        (None, "nf_conntrack_tcp_timeout_syn_sent"),
    ],
)
def test_port_reuse_has_its_cause_by_mode(mode: str | None, said: str) -> None:
    facts = Facts(mode=mode, path="cluster-ip", seconds=1.0, reused_seconds=100.0)
    (found,) = (item for item in propagation.advice(facts) if "port reuse" in item.subject)

    assert said in f"{found.text} {found.because}"
    assert "few ports reached the Pod for 100 s, others for 1 s" in found.because


def test_every_path_has_its_reading() -> None:
    assert {*propagation.PATHS, *propagation.BY_KUBE_PROXY} >= {*PATHS}


@pytest.mark.parametrize(
    ("facts", "limits"),
    [
        ({}, [600, None, None, 15, 25, 600, 120, None, 30]),
        ({"mode": "iptables"}, [600, None, None]),
        ({"mode": "iptables", "platform": "azure"}, [600, None, None, 30]),
        ({"seconds": 1.0}, [None, None]),
        ({"seconds": 1.0, "platform": "gke"}, [None, None, 15, 25]),
        ({"seconds": 100.0, "platform": "aws"}, [None, None, 120, None]),
        ({"seconds": 500.0}, [600, None, None]),
    ],
)
def test_limits_that_cut(facts: dict[str, Any], limits: list[int | None]) -> None:
    found = [item.text for item in platform.advice(Facts(**facts))]
    texts = {cap.text: cap.seconds for cap in platform.CAPS}

    assert [texts[text.partition(". After a sleep")[0]] for text in found] == limits


def test_what_a_limit_leaves() -> None:
    """A sleep of 2 s and the 30 s of an app are cut on Spot nodes."""
    found = [item.text for item in platform.advice(Facts(seconds=1.0, platform="gke"))]

    assert "After a sleep of 2 s an app has 13 s of them" in found[2]


@pytest.mark.parametrize(
    ("facts", "options"),
    [
        (Facts(), ["--kube-proxy-mode", "--kernel", "--kubernetes-version", "--services"]),
        (Facts(mode="nftables"), ["--kubernetes-version"]),
        (Facts(mode="ebpf"), []),
        (Facts(kernel_of(NEW), 34, "iptables", 0), []),
        (Facts(kernel_of(NEW), 34), ["--kube-proxy-mode", "--services"]),
    ],
)
def test_what_to_find_out(facts: Facts, options: list[str]) -> None:
    asked = [
        item.subject.rpartition(" ")[2] for item in advise(facts) if "not known" in item.subject
    ]

    assert asked == options


def every() -> list[Facts]:
    return [
        Facts(kernel_of(kernel) if kernel else None, version, mode, services, path=path,
              platform=name, seconds=seconds, reused_seconds=seconds and seconds * 9)
        for kernel, version, mode, services, (path, seconds), name in product(
            (None, RED_HAT_8, OLD, NEW), (None, 21, 27, 34, 37, 43), (None, *MODES),
            (None, 10, 3000), (("", None), ("cluster-ip", 0.9), ("headless", 30.0)),
            ("", "gke"),
        )
    ]  # fmt: skip


def test_no_advice_contradicts_another_or_rests_on_nothing() -> None:
    for facts in every():
        found = advise(facts)
        assert len({*found}) == len(found)
        modes = [item.text for item in found if item.subject == kube_proxy.SUBJECT]
        keeps = [text for text in modes if "keep it" in text or "iptables does" in text]
        assert len([*keeps, *(text for text in modes if text.startswith(("Switch", "Run")))]) <= 1
        for item in found:
            assert item.kind in KINDS
            assert all(text and text == text.strip(" .;") for text in item)
            assert not item.because.startswith(("and ", "because "))


def test_paths_of_a_measurement_share_what_is_of_the_cluster() -> None:
    one = Facts(kernel_of(NEW), 34, "iptables", 12, path="cluster-ip", seconds=9.0)
    other = one._replace(path="headless", seconds=30.0)
    found = advise(one, other)

    assert len(found) == len({*found})
    subjects = [item.subject for item in found]
    assert subjects.index("the propagation over headless") < subjects.index(kube_proxy.SUBJECT)
    assert {*found} == {*advise(one), *advise(other)}


def test_a_kernel_with_four_numbers() -> None:
    release = "5.15.153.1-microsoft-standard-WSL2"

    assert kernel_of(release) == Kernel(release, (5, 15), 153, "")


@pytest.mark.parametrize(
    "release", ["", "linux", "5", "5.x", "10.0.20348.2340", "v5.10.1", "5.10 .1", "100.1.1"]
)
def test_what_is_no_kernel(release: str) -> None:
    with pytest.raises(Unfit, match="must be what `uname -r` prints"):
        kernel_of(release)


@pytest.mark.parametrize(
    ("version", "minor"), [("1.34", 34), ("v1.34.4", 34), ("1.33.5-gke.10", 33), ("v1.40+", 40)]
)
def test_versions(version: str, minor: int) -> None:
    assert minor_of(version) == minor


@pytest.mark.parametrize("version", ["", "1", "34", "2.1", "1.340", "1.x"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(Unfit, match="must be a version such as"):
        minor_of(version)


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        ("v1.34.1-gke.1829001", "gke"),
        ("gke-neg", "gke"),
        ("v1.33.5-eks-113cf36", "aws"),
        ("6.8.0-1021-aws", "aws"),
        ("5.10.225-213.878.amzn2.x86_64", "aws"),
        ("5.15.0-1041-azure", "azure"),
        ("azure-agic", "azure"),
        ("6.18.5", ""),
        ("cluster-ip", ""),
    ],
)
def test_platforms_tell_themselves(marked: str, name: str) -> None:
    assert platform_of("1.34", marked) == name


def test_every_platform_has_limits() -> None:
    assert {cap.platform for cap in platform.CAPS} == {"", *PLATFORMS}


def measured(**more: Any) -> Measurement:
    return Measurement(**{
        "name": "prod", "path": "cluster-ip", "claim": MEASURED, "quantile": 0.95,
        "confidence": 0.95, "bound_seconds": 3.0, "maximum_seconds": 4.0, "rollouts": 60,
        "deletions": 180, "censored": 0, "resolution_seconds": 0.1, "measured_at": "2026-11-23",
    } | more)  # fmt: skip


def test_the_oldest_of_a_cluster_counts() -> None:
    cluster = {
        "kubernetes": "v1.34.4",
        "kubelets": ["v1.34.4", "v1.32.1"],
        "kubeProxyMode": "ipvs",
        "kernels": ["6.18.5", "10.0.20348.2340", "5.15.5", "5.15.0-1041-azure"],
        "services": 12,
    }

    facts = facts_of(measured(cluster=cluster))

    assert facts == Facts(
        Kernel("5.15.0-1041-azure", (5, 15), None, kernel_of("5.15.0-1041-azure").look),
        32, "ipvs", 12, "azure", "cluster-ip", 3.0, 0.1,
    )  # fmt: skip


@pytest.mark.parametrize(
    "cluster",
    [
        None,
        {},
        "small",
        {"kernels": None, "kubelets": "v1.34", "services": "many", "kubeProxyMode": "kernelspace"},
        {"kernels": [6.1, {}], "kubelets": [1.34], "kubernetes": None, "kubeProxyMode": []},
    ],
)
def test_what_a_measurement_does_not_tell_is_not_known(cluster: Any) -> None:
    facts = facts_of(measured(cluster=cluster))

    assert facts == Facts(path="cluster-ip", seconds=3.0, resolution_seconds=0.1)


def test_the_slowest_observer_with_few_ports_counts() -> None:
    """`kzd measure summary` writes the observers so."""
    seen = [
        Observer("one", "node1", "fresh", Figures(60, 0.5, 9.0), 50.0, 0),
        Observer("few", "node1", "reused", Figures(60, 0.5, 7.5), 50.0, 0),
        Observer("few", "node2", "reused", Figures(60, 0.5, 8.25), 50.0, 0),
    ]

    assert facts_of(measured(observers=tuple(map(plain, seen)))).reused_seconds == 8.25
    assert facts_of(measured(observers=(plain(seen[0]),))).reused_seconds is None
    assert facts_of(measured(observers=("few", {"ports": "reused"}))).reused_seconds is None


@pytest.mark.parametrize(
    ("singles", "seconds"),
    [
        ({"deletions": 3, "medianSeconds": 0.05, "maximumSeconds": 0.1}, 0.05),
        ({"medianSeconds": 2}, 2.0),
        ({"medianSeconds": True}, None),
        ({"medianSeconds": float("nan")}, None),
        ({"medianSeconds": -1.0}, None),
        ("few", None),
        (None, None),
    ],
)
def test_lone_deletions_are_told_by_their_median(singles: Any, seconds: float | None) -> None:
    assert facts_of(measured(singles=singles)).single_seconds == seconds


def test_without_a_bound_the_longest_counts() -> None:
    assert facts_of(measured(bound_seconds=None)).seconds == 4.0
    assert facts_of(measured(bound_seconds=None, maximum_seconds=None)).seconds is None


def test_general_advice_is_of_all_subjects() -> None:
    assert {item.subject for item in advise(Facts())} >= {
        "the propagation", kube_proxy.SUBJECT, ipvs.SUBJECT, "Prometheus", platform.SUBJECT,
    }  # fmt: skip
