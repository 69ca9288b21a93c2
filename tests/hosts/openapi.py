"""As much of a server's OpenAPI as lets kubectl leave the validation to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def index(versions: Iterable[str]) -> Any:
    """Where the document of each version is."""
    roots = map(_root, versions)
    return {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in roots}}


def schema(version: str, kinds: dict[str, str]) -> Any:
    """The document of a version: its kinds, by their names in paths, and that it can validate."""
    group, _, number = version.rpartition("/")
    paths = {}
    for name, kind in kinds.items():
        paths[f"/{_root(version)}/{name}/{{name}}"] = {
            "patch": {
                "parameters": [{"name": "fieldValidation", "in": "query"}],
                "x-kubernetes-group-version-kind": {
                    "group": group,
                    "version": number,
                    "kind": kind,
                },
            }
        }
    about = {"title": "Kubernetes", "version": "v1.34.0"}
    return {"openapi": "3.0.0", "info": about, "paths": paths}


def _root(version: str) -> str:
    return f"apis/{version}" if "/" in version else f"api/{version}"
