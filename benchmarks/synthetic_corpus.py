"""A synthetic corpus: articles of made-up Japanese-like sentences that pass the filters and resemble each other little.

python benchmarks/synthetic_corpus.py ARTICLES FILE.jsonl [--seed 0]
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロ"
HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ"
KANJI = "山川海空森林花鳥風月星雪雨雲石町村寺橋港駅店家庭道池島谷湖畑市場駅館園祭歌絵本茶酒米魚肉菜塩糖旗船車馬犬猫虎竜亀鶴"
VERBS = (
    "で知られている",
    "として親しまれている",
    "に使われてきた",
    "から運ばれてくる",
    "まで広がっている",
    "を支えてきた",
    "と呼ばれた",
)


def articles(count: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """Yield articles of three to five sentences, the same for the same seed."""
    rng = random.Random(seed)

    def word(letters: str, least: int, most: int) -> str:
        return "".join(rng.choices(letters, k=rng.randint(least, most)))

    def sentence() -> str:
        name, place = word(KATAKANA, 4, 8), word(KANJI, 2, 4)
        phrase = f"{word(HIRAGANA, 3, 6)}{word(KANJI, 1, 2)}の{word(HIRAGANA, 3, 5)}"
        return f"{name}は、{place}の{phrase}や{word(KATAKANA, 3, 6)}{rng.choice(VERBS)}。"

    for number in range(count):
        text = "".join(sentence() for _ in range(rng.randint(3, 5)))
        yield {"id": f"a{number}", "title": word(KATAKANA, 3, 6), "text": text, "licence": "CC0-1.0"}


def write(path: Path, count: int, seed: int = 0) -> None:
    """Write articles as JSON lines."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for article in articles(count, seed):
            file.write(f"{json.dumps(article, ensure_ascii=False)}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a synthetic corpus.")
    parser.add_argument("articles", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(given.file, given.articles, given.seed)
