"""
Let long tasks end undisturbed, in a Deployment for each version.

Work that takes longer than any sane grace period must not be stopped by a rollout.  A Deployment
that opts in (`kzd.dev/long-task: "true"`, `match`, an override) gets a hash of its pod template
behind its name, and selects its own Pods only.  A new version is a new Deployment: the Pods of
the old one go on until they are done, and `kzd retire` deletes it then.  Autoscalers, disruption
budgets, spread and affinity terms follow; Services, PodMonitors and NetworkPolicies keep the labels
that all versions have.  Annotations keep Helm, Argo CD and Flux from pruning what an old version
needs; `kubectl apply --prune` knows none.

The hash, 10 characters behind a letter that says how it is made, is of the template after all other
rules, less nulls and `kubectl.kubernetes.io/restartedAt`.  Any other change makes a new version.

The first step: a Deployment that runs already keeps its name, as do its autoscaler and its budget;
delete it by hand once its tasks are done, and the autoscaler before it.  Helm, and whatever prunes,
would delete it at once, with its tasks: give it the same annotations in the cluster before.
Autoscalers must never scale a version in, nor manifests say `replicas` beside one.

Left alone: all that did not opt in; StatefulSets, DaemonSets, Jobs, and what keeps versions already
(Argo Rollouts, Temporal, Knative, StackSet, ScaledJob, a `workloadRef`); `Recreate`; claims that
versions can't share; ports of the node; overlapping selectors; what kustomize changes after kzd.
That is an error, and no manifests come out, where its own annotation opts in: under its old name it
would be an ordinary rollout.  Where only the configuration does, it is a warning.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
"""

from __future__ import annotations

from collections.abc import Iterator

from kzd.cluster.cluster_view import ClusterView
from kzd.cluster.naming import CONFIG_NAMES, DESCRIBED, KEDA_HPA, POD_TERMS, TARGETS
from kzd.cluster.resource import Resource
from kzd.cluster.role import opts_in
from kzd.edit import Create, Edit, Finding, Together
from kzd.transform import POD_TEMPLATE_KINDS, OptionSet, option, transform

OTHERS = (
    "Job CronJob ReplicaSet ReplicationController ScaledJob WorkerDeployment "
    "TemporalWorkerDeployment StackSet Service"
).split()
FOLLOWING = ("PodDisruptionBudget", *TARGETS)
MARKS = "metadata.name metadata.labels{} metadata.annotations{}".split()
REFERENCES = (
    "PodDisruptionBudget: spec.selector.matchLabels{}",
    "Service: spec.selector{}",
    *(f"{kind}: {place}.name" for kind, (_, place) in TARGETS.items()),
    f"HorizontalPodAutoscaler: {DESCRIBED}.name",
    f"ScaledObject: {KEDA_HPA}",
)
OWN = "selector.matchLabels{} template.metadata.labels{} template.metadata.annotations{}".split()
OF_POD = [f"{term}.labelSelector.matchLabels{{}}" for term in POD_TERMS]
OF_POD += [name for _, name in CONFIG_NAMES]

PATH = (r"(:[A-Za-z0-9-]+)?/[\x21-\x7e]*", "a path, with or without a port, such as `:8080/idle`")
ANNOTATION = ("[A-Za-z0-9._/-]+=.*", "an annotation and its value, such as `example.com/tasks=0`")
DURATION = (r"true|([0-9]+(\.[0-9]+)?(h|m|s))+", "`true` or a time such as `4h`")


class Options(OptionSet):
    """Who is a long task, and what its versions share."""

    enabled: bool | None = option(  # type: ignore[assignment]  # unset is a value of its own
        None, "Whether it is a long task; unset, where `match` fits."
    )
    match: list[str] = option((), "Names of Deployments, as globs, that opt in.")
    service: str = option(
        "all", "Which versions a Service selects: with `all` old ones get requests too and stay "
        "reachable; with `current` the new one gets all at once, ready or not.",
        choices=("all", "current"),
    )  # fmt: skip
    config: str = option(
        "keep", "Whether a version gets copies of its ConfigMaps and Secrets, or a finding.",
        choices=("keep", "report"),
    )  # fmt: skip
    instance: str | None = option(
        None, "The owner, as a label; unset, that of `app.kubernetes.io/instance`, else the name."
    )
    task_seconds: int | None = option(
        None, "Seconds to end in when its Pod must go all the same.", minimum=1, maximum=86400
    )
    safe_to_evict: str | None = option(
        None, "With `false` the cluster autoscaler spares its node.", choices=("true", "false")
    )
    do_not_disrupt: str | None = option(
        None, "With `true`, or for a time (`4h`), Karpenter spares its node.", form=DURATION
    )
    idle_query: str | None = option(None, "A Prometheus query that is 0 when a version is idle.")
    idle_path: str | None = option(
        None, "Where an idle Pod answers 204, or 200 and `idle`: `:port/path`.", form=PATH
    )
    idle_annotation: str | None = option(
        None, "The annotation of an idle Pod, `key=value`.", form=ANNOTATION
    )
    idle_readiness: str | None = option(
        None, "The readiness of an idle Pod.", choices=("ready", "not-ready")
    )


@transform(
    kinds=(*POD_TEMPLATE_KINDS, *OTHERS),
    after="readiness-probe startup-probe rolling-update termination-grace-period".split(),
    writes=(
        *(f"{kind}: {mark}" for kind in ("Deployment", *FOLLOWING) for mark in MARKS),
        *(f"Deployment: spec.{field}" for field in OWN),
        *(f"Deployment: spec.template.spec.{field}" for field in OF_POD),
        *REFERENCES,
    ),
    creates=("ConfigMap", "Secret"),
    left_alone=True,
)
def long_task(
    workload: Resource, options: Options, cluster: ClusterView
) -> Iterator[Edit | Create | Finding | Together]:
    """Make a Deployment that opted in one of its version."""
    if opts_in(workload, options):
        from kzd.versions.version import decisions  # only where one is: it costs start-up

        yield from decisions(workload, options, cluster)
