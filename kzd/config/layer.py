"""What one place of the configuration says: values by section and option, each with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

from kzd.edit import FieldPath, spelled
from kzd.errors import ConfigError
from kzd.option_value import Unfit, camel, shown, typed, unknown
from kzd.settings import BELONGS_TO, SECTIONS
from kzd.transform import Section, Transform

Position = Callable[[FieldPath], tuple[int, int]]


class Said(NamedTuple):
    """The value of an option, where it was said, and whether of single workloads."""

    value: Any
    source: str
    is_specific: bool = False


Layer = dict[str, dict[str, Said]]
"""Values by the name of a section or transform, then by the option's Python name."""


def merged(layers: Iterable[Layer]) -> Layer:
    """
    Several layers as one; what a later one says wins, option by option.

    Seconds are those of a path: where a later layer says another path, earlier ones don't count.
    """
    whole: Layer = {}
    for layer in layers:
        for section, options in layer.items():
            before = whole.get(section, {})
            kept = {
                name: said
                for name, said in before.items()
                if not _is_unsaid(BELONGS_TO.get(section, {}).get(name, ""), before, options)
            }
            whole[section] = kept | options
    return whole


def _is_unsaid(subject: str, before: dict[str, Said], options: dict[str, Said]) -> bool:
    """Whether the option that a value belongs to is another one by what is said now."""
    if subject not in options:
        return False
    return subject not in before or before[subject].value != options[subject].value


def built(section: type[Section], said: dict[str, Said]) -> Any:
    """A section with the values that were said, and its defaults."""
    sources = {name: value.source for name, value in said.items()}
    specific = frozenset(name for name, value in said.items() if value.is_specific)
    return section(sources, specific, **{name: value.value for name, value in said.items()})


class Reader:
    """
    Reads the mappings of a document of kzd's; raises ConfigError with the field and its line.

    `source` names it, `position` tells the line and column of a field path, `sections` are all
    sections and transforms by their key in YAML, each with its name and its class.
    """

    def __init__(
        self, source: str, transforms: Sequence[Transform], position: Position | None = None
    ) -> None:
        self.source = source
        self.position = position
        self.sections: dict[str, tuple[str, type[Section]]] = {
            name: (name, section) for name, section in SECTIONS.items()
        }
        self.sections |= {camel(item.name): (item.name, item.options) for item in transforms}
        self.transforms = {camel(item.name): item.name for item in transforms}

    def fail(self, path: FieldPath, message: str) -> NoReturn:
        """Raise ConfigError about a field."""
        line, column = self.position(path) if self.position else (0, 0)
        raise ConfigError(message, file=self.source, line=line, column=column, field=spelled(path))

    def mapping(self, path: FieldPath, value: Any, known: Iterable[str] = ()) -> dict[str, Any]:
        """A mapping whose keys are all known; empty where it is unset or null."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fail(path, f"must be a mapping, not {shown(value)}")
        names = list(known)
        for key in value:
            if names and key not in names:
                self.fail((*path, str(key)), unknown(key, names))
        return value

    def layer(
        self,
        path: FieldPath,
        data: dict[str, Any],
        keys: Iterable[str],
        *,
        is_specific: bool = False,
    ) -> Layer:
        """The sections among `keys` that a mapping holds; `is_specific` for single workloads."""
        layer: Layer = {}
        for key in keys:
            if key in data:
                name, section = self.sections[key]
                documents = () if is_specific else section.documents
                said = self.options((*path, key), data[key], section, documents)
                layer[name] = {
                    option: item._replace(is_specific=is_specific) for option, item in said.items()
                }
        return layer

    def options(
        self, path: FieldPath, value: Any, section: type[Section], beside: Iterable[str] = ()
    ) -> dict[str, Said]:
        """What a mapping says of a section's options; `beside` are keys that are read elsewhere."""
        names = {camel(name): name for name in section.options}
        said = {}
        for key, given in self.mapping(path, value, [*names, *beside]).items():
            if key not in names:
                continue
            option = section.options[names[key]]
            if given is None and not option.is_optional:
                continue
            place = (*path, key)
            try:
                said[names[key]] = Said(typed(option, given), f"{self.source}: {spelled(place)}")
            except Unfit as unfit:
                self.fail(place, str(unfit))
        return said
