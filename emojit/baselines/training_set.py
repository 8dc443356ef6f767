"""The rows that a regression is fitted on: every text, the same in other words, and the names of the emoji."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emojit.baselines.base import Example
from emojit.baselines.documents import Document, Read
from emojit.emoji import inventory

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

NAME_WEIGHT = 0.3
"""How much a row made of an emoji's names counts beside a real one."""
_HELD_OUT = 1000
"""Most rows whose held-out scores teach the choice of the answer (count); from more it learned nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """Rows in the order that `emojit.baselines.ridge` wants: names, rows, held-out groups."""

    documents: list[Document]
    """One per row."""
    targets: csr_matrix
    """(rows, emoji) float32, 1 where the row has the emoji."""
    weights: np.ndarray
    """(rows,) float32."""
    held_out: list[int]
    """Sizes of the groups at the end (count of rows each)."""
    labels: list[str]
    """The emoji of the columns: those of the inventory, in its order."""


def training_set(rows: Sequence[Example], read: Read, names: Sequence[Document]) -> TrainingSet:
    """Lay out the rows.

    Args:
        rows: usable ones, see `emojit.baselines.base.usable_rows`.
        read: makes documents of texts.
        names: what every emoji of the inventory is called, in its order.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    labels = [item.emoji for item in inventory()]
    place = {emoji: index for index, emoji in enumerate(labels)}
    step = max(1, -(-len(rows) // _HELD_OUT))
    chosen = range(0, len(rows), step)
    order = [*(index for index in range(len(rows)) if index % step), *chosen]
    texts, columns, groups = [], [[column] for column in range(len(names))], []
    for index in order:
        row = rows[index]
        group = [row.text] if row.other is None else [row.text, row.other]
        texts += group
        columns += [[place[emoji] for emoji in row.emojis]] * len(group)
        groups.append(len(group))
    ends = np.cumsum([0, *map(len, columns)])
    targets = csr_matrix(
        (np.ones(int(ends[-1]), np.float32), np.concatenate(columns).astype(np.int32), ends),
        shape=(len(columns), len(labels)),
    )
    weights = np.ones(len(columns), dtype=np.float32)
    weights[: len(names)] = NAME_WEIGHT
    return TrainingSet(
        documents=[*names, *read(texts)],
        targets=targets,
        weights=weights,
        held_out=groups[len(order) - len(chosen) :],
        labels=labels,
    )
