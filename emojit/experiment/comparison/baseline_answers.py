"""The answers of the simple models: beside the runs of a plan, or in a run folder that was evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emojit.errors import DatasetError
from emojit.evaluation.report import read_report
from emojit.experiment.comparison.split_rows import read_split

Named = dict[str, tuple[tuple[str, ...], ...]]
"""Name of each baseline to its answers, in the order of the test rows by rising id."""

_KEYS = ("id", "text", "emojis")
_EVALUATED = "eval_predictions.parquet"


def read_baselines(path: Path, ids: Sequence[str]) -> Named:
    """Read the `baselines.parquet` of a plan.

    Args:
        path: the file; it may be missing.
        ids: the test rows of the table, by rising id.

    Raises:
        DatasetError: the file cannot be read, or holds other test rows.
    """
    hint = f"remove {path.name} and run the plan again: it is written anew"
    if not path.is_file():
        return {}
    columns = read_split(path, None, hint=hint)
    found: list[str] = columns["id"]
    if sorted(found) != list(ids):
        raise DatasetError(
            f"{path.name}: answers to {len(found)} test rows that are not the {len(ids)} of the runs", hint=hint
        )
    try:
        return {name: _by_id(found, answers) for name, answers in columns.items() if name not in _KEYS}
    except TypeError as exc:
        raise DatasetError(f"{path.name}: a baseline has no answer to a row", hint=hint) from exc


def read_evaluated(folder: Path, ids: Sequence[str]) -> Named:
    """Read the baselines that `emojit evaluate` put beside a run.

    They are a welcome addition and nobody asked for them: where the run was not evaluated, on another split or other rows, there are none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        report = read_report(folder)
        names = [system.name for system in report.systems if system.kind == "baseline"]
        with pq.ParquetFile(folder / _EVALUATED) as file:
            table = file.read(columns=["id", *names])
        found: list[str] = table.column("id").to_pylist()
        if report.dataset.split != "test" or sorted(found) != list(ids):
            return {}
        return {name: _by_id(found, table.column(name).to_pylist()) for name in names}
    except (DatasetError, pa.ArrowException, OSError, KeyError, TypeError):
        return {}


def _by_id(ids: Sequence[str], answers: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return tuple(tuple(answers[place]) for place in order)
