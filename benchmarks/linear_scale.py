"""The linear baseline on 100,000 rows: time to fit, memory, time to answer.

Usage: python benchmarks/linear_scale.py [ROWS] [NAME]        100,000 and linear unless told; NAME may be hybrid

Target: under 60 s and 4 GiB. The rows are sentences put together from the inventory's Japanese names and keywords, with their emoji and some noise: as many
different letters, pairs of letters and emoji as real rows have, and nothing that is not ours.
"""

from __future__ import annotations

import random
import resource
import sys
import time

from emojit.baselines import Example
from emojit.baselines.registry import make_baseline
from emojit.emoji import inventory

MOST_SECONDS, MOST_GIB = 60.0, 4.0
_FILLERS = [
    "は",
    "が",
    "を",
    "に",
    "で",
    "と",
    "も",
    "から",
    "まで",
    "って",
    "けど",
    "なんか",
    "やっぱり",
    "すごい",
    "今日",
    "明日",
    "見た",
    "行った",
    "食べた",
    "らしい",
    "かも",
    "マジで",
    "気がする",
    "思い出した",
    "楽しみ",
]


def main() -> None:
    """Fit, measure, print, fail below the target."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    name = sys.argv[2] if len(sys.argv) > 2 else "linear"
    rows = _rows(count)
    baseline = make_baseline(name)
    start, busy = time.perf_counter(), time.process_time()
    baseline.fit(rows)
    fitted, busy = time.perf_counter() - start, time.process_time() - busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    asked = [row.text for row in _rows(2000, seed=1)]
    start = time.perf_counter()
    baseline.predict(asked)
    rate = len(asked) / (time.perf_counter() - start)
    print(
        f"{name}: {count:,} rows fitted in {fitted:.1f} s ({busy:.1f} s of processor time), {memory:.2f} GiB at most, {rate:,.0f} texts/s answered"
    )
    if fitted > MOST_SECONDS or memory > MOST_GIB:
        sys.exit(f"too slow or too large: at most {MOST_SECONDS:g} s and {MOST_GIB:g} GiB")


def _rows(count: int, seed: int = 0) -> list[Example]:
    rng = random.Random(seed)
    table = inventory()
    weights = [1 / (place + 10) for place in range(len(table))]
    rows = []
    for items in (rng.choices(table, weights, k=rng.randint(1, 4)) for _ in range(count)):
        words = []
        for item in items:
            words += [rng.choice((item.name_ja, *item.keywords_ja)), *rng.choices(_FILLERS, k=3)]
        rows.append(Example(text="".join(words), emojis=tuple(dict.fromkeys(item.emoji for item in items))))
    return rows


if __name__ == "__main__":
    main()
