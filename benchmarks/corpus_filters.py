"""Time the way from articles to kept sentences on one core, side by side with HojiChar.

    python benchmarks/corpus_filters.py [--corpus FILE] [--rounds N]

Ours is all of it: splitting, sentence ids, every filter, flags, `duplicate`, and the choice within an article; only `near_duplicate` is left out.
HojiChar is given the sentences already split, and does what it has for the same ends: length, language, personal data, advertisements, its three word
lists, and duplicates by a set of hashes. Both are timed in turns on the CPU clock of this process, round by round; the median counts. Prints
sentences/s and the ratio, and exits with 1 when one misses its target.

HojiChar is no dependency of this project. To have the ratio: `pip install hojichar`, best in an environment of its own beside `pip install -e .`;
without it the ratio is left out and said so. The corpus is a JSON lines file with `text`, such as ../shared/data/wiki_articles.jsonl; without one
the packaged sample is read 20 times over under other ids.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from emojit.corpus import Article, Scanner
from emojit.corpus.choice import Choice
from emojit.corpus.split import split_sentences
from emojit.recipe import FilterConfig
from emojit.recipe.corpus import FILTER_ORDER
from emojit.resources import resource

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "wiki_articles.jsonl"
TARGET_RATE = 40_000
"""Sentences offered per second of CPU time."""
TARGET_RATIO = 5.0
"""Times as many as HojiChar."""


def read_articles(path: Path | None) -> list[Article]:
    """Return the articles of a JSON lines file, or the packaged sample many times over."""
    source = path or resource("sample/articles.jsonl")
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
    copies = 1 if path else 20
    return [
        Article(
            source=str(row.get("source", source.stem)),
            doc_id=f"{row.get('id', number)}-{copy}",
            title=row.get("title"),
            url=row.get("url"),
            licence=row.get("licence"),
            text=row["text"],
        )
        for copy in range(copies)
        for number, row in enumerate(rows)
    ]


def ours(articles: Sequence[Article]) -> tuple[int, int]:
    """Run the whole way once; return the numbers of sentences offered and kept."""
    config = FilterConfig(order=tuple(name for name in FILTER_ORDER if name != "near_duplicate"))
    scanner, choice = Scanner(config), Choice(replace(config), limit=0, seed=0)
    offered = kept = 0
    for article in articles:
        for offer in choice.offers(scanner.scan(article)):
            offered += 1
            kept += offer.reason is None
    return offered, kept


def hojichar_pipeline() -> Callable[[str], str] | None:
    """Return a pipeline of comparable filters, or None where HojiChar is not installed."""
    try:
        from hojichar import Compose
        from hojichar import document_filters as filters
    except ImportError:
        return None
    seen: set[str] = set()

    class DropDuplicates(filters.Filter):  # type: ignore[misc]
        """HojiChar's own one keeps its hashes in a file; a set is faster."""

        def apply(self, document):  # type: ignore[no-untyped-def]
            """Discard a text that was met before."""
            document.is_rejected = document.text in seen
            seen.add(document.text)
            return document

    return Compose(
        [
            filters.DocumentNormalizer(),
            filters.DocumentLengthFilter(min_doc_len=15, max_doc_len=120),
            filters.AcceptJapanese(),
            filters.DiscardRareKuten(),
            filters.DiscardTooManyEndingEllipsis(),
            filters.DiscardBBSComments(),
            filters.DiscardAds(),
            filters.DiscardAdultContentJa(),
            filters.DiscardViolenceContentJa(),
            filters.DiscardDiscriminationContentJa(),
            filters.MaskPersonalInformation(),
            DropDuplicates(),
        ]
    )


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of doing it once."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    """Measure, print, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SHARED if SHARED.exists() else None, help="JSON lines file")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument(
        "--hojichar-sentences", type=int, default=10_000, help="sentences per round for HojiChar (default 10,000)"
    )
    arguments = parser.parse_args()
    articles = read_articles(arguments.corpus)
    offered, kept = ours(articles)
    print(f"{len(articles):,} articles, {offered:,} sentences offered, {kept:,} kept")
    texts = [text for article in articles for text in split_sentences(article.text)]
    step = max(1, len(texts) // arguments.hojichar_sentences)
    sample = texts[::step]
    rates, ratios = [], []
    for _ in range(arguments.rounds):
        rates.append(offered / seconds(lambda: ours(articles)))
        pipeline = hojichar_pipeline()
        if pipeline is not None:
            rival = len(sample) / seconds(lambda run=pipeline: [run(text) for text in sample])  # type: ignore[misc]
            ratios.append(rates[-1] / rival)
    rate = statistics.median(rates)
    print(
        f"emojit    {rate:>10,.0f} sentences/s (least {min(rates):,.0f}, most {max(rates):,.0f}; target {TARGET_RATE:,})"
    )
    if not ratios:
        print(
            "hojichar  not installed: the ratio is left out; `pip install hojichar` beside `pip install -e .` and run this again"
        )
        return int(rate < TARGET_RATE)
    ratio = statistics.median(ratios)
    print(f"hojichar  {rate / ratio:>10,.0f} sentences/s")
    print(f"ratio     {ratio:>10.1f} (least {min(ratios):.1f}, most {max(ratios):.1f}; target {TARGET_RATIO:g})")
    return int(rate < TARGET_RATE or ratio < TARGET_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
