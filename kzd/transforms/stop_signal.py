"""
Find shells that keep the stop signal from the application.

The kubelet sends SIGTERM to process 1 of a container.  Where that is a shell which runs the
application as its child, the signal ends there: a shell without a trap ignores it as process 1,
the application is not told, and is killed at the end of the grace period with its requests.
`exec` before the last command hands process 1 over; so does a command without a shell.

Left alone: `exec`, traps, shells behind an init such as tini; bash with one simple command, which
it replaces itself by; commands that only wait; a preStop hook of the owner's that does more than
wait; `shareProcessNamespace`, where no shell is process 1; scripts in files, and entrypoints of
images, which a manifest doesn't show.
Source: https://docs.docker.com/reference/build-checks/json-args-recommended/
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.container import Container, only_idles
from kzd.cluster.resource import Workload
from kzd.cluster.script import HARMLESS, Command, commands, script_of
from kzd.edit import Finding
from kzd.transform import OptionSet, transform
from kzd.value import mapping, words

WAITING = frozenset(["sleep", "wait", "pause"])
IDLE = WAITING | HARMLESS


class Options(OptionSet):
    """Nothing but the switch."""


@transform()
def stop_signal(workload: Workload, options: Options, cluster: ClusterView) -> Iterator[Finding]:
    """Report containers whose process 1 is a shell that keeps SIGTERM to itself."""
    if workload.pod_spec.get("shareProcessNamespace") is True:
        return
    for container in workload.containers:
        call = script_of([*container.command, *container.args])
        if call is None or _stops_itself(container):
            continue
        shell, script = call
        why, is_certain = _why_kept(shell, commands(script))
        if why:
            known = (
                "" if container.command else "; an init as the image's entrypoint would do so too"
            )
            yield Finding(
                (*container.path, "command" if container.command else "args"),
                why + known,
                "warning" if is_certain and cluster.role(workload).serves else "info",
            )


def _stops_itself(container: Container) -> bool:
    """Whether a hook of the owner's may tell the application to stop."""
    hook = words(mapping(container.pre_stop.get("exec")).get("command"))
    return bool(hook) and not only_idles(hook)


def _why_kept(shell: str, found: list[Command]) -> tuple[str, bool]:
    """Why the application may not get the signal, empty where it does; whether that is certain."""
    running = [command for command in found if not command.is_closing]
    if not running or any(_hands_over(command) for command in found):
        return "", False
    last = running[-1]
    programs = {command.program for command in running}
    keeps = f"`{shell}` stays process 1 and keeps SIGTERM from the application"
    if last.is_piped:
        return f"ends in a pipe, so {keeps}; `exec` without the pipe would pass it on", True
    if any(command.after == "&" for command in running) and last.program in WAITING:
        return f"starts it in the background, so {keeps}; a trap would pass it on", True
    if found[-1].program == "done" and programs <= IDLE:
        return "", False
    if found[-1].program == "done":
        return f"is a loop, so {keeps}; a trap would pass it on", True
    if last.program in WAITING or last.words[:3] == ("tail", "-f", "/dev/null"):
        return "", False
    keeps = f"`{shell}` may stay process 1 and keep SIGTERM from the application"
    if len(running) > 1:
        return f"holds several commands, so {keeps}; `exec` before the last passes it on", False
    if shell == "bash" or last.words[0].startswith(("$", "_")):
        return "", False
    return f"has a shell: {keeps}, as busybox does; `exec` before the command passes it on", False


def _hands_over(command: Command) -> bool:
    """Whether a trap catches the signal, or `exec` replaces the shell."""
    if command.program == "trap":
        return True
    replaces = command.program == "exec" and len(command.words) > 1
    return replaces and not command.is_piped and command.after != "&"
