"""What a model card says about the loss: read from the recipe in `run.json`, so that no card claims a cross entropy that was not minimised.

A recipe names its loss in the table `loss`, whose other keys belong to one loss each: a card states those of its own. Recipes of another making may say `kind`,
or `train.loss` with parameters called `loss_…`. Without any of these it is the cross entropy, the only loss that an older emojit knew. A name that is not known
here is quoted, not explained, with all that is beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CROSS_ENTROPY = "cross_entropy"

_WORDS = {
    CROSS_ENTROPY: "the cross entropy over the emoji and the end of the answer",
    "focal": "the focal loss over the emoji and the end of the answer, in which what is known already counts less",
    "class_weighted": "the cross entropy over the emoji and the end of the answer, in which rare emoji weigh more",
    "dice": "the dice loss over the emoji and the end of the answer",
    "majority_or_minority": "the Majority-or-Minority loss over the emoji and the end of the answer, with the frequent emoji as the majority",
    "set": "the order-free loss over the emoji and the end of the answer: any emoji of the answer that is still missing may come next",
}
_ALIASES = {"ce": CROSS_ENTROPY, "weighted": "class_weighted", "mom": "majority_or_minority", "order_free": "set"}
_OWN = {
    CROSS_ENTROPY: (),
    "focal": ("gamma", "alpha"),
    "class_weighted": ("weighting", "beta"),
    "dice": ("dice_alpha", "dice_gamma"),
    "majority_or_minority": ("majority_share", "majority_lambda"),
    "set": ("order",),
}
"""Keys of the table that belong to a loss."""
_VOTES = "soft_votes"
_VOTED = "; an emoji weighs as many of the teacher's votes as hold it"
_NAMES = ("name", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class LossWords:
    """The loss of a run in words.

    Attributes:
        name: as the recipe has it; "cross_entropy" where it names none.
        words: what it is, to follow "The loss is".
        parameters: (name, value as a recipe writes it) of what can be set of it.
        label_smoothing: share of the probability spread over all answers, in [0, 1).
        unit: of the training loss that the card states.
    """

    name: str
    words: str
    parameters: tuple[tuple[str, str], ...]
    label_smoothing: float
    unit: str


def loss_words(recipe: Mapping[str, Any]) -> LossWords:
    """Return what a card says about the loss of a resolved recipe."""
    train, named = (recipe[key] if isinstance(recipe.get(key), Mapping) else {} for key in ("train", "loss"))
    given = next((named[key] for key in _NAMES if key in named), train.get("loss"))
    name = str(given) if given is not None else CROSS_ENTROPY
    plain = name.replace("-", "_")
    known = _ALIASES.get(plain, plain)
    settings = {
        **{key: value for key, value in named.items() if key not in _NAMES},
        **{key.removeprefix("loss_"): value for key, value in train.items() if key.startswith("loss_")},
    }
    smoothing = settings.pop("label_smoothing", train.get("label_smoothing", 0.0))
    voted = settings.pop(_VOTES, False) is True
    if known in _OWN:
        settings = {key: value for key, value in settings.items() if key in _OWN[known]}
    words = _WORDS.get(known, f'what the recipe calls "{name}", over the emoji and the end of the answer')
    return LossWords(
        name=name,
        words=words + _VOTED * voted,
        parameters=tuple((key, json.dumps(value, ensure_ascii=False)) for key, value in sorted(settings.items())),
        label_smoothing=float(smoothing or 0.0),
        unit="nats per emoji or end token"
        if known == CROSS_ENTROPY
        else f"per emoji or end token, by the loss {name.replace('_', ' ')}",
    )
