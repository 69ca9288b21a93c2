"""The objects of a run, as odd clusters see them."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.measure import objects
from kzd.measure.accounts import Account
from kzd.measure.facts import cluster_facts
from kzd.measure.plan import Plan


@pytest.mark.parametrize("made", [
    objects.backends("r", Plan(), 20.0, 3), objects.observers("r", Plan(), []),
])  # fmt: skip
def test_no_mesh_takes_connections_in_the_place_of_the_service(made: objects.Object) -> None:
    metadata = made["spec"]["template"]["metadata"]
    assert metadata["labels"]["sidecar.istio.io/inject"] == "false"
    assert metadata["labels"]["istio.io/dataplane-mode"] == "none"
    assert metadata["annotations"]["linkerd.io/inject"] == "disabled"


def test_another_generation_is_another_template() -> None:
    first, second = (
        objects.backends("r", Plan(), 20.0, number)["spec"]["template"] for number in (1, 2)
    )
    assert first != second


class _Listed:
    """An API that knows a list of Services only."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self.metadata = metadata

    def get(self, path: str, **_: Any) -> Any:
        return {"items": [{}] if path.endswith("services") else [], "metadata": self.metadata}


@pytest.mark.parametrize(
    ("metadata", "services"),
    [
        ({}, 1),
        ({"continue": "x", "remainingItemCount": 41}, 42),
        ({"continue": "x"}, None),
    ],
)
def test_services_are_counted_or_not_known(metadata: dict[str, Any], services: int | None) -> None:
    assert cluster_facts(_Listed(metadata), [])["services"] == services  # type: ignore[arg-type]


def test_the_mode_on_the_machine_that_measures_is_not_the_cluster_s() -> None:
    outside, inside = Account("outside"), Account("abcde")
    outside.add('{"observer":"outside","node":"","kernel":"6.1","mode":"ipvs"}')
    inside.add('{"observer":"abcde","node":"n1","kernel":"6.8","mode":"nftables"}')
    facts = cluster_facts(_Listed({}), [outside, inside])  # type: ignore[arg-type]
    assert (facts["kubeProxyMode"], facts["kernels"]) == ("nftables", ["6.8"])


@pytest.mark.parametrize(
    ("spec", "kind", "address"),
    [({}, "IPv4", "192.0.2.3"), ({"ipFamilies": ["IPv6", "IPv4"]}, "IPv6", "2001:db8::3")],
)
def test_churn_has_the_cluster_s_family_of_addresses(
    spec: dict[str, Any], kind: str, address: str
) -> None:
    service = {"metadata": {"name": "kzd-measure-churn-0", "uid": "u"}, "spec": spec}
    made = objects.churn_slice("r1", service, 2)
    assert (made["addressType"], made["endpoints"]) == (kind, [{"addresses": [address]}])
