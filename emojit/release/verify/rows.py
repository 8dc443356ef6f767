"""One pass over all rows: each against the schema, and every row against the rows before it.

Held-out splits are read first, so that their texts are remembered when the rows of train come and memory grows with the held-out rows, not with train;
beyond that a row costs some 50 bytes, for its id and its article.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emojit.dataset.digests import DigestMap, text_digest
from emojit.dataset.pair import Pair
from emojit.dataset.parquet import PAIR_COLUMNS
from emojit.dataset.splits import SPLITS, Split
from emojit.dataset.tally import Tally
from emojit.logs import progress
from emojit.release.verify.configurations import configurations
from emojit.release.verify.findings import Findings
from emojit.release.verify.leakage import HeldOut
from emojit.release.verify.row import Rules, faults
from emojit.release.verify.subject import Subject
from emojit.release.verify.tables import column_types, read_table, wanted_types

_ORDER: tuple[Split, ...] = ("test", "validation", "train")
_NEEDED = ("source", "doc_id")


@dataclass(slots=True)
class Seen:
    """What the pass leaves behind for other checks.

    Attributes:
        rows: rows by split (counts).
        tally: the rows counted as a build counts them, or None where a row is too damaged to be counted, or columns are missing.
        columns: columns that every file has.
    """

    rows: Counter[Split] = field(default_factory=Counter)
    tally: Tally | None = field(default_factory=Tally)
    columns: frozenset[str] = frozenset()


def check_rows(subject: Subject, findings: Findings, *, quiet: bool = True) -> Seen:
    """Check every row of every split.

    Args:
        subject: the data set.
        findings: what is wrong goes here.
        quiet: no progress bar.
    """
    seen = Seen(columns=_check_columns(subject, findings))
    recipe, manifest = subject.recipe, subject.manifest or {}
    rules = Rules(
        columns=seen.columns,
        splits=recipe.splits if recipe is not None else None,
        teacher=recipe.teacher.model if recipe is not None else None,
        prompt_id=manifest.get("prompt_id") if isinstance(manifest.get("prompt_id"), str) else None,
    )
    if not set(PAIR_COLUMNS) <= seen.columns:
        seen.tally = None
    _say_what_is_missing(rules.columns, findings)
    parts = configurations(subject)
    checked: set[str] = set()
    for part in parts:
        neighbours, held_out = _Neighbours(findings, rules.columns), HeldOut(recipe, findings, part.name)
        for split in _ORDER:
            for name, path in part.files[split]:
                again = (
                    name in checked
                )  # a file may belong to several configurations, and its own faults are told once
                checked.add(name)
                source = read_table(name, path, Findings() if again else findings)
                for number, row in enumerate(progress(source, label=name, unit="row", quiet=quiet)):
                    where = f"{name} row {number}"
                    neighbours.look(row, split, where)
                    held_out.look(row, split, _named(where, row))
                    if again:
                        continue
                    seen.rows[split] += 1
                    whole = True
                    for what, expected, found in faults(row, split, rules):
                        whole = False
                        findings.wrong("rows", what, _named(where, row), expected=expected, found=found)
                    _count(seen, split, row, whole=whole)
        held_out.conclude()
    total = seen.rows.total()
    findings.checked.append(f"{total:,} rows ({', '.join(f'{split} {seen.rows[split]:,}' for split in SPLITS)})")
    if len(parts) > 1:
        names = ", ".join(str(part.name) for part in parts)
        findings.checked.append(f"each of {len(parts)} configurations by itself: {names}")
    return seen


def _say_what_is_missing(columns: frozenset[str], findings: Findings) -> None:
    if not columns.issuperset(_NEEDED):
        findings.unchecked.append("whether an article stands in two splits: there is no source or no doc_id")


def _named(where: str, row: Mapping[str, Any]) -> str:
    return f"{where} (id {row['id']})" if row.get("id") else where


def _count(seen: Seen, split: Split, row: Mapping[str, Any], *, whole: bool) -> None:
    if seen.tally is None:
        return
    try:
        seen.tally.add(split, _pair(row))
    except (TypeError, AttributeError):  # nulls where a text should be: such a row has a fault already
        if whole:
            raise
        seen.tally = None


def _pair(row: Mapping[str, Any]) -> Pair:
    values = {name: row[name] for name in PAIR_COLUMNS}
    lists = {name: tuple(values[name]) for name in ("emojis", "flags")}
    return Pair(**{**values, **lists, "votes": tuple(tuple(vote) for vote in values["votes"])})


def _check_columns(subject: Subject, findings: Findings) -> frozenset[str]:
    """Compare the columns of every file with those of a pair, and return the ones that all files have and that can be used."""
    wanted = wanted_types(PAIR_COLUMNS)
    common: set[str] | None = None
    for split in SPLITS:
        for name, path in subject.row_files(split):
            types = column_types(name, path, findings)
            if types is None:
                continue
            usable = {column for column, kind in types.items() if wanted.get(column, kind) in (kind, "null")}
            for column in sorted(set(types) - usable):
                if not subject.own:
                    findings.unchecked.append(
                        f"{name}: what hangs on the column {column}, for it is {types[column]} and not {wanted[column]}"
                    )
                elif types[column] != "null":
                    findings.wrong(
                        "rows",
                        "a column has another type",
                        f"{name}: {column}",
                        expected=wanted[column],
                        found=types[column],
                    )
            if subject.own:
                for column in sorted(set(wanted) - set(types)):
                    findings.wrong(
                        "rows",
                        "a column is missing",
                        f"{name}: {column}",
                        expected=wanted[column],
                        found="no such column",
                    )
            common = usable if common is None else common & usable
    found = frozenset(common or ())
    missing = [column for column in PAIR_COLUMNS if column not in found]
    if missing and not subject.own:
        findings.unchecked.append(f"what hangs on columns that are not there: {', '.join(missing)}")
    return found


class _Neighbours:
    """Remembers ids and articles: no id may come twice, no article stand in two splits."""

    def __init__(self, findings: Findings, columns: frozenset[str]) -> None:
        self._findings = findings
        self._ids = DigestMap() if "id" in columns else None
        self._articles = DigestMap() if columns.issuperset(_NEEDED) else None
        self._posts: DigestMap | None = DigestMap() if "sns_text" in columns else None

    def look(self, row: Mapping[str, Any], split: Split, where: str) -> None:
        """Compare a row with those before it."""
        number = SPLITS.index(split)
        identity, post = row.get("id"), row.get("sns_text")
        if self._ids is not None and isinstance(identity, str) and not self._ids.add(text_digest(identity), number):
            self._findings.wrong(
                "rows",
                "an id comes twice",
                where,
                expected="a new id",
                found=f"{identity}, in {self._place(self._ids, identity)} before",
            )
        if self._posts is not None and isinstance(post, str) and not self._posts.add(text_digest(post), number):
            self._findings.wrong(
                "rows",
                "a rewrite comes twice",
                where,
                expected="a new sns_text",
                found=f"{post}, in {self._place(self._posts, post)} before",
            )
        source, doc_id = row.get("source"), row.get("doc_id")
        if self._articles is None or not isinstance(source, str) or not isinstance(doc_id, str):
            return
        article = f"{source}\n{doc_id}"
        if (
            not self._articles.add(text_digest(article), number)
            and (home := self._place(self._articles, article)) != split
        ):
            self._findings.wrong(
                "articles",
                "an article stands in two splits",
                f"{source}/{doc_id}, {where}",
                expected=home,
                found=split,
            )

    def _place(self, table: DigestMap, text: str) -> Split:
        return SPLITS[table.get(text_digest(text)) or 0]
