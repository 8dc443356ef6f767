"""Every low row of every system as a table: nothing that the shares count is kept back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from emojit.dataset.parquet import TableWriter
from emojit.evaluation.errors.analysis import Low

FILE_NAME = "eval_errors.parquet"
_COLUMNS = {
    "system": "string",
    "id": "string",
    "jaccard": "double",
    "category": "string",
    "holds": "strings",
    "reason": "string",
}


def write_errors(path: Path, ids: Sequence[str], low: Mapping[str, Sequence[Low]]) -> None:
    """Write one row per system and low row: its id, which `eval_predictions.parquet` shares, its category, all rules that apply, and what the first one found."""
    with TableWriter(path, _COLUMNS) as table:
        for system, rows in low.items():
            for one in rows:
                table.add(
                    {
                        "system": system,
                        "id": ids[one.place],
                        "jaccard": one.jaccard,
                        "category": one.category,
                        "holds": list(one.reasons),
                        "reason": one.reasons[one.category],
                    }
                )
