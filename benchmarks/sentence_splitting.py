"""Hold the sentence splitter against people: boundaries found in paragraphs whose sentences are known.

    python benchmarks/sentence_splitting.py [--corpus FILE] [--sentences N]

The corpus is a JSON lines file of which every `text` is one sentence that a person cut out, such as ../shared/data/recorded_corpus.jsonl. N of them
in a row (default 3), in a seeded order, make a paragraph without any blanks between them. Prints precision and recall of the boundaries inside the
paragraphs for our splitter, for a split at every 。 and for a split at every 。！？!?, and the boundaries that ours gets wrong. Exits with 1 when
one of ours is below its target. Without such a file the paragraphs of tests/corpus/paragraphs.txt are read: our own writing, all tricky.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from emojit.corpus import split_sentences

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data" / "recorded_corpus.jsonl"
TARGET = 0.985
"""Least precision, and least recall."""

SPLITTERS: dict[str, Callable[[str], list[str]]] = {
    "emojit": split_sentences,
    "every 。": lambda text: re.split(r"(?<=。)", text),
    "every 。！？!?": lambda text: re.split(r"(?<=[。！？!?])(?![。！？!?])", text),
}


def read_paragraphs(path: Path | None, size: int) -> list[list[str]]:
    """Return paragraphs as lists of sentences."""
    if path is None:
        lines = (ROOT / "tests" / "corpus" / "paragraphs.txt").read_text(encoding="utf-8").splitlines()
        return [line.split("‖") for line in lines if line and not line.startswith("#")]
    sentences = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    random.Random(0).shuffle(sentences)
    return [sentences[start : start + size] for start in range(0, len(sentences) - size + 1, size)]


def boundaries(items: Sequence[str]) -> set[int]:
    """Return where one item ends and the next begins, counted in characters that are not blank."""
    ends, end = {0}, 0
    for item in items:
        end += len("".join(item.split()))
        ends.add(end)
    return ends - {0, end}


def main() -> int:
    """Measure, print, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SHARED if SHARED.exists() else None, help="JSON lines file")
    parser.add_argument("--sentences", type=int, default=3, help="sentences per paragraph (default 3)")
    arguments = parser.parse_args()
    paragraphs = read_paragraphs(arguments.corpus, arguments.sentences)
    wanted = [boundaries(items) for items in paragraphs]
    print(f"{len(paragraphs):,} paragraphs, {sum(map(len, wanted)):,} boundaries")
    met = True
    for name, split in SPLITTERS.items():
        found = [boundaries(split("".join(items))) for items in paragraphs]
        hits = sum(len(here & there) for here, there in zip(wanted, found, strict=True))
        precision, recall = hits / max(1, sum(map(len, found))), hits / max(1, sum(map(len, wanted)))
        print(f"{name:16} precision {precision:.4f}  recall {recall:.4f}")
        if name == "emojit":
            met = min(precision, recall) >= TARGET
            for items, here, there in zip(paragraphs, wanted, found, strict=True):
                text = "".join("".join(items).split())
                for place in sorted(here ^ there):
                    print(
                        f"  {'missed' if place in here else 'wrong '} {text[max(0, place - 25) : place]}‖{text[place : place + 15]}"
                    )
    return int(not met)


if __name__ == "__main__":
    raise SystemExit(main())
