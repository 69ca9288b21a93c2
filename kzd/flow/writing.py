"""Verdicts to bytes: the edits of each document in one pass, created resources, results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from kzd.cluster.resource import Origin, Resource
from kzd.edit import Create
from kzd.flow.bundle import (
    HELM_FILE,
    INDEX_ANNOTATIONS,
    LIST_STYLE,
    PACKAGE,
    PATH_ANNOTATIONS,
    Bundle,
    Source,
    origin_of,
)
from kzd.flow.decisions import Verdict
from kzd.result import Result
from kzd.text.document import Document, File
from kzd.text.splice import Change, Insert, splice
from kzd.value import mapping


def written(
    bundle: Bundle,
    verdicts: Sequence[Verdict],
    results: Sequence[Result],
    *,
    drops_configuration: bool,
) -> list[Source]:
    """The files with their new bytes; without a change they are the bytes that came in."""
    by_document: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.changes or verdict.creates:
            by_document[id(verdict.held.document)].append(verdict)
    indexes = _FreeIndexes(bundle)
    files = []
    for file in bundle.files:
        texts: dict[int, str] = {}
        is_envelope = file.is_resource_list
        for place, document in enumerate(file.documents):
            found = by_document.get(id(document), [])
            if is_envelope and document.kind == "ResourceList":
                told = [item.krm() for item in results]
                texts[place] = _spliced(document, found, indexes, {"results": told or None})
            elif found:
                texts[place] = _spliced(document, found, indexes)
        if drops_configuration and not is_envelope:
            texts |= dict.fromkeys(_configurations(file, bundle), "")
        files.append(Source(file.name, file.joined(texts)))
    return files


def _configurations(file: File, bundle: Bundle) -> list[int]:
    documents = {id(held.document) for held in bundle.configurations if not held.prefix}
    return [place for place, item in enumerate(file.documents) if id(item) in documents]


def _spliced(
    document: Document,
    verdicts: list[Verdict],
    indexes: _FreeIndexes,
    replaced: dict[str, list[Any] | None] | None = None,
) -> str:
    changes = [
        Change(verdict.held.prefix + field_path, value)
        for verdict in verdicts
        for field_path, value in verdict.changes
    ]
    inserts = [
        Insert(verdict.held.prefix, _placed(create, verdict, indexes), _comment(verdict))
        for verdict in verdicts
        for create in verdict.creates
    ]
    return splice(document, changes, inserts=inserts, replaced=replaced)


def _comment(verdict: Verdict) -> str:
    source = verdict.held.document.source
    return f"# Source: {source}" if source else ""


def _placed(create: Create, verdict: Verdict, indexes: _FreeIndexes) -> dict[str, Any]:
    """The created resource, with nothing of its workload's annotations but where it belongs."""
    beside = verdict.held.resource
    annotations = {
        key: beside.annotations[key]
        for key in (*PATH_ANNOTATIONS, PACKAGE, LIST_STYLE, HELM_FILE)
        if key in beside.annotations
    }
    if any(key in annotations for key in PATH_ANNOTATIONS):
        index = indexes.next_beside(beside)
        annotations |= {key: index for key in INDEX_ANNOTATIONS if key in beside.annotations}
    if not annotations:
        return create.resource
    metadata = create.resource["metadata"]
    annotations = metadata.get("annotations", {}) | annotations
    return create.resource | {"metadata": metadata | {"annotations": annotations}}


class _FreeIndexes:
    """The next free place in each file that the annotations of the input name."""

    def __init__(self, bundle: Bundle) -> None:
        self._highest: dict[str, int] = defaultdict(lambda: -1)
        for file in bundle.files:
            for document in file.documents:
                for entry in document.entries:
                    self._note(origin_of(mapping(entry), document, file))

    def _note(self, origin: Origin) -> None:
        self._highest[origin.file] = max(self._highest[origin.file], origin.index)

    def next_beside(self, resource: Resource) -> str:
        self._highest[resource.origin.file] += 1
        return str(self._highest[resource.origin.file])
