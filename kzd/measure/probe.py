"""
What runs in the probe's Pods: `probe.py backend` and `probe.py observer`.

It travels in a ConfigMap and runs in any image that has Python 3.8, so it stands alone and
imports nothing of kzd.

A backend answers requests until its Pod is deleted; its preStop hook tells it when that is.  It
then goes on serving, ignores SIGTERM, and ends by itself with a report in its termination message:
for each observer and path the last new connection after the hook began, on its own clock.

An observer opens a new connection for each request and writes a line of JSON a second: what it
sent, what failed, and by which backend it was answered.
"""

import asyncio
import json
import os
import platform
import random
import signal
import socket
import ssl
import sys
import time
from urllib.parse import urlsplit

OBSERVER = "x-kzd-observer"
HOOK = "/hook"
READY = "/ready"
REPORT = "/dev/termination-log"

HEAD_SECONDS = 5.0
ANSWER_SECONDS = 3.0
FIRST_PORT, LAST_PORT = 20000, 60000
REUSED_PORTS = 64
RESOLVE_SECONDS = 0.5

_STARTED = time.time(), time.monotonic()


def wall(moment):
    """A monotonic time as seconds since the epoch; steps of the clock do not move it."""
    return _STARTED[0] + moment - _STARTED[1]


class Backend:
    """Counts the connections that reach it; `window` is how long it serves after its deletion."""

    def __init__(self, name, window, end):
        self.name = name
        self.window = window
        self.noticed = None
        self.by = ""
        self.arrivals = {}
        self._end = end

    async def serve(self, reader, writer):
        """One connection: one request, one answer."""
        moment = time.monotonic()
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            path, headers = parsed(head)
            if path == HOOK:
                self.notice(moment, "hook")
                await asyncio.sleep(self.window)
            writer.write(answer(self.told(moment, path, headers)))
            await writer.drain()
            # The backend closes first, so that an observer can take its port again at once.
            writer.close()
        except (
            OSError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ValueError,
            asyncio.TimeoutError,
        ):
            writer.close()

    def told(self, moment, path, headers):
        """What a request is answered with."""
        if OBSERVER in headers:
            self.count(moment, headers[OBSERVER])
        since = None if self.noticed is None else round(moment - self.noticed, 4)
        return {"pod": self.name, "time": round(wall(moment), 5), "since": since}

    def count(self, moment, observer):
        """An observer's connection came at `moment`."""
        if self.noticed is not None:
            _, number = self.arrivals.get(observer, (None, 0))
            self.arrivals[observer] = moment - self.noticed, number + 1

    def notice(self, moment, by):
        """The Pod's end began; the first to tell counts."""
        if self.noticed is None:
            self.noticed, self.by = moment, by
            asyncio.get_event_loop().call_later(self.window, self._end)

    def report(self):
        """The termination message; the API keeps 4,096 bytes of it."""
        return {
            "noticed": round(wall(self.noticed), 4),
            "by": self.by,
            "served": round(time.monotonic() - self.noticed, 3),
            "arrivals": [
                [name, round(last, 4), number]
                for name, (last, number) in sorted(self.arrivals.items())
            ],
        }


def parsed(head):
    """The path and the headers of a request, by their lower-case names."""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return first.split(" ")[1], {name.strip().lower(): value.strip() for name, _, value in pairs}


def answer(data):
    """A response that ends the connection."""
    body = json.dumps(data).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def run_backend(port, window):
    """Serve until the report is written."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    backend = Backend(platform.node(), window, lambda: ended.done() or ended.set_result(None))
    loop.add_signal_handler(signal.SIGTERM, lambda: backend.notice(time.monotonic(), "signal"))
    server = await asyncio.start_server(backend.serve, "", port, backlog=1024)
    await ended
    with open(REPORT, "w") as file:
        json.dump(backend.report(), file, separators=(",", ":"))
    server.close()


class Target:
    """One path of an observer: where it leads, and what came of a second's requests."""

    def __init__(self, observer, path, url, is_reused):
        parts = urlsplit(url)
        self.path, self.is_reused = path, is_reused
        self.host, self.port = (
            parts.hostname,
            parts.port or (443 if parts.scheme == "https" else 80),
        )
        self.context = ssl.create_default_context() if parts.scheme == "https" else None
        self.addresses = []
        self.problem = ""
        name = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.context else 80
        host = name if self.port == default else f"{name}:{self.port}"
        resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.request = (
            f"GET {resource} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: kzd\r\n"
            f"{OBSERVER}: {observer}\r\nConnection: close\r\n\r\n"
        ).encode()
        first = random.randrange(FIRST_PORT, LAST_PORT - REUSED_PORTS)
        self.range = (first, first + REUSED_PORTS) if is_reused else (FIRST_PORT, LAST_PORT)
        self.next = first
        self.clear()

    def clear(self):
        """Begin a new second."""
        self.sent, self.failed, self.errors, self.pods = 0, 0, {}, {}

    def take(self):
        """The next source port: all of the range in turn, so that none comes back soon."""
        self.next += 1
        if self.next >= self.range[1]:
            self.next = self.range[0]
        return self.next

    async def keep_resolved(self):
        """Ask for the addresses again and again, as clients do that follow DNS."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
                self.addresses = [(family, address) for family, _, _, _, address in found]
            except OSError as error:
                self.addresses, self.problem = [], f"{self.host}: {error.strerror or error}"
            await asyncio.sleep(RESOLVE_SECONDS)

    async def request_once(self):
        """One request over a new connection; who answered is counted."""
        self.sent += 1
        try:
            sent, received, said = await asyncio.wait_for(self.ask(), ANSWER_SECONDS)
            self.count(sent, received, said)
        except Exception as error:  # whatever it is, a user would have got no answer
            self.failed += 1
            name = f"{type(error).__name__} {error}".strip()[:80]
            self.errors[name] = self.errors.get(name, 0) + 1

    async def ask(self):
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

    def count(self, sent, received, said):
        """Who answered, when it was asked last, and how the clocks differ by the best exchange."""
        number, last, offset, uncertainty = self.pods.get(said["pod"], (0, None, 0.0, 1e9))
        width = (received - sent) / 2
        if width < uncertainty:
            offset, uncertainty = said["time"] - wall((sent + received) / 2), width
        if said["since"] is not None:
            last = max(last or 0, wall(sent))
        self.pods[said["pod"]] = number + 1, last, offset, uncertainty

    def told(self):
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


def bound(family, target):
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


async def run_observer(name, targets, rate):
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


async def load(target, rate):
    """Open loop: a request that waits holds none of the others up."""
    begin, number, tasks = time.monotonic(), 0, set()
    while True:
        number += 1
        task = asyncio.get_running_loop().create_task(target.request_once())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        late = begin + number / rate - time.monotonic()
        if late < -1:  # the machine can't keep up: what is lost is seen in the rate, not made up
            begin, number = time.monotonic(), 0
        await asyncio.sleep(max(0, late))


def proxy_mode():
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


def tell(data):
    """A line of JSON; nobody may be there to read it any more."""
    try:
        print(json.dumps(data, separators=(",", ":")), flush=True)
    except BrokenPipeError:
        sys.exit(0)


def main():
    """Run as the first argument says, set up by the environment; a Pod's name ends with what is its own."""
    if sys.argv[1] == "backend":
        asyncio.run(run_backend(int(os.environ["PORT"]), float(os.environ["WINDOW_SECONDS"])))
    else:
        targets = json.loads(os.environ["TARGETS"])
        host = os.environ.get("HOST_IP", "")
        targets = [(path, url.replace("$HOST_IP", host), reused) for path, url, reused in targets]
        asyncio.run(
            run_observer(os.environ["NAME"].rsplit("-", 1)[-1], targets, float(os.environ["RATE"]))
        )


if __name__ == "__main__":
    main()
