"""`kzd advise`: facts that are given, and what it says of them."""

from __future__ import annotations

import json

import pytest

from tests.console import Console

FACTS = (
    "--kernel", "5.4.0-150-generic", "--kubernetes-version", "v1.34.4", "--kube-proxy-mode",
    "ipvs", "--services", "2000",
)  # fmt: skip


def test_advice_stands_below_its_facts(console: Console) -> None:
    done = console.kzd("advise", *FACTS)

    facts, first, *rest = done.out.decode().split("\n\n")
    assert (done.code, done.err) == (0, "")
    assert facts == "kernel 5.4.0-150-generic, kube-proxy 1.34, mode ipvs, 2,000 Services"
    assert first.startswith("avoid: the propagation\n  Reading it from `kubeproxy_network")
    assert "\n      because that metric" in first
    assert first.splitlines()[-1].startswith("      from: kubernetes/endpointslice")
    assert any("cat /proc/version_signature" in part for part in rest)
    assert max(map(len, done.out.decode().splitlines())) <= 110


def test_json_says_the_same(console: Console) -> None:
    text = " ".join(console.kzd("advise", *FACTS).out.decode().split())
    done = console.kzd("advise", *FACTS, "--format", "json")

    answer = json.loads(done.out)
    (facts,) = answer["facts"]
    assert (facts["kernel"], facts["kubeProxy"], facts["kubeProxyMode"], facts["services"]) == (
        "5.4.0-150-generic", "1.34", "ipvs", 2000,
    )  # fmt: skip
    assert len(answer["advice"]) > 5
    for item in answer["advice"]:
        assert f"{item['kind']}: {item['subject']} {item['text']} because {item['because']}" in text


def test_without_facts_it_is_for_all(console: Console) -> None:
    done = console.kzd("advise")

    assert done.code == 0
    assert done.out.startswith(b"nothing is known of the cluster, so this is for all\n\n")
    assert b"Read it with `uname -r`" in done.out


def test_a_kernel_tells_its_platform(console: Console) -> None:
    done = console.kzd("advise", "--kernel", "5.15.0-1041-azure", "--format", "json")

    assert json.loads(done.out)["facts"][0]["platform"] == "azure"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        (
            "--kube-proxy-mode",
            "nftable",
            "must be one of `iptables`, `nftables`, `ipvs`, `ebpf`, not 'nftable'; "
            "did you mean `nftables`?",
        ),
        ("--kernel", "linux", "must be what `uname -r` prints, such as 5.15.0-91-generic, not 'l"),
        ("--kubernetes-version", "2.1", "must be a version such as 1.34, not '2.1'"),
        ("--services", "many", "must be a whole number of at least 0, not 'many'"),
        ("--services", "-1", "must be a whole number of at least 0, not -1"),
    ],
)
def test_what_can_not_be(console: Console, option: str, value: str, said: str) -> None:
    done = console.kzd("advise", option, value)

    assert (done.code, done.out) == (2, b"")
    assert done.err.startswith(f"kzd: error: {option}: {said}")
