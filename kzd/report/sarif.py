"""
The report for code scanning: one log of SARIF 2.1.0.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from kzd import __version__
from kzd.report import text
from kzd.report.place import file, fingerprints, rule
from kzd.result import Result
from kzd.transform import Transform

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
FINGERPRINT = "kzdResult/v1"
"""
Not `primaryLocationLineHash`: GitHub's upload computes that one and warns of any other value.
"""

ACTIONS = {
    "annotation": "Find annotations for kzd that it can't use.",
    "configuration": "Find overrides that fit no resource.",
    "exemption": "Find exemptions that have no reason or keep nothing back.",
    "input": "Learn what kzd can't read or passes over.",
    "validation": "Find what the API server would refuse.",
}
"""What is looked for beside the transforms, by the action of its results."""


def report(results: Sequence[Result], transforms: Sequence[Transform]) -> str:
    """One JSON object; every rule that may speak is in it, whether it did or not."""
    pages = {transform.name: (transform.promise, transform.docstring) for transform in transforms}
    pages |= {action: (sentence, sentence) for action, sentence in ACTIONS.items()}
    places = {name: place for place, name in enumerate(pages)}
    driver = {
        "name": "kzd",
        "version": __version__,
        "rules": [_rule(name, *page) for name, page in pages.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(result, fingerprint, places)
            for result, fingerprint in zip(results, fingerprints(results), strict=True)
        ],
    }
    answer = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def _rule(name: str, promise: str, page: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": promise},
        "fullDescription": {"text": promise},
        "help": {"text": page, "markdown": page},
    }


def _uri(result: Result) -> str:
    return quote(file(result), errors="backslashreplace")


def _result(result: Result, fingerprint: str, places: Mapping[str, int]) -> dict[str, Any]:
    region = {"startLine": result.line or 1}
    if result.column:
        region["startColumn"] = result.column
    location = {"artifactLocation": {"uri": _uri(result)}, "region": region}
    return {
        "ruleId": rule(result),
        "ruleIndex": places[rule(result)],
        "level": LEVELS[result.severity],
        "message": {"text": text.said(result)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
