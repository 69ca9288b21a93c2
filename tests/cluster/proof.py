"""
The proof of the product: requests that rolling updates lose, on real clusters, in one run.

    python -m tests.cluster.proof --directory proof

For each way that kube-proxy works a new cluster is started, its propagation is measured with kzd,
and three manifests are rolled again and again under a steady load of new connections: the plain
one, one with the 5 s that people copy, and the plain one as kzd renders it with what it measured.
Prints the table; the records, measurements, manifests and figures stay in the directory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from tests.cluster.lab import IMAGE, Lab, kzd

CONFIG = """\
apiVersion: kzd.dev/v1alpha1
kind: ZeroDowntime
metadata: {name: proof}
spec:
  propagation: {path: cluster-ip}     # only Pods and nodes call it
"""


class Row(NamedTuple):
    """
    One cluster: its name in the table, the options of `lab up`, and a window that is enough.

    Before kube-proxy knows a Service, a load on it loses requests that are no rollout's fault.  So
    kube-proxy has been idle for two sync periods of `sync_seconds` when a Service is made, and
    `settle_seconds`, before the first rollout and between two, outlast a period.  Each SYN that is
    lost poisons its source port for two minutes: so long lasts the load of `uncounted` rollouts.
    """

    name: str
    options: tuple[str, ...]
    window: str
    sync_seconds: int = 1
    settle_seconds: int = 3
    uncounted: int = 0


ROWS = (
    Row("iptables", ("--proxy", "iptables"), "8s"),
    Row("nftables", ("--proxy", "nftables"), "8s"),
    Row(
        "iptables, sync period 10 s", ("--proxy", "iptables", "--min-sync", "10s"), "20s", 10, 8, 10
    ),
)
GONE_SECONDS = 180

HEAD = """\
| kube-proxy | | preStop sleep | requests | failed | seconds a rollout |
|---|---|---:|---:|---:|---:|
"""


def main() -> None:
    """Measure, render, roll and count, row by row."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.proof")
    parser.add_argument("--directory", type=Path, required=True)
    numbers = range(1, len(ROWS) + 1)
    parser.add_argument(
        "--rows", nargs="+", type=int, choices=numbers, default=numbers, help="by number"
    )
    parser.add_argument("--measured", type=int, default=60, help="rolling updates of `kzd measure`")
    parser.add_argument("--rollouts", type=int, default=20, help="rolling updates of each manifest")
    parser.add_argument("--rate", type=float, default=300, help="requests a second")
    given = parser.parse_args()
    lab = Lab.found()
    if lab is None or lab.why_not:
        raise SystemExit(lab.why_not if lab else "KZD_SHARED names no folder with a lab")
    given.directory.mkdir(parents=True, exist_ok=True)
    table = HEAD
    try:
        for row in (ROWS[number - 1] for number in given.rows):
            table += "".join(_row(lab, row, given))
            print(table, flush=True)
    finally:
        lab.call("down")


def _row(lab: Lab, row: Row, given: Any) -> list[str]:
    folder = given.directory / "-".join(row.name.replace(",", "").split())
    folder.mkdir(exist_ok=True)
    lab.up(*row.options)
    measurement = _measured(lab, folder, row.window, given.measured)
    manifests = _manifests(lab, folder, measurement)
    figures = [_lost(lab, row, given, manifest) for manifest in manifests]
    (folder / "lost.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if not any(item["failed"] for item in figures[0]["rollouts"]):
        raise SystemExit(f"{row.name}: the plain manifest lost nothing, so the load proves nothing")
    return [
        _line(row, manifest, result) for manifest, result in zip(manifests, figures, strict=True)
    ]


def _lost(lab: Lab, row: Row, given: Any, manifest: Path) -> Any:
    """What rolling updates of a manifest lose, once kube-proxy is idle."""
    lab.call("kubectl", "wait", "namespace", "--for=delete", f"--timeout={GONE_SECONDS}s",
             "--selector", "kubernetes.io/metadata.name notin (default, kube-system, "
             "kube-public, kube-node-lease)")  # fmt: skip
    time.sleep(2 * row.sync_seconds)
    [result] = lab.figures(
        "prove", "--rollouts", str(row.uncounted + given.rollouts), "--rate", str(given.rate),
        "--settle", str(row.settle_seconds), str(manifest),
    )  # fmt: skip
    return result


def _measured(lab: Lab, folder: Path, window: str, rollouts: int) -> Path:
    """The measurement of a cluster, in a file; censored, and so refused, if the window is short."""
    records, measurement = folder / "records.jsonl", folder / "propagation.yaml"
    kzd(
        "measure", "--image", IMAGE, "--observers", "2", "--rate", "100", "--pause", "1s",
        "--window", window, "--singles", "3", "--rollouts", str(rollouts),
        kubeconfig=lab.kubeconfig, file=records,
    )  # fmt: skip
    kzd("measure", "summary", str(records), kubeconfig=lab.kubeconfig, file=measurement)
    page = folder / "timeline.html"
    kzd("measure", "timeline", str(records), kubeconfig=lab.kubeconfig, file=page)
    return measurement


def _manifests(lab: Lab, folder: Path, measurement: Path) -> list[Path]:
    """The manifests by column, each under the name that the lab shows."""
    plain, constant, ours = (folder / name for name in ("plain.yaml", "constant.yaml", "kzd.yaml"))
    shutil.copy(lab.web / "plain.yaml", plain)
    shutil.copy(lab.web / "fixed.yaml", constant)
    config = folder / "config.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    kzd(
        "render", "--config", str(config), "--measurement", str(measurement), str(plain),
        kubeconfig=lab.kubeconfig, file=ours,
    )  # fmt: skip
    return [plain, constant, ours]


def _line(row: Row, manifest: Path, result: Any) -> str:
    rollouts = result["rollouts"][row.uncounted :]
    sent, failed = (sum(item[name] for item in rollouts) for name in ("sent", "failed"))
    seconds = sum(item["seconds"] - row.settle_seconds for item in rollouts) / len(rollouts)
    cells = (
        row.name,
        manifest.stem,
        _sleep(manifest),
        f"{sent:,}",
        f"{failed:,}",
        f"{seconds:.1f}",
    )
    return f"| {' | '.join(cells)} |\n"


def _sleep(manifest: Path) -> str:
    """The preStop sleep of a manifest, as the table shows it."""
    deployment = next(
        item for item in YAML(typ="safe").load_all(manifest) if item["kind"] == "Deployment"
    )
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    hook = container.get("lifecycle", {}).get("preStop")
    return f"{hook['sleep']['seconds']} s" if hook else "none"


if __name__ == "__main__":
    sys.exit(main())
