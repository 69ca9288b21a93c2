"""One run as the command line asks for it: its configuration, and the pipeline."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import NamedTuple

from kzd import pipeline, transforms
from kzd.config.configuration import Config
from kzd.config.source import choose
from kzd.edit import Severity
from kzd.errors import ConfigError
from kzd.flow.bundle import Bundle, Held, Source
from kzd.option_value import unknown
from kzd.pipeline import Output
from kzd.transforms.order import ORDER

NEARBY = "kzd.yaml"
VARIABLE = "KZD_CONFIG"
NAMES = tuple(module.replace("_", "-") for module in ORDER)


class Request(NamedTuple):
    """What the command line asks for; `is_colored` answers for the stream that is reported on."""

    config: str | None = None
    measurement: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    unsafe: bool = False
    kubernetes_version: str | None = None
    min_kubelet: str | None = None
    namespace: str | None = None
    fail_on: Severity = "error"
    format: str = "text"
    quiet: bool = False
    is_colored: bool = False


class Run(NamedTuple):
    """
    What came of it, the configuration documents that are not in the stream, and those that stay
    because they are items of a list.
    """

    output: Output
    left_out: tuple[str, ...]
    left_in: tuple[str, ...]


def run(
    sources: Sequence[Source], request: Request, *, is_check: bool = False, is_stream: bool = False
) -> Run:
    """
    Run the pipeline over all sources; raises a KzdError.

    In a check every document of a known kind is validated.  Out of a stream, which goes to a
    cluster, kzd's own documents are left.
    """
    for option in ("only", "skip"):
        for name in getattr(request, option):
            if name not in NAMES:
                raise ConfigError(f"'{name}' {unknown(name, NAMES)}", field=f"--{option}")

    def configuration(bundle: Bundle) -> Config:
        chosen = choose(
            bundle,
            transforms.load(),
            named=_named(request.config),
            nearby=_nearby,
            measured=[_opened(name, "--measurement") for name in request.measurement],
        )
        return chosen.with_versions(request.kubernetes_version, request.min_kubelet)

    output = pipeline.run(
        sources,
        configuration,
        today=time.strftime("%Y-%m-%d", time.gmtime()),
        only=request.only,
        skip=request.skip,
        unsafe=request.unsafe,
        checks_everything=is_check,
        namespace=request.namespace,
        drops_configuration=is_stream,
    )
    found = output.configurations if is_stream else []
    alone = [held for held in found if not held.file.is_resource_list]
    return Run(
        output,
        left_out=tuple(_named_so(held) for held in alone if not held.prefix),
        left_in=tuple(_named_so(held) for held in alone if held.prefix),
    )


def _named_so(held: Held) -> str:
    return f"{held.resource.kind}/{held.resource.name}"


def _named(option: str | None) -> Source | None:
    name = (os.environ.get(VARIABLE) or None) if option is None else option
    if name is None:
        return None
    return _opened(name, "--config", "" if option is not None else f" (named by {VARIABLE})")


def _opened(name: str, option: str, said: str = "") -> Source:
    try:
        with open(name, "rb") as file:
            return Source(name, file.read())
    except OSError as error:
        message = f"can't be read: {error.strerror}{said}"
        raise ConfigError(message, file=name or option) from error


def _nearby() -> Source | None:
    try:
        with open(NEARBY, "rb") as file:
            return Source(NEARBY, file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", file=NEARBY) from error
