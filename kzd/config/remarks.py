"""What a run tells beside the rules' answers: of annotations, exemptions, and copies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from kzd.config.configuration import Config, Resolved
from kzd.config.override import ALL
from kzd.flow.bundle import Held
from kzd.flow.decisions import Verdict
from kzd.flow.telling import result_at
from kzd.result import Result

FILES_SHOWN = 3


def of_annotations(held: Held, resolved: Resolved) -> Iterator[Result]:
    """What there is to say about the resource's annotations."""
    for note in resolved.notes:
        tags = {"action": "annotation"}
        yield result_at(held, note.path, note.message, note.severity, tags=tags)


class Exemptions:
    """
    Which exemptions keep something back.

    `judged` are the names of the transforms that ran, and `all` where all of them did; of others
    nothing is known.  An override's exemption is idle when it is so for every resource.
    """

    def __init__(self) -> None:
        self._at_work: dict[tuple[int, str], bool] = {}

    def idle(
        self, held: Held, resolved: Resolved, verdict: Verdict, judged: Collection[str]
    ) -> Iterator[Result]:
        """The exemptions by annotation that keep nothing back from a resource."""
        for name, exemption in resolved.exemptions.items():
            if name not in judged:
                continue
            is_at_work = bool(verdict.withheld) if name == ALL else name in verdict.withheld
            if exemption.override is not None:
                key = (exemption.override, name)
                self._at_work[key] = self._at_work.get(key, False) or is_at_work
            elif not is_at_work:
                tags = {"action": "exemption"} | ({"transform": name} if name != ALL else {})
                yield result_at(held, exemption.path, _idle(name), "warning", tags=tags)

    def idle_overrides(self, config: Config) -> Iterator[Result]:
        """The exemptions by override that kept nothing back from any resource."""
        for (index, name), is_at_work in self._at_work.items():
            if not is_at_work:
                yield config.told(config.overrides[index].exempt_path(name), _idle(name))


def _idle(name: str) -> str:
    what = "all transforms" if name == ALL else name
    return f"the exemption from {what} changes nothing; it can go"


def of_copies(held: Sequence[Held], repeated: Collection[tuple[object, ...]]) -> Iterable[Result]:
    """One warning where resources occur in more than one file: which is the first, and where."""
    if not repeated:
        return
    first = next(item for item in held if item.resource.identity in repeated)
    copies = [item for item in held if item.resource.identity == first.resource.identity]
    names = list(dict.fromkeys(item.resource.origin.file for item in copies))
    shown = " and ".join([", ".join(names[:-1]), names[-1]])
    if len(names) > FILES_SHOWN:
        shown = f"{', '.join(names[:FILES_SHOWN])} and {len(names) - FILES_SHOWN} more files"
    more = len(repeated) - 1
    what = "1 other resource is" if more == 1 else f"{more} other resources are"
    others = f", and {what} in several files too" if more else ""
    message = (
        f"is in {shown}{others}; each copy is judged by what is in its own file, then in its own "
        "directory"
    )
    yield result_at(first, (), message, "warning", tags={"action": "input"})
