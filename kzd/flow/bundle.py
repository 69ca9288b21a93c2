"""The input as one whole: its files, the resources in them, and what reading had to tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os.path import join
from typing import Any, NamedTuple

from kzd.cluster.entry import ROUTE_KINDS, WEBHOOK_KINDS
from kzd.cluster.resource import WORKLOAD_KINDS, Origin, Resource, Service, Workload
from kzd.edit import FieldPath
from kzd.errors import InputError
from kzd.result import STDIN, Result
from kzd.text.document import LIST_KINDS, Document, File, Note, read
from kzd.value import text

EVIDENCE_KINDS = WORKLOAD_KINDS.union(
    ROUTE_KINDS,
    WEBHOOK_KINDS,
    ["Service", "InferencePool", "ServiceEntry", "TargetGroupBinding"],
    ["HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget", "ResourceQuota"],
    ["PersistentVolumeClaim", "Namespace", "ZeroDowntime", "PropagationMeasurement"],
)
"""The kinds that a decision may rest on; documents of other kinds are never parsed."""

SCRAPE_CONFIG = b"kubernetes_sd_configs"
CONFIG_GROUP = "kzd.dev"
PATH_ANNOTATIONS = ("internal.config.kubernetes.io/path", "config.kubernetes.io/path")
INDEX_ANNOTATIONS = ("internal.config.kubernetes.io/index", "config.kubernetes.io/index")
PACKAGE = "internal.config.kubernetes.io/package-path"
"""kpt's, while it renders packages in packages: the directory that the path starts from."""

LIST_STYLE = "internal.config.kubernetes.io/seqindent"
"""kpt's: whether the lists of the file are indented."""

DIGITS = 9
"""No file has a place with more; YAML readers would not agree on such a number."""

HELM_FILE = "postrenderer.helm.sh/postrender-filename"
KUSTOMIZE_ORIGIN = "config.kubernetes.io/origin"
"""kustomize's, where `buildMetadata` asks for it: YAML with a `path`, for remote ones a `repo`."""


class Source(NamedTuple):
    """
    A file as it comes in or goes out: its name (`-` for standard input) and bytes.

    One that is met while walking a directory is passed over, with a warning, when it can't be
    read; `unreadable` says why where the system does not hand it out.
    """

    name: str
    data: bytes
    is_walked: bool = False
    unreadable: str = ""


class Held(NamedTuple):
    """A resource and where its text is: the document, and the field path that leads to it there."""

    resource: Resource
    document: Document
    prefix: FieldPath
    file: File

    def position(self, field_path: FieldPath = ()) -> tuple[int, int]:
        """Line and column of a field of the resource; 0 where people know it from another file."""
        if self.resource.origin.source:
            return 0, 0
        return self.document.position(self.prefix + field_path)


class Bundle:
    """All files of one run, read."""

    def __init__(self, *, namespace: str | None, reads_everything: bool) -> None:
        self.files: list[File] = []
        self.held: list[Held] = []
        self.configurations: list[Held] = []
        self.results: list[Result] = []
        self._namespace = namespace
        self._reads_everything = reads_everything
        self.broken: list[InputError] = []
        self._said: set[tuple[bool, str]] = set()
        self._rest: list[tuple[Document, File]] = []

    def add(self, source: Source) -> None:
        """Read one more source; raises InputError unless the source may be passed over."""
        lists = (self.results, self.held, self.configurations, self._rest)
        kept = [(items, len(items)) for items in lists]
        try:
            if source.unreadable:
                raise InputError(source.unreadable, file=source.name)
            file = read(source.name, source.data)
            for document in file.documents:
                self._hold(document, file)
        except InputError as error:
            if not source.is_walked:
                raise
            for items, length in kept:
                del items[length:]
            self.results.append(_passed_over(error))
            if self._reads_everything:
                self.broken.append(error)
            file = read(source.name, b"")
        self.files.append(file)

    @property
    def evidence(self) -> list[Held]:
        """What decisions rest on; a check reads more than that and must decide the same."""
        return [held for held in self.held if held.resource.kind in EVIDENCE_KINDS]

    def holds(self, word: str) -> bool:
        """Whether the bytes of a file hold a word, whose slashes JSON may escape."""
        words = (word.encode(), word.replace("/", "\\/").encode())
        return any(item in file.data for file in self.files for item in words)

    def read_rest(self) -> None:
        """Read the documents that no decision rests on as well; raises InputError."""
        self._reads_everything = True
        for document, file in self._rest:
            self._hold(document, file)
        self._rest = []
        order = {id(file): place for place, file in enumerate(self.files)}
        self.held.sort(key=lambda held: (order[id(held.file)], held.document.index))

    def _hold(self, document: Document, file: File) -> None:
        if not (self._reads_everything or _matters(document)):
            self._rest.append((document, file))
            return
        document.parse()
        is_passed_by = document.is_template or document.is_sops
        said = (document.is_sops, "" if document.is_sops else file.name)
        if not is_passed_by or said not in self._said:
            self.results += [_noted(note, document, file) for note in document.notes]
        if is_passed_by:  # said once of a file's templates, and once of all that SOPS encrypts
            self._said.add(said)
            return
        for prefix, data in document.resources:
            view = _view(data, origin_of(data, document, file), self._namespace)
            held = Held(view, document, prefix, file)
            is_configuration = held.resource.group == CONFIG_GROUP
            (self.configurations if is_configuration else self.held).append(held)


def _noted(note: Note, document: Document, file: File) -> Result:
    return Result(
        note.message,
        note.severity,
        file=file.name,
        index=document.index,
        line=note.line,
        column=note.column,
        tags={"action": "input"},
    )


def _passed_over(error: InputError) -> Result:
    return Result(
        f"is passed over: {error.message}",
        "warning",
        file=error.file,
        line=error.line,
        column=error.column,
        tags={"action": "input"},
    )


def _matters(document: Document) -> bool:
    kind = document.kind
    if kind == "ConfigMap":
        return document.holds(SCRAPE_CONFIG)
    return kind is None or kind in EVIDENCE_KINDS or kind in LIST_KINDS


def _view(data: dict[str, Any], origin: Origin, namespace: str | None) -> Resource:
    kind = data.get("kind")
    if isinstance(kind, str) and kind in WORKLOAD_KINDS:
        return Workload(data, origin, namespace)
    if kind == "Service" and data.get("apiVersion") == "v1":
        return Service(data, origin, namespace)
    return Resource(data, origin, namespace)


def origin_of(data: dict[str, Any], document: Document, file: File) -> Origin:
    """Where a person finds the resource: what a host says of its file, else the input's name."""
    metadata = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict):
        path = _first_of(annotations, PATH_ANNOTATIONS)
        if path:
            index = _first_of(annotations, INDEX_ANNOTATIONS)
            file_path = join(text(annotations.get(PACKAGE)) or "", path)
            return Origin(
                file_path, int(index) if index.isdecimal() and len(index) <= DIGITS else 0, path
            )
        source = text(annotations.get(HELM_FILE)) or _origin_path(annotations)
        if source:
            return Origin(file.name, document.index, source)
    return Origin(file.name, document.index, document.source if file.name == STDIN else "")


def _origin_path(annotations: dict[str, Any]) -> str:
    """The file that kustomize read a resource from, empty where it does not say."""
    lines = (text(annotations.get(KUSTOMIZE_ORIGIN)) or "").splitlines()
    said = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return "/".join(filter(None, (said.get("repo"), said.get("path"))))


def _first_of(annotations: dict[str, Any], keys: Iterable[str]) -> str:
    """What the first of some annotations says that says anything, empty where none does."""
    return next(filter(None, (text(annotations.get(key)) for key in keys)), "")


def read_bundle(
    sources: Sequence[Source], *, namespace: str | None = None, reads_everything: bool = False
) -> Bundle:
    """
    Read all sources.

    `namespace` stands for those left out; `reads_everything` parses the documents that no
    decision rests on as well.
    """
    bundle = Bundle(namespace=namespace, reads_everything=reads_everything)
    for source in sources:
        bundle.add(source)
    if bundle.broken:
        first, *others = bundle.broken
        first.others = tuple(others)
        raise first
    return bundle
