"""
Which cluster, and how to log in there: the Kubernetes client library's part.

It is no part of the plain install.
"""

from __future__ import annotations

import os

from kzd.cluster_error import one_line
from kzd.errors import ConfigError
from kzd.kube_api import KubeApi

EXTRA = "needs the Kubernetes client library: `pip install 'kzd[cluster]'`"


def connect(kubeconfig: str = "", context: str = "") -> KubeApi:
    """
    The API server of a kubeconfig's context: the current ones unless named.

    Inside of a Pod, and without any kubeconfig, that of its cluster.  Raises ConfigError, also
    where the client library is not installed.
    """
    try:
        from kubernetes import client, config
    except ImportError:
        raise ConfigError(EXTRA) from None
    configuration = client.Configuration()
    named = kubeconfig or os.environ.get("KUBECONFIG", "")
    default = os.path.expanduser("~/.kube/config")
    files = named.split(os.pathsep) if not kubeconfig and named else [named or default]
    is_there = any(map(os.path.exists, files))
    is_inside = "KUBERNETES_SERVICE_HOST" in os.environ
    try:
        if is_inside and not named and not context and not is_there:
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        elif not is_there:
            more = "" if kubeconfig else "; KUBECONFIG or --kubeconfig names another one"
            raise ConfigError(f"is not there{more}", file=named or default)
        else:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                kubeconfig or None, context or None, configuration
            )
    except config.ConfigException as error:
        raise ConfigError(one_line(error), file=named or default) from None
    except ConfigError:
        raise
    except Exception as error:  # the library lets everything through that odd text leads to
        problem = f"is no kubeconfig that can be used: {one_line(error)}"
        raise ConfigError(problem, file=named or default) from None
    return KubeApi(configuration, client.ApiClient(configuration).rest_client.pool_manager)
