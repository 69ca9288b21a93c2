"""What the configuration says, and who wins."""

from __future__ import annotations

from typing import Any

import pytest

from kzd.cluster.resource import Origin, Resource, Workload
from kzd.config.configuration import Config, parse
from kzd.errors import ConfigError
from kzd.option_value import Unfit, typed, typed_text
from kzd.transform import Option, OptionSet, Transform, option


class SleepOptions(OptionSet):
    seconds: int | None = option(None, "Seconds to sleep.", minimum=1, maximum=600)
    exec_command: bool = option(False, "Whether a shell does it.")
    ratio: float = option(0.5, "A share.", minimum=0)
    words: list[str] = option(("a",), "Some words.")
    mode: str = option("tcp", "How.", choices=("tcp", "http"))
    path: str | None = option(None, "Where.", form=("/.*", "a path such as `/sleep`"))


def _transform(name: str, options: type[OptionSet] = OptionSet) -> Transform:
    return Transform(
        name, ("Deployment",), (), (), (), (), False, False, options, lambda *_: iter(())
    )


TRANSFORMS = (
    _transform("pre-stop-sleep", SleepOptions),
    _transform("rolling-update"),
    _transform("termination-grace-period"),
)


def config(spec: object = None, source: str = "kzd.yaml", **more: object) -> Config:
    data = {"apiVersion": "kzd.dev/v1alpha1", "kind": "ZeroDowntime", "spec": spec} | more
    return parse(data, source, TRANSFORMS)


def workload(
    annotations: dict[str, object] | None = None,
    pod_annotations: dict[str, object] | None = None,
    name: str = "web",
    namespace: str | None = "shop",
    labels: dict[str, str] | None = None,
    kind: str = "Deployment",
) -> Workload:
    metadata = {"name": name, "annotations": annotations, "labels": labels or {"team": "a"}}
    template = {"metadata": {"annotations": pod_annotations}}
    data = {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata}
    data["spec"] = {"template": template}
    return Workload(data, Origin("web.yaml", 0), namespace)


def sleep(config: Config, resource: Resource) -> tuple[object, str]:
    options = config.settings_for(resource).settings.options["pre-stop-sleep"]
    return options.seconds, options.source_of("seconds")


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (workload(name="api"), False),
        (workload(), True),
        (workload({"kzd.dev/pre-stop-sleep.seconds": "20"}, name="api"), True),
    ],
)
@pytest.mark.parametrize("name", ["kzd.yaml", "annotation.yaml", "a.overrides[0]"])
def test_what_is_said_of_single_workloads(name: str, resource: Resource, expected: bool) -> None:
    """By an annotation or an override, whatever the file is called."""
    options = config(SPEC, name).settings_for(resource).settings.options["pre-stop-sleep"]

    assert options.is_specific("seconds") is expected
    assert options.is_specific("ratio") is False


SPEC = {
    "preStopSleep": {"seconds": 10},
    "overrides": [
        {"match": {"name": "we*"}, "preStopSleep": {"seconds": 20}},
        {"match": {"kind": "Deployment", "name": "web"}, "preStopSleep": {"seconds": 30}},
        {"match": {"name": "web", "namespace": "other"}, "preStopSleep": {"seconds": 40}},
    ],
}


@pytest.mark.parametrize(
    ("resource", "seconds", "source"),
    [
        (workload(name="api"), 10, "kzd.yaml: spec.preStopSleep.seconds"),
        (workload(name="wet"), 20, "kzd.yaml: spec.overrides[0].preStopSleep.seconds"),
        (workload(name="web"), 30, "kzd.yaml: spec.overrides[1].preStopSleep.seconds"),
        (workload(kind="StatefulSet"), 20, "kzd.yaml: spec.overrides[0].preStopSleep.seconds"),
        (
            workload(namespace="other"),
            40,
            "kzd.yaml: spec.overrides[2].preStopSleep.seconds",
        ),
        (workload(namespace=None), 30, "kzd.yaml: spec.overrides[1].preStopSleep.seconds"),
        (
            workload({"kzd.dev/pre-stop-sleep.seconds": "08"}),
            8,
            "annotation `kzd.dev/pre-stop-sleep.seconds`",
        ),
        (
            workload(pod_annotations={"kzd.dev/pre-stop-sleep.seconds": "9"}),
            9,
            "annotation `kzd.dev/pre-stop-sleep.seconds`",
        ),
        (
            workload(
                {"kzd.dev/pre-stop-sleep.seconds": "8"}, {"kzd.dev/pre-stop-sleep.seconds": "9"}
            ),
            8,
            "annotation `kzd.dev/pre-stop-sleep.seconds`",
        ),
    ],
)
def test_the_nearest_wins(resource: Workload, seconds: int, source: str) -> None:
    assert sleep(config(SPEC), resource) == (seconds, source)


def test_the_default_has_no_source() -> None:
    assert sleep(config(), workload()) == (None, "")


def test_options_are_merged_one_by_one() -> None:
    spec = {
        "preStopSleep": {"seconds": 10, "enabled": False},
        "overrides": [{"match": {"name": "web"}, "preStopSleep": {"enabled": True}}],
    }
    resource = workload({"kzd.dev/pre-stop-sleep.mode": "http"})

    options = config(spec).settings_for(resource).settings.options["pre-stop-sleep"]

    assert (options.seconds, options.enabled, options.mode) == (10, True, "http")


def test_null_takes_back_an_option_that_may_be_unset() -> None:
    spec = SPEC | {"overrides": [{"match": {"name": "web"}, "preStopSleep": {"seconds": None}}]}

    assert sleep(config(spec), workload())[0] is None
    assert sleep(config({"preStopSleep": {"enabled": None}}), workload())[0] is None


def test_matches_every_label() -> None:
    spec = {
        "overrides": [
            {"match": {"labels": {"team": "a", "tier": "b"}}, "preStopSleep": {"seconds": 7}}
        ]
    }

    assert sleep(config(spec), workload(labels={"team": "a", "tier": "b"}))[0] == 7
    assert sleep(config(spec), workload(labels={"team": "a"}))[0] is None


def test_matches_a_name_from_before_kustomize_changed_it() -> None:
    resource = workload({"internal.config.kubernetes.io/previousNames": "web"}, name="eu-web")

    assert sleep(config(SPEC), resource)[0] == 30


def test_annotations_reach_the_sections() -> None:
    resource = workload(
        {
            "kzd.dev/serving": "false",
            "kzd.dev/propagation.seconds": "2.5",
            "kzd.dev/propagation.path": "ingress",
            "kzd.dev/rolling-update": "false",
        }
    )

    resolved = config({"propagation": {"marginSeconds": 3}}).settings_for(resource)

    propagation = resolved.settings.propagation
    assert (propagation.seconds, propagation.path) == (2.5, "ingress")
    assert (propagation.margin_seconds, propagation.alarm_seconds) == (3, 60)
    assert resolved.settings.serving is False
    assert resolved.settings.options["rolling-update"].enabled is False
    assert resolved.settings.options["pre-stop-sleep"].enabled is True


@pytest.mark.parametrize(
    ("spec", "annotation", "seconds"),
    [
        ({"path": "ingress", "seconds": 9}, "aws-nlb", None),
        ({"seconds": 9}, "aws-nlb", None),
        ({"path": "ingress", "seconds": 9}, "ingress", 9),
    ],
)
def test_seconds_of_one_path_are_not_those_of_another(
    spec: dict[str, Any], annotation: str, seconds: float | None
) -> None:
    resource = workload({"kzd.dev/propagation.path": annotation})

    propagation = config({"propagation": spec}).settings_for(resource).settings.propagation

    assert (propagation.path, propagation.seconds) == (annotation, seconds)


def test_overrides_reach_the_sections() -> None:
    spec = {
        "platform": {"maxGraceSeconds": 600},
        "overrides": [
            {
                "match": {"name": "web"},
                "propagation": {"path": "mesh"},
                "roles": {"dataStores": ["tidb"]},
            }
        ],
    }

    settings = config(spec).settings_for(workload()).settings

    assert settings.propagation.path == "mesh"
    assert settings.platform.max_grace_seconds == 600
    assert settings.roles.data_stores == ("tidb",)


def test_an_annotation_on_the_pod_template_is_reported() -> None:
    key = "kzd.dev/rolling-update"

    (note,) = config().settings_for(workload(pod_annotations={key: "true"})).notes

    assert note.path == ("spec", "template", "metadata", "annotations", key)
    assert note.severity == "info"
    assert "rollout" in note.message
    assert config().settings_for(workload({key: "true"})).notes == ()


def test_exemptions_carry_their_reason() -> None:
    spec = {"overrides": [{"match": {"name": "web"}, "exempt": {"rollingUpdate": "one claim"}}]}
    resource = workload({"exempt.kzd.dev/pre-stop-sleep": " nobody calls it "})

    exemptions = config(spec).settings_for(resource).exemptions

    assert exemptions["pre-stop-sleep"].reason == "nobody calls it"
    assert exemptions["pre-stop-sleep"].path[:2] == ("metadata", "annotations")
    assert exemptions["rolling-update"].reason == "one claim"
    assert exemptions["rolling-update"].override == 0
    assert exemptions["rolling-update"].source == "kzd.yaml: spec.overrides[0].exempt.rollingUpdate"


def test_all_stands_for_every_transform() -> None:
    spec = {"overrides": [{"match": {"name": "web"}, "exempt": {"all": "goes next week"}}]}

    assert config(spec).settings_for(workload()).exemptions["all"].reason == "goes next week"
    resource = workload({"exempt.kzd.dev/all": "x"})
    assert config().settings_for(resource).exemptions["all"].reason == "x"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("exempt.kzd.dev/rolling-update", "  ", "must be the reason for the exemption, in words"),
        ("exempt.kzd.dev/rolling-update", True, "must be the reason for the exemption, in words"),
        ("exempt.kzd.dev/rolling-updat", "x", "did you mean `rolling-update`?"),
    ],
)
def test_a_broken_exemption_is_an_error_result(key: str, value: object, message: str) -> None:
    (note,) = config().settings_for(workload({key: value})).notes

    assert note.severity == "error"
    assert message in note.message


def test_an_exemption_without_reason_keeps_the_transform_away_all_the_same() -> None:
    resolved = config().settings_for(workload({"exempt.kzd.dev/rolling-update": ""}))

    assert "rolling-update" in resolved.exemptions


BAD_SPECS = [
    ({"preStopSlep": {}}, "spec.preStopSlep", "did you mean `preStopSleep`? allowed: "),
    ({"pre-stop-sleep": {}}, "spec.pre-stop-sleep", "did you mean `preStopSleep`?"),
    ({"preStopSleep": {"second": 3}}, "spec.preStopSleep.second", "did you mean `seconds`?"),
    ({"preStopSleep": 3}, "spec.preStopSleep", "must be a mapping, not 3"),
    (
        {"preStopSleep": {"seconds": 0}},
        "spec.preStopSleep.seconds",
        "must be a whole number from 1 to 600, not 0",
    ),
    (
        {"preStopSleep": {"seconds": 601}},
        "spec.preStopSleep.seconds",
        "must be a whole number from 1 to 600, not 601",
    ),
    (
        {"preStopSleep": {"seconds": "12"}},
        "spec.preStopSleep.seconds",
        "must be a whole number from 1 to 600, not '12'; leave out the quotes",
    ),
    (
        {"preStopSleep": {"seconds": 1.5}},
        "spec.preStopSleep.seconds",
        "must be a whole number from 1 to 600, not 1.5",
    ),
    (
        {"preStopSleep": {"seconds": True}},
        "spec.preStopSleep.seconds",
        "must be a whole number from 1 to 600, not true",
    ),
    (
        {"preStopSleep": {"enabled": "yes"}},
        "spec.preStopSleep.enabled",
        "must be true or false, not 'yes'",
    ),
    (
        {"preStopSleep": {"ratio": float("inf")}},
        "spec.preStopSleep.ratio",
        "must be a number of at least 0, not inf",
    ),
    (
        {"preStopSleep": {"words": "a"}},
        "spec.preStopSleep.words",
        "must be a list of strings, not 'a'",
    ),
    (
        {"preStopSleep": {"words": [1]}},
        "spec.preStopSleep.words",
        "must be a list of strings, not a list",
    ),
    (
        {"preStopSleep": {"mode": "htp"}},
        "spec.preStopSleep.mode",
        "must be one of `tcp`, `http`, not 'htp'; did you mean `http`?",
    ),
    (
        {"kubernetes": {"version": 1.30}},
        "spec.kubernetes.version",
        "must be a string, not 1.3; put it into quotes",
    ),
    (
        {"kubernetes": {"version": "1.24"}},
        "spec.kubernetes.version",
        "must be from 1.25 to 1.37, not '1.24'",
    ),
    (
        {"kubernetes": {"version": "1.38"}},
        "spec.kubernetes.version",
        "must be from 1.25 to 1.37, not '1.38'",
    ),
    (
        {"kubernetes": {"version": "latest"}},
        "spec.kubernetes.version",
        "must be a version such as 1.37, not 'latest'",
    ),
    (
        {"kubernetes": {"version": "1.30", "minKubelet": "1.31"}},
        "spec.kubernetes.minKubelet",
        "must be from 1.27 to 1.30, which go with Kubernetes 1.30, not '1.31'",
    ),
    (
        {"kubernetes": {"version": "1.27", "minKubelet": "1.24"}},
        "spec.kubernetes.minKubelet",
        "must be from 1.25 to 1.27, which go with Kubernetes 1.27, not '1.24'",
    ),
    (
        {"preStopSleep": {"path": "sleep"}},
        "spec.preStopSleep.path",
        "must be a path such as `/sleep`, not 'sleep'",
    ),
    ({"overrides": {}}, "spec.overrides", "must be a list, not a mapping"),
    ({"overrides": [None]}, "spec.overrides[0]", "must be a mapping with `match`"),
    (
        {"overrides": [{}]},
        "spec.overrides[0].match",
        "must hold one of `kind`, `name`, `namespace`, `labels` at least",
    ),
    (
        {"overrides": [{"match": {"labels": {}}}]},
        "spec.overrides[0].match",
        "must hold one of `kind`, `name`, `namespace`, `labels` at least",
    ),
    ({"overrides": [{"match": {"name": 1}}]}, "spec.overrides[0].match.name", "not 1"),
    (
        {"overrides": [{"match": {"labels": {"a": 1}}}]},
        "spec.overrides[0].match.labels.a",
        "must be a string, not 1",
    ),
    ({"overrides": [{"match": {"nam": "x"}}]}, "spec.overrides[0].match.nam", "`name`"),
    (
        {"overrides": [{"match": {"name": "x"}, "kubernetes": {}}]},
        "spec.overrides[0].kubernetes",
        "is not known",
    ),
    (
        {"overrides": [{"match": {"name": "x"}, "exempt": {"rollingUpdate": ""}}]},
        "spec.overrides[0].exempt.rollingUpdate",
        "must be the reason for the exemption, in words",
    ),
    (
        {"overrides": [{"match": {"name": "x"}, "exempt": {"rolling-update": "x"}}]},
        "spec.overrides[0].exempt.rolling-update",
        "did you mean `rollingUpdate`?",
    ),
]


@pytest.mark.parametrize(("spec", "field", "message"), BAD_SPECS)
def test_what_is_wrong_is_said_with_its_field(spec: object, field: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(spec)

    assert caught.value.file == "kzd.yaml"
    assert caught.value.field == field
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "ZeroDownTime"}, "kind"),
        ({"kind": None}, "kind"),
        ({"apiVersion": "kzd.dev/v1"}, "apiVersion"),
        ({"specs": {}}, "specs"),
    ],
)
def test_the_envelope_is_checked(more: dict[str, object], field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(None, **more)

    assert caught.value.field == field


def test_a_wrong_field_has_its_line() -> None:
    data = {"apiVersion": "kzd.dev/v1alpha1", "kind": "ZeroDowntime", "spec": {"x": 1}}

    with pytest.raises(ConfigError) as caught:
        parse(data, "kzd.yaml", TRANSFORMS, lambda path: (len(path), 7))

    assert (caught.value.line, caught.value.column) == (2, 7)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("pre-stop-sleep.seconds", "1m", "must be a whole number from 1 to 600, not '1m'"),
        ("pre-stop-sleep.seconds", "0", "must be a whole number from 1 to 600, not 0"),
        ("pre-stop-sleep", "08", "must be true or false, not '08'"),
        ("pre-stop-sleep", "True", "must be true or false, not 'True'"),
        ("pre-stop-sleep.second", "3", "did you mean `pre-stop-sleep.seconds`?"),
        ("pre-stop-slep", "true", "did you mean `pre-stop-sleep`?"),
        ("preStopSleep", "true", "allowed: `serving`"),
        ("serving", "maybe", "must be true or false, not 'maybe'"),
        ("propagation.second", "3", "did you mean `propagation.seconds`?"),
        ("propagation.marginSeconds", "3", "is not known"),
        ("propagation.path", "ingres", "did you mean `ingress`?"),
        ("pre-stop-sleep.path", "sleep", "must be a path such as `/sleep`, not 'sleep'"),
        ("pre-stop-sleep.path", "", "must be a path such as `/sleep`, not ''"),
    ],
)
def test_a_bad_annotation_is_said_with_its_workload(key: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config().settings_for(workload({f"kzd.dev/{key}": value}))

    assert caught.value.file == "web.yaml"
    assert caught.value.field == f"Deployment/web: metadata.annotations[kzd.dev/{key}]"
    assert message in caught.value.message


def test_annotations_of_others_are_nobodys_business() -> None:
    resolved = config().settings_for(workload({"example.com/kzd.dev": "x", "kzd.devel/x": "y"}))

    assert resolved.notes == ()


def test_names_keys_that_are_no_strings() -> None:
    resource = workload()
    resource.annotations[3] = "x"  # type: ignore[index]

    assert config().settings_for(resource).notes == ()


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("int", "08", 8),
        ("int", "-3", -3),
        ("float", "2", 2.0),
        ("float", "2.50", 2.5),
        ("bool", "true", True),
        ("bool", "false", False),
        ("str | None", "08", "08"),
        ("list[str]", "a, b,", ("a", "b")),
        ("int", 30.0, 30),
        ("bool", True, True),
    ],
)
def test_strings_are_typed_by_the_option(type_: str, text: object, value: object) -> None:
    found = typed_text(Option(None, "", type=type_), text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "text"),
    [("int", "0x10"), ("int", "9" * 5000), ("int", "1e3"), ("int", "1_0"), ("int", ""),
     ("int", "٣"), ("float", "nan"), ("float", ".5"), ("bool", "1"), ("bool", "yes")],
)  # fmt: skip
def test_strings_of_another_type_are_refused(type_: str, text: str) -> None:
    with pytest.raises(Unfit):
        typed_text(Option(None, "", type=type_), text)


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(Unfit) as caught:
        typed(Option(None, "", type="int"), "x" * 1000)

    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("kubernetes", "server", "kubelet"),
    [
        (None, 37, 37),
        ({"version": "1.34"}, 34, 34),
        ({"version": "v1.34.2-gke.100"}, 34, 34),
        ({"version": "1.34+"}, 34, 34),
        ({"version": "1.37", "minKubelet": "1.34"}, 37, 34),
        ({"version": "1.25", "minKubelet": "1.23"}, 25, 23),
        ({"minKubelet": "1.35"}, 37, 35),
    ],
)
def test_versions(kubernetes: object, server: int, kubelet: int) -> None:
    read = config({"kubernetes": kubernetes})

    assert (read.minor, read.min_kubelet) == (server, kubelet)


def test_the_command_line_says_other_versions() -> None:
    read = config({"kubernetes": {"version": "1.30", "minKubelet": "1.29"}} | SPEC)

    changed = read.with_versions("1.31", None)

    assert (changed.minor, changed.min_kubelet, changed.source) == (31, 29, "kzd.yaml")
    assert sleep(changed, workload())[0] == 30
    assert read.with_versions(None, None) is read
    with pytest.raises(ConfigError) as caught:
        read.with_versions(None, "1.99")
    assert caught.value.field == "--min-kubelet"


def test_an_override_that_fits_nothing_is_reported() -> None:
    results = config(SPEC).unused([workload(name="wet")])

    assert [(result.field_path, result.message) for result in results] == [
        (("spec", "overrides", 1), "fits no resource of the input"),
        (("spec", "overrides", 2), "fits no resource of the input"),
    ]
    assert {result.file for result in results} == {"kzd.yaml"}
    assert {result.severity for result in results} == {"info"}


@pytest.mark.parametrize(
    ("spec", "annotations", "told"),
    [
        (SPEC, None, [0]),
        ({"overrides": [{"match": {"name": "web"}, "preStopSleep": {"enabled": True}}]}, None, [0]),
        ({"overrides": [{"match": {"name": "web"}, "preStopSleep": {"seconds": 9}}]}, None, []),
        (
            {"overrides": [{"match": {"name": "web"}, "preStopSleep": {"seconds": 9}}]},
            {"kzd.dev/pre-stop-sleep.seconds": "9"},
            [0],
        ),
        ({"overrides": [{"match": {"name": "web"}, "exempt": {"all": "x"}}]}, None, []),
        ({"overrides": [{"match": {"name": "web"}, "platform": {"maxGraceSeconds": 9}}]}, None, []),
    ],
)
def test_an_override_that_changes_nothing_is_reported(
    spec: dict[str, object], annotations: dict[str, object] | None, told: list[int]
) -> None:
    results = config(spec).unused([workload(annotations)])

    found = [
        result.field_path[2] for result in results if result.message == "changes nothing; it can go"
    ]
    assert found == told
