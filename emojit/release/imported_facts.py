"""What the card of an imported data set says: from its `statistics.json` alone, for there is no recipe."""

from __future__ import annotations

import json
from pathlib import Path

from emojit.dataset.folder import STATISTICS
from emojit.dataset.importing import KIND
from emojit.dataset.licences import UNKNOWN
from emojit.dataset.splits import SPLITS
from emojit.release.dataset_emoji import emoji_facts
from emojit.release.dataset_facts import size_category
from emojit.release.dataset_words import COLUMNS, STAGES
from emojit.release.facts import Facts
from emojit.release.templates import front_matter, render

_TEMPLATE = "dataset_cards/imported.md.jinja"
_PLOT = "plots/emoji.png"
_OTHERWISE = {
    "doc_id": "a hash of the text: the article is not known",
    "source": "what the one who imported the rows calls their source",
    "title": "null: not known",
    "url": "null: not known",
    "licence": "the licence, as the older data set's card or the one who imported the rows states it; null where it is not known",
    "teacher": "model name of the teacher, or unknown",
    "prompt_id": "unknown",
    "votes": "the one answer that is known",
    "original_text": "the sentence",
}
"""What columns hold that say more in a data set that emojit built."""


def is_imported(folder: Path) -> bool:
    """Whether a build folder was made by `emojit import`."""
    try:
        statistics = json.loads((folder / STATISTICS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(statistics, dict) and statistics.get("kind") == KIND


def render_imported_card(folder: Path, *, repo_id: str | None = None, version: str | None = None) -> str:
    """Render the card of an imported data set.

    Args:
        folder: a build folder that `emojit import` makes; it need not be finished.
        repo_id: the repository that the snippet names; None leaves a gap for the reader to fill.
        version: the tag that it names; None names none.

    Returns:
        README.md as Markdown with YAML front matter; the same files and address give the same text.

    Raises:
        CardError: a fact is missing.
    """
    return render(_TEMPLATE, _context(folder, repo_id=repo_id, version=version))


def _context(folder: Path, *, repo_id: str | None, version: str | None) -> dict[str, object]:
    facts = Facts(folder / STATISTICS, hint="import the data set again with this version of emojit")
    name = facts.text("name")
    rows = {split: facts.count(f"rows.{split}") for split in SPLITS}
    total = sum(rows.values())
    licence = facts.text("licence.id")
    return {
        "front_matter": front_matter(
            {
                "pretty_name": f"Japanese text and emoji pairs: {name}",
                "language": ["ja"],
                "license": licence,
                "task_categories": ["text-generation", "text-classification"],
                "tags": ["emoji", "emojit", "imported"],
                "size_categories": [size_category(total)],
                "configs": [
                    {
                        "config_name": "default",
                        "data_files": [
                            {"split": split, "path": f"data/{split}-*.parquet"} for split, n in rows.items() if n
                        ],
                    }
                ],
            }
        ),
        "title": f"Japanese text and emoji pairs: {name}",
        "repo_id": repo_id or f"NAMESPACE/{name}",
        "version": version,
        "rows": total,
        "splits": [{"name": split, "rows": n, "share": n / total} for split, n in rows.items()],
        "unknown": facts.items("unknown"),
        "inputs": [
            {key: one.get(key) or "–" for key in ("path", "repo", "revision", "sha256")}
            for one in facts.items("inputs")
        ],
        "lines": facts.count("lines"),
        "dropped": [
            {"stage": shown, "reason": reason, "count": n}
            for stage, shown in STAGES.items()
            for reason, n in sorted(facts.table(f"rejected.{stage}").items(), key=lambda item: (-item[1], item[0]))
        ],
        "leaked": facts.count("leaked"),
        "threshold": facts.number("duplicates.threshold"),
        "columns": [
            {"name": column, "type": kind, "text": _OTHERWISE.get(column, text)} for column, kind, text in COLUMNS
        ],
        "emoji": emoji_facts(facts, total),
        "plot": _PLOT if (folder / _PLOT).is_file() else None,
        "teacher": facts.text("teacher.model") if facts.has("teacher.model") else None,
        "licence": {"name": licence, "known": licence != UNKNOWN},
    }
