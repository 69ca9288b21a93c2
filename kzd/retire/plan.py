"""What a plan says: plain data, each decision and each step with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from kzd.retire.ownership import Key
from kzd.retire.pod_idleness import State

Action = Literal["current", "keep", "decide", "scale-down", "retire"]
Verb = Literal["delete", "mark", "scale", "wait"]

MINIMUM_AGE_SECONDS = 600.0


class Limits(NamedTuple):
    """
    What may be retired, and what asks for a decision.

    A version is kept until it is `min_age_seconds` old.  A busy one asks for a decision from
    `max_age_seconds` on, or where its base has more than `max_versions`; only from
    `force_after_seconds` on it is retired though busy.  Unset limits limit nothing.  With
    `scales_down` the idle Pods of a busy version go.
    """

    min_age_seconds: float = MINIMUM_AGE_SECONDS
    max_age_seconds: float | None = None
    max_versions: int | None = None
    force_after_seconds: float | None = None
    scales_down: bool = False


class Step(NamedTuple):
    """
    One idempotent change, or a wait for the cluster's; the object is told by its uid.

    `replicas` is what to `scale` to, `cost` the deletion cost to `mark` a Pod with.
    """

    verb: Verb
    kind: str
    namespace: str
    name: str
    uid: str
    because: str
    replicas: int = 0
    cost: int = 0
    resource_version: str = ""

    @property
    def target(self) -> tuple[str, ...]:
        """What is changed and how; the same in a later plan for the same."""
        return (self.verb, self.kind, self.namespace, self.name, self.uid)


class Decision(NamedTuple):
    """What happens to one version, and why; `age_seconds` is None where nobody says."""

    key: Key
    name: str
    uid: str
    action: Action
    because: str
    age_seconds: float | None
    replicas: int
    pods: int
    state: State
    evidence: str
    steps: tuple[Step, ...] = ()


class Plan(NamedTuple):
    """All decisions, made at `made_at`; `leftovers` are what no version has any more."""

    made_at: datetime
    limits: Limits
    decisions: tuple[Decision, ...]
    leftovers: tuple[Step, ...]
    notes: tuple[str, ...]

    @property
    def asks(self) -> bool:
        """Whether a person has to decide something."""
        return any(item.action == "decide" for item in self.decisions)

    @property
    def targets(self) -> frozenset[tuple[str, ...]]:
        """All that it changes."""
        steps = [step for item in self.decisions for step in item.steps]
        return frozenset(step.target for step in (*steps, *self.leftovers))

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.leftovers) or any(item.steps for item in self.decisions)
