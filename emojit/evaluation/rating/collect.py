"""`emojit rate collect`: every record of a task, from the page's folder on this machine and from data sets, merged into two files of the task folder.

answers.jsonl    every record once, in the order of time, changed answers included
ratings.jsonl    the answers that count, with the names of the systems
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from emojit.dataset.folder import write_text
from emojit.errors import UsageError
from emojit.evaluation.rating.ratings import FILE_NAME, Ratings, write_ratings
from emojit.evaluation.rating.records import Merged, merge, unblind
from emojit.evaluation.rating.task import Task, read_task
from emojit.network import hub_endpoint, hub_errors, hub_failure, hub_progress, require_online

logger = logging.getLogger(__name__)

ANSWERS = "answers.jsonl"
QUEUE = "rater-queue"
"""Folder of a task in which a page that is served here keeps its records."""
SETTINGS = "rater.json"
"""File of a task that says how its page was set, the data set of the answers with it."""
FOLDER = "answers"
"""Folder of a data set that holds records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What `collect` found and wrote."""

    task: Task
    merged: Merged
    ratings: Ratings
    sources: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the counts as plain JSON types."""
        items, raters = len(self.task.items), self.ratings.raters
        done = {code: sum(one["rater"] == code for one in self.merged.answers) for code in raters}
        return {
            "task": self.task.name,
            "sources": list(self.sources),
            "items": items,
            "raters": [{"rater": code, "answers": count, "finished": count == items} for code, count in done.items()],
            "records": len(self.merged.records),
            "answers": len(self.merged.answers),
            "superseded": self.merged.superseded,
            "of_other_tasks": self.merged.foreign,
            "damaged": list(self.merged.damaged),
        }


def collect(folder: Path, sources: Sequence[str] = (), *, quiet: bool = False) -> Collected:
    """Fetch, merge and write; a second time it finds what came since, and what was collected before stays.

    Args:
        folder: of the task.
        sources: data sets (namespace/name), folders and files with records besides; the page's own folder and the data set that it was set to send to are
            always asked.
        quiet: no progress bars.

    Raises:
        UsageError: no such task or folder, or a data set that the token may not read.
        OfflineError: `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    task = read_task(folder)
    places = dict.fromkeys([*_own(folder), *sources])
    lines: list[tuple[str, str]] = []
    for place in places:
        path = Path(place)
        read = _read(path) if path.exists() else _read(_fetched(place, quiet=quiet))
        lines += read
        logger.info("%s: %d records", place, len(lines))
    if (folder / ANSWERS).is_file():
        lines += _read(folder / ANSWERS)
    merged = merge(task, lines)
    for problem in merged.damaged:
        logger.warning("left out: %s", problem)
    ratings = unblind(task, merged.answers)
    _write(folder, merged, ratings)
    return Collected(task=task, merged=merged, ratings=ratings, sources=tuple(places))


def _own(folder: Path) -> Iterator[str]:
    if (folder / QUEUE).is_dir():
        yield str(folder / QUEUE)
    try:
        given = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as exc:
        raise UsageError(f"{folder / SETTINGS}: cannot be read ({exc})", hint="run `emojit rate space` again") from exc
    if isinstance(given, dict) and isinstance(given.get(FOLDER), str):
        yield given[FOLDER]


def _read(path: Path) -> list[tuple[str, str]]:
    """Return the lines of a file, or of every file of records in a folder."""
    files = sorted([*path.rglob("*.json"), *path.rglob("*.jsonl")]) if path.is_dir() else [path]
    lines = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:  # the page that runs put it among the sent ones just now
            text = _moved(file)
        except (OSError, UnicodeDecodeError) as exc:
            raise UsageError(
                f"{file}: cannot be read ({exc})", hint="give a folder of records, or a data set"
            ) from exc
        lines += [(f"{file}:{n}", line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return lines


def _moved(file: Path) -> str:
    sent = file.parent.parent / "sent" / file.name
    return sent.read_text(encoding="utf-8") if sent.is_file() else ""


def _fetched(repo_id: str, *, quiet: bool) -> Path:
    """Bring the records of a data set to this machine."""
    if repo_id.count("/") != 1 or repo_id.startswith((".", "/", "~")):
        raise UsageError(f"{repo_id}: no such folder or file", hint="give a folder, a file, or namespace/name")
    require_online(repo_id)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        with hub_progress(quiet=quiet):
            folder = snapshot_download(
                repo_id, repo_type="dataset", allow_patterns=f"{FOLDER}/*.jsonl", endpoint=hub_endpoint()
            )
    except RepositoryNotFoundError as exc:
        raise UsageError(
            f"{repo_id}: no such data set at {hub_endpoint()}, or the token may not see it",
            hint="log in with `hf auth login`, or set HF_TOKEN; the data set of the answers is private",
        ) from exc
    except hub_errors(RuntimeError) as exc:
        raise UsageError(f"{repo_id}: {hub_failure(exc)}", hint="run the same command again later") from exc
    return Path(folder)


def _write(folder: Path, merged: Merged, ratings: Ratings) -> None:
    try:
        write_text(folder / ANSWERS, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in merged.records))
        write_ratings(folder / FILE_NAME, ratings)
    except OSError as exc:
        raise UsageError(
            f"{folder}: cannot be written ({exc.strerror or exc})", hint="check the disk and the permissions"
        ) from exc
