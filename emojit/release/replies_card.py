"""The card of a repository of replies: ours where there is none, and merged into one that somebody wrote."""

from __future__ import annotations

import yaml

from emojit.release.replies_files import FOLDER
from emojit.release.templates import front_matter

_MARK = "<!-- emojit: replies -->"
_CONFIG = {"config_name": FOLDER, "data_files": f"{FOLDER}/*.parquet"}
_TAG = "emojit"


def replies_card(repo_id: str, current: str | None) -> str:
    """Return the README.md of a repository of replies.

    Args:
        repo_id: `namespace/name`.
        current: the README.md that is there, or None. What it says stays; the front matter gets what it lacks, the text a section at its end.
    """
    fields, body = _parts(current or "")
    configs = fields.get("configs")
    configs = list(configs) if isinstance(configs, list) else []
    if not any(isinstance(one, dict) and one.get("config_name") == FOLDER for one in configs):
        configs.append(_CONFIG)
    tags = fields.get("tags")
    tags = list(tags) if isinstance(tags, list) else []
    if _TAG not in tags:
        tags.append(_TAG)
    if not fields:
        fields = {"pretty_name": "Replies of a teacher", "language": ["ja"]}
    if _MARK not in body:
        title = "" if body.strip() else f"# {repo_id.split('/')[1]}\n\n"
        body = f"{body.rstrip()}\n\n{title}{_section(repo_id)}".lstrip("\n")
    return f"---\n{front_matter(fields | {'tags': tags, 'configs': configs})}\n---\n\n{body.strip()}\n"


def _section(repo_id: str) -> str:
    return f"""\
{_MARK}
## Replies

Questions to a language model and its answers, as emojit keeps them, so that nobody pays for the same question
twice. With them a version of a data set is built again without asking anybody:

```bash
emojit replies pull {repo_id} --store replies.sqlite
emojit build-dataset recipe.toml --store replies.sqlite --out builds/again
```

`{FOLDER}/*.parquet` holds one row per question, sorted by `key` within a file; a file is named by its content and never changes. New replies come as
further files.

| column | what it is |
|---|---|
| `key` | SHA-256 of `request` |
| `request` | canonical JSON of everything that can change the answer: model, messages, sampling parameters, number of the opinion |
| `text` | the answer, word for word |
| `finish_reason`, `usage`, `provider` | as the endpoint said them |
| `cost` | what was billed (USD), where the endpoint said it |
| `created`, `attempts`, `error` | empty here: they tell of one run |

The questions hold text of the corpus they were made from, and the answers are a model's: the licence of the one and the terms of the other hold here too."""


def _parts(text: str) -> tuple[dict[str, object], str]:
    """Split a card into its front matter and the rest; what is no front matter belongs to the rest."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in lines[1:]:
        return {}, text
    end = lines.index("---", 1)
    try:
        fields = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError:
        return {}, text
    return (fields, "\n".join(lines[end + 1 :])) if isinstance(fields, dict) else ({}, text)
