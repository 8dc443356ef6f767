"""One evaluation from beginning to end: rows, answers of every system, scores, files."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.baselines import examples
from emojit.baselines.extra import require_evaluate_extra
from emojit.baselines.fitting import OTHER_COLUMNS
from emojit.baselines.record import is_baseline, read_record
from emojit.baselines.saved import SavedBaseline
from emojit.errors import EmojitError, UsageError
from emojit.evaluation.answers import Answers, second_votes
from emojit.evaluation.predictor import load_predictor
from emojit.evaluation.report import EvalReport, Source
from emojit.logs import progress
from emojit.provenance import package_versions

if TYPE_CHECKING:
    from emojit.dataset.loading import Loaded
    from emojit.evaluation.errors.analysis import Low

logger = logging.getLogger(__name__)

DEFAULT_COLUMN = "sns_text"

_PACKAGES = (
    "datasets",
    "evaluate",
    "ja-ginza",
    "numpy",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "sudachidict_core",
    "sudachipy",
)
"""Packages whose version can change the scores."""
_MODEL_PACKAGES = ("tokenizers", "torch", "transformers")
"""Those that can change a student's answers as well."""

_FIRST_VOTE = "teacher-first-vote"
"""Column of `eval_predictions.parquet` beside the second vote: what that one was scored against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What a student and a prediction file have in common: where the rows come from and where the report goes."""

    dataset: str | Path
    revision: str | None
    split: str
    column: str
    metrics_from: str | None
    out: Path
    quiet: bool
    baselines: tuple[str, ...] | None

    def load(self) -> tuple[Loaded, Loaded]:
        """Return the training rows and the rows that are scored, of the same commit."""
        from emojit.dataset.loading import load_rows

        columns = ("id", self.column, "emojis", "votes")
        rows = load_rows(self.dataset, self.split, self.revision, columns=columns)
        # The commit, not the revision again: a branch may have moved between the two reads.
        at = rows.commit or self.revision
        return load_rows(self.dataset, "train", at, columns=columns, optional=OTHER_COLUMNS), rows


def evaluate_model(
    model: str | Path,
    dataset: str | Path,
    *,
    out: Path,
    revision: str | None = None,
    model_revision: str | None = None,
    split: str = "test",
    metrics_from: str | None = None,
    input_column: str | None = None,
    baselines: Sequence[str] | None = None,
    quiet: bool = False,
) -> EvalReport:
    """Score a student, or a saved baseline, beside the baselines and the teacher's second vote, and write the report.

    Args:
        model: run folder, model folder or Hub repository.
        dataset: build folder or Hub repository.
        out: folder for `eval_metrics.json`, `results.md`, `results.html`, `plots/`, `eval_predictions.parquet` and `eval_errors.parquet`; made
            if it is missing, and files of an earlier evaluation are replaced. `eval_metrics.json` is written last.
        revision: revision of a data set repository.
        model_revision: revision of a model repository.
        split: which rows are scored.
        metrics_from: where the metric modules come from, see `emojit.evaluation.modules.load_scorer`.
        input_column: column that every system reads; None for the one that the run folder's `config.yaml` names, or
            "sns_text".
        baselines: names of the baselines beside which it is scored; the constant is always among them. None for those that take seconds.
        quiet: no progress bar.

    Raises:
        DatasetError: the data set or the split cannot be read.
        StudentError: the model cannot be used.
        MissingExtraError: the extra `evaluate` or `train` is not installed.
        EmojitError: a metric module cannot be loaded, or `out` cannot be written.
    """
    require_evaluate_extra()
    from emojit.evaluation.certainty import baseline_certainty, student_certainty

    setting = _Setting(
        dataset=dataset,
        revision=revision,
        split=split,
        column=input_column or _trained_on(model) or DEFAULT_COLUMN,
        metrics_from=metrics_from,
        out=out,
        quiet=quiet,
        baselines=_named(baselines),
    )
    train, rows = setting.load()
    student = load_predictor(model, model_revision)
    texts = [row[setting.column] for row in rows.rows]
    start = time.perf_counter()
    predicted = student.answer(texts, quiet=quiet).emojis
    seconds = time.perf_counter() - start
    if isinstance(student, SavedBaseline):
        answers = Answers(
            name="saved-baseline",
            kind="saved-baseline",
            label=student.label,
            rows=list(predicted),
            seconds=seconds,
            certainty=baseline_certainty(student.baseline, texts, predicted, size=_mean_length(train)),
        )
    else:
        answers = Answers(
            name="student",
            kind="student",
            label="the student",
            rows=list(predicted),
            seconds=seconds,
            certainty=student_certainty(student, texts, predicted),
        )
    source = Source(name=_name(model), revision=model_revision, commit=student.commit)
    return _evaluate(answers, train, rows, setting, source)


def evaluate_predictions(
    predictions: Path,
    dataset: str | Path,
    *,
    out: Path,
    revision: str | None = None,
    split: str = "test",
    metrics_from: str | None = None,
    input_column: str | None = None,
    baselines: Sequence[str] | None = None,
    quiet: bool = False,
) -> EvalReport:
    """Score a prediction file in the same way; `dataset` to `quiet` as in `evaluate_model`.

    Args:
        predictions: JSON lines with `emojis`, one per row of the split, see
            `emojit.evaluation.predictions.read_predictions`.
        dataset: build folder or Hub repository.
        out: folder for the report.
        revision: revision of a data set repository.
        split: which rows are scored.
        metrics_from: where the metric modules come from.
        input_column: column that the baselines read; None for "sns_text".
        baselines: names of the baselines.
        quiet: no progress bar.

    Raises:
        MetricInputError: the file does not fit the split.
    """
    require_evaluate_extra()
    from emojit.evaluation.predictions import read_predictions
    from emojit.metrics import read_rows

    setting = _Setting(
        dataset=dataset,
        revision=revision,
        split=split,
        column=input_column or DEFAULT_COLUMN,
        metrics_from=metrics_from,
        out=out,
        quiet=quiet,
        baselines=_named(baselines),
    )
    train, rows = setting.load()
    written = read_predictions(predictions, [row["id"] for row in rows.rows])
    answers = Answers(
        name="predictions",
        kind="predictions",
        label=f"the file {predictions.name}",
        rows=[list(row) for row in read_rows(written)],
        seconds=None,
        written=written,
    )
    return _evaluate(answers, train, rows, setting, Source(name=predictions.name, revision=None, commit=None))


def default_out(source: str | Path) -> Path:
    """Return where a report goes unless told: into the run folder or the saved baseline's, else below `outputs/evaluations`."""
    folder = Path(source)
    if (folder / "run.json").is_file() or is_baseline(folder):
        return folder
    return Path("outputs") / "evaluations" / _name(source).replace("/", "--")


def _evaluate(first: Answers, train: Loaded, rows: Loaded, setting: _Setting, source: Source) -> EvalReport:
    from emojit.baselines.registry import KINDS, default_names, make_baseline
    from emojit.evaluation.analysing import analyse_answers
    from emojit.evaluation.certainty import baseline_certainty
    from emojit.evaluation.modules import load_scorer
    from emojit.evaluation.report import SCHEMA_VERSION, DatasetFacts
    from emojit.evaluation.scoring import CONFIDENCE, RESAMPLES, SEED, difference, score
    from emojit.evaluation.summary import summary_ja
    from emojit.evaluation.verdict import verdict

    start = time.perf_counter()
    _make_folder(setting.out)
    scorer = load_scorer(setting.metrics_from)
    references = [row["emojis"] for row in rows.rows]
    texts = [row[setting.column] for row in rows.rows]
    every = [first]
    known = examples(train.rows, setting.column)
    names = default_names() if setting.baselines is None else setting.baselines
    for name in progress(names, label="baselines", unit="baseline", quiet=setting.quiet):
        baseline = make_baseline(name)
        baseline.fit(known)
        began = time.perf_counter()
        predicted = baseline.predict(texts)
        seconds = time.perf_counter() - began
        every.append(
            Answers(
                name=name,
                kind="baseline",
                label=KINDS[name].label,
                rows=list(predicted),
                seconds=seconds,
                certainty=baseline_certainty(baseline, texts, predicted, size=_mean_length(train)),
            )
        )
    if (second := second_votes(rows)) is not None:
        every.append(second)
    votes = [row["votes"] or [] for row in rows.rows]
    systems = tuple(score(answers, references, scorer, votes=votes) for answers in every)
    scored = [system for system in systems if system.kind == "baseline"]
    gaps = tuple(difference(first, answers, references) for answers in every if answers.kind == "baseline")
    ids = [row["id"] for row in rows.rows]
    emojis = [row["emojis"] for row in train.rows]
    found = analyse_answers(every, ids=ids, texts=texts, gold=references, votes=votes, train=emojis)
    report = EvalReport(
        schema_version=SCHEMA_VERSION,
        system=first.name,
        source=source,
        dataset=DatasetFacts(
            name=rows.repo_id or (rows.folder.name if rows.folder else "rows"),
            revision=setting.revision,
            commit=rows.commit,
            fingerprint=rows.fingerprint,
            split=rows.split,
            rows=len(rows.rows),
            train_rows=len(train.rows),
            input_column=setting.column,
        ),
        systems=systems,
        differences=gaps,
        verdict=verdict(systems[0], scored, gaps),
        metrics=scorer.facts,
        confidence=CONFIDENCE,
        resamples=RESAMPLES,
        seed=SEED,
        versions=package_versions(_PACKAGES if first.kind != "student" else (*_PACKAGES, *_MODEL_PACKAGES)),
        analysis=found.analysis,
    )
    report = replace(report, analysis=replace(found.analysis, summary_ja=summary_ja(report)))
    _write(report, every, found.low, ids, texts, references, setting.out)
    logger.info("evaluated systems=%d rows=%d seconds=%.1f", len(systems), len(texts), time.perf_counter() - start)
    return report


def _write(
    report: EvalReport,
    every: Sequence[Answers],
    low: Mapping[str, Sequence[Low]],
    ids: list[str],
    texts: list[str],
    references: list[list[str]],
    out: Path,
) -> None:
    from emojit.dataset.folder import write_json, write_text
    from emojit.evaluation.errors.table import FILE_NAME as ERRORS
    from emojit.evaluation.errors.table import write_errors
    from emojit.evaluation.page.write import write_page
    from emojit.evaluation.plot import plot_scores
    from emojit.evaluation.predictions import write_predictions
    from emojit.evaluation.report import FILE_NAME
    from emojit.evaluation.table import markdown

    columns: dict[str, Sequence[Sequence[str] | None]] = {answers.name: answers.rows for answers in every}
    for answers in every:
        if answers.references is not None:
            columns[_FIRST_VOTE] = answers.references
    try:
        write_predictions(
            out / "eval_predictions.parquet",
            ids=ids,
            texts=texts,
            references=references,
            answers=columns,
        )
        write_errors(out / ERRORS, ids, low)
        write_text(out / "results.md", markdown(report))
        write_page(report, out)
        plot_scores(report, out / "plots" / "jaccard.png")
        write_json(out / FILE_NAME, report.as_dict())
    except OSError as exc:
        raise EmojitError(
            f"{out}: cannot be written ({exc.strerror or exc})", hint="free some space or give another --out"
        ) from exc


def _mean_length(train: Loaded) -> float:
    """Return how many emoji an answer has on average."""
    return sum(len(row["emojis"]) for row in train.rows) / len(train.rows)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UsageError(
            f"--out {out}: no folder can be made there ({exc.strerror or exc})", hint="give another folder"
        ) from exc


def _named(baselines: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the names of the baselines in the order of the table, the constant among them: verdicts need it."""
    from emojit.baselines.registry import KINDS, find_kind

    if baselines is None:
        return None
    for name in baselines:
        find_kind(name)
    return tuple(name for name in KINDS if name == "constant" or name in baselines)


def _trained_on(model: str | Path) -> str | None:
    """Return the column that a local model was trained on, or None where no run folder tells."""
    import yaml

    folder = Path(model)
    if is_baseline(folder):
        return read_record(folder).data.input_column
    path = next((path for path in (folder / "config.yaml", folder.parent / "config.yaml") if path.is_file()), None)
    if path is None:
        return None
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    data = config.get("data") if isinstance(config, dict) else None
    column = data.get("input_column") if isinstance(data, dict) else None
    return column if isinstance(column, str) else None


def _name(source: str | Path) -> str:
    """Return the repository id, or the name of a local folder (of the run, where it is its `model` folder)."""
    path = Path(source)
    if not path.exists():
        return str(source)
    path = path.resolve()
    return path.parent.name if path.name == "model" else path.name
