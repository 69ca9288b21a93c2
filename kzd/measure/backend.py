"""
What runs in the Pods that are measured.

It travels in a ConfigMap and runs in any image that has Python 3.8, so it stands alone and
imports nothing of kzd.

A backend answers requests until its Pod is deleted; its preStop hook tells it when that is.  It
then goes on serving, ignores SIGTERM, and ends by itself with a report in its termination message:
for each observer and path the last new connection after the hook began, on its own clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import time
from typing import Any, Callable  # noqa: UP035

OBSERVER = "x-kzd-observer"
HOOK = "/hook"
REPORT = "/dev/termination-log"

HEAD_SECONDS = 5.0
UNFIT = (OSError, ValueError, IndexError, EOFError, asyncio.LimitOverrunError, asyncio.TimeoutError)
"""What comes of a connection that is cut, or speaks something else."""

_STARTED = time.time(), time.monotonic()


def wall(moment: float) -> float:
    """A monotonic time as seconds since the epoch; steps of the clock do not move it."""
    return _STARTED[0] + moment - _STARTED[1]


class Backend:
    """Counts the connections that reach it; `window` is how long it serves after its deletion."""

    def __init__(self, name: str, window: float, end: Callable[[], None]) -> None:
        self.name = name
        self.window = window
        self.noticed: float | None = None
        self.by = ""
        self.arrivals: dict[str, tuple[float, int]] = {}
        self._end = end

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, one answer."""
        moment = time.monotonic()
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            path, headers = parsed(head)
            if path == HOOK:
                self.notice(moment, "hook")
                await asyncio.sleep(self.window)
            writer.write(answer(self.told(moment, headers)))
            await writer.drain()
            # The backend closes first, so that an observer can take its port again at once.
            writer.close()
        except UNFIT:
            writer.close()

    def told(self, moment: float, headers: dict[str, str]) -> dict[str, Any]:
        """What a request is answered with."""
        if OBSERVER in headers:
            self.count(moment, headers[OBSERVER])
        since = None if self.noticed is None else round(moment - self.noticed, 4)
        return {"pod": self.name, "time": round(wall(moment), 5), "since": since}

    def count(self, moment: float, observer: str) -> None:
        """An observer's connection came at `moment`."""
        if self.noticed is not None and moment >= self.noticed:
            _, number = self.arrivals.get(observer, (0.0, 0))
            self.arrivals[observer] = moment - self.noticed, number + 1

    def notice(self, moment: float, by: str) -> None:
        """The Pod's end began; the first to tell counts."""
        if self.noticed is None:
            self.noticed, self.by = moment, by
            asyncio.get_event_loop().call_later(self.window, self._end)

    def report(self) -> dict[str, Any]:
        """The termination message; the API keeps 4,096 bytes of it."""
        noticed = self.noticed or 0.0
        return {
            "noticed": round(wall(noticed), 4),
            "by": self.by,
            "served": round(time.monotonic() - noticed, 3),
            "arrivals": [
                [name, round(last, 4), number]
                for name, (last, number) in sorted(self.arrivals.items())
            ],
        }


def parsed(head: bytes) -> tuple[str, dict[str, str]]:
    """The path and the headers of a request, by their lower-case names."""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return first.split(" ")[1], {name.strip().lower(): value.strip() for name, _, value in pairs}


def answer(data: dict[str, Any]) -> bytes:
    """A response that ends the connection."""
    body = json.dumps(data).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def run_backend(port: int, window: float) -> None:
    """Serve until the report is written."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not ended.done():
            ended.set_result(None)

    backend = Backend(platform.node(), window, end)
    loop.add_signal_handler(signal.SIGTERM, lambda: backend.notice(time.monotonic(), "signal"))
    server = await asyncio.start_server(backend.serve, "", port, backlog=1024)
    await ended
    with open(REPORT, "w") as file:
        json.dump(backend.report(), file, separators=(",", ":"))
    server.close()


if __name__ == "__main__":
    asyncio.run(run_backend(int(os.environ["PORT"]), float(os.environ["WINDOW_SECONDS"])))
