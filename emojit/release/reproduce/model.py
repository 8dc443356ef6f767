"""A model, trained again from the record of its release.

On the CPU, with as many threads as the run had, by deterministic algorithms: a run of the CPU then gives the same weights to the last bit. One of a GPU, or
of other versions, adds in another order; there the scores must agree, within what the released ones can be trusted.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import emojit
from emojit.dataset.loading import load_rows
from emojit.dataset.parquet import read_rows
from emojit.errors import DatasetError, StudentError, UsageError
from emojit.metrics import bootstrap_interval, jaccard_scores
from emojit.provenance import TRAINING_PACKAGES, package_versions
from emojit.recipe import StageConfig, TrainRecipe, load_text
from emojit.release.staging import is_run_folder
from emojit.student.record import RunRecord, read_run
from emojit.student.run_folder import MODEL
from emojit.student.train import train

Verdict = Literal["identical", "same scores", "different"]

_WEIGHTS = "model.safetensors"
_PREDICTIONS = "predictions.parquet"
_FILES = ("config.json", "generation_config.json", _WEIGHTS, "tokenizer.json", "tokenizer_config.json")
_SPLITS = ("validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitScore:
    """Mean Jaccard index over one split, in [0, 1].

    Attributes:
        split: "validation" or "test".
        rows: rows (count).
        released: of the released model's predictions.
        low: lower end of its 95 % bootstrap interval over rows.
        high: upper end.
        retrained: of the model that was trained here.
    """

    split: str
    rows: int
    released: float
    low: float
    high: float
    retrained: float

    @property
    def agrees(self) -> bool:
        """Whether the new score lies in the interval of the released one."""
        return self.low <= self.retrained <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducedModel:
    """How a model that was trained again compares with the released one.

    Attributes:
        what: folder or repository.
        revision: as it was asked for; None for a folder or the main branch.
        commit: the commit that was read; None for a folder.
        verdict: "identical" (weights, tokenizer and configuration byte for byte), "same scores" (within the released intervals), or "different".
        emojit: the version at hand.
        files: file of the model -> "identical" or "different".
        first_tensor: the first weights that differ, and by how much at most, or None.
        scores: by split.
        why: what may be behind a difference, as far as it can be told.
        out: where the run was kept, or None.
    """

    what: str
    revision: str | None
    commit: str | None
    verdict: Verdict
    emojit: str
    files: dict[str, str]
    first_tensor: str | None
    scores: tuple[SplitScore, ...]
    why: tuple[str, ...]
    out: Path | None

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {"kind": "model", **asdict(self), "out": str(self.out) if self.out else None}


def run_folder_of(folder: Path) -> Path | None:
    """Return the run inside a published model, or the folder itself where it is a run; None where there is no record of one."""
    return next((place for place in (folder / "run", folder) if is_run_folder(place)), None)


def reproduce_model(
    folder: Path,
    *,
    what: str,
    revision: str | None = None,
    commit: str | None = None,
    dataset: str | None = None,
    out: Path | None = None,
    quiet: bool = False,
) -> ReproducedModel:
    """Train a model again and compare.

    Args:
        folder: the files of the release, or a run folder.
        what: folder or repository, as it was named.
        revision: as it was named.
        commit: that was read.
        dataset: the build folder that it was trained on, where that was no repository.
        out: run folder to keep; None keeps none.
        quiet: no progress bars.

    Raises:
        UsageError: there is no record of a run, or it names data or a base model that only its maker has.
        DatasetError: the data set cannot be read, or is not the one of the run.
        StudentError: the record or the base model cannot be used.
        MissingExtraError: the extra `train` is not installed.
    """
    run = run_folder_of(folder)
    if run is None:
        raise UsageError(
            f"{what}: holds no run.json, so nobody knows how it was trained",
            hint="give a model that `emojit push model` published from a run",
        )
    record = read_run(run)
    source, at = _data(record, dataset)
    recipe = _as_it_was(recipe_of(record), record)
    with tempfile.TemporaryDirectory(prefix="emojit-") as scratch, _threads(record.training.threads):
        again = train(
            recipe, dataset=source, revision=at, out=out or Path(scratch) / "run", deterministic=True, quiet=quiet
        )
        released = folder / MODEL if (folder / MODEL).is_dir() else folder
        files = {
            name: "identical"
            if (released / name).read_bytes() == (again.model_folder / name).read_bytes()
            else "different"
            for name in _FILES
            if (released / name).is_file() and (again.model_folder / name).is_file()
        }
        missing = [name for name in _FILES if (released / name).is_file() != (again.model_folder / name).is_file()]
        files |= dict.fromkeys(missing, "different")
        tensor = (
            _first_tensor(released / _WEIGHTS, again.model_folder / _WEIGHTS)
            if files.get(_WEIGHTS) == "different"
            else None
        )
        scores = _scores(run, again.folder)
    verdict: Verdict = "identical"
    if set(files.values()) != {"identical"}:
        verdict = "same scores" if scores and all(score.agrees for score in scores) else "different"
    return ReproducedModel(
        what=what,
        revision=revision,
        commit=commit,
        verdict=verdict,
        emojit=emojit.__version__,
        files=files,
        first_tensor=tensor,
        scores=scores,
        why=tuple(_why(record, again.record)) if verdict != "identical" else (),
        out=out,
    )


def _data(record: RunRecord, dataset: str | None) -> tuple[str, str | None]:
    """Return where the rows are, and the revision; they must be the rows of the run."""
    if dataset is not None:
        source, revision = dataset, None
    elif record.data.repo_id is not None:
        source, revision = record.data.repo_id, record.data.commit
    else:
        raise UsageError(
            f"the model was trained on a folder, {record.data.name}, which the release does not hold",
            hint="give the folder with --dataset",
        )
    for split, wanted in record.data.fingerprints.items():
        found = load_rows(source, split, revision, columns=("id",)).fingerprint
        if found != wanted:
            raise DatasetError(
                f"{source}: the rows of {split} are not those of the run (fingerprint {found}, the run had {wanted})",
                hint="give the data set that run.json names",
            )
    return source, revision


def recipe_of(record: RunRecord) -> TrainRecipe:
    """Return the recipe of a run with the commits that it read.

    Raises:
        UsageError: it was made of files that the release does not hold.
    """
    import tomli_w

    recipe = load_text(TrainRecipe, tomli_w.dumps(_without_none(record.recipe)), where="run.json")
    stages = tuple(_stage(stage, was.origin) for stage, was in zip(recipe.stages, record.stages, strict=True))
    recipe = dataclasses.replace(recipe, stages=stages)
    if recipe.model.base is None:
        return recipe
    if record.model.base_commit is None:
        raise UsageError(
            f"the model was trained from a folder, {recipe.model.base}, which the release does not hold",
            hint="it can only be trained again where that folder is",
        )
    return dataclasses.replace(recipe, model=dataclasses.replace(recipe.model, revision=record.model.base_commit))


def _stage(stage: StageConfig, origin: Mapping[str, Any]) -> StageConfig:
    """Return a stage that reads what it read then."""
    if origin.get("kind") == "hub":
        return dataclasses.replace(stage, revision=origin["revision"])
    if origin.get("kind") in ("file", "files") and not Path(stage.source).exists():
        raise UsageError(
            f"stage {stage.name} learned from {stage.source} (sha256 {str(origin.get('sha256'))[:12]}), which the release does not hold",
            hint="it can only be trained again in a folder where that lies",
        )
    return stage


def _without_none(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in table.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return _without_none(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value


@contextlib.contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Compute with so many threads; and leave torch as it was, whose deterministic mode the Trainer switches on."""
    import torch

    before, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(deterministic)


def _first_tensor(released: Path, retrained: Path) -> str | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(released, "pt") as theirs, safe_open(retrained, "pt") as ours:
            if set(theirs.keys()) != set(ours.keys()):
                return "other tensors"
            for name in theirs.keys():  # noqa: SIM118 - safetensors' file is no dict
                one, other = theirs.get_tensor(name), ours.get_tensor(name)
                if one.shape != other.shape:
                    return f"{name}: shape {tuple(one.shape)}, here {tuple(other.shape)}"
                if not one.equal(other):
                    return f"{name}: differs by {(one.float() - other.float()).abs().max().item():.3g} at most"
    except (SafetensorError, OSError) as exc:
        raise StudentError(f"{released}: cannot be read ({exc})", hint="download the release again") from exc
    return None


def _scores(released: Path, retrained: Path) -> tuple[SplitScore, ...]:
    """Compare the predictions of the run with those of the new one, split by split."""
    if not (released / _PREDICTIONS).is_file():
        return ()
    theirs, ours = (_jaccards(folder / _PREDICTIONS) for folder in (released, retrained))
    scores = []
    for split in _SPLITS:
        if values := theirs.get(split):
            low, high = bootstrap_interval(values)
            again = ours[split]
            scores.append(
                SplitScore(
                    split=split,
                    rows=len(values),
                    released=sum(values) / len(values),
                    low=low,
                    high=high,
                    retrained=sum(again) / len(again),
                )
            )
    return tuple(scores)


def _jaccards(path: Path) -> dict[str, list[float]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(path):
        rows.setdefault(str(row["split"]), []).append(row)
    return {
        split: list(jaccard_scores([row["student"] for row in table], [row["emojis"] for row in table]))
        for split, table in rows.items()
    }


def _as_it_was(recipe: TrainRecipe, record: RunRecord) -> TrainRecipe:
    """Ask for bfloat16 only where the run had it: a recipe asks for it wherever the device can."""
    return dataclasses.replace(recipe, train=dataclasses.replace(recipe.train, bf16=record.training.bf16))


def _why(record: RunRecord, again: RunRecord) -> Iterator[str]:
    now = package_versions(TRAINING_PACKAGES)
    changed = [
        f"{name} {record.versions.get(name)}, here {now.get(name)}"
        for name in dict.fromkeys((*record.versions, *now))
        if record.versions.get(name) != now.get(name)
    ]
    if changed:
        yield f"trained with {'; '.join(changed)}"
    if record.hardware.gpus:
        yield f"trained on {', '.join(record.hardware.gpus)}, here on the CPU"
    if record.training.threads is None:
        yield "the number of threads was not recorded, and with another one the last bits differ"
    if record.training.bf16 and not again.training.bf16:
        yield "trained in bfloat16, here in float32"
    if record.training.resumed_from is not None:
        yield f"the run was resumed at step {record.training.resumed_from}"
