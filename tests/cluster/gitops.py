"""
The prune guards in front of the real Argo CD and Flux: an old version stays, a decoy goes.

    python -m tests.cluster.gitops --argo-cd gitops-agent --flux kustomize-controller

`gitops-agent` is the program of Argo CD's own sync engine (`go build ./agent` in gitops-engine),
`kustomize-controller` Flux's (`go build .`).  Of `IgnoreExtraneous` only Argo CD's server knows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.cluster.argo_cd import argo_cd
from tests.cluster.conftest import Cluster
from tests.cluster.flux import flux
from tests.cluster.lab import IMAGE, Lab
from tests.cluster.programs import until
from tests.cluster.versions import ONLY, Space, assert_survived, space_of

Engine = Callable[[Space, str, Path], AbstractContextManager[Callable[[str], None]]]


def prove(cluster: Cluster, program: str, engine: Engine) -> set[str]:
    """Release version 1, then 2: all of the first is what it was, without the decoy; its names."""
    with tempfile.TemporaryDirectory() as name, space_of(cluster, Path(name)) as space:
        first, second = space.rendered("1"), space.rendered("2")
        with engine(space, program, Path(name)) as release:
            release(first)
            space.until_it_runs(first)
            before = space.there()
            release(second)
            space.until_it_runs(second)
            until(lambda: ONLY not in space.there())
            assert_survived(before, space.there())
    return set(before)


def main() -> None:
    """Prove it on the lab for the programs that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.gitops")
    parser.add_argument("--argo-cd", metavar="PROGRAM")
    parser.add_argument("--flux", metavar="PROGRAM")
    given = parser.parse_args()
    lab = Lab.found()
    if lab is None or lab.why_not:
        sys.exit(lab.why_not if lab else "KZD_SHARED names no folder with a lab")
    lab.up()
    try:
        for name, program, engine in (
            ("Argo CD", given.argo_cd, argo_cd),
            ("Flux", given.flux, flux),
        ):
            if program:
                kept = prove(Cluster(lab.kubeconfig, IMAGE), program, engine)
                print(f"{name}: pruned {ONLY}, kept {', '.join(sorted(kept))}")
    finally:
        lab.call("down")


if __name__ == "__main__":
    main()
