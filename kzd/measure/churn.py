"""Changes of other Services beside a measurement: an idle cluster looks too good."""

from __future__ import annotations

from threading import Event, Thread

from kzd.cluster_error import ClusterError
from kzd.measure.objects import CHURN_SERVICES, Object, churn_service, churn_slice, collection
from kzd.measure.setting_up import Probe


class Churn:
    """
    Changes the endpoints of Services of its own, `rate` times a second, until it is stopped.

    `failure` says what stopped it before.
    """

    def __init__(self, made: Probe, rate: float) -> None:
        self.failure: ClusterError | None = None
        self._api = made.api
        self._run = made.run
        self._rate = rate
        self._slices = collection("EndpointSlice", made.namespace)
        self._over = Event()
        self._services: list[Object] = [
            made.create("Service", churn_service(made.run, index))
            for index in range(CHURN_SERVICES)
        ]
        for service in self._services:
            made.create("EndpointSlice", churn_slice(made.run, service, 0))
        Thread(target=self._go, daemon=True).start()

    def stop(self) -> None:
        """Change nothing more."""
        self._over.set()

    def _go(self) -> None:
        step = 0
        while not self._over.wait(1 / self._rate):
            step += 1
            made = churn_slice(self._run, self._services[step % CHURN_SERVICES], step)
            path = f"{self._slices}/{made['metadata']['name']}"
            try:
                self._api.patch(path, {"endpoints": made["endpoints"]})
            except ClusterError as error:
                if not self._over.is_set():
                    self.failure = error
                return
