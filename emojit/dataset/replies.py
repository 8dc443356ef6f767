"""The replies that a build used: written once each in the order in which the decisions needed them, and added up."""

from __future__ import annotations

import json
import math
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from emojit.corpus.digest_set import DigestSet
from emojit.dataset.parquet import TableWriter
from emojit.teacher import Reply, ReplyStore, release_columns


@dataclass(kw_only=True)
class ReplyTotals:
    """Sums over the replies of a build.

    Attributes:
        replies: replies written, each question once (count).
        unanswered: those that hold an error and no answer (count).
        last_error: the latest of these errors, or None.
        tokens: sums of the endpoint's own token counts, by its names, for what is a whole number there.
        costs: what was billed, reply by reply (USD).
        providers: replies by the provider that the endpoint names.
        finish_reasons: replies by finish reason.
    """

    replies: int = 0
    unanswered: int = 0
    last_error: str | None = None
    tokens: Counter[str] = field(default_factory=Counter)
    costs: array[float] = field(default_factory=lambda: array("d"))
    providers: Counter[str] = field(default_factory=Counter)
    finish_reasons: Counter[str] = field(default_factory=Counter)

    @property
    def cost(self) -> float | None:
        """What all replies cost together (USD), or None where the endpoint bills nothing in its replies."""
        return math.fsum(self.costs) if self.costs else None

    def add(self, reply: Reply) -> None:
        """Count one reply."""
        self.replies += 1
        if reply.error is not None:
            self.unanswered += 1
            self.last_error = reply.error
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


class UsedReplies:
    """Writes the replies behind each decision; a question that two sentences share, or that is asked again, once.

    Attributes:
        totals: sums over what was written.
    """

    def __init__(self, table: TableWriter, store: ReplyStore) -> None:
        """Take the table that they go to and the store that holds them."""
        self.totals = ReplyTotals()
        self._table = table
        self._store = store
        self._written = DigestSet()

    def write(self, keys: Iterable[str]) -> None:
        """Write the replies with these keys, in their order, unless they are written already.

        Raises:
            TeacherError: a key is not in the store.
        """
        new = [key for key in keys if self._written.add(int(key[:16], 16))]
        for reply in self._store.get_many(new):
            self.totals.add(reply)
            self._table.add(release_columns(reply))
