"""The report of a model against its predictions, counted again: an edited figure is found however alike report, card and `.eval_results/` were edited."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from emojit.dataset.parquet import read_rows
from emojit.errors import DatasetError, MetricInputError
from emojit.metrics import bootstrap_interval, exact_match, jaccard_scores, module_figures, precision_recall_f1
from emojit.release.statement import read_table
from emojit.release.verify.findings import ODD_CONTENT, Findings

_REPORT = "eval_metrics.json"
_PREDICTIONS = "eval_predictions.parquet"
_SAMPLE = "predictions_sample.jsonl"
_OWN_REFERENCE = "teacher"
"""Kind of a system that is scored against something else than the rows' emoji."""
_CLOSE = 1e-9
_FURTHER = {
    "diversity": "emoji_diversity",
    "length": "emoji_length",
    "category": "emoji_category",
    "distribution": "emoji_distribution",
    "validity": "emoji_validity",
}
"""Further figures of a system, and the metric modules that they come from; those of the votes need the votes, which are no part of a run."""

Answers = Sequence[Sequence[str]]


def check_scores(run: Path, findings: Findings) -> None:
    """Count every system's scores again from the predictions of the run, and compare the sample that the card shows."""
    report = read_table(run, _REPORT)
    if report is None or not (run / _PREDICTIONS).is_file():
        findings.unchecked.append(f"the scores against the predictions: there is no run/{_PREDICTIONS}")
        return
    try:
        rows = list(read_rows(run / _PREDICTIONS))
        counted = list(_systems(report, rows, findings))
        _check_sample(run, str(report["system"]), rows, findings)
    except (DatasetError, MetricInputError, OSError, *ODD_CONTENT) as exc:
        findings.wrong(
            "scores",
            "cannot be counted again",
            f"run/{_PREDICTIONS}",
            expected="the answers of every system",
            found=repr(exc),
        )
        return
    findings.checked.append(f"the scores of {', '.join(counted)}, counted again over {len(rows):,} predictions")


def _systems(report: Mapping[str, Any], rows: list[dict[str, Any]], findings: Findings) -> Iterator[str]:
    if report["dataset"]["rows"] != len(rows):
        _differs("dataset.rows", len(rows), report["dataset"]["rows"], findings)
    for system in report["systems"]:
        name = system["name"]
        if system["kind"] == _OWN_REFERENCE:
            continue
        answered = [row for row in rows if row[name] is not None]
        found = {
            "rows": system["rows"],
            **{f"jaccard.{key}": value for key, value in system["jaccard"].items()},
            **{f"overlap.{key}": value for key, value in system["overlap"].items()},
        }
        answers, references = [row[name] for row in answered], [row["emojis"] for row in answered]
        wanted: dict[str, float | None] = {**_count(answers, references, report)}
        for field, module in _FURTHER.items():
            # reports of before lack them; the rules are checked on what a prediction file held, which is not kept
            if system.get(field) and (field, system["kind"]) != ("validity", "predictions"):
                found |= {f"{field}.{key}": value for key, value in system[field].items()}
                wanted |= {f"{field}.{key}": value for key, value in _figures(module, answers, references).items()}
        for key, expected in wanted.items():
            if key not in found or not _same(found[key], expected):
                _differs(f"{name}.{key}", expected, found.get(key, "no such key"), findings)
        yield name


def _figures(module: str, answers: Answers, references: Answers) -> Mapping[str, float | None]:
    sides = (
        {"predictions": answers} if module == "emoji_validity" else {"predictions": answers, "references": references}
    )
    return module_figures(module, sides)


def _same(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _count(answers: Answers, references: Answers, report: Mapping[str, Any]) -> dict[str, float]:
    values = jaccard_scores(answers, references)
    mean = sum(values) / len(values)
    low, high = bootstrap_interval(
        values, confidence=report["confidence"], resamples=report["resamples"], seed=report["seed"]
    )
    scores = {
        "rows": len(values),
        "jaccard.mean": mean,
        "jaccard.low": low,
        "jaccard.high": high,
        "overlap.jaccard": mean,
        "overlap.exact_match": exact_match(answers, references),
    }
    micro, macro = (
        precision_recall_f1(answers, references, average="micro"),
        precision_recall_f1(answers, references, average="macro"),
    )
    for average, found in (("micro", micro), ("macro", macro)):
        scores |= {
            f"overlap.precision_{average}": found.precision,
            f"overlap.recall_{average}": found.recall,
            f"overlap.f1_{average}": found.f1,
        }
    return scores


def _check_sample(run: Path, system: str, rows: list[dict[str, Any]], findings: Findings) -> None:
    """Compare the rows that the card shows with the predictions."""
    if not (run / _SAMPLE).is_file():
        return
    there = {(row["text"], " ".join(row["emojis"]), " ".join(row[system] or ())) for row in rows}
    for number, line in enumerate((run / _SAMPLE).read_text(encoding="utf-8").splitlines()):
        sample = json.loads(line)
        said = (sample["text"], sample["gold"], sample["pred"])
        where = f"run/{_SAMPLE} line {number + 1}"
        if said not in there:
            findings.wrong(
                "scores", "is no prediction of the run", where, expected=f"a row of {_PREDICTIONS}", found=said
            )
            continue
        (score,) = jaccard_scores([sample["pred"].split()], [sample["gold"].split()])
        if not math.isclose(sample["jaccard"], score, abs_tol=1e-6):
            findings.wrong(
                "scores", "is not what the predictions count to", where, expected=score, found=sample["jaccard"]
            )


def _differs(key: str, expected: object, found: object, findings: Findings) -> None:
    findings.wrong(
        "scores", "is not what the predictions count to", f"run/{_REPORT}: {key}", expected=expected, found=found
    )
