"""The facts that advice rests on, read from what programs print and what a measurement says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from typing import Any, NamedTuple

from kzd.measurement import Measurement, margin_seconds
from kzd.option_value import Unfit, shown
from kzd.value import integer, mapping, sequence, words

MODES = ("iptables", "nftables", "ipvs", "ebpf")
"""How the nodes lead a Service's connections to Pods; `ebpf` where kube-proxy does not run."""

DRAIN_SECONDS = 30
"""What an app has after its sleep, as the API's own default gives it."""

_KERNEL = r"([0-9]{1,2})\.([0-9]{1,3})(?:\.([0-9]{1,3})(?:\.[0-9]{1,3})?)?(?![0-9.])\S*"
_VERSION = r"v?1\.([0-9]{1,2})(?:[.+-]\S*)?"

STABLE = {(4, 14): 257, (4, 19): 219, (5, 4): 163, (5, 10): 83, (5, 15): 6}
"""
Where stable kernels got commit c95c07836fa4 of Linux 5.16, `ipvs: Fix reuse connection if RS
weight is 0`.  Source: the review of each on stable@vger.kernel.org, 2021-11-29 and 2021-12-06.
"""

VENDORS = {
    r"\.el[0-9]": "`rpm -q --changelog kernel-core`",
    r"-default\b": "`rpm -q --changelog kernel-default`",
    r"^[0-9]+\.[0-9]+\.0-[0-9]": "`uname -v` on Debian, `cat /proc/version_signature` on Ubuntu",
}
"""Releases whose number hides the patch level, by what marks them, and what shows it."""

PLATFORMS = {
    "gke": r"-gke\b|-gcp\b|^gke-",
    "aws": r"-eks\b|-aws\b|\.amzn[0-9]|^aws-",
    "azure": r"-azure\b|\.azl[0-9]|^azure-",
}
"""What a version, a kernel or a path of a platform has in it."""


class Kernel(NamedTuple):
    """
    A kernel of Linux by its release, as `uname -r` prints it.

    `patch` is None where the number hides the patch level; `look` is what shows it then.
    """

    release: str
    series: tuple[int, int]
    patch: int | None = None
    look: str = ""

    @property
    def leads_away(self) -> bool | None:
        """Whether IPVS leads a reused port away from a Pod of weight 0 in mode 0; None: hidden."""
        if self.series >= (5, 16):
            return True
        if self.series not in STABLE and not self.look:
            return False
        return None if self.patch is None else self.patch >= STABLE[self.series]


class Facts(NamedTuple):
    """
    What is known of a cluster and of one path in it; None or empty for what is not.

    `kube_proxy` is the minor version of the oldest kube-proxy, `services` counts Services.
    `seconds` is the propagation in rolling updates, to `resolution_seconds`; `reused_seconds` the
    longest that an observer with few source ports saw, `single_seconds` the median of lone
    deletions.
    """

    kernel: Kernel | None = None
    kube_proxy: int | None = None
    mode: str | None = None
    services: int | None = None
    platform: str = ""
    path: str = ""
    seconds: float | None = None
    resolution_seconds: float = 0.0
    reused_seconds: float | None = None
    single_seconds: float | None = None

    def margin(self, seconds: float) -> float:
        """The margin that a sleep for so long a propagation has, which another may stay within."""
        return margin_seconds(seconds, self.resolution_seconds)


def kernel_of(release: str) -> Kernel:
    """
    The kernel of a release; raises Unfit.

    >>> kernel_of("5.10.225-213.878.amzn2.x86_64")[1:3], kernel_of("5.10.0-28-amd64")[1:3]
    (((5, 10), 225), ((5, 10), None))
    """
    found = re.fullmatch(_KERNEL, release.strip())
    if not found:
        example = "5.15.0-91-generic"
        raise Unfit(f"must be what `uname -r` prints, such as {example}, not {shown(release)}")
    look = next((what for mark, what in VENDORS.items() if re.search(mark, found[0])), "")
    patch = None if look else int(found[3] or 0)
    return Kernel(found[0], (int(found[1]), int(found[2])), patch, look)


def minor_of(version: str) -> int:
    """
    The minor version; raises Unfit.

    >>> minor_of("v1.34.2-gke.100")
    34
    """
    found = re.fullmatch(_VERSION, version.strip())
    if not found:
        raise Unfit(f"must be a version such as 1.34, not {shown(version)}")
    return int(found[1])


def platform_of(*marked: str) -> str:
    """The platform that versions, kernels or paths tell, empty where none does."""
    return next(
        (
            name
            for name, marks in PLATFORMS.items()
            if any(re.search(marks, text) for text in marked)
        ),
        "",
    )


def facts_of(measurement: Measurement) -> Facts:
    """What a measurement tells: of kernels and versions the oldest, of observers the slowest."""
    cluster = mapping(measurement.cluster)
    releases = words(cluster.get("kernels"))
    versions = [cluster.get("kubernetes"), *sequence(cluster.get("kubelets"))]
    kernels = [found for item in releases if (found := _read(kernel_of, item))]
    minors = [found for item in versions if (found := _read(minor_of, item))]
    mode = cluster.get("kubeProxyMode")
    seconds = measurement.bound_seconds
    return Facts(
        kernel=min(kernels, key=lambda item: (item.series, item.patch or 0), default=None),
        kube_proxy=min(minors, default=None),
        mode=mode if mode in MODES else None,
        services=integer(cluster.get("services")),
        platform=platform_of(measurement.path, *releases, *words(versions)),
        path=measurement.path,
        seconds=measurement.maximum_seconds if seconds is None else seconds,
        resolution_seconds=measurement.resolution_seconds,
        reused_seconds=max(_reused(measurement), default=None),
        single_seconds=_seconds(mapping(measurement.singles).get("medianSeconds")),
    )


def _reused(measurement: Measurement) -> Iterator[float]:
    """The longest that each observer with few source ports saw."""
    for observer in map(mapping, measurement.observers):
        longest = _seconds(observer.get("maximumSeconds"))
        if observer.get("ports") == "reused" and longest is not None:
            yield longest


def _seconds(value: Any) -> float | None:
    """Seconds out of plain data; None for what are none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < inf else None


def _read(reader: Any, value: Any) -> Any:
    """What a reader makes of plain data, None where it can't, as of the kernels of Windows."""
    try:
        return reader(value) if isinstance(value, str) else None
    except Unfit:
        return None
