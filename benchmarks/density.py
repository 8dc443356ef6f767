"""How well the density report extrapolates: from some rows of real teacher replies to all of them.

    python benchmarks/density.py [FILE] [--rows 1000] [--times 20]

Draws that many rows at random, lets `emojit.dataset.density` estimate the whole file, and holds the estimate against the truth: the mean of both over
all drawings, and the root of the mean squared error. A row of the file is JSON with `emojis`; by default it is
../shared/data/teacher_recorded.jsonl beside the checkout, and without it this says so and exits with 0. Exits with 1 when an estimate of the whole inventory
is off by more than a fifth on average.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from emojit.dataset.density import MANY, Density, densities
from emojit.emoji import INVENTORY, extract

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "teacher_recorded.jsonl"
NAMES = ("mean rows per emoji", "median", "rarest", *(f"emoji with {many} rows" for many in MANY), "emoji never seen")
TARGET = 0.2
"""Largest relative error of the mean estimate."""


def figures(found: Density) -> list[float]:
    """Return the figures of a record in the order of `NAMES`."""
    return [found.mean, found.median, found.least, *found.at_least, found.unseen * found.emoji]


def truth(counts: list[int]) -> list[float]:
    """Return the same figures of rows per emoji that are known."""
    values = np.array(counts)
    middle = np.quantile(values, 0.5, method="inverted_cdf")
    return [values.mean(), middle, values.min(), *((values >= many).sum() for many in MANY), (values == 0).sum()]


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=SHARED, help="JSON lines with `emojis`")
    parser.add_argument("--rows", type=int, default=1000, help="rows to estimate from (count)")
    parser.add_argument("--times", type=int, default=20, help="drawings (count)")
    options = parser.parse_args()
    if not options.file.is_file():
        print(f"skipped: {options.file} is missing; give a JSON lines file with `emojis`")
        return 0
    lines = options.file.read_text(encoding="utf-8").splitlines()
    rows = [set(extract(str(json.loads(line)["emojis"]), lenient=True)) for line in lines]
    every = Counter(emoji for row in rows for emoji in row)
    chance = np.random.default_rng(0)
    estimates: dict[int, list[list[float]]] = {}
    truths: dict[int, list[list[float]]] = {}
    for _ in range(options.times):
        drawn = chance.permutation(len(rows))[: options.rows]
        counts = Counter(emoji for index in drawn for emoji in rows[index])
        ranked = sorted(INVENTORY, key=lambda emoji: (-counts[emoji], emoji))
        for found in densities(counts, options.rows, inventory=len(INVENTORY), sizes=(len(rows),)):
            estimates.setdefault(found.emoji, []).append(figures(found))
            truths.setdefault(found.emoji, []).append(truth([every[emoji] for emoji in ranked[: found.emoji]]))
    print(f"{options.rows:,} rows -> {len(rows):,} rows, {options.times} drawings")
    worst = 0.0
    for emoji, estimated in estimates.items():
        mine, known = np.array(estimated), np.array(truths[emoji])  # (times, figures)
        error = np.sqrt(((mine - known) ** 2).mean(axis=0))
        print(f"\ninventory of {emoji:,} emoji\n{'':24}{'estimate':>10}{'truth':>10}{'error':>10}")
        for name, *values in zip(NAMES, mine.mean(axis=0), known.mean(axis=0), error, strict=True):
            print(f"{name:24}" + "".join(f"{value:10.1f}" for value in values))
        if emoji == len(INVENTORY):
            off = np.abs(mine.mean(axis=0) - known.mean(axis=0)) / np.maximum(known.mean(axis=0), 1)
            worst = float(off.max())
    print(f"\nwhole inventory: largest relative error of a mean estimate {worst:.2f}, target {TARGET}")
    return int(worst > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
