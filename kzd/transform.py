"""What makes a function a transform, and what an option is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from kzd.edit import Create, Edit, Finding, Together

Function = Callable[[Any, Any, Any], Iterator[Edit | Create | Finding | Together]]

_NO_SOURCES: Mapping[str, str] = {}

POD_TEMPLATE_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")


class Option(NamedTuple):
    """
    One value of the configuration: its default, a sentence, and what is allowed.

    `form` is a regular expression that all of a string fits, and what a message says of it.
    """

    default: Any
    sentence: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    form: tuple[str, str] | None = None
    type: str = ""

    @property
    def kind(self) -> str:
        """Its type where it is set: `bool`, `int`, `float`, `str` or `list[str]`."""
        return self.type.removesuffix(" | None")

    @property
    def is_optional(self) -> bool:
        """Whether unset is a value of its own."""
        return self.kind != self.type


def option(
    default: Any,
    sentence: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    form: tuple[str, str] | None = None,
) -> Any:
    """Declare an option in the body of an OptionSet; its type is the annotation beside it."""
    return Option(default, sentence, minimum, maximum, choices, form)


class Section:
    """
    Frozen, keyword-only values with defaults; the configuration schema is generated from it.

    Annotations are one of `bool`, `int`, `float`, `str`, `list[str]`, with ` | None` where unset
    is a value of its own; the module says `from __future__ import annotations`.
    """

    options: ClassVar[dict[str, Option]] = {}
    documents: ClassVar[Mapping[str, str]] = _NO_SOURCES
    """What may stand beside them, each with a sentence: lists of other documents of kzd's."""

    _sources: Mapping[str, str]
    _specific: Collection[str]

    def __init_subclass__(cls) -> None:
        declared = dict(cls.options)
        types = cls.__dict__.get("__annotations__", {})
        for name, value in vars(cls).items():
            if isinstance(value, Option):
                declared[name] = value._replace(type=types[name])
        cls.options = declared

    def __init__(
        self,
        sources: Mapping[str, str] = _NO_SOURCES,
        specific: Collection[str] = (),
        /,
        **values: Any,
    ) -> None:
        object.__setattr__(self, "_sources", sources)
        object.__setattr__(self, "_specific", specific)
        for name, declared in self.options.items():
            object.__setattr__(self, name, values.pop(name, declared.default))
        if values:
            raise TypeError(f"unknown options: {', '.join(sorted(values))}")

    def source_of(self, name: str) -> str:
        """Where the value of an option was said, empty for its default."""
        return self._sources.get(name, "")

    def is_specific(self, name: str) -> bool:
        """Whether an option was said of single workloads: by an annotation or an override."""
        return name in self._specific

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")


class OptionSet(Section):
    """The options of a transform; every one of them can be switched off."""

    enabled: bool = option(True, "Whether this rule runs.")


class Transform(NamedTuple):
    """A rule: what it looks at, what it may write, its options and the function that decides."""

    name: str
    kinds: tuple[str, ...]
    after: tuple[str, ...]
    together: tuple[str, ...]
    writes: tuple[str, ...]
    creates: tuple[str, ...]
    once: bool
    left_alone: bool
    options: type[OptionSet]
    decide: Function

    @property
    def module(self) -> str:
        """The module's name inside `kzd.transforms`."""
        return self.name.replace("-", "_")

    def writes_to(self, kind: str) -> tuple[str, ...]:
        """The field paths that it may edit of a kind."""
        found = []
        for declared in self.writes:
            of, mark, field_path = declared.rpartition(": ")
            if of == kind or (not mark and kind in self.kinds):
                found.append(field_path)
        return tuple(found)

    @property
    def docstring(self) -> str:
        """What there is to say about it: its module's docstring."""
        return (sys.modules[self.decide.__module__].__doc__ or "").strip()

    @property
    def promise(self) -> str:
        """What the user gets: the docstring's first line."""
        return self.docstring.partition("\n")[0]


def transform(
    *,
    kinds: Iterable[str] = POD_TEMPLATE_KINDS,
    after: Iterable[str] = (),
    together: Iterable[str] = (),
    writes: Iterable[str] = (),
    creates: Iterable[str] = (),
    once: bool = False,
    left_alone: bool = False,
) -> Callable[[Function], Transform]:
    """
    Make a transform of a function `(resource, options, cluster)` that yields decisions.

    Its name is the module's with dashes, its options the module's `Options`.  `writes` are the
    field paths it may edit, with `[]` for any element and `{}` for any key; `Kind: path` where it
    is of one kind only, which may be another than it looks at.  Without `writes` and `creates` it
    only yields Findings.  `together` names the transforms that `--only` brings along, since its own
    edits would do harm without theirs.  `once` keeps only its first Finding in a run.  With
    `left_alone` it is also asked about workloads that kzd keeps its hands off.
    """

    def declare(function: Function) -> Transform:
        module = sys.modules[function.__module__]
        return Transform(
            name=module.__name__.rpartition(".")[2].replace("_", "-"),
            kinds=tuple(kinds),
            after=tuple(after),
            together=tuple(together),
            writes=tuple(writes),
            creates=tuple(creates),
            once=once,
            left_alone=left_alone,
            options=getattr(module, "Options", OptionSet),
            decide=function,
        )

    return declare
