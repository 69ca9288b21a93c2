"""A real cluster: any that is named, or the lab."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cluster.lab import IMAGE, Lab

NAMED = "KZD_CLUSTER_KUBECONFIG"
CLUSTER_IMAGE = "KZD_CLUSTER_IMAGE"
LAB = "lab"
NOT_NAMED = f"{NAMED} names no kubeconfig; `{LAB}` means the one of KZD_SHARED"


class Cluster(NamedTuple):
    """A kubeconfig, and an image with Python that the cluster can get."""

    kubeconfig: Path
    image: str


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The lab, of which tests start what they need; down at the end."""
    named = os.environ.get(NAMED)
    if named != LAB:
        pytest.skip(f"{NAMED} names another cluster than `{LAB}`" if named else NOT_NAMED)
    found = Lab.found()
    if found is None or found.why_not:
        pytest.skip(found.why_not if found else "KZD_SHARED names no folder with a lab")
    yield found
    found.call("down")


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Any cluster."""
    named = os.environ.get(NAMED)
    if not named:
        pytest.skip(NOT_NAMED)
    if named != LAB:
        return Cluster(Path(named), os.environ.get(CLUSTER_IMAGE, "python:3.13-slim"))
    lab: Lab = request.getfixturevalue("lab")
    lab.default()
    return Cluster(lab.kubeconfig, IMAGE)
