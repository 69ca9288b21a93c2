"""Edits as they come out in the text: what a careful person would have typed, and nothing else."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import FrameType
from typing import Any, NamedTuple

import pytest

from kzd.errors import SelfCheckFailed
from kzd.text.document import read
from kzd.text.guard import guard
from kzd.text.resource_list import with_items_emptied, with_results
from kzd.text.splice import Change, Insert, insert_refusal, splice
from tests.engine import Wish, edited, joined, only_document, refused, try_edits

SLEEP = ("lifecycle.preStop.sleep.seconds", 15)
HOOK = {"preStop": {"sleep": {"seconds": 15}}}


LOOK_ALIKES = [
    "1e3",
    "08",
    "0o17",
    "y",
    "NO",
    "~",
    "",
    "12:30",
    "=",
    "<<",
    "a: b",
    "# c",
    "é",
    "a\nb",
]


class Edited(NamedTuple):
    text: str
    wishes: tuple[Wish, ...]
    expected: str


LONG = "".join(f"  k{number}: 10\n" for number in range(10))

EDITED = {
    # Structure
    "an indentless list stays indentless": Edited(
        "args:\n- a\nspec:\n  b: 1\n",
        (("spec.list", ["x", {"k": "v"}]),),
        "args:\n- a\nspec:\n  b: 1\n  list:\n  - x\n  - k: v\n",
    ),
    "an indented list stays indented": Edited(
        "args:\n  - a\nspec:\n  b: 1\n",
        (("spec.list", ["x", {"k": "v", "l": "w"}]),),
        "args:\n  - a\nspec:\n  b: 1\n  list:\n    - x\n    - k: v\n      l: w\n",
    ),
    "of two list styles the nearer one counts": Edited(
        "a:\n- x\nb:\n  c:\n    - y\n",
        (("b.d", [{"k": 1}]), ("e", [{"k": 1}])),
        "a:\n- x\nb:\n  c:\n    - y\n  d:\n    - k: 1\ne:\n- k: 1\n",
    ),
    "steps of four": Edited(
        "a:\n    b: 1\n",
        (("a.c.d", 5),),
        "a:\n    b: 1\n    c:\n        d: 5\n",
    ),
    "steps of one": Edited("a:\n b:\n  c: 1\n", (("a.d.e", 5),), "a:\n b:\n  c: 1\n d:\n  e: 5\n"),
    "steps of thirteen": Edited(
        "a:\n             b: 1\n",
        (("a.c.d", 5),),
        "a:\n             b: 1\n             c:\n                          d: 5\n",
    ),
    "two steps in one document": Edited(
        "a:\n    b: 1\nc:\n  d:\n    e: 1\n",
        (("a.f.g", 1), ("c.d.f", {"g": 1})),
        "a:\n    b: 1\n    f:\n        g: 1\nc:\n  d:\n    e: 1\n    f:\n      g: 1\n",
    ),
    "a wide dash": Edited(
        "c:\n-   env:\n    - x\n",
        (("c[0]." + SLEEP[0], 15),),
        "c:\n-   env:\n    - x\n    lifecycle:\n      preStop:\n        sleep:\n"
        "          seconds: 15\n",
    ),
    "the first key is another than name": Edited(
        "c:\n- env: []\n  name: web\n- image: x\n",
        (("c[0]." + SLEEP[0], 15), ("c[1].name", "b")),
        "c:\n- env: []\n  name: web\n  lifecycle:\n    preStop:\n      sleep:\n"
        "        seconds: 15\n- image: x\n  name: b\n",
    ),
    "a comment behind the dash": Edited(
        "c:\n- # why\n  name: x\n# end\n",
        (("c[0].tty", True),),
        "c:\n- # why\n  name: x\n  tty: true\n# end\n",
    ),
    "a document that is indented as a whole": Edited(
        "  a:\n    b: 1\n",
        (("a.c", 1), ("d.e", 2)),
        "  a:\n    b: 1\n    c: 1\n  d:\n    e: 2\n",
    ),
    "edits of the inner mapping come before those of the outer": Edited(
        "a:\n  b:\n    c: 1\n",
        (("d", 4), ("a.e", 3), ("a.b.f", 2)),
        "a:\n  b:\n    c: 1\n    f: 2\n  e: 3\nd: 4\n",
    ),
    "edits of one new mapping are nested into each other": Edited(
        "a: 1\n",
        (("b.c.d", 1), ("b.e", 2), ("b.c.f", 3)),
        "a: 1\nb:\n  c:\n    d: 1\n    f: 3\n  e: 2\n",
    ),
    # Empty values
    "no value": Edited("s:\nt: 1\n", (("s.m.k", 0),), "s:\n  m:\n    k: 0\nt: 1\n"),
    "null": Edited("s: null\nt: 1\n", (("s.m", 0),), "s:\n  m: 0\nt: 1\n"),
    "a tilde": Edited("s: ~\nt: 1\n", (("s.m", 0),), "s:\n  m: 0\nt: 1\n"),
    "an empty mapping": Edited("s: {}\nt: 1\n", (("s.m", 0),), "s:\n  m: 0\nt: 1\n"),
    "an empty value's comment stays on the key's line": Edited(
        "s: {}  # later\nt: null # t\nu:  # u\n",
        (("s.m", 0), ("t.m", 0), ("u.m", 0)),
        "s:  # later\n  m: 0\nt: # t\n  m: 0\nu:  # u\n  m: 0\n",
    ),
    "a scalar in place of nothing": Edited(
        "s: # c\nt: ~ # d\nu: null\n",
        (("s", 1), ("t", "x"), ("u", "yes")),
        's: 1 # c\nt: x # d\nu: "yes"\n',
    ),
    "a list in place of nothing": Edited(
        "a:\n  - b\ns: [] # c\nt:\n",
        (("s", [{"k": 1}]), ("t", ["x"])),
        "a:\n  - b\ns: # c\n  - k: 1\nt:\n  - x\n",
    ),
    "an empty collection in place of nothing": Edited("s:\n", (("s", {}),), "s: {}\n"),
    "the last value of the text is empty": Edited(
        "a:\n  s:", (("a.s.m", 0), ("a.t", 1), ("b", 2)), "a:\n  s:\n    m: 0\n  t: 1\nb: 2"
    ),
    "a scalar at the very end, and a line behind it": Edited(
        "s:", (("s", 1), ("t", 2)), "s: 1\nt: 2"
    ),
    # Flow
    "a flow mapping": Edited(
        "r: {limits: {cpu: 1}}\n",
        (("r.limits.memory", "64"), ("r.requests.cpu", 1)),
        'r: {limits: {cpu: 1, memory: "64"}, requests: {cpu: 1}}\n',
    ),
    "blanks inside of the braces": Edited(
        "r: { a: 1 } # c\n", (("r.b", 2),), "r: { a: 1, b: 2 } # c\n"
    ),
    "a trailing comma": Edited(
        "r: {a: {b: 1,}, }\n", (("r.a.c", 2), ("r.d", 3)), "r: {a: {b: 1, c: 2,}, d: 3, }\n"
    ),
    "empty values in flow": Edited(
        "r: {a: , b: {}, c: null, d: ~, e: }\n",
        (("r.a", 1), ("r.b.x", 2), ("r.c.x", 3), ("r.d", [4]), ("r.e.x", 5), ("r.f", 6)),
        "r: {a: 1, b: {x: 2}, c: {x: 3}, d: [4], e: {x: 5}, f: 6}\n",
    ),
    "behind an empty value in flow": Edited("r: {a: }\n", (("r.b", 1),), "r: {a: , b: 1}\n"),
    "empty values that end their lines in flow": Edited(
        "r: {\n  a: ,\n  b:\n}\ns: {\n  a:\n}\n",
        (("r.c", 1), ("s.a.b", 2)),
        "r: {\n  a: ,\n  b: ,\n  c: 1\n}\ns: {\n  a: {\n    b: 2\n  }\n}\n",
    ),
    "a flow mapping over two lines": Edited(
        "r: {a: 1,\n    b: 2}\n", (("r.c.d", 3),), "r: {a: 1,\n    b: 2, c: {d: 3}}\n"
    ),
    "a flow mapping with a line for each entry": Edited(
        "r: {\n  a: 1, # c\n  b: 2 # d\n}\n",
        (("r.c", 3), ("r.d.e", 4)),
        "r: {\n  a: 1, # c\n  b: 2, # d\n  c: 3,\n  d: {\n    e: 4\n  }\n}\n",
    ),
    "lines, a trailing comma and a last comment": Edited(
        "r: {\n  a: 1,\n  b: 2, # d\n  # e\n}\n",
        (("r.c", 3),),
        "r: {\n  a: 1,\n  b: 2, # d\n  # e\n  c: 3,\n}\n",
    ),
    "minified JSON": Edited(
        '{"a":1,"b":{"c":{}}}\n',
        (("b.c.d", "yes"), ("b.e.f", ["x", {"y": "z"}]), ("g", 1)),
        '{"a":1,"b":{"c":{"d":"yes"},"e":{"f":["x",{"y":"z"}]}},"g":1}\n',
    ),
    "JSON on one line": Edited(
        '{"a": {"b": 1}}', (("a.c.d", "x"),), '{"a": {"b": 1, "c": {"d": "x"}}}'
    ),
    "pretty JSON": Edited(
        '{\n  "a": {\n    "b": null,\n    "c": 1\n  }\n}\n',
        (("a.b", "x"), ("a.d.e", [1, {"f": True}])),
        '{\n  "a": {\n    "b": "x",\n    "c": 1,\n    "d": {\n      "e": [\n        1,\n        {\n'
        '          "f": true\n        }\n      ]\n    }\n  }\n}\n',
    ),
    "JSON indented by tabs": Edited(
        '{\n\t"a": {\n\t\t"b": {}\n\t}\n}',
        (("a.b.c", 1), ("a.d.e", 2)),
        '{\n\t"a": {\n\t\t"b": {\n\t\t\t"c": 1\n\t\t},\n\t\t"d": {\n\t\t\t"e": 2\n\t\t}\n\t}\n}',
    ),
    "JSON with CRLF": Edited(
        '{\r\n  "a": 1\r\n}\r\n',
        (("b.c", 1),),
        '{\r\n  "a": 1,\r\n  "b": {\r\n    "c": 1\r\n  }\r\n}\r\n',
    ),
    "JSON's own escapes": Edited(
        '{"a": "\\/\\ud83d\\ude00", "b": 1}',
        (("c", 1),),
        '{"a": "\\/\\ud83d\\ude00", "b": 1, "c": 1}',
    ),
    "colons in a flow list": Edited(
        "args: [--addr=:8080, http://web:80/]\nspec:\n  env:\nlast: {}\n",
        (("spec.env.a", 1), ("last.b", 2), ("new", 3)),
        "args: [--addr=:8080, http://web:80/]\nspec:\n  env:\n    a: 1\nlast:\n  b: 2\nnew: 3\n",
    ),
    # Keys
    "a quoted and a spaced key": Edited(
        "\"a\" :\n  b: 1\n'c': {}\nlimits : {}\n",
        (("a.d", 1), ("c.d", 2), ("limits.d", 3)),
        "\"a\" :\n  b: 1\n  d: 1\n'c':\n  d: 2\nlimits :\n  d: 3\n",
    ),
    "keys that are no strings": Edited(
        "8080: {}\nyes:\n  a: 1\n",
        ((("8080", "a"), 1), ("true.b", 2)),
        "8080:\n  a: 1\nyes:\n  a: 1\n  b: 2\n",
    ),
    "an escaped key": Edited('"\\u0061":\n  b: 1\n', (("a.c", 2),), '"\\u0061":\n  b: 1\n  c: 2\n'),
    "a key that some readers take for a boolean": Edited("a: 1\n", (("y", 2),), 'a: 1\n"y": 2\n'),
    "an explicit key elsewhere": Edited(
        "? a\n: 1\nb:\n  c: 1\n", (("b.d", 2),), "? a\n: 1\nb:\n  c: 1\n  d: 2\n"
    ),
    # Scalars and comments
    "a scalar's line keeps its comment": Edited(
        "replicas: 4 # kpt-set: ${n}\n", (("replicas", 5),), "replicas: 5 # kpt-set: ${n}\n"
    ),
    "a scalar in octal": Edited("a: 0755\n", (("a", 500),), "a: 500\n"),
    "a comment as deep as the mapping stays above": Edited(
        "c:\n- name: x\n\n  # - name: old\n\n# end\n",
        (("c[0].tty", True),),
        "c:\n- name: x\n\n  # - name: old\n  tty: true\n\n# end\n",
    ),
    "a shallower comment stays below": Edited(
        "a:\n  b:\n    c: 1\n  # about d\n  d: 1\n",
        (("a.b.e", 2),),
        "a:\n  b:\n    c: 1\n    e: 2\n  # about d\n  d: 1\n",
    ),
    "a comment behind the last entry": Edited("a: 1 # b\n", (("c", 1),), "a: 1 # b\nc: 1\n"),
    "blank lines stay between sections": Edited(
        "a:\n  b: 1\n\n\nc: 1\n", (("a.d", 2),), "a:\n  b: 1\n  d: 2\n\n\nc: 1\n"
    ),
    "a plain scalar of two lines": Edited(
        "a: x\n  y # c\nb: 1\n", (("a2", 1),), "a: x\n  y # c\nb: 1\na2: 1\n"
    ),
    "a nested scalar of two lines": Edited(
        "a:\n  b: x\n    y\nc: 1\n", (("a.d", 1),), "a:\n  b: x\n    y\n  d: 1\nc: 1\n"
    ),
    "a quoted scalar of three lines": Edited(
        "a: 'x\n\n  y' # c\n", (("b", 1),), "a: 'x\n\n  y' # c\nb: 1\n"
    ),
    "a literal text": Edited("a: |\n  x\n", (("b", 1),), "a: |\n  x\nb: 1\n"),
    "a literal text with what looks like YAML": Edited(
        "m:\n  run: |\n    cat <<EOF\n    ---\n    # no comment\n    kind: Job\n    EOF\n",
        (("m.b", 1),),
        "m:\n  run: |\n    cat <<EOF\n    ---\n    # no comment\n    kind: Job\n    EOF\n  b: 1\n",
    ),
    "blank lines behind a literal text": Edited(
        "a:\n  b: |\n    x\n\n\n# c\nd: 1\n",
        (("a.e", 1),),
        "a:\n  b: |\n    x\n  e: 1\n\n\n# c\nd: 1\n",
    ),
    "blank lines that a literal text keeps": Edited(
        "a:\n  b: |+\n    x\n\n\n# c\nd: 1\n",
        (("a.e", 1),),
        "a:\n  b: |+\n    x\n\n\n  e: 1\n# c\nd: 1\n",
    ),
    "blank lines with a stripped text": Edited(
        "a:\n  b: >-\n    x\n\nd: 1\n", (("a.e", 1),), "a:\n  b: >-\n    x\n  e: 1\n\nd: 1\n"
    ),
    "a blank line longer than the indent is content": Edited(
        "a:\n  b: >-\n    x\n      \n\nd: 1\n",
        (("a.e", 1),),
        "a:\n  b: >-\n    x\n      \n  e: 1\n\nd: 1\n",
    ),
    "a text with an indentation hint": Edited(
        "a: |2-\n    x\n  y\n\n", (("b", 1),), "a: |2-\n    x\n  y\nb: 1\n\n"
    ),
    "a kept text at the end": Edited("a: |+\n  x\n\n", (("b", 1),), "a: |+\n  x\n\nb: 1\n"),
    "a comment behind the header is no hint": Edited(
        "a:\n  b: | # +\n    x\n\nc: 1\n",
        (("a.d", 1),),
        "a:\n  b: | # +\n    x\n  d: 1\n\nc: 1\n",
    ),
    "a text, then a comment": Edited(
        "a:\n  b: |\n    x\n  # c\n", (("a.d", 1),), "a:\n  b: |\n    x\n  # c\n  d: 1\n"
    ),
    "an edit beside an anchor": Edited(
        "a: &x 1\nb:\n  c: *x\n", (("b.d", 2), ("e", 3)), "a: &x 1\nb:\n  c: *x\n  d: 2\ne: 3\n"
    ),
    "below anchors that no alias uses": Edited(
        "&a\nb: &b\n  c: &c\n  - &d\n    e: 1\n",
        (("b.c[0].f", 2), ("b.g", {"h": ["i"]}), ("j", 3)),
        "&a\nb: &b\n  c: &c\n  - &d\n    e: 1\n    f: 2\n  g:\n    h:\n    - i\nj: 3\n",
    ),
    "an anchored list is no example of a dash": Edited(
        "a: &x\n- b\nc: *x\n", (("d", ["e"]),), "a: &x\n- b\nc: *x\nd:\n- e\n"
    ),
    "an edit beside a merge": Edited(
        "a: &x {k: 1}\nb:\n  c:\n    <<: *x\n",
        (("b.d", 2),),
        "a: &x {k: 1}\nb:\n  c:\n    <<: *x\n  d: 2\n",
    ),
    "a mapping's own entry behind a merge": Edited(
        "a: &x {k: {l: 1}}\nb:\n  <<: *x\n  k:\n    m: 1\n",
        (("b.k.o", 2),),
        "a: &x {k: {l: 1}}\nb:\n  <<: *x\n  k:\n    m: 1\n    o: 2\n",
    ),
    "behind an anchored list with an empty item": Edited(
        "a:\n  b: &x\n    -\nc: 1\n", (("a.d", 2),), "a:\n  b: &x\n    -\n  d: 2\nc: 1\n"
    ),
    "an edit beside a tag": Edited(
        "a: !!str 1\nb: {}\n", (("b.c", 2),), "a: !!str 1\nb:\n  c: 2\n"
    ),
    "no-break spaces are letters": Edited(
        "a: \u00a0x\u00a0\n# \u00a0\nb: 1\n",
        (("c", 1),),
        "a: \u00a0x\u00a0\n# \u00a0\nb: 1\nc: 1\n",
    ),
    "letters beyond the first plane": Edited(
        "😀: é # ü\nb:\n  ö: 😀😀\n", (("b.c", "ß"),), '😀: é # ü\nb:\n  ö: 😀😀\n  c: "ß"\n'
    ),
    "odd line breaks inside of a scalar": Edited(
        'a: "x\u2028y"\nb:\n  c: 1\n',
        (("b.d", 2), ("e", 3)),
        'a: "x\u2028y"\nb:\n  c: 1\n  d: 2\ne: 3\n',
    ),
    "a tab behind a value": Edited("a: 1\t\nb:\t# c\n", (("b.d", 2),), "a: 1\t\nb:\t# c\n  d: 2\n"),
    # Streams and bytes
    "CRLF": Edited("a:\r\n  b: 1\r\n", (("a.c.d", 1),), "a:\r\n  b: 1\r\n  c:\r\n    d: 1\r\n"),
    "mixed line ends go by the neighbour": Edited(
        "a:\r\n  b: 1\r\nc:\n  d: 1\n",
        (("a.e", 1), ("c.e", 1)),
        "a:\r\n  b: 1\r\n  e: 1\r\nc:\n  d: 1\n  e: 1\n",
    ),
    "no final newline": Edited("a:\n  b: 1", (("a.c.d", 1),), "a:\n  b: 1\n  c:\n    d: 1"),
    "CRLF and no final newline": Edited("a:\r\n  b: 1", (("a.c", 1),), "a:\r\n  b: 1\r\n  c: 1"),
    "a byte order mark": Edited("\ufeffa: 1\n", (("b", 1),), "\ufeffa: 1\nb: 1\n"),
    "a later byte order mark": Edited(
        "# c\n---\n\ufeffkind: A\nb: 1\n", (("c", 1),), "# c\n---\n\ufeffkind: A\nb: 1\nc: 1\n"
    ),
    "a document's end mark": Edited("a: 1\n...\n", (("b", 1),), "a: 1\nb: 1\n...\n"),
    "a comment on the document's mark": Edited(
        "--- # c\na: 1\n", (("b", 1),), "--- # c\na: 1\nb: 1\n"
    ),
    "the next document's mark": Edited("a: 1\n---\n", (("b", 1),), "a: 1\nb: 1\n---\n"),
    # Values
    "values that some reader takes for something else": Edited(
        "a:\n  b: 1\n",
        (("a.v", LOOK_ALIKES),),
        'a:\n  b: 1\n  v:\n  - "1e3"\n  - "08"\n  - "0o17"\n  - "y"\n  - "NO"\n  - "~"\n  - ""\n'
        '  - "12:30"\n  - "="\n  - "<<"\n  - "a: b"\n  - "# c"\n  - "é"\n  - |-\n    a\n    b\n',
    ),
    "blanks inside of braces": Edited(
        "m: { a: 1, b: [ 2 ] }\n",
        (("m.v", {"c": {"d": 1}, "e": {}, "f": ["x"]}),),
        "m: { a: 1, b: [ 2 ], v: { c: { d: 1 }, e: {}, f: [x] } }\n",
    ),
    "a text of several lines": Edited(
        "a:\n  b: 1\n",
        (("a.v", {"c": ["sh", "-c", "if a; then\n  b\n\nfi\n"], "d": "x\ny"}),),
        'a:\n  b: 1\n  v:\n    c:\n    - sh\n    - "-c"\n    - |\n      if a; then\n        b\n\n'
        "      fi\n    d: |-\n      x\n      y\n",
    ),
    "a text of several lines with odd blanks": Edited(
        "a: 1\n",
        (("v", [" x\ny", "x \ny", "x\n\n", "x\ty\nz"]),),
        'a: 1\nv:\n- " x\\ny"\n- "x \\ny"\n- "x\\n\\n"\n- "x\\ty\\nz"\n',
    ),
    "a text of several lines at an end without a line end": Edited(
        "a: 1", (("v", "x\ny\n"),), 'a: 1\nv: "x\\ny\\n"'
    ),
    "before a last entry that is long": Edited(
        f"a: 1\nm:\n{LONG}", (("v", 2),), f"a: 1\nv: 2\nm:\n{LONG}"
    ),
    "before the comment of a last entry that is long": Edited(
        f"a: 1\n\n# about m\n# and more\nm:\n{LONG}",
        (("v", {"w": 2}),),
        f"a: 1\n\nv:\n  w: 2\n# about m\n# and more\nm:\n{LONG}",
    ),
    "before one that is long, behind a comment of what is above": Edited(
        f"a:\n  b: 1\n  # c\nm:\n{LONG}",
        (("v", 2), ("a.w", 3)),
        f"a:\n  b: 1\n  # c\n  w: 3\nv: 2\nm:\n{LONG}",
    ),
    "before one that is long, behind a text that ends like a comment": Edited(
        f"a: |\n  x\n  # y\nm:\n{LONG}", (("v", 2),), f"a: |\n  x\n  # y\nv: 2\nm:\n{LONG}"
    ),
    "after a long one that stands alone": Edited(f"m:\n{LONG}", (("v", 2),), f"m:\n{LONG}v: 2\n"),
    "after one that is a line short of long": Edited(
        f"a: 1\nm:\n{LONG[:-9]}", (("v", 2),), f"a: 1\nm:\n{LONG[:-9]}v: 2\n"
    ),
    "values that every reader takes for text": Edited(
        "a: 1\n",
        (("v", ["/ready", "http", "25%", "app.kubernetes.io/name", "a-b_c"]),),
        "a: 1\nv:\n- /ready\n- http\n- 25%\n- app.kubernetes.io/name\n- a-b_c\n",
    ),
}


@pytest.mark.parametrize("case", EDITED.values(), ids=EDITED)
def test_an_edit_is_what_a_person_would_type(case: Edited) -> None:
    assert edited(case.text, *case.wishes) == case.expected


ANCHORED = "an anchor or a tag, so an edit would mean more than it says"
UNUSED = "an anchor that no alias uses, which must be taken away for an edit"

REFUSED: dict[str, tuple[str, Wish, str]] = {
    "an anchored mapping": ("m: &l\n  a: 1\no: *l\n", ("m.b", 1), f"`m` has {ANCHORED}"),
    "below an anchor": ("m: &l\n  a:\n    b: 1\no: *l\n", ("m.a.c", 1), f"`m` has {ANCHORED}"),
    "an anchored empty value": ("m: &l {}\no: *l\n", ("m.b", 1), f"`m` has {ANCHORED}"),
    "an anchored scalar": ("a: &x 1\nb: *x\n", ("a", 2), f"`a` has {ANCHORED}"),
    "an alias": (
        "m: &l {a: 1}\no: *l\n",
        ("o.b", 1),
        "`o` is an alias, so its value stands elsewhere",
    ),
    "below an alias": (
        "m: &l {a: {b: 1}}\no: *l\n",
        ("o.a.c", 1),
        "`o` is an alias, so its value stands elsewhere",
    ),
    "a merged mapping": (
        "m: &l {a: 1}\no:\n  <<: *l\n  b: 1\n",
        ("o.c", 1),
        "`o` has a merge key, so its fields stand elsewhere too",
    ),
    "a field that a later merge overrides": (
        "m: &l {a: {b: 1}}\no:\n  a:\n    c: 1\n  <<: *l\n",
        ("o.a.d", 1),
        "`o` has a merge key, so its fields stand elsewhere too",
    ),
    "a merged field": (
        "m: &l {a: {b: 1}}\no:\n  <<: *l\n",
        ("o.a.c", 1),
        "`o` has a merge key, so its fields stand elsewhere too",
    ),
    "a tagged mapping": ("m: !!map\n  a: 1\n", ("m.b", 1), f"`m` has {ANCHORED}"),
    "a tagged scalar": ('a: !!int "30"\n', ("a", 40), f"`a` has {ANCHORED}"),
    "a custom tag": ("a: !custom {}\n", ("a.b", 40), f"`a` has {ANCHORED}"),
    "a mapping with a key twice": ("m:\n  a: 1\n  a: 2\n", ("m.b", 1), "`m` has a key twice"),
    "below a mapping with a key twice": (
        "m:\n  a: {}\n  a: {}\n",
        ("m.a.b", 1),
        "`m` has a key twice",
    ),
    "an item, named": (
        "c:\n- &c {a: 1}\n- *c\n",
        ("c[1].b", 1),
        "`c[1]` is an alias, so its value stands elsewhere",
    ),
    "a dotted key, named": (
        "annotations:\n  k.dev/x: &a {}\n",
        (("annotations", "k.dev/x", "b"), 1),
        f"`annotations[k.dev/x]` has {UNUSED}",
    ),
    "a scalar with an anchor of its own": ("a: &x 1\n", ("a", 2), f"`a` has {UNUSED}"),
    "the first of two anchors of one name": (
        "a: &x\n  b: 1\nc: &x\n  d: 1\ne: *x\n",
        ("a.e", 1),
        f"`a` has {ANCHORED}",
    ),
    "an explicit key": ("m:\n  ? a\n  : 1\n", ("m.b", 1), "`m` has an explicit key (`?`)"),
    "an empty value of an explicit key": (
        "m:\n  ? a\n",
        ("m.a", 1),
        "`m.a` has an explicit key (`?`)",
    ),
    "a scalar where a mapping belongs": ("m: x\n", ("m.b", 1), "`m` is not a mapping"),
    "a list where a mapping belongs": ("m: [x]\n", ("m.b", 1), "`m` is not a mapping"),
    "an empty list where a mapping belongs": ("m: []\n", ("m.b", 1), "`m` is not a mapping"),
    "a mapping where a list belongs": ("m: {}\n", (("m", 0), 1), "`m` is not a list"),
    "a mapping that is set": ("m: {a: 1}\n", ("m", 1), "`m` is set already"),
    "an empty value on the next line": (
        "m:\n  {}\n",
        ("m.a", 1),
        "`m` is not on the line of its key",
    ),
    "an empty value below a comment": (
        "m: # c\n  null\n",
        ("m.a", 1),
        "`m` is not on the line of its key",
    ),
    "an empty value over two lines": (
        "m: {\n  }\n",
        ("m.a", 1),
        "`m` is not on the line of its key",
    ),
    "a key without a colon": ("m: {a}\n", ("m.a", 1), "`m.a` has no colon"),
    "an empty item": ("m:\n-\n- x\n", (("m", 0, "a"), 1), "`m[0]` is an empty item"),
    "a text without a final newline": (
        "m:\n  a: |\n    x",
        ("m.b", 1),
        "`m` ends in a text without a line end, which a line after it would change",
    ),
    "a text with a blank tail": (
        "a: |\n  x\n   ",
        ("b", 1),
        "the document ends in a text without a line end, which a line after it would change",
    ),
    "a kept text with a blank tail": (
        "a: |+\n  x\n ",
        ("b", 1),
        "the document ends in a text without a line end, which a line after it would change",
    ),
    "only CR": (
        "a: 1\rb:\r  c: 1\r",
        ("b.d", 1),
        "`b` shares a line with a break that is no line feed",
    ),
    "a key behind an odd break": (
        "a:\u2028  b: 1\nc: 1\n",
        ("a.d", 1),
        "`a` shares a line with a break that is no line feed",
    ),
    "a mapping before an odd break": (
        "a:\n  b: 1\u0085c: 1\n",
        ("a.d", 1),
        "`a` shares a line with a break that is no line feed",
    ),
    "a document with a directive": (
        "%YAML 1.1\n",
        ("a", 1),
        "the document has a YAML directive, which Kubernetes refuses",
    ),
    "a document that goes on after its end": (
        "a: 1\n...\nb: 1\n",
        ("c", 1),
        "the document goes on after `...`, which Kubernetes drops silently",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_the_text_cant_take_is_refused_by_name(case: tuple[str, Wish, str]) -> None:
    text, wish, expected = case

    assert refused(text, wish) == [expected]


def test_what_is_refused_does_not_keep_the_rest_from_happening() -> None:
    document = only_document("m: &l {a: 1}\no: *l\np:\n  q: 1\n")

    changes, reasons = try_edits(document, [("m.b", 1), ("p.r", 2), ("o.b", 1)])

    assert reasons == [
        f"`m` has {ANCHORED}",
        "`o` is an alias, so its value stands elsewhere",
    ]
    assert splice(document, changes) == "m: &l {a: 1}\no: *l\np:\n  q: 1\n  r: 2\n"


def test_no_edits_are_the_same_text() -> None:
    for case in EDITED.values():
        document = only_document(case.text)

        assert joined(document, splice(document, [])) == case.text


def test_the_guard_refuses_a_text_that_means_something_else() -> None:
    document = only_document("a: 1\n")

    with pytest.raises(SelfCheckFailed, match="it would not mean what was meant"):
        splice(document, [Change(("b",), 1)])  # the data lacks it


def test_the_guard_refuses_a_text_that_is_no_yaml() -> None:
    document = only_document("a:\u2028  b: 1\nc: 1\n")  # refused, were it asked
    document.data["a"]["d"] = 2

    with pytest.raises(SelfCheckFailed, match="is not YAML"):
        splice(document, [Change(("a", "d"), 2)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("items: [{a: 1}, {k: new}]\nresults: [r]\n", None),
        ("items: [{a: 1}, {k: other}]\nresults: [r]\n", "new resource 1 is not where it belongs"),
        ("items: [{k: new}, {a: 1}]\nresults: [r]\n", "new resource 1 is not where it belongs"),
        ("items: [{a: 1}]\nresults: [r]\n", "new resource 1 is not where it belongs"),
        ("items: x\nresults: [r]\n", "new resource 1 is not where it belongs"),
        ("items: [{a: 1}, {k: new}]\nresults: [s]\n", "`results` would not be what was meant"),
        ("items: [{a: 1}, {k: new}]\n", "`results` would not be what was meant"),
        ("items: [{a: 2}, {k: new}]\nresults: [r]\n", "it would not mean what was meant"),
        ("items: [{a: 1}, {k: new}]\nb: 1\nresults: [r]\n", "it would not mean what was meant"),
        ("items: [", "it is not YAML"),
    ],
)
def test_what_the_guard_lets_through(text: str, message: str | None) -> None:
    document = only_document("items: [{a: 1}]\n")
    inserts = [Insert(("items", 0), {"k": "new"})]
    refuses = pytest.raises(SelfCheckFailed, match=message) if message else nullcontext()

    with refuses:
        guard(document, text, inserts, {"results": ["r"]})


# Created resources

BUDGET = {"kind": "B", "metadata": {"name": "b"}, "spec": {"list": ["x"]}}
BLOCK = "kind: B\nmetadata:\n  name: b\nspec:\n  list:\n  - x\n"


class Created(NamedTuple):
    text: str
    prefix: tuple[str | int, ...]
    expected: str
    comment: str = ""


CREATED = {
    "after a document": Created("kind: A\n", (), f"kind: A\n---\n{BLOCK}"),
    "in the document's style": Created(
        "kind: A\na:\n    b: 1\nc:\n  - d\n",
        (),
        "kind: A\na:\n    b: 1\nc:\n  - d\n---\nkind: B\nmetadata:\n    name: b\nspec:\n    list:\n"
        "      - x\n",
    ),
    "before the next document": Created(
        "kind: A\n---\nkind: C\n", (), f"kind: A\n---\n{BLOCK}---\nkind: C\n"
    ),
    "with a blank line before the next document, as there was": Created(
        "kind: A\n\n---\nkind: C\n", (), f"kind: A\n\n---\n{BLOCK}\n---\nkind: C\n"
    ),
    "after a document without a final newline": Created(
        "kind: A", (), "kind: A\n---\n" + BLOCK.removesuffix("\n")
    ),
    "after a document with CRLF": Created(
        "kind: A\r\n", (), "kind: A\r\n---\r\n" + BLOCK.replace("\n", "\r\n")
    ),
    "after a document's end mark": Created("kind: A\n...\n", (), f"kind: A\n...\n---\n{BLOCK}"),
    "with a comment": Created(
        "---\n# Source: x\nkind: A\n",
        (),
        f"---\n# Source: x\nkind: A\n---\n# Source: x\n{BLOCK}",
        "# Source: x",
    ),
    "in an indentless List": Created(
        "kind: List\nitems:\n- kind: A\n  a: 1\n- kind: C\n",
        ("items", 0),
        "kind: List\nitems:\n- kind: A\n  a: 1\n- kind: B\n  metadata:\n    name: b\n  spec:\n"
        "    list:\n    - x\n- kind: C\n",
    ),
    "in an indented List, as the last": Created(
        "kind: List\nitems:\n  - kind: A\n    a:\n      - x\n    # - old\n# end\n",
        ("items", 0),
        "kind: List\nitems:\n  - kind: A\n    a:\n      - x\n    # - old\n  - kind: B\n"
        "    metadata:\n      name: b\n    spec:\n      list:\n        - x\n# end\n",
    ),
    "in a List of wide dashes": Created(
        "items:\n-   kind: A\n    a: 1\nkind: List\n",
        ("items", 0),
        "items:\n-   kind: A\n    a: 1\n-   kind: B\n    metadata:\n      name: b\n    spec:\n"
        "      list:\n      - x\nkind: List\n",
    ),
    "in a ResourceList before its config": Created(
        "kind: ResourceList\nitems:\n- kind: A\nfunctionConfig:\n  a: 1\n",
        ("items", 0),
        "kind: ResourceList\nitems:\n- kind: A\n- kind: B\n  metadata:\n    name: b\n  spec:\n"
        "    list:\n    - x\nfunctionConfig:\n  a: 1\n",
    ),
    "in a List without a final newline": Created(
        "kind: List\nitems:\n- kind: A",
        ("items", 0),
        "kind: List\nitems:\n- kind: A\n- kind: B\n  metadata:\n    name: b\n  spec:\n    list:\n"
        "    - x",
    ),
    "in a List of a List": Created(
        "kind: List\nitems:\n- kind: List\n  items:\n  - kind: A\n- kind: C\n",
        ("items", 0, "items", 0),
        "kind: List\nitems:\n- kind: List\n  items:\n  - kind: A\n  - kind: B\n    metadata:\n"
        "      name: b\n    spec:\n      list:\n      - x\n- kind: C\n",
    ),
    "in a minified JSON List": Created(
        '{"kind":"List","items":[{"kind":"A"},{"kind":"C"}]}',
        ("items", 0),
        '{"kind":"List","items":[{"kind":"A"},{"kind":"B","metadata":{"name":"b"},"spec":{"list":["x"]}},'
        '{"kind":"C"}]}',
    ),
    "in a pretty JSON List": Created(
        '{\n  "items": [\n    {\n      "kind": "A"\n    }\n  ],\n  "kind": "List"\n}\n',
        ("items", 0),
        '{\n  "items": [\n    {\n      "kind": "A"\n    },\n    {\n      "kind": "B",\n'
        '      "metadata": {\n        "name": "b"\n      },\n      "spec": {\n        "list": [\n'
        '          "x"\n        ]\n      }\n    }\n  ],\n  "kind": "List"\n}\n',
    ),
    "in a flow List": Created(
        "kind: List\nitems: [{kind: A}]\n",
        ("items", 0),
        "kind: List\nitems: [{kind: A}, {kind: B, metadata: {name: b}, spec: {list: [x]}}]\n",
    ),
}


@pytest.mark.parametrize("case", CREATED.values(), ids=CREATED)
def test_a_new_resource_stands_behind_the_one_it_belongs_to(case: Created) -> None:
    document = only_document(case.text)

    assert insert_refusal(document, case.prefix) == ""
    text = splice(document, [], inserts=[Insert(case.prefix, BUDGET, case.comment)])
    assert joined(document, text) == case.expected


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        ('{"kind": "A"}\n', (), "it is JSON, which takes no second document"),
        (
            "kind: A\n...\nb: 1\n",
            (),
            "the document goes on after `...`, which Kubernetes drops silently",
        ),
        (
            "kind: List\nitems: &i\n- kind: A\n",
            ("items", 0),
            "the list has an anchor, which must be taken away for another item",
        ),
        (
            "kind: List\nitems: &i\n- kind: A\nalso: *i\n",
            ("items", 0),
            f"the list has {ANCHORED}",
        ),
        (
            "items:\n- kind: A\u2028- kind: C\n",
            ("items", 0),
            "it shares a line with a break that is no line feed",
        ),
        (
            "items:\n- kind: A\n  a: |\n    x",
            ("items", 0),
            "its last text has no line end, which a line after it would change",
        ),
        (
            "kind: A\na: |\n  x",
            (),
            "its last text has no line end, which a line after it would change",
        ),
        (
            "kind: A\na: |+\n  x\n ",
            (),
            "its last text has no line end, which a line after it would change",
        ),
    ],
)
def test_where_no_resource_can_be_added(
    text: str, prefix: tuple[str | int, ...], expected: str
) -> None:
    assert insert_refusal(only_document(text), prefix) == expected


def test_several_resources_and_edits_in_one_list() -> None:
    document = only_document("items:\n- kind: A\n  s: {}\n- kind: C\n  s:\nkind: List\n")
    document.data["items"][0]["s"]["x"] = 1
    document.data["items"][1]["s"] = {"x": 1}
    changes = [Change(("items", 0, "s", "x"), 1), Change(("items", 1, "s", "x"), 1)]
    inserts = [
        Insert(("items", 1), {"kind": "F"}),
        Insert(("items", 0), {"kind": "D"}),
        Insert(("items", 0), {"kind": "E"}),
    ]

    assert splice(document, changes, inserts=inserts) == (
        "items:\n- kind: A\n  s:\n    x: 1\n- kind: D\n- kind: E\n- kind: C\n  s:\n    x: 1\n"
        "- kind: F\nkind: List\n"
    )


# Envelopes

RESULTS: list[dict[str, Any]] = [{"message": "must be set", "field": {"path": "spec"}}]
LINES = 'results:\n- message: "must be set"\n  field:\n    path: spec\n'

ENVELOPES = {
    "added": ("kind: R\nitems:\n- a: 1\n", RESULTS, f"kind: R\nitems:\n- a: 1\n{LINES}"),
    "none to add": ("kind: R\nitems: []\n", [], "kind: R\nitems: []\n"),
    "replaced": (
        "kind: R\nresults:\n- message: old\n  # c\nitems: []\n",
        RESULTS,
        f"kind: R\n{LINES}items: []\n",
    ),
    "replaced at the end": (
        "items: []\nresults: [{message: old}]\n",
        RESULTS,
        f"items: []\n{LINES}",
    ),
    "replaced at the unterminated end": (
        "items: []\nresults:\n- message: old",
        RESULTS,
        "items: []\n" + LINES.removesuffix("\n"),
    ),
    "removed": ("kind: R\nresults:\n- message: old\nitems: []\n", [], "kind: R\nitems: []\n"),
    "removed at the end": (
        "items: []\nresults:\n- message: old\n# end\n",
        [],
        "items: []\n# end\n",
    ),
    "removed at the unterminated end": ("items: []\nresults: []", [], "items: []\n"),
    "removed where a text ends before": (
        "items:\n- a: |\n    x\nresults: []",
        [],
        "items:\n- a: |\n    x\n",
    ),
    "removed without a value": ("items: []\nresults:\nkind: R\n", [], "items: []\nkind: R\n"),
    "indented as a whole": (
        "  items: []\n  results: []\n",
        RESULTS,
        "  items: []\n" + "".join(f"  {line}\n" for line in LINES.splitlines()),
    ),
    "added with CRLF": (
        "kind: R\r\nitems: []\r\n",
        RESULTS,
        "kind: R\r\nitems: []\r\n" + LINES.replace("\n", "\r\n"),
    ),
    "added where the end is open": (
        "kind: R\nitems:\n- a: |\n    x",
        RESULTS,
        f"kind: R\n{LINES}items:\n- a: |\n    x",
    ),
    "added to JSON": (
        '{"kind":"R","items":[]}',
        RESULTS,
        '{"kind":"R","items":[],"results":[{"message":"must be set","field":{"path":"spec"}}]}',
    ),
    "replaced in JSON": (
        '{"results":[{"message":"old"}],"items":[]}',
        RESULTS,
        '{"results":[{"message":"must be set","field":{"path":"spec"}}],"items":[]}',
    ),
    "removed in JSON, first": ('{"results": [], "items": []}', [], '{"items": []}'),
    "removed in JSON, last": ('{"items": [], "results": []}', [], '{"items": []}'),
    "removed in pretty JSON": (
        '{\n  "items": [],\n  "results": [\n    {}\n  ],\n  "kind": "R"\n}\n',
        [],
        '{\n  "items": [],\n  "kind": "R"\n}\n',
    ),
}


@pytest.mark.parametrize("case", ENVELOPES.values(), ids=ENVELOPES)
def test_results(case: tuple[str, list[dict[str, Any]], str]) -> None:
    text, results, expected = case
    document = only_document(text)

    assert with_results(document, results) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "kind: R\nitems:\n- kind: A\n  # c\n- kind: C\nfunctionConfig: {}\n",
            f"kind: R\nitems: []\nfunctionConfig: {{}}\n{LINES}",
        ),
        ("items:\n- kind: A\nresults:\n- {}\nkind: R\n", f"items: []\n{LINES}kind: R\n"),
        (
            '{"items":[{"kind":"A"}],"kind":"R"}',
            '{"items":[],"kind":"R","results":[{"message":"must be set","field":{"path":"spec"}}]}',
        ),
        ("kind: R\n", f"kind: R\nitems: []\n{LINES}"),
    ],
)
def test_a_validator_answers_without_items(text: str, expected: str) -> None:
    assert with_items_emptied(only_document(text), RESULTS) == expected


def test_results_stand_behind_a_new_item() -> None:
    document = only_document("kind: R\nitems:\n- kind: A\n")

    text = splice(
        document, [], inserts=[Insert(("items", 0), {"kind": "B"})], replaced={"results": RESULTS}
    )
    assert text == f"kind: R\nitems:\n- kind: A\n- kind: B\n{LINES}"


def test_a_file_is_joined_from_its_documents() -> None:
    file = read("-", b"\xef\xbb\xbfa: 1\n---\n\xef\xbb\xbfb: 1\n---\nc: 1")

    assert file.joined({}) is file.data
    assert file.joined({1: "x\n"}) == b"\xef\xbb\xbfa: 1\n---\n\xef\xbb\xbfx\n---\nc: 1"


def test_twice_the_items_are_twice_the_work() -> None:
    """Calls are counted, since seconds depend on the machine."""
    few, many = (calls_for(count) for count in (150, 300))

    assert many < 2.1 * few


def calls_for(count: int) -> int:
    item = "- kind: A\n  spec: {}\n  x: {y: 1}\n"
    document = only_document("kind: List\nitems:\n" + item * count)
    document.parse()
    calls = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(counted)
    try:
        places = [("items", index) for index in range(count)]
        changes, _ = try_edits(document, [((*place, "spec", "z"), 1) for place in places])
        inserts = [Insert(place, {"kind": "B"}) for place in places]
        splice(document, changes, inserts=inserts)
        for place in places:
            document.position((*place, "x", "y"))
            document.original(place)
    finally:
        sys.setprofile(None)
    return calls
