"""From YAML text to a tape: the composer that puts events onto it and values into the data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kzd.parser import (
    HAS_C_PARSER,
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    Unreadable,
    YAMLError,
    fast_events,
    pure_events,
    unreadable,
)
from kzd.scalar import key_text, resolved
from kzd.tape import (
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
CACHED_CHARACTERS = 64
CACHED_SCALARS = 100_000

_STYLES = {None: PLAIN, "": PLAIN, "'": SINGLE, '"': DOUBLE, "|": LITERAL, ">": FOLDED}
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_CORE = "tag:yaml.org,2002:"
_BREAKS_ONLY_FOR_SOME = "\t\x85\u2028\u2029"


def compose(text: str) -> Tape:
    """The tape of a text without byte order mark; raises Unreadable."""
    if not HAS_C_PARSER:
        return _Composer(text, is_pure=True).run(pure_events(text))
    try:
        return _Composer(text, is_pure=False).run(fast_events(text))
    except YAMLError as error:
        if any(character in text for character in _BREAKS_ONLY_FOR_SOME):
            raise unreadable(error, text) from None
        try:
            return _Composer(text, is_pure=True).run(pure_events(text))
        except (YAMLError, Unreadable):
            raise unreadable(error, text) from None


_MERGE = object()
_NOTHING = object()
_scalars: dict[str, Any] = {}
_keys: dict[str, str | None] = {}


def _scalar(plain: str) -> Any:
    """The value of a plain scalar, one object for equal ones."""
    value = resolved(plain)
    if len(plain) <= CACHED_CHARACTERS and len(_scalars) < CACHED_SCALARS:
        _scalars[plain] = value
    return value


def _key(plain: str) -> str | None:
    value = key_text(plain)
    if len(plain) <= CACHED_CHARACTERS and len(_keys) < CACHED_SCALARS:
        _keys[plain] = value
    return value


class _Frame:
    """A collection that is still open."""

    __slots__ = ("anchor", "data", "expanded", "height", "is_mapping", "key", "merges", "node",
                 "seen")  # fmt: skip

    def __init__(self, node: int, data: Any, anchor: str | None, expanded: int) -> None:
        self.node = node
        self.data = data
        self.is_mapping = type(data) is dict
        self.anchor = anchor
        self.expanded = expanded
        self.height = 1
        self.key: Any = _NOTHING
        self.merges: list[Any] | None = None
        self.seen: set[str] | None = None


class _Composer:
    """
    Puts events onto a tape and values into the data.

    Aliases share their value; what expanding them would cost is counted, so that nobody who
    walks the data later walks for ever.
    """

    def __init__(self, text: str, *, is_pure: bool) -> None:
        self.tape = Tape(text)
        self._is_pure = is_pure
        self._open: list[_Frame] = []
        self._frame: _Frame | None = None
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._expanded = 0
        self._shared = 0

    def run(self, events: Iterable[Any]) -> Tape:
        """The tape of all events."""
        does = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._mapping,
            SequenceStartEvent: self._sequence,
            MappingEndEvent: self._end,
            SequenceEndEvent: self._end,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        for event in events:
            do = does.get(event.__class__)
            if do is not None:
                do(event)
        return self.tape

    def _document(self, event: Any) -> None:
        self.tape.documents += 1
        self._anchors.clear()

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
        if self._is_pure and start == end:
            start = end = self._empty_place(start)
        node = self._note(kind, start, end)
        self._expanded += 1
        frame = self._frame
        is_key = frame is not None and frame.is_mapping and frame.key is _NOTHING
        is_bare = kind == PLAIN
        if event.anchor or event.tag:
            self.tape.marked.add(node)
            if event.tag:
                is_bare = event.tag.startswith(_CORE) and event.tag not in _TEXT_TAGS
        if is_key:
            self._take_key(value, node, is_bare=is_bare)
        elif is_bare:
            value = _scalars[value] if value in _scalars else _scalar(value)
            self._take(value)
        else:
            self._take(value)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1, 0)

    def _empty_place(self, next_token: int) -> int:
        """Where nothing stands, which the pure parser tells too late: after its colon or dash."""
        tape = self.tape
        if not tape.ends:
            return 0
        last = tape.ends[-1] if tape.kinds[-1] not in (MAPPING, SEQUENCE) else tape.starts[-1]
        frame = self._frame
        is_value = frame is not None and frame.is_mapping and frame.key is not _NOTHING
        place = tape.text.find(":" if is_value else "-", last, next_token)
        return place + 1 if place >= 0 else last

    def _take_key(self, value: str, node: int, *, is_bare: bool) -> None:
        frame = self._frame
        assert frame is not None
        spelled = value
        if is_bare:
            if value == "<<":
                frame.key = _MERGE
                self.tape.merging.add(frame.node)
                return
            key = _keys[value] if value in _keys else _key(value)
            if key is None:
                raise Unreadable("has null for a key", self.tape.starts[node], is_key=True)
            value = key
        if not is_bare or value != spelled:
            self._note_key(node, value)
        if value in frame.data and (frame.seen is None or value in frame.seen):
            self.tape.doubled.setdefault(frame.node, []).append(node)
        if frame.seen is not None:
            frame.seen.add(value)
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
        elif frame.key is _MERGE:
            self._merge(frame, value)
            frame.key = _NOTHING
        else:
            frame.data[frame.key] = value
            frame.key = _NOTHING

    def _merge(self, frame: _Frame, value: Any) -> None:
        """Lay the merged mappings below the mapping's own entries, the first of them on top."""
        merged: dict[str, Any] = {}
        for source in reversed(value if isinstance(value, list) else [value]):
            if not isinstance(source, dict):
                raise Unreadable("merges what is no mapping", self.tape.starts[frame.node])
            merged |= source
        own = frame.data if frame.seen is None else {key: frame.data[key] for key in frame.seen}
        frame.seen = set(own)
        merged |= own
        frame.data.clear()
        frame.data.update(merged)

    def _mapping(self, event: Any) -> None:
        self._start(event, FLOW_MAPPING if event.flow_style else MAPPING, {})

    def _sequence(self, event: Any) -> None:
        self._start(event, FLOW_SEQUENCE if event.flow_style else SEQUENCE, [])

    def _start(self, event: Any, kind: int, data: Any) -> None:
        start = event.start_mark.index
        frame = self._frame
        if frame is not None and frame.is_mapping and frame.key is _NOTHING:
            raise Unreadable("has a collection for a key", start, is_key=True)
        if len(self._open) >= MAXIMUM_LEVELS:
            raise Unreadable(f"must not be deeper than {MAXIMUM_LEVELS} levels", start)
        node = self._note(kind, start, start)
        if event.anchor or event.tag:
            self.tape.marked.add(node)
        self._frame = _Frame(node, data, event.anchor, self._expanded)
        self._open.append(self._frame)
        self._expanded += 1

    def _end(self, event: Any) -> None:
        tape, frame = self.tape, self._open.pop()
        is_flow = tape.kinds[frame.node] in (FLOW_MAPPING, FLOW_SEQUENCE)
        end = event.end_mark.index
        tape.jumps[frame.node] = self._note(FLOW_END if is_flow else END, end, end)
        tape.ends[frame.node] = end
        self._frame = above = self._open[-1] if self._open else None
        if above is not None and above.height <= frame.height:
            above.height = frame.height + 1
        if frame.anchor:
            cost = self._expanded - frame.expanded
            self._anchors[frame.anchor] = (frame.data, cost, frame.height)
        self._take(frame.data)

    def _alias(self, event: Any) -> None:
        start = event.start_mark.index
        node = self._note(ALIAS, start, event.end_mark.index)
        if event.anchor not in self._anchors:
            raise Unreadable(f"has no anchor '{event.anchor}' before this alias", start)
        value, cost, height = self._anchors[event.anchor]
        self._expanded += cost
        self._shared += cost
        if self._shared > MAXIMUM_EXPANDED or len(self._open) + height > MAXIMUM_LEVELS:
            raise Unreadable(f"must not expand to over {MAXIMUM_EXPANDED} nodes", start)
        frame = self._frame
        if frame is not None and frame.height <= height:
            frame.height = height + 1
        if frame is not None and frame.is_mapping and frame.key is _NOTHING:
            if not isinstance(value, str):
                raise Unreadable("has an alias for a key", start, is_key=True)
            self._take_key(value, node, is_bare=False)
        else:
            self._take(value)
