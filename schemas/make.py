"""
Make kubernetes.txt from the JSON Schemas that the package `kubernetes-validate` carries.

Run it with a Python that has the package; README.md says how, and what the lines mean.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

OLDEST, NEWEST = 25, 37
FILE = Path(__file__).with_name("kubernetes.txt")
KINDS = {
    *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"),
    *("Job", "CronJob", "Service", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget"),
    *("PersistentVolumeClaim", "Namespace", "ResourceQuota", "ConfigMap", "APIService"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
}
LEAVES = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
}
NOT_REQUIRED = {
    # pkg/apis/core/validation/validation.go: validateHTTPGetAction, validateSysctls and
    # validateISCSIVolumeSource take the empty string and 0.
    ("core.v1.HTTPHeader", "value"),
    ("core.v1.Sysctl", "value"),
    ("core.v1.ISCSIVolumeSource", "lun"),
}
"""Fields that the API's types call required, but that the API server takes when unset."""

QUANTITY = (
    r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
    r"([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\s*$"
)
"""Source: k8s.io/apimachinery/pkg/api/resource/quantity.go, ParseQuantity."""

HEADER = f"""\
# The fields of Kubernetes' built-in kinds, 1.{OLDEST} to 1.{NEWEST}: README.md says how to read it.
# Derived from the Kubernetes API, Apache-2.0: see NOTICE.  Made by make.py; don't edit.
"""

Schema = dict[str, Any]


class Field(NamedTuple):
    """What a field takes: the text of its type, and whether it must be there."""

    type: str
    required: bool


Definitions = dict[str, dict[str, Field]]


def main() -> None:
    """Write kubernetes.txt, or say whether it is what the package gives."""
    made = text_of({minor: trimmed(minor) for minor in range(OLDEST, NEWEST + 1)})
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if made == FILE.read_text() else f"{FILE.name} is stale")
    FILE.write_text(made)


# From the package's JSON Schemas to the text


def trimmed(minor: int) -> Definitions:
    """The definitions that the kinds of one version reach, and the kinds as fields of `kinds`."""
    # Only where it is made: the tests read the text without the package, and mypy has no types.
    import kubernetes_validate  # type: ignore[import-not-found]

    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    full = json.loads((folder / f"v1.{minor}.0-local-strict" / "_definitions.json").read_text())
    schemas: dict[str, Schema] = full["$defs"]
    kinds = dict(_kinds(schemas))
    found: Definitions = {"kinds": {name: Field(_short(at), False) for name, at in kinds.items()}}
    todo = list(kinds.values())
    while todo:
        name = todo.pop()
        if _short(name) in found:
            continue
        fields = found[_short(name)] = {}
        required = schemas[name].get("required", ())
        for key, schema in schemas[name]["properties"].items():
            if key == "status" and name in kinds.values():  # written by the server alone
                fields[key] = Field("object", False)
                continue
            fields[key] = Field(_type(schema, schemas, todo), key in required)
    return found


def text_of(versions: dict[int, Definitions]) -> str:
    """All versions in one text, each field with the versions that have it where not all do."""
    names = sorted({name for version in versions.values() for name in version} - {"kinds"})
    blocks = [_block(name, versions) for name in ["kinds", *names]]
    text = HEADER + "".join(blocks)
    for minor, version in versions.items():
        assert _types(read(text, minor)) == _types(version), f"1.{minor} reads otherwise"
    return text


def _kinds(schemas: dict[str, Schema]) -> Iterator[tuple[str, str]]:
    for name, schema in schemas.items():
        for meant in schema.get("x-kubernetes-group-version-kind", ()):
            if meant["kind"] in KINDS:
                version = "/".join(filter(None, (meant["group"], meant["version"])))
                yield f"{version}:{meant['kind']}", name


def _short(name: str) -> str:
    return ".".join(name.split(".")[-3:])


def _type(schema: Schema, schemas: dict[str, Schema], todo: list[str]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in LEAVES:
            return LEAVES[name]
        if "properties" in schemas[name]:
            todo.append(name)
            return _short(name)
        return _type(schemas[name], schemas, todo)
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "array":
        return f"[{_type(schema['items'], schemas, todo)}]"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{{{_type(schema['additionalProperties'], schemas, todo)}}}"
    if kind == "integer":
        return str(schema.get("format", "int64"))
    assert kind in ("string", "boolean", "number", "object"), kind
    return str(kind)


def _block(name: str, versions: dict[int, Definitions]) -> str:
    having = {minor: version[name] for minor, version in versions.items() if name in version}
    lines = []
    for key in sorted({key for fields in having.values() for key in fields}):
        own = {minor: fields[key] for minor, fields in having.items() if key in fields}
        # The newest description of what is required holds for all: the older ones were
        # corrected, the API server's demands were not.
        is_required = own[max(own)].required and (name, key) not in NOT_REQUIRED
        for kind, first, last in _runs({minor: field.type for minor, field in own.items()}):
            mark = "!" if is_required else ""
            lines.append(f"  {key} {kind}{mark}{_range(first, last, min(having), max(having))}\n")
    return f"\n{name}\n" + "".join(lines)


def _runs(types: dict[int, str]) -> Iterator[tuple[str, int, int]]:
    """Neighbouring versions with the same type: the type, the first and the last of them."""
    minors = sorted(types)
    first = minors[0]
    for minor in minors:
        if types.get(minor + 1) != types[minor]:
            yield types[minor], first, minor
            first = min((later for later in minors if later > minor), default=minor)


def _range(first: int, last: int, oldest: int, newest: int) -> str:
    if (first, last) == (oldest, newest):
        return ""
    if last == NEWEST:
        return f" {first}-"
    return f" {first}" if first == last else f" {first}-{last}"


def _types(definitions: Definitions) -> dict[str, dict[str, str]]:
    return {
        name: {key: field.type for key, field in fields.items()}
        for name, fields in definitions.items()
    }


# From the text to JSON Schema, which the tests hold kzd's own checker against


def json_schema(text: str, minor: int, kind: str) -> Schema:
    """The JSON Schema of a kind, such as `apps/v1:Deployment`, for one version."""
    definitions = read(text, minor)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{definitions['kinds'][kind].type}",
        "$defs": {
            name: {
                "type": "object",
                "properties": {key: _property(field, definitions) for key, field in fields.items()},
                "required": [key for key, field in fields.items() if field.required],
                "additionalProperties": False,
            }
            for name, fields in definitions.items()
            if name != "kinds"
        },
    }


def read(text: str, minor: int) -> Definitions:
    """The definitions of one version, those that nothing reaches in it left out."""
    found: Definitions = {}
    fields: dict[str, Field] = {}
    for line in text.splitlines():
        if line.startswith("  "):
            key, kind, *limits = line.split()
            if not limits or minor in _minors(limits[0]):
                fields[key] = Field(kind.removesuffix("!"), kind.endswith("!"))
        elif line and not line.startswith("#"):
            fields = found[line] = {}
    reached, todo = {"kinds"}, ["kinds"]
    while todo:
        for field in found[todo.pop()].values():
            name = field.type.strip("[]{}")
            if name in found and name not in reached:
                reached.add(name)
                todo.append(name)
    return {name: fields for name, fields in found.items() if name in reached}


def _minors(limits: str) -> range:
    first, dash, last = limits.partition("-")
    return range(int(first), int(last or (NEWEST if dash else first)) + 1)


def _property(field: Field, definitions: Definitions) -> Schema:
    schema = _value(field.type, definitions)
    return schema if field.required else _nullable(schema)


def _value(kind: str, definitions: Definitions) -> Schema:
    if kind[0] == "[":
        return {"type": "array", "items": _element(kind[1:-1], definitions)}
    if kind[0] == "{":
        return {"type": "object", "additionalProperties": _element(kind[1:-1], definitions)}
    if kind in definitions:
        return {"$ref": f"#/$defs/{kind}"}
    if kind in ("int32", "int64"):
        limit = 2 ** (int(kind[3:]) - 1)
        return {"type": "integer", "minimum": -limit, "maximum": limit - 1}
    if kind == "int-or-string":
        return {"anyOf": [{"type": "string"}, _value("int32", definitions)]}
    if kind == "quantity":
        return {"anyOf": [{"type": "string", "pattern": QUANTITY}, {"type": "number"}]}
    return {"type": kind}


def _element(kind: str, definitions: Definitions) -> Schema:
    """
    Of a list or a map.  The API reads a null there as an empty value, which lacks what the
    definition requires; a null scalar is the zero value.
    """
    schema = _value(kind, definitions)
    lacks = any(field.required for field in definitions.get(kind, {}).values())
    return schema if lacks else _nullable(schema)


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


if __name__ == "__main__":
    main()
