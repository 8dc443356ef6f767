"""What a data set card says: from `recipe.toml` and `statistics.json` of a build folder, nothing else."""

from __future__ import annotations

from pathlib import Path

from emojit.dataset.folder import RECIPE, STATISTICS
from emojit.dataset.licences import UNKNOWN
from emojit.dataset.splits import SPLITS
from emojit.emoji import entry
from emojit.errors import CardError, ConfigError
from emojit.recipe import BuildRecipe, load
from emojit.release.facts import Facts
from emojit.release.markdown import bibtex
from emojit.release.templates import front_matter

_STAGES = {"source": "corpus", "filter": "filter", "rewrite": "rewrite", "emoji": "emoji choice", "pair": "pair"}
"""Stages of a rejection in the order of the build, as the card calls them."""
_STEPS = {"rewrite": "rewrite", "emoji": "choice of emoji"}
_TOP = 20
_RARE = 5  # rows
_PUBLIC_DOMAIN = ("cc0-1.0",)
_NO_REPOSITORY = "NAMESPACE"

COLUMNS = (
    ("id", "string", "16 hex digits of the SHA-256 of source, doc_id and the original text"),
    ("original_text", "string", "the sentence as it stands in the article"),
    ("sns_text", "string", "the teacher's rewrite as a casual post, without emoji: what a model reads"),
    ("emojis", "list of string", "one to five distinct emoji in the teacher's order: what a model answers"),
    ("emoji_string", "string", "the same emoji, joined by one blank"),
    ("votes", "list of list of string", "every answer the teacher gave, the one in emojis first"),
    ("source", "string", "which corpus the article is from"),
    ("doc_id", "string", "the article's id within the corpus"),
    ("title", "string or null", "the article's title"),
    ("url", "string or null", "the article's address"),
    ("licence", "string or null", "the licence of the text, as the corpus states it"),
    ("teacher", "string", "model name of the teacher"),
    ("prompt_id", "string", "hash of the prompts' wording"),
    ("flags", "list of string", "what a reader may want to filter by, such as emoji_in_rewrite"),
)
"""(name, type, meaning) of every column of the data set."""


def dataset_context(folder: Path) -> dict[str, object]:
    """Return the variables of the data set card's template.

    Args:
        folder: a build folder that holds `recipe.toml` and `statistics.json`; it need not be finished.

    Raises:
        CardError: one of the files, or a fact in them, is missing.
    """
    recipe = _recipe(folder)
    facts = Facts(folder / STATISTICS, hint="build the data set again with this version of emojit")
    rows: dict[str, int] = {split: facts.count(f"rows.{split}") for split in SPLITS}
    total = sum(rows.values())
    if not total:
        raise CardError(f"{facts.path}: no row in any split, so there is nothing to publish")
    candidates = facts.count("corpus.candidates")
    licence = facts.text("licence.id")
    repo_id = recipe.release.repo_id or f"{_NO_REPOSITORY}/{recipe.name}"
    return {
        "front_matter": _front_matter(recipe, rows, licence),
        "title": recipe.release.title,
        "summary_ja": recipe.release.summary_ja,
        "repo_id": repo_id,
        "version": recipe.release.version,
        "rows": total,
        "articles": sum(facts.count(f"articles.{split}") for split in SPLITS),
        "splits": [
            {"name": split, "rows": n, "articles": facts.count(f"articles.{split}"), "share": n / total}
            for split, n in rows.items()
        ],
        "test_rows": rows["test"],
        "columns": [{"name": name, "type": kind, "text": text} for name, kind, text in COLUMNS],
        "candidates": candidates,
        "kept_share": total / candidates,
        "dropped": _dropped(facts),
        "personal_data": facts.table("rejected.filter").get("personal_data", 0),
        "personal_data_filter": "personal_data" in recipe.filters.order,
        "leaked": facts.count("leaked"),
        "emoji": _emoji(facts, total),
        "teacher": _teacher(facts),
        "agreement": _agreement(facts),
        "sources": [_source(facts, index) for index in range(len(facts.items("sources")))],
        "licence": {
            "name": licence,
            "reason": facts.text("licence.note"),
            "known": licence != UNKNOWN,
            "attribution": licence not in _PUBLIC_DOMAIN,
        },
        "citation": {
            "key": recipe.name.replace(".", "-"),
            "title": bibtex(recipe.release.title),
            "authors": " and ".join(bibtex(author) for author in recipe.release.authors),
        },
    }


def _recipe(folder: Path) -> BuildRecipe:
    try:
        return load(BuildRecipe, folder / RECIPE)
    except ConfigError as exc:
        raise CardError(f"{folder}: the card needs the build's recipe: {exc}", hint=exc.hint) from exc


def _front_matter(recipe: BuildRecipe, rows: dict[str, int], licence: str) -> str:
    return front_matter(
        {
            "pretty_name": recipe.release.title,
            "language": ["ja"],
            "license": licence,
            "task_categories": ["text-generation", "text-classification"],
            "task_ids": ["multi-label-classification"],
            "tags": ["emoji", "distillation", "synthetic", "emojit"],
            "annotations_creators": ["machine-generated"],
            "language_creators": ["machine-generated"],
            "multilinguality": ["monolingual"],
            "size_categories": [size_category(sum(rows.values()))],
            "configs": [
                {
                    "config_name": "default",
                    "data_files": [
                        {"split": split, "path": f"data/{split}-*.parquet"} for split, n in rows.items() if n
                    ],
                }
            ],
        }
    )


def size_category(rows: int) -> str:
    """Return the Hub's name for the order of magnitude of a data set."""
    bounds = [(10**3, "1K"), (10**4, "10K"), (10**5, "100K"), (10**6, "1M"), (10**7, "10M"), (10**8, "100M")]
    lower = None
    for bound, name in bounds:
        if rows < bound:
            return f"n<{name}" if lower is None else f"{lower}<n<{name}"
        lower = name
    return f"n>{lower}"


def _dropped(facts: Facts) -> list[dict[str, object]]:
    return [
        {"stage": name, "reason": reason, "count": count}
        for stage, name in _STAGES.items()
        for reason, count in sorted(facts.table(f"rejected.{stage}").items(), key=lambda item: (-item[1], item[0]))
    ]


def _emoji(facts: Facts, rows: int) -> dict[str, object]:
    counts = facts.items("emoji.counts")
    top = []
    for emoji, n in counts[:_TOP]:
        names = entry(emoji)
        top.append({"emoji": emoji, "name": names.name, "name_ja": names.name_ja, "rows": n, "share": n / rows})
    return {
        "total": facts.count("emoji.total"),
        "distinct": facts.count("emoji.distinct"),
        "mean_per_row": facts.number("emoji.mean_per_row"),
        "rare": sum(n < _RARE for _, n in counts),
        "rare_below": _RARE,
        "top": top,
    }


def _teacher(facts: Facts) -> dict[str, object]:
    samples, eval_samples = (facts.count(f"teacher.parameters.{name}") for name in ("samples", "eval_samples"))
    banned = " ".join(facts.items("teacher.parameters.banned"))
    table = [
        ("model", facts.text("teacher.model")),
        ("kind", facts.text("teacher.kind")),
        ("licence of its output", facts.text("teacher.licence") if facts.has("teacher.licence") else "not stated"),
        ("temperature", f"{facts.number('teacher.parameters.temperature'):g}"),
        ("top p", f"{facts.number('teacher.parameters.top_p'):g}"),
        ("longest reply", f"{facts.count('teacher.parameters.max_tokens')} tokens"),
        ("emoji choices per text", f"{samples} in train, {eval_samples} in validation and test"),
        ("emoji it may not choose", banned or "none"),
        ("prompt id", facts.text("teacher.prompt_id")),
        ("replies used", f"{facts.count('teacher.replies'):,}"),
        ("questions without an answer", f"{facts.count('teacher.unanswered'):,}"),
    ]
    if facts.has("teacher.tokens"):
        table += [(name.replace("_", " "), f"{n:,}") for name, n in facts.table("teacher.tokens").items()]
    if facts.has("teacher.cost_usd"):
        table.append(("cost", f"{facts.number('teacher.cost_usd'):.2f} USD"))
    if providers := facts.table("teacher.providers"):
        table.append(("providers", ", ".join(f"{name} ({n:,})" for name, n in providers.items())))
    prompts = [{"step": name, "text": facts.text(f"teacher.prompts.{step}")} for step, name in _STEPS.items()]
    return {
        "model": facts.text("teacher.model"),
        "recorded": facts.text("teacher.kind") == "recorded",
        "table": table,
        "prompts": prompts,
    }


def _agreement(facts: Facts) -> list[dict[str, object]]:
    return [
        {
            "split": split,
            "rows": facts.count(f"agreement.{split}.rows"),
            "jaccard": facts.number(f"agreement.{split}.jaccard"),
        }
        for split in SPLITS
        if facts.count(f"agreement.{split}.rows")
    ]


def _source(facts: Facts, index: int) -> dict[str, object]:
    source = facts.items("sources")[index]
    wanted = ("name", "revision", "articles", "rows", "licence")
    if missing := [name for name in wanted if not isinstance(source, dict) or name not in source]:
        raise CardError(f"{facts.path}: sources[{index}].{missing[0]} is missing", hint=facts.hint)
    return {name: source[name] for name in wanted}
