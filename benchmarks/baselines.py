"""Every baseline on recorded pairs, article by article in five parts: mean Jaccard index with 95 % bootstrap intervals.

Usage: python benchmarks/baselines.py PAIRS.jsonl [--folds 0,1,2,3,4] [--names constant,linear,…] [--original]

PAIRS.jsonl: rows of `id`, `text` (the sentence), `sns_text` (the rewrite) and `emojis` (joined by blanks), the article's id at the end of `id` or before its
last `-00-01`. Each fifth of the articles is answered by baselines that were fitted on the other four; `--original` asks for the sentence in place of the rewrite.
Without the file nothing is measured. Exit 1 when the best of linear and hybrid is not above 0.26 on all five parts.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path

import numpy as np

from emojit.baselines import Baseline, Example
from emojit.baselines.lexicon import Lexicon
from emojit.baselines.registry import KINDS, make_baseline
from emojit.lexicon.extra import has_words_extra
from emojit.metrics import bootstrap_interval, jaccard_scores

PARTS = 5
TARGET = 0.26
_UNTRAINED = "lexicon-untrained"


def main() -> None:
    """Fit, ask, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--folds", default="0,1,2,3,4")
    parser.add_argument("--names")
    parser.add_argument("--original", action="store_true")
    options = parser.parse_args()
    if not options.pairs.is_file():
        print(f"{options.pairs} is not here: nothing measured")
        return
    folds = [int(fold) for fold in options.folds.split(",")]
    usual = [name for name, kind in KINDS.items() if has_words_extra() or not kind.needs_words]
    names = options.names.split(",") if options.names else ["constant", "length-prior", _UNTRAINED, *usual[2:]]
    rows, parts = _read(options.pairs, original=options.original)
    print(f"{len(rows):,} rows, parts {folds}; mean Jaccard [95 % interval], exact match, emoji per text, s to fit")
    reached = [_measure(name, rows, parts, folds) for name in names]
    strong = [score for name, score in zip(names, reached, strict=True) if name in ("linear", "hybrid")]
    if len(folds) == PARTS and strong and max(strong) <= TARGET:
        sys.exit(f"the best of linear and hybrid reached {max(strong):.3f}; more than {TARGET} is wanted")


def _measure(name: str, rows: list[Example], parts: np.ndarray, folds: list[int]) -> float:
    scores: list[float] = []
    counts: list[int] = []
    seconds = 0.0
    for fold in folds:
        asked = [rows[index] for index in np.flatnonzero(parts == fold)]
        start = time.perf_counter()
        baseline: Baseline = Lexicon.untrained() if name == _UNTRAINED else make_baseline(name)
        if name != _UNTRAINED:
            baseline.fit([rows[index] for index in np.flatnonzero(parts != fold)])
        seconds += time.perf_counter() - start
        answers = baseline.predict([row.text for row in asked])
        scores += jaccard_scores(answers, [row.emojis for row in asked])
        counts += map(len, answers)
    mean = sum(scores) / len(scores)
    low, high = bootstrap_interval(scores)
    exact = sum(score == 1 for score in scores) / len(scores)
    print(
        f"{name:<18} {mean:.4f} [{low:.4f}, {high:.4f}]  exact {exact:.3f}  {sum(counts) / len(counts):.2f} emoji  "
        f"{seconds / len(folds):6.1f} s",
        flush=True,
    )
    return mean


def _read(path: Path, *, original: bool) -> tuple[list[Example], np.ndarray]:
    """Return the rows, and the part of each: articles are shuffled with seed 0 and dealt out in turn."""
    with path.open(encoding="utf-8") as file:
        table = [json.loads(line) for line in file]
    rows = []
    for row in table:
        texts = (row["text"], row["sns_text"]) if original else (row["sns_text"], row["text"])
        rows.append(Example(text=texts[0], emojis=tuple(row["emojis"].split()), other=texts[1]))
    articles = [re.sub(r"-\d\d-\d\d$", "", row["id"]) for row in table]
    place = {article: index for index, article in enumerate(dict.fromkeys(articles))}
    dealt = np.random.default_rng(0).permutation(len(place)) % PARTS
    return rows, dealt[[place[article] for article in articles]]


if __name__ == "__main__":
    main()
