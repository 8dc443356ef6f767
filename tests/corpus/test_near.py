from __future__ import annotations

import math
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.corpus.bands import MOST_ALIKE, BandTable
from emojit.corpus.near import NearDuplicates, bands_for, bigrams, fold, jaccard

PINNED = [1813582856, 1944965930, 3158968166, 4220496094]

WORDS = [
    "図書館",
    "音楽",
    "市場",
    "列車",
    "海岸",
    "研究所",
    "小学校",
    "祭り",
    "神社",
    "新聞",
    "写真",
    "工場",
    "果物",
    "雑誌",
    "博物館",
    "港",
    "病院",
    "劇場",
    "牧場",
    "気象",
    "展覧会",
    "植物園",
    "電波",
    "信号",
    "記録",
    "選手",
    "監督",
    "作家",
    "農家",
    "職人",
    "建築家",
    "料理人",
    "学生",
    "住民",
    "観光客",
    "旅人",
]
VERBS = [
    "訪れた",
    "見つめた",
    "描いた",
    "運んだ",
    "支えた",
    "集めた",
    "調べた",
    "育てた",
    "守った",
    "伝えた",
    "直した",
    "並べた",
    "学んだ",
    "歌った",
    "数えた",
    "選んだ",
]
PLACES = [
    "札幌",
    "仙台",
    "金沢",
    "長野",
    "静岡",
    "名古屋",
    "京都",
    "神戸",
    "岡山",
    "広島",
    "高松",
    "松山",
    "福岡",
    "長崎",
    "熊本",
    "鹿児島",
    "那覇",
    "新潟",
    "富山",
    "青森",
]


def sentences(count: int, seed: int = 0) -> list[str]:
    """Distinct sentences of two clauses, 30 to 45 characters."""
    rng = random.Random(seed)
    made: dict[str, None] = {}
    while len(made) < count:
        a, b, c, d = rng.sample(WORDS, 4)
        place, other = rng.sample(PLACES, 2)
        made[
            f"{rng.randrange(1800, 2020)}年に{place}の{a}で{b}を{rng.choice(VERBS)}あと、{other}へ{c}を届け、{d}と{rng.choice(VERBS)}。"
        ] = None
    return list(made)


def one_character(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) - 1)
    return text[:at] + rng.choice("あかさたなはまやらわ") + text[at + 1 :]


def a_word(text: str, rng: random.Random) -> str:
    return text.replace(next(w for w in rng.sample(WORDS, len(WORDS)) if w in text), "会社", 1)


def punctuation(text: str, rng: random.Random) -> str:
    return rng.choice([text.replace("、", ""), text[:-1] + "！", text.replace("、", " , ", 1)])


def a_clause(text: str, rng: random.Random) -> str:
    parts = text.split("、")
    del parts[1]
    return "、".join(parts)


@pytest.mark.parametrize("threshold", [0.5, 0.6])
def test_500_of_500_small_edits_are_found(threshold: float) -> None:
    originals = sentences(500)
    near = NearDuplicates(threshold)
    for text in originals:
        near.remember(text)
    rng = random.Random(1)
    edits = [one_character, a_word, punctuation, a_clause]
    missed = [
        (text, edited)
        for i, text in enumerate(originals)
        if near.similar(edited := edits[i % 4](text, rng)) is None
        and jaccard(bigrams(fold(text)), bigrams(fold(edited))) >= threshold
    ]
    below = sum(
        jaccard(bigrams(fold(t)), bigrams(fold(edits[i % 4](t, random.Random(i))))) < threshold
        for i, t in enumerate(originals)
    )
    assert missed == []
    assert below <= (0 if threshold == 0.5 else 25)


def test_a_change_of_width_case_or_blanks_is_no_difference() -> None:
    near = NearDuplicates(1.0)
    assert near.add("ＡＢＣ社は2020年に設立された。") is None
    assert near.add("abc 社は２０２０年に設立された。") == "ＡＢＣ社は2020年に設立された。"


def test_what_differs_in_one_number_only_is_a_near_duplicate() -> None:
    near = NearDuplicates(0.6)
    assert near.add("この駅の1日の平均乗車人員は約6,997人である。") is None
    assert near.add("この駅の1日の平均乗車人員は約271人である。") is not None


def test_a_near_duplicate_is_not_remembered_itself() -> None:
    near = NearDuplicates(0.6)
    near.add("吾輩は猫である。名前はまだ無い。")
    assert near.add("吾輩は犬である。名前はまだ無い。") is not None
    assert len(near) == 1


@pytest.mark.parametrize("text", ["", " ", "あ", "😀"])
def test_texts_too_short_for_a_pair_of_characters_are_compared_whole(text: str) -> None:
    near = NearDuplicates(0.6)
    assert near.add(text) is None
    assert near.add("別の文がここにある。") is None
    assert near.add(text) == text


def test_sentences_that_only_share_a_subject_stay() -> None:
    near = NearDuplicates(0.6)
    kept = [
        near.add(text)
        for text in (
            "京都の図書館は、明治時代に建てられた。",
            "京都の図書館で、昔の新聞を調べた。",
            "京都の博物館では、刀の展覧会が開かれている。",
        )
    ]
    assert kept == [None, None, None]


texts = st.text(alphabet="あいうえおかきくけこさしすせそ、。12", min_size=1, max_size=30)


@given(st.lists(texts, max_size=30), st.sampled_from([0.5, 0.6, 0.7, 0.9]))
def test_what_is_called_a_near_duplicate_always_is_one(corpus: list[str], threshold: float) -> None:
    near = NearDuplicates(threshold)
    for text in corpus:
        if (earlier := near.add(text)) is not None:
            assert jaccard(bigrams(fold(text)), bigrams(fold(earlier))) >= threshold


@given(st.lists(texts, max_size=30))
def test_no_two_remembered_texts_are_equal_after_folding(corpus: list[str]) -> None:
    near = NearDuplicates(0.7)
    kept = [fold(text) for text in corpus if near.add(text) is None]
    assert len(set(kept)) == len(kept)


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8])
def test_pairs_at_the_threshold_are_found_as_often_as_promised(threshold: float) -> None:
    rng = random.Random(2)
    near = NearDuplicates(threshold)
    tried = found = 0
    for _ in range(400):
        base = "".join(chr(rng.randrange(0x4E00, 0x9FA0)) for _ in range(60))
        cut = 1 + math.ceil(59 * 2 * threshold / (1 + threshold))
        other = base[:cut] + "".join(chr(rng.randrange(0xAC00, 0xD7A0)) for _ in range(60 - cut))
        likeness = jaccard(bigrams(base), bigrams(other))
        if threshold <= likeness < threshold + 0.05:
            tried += 1
            number = near.remember(base)
            found += near.number(other) == number

    assert tried > 300
    assert found >= 0.975 * tried


def test_the_answers_are_the_same_in_another_process() -> None:
    program = (
        "from emojit.corpus.near import NearDuplicates, fold\n"
        "near = NearDuplicates(0.6)\n"
        "print(near._hashes(fold('吾輩は猫である。名前はまだ無い。'))[:4])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_the_sketch_is_the_one_that_published_data_sets_were_filtered_with() -> None:
    near = NearDuplicates(0.6)
    assert near._hashes(fold("吾輩は猫である。名前はまだ無い。"))[:4] == PINNED


def test_bands_follow_from_threshold_and_recall() -> None:
    for threshold in (0.3, 0.5, 0.6, 0.7, 0.8, 0.95, 1.0):
        for recall in (0.9, 0.99, 0.999):
            bands, length = bands_for(threshold, recall)
            assert 1 - (1 - threshold**length) ** bands >= recall or threshold == 1


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5, unique=True), max_size=60))
def test_a_band_table_finds_what_was_put_in(entries: list[list[int]]) -> None:
    table = BandTable()
    for number, hashes in enumerate(entries):
        table.add(number, hashes)
    for number, hashes in enumerate(entries):
        alike = max(sum(key in others for others in entries[:number]) for key in hashes)
        if alike < MOST_ALIKE:
            assert table.hits(hashes).count(number) == len(hashes)


def test_a_band_table_grows_and_forgets_nothing() -> None:
    rng = random.Random(3)
    table = BandTable()
    entries = [[rng.randrange(2**32) for _ in range(8)] for _ in range(5000)]
    for number, hashes in enumerate(entries):
        table.add(number, hashes)
    assert len(table) == 40_000
    assert all(table.hits(hashes).count(number) == 8 for number, hashes in enumerate(entries))
    assert table.nbytes <= 24 * len(table)


def test_a_band_table_takes_hashes_at_both_ends_of_the_range() -> None:
    table = BandTable()
    for number in range(3000):
        table.add(number, [2**32 - 1 - number % 1500, number % 1500])
    assert table.hits([2**32 - 1]) == [0, 1500]
    assert table.hits([1499]) == [1499, 2999]


def test_a_hash_that_everything_shares_costs_no_quadratic_time() -> None:
    table = BandTable()
    for number in range(1000):
        table.add(number, [7])
    assert len(table.hits([7])) == MOST_ALIKE
