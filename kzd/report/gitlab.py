"""
The report for GitLab: a code quality artifact, which merge requests show.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from kzd.report import text
from kzd.report.place import file, fingerprints, rule
from kzd.result import Result

SEVERITY = {"error": "critical", "warning": "major", "info": "info"}
"""GitLab's own word for each severity."""


def report(results: Sequence[Result]) -> str:
    """One JSON array."""
    answer = [
        {
            "description": text.said(result),
            "check_name": rule(result),
            "fingerprint": fingerprint,
            "severity": SEVERITY[result.severity],
            "location": {"path": file(result), "lines": {"begin": result.line or 1}},
        }
        for result, fingerprint in zip(results, fingerprints(results), strict=True)
    ]
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
