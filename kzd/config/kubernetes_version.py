"""Versions of Kubernetes: which of them kzd knows, and which kubelets go with a server."""

from __future__ import annotations

import re

from kzd.option_value import Unfit, shown
from kzd.validation.validate import NEWEST, OLDEST

VERSION = r"v?1\.[0-9]{1,3}([.+-][0-9A-Za-z.+-]*)?"
"""What a version is written like: `1.34`, `v1.34.2-gke.100`."""


def server_minor(version: str | None) -> int:
    """
    The minor version of an API server, the newest known where unset; raises Unfit.

    >>> server_minor("v1.34.2-gke.100")
    34
    """
    minor = NEWEST if version is None else _minor(version)
    if not OLDEST <= minor <= NEWEST:
        raise Unfit(f"must be from 1.{OLDEST} to 1.{NEWEST}, not {shown(version)}")
    return minor


def min_kubelet_minor(version: str | None, server: int) -> int:
    """The minor version of the oldest kubelet, the server's where unset; raises Unfit."""
    if version is None:
        return server
    minor = _minor(version)
    oldest = server - skew(server)
    if not oldest <= minor <= server:
        raise Unfit(
            f"must be from 1.{oldest} to 1.{server}, which go with Kubernetes 1.{server}, "
            f"not {shown(version)}"
        )
    return minor


def skew(server: int) -> int:
    """
    How many minor versions a kubelet may be older than its API server.

    Source: https://kubernetes.io/releases/version-skew-policy/#kubelet
    """
    return 3 if server >= 28 else 2


def _minor(version: str) -> int:
    if not re.fullmatch(VERSION, version.strip()):
        raise Unfit(f"must be a version such as 1.{NEWEST}, not {shown(version)}")
    return int(re.split("[.+-]", version)[1])
