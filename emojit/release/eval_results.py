"""`.eval_results/*.yaml`: the scores of a model in the form that the Hub reads and shows, and the same as the card's `model-index`.

Format: https://huggingface.co/docs/hub/eval-results, one list of entries per file, here one file per metric. The Hub puts a result on a leaderboard
only where the data set is registered as a benchmark and names the task; in every other repository the files are simply there to be read.
`model-index` is the older form of the same, which cards still carry.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from emojit.errors import CardError
from emojit.release.facts import Facts

METRICS = {
    "jaccard": "Jaccard index",
    "exact_match": "exact match",
    "f1_micro": "F1, micro",
    "f1_macro": "F1, macro",
}
"""Which figures of emoji_jaccard are published, and what people call them. All are fractions in [0, 1]."""

TASK = "text2text-generation"
_EVALUATE = "evaluate the run: emojit evaluate --model RUN --dataset DATASET"


def evaluation_facts(run_folder: Path) -> Facts:
    """Return the facts of `eval_metrics.json` of a run folder.

    Raises:
        CardError: the run was not evaluated.
    """
    return Facts(run_folder / "eval_metrics.json", hint=_EVALUATE)


def find_system(facts: Facts, name: str) -> dict[str, object]:
    """Return one of the systems that were scored side by side.

    Raises:
        CardError: it was not among them.
    """
    for system in facts.items("systems"):
        if isinstance(system, dict) and system.get("name") == name:
            return system
    raise CardError(f"{facts.path}: no system is called {name}", hint=facts.hint)


def scores(facts: Facts) -> dict[str, float]:
    """Return the published figures of the system that the evaluation is about, by metric, to six digits."""
    overlap = find_system(facts, facts.text("system"))["overlap"]
    if not isinstance(overlap, dict) or any(name not in overlap for name in METRICS):
        raise CardError(f"{facts.path}: the overlap scores lack {', '.join(METRICS)}", hint=facts.hint)
    return {name: round(float(overlap[name]), 6) for name in METRICS}


def render_eval_results(run_folder: Path) -> dict[str, str]:
    """Render the files of `.eval_results/`.

    Args:
        run_folder: an evaluated run.

    Returns:
        File name to YAML text; empty where the evaluation was on a folder, for an entry must name a Hub data set.

    Raises:
        CardError: the run was not evaluated, or a figure is missing.
    """
    facts = evaluation_facts(run_folder)
    if not facts.has("dataset.commit"):
        return {}
    system = find_system(facts, facts.text("system"))
    interval = system["jaccard"]
    files = {}
    for metric, value in scores(facts).items():
        notes = f"split {facts.text('dataset.split')}, {facts.count('dataset.rows')} rows"
        if metric == "jaccard" and isinstance(interval, dict):
            percent = 100 * facts.number("confidence")
            notes += f", {percent:.0f} % interval {interval['low']:.3f} to {interval['high']:.3f}"
        entry = {
            "dataset": {
                "id": facts.text("dataset.name"),
                "task_id": f"emoji_{metric}",
                "revision": facts.text("dataset.commit"),
            },
            "value": value,
            "notes": notes,
        }
        files[f"emoji_{metric}.yaml"] = yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=120)
    return files


def model_index(facts: Facts, *, name: str) -> list[dict[str, object]]:
    """Return the card's `model-index` for an evaluation."""
    dataset: dict[str, object] = {
        "type": facts.text("dataset.name"),
        "name": facts.text("dataset.name"),
        "split": facts.text("dataset.split"),
    }
    if facts.has("dataset.commit"):
        dataset["revision"] = facts.text("dataset.commit")
    metrics = [
        {"type": f"emoji_{metric}", "name": METRICS[metric], "value": value} for metric, value in scores(facts).items()
    ]
    result = {"task": {"type": TASK, "name": "emoji for Japanese text"}, "dataset": dataset, "metrics": metrics}
    return [{"name": name, "results": [result]}]
