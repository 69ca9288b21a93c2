"""Records the answers."""

from __future__ import annotations

import json

from tests.oracle import RECORDED, answers
from tests.test_engine_fuzz import TABLE


def main() -> None:
    found = zip(TABLE, answers([text.encode() for text in TABLE]), strict=True)
    lines = [f"{json.dumps(text)}: {json.dumps(answer)}" for text, answer in found]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
