"""
Which configuration applies: exactly one ZeroDowntime, the nearest, never merged with another.

PropagationMeasurements are data: all of them count, from all places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kzd.config.annotation import option_keys
from kzd.config.configuration import API_VERSION, KIND, MEASUREMENT, PLUGIN_KEYS, Config, parse
from kzd.config.layer import Layer, Said
from kzd.edit import FieldPath
from kzd.errors import ConfigError, InputError
from kzd.flow.bundle import CONFIG_GROUP, Bundle, Held, Source
from kzd.option_value import Unfit, shown, typed_text, unknown
from kzd.result import FUNCTION_CONFIG
from kzd.settings import SECTIONS
from kzd.text.document import Document, read
from kzd.transform import Transform

if TYPE_CHECKING:
    from kzd.config.measurement import Read

FUNCTION_KEYS = ("config.kubernetes.io/function", "config.k8s.io/function")
"""The annotations by which a host finds the program of a function in its configuration."""

BUILT_IN = "builtin"
"""The version of kustomize's own transformers, which stand beside a function in its file."""


def choose(
    bundle: Bundle,
    transforms: Sequence[Transform],
    *,
    named: Source | None = None,
    nearby: Callable[[], Source | None] = lambda: None,
    measured: Sequence[Source] = (),
) -> Config:
    """
    The configuration of a run; raises ConfigError.

    `measured` are files that hold measurements, which count beside those of the input and of the
    configuration.  `named` is the file that the command line or the environment names, `nearby`
    reads the one of the working directory, which is not asked for where a ResourceList comes in:
    there the directory is the host's.  What configures a function among the files of the input
    counts when its host calls, and not here: each overlay of a repository may have its own.
    """
    given = [held for held in bundle.configurations if not _is_of_function(held)]
    in_input = [held for held in given if held.resource.kind == MEASUREMENT]
    others = [held for held in given if held.resource.kind != MEASUREMENT]
    config = _chosen(bundle, transforms, others, named, nearby)
    if not (in_input or measured):
        return config
    named_files = (item for file in measured for item in measurements(file))
    return config.with_measurements([*map(_measurement_of, in_input), *named_files])


def _chosen(
    bundle: Bundle,
    transforms: Sequence[Transform],
    given: Sequence[Held],
    named: Source | None,
    nearby: Callable[[], Source | None],
) -> Config:
    """The nearest ZeroDowntime; `given` are those of the input."""
    envelope = _envelope(bundle)
    function = _function_config(envelope, transforms) if envelope else None
    if function is not None:
        return function
    if named is not None:
        return read_config(named, transforms)
    if given:
        return _from_input(given, transforms)
    found = None if envelope else nearby()
    return read_config(found, transforms) if found else Config.default(transforms)


def _is_of_function(held: Held) -> bool:
    return not held.resource.annotations.keys().isdisjoint(FUNCTION_KEYS)


def _envelope(bundle: Bundle) -> Document | None:
    for file in bundle.files:
        if file.is_resource_list:
            return next((item for item in file.documents if item.kind == "ResourceList"), None)
    return None


def _function_config(envelope: Document, transforms: Sequence[Transform]) -> Config | None:
    envelope.parse()
    data = envelope.data.get(FUNCTION_CONFIG) if isinstance(envelope.data, dict) else None
    if not data:
        return None
    if not isinstance(data, dict):
        raise ConfigError(f"must be a {KIND}, not {shown(data)}", file=FUNCTION_CONFIG)
    if data.get("kind") == "ConfigMap" and data.get("apiVersion") == "v1":
        return _from_config_map(data, transforms)
    group = str(data.get("apiVersion")).partition("/")[0]
    if data.get("kind") != KIND and group != CONFIG_GROUP:
        kind = shown(data.get("kind"))
        raise ConfigError(
            f"must be '{KIND}' of '{API_VERSION}', not {kind}", file=FUNCTION_CONFIG, field="kind"
        )
    for key in PLUGIN_KEYS:
        if key in data:
            message = "is for a plugin of kustomize; a function takes `args` beside its `path`"
            raise ConfigError(message, file=FUNCTION_CONFIG, field=key)
    return _parsed(data, FUNCTION_CONFIG, transforms, envelope, (FUNCTION_CONFIG,))


def _from_config_map(data: dict[str, Any], transforms: Sequence[Transform]) -> Config | None:
    """kpt's `configMap:` and `-- key=value`: strings, under the keys that annotations have."""
    given = data.get("data")
    if not given:
        return None
    sections = {name: section.options for name, section in SECTIONS.items()}
    keys = option_keys(transforms, sections)
    layer: Layer = {}
    if not isinstance(given, dict):
        message = f"must be a mapping, not {shown(given)}"
        raise ConfigError(message, file=FUNCTION_CONFIG, field="data")
    for key, value in given.items():
        field = f"data[{key}]"
        if key not in keys:
            raise ConfigError(unknown(key, _near(key, keys)), file=FUNCTION_CONFIG, field=field)
        section, name, option = keys[key]
        try:
            said = Said(typed_text(option, value), f"{FUNCTION_CONFIG}: {field}")
        except Unfit as unfit:
            raise ConfigError(str(unfit), file=FUNCTION_CONFIG, field=field) from None
        layer.setdefault(section, {})[name] = said
    return Config(FUNCTION_CONFIG, layer, (), transforms)


def _near(key: str, known: Iterable[str]) -> list[str]:
    """The keys that a wrong one is told: those of its section or transform, else the short ones."""
    known = list(known)
    section = str(key).partition(".")[0]
    same = [item for item in known if item.partition(".")[0] == section]
    return same or [item for item in known if not item.endswith(".enabled")]


def _from_input(found: Sequence[Held], transforms: Sequence[Transform]) -> Config:
    for held in found:
        if held.resource.kind != KIND:
            _of_held(held, transforms)
    if len(found) > 1:
        first, second = found[:2]
        line, column = second.position()
        raise ConfigError(
            f"must be the only {KIND} of the input; another is in {_place(first)}; "
            "`--config` names the one that counts",
            file=second.resource.origin.name, line=line, column=column,
        )  # fmt: skip
    return _of_held(found[0], transforms)


def _place(held: Held) -> str:
    line, _ = held.position()
    return f"{held.resource.origin.name}:{line}" if line else held.resource.origin.name


def _of_held(held: Held, transforms: Sequence[Transform]) -> Config:
    name = held.resource.origin.name
    return parse(held.resource.data, name, transforms, held.position)


def _parsed(
    data: Any, name: str, transforms: Sequence[Transform], document: Document, prefix: FieldPath
) -> Config:
    """The configuration that stands at a field path of a document."""
    return parse(data, name, transforms, lambda path: document.position(prefix + path))


def _measurement_of(held: Held) -> Read:
    from kzd.config.measurement import read_measurement  # only where one is: it costs start-up

    return read_measurement(held.resource.data, held.resource.origin.name, held.position)


def read_config(source: Source, transforms: Sequence[Transform]) -> Config:
    """
    The configuration that a file holds, with the measurements beside it; raises ConfigError.

    Of a file that holds measurements only, everything else is the default.
    """
    found = _documents(source)
    measured = [item for item in found if item[2]["kind"] == MEASUREMENT]
    others = [item for item in found if item[2]["kind"] != MEASUREMENT]
    if len(others) > 1 or not found:
        number = str(len(others)) if others else "none"
        line, column = others[1][0].position(others[1][1]) if others else (0, 0)
        raise ConfigError(
            f"must hold one {KIND}, not {number}", file=source.name, line=line, column=column
        )
    if others:
        document, prefix, data = others[0]
        config = _parsed(data, source.name, transforms, document, prefix)
    else:
        config = Config(source.name, {}, (), transforms)
    return config.with_measurements([_read(source, item) for item in measured])


def measurements(source: Source) -> list[Read]:
    """The measurements that a file holds, and nothing else; raises ConfigError."""
    found = _documents(source)
    if not found:
        raise ConfigError(f"must hold a {MEASUREMENT}", file=source.name)
    return [_read(source, item) for item in found]


def _read(source: Source, found: tuple[Document, FieldPath, dict[str, Any]]) -> Read:
    from kzd.config.measurement import read_measurement  # only where one is: it costs start-up

    document, prefix, data = found
    return read_measurement(data, source.name, lambda path: document.position(prefix + path))


def _documents(source: Source) -> list[tuple[Document, FieldPath, dict[str, Any]]]:
    """The resources of a file, each with its document and its place there; raises ConfigError."""
    try:
        documents = read(source.name, source.data).documents
        for document in documents:
            document.parse()
    except InputError as error:
        raise ConfigError(
            error.message, file=error.file, line=error.line, column=error.column
        ) from error
    for note in (note for document in documents for note in document.notes):
        raise ConfigError(note.message, file=source.name, line=note.line, column=note.column)
    return [
        (document, path, data)
        for document in documents
        for path, data in document.resources
        if data.get("apiVersion") != BUILT_IN
    ]
