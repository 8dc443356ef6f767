"""Rows of others that a build must not leak into or take from: what `decontaminate.against` names, opened as texts with their roles.

builds/v3                           a build folder: its test and validation rows are held out, its train rows were trained on
namespace/name@v3                   a data set on the Hub; one that emojit published is read like a build folder,
namespace/name@main                 of any other every row of every split is held out: it is somebody's benchmark
benchmark.jsonl, .parquet, .txt     every row is held out; .jsonl.gz and .txt.zst are read too
benchmark.jsonl:question            the column to read, where it is none of sns_text, original_text and text
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emojit.corpus.files import file_facts, listing_sha256
from emojit.corpus.streams import Position, check_content, numbered_lines
from emojit.dataset.folder import read_manifest
from emojit.dataset.splits import SPLITS, Split
from emojit.errors import DatasetError, MissingExtraError

Role = Literal["held_out", "trained_on"]
"""What others do with a row: measure on it (validation, test, benchmarks), or train on it."""

TEXT_COLUMNS = ("sns_text", "original_text", "text")
"""Columns that are read unless one is named."""

_OWN_COLUMNS = ("original_text", "sns_text")
_BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """One thing to hold the rows against.

    Attributes:
        name: repository with its commit, folder or file, without a path of this machine.
        inputs: for the manifest: kind, name, and sha256 or commit.
        texts: gives (role, text) from the start, each time it is called.
    """

    name: str
    inputs: Mapping[str, object]
    texts: Callable[[], Iterator[tuple[Role, str]]]


def open_other(entry: str) -> Other:
    """Open what one string of `decontaminate.against` names. Files are hashed and revisions resolved; no row is read yet.

    Raises:
        DatasetError: no such folder, file, repository or revision, or a file of an unknown kind.
        MissingExtraError: a Hub data set that emojit did not make, and `datasets` is not installed.
        OfflineError: a Hub data set is named while `EMOJIT_OFFLINE` is set.
    """
    place, column = _split_column(entry)
    path = Path(place).expanduser()
    if path.is_dir():
        return _folder(path, column)
    if path.exists():
        return _file(path, column)
    name, _, revision = place.partition("@")
    if name.count("/") == 1 and all(name.split("/")) and not name.startswith((".", "~")) and _kind(path) is None:
        return _repository(name, revision or None, column)
    raise DatasetError(
        f"decontaminate.against: {entry}: no such file, folder or repository",
        hint="give a build folder, namespace/name@revision, or a .jsonl, .parquet or .txt file",
    )


def released_entry(entry: str) -> str:
    """Return what a published recipe says for an entry: a path of this machine without its folders, anything else as it is."""
    place, column = _split_column(entry)
    path = Path(place).expanduser()
    if not path.exists():
        return entry
    name = path.resolve().name
    return name if column is None else f"{name}:{column}"


def _split_column(entry: str) -> tuple[str, str | None]:
    place, separator, column = entry.rpartition(":")
    if not separator or not place or "/" in column or Path(entry).expanduser().exists():
        return entry, None
    return place, column


def _folder(path: Path, column: str | None) -> Other:
    files = read_manifest(path)["files"]
    sums = ((file, facts["sha256"]) for file, facts in sorted(files.items()))
    name = path.resolve().name
    return Other(
        name=name,
        inputs={"kind": "build", "path": name, "sha256": listing_sha256(sums)},
        texts=lambda: (found for split in SPLITS for found in _own_split(path, split, column, where=name)),
    )


def _own_split(folder: Path, split: Split, column: str | None, *, where: str) -> Iterator[tuple[Role, str]]:
    columns = _OWN_COLUMNS if column is None else (column,)
    for path in sorted((folder / "data").glob(f"{split}-*.parquet")):
        for text in _parquet(path, columns, where=where):
            yield "trained_on" if split == "train" else "held_out", text


def _file(path: Path, column: str | None) -> Other:
    kind = _kind(path)
    if kind is None:
        raise DatasetError(
            f"{path}: cannot read this kind of file", hint="give .jsonl or .txt (also .gz, .zst) or .parquet"
        )
    check_content(path)
    columns = TEXT_COLUMNS if column is None else (column,)
    readers: dict[str, Callable[[], Iterator[str]]] = {
        ".txt": lambda: (line for _, line in _lines(path)),
        ".jsonl": lambda: _jsonl(path, columns, named=column is not None),
        ".parquet": lambda: _parquet(path, columns, where=path.name, named=column is not None),
    }
    return Other(
        name=path.name,
        inputs={"kind": "file", **file_facts(path), **({} if column is None else {"column": column})},
        texts=lambda: (("held_out", text) for text in readers[kind]()),
    )


def _kind(path: Path) -> str | None:
    bare = path.with_suffix("") if path.suffix.lower() in {".gz", ".zst"} else path
    kind = bare.suffix.lower()
    return kind if kind in {".jsonl", ".txt"} or (kind == ".parquet" and bare == path) else None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line, _ in numbered_lines(path, Position()):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as exc:
            raise DatasetError(
                f"{path}: line {number} is no UTF-8 (byte {exc.start})", hint="convert the file to UTF-8"
            ) from exc
        if text:
            yield number, text


def _jsonl(path: Path, columns: tuple[str, ...], *, named: bool) -> Iterator[str]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise DatasetError(f"{path}: line {number} is no JSON ({exc})", hint="mend the line") from exc
        if not isinstance(row, dict):
            raise DatasetError(f"{path}: line {number} is no JSON object", hint="write one object per line")
        _check_columns(list(row), columns, where=f"{path}: line {number}", named=named)
        yield from _texts_of(row, columns)


def _parquet(path: Path, columns: tuple[str, ...], *, where: str, named: bool = True) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            present = file.schema_arrow.names
            _check_columns(present, columns, where=f"{where}: {path.name}", named=named)
            wanted = [column for column in columns if column in present]
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
                for row in batch.to_pylist():
                    yield from _texts_of(row, columns)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
        raise DatasetError(f"{where}: {path.name} cannot be read ({exc})", hint="write or download it again") from exc


def _repository(name: str, revision: str | None, column: str | None) -> Other:
    from emojit.dataset.hub import fetch, look_up

    commit, files = look_up(name, revision)
    where = f"{name}@{revision or commit[:12]}"
    inputs = {"kind": "hub", "repo": name, "revision": commit}
    if "manifest.json" in files and any(file.startswith("data/train-") for file in files):

        def own() -> Iterator[tuple[Role, str]]:
            for split in SPLITS:
                folder, _ = fetch(name, split, commit)
                yield from _own_split(folder, split, column, where=where)

        return Other(name=where, inputs=inputs, texts=own)
    import importlib.util

    if importlib.util.find_spec("datasets") is None:
        raise MissingExtraError(f"{where}: reading it needs `datasets`", hint="pip install 'emojit[corpus]'")
    if column is not None:
        inputs["column"] = column
    columns = TEXT_COLUMNS if column is None else (column,)
    return Other(
        name=where,
        inputs=inputs,
        texts=lambda: (
            ("held_out", text) for text in _streamed(name, commit, columns, where=where, named=bool(column))
        ),
    )


def _streamed(name: str, commit: str, columns: tuple[str, ...], *, where: str, named: bool) -> Iterator[str]:
    """Yield the texts of every split of every configuration."""
    from datasets import get_dataset_config_names, load_dataset

    from emojit.network import hub_errors

    try:
        for config in get_dataset_config_names(name, revision=commit):
            for split, rows in load_dataset(name, config, revision=commit, streaming=True).items():
                for number, row in enumerate(rows):
                    if number == 0:
                        _check_columns(list(row), columns, where=f"{where}: {config}/{split}", named=named)
                    yield from _texts_of(row, columns)
    except hub_errors(ValueError, EOFError) as exc:
        reason = next(iter(str(exc).splitlines()), type(exc).__name__)
        raise DatasetError(f"{where}: cannot be streamed ({reason})", hint="run the same command again") from exc


def _check_columns(present: list[str], wanted: tuple[str, ...], *, where: str, named: bool) -> None:
    missing = [column for column in wanted if column not in present]
    if missing and (named or len(missing) == len(wanted)):
        raise DatasetError(
            f"{where} has no column {' or '.join(missing)}; columns: {', '.join(present)}",
            hint="name the column that holds the text, as in benchmark.jsonl:question",
        )


def _texts_of(row: Mapping[str, object], columns: tuple[str, ...]) -> Iterator[str]:
    for column in columns:
        value = row.get(column)
        if isinstance(value, str) and value.strip():
            yield value
