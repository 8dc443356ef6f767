"""The answers of several systems to the same texts: what the judge and the people who rate are shown, read from what `emojit evaluate` writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.parquet import read_rows
from emojit.errors import UsageError

GOLD = "gold"
"""The name under which the references stand as a system among the others."""

Answer = tuple[str, ...] | None
"""The emoji of one answer in its order, possibly none; None where the system has no answer."""

_COLUMNS = ("id", "text", "emojis")
_HINT = "give eval_predictions.parquet as `emojit evaluate` writes it: id, text, emojis, and one column per system"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemAnswers:
    """What several systems answered to the same texts.

    Attributes:
        ids: of the rows, all different.
        texts: what was answered to, one per row.
        gold: the references, one per row.
        answers: by name of the system, one per row; in the order of the files and their columns, without the references.
        evaluated: the first system of every file: what `emojit evaluate` was asked about, without what it was compared with.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    gold: tuple[tuple[str, ...], ...]
    answers: Mapping[str, tuple[Answer, ...]]
    evaluated: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The systems, the references first."""
        return (GOLD, *self.answers)

    def rows(self, name: str) -> tuple[Answer, ...]:
        """Return the answers of one system, `GOLD` among them, one per row."""
        return self.gold if name == GOLD else self.answers[name]

    def pick(self, names: Sequence[str]) -> SystemAnswers:
        """Return the same rows with these systems only, in this order; the references stay whether or not they are named.

        Raises:
            UsageError: there is no such system.
        """
        for name in names:
            if name not in self.names:
                raise UsageError(f"no system {name} in the predictions", hint=f"there are: {', '.join(self.names)}")
        return SystemAnswers(
            ids=self.ids,
            texts=self.texts,
            gold=self.gold,
            answers={name: self.answers[name] for name in names if name != GOLD},
            evaluated=tuple(name for name in self.evaluated if name in names),
        )


def read_systems(sources: Sequence[str | Path]) -> SystemAnswers:
    """Read the answers of one or several files.

    Args:
        sources: `FILE` or `NAME=FILE`. With a name, the file's first system (the one that was evaluated; the others are those it was compared with)
            gets this name, so that the students of several runs can stand side by side. A system that is in several files must have the same
            answers in all of them.

    Raises:
        UsageError: a file is missing or is no such file, the files are about different rows, or two files have different answers under one name.
    """
    if not sources:
        raise UsageError("no predictions are given", hint=_HINT)
    read = [(str(source), _read(source)) for source in sources]
    where, first = read[0]
    merged = dict(first.answers)
    for other_where, other in read[1:]:
        _check_same_rows(where, first, other_where, other)
        for name, rows in other.answers.items():
            if name not in merged:
                merged[name] = rows
            elif (at := _first_difference(merged[name], rows)) is not None:
                raise UsageError(
                    f"{other_where}: another answer of {name} to the row {first.ids[at]} than in a file before it: {rows[at]} and {merged[name][at]}",
                    hint=f"give the systems names of their own: --predictions A={_path(where)} --predictions B={_path(other_where)}",
                )
    evaluated = dict.fromkeys(name for _, one in read for name in one.evaluated)
    return SystemAnswers(ids=first.ids, texts=first.texts, gold=first.gold, answers=merged, evaluated=tuple(evaluated))


def _read(source: str | Path) -> SystemAnswers:
    """Read one file; its first system gets the name that it shall have."""
    name, path = _name(source), _path(source)
    table = _rows(path)
    columns = tuple(table[0])
    if columns[:3] != _COLUMNS or len(columns) < 4:
        raise UsageError(f"{path}: the columns are {', '.join(columns)}", hint=_HINT)
    ids, texts = (tuple(_strings(path, column, table)) for column in ("id", "text"))
    if len(set(ids)) < len(ids):
        twice = Counter(ids).most_common(1)[0][0]
        raise UsageError(f"{path}: the row {twice} is there twice", hint="every row of the split stands there once")
    gold = _answers(path, "emojis", ids, table)
    answers = {column: _answers(path, column, ids, table) for column in columns[3:]}
    if name is not None:
        answers = {name if column == columns[3] else column: rows for column, rows in answers.items()}
    if GOLD in answers or len(answers) < len(columns) - 3:
        taken = GOLD if GOLD in answers else name
        raise UsageError(
            f"{path}: the name {taken} is taken", hint=f"{GOLD} are the references; choose another NAME=FILE"
        )
    known = tuple(row if row is not None else () for row in gold)
    if None in gold:
        raise UsageError(f"{path}: emojis is null in the row {ids[gold.index(None)]}", hint=_HINT)
    return SystemAnswers(ids=ids, texts=texts, gold=known, answers=answers, evaluated=tuple(answers)[:1])


def _rows(path: Path) -> list[dict[str, object]]:
    from pyarrow import ArrowException

    try:
        table = read_rows(path)
    except (OSError, ArrowException) as exc:
        missing = isinstance(exc, FileNotFoundError)  # of which pyarrow says the path and nothing more
        why = "no such file" if missing else getattr(exc, "strerror", None) or str(exc).splitlines()[0]
        raise UsageError(f"--predictions {path}: cannot be read ({why})", hint=_HINT) from exc
    if not table:
        raise UsageError(f"--predictions {path}: has no rows", hint=_HINT)
    return table


def _strings(path: Path, column: str, table: list[dict[str, object]]) -> list[str]:
    values = [value for row in table if isinstance(value := row[column], str)]
    if len(values) < len(table):
        raise UsageError(f"{path}: {column} is no text in every row", hint=_HINT)
    return values


def _answers(path: Path, column: str, ids: Sequence[str], table: list[dict[str, object]]) -> tuple[Answer, ...]:
    return tuple(_answer(path, column, row_id, row[column]) for row_id, row in zip(ids, table, strict=True))


def _answer(path: Path, column: str, row_id: str, value: object) -> Answer:
    if value is None:
        return None
    # Nothing with blanks or line breaks: answers stand in lines of questions, and must not become lines of their own.
    emojis = (
        tuple(item for item in value if isinstance(item, str) and item.split() == [item])
        if isinstance(value, list)
        else None
    )
    if emojis is None or not isinstance(value, list) or len(emojis) < len(value):
        raise UsageError(f"{path}: {column} of the row {row_id} is no list of emoji, got {value!r}", hint=_HINT)
    return emojis


def _check_same_rows(where: str, first: SystemAnswers, other_where: str, other: SystemAnswers) -> None:
    hint = "evaluate all systems on the same revision and split of one data set"
    for what in ("ids", "texts", "gold"):
        mine, theirs = getattr(first, what), getattr(other, what)
        if mine == theirs:
            continue
        if len(mine) != len(theirs):
            raise UsageError(
                f"{other_where} has {len(theirs)} rows, {where} has {len(mine)}: the rows must be the same", hint=hint
            )
        at = next(at for at, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b)
        raise UsageError(
            f"{other_where}: {what} of row {at + 1} differ from {where}: {theirs[at]!r} and {mine[at]!r}", hint=hint
        )


def _first_difference(a: Sequence[Answer], b: Sequence[Answer]) -> int | None:
    return next((at for at, (one, other) in enumerate(zip(a, b, strict=True)) if one != other), None)


def _name(source: str | Path) -> str | None:
    name, sign, _ = str(source).partition("=")
    # A path may hold an equals sign itself, such as the folders "lr=0.001" of a sweep.
    return name if sign and name and "/" not in name and not Path(source).exists() else None


def _path(source: str | Path) -> Path:
    return Path(source) if _name(source) is None else Path(str(source).partition("=")[2])
