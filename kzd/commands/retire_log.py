"""What `kzd retire apply` does, as it does it: words for people, a line of JSON for programs."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from kzd.commands.terminal import say
from kzd.report.text import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kzd.retire.plan import Decision, Plan, Step


WORDS = {
    "deleted": "deleted", "scaled": "scaled", "kept": "kept after all", "failed": "failed",
    "waiting": "waiting", "toDecide": "to decide about",
}  # fmt: skip
"""What the last line counts, as people say it: what the plan keeps is none of it."""


class Log:
    """Writes each event at once; counts them for the last line."""

    def __init__(self, stream: TextIO | None, format: str) -> None:
        self._stream = stream
        self._is_json = format == "json"
        self._began = time.monotonic()
        self._counts = dict.fromkeys(("deleted", "scaled", "kept", "failed"), 0)
        self._asked = 0

    @property
    def asks(self) -> bool:
        """Whether a person has to decide something, as the plan says or as came to light since."""
        return self._asked > 0

    def plan(self, plan: Plan, told: str) -> None:
        """Show the plan that is carried out."""
        self._asked = sum(item.action == "decide" for item in plan.decisions)
        if not self._is_json:
            self._write(told)
            return
        for item in plan.decisions:
            more = {
                "action": item.action, "state": item.state, "evidence": item.evidence,
                "ageSeconds": item.age_seconds, "replicas": item.replicas, "pods": item.pods,
            }  # fmt: skip
            self._line("planned", item.because, **_about(item), **more)
        for text in plan.notes:
            self._line("noted", text)

    def __call__(self, event: str, about: Decision | Step, because: str) -> None:
        if event in self._counts:
            self._counts[event] += 1
        self._asked += getattr(about, "action", "") == "decide"
        if self._is_json:
            self._line(event, because, **_about(about))
        else:
            self._write(note(f"{event} {_name(about)}: {because}"))

    def end(self, waiting: Sequence[Decision], because: str = "") -> None:
        """Sum up; `because` says why it ends before the end."""
        counts = {**self._counts, "waiting": len(waiting), "toDecide": self._asked}
        if self._is_json:
            seconds = round(time.monotonic() - self._began, 3)
            self._line("finished", because, **counts, seconds=seconds)
        else:
            parts = [f"{counts[name]} {word}" for name, word in WORDS.items() if counts[name]]
            told = ", ".join(parts) or "nothing was done"
            self._write(note(f"{told}; {because}" if because else told))

    def _line(self, event: str, because: str, **more: Any) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write(json.dumps({"time": moment, "event": event, **more, "because": because}) + "\n")

    def _write(self, text: str) -> None:
        say(self._stream, text)


def _name(about: Decision | Step) -> str:
    return f"{getattr(about, 'kind', 'Deployment')}/{about.name}"


def _about(about: Decision | Step) -> dict[str, Any]:
    from kzd.retire.plan import Decision
    from kzd.retire.plan_file import numbers_of

    if isinstance(about, Decision):
        return {**about.key._asdict(), "kind": "Deployment", "name": about.name}
    named = {field: getattr(about, field) for field in ("namespace", "kind", "name")}
    return named | numbers_of(about)
