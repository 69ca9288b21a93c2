"""Documents of measurements: what is written is what is read, and people can read it too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from kzd.measure.document import documents
from kzd.measure.record import URL, Deletion
from kzd.measure.summary import summarize
from kzd.measurement import INSUFFICIENT, MEASURED, Measurement
from kzd.option_value import camel
from kzd.text import document
from tests.measure.deletions import CLUSTER, arrivals, deletion, reused, rollouts

MEASURED_TEXT = """\
apiVersion: kzd.dev/v1alpha1
kind: PropagationMeasurement
metadata: {name: prod, annotations: {config.kubernetes.io/local-config: "true"}}
spec:
  path: cluster-ip
  namespaces: ["shop-*", web]
  claim: measured
  quantile: 0.95
  confidence: 0.95
  boundSeconds: 0.9
  maximumSeconds: 0.9
  rollouts: 59
  deletions: 177
  censored: 0
  resolutionSeconds: 0.33
  measuredAt: "2026-11-23"
  observers:
  - {name: observer-1, node: node1, ports: fresh, medianSeconds: 0.45, maximumSeconds: 0.9, \
answersPerSecond: 50.0}
  - {name: observer-2, node: node2, ports: fresh, medianSeconds: 0.1, maximumSeconds: 0.1, \
answersPerSecond: 50.0}
  cluster:
    kubernetes: v1.34.4
    kubelets: [v1.34.4]
    nodes: 2
    kubeProxyMode: iptables
    kernels: ["6.18.5"]
    services: 12
  load:
    backends: 3
    connectionsPerSecond: 50.0
    observers: 2
    hostNetwork: false
    churnPerSecond: 0.0
  tool: "kzd 0.1.0"
"""


def measured(deletions: Sequence[Deletion], **options: Any) -> list[Measurement]:
    return [item.measurement for item in summarize(deletions, **options)]


def read(data: bytes) -> list[Any]:
    found = document.read("a.yaml", data).documents
    for item in found:
        item.parse()
        assert item.notes == []
    return [item.data for item in found]


URL_TOO = [
    item._replace(arrivals=(*item.arrivals, arrivals(2.5, path=URL, node="", observer="out: 1")))
    for item in rollouts([0.9] * 59)
]
ODD = {
    "measured": measured(rollouts([0.9] * 59), namespaces=["shop-*"]),
    "insufficient": measured(rollouts([0.9] * 3), name="x1"),
    "nothing whole": measured([deletion()]),
    "odd words": measured(
        [deletion(censored="it said: 'no' # \"never\"\n\tand\u2028left", tool="1")]
    ),
    "nothing known": measured([deletion(cluster=dict.fromkeys(CLUSTER))]),
    "many kernels": measured([deletion(cluster=CLUSTER | {"kernels": ["6.1.0-1-amd64"] * 20})]),
    "a name like a number": measured(rollouts([0.9] * 3), name="0123"),
    "several paths": measured(URL_TOO, path_of_url="ingress"),
    "reused ports": measured([deletion(seen=[arrivals(), reused(9.0)])]),
    "lone deletions": measured([*rollouts([0.9] * 3), deletion(series="single", of=1, run="r2")]),
}


def test_a_document_reads_well() -> None:
    [measurement] = measured(rollouts([0.9] * 59), name="prod", namespaces=["shop-*", "web"])

    assert documents([measurement]).decode() == MEASURED_TEXT


@pytest.mark.parametrize("given", ODD.values(), ids=ODD)
def test_what_is_written_is_read(given: list[Measurement]) -> None:
    found = read(documents(given))

    assert len(found) == len(given)
    for data, measurement in zip(found, given, strict=True):
        assert data["apiVersion"] == "kzd.dev/v1alpha1"
        assert data["kind"] == "PropagationMeasurement"
        assert data["metadata"] == {
            "name": measurement.name,
            "annotations": {"config.kubernetes.io/local-config": "true"},
        }
        expected = {
            camel(name): list(value) if isinstance(value, tuple) else value
            for name, value in measurement._asdict().items()
            if name not in ("name", "source")
        }
        left_out = {key for key in expected if key not in data["spec"]}
        assert data["spec"] == {key: expected[key] for key in expected if key not in left_out}
        assert not any(expected[key] for key in left_out)
        assert {"boundSeconds", "maximumSeconds", "censored"}.isdisjoint(left_out)


def test_a_claim_and_its_reason_stand_together() -> None:
    [insufficient], [claimed] = ODD["insufficient"], ODD["measured"]

    assert (insufficient.claim, claimed.claim) == (INSUFFICIENT, MEASURED)
    assert b"\n  claim: insufficient\n  reason: " in documents([insufficient])
    assert b"\n  boundSeconds: null\n" in documents([insufficient])
    assert b"reason" not in documents([claimed])


def test_documents_are_a_stream() -> None:
    text = documents(ODD["several paths"]).decode()

    assert text.count("\n---\napiVersion: ") == 1
    assert text.endswith('tool: "kzd 0.1.0"\n')
    assert documents([]) == b""
