"""
Which cluster, and how to log in there: the Kubernetes client library's part.

It is no part of the plain install.
"""

from __future__ import annotations

import os
from typing import Any

from kzd.cluster_error import one_line
from kzd.errors import ConfigError
from kzd.kube_api import KubeApi
from kzd.value import mapping, text

NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
EXTRA = "needs the Kubernetes client library: `pip install 'kzd[cluster]'`"


def connect(kubeconfig: str = "", context: str = "") -> KubeApi:
    """
    The API server of a kubeconfig's context, and its namespace: the current ones unless named.

    Inside of a Pod, and without any kubeconfig, that of its cluster.  Raises ConfigError, also
    where the client library is not installed.
    """
    try:
        from kubernetes import client, config
    except ImportError:
        raise ConfigError(EXTRA) from None
    configuration = client.Configuration()
    named = kubeconfig or os.environ.get("KUBECONFIG", "")
    files = named or os.path.expanduser("~/.kube/config")
    paths = [files] if kubeconfig else files.split(os.pathsep)
    is_there = any(map(os.path.exists, paths))
    is_inside = "KUBERNETES_SERVICE_HOST" in os.environ
    try:
        if is_inside and not named and not context and not is_there:
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
            namespace = _namespace_inside()
        elif not is_there:
            more = "" if kubeconfig else "; KUBECONFIG or --kubeconfig names another one"
            raise ConfigError(f"is not there{more}")
        else:
            merged = config.kube_config.KubeConfigMerger(files)  # type: ignore[no-untyped-call]
            namespace = _namespace_of(merged.config.value, context)
            config.load_kube_config(files, context or None, configuration)  # type: ignore[no-untyped-call]
    except config.ConfigException as error:
        raise ConfigError(one_line(error), file=files) from None
    except ConfigError as error:
        error.file = files
        raise
    except Exception as error:  # the library lets everything through that odd text leads to
        problem = f"is no kubeconfig that can be used: {one_line(error)}"
        raise ConfigError(problem, file=files) from None
    pool = client.ApiClient(configuration).rest_client.pool_manager
    return KubeApi(configuration, pool, namespace or "default")


def _namespace_of(merged: dict[str, Any], name: str) -> str:
    """What a context of merged kubeconfigs says, the current one unless named; or ConfigError."""
    contexts = {str(item.value["name"]): item.value["context"] for item in merged["contexts"]}
    wanted = name or text(merged.get("current-context"))
    there = f"it has: {', '.join(contexts)}" if contexts else "it has none"
    if not wanted:
        raise ConfigError(f"has no current context; --context names one, and {there}")
    if wanted not in contexts:
        raise ConfigError(f"has no context '{wanted}'; {there}")
    return text(mapping(contexts[wanted]).get("namespace")) or ""


def _namespace_inside() -> str:
    """The namespace of the Pod that this runs in, empty where it does not say."""
    try:
        with open(NAMESPACE, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""
