"""The replies that a build used: written once each in the order in which the sentences needed them, and added up."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from emojit.dataset.parquet import REPLY_COLUMNS, TableWriter
from emojit.teacher import Labelled, Reply, ReplyStore, release_columns


@dataclass(kw_only=True)
class ReplyTotals:
    """Sums over the replies of a build.

    Attributes:
        replies: replies written, each question once (count).
        unanswered: those that hold an error and no answer (count).
        tokens: sums of the endpoint's own token counts, by its names, for what is a whole number there.
        costs: what was billed, reply by reply (USD).
        providers: replies by the provider that the endpoint names.
        finish_reasons: replies by finish reason.
    """

    replies: int = 0
    unanswered: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    costs: list[float] = field(default_factory=list)
    providers: Counter[str] = field(default_factory=Counter)
    finish_reasons: Counter[str] = field(default_factory=Counter)

    @property
    def cost(self) -> float | None:
        """What all replies cost together (USD), or None where the endpoint bills nothing in its replies."""
        return math.fsum(self.costs) if self.costs else None

    def add(self, reply: Reply) -> None:
        """Count one reply."""
        self.replies += 1
        self.unanswered += reply.error is not None
        if reply.usage is not None:
            usage = json.loads(reply.usage)
            self.tokens.update(
                {name: n for name, n in usage.items() if isinstance(n, int) and not isinstance(n, bool)}
            )
        if reply.cost is not None:
            self.costs.append(reply.cost)
        if reply.provider is not None:
            self.providers[reply.provider] += 1
        if reply.finish_reason is not None:
            self.finish_reasons[reply.finish_reason] += 1


def write_replies(path: Path, labelled: Iterable[Labelled], store: ReplyStore) -> ReplyTotals:
    """Write every reply that the sentences used, a question that two sentences share once.

    Args:
        path: file name of the numbered series.
        labelled: the sentences in corpus order, rejected ones included.
        store: holds their replies.
    """
    totals = ReplyTotals()
    keys = dict.fromkeys(key for record in labelled for key in record.keys)
    with TableWriter(path, REPLY_COLUMNS, series=True) as table:
        for reply in store.get_many(keys):
            totals.add(reply)
            table.add(release_columns(reply))
    return totals
