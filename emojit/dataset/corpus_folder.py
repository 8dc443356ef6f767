"""A corpus folder: the sentences of a corpus, split and filtered once, for as many builds as one likes.

    sentences-*.parquet     every sentence in corpus order, with its flags and the reason for which it is dropped
    rejected-*.parquet      input lines that became no article
    statistics.json         counts by reason
    manifest.json           written last: filters, inputs with their hash or commit, versions, sha256 of every file

The same corpus, filters and seed give the same bytes, whoever does the work: this process, several, or tasks on a cluster.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.corpus.choice import Choice, Offer
from emojit.corpus.cluster import Job, run_scan, shards_folder
from emojit.corpus.draw import watched
from emojit.corpus.local import released_name
from emojit.corpus.opened import Opened
from emojit.corpus.pool import scan
from emojit.corpus.prepared import KIND, plain_filters
from emojit.corpus.records import Scanned, ScannedRow
from emojit.corpus.shards import read_shards
from emojit.corpus.sources import ArticleSource, open_articles
from emojit.dataset.drawing import nothing_kept
from emojit.dataset.finished import finished_statistics, other_than
from emojit.dataset.folder import (
    STATISTICS,
    write_json,
    write_manifest,
    write_text,
)
from emojit.dataset.identity import versions
from emojit.dataset.parquet import REJECTED_COLUMNS, SENTENCE_COLUMNS, TableWriter
from emojit.dataset.staging import locked, place, staged
from emojit.errors import DatasetError
from emojit.recipe import BuildRecipe

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusResult:
    """What a corpus folder came to.

    Attributes:
        folder: where it stands, or will stand.
        state: "built", "already_complete", or "submitted" where a cluster does the rest.
        articles: articles read (count).
        candidates: sentences, dropped ones included (count).
        kept: sentences that the filters keep (count).
        dropped: reason -> count, most frequent first.
        unreadable: input lines that became no article, reason -> count.
        seconds: wall time (s).
    """

    folder: Path
    state: str
    articles: int = 0
    candidates: int = 0
    kept: int = 0
    dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    unreadable: dict[str, int] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {**dataclasses.asdict(self), "folder": str(self.folder)}


def build_corpus(recipe: BuildRecipe, out: Path, *, job: Job | None = None, quiet: bool = False) -> CorpusResult:
    """Make a corpus folder.

    Args:
        recipe: its `[corpus]`, `[filters]` and seed.
        out: folder to make; missing, empty, or holding this very corpus already.
        job: how to run the scan on datatrove; None uses `corpus.processes` here.
        quiet: no progress bars.

    Raises:
        CorpusError: the corpus cannot be used, or the filters keep nothing of it.
        DatasetError: `out` holds something else, or the disk is full. No partial folder is left; what tasks of a job have finished is kept.
        MissingExtraError: datatrove or ray is not installed.
    """
    start = time.monotonic()
    out = place(out)
    with locked(out):
        source = open_articles(recipe.corpus, quiet=quiet)
        identity = _identity(recipe, source.inputs)
        if (there := finished_statistics(out, "corpus", other_than(identity))) is not None:
            return _result(out, "already_complete", there)
        try:
            if job is None:
                counts = _write(recipe, source.opened, out, identity, quiet=quiet)
            else:
                work = _working_folder(out, identity, job.tasks)
                finish = functools.partial(finish_corpus, recipe, out, job.tasks)
                if not run_scan(source, recipe.filters, job, work, finish=finish):
                    return CorpusResult(folder=out, state="submitted")
                counts = _write(recipe, source.opened, out, identity, shards=(work, job.tasks), quiet=quiet)
                shutil.rmtree(work)
        except OSError as exc:
            raise _unwritable(out, exc) from exc
    result = _result(out, "built", counts, seconds=time.monotonic() - start)
    logger.info(
        "corpus folder=%s candidates=%d kept=%d seconds=%.1f", out, result.candidates, result.kept, result.seconds
    )
    return result


def finish_corpus(recipe: BuildRecipe, out: Path, tasks: int) -> None:
    """Make a corpus folder of what tasks on a cluster have written; see `build_corpus`."""
    with locked(out):
        source = open_articles(recipe.corpus, quiet=True)
        identity = _identity(recipe, source.inputs)
        work = _working_folder(out, identity, tasks)
        try:
            _write(recipe, source.opened, out, identity, shards=(work, tasks), quiet=True)
        except OSError as exc:
            raise _unwritable(out, exc) from exc
        shutil.rmtree(work)


def _identity(recipe: BuildRecipe, inputs: dict[str, object]) -> dict[str, object]:
    """Return what the manifest records to recognise a corpus folder. How many processes did the work is not in it."""
    corpus = dataclasses.replace(recipe.corpus, source=released_name(recipe.corpus.source), processes=1)
    return {
        "kind": KIND,
        "seed": recipe.seed,
        "sentences_per_article": recipe.corpus.sentences_per_article,
        "corpus": dataclasses.asdict(corpus),
        "filters": plain_filters(recipe.filters),
        "inputs": [{"role": "corpus", **inputs}],
        "versions": versions(),
    }


def _working_folder(out: Path, identity: dict[str, object], tasks: int) -> Path:
    """Return the folder of a job beside `out`; what tasks of another corpus left there is thrown away."""
    work = out.with_name(f".{out.name}.work")
    mark = work / "job.json"
    content = json.dumps({"tasks": tasks, **identity}, ensure_ascii=False, sort_keys=True)
    if not mark.is_file() or mark.read_text(encoding="utf-8") != content:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        write_text(mark, content)
    return work


def _write(
    recipe: BuildRecipe,
    opened: Opened,
    out: Path,
    identity: dict[str, object],
    *,
    shards: tuple[Path, int] | None = None,
    quiet: bool,
) -> dict[str, Any]:
    """Write the folder: from the corpus itself, or from the shards of a job. Returns its statistics."""
    kept = 0
    reasons: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    with staged(out) as folder:
        with (
            TableWriter(folder / "sentences.parquet", SENTENCE_COLUMNS, series=True) as table,
            TableWriter(folder / "rejected.parquet", REJECTED_COLUMNS, series=True) as lines,
        ):
            source = ArticleSource(opened, recipe.corpus, on_rejected=lambda line: lines.add(dataclasses.asdict(line)))
            choice = Choice(recipe.filters, limit=recipe.corpus.sentences_per_article, seed=recipe.seed)
            if shards is None:
                scanned = scan(source, recipe.filters, recipe.corpus.processes)
            else:
                work, tasks = shards
                scanned = _counted(source, read_shards(shards_folder(work), tasks))
            for article in watched(scanned, source.position, quiet=quiet or shards is not None):
                for offer in choice.offers(article):
                    table.add(_row(offer))
                    if offer.reason is None:
                        kept += 1
                        flags.update(offer.sentence.flags)
                    else:
                        reasons[offer.reason] += 1
        if not kept:
            raise nothing_kept(recipe, reasons)
        statistics: dict[str, Any] = {
            "articles": source.articles,
            "left_out": source.left_out,
            "unreadable": dict(source.rejected.most_common()),
            "candidates": kept + reasons.total(),
            "kept": kept,
            "dropped": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
            "flags": dict(sorted(flags.items())),
        }
        write_json(folder / STATISTICS, statistics)
        counts = {name: statistics[name] for name in ("articles", "candidates", "kept")}
        write_manifest(folder, {**identity, "counts": counts})
    return statistics


def _counted(source: ArticleSource, rows: Iterable[ScannedRow]) -> Iterator[list[Scanned]]:
    for row in rows:
        if (met := source.counted(row)) is not None:
            yield met.sentences()
    source.finish()


def _row(offer: Offer) -> dict[str, object]:
    sentence = offer.sentence
    return {
        "id": sentence.id,
        "source": sentence.source,
        "doc_id": sentence.doc_id,
        "title": sentence.title,
        "url": sentence.url,
        "licence": sentence.licence,
        "index": sentence.index,
        "text": sentence.text,
        "flags": sentence.flags,
        "reason": offer.reason,
    }


def _result(out: Path, state: str, statistics: dict[str, Any], *, seconds: float = 0.0) -> CorpusResult:
    names = ("articles", "candidates", "kept", "dropped", "unreadable")
    return CorpusResult(folder=out, state=state, seconds=seconds, **{name: statistics[name] for name in names})


def _unwritable(out: Path, exc: OSError) -> DatasetError:
    return DatasetError(
        f"{out}: cannot be written ({exc.strerror or exc})",
        hint="free some space or choose another --out, then run the same command again",
    )
