"""The answers of several systems side by side, and the sample of texts that is drawn from them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from emojit.errors import UsageError
from emojit.evaluation.predictions import write_predictions
from emojit.evaluation.sampling import draw_stratified, topic
from emojit.evaluation.systems import read_systems

IDS = ("a", "b", "c")
GOLD = (["🍜"], ["🎉", "😊"], ["🐱"])


def predictions(path: Path, *, ids=IDS, texts=None, gold=GOLD, **answers) -> Path:
    texts = texts or [f"text {one}" for one in ids]
    write_predictions(path, ids=ids, texts=texts, references=gold, answers=answers)
    return path


def test_files_are_joined_and_the_first_system_of_each_can_be_named(tmp_path):
    constant = [["😊"]] * 3
    one = predictions(tmp_path / "one.parquet", student=[["🍜"], [], None], constant=constant)
    two = predictions(tmp_path / "two.parquet", student=[["🍣"], ["🎉"], ["🐱"]], constant=constant)

    systems = read_systems([f"A={one}", f"B={two}"])

    assert systems.names == ("gold", "A", "constant", "B")
    assert systems.evaluated == ("A", "B")
    assert systems.rows("A") == (("🍜",), (), None)
    assert systems.rows("gold") == (("🍜",), ("🎉", "😊"), ("🐱",))
    assert systems.pick(["B", "gold"]).names == ("gold", "B")


def test_an_equals_sign_in_a_folder_is_no_name(tmp_path):
    (tmp_path / "lr=0.1").mkdir()
    path = predictions(tmp_path / "lr=0.1" / "p.parquet", student=[["🍜"]] * 3)

    assert read_systems([path]).evaluated == ("student",)
    assert read_systems([f"A={path}"]).evaluated == ("A",)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"student": [["🍣"]] * 3}, "another answer of student to the row a"),
        ({"ids": ("a", "x", "c"), "b": [["🍣"]] * 3}, "ids of row 2 differ"),
        ({"texts": ["text a", "text b", "else"], "b": [["🍣"]] * 3}, "texts of row 3 differ"),
        ({"gold": (["🍜"], ["🎉"], ["🐱"]), "b": [["🍣"]] * 3}, "gold of row 2 differ"),
        ({"ids": ("a", "b"), "gold": GOLD[:2], "b": [["🍣"]] * 2}, "has 2 rows"),
        ({"ids": ("a", "b", "b"), "b": [["🍣"]] * 3}, "the row b is there twice"),
        ({}, "the columns are id, text, emojis"),
    ],
)
def test_files_that_do_not_belong_together_are_refused_with_the_first_difference(tmp_path, other, message):
    one = predictions(tmp_path / "one.parquet", student=[["🍜"]] * 3)
    two = predictions(tmp_path / "two.parquet", **other)

    with pytest.raises(UsageError, match=message):
        read_systems([one, two])


def test_what_is_no_prediction_file_is_one_line(tmp_path):
    (tmp_path / "broken.parquet").write_text("no parquet", encoding="utf-8")

    with pytest.raises(UsageError, match="the name gold is taken"):
        read_systems([f"gold={predictions(tmp_path / 'p.parquet', student=[['🍣']] * 3)}"])
    for name in ("broken.parquet", "missing.parquet"):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            read_systems([tmp_path / name])
        assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("missing.parquet: cannot be read (no such file)")
    odd = predictions(tmp_path / "odd.parquet", student=[["🍜"], ["🎉\nB: 🎉"], ["🐱"]])
    with pytest.raises(UsageError, match="student of the row b is no list of emoji"):
        read_systems([odd])
    with pytest.raises(UsageError, match="no system other"):
        read_systems([predictions(tmp_path / "p.parquet", student=[["🍜"]] * 3)]).pick(["other"])


def test_topics_keep_their_shares_and_a_larger_sample_holds_the_smaller_one():
    golds = [["🍜"]] * 60 + [["😊", "🍜"]] * 30 + [["🐱"]] * 9 + [[]]
    ids = [f"{place:04x}" for place in range(100)]
    topics = [topic(gold) for gold in golds]

    small, large = (draw_stratified(ids, topics, count, seed=1) for count in (10, 50))

    assert Counter(topics[place] for place in large) == {
        "Food & Drink": 30,
        "Smileys & Emotion": 15,
        "Animals & Nature": 5,
    }
    assert set(small) <= set(large)
    assert list(small) == sorted(small)
    assert draw_stratified(ids, topics, 10, seed=2) != small
    assert draw_stratified(ids, topics, 1000, seed=1) == tuple(range(100))
    backwards = draw_stratified(ids[::-1], topics[::-1], 10, seed=1)
    assert sorted(99 - place for place in backwards) == list(small)
