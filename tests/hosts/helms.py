"""Helm 3 and Helm 4, a small chart for both, and stand-ins in the place of kzd."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from kzd.hosts.helm import PLUGINS
from tests.hosts.conftest import Done, Hosts
from tests.hosts.kustomizations import stand_in

STAND_IN = "post-renderer"


class Helm(NamedTuple):
    """A Helm by the name that it is installed under, and by the version that it is."""

    name: str
    version: int

    def run(self, hosts: Hosts, *arguments: str, by: str = "kzd", **more: str) -> Done:
        """Run it with a post-renderer, kzd unless named, or none."""
        if self.version > 3:
            more = {"HELM_PLUGINS": f"{PLUGINS}:{hosts.folder / 'plugins'}", **more}
        renderer = ["--post-renderer", by] if by else []
        return hosts.run(self.name, *arguments, *renderer, **more)

    def template(self, hosts: Hosts, *arguments: str, by: str = "kzd", **more: str) -> Done:
        """Render the chart, into a release named `eu`."""
        return self.run(hosts, "template", "eu", "chart", *arguments, by=by, **more)

    def stand_in(self, hosts: Hosts, script: str) -> str:
        """A post-renderer that is a line of shell; its name for `by`."""
        stand_in(hosts, STAND_IN, script)
        plugin = (Path(PLUGINS) / "kzd" / "plugin.yaml").read_text()
        text = re.sub(r"\bkzd$", STAND_IN, plugin, flags=re.MULTILINE)
        hosts.write(f"plugins/{STAND_IN}/plugin.yaml", text)
        return STAND_IN


HELM3, HELM4 = Helm("helm3", 3), Helm("helm4", 4)

CHART = "apiVersion: v2\nname: {}\nversion: 0.1.0\n"

WORKLOAD = """\
# Owners: the {name} team.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{{{ .Release.Name }}}}-{name}
  annotations:
    example.com/on-call: "yes"
spec:
  replicas: 3
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:
      - name: {name}
        image: registry.example.com/{name}:{{{{ .Values.tag | default "1.0" }}}}
        ports:
        - {{name: http, containerPort: 8080}}
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
        env:
        - name: BANNER
          value: |
            # no comment
            ---
            no separator
---
apiVersion: v1
kind: Service
metadata:
  name: {{{{ .Release.Name }}}}-{name}
spec:
  selector: {{app: {name}}}
  ports:
  - {{name: http, port: 80, targetPort: http}}
"""

HOOK = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-migrate
  annotations:
    "helm.sh/hook": pre-upgrade
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: migrate, image: "registry.example.com/web:1.0", args: [migrate]}
"""

HOOKED = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-proxy
  annotations: {"helm.sh/hook": post-install}
spec:
  replicas: 2
  selector: {matchLabels: {app: proxy}}
  template:
    metadata: {labels: {app: proxy}}
    spec:
      containers:
      - {name: proxy, image: "registry.example.com/proxy:1.0", ports: [{containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: proxy}
spec: {selector: {app: proxy}, ports: [{port: 80, targetPort: 8080}]}
"""

TEST = """\
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-answers
  annotations: {"helm.sh/hook": test}
spec:
  restartPolicy: Never
  containers:
  - {name: ask, image: "registry.example.com/ask:1.0"}
"""

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
    name: widgets.example.com   # indented by four on purpose
spec:
    group: example.com
    names: {kind: Widget, plural: widgets}
    scope: Namespaced
    versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object}}
"""

NOTES = "Installed {{ .Release.Name }}: read me.\n"

FILES = {
    "Chart.yaml": CHART.format("shop"),
    "crds/widgets.yaml": DEFINITION,
    "templates/NOTES.txt": NOTES,
    "templates/web.yaml": WORKLOAD.format(name="web"),
    "templates/migrate.yaml": HOOK,
    "templates/proxy.yaml": HOOKED,
    "templates/tests/answers.yaml": TEST,
    "charts/mail/Chart.yaml": CHART.format("mail"),
    "charts/mail/templates/mail.yaml": WORKLOAD.format(name="mail"),
}
"""An app with a hook, a test, a CRD, notes, and a subchart."""


SOURCES = {"web": "shop/templates/web.yaml", "mail": "shop/charts/mail/templates/mail.yaml"}
"""The templates of the two workloads that kzd changes."""

WRONG = WORKLOAD.format(name="mail").replace(
    "annotations:", "annotations:\n    kzd.dev/pre-stop-sleep.seconds: soon"
)
ERROR = (
    "shop/charts/mail/templates/mail.yaml: error: Deployment/eu-mail: metadata.annotations"
    "[kzd.dev/pre-stop-sleep.seconds]: must be a whole number from 1 to 3600, not 'soon'"
)
"""What kzd says where the subchart's template is the wrong one."""


def write_chart(hosts: Hosts, **changed: str) -> None:
    """Write the chart; `changed` are a template's names, without `.yaml`, and their texts."""
    for name, text in FILES.items():
        hosts.write(f"chart/{name}", text)
    for name, text in changed.items():
        hosts.write(f"chart/templates/{name}.yaml", text)


def documents(text: str) -> list[str]:
    """The texts of a stream's documents, without blanks around them."""
    found = (part.strip() for part in re.split(r"^---\n", text, flags=re.MULTILINE))
    return [part for part in found if part]


def named(text: str, *words: str) -> list[str]:
    """The documents that hold all words."""
    return [part for part in documents(text) if all(word in part for word in words)]


def write_subchart(hosts: Hosts, text: str) -> None:
    """Write the template of the subchart."""
    hosts.write("chart/charts/mail/templates/mail.yaml", text)
