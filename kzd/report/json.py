"""The report for programs; `schemas/report.json` is its shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kzd import __version__
from kzd.edit import Edit, spelled
from kzd.flow.review import Review
from kzd.flow.telling import presentable, reference
from kzd.measurement import Measurement
from kzd.result import SEVERITIES, Result


def report(results: Sequence[Result], reviews: Sequence[Review], configured_by: str) -> str:
    """One JSON object."""
    answer = {
        "tool": f"kzd {__version__}",
        "configuredBy": configured_by or None,
        "summary": _summary(results, reviews),
        "workloads": [_workload(review) for review in reviews],
        "results": [_result(result) for result in results],
    }
    return json.dumps(answer, indent=2, ensure_ascii=False, default=str) + "\n"


def _summary(results: Sequence[Result], reviews: Sequence[Review]) -> dict[str, int]:
    severities = [result.severity for result in results]
    return {
        "workloads": len(reviews),
        "changed": sum(review.is_changed for review in reviews),
        "leftAlone": sum(review.role.is_left_alone for review in reviews),
    } | {f"{severity}s": severities.count(severity) for severity in SEVERITIES}


def _result(result: Result) -> dict[str, Any]:
    """The KRM result, with the line and column of its file."""
    answer = result.krm()
    if result.file:
        place = {"line": result.line, "column": result.column}
        found = {key: number for key, number in place.items() if number}
        answer["file"] = {"path": result.file, "index": result.index} | found
    return answer


def _workload(review: Review) -> dict[str, Any]:
    return {
        "resourceRef": reference(review.resource),
        "file": {"path": review.file} | ({"line": review.line} if review.line else {}),
        "role": review.role.name,
        "why": review.role.why,
        "single": review.role.single or None,
        "changed": review.is_changed,
        "exemptions": dict(review.exemptions),
        "propagation": _propagation(review),
        "edits": [_edit(transform, edit, review) for transform, edit in review.edits],
    }


def _propagation(review: Review) -> dict[str, Any] | None:
    found = review.propagation
    if found is None:
        return None
    return {
        "seconds": found.sleep_seconds,
        "path": found.path or None,
        "why": found.why,
        "basis": found.basis,
        "arithmetic": found.arithmetic,
        "source": found.source or None,
        "measurement": _measurement(found.measurement),
    }


def _measurement(found: Measurement | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "name": found.name,
        "quantile": found.quantile,
        "confidence": found.confidence,
        "boundSeconds": found.bound_seconds,
        "rollouts": found.rollouts,
        "measuredAt": found.measured_at,
    }


def _edit(transform: str, edit: Edit, review: Review) -> dict[str, Any]:
    is_elsewhere = edit.about not in (None, review.resource)
    about = {"resourceRef": reference(edit.about)} if is_elsewhere else {}
    return about | {
        "transform": transform,
        "field": spelled(edit.path),
        "value": presentable(edit.value, edit.path),
        "because": edit.because,
        "arithmetic": edit.arithmetic or None,
        "source": edit.source or None,
    }
