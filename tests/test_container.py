"""What a container's command tells, and what its fields are where they are unset."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.cluster.container import Container, duration_seconds, only_idles


def container(field: str = "containers", **data: Any) -> Container:
    return Container(data, ("spec", field, 0))


def sh(script: str) -> list[str]:
    return ["sh", "-c", script]


IDLE = [
    ["sleep", "infinity"],
    ["/bin/sleep", "5"],
    ["pause"],
    ["exec", "sleep", "5"],
    ["bash", "-c", "sleep 5"],
    ["/bin/sh", "-c", "sleep 5"],
    ["/bin/bash", "-c", "sleep 5"],
    ["/bin/ash", "-c", "sleep 5"],
    ["tail", "-f", "/dev/null"],
    ["tail", "-f", "/dev/null", "--sleep-interval=60"],
    sh("echo ready; sleep 5"),
    sh("echo ready\nsleep 5\n"),
    sh("sleep 5;"),
    sh("'sleep' 5"),
    sh('"sleep" 5'),
    sh("sleep 9 & wait"),
    sh("tail -f log & wait"),
    sh("while true; do sleep 3600; done"),
    sh("until [ -e stop ]; do echo waiting; sleep 1; done"),
    sh("echo ready; while :; do exec sleep 9; done"),
]
BUSY = [
    ["nginx"],
    ["true"],
    ["tail", "-f", "log"],
    ["tail", "-F", "/dev/null"],
    ["less", "-f", "/dev/null"],
    ["sh"],
    sh("sleep 5; nginx"),
    sh("nginx & wait"),
    sh("while true; do serve; sleep 5; done"),
    sh("while true; do :; done"),
]


@pytest.mark.parametrize("arguments", IDLE, ids=" ".join)
def test_what_only_idles(arguments: list[str]) -> None:
    assert only_idles(arguments)
    assert container(command=arguments[:1], args=arguments[1:]).only_idles


@pytest.mark.parametrize("arguments", BUSY, ids=" ".join)
def test_what_does_more(arguments: list[str]) -> None:
    assert not only_idles(arguments)


def test_the_image_pause_idles_by_itself() -> None:
    assert container(image="registry.example/pause:3.9").only_idles
    assert not container(image="registry.example/pause:3.9", command=["nginx"]).only_idles
    assert not container(image="registry.example/web:1").only_idles
    assert not container().only_idles


def test_a_sidecar_is_an_init_container_that_keeps_running() -> None:
    assert container("initContainers", restartPolicy="Always").is_sidecar
    assert not container("initContainers").is_sidecar
    assert not container("containers", restartPolicy="Always").is_sidecar


def test_what_is_unset_is_empty() -> None:
    unset = container()

    assert (unset.name, unset.image, unset.image_name, unset.ports) == ("", "", "", [])


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        ("5", 5),
        ("2147483647", 2147483647),
        ("2147483648", None),
        ("2m", 120),
        ("1x", None),
        ("", None),
    ],
)
def test_duration(word: str, seconds: float | None) -> None:
    assert duration_seconds(word) == seconds
