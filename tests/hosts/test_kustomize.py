"""kzd as a function of kustomize: what it decides before names are final, and what comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from kzd.hosts.kustomize import FUNCTION, files
from tests.hosts.conftest import Hosts
from tests.hosts.examples import EXAMPLES, run_example
from tests.hosts.kustomizations import (
    ALPHA,
    AUTOSCALER,
    BUDGET,
    DEPLOYMENT,
    LOAD_BALANCER,
    RUN,
    SETTINGS,
    added,
    base,
    build,
    built,
    documents,
    function,
    kustomization,
    names,
    overlay,
    piped,
    plain,
    stand_in,
)
from tests.measurements import text as measurement

EDITS = """\
  strategy:
    rollingUpdate:
      maxUnavailable: 0
        lifecycle:
          preStop:
            sleep:
              seconds: 15
      terminationGracePeriodSeconds: 45
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: eu-web
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: web
  unhealthyPodEvictionPolicy: AlwaysAllow
"""
RENAMED = "namePrefix: eu-\nnamespace: shop\n"
TWICE = "namePrefix: a-\nnameSuffix: -v2\n"

LABELLED = "labels:\n- pairs: {env: prod}\n  includeSelectors: true\n  includeTemplates: true\n"
PATCHED = """\
patches:
- target: {kind: Deployment, name: web}
  patch: |-
    - {op: replace, path: /spec/replicas, value: 1}
"""
REPLACED = """\
replacements:
- source: {kind: Service, name: web, fieldPath: metadata.name}
  targets:
  - select: {kind: Deployment, name: web}
    fieldPaths: ["spec.template.metadata.annotations.[example.com/service]"]
    options: {create: true}
"""
IMAGES = (
    "images:\n- name: registry.example.com/web\n  newName: mirror.example.com/web\n  newTag: v9\n"
)
COUNTED = "replicas:\n- {name: web, count: 1}\n"
ANNOTATED = "commonAnnotations: {example.com/cost: shop}\n"
VARIABLE = """\
vars:
- name: PREFIXED
  objref: {apiVersion: v1, kind: Service, name: web}
"""
TRACED = "buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n"
FIELDS = {
    "namePrefix": RENAMED,
    "nameSuffix": "nameSuffix: -eu\n",
    "labels": f"{RENAMED}{LABELLED}",
    "commonLabels": f"{RENAMED}commonLabels: {{env: prod}}\n",
    "patches": f"{RENAMED}{PATCHED}",
    "replacements": f"{RENAMED}{REPLACED}",
    "images": f"{RENAMED}{IMAGES}",
    "replicas": f"{RENAMED}{COUNTED}",
    "commonAnnotations": f"{RENAMED}{ANNOTATED}",
    "vars": f"{RENAMED}{VARIABLE}",
    "sortOptions": f"{RENAMED}sortOptions: {{order: fifo}}\n",
}


def sleep_of(deployment: dict[str, Any]) -> int:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    seconds: int = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    return seconds


def test_only_the_edits_differ_from_a_build_without_kzd(hosts: Hosts) -> None:
    base(hosts)
    without = built(hosts, plain(hosts, "without", RENAMED, "base"))
    done = build(hosts, overlay(hosts, "with", RENAMED, "base"))

    assert added(without, done.out) == EDITS.splitlines()
    assert done.err == "kzd: configured by functionConfig\n1 workload: 1 changed\n"


@pytest.mark.parametrize("text", FIELDS.values(), ids=FIELDS)
@pytest.mark.parametrize("beside", ["autoscaler and ingress", "budget"])
def test_kzd_decides_as_it_would_by_the_final_names(hosts: Hosts, text: str, beside: str) -> None:
    manifests = {"autoscaler": AUTOSCALER, "budget": BUDGET, "ingress": LOAD_BALANCER}
    base(hosts, **{name: manifests[name] for name in beside.split(" and ")})
    without = built(hosts, plain(hosts, "without", text, "base"))

    assert documents(built(hosts, overlay(hosts, "with", text, "base"))) == piped(hosts, without)


def test_two_prefixes_of_two_overlays(hosts: Hosts) -> None:
    base(hosts, autoscaler=AUTOSCALER, ingress=LOAD_BALANCER)
    plain(hosts, "inner", RENAMED, "base")
    without = built(hosts, plain(hosts, "without", TWICE, "inner"))
    found = documents(built(hosts, overlay(hosts, "outer", TWICE, "inner")))

    assert found == piped(hosts, without)
    assert sleep_of(found["Deployment/a-eu-web-v2"]) == 30
    assert "PodDisruptionBudget/a-eu-web-v2" in found


@pytest.mark.parametrize(("minimum", "budgets"), [(3, ["eu-web"]), (1, [])])
def test_an_autoscaler_that_names_the_workload_by_its_old_name(
    hosts: Hosts, minimum: int, budgets: list[str]
) -> None:
    base(hosts, autoscaler=AUTOSCALER.replace("minReplicas: 3", f"minReplicas: {minimum}"))
    found = documents(built(hosts, overlay(hosts, "over", RENAMED, "base")))

    assert found["HorizontalPodAutoscaler/eu-web"]["spec"]["scaleTargetRef"]["name"] == "eu-web"
    assert names(list(found), "PodDisruptionBudget") == budgets


def test_an_entry_that_names_the_service_by_its_old_name(hosts: Hosts) -> None:
    base(hosts, ingress=LOAD_BALANCER)
    found = documents(built(hosts, overlay(hosts, "over", RENAMED, "base")))

    assert found["Ingress/eu-web"]["spec"]["defaultBackend"]["service"]["name"] == "eu-web"
    assert sleep_of(found["Deployment/eu-web"]) == 30


def test_a_budget_of_another_name_is_seen_by_its_selector(hosts: Hosts) -> None:
    base(hosts, budget=BUDGET.replace("name: web", "name: front"))
    found = documents(built(hosts, overlay(hosts, "over", f"{RENAMED}{LABELLED}", "base")))

    assert names(list(found), "PodDisruptionBudget") == ["eu-front"]


def variants(hosts: Hosts) -> tuple[str, ...]:
    """Two variants of one base, whose resources have the same old names; only one is single."""
    base(hosts, autoscaler=AUTOSCALER, ingress=LOAD_BALANCER)
    labels = "labels:\n- pairs: {{variant: {0}}}\n  includeSelectors: true\n"
    single = "- {op: replace, path: /spec/minReplicas, value: 1}"
    inside = "- {op: replace, path: /metadata/annotations/alb.ingress.kubernetes.io~1target-type"
    patch = "- target: {{kind: {0}}}\n  patch: |-\n    {1}\n"
    patches = patch.format("HorizontalPodAutoscaler", single) + patch.format(
        "Ingress", f"{inside}, value: instance}}"
    )
    for name, more in (("many", ""), ("one", f"patches:\n{patches}"), ("yet-many", "")):
        plain(hosts, name, f"namePrefix: {name}-\n{labels.format(name)}{more}", "base")
    return ("one", "many", "yet-many")


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
@pytest.mark.parametrize("text", ["", "namePrefix: eu-\n", "namespace: shop\n"])
def test_variants_of_one_base_are_told_apart(
    hosts: Hosts, order: tuple[int, ...], text: str
) -> None:
    found = variants(hosts)
    under = [found[place] for place in order]
    without = built(hosts, plain(hosts, "without", text, *under))
    given = built(hosts, overlay(hosts, "with", text, *under))
    prefix = "eu-" if "eu" in text else ""

    assert documents(given) == piped(hosts, without)
    assert sorted(names(list(documents(given)), "PodDisruptionBudget")) == [
        f"{prefix}many-web", f"{prefix}yet-many-web",
    ]  # fmt: skip


def test_hashes_and_references_of_generators_stay_right(hosts: Hosts) -> None:
    secret = "secretGenerator:\n- name: token\n  literals: [TOKEN=abc]\n"
    base(hosts, f"{SETTINGS}{secret}")
    found = documents(built(hosts, overlay(hosts, "over", RENAMED, "base")))
    (settings,) = names(list(found), "ConfigMap")
    (container,) = found["Deployment/eu-web"]["spec"]["template"]["spec"]["containers"]

    assert re.fullmatch(r"eu-settings-[0-9a-z]{10}", settings)
    assert container["envFrom"] == [{"configMapRef": {"name": settings}}]
    assert container["lifecycle"] == {"preStop": {"sleep": {"seconds": 15}}}


def test_a_budget_created_in_a_base_is_renamed_patched_and_found_later(hosts: Hosts) -> None:
    base(hosts)
    overlay(hosts, "guarded", "", "base")
    patch = """\
- target: {kind: PodDisruptionBudget, name: web}
  patch: |-
    - {op: replace, path: /spec/maxUnavailable, value: 2}
"""
    outer = f"{RENAMED}{LABELLED}patches:\n{patch}"
    once = built(hosts, plain(hosts, "once", outer, "guarded"))
    twice = built(hosts, overlay(hosts, "twice", outer, "guarded"))
    found = documents(once)

    assert names(list(found), "PodDisruptionBudget") == ["eu-web"]
    budget = found["PodDisruptionBudget/eu-web"]
    assert budget["metadata"]["namespace"] == "shop"
    assert budget["spec"]["maxUnavailable"] == 2
    assert budget["spec"]["selector"] == found["Deployment/eu-web"]["spec"]["selector"]
    assert twice == once


def test_a_budget_is_created_by_labels_that_were_set_before(hosts: Hosts) -> None:
    base(hosts)
    found = documents(built(hosts, overlay(hosts, "over", f"{RENAMED}{LABELLED}", "base")))
    budget = found["PodDisruptionBudget/eu-web"]

    assert budget["spec"]["selector"] == {"matchLabels": {"app": "web", "env": "prod"}}
    assert budget["metadata"] == {"name": "eu-web", "namespace": "shop"}  # no annotation, no label


def test_a_budget_that_had_the_name_is_not_in_the_way(hosts: Hosts) -> None:
    taken = BUDGET.replace("app: web", "app: another")
    base(hosts, folder="another", budget=taken)
    kustomization(hosts, "another", "resources: [budget.yaml]\nnamePrefix: another-\n")
    base(hosts)
    done = build(hosts, overlay(hosts, "over", "", "base", "another"))

    assert done.err == "kzd: configured by functionConfig\n1 workload: 1 changed\n"
    assert names(list(documents(done.out)), "PodDisruptionBudget") == ["another-web", "web"]


def test_a_claim_of_a_variant_is_its_own(hosts: Hosts) -> None:
    claim = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
"""
    volumes = "      volumes:\n      - {name: data, persistentVolumeClaim: {claimName: data}}\n"
    base(hosts, claim=claim)
    hosts.write("base/deployment.yaml", DEPLOYMENT.replace("replicas: 3", "replicas: 1") + volumes)
    patch = """\
patches:
- target: {kind: PersistentVolumeClaim}
  patch: |-
    - {op: replace, path: /spec/accessModes, value: [ReadWriteOnce]}
"""
    plain(hosts, "one", f"namePrefix: one-\n{patch}", "base")
    plain(hosts, "two", "namePrefix: two-\n", "base")
    without = built(hosts, plain(hosts, "without", "", "one", "two"))
    found = documents(built(hosts, overlay(hosts, "with", "", "one", "two")))

    assert found == piped(hosts, without)
    assert "strategy" not in found["Deployment/one-web"]["spec"]
    assert found["Deployment/two-web"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_component_of_two_overlays_that_a_third_brings_together(hosts: Hosts) -> None:
    base(hosts)
    overlay(hosts, "component", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n")
    for name in ("one", "two"):
        plain(hosts, name, f"namePrefix: {name}-\ncomponents: [../component]\n", "base")
        plain(hosts, f"{name}-alone", f"namePrefix: {name}-\n", "base")
    without = built(hosts, plain(hosts, "without", RENAMED, "one-alone", "two-alone"))
    found = documents(built(hosts, plain(hosts, "both", RENAMED, "one", "two")))

    assert names(list(found), "PodDisruptionBudget") == ["eu-one-web", "eu-two-web"]
    assert all("preStop" in str(found[f"Deployment/eu-{name}-web"]) for name in ("one", "two"))
    assert len(found) == len(documents(without)) + 2


def test_a_component_runs_before_the_patches_of_what_names_it(hosts: Hosts) -> None:
    base(hosts)
    overlay(hosts, "component", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n")
    over = f"{RENAMED}{PATCHED}components: [../component]\n"
    found = documents(built(hosts, plain(hosts, "over", over, "base")))

    assert found["Deployment/eu-web"]["spec"]["replicas"] == 1
    assert names(list(found), "PodDisruptionBudget") == ["eu-web"]  # kzd saw 3 replicas


def test_an_outer_overlay_patches_by_the_old_name_what_kzd_has_changed(hosts: Hosts) -> None:
    base(hosts)
    overlay(hosts, "inner", RENAMED, "base")
    merge = """\
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {replicas: 7}
"""
    found = documents(built(hosts, plain(hosts, "outer", f"{merge}{IMAGES}", "inner")))
    spec = found["Deployment/eu-web"]["spec"]

    assert spec["replicas"] == 7
    assert spec["template"]["spec"]["containers"][0]["image"] == "mirror.example.com/web:v9"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 45


def test_kzd_goes_by_what_the_patches_of_its_overlay_say(hosts: Hosts) -> None:
    base(hosts)
    found = documents(built(hosts, overlay(hosts, "over", f"{RENAMED}{PATCHED}", "base")))

    assert found["Deployment/eu-web"]["spec"]["replicas"] == 1
    assert names(list(found), "PodDisruptionBudget") == []


def test_options_of_the_transformer_and_exemptions_of_the_manifests(hosts: Hosts) -> None:
    base(hosts)
    folder = overlay(hosts, "over", RENAMED, "base")
    asked = "spec: {preStopSleep: {seconds: 7}, podDisruptionBudget: {enabled: false}}"
    hosts.write(f"over/{FUNCTION}", (folder / FUNCTION).read_text().replace("spec: {}", asked))
    found = documents(built(hosts, folder))

    assert sleep_of(found["Deployment/eu-web"]) == 7
    assert names(list(found), "PodDisruptionBudget") == []


def test_a_measurement_among_the_resources_counts_and_is_not_applied(hosts: Hosts) -> None:
    base(hosts)
    folder = overlay(hosts, "over", RENAMED, "base", "measured")
    asked = "spec: {propagation: {path: cluster-ip}}"
    hosts.write(f"over/{FUNCTION}", (folder / FUNCTION).read_text().replace("spec: {}", asked))
    hosts.write("measured/propagation.yaml", measurement(path="cluster-ip", namespaces=["shop"]))
    kustomization(hosts, "measured", "resources: [propagation.yaml]\n")
    found = documents(built(hosts, folder))

    assert sleep_of(found["Deployment/eu-web"]) == 5
    assert names(list(found), "PropagationMeasurement") == []


def test_overrides_match_by_the_old_name_and_by_the_new_one(hosts: Hosts) -> None:
    base(hosts)
    folder = overlay(hosts, "over", RENAMED, "base")
    text = (folder / FUNCTION).read_text()
    for name in ("web", "eu-web"):
        asked = f"spec: {{overrides: [{{match: {{name: {name}}}, preStopSleep: {{seconds: 9}}}}]}}"
        hosts.write(f"over/{FUNCTION}", text.replace("spec: {}", asked))
        assert sleep_of(documents(built(hosts, folder))["Deployment/eu-web"]) == 9


def test_build_metadata_names_kzd_and_is_kept(hosts: Hosts) -> None:
    base(hosts)
    found = documents(built(hosts, overlay(hosts, "over", f"{RENAMED}{TRACED}", "base")))
    budget = found["PodDisruptionBudget/eu-web"]["metadata"]["annotations"]
    web = found["Deployment/eu-web"]["metadata"]["annotations"]

    assert web["example.com/team"] == "shop"
    assert web["config.kubernetes.io/origin"] == "path: ../base/deployment.yaml\n"
    assert "kind: ZeroDowntime" in web["alpha.config.kubernetes.io/transformations"]
    assert budget["config.kubernetes.io/origin"].startswith(f"configuredIn: {FUNCTION}\n")
    assert "example.com/team" not in budget


VALIDATOR = function("kzd", name="check", more="        args: [check]\nspec: {}\n").replace(
    "example.com/v1\nkind: Other", "kzd.dev/v1alpha1\nkind: ZeroDowntime"
)


def validated(hosts: Hosts, folder: str, more: str = "") -> Path:
    hosts.write(f"{folder}/check.yaml", VALIDATOR)
    text = f"{more}validators: [check.yaml]\n"
    return plain(hosts, folder, text, "base") if not more else kustomization(hosts, folder, text)


def test_a_validator_fails_and_shows_what_would_change(hosts: Hosts) -> None:
    base(hosts)
    done = build(hosts, validated(hosts, "checked"))

    assert (done.code, done.out) == (1, "")
    assert "Deployment/web: spec.strategy.rollingUpdate.maxUnavailable = 0: " in done.err
    assert "Deployment/web: PodDisruptionBudget 'web' is added: " in done.err
    assert "\n1 workload: 1 to change\nError: " in done.err
    assert "couldn't execute function: exit status 1" in done.err


def test_a_validator_passes_what_kzd_has_changed_and_keeps_it(hosts: Hosts) -> None:
    base(hosts)
    folder = overlay(hosts, "checked", RENAMED, "base")
    before = built(hosts, folder)
    text = (folder / "kustomization.yaml").read_text()
    done = build(hosts, validated(hosts, "checked", text))

    assert (done.code, done.out) == (0, before)
    assert done.err.endswith("kzd: configured by functionConfig\n1 workload: none to change\n")


@pytest.mark.parametrize("name", ["kustomize", "kubectl", "kubectl-1.34"])
def test_a_validator_that_is_passed_over_is_an_error_alone(hosts: Hosts, name: str) -> None:
    base(hosts)
    done = build(hosts, validated(hosts, "checked"), ALPHA, name=name)

    assert (done.code, done.out) == (1, "")
    assert "validator shouldn't modify the resource map" in done.err


def test_a_validator_that_answers_with_items_is_an_error(hosts: Hosts) -> None:
    """So kzd itself, which answers with what it was given, is none; `kzd check` is."""
    base(hosts)
    folder = validated(hosts, "checked")
    hosts.write("checked/check.yaml", VALIDATOR.replace("[check]", "[--only, api-version]"))
    done = build(hosts, folder)

    assert (done.code, done.out) == (1, "")
    assert "validator shouldn't modify the resource map" in done.err


def test_a_validator_behind_a_function_that_is_passed_over_is_no_guard(hosts: Hosts) -> None:
    base(hosts)
    folder = overlay(hosts, "checked", RENAMED, "base")
    text = (folder / "kustomization.yaml").read_text().replace(RUN, f"transformers: [{FUNCTION}]\n")
    done = build(hosts, validated(hosts, "checked", text), ALPHA)

    assert (done.code, done.err) == (0, "")
    assert "preStop" not in done.out


def test_what_comes_in_is_what_was_captured(hosts: Hosts) -> None:
    """The annotations that kzd goes by: earlier names, and the affixes that tell variants apart."""
    base(hosts)
    plain(hosts, "inner", RENAMED, "base")
    folder = overlay(hosts, "outer", TWICE, "inner")
    stand_in(hosts, "kzd", 'tee "$ECHO"\n')
    seen = hosts.folder / "seen.yaml"
    built(hosts, folder, ECHO=str(seen))
    (envelope,) = YAML(typ="safe").load_all(seen.read_text())
    web, *_ = (item for item in envelope["items"] if item["kind"] == "Deployment")
    internal = "internal.config.kubernetes.io/"
    said = {
        key.removeprefix(internal): value
        for key, value in web["metadata"]["annotations"].items()
        if key.startswith(internal)
    }

    assert envelope["functionConfig"]["metadata"]["name"] == "zero-downtime"
    assert (web["metadata"]["name"], web["metadata"]["namespace"]) == ("a-eu-web-v2", "shop")
    assert said["previousNames"] == "web,web,eu-web,a-eu-web"
    assert (said["prefixes"], said["suffixes"]) == ("eu-,a-", "-v2")
    references = web["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    assert references == [{"configMapRef": {"name": "settings"}}]  # not settled yet


def test_the_example(hosts: Hosts) -> None:
    run_example(hosts, "kustomize", "kustomize")


def test_the_example_is_what_init_writes(hosts: Hosts) -> None:
    folder = EXAMPLES / "kustomize" / "prod"
    texts = files()
    done = hosts.run("kzd", "init", "kustomize", folder)

    assert {name: (folder / name).read_text() for name in texts} == texts
    assert (done.code, done.out) == (0, "")
    assert f"kzd: {folder}/kustomization.yaml lists them already\n" in done.err


# What kzd must not do, because kustomize would not notice


def answered(hosts: Hosts, script: str) -> str:
    """What an overlay without a guard becomes where another program answers for kzd."""
    base(hosts)
    folder = overlay(hosts, "over", RENAMED, "base")
    kustomization(hosts, "over", f"{RENAMED}resources: [../base]\ntransformers: [function.yaml]\n")
    hosts.write("over/function.yaml", function("kzd"))
    stand_in(hosts, "kzd", script)
    done = build(hosts, folder)
    assert (done.code, done.err) == (0, "")
    return done.out


def test_results_are_thrown_away_so_kzd_repeats_them_on_standard_error(hosts: Hosts) -> None:
    results = "results: [{message: seen by nobody, severity: error}]"

    assert "seen by nobody" not in answered(hosts, f"cat; echo '{results}'\n")


@pytest.mark.parametrize(
    ("script", "is_right"),
    [("exec cat\n", True), ("exec grep -v config.kubernetes.io/pre\n", False)],
)
def test_references_break_where_annotations_are_lost(
    hosts: Hosts, script: str, is_right: bool
) -> None:
    found = documents(answered(hosts, script))
    (settings,) = names(list(found), "ConfigMap")
    (container,) = found["Deployment/eu-web"]["spec"]["template"]["spec"]["containers"]

    assert (container["envFrom"] == [{"configMapRef": {"name": settings}}]) is is_right


def test_a_budget_of_a_taken_name_would_be_an_error_so_kzd_adds_none(hosts: Hosts) -> None:
    base(hosts, budget=BUDGET.replace("app: web", "app: another"))
    done = build(hosts, overlay(hosts, "over", RENAMED, "base"))

    assert done.code == 0
    assert names(list(documents(done.out)), "PodDisruptionBudget") == ["eu-web"]
    stand_in(hosts, "kzd", TWO_OF_A_NAME)
    twice = build(hosts, hosts.folder / "over")
    assert (twice.code, twice.out) == (1, "")
    assert "generated duplicate resource" in twice.err


TWO_OF_A_NAME = """\
exec awk '/^functionConfig/ {
  print "- apiVersion: v1"; print "  kind: Service"
  print "  metadata: {name: eu-web, namespace: shop}"
} {print}'
"""


def test_without_resources_there_is_nothing_to_do(hosts: Hosts) -> None:
    done = build(hosts, overlay(hosts, "empty", RENAMED))

    assert done == (0, "", "kzd: configured by functionConfig\nno workloads\n")


def test_fn_run_changes_files_in_place(hosts: Hosts) -> None:
    folder = base(hosts, "")
    (folder / "kustomization.yaml").unlink()
    program = hosts.program("kzd")
    done = hosts.run("kustomize", "fn", "run", folder, "--enable-exec", "--exec-path", program)

    assert done == (0, "", "1 workload: 1 changed\n")
    assert (
        "maxUnavailable: 0\n---\napiVersion: policy/v1\n"
        in (folder / "deployment.yaml").read_text()
    )
    assert sorted(file.name for file in folder.iterdir()) == ["deployment.yaml", "service.yaml"]
