"""How long the report of many runs takes: `emojit experiment table` on synthetic run folders, from the start of the process to its end.

    python benchmarks/experiment_report.py [--variants 25] [--seeds 2] [--rows 2000] [--target 20]

Runs it twice, prints the seconds of each, by the clock and of the processor (on a machine with other work the first says little), and the sizes of the files.
Exits with 1 where the slower one took longer than the target (s), or where the two did not write the same bytes.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import synthetic_runs


def report(plan: Path, out: Path) -> tuple[float, float]:
    """Write the report in a process of its own and return the seconds it took, and those of the processor."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "emojit", "experiment", "table", str(plan), "--out", str(out), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", type=int, default=25, help="variants, the base among them (count)")
    parser.add_argument("--seeds", type=int, default=2, help="seeds of each (count)")
    parser.add_argument("--rows", type=int, default=2000, help="test rows (count)")
    parser.add_argument("--target", type=float, default=20.0, help="longest time that is well (s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        qualities = synthetic_runs.qualities(given.variants)
        synthetic_runs.write_plan(folder / "plan", qualities, seeds=range(given.seeds), rows=given.rows)
        seconds = [report(folder / "plan", folder / out) for out in ("one", "two")]
        files = {path.name: path.read_bytes() for path in sorted((folder / "one").iterdir())}
        same = files == {path.name: path.read_bytes() for path in sorted((folder / "two").iterdir())}
    print(
        f"{given.variants * given.seeds} runs of {given.rows:,} test rows: {', '.join(f'{wall:.1f} s ({cpu:.1f} s of processor)' for wall, cpu in seconds)}"
    )
    print(", ".join(f"{file}: {len(content) / 1e3:,.0f} kB" for file, content in files.items()))
    print("the same bytes twice" if same else "the two calls wrote different bytes")
    print(f"target {given.target:g} s")
    return int(max(wall for wall, _ in seconds) > given.target or not same)


if __name__ == "__main__":
    raise SystemExit(main())
