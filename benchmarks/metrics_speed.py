"""A million pairs of one to five emoji through `emojit.metrics` on one core, beside scikit-learn's sample-wise Jaccard.

    python benchmarks/metrics_speed.py [--pairs 1000000] [--labelled 10000] [--repeats 3]

Emoji are drawn with frequencies that fall as 1 / rank, as those of a teacher about do. Ours:

* `jaccard_scores` on rows of canonical emoji,
* the same with `read_rows` before it, on strings with blanks, without blanks, and in other spellings (no variation selectors),
* `score_columns`: Jaccard, precision, recall, F1 and exact match of every row.

scikit-learn: `MultiLabelBinarizer` fitted on both sides, both sides transformed, `jaccard_score(average="samples", zero_division=1)`. Its default is a
dense matrix, rows times kinds of emoji; a million rows of it would take tens of gigabytes, so it is timed on --labelled of the rows, and ours on the
same ones. With `sparse_output=True` it does all rows, and is far faster than by default; that ratio is printed, too.

All take turns, each figure is the best of the repeats in seconds of this process's CPU time, and the means must agree.

Targets: every one of ours below 3 s per million pairs; `jaccard_scores` at least 10 times as fast as scikit-learn with a MultiLabelBinarizer as it comes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from statistics import fmean

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one core for everybody; read when numpy is imported

import numpy as np
from sklearn.metrics import jaccard_score
from sklearn.preprocessing import MultiLabelBinarizer

from emojit.emoji import INVENTORY
from emojit.metrics import jaccard_scores, read_rows, score_columns

MOST_SECONDS = 3.0
"""Per million pairs."""
LEAST_RATIO = 10.0
"""scikit-learn's time over ours."""

Rows = list[list[str]]


def draw(count: int, seed: int) -> Rows:
    """Return rows of one to five different emoji."""
    generator = np.random.default_rng(seed)
    limits = np.cumsum(1 / np.arange(1, len(INVENTORY) + 1))
    sizes = generator.integers(1, 6, count)
    places = np.searchsorted(limits, generator.random(int(sizes.sum())) * limits[-1])
    emojis = iter([INVENTORY[place] for place in places])
    return [list(dict.fromkeys(next(emojis) for _ in range(size))) for size in sizes.tolist()]


def sklearn_mean(predictions: Rows, references: Rows, *, sparse: bool) -> float:
    """Return the mean sample-wise Jaccard index as scikit-learn has it."""
    encoder = MultiLabelBinarizer(sparse_output=sparse).fit(predictions + references)
    ours, theirs = encoder.transform(predictions), encoder.transform(references)
    return float(jaccard_score(theirs, ours, average="samples", zero_division=1))


def best(work: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Return the seconds of CPU time of the fastest run, and what it answered."""
    times, answer = [], 0.0
    for _ in range(repeats):
        start = time.process_time()
        answer = work()
        times.append(time.process_time() - start)
    return min(times), answer


def ours_on(predictions: Sequence[str], references: Sequence[str]) -> Callable[[], float]:
    """Return the work of reading strings and scoring them."""
    return lambda: fmean(jaccard_scores(read_rows(predictions), read_rows(references)))


def main() -> int:
    """Time everything and print the table."""
    parser = argparse.ArgumentParser(description="Time the metrics beside scikit-learn.")
    parser.add_argument("--pairs", type=int, default=1_000_000, help="pairs of rows")
    parser.add_argument("--labelled", type=int, default=10_000, help="pairs for scikit-learn's dense matrix")
    parser.add_argument("--repeats", type=int, default=3, help="how often each is timed")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # scikit-learn warns of labels without a true or predicted sample
    predictions, references = draw(options.pairs, 0), draw(options.pairs, 1)
    small = predictions[: options.labelled], references[: options.labelled]
    blanks = [[" ".join(row) for row in side] for side in (predictions, references)]
    joined = [["".join(row) for row in side] for side in (predictions, references)]
    spelled = [[text.replace("\ufe0f", "") for text in side] for side in joined]
    works: dict[str, tuple[int, Callable[[], float]]] = {
        "jaccard_scores": (options.pairs, lambda: fmean(jaccard_scores(predictions, references))),
        "read_rows and jaccard_scores, blanks": (options.pairs, ours_on(*blanks)),
        "read_rows and jaccard_scores, no blanks": (options.pairs, ours_on(*joined)),
        "read_rows and jaccard_scores, no selectors": (options.pairs, ours_on(*spelled)),
        "score_columns": (options.pairs, lambda: fmean(score_columns(predictions, references).jaccard)),
        "jaccard_scores, the rows of the dense matrix": (len(small[0]), lambda: fmean(jaccard_scores(*small))),
        "scikit-learn, dense": (len(small[0]), lambda: sklearn_mean(*small, sparse=False)),
        "scikit-learn, sparse": (options.pairs, lambda: sklearn_mean(predictions, references, sparse=True)),
    }
    seconds, means = {}, {}
    for name, (pairs, work) in works.items():
        repeats = 1 if name == "scikit-learn, dense" else options.repeats
        seconds[name], means[name] = best(work, repeats)
        print(f"{name:46}{pairs:>10,} pairs {seconds[name]:8.3f} s   {1e6 * seconds[name] / pairs:8.2f} s per million")
    wanted = {pairs: means[name] for name, (pairs, _) in works.items() if name.startswith("scikit-learn")}
    wrong = [name for name, (pairs, _) in works.items() if abs(means[name] - wanted[pairs]) > 1e-9]
    dense = seconds["scikit-learn, dense"] / seconds["jaccard_scores, the rows of the dense matrix"]
    sparse = seconds["scikit-learn, sparse"] / seconds["jaccard_scores"]
    per_million = max(1e6 * seconds[name] / options.pairs for name in list(works)[:5])
    print(f"\nslowest of ours: {per_million:.2f} s per million pairs, target below {MOST_SECONDS}")
    print(f"scikit-learn with MultiLabelBinarizer() / ours: {dense:.1f}, target {LEAST_RATIO}")
    print(f"scikit-learn with MultiLabelBinarizer(sparse_output=True) / ours: {sparse:.1f}")
    for name in wrong:
        print(f"{name}: mean {means[name]!r}, scikit-learn {wanted[works[name][0]]!r}")
    return int(bool(wrong) or per_million >= MOST_SECONDS or dense < LEAST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
