"""What a domain run says about the gap to its base: as sure as its texts are many, and no surer."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from emojit.student.domain.artefacts import _verdict
from emojit.student.domain.change import Change, changes
from emojit.student.domain.masking import IGNORED


def items(texts: int, words: int) -> list[dict[str, list[int]]]:
    """Masked words: of each text another place is masked each time."""
    found = []
    for text in range(texts):
        for word in range(words):
            ids, labels = [text, *range(100, 100 + words)], [IGNORED] * (words + 1)
            labels[word + 1], ids[word + 1] = ids[word + 1], 4
            found.append({"input_ids": ids, "labels": labels})
    return found


def test_the_words_of_a_text_are_one_witness_and_the_loss_is_per_token():
    torch.manual_seed(0)
    before = torch.tensor([[2.0, 1.0, 0.0, 1.0], [4.0, 2.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [3.0, 1.0, 0.0, 0.0]])
    after = before + torch.tensor([[-1.0, 0, 1, 0], [-1.0, 0, 0, 1], [0.5, 0, 0, 0], [-1.0, 0, 0, 0]])

    once = changes(before, after, items(4, 1))
    thrice = changes(before.repeat_interleave(3, 0), after.repeat_interleave(3, 0), items(4, 3))

    assert once["loss"].mean == pytest.approx(-2.5 / 5)
    assert (once["hit_at_1"].mean, once["hit_at_5"].mean) == (0.25, 0.25)
    assert once["hit_at_1"].low == 0
    assert thrice == once


@pytest.mark.parametrize(
    ("best_by", "change", "words"),
    [
        ("hit_at_1", (0.02, 0.01, 0.03), "is better than the base by hit@1"),
        ("hit_at_1", (0.02, -0.01, 0.05), "cannot be told from the base by hit@1"),
        ("hit_at_1", (-0.02, -0.03, -0.01), "No checkpoint is better than the base by hit_at_1"),
        ("loss", (-0.2, -0.3, -0.1), "is better than the base by loss"),
        ("loss", (-0.2, -0.5, 0.1), "cannot be told from the base by loss"),
        ("loss", (0.2, 0.1, 0.3), "No checkpoint is better than the base by loss"),
    ],
)
def test_a_checkpoint_is_called_better_only_where_its_interval_says_so(run, best_by, change, words):
    mean, low, high = change
    record = dataclasses.replace(
        run.record,
        recipe={**run.record.recipe, "train": {**run.record.recipe["train"], "best_by": best_by}},
        change={**run.record.change, best_by: Change(mean=mean, low=low, high=high)},
    )

    said = _verdict(record)

    assert words in said
    assert "looks a little better on the words that chose it" in said
    assert "texts are few: such intervals are too narrow." in said  # a handful, in this test
