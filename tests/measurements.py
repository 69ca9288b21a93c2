"""PropagationMeasurements as plain data and as text."""

from __future__ import annotations

from typing import Any

from kzd.text.emit import leaf

SPEC: dict[str, Any] = {
    "path": "ingress",
    "claim": "measured",
    "quantile": 0.95,
    "confidence": 0.95,
    "boundSeconds": 3.4,
    "maximumSeconds": 3.4,
    "rollouts": 60,
    "deletions": 180,
    "censored": 0,
    "resolutionSeconds": 0.05,
    "measuredAt": "2026-11-23",
}


def plain(name: str = "prod", **spec: Any) -> dict[str, Any]:
    """A measurement with some fields of its spec said otherwise."""
    envelope = {"apiVersion": "kzd.dev/v1alpha1", "kind": "PropagationMeasurement"}
    metadata = {"name": name, "annotations": {"config.kubernetes.io/local-config": "true"}}
    return envelope | {"metadata": metadata, "spec": SPEC | spec}


def text(name: str = "prod", **spec: Any) -> str:
    """The same as a document."""
    return "".join(f"{key}: {leaf(value)}\n" for key, value in plain(name, **spec).items())
