"""Every loss against its formula in plain loops, in float64, gradients included."""

from __future__ import annotations

import math
import runpy
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from transformers.modeling_outputs import Seq2SeqLMOutput

from emojit.errors import ConfigError
from emojit.recipe import LossConfig, TrainConfig, TrainRecipe
from emojit.student.losses import IGNORED, make_loss, text_loss
from emojit.student.losses.class_weighted import class_weights
from emojit.student.losses.majority_or_minority import majority
from emojit.student.vocabulary import EmojiVocabulary

END = 1
EMOJI = [4, 5, 6, 8, 9]
ALLOWED = [END, *EMOJI]
SIZE = 11
VOCABULARY = EmojiVocabulary(
    id_of={str(token): token for token in EMOJI},
    emoji_of={token: str(token) for token in EMOJI},
    eos_id=END,
    pad_id=0,
)
LABELS = torch.tensor([[4, 6, 9, END], [5, END, IGNORED, IGNORED], [6, 4, END, IGNORED]])
TRAINING = [[4, 6, END], [4, END], [4, 5, END], [6, END], [9, 4, END]]
"""Answers in which 4 stands four times, 6 twice, 5 and 9 once, 8 never."""
ITEMS = 9


def logits_of(seed: int = 0) -> torch.Tensor:
    values = torch.randn(3, 4, SIZE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (2 * values).requires_grad_()


def log_p(logits: torch.Tensor, row: int, step: int) -> dict[int, torch.Tensor]:
    """Log-probabilities of the allowed tokens at one position."""
    values = [logits[row, step, token] for token in ALLOWED]
    normaliser = torch.stack([value.exp() for value in values]).sum().log()
    return {token: value - normaliser for token, value in zip(ALLOWED, values, strict=True)}


def naive(config: LossConfig, smoothing: float, logits: torch.Tensor, row: int, step: int) -> torch.Tensor:
    """The loss of one position, as its formula stands in the module."""
    answer = [token for token in LABELS[row].tolist() if token != IGNORED]
    gold, known = answer[step], log_p(logits, row, step)
    p = known[gold].exp()
    counts = Counter(token for answer in TRAINING for token in answer)
    if config.name in ("cross_entropy", "set"):
        left = answer[step:-1] if config.name == "set" else [gold]
        share = {token: 1 / len(left or [END]) for token in left or [END]}
        weight = config.later if step else 1
        return -weight * sum(
            ((1 - smoothing) * share.get(token, 0) + smoothing / len(ALLOWED)) * known[token] for token in ALLOWED
        )
    if config.name == "focal":
        balance = 1 if not config.alpha else 1 - config.alpha if gold == END else config.alpha
        return -balance * (1 - p) ** config.gamma * known[gold]
    if config.name == "dice":
        pushed = (1 - p) ** config.dice_alpha * p
        return 1 - (2 * pushed + config.dice_gamma) / (pushed + 1 + config.dice_gamma)
    if config.name == "class_weighted":
        held = {token: max(counts[token], 1) for token in EMOJI}
        weight = {
            token: 1 / n if config.weighting == "inverse" else (1 - config.beta) / (1 - config.beta**n)
            for token, n in held.items()
        }
        scale = sum(counts[token] for token in EMOJI) / sum(counts[token] * weight[token] for token in EMOJI)
        return -(1 if gold == END else scale * weight[gold]) * known[gold]
    frequent = {END}
    for token, _ in counts.most_common():
        if token != END:
            frequent.add(token)
            if sum(counts[t] for t in frequent - {END}) >= config.majority_share * 8:
                break
    extra = -known[gold] if gold in frequent else 0
    return config.majority_lambda * -known[gold] + (1 - config.majority_lambda) * extra


CASES = [
    (LossConfig(), 0.0),
    (LossConfig(), 0.1),
    (LossConfig(name="focal"), 0.0),
    (LossConfig(name="focal", gamma=0.5, alpha=0.7), 0.0),
    (LossConfig(name="focal", gamma=0.0), 0.0),
    (LossConfig(name="class_weighted"), 0.0),
    (LossConfig(name="class_weighted", beta=0.5), 0.0),
    (LossConfig(name="class_weighted", weighting="inverse"), 0.0),
    (LossConfig(name="dice"), 0.0),
    (LossConfig(name="dice", dice_alpha=0.5, dice_gamma=0.3), 0.0),
    (LossConfig(name="majority_or_minority"), 0.0),
    (LossConfig(name="majority_or_minority", majority_share=0.7, majority_lambda=0.2), 0.0),
    (LossConfig(name="set"), 0.0),
    (LossConfig(name="set"), 0.1),
    (LossConfig(name="set", later=0.3), 0.0),
    (LossConfig(name="set", later=0.3), 0.1),
]


def make(config: LossConfig, smoothing: float = 0.0):
    return make_loss(config, VOCABULARY, SIZE, TRAINING, label_smoothing=smoothing)


@pytest.mark.parametrize(("config", "smoothing"), CASES)
def test_value_and_gradient_are_those_of_the_formula(config, smoothing):
    logits, again = logits_of(), logits_of()

    value = make(config, smoothing)(Seq2SeqLMOutput(logits=logits), LABELS)
    expected = sum(naive(config, smoothing, again, row, step) for row, step in (LABELS != IGNORED).nonzero()) / ITEMS
    value.backward()
    expected.backward()

    assert value.dtype == torch.float64
    assert value.item() == pytest.approx(expected.item(), rel=1e-12)
    assert torch.allclose(logits.grad, again.grad, rtol=1e-10, atol=1e-13)
    assert not logits.grad[..., [0, 2, 3, 7, 10]].any()


@pytest.mark.parametrize(("config", "smoothing"), CASES)
def test_parts_of_a_batch_add_up_to_the_whole_when_its_size_is_known(config, smoothing):
    loss, logits = make(config, smoothing), logits_of()

    parts = [loss(Seq2SeqLMOutput(logits=logits[i : i + 1]), LABELS[i : i + 1], ITEMS) for i in range(3)]

    whole = loss(Seq2SeqLMOutput(logits=logits), LABELS, torch.tensor(ITEMS))
    assert sum(part.item() for part in parts) == pytest.approx(whole.item(), rel=1e-12)


@pytest.mark.parametrize(("config", "smoothing"), CASES)
def test_a_sure_answer_right_or_wrong_has_a_finite_loss_and_gradient(config, smoothing):
    logits = torch.zeros(3, 4, SIZE)
    for row, step in (LABELS != IGNORED).nonzero():
        logits[row, step, LABELS[row, step] if row else 8] = 200
    logits.requires_grad_()

    value = make(config, smoothing)(Seq2SeqLMOutput(logits=logits), LABELS)
    value.backward()

    assert math.isfinite(value.item())
    assert logits.grad.isfinite().all()


def test_the_order_free_loss_is_the_mean_cross_entropy_over_all_orders_of_what_is_left():
    """At the first of three emoji each of them is next in a third of the orders."""
    logits = logits_of()
    first = [torch.tensor([[token, END]]) for token in (4, 6, 9)]

    value = make(LossConfig(name="set"))(Seq2SeqLMOutput(logits=logits[:1]), LABELS[:1], 1)
    steps = make(LossConfig(name="set"))(Seq2SeqLMOutput(logits=logits[:1, 1:]), torch.tensor([[6, 9, END]]), 1)
    mean = sum(
        make(LossConfig())(Seq2SeqLMOutput(logits=logits[:1, :1]), labels[:, :1], 1).item() for labels in first
    ) / len(first)

    assert value.item() - steps.item() == pytest.approx(mean, rel=1e-12)


def test_votes_weigh_what_may_come_next_in_the_order_free_loss():
    """Two of two votes hold 4, one holds 6 and one holds 8, which the answer does not."""
    logits = logits_of()
    loss = make(LossConfig(name="set", soft_votes=True))
    votes = {"vote_ids": torch.tensor([[4, 6, 8]]), "vote_shares": torch.tensor([[1.0, 0.5, 0.5]])}
    labels = torch.tensor([[4, 6, END]])

    value = with_votes(loss, logits[:1, :3], labels, votes)

    known = [log_p(logits, 0, step) for step in range(3)]
    expected = -(known[0][4] / 2 + known[0][6] / 4 + known[0][8] / 4)
    expected -= known[1][6] / 2 + known[1][8] / 2 + known[2][END]
    assert value.item() == pytest.approx(expected.item(), rel=1e-12)


def test_votes_weigh_the_emoji_of_the_other_losses():
    logits = logits_of()
    loss = make(LossConfig(soft_votes=True))
    votes = {"vote_ids": torch.tensor([[4, 6, 8]]), "vote_shares": torch.tensor([[1.0, 0.5, 0.5]])}

    value = with_votes(loss, logits[:1, :3], torch.tensor([[4, 6, END]]), votes)

    known = [log_p(logits, 0, step) for step in range(3)]
    assert value.item() == pytest.approx(-(known[0][4] + known[1][6] / 2 + known[2][END]).item(), rel=1e-12)


def with_votes(loss, logits, labels, votes):
    model = torch.nn.Module()  # its head is of no known kind, so that it stays whole
    model.config = type("Config", (), {"model_type": "other"})
    model.get_output_embeddings = lambda: None
    inputs = {"labels": labels, **votes}
    with loss.answering(model, inputs):
        assert list(inputs) == ["labels"]
        return loss(Seq2SeqLMOutput(logits=logits), labels, 1)


@pytest.mark.parametrize(("config", "smoothing"), CASES)
def test_the_evaluation_loss_is_the_plain_cross_entropy_whatever_the_loss(config, smoothing):
    logits = logits_of()

    value = make(config, smoothing).evaluation(Seq2SeqLMOutput(logits=logits), LABELS)

    plain = make(LossConfig())(Seq2SeqLMOutput(logits=logits), LABELS)
    assert value.item() == plain.item()


def test_the_loss_of_a_text_is_the_cross_entropy_over_the_whole_vocabulary():
    logits = logits_of()
    labels = torch.tensor([[2, 7, 10, 1], [0, 1, IGNORED, IGNORED], [3, 4, 1, IGNORED]])

    value = text_loss(VOCABULARY, SIZE)(Seq2SeqLMOutput(logits=logits), labels)

    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    assert value.item() == pytest.approx(expected.item(), rel=1e-12)


def test_weights_of_emoji_have_the_mean_one_and_the_end_keeps_one():
    counts = torch.tensor([9.0, 4, 2, 1, 0], dtype=torch.float64)

    for weighting in ("inverse", "effective"):
        weights = class_weights(counts, end=0, weighting=weighting, beta=0.9)

        assert weights[0] == 1
        assert (weights[1:] * counts[1:]).sum().item() == pytest.approx(counts[1:].sum().item())
        assert weights[1] < weights[2] < weights[3] == weights[4]


@pytest.mark.parametrize(("share", "chosen"), [(0.01, [1]), (0.5, [1]), (0.6, [1, 2]), (1.0, [1, 2, 3])])
def test_the_majority_are_the_most_frequent_emoji_that_reach_the_share(share, chosen):
    counts = torch.tensor([9.0, 4, 2, 1, 0], dtype=torch.float64)

    assert majority(counts, end=0, share=share).nonzero()[:, 0].tolist() == [0, *chosen]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": -1.0}, "loss.gamma must be >= 0, got -1.0"),
        ({"alpha": 1.0}, "loss.alpha must be in [0, 1), got 1.0"),
        ({"beta": 1.0}, "loss.beta must be in [0, 1), got 1.0"),
        ({"dice_gamma": 0.0}, "loss.dice_gamma must be > 0, got 0.0"),
        ({"majority_share": 0.0}, "loss.majority_share must be in (0, 1], got 0.0"),
        ({"name": "set", "later": 0.0}, "loss.later must be in (0, 1], got 0.0"),
        ({"majority_lambda": 2.0}, "loss.majority_lambda must be in [0, 1], got 2.0"),
    ],
)
def test_a_parameter_out_of_range_is_named_with_its_value(changes, message):
    with pytest.raises(ConfigError) as caught:
        LossConfig(**changes)

    assert str(caught.value) == message


def test_smoothing_that_the_loss_does_not_know_is_refused():
    TrainRecipe(loss=LossConfig(name="set"), train=TrainConfig(label_smoothing=0.1))

    with pytest.raises(ConfigError, match=r"label_smoothing is 0\.1, which the loss 'focal' does not know"):
        TrainRecipe(loss=LossConfig(name="focal"), train=TrainConfig(label_smoothing=0.1))


def test_no_loss_needs_more_than_a_quarter_more_memory_than_plain_cross_entropy(monkeypatch, capsys):
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "loss_memory.py"
    monkeypatch.setattr(sys, "argv", [str(path), "--vocabulary", "4000", "--positions", "64", "--rows", "16"])

    assert runpy.run_path(str(path))["main"]() == 0

    assert "reached" in capsys.readouterr().out


@pytest.mark.parametrize(("config", "smoothing"), CASES)
def test_logits_of_a_pruned_head_give_the_same_as_those_of_the_whole(config, smoothing):
    loss, logits = make(config, smoothing), logits_of()
    whole = loss(Seq2SeqLMOutput(logits=logits), LABELS).item()

    assert loss(Seq2SeqLMOutput(logits=logits[..., ALLOWED]), LABELS).item() == whole
    assert loss(Seq2SeqLMOutput(logits=logits[LABELS != IGNORED][:, ALLOWED]), LABELS).item() == whole
