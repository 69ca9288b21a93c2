"""
A Kubernetes API server, as far as kzd talks with one: plain data in and out, and clear errors.

`kzd.kubeconfig` says which one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from kzd.cluster_error import ClusterError, refusal, short

SECONDS_TO_ANSWER = 30.0
SECONDS_BETWEEN_EVENTS = 60
PATIENCE_SECONDS = 30.0
"""How long a server that is busy or away is asked again."""

PAUSE_SECONDS = 0.2
"""Before it is asked again the first time; twice as long each time after."""

ANSWER_BYTES = 4096
PIECE_BYTES = 65536
PASSING = (0, 429, 500, 502, 503, 504)
MERGE_PATCH = "application/merge-patch+json"


class Event(NamedTuple):
    """One event of a watch: ADDED, MODIFIED, DELETED or BOOKMARK, and the object."""

    type: str
    object: dict[str, Any]


class KubeApi:
    """
    Calls to one API server; each raises ClusterError where it fails.

    `host` is its address, `date` what the clock of its last answer said, as HTTP writes it,
    `namespace` the one to use where nothing says another.  What fails for the moment is tried
    again for PATIENCE_SECONDS.
    """

    def __init__(self, configuration: Any, pool: Any, namespace: str = "default") -> None:
        self.host: str = configuration.host
        self.namespace = namespace
        self.date = ""
        self._configuration = configuration
        self._pool = pool

    def reach(self) -> None:
        """Ask once whether anybody answers, whatever the answer is; raises ClusterError."""
        try:
            response = self._send("GET", "/version", {})
            response.read()  # or the next answer on this connection would begin with the rest
            response.release_conn()
        except ClusterError as error:
            if not error.status:
                raise

    def get(self, path: str, **query: Any) -> Any:
        """The object or the list at a path."""
        return self._json("GET", path, query)

    def find(self, path: str) -> Any:
        """The object at a path, None where there is none."""
        try:
            return self.get(path)
        except ClusterError as error:
            if error.status == 404:
                return None
            raise

    def create(self, path: str, body: dict[str, Any]) -> Any:
        """Create an object below a collection's path."""
        return self._json("POST", path, {}, body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Merge into the object at a path."""
        return self._json("PATCH", path, {}, body, MERGE_PATCH)

    def delete(
        self, path: str, *, uid: str = "", version: str = "", grace_seconds: int | None = None
    ) -> bool:
        """
        Delete the object at a path, its dependents in the background; whether it was there.

        With `uid` only that one, with `version` as long as that is its resourceVersion.
        """
        body: dict[str, Any] = {"propagationPolicy": "Background"}
        conditions = {"uid": uid, "resourceVersion": version}
        if uid or version:
            body["preconditions"] = {key: value for key, value in conditions.items() if value}
        if grace_seconds is not None:
            body["gracePeriodSeconds"] = grace_seconds
        try:
            self._json("DELETE", path, {}, body)
        except ClusterError as error:
            if error.status not in (404, 409):
                raise
            return False
        return True

    def text(self, path: str, **query: Any) -> str:
        """What is at a path that answers with text, such as a log."""
        return self._ask("GET", path, query).decode("utf-8", "replace")

    def answer(self, path: str, seconds: float) -> tuple[int, str]:
        """The status and the text of what answers behind a path, such as a Pod; asked once."""
        try:
            response = self._send("GET", path, {}, read_seconds=seconds)
            try:
                data = read_part(response, ANSWER_BYTES, seconds)
            finally:
                response.close()
            return response.status, data.decode("utf-8", "replace")
        except ClusterError as error:
            if not error.status:
                raise
            return error.status, error.message
        except _transport_errors() as error:
            raise ClusterError(f"{self.host}: {short(error)}") from None

    def watch(self, path: str, resource_version: str, **query: Any) -> Iterator[Event]:
        """
        The events of a collection since a version, until the server ends the stream.

        Raises ClusterError, with status 410 where the version is too old.
        """
        query |= {"watch": "1", "resourceVersion": resource_version}
        query |= {"allowWatchBookmarks": "true", "timeoutSeconds": "300"}
        response = self._send("GET", path, query, read_seconds=SECONDS_BETWEEN_EVENTS)
        try:
            for line in _lines(response):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise refusal("GET", path, event["object"].get("code", 0), line)
                yield Event(event["type"], event["object"])
        except ValueError as error:
            raise ClusterError(f"the watch of {path} broke off: {error}") from None
        finally:
            response.close()

    def _json(
        self, method: str, path: str, query: dict[str, Any], body: Any = None, kind: str = ""
    ) -> Any:
        data = self._ask(method, path, query, body, kind)
        try:
            return json.loads(data)
        except ValueError:
            raise ClusterError(f"{self.host}{path} does not answer as a Kubernetes API") from None

    def _ask(
        self, method: str, path: str, query: dict[str, Any], body: Any = None, kind: str = ""
    ) -> bytes:
        end = time.monotonic() + PATIENCE_SECONDS
        pause = PAUSE_SECONDS
        while True:
            try:
                response = self._send(method, path, query, body, kind)
                try:
                    return bytes(response.read())
                except _transport_errors() as error:
                    raise ClusterError(f"{self.host}: {short(error)}") from None
                finally:
                    response.release_conn()
            except ClusterError as error:
                if error.status not in PASSING or time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 5)

    def _send(
        self,
        method: str,
        path: str,
        query: dict[str, Any],
        body: Any = None,
        kind: str = "",
        read_seconds: float = SECONDS_TO_ANSWER,
    ) -> Any:
        from urllib3 import Timeout

        headers = {"Accept": "application/json", "User-Agent": "kzd"}
        for way in self._configuration.auth_settings().values():
            headers[way["key"]] = way["value"]
        if body is not None:
            headers["Content-Type"] = kind or "application/json"
        url = self.host + path + ("?" + urlencode(query) if query else "")
        try:
            response = self._pool.request(
                method, url, headers=headers, body=None if body is None else json.dumps(body),
                timeout=Timeout(connect=10, read=read_seconds), retries=False,
                preload_content=False,
            )  # fmt: skip
        except _transport_errors() as error:
            raise ClusterError(f"{self.host} can't be reached: {short(error)}") from None
        self.date = response.headers.get("Date") or ""
        if response.status >= 400:
            text = response.read()
            response.release_conn()
            raise refusal(method, path, response.status, text)
        return response


def read_part(response: Any, most: int, seconds: float) -> bytes:
    """
    The beginning of an answer of http.client's or urllib3's, all of it where it is short.

    Raises TimeoutError where it goes on and on.
    """
    end = time.monotonic() + seconds
    data = b""
    while len(data) < most:
        piece = _piece(response, most - len(data))
        if not piece:
            break
        data += piece
        if time.monotonic() > end:
            raise TimeoutError(f"the answer takes longer than {seconds:g} s")
    return data


def _piece(response: Any, most: int) -> bytes:
    """What has come by now; a byte of it where urllib3 is too old to tell."""
    return bytes(response.read1(most) if hasattr(response, "read1") else response.read(1))


def _transport_errors() -> tuple[type[Exception], ...]:
    from urllib3.exceptions import HTTPError

    return (HTTPError, OSError)


def _lines(response: Any) -> Iterator[bytes]:
    """The lines of a stream as they come; a line may come in pieces."""
    held = b""
    try:
        while True:
            data = _piece(response, PIECE_BYTES)
            if not data:
                return
            *lines, held = (held + data).split(b"\n")
            yield from (line for line in lines if line.strip())
    except _transport_errors() as error:
        raise ClusterError(f"the watch broke off: {short(error)}") from None
