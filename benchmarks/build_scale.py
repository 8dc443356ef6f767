"""A large build through the synthetic endpoint: the memory stays flat and the rate steady, however many pairs there are.

    python benchmarks/build_scale.py [--pairs 100000] [--concurrency 64] [--floor-rows 0] [--no-near-duplicates] [--keep DIR]

The endpoint (`synthetic_teacher.py`), the build and this watcher are processes of their own. The watcher samples the resident memory of the build and its
pairs; at the end it prints memory and rate over time and exits with 1 where

* the memory grew between 20 % and 100 % of the pairs by more than the bytes per pair that are stated below, or
* the rate of the last fifth is under 0.85 of that of the second fifth (the first one warms up).

Under 50,000 pairs the row groups are still filling, and on a busy machine the rate is that of the machine: read the table then, not the exit code.

What may grow is what a build must remember of every pair to compare the next with it: the sentence and its rewrite as text (up to 100 bytes each, see
`emojit.corpus.texts`; not with `--no-near-duplicates`), three digests of replies and one of the sentence (up to 32 bytes each, see `emojit.corpus.digest_set`),
one of the rewrite (up to 64, see `emojit.dataset.digests`), and 40 bytes of counters: 432 bytes. The tables of the two indexes do not grow, for they are made
for the wanted count at the start. 15 MB in all are allowed for row groups that fill and for what the allocator keeps.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import synthetic_corpus

from emojit.recipe.corpus import FILTER_ORDER

COUNTER_BYTES = 4 * 32 + 64 + 40
TEXT_BYTES = 2 * 100
SLACK_BYTES = 15_000_000
LEAST_RATE = 0.85
FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the build: seconds since its start, pairs, resident memory (bytes)."""

    seconds: float
    pairs: int
    rss: int


def build(recipe: Path, out: Path, progress: Path) -> None:
    """Build in this process, and write the number of pairs into a file now and then."""
    from emojit.dataset.build import build
    from emojit.dataset.rows import Rows
    from emojit.recipe import BuildRecipe, load

    keep, pairs = Rows.keep, 0

    def counted(self: Rows, *arguments: object, **named: object) -> None:
        nonlocal pairs
        keep(self, *arguments, **named)  # type: ignore[arg-type]
        pairs += 1
        if pairs % 100 == 0:
            progress.write_text(str(pairs), encoding="utf-8")

    Rows.keep = counted  # type: ignore[method-assign, assignment]
    result = build(load(BuildRecipe, str(recipe)), out, render_card=lambda folder: "# card\n", quiet=True)
    progress.write_text(str(pairs), encoding="utf-8")
    print(json.dumps(result.as_dict(), ensure_ascii=False), flush=True)


def watch(process: subprocess.Popen[str], progress: Path) -> list[Sample]:
    """Sample a running build twice a second."""
    start, samples = time.monotonic(), []
    while process.poll() is None:
        time.sleep(0.5)
        text = progress.read_text(encoding="utf-8") if progress.exists() else ""
        samples.append(Sample(time.monotonic() - start, int(text or 0), resident(process.pid)))
    return [sample for sample in samples if sample.rss]


def resident(pid: int) -> int:
    """Return the resident memory of a process (bytes), 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def report(samples: list[Sample], pairs: int, allowed: int) -> bool:
    """Print memory and rate by fifths; returns whether both hold."""
    marks = []
    print(f"{'pairs':>10} {'seconds':>9} {'pairs/s':>9} {'highest RSS':>13}")
    for fifth in range(1, FIFTHS + 1):
        low, high = pairs * (fifth - 1) // FIFTHS, pairs * fifth // FIFTHS
        inside = [sample for sample in samples if low < sample.pairs <= high] or samples[-1:]
        first, last = inside[0], inside[-1]
        rate = (last.pairs - first.pairs) / max(last.seconds - first.seconds, 1e-9)
        marks.append((max(sample.rss for sample in inside), rate))
        print(f"{last.pairs:>10,} {last.seconds:>9.1f} {rate:>9.1f} {marks[-1][0] / 1e6:>10.1f} MB")
    grown = marks[-1][0] - marks[0][0]
    most = SLACK_BYTES + allowed * pairs * (FIFTHS - 1) / FIFTHS
    steady = marks[-1][1] / marks[1][1]
    print(
        f"memory at the end / at 20 %: {marks[-1][0] / marks[0][0]:.2f}; grown by {grown / 1e6:.1f} MB (at most {most / 1e6:.1f})"
    )
    print(f"rate of the last fifth / of the second: {steady:.2f} (at least {LEAST_RATE})")
    return grown <= most and steady >= LEAST_RATE


def main() -> int:
    """Run the build and judge it."""
    parser = argparse.ArgumentParser(description="A large build through the synthetic endpoint.")
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--floor-rows", type=int, default=0)
    parser.add_argument("--no-near-duplicates", action="store_true", help="without the two indexes of near-duplicates")
    parser.add_argument("--keep", type=Path, help="folder for the build; a temporary one otherwise")
    parser.add_argument("--worker", nargs=3, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        build(*given.worker)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        synthetic_corpus.write(folder / "corpus.jsonl", given.pairs * 7 // 10 + 100)
        here = Path(__file__).parent
        teacher = subprocess.Popen(
            [sys.executable, str(here / "synthetic_teacher.py")], stdout=subprocess.PIPE, text=True
        )
        try:
            assert teacher.stdout is not None
            order = [name for name in FILTER_ORDER if not (given.no_near_duplicates and name == "near_duplicate")]
            recipe = folder / "recipe.toml"
            recipe.write_text(
                f'name = "scale"\ncount = {given.pairs}\n[corpus]\nsource = "{folder / "corpus.jsonl"}"\n'
                f'[teacher]\nkind = "openai"\nmodel = "synthetic"\nbase_url = "{teacher.stdout.readline().strip()}"\n'
                f'licence = "CC0-1.0"\ndistillation_allowed = true\nconcurrency = {given.concurrency}\n'
                f"[balance]\nfloor_rows = {given.floor_rows}\n"
                f"[filters]\norder = {json.dumps(order)}\n",
                encoding="utf-8",
            )
            progress = folder / "progress"
            command = [sys.executable, __file__, "--worker", str(recipe), str(folder / "build"), str(progress)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            samples = watch(process, progress)
            assert process.stdout is not None
            printed = process.stdout.read()
        finally:
            teacher.kill()
            teacher.communicate()
        if process.returncode:
            return 1
        result = json.loads(printed)
        rows = sum(result["rows"].values())
        print(f"{rows:,} pairs, {result['asked']:,} questions in {result['teacher_seconds']:.0f} s")
        statistics = json.loads((folder / "build" / "statistics.json").read_text(encoding="utf-8"))
        emoji, count = statistics["emoji"]["counts"][0]
        print(f"most frequent: {emoji} with {count / statistics['emoji']['total']:.4f} of all emoji")
        whole = result["short_of"] == 0 and count <= 0.03 * statistics["emoji"]["total"]
        allowed = COUNTER_BYTES + (0 if given.no_near_duplicates else TEXT_BYTES)
        return 0 if report(samples, rows, allowed) and whole else 1


if __name__ == "__main__":
    sys.exit(main())
