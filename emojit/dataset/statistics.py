"""All counts and distributions of a build, as `statistics.json` holds them. Cards and plots read only this file and the recipe.

Layout (a key may be added, not renamed):

    schema_version, name
    rows, articles        by split (counts); articles are those that gave at least one row
    corpus                articles read, drawn (their sentences were offered) and left out by corpus.share, candidates, kept by the filters (counts)
    rejected              stage -> reason -> count, in the order of the stages
    emoji                 total, distinct, mean_per_row, per_row {"1": rows, …}, counts [[emoji, rows], …] most frequent first,
                          by_split {split: [[emoji, rows], …]}, and inventory, top_share, gini, gini_inventory, rows_per_emoji, histogram: see
                          `emojit.dataset.distribution.spread`
    density               what larger data sets of the same making would look like: see `emojit.dataset.distribution.density`
    flags                 flag -> rows
    balance               wanted, short_of, why; max_share, free_rows, deferred, asked_again, steered, over_represented; floor_rows, floor_emoji, posts, rare,
                          below [{emoji, rows, reason}, …]
    length                original_text and sns_text: mean, min, max (code points), histogram [[from, rows], …] in steps of 10
    agreement             by split, and "all": rows with more than one vote, mean Jaccard index between two of their votes and its 95 % bootstrap
                          interval (low, high), or null
    duplicates            threshold; sentences and rewrites dropped as near-duplicates within the build; against_threshold,
                          against [{name, texts, dropped}, …]: rows of others that these were held against
    sources               [{name, rows, articles, licence, revision}, …] by name; licence is the rows' own spelling
    licences              the rows' spelling -> rows
    licence               {id, note} of the release
    inputs                what was read: files with sha256, or a repository with its commit; role "corpus" or "replies"
    teacher               kind, model, base_url (always null: where it stood is not published), licence,
                          distillation_allowed, mode, parameters, provider (pins that are set), price (USD per million
                          tokens, or null), prompt_id, prompts {step: text}, replies, unanswered, tokens, cost_usd, billed, cost_by_price_usd, providers,
                          finish_reasons; every reply of the build counts once. cost_usd is what the endpoint billed in `billed` replies,
                          cost_by_price_usd what all tokens cost at the recipe's price; null where nothing says so
    leaked                emoji that stood in rewrites of the rows and were taken out (count)
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from emojit.dataset.balance import FREE_ROWS
from emojit.dataset.distribution import density, spread
from emojit.dataset.licences import combined_licence
from emojit.dataset.outcome import BalanceOutcome, DecontaminationOutcome
from emojit.dataset.pair import RARE, STEERED
from emojit.dataset.replies import ReplyTotals
from emojit.dataset.splits import SPLITS
from emojit.dataset.tally import SourceTally, Tally
from emojit.metrics import bootstrap_interval
from emojit.recipe import BuildRecipe
from emojit.teacher import prompt_id, prompt_texts
from emojit.teacher.prices import Tokens, token_cost

_STAGES = ("source", "filter", "rewrite", "emoji", "pair", "post")
_STEP = 10
_NO_LICENCE = "unknown"


class Drawn(Protocol):
    """What the statistics ask of whoever drew the sentences from the corpus.

    Attributes:
        inputs: what was read, for the manifest.
        articles: articles read (count).
        drawn: those of them whose sentences were offered (count).
        left_out: articles that `corpus.share` left out (count).
        candidates: sentences offered, dropped ones included (count).
    """

    @property
    def inputs(self) -> Mapping[str, object]: ...  # noqa: D102 - see the class
    @property
    def articles(self) -> int: ...  # noqa: D102
    @property
    def drawn(self) -> int: ...  # noqa: D102
    @property
    def left_out(self) -> int: ...  # noqa: D102
    @property
    def candidates(self) -> int: ...  # noqa: D102


def build_statistics(
    recipe: BuildRecipe,
    *,
    tally: Tally,
    selection: Drawn,
    inputs: Sequence[Mapping[str, object]],
    rejected: Mapping[tuple[str, str], int],
    replies: ReplyTotals,
    leaked: int,
    balance: BalanceOutcome | None = None,
    decontamination: Sequence[DecontaminationOutcome] = (),
) -> dict[str, Any]:
    """Count everything a card or plot needs.

    Args:
        recipe: of the build.
        tally: the rows, counted one by one; at least one.
        selection: what the corpus gave.
        inputs: every file or repository that was read.
        rejected: rejected sentences and lines by (stage, reason) (counts).
        replies: totals over the replies used.
        leaked: emoji taken out of the rewrites (count).
        balance: what count, cap and floor came to.
        decontamination: what was compared with others' rows, one by one.

    Returns:
        JSON-ready tables in the layout of this module's docstring; equal inputs give equal output.
    """
    # The text of the corpus decides. What the teacher wrote, rewrites and posts alike, stands under the licence of its output, which the card names.
    licence = combined_licence(tally.corpus_licences)
    return {
        "schema_version": 1,
        "name": recipe.name,
        "rows": {split: tally.rows[split] for split in SPLITS},
        "articles": {split: tally.articles(split) for split in SPLITS},
        "corpus": {
            "articles": selection.articles,
            "drawn": selection.drawn,
            "left_out": selection.left_out,
            "candidates": selection.candidates,
            "kept": selection.candidates - sum(n for (stage, _), n in rejected.items() if stage == "filter"),
        },
        "rejected": _by_stage(rejected),
        "emoji": {
            **_emoji(tally),
            "by_split": {split: _ranked(tally.emoji[split]) for split in SPLITS},
            **spread(tally),
        },
        "density": density(tally),
        "flags": dict(sorted(tally.flags.items())),
        "balance": _balance(recipe, tally, rejected, balance or BalanceOutcome()),
        "length": {"original_text": _lengths(tally.original_chars), "sns_text": _lengths(tally.sns_chars)},
        "agreement": {
            **{split: _agreement(tally.agreements[split]) for split in SPLITS},
            "all": _agreement([score for split in SPLITS for score in tally.agreements[split]]),
        },
        "duplicates": {
            "threshold": recipe.filters.near_duplicate_threshold,
            "against_threshold": recipe.decontaminate.threshold,
            "sentences": rejected.get(("filter", "near_duplicate"), 0),
            "rewrites": rejected.get(("pair", "near_duplicate_rewrite"), 0),
            "against": [dataclasses.asdict(one) for one in decontamination],
        },
        "sources": _sources(tally.sources(), selection.inputs),
        "licences": dict(sorted((licence or _NO_LICENCE, n) for licence, n in tally.licences.items())),
        "licence": {"id": licence.id, "note": licence.note},
        "inputs": list(inputs),
        "teacher": _teacher(recipe, replies),
        "leaked": leaked,
    }


def _agreement(scores: Sequence[float]) -> dict[str, object]:
    """Return how far the teacher agrees with itself: rows with several votes, and the mean of their agreements in [0, 1]."""
    if not scores:
        return {"rows": 0, "jaccard": None, "low": None, "high": None}
    low, high = (round(end, 6) for end in bootstrap_interval(scores))
    return {"rows": len(scores), "jaccard": math.fsum(scores) / len(scores), "low": low, "high": high}


def _balance(
    recipe: BuildRecipe, tally: Tally, rejected: Mapping[tuple[str, str], int], outcome: BalanceOutcome
) -> dict[str, object]:
    return {
        "wanted": recipe.count,
        "short_of": outcome.short_of,
        "why": outcome.why,
        "max_share": recipe.balance.max_share,
        "free_rows": FREE_ROWS,
        "deferred": outcome.deferred,
        "asked_again": outcome.asked_again,
        "steered": tally.flags[STEERED],
        "over_represented": rejected.get(("pair", "over_represented"), 0),
        "floor_rows": recipe.balance.floor_rows,
        "floor_emoji": outcome.floor_emoji,
        "posts": outcome.posts,
        "rare": tally.flags[RARE],
        "below": [dataclasses.asdict(one) for one in outcome.below],
    }


def _by_stage(rejected: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    return {stage: {reason: n for (s, reason), n in sorted(rejected.items()) if s == stage} for stage in _STAGES}


def _emoji(tally: Tally) -> dict[str, object]:
    counts = tally.all_emoji
    total = counts.total()
    return {
        "total": total,
        "distinct": len(counts),
        "mean_per_row": total / tally.total,
        "per_row": {str(size): tally.sizes[size] for size in sorted(tally.sizes)},
        "counts": _ranked(counts),
    }


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return (emoji, rows), most frequent first, equally frequent ones in the order of their code points."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _lengths(lengths: Counter[int]) -> dict[str, object]:
    histogram: Counter[int] = Counter()
    for length, n in lengths.items():
        histogram[length // _STEP * _STEP] += n
    return {
        "mean": sum(length * n for length, n in lengths.items()) / lengths.total(),
        "min": min(lengths),
        "max": max(lengths),
        "histogram": [(start, histogram[start]) for start in range(min(histogram), max(histogram) + 1, _STEP)],
    }


def _sources(sources: Mapping[str, SourceTally], inputs: Mapping[str, object]) -> list[dict[str, object]]:
    revision = inputs.get("revision") or f"sha256:{str(inputs.get('sha256'))[:16]}"
    return [
        {
            "name": name,
            "rows": source.rows,
            "articles": source.articles,
            "licence": ", ".join(licence or _NO_LICENCE for licence in source.licences),
            "revision": "written by the teacher" if source.written else revision,
        }
        for name, source in sources.items()
    ]


def _teacher(recipe: BuildRecipe, replies: ReplyTotals) -> dict[str, object]:
    config, price = recipe.teacher, recipe.teacher.price
    tokens = Tokens(prompt=replies.tokens["prompt_tokens"], completion=replies.tokens["completion_tokens"])
    return {
        "kind": config.kind,
        "model": config.model,
        "base_url": None,
        "licence": config.licence,
        "distillation_allowed": config.distillation_allowed,
        "mode": config.mode,
        "parameters": {
            "temperature": config.temperature,
            "top_p": config.top_p,
            "max_tokens": config.max_tokens,
            "samples": config.samples,
            "eval_samples": config.eval_samples,
            "banned": list(config.banned),
            "min_p": config.min_p,
        },
        "provider": {
            name: value for name, value in dataclasses.asdict(config.provider).items() if value not in {None, ()}
        },
        "price": {"prompt": price.prompt, "completion": price.completion} if price.prompt is not None else None,
        "prompt_id": prompt_id(config),
        "prompts": dict(prompt_texts(config)),
        "replies": replies.replies,
        "unanswered": replies.unanswered,
        "tokens": dict(sorted(replies.tokens.items())) or None,
        "cost_usd": replies.cost,
        "billed": len(replies.costs),
        "cost_by_price_usd": token_cost(tokens, price) if replies.tokens else None,
        "providers": dict(sorted(replies.providers.items())),
        "finish_reasons": dict(sorted(replies.finish_reasons.items())),
    }
