"""A pretrained encoder with one output per frequent emoji: what a classifier that knows Japanese can do without writing."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from emojit.baselines.base import Example, not_fitted, usable_rows
from emojit.baselines.bert_config import BertConfig
from emojit.baselines.bert_loading import encoder, require_bert_extra, save_encoder, saved_encoder
from emojit.baselines.best import answers, fit_chooser, fit_threshold
from emojit.baselines.choosing import Chooser
from emojit.baselines.state import damaged, read_facts, write_state
from emojit.baselines.threshold import Threshold
from emojit.emoji import INVENTORY

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

_HELD_OUT = 10
"""One row in so many is no training row but decides how many emoji are given (count)."""
_BLOCK = 64
"""Texts answered at once (count)."""


class Bert:
    """A pretrained encoder, fine-tuned to say for each of the 100 most frequent emoji whether it fits (multi-label).

    A tenth of the rows is held out; its scores are turned into probabilities, and the answer is the set with the highest expected Jaccard index
    (`emojit.baselines.choosing`), or by option what reaches a threshold (`emojit.baselines.threshold`).
    """

    name = "bert"

    def __init__(self, config: BertConfig | None = None) -> None:
        self._config = config or BertConfig()
        self._model: Any = None  # a transformers model, which mypy does not follow
        self._tokenizer: Any = None
        self._labels: list[str] = []
        self._chooser: Chooser | Threshold = Chooser()
        self.sources: tuple[str, ...] = ()
        self.licences: tuple[str, ...] = ()

    def fit(self, rows: Sequence[Example]) -> None:
        """Fine-tune the encoder; see `Baseline.fit`.

        Raises:
            StudentError: the base model cannot be used.
            OfflineError: it is on a Hub, and `EMOJIT_OFFLINE` is set.
        """
        require_bert_extra()
        from emojit.baselines.bert_training import fine_tune

        kept = usable_rows(rows)
        counts = Counter(emoji for row in kept for emoji in row.emojis)
        frequent = sorted(counts, key=lambda emoji: (-counts[emoji], emoji))[: self._config.labels]
        self._labels = sorted(frequent, key=INVENTORY.index)
        base = encoder(self._config, labels=len(self._labels))
        self._model, self._tokenizer = base.model, base.tokenizer
        self.sources, self.licences = (base.source,), base.licences
        held_out = kept[_HELD_OUT - 1 :: _HELD_OUT]
        learned = [row for index, row in enumerate(kept) if index % _HELD_OUT != _HELD_OUT - 1]
        fine_tune(
            self._model,
            self._tokenizer,
            [row.text for row in learned],
            self._targets(learned).toarray(),
            self._config,
        )
        scores, targets = self._scores([row.text for row in held_out]), self._targets(held_out)
        if self._config.choice == "threshold":
            self._chooser = fit_threshold(scores, targets, [len(row.emojis) for row in held_out])
        else:
            self._chooser = fit_chooser(scores, targets, [row.emojis for row in kept])

    def predict(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the emoji with the highest probabilities; see `Baseline.predict`."""
        if self._model is None:
            raise not_fitted(self.name)
        return answers(self._scores(texts), self._labels, self._chooser) if texts else []

    def save(self, folder: Path) -> None:
        """Write encoder, tokenizer and the choice; see `Baseline.save`."""
        if self._model is None:
            raise not_fitted(self.name)
        save_encoder(self._model, self._tokenizer, folder)
        facts = {
            "labels": self._labels,
            "chooser": self._chooser.as_dict(),
            # Of a folder on this machine the name is enough: the record is published.
            "config": {**dataclasses.asdict(self._config), "base": _public(self._config.base)},
            "sources": list(self.sources),
            "licences": list(self.licences),
        }
        write_state(folder, facts)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; see `Baseline.load`."""
        require_bert_extra()
        facts = read_facts(folder)
        try:
            made = cls(BertConfig(**facts["config"]))
            made._labels = [str(label) for label in facts["labels"]]
            chooser = facts["chooser"]
            made._chooser = (
                Threshold(float(chooser["threshold"])) if "threshold" in chooser else Chooser.from_dict(chooser)
            )
            made.sources, made.licences = tuple(facts["sources"]), tuple(facts["licences"])
        except (KeyError, TypeError, ValueError) as exc:
            raise damaged(folder, exc) from exc
        if not made._labels or not set(INVENTORY).issuperset(made._labels):
            raise damaged(folder, ValueError("labels that are no emoji"))
        made._model, made._tokenizer = saved_encoder(folder, labels=len(made._labels))
        return made

    def _targets(self, rows: Sequence[Example]) -> csr_matrix:
        """Return (rows, labels) float32, 1 where the row has the emoji; the rare ones of a row are no label."""
        import numpy as np
        from scipy.sparse import csr_matrix

        place = {emoji: index for index, emoji in enumerate(self._labels)}
        targets = np.zeros((len(rows), len(self._labels)), dtype=np.float32)
        for number, row in enumerate(rows):
            targets[number, [place[emoji] for emoji in row.emojis if emoji in place]] = 1
        return csr_matrix(targets)

    def _scores(self, texts: Sequence[str]) -> np.ndarray:
        """Return probabilities (texts, labels) float32; texts of similar length are read together."""
        import numpy as np
        import torch

        self._model.eval()
        scores = np.zeros((len(texts), len(self._labels)), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda index: (len(texts[index]), index))
        for start in range(0, len(order), _BLOCK):
            here = order[start : start + _BLOCK]
            batch = self._tokenizer(
                [texts[index] for index in here],
                truncation=True,
                max_length=self._config.max_tokens,
                padding=True,
                return_tensors="pt",
            ).to(self._model.device)
            with torch.inference_mode():
                scores[here] = self._model(**batch).logits.sigmoid().float().cpu().numpy()
        return scores


def _public(base: str) -> str:
    path = Path(base).expanduser()
    return path.name if path.is_dir() else base
