"""What the schema and the API's other rules say: of output always, of input in `check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kzd.cluster.role import is_partial
from kzd.edit import spelled
from kzd.errors import SelfCheckFailed
from kzd.flow.bundle import Held
from kzd.flow.decisions import Verdict
from kzd.flow.telling import result_at
from kzd.result import Result
from kzd.validation.validate import Problem, broken_rules, problems


class Verifier:
    """Validates for one pair of versions; `judges_input` makes the input's own faults errors."""

    def __init__(self, minor: int, min_kubelet: int, *, judges_input: bool) -> None:
        self._minor = minor
        self._min_kubelet = min_kubelet
        self._judges_input = judges_input

    def results(self, verdicts: Sequence[Verdict]) -> Iterator[Result]:
        """
        Validate what was edited or created, and all else where the input is judged.

        Raises SelfCheckFailed for what an edit made wrong: that is a bug of kzd's.
        """
        for verdict in verdicts:
            for create in verdict.creates:
                for problem in self._problems(create.resource):
                    raise _made_wrong(verdict.held, problem)
            if verdict.changes:
                yield from self._edited(verdict)
            elif self._judges_input:
                yield from self._judged(verdict, self._problems(verdict.held.resource.data))

    def _problems(self, data: dict[str, Any]) -> list[Problem]:
        return [*problems(data, self._minor), *broken_rules(data, self._minor, self._min_kubelet)]

    def _edited(self, verdict: Verdict) -> Iterator[Result]:
        held = verdict.held
        after = self._problems(held.resource.data)
        if not after:
            return
        before = self._problems(held.document.original(held.prefix))
        known = {(problem.path, problem.message) for problem in before}
        for problem in after:
            if problem.severity == "error" and (problem.path, problem.message) not in known:
                raise _made_wrong(held, problem)
        yield from self._judged(verdict, before)

    def _judged(self, verdict: Verdict, found: list[Problem]) -> Iterator[Result]:
        """
        What is wrong with the input, but for what a rule has told about the same field.

        A patch leaves out what it does not change.
        """
        told = {result.field_path for result in verdict.results}
        is_patch = is_partial(verdict.held.resource)
        for problem in found:
            if problem.path in told or (is_patch and problem.is_missing):
                continue
            severity = problem.severity if self._judges_input else "warning"
            tags = {"action": "validation"}
            yield result_at(verdict.held, problem.path, problem.message, severity, tags=tags)


def _made_wrong(held: Held, problem: Problem) -> SelfCheckFailed:
    return SelfCheckFailed(
        f"the output would not be valid: {problem.message}",
        file=held.file.name,
        field=f"{held.resource.kind}/{held.resource.name}: {spelled(problem.path)}",
    )
