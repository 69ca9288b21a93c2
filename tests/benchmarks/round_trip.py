"""A ruamel round trip of a stream: what a tool that loads and dumps has to pay at least."""

from __future__ import annotations

import sys

from ruamel.yaml import YAML

yaml = YAML()
yaml.preserve_quotes = True
yaml.dump_all(yaml.load_all(sys.stdin.buffer), sys.stdout.buffer)
