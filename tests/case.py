"""A case of a transform: a folder with an input, and what is expected of it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import FoldedScalarString

from kzd import pipeline, transforms
from kzd.__main__ import filter_arguments
from kzd.config.configuration import Config
from kzd.config.source import choose
from kzd.flow.bundle import Bundle, Source
from kzd.pipeline import Output
from kzd.transforms.order import ORDER

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "transforms"
MODULES = sorted(
    file.stem
    for file in (ROOT / "kzd" / "transforms").glob("*.py")
    if file.stem not in ("__init__", "order")
)
TODAY = "2026-11-28"
OPTIONS = {"only", "skip", "unsafe", "namespace"}


class Case(NamedTuple):
    """
    One folder of `tests/transforms/<module>/`.

    `input.yaml` is the input, `config.yaml` the configuration, and `arguments` holds what the
    command line would say, such as `--unsafe`.
    """

    folder: Path

    @property
    def id(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def transform(self) -> str:
        return self.folder.parent.name.replace("_", "-")

    @property
    def source(self) -> Source:
        return Source("input.yaml", (self.folder / "input.yaml").read_bytes())

    def config(self, bundle: Bundle) -> Config:
        file = self.folder / "config.yaml"
        named = Source("config.yaml", file.read_bytes()) if file.exists() else None
        return choose(bundle, transforms.load(), named=named)

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of the pipeline; the case's own transform runs alone."""
        assert self.folder.parent.name in ORDER, "run `python -m kzd.reference`"
        file = self.folder / "arguments"
        words = file.read_text().split() if file.exists() else []
        asked = filter_arguments(words)
        assert asked is not None, f"{file}: not understood"
        assert set(asked) <= OPTIONS, f"{file}: only {OPTIONS}"
        return {"only": (self.transform,)} | asked

    def run(self, data: bytes | None = None, **more: Any) -> Output:
        """What comes of the case, or of the same case with another text for its input."""
        source = self.source if data is None else Source("input.yaml", data)
        return pipeline.run([source], self.config, **{"today": TODAY, **self.options, **more})


def cases() -> list[Case]:
    """All cases, by module and name."""
    return [Case(file.parent) for file in sorted(CASES.glob("*/*/input.yaml"))]


def dumped(output: Output) -> str:
    """The results as YAML: what a host is told, and the line where people find it."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    results = []
    for result in output.results:
        answer = result.krm()
        answer["message"] = FoldedScalarString(result.message)
        if result.line:
            answer["file"] |= {"line": result.line, "column": result.column}
        results.append(answer)
    text = StringIO()
    yaml.dump(results, text)
    return text.getvalue()
