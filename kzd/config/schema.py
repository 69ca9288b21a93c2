"""The JSON Schema of the configuration, from the classes of its options."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kzd.config.configuration import API_VERSION, KIND, MEASUREMENT, PLUGIN_KEYS, TOP_KEYS
from kzd.config.kubernetes_version import VERSION
from kzd.config.measurement import ANY, DATE, REQUIRED, MeasurementSection
from kzd.config.override import ALL, GLOBAL_SECTIONS, MATCH_KEYS
from kzd.option_value import camel
from kzd.settings import SECTIONS, KubernetesSection, PropagationSection
from kzd.transform import Option, Section, Transform
from kzd.validation.validate import NEWEST, OLDEST

Schema = dict[str, Any]

TYPES: dict[str, Schema] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "list[str]": {"type": "array", "items": {"type": "string"}},
}


def config_schema(transforms: Sequence[Transform]) -> Schema:
    """The schema of a ZeroDowntime document."""
    sections: Schema = {name: section_schema(section) for name, section in SECTIONS.items()}
    sections |= {
        camel(item.name): section_schema(item.options) | {"description": item.promise}
        for item in transforms
    }
    anywhere = {name: {"$ref": f"#/definitions/{name}"} for name in sections}
    local = {name: item for name, item in anywhere.items() if name not in GLOBAL_SECTIONS}
    override = {"match": {"$ref": "#/definitions/match"}, "exempt": _exempt(transforms)} | local
    items = {"type": "array", "items": _mapping(override, required=["match"])}
    anywhere["propagation"] = _with_measurements(sections["propagation"])
    spec = _mapping(anywhere | {"overrides": _nullable(items)})
    top = ({"const": API_VERSION}, {"const": KIND}, {"type": "object"}, _nullable(spec))
    arguments = {"type": "string", "description": "For kustomize, where kzd is a plugin of it."}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"{KIND}, the configuration of kzd",
        "description": f"For Kubernetes 1.{OLDEST} to 1.{NEWEST}.",
        "definitions": sections | {"match": _match()},
        **_mapping(
            dict(zip(TOP_KEYS, top, strict=True)) | dict.fromkeys(PLUGIN_KEYS, arguments),
            required=["apiVersion", "kind"],
        ),
    }


def measurement_schema() -> Schema:
    """The schema of a PropagationMeasurement document."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"{MEASUREMENT}, what kzd measured",
        **_measurement(),
    }


def _measurement() -> Schema:
    options = MeasurementSection.options
    fields = {camel(name): option_schema(name, item) for name, item in options.items()}
    for name in REQUIRED:
        if not options[name].is_optional:
            fields[camel(name)] |= {"type": TYPES[options[name].kind]["type"]}
            if options[name].choices:
                fields[camel(name)]["enum"] = list(options[name].choices)
    fields["measuredAt"]["pattern"] = f"^{DATE}$"
    fields |= {name: {"description": "The run, in words of its own."} for name in ANY}
    fields["observers"]["type"] = ["array", "null"]
    spec = _mapping(fields, required=[camel(name) for name in REQUIRED])
    metadata = {"type": ["object", "null"], "description": "Any, with a `name` to be told by."}
    top = {"apiVersion": {"const": API_VERSION}, "kind": {"const": MEASUREMENT}}
    return _mapping(
        top | {"metadata": metadata, "spec": spec}, required=["apiVersion", "kind", "spec"]
    )


def _with_measurements(section: Schema) -> Schema:
    """The section of `spec`; in overrides it holds no documents."""
    [(name, sentence)] = PropagationSection.documents.items()
    documents = {"type": ["array", "null"], "items": _measurement(), "description": sentence}
    return section | {"properties": section["properties"] | {name: documents}}


def section_schema(section: type[Section]) -> Schema:
    """The schema of a section, or of a transform's options."""
    properties = {camel(name): option_schema(name, item) for name, item in section.options.items()}
    return _nullable(_mapping(properties)) | {"description": (section.__doc__ or "").strip()}


def option_schema(name: str, option: Option) -> Schema:
    """The schema of one option."""
    schema: Schema = {**TYPES[option.kind]}
    if option.choices:
        schema["enum"] = list(option.choices)
    if option.minimum is not None:
        schema["minimum"] = option.minimum
    if option.maximum is not None:
        schema["maximum"] = option.maximum
    if option.form:
        schema["pattern"] = f"^({option.form[0]})$"
    if name in KubernetesSection.options:
        schema["pattern"] = f"^{VERSION}$"
    schema = _nullable(schema) | {"description": option.sentence}
    if option.default is not None:
        is_list = isinstance(option.default, tuple)
        schema["default"] = list(option.default) if is_list else option.default
    return schema


def json_text(schema: Schema) -> str:
    """A schema as text."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _exempt(transforms: Sequence[Transform]) -> Schema:
    reason = {"type": "string", "pattern": r"\S"}
    names = [camel(item.name) for item in transforms] + [ALL]
    exempt = _nullable(_mapping(dict.fromkeys(names, reason)))
    return exempt | {"description": "Transforms that are kept away, each with the reason."}


def _match() -> Schema:
    globs: Schema = {name: {"type": ["string", "null"]} for name in MATCH_KEYS if name != "labels"}
    labels = {"type": ["object", "null"], "additionalProperties": {"type": "string"}}
    match = _mapping(globs | {"labels": labels}) | {"minProperties": 1}
    return match | {"description": "Globs over kind, name and namespace, and labels; all must fit."}


def _mapping(properties: Schema, required: Sequence[str] = ()) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return schema | ({"required": list(required)} if required else {})


def _nullable(schema: Schema) -> Schema:
    """What is null is unset."""
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | enum
