"""What the commands answer: bytes and text, and how the process ends; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from kzd import transforms
from kzd.commands.run import Request, Run, run
from kzd.edit import Severity, spelled
from kzd.errors import ConfigError
from kzd.flow.bundle import Source
from kzd.pipeline import Output
from kzd.report import text
from kzd.result import STDIN, WRITTEN, Result, reaches
from kzd.text.document import Document, read
from kzd.text.parser import HAS_C_PARSER
from kzd.text.resource_list import with_items_emptied, with_results
from kzd.text.stream import joined
from kzd.value import mapping, sequence

KUSTOMIZE_ID = "kustomize.config.k8s.io/id"
STDIN_NAME = "a document of standard input"
SLOW = (
    "the C parser is missing, so reading is slow; `pip install 'ruamel.yaml[oldlibyaml]'` brings it"
)


class Answer(NamedTuple):
    """What goes to standard output and to standard error, the exit code, and the new files."""

    out: bytes
    told: str
    exit_code: int
    files: tuple[Source, ...] = ()


def render(sources: Sequence[Source], request: Request, *, is_stream: bool) -> Answer:
    """
    The manifests with their defaults, joined on standard output where it is a stream.

    Standard error gets what needs a person: warnings, the configuration's name, the summary.
    Raises ConfigError where an annotation asks for what can't be.
    """
    done = run(sources, request, is_stream=is_stream)
    output = done.output
    _stop(output.results)
    out = joined(file.data for file in output.files) if is_stream else b""
    told = _notes(done, request) + _report(done, request, least=_least(request), is_planned=False)
    exit_code = int(reaches(output.results, request.fail_on))
    return Answer(out, told, exit_code, tuple(output.files))


def _stop(results: Iterable[Result]) -> None:
    """Raise ConfigError for what keeps manifests from coming out."""
    stopping = [
        ConfigError(
            item.message, file=item.file, line=item.line, column=item.column,
            field=f"{text.subject(item)}: {spelled(item.field_path)}", path=item.field_path,
        )
        for item in results if item.stops
    ]  # fmt: skip
    if stopping:
        first, *others = stopping
        first.others = tuple(others)
        raise first


def check(sources: Sequence[Source], request: Request) -> Answer:
    """
    Everything that is to change or to know, on standard output.

    A ResourceList is answered with its results, as a validator has to; the report goes to
    standard error then.
    """
    done = run(sources, request, is_check=True)
    results = done.output.results
    exit_code = int(_is_changed(done) or reaches(results, request.fail_on))
    notes = _notes(done, request)
    report = _report(done, request, least="info", is_planned=True)
    envelope = resource_list(sources, results, is_validator=True)
    if envelope is not None:
        return Answer(envelope, notes + report, exit_code)
    return Answer(_bytes(report), notes, exit_code)


def diff(sources: Sequence[Source], request: Request, *, is_colored: bool) -> Answer:
    """The unified diff on standard output, warnings and the summary on standard error."""
    from kzd.report.diff import unified  # difflib costs start-up

    done = run(sources, request)
    is_changed = _is_changed(done)
    after = {file.name: file.data for file in done.output.files}
    # A file never comes out empty: what could not be read is no removal.
    parts = [
        unified(source.name, source.data, after[source.name], is_colored=is_colored)
        for source in sources
        if is_changed and after[source.name]
    ]
    told = _notes(done, request) + _report(done, request, least=_least(request), is_planned=True)
    exit_code = int(is_changed or reaches(done.output.results, request.fail_on))
    return Answer(b"".join(parts), told, exit_code)


def explain(sources: Sequence[Source], request: Request, *, width: int) -> Answer:
    """Each workload's role and why, and every number, on standard output."""
    from kzd.report import explain as explanation  # textwrap costs start-up

    done = run(sources, request)
    results, reviews = done.output.results, done.output.reviews
    if request.format == "text":
        told = explanation.report(results, reviews, width=width, is_colored=request.is_colored)
    else:
        told = _report(done, request, least="info", is_planned=True)
    exit_code = int(reaches(results, request.fail_on))
    return Answer(_bytes(told), _notes(done, request), exit_code)


def _least(request: Request) -> Severity:
    """What is told beside manifests: warnings, and whatever the exit code may be due to."""
    return "info" if request.fail_on == "info" else "warning"


def _is_changed(done: Run) -> bool:
    return any(result.action in WRITTEN for result in done.output.results)


def _bytes(told: str) -> bytes:
    return told.encode("utf-8", "backslashreplace")


def _notes(done: Run, request: Request) -> str:
    if request.quiet or request.format in DOCUMENTS:
        return ""
    name = done.output.configured_by
    notes = [f"configured by {STDIN_NAME if name == STDIN else name}"] if name else []
    notes += [f"{name} is configuration; it is left out of the stream" for name in done.left_out]
    notes += [f"{name} is configuration; it stays, as an item of a list" for name in done.left_in]
    if not done.output.files:
        notes.append("there is nothing to read: no *.yaml, *.yml or *.json")
    notes += text.shared(done.output.results)
    if not HAS_C_PARSER:
        notes.append(SLOW)
    return "".join(map(text.note, notes))


def _report(done: Run, request: Request, *, least: Severity, is_planned: bool) -> str:
    results, reviews = done.output.results, done.output.reviews
    if request.format in DOCUMENTS:
        return DOCUMENTS[request.format](done.output)
    if request.quiet:
        return lines([item for item in results if item.severity == "error"], request)
    summary = text.summary(results, reviews, is_planned=is_planned)
    return lines(text.shown(results, least), request) + summary


def lines(results: Iterable[Result], request: Request) -> str:
    """A line for each result, in a format that has lines."""
    if request.format == "github":
        from kzd.report import github  # only where asked for: it costs start-up

        return github.lines(results)
    return "".join(text.line(result, is_colored=request.is_colored) for result in results)


def _json(output: Output) -> str:
    from kzd.report import json

    return json.report(output.results, output.reviews, output.configured_by)


def _gitlab(output: Output) -> str:
    from kzd.report import gitlab

    return gitlab.report(output.results)


def _sarif(output: Output) -> str:
    from kzd.report import sarif

    return sarif.report(output.results, transforms.load())


DOCUMENTS: dict[str, Callable[[Output], str]] = {
    "json": _json,
    "gitlab": _gitlab,
    "sarif": _sarif,
}
"""Formats of which a report is one document, so that nothing may be told beside it."""

FORMATS = ("text", "github", *DOCUMENTS)


def resource_list(
    sources: Sequence[Source], results: Sequence[Result], *, is_validator: bool = False
) -> bytes | None:
    """
    The ResourceList that came in, with results; None where something else came in.

    kustomize fails a validator that answers with items, so `is_validator` leaves its items out;
    all others take a missing item for one to delete.  Raises InputError where it can't be read.
    """
    if len(sources) != 1:
        return None
    file = read(sources[0].name, sources[0].data)
    if not file.is_resource_list:
        return None
    texts = {}
    for place, document in enumerate(file.documents):
        if document.kind == "ResourceList":
            document.parse()
            is_emptied = is_validator and _is_of_kustomize(document)
            answer = with_items_emptied if is_emptied else with_results
            texts[place] = answer(document, [result.krm() for result in results])
    return file.joined(texts)


def _is_of_kustomize(document: Document) -> bool:
    items = sequence(mapping(document.data).get("items"))
    annotations = (
        mapping(mapping(mapping(item).get("metadata")).get("annotations")) for item in items
    )
    return any(KUSTOMIZE_ID in found for found in annotations)
