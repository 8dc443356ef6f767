"""From a training split and a corpus to silver rows: which text is labelled by which model, and what a row holds.

A model that has learned a row remembers its answer, and so it does with any mixture of such rows; what it says of them is not what it would say of a new text, and a
student that imitates it learns the memory. So texts of the data set are labelled by a model that was fitted without them, article by article
(cross-fitting): with ten parts ten models, each of nine tenths of the rows. More parts are better teachers and take longer. Sentences of a corpus are new to all, and so are single words: a model that has learned
every row labels them.

Source: cross-fitting as in Dao et al. (2021), "Knowledge Distillation as Semiparametric Inference"; soft targets as in Hinton et al. (2015), "Distilling the
Knowledge in a Neural Network".
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from emojit.baselines.base import Example, examples
from emojit.baselines.fitting import OTHER_COLUMNS, PACKAGES
from emojit.baselines.registry import KINDS, make_baseline
from emojit.baselines.scored import ScoredBaseline, best_scores
from emojit.baselines.silver.mixing import mixtures
from emojit.baselines.silver.single_words import single_words
from emojit.baselines.silver.swapping import NounStore
from emojit.baselines.silver.swapping import named as named_words
from emojit.baselines.silver.swapping import swapped as swapped_nouns
from emojit.dataset.licences import combined_licence
from emojit.dataset.loading import load_rows
from emojit.dataset.silver_record import SilverRecord, digest, silver_file, write_record
from emojit.errors import UsageError
from emojit.lexicon.extra import require_words_extra
from emojit.logs import progress
from emojit.provenance import code, package_versions
from emojit.recipe import CorpusConfig, FilterConfig

PARTS = 10
"""Models of which each labels what it has not learned, unless told (count)."""
_BLOCK = 512


@dataclass(slots=True, kw_only=True)
class SilverCounts:
    """What was written."""

    posts: int = 0
    """Texts of the training split (count)."""
    mixtures: int = 0
    """Recombinations of them (count)."""
    swapped: int = 0
    """Texts of the training split with other nouns (count)."""
    named: int = 0
    """Clauses of theirs about a word that an emoji is called by (count)."""
    words: int = 0
    """Words of all these texts, each alone (count)."""
    sentences: int = 0
    """Sentences of the corpus (count)."""

    @property
    def rows(self) -> int:
        """All of them (count)."""
        return self.posts + self.mixtures + self.swapped + self.named + self.words + self.sentences


def make_silver(
    name: str,
    dataset: str | Path,
    out: Path,
    *,
    revision: str | None = None,
    input_column: str = "sns_text",
    mixed: int = 0,
    swapped: int = 0,
    named: int = 0,
    words: int = 0,
    corpus: str | None = None,
    sentences: int = 0,
    parts: int = PARTS,
    seed: int = 0,
    quiet: bool = False,
) -> SilverCounts:
    """Write JSON lines of `text`, `emojis` and `scores`, which a stage of the objective "pairs" learns from.

    `scores` is the model's own score of its best emoji, in (0, 1]: not their probabilities, but the order and the distances that a student shall learn. The same
    arguments give the same file; it is there under its name when it is complete. Beside it lies its record, `emojit.dataset.silver_record`.

    Args:
        name: the baseline that labels, one that scores every emoji: "linear" or "hybrid".
        dataset: build folder or Hub repository, whose training split alone is read.
        out: file to write; one that is there is replaced.
        revision: tag, branch or commit of a repository.
        input_column: column that is read; its other wording is learned and labelled too where the data set has it.
        mixed: recombinations of the texts to label (count); fewer where no more are to be had.
        swapped: texts and recombinations with other nouns to label (count), those of the sentences, or without a corpus those of the texts; needs the extra `words`.
        named: short texts to label about a word that an emoji is called by (count), each such word as often as any other; needs the extra `words`.
        words: content words to label alone (count), those of the data set's texts first, then those of the sentences; needs the extra `words`.
        corpus: what `corpus.source` of a build takes; None labels the data set's texts alone.
        sentences: sentences of the corpus to label, spread over all of it (count); fewer where it has no more.
        parts: models that label what they have not learned (count, at least 2).
        seed: of mixtures and choice.
        quiet: no progress bars.

    Raises:
        UsageError: no such baseline, or one that does not score emoji; too few rows to hold any out; or the file cannot be written.
        DatasetError, CorpusError, OfflineError: data set or corpus cannot be read, or their licences do not go together.
        MissingExtraError: an extra that the baseline needs is not installed.
    """
    _scored(name)
    train = load_rows(
        dataset,
        "train",
        revision,
        columns=(input_column, "emojis"),
        optional=(*OTHER_COLUMNS, "source", "doc_id", "licence"),
    )
    rows = examples(train.rows, input_column)
    places = [_part(row, number, parts) for number, row in enumerate(train.rows)]
    if len(set(places)) < 2:
        raise UsageError(
            f"{dataset}: {len(rows)} training rows are too few to hold some of them out",
            hint="build a larger data set, or use the teacher's pairs alone",
        )
    counts = SilverCounts()
    # Opened before the fits, so that a corpus that is not there is said at once.
    drawn = Sentences(corpus, sentences, seed) if corpus is not None and sentences else None
    if swapped or named or words:
        require_words_extra()
    total = mixed + swapped + named + words + sentences + sum(1 + (row.other is not None) for row in rows)
    with silver_file(out) as file, progress(total=total, label="label", unit="text", quiet=quiet) as bar:
        new = list(drawn or ())
        swapper = _Swapper((new or [row.text for row in rows]) if swapped else ()) if swapped or named else None
        for part in range(parts):
            own = [row for row, place in zip(rows, places, strict=True) if place == part]
            rest = [row for row, place in zip(rows, places, strict=True) if place != part]
            if not own:
                continue
            texts = list(dict.fromkeys(text for row in own for text in (row.text, row.other) if text))
            draw = random.Random(f"silver {seed} {part}")
            more = list(islice(mixtures(texts, draw), _share(mixed, part, parts)))
            others = list(islice(swapper.texts(texts, draw), _share(swapped, part, parts))) if swapper else []
            about = list(islice(swapper.named(texts, draw), _share(named, part, parts))) if swapper else []
            _label(_fitted(name, rest), [*texts, *more, *others, *about], file, bar)
            counts.posts += len(texts)
            counts.mixtures += len(more)
            counts.swapped += len(others)
            counts.named += len(about)
        if new or words:
            alone = _alone([text for row in rows for text in (row.text, row.other) if text], new, words)
            _label(_fitted(name, rows), [*new, *alone], file, bar)
            counts.sentences, counts.words = len(new), len(alone)
        licences = {row.get("licence") for row in train.rows} | (drawn.licences if drawn is not None else set())
        licence = combined_licence(licences).id
    record = SilverRecord(
        sha256=digest(out),
        baseline=name,
        data={
            "name": train.repo_id or (train.folder.name if train.folder else "rows"),
            "repo_id": train.repo_id,
            "commit": train.commit,
            "fingerprint": train.fingerprint,
            "input_column": input_column,
        },
        corpus=drawn.inputs if drawn is not None else None,
        licence=licence,
        rows=dataclasses.asdict(counts),
        parts=parts,
        seed=seed,
        versions=package_versions(PACKAGES),
        code=dataclasses.asdict(code()),
    )
    write_record(out, record)
    return counts


def _scored(name: str) -> ScoredBaseline:
    """Return an unfitted baseline that scores emoji.

    Raises:
        UsageError: there is none of this name, or it scores nothing.
    """
    made = make_baseline(name)
    if not isinstance(made, ScoredBaseline):
        able = [other for other, kind in KINDS.items() if hasattr(kind.kind, "scores")]
        raise UsageError(f"{name}: gives no score to every emoji", hint=f"one of {', '.join(able)}")
    return made


def _fitted(name: str, rows: Sequence[Example]) -> ScoredBaseline:
    made = _scored(name)
    made.fit(rows)
    return made


def _part(row: dict[str, Any], number: int, parts: int) -> int:
    """Return the part of a row: articles stay together; rows without a document of their own are dealt out one by one."""
    key = f"{row.get('source')}\x1f{row['doc_id']}" if row.get("doc_id") else str(number)
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % parts


def _share(count: int, part: int, parts: int) -> int:
    """Return how many of a count fall to a part."""
    return count // parts + (part < count % parts)


def _alone(texts: Sequence[str], sentences: Sequence[str], count: int) -> list[str]:
    from emojit.lexicon.words import WordReader

    return single_words(texts, sentences, WordReader(), count) if count else []


class _Swapper:
    """Puts other nouns into texts; the dictionary is read once."""

    def __init__(self, sentences: Sequence[str]) -> None:
        from emojit.lexicon.words import WordReader

        self._reader = WordReader()
        self._nouns = NounStore(sentences, self._reader)

    def texts(self, texts: Sequence[str], draw: random.Random) -> Iterator[str]:
        return swapped_nouns(texts, self._nouns, self._reader, draw)

    def named(self, texts: Sequence[str], draw: random.Random) -> Iterator[str]:
        return named_words(texts, self._reader, draw)


class Sentences:
    """Sentences of a corpus that the default filters keep: iterate once, then read whose they are."""

    def __init__(self, corpus: str, count: int, seed: int) -> None:
        from emojit.corpus.draw import draw

        self.licences: set[str | None] = set()
        self._count = count
        config = CorpusConfig(source=corpus, sentences_per_article=0)
        self._offers = draw(config, FilterConfig(), seed=seed, spread=True, wanted=count, quiet=True)

    def __iter__(self) -> Iterator[str]:
        kept = (offer.sentence for offer in self._offers if offer.reason is None)
        for sentence in islice(kept, self._count):
            self.licences.add(sentence.licence)
            yield sentence.text

    @property
    def inputs(self) -> dict[str, object]:
        """What was read, with sha256 or commit, as a record states it."""
        return {key: value for key, value in self._offers.inputs.items() if key != "files"}


def _label(model: ScoredBaseline, texts: Iterable[str], file: IO[str], bar: Any) -> int:
    """Write a row per text; return how many."""
    rest, written = iter(texts), 0
    while block := list(islice(rest, _BLOCK)):
        emojis = model.predict(block)
        for text, answer, scores in zip(block, emojis, best_scores(model, block), strict=True):
            row = {"text": text, "emojis": answer, "scores": scores}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        bar.update(len(block))
        written += len(block)
    return written
