"""The loss over the tokens that an answer may hold."""

from __future__ import annotations

import pytest
import torch
from transformers.modeling_outputs import Seq2SeqLMOutput

from emojit.student.losses import IGNORED, answer_cross_entropy

ALLOWED = [1, 4, 5, 6]
LOGITS = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([[4, 6, 1], [5, 1, IGNORED]])


def by_hand(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> float:
    """Sum over the real positions of -Σ q log p, p a softmax over the allowed ids, in plain loops."""
    total = 0.0
    for row, targets in zip(logits, labels, strict=True):
        for position, target in zip(row, targets, strict=True):
            if target == IGNORED:
                continue
            log_p = torch.log_softmax(position[ALLOWED], dim=0)
            for index, token in enumerate(ALLOWED):
                share = smoothing / len(ALLOWED) + (1 - smoothing if token == target else 0)
                total -= share * float(log_p[index])
    return total


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_the_cross_entropy_over_the_allowed_tokens(smoothing):
    loss = answer_cross_entropy(ALLOWED, 8, label_smoothing=smoothing)

    value = loss(Seq2SeqLMOutput(logits=LOGITS), LABELS)

    assert value.item() == pytest.approx(by_hand(LOGITS, LABELS, smoothing) / 5, rel=1e-5)


def test_the_logits_of_other_tokens_change_nothing_and_get_no_gradient():
    loss = answer_cross_entropy(ALLOWED, 8, label_smoothing=0.1)
    logits = LOGITS.clone()
    logits[..., [0, 2, 3, 7]] += 50
    logits.requires_grad_()

    value = loss(Seq2SeqLMOutput(logits=logits), LABELS)
    value.backward()

    assert value.item() == pytest.approx(loss(Seq2SeqLMOutput(logits=LOGITS), LABELS).item(), rel=1e-6)
    assert not logits.grad[..., [0, 2, 3, 7]].any()
    assert logits.grad[..., ALLOWED].any()


def test_parts_of_a_batch_add_up_to_the_whole_when_its_size_is_known():
    loss = answer_cross_entropy(ALLOWED, 8, label_smoothing=0.0)

    parts = [loss(Seq2SeqLMOutput(logits=LOGITS[i : i + 1]), LABELS[i : i + 1], num_items_in_batch=5) for i in (0, 1)]

    assert sum(part.item() for part in parts) == pytest.approx(
        loss(Seq2SeqLMOutput(logits=LOGITS), LABELS, num_items_in_batch=5).item(), rel=1e-6
    )
