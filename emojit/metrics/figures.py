"""What each metric module answers to a call of its `compute`, worked out here: the same keys, the same values, without `evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from emojit.emoji import INVENTORY
from emojit.errors import MetricInputError
from emojit.metrics.category import category_match
from emojit.metrics.distribution import distribution_distance
from emojit.metrics.diversity import diversity
from emojit.metrics.fields import read_field, read_rows
from emojit.metrics.inputs import check_count, plain_fields, plain_pairs, plain_vote_pairs
from emojit.metrics.length import length
from emojit.metrics.overlap import empty_share, exact_match, jaccard_scores, precision_recall_f1
from emojit.metrics.validity import read_inventory, validity
from emojit.metrics.votes import vote_figures

Arguments = Mapping[str, Any]
"""The keyword arguments of `compute`, checked by what they are given to."""
Figures = dict[str, float | None]


def module_figures(module: str, arguments: Arguments) -> Figures:
    """Return what a metric module would answer.

    Args:
        module: its name, a key of `MODULE_FIGURES`.
        arguments: what its `compute` is given: `predictions`, for all but emoji_validity `references`, and options.

    Raises:
        MetricInputError: an argument is missing, unknown or not what the module takes, or there is no such module.

    Example:
        >>> module_figures("emoji_distribution", {"predictions": ["🎉"], "references": ["📚"]})["total_variation"]
        1.0
    """
    if module not in MODULE_FIGURES:
        raise MetricInputError(f"{module!r} is no metric module", hint=f"give one of {', '.join(MODULE_FIGURES)}")
    takes, work_out = MODULE_FIGURES[module]
    if strange := [name for name in arguments if name not in takes]:
        raise MetricInputError(f"{module} takes no argument {strange[0]!r}", hint=f"it takes {', '.join(takes)}")
    if missing := [name for name in ("predictions", "references") if name in takes and arguments.get(name) is None]:
        raise MetricInputError(f"{module} needs {missing[0]}", hint="give one item per text")
    return work_out({**arguments, **_checked(module, arguments)})


def _checked(module: str, call: Arguments) -> Arguments:
    """Return the rows as the module stores them, which has the same checks."""
    if module == "emoji_validity":
        return {"predictions": plain_fields("predictions", call["predictions"])}
    pairs = plain_vote_pairs if module == "emoji_votes" else plain_pairs
    predictions, references = pairs(call["predictions"], call["references"])
    return {"predictions": predictions, "references": references}


def _overlap(call: Arguments) -> Figures:
    predicted = [read_field(row) for row in call["predictions"]]
    rows, expected = [reading.emojis for reading in predicted], read_rows(call["references"])
    scores = jaccard_scores(rows, expected)
    found: Figures = {"jaccard": sum(scores) / len(scores), "exact_match": exact_match(rows, expected)}
    micro, macro = precision_recall_f1(rows, expected), precision_recall_f1(rows, expected, average="macro")
    found |= {f"{name}_micro": value for name, value in asdict(micro).items()}
    found |= {f"{name}_macro": value for name, value in asdict(macro).items()}
    outside = sum(len(reading.outside) for reading in predicted)
    return found | {
        "empty_predictions": empty_share(rows),
        "empty_references": empty_share(expected),
        "outside_inventory": outside,
    }


def _diversity(call: Arguments) -> Figures:
    found = diversity(*_pairs(call), top_n=check_count("top_n", call.get("top_n", 5), most=len(INVENTORY)))
    figures = {"outside_top", "distinct", "entropy_bits"}
    ours = {name: value for name, value in asdict(found.predictions).items() if name in figures}
    return ours | {f"reference_{name}": value for name, value in asdict(found.references).items() if name in figures}


def _votes(call: Arguments) -> Figures:
    return asdict(vote_figures(read_rows(call["predictions"]), [read_rows(votes) for votes in call["references"]]))


def _validity(call: Arguments) -> Figures:
    inventory = call.get("inventory")
    allowed = None if inventory is None else read_inventory(inventory)
    return asdict(validity(call["predictions"], inventory=allowed, most=call.get("most", 5)))


def _pairs(call: Arguments) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    return read_rows(call["predictions"]), read_rows(call["references"])


_BOTH = ("predictions", "references")

MODULE_FIGURES: Mapping[str, tuple[tuple[str, ...], Callable[[Arguments], Figures]]] = MappingProxyType(
    {
        "emoji_jaccard": (_BOTH, _overlap),
        "emoji_diversity": ((*_BOTH, "top_n"), _diversity),
        "emoji_votes": (_BOTH, _votes),
        "emoji_length": (_BOTH, lambda call: asdict(length(*_pairs(call)))),
        "emoji_category": (_BOTH, lambda call: asdict(category_match(*_pairs(call)))),
        "emoji_distribution": (_BOTH, lambda call: asdict(distribution_distance(*_pairs(call)))),
        "emoji_validity": (("predictions", "inventory", "most"), _validity),
    }
)
"""Name of a metric module → the arguments that it takes, and what works out its answer."""
