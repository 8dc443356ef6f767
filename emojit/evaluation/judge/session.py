"""One command of a judge from beginning to end: predictions, sample, questions, files, report."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.baselines.extra import require_evaluate_extra
from emojit.dataset.folder import write_json, write_text
from emojit.dataset.staging import locked, place
from emojit.errors import DatasetError, EmojitError, UsageError
from emojit.evaluation.judge.drawing import Sample, draw_sample
from emojit.evaluation.judge.folder import JudgeFolder
from emojit.evaluation.judge.guess_figures import guess_figures
from emojit.evaluation.judge.intervals import RESAMPLES
from emojit.evaluation.judge.page import markdown
from emojit.evaluation.judge.pair_figures import pair_figures
from emojit.evaluation.judge.questions import prompt_ids
from emojit.evaluation.judge.records import STAGES, Stage
from emojit.evaluation.judge.schema import FILE_NAME, SCHEMA_VERSION, JudgeFacts, JudgeReport, SampleFacts
from emojit.evaluation.judge.score_figures import score_figures
from emojit.evaluation.judge.stages import Asked, ask_stage, units_of
from emojit.evaluation.judge.texts import read_texts
from emojit.evaluation.same_value import CONFIDENCE
from emojit.evaluation.systems import read_systems
from emojit.provenance import package_versions
from emojit.recipe import JudgeRecipe, dump
from emojit.teacher import ReplyStore, Teacher, make_teacher, open_store, sampling_params
from emojit.teacher.budget import BudgetedTeacher
from emojit.teacher.records import canonical_json

logger = logging.getLogger(__name__)

PAGE = "judge.md"
_PACKAGES = ("choix", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeResult:
    """What a command of a judge did.

    Attributes:
        out: the folder.
        store: file of the reply store.
        asked: what was asked in this run.
        report: on all stages that are there.
    """

    out: Path
    store: Path
    asked: Asked
    report: JudgeReport


def judge(
    stage: Stage,
    recipe: JudgeRecipe,
    predictions: Sequence[str | Path],
    *,
    out: Path,
    texts: Path | None = None,
    store: Path | None = None,
    max_cost: float | None = None,
    quiet: bool = False,
) -> JudgeResult:
    """Ask the judge, and write its judgements and the report.

    Args:
        stage: what is asked.
        recipe: whom, about which answers, in what words.
        predictions: `[NAME=]FILE`, see `emojit.evaluation.systems.read_systems`.
        out: folder to make, or one that holds judgements of the same setting.
        texts: names the texts, see `emojit.evaluation.judge.texts.read_texts`; None draws a sample.
        store: file of the reply store; None means `default_store(out)`.
        max_cost: stop before the questions of this run cost more than this (USD).
        quiet: no progress bar.

    Raises:
        UsageError: the predictions cannot be read or do not belong together, or the store lies inside `out`.
        ConfigError: no API key.
        DatasetError: `out` holds something else, or another process writes it.
        TeacherError: as `emojit.evaluation.judge.asking.ask_all`, or the questions would cost more than `max_cost`.
        MissingExtraError: the extra `evaluate` is not installed.
    """
    require_evaluate_extra()
    start = time.monotonic()
    out = place(out)
    store = store or default_store(out)
    if store.resolve().is_relative_to(out):
        raise UsageError(
            f"{store}: the reply store lies inside {out}", hint=f"without --store it is {default_store(out)}"
        )
    named = read_texts(texts) if texts is not None else None
    sample = draw_sample(read_systems(predictions), recipe, named)
    units_of(stage, sample, recipe)  # what cannot be asked is said before anything is written
    folder = JudgeFolder(path=out)
    with locked(out):
        try:
            folder.start(setting(sample, recipe), _shown(recipe))
            with open_store(recipe.teacher, store) as replies:
                teacher = _teacher(recipe, replies, max_cost, quiet=quiet)
                asked = ask_stage(stage, sample, recipe, folder, teacher, replies, quiet=quiet)
            report = write_report(out)
        except OSError as exc:
            raise EmojitError(
                f"{out}: cannot be written ({exc.strerror or exc})",
                hint="free some space or choose another --out, then run the same command again: every reply so far is kept",
            ) from exc
    logger.info(
        "judged stage=%s rows=%d asked=%d seconds=%.1f",
        stage,
        asked.rows,
        asked.counts.asked,
        time.monotonic() - start,
    )
    return JudgeResult(out=out, store=store, asked=asked, report=report)


def default_store(out: Path) -> Path:
    """Return where replies are kept unless told otherwise: beside the folder, never inside."""
    out = place(out)
    return out.with_name(f"{out.name}.replies.sqlite")


def setting(sample: Sample, recipe: JudgeRecipe) -> dict[str, object]:
    """Return everything that decides the questions and the figures, as plain JSON; not how fast they are asked."""
    answers = sample.answers
    content = [answers.ids, answers.texts, answers.gold, *([name, answers.rows(name)] for name in sample.systems)]
    topics = Counter(sample.topics[place] for place in sample.places)
    return {
        "schema_version": SCHEMA_VERSION,
        "name": recipe.name,
        "systems": list(sample.systems),
        "seed": recipe.seed,
        "predictions": hashlib.sha256(
            canonical_json(content).encode()
        ).hexdigest(),  # behind the systems, which change it, too
        "of": len(answers.ids),
        "given": sample.given,
        "ids": [answers.ids[place] for place in sample.places],
        "topics": dict(topics.most_common()),
        "model": recipe.teacher.model,
        "sampling": sampling_params(recipe.teacher),
        "response_format": recipe.response_format,
        "asks": recipe.asks,
        "attempts": recipe.attempts,
        "together": recipe.scores.together,
        "candidates": recipe.guess.candidates,
        "distractors": recipe.guess.distractors,
        "prompt_ids": {str(stage): name for stage, name in prompt_ids(recipe).items()},
    }


def write_report(out: Path) -> JudgeReport:
    """Compute the report from the files of a folder and write `judge.json` and `judge.md`; nothing is asked.

    Raises:
        DatasetError: there are no judgements here, or a file is damaged.
    """
    report = make_report(JudgeFolder(path=out))
    write_text(out / PAGE, markdown(report))
    write_json(out / FILE_NAME, report.as_dict())
    return report


def make_report(folder: JudgeFolder) -> JudgeReport:
    """Compute the report.

    Raises:
        DatasetError: there are no judgements here, no stage was asked to its end, or a file is damaged.
    """
    facts = folder.setting()
    if not any(folder.has(stage) for stage in STAGES):
        raise DatasetError(
            f"{folder.path}: no stage was asked to its end",
            hint="run the `emojit judge` command again that was stopped: no question is asked twice",
        )
    systems = tuple(facts["systems"])
    scores = pairs = guess = None
    if folder.has("scores"):
        scores = score_figures(folder.judgements(), systems, _reasons(folder, "scores"), folder.bill("scores"))
    if folder.has("pairs"):
        pairs = pair_figures(folder.pairs(), systems, _reasons(folder, "pairs"), folder.bill("pairs"))
    if folder.has("guess"):
        guess = guess_figures(
            folder.guesses(),
            systems,
            _reasons(folder, "guess"),
            folder.bill("guess"),
            candidates=facts["candidates"],
            distractors=facts["distractors"],
        )
    return JudgeReport(
        schema_version=SCHEMA_VERSION,
        name=facts["name"],
        judge=JudgeFacts(
            model=facts["model"],
            sampling=facts["sampling"],
            response_format=facts["response_format"],
            asks=facts["asks"],
            attempts=facts["attempts"],
            prompt_ids=facts["prompt_ids"],
        ),
        sample=SampleFacts(
            predictions=facts["predictions"],
            seed=facts["seed"],
            texts=len(facts["ids"]),
            of=facts["of"],
            given=facts["given"],
            topics=facts["topics"],
        ),
        systems=systems,
        scores=scores,
        pairs=pairs,
        guess=guess,
        confidence=CONFIDENCE,
        resamples=RESAMPLES,
        versions=package_versions(_PACKAGES),
    )


def _shown(recipe: JudgeRecipe) -> str:
    """Return the recipe as it stands in the folder, which people pass on: where the endpoint stands may be nobody's business."""
    return dump(dataclasses.replace(recipe, teacher=dataclasses.replace(recipe.teacher, base_url=None)))


def _reasons(folder: JudgeFolder, stage: Stage) -> dict[str, int]:
    return dict(Counter(row.reason for row in folder.rejected(stage)).most_common())


def _teacher(recipe: JudgeRecipe, store: ReplyStore, max_cost: float | None, *, quiet: bool) -> Teacher:
    teacher = make_teacher(recipe.teacher, store, quiet=quiet)
    return teacher if max_cost is None else BudgetedTeacher(teacher, max_cost, recipe.teacher)
