"""What a PropagationMeasurement says, which one counts, and what is told of the others."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from kzd import pipeline, transforms
from kzd.config.configuration import Config
from kzd.config.fitting import Fitting
from kzd.config.measurement import read_measurement
from kzd.config.schema import config_schema, measurement_schema
from kzd.config.source import choose, measurements, read_config
from kzd.errors import ConfigError
from kzd.flow.bundle import Bundle, Source
from kzd.measure.document import documents
from kzd.measurement import MEASURED
from kzd.pipeline import Output
from tests.case import ROOT, TODAY
from tests.console import Console
from tests.manifests import CONFIGURATION, SERVICE, WEB, item, resource_list
from tests.measurements import plain, text
from tests.test_propagation import entry

SHOP = WEB + entry()
"""A Deployment behind an Ingress."""

NEVER = 10**6


def test_what_a_measurement_says() -> None:
    data = plain(namespaces=["shop-*"], observers=[{"node": "a"}], load={"backends": 3}, tool="kzd")

    read = read_measurement(data, "p.yaml", lambda _: (7, 3))

    found = read.measurement
    assert (found.name, found.path, found.claim) == ("prod", "ingress", MEASURED)
    assert (found.rollouts, found.deletions, found.censored) == (60, 180, 0)
    assert (found.bound_seconds, found.resolution_seconds) == (3.4, 0.05)
    assert (found.namespaces, found.observers) == (("shop-*",), ({"node": "a"},))
    assert (found.load, found.cluster) == ({"backends": 3}, None)
    assert (found.reason, found.tool) == ("", "kzd")
    assert found.source == "p.yaml:7"


def test_what_is_written_is_read_as_it_was() -> None:
    first = read_measurement(plain(namespaces=["shop-*"], cluster={"nodes": 2}), "").measurement
    second = read_measurement(
        plain(claim="insufficient", reason="too few", boundSeconds=None), ""
    ).measurement

    found = measurements(Source("p.yaml", documents([first, second])))

    assert [read.measurement._replace(source="") for read in found] == [first, second]


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown key": ({"rollout": 60}, "spec.rollout", "did you mean `rollouts`?"),
    "another type": ({"rollouts": "60"}, "spec.rollouts", "leave out the quotes"),
    "out of range": ({"quantile": 95}, "spec.quantile", "from 0.5 to 0.9999, not 95"),
    "an unknown path": ({"path": "ingres"}, "spec.path", "did you mean `ingress`?"),
    "an unknown claim": ({"claim": "sure"}, "spec.claim", "one of `measured`, `insufficient`"),
    "a time": ({"measuredAt": "2026-11-23T08:00:00Z"}, "spec.measuredAt", "must be a date such as"),
    "no such day": ({"measuredAt": "2026-11-31"}, "spec.measuredAt", "not '2026-11-31'"),
    "a week": ({"measuredAt": "2026-W47-1"}, "spec.measuredAt", "must be a date such as"),
    "null": ({"rollouts": None}, "spec.rollouts", "must be set, not null"),
    "one namespace": ({"namespaces": "shop"}, "spec.namespaces", "must be a list of strings"),
    "no reason": ({"claim": "insufficient"}, "spec.reason", "must say why the claim is"),
    "observers by name": ({"observers": {}}, "spec.observers", "must be a list, not a mapping"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_field(name: str) -> None:
    spec, field, message = WRONG[name]
    with pytest.raises(ConfigError) as caught:
        read_measurement(plain(**spec), "p.yaml", lambda path: (len(path), 3))

    assert (caught.value.file, caught.value.line) == ("p.yaml", 2)
    assert caught.value.field == field
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        (plain() | {"apiVersion": "kzd.dev/v1"}, "apiVersion", "must be 'kzd.dev/v1alpha1'"),
        (plain() | {"kind": "ZeroDowntime"}, "kind", "must be 'PropagationMeasurement'"),
        (plain() | {"specs": {}}, "specs", "did you mean `spec`?"),
        (plain() | {"spec": None}, "spec.path", "must be set, and is missing"),
        ("text", "", "must be a PropagationMeasurement, not 'text'"),
    ],
)
def test_the_envelope_is_checked(data: Any, field: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_measurement(data, "p.yaml")

    assert caught.value.field == field
    assert message in caught.value.message


@pytest.mark.parametrize("name", WRONG)
def test_the_schema_refuses_what_kzd_refuses(name: str) -> None:
    validator = jsonschema.Draft7Validator(measurement_schema())
    data = plain(**WRONG[name][0])

    assert validator.is_valid(plain())
    assert validator.is_valid(plain(boundSeconds=None, reason=None, tool=None, observers=[]))
    assert not validator.is_valid(data) or name in ("no such day", "no reason")
    spec = {"propagation": {"measurements": [data]}}
    whole = {"apiVersion": "kzd.dev/v1alpha1", "kind": "ZeroDowntime", "spec": spec}
    known = jsonschema.Draft7Validator(config_schema(transforms.load()))
    assert known.is_valid(whole) == validator.is_valid(data)


def found(*given: dict[str, Any], namespace: str | None = "shop-eu", days: int = NEVER) -> str:
    """The name of the measurement of the ingress that counts, empty where none does."""
    reads = [read_measurement(data, "p.yaml") for data in given]
    measurement = Fitting(reads, TODAY).find("ingress", namespace, days)
    return measurement.name if measurement else ""


EVERYWHERE = plain("everywhere", measuredAt="2026-11-27")
FITTING = {
    "of all namespaces": ([EVERYWHERE], "everywhere"),
    "a glob before all": ([EVERYWHERE, plain("glob", namespaces=["shop-*"])], "glob"),
    "the longer glob": (
        [plain("short", namespaces=["s*"]), plain("long", namespaces=["shop-*"])],
        "long",
    ),
    "the glob of fewer stars": (
        [plain("stars", namespaces=["*shop-*"]), plain("star", namespaces=["shop-*"])],
        "star",
    ),
    "letters in brackets are none": (
        [plain("brackets", namespaces=["shop-[aeiou]*"]), plain("letters", namespaces=["shop-e*"])],
        "letters",
    ),
    "the name": (
        [plain("glob", namespaces=["shop-e?"]), plain("name", namespaces=["x", "shop-eu"])],
        "name",
    ),
    "the best glob of several": (
        [plain("two", namespaces=["*", "shop-e*"]), plain("one", namespaces=["shop-*"])],
        "two",
    ),
    "the newest": ([EVERYWHERE, plain("older")], "everywhere"),
    "another namespace": ([plain(namespaces=["blog-*"])], ""),
    "another path": ([plain(path="mesh")], ""),
    "without a bound": ([plain(boundSeconds=None)], ""),
    "one that claims nothing does not win": (
        [EVERYWHERE, plain("no", claim="insufficient", reason="few", namespaces=["shop-eu"])],
        "everywhere",
    ),
    "too few": ([plain(rollouts=58)], ""),
    "just enough": ([plain(rollouts=59)], "prod"),
    "enough for less": ([plain(quantile=0.9, rollouts=29)], "prod"),
    "too few for more": ([plain(quantile=0.99, rollouts=298)], ""),
    "just enough for more": ([plain(quantile=0.99, rollouts=299)], "prod"),
    "enough for half": ([plain(quantile=0.5, confidence=0.5, rollouts=1)], "prod"),
    "of tomorrow": ([plain(measuredAt="2026-11-29")], "prod"),
    "of the day after": ([plain(measuredAt="2026-11-30")], ""),
    "the same twice": ([plain(load={"a": [1]}), plain(load={"a": [1]})], "prod"),
}


@pytest.mark.parametrize("name", FITTING)
def test_which_counts(name: str) -> None:
    given, expected = FITTING[name]

    assert found(*given) == expected
    assert found(*reversed(given)) == expected


def test_an_unset_namespace_fits_all_only() -> None:
    assert found(plain(namespaces=["shop-*"]), namespace=None) == ""
    assert found(plain(namespaces=["*"]), namespace=None) == "prod"
    assert found(plain(), namespace=None) == "prod"


def test_too_old_is_not_used() -> None:
    assert found(plain(), days=5) == "prod"
    assert found(plain(), days=4) == ""
    assert found(plain("old", namespaces=["shop-eu"]), EVERYWHERE, days=4) == "everywhere"


def test_two_that_fit_equally_are_an_error() -> None:
    first, second = (
        read_measurement(plain(boundSeconds=bound), name, lambda _: (7, 3))
        for bound, name in ((3, "a.yaml"), (4, "b.yaml"))
    )
    with pytest.raises(ConfigError) as caught:
        Fitting([first, second], TODAY).find("ingress", "shop", NEVER)

    assert str(caught.value) == (
        "b.yaml:7:3: error: spec.namespaces: must fit better or worse than the one in a.yaml:7: "
        "both are of path `ingress` and of 2026-11-23, and fit in namespace 'shop' equally; take "
        "one away, or give them different `namespaces`"
    )


def run(data: str, *, named: str = "", measured: str = "", **more: Any) -> Output:
    def config(bundle: Bundle) -> Config:
        files = [Source("m.yaml", measured.encode())] if measured else []
        one = Source("kzd.yaml", named.encode()) if named else None
        return choose(bundle, transforms.load(), named=one, measured=files)

    return pipeline.run([Source("-", data.encode())], config, today=TODAY, **more)


def inline(*texts: str) -> str:
    """A ZeroDowntime that holds measurements."""
    items = "".join(item(text) for text in texts)
    deep = "".join(f"    {line}" for line in items.splitlines(keepends=True))
    return f"{CONFIGURATION}spec:\n  propagation:\n    measurements:\n{deep}"


PLACES: dict[str, tuple[dict[str, str], str]] = {
    "alone in the configuration's file": ({"named": text()}, "kzd.yaml:1"),
    "beside the configuration": ({"named": f"{CONFIGURATION}---\n{text()}"}, "kzd.yaml:6"),
    "before the configuration": ({"named": f"{text()}---\n{CONFIGURATION}"}, "kzd.yaml:1"),
    "in the configuration": ({"named": inline(text())}, "kzd.yaml:8"),
    "by the option": ({"measured": text()}, "m.yaml:1"),
    "by the option, the second": ({"measured": f"{text(path='mesh')}---\n{text()}"}, "m.yaml:6"),
    "in the input": ({"data": f"{SHOP}---\n{text()}"}, "-:34"),
    "in the input, beside a named configuration": (
        {"data": f"{SHOP}---\n{text()}", "named": CONFIGURATION},
        "-:34",
    ),
    "by the option, beside a named configuration": (
        {"measured": text(), "named": CONFIGURATION},
        "m.yaml:1",
    ),
    "a newer one elsewhere": (
        {"measured": text(measuredAt="2026-11-20"), "named": text()},
        "kzd.yaml:1",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_measurements_count_from_all_places(name: str) -> None:
    given, source = PLACES[name]
    (review,) = run(**{"data": SHOP} | given).reviews

    assert review.propagation is not None
    assert (review.propagation.sleep_seconds, review.propagation.path) == (5, "ingress")
    assert review.propagation.source.startswith(f"{source}; Ingress ")


MARGINS = {
    "a second at the least": ("", {"boundSeconds": 1.06}, "1.06 s + 1 s = 2.06 s", 3),
    "a quarter": ("", {"boundSeconds": 9}, "9 s + 2.25 s = 11.25 s", 12),
    "the resolution": ("", {"resolutionSeconds": 1.6}, "3.4 s + 1.6 s = 5 s", 5),
    "configured": ("{marginSeconds: 0}", {"resolutionSeconds": 1.6}, "3.4 s + 0 s = 3.4 s", 4),
}


@pytest.mark.parametrize("name", MARGINS)
def test_a_margin_is_added_to_the_bound(name: str) -> None:
    section, spec, sum_, seconds = MARGINS[name]
    config = f"{CONFIGURATION}spec: {{propagation: {section or '{}'}}}\n"
    (review,) = run(SHOP, measured=text(**spec), named=config).reviews

    found = review.propagation
    assert found is not None
    assert found.sleep_seconds == seconds
    words = found.arithmetic.replace(" for path ingress", "").replace(" margin", "")
    assert words.partition(",")[0] == sum_


def test_a_measurement_is_an_item_of_a_resource_list() -> None:
    """With the namespace and the name that kustomize gives it."""
    carried = text().replace("{name: prod,", "{name: eu-prod, namespace: shop,")
    data = resource_list(*SHOP.split("---\n"), carried)

    output = run(data, only=["pre-stop-sleep"])

    assert output.reviews[0].propagation is not None
    assert output.reviews[0].propagation.sleep_seconds == 5
    items = YAML(typ="safe").load(output.files[0].data)["items"]
    assert items[-1]["metadata"]["name"] == "eu-prod"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"measured": CONFIGURATION}, "m.yaml:2:1: error: kind: must be 'PropagationMeasurement'"),
        ({"measured": "# nothing\n"}, "m.yaml: error: must hold a PropagationMeasurement"),
        ({"measured": "a: [\n"}, "m.yaml:2:1: error: is not YAML"),
        ({"named": text(rollouts="x")}, "kzd.yaml:4:"),
        ({"named": inline(text(rollouts="x"))}, "kzd.yaml:11:"),
        (
            {"named": f"{CONFIGURATION}spec: {{propagation: {{measurements: {{}}}}}}\n"},
            "kzd.yaml:5:22: error: spec.propagation.measurements: must be a list, not a mapping",
        ),
        (
            {"named": f"{CONFIGURATION}spec: {{propagation: {{measurement: []}}}}\n"},
            "spec.propagation.measurement: is not known; did you mean `measurements`?",
        ),
        (
            {
                "named": f"{CONFIGURATION}spec: {{overrides: [{{match: {{name: web}}, "
                "propagation: {measurements: []}}]}\n"
            },
            "spec.overrides[0].propagation.measurements: is not known",
        ),
        ({"data": text() + "specs: {}\n"}, "-:5:1: error: specs: is not known"),
        ({"data": text().replace("v1alpha1", "v1")}, "-:1:1: error: apiVersion: must be"),
        (
            {"named": text().replace("Measurement", "Measurment", 1)},
            "did you mean `PropagationMeasurement`?",
        ),
        ({"named": f"{CONFIGURATION}---\n{CONFIGURATION}"}, "must hold one ZeroDowntime, not 2"),
    ],
)
def test_a_wrong_file_is_an_error(given: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run(**{"data": SHOP} | given)

    assert message in str(caught.value)


def test_of_a_file_with_measurements_only_all_else_is_the_default() -> None:
    config = read_config(Source("p.yaml", text().encode()), transforms.load())

    assert (config.source, config.spec, len(config.measurements)) == ("p.yaml", {}, 1)
    assert config.with_versions("1.30", None).measurements == config.measurements


CHOSEN_PATH = f"{CONFIGURATION}spec: {{propagation: {{path: mesh}}}}\n"
UNUSED: dict[str, tuple[dict[str, str], str, str, str]] = {
    "another path": (
        {"measured": text(path="mesh")},
        "warning",
        "path",
        "`mesh` is the path of no workload here; seen: `ingress`. Where requests take it all the "
        "same, `spec.propagation.path: mesh` says so",
    ),
    "another path beside one that is used": (
        {"measured": f"{text(path='node-port')}---\n{text()}"},
        "info",
        "path",
        "`node-port` is the path of no workload here; seen: `ingress`. Where requests come by a "
        "node's port, `spec.propagation.path: node-port` says so",
    ),
    "a path that can't be seen": (
        {"data": WEB, "measured": text(path="cluster-ip")},
        "warning",
        "path",
        "`cluster-ip` is the path of no workload here; seen: one that the input does not show. "
        "Where only Pods call a workload, `spec.propagation.path: cluster-ip` says so",
    ),
    "another namespace": (
        {"namespace": "shop", "measured": text(namespaces=["blog"])},
        "warning",
        "namespaces",
        "fits no workload: those on path `ingress` are in `shop`",
    ),
    "no namespace": (
        {"measured": text(namespaces=["shop"])},
        "warning",
        "namespaces",
        "fits no workload: those on path `ingress` are in no namespace that the input says; "
        "`--namespace` says it where manifests don't",
    ),
    "too old": (
        {"measured": text(measuredAt="2026-05-31")},
        "warning",
        "measuredAt",
        "is 2026-05-31, 181 days ago, and `propagation.maxAgeDays` is 180; it is not used. Without "
        "another one the default of path `ingress` counts; `kzd measure` makes one",
    ),
    "of the future": (
        {"measured": text(measuredAt="2026-12-24")},
        "warning",
        "measuredAt",
        "is 2026-12-24, after today, 2026-11-28; it is not used. Without",
    ),
    "no bound": (
        {"measured": text(boundSeconds=None)},
        "warning",
        "boundSeconds",
        "is null, so nothing can be claimed; it is not used. Without",
    ),
    "too few": (
        {"measured": text(rollouts=20)},
        "warning",
        "rollouts",
        "is 20, too few to bound 95 % of all at 95 % confidence, which takes 59; it is not used.",
    ),
    "no claim, and no workload either": (
        {"data": SERVICE, "measured": text(claim="insufficient", reason="2 were censored")},
        "warning",
        "claim",
        "is `insufficient`: 2 were censored; it is not used. Without",
    ),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_is_not_used_is_told(name: str) -> None:
    given, severity, field, message = UNUSED[name]
    output = run(**{"data": SHOP} | given)

    (result,) = [item for item in output.results if item.action == "configuration"]
    assert (result.severity, result.field_path) == (severity, ("spec", field))
    assert result.message.startswith(message)
    assert (result.file, result.line > 0) == ("m.yaml", True)
    assert result.resource_ref is not None
    assert result.resource_ref["kind"] == "PropagationMeasurement"


@pytest.mark.parametrize(
    "given",
    [
        {"measured": text()},
        {"measured": text(path="mesh"), "named": CHOSEN_PATH},
        {"measured": text(path="mesh"), "data": SERVICE},
        {"named": f"{CONFIGURATION}spec: {{propagation: {{seconds: 3}}}}\n", "measured": text()},
        {
            "named": f"{CONFIGURATION}spec: {{propagation: {{maxAgeDays: 181}}}}\n",
            "measured": text(measuredAt="2026-05-31"),
        },
    ],
)
def test_what_is_used_is_not_told(given: dict[str, str]) -> None:
    output = run(**{"data": SHOP} | given)

    assert [item for item in output.results if item.action == "configuration"] == []


def test_the_option_reads_files_in_every_command(console: Console) -> None:
    console.write("m.yaml", text())
    console.write("web.yaml", SHOP)
    option = ("--measurement", "m.yaml")

    piped = console.kzd(*option, data=SHOP)
    assert "seconds: 5\n" in piped.out.decode()
    assert console.kzd("render", *option, "web.yaml").out == piped.out
    told = json.loads(console.kzd("explain", "--format", "json", *option, "web.yaml").out)
    assert told["workloads"][0]["propagation"]["measurement"] == {
        "name": "prod", "quantile": 0.95, "confidence": 0.95, "boundSeconds": 3.4, "rollouts": 60,
        "measuredAt": "2026-11-23",
    }  # fmt: skip
    jsonschema.validate(told, json.loads((ROOT / "schemas" / "report.json").read_text()))
    told = json.loads(console.kzd("explain", "--format", "json", "web.yaml").out)
    assert told["workloads"][0]["propagation"]["measurement"] is None
    missing = console.kzd("--measurement", "none.yaml", data=SHOP)
    assert (missing.code, missing.out) == (2, b"")
    assert missing.err == "none.yaml: error: can't be read: No such file or directory\n"


def test_a_measurement_is_left_out_of_a_stream(console: Console) -> None:
    done = console.kzd("--only", "api-version", data=f"{SHOP}---\n{text()}")

    assert done.out.decode() == SHOP
    assert "kzd: PropagationMeasurement/prod is configuration; it is left out" in done.err
