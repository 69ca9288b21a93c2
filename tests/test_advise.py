"""`kzd advise`: facts that are given, and what it says of them."""

from __future__ import annotations

import json

import pytest

from kzd.measure.document import documents
from kzd.measurement import MEASURED, Measurement
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


def measured(console: Console, path: str, seconds: float, mode: str = "ipvs") -> str:
    found = Measurement(
        name=path, path=path, claim=MEASURED, quantile=0.95, confidence=0.95,
        bound_seconds=seconds, maximum_seconds=seconds, rollouts=60, deletions=180, censored=0,
        resolution_seconds=0.1, measured_at="2026-11-23",
        cluster={"kubernetes": "v1.34.4", "kernels": ["6.18.5"], "kubeProxyMode": mode},
    )  # fmt: skip
    console.write(f"{path}.yaml", documents([found]))
    return f"{path}.yaml"


def test_a_measurement_tells_facts(console: Console) -> None:
    file = measured(console, "cluster-ip", 12.0)

    facts, *advice = console.kzd("advise", file).out.decode().split("\n\n")

    assert facts == "kernel 6.18.5, kube-proxy 1.34, mode ipvs, 12 s over cluster-ip"
    assert advice[0].startswith("do: the propagation over cluster-ip\n  Look for the cause")
    assert any("Switch kube-proxy to nftables" in item for item in advice)


def test_options_beat_what_was_measured(console: Console) -> None:
    file = measured(console, "cluster-ip", 12.0)
    options = ("--kube-proxy-mode", "nftables", "--services", "7")

    done = console.kzd("advise", "--format", "json", *options, file)

    (facts,) = json.loads(done.out)["facts"]
    assert (facts["kubeProxyMode"], facts["services"]) == ("nftables", 7)
    assert (facts["kernel"], facts["seconds"]) == ("6.18.5", 12.0)


def test_several_measurements_and_standard_input(console: Console) -> None:
    names = [measured(console, "cluster-ip", 1.0), measured(console, "headless", 30.0)]
    stream = "---\n".join((console.folder / name).read_text() for name in names)

    found = [console.kzd("advise", *names).out, console.kzd("advise", "-", data=stream).out]

    assert found[0] == found[1]
    assert found[0].startswith(
        b"kernel 6.18.5, kube-proxy 1.34, mode ipvs, 1 s over cluster-ip\n"
        b"kernel 6.18.5, kube-proxy 1.34, mode ipvs, 30 s over headless\n\n"
    )
    assert b"the propagation over headless" in found[0]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (None, 3, "can't be read"),
        ("", 2, "must hold a PropagationMeasurement"),
        ("kind: [", 2, "is not YAML"),
        (
            "apiVersion: kzd.dev/v1alpha1\nkind: PropagationMeasurement\nspec: {}\n",
            2,
            "must be set",
        ),
    ],
)
def test_files_that_are_no_measurement(
    console: Console, text: str | None, code: int, said: str
) -> None:
    if text is not None:
        console.write("found.yaml", text)

    done = console.kzd("advise", "found.yaml")

    assert (done.code, done.out) == (code, b"")
    assert done.err.startswith("found.yaml")
    assert said in done.err
