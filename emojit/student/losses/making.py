"""From the section `[loss]` of a recipe to a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emojit.recipe import LossConfig
from emojit.student.losses.answer_loss import AnswerLoss
from emojit.student.losses.class_weighted import class_weighted, class_weights
from emojit.student.losses.cross_entropy import cross_entropy
from emojit.student.losses.dice import dice
from emojit.student.losses.focal import focal
from emojit.student.losses.majority_or_minority import majority, majority_or_minority
from emojit.student.losses.order_free import order_free
from emojit.student.losses.positions import AnswerSpace, Criterion
from emojit.student.vocabulary import EmojiVocabulary

if TYPE_CHECKING:
    from torch import Tensor


def make_loss(
    config: LossConfig,
    vocabulary: EmojiVocabulary,
    vocabulary_size: int,
    labels: Sequence[Sequence[int]],
    *,
    label_smoothing: float = 0.0,
    prune: bool = True,
) -> AnswerLoss:
    """Make the loss of a recipe.

    Args:
        config: section `[loss]`.
        vocabulary: the student's emoji.
        vocabulary_size: ids that the tokenizer knows (count).
        labels: the ids of the training answers, of which the losses that weigh emoji count how often each stands there.
        label_smoothing: in [0, 1); of "cross_entropy" and "set".
        prune: see `AnswerLoss`.
    """
    space = AnswerSpace(vocabulary.allowed_ids, vocabulary_size, end=vocabulary.eos_id)
    criterion = _criterion(config, space, labels, label_smoothing)
    return AnswerLoss(space, criterion, by_votes=config.soft_votes and config.name != "set", prune=prune)


def text_loss(vocabulary: EmojiVocabulary, head_rows: int, *, label_smoothing: float = 0.0) -> AnswerLoss:
    """Make the cross entropy over the whole vocabulary, for a stage whose labels are text: only the padding is pruned.

    Args:
        vocabulary: the student's emoji.
        head_rows: rows of the model's output head (count), which may be more than the tokenizer knows.
        label_smoothing: in [0, 1).
    """
    space = AnswerSpace(range(head_rows), head_rows, end=vocabulary.eos_id)
    return AnswerLoss(space, cross_entropy(label_smoothing=label_smoothing))


def _criterion(
    config: LossConfig, space: AnswerSpace, labels: Sequence[Sequence[int]], label_smoothing: float
) -> Criterion:
    if config.name == "set":
        return order_free(label_smoothing=label_smoothing, later=config.later)
    if config.name == "focal":
        return focal(gamma=config.gamma, alpha=config.alpha)
    if config.name == "dice":
        return dice(alpha=config.dice_alpha, gamma=config.dice_gamma)
    if config.name == "class_weighted":
        return class_weighted(
            class_weights(space.counts(labels), end=space.end, weighting=config.weighting, beta=config.beta)
        )
    if config.name == "majority_or_minority":
        chosen: Tensor = majority(space.counts(labels), end=space.end, share=config.majority_share)
        return majority_or_minority(chosen, ordinary=config.majority_lambda)
    return cross_entropy(label_smoothing=label_smoothing)
