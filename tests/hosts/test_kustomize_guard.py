"""The guard that `kzd init kustomize` writes: no way past kzd without an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from kzd.hosts.kustomize import FUNCTION, GUARD, SENTINEL, files
from tests.hosts.conftest import Hosts
from tests.hosts.kustomizations import (
    ALPHA,
    RUN,
    X,
    base,
    build,
    built,
    documents,
    function,
    kustomization,
    names,
    overlay,
    plain,
    stand_in,
)

KUBECTLS = ("kubectl", "kubectl-1.34")
DISABLED = "external plugins disabled; unable to load external plugin 'ZeroDowntime'"
SKIPPED = (
    "error in remove for path: '/metadata/annotations/internal.config.kubernetes.io~1path': "
    "Unable to remove nonexistent key: internal.config.kubernetes.io/path: missing value"
)
NOT_ANSWERED = (
    "failed to find unique target for patch Sentinel.v1.guard.kzd.dev/zero-downtime-sentinel.[noNs]"
)
RENAMED = "namePrefix: eu-\nnamespace: shop\n"

SAME = "exec cat\n"
EMPTY = "cat >/dev/null\n"
NO_ITEMS = """\
cat >/dev/null
echo 'apiVersion: config.kubernetes.io/v1'
echo 'kind: ResourceList'
echo 'items: []'
"""

DROP = """\
exec awk '/^- /{{n++}} /^functionConfig/{{n=0}} !n || n!={0}'
"""


def component(hosts: Hosts) -> None:
    overlay(hosts, "component", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n")


def layouts(hosts: Hosts, name: str) -> Path:
    """Where the function may stand: at the top, in a base, in a Component of two overlays."""
    base(hosts)
    if name == "top":
        return overlay(hosts, "top", RENAMED, "base")
    if name == "base":
        overlay(hosts, "guarded", RENAMED, "base")
        return plain(hosts, "top", "nameSuffix: -v2\n", "guarded")
    component(hosts)
    for folder in ("one", "two"):
        plain(hosts, folder, f"namePrefix: {folder}-\ncomponents: [../component]\n", "base")
    return plain(hosts, "top", RENAMED, "one", "two")


BUDGETS = {
    "top": ["eu-web"],
    "base": ["eu-web-v2"],
    "component": ["eu-one-web", "eu-two-web"],
}


@pytest.mark.parametrize("layout", BUDGETS)
def test_with_both_flags_the_function_runs_and_the_guard_leaves_no_trace(
    hosts: Hosts, layout: str
) -> None:
    found = documents(built(hosts, layouts(hosts, layout)))

    assert names(list(found), "PodDisruptionBudget") == BUDGETS[layout]
    assert len(found) == 4 * len(BUDGETS[layout])


@pytest.mark.parametrize("layout", BUDGETS)
@pytest.mark.parametrize("name", ["kustomize", *KUBECTLS])
def test_without_enable_exec_the_guard_fails(hosts: Hosts, layout: str, name: str) -> None:
    done = build(hosts, layouts(hosts, layout), ALPHA, name=name)

    assert (done.code, done.out) == (1, "")
    assert SKIPPED in done.err


@pytest.mark.parametrize("layout", BUDGETS)
@pytest.mark.parametrize("name", ["kustomize", *KUBECTLS])
def test_without_any_flag_kustomize_refuses_plugins(hosts: Hosts, layout: str, name: str) -> None:
    folder = layouts(hosts, layout)
    done = hosts.run(name, "build" if name == "kustomize" else "kustomize", folder)

    assert (done.code, done.out) == (1, "")
    assert DISABLED in done.err


@pytest.mark.parametrize("name", ["kustomize", *KUBECTLS])
def test_without_the_guard_it_would_be_skipped_in_silence(hosts: Hosts, name: str) -> None:
    folder = layouts(hosts, "top")
    kustomization(hosts, "top", f"resources: [../base, {SENTINEL}]\ntransformers: [{FUNCTION}]\n")
    done = build(hosts, folder, ALPHA, name=name)

    assert (done.code, done.err) == (0, "")
    assert "preStop" not in done.out
    assert names(list(documents(built(hosts, folder))), "PodDisruptionBudget") == ["web"]
    assert "zero-downtime-sentinel" not in done.out  # kustomize drops what is local-config


@pytest.mark.parametrize(
    ("text", "flags", "message"),
    [
        (f"resources: [../base]\n{RUN}", X, NOT_ANSWERED),
        (f"resources: [../base, {SENTINEL}]\ntransformers: [{GUARD}, {FUNCTION}]\n", X, SKIPPED),
        (f"resources: [../base, {SENTINEL}]\ntransformers: [{GUARD}]\n", X, SKIPPED),
    ],
    ids=["no sentinel", "the guard first", "no function"],
)
def test_a_forgotten_line_is_an_error(
    hosts: Hosts, text: str, flags: tuple[str, ...], message: str
) -> None:
    folder = layouts(hosts, "top")
    kustomization(hosts, "top", text)
    done = build(hosts, folder, *flags)

    assert (done.code, done.out) == (1, "")
    assert message in done.err


def test_an_inline_guard_runs_before_a_function_in_a_file(hosts: Hosts) -> None:
    folder = layouts(hosts, "top")
    inline = "".join(f"    {line}\n" for line in files()[GUARD].partition("---\n")[0].splitlines())
    kustomization(
        hosts,
        "top",
        f"resources: [../base, {SENTINEL}]\ntransformers:\n- {FUNCTION}\n- |\n{inline}",
    )
    done = build(hosts, folder)

    assert (done.code, done.out) == (1, "")
    assert SKIPPED in done.err


@pytest.mark.parametrize("name", KUBECTLS)
def test_kubectl_has_no_enable_exec(hosts: Hosts, name: str) -> None:
    done = build(hosts, layouts(hosts, "top"), *X, name=name)

    assert (done.code, done.out) == (1, "")
    assert "unknown flag: --enable-exec" in done.err


@pytest.mark.parametrize("answer", [EMPTY, NO_ITEMS], ids=["nothing", "no items"])
@pytest.mark.parametrize("layout", BUDGETS)
def test_an_empty_answer_is_an_error(hosts: Hosts, layout: str, answer: str) -> None:
    folder = layouts(hosts, layout)
    stand_in(hosts, "kzd", answer)
    done = build(hosts, folder)

    assert (done.code, done.out) == (1, "")
    assert NOT_ANSWERED in done.err


@pytest.mark.parametrize("answer", [EMPTY, NO_ITEMS], ids=["nothing", "no items"])
def test_without_the_guard_an_empty_answer_deletes_everything(hosts: Hosts, answer: str) -> None:
    folder = layouts(hosts, "top")
    kustomization(hosts, "top", f"resources: [../base, {SENTINEL}]\ntransformers: [{FUNCTION}]\n")
    stand_in(hosts, "kzd", answer)

    assert build(hosts, folder) == (0, "", "")


def test_of_an_incomplete_answer_only_the_missing_sentinel_is_noticed(hosts: Hosts) -> None:
    folder = layouts(hosts, "top")
    ends = []
    for place in (0, 1, 2, 3, 4):
        stand_in(hosts, "kzd", DROP.format(place))
        done = build(hosts, folder)
        ends.append((done.code, done.out.count("\nkind: ")))

    assert ends == [(0, 3), (0, 2), (0, 2), (0, 2), (1, 0)]


def test_an_error_of_kzd_is_shown_and_ends_the_build(hosts: Hosts) -> None:
    folder = layouts(hosts, "base")
    wrong = files()[FUNCTION].replace("spec: {}", "spec: {rollingUpdat: {enabled: false}}")
    hosts.write(f"guarded/{FUNCTION}", wrong)
    done = build(hosts, folder)

    assert (done.code, done.out) == (1, "")
    assert "functionConfig" in done.err
    assert "error: spec.rollingUpdat: is not known; did you mean `rollingUpdate`?" in done.err
    assert "couldn't execute function: exit status 2" in done.err


def test_a_finding_of_severity_error_ends_the_build(hosts: Hosts) -> None:
    folder = layouts(hosts, "top")
    hosts.write(f"top/{FUNCTION}", files()[FUNCTION].replace(
        "path: kzd", "path: kzd\n        args: [--fail-on, info]"
    ))  # fmt: skip
    done = build(hosts, folder)

    assert (done.code, done.out) == (1, "")
    assert "info: Deployment/eu-web: spec.strategy.rollingUpdate.maxUnavailable = 0" in done.err
    assert "couldn't execute function: exit status 1" in done.err


def test_without_kzd_on_the_path_the_build_fails(hosts: Hosts) -> None:
    done = build(hosts, layouts(hosts, "top"), PATH="/usr/bin:/bin")

    assert (done.code, done.out) == (1, "")
    assert '"kzd": executable file not found in $PATH' in done.err


ORDERS = {
    "before": f"[other.yaml, {FUNCTION}, {GUARD}]",
    "inline before": f"[{FUNCTION}, {GUARD}, INLINE]",
    "after": f"[{FUNCTION}, {GUARD}, other.yaml]",
    "inside": f"[{FUNCTION}, other.yaml, {GUARD}]",
}


def beside_another(hosts: Hosts, order: str) -> Path:
    """A container function beside kzd: it runs where kzd as an executable is passed over."""
    folder = layouts(hosts, "top")
    stand_in(hosts, "docker", SAME)
    other = function("example.com/other:1", kind="container")
    hosts.write("top/other.yaml", other)
    inline = "|\n" + "".join(f"    {line}\n" for line in other.splitlines())
    listed = "\n".join(f"- {name}" for name in ORDERS[order][1:-1].split(", "))
    text = f"{RENAMED}resources: [../base, {SENTINEL}]\ntransformers:\n{listed}\n"
    kustomization(hosts, "top", text.replace("INLINE", inline))
    return folder


@pytest.mark.parametrize("order", ORDERS)
def test_another_function_beside_kzd_changes_nothing(hosts: Hosts, order: str) -> None:
    alone = built(hosts, layouts(hosts, "top"))

    assert built(hosts, beside_another(hosts, order)) == alone


@pytest.mark.parametrize("order", ["before", "inline before", "after"])
@pytest.mark.parametrize("name", ["kustomize", *KUBECTLS])
def test_another_function_that_runs_does_not_count_for_kzd(
    hosts: Hosts, order: str, name: str
) -> None:
    done = build(hosts, beside_another(hosts, order), ALPHA, name=name)

    assert (done.code, done.out) == (1, "")
    assert SKIPPED in done.err


def test_a_function_between_kzd_and_its_guard_does_count(hosts: Hosts) -> None:
    done = build(hosts, beside_another(hosts, "inside"), ALPHA)

    assert (done.code, done.err) == (0, "")
    assert "preStop" not in done.out


DOCKER = """\
printf '%s\\n' "$@" > arguments
exec kzd
"""
ARGUMENTS = """\
run --rm -i -a STDIN -a STDOUT -a STDERR --network none --user nobody
--security-opt=no-new-privileges -e LOG_TO_STDERR=true -e STRUCTURED_RESULTS=true IMAGE
"""


@pytest.mark.parametrize("name", ["kustomize", *KUBECTLS])
def test_a_container_needs_no_enable_exec(hosts: Hosts, name: str) -> None:
    by_exec = built(hosts, layouts(hosts, "top"))
    stand_in(hosts, "docker", DOCKER)
    image = "registry.example.com/kzd:1"
    folder = overlay(hosts, "contained", RENAMED, "base", image=image)
    done = build(hosts, folder, ALPHA, name=name)

    assert (done.code, done.out) == (0, by_exec)
    assert "1 workload: 1 changed\n" in done.err
    given = (folder / "arguments").read_text().split()
    assert given == ARGUMENTS.replace("IMAGE", image).split()


@pytest.mark.parametrize(
    ("script", "message"), [(EMPTY, NOT_ANSWERED), ("echo no daemon >&2\nexit 125\n", "no daemon")]
)
def test_a_container_that_fails_or_answers_nothing(hosts: Hosts, script: str, message: str) -> None:
    base(hosts)
    stand_in(hosts, "docker", script)
    done = build(hosts, overlay(hosts, "contained", RENAMED, "base", image="kzd"), ALPHA)

    assert (done.code, done.out) == (1, "")
    assert message in done.err


def test_a_check_where_a_transformer_belongs_is_noticed(hosts: Hosts) -> None:
    """It answers as validators must, without items, and with 0 where nothing is to change."""
    base(hosts)
    folder = overlay(hosts, "top", "", "base")
    transformer = folder / FUNCTION
    options = "path: kzd\n        args: [check, --only, api-version]\n"
    transformer.write_text(transformer.read_text().replace("path: kzd\n", options))

    done = build(hosts, folder, *X)

    assert (done.code, done.out) == (1, "")
    assert NOT_ANSWERED in done.err


@pytest.mark.parametrize(
    "more",
    [
        "patches:\n- target: {kind: ConfigMap}\n  patch: |-\n"
        "    - {op: replace, path: /data/LOG_LEVEL, value: debug}\n",
        "replacements:\n- source: {kind: ConfigMap, fieldPath: data.LOG_LEVEL}\n"
        "  targets: [{select: {kind: Deployment}, fieldPaths: [metadata.annotations.level], "
        "options: {create: true}}]\n",
        "replacements:\n- source: {kind: Service, fieldPath: metadata.name}\n"
        "  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.LOG_LEVEL]}]\n",
    ],
    ids=["patch", "source", "target"],
)
def test_the_sentinel_is_none_of_the_user_s_config_maps(hosts: Hosts, more: str) -> None:
    base(hosts)

    assert "preStop:" in built(hosts, overlay(hosts, "top", more, "base"), *X)
