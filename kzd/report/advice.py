"""Advice for people and for programs, under the facts that it was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kzd import __version__
from kzd.advice.facts import Facts
from kzd.advice.said import Advice
from kzd.report.explain import INDENT, filled

NOTHING = "nothing is known of the cluster, so this is for all"


def report(facts: Sequence[Facts], advice: Sequence[Advice], *, width: int) -> str:
    """The facts, then each piece of advice with what it rests on; empty lines between."""
    known = [line for item in facts for line in filled(_known(item), width, "")]
    parts = [known, *(list(_advice(item, width)) for item in advice)]
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts)


def _advice(item: Advice, width: int) -> Iterator[str]:
    yield f"{item.kind}: {item.subject}"
    yield from filled(item.text, width, INDENT)
    yield from filled(f"because {item.because}", width, INDENT * 3)
    yield from filled(f"from: {item.source}", width, INDENT * 3)


def _known(facts: Facts) -> str:
    parts = [
        facts.kernel and f"kernel {facts.kernel.release}",
        facts.kube_proxy is not None and f"kube-proxy 1.{facts.kube_proxy}",
        facts.mode and f"mode {facts.mode}",
        facts.services is not None and f"{facts.services:,} Services",
        facts.platform and f"platform {facts.platform}",
        facts.seconds is not None and f"{facts.seconds:g} s over {facts.path}",
        facts.reused_seconds is not None and f"{facts.reused_seconds:g} s with few ports",
        facts.single_seconds is not None and f"{facts.single_seconds:g} s in lone deletions",
    ]
    return ", ".join(part for part in parts if part) or NOTHING


def report_json(facts: Sequence[Facts], advice: Sequence[Advice]) -> str:
    """One JSON object."""
    answer = {
        "tool": f"kzd {__version__}",
        "facts": [_facts(item) for item in facts],
        "advice": [item._asdict() for item in advice],
    }
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "kernel": facts.kernel.release if facts.kernel else None,
        "kubeProxy": None if facts.kube_proxy is None else f"1.{facts.kube_proxy}",
        "kubeProxyMode": facts.mode,
        "services": facts.services,
        "platform": facts.platform or None,
        "path": facts.path or None,
        "seconds": facts.seconds,
        "reusedSeconds": facts.reused_seconds,
        "singleSeconds": facts.single_seconds,
    }
