"""What was decided about one workload, for people who read a review."""

from __future__ import annotations

from typing import NamedTuple

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.propagation import Propagation
from kzd.cluster.resource import Resource, Workload
from kzd.cluster.role import Role
from kzd.edit import Edit
from kzd.flow.decisions import Verdict
from kzd.result import Result


class Review(NamedTuple):
    """
    A workload with its role, the edits by transform, the findings, and the propagation that
    applies to it where it serves.  `exemptions` are transforms that would have said something, each
    with the reason why they do not.
    """

    resource: Resource
    file: str
    line: int
    role: Role
    propagation: Propagation | None
    edits: tuple[tuple[str, Edit], ...]
    results: tuple[Result, ...]
    is_changed: bool
    exemptions: tuple[tuple[str, str], ...]


def review_of(verdict: Verdict, view: ClusterView) -> Review:
    """The review of a verdict about a workload."""
    workload = verdict.held.resource
    assert isinstance(workload, Workload)
    role = view.role(workload)
    return Review(
        workload,
        workload.origin.name,
        verdict.held.position()[0],
        role,
        view.propagation(workload) if role.serves else None,
        tuple((transform.name, edit) for transform, edit in verdict.edits),
        tuple(verdict.results),
        bool(verdict.changes or verdict.creates),
        tuple(verdict.withheld.items()),
    )
