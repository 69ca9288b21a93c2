"""
The whole flow: bytes and configuration in, bytes and results out.

Pure: no files, no printing, no clock.  Every command and every host calls `run`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from kzd import transforms
from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import POD_SPEC, Resource, Workload
from kzd.cluster.role import LONG_TASK, is_old_api
from kzd.config.annotation import PREFIX
from kzd.config.configuration import Config, Exemption, Resolved
from kzd.config.override import ALL
from kzd.config.remarks import Exemptions, of_annotations, of_copies
from kzd.errors import ConfigError
from kzd.flow.bundle import Bundle, Held, Source, read_bundle
from kzd.flow.decisions import Choice, Verdict, decide
from kzd.flow.review import Review, review_of
from kzd.flow.verification import Verifier
from kzd.flow.writing import written
from kzd.result import Result, in_order
from kzd.transform import Transform

if TYPE_CHECKING:
    from kzd.config.fitting import Fitting

__all__ = ["Output", "Source", "run"]

Chooser = Callable[[Bundle], Config]


class Output(NamedTuple):
    """
    The files with their new bytes in the order of the sources, the results in order, a review of
    each workload, the name of the configuration's source, and all documents of `kzd.dev`.
    """

    files: list[Source]
    results: list[Result]
    reviews: list[Review]
    configured_by: str
    configurations: list[Held]


def run(
    sources: Sequence[Source],
    config: Config | Chooser,
    *,
    today: str,
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    unsafe: bool = False,
    checks_everything: bool = False,
    namespace: str | None = None,
    drops_configuration: bool = False,
) -> Output:
    """
    Decide about all sources as one input and write what the decisions need.

    `config` may be a function that chooses one when the input has been read.  `today` is the date
    as ISO 8601 writes it, by which measurements age.  `only` and `skip` name transforms.
    `unsafe` takes the edits that guess.  `checks_everything` validates every document of a known
    kind, not only those that kzd edits.  `drops_configuration` leaves documents of `kzd.dev` out
    of plain streams, which go to a cluster.  Raises a KzdError, and then nothing may be written.
    """
    bundle = read_bundle(sources, namespace=namespace, reads_everything=checks_everything)
    chosen = config if isinstance(config, Config) else config(bundle)
    if chosen.speaks_of(LONG_TASK) or bundle.holds(PREFIX + LONG_TASK):
        bundle.read_rest()  # anything may refer to a workload that gets another name
    decider = _Decider(bundle, chosen, _wanted(only, skip), today, unsafe=unsafe)
    verdicts = decider.verdicts()
    results = bundle.results + [result for verdict in verdicts for result in verdict.results]
    results += decider.remarks()
    verifier = Verifier(chosen.minor, chosen.min_kubelet, judges_input=checks_everything)
    results += verifier.results(verdicts)
    reviews = [
        review_of(verdict, decider.view)
        for verdict in verdicts
        if _is_reviewed(verdict.held.resource)
    ]
    results = in_order(results)
    files = written(bundle, verdicts, results, drops_configuration=drops_configuration)
    return Output(files, results, reviews, chosen.source, bundle.configurations)


def _is_reviewed(resource: Resource) -> TypeGuard[Workload]:
    """Whether it is a workload of Kubernetes or Argo, and no other kind of the same name."""
    is_known = (resource.api_version, resource.kind) in POD_SPEC or is_old_api(resource)
    return isinstance(resource, Workload) and is_known


def _wanted(only: Iterable[str], skip: Iterable[str]) -> tuple[Transform, ...]:
    chosen, left_out = set(only), set(skip)
    known = transforms.load()
    chosen |= {name for item in known if item.name in chosen for name in item.together}
    return tuple(
        transform
        for transform in known
        if (not chosen or transform.name in chosen) and transform.name not in left_out
    )


class _Decider:
    """Resolves the configuration for each resource once, and asks the transforms about it."""

    def __init__(
        self,
        bundle: Bundle,
        config: Config,
        wanted: tuple[Transform, ...],
        today: str,
        *,
        unsafe: bool,
    ) -> None:
        self._config = config
        self._fitting = _fitting(config, today)
        self._wanted = wanted
        self._takes_unsafe = unsafe
        self._resolved: dict[int, Resolved] = {}
        self._choices: dict[int, Choice] = {}
        self._said: set[str] = set()
        self._verdicts = {id(held.resource): Verdict(held) for held in bundle.held}
        self._evidence = bundle.evidence
        self._exemptions = Exemptions()
        self._unused: list[Result] = []
        self._judged = {ALL} if len(wanted) == len(transforms.load()) else set()
        self.view = ClusterView(
            [held.resource for held in bundle.evidence],
            lambda resource: self._of(resource).settings,
            self._runs,
            minor=config.minor,
            min_kubelet=config.min_kubelet,
            measured=self._fitting.find if self._fitting else lambda *_: None,
            everything=[held.resource for held in bundle.held],
        )

    def _of(self, resource: Resource) -> Resolved:
        if id(resource) not in self._resolved:
            try:
                self._resolved[id(resource)] = self._config.settings_for(resource)
            except ConfigError as error:
                _locate(error, self._verdicts[id(resource)].held)
                raise
        return self._resolved[id(resource)]

    def _runs(self, resource: Resource, name: str) -> bool:
        choice = self._choice(self._of(resource))
        return name not in choice.exempt and any(item.name == name for item, _ in choice.active)

    def _choice(self, resolved: Resolved) -> Choice:
        """Which transforms run; most resources share what applies to them, and so this too."""
        if id(resolved) not in self._choices:
            options = [(item, resolved.settings.options[item.name]) for item in self._wanted]
            exempt = {
                item.name: f"{found[0].reason} ({found[0].source})"
                for item in self._wanted
                if (found := _exemptions(resolved, item.name))
            }
            active = tuple((item, given) for item, given in options if given.enabled is not False)
            off = {
                item.name: f"{given.source_of('enabled')} says so"
                for item, given in options
                if given.enabled is False and given.is_specific("enabled")
            }
            choice = Choice(active, exempt, off | exempt, self._takes_unsafe, self._verdicts)
            self._choices[id(resolved)] = choice
        return self._choices[id(resolved)]

    def verdicts(self) -> list[Verdict]:
        """All that is decided about each resource; workloads last, which may change others."""
        found = list(self._verdicts.values())
        in_turn = sorted(found, key=lambda item: isinstance(item.held.resource, Workload))
        choices = [self._choice(self._of(verdict.held.resource)) for verdict in in_turn]
        resources = [verdict.held.resource for verdict in found]
        self._unused = self._config.unused(resources)  # before edits, which say what it says
        for verdict, choice in zip(in_turn, choices, strict=True):
            decide(verdict, choice, self.view, self._said)
        for verdict in found:
            self._remark(verdict)
        return found

    def _remark(self, verdict: Verdict) -> None:
        """Say what there is to say about its annotations, once all is decided."""
        held = verdict.held
        resolved = self._of(held.resource)
        verdict.results += of_annotations(held, resolved)
        if resolved.exemptions:
            active = self._choice(resolved).active
            judged = {transform.name for transform, _ in active} | self._judged
            verdict.results += self._exemptions.idle(held, resolved, verdict, judged)

    def remarks(self) -> list[Result]:
        """What there is to say about the configuration and the input as a whole."""
        resources = [verdict.held.resource for verdict in self._verdicts.values()]
        workloads = [resource for resource in resources if _is_reviewed(resource)]
        return [
            *self._unused,
            *self._exemptions.idle_overrides(self._config),
            *of_copies(self._evidence, self.view.repeated),
            *(self._fitting.results(workloads, self.view) if self._fitting else ()),
        ]


def _fitting(config: Config, today: str) -> Fitting | None:
    if not config.measurements:
        return None
    from kzd.config.fitting import Fitting  # only where something was measured: it costs start-up

    return Fitting(config.measurements, today)


def _locate(error: ConfigError, held: Held) -> None:
    """Give an error about an annotation its line, unless a host names another file for it."""
    error.line, error.column = held.position(error.path)


def _exemptions(resolved: Resolved, name: str) -> list[Exemption]:
    return [resolved.exemptions[key] for key in (name, ALL) if key in resolved.exemptions]
