"""The answers of the trivial systems that stand in a plan's folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emojit.errors import DatasetError

_KEYS = ("id", "split", "text", "emojis")


def read_baselines(path: Path, ids: Sequence[str]) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Read `baselines.parquet`.

    Args:
        path: the file; it may be missing.
        ids: the test rows of the table, by rising id.

    Returns:
        Name of each baseline to its answers in the order of `ids`; empty without the file.

    Raises:
        DatasetError: the file cannot be read, or holds other test rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    hint = f"remove {path.name} and run the plan again: it is written anew"
    if not path.is_file():
        return {}
    try:
        table = pq.read_table(path, filters=[("split", "=", "test")])
        found: list[str] = table.column("id").to_pylist()
        names = [name for name in table.column_names if name not in _KEYS]
        columns = {name: table.column(name).to_pylist() for name in names}
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, KeyError) as exc:
        raise DatasetError(f"{path.name}: cannot be read ({str(exc).splitlines()[0]})", hint=hint) from exc
    order = sorted(range(len(found)), key=found.__getitem__)
    if [found[place] for place in order] != list(ids):
        raise DatasetError(
            f"{path.name}: answers to {len(found)} test rows that are not the {len(ids)} of the runs", hint=hint
        )
    try:
        return {name: tuple(tuple(answers[place]) for place in order) for name, answers in columns.items()}
    except TypeError as exc:
        raise DatasetError(f"{path.name}: a baseline has no answer to a row", hint=hint) from exc
