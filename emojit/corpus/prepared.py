"""A corpus folder: sentences that `emojit corpus build` has split and filtered already, read back as a corpus.

Its reasons are final, so whoever reads it skips splitting and filtering. That is only true to the recipe where its `[filters]` are the ones the folder
was made with, which is checked.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emojit.corpus.articles import in_share
from emojit.corpus.files import listing_sha256
from emojit.corpus.records import ScannedArticle
from emojit.corpus.streams import Position
from emojit.errors import CorpusError
from emojit.recipe import CorpusConfig, FilterConfig

MANIFEST = "manifest.json"
KIND = "corpus"
"""What the manifest of a corpus folder says it is."""

_BATCH_ROWS = 10_000


class PreparedSource:
    """The articles of a corpus folder with their sentences; iterate once, then read what was counted, as with `ArticleSource`.

    Attributes:
        inputs: for the manifest: the folder's name and hash, and what it was made of.
        position: how far reading has come, for a progress bar.
        rejected: always empty: unreadable lines were counted when the folder was made.
        articles: articles with at least one sentence met so far (count).
        left_out: articles that `corpus.share` left out so far (count).
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any], share: float) -> None:
        self.inputs: dict[str, object] = {
            "kind": KIND,
            "path": folder.resolve().name,
            "sha256": listing_sha256((name, facts["sha256"]) for name, facts in sorted(manifest["files"].items())),
            "made_of": manifest["inputs"],
        }
        self.position = Position(unit="sentence", total=manifest["counts"]["candidates"])
        self.rejected: Counter[str] = Counter()
        self.articles = 0
        self.left_out = 0
        self._folder = folder
        self._manifest = manifest
        self._share = share

    def again(self) -> PreparedSource:
        """Return the same corpus to be read once more from its start."""
        return PreparedSource(self._folder, self._manifest, self._share)

    def check(self) -> None:
        """Do nothing: there are no lines that cannot be read."""

    def __iter__(self) -> Iterator[ScannedArticle]:
        """Yield the articles in corpus order.

        Raises:
            CorpusError: a file is missing or damaged.
        """
        for article in _articles(self._folder, self.position):
            if in_share(article.source, article.doc_id, self._share):
                self.articles += 1
                yield article
            else:
                self.left_out += 1


def open_prepared(corpus: CorpusConfig, filters: FilterConfig | None = None) -> PreparedSource | None:
    """Open a corpus folder.

    Args:
        corpus: its `source` is a path.
        filters: of the recipe, which must be those the folder was made with; None for a caller that reads no sentence.

    Returns:
        The source; None where `corpus.source` is no corpus folder.

    Raises:
        CorpusError: the folder was made with other filters, a smaller limit or another name or licence, or its manifest is damaged.
    """
    folder = Path(corpus.source).expanduser()
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise CorpusError(f"{path}: cannot be read ({exc})", hint="build the corpus folder again") from exc
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        return None
    if filters is not None:
        _check_same(folder, manifest, corpus, filters)
    return PreparedSource(folder, manifest, corpus.share)


def plain_filters(filters: FilterConfig) -> dict[str, Any]:
    """Return the filters as the manifest says them: plain JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(filters)))
    return plain


def _check_same(folder: Path, manifest: Mapping[str, Any], corpus: CorpusConfig, filters: FilterConfig) -> None:
    wanted, made = plain_filters(filters), manifest["filters"]
    hint = f"use the recipe that {folder.name} was made with, or make it again with this one"
    for key in sorted(wanted.keys() | made.keys()):
        if wanted.get(key) != made.get(key):
            raise CorpusError(
                f"{folder}: was made with filters.{key} = {made.get(key)}, the recipe says {wanted.get(key)}",
                hint=hint,
            )
    for key in ("name", "licence"):  # they stand in the rows already
        stated, there = getattr(corpus, key), manifest["corpus"].get(key)
        if stated is not None and stated != there:
            raise CorpusError(
                f"{folder}: was made with corpus.{key} = {there}, the recipe says {stated}",
                hint=f"leave corpus.{key} out, or make {folder.name} again with this recipe",
            )
    limit, made_limit = corpus.sentences_per_article, manifest["sentences_per_article"]
    if made_limit and not 0 < limit <= made_limit:
        raise CorpusError(
            f"{folder}: was made with corpus.sentences_per_article = {made_limit}, the recipe says {limit}", hint=hint
        )


def _articles(folder: Path, position: Position) -> Iterator[ScannedArticle]:
    article: ScannedArticle | None = None
    for row in _rows(folder):
        position.here += 1
        if article is None or row["index"] == 0 or (row["source"], row["doc_id"]) != (article.source, article.doc_id):
            if article is not None:
                yield article
            names = ("source", "doc_id", "title", "url", "licence")
            article = ScannedArticle(**{name: row[name] for name in names}, ids=[], texts=[], reasons=[], flags={})
        if row["flags"]:
            article.flags[len(article.ids)] = tuple(row["flags"])
        article.ids.append(row["id"])
        article.texts.append(row["text"])
        article.reasons.append(row["reason"])
    if article is not None:
        yield article


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(folder.glob("sentences-*.parquet"))
    try:
        for path in files:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                    yield from batch.to_pylist()
    except (pa.ArrowInvalid, OSError) as exc:
        raise CorpusError(f"{folder}: cannot be read ({exc})", hint="build the corpus folder again") from exc
