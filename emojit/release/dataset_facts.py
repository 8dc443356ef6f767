"""What a data set card says: from `recipe.toml` and `statistics.json` of a build folder, nothing else."""

from __future__ import annotations

from pathlib import Path

from emojit.dataset.folder import RECIPE, STATISTICS
from emojit.dataset.licences import UNKNOWN
from emojit.dataset.splits import SPLITS
from emojit.errors import CardError, ConfigError
from emojit.recipe import BuildRecipe, load
from emojit.release.dataset_emoji import balance_facts, density_facts, emoji_facts
from emojit.release.dataset_teacher import agreement_facts, teacher_facts
from emojit.release.dataset_words import COLUMNS, FLAGS, STAGES
from emojit.release.emoji_plot import PLOT
from emojit.release.facts import Facts
from emojit.release.markdown import bibtex
from emojit.release.templates import front_matter

_PUBLIC_DOMAIN = ("cc0-1.0",)
_NO_REPOSITORY = "NAMESPACE"


def dataset_context(folder: Path, *, repo_id: str | None, version: str | None) -> dict[str, object]:
    """Return the variables of the data set card's template.

    Args:
        folder: a build folder that holds `recipe.toml` and `statistics.json`; it need not be finished.
        repo_id: the repository that the card's snippet names; None leaves it to the recipe.
        version: the tag that it names; None leaves it to the recipe.

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
    return {
        "front_matter": _front_matter(recipe, rows, licence),
        "title": recipe.release.title,
        "summary_ja": recipe.release.summary_ja,
        "repo_id": repo_id or recipe.release.repo_id or f"{_NO_REPOSITORY}/{recipe.name}",
        "version": version or recipe.release.version,
        "rows": total,
        "articles": sum(facts.count(f"articles.{split}") for split in SPLITS),
        "splits": [
            {"name": split, "rows": n, "articles": facts.count(f"articles.{split}"), "share": n / total}
            for split, n in rows.items()
        ],
        "test_rows": rows["test"],
        "columns": [{"name": name, "type": kind, "text": text} for name, kind, text in COLUMNS],
        "articles_read": facts.count("corpus.articles"),
        "articles_drawn": facts.count("corpus.drawn"),
        "left_out": facts.count("corpus.left_out"),
        "per_article": recipe.corpus.sentences_per_article,
        "candidates": candidates,
        "from_corpus": total - facts.count("balance.rare"),
        "kept_share": (total - facts.count("balance.rare")) / candidates,
        "dropped": _dropped(facts),
        "personal_data": facts.table("rejected.filter").get("personal_data", 0),
        "personal_data_filter": "personal_data" in recipe.filters.order,
        "word_lists": recipe.filters.flags,
        "dropped_lists": recipe.filters.drop_flags if "sensitive" in recipe.filters.order else (),
        "leaked": facts.count("leaked"),
        "emoji": emoji_facts(facts, total),
        "plot": PLOT if (folder / PLOT).is_file() else None,
        "balance": balance_facts(facts, total),
        "density": density_facts(facts),
        "teacher": teacher_facts(facts),
        "agreement": agreement_facts(facts),
        "identical": facts.has("agreement.all.low") and facts.number("agreement.all.low") == 1,
        "duplicates": _duplicates(facts, recipe),
        "flags": _flags(facts),
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
        for stage, name in STAGES.items()
        for reason, count in sorted(facts.table(f"rejected.{stage}").items(), key=lambda item: (-item[1], item[0]))
    ]


def _duplicates(facts: Facts, recipe: BuildRecipe) -> dict[str, object]:
    return {
        "looked_for": "near_duplicate" in recipe.filters.order,
        "threshold": facts.number("duplicates.threshold"),
        "against_threshold": facts.number("duplicates.against_threshold"),
        "exact": facts.table("rejected.filter").get("duplicate", 0),
        "sentences": facts.count("duplicates.sentences"),
        "rewrites": facts.count("duplicates.rewrites"),
        "against": facts.items("duplicates.against"),
    }


def _flags(facts: Facts) -> list[dict[str, object]]:
    return [
        {"flag": flag, "rows": rows, "text": FLAGS.get(flag, "a flag that this version of the card does not know")}
        for flag, rows in sorted(facts.table("flags").items(), key=lambda item: (-item[1], item[0]))
    ]


def _source(facts: Facts, index: int) -> dict[str, object]:
    source = facts.items("sources")[index]
    wanted = ("name", "revision", "articles", "rows", "licence")
    if missing := [name for name in wanted if not isinstance(source, dict) or name not in source]:
        raise CardError(f"{facts.path}: sources[{index}].{missing[0]} is missing", hint=facts.hint)
    return {name: source[name] for name in wanted}
