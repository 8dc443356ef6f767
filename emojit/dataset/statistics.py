"""All counts and distributions of a build, as `statistics.json` holds them. Cards and plots read only this file and the recipe.

Layout (a key may be added, not renamed):

    schema_version, name
    rows, articles        by split (counts); articles are those that gave at least one row
    corpus                articles read and left out by corpus.share, candidates, kept by the filters (counts)
    rejected              stage -> reason -> count, in the order of the stages
    emoji                 total, distinct, mean_per_row, per_row {"1": rows, …}, counts [[emoji, rows], …] most frequent first,
                          by_split {split: [[emoji, rows], …]}
    length                original_text and sns_text: mean, min, max (code points), histogram [[from, rows], …] in steps of 10
    agreement             by split: rows with more than one vote, mean Jaccard index between two of their votes, or null
    sources               [{name, rows, articles, licence, revision}, …] by name; licence is the rows' own spelling
    licences              the rows' spelling -> rows
    licence               {id, note} of the release
    inputs                what was read: files with sha256, or a repository with its commit; role "corpus" or "replies"
    teacher               kind, model, base_url, licence, parameters, prompt_id, prompts {step: text}, replies, unanswered, tokens, cost_usd,
                          providers, finish_reasons; tokens and cost_usd count every reply of the build once, or are null where none says so
    leaked                emoji that stood in rewrites of the rows and were taken out (count)
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emojit.dataset.licences import combined_licence
from emojit.dataset.pair import Pair
from emojit.dataset.replies import ReplyTotals
from emojit.dataset.selection import Selection
from emojit.dataset.splits import SPLITS, Split
from emojit.metrics import jaccard
from emojit.recipe import BuildRecipe
from emojit.teacher import prompt_id, prompt_texts

_STAGES = ("source", "filter", "rewrite", "emoji", "pair")
_STEP = 10
_NO_LICENCE = "unknown"


def build_statistics(
    recipe: BuildRecipe,
    *,
    selection: Selection,
    inputs: Sequence[Mapping[str, object]],
    pairs: Mapping[Split, Sequence[Pair]],
    rejected: Mapping[tuple[str, str], int],
    replies: ReplyTotals,
    leaked: int,
) -> dict[str, Any]:
    """Count everything a card or plot needs.

    Args:
        recipe: of the build.
        selection: what the corpus gave.
        inputs: every file or repository that was read.
        pairs: the rows by split.
        rejected: rejected sentences and lines by (stage, reason) (counts).
        replies: totals over the replies used.
        leaked: emoji taken out of the rewrites (count).

    Returns:
        JSON-ready tables in the layout of this module's docstring; equal inputs give equal output.
    """
    rows = [pair for split in SPLITS for pair in pairs[split]]
    licence = combined_licence(pair.licence for pair in rows)
    return {
        "schema_version": 1,
        "name": recipe.name,
        "rows": {split: len(pairs[split]) for split in SPLITS},
        "articles": {split: len({(pair.source, pair.doc_id) for pair in pairs[split]}) for split in SPLITS},
        "corpus": {
            "articles": selection.articles,
            "left_out": selection.left_out,
            "candidates": selection.candidates,
            "kept": len(selection.kept),
        },
        "rejected": _by_stage(rejected),
        "emoji": {**_emoji(rows), "by_split": {split: _emoji_counts(pairs[split]) for split in SPLITS}},
        "length": {
            "original_text": _lengths([len(pair.original_text) for pair in rows]),
            "sns_text": _lengths([len(pair.sns_text) for pair in rows]),
        },
        "agreement": {split: agreement(pairs[split]) for split in SPLITS},
        "sources": _sources(rows, selection.inputs),
        "licences": dict(sorted(Counter(pair.licence or _NO_LICENCE for pair in rows).items())),
        "licence": {"id": licence.id, "note": licence.note},
        "inputs": list(inputs),
        "teacher": _teacher(recipe, replies),
        "leaked": leaked,
    }


def agreement(pairs: Iterable[Pair]) -> dict[str, object]:
    """Return how far the teacher agrees with itself: rows with several votes, and the mean over them of the mean Jaccard index of two votes."""
    scores = [
        statistics.fmean(jaccard(first, second) for first, second in itertools.combinations(pair.votes, 2))
        for pair in pairs
        if len(pair.votes) > 1
    ]
    return {"rows": len(scores), "jaccard": statistics.fmean(scores) if scores else None}


def _by_stage(rejected: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    return {stage: {reason: n for (s, reason), n in sorted(rejected.items()) if s == stage} for stage in _STAGES}


def _emoji(rows: Sequence[Pair]) -> dict[str, object]:
    sizes = Counter(len(pair.emojis) for pair in rows)
    counts = _emoji_counts(rows)
    total = sum(size * n for size, n in sizes.items())
    return {
        "total": total,
        "distinct": len(counts),
        "mean_per_row": total / len(rows),
        "per_row": {str(size): sizes[size] for size in sorted(sizes)},
        "counts": counts,
    }


def _emoji_counts(rows: Iterable[Pair]) -> list[tuple[str, int]]:
    """Return (emoji, rows), most frequent first, equally frequent ones in the order of their code points."""
    counts = Counter(emoji for pair in rows for emoji in pair.emojis)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _lengths(lengths: Sequence[int]) -> dict[str, object]:
    histogram = Counter(length // _STEP * _STEP for length in lengths)
    return {
        "mean": statistics.fmean(lengths),
        "min": min(lengths),
        "max": max(lengths),
        "histogram": [(start, histogram[start]) for start in range(min(histogram), max(histogram) + 1, _STEP)],
    }


def _sources(rows: Iterable[Pair], inputs: Mapping[str, object]) -> list[dict[str, object]]:
    by_name: dict[str, list[Pair]] = {}
    for pair in rows:
        by_name.setdefault(pair.source, []).append(pair)
    revision = inputs.get("revision") or f"sha256:{str(inputs.get('sha256'))[:16]}"
    return [
        {
            "name": name,
            "rows": len(members),
            "articles": len({pair.doc_id for pair in members}),
            "licence": ", ".join(sorted({pair.licence or _NO_LICENCE for pair in members})),
            "revision": revision,
        }
        for name, members in sorted(by_name.items())
    ]


def _teacher(recipe: BuildRecipe, replies: ReplyTotals) -> dict[str, object]:
    config = recipe.teacher
    return {
        "kind": config.kind,
        "model": config.model,
        "base_url": config.base_url,
        "licence": config.licence,
        "parameters": {
            "temperature": config.temperature,
            "top_p": config.top_p,
            "max_tokens": config.max_tokens,
            "samples": config.samples,
            "eval_samples": config.eval_samples,
            "banned": list(config.banned),
        },
        "prompt_id": prompt_id(config),
        "prompts": dict(prompt_texts(config)),
        "replies": replies.replies,
        "unanswered": replies.unanswered,
        "tokens": dict(sorted(replies.tokens.items())) or None,
        "cost_usd": replies.cost,
        "providers": dict(sorted(replies.providers.items())),
        "finish_reasons": dict(sorted(replies.finish_reasons.items())),
    }
