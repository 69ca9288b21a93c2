"""The configuration as it applies to one resource: default < spec < overrides < annotation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kzd.cluster.resource import Resource
from kzd.config.annotation import Annotated, Annotations, Exemption, Note
from kzd.config.kubernetes_version import min_kubelet_minor, server_minor
from kzd.config.layer import Layer, Position, Reader, Said, built, merged
from kzd.config.override import Override, exempt_key, read_overrides
from kzd.edit import FieldPath, path
from kzd.errors import ConfigError
from kzd.option_value import Unfit, nearest, shown
from kzd.result import Result
from kzd.settings import PlatformSection, PropagationSection, RolesSection, Settings
from kzd.transform import Transform

if TYPE_CHECKING:
    from kzd.config.measurement import Read

__all__ = ["Config", "Exemption", "Resolved", "parse"]

API_VERSION = "kzd.dev/v1alpha1"
KIND = "ZeroDowntime"
MEASUREMENT = "PropagationMeasurement"
KINDS = (KIND, MEASUREMENT)
TOP_KEYS = ("apiVersion", "kind", "metadata", "spec")
PLUGIN_KEYS = ("argsOneLiner", "argsFromFile")
"""What kustomize reads in the configuration of a plugin: the arguments that it calls it with."""


class Resolved(NamedTuple):
    """
    What applies to one resource: sections with the options of all transforms, exemptions by
    transform (`all` too), and what there is to tell about its annotations.
    """

    settings: Settings
    exemptions: dict[str, Exemption]
    notes: tuple[Note, ...] = ()


class Config:
    """
    One ZeroDowntime, read and typed.

    `source` names it, empty for the defaults.  `minor` is the API server's minor version,
    `min_kubelet` that of the oldest kubelet.  `measurements` are all of the run, from all places.
    """

    def __init__(
        self,
        source: str,
        spec: Layer,
        overrides: tuple[Override, ...],
        transforms: Sequence[Transform],
        position: Position | None = None,
        measurements: Sequence[Read] = (),
    ) -> None:
        self.source = source
        self.spec = spec
        self.overrides = overrides
        self.measurements = measurements
        self._position = position
        self._transforms = transforms
        self._annotations = Annotations(transforms)
        self._resolved: dict[tuple[int, ...], Resolved] = {}
        self.minor, self.min_kubelet = self._versions()

    @classmethod
    def default(cls, transforms: Sequence[Transform]) -> Config:
        """What applies where nobody says anything."""
        return cls("", {}, (), transforms)

    def with_versions(self, version: str | None, min_kubelet: str | None) -> Config:
        """The same with other versions, as the command line says them; raises ConfigError."""
        given = {
            "version": Said(version, "--kubernetes-version"),
            "min_kubelet": Said(min_kubelet, "--min-kubelet"),
        }
        said = {name: item for name, item in given.items() if item.value is not None}
        if not said:
            return self
        spec = merged([self.spec, {"kubernetes": said}])
        return self._with(spec, self.measurements)

    def with_measurements(self, more: Sequence[Read]) -> Config:
        """The same with measurements from elsewhere, too."""
        return self._with(self.spec, [*self.measurements, *more]) if more else self

    def _with(self, spec: Layer, measurements: Sequence[Read]) -> Config:
        return Config(
            self.source, spec, self.overrides, self._transforms, self._position, measurements
        )

    def speaks_of(self, transform: str) -> bool:
        """Whether it says an option of a transform, of all resources or of some."""
        return any(transform in layer for layer in (self.spec, *(o.layer for o in self.overrides)))

    def _versions(self) -> tuple[int, int]:
        said = self.spec.get("kubernetes", {})
        server = said.get("version", Said(None, ""))
        kubelet = said.get("min_kubelet", Said(None, ""))
        where = server
        try:
            minor = server_minor(server.value)
            where = kubelet
            return minor, min_kubelet_minor(kubelet.value, minor)
        except Unfit as unfit:
            file, _, field = where.source.rpartition(": ")
            line, column = self._place(path(field)) if file == self.source else (0, 0)
            raise ConfigError(
                str(unfit), file=file, line=line, column=column, field=field
            ) from None

    def _place(self, field_path: FieldPath) -> tuple[int, int]:
        return self._position(field_path) if self._position else (0, 0)

    def settings_for(self, resource: Resource) -> Resolved:
        """What applies to a resource; raises ConfigError for an annotation that says nonsense."""
        annotated = self._annotations.of(resource)
        fitting = self._fitting(resource)
        if annotated is None:
            if fitting not in self._resolved:
                self._resolved[fitting] = self._of(fitting, None)
            return self._resolved[fitting]
        return self._of(fitting, annotated)

    def _fitting(self, resource: Resource) -> tuple[int, ...]:
        return tuple(
            index for index, item in enumerate(self.overrides) if item.match.fits(resource)
        )

    def _of(self, fitting: Iterable[int], annotated: Annotated | None) -> Resolved:
        fitting = tuple(fitting)
        layers = [self.spec, *(self.overrides[index].layer for index in fitting)]
        exemptions = {
            name: self._exemption(index, name, reason)
            for index in fitting
            for name, reason in self.overrides[index].exempt.items()
        }
        if annotated is not None:
            layers.append(annotated.layer)
            exemptions |= annotated.exemptions
        layer = merged(layers)
        options = {
            item.name: built(item.options, layer.get(item.name, {})) for item in self._transforms
        }
        settings = Settings(
            built(PropagationSection, layer.get("propagation", {})),
            built(PlatformSection, layer.get("platform", {})),
            built(RolesSection, layer.get("roles", {})),
            annotated.serving if annotated else None,
            options,
        )
        return Resolved(settings, exemptions, annotated.notes if annotated else ())

    def _exemption(self, index: int, name: str, reason: str) -> Exemption:
        field = f"spec.overrides[{index}].exempt.{exempt_key(name)}"
        return Exemption(reason, (), f"{self.source}: {field}", index)

    def unused(self, resources: Sequence[Resource]) -> list[Result]:
        """The overrides that fit no resource, or say nothing that would not apply without them."""
        fitting = [(resource, self._fitting(resource)) for resource in resources]
        results = []
        for index, override in enumerate(self.overrides):
            meant = [(resource, fits) for resource, fits in fitting if index in fits]
            if not meant:
                results.append(self.told(override.path, "fits no resource of the input"))
            elif not override.exempt and not any(
                self._differs(resource, fits, index) for resource, fits in meant
            ):
                results.append(self.told(override.path, "changes nothing; it can go"))
        return results

    def _differs(self, resource: Resource, fitting: tuple[int, ...], index: int) -> bool:
        annotated = self._annotations.of(resource)
        without = (other for other in fitting if other != index)
        return _values(self._of(fitting, annotated)) != _values(self._of(without, annotated))

    def told(self, path: FieldPath, message: str) -> Result:
        """A result about a field of the configuration."""
        line, column = self._place(path)
        return Result(
            message, "info", None, path, file=self.source, line=line, column=column,
            tags={"action": "configuration"},
        )  # fmt: skip


def _values(resolved: Resolved) -> list[list[Any]]:
    settings = resolved.settings
    sections = [settings.propagation, settings.platform, settings.roles, *settings.options.values()]
    return [[getattr(section, name) for name in section.options] for section in sections]


def parse(
    data: Any, source: str, transforms: Sequence[Transform], position: Position | None = None
) -> Config:
    """
    The configuration that a ZeroDowntime (plain data) says; raises ConfigError.

    `source` names it in messages; `position` tells the line and column of its fields.
    """
    reader = Reader(source, transforms, position)
    if not isinstance(data, dict):
        reader.fail((), f"must be a {KIND}, not {shown(data)}")
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if data.get(key) != wanted:
            told = f"must be '{wanted}', not {shown(data.get(key))}"
            is_near = key == "kind" and data.get(key) != MEASUREMENT
            reader.fail((key,), told + (nearest(data.get(key), KINDS) if is_near else ""))
    reader.mapping((), data, [*TOP_KEYS, *PLUGIN_KEYS])
    spec = reader.mapping(("spec",), data.get("spec"), [*reader.sections, "overrides"])
    layer = reader.layer(("spec",), spec, reader.sections)
    overrides = read_overrides(reader, spec.get("overrides"))
    given = reader.mapping((), spec.get("propagation")).get("measurements")
    return Config(source, layer, overrides, transforms, position, _read(given, source, position))


def _read(given: Any, source: str, position: Position | None) -> Sequence[Read]:
    if given is None:
        return ()
    from kzd.config.measurement import read_list  # only where they are: it costs start-up

    return read_list(given, source, position)
