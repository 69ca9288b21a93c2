"""Scripts in commands: which of them a shell runs, what they hold, and who gets the stop signal."""

from __future__ import annotations

import pytest

from kzd.cluster.script import commands, script_of
from kzd.transforms.stop_signal import _why_kept

CALLS: list[tuple[list[str], tuple[str, str] | None]] = [
    (["sh", "-c", "serve"], ("sh", "serve")),
    (["/bin/bash", "-ec", "serve"], ("bash", "serve")),
    (["dash", "-e", "-c", "serve", "name"], ("dash", "serve")),
    (["zsh", "-c", "-e", "serve"], ("zsh", "serve")),
    (["ksh", "+e", "-c", "serve"], ("ksh", "serve")),
    (["bash", "--norc", "-c", "serve"], ("bash", "serve")),
    (["bash", "--rcfile=c", "serve.sh"], None),
    (["bash", "-o", "pipefail", "-c", "serve"], ("bash", "serve")),
    (["bash", "-euo", "pipefail", "-c", "serve"], ("bash", "serve")),
    (["bash", "-co", "pipefail", "serve"], ("bash", "serve")),
    (["bash", "+c", "serve"], None),
    (["bash", "-e", "serve"], None),
    (["bash", "-c", "-", "serve"], ("bash", "-")),
    (["bash", "-o"], None),
    (["sh", "-c"], None),
    (["sh", "-", "-c"], None),
    (["sh", "serve.sh", "-c"], None),
    (["sh"], None),
    ([], None),
    (["python", "-c", "serve()"], None),
    (["serve", "-c", "a | b"], None),
    (["tini", "--", "sh", "-c", "serve"], None),
    (["busybox", "sh", "-c", "serve"], ("sh", "serve")),
    (["/usr/bin/env", "A=1", "bash", "-c", "serve"], ("bash", "serve")),
]


@pytest.mark.parametrize(("arguments", "expected"), CALLS, ids=lambda value: str(value))
def test_script_of(arguments: list[str], expected: tuple[str, str] | None) -> None:
    given = list(arguments)

    assert script_of(arguments) == expected
    assert arguments == given


HELD = {
    "a": [("a", "")],
    "a b; c": [("a b", ";"), ("c", "")],
    "a&&b||c|d|&e&": [("a", "&&"), ("b", "||"), ("c", "|"), ("d", "|&"), ("e", "&")],
    "a |\n b": [("a", "|"), ("b", "")],
    "a \\\n b": [("a b", "")],
    "a\n\nb\n": [("a", "\n"), ("b", "\n")],
    "a 'b; c' \"d | \\\" e\" f\\;g": [("a _ _ f_g", "")],
    "a # b; c\nd": [("a", "\n"), ("d", "")],
    "a#b": [("a#b", "")],
    "a $(b | c) `d | e` $(f $(g))": [("a _ _ _", "")],
    "A=1 B+=2 a": [("a", "")],
    "A=$(b); c": [("c", "")],
    "a >b 2>&1 <c >> d &>e": [("a", "")],
    "a 2>&1 & b": [("a", "&"), ("b", "")],
    "if a; then b; elif c; then d; else e; fi": [
        ("a", ";"), ("b", ";"), ("c", ";"), ("d", ";"), ("e", ";"), ("fi", ""),
    ],
    "while ! a; do time b; done": [("a", ";"), ("b", ";"), ("done", "")],
    "until a; do b; done": [("a", ";"), ("b", ";"), ("done", "")],
    "{ a; }; (b)": [("a", ";"), ("}", ";"), ("b", ")")],
    "case a in b) c ;; esac": [("case a in b", ")"), ("c", ";;"), ("esac", "")],
    "a 'b": [],
    'a "b': [],
    "a `b": [],
    "": [],
}  # fmt: skip


@pytest.mark.parametrize("script", HELD)
def test_commands(script: str) -> None:
    assert [(" ".join(item.words), item.after) for item in commands(script)] == HELD[script]


def test_what_leads_to_a_command_is_known_across_lines() -> None:
    assert [item.before for item in commands("a |\n\n b;\nc || d")] == ["", "|", ";", "||"]
    assert [item.is_piped for item in commands("a |& b || c")] == [True, True, False]
    assert [item.before for item in commands("a | b\nc")] == ["", "|", "\n"]
    assert [item.is_closing for item in commands("{ a; }; b")] == [False, True, False]
    assert all(item.is_closing for item in commands("}; fi; done; esac"))


KEPT = {
    "a | b": "pipe",
    "a |& b": "pipe",
    "exec a | b": "pipe",
    "b; a | c": "pipe",
    "a & wait": "background",
    "exec a & wait": "background",
    "a & sleep infinity": "background",
    "while true; do a; sleep 1; done": "loop",
    "for b in c d; do a; done": "loop",
    "until test -f b; do a; done": "loop",
    "a; b": "several",
    "a & b": "several",
    "exec 2>&1; a": "several",
    "exec; a": "several",
    "if b; then a; fi": "several",
    "a": "has a shell",
    "{ a; }": "has a shell",
    "case b in c) a;; esac": "several",
}
FREE = [
    "exec a", "b; exec a", "b || exec a", "if b; then exec a; fi", "{ exec a; }",
    "trap b TERM; a & wait", "wait", "sleep 5", "pause", "a; sleep 5", "tail -f /dev/null",
    "while :; do sleep 5; done", "until [ -f b ]; do sleep 5; done", "while true; do echo b; done",
    "while test -f b; do sleep 1; done", "$(START)", "$START", "'a b'", "a 'b", "",
]  # fmt: skip


@pytest.mark.parametrize("script", KEPT)
def test_the_signal_is_kept(script: str) -> None:
    why, is_certain = _why_kept("sh", commands(script))

    assert KEPT[script] in why
    assert is_certain is (KEPT[script] in ("pipe", "background", "loop"))


@pytest.mark.parametrize("script", FREE)
def test_the_signal_is_not_known_to_be_kept(script: str) -> None:
    assert _why_kept("sh", commands(script)) == ("", False)


def test_bash_replaces_itself_by_a_single_command() -> None:
    assert _why_kept("bash", commands("A=1 a 2>&1")) == ("", False)
    assert "several" in _why_kept("bash", commands("b; a"))[0]
    assert "has a shell" in _why_kept("ash", commands("tail -f log"))[0]
