"""The sentences that a stage learns from: those of the data set's own corpus, or of any other; never those that validation and test measure on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from emojit.corpus.choice import OVER_LIMIT
from emojit.corpus.draw import drawing_hash
from emojit.dataset.hub import fetch_file, look_up
from emojit.dataset.loading import Loaded
from emojit.dataset.parquet import SENTENCE_COLUMNS
from emojit.dataset.splits import split_of
from emojit.errors import DatasetError
from emojit.recipe import OWN_CORPUS, BuildRecipe, CorpusConfig, FilterConfig, SplitConfig, load_text
from emojit.student.stages.held_out import ARTICLE, HeldOut

_KEPT = (None, OVER_LIMIT)
"""Reasons of a build's candidates that are good sentences: none, or only one too many of their article."""

_UNFIT_ALONE = ("too_short", "too_long", "needs_context")
"""Reasons of sentences that no reader would understand alone, but good ones in running text."""

_READ = ("id", "source", "doc_id", "title", "url", "licence", "index", "text", "reason")


class SentenceSource(Protocol):
    """What a recipe says of where sentences come from, see `emojit.recipe.StageConfig`."""

    @property
    def source(self) -> str:
        """The data set itself ("dataset"), or what `corpus.source` takes."""
        ...

    @property
    def config(self) -> str | None:
        """Configuration of a Hub data set."""
        ...

    @property
    def files(self) -> str | None:
        """Pattern of the files of a Hub data set."""
        ...

    @property
    def revision(self) -> str | None:
        """Revision of a Hub data set."""
        ...

    @property
    def split(self) -> str:
        """Split of a Hub data set."""
        ...

    @property
    def rows(self) -> int:
        """Sentences that will be taken at most (count); 0 means all."""
        ...


class Located(NamedTuple):
    """A sentence and where it stands."""

    text: str
    """The sentence."""
    article: tuple[str, str]
    """Its corpus, and the document there."""
    kept_back: bool
    """Whether its article is one to measure on: its place among the splits is validation. Nothing of test is ever given."""


@dataclass(slots=True)
class Sentences:
    """Sentences to learn from: iterate once, then read what was counted.

    Attributes:
        stage: says where they come from.
        train: the rows of the data set's training split, and where they were read from.
        held_out: what may not be learned from.
        seed: of the choice, where the stage takes a part of them only.
        quiet: no progress bars.
        origin: what is read: kind, name, and sha256 or commit.
        left_out: reason → sentences that may not be learned from (count), of those met so far.
        licences: licence as the source states it → sentences given (count).
    """

    stage: SentenceSource
    train: Loaded
    held_out: HeldOut
    seed: int
    quiet: bool
    origin: dict[str, object] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    licences: Counter[str | None] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[str]:
        """Yield sentences that may be learned from; where the stage takes a part, in an order that spreads over the source.

        Raises:
            CorpusError, DatasetError: the source cannot be read, or holds no sentences.
            MissingExtraError: a Hub data set is named and `datasets` is not installed.
            OfflineError: a Hub data set is named while `EMOJIT_OFFLINE` is set.
        """
        found = self._own(by_article=False) if self.stage.source == OWN_CORPUS else self._other(kept_back=False)
        yield from (sentence.text for sentence in found if not sentence.kept_back)

    def located(self) -> Iterator[Located]:
        """Yield sentences for running text, those of an article one after the other, and also those of articles to measure on.

        Besides what iteration yields, sentences of any length, and those that make no sense alone. Where a part is taken, the order spreads by article.

        Raises:
            CorpusError, DatasetError, MissingExtraError, OfflineError: as iteration.
        """
        yield from self._own(by_article=True) if self.stage.source == OWN_CORPUS else self._other(kept_back=True)

    def _own(self, *, by_article: bool) -> Iterator[Located]:
        files, splits, self.origin = own_corpus(self.train)
        kept = (*_KEPT, *_UNFIT_ALONE) if by_article else _KEPT
        rows: Iterable[dict[str, Any]] = (row for path in files for row in _table(path) if row["reason"] in kept)
        if by_article:
            rows = _spread_articles(rows, self.seed)
        elif self.stage.rows:  # the whole order is needed: what is left out on the way is not known before
            rows = _spread(list(rows), self.seed)
        for row in rows:
            text, article = row["text"], (row["source"], row["doc_id"])
            split = split_of(*article, splits)
            reason: str | None = ARTICLE
            if split == "train":
                reason = self.held_out.reason(text, source=row["source"], doc_id=row["doc_id"])
            elif split == "validation" and by_article:
                reason = None
            if reason is None:
                self.licences[row["licence"]] += 1
                yield Located(text, article, split == "validation")
            else:
                self.left_out[reason] += 1

    def _other(self, *, kept_back: bool) -> Iterator[Located]:
        from emojit.corpus.draw import draw
        from emojit.corpus.prepared import open_prepared

        stage = self.stage
        corpus = CorpusConfig(
            source=stage.source,
            config=stage.config,
            files=stage.files,
            revision=stage.revision,
            split=stage.split,
            sentences_per_article=0,
        )
        filters = FilterConfig()
        if kept_back and open_prepared(corpus) is None:  # of a corpus folder the filters are those it was made with
            filters = FilterConfig(order=tuple(name for name in filters.order if name not in _UNFIT_ALONE))
        drawn = draw(corpus, filters, seed=self.seed, spread=bool(stage.rows), wanted=stage.rows, quiet=self.quiet)
        self.origin = {key: value for key, value in drawn.inputs.items() if key != "files"}
        shares = SplitConfig()
        for offer in drawn:
            if offer.reason is not None:
                if kept_back:
                    self.left_out[offer.reason] += 1
                continue
            sentence = offer.sentence
            reason = self.held_out.reason(
                sentence.text,
                source=sentence.source,
                doc_id=sentence.doc_id,
                addresses=(sentence.url, sentence.title),
            )
            if reason is None:
                article = (sentence.source, sentence.doc_id)
                self.licences[sentence.licence] += 1
                yield Located(sentence.text, article, kept_back and split_of(*article, shares) == "validation")
            else:
                self.left_out[reason] += 1


def own_corpus(train: Loaded) -> tuple[list[Path], SplitConfig, dict[str, object]]:
    """Find the sentences of a data set's build, the shares of its splits, and say what is read.

    Raises:
        DatasetError: the data set has no sentences, as an imported one, or the Hub cannot be reached.
    """
    pattern = "corpus/sentences-*.parquet"
    if train.folder is not None:
        files = sorted(train.folder.glob(pattern))
        recipe = train.folder / "recipe.toml"
        name = train.folder.name
    else:
        assert train.repo_id is not None
        assert train.commit is not None
        _, paths = look_up(train.repo_id, train.commit)
        wanted = sorted(path for path in paths if Path(path).match(pattern))
        files = [fetch_file(train.repo_id, path, train.commit) for path in wanted]
        recipe = fetch_file(train.repo_id, "recipe.toml", train.commit) if "recipe.toml" in paths else Path()
        name = train.repo_id
    if not files or not recipe.is_file():
        raise DatasetError(
            f"{name}: holds no sentences of its corpus (corpus/sentences-*.parquet and recipe.toml)",
            hint="name a corpus as the stage's source: a file, a folder, a Hub data set",
        )
    splits = load_text(BuildRecipe, recipe.read_text(encoding="utf-8"), where=f"{name}: recipe.toml").splits
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    origin: dict[str, object] = {"kind": "dataset", "name": name, "sha256": digest.hexdigest()}
    if train.commit is not None:
        origin["commit"] = train.commit
    return files, splits, origin


def _table(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as table:
            if missing := [name for name in _READ if name not in table.schema_arrow.names]:
                raise DatasetError(
                    f"{path.name}: no column {', '.join(missing)}; a build's have {', '.join(SENTENCE_COLUMNS)}",
                    hint="name a corpus as the stage's source",
                )
            for batch in table.iter_batches(columns=list(_READ)):
                yield from batch.to_pylist()
    except (pa.ArrowInvalid, OSError) as exc:
        raise DatasetError(f"{path.name}: cannot be read ({exc})", hint="build or download it again") from exc


def _spread(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Return rows in the order of a seeded hash of their ids."""

    def rank(row: dict[str, Any]) -> bytes:
        return hashlib.sha256(f"{seed}\n{row['id']}".encode()).digest()

    return sorted(rows, key=rank)


def _spread_articles(rows: Iterable[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Return rows by a seeded hash of their articles, each article in its own order."""

    def place(row: dict[str, Any]) -> tuple[int, str, str, int]:
        return drawing_hash(seed, row["source"], row["doc_id"]), row["source"], row["doc_id"], row["index"]

    return sorted(rows, key=place)
