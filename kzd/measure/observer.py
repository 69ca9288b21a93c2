"""
What asks the backends: in Pods on several nodes, and on the machine that measures a URL.

Like a backend it stands alone.  It opens a new connection for each request and writes a line of
JSON a second: what it sent, what failed, and by which backend it was answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

OBSERVER = "x-kzd-observer"

ANSWER_SECONDS = 3.0
FRESH_FROM, FRESH_TO = 20000, 60000
REUSED_FROM, REUSED_TO, REUSED_PORTS = 60000, 65000, 64
"""Apart: a fresh port that was just used again and again for the same address would not be one."""

RESOLVE_SECONDS = 0.5

_STARTED = time.time(), time.monotonic()


def wall(moment: float) -> float:
    """A monotonic time as seconds since the epoch; steps of the clock do not move it."""
    return _STARTED[0] + moment - _STARTED[1]


class Target:
    """One path of an observer: where it leads, and what came of a second's requests."""

    def __init__(self, observer: str, path: str, url: str, is_reused: bool) -> None:
        parts = urlsplit(url)
        self.path, self.is_reused = path, is_reused
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.context = ssl.create_default_context() if parts.scheme == "https" else None
        self.addresses: list[Any] = []
        self.problem = ""
        name = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.context else 80
        host = name if self.port == default else f"{name}:{self.port}"
        resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.request = (
            f"GET {resource} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: kzd\r\n"
            f"{OBSERVER}: {observer}\r\nConnection: close\r\n\r\n"
        ).encode()
        if is_reused:
            self.next = random.randrange(REUSED_FROM, REUSED_TO - REUSED_PORTS)
            self.range = self.next, self.next + REUSED_PORTS
        else:
            self.next = random.randrange(FRESH_FROM, FRESH_TO)
            self.range = FRESH_FROM, FRESH_TO
        self.clear()

    def clear(self) -> None:
        """Begin a new second."""
        self.sent = self.failed = 0
        self.errors: dict[str, int] = {}
        self.pods: dict[str, tuple[int, float | None, float, float]] = {}

    def take(self) -> int:
        """The next source port: all of the range in turn, so that none comes back soon."""
        self.next += 1
        if self.next >= self.range[1]:
            self.next = self.range[0]
        return self.next

    async def keep_resolved(self) -> None:
        """Ask for the addresses again and again, as clients do that follow DNS."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
                self.addresses = [(family, address) for family, _, _, _, address in found]
            except OSError as error:
                self.addresses, self.problem = [], f"{self.host}: {error.strerror or error}"
            await asyncio.sleep(RESOLVE_SECONDS)

    async def request_once(self) -> None:
        """One request over a new connection; who answered is counted."""
        self.sent += 1
        try:
            sent, received, said = await asyncio.wait_for(self.ask(), ANSWER_SECONDS)
            self.count(sent, received, said)
        except Exception as error:  # whatever it is, a user would have got no answer
            self.failed += 1
            name = f"{type(error).__name__} {error}".strip()[:80]
            self.errors[name] = self.errors.get(name, 0) + 1

    async def ask(self) -> tuple[float, float, Any]:
        """When the connection was opened, when the answer was there, and what it says."""
        if not self.addresses:
            raise ConnectionError(self.problem or "not resolved")
        family, address = random.choice(self.addresses)
        sock = bound(family, self)
        try:
            sent = time.monotonic()
            await asyncio.get_running_loop().sock_connect(sock, address)
            name = self.host if self.context else None
            reader, writer = await asyncio.open_connection(
                sock=sock, ssl=self.context, server_hostname=name
            )
        except BaseException:
            sock.close()
            raise
        try:
            writer.write(self.request)
            data = await reader.read(65536)
            while b"\r\n\r\n" not in data or not data.endswith(b"}"):
                more = await reader.read(65536)
                if not more:
                    break
                data += more
        finally:
            writer.close()
        received = time.monotonic()
        head, _, body = data.partition(b"\r\n\r\n")
        status = head.split(b"\r\n")[0].decode("latin-1")
        start, end = body.find(b"{"), body.rfind(b"}") + 1
        if " 200" not in status or start < 0:
            raise ValueError(f"not the probe's answer: {status or 'closed without an answer'}")
        return sent, received, json.loads(body[start:end])

    def count(self, sent: float, received: float, said: Any) -> None:
        """Who answered, when it was asked last, and how the clocks differ by the best exchange."""
        number, last, offset, uncertainty = self.pods.get(said["pod"], (0, None, 0.0, 1e9))
        width = (received - sent) / 2
        if width < uncertainty:
            offset, uncertainty = said["time"] - wall((sent + received) / 2), width
        if said["since"] is not None:
            last = max(last or 0, wall(sent))
        self.pods[said["pod"]] = number + 1, last, offset, uncertainty

    def told(self) -> dict[str, Any]:
        """What came of the second, as its line says it."""
        return {
            "path": self.path,
            "reused": self.is_reused,
            "sent": self.sent,
            "failed": self.failed,
            "errors": self.errors,
            "pods": {
                pod: [number, last and round(last, 4), round(offset, 5), round(width, 5)]
                for pod, (number, last, offset, width) in self.pods.items()
            },
        }


def bound(family: int, target: Target) -> socket.socket:
    """A socket with the target's next source port that is free."""
    for _ in range(REUSED_PORTS):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("", target.take()))
            return sock
        except OSError:
            sock.close()
    raise OSError("no free source port")


async def run_observer(name: str, targets: Any, rate: float) -> None:
    """Send `rate` requests a second to each target until the process ends."""
    every = []
    for path, url, is_reused in targets:
        label = f"{name} {path}{' reused' if is_reused else ''}"
        every.append(Target(label, path, url, is_reused))
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(target.keep_resolved()) for target in every]
    tasks += [loop.create_task(load(target, rate)) for target in every]
    tell(
        {
            "observer": name,
            "node": os.environ.get("NODE", ""),
            "kernel": platform.release(),
            "mode": await loop.run_in_executor(None, proxy_mode),
        }
    )
    second = int(time.time())
    while True:
        await asyncio.sleep(second + 1 - time.time())
        tell({"second": second, "targets": [target.told() for target in every]})
        for target in every:
            target.clear()
        second = max(second + 1, int(time.time()))


async def load(target: Target, rate: float) -> None:
    """Open loop: a request that waits holds none of the others up."""
    tasks: set[Any] = set()
    begin, number = time.monotonic(), 0
    while True:
        number += 1
        task = asyncio.get_running_loop().create_task(target.request_once())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        late = begin + number / rate - time.monotonic()
        if late < -1:  # the machine can't keep up: what is lost is seen in the rate, not made up
            begin, number = time.monotonic(), 0
        await asyncio.sleep(max(0, late))


def proxy_mode() -> str:
    """kube-proxy's mode as it tells it on the node, empty where it does not."""
    for host in ("127.0.0.1", os.environ.get("HOST_IP", "")):
        try:
            with socket.create_connection((host, 10249), 1) as sock:
                sock.sendall(b"GET /proxyMode HTTP/1.0\r\nHost: localhost\r\n\r\n")
                data = b"".join(iter(lambda: sock.recv(4096), b""))
        except OSError:
            continue
        head, _, body = data.partition(b"\r\n\r\n")
        if b" 200 " in head.split(b"\r\n")[0]:
            return body.decode("latin-1").strip()
    return ""


def tell(data: dict[str, Any]) -> None:
    """A line of JSON; where nobody is there to read it any more, the load ends."""
    try:
        print(json.dumps(data, separators=(",", ":")), flush=True)
    except BrokenPipeError:
        os._exit(0)


def main() -> None:
    """Run as the environment says; the end of a Pod's name is what is its own."""
    host = os.environ.get("HOST_IP", "")
    targets = [
        (path, url.replace("$HOST_IP", f"[{host}]" if ":" in host else host), is_reused)
        for path, url, is_reused in json.loads(os.environ["TARGETS"])
    ]
    name = os.environ["NAME"].rsplit("-", 1)[-1]
    asyncio.run(run_observer(name, targets, float(os.environ["RATE"])))


if __name__ == "__main__":
    main()
