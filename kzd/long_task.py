"""
The names of long tasks: labels, annotations, the hash of a version, and the name made of it.

What makes versions and what retires them know each other by these alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERSION = "kzd.dev/version"
"""The label of the version: on the object, in the selector and on the Pods; a `version_hash`."""

BASE = "kzd.dev/base"
"""The label of the name before the version; `version_name(base, version)` is the object's."""

INSTANCE = "kzd.dev/instance"
"""The label of what a version belongs to, such as the Helm release: its owner."""

LONG_TASK = "kzd.dev/long-task"
"""The annotation that opts a Deployment in; its options are spelled behind a dot."""

IDLE_QUERY = f"{LONG_TASK}.idleQuery"
"""The annotation with a Prometheus query whose value is 0 where a version is idle."""

IDLE_PATH = f"{LONG_TASK}.idlePath"
"""The annotation with the endpoint, `:port/path`, at which a Pod says that it is idle."""

IDLE_ANNOTATION = f"{LONG_TASK}.idleAnnotation"
"""The annotation with the Pod annotation, `key=value`, by which a Pod says that it is idle."""

IDLE_READINESS = f"{LONG_TASK}.idleReadiness"
"""The annotation with the readiness, `ready` or `not-ready`, that means idle."""

PRUNE_GUARDS: Mapping[str, str] = {
    "helm.sh/resource-policy": "keep",
    "argocd.argoproj.io/sync-options": "Prune=false",
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}
"""What keeps an object that is no longer in the manifests: in Helm, Argo CD (twice) and Flux."""

OWN_WORDS: Mapping[str, str] = {**PRUNE_GUARDS, LONG_TASK: "true"}
"""The annotations whose value is the same in every input."""

MAXIMUM_NAME = 46
"""Up to it the names of a Deployment's Pods are not cut: 63, less 11 for the hash and 6."""

HASH_VERSION = "b"
"""In front of each hash, the next letter when it is made another way.  No reader of YAML takes a
word that begins with it for a number."""

HASH_LENGTH = 10
BASE_DIGEST_LENGTH = 5

SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""The API's own for generated names: no vowels, so no words, and no two that look alike.
Source: k8s.io/apimachinery/pkg/util/rand/rand.go, alphanums"""

VOLATILE_ANNOTATIONS = frozenset(["kubectl.kubernetes.io/restartedAt"])
"""Those of a pod template that are no part of a version."""

EMPTY_IS_UNSET = frozenset(["annotations", "labels", "matchLabels", "metadata"])
"""Fields that mean the same empty and unset.  Others don't: an empty selector is all Pods."""


def version_hash(template: Mapping[str, Any]) -> str:
    """
    The version of a pod template (plain data): `HASH_VERSION` and 10 characters.

    Of the template's canonical JSON without nulls, the version that it may hold already and
    `VOLATILE_ANNOTATIONS`: key order, the style of YAML and 30 for 30.0 make no difference.
    """
    return content_hash(_essence(template, ()))


def content_hash(value: Any) -> str:
    """The hash of plain data as it is: `HASH_VERSION` and 10 characters."""
    from json import dumps  # only where long tasks are: it costs start-up

    canonical = dumps(_numbers_alike(value), sort_keys=True, separators=(",", ":"))
    return HASH_VERSION + _digest(canonical, HASH_LENGTH)


def version_name(base: str, version: str) -> str:
    """
    The name of a version, at most 46 characters; a base that is too long is cut, and a digest of
    the whole base stands for what is gone.

    >>> version_name("transcode", "bcdfghjklmn")
    'transcode-bcdfghjklmn'
    >>> version_name("a-service-with-a-name-that-goes-on-and-on", "bcdfghjklmn")
    'a-service-with-a-name-that-g-q8vxt-bcdfghjklmn'
    """
    room = MAXIMUM_NAME - len(version) - 1
    if len(base) > room:
        kept = base[: room - BASE_DIGEST_LENGTH - 1].rstrip("-.")
        base = f"{kept}-{_digest(base, BASE_DIGEST_LENGTH)}"
    return f"{base}-{version}"


def base_name(name: str, labels: Mapping[str, Any]) -> str:
    """
    The name before the version: `name` itself, unless it is made of what the labels say.

    >>> base_name("transcode-bcdfghjklmn", {BASE: "transcode", VERSION: "bcdfghjklmn"})
    'transcode'
    """
    base, version = labels.get(BASE), labels.get(VERSION)
    is_made = isinstance(base, str) and base and isinstance(version, str) and version
    return str(base) if is_made and version_name(str(base), str(version)) == name else name


def _digest(text: str, length: int) -> str:
    from hashlib import sha256  # only where long tasks are: it costs start-up

    number = int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest())
    characters = ""
    for _ in range(length):
        number, place = divmod(number, len(SAFE_ALPHABET))
        characters += SAFE_ALPHABET[place]
    return characters


def _essence(value: Any, path: tuple[str, ...]) -> Any:
    """The part of a template that makes a version."""
    if isinstance(value, list):
        return [_essence(item, (*path, "[]")) for item in value]
    if not isinstance(value, Mapping):
        return value
    left_out = {VERSION} if path[-1:] in (("labels",), ("matchLabels",)) else set()
    if path == ("metadata", "annotations"):
        left_out |= VOLATILE_ANNOTATIONS
    kept = {
        key: _essence(item, (*path, str(key)))
        for key, item in value.items()
        if item is not None and key not in left_out
    }
    return {key: item for key, item in kept.items() if item != {} or key not in EMPTY_IS_UNSET}


def _numbers_alike(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _numbers_alike(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers_alike(item) for item in value]
    return int(value) if isinstance(value, float) and value % 1 == 0 else value
