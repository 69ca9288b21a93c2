"""The sections of the configuration that belong to no single transform."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from kzd.transform import OptionSet, Section, option

DATA_STORES: dict[str, tuple[int, ...]] = {
    "postgres": (5432,),
    "postgresql": (5432,),
    "mysql": (3306,),
    "mariadb": (3306,),
    "percona": (3306,),
    "mongo": (27017,),
    "mongodb": (27017,),
    "redis": (6379,),
    "valkey": (6379,),
    "memcached": (11211,),
    "cassandra": (9042, 7000),
    "elasticsearch": (9200, 9300),
    "opensearch": (9200, 9300),
    "etcd": (2379, 2380),
    "zookeeper": (2181,),
    "kafka": (9092,),
    "rabbitmq": (5672,),
    "nats": (4222,),
    "influxdb": (8086,),
    "clickhouse": (8123, 9000),
    "minio": (9000,),
}
"""The known data stores by their image's name, with the ports that their documentation gives."""

PATHS = (
    "cluster-ip", "node-port", "ingress", "mesh", "headless", "node-local",
    "aws-alb-ip", "azure-agic", "aws-nlb", "gke-neg",
)  # fmt: skip


class KubernetesSection(Section):
    """The versions that the output must fit."""

    version: str | None = option(
        None, "The API server's version, such as 1.34; unset, the newest that kzd knows."
    )
    min_kubelet: str | None = option(
        None, "The version of the oldest kubelet; unset, the API server's."
    )


class PropagationSection(Section):
    """How long the news of a Pod's end travels."""

    path: str | None = option(
        None, "The path that requests take, in place of the detected ones.", choices=PATHS
    )
    seconds: float | None = option(
        None, "Seconds until the last new connection can arrive.", minimum=0, maximum=3600
    )
    margin_seconds: float | None = option(
        None,
        "Seconds added to what is configured or measured; unset, the larger of 1, the "
        "measurement's resolution and a quarter.",
        minimum=0,
        maximum=3600,
    )
    alarm_seconds: float = option(
        60, "Above it, on a path inside the cluster, kzd says to look for the cause.", minimum=1
    )
    max_age_days: int = option(180, "The age in days up to which a measurement is used.", minimum=1)
    documents: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"measurements": "PropagationMeasurements, whole; in `spec` only, not in overrides."}
    )


class PlatformSection(Section):
    """What the platform allows."""

    max_grace_seconds: int | None = option(
        None, "The longest grace period that the platform honours.", minimum=1
    )


class RolesSection(Section):
    """What tells the roles of workloads apart."""

    data_stores: list[str] = option(
        tuple(DATA_STORES), "Image names of data stores that can't take over from one another."
    )


class Settings(NamedTuple):
    """
    The sections as they apply to one resource, and the options of all transforms by name.

    `serving` is None where nothing says so.
    """

    propagation: PropagationSection
    platform: PlatformSection
    roles: RolesSection
    serving: bool | None = None
    options: Mapping[str, OptionSet] = MappingProxyType({})


SECTIONS: dict[str, type[Section]] = {
    "kubernetes": KubernetesSection,
    "propagation": PropagationSection,
    "platform": PlatformSection,
    "roles": RolesSection,
}

BELONGS_TO = {"propagation": {"seconds": "path"}}
"""Options that are about another one's value: where that changes, they are unsaid."""
