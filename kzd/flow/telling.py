"""Results about resources: where a person finds what they are about, and nothing secret in them."""

from __future__ import annotations

from typing import Any

from kzd.cluster.resource import Resource
from kzd.edit import FieldPath, Severity
from kzd.flow.bundle import Held
from kzd.result import Result
from kzd.value import SECRET_FIELDS

HIDDEN = "(hidden)"


def result_at(
    held: Held, field_path: FieldPath, message: str, severity: Severity, **more: Any
) -> Result:
    """A result at a field of a resource, with the line where a person finds it."""
    for key in ("current", "proposed"):
        if key in more:
            more[key] = presentable(more[key], field_path)
    origin = held.resource.origin
    line, column = held.position(field_path)
    return Result(
        message,
        severity,
        reference(held.resource),
        field_path,
        file=origin.name,
        index=origin.index,
        line=line,
        column=column,
        **more,
    )


def reference(resource: Resource) -> dict[str, str]:
    """The resource as a result refers to it."""
    parts = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "namespace": resource.namespace or "",
        "name": resource.name,
    }
    return {key: value for key, value in parts.items() if value}


def presentable(value: Any, field_path: FieldPath = ()) -> Any:
    """`value` at a field path, without the parts that may hold secrets."""
    if not SECRET_FIELDS.isdisjoint(field_path):
        return value if value is None or _is_own_word(value, field_path) else HIDDEN
    if isinstance(value, dict):
        return {
            key: HIDDEN if key in SECRET_FIELDS else presentable(item)
            for key, item in value.items()
        }
    return [presentable(item) for item in value] if isinstance(value, list) else value


def _is_own_word(value: Any, field_path: FieldPath) -> bool:
    """Whether kzd puts just that value there, whatever the input holds."""
    if field_path[:-1] != ("metadata", "annotations"):
        return False
    from kzd.long_task import OWN_WORDS  # only where an annotation is told: it costs start-up

    return isinstance(value, str) and OWN_WORDS.get(str(field_path[-1])) == value
