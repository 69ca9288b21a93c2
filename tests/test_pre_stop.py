"""How long a preStop hook waits, as far as the manifest tells, and whether it does more."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.cluster.container import Container
from kzd.cluster.pre_stop import Hook, hook_of, longest_sleep, sleep_handler
from kzd.cluster.resource import Origin, Workload

NO_WAIT = Hook(0, True, True)
UNKNOWN = Hook(0, False, False)
UNKNOWN_SLEEP = Hook(0, False, True)


def idles(seconds: float) -> Hook:
    return Hook(seconds, True, True)


def works(seconds: float) -> Hook:
    return Hook(seconds, True, False)


HANDLERS: dict[str, tuple[Any, Hook | None]] = {
    "none": (None, None),
    "an empty one": ({}, None),
    "the action": ({"sleep": {"seconds": 5}}, idles(5)),
    "the action for no time": ({"sleep": {"seconds": 0}}, idles(0)),
    "the action for a string": ({"sleep": {"seconds": "5"}}, UNKNOWN_SLEEP),
    "the action without seconds": ({"sleep": {}}, UNKNOWN_SLEEP),
    "another one that is null": ({"sleep": {"seconds": 5}, "exec": None}, idles(5)),
    "only one that is null": ({"exec": None}, UNKNOWN),
    "two": ({"sleep": {"seconds": 5}, "exec": {"command": ["sleep", "5"]}}, UNKNOWN),
    "a request": ({"httpGet": {"port": 80}}, UNKNOWN),
    "a connection": ({"tcpSocket": {"port": 80}}, UNKNOWN),
    "no command": ({"exec": {}}, UNKNOWN),
    "an empty command": ({"exec": {"command": []}}, UNKNOWN),
    "a command with a number": ({"exec": {"command": ["sleep", 5]}}, UNKNOWN),
    "a text": ("sleep 5", UNKNOWN),
}

COMMANDS: dict[tuple[str, ...], Hook] = {
    ("sleep", "5"): idles(5),
    ("/bin/sleep", "5"): idles(5),
    ("sleep", "0.5"): idles(0.5),
    ("sleep", "5s"): idles(5),
    ("sleep", "2m"): idles(120),
    ("sleep", "1h"): idles(3600),
    ("sleep", "1d"): idles(86400),
    ("sleep", "1m", "30s"): idles(90),
    ("sleep", "infinity"): UNKNOWN_SLEEP,
    ("sleep",): UNKNOWN_SLEEP,
    ("sleep", "-5"): UNKNOWN_SLEEP,
    ("sleep", "5", "later"): UNKNOWN_SLEEP,
    ("sleep", "$WAIT"): UNKNOWN_SLEEP,  # no shell, so nothing reads the variable
    ("busybox", "sleep", "5"): idles(5),
    ("env", "sleep", "5"): idles(5),
    ("nohup", "sleep", "5"): idles(5),
    ("command", "sleep", "5"): idles(5),
    ("env", "sleep"): UNKNOWN_SLEEP,
    ("env",): UNKNOWN,
    ("true",): NO_WAIT,
    ("/shop/stop",): UNKNOWN,
    ("nginx", "-s", "quit"): UNKNOWN,
    ("sh", "/stop.sh"): UNKNOWN,
    ("sh",): UNKNOWN,
}

SCRIPTS: dict[str, Hook] = {
    "sleep 5": idles(5),
    "exec sleep 5": idles(5),
    "/usr/bin/sleep 5": idles(5),
    "sleep 5; nginx -s quit": works(5),
    "sleep 5 && nginx -s quit && sleep 10": works(15),
    "sleep 5\nnginx -s quit\nsleep 1m\n": works(65),
    "set -e; echo bye >/proc/1/fd/1 2>&1; sleep 5": idles(5),
    "# first wait\nsleep 5 # seconds": idles(5),
    "trap : TERM; printf bye; { sleep 5; }; [[ -f /x ]] && exit 0": idles(5),
    "sleep 5; :": idles(5),
    "echo done; sleep 5": idles(5),
    "sleep 5; echo waiting for requests": idles(5),
    "echo done; sleep 5; echo waiting for requests": idles(5),
    "sleep '5'": idles(5),
    'sleep "5"': idles(5),
    "sleep $WAIT": idles(7),
    "sleep ${WAIT}": idles(7),
    'sleep "${WAIT}s"': idles(7),
    "sleep ${WAIT:-5}": idles(7),
    "sleep ${OTHER:-5}": UNKNOWN_SLEEP,
    "sleep $OTHER": UNKNOWN_SLEEP,
    "sleep $WORD": UNKNOWN_SLEEP,
    "sleep '$WAIT'": UNKNOWN_SLEEP,
    "sleep $(cat /wait)": UNKNOWN_SLEEP,
    "sleep `cat /wait`": UNKNOWN_SLEEP,
    "sleep $((WAIT + 5))": UNKNOWN_SLEEP,
    "WAIT=9; sleep $WAIT": idles(9),
    'export WAIT="9"\nsleep $WAIT': Hook(9, True, False),
    "WAIT=$(cat /wait); sleep $WAIT": UNKNOWN_SLEEP,
    "sleep 5 & nginx -s quit": UNKNOWN,
    "sleep 5 &": UNKNOWN_SLEEP,
    "while pgrep shop; do sleep 1; done": UNKNOWN,
    "sleep 5; until gone; do sleep 1; done": Hook(5, False, False),
    "for i in 1 2 3; do sleep 1; done; sleep 4": Hook(4, False, False),
    "if [ -f /x ]; then sleep 5; fi": idles(5),
    "test -f /x || sleep 5": idles(5),
    "/shop/stop": UNKNOWN,
    "sleep 'five": UNKNOWN,
    "": UNKNOWN,
}


def container(pre_stop: Any, **more: Any) -> Container:
    return Container({"name": "web", "lifecycle": {"preStop": pre_stop}} | more, ())


@pytest.mark.parametrize("name", HANDLERS)
def test_handler(name: str) -> None:
    given, expected = HANDLERS[name]

    assert hook_of(container(given)) == expected


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command(command: tuple[str, ...]) -> None:
    found = hook_of(container({"exec": {"command": list(command)}}))

    assert found == COMMANDS[command]


@pytest.mark.parametrize(
    "shell", [("sh", "-c"), ("/bin/bash", "-ec"), ("bash", "-eo", "pipefail", "-c")], ids=" ".join
)
@pytest.mark.parametrize("script", SCRIPTS)
def test_script(script: str, shell: tuple[str, ...]) -> None:
    env = [
        {"name": "WAIT", "value": "7"},
        {"name": "WORD", "value": "7; sleep 60"},
        {"name": "OTHER", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}},
    ]
    found = hook_of(container({"exec": {"command": [*shell, script]}}, env=env))

    assert found == SCRIPTS[script]


@pytest.mark.parametrize("lifecycle", ["none", [], ["preStop"], 5])
def test_a_lifecycle_of_a_wrong_shape_is_somebody_s(lifecycle: Any) -> None:
    assert hook_of(Container({"name": "web", "lifecycle": lifecycle}, ())) == UNKNOWN


@pytest.mark.parametrize("kubelet", [29, 30])
def test_the_handler_that_sleeps_is_read_back(kubelet: int) -> None:
    assert hook_of(container(sleep_handler(15, kubelet))) == idles(15)


def test_the_longest_sleep_is_that_of_containers_and_native_sidecars() -> None:
    def sleeping(seconds: float, **more: Any) -> dict[str, Any]:
        handler = {"exec": {"command": ["sleep", str(seconds)]}}
        return {"name": "c", "image": "i", "lifecycle": {"preStop": handler}} | more

    spec = {
        "initContainers": [sleeping(90), sleeping(20.5, restartPolicy="Always")],
        "containers": [sleeping(5), sleeping(12)],
    }
    data = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}
    workload = Workload(data, Origin("a.yaml", 0))
    sidecar = (*workload.pod("initContainers", 1), "lifecycle", "preStop")

    assert longest_sleep(workload) == 21
    assert longest_sleep(workload, without={sidecar}) == 12
