"""Measure whether the corpus step scales: near-duplicates on one core, two processes beside one, memory at ten times the articles.

    python benchmarks/corpus_scale.py [CORPUS] [--rounds N]

1. Sentences per CPU second from article to kept sentence with every filter, `near_duplicate` included, and no limit per article, so that every sentence
   the others keep is compared.
2. Wall time of the scan (parse, split, filter) with one process beside two, in turns; the median of the ratios counts. Needs two cores that are free.
3. Peak memory of a process that draws from 4,000 and from 40,000 articles, every filter but the two that remember, and then with them; the growth
   per remembered sentence is printed.

CORPUS is a JSON lines file with `text`, by default ../shared/data/wiki_articles.jsonl beside the checkout; larger corpora are made of it by repeating it
under new ids. Prints each figure with its target and exits with 1 when one is missed; without a corpus it says so and exits with 0.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from emojit.corpus.choice import Choice
from emojit.corpus.draw import draw
from emojit.corpus.filters import Scanner
from emojit.corpus.pool import scan
from emojit.corpus.sources import open_articles
from emojit.recipe import CorpusConfig, FilterConfig
from emojit.recipe.corpus import REMEMBERING

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "wiki_articles.jsonl"
TARGET_RATE = 15_000
"""Sentences offered per second of CPU time, near-duplicates included."""
TARGET_SPEED_UP = 1.7
"""Of two processes over one."""
TARGET_GROWTH_MB = 8.0
"""By which ten times the articles may raise the peak (MB), without the filters that remember."""
FEW, MANY = 4_000, 40_000
"""Articles of the memory test."""
MB = 2**20


def repeated(corpus: Path, count: int) -> Iterator[dict[str, object]]:
    """Yield so many rows, the corpus again and again under new ids."""
    copy = 0
    while True:
        with corpus.open(encoding="utf-8") as file:
            for line in file:
                if count == 0:
                    return
                count -= 1
                row = json.loads(line)
                yield {**row, "id": f"{row.get('id')}-{copy}"}
        copy += 1


def write(path: Path, rows: Iterator[dict[str, object]]) -> str:
    """Write JSON lines; return the path."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return str(path)


def measure_near(corpus: str, rounds: int) -> bool:
    """Print sentences/s with near-duplicates on one core; return whether the target is met."""
    rates, offered, kept = [], 0, 0
    for _ in range(rounds):
        source, scanner = open_articles(CorpusConfig(source=corpus), quiet=True), Scanner(FilterConfig())
        choice = Choice(FilterConfig(), limit=0, seed=0)
        start, offered, kept = time.process_time(), 0, 0
        for article in source:
            for offer in choice.offers(scanner.scan(article)):
                offered += 1
                kept += offer.reason is None
        rates.append(offered / (time.process_time() - start))
    rate = statistics.median(rates)
    print(f"near-duplicates   {offered:,} sentences offered, {kept:,} kept")
    print(f"                  {rate:>10,.0f} sentences/s (least {min(rates):,.0f}; target {TARGET_RATE:,})")
    return rate >= TARGET_RATE


def wall(corpus: str, processes: int) -> float:
    """Return the wall time of a scan (s), workers started and ended included."""
    start = time.perf_counter()
    deque(scan(open_articles(CorpusConfig(source=corpus), quiet=True), FilterConfig(), processes), maxlen=0)
    return time.perf_counter() - start


def measure_processes(corpus: str, rounds: int) -> bool:
    """Print how much faster two processes are than one; return whether the target is met."""
    if len(os.sched_getaffinity(0)) < 2:
        print("two processes     left out: this machine has one core")
        return True
    ratios = [wall(corpus, 1) / wall(corpus, 2) for _ in range(rounds)]
    ratio = statistics.median(ratios)
    print(f"two processes     {ratio:>10.2f} times one (least {min(ratios):.2f}; target {TARGET_SPEED_UP})")
    return ratio >= TARGET_SPEED_UP


def peak(corpus: str, filters: str) -> tuple[int, int]:
    """Return (peak memory in bytes, sentences remembered) of a process that draws from a corpus."""
    done = subprocess.run(
        [sys.executable, __file__, corpus, "--peak", filters], capture_output=True, text=True, check=True
    )
    memory, remembered = map(int, done.stdout.split())
    return memory, remembered


def show_peak(corpus: str, filters: str) -> None:
    """Draw everything and print what `peak` returns; runs in a process of its own."""
    order = tuple(name for name in FilterConfig().order if filters == "all" or name not in REMEMBERING)
    kept = 0
    for offer in draw(CorpusConfig(source=corpus), FilterConfig(order=order), seed=0, spread=False, quiet=True):
        kept += offer.reason is None
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    high_water = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    print(int(high_water.split()[1]) * 1024, kept)


def measure_memory(few: str, many: str) -> bool:
    """Print the peaks; return whether ten times the articles need no more."""
    if not Path("/proc/self/status").exists():
        print("memory            left out: no /proc on this system")
        return True
    (small, _), (large, _) = peak(few, "pure"), peak(many, "pure")
    growth = (large - small) / MB
    print(f"memory            {small / MB:>10.1f} MB for {FEW:,} articles, without the filters that remember")
    print(
        f"                  {large / MB:>10.1f} MB for {MANY:,} ({growth:+.1f}; target at most +{TARGET_GROWTH_MB:g})"
    )
    (small, before), (large, after) = peak(few, "all"), peak(many, "all")
    each = (large - small) / max(1, after - before)
    print(f"                  {small / MB:>10.1f} MB and {large / MB:.1f} MB with them: {each:,.0f} bytes")
    print(f"                             for each of {after - before:,} sentences more that are remembered")
    return growth <= TARGET_GROWTH_MB


def main() -> int:
    """Measure, print, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=SHARED, help="JSON lines file")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--peak", choices=("pure", "all"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.corpus.is_file():
        print(f"skipped: {arguments.corpus} is missing; give a JSON lines file with `text`")
        return 0
    if arguments.peak:
        show_peak(str(arguments.corpus), arguments.peak)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        few = write(Path(folder) / "few.jsonl", repeated(arguments.corpus, FEW))
        many = write(Path(folder) / "many.jsonl", repeated(arguments.corpus, MANY))
        met = [
            measure_near(str(arguments.corpus), arguments.rounds),
            measure_processes(many, arguments.rounds),
            measure_memory(few, many),
        ]
    return int(not all(met))


if __name__ == "__main__":
    raise SystemExit(main())
