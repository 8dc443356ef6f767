"""Import: a data set of the older column set becomes a build folder, with everything that is not known stated as such.

    data/          the rows, split by a hash of the text
    rejected/      the lines that became no row, with the reason
    statistics.json, README.md, manifest.json

There is no recipe, no corpus and no reply: nothing is made up in their place. One file of the older data set is one version, and one build.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.corpus.files import file_facts, read_jsonl
from emojit.corpus.near import NearDuplicates
from emojit.corpus.records import Rejected
from emojit.corpus.streams import Position, check_content
from emojit.dataset.digests import DigestMap, text_digest
from emojit.dataset.finished import finished_statistics, other_than
from emojit.dataset.folder import (
    CARD,
    STATISTICS,
    data_file,
    write_json,
    write_manifest,
    write_text,
)
from emojit.dataset.identity import versions
from emojit.dataset.making import record_making
from emojit.dataset.older_files import Origin
from emojit.dataset.older_rows import UNKNOWN, OlderRows
from emojit.dataset.pair import Pair
from emojit.dataset.parquet import PAIR_COLUMNS, REJECTED_COLUMNS, TableWriter
from emojit.dataset.replies import ReplyTotals
from emojit.dataset.splits import SPLITS, split_of
from emojit.dataset.staging import locked, place, staged
from emojit.dataset.statistics import build_statistics
from emojit.dataset.tally import Tally
from emojit.errors import DatasetError
from emojit.logs import progress
from emojit.recipe import BuildRecipe, TeacherConfig

logger = logging.getLogger(__name__)

KIND = "imported"
"""What manifest and statistics of such a build say it is."""

NOT_KNOWN = (
    "the articles and sources of the sentences",
    "the filters that they passed",
    "the teacher's prompts and parameters",
    "its replies, and whether it was asked more than once",
    "what it cost",
)
"""What the older columns never say; licence and teacher are added where nobody states them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the one who imports or the card of the data set knows and the rows do not say.

    Attributes:
        name: of the build; goes into the card's title.
        source: what the `source` column says. The split of a text hangs on it, so give all versions of a data set the same one.
        licence: of the texts, or None.
        teacher: model name, or None.
    """

    name: str
    source: str = UNKNOWN
    licence: str | None = None
    teacher: str | None = None

    @property
    def unknown(self) -> list[str]:
        """What is not known about the rows, in words."""
        stated = {"the licence of the texts": self.licence, "the teacher": self.teacher}
        return [*NOT_KNOWN, *(name for name, value in stated.items() if value is None)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import came to.

    Attributes:
        folder: the build folder.
        already_complete: whether it was there before and nothing was done.
        lines: lines of the file (count).
        rows: rows by split (counts).
        rejected: stage -> reason -> count.
        unknown: what is not known about the rows, in words.
    """

    folder: Path
    already_complete: bool
    lines: int
    rows: dict[str, int]
    rejected: dict[str, dict[str, int]]
    unknown: list[str]

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {**dataclasses.asdict(self), "folder": str(self.folder)}


def import_dataset(
    origin: Origin, out: Path, stated: Stated, *, render_card: Callable[[Path], str], quiet: bool = False
) -> ImportResult:
    """Make a build folder of one file of an older data set.

    Args:
        origin: the file, and where it is from.
        out: folder to make; missing, empty, or holding this very import already.
        stated: what is known about the rows.
        render_card: gives the text of README.md for a folder that holds everything but README.md and the manifest.
        quiet: no progress bar.

    Raises:
        CorpusError: the file cannot be read.
        DatasetError: not one line became a row, or `out` holds something else.
    """
    out = place(out)
    check_content(origin.path)
    identity = {
        "kind": KIND,
        "name": stated.name,
        "inputs": [{"role": "import", **file_facts(origin.path), **origin.inputs}],
        "stated": {"source": stated.source, "licence": stated.licence, "teacher": stated.teacher},
        "prompt_id": None,
        "versions": versions(),
    }
    with locked(out):
        if (there := finished_statistics(out, "build", other_than(identity))) is not None:
            return _result(out, there, already_complete=True)
        with staged(out) as folder:
            statistics = _write(folder, origin, stated, identity, quiet=quiet)
            write_text(folder / CARD, render_card(folder))
            record_making(folder)
            counts = {"lines": statistics["lines"], "rejected": sum(_total(statistics["rejected"]).values())}
            write_manifest(folder, {**identity, "rows": statistics["rows"], "counts": counts})
    result = _result(out, statistics, already_complete=False)
    logger.info("imported folder=%s rows=%s", out, result.rows)
    return result


def _write(
    folder: Path, origin: Origin, stated: Stated, identity: Mapping[str, Any], *, quiet: bool
) -> dict[str, Any]:
    """Write rows, rejections and statistics, and return the statistics."""
    reader = OlderRows(source=stated.source, licence=stated.licence, teacher=stated.teacher or UNKNOWN)
    recipe = BuildRecipe(name=stated.name, teacher=TeacherConfig(model=stated.teacher or UNKNOWN))
    known, tally, reasons = _Known(recipe), Tally(), Counter[tuple[str, str]]()
    lines = leaked = 0
    with ExitStack() as stack:
        refused = stack.enter_context(
            TableWriter(folder / "rejected" / "rejected.parquet", REJECTED_COLUMNS, series=True)
        )
        tables = {split: stack.enter_context(TableWriter(folder / data_file(split), PAIR_COLUMNS)) for split in SPLITS}
        for row in progress(read_jsonl(origin.path, Position()), label="import", unit="row", quiet=quiet):
            lines += 1
            met = reader.read(row)
            rejected = met if isinstance(met, Rejected) else known.objection(met[0])
            if rejected is not None:
                reasons[rejected.stage, rejected.reason] += 1
                refused.add(dataclasses.asdict(rejected))
            elif not isinstance(met, Rejected):
                pair, taken_out = met
                leaked += taken_out
                split = split_of(pair.source, pair.doc_id, recipe.splits)
                tables[split].add(dataclasses.asdict(pair))
                tally.add(split, pair)
    if not tally.total:
        listed = ", ".join(f"{reason} {n}" for (_, reason), n in reasons.most_common(3)) or "it is empty"
        raise DatasetError(
            f"{origin.shown}: none of its {lines} lines became a row ({listed})",
            hint="each line needs original_text, sns_text and emojis (or emoji_string)",
        )
    statistics = _statistics(recipe, tally, reasons, identity["inputs"], lines=lines, leaked=leaked, stated=stated)
    write_json(folder / STATISTICS, statistics)
    return statistics


class _Known:
    """Remembers the rows: the same text, or nearly the same, would be a test question that was trained on."""

    def __init__(self, recipe: BuildRecipe) -> None:
        threshold = recipe.filters.near_duplicate_threshold
        self._ids, self._posts = DigestMap(), DigestMap()
        self._near_text, self._near_post = NearDuplicates(threshold), NearDuplicates(threshold)

    def objection(self, pair: Pair) -> Rejected | None:
        """Return why a row cannot stand beside those before it; where it can, it is remembered."""
        number = int(pair.id, 16)
        if self._ids.get(number) is not None:
            return _refused(pair, "filter", "duplicate", "")
        if (earlier := self._near_text.similar(pair.original_text)) is not None:
            return _refused(pair, "filter", "near_duplicate", earlier)
        if (first := self._posts.get(text_digest(pair.sns_text))) is not None:
            return _refused(pair, "pair", "duplicate_rewrite", f"the rewrite is that of {first:016x}: {pair.sns_text}")
        if (earlier := self._near_post.similar(pair.sns_text)) is not None:
            return _refused(pair, "pair", "near_duplicate_rewrite", f"{pair.sns_text} — {earlier}")
        self._ids.add(number)
        self._posts.add(text_digest(pair.sns_text), number)
        self._near_text.remember(pair.original_text)
        self._near_post.remember(pair.sns_text)
        return None


def _refused(pair: Pair, stage: Any, reason: str, detail: str) -> Rejected:
    return Rejected(id=pair.id, stage=stage, reason=reason, detail=detail, text=pair.original_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What there is to say about drawing: nothing was drawn here."""

    inputs: Mapping[str, object]
    articles: int = 0
    drawn: int = 0
    left_out: int = 0
    candidates: int


def _statistics(
    recipe: BuildRecipe,
    tally: Tally,
    reasons: Mapping[tuple[str, str], int],
    inputs: list[dict[str, object]],
    *,
    lines: int,
    leaked: int,
    stated: Stated,
) -> dict[str, Any]:
    """Count the rows as those of a build are counted, and leave out what nobody knows."""
    counted = build_statistics(
        recipe,
        tally=tally,
        selection=_Drawn(inputs=inputs[0], candidates=lines),
        inputs=inputs,
        rejected=reasons,
        replies=ReplyTotals(),
        leaked=leaked,
    )
    unknown = dict.fromkeys(counted["teacher"])
    for name in ("articles", "corpus", "balance", "density", "agreement"):
        del counted[name]
    return {
        **counted,
        "kind": KIND,
        "lines": lines,
        "unknown": stated.unknown,
        "splits": dataclasses.asdict(recipe.splits),
        "sources": [{**one, "articles": None} for one in counted["sources"]],
        "teacher": {**unknown, "kind": KIND, "model": stated.teacher},
    }


def _result(out: Path, statistics: Mapping[str, Any], *, already_complete: bool) -> ImportResult:
    return ImportResult(
        folder=out,
        already_complete=already_complete,
        lines=statistics["lines"],
        rows=statistics["rows"],
        rejected=statistics["rejected"],
        unknown=statistics["unknown"],
    )


def _total(rejected: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {stage: sum(reasons.values()) for stage, reasons in rejected.items()}
