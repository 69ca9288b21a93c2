"""
Measures kzd as a filter in whole processes: `python -m tests.benchmarks [--rounds N]`.

All programs take turns on the same input in each round, so that the machine's moods hit them
alike; medians are printed as ratios, with the peak memory that the kernel saw.  What stands
behind a ratio is in the columns: seconds of kzd, ratio to each other program.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import NamedTuple

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
SIZES = {"2 KB": 2_000, "1 MB": 1_000_000, "10 MB": 10_000_000}
SHARES = {"10 MB": 0.33}
ROUND_TRIP_ROUNDS = 1
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""The environment without what changes how Python runs: bytecode is kept, as for installed code."""


class Figures(NamedTuple):
    """Seconds and peak kibibytes of each run, and the bytes that the last one wrote."""

    seconds: list[float]
    kibibytes: list[int]
    written: int


def measured(command: list[str], source: Path, figures: Figures | None) -> Figures:
    """One more run, as a whole process; raises SystemExit where it fails."""
    with source.open("rb") as stdin, tempfile.TemporaryFile() as stdout:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, cwd=ROOT, env=PLAIN
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        written = stdout.seek(0, os.SEEK_END)
    before = figures or Figures([], [], 0)
    return Figures([*before.seconds, seconds], [*before.kibibytes, usage.ru_maxrss], written)


def commands(folder: Path) -> dict[str, list[str]]:
    """The programs by their names; kyaml only where Go is."""
    python = sys.executable
    installed = Path(python).parent / "kzd"
    found = {
        "kzd": [str(installed)] if installed.exists() else [python, "-m", "kzd"],
        "python -c pass": [python, "-c", "pass"],
        "ruamel round trip": [python, str(FOLDER / "round_trip.py")],
    }
    if shutil.which("go"):
        program = folder / "kyaml"
        subprocess.run(["go", "build", "-o", str(program), "."], cwd=FOLDER / "kyaml", check=True)
        found["kyaml function"] = [str(program)]
    return found


def stream(folder: Path, name: str) -> Path:
    """A generated stream of that size."""
    file = folder / f"{name.replace(' ', '-')}.yaml"
    generator = [sys.executable, str(FOLDER / "generate.py"), str(SIZES[name])]
    with file.open("wb") as output:
        subprocess.run([*generator, str(SHARES.get(name, 0.5))], stdout=output, check=True)
    return file


def compared(programs: dict[str, list[str]], source: Path, rounds: int) -> dict[str, Figures]:
    """The figures of all programs, in turn; each has a run before that does not count."""
    figures: dict[str, Figures] = {}
    for number in range(rounds + 1):
        for name, command in programs.items():
            if name == "ruamel round trip" and number > ROUND_TRIP_ROUNDS:
                continue
            if number == 1:
                figures.pop(name, None)
            figures[name] = measured(command, source, figures.get(name))
    return figures


def rows(name: str, figures: dict[str, Figures]) -> Iterable[str]:
    """The table's rows for one size."""
    kzd = figures["kzd"]
    for other, its in figures.items():
        ratio = median(kzd.seconds) / median(its.seconds)
        memory = median(kzd.kibibytes) / median(its.kibibytes)
        yield (
            f"| {name} | {other} | {median(its.seconds) * 1000:.0f} ms "
            f"({min(its.seconds) * 1000:.0f}-{max(its.seconds) * 1000:.0f}, n={len(its.seconds)}) "
            f"| {ratio:.2f} | {median(its.kibibytes) / 1024:.0f} MB | {memory:.3f} |"
        )


def main() -> None:
    """Measure all sizes and print the table."""
    parser = argparse.ArgumentParser(description="Whole processes in turn, medians as ratios.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", choices=SIZES, action="append")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = commands(folder)
        if "kyaml function" not in programs:
            print("Go is not installed: no comparison with a kyaml function")
        print("| input | program | median | kzd / program | peak memory | kzd / program |")
        print("|---|---|---|---|---|---|")
        for size in arguments.size or SIZES:
            figures = compared(programs, stream(folder, size), arguments.rounds)
            print("\n".join(rows(size, figures)), flush=True)


if __name__ == "__main__":
    main()
