"""What the card of a saved baseline says: from `baseline.json`, the sizes of its files and, where it was evaluated, `eval_metrics.json`."""

from __future__ import annotations

from pathlib import Path

from emojit.baselines.record import BaselineRecord, read_record
from emojit.baselines.registry import KINDS
from emojit.dataset.licences import UNKNOWN, Licence, combined_licence
from emojit.errors import CardError, DatasetError
from emojit.release.eval_results import evaluation_facts, find_system, model_index
from emojit.release.facts import Facts
from emojit.release.score_facts import figure_table
from emojit.release.templates import front_matter

REPORT = "eval_metrics.json"
_NO_REPOSITORY = "NAMESPACE"
_TASK = "text-classification"
"""What it does in the Hub's words: it chooses among 1,906 labels. No library of the Hub loads it."""


def baseline_context(folder: Path, *, repo_id: str | None, revision: str | None) -> dict[str, object]:
    """Return the variables of the card's template.

    Args:
        folder: of a saved baseline.
        repo_id: the repository that the snippet names; None leaves a gap to fill.
        revision: the tag that it names.

    Raises:
        StudentError: the record cannot be read.
        CardError: a fact in the report is missing, or the licences do not go together.
    """
    record = read_record(folder)
    if record.name not in KINDS:
        raise CardError(f"{folder}: a baseline of the sort {record.name!r}, which this emojit does not know")
    kind = KINDS[record.name]
    licence = _licence(record)
    report = evaluation_facts(folder) if (folder / REPORT).is_file() else None
    title = repo_id.split("/")[1] if repo_id else f"emoji-{record.name}"
    size = sum(path.stat().st_size for path in folder.iterdir() if path.name in ("state.json", "model.safetensors"))
    return {
        "front_matter": front_matter(
            {
                "language": ["ja"],
                "license": licence.id,
                "library_name": "emojit",
                "pipeline_tag": _TASK,
                "tags": ["emoji", "baseline", record.name, "emojit"],
                "datasets": [record.data.repo_id] if record.data.repo_id else None,
                "metrics": [metric["name"] for metric in report.items("metrics")] if report else None,
                "model-index": model_index(report, name=title) if report else None,
            }
        ),
        "title": title,
        "repo_id": repo_id or f"{_NO_REPOSITORY}/{title}",
        "revision": revision,
        "name": record.name,
        "about": kind.about,
        "extras": "evaluate,words" if kind.needs_words else "evaluate,train" if kind.network else "evaluate",
        "network": kind.network,
        "licences": [record.data.licence, *record.licences],
        "sources": list(record.sources),
        "data": record.data,
        "rows": sum(record.data.rows.values()),
        "seconds": f"{record.seconds:.1f}",
        "megabytes": f"{size / 1e6:.1f}",
        "code": record.code,
        "versions": record.versions,
        "hardware": f"{record.hardware.cpu} ({record.hardware.cores} cores)",
        "evaluated": _evaluated(report) if report else None,
        "figures": figure_table(report) if report else None,
        "licence": {"name": licence.id, "known": licence.id != UNKNOWN},
    }


def _licence(record: BaselineRecord) -> Licence:
    """Return the licence that the rows and what is saved besides go together under."""
    try:
        return combined_licence([record.data.licence, *record.licences])
    except DatasetError as exc:
        raise CardError(f"the licences do not go together: {exc}", hint=exc.hint) from exc


def _evaluated(facts: Facts) -> dict[str, object]:
    systems = []
    for item in facts.items("systems"):
        system = find_system(facts, str(item.get("name")))
        try:
            interval, overlap = system["jaccard"], system["overlap"]
            systems.append(
                {
                    "label": system["label"],
                    "jaccard": f"{interval['mean']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]",  # type: ignore[index]
                    "exact_match": overlap["exact_match"],  # type: ignore[index]
                    "rows": system["rows"],
                }
            )
        except KeyError as exc:
            raise CardError(f"{facts.path}: a system lacks {exc}", hint=facts.hint) from exc
    return {
        "verdict": facts.text("verdict"),
        "name": facts.text("dataset.name"),
        "split": facts.text("dataset.split"),
        "rows": facts.count("dataset.rows"),
        "percent": f"{100 * facts.number('confidence'):g}",
        "systems": systems,
    }
