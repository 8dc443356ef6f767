"""Time `emojit.emoji.extract` against `emoji.emoji_list`, side by side in one process.

    python benchmarks/emoji_reader.py [--text FILE] [--rounds N]

Both read the same strings in turns, round by round, so that a busy machine slows both. `extract` does more: it folds
every spelling and tells text from emoji. One warm-up round comes first: `extract` remembers what a toned spelling
means, and is slower than `emoji_list` (about 0.5) on the first meeting of each. Prints the ratio of the times (median,
least and most over the rounds) and exits with 1 when a median misses its target.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from emoji import EMOJI_DATA, emoji_list

from emojit.emoji import INVENTORY, extract

TARGETS = {
    "emoji only": 1.5,
    "spellings with tones": 1.5,
    "sentences without emoji": 10.0,
    "sentences with emoji": 1.5,
}
"""Least ratio time(emoji_list) / time(extract) per kind of text."""

SENTENCES = (
    "今日はとても良い天気なので、友達と一緒に近くの公園まで歩いて行きました。",
    "鎌倉時代に建てられたこの寺は、1953年に国の重要文化財に指定されている。",
    "新しいラーメン屋のスープは濃厚だったけれど、麺が少し柔らかすぎた気がする。",
    "明日の会議は午前10時から始まりますので、資料を忘れずに持ってきてください。",
    "この論文では、教師モデルの出力を用いて小さなモデルを学習する方法を提案する。",
    "電車が遅れたせいで映画の最初の10分を見逃してしまい、とても残念だった。",
    "北海道の冬は長く、十二月から三月まで雪に覆われる地域も少なくない。",
    "彼女は三歳からピアノを始め、二十歳のときに国際コンクールで優勝した。",
)


def texts(count: int, sentences: Sequence[str]) -> dict[str, list[str]]:
    """Return `count` strings of each kind, the same on every run."""
    chance = random.Random(16)
    plain = [chance.choice(sentences) for _ in range(count)]
    runs = ["".join(chance.choices(INVENTORY, k=chance.randint(1, 5))) for _ in range(count)]
    spellings = [spelling for spelling, data in EMOJI_DATA.items() if data["E"] <= 16 and len(spelling) > 1]
    return {
        "emoji only": runs,
        "spellings with tones": ["".join(chance.choices(spellings, k=chance.randint(1, 5))) for _ in range(count)],
        "sentences without emoji": plain,
        "sentences with emoji": [sentence + run for sentence, run in zip(plain, runs, strict=True)],
    }


def seconds(read: Callable[[str], object], strings: Sequence[str]) -> float:
    """Return how long reading all strings once takes."""
    start = time.perf_counter()
    for string in strings:
        read(string)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print one line per kind of text, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, help="UTF-8 file, one sentence per line, instead of the built-in ones")
    parser.add_argument("--rounds", type=int, default=9, help="rounds per kind of text (default 9)")
    parser.add_argument("--count", type=int, default=2000, help="strings per round (default 2000)")
    arguments = parser.parse_args()
    sentences: Sequence[str] = SENTENCES
    if arguments.text:
        lines = arguments.text.read_text(encoding="utf-8").splitlines()
        sentences = [line for line in lines if line and not extract(line)]
    missed = 0
    print(f"{'text':26}{'strings/s':>12}{'emoji_list':>12}{'ratio':>8}{'least':>8}{'most':>8}{'target':>8}")
    for kind, strings in texts(arguments.count, sentences).items():
        seconds(extract, strings), seconds(emoji_list, strings)  # warm-up
        pairs = [(seconds(extract, strings), seconds(emoji_list, strings)) for _ in range(arguments.rounds)]
        ratios = [theirs / ours for ours, theirs in pairs]
        ratio = statistics.median(ratios)
        speeds = [len(strings) / statistics.median(column) for column in zip(*pairs, strict=True)]
        numbers = f"{ratio:8.2f}{min(ratios):8.2f}{max(ratios):8.2f}{TARGETS[kind]:8.1f}"
        print(f"{kind:26}{speeds[0]:12,.0f}{speeds[1]:12,.0f}{numbers}")
        missed += ratio < TARGETS[kind]
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
