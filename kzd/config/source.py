"""Which configuration applies: exactly one source, the nearest, never merged with another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kzd.config.annotation import option_keys
from kzd.config.configuration import API_VERSION, KIND, PLUGIN_KEYS, Config, parse
from kzd.config.layer import Layer, Said
from kzd.edit import FieldPath
from kzd.errors import ConfigError, InputError
from kzd.flow.bundle import CONFIG_GROUP, Bundle, Held, Source
from kzd.option_value import Unfit, shown, typed_text, unknown
from kzd.result import FUNCTION_CONFIG
from kzd.settings import SECTIONS
from kzd.text.document import Document, read
from kzd.transform import Transform

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
) -> Config:
    """
    The configuration of a run; raises ConfigError.

    `named` is the file that the command line or the environment names, `nearby` reads the one of
    the working directory, which is not asked for where a ResourceList comes in: there the
    directory is the host's.  What configures a function among the files of the input counts when
    its host calls, and not here: each overlay of a repository may have its own.
    """
    envelope = _envelope(bundle)
    function = _function_config(envelope, transforms) if envelope else None
    if function is not None:
        return function
    if named is not None:
        return read_config(named, transforms)
    given = [held for held in bundle.configurations if not _is_of_function(held)]
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


def read_config(source: Source, transforms: Sequence[Transform]) -> Config:
    """The configuration that a file holds; raises ConfigError."""
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
    found = [
        (document, path, data)
        for document in documents
        for path, data in document.resources
        if data.get("apiVersion") != BUILT_IN
    ]
    if len(found) != 1:
        number = "none" if not found else str(len(found))
        line, column = found[1][0].position(found[1][1]) if found else (0, 0)
        raise ConfigError(
            f"must hold one {KIND}, not {number}", file=source.name, line=line, column=column
        )
    document, prefix, data = found[0]
    return _parsed(data, source.name, transforms, document, prefix)
