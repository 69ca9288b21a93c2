"""
Writes a stream as `helm template` of many charts would: `python generate.py BYTES [SHARE]`.

The same arguments always give the same bytes.  SHARE is the part of the text that belongs to
workloads; the rest is what charts carry along: CRDs, dashboards, roles.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from random import Random
from textwrap import dedent, indent

WORDS = (
    "accounts billing catalog checkout comments coupons currency delivery emails exports feeds "
    "gallery images imports inventory invoices ledger loyalty mailer orders payments pricing "
    "profiles quotas ratings refunds reports returns reviews routing search sessions shipping "
    "stock storefront subscriptions taxes tickets tracking vouchers warehouse webhooks wishlist"
).split()
SENTENCES = (
    "Names the field that decides how the object is reconciled once it has been accepted.",
    "Defaults to the value of the parent when it is left empty; an empty list means none.",
    "The controller retries with a growing delay and records every attempt in the status.",
    "May not be changed after creation, since other objects refer to it by this value.",
    "Holds the last observed state, as seen by the controller that owns the finalizer.",
)
WORKLOAD_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def text(template: str, **parts: str) -> str:
    """A template without its common indentation; a part that stands alone keeps its own lines."""
    lines = []
    for line in dedent(template).strip("\n").split("\n"):
        name = line.strip().strip("%")
        if line.strip() == f"%{name}%":
            depth = line[: len(line) - len(line.lstrip(" "))]
            lines += [indent(parts[name].rstrip("\n"), depth)] if parts[name] else []
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


class Chart:
    """One app with what belongs to it; `documents` are (template, text) in Helm's order."""

    def __init__(self, number: int, random: Random) -> None:
        self._random = random
        self._is_terse = False
        self.word = random.choice(WORDS)
        self.name = f"{self.word}-{number:05d}"
        self.namespace = f"team-{number % 12:02d}"
        self.port = random.choice((3000, 8000, 8080, 8443, 9000))
        self.has_budget = random.random() < 0.2
        self.is_exposed = random.random() < 0.3
        self.is_scaled = random.random() < 0.3
        self.kind = random.choices(WORKLOAD_KINDS, (88, 9, 3))[0]
        self.has_service = self.kind != "DaemonSet" and random.random() < 0.85
        self.replicas = random.choice((1, 2, 2, 3, 5))

    def documents(self) -> Iterator[tuple[str, str]]:
        """The templates of the chart, each with its name."""
        if self.has_budget:
            yield "pdb.yaml", self._budget()
        yield "serviceaccount.yaml", self._service_account()
        yield "configmap.yaml", self._config_map()
        if self._random.random() < 0.4:
            yield "rbac.yaml", self._role()
            yield "rbac.yaml", self._role_binding()
        if self.has_service:
            yield "service.yaml", self._service()
        yield f"{self.kind.lower()}.yaml", self._workload()
        if self.is_scaled and self.kind == "Deployment":
            yield "hpa.yaml", self._autoscaler()
        if self.is_exposed and self.has_service:
            yield "ingress.yaml", self._ingress()

    @classmethod
    def small(cls) -> Chart:
        """One app of about 2 KB: a Deployment of two replicas without probes, and its Service."""
        chart = cls(7, Random(1))
        chart.kind = "Deployment"
        chart.replicas = 2
        chart.has_service = chart._is_terse = True
        chart.is_scaled = False
        return chart

    def essentials(self) -> Iterator[tuple[str, str]]:
        """The Service and the workload."""
        yield "service.yaml", self._service()
        yield f"{self.kind.lower()}.yaml", self._workload()

    def _head(self, api_version: str, kind: str) -> str:
        head = text(f"""
            apiVersion: {api_version}
            kind: {kind}
            metadata:
              name: {self.name}
              namespace: {self.namespace}
              labels:
                app.kubernetes.io/name: {self.word}
                app.kubernetes.io/instance: {self.name}
        """)
        if self._is_terse:
            return head
        return f"{head}    helm.sh/chart: {self.word}-1.{len(self.name)}.0\n" + indent(
            text(f"""
                app.kubernetes.io/version: "1.{len(self.name)}.3"
                app.kubernetes.io/managed-by: Helm
            """),
            "    ",
        )

    def _budget(self) -> str:
        return self._head("policy/v1", "PodDisruptionBudget") + text(f"""
            spec:
              maxUnavailable: 1
              selector:
                matchLabels:
                  app.kubernetes.io/name: {self.word}
                  app.kubernetes.io/instance: {self.name}
        """)

    def _service_account(self) -> str:
        return self._head("v1", "ServiceAccount") + "automountServiceAccountToken: true\n"

    def _config_map(self) -> str:
        lines = [
            f"[{word}]\nendpoint = http://{word}.{self.namespace}.svc:80/  # see the runbook\n"
            f"timeout = {self._random.randint(1, 60)}s\nretries = {self._random.randint(0, 5)}\n"
            for word in self._random.sample(WORDS, self._random.randint(2, 8))
        ]
        literal = indent("\n".join(lines), "    ", lambda line: bool(line.strip()))
        return f"{self._head('v1', 'ConfigMap')}data:\n  LOG_LEVEL: info\n  app.ini: |\n{literal}"

    def _role(self) -> str:
        rules = "".join(
            text(f"""
                - apiGroups: ["", "apps"]
                  resources:
                    - {resource}
                  verbs: ["get", "list", "watch"]
            """)
            for resource in ("pods", "services", "endpoints", "deployments")
        )
        return f"{self._head('rbac.authorization.k8s.io/v1', 'Role')}rules:\n{indent(rules, '  ')}"

    def _role_binding(self) -> str:
        return self._head("rbac.authorization.k8s.io/v1", "RoleBinding") + text(f"""
            roleRef:
              apiGroup: rbac.authorization.k8s.io
              kind: Role
              name: {self.name}
            subjects:
              - kind: ServiceAccount
                name: {self.name}
                namespace: {self.namespace}
        """)

    def _service(self) -> str:
        return self._head("v1", "Service") + text(
            f"""
            spec:
              %address%
              ports:
                - port: 80
                  targetPort: http
                  protocol: TCP
                  name: http
              selector:
                app.kubernetes.io/name: {self.word}
                app.kubernetes.io/instance: {self.name}
            """,
            address="clusterIP: None" if self.kind == "StatefulSet" else "type: ClusterIP",
        )

    def _workload(self) -> str:
        replicas = "" if self.is_scaled else f"replicas: {self.replicas}"
        service = f"serviceName: {self.name}" if self.kind == "StatefulSet" else ""
        return self._head("apps/v1", self.kind) + text(
            f"""
            spec:
              %replicas%
              %service%
              selector:
                matchLabels:
                  app.kubernetes.io/name: {self.word}
                  app.kubernetes.io/instance: {self.name}
              template:
                metadata:
                  annotations:
                    checksum/config: {self._random.getrandbits(256):064x}
                  labels:
                    app.kubernetes.io/name: {self.word}
                    app.kubernetes.io/instance: {self.name}
                spec:
                  serviceAccountName: {self.name}
                  securityContext:
                    {{}}
                  %grace%
                  containers:
                    %containers%
                  volumes:
                    - name: config
                      configMap:
                        name: {self.name}
                  %placement%
            """,
            replicas="" if self.kind == "DaemonSet" else replicas,
            service=service,
            grace="terminationGracePeriodSeconds: 90" if self._random.random() < 0.2 else "",
            containers=self._container() + self._sidecar(),
            placement="" if self._is_terse else self._placement(),
        )

    def _sidecar(self) -> str:
        if self._random.random() < 0.85:
            return ""
        return text(f"""
            - name: log-shipper
              image: "registry.example.com/log-shipper:2.4"
              args:
                - --source=/var/log/{self.word}
                - --target=http://logs.{self.namespace}.svc:3100
              resources:
                limits: {{memory: 64Mi}}
        """)

    def _placement(self) -> str:
        return text(f"""
            nodeSelector:
              kubernetes.io/os: linux
            affinity:
              podAntiAffinity:
                preferredDuringSchedulingIgnoredDuringExecution:
                  - weight: 100
                    podAffinityTerm:
                      topologyKey: kubernetes.io/hostname
                      labelSelector:
                        matchLabels:
                          app.kubernetes.io/name: {self.word}
                          app.kubernetes.io/instance: {self.name}
            tolerations:
              - key: example.com/pool
                operator: Equal
                value: "{self.word}"
                effect: NoSchedule
        """)

    def _container(self) -> str:
        return text(
            f"""
            - name: {self.word}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true  # the cache lives in a volume
              image: "registry.example.com/{self.word}/{self.word}:1.{len(self.name)}.3"
              imagePullPolicy: IfNotPresent
              args: ["serve", "--config=/etc/{self.word}/app.ini"]
              env:
                %variables%
              ports:
                - name: http
                  containerPort: {self.port}
                  protocol: TCP
              %probes%
              resources:
                limits: {{memory: 512Mi}}
                requests:
                  cpu: {self._random.choice((50, 100, 250))}m
                  memory: 256Mi
              volumeMounts:
                - name: config
                  mountPath: /etc/{self.word}
                  readOnly: true
            """,
            variables=self._variables(),
            probes=self._probes(),
        )

    def _variables(self) -> str:
        return "".join(
            text(f"""
                - name: {word.upper()}_URL
                  value: "http://{word}.{self.namespace}.svc.cluster.local"
            """)
            for word in self._random.sample(
                WORDS, 1 if self._is_terse else self._random.randint(1, 14)
            )
        )

    def _probes(self) -> str:
        """Both or none, as in most charts: whoever thinks of one thinks of the other."""
        if self._random.random() < 0.4:
            return ""
        return text("""
            livenessProbe:
              httpGet:
                path: /livez
                port: http
            readinessProbe:
              httpGet:
                path: /readyz
                port: http
              periodSeconds: 5
        """)

    def _autoscaler(self) -> str:
        return self._head("autoscaling/v2", "HorizontalPodAutoscaler") + text(f"""
            spec:
              scaleTargetRef:
                apiVersion: apps/v1
                kind: Deployment
                name: {self.name}
              minReplicas: {self.replicas}
              maxReplicas: 10
              metrics:
                - type: Resource
                  resource:
                    name: cpu
                    target:
                      type: Utilization
                      averageUtilization: 80
        """)

    def _ingress(self) -> str:
        return self._head("networking.k8s.io/v1", "Ingress") + text(f"""
            spec:
              ingressClassName: public
              rules:
                - host: "{self.name}.example.com"
                  http:
                    paths:
                      - path: /
                        pathType: Prefix
                        backend:
                          service:
                            name: {self.name}
                            port:
                              number: 80
        """)


def custom_resource_definition(number: int, random: Random) -> str:
    """A CRD of a controller, with the long schema that they have."""
    word = random.choice(WORDS)
    fields = "".join(
        text(f"""
            {name}:
              description: |-
                {sentence}
                {random.choice(SENTENCES)}
              properties:
                mode:
                  default: Automatic
                  enum:
                  - Automatic
                  - Manual
                  type: string
                limit:
                  description: {random.choice(SENTENCES)}
                  format: int32
                  maximum: {random.randint(10, 1000)}
                  type: integer
              type: object
        """)
        for name in random.sample(WORDS, 30)
        for sentence in [random.choice(SENTENCES)]
    )
    return text(
        f"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: {word}{number}s.example.com
        spec:
          group: example.com
          names:
            kind: {word.capitalize()}{number}
            plural: {word}{number}s
          scope: Namespaced
          versions:
          - name: v1
            schema:
              openAPIV3Schema:
                properties:
                  spec:
                    properties:
                      %fields%
                    type: object
                type: object
            served: true
            storage: true
        """,
        fields=fields,
    )


def dashboard(number: int, random: Random) -> str:
    """A ConfigMap that carries a dashboard: a long literal that looks like anything but YAML."""
    panels = ",\n".join(
        f'    {{"id": {place}, "title": "{word}", "kind": "graph",\n'
        f'     "expr": "sum(rate(http_requests_total{{job=\\"{word}\\"}}[5m])) by (code)"}}'
        for place, word in enumerate(random.sample(WORDS, 40))
    )
    literal = indent(
        f'{{\n  "title": "Overview {number}",\n  "panels": [\n{panels}\n  ]\n}}', "    "
    )
    return (
        text(f"""
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: dashboard-{number}
          labels:
            grafana_dashboard: "1"
        data:
          overview.json: |
    """)
        + f"{literal}\n"
    )


def documents(size: int, share: float) -> Iterator[tuple[str, str]]:
    """(template, text) of about `size` bytes, of which workloads have `share`."""
    if size <= 4096:
        yield from ((f"shop/templates/{name}", body) for name, body in Chart.small().essentials())
        return
    random = Random(size)
    total = of_workloads = number = 0
    while total < size:
        number += 1
        chart = Chart(number, random)
        if of_workloads < share * total or not total:
            found = [(f"{chart.word}/templates/{name}", body) for name, body in chart.documents()]
        elif number % 3:
            found = [("operator/crds/crds.yaml", custom_resource_definition(number, random))]
        else:
            found = [("monitoring/templates/dashboards.yaml", dashboard(number, random))]
        for source, body in found:
            total += len(source) + len(body) + len("---\n# Source: \n")
            is_workload = any(f"\nkind: {kind}\n" in body for kind in WORKLOAD_KINDS)
            of_workloads += len(body) if is_workload else 0
            yield source, body


def as_stream(found: Iterator[tuple[str, str]]) -> Iterator[str]:
    """As `helm template` prints it."""
    for source, body in found:
        yield f"---\n# Source: {source}\n{body}"


def as_resource_list(found: Iterator[tuple[str, str]]) -> Iterator[str]:
    """As kustomize hands it to a function."""
    yield "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"
    for _, body in found:
        yield "- " + indent(body, "  ")[2:]


def main() -> None:
    """Print the stream."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int)
    parser.add_argument("share", type=float, nargs="?", default=0.5)
    parser.add_argument("--resource-list", action="store_true")
    arguments = parser.parse_args()
    form = as_resource_list if arguments.resource_list else as_stream
    for part in form(documents(arguments.size, arguments.share)):
        sys.stdout.write(part)


if __name__ == "__main__":
    main()
