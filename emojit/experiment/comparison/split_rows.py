"""The rows of one split of a Parquet file that holds several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emojit.errors import DatasetError


def read_split(
    path: Path, columns: Sequence[str] | None, *, optional: Sequence[str] = (), split: str = "test", hint: str
) -> dict[str, list[Any]]:
    """Read the rows whose column `split` has that value, as one list per column.

    By hand and not with pyarrow's filters: those load pandas, which costs more than all files of a small report.

    Args:
        path: the file.
        columns: which must be there and are read; None reads all, of which `id` must be there.
        optional: further columns that are read where they are there, if not all are.
        split: name of the split.
        hint: what to do where the file cannot be used.

    Raises:
        DatasetError: the file is missing, damaged, lacks a column or has no row of that split.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            present = file.schema_arrow.names
            if missing := [name for name in ("id", "split", *(columns or ())) if name not in present]:
                raise DatasetError(f"{path.name} has no column {', '.join(missing)}", hint=hint)
            wanted = present if columns is None else [*columns, *(name for name in optional if name in present)]
            table = file.read(columns=["split", *(name for name in wanted if name != "split")])
    except FileNotFoundError as exc:
        raise DatasetError(f"{path.name} is missing", hint=hint) from exc
    except (pa.ArrowException, OSError) as exc:
        raise DatasetError(f"{path.name} cannot be read ({str(exc).splitlines()[0]})", hint=hint) from exc
    places = [place for place, name in enumerate(table.column("split").to_pylist()) if name == split]
    if not places:
        raise DatasetError(f"{path.name} has no row of the split {split}", hint=hint)
    first = places[0]
    table = table.slice(first, places[-1] - first + 1)  # the other splits mostly stand before or after
    found = {}
    for name in table.column_names:
        if name != "split":
            values = table.column(name).to_pylist()
            found[name] = values if len(values) == len(places) else [values[place - first] for place in places]
    return found
