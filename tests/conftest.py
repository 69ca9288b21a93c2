"""Snapshots beside the cases they belong to, a scrubbed environment, and no silent skips."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.console import Console

SCRUBBED = (
    "KZD_CONFIG", "KZD_DEBUG", "KZD_REPORT", "HELM_PLUGIN_DIR", "HELM_PLUGIN_NAME", "NO_COLOR",
    "COLUMNS", "TERM", "_KZD_COMPLETE",
)  # fmt: skip
NO_SKIPS = "KZD_NO_SKIPS"


@pytest.fixture
def expected(snapshot: SnapshotAssertion, case: Any) -> SnapshotAssertion:
    """The files of `expected/` in the folder of a case, by their names."""

    class CaseFile(SingleFileSnapshotExtension):
        _write_mode = WriteMode.TEXT

        @classmethod
        def dirname(cls, *, test_location: Any) -> str:
            # Never the case's folder: syrupy deletes there what it does not know.
            return str(case.folder / "expected")

        @classmethod
        def get_location(cls, *, test_location: Any, index: Any = 0) -> str:
            return str(case.folder / "expected" / str(index))

        def read_snapshot_data_from_location(
            self, *, snapshot_location: str, snapshot_name: str, session_id: str
        ) -> str | None:
            file = Path(snapshot_location)
            return file.read_bytes().decode() if file.exists() else None

        @classmethod
        def write_snapshot_collection(cls, *, snapshot_collection: Any, **more: Any) -> None:
            # Bytes: in text mode the line ends that a snapshot proves would be lost.
            text = next(iter(snapshot_collection)).data
            Path(snapshot_collection.location).write_bytes(text.encode())

    return snapshot.use_extension(CaseFile)


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Console:
    """A working directory of its own, and standard streams."""
    return Console(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller's shell says must not decide a test."""
    for name in SCRUBBED:
        monkeypatch.delenv(name, raising=False)


class Skips:
    """Makes the run fail for what it skipped or expected to fail, where nothing may be."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped or hasattr(report, "wasxfail"):
            self.reasons.append(f"{report.nodeid}: {reason_of(report)}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.reasons.append(f"{report.nodeid}: {reason_of(report)}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.reasons and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.reasons:
            terminalreporter.section(
                f"skipped or expected to fail, though {NO_SKIPS} is set", red=True
            )
            for reason in self.reasons:
                terminalreporter.line(reason)


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get(NO_SKIPS) == "1":
        config.pluginmanager.register(Skips())
