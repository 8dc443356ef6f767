"""One domain run from beginning to end: texts, encoder, Trainer, files."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.dataset.folder import write_json
from emojit.dataset.loading import Loaded, load_rows
from emojit.errors import StudentError, UsageError
from emojit.provenance import TRAINING_PACKAGES, code, hardware, package_versions
from emojit.recipe import DomainRecipe
from emojit.student.clock import Clock
from emojit.student.domain.artefacts import published, scores_at, write_run
from emojit.student.domain.change import changes
from emojit.student.domain.cloze import ClozeScores, cloze_items, item_rows, summed
from emojit.student.domain.encoder import Encoder, load_encoder
from emojit.student.domain.masking import MaskedTexts
from emojit.student.domain.record import SCHEMA_VERSION, DomainRecord, EncoderRecord, HeldOutRecord, TextRecord
from emojit.student.domain.texts import DomainTexts, read_texts
from emojit.student.domain.words import WordFinder, word_finder
from emojit.student.extra import require_train_extra
from emojit.student.failures import training_failures
from emojit.student.fit import StageResult, train_model
from emojit.student.ranks import Ranks, joined
from emojit.student.record import TrainingRecord
from emojit.student.rows import Features
from emojit.student.run_folder import CHECKPOINTS, MODEL, begin, choose_folder
from emojit.student.stages import Sentences, held_out

if TYPE_CHECKING:
    import torch
    from transformers import TrainerCallback

    from emojit.student.resumable import ResumableTrainer

logger = logging.getLogger(__name__)

_BEFORE = "before.json"
"""Scores of the base, among the checkpoints: a run that goes on does not measure them again."""
_SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainResult:
    """What `train_domain` made."""

    folder: Path
    """The run folder."""
    model_folder: Path
    """The encoder inside it, as plain transformers loads it."""
    record: DomainRecord
    """What `run.json` says."""


def train_domain(
    recipe: DomainRecipe,
    *,
    dataset: str | Path | None = None,
    revision: str | None = None,
    out: Path | None = None,
    resume: bool = False,
    deterministic: bool = False,
    quiet: bool = False,
) -> DomainResult:
    """Let an encoder go on learning masked words, and write its run folder; `run.json` is written last.

    Args:
        recipe: everything that decides the run.
        dataset: build folder or Hub repository whose validation and test articles are never read; None takes the recipe's.
        revision: tag, branch or commit of a repository; None takes the recipe's, unless `dataset` is given.
        out: the run folder; None makes `outputs/experiments/<name>_<YYYYMMDD>`.
        resume: go on with an interrupted run from its last complete checkpoint, or from its beginning when there is none yet.
        deterministic: on the CPU, and by algorithms that add in a fixed order only.
        quiet: no progress bars.

    Raises:
        UsageError: no data set is named, or the run folder cannot be used.
        DatasetError, CorpusError: data set or corpus cannot be read.
        StudentError: the base is no encoder, there is nothing to learn from or to measure on, or training fails.
        MissingExtraError: the extra `train` is not installed, or what the base's tokenizer needs.
    """
    require_train_extra()
    with joined() as ranks:
        return _train(
            _with_data(recipe, dataset, revision),
            ranks,
            out=out,
            resume=resume,
            deterministic=deterministic,
            quiet=quiet or not ranks.first,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What a run begins with."""

    loaded: dict[str, Loaded]
    encoder: Encoder
    finder: WordFinder
    texts: DomainTexts
    items: list[Features]


def _train(
    recipe: DomainRecipe, ranks: Ranks, *, out: Path | None, resume: bool, deterministic: bool, quiet: bool
) -> DomainResult:
    from emojit.student.library import library_quiet, torch_as_before

    clock = Clock()
    folder = ranks.from_first(lambda: choose_folder(recipe.name, out, resume=resume))
    with library_quiet(), torch_as_before():
        ready = ranks.first_then_all(lambda: _prepare(recipe, quiet=quiet))
        config = _config(recipe, ready, ranks)
        ranks.from_first(lambda: begin(folder, config, resume=resume))
        clock.lap("prepare")
        with training_failures(folder, recipe.train.as_train()):
            before = ranks.from_first(lambda: _before(recipe, ready, folder, deterministic=deterministic))
        result = _fit(recipe, ready, folder, ranks, resume=resume, deterministic=deterministic, quiet=quiet)
        clock.lap("train")

        def write() -> DomainRecord:
            with training_failures(folder, recipe.train.as_train()):
                after = _ask(recipe, ready, deterministic=deterministic)
                clock.lap("measure")
                record = _record(recipe, ready, (before, after), result, ranks, clock)
                write_run(folder, ready.encoder, record, result.history)
            return record

        record = ranks.from_first(write)
    if ranks.first:
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
        logger.info("trained texts=%d steps=%d best=%d", record.text.texts["train"], result.steps, result.best_step)
    return DomainResult(folder=folder, model_folder=folder / MODEL, record=record)


def _with_data(recipe: DomainRecipe, dataset: str | Path | None, revision: str | None) -> DomainRecipe:
    """Put the data set of the command line into the recipe."""
    if dataset is not None:
        data = dataclasses.replace(recipe.data, dataset=str(dataset), revision=revision)
    else:
        data = dataclasses.replace(recipe.data, revision=revision or recipe.data.revision)
    if data.dataset is None:
        raise UsageError(
            "no data set is named, so nobody knows which articles must not be learned from",
            hint="give --dataset DIR|REPO, the data set that the encoder will be fine-tuned and measured on",
        )
    return dataclasses.replace(recipe, data=data)


def _prepare(recipe: DomainRecipe, *, quiet: bool) -> _Prepared:
    from transformers import set_seed

    loaded = _load(recipe)
    set_seed(recipe.train.seed)  # what the base lacks is drawn
    encoder = load_encoder(recipe.model.base, recipe.model.revision)
    text = recipe.text
    if encoder.longest is not None and text.max_tokens > encoder.longest:
        raise StudentError(
            f"text.max_tokens {text.max_tokens}: {encoder.name} reads at most {encoder.longest} tokens",
            hint=f"--set text.max_tokens={encoder.longest}",
        )
    finder = word_finder()
    assert recipe.data.dataset is not None
    sentences = Sentences(
        text, loaded["train"], held_out(recipe.data.dataset, loaded), seed=recipe.train.seed, quiet=quiet
    )
    texts = read_texts(sentences, encoder.tokenizer, finder, max_tokens=text.max_tokens, join=text.join)
    items = cloze_items(texts.held_out, words=recipe.evaluation.words, mask_id=encoder.mask_id, seed=recipe.train.seed)
    return _Prepared(loaded=loaded, encoder=encoder, finder=finder, texts=texts, items=items)


def _load(recipe: DomainRecipe) -> dict[str, Loaded]:
    """Read the splits, all of the same commit: validation and test to keep them out, train to find the corpus."""
    config = recipe.data
    assert config.dataset is not None
    train = load_rows(config.dataset, "train", config.revision, columns=("id",))
    revision = train.commit or config.revision
    texts = ("original_text", "sns_text")
    rest = {split: load_rows(config.dataset, split, revision, columns=texts) for split in ("validation", "test")}
    return {"train": train, **rest}


def _name(loaded: Loaded) -> str:
    return loaded.repo_id or (loaded.folder.name if loaded.folder else "rows")


def _config(recipe: DomainRecipe, ready: _Prepared, ranks: Ranks) -> dict[str, Any]:
    """Return what must not change between a run and its `--resume`."""
    resolved = {
        "commit": ready.loaded["train"].commit,
        "fingerprints": {split: ready.loaded[split].fingerprint for split in _SPLITS},
        "base_commit": ready.encoder.commit,
        "texts": {"train": ready.texts.train.sha256(), "held_out": ready.texts.held_out.sha256()},
        "words": ready.finder.name,
    }
    config = {**published(recipe, _name(ready.loaded["train"])), "resolved_data": resolved}
    return {**config, "processes": ranks.count} if ranks.count > 1 else config


def _before(recipe: DomainRecipe, ready: _Prepared, folder: Path, *, deterministic: bool) -> torch.Tensor:
    """Return how well the base does, word by word."""
    import torch

    path = folder / CHECKPOINTS / _BEFORE
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(known, list):  # older versions kept the means alone
            return torch.tensor(known)
    rows = _ask(recipe, ready, deterministic=deterministic)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, rows.tolist())
    return rows


def _ask(recipe: DomainRecipe, ready: _Prepared, *, deterministic: bool) -> torch.Tensor:
    return item_rows(
        ready.encoder.model,
        ready.items,
        pad_id=int(ready.encoder.tokenizer.pad_token_id),
        batch_size=recipe.evaluation.batch_size,
        cpu=deterministic,
    )


def _fit(
    recipe: DomainRecipe,
    ready: _Prepared,
    folder: Path,
    ranks: Ranks,
    *,
    resume: bool,
    deterministic: bool,
    quiet: bool,
) -> StageResult:
    encoder, text = ready.encoder, recipe.text
    train = MaskedTexts(
        ready.texts.train,
        share=text.mask_share,
        whole_words=text.whole_words,
        mask_id=encoder.mask_id,
        ordinary=encoder.ordinary,
        seed=recipe.train.seed,
    )

    def make(callbacks: Sequence[TrainerCallback]) -> ResumableTrainer:
        from transformers import set_seed

        from emojit.student.domain.trainer import make_masked_trainer

        set_seed(recipe.train.seed)
        return make_masked_trainer(
            encoder,
            recipe,
            train=train,
            items=ready.items,
            checkpoints=folder / CHECKPOINTS,
            reports=folder,
            callbacks=callbacks,
            processes=ranks.count,
            deterministic=deterministic,
            quiet=quiet,
        )

    return train_model(
        encoder.model,
        recipe.train.as_train(),
        make,
        folder=folder / CHECKPOINTS,
        reports=folder,
        resume=resume,
        ranks=ranks,
    )


def _record(
    recipe: DomainRecipe,
    ready: _Prepared,
    rows: tuple[torch.Tensor, torch.Tensor],
    result: StageResult,
    ranks: Ranks,
    clock: Clock,
) -> DomainRecord:
    """Put the record together; `rows` are what base and chosen checkpoint scored word by word."""
    import torch

    encoder, texts, name = ready.encoder, ready.texts, _name(ready.loaded["train"])
    both = {"train": texts.train, "held_out": texts.held_out}
    return DomainRecord(
        schema_version=SCHEMA_VERSION,
        objective=recipe.objective,
        name=recipe.name,
        started=clock.started.isoformat(timespec="seconds"),
        seed=recipe.train.seed,
        recipe=json.loads(json.dumps(published(recipe, name))),
        data=HeldOutRecord(
            name=name,
            commit=ready.loaded["train"].commit,
            fingerprints={split: ready.loaded[split].fingerprint for split in _SPLITS},
        ),
        model=EncoderRecord(
            base=encoder.name,
            base_commit=encoder.commit,
            base_licence=encoder.licence,
            kind=encoder.model.config.model_type,
            parameters=sum(parameter.numel() for parameter in encoder.model.parameters()),
            vocabulary=len(encoder.tokenizer),
        ),
        text=TextRecord(
            origin=texts.origin,
            licence=texts.licence,
            articles=texts.articles,
            sentences=texts.sentences,
            texts={split: len(found) for split, found in both.items()},
            tokens={split: found.tokens for split, found in both.items()},
            left_out=texts.left_out,
            cut=texts.cut,
            words=ready.finder.name,
            asked=len(ready.items),
        ),
        training=TrainingRecord(
            steps=result.steps,
            epochs=result.epochs,
            best_step=result.best_step,
            best_epoch=result.best_epoch,
            stopped_early=result.stopped_early,
            train_loss=math.nan if result.train_loss is None else result.train_loss,
            resumed_from=result.resumed_from,
            bf16=result.bf16,
            threads=torch.get_num_threads(),
            processes=ranks.count,
        ),
        before=summed(rows[0]),
        best=ClozeScores(**scores_at(result.history, result.best_step)),
        change=changes(*rows, ready.items),
        seconds={**clock.seconds, "total": round(sum(clock.seconds.values()), 1)},
        code=code(),
        versions=package_versions(TRAINING_PACKAGES),
        hardware=hardware(),
    )
