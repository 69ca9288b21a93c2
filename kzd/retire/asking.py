"""Asking who can tell whether a version is idle: Prometheus, and the Pods themselves."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from kzd.cluster_error import DENIED, ClusterError, one_line
from kzd.kube_api import ANSWER_BYTES, KubeApi, read_part
from kzd.retire.item import Item
from kzd.retire.pod_idleness import Unanswered

ANSWER_SECONDS = 5.0
PROMETHEUS_SECONDS = 10.0
PROMETHEUS_BYTES = 1_000_000


class _Stay(HTTPRedirectHandler):
    """A redirect leads to another answer than that of what was asked."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Asking:
    """
    Asks each time anew.

    `prometheus` is the URL that `/api/v1/query` comes after, `token` the bearer token for it.
    Pods are asked through the API, or at their own addresses where `is_direct`.
    """

    def __init__(
        self, api: KubeApi, prometheus: str = "", token: str = "", *, is_direct: bool = False
    ) -> None:
        self._api = api
        self._url = prometheus.rstrip("/")
        self._token = token
        self._is_direct = is_direct

    def prometheus(self, query: str) -> Any:
        """What Prometheus answers; raises Unanswered."""
        if not self._url:
            raise Unanswered("--prometheus does not name one")
        url = f"{self._url}/api/v1/query?{urlencode({'query': query})}"
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            request = Request(url, headers=headers)
            with build_opener(_Stay).open(request, timeout=PROMETHEUS_SECONDS) as response:
                return json.loads(read_part(response, PROMETHEUS_BYTES, PROMETHEUS_SECONDS))
        except HTTPError as error:
            with error:
                raise Unanswered(f"answers {error.code} {_reason(error)}".strip()) from None
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            raise Unanswered(one_line(error)) from None

    def pod(self, pod: Item, port: int, path: str) -> tuple[int, str]:
        """The status and the text that a Pod answers with; raises Unanswered."""
        if self._is_direct:
            return _direct(str(pod.status.get("podIP") or ""), port, path)
        at = f"{pod.path}:{port}/proxy{path}"
        try:
            status, said = self._api.answer(at, ANSWER_SECONDS)
        except ClusterError as error:
            raise Unanswered(error.message) from None
        if status == 403 and DENIED.search(said):  # so says the API, and not the Pod
            raise Unanswered(said)
        return status, said


def _reason(error: HTTPError) -> str:
    """What Prometheus says about a query that it does not take."""
    try:
        data = json.loads(read_part(error, PROMETHEUS_BYTES, PROMETHEUS_SECONDS))
        return str(data.get("error") or "")
    except (OSError, http.client.HTTPException, ValueError, AttributeError, RecursionError):
        return ""


def _direct(address: str, port: int, path: str) -> tuple[int, str]:
    if not address:
        raise Unanswered("it has no address")
    connection = http.client.HTTPConnection(address, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path, headers={"User-Agent": "kzd", "Connection": "close"})
        response = connection.getresponse()
        data = read_part(response, ANSWER_BYTES, ANSWER_SECONDS)
        if response.length and len(data) < ANSWER_BYTES:
            raise Unanswered("its answer breaks off")
        return response.status, data.decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(one_line(error)) from None
    finally:
        connection.close()
