"""Which tokens of a text are hidden, and what stands in their place.

Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers", 3.1: of the tokens that are chosen 80 % become the mask token, 10 % any other
token, 10 % stay. All tokens of a word are chosen together, as in BERT's later whole-word models. The choice is drawn anew for every text and epoch, and is a
function of (seed, epoch, text) alone: a run that was killed and resumed sees the masks of one that went straight through, and so does every process of several.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emojit.student.domain.texts import Texts
from emojit.student.domain.tokens import OUTSIDE
from emojit.student.rows import Features

if TYPE_CHECKING:
    from torch import Tensor

IGNORED = -100
"""Label of a token that is not asked for."""

_MASKED, _REPLACED = 0.8, 0.1


class MaskedTexts(Sequence[Features]):
    """Texts with other masks in every epoch.

    Args:
        texts: the texts.
        share: share of a text's tokens that are chosen, in (0, 1); at least one word is.
        whole_words: whether all tokens of a word are chosen together.
        mask_id: the mask token.
        ordinary: tokens that may stand in place of others.
        seed: of the masks.
    """

    def __init__(
        self, texts: Texts, *, share: float, whole_words: bool, mask_id: int, ordinary: Sequence[int], seed: int
    ) -> None:
        import torch

        self._texts = texts
        self._share = share
        self._whole_words = whole_words
        self._mask_id = mask_id
        self._ordinary = ordinary
        self._seed = seed
        # In shared memory: the processes of a data loader may live longer than an epoch.
        self._epoch: Tensor = torch.zeros((), dtype=torch.int64).share_memory_()

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, index: int) -> Features:  # type: ignore[override]  # no slices
        draw = random.Random(f"{self._seed} {int(self._epoch)} {index}")
        ids = self._texts.ids(index)
        labels = [IGNORED] * len(ids)
        for place in self._chosen(index, draw):
            labels[place] = ids[place]
            fate = draw.random()
            if fate < _MASKED:
                ids[place] = self._mask_id
            elif fate < _MASKED + _REPLACED:
                ids[place] = draw.choice(self._ordinary)
        return {"input_ids": ids, "labels": labels}

    def start_epoch(self, epoch: int) -> None:
        """Draw the masks of an epoch, counted from 0."""
        self._epoch.fill_(epoch)

    def lengths(self) -> list[int]:
        """Return how long each text is (tokens)."""
        return self._texts.lengths()

    def _chosen(self, index: int, draw: random.Random) -> list[int]:
        words: dict[int, list[int]] = {}
        for place, group in enumerate(self._texts.groups(index)):
            if group != OUTSIDE:
                words.setdefault(group if self._whole_words else place, []).append(place)
        wanted = max(1, round(self._share * sum(map(len, words.values()))))
        order = list(words.values())
        draw.shuffle(order)
        chosen: list[int] = []
        for word in order:
            if (
                not chosen or len(chosen) + len(word) <= wanted
            ):  # a word that is too long for what is left is passed over
                chosen += word
            if len(chosen) >= wanted:
                break
        return sorted(chosen)
