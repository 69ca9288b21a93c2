"""The composer, which puts events onto a tape and values into the data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kzd.text.frame import MERGE, NOTHING, Frame
from kzd.text.parser import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    Unreadable,
)
from kzd.text.scalar import (
    cached_key,
    cached_scalar,
    key_of,
    plain_keys,
    scalars,
    without_surrogates,
)
from kzd.text.tape import (
    ALIAS,
    DOUBLE,
    END,
    FLOW_END,
    FLOW_MAPPING,
    FLOW_SEQUENCE,
    FOLDED,
    LITERAL,
    MAPPING,
    PLAIN,
    SEQUENCE,
    SINGLE,
    Tape,
)

MAXIMUM_LEVELS = 1_000
MAXIMUM_EXPANDED = 1_000_000

_STYLES = {None: PLAIN, "": PLAIN, "'": SINGLE, '"': DOUBLE, "|": LITERAL, ">": FOLDED}
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_CORE = "tag:yaml.org,2002:"


class Composer:
    """
    Puts events onto a tape and values into the data.

    Aliases share their value; what expanding them would cost is counted, so that nobody who
    walks the data later walks for ever.
    """

    def __init__(self, text: str, *, is_pure: bool) -> None:
        self.tape = Tape(text)
        self._is_pure = is_pure
        self._open: list[Frame] = []
        self._frame: Frame | None = None
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._anchored: dict[str, list[int]] = {}
        self._shared = 0

    def run(self, events: Iterable[Any]) -> Tape:
        """The tape of all events."""
        does = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._start,
            SequenceStartEvent: self._start,
            MappingEndEvent: self._end,
            SequenceEndEvent: self._end,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        tape = self.tape
        kinds, starts, ends, jumps = tape.kinds, tape.starts, tape.ends, tape.jumps
        for event in events:
            of = event.__class__
            # Nearly all are scalars, neither empty nor marked nor odd: here is their short way.
            if of is ScalarEvent and not event.anchor and not self._is_pure:
                frame, value, kind = self._frame, event.value, _STYLES[event.style]
                start, end = event.start_mark.index, event.end_mark.index
                is_plain = kind == PLAIN
                if frame is not None and start != end and event.tag is None:
                    key = frame.key
                    if frame.is_mapping and key is NOTHING:
                        if is_plain and value in plain_keys and value not in frame.data:
                            jumps.append(len(kinds))
                            kinds.append(kind)
                            starts.append(start)
                            ends.append(end)
                            frame.key = plain_keys[value]
                            continue
                    elif key is not MERGE:
                        jumps.append(len(kinds))
                        kinds.append(kind)
                        starts.append(start)
                        ends.append(end)
                        if is_plain:
                            value = scalars[value] if value in scalars else cached_scalar(value)
                        if frame.is_mapping:
                            frame.data[key] = value
                            frame.key = NOTHING
                        else:
                            frame.data.append(value)
                        continue
            do = does.get(of)
            if do is not None:
                do(event)
        return tape

    def _document(self, event: Any) -> None:
        self.tape.documents += 1
        self._anchors.clear()

    def _mark(self, node: int, event: Any) -> None:
        self.tape.marked.add(node)
        if event.tag:
            self.tape.shared.add(node)
        self._anchored.setdefault(event.anchor, []).append(node)

    def _note(self, kind: int, start: int, end: int) -> int:
        tape = self.tape
        node = len(tape.kinds)
        tape.kinds.append(kind)
        tape.starts.append(start)
        tape.ends.append(end)
        tape.jumps.append(node)
        return node

    def _scalar(self, event: Any) -> None:
        kind = _STYLES[event.style]
        start, end = event.start_mark.index, event.end_mark.index
        value = event.value
        if self._is_pure and kind == DOUBLE:
            value = without_surrogates(value)
        frame = self._frame
        if start == end and frame is not None:
            mark = ":" if frame.is_mapping else "-"
            start = end = self.tape.empty_place(start, mark, is_flow=frame.is_flow)
        node = self._note(kind, start, end)
        is_key = frame is not None and frame.is_mapping and frame.key is NOTHING
        is_bare = kind == PLAIN
        if event.anchor or event.tag:
            self._mark(node, event)
            if event.tag:
                is_bare = event.tag.startswith(_CORE) and event.tag not in _TEXT_TAGS
        if is_key:
            self._take_key(value, node, is_bare=is_bare)
        elif is_bare:
            value = scalars[value] if value in scalars else cached_scalar(value)
            self._take(value)
        else:
            self._take(value)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1, 0)

    def _take_key(self, value: str, node: int, *, is_bare: bool) -> None:
        frame = self._frame
        assert frame is not None
        spelled = value
        if is_bare:
            if value == "<<":
                frame.key = MERGE
                self.tape.merging.add(frame.node)
                return
            key = plain_keys[value] if value in plain_keys else cached_key(value)
            if key is None:
                raise Unreadable("has null for a key", self.tape.starts[node])
            value = key
        if not is_bare or value != spelled:
            self._note_key(node, value)
        if value in frame.data and (frame.own is None or value in frame.own):
            self.tape.doubled.setdefault(frame.node, []).append(node)
        if frame.own is not None:
            frame.own.add(value)
        frame.key = value

    def _note_key(self, node: int, value: str) -> None:
        tape = self.tape
        raw = tape.text[tape.starts[node] : tape.ends[node]]
        if value != (raw[1:-1] if tape.kinds[node] in (SINGLE, DOUBLE) else raw):
            tape.odd_keys[node] = value

    def _take(self, value: Any) -> None:
        frame = self._frame
        if frame is None:
            if self.tape.documents == 1:
                self.tape.data = value
        elif not frame.is_mapping:
            frame.data.append(value)
        elif frame.key is MERGE:
            if not frame.merge(value):
                raise Unreadable("merges what is no mapping", self.tape.starts[frame.node])
        else:
            frame.data[frame.key] = value
            frame.key = NOTHING

    def _start(self, event: Any) -> None:
        start, is_flow = event.start_mark.index, event.flow_style
        frame = self._frame
        if frame is not None and frame.is_mapping and frame.key is NOTHING:
            raise Unreadable("has a collection for a key", start)
        if len(self._open) >= MAXIMUM_LEVELS:
            raise Unreadable(f"must not be deeper than {MAXIMUM_LEVELS} levels", start)
        data: Any
        if event.__class__ is MappingStartEvent:
            kind, data = FLOW_MAPPING if is_flow else MAPPING, {}
        else:
            kind, data = FLOW_SEQUENCE if is_flow else SEQUENCE, []
        node = self._note(kind, start, start)
        if event.anchor or event.tag:
            self._mark(node, event)
        self._frame = Frame(node, data, event.anchor, node + self._shared, is_flow)
        self._open.append(self._frame)

    def _end(self, event: Any) -> None:
        tape, frame = self.tape, self._open.pop()
        end = event.end_mark.index
        tape.jumps[frame.node] = self._note(FLOW_END if frame.is_flow else END, end, end)
        tape.ends[frame.node] = end
        self._frame = above = self._open[-1] if self._open else None
        if frame.anchor:
            cost = len(tape.kinds) + self._shared - frame.expanded
            self._anchors[frame.anchor] = (frame.data, cost, frame.height)
        if above is None or above.key is MERGE:
            self._take(frame.data)
            return
        if above.height <= frame.height:
            above.height = frame.height + 1
        if above.is_mapping:
            above.data[above.key] = frame.data
            above.key = NOTHING
        else:
            above.data.append(frame.data)

    def _alias(self, event: Any) -> None:
        start = event.start_mark.index
        node = self._note(ALIAS, start, event.end_mark.index)
        if event.anchor not in self._anchors:
            raise Unreadable("has no anchor of this alias before it", start)
        self.tape.shared.update(self._anchored[event.anchor])
        value, cost, height = self._anchors[event.anchor]
        self._shared += cost
        if self._shared > MAXIMUM_EXPANDED or len(self._open) + height > MAXIMUM_LEVELS:
            raise Unreadable(f"must not expand to over {MAXIMUM_EXPANDED} nodes", start)
        frame = self._frame
        if frame is not None and frame.height <= height:
            frame.height = height + 1
        if frame is not None and frame.is_mapping and frame.key is NOTHING:
            key = None if isinstance(value, dict | list) else key_of(value)
            if key is None:
                raise Unreadable("has an alias to what is no text for a key", start)
            self._take_key(key, node, is_bare=False)
        else:
            self._take(value)
