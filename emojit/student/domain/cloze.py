"""What a domain run is measured by: content words of articles it never read, masked one at a time.

hit@1: the encoder's first choice for every token of the word is right. hit@5: the word is among the five spellings with the highest probability, where the
tokens of one word are taken as independent, as masked language models give them. loss: the negative logarithm of the probability of the masked tokens, in
nats per token.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emojit.errors import StudentError
from emojit.student.domain.masking import IGNORED
from emojit.student.domain.texts import Texts
from emojit.student.rows import Features

if TYPE_CHECKING:
    import torch

LONGEST = 4
"""Tokens of a word that is asked for, at most (count): longer ones are names that nobody guesses."""
_BEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClozeScores:
    """How well masked words are guessed."""

    loss: float
    """Negative log probability of the masked tokens (nats per token)."""
    hit_at_1: float
    """Share of the words whose every token is the first choice, in [0, 1]."""
    hit_at_5: float
    """Share of the words among the five most probable spellings, in [0, 1]."""


def cloze_items(texts: Texts, *, words: int, mask_id: int, seed: int) -> list[Features]:
    """Mask content words, each in a text of its own, the longest texts first.

    One word of every text comes first, then a second one of every text, and so on until there are enough: the measure spreads over the articles.

    Args:
        texts: of articles that are not learned from.
        words: how many (count).
        mask_id: the mask token.
        seed: of the choice.

    Raises:
        StudentError: the texts hold no content word.
    """
    choices: list[tuple[int, list[list[int]]]] = []
    for index in range(len(texts)):
        draw = random.Random(f"cloze {seed} {index}")
        found: dict[int, list[int]] = {}
        for place, group in enumerate(texts.groups(index)):
            if group in texts.content(index):
                found.setdefault(group, []).append(place)
        places = [word for word in found.values() if len(word) <= LONGEST]
        draw.shuffle(places)
        choices.append((index, places))
    random.Random(f"cloze {seed}").shuffle(choices)
    most = max((len(places) for _, places in choices), default=0)
    order = ((index, places[turn]) for turn in range(most) for index, places in choices if turn < len(places))
    items = [_item(texts.ids(index), places, mask_id) for (index, places), _ in zip(order, range(words), strict=False)]
    if not items:
        raise StudentError(
            f"no noun, verb or adjective in the {len(texts)} texts of the articles to measure on",
            hint="name a larger source as text.source",
        )
    return sorted(items, key=lambda item: -len(item["input_ids"]))


def _item(ids: list[int], places: Sequence[int], mask_id: int) -> Features:
    labels = [IGNORED] * len(ids)
    for place in places:
        labels[place], ids[place] = ids[place], mask_id
    return {"input_ids": ids, "labels": labels}


@contextmanager
def reading_at(model: Any, places: torch.Tensor) -> Iterator[None]:
    """Let the head of an encoder read the hidden states at some places only, in a row: (B, T, H) becomes (1, N, H), and the logits (1, N, V).

    All such heads work on each place by itself. At a vocabulary of 100,000 the logits of a batch's every place would take gigabytes.

    Args:
        model: a masked language model.
        places: (B, T), True where the head shall read.
    """

    def chosen(module: object, arguments: object, outputs: Any) -> Any:
        outputs.last_hidden_state = outputs.last_hidden_state[places].unsqueeze(0)
        return outputs

    handle = model.base_model.register_forward_hook(chosen)
    try:
        yield
    finally:
        handle.remove()


def score_batch(model: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return (B, 4) float32: summed negative log probability, masked tokens, hit@1 and hit@5 of each item.

    Args:
        model: a masked language model, in evaluation mode.
        inputs: a batch of items on its device; every item has a masked word.
    """
    import torch

    labels = inputs["labels"]
    places = labels != IGNORED
    with torch.inference_mode(), reading_at(model, places):
        logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
    chances = logits[0].float().log_softmax(-1)  # (N, V)
    gold = labels[places]
    right = chances.gather(-1, gold[:, None])[:, 0]
    best = chances.topk(min(_BEST, chances.shape[-1]))
    rows = torch.zeros((len(labels), 4))
    values, indices, truth, each = (tensor.tolist() for tensor in (best.values, best.indices, gold, right))
    first = 0
    for row, count in enumerate(places.sum(1).tolist()):
        word = slice(first, first + count)
        spellings = _spellings(values[word], indices[word])
        rows[row] = torch.tensor(
            [-sum(each[word]), count, float(spellings[0] == truth[word]), float(truth[word] in spellings)]
        )
        first += count
    return rows.to(labels.device)


def _spellings(values: Sequence[Sequence[float]], indices: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the five most probable spellings of a word, best first, from the five best tokens of each place."""
    found: list[tuple[float, list[int]]] = [(0.0, [])]
    for chances, tokens in zip(values, indices, strict=True):
        longer = [
            (chance + more, [*word, token])
            for chance, word in found
            for more, token in zip(chances, tokens, strict=True)
        ]
        found = heapq.nlargest(_BEST, longer, key=lambda item: item[0])
    return [word for _, word in found]


def item_rows(model: Any, items: Sequence[Features], *, pad_id: int, batch_size: int, cpu: bool) -> torch.Tensor:
    """Ask an encoder for all items, in float32, and return what `score_batch` says of each: shape (N, 4), on the CPU.

    Args:
        model: a masked language model; it is put into evaluation mode.
        items: masked words.
        pad_id: the token that fills a batch up.
        batch_size: items at once (count).
        cpu: not on a GPU, even where there is one.
    """
    import torch

    from emojit.student.domain.collator import MaskedCollator

    device = torch.device("cuda" if torch.cuda.is_available() and not cpu else "cpu")
    model.to(device).eval()
    collate = MaskedCollator(pad_id)
    rows = []
    for start in range(0, len(items), batch_size):
        batch = collate(items[start : start + batch_size])
        rows.append(score_batch(model, {name: tensor.to(device) for name, tensor in batch.items()}).cpu())
    return torch.cat(rows)


def summed(rows: torch.Tensor) -> ClozeScores:
    """Return the scores of items from those of `score_batch`, one under the other."""
    loss, tokens, hit_at_1, hit_at_5 = rows.double().sum(0).tolist()
    return ClozeScores(loss=loss / tokens, hit_at_1=hit_at_1 / len(rows), hit_at_5=hit_at_5 / len(rows))
