"""Flux's own controller on an archive that a file server has."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.cluster.programs import running, until
from tests.cluster.versions import SPACE, Space
from tests.serving import served

SOURCE, KUSTOMIZE = "source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"
READ = (
    (KUSTOMIZE, "Kustomization", "kustomizations"),
    (SOURCE, "GitRepository", "gitrepositories"),
    (SOURCE, "OCIRepository", "ocirepositories"),
    (SOURCE, "Bucket", "buckets"),
    (SOURCE, "ExternalArtifact", "externalartifacts"),
)
"""The kinds that the controller watches: group, kind, plural."""

NAME = "transcode"
METADATA = {"name": NAME, "namespace": SPACE}
REPOSITORY = {
    "apiVersion": f"{SOURCE}/v1", "kind": "GitRepository", "metadata": METADATA,
    "spec": {"interval": "1h", "url": "https://example.com/transcode"},
}  # fmt: skip
KUSTOMIZATION = {
    "apiVersion": f"{KUSTOMIZE}/v1", "kind": "Kustomization", "metadata": METADATA,
    "spec": {"interval": "1h", "prune": True, "path": "./", "targetNamespace": SPACE,
             "sourceRef": {"kind": "GitRepository", "name": NAME}},
}  # fmt: skip


@contextmanager
def flux(space: Space, program: str, folder: Path) -> Iterator[Callable[[str], None]]:
    """Its `kustomize-controller`, which prunes; what is called with manifests releases them."""
    repository = Repository()
    for group, kind, plural in READ:
        space.apply_json(_definition(group, kind, plural))
        space.kubectl("wait", "--for=condition=Established", f"crd/{plural}.{group}")
    space.apply_json(REPOSITORY)
    space.apply_json(KUSTOMIZATION)

    def release(text: str) -> None:
        artifact = repository.hold(_archive(text))
        _patch(space, f"gitrepositories.{SOURCE}", {"status": {"artifact": artifact}})
        path = f"/apis/{KUSTOMIZE}/v1/namespaces/{SPACE}/kustomizations/{NAME}"

        def is_applied() -> bool:
            status = space.api.get(path).get("status", {})
            return bool(status.get("lastAppliedRevision") == artifact["revision"])

        until(is_applied)

    handler = type("OfOneRepository", (_Handler,), {"repository": repository})
    with served(handler) as repository.address, running(
        program, "--metrics-addr=127.0.0.1:0", "--health-addr=127.0.0.1:0",
        log=folder / "flux.log", RUNTIME_NAMESPACE=SPACE, **space.variables,
    ):  # fmt: skip
        yield release
    _patch(space, f"kustomizations.{KUSTOMIZE}", {"metadata": {"finalizers": None}})


class Repository:
    """What each path of the file server has: one archive."""

    def __init__(self) -> None:
        self.address = ""
        self.content = b""

    def hold(self, content: bytes) -> dict[str, str]:
        """Hold this one; what a repository's status says of it."""
        self.content = content
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return {
            "url": f"{self.address}/{digest[7:]}.tar.gz",
            "path": "all.tar.gz",
            "revision": f"main@{digest}",
            "digest": digest,
            "lastUpdateTime": "2026-01-02T03:04:05Z",
        }


class _Handler(BaseHTTPRequestHandler):
    repository: Repository

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.repository.content)))
        self.end_headers()
        self.wfile.write(self.repository.content)

    def log_message(self, *_: Any) -> None:
        pass


def _definition(group: str, kind: str, plural: str) -> dict[str, Any]:
    """A CustomResourceDefinition as far as an API server needs one: all fields are kept."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }  # fmt: skip
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }  # fmt: skip


def _patch(space: Space, resource: str, content: dict[str, Any]) -> None:
    where = ["--subresource=status"] if "status" in content else []
    body = json.dumps(content)
    space.kubectl("patch", resource, NAME, *where, "--type=merge", "-p", body)


def _archive(text: str) -> bytes:
    """A tar.gz of the manifests."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as file:
        entry = tarfile.TarInfo("all.yaml")
        entry.size = len(text.encode())
        file.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()
