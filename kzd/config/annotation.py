"""What the annotations of a resource say, on itself and on its pod template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from kzd.cluster.resource import Resource, Workload
from kzd.config.layer import Layer, Said
from kzd.config.override import ALL
from kzd.edit import FieldPath, Severity, spelled
from kzd.errors import ConfigError
from kzd.option_value import Unfit, camel, typed_text, unknown
from kzd.settings import SECTIONS
from kzd.transform import Option, Transform

PREFIX = "kzd.dev/"
EXEMPT_PREFIX = "exempt.kzd.dev/"
SERVING = "serving"
PROPAGATION = ("seconds", "path")
ON_TEMPLATE = (
    "counts here too, but on the pod template adding it or taking it away causes a rollout; "
    "`metadata.annotations` of the workload is its place"
)

_SERVING_OPTION = Option(None, "", type="bool")


class Exemption(NamedTuple):
    """
    Why a transform is kept from a resource, and who said it.

    `path` is the annotation's field path; empty where an override says it, and then `override`
    is the override's place.
    """

    reason: str
    path: FieldPath
    source: str
    override: int | None = None


class Note(NamedTuple):
    """Something to tell about an annotation."""

    path: FieldPath
    message: str
    severity: Severity


class Annotated(NamedTuple):
    """All that a resource's annotations say; `serving` is None where they don't say it."""

    layer: Layer
    serving: bool | None
    exemptions: dict[str, Exemption]
    notes: tuple[Note, ...]


class Annotations:
    """Reads annotations, typed by the options of the transforms."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self._names = [item.name for item in transforms]
        self._known = option_keys(transforms, {"propagation": PROPAGATION})

    def of(self, resource: Resource) -> Annotated | None:
        """What the annotations say, None where there are none of kzd's; raises ConfigError."""
        places = [(path, given) for path, given in _places(resource) if any(map(is_ours, given))]
        if not places:
            return None
        answer = _Answer(resource)
        for path, given in places:
            for key in filter(is_ours, given):
                self._read(answer, (*path, key), given[key])
                if len(path) > 2:
                    answer.note((*path, key), ON_TEMPLATE, "info")
        return Annotated(answer.layer, answer.serving, answer.exemptions, tuple(answer.notes))

    def _read(self, answer: _Answer, path: FieldPath, value: Any) -> None:
        key = str(path[-1])
        if key.startswith(EXEMPT_PREFIX):
            self._read_exemption(answer, path, value)
            return
        name = key.removeprefix(PREFIX)
        if name == SERVING:
            answer.serving = answer.typed(path, _SERVING_OPTION, value)
        elif name in self._known:
            section, option_name, option = self._known[name]
            typed = answer.typed(path, option, value)
            said = Said(typed, f"annotation `{key}`", is_specific=True)
            answer.layer.setdefault(section, {})[option_name] = said
        else:
            answer.fail(path, unknown(name, self._near(name)))

    def _near(self, name: str) -> Iterable[str]:
        """The names that a wrong one is told: those of its transform, else all short ones."""
        transform = name.partition(".")[0]
        if transform in self._names or transform == "propagation":
            return [item for item in self._known if item.partition(".")[0] == transform]
        return [SERVING, *(f"propagation.{item}" for item in PROPAGATION), *self._names]

    def _read_exemption(self, answer: _Answer, path: FieldPath, value: Any) -> None:
        key = str(path[-1])
        name = key.removeprefix(EXEMPT_PREFIX)
        if name not in self._names and name != ALL:
            answer.note(path, f"'{name}' {unknown(name, [*self._names, ALL])}", "error")
            return
        reason = value.strip() if isinstance(value, str) else ""
        if not reason:
            answer.note(path, "must be the reason for the exemption, in words", "error")
        answer.exemptions[name] = Exemption(reason, path, f"annotation `{key}`")


class _Answer:
    """What has been read so far."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.layer: Layer = {}
        self.serving: bool | None = None
        self.exemptions: dict[str, Exemption] = {}
        self.notes: list[Note] = []

    def note(self, path: FieldPath, message: str, severity: Severity) -> None:
        self.notes.append(Note(path, message, severity))

    def typed(self, path: FieldPath, option: Option, value: Any) -> Any:
        try:
            return typed_text(option, value)
        except Unfit as unfit:
            self.fail(path, str(unfit))

    def fail(self, path: FieldPath, message: str) -> NoReturn:
        resource = self.resource
        raise ConfigError(
            message,
            file=resource.origin.name,
            field=f"{resource.kind}/{resource.name}: {spelled(path)}",
            path=path,
        )


def option_keys(
    transforms: Sequence[Transform], sections: Mapping[str, Iterable[str]]
) -> dict[str, tuple[str, str, Option]]:
    """
    The options by the keys that strings are given under: section or transform, option's name
    and option.  A transform's own name is its `enabled`.
    """
    keys = {}
    for section, names in sections.items():
        for name in names:
            keys[f"{section}.{camel(name)}"] = (section, name, SECTIONS[section].options[name])
    for item in transforms:
        options = item.options.options
        keys[item.name] = (item.name, "enabled", options["enabled"])
        for name, option in options.items():
            keys[f"{item.name}.{camel(name)}"] = (item.name, name, option)
    return keys


def is_ours(key: Any) -> bool:
    """Whether an annotation is kzd's."""
    return isinstance(key, str) and key.startswith((PREFIX, EXEMPT_PREFIX))


def _places(resource: Resource) -> list[tuple[FieldPath, dict[str, Any]]]:
    """The pod template first, since what the workload itself says wins."""
    places: list[tuple[FieldPath, dict[str, Any]]] = []
    if isinstance(resource, Workload):
        template = (*resource.template, "metadata", "annotations")
        places.append((template, resource.pod_annotations))
    return [*places, (("metadata", "annotations"), resource.annotations)]
