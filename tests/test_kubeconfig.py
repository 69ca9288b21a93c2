"""Which cluster, and which namespace of it: the kubeconfig's contexts."""

from __future__ import annotations

from pathlib import Path

import pytest

from kzd import kubeconfig
from kzd.errors import ConfigError

CLUSTERS = "clusters: [{name: one, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: []\n"
CONTEXTS = """\
contexts:
- {name: a, context: {cluster: one, namespace: shop}}
- {name: b, context: {cluster: one}}
"""


def write(folder: Path, current: str, contexts: str = CONTEXTS) -> str:
    """A kubeconfig; its file."""
    file = folder / "kubeconfig"
    file.write_text(f"{CLUSTERS}{contexts}{current}")
    return str(file)


@pytest.mark.parametrize(
    ("current", "context", "namespace"),
    [("current-context: a", "", "shop"), ("current-context: a", "b", "default"), ("", "a", "shop")],
)
def test_the_namespace_is_that_of_the_context(
    tmp_path: Path, current: str, context: str, namespace: str
) -> None:
    assert kubeconfig.connect(write(tmp_path, current), context).namespace == namespace


@pytest.mark.parametrize(
    ("current", "context", "contexts", "told"),
    [
        ("", "c", CONTEXTS, "has no context 'c'; it has: a, b"),
        ("current-context: c", "", CONTEXTS, "has no context 'c'; it has: a, b"),
        ("", "", CONTEXTS, "has no current context; --context names one, and it has: a, b"),
        ("", "c", "contexts: []\n", "has no context 'c'; it has none"),
    ],
)
def test_a_context_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, current: str, context: str, contexts: str, told: str
) -> None:
    file = write(tmp_path, current, contexts)
    with pytest.raises(ConfigError) as raised:
        kubeconfig.connect(file, context)

    assert (raised.value.message, raised.value.file) == (told, file)


@pytest.mark.parametrize(("text", "namespace"), [("shop\n", "shop"), (None, "default")])
def test_inside_of_a_pod_the_namespace_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, namespace: str
) -> None:
    from kubernetes import config

    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setattr(config, "load_incluster_config", lambda _: None)
    monkeypatch.setattr(kubeconfig, "NAMESPACE", str(tmp_path / "namespace"))
    if text is not None:
        (tmp_path / "namespace").write_text(text)

    assert kubeconfig.connect().namespace == namespace
