"""
Find scrape jobs that lose a Pod as soon as it is deleted.

With `role: endpoints` Prometheus drops a Pod when it leaves the Endpoints object, at the start of
its termination: what it does while it drains is never seen, and a long drain looks like a gap.
`role: endpointslice` keeps terminating Pods, with their conditions as labels; `role: pod` keeps
them until the object is gone.  Change the role rather than shorten the drain.

Left alone: jobs with other roles; jobs that keep only the API server's own endpoints, which are
no Pods.
Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.resource import Resource
from kzd.edit import Finding, path
from kzd.transform import OptionSet, transform
from kzd.value import mapping, text

DATA = path("data")
DISCOVERY = "kubernetes_sd_configs"
API_SERVER = "default;kubernetes;https"
SHOWN_JOBS = 3

_COMMENT = r"(?m)^[ \t]*#.*$|[ \t]#.*$"
_PART = r"""(?m)^\w+:|\bjob_name["']?\s*:\s*["']?(?P<job>[\w./-]+)"""
_LOST = r"""\brole["']?\s*:\s*["']?endpoints\b(?!-)["']?"""


class Options(OptionSet):
    """Nothing but the switch."""


@transform(kinds=["ConfigMap"])
def prometheus_role(
    config_map: Resource, options: Options, cluster: ClusterView
) -> Iterator[Finding]:
    """Report the scrape jobs of a ConfigMap that lose terminating Pods."""
    for key, value in mapping(config_map.get(DATA)).items():
        jobs = list(dict.fromkeys(_losing_jobs(text(value) or "")))
        if jobs:
            yield Finding(
                (*DATA, key),
                f"{_named(jobs)} `role: endpoints`, which loses a Pod at its deletion, while it "
                "still drains; `endpointslice` and `pod` keep it until it is gone, with other "
                "`__meta_kubernetes_` labels; the former needs the right to read EndpointSlices",
            )


def _losing_jobs(config: str) -> Iterator[str]:
    """The names of the jobs; other parts of the file, such as `alerting`, end one too."""
    config = re.sub(_COMMENT, "", config)
    parts = list(re.finditer(_PART, config))
    starts = [part.start() for part in parts]
    for part, end in zip(parts, [*starts, len(config)][1:], strict=True):
        text_of_job = config[part.end() : end]
        _, _, rest = text_of_job.partition(DISCOVERY)
        if part["job"] and re.search(_LOST, rest) and API_SERVER not in rest:
            yield part["job"]


def _named(jobs: list[str]) -> str:
    shown = ", ".join(f"'{job}'" for job in jobs[:SHOWN_JOBS])
    more = f" and {len(jobs) - SHOWN_JOBS} more" if len(jobs) > SHOWN_JOBS else ""
    return f"scrape job {shown}{more} has" if len(jobs) == 1 else f"scrape jobs {shown}{more} have"
