"""Small manifests that the tests of the command line share."""

from __future__ import annotations

ONLY = ("--only", "rolling-update")
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
  - port: 80
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: registry.example/web:1
"""
EDIT = """\
  strategy:
    rollingUpdate:
      maxUnavailable: 0
"""
WEB = f"{SERVICE}---\n{DEPLOYMENT}"
WEB_EDITED = WEB + EDIT
"""What `rolling-update` alone makes of it."""

WORKER = DEPLOYMENT.replace("web", "worker")
CONFIGURATION = """\
apiVersion: kzd.dev/v1alpha1
kind: ZeroDowntime
metadata:
  name: defaults
"""
SWITCHED_OFF = f"{CONFIGURATION}spec:\n  rollingUpdate:\n    enabled: false\n"


def indented(text: str, by: int) -> str:
    """The text deeper in."""
    return "".join(f"{' ' * by}{line}" for line in text.splitlines(keepends=True))


def item(text: str) -> str:
    """The text as the item of a list without indentation."""
    return "- " + indented(text, 2)[2:]


def resource_list(*items: str, more: str = "") -> str:
    """A ResourceList."""
    head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"
    return head + "".join(map(item, items)) + more
