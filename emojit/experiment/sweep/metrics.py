"""The metrics that a checkpoint can be scored by, and those of a table of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from emojit.errors import UsageError
from emojit.experiment.sweep.facts import Better, Metric
from emojit.metrics import diversity, empty_share, exact_match, jaccard_scores, precision_recall_f1

Rows = Sequence[Sequence[str]]

LOSS = "loss"
"""The one metric that no answers give."""

_ALL: dict[str, tuple[str, Better, str]] = {
    "jaccard": ("Jaccard index", "higher", "share"),
    "exact_match": ("exact match", "higher", "share"),
    "precision": ("precision (micro)", "higher", "share"),
    "recall": ("recall (micro)", "higher", "share"),
    "f1": ("F1 (micro)", "higher", "share"),
    "f1_macro": ("F1 (macro)", "higher", "share"),
    "outside_top": ("outside the top 5", "higher", "share"),
    "distinct": ("different emoji", "higher", "emoji"),
    "entropy_bits": ("entropy", "higher", "bits"),
    "emojis_per_text": ("emoji per text", "neither", "emoji"),
    "empty": ("empty answers", "lower", "share"),
    LOSS: ("validation loss", "lower", "nats"),
}
"""Name to label, direction and unit. Random emoji are the most varied of all, so the figures of variety choose nothing well by themselves."""

_GROUPS = {"diversity": ("outside_top", "distinct", "entropy_bits")}

DEFAULT = ("jaccard", "exact_match", "outside_top", "distinct", LOSS)

_FALLING = ("loss", "perplexity", "error")
"""Words in the name of a column whose low values are the good ones."""


def find_metrics(names: Iterable[str]) -> tuple[Metric, ...]:
    """Return the metrics of these names, each once.

    Raises:
        UsageError: there is none of a name.
    """
    wanted = [one for name in names for one in _GROUPS.get(name, (name,))]
    for name in wanted:
        if name not in _ALL:
            raise UsageError(f"no metric {name!r}", hint=f"one of {', '.join([*_ALL, *_GROUPS])}")
    return tuple(
        Metric(name=name, label=_ALL[name][0], better=_ALL[name][1], unit=_ALL[name][2])
        for name in dict.fromkeys(wanted)
    )


def table_metric(name: str, values: Sequence[float]) -> Metric:
    """Return what the column of a table means, as far as name and values tell."""
    if name in _ALL:
        return find_metrics([name])[0]
    better: Better = "lower" if any(word in name.lower() for word in _FALLING) else "higher"
    share = better == "higher" and all(0 <= value <= 1 for value in values)
    return Metric(name=name, label=name, better=better, unit="share" if share else "")


def measure(metrics: Sequence[Metric], answers: Rows, gold: Rows, *, loss: float | None) -> dict[str, float]:
    """Return the metrics of one checkpoint.

    Args:
        metrics: which.
        answers: N answers.
        gold: N references.
        loss: validation loss (nats per position); None where it was not computed.
    """
    names = [metric.name for metric in metrics]
    scores: dict[str, float] = {}
    if {"precision", "recall", "f1"} & set(names):
        micro = precision_recall_f1(answers, gold, average="micro")
        scores |= {"precision": micro.precision, "recall": micro.recall, "f1": micro.f1}
    if "f1_macro" in names:
        scores["f1_macro"] = precision_recall_f1(answers, gold, average="macro").f1
    if {"outside_top", "distinct", "entropy_bits"} & set(names):
        found = diversity(answers, gold).predictions
        scores |= {
            "outside_top": found.outside_top,
            "distinct": float(found.distinct),
            "entropy_bits": found.entropy_bits,
        }
    if "jaccard" in names:
        jaccards = jaccard_scores(answers, gold)
        scores["jaccard"] = sum(jaccards) / len(jaccards)
    if "exact_match" in names:
        scores["exact_match"] = exact_match(answers, gold)
    if "emojis_per_text" in names:
        scores["emojis_per_text"] = sum(map(len, answers)) / len(answers)
    if "empty" in names:
        scores["empty"] = empty_share(answers)
    if loss is not None:
        scores[LOSS] = loss
    return {name: scores[name] for name in names if name in scores}


def row_scores(name: str, answers: Rows, gold: Rows) -> list[float] | None:
    """Return the values of single rows whose mean a metric is; None for a metric that is no mean over rows."""
    if name == "jaccard":
        return jaccard_scores(answers, gold)
    if name == "exact_match":
        return [float(set(answer) == set(reference)) for answer, reference in zip(answers, gold, strict=True)]
    return None
