"""Objects as the API shows them, read without trusting what is in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from kzd.cluster.naming import TARGETS
from kzd.cluster.selection import label_selector_matches
from kzd.value import integer, mapping, sequence, text

Object = dict[str, Any]

RESOURCES = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "ScaledObject": "/apis/keda.sh/v1alpha1/namespaces/{}/scaledobjects",
    "VerticalPodAutoscaler": "/apis/autoscaling.k8s.io/v1/namespaces/{}/verticalpodautoscalers",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Service": "/api/v1/namespaces/{}/services",
    "Pod": "/api/v1/namespaces/{}/pods",
}
"""The path of each kind's collection in a namespace."""

AUTOSCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
DEPENDENTS = ("VerticalPodAutoscaler", "PodDisruptionBudget")
CONFIGS = ("ConfigMap", "Secret")
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


class Item(NamedTuple):
    """One object of a kind above; `data` is the API's."""

    kind: str
    data: Object

    @property
    def metadata(self) -> Object:
        """Its metadata, empty where there is none."""
        return mapping(self.data.get("metadata"))

    @property
    def spec(self) -> Object:
        """Its spec, empty where there is none."""
        return mapping(self.data.get("spec"))

    @property
    def status(self) -> Object:
        """Its status, empty where there is none."""
        return mapping(self.data.get("status"))

    @property
    def name(self) -> str:
        """Its name."""
        return text(self.metadata.get("name")) or ""

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return text(self.metadata.get("namespace")) or ""

    @property
    def uid(self) -> str:
        """What tells it from others of the same name, before and after it."""
        return text(self.metadata.get("uid")) or ""

    @property
    def resource_version(self) -> str:
        """Changes with every change of it."""
        return text(self.metadata.get("resourceVersion")) or ""

    @property
    def labels(self) -> Object:
        """Its labels."""
        return mapping(self.metadata.get("labels"))

    @property
    def annotations(self) -> Object:
        """Its annotations."""
        return mapping(self.metadata.get("annotations"))

    @property
    def created(self) -> datetime | None:
        """When it was made, by the clock of the API; None where it does not say."""
        return moment(self.metadata.get("creationTimestamp"))

    @property
    def is_ending(self) -> bool:
        """Whether it has been deleted, and is still there."""
        return bool(self.metadata.get("deletionTimestamp"))

    @property
    def controller(self) -> Object:
        """The reference to the controller that owns it, empty where none does."""
        owners = map(mapping, sequence(self.metadata.get("ownerReferences")))
        return next((owner for owner in owners if owner.get("controller") is True), {})

    def condition(self, name: str) -> Object:
        """A condition of its status, empty without one."""
        conditions = map(mapping, sequence(self.status.get("conditions")))
        return next((item for item in conditions if item.get("type") == name), {})

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"{RESOURCES[self.kind].format(self.namespace)}/{self.name}"

    @property
    def template(self) -> Object:
        """The pod template of a Deployment."""
        return mapping(self.spec.get("template"))

    @property
    def pod_labels(self) -> Object:
        """The labels of a Deployment's Pods."""
        return mapping(mapping(self.template.get("metadata")).get("labels"))

    @property
    def is_observed(self) -> bool:
        """Whether a Deployment's status is of what it asks for now."""
        return bool(self.status.get("observedGeneration") == self.metadata.get("generation"))

    @property
    def replicas(self) -> int:
        """The replicas that a Deployment asks for; 1 where unset."""
        value = integer(self.spec.get("replicas"))
        return 1 if value is None else value

    def selects(self, labels: Object) -> bool:
        """Whether a Deployment's or a budget's selector selects labels."""
        return label_selector_matches(self.spec.get("selector"), labels)

    @property
    def target(self) -> str:
        """The name of the Deployment that an autoscaler is for, empty where it is for none."""
        _, place = TARGETS.get(self.kind, ("", ""))
        found = mapping(self.spec.get(place.removeprefix("spec.")))
        is_deployment = (found.get("kind") or "Deployment") == "Deployment"  # KEDA's default
        return (text(found.get("name")) or "") if is_deployment else ""

    def scales(self, deployment: Item) -> bool:
        """Whether an autoscaler is for a Deployment."""
        return bool(self.target) and self.target == deployment.name

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def moment(value: Any) -> datetime | None:
    """A time as the API writes it, None for anything else."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
