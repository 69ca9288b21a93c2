"""The filter imports what it needs and nothing else: start-up is what is imported."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

from tests.case import ROOT

HEAVY = (
    "argparse", "asyncio", "click", "concurrent", "dataclasses", "decimal", "difflib", "email",
    "graphlib", "http", "importlib.metadata", "importlib.resources", "inspect", "json.tool",
    "jsonschema", "logging", "multiprocessing", "pathlib", "pkgutil", "pprint", "random",
    "referencing", "rpds", "shutil", "socket", "ssl", "subprocess", "tempfile", "textwrap",
    "threading", "tomllib", "traceback", "typing_extensions", "unittest", "urllib", "uuid",
)  # fmt: skip
ELSEWHERE = (
    "kzd.commands.cli", "kzd.commands.files", "kzd.commands.manual", "kzd.commands.options",
    "kzd.commands.retire", "kzd.config.fitting", "kzd.config.measurement", "kzd.config.schema",
    "kzd.long_task", "kzd.measurement", "kzd.reference", "kzd.retire", "kzd.versions",
    "kzd.report.diff", "kzd.report.explain",
    "kzd.report.github", "kzd.report.gitlab", "kzd.report.json", "kzd.report.place",
    "kzd.report.sarif",
)  # fmt: skip
TEXT = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: http
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: example/web:1.0
        ports:
        - name: http
          containerPort: 8080
        env:
"""
VARIABLE = "        - name: VARIABLE_{number}\n          value: a value that fills the line\n"
MANIFEST = TEXT + "".join(VARIABLE.format(number=number) for number in range(22))


PROGRAM = """
import sys
before = set(sys.modules)
from kzd.__main__ import main
sys.argv = ["kzd"]
code = main()
print(*sorted(set(sys.modules) - before), file=sys.stderr)
sys.exit(code)
"""


@cache
def filtered() -> tuple[frozenset[str], str]:
    """The modules that a run of the filter imports, and what it writes."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        input=MANIFEST,
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(done.stderr.splitlines()[-1].split()), done.stdout


def test_the_manifest_is_one_that_is_edited() -> None:
    _, out = filtered()

    assert 1800 < len(MANIFEST) < 2300
    assert "readinessProbe" in out
    assert "kind: PodDisruptionBudget" in out


@pytest.mark.parametrize("name", [*HEAVY, *ELSEWHERE])
def test_the_filter_does_not_import(name: str) -> None:
    modules, _ = filtered()

    assert not {item for item in modules if item == name or item.startswith(f"{name}.")}


def test_the_filter_imports_the_pipeline() -> None:
    modules, _ = filtered()

    assert {"kzd.pipeline", "kzd.transforms.pre_stop_sleep"} <= modules
